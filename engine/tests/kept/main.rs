//! A service that keeps what it acknowledged: opened again after everything that can happen to it,
//! and held against a service in memory that was asked the same at the same moments.

mod chance;
mod damage;
mod faults;
mod format;
mod kill;
mod moved;
mod random;
mod requests;
mod restart;
mod salvage;
mod sequences;
mod structs;
#[path = "../structs/data.rs"]
mod structs_data;

use std::sync::Arc;

pub use chance::Chance;
use milvus_engine::kept::Kept;
use milvus_engine::service::{Call, Service};
use milvus_engine::store::files::memory::Memory;
use requests::{Ask, looks};

const DATABASES: [&str; 2] = ["default", "d"];
const COLLECTIONS: [&str; 5] = ["a", "b", "c", "e", "alias"];

pub fn open(memory: &Memory) -> Kept {
    Kept::open(Arc::new(memory.clone())).unwrap().0
}

pub fn call<'a>(ask: &'a Ask, now_ms: u64) -> Call<'a> {
    Call { method: ask.method, database: "", request: &ask.request, now_ms }
}

/// A kept service and one in memory, which are to say the same.
pub struct Pair {
    pub memory: Memory,
    pub kept: Kept,
    pub plain: Service,
    /// the write that was not kept
    pub last: Option<(Ask, u64)>,
    pub now_ms: u64,
}

impl Pair {
    pub fn begin() -> Pair {
        let memory = Memory::new();
        let kept = open(&memory);
        Pair { memory, kept, plain: Service::default(), last: None, now_ms: 1_700_000_000_000 }
    }

    /// Asks both, and gives the number of what went wrong.
    pub fn ask(&mut self, ask: &Ask) -> i32 {
        self.now_ms += 1;
        let kept = self.kept.call(call(ask, self.now_ms)).unwrap();
        let plain = self.plain.call(call(ask, self.now_ms)).unwrap();
        assert!(kept == plain, "{}: {} and {}", ask.method, shown(&kept), shown(&plain));
        (ask.code)(&plain)
    }

    /// Asks for something that goes well.
    pub fn done(&mut self, ask: &Ask) {
        assert_eq!(self.ask(ask), 0, "{}", ask.method);
    }

    pub fn look(&mut self) {
        for ask in looks(&DATABASES, &COLLECTIONS) {
            self.ask(&ask);
        }
    }

    pub fn reopen(&mut self) {
        self.kept = open(&self.memory);
    }
}

fn shown(reply: &[u8]) -> String {
    String::from_utf8_lossy(reply).chars().take(300).collect()
}
