//! Hits by the value of a field.

use super::*;

/// Six rows on a line at 1 to 6, by shelf: a b a NULL a b.
fn shelves() -> World {
    let shelf =
        FieldSchema { nullable: true, ..field("shelf", DataType::VarChar, &[("max_length", "9")]) };
    let mut world = World::new(&[(shelf, ""), (floats("v", "2"), "L2")]);
    let points: Vec<f32> = (1..=6).flat_map(|at| [at as f32, 0.0]).collect();
    let there = FieldData {
        valid_data: vec![true, true, true, false, true, true],
        ..strings("shelf", &["a", "b", "a", "a", "b"])
    };
    let keys = [
        r#"{"room": 1, "place": {"row": "x"}}"#,
        r#"{"room": "1", "place": {"row": "y"}}"#,
        r#"{"room": 1, "place": {"row": "y"}}"#,
        r#"{"room": 2}"#,
        "{}",
        r#"{"room": 2, "place": {"row": "x"}}"#,
    ];
    world.insert(&[1, 2, 3, 4, 5, 6], vec![there, float_rows("v", 2, &points), dynamic(&keys)]);
    world
}

fn grouped(params: &[(&str, &str)]) -> (Vec<i64>, Vec<f32>) {
    let found = shelves().found(nearest(&[0.0, 0.0], params));
    (keys(&found), found.scores)
}

#[test]
fn one_hit_of_each_group_is_the_closest() {
    let found = grouped(&[("topk", "9"), ("group_by_field", "shelf")]);
    assert_eq!(found, (vec![1, 2, 4], vec![1.0, 4.0, 16.0]));
    let (first, _) = grouped(&[("topk", "2"), ("group_by_field", "shelf")]);
    assert_eq!(first, [1, 2]);
}

/// As Milvus's proxy lists them: not by score, but group by group.
#[test]
fn the_hits_of_a_group_stand_together() {
    let sized = [("topk", "2"), ("group_by_field", "shelf"), ("group_size", "2")];
    let strict = [&sized[..], &[("strict_group_size", "true")]].concat();
    assert_eq!(grouped(&strict), (vec![1, 3, 2, 6], vec![1.0, 9.0, 4.0, 36.0]));
    // a group that has no more is given all the same
    let few = [("topk", "3"), ("group_by_field", "shelf"), ("group_size", "3")];
    let strict = [&few[..], &[("strict_group_size", "true")]].concat();
    assert_eq!(grouped(&strict).0, [1, 3, 5, 2, 6, 4]);
    // when the last group comes up the others have what came before
    assert_eq!(grouped(&sized).0, [1, 2]);
    assert_eq!(grouped(&few).0, [1, 3, 2, 4]);
}

#[test]
fn an_offset_counts_groups() {
    let later = [("topk", "1"), ("offset", "1"), ("group_by_field", "shelf"), ("group_size", "2")];
    assert_eq!(grouped(&later).0, [2]);
    let strict = [&later[..], &[("strict_group_size", "true")]].concat();
    assert_eq!(grouped(&strict).0, [2, 6]);
}

#[test]
fn dynamic_keys_and_places_in_objects_make_groups() {
    let of = |name: &str| grouped(&[("topk", "9"), ("group_by_field", name)]).0;
    // the number 1 is not the text "1", and without a key is a group
    assert_eq!(of("room"), [1, 2, 4, 5]);
    assert_eq!(of("$meta[\"room\"]"), [1, 2, 4, 5]);
    assert_eq!(of("place[\"row\"]"), [1, 2, 4]);
}

#[test]
fn what_cannot_be_grouped_is_refused() {
    let wrong = |params: &[(&str, &str)]| {
        let params = [&[("topk", "9")], params].concat();
        shelves().wrong(nearest(&[0.0, 0.0], &params))
    };
    let by = ("group_by_field", "shelf");
    let cases = [
        (vec![("group_by_field", "v")], "unsupported data type FloatVector for group by operator"),
        (vec![by, ("group_size", "0")], "input group size:0 is negative"),
        (
            vec![by, ("group_size", "11")],
            "input group size:11 exceeds configured max group size:10",
        ),
        (vec![by, ("radius", "3")], "Not allowed to do range-search when doing search-group-by"),
    ];
    for (params, words) in cases {
        let (_, reason) = wrong(&params);
        assert!(reason.contains(words), "{reason}");
    }
}
