//! Files that fail: what is not kept is not acknowledged, and not in memory either.

use milvus_engine::store::Sizes;
use milvus_engine::store::files::memory::{Faults, Loss};
use milvus_engine::store::reserve::RESERVE;

use crate::requests::{Rows, ask, create, delete, insert, load};
use crate::{Pair, call};
use milvus_proto::common::Status;
use milvus_proto::milvus as pb;
use prost::Message;

fn small() -> Pair {
    let mut pair = Pair::begin();
    pair.done(&create("", "a", 1));
    load("", "a", 1).iter().for_each(|ask| pair.done(ask));
    pair.done(&insert("", "a", 1, "", &Rows::new(1..=8, 1)));
    pair
}

/// What a kept service says of a write that has no room.
fn refused(pair: &mut Pair, key: i64) -> Status {
    pair.now_ms += 1;
    let request = insert("", "a", 1, "", &Rows::new([key], 1));
    let reply = pair.kept.call(call(&request, pair.now_ms)).unwrap();
    pb::MutationResult::decode(reply.as_slice()).unwrap().status.unwrap()
}

#[test]
fn a_full_disk_loses_nothing_and_reads_go_on() {
    let mut pair = small();
    pair.kept.checkpoint().unwrap();
    pair.done(&delete("", "a", "", "id == 3"));
    let sizes = pair.kept.sizes();
    pair.memory.set_faults(Faults { quota: Some(used(&sizes) + 20), ..Faults::default() });
    for key in 100..103 {
        let status = refused(&mut pair, key);
        assert_eq!(status.code, 9);
        let words = "quota exceeded[reason=disk quota exceeded, please allocate more resources: ";
        assert!(status.reason.starts_with(words), "{}", status.reason);
        pair.look();
        pair.done(&delete("", "a", "", &format!("id == {}", key - 96)));
        // a flush is kept in the reserve, and what it asks for fails without harm
        pair.done(&ask(pb::FlushAllRequest::default()));
        assert!(pair.kept.is_due());
        while pair.kept.step(1).is_ok_and(|more| more) {}
        assert!(!pair.kept.is_due());
    }
    pair.memory.set_faults(Faults::default());
    pair.done(&insert("", "a", 1, "", &Rows::new([100], 1)));
    pair.look();
    pair.reopen();
    pair.look();
}

fn used(sizes: &Sizes) -> u64 {
    let segments = sizes.segments.iter().map(|(_, size)| size).sum::<u64>();
    sizes.manifest + sizes.log + segments + sizes.reserve
}

/// A pair whose disk has taken all it can: two tables with rows in segments and in the log.
fn full() -> (Pair, u64) {
    let mut pair = small();
    pair.done(&create("", "b", 1));
    load("", "b", 1).iter().for_each(|ask| pair.done(ask));
    pair.done(&insert("", "b", 1, "", &Rows::new(0..2_000, 1)));
    pair.kept.checkpoint().unwrap();
    let quota = used(&pair.kept.sizes()) + 50_000;
    pair.memory.set_faults(Faults { quota: Some(quota), ..Faults::default() });
    let (mut key, mut rows) = (1_000_000, 50);
    loop {
        pair.now_ms += 1;
        let request = insert("", "b", 1, "", &Rows::new(key..key + rows, 1));
        let reply = pair.kept.call(call(&request, pair.now_ms)).unwrap();
        if pb::MutationResult::decode(reply.as_slice()).unwrap().status.unwrap().code != 0 {
            if rows == 1 {
                return (pair, quota);
            }
            rows = 1;
            continue;
        }
        pair.plain.call(call(&request, pair.now_ms)).unwrap();
        key += rows;
        while pair.kept.step(1 << 20).is_ok_and(|more| more) {}
    }
}

#[test]
fn a_full_disk_is_emptied_by_a_drop() {
    let drop_table = |name: &str| {
        ask(pb::DropCollectionRequest { collection_name: name.to_string(), ..Default::default() })
    };
    for is_reopened in [false, true] {
        let (mut pair, quota) = full();
        if is_reopened {
            pair.reopen();
        }
        assert_eq!(refused(&mut pair, 7_000).code, 9);
        // what is not loaded yet can be read
        let released =
            pb::ReleaseCollectionRequest { collection_name: "b".to_string(), ..Default::default() };
        pair.memory.set_faults(Faults { quota: Some(quota + 1_000), ..Faults::default() });
        pair.done(&ask(released));
        pair.memory.set_faults(Faults { quota: Some(quota), ..Faults::default() });
        assert_eq!(refused(&mut pair, 7_000).code, 9);
        load("", "b", 1).iter().skip(1).for_each(|ask| pair.done(ask));
        // a little at a time, which makes no room before the files are written anew
        for key in 0..20 {
            pair.done(&delete("", "b", "", &format!("id == {key}")));
        }
        pair.done(&drop_table("b"));
        pair.look();
        // what was acknowledged is there, also where the checkpoint never came
        let mut crashed = crate::open(&pair.memory.after_crash(Loss::Nothing));
        let has = ask(pb::HasCollectionRequest {
            collection_name: "b".to_string(),
            ..Default::default()
        });
        let there = crashed.call(call(&has, pair.now_ms)).unwrap();
        assert!(!pb::BoolResponse::decode(there.as_slice()).unwrap().value);
        while pair.kept.step(1 << 20).unwrap() {}
        let sizes = pair.kept.sizes();
        assert!(used(&sizes) < quota - 40_000 && sizes.reserve == RESERVE, "{sizes:?} {quota}");
        pair.done(&insert("", "a", 1, "", &Rows::new(500..1_000, 1)));
        pair.look();
        pair.reopen();
        pair.look();
    }
}

/// A drop whose own record finds room makes room all the same, also where the files that are
/// written anew find none.
#[test]
fn a_disk_that_is_nearly_full_is_emptied_by_a_drop() {
    for room in [60, 150, 300, 5_000] {
        let (mut pair, quota) = full();
        let quota = quota + room;
        pair.memory.set_faults(Faults { quota: Some(quota), ..Faults::default() });
        pair.now_ms += 1;
        let much = insert("", "b", 1, "", &Rows::new(8_000..8_400, 1));
        let reply = pair.kept.call(call(&much, pair.now_ms)).unwrap();
        let status = pb::MutationResult::decode(reply.as_slice()).unwrap().status.unwrap();
        assert_eq!(status.code, 9);
        let collection_name = "b".to_string();
        pair.done(&ask(pb::DropCollectionRequest { collection_name, ..Default::default() }));
        assert_eq!(pair.kept.sizes().reserve, RESERVE, "the record had room");
        while pair.kept.step(1 << 20).unwrap() {}
        let sizes = pair.kept.sizes();
        assert!(used(&sizes) < quota - 40_000, "{room}: {sizes:?} {quota}");
        assert_eq!(sizes.reserve, RESERVE, "{room}");
        pair.look();
    }
}

/// A flush makes no room, and takes nothing of the reserve.
#[test]
fn a_flush_of_a_full_disk_leaves_room_for_a_drop() {
    let (mut pair, quota) = full();
    assert!(pair.kept.checkpoint().is_err());
    let sizes = pair.kept.sizes();
    assert!(sizes.reserve == RESERVE && used(&sizes) <= quota, "{sizes:?} {quota}");
    pair.look();
}

#[test]
fn an_insert_takes_nothing_of_the_reserve() {
    let (mut pair, quota) = full();
    for key in 0..40 {
        assert_eq!(refused(&mut pair, 7_000 + key).code, 9);
    }
    let sizes = pair.kept.sizes();
    assert!(sizes.reserve == RESERVE && used(&sizes) <= quota, "{sizes:?}");
    pair.look();
}

#[test]
fn a_flush_that_fails_acknowledges_nothing() {
    for failing in 0..3 {
        let mut pair = small();
        pair.memory.set_faults(Faults { fail_flushes: failing..failing + 1, ..Faults::default() });
        let mut codes = Vec::new();
        for key in 100..105 {
            let status = refused(&mut pair, key);
            codes.push(status.code);
            if status.code == 0 {
                let request = insert("", "a", 1, "", &Rows::new([key], 1));
                pair.plain.call(call(&request, pair.now_ms)).unwrap();
            }
        }
        assert_eq!(codes.iter().filter(|code| **code != 0).count(), 1, "{codes:?}");
        pair.look();
        pair.reopen();
        pair.look();
    }
}

#[test]
fn a_checkpoint_that_leaves_the_store_unsure_is_mended_by_the_next_call() {
    let mut states = Vec::new();
    for failing in 0..8 {
        let mut pair = small();
        let fail_flushes = failing..failing + 2;
        pair.memory.set_faults(Faults { fail_flushes, ..Faults::default() });
        states.push(pair.kept.checkpoint().is_ok());
        // whatever failed, writes go on, and nothing is lost or there twice
        pair.memory.set_faults(Faults::default());
        for key in 100..103 {
            pair.done(&insert("", "a", 1, "", &Rows::new([key], 1)));
        }
        pair.look();
        pair.kept.checkpoint().unwrap();
        pair.reopen();
        pair.look();
    }
    assert!(states.contains(&true) && states.contains(&false), "{states:?}");
}

#[test]
fn a_crash_at_every_step_of_a_checkpoint_loses_nothing() {
    let mut after = 0;
    loop {
        let mut pair = small();
        pair.memory.set_faults(Faults { crash_after: Some(after), ..Faults::default() });
        let is_whole = pair.kept.checkpoint().is_ok();
        for loss in [Loss::Nothing, Loss::Unflushed, Loss::Some(after)] {
            pair.kept = crate::open(&pair.memory.after_crash(loss));
            pair.look();
        }
        if is_whole {
            break;
        }
        after += 1 + after / 16;
    }
    assert!(after > 100, "{after}");
}

#[test]
fn memory_that_cannot_be_read_anew_is_told_and_comes_back() {
    let mut pair = small();
    let before = pair.memory.clone();
    pair.memory.set_faults(Faults { crash_after: Some(10), ..Faults::default() });
    let status = refused(&mut pair, 100);
    assert_eq!((status.code, status.reason.as_str()), (5, "crashed: service internal error"));
    // nothing can be read any more, and nothing is made up
    let status = refused(&mut pair, 101);
    assert_eq!((status.code, status.reason.as_str()), (5, "crashed: service internal error"));
    pair.kept = crate::open(&before.after_crash(Loss::Nothing));
    pair.look();
}
