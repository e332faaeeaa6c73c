//! Centroids of a sample of rows: Lloyd's algorithm, in slices.
//!
//! In: rows, how many centroids, steps of so many rows. Out: centroids, and which of them is
//! nearest to a vector. For IP and COSINE centroids have the length one and the largest product is
//! nearest.

// Rows of the sample and centroids are cut by one width.
#![allow(clippy::indexing_slicing)]

use super::Metric;
use super::collect::pack;
use super::random::Random;
use super::rows::{Mask, Rows, allows};
use crate::kernels::{Element, inverse_norm};

/// Points that stand for the rows about them.
pub struct Centroids {
    metric: Metric,
    width: usize,
    values: Vec<f32>,
}

/// The search for centroids.
pub struct KMeans {
    centroids: Centroids,
    sample: Vec<f32>,
    sums: Vec<f32>,
    counts: Vec<u32>,
    /// The next row of the sample, and how many rounds are over.
    at: usize,
    rounds: u32,
    random: Random,
}

const ROUNDS: u32 = 8;

/// Rows of the sample for each centroid, and at most: 32 MB of them, and one for each centroid.
const SAMPLE: usize = 64;
const MOST_SAMPLED: usize = 8 << 20;

impl Centroids {
    pub fn metric(&self) -> Metric {
        self.metric
    }

    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }

    pub fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<f32>()
    }

    /// The number of the centroid nearest to a vector.
    pub fn nearest(&self, vector: &[f32]) -> usize {
        let packed = self.iter().zip(0..).map(|(c, number)| pack(self.distance(vector, c), number));
        packed.min().map_or(0, |packed| packed as u32 as usize)
    }

    /// The numbers of all centroids, the nearest first.
    pub fn by_distance(&self, vector: &[f32]) -> Vec<usize> {
        let packed = self.iter().zip(0..).map(|(c, number)| pack(self.distance(vector, c), number));
        let mut packed: Vec<u64> = packed.collect();
        packed.sort_unstable();
        packed.into_iter().map(|packed| packed as u32 as usize).collect()
    }

    fn distance(&self, vector: &[f32], centroid: &[f32]) -> f32 {
        match self.metric {
            Metric::L2 => f32::l2(vector, centroid),
            _ => -f32::ip(vector, centroid),
        }
    }
}

impl KMeans {
    /// At most `nlist` centroids of the rows a mask allows: fewer where the rows are.
    pub fn new<T: Element>(
        metric: Metric,
        nlist: usize,
        rows: Rows<'_, T>,
        mask: Option<Mask<'_>>,
    ) -> Self {
        let mut random = Random::new(nlist as u64);
        let width = rows.width();
        let wanted = nlist.saturating_mul(SAMPLE).min((MOST_SAMPLED / width).max(nlist));
        let mut allowed: Vec<u32> = (0..rows.len()).filter(|&row| allows(mask, row)).collect();
        // the first of a shuffle
        let count = wanted.min(allowed.len());
        for i in 0..count {
            let other = i + random.below((allowed.len() - i) as u32) as usize;
            allowed.swap(i, other);
        }
        let mut sample = Vec::with_capacity(count * width);
        for &row in &allowed[..count] {
            T::widen(rows.row(row), &mut sample);
            if metric == Metric::Cosine {
                let start = sample.len() - width;
                to_unit(&mut sample[start..]);
            }
        }
        let nlist = nlist.min(count);
        let mut values = sample[..nlist * width].to_vec();
        if metric != Metric::L2 {
            values.chunks_exact_mut(width).for_each(to_unit);
        }
        let (sums, counts) = (vec![0.0; values.len()], vec![0; nlist]);
        let centroids = Centroids { metric, width, values };
        Self { centroids, sample, sums, counts, at: 0, rounds: 0, random }
    }

    /// Goes on for so many rows of the sample; true when it is done. A row takes as many distances
    /// as there are centroids.
    pub fn step(&mut self, rows: usize) -> bool {
        let width = self.centroids.width;
        for _ in 0..rows {
            if self.rounds == ROUNDS || self.sample.is_empty() {
                return true;
            }
            let row = &self.sample[self.at * width..][..width];
            let nearest = self.centroids.nearest(row);
            self.counts[nearest] += 1;
            for (sum, x) in self.sums[nearest * width..].iter_mut().zip(row) {
                *sum += x;
            }
            self.at += 1;
            if self.at * width == self.sample.len() {
                self.end_round();
            }
        }
        self.rounds == ROUNDS
    }

    fn end_round(&mut self) {
        let width = self.centroids.width;
        let sampled = (self.sample.len() / width) as u32;
        let centroids = self.centroids.values.chunks_exact_mut(width);
        for ((centroid, sum), &count) in
            centroids.zip(self.sums.chunks_exact(width)).zip(&self.counts)
        {
            if count == 0 {
                // nobody's centroid tries another place
                let row = self.random.below(sampled) as usize * width;
                centroid.copy_from_slice(&self.sample[row..row + width]);
            } else {
                let share = 1.0 / count as f32;
                centroid.iter_mut().zip(sum).for_each(|(c, sum)| *c = sum * share);
            }
            if self.centroids.metric != Metric::L2 {
                to_unit(centroid);
            }
        }
        self.sums.fill(0.0);
        self.counts.fill(0);
        self.at = 0;
        self.rounds += 1;
    }

    /// How many centroids there will be.
    pub fn nlist(&self) -> usize {
        self.counts.len()
    }

    /// The bytes it takes, nearly all for the sample.
    pub fn bytes(&self) -> usize {
        self.sample.capacity() * size_of::<f32>()
    }

    /// The centroids as they are now, which are gone from here.
    pub fn take(&mut self) -> Centroids {
        let Centroids { metric, width, .. } = self.centroids;
        std::mem::replace(&mut self.centroids, Centroids { metric, width, values: Vec::new() })
    }
}

fn to_unit(vector: &mut [f32]) {
    let scale = inverse_norm(f32::norm(vector));
    vector.iter_mut().for_each(|x| *x *= scale);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::rows::tests::blocks;

    #[test]
    fn three_clumps_have_three_centroids() {
        let mut random = Random::new(61);
        let clumps = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]];
        let point = |i: usize| clumps[i % 3].map(|c| c + random.unit() * 0.1);
        let values: Vec<f32> = (0..300).flat_map(point).collect();
        let cut = blocks(&values, 2, 64);
        let rows = Rows::new(&cut, 2, 64);
        let mut training = KMeans::new(Metric::L2, 3, rows, None);
        while !training.step(77) {}
        let centroids = training.take();
        let lists: std::collections::HashSet<_> =
            clumps.iter().map(|clump| centroids.nearest(clump)).collect();
        // the best place is not certain, but no clump is without a centroid near it or shares two
        assert!(lists.len() >= 2);
        assert_eq!(centroids.by_distance(&clumps[1])[0], centroids.nearest(&clumps[1]));
    }

    #[test]
    fn there_are_no_more_centroids_than_rows() {
        let values = [1.0f32, 2.0, 3.0, 4.0];
        let cut = blocks(&values, 1, 4);
        let rows = Rows::new(&cut, 1, 4);
        let mut training = KMeans::new(Metric::Cosine, 9, rows, Some(Mask::new(&[5])));
        while !training.step(1) {}
        assert_eq!(training.take().iter().count(), 2);
        let mut none = KMeans::new(Metric::L2, 9, Rows::<f32>::new(&[], 3, 4), None);
        assert!(none.step(1));
        assert_eq!(none.take().nearest(&[1.0; 3]), 0);
    }
}
