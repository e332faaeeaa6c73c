//! Changing rows: INSERT, UPSERT, UPDATE, DELETE.

pub(crate) mod delete;
pub(crate) mod requests;
pub(crate) mod rows;
pub(crate) mod stored;
pub(crate) mod update;
