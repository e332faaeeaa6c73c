//! Sessions over replies that were changed, without a fuzzer: each tape of `fuzz/corpus/session`,
//! which a real server gave, with a few edits drawn from a seed. Nothing panics, overflows or asks
//! without end. `MUTATE_SECONDS=3600` goes on for an hour; `MUTATE_SEED` begins elsewhere.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../fuzz/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use common::edit::{Random, edit};
use common::play::play;
use common::tape::Tape;

/// Bytes of a changed tape at the most.
const LARGEST: usize = 60_000;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// As libFuzzer would change bytes: some are set, cut or doubled.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let (at, value) = (random.below(bytes.len()), random.below(256) as u8);
        match random.below(4) {
            0 => bytes.insert(at, value),
            1 => bytes.truncate(at),
            2 => bytes.extend_from_within(at..),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
        }
    }
}

#[test]
fn no_reply_ends_a_session() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/session");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let tapes: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let limit = Duration::from_secs(number("MUTATE_SECONDS", 10));
    let (started, mut seed) = (Instant::now(), number("MUTATE_SEED", 1) as u32);
    let mut failed = Vec::new();
    // every tape as it is first
    for tape in &tapes {
        play(Tape::decode(tape));
    }
    while started.elapsed() < limit {
        seed = seed.wrapping_add(1);
        let mut random = Random::new(seed.wrapping_mul(0x9E37_79B9));
        let mut tape = Tape::decode(&tapes[random.below(tapes.len())]);
        for _ in 0..1 + random.below(4) {
            let mut hand = Random::new(random.below(u32::MAX as usize) as u32);
            let hand = std::cell::RefCell::new(&mut hand);
            edit(&mut tape, &mut random, |bytes| mutate(bytes, &mut hand.borrow_mut()));
        }
        let bytes = tape.encode();
        if bytes.len() > LARGEST {
            continue;
        }
        let begun = Instant::now();
        let played = std::panic::catch_unwind(|| play(Tape::decode(&bytes)));
        if played.is_err() || begun.elapsed() > Duration::from_secs(20) {
            eprintln!("seed {seed}: {:?}, {:?}", tape.cell, begun.elapsed());
            let kept = std::env::temp_dir().join(format!("tape-{seed}"));
            std::fs::write(&kept, &bytes).unwrap();
            failed.push(seed);
            if failed.len() >= 20 {
                break;
            }
        }
    }
    println!("{} sessions", seed.wrapping_sub(number("MUTATE_SEED", 1) as u32));
    assert!(failed.is_empty(), "seeds {failed:?}");
}
