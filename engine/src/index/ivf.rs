//! Lists of rows round centroids, of which a search reads those nearest to the query: IVF_FLAT and
//! IVF_SQ8 (Jégou, Douze and Schmid, 2011).
//!
//! In: centroids that [`super::kmeans`] found, then rows as they come. Out: near rows with exact
//! distances. IVF_FLAT keeps row numbers and reads the rows where they are; IVF_SQ8 keeps codes of
//! eight bits about the centroid, list by list, and reads the rows of the best.

// Lists are numbered as centroids are.
#![allow(clippy::indexing_slicing)]

use super::collect::{Collect, TopK};
use super::flat::Query;
use super::int8::Int8;
use super::kmeans::Centroids;
use super::rows::{Mask, Rows, allows};
use crate::kernels::Element;

/// What a list keeps of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IVF_FLAT
    Flat,
    /// IVF_SQ8
    Sq8,
}

/// The lists of the rows from 0 on.
pub struct Ivf {
    centroids: Centroids,
    lists: Vec<List>,
    len: u32,
}

struct List {
    rows: Vec<u32>,
    codes: Option<Int8>,
}

/// What a search asks for.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// The number of lists to read; more are read while fewer rows than `k` were met, or, with a
    /// mask, far fewer than in as many lists elsewhere.
    pub nprobe: usize,
    pub k: usize,
    /// IVF_SQ8: how many of the best by codes are compared exactly, at least `k`.
    pub candidates: usize,
}

/// Codes of a list grow by 32 rows.
const TILES_PER_BLOCK: usize = 8;

/// What reading a row out of turn takes, in rows of a scan.
const JUMP: usize = 4;

impl Ivf {
    /// Lists without rows.
    pub fn new(centroids: Centroids, kind: Kind) -> Self {
        let metric = centroids.metric();
        let list = |centre: &[f32]| List {
            rows: Vec::new(),
            codes: (kind == Kind::Sq8)
                .then(|| Int8::about(metric, centre.to_vec(), TILES_PER_BLOCK)),
        };
        let lists = centroids.iter().map(list).collect();
        Self { centroids, lists, len: 0 }
    }

    /// How many rows have been seen; the rows from here on are the caller's to scan.
    pub fn len(&self) -> u32 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of lists.
    pub fn nlist(&self) -> usize {
        self.lists.len()
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        let list =
            |list: &List| 4 * list.rows.capacity() + list.codes.as_ref().map_or(0, Int8::bytes);
        self.lists.iter().map(list).sum::<usize>() + self.centroids.bytes()
    }

    /// Puts the next rows, up to `end`, into their lists, but for those a mask leaves out.
    pub fn extend<T: Element>(&mut self, rows: Rows<'_, T>, end: u32, mask: Option<Mask<'_>>) {
        let mut floats = Vec::with_capacity(rows.width());
        for row in self.len..end.min(rows.len()) {
            self.len = row + 1;
            if allows(mask, row) {
                floats.clear();
                T::widen(rows.row(row), &mut floats);
                let Some(list) = self.lists.get_mut(self.centroids.nearest(&floats)) else {
                    continue;
                };
                list.rows.push(row);
                if let Some(codes) = &mut list.codes {
                    codes.push(&mut floats);
                }
            }
        }
    }

    /// Offers near rows that a mask allows. By codes the closest are taken whatever range the
    /// collector wants: a search with a `range_filter` is an exact scan's.
    ///
    /// False: nothing was offered, because a scan takes no longer and misses nothing.
    pub fn search<T: Element>(
        &self,
        rows: Rows<'_, T>,
        vector: &[T],
        search: Search,
        mask: Option<Mask<'_>>,
        into: &mut impl Collect,
    ) -> bool {
        let (nprobe, nlist) = (search.nprobe.max(1), self.nlist());
        let coded = self.lists.iter().any(|list| list.codes.is_some());
        // a list of codes is read in turn, and a quarter of the bytes
        let jump = if coded { 1 } else { JUMP };
        // as many numbers of rows are read in lists, and centroids before them
        let read = nlist + self.len as usize / nlist.max(1) * nprobe;
        let few = mask.is_some_and(|mask| (mask.allowed() as usize) < read / JUMP);
        if few || nprobe.saturating_mul(jump) >= nlist || rows.len() < self.len {
            return self.is_empty();
        }
        let mut floats = Vec::with_capacity(rows.width());
        T::widen(vector, &mut floats);
        let query = Query::new(self.centroids.metric(), vector);
        let mut candidates =
            TopK::closest(self.centroids.metric(), search.candidates.max(search.k));
        let share = mask.map_or(0, |mask| mask.allowed() as usize / nlist * nprobe / 2);
        let (mut met, enough) = (0, search.k.max(share));
        for (read, list) in self.centroids.by_distance(&floats).into_iter().enumerate() {
            if read >= nprobe && met >= enough {
                break;
            }
            let list = &self.lists[list];
            met += match &list.codes {
                Some(codes) => list.read_codes(codes, &floats, mask, &mut candidates),
                None => list.read(rows, &query, mask, into),
            };
        }
        Int8::rerank(candidates, rows, &query, into);
        true
    }
}

impl List {
    /// Offers exact distances; the number of rows that were allowed.
    fn read<T: Element>(
        &self,
        rows: Rows<'_, T>,
        query: &Query<'_, T>,
        mask: Option<Mask<'_>>,
        into: &mut impl Collect,
    ) -> usize {
        let mut met = 0;
        for &row in self.rows.iter().filter(|&&row| allows(mask, row)) {
            into.offer(query.distance(rows.row(row)), row);
            met += 1;
        }
        met
    }

    /// Offers estimated distances; the number of rows that were allowed.
    fn read_codes(
        &self,
        codes: &Int8,
        vector: &[f32],
        mask: Option<Mask<'_>>,
        into: &mut TopK,
    ) -> usize {
        let met = self.rows.iter().filter(|&&row| allows(mask, row)).count();
        let mut into = Renumbered { rows: &self.rows, mask, into };
        codes.scan(0..codes.len(), &codes.query(vector), None, &mut into);
        met
    }
}

/// Takes rows by their place in a list.
struct Renumbered<'a> {
    rows: &'a [u32],
    mask: Option<Mask<'a>>,
    into: &'a mut TopK,
}

impl Collect for Renumbered<'_> {
    #[inline(always)]
    fn limit(&self) -> f32 {
        self.into.limit()
    }

    fn offer(&mut self, distance: f32, place: u32) {
        let row = self.rows[place as usize];
        if allows(self.mask, row) {
            self.into.offer(distance, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::kmeans::KMeans;
    use crate::index::random::Random;
    use crate::index::rows::tests::blocks;
    use crate::index::{Hit, Metric, flat};

    const WIDTH: usize = 16;
    const COUNT: u32 = 2000;

    fn exact(
        rows: Rows<'_, f32>,
        metric: Metric,
        vector: &[f32],
        mask: Option<Mask<'_>>,
    ) -> Vec<Hit> {
        let mut top = TopK::closest(metric, 10);
        flat::scan(rows, 0..COUNT, &Query::new(metric, vector), mask, &mut top);
        top.finish()
    }

    #[test]
    fn a_fifth_of_the_lists_holds_nearly_all_of_the_nearest() {
        let mut random = Random::new(51);
        let centres = random.floats(20 * WIDTH);
        let values: Vec<f32> = (0..COUNT + 30)
            .flat_map(|_| {
                let centre = random.below(20) as usize * WIDTH;
                let noise = random.floats(WIDTH);
                let point = centres[centre..].iter().zip(noise).map(|(c, n)| c + 0.5 * n);
                point.collect::<Vec<_>>()
            })
            .collect();
        let (values, queries) = values.split_at(COUNT as usize * WIDTH);
        let cut = blocks(values, WIDTH, 512);
        let rows = Rows::new(&cut, WIDTH, 512);
        let words: Vec<u64> = (0..32).map(|_| random.bits()).collect();
        for metric in [Metric::L2, Metric::Ip, Metric::Cosine] {
            for kind in [Kind::Flat, Kind::Sq8] {
                let mut training = KMeans::new(metric, 20, rows, None);
                while !training.step(1000) {}
                let mut index = Ivf::new(training.take(), kind);
                (0..=COUNT).step_by(400).for_each(|end| index.extend(rows, end, None));
                assert_eq!((index.nlist(), index.len()), (20, COUNT));
                for mask in [None, Some(Mask::new(&words))] {
                    let mut found = 0;
                    for vector in queries.chunks(WIDTH) {
                        let mut top = TopK::closest(metric, 10);
                        let search = Search { nprobe: 4, k: 10, candidates: 25 };
                        assert!(index.search(rows, vector, search, mask, &mut top));
                        let expected = exact(rows, metric, vector, mask);
                        found += top.finish().iter().filter(|hit| expected.contains(hit)).count();
                    }
                    assert!(found >= 285, "{metric:?} {kind:?}: {found} of 300");
                }
            }
        }
    }

    #[test]
    fn enough_lists_are_read_for_k_rows_or_none() {
        let mut random = Random::new(52);
        let values = random.floats(COUNT as usize * WIDTH);
        let cut = blocks(&values, WIDTH, 512);
        let rows = Rows::new(&cut, WIDTH, 512);
        let mut training = KMeans::new(Metric::L2, 30, rows, None);
        while !training.step(5000) {}
        let mut index = Ivf::new(training.take(), Kind::Flat);
        index.extend(rows, COUNT, None);
        let search = Search { nprobe: 1, k: 300, candidates: 0 };
        let mut top = TopK::closest(Metric::L2, 300);
        assert!(index.search(rows, rows.row(0), search, None, &mut top));
        assert_eq!(top.len(), 300);
        let one = [1, 0];
        let mut top = TopK::closest(Metric::L2, 300);
        assert!(!index.search(rows, rows.row(0), search, Some(Mask::new(&one)), &mut top));
        let search = Search { nprobe: 8, ..search };
        assert!(!index.search(rows, rows.row(0), search, None, &mut top));
        assert!(top.is_empty());
    }
}
