//! A table as a Frictionless Tabular Data Resource (`application/vnd.dataresource+json`), with full values, for programs.
//! The shape is pandas' with `display.html.table_schema`: a schema with fields, and the rows as objects.

use serde_json::{Map, Value as Json, json};

use crate::outcome::{Datum, Table, Type};

pub fn render(table: &Table) -> Json {
    let fields: Vec<Json> = table.columns.iter().map(|column| json!({"name": column.name, "type": type_name(column.kind)})).collect();
    let mut schema = json!({"fields": fields, "pandas_version": "1.4.0"});
    if let (Some(key), Some(object)) = (&table.primary_key, schema.as_object_mut()) {
        object.insert("primaryKey".to_string(), json!([key]));
    }
    let data: Vec<Json> = table
        .rows
        .iter()
        .map(|row| {
            let object: Map<String, Json> = table.columns.iter().zip(row).map(|(column, value)| (column.name.clone(), full(value))).collect();
            Json::Object(object)
        })
        .collect();
    json!({"schema": schema, "data": data})
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

fn full(value: &Datum) -> Json {
    match value {
        Datum::Null => Json::Null,
        Datum::Bool(flag) => (*flag).into(),
        // JavaScript rounds what is larger: it goes as text
        Datum::Int(number) if number.unsigned_abs() > 1 << 53 => number.to_string().into(),
        Datum::Int(number) => (*number).into(),
        Datum::Float(number) => decimal(*number),
        Datum::Double(number) => (*number).into(),
        Datum::Text(text) => text.clone().into(),
        Datum::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| text.clone().into()),
        Datum::Array(items) => items.iter().map(full).collect::<Vec<_>>().into(),
        Datum::Vector(values) => values.iter().map(|value| decimal(*value)).collect::<Vec<_>>().into(),
        Datum::Sparse(pairs) => pairs.iter().map(|(index, value)| (index.to_string(), decimal(*value))).collect::<Map<String, Json>>().into(),
        Datum::Bytes(bytes) => bytes.iter().map(|byte| Json::from(*byte)).collect::<Vec<_>>().into(),
    }
}

/// An f32 by its shortest decimals: 0.1 and not 0.10000000149011612.
fn decimal(number: f32) -> Json {
    number.to_string().parse::<f64>().map_or(Json::Null, Json::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Column;

    #[test]
    fn keeps_full_values() {
        let mut table = Table::new(
            vec![Column::new("id", Type::Int), Column::new("v", Type::Vector), Column::new("m", Type::Json)],
            vec![vec![Datum::Int(1), Datum::Vector(vec![0.1; 20]), Datum::Json("{\"a\": [1]}".to_string())]],
        );
        table.primary_key = Some("id".to_string());
        let resource = render(&table);
        assert_eq!(resource["schema"]["primaryKey"], json!(["id"]));
        assert_eq!(resource["data"][0]["v"].as_array().map(Vec::len), Some(20));
        assert_eq!(resource["data"][0]["v"][0], json!(0.1));
        assert_eq!(resource["data"][0]["m"], json!({"a": [1]}));
    }
}
