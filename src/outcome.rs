//! What a statement has come to, as data: tables, what was done, notices. `execute` makes it,
//! `render` shows it.

use crate::chart::Chart;

/// The result of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// what the kernel did unasked, or did instead of what was asked
    pub notices: Vec<String>,
    pub tables: Vec<Table>,
    pub chart: Option<Box<Chart>>,
    /// what was done, in a few words; the status line
    pub done: String,
    /// how long it was waited for an answer; `None` when nobody was asked
    pub waited: Option<Waited>,
}

/// Time spent waiting for whoever answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waited {
    pub ms: f64,
    /// for the engine in the tab, and not for a server
    pub is_engine: bool,
}

impl Outcome {
    pub(crate) fn done(done: impl Into<String>) -> Self {
        Outcome { done: done.into(), ..Outcome::default() }
    }

    pub(crate) fn table(table: Table) -> Self {
        let done = rows(table.total);
        Outcome { tables: vec![table], done, ..Outcome::default() }
    }

    pub(crate) fn with_done(mut self, done: impl Into<String>) -> Self {
        self.done = done.into();
        self
    }
}

/// How far a statement is that is still running.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// "copying books.csv"
    pub doing: String,
    pub count: u64,
    /// how many there will be, where that is known
    pub total: Option<u64>,
    pub unit: Unit,
    /// what part of all is done, from 0 to 1, where that is known
    pub share: Option<f64>,
    /// since it began, in milliseconds
    pub ms: f64,
    /// whether it goes on
    pub is_running: bool,
}

/// What a progress counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Rows,
    /// of a hundred
    Percent,
    /// nobody knows how much is done
    Nothing,
}

/// "1 row", "2 rows".
pub(crate) fn rows(count: u64) -> String {
    plural(count, "row", "rows")
}

pub(crate) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// 12345 as "12,345".
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A table of results, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Datum>>,
    /// how many rows there are in all, shown or not
    pub total: u64,
    /// the rows at which another query's hits begin (several query vectors in one search)
    pub groups: Vec<usize>,
    /// the key of the rows, for readers of the data resource
    pub primary_key: Option<String>,
    /// whether it is never cut: what it says is there to be read
    pub is_whole: bool,
}

impl Table {
    pub(crate) fn new(columns: Vec<Column>, rows: Vec<Vec<Datum>>) -> Self {
        let total = rows.len() as u64;
        Table { columns, rows, total, ..Table::default() }
    }

    /// A table of the kernel's own texts, which are shown whole.
    pub(crate) fn texts(names: &[&str], rows: Vec<Vec<String>>) -> Self {
        let columns = names.iter().map(|name| Column::new(*name, Type::Prose)).collect();
        Table::new(
            columns,
            rows.into_iter().map(|row| row.into_iter().map(Datum::Text).collect()).collect(),
        )
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub kind: Type,
    /// whether a search measured it
    pub is_distance: bool,
    /// the shape of the pictures that its numbers are, where its field says so
    pub image: Option<String>,
}

impl Column {
    pub(crate) fn new(name: impl Into<String>, kind: Type) -> Self {
        Column { name: name.into(), kind, is_distance: false, image: None }
    }

    pub(crate) fn distance(name: impl Into<String>) -> Self {
        Column { is_distance: true, ..Column::new(name, Type::Float) }
    }
}

/// What the values of a column are, as far as showing them goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int,
    Float,
    Text,
    /// the kernel's own words, which are never cut
    Prose,
    Json,
    Array,
    Vector,
}

/// One value of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    Null,
    Bool(bool),
    Int(i64),
    Float(f32),
    Double(f64),
    Text(String),
    /// JSON as the server wrote it
    Json(String),
    Array(Vec<Datum>),
    /// dim values
    Vector(Vec<f32>),
    /// index and value of each entry of a sparse vector, by ascending index
    Sparse(Vec<(u32, f32)>),
    /// a binary vector (dim/8 bytes), or other bytes
    Bytes(Vec<u8>),
}
