//! Indexes in use: what a search finds by them against sums over every row, while they are built,
//! after writes, with filters, and where they cannot promise what is asked for.

use milvus_proto::common::IndexState;

use super::*;
use crate::index::random::Random;

const DIM: usize = 16;
const ROWS: i64 = 12_000;
const QUERIES: usize = 12;

/// Points about a hundred centres, and a number from 0 to 99 for each.
struct Library {
    world: World,
    rows: Vec<(i64, i32, Vec<f32>)>,
    random: Random,
    metric: &'static str,
}

impl Library {
    fn new(index: &[(&str, &str)], metric: &'static str, rows: i64) -> Library {
        let fields = [field("n", DataType::Int32, &[]), floats("v", "16")];
        let mut world = World::bare(fields, Vec::new());
        world.index("v", &[index, &[("metric_type", metric)]].concat());
        world.load();
        let mut library = Library { world, rows: Vec::new(), random: Random::new(7), metric };
        library.write(0..rows, false);
        library
    }

    fn point(&mut self) -> Vec<f32> {
        let centre = u64::from(self.random.below(100));
        let noise = self.random.floats(DIM);
        let centre = Random::new(1000 + centre).floats(DIM);
        centre.iter().zip(noise).map(|(c, n)| c + 0.4 * n).collect()
    }

    fn write(&mut self, ids: std::ops::Range<i64>, again: bool) {
        let ids: Vec<i64> = ids.collect();
        for ids in ids.chunks(3000) {
            let new: Vec<_> =
                ids.iter().map(|id| (*id, self.random.below(100) as i32, self.point())).collect();
            let n: Vec<i32> = new.iter().map(|(_, n, _)| *n).collect();
            let v: Vec<f32> = new.iter().flat_map(|(.., v)| v.clone()).collect();
            let columns =
                vec![ints("n", &n), float_rows("v", DIM, &v), dynamic(&vec!["{}"; ids.len()])];
            match again {
                true => self.world.upsert(ids, columns),
                false => self.world.insert(ids, columns),
            }
            self.rows.retain(|(id, ..)| !again || !ids.contains(id));
            self.rows.extend(new);
        }
    }

    fn delete(&mut self, expr: &str, gone: fn(i64) -> bool) {
        self.world.delete(expr);
        self.rows.retain(|(id, ..)| !gone(*id));
    }

    /// The share of the ten nearest with `n` below some number that a search finds.
    fn recall(&mut self, params: &str, below: i32) -> f64 {
        let mut found = 0;
        for _ in 0..QUERIES {
            let query = self.point();
            let (ids, scores) = self.search(&query, params, below);
            let wanted = self.nearest(&query, below);
            assert_eq!(ids.len(), wanted.len().min(10));
            let bound = wanted.get(9).or(wanted.last()).map_or(0.0, |(score, _)| *score);
            for (id, score) in ids.iter().zip(scores) {
                let (exact, _) = wanted.iter().find(|(_, there)| there == id).expect("a live row");
                let exact = if self.metric == "COSINE" { -exact } else { *exact };
                assert!((f64::from(score) - exact).abs() < 1e-4, "{score} {exact}");
            }
            let near = |id: &&i64| wanted.iter().any(|(at, other)| other == *id && *at <= bound);
            found += ids.iter().filter(near).count();
        }
        found as f64 / (10 * QUERIES) as f64
    }

    fn search(&mut self, query: &[f32], params: &str, below: i32) -> (Vec<i64>, Vec<f32>) {
        let mut request = nearest(query, &[("topk", "10"), ("params", params)]);
        if below < 100 {
            request.dsl = format!("n < {below}");
        }
        let found = self.world.found(request);
        (keys(&found), found.scores)
    }

    /// All rows with `n` below some number, the nearest first.
    fn nearest(&self, query: &[f32], below: i32) -> Vec<(f64, i64)> {
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let distance = |v: &[f32]| match self.metric {
            "COSINE" => -dot(v, query) / (dot(v, v) * dot(query, query)).sqrt(),
            _ => dot(v, v) + dot(query, query) - 2.0 * dot(v, query),
        };
        let there = self.rows.iter().filter(|(_, n, _)| *n < below);
        let mut all: Vec<_> = there.map(|(id, _, v)| (distance(v), *id)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    }

    fn described(&mut self) -> pb::IndexDescription {
        let request =
            pb::DescribeIndexRequest { collection_name: "t".to_string(), ..Default::default() };
        self.world.done(request).index_descriptions.remove(0)
    }

    fn check(&mut self, when: &str, params: &str, least: f64) {
        for below in [1, 10, 50, 90, 100] {
            let recall = self.recall(params, below);
            assert!(recall >= least, "{when}: {recall} below {below} by {}", self.metric);
        }
    }
}

fn life_of(index: &[(&str, &str)], metric: &'static str, params: &str, least: f64) {
    let mut library = Library::new(index, metric, ROWS);
    let before = library.described();
    assert_eq!((before.state(), before.indexed_rows), (IndexState::InProgress, 0));
    assert_eq!((before.total_rows, before.pending_index_rows), (ROWS, ROWS));
    library.check("before the build", params, 1.0);
    while library.described().indexed_rows < ROWS / 2 {
        assert!(library.world.work(5));
    }
    library.check("in the middle of the build", params, least);
    while library.world.work(100) {}
    let after = library.described();
    assert_eq!((after.state(), after.indexed_rows), (IndexState::Finished, ROWS));
    assert_eq!(after.pending_index_rows, 0);
    library.check("after the build", params, least);
    library.delete("id % 3 == 0", |id| id % 3 == 0);
    library.check("after a delete", params, least);
    library.write(ROWS - 500..ROWS, true);
    library.write(ROWS..ROWS + 500, false);
    assert_eq!(library.described().pending_index_rows, 1000);
    library.check("after more rows", params, least);
    while library.world.work(100) {}
    assert_eq!(library.described().pending_index_rows, 0);
    library.check("when they are built too", params, least);
    library.world.done(pb::ManualCompactionRequest {
        collection_name: "t".to_string(),
        ..Default::default()
    });
    let rows = library.rows.len() as i64;
    assert_eq!(library.described().pending_index_rows, rows);
    library.check("after a compaction", params, 1.0);
    while library.world.work(100) {}
    library.check("built anew", params, least);
}

#[test]
fn a_graph_finds_what_a_scan_does() {
    for metric in ["L2", "COSINE"] {
        let index = [("index_type", "HNSW"), ("params", r#"{"M": 16, "efConstruction": 100}"#)];
        life_of(&index, metric, r#"{"ef": 64}"#, 0.98);
    }
}

#[test]
fn lists_find_what_a_scan_does() {
    for (index_type, metric) in [("IVF_FLAT", "L2"), ("IVF_SQ8", "COSINE")] {
        let index = [("index_type", index_type), ("params", r#"{"nlist": 100}"#)];
        life_of(&index, metric, r#"{"nprobe": 24}"#, 0.98);
    }
}

/// A graph of all rows, built.
fn graph() -> Library {
    let mut library = Library::new(&[("index_type", "HNSW")], "L2", ROWS);
    while library.world.work(100) {}
    library
}

#[test]
fn ranges_groups_and_iterators_miss_nothing() {
    let mut library = graph();
    for _ in 0..QUERIES {
        let query = library.point();
        let wanted = library.nearest(&query, 100);
        let (from, to) = (wanted[100].0, wanted[300].0);
        let inside: Vec<i64> = wanted[100..300].iter().map(|(_, id)| *id).collect();
        let params = format!(r#"{{"radius": {to}, "range_filter": {from}, "ef": 1000}}"#);
        let found =
            keys(&library.world.found(nearest(&query, &[("topk", "1000"), ("params", &params)])));
        let common = found.iter().filter(|id| inside.contains(id)).count();
        // the bounds themselves are rounded
        assert!(common >= 198 && found.len() <= 202, "{common} of {}", found.len());
        let few: Vec<i64> = wanted[..10].iter().map(|(_, id)| *id).collect();
        let iterator = [("topk", "10"), ("iterator", "True"), ("params", r#"{"ef": 10}"#)];
        assert_eq!(keys(&library.world.found(nearest(&query, &iterator))), few);
        let grouped = [("topk", "100"), ("group_by_field", "n"), ("params", r#"{"ef": 100}"#)];
        let found = keys(&library.world.found(nearest(&query, &grouped)));
        let shelf = |id: &i64| library.rows.iter().find(|(there, ..)| there == id).unwrap().1;
        let mut seen = std::collections::HashSet::new();
        let firsts: Vec<i64> =
            wanted.iter().map(|(_, id)| *id).filter(|id| seen.insert(shelf(id))).collect();
        assert_eq!(found, firsts);
    }
}

#[test]
fn pages_are_cut_from_one_list() {
    let mut library = graph();
    for _ in 0..QUERIES {
        let query = library.point();
        let mut page = |limit: usize, offset: usize| {
            let (limit, offset) = (limit.to_string(), offset.to_string());
            let params =
                [("topk", limit.as_str()), ("offset", &offset), ("params", r#"{"ef": 64}"#)];
            keys(&library.world.found(nearest(&query, &params)))
        };
        let whole = page(60, 0);
        let pages: Vec<i64> = (0..6).flat_map(|number| page(10, 10 * number)).collect();
        assert_eq!(pages, whole);
    }
}

#[test]
fn several_queries_are_answered_as_each_alone() {
    let mut library = graph();
    library.write(ROWS..ROWS + 100, false);
    let queries: Vec<Vec<f32>> = (0..5).map(|_| library.point()).collect();
    let alone: Vec<i64> =
        queries.iter().flat_map(|query| library.search(query, "{}", 30).0).collect();
    let queries: Vec<Vec<u8>> = queries.iter().map(|query| bytes(query)).collect();
    let mut request = search(PlaceholderType::FloatVector, &queries, &[("topk", "10")]);
    request.dsl = "n < 30".to_string();
    assert_eq!(keys(&library.world.found(request)), alone);
}

#[test]
fn rows_without_a_vector_stay_out_of_the_graph() {
    let v = FieldSchema { nullable: true, ..floats("v", "16") };
    let mut world = World::bare([v], Vec::new());
    world.index("v", &[("index_type", "HNSW"), ("metric_type", "COSINE")]);
    world.load();
    let ids: Vec<i64> = (0..5000).collect();
    let points = Random::new(3).floats(5000 / 2 * DIM);
    let column = FieldData {
        valid_data: ids.iter().map(|id| id % 2 == 0).collect(),
        ..float_rows("v", DIM, &points)
    };
    world.insert(&ids, vec![column, dynamic(&vec!["{}"; ids.len()])]);
    while world.work(100) {}
    for row in [0, 7, 2499] {
        let query = &points[row * DIM..][..DIM];
        let found = keys(&world.found(nearest(query, &[("topk", "40")])));
        assert_eq!((found[0], found.len()), (2 * row as i64, 40));
        assert!(found.iter().all(|id| id % 2 == 0));
    }
}

#[test]
fn a_dropped_index_is_gone_and_another_one_built() {
    let mut library = graph();
    let memory = library.world.memory();
    assert!(memory.indexes > ROWS as usize * 128 && memory.rows > ROWS as usize * DIM * 4);
    let collection_name = || "t".to_string();
    library.world.done(pb::ReleaseCollectionRequest {
        collection_name: collection_name(),
        ..Default::default()
    });
    library.world.done(pb::DropIndexRequest {
        collection_name: collection_name(),
        index_name: "v".to_string(),
        ..Default::default()
    });
    assert_eq!(library.world.memory().indexes, 0);
    library.world.index("v", &[("index_type", "DISKANN"), ("metric_type", "L2")]);
    library.world.load();
    let index = library.described();
    assert_eq!(index.index_state_fail_reason, "HNSW stands in for DISKANN");
    assert!(index.params.contains(&pair("index_type", "DISKANN")));
    assert_eq!(index.pending_index_rows, ROWS);
    while library.world.work(100) {}
    library.check("anew", r#"{"search_list": 64}"#, 0.98);
}

#[test]
fn an_index_of_nobodys_choice_comes_with_the_rows() {
    let mut library = Library::new(&[("index_type", "AUTOINDEX")], "L2", 49_999);
    assert!(!library.world.work(100));
    assert_eq!(library.described().state(), IndexState::Finished);
    library.write(49_999..50_001, false);
    assert_eq!(library.described().pending_index_rows, 50_001);
    while library.world.work(100) {}
    assert_eq!(library.described().pending_index_rows, 0);
    assert!(library.world.memory().indexes > 0);
    library.check("by codes", "{}", 0.999);
}

#[test]
fn numbers_out_of_bounds_are_refused() {
    let mut world = World::bare([floats("v", "16")], Vec::new());
    let mut refused = |index_type: &str, params: &str| {
        let request = pb::CreateIndexRequest {
            collection_name: "t".to_string(),
            field_name: "v".to_string(),
            extra_params: vec![pair("index_type", index_type), pair("params", params)],
            ..Default::default()
        };
        world.wrong(request).1
    };
    let cases = [
        ("HNSW", r#"{"M": -1}"#, "param 'M' (-1) should be in range [2, 2048]"),
        ("HNSW", r#"{"efConstruction": 0}"#, "'efConstruction' (0) should be in range [1, "),
        ("IVF_FLAT", r#"{"nlist": 65537}"#, "param 'nlist' (65537) should be in range [1, 65536]"),
    ];
    for (index_type, params, words) in cases {
        let reason = refused(index_type, params);
        assert!(reason.contains(words), "{reason}");
    }
    world.index("v", &[("index_type", "HNSW")]);
    world.load();
    let few = [("topk", "10"), ("params", r#"{"ef": 9}"#)];
    let (_, reason) = world.wrong(nearest(&[0.0; DIM], &few));
    assert!(reason.contains("ef(9) should be larger than k(10)"), "{reason}");
}
