//! The Milvus client, over any transport. In: the messages of `proto`. Out: replies, or one
//! [`Error`]. Knows nothing of statements or spans.

pub mod address;
pub mod client;
mod codec;
pub mod data;
pub mod error;
pub mod message;
pub mod platform;
pub mod requests;
pub mod versions;
mod wire;

pub use address::Address;
pub use client::{Client, Effect};
pub use error::Error;
pub use message::{Fields, Reply};
pub use platform::Platform;
pub use versions::Version;
