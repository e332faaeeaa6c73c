//! Vectors of every kind by every metric, against sums in double precision.

use half::{bf16, f16};
use milvus_proto::schema::SparseFloatArray;

use super::*;
use crate::index::random::Random;

const ROWS: usize = 300;

type Encoded = (Vec<u8>, Vec<f64>);

struct Kind {
    data_type: DataType,
    sent: PlaceholderType,
    metrics: &'static [&'static str],
    /// a vector's bytes, and its values as they are then
    encode: fn(&[f32]) -> Encoded,
    column: fn(Vec<Vec<u8>>) -> Vectors,
}

const DENSE: &[&str] = &["L2", "IP", "COSINE"];
const DIM: usize = 16;

fn kinds() -> [Kind; 6] {
    [
        Kind {
            data_type: DataType::FloatVector,
            sent: PlaceholderType::FloatVector,
            metrics: DENSE,
            encode: |v| (bytes(v), v.iter().map(|v| f64::from(*v)).collect()),
            column: |rows| {
                let of = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
                let data = rows.concat().chunks(4).map(of).collect();
                Vectors::FloatVector(FloatArray { data })
            },
        },
        Kind {
            data_type: DataType::Float16Vector,
            sent: PlaceholderType::Float16Vector,
            metrics: DENSE,
            encode: |v| {
                let halves = v.iter().map(|v| f16::from_f32(*v));
                (
                    halves.clone().flat_map(f16::to_le_bytes).collect(),
                    halves.map(f64::from).collect(),
                )
            },
            column: |rows| Vectors::Float16Vector(rows.concat()),
        },
        Kind {
            data_type: DataType::BFloat16Vector,
            sent: PlaceholderType::BFloat16Vector,
            metrics: DENSE,
            encode: |v| {
                let halves = v.iter().map(|v| bf16::from_f32(*v));
                (
                    halves.clone().flat_map(bf16::to_le_bytes).collect(),
                    halves.map(f64::from).collect(),
                )
            },
            column: |rows| Vectors::Bfloat16Vector(rows.concat()),
        },
        Kind {
            data_type: DataType::Int8Vector,
            sent: PlaceholderType::Int8Vector,
            metrics: DENSE,
            encode: |v| {
                let whole = v.iter().map(|v| (*v * 127.0) as i8);
                (whole.clone().map(i8::cast_unsigned).collect(), whole.map(f64::from).collect())
            },
            column: |rows| Vectors::Int8Vector(rows.concat()),
        },
        Kind {
            data_type: DataType::BinaryVector,
            sent: PlaceholderType::BinaryVector,
            metrics: &["HAMMING", "JACCARD"],
            encode: |v| {
                let bits = v.iter().map(|v| u8::from(*v > 0.0));
                let packed: Vec<u8> = bits.clone().collect();
                let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
                (packed.chunks(8).map(byte).collect(), bits.map(f64::from).collect())
            },
            column: |rows| Vectors::BinaryVector(rows.concat()),
        },
        Kind {
            data_type: DataType::SparseFloatVector,
            sent: PlaceholderType::SparseFloatVector,
            metrics: &["IP"],
            encode: |v| {
                let kept = v.iter().map(|v| if *v > 0.5 { *v } else { 0.0 });
                let pairs = (0u32..).zip(kept.clone()).filter(|(_, value)| *value > 0.0);
                let bytes = pairs.flat_map(|(i, v)| [i.to_le_bytes(), v.to_le_bytes()]).flatten();
                (bytes.collect(), kept.map(f64::from).collect())
            },
            column: |contents| {
                Vectors::SparseFloatVector(SparseFloatArray { contents, dim: DIM as i64 })
            },
        },
    ]
}

fn score(metric: &str, a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let differ = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    match metric {
        "IP" => dot(a, b),
        "COSINE" => dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
        // of bits the squared distance is the number of those that differ
        "L2" | "HAMMING" => differ,
        "JACCARD" => 1.0 - dot(a, b) / (dot(a, b) + differ),
        other => panic!("{other}"),
    }
}

fn larger_first(metric: &str) -> bool {
    matches!(metric, "IP" | "COSINE")
}

/// Keys, shelves and the values of their vectors.
type Rows = Vec<(i64, i32, Vec<f64>)>;

/// A collection of one kind, and what is in it.
fn filled(kind: &Kind, metric: &str) -> (World, Rows, Random) {
    let mut random = Random::new(11);
    let params: &[(&str, &str)] = match kind.data_type {
        DataType::SparseFloatVector => &[],
        _ => &[("dim", "16")],
    };
    let v = field("v", kind.data_type, params);
    let mut world = World::new(&[(field("shelf", DataType::Int32, &[]), ""), (v, metric)]);
    let mut rows: Rows = Vec::new();
    let mut write = |world: &mut World, ids: &[i64], again: bool| {
        let encoded: Vec<_> = ids.iter().map(|_| (kind.encode)(&random.floats(DIM))).collect();
        let shelves: Vec<i32> = ids.iter().map(|id| (id % 5) as i32).collect();
        for ((id, shelf), (_, values)) in ids.iter().zip(&shelves).zip(&encoded) {
            rows.retain(|(there, ..)| there != id);
            rows.push((*id, *shelf, values.clone()));
        }
        let column = (kind.column)(encoded.into_iter().map(|(bytes, _)| bytes).collect());
        let columns = vec![
            ints("shelf", &shelves),
            vectors("v", DIM, column),
            dynamic(&vec!["{}"; ids.len()]),
        ];
        match again {
            true => world.upsert(ids, columns),
            false => world.insert(ids, columns),
        }
    };
    write(&mut world, &(0..ROWS as i64).collect::<Vec<_>>(), false);
    write(&mut world, &[3, 50, 51], true);
    world.delete("id % 7 == 0");
    rows.retain(|(id, ..)| id % 7 != 0);
    (world, rows, random)
}

#[test]
fn every_kind_of_vector_is_found_as_by_brute_force() {
    for kind in kinds() {
        for metric in kind.metrics {
            let (mut world, rows, mut random) = filled(&kind, metric);
            let queries: Vec<_> = (0..3).map(|_| (kind.encode)(&random.floats(DIM))).collect();
            let sent: Vec<Vec<u8>> = queries.iter().map(|(bytes, _)| bytes.clone()).collect();
            for filter in ["", "shelf < 2", "shelf == 9"] {
                let mut request = search(kind.sent, &sent, &[("topk", "10"), ("offset", "2")]);
                request.dsl = filter.to_string();
                let found = world.found(request);
                assert_eq!(found.num_queries, 3);
                let (ids, mut start) = (keys(&found), 0);
                for ((_, query), count) in queries.iter().zip(&found.topks) {
                    let allowed =
                        |shelf: i32| filter.is_empty() || filter == "shelf < 2" && shelf < 2;
                    let mut wanted: Vec<f64> = rows
                        .iter()
                        .filter(|(_, shelf, _)| allowed(*shelf))
                        .map(|(_, _, values)| score(metric, query, values))
                        // a sparse vector that shares no index is not found
                        .filter(|score| {
                            kind.data_type != DataType::SparseFloatVector || *score > 0.0
                        })
                        .collect();
                    wanted.sort_by(f64::total_cmp);
                    if larger_first(metric) {
                        wanted.reverse();
                    }
                    let wanted: Vec<f64> = wanted.into_iter().skip(2).take(10).collect();
                    let end = start + *count as usize;
                    let (ids, scores) = (&ids[start..end], &found.scores[start..end]);
                    let case = format!("{:?} {metric} {filter}", kind.data_type);
                    assert_eq!(scores.len(), wanted.len(), "{case}");
                    for ((id, got), want) in ids.iter().zip(scores).zip(wanted) {
                        let row = rows.iter().find(|(there, ..)| there == id).expect("a live row");
                        assert!(allowed(row.1), "{case}");
                        for exact in [want, score(metric, query, &row.2)] {
                            let close = 1e-5 * exact.abs().max(1.0);
                            assert!(
                                (f64::from(*got) - exact).abs() < close,
                                "{case} {got} {exact}"
                            );
                        }
                    }
                    let mut distinct = ids.to_vec();
                    distinct.sort_unstable();
                    distinct.dedup();
                    assert_eq!(distinct.len(), ids.len(), "{case}");
                    start = end;
                }
            }
        }
    }
}

/// Rows at 0, 1, 2, 3 and 4 on a line, the one at 2 without a vector.
fn line(metric: &str) -> World {
    let v = FieldSchema { nullable: true, ..floats("v", "2") };
    let mut world = World::new(&[(v, metric)]);
    let column = FieldData {
        valid_data: vec![true, true, false, true, true],
        ..float_rows("v", 2, &[0.0, 1.0, 1.0, 1.0, 3.0, 1.0, 4.0, 1.0])
    };
    let years = [r#"{"year": 10}"#, r#"{"year": 11}"#, "{}", r#"{"year": 13, "x": 1}"#, "{}"];
    world.insert(&[10, 11, 12, 13, 14], vec![column, dynamic(&years)]);
    world
}

#[test]
fn a_row_without_a_vector_is_not_found() {
    let found = line("L2").found(nearest(&[0.0, 1.0], &[("topk", "10")]));
    assert_eq!(keys(&found), [10, 11, 13, 14]);
    assert_eq!(found.scores, [0.0, 1.0, 9.0, 16.0]);
    assert_eq!(found.topks, [4]);
}

#[test]
fn a_radius_is_left_out_and_a_range_filter_let_in() {
    let mut world = line("L2");
    let params = [("topk", "10"), ("params", r#"{"radius": 16, "range_filter": 1.0}"#)];
    assert_eq!(keys(&world.found(nearest(&[0.0, 1.0], &params))), [11, 13]);
    // the keys may stand by themselves, as an older client sends them
    let params = [("topk", "10"), ("radius", "9.5")];
    assert_eq!(keys(&world.found(nearest(&[0.0, 1.0], &params))), [10, 11, 13]);
    let mut world = line("IP");
    let params = [("topk", "10"), ("params", r#"{"radius": 1, "range_filter": 4}"#)];
    let found = world.found(nearest(&[1.0, 1.0], &params));
    assert_eq!((keys(&found), found.scores), (vec![13, 11], vec![4.0, 2.0]));
}

#[test]
fn an_offset_lies_behind_the_first() {
    let mut world = line("L2");
    let found = world.found(nearest(&[0.0, 1.0], &[("topk", "2"), ("offset", "1")]));
    assert_eq!((keys(&found), found.top_k), (vec![11, 13], 2));
    let found = world.found(nearest(&[0.0, 1.0], &[("topk", "2"), ("offset", "9")]));
    assert_eq!((keys(&found), found.topks), (vec![], vec![0]));
}

#[test]
fn scores_are_rounded() {
    let mut world = line("COSINE");
    let found = world.found(nearest(&[1.0, 0.0], &[("topk", "3"), ("round_decimal", "2")]));
    assert_eq!((keys(&found), found.scores), (vec![14, 13, 11], vec![0.97, 0.95, 0.71]));
}

#[test]
fn fields_come_with_the_hits() {
    let mut world = line("L2");
    let mut request = nearest(&[3.0, 1.0], &[("topk", "2")]);
    request.output_fields = vec!["v".to_string(), "year".to_string()];
    let found = world.found(request);
    assert_eq!(found.output_fields, ["v", "year"]);
    let [v, meta] = found.fields_data.as_slice() else { panic!("{:?}", found.fields_data) };
    assert_eq!(v.field, float_rows("v", 2, &[3.0, 1.0, 4.0, 1.0]).field);
    assert!(meta.is_dynamic);
    assert_eq!(meta.field, dynamic(&[r#"{"year":13}"#, "{}"]).field);
}

#[test]
fn floats_are_narrowed_to_a_field_of_halves() {
    let v = field("v", DataType::Float16Vector, &[("dim", "2")]);
    let mut world = World::new(&[(v, "L2")]);
    let halves: Vec<u8> = [1.0, 2.0, 3.0, 4.0].map(f16::from_f32).map(f16::to_le_bytes).concat();
    world.insert(
        &[1, 2],
        vec![vectors("v", 2, Vectors::Float16Vector(halves)), dynamic(&["{}"; 2])],
    );
    let found = world.found(nearest(&[3.0, 4.0], &[("topk", "1")]));
    assert_eq!((keys(&found), found.scores), (vec![2], vec![0.0]));
}
