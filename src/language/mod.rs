//! The dialect: text in, statements with spans out. Pure: knows nothing of a server.
//!
//! A cell goes through `numbers` (comments, strings, and the fast path that lifts lists of numbers
//! out), then through the grammar in [`parse`], and comes out as the types of [`ast`];
//! [`variables`] puts values in the place of `:names`, led by `walk`. [`mod@print`] is the way
//! back. What a word is used for stands in `keywords` alone; [`complete`] and [`help`] answer of
//! the language itself, and `foreign` of the words of others.

pub mod ast;
pub(crate) mod foreign;
pub mod help;
pub(crate) mod keywords;
pub(crate) mod numbers;
pub mod parse;
pub mod print;
pub(crate) mod tables;
pub mod variables;
pub(crate) mod walk;
