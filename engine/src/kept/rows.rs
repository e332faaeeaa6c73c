//! Rows of a collection as blocks of bytes: one column after the other, and the partitions behind
//! them. A column that may be NULL begins with a block of bits, which rows have a value. Then come
//! its values in pieces, each within one block of the memory:
//!
//! ```text
//! numbers and dense vectors: the values, little-endian, as they lie in memory
//! texts, JSON, arrays, sparse vectors, lists: rows u32, {length u32} of each, the bytes of each
//! ```

use std::ops::Range;

use half::{bf16, f16};
use milvus_proto::schema::ScalarField;
use prost::Message;

use super::state::{Part, damaged};
use crate::pace::step;
use crate::schema::Schema;
use crate::segment::Segment;
use crate::segment::bits::Bits;
use crate::segment::blocks::Blocks;
use crate::segment::column::{Column, Data};
use crate::store::Store;
use crate::store::error::{Result, StoreError};

/// Bytes of a block, about, where rows are of any length.
const PIECE: usize = 4 << 20;

/// Where blocks are read from.
pub(super) trait Source {
    fn block_len(&self, segment: u64, block: usize) -> Result<usize>;

    /// Fills a buffer of the block's size. False: its bytes are lost, and it is full of zeros.
    fn read_block(&self, segment: u64, block: usize, buffer: &mut [u8]) -> Result<bool>;
}

/// What was written of some rows.
pub(super) struct Cursor {
    rows: Range<usize>,
    /// the column that is next; behind them come the partitions
    column: usize,
    /// the row that is next in it
    row: usize,
    /// whether the column's bits are written
    has_bits: bool,
}

impl Cursor {
    pub fn new(rows: Range<usize>) -> Cursor {
        Cursor { column: 0, row: rows.start, has_bits: false, rows }
    }

    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The next block; none when all are written.
    pub fn next(&mut self, segment: &Segment) -> Option<Vec<u8>> {
        let column = segment.columns.get(self.column);
        if let Some(column) = column
            && !std::mem::replace(&mut self.has_bits, true)
            && let Some(valid) = column.valid()
        {
            let bits: Bits = self.rows.clone().map(|row| valid.get(row)).collect();
            return Some(u64::bytes(bits.words()));
        }
        let left = self.row..self.rows.end;
        let (rows, block) = match column {
            Some(column) => piece(&column.data, left),
            None if self.column == segment.columns.len() => fixed(segment.partitions(), left),
            None => return None,
        };
        self.row += rows.max(1);
        if self.row >= self.rows.end {
            (self.column, self.row, self.has_bits) = (self.column + 1, self.rows.start, false);
        }
        Some(block)
    }
}

/// Bytes that rows take in memory, about: what a part of the store is cut by.
pub(super) fn bytes_of(segment: &Segment, rows: Range<usize>) -> usize {
    let of = |column: &Column| {
        let count = rows.len();
        match &column.data {
            Data::Bool(_) => count,
            Data::Int(_) | Data::Float(_) => 4 * count,
            Data::Long(_) | Data::Double(_) => 8 * count,
            Data::Text(texts) => each(texts, rows.clone(), |text| 4 + text.len()),
            Data::Json(bytes) | Data::Sparse(bytes) | Data::Lists(bytes, _) => {
                each(bytes, rows.clone(), |bytes| 4 + bytes.len())
            }
            Data::Array(arrays) => each(arrays, rows.clone(), |array| 4 + array.encoded_len()),
            Data::Floats(vectors) => 4 * vectors.width() * count,
            Data::Halves(vectors) => 2 * vectors.width() * count,
            Data::Bfloats(vectors) => 2 * vectors.width() * count,
            Data::Int8s(vectors) => vectors.width() * count,
            Data::Bits(vectors) => vectors.width() * count,
        }
    };
    segment.columns.iter().map(of).sum::<usize>() + 4 * rows.len()
}

/// Reads the parts of a collection back, and which of their rows are deleted. A row that has lost
/// a value is deleted too.
pub(super) async fn read(
    source: &dyn Source,
    schema: &Schema,
    parts: &[Part],
    deleted: impl FnOnce(usize) -> Bits,
) -> Result<Segment> {
    let mut columns: Vec<Column> = schema.fields.iter().map(Column::new).collect();
    let mut bits: Vec<Option<Bits>> =
        columns.iter().map(|column| column.valid().map(|_| Bits::default())).collect();
    let mut partitions = Blocks::new(1);
    let mut lost: Vec<Range<usize>> = Vec::new();
    for part in parts {
        // a row's number has 32 bits
        let rows = u32::try_from(part.rows).map_err(|_| damaged("a part has too many rows"))?;
        let rows = rows as usize;
        let start = partitions.rows();
        let mut blocks = Reading { source, segment: part.segment, block: 0, bytes: Vec::new() };
        for (column, bits) in columns.iter_mut().zip(&mut bits) {
            if let Some(bits) = bits {
                if !blocks.next()? {
                    lost.push(start..start + rows);
                }
                let words = u64::values(&blocks.bytes)
                    .filter(|words| words.len() == rows.div_ceil(64))
                    .ok_or_else(|| blocks.senseless())?;
                let there = Bits::of_words(words, rows);
                (0..rows).for_each(|row| bits.push(there.get(row)));
            }
            let end = column.rows() + rows;
            while column.rows() < end {
                let before = column.rows();
                let is_whole = blocks.next()?;
                take(&mut column.data, &blocks.bytes)
                    .filter(|()| (before + 1..=end).contains(&column.rows()))
                    .ok_or_else(|| blocks.senseless())?;
                if !is_whole {
                    lost.push(before..column.rows());
                }
                step().await;
            }
        }
        let end = partitions.rows() + rows;
        while partitions.rows() < end {
            let before = partitions.rows();
            let is_whole = blocks.next()?;
            take_fixed(&mut partitions, &blocks.bytes)
                .filter(|()| (before + 1..=end).contains(&partitions.rows()))
                .ok_or_else(|| blocks.senseless())?;
            if !is_whole {
                lost.push(before..partitions.rows());
            }
        }
    }
    let columns = columns
        .into_iter()
        .zip(bits)
        .map(|(column, bits)| Column::restored(column.data, bits))
        .collect();
    let mut deleted = deleted(partitions.rows());
    lost.into_iter().flatten().for_each(|row| deleted.set(row, true));
    Ok(Segment::restored(schema, columns, partitions, deleted).await)
}

/// What is damaged is an error.
impl Source for Store {
    fn block_len(&self, segment: u64, block: usize) -> Result<usize> {
        Store::block_len(self, segment, block)
    }

    fn read_block(&self, segment: u64, block: usize, buffer: &mut [u8]) -> Result<bool> {
        self.read_block_into(segment, block, buffer).map(|()| true)
    }
}

/// The blocks of a segment of the store, one after the other.
struct Reading<'a> {
    source: &'a dyn Source,
    segment: u64,
    block: usize,
    bytes: Vec<u8>,
}

impl Reading<'_> {
    /// Tells whether the block is whole.
    fn next(&mut self) -> Result<bool> {
        let length = self.source.block_len(self.segment, self.block)?;
        self.bytes.resize(length, 0);
        let is_whole = self.source.read_block(self.segment, self.block, &mut self.bytes)?;
        self.block += 1;
        Ok(is_whole)
    }

    fn senseless(&self) -> StoreError {
        let block = self.block.saturating_sub(1);
        damaged(format!("block {block} of segment {} is not of its column", self.segment))
    }
}

/// The first piece of some rows of a column: how many rows, and their bytes.
fn piece(data: &Data, rows: Range<usize>) -> (usize, Vec<u8>) {
    match data {
        Data::Bool(blocks) => fixed(blocks, rows),
        Data::Int(blocks) => fixed(blocks, rows),
        Data::Long(blocks) => fixed(blocks, rows),
        Data::Float(blocks) | Data::Floats(blocks) => fixed(blocks, rows),
        Data::Double(blocks) => fixed(blocks, rows),
        Data::Halves(blocks) => fixed(blocks, rows),
        Data::Bfloats(blocks) => fixed(blocks, rows),
        Data::Int8s(blocks) => fixed(blocks, rows),
        Data::Bits(blocks) => fixed(blocks, rows),
        Data::Text(blocks) => lengths(blocks, rows, |text, to| to.extend(text.as_bytes())),
        Data::Json(blocks) | Data::Sparse(blocks) | Data::Lists(blocks, _) => {
            lengths(blocks, rows, |bytes, to| to.extend(bytes))
        }
        Data::Array(blocks) => lengths(blocks, rows, |array, to| array.encode_raw(to)),
    }
}

/// Adds a piece to a column. Nothing: it is no piece of such a column.
fn take(data: &mut Data, bytes: &[u8]) -> Option<()> {
    match data {
        Data::Bool(blocks) => take_fixed(blocks, bytes),
        Data::Int(blocks) => take_fixed(blocks, bytes),
        Data::Long(blocks) => take_fixed(blocks, bytes),
        Data::Float(blocks) | Data::Floats(blocks) => take_fixed(blocks, bytes),
        Data::Double(blocks) => take_fixed(blocks, bytes),
        Data::Halves(blocks) => take_fixed(blocks, bytes),
        Data::Bfloats(blocks) => take_fixed(blocks, bytes),
        Data::Int8s(blocks) => take_fixed(blocks, bytes),
        Data::Bits(blocks) => take_fixed(blocks, bytes),
        Data::Text(blocks) => {
            take_lengths(blocks, bytes, |bytes| Some(std::str::from_utf8(bytes).ok()?.into()))
        }
        Data::Json(blocks) | Data::Sparse(blocks) | Data::Lists(blocks, _) => {
            take_lengths(blocks, bytes, |bytes| Some(bytes.into()))
        }
        Data::Array(blocks) => {
            take_lengths(blocks, bytes, |bytes| ScalarField::decode(bytes).ok().map(Box::new))
        }
    }
}

fn fixed<T: Fixed>(blocks: &Blocks<T>, rows: Range<usize>) -> (usize, Vec<u8>) {
    let values = blocks.pieces(rows).next().unwrap_or_default();
    (values.len() / blocks.width().max(1), T::bytes(values))
}

fn take_fixed<T: Fixed>(blocks: &mut Blocks<T>, bytes: &[u8]) -> Option<()> {
    let values = T::values(bytes)?;
    let is_whole = values.len().is_multiple_of(blocks.width().max(1));
    is_whole.then(|| blocks.extend(&values))
}

fn lengths<T: Clone>(
    blocks: &Blocks<T>,
    rows: Range<usize>,
    put: impl Fn(&T, &mut Vec<u8>),
) -> (usize, Vec<u8>) {
    let (mut ends, mut bytes) = (Vec::new(), Vec::new());
    for value in blocks.pieces(rows).next().unwrap_or_default() {
        if bytes.len() >= PIECE {
            break;
        }
        let start = bytes.len();
        put(value, &mut bytes);
        ends.push((bytes.len() - start) as u32);
    }
    let mut block = Vec::with_capacity(4 + 4 * ends.len() + bytes.len());
    block.extend((ends.len() as u32).to_le_bytes());
    block.extend(u32::bytes(&ends));
    block.append(&mut bytes);
    (ends.len(), block)
}

fn take_lengths<T: Clone>(
    blocks: &mut Blocks<T>,
    bytes: &[u8],
    value: impl Fn(&[u8]) -> Option<T>,
) -> Option<()> {
    let (count, rest) = bytes.split_first_chunk()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let (lengths, mut rest) = rest.split_at_checked(count.checked_mul(4)?)?;
    for length in lengths.as_chunks().0 {
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (this, behind) = rest.split_at_checked(length)?;
        blocks.push(value(this)?);
        rest = behind;
    }
    rest.is_empty().then_some(())
}

fn each<T: Clone>(blocks: &Blocks<T>, rows: Range<usize>, size: impl Fn(&T) -> usize) -> usize {
    blocks.pieces(rows).flatten().map(size).sum()
}

/// Values of one size.
trait Fixed: Clone {
    fn bytes(values: &[Self]) -> Vec<u8>;

    /// None of bytes that are no such values.
    fn values(bytes: &[u8]) -> Option<Vec<Self>>;
}

macro_rules! fixed {
    ($($kind:ty)*) => {
        $(impl Fixed for $kind {
            fn bytes(values: &[$kind]) -> Vec<u8> {
                let mut bytes = vec![0; size_of_val(values)];
                for (to, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
                    *to = value.to_le_bytes();
                }
                bytes
            }

            fn values(bytes: &[u8]) -> Option<Vec<$kind>> {
                let (values, rest) = bytes.as_chunks();
                let values = values.iter().map(|value| <$kind>::from_le_bytes(*value));
                rest.is_empty().then(|| values.collect())
            }
        })*
    };
}

fixed!(i8 u8 i32 u32 i64 u64 f32 f64 f16 bf16);

impl Fixed for bool {
    fn bytes(values: &[bool]) -> Vec<u8> {
        values.iter().map(|value| u8::from(*value)).collect()
    }

    fn values(bytes: &[u8]) -> Option<Vec<bool>> {
        let value = |byte: &u8| (*byte < 2).then_some(*byte == 1);
        bytes.iter().map(value).collect()
    }
}
