//! Parts of JSON and arrays.

use std::borrow::Cow;

use super::{describe, is_null, mismatch};
use crate::diagnostic::{Result, Span, Spanned};
use crate::language::ast::Value;
use crate::outcome::Datum;

/// `value -> 'key'`, `value -> 0`, and `->>`, which makes a text of it. What is not there is NULL.
pub(super) fn step(
    value: &Datum,
    step: &Spanned<Value>,
    as_text: bool,
    span: Span,
) -> Result<Datum> {
    let found = match value {
        value if is_null(value) => return Ok(Datum::Null),
        Datum::Json(text) => {
            let json: serde_json::Value = serde_json::from_str(text)
                .map_err(|error| mismatch(format!("this is no JSON: {error}"), span))?;
            let found = match &step.value {
                Value::Text(key) => json.get(key),
                Value::Int(at) => usize::try_from(*at).ok().and_then(|at| json.get(at)),
                _ => None,
            };
            found.map_or(Datum::Null, |found| Datum::Json(found.to_string()))
        }
        Datum::Array(items) => match &step.value {
            Value::Int(at) => usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned(),
            _ => None,
        }
        .unwrap_or(Datum::Null),
        other => {
            return Err(mismatch(
                format!("only JSON has parts, and this is {}", describe(other)),
                span,
            ));
        }
    };
    Ok(if as_text { text(found) } else { found })
}

/// `json_extract(value, '$.a[0]')`, by the steps of a path.
pub(super) fn extract(value: &Datum, path: &str, spans: [Span; 2]) -> Result<Datum> {
    let [of, at] = spans;
    let wrong = || mismatch("this is no path", at).help("write `'$.key'`, or `'$.key[0]'`");
    let mut rest = path.strip_prefix('$').ok_or_else(wrong)?;
    let mut found = value.clone();
    while !rest.is_empty() {
        let step = match rest.strip_prefix('[') {
            Some(inner) => {
                let (index, behind) = inner.split_once(']').ok_or_else(wrong)?;
                rest = behind;
                Value::Int(index.trim().parse().map_err(|_| wrong())?)
            }
            None => {
                let key = rest.strip_prefix('.').ok_or_else(wrong)?;
                let end = key.find(['.', '[']).unwrap_or(key.len());
                rest = key.get(end..).unwrap_or_default();
                Value::Text(key.get(..end).unwrap_or_default().trim_matches('"').to_string())
            }
        };
        found = self::step(&found, &Spanned::new(step, at), false, of)?;
    }
    Ok(plain(&found).into_owned())
}

/// JSON as a text: a string without its quotes.
pub(super) fn text(value: Datum) -> Datum {
    match value {
        value if is_null(&value) => Datum::Null,
        Datum::Json(json) => match serde_json::from_str(&json) {
            Ok(serde_json::Value::String(text)) => Datum::Text(text),
            _ => Datum::Text(json),
        },
        other => super::texts::text(&other).map_or(Datum::Null, Datum::Text),
    }
}

/// A value as it is compared: a string of JSON is a text, TRUE is a truth.
pub(super) fn plain(value: &Datum) -> Cow<'_, Datum> {
    match value {
        Datum::Json(text) if text.starts_with(['"', 't', 'f']) => {
            let json = serde_json::from_str(text);
            json.map_or(Cow::Borrowed(value), |json| Cow::Owned(datum(&json)))
        }
        _ => Cow::Borrowed(value),
    }
}

/// JSON as the value that it is.
pub(crate) fn datum(json: &serde_json::Value) -> Datum {
    match json {
        serde_json::Value::String(text) => Datum::Text(text.clone()),
        serde_json::Value::Bool(flag) => Datum::Bool(*flag),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Datum::Int(whole),
            (None, Some(fraction)) if number.is_f64() => Datum::Double(fraction),
            // beyond a BIGINT, every digit
            _ => Datum::Json(number.to_string()),
        },
        serde_json::Value::Null => Datum::Null,
        nested => Datum::Json(nested.to_string()),
    }
}
