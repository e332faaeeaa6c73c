//! Times the whole way of a request, bytes to bytes: `bench_service base.f32 query.f32 WIDTH`.
//!
//! The files hold little-endian floats. Prints how many rows a second are inserted, and for each
//! type of index how long it takes to build, the longest slice of that, the median of a search in
//! milliseconds with and without filters, recall@10 against FLAT and the memory it takes. Filters
//! allow a share of the rows at random (`n < 10`), or those on one side of the space (`x < …`).

use std::time::{Duration, Instant};

use milvus_engine::index::random::Random;
use milvus_engine::service::{Call, Service};
use milvus_proto::common::{KeyValuePair, PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, IntArray, LongArray,
    ScalarField, VectorField,
};
use milvus_proto::{Reply, Request};
use prost::Message;

const INDEXES: [(&str, &str, &str); 5] = [
    ("FLAT", "{}", "{}"),
    ("AUTOINDEX", "{}", "{}"),
    ("HNSW", r#"{"M": 16, "efConstruction": 200}"#, r#"{"ef": 40}"#),
    ("IVF_FLAT", r#"{"nlist": 316}"#, r#"{"nprobe": 16}"#),
    ("IVF_SQ8", r#"{"nlist": 316}"#, r#"{"nprobe": 16}"#),
];

/// Rows of an insert.
const BATCH: usize = 1000;

const SLICE: Duration = Duration::from_millis(20);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let width: usize = arguments[3].parse().expect("a width");
    let (base, queries) = (floats(&arguments[1]), floats(&arguments[2]));
    let only: Vec<&str> = arguments[4..].iter().map(String::as_str).collect();
    // one is searched by FLAT in turns with the other
    let [mut flat, mut service] = [(), ()].map(|()| {
        let mut service = Service::default();
        create(&mut service, width);
        insert(&mut service, &base, width);
        service
    });
    index_with(&mut flat, "FLAT", "{}");
    println!("rows take {:.1} MB", megabytes(service.memory().rows));
    let mut firsts: Vec<f32> = base.iter().step_by(width).copied().collect();
    firsts.sort_by(f32::total_cmp);
    let mut filters = vec![String::new()];
    for percent in [1, 10, 50, 90] {
        filters.push(format!("n < {percent}"));
        filters.push(format!("x < {}", firsts[firsts.len() * percent / 100]));
    }
    let queries: Vec<&[f32]> = queries.chunks_exact(width).collect();
    for (index, build, reach) in INDEXES {
        if !only.is_empty() && !only.contains(&index) {
            continue;
        }
        println!("{index} {build} {reach}");
        index_with(&mut service, index, build);
        println!("  {:.4} ms where FLAT is not in between", alone(&mut service, &queries, reach));
        for filter in &filters {
            let (exact, found) = searched([&mut flat, &mut service], &queries, reach, filter);
            report(filter, &exact, &found);
        }
    }
}

/// The time of a search in milliseconds, and the keys it found.
type Found = (f64, Vec<i64>);

fn create(service: &mut Service, width: usize) {
    let field = |name: &str, data_type: DataType| FieldSchema {
        name: name.to_string(),
        data_type: data_type.into(),
        ..Default::default()
    };
    let fields = vec![
        FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) },
        field("n", DataType::Int32),
        field("x", DataType::Float),
        FieldSchema {
            type_params: vec![pair("dim", &width.to_string())],
            ..field("v", DataType::FloatVector)
        },
    ];
    let schema = CollectionSchema { name: "t".to_string(), fields, ..Default::default() };
    ask(
        service,
        &pb::CreateCollectionRequest {
            collection_name: "t".to_string(),
            schema: schema.encode_to_vec(),
            ..Default::default()
        },
    );
}

fn insert(service: &mut Service, base: &[f32], width: usize) {
    let mut random = Random::new(3);
    let requests: Vec<Vec<u8>> = base
        .chunks(BATCH * width)
        .enumerate()
        .map(|(batch, values)| {
            let first = (batch * BATCH) as i64;
            let rows = values.len() / width;
            let ids = (first..first + rows as i64).collect();
            let n = (0..rows).map(|_| random.below(100) as i32).collect();
            let x = values.iter().step_by(width).copied().collect();
            let vectors = Vectors::FloatVector(FloatArray { data: values.to_vec() });
            let vectors = VectorField { dim: width as i64, data: Some(vectors) };
            pb::InsertRequest {
                collection_name: "t".to_string(),
                num_rows: rows as u32,
                fields_data: vec![
                    column("id", scalars(Scalars::LongData(LongArray { data: ids }))),
                    column("n", scalars(Scalars::IntData(IntArray { data: n }))),
                    column("x", scalars(Scalars::FloatData(FloatArray { data: x }))),
                    column("v", Columns::Vectors(vectors)),
                ],
                ..Default::default()
            }
            .encode_to_vec()
        })
        .collect();
    let begin = Instant::now();
    for request in &requests {
        call::<pb::InsertRequest>(service, request);
    }
    let seconds = begin.elapsed().as_secs_f64();
    let rows = base.len() / width;
    println!("{rows} x {width} inserted, {:.0} rows a second", rows as f64 / seconds);
}

fn index_with(service: &mut Service, index: &str, build: &str) {
    let collection_name = "t".to_string();
    let release = pb::ReleaseCollectionRequest {
        collection_name: collection_name.clone(),
        ..Default::default()
    };
    ask(service, &release);
    let drop = pb::DropIndexRequest {
        collection_name: collection_name.clone(),
        field_name: "v".to_string(),
        ..Default::default()
    };
    ask(service, &drop);
    let params = [("index_type", index), ("metric_type", "L2"), ("params", build)];
    let create = pb::CreateIndexRequest {
        collection_name: collection_name.clone(),
        field_name: "v".to_string(),
        extra_params: params.map(|(key, value)| pair(key, value)).to_vec(),
        ..Default::default()
    };
    ask(service, &create);
    ask(service, &pb::LoadCollectionRequest { collection_name, ..Default::default() });
    let (begin, mut longest) = (Instant::now(), 0.0f64);
    loop {
        let slice = Instant::now();
        let more = service.work(&mut || slice.elapsed() < SLICE);
        longest = longest.max(slice.elapsed().as_secs_f64());
        if !more {
            break;
        }
    }
    println!(
        "  built in {:.2} s, in slices of at most {:.0} ms; takes {:.1} MB",
        begin.elapsed().as_secs_f64(),
        longest * 1e3,
        megabytes(service.memory().indexes)
    );
}

/// The best of a few rounds of all queries by FLAT and by another index, in turns, so that both
/// find the same in the caches.
fn searched(
    mut services: [&mut Service; 2],
    queries: &[&[f32]],
    reach: &str,
    filter: &str,
) -> (Vec<Found>, Vec<Found>) {
    let requests: Vec<_> = queries.iter().map(|query| request(query, reach, filter)).collect();
    let none: Vec<Found> = vec![(f64::INFINITY, Vec::new()); requests.len()];
    let mut best = [none.clone(), none];
    for _ in 0..5 {
        for (number, request) in requests.iter().enumerate() {
            for (service, best) in services.iter_mut().zip(&mut best) {
                let begin = Instant::now();
                let reply = call::<pb::SearchRequest>(service, request);
                let time = begin.elapsed().as_secs_f64() * 1e3;
                let ids = reply.results.and_then(|results| results.ids?.id_field);
                let Some(IdField::IntId(ids)) = ids else { panic!("no keys") };
                best[number] = (best[number].0.min(time), ids.data);
            }
        }
    }
    best.into()
}

/// The median of a search without a filter.
fn alone(service: &mut Service, queries: &[&[f32]], reach: &str) -> f64 {
    let time = |query: &&[f32]| {
        let request = request(query, reach, "");
        let begin = Instant::now();
        call::<pb::SearchRequest>(service, &request);
        begin.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = queries.iter().map(time).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn request(query: &[f32], reach: &str, filter: &str) -> Vec<u8> {
    let values = vec![query.iter().flat_map(|value| value.to_le_bytes()).collect()];
    let kind = PlaceholderType::FloatVector.into();
    let value = PlaceholderValue { tag: "$0".to_string(), r#type: kind, values };
    let group = PlaceholderGroup { placeholders: vec![value] }.encode_to_vec();
    pb::SearchRequest {
        collection_name: "t".to_string(),
        dsl: filter.to_string(),
        search_input: Some(SearchInput::PlaceholderGroup(group)),
        search_params: vec![pair("topk", "10"), pair("params", reach)],
        nq: 1,
        ..Default::default()
    }
    .encode_to_vec()
}

fn report(filter: &str, exact: &[Found], found: &[Found]) {
    let pairs = exact.iter().zip(found);
    let common: usize =
        pairs.clone().map(|((_, a), (_, b))| a.iter().filter(|key| b.contains(key)).count()).sum();
    let recall = common as f64 / exact.iter().map(|(_, keys)| keys.len()).sum::<usize>() as f64;
    let mut shares: Vec<f64> = pairs.map(|((scan, _), (time, _))| time / scan).collect();
    let mut times: Vec<f64> = found.iter().map(|(time, _)| *time).collect();
    let mut scans: Vec<f64> = exact.iter().map(|(time, _)| *time).collect();
    times.sort_by(f64::total_cmp);
    scans.sort_by(f64::total_cmp);
    shares.sort_by(f64::total_cmp);
    println!(
        "  {:16} median {:.3} ms, recall {recall:.4}; of FLAT's {:.3} ms: {:.2}, 95 % {:.2}",
        filter.split_at(filter.len().min(16)).0,
        times[times.len() / 2],
        scans[scans.len() / 2],
        shares[shares.len() / 2],
        shares[shares.len() * 95 / 100]
    );
}

fn ask<R: Request>(service: &mut Service, request: &R)
where
    R::Reply: Message,
{
    call::<R>(service, &request.encoded());
}

fn call<R: Request>(service: &mut Service, request: &[u8]) -> R::Reply
where
    R::Reply: Message,
{
    let call = Call { method: R::METHOD.name, database: "", request, now_ms: 1 };
    let reply = service.call(call).expect("a method");
    let mut reply = R::Reply::decode(reply.as_slice()).expect("a reply");
    let status = reply.status().cloned().unwrap_or_default();
    assert_eq!(status.code, 0, "{}: {}", R::METHOD.name, status.reason);
    reply
}

fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

fn scalars(data: Scalars) -> Columns {
    Columns::Scalars(ScalarField { data: Some(data) })
}

fn column(name: &str, field: Columns) -> FieldData {
    FieldData { field_name: name.to_string(), field: Some(field), ..Default::default() }
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn floats(path: &str) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("a file of floats");
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|&n| f32::from_le_bytes(n)).collect()
}
