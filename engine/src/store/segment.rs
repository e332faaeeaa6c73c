//! A file of blocks that is written once and never changed.
//!
//! ```text
//! magic [8], format u32, number u64, crc32 u32
//! blocks, each at a multiple of 64 bytes
//! table at a multiple of 64: blocks u32, {offset u64, length u64} of each,
//!                            crc32 u32 of each MiB of each block in turn
//! table's offset u64, crc32 u32 of the table, crc32 u32 of these two
//! ```

use std::sync::Arc;

use super::FORMAT;
use super::crc::crc32;
use super::error::{Result, StoreError};
use super::fields::{Fields, aligned};
use super::files::{File, Files, read_all, read_vec, write_all};
use super::manifest::Entry;
use super::name::Name;

const MAGIC: &[u8; 8] = b"MVESEG\0\0";
const HEADER: usize = 24;
const FOOTER: u64 = 16;
/// The bytes that one checksum covers.
const PIECE: usize = 1 << 20;

/// Writes a segment's blocks, in as many steps as the service likes. Its file is removed when it
/// is dropped, unless a checkpoint took what `finish` gave.
pub struct SegmentWriter {
    draft: Draft,
    number: u64,
    file: Arc<dyn File>,
    end: u64,
    blocks: Vec<(u64, u64)>,
    crcs: Vec<u32>,
}

/// A segment that is whole and flushed, for a checkpoint.
pub struct Sealed {
    pub(super) entry: Entry,
    pub(super) draft: Draft,
}

/// A file that no manifest names yet.
pub(super) struct Draft {
    files: Arc<dyn Files>,
    name: Name,
    is_kept: bool,
}

/// A segment to read from.
pub(super) struct Segment {
    file: Arc<dyn File>,
    name: Name,
    entry: Entry,
    blocks: Vec<Block>,
    crcs: Vec<u32>,
    table: u64,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    offset: u64,
    length: u64,
    /// which checksum is that of its first piece
    piece: usize,
}

/// A stretch of the file, and its checksum where it has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub offset: u64,
    pub length: u64,
    pub crc: Option<u32>,
}

impl SegmentWriter {
    pub(super) fn create(files: &Arc<dyn Files>, number: u64) -> Result<SegmentWriter> {
        let draft = Draft::new(files, Name::Segment(number));
        let file = files.open(&draft.name.to_string())?;
        file.truncate(0)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend(MAGIC);
        header.extend(FORMAT.to_le_bytes());
        header.extend(number.to_le_bytes());
        header.extend(crc32(&header).to_le_bytes());
        write_all(file.as_ref(), &header, 0)?;
        let end = header.len() as u64;
        Ok(SegmentWriter { draft, number, file, end, blocks: Vec::new(), crcs: Vec::new() })
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    /// Gives the block's number.
    pub fn write(&mut self, block: &[u8]) -> Result<usize> {
        let offset = aligned(self.end);
        write_all(self.file.as_ref(), block, offset)?;
        self.end = offset + block.len() as u64;
        self.blocks.push((offset, block.len() as u64));
        self.crcs.extend(block.chunks(PIECE).map(crc32));
        Ok(self.blocks.len() - 1)
    }

    /// Flushes what was written so far, so that `finish` has little left to wait for.
    pub fn flush(&self) -> Result<()> {
        self.file.flush()
    }

    pub fn finish(self) -> Result<Sealed> {
        let mut table = Vec::with_capacity(4 + 16 * self.blocks.len() + 4 * self.crcs.len());
        table.extend((self.blocks.len() as u32).to_le_bytes());
        for (offset, length) in &self.blocks {
            table.extend(offset.to_le_bytes());
            table.extend(length.to_le_bytes());
        }
        for crc in &self.crcs {
            table.extend(crc.to_le_bytes());
        }
        let (offset, crc) = (aligned(self.end), crc32(&table));
        let mut footer = Vec::with_capacity(FOOTER as usize);
        footer.extend(offset.to_le_bytes());
        footer.extend(crc.to_le_bytes());
        footer.extend(crc32(&footer).to_le_bytes());
        table.extend(footer);
        write_all(self.file.as_ref(), &table, offset)?;
        self.file.flush()?;
        let size = offset + table.len() as u64;
        Ok(Sealed { entry: Entry { number: self.number, size, crc }, draft: self.draft })
    }
}

impl Sealed {
    pub fn number(&self) -> u64 {
        self.entry.number
    }

    /// Bytes of its file.
    pub fn size(&self) -> u64 {
        self.entry.size
    }
}

impl Draft {
    pub fn new(files: &Arc<dyn Files>, name: Name) -> Draft {
        Draft { files: files.clone(), name, is_kept: false }
    }

    pub fn keep(&mut self) {
        self.is_kept = true;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            // what stays is an orphan, and is removed when the store is opened
            let _ = self.files.remove(&self.name.to_string());
        }
    }
}

impl Segment {
    /// Reads header and table, not the blocks.
    pub fn open(files: &dyn Files, entry: Entry) -> Result<Segment> {
        let segment = Segment::salvage(files, entry.number)?;
        if segment.entry != entry {
            return Err(StoreError::damaged(segment.name, 0, "it is not the segment it was"));
        }
        Ok(segment)
    }

    /// Takes the file's word for what it is.
    pub fn salvage(files: &dyn Files, number: u64) -> Result<Segment> {
        let name = Name::Segment(number);
        let damaged = |offset, what: &str| StoreError::damaged(name, offset, what);
        if !files.list()?.contains(&name.to_string()) {
            return Err(damaged(0, "the file is not there"));
        }
        let file = files.open(&name.to_string())?;
        let size = file.size()?;
        if size < HEADER as u64 + FOOTER {
            return Err(damaged(size, "the segment is cut short"));
        }
        let mut header = [0; HEADER];
        read_all(file.as_ref(), &mut header, 0)?;
        match parse_header(&header) {
            Some((format, _)) if format != FORMAT => {
                return Err(StoreError::Format { found: format });
            }
            Some((_, found)) if found == number => {}
            _ => return Err(damaged(0, "the segment's header is damaged")),
        }
        let mut footer = [0; FOOTER as usize];
        read_all(file.as_ref(), &mut footer, size - FOOTER)?;
        let (table, crc) = parse_footer(&footer)
            .filter(|(table, _)| *table <= size - FOOTER)
            .ok_or_else(|| damaged(size - FOOTER, "the segment's end is cut off or damaged"))?;
        let bytes = read_vec(file.as_ref(), table, size - FOOTER - table)?;
        let parsed = if crc32(&bytes) == crc { parse_table(&bytes, table) } else { None };
        let (blocks, crcs) =
            parsed.ok_or_else(|| damaged(table, "the segment's table is damaged"))?;
        let entry = Entry { number, size, crc };
        Ok(Segment { file, name, entry, blocks, crcs, table })
    }

    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    pub fn block_len(&self, block: usize) -> Result<usize> {
        Ok(self.block(block)?.length as usize)
    }

    /// Reads a whole block to where it is wanted, which is of its size.
    pub fn read(&self, block: usize, buffer: &mut [u8]) -> Result<()> {
        let found = self.block(block)?;
        if buffer.len() as u64 != found.length {
            return Err(StoreError::Io(format!(
                "block {block} of `{}` has {} bytes, and room for {} was given",
                self.name,
                found.length,
                buffer.len()
            )));
        }
        let crcs = self.crcs.get(found.piece..).unwrap_or_default();
        let mut offset = found.offset;
        for (piece, crc) in buffer.chunks_mut(PIECE).zip(crcs) {
            read_all(self.file.as_ref(), piece, offset)?;
            if crc32(piece) != *crc {
                let what = format!("the checksum of block {block} is wrong");
                return Err(StoreError::damaged(self.name, offset, what));
            }
            offset += piece.len() as u64;
        }
        Ok(())
    }

    pub fn file(&self) -> Arc<dyn File> {
        self.file.clone()
    }

    /// The whole file from its beginning, in stretches that can be checked.
    pub fn stretches(&self) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        let mut end = 0;
        let mut push = |offset: u64, length: u64, crc| {
            if offset > end {
                stretches.push(Stretch { offset: end, length: offset - end, crc: None });
            }
            stretches.push(Stretch { offset, length, crc });
            end = offset + length;
        };
        for block in &self.blocks {
            let crcs = self.crcs.get(block.piece..).unwrap_or_default();
            let starts = (0..block.length).step_by(PIECE);
            for (start, crc) in starts.zip(crcs) {
                let length = (block.length - start).min(PIECE as u64);
                push(block.offset + start, length, Some(*crc));
            }
        }
        let table = self.entry.size - FOOTER - self.table;
        push(self.table, table, Some(self.entry.crc));
        push(self.table + table, FOOTER, None);
        stretches
    }

    fn block(&self, block: usize) -> Result<Block> {
        self.blocks.get(block).copied().ok_or_else(|| {
            StoreError::Io(format!("`{}` has {} blocks, not {block}", self.name, self.blocks()))
        })
    }
}

fn parse_header(bytes: &[u8]) -> Option<(u32, u64)> {
    let covered = bytes.get(..HEADER - 4)?;
    let mut fields = Fields(bytes);
    (fields.bytes(8)? == MAGIC).then_some(())?;
    let (format, number) = (fields.u32()?, fields.u64()?);
    (fields.u32()? == crc32(covered)).then_some((format, number))
}

fn parse_footer(bytes: &[u8]) -> Option<(u64, u32)> {
    let covered = bytes.get(..12)?;
    let mut fields = Fields(bytes);
    let (table, crc) = (fields.u64()?, fields.u32()?);
    (fields.u32()? == crc32(covered)).then_some((table, crc))
}

/// Blocks and checksums of a table whose own checksum is right: they lie one behind the other,
/// before the table, and no byte of the table is left over.
fn parse_table(bytes: &[u8], table: u64) -> Option<(Vec<Block>, Vec<u32>)> {
    let mut fields = Fields(bytes);
    let count = fields.u32()?;
    let (mut blocks, mut pieces, mut end) = (Vec::new(), 0, HEADER as u64);
    for _ in 0..count {
        let (offset, length) = (fields.u64()?, fields.u64()?);
        let is_sound = offset >= end && offset.is_multiple_of(64);
        end = offset.checked_add(length).filter(|end| is_sound && *end <= table)?;
        blocks.push(Block { offset, length, piece: pieces });
        pieces += usize::try_from(length.div_ceil(PIECE as u64)).ok()?;
    }
    let crcs: Vec<u32> = std::iter::from_fn(|| fields.u32()).collect();
    (crcs.len() == pieces && fields.0.is_empty()).then_some((blocks, crcs))
}
