//! What a statement is run with: the connection, the settings, and a place for notices.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::catalog::collection::Collection;
use crate::execute::errors;
use crate::execute::memory::Memory;
use crate::execute::names;
use crate::execute::state::{Begun, Connection, Settings, State};
use crate::execute::words::words;
use crate::language::ast::{Name, Statement};
use crate::milvus::client::Written;
use crate::milvus::{Client, Error, Feature, Platform, Polled};
use crate::outcome::{Progress, Unit};
use milvus_proto::common::ConsistencyLevel;
use milvus_proto::{Method, Reply, Request};

/// Rows that are fetched along with those shown.
const AHEAD: u64 = 1_000;

/// Rows, and bytes of them, that are fetched where a LIMIT asks for so many.
const MAX_ROWS: u64 = 100_000;
const MAX_BYTES: u64 = 32 << 20;

pub(crate) struct Context<'a, P: Platform> {
    pub(crate) client: &'a Client<P>,
    pub(crate) connection: &'a Connection<P>,
    pub(crate) settings: Settings,
    /// of the whole statement
    pub(crate) span: Span,
    pub(crate) state: &'a State<P>,
    statement: &'a Statement,
    notices: RefCell<Vec<String>>,
    used_memory: Cell<bool>,
    so_far: &'a RefCell<Vec<String>>,
    progress: &'a RefCell<Option<Begun>>,
}

/// What an error of a request is about.
enum Place<'a> {
    Span(Span),
    Collection(&'a Name),
}

impl<'a, P: Platform> Context<'a, P> {
    pub(crate) fn new(
        connection: &'a Connection<P>,
        state: &'a State<P>,
        statement: &'a Statement,
    ) -> Self {
        Context {
            client: &connection.client,
            connection,
            settings: state.settings.borrow().clone(),
            span: statement.span,
            state,
            statement,
            notices: RefCell::new(Vec::new()),
            used_memory: Cell::new(false),
            so_far: &state.so_far,
            progress: &state.progress,
        }
    }

    /// The same for a statement whose rows are all taken, and not those alone that are shown.
    pub(crate) fn of_all_rows(&self) -> Self {
        Context {
            settings: Settings { table_schema: true, ..self.settings.clone() },
            notices: RefCell::default(),
            used_memory: Cell::default(),
            ..*self
        }
    }

    /// The same on another connection, or in another database.
    pub(crate) fn on<'b>(&'b self, connection: &'b Connection<P>) -> Context<'b, P> {
        Context {
            client: &connection.client,
            connection,
            settings: self.settings.clone(),
            span: self.span,
            state: self.state,
            statement: self.statement,
            progress: self.progress,
            notices: RefCell::default(),
            used_memory: Cell::default(),
            so_far: self.so_far,
        }
    }

    /// Says how far a long statement is, in case it is interrupted.
    pub(crate) fn is_so_far(&self, lines: Vec<String>) {
        self.so_far.replace(lines);
    }

    /// Says that so many rows are done, of so many where that is known.
    pub(crate) fn has_done(&self, doing: impl Into<String>, count: u64, total: Option<u64>) {
        self.is_at(doing.into(), count, total, Unit::Rows, false);
    }

    /// Says that so many rows are done, and what part of all that is, where that is known.
    pub(crate) fn has_done_part(&self, doing: impl Into<String>, count: u64, share: Option<f64>) {
        self.is_at(doing.into(), count, None, Unit::Rows, false);
        if let Some(begun) = self.progress.borrow_mut().as_mut() {
            begun.progress.share = share;
        }
    }

    /// Says how much of a hundred is done.
    pub(crate) fn has_done_percent(&self, doing: impl Into<String>, percent: u64) {
        self.is_at(doing.into(), percent, Some(100), Unit::Percent, false);
    }

    /// Says what is done for a while, of which nobody knows how far it is.
    pub(crate) fn is_doing(&self, doing: impl Into<String>) {
        self.is_at(doing.into(), 0, None, Unit::Nothing, false);
    }

    /// Says that so many rows are read. What they are read for counts more, if it has said so.
    pub(crate) fn has_read(&self, table: &Name, count: u64, limit: u64) {
        let is_part = self.progress.borrow().as_ref().is_some_and(|begun| !begun.is_reading);
        if !is_part {
            let total = Some(limit).filter(|limit| *limit != u64::MAX);
            self.is_at(format!("reading {table}"), count, total, Unit::Rows, true);
        }
    }

    fn is_at(&self, doing: String, count: u64, total: Option<u64>, unit: Unit, is_reading: bool) {
        if self.client.explaining() {
            return;
        }
        let mut progress = self.progress.borrow_mut();
        let same = progress.as_ref().filter(|begun| begun.progress.doing == doing);
        let at = same.map_or_else(|| self.client.platform().now(), |begun| begun.at);
        let share = total.map(|total| count as f64 / total.max(1) as f64);
        let is = Progress { doing, count, total, unit, share, ms: 0.0, is_running: true };
        *progress = Some(Begun { at, is_reading, progress: is });
    }

    /// Takes over what the same statement has said elsewhere.
    pub(crate) fn take_over(&self, other: &Self) {
        self.notices.borrow_mut().extend(other.take_notices());
        self.used_memory.set(self.used_memory.get() || other.used_memory());
    }

    /// Says what the kernel makes of a statement, before it sends anything.
    pub(crate) fn notice(&self, text: impl Into<String>) {
        self.notices.borrow_mut().push(text.into());
    }

    /// Says what the kernel did unasked. Under EXPLAIN nothing was done.
    pub(crate) fn did(&self, text: impl Into<String>) {
        if !self.client.explaining() {
            self.notice(text);
        }
    }

    pub(crate) fn take_notices(&self) -> Vec<String> {
        self.notices.take()
    }

    pub(crate) fn used_memory(&self) -> bool {
        self.used_memory.get()
    }

    /// The collection of this name, remembered or asked for.
    pub(crate) async fn collection(&self, table: &Name) -> Result<Rc<Collection>> {
        if let Some(known) = self.connection.catalog.get(&self.client.database(), &table.value) {
            self.used_memory.set(true);
            return Ok(known);
        }
        self.fresh_collection(table).await
    }

    /// The collection as the server has it now.
    pub(crate) async fn fresh_collection(&self, table: &Name) -> Result<Rc<Collection>> {
        match Collection::fetch(self.client, &table.value).await {
            Ok(collection) => {
                Ok(self.connection.catalog.put(&self.client.database(), &table.value, collection))
            }
            Err(error) => Err(self.diagnose_of(error, table).await),
        }
    }

    /// The names of the collections in the database in use, sorted.
    pub(crate) async fn collection_names(&self, span: Span) -> Result<Vec<String>> {
        self.connection.collection_names().await.map_err(|error| self.diagnose(error, span))
    }

    /// Sends nothing that this server is too old for.
    pub(crate) fn needs(&self, feature: Feature, span: Span) -> Result<()> {
        let version = self.client.version();
        if version.has(feature) {
            return Ok(());
        }
        let error = Diagnostic::new(Code::NotSupported, version.needs(feature)).at(span);
        Err(errors::elsewhere(error, &version))
    }

    /// Sends a request, with its error marked at `span`.
    pub(crate) fn send<R: Request>(
        &self,
        request: R,
        span: Span,
    ) -> impl Future<Output = Result<R::Reply>> + use<'_, 'a, P, R> {
        let message = self.client.encoded(request);
        async move {
            let mut reply = R::Reply::default();
            self.exchange(R::METHOD, message, &mut reply, Place::Span(span)).await?;
            Ok(reply)
        }
    }

    /// The same for a request about a collection: an unknown one is suggested.
    pub(crate) fn send_of<'b, R: Request>(
        &'b self,
        request: R,
        table: &'b Name,
    ) -> impl Future<Output = Result<R::Reply>> + use<'a, 'b, P, R> {
        let message = self.client.encoded(request);
        async move {
            let mut reply = R::Reply::default();
            self.exchange(R::METHOD, message, &mut reply, Place::Collection(table)).await?;
            Ok(reply)
        }
    }

    /// One copy for all requests.
    async fn exchange(
        &self,
        method: &'static Method,
        message: Bytes,
        reply: &mut dyn Reply,
        place: Place<'_>,
    ) -> Result<()> {
        let Err(error) = self.client.exchange(method, message, reply).await else { return Ok(()) };
        Err(match place {
            Place::Span(span) => self.diagnose(error, span),
            Place::Collection(table) => Box::pin(self.diagnose_of(error, table)).await,
        })
    }

    /// Waits until a reply is `done`, as long as a statement may take; the server then goes on by
    /// itself, and the notice of the `unfinished` says so. None when the time was up.
    pub(crate) async fn wait<R: Request>(
        &self,
        request: R,
        span: Span,
        done: impl FnMut(&R::Reply) -> bool,
        unfinished: impl FnOnce(&R::Reply) -> String,
    ) -> Result<Option<R::Reply>> {
        let limit_ms = self.settings.timeout * 1000.0;
        let progress = self.client.poll(request, limit_ms, done).await;
        // what comes behind it is what is done now
        self.progress.take();
        match progress.map_err(|error| self.diagnose(error, span))? {
            Polled::Done(reply) => Ok(Some(reply)),
            Polled::Unfinished(reply) => {
                self.notice(unfinished(&reply));
                Ok(None)
            }
        }
    }

    /// An error of this statement, marked at `span`.
    pub(crate) fn diagnose(&self, error: Error, span: Span) -> Diagnostic {
        errors::diagnose(error, &words(&self.statement.kind), span)
    }

    /// An error of this statement about a collection: an unknown one is suggested.
    pub(crate) async fn diagnose_of(&self, error: Error, table: &Name) -> Diagnostic {
        if !error.is_not_found() {
            return self.diagnose(error, table.span);
        }
        self.forget(table);
        let names = self.connection.collection_names().await.unwrap_or_default();
        let mut diagnostic = names::COLLECTION.unknown(table).label("no such collection");
        if names.is_empty() {
            diagnostic =
                diagnostic.help("there are no collections here yet: `CREATE TABLE` makes one");
        }
        diagnostic.suggest(&table.value, names.iter().map(String::as_str), "there are")
    }

    /// How many rows of a result are fetched: a few more than are shown, so that a common LIMIT
    /// needs no COUNT of its own; all of them for programs.
    pub(crate) fn kept(&self) -> u64 {
        if self.settings.table_schema {
            u64::MAX
        } else {
            AHEAD.max(self.settings.display_limit as u64)
        }
    }

    /// The same of rows of about so many bytes, where a LIMIT says that they are wanted: as many as
    /// a page goes through.
    pub(crate) fn kept_of_limit(&self, row_bytes: usize) -> u64 {
        self.kept().max(MAX_ROWS.min(MAX_BYTES / row_bytes.max(1) as u64))
    }

    /// What is kept of the rows of a table.
    pub(crate) fn memory(&self, table: &Name) -> Memory {
        Memory::new(self.settings.memory_limit, table.span)
    }

    /// Forgets a collection that a statement changes.
    pub(crate) fn forget(&self, table: &Name) {
        self.connection.catalog.forget(&self.client.database(), &table.value);
    }

    /// Forgets every collection: an alias may have meant any of them.
    pub(crate) fn forget_all(&self) {
        self.connection.catalog.forget_all();
    }

    /// The guarantee timestamp and consistency level of a read, and whether the collection's own
    /// level holds.
    pub(crate) fn consistency(
        &self,
        collection: &Collection,
        asked: Option<ConsistencyLevel>,
    ) -> Consistency {
        let written = self.client.written(&collection.identity());
        let given = |level, timestamp| Consistency { level, timestamp, default: false };
        match asked.or(self.settings.consistency) {
            Some(ConsistencyLevel::Session) => match written {
                Some(Written::At(timestamp)) => given(ConsistencyLevel::Session, timestamp),
                Some(Written::Sometime) => given(ConsistencyLevel::Strong, 0),
                None => given(ConsistencyLevel::Session, 1),
            },
            Some(ConsistencyLevel::Bounded) => given(ConsistencyLevel::Bounded, 2),
            Some(ConsistencyLevel::Strong) => given(ConsistencyLevel::Strong, 0),
            Some(level) => given(level, 1),
            None => match written {
                Some(Written::At(timestamp)) => given(ConsistencyLevel::Session, timestamp),
                Some(Written::Sometime) => given(ConsistencyLevel::Strong, 0),
                None => {
                    Consistency { level: ConsistencyLevel::Bounded, timestamp: 0, default: true }
                }
            },
        }
    }
}

/// How fresh a read must be, in the terms of the request (Milvus docs: consistency levels).
#[derive(Clone, Copy)]
pub(crate) struct Consistency {
    pub(crate) level: ConsistencyLevel,
    pub(crate) timestamp: u64,
    pub(crate) default: bool,
}

impl Consistency {
    /// The same for an iterator, whose timestamp Milvus takes from 2.4 on for the moment of which
    /// it is to show the rows: 1, as for Eventually, shows none.
    pub(crate) fn untimed(self) -> Consistency {
        let level = match self.level {
            ConsistencyLevel::Session => ConsistencyLevel::Strong,
            level => level,
        };
        Consistency { level, timestamp: 0, ..self }
    }
}
