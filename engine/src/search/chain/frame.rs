//! The hits of one query as columns: their keys and scores, fields, and what steps make of them.

use std::cmp::Ordering;

use milvus_proto::schema::DataType;

use crate::catalog::Collection;
use crate::index::Hit;
use crate::search::chain::kind;
use crate::segment::column::Cell;

pub(super) const ID: &str = "$id";
pub(super) const SCORE: &str = "$score";

pub(super) struct Frame<'a> {
    columns: Vec<(String, Column<'a>)>,
    rows: Vec<Hit>,
}

pub(super) struct Column<'a> {
    pub kind: DataType,
    pub cells: Vec<Cell<'a>>,
}

impl<'a> Frame<'a> {
    /// Hits with fields; distances are turned by a sign where the larger one is to be better.
    pub fn new(collection: &'a Collection, hits: &[Hit], sign: f32, fields: &[usize]) -> Frame<'a> {
        let schema = &collection.schema;
        let scores = hits.iter().map(|hit| Cell::Float(sign * hit.score)).collect();
        let scores = Column { kind: DataType::Float, cells: scores };
        let mut frame = Frame { columns: vec![(SCORE.to_string(), scores)], rows: hits.to_vec() };
        let read = fields.iter().map(|field| (None, *field));
        for (name, index) in read.chain([(Some(ID), schema.primary())]) {
            let (Some(field), Some(column)) =
                (schema.fields.get(index), collection.segment.column(index))
            else {
                continue;
            };
            let Some(kind) = kind(field.data_type) else { continue };
            let cells = frame.rows.iter().map(|row| column.cell(row.row as usize)).collect();
            frame.set(name.unwrap_or(&field.name), Column { kind, cells });
        }
        frame
    }

    /// The hits with the scores that there are now; NULL counts as 0, as in Milvus's replies.
    pub fn hits(self, sign: f32) -> Vec<Hit> {
        let scores = self.column(SCORE).map_or(&[][..], |column| &column.cells);
        let scored = self.rows.iter().zip(scores);
        scored.map(|(hit, score)| Hit { score: sign * single(*score), ..*hit }).collect()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn column(&self, name: &str) -> Option<&Column<'a>> {
        self.columns.iter().find(|(there, _)| there == name).map(|(_, column)| column)
    }

    /// Adds a column, or puts it in the place of the one of its name.
    pub fn set(&mut self, name: &str, column: Column<'a>) {
        match self.columns.iter_mut().find(|(there, _)| there == name) {
            Some((_, there)) => *there = column,
            None => self.columns.push((name.to_string(), column)),
        }
    }

    pub fn keep_columns(&mut self, keep: impl Fn(&str) -> bool) {
        self.columns.retain(|(name, _)| keep(name));
    }

    /// Leaves the rows of these places, in their order.
    pub fn pick(&mut self, places: &[usize]) {
        fn picked<T: Copy>(values: &[T], places: &[usize]) -> Vec<T> {
            places.iter().filter_map(|place| values.get(*place).copied()).collect()
        }
        self.rows = picked(&self.rows, places);
        for (_, column) in &mut self.columns {
            column.cells = picked(&column.cells, places);
        }
    }
}

impl<'a> Column<'a> {
    pub fn cell(&self, place: usize) -> Cell<'a> {
        self.cells.get(place).copied().unwrap_or(Cell::Null)
    }

    /// As Milvus's messages call an array of such values.
    pub fn array(&self) -> &'static str {
        match self.kind {
            DataType::Bool => "*array.Boolean",
            DataType::Int8 => "*array.Int8",
            DataType::Int16 => "*array.Int16",
            DataType::Int32 => "*array.Int32",
            DataType::Int64 => "*array.Int64",
            DataType::Float => "*array.Float32",
            DataType::Double => "*array.Float64",
            _ => "*array.String",
        }
    }

    pub fn is_number(&self) -> bool {
        !matches!(self.kind, DataType::Bool | DataType::VarChar)
    }
}

pub(super) fn number(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Int(value) => Some(value as f64),
        Cell::Float(value) => Some(f64::from(value)),
        Cell::Double(value) => Some(value),
        _ => None,
    }
}

pub(super) fn single(cell: Cell<'_>) -> f32 {
    match cell {
        Cell::Float(value) => value,
        _ => 0.0,
    }
}

/// NULL first, then what is no number, as Go orders values.
pub(super) fn compare(a: Cell<'_>, b: Cell<'_>) -> Ordering {
    match (a, b) {
        (Cell::Null, Cell::Null) => Ordering::Equal,
        (Cell::Null, _) => Ordering::Less,
        (_, Cell::Null) => Ordering::Greater,
        (Cell::Int(a), Cell::Int(b)) => a.cmp(&b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())),
            _ => Ordering::Equal,
        },
    }
}
