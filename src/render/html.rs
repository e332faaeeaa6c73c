//! An outcome as HTML: a table like a DataFrame's. In: an outcome and how it is to be shown. Out:
//! markup in which everything that a user or a server wrote is escaped, here and nowhere else. A
//! text that is a picture is shown as one.

use std::fmt::Write as _;

use super::options::Options;
use super::picture::Picture;
use super::text::{limit, note, status, truncation};
use super::value::{is_right_aligned, show};
use crate::outcome::{Datum, Outcome, Table, Type};
use crate::printable::printable;

/// `room` is what it may take of a saved notebook, of which a table shows a row all the same.
pub(super) fn render(outcome: &Outcome, options: &Options, room: usize) -> String {
    let mut out = String::from("<div class=\"milvus-result\">");
    for notice in &outcome.notices {
        let _ = write!(
            out,
            "<p class=\"milvus-notice\" style=\"margin:0;opacity:.75\">{}</p>",
            escape(&note(notice, options))
        );
    }
    for table in &outcome.tables {
        write_table(&mut out, table, options, room);
    }
    let status = status(outcome, options);
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

fn write_table(out: &mut String, table: &Table, options: &Options, room: usize) {
    let align: Vec<&str> = table
        .columns
        .iter()
        .map(|column| if is_right_aligned(column.kind) { "right" } else { "left" })
        .collect();
    out.push_str("<table class=\"dataframe\" border=\"1\"><thead><tr>");
    for (column, align) in table.columns.iter().zip(&align) {
        let name = escape(&printable(&column.name));
        let _ = write!(out, "<th scope=\"col\" style=\"text-align:{align}\">{name}</th>");
    }
    out.push_str("</tr></thead><tbody>");
    let mut shown = 0;
    for (at, row) in table.rows.iter().take(limit(table, options)).enumerate() {
        // a quote takes two bytes, and a cell has a few of them
        if at > 0 && !table.is_whole && out.len() + out.len() / 8 > room {
            break;
        }
        shown = at + 1;
        out.push_str(if table.groups.contains(&at) {
            "<tr style=\"border-top:2px solid\">"
        } else {
            "<tr>"
        });
        for ((value, column), align) in row.iter().zip(&table.columns).zip(&align) {
            let _ = write!(out, "<td style=\"text-align:{align};white-space:pre-wrap\">");
            match value {
                Datum::Null => out.push_str("<i style=\"opacity:.7\">NULL</i>"),
                value => match picture(value, column.kind) {
                    Some(picture) => write_picture(out, &picture),
                    None => out.push_str(&escape(&show(value, column.kind, options.precision))),
                },
            }
            out.push_str("</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody>");
    if let Some(line) = truncation(table, shown, options) {
        let style = "caption-side:bottom;text-align:left";
        let _ = write!(out, "<caption style=\"{style}\">{}</caption>", escape(&line));
    }
    out.push_str("</table>");
}

fn picture(value: &Datum, kind: Type) -> Option<Picture<'_>> {
    match value {
        Datum::Text(text) if kind != Type::Prose => Picture::of(text),
        _ => None,
    }
}

fn write_picture(out: &mut String, picture: &Picture<'_>) {
    let _ = write!(
        out,
        "<img src=\"{}\" alt=\"{}, {}\" style=\"{}\">",
        escape(picture.url),
        picture.kind,
        escape(&picture.words()),
        picture.style()
    );
}

pub(super) fn escape(text: &str) -> String {
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
    use super::super::tests::PLAIN;
    use super::*;
    use crate::outcome::{Column, Waited};

    fn one(kind: Type, value: Datum) -> String {
        let table = Table::new(vec![Column::new("c", kind)], vec![vec![value]]);
        render(&Outcome::table(table), &PLAIN, usize::MAX)
    }

    #[test]
    fn escapes_names_values_notices_and_the_status() {
        let evil = "<img src=x onerror=alert(1)>\"'&";
        let table = Table::new(
            vec![Column::new(evil, Type::Text), Column::new("c", Type::Prose)],
            vec![
                vec![Datum::Text(evil.to_string()), Datum::Text(evil.to_string())],
                vec![Datum::Json(evil.to_string()), Datum::Array(vec![Datum::Text(evil.into())])],
            ],
        );
        let outcome =
            Outcome { notices: vec![evil.to_string()], ..Outcome::table(table).with_done(evil) };
        let html = render(&outcome, &PLAIN, usize::MAX);
        assert!(!html.contains("<img"), "{html}");
        assert_eq!(html.matches("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;").count(), 6);
        // JSON is shown without the blanks between its tokens
        assert_eq!(html.matches("&lt;imgsrc=xonerror=alert(1)&gt;").count(), 1);
    }

    #[test]
    fn escapes_control_characters_as_text_does() {
        let evil = "a\u{1b}[31m\nb\u{202e}c";
        let table = Table::new(
            vec![Column::new(evil, Type::Text)],
            vec![vec![Datum::Text(evil.to_string())]],
        );
        let outcome =
            Outcome { notices: vec![evil.to_string()], ..Outcome::table(table).with_done(evil) };
        let html = render(&outcome, &PLAIN, usize::MAX);
        assert!(!html.contains(['\u{1b}', '\n', '\u{202e}']), "{html:?}");
        assert_eq!(html.matches("a\\u{1b}[31m\\nb\\u{202e}c").count(), 4, "{html}");
    }

    #[test]
    fn cuts_rows() {
        let rows = (0..100).map(|number| vec![Datum::Int(number)]).collect();
        let table = Table::new(vec![Column::new("n", Type::Int)], rows);
        let outcome = Outcome::table(table);
        let html = render(&outcome, &Options { limit: 10, ..PLAIN }, usize::MAX);
        assert_eq!(html.matches("<tr>").count(), 11);
        assert!(html.contains("… 10 of 100 rows are shown"));
        assert!(!render(&outcome, &PLAIN, usize::MAX).contains("are shown"));
    }

    #[test]
    fn numbers_go_to_the_right_and_null_is_no_text() {
        assert!(
            one(Type::Int, Datum::Int(1)).contains("text-align:right;white-space:pre-wrap\">1")
        );
        assert!(one(Type::Text, Datum::Text("NULL".into())).contains(">&#39;NULL&#39;</td>"));
        assert!(one(Type::Text, Datum::Null).contains("pre-wrap\"><i style=\"opacity:.7\">NULL"));
    }

    #[test]
    fn a_picture_is_shown_and_what_only_looks_like_one_is_escaped() {
        let url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAI";
        let shown = one(Type::Text, Datum::Text(url.into()));
        let tag = format!("<img src=\"{url}\" alt=\"png, 8 x 8, 24 bytes\" style=\"height:48px");
        assert!(shown.contains(&tag), "{shown}");
        // of the kernel's own words none is a picture, and in a list there is no room
        assert!(!one(Type::Prose, Datum::Text(url.into())).contains("<img"));
        let list = Datum::Array(vec![Datum::Text(url.into())]);
        assert!(!one(Type::Array, list).contains("<img"));
        for evil in [
            format!("{url}\" onerror=\"alert(1)"),
            format!("{url}' onerror='alert(1)"),
            format!("{url} onerror=alert(1)"),
            format!("{url}\n"),
            "data:image/svg+xml;base64,PHN2Zy8+".to_string(),
            "data:image/svg+xml,<svg onload=alert(1)>".to_string(),
            "javascript:alert(1)".to_string(),
            "data:image/png;base64,<script>".to_string(),
        ] {
            let shown = one(Type::Text, Datum::Text(evil.clone()));
            assert!(!shown.contains("<img") && !shown.contains("<s"), "{shown}");
            assert!(!shown.contains("\" onerror") && !shown.contains("' onerror"), "{shown}");
        }
    }

    #[test]
    fn the_hits_of_another_query_begin_under_a_line() {
        let mut table = Table::new(
            vec![Column::new("n", Type::Int)],
            (0..3).map(|number| vec![Datum::Int(number)]).collect(),
        );
        table.groups = vec![2];
        let html = render(&Outcome::table(table), &PLAIN, usize::MAX);
        assert_eq!(html.matches("<tr style=\"border-top:2px solid\">").count(), 1);
        assert!(html.contains("<tr style=\"border-top:2px solid\"><td"));
    }

    #[test]
    fn precision_and_time_are_as_the_options_say() {
        let table =
            Table::new(vec![Column::new("d", Type::Float)], vec![vec![Datum::Double(0.123_456)]]);
        let outcome =
            Outcome { waited: Some(Waited { ms: 2.0, is_engine: false }), ..Outcome::table(table) };
        let exact = render(&outcome, &PLAIN, usize::MAX);
        assert!(exact.contains(">0.123456</td>") && exact.contains(">1 row</p>"), "{exact}");
        let options = Options { precision: Some(2), timing: true, ..PLAIN };
        let rounded = render(&outcome, &options, usize::MAX);
        assert!(rounded.contains(">0.12</td>"), "{rounded}");
        assert!(rounded.contains(">1 row (2.0 ms on the server)</p>"), "{rounded}");
    }
}
