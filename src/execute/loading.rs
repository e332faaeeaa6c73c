//! LOAD and RELEASE, and the loading that a search or a query asks for by itself.

use super::Result;
use super::catalog::{Collection, pair};
use super::context::Context;
use super::errors::{diagnose, of_table};
use super::params;
use crate::language::ast::Name;
use crate::milvus::Platform;
use crate::milvus::error::Error;
use crate::outcome::Outcome;
use crate::proto::milvus as pb;
use crate::proto::schema::DataType;

pub async fn load_statement<P: Platform>(table: &Name, partitions: &[Name], context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    index_vectors(&collection, table, None, context).await?;
    load(table, partitions, context).await.map_err(|error| diagnose(error, table.span))?;
    wait(table, partitions, context).await?;
    Ok(Outcome::done(format!("loaded {}", place(table, partitions))))
}

pub async fn release_statement<P: Platform>(table: &Name, partitions: &[Name], context: &Context<'_, P>) -> Result<Outcome> {
    context.collection(table).await?;
    release(table, partitions, context).await?;
    Ok(Outcome::done(format!("released {}", place(table, partitions))))
}

pub async fn release<P: Platform>(table: &Name, partitions: &[Name], context: &Context<'_, P>) -> Result<()> {
    let (db_name, collection_name) = (context.client.database(), table.value.clone());
    let released = if partitions.is_empty() {
        context.client.release_collection(pb::ReleaseCollectionRequest { db_name, collection_name }).await
    } else {
        let partition_names = names(partitions);
        context.client.release_partitions(pb::ReleasePartitionsRequest { db_name, collection_name, partition_names }).await
    };
    match released {
        Ok(_) => Ok(()),
        Err(error) => Err(of_table(error, table, context).await),
    }
}

fn place(table: &Name, partitions: &[Name]) -> String {
    match partitions {
        [] => table.value.clone(),
        [one] => format!("partition {one} of {table}"),
        many => format!("{} partitions of {table}", many.len()),
    }
}

fn names(partitions: &[Name]) -> Vec<String> {
    partitions.iter().map(|name| name.value.clone()).collect()
}

async fn load<P: Platform>(table: &Name, partitions: &[Name], context: &Context<'_, P>) -> Result<(), Error> {
    let (db_name, collection_name) = (context.client.database(), table.value.clone());
    if partitions.is_empty() {
        context.client.load_collection(pb::LoadCollectionRequest { db_name, collection_name, replica_number: 1 }).await?;
    } else {
        let partition_names = names(partitions);
        context.client.load_partitions(pb::LoadPartitionsRequest { db_name, collection_name, partition_names, replica_number: 1 }).await?;
    }
    Ok(())
}

/// Waits until the server has loaded everything, or says that it goes on by itself.
async fn wait<P: Platform>(table: &Name, partitions: &[Name], context: &Context<'_, P>) -> Result<()> {
    let started = context.client.platform().now();
    let mut pause = 20;
    loop {
        let request =
            pb::GetLoadingProgressRequest { collection_name: table.value.clone(), partition_names: names(partitions), db_name: context.client.database() };
        let progress = context.client.get_loading_progress(request).await.map_err(|error| diagnose(error, table.span))?.progress;
        if progress >= 100 || context.client.explaining() {
            return Ok(());
        }
        if context.client.platform().now() - started > context.settings.timeout * 1000.0 {
            context.notice(format!("{table} is loaded to {progress} % after {} s; the server goes on loading", context.settings.timeout));
            return Ok(());
        }
        context.client.pause(pause).await;
        pause = (pause * 2).min(500);
    }
}

/// Loads what a read needs, unasked, and says so.
pub async fn load_unasked<P: Platform>(collection: &Collection, table: &Name, metric: Option<(&str, &str)>, context: &Context<'_, P>) -> Result<()> {
    index_vectors(collection, table, metric, context).await?;
    load(table, &[], context).await.map_err(|error| diagnose(error, table.span))?;
    wait(table, &[], context).await?;
    context.notice(format!("loaded {table}, which was not loaded"));
    Ok(())
}

/// Gives every vector field without an index AUTOINDEX, since Milvus loads nothing otherwise: with the metric that a search
/// asks for of its field, with the usual one for others.
pub async fn index_vectors<P: Platform>(collection: &Collection, table: &Name, metric: Option<(&str, &str)>, context: &Context<'_, P>) -> Result<()> {
    for field in collection.fields.iter().filter(|field| field.is_vector() && collection.index_on(&field.name).is_none()) {
        let metric = match metric {
            Some((name, metric)) if name == field.name => metric,
            _ => params::default_metric(field.data_type),
        };
        let index_type = match field.data_type {
            DataType::BinaryVector => "BIN_FLAT",
            _ => "AUTOINDEX",
        };
        let request = pb::CreateIndexRequest {
            db_name: context.client.database(),
            collection_name: table.value.clone(),
            field_name: field.name.clone(),
            extra_params: vec![pair("index_type", index_type), pair("metric_type", metric), pair("params", "{}")],
            index_name: field.name.clone(),
        };
        context.client.create_index(request).await.map_err(|error| diagnose(error, table.span))?;
        context.forget(table);
        context.notice(format!("field {} had no index and got {index_type} with {metric}", field.name));
    }
    Ok(())
}
