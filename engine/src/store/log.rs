//! What was acknowledged since the last checkpoint, record after record.
//!
//! ```text
//! magic [8], format u32, generation u64, first sequence u64, carried u64, crc32 u32
//! {length u32, crc32 u32, sequence u64, place u32, kind u8, body [length]} of each record
//! ```
//! Sequences go up by one. A record's checksum begins with the generation and the offset of the
//! record (u64 each), then covers all but itself: bytes of a log inside a body, as an import has
//! them, are no records here. `place` counts the records before it that were appended with it, and
//! has its highest bit set in the last of them: what was appended together is there or not there
//! as one, and what was appended later proves that all before it was acknowledged. `carried` is
//! the last sequence that the log was made with: a record behind it was written when this log's
//! manifest stood.

use std::ops::Range;
use std::sync::Arc;

use super::FORMAT;
use super::crc::{Crc, crc32};
use super::error::{Result, StoreError};
use super::fields::Fields;
use super::files::{File, Files, read_all, write_all};
use super::name::Name;

const MAGIC: &[u8; 8] = b"MVELOG\0\0";
pub(super) const HEADER: u64 = 40;
const RECORD: usize = 21;
const LAST: u32 = 1 << 31;
/// Bytes that are gathered to one write, or read at once.
const CHUNK: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub sequence: u64,
    /// the service's own
    pub kind: u8,
    pub body: Vec<u8>,
}

/// The writing end.
pub(super) struct Log {
    pub file: Arc<dyn File>,
    pub generation: u64,
    pub next_sequence: u64,
    pub end: u64,
    /// A write failed, and what it left could not be cut off.
    is_torn: bool,
}

/// The reading end.
pub(super) struct Reader {
    file: Arc<dyn File>,
    generation: u64,
    size: u64,
    pub offset: u64,
    window: Vec<u8>,
    window_start: u64,
}

/// A record in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    pub sequence: u64,
    pub place: u32,
    pub kind: u8,
    pub start: u64,
    end: u64,
}

pub(super) enum Found {
    Record(Whole),
    Bad(&'static str),
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub generation: u64,
    pub first_sequence: u64,
    pub carried: u64,
}

impl Header {
    pub fn encode(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER as usize);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(self.generation.to_le_bytes());
        bytes.extend(self.first_sequence.to_le_bytes());
        bytes.extend(self.carried.to_le_bytes());
        bytes.extend(crc32(&bytes).to_le_bytes());
        bytes
    }

    /// Gives nothing when it is damaged.
    pub fn read(file: &dyn File) -> Result<Option<Header>> {
        if file.size()? < HEADER {
            return Ok(None);
        }
        let mut bytes = [0; HEADER as usize];
        read_all(file, &mut bytes, 0)?;
        match Header::decode(&bytes) {
            Some((format, _)) if format != FORMAT => Err(StoreError::Format { found: format }),
            decoded => Ok(decoded.map(|(_, header)| header)),
        }
    }

    fn decode(bytes: &[u8]) -> Option<(u32, Header)> {
        let covered = bytes.get(..HEADER as usize - 4)?;
        let mut fields = Fields(bytes);
        (fields.bytes(8)? == MAGIC).then_some(())?;
        let format = fields.u32()?;
        let header = Header {
            generation: fields.u64()?,
            first_sequence: fields.u64()?,
            carried: fields.u64()?,
        };
        (fields.u32()? == crc32(covered)).then_some((format, header))
    }
}

impl Log {
    /// A log without records, over whatever has its name.
    pub fn create(files: &dyn Files, header: Header) -> Result<Log> {
        let file = files.open(&Name::Log(header.generation).to_string())?;
        file.truncate(0)?;
        write_all(file.as_ref(), &header.encode(), 0)?;
        file.flush()?;
        let Header { generation, first_sequence, .. } = header;
        Ok(Log::at(file, generation, first_sequence, HEADER))
    }

    /// A log that ends where a reader came to its end.
    pub fn at(file: Arc<dyn File>, generation: u64, next_sequence: u64, end: u64) -> Log {
        Log { file, generation, next_sequence, end, is_torn: false }
    }

    /// Writes records and flushes: all of them are kept now, or, on an error or after a crash in
    /// the middle, none.
    pub fn append(&mut self, records: &[(u8, &[u8])]) -> Result<Range<u64>> {
        if self.is_torn {
            self.cut()?;
        }
        self.is_torn = true;
        let written = self.write(records).and_then(|end| self.file.flush().map(|()| end));
        match written {
            Ok(end) => {
                self.is_torn = false;
                let first = self.next_sequence;
                self.advance(records.len(), end);
                Ok(first..self.next_sequence)
            }
            Err(error) => {
                // what cannot be cut off now must be before the next record
                let _ = self.cut();
                Err(error)
            }
        }
    }

    /// Fails when so many bytes more cannot be written now. Nothing of it stays.
    pub fn try_room(&mut self, bytes: u64) -> Result<()> {
        if self.is_torn {
            self.cut()?;
        }
        self.is_torn = true;
        let zeros = vec![0; CHUNK];
        let end = self.end + RECORD as u64 + bytes;
        let mut written = Ok(());
        for start in (self.end..end).step_by(CHUNK) {
            let length = usize::try_from(end - start).unwrap_or(CHUNK).min(CHUNK);
            let zeros = zeros.get(..length).unwrap_or_default();
            written = written.and_then(|()| write_all(self.file.as_ref(), zeros, start));
        }
        let written = written.and_then(|()| self.file.flush());
        self.cut()?;
        written
    }

    /// Takes over records of another log. They are kept when all of them are.
    pub fn carry(&mut self, records: impl Iterator<Item = Result<Record>>) -> Result<()> {
        for record in records {
            let record = record?;
            let end = self.write(&[(record.kind, &record.body)])?;
            self.advance(1, end);
        }
        self.file.flush()
    }

    fn advance(&mut self, records: usize, end: u64) {
        self.next_sequence += records as u64;
        self.end = end;
    }

    fn write(&self, records: &[(u8, &[u8])]) -> Result<u64> {
        let mut pending = Vec::new();
        let (mut written, mut offset) = (self.end, self.end);
        let mut write = |pending: &mut Vec<u8>, bytes: &[u8]| {
            write_all(self.file.as_ref(), pending, written)?;
            written += pending.len() as u64;
            pending.clear();
            write_all(self.file.as_ref(), bytes, written)?;
            written += bytes.len() as u64;
            Ok::<(), StoreError>(())
        };
        for (index, (kind, body)) in records.iter().enumerate() {
            let is_last = index + 1 == records.len();
            let place = index as u32 | if is_last { LAST } else { 0 };
            let sequence = self.next_sequence + index as u64;
            pending.extend(frame(self.generation, offset, sequence, place, *kind, body)?);
            offset += (RECORD + body.len()) as u64;
            if body.len() < CHUNK {
                pending.extend(*body);
            } else {
                write(&mut pending, body)?;
            }
            if pending.len() >= CHUNK {
                write(&mut pending, &[])?;
            }
        }
        write(&mut pending, &[])?;
        Ok(offset)
    }

    fn cut(&mut self) -> Result<()> {
        self.file.truncate(self.end)?;
        self.file.flush()?;
        self.is_torn = false;
        Ok(())
    }

    pub fn reader(&self) -> Reader {
        Reader::new(self.file.clone(), self.generation, self.end)
    }
}

/// The bytes before a record's body.
pub(super) fn frame(
    generation: u64,
    offset: u64,
    sequence: u64,
    place: u32,
    kind: u8,
    body: &[u8],
) -> Result<[u8; RECORD]> {
    let length = u32::try_from(body.len())
        .map_err(|_| StoreError::Io("a record of 4 GiB or more cannot be logged".to_string()))?;
    let mut framed = [0; RECORD];
    let (sequence, place) = (sequence.to_le_bytes(), place.to_le_bytes());
    let length = length.to_le_bytes();
    let crc = Crc::new()
        .update(&generation.to_le_bytes())
        .update(&offset.to_le_bytes())
        .update(&length)
        .update(&sequence)
        .update(&place)
        .update(&[kind])
        .update(body)
        .finish()
        .to_le_bytes();
    let fields = [&length[..], &crc, &sequence, &place, &[kind]];
    for (to, from) in framed.iter_mut().zip(fields.into_iter().flatten()) {
        *to = *from;
    }
    Ok(framed)
}

impl Reader {
    /// Reads from the first record to `size`.
    pub fn new(file: Arc<dyn File>, generation: u64, size: u64) -> Reader {
        Reader { file, generation, size, offset: HEADER, window: Vec::new(), window_start: 0 }
    }

    /// The record at `offset`, which moves behind it when it is whole.
    pub fn next(&mut self) -> Result<Found> {
        let start = self.offset;
        let left = self.size.saturating_sub(start);
        if left == 0 {
            return Ok(Found::End);
        }
        if left < RECORD as u64 {
            return Ok(Found::Bad("a record is cut short"));
        }
        let framed = self.slice(start, RECORD)?.to_vec();
        let mut fields = Fields(&framed);
        let (Some(length), Some(_), Some(sequence), Some(place), Some(kind)) =
            (fields.u32(), fields.u32(), fields.u64(), fields.u32(), fields.u8())
        else {
            return Ok(Found::Bad("a record is cut short"));
        };
        if u64::from(length) > left - RECORD as u64 {
            return Ok(Found::Bad("a record is cut short"));
        }
        let generation = self.generation;
        let body = self.slice(start + RECORD as u64, length as usize)?;
        if frame(generation, start, sequence, place, kind, body)?[..] != framed {
            return Ok(Found::Bad("the checksum of a record is wrong"));
        }
        self.offset = start + RECORD as u64 + u64::from(length);
        Ok(Found::Record(Whole { sequence, place, kind, start, end: self.offset }))
    }

    pub fn body(&mut self, record: Whole) -> Result<&[u8]> {
        let start = record.start + RECORD as u64;
        self.slice(start, record.end.saturating_sub(start) as usize)
    }

    pub fn record(&mut self, found: Whole) -> Result<Record> {
        let body = self.body(found)?.to_vec();
        Ok(Record { sequence: found.sequence, kind: found.kind, body })
    }

    /// Moves from a bad record behind the next whole one: with a sequence above `sequence`, and
    /// appended together with none before `first`. Gives nothing, and stays, when there is none.
    pub fn resync(&mut self, sequence: u64, first: u64) -> Result<Option<Whole>> {
        let stay = self.offset;
        let mut from = stay + 1;
        while self.size.saturating_sub(from) >= RECORD as u64 {
            let most = sequence.saturating_add((self.size - from) / RECORD as u64 + 1);
            // nearly every place is told apart by where the sequence would be
            let is_candidate = |window: &[u8]| {
                let mut fields = Fields(window.get(8..).unwrap_or_default());
                let (found, place) = (fields.u64().unwrap_or(0), fields.u32().unwrap_or(0));
                let before = u64::from(place & !LAST);
                found > sequence && found <= most && found.saturating_sub(before) >= first
            };
            let window = self.ahead(from, RECORD)?;
            let Some(index) = window.windows(RECORD).position(is_candidate) else {
                from += (window.len() - (RECORD - 1)) as u64;
                continue;
            };
            from += index as u64;
            self.offset = from;
            if let Found::Record(found) = self.next()? {
                return Ok(Some(found));
            }
            from += 1;
        }
        self.offset = stay;
        Ok(None)
    }

    /// Bytes that lie before `size`.
    fn slice(&mut self, start: u64, count: usize) -> Result<&[u8]> {
        self.ahead(start, count)?
            .get(..count)
            .ok_or_else(|| StoreError::Io(format!("the log ends behind byte {start}")))
    }

    /// What is at hand from a place on, at least `count` bytes of it.
    fn ahead(&mut self, start: u64, count: usize) -> Result<&[u8]> {
        let end = start + count as u64;
        if start < self.window_start || end > self.window_start + self.window.len() as u64 {
            let ahead = self.size.saturating_sub(start).min(CHUNK.max(count) as u64);
            self.window.clear();
            self.window.resize(ahead as usize, 0);
            self.window_start = start;
            read_all(self.file.as_ref(), &mut self.window, start)?;
        }
        Ok(self.window.get((start - self.window_start) as usize..).unwrap_or_default())
    }
}

/// Where a log ends, as it reads when it is opened.
pub(super) struct Verified {
    pub next_sequence: u64,
    pub end: u64,
}

/// Reads all records. What is bad or not complete at the end is left out; what is bad before a
/// record that was appended later, or a record out of its turn, is damage.
pub(super) fn verify(reader: &mut Reader, first_sequence: u64) -> Result<Verified> {
    let file = Name::Log(reader.generation);
    let mut verified = Verified { next_sequence: first_sequence, end: reader.offset };
    let mut next_sequence = first_sequence;
    loop {
        let offset = reader.offset;
        match reader.next()? {
            Found::Record(found) if found.sequence == next_sequence => {
                next_sequence += 1;
                if found.place & LAST != 0 {
                    verified = Verified { next_sequence, end: reader.offset };
                }
            }
            Found::Record(found) => {
                let what = format!("record {} where {next_sequence} should be", found.sequence);
                return Err(StoreError::damaged(file, offset, what));
            }
            Found::End => return Ok(verified),
            Found::Bad(what) => {
                // one that was appended with the bad one was no more acknowledged than it
                return match reader.resync(next_sequence, next_sequence + 1)? {
                    Some(found) => {
                        let (sequence, at) = (found.sequence, found.start);
                        let what = format!("{what}, and record {sequence} at byte {at} is whole");
                        Err(StoreError::damaged(file, offset, what))
                    }
                    None => Ok(verified),
                };
            }
        }
    }
}

/// The records that a store was opened with, in order. Reads them as it goes: it is to be at its
/// end before the next checkpoint.
pub struct Records {
    reader: Reader,
    is_over: bool,
}

impl Records {
    pub(super) fn new(reader: Reader) -> Records {
        Records { reader, is_over: false }
    }

    fn read(&mut self) -> Result<Option<Record>> {
        let offset = self.reader.offset;
        match self.reader.next()? {
            Found::Record(found) => self.reader.record(found).map(Some),
            Found::End => Ok(None),
            Found::Bad(what) => {
                Err(StoreError::damaged(Name::Log(self.reader.generation), offset, what))
            }
        }
    }
}

impl Iterator for Records {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Result<Record>> {
        if self.is_over {
            return None;
        }
        let read = self.read().transpose();
        self.is_over = !matches!(read, Some(Ok(_)));
        read
    }
}
