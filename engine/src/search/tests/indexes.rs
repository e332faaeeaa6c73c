//! Indexes in use: what a search finds by them against sums over every row, while they are built,
//! after writes, with filters, and where they cannot promise what is asked for.

use milvus_proto::common::IndexState;

use super::*;
use crate::index::random::Random;

const DIM: usize = 16;
const ROWS: i64 = 12_000;
const QUERIES: usize = 25;

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
