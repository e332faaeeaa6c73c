//! A checkpoint in slices: the catalog as it is at the beginning, then the rows that no segment of
//! the store has yet, a few blocks at a time, then the manifest. What is written meanwhile stays in
//! the log. Rows are only added and deleted while their segment is the same one: those that were
//! there at the beginning can be written later. Where it is another one before its rows are
//! written, the checkpoint is outdated.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use super::rows::{Cursor, bytes_of};
use super::snapshot::state_of;
use super::state::{Part, State};
use crate::catalog::{Catalog, Collection};
use crate::segment::Segment;
use crate::store::error::Result;
use crate::store::segment::{Sealed, SegmentWriter};
use crate::store::{self, Store};

/// Bytes of a segment of the store, about: what is once in one so large is not written again.
const PART: usize = 32 << 20;

/// Rows that a part is cut by.
const STEP: usize = 1_024;

/// Which parts of the store have the rows of a collection's segment, by the collection's id.
pub(super) type Places = HashMap<i64, Place>;

#[derive(Clone)]
pub(super) struct Place {
    /// of the segment
    pub identity: u64,
    pub parts: Vec<Part>,
}

pub(super) struct Checkpoint {
    /// the last record that is in it
    through: u64,
    state: State,
    places: Places,
    tasks: VecDeque<Task>,
    writing: Option<(Task, SegmentWriter, Cursor)>,
    new: Vec<Sealed>,
}

/// Rows to be written as one part.
struct Task {
    collection: i64,
    identity: u64,
    rows: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Done,
    /// it can no longer be brought to its end
    Outdated,
}

impl Checkpoint {
    pub fn begin(store: &mut Store, catalog: &Catalog, before: &Places) -> Checkpoint {
        Checkpoint::begin_of(store, catalog, before, None)
    }

    /// Of one database alone, without the users.
    pub fn begin_of(
        store: &mut Store,
        catalog: &Catalog,
        before: &Places,
        only: Option<&str>,
    ) -> Checkpoint {
        let mut state = state_of(catalog);
        if let Some(only) = only {
            state.databases.retain(|database| database.name == only);
            state.users = None;
        }
        let is_chosen = |(name, _): &(&String, _)| only.is_none_or(|only| *name == only);
        let chosen = catalog.databases.iter().filter(is_chosen);
        let chosen = chosen.flat_map(|(_, database)| database.collections.values());
        let (mut places, mut tasks) = (Places::new(), VecDeque::new());
        for (collection, parts, cuts) in plans(store, chosen, before) {
            let identity = collection.segment.identity();
            places.insert(collection.id, Place { identity, parts });
            let task = |rows| Task { collection: collection.id, identity, rows };
            tasks.extend(cuts.into_iter().map(task));
        }
        let through = store.mark();
        Checkpoint { through, state, places, tasks, writing: None, new: Vec::new() }
    }

    /// How many segments are still to be made.
    pub fn segments(&self) -> usize {
        self.tasks.len()
    }

    /// Writes so many bytes, or a block more.
    pub fn step(&mut self, store: &mut Store, catalog: &Catalog, bytes: usize) -> Result<Progress> {
        let mut written = 0;
        while written < bytes {
            let Some((task, mut writer, mut cursor)) = self.next(store)? else {
                // the manifest is a slice of its own
                if written > 0 {
                    return Ok(Progress::More);
                }
                return self.finish(store).map(|()| Progress::Done);
            };
            let same = |collection: &&Collection| {
                collection.id == task.collection && collection.segment.identity() == task.identity
            };
            let Some(collection) = all(catalog).find(same) else {
                return Ok(Progress::Outdated);
            };
            match cursor.next(&collection.segment) {
                Some(block) => {
                    writer.write(&block)?;
                    written += block.len();
                    self.writing = Some((task, writer, cursor));
                }
                None => {
                    let part = Part { segment: writer.number(), rows: cursor.rows() as u64 };
                    self.new.push(writer.finish()?);
                    if let Some(place) = self.places.get_mut(&task.collection) {
                        place.parts.push(part);
                    }
                }
            }
        }
        if let Some((_, writer, _)) = &self.writing {
            writer.flush()?;
        }
        Ok(Progress::More)
    }

    /// Where the rows are, once it is done.
    pub fn into_places(self) -> Places {
        self.places
    }

    fn next(&mut self, store: &mut Store) -> Result<Option<(Task, SegmentWriter, Cursor)>> {
        if let Some(writing) = self.writing.take() {
            return Ok(Some(writing));
        }
        let Some(task) = self.tasks.pop_front() else { return Ok(None) };
        let cursor = Cursor::new(task.rows.clone());
        Ok(Some((task, store.new_segment()?, cursor)))
    }

    fn finish(&mut self, store: &mut Store) -> Result<()> {
        for database in &mut self.state.databases {
            for collection in &mut database.collections {
                if let Some(place) = self.places.get(&collection.id) {
                    collection.parts.clone_from(&place.parts);
                }
            }
        }
        let is_there = |segment: &u64| store.segments().any(|number| number == *segment);
        let parts = self.places.values().flat_map(|place| &place.parts);
        let keep: Vec<u64> = parts.map(|part| part.segment).filter(is_there).collect();
        store.checkpoint(store::Checkpoint {
            manifest_body: &self.state.to_body(),
            through: self.through,
            keep: &keep,
            new: std::mem::take(&mut self.new),
        })
    }
}

/// How many segments a checkpoint would make that begins now.
pub(super) fn segments(store: &Store, catalog: &Catalog, before: &Places) -> usize {
    plans(store, all(catalog), before).map(|(_, _, cuts)| cuts.len()).sum()
}

/// What is to be done for each collection.
fn plans<'a>(
    store: &Store,
    collections: impl Iterator<Item = &'a Collection>,
    before: &'a Places,
) -> impl Iterator<Item = (&'a Collection, Vec<Part>, Vec<Range<usize>>)> {
    let sizes: HashMap<u64, u64> = store.sizes().segments.into_iter().collect();
    collections.map(move |collection| {
        let segment = &collection.segment;
        let is_same = |place: &&Place| place.identity == segment.identity();
        let before = before.get(&collection.id).filter(is_same);
        let parts = before.map_or(&[][..], |place| &place.parts);
        let (parts, cuts) = plan(segment, parts, &sizes);
        (collection, parts, cuts)
    })
}

/// The parts that stay, and the rows of those to come. A small part is written again together with
/// the rows behind it once these are half as many: so there are few parts, and a row is written a
/// few times at most.
fn plan(
    segment: &Segment,
    parts: &[Part],
    sizes: &HashMap<u64, u64>,
) -> (Vec<Part>, Vec<Range<usize>>) {
    let rows = segment.rows();
    let mut kept = parts.to_vec();
    let mut first = kept.iter().map(|part| part.rows as usize).sum::<usize>();
    if first >= rows {
        return (kept, Vec::new());
    }
    let mut bytes = bytes_of(segment, first..rows);
    while let Some(last) = kept.last() {
        let size = sizes.get(&last.segment).map_or(0, |size| *size as usize);
        if size > PART / 2 || size > 2 * bytes {
            break;
        }
        bytes += size;
        first -= last.rows as usize;
        kept.pop();
    }
    let mut cuts = Vec::new();
    let (mut start, mut bytes) = (first, 0);
    for step in (first..rows).step_by(STEP) {
        let end = rows.min(step + STEP);
        bytes += bytes_of(segment, step..end);
        if bytes >= PART || end == rows {
            cuts.push(start..end);
            (start, bytes) = (end, 0);
        }
    }
    (kept, cuts)
}

fn all(catalog: &Catalog) -> impl Iterator<Item = &Collection> {
    catalog.databases.values().flat_map(|database| database.collections.values())
}
