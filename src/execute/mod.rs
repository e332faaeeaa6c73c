//! Statements become requests, replies become outcomes. In: the syntax tree and what the session
//! remembers. Out: an outcome or a diagnostic. Knows the Milvus client; knows nothing of text, of
//! rendering or of the transport.
//!
//! What stands in a statement for something else is settled before: `subqueries` are carried out,
//! `last` puts values in the place of variables, and `places` finds the connection and the database
//! of a table.
//!
//! Rooms, from the top: `copy` moves rows between files and what is below it, `moving` between
//! tables; `plot` makes charts of what `select` gives. `original` and `select` choose among
//! `search`, `write` and `read`; these take what they need from `define` and `convert`, and all of
//! them know collections from `catalog`. `connect` changes the session, `admin` looks after a
//! server. A `context` carries what every statement is run with. No room imports one above it.

pub(crate) mod admin;
pub(crate) mod analyze;
pub mod catalog;
pub(crate) mod connect;
pub(crate) mod context;
pub(crate) mod convert;
pub(crate) mod copy;
pub(crate) mod define;
pub(crate) mod errors;
pub(crate) mod last;
pub(crate) mod memory;
pub(crate) mod moving;
pub(crate) mod names;
pub(crate) mod original;
pub(crate) mod params;
pub(crate) mod places;
pub(crate) mod plot;
pub(crate) mod read;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod state;
pub(crate) mod subqueries;
mod unknown;
pub(crate) mod value;
pub(crate) mod words;
pub(crate) mod write;

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::evaluate;
use crate::language::ast::{CreateObject, Kind, Listing, Name, Object, ObjectChange, Statement};
use crate::language::help;
use crate::milvus::explain::Explained;
use crate::milvus::{Client, Platform, Target};
use crate::outcome::{Outcome, Table, Waited, plural};
use context::Context;
use errors::NO_ANSWER;
use state::State;

/// Runs one statement. What its subqueries give is put in their place first.
pub(crate) async fn execute<P: Platform>(
    statement: &mut Statement,
    state: &State<P>,
) -> Result<Outcome> {
    if matches!(statement.kind, Kind::Analyze(_)) {
        return analyze::analyze(statement, state).await;
    }
    state.begin_statement();
    evaluate::begin(state.platform.unix_ms());
    let is_explain = matches!(statement.kind, Kind::Explain(_));
    let before = subqueries::resolve(statement, state, is_explain).await?;
    let place = places::take(&mut statement.kind)?;
    let Some(before) = before else {
        return run(statement, place.as_ref(), state, Vec::new()).await;
    };
    let mut outcome = run(statement, place.as_ref(), state, before.requests).await?;
    outcome.notices.splice(0..0, before.notices);
    outcome.waited = match (before.waited, outcome.waited) {
        (Some(one), Some(other)) => Some(Waited { ms: one.ms + other.ms, ..other }),
        (one, other) => other.or(one),
    };
    Ok(outcome)
}

/// Runs a statement without subqueries; EXPLAIN shows what was sent for them.
async fn run<P: Platform>(
    statement: &Statement,
    place: Option<&Name>,
    state: &State<P>,
    sent: Vec<Explained>,
) -> Result<Outcome> {
    if connect::snapshot::is_kept(&statement.kind) {
        state.is_changed.set(true);
    }
    match &statement.kind {
        Kind::Connect(connect) => connect::connection::connect(connect, state).await,
        Kind::Help(topic) => help::help(topic.as_ref()),
        Kind::Constants(items) => {
            let database = state.current().map(|connection| connection.client.database());
            read::constants::constants(items, database.as_deref())
        }
        Kind::UseConnection(name) => connect::connection::use_connection(name, state),
        Kind::Disconnect(name) => {
            connect::connection::disconnect(name.as_ref(), state, statement.span)
        }
        Kind::Set { name, value } => connect::settings::set(name, value, state),
        Kind::SetVariable { name, value } => connect::settings::set_variable(name, value, state),
        Kind::Show { what: Listing::Settings, .. } => Ok(connect::settings::show_settings(state)),
        Kind::Show { what: Listing::Variables, .. } => Ok(connect::settings::show_variables(state)),
        Kind::Show { what: Listing::Connections, .. } => {
            Ok(connect::connection::show_connections(state))
        }
        Kind::Explain(inner) => explain(inner, place, state, sent).await,
        _ => with_server(statement, place, state, Shown::Settings).await,
    }
}

/// Which rows of a result are kept.
#[derive(Clone, Copy)]
enum Shown {
    /// a few more than the settings show
    Settings,
    Every,
}

/// Runs a statement that needs a server. When it fails on what the kernel remembered of a
/// collection, and nothing was changed yet, that memory is dropped and the statement runs once
/// more: somebody else may have changed the collection.
async fn with_server<P: Platform>(
    statement: &Statement,
    place: Option<&Name>,
    state: &State<P>,
    shown: Shown,
) -> Result<Outcome> {
    let (connection, mut opened) = places::connection(place, state, statement.span).await?;
    let mut retried = false;
    loop {
        connection.client.begin(false);
        let context = Context::new(&connection, state, statement);
        let context = match shown {
            Shown::Settings => context,
            Shown::Every => context.of_all_rows(),
        };
        match dispatch(statement, &context).await {
            Ok(mut outcome) => {
                opened.extend(context.take_notices());
                outcome.notices.splice(0..0, opened);
                outcome.notices.extend(slowed(connection.client.slowed()));
                outcome.waited = Some(waited(&connection.client));
                if connection.client.changed() {
                    state.acknowledge(statement);
                }
                return Ok(outcome);
            }
            Err(error)
                if context.used_memory()
                    && !connection.client.changed()
                    && connection.client.lost().is_none()
                    && !retried
                    && !NO_ANSWER.contains(&error.code) =>
            {
                // rows may come from another connection's table
                state.connections.borrow().all.iter().for_each(|one| one.catalog.forget_all());
                retried = true;
            }
            Err(error) => {
                return Err(match connection.client.lost() {
                    Some(method) => state.lost(method, error),
                    None => error,
                });
            }
        }
    }
}

/// How long it was waited in this statement, and for whom.
fn waited<P: Platform>(client: &Client<P>) -> Waited {
    let is_engine = matches!(client.target, Target::Engine(_));
    Waited { ms: client.waited_ms(), is_engine }
}

/// What is said when the server limited the rate of a statement.
fn slowed(times: u32) -> Option<String> {
    let times = match times {
        0 => return None,
        1 => "once".to_string(),
        times => format!("{times} times"),
    };
    Some(format!("the server limits its rate: what it refused was sent again {times}"))
}

async fn dispatch<P: Platform>(statement: &Statement, context: &Context<'_, P>) -> Result<Outcome> {
    match &statement.kind {
        Kind::Use(database) => define::database::use_database(database, context).await,
        Kind::Show { what, like } => show(*what, like.as_ref(), statement, context).await,
        Kind::ShowOf { what, table } => show_of(*what, table, statement, context).await,
        Kind::ShowCreate(table) => define::describe::show_create(table, context).await,
        Kind::ShowIndexProgress { index, table } => {
            define::index::progress(index.as_ref(), table, context).await
        }
        Kind::ShowLoadingProgress { table, partitions } => {
            define::loading::progress(table, partitions, context).await
        }
        Kind::ShowGrants { of, on } => {
            admin::access::show_grants(of.as_ref(), on.as_ref(), context).await
        }
        Kind::ShowPartition { partition, table } => {
            define::partition::show_one(table, partition, context).await
        }
        Kind::ShowJob { job, id } => admin::maintenance::show_job(*job, id, context).await,
        Kind::Describe(table) => define::describe::describe(table, context).await,
        Kind::DescribeIndex { index, table } => {
            define::index::describe(index, table, context).await
        }
        Kind::DescribeObject { object, name, table } => match object {
            Object::Database => define::database::describe(name, context).await,
            Object::Alias => define::alias::describe(name, context).await,
            Object::User => admin::access::show_users(Some(name), context).await,
            Object::Role => admin::access::show_roles(Some(name), context).await,
            Object::ResourceGroup => admin::resource_groups::describe_group(name, context).await,
            Object::PrivilegeGroup => admin::access::show_privilege_groups(context).await,
            Object::Snapshot => admin::snapshots::describe(name, table.as_ref(), context).await,
        },
        Kind::Stats(table) => admin::segments::stats(table, context).await,
        Kind::CreateTable(create) => define::collection::create(create, context).await,
        Kind::OriginalCreateTable { table, params } => {
            original::create_table(table, params, context).await
        }
        Kind::AlterTable { table, change } => {
            define::collection::alter(table, change, context).await
        }
        Kind::DropTable { table, if_exists } => {
            define::collection::drop(table, *if_exists, context).await
        }
        Kind::Truncate(table) => define::collection::truncate(table, context).await,
        Kind::CreateObject(create) => create_object(create, context).await,
        Kind::AlterObject { object, name, change } => {
            alter_object(*object, name, change, context).await
        }
        Kind::DropObject { object, name, if_exists, table } => match object {
            Object::Database => define::database::drop(name, *if_exists, context).await,
            Object::Alias => define::alias::drop(name, *if_exists, context).await,
            Object::User => admin::access::drop_user(name, *if_exists, context).await,
            Object::Role => admin::access::drop_role(name, *if_exists, context).await,
            Object::ResourceGroup => {
                admin::resource_groups::drop_group(name, *if_exists, context).await
            }
            Object::PrivilegeGroup => admin::access::drop_privilege_group(name, context).await,
            Object::Snapshot => admin::snapshots::drop(name, table.as_ref(), context).await,
        },
        Kind::CreatePartition { table, partition, if_not_exists } => {
            define::partition::create(table, partition, *if_not_exists, context).await
        }
        Kind::DropPartition { table, partition, if_exists } => {
            define::partition::drop(table, partition, *if_exists, context).await
        }
        Kind::CreateIndex { table, index, if_not_exists } => {
            define::index::create(table, index, *if_not_exists, context).await
        }
        Kind::OriginalCreateIndex { table, params } => {
            original::create_index(table, params, context).await
        }
        Kind::AlterIndex { index, table, change } => {
            define::index::alter(index, table, change, context).await
        }
        Kind::DropIndex { index, table, if_exists } => {
            define::index::drop(index, table, *if_exists, context).await
        }
        Kind::OriginalDropIndex(table) => original::drop_index(table, context).await,
        Kind::Load { table, more, partitions, fields, params } => {
            let mut tables = vec![table.clone()];
            tables.extend_from_slice(more);
            define::loading::load_statement(&tables, partitions, fields, params, context).await
        }
        Kind::Release { table, partitions } => {
            define::loading::release_statement(table, partitions, context).await
        }
        Kind::CopyFrom(copy) => copy::from::copy(copy, context).await,
        Kind::CopyTo(copy) => copy::to::copy(copy, context).await,
        Kind::CreateFrom { if_not_exists, copy } => {
            copy::create::create(copy, *if_not_exists, context).await
        }
        Kind::Write(write) => write::rows::write(write, context).await,
        Kind::WriteFrom(write) => moving::insert::insert(write, context).await,
        Kind::CreateAs { table, if_not_exists, source } => {
            moving::create::create_as(table, *if_not_exists, source, context).await
        }
        Kind::CreateLike { table, if_not_exists, like } => {
            moving::create::create_like(table, *if_not_exists, like, context).await
        }
        Kind::Update(update) => moving::few::update(update, context).await,
        Kind::Delete { table, partition, filter, few } => {
            moving::few::delete(table, partition.as_ref(), filter.as_ref(), few, context).await
        }
        Kind::OriginalInsert { vectors, table, partition, ids } => {
            original::insert(vectors, table, partition.as_ref(), ids.as_deref(), context).await
        }
        Kind::OriginalDelete { table, ids } => original::delete(table, ids, context).await,
        Kind::Select(select) => select::select(select, context).await,
        Kind::Plot(plot) => plot::plot(plot, context).await,
        Kind::OriginalSearch { vectors, table, params } => {
            original::search(vectors, table, params, context).await
        }
        Kind::OriginalGet { table, ids } => original::get(table, ids, context).await,
        Kind::GrantRole { revoke, role, user } => {
            admin::access::grant_role(*revoke, role, user, context).await
        }
        Kind::Grant(grant) => admin::access::grant(grant, context).await,
        Kind::Flush(tables) => admin::maintenance::flush(tables, context).await,
        Kind::Compact { table, params } => {
            admin::maintenance::compact(table, params, context).await
        }
        Kind::Import { files, table, partition, params } => {
            admin::maintenance::import(files, table, partition.as_ref(), params, context).await
        }
        Kind::DropStorage => admin::storage::drop(context).await,
        Kind::ExportDatabase { database, file, salvage } => {
            admin::storage::export(database.as_ref(), file, *salvage, context).await
        }
        Kind::ImportDatabase { if_not_exists, database, file } => {
            admin::storage::import(*if_not_exists, database.as_ref(), file, context).await
        }
        Kind::TransferNodes { count, from, to } => {
            admin::resource_groups::transfer_nodes(count, from, to, context).await
        }
        Kind::TransferReplicas { count, table, from, to } => {
            admin::resource_groups::transfer_replicas(count, table, from, to, context).await
        }
        Kind::Restore { snapshot, table, to } => {
            admin::snapshots::restore(snapshot, table, to, context).await
        }
        Kind::RunAnalyzer { texts, field, params } => {
            admin::analyzer::run(texts, field.as_ref(), params, context).await
        }
        Kind::Connect(_)
        | Kind::UseConnection(_)
        | Kind::Disconnect(_)
        | Kind::Help(_)
        | Kind::Constants(_)
        | Kind::Set { .. }
        | Kind::SetVariable { .. }
        | Kind::Explain(_)
        | Kind::Analyze(_) => {
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
        Listing::Tables => define::describe::show(like, context).await,
        Listing::Databases => define::database::show(context).await,
        Listing::Version => admin::maintenance::show_version(context).await,
        Listing::Aliases => define::alias::show(None, context).await,
        Listing::Users => admin::access::show_users(None, context).await,
        Listing::Roles => admin::access::show_roles(None, context).await,
        Listing::Imports => admin::maintenance::show_imports(None, context).await,
        Listing::Snapshots => admin::snapshots::show(None, context).await,
        Listing::Restores => admin::snapshots::show_restores(None, context).await,
        Listing::Storage => admin::storage::show(context).await,
        Listing::ResourceGroups => admin::resource_groups::show_groups(context).await,
        Listing::PrivilegeGroups => admin::access::show_privilege_groups(context).await,
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
        Listing::Partitions => define::partition::show(table, context).await,
        Listing::Tables => define::database::show_tables(table, context).await,
        Listing::Indexes => define::index::show(table, context).await,
        Listing::Aliases => define::alias::show(Some(table), context).await,
        Listing::Stats => admin::segments::show_stats(table, context).await,
        Listing::Segments => admin::segments::segments(table, context).await,
        Listing::Replicas => admin::resource_groups::show_replicas(table, context).await,
        Listing::Imports => admin::maintenance::show_imports(Some(table), context).await,
        Listing::Snapshots => admin::snapshots::show(Some(table), context).await,
        Listing::Restores => admin::snapshots::show_restores(Some(table), context).await,
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
        (Object::Database, ..) => define::database::create(create, context).await,
        (Object::Alias, Some(table), _) => define::alias::create(name, table, context).await,
        (Object::User, _, Some(password)) => {
            admin::access::create_user(name, password, create.if_not_exists, context).await
        }
        (Object::Role, ..) => admin::access::create_role(name, create.if_not_exists, context).await,
        (Object::ResourceGroup, ..) => {
            admin::resource_groups::create_group(
                name,
                &create.params,
                create.if_not_exists,
                context,
            )
            .await
        }
        (Object::PrivilegeGroup, ..) => admin::access::create_privilege_group(name, context).await,
        (Object::Snapshot, Some(table), _) => {
            admin::snapshots::create(name, table, &create.params, context).await
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
        (Object::Database, change) => define::database::alter(name, change, context).await,
        (_, ObjectChange::Target(table)) => define::alias::alter(name, table, context).await,
        (_, ObjectChange::Password { new, old }) => {
            admin::access::alter_user(name, new, old.as_ref(), context).await
        }
        (_, ObjectChange::Members { add, names }) => {
            admin::access::alter_privilege_group(name, *add, names, context).await
        }
        (Object::ResourceGroup, ObjectChange::Set(params)) => {
            admin::resource_groups::alter_group(name, params, context).await
        }
        _ => Err(Diagnostic::new(Code::SyntaxError, "this cannot be changed").at(name.span)),
    }
}

/// Runs a statement with its requests written down instead of sent; only what a plan needs
/// (schemas, indexes, and what its subqueries give) is asked for.
async fn explain<P: Platform>(
    inner: &Statement,
    place: Option<&Name>,
    state: &State<P>,
    sent: Vec<Explained>,
) -> Result<Outcome> {
    let (planned, notices) = requests(inner, place, state).await?;
    let (first, count) = (sent.len() as u64, (sent.len() + planned.len()) as u64);
    let mut rows = Vec::new();
    for request in sent.into_iter().chain(planned) {
        if request.fields.is_empty() {
            rows.push(vec![request.method.to_string(), String::new(), String::new()]);
        }
        for (at, (name, value)) in request.fields.into_iter().enumerate() {
            let method = if at == 0 { request.method.to_string() } else { String::new() };
            rows.push(vec![method, name, value]);
        }
    }
    let mut outcome = Outcome::table(Table::texts(&["request", "field", "value"], rows));
    outcome.notices = notices;
    let count = plural(count, "request", "requests");
    Ok(outcome.with_done(match first {
        0 => format!("{count}, none of them sent"),
        first => format!(
            "{count}: {} sent for the subqueries, the others not",
            if first == 1 { "the first was".to_string() } else { format!("{first} were") }
        ),
    }))
}

/// The requests of a statement, and what it has to say.
async fn requests<P: Platform>(
    statement: &Statement,
    place: Option<&Name>,
    state: &State<P>,
) -> Result<(Vec<Explained>, Vec<String>)> {
    let (connection, mut notices) = places::connection(place, state, statement.span).await?;
    connection.client.begin(true);
    let context = Context::new(&connection, state, statement);
    let result = dispatch(statement, &context).await;
    let requests = connection.client.take_explained();
    result?;
    notices.extend(context.take_notices());
    Ok((requests, notices))
}
