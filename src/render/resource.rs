//! A table as a Frictionless Tabular Data Resource, for programs. In: a table. Out: JSON as text,
//! in the shape that pandas gives it with `display.html.table_schema`: a schema with fields, and
//! the rows as objects. Values are whole and exact, whatever the settings say of how they are
//! shown. Columns of one name have keys of their own, as pandas gives them: `a`, `a.1`.

use std::fmt::Write as _;

use serde::de::IgnoredAny;
use serde_json::json;

use crate::outcome::{Datum, Table, Type};

pub(super) fn render(table: &Table) -> String {
    let names = keys(table);
    let fields: Vec<_> = names
        .iter()
        .zip(&table.columns)
        .map(|(name, column)| json!({"name": name, "type": type_name(column.kind)}))
        .collect();
    let mut schema = json!({"fields": fields, "pandas_version": "1.4.0"});
    if let (Some(key), Some(object)) = (&table.primary_key, schema.as_object_mut()) {
        object.insert("primaryKey".to_string(), json!([key]));
    }
    let keys: Vec<String> = names.iter().map(|name| format!("{}:", json!(name))).collect();
    let mut out = format!("{{\"schema\":{schema},\"data\":");
    list(&mut out, ['[', ']'], &table.rows, |out, row| {
        list(out, ['{', '}'], keys.iter().zip(row), |out, (key, value)| {
            out.push_str(key);
            write_value(out, value);
        });
    });
    out.push('}');
    out
}

/// A key for each column: its name, numbered where one before it has that.
fn keys(table: &Table) -> Vec<String> {
    let mut keys: Vec<String> = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let (mut key, mut number) = (column.name.clone(), 0);
        while keys.contains(&key) || number > 0 && table.columns.iter().any(|c| c.name == key) {
            number += 1;
            key = format!("{}.{number}", column.name);
        }
        keys.push(key);
    }
    keys
}

pub(super) fn list<T>(
    out: &mut String,
    brackets: [char; 2],
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    let [open, close] = brackets;
    out.push(open);
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(close);
}

fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "boolean",
        Type::Int => "integer",
        Type::Float => "number",
        Type::Text | Type::Prose => "string",
        Type::Json => "object",
        Type::Array | Type::Vector => "array",
    }
}

/// A value as JSON. What JSON cannot say or JavaScript cannot hold is text.
pub(super) fn write_value(out: &mut String, value: &Datum) {
    match value {
        Datum::Null => out.push_str("null"),
        Datum::Bool(flag) => number(out, flag),
        Datum::Int(whole) => exact(out, &whole.to_string()),
        Datum::Float(float) => decimal(out, float),
        Datum::Double(double) if double.is_finite() => number(out, double),
        Datum::Double(double) => text(out, not_finite(*double)),
        Datum::Text(words) => text(out, words),
        Datum::Json(json) if serde_json::from_str::<IgnoredAny>(json).is_ok() => exact(out, json),
        Datum::Json(other) => text(out, other),
        Datum::Array(items) => list(out, ['[', ']'], items, write_value),
        Datum::Vector(values) => list(out, ['[', ']'], values, decimal),
        Datum::Sparse(pairs) => list(out, ['{', '}'], pairs, |out, (index, value)| {
            text(out, &index.to_string());
            out.push(':');
            decimal(out, value);
        }),
        Datum::Bytes(bytes) => list(out, ['[', ']'], bytes, number),
    }
}

pub(super) fn text(out: &mut String, words: &str) {
    out.push_str(&serde_json::to_string(words).unwrap_or_default());
}

fn number(out: &mut String, number: impl std::fmt::Display) {
    // a String takes everything
    let _ = write!(out, "{number}");
}

/// An f32 by its shortest decimals: 0.1 and not 0.10000000149011612.
fn decimal(out: &mut String, float: &f32) {
    if float.is_finite() { number(out, float) } else { text(out, not_finite((*float).into())) }
}

/// Frictionless's words (Table Schema: number).
fn not_finite(double: f64) -> &'static str {
    if double.is_nan() {
        "NaN"
    } else if double > 0.0 {
        "INF"
    } else {
        "-INF"
    }
}

/// JSON with the whole numbers that JavaScript would round as text.
fn exact(out: &mut String, json: &str) {
    let in_number = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '+' | '.');
    let mut rest = json;
    while let Some(start) =
        rest.find(|char: char| char == '"' || char == '-' || char.is_ascii_digit())
    {
        let (before, token) = rest.split_at(start);
        out.push_str(before);
        let end = match token.strip_prefix('"') {
            Some(inside) => string_end(inside) + 1,
            None => token.find(|char| !in_number(char)).unwrap_or(token.len()),
        };
        let (token, behind) = token.split_at_checked(end).unwrap_or((token, ""));
        let digits = token.strip_prefix('-').unwrap_or(token);
        let large = digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.parse::<u64>().map_or(true, |size| size > 1 << 53);
        if large {
            text(out, token)
        } else {
            out.push_str(token)
        }
        rest = behind;
    }
    out.push_str(rest);
}

/// The offset behind the quote that closes a JSON string.
fn string_end(inside: &str) -> usize {
    let mut escaped = false;
    let end = inside.find(|char| {
        let closes = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        closes
    });
    end.map_or(inside.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Column;

    fn parsed(table: &Table) -> serde_json::Value {
        serde_json::from_str(&render(table)).expect("it is JSON")
    }

    fn value(value: Datum) -> serde_json::Value {
        let table = Table::new(vec![Column::new("c", Type::Json)], vec![vec![value]]);
        parsed(&table)["data"][0]["c"].clone()
    }

    #[test]
    fn the_schema_has_a_type_for_each_column() {
        let kinds = [
            (Type::Bool, "boolean"),
            (Type::Int, "integer"),
            (Type::Float, "number"),
            (Type::Text, "string"),
            (Type::Prose, "string"),
            (Type::Json, "object"),
            (Type::Array, "array"),
            (Type::Vector, "array"),
        ];
        let columns = kinds.iter().map(|(kind, name)| Column::new(*name, *kind)).collect();
        let mut table = Table::new(columns, Vec::new());
        let resource = parsed(&table);
        for (at, (_, name)) in kinds.iter().enumerate() {
            assert_eq!(resource["schema"]["fields"][at]["type"], json!(name));
        }
        assert_eq!(resource["data"], json!([]));
        assert_eq!(resource["schema"].get("primaryKey"), None);
        table.primary_key = Some("integer".to_string());
        assert_eq!(parsed(&table)["schema"]["primaryKey"], json!(["integer"]));
    }

    #[test]
    fn values_are_whole() {
        assert_eq!(value(Datum::Vector(vec![0.1; 20])), json!(vec![0.1; 20]));
        assert_eq!(value(Datum::Text("表".repeat(200))), json!("表".repeat(200)));
        assert_eq!(value(Datum::Array(vec![Datum::Int(1), Datum::Null])), json!([1, null]));
        assert_eq!(value(Datum::Sparse(vec![(1, 0.5), (7, 0.25)])), json!({"1": 0.5, "7": 0.25}));
        assert_eq!(value(Datum::Bytes(vec![0, 255])), json!([0, 255]));
        assert_eq!(value(Datum::Json("{\"a\": [1]}".to_string())), json!({"a": [1]}));
        assert_eq!(value(Datum::Bool(true)), json!(true));
        assert_eq!(value(Datum::Null), json!(null));
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(value(Datum::Float(0.1)), json!(0.1));
        assert_eq!(value(Datum::Double(0.1)), json!(0.1));
        assert_eq!(value(Datum::Int(1 << 53)), json!(9_007_199_254_740_992_u64));
        assert_eq!(value(Datum::Int((1 << 53) + 1)), json!("9007199254740993"));
        assert_eq!(value(Datum::Int(i64::MIN)), json!("-9223372036854775808"));
        for (number, word) in
            [(f64::NAN, "NaN"), (f64::INFINITY, "INF"), (f64::NEG_INFINITY, "-INF")]
        {
            assert_eq!(value(Datum::Double(number)), json!(word));
            assert_eq!(value(Datum::Float(number as f32)), json!(word));
            assert_eq!(value(Datum::Vector(vec![number as f32])), json!([word]));
        }
    }

    #[test]
    fn whole_numbers_inside_json_are_exact() {
        for (stored, shown) in [
            ("9007199254740992", json!(9_007_199_254_740_992_u64)),
            ("9007199254740993", json!("9007199254740993")),
            ("-9007199254740993", json!("-9007199254740993")),
            ("18446744073709551615", json!("18446744073709551615")),
            ("123456789012345678901234567890", json!("123456789012345678901234567890")),
            (
                r#"{"9007199254740993\\": [9007199254740993, {"a\"1": -18446744073709551615}]}"#,
                json!({
                    "9007199254740993\\": ["9007199254740993", {"a\"1": "-18446744073709551615"}]
                }),
            ),
            // fractions are JavaScript's own kind of number
            ("[1e300, 0.5]", json!([1e300, 0.5])),
        ] {
            assert_eq!(value(Datum::Json(stored.to_string())), shown, "{stored}");
        }
    }

    #[test]
    fn columns_of_one_name_have_keys_of_their_own() {
        let columns = ["id", "id", "id.1", "id"].map(|name| Column::new(name, Type::Int)).to_vec();
        let table = Table::new(columns, vec![(1..=4).map(Datum::Int).collect()]);
        let resource = parsed(&table);
        assert_eq!(resource["data"][0], json!({"id": 1, "id.2": 2, "id.1": 3, "id.3": 4}));
        assert_eq!(resource["schema"]["fields"][1]["name"], json!("id.2"));
    }

    #[test]
    fn no_text_leaves_its_string() {
        let evil = "\"},{\u{0}\\\n</script>";
        assert_eq!(value(Datum::Text(evil.to_string())), json!(evil));
        // a server's JSON that is none
        for broken in ["", "{", "{}]", "1 2", "NaN", "\"a"] {
            assert_eq!(value(Datum::Json(broken.to_string())), json!(broken));
        }
        let mut table = Table::new(vec![Column::new(evil, Type::Int)], vec![vec![Datum::Int(1)]]);
        table.primary_key = Some(evil.to_string());
        let resource = parsed(&table);
        assert_eq!(resource["schema"]["fields"][0]["name"], json!(evil));
        assert_eq!(resource["schema"]["primaryKey"], json!([evil]));
        assert_eq!(resource["data"][0][evil], json!(1));
    }
}
