//! csv and tsv, as csv-core reads them: quotes over lines, CRLF, blank lines that are none. A
//! quoted value is told from a bare one, which csv-core does not do, since an empty string and
//! NULL differ in that alone.

use csv_core::{ReadFieldResult, ReaderBuilder};

use super::{Buffer, Cell, Cells, Fault, MOST_ROW, Options, Record, lines_in, twice};

pub(super) struct Separated {
    pub(super) buffer: Buffer,
    core: csv_core::Reader,
    quote: u8,
    /// whether the next record is the header
    header: bool,
    names: Option<Vec<String>>,
    /// values of every row
    width: Option<usize>,
    /// the line that is read
    line: u64,
    number: u64,
    record: Vec<Cell>,
    /// the line that the record begins in; none is between two
    begun: Option<u64>,
    /// what is wrong with the record, which is read to its end all the same
    wrong: Option<String>,
    field: Field,
}

/// The value that is read.
#[derive(Default)]
struct Field {
    begun: bool,
    quoted: bool,
    /// quotes that were read of a quoted one
    quotes: usize,
    bytes: Vec<u8>,
    filled: usize,
}

impl Separated {
    pub(super) fn new(options: &Options) -> Separated {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(options.delimiter).quote(options.quote);
        Separated {
            buffer: Buffer::default(),
            core: builder.build(),
            quote: options.quote,
            header: options.header,
            names: None,
            width: None,
            line: 1,
            number: 0,
            record: Vec::new(),
            begun: None,
            wrong: None,
            field: Field::default(),
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
            match self.read_field()? {
                None => return Ok(None),
                Some(false) => continue,
                Some(true) => {}
            }
            let line = self.begun.take().unwrap_or(self.line);
            let record = std::mem::take(&mut self.record);
            let wrong = self.wrong.take();
            if self.header {
                self.header = false;
                self.names = Some(names(record, line, wrong)?);
                continue;
            }
            self.number += 1;
            if let Some(reason) = wrong {
                return Err(Fault::of_row(line, self.number, reason)
                    .help("WITH (encoding = 'latin1') or another if the file is not UTF-8"));
            }
            return self.record(line, record).map(Some);
        }
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

    /// Reads on in a value. Whether it was the record's last; none needs more pieces.
    fn read_field(&mut self) -> Result<Option<bool>, Fault> {
        if !self.field.begun {
            match self.buffer.rest().first() {
                Some(byte) => self.field.quoted = *byte == self.quote,
                None if !self.buffer.ended => return Ok(None),
                None => {}
            }
            self.field.begun = true;
        }
        loop {
            if self.field.bytes.len() < self.field.filled + 256 {
                let longer = (self.field.bytes.len() * 2).max(1024);
                self.field.bytes.resize(longer, 0);
            }
            let (input, field) = (self.buffer.rest(), &mut self.field);
            if input.is_empty() && !self.buffer.ended {
                return Ok(None);
            }
            let output = field.bytes.get_mut(field.filled..).unwrap_or_default();
            let (result, read, written) = self.core.read_field(input, output);
            field.filled += written;
            let taken = input.get(..read).unwrap_or_default();
            self.line += lines_in(taken);
            if field.quoted {
                field.quotes += taken.iter().filter(|byte| **byte == self.quote).count();
            }
            self.buffer.at += read;
            if self.field.filled > MOST_ROW {
                return Err(self.too_long());
            }
            match result {
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
                ReadFieldResult::Field { record_end } => {
                    let ended = self.buffer.ended && self.buffer.is_empty();
                    if ended && !self.field.quotes.is_multiple_of(2) {
                        return Err(self.not_closed());
                    }
                    self.close();
                    return Ok(Some(record_end));
                }
                ReadFieldResult::End => return Ok(Some(true)),
            }
        }
    }

    /// The value is whole.
    fn close(&mut self) {
        let field = &mut self.field;
        let bytes = field.bytes.get(..field.filled).unwrap_or_default();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_string(),
            Err(error) => {
                let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
                let column = self.record.len();
                let name = self.names.as_ref().and_then(|names| names.get(column));
                let column = name.map_or((column + 1).to_string(), |name| format!("`{name}`"));
                self.wrong.get_or_insert(format!(
                    "column {column} is no UTF-8: a byte 0x{byte:02X} stands in it"
                ));
                String::new()
            }
        };
        self.record.push(Cell::Text { text, quoted: field.quoted });
        field.begun = false;
        field.quoted = false;
        field.quotes = 0;
        field.filled = 0;
        // what one long value has needed is not kept for all
        field.bytes.truncate(1 << 20);
        field.bytes.shrink_to(1 << 20);
    }

    fn record(&mut self, line: u64, record: Vec<Cell>) -> Result<Record, Fault> {
        let width = *self.width.get_or_insert(self.names.as_ref().map_or(record.len(), Vec::len));
        if record.len() != width {
            let has = match record.len() {
                1 => "1 value".to_string(),
                count => format!("{count} values"),
            };
            let than = if self.names.is_some() { "the header" } else { "the first row" };
            let reason = format!("the row has {has}, and {than} has {width}");
            return Err(Fault::of_row(line, self.number, reason)
                .help("WITH (delimiter = ';') or another if that is no comma"));
        }
        Ok(Record { line, number: self.number, cells: Cells::Listed(record) })
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
fn names(record: Vec<Cell>, line: u64, wrong: Option<String>) -> Result<Vec<String>, Fault> {
    if let Some(reason) = wrong {
        return Err(Fault::of_file(line, reason).help("WITH (encoding = 'latin1') or another"));
    }
    let text = |cell: Cell| match cell {
        Cell::Text { text, .. } => text.trim().to_string(),
        _ => String::new(),
    };
    let names: Vec<String> = record.into_iter().map(text).collect();
    twice(&names, line)?;
    Ok(names)
}
