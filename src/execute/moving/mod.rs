//! Rows of a SELECT into a table, and what is changed of the first rows of one. `rows` makes
//! columns of rows; `insert` reads a page and writes it, `create` makes the table before, `few`
//! finds the keys that an UPDATE or a DELETE with ORDER BY and LIMIT is about.

pub(crate) mod create;
pub(crate) mod few;
pub(crate) mod insert;
pub(crate) mod rows;
