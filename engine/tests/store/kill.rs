//! A process that writes to a real folder and is killed, 50 times over, without any warning.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use milvus_engine::store::crc::crc32;
use milvus_engine::store::error::{Result, StoreError};
use milvus_engine::store::files::disk::Disk;
use milvus_engine::store::log::Record;
use milvus_engine::store::{Checkpoint, Store};

use crate::Chance;

const FOLDER: &str = "STORE_OF_THE_KILLED";
const KILLS: u64 = 50;

/// What is in the record of a sequence: from a few bytes to some pages.
fn body(sequence: u64) -> Vec<u8> {
    let mut chance = Chance(sequence);
    let length = if chance.below(8) == 0 { chance.below(300_000) } else { chance.below(600) };
    (0..length / 8).flat_map(|_| chance.draw().to_le_bytes()).collect()
}

fn open(folder: &Path) -> (Store, Vec<u8>, Vec<Record>) {
    let (store, opened) = Store::open(Arc::new(Disk::open(folder).unwrap())).unwrap();
    let records = opened.records.collect::<Result<Vec<_>>>().unwrap();
    (store, opened.manifest_body, records)
}

/// Runs as the child of the test below; by itself it does nothing.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (mut store, _, _) = open(Path::new(&folder));
    let mut acknowledged = std::io::stdout();
    loop {
        let sequence = store.last_sequence() + 1;
        assert_eq!(store.append(0, &body(sequence)).unwrap(), sequence);
        writeln!(acknowledged, "{sequence}").unwrap();
        if store.sizes().log > 600_000 {
            checkpoint(&mut store);
        }
    }
}

/// Keeps the checksums of all records but the last two in a segment.
fn checkpoint(store: &mut Store) {
    let through = store.last_sequence() - 2;
    let mut writer = store.new_segment().unwrap();
    for first in (1..=through).step_by(100) {
        let last = through.min(first + 99);
        let crcs = (first..=last).flat_map(|sequence| crc32(&body(sequence)).to_le_bytes());
        writer.write(&crcs.collect::<Vec<u8>>()).unwrap();
    }
    let new = vec![writer.finish().unwrap()];
    let manifest_body = &through.to_le_bytes();
    store.checkpoint(Checkpoint { manifest_body, through, keep: &[], new }).unwrap();
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let folder = fresh_folder("kill");
    let mut chance = Chance(5);
    let mut last = 0;
    for kill in 0..KILLS {
        let acknowledged = write_and_kill(&folder, &mut chance).unwrap_or(last);
        last = check(&folder, acknowledged, &format!("kill {kill}"));
    }
    assert!(last > KILLS, "{last} records in all");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Gives the last sequence that the child told of before it died.
fn write_and_kill(folder: &Path, chance: &mut Chance) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writes_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // the test's own lines come first
    let mut told = lines.by_ref().map_while(|line| line.ok());
    let wanted = chance.below(20);
    let last = told.by_ref().filter_map(|line| line.parse().ok()).nth(wanted as usize);
    std::thread::sleep(Duration::from_micros(chance.below(15_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    told.filter_map(|line| line.parse().ok()).last().or(last)
}

fn check(folder: &Path, acknowledged: u64, place: &str) -> u64 {
    let (store, manifest_body, records) = open(folder);
    let through = manifest_body.try_into().map_or(0, u64::from_le_bytes);
    let mut sequence = 0;
    for number in store.segments() {
        for block in 0..store.blocks(number).unwrap() {
            for crc in store.read_block(number, block).unwrap().chunks(4) {
                sequence += 1;
                assert_eq!(crc, crc32(&body(sequence)).to_le_bytes(), "{place}");
            }
        }
    }
    assert_eq!(sequence, through, "{place}");
    for record in records {
        sequence += 1;
        assert_eq!(record.sequence, sequence, "{place}");
        assert!(record.body == body(sequence), "{place}: record {sequence}");
    }
    assert_eq!(store.last_sequence(), sequence, "{place}");
    assert!(sequence >= acknowledged, "{place}: {acknowledged} acknowledged, {sequence} there");
    sequence
}

#[test]
fn a_folder_is_one_process_s_at_a_time() {
    let folder = fresh_folder("lock");
    let first = Disk::open(&folder).unwrap();
    let refused = Disk::open(&folder).err().unwrap();
    assert!(matches!(refused, StoreError::Io(words) if words.ends_with("in another process")));
    drop(first);
    Disk::open(&folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

fn fresh_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("milvus-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}
