//! Partitions of a collection.

use milvus_proto::common::Status;
use milvus_proto::milvus as pb;

use crate::catalog::{Collection, DEFAULT_PARTITION, Partition, milliseconds};
use crate::error::{Error, Result, success};
use crate::service::Context;
use crate::service::define::row_count;

const MAX_PARTITIONS: usize = 1_024;

pub(crate) fn create(
    context: &mut Context<'_>,
    request: pb::CreatePartitionRequest,
) -> Result<Status> {
    let id = context.catalog.next_id();
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    not_by_key(collection)?;
    let name = request.partition_name;
    check_name(&name)?;
    // the same partition once more is no mistake
    if collection.partition(&name).is_ok() {
        return Ok(success());
    }
    if collection.partitions.len() >= MAX_PARTITIONS {
        return Err(Error::invalid(format!(
            "exceeded the limit number of partitions {MAX_PARTITIONS}"
        )));
    }
    let number = collection.partitions.iter().map(|partition| partition.number + 1).max();
    let loaded = collection.is_loaded();
    collection.partitions.push(Partition { id, name, number: number.unwrap_or(0), loaded });
    Ok(success())
}

pub(crate) fn drop(context: &mut Context<'_>, request: pb::DropPartitionRequest) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    not_by_key(collection)?;
    let name = &request.partition_name;
    if name == DEFAULT_PARTITION {
        return Err(Error::invalid("default partition cannot be deleted"));
    }
    // Milvus drops what is not there without a word
    let Ok(partition) = collection.partition(name) else { return Ok(success()) };
    if partition.loaded {
        return Err(Error::invalid(
            "partition cannot be dropped, partition is loaded, please release it first",
        ));
    }
    let number = partition.number;
    collection.segment.delete_partition(number);
    collection.partitions.retain(|partition| partition.number != number);
    Ok(success())
}

pub(crate) fn show(
    context: &mut Context<'_>,
    request: pb::ShowPartitionsRequest,
) -> Result<pb::ShowPartitionsResponse> {
    let catalog = &*context.catalog;
    let (database, name) =
        catalog.place(&request.db_name, &request.collection_name, request.collection_id)?;
    let collection = catalog.collection(&database, &name)?;
    let named = request.partition_names.iter().map(|name| collection.partition(name));
    let partitions: Vec<&Partition> = match request.partition_names.is_empty() {
        true => collection.partitions.iter().collect(),
        false => named.collect::<Result<_>>()?,
    };
    let partitions = || partitions.iter();
    // numbers are moments: those of their partitions' creation
    let created = || partitions().map(|partition| partition.id.cast_unsigned());
    let percent = |partition: &&Partition| if partition.loaded { 100 } else { 0 };
    let in_memory = request.r#type() == pb::ShowType::InMemory;
    Ok(pb::ShowPartitionsResponse {
        status: Some(success()),
        partition_names: partitions().map(|partition| partition.name.clone()).collect(),
        partition_i_ds: partitions().map(|partition| partition.id).collect(),
        created_timestamps: created().collect(),
        created_utc_timestamps: created().map(milliseconds).collect(),
        in_memory_percentages: partitions().filter(|_| in_memory).map(percent).collect(),
    })
}

pub(crate) fn has(
    context: &mut Context<'_>,
    request: pb::HasPartitionRequest,
) -> Result<pb::BoolResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    let value = collection.partition(&request.partition_name).is_ok();
    Ok(pb::BoolResponse { status: Some(success()), value })
}

pub(crate) fn statistics(
    context: &mut Context<'_>,
    request: pb::GetPartitionStatisticsRequest,
) -> Result<pb::GetPartitionStatisticsResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    let number = collection.partition(&request.partition_name)?.number;
    let mut rows = collection.segment.in_partitions(&[number]);
    rows.and(&collection.segment.live());
    Ok(pb::GetPartitionStatisticsResponse {
        status: Some(success()),
        stats: vec![row_count(rows.count())],
    })
}

/// The partitions of a partition key are the server's own.
fn not_by_key(collection: &Collection) -> Result<()> {
    match collection.schema.partition_key() {
        Some(_) => Err(Error::invalid("disable create partition if partition key mode is used")),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<()> {
    let wrong = |why: &str| Err(Error::invalid(format!("Invalid partition name: {name}. {why}")));
    if name.trim().is_empty() {
        return wrong("Partition name should not be empty.");
    }
    if name.len() > 255 {
        return wrong("The length of a partition name must be less than 255 characters.");
    }
    let right = |char: char| char == '_' || char.is_ascii_alphanumeric();
    if !name.starts_with(right) {
        return wrong("The first character of a partition name must be an underscore or letter.");
    }
    if !name.chars().all(|char| right(char) || char == '-') {
        return wrong("Partition name can only contain numbers, letters and underscores.");
    }
    Ok(())
}
