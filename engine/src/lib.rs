//! Milvus in one process: collections, filters and searches behind Milvus's own messages.
//!
//! # The life of a request
//!
//! 1. `service` takes a method's name and the bytes of its request, and gives the bytes of a reply
//!    or a status. One table of methods; every method is a function of the catalog and a message.
//! 2. [`catalog`] knows databases, collections and aliases: which [`schema`] a collection has and
//!    where its rows are. [`users`] are kept beside it.
//! 3. [`segment`] holds the rows: columns in blocks of fixed size, which rows are deleted, which
//!    row has which key; [`lifetime`] says which of them are over.
//! 4. `expr` reads a filter, types it against the schema and says of each row whether it is true,
//!    false or unknown.
//! 5. [`search`] finds rows by vectors and texts, the service's `query` by filters, and [`outputs`]
//!    gives back their fields; [`index`] and [`kernels`] make that fast, [`analyzer`] makes terms
//!    of texts. Indexes are built between requests, slice by slice ([`service::Service::work`]).
//!    Reads that take long end within a slice and are called again ([`pace`]), so that whoever
//!    asked can stop them.
//!    Shapes are a crate of their own; a [`zone`] is what the host says it is.
//! 6. [`store`] keeps bytes in a log, a manifest and immutable segments; [`kept`] joins it to the
//!    service, so that what was acknowledged is there again after whatever happened.
//!
//! Arrows: `kept -> service, store; service -> catalog, search; search -> expr, index, analyzer,
//! catalog; expr -> segment, index; catalog -> schema, segment; segment -> index; index ->
//! kernels`. One runs back up: a database as a file is a store of its own, which `service::moving`
//! has `kept::moved` make and read. Everything is synchronous and pure but for `store`, which knows
//! bytes alone and reaches files through a small trait.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod analyzer;
pub mod catalog;
pub mod error;
pub mod expr;
pub mod index;
pub mod kept;
pub mod kernels;
pub mod lifetime;
pub mod outputs;
pub mod pace;
pub mod schema;
pub mod search;
pub mod segment;
pub mod service;
pub mod store;
mod time;
pub mod users;
pub mod zone;
