//! Stores that are closed and opened again.

use std::sync::Arc;

use milvus_engine::kept::Kept;
use milvus_engine::store::files::Files as _;
use milvus_engine::store::files::memory::Memory;
use milvus_engine::store::import::Import;
use milvus_proto::milvus as pb;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::{DataType, FieldSchema};
use prost::Message;

use crate::requests::{
    Ask, Rows, ask, create, delete, insert, load, pair as setting, query, upsert,
};
use crate::{Chance, Pair, call};

/// Something of everything.
fn world() -> Pair {
    let mut pair = Pair::begin();
    pair.done(&ask(pb::CreateDatabaseRequest { db_name: "d".to_string(), ..Default::default() }));
    for (database, name, kind) in [("", "a", 0), ("d", "b", 2), ("d", "c", 3), ("", "b", 1)] {
        pair.done(&create(database, name, kind));
        load(database, name, kind).iter().for_each(|ask| pair.done(ask));
        let rows = Rows { is_dynamic: true, ..Rows::new(1..=20, 7) };
        pair.done(&insert(database, name, kind, "", &rows));
    }
    pair.done(&upsert("", "a", 0, "", &Rows::new([3, 5, 40], 8)));
    pair.done(&delete("", "a", "", "id in [1, 2]"));
    pair.done(&delete("", "a", "", "flag == true and id > 10"));
    pair.done(&ask(pb::CreateAliasRequest {
        alias: "alias".to_string(),
        collection_name: "a".to_string(),
        ..Default::default()
    }));
    people(&mut pair);
    pair
}

fn people(pair: &mut Pair) {
    let role = || Some(pb::RoleEntity { name: "reader".to_string(), ..Default::default() });
    pair.done(&ask(pb::CreateCredentialRequest {
        username: "ann".to_string(),
        password: "U2VjcmV0MSE=".to_string(),
    }));
    pair.done(&ask(pb::CreateRoleRequest { entity: role() }));
    pair.done(&ask(pb::OperateUserRoleRequest {
        username: "ann".to_string(),
        role_name: "reader".to_string(),
        ..Default::default()
    }));
    pair.done(&ask(pb::OperatePrivilegeV2Request {
        role: role(),
        grantor: Some(pb::GrantorEntity {
            privilege: Some(pb::PrivilegeEntity { name: "Search".to_string() }),
            ..Default::default()
        }),
        db_name: "default".to_string(),
        collection_name: "a".to_string(),
        ..Default::default()
    }));
    pair.done(&ask(pb::CreatePrivilegeGroupRequest { group_name: "readers".to_string() }));
}

#[test]
fn what_is_in_the_log_is_there_again() {
    let mut pair = world();
    pair.reopen();
    pair.look();
    assert!(pair.kept.sizes().records > 20);
}

#[test]
fn what_is_in_segments_is_there_again() {
    let mut pair = world();
    pair.kept.checkpoint().unwrap();
    let sizes = pair.kept.sizes();
    assert_eq!((sizes.records, sizes.segments.len()), (0, 4));
    pair.look();
    for _ in 0..2 {
        pair.reopen();
        pair.look();
        // ids go on where they were
        let rows = Rows::new(50..52, 3);
        pair.done(&insert("d", "b", 2, "", &rows));
        pair.done(&upsert("", "alias", 0, "", &Rows::new([3, 4, 50], 9)));
        pair.look();
    }
}

#[test]
fn what_did_not_change_is_not_written_again() {
    let mut pair = world();
    pair.kept.checkpoint().unwrap();
    let before = pair.kept.sizes().segments;
    pair.done(&delete("", "a", "", "id == 7"));
    pair.kept.checkpoint().unwrap();
    assert_eq!(pair.kept.sizes().segments, before);
    pair.reopen();
    pair.done(&ask(pb::TruncateCollectionRequest {
        collection_name: "b".to_string(),
        ..Default::default()
    }));
    pair.kept.checkpoint().unwrap();
    let behind = pair.kept.sizes().segments;
    assert_eq!(behind.len(), before.len() - 1);
    assert!(behind.iter().all(|segment| before.contains(segment)));
    pair.reopen();
    pair.look();
}

/// Flushed rows are sealed, those behind them grow: whether the log tells it or a checkpoint.
#[test]
fn what_was_flushed_stays_sealed() {
    let mut pair = world();
    for flush in [
        ask(pb::FlushRequest { collection_names: vec!["a".to_string()], ..Default::default() }),
        ask(pb::FlushAllRequest::default()),
    ] {
        pair.done(&flush);
        pair.done(&insert("", "a", 0, "", &Rows::new(200..203, 4)));
        pair.reopen();
        pair.look();
        pair.kept.checkpoint().unwrap();
        pair.reopen();
        pair.look();
    }
    pair.done(&ask(pb::FlushAllRequest::default()));
    pair.kept.checkpoint().unwrap();
    pair.done(&ask(pb::FlushAllRequest::default()));
    assert_eq!(pair.kept.sizes().records, 0);
    assert!(!pair.kept.is_due());
}

#[test]
fn a_checkpoint_in_slices_is_of_the_moment_it_began() {
    let mut pair = world();
    let mut chance = Chance(1);
    for round in 0..6 {
        pair.done(&ask(pb::FlushAllRequest::default()));
        assert!(pair.kept.is_due());
        let mut slices = 0;
        while pair.kept.step(1).unwrap() {
            slices += 1;
            let key = 100 + slices;
            match chance.below(4) {
                0 => pair.done(&insert("", "b", 1, "", &Rows::new([key], 1))),
                1 => pair.done(&delete("d", "c", "", &format!("id in ['{}']", chance.below(30)))),
                2 if slices % 17 == 0 && round % 2 == 0 => {
                    pair.done(&ask(pb::TruncateCollectionRequest {
                        collection_name: "b".to_string(),
                        ..Default::default()
                    }));
                }
                _ => {}
            }
        }
        assert!(slices >= 3, "{slices}");
        pair.reopen();
        pair.look();
        pair.kept = crate::open(&pair.memory);
        pair.done(&insert("", "b", 1, "", &Rows::new(200..210, 1)));
    }
}

#[test]
fn passwords_are_not_in_the_files() {
    let mut pair = world();
    pair.done(&ask(pb::UpdateCredentialRequest {
        username: "ann".to_string(),
        old_password: "U2VjcmV0MSE=".to_string(),
        new_password: "T3RoZXIxMjM=".to_string(),
    }));
    let is_in_files = |pair: &Pair, word: &str| {
        let log = pair.memory.get("log.1").or(pair.memory.get("log.2")).unwrap();
        let manifest = pair.memory.get("manifest.0").unwrap_or_default();
        [log, manifest]
            .iter()
            .any(|bytes| bytes.windows(word.len()).any(|window| window == word.as_bytes()))
    };
    assert!(is_in_files(&pair, "ann"));
    for word in ["U2VjcmV0MSE=", "Secret1!", "T3RoZXIxMjM=", "Other123"] {
        assert!(!is_in_files(&pair, word), "{word}");
    }
    pair.reopen();
    // the new one is right, the old one is wrong
    let change = |old: &str| {
        ask(pb::UpdateCredentialRequest {
            username: "ann".to_string(),
            old_password: old.to_string(),
            new_password: "U2VjcmV0MSE=".to_string(),
        })
    };
    assert_eq!(pair.ask(&change("U2VjcmV0MSE=")), 1400);
    assert_eq!(pair.ask(&change("T3RoZXIxMjM=")), 0);
    pair.kept.checkpoint().unwrap();
    pair.reopen();
    assert_eq!(pair.ask(&change("T3RoZXIxMjM=")), 1400);
}

#[test]
fn an_added_field_and_its_number_stay() {
    let mut pair = world();
    pair.kept.checkpoint().unwrap();
    let field = FieldSchema {
        name: "note".to_string(),
        data_type: DataType::VarChar.into(),
        nullable: true,
        type_params: vec![setting("max_length", "9")],
        ..Default::default()
    };
    pair.done(&ask(pb::AddCollectionFieldRequest {
        collection_name: "a".to_string(),
        schema: field.encode_to_vec(),
        ..Default::default()
    }));
    pair.reopen();
    pair.look();
    pair.kept.checkpoint().unwrap();
    pair.reopen();
    pair.look();
    pair.done(&insert("", "a", 0, "", &Rows::new(60..64, 3)));
    pair.reopen();
    pair.look();
}

#[test]
fn an_export_is_the_same_service_elsewhere() {
    let mut pair = world();
    pair.kept.checkpoint().unwrap();
    pair.done(&insert("", "b", 1, "", &Rows::new(70..75, 2)));
    let elsewhere = Memory::new();
    let mut import = Import::new(Arc::new(elsewhere.clone())).unwrap();
    for chunk in pair.kept.export().unwrap() {
        import.write(&chunk.unwrap()).unwrap();
    }
    import.finish().unwrap();
    pair.memory = elsewhere;
    pair.reopen();
    pair.look();
}

/// Requests that were refused and reads took moments of their own, which are in no record.
#[test]
fn ids_are_the_same_when_the_clock_stands_still() {
    let mut pair = Pair::begin();
    let mut ids = Vec::new();
    let done = |kept: &mut Kept, ask: &Ask| {
        let reply = kept.call(call(ask, 1_700_000_000_000)).unwrap();
        ((ask.code)(&reply), reply)
    };
    let look = query("", "b", "", "*");
    for ask in [vec![create("", "b", 2)], load("", "b", 2)].concat() {
        assert_eq!(done(&mut pair.kept, &ask).0, 0);
    }
    for round in 0..6 {
        let (code, reply) = done(&mut pair.kept, &insert("", "b", 2, "", &Rows::new(0..3, round)));
        assert_eq!(code, 0);
        let inserted = pb::MutationResult::decode(reply.as_slice()).unwrap();
        if let Some(IdField::IntId(new)) = inserted.i_ds.unwrap().id_field {
            ids.extend(new.data);
        }
        let wrong = insert("", "b", 2, "no such", &Rows::new(0..7, round));
        assert_ne!(done(&mut pair.kept, &wrong).0, 0);
        let rows = |kept: &mut Kept| {
            pb::QueryResults::decode(done(kept, &look).1.as_slice()).unwrap().fields_data
        };
        let before = rows(&mut pair.kept);
        if round == 3 {
            pair.kept.checkpoint().unwrap();
        }
        if round % 2 == 1 {
            pair.reopen();
        }
        assert!(rows(&mut pair.kept) == before, "{round}");
    }
    assert!(ids.len() == 18 && ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

#[test]
fn files_are_told_of_before_they_are_opened() {
    let mut pair = world();
    pair.done(&ask(pb::FlushAllRequest::default()));
    while pair.kept.is_due() {
        let (ahead, before) = (pair.kept.names_ahead(), pair.memory.list().unwrap());
        pair.kept.step(1).unwrap();
        for name in pair.memory.list().unwrap() {
            assert!(before.contains(&name) || ahead.contains(&name), "{name}: {ahead:?}");
        }
    }
    assert_eq!(pair.kept.sizes().segments.len(), 4);
}

#[test]
fn many_rows_go_to_few_parts() {
    let mut pair = Pair::begin();
    pair.done(&create("", "a", 0));
    load("", "a", 0).iter().for_each(|ask| pair.done(ask));
    for round in 0..40 {
        pair.done(&insert("", "a", 0, "", &Rows::new(round * 100..round * 100 + 100, 5)));
        pair.kept.checkpoint().unwrap();
        assert!(pair.kept.sizes().segments.len() < 8);
    }
    pair.reopen();
    pair.look();
    let (_, opening) = Kept::open(Arc::new(pair.memory.clone())).unwrap();
    assert_eq!((opening.replayed, opening.cut_off), (0, 0));
}
