//! Tables and their partitions: CREATE, DROP, SHOW, DESCRIBE.

use prost::Message as _;

use super::Result;
use super::catalog::pair;
use super::context::Context;
use super::errors::{diagnose, of_table, table_names};
use super::{loading, params};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::language::ast::{self, CreateTable, Name, Value};
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use crate::proto::common::{ConsistencyLevel, LoadState};
use crate::proto::milvus as pb;
use crate::proto::schema::{CollectionSchema, DataType, FieldSchema};

/// The column types of CREATE TABLE, Milvus's own names included.
const TYPES: &[(&str, DataType)] = &[
    ("BOOLEAN", DataType::Bool),
    ("BOOL", DataType::Bool),
    ("TINYINT", DataType::Int8),
    ("INT8", DataType::Int8),
    ("SMALLINT", DataType::Int16),
    ("INT16", DataType::Int16),
    ("INT", DataType::Int32),
    ("INTEGER", DataType::Int32),
    ("INT32", DataType::Int32),
    ("BIGINT", DataType::Int64),
    ("INT64", DataType::Int64),
    ("FLOAT", DataType::Float),
    ("DOUBLE", DataType::Double),
    ("VARCHAR", DataType::VarChar),
    ("JSON", DataType::Json),
    ("VECTOR", DataType::FloatVector),
    ("FLOAT_VECTOR", DataType::FloatVector),
    ("FLOATVEC", DataType::FloatVector),
    ("BINARYVEC", DataType::BinaryVector),
    ("BINARY_VECTOR", DataType::BinaryVector),
];

const MAX_DIM: i64 = 32_768;
const MAX_LENGTH: i64 = 65_535;

pub async fn create<P: Platform>(create: &CreateTable, context: &Context<'_, P>) -> Result<Outcome> {
    let table = &create.table;
    let fields = create.columns.iter().map(field).collect::<Result<Vec<_>>>()?;
    check(create, &fields)?;
    let mut schema = CollectionSchema { name: table.value.clone(), fields, ..CollectionSchema::default() };
    let (mut shards_num, mut consistency) = (1, ConsistencyLevel::Bounded);
    for param in &create.params {
        match param.name.value.to_ascii_lowercase().as_str() {
            "shards" | "shards_num" => shards_num = params::whole(param, 1, 64)? as i32,
            "consistency_level" => consistency = params::consistency(&params::word(param)?)?,
            "enable_dynamic_field" => schema.enable_dynamic_field = flag(param)?,
            "description" => schema.description = params::word(param)?.value,
            _ => return Err(params::unknown(param, &["shards", "consistency_level", "enable_dynamic_field", "description"])),
        }
    }
    if create.if_not_exists {
        let names = table_names(context.client).await.map_err(|error| diagnose(error, table.span))?;
        if names.contains(&table.value) {
            return Ok(Outcome::done(format!("collection {table} is there already")));
        }
    }
    send(schema, shards_num, consistency, table, context).await?;
    Ok(Outcome::done(format!("created collection {table}")))
}

/// Creates the collection of a schema.
pub async fn send<P: Platform>(schema: CollectionSchema, shards_num: i32, consistency: ConsistencyLevel, table: &Name, context: &Context<'_, P>) -> Result<()> {
    let request = pb::CreateCollectionRequest {
        db_name: context.client.database(),
        collection_name: table.value.clone(),
        schema: schema.encode_to_vec(),
        shards_num,
        consistency_level: consistency.into(),
    };
    if !context.client.explaining() {
        // Milvus takes an equal schema for done and says nothing
        let names = table_names(context.client).await.map_err(|error| diagnose(error, table.span))?;
        if names.contains(&table.value) {
            return Err(Diagnostic::new("CollectionExists", format!("collection `{table}` is there already"))
                .at(table.span)
                .help(format!("`DROP TABLE {table}` first, or `CREATE TABLE IF NOT EXISTS`")));
        }
    }
    context.forget(table);
    context.client.create_collection(request).await.map_err(|error| diagnose(error, table.span))?;
    remember_names(context).await;
    Ok(())
}

async fn remember_names<P: Platform>(context: &Context<'_, P>) {
    if let (false, Ok(names)) = (context.client.explaining(), table_names(context.client).await) {
        context.connection.catalog.set_names(names);
    }
}

fn flag(param: &ast::Param) -> Result<bool> {
    let value = params::one(param)?;
    match value.value {
        Value::Bool(flag) => Ok(flag),
        _ => Err(Diagnostic::new("InvalidValue", format!("`{}` takes TRUE or FALSE", param.name)).at(value.span)),
    }
}

fn field(column: &ast::Column) -> Result<FieldSchema> {
    let wanted = &column.data_type;
    let Some((_, data_type)) = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&wanted.value)) else {
        return Err(Diagnostic::new("UnknownType", format!("unknown type `{wanted}`")).at(wanted.span).suggest(
            &wanted.value,
            TYPES.iter().map(|(name, _)| *name),
            "there are",
        ));
    };
    let vector = matches!(data_type, DataType::FloatVector | DataType::BinaryVector);
    let mut type_params = Vec::new();
    let number = |low: i64, high: i64, what: &str, size: &Spanned<Value>| match size.value {
        Value::Int(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(Diagnostic::new("InvalidValue", format!("{what} is a whole number from {low} to {high}")).at(size.span)),
    };
    match &column.size {
        Some(size) if vector => {
            let dim = number(1, MAX_DIM * if *data_type == DataType::BinaryVector { 8 } else { 1 }, "a dimension", size)?;
            if *data_type == DataType::BinaryVector && dim % 8 != 0 {
                return Err(Diagnostic::new("InvalidValue", "the dimension of a binary vector is a multiple of 8").at(size.span));
            }
            type_params.push(pair("dim", dim));
        }
        Some(size) if *data_type == DataType::VarChar => type_params.push(pair("max_length", number(1, MAX_LENGTH, "a length in bytes", size)?)),
        Some(size) => return Err(Diagnostic::new("InvalidValue", format!("`{wanted}` takes no number")).at(size.span)),
        None if vector => {
            return Err(Diagnostic::new("MissingParameter", "a vector needs its dimension").at(wanted.span).help(format!("write `{wanted}(128)`")));
        }
        None if *data_type == DataType::VarChar => type_params.push(pair("max_length", MAX_LENGTH)),
        None => {}
    }
    Ok(FieldSchema {
        name: column.name.value.clone(),
        data_type: (*data_type).into(),
        is_primary_key: column.primary_key,
        auto_id: column.auto_increment,
        description: column.comment.clone().unwrap_or_default(),
        type_params,
        ..FieldSchema::default()
    })
}

/// What Milvus asks of a schema, said with a place.
fn check(create: &CreateTable, fields: &[FieldSchema]) -> Result<()> {
    let mut keys = create.columns.iter().zip(fields).filter(|(column, _)| column.primary_key);
    let Some((key, field)) = keys.next() else {
        return Err(Diagnostic::new("MissingPrimaryKey", "no column is the primary key").at(create.table.span).help("write `id BIGINT PRIMARY KEY`"));
    };
    if let Some((second, _)) = keys.next() {
        return Err(Diagnostic::new("SyntaxError", "a table has one primary key").at(second.name.span));
    }
    if field.data_type != DataType::Int64 as i32 && field.data_type != DataType::VarChar as i32 {
        return Err(Diagnostic::new("InvalidType", "a primary key is BIGINT or VARCHAR").at(key.data_type.span));
    }
    for (at, column) in create.columns.iter().enumerate() {
        if create.columns.iter().take(at).any(|other| other.name.value == column.name.value) {
            return Err(Diagnostic::new("SyntaxError", format!("column `{}` stands twice", column.name)).at(column.name.span));
        }
        if column.auto_increment && !column.primary_key {
            return Err(Diagnostic::new("SyntaxError", "only the primary key can be AUTO_INCREMENT").at(column.name.span));
        }
    }
    if !fields.iter().any(|field| matches!(field.data_type, 100..=199)) {
        return Err(Diagnostic::new("MissingVector", "a table needs a vector column").at(create.table.span).help("add `v VECTOR(128)`"));
    }
    Ok(())
}

pub async fn drop<P: Platform>(table: &Name, if_exists: bool, context: &Context<'_, P>) -> Result<Outcome> {
    // Milvus drops what is not there without a word
    let names = table_names(context.client).await.map_err(|error| diagnose(error, table.span))?;
    if !names.contains(&table.value) {
        // an alias is not listed, and cannot be dropped as a table
        if if_exists {
            return Ok(Outcome::done(format!("there is no collection {table}")));
        }
        return Err(Diagnostic::new("UnknownCollection", format!("unknown collection `{table}`")).at(table.span).label("no such collection").suggest(
            &table.value,
            names.iter().map(String::as_str),
            "there are",
        ));
    }
    context.forget(table);
    let request = pb::DropCollectionRequest { db_name: context.client.database(), collection_name: table.value.clone() };
    context.client.drop_collection(request).await.map_err(|error| diagnose(error, table.span))?;
    remember_names(context).await;
    Ok(Outcome::done(format!("dropped collection {table}")))
}

pub async fn show<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let names = table_names(context.client).await.map_err(|error| diagnose(error, context.span))?;
    context.connection.catalog.set_names(names.clone());
    Ok(Outcome::table(Table::texts(&["collection"], names.into_iter().map(|name| vec![name]).collect())))
}

pub async fn describe<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    let columns = ["field", "type", "key", "index", "metric", "description"].map(|name| Column::new(name, Type::Text)).to_vec();
    let text = |text: &str| if text.is_empty() { Datum::Null } else { Datum::Text(text.to_string()) };
    let mut rows = Vec::new();
    for field in &collection.fields {
        let key = match (field.primary, field.auto_id) {
            (true, true) => "primary, auto",
            (true, false) => "primary",
            _ => "",
        };
        let index = collection.index_on(&field.name);
        rows.push(vec![
            text(&field.name),
            text(&field.type_name()),
            text(key),
            text(index.map_or("", |index| &index.index_type)),
            text(index.map_or("", |index| &index.metric)),
            text(&field.description),
        ]);
    }
    let request = pb::GetLoadStateRequest { collection_name: table.value.clone(), db_name: context.client.database(), ..Default::default() };
    let state = context.client.get_load_state(request).await.map_err(|error| diagnose(error, table.span))?.state;
    let loaded = match LoadState::try_from(state) {
        Ok(LoadState::Loaded) => "loaded",
        Ok(LoadState::Loading) => "loading",
        _ => "not loaded",
    };
    let count = match context
        .client
        .get_collection_statistics(pb::GetCollectionStatisticsRequest { db_name: context.client.database(), collection_name: table.value.clone() })
        .await
    {
        Ok(reply) => super::catalog::value(&reply.stats, "row_count").unwrap_or("0").to_string(),
        Err(error) => return Err(of_table(error, table, context).await),
    };
    let dynamic = if collection.dynamic { ", dynamic fields" } else { "" };
    Ok(Outcome::table(Table::new(columns, rows)).with_done(format!("{table} is {loaded}{dynamic}, {count} rows stored")))
}

pub async fn show_partitions<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let mut names = partition_names(table, context).await?;
    names.sort();
    let rows = names.into_iter().map(|name| vec![table.value.clone(), name]).collect();
    Ok(Outcome::table(Table::texts(&["collection", "partition"], rows)))
}

pub async fn partition_names<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Vec<String>> {
    let request = pb::ShowPartitionsRequest { db_name: context.client.database(), collection_name: table.value.clone() };
    match context.client.show_partitions(request).await {
        Ok(reply) => Ok(reply.partition_names),
        Err(error) => Err(of_table(error, table, context).await),
    }
}

/// An error of a statement that names partitions: an unknown one is suggested.
pub async fn check_partitions<P: Platform>(table: &Name, partitions: &[Name], context: &Context<'_, P>) -> Result<()> {
    if partitions.is_empty() {
        return Ok(());
    }
    let names = partition_names(table, context).await?;
    for partition in partitions {
        if !names.contains(&partition.value) {
            return Err(Diagnostic::new("UnknownPartition", format!("unknown partition `{partition}`"))
                .at(partition.span)
                .label(format!("`{table}` has no such partition"))
                .suggest(&partition.value, names.iter().map(String::as_str), "it has"));
        }
    }
    Ok(())
}

pub async fn create_partition<P: Platform>(table: &Name, partition: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    if partition_names(table, context).await?.contains(&partition.value) {
        return Err(Diagnostic::new("PartitionExists", format!("partition `{partition}` is there already")).at(partition.span));
    }
    let request =
        pb::CreatePartitionRequest { db_name: context.client.database(), collection_name: table.value.clone(), partition_name: partition.value.clone() };
    context.client.create_partition(request).await.map_err(|error| diagnose(error, partition.span))?;
    Ok(Outcome::done(format!("created partition {partition} of {table}")))
}

/// Milvus drops a partition only when it is not loaded; the original's users expect it to go.
pub async fn drop_partition<P: Platform>(table: &Name, partition: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    check_partitions(table, std::slice::from_ref(partition), context).await?;
    let request =
        pb::DropPartitionRequest { db_name: context.client.database(), collection_name: table.value.clone(), partition_name: partition.value.clone() };
    let dropped = match context.client.drop_partition(request.clone()).await {
        Err(error) if error.is_loaded() => {
            loading::release(table, std::slice::from_ref(partition), context).await?;
            context.client.drop_partition(request).await
        }
        dropped => dropped,
    };
    dropped.map_err(|error| diagnose(error, partition.span))?;
    Ok(Outcome::done(format!("dropped partition {partition} of {table}")))
}
