//! Reads in slices: as long as each may be, what they find is the same.

use milvus_proto::milvus as pb;

use super::*;
use crate::pace::Partial;
use crate::service::Refusal;

const ROWS: usize = 40_000;
const DIM: usize = 16;

/// Rows of four kinds of vectors, with a key in their dynamic field.
fn world() -> World {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        state >> 8
    };
    let bits = field("bits", DataType::BinaryVector, &[("dim", "64")]);
    let fields = [floats("scanned", "16"), floats("walked", "16"), bits];
    let mut world = World::bare(fields, Vec::new());
    world.index("scanned", &[("metric_type", "L2"), ("index_type", "FLAT")]);
    world.index("walked", &[("metric_type", "L2"), ("index_type", "HNSW"), ("M", "4")]);
    world.index("bits", &[("metric_type", "HAMMING")]);
    world.load();
    let ids: Vec<i64> = (0..ROWS as i64).collect();
    let floats: Vec<f32> = (0..ROWS * DIM).map(|_| next() as f32 / 1e6).collect();
    let bits: Vec<u8> = (0..ROWS * 8).map(|_| next() as u8).collect();
    let objects: Vec<String> = ids.iter().map(|id| format!("{{\"n\":{}}}", id % 10)).collect();
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    world.insert(
        &ids,
        vec![
            float_rows("scanned", DIM, &floats),
            float_rows("walked", DIM, &floats),
            vectors("bits", 64, Vectors::BinaryVector(bits)),
            dynamic(&objects),
        ],
    );
    // a part of the rows alone: the others are scanned
    world.work(40);
    world
}

fn queries(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| bytes(&[n as f32 / 10.0; DIM])).collect()
}

fn named(field: &str) -> Vec<(&str, &str)> {
    vec![("anns_field", field), ("topk", "5")]
}

/// The reply in one go and the one in slices of one step each, and how many those were.
fn both<R: Request>(world: &mut World, request: R) -> (R::Reply, R::Reply, usize)
where
    R::Reply: Message,
{
    let request = request.encoded();
    let call = Call { method: R::METHOD.name, database: "", request: &request, now_ms: 1 };
    let whole = world.0.call(call).expect("a method");
    let (mut partial, mut slices) = (Partial::default(), 1);
    let reply = loop {
        match world.0.call_slice(call, &mut partial, &mut || false).expect("a method") {
            Some(reply) => break reply,
            None => slices += 1,
        }
    };
    let read = |bytes: &[u8]| R::Reply::decode(bytes).expect("a reply");
    (read(&whole), read(&reply), slices)
}

#[test]
fn searches_find_the_same_in_slices() {
    let mut world = world();
    for (field, count, least) in [("scanned", 1, 1), ("scanned", 90, 4), ("walked", 40, 3)] {
        let request = search(PlaceholderType::FloatVector, &queries(count), &named(field));
        let (whole, sliced, slices) = both(&mut world, request.clone());
        assert_eq!(whole.results, sliced.results, "{field}");
        assert_eq!(whole.results.expect("results").topks, vec![5; count], "{field}");
        assert!(slices >= least, "{field}: {slices}");
        let filtered = pb::SearchRequest { dsl: "n in [1, 2, 3]".to_string(), ..request };
        let (whole, sliced, more) = both(&mut world, filtered);
        assert_eq!(whole.results, sliced.results, "{field}");
        assert!(more > slices, "{field}: the filter takes some too");
    }
    let bits: Vec<Vec<u8>> = (0..6).map(|n| vec![n; 8]).collect();
    let request = search(PlaceholderType::BinaryVector, &bits, &named("bits"));
    let (whole, sliced, slices) = both(&mut world, request);
    assert_eq!((whole.results, slices), (sliced.results, 6));
}

#[test]
fn hybrid_searches_and_queries_find_the_same_in_slices() {
    let mut world = world();
    let part = |field: &str, filter: &str| pb::SearchRequest {
        dsl: filter.to_string(),
        ..search(PlaceholderType::FloatVector, &queries(30), &named(field))
    };
    let request = pb::HybridSearchRequest {
        collection_name: "t".to_string(),
        requests: vec![part("scanned", "n > 3"), part("walked", "n < 7"), part("scanned", "")],
        rank_params: vec![pair("limit", "5"), pair("strategy", "rrf")],
        ..Default::default()
    };
    let (whole, sliced, slices) = both(&mut world, request);
    assert_eq!(whole.results, sliced.results);
    assert!(slices >= 8, "{slices}");
    let request = pb::QueryRequest {
        collection_name: "t".to_string(),
        expr: "n == 4".to_string(),
        output_fields: vec!["count(*)".to_string()],
        ..Default::default()
    };
    let (whole, sliced, slices) = both(&mut world, request);
    assert_eq!(whole.fields_data, sliced.fields_data);
    assert_eq!(slices, 3);
}

#[test]
fn a_search_that_is_given_up_leaves_nothing_behind() {
    let mut world = world();
    let request = search(PlaceholderType::FloatVector, &queries(90), &named("scanned"));
    let encoded = Request::encoded(&request);
    let call = Call { method: "Search", database: "", request: &encoded, now_ms: 1 };
    let given_up = world.0.call_slice(call, &mut Partial::default(), &mut || false);
    assert_eq!(given_up, Ok::<_, Refusal>(None));
    world.delete("id < 1000");
    let found = world.found(request);
    assert!(keys(&found).iter().all(|key| *key >= 1000));
}
