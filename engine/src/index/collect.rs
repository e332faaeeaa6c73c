//! Takes what a search finds, and keeps the closest.
//!
//! In: rows with distances, of which smaller is closer whatever the metric ([`Metric::turn`]). Out:
//! the `k` closest within the bounds of the query, those of one distance in the order of rows.

use std::collections::BinaryHeap;

use super::{Hit, Metric};

/// Takes rows as they are found.
pub trait Collect {
    /// Rows that are farther than this are not wanted.
    fn limit(&self) -> f32;

    fn offer(&mut self, distance: f32, row: u32);
}

/// Which scores a query wants, as Milvus's `radius` and `range_filter` say.
///
/// L2, HAMMING and JACCARD: `range_filter <= score < radius`. Else
/// `radius < score <= range_filter`. Without `radius` every score is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    pub radius: Option<f32>,
    pub range_filter: Option<f32>,
}

impl Range {
    /// The nearest distance that is wanted, and the first that is not.
    fn distances(self, metric: Metric) -> (f32, f32) {
        let turned = |bound: Option<f32>, or| bound.map_or(or, |bound| metric.turn(bound));
        (turned(self.range_filter, f32::NEG_INFINITY), turned(self.radius, f32::INFINITY))
    }
}

/// The `k` closest rows.
pub struct TopK {
    metric: Metric,
    k: usize,
    nearest: f32,
    /// The first distance that is too far, by bounds or because there are `k` closer ones.
    limit: f32,
    heap: BinaryHeap<u64>,
}

impl TopK {
    pub fn new(metric: Metric, k: usize, range: Range) -> Self {
        let (nearest, radius) = range.distances(metric);
        // a radius is exclusive, a limit is not
        let limit = if radius == f32::INFINITY { radius } else { radius.next_down() };
        Self { metric, k, nearest, limit, heap: BinaryHeap::with_capacity(k.min(1 << 14)) }
    }

    /// The closest rows of every metric.
    pub fn closest(metric: Metric, k: usize) -> Self {
        Self::new(metric, k, Range::default())
    }

    /// How many there are so far.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The closest first.
    pub fn finish(self) -> Vec<Hit> {
        let metric = self.metric;
        let hit = |packed| {
            let (distance, row) = unpack(packed);
            Hit { row, score: metric.turn(distance) + 0.0, element: 0 }
        };
        self.heap.into_sorted_vec().into_iter().map(hit).collect()
    }
}

impl Collect for TopK {
    #[inline(always)]
    fn limit(&self) -> f32 {
        self.limit
    }

    #[inline]
    fn offer(&mut self, distance: f32, row: u32) {
        // this way round a distance that is not a number is not wanted
        if !(distance <= self.limit && distance >= self.nearest) {
            return;
        }
        let found = pack(distance, row);
        if self.heap.len() < self.k {
            self.heap.push(found);
        } else if let Some(mut farthest) = self.heap.peek_mut() {
            if found >= *farthest {
                return;
            }
            *farthest = found;
        }
        if self.heap.len() == self.k
            && let Some(&farthest) = self.heap.peek()
        {
            self.limit = self.limit.min(unpack(farthest).0);
        }
    }
}

/// A distance and a row as one number, of which smaller is closer, and then earlier.
#[inline(always)]
pub fn pack(distance: f32, row: u32) -> u64 {
    // adding 0 makes 0 of -0, so that both are the same distance
    let bits = (distance + 0.0).to_bits();
    let ordered = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    u64::from(ordered) << 32 | u64::from(row)
}

#[inline(always)]
pub fn unpack(packed: u64) -> (f32, u32) {
    let ordered = (packed >> 32) as u32;
    let bits = if ordered >> 31 == 1 { ordered ^ 1 << 31 } else { !ordered };
    (f32::from_bits(bits), packed as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::random::Random;

    fn collect(metric: Metric, k: usize, range: Range, scores: &[f32]) -> Vec<(u32, f32)> {
        let mut top = TopK::new(metric, k, range);
        for (row, &score) in scores.iter().enumerate() {
            top.offer(metric.turn(score), row as u32);
        }
        top.finish().into_iter().map(|hit| (hit.row, hit.score)).collect()
    }

    #[test]
    fn ties_are_in_the_order_of_rows() {
        let scores = [1.0, 0.0, -0.0, 1.0, 0.0, f32::NAN];
        let l2 = collect(Metric::L2, 3, Range::default(), &scores);
        assert_eq!(l2, [(1, 0.0), (2, 0.0), (4, 0.0)]);
        let ip = collect(Metric::Ip, 4, Range::default(), &scores);
        assert_eq!(ip, [(0, 1.0), (3, 1.0), (1, 0.0), (2, 0.0)]);
        assert!(collect(Metric::L2, 0, Range::default(), &scores).is_empty());
    }

    #[test]
    fn bounds_are_as_milvus_has_them() {
        let scores = [0.0, 1.0, 2.0, 3.0];
        let range = |radius, filter| Range { radius: Some(radius), range_filter: Some(filter) };
        assert_eq!(collect(Metric::L2, 9, range(3.0, 1.0), &scores), [(1, 1.0), (2, 2.0)]);
        assert_eq!(collect(Metric::Ip, 9, range(1.0, 3.0), &scores), [(3, 3.0), (2, 2.0)]);
    }

    #[test]
    fn packed_numbers_sort_as_their_distances() {
        let mut random = Random::new(5);
        let mut distances = random.floats(200);
        distances.extend([f32::INFINITY, f32::NEG_INFINITY, 0.0, f32::MIN_POSITIVE, f32::MAX]);
        for &a in &distances {
            assert_eq!(unpack(pack(a, 7)), (a, 7));
            for &b in &distances {
                assert_eq!(pack(a, 1) < pack(b, 1), a < b);
            }
        }
    }
}
