//! The reply of every method as any bytes: it is read or refused, and what was read is shown. A
//! byte chooses the method, and with it a statement that sends it; what the statement asks for
//! besides comes from the tapes of `corpus/session`.

#![no_main]

#[path = "../common/mod.rs"]
mod common;

use std::sync::LazyLock;

use common::play::play;
use common::tape::{Kind, Tape};
use libfuzzer_sys::fuzz_target;
use milvus_proto::METHODS;

/// By method: the tapes that ask for it.
static TAPES: LazyLock<Vec<Vec<Vec<u8>>>> = LazyLock::new(|| {
    let mut tapes = vec![Vec::new(); METHODS.len()];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/session");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus of the session")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    for file in files {
        let bytes = std::fs::read(file).expect("a tape");
        let mut methods: Vec<u8> =
            Tape::decode(&bytes).answers.iter().map(|answer| answer.method).collect();
        methods.sort_unstable();
        methods.dedup();
        for method in methods {
            tapes[method as usize].push(bytes.clone());
        }
    }
    tapes
});

fuzz_target!(|data: &[u8]| {
    let &[method, which, ref reply @ ..] = data else { return };
    let method = method as usize % METHODS.len();
    let tapes = &TAPES[method];
    if tapes.is_empty() {
        return;
    }
    let mut tape = Tape::decode(&tapes[which as usize % tapes.len()]);
    for answer in &mut tape.answers {
        if answer.method as usize == method {
            answer.kind = Kind::Reply;
            answer.body = reply.to_vec();
        }
    }
    play(tape);
});
