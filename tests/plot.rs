//! PLOT on the engine in this process: what a bundle holds, how large it is, every type of vector.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use milvus_kernel::render::{Content, MimeBundle};
use milvus_kernel::session::Session;
use native::{Native, block_on};
use serde_json::Value;

/// The last bundle of a cell.
fn run(session: &Session<Native>, cell: &str) -> MimeBundle {
    let mut shown = Vec::new();
    let result = block_on(session.run(cell, |outcome| shown.push(session.render(outcome))));
    if let Err(error) = result {
        panic!("{}", error.render(cell, false));
    }
    shown.pop().expect("a result")
}

fn part<'a>(bundle: &'a MimeBundle, mime_type: &str) -> &'a str {
    match bundle.iter().find(|part| part.mime_type == mime_type).map(|part| &part.content) {
        Some(Content::Text(text) | Content::Json(text)) => text,
        None => panic!("no {mime_type}"),
    }
}

fn chart(bundle: &MimeBundle) -> Value {
    serde_json::from_str(part(bundle, "application/vnd.vegalite.v5+json")).expect("JSON")
}

/// Rows of numbers that depend on their key alone.
fn rows(from: usize, to: usize, row: impl Fn(usize) -> String) -> String {
    (from..to).map(row).collect::<Vec<_>>().join(", ")
}

fn vector(id: usize, dim: usize) -> String {
    let value = |at: usize| (id * (at + 3) * 7919 % 1_009) as f64 / 100.0;
    format!("{:?}", (0..dim).map(value).collect::<Vec<_>>())
}

#[test]
fn a_plot_is_small_and_needs_no_html() {
    let session = Session::new(Native::new());
    run(
        &session,
        "milvus://local; CREATE TABLE t (id BIGINT PRIMARY KEY, title VARCHAR(200), v VECTOR(16))",
    );
    for from in (0..3_000).step_by(500) {
        let title = "words ".repeat(20);
        let row = |id| format!("({id}, '{title}{id}', {})", vector(id, 16));
        run(&session, &format!("INSERT INTO t VALUES {}", rows(from, from + 500, row)));
    }
    let bundle = run(&session, "PLOT t.v COLOR BY id % 7 LABEL title NEAR ID(5) LIMIT 4");
    let types: Vec<&str> = bundle.iter().map(|part| part.mime_type).collect();
    assert_eq!(types, ["text/plain", "image/svg+xml", "application/vnd.vegalite.v5+json"]);
    let size: usize = types.iter().map(|mime_type| part(&bundle, mime_type).len()).sum();
    assert!((50_000..200_000).contains(&size), "{size} bytes");
    let text = part(&bundle, "text/plain");
    assert!(text.contains("of 3,000 rows are drawn, chosen evenly"), "{text}");
    assert!(text.contains("the query is a star, 4 hits have a ring: 5"), "{text}");
    let json = chart(&bundle);
    let values = json["data"]["values"].as_array().expect("points");
    let of_role = |role| values.iter().filter(|value| value["r"] == role).count();
    assert_eq!((of_role(1), of_role(2)), (4, 1), "hits are drawn, wherever they are");
    let bundle = run(&session, "PLOT t.v LIMIT 3000");
    assert_eq!(chart(&bundle)["data"]["values"].as_array().map(Vec::len), Some(3_000));
}

#[test]
fn every_vector_with_numbers_has_a_plane() {
    let session = Session::new(Native::new());
    for (at, (kind, metric)) in [
        ("VECTOR(8)", "COSINE"),
        ("FLOAT16VEC(8)", "L2"),
        ("BFLOAT16VEC(8)", "IP"),
        ("INT8VEC(8)", "L2"),
        ("BINARYVEC(8)", "HAMMING"),
    ]
    .into_iter()
    .enumerate()
    {
        let vector = |id: usize| {
            let bits: Vec<usize> = (0..8).map(|bit| id >> bit & 1).collect();
            format!("{bits:?}")
        };
        let row = |id| format!("({id}, {})", vector(id));
        let bundle = run(
            &session,
            &format!(
                "milvus://memory/m{at}; CREATE TABLE t (id BIGINT PRIMARY KEY, v {kind}, INDEX (v) \
                 USING AUTOINDEX WITH (metric_type = '{metric}')); LOAD TABLE t; \
                 INSERT INTO t VALUES {}; PLOT t.v NEAR {} LIMIT 3",
                rows(0, 30, row),
                vector(9)
            ),
        );
        let json = chart(&bundle);
        let values = json["data"]["values"].as_array().expect("points");
        assert_eq!(values.len(), 31, "{kind}");
        let (query, same) = (&values[30], &values[9]);
        for axis in ["x", "y"] {
            let distance = query[axis].as_f64().unwrap() - same[axis].as_f64().unwrap();
            assert!(distance.abs() < 1e-4, "{kind}: {query} {same}");
        }
    }
}
