//! Files that are not what was written: they are refused, or their other copy is taken, and never
//! read as something else. Bytes that make no sense under checksums that are right are no panic.

use std::sync::Arc;

use milvus_engine::kept::Kept;
use milvus_engine::store::files::memory::Memory;
use milvus_engine::store::segment::Sealed;
use milvus_engine::store::{Checkpoint, Store};

use crate::format::{folder, read};
use crate::requests::looks;
use crate::{COLLECTIONS, Chance, DATABASES, call};

const FILES: [&str; 7] = ["manifest.0", "manifest.1", "log.2", "seg.1", "seg.2", "seg.3", "seg.4"];

#[test]
fn a_bit_that_flips_is_found_out() {
    let whole = read(&folder("kept-v1"));
    let replies = look(&mut open(&whole).unwrap().0);
    let (mut refused, mut other_copy) = (0, 0);
    for name in FILES {
        let bytes = whole.get(name).unwrap();
        for at in (0..bytes.len()).step_by(7) {
            let memory = read(&folder("kept-v1"));
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            memory.put(name, flipped);
            match open(&memory) {
                Err(error) => {
                    assert!(error.starts_with("the store is "), "{name} {at}: {error}");
                    refused += 1;
                }
                // what is at the end of the log may never have been acknowledged
                Ok((_, cut_off)) if cut_off > 0 => assert_eq!(name, "log.2"),
                Ok((mut kept, _)) => {
                    let is_padding = name.starts_with("seg");
                    assert!(is_padding || name.starts_with("manifest"), "{name} {at}");
                    assert!(look(&mut kept) == replies, "{name} {at}");
                    other_copy += 1;
                }
            }
        }
    }
    assert!(refused > 800 && other_copy > 600, "{refused} {other_copy}");
}

#[test]
fn blocks_that_make_no_sense_are_no_panic() {
    let (store, opened) = Store::open(Arc::new(read(&folder("kept-v1")))).unwrap();
    let whole: Vec<Vec<Vec<u8>>> = store
        .segments()
        .map(|number| {
            let blocks = 0..store.blocks(number).unwrap();
            blocks.map(|block| store.read_block(number, block).unwrap()).collect()
        })
        .collect();
    let (mut refused, mut opened_all_the_same) = (0, 0);
    for seed in 0..1_500 {
        let mut chance = Chance(seed);
        let (mut segments, mut body) = (whole.clone(), opened.manifest_body.clone());
        for _ in 0..1 + chance.below(2) {
            match chance.below(4) {
                0 => mutate(&mut body, &mut chance),
                1 => {
                    let blocks = &mut segments[chance.below(4) as usize];
                    let at = chance.below(blocks.len() as u64) as usize;
                    match chance.below(3) {
                        0 => drop(blocks.remove(at)),
                        1 => blocks.insert(at, blocks[at].clone()),
                        _ => blocks.reverse(),
                    }
                }
                _ => {
                    let blocks = &mut segments[chance.below(4) as usize];
                    let at = chance.below(blocks.len() as u64) as usize;
                    mutate(&mut blocks[at], &mut chance);
                }
            }
        }
        let memory = Memory::new();
        write(&memory, &body, &segments);
        match open(&memory) {
            Err(_) => refused += 1,
            Ok((mut kept, _)) => {
                look(&mut kept);
                opened_all_the_same += 1;
            }
        }
    }
    assert!(refused > 300 && opened_all_the_same > 100, "{refused} {opened_all_the_same}");
}

fn mutate(bytes: &mut Vec<u8>, chance: &mut Chance) {
    if bytes.is_empty() {
        return bytes.push(1);
    }
    let at = chance.below(bytes.len() as u64) as usize;
    match chance.below(5) {
        0 => bytes.truncate(at),
        1 => bytes.extend([0; 8]),
        2 => bytes[at] = 0xFF,
        3 => drop(bytes.remove(at)),
        _ => bytes[at] ^= 1 << chance.below(8),
    }
}

fn write(memory: &Memory, manifest_body: &[u8], segments: &[Vec<Vec<u8>>]) {
    let (mut store, _) = Store::open(Arc::new(memory.clone())).unwrap();
    let seal = |blocks: &Vec<Vec<u8>>| {
        let mut writer = store.new_segment().unwrap();
        for block in blocks {
            writer.write(block).unwrap();
        }
        writer.finish().unwrap()
    };
    let new: Vec<Sealed> = segments.iter().map(seal).collect();
    store.checkpoint(Checkpoint { manifest_body, through: 0, keep: &[], new }).unwrap();
}

fn open(memory: &Memory) -> Result<(Kept, u64), String> {
    let opened = Kept::open(Arc::new(memory.clone()));
    opened.map(|(kept, opening)| (kept, opening.cut_off)).map_err(|error| error.to_string())
}

fn look(kept: &mut Kept) -> Vec<Vec<u8>> {
    let all = looks(&DATABASES, &COLLECTIONS);
    all.iter().map(|ask| kept.call(call(ask, 1_800_000_000_000)).unwrap()).collect()
}
