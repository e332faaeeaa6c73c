//! Two searches joined. Four rows on two lines: by `a` the order is 1 2 3 4, by `b` it is 4 3 1 2.

use super::*;

fn world(a: &str, b: &str) -> World {
    let mut world = World::new(&[
        (field("shelf", DataType::Int32, &[]), ""),
        (floats("a", "2"), a),
        (floats("b", "2"), b),
    ]);
    world.insert(
        &[1, 2, 3, 4],
        vec![
            ints("shelf", &[1, 2, 1, 2]),
            float_rows("a", 2, &[0.0, 1.0, 1.0, 1.0, 2.0, 1.0, 3.0, 1.0]),
            float_rows("b", 2, &[2.0, 1.0, 3.0, 1.0, 1.0, 1.0, 0.0, 1.0]),
            dynamic(&["{}"; 4]),
        ],
    );
    world
}

fn hybrid(rank: &[(&str, &str)], part: &[(&str, &str)]) -> pb::HybridSearchRequest {
    let of = |name: &str| {
        let params = [&[("anns_field", name)], part].concat();
        nearest(&[0.0, 1.0], &params)
    };
    pb::HybridSearchRequest {
        collection_name: "t".to_string(),
        requests: vec![of("a"), of("b")],
        rank_params: rank.iter().map(|(key, value)| pair(key, value)).collect(),
        ..Default::default()
    }
}

fn close(scores: &[f32], wanted: &[f64]) {
    assert_eq!(scores.len(), wanted.len(), "{scores:?}");
    for (score, wanted) in scores.iter().zip(wanted) {
        assert!((f64::from(*score) - wanted).abs() < 1e-6, "{scores:?} {wanted}");
    }
}

#[test]
fn ranks_are_fused() {
    let mut world = world("L2", "L2");
    let found = world.found(hybrid(&[("limit", "9")], &[("topk", "4")]));
    // 1: 1st and 3rd, 4: 4th and 1st, 3: 3rd and 2nd, 2: 2nd and 4th
    assert_eq!(keys(&found), [1, 4, 3, 2]);
    let rank = |a: f64, b: f64| 1.0 / (60.0 + a) + 1.0 / (60.0 + b);
    close(&found.scores, &[rank(1.0, 3.0), rank(4.0, 1.0), rank(3.0, 2.0), rank(2.0, 4.0)]);
    // with k of 1 and the first two of each alone; equal scores by their keys
    let rrf = [("strategy", "rrf"), ("params", r#"{"k": 1}"#), ("limit", "3")];
    let found = world.found(hybrid(&rrf, &[("topk", "2")]));
    assert_eq!(keys(&found), [1, 4, 2]);
    close(&found.scores, &[1.0 / 2.0, 1.0 / 2.0, 1.0 / 3.0]);
}

#[test]
fn a_decay_is_of_joined_scores() {
    let mut world = world("L2", "L2");
    let scored = |mode: &str| {
        let params = [
            ("reranker", "decay"),
            ("function", "linear"),
            ("origin", "1"),
            ("scale", "1"),
            ("decay", "0.6"),
            ("score_mode", mode),
        ];
        let function = FunctionSchema {
            input_field_names: vec!["shelf".to_string()],
            params: params.iter().map(|(key, value)| pair(key, value)).collect(),
            ..Default::default()
        };
        pb::HybridSearchRequest {
            function_score: Some(FunctionScore { functions: vec![function], params: Vec::new() }),
            ..hybrid(&[("limit", "9")], &[("topk", "4")])
        }
    };
    let of = |distance: f64| 1.0 - 2.0 * distance.atan() / std::f64::consts::PI;
    // what the rows of the second shelf have left
    let left = 0.6;
    let found = world.found(scored("max"));
    assert_eq!(keys(&found), [1, 4, 3, 2]);
    close(&found.scores, &[of(0.0), of(0.0) * left, of(1.0), of(1.0) * left]);
    let sums = [
        of(0.0) + of(4.0),
        of(4.0) + of(1.0),
        (of(9.0) + of(0.0)) * left,
        (of(1.0) + of(9.0)) * left,
    ];
    for (mode, share) in [("sum", 1.0), ("avg", 0.5)] {
        let found = world.found(scored(mode));
        assert_eq!(keys(&found), [1, 3, 4, 2], "{mode}");
        close(&found.scores, &sums.map(|sum| sum * share));
    }
    let (_, reason) = world.wrong(scored("best"));
    assert!(reason.contains("unsupported score_mode best"), "{reason}");
}

#[test]
fn distances_are_weighted_as_they_are() {
    let weighted = [("strategy", "weighted"), ("params", r#"{"weights": [0.5, 0.25]}"#)];
    let params = [&weighted[..], &[("limit", "4")]].concat();
    let found = world("L2", "L2").found(hybrid(&params, &[("topk", "4")]));
    // distances 0 1 4 9 and 4 9 1 0, the smaller sum first
    assert_eq!(keys(&found), [1, 3, 2, 4]);
    close(&found.scores, &[1.0, 2.25, 2.75, 4.5]);
}

#[test]
fn scores_are_normalized() {
    use std::f64::consts::PI;
    let weighted = r#"{"weights": [0.5, 1.0], "norm_score": true}"#;
    let params = [("strategy", "weighted"), ("params", weighted), ("limit", "2")];
    let found = world("L2", "IP").found(hybrid(&params, &[("topk", "4")]));
    // the inner product of every `b` with (0, 1) is 1
    let near = |distance: f64| 1.0 - 2.0 * distance.atan() / PI;
    let inner = 0.5 + 1f64.atan() / PI;
    assert_eq!(keys(&found), [1, 2]);
    close(&found.scores, &[0.5 * near(0.0) + inner, 0.5 * near(1.0) + inner]);
    // distances among scores are turned round, scores stay
    let weighted = r#"{"weights": [0.5, 1.0]}"#;
    let params = [("strategy", "weighted"), ("params", weighted), ("limit", "2")];
    let found = world("L2", "COSINE").found(hybrid(&params, &[("topk", "4")]));
    let cosine = |x: f64| 1.0 / (x * x + 1.0).sqrt();
    assert_eq!(keys(&found), [4, 1]);
    close(&found.scores, &[0.5 * near(9.0) + 1.0, 0.5 * near(0.0) + cosine(2.0)]);
}

#[test]
fn limit_and_offset_are_of_the_joined_hits() {
    let mut world = world("L2", "L2");
    // a part without a topk has limit and offset together, and its own offset counts for nothing
    let found = world.found(hybrid(&[("limit", "1"), ("offset", "3")], &[("offset", "2")]));
    assert_eq!(keys(&found), [2]);
    let round = [("limit", "1"), ("round_decimal", "3")];
    assert_eq!(world.found(hybrid(&round, &[("topk", "4")])).scores, [0.032]);
}

#[test]
fn joined_hits_are_grouped() {
    let mut world = world("L2", "L2");
    let by = [("limit", "2"), ("group_by_field", "shelf")];
    assert_eq!(keys(&world.found(hybrid(&by, &[("topk", "4")]))), [1, 4]);
    let sized = [("limit", "2"), ("group_by_field", "shelf"), ("group_size", "2")];
    assert_eq!(keys(&world.found(hybrid(&sized, &[("topk", "4")]))), [1, 3, 4, 2]);
}

#[test]
fn what_cannot_be_joined_is_refused() {
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[], "limit not found in rank_params"),
        (&[("limit", "0")], "limit [0] is invalid, should be greater than 0"),
        (&[("limit", "16384"), ("offset", "1")], "(offset+limit) should be in range [1, 16384]"),
        (&[("limit", "1"), ("params", r#"{"k": 0}"#)], "k should be in range (0, 16384)"),
        (
            &[("limit", "1"), ("params", r#"{"k": "x"}"#)],
            "the type of rank param k should be float",
        ),
        (&[("limit", "1"), ("strategy", "best")], "unsupported rank type best"),
        (
            &[("limit", "1"), ("strategy", "weighted"), ("params", r#"{"weights": [1]}"#)],
            "mismatch with ann search requests: invalid parameter[expected=2][actual=1]",
        ),
        (
            &[("limit", "1"), ("strategy", "weighted"), ("params", r#"{"weights": [1, 2]}"#)],
            "rank param weight should be in range [0, 1]",
        ),
    ];
    for (params, words) in cases {
        let (_, reason) = world("L2", "L2").wrong(hybrid(params, &[("topk", "4")]));
        assert!(reason.contains(words), "{reason}");
    }
}
