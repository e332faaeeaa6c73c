//! INSERT and UPSERT: the values of rows become columns, each of the field that it goes into. In:
//! a statement. Out: what was written, by the count of the server.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::context::Context;
use crate::execute::convert::column::ColumnBuilder;
use crate::execute::define::partition::check_partitions;
use crate::execute::read::constants;
use crate::execute::value::to_json;
use crate::execute::write::requests::{Mode, Rows, Sent};
use crate::language::ast::{Name, Row, Value, Write};
use crate::milvus::features::Product;
use crate::milvus::{Feature, Platform, Version};
use crate::outcome::{Outcome, rows};

pub(crate) async fn write<P: Platform>(write: &Write, context: &Context<'_, P>) -> Result<Outcome> {
    let write = &*settled(write)?;
    let collection = context.collection(&write.table).await?;
    check_partitions(&write.table, write.partition.as_slice(), context).await?;
    if write.upsert {
        can_upsert(&collection, &write.table, context)?;
    }
    let key = &collection.primary()?.name;
    if let Some(other) = write.returning.iter().find(|name| name.value != *key) {
        let message = "a write knows of what it wrote the key alone";
        return Err(Diagnostic::new(Code::NotSupported, message)
            .at(other.span)
            .help(format!("write `RETURNING {key}`, or a SELECT behind it")));
    }
    let version = context.client.version();
    let targets = targets(write, &collection, &version)?;
    let columns = columns(write, &targets)?;
    let dynamic = dynamic_objects(write, &targets, &collection)?;
    let mode = match (write.upsert, leaves_out(&columns, &collection)) {
        (false, _) => Mode::Insert,
        (true, false) => Mode::Upsert,
        (true, true) if version.has(Feature::PartialUpsert) => Mode::Partial,
        (true, true) => {
            context.notice("fields that are left out become NULL or their default on this server");
            Mode::Upsert
        }
    };
    let batch = Rows {
        collection: &collection,
        table: &write.table,
        partition: write.partition.as_ref(),
        columns,
        dynamic,
        count: write.rows.len(),
    };
    let mut sent = Sent::default();
    let result = batch.send(mode, &mut sent, context).await;
    result.map_err(|error| sent.before(error, write.upsert))?;
    let verb = if write.upsert { "upserted" } else { "inserted" };
    let mut outcome = Outcome::done(format!("{verb} {} into {}", rows(sent.count), write.table));
    if collection.primary()?.auto_id || !write.returning.is_empty() {
        outcome.tables.push(sent.ids_table(&collection)?);
    }
    Ok(outcome)
}

/// What is computed in a row comes to what it is; most rows have values alone.
fn settled(write: &Write) -> Result<Cow<'_, Write>> {
    let is_computed = |value: &Spanned<Value>| matches!(value.value, Value::Computed(_));
    if !write.rows.iter().any(|row| row.values.iter().any(is_computed)) {
        return Ok(Cow::Borrowed(write));
    }
    let rows = write.rows.iter().map(constants::settled).collect::<Result<Vec<_>>>()?;
    Ok(Cow::Owned(Write { rows, ..write.clone() }))
}

/// Refuses to write a row over where the keys are the server's own and it lets nobody name them.
pub(crate) fn can_upsert<P: Platform>(
    collection: &Collection,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    if !collection.primary()?.auto_id {
        return Ok(());
    }
    context.needs(Feature::AutoIdUpsert, table.span).map_err(|error| {
        error.help("here a row is replaced by DELETE and INSERT, which gives it another key")
    })?;
    // (internal/proxy, checkUpsertPrimaryFieldData)
    if context.client.version().product == Product::Milvus {
        context.notice(
            "Milvus gives a row with a key of AUTO_INCREMENT a new one where it is written over",
        );
    }
    Ok(())
}

enum Target<'a> {
    Field(&'a Field),
    Dynamic(&'a Name),
}

impl Target<'_> {
    fn name(&self) -> &str {
        match self {
            Target::Field(field) => &field.name,
            Target::Dynamic(name) => &name.value,
        }
    }
}

/// The field that each value of a row goes into.
fn targets<'a>(
    write: &'a Write,
    collection: &'a Collection,
    version: &Version,
) -> Result<Vec<Target<'a>>> {
    let filled = |field: &&Field| !field.generated && (!field.auto_id || write.upsert);
    let Some(names) = &write.fields else {
        return Ok(collection.fields.iter().filter(filled).map(Target::Field).collect());
    };
    let mut targets = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if names.iter().take(at).any(|other| other.value == name.value) {
            return Err(Diagnostic::new(Code::SyntaxError, format!("field `{name}` stands twice"))
                .at(name.span));
        }
        match collection.find(&name.value) {
            Some(field) if field.auto_id && !write.upsert || field.generated => {
                return Err(Diagnostic::new(
                    Code::InvalidValue,
                    format!("the server makes the values of `{name}` itself"),
                )
                .at(name.span)
                .help("leave this field out"));
            }
            Some(field) => targets.push(Target::Field(field)),
            None if collection.dynamic => targets.push(Target::Dynamic(name)),
            None => return Err(collection.unknown_field(name)),
        }
    }
    let missing: Vec<&Field> = collection
        .fields
        .iter()
        .filter(|field| filled(field) && !field.optional())
        .filter(|field| !names.iter().any(|name| name.value == field.name))
        .collect();
    // an UPSERT leaves what is left out as it is, where the server can
    let partial = write.upsert
        && version.has(Feature::PartialUpsert)
        && missing.iter().all(|field| !field.primary);
    if missing.is_empty() || partial {
        return Ok(targets);
    }
    let shown: Vec<String> = missing.iter().map(|field| format!("`{}`", field.name)).collect();
    let error =
        Diagnostic::new(Code::MissingField, format!("no value is given for {}", shown.join(", ")))
            .at(write.table.span);
    Err(match write.upsert && missing.iter().all(|field| !field.primary) {
        true => error
            .help(version.needs(Feature::PartialUpsert))
            .help("UPDATE changes single fields on any server"),
        false => {
            error.help("Milvus needs a value for every field that has no DEFAULT and is not NULL")
        }
    })
}

fn row_value<'r>(row: &'r Row, at: usize, targets: &[Target<'_>]) -> Result<&'r Spanned<Value>> {
    let expected = targets.len();
    if row.values.len() != expected {
        let names: Vec<&str> = targets.iter().map(Target::name).collect();
        let given = row.values.len();
        return Err(Diagnostic::new(
            Code::WrongCount,
            format!(
                "this row has {given} value{}, but {expected} are expected",
                if given == 1 { "" } else { "s" }
            ),
        )
        .at(row.span)
        .help(format!("a row has: {}", names.join(", "))));
    }
    row.values
        .get(at)
        .ok_or_else(|| Diagnostic::new(Code::WrongCount, "a value is missing").at(row.span))
}

/// The values of the schema's fields, column by column.
fn columns<'a>(write: &Write, targets: &[Target<'a>]) -> Result<Vec<ColumnBuilder<'a>>> {
    let mut columns = Vec::new();
    for (at, target) in targets.iter().enumerate() {
        let Target::Field(field) = target else { continue };
        let span = write
            .fields
            .as_ref()
            .and_then(|fields| fields.get(at))
            .map_or(write.table.span, |name| name.span);
        let mut column = ColumnBuilder::new(field, write.rows.len(), span)?;
        for row in &write.rows {
            column.push(row_value(row, at, targets)?)?;
        }
        columns.push(column);
    }
    Ok(columns)
}

/// The fields that the schema does not name, as one JSON object a row; an UPSERT that names none
/// leaves them as they are.
fn dynamic_objects(
    write: &Write,
    targets: &[Target<'_>],
    collection: &Collection,
) -> Result<Option<Vec<Vec<u8>>>> {
    let named = targets.iter().any(|target| matches!(target, Target::Dynamic(_)));
    if !collection.dynamic || write.upsert && !named {
        return Ok(None);
    }
    let objects = write.rows.iter().map(|row| dynamic_object(row, targets));
    objects.collect::<Result<Vec<_>>>().map(Some)
}

fn dynamic_object(row: &Row, targets: &[Target<'_>]) -> Result<Vec<u8>> {
    let mut object = serde_json::Map::new();
    for (at, target) in targets.iter().enumerate() {
        if let Target::Dynamic(name) = target {
            let value = to_json(row_value(row, at, targets)?)?;
            object.insert(name.value.clone(), value);
        }
    }
    Ok(serde_json::Value::Object(object).to_string().into_bytes())
}

/// Whether a field that could be written is not.
fn leaves_out(columns: &[ColumnBuilder<'_>], collection: &Collection) -> bool {
    collection.fields.iter().any(|field| {
        !field.generated && !field.auto_id && !columns.iter().any(|column| column.is_of(field))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::execute::catalog::fixture::{
        dynamic_books, field, index, said, schema, sized, statement,
    };
    use crate::execute::convert::datum;
    use crate::language::ast::Kind;
    use milvus_proto::schema::{DataType, FieldSchema};

    /// A key that the server makes, a string, a vector.
    fn notes() -> Collection {
        let key =
            FieldSchema { is_primary_key: true, auto_id: true, ..field("id", DataType::Int64) };
        let mut notes = Collection::of_schema(schema(vec![
            key,
            sized("text", DataType::VarChar, "max_length", 10),
            sized("v", DataType::FloatVector, "dim", 2),
        ]));
        notes.indexes = vec![index("v", "HNSW", "L2")];
        notes
    }

    fn written(text: &str) -> Write {
        match statement(text) {
            Kind::Write(write) => write,
            other => panic!("{other:?}"),
        }
    }

    /// What a statement sends: each column with its values, and the dynamic objects.
    fn sent(text: &str, collection: &Collection, version: &str) -> Result<String, String> {
        let write = written(text);
        let made = || -> Result<String> {
            let targets = targets(&write, collection, &Version::parse(version))?;
            let mut shown = String::new();
            for mut column in columns(&write, &targets)? {
                let column = column.take(write.rows.len());
                let name = column.field_name.clone();
                shown.push_str(&format!("{name}: {:?}\n", datum::column(column, write.rows.len())));
            }
            for object in dynamic_objects(&write, &targets, collection)?.unwrap_or_default() {
                shown.push_str(&String::from_utf8_lossy(&object));
            }
            Ok(shown)
        };
        made().map_err(|error| said(&error))
    }

    #[test]
    fn rows_become_columns() {
        assert_eq!(
            sent("INSERT INTO t (v, text) VALUES ([1, 2], 'a'), ([3, 4], 'b')", &notes(), "2.6.2"),
            Ok("v: [Vector([1.0, 2.0]), Vector([3.0, 4.0])]\ntext: [Text(\"a\"), Text(\"b\")]\n"
                .to_string())
        );
        // without a list the fields come in the schema's order, but for what the server makes
        assert_eq!(
            sent("INSERT INTO t VALUES ('a', [1, 2])", &notes(), "2.6.2"),
            Ok("text: [Text(\"a\")]\nv: [Vector([1.0, 2.0])]\n".to_string())
        );
        assert_eq!(
            sent("UPSERT INTO t VALUES (7, 'a', [1, 2])", &notes(), "2.6.2"),
            Ok("id: [Int(7)]\ntext: [Text(\"a\")]\nv: [Vector([1.0, 2.0])]\n".to_string())
        );
    }

    #[test]
    fn fields_that_the_schema_does_not_name_are_one_object_a_row() {
        let books = dynamic_books();
        let text = "UPSERT INTO t (id, color, size) VALUES (1, 'red', {'a': 1}), (2, NULL, '[2]')";
        assert_eq!(
            sent(text, &books, "2.6.2"),
            Ok("id: [Int(1), Int(2)]\n{\"color\":\"red\",\"size\":{\"a\":1}}\
                {\"color\":null,\"size\":\"[2]\"}"
                .to_string())
        );
        let only_key = "UPSERT INTO t (id) VALUES (1)";
        assert_eq!(sent(only_key, &books, "2.6.2"), Ok("id: [Int(1)]\n".to_string()));
        // an INSERT needs an object for every row
        let text = "INSERT INTO t (id, title, year, price, sold, tags, meta, v) VALUES (1, 'a', 1, \
            1, TRUE, [], '{}', [1, 2])";
        assert!(sent(text, &books, "2.6.2").expect("a row").ends_with("\n{}"));
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let values = "VALUES ('a', [1, 2])";
        for (text, message) in [
            (
                "INSERT INTO t (id, text, v) VALUES (1, 'a', [1, 2])",
                "InvalidValue: the server makes",
            ),
            ("INSERT INTO t (text, text) VALUES ('a', 'b')", "SyntaxError: field `text` stands"),
            ("INSERT INTO t (text, vv) VALUES ('a', [1, 2])", "UnknownField: unknown field `vv`"),
            ("INSERT INTO t (text) VALUES ('a')", "MissingField: no value is given for `v`"),
            ("INSERT INTO t VALUES ('a')", "WrongCount: this row has 1 value, but 2 are expected"),
            ("INSERT INTO t VALUES (1, [1, 2])", "TypeMismatch: a whole number does not fit"),
        ] {
            let error = sent(text, &notes(), "2.6.2").expect_err(text);
            assert!(error.starts_with(message), "{text}: {error}");
        }
        let partial = format!("UPSERT INTO t (text, v) {values}");
        let error = sent(&partial, &notes(), "2.6.2").expect_err("no key");
        assert!(error.starts_with("MissingField: no value is given for `id`; Milvus needs"));
        let partial = "UPSERT INTO t (id, text) VALUES (1, 'a')";
        assert!(sent(partial, &notes(), "2.6.2").is_ok(), "the rest stays as it is");
        let error = sent(partial, &notes(), "2.3.5").expect_err("too old");
        assert!(error.contains("an UPSERT that leaves fields out needs Milvus 2.6"), "{error}");
    }

    #[test]
    fn a_field_is_left_out_that_could_be_written() {
        let notes = notes();
        let write = written("UPSERT INTO t (id, text) VALUES (1, 'a')");
        let targets = targets(&write, &notes, &Version::default()).expect("targets");
        let mut columns = columns(&write, &targets).expect("columns");
        assert!(leaves_out(&columns, &notes), "v");
        let vector = notes.find("v").expect("a field");
        columns.push(ColumnBuilder::new(vector, 1, Span::default()).expect("a column"));
        assert!(!leaves_out(&columns, &notes), "the key is the server's");
    }
}
