//! An outcome's tables for the renderer of the page (`jupyterlite/src/table.ts`). In: an outcome.
//! Out: JSON of its columns and of so many rows as a saved notebook has room for, with the name
//! under which the session keeps the others. Values are whole and exact, as in a data resource.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::options::Options;
use super::resource::{list, text, write_value};
use super::text::status;
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use crate::printable::printable;

pub(super) const MIME_TYPE: &str = "application/vnd.milvus.table.v1+json";

/// Bytes that a value takes in a notebook's file beside its own: a line with its indentation.
const LINE: usize = 14;

/// Nothing where there is no table, or where the room is too small for a row of one: then the other
/// forms of the outcome have more.
pub(super) fn render(outcome: &Outcome, options: &Options, mut room: usize) -> Option<String> {
    let mut is_shown = !outcome.tables.is_empty();
    let notices: Vec<String> = outcome.notices.iter().map(|notice| printable(notice)).collect();
    let mut out =
        format!("{{\"notices\":{},\"status\":{},", json!(notices), json!(status(outcome, options)));
    if let Some(digits) = options.precision {
        out.push_str(&format!("\"precision\":{digits},"));
    }
    out.push_str("\"tables\":");
    list(&mut out, ['[', ']'], &outcome.tables, |out, table| {
        let (rows, held) = held(table, room);
        is_shown &= held > 0 || table.rows.is_empty();
        room = room.saturating_sub(rows.len());
        out.push_str("{\"columns\":");
        list(out, ['[', ']'], table.columns.iter().enumerate(), |out, (at, column)| {
            write_column(out, table, at, column, options);
        });
        out.push_str(&format!(
            ",\"rows\":{rows},\"total\":{},\"groups\":{}",
            table.total,
            json!(table.groups)
        ));
        if let Some(result) = options.result.filter(|_| held < table.rows.len()) {
            out.push_str(&format!(",\"result\":\"{result}\",\"read\":{}", table.rows.len()));
        }
        out.push('}');
    });
    out.push('}');
    is_shown.then_some(out)
}

/// The rows that there is room for, and how many they are.
fn held(table: &Table, room: usize) -> (String, usize) {
    let (mut out, mut taken, mut count) = ("[".to_string(), 0, 0);
    for row in &table.rows {
        let start = out.len();
        if count > 0 {
            out.push(',');
        }
        write_row(&mut out, row);
        let written = out.as_bytes().get(start..).unwrap_or_default();
        let ends = |byte: &&u8| matches!(byte, b',' | b'[' | b'{' | b']' | b'}');
        let lines = written.iter().filter(ends).count();
        taken += written.len() + LINE * lines;
        if taken > room && !table.is_whole {
            out.truncate(start);
            break;
        }
        count += 1;
    }
    out.push(']');
    (out, count)
}

/// Rows as JSON.
pub(crate) fn rows<'a>(rows: impl Iterator<Item = &'a Vec<Datum>>) -> String {
    let mut out = String::new();
    list(&mut out, ['[', ']'], rows, |out, row| write_row(out, row));
    out
}

fn write_row(out: &mut String, row: &[Datum]) {
    list(out, ['[', ']'], row, |out, value| match value {
        Datum::Bytes(bytes) => text(out, &STANDARD.encode(bytes)),
        value => write_value(out, value),
    });
}

/// What a filter of rows looks at; the numbers of a vector are nothing to look for.
pub(crate) fn filter_text(value: &Datum) -> Option<Cow<'_, str>> {
    match value {
        Datum::Null | Datum::Vector(_) | Datum::Sparse(_) | Datum::Bytes(_) => None,
        Datum::Text(text) | Datum::Json(text) => Some(Cow::Borrowed(text)),
        value => {
            let mut out = String::new();
            write_value(&mut out, value);
            Some(Cow::Owned(out))
        }
    }
}

fn write_column(out: &mut String, table: &Table, at: usize, column: &Column, options: &Options) {
    let values = || table.rows.iter().filter_map(|row| row.get(at));
    let kind = match column.kind {
        Type::Bool => "bool",
        Type::Int => "int",
        Type::Float => "float",
        Type::Text => "text",
        Type::Prose => "prose",
        Type::Json => "json",
        Type::Array => "array",
        Type::Vector => match values().find(|value| **value != Datum::Null) {
            Some(Datum::Sparse(_)) => "sparse",
            Some(Datum::Bytes(_)) => "bytes",
            _ => "vector",
        },
    };
    out.push_str("{\"name\":");
    text(out, &column.name);
    out.push_str(&format!(",\"type\":\"{kind}\""));
    let set = options.image.as_ref().filter(|image| image.name == column.name);
    if let Some(shape) = set.map(|image| image.shape()).or_else(|| column.image.clone()) {
        out.push_str(&format!(",\"image\":\"{shape}\""));
    }
    if column.is_distance {
        let numbers = values().filter_map(|value| match value {
            Datum::Float(number) if number.is_finite() => Some(*number),
            _ => None,
        });
        let (least, most) = numbers.fold((0.0_f32, 0.0_f32), |(least, most), number| {
            (least.min(number), most.max(number))
        });
        out.push_str(&format!(",\"role\":\"distance\",\"span\":[{least},{most}]"));
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::options::{ImageField, ResultId};
    use super::super::tests::PLAIN;
    use super::*;

    fn parsed(outcome: &Outcome, options: &Options) -> Value {
        let json = render(outcome, options, options.table_size).expect("a table");
        serde_json::from_str(&json).expect("it is JSON")
    }

    #[test]
    fn values_have_the_types_that_a_page_draws_by() {
        let columns = vec![
            Column::new("id", Type::Int),
            Column::new("v", Type::Vector),
            Column::new("s", Type::Vector),
            Column::new("b", Type::Vector),
            Column::new("meta", Type::Json),
            Column::distance("distance"),
        ];
        let row = |id, distance| {
            vec![
                Datum::Int(id),
                Datum::Vector(vec![0.1, 2.5]),
                Datum::Sparse(vec![(7, 0.5)]),
                Datum::Bytes(vec![1, 2, 255]),
                Datum::Json("{\"a\": [1]}".to_string()),
                Datum::Float(distance),
            ]
        };
        let rows = vec![row(1, 0.5), row((1 << 53) + 1, -0.25)];
        let mut columns = columns;
        columns[1].image = Some("2x1".to_string());
        columns[3].image = Some(String::new());
        let options = Options { image: ImageField::of("v 1x2"), ..PLAIN };
        let shown = parsed(&Outcome::table(Table::new(columns, rows)), &options);
        let table = &shown["tables"][0];
        let types: Vec<&Value> =
            table["columns"].as_array().unwrap().iter().map(|column| &column["type"]).collect();
        assert_eq!(types, ["int", "vector", "sparse", "bytes", "json", "float"]);
        assert_eq!(table["rows"][0], json!([1, [0.1, 2.5], {"7": 0.5}, "AQL/", {"a": [1]}, 0.5]));
        assert_eq!(table["rows"][1][0], json!("9007199254740993"));
        assert_eq!(table["columns"][5]["role"], json!("distance"));
        assert_eq!(table["columns"][5]["span"], json!([-0.25, 0.5]));
        assert_eq!(table["columns"][0].get("role"), None);
        assert_eq!(table["columns"][1]["image"], json!("1x2"), "what is set comes first");
        assert_eq!(table["columns"][3]["image"], json!(""));
        assert_eq!(table["columns"][2].get("image"), None);
        assert_eq!((&table["total"], &shown["status"]), (&json!(2), &json!("2 rows")));
        assert_eq!(table.get("result"), None, "all rows are there");
    }

    #[test]
    fn a_notebook_holds_what_there_is_room_for_and_names_the_rest() {
        let rows = (0..10_000).map(|id| vec![Datum::Int(id), Datum::Text("a, b\n".into())]);
        let columns = vec![Column::new("id", Type::Int), Column::new("t", Type::Text)];
        let outcome = Outcome::table(Table::new(columns, rows.collect()));
        let result = Some(ResultId { session: 0xab, number: 3 });
        let options = Options { table_size: 50_000, result, ..PLAIN };
        let shown = parsed(&outcome, &options);
        let table = &shown["tables"][0];
        let held = table["rows"].as_array().unwrap().len();
        assert!((100..9_999).contains(&held), "{held}");
        assert_eq!(table["total"], json!(10_000));
        assert_eq!(table["result"], json!("000000ab-3"));
        let saved = serde_json::to_string_pretty(&shown).unwrap().len();
        assert!(saved <= 50_000, "{saved}");
    }

    #[test]
    fn what_is_to_be_read_is_whole() {
        let texts = Table::texts(&["what"], (0..1_000).map(|n| vec![n.to_string()]).collect());
        let outcome = Outcome::table(Table { is_whole: true, ..texts });
        let options = Options { table_size: 100, ..PLAIN };
        assert_eq!(parsed(&outcome, &options)["tables"][0]["rows"].as_array().unwrap().len(), 1000);
    }
}
