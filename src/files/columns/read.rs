//! Records out of batches. The first piece is the fields, and each further one a batch.

use std::collections::VecDeque;

use milvus_columns_batch::{Batch, Column, Field, Values, span};

use crate::files::{Cell, Cells, Fault, Record, twice};

#[derive(Default)]
pub(crate) struct Columns {
    pieces: VecDeque<Vec<u8>>,
    names: Option<Vec<String>>,
    fields: Vec<Field>,
    batch: Batch,
    /// the next row of the batch
    row: usize,
    number: u64,
}

impl Columns {
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        if !piece.is_empty() {
            self.pieces.push_back(piece.to_vec());
        }
    }

    pub(crate) fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(crate) fn next(&mut self) -> Result<Option<Record>, Fault> {
        let malformed = |_| Fault::of_file(0, "what was made of the file is no batch of rows");
        while self.row >= self.batch.rows {
            let Some(piece) = self.pieces.pop_front() else { return Ok(None) };
            if self.names.is_none() {
                self.fields = Field::from_bytes(&piece).map_err(malformed)?;
                let names: Vec<String> =
                    self.fields.iter().map(|field| field.name.clone()).collect();
                twice(&names, 0)?;
                self.names = Some(names);
                continue;
            }
            self.batch = Batch::from_bytes(&piece).map_err(malformed)?;
            self.row = 0;
            if self.batch.columns.len() != self.fields.len() {
                return Err(malformed(milvus_columns_batch::Malformed));
            }
        }
        let row = self.row;
        self.row += 1;
        self.number += 1;
        let cells = self.batch.columns.iter().map(|column| cell(column, row)).collect();
        let (line, number) = (self.number, self.number);
        Ok(Some(Record { line, number, cells: Cells::Listed(cells) }))
    }
}

fn cell(column: &Column, row: usize) -> Cell {
    if column.is_null(row) {
        return Cell::Null;
    }
    let json = || {
        let mut text = String::new();
        column.json(row, &mut text);
        Cell::Json(text)
    };
    match &column.values {
        Values::Nulls(_) => Cell::Null,
        Values::Bools(values) => values.get(row).copied().map_or(Cell::Null, Cell::Bool),
        Values::Ints(values) => values.get(row).copied().map_or(Cell::Null, Cell::Int),
        Values::Floats(values) => {
            values.get(row).map_or(Cell::Null, |value| Cell::Float((*value).into()))
        }
        Values::Doubles(values) => values.get(row).copied().map_or(Cell::Null, Cell::Float),
        Values::Texts(_) => {
            let text = column.text(row).unwrap_or_default().to_string();
            Cell::Text { text, quoted: true }
        }
        Values::Json(_) => json(),
        Values::Bytes(lists) => Cell::Bytes(lists.get(row).unwrap_or_default().to_vec()),
        Values::List(ends, items) if items.nulls.is_empty() => {
            let (start, end) = span(ends, row).unwrap_or_default();
            match &items.values {
                Values::Floats(items) => Cell::Floats(part(items, start, end)),
                Values::Doubles(items) => Cell::Doubles(part(items, start, end)),
                Values::Ints(items) => Cell::Ints(part(items, start, end)),
                _ => json(),
            }
        }
        Values::List(..) => json(),
    }
}

fn part<T: Clone>(items: &[T], start: usize, end: usize) -> Vec<T> {
    items.get(start..end).unwrap_or_default().to_vec()
}
