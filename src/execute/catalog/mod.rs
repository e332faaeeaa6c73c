//! What the kernel knows of collections, types, metrics and index types. Knows nothing of
//! statements.

pub mod aliases;
pub(crate) mod collection;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod index;
pub mod index_types;
pub mod metrics;
pub(crate) mod types;
