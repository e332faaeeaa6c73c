//! Finds the rows that are closest to a query, exactly or by a graph, lists or codes.
//!
//! Vectors stay in the blocks of their owner, who lends them as [`rows::Rows`]; an index keeps
//! only what it adds to them. A search gets a [`rows::Mask`] of what it may return and gives its
//! finds to a [`collect::Collect`]. Long work comes in slices of rows, so that a caller can return
//! to its event loop in between. Rows that an index has not seen yet are the caller's to scan.
//!
//! - [`flat`]: every row, exactly.
//! - [`int8`]: every row by codes of a quarter of the size, then the best ones exactly.
//! - [`hnsw`]: a graph to walk.
//! - [`ivf`]: lists of rows round centroids.
//! - [`built`]: one of these for a column of vectors, as it grows.
//! - [`sparse`]: lists of rows by term, for sparse vectors and BM25.
//! - [`sorted`]: rows by the order of their values, for filters.

pub mod built;
pub mod collect;
pub mod flat;
pub mod hnsw;
pub mod int8;
pub mod ivf;
pub mod kmeans;
pub mod random;
pub mod rows;
pub mod sorted;
pub mod sparse;

/// How far apart two vectors are, by Milvus's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The squared Euclidean distance.
    L2,
    /// The inner product.
    Ip,
    /// The cosine of the angle; 0 where a vector has no direction.
    Cosine,
    /// The number of bits that differ.
    Hamming,
    /// One minus the share of common bits.
    Jaccard,
    /// How well a text's terms match those of a query.
    Bm25,
}

impl Metric {
    /// Whether a larger score is a closer row.
    pub fn larger_is_closer(self) -> bool {
        match self {
            Self::Ip | Self::Cosine | Self::Bm25 => true,
            Self::L2 | Self::Hamming | Self::Jaccard => false,
        }
    }

    /// The score as a distance, or a distance as the score: smaller is closer for every metric.
    pub fn turn(self, score: f32) -> f32 {
        if self.larger_is_closer() { -score } else { score }
    }
}

/// A row that was found, with its score as Milvus gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub row: u32,
    pub score: f32,
    /// its place in the row's list, where one has several vectors
    pub element: u32,
}
