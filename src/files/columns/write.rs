//! Batches out of rows of a result.

use milvus_columns_batch::{Batch, Column, Field, Lists, Malformed, Values};

use crate::files::writer::json;
use crate::outcome::Datum;

/// About the bytes of a batch.
const BATCH: usize = 4 << 20;

/// A column of a file that is written.
#[derive(Clone, Debug)]
pub struct Head {
    pub name: String,
    kind: Kind,
    /// its type in SQL, where that is known
    declared: Option<String>,
    has_null: bool,
    is_key: bool,
}

/// What the values of a column are.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Bool,
    Int,
    Float,
    Double,
    Text,
    Json,
    Bytes,
    List(Box<Kind>),
}

impl Head {
    /// A column of texts, as a file without types has it.
    pub fn new(name: impl Into<String>) -> Head {
        Head { name: name.into(), kind: Kind::Text, declared: None, has_null: true, is_key: false }
    }

    /// A column of a type of SQL.
    pub fn of_type(name: &str, declared: String, has_null: bool, is_key: bool) -> Head {
        let kind = Kind::of_type(&declared);
        Head { name: name.to_string(), kind, declared: Some(declared), has_null, is_key }
    }

    /// A column whose values tell what they are.
    pub fn of_rows(name: &str, at: usize, rows: &[Vec<Datum>]) -> Head {
        let values = || rows.iter().filter_map(|row| row.get(at));
        let kind = values().filter_map(Kind::of_value).reduce(Kind::merged);
        let kind = kind.unwrap_or(Kind::Text);
        let mut dims = values().map(|value| match value {
            Datum::Vector(values) => values.len(),
            _ => 0,
        });
        let dim = dims.next().filter(|dim| *dim > 1 && dims.all(|other| other == *dim));
        let declared = dim.map(|dim| format!("VECTOR({dim})"));
        Head { kind, declared, ..Head::new(name) }
    }
}

impl Kind {
    fn of_type(declared: &str) -> Kind {
        let (name, rest) = declared.split_once(['(', '<']).unwrap_or((declared, ""));
        match name {
            "BOOLEAN" => Kind::Bool,
            "TINYINT" | "SMALLINT" | "INT" | "BIGINT" => Kind::Int,
            "FLOAT" => Kind::Float,
            "DOUBLE" => Kind::Double,
            "VARCHAR" | "TEXT" | "TIMESTAMPTZ" | "GEOMETRY" => Kind::Text,
            "BINARYVEC" => Kind::Bytes,
            "VECTOR" | "FLOAT16VEC" | "BFLOAT16VEC" | "INT8VEC" => {
                Kind::List(Box::new(Kind::Float))
            }
            "ARRAY" => match Kind::of_type(rest.split('>').next().unwrap_or_default()) {
                // an array of arrays, or of structs
                Kind::List(_) | Kind::Json | Kind::Bytes => Kind::Json,
                item => Kind::List(Box::new(item)),
            },
            _ => Kind::Json,
        }
    }

    /// None is NULL.
    fn of_value(value: &Datum) -> Option<Kind> {
        Some(match value {
            Datum::Null => return None,
            Datum::Bool(_) => Kind::Bool,
            Datum::Int(_) => Kind::Int,
            Datum::Float(_) => Kind::Float,
            Datum::Double(_) => Kind::Double,
            Datum::Text(_) => Kind::Text,
            Datum::Json(_) | Datum::Sparse(_) => Kind::Json,
            Datum::Bytes(_) => Kind::Bytes,
            Datum::Vector(_) => Kind::List(Box::new(Kind::Float)),
            Datum::Array(items) => {
                match items
                    .iter()
                    .map(|item| Kind::of_value(item).unwrap_or(Kind::Json))
                    .reduce(Kind::merged)
                {
                    None => Kind::List(Box::new(Kind::Text)),
                    Some(Kind::List(_) | Kind::Json | Kind::Bytes) => Kind::Json,
                    Some(item) => Kind::List(Box::new(item)),
                }
            }
        })
    }

    fn merged(self, other: Kind) -> Kind {
        use Kind as K;
        match (self, other) {
            (one, other) if one == other => one,
            (K::Int | K::Float | K::Double, K::Int | K::Float | K::Double) => K::Double,
            (K::List(one), K::List(other)) => match one.merged(*other) {
                K::Json => K::Json,
                item => K::List(Box::new(item)),
            },
            _ => K::Json,
        }
    }

    fn column(&self) -> Column {
        Column::new(match self {
            Kind::Bool => Values::Bools(Vec::new()),
            Kind::Int => Values::Ints(Vec::new()),
            Kind::Float => Values::Floats(Vec::new()),
            Kind::Double => Values::Doubles(Vec::new()),
            Kind::Text => Values::Texts(Lists::default()),
            Kind::Json => Values::Json(Lists::default()),
            Kind::Bytes => Values::Bytes(Lists::default()),
            Kind::List(item) => Values::List(Vec::new(), Box::new(item.column())),
        })
    }
}

/// A file that is written, as far as it is.
pub(crate) struct Gather {
    heads: Vec<Head>,
    /// the fields, and batches that are full
    made: Vec<Vec<u8>>,
    batch: Batch,
}

impl Gather {
    pub(crate) fn new(heads: Vec<Head>) -> Gather {
        let field = |head: &Head| Field {
            name: head.name.clone(),
            declared: head.declared.clone(),
            has_null: Some(head.has_null),
            is_key: head.is_key,
        };
        let fields: Vec<Field> = heads.iter().map(field).collect();
        let batch = empty(&heads);
        Gather { made: vec![Field::to_bytes(&fields)], batch, heads }
    }

    pub(crate) fn row(&mut self, row: &[Datum]) -> Result<(), String> {
        for ((column, value), head) in self.batch.columns.iter_mut().zip(row).zip(&self.heads) {
            push(column, value).map_err(|reason| format!("column `{}`: {reason}", head.name))?;
        }
        self.batch.rows += 1;
        // measuring takes a while
        if self.batch.rows.is_multiple_of(256) && self.size() >= BATCH {
            self.close();
        }
        Ok(())
    }

    fn size(&self) -> usize {
        self.batch.columns.iter().map(Column::size).sum()
    }

    fn close(&mut self) {
        self.made.push(self.batch.to_bytes());
        self.batch = empty(&self.heads);
    }

    /// The fields and the batches, of which there is one at least.
    pub(crate) fn finish(mut self) -> Vec<Vec<u8>> {
        if self.batch.rows > 0 || self.made.len() == 1 {
            self.close();
        }
        self.made
    }
}

fn empty(heads: &[Head]) -> Batch {
    Batch { rows: 0, columns: heads.iter().map(|head| head.kind.column()).collect() }
}

fn push(column: &mut Column, value: &Datum) -> Result<(), String> {
    let rows = column.len();
    let is_null = matches!(value, Datum::Null);
    if is_null && column.nulls.is_empty() {
        column.nulls = vec![false; rows];
    }
    if is_null || !column.nulls.is_empty() {
        column.nulls.push(is_null);
    }
    let too_large = |_: Malformed| "4 GB of it in one batch are too much".to_string();
    match (&mut column.values, value) {
        (Values::Nulls(count), Datum::Null) => *count += 1,
        (Values::Bools(values), Datum::Bool(flag)) => values.push(*flag),
        (Values::Bools(values), Datum::Null) => values.push(false),
        (Values::Ints(values), Datum::Int(number)) => values.push(*number),
        (Values::Ints(values), Datum::Null) => values.push(0),
        (Values::Floats(values), Datum::Float(number)) => values.push(*number),
        (Values::Floats(values), Datum::Null) => values.push(0.0),
        (Values::Doubles(values), Datum::Double(number)) => values.push(*number),
        (Values::Doubles(values), Datum::Float(number)) => values.push((*number).into()),
        (Values::Doubles(values), Datum::Int(number)) => values.push(*number as f64),
        (Values::Doubles(values), Datum::Null) => values.push(0.0),
        (Values::Bytes(lists), Datum::Bytes(bytes)) => lists.push(bytes).map_err(too_large)?,
        (Values::Texts(lists), Datum::Text(text)) => {
            lists.push(text.as_bytes()).map_err(too_large)?;
        }
        (Values::Texts(lists) | Values::Bytes(lists) | Values::Json(lists), Datum::Null) => {
            lists.push(&[]).map_err(too_large)?;
        }
        (Values::Json(lists), value) => {
            let mut text = String::new();
            json(value, &mut text, true)?;
            lists.push(text.as_bytes()).map_err(too_large)?;
        }
        (Values::List(ends, items), value) => {
            match (value, &mut items.values) {
                (Datum::Null, _) => {}
                (Datum::Vector(list), Values::Floats(values)) if items.nulls.is_empty() => {
                    values.extend_from_slice(list);
                }
                (Datum::Array(list), _) => {
                    list.iter().try_for_each(|item| push(items, item))?;
                }
                _ => return Err("a value is not of its type".to_string()),
            }
            let end = u32::try_from(items.len());
            ends.push(end.map_err(|_| too_large(Malformed))?);
        }
        _ => return Err("a value is not of its type".to_string()),
    }
    Ok(())
}
