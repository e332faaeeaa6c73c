//! Files that are forgotten, for a browser that keeps nothing, and for tests: they can be short of
//! room, write in small parts, fail to flush, and crash at any byte. What a crash leaves is files
//! of their own, with or without what was not flushed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{File, Files};
use crate::store::error::{Result, StoreError};

/// Clones are the same files.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<State>>);

/// What goes wrong, and when.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// bytes that all files may have together
    pub quota: Option<u64>,
    /// bytes that one write takes at most
    pub write: Option<usize>,
    /// after so many steps nothing is done any more: a byte written is one, any other change too
    pub crash_after: Option<u64>,
    /// the flushes that fail, counted from when the faults were set: 0 is the next one
    pub fail_flushes: Range<u64>,
}

/// What a crash takes with it.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// the process was killed: what it wrote is there
    Nothing,
    /// the power failed: what was not flushed is gone
    Unflushed,
    /// the power failed while it was being written: any of it may be gone, chosen by the number
    Some(u64),
}

#[derive(Default)]
struct State {
    names: BTreeMap<String, u64>,
    contents: BTreeMap<u64, Content>,
    next: u64,
    faults: Faults,
    crashed: bool,
    steps: u64,
    flushes: u64,
}

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    /// what was there at the last flush, and what was done since; only while a crash is to come
    flushed: Option<Vec<u8>>,
    since: Vec<Change>,
}

enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

struct MemoryFile {
    state: Arc<Mutex<State>>,
    number: u64,
}

impl Memory {
    pub fn new() -> Memory {
        Memory::default()
    }

    pub fn set_faults(&self, faults: Faults) {
        let mut state = self.state();
        state.faults = faults;
        state.steps = 0;
        state.flushes = 0;
    }

    /// Steps done since the faults were set; see `Faults::crash_after`.
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Files that hold what a crash left.
    pub fn after_crash(&self, loss: Loss) -> Memory {
        let state = self.state();
        let after = Memory::new();
        let mut chosen = match loss {
            Loss::Some(seed) => seed,
            Loss::Nothing | Loss::Unflushed => 0,
        };
        for (name, number) in &state.names {
            if let Some(content) = state.contents.get(number) {
                after.put(name, content.after(loss, &mut chosen));
            }
        }
        after
    }

    /// A file's bytes; none when there is no such file.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.contents.get(state.names.get(name)?).map(|content| content.bytes.clone())
    }

    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.state();
        let number = state.number(name);
        state.contents.insert(number, Content { bytes, ..Content::default() });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Memory {
    fn open(&self, name: &str) -> Result<Arc<dyn File>> {
        let mut state = self.state();
        if state.names.contains_key(name) {
            state.alive()?;
        } else {
            state.step()?;
        }
        let number = state.number(name);
        Ok(Arc::new(MemoryFile { state: self.0.clone(), number }))
    }

    fn list(&self) -> Result<Vec<String>> {
        let state = self.state();
        state.alive()?;
        Ok(state.names.keys().cloned().collect())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let mut state = self.state();
        state.step()?;
        if let Some(number) = state.names.remove(name) {
            state.contents.remove(&number);
        }
        Ok(())
    }
}

impl File for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let mut state = self.state();
        state.alive()?;
        let content = state.content(self.number)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let there = content.bytes.get(start..).unwrap_or_default();
        let count = there.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), there.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        let mut state = self.state();
        state.alive()?;
        let asked = state.faults.write.map_or(bytes.len(), |most| bytes.len().min(most));
        let room = state.room(self.number, offset)?;
        // as Chromium's files do: what there is room for is written, and then it fails
        let fitting = usize::try_from(room).map_or(asked, |room| asked.min(room));
        let taken = state.take_steps(fitting as u64) as usize;
        let keeps = state.faults.crash_after.is_some();
        let content = state.content(self.number)?;
        content
            .apply(Change::Write(offset, bytes.get(..taken).unwrap_or_default().to_vec()), keeps);
        match () {
            () if taken < fitting => Err(crashed()),
            () if fitting < asked => Err(StoreError::Quota),
            () => Ok(taken),
        }
    }

    fn flush(&self) -> Result<()> {
        let mut state = self.state();
        state.step()?;
        let flush = state.flushes;
        state.flushes += 1;
        if state.faults.fail_flushes.contains(&flush) {
            return Err(StoreError::Io("the flush failed".to_string()));
        }
        let content = state.content(self.number)?;
        content.flushed = None;
        content.since.clear();
        Ok(())
    }

    fn truncate(&self, size: u64) -> Result<()> {
        let mut state = self.state();
        state.step()?;
        let keeps = state.faults.crash_after.is_some();
        state.content(self.number)?.apply(Change::Truncate(size), keeps);
        Ok(())
    }

    fn size(&self) -> Result<u64> {
        let mut state = self.state();
        state.alive()?;
        Ok(state.content(self.number)?.bytes.len() as u64)
    }
}

impl MemoryFile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn number(&mut self, name: &str) -> u64 {
        if let Some(number) = self.names.get(name) {
            return *number;
        }
        self.next += 1;
        self.names.insert(name.to_string(), self.next);
        self.contents.insert(self.next, Content::default());
        self.next
    }

    fn content(&mut self, number: u64) -> Result<&mut Content> {
        self.contents
            .get_mut(&number)
            .ok_or_else(|| StoreError::Io("the file was removed".to_string()))
    }

    /// How many bytes can be written at a place.
    fn room(&self, number: u64, offset: u64) -> Result<u64> {
        let Some(quota) = self.faults.quota else { return Ok(u64::MAX) };
        let used: u64 = self.contents.values().map(|content| content.bytes.len() as u64).sum();
        let size = self.contents.get(&number).map_or(0, |content| content.bytes.len() as u64);
        Ok((size + quota.saturating_sub(used)).saturating_sub(offset))
    }

    fn alive(&self) -> Result<()> {
        if self.crashed { Err(crashed()) } else { Ok(()) }
    }

    fn step(&mut self) -> Result<()> {
        self.alive()?;
        if self.take_steps(1) == 0 { Err(crashed()) } else { Ok(()) }
    }

    /// Gives as many steps as are left, and crashes when they are not enough.
    fn take_steps(&mut self, asked: u64) -> u64 {
        let left = self.faults.crash_after.map_or(asked, |after| after.saturating_sub(self.steps));
        self.crashed = left < asked;
        self.steps += asked.min(left);
        asked.min(left)
    }
}

impl Content {
    fn apply(&mut self, change: Change, keeps: bool) {
        if keeps && self.flushed.is_none() {
            self.flushed = Some(self.bytes.clone());
        }
        change.make(&mut self.bytes);
        if keeps {
            self.since.push(change);
        }
    }

    fn after(&self, loss: Loss, chosen: &mut u64) -> Vec<u8> {
        let Some(flushed) = &self.flushed else { return self.bytes.clone() };
        let mut bytes = flushed.clone();
        for change in &self.since {
            let is_kept = match loss {
                Loss::Nothing => true,
                Loss::Unflushed => false,
                Loss::Some(_) => {
                    // a step of the generator of Knuth's MMIX
                    *chosen = chosen.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    *chosen >> 63 == 1
                }
            };
            if is_kept {
                change.make(&mut bytes);
            }
        }
        bytes
    }
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write(offset, written) => {
                let start = usize::try_from(*offset).unwrap_or(usize::MAX);
                let end = start.saturating_add(written.len());
                if !written.is_empty() && bytes.len() < end {
                    bytes.resize(end, 0);
                }
                if let Some(place) = bytes.get_mut(start..end) {
                    place.copy_from_slice(written);
                }
            }
            Change::Truncate(size) => {
                bytes.resize(usize::try_from(*size).unwrap_or(usize::MAX), 0);
            }
        }
    }
}

fn crashed() -> StoreError {
    StoreError::Io("crashed".to_string())
}
