//! Compares codes of eight bits with a query, and the closest rows exactly.
//!
//! In: rows as they come, in the order of rows. Out: candidates by estimated distance, then exact
//! scores. A quarter of the memory is read, so a search takes less than half the time of a scan.
//!
//! A row is coded about a centre, the mean of the rows that were there first, on a scale of its
//! own, so later rows need no new training. Codes lie in tiles ([`kernels::tile_dots`]).

// Codes, scales and tiles are counted together.
#![allow(clippy::indexing_slicing)]

use std::ops::Range;

use super::Metric;
use super::collect::{Collect, TopK};
use super::flat;
use super::rows::{Mask, Rows, allows};
use crate::kernels::{self, Element, TILE_DIMS, TILE_QUERY_MAX, TILE_ROWS, inverse_norm};

/// Codes of the rows from 0 on.
pub struct Int8 {
    metric: Metric,
    centre: Vec<f32>,
    /// The bytes of four rows.
    tile: usize,
    /// Blocks of as many tiles.
    blocks: Vec<Box<[i8]>>,
    tiles_per_block: usize,
    rows: Vec<Coded>,
}

/// What turns the product of codes into a distance.
#[derive(Clone, Copy)]
struct Coded {
    /// What one step of the code is worth.
    scale: f32,
    /// L2: the squared distance from the centre. COSINE: the inverse norm.
    norm: f32,
}

/// A query in codes.
pub struct Query {
    codes: Vec<i16>,
    /// What one step of the code is worth.
    scale: f32,
    /// L2: the squared distance from the centre. IP and COSINE: the product with the centre.
    centre: f32,
}

/// Where all rows are in one index.
const TILES_PER_BLOCK: usize = 256;

/// Rows whose mean is the centre.
const SAMPLE: u32 = 4096;

impl Int8 {
    /// An index without rows, for L2, IP or COSINE, about the mean of a sample.
    pub fn new<T: Element>(metric: Metric, sample: Rows<'_, T>) -> Self {
        let width = sample.width();
        let count = sample.len().min(SAMPLE);
        let mut sums = vec![0.0f64; width];
        let mut row = Vec::with_capacity(width);
        for i in 0..count {
            row.clear();
            let number = u64::from(i) * u64::from(sample.len()) / u64::from(count);
            T::widen(sample.row(number as u32), &mut row);
            for (sum, &x) in sums.iter_mut().zip(&row) {
                *sum += f64::from(x);
            }
        }
        let centre = sums.iter().map(|sum| (sum / f64::from(count.max(1))) as f32).collect();
        Self::about(metric, centre, TILES_PER_BLOCK)
    }

    /// An index without rows about a centre, whose memory grows by so many times four rows.
    pub fn about(metric: Metric, centre: Vec<f32>, tiles_per_block: usize) -> Self {
        let tile = centre.len().next_multiple_of(TILE_DIMS) * TILE_ROWS;
        let tiles_per_block = tiles_per_block.max(1);
        Self { metric, centre, tile, blocks: Vec::new(), tiles_per_block, rows: Vec::new() }
    }

    /// How many rows are coded.
    pub fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        self.blocks.len() * self.tiles_per_block * self.tile
            + self.rows.capacity() * size_of::<Coded>()
    }

    /// Codes the next rows, up to `end`.
    pub fn extend<T: Element>(&mut self, rows: Rows<'_, T>, end: u32) {
        let mut floats = Vec::with_capacity(self.centre.len());
        for number in self.len()..end.min(rows.len()) {
            floats.clear();
            T::widen(rows.row(number), &mut floats);
            self.push(&mut floats);
        }
    }

    /// Codes one more row, whose numbers are lost.
    pub fn push(&mut self, row: &mut [f32]) {
        let cosine = inverse_norm(f32::norm(row));
        for (x, centre) in row.iter_mut().zip(&self.centre) {
            *x -= centre;
        }
        let norm = if self.metric == Metric::Cosine { cosine } else { f32::norm(row) };
        let most = row.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let scale = most / 127.0;
        let per_step = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let (tile, within) = (self.rows.len() / TILE_ROWS, self.rows.len() % TILE_ROWS);
        if tile == self.blocks.len() * self.tiles_per_block {
            self.blocks.push(vec![0; self.tiles_per_block * self.tile].into());
        }
        let start = tile % self.tiles_per_block * self.tile;
        let codes = &mut self.blocks[tile / self.tiles_per_block][start..start + self.tile];
        for (chunk, part) in row.chunks(TILE_DIMS).enumerate() {
            let start = (chunk * TILE_ROWS + within) * TILE_DIMS;
            for (code, x) in codes[start..].iter_mut().zip(part) {
                *code = (x * per_step).round_ties_even() as i8;
            }
        }
        self.rows.push(Coded { scale, norm });
    }

    /// A query in codes, of eleven bits where a row's have seven.
    pub fn query<T: Element>(&self, vector: &[T]) -> Query {
        let mut floats = Vec::with_capacity(self.centre.len());
        T::widen(vector, &mut floats);
        floats.resize(self.centre.len(), 0.0);
        let mut centre = f32::ip(&floats, &self.centre);
        if self.metric == Metric::L2 {
            floats.iter_mut().zip(&self.centre).for_each(|(x, centre)| *x -= centre);
            centre = f32::norm(&floats);
        }
        let most = floats.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let scale = most / f32::from(TILE_QUERY_MAX);
        let per_step = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let mut codes: Vec<_> =
            floats.iter().map(|x| (x * per_step).round_ties_even() as i16).collect();
        codes.resize(self.tile / TILE_ROWS, 0);
        Query { codes, scale, centre }
    }

    /// Offers the allowed rows of a part with estimated distances: give a collector that keeps
    /// more rows than are asked for (twice as many find nearly all) and takes them to
    /// [`Int8::rerank`]. A search within a range is an exact scan's.
    pub fn scan(
        &self,
        part: Range<u32>,
        query: &Query,
        mask: Option<Mask<'_>>,
        into: &mut impl Collect,
    ) {
        match self.metric {
            Metric::Ip => self.visit(part, query, mask, into, |dot, _| -(dot + query.centre)),
            Metric::Cosine => {
                self.visit(part, query, mask, into, |dot, row| -((dot + query.centre) * row.norm))
            }
            _ => {
                self.visit(part, query, mask, into, |dot, row| query.centre + row.norm - 2.0 * dot)
            }
        }
    }

    #[inline(always)]
    fn visit(
        &self,
        part: Range<u32>,
        query: &Query,
        mask: Option<Mask<'_>>,
        into: &mut impl Collect,
        distance: impl Fn(f32, Coded) -> f32,
    ) {
        let end = part.end.min(self.len());
        let mut start = part.start;
        while start < end {
            let tile = start as usize / TILE_ROWS;
            let stop = end.min((tile as u32 + 1) * TILE_ROWS as u32);
            let bits = mask.map_or(!0, |mask| mask.word(start / 64) >> (start % 64));
            if bits & ((1 << (stop - start)) - 1) != 0 {
                let at = tile % self.tiles_per_block * self.tile;
                let codes = &self.blocks[tile / self.tiles_per_block][at..at + self.tile];
                let dots = kernels::tile_dots(&query.codes, codes);
                for number in start..stop {
                    let row = self.rows[number as usize];
                    let dot = dots[number as usize % TILE_ROWS] as f32 * (query.scale * row.scale);
                    let distance = distance(dot, row);
                    if distance <= into.limit() && allows(mask, number) {
                        into.offer(distance, number);
                    }
                }
            }
            start = stop;
        }
    }

    /// Offers candidates with their exact distances.
    pub fn rerank<T: Element>(
        candidates: TopK,
        rows: Rows<'_, T>,
        query: &flat::Query<'_, T>,
        into: &mut impl Collect,
    ) {
        // in the order of rows, which is that of the memory
        let mut found: Vec<u32> = candidates.finish().iter().map(|hit| hit.row).collect();
        found.sort_unstable();
        for row in found {
            into.offer(query.distance(rows.row(row)), row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::random::Random;
    use crate::index::rows::tests::blocks;

    /// The share of the ten closest that twenty candidates hold.
    #[test]
    fn twenty_candidates_hold_the_ten_closest() {
        let mut random = Random::new(21);
        for (metric, width, offset) in [
            (Metric::L2, 24, 0.0),
            (Metric::L2, 100, 5.0),
            (Metric::Ip, 33, 0.5),
            (Metric::Cosine, 64, 0.0),
            (Metric::Cosine, 64, 0.3),
        ] {
            let values: Vec<f32> = random.floats(width * 4003).iter().map(|x| x + offset).collect();
            let cut = blocks(&values, width, 512);
            let rows = Rows::new(&cut, width, 512);
            let mut index = Int8::new(metric, rows);
            for end in (0..=4100).step_by(410) {
                index.extend(rows, end);
            }
            assert_eq!(index.len(), 4003);
            let words: Vec<u64> = (0..63).map(|_| random.bits() | random.bits()).collect();
            let mut found = 0;
            for _ in 0..20 {
                let vector: Vec<f32> = random.floats(width).iter().map(|x| x + offset).collect();
                let exact = flat::Query::new(metric, &vector);
                let (mut candidates, mut top, mut expected) = (
                    TopK::closest(metric, 20),
                    TopK::closest(metric, 10),
                    TopK::closest(metric, 10),
                );
                let (query, mask) = (index.query(&vector), Some(Mask::new(&words)));
                for start in (0..4003).step_by(999) {
                    index.scan(start..start + 999, &query, mask, &mut candidates);
                }
                Int8::rerank(candidates, rows, &exact, &mut top);
                flat::scan(rows, 0..4003, &exact, mask, &mut expected);
                let (top, expected) = (top.finish(), expected.finish());
                found += expected.iter().filter(|hit| top.contains(hit)).count();
            }
            assert!(found >= 198, "{metric:?} {width} {offset}: {found} of 200");
        }
    }

    #[test]
    fn rows_of_one_value_have_codes() {
        let values = vec![0.0f32; 40];
        let cut = blocks(&values, 8, 4);
        let rows = Rows::new(&cut, 8, 4);
        let mut index = Int8::new(Metric::Cosine, rows);
        index.extend(rows, 5);
        let mut top = TopK::closest(Metric::Cosine, 9);
        index.scan(0..9, &index.query(&[0.0f32; 8]), None, &mut top);
        assert_eq!(top.finish().iter().map(|h| h.row).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }
}
