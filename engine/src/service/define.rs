//! Collections: created, described, changed, dropped.

use milvus_proto::common::{KeyValuePair, Status};
use milvus_proto::milvus as pb;
use milvus_proto::schema::{CollectionSchema, FieldSchema};
use prost::Message as _;

use crate::catalog::{
    Collection, DEFAULT_PARTITION, KEY_PARTITIONS, Partition, milliseconds, or_default,
};
use crate::error::{Error, Kind, Result, success};
use crate::lifetime;
use crate::schema::{Field, Schema, check_name};
use crate::segment::Segment;
use crate::segment::column::Column;
use crate::service::Context;
use crate::service::fill;
use crate::time::columns;
use crate::zone;

pub(crate) fn create(
    context: &mut Context<'_>,
    request: pb::CreateCollectionRequest,
) -> Result<Status> {
    let name = request.collection_name;
    check_name("collection", &name)?;
    let message = CollectionSchema::decode(request.schema.as_slice())
        .map_err(|error| Error::invalid(format!("the schema cannot be read: {error}")))?;
    let consistency = pb_consistency(request.consistency_level);
    zone::check(&request.properties)?;
    let database = context.catalog.database(&request.db_name)?;
    let mut properties = request.properties;
    zone::inherit(&mut properties, &database.properties);
    let mut message = CollectionSchema { name: name.clone(), ..message };
    for field in &mut message.fields {
        columns::fix_default(field, zone::of(&properties))?;
    }
    let schema = Schema::new(message)?;
    lifetime::check(&properties, &[], &schema)?;
    if let Some(there) = database.collections.get(&name) {
        // the same collection once more is no mistake
        return match same(&there.schema.message, &schema.message) {
            true => Ok(success()),
            false => Err(Error::plain(
                Kind::Unexpected,
                format!(
                    "create duplicate collection with different parameters, collection: {name}"
                ),
            )),
        };
    }
    if database.aliases.contains_key(&name) {
        return Err(Error::new(
            Kind::AliasCollectionConflict,
            format!("collection name [{name}] conflicts with an existing alias"),
        ));
    }
    let names = match (schema.partition_key(), usize::try_from(request.num_partitions)) {
        (Some(_), Ok(0)) => spread(KEY_PARTITIONS),
        (Some(_), Ok(count @ 1..=1024)) => spread(count),
        (None, Ok(0 | 1)) => vec![DEFAULT_PARTITION.to_string()],
        (None, _) => {
            return Err(Error::invalid(
                "num_partitions should only be specified with partition key field enabled",
            ));
        }
        _ => return Err(Error::invalid("partition number should be in (0, 1024]")),
    };
    let partitions = names
        .into_iter()
        .zip(0..)
        .map(|(name, number)| Partition {
            id: context.catalog.next_id(),
            name,
            number,
            loaded: false,
        })
        .collect();
    let collection = Collection {
        id: context.catalog.next_id(),
        created: context.timestamp,
        updated: context.timestamp,
        segment: Segment::new(&schema),
        properties,
        consistency,
        shards: request.shards_num.max(1),
        partitions,
        indexes: Vec::new(),
        name: name.clone(),
        schema,
    };
    context.catalog.database_mut(&request.db_name)?.collections.insert(name, collection);
    Ok(success())
}

pub(crate) fn drop(
    context: &mut Context<'_>,
    request: pb::DropCollectionRequest,
) -> Result<Status> {
    let database = context.catalog.database_mut(&request.db_name)?;
    let name = &request.collection_name;
    if database.aliases.contains_key(name) {
        return Err(Error::invalid(format!("cannot drop the collection via alias = {name}")));
    }
    let aliases = database.aliases_of(name);
    if database.collections.contains_key(name) && !aliases.is_empty() {
        return Err(Error::invalid(format!(
            "unable to drop the collection [{name}] because it has associated aliases {aliases:?}, \
             please remove all aliases before dropping the collection"
        )));
    }
    // Milvus drops what is not there without a word
    database.collections.remove(name);
    Ok(success())
}

pub(crate) fn describe(
    context: &mut Context<'_>,
    request: pb::DescribeCollectionRequest,
) -> Result<pb::DescribeCollectionResponse> {
    let catalog = &*context.catalog;
    if request.collection_name.is_empty() && request.collection_id == 0 {
        return Err(Error::invalid("collection name should not be empty"));
    }
    let (db_name, name) =
        catalog.place(&request.db_name, &request.collection_name, request.collection_id)?;
    let collection = catalog.collection(&db_name, &name)?;
    let database = catalog.database(&db_name)?;
    let key = collection.schema.partition_key().is_some();
    Ok(pb::DescribeCollectionResponse {
        status: Some(success()),
        schema: Some(collection.schema.message.clone()),
        collection_id: collection.id,
        created_timestamp: collection.created,
        created_utc_timestamp: milliseconds(collection.created),
        shards_num: collection.shards,
        aliases: database.aliases_of(&collection.name),
        consistency_level: collection.consistency.into(),
        collection_name: collection.name.clone(),
        properties: collection.properties.clone(),
        db_name,
        num_partitions: if key { collection.partitions.len() as i64 } else { 1 },
        db_id: database.id,
        request_time: context.timestamp,
        update_timestamp: collection.updated,
        update_timestamp_str: collection.updated.to_string(),
    })
}

pub(crate) fn show(
    context: &mut Context<'_>,
    request: pb::ShowCollectionsRequest,
) -> Result<pb::ShowCollectionsResponse> {
    let database = context.catalog.database(&request.db_name)?;
    let in_memory = request.r#type() == pb::ShowType::InMemory;
    let collections: Vec<&Collection> = match request.collection_names.as_slice() {
        names @ [_, ..] if in_memory => {
            let found = names.iter().map(|name| context.catalog.collection(&request.db_name, name));
            found.collect::<Result<_>>()?
        }
        // of those that are loaded
        _ => {
            let all = database.collections.values();
            all.filter(|collection| !in_memory || collection.is_loaded()).collect()
        }
    };
    let mut reply = pb::ShowCollectionsResponse { status: Some(success()), ..Default::default() };
    for collection in collections {
        reply.collection_names.push(collection.name.clone());
        reply.collection_ids.push(collection.id);
        reply.created_timestamps.push(collection.created);
        reply.created_utc_timestamps.push(milliseconds(collection.created));
        reply.shards_num.push(collection.shards);
        if in_memory {
            let loaded = collection.is_loaded();
            reply.in_memory_percentages.push(if loaded { 100 } else { 0 });
            reply.query_service_available.push(loaded);
        }
    }
    Ok(reply)
}

pub(crate) fn has(
    context: &mut Context<'_>,
    request: pb::HasCollectionRequest,
) -> Result<pb::BoolResponse> {
    let value = match context.catalog.collection(&request.db_name, &request.collection_name) {
        Ok(_) => true,
        Err(error) if error.kind == Kind::CollectionNotFound => false,
        Err(error) => return Err(error),
    };
    Ok(pb::BoolResponse { status: Some(success()), value })
}

pub(crate) fn rename(
    context: &mut Context<'_>,
    request: pb::RenameCollectionRequest,
) -> Result<Status> {
    let (old, new) = (request.old_name, request.new_name);
    check_name("collection", &new)?;
    context.catalog.collection(&request.db_name, &old)?;
    let target = match request.new_db_name.as_str() {
        "" => or_default(&request.db_name).to_string(),
        name => name.to_string(),
    };
    let into = context.catalog.database(&target)?;
    if into.collections.contains_key(&new) {
        return Err(Error::invalid(format!(
            "duplicated new collection name {target}:{new} with other collection name or alias"
        )));
    }
    if into.aliases.contains_key(&new) {
        return Err(Error::invalid(format!(
            "cannot rename collection to an existing alias: {new}"
        )));
    }
    let database = context.catalog.database_mut(&request.db_name)?;
    if database.aliases.contains_key(&old) {
        return Err(Error::invalid(format!(
            "unsupported use an alias to rename collection, alias:{old}"
        )));
    }
    let aliases = database.aliases_of(&old);
    let moves = or_default(&request.db_name) != target;
    if moves && !aliases.is_empty() {
        return Err(Error::invalid(
            "fail to rename collection to different database, must drop all aliases first",
        ));
    }
    let Some(mut collection) = database.collections.remove(&old) else { return Ok(success()) };
    for alias in aliases {
        database.aliases.insert(alias, new.clone());
    }
    collection.name.clone_from(&new);
    collection.updated = context.timestamp;
    collection.schema.message.name.clone_from(&new);
    context.catalog.database_mut(&target)?.collections.insert(new, collection);
    Ok(success())
}

pub(crate) fn truncate(
    context: &mut Context<'_>,
    request: pb::TruncateCollectionRequest,
) -> Result<pb::TruncateCollectionResponse> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    collection.segment = Segment::new(&collection.schema);
    Ok(pb::TruncateCollectionResponse { status: Some(success()) })
}

pub(crate) fn alter(
    context: &mut Context<'_>,
    request: pb::AlterCollectionRequest,
) -> Result<Status> {
    if request.properties.is_empty() && request.delete_keys.is_empty() {
        return Err(Error::invalid(
            "The collection properties to alter and keys to delete must not be empty at the same \
             time",
        ));
    }
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    lifetime::check(&request.properties, &collection.properties, &collection.schema)?;
    zone::check(&request.properties)?;
    change(&mut collection.properties, request.properties, &request.delete_keys);
    collection.updated = context.timestamp;
    Ok(success())
}

pub(crate) fn alter_field(
    context: &mut Context<'_>,
    request: pb::AlterCollectionFieldRequest,
) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let mapped = |key: &str| matches!(key, "mmap.enabled" | "mmap_enabled");
    if collection.schema.find_struct(&request.field_name).is_some() {
        if let Some(pair) = request.properties.iter().find(|pair| !mapped(&pair.key)) {
            let key = &pair.key;
            return Err(Error::invalid(format!(
                "{key} does not allow update in collection field param"
            )));
        }
        let (name, keys) = (&request.field_name, &request.delete_keys);
        collection.schema.change_struct(name, |params| change(params, request.properties, keys));
        collection.updated = context.timestamp;
        return Ok(success());
    }
    let (index, field) = collection.schema.field(&request.field_name)?;
    let mut message = field.message.clone();
    for pair in &request.properties {
        let numeric = matches!(pair.key.as_str(), "max_length" | "max_capacity");
        if numeric && crate::schema::param(&message.type_params, &pair.key).is_none() {
            return Err(Error::invalid(format!(
                "{} can not modify the {} of this field",
                request.field_name, pair.key
            )));
        }
        if !numeric && !mapped(&pair.key) {
            return Err(Error::invalid(format!(
                "{} does not allow update in collection field param",
                pair.key
            )));
        }
    }
    change(&mut message.type_params, request.properties, &request.delete_keys);
    collection.schema.replace(index, Field::read(&message)?)?;
    collection.updated = context.timestamp;
    Ok(success())
}

pub(crate) fn add_field(
    context: &mut Context<'_>,
    request: pb::AddCollectionFieldRequest,
) -> Result<Status> {
    let message = FieldSchema::decode(request.schema.as_slice())
        .map_err(|error| Error::invalid(format!("the field cannot be read: {error}")))?;
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    add(collection, message)?;
    collection.updated = context.timestamp;
    Ok(success())
}

/// Adds a field that is NULL, or its default, in the rows that are there.
pub(crate) fn add(collection: &mut Collection, message: FieldSchema) -> Result<()> {
    let name = message.name.clone();
    if collection.schema.find(&name).is_some() {
        return Err(Error::invalid(format!("duplicate field name: {name}")));
    }
    if message.is_primary_key || message.is_partition_key || message.auto_id {
        return Err(Error::invalid(format!(
            "field {name} cannot be a key: it is added to rows that are there"
        )));
    }
    let mut message = message;
    columns::fix_default(&mut message, zone::of(&collection.properties)).map_err(|error| {
        let why = error.reason;
        Error::plain(
            error.kind,
            format!("invalid default value of field, name: {name}, err: {why}"),
        )
    })?;
    let field = Field::new(&message)?;
    if !field.nullable {
        return Err(Error::invalid(format!(
            "added field must be nullable, please check it, field name = {name}"
        )));
    }
    let index = collection.schema.add(field.message.clone())?;
    let rows = collection.segment.rows();
    let Some(field) = collection.schema.fields.get(index) else { return Ok(()) };
    let column: Column = fill::missing(field, rows)?;
    collection.segment.insert_column(index, column);
    Ok(())
}

pub(crate) fn statistics(
    context: &mut Context<'_>,
    request: pb::GetCollectionStatisticsRequest,
) -> Result<pb::GetCollectionStatisticsResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    Ok(pb::GetCollectionStatisticsResponse {
        status: Some(success()),
        stats: vec![row_count(collection.segment.live_count())],
    })
}

pub(crate) fn row_count(rows: usize) -> KeyValuePair {
    KeyValuePair { key: "row_count".to_string(), value: rows.to_string() }
}

/// Sets what is given and takes away what is named.
pub(crate) fn change(
    there: &mut Vec<KeyValuePair>,
    given: Vec<KeyValuePair>,
    delete_keys: &[String],
) {
    there.retain(|pair| {
        !delete_keys.contains(&pair.key) && !given.iter().any(|new| new.key == pair.key)
    });
    there.extend(given);
}

fn spread(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{DEFAULT_PARTITION}_{number}")).collect()
}

fn pb_consistency(level: i32) -> milvus_proto::common::ConsistencyLevel {
    milvus_proto::common::ConsistencyLevel::try_from(level).unwrap_or_default()
}

/// Whether what is asked for is what is there, the numbers of fields apart.
fn same(there: &CollectionSchema, asked: &CollectionSchema) -> bool {
    there.encode_to_vec() == asked.encode_to_vec()
}
