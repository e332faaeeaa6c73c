//! Files out of rows of a result. What is written reads back as it was: a value has the form that
//! [`super::reader`] and its column take for it.

use std::fmt::Write as _;

use super::columns::{Gather, Head};
use super::{Format, Options, numpy, vecs};
use crate::outcome::Datum;

pub struct Writer {
    options: Options,
    columns: Vec<Head>,
    out: Vec<u8>,
    /// of a file of columns
    gathered: Option<Gather>,
    rows: u64,
    shape: Option<numpy::Shape>,
}

/// What a writer has made.
pub enum Made {
    /// the file's bytes
    Whole(Vec<u8>),
    /// what the platform's module of columns makes the file of
    Columns(Vec<Vec<u8>>),
}

impl Writer {
    /// A file with these columns. The error is why it cannot be one of this format, in words.
    pub fn new(options: Options, columns: Vec<Head>) -> Result<Writer, String> {
        let mut writer = Writer {
            gathered: options.format.is_columns().then(|| Gather::new(columns.clone())),
            columns,
            out: Vec::new(),
            rows: 0,
            shape: None,
            options: options.clone(),
        };
        match options.format {
            Format::Csv | Format::Tsv if options.header => {
                let names: Vec<Datum> =
                    writer.columns.iter().map(|column| Datum::Text(column.name.clone())).collect();
                writer.separated(&names)?;
            }
            Format::Json => writer.out.push(b'['),
            Format::Npy => writer.out = numpy::room(),
            Format::Csv | Format::Tsv | Format::JsonLines | Format::Vecs(_) => {}
            Format::Parquet | Format::Arrow => {}
        }
        if !options.format.is_named() && writer.columns.len() != 1 {
            return Err(format!("it has one column, and these are {}", writer.columns.len()));
        }
        Ok(writer)
    }

    /// Adds a row: a value for each column.
    pub fn row(&mut self, row: &[Datum]) -> Result<(), String> {
        if let Some(gathered) = &mut self.gathered {
            gathered.row(row)?;
            self.rows += 1;
            return Ok(());
        }
        match (self.options.format, row) {
            (Format::Csv | Format::Tsv, _) => self.separated(row)?,
            (Format::Json, _) => {
                self.out.extend(if self.rows > 0 { b",\n".as_slice() } else { b"\n" });
                self.object(row)?;
            }
            (Format::JsonLines, _) => {
                self.object(row)?;
                self.out.push(b'\n');
            }
            (Format::Npy, [value]) => numpy::push(value, &mut self.shape, &mut self.out)?,
            (Format::Vecs(element), [value]) => vecs::push(value, element, &mut self.out)?,
            _ => return Err("it has one column".to_string()),
        }
        self.rows += 1;
        Ok(())
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn format(&self) -> Format {
        self.options.format
    }

    pub fn finish(mut self) -> Made {
        if let Some(gathered) = self.gathered {
            return Made::Columns(gathered.finish());
        }
        match self.options.format {
            Format::Json => self.out.extend(b"\n]\n"),
            Format::Npy => numpy::finish(self.shape, self.rows, &mut self.out),
            _ => {}
        }
        Made::Whole(self.out)
    }

    fn separated(&mut self, row: &[Datum]) -> Result<(), String> {
        let (delimiter, quote) = (self.options.delimiter, self.options.quote);
        let mut text = String::new();
        for (at, value) in row.iter().enumerate() {
            if at > 0 {
                self.out.push(delimiter);
            }
            text.clear();
            match value {
                Datum::Null if row.len() == 1 && self.options.null.is_empty() => {
                    let reason = "a NULL alone in its line is a blank line, which is no row: \
                                  WITH (null = 'NULL')";
                    return Err(reason.to_string());
                }
                Datum::Null => {
                    self.out.extend(self.options.null.as_bytes());
                    continue;
                }
                Datum::Text(written) => text.push_str(written),
                _ => json(value, &mut text, false)?,
            }
            let special = |byte: u8| byte == delimiter || byte == quote || byte < b' ';
            let is_quoted = text == self.options.null
                || text.is_empty()
                || text.bytes().any(special)
                || text.trim().len() < text.len()
                || text.starts_with('\u{feff}');
            if !is_quoted {
                self.out.extend(text.as_bytes());
                continue;
            }
            self.out.push(quote);
            for byte in text.bytes() {
                self.out.push(byte);
                if byte == quote {
                    self.out.push(byte);
                }
            }
            self.out.push(quote);
        }
        self.out.push(b'\n');
        Ok(())
    }

    fn object(&mut self, row: &[Datum]) -> Result<(), String> {
        let mut text = String::from("{");
        for (at, (column, value)) in self.columns.iter().zip(row).enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(&serde_json::Value::from(column.name.as_str()).to_string());
            text.push(':');
            json(value, &mut text, true)?;
        }
        text.push('}');
        self.out.extend(text.into_bytes());
        Ok(())
    }
}

/// A value as JSON has it; a number that JSON does not have is an error where the file is JSON.
pub(super) fn json(value: &Datum, out: &mut String, strict: bool) -> Result<(), String> {
    match value {
        Datum::Null => out.push_str("null"),
        Datum::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Datum::Int(number) => push(out, format_args!("{number}")),
        Datum::Float(number) if number.is_finite() || !strict => {
            push(out, format_args!("{number:?}"))
        }
        Datum::Double(number) if number.is_finite() || !strict => {
            push(out, format_args!("{number:?}"))
        }
        Datum::Float(_) | Datum::Double(_) => {
            return Err("JSON has neither NaN nor infinity: csv has".to_string());
        }
        Datum::Text(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
        Datum::Json(text) => out.push_str(text),
        Datum::Array(items) => {
            list(items.iter(), out, |item, out| json(item, out, strict))?;
        }
        Datum::Vector(values) => list(values.iter(), out, |value, out| {
            push(out, format_args!("{value:?}"));
            Ok(())
        })?,
        Datum::Bytes(bytes) => list(bytes.iter(), out, |byte, out| {
            push(out, format_args!("{byte}"));
            Ok(())
        })?,
        Datum::Sparse(pairs) => {
            for (at, (index, value)) in pairs.iter().enumerate() {
                let open = if at == 0 { "{" } else { "," };
                push(out, format_args!("{open}\"{index}\":{value:?}"));
            }
            out.push_str(if pairs.is_empty() { "{}" } else { "}" });
        }
    }
    Ok(())
}

/// Writing to a string does not fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn list<T>(
    items: impl Iterator<Item = T>,
    out: &mut String,
    mut each: impl FnMut(T, &mut String) -> Result<(), String>,
) -> Result<(), String> {
    out.push('[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        each(item, out)?;
    }
    out.push(']');
    Ok(())
}
