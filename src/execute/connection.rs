//! CONNECT, `milvus://`, USE, SET: what changes the session itself.

use std::rc::Rc;

use super::Result;
use super::catalog::Catalog;
use super::context::Context;
use super::errors::{diagnose, table_names};
use super::params;
use super::state::{Connection, State};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::language::ast::{self, Name, Value};
use crate::milvus::{Address, Client, Platform};
use crate::outcome::{Outcome, Table};
use crate::proto::milvus::{GetVersionRequest, ListDatabasesRequest};

/// Connects, and asks the server for its version, so that a wrong address is said here.
pub async fn connect<P: Platform>(connect: &ast::Connect, state: &State<P>) -> Result<Outcome> {
    let span = connect.address.span;
    let mut address = Address::parse(&connect.address.value).map_err(|reason| {
        Diagnostic::new("InvalidAddress", reason)
            .at(span)
            .help("an address looks like `milvus://127.0.0.1:19530` or `milvus://user:password@host:443/database?secure=true`")
    })?;
    let text = |name: &Option<Name>| name.as_ref().map(|name| name.value.clone());
    address.user = text(&connect.user).or(address.user);
    address.password = text(&connect.password).or(address.password);
    address.token = text(&connect.token).or(address.token);
    address.database = text(&connect.database).or(address.database);
    if let (Some(password), None) = (&connect.password, &address.user) {
        return Err(Diagnostic::new("MissingParameter", "a password needs a user").at(password.span).help("add `USER '…'`"));
    }
    if !address.secure && state.platform.secure_page() && !matches!(address.host.as_str(), "127.0.0.1" | "localhost" | "[::1]") {
        return Err(Diagnostic::new("Unreachable", format!("this page came over https, and the browser keeps {} from it", address.url()))
            .at(span)
            .help("add `?secure=true`, and give Envoy a certificate"));
    }
    let user = address.user.clone();
    let timeout_ms = state.settings.borrow().timeout_ms();
    let client = Client::new(state.platform.clone(), address, timeout_ms).map_err(|error| diagnose(error, span))?;
    client.begin(false);
    // the first answer decides whether this is a Milvus, and whether it knows the user; it need not take as long as a statement may
    let quick = client.with_timeout(timeout_ms.min(10_000)).map_err(|error| diagnose(error, span))?;
    let version = quick.get_version(GetVersionRequest {}).await.map_err(|error| diagnose(error, span))?.version;
    let place = match user {
        Some(user) => format!("{} as {user}", client.address.url()),
        None => client.address.url(),
    };
    let outcome = Outcome { server_ms: Some(client.server_ms()), ..Outcome::done(format!("connected to {place}, Milvus {}", short_version(&version))) };
    let connection = Connection { client, catalog: Catalog::default(), version };
    *state.connection.borrow_mut() = Some(Rc::new(connection));
    Ok(outcome)
}

/// "v2.3.5-lite" as "2.3.5-lite".
pub fn short_version(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

/// The connection, or an error that says how to get one.
pub fn connected<P: Platform>(state: &State<P>, span: Span) -> Result<Rc<Connection<P>>> {
    state.connection.borrow().clone().ok_or_else(|| {
        Diagnostic::new("NotConnected", "there is no connection yet")
            .at(span)
            .label("this needs a server")
            .help("connect first, for example with `milvus://127.0.0.1:19530`")
    })
}

pub async fn use_database<P: Platform>(database: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let names = context.client.list_databases(ListDatabasesRequest {}).await.map_err(|error| diagnose(error, database.span))?.db_names;
    if !names.contains(&database.value) && !context.client.explaining() {
        return Err(Diagnostic::new("UnknownDatabase", format!("unknown database `{database}`")).at(database.span).suggest(
            &database.value,
            names.iter().map(String::as_str),
            "there are",
        ));
    }
    if !context.client.explaining() {
        context.client.set_database(&database.value);
        context.connection.catalog.set_names(table_names(context.client).await.unwrap_or_default());
    }
    Ok(Outcome::done(format!("using database {database}")))
}

const SETTINGS: [&str; 4] = ["display_limit", "table_schema", "timeout", "consistency_level"];

pub fn set<P: Platform>(name: &Name, value: &Spanned<Value>, state: &State<P>) -> Result<Outcome> {
    let mut settings = state.settings.borrow_mut();
    let wrong = |what: &str| Diagnostic::new("InvalidValue", format!("`{name}` takes {what}")).at(value.span);
    match name.value.to_ascii_lowercase().as_str() {
        "display_limit" => match value.value {
            Value::Int(limit @ 1..=100_000) => settings.display_limit = limit as usize,
            _ => return Err(wrong("a number of rows from 1 to 100000")),
        },
        "table_schema" => settings.table_schema = switch(&value.value).ok_or_else(|| wrong("on or off"))?,
        "timeout" => match value.value {
            Value::Int(seconds @ 1..=86_400) => settings.timeout = seconds as f64,
            Value::Float(seconds) if (0.001..=86_400.0).contains(&seconds) => settings.timeout = seconds,
            _ => return Err(wrong("a number of seconds up to 86400")),
        },
        "consistency_level" => match &value.value {
            Value::Text(level) if level.eq_ignore_ascii_case("default") => settings.consistency = None,
            Value::Text(level) => settings.consistency = Some(params::consistency(&Spanned::new(level.clone(), value.span))?),
            _ => return Err(wrong("Strong, Session, Bounded, Eventually or default")),
        },
        _ => {
            return Err(Diagnostic::new("UnknownSetting", format!("unknown setting `{name}`")).at(name.span).suggest(&name.value, SETTINGS, "there are"));
        }
    }
    if let Some(connection) = state.connection.borrow_mut().as_mut() {
        let client = connection.client.with_timeout(settings.timeout_ms()).map_err(|error| diagnose(error, name.span))?;
        let catalog = Catalog::default();
        catalog.set_names(connection.catalog.names());
        *connection = Rc::new(Connection { client, catalog, version: connection.version.clone() });
    }
    Ok(Outcome::done(format!("{} is set", name.value.to_ascii_lowercase())))
}

fn switch(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::Int(1) => Some(true),
        Value::Int(0) => Some(false),
        Value::Text(text) if text.eq_ignore_ascii_case("on") => Some(true),
        Value::Text(text) if text.eq_ignore_ascii_case("off") => Some(false),
        _ => None,
    }
}

pub fn show_settings<P: Platform>(state: &State<P>) -> Outcome {
    let settings = state.settings.borrow();
    let level = settings.consistency.map_or("default", |level| level.as_str_name());
    let rows = [
        ("display_limit", settings.display_limit.to_string(), "rows of a result that are shown"),
        ("table_schema", if settings.table_schema { "on" } else { "off" }.to_string(), "results also as application/vnd.dataresource+json, whole"),
        ("timeout", settings.timeout.to_string(), "seconds until a request is given up"),
        ("consistency_level", level.to_string(), "of every read; default: this session's own writes are always seen"),
    ];
    let rows = rows.into_iter().map(|(name, value, meaning)| vec![name.to_string(), value, meaning.to_string()]).collect();
    Outcome::table(Table::texts(&["setting", "value", "meaning"], rows))
}
