//! Rows of JSON: an object a line, or a list of objects, which may also be the `rows` of one. A
//! row's values stay as they are written until it is known what they go into.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Buffer, Cell, Cells, Fault, MOST_ROW, Record, lines_in};

pub(super) struct Json {
    pub(super) buffer: Buffer,
    /// whether a row is a line
    lines: bool,
    state: State,
    /// the line of the place that is read
    line: u64,
    number: u64,
    scan: Scan,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// nothing was read
    Start,
    /// within a list
    List,
    /// between objects that stand one after the other
    Loose,
    Done,
}

/// How far the object was looked through that begins at the buffer's place.
#[derive(Default)]
struct Scan {
    seen: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Json {
    pub(super) fn new(lines: bool) -> Json {
        let state = if lines { State::Loose } else { State::Start };
        Json { buffer: Buffer::default(), lines, state, line: 1, number: 0, scan: Scan::default() }
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>, Fault> {
        if self.lines { self.next_line() } else { self.next_object() }
    }

    fn next_line(&mut self) -> Result<Option<Record>, Fault> {
        loop {
            let rest = self.buffer.rest();
            let seen = self.scan.seen.min(rest.len());
            let end = rest.iter().skip(seen).position(|byte| *byte == b'\n').map(|at| seen + at);
            let length = match end {
                Some(end) => end + 1,
                None if !self.buffer.ended => {
                    self.scan.seen = rest.len();
                    self.check_length()?;
                    return Ok(None);
                }
                None if rest.is_empty() => return Ok(None),
                None => rest.len(),
            };
            self.scan.seen = 0;
            let line = self.line;
            self.line += 1;
            let text = self.buffer.take(length).unwrap_or_default();
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            self.number += 1;
            let cells = fields(text);
            return self.record(line, cells).map(Some);
        }
    }

    fn next_object(&mut self) -> Result<Option<Record>, Fault> {
        loop {
            self.skip_between();
            let Some(first) = self.buffer.rest().first().copied() else {
                return match (self.state, self.buffer.ended) {
                    (State::List, true) => {
                        Err(Fault::of_file(self.line, "the file ends within its list"))
                    }
                    _ => Ok(None),
                };
            };
            match (self.state, first) {
                (State::Done, _) => {
                    let reason = "something stands behind the end of the list";
                    return Err(Fault::of_file(self.line, reason));
                }
                (State::Start, b'[') => {
                    self.step();
                    self.state = State::List;
                }
                (State::Start, b'{') => match self.rows_of()? {
                    None => return Ok(None),
                    Some(true) => self.state = State::List,
                    Some(false) => self.state = State::Loose,
                },
                (State::List, b']') => {
                    self.step();
                    self.state = State::Done;
                }
                (State::List | State::Loose, b'{') => return self.object(),
                _ => {
                    let reason = "a row is an object: {\"id\": 1, \"v\": [0.1, 0.2]}";
                    return Err(Fault::of_file(self.line, reason).help(
                        "json is a list of objects, jsonl an object a line: WITH (format = '…')",
                    ));
                }
            }
        }
    }

    /// Steps over blanks and commas; behind the list of an object's `rows`, over its brace.
    fn skip_between(&mut self) {
        let done = self.state == State::Done;
        let between =
            |byte: &&u8| byte.is_ascii_whitespace() || **byte == b',' || done && **byte == b'}';
        let count = self.buffer.rest().iter().take_while(between).count();
        self.line += lines_in(self.buffer.take(count).unwrap_or_default());
    }

    fn step(&mut self) {
        self.buffer.at += 1;
    }

    /// Whether the file is `{"rows": [`, which is stepped over then. None needs more pieces.
    fn rows_of(&mut self) -> Result<Option<bool>, Fault> {
        const OPENING: [&[u8]; 4] = [b"{", b"\"rows\"", b":", b"["];
        let (rest, mut at) = (self.buffer.rest(), 0);
        for part in OPENING {
            at += rest.iter().skip(at).take_while(|byte| byte.is_ascii_whitespace()).count();
            let found = rest.get(at..).unwrap_or_default();
            if found.len() < part.len() && !self.buffer.ended {
                return Ok(None);
            }
            if !found.starts_with(part) {
                return Ok(Some(false));
            }
            at += part.len();
        }
        self.line += lines_in(self.buffer.take(at).unwrap_or_default());
        Ok(Some(true))
    }

    /// The object that begins here.
    fn object(&mut self) -> Result<Option<Record>, Fault> {
        let Some(length) = self.scan.through(self.buffer.rest()) else {
            self.check_length()?;
            return match self.buffer.ended {
                true => Err(Fault::of_file(self.line, "the file ends within this row")),
                false => Ok(None),
            };
        };
        self.scan = Scan::default();
        let line = self.line;
        let text = self.buffer.take(length).unwrap_or_default();
        let (cells, lines) = (fields(text), lines_in(text));
        self.line += lines;
        self.number += 1;
        self.record(line, cells).map(Some)
    }

    fn record(&self, line: u64, cells: Result<Fields, String>) -> Result<Record, Fault> {
        let number = self.number;
        match cells {
            Ok(Fields(cells)) => Ok(Record { line, number, cells: Cells::Named(cells) }),
            Err(reason) => Err(Fault::of_row(line, number, reason)),
        }
    }

    fn check_length(&self) -> Result<(), Fault> {
        if self.buffer.rest().len() <= MOST_ROW {
            return Ok(());
        }
        let reason = format!("a row of more than {} MiB begins here", MOST_ROW >> 20);
        Err(Fault { number: self.number + 1, ..Fault::of_file(self.line, reason) }
            .help("is a string, a list or an object opened in it and not closed?"))
    }
}

impl Scan {
    /// The length of the object at the beginning, once all of it is there.
    fn through(&mut self, bytes: &[u8]) -> Option<usize> {
        for byte in bytes.iter().skip(self.seen) {
            self.seen += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.depth += 1,
                b'}' | b']' if !self.in_string => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(self.seen);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// The fields of an object, each as it is written.
struct Fields(Vec<(String, Cell)>);

fn fields(text: &[u8]) -> Result<Fields, String> {
    let text = std::str::from_utf8(text).map_err(|_| "the row is no UTF-8".to_string())?;
    let Fields(fields) = serde_json::from_str(text).map_err(|error| {
        // the place within a row of several lines says more than one within the file
        let said = error.to_string();
        let said = said.split(" at line 1 ").next().unwrap_or_default();
        format!("the row is no JSON object: {said}")
    })?;
    for (at, (name, _)) in fields.iter().enumerate() {
        if fields.iter().take(at).any(|(other, _)| other == name) {
            return Err(format!("`{name}` stands twice in the row"));
        }
    }
    Ok(Fields(fields))
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields, M::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    fields.push((name, Cell::Json(value.get().to_string())));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
