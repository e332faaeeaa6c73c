//! The Milvus client, over any transport. In: the requests of `milvus_proto`. Out: their replies,
//! or one [`Error`]. Knows nothing of statements or spans.
//!
//! A request goes `client` (database, EXPLAIN, versions, status) -> `transport` (what it is sent
//! through) -> the `platform`'s channel.

pub mod address;
pub mod client;
pub mod error;
pub mod explain;
pub mod failure;
pub mod features;
pub mod platform;
pub mod steps;
mod store;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod transport;
mod wire;

pub use address::{Address, Target};
pub use client::{Client, Polled};
pub use error::Error;
pub use features::{Feature, Version};
pub use platform::Platform;
pub use store::{Store, StoreKind};
pub use transport::is_sendable;
