//! What is known of a collection, and what Milvus has of types, metrics and indexes.

pub mod collection;
pub mod index_types;
