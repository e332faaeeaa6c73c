//! An outcome as HTML: a table like a DataFrame's. Every byte that came from a server is escaped,
//! here and nowhere else.

use std::fmt::Write as _;

use super::Options;
use super::text::{capped, status};
use super::value::{is_right_aligned, show};
use crate::outcome::{Datum, Outcome, Table};

pub fn render(outcome: &Outcome, options: &Options) -> String {
    let mut out = String::from("<div class=\"milvus-result\">");
    for notice in &outcome.notices {
        let _ = write!(
            out,
            "<p class=\"milvus-notice\" style=\"margin:0;opacity:.75\">note: {}</p>",
            escape(notice)
        );
    }
    for table in &outcome.tables {
        write_table(&mut out, table, options);
    }
    let status = status(outcome, true);
    if !status.is_empty() {
        let _ = write!(
            out,
            "<p class=\"milvus-status\" style=\"margin:0;opacity:.75\">{}</p>",
            escape(&status)
        );
    }
    out.push_str("</div>");
    out
}

fn write_table(out: &mut String, table: &Table, options: &Options) {
    let align: Vec<&str> = table
        .columns
        .iter()
        .map(|column| if is_right_aligned(column.kind) { "right" } else { "left" })
        .collect();
    out.push_str("<table class=\"dataframe\" border=\"1\"><thead><tr>");
    for (column, align) in table.columns.iter().zip(&align) {
        let _ = write!(out, "<th style=\"text-align:{align}\">{}</th>", escape(&column.name));
    }
    out.push_str("</tr></thead><tbody>");
    for (at, row) in table.rows.iter().take(options.limit).enumerate() {
        out.push_str(if table.groups.contains(&at) {
            "<tr style=\"border-top:2px solid\">"
        } else {
            "<tr>"
        });
        for ((value, column), align) in row.iter().zip(&table.columns).zip(&align) {
            let _ = write!(out, "<td style=\"text-align:{align};white-space:pre-wrap\">");
            match value {
                Datum::Null => out.push_str("<i style=\"opacity:.6\">NULL</i>"),
                value => out.push_str(&escape(&show(value, column.kind, options.precision))),
            }
            out.push_str("</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    if let Some(line) = capped(table, options.limit) {
        let _ = write!(out, "<p style=\"margin:0\">{}</p>", escape(&line));
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Column, Type};

    #[test]
    fn escapes_names_values_and_notices() {
        let evil = "<img src=x onerror=alert(1)>\"'&";
        let table = Table::new(
            vec![Column::new(evil, Type::Text)],
            vec![vec![Datum::Text(evil.to_string())], vec![Datum::Json(evil.to_string())]],
        );
        let outcome =
            Outcome { notices: vec![evil.to_string()], ..Outcome::table(table).with_done(evil) };
        let html = render(&outcome, &Options { limit: 50, precision: None });
        assert!(!html.contains("<img"), "{html}");
        assert_eq!(html.matches("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;").count(), 4);
        // JSON is shown without the blanks between its tokens
        assert_eq!(html.matches("&lt;imgsrc=xonerror=alert(1)&gt;").count(), 1);
    }

    #[test]
    fn caps_rows() {
        let table = Table::new(
            vec![Column::new("n", Type::Int)],
            (0..100).map(|n| vec![Datum::Int(n)]).collect(),
        );
        let html = render(&Outcome::table(table), &Options { limit: 10, precision: None });
        assert_eq!(html.matches("<tr>").count(), 11);
        assert!(html.contains("… 10 of 100 rows are shown"));
    }
}
