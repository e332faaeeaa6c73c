//! Lists of rows by term: inner products of sparse vectors, and BM25.
//!
//! In: rows in rising order as terms with values, for BM25 as terms with how often each occurs.
//! Out: the rows that share a term with the query, with exact scores. Terms are added up one after
//! the other for a window of rows, which stays in the cache; rows without a common term, or whose
//! score comes to nothing, are not found.
//!
//! BM25: Robertson and Zaragoza, 2009, with the inverse document frequency of Lucene and Milvus.
//! Query values are frequencies of terms in the query times [`idf`].

// Windows and postings are cut by the row numbers they were made of.
#![allow(clippy::indexing_slicing)]

use std::collections::HashMap;
use std::ops::Range;

use super::collect::Collect;
use super::rows::{Mask, allows};

/// How values become scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// The inner product.
    Ip,
    /// `k1` and `b` as in the paper (Milvus: 1.2 and 0.75), and the mean length of a text.
    Bm25 { k1: f32, b: f32, average_length: f32 },
}

/// Milvus's `bm25_k1` and `bm25_b` where an index names none.
pub const DEFAULT_K1: f32 = 1.2;
pub const DEFAULT_B: f32 = 0.75;

/// Sparse vectors by term.
#[derive(Default)]
pub struct Sparse {
    postings: HashMap<u32, Vec<Posting>>,
    /// The sum of the values of each row: the length of a text.
    lengths: Vec<f32>,
    texts: u32,
    total_length: f64,
    /// How many of a term's rows are counted no more.
    gone: HashMap<u32, u32>,
}

#[derive(Clone, Copy)]
struct Posting {
    row: u32,
    value: f32,
}

/// Rows whose scores are added up together: 64 kB.
const WINDOW: u32 = 16 << 10;

impl Sparse {
    pub fn new() -> Self {
        Self::default()
    }

    /// How many rows have been seen, left out ones too; the rows from here on are to be scanned.
    pub fn len(&self) -> u32 {
        self.lengths.len() as u32
    }

    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Adds a row with its terms, each once. Rows before it that were not added have no terms.
    /// False: the row, or a later one, is there already, and nothing was added.
    pub fn insert(&mut self, row: u32, terms: &[(u32, f32)]) -> bool {
        if row < self.len() || row == u32::MAX {
            return false;
        }
        let length = terms.iter().map(|&(_, value)| value).sum::<f32>();
        self.lengths.resize(row as usize, 0.0);
        self.lengths.push(length);
        self.texts += 1;
        self.total_length += f64::from(length);
        for &(term, value) in terms {
            self.postings.entry(term).or_default().push(Posting { row, value });
        }
        true
    }

    /// Counts a row no more, which was added with these terms and is to be left out of searches:
    /// BM25 is told of the other ones.
    pub fn forget(&mut self, terms: &[(u32, f32)]) {
        self.texts = self.texts.saturating_sub(1);
        for &(term, value) in terms {
            self.total_length -= f64::from(value);
            *self.gone.entry(term).or_default() += 1;
        }
    }

    /// Counts a row again that was forgotten.
    pub fn recall(&mut self, terms: &[(u32, f32)]) {
        self.texts += 1;
        for &(term, value) in terms {
            self.total_length += f64::from(value);
            if let Some(gone) = self.gone.get_mut(&term) {
                *gone = gone.saturating_sub(1);
            }
        }
    }

    /// How many rows count: the N of [`idf`].
    pub fn texts(&self) -> u32 {
        self.texts
    }

    /// The mean length of the rows that count.
    pub fn average_length(&self) -> f32 {
        (self.total_length.max(0.0) / f64::from(self.texts.max(1))) as f32
    }

    /// How many of the rows that count have a term.
    pub fn document_frequency(&self, term: u32) -> u32 {
        let all = self.postings.get(&term).map_or(0, |postings| postings.len() as u32);
        all.saturating_sub(self.gone.get(&term).copied().unwrap_or(0))
    }

    /// Gives back memory that was taken for rows to come.
    pub fn shrink(&mut self) {
        self.postings.values_mut().for_each(Vec::shrink_to_fit);
        self.postings.shrink_to_fit();
        self.lengths.shrink_to_fit();
    }

    /// The bytes it takes, but for what the map adds.
    pub fn bytes(&self) -> usize {
        let postings = self.postings.values().map(Vec::capacity).sum::<usize>();
        postings * size_of::<Posting>()
            + self.postings.capacity() * size_of::<(u32, Vec<Posting>)>()
            + self.lengths.capacity() * size_of::<f32>()
            + self.gone.capacity() * size_of::<(u32, u32)>()
    }

    /// Offers the allowed rows of a part that share a term with the query. Larger scores are
    /// closer.
    pub fn search(
        &self,
        part: Range<u32>,
        query: &[(u32, f32)],
        mode: Mode,
        mask: Option<Mask<'_>>,
        into: &mut impl Collect,
    ) {
        let mut terms: Vec<(f32, &[Posting])> = Vec::with_capacity(query.len());
        for &(term, weight) in query {
            if let Some(postings) = self.postings.get(&term) {
                let first = postings.partition_point(|posting| posting.row < part.start);
                terms.push((weight, &postings[first..]));
            }
        }
        let end = part.end.min(self.len());
        let mut scores = vec![0.0f32; WINDOW as usize];
        // windows without a term are not looked at
        while let Some(start) =
            terms.iter().filter_map(|(_, rest)| rest.first()).map(|p| p.row).min()
        {
            if start >= end {
                break;
            }
            let stop = end.min(start.saturating_add(WINDOW));
            for (weight, rest) in &mut terms {
                let count = rest.partition_point(|posting| posting.row < stop);
                let (now, later) = rest.split_at(count);
                *rest = later;
                self.add(now, start, *weight, mode, &mut scores);
            }
            for (row, score) in (start..stop).zip(&mut scores) {
                if *score != 0.0 {
                    let distance = -*score;
                    if distance <= into.limit() && allows(mask, row) {
                        into.offer(distance, row);
                    }
                    *score = 0.0;
                }
            }
        }
    }

    fn add(&self, postings: &[Posting], start: u32, weight: f32, mode: Mode, scores: &mut [f32]) {
        match mode {
            Mode::Ip => {
                for posting in postings {
                    scores[(posting.row - start) as usize] += weight * posting.value;
                }
            }
            Mode::Bm25 { k1, b, average_length } => {
                let per_length = if average_length > 0.0 { k1 * b / average_length } else { 0.0 };
                let (least, weight) = (k1 * (1.0 - b), weight * (k1 + 1.0));
                for &Posting { row, value } in postings {
                    let damping = least + per_length * self.lengths[row as usize];
                    scores[(row - start) as usize] += weight * value / (value + damping);
                }
            }
        }
    }
}

/// How much a term tells that `frequency` of `texts` have.
pub fn idf(texts: u32, frequency: u32) -> f32 {
    let (n, df) = (f64::from(texts), f64::from(frequency.min(texts)));
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln() as f32
}

/// Leaves out the smallest values of a query, as Milvus's `drop_ratio_search` says: those whose
/// size is below that of the value at this share of all, in the order of size.
pub fn drop_smallest(query: &mut Vec<(u32, f32)>, ratio: f32) {
    let mut sizes: Vec<f32> = query.iter().map(|(_, value)| value.abs()).collect();
    sizes.sort_by(f32::total_cmp);
    let at = (ratio.clamp(0.0, 1.0) * sizes.len() as f32) as usize;
    if let Some(&least) = sizes.get(at) {
        query.retain(|(_, value)| value.abs() >= least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Metric;
    use crate::index::collect::TopK;
    use crate::index::random::Random;

    fn vectors(random: &mut Random, count: usize, terms: u32) -> Vec<Vec<(u32, f32)>> {
        let one = |random: &mut Random| {
            let count = random.below(12);
            let mut row: Vec<_> = (0..count).map(|_| (random.below(terms), 0.0)).collect();
            row.sort_by_key(|&(term, _)| term);
            row.dedup_by_key(|&mut (term, _)| term);
            row.iter().map(|&(term, _)| (term, 1.0 + random.below(4) as f32)).collect()
        };
        (0..count).map(|_| one(random)).collect()
    }

    fn index(rows: &[Vec<(u32, f32)>]) -> Sparse {
        let mut index = Sparse::new();
        for (row, terms) in rows.iter().enumerate() {
            assert!(index.insert(row as u32, terms));
        }
        index.shrink();
        index
    }

    fn found(
        index: &Sparse,
        query: &[(u32, f32)],
        mode: Mode,
        mask: Option<Mask<'_>>,
    ) -> Vec<(u32, f32)> {
        let mut top = TopK::closest(Metric::Ip, 10);
        for start in (0..index.len()).step_by(9999) {
            index.search(start..start + 9999, query, mode, mask, &mut top);
        }
        top.finish().iter().map(|hit| (hit.row, hit.score)).collect()
    }

    #[test]
    fn scores_are_those_of_every_row_one_by_one() {
        let mut random = Random::new(41);
        let rows = vectors(&mut random, 40_000, 300);
        let index = index(&rows);
        let average_length = index.average_length();
        let bm25 = Mode::Bm25 { k1: 1.2, b: 0.75, average_length };
        let words: Vec<u64> = (0..625).map(|_| random.bits()).collect();
        let mask = Mask::new(&words);
        for query in vectors(&mut random, 30, 330) {
            for mode in [Mode::Ip, bm25] {
                let score = |row: &[(u32, f32)]| -> f64 {
                    let length: f32 = row.iter().map(|&(_, value)| value).sum();
                    let term = |&(term, weight): &(u32, f32)| {
                        let own = row.iter().find(|&&(own, _)| own == term);
                        let tf = f64::from(own.map_or(0.0, |&(_, value)| value));
                        let part = match mode {
                            Mode::Ip => tf,
                            Mode::Bm25 { .. } => {
                                let share = f64::from(length) / f64::from(average_length);
                                tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * share))
                            }
                        };
                        f64::from(weight) * part
                    };
                    query.iter().map(term).sum()
                };
                let mut expected: Vec<(f64, u32)> = (0..40_000)
                    .map(|row| (score(&rows[row as usize]), row))
                    .filter(|&(score, row)| score > 0.0 && mask.allows(row))
                    .collect();
                expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                let hits = found(&index, &query, mode, Some(mask));
                assert_eq!(hits.len(), expected.len().min(10));
                for (hit, expected) in hits.iter().zip(expected) {
                    assert!((f64::from(hit.1) - expected.0).abs() < 1e-4, "{hit:?} {expected:?}");
                    // sums of floats may tie where those of doubles do not
                    assert!(mode != Mode::Ip || hit.0 == expected.1);
                }
            }
        }
    }

    /// By hand: three texts of 2, 3 and 1 words, `cat` in two of them.
    #[test]
    fn bm25_is_that_of_the_textbook() {
        let index = index(&[vec![(1, 1.0), (2, 1.0)], vec![(1, 2.0), (3, 1.0)], vec![(3, 1.0)]]);
        let weight = idf(index.texts(), index.document_frequency(1));
        assert!((weight - 1.6f32.ln()).abs() < 1e-6);
        let mode = Mode::Bm25 { k1: 1.2, b: 0.75, average_length: 2.0 };
        let hits = found(&index, &[(1, weight), (9, 1.0)], mode, None);
        let expected = [(1, 0.470_004 * 4.4 / 3.65), (0, 0.470_004)];
        assert_eq!(hits.len(), 2);
        for (hit, expected) in hits.iter().zip(expected) {
            assert!(hit.0 == expected.0 && (hit.1 - expected.1).abs() < 1e-5, "{hit:?}");
        }
    }

    #[test]
    fn rows_come_in_rising_order_and_may_be_left_out() {
        let mut index = Sparse::new();
        assert!(index.insert(3, &[(7, 1.0)]) && index.insert(50_000, &[(7, -2.0), (8, 2.0)]));
        assert!(!index.insert(3, &[(7, 1.0)]));
        assert_eq!((index.len(), index.texts(), index.document_frequency(7)), (50_001, 2, 2));
        assert_eq!(found(&index, &[(7, 1.0)], Mode::Ip, None), [(3, 1.0), (50_000, -2.0)]);
        assert_eq!(found(&index, &[(7, 1.0), (8, 1.0)], Mode::Ip, None), [(3, 1.0)]);
        assert!(found(&index, &[], Mode::Ip, None).is_empty());
    }

    #[test]
    fn what_is_forgotten_is_counted_as_if_never_added() {
        let mut random = Random::new(43);
        let rows = vectors(&mut random, 200, 30);
        let (mut all, mut few) = (index(&rows), Sparse::new());
        for (row, terms) in rows.iter().enumerate() {
            match row % 3 {
                0 => all.forget(terms),
                _ => assert!(few.insert(row as u32, terms)),
            }
        }
        let counts = |index: &Sparse| {
            let terms = (0..30).map(|term| index.document_frequency(term));
            (index.texts(), index.average_length(), terms.collect::<Vec<_>>())
        };
        assert_eq!(counts(&all), counts(&few));
    }

    #[test]
    fn small_values_of_a_query_are_dropped() {
        let mut query = vec![(1, 0.1), (2, -0.5), (3, 0.2), (4, 0.9)];
        drop_smallest(&mut query, 0.5);
        assert_eq!(query, [(2, -0.5), (4, 0.9)]);
        drop_smallest(&mut query, 0.0);
        assert_eq!(query.len(), 2);
    }
}
