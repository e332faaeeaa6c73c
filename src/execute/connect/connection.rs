//! CONNECT, `milvus://`, USE, SET: what changes the session itself.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::execute::Result;
use crate::execute::catalog::collection::Catalog;
use crate::execute::connect::secret::secret;
use crate::execute::context::Context;
use crate::execute::errors::{diagnose, table_names};
use crate::execute::params;
use crate::execute::state::{Connection, State};
use crate::language::ast::{self, Name, Value};
use crate::milvus::{Address, Client, Platform};
use crate::outcome::{Outcome, Table, plural};

/// The name of a connection that was given none.
const UNNAMED: &str = "default";

/// Connects, and asks the server for its version, so that a wrong address is said here.
pub async fn connect<P: Platform>(connect: &ast::Connect, state: &State<P>) -> Result<Outcome> {
    let span = connect.address.span;
    let mut address = Address::parse(&connect.address.value).map_err(|reason| {
        Diagnostic::new(Code::InvalidAddress, reason).at(span).help(
            "an address looks like `milvus://127.0.0.1:19530` or \
                `milvus://user:password@host:443/database?secure=true`",
        )
    })?;
    let text = |word: &Option<Spanned<Value>>| match word {
        Some(Spanned { value: Value::Text(text), .. }) => Some(text.clone()),
        _ => None,
    };
    address.user = text(&connect.user).or(address.user);
    address.database = text(&connect.database).or(address.database);
    if let (Some(password), None) = (&connect.password, &address.user) {
        return Err(Diagnostic::new(Code::MissingParameter, "a password needs a user")
            .at(password.span)
            .help("add `USER '…'`"));
    }
    if !address.secure
        && state.platform.secure_page()
        && !matches!(address.host.as_str(), "127.0.0.1" | "localhost" | "[::1]")
    {
        return Err(Diagnostic::new(
            Code::Unreachable,
            format!("this page came over https, and the browser keeps {} from it", address.url()),
        )
        .at(span)
        .help("add `?secure=true`, and give Envoy a certificate"));
    }
    if let Some(password) = &connect.password {
        let what = format!(
            "Password of {} at {}",
            address.user.as_deref().unwrap_or_default(),
            address.url()
        );
        address.password = Some(secret(password, &what, &state.platform).await?);
    }
    if let Some(token) = &connect.token {
        let what = format!("Token for {}", address.url());
        address.token = Some(secret(token, &what, &state.platform).await?);
    }
    let name = text(&connect.alias).unwrap_or_else(|| UNNAMED.to_string());
    let timeout_ms = state.settings.borrow().timeout_ms();
    let client = Client::new(state.platform.clone(), address, timeout_ms)
        .map_err(|error| diagnose(error, span))?;
    client.begin(false);
    // the first answer decides whether this is a Milvus, and whether it knows the user; it need not
    // take as long as a statement may
    let quick =
        client.with_timeout(timeout_ms.min(10_000)).map_err(|error| diagnose(error, span))?;
    quick.learn_version().await.map_err(|error| diagnose(error, span))?;
    let mut place = client.address.url();
    if let Some(user) = &client.address.user {
        place.push_str(&format!(" as {user}"));
    }
    let mut outcome = Outcome::done(format!("connected to {place}, {}", client.version().title()));
    outcome.server_ms = Some(client.server_ms());
    let connection =
        Rc::new(Connection { name: name.clone(), client, catalog: Catalog::default() });
    let mut connections = state.connections.borrow_mut();
    match connections.all.iter_mut().find(|connection| connection.name == name) {
        Some(known) => *known = connection,
        None => connections.all.push(connection),
    }
    connections.current = name;
    Ok(outcome)
}

pub fn use_connection<P: Platform>(name: &Name, state: &State<P>) -> Result<Outcome> {
    find(name, state)?;
    state.connections.borrow_mut().current = name.value.clone();
    Ok(Outcome::done(format!("using connection {name}")))
}

/// Forgets a connection, the one in use when none is named; the last one made is used then.
pub fn disconnect<P: Platform>(
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
    let mut outcome = Outcome::done(format!("disconnected from {}", gone.client.address.url()));
    if connections.current == gone.name {
        connections.current =
            connections.all.last().map_or_else(String::new, |connection| connection.name.clone());
        if !connections.all.is_empty() {
            outcome.notices.push(format!("using connection {}", connections.current));
        }
    }
    Ok(outcome)
}

fn find<P: Platform>(name: &Name, state: &State<P>) -> Result<Rc<Connection<P>>> {
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

pub fn show_connections<P: Platform>(state: &State<P>) -> Outcome {
    let connections = state.connections.borrow();
    let rows = connections.all.iter().map(|connection| {
        let database = connection.client.database();
        vec![
            connection.name.clone(),
            connection.client.address.url(),
            connection.client.address.user.clone().unwrap_or_default(),
            if database.is_empty() { "default".to_string() } else { database },
            connection.client.version().name(),
            if connection.name == connections.current { "yes" } else { "" }.to_string(),
        ]
    });
    Outcome::table(Table::texts(
        &["connection", "address", "user", "database", "server", "in use"],
        rows.collect(),
    ))
}

/// The connection, or an error that says how to get one.
pub fn connected<P: Platform>(state: &State<P>, span: Span) -> Result<Rc<Connection<P>>> {
    state.current().ok_or_else(|| {
        Diagnostic::new(Code::NotConnected, "there is no connection yet")
            .at(span)
            .label("this needs a server")
            .help("connect first, for example with `milvus://127.0.0.1:19530`")
    })
}

pub async fn use_database<P: Platform>(
    database: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let names = crate::execute::define::database::names(context, database.span).await?;
    if !names.contains(&database.value) && !context.client.explaining() {
        return Err(Diagnostic::new(
            Code::UnknownDatabase,
            format!("unknown database `{database}`"),
        )
        .at(database.span)
        .suggest(&database.value, names.iter().map(String::as_str), "there are"));
    }
    if !context.client.explaining() {
        context.client.set_database(&database.value);
        context.connection.catalog.set_names(table_names(context.client).await.unwrap_or_default());
    }
    Ok(Outcome::done(format!("using database {database}")))
}

const SETTINGS: [&str; 5] =
    ["display_limit", "precision", "table_schema", "timeout", "consistency_level"];

pub fn set<P: Platform>(name: &Name, value: &Spanned<Value>, state: &State<P>) -> Result<Outcome> {
    let mut settings = state.settings.borrow_mut();
    let wrong = |what: &str| {
        Diagnostic::new(Code::InvalidValue, format!("`{name}` takes {what}")).at(value.span)
    };
    match name.value.to_ascii_lowercase().as_str() {
        "display_limit" => match value.value {
            Value::Int(limit @ 1..=100_000) => settings.display_limit = limit as usize,
            _ => return Err(wrong("a number of rows from 1 to 100000")),
        },
        "precision" => match &value.value {
            Value::Int(digits @ 0..=17) => settings.precision = Some(*digits as usize),
            Value::Text(word) if word.eq_ignore_ascii_case("full") => settings.precision = None,
            _ => return Err(wrong("a number of digits from 0 to 17, or full")),
        },
        "table_schema" => {
            settings.table_schema = switch(&value.value).ok_or_else(|| wrong("on or off"))?
        }
        "timeout" => match value.value {
            Value::Int(seconds @ 1..=86_400) => settings.timeout = seconds as f64,
            Value::Float(seconds) if (0.001..=86_400.0).contains(&seconds) => {
                settings.timeout = seconds
            }
            _ => return Err(wrong("a number of seconds up to 86400")),
        },
        "consistency_level" => match &value.value {
            Value::Text(level) if level.eq_ignore_ascii_case("default") => {
                settings.consistency = None
            }
            Value::Text(level) => {
                settings.consistency =
                    Some(params::consistency(&Spanned::new(level.clone(), value.span))?)
            }
            _ => return Err(wrong("Strong, Session, Bounded, Eventually or default")),
        },
        _ => {
            return Err(Diagnostic::new(Code::UnknownSetting, format!("unknown setting `{name}`"))
                .at(name.span)
                .suggest(&name.value, SETTINGS, "there are"));
        }
    }
    for connection in &mut state.connections.borrow_mut().all {
        let client = connection
            .client
            .with_timeout(settings.timeout_ms())
            .map_err(|error| diagnose(error, name.span))?;
        let catalog = Catalog::default();
        catalog.set_names(connection.catalog.names());
        *connection = Rc::new(Connection { name: connection.name.clone(), client, catalog });
    }
    Ok(Outcome::done(format!("{} is set", name.value.to_ascii_lowercase())))
}

/// `SET @name = value`
pub fn set_variable<P: Platform>(name: &Name, value: &Spanned<Value>, state: &State<P>) -> Outcome {
    state.variables.borrow_mut().insert(name.value.clone(), value.value.clone());
    Outcome::done(format!("@{name} is {}", describe(&value.value)))
}

pub fn show_variables<P: Platform>(state: &State<P>) -> Outcome {
    let variables = state.variables.borrow();
    let rows = variables.iter().map(|(name, value)| vec![name.clone(), describe(value)]).collect();
    Outcome::table(Table::texts(&["variable", "value"], rows))
}

/// A variable's value, short. A string is not shown: it may be a password.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => format!(
            "a string of {}",
            plural(text.chars().count() as u64, "character", "characters")
        ),
        Value::Bytes(bytes) => plural(bytes.len() as u64, "byte", "bytes"),
        Value::Numbers(numbers) => {
            format!("a list of {}", plural(numbers.values.len() as u64, "number", "numbers"))
        }
        Value::List(items) => format!("a list of {}", plural(items.len() as u64, "item", "items")),
        Value::Object(fields) => {
            format!("an object of {}", plural(fields.len() as u64, "entry", "entries"))
        }
        Value::Variable(name) => format!(":{name}"),
        Value::Prompt => "PROMPT".to_string(),
    }
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
        (
            "precision",
            settings.precision.map_or_else(|| "full".to_string(), |digits| digits.to_string()),
            "digits behind the point that are shown",
        ),
        (
            "table_schema",
            if settings.table_schema { "on" } else { "off" }.to_string(),
            "results also as application/vnd.dataresource+json, whole",
        ),
        ("timeout", settings.timeout.to_string(), "seconds until a request is given up"),
        (
            "consistency_level",
            level.to_string(),
            "of every read; default: this session's own writes are always seen",
        ),
    ];
    let rows = rows
        .into_iter()
        .map(|(name, value, meaning)| vec![name.to_string(), value, meaning.to_string()])
        .collect();
    Outcome::table(Table::texts(&["setting", "value", "meaning"], rows))
}
