//! A whole session over replies that were changed: whatever a server answers to the requests of a
//! cell, the cell ends with results or an error, and so do completion and the rendering of both.
//! The corpus is of real replies (`tests/record.rs`).

#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::edit::{Random, edit};
use common::play::play;
use common::tape::Tape;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| play(Tape::decode(data)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(seed);
    let mut tape = Tape::decode(&data[..size]);
    for _ in 0..1 + random.below(3) {
        edit(&mut tape, &mut random, |bytes| {
            let size = bytes.len();
            bytes.resize(size + 64, 0);
            let changed = fuzzer_mutate(bytes, size, size + 64);
            bytes.truncate(changed);
        });
    }
    let bytes = tape.encode();
    let size = bytes.len().min(max_size);
    data[..size].copy_from_slice(&bytes[..size]);
    size
});
