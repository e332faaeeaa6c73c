//! UPDATE: rows are read, changed and upserted, page by page, in the partition where they are.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::evaluate::evaluate;
use crate::evaluate::order::{Way, compare, sort_rows};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::context::Context;
use crate::execute::convert::column::ColumnBuilder;
use crate::execute::define::partition::{check_partitions, partition_names};
use crate::execute::read::operand::quoted_words;
use crate::execute::read::outputs::{OutputField, Outputs};
use crate::execute::read::scan::{Read, keys_of};
use crate::execute::read::{bounds, filter, split};
use crate::execute::value::{of_datum, to_json};
use crate::execute::write::requests::{Mode, Rows, Sent};
use crate::execute::write::rows::can_upsert;
use crate::execute::write::stored::{self, StoredRow};
use crate::language::ast::{Assigned, Name, Update, Value};
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, Table, rows};
use milvus_proto::common::ConsistencyLevel;

pub(crate) async fn update<P: Platform>(
    update: &Update,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let table = &update.table;
    let collection = context.collection(table).await?;
    can_upsert(&collection, table, context)?;
    check_partitions(table, update.partition.as_slice(), context).await?;
    check_assignments(&update.assignments, &collection)?;
    let condition = bounds::without(update.filter.clone(), &collection, "update")?;
    let condition = split::condition(condition.as_ref(), &collection, context)?;
    let mut words: Vec<String> = Vec::new();
    for (_, assigned) in &update.assignments {
        if let Assigned::Expr(expr) = assigned {
            words.extend(quoted_words(expr, &collection));
        }
    }
    words.iter().for_each(|word| context.notice(word));
    // an error may come of the word that was meant otherwise
    let misread = |error: Diagnostic| match error.code {
        Code::TypeMismatch => words.iter().fold(error, |error, word| error.help(word)),
        _ => error,
    };
    let outputs = stored_fields(&collection);
    let mut done = Done::default();
    let partitions = partitions(update, &collection, context).await?;
    for partition in &partitions {
        done.last = None;
        let read = Read {
            collection: &collection,
            table,
            partitions: partition.iter().map(|name| name.value.clone()).collect(),
            expr: condition.expr.clone(),
            rest: condition.rest.clone(),
            level: Some(ConsistencyLevel::Strong),
        };
        let (mut pages, mut memory) = (Vec::new(), context.memory(table));
        let read_rows = read
            .pages(&outputs, 0, u64::MAX, context, |page| {
                memory.rows(&page.rows)?;
                pages.push(page);
                Ok(())
            })
            .await?;
        if read_rows.is_none() {
            explain(update, &read, partition.as_ref(), &outputs, context).await?;
            break;
        }
        let total = done.changed + read_rows.unwrap_or_default();
        for page in pages {
            context.has_done(format!("updating {table}"), done.changed, Some(total));
            let changed = change(update, &read, partition.as_ref(), page, &mut done, context).await;
            changed
                .map_err(misread)
                .map_err(|error| done.before(error, partition.as_ref(), partitions.len()))?;
        }
    }
    if done.vanished > 0 {
        context.notice(format!(
            "{} vanished in between, deleted by somebody else, and stayed deleted",
            rows(done.vanished)
        ));
    }
    Ok(Outcome::done(format!("updated {} of {table}", rows(done.changed))))
}

/// How far an UPDATE has come.
#[derive(Default)]
struct Done {
    changed: u64,
    /// rows that somebody else deleted meanwhile
    vanished: u64,
    /// the last row of this partition that was written back: the name of the key, and its value
    last: Option<(String, Datum)>,
}

impl Done {
    /// The error of a page behind those that were written back. To start over would change those
    /// a second time, and so the error tells where to go on: pages are in the order of the key.
    fn before(&self, error: Diagnostic, partition: Option<&Name>, partitions: usize) -> Diagnostic {
        if self.changed == 0 {
            return error;
        }
        let error = error.help(format!(
            "{} were updated before this error: to run the statement again would change them twice",
            rows(self.changed)
        ));
        let behind = self
            .last
            .as_ref()
            .map(|(key, last)| format!("`{key} > {}` in its condition", filter::key_literal(last)));
        let there = partition.filter(|_| partitions > 1);
        let there_too = there.map(|partition| format!("`PARTITION {partition}`"));
        let both: Vec<String> = there_too.into_iter().chain(behind).collect();
        let then = match there {
            Some(partition) => format!(", then in the partitions behind `{partition}` by name"),
            None => String::new(),
        };
        error.help(format!("to go on, run it with {}{then}", both.join(" and ")))
    }
}

fn check_assignments(assignments: &[(Name, Assigned)], collection: &Collection) -> Result<()> {
    for (at, (field, assigned)) in assignments.iter().enumerate() {
        check_assignment(field, assigned, collection)?;
        if assignments.iter().take(at).any(|(other, _)| other.value == field.value) {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                format!("field `{field}` stands twice"),
            )
            .at(field.span));
        }
    }
    Ok(())
}

fn check_assignment(name: &Name, assigned: &Assigned, collection: &Collection) -> Result<()> {
    if let Assigned::Expr(expr) = assigned {
        stored::check(expr, collection)?;
    }
    match collection.find(&name.value) {
        Some(field) if field.primary => {
            Err(Diagnostic::new(Code::InvalidValue, "a primary key stays what it is")
                .at(name.span)
                .help("insert the row with the other key, and delete this one"))
        }
        Some(field) if field.generated => Err(Diagnostic::new(
            Code::InvalidValue,
            format!("the server makes the values of `{name}` itself"),
        )
        .at(name.span)),
        None if !collection.dynamic => Err(collection.unknown_field(name)),
        _ => Ok(()),
    }
}

/// The partitions to go through one by one, since an upsert puts a row where it is told to; `None`
/// where the server finds the partition by a partition key.
async fn partitions<P: Platform>(
    update: &Update,
    collection: &Collection,
    context: &Context<'_, P>,
) -> Result<Vec<Option<Name>>> {
    if let Some(partition) = &update.partition {
        return Ok(vec![Some(partition.clone())]);
    }
    if collection.fields.iter().any(|field| field.partition_key) {
        return Ok(vec![None]);
    }
    let mut names = partition_names(&update.table, context).await?;
    names.sort();
    Ok(names.into_iter().map(|name| Some(Name::new(name, update.table.span))).collect())
}

/// Every field that a row is written back with, and the dynamic one.
fn stored_fields(collection: &Collection) -> Outputs {
    let mut fields: Vec<OutputField> = collection
        .fields
        .iter()
        .filter(|field| !field.generated)
        .map(|field| OutputField::whole(&field.name))
        .collect();
    if collection.dynamic {
        fields.push(OutputField::whole(DYNAMIC_FIELD));
    }
    Outputs::of_fields(fields)
}

/// Changes the rows of a page and writes them back.
async fn change<P: Platform>(
    update: &Update,
    read: &Read<'_>,
    partition: Option<&Name>,
    page: Table,
    done: &mut Done,
    context: &Context<'_, P>,
) -> Result<()> {
    let collection = read.collection;
    let key_name = &collection.primary()?.name;
    let names: Vec<String> = page.columns.iter().map(|column| column.name.clone()).collect();
    let key_at = names.iter().position(|name| name == key_name).unwrap_or(0);
    let there = still_there(read, &page, key_at, context).await?;
    let is_there = |row: &Vec<Datum>| {
        row.get(key_at)
            .is_some_and(|key| there.binary_search_by(|other| compare(other, key)).is_ok())
    };
    let present: Vec<StoredRow<'_>> = page
        .rows
        .iter()
        .filter(|row| is_there(row))
        .map(|values| StoredRow { names: &names, values })
        .collect();
    done.vanished += (page.rows.len() - present.len()) as u64;
    if present.is_empty() {
        return Ok(());
    }
    let rows = written(update, read, partition, &names, &present)?;
    let mut sent = Sent::default();
    let result = rows.send(Mode::Upsert, &mut sent, context).await;
    done.changed += sent.count;
    let last = usize::try_from(sent.count).ok().and_then(|count| count.checked_sub(1));
    if let Some(key) = last.and_then(|last| present.get(last)?.values.get(key_at)) {
        done.last = Some((key_name.clone(), key.clone()));
    }
    result
}

/// EXPLAIN reads no rows: it shows the request that writes one back, in the first partition.
async fn explain<P: Platform>(
    update: &Update,
    read: &Read<'_>,
    partition: Option<&Name>,
    outputs: &Outputs,
    context: &Context<'_, P>,
) -> Result<()> {
    let columns = outputs.columns(read.collection);
    let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
    let rows = Rows { count: 1, ..written(update, read, partition, &names, &[])? };
    rows.send(Mode::Upsert, &mut Sent::default(), context).await
}

/// Rows as they are written back.
fn written<'a>(
    update: &Update,
    read: &Read<'a>,
    partition: Option<&'a Name>,
    names: &[String],
    present: &[StoredRow<'_>],
) -> Result<Rows<'a>> {
    let (collection, table) = (read.collection, read.table);
    let columns = columns(update, collection, names, present)?;
    let dynamic = if names.iter().any(|name| name == DYNAMIC_FIELD) {
        let objects = present.iter().map(|row| dynamic_object(update, collection, *row));
        Some(objects.collect::<Result<Vec<_>>>()?)
    } else {
        None
    };
    Ok(Rows { collection, table, partition, columns, dynamic, count: present.len() })
}

/// The keys of a page that are there now: an upsert would bring back what somebody has deleted
/// since.
async fn still_there<P: Platform>(
    read: &Read<'_>,
    page: &Table,
    key_at: usize,
    context: &Context<'_, P>,
) -> Result<Vec<Datum>> {
    let key = read.collection.primary()?;
    let ids: Vec<Spanned<Value>> = page
        .rows
        .iter()
        .filter_map(|row| row.get(key_at))
        .map(|key| Spanned::new(of_datum(key), Span::default()))
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let reply = read.by_ids(&ids, vec![key.name.clone()], context).await?;
    let mut keys: Vec<Vec<Datum>> = keys_of(&reply.unwrap_or_default().fields_data, key)
        .into_iter()
        .map(|key| vec![key])
        .collect();
    sort_rows(&mut keys, 0, &[Way::ASCENDING]);
    Ok(keys.into_iter().flatten().collect())
}

/// The fields of the schema with what is assigned to them.
fn columns<'a>(
    update: &Update,
    collection: &'a Collection,
    names: &[String],
    rows: &[StoredRow<'_>],
) -> Result<Vec<ColumnBuilder<'a>>> {
    let span = update.table.span;
    let mut columns = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let Some(field) = collection.find(name) else { continue };
        let assigned = update.assignments.iter().find(|(target, _)| target.value == field.name);
        let mut column = ColumnBuilder::new(field, rows.len(), span)?;
        for row in rows {
            match assigned {
                None => column.push_stored(row.values.get(at).unwrap_or(&Datum::Null), span)?,
                Some((_, Assigned::Value(value))) => column.push(value)?,
                Some((_, Assigned::Expr(expr))) => column
                    .push_computed(&Spanned::new(of_datum(&evaluate(expr, row)?), expr.span))?,
            }
        }
        columns.push(column);
    }
    Ok(columns)
}

/// The dynamic fields of a row with what is assigned to them.
fn dynamic_object(update: &Update, collection: &Collection, row: StoredRow<'_>) -> Result<Vec<u8>> {
    let dynamic = |(name, _): &&(Name, Assigned)| collection.find(&name.value).is_none();
    let mut assignments = update.assignments.iter().filter(dynamic).peekable();
    if let (None, Some(Datum::Json(text))) = (assignments.peek(), row.stored(DYNAMIC_FIELD)) {
        return Ok(text.clone().into_bytes());
    }
    let mut object = row.dynamic().map_err(|error| error.at(update.table.span))?;
    for (name, assigned) in assignments {
        let value = match assigned {
            Assigned::Value(value) => to_json(value)?,
            Assigned::Expr(expr) => {
                to_json(&Spanned::new(of_datum(&evaluate(expr, &row)?), expr.span))?
            }
        };
        object.insert(name.value.clone(), value);
    }
    Ok(serde_json::Value::Object(object).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{dynamic_books, said, statement};
    use crate::execute::convert::datum;
    use crate::language::ast::Kind;

    fn parsed(assignments: &str) -> Update {
        match statement(&format!("UPDATE books SET {assignments} WHERE id = 1")) {
            Kind::Update(update) => *update,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_are_written_back_with_what_is_assigned() {
        let books = dynamic_books();
        let names = ["id", "year", "meta", DYNAMIC_FIELD].map(str::to_string);
        let values = [
            Datum::Int(1),
            Datum::Int(7),
            Datum::Json("{\"n\": 1}".to_string()),
            Datum::Json("{\"color\":\"red\",\"size\":2}".to_string()),
        ];
        let row = StoredRow { names: &names, values: &values };
        let update = parsed("year = year + 1, size = size * 2, meta = {'n': 2}");
        let made: Vec<String> = columns(&update, &books, &names, &[row])
            .expect("columns")
            .iter_mut()
            .map(|column| format!("{:?}", datum::column(column.take(1), 1)))
            .collect();
        assert_eq!(made, ["[Int(1)]", "[Int(8)]", "[Json(\"{\\\"n\\\":2}\")]"]);
        let object = |assignments: &str, stored: &str| {
            let values = [&values[..3], &[Datum::Json(stored.to_string())]].concat();
            let row = StoredRow { names: &names, values: &values };
            dynamic_object(&parsed(assignments), &books, row)
                .map(|object| String::from_utf8_lossy(&object).into_owned())
                .map_err(|error| said(&error))
        };
        let stored = r#"{"color":"red","size":2}"#;
        let made = object("year = year + 1, size = size * 2, meta = {'n': 2}", stored);
        assert_eq!(made, Ok(r#"{"color":"red","size":4}"#.to_string()));
        // strings stay strings, and what is not assigned stays as it is to the letter
        let stored = r#"{"a":"[1,2]","b":1.50,"c":12345678901234567890123}"#;
        let made = object("a = a, d = '{}', e = meta['n']", stored);
        let expected = r#"{"a":"[1,2]","b":1.50,"c":12345678901234567890123,"d":"{}","e":1}"#;
        assert_eq!(made, Ok(expected.to_string()));
        assert_eq!(object("year = 1", "{\"a\": NaN}"), Ok("{\"a\": NaN}".to_string()));
        let error = object("a = 1", "{\"a\": NaN}").expect_err("no JSON");
        assert!(
            error.starts_with("InvalidJson: the dynamic fields of a row are no JSON"),
            "{error}"
        );
    }

    #[test]
    fn every_field_is_read_but_what_the_server_makes() {
        let names = stored_fields(&dynamic_books()).names;
        assert_eq!(names.join(" "), "id title year price sold note tags meta v $meta");
    }

    #[test]
    fn what_cannot_be_assigned_is_refused() {
        let wrong = |assignments: &str| {
            check_assignments(&parsed(assignments).assignments, &dynamic_books())
                .map_err(|error| said(&error))
        };
        assert_eq!(wrong("year = 1, color = 'red'"), Ok(()));
        for (assignments, message) in [
            ("id = 2", "InvalidValue: a primary key stays what it is"),
            ("words = {1: 0.5}", "InvalidValue: the server makes the values of `words` itself"),
            ("year = 1, year = 2", "SyntaxError: field `year` stands twice"),
        ] {
            let error = wrong(assignments).expect_err(assignments);
            assert!(error.starts_with(message), "{assignments}: {error}");
        }
    }
}
