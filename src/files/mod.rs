//! Files of rows: csv, tsv, json, jsonl, npy, fvecs, parquet, arrow and the like. In: pieces of
//! bytes as they arrive, or rows of a result. Out: records, each with its place in the file, or the
//! bytes of a file. Pure: knows no statement, no collection and no request; what is gzipped the
//! platform unpacks and packs.
//!
//! A [`reader`] makes UTF-8 of a piece (`decode`) and hands it to the reader of the format
//! (`separated`, `json`, `numpy`, `vecs`); [`infer`] tells what columns hold, and [`writer`] is the
//! way back. Of parquet and arrow the platform's module of [`columns`] makes batches of rows, which
//! are the pieces here, and files of such batches.

pub mod columns;
pub mod decode;
pub mod infer;
mod json;
mod numpy;
pub mod reader;
mod separated;
mod vecs;
pub mod writer;

use std::borrow::Cow;
use std::fmt::{self, Debug, Formatter};

use milvus_kernel_scan::End;

/// The longest row: a quote or a brace that is not closed takes all that follows.
const MOST_ROW: usize = 64 << 20;

/// How rows stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    Json,
    JsonLines,
    Npy,
    /// rows of a length and so many numbers, as the data sets of ANN benchmarks have them
    Vecs(Element),
    Parquet,
    Arrow,
}

/// What the numbers of a `vecs` file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    Float,
    Int,
    Byte,
}

impl Format {
    /// By name; the names are also the endings of files.
    pub const ALL: [(&'static str, Format); 13] = [
        ("csv", Format::Csv),
        ("tsv", Format::Tsv),
        ("json", Format::Json),
        ("jsonl", Format::JsonLines),
        ("npy", Format::Npy),
        ("fvecs", Format::Vecs(Element::Float)),
        ("ivecs", Format::Vecs(Element::Int)),
        ("bvecs", Format::Vecs(Element::Byte)),
        ("parquet", Format::Parquet),
        ("arrow", Format::Arrow),
        ("feather", Format::Arrow),
        ("ndjson", Format::JsonLines),
        ("txt", Format::Tsv),
    ];

    pub fn named(name: &str) -> Option<Format> {
        let found = Format::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, format)| *format)
    }

    /// The format by a file's ending, and whether it is gzipped; what a URL asks for is not part of
    /// it.
    pub fn of_file(place: &str) -> (Option<Format>, bool) {
        let path = place.split(['?', '#']).next().unwrap_or_default();
        let (path, gzipped) = match path.rsplit_once('.') {
            Some((rest, "gz" | "gzip" | "GZ")) => (rest, true),
            _ => (path, false),
        };
        let ending = path.rsplit_once('.').map(|(_, ending)| ending);
        (ending.and_then(Format::named), gzipped)
    }

    /// Whether a column has a name in it.
    pub fn is_named(self) -> bool {
        !matches!(self, Format::Npy | Format::Vecs(_))
    }

    /// Whether it is text.
    pub fn is_text(self) -> bool {
        matches!(self, Format::Csv | Format::Tsv | Format::Json | Format::JsonLines)
    }

    /// Whether the platform's module of columns reads and writes it.
    pub fn is_columns(self) -> bool {
        matches!(self, Format::Parquet | Format::Arrow)
    }

    /// What a place in it is called.
    pub fn unit(self) -> &'static str {
        if self.is_text() { "line" } else { "row" }
    }

    pub fn name(self) -> &'static str {
        Format::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }
}

/// How a file is to be read or written.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub format: Format,
    pub gzipped: bool,
    pub encoding: decode::Encoding,
    /// of csv and tsv
    pub delimiter: u8,
    pub quote: u8,
    pub header: bool,
    /// what stands for NULL, where it is not quoted
    pub null: String,
}

impl Options {
    pub fn new(format: Format) -> Options {
        Options {
            format,
            gzipped: false,
            encoding: decode::Encoding::Utf8,
            delimiter: if format == Format::Tsv { b'\t' } else { b',' },
            quote: b'"',
            header: true,
            null: String::new(),
        }
    }
}

/// One value of a row, as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// of csv and tsv: what it is tells the column it goes into
    Text {
        text: String,
        quoted: bool,
    },
    /// a value of JSON, as it is written there
    Json(String),
    Bool(bool),
    Int(i64),
    Float(f64),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Ints(Vec<i64>),
    Bytes(Vec<u8>),
    Null,
}

/// The values of a row of csv or tsv: one text, and where each ends in it.
#[derive(Clone, PartialEq)]
pub struct Texts {
    text: String,
    ends: Vec<End>,
}

impl Texts {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each value, and whether it was quoted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        let mut begin = 0;
        self.ends.iter().map(move |end| {
            let text = self.text.get(begin..end.at).unwrap_or_default();
            begin = end.at;
            (text, end.quoted)
        })
    }
}

impl Debug for Texts {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// the line that it begins in, from 1; the row's own number where there are no lines
    pub line: u64,
    /// the row's number, from 1
    pub number: u64,
    pub cells: Cells,
}

impl Record {
    /// About the bytes that it takes.
    pub fn size(&self) -> usize {
        let of = |cell: &Cell| match cell {
            Cell::Text { text, .. } | Cell::Json(text) => text.len(),
            Cell::Bool(_) | Cell::Int(_) | Cell::Float(_) | Cell::Null => 8,
            Cell::Bytes(bytes) => bytes.len(),
            Cell::Floats(values) => values.len() * 4,
            Cell::Doubles(values) => values.len() * 8,
            Cell::Ints(values) => values.len() * 8,
        };
        match &self.cells {
            Cells::Texts(texts) => texts.text.len(),
            Cells::Listed(cells) => cells.iter().map(of).sum(),
            Cells::Named(cells) => cells.iter().map(|(_, cell)| of(cell)).sum(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// of csv and tsv, by the order of [`reader::Reader::names`]
    Texts(Texts),
    /// by the order of [`reader::Reader::names`]
    Listed(Vec<Cell>),
    /// each row has its own
    Named(Vec<(String, Cell)>),
}

impl Cells {
    /// The values that have no names of their own, each by itself.
    pub fn listed(&self) -> Option<Cow<'_, [Cell]>> {
        match self {
            Cells::Texts(texts) => {
                let cell = |(text, quoted): (&str, bool)| Cell::Text { text: text.into(), quoted };
                Some(texts.iter().map(cell).collect())
            }
            Cells::Listed(cells) => Some(cells.into()),
            Cells::Named(_) => None,
        }
    }
}

/// Why a row, or all that follows, cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// the place, as in [`Record`]; 0 is the file as a whole
    pub line: u64,
    /// the row's number; 0 where the fault is in none
    pub number: u64,
    pub reason: String,
    pub help: Option<String>,
    /// whether the rows behind it can still be read
    pub goes_on: bool,
}

impl Fault {
    fn of_file(line: u64, reason: impl Into<String>) -> Fault {
        Fault { line, number: 0, reason: reason.into(), help: None, goes_on: false }
    }

    fn of_row(line: u64, number: u64, reason: impl Into<String>) -> Fault {
        Fault { line, number, reason: reason.into(), help: None, goes_on: true }
    }

    fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }
}

/// Bytes that came and are not read yet.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    at: usize,
    /// whether nothing more will come
    ended: bool,
}

impl Buffer {
    fn feed(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(piece);
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Takes the next bytes off, if there are so many.
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }
}

/// Columns have a name each, and no two the same.
fn twice(names: &[String], line: u64) -> Result<(), Fault> {
    for (at, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if let Some(before) = names.iter().take(at).position(|other| other == name) {
            let (first, second) = (before + 1, at + 1);
            let reason = format!("the columns {first} and {second} are both called `{name}`");
            return Err(Fault::of_file(line, reason).help("rename one of them in the file"));
        }
    }
    Ok(())
}

fn lines_in(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}
