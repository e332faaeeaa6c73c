//! A value of a column as JSON.

use std::fmt::Write;

use crate::{Column, Values, span};

impl Column {
    /// Adds the value of a row. A number that JSON does not have is null.
    pub fn json(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            return out.push_str("null");
        }
        let mut push = |text: std::fmt::Arguments<'_>| {
            // writing to a string does not fail
            let _ = out.write_fmt(text);
        };
        match &self.values {
            Values::Bools(values) => push(format_args!("{}", at(values, row))),
            Values::Ints(values) => push(format_args!("{}", at(values, row))),
            Values::Floats(values) if at(values, row).is_finite() => {
                push(format_args!("{:?}", at(values, row)))
            }
            Values::Doubles(values) if at(values, row).is_finite() => {
                push(format_args!("{:?}", at(values, row)))
            }
            Values::Nulls(_) | Values::Floats(_) | Values::Doubles(_) => out.push_str("null"),
            Values::Texts(_) => string(self.text(row).unwrap_or_default(), out),
            Values::Json(_) => out.push_str(self.text(row).unwrap_or("null")),
            Values::Bytes(lists) => {
                out.push('[');
                for (at, byte) in lists.get(row).unwrap_or_default().iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    let _ = write!(out, "{comma}{byte}");
                }
                out.push(']');
            }
            Values::List(ends, items) => {
                let (start, end) = span(ends, row).unwrap_or_default();
                out.push('[');
                for at in start..end {
                    if at > start {
                        out.push(',');
                    }
                    items.json(at, out);
                }
                out.push(']');
            }
        }
    }
}

fn at<T: Copy + Default>(values: &[T], row: usize) -> T {
    values.get(row).copied().unwrap_or_default()
}

/// A text in quotes.
pub fn string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
}
