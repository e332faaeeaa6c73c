//! Keeps what was acknowledged: opaque records in a log, opaque blocks in segments, and a body of
//! bytes with each checkpoint. It knows nothing of collections.
//!
//! # The life of a write
//!
//! 1. `append` puts a record behind the [`log`] and flushes: it is acknowledged.
//! 2. When the log has grown, the service writes its state to new segments ([`segment`]), in as
//!    many steps as it likes, and gives them to `checkpoint` with the body that tells what they
//!    are and the last sequence that is in them.
//! 3. `checkpoint` begins a new log with the records after that sequence, writes a `manifest` of
//!    the next generation, and then drops the old log and the segments that are not listed.
//! 4. `open` takes the manifest of the highest generation, gives its body and the log's records,
//!    and removes what no manifest names (`recover`). Replaying them is the service's.
//!
//! 5. A full disk refuses records. `reserve` keeps some room back for those that make room.
//!
//! Whatever a crash cuts short, the store is then as before the write or as after it. [`salvage`]
//! reads what is whole of a damaged store; [`export`] and [`import`] make one file of a store and
//! a store of a file. The layout is in the files that write it, and its version is [`FORMAT`].

pub mod crc;
pub mod error;
pub mod export;
mod fields;
pub mod files;
pub mod import;
pub mod log;
mod manifest;
mod name;
mod recover;
pub mod reserve;
pub mod salvage;
pub mod segment;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use error::{Result, StoreError};
use files::Files;
use log::{Header, Log, Records};
use manifest::{Entry, Manifest, write_slot};
use name::Name;
use segment::{Draft, Sealed, Segment, SegmentWriter};

/// The version of the layout. A store of an older one is read, one of a newer one is refused.
pub const FORMAT: u32 = 1;

pub struct Store {
    files: Arc<dyn Files>,
    /// without its body, which may be large, and its segments
    manifest: Manifest,
    manifest_size: u64,
    log: Log,
    /// by number
    segments: Vec<Kept>,
    next_segment: u64,
    /// a record, and where the log goes on behind it
    mark: Option<(u64, u64)>,
    /// why nothing can be written any more
    broken: Option<StoreError>,
}

/// What a store was opened with.
pub struct Opened {
    /// of the last checkpoint; empty when there was none
    pub manifest_body: Vec<u8>,
    /// what was appended since
    pub records: Records,
    /// bytes at the log's end that were no whole append, and are gone
    pub cut_off: u64,
}

/// What a checkpoint puts in the place of what was there.
pub struct Checkpoint<'a> {
    pub manifest_body: &'a [u8],
    /// the last sequence whose record is no longer needed; later ones stay
    pub through: u64,
    /// the segments that stay, of those that are there
    pub keep: &'a [u64],
    pub new: Vec<Sealed>,
}

/// In bytes, but for the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// both copies
    pub manifest: u64,
    pub log: u64,
    /// records that are in the log
    pub records: u64,
    /// each with its number
    pub segments: Vec<(u64, u64)>,
    /// kept back for when there is no room
    pub reserve: u64,
}

/// A segment, opened when it is first read.
struct Kept {
    entry: Entry,
    segment: OnceLock<Segment>,
}

/// Removes a store, also a damaged one. Files that are none of its own stay.
pub fn remove(files: &dyn Files) -> Result<()> {
    recover::list(files)?.iter().try_for_each(|name| files.remove(&name.to_string()))
}

/// What the files of a store take, also of a damaged one.
pub fn sizes(files: &dyn Files) -> Result<Sizes> {
    let mut sizes = Sizes::default();
    for name in recover::list(files)? {
        let size = files.open(&name.to_string())?.size()?;
        match name {
            Name::Manifest(_) => sizes.manifest += size,
            Name::Log(_) => sizes.log += size,
            Name::Segment(number) => sizes.segments.push((number, size)),
            Name::Reserve => sizes.reserve += size,
        }
    }
    Ok(sizes)
}

impl Store {
    /// Opens a store, or makes one where there are no files of any. Damage is an error, and then
    /// nothing was changed.
    pub fn open(files: Arc<dyn Files>) -> Result<(Store, Opened)> {
        recover::open(files)
    }

    /// Keeps a record and gives its sequence.
    pub fn append(&mut self, kind: u8, body: &[u8]) -> Result<u64> {
        self.append_many(&[(kind, body)]).map(|sequences| sequences.start)
    }

    /// Keeps records, all of them or, on an error, none.
    pub fn append_many(&mut self, records: &[(u8, &[u8])]) -> Result<Range<u64>> {
        self.check()?;
        self.log.append(records)
    }

    /// Whether nothing can be written until the store is opened anew.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Whether a record of so many bytes could be kept now: after an append that failed, to know
    /// it without one.
    pub fn try_room(&mut self, bytes: u64) -> Result<()> {
        self.check()?;
        self.log.try_room(bytes)
    }

    /// The sequence of the last record; 0 before the first.
    pub fn last_sequence(&self) -> u64 {
        self.log.next_sequence - 1
    }

    /// The last sequence, remembered with its place: a checkpoint through it need not read the
    /// records up to it once more.
    pub fn mark(&mut self) -> u64 {
        self.mark = Some((self.last_sequence(), self.log.end));
        self.last_sequence()
    }

    /// A segment to write for a checkpoint. Records may be appended meanwhile.
    pub fn new_segment(&mut self) -> Result<SegmentWriter> {
        self.check()?;
        let writer = SegmentWriter::create(&self.files, self.next_segment)?;
        self.next_segment += 1;
        Ok(writer)
    }

    /// On an error all is as it was before, but for the new segments, which are gone.
    pub fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<()> {
        self.check()?;
        let Checkpoint { manifest_body, through, keep, mut new } = checkpoint;
        let mut manifest = self.next_manifest(manifest_body, through, keep, &new)?;
        let (log, mut log_draft) = self.next_log(&manifest)?;
        let encoded = manifest.encode();
        let slot = Name::slot(manifest.generation).to_string();
        let written = self.files.open(&slot).and_then(|file| write_slot(file.as_ref(), &encoded));
        if let Err(error) = written {
            // the slot may be whole all the same: emptied, it is not, and the other one counts
            if self.empty(&slot).is_err() {
                log_draft.keep();
                new.iter_mut().for_each(|sealed| sealed.draft.keep());
                self.broken = Some(error.clone());
            }
            return Err(error);
        }
        log_draft.keep();
        manifest.body = Vec::new();
        let old_log = std::mem::replace(&mut self.log, log);
        self.mark = None;
        self.manifest = manifest;
        self.manifest_size = encoded.len() as u64;
        let dropped = self.take_over(new);
        // from here on all of it is kept, and an error would say that it is not
        self.write_mirror(&encoded);
        for name in dropped.into_iter().chain([Name::Log(old_log.generation)]) {
            let _ = self.files.remove(&name.to_string());
        }
        Ok(())
    }

    /// The numbers of the segments.
    pub fn segments(&self) -> impl Iterator<Item = u64> {
        self.segments.iter().map(|kept| kept.entry.number)
    }

    /// How many blocks a segment has.
    pub fn blocks(&self, segment: u64) -> Result<usize> {
        Ok(self.segment(segment)?.blocks())
    }

    /// Bytes of a block.
    pub fn block_len(&self, segment: u64, block: usize) -> Result<usize> {
        self.segment(segment)?.block_len(block)
    }

    pub fn read_block(&self, segment: u64, block: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.block_len(segment, block)?];
        self.read_block_into(segment, block, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a block to where it is wanted, which must be of its size.
    pub fn read_block_into(&self, segment: u64, block: usize, buffer: &mut [u8]) -> Result<()> {
        self.segment(segment)?.read(block, buffer)
    }

    pub fn sizes(&self) -> Sizes {
        Sizes {
            manifest: 2 * self.manifest_size,
            log: self.log.end,
            records: self.log.next_sequence - self.manifest.first_sequence,
            segments: self
                .segments
                .iter()
                .map(|kept| (kept.entry.number, kept.entry.size))
                .collect(),
            reserve: reserve::reserved(self.files.as_ref()).unwrap_or_default(),
        }
    }

    /// The names of the files that a checkpoint with so many new segments will open: for files
    /// that have to be made beforehand.
    pub fn names_ahead(&self, segments: u64) -> Vec<String> {
        let numbers = self.next_segment..self.next_segment.saturating_add(segments);
        [Name::Log(self.manifest.generation + 1), Name::Reserve]
            .into_iter()
            .chain(numbers.map(Name::Segment))
            .map(|name| name.to_string())
            .collect()
    }

    fn check(&self) -> Result<()> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn segment(&self, number: u64) -> Result<&Segment> {
        let kept = self
            .kept(number)
            .ok_or_else(|| StoreError::Io(format!("the store has no segment {number}")))?;
        if let Some(segment) = kept.segment.get() {
            return Ok(segment);
        }
        let opened = Segment::open(self.files.as_ref(), kept.entry)?;
        Ok(kept.segment.get_or_init(|| opened))
    }

    fn kept(&self, number: u64) -> Option<&Kept> {
        self.segments.iter().find(|kept| kept.entry.number == number)
    }

    fn next_manifest(
        &self,
        body: &[u8],
        through: u64,
        keep: &[u64],
        new: &[Sealed],
    ) -> Result<Manifest> {
        let logged = self.manifest.first_sequence - 1..=self.last_sequence();
        if !logged.contains(&through) {
            return Err(StoreError::Io(format!(
                "a checkpoint through record {through}, where {logged:?} are"
            )));
        }
        if let Some(number) = keep.iter().find(|number| self.kept(**number).is_none()) {
            return Err(StoreError::Io(format!(
                "a checkpoint keeps segment {number}, which is not there"
            )));
        }
        let kept = self.segments.iter().map(|kept| kept.entry);
        let mut segments: Vec<Entry> = kept.filter(|entry| keep.contains(&entry.number)).collect();
        for Sealed { entry, .. } in new {
            // a sort would be most of the store's code
            let at = segments.partition_point(|other| other.number < entry.number);
            segments.insert(at, *entry);
        }
        Ok(Manifest {
            generation: self.manifest.generation + 1,
            first_sequence: through + 1,
            next_segment: self.next_segment,
            segments,
            body: body.to_vec(),
        })
    }

    /// The log of a manifest to come, with the records that it still needs.
    fn next_log(&self, manifest: &Manifest) -> Result<(Log, Draft)> {
        let Manifest { generation, first_sequence, .. } = *manifest;
        let draft = Draft::new(&self.files, Name::Log(generation));
        let header = Header { generation, first_sequence, carried: self.last_sequence() };
        let mut log = Log::create(self.files.as_ref(), header)?;
        let mut reader = self.log.reader();
        if let Some((_, end)) = self.mark.filter(|(sequence, _)| sequence + 1 == first_sequence) {
            reader.offset = end;
        }
        let carried = Records::new(reader)
            .filter(|read| !matches!(read, Ok(record) if record.sequence < first_sequence));
        log.carry(carried)?;
        Ok((log, draft))
    }

    /// Makes the manifest's segments those of the store, and names those that are no longer.
    fn take_over(&mut self, mut new: Vec<Sealed>) -> Vec<Name> {
        new.iter_mut().for_each(|sealed| sealed.draft.keep());
        let entries = std::mem::take(&mut self.manifest.segments);
        let mut before = std::mem::take(&mut self.segments);
        for entry in entries {
            let kept = before.iter().position(|kept| kept.entry == entry);
            let kept = kept.map_or_else(|| Kept::new(entry), |at| before.swap_remove(at));
            self.segments.push(kept);
        }
        before.into_iter().map(|dropped| Name::Segment(dropped.entry.number)).collect()
    }

    fn empty(&self, slot: &str) -> Result<()> {
        let file = self.files.open(slot)?;
        file.truncate(0)?;
        file.flush()
    }

    /// The copy in the other slot. Where it fails, the next opening makes it good.
    fn write_mirror(&self, encoded: &[u8]) {
        let mirror = Name::mirror(self.manifest.generation).to_string();
        if let Ok(file) = self.files.open(&mirror) {
            let _ = write_slot(file.as_ref(), encoded);
        }
    }
}

impl Kept {
    fn new(entry: Entry) -> Kept {
        Kept { entry, segment: OnceLock::new() }
    }
}
