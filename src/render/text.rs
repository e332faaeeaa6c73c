//! An outcome as plain text: aligned columns, numbers to the right, a line that says how many rows
//! there are.

use unicode_width::UnicodeWidthStr as _;

use super::Options;
use super::value::{is_right_aligned, show};
use crate::outcome::{Outcome, Table, grouped};

/// As many rows of every table are shown as the options say. `timing` adds how long the server
/// took.
pub fn render(outcome: &Outcome, options: &Options, timing: bool) -> String {
    let mut lines: Vec<String> =
        outcome.notices.iter().map(|notice| format!("note: {notice}")).collect();
    for table in &outcome.tables {
        lines.extend(table_lines(table, options));
    }
    let status = status(outcome, timing);
    if !status.is_empty() {
        lines.push(status);
    }
    lines.join("\n")
}

/// What was done and how long the server took.
pub fn status(outcome: &Outcome, timing: bool) -> String {
    match outcome.server_ms {
        Some(ms) if timing => format!("{} ({} on the server)", outcome.done, duration(ms)),
        _ => outcome.done.clone(),
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

/// "50 of 16,384 rows are shown", when not all are.
pub fn capped(table: &Table, limit: usize) -> Option<String> {
    let shown = table.rows.len().min(limit) as u64;
    (shown < table.total)
        .then(|| format!("… {} of {} rows are shown", grouped(shown), grouped(table.total)))
}

fn table_lines(table: &Table, options: &Options) -> Vec<String> {
    let cells: Vec<Vec<String>> = table
        .rows
        .iter()
        .take(options.limit)
        .map(|row| {
            row.iter()
                .zip(&table.columns)
                .map(|(value, column)| show(value, column.kind, options.precision))
                .collect()
        })
        .collect();
    let mut widths: Vec<usize> = table.columns.iter().map(|column| column.name.width()).collect();
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |row: &[String]| {
        let mut out = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width.saturating_sub(cell.width()));
            let right = table.columns.get(at).is_some_and(|column| is_right_aligned(column.kind));
            if at > 0 {
                out.push_str("  ");
            }
            if right {
                out.push_str(&pad);
                out.push_str(cell);
            } else {
                out.push_str(cell);
                out.push_str(&pad);
            }
        }
        out.trim_end().to_string()
    };
    let rule: String = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ");
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let mut lines = vec![line(&names), rule.clone()];
    for (at, row) in cells.iter().enumerate() {
        if table.groups.contains(&at) {
            lines.push(rule.clone());
        }
        lines.push(line(row));
    }
    lines.extend(capped(table, options.limit));
    lines
}
