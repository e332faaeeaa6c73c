//! What helps while one types: completion and inspection. In: a cell, a cursor (bytes) and what the
//! session knows (`Known`). Out: candidates, likeliest first; what the word at the cursor means.
//!
//! `place` reads the statement up to the cursor and asks the grammar what may follow; `role` says
//! what each name there would be a name of; `offer` finds the candidates for it among what is
//! `known`, with the fields of the tables in `scope`. Nothing of this waits for a server; `learnt`
//! asks one in the background.

pub(crate) mod inspect;
pub(crate) mod known;
pub(crate) mod learnt;
mod offer;
mod place;
mod role;
mod scope;
mod values;

use crate::diagnostic::Span;
pub use inspect::Inspection;
pub(crate) use inspect::{described, inspect};
pub(crate) use known::Known;
use place::Place;

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Keyword,
    Collection,
    Alias,
    Database,
    Field,
    Partition,
    Index,
    IndexType,
    Type,
    Function,
    Operator,
    Parameter,
    Value,
    Metric,
    Setting,
    Variable,
    Topic,
    User,
    Role,
    Privilege,
    Connection,
    Address,
    Key,
    File,
}

impl Kind {
    /// Its word, for the list.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Keyword => "keyword",
            Kind::Collection => "collection",
            Kind::Alias => "alias",
            Kind::Database => "database",
            Kind::Field => "field",
            Kind::Partition => "partition",
            Kind::Index => "index",
            Kind::IndexType => "index type",
            Kind::Type => "type",
            Kind::Function => "function",
            Kind::Operator => "operator",
            Kind::Parameter => "parameter",
            Kind::Value => "value",
            Kind::Metric => "metric",
            Kind::Setting => "setting",
            Kind::Variable => "variable",
            Kind::Topic => "topic",
            Kind::User => "user",
            Kind::Role => "role",
            Kind::Privilege => "privilege",
            Kind::Connection => "connection",
            Kind::Address => "address",
            Kind::Key => "key",
            Kind::File => "file",
        }
    }
}

/// What may stand at the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub text: String,
    pub kind: Kind,
    /// a field's type, a parameter's range: what the list shows beside it
    pub detail: String,
}

/// The folder, from the notebook's, of the file whose name stands at the cursor; of what a URL
/// leads to nothing is known.
pub(crate) fn folder(cell: &str, cursor: usize) -> Option<&str> {
    let place = Place::find(cell, cursor)?;
    let is_file = place.next.iter().any(|next| role::role(next) == role::Role::File);
    let path = if place.quote.is_some() { place.word } else { "" };
    let (folder, _) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
    (is_file && !path.contains("://")).then_some(folder)
}

/// The candidates, likeliest first, and the range of bytes that one of them replaces.
pub(crate) fn complete(cell: &str, cursor: usize, known: &Known) -> (Span, Vec<Candidate>) {
    let Some(place) = Place::find(cell, cursor) else {
        let at = cursor.min(cell.len());
        return (Span::new(at, at), Vec::new());
    };
    (place.span, offer::candidates(&place, known))
}
