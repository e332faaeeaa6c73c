//! Rows as a SELECT gives them, as columns of the table that they go into: by their place as in
//! SQL, by their name where `*` stands for them. In: what is written, the heads of the columns.
//! Out: a plan, or what is missing before anything is written; and columns for requests.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD, Field};
use crate::execute::convert::column::ColumnBuilder;
use crate::execute::value::{of_datum, to_json};
use crate::execute::write::requests::{Mode, Rows};
use crate::language::ast::{Name, Value, WriteFrom};
use crate::language::numbers;
use crate::milvus::{Feature, Version};
use crate::outcome::Datum;

pub(crate) struct Plan<'a> {
    collection: &'a Collection,
    /// the column of the SELECT that goes into a field
    fields: Vec<(usize, &'a Field)>,
    /// into a key of the dynamic field
    dynamic: Vec<(usize, String)>,
    /// into the dynamic field
    meta: Option<usize>,
    pub(crate) mode: Mode,
    /// said once
    pub(crate) notices: Vec<String>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        write: &WriteFrom,
        heads: &[String],
        by_name: bool,
        collection: &'a Collection,
        version: &Version,
    ) -> Result<Plan<'a>> {
        let mut plan = Plan {
            collection,
            fields: Vec::new(),
            dynamic: Vec::new(),
            meta: None,
            mode: if write.upsert { Mode::Upsert } else { Mode::Insert },
            notices: Vec::new(),
        };
        let filled = |field: &&Field| !field.generated && (!field.auto_id || write.upsert);
        let names: Vec<Name> = match &write.fields {
            Some(names) => names.clone(),
            None if by_name => {
                heads.iter().map(|head| Name::new(head.clone(), write.source.table.span)).collect()
            }
            None => {
                let fields = collection.fields.iter().filter(filled);
                fields.map(|field| Name::new(field.name.clone(), write.table.span)).collect()
            }
        };
        if names.len() != heads.len() {
            let expected: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
            let message = format!(
                "the SELECT gives {} columns, and {} are written: {}",
                heads.len(),
                names.len(),
                expected.join(", ")
            );
            return Err(Diagnostic::new(Code::WrongCount, message)
                .at(write.source.table.span)
                .help("name the fields in the SELECT's order: `INSERT INTO t (a, b) SELECT …`"));
        }
        for (at, name) in names.iter().enumerate() {
            plan.place(at, name, write)?;
        }
        plan.check_missing(write, version)?;
        Ok(plan)
    }

    /// Where a column goes.
    fn place(&mut self, at: usize, name: &Name, write: &WriteFrom) -> Result<()> {
        let is_named = write.fields.is_some();
        match self.collection.find(&name.value) {
            Some(field) if field.generated || field.auto_id && !write.upsert => {
                if is_named {
                    let message = format!("the server makes the values of `{name}` itself");
                    return Err(Diagnostic::new(Code::InvalidValue, message)
                        .at(name.span)
                        .help("leave this field out"));
                }
                self.notices.push(format!("`{name}` is left out: {} makes its own", write.table));
            }
            Some(field) => {
                if self.fields.iter().any(|(_, other)| other.name == field.name) {
                    let message = format!("field `{name}` stands twice");
                    return Err(Diagnostic::new(Code::SyntaxError, message).at(name.span));
                }
                self.fields.push((at, field));
            }
            None if !self.collection.dynamic => {
                let error = self.collection.unknown_field(name);
                return Err(error.help("name what is to be read, or add the field"));
            }
            None if name.value == DYNAMIC_FIELD => self.meta = Some(at),
            None => self.dynamic.push((at, name.value.clone())),
        }
        Ok(())
    }

    /// Every field that cannot be left out has a column.
    fn check_missing(&mut self, write: &WriteFrom, version: &Version) -> Result<()> {
        let is_there = |field: &Field| self.fields.iter().any(|(_, one)| one.name == field.name);
        let filled = |field: &&Field| !field.generated && (!field.auto_id || write.upsert);
        let left_out: Vec<&Field> =
            self.collection.fields.iter().filter(filled).filter(|field| !is_there(field)).collect();
        let partial = write.upsert
            && version.has(Feature::PartialUpsert)
            && left_out.iter().all(|field| !field.primary);
        if partial && !left_out.is_empty() {
            self.mode = Mode::Partial;
            return Ok(());
        }
        let missing: Vec<String> = left_out
            .iter()
            .filter(|field| !field.optional())
            .map(|field| format!("`{}`", field.name))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("the SELECT gives no value for {}", missing.join(", "));
        Err(Diagnostic::new(Code::MissingField, message)
            .at(write.table.span)
            .help("Milvus needs a value for every field that has no DEFAULT and is not NULL"))
    }

    /// Columns for requests.
    pub(crate) fn rows<'b>(&self, write: &'b WriteFrom, page: &[Vec<Datum>]) -> Result<Rows<'b>>
    where
        'a: 'b,
    {
        let span = write.source.table.span;
        let mut columns = Vec::new();
        for (at, field) in &self.fields {
            let mut column = ColumnBuilder::new(field, page.len(), span)?;
            for row in page {
                match row.get(*at).unwrap_or(&Datum::Null) {
                    stored @ Datum::Json(_) => column.push_stored(stored, span)?,
                    other => {
                        let value = match of_datum(other) {
                            // `[0.0, 1.0]` as an item is a vector where one belongs
                            Value::List(items) => numbers::list_of(items, span),
                            value => value,
                        };
                        column.push_computed(&Spanned::new(value, span))?;
                    }
                }
            }
            columns.push(column);
        }
        let is_kept = self.mode == Mode::Partial && self.meta.is_none() && self.dynamic.is_empty();
        let dynamic = match self.collection.dynamic && !is_kept {
            true => Some(page.iter().map(|row| self.object(row)).collect::<Result<Vec<_>>>()?),
            false => None,
        };
        Ok(Rows {
            collection: self.collection,
            table: &write.table,
            partition: write.partition.as_ref(),
            columns,
            dynamic,
            count: page.len(),
        })
    }

    /// The dynamic fields of a row; what is stored stays as it is to the letter where nothing is
    /// added.
    fn object(&self, row: &[Datum]) -> Result<Vec<u8>> {
        let stored = match self.meta.and_then(|at| row.get(at)) {
            Some(Datum::Json(text)) => text.as_str(),
            _ => "{}",
        };
        if self.dynamic.is_empty() {
            return Ok(stored.as_bytes().to_vec());
        }
        let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(stored)
            .map_err(|error| {
            let message = format!("the dynamic fields of a row are no JSON: {error}");
            Diagnostic::new(Code::InvalidJson, message)
        })?;
        for (at, name) in &self.dynamic {
            match row.get(*at) {
                None | Some(Datum::Null) => {}
                Some(value) => {
                    let value = Spanned::new(of_datum(value), Default::default());
                    object.insert(name.clone(), to_json(&value)?);
                }
            }
        }
        Ok(serde_json::Value::Object(object).to_string().into_bytes())
    }
}
