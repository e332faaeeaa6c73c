//! Damaged stores: they refuse in words, give what is whole, and begin anew. What comes out is
//! nothing but rows that were acknowledged so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use milvus_engine::kept::Kept;
use milvus_engine::kept::damaged::Found;
use milvus_engine::service::{Call, Service};
use milvus_engine::store::files::Files;
use milvus_engine::store::files::memory::Memory;
use milvus_proto::common::Status;
use milvus_proto::engine as own;
use milvus_proto::milvus as pb;
use milvus_proto::schema::FieldData;
use prost::Message;

use crate::requests::{Ask, Rows, ask, create, delete, insert, load, query, upsert};
use crate::{Chance, Pair, call};

const NOW: u64 = 1_800_000_000_000;

const TABLES: [(&str, &str); 4] = [("default", "a"), ("d", "b"), ("d", "c"), ("default", "e")];

/// What was acknowledged of each row at any time, by database, table and key.
type Versions = BTreeMap<(String, String, String), Vec<Vec<FieldData>>>;

/// A store with segments and a log, and all that its rows ever were.
fn written() -> (Memory, Versions) {
    let memory = Memory::new();
    let mut kept = crate::open(&memory);
    let mut versions = Versions::new();
    let mut done = |kept: &mut Kept, ask: Ask| {
        let reply = kept.call(call(&ask, NOW)).unwrap();
        assert_eq!((ask.code)(&reply), 0, "{}", ask.method);
        if matches!(ask.method, "Insert" | "Upsert" | "Delete") {
            note(kept, &mut versions);
        }
    };
    done(
        &mut kept,
        ask(pb::CreateDatabaseRequest { db_name: "d".to_string(), ..Default::default() }),
    );
    for (kind, (database, name)) in [(0, TABLES[0]), (2, TABLES[1]), (3, TABLES[2])] {
        done(&mut kept, create(database, name, kind));
        load(database, name, kind).into_iter().for_each(|ask| done(&mut kept, ask));
        done(&mut kept, insert(database, name, kind, "", &Rows::new(1..=12, 7)));
    }
    kept.checkpoint().unwrap();
    // more rows than half of those before are written again with them
    for (kind, (database, name)) in [(0, TABLES[0]), (2, TABLES[1]), (3, TABLES[2])] {
        done(&mut kept, insert(database, name, kind, "", &Rows::new(20..=22, 8)));
    }
    done(&mut kept, delete("", "a", "", "id in [1, 2]"));
    kept.checkpoint().unwrap();
    done(&mut kept, upsert("", "a", 0, "", &Rows::new([3, 5, 40], 9)));
    done(&mut kept, create("", "e", 1));
    load("", "e", 1).into_iter().for_each(|ask| done(&mut kept, ask));
    done(&mut kept, insert("", "e", 1, "", &Rows::new(1..=4, 10)));
    done(&mut kept, insert("d", "b", 2, "", &Rows::new(30..33, 11)));
    done(&mut kept, delete("d", "c", "", "id == '4'"));
    let mut partial = pb::UpsertRequest::decode(
        upsert("", "a", 0, "", &Rows::new([3, 7], 12)).request.as_slice(),
    )
    .unwrap();
    partial.partial_update = true;
    partial.fields_data.retain(|field| matches!(field.field_name.as_str(), "id" | "i8"));
    done(&mut kept, ask(partial));
    done(&mut kept, insert("", "e", 1, "", &Rows::new(5..=8, 13)));
    (memory, versions)
}

fn note(kept: &mut Kept, versions: &mut Versions) {
    for (database, table) in TABLES {
        for (key, row) in rows(&mut |call| kept.call(call).unwrap(), database, table) {
            let before =
                versions.entry((database.to_string(), table.to_string(), key)).or_default();
            if !before.contains(&row) {
                before.push(row);
            }
        }
    }
}

/// All rows of a table by their keys; none where there is no such table.
fn rows(
    answer: &mut dyn FnMut(Call<'_>) -> Vec<u8>,
    database: &str,
    table: &str,
) -> Vec<(String, Vec<FieldData>)> {
    let mut asked = |expr: &str, output: &str| {
        let ask = query(database, table, expr, output);
        let reply = answer(call(&ask, NOW));
        pb::QueryResults::decode(reply.as_slice()).unwrap()
    };
    let all = asked("", "id");
    let keys: Vec<String> = all.fields_data.iter().flat_map(keys_of).collect();
    keys.into_iter()
        .map(|key| {
            let row = asked(&format!("id == {key}"), "*").fields_data;
            (key, row)
        })
        .collect()
}

/// As they stand in an expression.
fn keys_of(field: &FieldData) -> Vec<String> {
    use milvus_proto::schema::field_data::Field as Columns;
    use milvus_proto::schema::scalar_field::Data as Scalars;
    let Some(Columns::Scalars(scalars)) = &field.field else { return Vec::new() };
    match &scalars.data {
        Some(Scalars::LongData(keys)) => keys.data.iter().map(i64::to_string).collect(),
        Some(Scalars::StringData(keys)) => keys.data.iter().map(|key| format!("'{key}'")).collect(),
        _ => Vec::new(),
    }
}

fn files(memory: &Memory) -> BTreeMap<String, Vec<u8>> {
    let names = memory.list().unwrap();
    names.into_iter().map(|name| (name.clone(), memory.get(&name).unwrap())).collect()
}

fn asked<Reply: Message + Default>(found: &mut Found, ask: &Ask) -> Reply {
    Reply::decode(found.call(call(ask, NOW)).unwrap().as_slice()).unwrap()
}

fn storage(found: &mut Found) -> own::GetStorageResponse {
    asked(found, &ask(own::GetStorageRequest {}))
}

/// What a damaged store gives of a database, as a store of its own.
fn exported(found: &mut Found, database: &str) -> (own::ExportDatabaseResponse, Service) {
    let request = own::ExportDatabaseRequest { db_name: database.to_string(), salvage: true };
    let reply: own::ExportDatabaseResponse = asked(found, &ask(request));
    assert_eq!(reply.status.as_ref().unwrap().code, 0, "{reply:?}");
    let mut service = Service::default();
    let import =
        own::ImportDatabaseRequest { target_name: String::new(), file: reply.file.clone() };
    let answered = service.call(call(&ask(import), NOW)).unwrap();
    let imported = own::ImportDatabaseResponse::decode(answered.as_slice()).unwrap();
    assert_eq!((imported.rows, imported.db_name.as_str()), (reply.rows, database));
    (reply, service)
}

/// Looks at a store that may be damaged; gives how many rows come out of a damaged one.
fn check(memory: &Memory, versions: &Versions, place: &str) -> Option<usize> {
    let (mut found, _) = Found::open(Arc::new(memory.clone())).unwrap();
    let before = files(memory);
    if found.kept().is_some() {
        return None;
    }
    // whatever is asked, the answer is why, and where the way out is is the client's to say
    for request in [query("", "a", "", "*"), ask(own::ExportDatabaseRequest::default())] {
        let reply: pb::QueryResults = asked(&mut found, &request);
        let status = reply.status.unwrap();
        assert_eq!(status.code, 1009, "{place}");
        assert!(status.reason.starts_with("the store is damaged: `"), "{place}: {}", status.reason);
    }
    let version: pb::GetVersionResponse = asked(&mut found, &ask(pb::GetVersionRequest {}));
    assert_eq!(version.status.unwrap().code, 0, "{place}");
    let storage = storage(&mut found);
    assert!(!storage.lost.is_empty(), "{place}");
    let whole: u64 = before.values().map(|bytes| bytes.len() as u64).sum();
    let files_of_it = storage.log + storage.segments + storage.manifests + storage.reserve;
    assert_eq!(files_of_it, whole, "{place}");
    let databases: BTreeSet<&str> =
        storage.collections.iter().map(|collection| collection.db_name.as_str()).collect();
    let mut count = 0;
    for database in databases {
        let (reply, mut service) = exported(&mut found, database);
        assert_eq!(reply.lost, storage.lost, "{place}");
        for (_, table) in TABLES.iter().filter(|(other, _)| *other == database) {
            for (key, row) in rows(&mut |call| service.call(call).unwrap(), database, table) {
                let of = (database.to_string(), table.to_string(), key);
                let known = versions.get(&of).is_some_and(|versions| versions.contains(&row));
                assert!(known, "{place}: {of:?} is {row:?}");
                count += 1;
            }
        }
    }
    assert_eq!(files(memory), before, "{place}: nothing was changed");
    let dropped: Status = asked(&mut found, &ask(own::DropStorageRequest {}));
    assert_eq!(dropped.code, 0, "{place}");
    let made = ask(pb::CreateDatabaseRequest { db_name: "new".to_string(), ..Default::default() });
    assert_eq!(asked::<Status>(&mut found, &made).code, 0, "{place}");
    drop(found);
    let kept = crate::open(memory);
    assert!(kept.sizes().segments.is_empty(), "{place}");
    Some(count)
}

fn copy(memory: &Memory) -> Memory {
    let copy = Memory::new();
    files(memory).into_iter().for_each(|(name, bytes)| copy.put(&name, bytes));
    copy
}

fn all(versions: &Versions) -> usize {
    versions.len()
}

#[test]
fn a_bit_that_flips_costs_what_it_is_in() {
    let (memory, versions) = written();
    let whole = files(&memory);
    let (mut damaged, mut rows) = (0, 0);
    for (name, bytes) in whole.iter().filter(|(name, _)| *name != "reserve") {
        for at in (0..bytes.len()).step_by(5) {
            let flipped = copy(&memory);
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            flipped.put(name, bytes);
            if let Some(count) = check(&flipped, &versions, &format!("{name} at {at}")) {
                damaged += 1;
                rows += count;
            }
        }
    }
    let share = rows as f64 / (damaged * all(&versions)) as f64;
    assert!(damaged > 1_000 && share > 0.7, "{damaged} stores, {share}");
}

#[test]
fn files_that_are_cut_or_lost_cost_what_was_in_them() {
    let (memory, versions) = written();
    let mut damaged = 0;
    for (name, bytes) in files(&memory) {
        let lost = copy(&memory);
        lost.remove(&name).unwrap();
        damaged += usize::from(check(&lost, &versions, &format!("{name} lost")).is_some());
        for cut in [0, 1, 30, bytes.len() / 2, bytes.len() - 1] {
            let shorter = copy(&memory);
            shorter.put(&name, bytes[..cut].to_vec());
            let place = format!("{name} cut to {cut}");
            damaged += usize::from(check(&shorter, &versions, &place).is_some());
        }
    }
    // without both manifests there is only what the log tells
    let bare = copy(&memory);
    bare.remove("manifest.0").unwrap();
    bare.remove("manifest.1").unwrap();
    let left = check(&bare, &versions, "no manifest").unwrap();
    assert_eq!(left, 8, "the table that the log has whole");
    assert!(damaged > 15, "{damaged}");
}

#[test]
fn several_places_at_once() {
    let (memory, versions) = written();
    let whole = files(&memory);
    let names: Vec<&String> = whole.keys().collect();
    let mut damaged = 0;
    for seed in 0..2_000 {
        let mut chance = Chance(seed);
        let torn = copy(&memory);
        for _ in 0..2 + chance.below(4) {
            let name = names[chance.below(names.len() as u64) as usize];
            let mut bytes = torn.get(name).unwrap();
            if bytes.is_empty() {
                continue;
            }
            let at = chance.below(bytes.len() as u64) as usize;
            match chance.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.iter_mut().skip(at).take(64).for_each(|byte| *byte = 0),
                _ => bytes[at] ^= 1 << chance.below(8),
            }
            torn.put(name, bytes);
        }
        damaged += usize::from(check(&torn, &versions, &format!("seed {seed}")).is_some());
    }
    assert!(damaged > 1_500, "{damaged}");
}

#[test]
fn a_damaged_block_costs_its_own_rows() {
    let mut pair = Pair::begin();
    pair.done(&create("", "e", 1));
    load("", "e", 1).iter().for_each(|ask| pair.done(ask));
    // the vectors are 4.8 MB, in several blocks
    pair.done(&insert("", "e", 1, "", &Rows::new(0..300_000, 1)));
    pair.kept.checkpoint().unwrap();
    let name = pair.memory.list().unwrap().into_iter().find(|name| name.starts_with("seg"));
    let name = name.unwrap();
    let mut bytes = pair.memory.get(&name).unwrap();
    // behind 2.4 MB of keys
    bytes[3_000_000] ^= 1;
    pair.memory.put(&name, bytes);
    let (mut found, _) = Found::open(Arc::new(pair.memory.clone())).unwrap();
    let storage = storage(&mut found);
    let lost = 300_000 - storage.collections[0].rows;
    assert!(storage.lost.contains(&format!("{lost} rows of table default.e")), "{storage:?}");
    assert!(lost > 10_000 && lost < 290_000, "{lost}");
    let (reply, mut service) = exported(&mut found, "default");
    assert_eq!((reply.collections, reply.rows), (1, 300_000 - lost));
    let last = query("", "e", "id == 299999", "*");
    let row = |reply: Vec<u8>| pb::QueryResults::decode(reply.as_slice()).unwrap().fields_data;
    let before = row(pair.plain.call(call(&last, NOW)).unwrap());
    assert!(!before.is_empty() && row(service.call(call(&last, NOW)).unwrap()) == before);
}

#[test]
fn a_whole_store_is_exported_as_ever_and_dropped_as_a_whole() {
    let (memory, versions) = written();
    let (mut found, _) = Found::open(Arc::new(memory.clone())).unwrap();
    let (reply, _) = exported(&mut found, "d");
    assert_eq!((reply.collections, reply.lost.len()), (2, 0));
    assert!(storage(&mut found).lost.is_empty() && !versions.is_empty());
    assert_eq!(asked::<Status>(&mut found, &ask(own::DropStorageRequest {})).code, 0);
    let made = found.call(Call {
        method: "CreateDatabase",
        database: "",
        request: &pb::CreateDatabaseRequest { db_name: "d".to_string(), ..Default::default() }
            .encode_to_vec(),
        now_ms: NOW,
    });
    assert_eq!(Status::decode(made.unwrap().as_slice()).unwrap().code, 0);
    // replayed from the log, and behind a checkpoint
    for _ in 0..2 {
        let mut kept = crate::open(&memory);
        let list = kept.call(call(&ask(pb::ListDatabasesRequest::default()), NOW)).unwrap();
        let list = pb::ListDatabasesResponse::decode(list.as_slice()).unwrap();
        assert_eq!(list.db_names, ["d", "default"]);
        kept.checkpoint().unwrap();
        assert!(kept.sizes().segments.is_empty());
    }
}
