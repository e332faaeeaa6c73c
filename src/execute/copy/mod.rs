//! Rows between files and tables: COPY, and CREATE TABLE … FROM. `asked` reads the options,
//! `source` opens the file, `plan` settles which column goes into which field, `cell` makes values
//! of what stands there, `batch` gathers them for requests; `from`, `create` and `to` are the
//! statements.

pub(crate) mod asked;
pub(crate) mod batch;
pub(crate) mod cell;
pub(crate) mod create;
pub(crate) mod from;
pub(crate) mod plan;
pub(crate) mod source;
pub(crate) mod to;
