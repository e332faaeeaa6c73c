//! What a session knows that names may be of: collections and their fields, databases, partitions,
//! users and roles as they were learnt; variables, connections, and the keys of JSON that was seen.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::execute::catalog::collection::Collection;
use crate::execute::params::pair_value;
use crate::execute::state::Connection;
use crate::language::ast::{Kind, Statement};
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome};
use milvus_proto::common::LoadState;
use milvus_proto::milvus as pb;

/// Rows of a result that are looked at.
const ROWS: usize = 20;
/// Values of a field that are kept for inspection, and the characters of each.
const SAMPLES: usize = 3;
const SAMPLE: usize = 40;
/// Keys of a JSON field that are kept.
const KEYS: usize = 100;

/// What is known at the moment.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) names: Vec<String>,
    /// those whose fields are known
    pub(crate) collections: Vec<Rc<Collection>>,
    pub(crate) server: Server,
    /// each with what it is, in words
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) connections: Vec<String>,
    /// used before in this session
    pub(crate) addresses: Vec<String>,
    pub(crate) seen: Seen,
    /// beside the notebook, by their paths; a folder's ends with a slash
    pub(crate) files: Vec<String>,
}

/// What is learnt of a server beside its collections.
#[derive(Clone, Default)]
pub(crate) struct Server {
    pub(crate) databases: Vec<String>,
    pub(crate) users: Vec<String>,
    pub(crate) roles: Vec<String>,
    /// by collection
    pub(crate) partitions: BTreeMap<String, Vec<String>>,
    pub(crate) status: BTreeMap<String, Status>,
}

/// How a collection is at the moment.
#[derive(Clone, Default)]
pub(crate) struct Status {
    pub(crate) rows: Option<u64>,
    /// whether it is loaded, in words
    pub(crate) load: Option<String>,
}

/// By collection and field.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    keys: BTreeMap<[String; 2], BTreeSet<String>>,
    samples: BTreeMap<[String; 2], Vec<String>>,
}

impl Known {
    /// The collection of a name or of an alias, if its fields are known.
    pub(crate) fn collection(&self, name: &str) -> Option<Rc<Collection>> {
        let by_name = self.collections.iter().find(|collection| collection.name == name);
        let by_alias = || {
            self.collections
                .iter()
                .find(|collection| collection.aliases.iter().any(|alias| alias == name))
        };
        by_name.or_else(by_alias).cloned()
    }

    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&String, &String)> {
        self.collections.iter().flat_map(|collection| {
            collection.aliases.iter().map(move |alias| (alias, &collection.name))
        })
    }
}

impl Seen {
    /// Remembers keys and a few values of what a statement has read of a table.
    pub(crate) fn see(&mut self, statement: &Statement, outcome: &Outcome) {
        let Kind::Select(select) = &statement.kind else { return };
        let Some(table) = outcome.tables.first() else { return };
        for (index, column) in table.columns.iter().enumerate() {
            let field = [select.table.value.clone(), column.name.clone()];
            for value in table.rows.iter().take(ROWS).filter_map(|row| row.get(index)) {
                if let Datum::Json(text) = value {
                    self.see_keys(&field, text);
                }
                self.see_value(&field, value);
            }
        }
    }

    fn see_keys(&mut self, field: &[String; 2], text: &str) {
        let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) else { return };
        let keys = self.keys.entry(field.clone()).or_default();
        keys.extend(object.into_iter().map(|(key, _)| key).take(KEYS.saturating_sub(keys.len())));
    }

    fn see_value(&mut self, field: &[String; 2], value: &Datum) {
        let shown = match value {
            Datum::Bool(flag) => flag.to_string(),
            Datum::Int(number) => number.to_string(),
            Datum::Float(number) => number.to_string(),
            Datum::Double(number) => number.to_string(),
            Datum::Text(text) => format!("'{}'", text.chars().take(SAMPLE).collect::<String>()),
            Datum::Json(text) => text.chars().take(SAMPLE).collect(),
            _ => return,
        };
        let samples = self.samples.entry(field.clone()).or_default();
        if samples.len() < SAMPLES && !samples.contains(&shown) {
            samples.push(shown);
        }
    }

    pub(crate) fn keys<'a>(&'a self, collection: &Collection, field: &'a str) -> Vec<&'a str> {
        let all = names_of(collection).filter_map(|name| self.keys.get(&[name, field.to_string()]));
        all.flatten().map(String::as_str).collect()
    }

    pub(crate) fn samples<'a>(&'a self, collection: &Collection, field: &'a str) -> &'a [String] {
        let found =
            names_of(collection).find_map(|name| self.samples.get(&[name, field.to_string()]));
        found.map_or(&[], Vec::as_slice)
    }
}

fn names_of(collection: &Collection) -> impl Iterator<Item = String> {
    std::iter::once(collection.name.clone()).chain(collection.aliases.iter().cloned())
}

/// What is learnt of a connection's server for those who type, and whether that is done.
#[derive(Default)]
pub(crate) struct Learnt {
    pub(crate) server: RefCell<Server>,
    /// whether databases, users and roles have been asked for since a cell last ran
    pub(crate) is_fresh: Cell<bool>,
}

impl Learnt {
    /// Asks for databases, users and roles, and for the partitions of collections that a text
    /// names; a server that has none of them, or does not answer, is not complained of.
    pub(crate) async fn learn<P: Platform>(&self, connection: &Connection<P>, text: &str) {
        let client = &connection.client;
        if !self.is_fresh.replace(true) {
            if let Ok(reply) = client.send(pb::ListDatabasesRequest {}).await {
                self.server.borrow_mut().databases = reply.db_names;
            }
            if let Ok(reply) = client.send(pb::ListCredUsersRequest {}).await {
                self.server.borrow_mut().users = reply.usernames;
            }
            if let Ok(reply) = client.send(pb::SelectRoleRequest::default()).await {
                let roles = reply.results.into_iter().filter_map(|result| result.role);
                self.server.borrow_mut().roles = roles.map(|role| role.name).collect();
            }
            let mut server = self.server.borrow_mut();
            server.partitions.clear();
            server.status.clear();
        }
        for collection in connection.named_in(text) {
            if self.server.borrow().partitions.contains_key(&collection.name) {
                continue;
            }
            let name = &collection.name;
            let status = status(connection, name).await;
            self.server.borrow_mut().status.insert(name.clone(), status);
            let collection_name = name.clone();
            let request = pb::ShowPartitionsRequest { collection_name, ..Default::default() };
            if let Ok(reply) = client.send(request).await {
                let names = reply.partition_names;
                self.server.borrow_mut().partitions.insert(name.clone(), names);
            }
        }
    }
}

/// How many rows a collection has, and whether it is loaded, as far as the server says it.
async fn status<P: Platform>(connection: &Connection<P>, name: &str) -> Status {
    let (collection_name, db_name) = (name.to_string(), connection.client.database());
    let request = pb::GetCollectionStatisticsRequest {
        collection_name: collection_name.clone(),
        db_name: db_name.clone(),
    };
    let rows = connection.client.send(request).await.ok().and_then(|reply| {
        pair_value(&reply.stats, "row_count").and_then(|count| count.parse().ok())
    });
    let request = pb::GetLoadStateRequest { collection_name, db_name, ..Default::default() };
    let load = connection.client.send(request).await.ok().map(|reply| {
        let words = match reply.state() {
            LoadState::Loaded => "loaded",
            LoadState::Loading => "being loaded",
            _ => "not loaded",
        };
        words.to_string()
    });
    Status { rows, load }
}
