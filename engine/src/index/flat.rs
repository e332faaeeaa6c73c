//! Compares a query with every row, exactly.
//!
//! In: rows or a part of them, one query or many, a mask. Out: what a collector keeps.
//!
//! One row after the other in the order of memory: the processor then reads ahead, and the scan is
//! as fast as the memory. A mask is asked first where it allows few rows, so that the others are
//! not read, and last where it allows many: leaving rows out costs the reading ahead.

// Rows are below the number of rows; tiles are of four.
#![allow(clippy::indexing_slicing)]

use std::ops::Range;

use super::Metric;
use super::collect::Collect;
use super::rows::{Mask, Rows};
use crate::kernels::{Element, hamming, inverse_norm, jaccard};

/// A query that is ready for comparison with rows.
pub struct Query<'a, T: Element> {
    vector: std::borrow::Cow<'a, [T::Query]>,
    metric: Metric,
    norm: f32,
    inverse_norm: f32,
}

impl<'a, T: Element> Query<'a, T> {
    /// For L2, IP or COSINE; any other metric compares nothing but floats by L2.
    pub fn new(metric: Metric, vector: &'a [T]) -> Self {
        let norm = T::norm(vector);
        Self { vector: T::query(vector), metric, norm, inverse_norm: inverse_norm(norm) }
    }

    /// A query whose inverse norm is known, to be compared with rows one by one.
    pub fn known(metric: Metric, vector: &'a [T], inverse_norm: f32) -> Self {
        // with a norm that is not a number no estimate rules a row out
        Self { vector: T::query(vector), metric, norm: f32::NAN, inverse_norm }
    }

    /// The reciprocal of the vector's norm.
    pub fn inverse_norm(&self) -> f32 {
        self.inverse_norm
    }

    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The distance of a row: smaller is closer.
    #[inline(always)]
    pub fn distance(&self, row: &[T]) -> f32 {
        match self.metric {
            Metric::Ip => -T::ip(&self.vector, row),
            Metric::Cosine => self.cosine_distance(row, inverse_norm(T::norm(row))),
            _ => T::l2(&self.vector, row),
        }
    }

    /// The distance of a row whose inverse norm is known, which only COSINE reads.
    #[inline(always)]
    pub fn distance_with(&self, row: &[T], inverse_norm: f32) -> f32 {
        match self.metric {
            Metric::Cosine => self.cosine_distance(row, inverse_norm),
            _ => self.distance(row),
        }
    }

    /// As [`Query::distance_with`], of two rows at once.
    #[inline(always)]
    pub fn distance_pair(&self, rows: [&[T]; 2], inverse_norms: [f32; 2]) -> [f32; 2] {
        match self.metric {
            Metric::Ip => T::ip_pair(&self.vector, rows).map(|ip| -ip),
            Metric::Cosine => {
                let [a, b] = T::ip_pair(&self.vector, rows);
                [
                    -(a * (self.inverse_norm * inverse_norms[0])),
                    -(b * (self.inverse_norm * inverse_norms[1])),
                ]
            }
            _ => T::l2_pair(&self.vector, rows),
        }
    }

    #[inline(always)]
    fn cosine_distance(&self, row: &[T], inverse_norm: f32) -> f32 {
        -(T::ip(&self.vector, row) * (self.inverse_norm * inverse_norm))
    }
}

/// Offers the allowed rows of a part to a collector.
pub fn scan<T: Element>(
    rows: Rows<'_, T>,
    part: Range<u32>,
    query: &Query<'_, T>,
    mask: Option<Mask<'_>>,
    into: &mut impl Collect,
) {
    // a loop for each metric
    let vector = &query.vector;
    match query.metric {
        Metric::Ip => visit(rows, part, mask, into, |row| -T::ip(vector, row)),
        Metric::Cosine => visit(rows, part, mask, into, |row| query.distance(row)),
        _ => visit(rows, part, mask, into, |row| T::l2(vector, row)),
    }
}

/// As [`scan`], for vectors of bits: HAMMING or JACCARD.
pub fn scan_bits(
    rows: Rows<'_, u8>,
    part: Range<u32>,
    metric: Metric,
    query: &[u8],
    mask: Option<Mask<'_>>,
    into: &mut impl Collect,
) {
    match metric {
        Metric::Jaccard => visit(rows, part, mask, into, |row| jaccard(query, row)),
        _ => visit(rows, part, mask, into, |row| hamming(query, row) as f32),
    }
}

/// Rows that are compared with all queries while they are in the cache.
const CHUNK_BYTES: usize = 32 << 10;

/// As [`scan`], for many queries of one metric, each with its collector. What is kept and its
/// scores are the same; the time of a query is about half.
///
/// Distances are estimated from inner products, four rows by two queries at a time, and computed
/// exactly for the few rows that an estimate with its error does not rule out.
pub fn scan_many<T: Element, C: Collect>(
    rows: Rows<'_, T>,
    part: Range<u32>,
    queries: &[Query<'_, T>],
    mask: Option<Mask<'_>>,
    into: &mut [C],
) {
    let end = part.end.min(rows.len());
    let chunk = (CHUNK_BYTES / (rows.width() * size_of::<T>())).clamp(4, 256) as u32 / 4 * 4;
    let mut norms = Vec::with_capacity(chunk as usize);
    let mut start = part.start.min(end);
    while start < end {
        let stop = end.min(start + chunk);
        if mask.is_some_and(|mask| density(mask, start..stop) < sparse_below(rows)) {
            for (query, into) in queries.iter().zip(&mut *into) {
                scan(rows, start..stop, query, mask, into);
            }
        } else {
            norms.clear();
            norms.extend((start..stop).map(|row| T::norm(rows.row(row))));
            let tiled = start + norms.len() as u32 / 4 * 4;
            for (queries, into) in queries.chunks(2).zip(into.chunks_mut(2)) {
                if let ([a, b], [of_a, of_b]) = (queries, &mut *into) {
                    for first in (start..tiled).step_by(4) {
                        let four = [first, first + 1, first + 2, first + 3].map(|r| rows.row(r));
                        let dots = T::ip_tile([&a.vector, &b.vector], four);
                        let norms = &norms[(first - start) as usize..][..4];
                        confirm(a, dots[0], norms, four, first, mask, of_a);
                        confirm(b, dots[1], norms, four, first, mask, of_b);
                    }
                    scan(rows, tiled..stop, a, mask, of_a);
                    scan(rows, tiled..stop, b, mask, of_b);
                } else {
                    for (query, into) in queries.iter().zip(into) {
                        scan(rows, start..stop, query, mask, into);
                    }
                }
            }
        }
        start = stop;
    }
}

/// Offers those of four rows whose estimates are within the limit or its uncertainty.
#[inline(always)]
fn confirm<T: Element>(
    query: &Query<'_, T>,
    dots: [f32; 4],
    norms: &[f32],
    rows: [&[T]; 4],
    first: u32,
    mask: Option<Mask<'_>>,
    into: &mut impl Collect,
) {
    // The rounding of a sum of n products is at most n half units of 2^-23 of the sum of their
    // absolute values, which is at most half of the sum of both squared norms. Both sums and two
    // norms count, four lanes share n, and the rest is to be sure.
    let error = (query.vector.len() as f32 + 32.0) * f32::EPSILON;
    for i in 0..4 {
        let size = query.norm + norms[i];
        let (estimate, error) = match query.metric {
            Metric::Ip => (-dots[i], error * size),
            Metric::Cosine => (-dots[i] * (query.inverse_norm * inverse_norm(norms[i])), error),
            _ => (size - 2.0 * dots[i], error * 2.0 * size),
        };
        // written so that what overflows is compared exactly
        let too_far = estimate - error > into.limit();
        if !too_far && mask.is_none_or(|mask| mask.allows(first + i as u32)) {
            into.offer(query.distance(rows[i]), first + i as u32);
        }
    }
}

/// The share of allowed rows below which the others are not read. Measured: at 512 bytes a row both
/// ways take the same time at 0.125, at 3 kB at 0.27.
fn sparse_below<T>(rows: Rows<'_, T>) -> f32 {
    if rows.width() * size_of::<T>() < 1024 { 0.12 } else { 0.25 }
}

/// The rows whose share of allowed ones decides how they are visited: a number of mask words.
const STRETCH: u32 = 1024;

#[inline(always)]
fn visit<T: Copy>(
    rows: Rows<'_, T>,
    part: Range<u32>,
    mask: Option<Mask<'_>>,
    into: &mut impl Collect,
    distance: impl Fn(&[T]) -> f32,
) {
    let end = part.end.min(rows.len());
    let Some(mask) = mask else {
        for row in part.start..end {
            let distance = distance(rows.row(row));
            if distance <= into.limit() {
                into.offer(distance, row);
            }
        }
        return;
    };
    let below = sparse_below(rows);
    let mut start = part.start;
    while start < end {
        let stop = end.min((start / STRETCH + 1) * STRETCH);
        let sparse = density(mask, start..stop) < below;
        for word in start / 64..stop.div_ceil(64) {
            let first = word * 64;
            let mut bits = mask.word(word);
            if bits == 0 {
                continue;
            }
            if sparse {
                while bits != 0 {
                    let row = first + bits.trailing_zeros();
                    bits &= bits - 1;
                    if row >= start && row < stop {
                        into.offer(distance(rows.row(row)), row);
                    }
                }
            } else {
                for row in first.max(start)..stop.min(first + 64) {
                    let distance = distance(rows.row(row));
                    if distance <= into.limit() && bits >> (row % 64) & 1 == 1 {
                        into.offer(distance, row);
                    }
                }
            }
        }
        start = stop;
    }
}

/// The share of allowed rows among those of the words of a part.
fn density(mask: Mask<'_>, part: Range<u32>) -> f32 {
    let words = part.start / 64..part.end.div_ceil(64);
    let count = words.len() as f32 * 64.0;
    words.map(|word| mask.word(word).count_ones()).sum::<u32>() as f32 / count
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::*;
    use crate::index::Hit;
    use crate::index::collect::{Range as Bounds, TopK};
    use crate::index::random::Random;
    use crate::index::rows::tests::blocks;

    const DENSE: [Metric; 3] = [Metric::L2, Metric::Ip, Metric::Cosine];

    /// Scores in double precision, sorted, with those of the mask only.
    fn brute(metric: Metric, rows: &[f32], query: &[f32], mask: &[u64]) -> Vec<(u32, f64)> {
        let dot = |a: &[f32], b: &[f32]| {
            a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
        };
        let score = |row: &[f32]| -> f64 {
            let ip: f64 = dot(row, query);
            let (a, b): (f64, f64) = (dot(row, row), dot(query, query));
            match metric {
                Metric::Ip => ip,
                Metric::Cosine => ip / (a * b).sqrt(),
                _ => a + b - 2.0 * ip,
            }
        };
        let mut all: Vec<_> = rows.chunks(query.len()).map(score).zip(0u32..).collect();
        all.retain(|&(_, row)| mask[row as usize / 64] >> (row % 64) & 1 == 1);
        let sign = if metric.larger_is_closer() { -1.0 } else { 1.0 };
        all.sort_by(|a, b| (sign * a.0).total_cmp(&(sign * b.0)));
        all.into_iter().map(|(score, row)| (row, score)).collect()
    }

    fn search<T: Element>(
        metric: Metric,
        rows: Rows<'_, T>,
        query: &[T],
        mask: &[u64],
    ) -> Vec<Hit> {
        let mut top = TopK::closest(metric, 10);
        let query = Query::new(metric, query);
        // in slices, as a caller would
        for start in (0..rows.len()).step_by(700) {
            scan(rows, start..start + 700, &query, Some(Mask::new(mask)), &mut top);
        }
        top.finish()
    }

    fn mask(random: &mut Random, rows: usize, percent: u32) -> Vec<u64> {
        let mut words = vec![0; rows.div_ceil(64)];
        for row in 0..rows {
            words[row / 64] |= u64::from(random.below(100) < percent) << (row % 64);
        }
        words
    }

    #[test]
    fn scans_find_what_brute_force_finds() {
        let mut random = Random::new(11);
        for width in [3, 50] {
            let values = random.floats(width * 3000);
            let cut = blocks(&values, width, 512);
            let rows = Rows::new(&cut, width, 512);
            for percent in [1, 8, 50, 100] {
                let mask = mask(&mut random, 3000, percent);
                for metric in DENSE {
                    let query = random.floats(width);
                    let hits = search(metric, rows, &query, &mask);
                    let expected = brute(metric, &values, &query, &mask);
                    assert_eq!(hits.len(), 10);
                    for (hit, (row, score)) in hits.iter().zip(&expected) {
                        assert_eq!(hit.row, *row, "{metric:?} {percent} %");
                        assert!((f64::from(hit.score) - score).abs() < 1e-4);
                    }
                }
            }
        }
    }

    #[test]
    fn many_queries_find_what_each_finds() {
        let mut random = Random::new(12);
        // far from the origin, where estimates are at their worst
        for (width, offset) in [(7, 0.0), (40, 0.0), (40, 100.0)] {
            let floats: Vec<f32> = random.floats(width * 901).iter().map(|x| x + offset).collect();
            let halves: Vec<f16> = floats.iter().map(|&x| f16::from_f32(x)).collect();
            let bytes: Vec<i8> = floats.iter().map(|x| (x * 100.0) as i8).collect();
            let bf: Vec<bf16> = floats.iter().map(|&x| bf16::from_f32(x)).collect();
            same(&mut random, &floats, width);
            same(&mut random, &halves, width);
            same(&mut random, &bytes, width);
            same(&mut random, &bf, width);
        }

        fn same<T: Element>(random: &mut Random, values: &[T], width: usize) {
            let cut = blocks(values, width, 256);
            let rows = Rows::new(&cut, width, 256);
            for metric in DENSE {
                let mask = mask(random, 901, 60);
                let vectors: Vec<_> = (0..5).map(|i| rows.row(i * 200)).collect();
                let queries: Vec<_> = vectors.iter().map(|v| Query::new(metric, v)).collect();
                let mut tops: Vec<_> = (0..5).map(|_| TopK::closest(metric, 10)).collect();
                scan_many(rows, 0..901, &queries, Some(Mask::new(&mask)), &mut tops);
                for (top, vector) in tops.into_iter().zip(vectors) {
                    assert_eq!(top.finish(), search(metric, rows, vector, &mask));
                }
            }
        }
    }

    #[test]
    fn a_range_keeps_what_is_within_it() {
        let values: Vec<f32> = (0..100).map(|x| x as f32).collect();
        let cut = blocks(&values, 1, 64);
        let rows = Rows::new(&cut, 1, 64);
        let bounds = Bounds { radius: Some(16.0), range_filter: Some(4.0) };
        let mut top = TopK::new(Metric::L2, 10, bounds);
        scan(rows, 0..100, &Query::new(Metric::L2, &[50.0]), None, &mut top);
        let found: Vec<_> = top.finish().iter().map(|h| (h.row, h.score)).collect();
        assert_eq!(found, [(48, 4.0), (52, 4.0), (47, 9.0), (53, 9.0)]);
    }

    #[test]
    fn bits_are_compared_by_hamming_and_jaccard() {
        let values = [0b1111_0000u8, 0b1111_1111, 0, 0b1110_0001];
        let cut = blocks(&values, 1, 4);
        let rows = Rows::new(&cut, 1, 4);
        let found = |metric| {
            let mut top = TopK::closest(metric, 4);
            scan_bits(rows, 0..4, metric, &[0b1111_0000], None, &mut top);
            top.finish().iter().map(|h| (h.row, h.score)).collect::<Vec<_>>()
        };
        assert_eq!(found(Metric::Hamming), [(0, 0.0), (3, 2.0), (1, 4.0), (2, 4.0)]);
        assert_eq!(found(Metric::Jaccard), [(0, 0.0), (3, 0.4), (1, 0.5), (2, 1.0)]);
    }

    #[test]
    fn a_vector_without_direction_has_a_cosine_of_nothing() {
        let values = [0.0f32, 0.0, 1.0, 1.0, -1.0, 0.0];
        let cut = blocks(&values, 2, 4);
        let hits = search(Metric::Cosine, Rows::new(&cut, 2, 4), &[1.0, 0.0], &[7]);
        assert_eq!(hits.iter().map(|h| h.row).collect::<Vec<_>>(), [1, 0, 2]);
        assert_eq!((hits[1].score, hits[2].score), (0.0, -1.0));
    }
}
