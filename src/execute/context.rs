//! What a statement is run with: the connection, the settings, and a place for notices.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::execute::Result;
use crate::execute::catalog::collection::Collection;
use crate::execute::errors;
use crate::execute::state::{Connection, Settings, State};
use crate::language::ast::Name;
use crate::milvus::client::Written;
use crate::milvus::{Client, Effect, Fields, Platform, Reply};
use crate::proto::common::ConsistencyLevel;

/// Rows that are fetched along with those shown.
const AHEAD: u64 = 1_000;

pub struct Context<'a, P: Platform> {
    pub client: &'a Client<P>,
    pub connection: &'a Connection<P>,
    pub settings: Settings,
    pub span: Span,
    notices: RefCell<Vec<String>>,
    used_memory: Cell<bool>,
}

impl<'a, P: Platform> Context<'a, P> {
    pub fn new(connection: &'a Connection<P>, state: &State<P>, span: Span) -> Self {
        Context {
            client: &connection.client,
            connection,
            settings: state.settings.borrow().clone(),
            span,
            notices: RefCell::new(Vec::new()),
            used_memory: Cell::new(false),
        }
    }

    /// Says what the kernel did unasked.
    pub fn notice(&self, text: impl Into<String>) {
        self.notices.borrow_mut().push(text.into());
    }

    pub fn take_notices(&self) -> Vec<String> {
        self.notices.take()
    }

    pub fn used_memory(&self) -> bool {
        self.used_memory.get()
    }

    /// The collection of this name, remembered or asked for.
    pub async fn collection(&self, table: &Name) -> Result<Rc<Collection>> {
        if let Some(known) = self.connection.catalog.get(&self.client.database(), &table.value) {
            self.used_memory.set(true);
            return Ok(known);
        }
        self.fresh_collection(table).await
    }

    /// The collection as the server has it now.
    pub async fn fresh_collection(&self, table: &Name) -> Result<Rc<Collection>> {
        match Collection::fetch(self.client, &table.value).await {
            Ok(collection) => {
                Ok(self.connection.catalog.put(&self.client.database(), &table.value, collection))
            }
            Err(error) => Err(errors::of_table(error, table, self).await),
        }
    }

    /// Sends nothing that this server is too old for.
    pub fn needs(&self, what: &str, span: Span) -> Result<()> {
        let version = self.client.version();
        if version.has(what) {
            Ok(())
        } else {
            Err(Diagnostic::new(Code::NotSupported, format!("{what} {}", version.needs(what)))
                .at(span))
        }
    }

    /// A request by names, with its error marked at `span`.
    pub async fn ask(
        &self,
        method: &'static str,
        effect: Effect,
        fields: Fields,
        span: Span,
    ) -> Result<Reply> {
        self.client.ask(method, effect, fields).await.map_err(|error| errors::diagnose(error, span))
    }

    /// The same for a request about a collection: an unknown one is suggested.
    pub async fn ask_of(
        &self,
        method: &'static str,
        effect: Effect,
        fields: Fields,
        table: &Name,
    ) -> Result<Reply> {
        match self.client.ask(method, effect, fields).await {
            Ok(reply) => Ok(reply),
            Err(error) => Err(errors::of_table(error, table, self).await),
        }
    }

    /// Whether a wait that began at `started` has taken as long as a statement may.
    pub fn waited(&self, started: f64) -> bool {
        self.client.platform().now() - started > self.settings.timeout * 1000.0
    }

    /// How many rows of a result are fetched: a few more than are shown, so that a common LIMIT
    /// needs no COUNT of its own; all of them for programs.
    pub fn kept(&self) -> u64 {
        if self.settings.table_schema {
            u64::MAX
        } else {
            AHEAD.max(self.settings.display_limit as u64)
        }
    }

    /// Forgets a collection that a statement changes.
    pub fn forget(&self, table: &Name) {
        self.connection.catalog.forget(&self.client.database(), &table.value);
    }

    /// Forgets every collection: an alias may have meant any of them.
    pub fn forget_all(&self) {
        self.connection.catalog.forget_all();
    }

    /// The guarantee timestamp and consistency level of a read, and whether the collection's own
    /// level holds.
    pub fn consistency(
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
pub struct Consistency {
    pub level: ConsistencyLevel,
    pub timestamp: u64,
    pub default: bool,
}
