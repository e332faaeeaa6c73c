//! Searches of the vectors in structs: lists as wholes, and single ones.

use milvus_proto::common::PlaceholderType::{EmbListFloatVector, FloatVector};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::{CollectionSchema, IDs, LongArray};

use super::data::{create, index, load, pair, schema, search};
use super::{Server, parts};

/// Keys, places of elements, and scores.
fn found(server: &mut Server, request: pb::SearchRequest) -> (Vec<i64>, Vec<i64>, Vec<f32>) {
    let results = server.done(request).results.unwrap();
    let ids = match results.ids.unwrap().id_field {
        Some(IdField::IntId(ids)) => ids.data,
        _ => Vec::new(),
    };
    let places = results.element_indices.map(|places| places.data).unwrap_or_default();
    assert_eq!(parts(&results.fields_data, "s").len(), 3);
    (ids, places, results.scores)
}

fn near(scores: &[f32], expected: &[f32]) {
    let same = scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(same && scores.len() == expected.len(), "{scores:?}, not {expected:?}");
}

/// The sum over the query's vectors of the nearest one of the row: rows with none are not found.
#[test]
fn lists_are_compared_by_their_nearest_vectors() {
    let query = [[1.0, 0.0], [0.0, 1.0]];
    let expected: [(&str, [i64; 3], [f32; 3]); 3] = [
        ("MAX_SIM_COSINE", [1, 4, 5], [2.0, 1.4, 1.4]),
        ("MAX_SIM_IP", [1, 4, 5], [2.0, 1.4, 1.4]),
        ("MAX_SIM_L2", [1, 4, 5], [0.0, 1.2, 1.2]),
    ];
    for (metric, ids, scores) in expected {
        let mut server = Server::by(metric);
        let (keys, places, all) = found(&mut server, search(EmbListFloatVector, &query, ""));
        assert_eq!((keys.as_slice(), places.len()), (&ids[..], 0), "{metric}");
        near(&all, &scores);
        let filter = "MATCH_ANY(s, $[tag] == 'ops')";
        let (keys, ..) = found(&mut server, search(EmbListFloatVector, &query, filter));
        assert_eq!(keys, [5]);
    }
}

/// Every vector is a find of its own, with its place.
#[test]
fn single_vectors_are_found_by_their_places() {
    let mut server = Server::by("COSINE");
    let request = search(FloatVector, &[[1.0, 0.0]], "");
    let (ids, places, scores) = found(&mut server, request.clone());
    assert_eq!(ids, [1, 5, 4, 1, 5, 5]);
    assert_eq!(places, [0, 2, 0, 1, 1, 0]);
    near(&scores, &[1.0, 0.8, 0.6, 0.0, 0.0, -1.0]);
    let qa = search(FloatVector, &[[1.0, 0.0]], "id > 1 && element_filter(s, $[tag] == 'qa')");
    let (ids, places, _) = found(&mut server, qa);
    assert_eq!((ids, places), (vec![5, 4, 5], vec![2, 0, 1]));
    let mut page = request.clone();
    page.search_params.retain(|pair| pair.key != "topk");
    page.search_params.extend([pair("topk", "2"), pair("offset", "1")]);
    let (ids, places, _) = found(&mut server, page);
    assert_eq!((ids, places), (vec![5, 4], vec![2, 0]));
    let mut range = request.clone();
    range.search_params.retain(|pair| pair.key != "params");
    range.search_params.push(pair("params", r#"{"radius": 0.5, "range_filter": 0.9}"#));
    let (ids, places, _) = found(&mut server, range);
    assert_eq!((ids, places), (vec![5, 4], vec![2, 0]));
    // one of each row
    let mut grouped = request;
    grouped.search_params.push(pair("group_by_field", "id"));
    let (ids, places, _) = found(&mut server, grouped);
    assert_eq!((ids, places), (vec![1, 5, 4], vec![0, 2, 0]));
}

#[test]
fn what_lists_cannot_be_asked_is_refused() {
    let one = || search(FloatVector, &[[1.0, 0.0]], "");
    let list = || search(EmbListFloatVector, &[[1.0, 0.0]], "");
    let with = |mut request: pb::SearchRequest, key: &str, value: &str| {
        request.search_params.retain(|pair| pair.key != key);
        request.search_params.push(pair(key, value));
        request
    };
    let mut lists = Server::by("MAX_SIM_COSINE");
    let mut singles = Server::by("COSINE");
    let by_lists = [
        (one(), "vector type must be the same, field s[vec] - type ArrayOfVector"),
        (with(list(), "metric_type", "COSINE"), "metric type not match"),
        (with(list(), "params", r#"{"radius": 0.1}"#), "range search is not supported for multi"),
        (with(list(), "group_by_field", "id"), "group by is not supported for multi"),
        (with(list(), "iterator", "True"), "search iterator is not supported for multi"),
        (search(EmbListFloatVector, &[], ""), "vector dimension mismatch"),
        (
            search(EmbListFloatVector, &[[1.0, 0.0]], "element_filter(s, $[rank] > 1)"),
            "element_filter is only supported for element-level search on vector sub-fields",
        ),
    ];
    for (request, words) in by_lists {
        let reason = lists.wrong(request);
        assert!(reason.contains(words), "{words}: {reason}");
    }
    let mut by_id = one();
    let ids = IdField::IntId(LongArray { data: vec![1] });
    by_id.search_input = Some(SearchInput::Ids(IDs { id_field: Some(ids) }));
    let other = with(
        search(FloatVector, &[[1.0, 0.0]], "element_filter(s, $[rank] > 1)"),
        "anns_field",
        "v",
    );
    let by_single = [
        (list(), "vector type must be the same"),
        (with(one(), "iterator", "True"), "legacy search iterator is not supported for element"),
        (by_id, "array of vector is not supported for search by IDs"),
        (other, "element_filter is only supported for element-level search"),
        (search(FloatVector, &[[1.0, 0.0], [1.0, 0.0]], ""), "vector dimension mismatch"),
    ];
    for (request, words) in by_single {
        let reason = singles.wrong(request);
        assert!(reason.contains(words), "{words}: {reason}");
    }
    let hybrid = pb::HybridSearchRequest {
        collection_name: "e".to_string(),
        requests: vec![one()],
        rank_params: vec![pair("strategy", "rrf"), pair("limit", "3"), pair("params", "{}")],
        ..Default::default()
    };
    let reason = singles.wrong(hybrid.clone());
    assert!(reason.contains("an element-level search within a hybrid search is not there"));
    lists.done(pb::HybridSearchRequest { requests: vec![list()], ..hybrid });
    let mut server = Server::empty();
    server.done(create(&CollectionSchema { enable_dynamic_field: true, ..schema() }));
    server.done(index("v", "L2"));
    server.done(index("s[vec]", "COSINE"));
    server.done(load());
    let reason = server.wrong(with(one(), "group_by_field", "key"));
    assert!(reason.contains("only group by primary key is supported for element-level"));
    let mut server = Server::empty();
    server.done(create(&schema()));
    let reason = server.wrong(index("s[vec]", "MAX_SIM_HAMMING"));
    assert!(reason.contains("does not support the metric type: MAX_SIM_HAMMING"), "{reason}");
}
