//! Full text: BM25 against its formula in double precision, and filters by texts.

use milvus_proto::schema::FunctionType;

use super::*;

const TEXTS: [&str; 6] = [
    "the quick brown fox",
    "the lazy dog and the quick cat",
    "a fox and a fox, and no dog",
    "quick quick quick",
    "nothing of it here",
    "the brown dog",
];

fn library(index: &[(&str, &str)]) -> World {
    let mut world = empty(index);
    world.insert(&[0, 1, 2, 3, 4, 5], vec![strings("text", &TEXTS), dynamic(&["{}"; 6])]);
    world
}

fn empty(index: &[(&str, &str)]) -> World {
    let text = field(
        "text",
        DataType::VarChar,
        &[("max_length", "99"), ("enable_analyzer", "true"), ("enable_match", "true")],
    );
    let function = FunctionSchema {
        name: "bm25".to_string(),
        r#type: FunctionType::Bm25.into(),
        input_field_names: vec!["text".to_string()],
        output_field_names: vec!["terms".to_string()],
        ..Default::default()
    };
    let terms = field("terms", DataType::SparseFloatVector, &[]);
    let mut world = World::bare([text, terms], vec![function]);
    world.index("terms", index);
    world.load();
    world
}

fn words(text: &str) -> Vec<&str> {
    text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// The hits of a query among the texts of the given numbers, the best first.
fn bm25(ids: &[i64], query: &str, k1: f64, b: f64) -> Vec<(i64, f64)> {
    let texts: Vec<(i64, Vec<&str>)> =
        ids.iter().map(|id| (*id, words(TEXTS[*id as usize]))).collect();
    let count = texts.len() as f64;
    let average = texts.iter().map(|(_, words)| words.len() as f64).sum::<f64>() / count;
    let score = |text: &[&str]| -> f64 {
        let of = |word: &&str| {
            let having = texts.iter().filter(|(_, words)| words.contains(word)).count() as f64;
            let idf = (1.0 + (count - having + 0.5) / (having + 0.5)).ln();
            let times = text.iter().filter(|other| *other == word).count() as f64;
            let length = 1.0 - b + b * text.len() as f64 / average;
            idf * times * (k1 + 1.0) / (times + k1 * length)
        };
        words(query).iter().map(of).sum()
    };
    let mut hits: Vec<(i64, f64)> = texts.iter().map(|(id, text)| (*id, score(text))).collect();
    hits.retain(|(_, score)| *score > 0.0);
    hits.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    hits
}

fn text_search(query: &str) -> pb::SearchRequest {
    search(PlaceholderType::VarChar, &[query.as_bytes().to_vec()], &[("topk", "9")])
}

fn compare(found: &SearchResultData, wanted: &[(i64, f64)]) {
    let ids: Vec<i64> = wanted.iter().map(|(id, _)| *id).collect();
    assert_eq!(keys(found), ids);
    for (score, (_, wanted)) in found.scores.iter().zip(wanted) {
        assert!((f64::from(*score) - wanted).abs() < 1e-5, "{score} {wanted}");
    }
}

#[test]
fn texts_are_scored_by_bm25() {
    let all = [0, 1, 2, 3, 4, 5];
    for query in ["quick fox", "dog", "quick quick brown", "unheard"] {
        compare(&library(&[]).found(text_search(query)), &bm25(&all, query, 1.2, 0.75));
    }
    let mut world = library(&[("bm25_k1", "2"), ("bm25_b", "0.1")]);
    compare(&world.found(text_search("quick fox")), &bm25(&all, "quick fox", 2.0, 0.1));
    let mut world = library(&[("params", r#"{"bm25_k1": 2, "bm25_b": 0.1}"#)]);
    compare(&world.found(text_search("quick fox")), &bm25(&all, "quick fox", 2.0, 0.1));
}

/// The table says how it was made.
#[test]
fn texts_are_scored_as_bm25s_does() {
    let table = include_str!("bm25.tsv");
    let with = |name: &'static str| table.lines().filter_map(move |line| line.strip_prefix(name));
    let texts: Vec<&str> = with("document\t").collect();
    let ids: Vec<i64> = (0..texts.len() as i64).collect();
    let mut world = empty(&[]);
    world.insert(&ids, vec![strings("text", &texts), dynamic(&vec!["{}"; texts.len()])]);
    let mut queries = 0;
    for (query, expected) in with("query\t").filter_map(|line| line.split_once('\t')) {
        let value = query.as_bytes().to_vec();
        let found = world.found(search(PlaceholderType::VarChar, &[value], &[("topk", "20")]));
        let hits: Vec<(i64, f32)> = keys(&found).into_iter().zip(found.scores).collect();
        let expected: Vec<f32> = expected.split(' ').map(|score| score.parse().unwrap()).collect();
        assert_eq!(hits.len(), expected.iter().filter(|score| **score > 0.0).count(), "{query}");
        assert!(hits.is_sorted_by(|a, b| a.1 >= b.1), "{query}");
        for (id, score) in hits {
            let expected = expected[id as usize];
            assert!((score - expected).abs() <= 1e-5 * expected, "{query}: {score} {expected}");
        }
        queries += 1;
    }
    assert_eq!((texts.len(), queries), (20, 8));
}

#[test]
fn texts_that_are_gone_do_not_count() {
    let mut world = library(&[]);
    world.delete("id in [3, 4]");
    compare(&world.found(text_search("quick fox")), &bm25(&[0, 1, 2, 5], "quick fox", 1.2, 0.75));
    // a text that is written over counts once
    world.upsert(&[5], vec![strings("text", &[TEXTS[5]]), dynamic(&["{}"])]);
    compare(&world.found(text_search("dog")), &bm25(&[0, 1, 2, 5], "dog", 1.2, 0.75));
    // and one that was inserted twice
    world.insert(&[1], vec![strings("text", &[TEXTS[1]]), dynamic(&["{}"])]);
    compare(&world.found(text_search("dog")), &bm25(&[0, 1, 2, 5], "dog", 1.2, 0.75));
    world.delete("id == 1");
    compare(&world.found(text_search("dog")), &bm25(&[0, 2, 5], "dog", 1.2, 0.75));
}

#[test]
fn a_filter_leaves_the_counts_alone() {
    let mut request = text_search("dog");
    request.dsl = "id < 3".to_string();
    let wanted = bm25(&[0, 1, 2, 3, 4, 5], "dog", 1.2, 0.75);
    let wanted: Vec<_> = wanted.into_iter().filter(|(id, _)| *id < 3).collect();
    compare(&library(&[]).found(request), &wanted);
}

#[test]
fn filters_match_texts() {
    let mut world = library(&[]);
    let mut of = |filter: &str| {
        let mut request = text_search("quick brown fox dog");
        request.dsl = filter.to_string();
        let mut ids = keys(&world.found(request));
        ids.sort_unstable();
        ids
    };
    assert_eq!(of("text_match(text, 'FOX cat')"), [0, 1, 2]);
    assert_eq!(of("phrase_match(text, 'brown dog')"), [5]);
    assert_eq!(of("phrase_match(text, 'quick fox', 1)"), [0]);
    assert_eq!(of("text_match(text, 'fox') and text_match(text, 'dog')"), [2]);
}

#[test]
fn texts_alone_search_texts() {
    let mut request = text_search("dog");
    request.search_input = search(PlaceholderType::SparseFloatVector, &[vec![]], &[]).search_input;
    let (_, reason) = library(&[]).wrong(request);
    assert!(reason.contains("please provide varchar/text for BM25 Function"), "{reason}");
}
