//! Requests that take long, in slices. Whoever calls the engine can do nothing else meanwhile, so a
//! request asks between its steps whether it may go on. Where it may not it ends there, and is
//! called again with its [`Partial`]: what it found is not looked for twice. Nothing may be written
//! before it is done.
//!
//! What is written as one piece, such as reading a store, is cut by `step`: `at_once` does it in
//! one go, and `Pace::work` with pauses.

use std::any::Any;
use std::future::poll_fn;
use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Kind, Result};
use crate::index::Hit;
use crate::index::collect::TopK;
use crate::segment::bits::Bits;

/// What an unfinished request has found so far; empty for a new one.
#[derive(Default)]
pub struct Partial {
    /// when it began: what ends while it goes on is still seen
    moment: Option<u64>,
    is_paused: bool,
    filters: Vec<Bits>,
    searches: Vec<Found>,
    /// what else is under way: of the type that its method knows
    work: Option<Box<dyn Any>>,
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

/// One slice of a request.
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

    /// Whether there is work under way that has what it needs of the request.
    pub fn is_at_work(&self) -> bool {
        self.partial.work.is_some()
    }

    /// The work that is under way.
    pub fn resume<W: 'static>(&mut self) -> Option<W> {
        let work = self.partial.work.take()?.downcast();
        work.ok().map(|work| *work)
    }

    /// Does work step by step, each of some milliseconds, until one gives what was worked for.
    pub fn work<W: 'static, T>(
        &mut self,
        mut work: W,
        mut step: impl FnMut(&mut W) -> Result<Option<T>>,
    ) -> Result<T> {
        loop {
            if let Some(done) = step(&mut work)? {
                return Ok(done);
            }
            if let Err(paused) = self.pause() {
                self.partial.work = Some(Box::new(work));
                return Err(paused);
            }
        }
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
            true => Err(Error::plain(Kind::Internal, "a request was not called to its end")),
            false => Ok(()),
        }
    }
}

/// A place in work that is written as one piece where it can pause.
pub(crate) async fn step() {
    let mut is_behind = false;
    poll_fn(|_| match std::mem::replace(&mut is_behind, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

/// Does such work up to its next pause; gives what comes of it once it is done.
pub(crate) fn go_on<T>(work: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Does such work in one go.
pub(crate) fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Some(done) = go_on(&mut work) {
            return done;
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
