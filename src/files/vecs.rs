//! fvecs, ivecs and bvecs: before each row stands its length, four bytes little-endian, and its
//! numbers are of four bytes, or of one. (corpus-texmex.irisa.fr)

use super::{Buffer, Cell, Cells, Element, Fault, Record};
use crate::outcome::Datum;

/// More numbers than a vector of Milvus has: the file is of another format.
const MOST: u32 = 1 << 20;

pub(super) struct Vecs {
    pub(super) buffer: Buffer,
    element: Element,
    width: Option<usize>,
    number: u64,
}

impl Vecs {
    pub(super) fn new(element: Element) -> Vecs {
        Vecs { buffer: Buffer::default(), element, width: None, number: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<Record>, Fault> {
        let row = self.number + 1;
        let cut_off = Fault::of_file(row, "the file ends within this row");
        let rest = self.buffer.rest();
        let Some((length, rest)) = rest.split_first_chunk::<4>() else {
            return match self.buffer.ended && !rest.is_empty() {
                true => Err(cut_off),
                false => Ok(None),
            };
        };
        let length = u32::from_le_bytes(*length);
        if length == 0 || length > MOST {
            let reason = format!("the row says that it has {length} numbers");
            return Err(Fault::of_file(row, reason).help("is this an fvecs, ivecs or bvecs?"));
        }
        let length = length as usize;
        let width = *self.width.get_or_insert(length);
        if length != width {
            let reason = format!("the row has {length} numbers, and the first one has {width}");
            return Err(Fault::of_file(row, reason));
        }
        let bytes = length * if self.element == Element::Byte { 1 } else { 4 };
        let Some(bytes) = rest.get(..bytes) else {
            return if self.buffer.ended { Err(cut_off) } else { Ok(None) };
        };
        let (fours, _) = bytes.as_chunks::<4>();
        let cell = match self.element {
            Element::Float => {
                Cell::Floats(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
            }
            Element::Int => {
                Cell::Ints(fours.iter().map(|four| i32::from_le_bytes(*four).into()).collect())
            }
            Element::Byte => Cell::Ints(bytes.iter().map(|byte| (*byte).into()).collect()),
        };
        self.buffer.at += 4 + bytes.len();
        self.number = row;
        Ok(Some(Record { line: row, number: row, cells: Cells::Listed(vec![cell]) }))
    }
}

/// Adds a row.
pub(super) fn push(value: &Datum, element: Element, out: &mut Vec<u8>) -> Result<(), String> {
    let whole = |value: &Datum| match value {
        Datum::Int(number) => i32::try_from(*number).ok(),
        _ => None,
    };
    let (length, bytes): (usize, Vec<u8>) = match (element, value) {
        (Element::Float, Datum::Vector(values)) => {
            (values.len(), values.iter().flat_map(|value| value.to_le_bytes()).collect())
        }
        (Element::Byte, Datum::Bytes(bytes)) => (bytes.len(), bytes.clone()),
        (Element::Int, Datum::Array(items)) => {
            let numbers: Option<Vec<i32>> = items.iter().map(whole).collect();
            let numbers = numbers.ok_or("an ivecs holds whole numbers of 32 bits")?;
            (numbers.len(), numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
        }
        (Element::Float, _) => return Err("an fvecs holds vectors of floats".to_string()),
        (Element::Byte, _) => return Err("a bvecs holds vectors of bytes".to_string()),
        (Element::Int, _) => return Err("an ivecs holds lists of whole numbers".to_string()),
    };
    out.extend((length as u32).to_le_bytes());
    out.extend(bytes);
    Ok(())
}
