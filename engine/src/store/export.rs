//! A whole store as one stream: to download, to move, to ship with a site. Every file in it is one
//! that a store could have, so that it can also be read where it lies.
//!
//! ```text
//! magic [8], format u32, head's length u32, files u32, {name's length u8, name, size u64} of each,
//! crc32 u32 of the head
//! the files: the manifest, the segments, the log; each at a multiple of 64 bytes
//! at the next multiple of 64, crc32 u32 of each file, crc32 u32 of these
//! ```
//! The manifest and the log are of the next generation, as if a checkpoint had carried all records.

use std::collections::VecDeque;
use std::sync::Arc;

use super::crc::{Crc, crc32};
use super::error::{Result, StoreError};
use super::fields::{Fields, aligned};
use super::files::{File, read_vec};
use super::log::{Found, Header, Reader, frame, verify};
use super::name::Name;
use super::recover::{list, read_slots};
use super::segment::Stretch;
use super::{FORMAT, Store};

const MAGIC: &[u8; 8] = b"MVEXPORT";
/// Bytes that are given at once, or a few more.
const CHUNK: usize = 1 << 20;
/// Of the head: what tells its length.
pub(super) const PREFIX: usize = 16;
const MAX_HEAD: usize = 1 << 24;

/// The bytes in turn, each checked before it is given; ends with the first error. What is appended
/// meanwhile is not in it, and a checkpoint may end it with an error.
pub struct Export {
    /// the part that is read, and those behind it
    parts: VecDeque<Part>,
    position: u64,
    len: u64,
    crcs: Vec<u8>,
    is_over: bool,
}

struct Part {
    source: Source,
    crc: Crc,
}

enum Source {
    Bytes(Vec<u8>),
    Segment { name: Name, file: Arc<dyn File>, stretches: VecDeque<Stretch> },
    Log { header: Vec<u8>, reader: Reader, generation: u64 },
}

impl Store {
    /// Opens all of the store's files, and reads the log once.
    pub fn export(&self) -> Result<Export> {
        let files = self.files.as_ref();
        let newest = read_slots(files, &list(files)?)?.newest;
        let current = newest.filter(|read| read.generation == self.manifest.generation);
        let Some(mut manifest) = current else {
            let slot = Name::slot(self.manifest.generation);
            return Err(StoreError::damaged(slot, 0, "both manifests are damaged"));
        };
        verify(&mut self.log.reader(), manifest.first_sequence)?;
        manifest.generation += 1;
        let generation = manifest.generation;
        let header = Header {
            generation,
            first_sequence: manifest.first_sequence,
            carried: self.last_sequence(),
        };

        let encoded = manifest.encode();
        let mut listed = vec![(Name::slot(generation), encoded.len() as u64)];
        let mut sources = vec![Source::Bytes(encoded)];
        for entry in &manifest.segments {
            let segment = self.segment(entry.number)?;
            let name = Name::Segment(entry.number);
            let stretches = segment.stretches().into();
            listed.push((name, entry.size));
            sources.push(Source::Segment { name, file: segment.file(), stretches });
        }
        listed.push((Name::Log(generation), self.log.end));
        let (header, reader) = (header.encode(), self.log.reader());
        sources.push(Source::Log { header, reader, generation });

        let head = encode_head(&listed);
        let end = listed.iter().fold(head.len() as u64, |end, (_, size)| aligned(end) + size);
        let len = aligned(end) + 4 * (listed.len() as u64 + 1);
        let parts = std::iter::once(Source::Bytes(head)).chain(sources);
        let parts = parts.map(|source| Part { source, crc: Crc::new() }).collect();
        Ok(Export { parts, position: 0, len, crcs: Vec::new(), is_over: false })
    }
}

impl Export {
    /// All bytes of the stream.
    pub fn size(&self) -> u64 {
        self.len
    }

    fn read(&mut self) -> Result<Vec<u8>> {
        let is_head = self.position == 0;
        let Some(part) = self.parts.front_mut() else {
            self.is_over = true;
            let mut trailer = std::mem::take(&mut self.crcs);
            trailer.extend(crc32(&trailer).to_le_bytes());
            return Ok(trailer);
        };
        let mut chunk = Vec::new();
        let mut is_read = false;
        while chunk.len() < CHUNK && !is_read {
            is_read = !part.source.read(&mut chunk)?;
        }
        part.crc = part.crc.update(&chunk);
        self.position += chunk.len() as u64;
        if is_read {
            // the head has its checksum in itself
            if !is_head {
                self.crcs.extend(part.crc.finish().to_le_bytes());
            }
            self.parts.pop_front();
            let pad = aligned(self.position) - self.position;
            chunk.resize(chunk.len() + pad as usize, 0);
            self.position += pad;
        }
        Ok(chunk)
    }
}

impl Iterator for Export {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Result<Vec<u8>>> {
        if self.is_over {
            return None;
        }
        let chunk = self.read();
        self.is_over |= chunk.is_err();
        Some(chunk)
    }
}

impl Source {
    /// Adds some bytes, or tells that there are no more.
    fn read(&mut self, chunk: &mut Vec<u8>) -> Result<bool> {
        match self {
            Source::Bytes(bytes) => {
                chunk.append(bytes);
                Ok(false)
            }
            Source::Segment { name, file, stretches } => {
                let Some(stretch) = stretches.pop_front() else { return Ok(false) };
                let bytes = read_vec(file.as_ref(), stretch.offset, stretch.length)?;
                if stretch.crc.is_some_and(|crc| crc != crc32(&bytes)) {
                    let what = "the checksum of a block is wrong";
                    return Err(StoreError::damaged(name, stretch.offset, what));
                }
                chunk.extend(bytes);
                Ok(true)
            }
            Source::Log { header, reader, generation } => {
                chunk.append(header);
                let offset = reader.offset;
                let found = match reader.next()? {
                    Found::Record(found) => found,
                    Found::End => return Ok(false),
                    Found::Bad(what) => return Err(StoreError::damaged("log", offset, what)),
                };
                let body = reader.body(found)?;
                let (sequence, place, kind) = (found.sequence, found.place, found.kind);
                chunk.extend(frame(*generation, offset, sequence, place, kind, body)?);
                chunk.extend(body);
                Ok(true)
            }
        }
    }
}

fn encode_head(listed: &[(Name, u64)]) -> Vec<u8> {
    let mut list = Vec::new();
    for (name, size) in listed {
        let name = name.to_string();
        list.push(name.len() as u8);
        list.extend(name.as_bytes());
        list.extend(size.to_le_bytes());
    }
    let len = PREFIX + 4 + list.len() + 4;
    let mut head = Vec::with_capacity(len);
    head.extend(MAGIC);
    head.extend(FORMAT.to_le_bytes());
    head.extend((len as u32).to_le_bytes());
    head.extend((listed.len() as u32).to_le_bytes());
    head.extend(list);
    head.extend(crc32(&head).to_le_bytes());
    head
}

/// The length of a head that begins so, as far as can be told before its checksum was seen.
pub(super) fn head_len(prefix: &[u8]) -> Option<usize> {
    let mut fields = Fields(prefix);
    (fields.bytes(8)? == MAGIC).then_some(())?;
    fields.u32()?;
    let len = fields.u32()? as usize;
    (PREFIX + 1..=MAX_HEAD).contains(&len).then_some(len)
}

/// Which files a stream has, in their order, by a whole head; nothing when it is damaged.
pub(super) fn decode_head(head: &[u8]) -> Result<Option<Vec<(Name, u64)>>> {
    let Some((covered, crc)) = head.split_last_chunk::<4>() else { return Ok(None) };
    let mut fields = Fields(covered.get(8..).unwrap_or_default());
    let format = fields.u32();
    if u32::from_le_bytes(*crc) != crc32(covered) {
        return Ok(None);
    }
    match format {
        Some(FORMAT) => Ok(decode_list(fields)),
        Some(found) => Err(StoreError::Format { found }),
        None => Ok(None),
    }
}

fn decode_list(mut fields: Fields) -> Option<Vec<(Name, u64)>> {
    fields.u32()?;
    let count = fields.u32()?;
    let mut listed = Vec::new();
    for _ in 0..count {
        let length = usize::from(fields.u8()?);
        let name = Name::parse(std::str::from_utf8(fields.bytes(length)?).ok()?)?;
        let size = fields.u64()?;
        if listed.iter().any(|(other, _)| *other == name) {
            return None;
        }
        listed.push((name, size));
    }
    fields.0.is_empty().then_some(listed)
}
