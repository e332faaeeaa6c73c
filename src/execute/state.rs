//! What a session remembers between statements: the connection, what it knows of the collections there, the settings.

use std::cell::RefCell;
use std::rc::Rc;

use super::catalog::Catalog;
use crate::milvus::{Client, Platform};
use crate::proto::common::ConsistencyLevel;

pub struct State<P: Platform> {
    pub platform: P,
    pub connection: RefCell<Option<Rc<Connection<P>>>>,
    pub settings: RefCell<Settings>,
}

impl<P: Platform> State<P> {
    pub fn new(platform: P) -> Self {
        State { platform, connection: RefCell::new(None), settings: RefCell::new(Settings::default()) }
    }
}

pub struct Connection<P: Platform> {
    pub client: Client<P>,
    pub catalog: Catalog,
    /// as the server gives it, "v2.3.5"
    pub version: String,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// rows of a result that are shown
    pub display_limit: usize,
    /// whether results also come as `application/vnd.dataresource+json`, whole
    pub table_schema: bool,
    /// seconds until a request is given up
    pub timeout: f64,
    /// of every read; `None` reads this session's own writes and otherwise as the collection says
    pub consistency: Option<ConsistencyLevel>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { display_limit: 50, table_schema: false, timeout: 60.0, consistency: None }
    }
}

impl Settings {
    pub fn timeout_ms(&self) -> u32 {
        (self.timeout * 1000.0).clamp(1.0, 86_400_000.0) as u32
    }
}
