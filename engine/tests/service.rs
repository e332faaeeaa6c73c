//! The service by its messages, as a client sends them.

use milvus_engine::service::{Call, Refusal, Service};
use milvus_proto::common::{KeyValuePair, LoadState, SegmentState, Status};
use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, JsonArray, LongArray,
    ScalarField, StringArray, VectorField,
};
use milvus_proto::{Reply, Request};
use prost::Message;

/// A service, and what it says.
struct Server(Service);

impl Server {
    fn new() -> Server {
        Server(Service::default())
    }

    fn ask<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let bytes = request.encoded();
        let call = Call {
            method: R::METHOD.name,
            database: "",
            request: &bytes,
            now_ms: 1_700_000_000_000,
        };
        R::Reply::decode(self.0.call(call).expect("a method").as_slice()).expect("a reply")
    }

    /// A request that goes well.
    fn done<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let mut reply = self.ask(request);
        let status = reply.status().cloned().unwrap_or_default();
        assert_eq!(status, Status::default(), "{}", R::METHOD.name);
        reply
    }

    /// The number and the words of what went wrong.
    fn wrong<R: Request>(&mut self, request: R) -> (i32, String)
    where
        R::Reply: Message,
    {
        let mut reply = self.ask(request);
        let status = reply.status().cloned().unwrap_or_default();
        (status.code, status.reason)
    }
}

fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

fn field(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { name: name.to_string(), data_type: data_type.into(), ..Default::default() }
}

/// id, title, v of two dimensions; other keys are dynamic.
fn books() -> pb::CreateCollectionRequest {
    let schema = CollectionSchema {
        name: "books".to_string(),
        enable_dynamic_field: true,
        fields: vec![
            FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) },
            FieldSchema {
                type_params: vec![pair("max_length", "10")],
                nullable: true,
                ..field("title", DataType::VarChar)
            },
            FieldSchema {
                type_params: vec![pair("dim", "2")],
                ..field("v", DataType::FloatVector)
            },
        ],
        ..Default::default()
    };
    pb::CreateCollectionRequest {
        collection_name: "books".to_string(),
        schema: schema.encode_to_vec(),
        ..Default::default()
    }
}

fn scalars(name: &str, data: Scalars) -> FieldData {
    FieldData {
        field_name: name.to_string(),
        field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
        ..Default::default()
    }
}

/// Rows with ids, titles (NULL where there is none) and years as a dynamic key.
fn rows(rows: &[(i64, Option<&str>, i64)]) -> Vec<FieldData> {
    let texts = rows.iter().filter_map(|(_, title, _)| title.map(str::to_string)).collect();
    let meta = rows.iter().map(|(_, _, year)| format!("{{\"year\": {year}}}").into_bytes());
    let vectors = rows.iter().flat_map(|(id, ..)| [*id as f32, 0.0]).collect();
    vec![
        scalars(
            "id",
            Scalars::LongData(LongArray { data: rows.iter().map(|(id, ..)| *id).collect() }),
        ),
        FieldData {
            valid_data: rows.iter().map(|(_, title, _)| title.is_some()).collect(),
            ..scalars("title", Scalars::StringData(StringArray { data: texts }))
        },
        FieldData {
            field_name: "v".to_string(),
            field: Some(Columns::Vectors(VectorField {
                dim: 2,
                data: Some(Vectors::FloatVector(FloatArray { data: vectors })),
            })),
            ..Default::default()
        },
        FieldData {
            is_dynamic: true,
            ..scalars("$meta", Scalars::JsonData(JsonArray { data: meta.collect() }))
        },
    ]
}

fn insert(new: &[(i64, Option<&str>, i64)]) -> pb::InsertRequest {
    pb::InsertRequest {
        collection_name: "books".to_string(),
        fields_data: rows(new),
        num_rows: new.len() as u32,
        ..Default::default()
    }
}

/// A server with the collection, indexed and loaded, and three rows.
fn library() -> Server {
    let mut server = Server::new();
    server.done(books());
    server.done(pb::CreateIndexRequest {
        collection_name: "books".to_string(),
        field_name: "v".to_string(),
        extra_params: vec![pair("index_type", "FLAT"), pair("metric_type", "L2")],
        ..Default::default()
    });
    server.done(pb::LoadCollectionRequest {
        collection_name: "books".to_string(),
        ..Default::default()
    });
    server.done(insert(&[(3, Some("Faust"), 1808), (1, Some("Emma"), 1815), (2, None, 1900)]));
    server
}

fn query(expr: &str, output_fields: &[&str]) -> pb::QueryRequest {
    pb::QueryRequest {
        collection_name: "books".to_string(),
        expr: expr.to_string(),
        output_fields: output_fields.iter().map(|name| name.to_string()).collect(),
        ..Default::default()
    }
}

/// The keys of a filter, in the order of the reply.
fn keys(server: &mut Server, expr: &str) -> Vec<i64> {
    let reply = server.done(query(expr, &["id"]));
    let column = reply.fields_data.into_iter().find(|column| column.field_name == "id");
    match column.and_then(|column| column.field) {
        Some(Columns::Scalars(ScalarField { data: Some(Scalars::LongData(keys)) })) => keys.data,
        other => panic!("{other:?}"),
    }
}

fn count(server: &mut Server) -> i64 {
    let reply = server.done(query("", &["count(*)"]));
    match &reply.fields_data[0].field {
        Some(Columns::Scalars(ScalarField { data: Some(Scalars::LongData(count)) })) => {
            count.data[0]
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_is_read() {
    let mut server = library();
    assert_eq!(keys(&mut server, "id > 0"), [1, 2, 3]);
    assert_eq!(keys(&mut server, "id in [3, 7, 1]"), [1, 3]);
    assert_eq!(keys(&mut server, "title is null"), [2]);
    let mut counted = query("", &["count(*)"]);
    counted.query_params = vec![pair("limit", "5")];
    assert!(server.wrong(counted).1.contains("with pagination is not allowed"));
    assert_eq!(keys(&mut server, "year < 1816 and title like \"E%\""), [1]);
    let reply = server.done(query("id == 2", &["*"]));
    let names: Vec<&str> = reply.fields_data.iter().map(|data| data.field_name.as_str()).collect();
    assert_eq!(names, ["id", "title", "v", "$meta"]);
    assert_eq!(reply.fields_data[1].valid_data, [false]);
    let reply = server.done(query("id == 1", &["year"]));
    let meta = &reply.fields_data[0];
    assert!(meta.is_dynamic);
    assert_eq!(
        meta.field,
        scalars("$meta", Scalars::JsonData(JsonArray { data: vec![b"{\"year\":1815}".to_vec()] }))
            .field
    );
}

#[test]
fn rows_are_written_over_and_deleted() {
    let mut server = library();
    let upsert = |new: &[(i64, Option<&str>, i64)]| pb::UpsertRequest {
        collection_name: "books".to_string(),
        fields_data: rows(new),
        num_rows: new.len() as u32,
        ..Default::default()
    };
    let reply = server.done(upsert(&[(1, Some("Emma 2"), 2020), (9, None, 2021)]));
    assert_eq!((reply.upsert_cnt, reply.insert_cnt), (2, 2));
    assert_eq!(keys(&mut server, "year > 2000"), [1, 9]);
    assert_eq!(count(&mut server), 4);
    let twice = server.wrong(upsert(&[(1, None, 0), (1, None, 0)]));
    assert!(twice.1.contains("duplicate primary keys"), "{twice:?}");
    // what is left out stays as it was
    let mut partial = upsert(&[(3, None, 0)]);
    partial.fields_data.retain(|data| data.field_name == "id" || data.is_dynamic);
    partial.partial_update = true;
    server.done(partial);
    assert_eq!(keys(&mut server, "title == \"Faust\" and year == 0"), [3]);
    // a key among the dynamic ones, too
    let mut partial = upsert(&[(3, None, 0)]);
    partial.partial_update = true;
    partial.fields_data = vec![
        scalars("id", Scalars::LongData(LongArray { data: vec![3] })),
        FieldData {
            is_dynamic: true,
            ..scalars("", Scalars::JsonData(JsonArray { data: vec![b"{\"shelf\":7}".to_vec()] }))
        },
    ];
    server.done(partial);
    assert_eq!(keys(&mut server, "year == 0 and shelf == 7"), [3]);
    let delete = |expr: &str| pb::DeleteRequest {
        collection_name: "books".to_string(),
        expr: expr.to_string(),
        ..Default::default()
    };
    assert_eq!(server.done(delete("id in [1, 100]")).delete_cnt, 1);
    let reply = server.done(delete("year == 0"));
    assert_eq!((reply.delete_cnt, reply.i_ds.unwrap().id_field), (1, None));
    assert_eq!(keys(&mut server, "id >= 0"), [2, 9]);
    assert_eq!(server.wrong(delete("")).0, 1100);
    // the place of what is deleted is given back, and nothing else changes
    server.done(pb::ManualCompactionRequest {
        collection_name: "books".to_string(),
        ..Default::default()
    });
    assert_eq!(keys(&mut server, "id >= 0"), [2, 9]);
    assert_eq!(count(&mut server), 2);
}

#[test]
fn a_key_that_is_inserted_twice_is_one_entity() {
    let mut server = library();
    server.done(insert(&[(1, Some("again"), 1)]));
    assert_eq!(keys(&mut server, "id == 1"), [1]);
    assert_eq!(keys(&mut server, "title == \"again\""), [1]);
    let delete = pb::DeleteRequest {
        collection_name: "books".to_string(),
        expr: "id == 1".to_string(),
        ..Default::default()
    };
    server.done(delete);
    assert_eq!(keys(&mut server, "id < 3"), [2]);
}

#[test]
fn nothing_is_written_of_a_request_with_a_mistake() {
    let mut server = library();
    type Change = fn(&mut pb::InsertRequest);
    let cases: [(Change, &str); 6] = [
        (|request| request.num_rows = 2, "num_rows (1) of field (id)"),
        (|request| request.fields_data[0].field_name = "idd".to_string(), "idd does not exist"),
        (|request| request.fields_data.extend_from_within(1..2), "duplicated field title found"),
        (|request| drop(request.fields_data.remove(2)), "fieldSchema(v) has no corresponding"),
        (
            |request| {
                request.fields_data[1] = scalars(
                    "title",
                    Scalars::StringData(StringArray { data: vec!["far too long".to_string()] }),
                );
            },
            "exceeds max length",
        ),
        (|request| request.partition_name = "none".to_string(), "partition not found"),
    ];
    for (change, words) in cases {
        let mut request = insert(&[(50, Some("x"), 1)]);
        change(&mut request);
        let (code, reason) = server.wrong(request);
        assert!(code != 0 && reason.contains(words), "{words}: {reason}");
    }
    assert_eq!(count(&mut server), 3);
}

#[test]
fn nothing_is_made_for_rows_that_nobody_sent() {
    let mut server = Server::new();
    let mut create = books();
    let mut schema = CollectionSchema::decode(create.schema.as_slice()).unwrap();
    schema.fields[0].auto_id = true;
    create.schema = schema.encode_to_vec();
    server.done(create);
    let mut request = insert(&[(50, Some("x"), 1)]);
    request.fields_data.remove(0);
    let before = request.clone();
    let moment = server.done(request.clone()).timestamp;
    // more than any memory holds
    request.num_rows = u32::MAX;
    assert!(server.wrong(request.clone()).1.contains("num_rows (1) of field (title)"));
    request.fields_data.clear();
    assert!(server.wrong(request).1.contains("no field of the rows"));
    // and the clock is not ahead by so many numbers
    let written = server.done(pb::InsertRequest { num_rows: 1, ..before });
    assert!(written.timestamp - moment < 1 << 20, "{}", written.timestamp - moment);
}

#[test]
fn partitions_hold_their_rows() {
    let mut server = library();
    let partition = || pb::CreatePartitionRequest {
        collection_name: "books".to_string(),
        partition_name: "new".to_string(),
        ..Default::default()
    };
    server.done(partition());
    server.done(partition());
    server.done(pb::InsertRequest { partition_name: "new".to_string(), ..insert(&[(7, None, 1)]) });
    let mut in_new = query("id > 0", &["id"]);
    in_new.partition_names = vec!["new".to_string()];
    assert_eq!(
        server.done(in_new).fields_data[0].field,
        scalars("id", Scalars::LongData(LongArray { data: vec![7] })).field
    );
    let drop = || pb::DropPartitionRequest {
        collection_name: "books".to_string(),
        partition_name: "new".to_string(),
        ..Default::default()
    };
    assert!(server.wrong(drop()).1.contains("release it first"));
    server.done(pb::ReleasePartitionsRequest {
        collection_name: "books".to_string(),
        partition_names: vec!["new".to_string()],
        ..Default::default()
    });
    server.done(drop());
    assert_eq!(keys(&mut server, "id > 0"), [1, 2, 3]);
}

#[test]
fn collections_databases_and_aliases_are_found_by_name() {
    let mut server = library();
    server.done(books());
    let missing = server.wrong(pb::DescribeCollectionRequest {
        collection_name: "boks".to_string(),
        ..Default::default()
    });
    assert_eq!(
        missing,
        (100, "collection not found[database=default][collection=boks]".to_string())
    );
    server.done(pb::CreateDatabaseRequest { db_name: "shop".to_string(), ..Default::default() });
    server.done(pb::CreateCollectionRequest { db_name: "shop".to_string(), ..books() });
    let full = server.wrong(pb::DropDatabaseRequest { db_name: "shop".to_string() });
    assert!(full.1.contains("not empty"), "{full:?}");
    server.done(pb::CreateAliasRequest {
        collection_name: "books".to_string(),
        alias: "b".to_string(),
        ..Default::default()
    });
    let found = server.done(pb::DescribeCollectionRequest {
        collection_name: "b".to_string(),
        ..Default::default()
    });
    assert_eq!((found.collection_name.as_str(), found.aliases), ("books", vec!["b".to_string()]));
    server.done(pb::RenameCollectionRequest {
        old_name: "books".to_string(),
        new_name: "library".to_string(),
        ..Default::default()
    });
    let mut by_alias = query("id > 0", &["id"]);
    by_alias.collection_name = "b".to_string();
    assert_eq!(server.done(by_alias).collection_name, "library");
}

#[test]
fn rows_are_in_a_segment_once_they_are_flushed() {
    let mut server = library();
    let about = |server: &mut Server| {
        let collection_name = "books".to_string();
        let request = pb::GetPersistentSegmentInfoRequest { collection_name, ..Default::default() };
        let stored = server.done(request).infos;
        let collection_name = "books".to_string();
        let request = pb::GetQuerySegmentInfoRequest { collection_name, ..Default::default() };
        let loaded = server.done(request).infos;
        let stored = stored.iter().map(|segment| (segment.num_rows, segment.state()));
        let loaded = loaded.iter().map(|segment| (segment.num_rows, segment.state()));
        (stored.collect::<Vec<_>>(), loaded.collect::<Vec<_>>())
    };
    let told = |rows| match rows {
        0 => (vec![], vec![]),
        _ => (vec![(rows, SegmentState::Flushed)], vec![(rows, SegmentState::Sealed)]),
    };
    assert_eq!(about(&mut server), told(0));
    let flush = |server: &mut Server| {
        let collection_names = vec!["books".to_string()];
        server.done(pb::FlushRequest { collection_names, ..Default::default() });
    };
    flush(&mut server);
    assert_eq!(about(&mut server), told(3));
    server.done(insert(&[(4, Some("d"), 4)]));
    assert_eq!(about(&mut server), told(3));
    server.done(pb::DeleteRequest {
        collection_name: "books".to_string(),
        expr: "id == 1".to_string(),
        ..Default::default()
    });
    server.done(pb::ManualCompactionRequest {
        collection_name: "books".to_string(),
        ..Default::default()
    });
    assert_eq!(about(&mut server), told(2));
    flush(&mut server);
    assert_eq!(about(&mut server), told(3));
}

#[test]
fn what_is_not_loaded_is_not_read() {
    let mut server = library();
    server.done(pb::ReleaseCollectionRequest {
        collection_name: "books".to_string(),
        ..Default::default()
    });
    assert_eq!(server.wrong(query("id > 0", &["id"])).0, 101);
    // what a request says wrong by itself is told before
    for (request, words) in [
        (query("id >", &["id"]), "cannot parse expression"),
        (
            pb::QueryRequest { query_params: vec![pair("limit", "0")], ..query("id >", &[]) },
            "limit [0]",
        ),
    ] {
        let (code, reason) = server.wrong(request);
        assert!(code != 101 && reason.contains(words), "{words}: {reason}");
    }
    let state = server.done(pb::GetLoadStateRequest {
        collection_name: "books".to_string(),
        ..Default::default()
    });
    assert_eq!(state.state(), LoadState::NotLoad);
    let mut bare = Server::new();
    bare.done(books());
    let refused = bare.wrong(pb::LoadCollectionRequest {
        collection_name: "books".to_string(),
        ..Default::default()
    });
    assert_eq!(refused.0, 700, "{refused:?}");
}

#[test]
fn an_index_of_texts_or_json_says_what_it_is_for() {
    let mut server = Server::new();
    server.done(books());
    let index = |field: &str, index_type: &str, params: &str| pb::CreateIndexRequest {
        collection_name: "books".to_string(),
        field_name: field.to_string(),
        index_name: format!("{field}_{index_type}"),
        extra_params: vec![pair("index_type", index_type), pair("params", params)],
        ..Default::default()
    };
    for (field, index_type, params, words) in [
        ("title", "NGRAM", "{}", "Ngram index must specify both min_gram and max_gram"),
        ("title", "NGRAM", r#"{"min_gram": 4, "max_gram": 2}"#, "invalid min_gram or max_gram"),
        ("title", "NGRAM", r#"{"min_gram": 0, "max_gram": 2}"#, "invalid min_gram or max_gram"),
        ("title", "NGRAM", r#"{"min_gram": "a", "max_gram": 2}"#, "must be an integer, got: a"),
        ("$meta", "INVERTED", r#"{"json_path": "a"}"#, "json index must specify cast type"),
        ("$meta", "INVERTED", r#"{"json_cast_type": "ARRAY_INT64"}"#, "ARRAY_INT64 is not supp"),
        ("$meta", "BITMAP", r#"{"json_cast_type": "DOUBLE"}"#, "DOUBLE is not supported"),
        ("$meta", "NGRAM", r#"{"min_gram": 2, "max_gram": 3}"#, "must specify json_cast_type"),
    ] {
        let (code, reason) = server.wrong(index(field, index_type, params));
        assert!(code == 1100 && reason.contains(words), "{field} {params}: {code} {reason}");
    }
    server.done(index("title", "NGRAM", r#"{"min_gram": 2, "max_gram": 3}"#));
    server.done(index("$meta", "INVERTED", r#"{"json_path": "a", "json_cast_type": "double"}"#));
}

#[test]
fn keys_of_the_server_are_distinct() {
    let mut server = Server::new();
    let schema = CollectionSchema {
        fields: vec![
            FieldSchema { is_primary_key: true, auto_id: true, ..field("id", DataType::Int64) },
            FieldSchema {
                type_params: vec![pair("dim", "2")],
                ..field("v", DataType::FloatVector)
            },
        ],
        ..Default::default()
    };
    server.done(pb::CreateCollectionRequest {
        collection_name: "auto".to_string(),
        schema: schema.encode_to_vec(),
        ..Default::default()
    });
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let mut fields_data = rows(&[(1, None, 0), (2, None, 0)]);
        fields_data.retain(|data| data.field_name == "v");
        let reply = server.done(pb::InsertRequest {
            collection_name: "auto".to_string(),
            fields_data,
            num_rows: 2,
            ..Default::default()
        });
        match reply.i_ds.and_then(|ids| ids.id_field) {
            Some(IdField::IntId(ids)) => seen.extend(ids.data),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen.len(), 6);
}

#[test]
fn what_is_no_request_is_refused() {
    let mut service = Service::default();
    let call = |method, request| Call { method, database: "", request, now_ms: 0 };
    assert_eq!(service.call(call("Fly", &[])), Err(Refusal::Unimplemented));
    assert_eq!(service.call(call("Query", &[0xff])), Err(Refusal::Malformed));
}

#[test]
fn an_index_is_for_a_path_into_json() {
    let mut server = Server::new();
    server.done(books());
    let index = |field: &str, name: &str, path: &str, cast: &str| {
        let mut extra_params = vec![pair("index_type", "INVERTED"), pair("json_cast_type", cast)];
        if !path.is_empty() {
            extra_params.push(pair("json_path", path));
        }
        pb::CreateIndexRequest {
            collection_name: "books".to_string(),
            field_name: field.to_string(),
            index_name: name.to_string(),
            extra_params,
            ..Default::default()
        }
    };
    // a dynamic key is one by its name alone
    server.done(index("genre", "", "", "VARCHAR"));
    server.done(index("place", "", r#"place["a/b"]["row"]"#, "double"));
    server.done(index("$meta", "years", "year", "DOUBLE"));
    let described = server.done(pb::DescribeIndexRequest {
        collection_name: "books".to_string(),
        ..Default::default()
    });
    let shown: Vec<(&str, &str)> = described
        .index_descriptions
        .iter()
        .map(|index| (index.index_name.as_str(), index.field_name.as_str()))
        .collect();
    let expected = [("$meta/genre", "genre"), ("$meta/place/a~1b/row", "place"), ("years", "year")];
    assert_eq!(shown, expected);
    // the same once more is none more, another one of the same path is a mistake
    server.done(index("genre", "", "", "VARCHAR"));
    for (request, words) in [
        (index("genre", "", "", "DOUBLE"), "at most one distinct index is allowed per field"),
        (index("year", "other", "", "DOUBLE"), "creating multiple indexes on same field"),
        (index("genre", "g", "title", "VARCHAR"), "fieldID not match with field name"),
        (index("genre", "g", "1 + 2", "VARCHAR"), "cannot parse identifier: 1 + 2"),
    ] {
        let (_, reason) = server.wrong(request);
        assert!(reason.contains(words), "{reason}, not {words}");
    }
}

#[test]
fn fields_to_load_are_checked() {
    let mut server = Server::new();
    server.done(books());
    let load = |names: &[&str]| pb::LoadCollectionRequest {
        collection_name: "books".to_string(),
        load_fields: names.iter().map(|name| name.to_string()).collect(),
        ..Default::default()
    };
    let schema = CollectionSchema::decode(books().schema.as_slice()).unwrap();
    let vector = |field: &&FieldSchema| field.data_type >= 100;
    let vector = schema.fields.iter().find(vector).unwrap().name.clone();
    for (names, words) in [
        (
            &["id", "nothing"][..],
            "failed to get field schema by name: fieldName(nothing) not found",
        ),
        (&["title"], "load field list [title] does not contain primary key field id"),
        (&["id", "title"], "load field list [id title] does not contain vector field"),
    ] {
        let (code, reason) = server.wrong(load(names));
        assert!(code == 1100 && reason.contains(words), "{code} {reason}, not {words}");
    }
    let (code, _) = server.wrong(load(&["id", &vector]));
    assert_eq!(code, 700);
    server.done(pb::CreateIndexRequest {
        collection_name: "books".to_string(),
        field_name: vector.clone(),
        ..Default::default()
    });
    server.done(load(&["id", &vector]));
}
