//! CAST: a value as another type. What cannot be one is an error that says so.

use super::arithmetic::fraction;
use super::{describe, is_null, texts, times};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::evaluate::order::Number;
use crate::language::ast::{TypeName, Value};
use crate::outcome::Datum;

#[derive(Clone, Copy)]
enum To {
    Int { min: i64, max: i64 },
    Float,
    Double,
    Bool,
    Text,
    Json,
    Date,
    Moment,
}

const fn int(bits: u32) -> To {
    To::Int { min: i64::MIN >> (64 - bits), max: i64::MAX >> (64 - bits) }
}

/// SQL's names and Milvus's.
const TYPES: [(&str, To); 28] = [
    ("tinyint", int(8)),
    ("int8", int(8)),
    ("smallint", int(16)),
    ("int16", int(16)),
    ("int", int(32)),
    ("integer", int(32)),
    ("int32", int(32)),
    ("bigint", int(64)),
    ("int64", int(64)),
    ("signed", int(64)),
    ("float", To::Float),
    ("real", To::Float),
    ("double", To::Double),
    ("decimal", To::Double),
    ("numeric", To::Double),
    ("bool", To::Bool),
    ("boolean", To::Bool),
    ("varchar", To::Text),
    ("char", To::Text),
    ("text", To::Text),
    ("string", To::Text),
    ("json", To::Json),
    ("jsonb", To::Json),
    ("int4", int(32)),
    ("date", To::Date),
    ("timestamp", To::Moment),
    ("timestamptz", To::Moment),
    ("datetime", To::Moment),
];

pub(super) fn to(value: &Datum, to: &TypeName, span: Span) -> Result<Datum> {
    let name = to.name.value.to_ascii_lowercase();
    let Some((_, kind)) = TYPES.iter().find(|(known, _)| *known == name) else {
        return Err(Diagnostic::new(
            Code::UnknownType,
            format!("a value cannot be cast to {}", to.name),
        )
        .at(to.name.span)
        .help("write INT, BIGINT, DOUBLE, BOOLEAN, VARCHAR, JSON, DATE or TIMESTAMP"));
    };
    if is_null(value) {
        return Ok(Datum::Null);
    }
    let cast = match kind {
        To::Int { min, max } => {
            whole(value).filter(|whole| (*min..=*max).contains(whole)).map(Datum::Int)
        }
        To::Float => number(value).map(|number| Datum::Float(fraction(number) as f32)),
        To::Double => number(value).map(|number| Datum::Double(fraction(number))),
        To::Bool => bool(value).map(Datum::Bool),
        To::Text => texts::text(value).map(|text| match &to.size {
            Some(size) => match &size.value {
                Value::Int(size) => {
                    Datum::Text(text.chars().take(usize::try_from(*size).unwrap_or(0)).collect())
                }
                _ => Datum::Text(text),
            },
            None => Datum::Text(text),
        }),
        To::Json => json(value).map(Datum::Json),
        To::Date => Some(Datum::Text(times::moment(value, span)?.date())),
        To::Moment => Some(Datum::Text(times::moment(value, span)?.text())),
    };
    cast.ok_or_else(|| {
        let shown = texts::text(value).filter(|text| text.len() <= 40);
        let shown = shown.map_or(String::new(), |text| format!(", `{text}`,"));
        Diagnostic::new(
            Code::TypeMismatch,
            format!("{}{shown} is no {}", describe(value), to.name.value.to_uppercase()),
        )
        .at(span)
    })
}

fn number(value: &Datum) -> Option<Number> {
    match value {
        Datum::Text(text) => {
            let text = text.trim();
            let whole = text.parse().ok().map(Number::Whole);
            whole.or_else(|| text.parse().ok().map(Number::Fraction))
        }
        Datum::Bool(flag) => Some(Number::Whole(i128::from(*flag))),
        other => Number::of(other),
    }
}

/// A fraction loses what is behind its point.
fn whole(value: &Datum) -> Option<i64> {
    match number(value)? {
        Number::Whole(whole) => i64::try_from(whole).ok(),
        Number::Fraction(fraction) if fraction.abs() < 9.2e18 => Some(fraction.trunc() as i64),
        Number::Fraction(_) => None,
    }
}

fn bool(value: &Datum) -> Option<bool> {
    match value {
        Datum::Bool(flag) => Some(*flag),
        Datum::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        Datum::Json(text) if text == "true" || text == "false" => Some(text == "true"),
        other => Number::of(other).map(|number| fraction(number) != 0.0),
    }
}

/// A text that is JSON is that, as everywhere else; other values are written as JSON.
fn json(value: &Datum) -> Option<String> {
    match value {
        Datum::Json(json) => Some(json.clone()),
        Datum::Text(text) => {
            serde_json::from_str::<serde_json::Value>(text).ok().map(|json| json.to_string())
        }
        Datum::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(item).collect();
            Some(format!("[{}]", items?.join(",")))
        }
        Datum::Vector(values) => serde_json::to_string(values).ok(),
        other => item(other),
    }
}

fn item(value: &Datum) -> Option<String> {
    match value {
        Datum::Null => Some("null".to_string()),
        Datum::Text(text) => Some(serde_json::Value::from(text.as_str()).to_string()),
        Datum::Float(number) if !number.is_finite() => None,
        Datum::Double(number) if !number.is_finite() => None,
        Datum::Array(_) => json(value),
        other => texts::text(other),
    }
}
