//! The Milvus kernel for JupyterLite: SQL in a notebook cell, answered by a vector database.
//!
//! # The life of a cell
//!
//! 1. The page's kernel (`jupyterlite/src/kernel.ts`) takes an `execute_request` and posts the cell
//!    to a web worker, where `wasm` hands it to a [`session`]. Native tests enter here.
//! 2. [`language`] reads the text: `numbers` lifts the vectors out, `parse` chooses a rule by each
//!    statement's first word and runs the grammar (`language/grammar`, a crate of its own so that
//!    it is compiled for speed) over the rest, and statements ([`language::ast`]) come out, every
//!    piece with its place in the text. `variables` puts values in the place of `:names`; `print`
//!    writes a statement again.
//! 3. [`execute`] carries out the SELECTs within a statement, and turns what is then there into
//!    requests of [`milvus_proto`] (`proto/`, a crate of its own, with the table of Milvus's
//!    methods), checks them against what it knows of the collection, and makes an [`outcome`] of
//!    the replies. What Milvus does not do (UPDATE, conditions that it does not know, ORDER BY and
//!    GROUP BY before 3.0) it does over pages of rows; what is computed of rows is evaluated in
//!    `evaluate`. [`files`] reads and writes files of rows for it, one format after the other; for
//!    csv with a crate compiled for speed (`files/scan`), for parquet and arrow with a module that
//!    is loaded when a statement asks for it (`columns/`, which gives and takes `columns/batch`).
//! 4. [`milvus`] carries the requests: one client, whose one exchange sends bytes through a
//!    transport. In the browser that is gRPC-Web over `fetch`, through Envoy, or a port to the
//!    engine of the page; in native tests tonic's own channel. It sees to credentials, deadlines
//!    and reading one's own writes, knows which server has what (`features`), and under EXPLAIN
//!    writes down what it would send.
//! 5. [`render`] makes a MIME bundle of the outcome: text, HTML, rows for the page to draw and a
//!    data resource, whatever kinds its one table has; of a [`chart`], Vega-Lite and a picture.
//!    [`results`] keeps the rows that a notebook has no room for. How far a statement is that takes
//!    its time ([`outcome::Progress`]) the session can be asked; `wasm` does, four times a second,
//!    and the outcome takes its place.
//! 6. What goes wrong anywhere becomes a [`diagnostic`]: a code, a message, a place in the cell, a
//!    way out. `render` shows it as rustc does; `secrets` covers passwords in what it quotes, as
//!    the tree marks them, or all that may be one where there is no tree. Where the page has
//!    another language, [`translate`] says the kernel's own words in it, of outcomes as well.
//!
//! While one types, [`typing`] says what may come next, which it asks of the grammar, and what the
//! word at the cursor means there: of what the session knows by then, since nothing waits for a
//! server.
//!
//! `engine/`, a crate of its own that knows nothing of this one, answers the same messages without
//! a server. `engine/js` makes a wasm module and a web worker of it: the page owns one for all its
//! notebooks, hands each kernel a port, and the tabs of a site share a store's files.
//!
//! Arrows: `wasm -> session -> language, execute, results, render, translate, typing`; `results ->
//! evaluate, execute::memory, render`; `typing -> language, execute, evaluate, files, milvus,
//! outcome` (and `execute::state`, which keeps what is learnt); `execute -> language::ast,
//! evaluate, files, chart, milvus, diagnostic` (and `render::options`, which the settings are);
//! `evaluate -> language::ast, outcome` (and `execute::value` for JSON, the one arrow that goes
//! back up);
//! `files -> outcome`; `language::ast -> chart`, and `chart` and `outcome` know each other;
//! `milvus -> milvus_proto`; `render -> outcome, chart, diagnostic, secrets`; `secrets ->
//! language, milvus`; `diagnostic, render -> printable`. Parse, evaluate, files and render are
//! pure, but for the moment of `now()`, which a statement sets as it begins; JavaScript values
//! appear in `wasm` alone.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]
#![warn(clippy::await_holding_refcell_ref)]

pub mod chart;
pub mod diagnostic;
mod evaluate;
pub mod execute;
pub mod files;
#[cfg(test)]
mod highlight;
pub mod language;
pub mod milvus;
pub mod outcome;
mod printable;
pub mod render;
pub mod results;
mod secret_names;
mod secrets;
pub mod session;
pub mod translate;
pub mod typing;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
