//! Partitions of a table: CREATE, DROP, SHOW, and the check of those that a statement names.

use crate::diagnostic::{Code, Result};
use crate::execute::context::Context;
use crate::execute::define::loading;
use crate::execute::names::PARTITION;
use crate::language::ast::Name;
use crate::milvus::Platform;
use crate::outcome::{Outcome, Table};
use milvus_proto::milvus as pb;

/// The one that every table has.
const DEFAULT_PARTITION: &str = "_default";

pub(crate) async fn show<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let mut names = partition_names(table, context).await?;
    names.sort();
    let rows = names.into_iter().map(|name| vec![table.value.clone(), name]).collect();
    Ok(Outcome::table(Table::texts(&["collection", "partition"], rows)))
}

/// SHOW PARTITION p ON t.
pub(crate) async fn show_one<P: Platform>(
    table: &Name,
    partition: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check_partitions(table, std::slice::from_ref(partition), context).await?;
    let row = vec![table.value.clone(), partition.value.clone()];
    Ok(Outcome::table(Table::texts(&["collection", "partition"], vec![row])))
}

pub(crate) async fn partition_names<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Vec<String>> {
    Ok(partitions(table, context).await?.into_iter().map(|(_, name)| name).collect())
}

/// The partitions with their ids, in the server's order.
pub(crate) async fn partitions<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Vec<(i64, String)>> {
    let collection_name = table.value.clone();
    let request = pb::ShowPartitionsRequest { collection_name, ..Default::default() };
    let reply = match context.send_of(request, table).await {
        // Milvus Lite before 3 has no partitions, but for the one that every table has
        Err(error) if error.code == Code::NotSupported => {
            return Ok(vec![(0, DEFAULT_PARTITION.to_string())]);
        }
        reply => reply?,
    };
    // a server that gives no ids is still asked for the names
    let ids = reply.partition_i_ds.into_iter().chain(std::iter::repeat(0));
    Ok(ids.zip(reply.partition_names).collect())
}

/// An error of a statement that names partitions: an unknown one is suggested.
pub(crate) async fn check_partitions<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<()> {
    if partitions.is_empty() {
        return Ok(());
    }
    let names = partition_names(table, context).await?;
    match partitions.iter().find(|partition| !names.contains(&partition.value)) {
        Some(partition) => Err(PARTITION
            .unknown(partition)
            .label(format!("`{table}` has no such partition"))
            .suggest(&partition.value, names.iter().map(String::as_str), "it has")),
        None => Ok(()),
    }
}

pub(crate) async fn create<P: Platform>(
    table: &Name,
    partition: &Name,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let there = partition_names(table, context).await?;
    if let Some(outcome) = PARTITION.to_create(partition, &there, if_not_exists)? {
        return Ok(outcome);
    }
    let request = pb::CreatePartitionRequest {
        collection_name: table.value.clone(),
        partition_name: partition.value.clone(),
        ..Default::default()
    };
    context.send(request, partition.span).await?;
    Ok(Outcome::done(format!("created partition {partition} of {table}")))
}

/// Milvus drops a partition only when it is not loaded; the original's users expect it to go.
pub(crate) async fn drop<P: Platform>(
    table: &Name,
    partition: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if if_exists && !partition_names(table, context).await?.contains(&partition.value) {
        return Ok(Outcome::done(format!("{table} has no partition {partition}")));
    }
    check_partitions(table, std::slice::from_ref(partition), context).await?;
    let request = pb::DropPartitionRequest {
        collection_name: table.value.clone(),
        partition_name: partition.value.clone(),
        ..Default::default()
    };
    let dropped = match context.client.send(request.clone()).await {
        Err(error) if error.is_loaded() => {
            loading::release(table, std::slice::from_ref(partition), context).await?;
            context.client.send(request).await
        }
        dropped => dropped,
    };
    dropped.map_err(|error| context.diagnose(error, partition.span))?;
    Ok(Outcome::done(format!("dropped partition {partition} of {table}")))
}
