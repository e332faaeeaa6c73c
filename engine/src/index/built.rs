//! The index of a column of dense vectors: what it is to be, and what of it is there.
//!
//! In: rows in slices of a few milliseconds, for as long as the caller has time. Out: the near rows
//! among those that it has seen; the rows from [`Built::len`] on are the caller's to scan. What
//! cannot be promised is refused, and scanned too: a search that would take longer than the scan.

use super::Metric;
use super::collect::{Collect, Range, TopK};
use super::flat::Query;
use super::hnsw::{Hnsw, Parameters};
use super::int8::Int8;
use super::ivf::{self, Ivf};
use super::kmeans::KMeans;
use super::rows::{Mask, Rows};

/// What an index is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// No index: every row is read.
    Scan,
    /// Codes of every row, and the best exactly.
    Codes,
    Graph(Parameters),
    Lists {
        kind: ivf::Kind,
        nlist: usize,
    },
}

/// How far a search looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// How many near rows a walk keeps; at least as many as are asked for.
    pub ef: usize,
    /// How many lists are read.
    pub nprobe: usize,
}

pub struct Built {
    choice: Choice,
    metric: Metric,
    state: State,
}

enum State {
    Codes(Int8),
    Graph(Box<Hnsw>),
    Training(Box<KMeans>),
    /// with the rows that there were when the centroids were found
    Lists(Ivf, u32),
}

/// Numbers that are read in a step: one or two milliseconds' work for codes. Measured natively; in
/// wasm a step takes twice as long.
const STEP: usize = 1 << 18;

/// As much for a graph, where each row takes some four hundred distances.
const GRAPH_STEP: usize = 1 << 11;

/// Centroids are found anew when there are so many times more rows than they were found of.
const STALE: u32 = 4;

/// How many of the best by codes are compared exactly: twice as many as are asked for, and
/// [`FEW`] for the first ones. Measured: recall is 1.000 then.
const CANDIDATES: usize = 2;
const FEW: usize = 20;

/// One of so many rows is allowed where these are read exactly as fast: codes come four rows at a
/// time.
const SPARSE: u32 = 7;

/// What reading a row out of turn takes, in rows of a scan; a walk does that for `m` rows for each
/// of the `ef` that it keeps.
const JUMP: usize = 4;

impl Built {
    /// An index that has seen no row yet; none where there is to be none.
    pub fn new(
        choice: Choice,
        metric: Metric,
        rows: Rows<'_, f32>,
        mask: Option<Mask<'_>>,
    ) -> Option<Built> {
        let state = match choice {
            Choice::Scan => return None,
            Choice::Codes => State::Codes(Int8::new(metric, rows)),
            Choice::Graph(parameters) => State::Graph(Box::new(Hnsw::new(metric, parameters))),
            Choice::Lists { nlist, .. } => training(metric, nlist, rows, mask),
        };
        Some(Built { choice, metric, state })
    }

    /// Whether it is what is wanted now.
    pub fn is(&self, choice: Choice, metric: Metric) -> bool {
        self.choice == choice && self.metric == metric
    }

    /// How many rows it finds.
    pub fn len(&self) -> u32 {
        match &self.state {
            State::Codes(codes) => codes.len(),
            State::Graph(graph) => graph.len(),
            State::Training(_) => 0,
            State::Lists(lists, _) => lists.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        match &self.state {
            State::Codes(codes) => codes.bytes(),
            State::Graph(graph) => graph.bytes(),
            State::Training(training) => training.bytes(),
            State::Lists(lists, _) => lists.bytes(),
        }
    }

    /// Goes on for some milliseconds; true while there is more to do. The mask leaves out rows
    /// that are deleted or have no vector.
    pub fn step(&mut self, rows: Rows<'_, f32>, mask: Option<Mask<'_>>) -> bool {
        let width = rows.width();
        let next = |len: u32, step: usize| len.saturating_add((step / width).max(1) as u32);
        match &mut self.state {
            State::Codes(codes) => codes.extend(rows, next(codes.len(), STEP)),
            State::Graph(graph) => graph.extend(rows, next(graph.len(), GRAPH_STEP), mask),
            State::Training(training) => {
                let trained = training.step((4 * STEP / (width * training.nlist()).max(1)).max(1));
                if let (true, Choice::Lists { kind, .. }) = (trained, self.choice) {
                    self.state = State::Lists(Ivf::new(training.take(), kind), rows.len());
                }
                return true;
            }
            State::Lists(lists, of) => {
                if let Choice::Lists { nlist, .. } = self.choice
                    && rows.len() / STALE >= (*of).max(1)
                {
                    self.state = training(self.metric, nlist, rows, mask);
                    return true;
                }
                lists.extend(rows, next(lists.len(), 4 * STEP / lists.nlist().max(1)), mask);
            }
        }
        self.len() < rows.len()
    }

    /// Offers the nearest `k` of its rows that a mask allows, whatever range the collector wants.
    ///
    /// False: nothing was offered, because a scan of these rows takes no longer or misses nothing.
    pub fn search(
        &self,
        rows: Rows<'_, f32>,
        vector: &[f32],
        (k, reach): (usize, Reach),
        mask: Option<Mask<'_>>,
        into: &mut impl Collect,
    ) -> bool {
        let query = Query::new(self.metric, vector);
        match &self.state {
            State::Training(_) => true,
            State::Graph(graph) => {
                let ef = reach.ef.max(k);
                let long = ef.saturating_mul(graph.parameters().m as usize * JUMP);
                long < graph.len() as usize
                    && graph.search(rows, &query, ef, mask, Range::default(), into)
            }
            State::Codes(codes) => {
                let sparse = mask.is_some_and(|mask| mask.allowed() < codes.len() / SPARSE);
                let candidates = candidates(k);
                if sparse || candidates > codes.len() as usize / SPARSE as usize {
                    return false;
                }
                let mut best = TopK::closest(self.metric, candidates);
                codes.scan(0..codes.len(), &codes.query(vector), mask, &mut best);
                Int8::rerank(best, rows, &query, into);
                true
            }
            State::Lists(lists, _) => {
                let search = ivf::Search { nprobe: reach.nprobe, k, candidates: candidates(k) };
                lists.search(rows, vector, search, mask, into)
            }
        }
    }
}

fn training(metric: Metric, nlist: usize, rows: Rows<'_, f32>, mask: Option<Mask<'_>>) -> State {
    State::Training(Box::new(KMeans::new(metric, nlist, rows, mask)))
}

fn candidates(k: usize) -> usize {
    k.saturating_mul(CANDIDATES).max(FEW)
}
