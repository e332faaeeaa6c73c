//! Snapshots of a collection, and restoring them (Milvus 3.0 docs: snapshots).

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::context::Context;
use crate::execute::params;
use crate::language::ast::{Name, Param};
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use milvus_proto::milvus as pb;

pub(crate) async fn create<P: Platform>(
    name: &Name,
    table: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    let mut request = pb::CreateSnapshotRequest {
        name: name.value.clone(),
        collection_name: table.value.clone(),
        ..Default::default()
    };
    for param in written {
        match param.name.value.to_ascii_lowercase().as_str() {
            "description" => request.description = params::word(param)?.value,
            "compaction_protection_seconds" => {
                request.compaction_protection_seconds = params::whole(param, 0, i64::MAX)?;
            }
            _ => {
                let known = ["description", "compaction_protection_seconds"];
                return Err(params::unknown(param, &known));
            }
        }
    }
    context.send(request, name.span).await?;
    Ok(Outcome::done(format!("created snapshot {name} of {table}")))
}

pub(crate) async fn drop<P: Platform>(
    name: &Name,
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let request = pb::DropSnapshotRequest {
        name: name.value.clone(),
        collection_name: table_of(name, table)?.value.clone(),
        ..Default::default()
    };
    context.send(request, name.span).await?;
    Ok(Outcome::done(format!("dropped snapshot {name}")))
}

fn table_of<'a>(name: &Name, table: Option<&'a Name>) -> Result<&'a Name> {
    table.ok_or_else(|| {
        Diagnostic::new(Code::SyntaxError, "a snapshot is named with its table")
            .at(name.span)
            .help(format!("write `SNAPSHOT {name} ON t`"))
    })
}

pub(crate) async fn show<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection_name = table.map(|table| table.value.clone()).unwrap_or_default();
    let request = pb::ListSnapshotsRequest { collection_name, ..Default::default() };
    let names = context.send(request, context.span).await?.snapshots;
    let rows = names.into_iter().map(|name| vec![name]).collect();
    Ok(Outcome::table(Table::texts(&["snapshot"], rows)))
}

pub(crate) async fn describe<P: Platform>(
    name: &Name,
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let request = pb::DescribeSnapshotRequest {
        name: name.value.clone(),
        collection_name: table_of(name, table)?.value.clone(),
        ..Default::default()
    };
    let reply = context.send(request, name.span).await?;
    let partitions = reply.partition_names.join(", ");
    let row = vec![reply.name, reply.collection_name, partitions, reply.description];
    let heads = ["snapshot", "collection", "partitions", "description"];
    Ok(Outcome::table(Table::texts(&heads, vec![row])))
}

pub(crate) async fn restore<P: Platform>(
    name: &Name,
    table: &Name,
    to: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let request = pb::RestoreSnapshotRequest {
        name: name.value.clone(),
        collection_name: table.value.clone(),
        target_collection_name: to.value.clone(),
        ..Default::default()
    };
    let id = context.send(request, name.span).await?.job_id;
    Ok(Outcome::done(format!("restoring snapshot {name} as {to} has begun: `SHOW RESTORE {id}`")))
}

/// SHOW RESTORE n.
pub(crate) async fn show_restore<P: Platform>(
    job_id: i64,
    span: Span,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let reply = context.send(pb::GetRestoreSnapshotStateRequest { job_id }, span).await?;
    Ok(restores(vec![reply.info.unwrap_or_default()]))
}

pub(crate) async fn show_restores<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection_name = table.map(|table| table.value.clone()).unwrap_or_default();
    let request = pb::ListRestoreSnapshotJobsRequest { collection_name, ..Default::default() };
    Ok(restores(context.send(request, context.span).await?.jobs))
}

fn restores(jobs: Vec<pb::RestoreSnapshotInfo>) -> Outcome {
    let rows = jobs.into_iter().map(|job| {
        let state = pb::RestoreSnapshotState::try_from(job.state)
            .map_or("unknown", |state| state.as_str_name().trim_start_matches("RestoreSnapshot"))
            .to_ascii_lowercase();
        vec![
            Datum::Text(job.job_id.to_string()),
            Datum::Text(job.snapshot_name),
            Datum::Text(job.collection_name),
            Datum::Text(state),
            Datum::Int(job.progress.into()),
            Datum::Text(job.reason),
        ]
    });
    let heads = [
        ("restore", Type::Text),
        ("snapshot", Type::Text),
        ("collection", Type::Text),
        ("state", Type::Prose),
        ("%", Type::Int),
        ("reason", Type::Text),
    ];
    let columns = heads.map(|(name, kind)| Column::new(name, kind)).to_vec();
    Outcome::table(Table::new(columns, rows.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_shows_its_state_in_a_word() {
        let job = pb::RestoreSnapshotInfo {
            job_id: 7,
            state: pb::RestoreSnapshotState::RestoreSnapshotExecuting.into(),
            progress: 40,
            ..Default::default()
        };
        let unknown = pb::RestoreSnapshotInfo { state: 99, ..Default::default() };
        let outcome = restores(vec![job, unknown]);
        let rows = &outcome.tables[0].rows;
        assert_eq!(rows[0][3], Datum::Text("executing".to_string()));
        assert_eq!(rows[0][4], Datum::Int(40));
        assert_eq!(rows[1][3], Datum::Text("unknown".to_string()));
    }
}
