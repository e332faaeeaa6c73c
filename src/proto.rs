//! What `build.rs` makes of `proto/`: Milvus's messages and the client of its service.

#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]

pub mod common {
    tonic::include_proto!("milvus.proto.common");
}
pub mod schema {
    tonic::include_proto!("milvus.proto.schema");
}
pub mod milvus {
    tonic::include_proto!("milvus.proto.milvus");
}
