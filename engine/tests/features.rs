//! What clients beside the kernel ask for, by messages: template values, rows that end, fields that
//! come and go, analyzers, sorted and grouped queries, pages of an iterator, searches by key.

use milvus_engine::service::{Call, Service};
use milvus_proto::common::{
    KeyValuePair, PlaceholderGroup, PlaceholderType, PlaceholderValue, Status,
};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::alter_collection_schema_request as alter;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::template_value::Val;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, FunctionSchema, FunctionScore,
    FunctionType, IDs, LongArray, ScalarField, StringArray, TemplateArrayValue, TemplateValue,
    VectorField, template_array_value,
};
use milvus_proto::{Reply, Request};
use prost::Message;

/// A service with one collection `t` of id, shop, text, v of one dimension, at a moment in seconds.
struct Server(Service, u64);

impl Server {
    fn new(properties: &[(&str, &str)]) -> Server {
        let text = |name: &str| FieldSchema {
            type_params: vec![
                pair("max_length", "99"),
                pair("enable_analyzer", "true"),
                pair("analyzer_params", r#"{"type": "english"}"#),
            ],
            nullable: true,
            ..field(name, DataType::VarChar)
        };
        let schema = CollectionSchema {
            fields: vec![
                FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) },
                text("shop"),
                text("text"),
                FieldSchema {
                    type_params: vec![pair("dim", "2")],
                    ..field("v", DataType::FloatVector)
                },
            ],
            ..Default::default()
        };
        let mut server = Server(Service::default(), 1_000_000);
        server.done(pb::CreateCollectionRequest {
            collection_name: "t".to_string(),
            schema: schema.encode_to_vec(),
            properties: properties.iter().map(|(key, value)| pair(key, value)).collect(),
            ..Default::default()
        });
        server.index("v", "L2");
        let collection_name = "t".to_string();
        server.done(pb::LoadCollectionRequest { collection_name, ..Default::default() });
        server
    }

    fn ask<R: Request>(&mut self, request: R) -> (R::Reply, Status)
    where
        R::Reply: Message,
    {
        let bytes = request.encoded();
        let now_ms = self.1 * 1000;
        let call = Call { method: R::METHOD.name, database: "", request: &bytes, now_ms };
        let mut reply = R::Reply::decode(self.0.call(call).unwrap().as_slice()).unwrap();
        let status = reply.status().cloned().unwrap_or_default();
        (reply, status)
    }

    fn done<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let (reply, status) = self.ask(request);
        assert_eq!(status, Status::default(), "{}", R::METHOD.name);
        reply
    }

    fn wrong<R: Request>(&mut self, request: R) -> String
    where
        R::Reply: Message,
    {
        self.ask(request).1.reason
    }

    fn index(&mut self, field: &str, metric: &str) {
        self.done(pb::CreateIndexRequest {
            collection_name: "t".to_string(),
            field_name: field.to_string(),
            extra_params: vec![pair("metric_type", metric)],
            ..Default::default()
        });
    }

    /// Rows of a key, a shop and a text; the vector is the key and 0.
    fn insert(&mut self, rows: &[(i64, Option<&str>, &str)]) {
        let shops = rows.iter().map(|(_, shop, _)| shop.unwrap_or_default().to_string()).collect();
        let texts = rows.iter().map(|(.., text)| text.to_string()).collect();
        let vectors = rows.iter().flat_map(|(id, ..)| [*id as f32, 0.0]).collect();
        let ids = rows.iter().map(|(id, ..)| *id).collect();
        let request = pb::InsertRequest {
            collection_name: "t".to_string(),
            num_rows: rows.len() as u32,
            fields_data: vec![
                scalars("id", Scalars::LongData(LongArray { data: ids })),
                FieldData {
                    valid_data: rows.iter().map(|(_, shop, _)| shop.is_some()).collect(),
                    ..scalars("shop", Scalars::StringData(StringArray { data: shops }))
                },
                scalars("text", Scalars::StringData(StringArray { data: texts })),
                FieldData {
                    field_name: "v".to_string(),
                    field: Some(Columns::Vectors(VectorField {
                        dim: 2,
                        data: Some(Vectors::FloatVector(FloatArray { data: vectors })),
                    })),
                    ..Default::default()
                },
            ],
            ..Default::default()
        };
        let reply = self.done(request);
        assert_eq!(reply.succ_index.len(), rows.len());
    }

    fn query(&mut self, expr: &str, outputs: &[&str], params: &[(&str, &str)]) -> pb::QueryResults {
        self.done(query(expr, outputs, params))
    }

    fn ids(&mut self, expr: &str) -> Vec<i64> {
        longs(&self.query(expr, &["id"], &[]), "id")
    }

    fn search(&mut self, request: pb::SearchRequest) -> (Vec<i64>, Vec<f32>) {
        let found = self.done(request).results.unwrap();
        (keys(found.ids), found.scores)
    }
}

fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

fn field(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { name: name.to_string(), data_type: data_type.into(), ..Default::default() }
}

fn scalars(name: &str, data: Scalars) -> FieldData {
    FieldData {
        field_name: name.to_string(),
        field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
        ..Default::default()
    }
}

fn query(expr: &str, outputs: &[&str], params: &[(&str, &str)]) -> pb::QueryRequest {
    pb::QueryRequest {
        collection_name: "t".to_string(),
        expr: expr.to_string(),
        output_fields: outputs.iter().map(|name| name.to_string()).collect(),
        query_params: params.iter().map(|(key, value)| pair(key, value)).collect(),
        ..Default::default()
    }
}

/// The nearest to the origin.
fn nearest(params: &[(&str, &str)]) -> pb::SearchRequest {
    let value = PlaceholderValue {
        tag: "$0".to_string(),
        r#type: PlaceholderType::FloatVector.into(),
        values: vec![vec![0; 8]],
    };
    let group = PlaceholderGroup { placeholders: vec![value] };
    pb::SearchRequest {
        collection_name: "t".to_string(),
        search_input: Some(SearchInput::PlaceholderGroup(group.encode_to_vec())),
        search_params: params.iter().map(|(key, value)| pair(key, value)).collect(),
        nq: 1,
        ..Default::default()
    }
}

fn column<'a>(reply: &'a pb::QueryResults, name: &str) -> (&'a Scalars, &'a [bool]) {
    let data = reply.fields_data.iter().find(|data| data.field_name == name).unwrap();
    match &data.field {
        Some(Columns::Scalars(ScalarField { data: Some(scalars) })) => (scalars, &data.valid_data),
        other => panic!("{other:?}"),
    }
}

fn longs(reply: &pb::QueryResults, name: &str) -> Vec<i64> {
    match column(reply, name).0 {
        Scalars::LongData(longs) => longs.data.clone(),
        other => panic!("{other:?}"),
    }
}

fn texts(reply: &pb::QueryResults, name: &str) -> Vec<Option<String>> {
    let (Scalars::StringData(texts), valid) = column(reply, name) else { panic!() };
    let texts = texts.data.iter().enumerate();
    texts.map(|(row, text)| valid.get(row).is_none_or(|v| *v).then(|| text.clone())).collect()
}

fn keys(ids: Option<IDs>) -> Vec<i64> {
    match ids.unwrap().id_field {
        Some(IdField::IntId(ids)) => ids.data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_filter_takes_values_by_name() {
    use pb::query_request::ExprTemplateValuesEntry as Entry;
    let mut server = Server::new(&[]);
    server.insert(&[(1, Some("a"), ""), (2, Some("b"), ""), (3, None, "")]);
    let list = template_array_value::Data::LongData(LongArray { data: vec![1, 3] });
    let list = Val::ArrayVal(TemplateArrayValue { data: Some(list) });
    let cases = [
        ("id in {ids}", "ids", list, vec![1, 3]),
        ("shop == {s}", "s", Val::StringVal("b".to_string()), vec![2]),
        ("id > {n}", "n", Val::Int64Val(1), vec![2, 3]),
    ];
    for (expr, key, val, expected) in cases {
        let value = Some(TemplateValue { val: Some(val) });
        let request = pb::QueryRequest {
            expr_template_values: vec![Entry { key: key.to_string(), value }],
            ..query(expr, &["id"], &[])
        };
        assert_eq!(longs(&server.done(request), "id"), expected, "{expr}");
    }
    assert!(server.wrong(query("id > {n}", &["id"], &[])).contains("failed to create query plan"));
}

#[test]
fn rows_are_over_after_their_time() {
    let mut server = Server::new(&[("collection.ttl.seconds", "10")]);
    server.insert(&[(1, None, ""), (2, None, "")]);
    server.1 += 6;
    server.insert(&[(3, None, "")]);
    assert_eq!(server.ids("id > 0"), [1, 2, 3]);
    server.1 += 5;
    assert_eq!(server.ids("id > 0"), [3]);
    assert_eq!(server.search(nearest(&[("topk", "9")])).0, [3]);
    // what is compacted away does not come back, and what stays keeps its time
    let collection_name = "t".to_string();
    server.done(pb::ManualCompactionRequest { collection_name, ..Default::default() });
    let change = |seconds: &str| pb::AlterCollectionRequest {
        collection_name: "t".to_string(),
        properties: vec![pair("collection.ttl.seconds", seconds)],
        ..Default::default()
    };
    server.done(change("100"));
    assert_eq!(server.ids("id > 0"), [3]);
    server.done(change("5"));
    assert_eq!(server.ids("id > 0"), [0i64; 0]);
    assert!(server.wrong(change("soon")).contains("not a valid positive integer"));
}

#[test]
fn fields_and_functions_come_and_go() {
    let mut server = Server::new(&[]);
    server.insert(&[(1, Some("a"), "the birds sing"), (2, None, "one bird")]);
    let change = |op| pb::AlterCollectionSchemaRequest {
        collection_name: "t".to_string(),
        action: Some(alter::Action { op: Some(op) }),
        ..Default::default()
    };
    let drop = |identifier| {
        change(alter::action::Op::DropRequest(alter::DropRequest {
            identifier: Some(identifier),
            drop_function_output_fields: true,
        }))
    };
    use alter::drop_request::Identifier::{FieldName, FunctionName};
    let name = || "sparse".to_string();
    let function = FunctionSchema {
        name: "bm25".to_string(),
        r#type: FunctionType::Bm25.into(),
        input_field_names: vec!["text".to_string()],
        output_field_names: vec![name()],
        ..Default::default()
    };
    let added = alter::AddRequest {
        field_infos: vec![alter::FieldInfo {
            field_schema: Some(field(&name(), DataType::SparseFloatVector)),
            ..Default::default()
        }],
        func_schema: vec![function],
    };
    server.done(change(alter::action::Op::AddRequest(added)));
    server.index("sparse", "BM25");
    server.insert(&[(3, Some("c"), "birds, birds")]);
    let value = PlaceholderValue {
        tag: "$0".to_string(),
        r#type: PlaceholderType::VarChar.into(),
        values: vec![b"bird".to_vec()],
    };
    let group = PlaceholderGroup { placeholders: vec![value] }.encode_to_vec();
    let search = pb::SearchRequest {
        search_input: Some(SearchInput::PlaceholderGroup(group)),
        ..nearest(&[("topk", "9"), ("anns_field", "sparse")])
    };
    // those that were there before as well
    assert_eq!(server.search(search).0, [3, 1, 2]);

    assert!(server.wrong(drop(FieldName("id".to_string()))).contains("primary key"));
    assert!(server.wrong(drop(FieldName("text".to_string()))).contains("drop function first"));
    server.done(drop(FunctionName("bm25".to_string())));
    assert!(server.wrong(drop(FieldName("v".to_string()))).contains("last vector field"));
    server.done(drop(FieldName("shop".to_string())));
    let all = server.query("id > 0", &["*"], &[]);
    assert_eq!(all.output_fields, ["id", "text", "v"]);
    assert_eq!(longs(&all, "id"), [1, 2, 3]);
    assert!(server.wrong(query("shop == 'a'", &["id"], &[])).contains("shop"));
}

#[test]
fn analyzers_show_what_they_make() {
    let mut server = Server::new(&[]);
    let request = pb::RunAnalyzerRequest {
        collection_name: "t".to_string(),
        field_name: "text".to_string(),
        placeholder: vec!["Singing birds".into()],
        with_detail: true,
        with_hash: true,
        ..Default::default()
    };
    let reply = server.done(request);
    let told: Vec<_> = reply.results[0]
        .tokens
        .iter()
        .map(|token| (token.token.as_str(), token.start_offset, token.end_offset, token.hash))
        .collect();
    // zlib.crc32 of Python
    assert_eq!(told, [("sing", 0, 7, 0x3760_9213), ("bird", 8, 13, 0xa0bb_ae0e)]);
}

#[test]
fn queries_are_sorted_and_grouped() {
    let mut server = Server::new(&[]);
    server.insert(&[(5, Some("b"), ""), (4, Some("a"), ""), (3, None, ""), (2, Some("b"), "")]);
    let sorted = |server: &mut Server, by: &str| {
        longs(&server.query("", &["id"], &[("order_by_fields", by), ("limit", "9")]), "id")
    };
    assert_eq!(sorted(&mut server, "shop"), [4, 2, 5, 3]);
    assert_eq!(sorted(&mut server, "shop:desc,id:desc"), [3, 5, 2, 4]);
    assert_eq!(sorted(&mut server, "shop:desc:nulls_last"), [2, 5, 4, 3]);
    for (by, words) in [
        ("v", "order_by field 'v' has type FloatVector which is not sortable"),
        ("w", "order_by field 'w' does not exist in collection schema"),
        ("id:up", "invalid order direction 'up' for field 'id'"),
    ] {
        let params = [("order_by_fields", by), ("limit", "9")];
        assert!(server.wrong(query("", &["id"], &params)).contains(words), "{by}");
    }
    let unlimited = [("order_by_fields", "id")];
    let wrong = server.wrong(query("id > 0", &["id"], &unlimited));
    assert!(wrong.contains("ORDER BY requires explicit limit"));

    let outputs = ["shop", "count(*)", "SUM(id)", "max(id)", "avg(id)"];
    let grouped = server.query("id > 0", &outputs, &[("group_by_fields", "shop")]);
    let text = |text: &str| Some(text.to_string());
    assert_eq!(texts(&grouped, "shop"), [text("a"), text("b"), None]);
    assert_eq!(longs(&grouped, "count(*)"), [1, 2, 1]);
    assert_eq!(longs(&grouped, "SUM(id)"), [4, 7, 3]);
    assert_eq!(longs(&grouped, "max(id)"), [4, 5, 3]);
    // of nothing
    let none = server.query("id > 9", &["count(shop)", "min(id)", "sum(id)"], &[]);
    assert_eq!(longs(&none, "count(shop)"), [0]);
    assert_eq!(
        (column(&none, "min(id)").1, column(&none, "sum(id)").1),
        (&[false][..], &[false][..])
    );
    assert_eq!(
        longs(&server.query("id > 0", &["count(shop)", "count(*)"], &[]), "count(shop)"),
        [3]
    );
    for (outputs, words) in [
        (&["shop", "id"][..], "output field 'id' is not allowed"),
        (&["sum(shop)"], "aggregation operator sum does not support data type VarChar"),
        (&["avg(*)"], "avg(*) is not supported, only count(*) is allowed"),
        (&["max(w)"], "target field w for aggregation:max does not exist"),
    ] {
        let request = query("id > 0", outputs, &[("group_by_fields", "shop")]);
        assert!(server.wrong(request).contains(words), "{words}");
    }
}

#[test]
fn a_page_takes_all_hits_that_are_as_close_as_its_last() {
    let mut server = Server::new(&[]);
    // the query is at 0, and so many rows are as far from it as others
    let rows = [-3, 3, -2, 2, -1, 1].map(|id| (id, None, ""));
    server.insert(&rows);
    for (size, pages) in [("1", vec![2, 2, 2, 0]), ("3", vec![4, 2, 0]), ("5", vec![6, 0])] {
        let (mut found, mut sizes, mut bound) = (Vec::new(), Vec::new(), String::new());
        for _ in &pages {
            let mut params = vec![
                ("topk", size),
                ("iterator", "True"),
                ("search_iter_v2", "True"),
                ("search_iter_batch_size", size),
            ];
            if !bound.is_empty() {
                params.push(("search_iter_last_bound", &bound));
            }
            let results = server.done(nearest(&params)).results.unwrap();
            bound = results.search_iterator_v2_results.unwrap().last_bound.to_string();
            let page = keys(results.ids);
            sizes.push(page.len());
            found.extend(page);
        }
        assert_eq!(sizes, pages, "pages of {size}");
        found.sort_unstable();
        assert_eq!(found, [-3, -2, -1, 1, 2, 3], "pages of {size}");
    }
}

#[test]
fn a_search_goes_on_page_by_page_and_by_key() {
    let mut server = Server::new(&[]);
    server.insert(&[(1, None, ""), (2, None, ""), (3, None, ""), (4, None, ""), (5, None, "")]);
    let mut found = Vec::new();
    let (mut token, mut bound) = (String::new(), String::new());
    for _ in 0..4 {
        let mut params = vec![
            ("topk", "2"),
            ("iterator", "True"),
            ("search_iter_v2", "True"),
            ("search_iter_batch_size", "2"),
        ];
        if !bound.is_empty() {
            params.extend([("search_iter_id", token.as_str()), ("search_iter_last_bound", &bound)]);
        }
        let results = server.done(nearest(&params)).results.unwrap();
        let place = results.search_iterator_v2_results.unwrap();
        (token, bound) = (place.token, place.last_bound.to_string());
        found.push(keys(results.ids));
    }
    assert_eq!(found, [vec![1, 2], vec![3, 4], vec![5], vec![]]);

    let by_key = |ids: &[i64]| pb::SearchRequest {
        search_input: Some(SearchInput::Ids(IDs {
            id_field: Some(IdField::IntId(LongArray { data: ids.to_vec() })),
        })),
        ..nearest(&[("topk", "2")])
    };
    assert_eq!(server.search(by_key(&[5, 1])), (vec![5, 4, 1, 2], vec![0.0, 1.0, 0.0, 1.0]));
    assert!(server.wrong(by_key(&[9])).contains("do not exist: missing IDs = [9]"));
    assert!(server.wrong(by_key(&[1, 1])).contains("duplicate IDs"));
}

#[test]
fn functions_score_hits_anew() {
    let mut server = Server::new(&[]);
    server.insert(&[(1, Some("a"), ""), (2, Some("b"), ""), (3, Some("a"), "")]);
    let scored = |inputs: &[&str], params: &[(&str, &str)]| pb::SearchRequest {
        function_score: Some(FunctionScore {
            functions: vec![FunctionSchema {
                r#type: FunctionType::Rerank.into(),
                input_field_names: inputs.iter().map(|name| name.to_string()).collect(),
                params: params.iter().map(|(key, value)| pair(key, value)).collect(),
                ..Default::default()
            }],
            params: Vec::new(),
        }),
        ..nearest(&[("topk", "3")])
    };
    let boost = [("reranker", "boost"), ("filter", "shop == 'b'"), ("weight", "0.1")];
    assert_eq!(server.search(scored(&[], &boost)), (vec![2, 1, 3], vec![0.4, 1.0, 9.0]));
    let decay = |curve| {
        [
            ("reranker", "decay"),
            ("function", curve),
            ("origin", "3"),
            ("scale", "1"),
            ("decay", "0.5"),
        ]
    };
    // the closer one, 1 - 2 atan(d) / pi of its distance, times what is left at its key
    let left =
        |distance: f32, factor: f32| (1.0 - 2.0 * distance.atan() / std::f32::consts::PI) * factor;
    for (curve, of_one, of_two) in
        [("exp", 0.25, 0.5), ("gauss", 0.0625, 0.5), ("linear", 0.5, 0.5)]
    {
        let (ids, scores) = server.search(scored(&["id"], &decay(curve)));
        let expected = [(1, left(1.0, of_one)), (2, left(4.0, of_two)), (3, left(9.0, 1.0))];
        for (id, score) in ids.iter().zip(&scores) {
            let (_, wanted) = expected.iter().find(|(key, _)| key == id).unwrap();
            assert!((score - wanted).abs() < 1e-6, "{curve} {id}: {score}, not {wanted}");
        }
        assert!(scores.is_sorted_by(|a, b| a >= b), "{curve}: {scores:?}");
    }
    for (params, words) in [
        (&[("reranker", "boost")][..], "must set weight params"),
        (&[("reranker", "boost"), ("weight", "1"), ("filter", "@")], "parse expr failed"),
        (&[("reranker", "model")], "unsupported reranker model"),
    ] {
        assert!(server.wrong(scored(&[], params)).contains(words), "{words}");
    }
}
