//! Tables: CREATE, ALTER, TRUNCATE, DROP.

use prost::Message as _;

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::define::index;
use crate::execute::define::schema;
use crate::execute::names::COLLECTION;
use crate::execute::params::pairs_of;
use crate::language::ast::{Change, Column, CreateTable, Name};
use crate::language::print;
use crate::milvus::{Feature, Platform};
use crate::outcome::{Outcome, plural};
use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;
use milvus_proto::milvus::alter_collection_schema_request::action::Op;
use milvus_proto::milvus::alter_collection_schema_request::drop_request::Identifier;
use milvus_proto::milvus::alter_collection_schema_request::{
    Action, AddRequest, DropRequest, FieldInfo,
};
use milvus_proto::schema::CollectionSchema;

pub(crate) async fn create<P: Platform>(
    create: &CreateTable,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let table = &create.table;
    let mut fields = create
        .columns
        .iter()
        .map(|column| schema::field(column, context))
        .collect::<Result<Vec<_>>>()?;
    let functions = schema::check(create, &mut fields, context)?;
    let options = schema::options(&create.params, context)?;
    let dynamic = options.dynamic;
    let schema = CollectionSchema {
        name: table.value.clone(),
        description: options.description.clone(),
        fields,
        enable_dynamic_field: dynamic,
        functions,
        ..CollectionSchema::default()
    };
    // Milvus takes an equal schema for done and says nothing
    let there = context.collection_names(table.span).await?;
    if let Some(outcome) = to_create(table, &there, create.if_not_exists)? {
        return Ok(outcome);
    }
    // what is wrong with an index is said before anything is created
    let planned = Collection::of_schema(schema.clone());
    let plans = create
        .indexes
        .iter()
        .map(|index| index::plan(index, &planned, context))
        .collect::<Result<Vec<_>>>()?;
    send(schema, options, table, context).await?;
    for plan in &plans {
        index::build(plan, table, context).await.map_err(|error| {
            error.help(format!("collection {table} was created; `DROP TABLE {table}` removes it"))
        })?;
    }
    let mut done = format!("created collection {table}");
    if !plans.is_empty() {
        done.push_str(&format!(" with {}", plural(plans.len() as u64, "index", "indexes")));
    }
    Ok(Outcome::done(done))
}

/// Creates the collection of a schema.
pub(crate) async fn send<P: Platform>(
    schema: CollectionSchema,
    options: schema::Options,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    let request = pb::CreateCollectionRequest {
        collection_name: table.value.clone(),
        schema: schema.encode_to_vec(),
        shards_num: options.shards,
        consistency_level: options.consistency.into(),
        properties: options.properties,
        num_partitions: options.partitions,
        ..Default::default()
    };
    tell_what_never_expires(&request.properties, context);
    context.forget(table);
    context.send(request, table.span).await?;
    refresh_names(context).await;
    Ok(())
}

/// A server may take a time to live, keep it, and let no row expire.
fn tell_what_never_expires<P: Platform>(properties: &[KeyValuePair], context: &Context<'_, P>) {
    let ttl = Feature::TimeToLive;
    let version = context.client.version();
    if properties.iter().any(|pair| pair.key == ttl.words()) && !version.has(ttl) {
        context.notice(format!(
            "{} keeps `{}` and lets no row expire: DELETE removes what is old",
            version.title(),
            ttl.words()
        ));
    }
}

/// What CREATE TABLE finds before it creates: an outcome ends an IF NOT EXISTS.
pub(crate) fn to_create(
    table: &Name,
    there: &[String],
    if_not_exists: bool,
) -> Result<Option<Outcome>> {
    COLLECTION.to_create(table, there, if_not_exists).map_err(|error| {
        error.help(format!("`DROP TABLE {table}` first, or `CREATE TABLE IF NOT EXISTS`"))
    })
}

/// Completion knows the names that are there now.
async fn refresh_names<P: Platform>(context: &Context<'_, P>) {
    let _ = context.connection.collection_names().await;
}

pub(crate) async fn alter<P: Platform>(
    table: &Name,
    change: &Change,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    context.forget(table);
    let done = match change {
        Change::AddField { column, if_not_exists: true }
            if collection.find(&column.name.value).is_some() =>
        {
            format!("{table} has a field {} already", column.name)
        }
        Change::AddField { column, .. } => add_field(column, table, &collection, context).await?,
        Change::DropField(field) => drop_field(field, table, &collection, context).await?,
        Change::SetField { field, params } => {
            let properties = pairs_of(params)?;
            alter_field(field, properties, Vec::new(), table, &collection, context).await?
        }
        Change::ResetField { field, names } => {
            context.needs(Feature::ResetFieldProperties, field.span)?;
            alter_field(field, Vec::new(), keys(names), table, &collection, context).await?
        }
        Change::Rename(new) => rename(table, new, context).await?,
        Change::Set(params) => {
            alter_properties(pairs_of(params)?, Vec::new(), table, context).await?
        }
        Change::Reset(names) => {
            context.needs(Feature::ResetProperties, table.span)?;
            alter_properties(Vec::new(), keys(names), table, context).await?
        }
    };
    Ok(Outcome::done(done))
}

fn keys(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.value.clone()).collect()
}

async fn add_field<P: Platform>(
    column: &Column,
    table: &Name,
    collection: &Collection,
    context: &Context<'_, P>,
) -> Result<String> {
    let name = &column.name;
    if collection.find(&name.value).is_some() {
        let message = format!("field `{name}` is there already");
        return Err(Diagnostic::new(Code::FieldExists, message).at(name.span));
    }
    if let Some(generated) = &column.generated {
        context.needs(Feature::AddGeneratedField, generated.function.span)?;
        let function = schema::added_function(column, collection)?;
        let field =
            FieldInfo { field_schema: Some(schema::field(column, context)?), ..Default::default() };
        let added = AddRequest { field_infos: vec![field], func_schema: vec![function] };
        context.send(alter_schema(table, Op::AddRequest(added)), name.span).await?;
        return Ok(format!("added field {name} to {table}"));
    }
    if column.nullable == Some(false) || column.primary_key {
        return Err(Diagnostic::new(
            Code::SyntaxError,
            "a field that is added must be able to be NULL: the rows that are there have no value \
             of it",
        )
        .at(name.span)
        .help(format!(
            "write `ADD FIELD {}`{}",
            print::column(&Column { nullable: None, primary_key: false, ..column.clone() }),
            if column.default.is_none() { ", with `DEFAULT …` if you like" } else { "" }
        )));
    }
    let column = &Column { nullable: Some(true), ..column.clone() };
    let request = pb::AddCollectionFieldRequest {
        collection_name: table.value.clone(),
        schema: schema::field(column, context)?.encode_to_vec(),
        ..Default::default()
    };
    context.send(request, name.span).await?;
    Ok(format!("added field {name} to {table}"))
}

async fn drop_field<P: Platform>(
    field: &Name,
    table: &Name,
    collection: &Collection,
    context: &Context<'_, P>,
) -> Result<String> {
    collection.field(field)?;
    // what a function makes goes with the function
    let function = collection
        .functions
        .iter()
        .find(|function| function.output_field_names.contains(&field.value));
    let dropped = DropRequest {
        identifier: Some(match function {
            Some(function) => Identifier::FunctionName(function.name.clone()),
            None => Identifier::FieldName(field.value.clone()),
        }),
        drop_function_output_fields: function.is_some(),
    };
    context.send(alter_schema(table, Op::DropRequest(dropped)), field.span).await?;
    Ok(format!("dropped field {field} of {table}"))
}

fn alter_schema(table: &Name, op: Op) -> pb::AlterCollectionSchemaRequest {
    pb::AlterCollectionSchemaRequest {
        collection_name: table.value.clone(),
        action: Some(Action { op: Some(op) }),
        ..Default::default()
    }
}

async fn alter_field<P: Platform>(
    field: &Name,
    properties: Vec<KeyValuePair>,
    delete_keys: Vec<String>,
    table: &Name,
    collection: &Collection,
    context: &Context<'_, P>,
) -> Result<String> {
    collection.field(field)?;
    let request = pb::AlterCollectionFieldRequest {
        collection_name: table.value.clone(),
        field_name: field.value.clone(),
        properties,
        delete_keys,
        ..Default::default()
    };
    context.send(request, field.span).await?;
    Ok(format!("altered field {field} of {table}"))
}

async fn rename<P: Platform>(table: &Name, new: &Name, context: &Context<'_, P>) -> Result<String> {
    COLLECTION.to_create(new, &context.collection_names(new.span).await?, false)?;
    let request = pb::RenameCollectionRequest {
        old_name: table.value.clone(),
        new_name: new.value.clone(),
        ..Default::default()
    };
    context.send(request, new.span).await?;
    refresh_names(context).await;
    Ok(format!("renamed {table} to {new}"))
}

async fn alter_properties<P: Platform>(
    properties: Vec<KeyValuePair>,
    delete_keys: Vec<String>,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<String> {
    tell_what_never_expires(&properties, context);
    let request = pb::AlterCollectionRequest {
        collection_name: table.value.clone(),
        properties,
        delete_keys,
        ..Default::default()
    };
    context.send(request, table.span).await?;
    Ok(format!("altered {table}"))
}

pub(crate) async fn truncate<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let collection_name = table.value.clone();
    let request = pb::TruncateCollectionRequest { collection_name, ..Default::default() };
    context.send(request, table.span).await.map_err(|error| match error.code {
        Code::NotSupported => error.help(format!(
            "on this server: `SHOW CREATE TABLE {table}`, `DROP TABLE {table}`, and create it again"
        )),
        _ => error,
    })?;
    context.client.wrote(&collection.identity(), 0);
    Ok(Outcome::done(format!("emptied {table}")))
}

pub(crate) async fn drop<P: Platform>(
    table: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    // Milvus drops what is not there without a word
    let there = context.collection_names(table.span).await?;
    if !there.contains(&table.value)
        && let Ok(aliased) = Collection::fetch(context.client, &table.value).await
    {
        let message = format!("`{table}` is an alias of `{}`, and no collection", aliased.name);
        return Err(Diagnostic::new(Code::UnknownCollection, message).at(table.span).help(
            format!(
                "`DROP ALIAS {0}` removes the alias, `DROP TABLE {1}` what it stands for",
                print::name(table),
                print::name(&Name::new(aliased.name, table.span)),
            ),
        ));
    }
    let outcome = COLLECTION.to_drop(table, &there, if_exists);
    if let Some(outcome) = outcome.map_err(|error| error.label("no such collection"))? {
        return Ok(outcome);
    }
    context.forget(table);
    let collection_name = table.value.clone();
    let request = pb::DropCollectionRequest { collection_name, ..Default::default() };
    context.send(request, table.span).await?;
    refresh_names(context).await;
    Ok(Outcome::done(format!("dropped collection {table}")))
}
