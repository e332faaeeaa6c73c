//! Milvus's words for what is wrong with a search.

use super::*;

const INVALID: i32 = 1100;

fn world() -> World {
    World::new(&[(floats("v", "2"), "L2")])
}

fn wrong(params: &[(&str, &str)]) -> (i32, String) {
    world().wrong(nearest(&[0.0, 0.0], params))
}

#[test]
fn the_bounds_of_a_window() {
    type Params = &'static [(&'static str, &'static str)];
    let cases: [(Params, i32, &str); 9] = [
        (&[], 1101, "topk is required"),
        (&[("topk", "ten")], INVALID, "topk [ten] is invalid"),
        (
            &[("topk", "0")],
            INVALID,
            "topk [0] is invalid, it should be in range [1, 16384], but got 0",
        ),
        (
            &[("topk", "16385")],
            INVALID,
            "topk [16385] is invalid, it should be in range [1, 16384], but got 16385",
        ),
        (&[("topk", "1"), ("offset", "-1")], INVALID, "offset [-1] is invalid, it should be in"),
        (
            &[("topk", "16384"), ("offset", "1")],
            INVALID,
            "offset+topk [16385] is invalid, it should be in range [1, 16384], but got 16385",
        ),
        (
            &[("topk", "1"), ("round_decimal", "7")],
            INVALID,
            "round_decimal [7] is invalid, should be -1 or an integer in range [0, 6]",
        ),
        (&[("topk", "1"), ("range_filter", "1")], INVALID, "range_filter requires radius"),
        (
            &[("topk", "1"), ("radius", "1"), ("range_filter", "1.5")],
            INVALID,
            "metric type (L2), range_filter(1.5) must be less than radius(1)",
        ),
    ];
    for (params, code, words) in cases {
        let (number, reason) = wrong(params);
        assert!(number == code && reason.contains(words), "{number} {reason}");
    }
    // what is at the bounds is within them
    let most = [("topk", "16383"), ("offset", "1"), ("round_decimal", "-1")];
    assert_eq!(world().found(nearest(&[0.0, 0.0], &most)).topks, [0]);
}

#[test]
fn another_metric_than_the_index_has() {
    let (code, reason) = wrong(&[("topk", "1"), ("metric_type", "IP")]);
    assert_eq!(code, INVALID);
    assert_eq!(reason, "metric type not match: invalid parameter[expected=L2][actual=IP]");
    world().found(nearest(&[0.0, 0.0], &[("topk", "1"), ("metric_type", "l2")]));
}

#[test]
fn queries_of_another_size_or_kind() {
    let (_, reason) = world().wrong(nearest(&[0.0], &[("topk", "1")]));
    assert!(
        reason.contains("vector dimension mismatch, expected vector size(byte) 8, actual 4"),
        "{reason}"
    );
    let (_, reason) = world().wrong(nearest(&[f32::NAN, 0.0], &[("topk", "1")]));
    assert!(reason.contains("value 'NaN' is not a number or infinity"), "{reason}");
    let kinds = [
        PlaceholderType::BinaryVector,
        PlaceholderType::Float16Vector,
        PlaceholderType::SparseFloatVector,
        PlaceholderType::VarChar,
    ];
    for kind in kinds {
        let (_, reason) = world().wrong(search(kind, &[vec![0; 8]], &[("topk", "1")]));
        assert!(reason.contains("vector type must be the same, field v"), "{reason}");
    }
    let (_, reason) = world().wrong(search(PlaceholderType::FloatVector, &[], &[("topk", "1")]));
    assert!(reason.contains("should be in range [1, 16384], but got 0"), "{reason}");
}

#[test]
fn the_field_of_a_search() {
    let mut two = World::new(&[(floats("a", "2"), "L2"), (floats("b", "2"), "L2")]);
    let (_, reason) = two.wrong(nearest(&[0.0, 0.0], &[("topk", "1")]));
    assert!(reason.contains("multiple anns_fields exist, please specify a anns_field"), "{reason}");
    two.found(nearest(&[0.0, 0.0], &[("topk", "1"), ("anns_field", "b")]));
    let (code, _) = two.wrong(nearest(&[0.0, 0.0], &[("topk", "1"), ("anns_field", "c")]));
    assert_eq!(code, 1700);
    let (_, reason) = two.wrong(nearest(&[0.0, 0.0], &[("topk", "1"), ("anns_field", "id")]));
    assert!(reason.contains("id"), "{reason}");
}

#[test]
fn filters_partitions_and_fields_that_are_not_there() {
    let mut request = nearest(&[0.0, 0.0], &[("topk", "1")]);
    request.dsl = "id ==".to_string();
    let (code, reason) = world().wrong(request.clone());
    assert_eq!(code, INVALID);
    assert!(reason.starts_with("failed to create query plan: cannot parse expression"), "{reason}");
    request.dsl = String::new();
    request.partition_names = vec!["none".to_string()];
    assert_eq!(world().wrong(request.clone()).0, 200);
    request.partition_names.clear();
    request.collection_name = "none".to_string();
    assert_eq!(world().wrong(request).0, 100);
}
