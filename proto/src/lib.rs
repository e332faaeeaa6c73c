//! Milvus's messages and methods, for a client and for a server: what `build.rs` makes of the
//! `.proto` files beside it, the table of [`methods`], and the [`names`] of fields and enum values.
//! Knows nothing of SQL, of connections or of what a message is good for.
//!
//! The files, but for `engine.proto`, declare the part of Milvus's packages that is in use, under
//! the same packages, names, numbers and types; `tests/test_proto.py` holds every line against
//! pymilvus's descriptors. `engine.proto` is what our own engine answers beyond them.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod floats;
pub mod methods;

pub use methods::{Effect, METHODS, Method, Reply, Request};

// prost's code is not held to the lints of ours
#[allow(clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
pub mod common {
    include!(concat!(env!("OUT_DIR"), "/milvus.proto.common.rs"));
}

#[allow(clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
pub mod rg {
    include!(concat!(env!("OUT_DIR"), "/milvus.proto.rg.rs"));
}

#[allow(clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
pub mod schema {
    pub use super::floats::FloatArray;

    include!(concat!(env!("OUT_DIR"), "/milvus.proto.schema.rs"));
}

#[allow(clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
pub mod milvus {
    include!(concat!(env!("OUT_DIR"), "/milvus.proto.milvus.rs"));
}

#[allow(clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
pub mod engine {
    include!(concat!(env!("OUT_DIR"), "/milvus.proto.engine.rs"));
}

/// The fields, enum values and methods of the `.proto` files by name, which show a message that is
/// known by its bytes alone.
pub mod names {
    /// What a field holds, as far as reading it off the wire needs to know.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Kind {
        Message(&'static str),
        Enum(&'static str),
        Text,
        Bytes,
        Bool,
        Int,
        Float,
        Double,
    }

    // FIELDS: (message, number, name, kind), sorted; VALUES: (enum, number, name), sorted;
    // SERVICE: (method, request, reply), sorted
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}
