//! What a session knows that names may be of: collections and their fields, databases, partitions,
//! users and roles as they were learnt; variables, connections, and the keys of JSON that was seen.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use crate::execute::catalog::collection::{Collection, Field};
use crate::language::ast::{Items, Output, Select};
use crate::outcome::{Datum, Outcome};

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
    pub(crate) names: Rc<Vec<String>>,
    /// as the server lists them, without what they stand for
    pub(crate) aliases: Rc<Vec<String>>,
    /// those whose fields are known
    pub(crate) collections: Vec<Rc<Collection>>,
    pub(crate) server: Rc<Server>,
    /// each with what it is, in words
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) connections: Vec<String>,
    /// used before in this session
    pub(crate) addresses: Vec<String>,
    pub(crate) seen: Rc<Seen>,
    /// beside the notebook, by their paths; a folder's ends with a slash
    pub(crate) files: Rc<Vec<String>>,
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

/// What was seen in one database of a connection, by collection, as it is told from others of the
/// same name, and field.
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

    /// Each with the collection that it stands for, where that is known.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&String, Option<&String>)> {
        let known = self.collections.iter().flat_map(|collection| {
            collection.aliases.iter().map(move |alias| (alias, Some(&collection.name)))
        });
        let told: HashSet<&str> = known.clone().map(|(alias, _)| alias.as_str()).collect();
        let listed = self.aliases.iter().filter(move |alias| !told.contains(alias.as_str()));
        known.chain(listed.map(|alias| (alias, None)))
    }
}

impl Seen {
    /// Remembers keys and a few values of the fields that a SELECT has read as they are.
    pub(crate) fn see(&mut self, select: &Select, collection: &Collection, outcome: &Outcome) {
        let Some(table) = outcome.tables.first() else { return };
        for (index, column) in table.columns.iter().enumerate() {
            let is_one = table.columns.iter().filter(|one| one.name == column.name).count() == 1;
            let shown = shown(select, collection, &column.name);
            let Some(field) = shown.filter(|_| is_one && !column.is_distance) else { continue };
            let field = [collection.identity(), field.name.clone()];
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

    pub(crate) fn keys(&self, collection: &Collection, field: &str) -> Vec<&str> {
        let keys = self.keys.get(&[collection.identity(), field.to_string()]);
        keys.into_iter().flatten().map(String::as_str).collect()
    }

    pub(crate) fn samples(&self, collection: &Collection, field: &str) -> &[String] {
        let samples = self.samples.get(&[collection.identity(), field.to_string()]);
        samples.map_or(&[], Vec::as_slice)
    }
}

/// The field that a column of a result shows as it is. What is computed may have the name of one.
fn shown<'a>(select: &Select, collection: &'a Collection, column: &str) -> Option<&'a Field> {
    let Items::Listed(items) = &select.items else { return collection.find(column) };
    let mut found = None;
    for item in items {
        let (field, head) = match &item.output {
            Output::Every { .. } => (collection.find(column), column),
            Output::Field { name, path } if path.is_empty() => {
                (collection.find(&name.value), name.value.as_str())
            }
            _ => (None, ""),
        };
        if item.alias.as_ref().map_or(head, |alias| &alias.value) == column {
            found = Some(field?);
        }
    }
    found
}
