//! Files of columns: parquet, and arrow as a file (feather) or a stream. In: a [`source::Source`]
//! that gives any piece of a file, or batches of rows from the kernel. Out: batches, or the bytes
//! of a file. It is a wasm module of its own, which is loaded when a statement names such a file,
//! and knows nothing of statements and collections.
//!
//! A [`read::Reader`] finds out by the first bytes what a file is and hands it to parquet or
//! arrow-ipc; `values` makes what they give into what crosses to the kernel; [`write::Writer`] is
//! the way back. `door` is what JavaScript sees.

#[cfg(target_arch = "wasm32")]
mod door;
pub mod read;
pub mod source;
mod values;
pub mod write;

/// What our own files say of a column: its type in SQL, and whether it is the key.
const TYPE: &str = "milvus:type";
const KEY: &str = "milvus:key";
