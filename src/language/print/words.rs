//! Names, values, and the clauses that many statements have.

use super::select::select;
use crate::diagnostic::Spanned;
use crate::language::ast::*;
use crate::language::keywords::{self, AMBIGUOUS, RESERVED};

pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_string(),
        Value::Bool(flag) => if *flag { "TRUE" } else { "FALSE" }.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Large(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => quote(text),
        Value::Bytes(bytes) => {
            format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
        }
        Value::Numbers(numbers) => format!(
            "[{}]",
            numbers
                .values
                .iter()
                .map(|number| format!("{number:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        Value::List(items) => format!("[{}]", values(items)),
        Value::Object(fields) => {
            format!(
                "{{{}}}",
                fields
                    .iter()
                    .map(|(key, field)| format!("{}: {}", quote(key), self::value(&field.value)))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Value::Variable(name) => format!(":{name}"),
        Value::Computed(expr) => super::select::expr(expr),
        Value::Query { select, exists: false } => format!("({})", self::select(select)),
        Value::Query { select, exists: true } => format!("EXISTS ({})", self::select(select)),
        Value::Prompt => "PROMPT".to_string(),
    }
}

pub(super) fn spanned(value: &Spanned<Value>) -> String {
    self::value(&value.value)
}

/// A clause of a word and its value, with the blank before it.
pub(super) fn optional(word: &str, value: Option<&Spanned<Value>>) -> String {
    value.map_or_else(String::new, |value| format!(" {word} {}", spanned(value)))
}

pub(super) fn values(values: &[Spanned<Value>]) -> String {
    values.iter().map(spanned).collect::<Vec<_>>().join(", ")
}

/// A name, in backticks where a keyword or another character would be read otherwise.
pub(crate) fn name(name: &Name) -> String {
    bare(&name.value)
}

pub(crate) fn bare(name: &str) -> String {
    let word = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if word && !keywords::is(name, RESERVED | AMBIGUOUS) {
        name.to_string()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

/// The name of a table, with its place before it.
pub(super) fn table_name(table: &Name) -> String {
    let parts: Vec<&str> = table.value.split('.').collect();
    if !(2..=3).contains(&parts.len()) || parts.contains(&"") {
        return name(table);
    }
    let part = |part: &&str| name(&Name::new((*part).to_string(), table.span));
    parts.iter().map(part).collect::<Vec<_>>().join(".")
}

pub(super) fn names(names: &[Name]) -> String {
    names.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// A parameter's name, which may have points in it.
pub(super) fn dotted(name: &Name) -> String {
    let plain = name.value.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.value.split('.').all(|part| {
            !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        });
    if plain { name.value.clone() } else { quote(&name.value) }
}

/// A string; a doubled quote is one, a backslash escapes.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", escaped(text).replace('\'', "''"))
}

/// What has a name of its own beside tables: in quotes, where any name is read as itself.
pub(super) fn string(name: &Name) -> String {
    quote(&name.value)
}

pub(super) fn double(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('"', "\"\""))
}

pub(super) fn privilege(name: &Name) -> String {
    let word = name.value.starts_with(|char: char| char.is_ascii_alphabetic())
        && name.value.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    let read_over = ["on", "privilege", "privileges"];
    let plain = !read_over.iter().any(|known| known.eq_ignore_ascii_case(&name.value));
    if name.value == "*" || word && plain {
        name.value.clone()
    } else {
        format!("`{}`", name.value.replace('`', "``"))
    }
}

pub(super) fn strings(names: &[Name]) -> String {
    names.iter().map(string).collect::<Vec<_>>().join(", ")
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
}

pub(super) fn parameters(params: &[Param]) -> String {
    let params: Vec<String> = params
        .iter()
        .map(|param| format!("{} = {}", dotted(&param.name), values(&param.values)))
        .collect();
    format!("({})", params.join(", "))
}

pub(super) fn with(params: &[Param]) -> String {
    if params.is_empty() { String::new() } else { format!(" WITH {}", parameters(params)) }
}

pub(super) fn search_params(params: &[Param]) -> String {
    if params.is_empty() { String::new() } else { format!(" SEARCH PARAMS {}", parameters(params)) }
}

pub(super) fn original_where(params: &[Param]) -> String {
    if params.is_empty() {
        return String::new();
    }
    let params: Vec<String> = params
        .iter()
        .map(|param| format!("{} = {}", name(&param.name), values(&param.values)))
        .collect();
    format!(" WHERE {}", params.join(" AND "))
}

pub(super) fn in_partitions(partitions: &[Name]) -> String {
    if partitions.is_empty() {
        String::new()
    } else {
        format!(" PARTITION ({})", names(partitions))
    }
}

pub(super) fn on(table: &Option<Name>) -> String {
    table.as_ref().map_or_else(String::new, |table| format!(" ON {}", table_name(table)))
}

pub(super) fn exists(if_exists: bool) -> &'static str {
    if if_exists { "IF EXISTS " } else { "" }
}

pub(super) fn not_exists(if_not_exists: bool) -> &'static str {
    if if_not_exists { "IF NOT EXISTS " } else { "" }
}
