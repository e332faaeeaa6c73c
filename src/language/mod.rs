//! The dialect: text in, statements with spans out. Pure: knows nothing of a server.
//!
//! A cell goes through [`numbers::scan`] (comments, strings, and the fast path that lifts long
//! number lists out), then through the grammar in [`parse`], and comes out as the types of [`ast`].

pub mod ast;
pub mod complete;
pub mod help;
pub(crate) mod keywords;
pub(crate) mod numbers;
pub mod parse;
pub mod print;
pub mod variables;
pub(crate) mod walk;
