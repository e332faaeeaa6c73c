//! Databases of the engine as files, and what a store takes: EXPORT DATABASE, IMPORT DATABASE, SHOW
//! STORAGE, DROP STORAGE. A file is the notebook's, or comes from a URL.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::context::Context;
use crate::execute::names::check_database;
use crate::execute::params;
use crate::language::ast::{Name, Value};
use crate::milvus::features::Product;
use crate::milvus::platform::Quota;
use crate::milvus::{Platform, Target};
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};
use milvus_proto::engine as own;
use milvus_proto::milvus as pb;

pub(crate) async fn export<P: Platform>(
    database: Option<&Name>,
    file: &Spanned<Value>,
    salvage: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    has_files("EXPORT DATABASE", context)?;
    let place = params::text(file)?;
    let name = named(database, context)?;
    context.is_doing(format!("exporting {name}"));
    let request = own::ExportDatabaseRequest { db_name: name.clone(), salvage };
    let reply = context.send(request, place.span).await?;
    if !context.client.explaining() {
        let bytes = reply.file.len();
        let written =
            context.client.platform().write_file(&place.value, reply.file.into(), false).await;
        written.map_err(|reason| file_error(reason, place.span))?;
        let (what, size) = (contents(reply.collections, reply.rows), size(bytes as u64));
        let done = format!("exported {name} ({what}, {size}) to {}", place.value);
        return Ok(Outcome { notices: lost(&reply.lost), ..Outcome::done(done) });
    }
    Ok(Outcome::default())
}

pub(crate) async fn import<P: Platform>(
    if_not_exists: bool,
    database: Option<&Name>,
    file: &Spanned<Value>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    has_files("IMPORT DATABASE", context)?;
    let place = params::text(file)?;
    if let Some(name) = database {
        check_database(&name.value, name.span)?;
        if if_not_exists {
            let there = context.send(pb::ListDatabasesRequest::default(), name.span).await?;
            if there.db_names.contains(&name.value) {
                return Ok(Outcome::done(format!("database {name} exists: nothing was imported")));
            }
        }
    }
    context.is_doing(format!("importing {}", place.value));
    let file = match context.client.explaining() {
        true => Vec::new(),
        false => {
            let read = context.client.platform().read_file(&place.value).await;
            read.map_err(|reason| file_error(reason, place.span))?.into()
        }
    };
    let target_name = database.map(|name| name.value.clone()).unwrap_or_default();
    let request = own::ImportDatabaseRequest { target_name, file };
    let reply = context.send(request, place.span).await?;
    context.forget_all();
    let what = contents(reply.collections, reply.rows);
    Ok(Outcome::done(format!("imported {what} into database {}", reply.db_name)))
}

pub(crate) async fn show<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    has_files("SHOW STORAGE", context)?;
    let reply = context.send(own::GetStorageRequest {}, context.span).await?;
    let columns = [
        ("database", Type::Text),
        ("table", Type::Text),
        ("rows", Type::Int),
        ("in memory", Type::Text),
        ("indexes", Type::Text),
    ];
    let columns = columns.map(|(name, kind)| Column::new(name, kind)).to_vec();
    let rows = reply.collections.iter().map(|collection| {
        vec![
            Datum::Text(collection.db_name.clone()),
            Datum::Text(collection.collection_name.clone()),
            Datum::Int(collection.rows),
            Datum::Text(size(collection.row_bytes)),
            Datum::Text(size(collection.index_bytes)),
        ]
    });
    let mut outcome = Outcome::table(Table::new(columns, rows.collect()));
    let files = reply.log + reply.segments + reply.manifests + reply.reserve;
    outcome.done = match files {
        0 => "this store is kept nowhere".to_string(),
        _ => format!(
            "{} in files: {} of segments, {} of log",
            size(files),
            size(reply.segments),
            size(reply.log)
        ),
    };
    if let (Target::Engine(_), true) = (&context.client.target, files > 0)
        && let Some(quota) = context.client.platform().quota().await
    {
        outcome.notices.extend(room(quota));
    }
    outcome.notices.extend(lost(&reply.lost));
    if !reply.lost.is_empty() {
        outcome.notices.push(format!("the tables are those that are whole: {WAY_OUT}"));
    }
    Ok(outcome)
}

pub(crate) async fn drop<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    has_files("DROP STORAGE", context)?;
    context.send(own::DropStorageRequest {}, context.span).await?;
    context.forget_all();
    context.client.set_database("default");
    let store = context.client.target.url();
    Ok(Outcome::done(format!("dropped all that {store} had: it is empty")))
}

/// What a damaged store has lost, a line each.
fn lost(words: &[String]) -> Vec<String> {
    words.iter().map(|words| format!("lost: {words}")).collect()
}

/// What the browser says of its room.
fn room(Quota { used, limit, is_promised }: Quota) -> Vec<String> {
    let mut lines = vec![format!(
        "this site uses {} of the {} that the browser gives it",
        size(used),
        size(limit)
    )];
    if !is_promised {
        lines.push(
            "the browser may clear this when the disk is full: EXPORT DATABASE saves a copy"
                .to_string(),
        );
    }
    lines
}

/// What helps with a damaged store.
pub(crate) const WAY_OUT: &str = "EXPORT DATABASE d TO 'file' SALVAGE saves what is whole of a \
     database, and DROP STORAGE begins anew";

/// The engine alone has them.
fn has_files<P: Platform>(statement: &str, context: &Context<'_, P>) -> Result<()> {
    let version = context.client.version();
    if version.product == Product::Engine {
        return Ok(());
    }
    let message = format!("{statement} is not supported by this server, {}", version.title());
    Err(Diagnostic::new(Code::NotSupported, message)
        .at(context.span)
        .help("the engine in the tab has it: `milvus://local`"))
}

fn named<P: Platform>(database: Option<&Name>, context: &Context<'_, P>) -> Result<String> {
    match database {
        Some(name) => {
            check_database(&name.value, name.span)?;
            Ok(name.value.clone())
        }
        None => Ok(match context.client.database() {
            database if database.is_empty() => "default".to_string(),
            database => database,
        }),
    }
}

fn file_error(reason: String, span: Span) -> Diagnostic {
    Diagnostic::new(Code::FileError, reason).at(span)
}

fn contents(collections: i64, rows: i64) -> String {
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    let tables = plural(count(collections), "table", "tables");
    format!("{tables} with {}", plural(count(rows), "row", "rows"))
}

/// "51.2 MB", in powers of ten.
fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        1e9.. => format!("{:.1} GB", bytes / 1e9),
        1e6.. => format!("{:.1} MB", bytes / 1e6),
        1e3.. => format!("{:.1} kB", bytes / 1e3),
        _ => format!("{bytes} B"),
    }
}
