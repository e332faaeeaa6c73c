//! Filters by scalar indexes against the same ones without: what matches, while rows are sorted,
//! after deletes and in nullable fields.

use milvus_proto::common::IndexState;

use super::*;
use crate::index::random::Random;

const ROWS: i64 = 40_000;

const FILTERS: [&str; 16] = [
    "n == 77",
    "n != 77",
    "n < 20",
    "n > 20",
    "20 <= n < 24",
    "n == 5000",
    "n in [3, 77, 77, 5000]",
    "n not in [3, 77]",
    "n == 77 and word == 'word-0077'",
    "word == 'word-0500'",
    "word in ['word-0001', 'word-0500', 'nothing']",
    "word > 'word-0990'",
    "'word-0100' < word <= 'word-0110'",
    "not (word <= 'word-0990')",
    "word is null or word == 'word-0003'",
    "id in [5, 6, 39999] or n == 1",
];

fn library() -> World {
    let word =
        FieldSchema { nullable: true, ..field("word", DataType::VarChar, &[("max_length", "9")]) };
    let fields = [field("n", DataType::Int32, &[]), word, floats("v", "2")];
    let mut world = World::bare(fields, Vec::new());
    world.index("v", &[]);
    world.load();
    let mut random = Random::new(9);
    for first in (0..ROWS).step_by(4000) {
        let ids: Vec<i64> = (first..first + 4000).collect();
        let n: Vec<i32> = ids.iter().map(|_| random.below(1000) as i32 - 3).collect();
        let valid: Vec<bool> = ids.iter().map(|_| random.below(9) > 0).collect();
        let there = valid.iter().filter(|valid| **valid);
        let words: Vec<String> = there.map(|_| format!("word-{:04}", random.below(1000))).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let word = FieldData { valid_data: valid, ..strings("word", &words) };
        let v = float_rows("v", 2, &vec![0.5; 8000]);
        world.insert(&ids, vec![ints("n", &n), word, v, dynamic(&vec!["{}"; 4000])]);
    }
    world
}

fn matching(world: &mut World) -> Vec<Vec<i64>> {
    let mut ids = |filter: &str| {
        let reply = world.done(pb::QueryRequest {
            collection_name: "t".to_string(),
            expr: filter.to_string(),
            output_fields: vec!["id".to_string()],
            query_params: vec![pair("limit", "16384")],
            ..Default::default()
        });
        let column = reply.fields_data.into_iter().find(|data| data.field_name == "id");
        match column.and_then(|data| data.field) {
            Some(Columns::Scalars(ScalarField { data: Some(Scalars::LongData(ids)) })) => ids.data,
            other => panic!("{other:?}"),
        }
    };
    FILTERS.iter().map(|filter| ids(filter)).collect()
}

#[test]
fn filters_match_the_same_rows_by_an_index() {
    let (mut plain, mut world) = (library(), library());
    let wanted = matching(&mut plain);
    assert!(wanted[0].len() > 10 && wanted[5].is_empty() && wanted[9].len() > 10);
    world.index("n", &[("index_type", "STL_SORT")]);
    world.index("word", &[("index_type", "INVERTED")]);
    let described = |world: &mut World| {
        let request =
            pb::DescribeIndexRequest { collection_name: "t".to_string(), ..Default::default() };
        let descriptions = world.done(request).index_descriptions;
        descriptions.into_iter().map(|index| (index.state(), index.pending_index_rows)).collect()
    };
    let states: Vec<_> = described(&mut world);
    assert_eq!(states[0].0, IndexState::Finished);
    assert_eq!(states[1..], [(IndexState::InProgress, ROWS); 2]);
    assert!(world.work(1));
    assert_eq!(matching(&mut world), wanted, "when a part is sorted");
    while world.work(100) {}
    let states: Vec<_> = described(&mut world);
    assert!(states.iter().all(|state| *state == (IndexState::Finished, 0)), "{states:?}");
    assert_eq!(world.memory().indexes, 2 * 2 * 2 * 16_384);
    assert_eq!(matching(&mut world), wanted, "when it is built");
    world.delete("id % 3 == 0 or n == 77");
    plain.delete("id % 3 == 0 or n == 77");
    assert_eq!(matching(&mut world), matching(&mut plain), "after a delete");
    world.done(pb::DropIndexRequest {
        collection_name: "t".to_string(),
        index_name: "n".to_string(),
        ..Default::default()
    });
    assert_eq!(world.memory().indexes, 2 * 2 * 16_384);
}
