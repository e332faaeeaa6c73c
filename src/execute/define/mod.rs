//! What is there: collections, partitions, indexes, databases, and what is in memory.

pub mod alias;
pub mod collection;
pub mod database;
pub mod describe;
pub mod index;
pub mod loading;
pub mod partition;
pub mod schema;
