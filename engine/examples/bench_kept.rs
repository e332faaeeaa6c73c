//! Times a kept service: `bench_kept FOLDER [ROWS [WIDTH]]`, by default 100,000 rows of 128
//! dimensions, in requests of 1,000.
//!
//! Prints how many rows a second are acknowledged, in memory and on the disk of the folder, which
//! is to be empty; the checkpoint and its longest slice; and how long opening takes until a first
//! search is answered, from segments and from the log. Build it with
//! `CARGO_PROFILE_RELEASE_OPT_LEVEL=3`: the profile is for size.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use milvus_engine::index::random::Random;
use milvus_engine::kept::{Kept, SLICE};
use milvus_engine::service::{Call, Refusal, Service};
use milvus_engine::store::files::disk::Disk;
use milvus_proto::common::{KeyValuePair, PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, LongArray, ScalarField,
    VectorField,
};
use milvus_proto::{Reply, Request};
use prost::Message;

const BATCH: usize = 1_000;

type Asked<'a> = &'a mut dyn FnMut(Call<'_>) -> Result<Vec<u8>, Refusal>;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = Path::new(arguments.get(1).expect("a folder"));
    let number = |at: usize, or| arguments.get(at).map_or(or, |text| text.parse().expect("one"));
    let (rows, width) = (number(2, 100_000), number(3, 128));
    let batches: Vec<Vec<u8>> =
        (0..rows / BATCH).map(|batch| insert(batch, width).encoded()).collect();

    let mut service = Service::default();
    create(&mut |call| service.call(call), width);
    report("into memory", rows, write(&mut |call| service.call(call), &batches));
    drop(service);

    let mut kept = open(folder);
    create(&mut |call| kept.call(call), width);
    report("acknowledged, log alone", rows, write(&mut |call| kept.call(call), &batches));
    drop(kept);
    let begin = Instant::now();
    let mut kept = open(folder);
    first_answer(&mut kept, "from the log", begin, width);

    let (mut longest, mut slices, begin) = (Duration::ZERO, 0, Instant::now());
    while kept.is_due() {
        let slice = Instant::now();
        kept.step(SLICE).expect("a slice");
        (longest, slices) = (longest.max(slice.elapsed()), slices + 1);
    }
    let all = begin.elapsed();
    println!("checkpoint: {all:.0?} in {slices} slices, the longest {longest:.1?}");
    kept.checkpoint().expect("a checkpoint");
    drop(kept);
    let begin = Instant::now();
    let mut kept = open(folder);
    first_answer(&mut kept, "from segments", begin, width);

    // the same rows once more, as an owner does it: a slice behind a request while one is due
    let (mut longest, begin) = (Duration::ZERO, Instant::now());
    for batch in &batches {
        done::<pb::InsertRequest>(&mut |call| kept.call(call), batch);
        if kept.is_due() {
            let slice = Instant::now();
            kept.step(SLICE).expect("a slice");
            longest = longest.max(slice.elapsed());
        }
    }
    report("acknowledged, with checkpoints", rows, begin.elapsed());
    println!("the longest slice {longest:.1?}; {:?}", kept.sizes());
}

fn open(folder: &Path) -> Kept {
    Kept::open(Arc::new(Disk::open(folder).expect("a folder"))).expect("a store").0
}

fn report(what: &str, rows: usize, time: Duration) {
    println!("{what}: {:.0} rows a second", rows as f64 / time.as_secs_f64());
}

fn write(asked: Asked<'_>, batches: &[Vec<u8>]) -> Duration {
    let begin = Instant::now();
    batches.iter().for_each(|batch| done::<pb::InsertRequest>(asked, batch));
    begin.elapsed()
}

fn first_answer(kept: &mut Kept, what: &str, begin: Instant, width: usize) {
    let opened = begin.elapsed();
    done::<pb::SearchRequest>(&mut |call| kept.call(call), &search(width).encoded());
    println!("opened {what}: {opened:.0?}, first answer at {:.0?}", begin.elapsed());
}

fn done<R: Request>(asked: Asked<'_>, request: &[u8])
where
    R::Reply: Message,
{
    let call = Call { method: R::METHOD.name, database: "", request, now_ms: 1_700_000_000_000 };
    let reply = asked(call).expect("a method");
    let mut reply = R::Reply::decode(reply.as_slice()).expect("a reply");
    let code = reply.status().map_or(0, |status| status.code);
    assert_eq!(code, 0, "{}", R::METHOD.name);
}

fn create(asked: Asked<'_>, width: usize) {
    let field = |name: &str, data_type: DataType| FieldSchema {
        name: name.to_string(),
        data_type: data_type.into(),
        ..Default::default()
    };
    let dim = KeyValuePair { key: "dim".to_string(), value: width.to_string() };
    let schema = CollectionSchema {
        name: "t".to_string(),
        fields: vec![
            FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) },
            FieldSchema { type_params: vec![dim], ..field("v", DataType::FloatVector) },
        ],
        ..Default::default()
    };
    let create = pb::CreateCollectionRequest {
        collection_name: "t".to_string(),
        schema: schema.encode_to_vec(),
        ..Default::default()
    };
    done::<pb::CreateCollectionRequest>(asked, &create.encoded());
    let index = pb::CreateIndexRequest {
        collection_name: "t".to_string(),
        field_name: "v".to_string(),
        ..Default::default()
    };
    done::<pb::CreateIndexRequest>(asked, &index.encoded());
    let load = pb::LoadCollectionRequest { collection_name: "t".to_string(), ..Default::default() };
    done::<pb::LoadCollectionRequest>(asked, &load.encoded());
}

fn insert(batch: usize, width: usize) -> pb::InsertRequest {
    let first = (batch * BATCH) as i64;
    let keys = (first..first + BATCH as i64).collect();
    pb::InsertRequest {
        collection_name: "t".to_string(),
        num_rows: BATCH as u32,
        fields_data: vec![
            FieldData {
                field_name: "id".to_string(),
                field: Some(Columns::Scalars(ScalarField {
                    data: Some(Scalars::LongData(LongArray { data: keys })),
                })),
                ..Default::default()
            },
            FieldData {
                field_name: "v".to_string(),
                field: Some(Columns::Vectors(VectorField {
                    dim: width as i64,
                    data: Some(Vectors::FloatVector(FloatArray {
                        data: floats(batch as u64, BATCH * width),
                    })),
                })),
                ..Default::default()
            },
        ],
        ..Default::default()
    }
}

fn search(width: usize) -> pb::SearchRequest {
    let value = floats(7, width).iter().flat_map(|value| value.to_le_bytes()).collect();
    let group = PlaceholderGroup {
        placeholders: vec![PlaceholderValue {
            tag: "$0".to_string(),
            r#type: PlaceholderType::FloatVector.into(),
            values: vec![value],
        }],
    };
    let pair = |key: &str, value: &str| KeyValuePair { key: key.into(), value: value.into() };
    pb::SearchRequest {
        collection_name: "t".to_string(),
        search_input: Some(SearchInput::PlaceholderGroup(group.encode_to_vec())),
        search_params: vec![pair("anns_field", "v"), pair("topk", "10"), pair("params", "{}")],
        nq: 1,
        ..Default::default()
    }
}

fn floats(seed: u64, count: usize) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..count).map(|_| random.unit() * 2.0 - 1.0).collect()
}
