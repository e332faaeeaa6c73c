//! A service that keeps what it acknowledged. In: calls, as the service takes them, and files. Out:
//! replies that are given once they are kept.
//!
//! # The life of a write
//!
//! 1. The service does it in memory. When it goes well, its `record` is appended to the log and
//!    flushed; then its reply is given. A request that changes nothing leaves nothing behind.
//! 2. Where the record cannot be kept, the memory knows more than the files: it is read anew from
//!    them, and the reply is an error. Before the next write there has to be room for it; reads go
//!    on all the while. What makes room is kept all the same, in a reserve, and a checkpoint then
//!    lets go of files; where it finds no room to do so, the reserve is its own.
//! 3. When the log has grown, or somebody asks for a flush, a `checkpoint` is due. Whoever owns
//!    this calls [`Kept::step`] between requests while [`Kept::is_due`], each time for some
//!    milliseconds. The catalog goes to the manifest (`snapshot`, `state`), rows that are in no
//!    segment of the store yet go to new ones (`rows`).
//! 4. [`Kept::open`] reads the manifest's catalog and the rows, and does the calls of the log again
//!    by the code that did them first. Each at its own moment, so that their ids are the same.
//! 5. A store whose bytes are not what was written is `damaged`: it gives what is whole of it, and
//!    can be begun anew.

mod checkpoint;
pub mod damaged;
pub(crate) mod moved;
mod record;
mod rows;
mod salvage;
mod snapshot;
mod state;

use std::sync::Arc;

use milvus_proto::Effect;

use crate::catalog::Catalog;
use crate::error::{Error, Kind};
use crate::pace::{Pace, Partial, at_once, step};
use crate::segment::Segment;
use crate::service::{Call, Keeper, Refusal, Service};
use crate::store::error::{Result, StoreError};
use crate::store::export::Export;
use crate::store::files::Files;
use crate::store::reserve::RESERVE;
use crate::store::{Sizes, Store};
use checkpoint::{Checkpoint, Place, Places, Progress};
use state::State;

/// Bytes that a slice of a checkpoint writes: some milliseconds.
pub const SLICE: usize = 4 << 20;

/// A checkpoint is due when the log has so many bytes, or so many records.
const LOG: u64 = 32 << 20;
const RECORDS: u64 = 4_096;

/// What makes room, or makes a table readable: it is kept also when there is no room.
const RESERVED: [&str; 13] = [
    "CreateIndex",
    "Delete",
    "DropCollection",
    "DropDatabase",
    "DropIndex",
    "DropPartition",
    "DropStorage",
    "Flush",
    "FlushAll",
    "LoadCollection",
    "LoadPartitions",
    "ManualCompaction",
    "TruncateCollection",
];

/// Files that are made beforehand, beside those that are known to be needed.
const AHEAD: u64 = 4;

pub struct Kept {
    files: Arc<dyn Files>,
    service: Service,
    store: Store,
    places: Places,
    running: Option<Checkpoint>,
    /// somebody asked for a flush
    is_asked: bool,
    /// what is due lets go of files, and may take of the reserve
    makes_room: bool,
    /// of the log, at which a checkpoint is due; higher behind one that failed
    due_bytes: u64,
    due_records: u64,
    /// why the last write was not kept
    trouble: Option<StoreError>,
    /// why the memory could not be read anew, and is empty
    lost: Option<StoreError>,
}

/// What was found when a store was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// bytes at the log's end that were no whole record, and were never acknowledged
    pub cut_off: u64,
    /// calls that were done again
    pub replayed: u64,
}

impl Kept {
    /// Opens a store, or makes one where there are no files of any. What is damaged is an error,
    /// and nothing that is whole is changed.
    pub fn open(files: Arc<dyn Files>) -> Result<(Kept, Opening)> {
        at_once(Kept::read(files))
    }

    /// As [`Kept::open`], with pauses.
    async fn read(files: Arc<dyn Files>) -> Result<(Kept, Opening)> {
        let (store, opened) = Store::open(files.clone())?;
        let (mut service, places) = restored(&store, &opened.manifest_body).await?;
        let mut replayed = 0;
        for record in opened.records {
            record::replay(&mut service, &record?)?;
            replayed += 1;
            step().await;
        }
        let kept = Kept {
            files,
            service,
            store,
            places,
            running: None,
            is_asked: false,
            makes_room: false,
            due_bytes: LOG,
            due_records: RECORDS,
            trouble: None,
            lost: None,
        };
        kept.store.fill_reserve();
        Ok((kept, Opening { cut_off: opened.cut_off, replayed }))
    }

    /// As [`Service::call`]: a reply that says that all is well is kept.
    pub fn call(&mut self, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
        let (mut partial, mut go_on) = (Partial::default(), || true);
        let reply = self.call_slice(call, &mut partial, &mut go_on)?;
        // none is what a read that was stopped has, and nobody stopped it
        Ok(reply.unwrap_or_default())
    }

    /// As [`Service::call_slice`].
    pub fn call_slice(
        &mut self,
        call: Call<'_>,
        partial: &mut Partial,
        go_on: &mut dyn FnMut() -> bool,
    ) -> std::result::Result<Option<Vec<u8>>, Refusal> {
        if self.lost.is_some() {
            self.read_anew();
        } else if self.store.is_broken() {
            // where it stays so, writes are refused, and reads go on
            let _ = self.reopen();
        }
        let is_flush = matches!(call.method, "Flush" | "FlushAll");
        let is_sealed = |segment: &Segment| segment.flushed() == segment.rows();
        let catalog = self.service.catalog();
        let is_idle =
            is_flush && catalog.collections().all(|collection| is_sealed(&collection.segment));
        let mut write = Write {
            call,
            last_timestamp: self.service.catalog().last_timestamp,
            store: &mut self.store,
            trouble: &mut self.trouble,
            lost: self.lost.as_ref(),
            is_idle,
            is_reserved: RESERVED.contains(&call.method),
            is_undone: false,
        };
        let answered = self.service.call_kept(call, &mut write, Pace::new(partial, go_on))?;
        let (is_undone, is_reserved) = (write.is_undone, write.is_reserved);
        if is_undone {
            self.read_anew();
        }
        if answered.error.is_none() && is_reserved {
            // what was dropped is gone from the files when they are written anew
            let Sizes { records, reserve, .. } = self.store.sizes();
            // the record itself may have found room that the last write did not
            let is_short = reserve < RESERVE || self.trouble.is_some();
            let makes_room = is_short || call.method == "DropStorage";
            self.is_asked |= records > 0 && (is_flush || makes_room);
            self.makes_room |= records > 0 && makes_room && !is_flush;
        }
        Ok((!answered.is_paused).then_some(answered.reply))
    }

    /// Whether there is something to do for [`Kept::step`].
    pub fn is_due(&self) -> bool {
        let Sizes { log, records, .. } = self.store.sizes();
        let is_full = log >= self.due_bytes || records >= self.due_records;
        self.running.is_some() || self.is_asked || is_full
    }

    /// Goes on with the checkpoint that is due, for so many bytes; tells whether there is more to
    /// do. On an error all is kept as it was, in the log.
    pub fn step(&mut self, bytes: usize) -> Result<bool> {
        if !self.is_due() {
            return Ok(false);
        }
        let catalog = self.service.catalog();
        let running = self
            .running
            .get_or_insert_with(|| Checkpoint::begin(&mut self.store, catalog, &self.places));
        match running.step(&mut self.store, catalog, bytes) {
            Ok(Progress::More) => return Ok(true),
            Ok(Progress::Outdated) => self.running = None,
            Ok(Progress::Done) => {
                let done = self.running.take().map(Checkpoint::into_places);
                self.places = done.unwrap_or_default();
                (self.due_bytes, self.due_records) = (LOG, RECORDS);
                (self.is_asked, self.makes_room) = (false, false);
                self.store.fill_reserve();
            }
            // the record found room that the files did not
            Err(StoreError::Quota) if self.makes_room && self.store.sizes().reserve > 0 => {
                self.running = None;
                self.store.empty_reserve()?;
            }
            Err(error) => {
                self.running = None;
                let Sizes { log, records, .. } = self.store.sizes();
                (self.due_bytes, self.due_records) = (log + LOG, records + RECORDS);
                (self.is_asked, self.makes_room) = (false, false);
                self.store.fill_reserve();
                return Err(error);
            }
        }
        Ok(self.is_due())
    }

    /// As [`Service::work`]: what is built can be built again, and is not kept.
    pub fn work(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool {
        self.service.work(go_on)
    }

    /// Writes all of the log to segments, at once.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.running = None;
        self.is_asked = self.store.sizes().records > 0;
        while self.step(SLICE)? {}
        Ok(())
    }

    /// The names of the files that [`Kept::step`] may open, for files that have to be made
    /// beforehand. Whoever asks does so before each step.
    pub fn names_ahead(&self) -> Vec<String> {
        let catalog = self.service.catalog();
        let segments = match &self.running {
            Some(running) => running.segments(),
            None => checkpoint::segments(&self.store, catalog, &self.places),
        };
        // others may come before it begins
        self.store.names_ahead(segments as u64 + AHEAD)
    }

    pub fn sizes(&self) -> Sizes {
        self.store.sizes()
    }

    /// All of it as one stream of bytes, of which [`crate::store::import::Import`] makes a store.
    pub fn export(&self) -> Result<Export> {
        self.store.export()
    }

    /// Reads the memory anew from the files, where it is not what is kept.
    fn read_anew(&mut self) {
        // it would be there twice
        self.service = Service::default();
        self.lost = self.reopen().err();
    }

    fn reopen(&mut self) -> Result<()> {
        // its drafts are removed here, and their numbers given anew
        self.running = None;
        let (opened, _) = Kept::open(self.files.clone())?;
        *self = Kept { trouble: self.trouble.take(), ..opened };
        Ok(())
    }
}

/// The service of the last checkpoint, and where its rows are.
async fn restored(store: &Store, body: &[u8]) -> Result<(Service, Places)> {
    let mut places = Places::new();
    if body.is_empty() {
        return Ok((Service::default(), places));
    }
    let state = State::of_body(body)?;
    let catalog = snapshot::catalog_of(state, async |collection, schema| {
        let deleted = |rows| snapshot::deleted_of(collection, rows);
        let segment = rows::read(store, schema, &collection.parts, deleted).await?;
        let place = Place { identity: segment.identity(), parts: collection.parts.clone() };
        places.insert(collection.id, place);
        Ok(segment)
    });
    let catalog = catalog.await?;
    Ok((Service::new(catalog), places))
}

/// Keeps one call.
struct Write<'a> {
    call: Call<'a>,
    last_timestamp: u64,
    store: &'a mut Store,
    trouble: &'a mut Option<StoreError>,
    lost: Option<&'a StoreError>,
    /// a flush of nothing new
    is_idle: bool,
    /// it may take of the reserve
    is_reserved: bool,
    /// the memory has what the files have not
    is_undone: bool,
}

impl Keeper for Write<'_> {
    fn admit(&mut self, effect: Effect) -> crate::error::Result<()> {
        if let Some(error) = self.lost {
            return Err(error.clone().into());
        }
        let is_checked = effect == Effect::Write && !self.is_reserved;
        if is_checked && self.trouble.is_some() {
            *self.trouble = self.store.try_room(record::size_of(self.call)).err();
            if let Some(error) = &self.trouble {
                return Err(self.refusal(error));
            }
        }
        Ok(())
    }

    fn keep(&mut self, catalog: &Catalog) -> crate::error::Result<()> {
        if self.is_idle {
            return Ok(());
        }
        let (kind, body) = record::record(self.call, self.last_timestamp, catalog);
        let kept = match self.is_reserved {
            true => self.store.append_reserved(kind, &body),
            false => self.store.append(kind, &body),
        };
        match kept {
            Ok(_) => Ok(()),
            Err(error) => {
                self.is_undone = true;
                let refusal = self.refusal(&error);
                *self.trouble = Some(error);
                Err(refusal)
            }
        }
    }

    fn sizes(&self) -> Option<Sizes> {
        Some(self.store.sizes())
    }
}

impl Write<'_> {
    /// Milvus's words for a full disk, and how much there is.
    fn refusal(&self, error: &StoreError) -> Error {
        if *error != StoreError::Quota {
            return error.clone().into();
        }
        let sizes = self.store.sizes();
        let segments: u64 = sizes.segments.iter().map(|(_, size)| size).sum();
        let megabytes = (sizes.manifest + sizes.log + segments + sizes.reserve) as f64 / 1e6;
        let reason = format!(
            "disk quota exceeded, please allocate more resources: {megabytes:.1} MB are kept"
        );
        Error::about(Kind::QuotaExceeded, "reason", reason)
    }
}
