//! INSERT, UPSERT, DELETE. Large inserts are split, and every count is the server's.

use super::Result;
use super::catalog::{Collection, Field};
use super::collection::check_partitions;
use super::context::Context;
use super::errors::diagnose;
use super::values::{ColumnBuilder, to_json};
use super::{filter, loading};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::language::ast::{Filter, Name, Row, Value, Write};
use crate::milvus::{Error, Platform, data};
use crate::outcome::{Column, Datum, Outcome, Table, rows};
use crate::proto::milvus as pb;
use crate::proto::schema::{DataType, FieldData, JsonArray, ScalarField, field_data, scalar_field};

/// Milvus takes messages up to 64 MiB; half of that leaves room for what it adds itself.
const MAX_REQUEST_BYTES: usize = 32 << 20;

pub async fn write<P: Platform>(write: &Write, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.collection(&write.table).await?;
    check_partitions(&write.table, write.partition.as_slice(), context).await?;
    let targets = targets(write, &collection)?;
    let count = write.rows.len();
    let mut columns = Vec::new();
    let mut dynamic: Option<Vec<Vec<u8>>> = None;
    for (at, target) in targets.iter().enumerate() {
        let Target::Field(field) = target else { continue };
        let span = write.fields.as_ref().and_then(|fields| fields.get(at)).map_or(write.table.span, |name| name.span);
        let mut column = ColumnBuilder::new(field, count, span)?;
        for row in &write.rows {
            column.push(row_value(row, at, targets.len())?)?;
        }
        columns.push(column);
    }
    // the fields that the schema does not have go into one JSON object a row
    if collection.dynamic {
        let objects = write.rows.iter().map(|row| dynamic_object(row, &targets)).collect::<Result<Vec<_>>>()?;
        dynamic = Some(objects);
    }
    let sent = send(write.upsert, &write.table, write.partition.as_ref(), columns, dynamic, count, context).await?;
    let verb = if write.upsert { "upserted" } else { "inserted" };
    let mut outcome = Outcome::done(format!("{verb} {} into {}", rows(sent.count), write.table));
    if collection.primary()?.auto_id && !context.client.explaining() {
        outcome.tables.push(ids_table(&collection, sent.ids)?);
    }
    Ok(outcome)
}

/// The ids that the server or the kernel made.
pub fn ids_table(collection: &Collection, ids: Vec<Datum>) -> Result<Table> {
    let key = collection.primary()?;
    Ok(Table::new(vec![Column::new(key.name.clone(), data::kind(key.data_type))], ids.into_iter().map(|id| vec![id]).collect()))
}

enum Target<'a> {
    Field(&'a Field),
    Dynamic(&'a Name),
}

/// The field that each value of a row goes into.
fn targets<'a>(write: &'a Write, collection: &'a Collection) -> Result<Vec<Target<'a>>> {
    let expected = |field: &&Field| (!field.auto_id || write.upsert) && !field.optional;
    let Some(names) = &write.fields else {
        return Ok(collection.fields.iter().filter(|field| !field.auto_id || write.upsert).map(Target::Field).collect());
    };
    let mut targets = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if names.iter().take(at).any(|other| other.value == name.value) {
            return Err(Diagnostic::new("SyntaxError", format!("field `{name}` stands twice")).at(name.span));
        }
        match collection.find(&name.value) {
            Some(field) if field.auto_id && !write.upsert => {
                return Err(Diagnostic::new("InvalidValue", format!("the server makes the values of `{name}` itself"))
                    .at(name.span)
                    .help("leave this field out"));
            }
            Some(field) => targets.push(Target::Field(field)),
            None if collection.dynamic => targets.push(Target::Dynamic(name)),
            None => return Err(collection.unknown_field(name)),
        }
    }
    let missing: Vec<String> = collection
        .fields
        .iter()
        .filter(expected)
        .filter(|field| !names.iter().any(|name| name.value == field.name))
        .map(|field| format!("`{}`", field.name))
        .collect();
    if !missing.is_empty() {
        return Err(Diagnostic::new("MissingField", format!("no value is given for {}", missing.join(", ")))
            .at(write.table.span)
            .help("Milvus needs a value for every field of the schema"));
    }
    Ok(targets)
}

fn row_value(row: &Row, at: usize, expected: usize) -> Result<&Spanned<Value>> {
    if row.values.len() != expected {
        let given = row.values.len();
        return Err(
            Diagnostic::new("WrongCount", format!("this row has {given} value{}, but {expected} are expected", if given == 1 { "" } else { "s" })).at(row.span)
        );
    }
    row.values.get(at).ok_or_else(|| Diagnostic::new("WrongCount", "a value is missing").at(row.span))
}

fn dynamic_object(row: &Row, targets: &[Target<'_>]) -> Result<Vec<u8>> {
    let mut object = serde_json::Map::new();
    for (at, target) in targets.iter().enumerate() {
        if let Target::Dynamic(name) = target {
            object.insert(name.value.clone(), to_json(row_value(row, at, targets.len())?, true)?);
        }
    }
    Ok(serde_json::Value::Object(object).to_string().into_bytes())
}

pub struct Sent {
    pub count: u64,
    pub ids: Vec<Datum>,
}

/// Sends columns in as many requests as they need. When one fails, the error says how much is in already.
pub async fn send<P: Platform>(
    upsert: bool,
    table: &Name,
    partition: Option<&Name>,
    mut columns: Vec<ColumnBuilder<'_>>,
    mut dynamic: Option<Vec<Vec<u8>>>,
    count: usize,
    context: &Context<'_, P>,
) -> Result<Sent> {
    let row_bytes: usize = columns.iter().map(|column| column.row_bytes(count)).sum::<usize>()
        + dynamic.as_ref().map_or(0, |objects| objects.iter().map(|object| object.len() + 5).sum::<usize>().div_ceil(count.max(1)));
    let batch = (MAX_REQUEST_BYTES / row_bytes.max(1)).clamp(1, count.max(1));
    let mut sent = Sent { count: 0, ids: Vec::new() };
    let mut left = count;
    let mut requests = 0u64;
    while left > 0 {
        let taken = batch.min(left);
        let mut fields_data: Vec<FieldData> = columns.iter_mut().map(|column| column.take(taken)).collect();
        if let Some(objects) = &mut dynamic {
            let rest = objects.split_off(taken.min(objects.len()));
            fields_data.push(dynamic_field(std::mem::replace(objects, rest)));
        }
        let reply = send_one(upsert, table, partition, fields_data, taken, context).await.map_err(|error| partly(error, sent.count, table.span))?;
        context.client.wrote(&table.value, reply.timestamp);
        let counted = if upsert { reply.upsert_cnt } else { reply.insert_cnt };
        sent.count += u64::try_from(counted).unwrap_or(0);
        sent.ids.extend(data::ids(reply.i_ds));
        left -= taken;
        requests += 1;
    }
    if requests > 1 {
        context.notice(format!("sent in {requests} requests of up to {} MiB", MAX_REQUEST_BYTES >> 20));
    }
    Ok(sent)
}

async fn send_one<P: Platform>(
    upsert: bool,
    table: &Name,
    partition: Option<&Name>,
    fields_data: Vec<FieldData>,
    count: usize,
    context: &Context<'_, P>,
) -> Result<pb::MutationResult, Error> {
    let db_name = context.client.database();
    let collection_name = table.value.clone();
    let partition_name = partition.map(|name| name.value.clone()).unwrap_or_default();
    let num_rows = u32::try_from(count).unwrap_or(u32::MAX);
    if upsert {
        context.client.upsert(pb::UpsertRequest { db_name, collection_name, partition_name, fields_data, num_rows }).await
    } else {
        context.client.insert(pb::InsertRequest { db_name, collection_name, partition_name, fields_data, num_rows }).await
    }
}

fn partly(error: Error, count: u64, span: Span) -> Diagnostic {
    let diagnostic = diagnose(error, span);
    if count == 0 {
        return diagnostic;
    }
    diagnostic.help(format!("the first {} are in: they were acknowledged before this error", rows(count)))
}

fn dynamic_field(objects: Vec<Vec<u8>>) -> FieldData {
    FieldData {
        r#type: DataType::Json.into(),
        field_name: "$meta".to_string(),
        is_dynamic: true,
        field: Some(field_data::Field::Scalars(ScalarField { data: Some(scalar_field::Data::JsonData(JsonArray { data: objects })) })),
        ..FieldData::default()
    }
}

pub async fn delete<P: Platform>(table: &Name, partition: Option<&Name>, condition: Option<&Filter>, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let Some(condition) = condition else {
        return Err(Diagnostic::new("MissingFilter", format!("this would delete every row of `{table}`"))
            .at(table.span)
            .help("add `WHERE …`, or drop the table and create it again"));
    };
    check_partitions(table, partition.map(std::slice::from_ref).unwrap_or_default(), context).await?;
    let expr = filter::print(Some(condition), &collection)?;
    let count = delete_where(&collection, table, partition, expr, context).await?;
    Ok(Outcome::done(format!("deleted {} from {table}", rows(count))))
}

/// Deletes what an expression matches. Milvus counts what it was asked to delete, and not what was there: so the ids are looked up first.
pub async fn delete_where<P: Platform>(collection: &Collection, table: &Name, partition: Option<&Name>, expr: String, context: &Context<'_, P>) -> Result<u64> {
    let partitions: Vec<String> = partition.iter().map(|name| name.value.clone()).collect();
    let count = super::query::count(collection, table, &partitions, &expr, Some(crate::proto::common::ConsistencyLevel::Strong), context).await?;
    if count == 0 && !context.client.explaining() {
        return Ok(0);
    }
    let request = pb::DeleteRequest {
        db_name: context.client.database(),
        collection_name: table.value.clone(),
        partition_name: partition.map(|name| name.value.clone()).unwrap_or_default(),
        expr,
    };
    let reply = match context.client.delete(request.clone()).await {
        // deleting by a condition reads, and so needs a loaded collection
        Err(error) if error.is_not_loaded() => {
            loading::load_unasked(collection, table, None, context).await?;
            context.client.delete(request).await
        }
        reply => reply,
    };
    let reply = reply.map_err(|error| diagnose(error, table.span))?;
    context.client.wrote(&table.value, reply.timestamp);
    Ok(count)
}
