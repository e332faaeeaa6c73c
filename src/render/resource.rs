//! A table as a Frictionless Tabular Data Resource (`application/vnd.dataresource+json`), with full
//! values, for programs. The shape is pandas' with `display.html.table_schema`: a schema with
//! fields, and the rows as objects.

use std::fmt::Write as _;

use serde::de::IgnoredAny;
use serde_json::json;

use crate::outcome::{Datum, Table, Type};

/// The resource as JSON text: a tree of 16,384 rows would cost more to build than to write.
pub fn render(table: &Table) -> String {
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
            full(out, value);
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

fn full(out: &mut String, value: &Datum) {
    match value {
        Datum::Null => out.push_str("null"),
        Datum::Bool(flag) => number(out, flag),
        // JavaScript rounds what is larger: it goes as text
        Datum::Int(large) if large.unsigned_abs() > 1 << 53 => text(out, &large.to_string()),
        Datum::Int(whole) => number(out, whole),
        Datum::Float(float) => decimal(out, float),
        Datum::Double(double) if double.is_finite() => number(out, double),
        Datum::Double(_) => out.push_str("null"),
        Datum::Text(words) => text(out, words),
        Datum::Json(json) if serde_json::from_str::<IgnoredAny>(json).is_ok() => out.push_str(json),
        Datum::Json(other) => text(out, other),
        Datum::Array(items) => list(out, ['[', ']'], items, full),
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

    #[test]
    fn keeps_full_values() {
        let mut table = Table::new(
            vec![
                Column::new("id", Type::Int),
                Column::new("v", Type::Vector),
                Column::new("m", Type::Json),
            ],
            vec![vec![
                Datum::Int(1),
                Datum::Vector(vec![0.1; 20]),
                Datum::Json("{\"a\": [1]}".to_string()),
            ]],
        );
        table.primary_key = Some("id".to_string());
        let resource: serde_json::Value =
            serde_json::from_str(&render(&table)).expect("it is JSON");
        assert_eq!(resource["schema"]["primaryKey"], json!(["id"]));
        assert_eq!(resource["data"][0]["v"].as_array().map(Vec::len), Some(20));
        assert_eq!(resource["data"][0]["v"][0], json!(0.1));
        assert_eq!(resource["data"][0]["m"], json!({"a": [1]}));
    }
}
