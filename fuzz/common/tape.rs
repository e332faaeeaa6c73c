//! A cell, and what a server answered to each of its requests. As bytes: the cell with its length
//! in two bytes, then of each answer the number of its method, its kind and its length in four
//! bytes before its body. Any bytes are some tape.

use milvus_proto::METHODS;

pub struct Tape {
    pub cell: String,
    pub answers: Vec<Answer>,
}

#[derive(Clone)]
pub struct Answer {
    /// in `METHODS`
    pub method: u8,
    pub kind: Kind,
    pub body: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// a message
    Reply,
    /// a status of gRPC: its number, then its text
    Status,
    /// a message whose end does not come
    Cut,
    /// bytes that need not be a frame
    Raw,
    Never,
}

const KINDS: [Kind; 5] = [Kind::Reply, Kind::Status, Kind::Cut, Kind::Raw, Kind::Never];

impl Tape {
    pub fn decode(mut from: &[u8]) -> Tape {
        let mut take = |count: usize| {
            let (taken, rest) = from.split_at(count.min(from.len()));
            from = rest;
            taken
        };
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | *byte as usize);
        let length = number(take(2));
        let cell = String::from_utf8_lossy(take(length)).into_owned();
        let mut answers = Vec::new();
        while let &[method, kind] = take(2) {
            let length = number(take(4));
            answers.push(Answer {
                method: method % METHODS.len() as u8,
                kind: KINDS[kind as usize % KINDS.len()],
                body: take(length).to_vec(),
            });
        }
        Tape { cell, answers }
    }

    pub fn encode(&self) -> Vec<u8> {
        let cell = self.cell.as_bytes();
        let cell = &cell[..cell.len().min(u16::MAX as usize)];
        let mut out = (cell.len() as u16).to_be_bytes().to_vec();
        out.extend_from_slice(cell);
        for answer in &self.answers {
            let kind = KINDS.iter().position(|kind| *kind == answer.kind).unwrap_or(0);
            out.extend([answer.method, kind as u8]);
            out.extend((answer.body.len() as u32).to_be_bytes());
            out.extend_from_slice(&answer.body);
        }
        out
    }
}
