//! Makes a store of an export's bytes, in pieces of any size. In: files without a store, or with an
//! empty one. Out: the store, once all bytes were there and were right; until then the files hold
//! an empty one, also after a crash.

use std::sync::Arc;

use super::Store;
use super::crc::{Crc, crc32};
use super::error::{Result, StoreError};
use super::export::{PREFIX, decode_head, head_len};
use super::fields::aligned;
use super::files::{File, Files, write_all};
use super::log::{HEADER, Header};
use super::manifest::{Manifest, Slot, write_slot};
use super::name::Name;
use super::segment::{Draft, Segment};

/// The name that an error gives to the stream.
const STREAM: &str = "export";

pub struct Import {
    store: Store,
    files: Arc<dyn Files>,
    /// the first bytes, until they are all there
    head: Vec<u8>,
    parts: Option<Vec<Part>>,
    /// the part that is written
    current: usize,
    position: u64,
    trailer: Vec<u8>,
    failed: Option<StoreError>,
}

struct Part {
    name: Name,
    start: u64,
    end: u64,
    crc: Crc,
    target: Target,
}

enum Target {
    Manifest(Vec<u8>),
    File(Arc<dyn File>, Draft),
}

impl Import {
    pub fn new(files: Arc<dyn Files>) -> Result<Import> {
        let (store, opened) = Store::open(files.clone())?;
        let is_empty = store.manifest.generation == 1 && store.last_sequence() == 0;
        if !is_empty || !opened.manifest_body.is_empty() {
            return Err(StoreError::Io("an import needs an empty store".to_string()));
        }
        Ok(Import {
            store,
            files,
            head: Vec::new(),
            parts: None,
            current: 0,
            position: 0,
            trailer: Vec::new(),
            failed: None,
        })
    }

    /// Takes the next bytes. After an error it takes no more.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let taken = self.take(bytes);
        self.failed = taken.clone().err();
        taken
    }

    /// All bytes were given: the files hold the store now. On an error they hold an empty one.
    pub fn finish(mut self) -> Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let parts = self.parts.take().unwrap_or_default();
        self.check_trailer(&parts)?;
        let manifest = self.check_parts(&parts)?;
        let mut drafts = Vec::new();
        for part in parts {
            if let Target::File(file, draft) = part.target {
                file.flush()?;
                drafts.push(draft);
            }
        }
        let encoded = manifest.encode();
        let slot = Name::slot(manifest.generation).to_string();
        let written = self.files.open(&slot).and_then(|file| write_slot(file.as_ref(), &encoded));
        let is_undone = written.is_err() && self.store.empty(&slot).is_ok();
        if !is_undone {
            drafts.iter_mut().for_each(Draft::keep);
        }
        written?;
        let old_log = Name::Log(self.store.manifest.generation);
        self.store.manifest.generation = manifest.generation;
        self.store.write_mirror(&encoded);
        // an orphan now: where it stays, the next opening removes it
        let _ = self.files.remove(&old_log.to_string());
        Ok(())
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let taken = match self.parts.is_some() {
                false => self.take_head(bytes)?,
                true => self.take_part(bytes)?,
            };
            self.position += taken as u64;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    fn take_head(&mut self, bytes: &[u8]) -> Result<usize> {
        let wanted = match self.head.len() < PREFIX {
            true => PREFIX,
            false => head_len(&self.head)
                .ok_or_else(|| StoreError::damaged(STREAM, 0, "it is no export of a store"))?,
        };
        let taken = bytes.len().min(wanted.saturating_sub(self.head.len()));
        self.head.extend(bytes.get(..taken).unwrap_or_default());
        if self.head.len() > PREFIX && self.head.len() == wanted {
            let listed = decode_head(&self.head)?
                .ok_or_else(|| StoreError::damaged(STREAM, 0, "its head is damaged"))?;
            self.parts = Some(self.plan(listed)?);
        }
        Ok(taken)
    }

    fn plan(&self, listed: Vec<(Name, u64)>) -> Result<Vec<Part>> {
        let mut end = self.head.len() as u64;
        let mut parts = Vec::new();
        for (name, size) in listed {
            let start = aligned(end);
            end = start
                .checked_add(size)
                .filter(|end| *end <= u64::MAX >> 1)
                .ok_or_else(|| StoreError::damaged(STREAM, 0, "its head makes no sense"))?;
            let target = match name {
                Name::Manifest(_) => Target::Manifest(Vec::new()),
                Name::Reserve => {
                    return Err(StoreError::damaged(STREAM, 0, "its head makes no sense"));
                }
                Name::Log(generation) if generation <= self.store.manifest.generation => {
                    return Err(StoreError::damaged(STREAM, 0, "its head makes no sense"));
                }
                Name::Log(_) | Name::Segment(_) => {
                    let draft = Draft::new(&self.files, name);
                    let file = self.files.open(&name.to_string())?;
                    file.truncate(0)?;
                    Target::File(file, draft)
                }
            };
            parts.push(Part { name, start, end, crc: Crc::new(), target });
        }
        Ok(parts)
    }

    /// Takes bytes of one part, or of what is between parts, or behind the last one.
    fn take_part(&mut self, bytes: &[u8]) -> Result<usize> {
        let parts = self.parts.as_deref_mut().unwrap_or_default();
        while parts.get(self.current).is_some_and(|part| part.end <= self.position) {
            self.current += 1;
        }
        let upto = |end: u64| {
            let left = usize::try_from(end - self.position).unwrap_or(usize::MAX);
            bytes.get(..left).unwrap_or(bytes)
        };
        let last = parts.last().map_or(self.head.len() as u64, |part| part.end);
        let Some(part) = parts.get_mut(self.current) else {
            if self.position < aligned(last) {
                return Ok(upto(aligned(last)).len());
            }
            if self.trailer.len() + bytes.len() > 4 * (parts.len() + 1) {
                let what = "there are bytes behind its end";
                return Err(StoreError::damaged(STREAM, self.position, what));
            }
            self.trailer.extend(bytes);
            return Ok(bytes.len());
        };
        if self.position < part.start {
            return Ok(upto(part.start).len());
        }
        let bytes = upto(part.end);
        match &mut part.target {
            Target::Manifest(manifest) => manifest.extend(bytes),
            Target::File(file, _) => {
                write_all(file.as_ref(), bytes, self.position - part.start)?;
            }
        }
        part.crc = part.crc.update(bytes);
        Ok(bytes.len())
    }

    fn check_trailer(&self, parts: &[Part]) -> Result<()> {
        let damaged = |offset, what: &str| StoreError::damaged(STREAM, offset, what);
        if parts.is_empty() || self.trailer.len() != 4 * (parts.len() + 1) {
            return Err(damaged(self.position, "it ends too early"));
        }
        let (crcs, own) = self.trailer.split_at(4 * parts.len());
        if own != crc32(crcs).to_le_bytes() {
            return Err(damaged(self.position, "its last bytes are damaged"));
        }
        for (part, crc) in parts.iter().zip(crcs.as_chunks::<4>().0) {
            if part.crc.finish() != u32::from_le_bytes(*crc) {
                let what = format!("`{}` in it is damaged", part.name);
                return Err(damaged(part.start, &what));
            }
        }
        Ok(())
    }

    /// The manifest, when the files are those that it names.
    fn check_parts(&self, parts: &[Part]) -> Result<Manifest> {
        let unfit = || StoreError::damaged(STREAM, 0, "its files do not belong together");
        let mut manifests = parts.iter().filter_map(|part| match &part.target {
            Target::Manifest(bytes) => Some(bytes),
            Target::File(..) => None,
        });
        let (Some(bytes), None) = (manifests.next(), manifests.next()) else {
            return Err(unfit());
        };
        let Slot::Good(manifest) = Manifest::decode(bytes)? else { return Err(unfit()) };
        let (mut logs, mut segments) = (0, 0);
        for part in parts {
            let Target::File(file, _) = &part.target else { continue };
            match part.name {
                Name::Segment(number) => {
                    let entry = manifest.segments.iter().find(|entry| entry.number == number);
                    Segment::open(self.files.as_ref(), *entry.ok_or_else(unfit)?)?;
                    segments += 1;
                }
                Name::Log(generation) => {
                    let header = Header::read(file.as_ref())?.ok_or_else(unfit)?;
                    let is_fit = generation == manifest.generation
                        && header.generation == generation
                        && header.first_sequence == manifest.first_sequence
                        && part.end - part.start >= HEADER;
                    is_fit.then_some(()).ok_or_else(unfit)?;
                    logs += 1;
                }
                Name::Manifest(_) | Name::Reserve => {}
            }
        }
        let is_whole = logs == 1 && segments == manifest.segments.len();
        is_whole.then_some(manifest).ok_or_else(unfit)
    }
}
