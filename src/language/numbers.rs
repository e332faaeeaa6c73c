//! The first pass over a cell: finds strings, comments and the ends of statements, and lifts every
//! list of numbers out of the text. In: the cell. Out: a short text for the grammar, the lists as
//! f32, and a map from the short text's offsets to the cell's. Knows no keyword. A PEG parses
//! vectors at 16 MB/s and takes 100 times their size; this pass spends most of its time in
//! `str::parse`, and takes three times their size.

use std::cell::Cell;
use std::rc::Rc;

use super::ast::{Numbers, Value};
use super::{foreign, print};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned};

/// Stands between `[` and `]` in the short text, before the number of the list in
/// [`Scanned::lists`].
pub(crate) const MARK: char = '\u{1}';
/// Brackets within brackets: the grammar takes up to 16 kB of stack for each, and wasm has 1 MB.
pub(super) const DEEPEST: usize = 32;

#[derive(Debug)]
pub(crate) struct Scanned<'a> {
    /// the cell as it was written
    pub(crate) cell: &'a str,
    /// the short text: the cell without comments and number lists
    pub(crate) text: String,
    pub(crate) lists: Vec<Numbers>,
    /// where the statements stand in `text`, without the blanks around them
    pub(crate) statements: Vec<(usize, usize)>,
    /// where the comments stand in the cell
    pub(crate) comments: Vec<Span>,
    /// the first bracket that is not closed, in the cell
    pub(crate) open: Option<usize>,
    /// (offset in `text`, offset in the cell), ascending; between two entries both run in step
    map: Vec<(usize, usize)>,
    /// the entry that was asked for last: the next question is about the same or a near one
    last: Cell<usize>,
}

impl Scanned<'_> {
    /// The place in the cell of a place in the short text.
    pub(crate) fn in_cell(&self, at: usize) -> usize {
        let reaches = |index: usize| self.map.get(index).is_some_and(|(short, _)| *short <= at);
        let last = self.last.get();
        if !reaches(last) || reaches(last + 1) {
            self.last.set(self.map.partition_point(|(short, _)| *short <= at).saturating_sub(1));
        }
        match self.map.get(self.last.get()) {
            Some((short, cell)) if *short <= at => cell + (at - short),
            _ => at,
        }
    }
}

pub(crate) fn scan(cell: &str) -> Result<Scanned<'_>, Diagnostic> {
    let bytes = cell.as_bytes();
    let mut scanner = Scanner {
        out: Scanned {
            cell,
            text: String::new(),
            lists: Vec::new(),
            statements: Vec::new(),
            comments: Vec::new(),
            open: None,
            map: vec![(0, 0)],
            last: Cell::new(0),
        },
        copied: 0,
        source: None,
    };
    let mut at = 0; // how far the cell has been read
    let mut open = Vec::new(); // the brackets that are open
    let mut statement_start = true;
    let mut ends = Vec::new(); // the semicolons of the short text
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    while at < bytes.len() {
        let here = byte(at);
        match here {
            b'\'' | b'"' | b'`' => {
                at = string_end(bytes, at).ok_or_else(|| unclosed(at, here))?;
            }
            b'-' | b'#' | b'/' => match comment_end(cell, at)? {
                Some(end) => {
                    scanner.out.comments.push(Span::new(at, end));
                    at = scanner.skip(at, end);
                }
                None => at += 1,
            },
            b'[' => match number_list(bytes, at)? {
                Some((values, end)) => at = scanner.lift(at, values, end),
                None => {
                    open.push(at);
                    at += 1;
                }
            },
            b'(' | b'{' => {
                open.push(at);
                at += 1;
            }
            b')' | b'}' | b']' => {
                open.pop();
                at += 1;
            }
            b';' => {
                ends.push(scanner.out.text.len() + (at - scanner.copied));
                at += 1;
            }
            // blanks of other kinds (U+A0, U+3000, a byte order mark) are blanks
            0xC2 | 0xE3 | 0xEF if blank(cell, at).is_some() => {
                at = scanner.skip(at, at + blank(cell, at).unwrap_or(1));
            }
            1 => {
                return Err(Diagnostic::new(Code::SyntaxError, "a control character stands here")
                    .at(Span::new(at, at + 1)));
            }
            b'm' | b'M' if statement_start && is_address(bytes, at) => {
                while at < bytes.len() && !byte(at).is_ascii_whitespace() && byte(at) != b';' {
                    at += 1;
                }
            }
            _ => at += 1,
        }
        if open.len() > DEEPEST {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                format!("brackets are nested more than {DEEPEST} deep"),
            )
            .at(Span::new(at - 1, at)));
        }
        statement_start = match here {
            b';' => true,
            b' ' | b'\t' | b'\r' | b'\n' => statement_start,
            b'-' | b'#' | b'/' if scanner.copied == at => statement_start,
            _ => statement_start && here >= 0x80,
        };
    }
    scanner.out.open = open.first().copied();
    Ok(scanner.finish(ends))
}

/// A list that this pass did not take, for a comment in it, another blank or a variable: of numbers
/// alone it is what this pass makes.
pub(crate) fn list_of(items: Vec<Spanned<Value>>, span: Span) -> Value {
    let mut values = Vec::with_capacity(items.len());
    for item in &items {
        match item.value {
            Value::Int(number) => values.push(number as f32),
            Value::Large(number) => values.push(number as f32),
            Value::Float(number) if (number as f32).is_finite() => values.push(number as f32),
            // 1e97 too: an ARRAY<DOUBLE> and JSON hold it, and a vector refuses it when the field
            // is known
            _ => return Value::List(items),
        }
    }
    if values.is_empty() {
        return Value::List(items);
    }
    let text = print::value(&Value::List(items));
    let place = Span::new(0, text.len());
    Value::Numbers(Numbers { values, span, source: Some((text.into(), place)) })
}

/// The short text as it is made.
struct Scanner<'a> {
    out: Scanned<'a>,
    /// how far the cell has been copied to the short text
    copied: usize,
    /// the cell once more, shared by all lists
    source: Option<Rc<str>>,
}

impl<'a> Scanner<'a> {
    /// Copies what stands before `at`, and goes on behind `end`.
    fn copy(&mut self, at: usize, end: usize) {
        self.out.text.push_str(self.out.cell.get(self.copied..at).unwrap_or_default());
        self.copied = end;
    }

    /// Leaves the cell's text from `at` to `end` out (a comment), with a blank in its place.
    fn skip(&mut self, at: usize, end: usize) -> usize {
        self.copy(at, end);
        self.out.text.push(' ');
        self.out.map.push((self.out.text.len(), end));
        end
    }

    /// Puts the number of a list in its place.
    fn lift(&mut self, at: usize, values: Vec<f32>, end: usize) -> usize {
        self.copy(at, end);
        let out = &mut self.out;
        out.map.push((out.text.len(), at));
        out.text.push('[');
        out.text.push(MARK);
        out.text.push_str(&out.lists.len().to_string());
        out.map.push((out.text.len(), end - 1));
        out.text.push(']');
        let source = self.source.get_or_insert_with(|| out.cell.into()).clone();
        let span = Span::new(at, end);
        out.lists.push(Numbers { values, span, source: Some((source, span)) });
        end
    }

    /// Copies the rest, and finds the statements between the semicolons at `ends`.
    fn finish(mut self, mut ends: Vec<usize>) -> Scanned<'a> {
        self.copy(self.out.cell.len(), self.out.cell.len());
        let mut out = self.out;
        ends.push(out.text.len());
        let mut start = 0;
        for end in ends {
            let text = out.text.get(start..end).unwrap_or_default();
            let blank = |char: char| char.is_whitespace() || char == '\u{FEFF}';
            let trimmed = text.trim_matches(blank);
            if !trimmed.is_empty() {
                let begin = start + (text.len() - text.trim_start_matches(blank).len());
                out.statements.push((begin, begin + trimmed.len()));
            }
            start = end + 1;
        }
        out
    }
}

/// The offset behind a comment, if one begins here: `-- …`, `# …` (but `<#>` is an operator),
/// `/* … */`.
fn comment_end(cell: &str, at: usize) -> Result<Option<usize>, Diagnostic> {
    let bytes = cell.as_bytes();
    let here = bytes.get(at..).unwrap_or_default();
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    if here.starts_with(b"--") || here.starts_with(b"#") && before != Some(&b'<') {
        return Ok(Some(line_end(bytes, at)));
    }
    if !here.starts_with(b"/*") {
        return Ok(None);
    }
    match cell.get(at + 2..).and_then(|rest| rest.find("*/")) {
        Some(end) if here.starts_with(b"/*+") => {
            let end = at + 2 + end + 2;
            Err(foreign::hint(cell.get(at..end).unwrap_or_default(), Span::new(at, end)))
        }
        Some(end) => Ok(Some(at + 2 + end + 2)),
        None => Err(Diagnostic::new(Code::SyntaxError, "this comment is not closed")
            .at(Span::new(at, at + 2))
            .help("close it with `*/`")),
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes.iter().skip(at).position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end)
}

/// The bytes of a blank that is none of ASCII's.
fn blank(cell: &str, at: usize) -> Option<usize> {
    let char = cell.get(at..)?.chars().next()?;
    matches!(char, '\u{A0}' | '\u{3000}' | '\u{FEFF}').then(|| char.len_utf8())
}

fn is_address(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 9).is_some_and(|word| word.eq_ignore_ascii_case(b"milvus://"))
}

/// The offset behind a string's closing quote.
pub(crate) fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    quote_end(bytes, start + 1, *bytes.get(start)?)
}

/// The offset behind the quote that closes a string, from a place within it. A quote is doubled
/// inside; a backslash takes the next byte along.
pub(crate) fn quote_end(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        let here = *bytes.get(at)?;
        if here == b'\\' && quote != b'`' {
            at += 2;
        } else if here != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return Some(at + 1);
        }
    }
}

fn unclosed(at: usize, quote: u8) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, "this string is not closed")
        .at(Span::new(at, at + 1))
        .label("it starts here")
        .help(format!("close it with {0}; inside it, write {0}{0} for {0}", quote as char))
}

/// Reads `[n, n, …]`. `None` when it is not a list of numbers alone: the grammar takes it then.
fn number_list(bytes: &[u8], start: usize) -> Result<Option<(Vec<f32>, usize)>, Diagnostic> {
    let mut values: Vec<f32> = Vec::new();
    let mut at = start + 1;
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t' | b'\r' | b'\n'));
    loop {
        while blank(bytes.get(at)) {
            at += 1;
        }
        let word = at;
        while matches!(
            bytes.get(at),
            Some(b'0'..=b'9' | b'.' | b'-' | b'+' | b'a'..=b'z' | b'A'..=b'Z' | b'_')
        ) {
            at += 1;
        }
        let text = std::str::from_utf8(bytes.get(word..at).unwrap_or_default()).unwrap_or_default();
        let plain = text.trim_start_matches(['-', '+']);
        if plain.eq_ignore_ascii_case("nan")
            || plain.eq_ignore_ascii_case("inf")
            || plain.eq_ignore_ascii_case("infinity")
        {
            return Err(not_finite(text, Span::new(word, at)));
        }
        if !plain.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            || text.len() - plain.len() > 1
        {
            return Ok(None);
        }
        let Ok(value) = text.parse::<f32>() else { return Ok(None) };
        // too large for a vector, but `d IN [1e99]` is a list of doubles: whoever needs a vector
        // refuses it
        if !value.is_finite() {
            return Ok(None);
        }
        values.push(value);
        while blank(bytes.get(at)) {
            at += 1;
        }
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b']') => {
                values.shrink_to_fit();
                return Ok(Some((values, at + 1)));
            }
            _ => return Ok(None),
        }
    }
}

fn not_finite(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidNumber, format!("`{text}` cannot stand in a vector"))
        .at(span)
        .label("not a finite 32-bit number")
        .help("Milvus stores finite numbers only; leave this entity out or replace the value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifts_lists_and_maps_offsets_back() {
        let cell = "VALUES (1, [0.5, -2e1]), (2, [3]) -- end\nnext";
        let scanned = scan(cell).unwrap();
        assert_eq!(scanned.lists.len(), 2);
        assert_eq!(scanned.lists[0].values, vec![0.5, -20.0]);
        let next = scanned.text.find("next").unwrap();
        assert_eq!(&cell[scanned.in_cell(next)..], "next");
        let second = scanned.text.find("(2").unwrap();
        assert!(cell[scanned.in_cell(second)..].starts_with("(2"));
    }

    #[test]
    fn strings_and_addresses_are_left_alone() {
        for cell in ["'[1,2] -- # /*'", "milvus://u:p#'a@h:1", " milvus://u:p--b@h:1/d"] {
            let scanned = scan(cell).unwrap();
            assert_eq!(scanned.text, cell);
            assert!(scanned.lists.is_empty());
        }
    }

    #[test]
    fn comments_go_and_the_inner_product_stays() {
        assert_eq!(scan("a # b\nc <#> d /* e */ f").unwrap().text, "a  \nc <#> d   f");
    }

    #[test]
    fn what_is_not_closed_is_said() {
        assert_eq!(scan("SELECT 'it").unwrap_err().message, "this string is not closed");
        assert_eq!(scan("/* x").unwrap_err().message, "this comment is not closed");
        assert_eq!(scan("[1, NaN]").unwrap_err().code, Code::InvalidNumber);
        assert_eq!(scan(&"(".repeat(100_000)).unwrap_err().code, Code::SyntaxError);
    }

    #[test]
    fn other_lists_are_left_to_the_grammar() {
        for cell in ["[1, 'a']", "[]", "[1, 1e99]", "[1, 2", "[a]", "[--1]", "[1 2]"] {
            assert!(scan(cell).unwrap().lists.is_empty(), "{cell}");
        }
    }
}
