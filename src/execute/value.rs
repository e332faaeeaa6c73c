//! Values as they were written, in the other forms that Milvus takes: JSON, literals and paths of
//! its boolean expressions; and stored data as such values. Knows nothing of collections, nor what
//! a value is for.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::language::ast::{Numbers, Value};
use crate::outcome::Datum;

/// 2^63, the first number beyond a BIGINT.
pub(crate) const BEYOND: f64 = 9_223_372_036_854_775_808.0;

/// A value as JSON: a string is a JSON string.
pub(crate) fn to_json(value: &Spanned<Value>) -> Result<serde_json::Value> {
    Ok(match &value.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Large(number) => (*number).into(),
        Value::Float(number) if number.is_finite() => (*number).into(),
        Value::Text(text) => text.clone().into(),
        Value::Numbers(numbers) => {
            numbers.exact().iter().map(to_json).collect::<Result<Vec<_>>>()?.into()
        }
        Value::List(items) => items.iter().map(to_json).collect::<Result<Vec<_>>>()?.into(),
        Value::Object(fields) => {
            let mut object = serde_json::Map::new();
            for (name, value) in fields {
                object.insert(name.clone(), to_json(value)?);
            }
            object.into()
        }
        Value::Float(_)
        | Value::Bytes(_)
        | Value::Variable(_)
        | Value::Computed(_)
        | Value::Query { .. }
        | Value::Prompt => {
            let what = match &value.value {
                Value::Float(number) => number.to_string(),
                other => describe(other).to_string(),
            };
            return Err(Diagnostic::new(Code::TypeMismatch, format!("{what} has no JSON form"))
                .at(value.span));
        }
    })
}

/// What is written into a column that is declared JSON: a string that begins as an object, a list
/// or a string of JSON is JSON's text, as in other databases (`'{"a": 1}'`, `'"a"'`), and any other
/// is a string.
pub(crate) fn to_json_field(value: &Spanned<Value>) -> Result<serde_json::Value> {
    match &value.value {
        Value::Text(text) if text.trim_start().starts_with(['{', '[', '"']) => {
            serde_json::from_str(text).map_err(|error| {
                Diagnostic::new(Code::InvalidJson, format!("this string is no JSON: {error}"))
                    .at(value.span)
                    .help(r#"write the JSON without quotes around it; a string of it is `'"…"'`"#)
            })
        }
        _ => to_json(value),
    }
}

/// JSON as a value.
pub(crate) fn of_json(json: &serde_json::Value) -> Value {
    let spanned = |json| Spanned::new(of_json(json), Span::default());
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        // its text is a number, so a value there is
        serde_json::Value::Number(number) => {
            Value::number(&number.to_string()).unwrap_or(Value::Null)
        }
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(spanned).collect()),
        serde_json::Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), spanned(value))).collect())
        }
    }
}

/// Stored data as it would be written.
pub(crate) fn of_datum(datum: &Datum) -> Value {
    let spanned = |value| Spanned::new(value, Span::default());
    match datum {
        Datum::Null => Value::Null,
        Datum::Bool(flag) => Value::Bool(*flag),
        Datum::Int(number) => Value::Int(*number),
        Datum::Float(number) => Value::Float(f64::from(*number)),
        Datum::Double(number) => Value::Float(*number),
        Datum::Text(text) => Value::Text(text.clone()),
        Datum::Json(text) => serde_json::from_str(text)
            .map_or_else(|_| Value::Text(text.clone()), |json| of_json(&json)),
        Datum::Array(items) => {
            Value::List(items.iter().map(|item| spanned(of_datum(item))).collect())
        }
        Datum::Vector(values) => {
            Value::Numbers(Numbers { values: values.clone(), span: Span::default(), source: None })
        }
        Datum::Sparse(pairs) => Value::Object(
            pairs
                .iter()
                .map(|(index, value)| (index.to_string(), spanned(Value::Float((*value).into()))))
                .collect(),
        ),
        Datum::Bytes(bytes) => Value::Bytes(bytes.clone()),
    }
}

/// A whole number or a fraction as a number.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Large(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Null
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Numbers(_)
        | Value::List(_)
        | Value::Object(_)
        | Value::Variable(_)
        | Value::Computed(_)
        | Value::Query { .. }
        | Value::Prompt => None,
    }
}

/// What a message calls a value.
pub(crate) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Large(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Text(_) => "a string",
        Value::Bytes(_) => "a byte string",
        Value::Numbers(_) | Value::List(_) => "a list",
        Value::Object(_) => "an object",
        Value::Variable(_) => "a variable",
        Value::Computed(_) => "an expression",
        Value::Query { .. } => "a subquery",
        Value::Prompt => "a prompt",
    }
}

/// A value as a literal of a Milvus expression (Milvus docs: boolean expression rules).
pub(crate) fn literal(value: &Value, span: Span) -> Result<String> {
    Ok(match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Large(number) => format!("{:?}", *number as f64),
        // `1.0` must not become an integer
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => quote(text),
        Value::Null => {
            return Err(Diagnostic::new(Code::TypeMismatch, "nothing equals NULL")
                .at(span)
                .help("write `IS NULL` or `IS NOT NULL`"));
        }
        Value::Bytes(_)
        | Value::Numbers(_)
        | Value::List(_)
        | Value::Object(_)
        | Value::Variable(_)
        | Value::Computed(_)
        | Value::Query { .. }
        | Value::Prompt => {
            return Err(Diagnostic::new(
                Code::TypeMismatch,
                "a number, a string or TRUE and FALSE belong here",
            )
            .at(span));
        }
    })
}

/// A string literal of a Milvus expression.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A part of a field as a Milvus expression has it: `meta["a"][0]`.
pub(crate) fn path(field: &str, steps: &[Spanned<Value>]) -> String {
    join(field, steps, quote)
}

/// A part of a field as it heads a column: `meta['a'][0]`.
pub(crate) fn path_head(field: &str, steps: &[Spanned<Value>]) -> String {
    join(field, steps, |key| format!("'{key}'"))
}

/// The grammar takes steps by name and by number alone.
fn join(field: &str, steps: &[Spanned<Value>], quote: impl Fn(&str) -> String) -> String {
    let mut out = field.to_string();
    for step in steps {
        match &step.value {
            Value::Text(key) => out.push_str(&format!("[{}]", quote(key))),
            Value::Int(at) => out.push_str(&format!("[{at}]")),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: Value) -> Spanned<Value> {
        Spanned::new(value, Span::new(3, 9))
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_string())
    }

    #[test]
    fn a_string_is_json_text_in_a_json_field_alone() {
        let object = at(text(" {\"a\": [1, 2.5]}"));
        assert_eq!(to_json_field(&object).expect("JSON").to_string(), r#"{"a":[1,2.5]}"#);
        assert!(to_json(&object).expect("a string").is_string());
        for written in ["[draft] see below", "\"a", "{oh"] {
            let error = to_json_field(&at(text(written))).expect_err("no JSON");
            assert_eq!((error.code, error.span), (Code::InvalidJson, Some(Span::new(3, 9))));
            assert!(to_json(&at(text(written))).expect("a string").is_string());
        }
        for (written, json) in
            [("\"[draft]\"", "\"[draft]\""), ("true", "\"true\""), ("1", "\"1\"")]
        {
            assert_eq!(to_json_field(&at(text(written))).expect("JSON").to_string(), json);
        }
        let nested = at(Value::List(vec![at(text("[1]")), at(Value::Null)]));
        assert_eq!(to_json_field(&nested).expect("JSON").to_string(), r#"["[1]",null]"#);
        let bytes = to_json(&at(Value::Bytes(vec![1]))).expect_err("no JSON");
        assert_eq!(bytes.message, "a byte string has no JSON form");
        let nan = to_json(&at(Value::Float(f64::NAN))).expect_err("no JSON");
        assert_eq!(nan.message, "NaN has no JSON form");
        for number in ["18446744073709551615", "-9223372036854775808", "0.5", "1e+300"] {
            let json = serde_json::from_str(number).expect("JSON");
            assert_eq!(to_json(&at(of_json(&json))).expect("JSON").to_string(), number);
        }
    }

    #[test]
    fn stored_data_reads_as_it_was_written() {
        for (datum, value) in [
            (Datum::Null, Value::Null),
            (Datum::Float(0.5), Value::Float(0.5)),
            (Datum::Json("[1]".to_string()), Value::List(vec![])),
            (Datum::Json("oh".to_string()), text("oh")),
            (Datum::Bytes(vec![165]), Value::Bytes(vec![165])),
        ] {
            match (of_datum(&datum), value) {
                (Value::List(items), Value::List(_)) => assert_eq!(items[0].value, Value::Int(1)),
                (found, expected) => assert_eq!(found, expected),
            }
        }
        let sparse = of_datum(&Datum::Sparse(vec![(7, 0.5)]));
        let Value::Object(fields) = sparse else { panic!("{sparse:?}") };
        assert_eq!((fields[0].0.as_str(), &fields[0].1.value), ("7", &Value::Float(0.5)));
    }

    #[test]
    fn literals_are_milvuss() {
        let literal = |value| literal(&value, Span::new(1, 2));
        assert_eq!(literal(Value::Float(1.0)).expect("a number"), "1.0");
        assert_eq!(literal(text("a\"b\\c\n")).expect("a string"), r#""a\"b\\c\n""#);
        assert_eq!(literal(Value::Bool(true)).expect("a flag"), "true");
        assert_eq!(literal(Value::Null).expect_err("NULL").span, Some(Span::new(1, 2)));
        assert!(literal(Value::Bytes(vec![])).is_err());
    }

    #[test]
    fn paths_are_quoted_as_their_reader_takes_them() {
        let steps = [at(text("a\"b")), at(Value::Int(0))];
        assert_eq!(path("meta", &steps), r#"meta["a\"b"][0]"#);
        assert_eq!(path_head("meta", &steps), r#"meta['a"b'][0]"#);
    }
}
