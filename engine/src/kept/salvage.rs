//! What is whole of a damaged store, as a service in memory, and what it has lost, in words.
//!
//! Every row that comes out was acknowledged as it is, in a table of that name. Rows that have lost
//! a value are left out, and parts whose columns cannot be told apart. The log is done again over
//! its gaps, but for what leans on what is lost: a change of single fields of a row, and rows of a
//! table that was made, or written, in vain before. What a lost record deleted comes back.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::record::{Needs, needs, replay};
use super::rows::{self, Source};
use super::snapshot;
use super::state::{self, State};
use crate::pace::at_once;
use crate::schema::Schema;
use crate::segment::bits::Bits;
use crate::service::Service;
use crate::store::error::{Result, StoreError};
use crate::store::files::Files;
use crate::store::salvage::{Salvage, salvage};

/// Lines of damage that are told; there may be one for every few bytes.
const TOLD: usize = 10;

pub(super) struct Rest {
    pub service: Service,
    pub lost: Vec<String>,
}

pub(super) fn rest(files: &Arc<dyn Files>) -> Result<Rest> {
    let salvage = salvage(files.clone())?;
    let mut lost: Vec<String> = salvage.lost.iter().take(TOLD).map(place_of).collect();
    if salvage.lost.len() > TOLD {
        lost.push(format!("and {} places more", salvage.lost.len() - TOLD));
    }
    let lines = lost.len();
    let mut service = checkpointed(&salvage, &mut lost)?;
    let is_torn = lost.len() > lines;
    log(&salvage, &mut service, is_torn, &mut lost);
    Ok(Rest { service, lost })
}

/// As of the last checkpoint.
fn checkpointed(salvage: &Salvage, lost: &mut Vec<String>) -> Result<Service> {
    let Some(body) = &salvage.manifest_body else {
        // a log from the first record on is all there was
        if salvage.records.first().is_some_and(|record| record.sequence == 1) {
            return Ok(Service::default());
        }
        lost.push("which tables there are: those that the log tells of are left".to_string());
        return Ok(Service::default());
    };
    if body.is_empty() {
        return Ok(Service::default());
    }
    let mut state = State::of_body(body)?;
    for database in &mut state.databases {
        for collection in &mut database.collections {
            let name = format!("{}.{}", database.name, collection.name);
            let rows = leave_out(collection, salvage)?;
            if rows > 0 {
                lost.push(format!("{} of table {name}", count(rows, "row")));
            }
        }
    }
    let catalog = snapshot::catalog_of(state, async |collection, schema| {
        let deleted = |rows| snapshot::deleted_of(collection, rows);
        rows::read(salvage, schema, &collection.parts, deleted).await
    });
    Ok(Service::new(at_once(catalog)?))
}

/// Leaves out the parts that cannot be read; gives how many rows are lost, in these and in others.
fn leave_out(collection: &mut state::Collection, salvage: &Salvage) -> Result<usize> {
    let message = collection.schema.clone().unwrap_or_default();
    let schema = Schema::restored(message, &collection.fields)
        .map_err(|error| state::damaged(error.to_string()))?;
    let rows = collection.parts.iter().map(|part| part.rows as usize).sum();
    let deleted = snapshot::deleted_of(collection, rows);
    let (mut parts, mut left) = (Vec::new(), Vec::<Range<usize>>::new());
    let (mut start, mut there) = (0, 0);
    for part in &collection.parts {
        let range = start..start + part.rows as usize;
        start = range.end;
        let gone = |_| range.clone().map(|row| deleted.get(row)).collect();
        match at_once(rows::read(salvage, &schema, &[*part], gone)) {
            Ok(segment) => {
                there += segment.live_count();
                parts.push(*part);
                left.push(range);
            }
            Err(StoreError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if parts.len() < collection.parts.len() {
        let gone: Bits = left.iter().cloned().flatten().map(|row| deleted.get(row)).collect();
        collection.deleted = gone.words().iter().flat_map(|word| word.to_le_bytes()).collect();
        let before = |row: u64| {
            let row = row as usize;
            let of = |range: &Range<usize>| range.end.min(row).saturating_sub(range.start);
            left.iter().map(of).sum::<usize>() as u64
        };
        for written in &mut collection.written {
            written.rows = before(written.rows);
        }
        collection.parts = parts;
    }
    Ok(rows - deleted.count() - there)
}

/// Does the log again.
fn log(salvage: &Salvage, service: &mut Service, mut is_torn: bool, lost: &mut Vec<String>) {
    let (mut missing, mut in_vain, mut left_out) = (0, 0, 0);
    let mut next = salvage.first_sequence;
    let mut unsure = HashSet::new();
    for record in &salvage.records {
        missing += record.sequence.saturating_sub(next);
        is_torn |= record.sequence != next;
        next = record.sequence + 1;
        let needs = needs(record);
        let leans = match &needs {
            Needs::Nothing => false,
            Needs::Rows => is_torn,
            Needs::Table(table) => unsure.contains(table),
        };
        if leans {
            left_out += 1;
        } else if replay(service, record).is_err() {
            is_torn = true;
            in_vain += 1;
            if let Needs::Table(table) = needs {
                unsure.insert(table);
            }
        }
    }
    if missing > 0 {
        let words = "what they wrote is lost, and what they deleted may be there again";
        lost.push(format!("{} of the log: {words}", count(missing as usize, "record")));
    }
    if in_vain + left_out > 0 {
        let records = count(in_vain + left_out, "record");
        lost.push(format!("{records} of the log, whole but of no sense without what is lost"));
    }
}

/// A block that is not whole reads as zeros, and its rows are left out.
impl Source for Salvage {
    fn block_len(&self, segment: u64, block: usize) -> Result<usize> {
        Salvage::block_len(self, segment, block)
    }

    fn read_block(&self, segment: u64, block: usize, buffer: &mut [u8]) -> Result<bool> {
        match self.read_block_into(segment, block, buffer) {
            Ok(()) => Ok(true),
            Err(StoreError::Damaged { .. }) => {
                buffer.fill(0);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// "1 row", "2 rows".
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn place_of(error: &StoreError) -> String {
    match error {
        StoreError::Damaged { file, offset, what } => format!("`{file}` at byte {offset}: {what}"),
        other => other.to_string(),
    }
}
