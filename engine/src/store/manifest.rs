//! What is a store at this moment: which log, which segments, and the bytes that the service gave
//! to keep with them. Two files hold it. A new generation is written over the one, flushed, and
//! then copied over the other: whenever a write is cut short the other slot is whole, and at rest
//! either of them may rot.
//!
//! ```text
//! magic [8], format u32, generation u64, length u64, content [length], crc32 u32 of all before
//! content: first sequence u64, next segment u64, segments u32,
//!          {number u64, size u64, crc32 of its table u32} of each, body
//! ```
//! Every later format keeps the first line, so that a store tells its format to an older engine.

use super::FORMAT;
use super::crc::crc32;
use super::error::{Result, StoreError};
use super::fields::Fields;
use super::files::{File, Files, read_vec, write_all};
use super::name::Name;

const MAGIC: &[u8; 8] = b"MVEMANIF";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    pub generation: u64,
    /// the sequence of the log's first record
    pub first_sequence: u64,
    /// a number that no segment had yet
    pub next_segment: u64,
    /// by ascending number
    pub segments: Vec<Entry>,
    pub body: Vec<u8>,
}

/// A segment as the manifest knows it: a file that is another one is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub number: u64,
    pub size: u64,
    pub crc: u32,
}

/// What a slot holds.
pub(super) enum Slot {
    Empty,
    Bad(&'static str),
    Good(Manifest),
}

impl Manifest {
    pub fn encode(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(20 + 20 * self.segments.len() + self.body.len());
        content.extend(self.first_sequence.to_le_bytes());
        content.extend(self.next_segment.to_le_bytes());
        content.extend((self.segments.len() as u32).to_le_bytes());
        for entry in &self.segments {
            content.extend(entry.number.to_le_bytes());
            content.extend(entry.size.to_le_bytes());
            content.extend(entry.crc.to_le_bytes());
        }
        content.extend(&self.body);
        let mut bytes = Vec::with_capacity(32 + content.len());
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(self.generation.to_le_bytes());
        bytes.extend((content.len() as u64).to_le_bytes());
        bytes.extend(content);
        bytes.extend(crc32(&bytes).to_le_bytes());
        bytes
    }

    /// Fails only when the format is one of the future.
    pub fn decode(bytes: &[u8]) -> Result<Slot> {
        if bytes.is_empty() {
            return Ok(Slot::Empty);
        }
        let Some((format, generation, content)) = unwrap(bytes) else {
            return Ok(Slot::Bad("the manifest is cut short or its checksum is wrong"));
        };
        if format != FORMAT {
            return Err(StoreError::Format { found: format });
        }
        Ok(match Manifest::parse(generation, content) {
            Some(manifest) => Slot::Good(manifest),
            None => Slot::Bad("the manifest is whole and makes no sense"),
        })
    }

    pub fn read(files: &dyn Files, slot: Name) -> Result<Slot> {
        let file = files.open(&slot.to_string())?;
        Manifest::decode(&read_vec(file.as_ref(), 0, file.size()?)?)
    }

    fn parse(generation: u64, content: &[u8]) -> Option<Manifest> {
        let mut fields = Fields(content);
        // they are counted up from here, and never come so far
        let is_sound = |number: &u64| (1..u64::MAX >> 1).contains(number);
        let first_sequence = fields.u64().filter(is_sound)?;
        let next_segment = fields.u64().filter(is_sound)?;
        let count = fields.u32()?;
        let mut segments = Vec::new();
        for _ in 0..count {
            let entry = Entry { number: fields.u64()?, size: fields.u64()?, crc: fields.u32()? };
            let last = segments.last().map_or(0, |last: &Entry| last.number);
            if entry.number <= last || entry.number >= next_segment {
                return None;
            }
            segments.push(entry);
        }
        let body = fields.0.to_vec();
        is_sound(&generation).then_some(Manifest {
            generation,
            first_sequence,
            next_segment,
            segments,
            body,
        })
    }
}

/// Format, generation and content of a manifest of any format, when its checksum is right.
fn unwrap(bytes: &[u8]) -> Option<(u32, u64, &[u8])> {
    let mut fields = Fields(bytes);
    (fields.bytes(8)? == MAGIC).then_some(())?;
    let format = fields.u32()?;
    let generation = fields.u64()?;
    let length = usize::try_from(fields.u64()?).ok()?;
    let content = fields.bytes(length)?;
    let covered = bytes.get(..bytes.len() - fields.0.len())?;
    (fields.u32()? == crc32(covered)).then_some((format, generation, content))
}

/// Writes over a slot. Bytes of a longer one before are cut off.
pub(super) fn write_slot(file: &dyn File, encoded: &[u8]) -> Result<()> {
    write_all(file, encoded, 0)?;
    file.truncate(encoded.len() as u64)?;
    file.flush()
}
