//! FLUSH, COMPACT, IMPORT, segments, snapshots, statistics, the version: what keeps a collection in
//! shape, and what it is made of.

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::execute::Result;
use crate::execute::context::Context;
use crate::execute::define::collection::partition_names;
use crate::execute::define::describe::row_count;
use crate::execute::errors::diagnose;
use crate::execute::params::{self, pairs_of};
use crate::execute::read::order::sort_rows;
use crate::language::ast::{Direction, Job, Name, Param, Value};
use crate::milvus::{Effect, Fields, Platform, Reply};
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};
use crate::proto::common::{CompactionState, ImportState, SegmentState};
use crate::proto::milvus::RestoreSnapshotState;

pub async fn show_version<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let version =
        context.client.learn_version().await.map_err(|error| diagnose(error, context.span))?;
    Ok(Outcome::table(Table::texts(
        &["server", "version", "kernel"],
        vec![vec![context.client.address.url(), version, env!("CARGO_PKG_VERSION").to_string()]],
    )))
}

/// Flushes tables, or all of the database, and waits until the segments are written.
pub async fn flush<P: Platform>(tables: &[Name], context: &Context<'_, P>) -> Result<Outcome> {
    if !tables.is_empty() {
        for table in tables {
            context.collection(table).await?;
        }
        flush_each(tables, context).await?;
        return Ok(Outcome::done(format!(
            "flushed {}",
            tables.iter().map(|table| table.value.as_str()).collect::<Vec<_>>().join(", ")
        )));
    }
    let reply = match context.client.ask("FlushAll", Effect::Write, Vec::new()).await {
        Ok(reply) => reply,
        // every collection by itself comes to the same
        Err(error) if error.is_unimplemented() => {
            let names = crate::execute::errors::table_names(context.client)
                .await
                .map_err(|error| diagnose(error, context.span))?;
            let tables: Vec<Name> =
                names.into_iter().map(|name| Name::new(name, context.span)).collect();
            flush_each(&tables, context).await?;
            return Ok(Outcome::done("flushed all collections"));
        }
        Err(error) => return Err(diagnose(error, context.span)),
    };
    let started = context.client.platform().now();
    loop {
        let fields: Fields = vec![("flush_all_ts", reply.int("flush_all_ts").into())];
        let flushed = context
            .ask("GetFlushAllState", Effect::Read, fields, context.span)
            .await?
            .flag("flushed");
        if flushed || context.client.explaining() {
            return Ok(Outcome::done("flushed all collections"));
        }
        if context.waited(started) {
            context.notice(format!(
                "not all is flushed after {} s; the server goes on",
                context.settings.timeout
            ));
            return Ok(Outcome::done("flushing all collections"));
        }
        context.client.pause(200).await;
    }
}

async fn flush_each<P: Platform>(tables: &[Name], context: &Context<'_, P>) -> Result<()> {
    for table in tables {
        let reply = context
            .ask_of(
                "Flush",
                Effect::Write,
                vec![("collection_names", vec![table.value.clone()].into())],
                table,
            )
            .await?;
        let of_table = |name: &str| {
            reply.messages(name).into_iter().find(|entry| entry.text("key") == table.value)
        };
        let segments = of_table("coll_segIDs")
            .map(|entry| entry.message("value").ints("data"))
            .unwrap_or_default();
        let flush_ts = of_table("coll_flush_ts").map_or(0, |entry| entry.int("value"));
        let started = context.client.platform().now();
        loop {
            let fields: Fields = vec![
                ("segmentIDs", segments.clone().into()),
                ("flush_ts", flush_ts.into()),
                ("collection_name", (&table.value).into()),
            ];
            let flushed = context
                .ask("GetFlushState", Effect::Read, fields, table.span)
                .await?
                .flag("flushed");
            if flushed || context.client.explaining() {
                break;
            }
            if context.waited(started) {
                context.notice(format!(
                    "{table} is not flushed after {} s; the server goes on",
                    context.settings.timeout
                ));
                break;
            }
            context.client.pause(200).await;
        }
    }
    Ok(())
}

pub async fn compact<P: Platform>(
    table: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let mut fields: Fields =
        vec![("collectionID", collection.id.into()), ("collection_name", (&table.value).into())];
    for param in written {
        match param.name.value.to_ascii_lowercase().as_str() {
            "major" => {
                context.needs("COMPACT with major", param.name.span)?;
                fields.push(("majorCompaction", params::flag(param)?.into()));
            }
            _ => return Err(params::unknown(param, &["major"])),
        }
    }
    let id = context
        .ask("ManualCompaction", Effect::Write, fields, table.span)
        .await?
        .int("compactionID");
    // Milvus Lite compacts by itself and has no number for it
    let number = if id > 0 { format!(": `SHOW COMPACTION {id}`") } else { String::new() };
    Ok(Outcome::done(format!("compaction of {table} has begun{number}")))
}

/// SHOW COMPACTION n, SHOW IMPORT n, SHOW RESTORE n.
pub async fn show_job<P: Platform>(
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
        Job::Import => Ok(imports(&[context
            .ask("GetImportState", Effect::Read, vec![("task", number.into())], id.span)
            .await?])),
        Job::Restore => {
            let reply = context
                .ask(
                    "GetRestoreSnapshotState",
                    Effect::Read,
                    vec![("job_id", number.into())],
                    id.span,
                )
                .await?;
            Ok(restores(&[reply.message("info")]))
        }
    }
}

/// How far a compaction is, and which segments it makes one of.
async fn compaction<P: Platform>(
    number: i64,
    span: Span,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let of_number = || -> Fields { vec![("compactionID", number.into())] };
    let reply = context.ask("GetCompactionState", Effect::Read, of_number(), span).await?;
    let plans =
        match context.client.ask("GetCompactionStateWithPlans", Effect::Read, of_number()).await {
            // Milvus Lite tells how far it is alone
            Err(error) if error.is_unimplemented() => Vec::new(),
            plans => plans.map_err(|error| diagnose(error, span))?.messages("mergeInfos"),
        };
    let state = CompactionState::try_from(reply.int("state") as i32)
        .map_or("unknown", |state| state.as_str_name());
    let state = if state == "UndefiedState" { "unknown" } else { state };
    let counts = ["executingPlanNo", "completedPlanNo", "failedPlanNo", "timeoutPlanNo"]
        .map(|name| Datum::Int(reply.int(name)));
    let heads = [
        ("compaction", Type::Text),
        ("state", Type::Prose),
        ("executing", Type::Int),
        ("completed", Type::Int),
        ("failed", Type::Int),
        ("timed out", Type::Int),
    ];
    let mut row = vec![Datum::Text(number.to_string()), Datum::Text(state.to_string())];
    row.extend(counts);
    let mut outcome = Outcome::table(Table::new(
        heads.map(|(name, kind)| Column::new(name, kind)).to_vec(),
        vec![row],
    ));
    if !plans.is_empty() {
        let ids = |ids: Vec<i64>| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let rows = plans
            .iter()
            .map(|plan| vec![ids(plan.ints("sources")), plan.int("target").to_string()])
            .collect();
        outcome.tables.push(Table::texts(&["segments", "become"], rows));
    }
    Ok(outcome)
}

/// IMPORT FROM 'object' INTO TABLE t: files of the server's own object storage.
pub async fn import<P: Platform>(
    files: &[Spanned<Value>],
    table: &Name,
    partition: Option<&Name>,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    crate::execute::define::collection::check_partitions(
        table,
        partition.map(std::slice::from_ref).unwrap_or_default(),
        context,
    )
    .await?;
    let files = files
        .iter()
        .map(|file| params::text(file).map(|name| name.value))
        .collect::<Result<Vec<_>>>()?;
    let fields: Fields = vec![
        ("collection_name", (&table.value).into()),
        ("partition_name", partition.map_or("", |partition| partition.value.as_str()).into()),
        ("files", files.into()),
        ("options", pairs_of(written)?.into()),
    ];
    let tasks = context.ask("Import", Effect::Write, fields, table.span).await?.ints("tasks");
    let rows = tasks.into_iter().map(|task| vec![Datum::Text(task.to_string())]).collect();
    Ok(Outcome::table(Table::new(vec![Column::new("import", Type::Text)], rows))
        .with_done(format!("import into {table} has begun: `SHOW IMPORTS`")))
}

pub async fn show_imports<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(table) = table {
        context.collection(table).await?;
    }
    let fields: Fields =
        vec![("collection_name", table.map_or("", |table| table.value.as_str()).into())];
    let reply = context.ask("ListImportTasks", Effect::Read, fields, context.span).await?;
    Ok(imports(&reply.messages("tasks")))
}

fn imports(tasks: &[Reply]) -> Outcome {
    let rows = tasks.iter().map(|task| {
        let state = ImportState::try_from(task.int("state") as i32)
            .map_or("unknown", |state| state.as_str_name().trim_start_matches("Import"));
        let infos = task
            .pairs("infos")
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(", ");
        vec![
            Datum::Text(task.int("id").to_string()),
            Datum::Text(state.to_ascii_lowercase()),
            Datum::Int(task.int("row_count")),
            Datum::Text(infos),
        ]
    });
    let columns = vec![
        Column::new("import", Type::Text),
        Column::new("state", Type::Prose),
        Column::new("rows", Type::Int),
        Column::new("info", Type::Text),
    ];
    Outcome::table(Table::new(columns, rows.collect()))
}

/// Rows by partition: SHOW STATS FOR t.
pub async fn show_stats<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let mut partitions = partition_names(table, context).await?;
    partitions.sort();
    partition_rows(table, partitions, context).await
}

/// Segments by partition, as the original showed them; rows by partition where the server does not
/// tell its segments.
pub async fn stats<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
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

pub async fn segments<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let reply = context
        .ask_of(
            "ShowPartitions",
            Effect::Plan,
            vec![("collection_name", (&table.value).into())],
            table,
        )
        .await?;
    let names: Vec<(i64, String)> =
        reply.ints("partitionIDs").into_iter().zip(reply.texts("partition_names")).collect();
    let of_table: Fields = vec![("collectionName", (&table.value).into())];
    let stored = context
        .ask("GetPersistentSegmentInfo", Effect::Read, of_table.clone(), table.span)
        .await?
        .messages("infos");
    // a collection that is not loaded has none, and some versions call that an error
    let loaded = context
        .client
        .ask("GetQuerySegmentInfo", Effect::Read, of_table)
        .await
        .map(|reply| reply.messages("infos"))
        .unwrap_or_default();
    let mut rows: Vec<Vec<Datum>> = stored
        .into_iter()
        .map(|segment| {
            let (id, partition) = (segment.int("segmentID"), segment.int("partitionID"));
            let partition = names
                .iter()
                .find(|(id, _)| *id == partition)
                .map_or_else(|| partition.to_string(), |(_, name)| name.clone());
            let state = SegmentState::try_from(segment.int("state") as i32)
                .map_or("unknown", |state| state.as_str_name());
            let index = loaded
                .iter()
                .find(|info| info.int("segmentID") == id)
                .map_or(Datum::Null, |info| Datum::Text(info.text("index_name")));
            vec![
                Datum::Text(partition),
                Datum::Int(id),
                Datum::Int(segment.int("num_rows")),
                Datum::Text(state.to_string()),
                index,
            ]
        })
        .collect();
    sort_rows(&mut rows, 0, &[Direction::Ascending, Direction::Ascending]);
    let columns = vec![
        Column::new("partition", Type::Text),
        Column::new("segment", Type::Int),
        Column::new("rows", Type::Int),
        Column::new("state", Type::Text),
        Column::new("index", Type::Text),
    ];
    let count = rows.len() as u64;
    let outcome =
        Outcome::table(Table::new(columns, rows)).with_done(plural(count, "segment", "segments"));
    if count == 0 {
        context.notice(format!("nothing of {table} is on disk yet: `FLUSH {table}` writes it"));
    }
    Ok(outcome)
}

async fn partition_rows<P: Platform>(
    table: &Name,
    partitions: Vec<String>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut rows = Vec::new();
    for partition in partitions {
        let fields: Fields = vec![
            ("collection_name", (&table.value).into()),
            ("partition_name", (&partition).into()),
        ];
        let count = row_count("GetPartitionStatistics", fields, table, context).await?;
        rows.push(vec![Datum::Text(partition), Datum::Int(count as i64)]);
    }
    Ok(Outcome::table(Table::new(
        vec![Column::new("partition", Type::Text), Column::new("rows", Type::Int)],
        rows,
    )))
}

fn of_snapshot(name: &Name, table: &Name) -> Fields {
    vec![("name", (&name.value).into()), ("collection_name", (&table.value).into())]
}

pub async fn create_snapshot<P: Platform>(
    name: &Name,
    table: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    let mut fields = of_snapshot(name, table);
    for param in written {
        match param.name.value.to_ascii_lowercase().as_str() {
            "description" => fields.push(("description", params::word(param)?.value.into())),
            "compaction_protection_seconds" => fields
                .push(("compaction_protection_seconds", params::whole(param, 0, i64::MAX)?.into())),
            _ => {
                return Err(params::unknown(
                    param,
                    &["description", "compaction_protection_seconds"],
                ));
            }
        }
    }
    context.ask("CreateSnapshot", Effect::Write, fields, name.span).await?;
    Ok(Outcome::done(format!("created snapshot {name} of {table}")))
}

pub async fn drop_snapshot<P: Platform>(
    name: &Name,
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let table = snapshot_table(name, table)?;
    context.ask("DropSnapshot", Effect::Write, of_snapshot(name, table), name.span).await?;
    Ok(Outcome::done(format!("dropped snapshot {name}")))
}

fn snapshot_table<'a>(name: &Name, table: Option<&'a Name>) -> Result<&'a Name> {
    table.ok_or_else(|| {
        Diagnostic::new(Code::SyntaxError, "a snapshot is named with its table")
            .at(name.span)
            .help(format!("write `SNAPSHOT {name} ON t`"))
    })
}

pub async fn show_snapshots<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let fields: Fields =
        vec![("collection_name", table.map_or("", |table| table.value.as_str()).into())];
    let names =
        context.ask("ListSnapshots", Effect::Read, fields, context.span).await?.texts("snapshots");
    Ok(Outcome::table(Table::texts(
        &["snapshot"],
        names.into_iter().map(|name| vec![name]).collect(),
    )))
}

pub async fn describe_snapshot<P: Platform>(
    name: &Name,
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let table = snapshot_table(name, table)?;
    let reply =
        context.ask("DescribeSnapshot", Effect::Read, of_snapshot(name, table), name.span).await?;
    let row = vec![
        reply.text("name"),
        reply.text("collection_name"),
        reply.texts("partition_names").join(", "),
        reply.text("description"),
    ];
    Ok(Outcome::table(Table::texts(
        &["snapshot", "collection", "partitions", "description"],
        vec![row],
    )))
}

pub async fn restore<P: Platform>(
    name: &Name,
    table: &Name,
    to: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut fields = of_snapshot(name, table);
    fields.push(("target_collection_name", (&to.value).into()));
    let id = context.ask("RestoreSnapshot", Effect::Write, fields, name.span).await?.int("job_id");
    Ok(Outcome::done(format!("restoring snapshot {name} as {to} has begun: `SHOW RESTORE {id}`")))
}

pub async fn show_restores<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let fields: Fields =
        vec![("collection_name", table.map_or("", |table| table.value.as_str()).into())];
    Ok(restores(
        &context
            .ask("ListRestoreSnapshotJobs", Effect::Read, fields, context.span)
            .await?
            .messages("jobs"),
    ))
}

fn restores(jobs: &[Reply]) -> Outcome {
    let rows = jobs.iter().map(|job| {
        let state = RestoreSnapshotState::try_from(job.int("state") as i32)
            .map_or("unknown", |state| state.as_str_name().trim_start_matches("RestoreSnapshot"));
        let texts = [
            job.int("job_id").to_string(),
            job.text("snapshot_name"),
            job.text("collection_name"),
            state.to_ascii_lowercase(),
        ];
        let mut row = texts.map(Datum::Text).to_vec();
        row.extend([Datum::Int(job.int("progress")), Datum::Text(job.text("reason"))]);
        row
    });
    let heads = [
        ("restore", Type::Text),
        ("snapshot", Type::Text),
        ("collection", Type::Text),
        ("state", Type::Prose),
        ("%", Type::Int),
        ("reason", Type::Text),
    ];
    Outcome::table(Table::new(
        heads.map(|(name, kind)| Column::new(name, kind)).to_vec(),
        rows.collect(),
    ))
}
