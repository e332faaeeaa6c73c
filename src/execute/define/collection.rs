//! Tables and their partitions: CREATE, ALTER, TRUNCATE, DROP.

use prost::Message as _;

use crate::diagnostic::{Code, Diagnostic};
use crate::execute::Result;
use crate::execute::context::Context;
use crate::execute::define::index;
use crate::execute::define::loading;
use crate::execute::define::schema;
use crate::execute::errors::{diagnose, table_names};
use crate::execute::params::{pair, pairs_of};
use crate::language::ast::{Change, CreateTable, Name};
use crate::milvus::message::Field;
use crate::milvus::{Effect, Fields, Platform};
use crate::outcome::{Outcome, Table};
use crate::proto::common::KeyValuePair;
use crate::proto::schema::CollectionSchema;

pub async fn create<P: Platform>(
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
    let options = schema::options(&create.params)?;
    let dynamic = options.dynamic;
    let schema = CollectionSchema {
        name: table.value.clone(),
        description: options.description.clone(),
        fields,
        enable_dynamic_field: dynamic,
        functions,
        ..CollectionSchema::default()
    };
    if create.if_not_exists {
        let names =
            table_names(context.client).await.map_err(|error| diagnose(error, table.span))?;
        if names.contains(&table.value) {
            return Ok(Outcome::done(format!("collection {table} is there already")));
        }
    }
    // what is wrong with an index is said before anything is created
    let planned = crate::execute::catalog::collection::Collection::of_schema(schema.clone());
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
        done.push_str(&format!(
            " with {}",
            crate::outcome::plural(plans.len() as u64, "index", "indexes")
        ));
    }
    Ok(Outcome::done(done))
}

/// Creates the collection of a schema.
pub async fn send<P: Platform>(
    schema: CollectionSchema,
    options: schema::Options,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    if !context.client.explaining() {
        // Milvus takes an equal schema for done and says nothing
        let names =
            table_names(context.client).await.map_err(|error| diagnose(error, table.span))?;
        if names.contains(&table.value) {
            return Err(Diagnostic::new(
                Code::CollectionExists,
                format!("collection `{table}` is there already"),
            )
            .at(table.span)
            .help(format!("`DROP TABLE {table}` first, or `CREATE TABLE IF NOT EXISTS`")));
        }
    }
    context.forget(table);
    let fields: Fields = vec![
        ("collection_name", (&table.value).into()),
        ("schema", crate::milvus::message::Field::Bytes(schema.encode_to_vec())),
        ("shards_num", options.shards.into()),
        ("consistency_level", i64::from(options.consistency as i32).into()),
        ("properties", options.properties.into()),
        ("num_partitions", options.partitions.into()),
    ];
    context.ask("CreateCollection", Effect::Write, fields, table.span).await?;
    remember_names(context).await;
    Ok(())
}

async fn remember_names<P: Platform>(context: &Context<'_, P>) {
    if let (false, Ok(names)) = (context.client.explaining(), table_names(context.client).await) {
        context.connection.catalog.set_names(names);
    }
}

pub async fn alter<P: Platform>(
    table: &Name,
    change: &Change,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    context.forget(table);
    let of_table = |mut more: Fields| {
        let mut fields: Fields = vec![("collection_name", (&table.value).into())];
        fields.append(&mut more);
        fields
    };
    let keys = |names: &[Name]| names.iter().map(|name| name.value.clone()).collect::<Vec<_>>();
    let done = match change {
        Change::AddField(column) => {
            if collection.find(&column.name.value).is_some() {
                return Err(Diagnostic::new(
                    Code::FieldExists,
                    format!("field `{}` is there already", column.name),
                )
                .at(column.name.span));
            }
            if let Some(generated) = &column.generated {
                context.needs("ADD FIELD … GENERATED", generated.function.span)?;
                let function = schema::added_function(column, &collection)?;
                let field: Fields = vec![(
                    "field_schema",
                    Field::Bytes(schema::field(column, context)?.encode_to_vec()),
                )];
                let added: Fields = vec![
                    ("field_infos", Field::Messages(vec![field])),
                    ("func_schema", Field::Bytes(function.encode_to_vec())),
                ];
                let action: Fields = vec![("add_request", added.into())];
                context
                    .ask(
                        "AlterCollectionSchema",
                        Effect::Write,
                        of_table(vec![("action", action.into())]),
                        column.name.span,
                    )
                    .await?;
                return Ok(Outcome::done(format!("added field {} to {table}", column.name)));
            }
            if !column.nullable || column.primary_key {
                return Err(Diagnostic::new(
                    Code::SyntaxError,
                    "a field that is added must be able \
                    to be NULL: the rows that are there have no value of it",
                )
                .at(column.name.span)
                .help(format!(
                    "write `ADD FIELD {} {} NULL`, with `DEFAULT …` if you like",
                    column.name, column.data_type.name
                )));
            }
            let field = schema::field(column, context)?;
            let bytes = Field::Bytes(field.encode_to_vec());
            context
                .ask(
                    "AddCollectionField",
                    Effect::Write,
                    of_table(vec![("schema", bytes)]),
                    column.name.span,
                )
                .await?;
            format!("added field {} to {table}", column.name)
        }
        Change::DropField(field) => {
            collection.field(field)?;
            // what a function makes goes with the function
            let request: Fields = match collection
                .functions
                .iter()
                .find(|function| function.output_field_names.contains(&field.value))
            {
                Some(function) => vec![
                    ("function_name", (&function.name).into()),
                    ("drop_function_output_fields", true.into()),
                ],
                None => vec![("field_name", (&field.value).into())],
            };
            let action: Fields = vec![("drop_request", request.into())];
            context
                .ask(
                    "AlterCollectionSchema",
                    Effect::Write,
                    of_table(vec![("action", action.into())]),
                    field.span,
                )
                .await?;
            format!("dropped field {field} of {table}")
        }
        Change::SetField { field, params } => {
            collection.field(field)?;
            let fields = of_table(vec![
                ("field_name", (&field.value).into()),
                ("properties", pairs_of(params)?.into()),
            ]);
            context.ask("AlterCollectionField", Effect::Write, fields, field.span).await?;
            format!("altered field {field} of {table}")
        }
        Change::ResetField { field, names } => {
            collection.field(field)?;
            let fields = of_table(vec![
                ("field_name", (&field.value).into()),
                ("delete_keys", keys(names).into()),
            ]);
            context.ask("AlterCollectionField", Effect::Write, fields, field.span).await?;
            format!("altered field {field} of {table}")
        }
        Change::Rename(new) => {
            let names =
                table_names(context.client).await.map_err(|error| diagnose(error, new.span))?;
            if names.contains(&new.value) {
                return Err(Diagnostic::new(
                    Code::CollectionExists,
                    format!("collection `{new}` is there already"),
                )
                .at(new.span));
            }
            context
                .ask(
                    "RenameCollection",
                    Effect::Write,
                    vec![("oldName", (&table.value).into()), ("newName", (&new.value).into())],
                    new.span,
                )
                .await?;
            remember_names(context).await;
            format!("renamed {table} to {new}")
        }
        Change::Set(params) => {
            let properties: Vec<KeyValuePair> = pairs_of(params)?;
            context
                .ask(
                    "AlterCollection",
                    Effect::Write,
                    of_table(vec![("properties", properties.into())]),
                    table.span,
                )
                .await?;
            format!("altered {table}")
        }
        Change::Reset(names) => {
            context
                .ask(
                    "AlterCollection",
                    Effect::Write,
                    of_table(vec![("delete_keys", keys(names).into())]),
                    table.span,
                )
                .await?;
            format!("altered {table}")
        }
    };
    Ok(Outcome::done(done))
}

pub async fn truncate<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    context
        .ask(
            "TruncateCollection",
            Effect::Write,
            vec![("collection_name", (&table.value).into())],
            table.span,
        )
        .await
        .map_err(|error| match error.code {
            Code::NotSupported => error.help(format!(
                "on this server: `SHOW CREATE TABLE {table}`, \
            `DROP TABLE {table}`, and create it again"
            )),
            _ => error,
        })?;
    context.client.wrote(&collection.identity(), 0);
    Ok(Outcome::done(format!("emptied {table}")))
}

pub async fn drop<P: Platform>(
    table: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    // Milvus drops what is not there without a word
    let names = table_names(context.client).await.map_err(|error| diagnose(error, table.span))?;
    if !names.contains(&table.value) {
        // an alias is not listed, and cannot be dropped as a table
        if if_exists {
            return Ok(Outcome::done(format!("there is no collection {table}")));
        }
        return Err(Diagnostic::new(
            Code::UnknownCollection,
            format!("unknown collection `{table}`"),
        )
        .at(table.span)
        .label("no such collection")
        .suggest(&table.value, names.iter().map(String::as_str), "there are"));
    }
    context.forget(table);
    context
        .ask(
            "DropCollection",
            Effect::Write,
            vec![("collection_name", (&table.value).into())],
            table.span,
        )
        .await
        .map_err(|error| match error.code {
            Code::ServerError if error.message.contains("alias") => {
                error.help("`SHOW ALIASES` lists them; `DROP ALIAS a` removes one")
            }
            _ => error,
        })?;
    remember_names(context).await;
    Ok(Outcome::done(format!("dropped collection {table}")))
}

pub async fn show_partitions<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut names = partition_names(table, context).await?;
    names.sort();
    let rows = names.into_iter().map(|name| vec![table.value.clone(), name]).collect();
    Ok(Outcome::table(Table::texts(&["collection", "partition"], rows)))
}

pub async fn partition_names<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Vec<String>> {
    Ok(context
        .ask_of(
            "ShowPartitions",
            Effect::Plan,
            vec![("collection_name", (&table.value).into())],
            table,
        )
        .await?
        .texts("partition_names"))
}

/// An error of a statement that names partitions: an unknown one is suggested.
pub async fn check_partitions<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<()> {
    if partitions.is_empty() {
        return Ok(());
    }
    let names = partition_names(table, context).await?;
    for partition in partitions {
        if !names.contains(&partition.value) {
            return Err(Diagnostic::new(
                Code::UnknownPartition,
                format!("unknown partition `{partition}`"),
            )
            .at(partition.span)
            .label(format!("`{table}` has no such partition"))
            .suggest(&partition.value, names.iter().map(String::as_str), "it has"));
        }
    }
    Ok(())
}

fn of_partition(table: &Name, partition: &Name) -> Fields {
    vec![("collection_name", (&table.value).into()), ("partition_name", (&partition.value).into())]
}

pub async fn create_partition<P: Platform>(
    table: &Name,
    partition: &Name,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if partition_names(table, context).await?.contains(&partition.value) {
        return match if_not_exists {
            true => Ok(Outcome::done(format!("partition {partition} is there already"))),
            false => Err(Diagnostic::new(
                Code::PartitionExists,
                format!("partition `{partition}` is there already"),
            )
            .at(partition.span)),
        };
    }
    context
        .ask("CreatePartition", Effect::Write, of_partition(table, partition), partition.span)
        .await?;
    Ok(Outcome::done(format!("created partition {partition} of {table}")))
}

/// Milvus drops a partition only when it is not loaded; the original's users expect it to go.
pub async fn drop_partition<P: Platform>(
    table: &Name,
    partition: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if if_exists && !partition_names(table, context).await?.contains(&partition.value) {
        return Ok(Outcome::done(format!("{table} has no partition {partition}")));
    }
    check_partitions(table, std::slice::from_ref(partition), context).await?;
    let dropped = match context
        .client
        .ask("DropPartition", Effect::Write, of_partition(table, partition))
        .await
    {
        Err(error) if error.is_loaded() => {
            loading::release(table, std::slice::from_ref(partition), context).await?;
            context.client.ask("DropPartition", Effect::Write, of_partition(table, partition)).await
        }
        dropped => dropped,
    };
    dropped.map_err(|error| diagnose(error, partition.span))?;
    Ok(Outcome::done(format!("dropped partition {partition} of {table}")))
}

/// The options of a table that the original creates.
pub fn plain_options() -> schema::Options {
    schema::Options {
        shards: 1,
        consistency: crate::proto::common::ConsistencyLevel::Bounded,
        dynamic: false,
        description: String::new(),
        partitions: 0,
        properties: vec![],
    }
}

/// The type parameter of a vector.
pub fn dim(dim: i64) -> Vec<KeyValuePair> {
    vec![pair("dim", dim)]
}
