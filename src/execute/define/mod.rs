//! What is there: collections with their schemas, partitions, indexes, aliases, databases, and
//! what of them is loaded.

pub(crate) mod alias;
pub(crate) mod collection;
pub(crate) mod database;
pub(crate) mod describe;
pub(crate) mod index;
pub(crate) mod loading;
pub(crate) mod partition;
pub(crate) mod schema;
