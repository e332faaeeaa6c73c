//! A graph of near rows in layers, which a search walks (Malkov and Yashunin, 2016,
//! arXiv:1603.09320).
//!
//! In: rows one after the other, in slices as large as the caller likes; node numbers are row
//! numbers. Out: near rows with exact distances. Rows that are deleted later stay as ways to other
//! rows, and the mask keeps them from being found.
//!
//! - [`lists`]: the links of a node, in blocks.
//! - [`build`]: the insertion of a row.
//! - [`search`]: the walk of a query, with and without a mask.
//! - [`bytes`]: the graph as a file.

pub mod build;
pub mod bytes;
pub mod lists;
pub mod search;

use super::Metric;
use super::flat::Query;
use super::rows::Rows;
use crate::kernels::Element;
use lists::Lists;
use search::Walk;

/// How a graph is built, by Milvus's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The most links of a node in an upper layer, and half of those in the lowest.
    pub m: u32,
    /// How many near nodes a new one chooses its links from.
    pub ef_construction: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { m: 16, ef_construction: 200 }
    }
}

/// The graph of the rows from 0 on.
pub struct Hnsw {
    metric: Metric,
    parameters: Parameters,
    /// The layers above the lowest that a node is in, or [`ABSENT`].
    levels: Vec<u8>,
    /// COSINE: the inverse norm of a row. Else empty.
    inverse_norms: Vec<f32>,
    /// The links of the lowest layer, one list a node.
    base: Lists,
    /// The links of the upper layers: those of a node follow one another.
    upper: Lists,
    /// The first of a node's lists in `upper`.
    upper_at: Vec<u32>,
    /// The node that a walk starts from.
    entry: Option<u32>,
    /// What an insertion works with, kept for the next.
    walk: Walk,
}

/// The level of a row that is not in the graph.
const ABSENT: u8 = u8::MAX;

/// More layers than any graph has.
const MOST_LEVELS: u8 = 32;

impl Hnsw {
    /// A graph without nodes, for L2, IP or COSINE.
    pub fn new(metric: Metric, parameters: Parameters) -> Self {
        let m = parameters.m.clamp(2, 2048);
        let ef_construction = parameters.ef_construction.max(1);
        Self {
            metric,
            parameters: Parameters { m, ef_construction },
            levels: Vec::new(),
            inverse_norms: Vec::new(),
            base: Lists::new(2 * m as usize),
            upper: Lists::new(m as usize),
            upper_at: Vec::new(),
            entry: None,
            walk: Walk::default(),
        }
    }

    /// How many rows have been seen; the rows from here on are the caller's to scan.
    pub fn len(&self) -> u32 {
        self.levels.len() as u32
    }

    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    pub fn metric(&self) -> Metric {
        self.metric
    }

    pub fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        let nodes = self.levels.capacity() + 4 * self.upper_at.capacity();
        nodes + 4 * self.inverse_norms.capacity() + self.base.bytes() + self.upper.bytes()
    }

    fn links(&self, node: u32, level: u8) -> &[u32] {
        match level {
            0 => self.base.links(node),
            _ => self.upper.links(self.list_of(node, level)),
        }
    }

    /// The list of a node in an upper layer that it is in.
    fn list_of(&self, node: u32, level: u8) -> u32 {
        self.upper_at.get(node as usize).map_or(0, |first| first + u32::from(level) - 1)
    }

    fn level(&self, node: u32) -> u8 {
        self.levels.get(node as usize).copied().unwrap_or(ABSENT)
    }

    fn inverse_norm(&self, node: u32) -> f32 {
        self.inverse_norms.get(node as usize).copied().unwrap_or(1.0)
    }

    /// A node as a query.
    fn query<'a, T: Element>(&self, rows: Rows<'a, T>, node: u32) -> Query<'a, T> {
        Query::known(self.metric, rows.row(node), self.inverse_norm(node))
    }

    fn distance<T: Element>(&self, rows: Rows<'_, T>, query: &Query<'_, T>, node: u32) -> f32 {
        query.distance_with(rows.row(node), self.inverse_norm(node))
    }
}

#[cfg(test)]
mod tests;
