//! Resource groups and replicas as on a standalone server: one node, which stays in the default
//! group, and of what is loaded one replica there.

use milvus_proto::common::Status;
use milvus_proto::milvus as pb;

use crate::error::{Error, Kind, Result, success};
use crate::service::Context;

const DEFAULT: &str = "__default_resource_group";

/// The most nodes of the default group, as Milvus has it.
const CAPACITY: i32 = 1_000_000;

/// The only node.
const NODE: i64 = 1;

pub(crate) fn list(
    context: &mut Context<'_>,
    _: pb::ListResourceGroupsRequest,
) -> Result<pb::ListResourceGroupsResponse> {
    let made = context.catalog.resource_groups().keys().cloned();
    Ok(pb::ListResourceGroupsResponse {
        status: Some(success()),
        resource_groups: std::iter::once(DEFAULT.to_string()).chain(made).collect(),
    })
}

pub(crate) fn create(
    context: &mut Context<'_>,
    request: pb::CreateResourceGroupRequest,
) -> Result<Status> {
    let name = request.resource_group;
    crate::schema::check_name("resource group", &name)?;
    let config = request.config.unwrap_or_default();
    let groups = context.catalog.resource_groups_mut();
    let other = groups.get(&name).is_some_and(|there| *there != config);
    if other || name == DEFAULT {
        return Err(Error::about(Kind::ResourceGroupExists, "rg", name));
    }
    groups.insert(name, config);
    Ok(success())
}

pub(crate) fn update(
    context: &mut Context<'_>,
    request: pb::UpdateResourceGroupsRequest,
) -> Result<Status> {
    let groups = context.catalog.resource_groups_mut();
    let mut changed = groups.clone();
    for entry in request.resource_groups {
        match changed.get_mut(&entry.key) {
            Some(config) => *config = entry.value.unwrap_or_default(),
            None => return Err(missing(&entry.key)),
        }
    }
    *groups = changed;
    Ok(success())
}

pub(crate) fn drop(
    context: &mut Context<'_>,
    request: pb::DropResourceGroupRequest,
) -> Result<Status> {
    let name = request.resource_group;
    if name == DEFAULT {
        return Err(Error::invalid("default rg is not deletable"));
    }
    let groups = context.catalog.resource_groups_mut();
    let wanted = groups.get(&name).and_then(|config| config.limits);
    if wanted.is_some_and(|limits| limits.node_num > 0) {
        return Err(Error::invalid(format!("resource group {name}'s limits node num is not 0")));
    }
    // Milvus drops what is not there without a word
    groups.remove(&name);
    Ok(success())
}

pub(crate) fn describe(
    context: &mut Context<'_>,
    request: pb::DescribeResourceGroupRequest,
) -> Result<pb::DescribeResourceGroupResponse> {
    let name = request.resource_group;
    let group = match context.catalog.resource_groups().get(&name) {
        _ if name == DEFAULT => {
            pb::ResourceGroup { capacity: CAPACITY, num_available_node: 1, config: None, name }
        }
        Some(config) => pb::ResourceGroup {
            capacity: config.requests.unwrap_or_default().node_num,
            num_available_node: 0,
            config: Some(config.clone()),
            name,
        },
        None => return Err(missing(&name)),
    };
    Ok(pb::DescribeResourceGroupResponse { status: Some(success()), resource_group: Some(group) })
}

/// The only node stays where it is.
pub(crate) fn transfer_node(
    context: &mut Context<'_>,
    request: pb::TransferNodeRequest,
) -> Result<Status> {
    let groups = context.catalog.resource_groups();
    for name in [&request.source_resource_group, &request.target_resource_group] {
        if name != DEFAULT && !groups.contains_key(name) {
            return Err(missing(name));
        }
    }
    Err(Error::about(Kind::ResourceGroupNodeNotEnough, "rg", request.source_resource_group))
}

/// And so does what it has loaded.
pub(crate) fn transfer_replica(
    context: &mut Context<'_>,
    request: pb::TransferReplicaRequest,
) -> Result<Status> {
    context.catalog.collection(&request.db_name, &request.collection_name)?;
    let groups = context.catalog.resource_groups();
    for name in [&request.source_resource_group, &request.target_resource_group] {
        if name != DEFAULT && !groups.contains_key(name) {
            return Err(missing(name));
        }
    }
    Err(Error::about(Kind::ResourceGroupNodeNotEnough, "rg", request.target_resource_group))
}

pub(crate) fn replicas(
    context: &mut Context<'_>,
    request: pb::GetReplicasRequest,
) -> Result<pb::GetReplicasResponse> {
    let catalog = &*context.catalog;
    let (database, name) =
        catalog.place(&request.db_name, &request.collection_name, request.collection_id)?;
    let collection = catalog.collection(&database, &name)?;
    collection.readable()?;
    // named where they were loaded one by one
    let all = collection.partitions.iter().all(|partition| partition.loaded);
    let loaded = collection.partitions.iter().filter(|partition| partition.loaded && !all);
    let replica = pb::ReplicaInfo {
        replica_id: collection.id,
        collection_id: collection.id,
        partition_ids: loaded.map(|partition| partition.id).collect(),
        node_ids: vec![NODE],
        resource_group_name: DEFAULT.to_string(),
    };
    Ok(pb::GetReplicasResponse { status: Some(success()), replicas: vec![replica] })
}

fn missing(name: &str) -> Error {
    Error::about(Kind::ResourceGroupNotFound, "rg", name)
}
