//! What a statement keeps in memory of the rows that it reads: bounded by `SET memory_limit`. In:
//! rows. Out: about their bytes, and an error before there are too many.

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::outcome::Datum;

pub(crate) const KB: u64 = 1 << 10;
pub(crate) const MB: u64 = 1 << 20;

/// Bytes that are kept.
pub(crate) struct Memory {
    limit: u64,
    used: u64,
    /// where the table stands
    span: Span,
}

impl Memory {
    pub(crate) fn new(limit: u64, span: Span) -> Memory {
        Memory { limit, used: 0, span }
    }

    pub(crate) fn add(&mut self, bytes: usize) -> Result<()> {
        self.used += bytes as u64;
        if self.used <= self.limit { Ok(()) } else { Err(self.full()) }
    }

    /// So many bytes are kept in all, now.
    pub(crate) fn set(&mut self, bytes: usize) -> Result<()> {
        self.used = 0;
        self.add(bytes)
    }

    pub(crate) fn rows(&mut self, rows: &[Vec<Datum>]) -> Result<()> {
        self.add(rows.iter().map(|row| row_bytes(row)).sum())
    }

    fn full(&self) -> Diagnostic {
        let message = format!(
            "more than {} of rows would be kept in the kernel, which is its memory_limit",
            shown(self.limit)
        );
        Diagnostic::new(Code::OutOfRange, message)
            .at(self.span)
            .help("read less: a condition, a LIMIT, or fewer columns")
            .help(format!("or allow more: `SET memory_limit = '{}'`", shown(self.limit * 2)))
    }
}

/// Limits that are usual.
pub(crate) const SIZES: [&str; 3] = ["512MB", "1GB", "2GB"];

/// A limit as SET takes it: `512MB`.
pub(crate) fn shown(bytes: u64) -> String {
    match bytes {
        bytes if bytes.is_multiple_of(1024 * MB) => format!("{}GB", bytes / (1024 * MB)),
        bytes if bytes.is_multiple_of(MB) => format!("{}MB", bytes / MB),
        bytes if bytes.is_multiple_of(KB) => format!("{}KB", bytes / KB),
        bytes => bytes.to_string(),
    }
}

/// `512MB`, `2 GB`, `900000 kB`
pub(crate) fn read(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(unit)?;
    let factor = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1024,
        "M" | "MB" | "MIB" => MB,
        "G" | "GB" | "GIB" => 1024 * MB,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// About the bytes of a row.
pub(crate) fn row_bytes(row: &[Datum]) -> usize {
    size_of::<Vec<Datum>>() + row.iter().map(bytes).sum::<usize>()
}

pub(crate) fn bytes(value: &Datum) -> usize {
    size_of::<Datum>()
        + match value {
            Datum::Null | Datum::Bool(_) | Datum::Int(_) | Datum::Float(_) | Datum::Double(_) => 0,
            Datum::Text(text) | Datum::Json(text) => text.len(),
            Datum::Array(items) => items.iter().map(bytes).sum(),
            Datum::Vector(values) => values.len() * 4,
            Datum::Sparse(entries) => entries.len() * 8,
            Datum::Bytes(bytes) => bytes.len(),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes) in [
            ("512MB", Some(512 * MB)),
            ("2 gb", Some(2048 * MB)),
            ("1048576", Some(MB)),
            ("64k", Some(65_536)),
            ("much", None),
            ("1.5GB", None),
            ("99999999999999GB", None),
        ] {
            assert_eq!(read(text), bytes, "{text}");
        }
        assert_eq!([7, 192 * KB, MB, 3 * 1024 * MB].map(shown), ["7", "192KB", "1MB", "3GB"]);
    }

    #[test]
    fn what_is_too_much_is_said() {
        let mut memory = Memory::new(MB, Span::default());
        let row = vec![Datum::Text("x".repeat(600_000))];
        assert!(memory.rows(std::slice::from_ref(&row)).is_ok());
        let error = memory.rows(&[row]).expect_err("too much");
        assert_eq!(error.help[1], "or allow more: `SET memory_limit = '2MB'`");
        assert!(memory.set(5).is_ok());
    }
}
