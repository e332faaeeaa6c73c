//! Changing rows: INSERT, UPSERT, UPDATE, DELETE.

pub mod rows;
pub mod update;
