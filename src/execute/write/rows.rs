//! INSERT, UPSERT, DELETE. Large inserts are split, and every count is the server's.

use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::execute::Result;
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::context::Context;
use crate::execute::convert::column::{ColumnBuilder, to_json};
use crate::execute::define::loading;
use crate::execute::define::partition::check_partitions;
use crate::execute::read::filter;
use crate::execute::read::scan::Read;
use crate::language::ast::{Filter, Name, Row, Value, Write};
use crate::milvus::{Error, Feature, Platform, data};
use crate::outcome::{Column, Datum, Outcome, Table, rows};
use crate::proto::common::ConsistencyLevel;
use crate::proto::milvus as pb;
use crate::proto::schema::{DataType, FieldData, JsonArray, ScalarField, field_data, scalar_field};

/// Milvus takes messages up to 64 MiB; half of that leaves room for what it adds itself.
const MAX_REQUEST_BYTES: usize = 32 << 20;

pub async fn write<P: Platform>(write: &Write, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.collection(&write.table).await?;
    check_partitions(&write.table, write.partition.as_slice(), context).await?;
    let targets = targets(write, &collection, context)?;
    let count = write.rows.len();
    let mut columns = Vec::new();
    let mut dynamic: Option<Vec<Vec<u8>>> = None;
    for (at, target) in targets.iter().enumerate() {
        let Target::Field(field) = target else { continue };
        let span = write
            .fields
            .as_ref()
            .and_then(|fields| fields.get(at))
            .map_or(write.table.span, |name| name.span);
        let mut column = ColumnBuilder::new(field, count, span)?;
        for row in &write.rows {
            column.push(row_value(row, at, targets.len())?)?;
        }
        columns.push(column);
    }
    // the fields that the schema does not have go into one JSON object a row
    if collection.dynamic
        && (!write.upsert || targets.iter().any(|target| matches!(target, Target::Dynamic(_))))
    {
        let objects = write
            .rows
            .iter()
            .map(|row| dynamic_object(row, &targets))
            .collect::<Result<Vec<_>>>()?;
        dynamic = Some(objects);
    }
    let left_out = collection.fields.iter().any(|field| {
        !field.generated && !field.auto_id && !columns.iter().any(|column| column.is_of(field))
    });
    let mut mode = if write.upsert { Mode::Upsert } else { Mode::Insert };
    if write.upsert && left_out {
        match context.client.version().has(Feature::PartialUpsert) {
            true => mode = Mode::Partial,
            false => context
                .notice("fields that are left out become NULL or their default on this server"),
        }
    }
    let sent = send(
        mode,
        &collection,
        &write.table,
        write.partition.as_ref(),
        columns,
        dynamic,
        count,
        context,
    )
    .await?;
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
    Ok(Table::new(
        vec![Column::new(key.name.clone(), data::kind(key.data_type))],
        ids.into_iter().map(|id| vec![id]).collect(),
    ))
}

enum Target<'a> {
    Field(&'a Field),
    Dynamic(&'a Name),
}

/// The field that each value of a row goes into.
fn targets<'a, P: Platform>(
    write: &'a Write,
    collection: &'a Collection,
    context: &Context<'_, P>,
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
        && context.client.version().has(Feature::PartialUpsert)
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
            .help(context.client.version().needs(Feature::PartialUpsert))
            .help("UPDATE changes single fields on any server"),
        false => {
            error.help("Milvus needs a value for every field that has no DEFAULT and is not NULL")
        }
    })
}

fn row_value(row: &Row, at: usize, expected: usize) -> Result<&Spanned<Value>> {
    if row.values.len() != expected {
        let given = row.values.len();
        return Err(Diagnostic::new(
            Code::WrongCount,
            format!(
                "this row has {given} value{}, but {expected} are expected",
                if given == 1 { "" } else { "s" }
            ),
        )
        .at(row.span));
    }
    row.values
        .get(at)
        .ok_or_else(|| Diagnostic::new(Code::WrongCount, "a value is missing").at(row.span))
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

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Insert,
    Upsert,
    /// an upsert that keeps the fields that are left out
    Partial,
}

pub struct Sent {
    pub count: u64,
    pub ids: Vec<Datum>,
}

/// Sends columns in as many requests as they need. When one fails, the error says how much is in
/// already.
#[allow(clippy::too_many_arguments)]
pub async fn send<P: Platform>(
    mode: Mode,
    collection: &Collection,
    table: &Name,
    partition: Option<&Name>,
    mut columns: Vec<ColumnBuilder<'_>>,
    mut dynamic: Option<Vec<Vec<u8>>>,
    count: usize,
    context: &Context<'_, P>,
) -> Result<Sent> {
    let row_bytes: usize = columns.iter().map(|column| column.row_bytes(count)).sum::<usize>()
        + dynamic.as_ref().map_or(0, |objects| {
            objects.iter().map(|object| object.len() + 5).sum::<usize>().div_ceil(count.max(1))
        });
    let batch = (MAX_REQUEST_BYTES / row_bytes.max(1)).clamp(1, count.max(1));
    let mut sent = Sent { count: 0, ids: Vec::new() };
    let mut left = count;
    let mut requests = 0u64;
    while left > 0 {
        let taken = batch.min(left);
        let mut fields_data: Vec<FieldData> =
            columns.iter_mut().map(|column| column.take(taken)).collect();
        if let Some(objects) = &mut dynamic {
            let rest = objects.split_off(taken.min(objects.len()));
            fields_data.push(dynamic_field(std::mem::replace(objects, rest)));
        }
        let reply = send_one(mode, table, partition, fields_data, taken, context)
            .await
            .map_err(|error| partly(context.diagnose(error, table.span), sent.count))?;
        context.client.wrote(&collection.identity(), reply.timestamp);
        let counted = if mode == Mode::Insert { reply.insert_cnt } else { reply.upsert_cnt };
        sent.count += u64::try_from(counted).unwrap_or(0);
        sent.ids.extend(data::ids(reply.i_ds));
        left -= taken;
        requests += 1;
    }
    if requests > 1 {
        context.notice(format!(
            "sent in {requests} requests of up to {} MiB",
            MAX_REQUEST_BYTES >> 20
        ));
    }
    Ok(sent)
}

async fn send_one<P: Platform>(
    mode: Mode,
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
    if mode != Mode::Insert {
        let partial_update = mode == Mode::Partial;
        context
            .client
            .send(pb::UpsertRequest {
                db_name,
                collection_name,
                partition_name,
                fields_data,
                num_rows,
                partial_update,
            })
            .await
    } else {
        context
            .client
            .send(pb::InsertRequest {
                db_name,
                collection_name,
                partition_name,
                fields_data,
                num_rows,
            })
            .await
    }
}

fn partly(diagnostic: Diagnostic, count: u64) -> Diagnostic {
    if count == 0 {
        return diagnostic;
    }
    diagnostic
        .help(format!("the first {} are in: they were acknowledged before this error", rows(count)))
}

pub fn dynamic_field(objects: Vec<Vec<u8>>) -> FieldData {
    FieldData {
        r#type: DataType::Json.into(),
        field_name: "$meta".to_string(),
        is_dynamic: true,
        field: Some(field_data::Field::Scalars(ScalarField {
            data: Some(scalar_field::Data::JsonData(JsonArray { data: objects })),
        })),
        ..FieldData::default()
    }
}

pub async fn delete<P: Platform>(
    table: &Name,
    partition: Option<&Name>,
    condition: Option<&Filter>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let Some(condition) = condition else {
        return Err(Diagnostic::new(
            Code::MissingFilter,
            format!("this would delete every row of `{table}`"),
        )
        .at(table.span)
        .help(format!("add `WHERE …`; `TRUNCATE TABLE {table}` empties a table")));
    };
    check_partitions(table, partition.map(std::slice::from_ref).unwrap_or_default(), context)
        .await?;
    let (condition, bounds) = filter::split(Some(condition.clone()), &collection)?;
    if let Some(bound) = bounds.first() {
        return Err(Diagnostic::new(
            Code::NotSupported,
            "rows are deleted by their fields, not by a distance",
        )
        .at(bound.value.span)
        .help("search first, and delete by the ids that it shows"));
    }
    let expr = filter::print(condition.as_ref(), &collection, context)?;
    let count = delete_where(&collection, table, partition, expr, context).await?;
    Ok(Outcome::done(format!("deleted {} from {table}", rows(count))))
}

/// Deletes what an expression matches. Milvus counts what it was asked to delete, and not what was
/// there: so the rows are counted first.
pub async fn delete_where<P: Platform>(
    collection: &Collection,
    table: &Name,
    partition: Option<&Name>,
    expr: String,
    context: &Context<'_, P>,
) -> Result<u64> {
    let partitions: Vec<String> = partition.iter().map(|name| name.value.clone()).collect();
    let read = Read { collection, table, partitions, expr, level: Some(ConsistencyLevel::Strong) };
    let count = read.count(context).await?;
    if count == 0 && !context.client.explaining() {
        return Ok(0);
    }
    let request = pb::DeleteRequest {
        db_name: context.client.database(),
        collection_name: table.value.clone(),
        partition_name: partition.map(|name| name.value.clone()).unwrap_or_default(),
        expr: read.expr,
    };
    let reply = match context.client.send(request.clone()).await {
        // deleting by a condition reads, and so needs a loaded collection
        Err(error) if error.is_not_loaded() => {
            loading::load_unasked(collection, table, None, context).await?;
            context.client.send(request).await
        }
        reply => reply,
    };
    let reply = reply.map_err(|error| context.diagnose(error, table.span))?;
    context.client.wrote(&collection.identity(), reply.timestamp);
    Ok(count)
}
