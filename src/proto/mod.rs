//! What `build.rs` makes of `proto/`: Milvus's messages, and the names of their fields for EXPLAIN.

#![allow(missing_docs, dead_code, clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]

pub mod floats;

pub mod common {
    include!(concat!(env!("OUT_DIR"), "/milvus.proto.common.rs"));
}
pub mod rg {
    include!(concat!(env!("OUT_DIR"), "/milvus.proto.rg.rs"));
}
pub mod schema {
    pub use super::floats::FloatArray;

    include!(concat!(env!("OUT_DIR"), "/milvus.proto.schema.rs"));
}
pub mod milvus {
    include!(concat!(env!("OUT_DIR"), "/milvus.proto.milvus.rs"));
}

/// The fields, enum values and methods of `proto/` by name.
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

    include!(concat!(env!("OUT_DIR"), "/fields.rs"));
}
