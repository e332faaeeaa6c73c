//! One connection to a server. In: a request of `proto`. Out: its reply, or an [`Error`].
//! Adds what every call needs: credentials, database, both deadlines, the status check, and the
//! guarantee timestamps that let a session read its own writes. Under EXPLAIN it writes down what
//! it would send and sends only what plans need.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Code, Request, Status};

use super::Address;
use super::codec::Bytewise;
use super::error::Error;
use super::message::{Fields, Reply, encode};
use super::platform::{Platform, Probe};
use super::requests::{self, Explained, HasStatus};
use super::versions::Version;
use super::wire;
use crate::proto::milvus as pb;
use crate::proto::names::METHODS;
use prost::Message as _;

/// The path of every method but for its name.
const SERVICE: &str = "/milvus.proto.milvus.MilvusService/";

/// What a method does on the server, which decides what EXPLAIN does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// reads what statements are planned with; sent even by EXPLAIN
    Plan,
    /// reads data or state
    Read,
    /// changes something
    Write,
}

/// When a write was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// the guarantee timestamp of a read that sees it
    At(u64),
    /// the server did not say, as Milvus 2.3 does not of a Delete: only a strong read is sure to
    /// see it
    Sometime,
}

pub struct Client<P: Platform> {
    service: Grpc<P::Transport>,
    platform: P,
    pub address: Address,
    authorization: Option<MetadataValue<Ascii>>,
    state: Rc<State>,
    timeout_ms: u32,
}

/// What the calls of one connection share.
#[derive(Default)]
struct State {
    database: RefCell<String>,
    /// by database and collection: this session's last write
    written: RefCell<HashMap<(String, String), Written>>,
    server_ms: Cell<f64>,
    /// whether something was changed on the server since [`Client::begin`]
    changed: Cell<bool>,
    explained: RefCell<Option<Vec<Explained>>>,
    version: RefCell<Version>,
}

impl<P: Platform> Clone for Client<P> {
    fn clone(&self) -> Self {
        Client {
            service: self.service.clone(),
            platform: self.platform.clone(),
            address: self.address.clone(),
            authorization: self.authorization.clone(),
            state: self.state.clone(),
            timeout_ms: self.timeout_ms,
        }
    }
}

impl<P: Platform> Client<P> {
    pub fn new(platform: P, address: Address, timeout_ms: u32) -> Result<Self, Error> {
        let transport = platform.transport(&address, timeout_ms).map_err(|detail| {
            Error::Unreachable { url: address.url(), detail, probe: Probe::Unknown }
        })?;
        let authorization = match address.credentials() {
            Some(credentials) => {
                Some(MetadataValue::try_from(base64(credentials.as_bytes())).map_err(|_| {
                    Error::Unauthenticated { reason: "the credentials cannot be sent".to_string() }
                })?)
            }
            None => None,
        };
        let state = State {
            database: RefCell::new(address.database.clone().unwrap_or_default()),
            ..State::default()
        };
        Ok(Client {
            // replies may be as large as the server likes; Milvus bounds what it takes itself
            service: Grpc::new(transport)
                .max_decoding_message_size(usize::MAX)
                .max_encoding_message_size(usize::MAX),
            platform,
            address,
            authorization,
            state: Rc::new(state),
            timeout_ms,
        })
    }

    /// The server's version; the newest until [`Client::learn_version`] has asked.
    pub fn version(&self) -> Version {
        self.state.version.borrow().clone()
    }

    pub async fn learn_version(&self) -> Result<String, Error> {
        let text = self.ask("GetVersion", Effect::Plan, Vec::new()).await?.text("version");
        *self.state.version.borrow_mut() = Version::parse(&text);
        Ok(text)
    }

    pub fn platform(&self) -> &P {
        &self.platform
    }

    /// The same connection with another deadline.
    pub fn with_timeout(&self, timeout_ms: u32) -> Result<Self, Error> {
        let transport = self.platform.transport(&self.address, timeout_ms).map_err(|detail| {
            Error::Unreachable { url: self.address.url(), detail, probe: Probe::Unknown }
        })?;
        let service = Grpc::new(transport)
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        Ok(Client { service, timeout_ms, ..self.clone() })
    }

    /// The database in use; empty for the server's default one.
    pub fn database(&self) -> String {
        self.state.database.borrow().clone()
    }

    pub fn set_database(&self, database: &str) {
        *self.state.database.borrow_mut() =
            if database == "default" { String::new() } else { database.to_string() };
    }

    /// Begins a statement: from here its time on the server and its changes are counted.
    pub fn begin(&self, explain: bool) {
        self.state.server_ms.set(0.0);
        self.state.changed.set(false);
        *self.state.explained.borrow_mut() = explain.then(Vec::new);
    }

    /// Milliseconds spent waiting for the server since [`Client::begin`].
    pub fn server_ms(&self) -> f64 {
        self.state.server_ms.get()
    }

    pub fn changed(&self) -> bool {
        self.state.changed.get()
    }

    pub fn explaining(&self) -> bool {
        self.state.explained.borrow().is_some()
    }

    /// What EXPLAIN wrote down, in order.
    pub fn take_explained(&self) -> Vec<Explained> {
        self.state.explained.borrow_mut().take().unwrap_or_default()
    }

    /// Notes a write, so that later reads of the collection see it. A timestamp of 0 is none.
    pub fn wrote(&self, collection: &str, timestamp: u64) {
        let written = if timestamp > 0 { Written::At(timestamp) } else { Written::Sometime };
        self.state.written.borrow_mut().insert((self.database(), collection.to_string()), written);
    }

    /// This session's last write to a collection, which a read must wait for.
    pub fn written(&self, collection: &str) -> Option<Written> {
        self.state.written.borrow().get(&(self.database(), collection.to_string())).copied()
    }

    /// Waits between two looks at something that takes time; EXPLAIN does not wait.
    pub async fn pause(&self, ms: u32) {
        if !self.explaining() {
            self.platform.sleep(ms).await;
        }
    }

    /// A call by messages: thin, since there is one of it for every method.
    async fn call<M: prost::Message, R: prost::Message + HasStatus + Default>(
        &self,
        method: &'static str,
        effect: Effect,
        message: M,
    ) -> Result<R, Error> {
        self.known(method)?;
        if effect != Effect::Plan && self.explaining() {
            self.explain(method, &message.encode_to_vec());
            return Ok(R::default());
        }
        let reply = self.call_bytes(method, effect, message.encode_to_vec().into()).await?;
        let reply = R::decode(reply).map_err(|error| self.unreadable(&error))?;
        match reply.status().and_then(Error::of_status) {
            Some(error) => {
                self.refused(effect);
                Err(error)
            }
            None => Ok(reply),
        }
    }

    /// A call by the names of its fields ([`super::message`]). A database that is not given is the
    /// one in use.
    pub async fn ask(
        &self,
        method: &'static str,
        effect: Effect,
        mut fields: Fields,
    ) -> Result<Reply, Error> {
        let Some((_, request, reply)) = METHODS.iter().find(|(known, ..)| *known == method) else {
            return Err(self.unimplemented(method));
        };
        self.known(method)?;
        for name in ["db_name", "dbName"] {
            if wire::number(request, name).is_some()
                && !fields.iter().any(|(known, _)| *known == name)
            {
                fields.insert(0, (name, self.database().into()));
            }
        }
        let message = encode(request, &fields);
        if effect != Effect::Plan && self.explaining() {
            self.explain(method, &message);
            return Ok(Reply::new(reply, Bytes::new()));
        }
        let bytes = self.call_bytes(method, effect, message.into()).await?;
        let reply = Reply::new(reply, bytes);
        let status = match reply.name() {
            "Status" => reply.bytes().clone(),
            "AlterCollectionSchemaResponse" => reply.message("alter_status").bytes().clone(),
            _ => reply.message("status").bytes().clone(),
        };
        let status = crate::proto::common::Status::decode(status)
            .map_err(|error| self.unreadable(&error))?;
        match Error::of_status(&status) {
            Some(error) => {
                self.refused(effect);
                Err(error)
            }
            None => Ok(reply),
        }
    }

    /// Spares a server the methods that its version does not have.
    fn known(&self, method: &'static str) -> Result<(), Error> {
        if self.state.version.borrow().has(method) {
            Ok(())
        } else {
            Err(self.unimplemented(method))
        }
    }

    fn unimplemented(&self, method: &'static str) -> Error {
        Error::Unimplemented { method, needs: self.state.version.borrow().needs(method) }
    }

    fn explain(&self, method: &'static str, message: &[u8]) {
        if let Some(explained) = self.state.explained.borrow_mut().as_mut() {
            explained.push(requests::explain(method, message));
        }
    }

    fn unreadable(&self, error: &prost::DecodeError) -> Error {
        Error::Unreachable {
            url: self.address.url(),
            detail: format!("the answer cannot be read ({error})"),
            probe: Probe::Unknown,
        }
    }

    /// The server said no, and so did nothing.
    fn refused(&self, effect: Effect) {
        if effect == Effect::Write {
            self.state.changed.set(false);
        }
    }

    /// A call by bytes: credentials, database, both deadlines.
    async fn call_bytes(
        &self,
        method: &'static str,
        effect: Effect,
        message: Bytes,
    ) -> Result<Bytes, Error> {
        let mut request = Request::new(message);
        request.set_timeout(std::time::Duration::from_millis(self.timeout_ms.into()));
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        match MetadataValue::try_from(self.database()) {
            Ok(database) if !database.is_empty() => {
                request.metadata_mut().insert("dbname", database);
            }
            _ => {}
        }
        let path = PathAndQuery::try_from(format!("{SERVICE}{method}"))
            .unwrap_or_else(|_| PathAndQuery::from_static(SERVICE));
        let mut service = self.service.clone();
        let started = self.platform.now();
        let call = async move {
            service.ready().await.map_err(|error| Status::unavailable(error.into().to_string()))?;
            service.unary(request, path, Bytewise).await
        };
        let answer = deadline(call, self.platform.sleep(self.timeout_ms)).await;
        self.state.server_ms.set(self.state.server_ms.get() + self.platform.now() - started);
        if effect == Effect::Write {
            // it may have been carried out even when the answer is lost
            self.state.changed.set(true);
        }
        match answer.unwrap_or_else(|| Err(Status::deadline_exceeded("no answer"))) {
            Ok(reply) => Ok(reply.into_inner()),
            Err(status) => Err(self.transport_error(method, status).await),
        }
    }

    async fn transport_error(&self, method: &'static str, status: Status) -> Error {
        let reason = status.message().to_string();
        match status.code() {
            Code::Unimplemented if self.is_milvus(&reason) => self.unimplemented(method),
            Code::PermissionDenied => Error::Refused { method, reason },
            Code::Unauthenticated => Error::Unauthenticated { reason },
            Code::DeadlineExceeded => {
                Error::TimedOut { method, seconds: f64::from(self.timeout_ms) / 1000.0 }
            }
            Code::ResourceExhausted
            | Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::NotFound
            | Code::AlreadyExists
            | Code::OutOfRange => Error::Server { code: 0, reason },
            code => {
                let detail = if reason.is_empty() { format!("{code:?}") } else { reason };
                Error::Unreachable {
                    url: self.address.url(),
                    probe: self.platform.probe(&self.address).await,
                    detail,
                }
            }
        }
    }

    /// Whether an UNIMPLEMENTED is a Milvus server's, and not a proxy's 404 or a stranger's.
    fn is_milvus(&self, reason: &str) -> bool {
        !reason.contains("404") && !reason.starts_with("<")
    }
}

/// Runs a call until it ends or the time is up; dropping the call aborts its fetch.
pub async fn deadline<T>(
    call: impl Future<Output = T>,
    time: impl Future<Output = ()>,
) -> Option<T> {
    let mut call = std::pin::pin!(call);
    let mut time = std::pin::pin!(time);
    std::future::poll_fn(|context| {
        if let std::task::Poll::Ready(answer) = call.as_mut().poll(context) {
            return std::task::Poll::Ready(Some(answer));
        }
        time.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Base64 of RFC 4648 with padding, as pymilvus encodes credentials.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// One async function a method whose messages are structs.
macro_rules! methods {
    ($($function:ident: $method:ident, $effect:ident, $request:ident -> $reply:ident;)*) => {
        impl<P: Platform> Client<P> {
            $(pub async fn $function(&self, message: pb::$request) -> Result<pb::$reply, Error> {
                self.call(stringify!($method), Effect::$effect, message).await
            })*
        }
    };
}

methods! {
    describe_collection: DescribeCollection, Plan, DescribeCollectionRequest -> DescribeCollectionResponse;
    describe_index: DescribeIndex, Plan, DescribeIndexRequest -> DescribeIndexResponse;
    insert: Insert, Write, InsertRequest -> MutationResult;
    upsert: Upsert, Write, UpsertRequest -> MutationResult;
    delete: Delete, Write, DeleteRequest -> MutationResult;
    query: Query, Read, QueryRequest -> QueryResults;
    search: Search, Read, SearchRequest -> SearchResults;
    hybrid_search: HybridSearch, Read, HybridSearchRequest -> SearchResults;
}
