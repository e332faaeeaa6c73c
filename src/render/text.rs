//! An outcome as plain text. In: an outcome and how it is to be shown. Out: notices, aligned
//! columns with numbers to the right, a status line. Control characters are escaped, whoever wrote
//! them.

use unicode_width::UnicodeWidthStr as _;

use super::options::Options;
use super::value::{is_right_aligned, show};
use super::{LINE, saved};
use crate::outcome::{Outcome, Table, Waited, grouped};
use crate::printable::printable;

/// What `SET display_limit` takes at the most.
const MAX_LIMIT: u64 = 100_000;

/// `room` is what a table may take of a saved notebook, of which it shows a row all the same.
pub(super) fn render(outcome: &Outcome, options: &Options, room: usize) -> String {
    let mut lines: Vec<String> =
        outcome.notices.iter().map(|notice| note(notice, options)).collect();
    for table in &outcome.tables {
        lines.extend(table_lines(table, options, room));
    }
    if let Some(chart) = &outcome.chart {
        lines.extend(chart.words.iter().map(|words| printable(words)));
    }
    let status = status(outcome, options);
    if !status.is_empty() {
        lines.push(status);
    }
    lines.join("\n")
}

/// What an outcome has to say beside a chart, line by line.
pub(super) fn around(outcome: &Outcome, options: &Options) -> Vec<String> {
    let notices = outcome.notices.iter().map(|notice| note(notice, options));
    notices.chain([status(outcome, options)]).collect()
}

pub(super) fn note(notice: &str, options: &Options) -> String {
    options.say(format!("note: {}", printable(notice)))
}

/// What was done and how long the server or the engine took.
pub(super) fn status(outcome: &Outcome, options: &Options) -> String {
    let done = printable(&outcome.done);
    match outcome.waited {
        Some(Waited { ms, is_engine }) if options.timing => {
            let place = if is_engine { "in the engine" } else { "on the server" };
            options.say(format!("{done} ({} {place})", duration(ms)))
        }
        _ => done,
    }
}

fn duration(ms: f64) -> String {
    if ms >= 10_000.0 {
        format!("{:.1} s", ms / 1000.0)
    } else if ms >= 10.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// How many rows of a table are shown, if there are so many.
pub(super) fn limit(table: &Table, options: &Options) -> usize {
    if table.is_whole { usize::MAX } else { options.limit }
}

/// "50 of 16,384 rows are shown", when not all are, and how to see more.
pub(super) fn truncation(table: &Table, shown: usize, options: &Options) -> Option<String> {
    if shown as u64 >= table.total {
        return None;
    }
    let more = if shown < table.rows.len().min(limit(table, options)) {
        format!("SET table_size = {} shows more", options.table_size.saturating_mul(4))
    } else {
        let more = table.total.min(MAX_LIMIT);
        let how_much = if more < table.total { "more" } else { "all" };
        format!("SET display_limit = {more} shows {how_much}")
    };
    let (shown, total) = (grouped(shown as u64), grouped(table.total));
    Some(options.say(format!("… {shown} of {total} rows are shown: {more}")))
}

/// The head, a rule under it and between the hits of different queries, the rows, what was cut.
fn table_lines(table: &Table, options: &Options, room: usize) -> Vec<String> {
    let names: Vec<String> = table.columns.iter().map(|column| printable(&column.name)).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut widths: Vec<usize> = names.iter().map(|name| name.width()).collect();
    // what cells take beside their width
    let mut more = 0;
    for row in table.rows.iter().take(limit(table, options)) {
        let cells = row.iter().zip(&table.columns);
        let cells: Vec<String> =
            cells.map(|(value, column)| show(value, column.kind, options.precision)).collect();
        let mut widened = widths.clone();
        for (width, cell) in widened.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width());
            more += saved(cell).saturating_sub(cell.width());
        }
        let line: usize = widened.iter().map(|width| width + 2).sum::<usize>() + LINE;
        if !rows.is_empty() && !table.is_whole && line * (rows.len() + 3) + more > room {
            break;
        }
        widths = widened;
        rows.push(cells);
    }
    let rule: String = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ");
    let mut lines = vec![aligned(&names, &widths, table), rule.clone()];
    for (at, row) in rows.iter().enumerate() {
        if table.groups.contains(&at) {
            lines.push(rule.clone());
        }
        lines.push(aligned(row, &widths, table));
    }
    lines.extend(truncation(table, rows.len(), options));
    lines
}

/// One line of a table.
fn aligned(cells: &[String], widths: &[usize], table: &Table) -> String {
    let mut out = String::new();
    for (at, ((cell, width), column)) in cells.iter().zip(widths).zip(&table.columns).enumerate() {
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        if at > 0 {
            out.push_str("  ");
        }
        if is_right_aligned(column.kind) {
            out.push_str(&padding);
            out.push_str(cell);
        } else {
            out.push_str(cell);
            out.push_str(&padding);
        }
    }
    out.trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::PLAIN;
    use super::*;
    use crate::outcome::{Column, Datum, Type};

    fn render(outcome: &Outcome, options: &Options) -> String {
        super::render(outcome, options, usize::MAX)
    }

    fn lines(outcome: &Outcome, options: &Options) -> Vec<String> {
        render(outcome, options).lines().map(str::to_string).collect()
    }

    fn numbers(count: i64) -> Table {
        let rows = (0..count).map(|number| vec![Datum::Int(number)]).collect();
        Table::new(vec![Column::new("n", Type::Int)], rows)
    }

    #[test]
    fn aligns_by_the_width_that_is_seen() {
        let table = Table::new(
            vec![Column::new("id", Type::Int), Column::new("名", Type::Text)],
            vec![
                vec![Datum::Int(1), Datum::Text("红楼梦".to_string())],
                vec![Datum::Int(100), Datum::Text("👋".to_string())],
            ],
        );
        assert_eq!(
            lines(&Outcome::table(table), &PLAIN),
            [" id  名", "---  ------", "  1  红楼梦", "100  👋", "2 rows"]
        );
    }

    #[test]
    fn rules_stand_between_the_hits_of_two_queries() {
        let mut table = numbers(3);
        table.groups = vec![2];
        assert_eq!(lines(&Outcome::table(table), &PLAIN), ["n", "-", "0", "1", "-", "2", "3 rows"]);
    }

    #[test]
    fn says_what_was_cut() {
        let outcome = Outcome::table(numbers(3));
        let cut = lines(&outcome, &Options { limit: 2, ..PLAIN });
        assert_eq!(
            cut,
            [
                "n",
                "-",
                "0",
                "1",
                "… 2 of 3 rows are shown: SET display_limit = 3 shows all",
                "3 rows"
            ]
        );
        let whole = lines(&outcome, &Options { limit: 3, ..PLAIN });
        assert_eq!(whole, ["n", "-", "0", "1", "2", "3 rows"]);
        // rows that were counted and not read
        let mut table = numbers(1);
        table.total = 16_384;
        let counted = lines(&Outcome::table(table), &PLAIN);
        assert_eq!(
            counted,
            [
                "n",
                "-",
                "0",
                "… 1 of 16,384 rows are shown: SET display_limit = 16384 shows all",
                "16,384 rows"
            ]
        );
        // a table without rows still has a head
        assert_eq!(lines(&Outcome::table(numbers(0)), &PLAIN), ["n", "-", "0 rows"]);
    }

    #[test]
    fn the_status_line_has_the_time_if_that_is_asked_for() {
        let waited = |ms, is_engine| Outcome {
            waited: Some(Waited { ms, is_engine }),
            ..Outcome::done("done")
        };
        let timed = |ms| render(&waited(ms, false), &Options { timing: true, ..PLAIN });
        assert_eq!(timed(0.25), "done (0.2 ms on the server)");
        assert_eq!(timed(9.96), "done (10.0 ms on the server)");
        assert_eq!(timed(1234.5), "done (1234 ms on the server)");
        assert_eq!(timed(12_345.0), "done (12.3 s on the server)");
        let engine = waited(1.0, true);
        let shown = render(&engine, &Options { timing: true, ..PLAIN });
        assert_eq!(shown, "done (1.0 ms in the engine)");
        assert_eq!(render(&engine, &PLAIN), "done");
        let local = Outcome::done("done");
        assert_eq!(render(&local, &Options { timing: true, ..PLAIN }), "done");
        assert_eq!(render(&Outcome::default(), &PLAIN), "");
    }

    #[test]
    fn no_control_character_comes_through() {
        let evil = "a\u{1b}[31m\r\nb\u{202e}c";
        let table = Table::new(
            vec![Column::new(evil, Type::Text), Column::new(evil, Type::Prose)],
            vec![
                vec![Datum::Text(evil.to_string()), Datum::Text(evil.to_string())],
                vec![Datum::Json(evil.to_string()), Datum::Text(evil.to_string())],
            ],
        );
        let outcome =
            Outcome { notices: vec![evil.to_string()], ..Outcome::table(table).with_done(evil) };
        let shown = render(&outcome, &PLAIN);
        // the note, the head, the rule, two rows, the status
        assert_eq!(shown.lines().count(), 6, "{shown}");
        assert!(!shown.contains(['\u{1b}', '\r', '\u{202e}']), "{shown:?}");
        assert_eq!(shown.matches("a\\u{1b}[31m\\r\\nb\\u{202e}c").count(), 7, "{shown}");
        assert_eq!(shown.matches("'a\\u{1b}[31m").count(), 1, "a value is in quotes: {shown}");
    }
}
