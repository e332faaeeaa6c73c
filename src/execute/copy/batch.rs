//! Rows of a file as columns for requests. A row is in whole or not at all.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::convert::column::ColumnBuilder;
use crate::execute::copy::cell::{self, short};
use crate::execute::copy::plan::{self, Column, Plan, field_of};
use crate::files::{Cell, Cells, Record, Texts};
use crate::language::ast::{CopyFrom, Value};

/// Rows are sent when they come to so many bytes of the file, or to so many rows.
const MOST_BYTES: usize = 8 << 20;
const MOST_ROWS: usize = 25_000;

pub(crate) struct Batch<'a> {
    pub(crate) columns: Vec<ColumnBuilder<'a>>,
    pub(crate) dynamic: Option<Vec<Vec<u8>>>,
    /// the number of each row in the file
    pub(crate) numbers: Vec<u64>,
    bytes: usize,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(plan: &Plan<'a>, span: Span) -> Result<Batch<'a>> {
        let fields = plan.fields.iter().copied().chain(plan.number);
        let columns = fields.map(|field| ColumnBuilder::new(field, 0, span));
        Ok(Batch {
            columns: columns.collect::<Result<_>>()?,
            dynamic: plan.dynamic.then(Vec::new),
            numbers: Vec::new(),
            bytes: 0,
        })
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= MOST_BYTES || self.numbers.len() >= MOST_ROWS
    }

    /// Adds a row; one that does not fit leaves nothing behind.
    pub(crate) fn push(
        &mut self,
        record: &Record,
        plan: &Plan<'a>,
        copy: &CopyFrom,
        collection: &Collection,
        null: &str,
    ) -> Result<()> {
        let rows = self.numbers.len();
        match self.try_push(record, plan, copy, collection, null) {
            Ok(()) => {
                self.numbers.push(record.number);
                self.bytes += record.size();
                Ok(())
            }
            Err(error) => {
                self.columns.iter_mut().for_each(|column| column.truncate(rows));
                if let Some(objects) = &mut self.dynamic {
                    objects.truncate(rows);
                }
                Err(error)
            }
        }
    }

    fn try_push(
        &mut self,
        record: &Record,
        plan: &Plan<'a>,
        copy: &CopyFrom,
        collection: &Collection,
        null: &str,
    ) -> Result<()> {
        let span = copy.file.span;
        if let (Cells::Texts(texts), Some(columns)) = (&record.cells, &plan.columns) {
            return self.try_push_texts(texts, columns, plan, span, null);
        }
        let mut found: Vec<Option<&Cell>> = vec![None; plan.fields.len()];
        let mut object = serde_json::Map::new();
        match (&record.cells, &plan.columns) {
            (Cells::Listed(cells), Some(columns)) => {
                for (cell, column) in cells.iter().zip(columns) {
                    match column {
                        Column::Field(at) => {
                            if let Some(place) = found.get_mut(*at) {
                                *place = Some(cell);
                            }
                        }
                        Column::Dynamic(name) => {
                            if !is_null(cell, null) {
                                object.insert(name.clone(), dynamic(cell));
                            }
                        }
                        Column::Meta => meta(cell, null, &mut object)?,
                        Column::LeftOut => {}
                    }
                }
            }
            (Cells::Named(cells), _) => {
                for (at, (name, cell)) in cells.iter().enumerate() {
                    // rows mostly have the fields in one order
                    let field = plan.fields.get(at).filter(|field| field.name == *name).copied();
                    let place = match field.or_else(|| field_of(name, collection)) {
                        Some(field) => plan.place(field, at),
                        None => None,
                    };
                    match place.and_then(|place| found.get_mut(place)) {
                        Some(place) => *place = Some(cell),
                        None if plan.only_named => {}
                        None => self::unnamed(name, cell, copy, collection, &mut object)?,
                    }
                }
            }
            (Cells::Texts(_) | Cells::Listed(_), _) => {
                return Err(Diagnostic::new(Code::InternalError, "a row without columns"));
            }
        }
        for ((cell, field), column) in found.into_iter().zip(&plan.fields).zip(&mut self.columns) {
            cell::push(cell, field, null, span, column)?;
        }
        if plan.number.is_some()
            && let Some(column) = self.columns.last_mut()
        {
            let number = i64::try_from(record.number).unwrap_or(i64::MAX) - 1;
            column.push(&Spanned::new(Value::Int(number), span))?;
        }
        if let Some(objects) = &mut self.dynamic {
            objects.push(serde_json::Value::Object(object).to_string().into_bytes());
        }
        Ok(())
    }

    /// A row of csv, without a value of its own for each cell.
    fn try_push_texts(
        &mut self,
        texts: &Texts,
        columns: &[Column],
        plan: &Plan<'a>,
        span: Span,
        null: &str,
    ) -> Result<()> {
        if let Some(objects) = &mut self.dynamic {
            let mut object = serde_json::Map::new();
            for ((text, quoted), column) in texts.iter().zip(columns) {
                let cell = || Cell::Text { text: text.to_string(), quoted };
                match column {
                    Column::Dynamic(name) if quoted || text != null => {
                        object.insert(name.clone(), dynamic(&cell()));
                    }
                    Column::Meta => meta(&cell(), null, &mut object)?,
                    _ => {}
                }
            }
            objects.push(serde_json::Value::Object(object).to_string().into_bytes());
        }
        for ((text, quoted), column) in texts.iter().zip(columns) {
            if let Column::Field(at) = column
                && let (Some(field), Some(column)) =
                    (plan.fields.get(*at), self.columns.get_mut(*at))
            {
                cell::push_text(text, quoted, field, null, span, column)?;
            }
        }
        Ok(())
    }
}

/// A field of a row that the schema does not name.
fn unnamed(
    name: &str,
    cell: &Cell,
    copy: &CopyFrom,
    collection: &Collection,
    object: &mut serde_json::Map<String, serde_json::Value>,
) -> Result<()> {
    match field_of(name, collection) {
        Some(field) => plan::check_filled(field, copy),
        None if !collection.dynamic => Err(plan::unknown(name, copy, collection)),
        None if name == DYNAMIC_FIELD => meta(cell, "", object),
        None => {
            object.insert(name.to_string(), dynamic(cell));
            Ok(())
        }
    }
}

fn is_null(cell: &Cell, null: &str) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Text { text, quoted: false } => text == null,
        _ => false,
    }
}

/// A value for the dynamic field, which tells no type: text that is JSON is what JSON says, and any
/// other is a string.
fn dynamic(cell: &Cell) -> serde_json::Value {
    match cell {
        Cell::Text { text, quoted: true } if !text.starts_with(['{', '[']) => text.clone().into(),
        Cell::Text { text, .. } => {
            serde_json::from_str(text).unwrap_or_else(|_| text.clone().into())
        }
        Cell::Json(raw) => serde_json::from_str(raw).unwrap_or_else(|_| raw.clone().into()),
        Cell::Bool(flag) => (*flag).into(),
        Cell::Int(number) => (*number).into(),
        Cell::Float(number) => (*number).into(),
        Cell::Floats(values) => values.clone().into(),
        Cell::Doubles(values) => values.clone().into(),
        Cell::Ints(values) => values.clone().into(),
        Cell::Bytes(bytes) => bytes.clone().into(),
        Cell::Null => serde_json::Value::Null,
    }
}

/// The whole dynamic field, as COPY TO writes it.
fn meta(
    cell: &Cell,
    null: &str,
    object: &mut serde_json::Map<String, serde_json::Value>,
) -> Result<()> {
    if is_null(cell, null) {
        return Ok(());
    }
    match dynamic(cell) {
        serde_json::Value::Object(fields) => {
            object.extend(fields);
            Ok(())
        }
        serde_json::Value::Null => Ok(()),
        other => {
            let message = format!(
                "`{DYNAMIC_FIELD}` takes an object, and this is `{}`",
                short(&other.to_string())
            );
            Err(Diagnostic::new(Code::InvalidJson, message))
        }
    }
}
