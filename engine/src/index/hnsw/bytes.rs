//! A graph as bytes, so that it need not be built again.
//!
//! Little-endian numbers of four bytes: the form, metric, M, efConstruction, the number of rows
//! and the entry (all ones for none); then a level and the upper lists of each row; then the lists
//! of the lowest layer. What cannot be a graph is refused, so that a walk stays within it; whether
//! the bytes are those that were written is for the store's checksums to say.

use super::{ABSENT, Hnsw, MOST_LEVELS, Parameters};
use crate::index::Metric;
use crate::index::rows::Rows;
use crate::kernels::{Element, inverse_norm};

/// Changes with what follows it.
const FORM: u32 = 1;
const NONE: u32 = u32::MAX;

impl Hnsw {
    /// The graph without the rows.
    pub fn to_bytes(&self) -> Vec<u8> {
        let lists = self.base.stored_len() * self.base.count() as usize
            + self.upper.stored_len() * self.upper.count() as usize;
        let mut bytes = Vec::with_capacity(4 * (6 + self.levels.len() + lists));
        let mut put = |number: u32| bytes.extend_from_slice(&number.to_le_bytes());
        let metric = match self.metric {
            Metric::Ip => 1,
            Metric::Cosine => 2,
            _ => 0,
        };
        let Parameters { m, ef_construction } = self.parameters;
        for number in [FORM, metric, m, ef_construction, self.len(), self.entry.unwrap_or(NONE)] {
            put(number);
        }
        for &level in &self.levels {
            put(level.into());
        }
        for list in 0..self.upper.count() {
            self.upper.stored(list).for_each(&mut put);
        }
        for list in 0..self.base.count() {
            self.base.stored(list).for_each(&mut put);
        }
        bytes
    }

    /// The graph of these rows again; none when the bytes are not one, or one of more rows.
    pub fn from_bytes<T: Element>(bytes: &[u8], rows: Rows<'_, T>) -> Option<Self> {
        let (numbers, []) = bytes.as_chunks::<4>() else { return None };
        let numbers: Vec<u32> = numbers.iter().map(|&n| u32::from_le_bytes(n)).collect();
        let (&[form, metric, m, ef_construction, len, entry], rest) =
            numbers.split_first_chunk()?;
        let metric = *[Metric::L2, Metric::Ip, Metric::Cosine].get(metric as usize)?;
        let mut graph = Self::new(metric, Parameters { m, ef_construction });
        let same = graph.parameters == Parameters { m, ef_construction };
        if form != FORM || !same || len > rows.len() || len > u32::MAX >> 1 {
            return None;
        }
        let (levels, rest) = rest.split_at_checked(len as usize)?;
        let mut uppers = 0usize;
        for &level in levels {
            graph.upper_at.push(u32::try_from(uppers).ok()?);
            let level = u8::try_from(level).ok().filter(|&l| l <= MOST_LEVELS || l == ABSENT)?;
            uppers += if level == ABSENT { 0 } else { level.into() };
            graph.levels.push(level);
        }
        let (upper, base) = rest.split_at_checked(uppers.checked_mul(graph.upper.stored_len())?)?;
        if base.len() != (len as usize).checked_mul(graph.base.stored_len())? {
            return None;
        }
        let mut stored = upper.chunks_exact(graph.upper.stored_len());
        for (node, &own) in graph.levels.iter().enumerate() {
            for level in 1..=if own == ABSENT { 0 } else { own } {
                let linked = |n: u32| n as usize != node && in_layer(&graph.levels, n, level);
                graph.upper.restore(stored.next()?, linked)?;
            }
        }
        for stored in base.chunks_exact(graph.base.stored_len()) {
            graph.base.restore(stored, |n| in_layer(&graph.levels, n, 0))?;
        }
        graph.entry = if entry == NONE {
            None
        } else {
            Some(entry).filter(|&n| in_layer(&graph.levels, n, 0))
        };
        if graph.entry.is_none() && graph.levels.iter().any(|&level| level != ABSENT) {
            return None;
        }
        if metric == Metric::Cosine {
            let norm = |row| inverse_norm(T::norm(rows.row(row)));
            graph.inverse_norms = (0..len).map(norm).collect();
        }
        Some(graph)
    }
}

fn in_layer(levels: &[u8], node: u32, level: u8) -> bool {
    levels.get(node as usize).is_some_and(|&own| own != ABSENT && own >= level)
}
