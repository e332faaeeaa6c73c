//! Times the indexes on vectors of a file: `bench_index base.f32 query.f32 WIDTH [hnsw]`.
//!
//! The files hold little-endian floats. Prints the median of a query in milliseconds, recall@10 and
//! build times. Build it with `CARGO_PROFILE_RELEASE_OPT_LEVEL=3`: the profile is for size.

use std::time::Instant;

use milvus_engine::index::collect::{Range, TopK};
use milvus_engine::index::flat::{self, Query};
use milvus_engine::index::hnsw::{Hnsw, Parameters};
use milvus_engine::index::int8::Int8;
use milvus_engine::index::random::Random;
use milvus_engine::index::rows::{Mask, Rows, rows_per_block};
use milvus_engine::index::sparse::{Mode, Sparse, idf};
use milvus_engine::index::{Hit, Metric};

const K: usize = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let width: usize = arguments[3].parse().expect("a width");
    let (base, queries) = (floats(&arguments[1]), floats(&arguments[2]));
    let per_block = rows_per_block(width * 4);
    let blocks: Vec<&[f32]> = base.chunks(per_block * width).collect();
    let rows = Rows::new(&blocks, width, per_block);
    let queries: Vec<&[f32]> = queries.chunks_exact(width).collect();
    println!("{} x {width}", rows.len());
    let exact: Vec<_> = queries.iter().map(|q| scan(rows, q, None)).collect();
    report("scan", &exact, &exact, &times(&queries, |q| drop(scan(rows, q, None))));
    let batch: Vec<_> = queries.iter().take(16).map(|q| Query::new(Metric::L2, q)).collect();
    let time = times(&queries[..10], |_| {
        let mut tops: Vec<_> = batch.iter().map(|_| TopK::closest(Metric::L2, K)).collect();
        flat::scan_many(rows, 0..rows.len(), &batch, None, &mut tops);
    });
    println!("16 queries: {:.3} ms each", median(&time) / batch.len() as f64);
    let filters: Vec<_> = [1, 10, 50, 90].map(|p| (p, words(rows.len(), p))).into();
    for (percent, words) in &filters {
        let mask = Some(Mask::new(words));
        let time = times(&queries, |q| drop(scan(rows, q, mask)));
        println!("scan, {percent} % allowed: {:.3} ms", median(&time));
    }
    int8(rows, &queries, &exact);
    bm25();
    if arguments.get(4).is_some_and(|a| a == "hnsw") {
        hnsw(rows, &queries, &exact, &filters);
    }
}

fn int8(rows: Rows<'_, f32>, queries: &[&[f32]], exact: &[Vec<Hit>]) {
    let begin = Instant::now();
    let mut index = Int8::new(Metric::L2, rows);
    index.extend(rows, rows.len());
    println!("int8 built in {:.2} s", begin.elapsed().as_secs_f64());
    let search = |vector: &[f32]| {
        let mut candidates = TopK::closest(Metric::L2, 2 * K);
        index.scan(0..rows.len(), &index.query(vector), None, &mut candidates);
        let mut top = TopK::closest(Metric::L2, K);
        Int8::rerank(candidates, rows, &Query::new(Metric::L2, vector), &mut top);
        top.finish()
    };
    let found: Vec<_> = queries.iter().map(|q| search(q)).collect();
    report("int8", exact, &found, &times(queries, |q| drop(search(q))));
}

/// A hundred thousand texts of 20 words, which are as frequent as words are.
fn bm25() {
    let mut random = Random::new(1);
    let mut word = || (50_000f32.powf(random.unit()) - 1.0) as u32;
    let mut index = Sparse::new();
    let begin = Instant::now();
    for row in 0..100_000 {
        let mut words: Vec<u32> = (0..20).map(|_| word()).collect();
        words.sort_unstable();
        let terms: Vec<_> =
            words.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f32)).collect();
        index.insert(row, &terms);
    }
    index.shrink();
    println!("bm25 built in {:.2} s, {} bytes", begin.elapsed().as_secs_f64(), index.bytes());
    let average_length = index.average_length();
    let mode = Mode::Bm25 { k1: 1.2, b: 0.75, average_length };
    let mut search = || {
        let begin = Instant::now();
        let weighted = |word| (word, idf(index.texts(), index.document_frequency(word)));
        let query: Vec<_> = (0..5).map(|_| weighted(word())).collect();
        let mut top = TopK::closest(Metric::Bm25, K);
        index.search(0..index.len(), &query, mode, None, &mut top);
        assert!(top.len() <= K);
        begin.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..200).map(|_| search()).collect();
    times.sort_by(f64::total_cmp);
    println!("bm25, 5 words: median {:.3} ms", median(&times));
}

fn hnsw(rows: Rows<'_, f32>, queries: &[&[f32]], exact: &[Vec<Hit>], filters: &[(u32, Vec<u64>)]) {
    let begin = Instant::now();
    let mut graph = Hnsw::new(Metric::L2, Parameters::default());
    graph.extend(rows, rows.len(), None);
    println!("hnsw built in {:.2} s, {} bytes", begin.elapsed().as_secs_f64(), graph.bytes());
    for ef in [10, 20, 40, 80] {
        let search = |vector: &[f32]| walk(&graph, rows, vector, ef, None).1;
        let found: Vec<_> = queries.iter().map(|q| search(q)).collect();
        report(&format!("hnsw ef {ef}"), exact, &found, &times(queries, |q| drop(search(q))));
    }
    for (percent, words) in filters {
        let mask = Some(Mask::new(words));
        let search = |vector: &[f32]| walk(&graph, rows, vector, 40, mask);
        let exact: Vec<_> = queries.iter().map(|q| scan(rows, q, mask)).collect();
        let (walked, found): (Vec<_>, Vec<_>) = queries.iter().map(|q| search(q)).unzip();
        let walked = walked.iter().filter(|&&w| w).count();
        let name = format!("hnsw ef 40, {percent} % allowed, {walked} of {} walked", found.len());
        report(&name, &exact, &found, &times(queries, |q| drop(search(q))));
    }
}

fn walk(
    graph: &Hnsw,
    rows: Rows<'_, f32>,
    vector: &[f32],
    ef: usize,
    mask: Option<Mask<'_>>,
) -> (bool, Vec<Hit>) {
    let mut top = TopK::closest(Metric::L2, K);
    let query = Query::new(Metric::L2, vector);
    let walked = graph.search(rows, &query, ef, mask, Range::default(), &mut top);
    if !walked {
        flat::scan(rows, 0..rows.len(), &query, mask, &mut top);
    }
    (walked, top.finish())
}

fn scan(rows: Rows<'_, f32>, vector: &[f32], mask: Option<Mask<'_>>) -> Vec<Hit> {
    let mut top = TopK::closest(Metric::L2, K);
    flat::scan(rows, 0..rows.len(), &Query::new(Metric::L2, vector), mask, &mut top);
    top.finish()
}

fn report(name: &str, exact: &[Vec<Hit>], found: &[Vec<Hit>], times: &[f64]) {
    let common = exact.iter().zip(found);
    let common: usize = common.map(|(a, b)| a.iter().filter(|hit| b.contains(hit)).count()).sum();
    let recall = common as f64 / exact.iter().map(Vec::len).sum::<usize>() as f64;
    let best = times.first().copied().unwrap_or_default();
    println!("{name}: median {:.4} ms, best {best:.4}, recall {recall:.4}", median(times));
}

fn times(queries: &[&[f32]], mut run: impl FnMut(&[f32])) -> Vec<f64> {
    let time = |query: &&[f32]| {
        let begin = Instant::now();
        run(query);
        begin.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = queries.iter().map(time).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// A mask that allows about so many rows of a hundred.
fn words(rows: u32, percent: u32) -> Vec<u64> {
    let mut random = Random::new(percent.into());
    let mut words = vec![0; rows.div_ceil(64) as usize];
    for row in 0..rows as usize {
        words[row / 64] |= u64::from(random.below(100) < percent) << (row % 64);
    }
    words
}

fn floats(path: &str) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("a file of floats");
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|&n| f32::from_le_bytes(n)).collect()
}
