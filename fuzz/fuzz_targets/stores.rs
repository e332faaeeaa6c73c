//! Files of a store that were cut and flipped, then opened: what was acknowledged up to some moment
//! is there, or the store is refused in words. Never is there what was never written. What is whole
//! of them is read by a salvage, and bytes that make no sense under checksums that are right are no
//! panic.

#![no_main]

#[path = "../../engine/tests/kept/chance.rs"]
mod chance;
#[allow(dead_code)]
#[path = "../../engine/tests/kept/requests.rs"]
mod requests;
#[path = "../../engine/tests/kept/sequences.rs"]
mod sequences;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chance::Chance;
use libfuzzer_sys::fuzz_target;
use milvus_engine::kept::Kept;
use milvus_engine::service::Call;
use milvus_engine::store::files::Files;
use milvus_engine::store::files::memory::{Loss, Memory};
use milvus_engine::store::salvage::salvage;
use milvus_engine::store::{Checkpoint, Store};
use requests::{Ask, looks};

/// Changes of a tape at the most: enough of them make any checksum right.
const MOST: usize = 8;

/// What there is to see of a store.
type Seen = Vec<Vec<u8>>;

struct Written {
    files: BTreeMap<String, Vec<u8>>,
    /// behind every write
    moments: Vec<Seen>,
    manifest_body: Vec<u8>,
    segments: Vec<Vec<Vec<u8>>>,
    records: Vec<(u8, Vec<u8>)>,
}

/// Two checkpoints, and writes before, between and behind them.
static WRITTEN: LazyLock<Written> = LazyLock::new(|| {
    let memory = Memory::new();
    let (mut kept, _) = Kept::open(Arc::new(memory.clone())).expect("a new store");
    let mut now_ms = 1_700_000_000_000;
    let mut chance = Chance(11);
    let mut moments = vec![look(&mut kept)];
    let mut write = |kept: &mut Kept, asks: &[Ask]| {
        for ask in asks {
            now_ms += 1;
            kept.call(call(ask, now_ms)).expect("a method of Milvus");
            let copy = memory.after_crash(Loss::Nothing);
            let (mut copy, _) = Kept::open(Arc::new(copy)).expect("as it was");
            let seen = look(&mut copy);
            if moments.last() != Some(&seen) {
                moments.push(seen);
            }
        }
    };
    write(&mut kept, &sequences::first());
    for part in 0..3 {
        let asks: Vec<Ask> = (0..25).flat_map(|_| sequences::any(&mut chance)).collect();
        write(&mut kept, &asks);
        if part < 2 {
            kept.checkpoint().expect("memory has room");
        }
    }
    let names = memory.list().expect("names");
    let files: BTreeMap<String, Vec<u8>> =
        names.iter().map(|name| (name.clone(), memory.get(name).expect("its bytes"))).collect();
    let (store, opened) = Store::open(Arc::new(memory)).expect("as it was");
    let segments: Vec<Vec<Vec<u8>>> = store
        .segments()
        .map(|number| {
            let blocks = 0..store.blocks(number).expect("a segment");
            blocks.map(|block| store.read_block(number, block).expect("a block")).collect()
        })
        .collect();
    let manifest_body = opened.manifest_body.clone();
    let records: Vec<(u8, Vec<u8>)> = opened
        .records
        .map(|record| record.map(|record| (record.kind, record.body)).expect("a record"))
        .collect();
    assert!(segments.len() > 2 && records.len() > 5 && moments.len() > 40);
    Written { files, moments, manifest_body, segments, records }
});

fuzz_target!(|data: &[u8]| {
    let Some((mode, steps)) = data.split_first() else { return };
    match mode % 3 {
        0 | 1 => damaged(steps),
        _ => senseless(steps),
    }
});

/// Changes of the files, of five bytes each: which file, what happens to it, and where.
fn damaged(steps: &[u8]) {
    let mut files = WRITTEN.files.clone();
    for step in steps.chunks_exact(5).take(MOST) {
        let name = WRITTEN.files.keys().nth(step[0] as usize % WRITTEN.files.len());
        let Some(bytes) = name.and_then(|name| files.get_mut(name)) else { continue };
        let at = u32::from_le_bytes([step[2], step[3], step[4], 0]) as usize;
        change(bytes, step[1], at);
        if step[1] == 0xff {
            files.remove(name.expect("it is there"));
        }
    }
    let memory = Memory::new();
    for (name, bytes) in &files {
        memory.put(name, bytes.clone());
    }
    match Kept::open(Arc::new(memory.clone())) {
        Err(error) => {
            let words = error.to_string();
            assert!(words.starts_with("the store is "), "{words}");
        }
        Ok((mut kept, _)) => {
            let seen = look(&mut kept);
            // where there are no files at all, there is nothing
            assert!(WRITTEN.moments.contains(&seen), "it has what it never had at one moment");
        }
    }
    let before: Vec<_> = files.keys().map(|name| memory.get(name)).collect();
    if let Ok(salvage) = salvage(Arc::new(memory.clone())) {
        for number in salvage.segments().collect::<Vec<_>>() {
            for block in 0..salvage.blocks(number) {
                let _ = salvage.read_block(number, block);
            }
        }
    }
    let after: Vec<_> = files.keys().map(|name| memory.get(name)).collect();
    assert!(before == after, "a salvage changes nothing");
}

fn change(bytes: &mut Vec<u8>, what: u8, at: usize) {
    let at = at % bytes.len().max(1);
    match what {
        0xf0..=0xf7 => bytes.truncate(at),
        0xf8 => drop(bytes.drain(at..(at + 64).min(bytes.len()))),
        0xf9 => drop(bytes.splice(at..at, [0; 16])),
        0xfa => bytes.extend_from_within(at..),
        0xfb => bytes.extend([0; 100]),
        0xfc => drop(bytes.drain(..at)),
        0xfd => bytes.iter_mut().skip(at).take(512).for_each(|byte| *byte = 0),
        0xfe => bytes.iter_mut().skip(at).for_each(|byte| *byte = 0),
        bit => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }
}

/// Changes of what is under the checksums, of five bytes each: the manifest's body, a block or a
/// record, and as above.
fn senseless(steps: &[u8]) {
    let (mut body, mut segments) = (WRITTEN.manifest_body.clone(), WRITTEN.segments.clone());
    let mut records = WRITTEN.records.clone();
    for step in steps.chunks_exact(5).take(4 * MOST) {
        let at = u32::from_le_bytes([step[2], step[3], step[4], 0]) as usize;
        let blocks: usize = segments.iter().map(Vec::len).sum();
        let which = step[0] as usize % (1 + blocks + records.len());
        let bytes = match which.checked_sub(1) {
            None => Some(&mut body),
            Some(block) if block < blocks => segments.iter_mut().flatten().nth(block),
            Some(record) => records.get_mut(record - blocks).map(|(_, body)| body),
        };
        let Some(bytes) = bytes else { continue };
        match step[1] {
            // any byte, and not a bit
            what @ 0x80..0xf0 => {
                let at = at % bytes.len().max(1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = [0, 1, 2, 0x7f, 0x80, 0xff][what as usize % 6];
                }
            }
            what => change(bytes, what, at),
        }
    }
    let memory = Memory::new();
    let (mut store, opened) = Store::open(Arc::new(memory.clone())).expect("a new store");
    drop(opened);
    let mut new = Vec::new();
    for blocks in &segments {
        let mut writer = store.new_segment().expect("memory has room");
        for block in blocks {
            writer.write(block).expect("memory has room");
        }
        new.push(writer.finish().expect("memory has room"));
    }
    let checkpoint = Checkpoint { manifest_body: &body, through: 0, keep: &[], new };
    store.checkpoint(checkpoint).expect("memory has room");
    for (kind, body) in &records {
        store.append(*kind, body).expect("memory has room");
    }
    drop(store);
    match Kept::open(Arc::new(memory)) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok((mut kept, _)) => {
            look(&mut kept);
            kept.checkpoint().expect("memory has room");
        }
    }
}

fn look(kept: &mut Kept) -> Seen {
    // every collection of the sequences, and those that share a name in the other database
    let asks = looks(&["default", "d"], &["a", "b", "c", "e"]);
    asks.iter()
        .map(|ask| kept.call(call(ask, 1_800_000_000_000)).expect("a method of Milvus"))
        .collect()
}

fn call(ask: &Ask, now_ms: u64) -> Call<'_> {
    Call { method: ask.method, database: "", request: &ask.request, now_ms }
}
