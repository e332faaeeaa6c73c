//! What is there: collections, partitions, indexes, databases, and what is in memory.

pub(crate) mod alias;
pub(crate) mod collection;
pub(crate) mod database;
pub(crate) mod describe;
pub(crate) mod index;
pub(crate) mod loading;
pub(crate) mod partition;
pub(crate) mod schema;
