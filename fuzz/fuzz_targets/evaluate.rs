//! Any text as items of a SELECT without a table: it is computed or refused in words, the same each
//! time, and what it comes to can be shown.

#![no_main]

#[allow(dead_code)]
#[path = "../common/mod.rs"]
mod common;

use common::play::{Player, now};
use libfuzzer_sys::fuzz_target;
use milvus_kernel::session::Session;

fuzz_target!(|items: &str| {
    let first = shown(items);
    assert_eq!(first, shown(items), "{items}");
});

/// What a SELECT comes to, as its outcome or its error is shown.
fn shown(items: &str) -> Vec<String> {
    let session = Session::new(Player::default());
    let cell = format!("SELECT {items}");
    let mut shown = Vec::new();
    let result = now(session.run(&cell, |outcome| {
        session.render(outcome);
        shown.push(format!("{:?}", outcome.tables));
    }));
    shown.extend(result.err().map(|error| error.render(&cell, true)));
    shown
}
