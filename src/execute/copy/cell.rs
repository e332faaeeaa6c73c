//! What stands in a file becomes a value of the field that it goes into: text is read as the
//! field's type, JSON as it is, arrays of numbers as vectors. In: a cell. Out: a value in the
//! column, or why there is none, in words that name the field.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::Field;
use crate::execute::convert::column::ColumnBuilder;
use crate::execute::value::of_json;
use crate::files::Cell;
use crate::language::ast::{Numbers, Value};
use crate::outcome::Datum;
use milvus_proto::schema::DataType;

/// 2^53: up to here a fraction that is none is a whole number for sure.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value for a field.
enum Made {
    Value(Value),
    /// the text of JSON
    Json(String),
}

/// Adds a cell to the column of its field; none is a row that has no such cell.
pub(crate) fn push(
    cell: Option<&Cell>,
    field: &Field,
    null: &str,
    span: Span,
    column: &mut ColumnBuilder<'_>,
) -> Result<()> {
    let made = match cell {
        Some(cell) => value(cell, field, null)?,
        None => Made::Value(Value::Null),
    };
    match made {
        Made::Json(text) => column.push_stored(&Datum::Json(text), span),
        Made::Value(Value::Null) if !field.nullable && field.default.is_none() => {
            let what = if cell.is_some() { "is empty" } else { "is missing" };
            let message = format!("`{}` {what}, and it cannot be NULL", field.name);
            Err(Diagnostic::new(Code::NullValue, message))
        }
        Made::Value(value) => column.push(&Spanned::new(value, span)),
    }
}

/// Adds a text: what it is tells the field, and NULL is not quoted.
pub(crate) fn push_text(
    text: &str,
    quoted: bool,
    field: &Field,
    null: &str,
    span: Span,
    column: &mut ColumnBuilder<'_>,
) -> Result<()> {
    if (quoted || text != null) && column.push_written(text) {
        return Ok(());
    }
    // what is not as most are, or wrong
    push(Some(&Cell::Text { text: text.to_string(), quoted }), field, null, span, column)
}

fn value(cell: &Cell, field: &Field, null: &str) -> Result<Made> {
    let numbers =
        |values: Vec<f32>| Value::Numbers(Numbers { values, span: Span::default(), source: None });
    let list = |items: Vec<Value>| {
        Value::List(items.into_iter().map(|item| Spanned::new(item, Span::default())).collect())
    };
    Ok(Made::Value(match cell {
        Cell::Text { text, quoted: false } if text == null => match is_text(field.data_type) {
            // an empty string where NULL has no place
            true if text.is_empty() && !field.nullable && field.default.is_none() => {
                Value::Text(String::new())
            }
            _ => Value::Null,
        },
        Cell::Text { text, .. } => return of_text(text, field),
        Cell::Null => Value::Null,
        Cell::Bytes(bytes) => return of_bytes(bytes, field),
        Cell::Json(raw) => return of_raw(raw, field),
        Cell::Bool(flag) => Value::Bool(*flag),
        Cell::Int(number) => match field.data_type {
            DataType::Bool => Value::Bool(*number != 0),
            _ => Value::Int(*number),
        },
        Cell::Float(number) => whole_or_float(*number, field),
        Cell::Floats(values) if field.is_vector() => numbers(values.clone()),
        Cell::Doubles(values) if field.is_vector() => {
            numbers(values.iter().map(|value| *value as f32).collect())
        }
        Cell::Ints(values) if field.is_vector() => {
            numbers(values.iter().map(|value| *value as f32).collect())
        }
        Cell::Floats(values) => {
            list(values.iter().map(|value| Value::Float((*value).into())).collect())
        }
        Cell::Doubles(values) => list(values.iter().copied().map(Value::Float).collect()),
        Cell::Ints(values) => list(values.iter().copied().map(Value::Int).collect()),
    }))
}

/// Text, which was not NULL.
fn of_text(text: &str, field: &Field) -> Result<Made> {
    let word = text.trim();
    let value = match field.data_type {
        DataType::Bool => match word.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "1" => Value::Bool(true),
            "false" | "f" | "no" | "0" => Value::Bool(false),
            _ => return Err(no(text, field, "boolean")),
        },
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            match (word.parse::<i64>(), word.parse::<f64>()) {
                (Ok(number), _) => Value::Int(number),
                (_, Ok(number)) => match whole_or_float(number, field) {
                    Value::Float(_) => return Err(no(text, field, "whole number")),
                    whole => whole,
                },
                _ => return Err(no(text, field, "whole number")),
            }
        }
        DataType::Float | DataType::Double => match word.parse() {
            Ok(number) => Value::Float(number),
            Err(_) => return Err(no(text, field, "number")),
        },
        DataType::Json => match serde_json::from_str::<&RawValue>(word) {
            Ok(json) => return Ok(Made::Json(json.get().to_string())),
            Err(error) if word.starts_with(['{', '[', '"']) => {
                let message = format!("`{}` takes JSON, and this is none: {error}", field.name);
                return Err(Diagnostic::new(Code::InvalidJson, message)
                    .help("json.dumps(…) writes it in Python; str(…) does not"));
            }
            Err(_) => Value::Text(text.to_string()),
        },
        DataType::Array => match serde_json::from_str(word) {
            Ok(json @ serde_json::Value::Array(_)) => of_json(&json),
            _ => {
                return Err(no(text, field, "list of JSON")
                    .help("a list is written [1, 2] or [\"a\", \"b\"]: json.dumps(…) in Python"));
            }
        },
        DataType::SparseFloatVector => Value::Text(text.to_string()),
        _ if field.is_vector() => {
            let values = floats(word).ok_or_else(|| no_vector(text, field))?;
            Value::Numbers(Numbers { values, span: Span::default(), source: None })
        }
        _ => Value::Text(text.to_string()),
    };
    Ok(Made::Value(value))
}

/// Bytes: those of a vector, or of a text.
fn of_bytes(bytes: &[u8], field: &Field) -> Result<Made> {
    Ok(Made::Value(match field.data_type {
        DataType::FloatVector if bytes.len() == field.dim * 4 => {
            let (fours, _) = bytes.as_chunks::<4>();
            let values = fours.iter().map(|four| f32::from_le_bytes(*four)).collect();
            Value::Numbers(Numbers { values, span: Span::default(), source: None })
        }
        _ if field.is_vector() => Value::Bytes(bytes.to_vec()),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => return of_text(text, field),
            Err(_) => {
                let message = format!("`{}` takes no bytes, and these are no UTF-8", field.name);
                return Err(Diagnostic::new(Code::TypeMismatch, message));
            }
        },
    }))
}

/// A value of JSON.
fn of_raw(raw: &str, field: &Field) -> Result<Made> {
    // a JSON that cannot be NULL has JSON's own
    if field.data_type == DataType::Json && (raw != "null" || !field.nullable) {
        return Ok(Made::Json(raw.to_string()));
    }
    if field.data_type != DataType::SparseFloatVector
        && field.is_vector()
        && let Some(values) = floats(raw)
    {
        let numbers = Numbers { values, span: Span::default(), source: None };
        return Ok(Made::Value(Value::Numbers(numbers)));
    }
    let json: serde_json::Value = serde_json::from_str(raw).map_err(|error| {
        Diagnostic::new(Code::InvalidJson, format!("`{}` is no JSON: {error}", field.name))
    })?;
    match (of_json(&json), field.data_type) {
        // numbers in quotes, and vectors as texts
        (Value::Text(text), _) if !is_text(field.data_type) => of_text(&text, field),
        (Value::Float(number), _) => Ok(Made::Value(whole_or_float(number, field))),
        (value, _) => Ok(Made::Value(value)),
    }
}

/// `1.0` is a whole number where one is asked for: pandas makes fractions of a column with a gap.
fn whole_or_float(number: f64, field: &Field) -> Value {
    let whole = matches!(
        field.data_type,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64
    );
    match whole && number.fract() == 0.0 && number.abs() <= EXACT {
        true => Value::Int(number as i64),
        false => Value::Float(number),
    }
}

/// The numbers of `[0.1, 0.2]`, or of `[0.1 0.2]`, as numpy shows them.
fn floats(text: &str) -> Option<Vec<f32>> {
    let mut values = Vec::new();
    milvus_kernel_scan::floats(text, &mut values).map(|()| values)
}

fn no(text: &str, field: &Field, what: &str) -> Diagnostic {
    let message = format!("`{}` takes a {what}, and this is `{}`", field.name, short(text));
    Diagnostic::new(Code::TypeMismatch, message)
}

fn no_vector(text: &str, field: &Field) -> Diagnostic {
    let error = no(text, field, "vector");
    match text.contains("...") {
        true => error.help(
            "numpy has left numbers out (…): write the vector as `v.tolist()` before `to_csv`",
        ),
        false => error.help("a vector is written [0.1, 0.2], and in a csv within quotes"),
    }
}

/// The beginning of a text, for a message.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        None => text.into(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
    }
}

fn is_text(data_type: DataType) -> bool {
    use DataType as T;
    matches!(data_type, T::VarChar | T::String | T::Text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::collection::Collection;
    use crate::execute::catalog::fixture::{field, said, schema, sized};
    use crate::execute::convert::datum;
    use milvus_proto::schema::FieldSchema;

    /// What comes of a text in a field: as a text that is read at once, or as any cell.
    fn read(field: &Field, text: &str, quoted: bool, at_once: bool) -> String {
        let span = Span::default();
        let mut column = ColumnBuilder::new(field, 1, span).expect("a column");
        let pushed = match at_once {
            true => push_text(text, quoted, field, "-", span, &mut column),
            false => {
                let cell = Cell::Text { text: text.to_string(), quoted };
                push(Some(&cell), field, "-", span, &mut column)
            }
        };
        match pushed {
            Ok(()) => {
                let made = column.take(1);
                format!("{:?} {:?}", made.valid_data.clone(), datum::column(made, 1))
            }
            Err(error) => {
                column.truncate(0);
                assert_eq!(column.row_bytes(1), 0, "{text}: it leaves nothing behind");
                said(&error)
            }
        }
    }

    #[test]
    fn what_is_read_at_once_is_what_any_cell_comes_to() {
        use DataType as T;
        let words = [
            "",
            "-",
            " 7 ",
            "7",
            "-7",
            "+7",
            "007",
            "7.0",
            "7.5",
            "0.1",
            "128",
            "32768",
            "1e3",
            "2147483648",
            "9223372036854775808",
            "1e39",
            "1e999",
            "inf",
            "NaN",
            "true",
            "True",
            "TRUE",
            " false",
            "0",
            "1",
            "no",
            "表表",
            "abc",
            "abcd",
            "[1, 2]",
            "[1 2]",
            " [1.,2.] ",
            "[1, 2, 3]",
            "[1, x]",
            "[1, inf]",
            "[]",
            "{\"a\": 1}",
            "2024-02-10T00:00:00Z",
        ];
        let fields = [
            T::Bool,
            T::Int8,
            T::Int16,
            T::Int32,
            T::Int64,
            T::Float,
            T::Double,
            T::Json,
            T::Geometry,
            T::Timestamptz,
        ]
        .map(|data_type| field("f", data_type));
        let sized = [
            sized("f", T::VarChar, "max_length", 3),
            sized("f", T::FloatVector, "dim", 2),
            sized("f", T::Float16Vector, "dim", 2),
            sized("f", T::Int8Vector, "dim", 2),
        ];
        for one in fields.into_iter().chain(sized) {
            for nullable in [false, true] {
                let one = FieldSchema { nullable, ..one.clone() };
                let field = Collection::of_schema(schema(vec![one])).fields.remove(0);
                for (text, quoted) in words.iter().flat_map(|word| [(word, false), (word, true)]) {
                    assert_eq!(
                        read(&field, text, quoted, true),
                        read(&field, text, quoted, false),
                        "{text:?} in {}",
                        field.type_name()
                    );
                }
            }
        }
    }
}
