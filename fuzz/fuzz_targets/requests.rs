//! Requests to the engine, one after the other: any of its methods with any bytes. A service in
//! memory and one that keeps what it acknowledged are asked the same, with checkpoints and openings
//! between; they answer the same, and nothing panics.
//!
//! What comes in is a tape as that of the replies: its cell is the database of the connection, and
//! of its answers each is a request or, by its kind, something that happens to the store.

#![no_main]

#[path = "../../engine/tests/kept/chance.rs"]
mod chance;
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code)]
#[path = "../../engine/tests/kept/requests.rs"]
mod requests;
#[path = "../../engine/tests/kept/sequences.rs"]
mod sequences;

use std::sync::Arc;

use chance::Chance;
use common::edit::{Random, edit};
use common::tape::{Answer, Kind, Tape};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use milvus_engine::kept::Kept;
use milvus_engine::service::{Call, Service};
use milvus_engine::store::files::memory::Memory;
use milvus_proto::METHODS;
use requests::{Ask, looks};

/// Requests of a tape at the most: what grows without end becomes slow.
const MOST: usize = 80;

/// What a store has and a memory has not.
const DIFFERENT: [&str; 2] = ["GetStorage", "ExportDatabase"];

fuzz_target!(|data: &[u8]| {
    let tape = Tape::decode(data);
    let memory = Memory::new();
    let open = || Kept::open(Arc::new(memory.clone())).expect("nobody damaged it").0;
    let (mut kept, mut plain) = (open(), Service::default());
    let mut now_ms = 1_700_000_000_000;
    for answer in tape.answers.iter().take(MOST) {
        match answer.kind {
            Kind::Reply | Kind::Raw => {
                now_ms += 1;
                let method = METHODS[answer.method as usize].name;
                let database = &tape.cell;
                let call = Call { method, database, request: &answer.body, now_ms };
                same(&mut kept, &mut plain, call);
            }
            Kind::Status => kept.checkpoint().expect("memory has room"),
            Kind::Cut => drop(kept.step(1 + answer.body.len()).expect("memory has room")),
            Kind::Never => kept = open(),
        }
    }
    while kept.work(&mut || true) {}
    while plain.work(&mut || true) {}
    kept = open();
    for ask in looks(&["default", "d"], &["a", "b", "c", "e", "alias"]) {
        now_ms += 1;
        let call = Call { method: ask.method, database: "", request: &ask.request, now_ms };
        same(&mut kept, &mut plain, call);
    }
});

fn same(kept: &mut Kept, plain: &mut Service, call: Call<'_>) {
    let (kept, plain) = (kept.call(call), plain.call(call));
    if !DIFFERENT.contains(&call.method) {
        assert!(kept == plain, "{}: {kept:?} and {plain:?}", call.method);
    }
}

/// Requests that go well by chance, and edits of those that there are.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(seed);
    let mut tape = Tape::decode(&data[..size]);
    let mut chance = Chance(u64::from(seed));
    if tape.answers.is_empty() {
        tape.answers.extend(sequences::first().iter().map(answer));
    }
    if random.below(3) == 0 && tape.answers.len() < MOST {
        for ask in (0..1 + random.below(6)).flat_map(|_| sequences::any(&mut chance)) {
            let at = random.below(tape.answers.len() + 1);
            let at = if random.below(2) == 0 { at } else { tape.answers.len() };
            tape.answers.insert(at, answer(&ask));
        }
    } else {
        for _ in 0..1 + random.below(3) {
            if random.below(8) == 0 {
                let at = random.below(tape.answers.len());
                if let Some(answer) = tape.answers.get_mut(at) {
                    answer.method = random.below(METHODS.len()) as u8;
                }
            }
            edit(&mut tape, &mut random, |bytes| {
                let size = bytes.len();
                bytes.resize(size + 64, 0);
                let changed = fuzzer_mutate(bytes, size, size + 64);
                bytes.truncate(changed);
            });
        }
    }
    let bytes = tape.encode();
    let size = bytes.len().min(max_size);
    data[..size].copy_from_slice(&bytes[..size]);
    size
});

fn answer(ask: &Ask) -> Answer {
    let method = METHODS.iter().position(|method| method.name == ask.method);
    let method = method.expect("a method of Milvus") as u8;
    Answer { method, kind: Kind::Reply, body: ask.request.clone() }
}
