//! The insertion of rows into the graph.
//!
//! The links of a node are chosen so that none leads to a node that is nearer to another link than
//! to the node itself (the paper's heuristic), from the near nodes a walk finds. Pairs of links
//! that have passed once are not compared again, which halves the time.

// Nodes, levels and lists are made together.
#![allow(clippy::indexing_slicing)]

use super::lists::Link;
use super::search::{Walk, unseal};
use super::{ABSENT, Hnsw, MOST_LEVELS};
use crate::index::Metric;
use crate::index::collect::{pack, unpack};
use crate::index::flat::Query;
use crate::index::random::Random;
use crate::index::rows::{Mask, Rows, allows};
use crate::kernels::{Element, inverse_norm};

impl Hnsw {
    /// Inserts the next rows, up to `end`. Those a mask leaves out, because they are deleted or
    /// null, are never found. A row takes about 0.2 ms, so 100 are a slice.
    pub fn extend<T: Element>(&mut self, rows: Rows<'_, T>, end: u32, mask: Option<Mask<'_>>) {
        let mut walk = std::mem::take(&mut self.walk);
        // a sealed node has 31 bits
        for row in self.len()..end.min(rows.len()).min(u32::MAX >> 1) {
            self.insert(rows, row, allows(mask, row), &mut walk);
        }
        self.walk = walk;
    }

    fn insert<T: Element>(&mut self, rows: Rows<'_, T>, row: u32, present: bool, walk: &mut Walk) {
        let level = if present { draw(row, self.parameters.m) } else { ABSENT };
        if self.metric == Metric::Cosine {
            self.inverse_norms.push(inverse_norm(T::norm(rows.row(row))));
        }
        self.levels.push(level);
        self.base.push();
        self.upper_at.push(self.upper.count());
        if !present {
            return;
        }
        (0..level).for_each(|_| self.upper.push());
        let Some(entry) = self.entry else {
            self.entry = Some(row);
            return;
        };
        let query = self.query(rows, row);
        let top = self.level(entry);
        let mut start = self.descend(rows, &query, entry, level.min(top));
        for level in (0..=level.min(top)).rev() {
            let ef = self.parameters.ef_construction as usize;
            self.walk(rows, &query, start, level, ef, walk);
            let near = walk.near.iter().map(|&seen| {
                let (distance, node) = unseal(seen);
                Link { packed: pack(distance, node), checked: false }
            });
            let near: Vec<Link> = near.collect();
            start = near.first().map_or(start, |link| link.packed);
            let chosen = self.choose(rows, &near, self.parameters.m as usize);
            self.link(rows, row, level, &chosen);
        }
        if level > top {
            self.entry = Some(row);
        }
    }

    /// Links a new node to the chosen ones and these to it.
    fn link<T: Element>(&mut self, rows: Rows<'_, T>, row: u32, level: u8, chosen: &[u64]) {
        self.set_links(row, level, chosen);
        let mut full = Vec::new();
        for &link in chosen {
            let (distance, node) = unpack(link);
            let list = if level == 0 { node } else { self.list_of(node, level) };
            let lists = if level == 0 { &mut self.base } else { &mut self.upper };
            let most = lists.most();
            if !lists.append(list, row, distance, &mut full) {
                full.sort_unstable_by_key(|link| link.packed);
                let kept = self.choose(rows, &full, most);
                self.set_links(node, level, &kept);
            }
        }
    }

    fn set_links(&mut self, node: u32, level: u8, links: &[u64]) {
        match level {
            0 => self.base.set(node, links),
            _ => self.upper.set(self.list_of(node, level), links),
        }
    }

    /// At most `most` of the candidates, which are in order: each is nearer to the node they are
    /// candidates of than to any that was chosen before it.
    fn choose<T: Element>(&self, rows: Rows<'_, T>, candidates: &[Link], most: usize) -> Vec<u64> {
        let mut chosen: Vec<Link> = Vec::with_capacity(most);
        for &candidate in candidates {
            if chosen.len() == most {
                break;
            }
            let (distance, node) = unpack(candidate.packed);
            let query = self.query(rows, node);
            let nearer_to = |other: &Link| {
                !(candidate.checked && other.checked)
                    && self.nearer(rows, &query, unpack(other.packed).1, distance)
            };
            if !chosen.iter().any(nearer_to) {
                chosen.push(candidate);
            }
        }
        chosen.iter().map(|link| link.packed).collect()
    }

    fn nearer<T: Element>(
        &self,
        rows: Rows<'_, T>,
        query: &Query<'_, T>,
        node: u32,
        than: f32,
    ) -> bool {
        self.distance(rows, query, node) < than
    }
}

/// How many layers above the lowest a row is in: as many as `m`-fold chances in a row come true.
/// It depends on the row alone, so a graph is the same wherever it is built.
fn draw(row: u32, m: u32) -> u8 {
    let mut random = Random::new(u64::from(row) << 32 | 0x4853_4e57);
    let mut level = 0;
    while level < MOST_LEVELS && random.below(m) == 0 {
        level += 1;
    }
    level
}
