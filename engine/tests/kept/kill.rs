//! A process that writes through a kept service to a real folder, brings its log into segments, and
//! is killed without any warning.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use milvus_engine::kept::Kept;
use milvus_engine::service::Service;
use milvus_engine::store::files::disk::Disk;

use crate::requests::{Ask, Rows, create, delete, insert, load, looks, upsert};
use crate::{Chance, call};

const FOLDER: &str = "KEPT_FOLDER_OF_THE_KILLED";
const FIRST: &str = "KEPT_FIRST_OF_THE_KILLED";
const KILLS: u64 = 12;
const BEGIN: u64 = 1_700_000_000_000;

/// Which write is the one of a number.
fn write(number: u64) -> Ask {
    let mut before = vec![create("", "a", 0), create("", "b", 2)];
    before.extend([load("", "a", 0), load("", "b", 2)].concat());
    if let Some(ask) = before.get(number as usize) {
        return ask.clone();
    }
    if number % 40 == 7 {
        return crate::requests::ask(milvus_proto::milvus::FlushAllRequest::default());
    }
    let mut chance = Chance(number);
    let first = number as i64 * 100;
    let rows = Rows::new(first..first + 1 + chance.below(100) as i64, number);
    match chance.below(8) {
        0..4 => insert("", "a", 0, "", &rows),
        4 => insert("", "b", 2, "", &rows),
        5 => upsert("", "a", 0, "", &Rows::new(first - 300..first - 200, number)),
        6 => delete("", "a", "", &format!("id > {} and id < {}", first - 500, first - 450)),
        _ => delete("", "a", "", &format!("id in [{}, {}]", first - 100, first - 200)),
    }
}

/// Runs as the child of the test below; by itself it does nothing.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let mut kept = open(Path::new(&folder));
    let mut acknowledged = std::io::stdout();
    for number in first.. {
        let ask = write(number);
        let reply = kept.call(call(&ask, BEGIN + number)).unwrap();
        assert_eq!((ask.code)(&reply), 0, "{number}");
        writeln!(acknowledged, "{number}").unwrap();
        if number % 16 == 0 || kept.is_due() {
            // a slice between two writes, or all of it
            match number % 48 {
                0 => kept.checkpoint().unwrap(),
                _ => drop(kept.step(10_000).unwrap()),
            }
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let folder = fresh_folder();
    let mut chance = Chance(5);
    let mut plain = Service::default();
    let mut next = 0;
    for kill in 0..KILLS {
        let end = write_and_kill(&folder, next, &mut chance).map_or(next, |last| last + 1);
        for number in next..end {
            plain.call(call(&write(number), BEGIN + number)).unwrap();
        }
        next = end;
        let mut kept = open(&folder);
        let replies = look(&mut |ask, now_ms| kept.call(call(ask, now_ms)).unwrap());
        if look(&mut |ask, now_ms| plain.call(call(ask, now_ms)).unwrap()) != replies {
            // the write that was under way is there, or nothing of it
            plain.call(call(&write(next), BEGIN + next)).unwrap();
            next += 1;
            let again = look(&mut |ask, now_ms| plain.call(call(ask, now_ms)).unwrap());
            assert!(again == replies, "kill {kill}, {next} writes");
        }
    }
    assert!(next > 10 * KILLS, "{next} writes in all");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What all is seen of a server, at a moment before the next write's.
fn look(asked: &mut dyn FnMut(&Ask, u64) -> Vec<u8>) -> Vec<Vec<u8>> {
    let all = looks(&["default"], &["a", "b"]);
    all.iter().map(|ask| asked(ask, BEGIN)).collect()
}

/// Gives the last number that the child told of before it died.
fn write_and_kill(folder: &Path, first: u64, chance: &mut Chance) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writes_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // the test's own lines come first
    let mut told = lines.by_ref().map_while(|line| line.ok());
    let wanted = 5 + chance.below(60);
    let last = told.by_ref().filter_map(|line| line.parse().ok()).nth(wanted as usize);
    std::thread::sleep(Duration::from_micros(chance.below(15_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    told.filter_map(|line| line.parse().ok()).last().or(last)
}

fn open(folder: &Path) -> Kept {
    Kept::open(Arc::new(Disk::open(folder).unwrap())).unwrap().0
}

fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("milvus-kept-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}
