//! Filters against small collections: which rows match, and what is refused and why.

mod collection;
mod grammar;
mod matrix;
mod rows;
mod shapes;

pub use collection::{Collection, Words, array, field, key, nullable};
