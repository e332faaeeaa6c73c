//! Times filters by `count(*)`, bytes to bytes: `bench_filter ROWS [index]`.
//!
//! Prints the median of a filter in milliseconds and how many rows it matches, with a scalar index
//! on each field where `index` is said.

use std::time::Instant;

use milvus_engine::index::random::Random;
use milvus_engine::service::{Call, Service};
use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, IntArray, JsonArray, LongArray,
    ScalarField, StringArray, VectorField,
};
use milvus_proto::{Reply, Request};
use prost::Message;

const FILTERS: [&str; 14] = [
    "shelf == 500",
    "shelf in [1, 2, 3, 500, 900]",
    "10 <= shelf < 20",
    "shelf >= 900",
    "shelf != 500",
    "price < 0.001",
    "price < 0.1",
    "word == \"word-000500\"",
    "word in [\"word-000001\", \"word-000500\", \"word-000900\"]",
    "word > \"word-000990\"",
    "word like \"word-00099%\"",
    "shelf < 500 and word == \"word-000500\"",
    "year == 500",
    "year >= 990",
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rows: usize = arguments[1].parse().expect("a number of rows");
    let mut service = Service::default();
    create(&mut service);
    insert(&mut service, rows);
    index(&mut service, "v");
    if arguments.get(2).is_some_and(|word| word == "index") {
        for field in ["shelf", "price", "word"] {
            index(&mut service, field);
        }
        let (begin, mut longest) = (Instant::now(), 0.0f64);
        loop {
            let slice = Instant::now();
            let more = service.work(&mut || false);
            longest = longest.max(slice.elapsed().as_secs_f64());
            if !more {
                break;
            }
        }
        let (all, longest) = (begin.elapsed().as_secs_f64() * 1e3, longest * 1e3);
        println!("indexes built in {all:.0} ms, a step takes {longest:.1} ms at most");
    }
    println!("{rows} rows, memory {:?}", service.memory());
    let load = pb::LoadCollectionRequest { collection_name: "t".to_string(), ..Default::default() };
    ask(&mut service, &load);
    for filter in FILTERS {
        let request = pb::QueryRequest {
            collection_name: "t".to_string(),
            expr: filter.to_string(),
            output_fields: vec!["count(*)".to_string()],
            ..Default::default()
        };
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..21 {
            let begin = Instant::now();
            let reply = ask(&mut service, &request);
            times.push(begin.elapsed().as_secs_f64() * 1e3);
            let count = reply.fields_data.into_iter().next().and_then(|data| data.field);
            if let Some(Columns::Scalars(ScalarField { data: Some(Scalars::LongData(count)) })) =
                count
            {
                found = count.data[0];
            }
        }
        times.sort_by(f64::total_cmp);
        println!("{filter:60} {:8.3} ms, {found} rows", times[times.len() / 2]);
    }
}

fn index(service: &mut Service, field: &str) {
    let request = pb::CreateIndexRequest {
        collection_name: "t".to_string(),
        field_name: field.to_string(),
        ..Default::default()
    };
    ask(service, &request);
}

fn create(service: &mut Service) {
    let field = |name: &str, data_type: DataType| FieldSchema {
        name: name.to_string(),
        data_type: data_type.into(),
        ..Default::default()
    };
    let params = |key: &str, value: &str| {
        vec![KeyValuePair { key: key.to_string(), value: value.to_string() }]
    };
    let schema = CollectionSchema {
        name: "t".to_string(),
        enable_dynamic_field: true,
        fields: vec![
            FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) },
            field("shelf", DataType::Int32),
            field("price", DataType::Float),
            FieldSchema {
                type_params: params("max_length", "99"),
                ..field("word", DataType::VarChar)
            },
            FieldSchema { type_params: params("dim", "2"), ..field("v", DataType::FloatVector) },
        ],
        ..Default::default()
    };
    let request = pb::CreateCollectionRequest {
        collection_name: "t".to_string(),
        schema: schema.encode_to_vec(),
        ..Default::default()
    };
    ask(service, &request);
}

fn insert(service: &mut Service, rows: usize) {
    let mut random = Random::new(5);
    for first in (0..rows).step_by(1000) {
        let ids: Vec<i64> = (first..first + 1000).map(|id| id as i64).collect();
        let numbers: Vec<u32> = ids.iter().map(|_| random.below(1000)).collect();
        let shelves = numbers.iter().map(|_| random.below(1000) as i32).collect();
        let vectors = Vectors::FloatVector(FloatArray { data: vec![0.5; 2000] });
        let vectors = VectorField { dim: 2, data: Some(vectors) };
        let prices = numbers.iter().map(|_| random.unit()).collect();
        let words = numbers.iter().map(|number| format!("word-{number:06}")).collect();
        let years = numbers.iter().map(|n| format!(r#"{{"year": {n}, "a": "b"}}"#).into_bytes());
        let years = JsonArray { data: years.collect() };
        let column = |name: &str, data| FieldData {
            field_name: name.to_string(),
            field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
            ..Default::default()
        };
        let request = pb::InsertRequest {
            collection_name: "t".to_string(),
            num_rows: 1000,
            fields_data: vec![
                column("id", Scalars::LongData(LongArray { data: ids })),
                column("shelf", Scalars::IntData(IntArray { data: shelves })),
                column("price", Scalars::FloatData(FloatArray { data: prices })),
                column("word", Scalars::StringData(StringArray { data: words })),
                FieldData {
                    field_name: "v".to_string(),
                    field: Some(Columns::Vectors(vectors)),
                    ..Default::default()
                },
                FieldData { is_dynamic: true, ..column("$meta", Scalars::JsonData(years)) },
            ],
            ..Default::default()
        };
        ask(service, &request);
    }
}

fn ask<R: Request>(service: &mut Service, request: &R) -> R::Reply
where
    R::Reply: Message,
{
    let request = request.encoded();
    let call = Call { method: R::METHOD.name, database: "", request: &request, now_ms: 1 };
    let reply = service.call(call).expect("a method");
    let mut reply = R::Reply::decode(reply.as_slice()).expect("a reply");
    let status = reply.status().cloned().unwrap_or_default();
    assert_eq!(status.code, 0, "{}: {}", R::METHOD.name, status.reason);
    reply
}
