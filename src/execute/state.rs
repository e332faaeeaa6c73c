//! What a session remembers between statements: the connections, what it knows of the collections
//! there, settings and variables.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::execute::catalog::collection::Catalog;
use crate::execute::last::Last;
use crate::execute::memory::{KB, MB};
use crate::execute::words::words;
use crate::language::ast::Statement;
use crate::language::variables::Variables;
use crate::milvus::{Client, Error, Platform};
use crate::outcome::Progress;
use crate::render::options::ImageField;
use crate::typing::learnt::Learnt;
use milvus_proto::Method;
use milvus_proto::common::ConsistencyLevel;
use milvus_proto::milvus as pb;

/// Statements that were carried out and are named in an error.
const NAMED: usize = 5;

pub(crate) struct State<P: Platform> {
    pub(crate) platform: P,
    pub(crate) connections: RefCell<Connections<P>>,
    pub(crate) settings: RefCell<Settings>,
    pub(crate) variables: RefCell<Variables>,
    pub(crate) last_result: RefCell<Last>,
    /// whether a statement has changed what a snapshot holds
    pub(crate) is_changed: Cell<bool>,
    /// the number of the running statement in its cell, from 1, and of the last one
    statement: Cell<usize>,
    last: Cell<usize>,
    /// the statements of the running cell that have changed something, in words
    acknowledged: RefCell<Vec<String>>,
    /// how far the running statement is, for one that is interrupted
    pub(crate) so_far: RefCell<Vec<String>>,
    /// the same for one that goes on, with when it began
    pub(crate) progress: RefCell<Option<Begun>>,
    /// when the running statement began
    began: Cell<f64>,
}

/// How far something is that began then.
pub(crate) struct Begun {
    pub(crate) at: f64,
    /// whether it is the reading of rows, which is a part of much else
    pub(crate) is_reading: bool,
    pub(crate) progress: Progress,
}

impl<P: Platform> State<P> {
    pub(crate) fn new(platform: P) -> Self {
        State {
            platform,
            connections: RefCell::new(Connections::default()),
            settings: RefCell::new(Settings::default()),
            variables: RefCell::default(),
            last_result: RefCell::default(),
            is_changed: Cell::default(),
            statement: Cell::default(),
            last: Cell::default(),
            acknowledged: RefCell::default(),
            so_far: RefCell::default(),
            progress: RefCell::default(),
            began: Cell::default(),
        }
    }

    /// A cell of so many statements begins.
    pub(crate) fn begin(&self, statements: usize) {
        self.statement.set(0);
        self.last.set(statements);
        self.acknowledged.borrow_mut().clear();
    }

    pub(crate) fn is_last(&self) -> bool {
        self.statement.get() == self.last.get()
    }

    /// The next statement of the cell begins.
    pub(crate) fn begin_statement(&self) {
        self.statement.set(self.statement.get() + 1);
        self.so_far.borrow_mut().clear();
        self.progress.take();
        self.began.set(self.platform.now());
    }

    /// How far the running statement is, once it has taken `after_ms`.
    pub(crate) fn progress(&self, after_ms: f64) -> Option<Progress> {
        let now = self.platform.now();
        let begun = self.progress.borrow();
        let begun = begun.as_ref().filter(|_| now - self.began.get() >= after_ms)?;
        Some(Progress { ms: now - begun.at, ..begun.progress.clone() })
    }

    /// Notes a statement that the server has carried out.
    pub(crate) fn acknowledge(&self, statement: &Statement) {
        let named = format!("{} (statement {})", words(&statement.kind), self.statement.get());
        self.acknowledged.borrow_mut().push(named);
    }

    /// The error of a write whose answer was lost: how to look whether it was carried out, and what
    /// was before it.
    pub(crate) fn lost(&self, method: &Method, error: Diagnostic) -> Diagnostic {
        let look = match method.name {
            "Insert" | "Upsert" | "Delete" => "count or read the rows",
            _ => "look with SHOW or DESCRIBE",
        };
        let error = error.help(format!(
            "`{}` may have been carried out all the same: {look} before you run it again",
            method.name
        ));
        let before = self.acknowledged.borrow();
        if before.is_empty() {
            return error;
        }
        let named: Vec<&str> = before.iter().take(NAMED).map(String::as_str).collect();
        let more = match before.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        error.help(format!("carried out before it in this cell: {}{more}", named.join(", ")))
    }

    /// The connection in use.
    pub(crate) fn current(&self) -> Option<Rc<Connection<P>>> {
        let connections = self.connections.borrow();
        connections.all.iter().find(|connection| connection.name == connections.current).cloned()
    }
}

/// The connections of a session, in the order they were made.
pub(crate) struct Connections<P: Platform> {
    pub(crate) all: Vec<Rc<Connection<P>>>,
    /// the name of the one in use
    pub(crate) current: String,
    /// whether there has been one
    pub(crate) has_named: bool,
}

impl<P: Platform> Default for Connections<P> {
    fn default() -> Self {
        Connections { all: Vec::new(), current: String::new(), has_named: false }
    }
}

pub(crate) struct Connection<P: Platform> {
    pub(crate) name: String,
    pub(crate) client: Client<P>,
    pub(crate) catalog: Rc<Catalog>,
    pub(crate) learnt: Rc<Learnt>,
}

impl<P: Platform> Connection<P> {
    /// The names of the collections in the database in use, sorted; completion remembers them.
    pub(crate) async fn collection_names(&self) -> Result<Vec<String>, Error> {
        let request = pb::ShowCollectionsRequest::default();
        let mut names = self.client.send(request).await?.collection_names;
        names.sort();
        self.catalog.set_names(&self.client.database(), names.clone());
        Ok(names)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// rows of a result that are shown
    pub(crate) display_limit: usize,
    /// whether results also come as `application/vnd.dataresource+json`, whole
    pub(crate) table_schema: bool,
    /// bytes that a table takes of a saved notebook
    pub(crate) table_size: u64,
    /// a field whose numbers are pixels
    pub(crate) image_field: Option<ImageField>,
    /// seconds until a request is given up
    pub(crate) timeout: f64,
    /// digits behind the point that are shown of floating-point numbers; `None` shows the shortest
    /// exact form
    pub(crate) precision: Option<usize>,
    /// of every read; `None` reads this session's own writes and otherwise as the collection says
    pub(crate) consistency: Option<ConsistencyLevel>,
    /// bytes that a statement keeps of rows that it reads, at the most
    pub(crate) memory_limit: u64,
    /// the address that a session without a CONNECT uses; `None` is the engine of the page
    pub(crate) default_connection: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            display_limit: 50,
            table_schema: false,
            table_size: 192 * KB,
            image_field: None,
            timeout: 60.0,
            precision: None,
            consistency: None,
            memory_limit: 512 * MB,
            default_connection: None,
        }
    }
}

impl Settings {
    pub(crate) fn timeout_ms(&self) -> u32 {
        (self.timeout * 1000.0).clamp(1.0, 86_400_000.0) as u32
    }
}
