//! FLUSH, COMPACT, STATS: what keeps a collection in shape, and what it is made of.

use std::collections::BTreeMap;

use super::Result;
use super::catalog::value;
use super::context::Context;
use super::errors::{diagnose, of_table};
use crate::language::ast::Name;
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use crate::proto::common::SegmentState;
use crate::proto::milvus as pb;

/// Flushes, and waits until the segments are written.
pub async fn flush<P: Platform>(tables: &[Name], context: &Context<'_, P>) -> Result<Outcome> {
    for table in tables {
        context.collection(table).await?;
    }
    for table in tables {
        let request = pb::FlushRequest { db_name: context.client.database(), collection_names: vec![table.value.clone()] };
        let reply = match context.client.flush(request).await {
            Ok(reply) => reply,
            Err(error) => return Err(of_table(error, table, context).await),
        };
        let segments = reply.coll_seg_i_ds.get(&table.value).map(|ids| ids.data.clone()).unwrap_or_default();
        let flush_ts = reply.coll_flush_ts.get(&table.value).copied().unwrap_or(0);
        let started = context.client.platform().now();
        loop {
            let request =
                pb::GetFlushStateRequest { segment_i_ds: segments.clone(), flush_ts, db_name: context.client.database(), collection_name: table.value.clone() };
            let flushed = context.client.get_flush_state(request).await.map_err(|error| diagnose(error, table.span))?.flushed;
            if flushed || context.client.explaining() {
                break;
            }
            if context.client.platform().now() - started > context.settings.timeout * 1000.0 {
                context.notice(format!("{table} is not flushed after {} s; the server goes on", context.settings.timeout));
                break;
            }
            context.client.pause(200).await;
        }
    }
    let names: Vec<&str> = tables.iter().map(|table| table.value.as_str()).collect();
    Ok(Outcome::done(format!("flushed {}", names.join(", "))))
}

pub async fn compact<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let request = pb::ManualCompactionRequest { collection_id: collection.id, collection_name: table.value.clone(), db_name: context.client.database() };
    context.client.manual_compaction(request).await.map_err(|error| diagnose(error, table.span))?;
    Ok(Outcome::done(format!("compaction of {table} has begun")))
}

/// Segments by partition, as the original showed them; rows by partition where the server does not tell its segments.
pub async fn stats<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let database = context.client.database();
    let request = pb::ShowPartitionsRequest { db_name: database.clone(), collection_name: table.value.clone() };
    let partitions = match context.client.show_partitions(request).await {
        Ok(reply) => reply,
        Err(error) => return Err(of_table(error, table, context).await),
    };
    let names: BTreeMap<i64, String> = partitions.partition_i_ds.iter().copied().zip(partitions.partition_names.iter().cloned()).collect();
    let request = pb::GetPersistentSegmentInfoRequest { db_name: database.clone(), collection_name: table.value.clone() };
    let segments = match context.client.get_persistent_segment_info(request).await {
        Ok(reply) => reply.infos,
        Err(error) if error.is_unimplemented() => {
            context.notice("this server does not tell its segments; these are the rows of each partition");
            return partition_rows(table, partitions.partition_names, context).await;
        }
        Err(error) => return Err(diagnose(error, table.span)),
    };
    let request = pb::GetQuerySegmentInfoRequest { db_name: database, collection_name: table.value.clone() };
    // a collection that is not loaded has none, and some versions call that an error
    let loaded = context.client.get_query_segment_info(request).await.map(|reply| reply.infos).unwrap_or_default();
    let mut rows: Vec<(String, i64, Vec<Datum>)> = segments
        .into_iter()
        .map(|segment| {
            let partition = names.get(&segment.partition_id).cloned().unwrap_or_else(|| segment.partition_id.to_string());
            let state = SegmentState::try_from(segment.state).map_or("unknown", |state| state.as_str_name());
            let index = loaded.iter().find(|info| info.segment_id == segment.segment_id);
            let index = index.map_or(Datum::Null, |info| Datum::Text(info.index_name.clone()));
            let row = vec![Datum::Text(partition.clone()), Datum::Int(segment.segment_id), Datum::Int(segment.num_rows), Datum::Text(state.to_string()), index];
            (partition, segment.segment_id, row)
        })
        .collect();
    rows.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let columns = vec![
        Column::new("partition", Type::Text),
        Column::new("segment", Type::Int),
        Column::new("rows", Type::Int),
        Column::new("state", Type::Text),
        Column::new("index", Type::Text),
    ];
    let count = rows.len() as u64;
    let done = crate::outcome::plural(count, "segment", "segments");
    let outcome = Outcome::table(Table::new(columns, rows.into_iter().map(|(_, _, row)| row).collect())).with_done(done);
    if count == 0 {
        context.notice(format!("nothing of {table} is on disk yet: `FLUSH {table}` writes it"));
    }
    Ok(outcome)
}

async fn partition_rows<P: Platform>(table: &Name, partitions: Vec<String>, context: &Context<'_, P>) -> Result<Outcome> {
    let mut rows = Vec::new();
    for partition in partitions {
        let request =
            pb::GetPartitionStatisticsRequest { db_name: context.client.database(), collection_name: table.value.clone(), partition_name: partition.clone() };
        let reply = context.client.get_partition_statistics(request).await.map_err(|error| diagnose(error, table.span))?;
        let count = value(&reply.stats, "row_count").and_then(|count| count.parse().ok()).unwrap_or(0);
        rows.push(vec![Datum::Text(partition), Datum::Int(count)]);
    }
    Ok(Outcome::table(Table::new(vec![Column::new("partition", Type::Text), Column::new("rows", Type::Int)], rows)))
}
