//! The walk of a query through the graph.
//!
//! Without a mask the nodes that were seen are one short list in order, of which the nearest that
//! has not been left yet is next. With a mask or a range what may be found is kept apart from what
//! leads on, and the walk is given up as soon as a scan promises to be faster.

// Nodes are below the number of nodes, words below that of words.
#![allow(clippy::indexing_slicing)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Hnsw;
use crate::index::collect::{Collect, Range, TopK, pack, unpack};
use crate::index::flat::Query;
use crate::index::rows::{Mask, Rows, allows};
use crate::kernels::Element;

impl Hnsw {
    /// Offers the nearest of the first `len` rows that a walk with `ef` finds, allowed by the mask
    /// and within the range: at most `ef`, which is at least the number that is asked for.
    ///
    /// False: nothing was offered, because a scan of these rows is faster or surer.
    pub fn search<T: Element>(
        &self,
        rows: Rows<'_, T>,
        query: &Query<'_, T>,
        ef: usize,
        mask: Option<Mask<'_>>,
        range: Range,
        into: &mut impl Collect,
    ) -> bool {
        let Some(entry) = self.entry.filter(|_| rows.len() >= self.len()) else {
            return self.entry.is_none() && self.is_empty();
        };
        let (ef, mut walk) = (ef.max(1), Walk::default());
        if mask.is_none() && range == Range::default() {
            let start = self.descend(rows, query, entry, 0);
            self.walk(rows, query, start, 0, ef, &mut walk);
            for &seen in &walk.near {
                let (distance, node) = unseal(seen);
                into.offer(distance, node);
            }
            return true;
        }
        let allowed = mask.map_or(self.len(), |mask| mask.allowed().min(self.len()));
        let effort = Effort::new(self.len(), allowed, ef, self.parameters.m);
        if !effort.is_worth(f64::from(allowed) / f64::from(self.len())) {
            return false;
        }
        let start = self.descend(rows, query, entry, 0);
        if !mask.is_none_or(|mask| effort.is_worth(self.share_about(unpack(start).1, mask))) {
            return false;
        }
        let mut found = TopK::new(self.metric, ef, range);
        if !self.walk_masked(rows, query, start, mask, effort.most, &mut found, &mut walk) {
            return false;
        }
        for hit in found.finish() {
            into.offer(self.metric.turn(hit.score), hit.row);
        }
        true
    }

    /// The nearest node a greedy walk finds from the entry down to above `level`, with its
    /// distance, as [`pack`] has them.
    pub(super) fn descend<T: Element>(
        &self,
        rows: Rows<'_, T>,
        query: &Query<'_, T>,
        entry: u32,
        level: u8,
    ) -> u64 {
        let mut best = pack(self.distance(rows, query, entry), entry);
        for level in (level + 1..=self.level(entry)).rev() {
            loop {
                let from = unpack(best).1;
                for &node in self.links(from, level) {
                    best = best.min(pack(self.distance(rows, query, node), node));
                }
                if unpack(best).1 == from {
                    break;
                }
            }
        }
        best
    }

    /// Leaves the `ef` nearest nodes of a layer in `walk.near`, the nearest first.
    pub(super) fn walk<T: Element>(
        &self,
        rows: Rows<'_, T>,
        query: &Query<'_, T>,
        start: u64,
        level: u8,
        ef: usize,
        walk: &mut Walk,
    ) {
        walk.begin(self.levels.len());
        walk.visited.insert(unpack(start).1);
        walk.near.push(seal(start));
        let mut next = 0;
        while let Some(seen) = walk.near.get_mut(next) {
            if *seen & LEFT != 0 {
                next += 1;
                continue;
            }
            *seen |= LEFT;
            let node = unseal(*seen).1;
            walk.look(self.links(node, level));
            // the list that is likely next is on its way while distances are measured
            if let Some(&ahead) = walk.near.get(next + 1) {
                std::hint::black_box(self.links(unseal(ahead).1, level).len());
            }
            self.measure(rows, query, walk);
            for i in 0..walk.measured.len() {
                let found = seal(walk.measured[i]);
                if walk.near.len() >= ef {
                    if walk.near.last().is_some_and(|&farthest| found >= farthest) {
                        continue;
                    }
                    walk.near.pop();
                }
                let at = walk.near.partition_point(|&seen| seen < found);
                walk.near.insert(at, found);
                next = next.min(at);
            }
        }
    }

    /// The share of the nodes two steps about one that a mask allows. No vector is read for it.
    fn share_about(&self, node: u32, mask: Mask<'_>) -> f64 {
        let (mut seen, mut allowed) = (1u32, 1u32);
        for &near in self.links(node, 0) {
            for &node in self.links(near, 0) {
                seen += 1;
                allowed += u32::from(mask.allows(node));
            }
        }
        f64::from(allowed) / f64::from(seen)
    }

    /// Offers what may be found to `found`; false when it measured more than so many rows.
    #[expect(clippy::too_many_arguments, reason = "a query, where from, what for and with what")]
    fn walk_masked<T: Element>(
        &self,
        rows: Rows<'_, T>,
        query: &Query<'_, T>,
        start: u64,
        mask: Option<Mask<'_>>,
        most: u32,
        found: &mut TopK,
        walk: &mut Walk,
    ) -> bool {
        walk.begin(self.levels.len());
        let mut measured = 0;
        let mut ahead = BinaryHeap::from([Reverse(start)]);
        let (distance, node) = unpack(start);
        walk.visited.insert(node);
        if allows(mask, node) {
            found.offer(distance, node);
        }
        while let Some(Reverse(nearest)) = ahead.pop() {
            let (distance, node) = unpack(nearest);
            if distance > found.limit() {
                break;
            }
            walk.look(self.links(node, 0));
            self.measure(rows, query, walk);
            for &near in &walk.measured {
                let (distance, node) = unpack(near);
                if distance <= found.limit() {
                    ahead.push(Reverse(near));
                    if allows(mask, node) {
                        found.offer(distance, node);
                    }
                }
            }
            measured += walk.measured.len() as u32;
            if measured > most {
                return false;
            }
        }
        true
    }

    /// The distances of the nodes that were just seen, two at a time, so that the memory is asked
    /// for both at once.
    fn measure<T: Element>(&self, rows: Rows<'_, T>, query: &Query<'_, T>, walk: &mut Walk) {
        let (pairs, rest) = walk.seen.as_chunks::<2>();
        walk.measured.clear();
        for &[a, b] in pairs {
            let norms = [self.inverse_norm(a), self.inverse_norm(b)];
            let [x, y] = query.distance_pair([rows.row(a), rows.row(b)], norms);
            walk.measured.extend([pack(x, a), pack(y, b)]);
        }
        for &node in rest {
            walk.measured.push(pack(self.distance(rows, query, node), node));
        }
    }
}

/// What a walk has seen.
#[derive(Default)]
pub struct Walk {
    pub(super) visited: Visited,
    /// The nearest nodes in order, as [`seal`] has them.
    pub(super) near: Vec<u64>,
    /// The nodes of one list that were not seen before, and with distances.
    seen: Vec<u32>,
    measured: Vec<u64>,
}

impl Walk {
    fn begin(&mut self, nodes: usize) {
        self.visited.clear(nodes);
        self.near.clear();
    }

    #[inline]
    fn look(&mut self, links: &[u32]) {
        self.seen.clear();
        for &node in links {
            if self.visited.insert(node) {
                self.seen.push(node);
            }
        }
    }
}

/// A set of nodes.
#[derive(Default)]
pub struct Visited(Vec<u64>);

impl Visited {
    fn clear(&mut self, nodes: usize) {
        self.0.fill(0);
        self.0.resize(nodes.div_ceil(64), 0);
    }

    /// Whether the node is new.
    #[inline(always)]
    pub(super) fn insert(&mut self, node: u32) -> bool {
        let (word, bit) = (&mut self.0[node as usize / 64], 1 << (node % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// A node that the walk has left by all its links.
const LEFT: u64 = 1;

/// A packed distance and node with room for [`LEFT`], in the same order.
#[inline(always)]
fn seal(packed: u64) -> u64 {
    packed & !0xffff_ffff | u64::from(packed as u32) << 1
}

#[inline(always)]
pub(super) fn unseal(sealed: u64) -> (f32, u32) {
    unpack(sealed & !0xffff_ffff | u64::from(sealed as u32 >> 1))
}

/// How far a walk may go before a scan is the better way, in rows that are measured.
struct Effort {
    /// without a mask
    least: f64,
    /// what a scan takes
    scan: f64,
    /// where the walk ends
    most: u32,
}

/// What measuring a row in a walk takes, in rows of a scan.
const JUMP: u32 = 4;

/// What reading a row takes in a scan that leaves most rows out, in rows of one that does not.
const SKIP: u32 = 4;

/// How much shorter than a scan a walk is to be expected, so that one that turns out longer is
/// rare. Measured at 100,000 rows of 128 numbers, filtered at random and by place: with 2 hardly a
/// search takes more than 1.05 of the scan's time, with 1.5 one of twenty takes 1.3.
const SURE: f64 = 2.0;

impl Effort {
    /// A walk leaves about as many nodes as it keeps; at each it measures about as many rows as
    /// there are links in an upper layer.
    fn new(rows: u32, allowed: u32, ef: usize, m: u32) -> Self {
        let scan = rows.min(allowed.saturating_mul(SKIP)) / JUMP;
        Self { least: ef as f64 * f64::from(m), scan: scan.into(), most: scan / 2 }
    }

    /// Whether a walk is expected to take far less than a scan where such a share of the nodes is
    /// allowed: it leaves as many more as are not.
    fn is_worth(&self, share: f64) -> bool {
        self.least <= self.scan * share / SURE
    }
}
