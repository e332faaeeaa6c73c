//! Statements become requests, replies become outcomes. One file a family; all take a [`Context`] and return `Result<Outcome, Diagnostic>`.
//! Knows the syntax tree and the Milvus client; knows nothing of text, of rendering or of the transport.

pub mod catalog;
pub mod collection;
pub mod connection;
pub mod context;
pub mod data;
pub mod errors;
pub mod filter;
pub mod index;
pub mod loading;
pub mod operations;
pub mod original;
pub mod params;
pub mod query;
pub mod search;
pub mod server;
pub mod state;
pub mod values;

use crate::diagnostic::Diagnostic;
use crate::language::ast::{Kind, Statement};
use crate::language::help;
use crate::milvus::Platform;
use crate::outcome::{Outcome, Table, plural};
use context::Context;
use state::State;

pub type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// Runs one statement.
pub async fn execute<P: Platform>(statement: &Statement, state: &State<P>) -> Result<Outcome> {
    match &statement.kind {
        Kind::Connect(connect) => connection::connect(connect, state).await,
        Kind::Help(topic) => help::help(topic.as_ref()),
        Kind::Set { name, value } => connection::set(name, value, state),
        Kind::ShowSettings => Ok(connection::show_settings(state)),
        Kind::Explain(inner) => explain(inner, state).await,
        _ => with_server(statement, state).await,
    }
}

/// Errors that no other memory would mend.
const NO_ANSWER: [&str; 4] = ["Unreachable", "TimedOut", "Unauthenticated", "Refused"];

/// Runs a statement that needs a server. When it fails on what the kernel remembered of a collection, and nothing was changed
/// yet, that memory is dropped and the statement runs once more: somebody else may have changed the collection.
async fn with_server<P: Platform>(statement: &Statement, state: &State<P>) -> Result<Outcome> {
    let connection = connection::connected(state, statement.span)?;
    let mut retried = false;
    loop {
        connection.client.begin(false);
        let context = Context::new(&connection, state, statement.span);
        match dispatch(statement, &context).await {
            Ok(mut outcome) => {
                outcome.notices.splice(0..0, context.take_notices());
                outcome.server_ms = Some(connection.client.server_ms());
                return Ok(outcome);
            }
            Err(error) if context.used_memory() && !connection.client.changed() && !retried && !NO_ANSWER.contains(&error.code) => {
                connection.catalog.forget_all();
                retried = true;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn dispatch<P: Platform>(statement: &Statement, context: &Context<'_, P>) -> Result<Outcome> {
    match &statement.kind {
        Kind::Use(database) => connection::use_database(database, context).await,
        Kind::ShowVersion => server::show_version(context).await,
        Kind::ShowDatabases => server::show_databases(context).await,
        Kind::ShowTables => collection::show(context).await,
        Kind::ShowPartitions(table) => collection::show_partitions(table, context).await,
        Kind::ShowIndexes(table) => index::show(table, context).await,
        Kind::Describe(table) => collection::describe(table, context).await,
        Kind::Stats(table) => operations::stats(table, context).await,
        Kind::CreateTable(create) => collection::create(create, context).await,
        Kind::OriginalCreateTable { table, params } => original::create_table(table, params, context).await,
        Kind::DropTable { table, if_exists } => collection::drop(table, *if_exists, context).await,
        Kind::CreatePartition { table, partition } => collection::create_partition(table, partition, context).await,
        Kind::DropPartition { table, partition } => collection::drop_partition(table, partition, context).await,
        Kind::CreateIndex(create) => index::create(create, context).await,
        Kind::OriginalCreateIndex { table, params } => original::create_index(table, params, context).await,
        Kind::OriginalDropIndex(table) => original::drop_index(table, context).await,
        Kind::Load { table, partitions } => loading::load_statement(table, partitions, context).await,
        Kind::Release { table, partitions } => loading::release_statement(table, partitions, context).await,
        Kind::Write(write) => data::write(write, context).await,
        Kind::Delete { table, partition, filter } => data::delete(table, partition.as_ref(), filter.as_ref(), context).await,
        Kind::OriginalInsert { vectors, table, partition, ids } => original::insert(vectors, table, partition.as_ref(), ids.as_deref(), context).await,
        Kind::OriginalDelete { table, ids } => original::delete(table, ids, context).await,
        Kind::Select(select) => query::select(select, context).await,
        Kind::OriginalSearch { vectors, table, params } => original::search(vectors, table, params, context).await,
        Kind::OriginalGet { table, ids } => original::get(table, ids, context).await,
        Kind::Flush(tables) => operations::flush(tables, context).await,
        Kind::Compact(table) => operations::compact(table, context).await,
        Kind::Connect(_) | Kind::Help(_) | Kind::Set { .. } | Kind::ShowSettings | Kind::Explain(_) => {
            Err(Diagnostic::new("NotSupported", "this statement stands alone").at(statement.span))
        }
    }
}

/// Runs a statement with its requests written down instead of sent; only what a plan needs (schemas, indexes) is asked for.
async fn explain<P: Platform>(inner: &Statement, state: &State<P>) -> Result<Outcome> {
    let connection = connection::connected(state, inner.span)?;
    connection.client.begin(true);
    let context = Context::new(&connection, state, inner.span);
    let result = dispatch(inner, &context).await;
    let requests = connection.client.take_explained();
    result?;
    let count = requests.len() as u64;
    let rows = requests.into_iter().map(|request| vec![request.method.to_string(), request.fields]).collect();
    let mut outcome = Outcome::table(Table::texts(&["request", "fields"], rows));
    outcome.notices = context.take_notices();
    Ok(outcome.with_done(format!("{}, none of them sent", plural(count, "request", "requests"))))
}
