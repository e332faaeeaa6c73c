//! Bits that flip, files that are cut, lengthened, lost or put in each other's place: never a
//! panic, never a wrong record or block, and what is whole can be had.

use std::ops::Range;
use std::sync::Arc;

use milvus_engine::store::crc::crc32;
use milvus_engine::store::error::{Result, StoreError};
use milvus_engine::store::files::Files;
use milvus_engine::store::files::memory::Memory;
use milvus_engine::store::log::Record;
use milvus_engine::store::salvage::{Salvage, salvage};
use milvus_engine::store::{Checkpoint, Store};

use crate::{Chance, State, history, open, states, written};

fn copy(memory: &Memory) -> Memory {
    let copy = Memory::new();
    for name in memory.list().unwrap() {
        copy.put(&name, memory.get(&name).unwrap());
    }
    copy
}

fn bytes(memory: &Memory) -> Vec<(String, Vec<u8>)> {
    let names = memory.list().unwrap();
    names.into_iter().map(|name| (name.clone(), memory.get(&name).unwrap())).collect()
}

fn salvaged(memory: &Memory) -> Salvage {
    salvage(Arc::new(memory.clone())).unwrap()
}

/// What a damaged store gives is right: the last body, records from the first on, whole blocks.
fn check(damaged: &Memory, last: &State, place: &str) -> Result<Vec<Record>> {
    let before = bytes(damaged);
    let rest = salvaged(damaged);
    assert!(rest.records.iter().all(|record| last.records.contains(record)), "{place}");
    for number in rest.segments() {
        for block in 0..rest.blocks(number) {
            if let Ok(read) = rest.read_block(number, block) {
                assert_eq!(read, last.segments[&number][block], "{place}");
            }
        }
    }
    assert_eq!(bytes(damaged), before, "{place}: salvage changes nothing");

    let opened = Store::open(Arc::new(damaged.clone()));
    let (store, opened) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            assert_eq!(bytes(damaged), before, "{place}: what does not open is left alone");
            return Err(error);
        }
    };
    assert_eq!(opened.manifest_body, last.body, "{place}");
    let records = opened.records.collect::<Result<Vec<_>>>().unwrap();
    assert_eq!(records, last.records[..records.len()], "{place}");
    assert!(store.segments().eq(last.segments.keys().copied()), "{place}");
    for (number, blocks) in &last.segments {
        for (block, written) in blocks.iter().enumerate() {
            match store.read_block(*number, block) {
                Ok(read) => assert_eq!(&read, written, "{place}"),
                Err(StoreError::Damaged { .. }) => {}
                Err(error) => panic!("{place}: {error}"),
            }
        }
    }
    Ok(records)
}

#[test]
fn every_bit_that_flips_is_found_or_does_not_matter() {
    let memory = written();
    let last = states(&history()).pop().unwrap();
    let log = memory.get("log.4").unwrap();
    let last_record = log.len() - (21 + b"eight".len());
    for (name, whole) in bytes(&memory) {
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let damaged = copy(&memory);
            damaged.put(&name, flipped);
            let place = format!("{name}, bit {bit}");
            let opened = check(&damaged, &last, &place);
            match &name[..3] {
                // one of two is enough
                "man" => assert_eq!(opened.unwrap(), last.records, "{place}"),
                "seg" => assert_eq!(opened.unwrap(), last.records, "{place}"),
                // the last record may have been on its way; all others were acknowledged
                _ if bit / 8 >= last_record => assert_eq!(opened.unwrap().len(), 2, "{place}"),
                _ => assert!(matches!(opened, Err(StoreError::Damaged { .. })), "{place}"),
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_or_lost_gives_what_is_before_the_cut() {
    let memory = written();
    let last = states(&history()).pop().unwrap();
    for (name, whole) in bytes(&memory) {
        for cut in 0..whole.len() {
            let damaged = copy(&memory);
            damaged.put(&name, whole[..cut].to_vec());
            let opened = check(&damaged, &last, &format!("{name} cut to {cut}"));
            assert_eq!(opened.is_err(), name == "log.4" && cut < 40, "{name} cut to {cut}");
        }
        let damaged = copy(&memory);
        damaged.remove(&name).unwrap();
        let opened = check(&damaged, &last, &format!("{name} lost"));
        assert_eq!(opened.is_err(), name == "log.4", "{name} lost");
    }
}

#[test]
fn mutations_at_random_places() {
    let memory = written();
    let last = states(&history()).pop().unwrap();
    let files = bytes(&memory);
    let mut chance = Chance(23);
    for round in 0..20_000 {
        let damaged = copy(&memory);
        for _ in 0..1 + chance.below(3) {
            let (name, _) = &files[chance.below(files.len() as u64) as usize];
            let mut bytes = damaged.get(name).unwrap_or_default();
            let at = chance.below(bytes.len() as u64 + 1) as usize;
            match chance.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.extend((0..at).map(|_| chance.draw() as u8)),
                2 => bytes.iter_mut().skip(at).take(8).for_each(|byte| *byte = 0),
                3 => drop(bytes.splice(at.., memory.get(&files[0].0).unwrap())),
                4 => bytes.rotate_left(at),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
            }
            damaged.put(name, bytes);
        }
        if let Err(error) = check(&damaged, &last, &format!("round {round}")) {
            assert!(matches!(error, StoreError::Damaged { .. }), "round {round}: {error}");
        }
    }
}

/// Files whose checksums are right and whose numbers are not, as only a hand can make them.
#[test]
fn numbers_that_make_no_sense_are_no_panic() {
    let memory = written();
    let files = bytes(&memory);
    let mut chance = Chance(31);
    for _ in 0..20_000 {
        let crafted = copy(&memory);
        for (name, whole) in &files {
            let mut bytes = whole.clone();
            let at = chance.below(bytes.len() as u64 / 4) as usize * 4;
            let number = [0, 1, 4, 64, 1 << 31, u32::MAX, chance.draw() as u32];
            let number = number[chance.below(7) as usize].to_le_bytes();
            bytes[at..at + 4].copy_from_slice(&number);
            let end = bytes.len();
            match &name[..3] {
                "man" => seal(&mut bytes, 0..end - 4),
                "seg" => {
                    let table = u64::from_le_bytes(*whole[end - 16..].first_chunk().unwrap());
                    let crc = crc32(&bytes[table as usize..end - 16]);
                    bytes[end - 8..end - 4].copy_from_slice(&crc.to_le_bytes());
                    seal(&mut bytes, end - 16..end - 4);
                    seal(&mut bytes, 0..20);
                }
                _ => seal(&mut bytes, 0..36),
            }
            if chance.below(2) == 0 {
                crafted.put(name, bytes);
            }
        }
        if let Ok(rest) = salvage(Arc::new(crafted.clone())) {
            let blocks = |number| (0..rest.blocks(number)).map(move |block| (number, block));
            let blocks: Vec<(u64, usize)> = rest.segments().flat_map(blocks).collect();
            blocks.iter().for_each(|(number, block)| drop(rest.read_block(*number, *block)));
        }
        if let Ok((mut store, _)) = open(&crafted) {
            let _ = store.append(1, b"more");
            let _ = store.export().map(|export| export.count());
            let keep: Vec<u64> = store.segments().collect();
            let through = store.last_sequence();
            let checkpoint = Checkpoint { manifest_body: b"", through, keep: &keep, new: vec![] };
            let _ = store.checkpoint(checkpoint);
        }
    }
}

/// Writes the checksum of a stretch behind it.
fn seal(bytes: &mut [u8], stretch: Range<usize>) {
    let crc = crc32(&bytes[stretch.clone()]).to_le_bytes();
    bytes[stretch.end..stretch.end + 4].copy_from_slice(&crc);
}

#[test]
fn damage_in_the_middle_is_told_and_the_rest_is_salvaged() {
    let memory = Memory::new();
    let (mut store, _) = open(&memory).unwrap();
    for number in 0..10u8 {
        store.append(number, &vec![number; 1000]).unwrap();
    }
    let mut log = memory.get("log.1").unwrap();
    let record = 40 + 4 * 1021;
    // even where the length is wrong, and goes far behind the end
    log[record + 3] = 0x70;
    log[record + 1021 + 100] ^= 1;
    memory.put("log.1", log);
    let error = open(&memory).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the store is damaged: `log.1` at byte 4124: a record is cut short, and record 7 at byte \
         6166 is whole"
    );
    let rest = salvaged(&memory);
    let kinds: Vec<u8> = rest.records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [0, 1, 2, 3, 6, 7, 8, 9]);
    assert_eq!(rest.lost.len(), 1);
    assert_eq!(rest.manifest_body, Some(vec![]));
}

#[test]
fn without_manifests_records_and_blocks_are_salvaged() {
    let last = states(&history()).pop().unwrap();
    let memory = written();
    memory.put("manifest.0", b"rubbish".to_vec());
    memory.put("manifest.1", vec![]);
    let error = open(&memory).err().unwrap();
    assert!(matches!(&error, StoreError::Damaged { file, .. } if file == "manifest.0"));
    let rest = salvaged(&memory);
    assert_eq!((rest.manifest_body.as_ref(), rest.lost.len()), (None, 1));
    assert_eq!(rest.records, last.records);
    assert!(rest.segments().eq([2, 3]));
    assert_eq!(rest.read_block(3, 0).unwrap(), last.segments[&3][0]);
}

/// A log inside a record, as an import into a table of files would log it, is one record: when the
/// record is cut short, what is in it is not taken for records behind the cut.
#[test]
fn a_log_in_a_record_is_no_log() {
    let log_of = |records: u64| {
        let memory = Memory::new();
        let (mut store, _) = open(&memory).unwrap();
        (0..records).for_each(|_| assert!(store.append(1, b"small").is_ok()));
        (store, memory)
    };
    let inner = log_of(20).1.get("log.1").unwrap();
    let (mut store, memory) = log_of(5);
    store.append(1, &inner).unwrap();
    let mut log = memory.get("log.1").unwrap();
    log.truncate(log.len() - 1);
    memory.put("log.1", log);
    assert_eq!(open(&memory).unwrap().1.records.len(), 5);
}

/// Of three records that were appended together the first did not reach the disk. When others are
/// written in its place, those behind it must not come back.
#[test]
fn what_was_cut_off_does_not_come_back() {
    let memory = Memory::new();
    let (mut store, _) = open(&memory).unwrap();
    store.append_many(&[(1, b"aa"), (1, b"bb"), (1, b"cc")]).unwrap();
    let mut log = memory.get("log.1").unwrap();
    log[40..50].fill(0);
    memory.put("log.1", log);
    let (mut store, state) = open(&memory).unwrap();
    assert_eq!(state, State::default());
    store.append(1, b"dd").unwrap();
    let records = open(&memory).unwrap().1.records;
    assert_eq!(records, [Record { sequence: 1, kind: 1, body: b"dd".to_vec() }]);
}

#[test]
fn a_manifest_that_rotted_is_written_again() {
    let whole = written();
    for name in ["manifest.0", "manifest.1"] {
        let memory = copy(&whole);
        memory.put(name, b"rubbish".to_vec());
        open(&memory).unwrap();
        assert_eq!(memory.get(name), whole.get(name));
    }
}

#[test]
fn a_later_generation_that_lost_its_manifests_is_not_passed_over() {
    let memory = Memory::new();
    let (mut store, _) = open(&memory).unwrap();
    store.append(1, b"old").unwrap();
    let (old_slot, old_log) = (memory.get("manifest.0").unwrap(), memory.get("log.1").unwrap());
    crate::Step::Checkpoint { body: b"new".to_vec(), carried: 0, keep: 0, new: vec![] }
        .run(&mut store)
        .unwrap();
    memory.put("manifest.0", old_slot.clone());
    memory.put("manifest.1", old_slot);
    // the old log is gone: there is nothing to go back to
    assert!(matches!(open(&copy(&memory)), Err(StoreError::Damaged { .. })));
    // it is there, as where it could not be removed, and the new one has no record of its own
    memory.put("log.1", old_log);
    assert_eq!(open(&copy(&memory)).unwrap().1.records.len(), 1);
    // it has one, which would be lost
    store.append(1, b"acknowledged").unwrap();
    let error = open(&memory).err().unwrap();
    assert!(matches!(&error, StoreError::Damaged { file, .. } if file == "log.2"), "{error}");
    // both logs together have all of it
    let rest = salvaged(&memory);
    let bodies: Vec<&[u8]> = rest.records.iter().map(|record| &record.body[..]).collect();
    assert_eq!(bodies, [&b"old"[..], b"acknowledged"]);
}
