//! Rows of csv and tsv out of pieces of bytes, and the numbers that stand in them. In: bytes as
//! they come. Out: a row as one text with the ends of its values. A quote within quotes is doubled,
//! a line ends with LF, CR or both, and quotes hold line ends and delimiters; what stands behind a
//! closing quote belongs to the value.

/// Where a value of a row ends, and whether it stood in quotes: an empty string and NULL differ in
/// that alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub at: usize,
    pub quoted: bool,
}

/// The values of a row, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub bytes: Vec<u8>,
    pub ends: Vec<End>,
}

/// The room of a row that is kept for others: what one long row has needed is not.
const MOST_KEPT: usize = 1 << 20;

/// What came of some bytes.
pub struct Scanned {
    /// bytes that were read
    pub read: usize,
    /// lines that ended in them
    pub lines: u64,
    /// whether the row is whole
    pub whole: bool,
}

/// Reads a row after the other; one that is not whole goes on in the next bytes.
pub struct Scanner {
    delimiter: u8,
    quote: u8,
    state: State,
    quoted: bool,
    row: Row,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// before a value
    Begin,
    Bare,
    Quoted,
    /// behind a quote in quotes, which may be the first of two
    Closed,
}

impl Scanner {
    pub fn new(delimiter: u8, quote: u8) -> Scanner {
        Scanner { delimiter, quote, state: State::Begin, quoted: false, row: Row::default() }
    }

    /// Reads on in the row; `ended` says that no bytes come behind these.
    pub fn scan(&mut self, input: &[u8], ended: bool) -> Scanned {
        let (delimiter, quote) = (self.delimiter, self.quote);
        let mut rest = input;
        let mut lines = 0;
        while let Some((first, behind)) = rest.split_first() {
            match self.state {
                State::Begin if *first == quote => {
                    self.quoted = true;
                    self.state = State::Quoted;
                    rest = behind;
                }
                State::Begin => self.state = State::Bare,
                State::Bare => {
                    let ends = |byte: &u8| *byte == delimiter || *byte == b'\n' || *byte == b'\r';
                    let run = rest.iter().position(ends).unwrap_or(rest.len());
                    let (value, from) = rest.split_at(run);
                    self.row.bytes.extend_from_slice(value);
                    rest = from;
                    if let Some((end, behind)) = from.split_first() {
                        rest = behind;
                        self.close();
                        if *end != delimiter {
                            lines += u64::from(*end == b'\n');
                            return Scanned { read: input.len() - rest.len(), lines, whole: true };
                        }
                    }
                }
                State::Quoted => {
                    let is_quote = |byte: &u8| *byte == quote;
                    let run = rest.iter().position(is_quote).unwrap_or(rest.len());
                    let (value, from) = rest.split_at(run);
                    self.row.bytes.extend_from_slice(value);
                    lines += value.iter().filter(|byte| **byte == b'\n').count() as u64;
                    rest = from;
                    if let Some((_, behind)) = from.split_first() {
                        rest = behind;
                        self.state = State::Closed;
                    }
                }
                State::Closed if *first == quote => {
                    self.row.bytes.push(quote);
                    self.state = State::Quoted;
                    rest = behind;
                }
                State::Closed => self.state = State::Bare,
            }
        }
        if ended && self.state != State::Quoted {
            self.close();
            return Scanned { read: input.len(), lines, whole: true };
        }
        Scanned { read: input.len(), lines, whole: false }
    }

    /// The value is whole.
    fn close(&mut self) {
        self.row.ends.push(End { at: self.row.bytes.len(), quoted: self.quoted });
        self.quoted = false;
        self.state = State::Begin;
    }

    /// The row that was read so far.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// Takes the row off.
    pub fn take(&mut self) -> Row {
        std::mem::take(&mut self.row)
    }

    /// Takes back a row that is read: the next one has its room, if that is not too much.
    pub fn reuse(&mut self, row: Row) {
        let Row { mut bytes, mut ends } = row;
        let has_begun = !self.row.bytes.is_empty() || !self.row.ends.is_empty();
        if !has_begun && bytes.capacity() <= MOST_KEPT {
            bytes.clear();
            ends.clear();
            self.row = Row { bytes, ends };
        }
    }
}

impl Row {
    /// The longest value, with one that is read.
    pub fn longest(&self) -> usize {
        let mut begin = 0;
        let mut longest = 0;
        for end in &self.ends {
            longest = longest.max(end.at - begin);
            begin = end.at;
        }
        longest.max(self.bytes.len() - begin)
    }
}

/// Whether each value of a row is a text: a character of two values is none of either.
pub fn are_texts(row: &str, ends: &[End]) -> bool {
    ends.iter().all(|end| row.is_char_boundary(end.at))
}

/// Adds the finite numbers of `[0.1, 0.2]`, or of `[0.1 0.2]`, as numpy shows them; if there is
/// anything else, what was added is to be taken off again.
pub fn floats(text: &str, out: &mut Vec<f32>) -> Option<()> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut add = |word: &str| {
        let value = word.parse::<f32>().ok().filter(|value| value.is_finite())?;
        out.push(value);
        Some(())
    };
    match inner.as_bytes().contains(&b',') {
        true => inner.split(',').try_for_each(|word| add(word.trim())),
        false => inner.split_ascii_whitespace().try_for_each(add),
    }
}

/// The whole number that a text is.
pub fn whole(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// The finite number that a text is.
pub fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a text in pieces of a size: each value in brackets, a quoted one in quotes.
    fn rows(text: &str, size: usize) -> Vec<String> {
        let mut scanner = Scanner::new(b',', b'"');
        let mut rows = Vec::new();
        let pieces = text.as_bytes().chunks(size).map(|piece| (piece, false));
        for (piece, ended) in pieces.chain([(&[][..], true)]) {
            let mut at = 0;
            loop {
                let scanned = scanner.scan(&piece[at..], ended);
                at += scanned.read;
                if !scanned.whole {
                    assert_eq!(at, piece.len(), "all is read of a row that goes on");
                    break;
                }
                let row = scanner.take();
                let mut begin = 0;
                rows.push(String::new());
                for end in row.ends {
                    let value = String::from_utf8_lossy(&row.bytes[begin..end.at]);
                    begin = end.at;
                    let shown = if end.quoted { format!("{value:?}") } else { value.into_owned() };
                    rows.last_mut().unwrap().push_str(&format!("[{shown}]"));
                }
                if ended {
                    break;
                }
            }
        }
        rows
    }

    #[test]
    fn quotes_delimiters_and_line_ends() {
        for (text, shown) in [
            ("a,b", "[a][b]"),
            (",", "[][]"),
            ("a,\"\",", "[a][\"\"][]"),
            ("\"a,b\",c", "[\"a,b\"][c]"),
            ("\"a\"\"b\"", "[\"a\\\"b\"]"),
            ("\"a\nb\"", "[\"a\\nb\"]"),
            ("\"a\r\nb\",c", "[\"a\\r\\nb\"][c]"),
            // quotes within a bare value, and behind a closing one, are what they are
            ("a\"b\",c", "[a\"b\"][c]"),
            ("\"a\"b\"c\",d", "[\"ab\\\"c\\\"\"][d]"),
            ("表,👋", "[表][👋]"),
            // one that is not closed is no row
            ("a,\"b", ""),
        ] {
            for size in [1, 2, 3, 100] {
                assert_eq!(rows(text, size).concat(), shown, "{text:?} by {size}");
            }
        }
        for end in ["\n", "\r"] {
            assert_eq!(rows(&format!("a,b{end}c"), 1), ["[a][b]", "[c]"]);
        }
    }

    #[test]
    fn lines_are_counted_within_quotes_too() {
        let scanned = Scanner::new(b',', b'"').scan(b"\"a\nb\nc\",d\ne", false);
        assert_eq!((scanned.read, scanned.lines, scanned.whole), (10, 3, true));
    }

    #[test]
    fn a_character_of_two_values_is_none() {
        let ends = |all: &[usize]| all.iter().map(|at| End { at: *at, quoted: false }).collect();
        let (whole, split): (Vec<End>, Vec<End>) = (ends(&[2, 3]), ends(&[1, 3]));
        assert!(are_texts("éa", &whole) && !are_texts("éa", &split));
    }

    #[test]
    fn numbers_are_finite() {
        let read = |text: &str| {
            let mut out = Vec::new();
            floats(text, &mut out).map(|()| out)
        };
        assert_eq!(read("[1, 0.5]"), Some(vec![1.0, 0.5]));
        assert_eq!(read(" [1. 2.\n 3.] "), Some(vec![1.0, 2.0, 3.0]));
        assert_eq!(read("[]"), Some(Vec::new()));
        for text in ["1, 2", "[1, 2", "[1,, 2]", "[1, x]", "[1, inf]", "[1 ... 2]", "[1e39]"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(
            (whole(" 7 "), whole("7.0"), whole("9223372036854775808")),
            (Some(7), None, None)
        );
        assert_eq!((number(" 0.5 "), number("inf"), number("1e999")), (Some(0.5), None, None));
    }
}
