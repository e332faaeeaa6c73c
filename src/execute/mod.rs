//! Statements become requests, replies become outcomes. One file a family; all take a [`Context`]
//! and return `Result<Outcome, Diagnostic>`. Knows the syntax tree and the Milvus client; knows
//! nothing of text, of rendering or of the transport.

pub mod access;
pub mod aggregate;
pub mod analyzer;
pub mod catalog;
pub mod collection;
pub mod connection;
pub mod context;
pub mod data;
pub mod database;
pub mod describe;
pub mod errors;
pub mod filter;
pub mod hits;
pub mod hybrid;
pub mod index;
pub mod index_types;
pub mod loading;
pub mod operations;
pub mod original;
pub mod outputs;
pub mod params;
pub mod pushdown;
pub mod query;
pub mod resources;
pub mod schema;
pub mod search;
pub mod search_plan;
pub mod secret;
pub mod state;
pub mod update;
pub mod values;

use crate::diagnostic::{Code, Diagnostic};
use crate::language::ast::{CreateObject, Kind, Listing, Name, Object, ObjectChange, Statement};
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
        Kind::UseConnection(name) => connection::use_connection(name, state),
        Kind::Disconnect(name) => connection::disconnect(name.as_ref(), state, statement.span),
        Kind::Set { name, value } => connection::set(name, value, state),
        Kind::SetVariable { name, value } => Ok(connection::set_variable(name, value, state)),
        Kind::Show { what: Listing::Settings, .. } => Ok(connection::show_settings(state)),
        Kind::Show { what: Listing::Variables, .. } => Ok(connection::show_variables(state)),
        Kind::Show { what: Listing::Connections, .. } => Ok(connection::show_connections(state)),
        Kind::Explain(inner) => explain(inner, state).await,
        _ => with_server(statement, state).await,
    }
}

/// Errors that no other memory would mend.
const NO_ANSWER: [Code; 4] =
    [Code::Unreachable, Code::TimedOut, Code::Unauthenticated, Code::Refused];

/// Runs a statement that needs a server. When it fails on what the kernel remembered of a
/// collection, and nothing was changed yet, that memory is dropped and the statement runs once
/// more: somebody else may have changed the collection.
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
            Err(error)
                if context.used_memory()
                    && !connection.client.changed()
                    && !retried
                    && !NO_ANSWER.contains(&error.code) =>
            {
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
        Kind::Show { what, like } => show(*what, like.as_ref(), statement, context).await,
        Kind::ShowOf { what, table } => show_of(*what, table, statement, context).await,
        Kind::ShowCreate(table) => describe::show_create(table, context).await,
        Kind::ShowIndexProgress { index, table } => index::progress(index, table, context).await,
        Kind::ShowLoadingProgress(table) => loading::progress(table, context).await,
        Kind::ShowGrants { of, name } => access::show_grants(*of, name, context).await,
        Kind::ShowJob { job, id } => operations::show_job(*job, id, context).await,
        Kind::Describe(table) => describe::describe(table, context).await,
        Kind::DescribeIndex { index, table } => index::describe(index, table, context).await,
        Kind::DescribeObject { object, name, table } => match object {
            Object::Database => database::describe(name, context).await,
            Object::Alias => database::describe_alias(name, context).await,
            Object::User => access::show_users(Some(name), context).await,
            Object::Role => access::show_roles(Some(name), context).await,
            Object::ResourceGroup => resources::describe_group(name, context).await,
            Object::PrivilegeGroup => access::show_privilege_groups(context).await,
            Object::Snapshot => operations::describe_snapshot(name, table.as_ref(), context).await,
        },
        Kind::Stats(table) => operations::stats(table, context).await,
        Kind::CreateTable(create) => collection::create(create, context).await,
        Kind::OriginalCreateTable { table, params } => {
            original::create_table(table, params, context).await
        }
        Kind::AlterTable { table, change } => collection::alter(table, change, context).await,
        Kind::DropTable { table, if_exists } => collection::drop(table, *if_exists, context).await,
        Kind::Truncate(table) => collection::truncate(table, context).await,
        Kind::CreateObject(create) => create_object(create, context).await,
        Kind::AlterObject { object, name, change } => {
            alter_object(*object, name, change, context).await
        }
        Kind::DropObject { object, name, if_exists, table } => match object {
            Object::Database => database::drop(name, *if_exists, context).await,
            Object::Alias => database::drop_alias(name, *if_exists, context).await,
            Object::User => access::drop_user(name, *if_exists, context).await,
            Object::Role => access::drop_role(name, *if_exists, context).await,
            Object::ResourceGroup => resources::drop_group(name, *if_exists, context).await,
            Object::PrivilegeGroup => access::drop_privilege_group(name, context).await,
            Object::Snapshot => operations::drop_snapshot(name, table.as_ref(), context).await,
        },
        Kind::CreatePartition { table, partition, if_not_exists } => {
            collection::create_partition(table, partition, *if_not_exists, context).await
        }
        Kind::DropPartition { table, partition, if_exists } => {
            collection::drop_partition(table, partition, *if_exists, context).await
        }
        Kind::CreateIndex { table, index, if_not_exists } => {
            index::create(table, index, *if_not_exists, context).await
        }
        Kind::OriginalCreateIndex { table, params } => {
            original::create_index(table, params, context).await
        }
        Kind::AlterIndex { index, table, change } => {
            index::alter(index, table, change, context).await
        }
        Kind::DropIndex { index, table, if_exists } => {
            index::drop(index, table, *if_exists, context).await
        }
        Kind::OriginalDropIndex(table) => original::drop_index(table, context).await,
        Kind::Load { table, partitions, fields, params } => {
            loading::load_statement(table, partitions, fields, params, context).await
        }
        Kind::Release { table, partitions } => {
            loading::release_statement(table, partitions, context).await
        }
        Kind::Write(write) => data::write(write, context).await,
        Kind::Update(update) => update::update(update, context).await,
        Kind::Delete { table, partition, filter } => {
            data::delete(table, partition.as_ref(), filter.as_ref(), context).await
        }
        Kind::OriginalInsert { vectors, table, partition, ids } => {
            original::insert(vectors, table, partition.as_ref(), ids.as_deref(), context).await
        }
        Kind::OriginalDelete { table, ids } => original::delete(table, ids, context).await,
        Kind::Select(select) => query::select(select, context).await,
        Kind::OriginalSearch { vectors, table, params } => {
            original::search(vectors, table, params, context).await
        }
        Kind::OriginalGet { table, ids } => original::get(table, ids, context).await,
        Kind::GrantRole { revoke, role, user } => {
            access::grant_role(*revoke, role, user, context).await
        }
        Kind::Grant(grant) => access::grant(grant, context).await,
        Kind::Flush(tables) => operations::flush(tables, context).await,
        Kind::Compact { table, params } => operations::compact(table, params, context).await,
        Kind::Import { files, table, partition, params } => {
            operations::import(files, table, partition.as_ref(), params, context).await
        }
        Kind::TransferNodes { count, from, to } => {
            resources::transfer_nodes(count, from, to, context).await
        }
        Kind::TransferReplicas { count, table, from, to } => {
            resources::transfer_replicas(count, table, from, to, context).await
        }
        Kind::Restore { snapshot, table, to } => {
            operations::restore(snapshot, table, to, context).await
        }
        Kind::RunAnalyzer { texts, of, params } => {
            analyzer::run(texts, of.as_ref(), params, context).await
        }
        Kind::Connect(_)
        | Kind::UseConnection(_)
        | Kind::Disconnect(_)
        | Kind::Help(_)
        | Kind::Set { .. }
        | Kind::SetVariable { .. }
        | Kind::Explain(_) => {
            Err(Diagnostic::new(Code::NotSupported, "this statement stands alone")
                .at(statement.span))
        }
    }
}

async fn show<P: Platform>(
    what: Listing,
    like: Option<&Name>,
    statement: &Statement,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(like) = like.filter(|_| what != Listing::Tables) {
        return Err(Diagnostic::new(
            Code::SyntaxError,
            format!("SHOW {} takes no LIKE", what.word()),
        )
        .at(like.span)
        .help("SHOW TABLES takes one"));
    }
    match what {
        Listing::Tables => describe::show(like, context).await,
        Listing::Databases => database::show(context).await,
        Listing::Version => operations::show_version(context).await,
        Listing::Aliases => database::show_aliases(None, context).await,
        Listing::Users => access::show_users(None, context).await,
        Listing::Roles => access::show_roles(None, context).await,
        Listing::Imports => operations::show_imports(None, context).await,
        Listing::Snapshots => operations::show_snapshots(None, context).await,
        Listing::Restores => operations::show_restores(None, context).await,
        Listing::ResourceGroups => resources::show_groups(context).await,
        Listing::PrivilegeGroups => access::show_privilege_groups(context).await,
        Listing::Settings | Listing::Variables | Listing::Connections => {
            Err(Diagnostic::new(Code::NotSupported, "this statement stands alone")
                .at(statement.span))
        }
        Listing::Partitions
        | Listing::Indexes
        | Listing::Stats
        | Listing::Segments
        | Listing::Replicas => {
            Err(Diagnostic::new(Code::SyntaxError, format!("{} are those of a table", what.word()))
                .at(statement.span)
                .help(format!("write `SHOW {} FROM t`", what.word())))
        }
    }
}

async fn show_of<P: Platform>(
    what: Listing,
    table: &Name,
    statement: &Statement,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    match what {
        Listing::Partitions => collection::show_partitions(table, context).await,
        Listing::Indexes => index::show(table, context).await,
        Listing::Aliases => database::show_aliases(Some(table), context).await,
        Listing::Stats => operations::show_stats(table, context).await,
        Listing::Segments => operations::segments(table, context).await,
        Listing::Replicas => resources::show_replicas(table, context).await,
        Listing::Imports => operations::show_imports(Some(table), context).await,
        Listing::Snapshots => operations::show_snapshots(Some(table), context).await,
        Listing::Restores => operations::show_restores(Some(table), context).await,
        _ => Err(Diagnostic::new(
            Code::SyntaxError,
            format!("{} are not those of a table", what.word()),
        )
        .at(statement.span)
        .help(format!("write `SHOW {}`", what.word()))),
    }
}

async fn create_object<P: Platform>(
    create: &CreateObject,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let name = &create.name;
    if let Some(param) = create.params.first().filter(|_| {
        !matches!(create.object, Object::Database | Object::ResourceGroup | Object::Snapshot)
    }) {
        return Err(Diagnostic::new(
            Code::SyntaxError,
            format!("{} takes no parameters", create.object.word()),
        )
        .at(param.name.span));
    }
    match (create.object, &create.table, &create.password) {
        (Object::Database, ..) => database::create(create, context).await,
        (Object::Alias, Some(table), _) => database::create_alias(name, table, context).await,
        (Object::User, _, Some(password)) => {
            access::create_user(name, password, create.if_not_exists, context).await
        }
        (Object::Role, ..) => access::create_role(name, create.if_not_exists, context).await,
        (Object::ResourceGroup, ..) => {
            resources::create_group(name, &create.params, create.if_not_exists, context).await
        }
        (Object::PrivilegeGroup, ..) => access::create_privilege_group(name, context).await,
        (Object::Snapshot, Some(table), _) => {
            operations::create_snapshot(name, table, &create.params, context).await
        }
        _ => Err(Diagnostic::new(Code::SyntaxError, "something is missing here").at(name.span)),
    }
}

async fn alter_object<P: Platform>(
    object: Object,
    name: &Name,
    change: &ObjectChange,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    match (object, change) {
        (Object::Database, change) => database::alter(name, change, context).await,
        (_, ObjectChange::Target(table)) => database::alter_alias(name, table, context).await,
        (_, ObjectChange::Password { new, old }) => {
            access::alter_user(name, new, old.as_ref(), context).await
        }
        (_, ObjectChange::Members { add, names }) => {
            access::alter_privilege_group(name, *add, names, context).await
        }
        (Object::ResourceGroup, ObjectChange::Set(params)) => {
            resources::alter_group(name, params, context).await
        }
        _ => Err(Diagnostic::new(Code::SyntaxError, "this cannot be changed").at(name.span)),
    }
}

/// Runs a statement with its requests written down instead of sent; only what a plan needs
/// (schemas, indexes) is asked for.
async fn explain<P: Platform>(inner: &Statement, state: &State<P>) -> Result<Outcome> {
    let connection = connection::connected(state, inner.span)?;
    connection.client.begin(true);
    let context = Context::new(&connection, state, inner.span);
    let result = dispatch(inner, &context).await;
    let requests = connection.client.take_explained();
    result?;
    let count = requests.len() as u64;
    let mut rows = Vec::new();
    for request in requests {
        if request.fields.is_empty() {
            rows.push(vec![request.method.to_string(), String::new(), String::new()]);
        }
        for (at, (name, value)) in request.fields.into_iter().enumerate() {
            let method = if at == 0 { request.method.to_string() } else { String::new() };
            rows.push(vec![method, name, value]);
        }
    }
    let mut outcome = Outcome::table(Table::texts(&["request", "field", "value"], rows));
    outcome.notices = context.take_notices();
    Ok(outcome.with_done(format!("{}, none of them sent", plural(count, "request", "requests"))))
}
