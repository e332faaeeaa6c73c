//! One connection to a server. In: a request of `milvus_proto`. Out: its reply, or an [`Error`].
//! Adds what every call needs: the database in use, the deadline, the status check, and the
//! guarantee timestamps that let a session read its own writes.
//!
//! All requests go through [`Client::exchange`], by bytes, and EXPLAIN is decided there: it writes
//! down what it would send and sends only what statements are planned with. What waits for an
//! answer, polls a state or asks the user is here as well, so that it returns at once under
//! EXPLAIN.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;
use milvus_proto::common::Status;
use milvus_proto::milvus::{ConnectRequest, GetVersionRequest};
use milvus_proto::{Effect, Method, Reply, Request};
use tonic::Code;

use super::address::Target;
use super::error::Error;
use super::explain::{self, Explained};
use super::failure;
use super::features::Version;
use super::platform::{Platform, Probe};
use super::steps::{Step, Steps};
use super::transport::Transport;

/// When a write was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// the guarantee timestamp of a read that sees it
    At(u64),
    /// the server did not say, as Milvus 2.3 does not of a Delete: only a strong read is sure to
    /// see it
    Sometime,
}

/// The first pause between two looks of a poll, in milliseconds; each is twice as long as the last,
/// up to the longest.
const FIRST_PAUSE_MS: u32 = 20;
const LAST_PAUSE_MS: u32 = 500;

/// The first pause after a server has said that it takes no more for now, in milliseconds; each is
/// twice as long as the last, up to the longest.
const FIRST_RATE_PAUSE_MS: u32 = 250;
const LAST_RATE_PAUSE_MS: u32 = 4_000;

/// How a poll ended: with the reply that was waited for, or with the last one when the time was up.
#[derive(Clone, Debug, PartialEq)]
pub enum Polled<R> {
    Done(R),
    Unfinished(R),
}

/// A connection; its clones share what they know.
pub struct Client<P: Platform> {
    platform: P,
    pub target: Target,
    transport: Transport<P>,
    state: Rc<State>,
    timeout_ms: u32,
    /// another than the one in use, for one statement
    database: Option<String>,
}

/// What the calls of one connection share.
#[derive(Default)]
struct State {
    database: RefCell<String>,
    /// by database and collection: this session's last write
    written: RefCell<HashMap<(String, String), Written>>,
    waited_ms: Cell<f64>,
    /// whether a write was acknowledged since [`Client::begin`]
    changed: Cell<bool>,
    /// whether this session may have written what it does not remember
    forgotten: Cell<bool>,
    /// a write since then whose answer was lost
    lost: Cell<Option<&'static Method>>,
    /// how often a request was sent again since then, because the server limits its rate
    slowed: Cell<u32>,
    explained: RefCell<Option<Vec<Explained>>>,
    steps: Steps,
    version: RefCell<Version>,
}

impl<P: Platform> Clone for Client<P> {
    fn clone(&self) -> Self {
        Client {
            platform: self.platform.clone(),
            target: self.target.clone(),
            transport: self.transport.clone(),
            state: self.state.clone(),
            timeout_ms: self.timeout_ms,
            database: self.database.clone(),
        }
    }
}

/// Whether a request was sent, and not only written down.
type Exchange<'a> = Pin<Box<dyn Future<Output = Result<bool, Error>> + 'a>>;

impl<P: Platform> Client<P> {
    pub fn new(platform: P, target: Target, timeout_ms: u32) -> Result<Self, Error> {
        let transport = Transport::open(&platform, &target, timeout_ms)?;
        let database = RefCell::new(target.database().to_string());
        let state = Rc::new(State { database, ..State::default() });
        Ok(Client { platform, target, transport, state, timeout_ms, database: None })
    }

    /// The same connection with another deadline.
    pub fn with_timeout(&self, timeout_ms: u32) -> Result<Self, Error> {
        let transport = Transport::open(&self.platform, &self.target, timeout_ms)?;
        Ok(Client { transport, timeout_ms, ..self.clone() })
    }

    /// The same connection in another database.
    pub fn in_database(&self, database: &str) -> Self {
        let database = if database == "default" { "" } else { database };
        Client { database: Some(database.to_string()), ..self.clone() }
    }

    /// The same connection for what no statement asks: it counts to none, EXPLAIN does not see it,
    /// and it stays in the database that is in use now.
    pub fn apart(&self) -> Self {
        let state = State {
            database: RefCell::new(self.database()),
            version: RefCell::new(self.version()),
            ..State::default()
        };
        Client { state: Rc::new(state), ..self.clone() }
    }

    /// Whether both are of one connection.
    pub fn is_of(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }

    pub fn platform(&self) -> &P {
        &self.platform
    }

    /// The server's version; the newest until [`Client::learn_version`] has asked.
    pub fn version(&self) -> Version {
        self.state.version.borrow().clone()
    }

    pub async fn learn_version(&self) -> Result<String, Error> {
        let text = match self.send(GetVersionRequest {}).await {
            Ok(reply) => reply.version,
            Err(error) if error.is_unimplemented() => self.lite_version().await.ok_or(error)?,
            Err(error) => return Err(error),
        };
        *self.state.version.borrow_mut() = Version::parse(&text);
        Ok(text)
    }

    /// Milvus Lite before 3 tells nobody its version, and is the one server that answers Connect
    /// all the same: 2.4 with a colon for a status that says nothing, 2.5 without.
    async fn lite_version(&self) -> Option<String> {
        let status = self.send(ConnectRequest {}).await.ok()?.status.unwrap_or_default();
        let minor = if status.reason.is_empty() { 5 } else { 4 };
        Some(format!("milvus_lite-2.{minor}"))
    }

    /// The database in use; empty for the server's default one.
    pub fn database(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.state.database.borrow().clone())
    }

    /// Uses another database from here on; EXPLAIN changes nothing.
    pub fn set_database(&self, database: &str) {
        if !self.explaining() {
            let database = if database == "default" { "" } else { database };
            *self.state.database.borrow_mut() = database.to_string();
        }
    }

    /// Begins a statement: from here its time and its changes are counted.
    pub fn begin(&self, explain: bool) {
        self.state.waited_ms.set(0.0);
        self.state.changed.set(false);
        self.state.lost.set(None);
        self.state.slowed.set(0);
        *self.state.explained.borrow_mut() = explain.then(Vec::new);
    }

    /// Milliseconds spent waiting for the server or the engine since [`Client::begin`].
    pub fn waited_ms(&self) -> f64 {
        self.state.waited_ms.get()
    }

    /// Whether a write was acknowledged since [`Client::begin`]: what has begun to write is not
    /// started over.
    pub fn changed(&self) -> bool {
        self.state.changed.get()
    }

    /// A write since [`Client::begin`] whose answer was lost: it may have been carried out.
    pub fn lost(&self) -> Option<&'static Method> {
        self.state.lost.get()
    }

    /// How often a request was sent again since [`Client::begin`] because the server limits its
    /// rate.
    pub fn slowed(&self) -> u32 {
        self.state.slowed.get()
    }

    pub fn explaining(&self) -> bool {
        self.state.explained.borrow().is_some()
    }

    /// What EXPLAIN wrote down, in order.
    pub fn take_explained(&self) -> Vec<Explained> {
        self.state.explained.borrow_mut().take().unwrap_or_default()
    }

    /// Adds what another connection would be sent before.
    pub fn explain_before(&self, mut requests: Vec<Explained>) {
        if let Some(explained) = self.state.explained.borrow_mut().as_mut() {
            requests.append(explained);
            *explained = requests;
        }
    }

    /// From here the steps of what is done are written down, until they are taken.
    pub(crate) fn begin_steps(&self) {
        self.state.steps.begin();
    }

    pub(crate) fn take_steps(&self) -> Vec<Step> {
        self.state.steps.take()
    }

    /// So many rows came with a request of this method.
    pub(crate) fn rows_came(&self, method: &'static Method, rows: u64) {
        self.state.steps.rows(method.name, rows);
    }

    /// The kernel does something with rows, which began at a time of the platform's.
    pub(crate) fn step(&self, name: &'static str, rows: u64, began: f64) {
        self.state.steps.add(name, Some(rows), self.platform.now() - began);
    }

    /// Notes a write, so that later reads of the collection see it. A timestamp of 0 is none;
    /// EXPLAIN writes nothing.
    pub fn wrote(&self, collection: &str, timestamp: u64) {
        if self.explaining() {
            return;
        }
        let written = if timestamp > 0 { Written::At(timestamp) } else { Written::Sometime };
        self.state.written.borrow_mut().insert((self.database(), collection.to_string()), written);
    }

    /// This session's last write to a collection, which a read must wait for.
    pub fn written(&self, collection: &str) -> Option<Written> {
        let known =
            self.state.written.borrow().get(&(self.database(), collection.to_string())).copied();
        known.or(self.state.forgotten.get().then_some(Written::Sometime))
    }

    /// From here every collection may have been written by this session.
    pub fn forget_writes(&self) {
        self.state.forgotten.set(true);
    }

    /// Sends a request. What EXPLAIN only writes down is answered by an empty reply: where the next
    /// step depends on the answer, [`Client::exchange`] says whether there was one.
    pub fn send<R: Request>(
        &self,
        request: R,
    ) -> impl Future<Output = Result<R::Reply, Error>> + use<'_, P, R> {
        let message = self.encoded(request);
        async move {
            let mut reply = R::Reply::default();
            self.exchange(R::METHOD, message, &mut reply).await?;
            Ok(reply)
        }
    }

    /// The bytes of a request, which names the database in use where it names none.
    pub fn encoded<R: Request>(&self, mut request: R) -> Bytes {
        request.default_database(&self.database());
        request.encoded().into()
    }

    /// Sends a request again and again until its reply is `done`, for `limit_ms` at the most.
    /// EXPLAIN writes it down once, or not at all where it looks at what statements are planned
    /// with, and waits for nothing.
    pub async fn poll<R: Request>(
        &self,
        request: R,
        limit_ms: f64,
        mut done: impl FnMut(&R::Reply) -> bool,
    ) -> Result<Polled<R::Reply>, Error> {
        if self.explaining() && R::METHOD.effect == Effect::Plan {
            return Ok(Polled::Done(R::Reply::default()));
        }
        let message = self.encoded(request);
        let started = self.platform.now();
        let mut pause = FIRST_PAUSE_MS;
        loop {
            let mut reply = R::Reply::default();
            let sent = self.exchange(R::METHOD, message.clone(), &mut reply).await?;
            if !sent || done(&reply) {
                return Ok(Polled::Done(reply));
            }
            if self.platform.now() - started > limit_ms {
                return Ok(Polled::Unfinished(reply));
            }
            self.platform.sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE_MS);
        }
    }

    /// Asks whoever runs the cell for a secret. EXPLAIN asks nobody: it shows none.
    pub async fn prompt(&self, text: &str) -> Option<String> {
        if self.explaining() {
            return Some("PROMPT".to_string());
        }
        self.platform.prompt(text).await
    }

    /// The one way to the server, for every method: bytes out, and bytes in that fill the reply.
    /// False where EXPLAIN wrote the request down instead.
    ///
    /// Boxed and without a type of its own for any request, so that there is one state machine of
    /// it and not one a method.
    pub fn exchange<'a>(
        &'a self,
        method: &'static Method,
        message: Bytes,
        reply: &'a mut dyn Reply,
    ) -> Exchange<'a> {
        Box::pin(async move {
            if !self.state.version.borrow().has_method(method) {
                return Err(self.unimplemented(method));
            }
            if method.effect != Effect::Plan
                && let Some(explained) = self.state.explained.borrow_mut().as_mut()
            {
                explained.push(explain::explain(method.name, &message));
                return Ok(false);
            }
            let (mut pause, mut waited) = (FIRST_RATE_PAUSE_MS, 0);
            loop {
                match self.once(method, message.clone(), reply).await {
                    Err(Error::RateLimited { .. }) if waited < self.timeout_ms => {
                        self.platform.sleep(pause).await;
                        self.state.slowed.set(self.slowed() + 1);
                        waited += pause;
                        pause = (pause * 2).min(LAST_RATE_PAUSE_MS);
                    }
                    Err(error) => return Err(error.without(&self.target.secrets())),
                    Ok(()) => return Ok(true),
                }
            }
        })
    }

    /// Sends a request and reads its reply. A server that says no did nothing; one whose answer is
    /// lost may have done it.
    async fn once(
        &self,
        method: &'static Method,
        message: Bytes,
        reply: &mut dyn Reply,
    ) -> Result<(), Error> {
        let writes = method.effect == Effect::Write;
        let answer = self
            .call(method, message)
            .await
            .and_then(|bytes| reply.fill(&bytes).map_err(|error| Self::unreadable(method, &error)));
        if let Err(error) = answer {
            if writes && error.is_lost() {
                self.state.lost.set(Some(method));
            }
            return Err(error);
        }
        if let Some(status) = reply.status()
            && let Some(error) = Error::of_status(status)
        {
            // the reply is filled again when the request is sent again
            *status = Status::default();
            return Err(error);
        }
        self.state.changed.set(self.changed() || writes);
        Ok(())
    }

    /// Sends bytes through the transport, for as long as the deadline lets it.
    async fn call(&self, method: &'static Method, message: Bytes) -> Result<Bytes, Error> {
        let database = self.database();
        let started = self.platform.now();
        let answer = deadline(
            self.transport.call(method, &database, message),
            self.platform.sleep(self.timeout_ms),
        )
        .await;
        let ms = self.platform.now() - started;
        self.state.waited_ms.set(self.waited_ms() + ms);
        self.state.steps.add(method.name, None, ms);
        match answer.unwrap_or_else(|| Err(tonic::Status::deadline_exceeded("no answer"))) {
            Ok(reply) => Ok(reply),
            Err(status) => Err(self.transport_error(method, status).await),
        }
    }

    fn unimplemented(&self, method: &'static Method) -> Error {
        Error::Unimplemented { method, version: self.version() }
    }

    fn unreadable(method: &'static Method, error: &prost::DecodeError) -> Error {
        Error::Broken { method, detail: format!("it cannot be read ({error})") }
    }

    async fn transport_error(&self, method: &'static Method, status: tonic::Status) -> Error {
        let failure = std::error::Error::source(&status).map(P::failure);
        match failure::of_status(method, &self.target.url(), &status, failure) {
            Ok(Error::Status { code: Code::Unimplemented, .. }) => self.unimplemented(method),
            Ok(Error::Status { code: Code::DeadlineExceeded, reason, .. })
                if !failure::is_envoys(&reason) =>
            {
                let seconds = f64::from(self.timeout_ms) / 1000.0;
                Error::TimedOut { method: method.name, seconds }
            }
            Ok(error) => error,
            Err(detail) => {
                let probe = match &self.target {
                    Target::Remote(address) => self.platform.probe(address).await,
                    Target::Engine(_) => Probe::Unknown,
                };
                Error::Unreachable { url: self.target.url(), probe, detail }
            }
        }
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
