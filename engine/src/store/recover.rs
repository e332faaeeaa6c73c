//! Opens a store after whatever happened to it. In: files. Out: the state of the last write that
//! was acknowledged, perhaps of one that was about to be. All is looked at before anything is
//! changed: a damaged store is left as it is.

use std::sync::Arc;

use super::error::{Result, StoreError};
use super::files::Files;
use super::log::{HEADER, Header, Log, Reader, Records, verify};
use super::manifest::{Manifest, Slot, write_slot};
use super::name::Name;
use super::{Kept, Opened, Store};

/// What the two slots say.
pub(super) struct Slots {
    /// of the highest generation
    pub newest: Option<Manifest>,
    /// what is wrong with a slot, and which one
    pub bad: Option<(Name, &'static str)>,
    /// both hold the newest
    pub are_equal: bool,
}

pub(super) fn open(files: Arc<dyn Files>) -> Result<(Store, Opened)> {
    let names = list(files.as_ref())?;
    let slots = read_slots(files.as_ref(), &names)?;
    let Some(mut manifest) = slots.newest else {
        check_new(files.as_ref(), &names, slots.bad)?;
        return create(files);
    };
    let log_name = Name::Log(manifest.generation);
    if !names.contains(&log_name) {
        let (file, what) = slots.bad.unwrap_or((log_name, "the log is not there"));
        return Err(StoreError::damaged(file, 0, what));
    }
    let file = files.open(&log_name.to_string())?;
    let header = Header::read(file.as_ref())?.filter(|header| {
        header.generation == manifest.generation && header.first_sequence == manifest.first_sequence
    });
    if header.is_none() {
        return Err(StoreError::damaged(log_name, 0, "the log's header is damaged"));
    }
    let size = file.size()?;
    let mut reader = Reader::new(file.clone(), manifest.generation, size);
    let verified = verify(&mut reader, manifest.first_sequence)?;
    check_later_logs(files.as_ref(), &names, manifest.generation, slots.bad)?;

    if verified.end < size {
        file.truncate(verified.end)?;
        file.flush()?;
    }
    let encoded = manifest.encode();
    let manifest_body = std::mem::take(&mut manifest.body);
    let log = Log::at(file, manifest.generation, verified.next_sequence, verified.end);
    let records = Records::new(log.reader());
    let store = Store {
        files,
        manifest_size: encoded.len() as u64,
        log,
        segments: std::mem::take(&mut manifest.segments).into_iter().map(Kept::new).collect(),
        next_segment: manifest.next_segment,
        manifest,
        mark: None,
        broken: None,
    };
    if !slots.are_equal {
        heal(&store, &encoded);
    }
    store.remove_orphans(&names);
    Ok((store, Opened { manifest_body, records, cut_off: size - verified.end }))
}

pub(super) fn list(files: &dyn Files) -> Result<Vec<Name>> {
    Ok(files.list()?.iter().filter_map(|name| Name::parse(name)).collect())
}

pub(super) fn read_slots(files: &dyn Files, names: &[Name]) -> Result<Slots> {
    let mut slots = Slots { newest: None, bad: None, are_equal: false };
    for name in [Name::Manifest(0), Name::Manifest(1)] {
        if !names.contains(&name) {
            continue;
        }
        match Manifest::read(files, name)? {
            Slot::Empty => {}
            Slot::Bad(what) => slots.bad = Some((name, what)),
            Slot::Good(manifest) => {
                let other = slots.newest.take();
                slots.are_equal = other.as_ref() == Some(&manifest);
                slots.newest = match other {
                    Some(other) if other.generation >= manifest.generation => Some(other),
                    _ => Some(manifest),
                };
            }
        }
    }
    Ok(slots)
}

/// Without a manifest there is no store, or one whose making was cut short, or a damaged one.
fn check_new(files: &dyn Files, names: &[Name], bad: Option<(Name, &'static str)>) -> Result<()> {
    for name in names {
        let is_left_over = match name {
            Name::Manifest(_) | Name::Reserve => true,
            Name::Log(1) => files.open(&name.to_string())?.size()? <= HEADER,
            Name::Log(_) | Name::Segment(_) => false,
        };
        if !is_left_over {
            let (file, what) = bad.unwrap_or((Name::Manifest(0), "the manifest is not there"));
            return Err(StoreError::damaged(file, 0, what));
        }
    }
    Ok(())
}

fn create(files: Arc<dyn Files>) -> Result<(Store, Opened)> {
    let manifest =
        Manifest { generation: 1, first_sequence: 1, next_segment: 1, ..Manifest::default() };
    let header = Header { generation: 1, first_sequence: 1, carried: 0 };
    let log = Log::create(files.as_ref(), header)?;
    let encoded = manifest.encode();
    write_slot(files.open(&Name::slot(1).to_string())?.as_ref(), &encoded)?;
    let records = Records::new(log.reader());
    let store = Store {
        files,
        manifest_size: encoded.len() as u64,
        log,
        segments: Vec::new(),
        next_segment: manifest.next_segment,
        manifest,
        mark: None,
        broken: None,
    };
    store.write_mirror(&encoded);
    Ok((store, Opened { manifest_body: Vec::new(), records, cut_off: 0 }))
}

/// A log of a later generation was begun by a checkpoint that did not come to its end, unless it
/// has records of its own: then its manifest stood, and is lost.
fn check_later_logs(
    files: &dyn Files,
    names: &[Name],
    generation: u64,
    bad: Option<(Name, &'static str)>,
) -> Result<()> {
    for name in names {
        let Name::Log(later) = *name else { continue };
        if later <= generation {
            continue;
        }
        let file = files.open(&name.to_string())?;
        let Some(header) = Header::read(file.as_ref())? else { continue };
        let mut reader = Reader::new(file.clone(), later, file.size()?);
        // what it was made with may have holes: it was never needed
        reader.offset = HEADER - 1;
        if reader.resync(header.carried, header.carried.saturating_add(1))?.is_some() {
            let (file, what) = bad.unwrap_or((*name, "the log's manifest is not there"));
            return Err(StoreError::damaged(file, 0, what));
        }
    }
    Ok(())
}

/// Writes the newest manifest to the slot that has it not.
fn heal(store: &Store, encoded: &[u8]) {
    let generation = store.manifest.generation;
    let holds = |name: Name| {
        let read = Manifest::read(store.files.as_ref(), name);
        matches!(read, Ok(Slot::Good(found)) if found.generation == generation)
    };
    if holds(Name::slot(generation)) {
        store.write_mirror(encoded);
    } else if let Ok(file) = store.files.open(&Name::slot(generation).to_string()) {
        // it is a copy: where it fails the other one is still there
        let _ = write_slot(file.as_ref(), encoded);
    }
}

impl Store {
    /// Removes what no manifest names; what stays is tried again at the next opening.
    fn remove_orphans(&self, names: &[Name]) {
        for name in names {
            let is_ours = match name {
                Name::Manifest(_) | Name::Reserve => true,
                Name::Log(generation) => *generation == self.manifest.generation,
                Name::Segment(number) => self.kept(*number).is_some(),
            };
            if !is_ours {
                let _ = self.files.remove(&name.to_string());
            }
        }
    }
}
