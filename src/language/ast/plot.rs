//! PLOT: the vectors of a field, or what a SELECT gives, drawn.

use super::*;
pub use crate::chart::Mark;

#[derive(Clone, Debug, PartialEq)]
pub enum Plot {
    Vectors(Box<PlotVectors>),
    Select {
        select: Box<Select>,
        /// as the result's types say, where none is named
        mark: Option<Spanned<Mark>>,
    },
}

/// `PLOT t.v COLOR BY label NEAR ID(5)`: a point for each vector, in two dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotVectors {
    pub table: Name,
    pub field: Name,
    pub color: Option<Output>,
    pub label: Option<Output>,
    pub filter: Option<Filter>,
    pub limit: Option<Spanned<Value>>,
    pub near: Option<Near>,
}

/// Query vectors, which are drawn as well, with what is nearest to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// vectors, or the ids of stored entities
    pub queries: Vec<Spanned<Value>>,
    pub are_stored: bool,
    /// hits of each
    pub limit: Option<Spanned<Value>>,
}
