//! DELETE: rows by a condition, or by their keys. What is reported is how many rows were there.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::define::partition::check_partitions;
use crate::execute::read::dialect::spell;
use crate::execute::read::outputs::{OutputField, Outputs};
use crate::execute::read::scan::Read;
use crate::execute::read::split::{self, Condition};
use crate::execute::read::{bounds, filter};
use crate::language::ast::{Filter, Name};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Outcome, Table, rows};
use milvus_proto::common::ConsistencyLevel;
use milvus_proto::milvus as pb;

pub(crate) async fn delete<P: Platform>(
    table: &Name,
    partition: Option<&Name>,
    condition: Option<&Filter>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let every_row = || {
        Diagnostic::new(Code::MissingFilter, format!("this would delete every row of `{table}`"))
            .at(table.span)
            .help(format!("add `WHERE …`; `TRUNCATE TABLE {table}` empties a table"))
    };
    let Some(condition) = condition else { return Err(every_row()) };
    check_partitions(table, partition.map(std::slice::from_ref).unwrap_or_default(), context)
        .await?;
    let condition = bounds::without(Some(condition.clone()), &collection, "delete")?;
    let condition = split::condition(condition.as_ref(), &collection, context)?;
    // as `WHERE TRUE` comes to
    if condition.expr.trim().is_empty() && condition.rest.is_none() {
        return Err(every_row());
    }
    let count = delete_where(&collection, table, partition, condition, context).await?;
    Ok(Outcome::done(format!("deleted {} from {table}", rows(count))))
}

/// Deletes what a condition matches. Milvus counts what it was asked to delete, and not what was
/// there: so the rows are counted first.
pub(crate) async fn delete_where<P: Platform>(
    collection: &Collection,
    table: &Name,
    partition: Option<&Name>,
    Condition { expr, rest }: Condition,
    context: &Context<'_, P>,
) -> Result<u64> {
    let partitions: Vec<String> = partition.iter().map(|name| name.value.clone()).collect();
    let level = Some(ConsistencyLevel::Strong);
    let read = Read { collection, table, partitions, expr, rest, level };
    if read.rest.is_some() {
        return delete_by_key(&read, partition, context).await;
    }
    let count = read.count(context).await?;
    if count == Some(0) {
        return Ok(0);
    }
    if partition.is_some() && !context.client.version().has(Feature::PartitionDelete) {
        return delete_by_key(&read, None, context).await;
    }
    send(&read, partition, read.expr.clone(), context).await?;
    Ok(count.unwrap_or(0))
}

/// Deletes what is read by its keys. A key stands in one partition alone on a server that does not
/// heed the partition.
async fn delete_by_key<P: Platform>(
    read: &Read<'_>,
    partition: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<u64> {
    let heeds = context.client.version().has(Feature::PartitionDelete);
    let partition = partition.filter(|_| heeds);
    let key = &read.collection.primary()?.name;
    let outputs = Outputs::of_fields(vec![OutputField::whole(key)]);
    let mut pages = Vec::new();
    let mut memory = context.memory(read.table);
    let take = |page: Table| {
        memory.rows(&page.rows)?;
        let keys = page.rows.iter().filter_map(|row| row.first()).map(filter::key_literal);
        pages.push(keys.collect::<Vec<_>>());
        Ok(())
    };
    if read.pages(&outputs, 0, u64::MAX, context, take).await?.is_none() {
        pages.push(Vec::new());
    }
    let mut deleted = 0;
    let total = pages.iter().map(|keys| keys.len() as u64).sum();
    for keys in pages {
        if keys.is_empty() && !context.client.explaining() {
            continue;
        }
        context.has_done(format!("deleting from {}", read.table), deleted, Some(total));
        send(read, partition, format!("{key} in [{}]", keys.join(", ")), context).await?;
        deleted += keys.len() as u64;
    }
    Ok(deleted)
}

async fn send<P: Platform>(
    read: &Read<'_>,
    partition: Option<&Name>,
    expr: String,
    context: &Context<'_, P>,
) -> Result<()> {
    let request = pb::DeleteRequest {
        db_name: context.client.database(),
        collection_name: read.table.value.clone(),
        partition_name: partition.map(|name| name.value.clone()).unwrap_or_default(),
        expr: spell(expr, &context.client.version(), read.table.span)?,
        ..Default::default()
    };
    // deleting by a condition reads, and so needs a loaded collection
    let reply = read.send(request, context).await?.unwrap_or_default();
    context.client.wrote(&read.collection.identity(), reply.timestamp);
    Ok(())
}
