//! The layout on disk. `tests/stores/v1` was written by the first version, and is never to change.
//! `UPDATE=1` writes the store of the newest format; a new format gets a folder and a test more.

use std::fs;
use std::path::{Path, PathBuf};

use milvus_engine::store::FORMAT;
use milvus_engine::store::crc::crc32;
use milvus_engine::store::error::StoreError;
use milvus_engine::store::files::Files;
use milvus_engine::store::files::memory::Memory;

use crate::{history, open, states, written};

fn folder(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stores/v{format}"))
}

fn stored(format: u32) -> Memory {
    let memory = Memory::new();
    for entry in fs::read_dir(folder(format)).unwrap() {
        let entry = entry.unwrap();
        memory.put(entry.file_name().to_str().unwrap(), fs::read(entry.path()).unwrap());
    }
    memory
}

#[test]
fn a_store_of_version_1_opens() {
    let memory = stored(1);
    let (mut store, state) = open(&memory).unwrap();
    assert_eq!(Some(&state), states(&history()).last());
    assert_eq!(store.append(1, b"goes on").unwrap(), 13);
    assert_eq!(open(&memory).unwrap().1.records.len(), 4);
}

#[test]
fn the_newest_format_is_written_as_it_was() {
    let memory = written();
    let folder = folder(FORMAT);
    for name in memory.list().unwrap() {
        let bytes = memory.get(&name).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(&name), &bytes).unwrap();
        }
        assert!(fs::read(folder.join(&name)).unwrap() == bytes, "{name} is written in another way");
    }
}

#[test]
fn a_format_of_the_future_is_refused_by_its_number() {
    let memory = written();
    let mut manifest = memory.get("manifest.0").unwrap();
    manifest[8] = 9;
    let end = manifest.len() - 4;
    let crc = crc32(&manifest[..end]);
    manifest[end..].copy_from_slice(&crc.to_le_bytes());
    memory.put("manifest.0", manifest);
    let error = open(&memory).err().unwrap();
    assert_eq!(error, StoreError::Format { found: 9 });
    assert_eq!(
        error.to_string(),
        "the store is of format 9, and this engine knows formats up to 1"
    );
}
