//! What is loaded. Everything is in memory here; a collection that is released is refused to a
//! search all the same, so that a notebook does on a cluster what it did here.

use milvus_proto::common::{LoadState, Status};
use milvus_proto::milvus as pb;

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result, success};
use crate::schema::{Field, Schema};
use crate::service::Context;

pub(crate) fn load(
    context: &mut Context<'_>,
    request: pb::LoadCollectionRequest,
) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    loadable(collection, &request.load_fields)?;
    collection.partitions.iter_mut().for_each(|partition| partition.loaded = true);
    Ok(success())
}

pub(crate) fn release(
    context: &mut Context<'_>,
    request: pb::ReleaseCollectionRequest,
) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    collection.partitions.iter_mut().for_each(|partition| partition.loaded = false);
    Ok(success())
}

pub(crate) fn load_partitions(
    context: &mut Context<'_>,
    request: pb::LoadPartitionsRequest,
) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    loadable(collection, &request.load_fields)?;
    set(collection, &request.partition_names, true)
}

pub(crate) fn release_partitions(
    context: &mut Context<'_>,
    request: pb::ReleasePartitionsRequest,
) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    set(collection, &request.partition_names, false)
}

pub(crate) fn state(
    context: &mut Context<'_>,
    request: pb::GetLoadStateRequest,
) -> Result<pb::GetLoadStateResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name);
    let state = match collection {
        Err(error) if error.kind == Kind::CollectionNotFound => LoadState::NotExist,
        Err(error) => return Err(error),
        Ok(collection) => match loaded(collection, &request.partition_names)? {
            true => LoadState::Loaded,
            false => LoadState::NotLoad,
        },
    };
    Ok(pb::GetLoadStateResponse { status: Some(success()), state: state.into() })
}

pub(crate) fn progress(
    context: &mut Context<'_>,
    request: pb::GetLoadingProgressRequest,
) -> Result<pb::GetLoadingProgressResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    if !loaded(collection, &request.partition_names)? {
        return Err(Error::about(Kind::CollectionNotLoaded, "collection", &collection.name));
    }
    Ok(pb::GetLoadingProgressResponse {
        status: Some(success()),
        progress: 100,
        refresh_progress: 100,
    })
}

fn loaded(collection: &Collection, names: &[String]) -> Result<bool> {
    if names.is_empty() {
        return Ok(collection.is_loaded());
    }
    names.iter().try_fold(true, |all, name| Ok(all && collection.partition(name)?.loaded))
}

fn set(collection: &mut Collection, names: &[String], loaded: bool) -> Result<Status> {
    let numbers = collection.numbers_of(names)?.unwrap_or_default();
    for partition in &mut collection.partitions {
        if numbers.contains(&partition.number) {
            partition.loaded = loaded;
        }
    }
    Ok(success())
}

/// Every vector that is loaded needs an index before, as in Milvus. Which other fields are named
/// says there what is fetched ahead, and not what may be read: here all is in memory.
fn loadable(collection: &Collection, names: &[String]) -> Result<()> {
    let schema = &collection.schema;
    let named = names.iter().map(|name| {
        schema.find(name).map(|(_, field)| field).ok_or_else(|| {
            Error::invalid(format!(
                "failed to get field schema by name: fieldName({name}) not found"
            ))
        })
    });
    let named: Vec<&Field> = named.collect::<Result<_>>()?;
    if !names.is_empty() {
        check_named(schema, &named, names)?;
    }
    let loaded =
        |field: &Field| names.is_empty() || named.iter().any(|loaded| loaded.name == field.name);
    for (_, field) in schema.vectors().filter(|(_, field)| loaded(field)) {
        if collection.index_of(&field.name).is_none() {
            return Err(Error::plain(
                Kind::IndexNotFound,
                format!(
                    "there is no vector index on field: [{}], please create index firstly: index \
                     not found[collection={}]",
                    field.name, collection.name
                ),
            ));
        }
    }
    Ok(())
}

/// A list of fields has the keys and a vector.
fn check_named(schema: &Schema, named: &[&Field], names: &[String]) -> Result<()> {
    let without = |what: String| {
        let names = names.join(" ");
        Err(Error::invalid(format!("load field list [{names}] does not contain {what}")))
    };
    let primary = schema.primary_field();
    if !named.iter().any(|field| field.name == primary.name) {
        return without(format!("primary key field {}", primary.name));
    }
    if !named.iter().any(|field| field.is_vector()) {
        return without("vector field".to_string());
    }
    let is_named = |key: &&Field| named.iter().any(|field| field.name == key.name);
    let fields = || schema.fields.iter().filter(|key| !is_named(key));
    if let Some(key) = fields().find(|field| field.message.is_partition_key) {
        return without(format!("partition key field {}", key.name));
    }
    if let Some(key) = fields().find(|field| field.message.is_clustering_key) {
        return without(format!("clustering key field {}", key.name));
    }
    Ok(())
}
