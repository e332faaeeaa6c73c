//! What a collection is made of: SHOW SEGMENTS, SHOW STATS and the original's `stats`.

use crate::diagnostic::{Code, Result};
use crate::evaluate::order::{Way, sort_rows};
use crate::execute::context::Context;
use crate::execute::define::describe::row_count;
use crate::execute::define::partition::{partition_names, partitions};
use crate::language::ast::Name;
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};
use milvus_proto::common::SegmentState;
use milvus_proto::milvus as pb;

/// Rows by partition: SHOW STATS FOR t.
pub(crate) async fn show_stats<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut partitions = partition_names(table, context).await?;
    partitions.sort();
    partition_rows(table, partitions, context).await
}

/// Segments by partition, as the original showed them; rows by partition where the server does not
/// tell its segments.
pub(crate) async fn stats<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    match segments(table, context).await {
        Err(error) if error.code == Code::NotSupported => {
            context.notice(
                "this server does not tell its segments; these are the rows of each partition",
            );
            let partitions = partition_names(table, context).await?;
            partition_rows(table, partitions, context).await
        }
        outcome => outcome,
    }
}

pub(crate) async fn segments<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let names = partitions(table, context).await?;
    let request = pb::GetPersistentSegmentInfoRequest {
        collection_name: table.value.clone(),
        ..Default::default()
    };
    let stored = context.send(request, table.span).await?.infos;
    let request = pb::GetQuerySegmentInfoRequest {
        collection_name: table.value.clone(),
        ..Default::default()
    };
    // a collection that is not loaded has none, and some versions call that an error
    let loaded = context.client.send(request).await.unwrap_or_default().infos;
    let mut rows: Vec<Vec<Datum>> =
        stored.into_iter().map(|segment| segment_row(segment, &names, &loaded)).collect();
    sort_rows(&mut rows, 0, &[Way::ASCENDING; 2]);
    let heads = [
        ("partition", Type::Text),
        ("segment", Type::Int),
        ("rows", Type::Int),
        ("state", Type::Text),
        ("index", Type::Text),
    ];
    let columns = heads.map(|(name, kind)| Column::new(name, kind)).to_vec();
    let count = rows.len() as u64;
    if count == 0 {
        context.did(format!("nothing of {table} is on disk yet: `FLUSH {table}` writes it"));
    }
    Ok(Outcome::table(Table::new(columns, rows)).with_done(plural(count, "segment", "segments")))
}

/// Partition, segment, rows, state, index; `partitions` are ids with names.
fn segment_row(
    segment: pb::PersistentSegmentInfo,
    partitions: &[(i64, String)],
    loaded: &[pb::QuerySegmentInfo],
) -> Vec<Datum> {
    let partition = partitions.iter().find(|(id, _)| *id == segment.partition_id);
    let partition =
        partition.map_or_else(|| segment.partition_id.to_string(), |(_, name)| name.clone());
    let state = SegmentState::try_from(segment.state)
        .map_or("unknown", |state| state.as_str_name())
        .to_string();
    let index = loaded
        .iter()
        .find(|info| info.segment_id == segment.segment_id)
        .map_or(Datum::Null, |info| Datum::Text(info.index_name.clone()));
    vec![
        Datum::Text(partition),
        Datum::Int(segment.segment_id),
        Datum::Int(segment.num_rows),
        Datum::Text(state),
        index,
    ]
}

async fn partition_rows<P: Platform>(
    table: &Name,
    partitions: Vec<String>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut rows = Vec::new();
    for partition in partitions {
        let request = pb::GetPartitionStatisticsRequest {
            collection_name: table.value.clone(),
            partition_name: partition.clone(),
            ..Default::default()
        };
        let stats = match context.send_of(request, table).await {
            // of a server without partitions
            Err(error) if error.code == Code::NotSupported => {
                let collection_name = table.value.clone();
                let request =
                    pb::GetCollectionStatisticsRequest { collection_name, ..Default::default() };
                context.send_of(request, table).await?.stats
            }
            reply => reply?.stats,
        };
        let count = row_count(&stats);
        rows.push(vec![Datum::Text(partition), Datum::Int(count as i64)]);
    }
    let columns = vec![Column::new("partition", Type::Text), Column::new("rows", Type::Int)];
    Ok(Outcome::table(Table::new(columns, rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_shown_by_its_partitions_name_and_by_its_id_where_that_has_gone() {
        let segment = pb::PersistentSegmentInfo {
            segment_id: 5,
            partition_id: 1,
            num_rows: 3,
            state: SegmentState::Flushed.into(),
            ..Default::default()
        };
        let row = segment_row(segment, &[(1, "p".to_string())], &[]);
        assert_eq!(row[0], Datum::Text("p".to_string()));
        assert_eq!((&row[3], &row[4]), (&Datum::Text("Flushed".to_string()), &Datum::Null));
        assert_eq!(segment_row(segment, &[], &[])[0], Datum::Text("1".to_string()));
    }
}
