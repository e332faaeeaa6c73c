//! A store that becomes one file, and a store again.

use std::sync::Arc;

use milvus_engine::store::Store;
use milvus_engine::store::error::{Result, StoreError};
use milvus_engine::store::files::Files;
use milvus_engine::store::files::memory::{Faults, Loss, Memory};
use milvus_engine::store::import::Import;

use crate::{Chance, State, history, open, states, written};

fn export(memory: &Memory) -> Vec<u8> {
    let (store, _) = open(memory).unwrap();
    let export = store.export().unwrap();
    let size = export.size();
    let bytes = export.collect::<Result<Vec<_>>>().unwrap().concat();
    assert_eq!(bytes.len() as u64, size);
    bytes
}

fn import(memory: &Memory, bytes: &[u8], piece: usize) -> Result<()> {
    let mut import = Import::new(Arc::new(memory.clone()))?;
    bytes.chunks(piece).try_for_each(|piece| import.write(piece))?;
    import.finish()
}

#[test]
fn a_store_is_the_same_after_it_was_moved() {
    let steps = history();
    for (count, state) in states(&steps).into_iter().enumerate() {
        let memory = Memory::new();
        let (mut store, _) = open(&memory).unwrap();
        steps[..count].iter().for_each(|step| step.run(&mut store).unwrap());
        let bytes = export(&memory);
        for piece in [1, 7, 64, 1000, usize::MAX] {
            let moved = Memory::new();
            import(&moved, &bytes, piece).unwrap();
            assert_eq!(open(&moved).unwrap().1, state);
            // once more, and it goes on as the first would have
            let (mut store, _) = open(&moved).unwrap();
            steps[count..].iter().for_each(|step| step.run(&mut store).unwrap());
            assert_eq!(Some(&open(&moved).unwrap().1), states(&steps).last());
            assert!(moved.list().unwrap().len() <= 5, "nothing is left over");
        }
    }
}

#[test]
fn an_import_needs_an_empty_store() {
    let memory = written();
    let bytes = export(&memory);
    assert!(matches!(import(&memory, &bytes, 100), Err(StoreError::Io(_))));
    assert_eq!(Some(&open(&memory).unwrap().1), states(&history()).last());
}

#[test]
fn an_export_that_is_cut_or_flipped_imports_nothing() {
    let bytes = export(&written());
    let mut chance = Chance(3);
    let state = states(&history()).pop().unwrap();
    let mut harmless = 0;
    for round in 0..8_000 {
        let mut damaged = bytes.clone();
        let at = chance.below(bytes.len() as u64) as usize;
        match round % 4 {
            0 => damaged.truncate(at),
            1 => damaged.push(at as u8),
            2 => damaged[at..].iter_mut().take(9).for_each(|byte| *byte ^= 0x55),
            _ => damaged[at] ^= 1 << (round / 4 % 8),
        }
        let memory = Memory::new();
        match import(&memory, &damaged, 1 + at % 300) {
            Ok(()) => {
                // zeros between the files are nobody's
                harmless += 1;
                assert_eq!(open(&memory).unwrap().1, state, "round {round}");
            }
            Err(StoreError::Damaged { file, .. }) => {
                assert_eq!(file, "export", "round {round}");
                assert_eq!(open(&memory).unwrap().1, State::default(), "round {round}");
            }
            Err(error) => panic!("round {round}: {error}"),
        }
    }
    assert!(harmless < 2_000, "{harmless}");
}

#[test]
fn a_crash_of_an_import_leaves_an_empty_store_or_all_of_it() {
    let bytes = export(&written());
    let state = states(&history()).pop().unwrap();
    for after in 0.. {
        let memory = Memory::new();
        memory.set_faults(Faults { crash_after: Some(after), ..Faults::default() });
        let is_done = import(&memory, &bytes, 100).is_ok();
        for loss in [Loss::Nothing, Loss::Unflushed, Loss::Some(after), Loss::Some(after + 7)] {
            let found = open(&memory.after_crash(loss)).unwrap().1;
            assert!(found == state || (!is_done && found == State::default()), "{after}, {loss:?}");
        }
        if is_done {
            break;
        }
    }
}

#[test]
fn a_full_disk_imports_nothing() {
    let bytes = export(&written());
    for quota in (0..bytes.len() as u64).step_by(13) {
        let memory = Memory::new();
        memory.set_faults(Faults { quota: Some(quota), ..Faults::default() });
        if import(&memory, &bytes, 100).is_ok() {
            break;
        }
        memory.set_faults(Faults::default());
        assert_eq!(open(&memory).unwrap().1, State::default(), "{quota}");
    }
}

#[test]
fn a_damaged_block_is_not_exported() {
    let memory = written();
    let mut segment = memory.get("seg.3").unwrap();
    segment[64] ^= 1;
    memory.put("seg.3", segment);
    let (store, _) = Store::open(Arc::new(memory)).unwrap();
    let exported: Result<Vec<_>> = store.export().unwrap().collect();
    assert!(matches!(exported, Err(StoreError::Damaged { file, .. }) if file == "seg.3"));
}
