//! csv and tsv, as the scanner reads them, with their header, their lines and what is wrong with
//! them.

use milvus_kernel_scan::{End, Row, Scanner, are_texts};

use super::{Buffer, Cells, Fault, MOST_ROW, Options, Record, Texts, lines_in, twice};

pub(super) struct Separated {
    pub(super) buffer: Buffer,
    scanner: Scanner,
    quote: u8,
    /// whether the next record is the header
    header: bool,
    names: Option<Vec<String>>,
    /// values of every row
    width: Option<usize>,
    /// the line that is read
    line: u64,
    number: u64,
    /// the line that the record begins in; none is between two
    begun: Option<u64>,
}

impl Separated {
    pub(super) fn new(options: &Options) -> Separated {
        Separated {
            buffer: Buffer::default(),
            scanner: Scanner::new(options.delimiter, options.quote),
            quote: options.quote,
            header: options.header,
            names: None,
            width: None,
            line: 1,
            number: 0,
            begun: None,
        }
    }

    pub(super) fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>, Fault> {
        loop {
            if self.begun.is_none() && !self.begin() {
                return Ok(None);
            }
            if !self.read()? {
                return Ok(None);
            }
            let line = self.begun.take().unwrap_or(self.line);
            let row = self.scanner.take();
            let texts = self.texts(row);
            if self.header {
                self.header = false;
                self.names = Some(names(texts, line)?);
                continue;
            }
            self.number += 1;
            let texts = texts.map_err(|reason| {
                Fault::of_row(line, self.number, reason)
                    .help("WITH (encoding = 'latin1') or another if the file is not UTF-8")
            })?;
            return self.record(line, texts).map(Some);
        }
    }

    /// Takes back what is read of a row.
    pub(super) fn reuse(&mut self, texts: Texts) {
        self.scanner.reuse(Row { bytes: texts.text.into_bytes(), ends: texts.ends });
    }

    /// Steps over blank lines to the next record; false where none has come.
    fn begin(&mut self) -> bool {
        let blank = |byte: &&u8| matches!(byte, b'\n' | b'\r');
        let blanks = self.buffer.rest().iter().take_while(blank).count();
        self.line += lines_in(self.buffer.take(blanks).unwrap_or_default());
        if self.buffer.is_empty() {
            return false;
        }
        self.begun = Some(self.line);
        true
    }

    /// Reads on in the record. Whether it is whole; else it needs more pieces.
    fn read(&mut self) -> Result<bool, Fault> {
        let scanned = self.scanner.scan(self.buffer.rest(), self.buffer.ended);
        self.buffer.at += scanned.read;
        self.line += scanned.lines;
        let row = self.scanner.row();
        if row.bytes.len() > MOST_ROW && row.longest() > MOST_ROW {
            return Err(self.too_long());
        }
        match scanned.whole || !self.buffer.ended {
            true => Ok(scanned.whole),
            false => Err(self.not_closed()),
        }
    }

    /// What was read as texts; else why it is none.
    fn texts(&self, row: Row) -> Result<Texts, String> {
        let Row { bytes, ends } = row;
        match String::from_utf8(bytes) {
            Ok(text) if are_texts(&text, &ends) => Ok(Texts { text, ends }),
            Ok(text) => Err(self.no_utf8(text.as_bytes(), &ends)),
            Err(error) => Err(self.no_utf8(error.as_bytes(), &ends)),
        }
    }

    fn no_utf8(&self, bytes: &[u8], ends: &[End]) -> String {
        let mut begin = 0;
        for (column, end) in ends.iter().enumerate() {
            let value = bytes.get(begin..end.at).unwrap_or_default();
            begin = end.at;
            let Err(error) = std::str::from_utf8(value) else { continue };
            let byte = value.get(error.valid_up_to()).copied().unwrap_or_default();
            let name = self.names.as_ref().and_then(|names| names.get(column));
            let column = name.map_or((column + 1).to_string(), |name| format!("`{name}`"));
            return format!("column {column} is no UTF-8: a byte 0x{byte:02X} stands in it");
        }
        "the row is no UTF-8".to_string()
    }

    fn record(&mut self, line: u64, texts: Texts) -> Result<Record, Fault> {
        let width = *self.width.get_or_insert(self.names.as_ref().map_or(texts.len(), Vec::len));
        if texts.len() != width {
            let has = match texts.len() {
                1 => "1 value".to_string(),
                count => format!("{count} values"),
            };
            let than = if self.names.is_some() { "the header" } else { "the first row" };
            let reason = format!("the row has {has}, and {than} has {width}");
            return Err(Fault::of_row(line, self.number, reason)
                .help("WITH (delimiter = ';') or another if that is no comma"));
        }
        Ok(Record { line, number: self.number, cells: Cells::Texts(texts) })
    }

    fn not_closed(&self) -> Fault {
        let line = self.begun.unwrap_or(self.line);
        let quote = char::from(self.quote);
        let reason = format!("a quote {quote} is opened in this row and not closed");
        Fault { number: self.number + 1, ..Fault::of_file(line, reason) }
            .help("a quote within quotes is doubled; WITH (quote = '…') names another one")
    }

    fn too_long(&self) -> Fault {
        let line = self.begun.unwrap_or(self.line);
        let reason = format!("a value of more than {} MiB begins in this row", MOST_ROW >> 20);
        Fault { number: self.number + 1, ..Fault::of_file(line, reason) }
            .help("is a quote opened in it and not closed?")
    }
}

/// The names of a header.
fn names(texts: Result<Texts, String>, line: u64) -> Result<Vec<String>, Fault> {
    let texts = texts.map_err(|reason| {
        Fault::of_file(line, reason).help("WITH (encoding = 'latin1') or another")
    })?;
    let names: Vec<String> = texts.iter().map(|(text, _)| text.trim().to_string()).collect();
    twice(&names, line)?;
    Ok(names)
}
