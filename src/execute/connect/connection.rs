//! Connections: CONNECT, `milvus://`, USE CONNECTION, DISCONNECT, SHOW CONNECTIONS.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::connect::secret::secret;
use crate::execute::errors::diagnose;
use crate::execute::names::check_database;
use crate::execute::state::{Connection, State};
use crate::execute::waited;
use crate::language::ast::{self, Name, Value, Word};
use crate::milvus::{Address, Client, Platform, Store, StoreKind, Target};
use crate::outcome::{Outcome, Table};
use milvus_proto::engine as own;
use serde::Serialize;

/// The name of a connection that was given none.
const UNNAMED: &str = "default";

const ONLY_READ: &str = "the file is only read: changes are gone with the page, unless EXPORT \
     DATABASE saves them";

/// How long the first answer is waited for at most, in milliseconds: it decides whether this is a
/// Milvus, and whether it knows the user, and need not take as long as a statement may.
const FIRST_ANSWER_MS: u32 = 10_000;

/// Connects, and asks the server for its version, so that a wrong address is said here.
pub(crate) async fn connect<P: Platform>(
    connect: &ast::Connect,
    state: &State<P>,
) -> Result<Outcome> {
    let target = target(connect, state).await?;
    let name = text(&connect.alias).unwrap_or_else(|| UNNAMED.to_string());
    open(target, name, state, connect.address.span).await
}

/// Makes a connection of this name, the one in use from here on.
async fn open<P: Platform>(
    target: Target,
    name: String,
    state: &State<P>,
    span: Span,
) -> Result<Outcome> {
    let timeout_ms = state.settings.borrow().timeout_ms();
    let failed = |error| diagnose(error, "CONNECT", span);
    let client = Client::new(state.platform.clone(), target, timeout_ms).map_err(failed)?;
    client.begin(false);
    let quick = client.with_timeout(timeout_ms.min(FIRST_ANSWER_MS)).map_err(failed)?;
    quick.learn_version().await.map_err(failed)?;
    let mut place = client.target.url();
    if let Some(user) = client.target.user() {
        place.push_str(&format!(" as {user}"));
    }
    let mut outcome = Outcome::done(format!("connected to {place}, {}", client.version().title()));
    if let Target::Engine(store) = &client.target {
        outcome.notices = state.platform.engine_notices(store);
        if store.kind == StoreKind::File {
            begin_as_file(&client, store, span).await?;
            outcome.notices.push(ONLY_READ.to_string());
        }
    }
    outcome.waited = Some(waited(&client));
    let connection = Rc::new(Connection {
        name: name.clone(),
        client,
        catalog: Rc::default(),
        learnt: Rc::default(),
    });
    let mut connections = state.connections.borrow_mut();
    match connections.all.iter_mut().find(|connection| connection.name == name) {
        Some(known) => *known = connection,
        None => connections.all.push(connection),
    }
    connections.current = name;
    connections.has_named = true;
    Ok(outcome)
}

/// Reads a file into the store that is named by it, unless an earlier connection of this page has,
/// and uses its database.
async fn begin_as_file<P: Platform>(client: &Client<P>, store: &Store, span: Span) -> Result<()> {
    let failed = |error| diagnose(error, "CONNECT", span);
    let there = client.send(own::GetStorageRequest {}).await.map_err(failed)?;
    let database = match there.collections.into_iter().next() {
        Some(collection) => collection.db_name,
        None => {
            let place = store.name.strip_prefix("./").unwrap_or(&store.name);
            let read = client.platform().read_file(place).await;
            let file = read.map_err(|reason| Diagnostic::new(Code::FileError, reason).at(span))?;
            let request = own::ImportDatabaseRequest { file: file.into(), ..Default::default() };
            client.send(request).await.map_err(failed)?.db_name
        }
    };
    if store.database.is_none() {
        client.set_database(&database);
    }
    Ok(())
}

/// What the statement names, with every secret that is to be typed.
async fn target<P: Platform>(connect: &ast::Connect, state: &State<P>) -> Result<Target> {
    let target = Target::parse(&connect.address.value).map_err(|reason| {
        Diagnostic::new(Code::InvalidAddress, reason).at(connect.address.span).help(
            "an address looks like `milvus://127.0.0.1:19530` or \
             `milvus://user:password@host:443/database?secure=true`",
        )
    })?;
    match target {
        Target::Remote(address) => Ok(Target::Remote(remote(address, connect, state).await?)),
        Target::Engine(store) => Ok(Target::Engine(local(store, connect)?)),
    }
}

fn local(mut store: Store, connect: &ast::Connect) -> Result<Store> {
    let login = connect.user.as_ref().or(connect.token.as_ref()).or(connect.password.as_ref());
    if let Some(word) = login {
        return Err(Diagnostic::new(
            Code::NotSupported,
            "the engine in the tab asks nobody to log in",
        )
        .at(word.span)
        .help("leave USER, PASSWORD and TOKEN out"));
    }
    if let Some(word) = &connect.database {
        store.database = text(&connect.database);
        check_database(store.database.as_deref().unwrap_or_default(), word.span)?;
    }
    Ok(store)
}

async fn remote<P: Platform>(
    mut address: Address,
    connect: &ast::Connect,
    state: &State<P>,
) -> Result<Address> {
    address.user = text(&connect.user).or(address.user);
    address.database = text(&connect.database).or(address.database);
    if let Some(database) = &address.database {
        let span = connect.database.as_ref().map_or(connect.address.span, |word| word.span);
        check_database(database, span)?;
    }
    if let (Some(password), None) = (&connect.password, &address.user) {
        return Err(Diagnostic::new(Code::MissingParameter, "a password needs a user")
            .at(password.span)
            .help("add `USER '…'`"));
    }
    check_reachable(&address, state, connect.address.span)?;
    let url = address.url();
    let prompt = async |text: &str| state.platform.prompt(text).await;
    if let Some(password) = &connect.password {
        let user = address.user.as_deref().unwrap_or_default();
        let what = format!("Password of {user} at {url}");
        address.password = Some(secret(password, &what, prompt).await?);
    }
    if let Some(token) = &connect.token {
        address.token = Some(secret(token, &format!("Token for {url}"), prompt).await?);
    }
    Ok(address)
}

/// A browser keeps what is not encrypted from a page that is.
fn check_reachable<P: Platform>(address: &Address, state: &State<P>, span: Span) -> Result<()> {
    if !address.secure
        && state.platform.secure_page()
        && !matches!(address.host.as_str(), "127.0.0.1" | "localhost" | "[::1]")
    {
        let url = address.url();
        let message = format!("this page came over https, and the browser keeps {url} from it");
        return Err(Diagnostic::new(Code::Unreachable, message)
            .at(span)
            .help("add `?secure=true`, and give Envoy a certificate"));
    }
    Ok(())
}

fn text(word: &Option<Word>) -> Option<String> {
    match word {
        Some(Spanned { value: Value::Text(text), .. }) => Some(text.clone()),
        _ => None,
    }
}

pub(crate) fn use_connection<P: Platform>(name: &Name, state: &State<P>) -> Result<Outcome> {
    find(name, state)?;
    state.connections.borrow_mut().current = name.value.clone();
    Ok(Outcome::done(format!("using connection {name}")))
}

/// Forgets a connection, the one in use when none is named; the last one made is used then.
pub(crate) fn disconnect<P: Platform>(
    name: Option<&Name>,
    state: &State<P>,
    span: Span,
) -> Result<Outcome> {
    let gone = match name {
        Some(name) => find(name, state)?,
        None => connected(state, span)?,
    };
    let mut connections = state.connections.borrow_mut();
    connections.all.retain(|connection| connection.name != gone.name);
    let mut outcome = Outcome::done(format!("disconnected from {}", gone.client.target.url()));
    if connections.current == gone.name {
        connections.current =
            connections.all.last().map_or_else(String::new, |connection| connection.name.clone());
        if !connections.all.is_empty() {
            outcome.notices.push(format!("using connection {}", connections.current));
        }
    }
    Ok(outcome)
}

pub(crate) fn find<P: Platform>(name: &Name, state: &State<P>) -> Result<Rc<Connection<P>>> {
    let connections = state.connections.borrow();
    connections.all.iter().find(|connection| connection.name == name.value).cloned().ok_or_else(
        || {
            let known = connections.all.iter().map(|connection| connection.name.as_str());
            Diagnostic::new(Code::UnknownConnection, format!("unknown connection `{name}`"))
                .at(name.span)
                .suggest(&name.value, known, "there are")
        },
    )
}

/// A connection as it is shown.
#[derive(Serialize)]
pub struct Shown {
    name: String,
    address: String,
    user: String,
    database: String,
    server: String,
    in_use: bool,
}

/// The connections, in the order they were made; no server is asked.
pub(crate) fn shown<P: Platform>(state: &State<P>) -> Vec<Shown> {
    let connections = state.connections.borrow();
    let shown = connections.all.iter().map(|connection| {
        let database = connection.client.database();
        Shown {
            name: connection.name.clone(),
            address: connection.client.target.url(),
            user: connection.client.target.user().unwrap_or_default().to_string(),
            database: if database.is_empty() { "default".to_string() } else { database },
            server: connection.client.version().name(),
            in_use: connection.name == connections.current,
        }
    });
    shown.collect()
}

pub(crate) fn show_connections<P: Platform>(state: &State<P>) -> Outcome {
    let rows = shown(state).into_iter().map(|shown| {
        let in_use = if shown.in_use { "yes" } else { "" }.to_string();
        vec![shown.name, shown.address, shown.user, shown.database, shown.server, in_use]
    });
    Outcome::table(Table::texts(
        &["connection", "address", "user", "database", "server", "in use"],
        rows.collect(),
    ))
}

/// The connection of a statement that needs one. A session that has named none yet uses that of its
/// settings, or the engine where there is one, and the first statement says so.
pub(crate) async fn connected_or_default<P: Platform>(
    state: &State<P>,
    span: Span,
) -> Result<(Rc<Connection<P>>, Vec<String>)> {
    let Some(target) = by_default(state) else {
        return Ok((connected(state, span)?, Vec::new()));
    };
    if let Target::Remote(address) = &target {
        check_reachable(address, state, span)?;
    }
    let outcome = open(target, UNNAMED.to_string(), state, span).await?;
    let mut notices = vec![format!("no connection was named: {}", outcome.done)];
    notices.extend(outcome.notices);
    Ok((connected(state, span)?, notices))
}

/// Where the next statement goes if it needs a connection and no cell has named one.
pub(crate) fn by_default<P: Platform>(state: &State<P>) -> Option<Target> {
    if state.connections.borrow().has_named {
        return None;
    }
    let set = state.settings.borrow().default_connection.clone();
    match set {
        // SET has read it before
        Some(address) => Target::parse(&address).ok(),
        None => state.platform.has_engine().then(|| Target::Engine(Store::local())),
    }
}

/// The connection, or an error that says how to get one.
fn connected<P: Platform>(state: &State<P>, span: Span) -> Result<Rc<Connection<P>>> {
    state.current().ok_or_else(|| {
        Diagnostic::new(Code::NotConnected, "there is no connection yet")
            .at(span)
            .label("this needs a server")
            .help(match state.platform.has_engine() {
                true => {
                    "connect first: with `milvus://local` to the engine in this tab, or for \
                         example with `milvus://127.0.0.1:19530` to a server"
                }
                false => "connect first, for example with `milvus://127.0.0.1:19530`",
            })
    })
}
