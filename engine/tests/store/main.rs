//! The store under everything that can happen to it: crashes at every step, full disks, bits that
//! flip, files that are cut, a process that is killed, versions that come and go.

mod crash;
mod damage;
mod format;
mod kill;
mod moves;

use std::collections::BTreeMap;
use std::sync::Arc;

use milvus_engine::store::error::{Result, StoreError};
use milvus_engine::store::files::memory::Memory;
use milvus_engine::store::log::Record;
use milvus_engine::store::segment::Sealed;
use milvus_engine::store::{Checkpoint, Store};

/// All that a store holds, for whoever opens it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub body: Vec<u8>,
    pub segments: BTreeMap<u64, Vec<Vec<u8>>>,
    pub records: Vec<Record>,
}

pub fn open(memory: &Memory) -> Result<(Store, State)> {
    let (store, opened) = Store::open(Arc::new(memory.clone()))?;
    let records = opened.records.collect::<Result<Vec<Record>>>()?;
    let state = State { body: opened.manifest_body, segments: segments(&store)?, records };
    Ok((store, state))
}

pub fn segments(store: &Store) -> Result<BTreeMap<u64, Vec<Vec<u8>>>> {
    let mut segments = BTreeMap::new();
    for number in store.segments() {
        let blocks = (0..store.blocks(number)?).map(|block| store.read_block(number, block));
        segments.insert(number, blocks.collect::<Result<_>>()?);
    }
    Ok(segments)
}

/// A step of a history, in a store and in the state that it should have.
#[derive(Clone, Debug)]
pub enum Step {
    Append(Vec<(u8, Vec<u8>)>),
    Checkpoint {
        body: Vec<u8>,
        /// how many of the newest records are not in it
        carried: u64,
        /// how many of the newest segments stay
        keep: usize,
        new: Vec<Vec<Vec<u8>>>,
    },
}

impl Step {
    pub fn run(&self, store: &mut Store) -> Result<()> {
        match self {
            Step::Append(records) => {
                let records: Vec<(u8, &[u8])> =
                    records.iter().map(|(kind, body)| (*kind, &body[..])).collect();
                store.append_many(&records).map(|_| ())
            }
            Step::Checkpoint { body, carried, keep, new } => {
                let new: Vec<Sealed> =
                    new.iter().map(|blocks| seal(store, blocks)).collect::<Result<_>>()?;
                let mut kept: Vec<u64> = store.segments().collect();
                kept = kept.split_off(kept.len() - keep);
                let through = store.last_sequence() - carried;
                store.checkpoint(Checkpoint { manifest_body: body, through, keep: &kept, new })
            }
        }
    }

    /// The state after the step; `last` is the last sequence.
    pub fn model(&self, state: &mut State, last: &mut u64, next_segment: &mut u64) {
        match self {
            Step::Append(records) => {
                for (kind, body) in records {
                    *last += 1;
                    state.records.push(Record { sequence: *last, kind: *kind, body: body.clone() });
                }
            }
            Step::Checkpoint { body, carried, keep, new } => {
                state.body = body.clone();
                state.records.retain(|record| record.sequence + carried > *last);
                let drop = state.segments.len() - keep;
                (0..drop).for_each(|_| assert!(state.segments.pop_first().is_some()));
                for blocks in new {
                    state.segments.insert(*next_segment, blocks.clone());
                    *next_segment += 1;
                }
            }
        }
    }
}

fn seal(store: &mut Store, blocks: &[Vec<u8>]) -> Result<Sealed> {
    let mut writer = store.new_segment()?;
    for block in blocks {
        writer.write(block)?;
    }
    writer.finish()
}

/// A history with everything in it, small enough to be crashed at every byte.
pub fn history() -> Vec<Step> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        Step::Append(vec![(1, text("create"))]),
        Step::Append(vec![(2, text("one")), (2, vec![]), (3, vec![7; 90])]),
        Step::Checkpoint {
            body: text("first"),
            carried: 0,
            keep: 0,
            new: vec![vec![vec![1; 70], vec![], vec![2; 3]], vec![]],
        },
        Step::Append(vec![(2, text("two"))]),
        Step::Append(vec![(2, text("three")), (4, text("four"))]),
        Step::Append(vec![(2, text("five"))]),
        Step::Checkpoint {
            body: text("the second one, longer than the first"),
            carried: 2,
            keep: 1,
            new: vec![vec![vec![9; 64]]],
        },
        Step::Append(vec![(5, vec![0; 40])]),
        Step::Checkpoint { body: text("3"), carried: 0, keep: 2, new: vec![] },
        Step::Append(vec![(2, text("six")), (2, text("seven"))]),
        Step::Append(vec![(2, text("eight"))]),
    ]
}

/// The states before the first step and after each.
pub fn states(steps: &[Step]) -> Vec<State> {
    let (mut state, mut last, mut next_segment) = (State::default(), 0, 1);
    let mut states = vec![state.clone()];
    for step in steps {
        step.model(&mut state, &mut last, &mut next_segment);
        states.push(state.clone());
    }
    states
}

/// A store after the whole history.
pub fn written() -> Memory {
    let memory = Memory::new();
    let (mut store, _) = open(&memory).unwrap();
    for step in history() {
        step.run(&mut store).unwrap();
    }
    memory
}

/// Numbers that look like chance and are the same in each run (splitmix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }
}

#[test]
fn a_history_reads_as_it_was_written() {
    let steps = history();
    let states = states(&steps);
    let memory = Memory::new();
    for (step, (before, after)) in steps.iter().zip(states.iter().zip(&states[1..])) {
        let (mut store, state) = open(&memory).unwrap();
        assert_eq!(&state, before);
        step.run(&mut store).unwrap();
        assert_eq!(segments(&store).unwrap(), after.segments);
    }
    assert_eq!(&open(&memory).unwrap().1, states.last().unwrap());
    // two manifests, a log, two segments: nothing is left over
    let mut names = milvus_engine::store::files::Files::list(&memory).unwrap();
    names.sort();
    assert_eq!(names, ["log.4", "manifest.0", "manifest.1", "seg.2", "seg.3"]);
}

#[test]
fn says_how_large_it_is_and_which_files_come_next() {
    let memory = written();
    let (store, _) = open(&memory).unwrap();
    let sizes = store.sizes();
    let size = |name: &str| memory.get(name).unwrap().len() as u64;
    assert_eq!(sizes.manifest, size("manifest.0") + size("manifest.1"));
    assert_eq!((sizes.log, sizes.records), (size("log.4"), 3));
    assert_eq!(sizes.segments, [(2, size("seg.2")), (3, size("seg.3"))]);
    assert_eq!(store.names_ahead(2), ["log.5", "reserve", "seg.4", "seg.5"]);
}

#[test]
fn blocks_of_several_pieces_lie_aligned_and_are_read_into_place() {
    let memory = Memory::new();
    let (mut store, _) = open(&memory).unwrap();
    let large: Vec<u8> = (0..(5u32 << 19) + 3).map(|number| (number % 251) as u8).collect();
    let blocks = [vec![3; 5], large.clone(), vec![4; 1 << 20]];
    let sealed = seal(&mut store, &blocks).unwrap();
    let checkpoint = Checkpoint { manifest_body: b"", through: 0, keep: &[], new: vec![sealed] };
    store.checkpoint(checkpoint).unwrap();
    let mut read = vec![0; large.len()];
    store.read_block_into(1, 1, &mut read).unwrap();
    assert!(read == large);
    let file = memory.get("seg.1").unwrap();
    let at = file.windows(64).position(|bytes| bytes == &large[..64]).unwrap();
    assert_eq!(at % 64, 0);
    let refused = store.read_block_into(1, 1, &mut read[1..]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "block 1 of `seg.1` has 2621443 bytes, and room for 2621442 was given"
    );
    assert!(matches!(store.read_block(1, 3), Err(StoreError::Io(_))));
    assert!(matches!(store.read_block(2, 0), Err(StoreError::Io(_))));
}

#[test]
fn large_records_are_read_as_they_were_written() {
    let memory = Memory::new();
    memory.set_faults(milvus_engine::store::files::memory::Faults {
        write: Some(4093),
        ..Default::default()
    });
    let (mut store, _) = open(&memory).unwrap();
    let sizes = [0, 1, (1 << 20) - 22, 1 << 20, (3 << 20) + 17, 500, (1 << 20) - 1];
    let bodies: Vec<Vec<u8>> =
        sizes.iter().zip(1..).map(|(size, byte): (&usize, u8)| vec![byte; *size]).collect();
    let records: Vec<(u8, &[u8])> = bodies.iter().map(|body| (0, &body[..])).collect();
    assert_eq!(store.append_many(&records).unwrap(), 1..8);
    assert_eq!(store.append(9, &bodies[4]).unwrap(), 8);
    let read = open(&memory).unwrap().1.records;
    assert_eq!(read.len(), 8);
    assert!(read.iter().zip(bodies.iter().chain([&bodies[4]])).all(|(a, b)| a.body == *b));
}
