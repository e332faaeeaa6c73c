//! Reads that take long, in slices. Whoever calls the engine can do nothing else meanwhile, so a
//! read asks between its steps whether it may go on. Where it may not it ends there, and is called
//! again with its [`Partial`]: what it found is not looked for twice. Nothing may be written
//! before it is done.

use std::ops::Range;

use crate::error::{Error, Kind, Result};
use crate::index::Hit;
use crate::index::collect::TopK;
use crate::segment::bits::Bits;

/// What an unfinished read has found so far; empty for a new one.
#[derive(Default)]
pub struct Partial {
    /// when it began: what ends while it goes on is still seen
    moment: Option<u64>,
    is_paused: bool,
    filters: Vec<Bits>,
    searches: Vec<Found>,
}

/// What one search has found so far.
#[derive(Default)]
pub(crate) struct Found {
    /// of the queries that are done
    pub hits: Vec<Vec<Hit>>,
    /// of the others, where they have been compared with the rows before `row`
    pub tops: Vec<TopK>,
    pub row: u32,
}

/// One slice of a read.
pub(crate) struct Pace<'a> {
    partial: &'a mut Partial,
    go_on: &'a mut dyn FnMut() -> bool,
    /// how many there were in this slice: they come in the same order in each
    filters: usize,
    searches: usize,
}

impl<'a> Pace<'a> {
    /// `go_on` is asked every few milliseconds.
    pub fn new(partial: &'a mut Partial, go_on: &'a mut dyn FnMut() -> bool) -> Pace<'a> {
        partial.is_paused = false;
        Pace { partial, go_on, filters: 0, searches: 0 }
    }

    /// Whether the error that a read ended with means that there is more to do.
    pub fn is_paused(&self) -> bool {
        self.partial.is_paused
    }

    /// The moment of the read: the one of its first slice.
    pub fn moment(&mut self, now: u64) -> u64 {
        *self.partial.moment.get_or_insert(now)
    }

    /// The rows that a filter matches, of which it is asked so many at a time: a multiple of 64.
    pub fn filter(
        &mut self,
        rows: usize,
        step: usize,
        mut matches: impl FnMut(Range<usize>) -> Bits,
    ) -> Result<Bits> {
        let number = self.filters;
        self.filters += 1;
        let mut done = self.partial.filters.get(number).cloned().unwrap_or_default();
        let mut paused = Ok(());
        while done.len() < rows && paused.is_ok() {
            let from = done.len();
            done.extend(&matches(from..rows.min(from.saturating_add(step))));
            paused = if done.len() < rows { self.pause() } else { Ok(()) };
        }
        put(&mut self.partial.filters, number, done.clone());
        paused.map(|()| done)
    }

    /// The hits of each of so many queries, in steps of what is found by [`Found`] when it is asked
    /// to go on: until it has as many hits as there are queries.
    pub fn search(
        &mut self,
        queries: usize,
        mut step: impl FnMut(&mut Found),
    ) -> Result<Vec<Vec<Hit>>> {
        let number = self.searches;
        self.searches += 1;
        let mut found = match self.partial.searches.get_mut(number) {
            Some(found) => std::mem::take(found),
            None => Found::default(),
        };
        let mut paused = Ok(());
        while found.hits.len() < queries && paused.is_ok() {
            step(&mut found);
            paused = if found.hits.len() < queries { self.pause() } else { Ok(()) };
        }
        // a later search, or what the hits are for, may have to be done in another slice
        let hits = paused.map(|()| found.hits.clone());
        put(&mut self.partial.searches, number, found);
        hits
    }

    fn pause(&mut self) -> Result<()> {
        self.partial.is_paused = !(self.go_on)();
        match self.partial.is_paused {
            true => Err(Error::plain(Kind::Internal, "a read was not called to its end")),
            false => Ok(()),
        }
    }
}

/// Keeps what is done of the one with this number; there is one before each.
fn put<T>(all: &mut Vec<T>, number: usize, done: T) {
    match all.get_mut(number) {
        Some(place) => *place = done,
        None => all.push(done),
    }
}
