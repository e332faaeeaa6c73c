//! Stores that earlier versions wrote, as files: every later one opens them and says the same.
//! `UPDATE=1` writes the store of this version; a new version gets a folder of its own.

use std::path::{Path, PathBuf};

use milvus_engine::kept::Kept;
use milvus_engine::store::error::StoreError;
use milvus_engine::store::files::memory::Memory;
use milvus_proto::milvus as pb;
use std::sync::Arc;

use crate::Pair;
use crate::requests::{Rows, ask, create, delete, insert, load, upsert};

#[test]
fn a_store_of_the_first_version_is_opened() {
    let mut pair = Pair::begin();
    write(&mut pair);
    let folder = folder("kept-v1");
    let names = ["manifest.0", "manifest.1", "log.2", "seg.1", "seg.2", "seg.3", "seg.4"];
    update(&folder, &pair.memory, &names);
    pair.memory = read(&folder);
    let (kept, opening) = Kept::open(Arc::new(pair.memory.clone())).unwrap();
    assert_eq!((opening.replayed, opening.cut_off, kept.sizes().segments.len()), (4, 0, 4));
    pair.kept = kept;
    pair.look();
    pair.kept.checkpoint().unwrap();
    pair.reopen();
    pair.look();
}

/// Writes the files of a store, where that is asked for.
pub fn update(folder: &Path, memory: &Memory, names: &[&str]) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        for name in names {
            std::fs::write(folder.join(name), memory.get(name).unwrap()).unwrap();
        }
    }
}

/// What is in the store: most in segments, the rest in the log.
fn write(pair: &mut Pair) {
    pair.done(&ask(pb::CreateDatabaseRequest { db_name: "d".to_string(), ..Default::default() }));
    for (database, name, kind) in [("", "a", 0), ("d", "b", 2), ("d", "c", 3), ("", "b", 1)] {
        pair.done(&create(database, name, kind));
        load(database, name, kind).iter().for_each(|ask| pair.done(ask));
        let rows = Rows { is_dynamic: true, ..Rows::new(1..=20, 7) };
        pair.done(&insert(database, name, kind, "", &rows));
    }
    pair.done(&upsert("", "a", 0, "", &Rows::new([3, 5, 40], 8)));
    pair.done(&delete("", "a", "", "id in [1, 2]"));
    pair.done(&ask(pb::CreateAliasRequest {
        alias: "alias".to_string(),
        collection_name: "a".to_string(),
        ..Default::default()
    }));
    let role = || Some(pb::RoleEntity { name: "reader".to_string(), ..Default::default() });
    pair.done(&ask(pb::CreateRoleRequest { entity: role() }));
    pair.kept.checkpoint().unwrap();
    pair.done(&ask(pb::CreateCredentialRequest {
        username: "ann".to_string(),
        password: "U2VjcmV0MSE=".to_string(),
    }));
    pair.done(&ask(pb::OperateUserRoleRequest {
        username: "ann".to_string(),
        role_name: "reader".to_string(),
        ..Default::default()
    }));
    pair.done(&insert("d", "b", 2, "", &Rows::new(30..35, 9)));
    pair.done(&delete("d", "c", "", "id == '4'"));
}

#[test]
fn a_body_or_a_record_of_the_future_is_refused() {
    use milvus_engine::store::{Checkpoint, Store};
    let memory = Memory::new();
    let (mut store, _) = Store::open(Arc::new(memory.clone())).unwrap();
    store.append(9, b"something").unwrap();
    let error = Kept::open(Arc::new(memory.clone())).err().unwrap().to_string();
    assert!(error.ends_with("it is of kind 9, which this engine does not know"), "{error}");
    let (through, manifest_body) = (store.last_sequence(), &[3, 0, 0, 0][..]);
    store.checkpoint(Checkpoint { manifest_body, through, keep: &[], new: Vec::new() }).unwrap();
    let error = Kept::open(Arc::new(memory)).err().unwrap();
    assert_eq!(error, StoreError::Format { found: 3 });
}

pub fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores").join(version)
}

pub fn read(folder: &Path) -> Memory {
    let memory = Memory::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let bytes = std::fs::read(entry.path()).unwrap();
        memory.put(entry.file_name().to_str().unwrap(), bytes);
    }
    memory
}
