//! What the columns of a file hold, told by its first rows: types, dimensions, what may be NULL,
//! and which column tells the rows apart.

use std::collections::HashSet;

use serde_json::Value;

use super::{Cell, Cells, Record};

/// What a column is known to hold so far.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// nothing but NULL
    Unknown,
    Bool,
    Int,
    Float,
    Text,
    Numbers {
        /// that of every list; none where they differ
        length: Option<usize>,
        longest: usize,
        whole: bool,
    },
    /// texts, as many as this at the most
    Texts(usize),
    /// an object of numbers by numbers
    Sparse,
    Json,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub has_null: bool,
    pub first: Option<Cell>,
    rows: u64,
    /// the values, as long as each is another
    seen: Option<HashSet<String>>,
}

impl Column {
    fn new(name: String) -> Column {
        Column {
            name,
            kind: Kind::Unknown,
            has_null: false,
            first: None,
            rows: 0,
            seen: Some(HashSet::new()),
        }
    }

    /// Whether each row has a value of its own.
    pub fn is_unique(&self) -> bool {
        self.seen.is_some() && !self.has_null
    }

    fn take(&mut self, cell: &Cell, null: Option<&str>) {
        self.rows += 1;
        self.first.get_or_insert_with(|| cell.clone());
        let Some((kind, value)) = kind_of(cell, null) else {
            self.has_null = true;
            return;
        };
        let before = std::mem::replace(&mut self.kind, Kind::Unknown);
        self.kind = match (merged(before.clone(), kind.clone()), cell) {
            // JSON says itself what a value is
            (Kind::Text, Cell::Json(_)) if before != kind && before != Kind::Unknown => Kind::Json,
            (merged, _) => merged,
        };
        let differs = match (&mut self.seen, value) {
            (Some(seen), Some(value)) => seen.insert(value),
            _ => false,
        };
        if !differs {
            self.seen = None;
        }
    }
}

/// The columns of these rows, in the order of the file.
/// `null` is the text that stands for NULL; none where texts are what they are, which a file with
/// types says.
pub fn columns(records: &[Record], names: Option<&[String]>, null: Option<&str>) -> Vec<Column> {
    let mut columns: Vec<Column> =
        names.unwrap_or_default().iter().cloned().map(Column::new).collect();
    for record in records {
        match &record.cells {
            Cells::Texts(_) | Cells::Listed(_) => {
                let cells = record.cells.listed().unwrap_or_default();
                for (at, cell) in cells.iter().enumerate() {
                    if at == columns.len() {
                        columns.push(Column::new(format!("column{}", at + 1)));
                    }
                    if let Some(column) = columns.get_mut(at) {
                        column.take(cell, null);
                    }
                }
            }
            Cells::Named(cells) => {
                for (name, cell) in cells {
                    match columns.iter_mut().find(|column| column.name == *name) {
                        Some(column) => column.take(cell, null),
                        None => {
                            let mut column = Column::new(name.clone());
                            column.take(cell, null);
                            columns.push(column);
                        }
                    }
                }
            }
        }
    }
    let rows = records.len() as u64;
    for column in &mut columns {
        column.has_null |= column.rows < rows;
    }
    // lists of whole numbers are a vector where nothing else is one
    let has_floats = columns
        .iter()
        .any(|column| matches!(column.kind, Kind::Numbers { length: Some(_), whole: false, .. }));
    for column in columns.iter_mut().filter(|_| has_floats) {
        if let Kind::Numbers { length, whole: true, .. } = &mut column.kind {
            *length = None;
        }
    }
    columns
}

/// The kind of a value, and what it is compared by where it may be a key; none is NULL.
fn kind_of(cell: &Cell, null: Option<&str>) -> Option<(Kind, Option<String>)> {
    let numbers = |length, whole| Kind::Numbers { length: Some(length), longest: length, whole };
    Some(match cell {
        Cell::Null => return None,
        Cell::Text { text, quoted: false } if Some(text.as_str()) == null => return None,
        Cell::Text { text, .. } => match (of_text(text), null) {
            (kind, Some(_)) | (kind @ Kind::Numbers { .. }, None) => (kind, Some(text.clone())),
            (_, None) => (Kind::Text, Some(text.clone())),
        },
        Cell::Json(raw) => match serde_json::from_str(raw) {
            Ok(Value::Null) => return None,
            Ok(Value::String(text)) => {
                let kind = match of_text(&text) {
                    vector @ Kind::Numbers { .. } => vector,
                    _ => Kind::Text,
                };
                (kind, Some(text))
            }
            Ok(value) => (of_json(&value), Some(raw.clone())),
            Err(_) => (Kind::Json, None),
        },
        Cell::Bool(_) => (Kind::Bool, None),
        Cell::Int(number) => (Kind::Int, Some(number.to_string())),
        Cell::Float(_) => (Kind::Float, None),
        Cell::Floats(values) => (numbers(values.len(), false), None),
        Cell::Doubles(values) => (numbers(values.len(), false), None),
        Cell::Ints(values) => (numbers(values.len(), true), None),
        Cell::Bytes(_) => (Kind::Unknown, None),
    })
}

fn of_text(text: &str) -> Kind {
    let word = text.trim();
    // what begins with zeros is a number of a house or a telephone
    let digits = word.trim_start_matches('-');
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if matches!(word.to_ascii_lowercase().as_str(), "true" | "false") {
        Kind::Bool
    } else if padded || word.starts_with('+') {
        Kind::Text
    } else if word.parse::<i64>().is_ok() {
        Kind::Int
    } else if digits.starts_with(|char: char| char.is_ascii_digit() || char == '.')
        && word.parse::<f64>().is_ok()
    {
        Kind::Float
    } else if word.starts_with(['[', '{']) {
        let spaced = || word.strip_prefix('[')?.strip_suffix(']');
        match serde_json::from_str(word) {
            Ok(value) => of_json(&value),
            // as numpy shows an array
            Err(_) => match spaced().map(|inner| {
                let words = inner.split_ascii_whitespace();
                words.map(|word| word.parse::<f32>().ok()).collect::<Option<Vec<_>>>()
            }) {
                Some(Some(values)) => Kind::Numbers {
                    length: Some(values.len()),
                    longest: values.len(),
                    whole: false,
                },
                _ => Kind::Text,
            },
        }
    } else {
        Kind::Text
    }
}

fn of_json(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Unknown,
        Value::Bool(_) => Kind::Bool,
        Value::Number(number) if number.is_i64() => Kind::Int,
        Value::Number(_) => Kind::Float,
        Value::String(_) => Kind::Text,
        Value::Array(items) if items.iter().all(Value::is_number) => Kind::Numbers {
            length: Some(items.len()),
            longest: items.len(),
            whole: items.iter().all(|item| item.is_i64()),
        },
        Value::Array(items) if items.iter().all(Value::is_string) => Kind::Texts(items.len()),
        Value::Array(_) => Kind::Json,
        Value::Object(fields) => {
            let numbers =
                |(key, value): (&String, &Value)| key.parse::<u32>().is_ok() && value.is_number();
            match !fields.is_empty() && fields.iter().all(numbers) {
                true => Kind::Sparse,
                false => Kind::Json,
            }
        }
    }
}

/// What holds both.
fn merged(one: Kind, other: Kind) -> Kind {
    use Kind as K;
    match (one, other) {
        (K::Unknown, kind) | (kind, K::Unknown) => kind,
        (K::Int, K::Float) | (K::Float, K::Int) => K::Float,
        (
            K::Numbers { length, longest, whole },
            K::Numbers { length: other, longest: most, whole: all },
        ) => K::Numbers {
            length: length.filter(|length| Some(*length) == other),
            longest: longest.max(most),
            whole: whole && all,
        },
        (K::Texts(one), K::Texts(other)) => K::Texts(one.max(other)),
        // a list without items
        (K::Texts(most), K::Numbers { longest: 0, .. })
        | (K::Numbers { longest: 0, .. }, K::Texts(most)) => K::Texts(most),
        (one, other) if one == other => one,
        (K::Text, _) | (_, K::Text) => K::Text,
        (K::Bool | K::Int | K::Float, K::Bool | K::Int | K::Float) => K::Text,
        _ => K::Json,
    }
}
