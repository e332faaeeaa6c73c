//! LOAD and RELEASE, and the loading that a search or a query asks for by itself.

use crate::execute::Result;
use crate::execute::catalog::collection::Collection;
use crate::execute::catalog::metrics::default_metric;
use crate::execute::context::Context;
use crate::execute::errors::diagnose;
use crate::execute::params::{self, pair};
use crate::language::ast::{Name, Param, Value};
use crate::milvus::error::Error;
use crate::milvus::{Effect, Fields, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use crate::proto::common::LoadState;
use crate::proto::schema::DataType;

pub async fn load_statement<P: Platform>(
    table: &Name,
    partitions: &[Name],
    fields: &[Name],
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let mut more: Fields = Vec::new();
    if let Some(first) = fields.first() {
        context.needs("LOAD … FIELDS", first.span)?;
        for field in fields {
            collection.field(field)?;
        }
        more.push(("load_fields", names(fields).into()));
    }
    for param in written {
        match param.name.value.to_ascii_lowercase().as_str() {
            "replicas" => more.push(("replica_number", params::whole(param, 1, 1_024)?.into())),
            "refresh" => more.push(("refresh", params::flag(param)?.into())),
            "resource_groups" => {
                let groups = match &params::one(param)?.value {
                    Value::List(items) => items
                        .iter()
                        .map(|item| params::text(item).map(|name| name.value))
                        .collect::<Result<Vec<_>>>()?,
                    _ => vec![params::word(param)?.value],
                };
                more.push(("resource_groups", groups.into()));
            }
            _ => return Err(params::unknown(param, &["replicas", "resource_groups", "refresh"])),
        }
    }
    index_vectors(&collection, table, None, context).await?;
    load(table, partitions, more, context).await.map_err(|error| diagnose(error, table.span))?;
    wait(table, partitions, context).await?;
    Ok(Outcome::done(format!("loaded {}", place(table, partitions))))
}

pub async fn release_statement<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    release(table, partitions, context).await?;
    Ok(Outcome::done(format!("released {}", place(table, partitions))))
}

pub async fn release<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<()> {
    let mut fields: Fields = vec![("collection_name", (&table.value).into())];
    let method = if partitions.is_empty() { "ReleaseCollection" } else { "ReleasePartitions" };
    if !partitions.is_empty() {
        fields.push(("partition_names", names(partitions).into()));
    }
    context.ask_of(method, Effect::Write, fields, table).await?;
    Ok(())
}

/// Releases what is loaded, and says so.
pub async fn release_if_loaded<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<()> {
    let state = context
        .ask_of(
            "GetLoadState",
            Effect::Plan,
            vec![("collection_name", (&table.value).into())],
            table,
        )
        .await?
        .int("state");
    if matches!(LoadState::try_from(state as i32), Ok(LoadState::Loaded | LoadState::Loading)) {
        release(table, &[], context).await?;
        context.notice(format!("released {table}, which was loaded"));
    }
    Ok(())
}

pub async fn progress<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    context.collection(table).await?;
    let fields: Fields = vec![("collection_name", (&table.value).into())];
    let state =
        context.ask("GetLoadState", Effect::Plan, fields.clone(), table.span).await?.int("state");
    let state = LoadState::try_from(state as i32).unwrap_or(LoadState::NotExist);
    let progress = match state {
        LoadState::Loaded => 100,
        LoadState::Loading => context
            .ask("GetLoadingProgress", Effect::Read, fields, table.span)
            .await?
            .int("progress"),
        _ => 0,
    };
    let word = match state {
        LoadState::Loaded => "loaded",
        LoadState::Loading => "loading",
        _ => "not loaded",
    };
    let columns = vec![
        Column::new("collection", Type::Prose),
        Column::new("state", Type::Prose),
        Column::new("percent", Type::Int),
    ];
    Ok(Outcome::table(Table::new(
        columns,
        vec![vec![
            Datum::Text(table.value.clone()),
            Datum::Text(word.to_string()),
            Datum::Int(progress),
        ]],
    )))
}

fn place(table: &Name, partitions: &[Name]) -> String {
    match partitions {
        [] => table.value.clone(),
        [one] => format!("partition {one} of {table}"),
        many => format!("{} partitions of {table}", many.len()),
    }
}

fn names(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.value.clone()).collect()
}

async fn load<P: Platform>(
    table: &Name,
    partitions: &[Name],
    more: Fields,
    context: &Context<'_, P>,
) -> Result<(), Error> {
    let mut fields: Fields = vec![("collection_name", (&table.value).into())];
    let method = if partitions.is_empty() { "LoadCollection" } else { "LoadPartitions" };
    if !partitions.is_empty() {
        fields.push(("partition_names", names(partitions).into()));
    }
    if !more.iter().any(|(name, _)| *name == "replica_number") {
        fields.push(("replica_number", 1i64.into()));
    }
    fields.extend(more);
    context.client.ask(method, Effect::Write, fields).await?;
    Ok(())
}

/// Waits until the server has loaded everything, or says that it goes on by itself.
async fn wait<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<()> {
    let started = context.client.platform().now();
    let mut pause = 20;
    loop {
        let fields: Fields = vec![
            ("collection_name", (&table.value).into()),
            ("partition_names", names(partitions).into()),
        ];
        let progress = context
            .ask("GetLoadingProgress", Effect::Read, fields, table.span)
            .await?
            .int("progress");
        if progress >= 100 || context.client.explaining() {
            return Ok(());
        }
        if context.waited(started) {
            context.notice(format!(
                "{table} is loaded to {progress} % after {} s; the server goes on: `SHOW \
                    PROGRESS OF LOADING ON {table}`",
                context.settings.timeout
            ));
            return Ok(());
        }
        context.client.pause(pause).await;
        pause = (pause * 2).min(500);
    }
}

/// Loads what a read needs, unasked, and says so.
pub async fn load_unasked<P: Platform>(
    collection: &Collection,
    table: &Name,
    metric: Option<(&str, &str)>,
    context: &Context<'_, P>,
) -> Result<()> {
    index_vectors(collection, table, metric, context).await?;
    load(table, &[], Vec::new(), context).await.map_err(|error| diagnose(error, table.span))?;
    wait(table, &[], context).await?;
    context.notice(format!("loaded {table}, which was not loaded"));
    Ok(())
}

/// Gives every vector field without an index one, since Milvus loads nothing otherwise: with the
/// metric that a search asks for of its field, with the usual one for others.
pub async fn index_vectors<P: Platform>(
    collection: &Collection,
    table: &Name,
    metric: Option<(&str, &str)>,
    context: &Context<'_, P>,
) -> Result<()> {
    for field in collection
        .fields
        .iter()
        .filter(|field| field.is_vector() && collection.index_on(&field.name).is_none())
    {
        let metric = match metric {
            Some((name, metric)) if name == field.name => metric,
            _ if field.generated => "BM25",
            _ => default_metric(field.data_type),
        };
        let index_type = match field.data_type {
            DataType::BinaryVector => "BIN_FLAT",
            DataType::SparseFloatVector => "SPARSE_INVERTED_INDEX",
            _ => "AUTOINDEX",
        };
        let fields: Fields = vec![
            ("collection_name", (&table.value).into()),
            ("field_name", (&field.name).into()),
            (
                "extra_params",
                vec![
                    pair("index_type", index_type),
                    pair("metric_type", metric),
                    pair("params", "{}"),
                ]
                .into(),
            ),
            ("index_name", (&field.name).into()),
        ];
        context.ask("CreateIndex", Effect::Write, fields, table.span).await?;
        context.forget(table);
        context.notice(format!(
            "field {} had no index and got {index_type} with {metric}",
            field.name
        ));
    }
    Ok(())
}
