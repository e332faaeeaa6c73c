//! Databases as files: what one store exports another one has, and keeps.

use milvus_engine::kept::Kept;
use milvus_engine::pace::Partial;
use milvus_engine::service::Service;
use milvus_engine::store::files::memory::Memory;
use milvus_proto::engine::{
    ExportDatabaseRequest, ExportDatabaseResponse, ImportDatabaseRequest, ImportDatabaseResponse,
};
use prost::Message;

use crate::requests::{Rows, ask, create, delete, insert, load, looks};
use crate::{Pair, call, open};

/// The file of a database with rows, some of them deleted.
fn exported(pair: &mut Pair) -> Vec<u8> {
    for kind in 0..3 {
        let name = ["a", "b", "c"][kind];
        pair.done(&create("", name, kind));
        for each in load("", name, kind) {
            pair.done(&each);
        }
        pair.done(&insert("", name, kind, "", &Rows::new(0..50, kind as u64)));
    }
    let whole = export(pair);
    pair.done(&delete("", "a", "", "id in [1, 2, 3]"));
    let reply = export(pair);
    assert_eq!((whole.rows, reply.rows), (150, 147));
    // what was deleted is in no file
    assert!(reply.file.len() < whole.file.len());
    reply.file
}

fn export(pair: &mut Pair) -> ExportDatabaseResponse {
    let request =
        ask(ExportDatabaseRequest { db_name: "default".to_string(), ..Default::default() });
    let reply = pair.kept.call(call(&request, pair.now_ms)).unwrap();
    let reply = ExportDatabaseResponse::decode(reply.as_slice()).unwrap();
    assert_eq!((reply.status.clone().unwrap().code, reply.collections), (0, 3));
    reply
}

fn import(file: &[u8], target: &str) -> crate::Ask {
    ask(ImportDatabaseRequest { target_name: target.to_string(), file: file.to_vec() })
}

#[test]
fn what_was_exported_is_imported_and_kept() {
    let mut from = Pair::begin();
    let file = exported(&mut from);
    let mut to = Pair::begin();
    let reply = to.kept.call(call(&import(&file, "d"), 1_700_000_000_001)).unwrap();
    let reply = ImportDatabaseResponse::decode(reply.as_slice()).unwrap();
    assert_eq!((reply.db_name.as_str(), reply.collections, reply.rows), ("d", 3, 147));
    let mut now_ms = 1_800_000_000_000;
    for round in 0..2 {
        for (before, after) in looks(&["default"], &["a", "b", "c"])
            .iter()
            .zip(looks(&["d"], &["a", "b", "c"]))
            .filter(|(before, _)| matches!(before.method, "Query" | "Search"))
        {
            // their replies tell the moment
            now_ms += 1;
            let before = from.kept.call(call(before, now_ms)).unwrap();
            let after = to.kept.call(call(&after, now_ms)).unwrap();
            assert!(before == after, "{round}");
        }
        to.kept.checkpoint().unwrap();
        to.reopen();
    }
}

/// The reply in slices of one step each, and how many those were.
fn in_slices(kept: &mut Kept, ask: &crate::Ask, now_ms: u64) -> (Vec<u8>, usize) {
    let (mut partial, mut slices) = (Partial::default(), 1);
    loop {
        match kept.call_slice(call(ask, now_ms), &mut partial, &mut || false).unwrap() {
            Some(reply) => return (reply, slices),
            None => slices += 1,
        }
    }
}

#[test]
fn slices_move_the_same() {
    let mut from = Pair::begin();
    let file = exported(&mut from);
    let request = ask(ExportDatabaseRequest { db_name: "default".to_string(), salvage: false });
    let (reply, slices) = in_slices(&mut from.kept, &request, from.now_ms);
    let reply = ExportDatabaseResponse::decode(reply.as_slice()).unwrap();
    assert_eq!((reply.collections, reply.rows), (3, 147));
    // it tells the moment
    assert_eq!(reply.file.len(), file.len());
    assert!(slices > 3, "{slices}");

    let mut to = Pair::begin();
    let request = import(&file, "d");
    for steps in 1..=5 {
        // given up: nothing of it is there
        let mut partial = Partial::default();
        for _ in 0..steps {
            let given_up = to.kept.call_slice(call(&request, 1), &mut partial, &mut || false);
            assert_eq!(given_up, Ok(None));
        }
        assert_eq!(to.kept.sizes().records, 0);
    }
    let (reply, slices) = in_slices(&mut to.kept, &request, 1_700_000_000_001);
    let reply = ImportDatabaseResponse::decode(reply.as_slice()).unwrap();
    assert_eq!((reply.db_name.as_str(), reply.collections, reply.rows), ("d", 3, 147));
    assert!(slices > 20, "{slices}");
    for reopened in [false, true] {
        if reopened {
            to.reopen();
        }
        let request = ask(ExportDatabaseRequest { db_name: "d".to_string(), salvage: false });
        let reply = to.kept.call(call(&request, 1_700_000_000_002)).unwrap();
        assert_eq!(ExportDatabaseResponse::decode(reply.as_slice()).unwrap().rows, 147);
    }
}

#[test]
fn what_is_there_is_not_written_over() {
    let file = exported(&mut Pair::begin());
    let mut service = Service::default();
    let answer = |service: &mut Service, target: &str| {
        let reply = service.call(call(&import(&file, target), 1_700_000_000_001)).unwrap();
        ImportDatabaseResponse::decode(reply.as_slice()).unwrap().status.unwrap()
    };
    assert_eq!(answer(&mut service, "").code, 0);
    let again = answer(&mut service, "");
    assert_eq!(again.code, 1100);
    assert!(again.reason.starts_with("collection already exist: default."), "{}", again.reason);
    assert_eq!(answer(&mut service, "other").code, 0);
}

#[test]
fn what_is_no_file_of_a_database_is_refused() {
    let file = exported(&mut Pair::begin());
    let mut kept = open(&Memory::new());
    let mut cut = file.clone();
    cut.truncate(file.len() / 2);
    let mut flipped = file.clone();
    flipped[file.len() / 2] ^= 1;
    for wrong in [Vec::new(), b"not a database".to_vec(), cut, flipped] {
        let reply = kept.call(call(&import(&wrong, "d"), 1_700_000_000_001)).unwrap();
        let status = ImportDatabaseResponse::decode(reply.as_slice()).unwrap().status.unwrap();
        assert_ne!(status.code, 0);
        println!("{}", status.reason);
    }
}
