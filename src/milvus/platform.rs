//! What the kernel needs of the place it runs in: a channel to a server, a clock, a sleep,
//! somebody to ask. A browser's worker has one (`wasm.rs`), the native tests another; nothing above
//! this line knows which.

use std::future::Future;

use tonic::Status;
use tonic::client::GrpcService;
use tonic::codegen::StdError;

use bytes::Bytes;
use milvus_proto::Method;

use super::address::Address;
use super::store::Store;

/// What a look at an address that could not be reached has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// something answers there: it is the browser that kept the answer from us
    Answers,
    /// nothing answers there
    Silent,
    /// this place cannot tell
    Unknown,
}

const NO_FILES: &str = "there are no files here";

/// What room a browser gives to a site, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub used: u64,
    pub limit: u64,
    /// whether it has promised to keep what is there
    pub is_promised: bool,
}

/// What a channel's own error was about.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// no answer began to come; the transport's own words
    Unreached(String),
    /// an answer that broke off, or is none of gRPC
    Broken(String),
    /// an HTTP response without gRPC: its status
    Http(u16),
}

/// A file as it comes, piece by piece.
pub trait Pieces {
    /// The next piece; none is behind the last. The error is a reason in words.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, String>>;

    /// What part of the file has come, from 0 to 1, where its size is known.
    fn share(&self) -> Option<f64> {
        None
    }
}

/// A file that is here whole.
pub struct Whole(pub Bytes);

impl Whole {
    const PIECE: usize = 1 << 20;
}

impl Pieces for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, String> {
        let size = self.0.len().min(Self::PIECE);
        Ok((size > 0).then(|| self.0.split_to(size)))
    }
}

/// What tonic's client runs over.
pub trait Channel:
    GrpcService<tonic::body::Body, ResponseBody = Self::Body, Error: Into<StdError>> + Clone
{
    /// The body of a reply.
    type Body: http_body::Body<Data = bytes::Bytes, Error: Into<StdError> + Send> + Send + 'static;
}

impl<C, B> Channel for C
where
    C: GrpcService<tonic::body::Body, ResponseBody = B, Error: Into<StdError>> + Clone,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    type Body = B;
}

pub trait Platform: Clone {
    type Channel: Channel;
    type Pieces: Pieces;

    /// A channel to a server; every call over it ends after `timeout_ms` at the latest.
    fn channel(&self, address: &Address, timeout_ms: u32) -> Result<Self::Channel, String>;

    /// What an error of this channel was about.
    fn failure(error: &(dyn std::error::Error + 'static)) -> Failure;

    /// Whether the engine is here, for a session that names no server.
    fn has_engine(&self) -> bool {
        false
    }

    /// Sends a request to the engine, which opens the store when it is first named. A call that is
    /// dropped is cancelled.
    fn engine(
        &self,
        _store: &Store,
        _method: &'static Method,
        _database: &str,
        _message: Bytes,
    ) -> impl Future<Output = Result<Bytes, Status>> {
        std::future::ready(Err(Status::unavailable("the engine is not here")))
    }

    /// What is to be said of a store that has been opened: that it is kept nowhere, that it lost
    /// something.
    fn engine_notices(&self, _store: &Store) -> Vec<String> {
        Vec::new()
    }

    /// Reads a file of the notebook's folder, or what a URL leads to. The error is a reason in
    /// words.
    fn read_file(&self, _place: &str) -> impl Future<Output = Result<Bytes, String>> {
        std::future::ready(Err(NO_FILES.to_string()))
    }

    /// Opens a file of the notebook's folder, or what a URL leads to, to read it in pieces; a
    /// gzipped one is unpacked. The error is a reason in words.
    fn open_file(
        &self,
        place: &str,
        gzipped: bool,
    ) -> impl Future<Output = Result<Self::Pieces, String>>;

    /// Opens a file of parquet or arrow by the module that reads them: its pieces are the fields of
    /// `milvus-columns-batch`, and then batches. The error is a reason in words.
    fn open_columns(
        &self,
        _place: &str,
        _gzipped: bool,
    ) -> impl Future<Output = Result<Self::Pieces, String>> {
        std::future::ready(Err(NO_FILES.to_string()))
    }

    /// Writes a file of parquet or arrow (`format`) by that module, made of fields and batches.
    fn write_columns(
        &self,
        _path: &str,
        _format: &str,
        _pieces: Vec<Bytes>,
        _gzipped: bool,
    ) -> impl Future<Output = Result<(), String>> {
        std::future::ready(Err(NO_FILES.to_string()))
    }

    /// Writes a file of the notebook's folder, gzipped if that is asked for.
    fn write_file(
        &self,
        _path: &str,
        _bytes: Bytes,
        _gzipped: bool,
    ) -> impl Future<Output = Result<(), String>> {
        std::future::ready(Err(NO_FILES.to_string()))
    }

    /// The names in a folder, by its path from the notebook's; a folder's ends with a slash.
    fn list_files(&self, _folder: &str) -> impl Future<Output = Result<Vec<String>, String>> {
        std::future::ready(Err(NO_FILES.to_string()))
    }

    /// What room there is for what is kept here, where that is known.
    fn quota(&self) -> impl Future<Output = Option<Quota>> {
        std::future::ready(None)
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()>;

    /// Milliseconds since any fixed time.
    fn now(&self) -> f64;

    /// Milliseconds since 1970.
    fn unix_ms(&self) -> f64;

    fn random(&self) -> u32;

    /// Looks whether anything answers at an address that could not be reached.
    fn probe(&self, address: &Address) -> impl Future<Output = Probe>;

    /// Asks whoever runs the cell for a secret, which is not shown while it is typed. None where
    /// nobody can be asked.
    fn prompt(&self, text: &str) -> impl Future<Output = Option<String>>;

    /// Whether the page came over https, so that the browser keeps plain http from it.
    fn secure_page(&self) -> bool;
}
