//! What keeps a server going: versions, flushing, compaction, what segments there are.

use milvus_proto::common::{CompactionState, SegmentState, ServerInfo};
use milvus_proto::milvus as pb;
use milvus_proto::schema::LongArray;

use crate::catalog::Collection;
use crate::error::{Result, success};
use crate::service::Context;

/// What it calls itself to clients.
pub const VERSION: &str = concat!("milvus_engine-", env!("CARGO_PKG_VERSION"));

pub(crate) fn version(
    _: &mut Context<'_>,
    _: pb::GetVersionRequest,
) -> Result<pb::GetVersionResponse> {
    Ok(pb::GetVersionResponse { status: Some(success()), version: VERSION.to_string() })
}

pub(crate) fn connect(
    context: &mut Context<'_>,
    _: pb::ConnectRequest,
) -> Result<pb::ConnectResponse> {
    let server_info = ServerInfo {
        build_tags: VERSION.to_string(),
        deploy_mode: "EMBEDDED".to_string(),
        ..Default::default()
    };
    Ok(pb::ConnectResponse {
        status: Some(success()),
        server_info: Some(server_info),
        identifier: context.catalog.next_id(),
    })
}

pub(crate) fn health(
    _: &mut Context<'_>,
    _: pb::CheckHealthRequest,
) -> Result<pb::CheckHealthResponse> {
    Ok(pb::CheckHealthResponse { status: Some(success()), is_healthy: true, reasons: Vec::new() })
}

/// Everything that is acknowledged is kept already: a flush has nothing to wait for, and seals the
/// rows that are there.
pub(crate) fn flush(
    context: &mut Context<'_>,
    request: pb::FlushRequest,
) -> Result<pb::FlushResponse> {
    use pb::flush_response::{CollFlushTsEntry, CollSegIDsEntry};
    let mut reply = pb::FlushResponse { status: Some(success()), ..Default::default() };
    for name in request.collection_names {
        let collection = context.catalog.collection_mut(&request.db_name, &name)?;
        collection.segment.set_flushed(collection.segment.rows());
        let segments = LongArray { data: segments(collection).map(|(id, ..)| id).collect() };
        reply.coll_seg_i_ds.push(CollSegIDsEntry { key: name.clone(), value: Some(segments) });
        reply.coll_flush_ts.push(CollFlushTsEntry { key: name, value: context.timestamp });
    }
    Ok(reply)
}

pub(crate) fn flush_state(
    _: &mut Context<'_>,
    _: pb::GetFlushStateRequest,
) -> Result<pb::GetFlushStateResponse> {
    Ok(pb::GetFlushStateResponse { status: Some(success()), flushed: true })
}

pub(crate) fn flush_all(
    context: &mut Context<'_>,
    _: pb::FlushAllRequest,
) -> Result<pb::FlushAllResponse> {
    for collection in context.catalog.collections_mut() {
        collection.segment.set_flushed(collection.segment.rows());
    }
    Ok(pb::FlushAllResponse { status: Some(success()), flush_all_ts: context.timestamp })
}

pub(crate) fn flush_all_state(
    _: &mut Context<'_>,
    _: pb::GetFlushAllStateRequest,
) -> Result<pb::GetFlushAllStateResponse> {
    Ok(pb::GetFlushAllStateResponse { status: Some(success()), flushed: true })
}

/// Gives the place of deleted rows back, at once.
pub(crate) fn compact(
    context: &mut Context<'_>,
    request: pb::ManualCompactionRequest,
) -> Result<pb::ManualCompactionResponse> {
    let compaction_id = context.catalog.next_id();
    let catalog = &*context.catalog;
    let (database, name) =
        catalog.place(&request.db_name, &request.collection_name, request.collection_id)?;
    let collection = context.catalog.collection_mut(&database, &name)?;
    let live = collection.live(context.timestamp);
    let compacts = live.count() < collection.segment.rows();
    if compacts {
        collection.segment = collection.segment.compacted(&collection.schema, &live);
    }
    Ok(pb::ManualCompactionResponse {
        status: Some(success()),
        compaction_id,
        compaction_plan_count: i32::from(compacts),
    })
}

pub(crate) fn compaction_state(
    _: &mut Context<'_>,
    _: pb::GetCompactionStateRequest,
) -> Result<pb::GetCompactionStateResponse> {
    Ok(pb::GetCompactionStateResponse {
        status: Some(success()),
        state: CompactionState::Completed.into(),
        ..Default::default()
    })
}

pub(crate) fn compaction_plans(
    _: &mut Context<'_>,
    _: pb::GetCompactionPlansRequest,
) -> Result<pb::GetCompactionPlansResponse> {
    Ok(pb::GetCompactionPlansResponse { status: Some(success()), ..Default::default() })
}

pub(crate) fn persistent_segments(
    context: &mut Context<'_>,
    request: pb::GetPersistentSegmentInfoRequest,
) -> Result<pb::GetPersistentSegmentInfoResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    let infos =
        segments(collection).map(|(segment_id, partition_id, rows)| pb::PersistentSegmentInfo {
            segment_id,
            collection_id: collection.id,
            partition_id,
            num_rows: rows as i64,
            state: SegmentState::Flushed.into(),
        });
    Ok(pb::GetPersistentSegmentInfoResponse { status: Some(success()), infos: infos.collect() })
}

pub(crate) fn query_segments(
    context: &mut Context<'_>,
    request: pb::GetQuerySegmentInfoRequest,
) -> Result<pb::GetQuerySegmentInfoResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    let index_name = collection.indexes.first().map(|index| index.name.clone()).unwrap_or_default();
    let infos = segments(collection).filter(|_| collection.is_loaded()).map(
        |(segment_id, partition_id, rows)| pb::QuerySegmentInfo {
            segment_id,
            collection_id: collection.id,
            partition_id,
            num_rows: rows as i64,
            index_name: index_name.clone(),
            state: SegmentState::Sealed.into(),
            ..Default::default()
        },
    );
    Ok(pb::GetQuerySegmentInfoResponse { status: Some(success()), infos: infos.collect() })
}

/// A segment for each partition that has flushed rows: its number, the partition's, how many rows.
/// Milvus tells no growing ones, here as little as among those that are loaded.
fn segments(collection: &Collection) -> impl Iterator<Item = (i64, i64, usize)> {
    let mut sealed = collection.segment.live();
    (collection.segment.flushed()..sealed.len()).for_each(|row| sealed.set(row, false));
    collection.partitions.iter().filter_map(move |partition| {
        let mut rows = collection.segment.in_partitions(&[partition.number]);
        rows.and(&sealed);
        (rows.count() > 0).then(|| (partition.id, partition.id, rows.count()))
    })
}
