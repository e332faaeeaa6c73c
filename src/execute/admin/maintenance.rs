//! What keeps a server in shape: FLUSH, COMPACT, IMPORT, how far their jobs are, and the version.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::admin::snapshots;
use crate::execute::context::Context;
use crate::execute::define::partition::check_partitions;
use crate::execute::params::{self, pairs_of};
use crate::language::ast::{Job, Name, Param, Value};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use milvus_proto::common::{CompactionState, ImportState};
use milvus_proto::milvus as pb;

pub(crate) async fn show_version<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let version = context.client.learn_version().await;
    let version = version.map_err(|error| context.diagnose(error, context.span))?;
    let kernel = env!("CARGO_PKG_VERSION").to_string();
    let row = vec![context.client.target.url(), version, kernel];
    Ok(Outcome::table(Table::texts(&["server", "version", "kernel"], vec![row])))
}

/// Flushes tables, or all of the database, and waits until the segments are written.
pub(crate) async fn flush<P: Platform>(
    tables: &[Name],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if tables.is_empty() {
        return flush_all(context).await;
    }
    for table in tables {
        context.collection(table).await?;
    }
    for table in tables {
        flush_table(table, context).await?;
    }
    let names: Vec<&str> = tables.iter().map(|table| table.value.as_str()).collect();
    Ok(Outcome::done(format!("flushed {}", names.join(", "))))
}

async fn flush_all<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let span = context.span;
    context.is_doing("flushing all collections");
    let flush_all_ts = match context.client.send(pb::FlushAllRequest::default()).await {
        Ok(reply) => reply.flush_all_ts,
        // every collection by itself comes to the same
        Err(error) if error.is_unimplemented() => {
            for name in context.collection_names(span).await? {
                flush_table(&Name::new(name, span), context).await?;
            }
            return Ok(Outcome::done("flushed all collections"));
        }
        Err(error) => return Err(context.diagnose(error, span)),
    };
    let request = pb::GetFlushAllStateRequest { flush_all_ts, ..Default::default() };
    let seconds = context.settings.timeout;
    let flushed = context
        .wait(
            request,
            span,
            |reply| reply.flushed,
            |_| format!("not all is flushed after {seconds} s; the server goes on"),
        )
        .await?;
    Ok(Outcome::done(match flushed {
        Some(_) => "flushed all collections",
        None => "flushing all collections",
    }))
}

async fn flush_table<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<()> {
    context.is_doing(format!("flushing {table}"));
    let request =
        pb::FlushRequest { collection_names: vec![table.value.clone()], ..Default::default() };
    let reply = context.send_of(request, table).await?;
    let segments = reply.coll_seg_i_ds.into_iter().find(|entry| entry.key == table.value);
    let flush_ts = reply.coll_flush_ts.iter().find(|entry| entry.key == table.value);
    let request = pb::GetFlushStateRequest {
        segment_i_ds: segments
            .and_then(|entry| entry.value)
            .map(|ids| ids.data)
            .unwrap_or_default(),
        flush_ts: flush_ts.map_or(0, |entry| entry.value),
        collection_name: table.value.clone(),
        ..Default::default()
    };
    let seconds = context.settings.timeout;
    context
        .wait(
            request,
            table.span,
            |reply| reply.flushed,
            |_| format!("{table} is not flushed after {seconds} s; the server goes on"),
        )
        .await?;
    Ok(())
}

pub(crate) async fn compact<P: Platform>(
    table: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let mut request = pb::ManualCompactionRequest {
        collection_id: collection.id,
        collection_name: table.value.clone(),
        ..Default::default()
    };
    for param in written {
        match params::key(param).as_str() {
            "major" => {
                context.needs(Feature::MajorCompaction, param.name.span)?;
                request.major_compaction = params::flag(param)?;
            }
            _ => return Err(params::unknown(param, &["major"])),
        }
    }
    let id = context.send(request, table.span).await?.compaction_id;
    // Milvus Lite compacts by itself and has no number for it
    let number = if id > 0 { format!(": `SHOW COMPACTION {id}`") } else { String::new() };
    Ok(Outcome::done(format!("compaction of {table} has begun{number}")))
}

/// SHOW COMPACTION n, SHOW IMPORT n, SHOW RESTORE n.
pub(crate) async fn show_job<P: Platform>(
    job: Job,
    id: &Spanned<Value>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let Value::Int(number) = id.value else {
        return Err(
            Diagnostic::new(Code::InvalidNumber, "the number of a job belongs here").at(id.span)
        );
    };
    match job {
        Job::Compaction => compaction(number, id.span, context).await,
        Job::Import => {
            let request = pb::GetImportStateRequest { task: number };
            Ok(imports(vec![context.send(request, id.span).await?]))
        }
        Job::Restore => snapshots::show_restore(number, id.span, context).await,
    }
}

/// How far a compaction is, and which segments it makes one of.
async fn compaction<P: Platform>(
    number: i64,
    span: Span,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let request = pb::GetCompactionStateRequest { compaction_id: number };
    let reply = context.send(request, span).await?;
    let request = pb::GetCompactionPlansRequest { compaction_id: number };
    let merges = match context.client.send(request).await {
        Ok(plans) => plans.merge_infos,
        // Milvus Lite tells how far it is alone
        Err(error) if error.is_unimplemented() => Vec::new(),
        Err(error) => return Err(context.diagnose(error, span)),
    };
    let state = match CompactionState::try_from(reply.state) {
        Ok(CompactionState::UndefiedState) | Err(_) => "unknown",
        Ok(state) => state.as_str_name(),
    };
    let mut columns =
        vec![Column::new("compaction", Type::Text), Column::new("state", Type::Prose)];
    let mut row = vec![Datum::Text(number.to_string()), Datum::Text(state.to_string())];
    for (name, count) in [
        ("executing", reply.executing_plan_no),
        ("completed", reply.completed_plan_no),
        ("failed", reply.failed_plan_no),
        ("timed out", reply.timeout_plan_no),
    ] {
        columns.push(Column::new(name, Type::Int));
        row.push(Datum::Int(count));
    }
    let mut outcome = Outcome::table(Table::new(columns, vec![row]));
    if !merges.is_empty() {
        let ids = |ids: &[i64]| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let rows = merges
            .iter()
            .map(|merge| vec![ids(&merge.sources), merge.target.to_string()])
            .collect();
        outcome.tables.push(Table::texts(&["segments", "become"], rows));
    }
    Ok(outcome)
}

/// IMPORT FROM 'object' INTO TABLE t: files of the server's own object storage.
pub(crate) async fn import<P: Platform>(
    files: &[Spanned<Value>],
    table: &Name,
    partition: Option<&Name>,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    check_partitions(table, partition.map(std::slice::from_ref).unwrap_or_default(), context)
        .await?;
    let request = pb::ImportRequest {
        collection_name: table.value.clone(),
        partition_name: partition.map(|partition| partition.value.clone()).unwrap_or_default(),
        files: files
            .iter()
            .map(|file| params::text(file).map(|name| name.value))
            .collect::<Result<Vec<_>>>()?,
        options: pairs_of(written)?,
        ..Default::default()
    };
    let tasks = context.send(request, table.span).await?.tasks;
    let rows = tasks.into_iter().map(|task| vec![Datum::Text(task.to_string())]).collect();
    Ok(Outcome::table(Table::new(vec![Column::new("import", Type::Text)], rows))
        .with_done(format!("import into {table} has begun: `SHOW IMPORTS`")))
}

pub(crate) async fn show_imports<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(table) = table {
        context.collection(table).await?;
    }
    let collection_name = table.map(|table| table.value.clone()).unwrap_or_default();
    let request = pb::ListImportTasksRequest { collection_name, ..Default::default() };
    Ok(imports(context.send(request, context.span).await?.tasks))
}

fn imports(tasks: Vec<pb::GetImportStateResponse>) -> Outcome {
    let rows = tasks.into_iter().map(|task| {
        let state = ImportState::try_from(task.state)
            .map_or("unknown", |state| state.as_str_name().trim_start_matches("Import"))
            .to_ascii_lowercase();
        let infos: Vec<String> =
            task.infos.iter().map(|info| format!("{}={}", info.key, info.value)).collect();
        vec![
            Datum::Text(task.id.to_string()),
            Datum::Text(state),
            Datum::Int(task.row_count),
            Datum::Text(infos.join(", ")),
        ]
    });
    let heads =
        [("import", Type::Text), ("state", Type::Prose), ("rows", Type::Int), ("info", Type::Text)];
    let columns = heads.map(|(name, kind)| Column::new(name, kind)).to_vec();
    Outcome::table(Table::new(columns, rows.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use milvus_proto::common::KeyValuePair;

    #[test]
    fn an_import_shows_its_state_and_what_the_server_tells_of_it() {
        let task = pb::GetImportStateResponse {
            id: 3,
            state: ImportState::ImportCompleted.into(),
            row_count: 10,
            infos: vec![KeyValuePair { key: "file".to_string(), value: "a.json".to_string() }],
            ..Default::default()
        };
        let outcome = imports(vec![task]);
        let row = &outcome.tables[0].rows[0];
        assert_eq!(row[1], Datum::Text("completed".to_string()));
        assert_eq!(row[3], Datum::Text("file=a.json".to_string()));
    }
}
