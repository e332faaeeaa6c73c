//! SET and what it sets: the kernel's settings, and variables.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::errors::diagnose;
use crate::execute::memory::{self, KB, MB};
use crate::execute::params;
use crate::execute::state::{Connection, State};
use crate::language::ast::{Name, Value};
use crate::language::keywords::{self, SETTING};
use crate::language::variables::LAST;
use crate::milvus::{Address, Platform, Target};
use crate::outcome::{Outcome, Table, plural};
use crate::render::options::ImageField;
use crate::secret_names::is_secret;

pub(crate) fn set<P: Platform>(
    name: &Name,
    value: &Spanned<Value>,
    state: &State<P>,
) -> Result<Outcome> {
    let mut settings = state.settings.borrow_mut();
    let value = &params::number(value);
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
        "table_size" => {
            settings.table_size = size(&value.value)
                .filter(|bytes| (KB..=64 * MB).contains(bytes))
                .ok_or_else(|| wrong("a size from '1KB' to '64MB', or so many bytes"))?;
        }
        "image_field" => {
            settings.image_field = match &value.value {
                Value::Text(word) if word.eq_ignore_ascii_case("off") => None,
                Value::Bool(false) => None,
                Value::Text(field) => Some(
                    ImageField::of(field)
                        .ok_or_else(|| wrong("a field and its shape, as 'pixels 28x28', or off"))?,
                ),
                _ => return Err(wrong("a field and its shape, as 'pixels 28x28', or off")),
            }
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
        "memory_limit" => {
            settings.memory_limit = size(&value.value)
                .filter(|bytes| (MB..=4096 * MB).contains(bytes))
                .ok_or_else(|| wrong("a size from '1MB' to '4GB', or so many bytes"))?;
        }
        "default_connection" => match &value.value {
            Value::Text(word) if word.eq_ignore_ascii_case("default") => {
                settings.default_connection = None;
            }
            Value::Text(address) => {
                has_no_secret(address).map_err(|reason| wrong(&format!("an address; {reason}")))?;
                settings.default_connection = Some(address.clone());
            }
            _ => return Err(wrong("an address in quotes, or default")),
        },
        _ => {
            return Err(Diagnostic::new(Code::UnknownSetting, format!("unknown setting `{name}`"))
                .at(name.span)
                .suggest(&name.value, keywords::used_for(SETTING), "there are"));
        }
    }
    for connection in &mut state.connections.borrow_mut().all {
        let client = connection
            .client
            .with_timeout(settings.timeout_ms())
            .map_err(|error| diagnose(error, "SET", name.span))?;
        let (name, catalog) = (connection.name.clone(), connection.catalog.clone());
        let learnt = connection.learnt.clone();
        *connection = Rc::new(Connection { name, client, catalog, learnt });
    }
    Ok(Outcome::done(format!("{} is set", name.value.to_ascii_lowercase())))
}

/// Whether a text is an address that anybody may read; else the reason in words.
fn has_no_secret(address: &str) -> std::result::Result<(), String> {
    match Target::parse(address)? {
        Target::Remote(Address { user: None, password: None, token: None, .. })
        | Target::Engine(_) => Ok(()),
        Target::Remote(_) => Err("a user and a password go into CONNECT, with PROMPT".to_string()),
    }
}

/// `SET @name = value`
pub(crate) fn set_variable<P: Platform>(
    name: &Name,
    value: &Spanned<Value>,
    state: &State<P>,
) -> Result<Outcome> {
    if name.value == LAST {
        let message = "`@last` is the last result, and is not set";
        return Err(Diagnostic::new(Code::NotSupported, message)
            .at(name.span)
            .help("give the variable another name, or keep the result: `SET @kept = :last`"));
    }
    state.variables.borrow_mut().insert(name.value.clone(), value.value.clone());
    Ok(Outcome::done(format!("@{name} is {}", describe(&name.value, &value.value))))
}

pub(crate) fn show_variables<P: Platform>(state: &State<P>) -> Outcome {
    let variables = state.variables.borrow();
    let rows =
        variables.iter().map(|(name, value)| vec![name.clone(), describe(name, value)]).collect();
    Outcome::table(Table::texts(&["variable", "value"], rows))
}

/// A variable's value, short. A string is not shown: it may be a password.
fn describe(name: &str, value: &Value) -> String {
    match value {
        Value::Int(_) | Value::Float(_) if is_secret(name) => "a number".to_string(),
        Value::Null => "NULL".to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Large(number) => number.to_string(),
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
        Value::Computed(_) => "an expression".to_string(),
        Value::Query { .. } => "a subquery".to_string(),
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

/// `'512MB'`, or bytes.
fn size(value: &Value) -> Option<u64> {
    match value {
        Value::Int(bytes) => u64::try_from(*bytes).ok(),
        Value::Text(size) => memory::read(size),
        _ => None,
    }
}

pub(crate) fn show_settings<P: Platform>(state: &State<P>) -> Outcome {
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
        (
            "table_size",
            memory::shown(settings.table_size),
            "what a table takes of a saved notebook, at the most",
        ),
        (
            "image_field",
            settings.image_field.as_ref().map_or("off".to_string(), ImageField::to_string),
            "a field whose numbers are pixels, with the shape of the picture",
        ),
        ("timeout", settings.timeout.to_string(), "seconds until a request is given up"),
        (
            "consistency_level",
            level.to_string(),
            "of every read; default: this session's own writes are always seen",
        ),
        (
            "memory_limit",
            memory::shown(settings.memory_limit),
            "what a statement keeps of the rows that it reads, at the most",
        ),
        (
            "default_connection",
            settings.default_connection.clone().unwrap_or_else(|| "default".to_string()),
            "where a session without CONNECT goes; default: the engine of the page",
        ),
    ];
    let rows = rows
        .into_iter()
        .map(|(name, value, meaning)| vec![name.to_string(), value, meaning.to_string()])
        .collect();
    Outcome::table(Table::texts(&["setting", "value", "meaning"], rows))
}
