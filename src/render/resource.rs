//! A table as a Frictionless Tabular Data Resource, for programs. In: a table. Out: JSON as text,
//! in the shape that pandas gives it with `display.html.table_schema`: a schema with fields, and
//! the rows as objects. Values are whole and exact, whatever the settings say of how they are
//! shown.

use std::fmt::Write as _;

use serde::de::IgnoredAny;
use serde_json::json;

use crate::outcome::{Datum, Table, Type};

pub(super) fn render(table: &Table) -> String {
    let fields: Vec<_> = table
        .columns
        .iter()
        .map(|column| json!({"name": column.name, "type": type_name(column.kind)}))
        .collect();
    let mut schema = json!({"fields": fields, "pandas_version": "1.4.0"});
    if let (Some(key), Some(object)) = (&table.primary_key, schema.as_object_mut()) {
        object.insert("primaryKey".to_string(), json!([key]));
    }
    let keys: Vec<String> =
        table.columns.iter().map(|column| format!("{}:", json!(column.name))).collect();
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

fn list<T>(
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

/// A value as JSON. What JSON cannot say is null; what JavaScript cannot hold is text.
fn write_value(out: &mut String, value: &Datum) {
    match value {
        Datum::Null => out.push_str("null"),
        Datum::Bool(flag) => number(out, flag),
        // JavaScript rounds what is larger
        Datum::Int(large) if large.unsigned_abs() > 1 << 53 => text(out, &large.to_string()),
        Datum::Int(whole) => number(out, whole),
        Datum::Float(float) => decimal(out, float),
        Datum::Double(double) if double.is_finite() => number(out, double),
        Datum::Double(_) => out.push_str("null"),
        Datum::Text(words) => text(out, words),
        Datum::Json(json) if serde_json::from_str::<IgnoredAny>(json).is_ok() => out.push_str(json),
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

fn text(out: &mut String, words: &str) {
    out.push_str(&serde_json::to_string(words).unwrap_or_default());
}

fn number(out: &mut String, number: impl std::fmt::Display) {
    // a String takes everything
    let _ = write!(out, "{number}");
}

/// An f32 by its shortest decimals: 0.1 and not 0.10000000149011612.
fn decimal(out: &mut String, float: &f32) {
    if float.is_finite() { number(out, float) } else { out.push_str("null") }
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
            assert_eq!(resource["schema"]["fields"][at], json!({"name": name, "type": name}));
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
        for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(value(Datum::Double(none)), json!(null));
            assert_eq!(value(Datum::Float(none as f32)), json!(null));
            assert_eq!(value(Datum::Vector(vec![none as f32])), json!([null]));
        }
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
