//! Arrays of structs in a store that is closed and opened again: in the log, in segments, in a file
//! of a database, and in the store that the first version with structs wrote.

use std::sync::Arc;

use milvus_engine::kept::Kept;
use milvus_proto::common::PlaceholderType;
use milvus_proto::engine::{
    ExportDatabaseRequest, ExportDatabaseResponse, ImportDatabaseRequest, ImportDatabaseResponse,
};
use milvus_proto::milvus as pb;
use prost::Message;

use crate::format::{folder, read, update};
use crate::requests::{ask, delete, query};
use crate::structs_data::{ROWS, Row, array, create, index, insert, load, schema, search};
use crate::{Pair, call};

/// A collection of structs, with rows that came, changed and went, and an array that came later.
fn world() -> Pair {
    let mut pair = Pair::begin();
    let mut schema = schema();
    schema.enable_dynamic_field = true;
    pair.done(&ask(create(&schema)));
    for request in [index("v", "L2"), index("s[vec]", "MAX_SIM_COSINE")] {
        pair.done(&ask(request));
    }
    pair.done(&ask(load()));
    pair.done(&ask(insert(&ROWS)));
    more(&mut pair, 10);
    pair.done(&ask(pb::AddCollectionStructFieldRequest {
        collection_name: "e".to_string(),
        struct_array_field_schema: Some(array("later")),
        ..Default::default()
    }));
    look(&mut pair);
    pair
}

/// Rows that come, change and go.
fn more(pair: &mut Pair, key: i64) {
    let rows: [Row; 3] = [(key, ROWS[4].1), (key + 1, None), (key + 2, ROWS[0].1)];
    pair.done(&ask(insert(&rows)));
    let changed = insert(&[(key + 1, ROWS[3].1), (key + 2, None)]);
    pair.done(&ask(pb::UpsertRequest {
        collection_name: "e".to_string(),
        fields_data: changed.fields_data,
        num_rows: 2,
        ..Default::default()
    }));
    pair.done(&delete("", "e", "", &format!("id == {key} && MATCH_ANY(s, $[rank] == 13)")));
}

fn look(pair: &mut Pair) {
    pair.look();
    for expr in [
        "s is null",
        "later is not null",
        "array_length(s[vec]) > 1",
        "element_filter(s, $[tag] == 'qa')",
        "MATCH_LEAST(s, $[rank] > 1, threshold=2)",
    ] {
        pair.done(&query("", "e", expr, "*"));
    }
    let list = [[0.3, 0.4], [-1.0, 0.1]];
    pair.done(&ask(search(PlaceholderType::EmbListFloatVector, &list, "id != 2")));
}

#[test]
fn structs_are_there_again() {
    let mut pair = world();
    pair.reopen();
    assert!(pair.kept.sizes().records > 5);
    look(&mut pair);
    for key in [20, 30] {
        pair.kept.checkpoint().unwrap();
        assert_eq!(pair.kept.sizes().records, 0);
        pair.reopen();
        look(&mut pair);
        more(&mut pair, key);
        look(&mut pair);
    }
}

#[test]
fn structs_move_with_their_database() {
    let mut pair = world();
    let request =
        ask(ExportDatabaseRequest { db_name: "default".to_string(), ..Default::default() });
    let reply = pair.kept.call(call(&request, pair.now_ms)).unwrap();
    let file = ExportDatabaseResponse::decode(reply.as_slice()).unwrap().file;
    let mut to = Pair::begin();
    let import = ask(ImportDatabaseRequest { target_name: "d".to_string(), file });
    let reply = to.kept.call(call(&import, pair.now_ms)).unwrap();
    let reply = ImportDatabaseResponse::decode(reply.as_slice()).unwrap();
    assert_eq!((reply.collections, reply.rows), (1, 7));
    to.kept.checkpoint().unwrap();
    to.reopen();
    for expr in ["id > 0", "s is null", "element_filter(s, $[tag] == 'qa')"] {
        let now_ms = pair.now_ms + 1_000;
        let before = pair.kept.call(call(&query("", "e", expr, "*"), now_ms)).unwrap();
        let after = to.kept.call(call(&query("d", "e", expr, "*"), now_ms)).unwrap();
        assert!(before == after && before.len() > 100, "{expr}");
    }
}

/// Most in segments, the rest in the log.
#[test]
fn a_store_of_the_first_version_with_structs_is_opened() {
    let mut pair = world();
    pair.kept.checkpoint().unwrap();
    more(&mut pair, 20);
    let folder = folder("kept-v2");
    update(&folder, &pair.memory, &["manifest.0", "manifest.1", "log.2", "seg.1"]);
    pair.memory = read(&folder);
    let (kept, opening) = Kept::open(Arc::new(pair.memory.clone())).unwrap();
    assert_eq!((opening.replayed, opening.cut_off, kept.sizes().segments.len()), (3, 0, 1));
    pair.kept = kept;
    look(&mut pair);
}
