//! npy, numpy's file of one array: a row of the first axis is a vector, or a number of a list of
//! them. (NEP 1; numpy.lib.format)

use half::f16;

use super::{Buffer, Cell, Cells, Fault, Record};
use crate::outcome::Datum;

const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read: numpy's own is of 128 bytes for any array of numbers.
const MOST_HEADER: usize = 1 << 16;

/// What we write for a header: it is filled in when the number of rows is known.
const HEADER: usize = 128;

#[derive(Default)]
pub(super) struct Numpy {
    pub(super) buffer: Buffer,
    head: Option<Head>,
    number: u64,
}

/// What the header says.
struct Head {
    kind: Kind,
    /// bytes of a number
    size: usize,
    big_endian: bool,
    rows: u64,
    /// numbers of a row; none is one number, and no vector
    width: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Bool,
    Int,
    Unsigned,
    Float,
}

impl Numpy {
    pub(super) fn next(&mut self) -> Result<Option<Record>, Fault> {
        if self.head.is_none() {
            let Some(head) = self.read_head()? else { return Ok(None) };
            self.head = Some(head);
        }
        let Some(head) = &self.head else { return Ok(None) };
        if self.number == head.rows {
            return match self.buffer.is_empty() {
                true => Ok(None),
                false => Err(Fault::of_file(0, "more bytes stand in the file than its shape says")),
            };
        }
        let length = head.size * head.width.unwrap_or(1);
        let Some(bytes) = self.buffer.take(length) else {
            let reason = format!("the file ends in row {} of {}", self.number + 1, head.rows);
            return if self.buffer.ended { Err(Fault::of_file(0, reason)) } else { Ok(None) };
        };
        self.number += 1;
        let cell = head.cell(bytes);
        let (line, number) = (self.number, self.number);
        Ok(Some(Record { line, number, cells: Cells::Listed(vec![cell]) }))
    }

    fn read_head(&mut self) -> Result<Option<Head>, Fault> {
        let rest = self.buffer.rest();
        let no_npy = || Fault::of_file(0, "the file is no npy: it does not begin as one");
        let more = |needed: &str| match self.buffer.ended {
            true => Err(Fault::of_file(0, format!("the file ends within its {needed}"))),
            false => Ok(None),
        };
        if !MAGIC.starts_with(rest.get(..MAGIC.len().min(rest.len())).unwrap_or_default()) {
            return Err(no_npy());
        }
        let (major, length) = match rest.get(MAGIC.len()..) {
            Some([1, _, low, high, ..]) => (1, usize::from(u16::from_le_bytes([*low, *high]))),
            Some([2 | 3, _, a, b, c, d, ..]) => (2, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
            Some([1..=3, ..]) | None | Some([]) => return more("header"),
            Some(_) => return Err(no_npy()),
        };
        if length > MOST_HEADER {
            return Err(Fault::of_file(0, "the header of the file is too long for an array"));
        }
        let begin = MAGIC.len() + if major == 1 { 4 } else { 6 };
        let Some(text) = rest.get(begin..begin + length) else { return more("header") };
        let head = Head::parse(&String::from_utf8_lossy(text))?;
        self.buffer.at += begin + length;
        Ok(Some(head))
    }
}

impl Head {
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (1000, 128), }`
    fn parse(text: &str) -> Result<Head, Fault> {
        let after = |key: &str| text.split_once(&format!("'{key}':")).map(|(_, rest)| rest.trim());
        let (descr, order, shape) = match (after("descr"), after("fortran_order"), after("shape")) {
            (Some(descr), Some(order), Some(shape)) => (descr, order, shape),
            _ => return Err(Fault::of_file(0, "the header of the file is none of numpy's")),
        };
        let descr = descr.strip_prefix('\'').and_then(|rest| rest.split('\'').next());
        let shape: Option<Vec<u64>> =
            shape.strip_prefix('(').and_then(|rest| rest.split(')').next()).and_then(|list| {
                let sizes = list.split(',').map(str::trim).filter(|size| !size.is_empty());
                sizes.map(|size| size.parse().ok()).collect()
            });
        let (Some(descr), Some(shape)) = (descr, shape) else {
            return Err(Fault::of_file(0, "the array is of several fields a row")
                .help("np.save each of them by itself"));
        };
        let (kind, size) = match descr.get(1..).unwrap_or_default() {
            "b1" => (Kind::Bool, 1),
            "i1" => (Kind::Int, 1),
            "i2" => (Kind::Int, 2),
            "i4" => (Kind::Int, 4),
            "i8" => (Kind::Int, 8),
            "u1" => (Kind::Unsigned, 1),
            "u2" => (Kind::Unsigned, 2),
            "u4" => (Kind::Unsigned, 4),
            "u8" => (Kind::Unsigned, 8),
            "f2" => (Kind::Float, 2),
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            _ => {
                let reason = format!("the array is of `{descr}`: numbers and booleans are read");
                return Err(Fault::of_file(0, reason)
                    .help("save it as numbers, `a.astype('float32')`; texts go into a csv"));
            }
        };
        if order.starts_with("True") && shape.len() > 1 {
            return Err(Fault::of_file(0, "the array lies by columns (Fortran's order)")
                .help("save `np.ascontiguousarray(a)`"));
        }
        let (rows, width) = match *shape.as_slice() {
            [rows] => (rows, None),
            [rows, width] if width > 0 && width <= 1 << 24 => (rows, Some(width as usize)),
            _ => {
                let reason = format!("the array is of {} dimensions", shape.len());
                return Err(Fault::of_file(0, reason)
                    .help("rows of vectors have two, `a.reshape(len(a), -1)`"));
            }
        };
        Ok(Head { kind, size, big_endian: descr.starts_with('>'), rows, width })
    }

    fn cell(&self, bytes: &[u8]) -> Cell {
        let numbers = bytes.chunks_exact(self.size);
        if self.width.is_none() {
            return match self.kind {
                Kind::Bool => Cell::Bool(bytes.first().is_some_and(|byte| *byte != 0)),
                Kind::Float => Cell::Float(self.float(bytes)),
                Kind::Int | Kind::Unsigned => Cell::Int(self.int(bytes)),
            };
        }
        match (self.kind, self.size) {
            (Kind::Float, 8) => Cell::Doubles(numbers.map(|bytes| self.float(bytes)).collect()),
            (Kind::Float, 4) if !self.big_endian => {
                let (fours, _) = bytes.as_chunks::<4>();
                Cell::Floats(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
            }
            (Kind::Float, _) => {
                Cell::Floats(numbers.map(|bytes| self.float(bytes) as f32).collect())
            }
            _ => Cell::Ints(numbers.map(|bytes| self.int(bytes)).collect()),
        }
    }

    /// The bits of a number, lowest byte first.
    fn bits(&self, bytes: &[u8]) -> u64 {
        let mut eight = [0; 8];
        for (at, to) in eight.iter_mut().enumerate().take(bytes.len()) {
            let from = if self.big_endian { bytes.len() - 1 - at } else { at };
            *to = bytes.get(from).copied().unwrap_or_default();
        }
        u64::from_le_bytes(eight)
    }

    fn float(&self, bytes: &[u8]) -> f64 {
        match self.size {
            2 => f16::from_bits(self.bits(bytes) as u16).to_f64(),
            4 => f32::from_bits(self.bits(bytes) as u32).into(),
            _ => f64::from_bits(self.bits(bytes)),
        }
    }

    fn int(&self, bytes: &[u8]) -> i64 {
        let bits = self.bits(bytes);
        let above = 64 - 8 * self.size as u32;
        match self.kind {
            Kind::Int => ((bits << above) as i64) >> above,
            _ => i64::try_from(bits).unwrap_or(i64::MAX),
        }
    }
}

/// Room for a header, before the first row.
pub(super) fn room() -> Vec<u8> {
    vec![0; HEADER]
}

/// What a column of a npy is, told by its first value.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Shape {
    descr: &'static str,
    width: Option<usize>,
}

/// Adds a value behind the others, which are all of one shape.
pub(super) fn push(
    value: &Datum,
    shape: &mut Option<Shape>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let found = match value {
        Datum::Vector(values) => Shape { descr: "<f4", width: Some(values.len()) },
        Datum::Bytes(bytes) => Shape { descr: "|u1", width: Some(bytes.len()) },
        Datum::Float(_) => Shape { descr: "<f4", width: None },
        Datum::Double(_) => Shape { descr: "<f8", width: None },
        Datum::Int(_) => Shape { descr: "<i8", width: None },
        Datum::Bool(_) => Shape { descr: "|b1", width: None },
        Datum::Null => return Err("a NULL has no place in a npy".to_string()),
        Datum::Text(_) | Datum::Json(_) | Datum::Array(_) | Datum::Sparse(_) => {
            return Err("a npy holds vectors of one length, numbers or booleans".to_string());
        }
    };
    if *shape.get_or_insert(found) != found {
        return Err("the values of a npy are all of one type and length".to_string());
    }
    match value {
        Datum::Vector(values) => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        Datum::Bytes(bytes) => out.extend_from_slice(bytes),
        Datum::Float(value) => out.extend(value.to_le_bytes()),
        Datum::Double(value) => out.extend(value.to_le_bytes()),
        Datum::Int(value) => out.extend(value.to_le_bytes()),
        Datum::Bool(value) => out.push(u8::from(*value)),
        Datum::Null | Datum::Text(_) | Datum::Json(_) | Datum::Array(_) | Datum::Sparse(_) => {}
    }
    Ok(())
}

/// Fills the header in.
pub(super) fn finish(shape: Option<Shape>, rows: u64, out: &mut [u8]) {
    let Shape { descr, width } = shape.unwrap_or(Shape { descr: "<f4", width: Some(0) });
    let shape = match width {
        Some(width) => format!("({rows}, {width})"),
        None => format!("({rows},)"),
    };
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let length = HEADER - MAGIC.len() - 4;
    let mut header = MAGIC.to_vec();
    header.extend([1, 0, length as u8, 0]);
    header.extend(format!("{text:<width$}\n", width = length - 1).into_bytes());
    for (to, from) in out.iter_mut().zip(header) {
        *to = from;
    }
}
