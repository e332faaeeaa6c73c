//! The graph against brute force: recall, masks, ranges, slices, bytes.

use half::f16;

use super::*;
use crate::index::Hit;
use crate::index::collect::{Range, TopK};
use crate::index::flat;
use crate::index::random::Random;
use crate::index::rows::Mask;
use crate::index::rows::tests::blocks;

const WIDTH: usize = 16;
const COUNT: u32 = 4000;

/// Points about a hundred centres, which is harder than noise.
fn clusters(random: &mut Random, count: u32) -> Vec<f32> {
    let centres = Random::new(30).floats(100 * WIDTH);
    let mut values = Vec::new();
    for _ in 0..count {
        let centre = random.below(100) as usize * WIDTH;
        let noise = random.floats(WIDTH);
        values.extend(centres[centre..].iter().zip(noise).map(|(c, n)| c + 0.4 * n));
    }
    values
}

fn exact<T: Element>(
    rows: Rows<'_, T>,
    query: &Query<'_, T>,
    mask: Option<Mask<'_>>,
    range: Range,
) -> Vec<Hit> {
    let mut top = TopK::new(query.metric(), 10, range);
    flat::scan(rows, 0..rows.len(), query, mask, &mut top);
    top.finish()
}

fn walked<T: Element>(
    graph: &Hnsw,
    rows: Rows<'_, T>,
    query: &Query<'_, T>,
    mask: Option<Mask<'_>>,
    range: Range,
) -> Option<Vec<Hit>> {
    let mut top = TopK::new(query.metric(), 10, range);
    graph.search(rows, query, 30, mask, range, &mut top).then(|| top.finish())
}

fn common(a: &[Hit], b: &[Hit]) -> usize {
    a.iter().filter(|hit| b.contains(hit)).count()
}

fn recall<T: Element>(metric: Metric, values: &[T], queries: &[T]) -> usize {
    let cut = blocks(values, WIDTH, 512);
    let rows = Rows::new(&cut, WIDTH, 512);
    let mut graph = Hnsw::new(metric, Parameters { m: 8, ef_construction: 100 });
    graph.extend(rows, rows.len(), None);
    queries
        .chunks(WIDTH)
        .map(|vector| {
            let query = Query::new(metric, vector);
            let found = walked(&graph, rows, &query, None, Range::default()).unwrap();
            common(&found, &exact(rows, &query, None, Range::default()))
        })
        .sum()
}

#[test]
fn a_walk_finds_nearly_all_of_the_nearest() {
    let mut random = Random::new(31);
    let both = clusters(&mut random, 1550);
    let (values, queries) = both.split_at(1500 * WIDTH);
    let check = |metric, found| assert!(found >= 480, "{metric:?}: {found} of 500");
    for metric in [Metric::L2, Metric::Ip, Metric::Cosine] {
        check(metric, recall(metric, values, queries));
    }
    let halves = |v: &[f32]| v.iter().map(|&x| f16::from_f32(x)).collect::<Vec<_>>();
    check(Metric::Cosine, recall(Metric::Cosine, &halves(values), &halves(queries)));
    let bytes = |v: &[f32]| v.iter().map(|&x| (x * 90.0) as i8).collect::<Vec<_>>();
    check(Metric::L2, recall(Metric::L2, &bytes(values), &bytes(queries)));
}

#[test]
fn masks_and_ranges_hold_or_leave_it_to_a_scan() {
    let mut random = Random::new(32);
    let values = clusters(&mut random, COUNT);
    let cut = blocks(&values, WIDTH, 512);
    let rows = Rows::new(&cut, WIDTH, 512);
    let mut graph = Hnsw::new(Metric::L2, Parameters { m: 8, ef_construction: 100 });
    graph.extend(rows, COUNT, None);
    let (mut walks, mut found, mut wanted) = ([0; 3], 0, 0);
    for (of_walks, percent) in walks.iter_mut().zip([1, 60, 95]) {
        let mut words = vec![0u64; COUNT.div_ceil(64) as usize];
        (0..COUNT as usize)
            .for_each(|r| words[r / 64] |= u64::from(random.below(100) < percent) << (r % 64));
        let mask = Mask::new(&words);
        for _ in 0..20 {
            let vector = clusters(&mut random, 1);
            let query = Query::new(Metric::L2, &vector);
            let nearest = exact(rows, &query, Some(mask), Range::default());
            let far = Range { radius: None, range_filter: Some(nearest[3].score) };
            for range in [Range::default(), far] {
                if let Some(hits) = walked(&graph, rows, &query, Some(mask), range) {
                    assert!(hits.iter().all(|hit| mask.allows(hit.row)));
                    assert!(range.range_filter.is_none_or(|from| hits[0].score >= from));
                    let expected = exact(rows, &query, Some(mask), range);
                    *of_walks += 1;
                    found += common(&hits, &expected);
                    wanted += expected.len();
                }
            }
        }
    }
    assert!(walks[0] == 0 && walks[2] > 20, "{walks:?}");
    // a range that leaves out the nearest is harder
    assert!(found * 100 >= wanted * 95, "{found} of {wanted}");
}

#[test]
fn rows_may_come_in_slices_and_be_absent() {
    let mut random = Random::new(33);
    let values = random.floats(500 * WIDTH);
    let cut = blocks(&values, WIDTH, 256);
    let rows = Rows::new(&cut, WIDTH, 256);
    let words: Vec<u64> = (0..8).map(|_| !(random.bits() & random.bits())).collect();
    let allowed = Mask::new(&words);
    let mask = Some(allowed);
    let parameters = Parameters { m: 8, ef_construction: 40 };
    let (mut whole, mut sliced) =
        (Hnsw::new(Metric::Cosine, parameters), Hnsw::new(Metric::Cosine, parameters));
    whole.extend(rows, 500, mask);
    (0..=500).step_by(7).chain([500]).for_each(|end| sliced.extend(rows, end, mask));
    assert_eq!(whole.to_bytes(), sliced.to_bytes());
    let mut top = TopK::closest(Metric::Cosine, 500);
    let query = Query::new(Metric::Cosine, rows.row(5));
    assert!(whole.search(rows, &query, 500, None, Range::default(), &mut top));
    let hits = top.finish();
    assert!(hits.iter().all(|hit| allowed.allows(hit.row)));
    assert!(hits.len() as u32 >= allowed.allowed() - 12 - 4, "{}", hits.len());
}

#[test]
fn a_graph_of_bytes_is_the_same_or_none() {
    let mut random = Random::new(34);
    let values = random.floats(300 * WIDTH);
    let cut = blocks(&values, WIDTH, 256);
    let rows = Rows::new(&cut, WIDTH, 256);
    let mut graph = Hnsw::new(Metric::Cosine, Parameters { m: 4, ef_construction: 20 });
    graph.extend(rows, 290, None);
    let bytes = graph.to_bytes();
    let mut again = Hnsw::from_bytes(&bytes, rows).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    graph.extend(rows, 300, None);
    again.extend(rows, 300, None);
    assert_eq!(again.to_bytes(), graph.to_bytes());
    let few = Rows::new(&cut[..1], WIDTH, 256);
    assert!(Hnsw::from_bytes(&bytes, few).is_none());
    for end in (0..bytes.len()).step_by(101) {
        assert!(Hnsw::from_bytes(&bytes[..end], rows).is_none());
    }
    // whatever the bytes are, a walk through what is taken stays within it
    let query = Query::new(Metric::Cosine, rows.row(0));
    for _ in 0..300 {
        let mut cut = bytes.clone();
        let at = random.below(bytes.len() as u32) as usize;
        cut[at] ^= 1 << random.below(8);
        if let Some(mut graph) = Hnsw::from_bytes(&cut, rows) {
            walked(&graph, rows, &query, None, Range::default());
            graph.extend(rows, 300, None);
        }
    }
}

#[test]
fn nothing_is_found_where_nothing_is() {
    let graph = Hnsw::new(Metric::L2, Parameters::default());
    let rows = Rows::<f32>::new(&[], 4, 4);
    let query = Query::new(Metric::L2, &[0.0; 4]);
    assert_eq!(walked(&graph, rows, &query, None, Range::default()), Some(vec![]));
}
