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

/// What a cell says where it goes wrong.
fn fails(session: &Session<Native>, cell: &str) -> String {
    let error = block_on(session.run(cell, |_| ())).expect_err(cell);
    error.render(cell, false)
}

/// Whether every coordinate of a chart is a number that there is.
fn is_finite(bundle: &MimeBundle) {
    let json = chart(bundle);
    for point in json["data"]["values"].as_array().expect("points") {
        for key in ["x", "y"] {
            let place = &point[key];
            assert!(place.as_f64().is_some_and(f64::is_finite) || place.is_string(), "{point}");
        }
    }
    for mime_type in ["text/plain", "image/svg+xml"] {
        let text = part(bundle, mime_type);
        assert!(!text.contains("NaN") && !text.contains("inf"), "{mime_type}: {text}");
    }
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

/// Each of the rows is looked for among the hits, and each of the hits among the rows.
#[test]
fn many_hits_are_found_among_many_rows() {
    let session = Session::new(Native::new());
    run(
        &session,
        "milvus://memory/many; CREATE TABLE big (id BIGINT PRIMARY KEY, v VECTOR(2), INDEX (v) \
         USING FLAT WITH (metric_type = 'L2')); LOAD TABLE big",
    );
    for from in (0..20_000).step_by(5_000) {
        let row = |id| format!("({id}, [{id}, 1])");
        run(&session, &format!("INSERT INTO big VALUES {}", rows(from, from + 5_000, row)));
    }
    let timed = |cell: &str| {
        let began = std::time::Instant::now();
        (run(&session, cell), began.elapsed())
    };
    let (_, drawn) = timed("PLOT big.v LIMIT 20000");
    let (_, found) = timed("SELECT id, distance FROM big ORDER BY v <-> [0, 1] LIMIT 16384");
    let (bundle, both) = timed("PLOT big.v LIMIT 20000 NEAR [0, 1] LIMIT 16384");
    let json = chart(&bundle);
    let values = json["data"]["values"].as_array().expect("points");
    assert_eq!(values.len(), 20_001);
    for (id, value) in values.iter().take(20_000).enumerate() {
        assert_eq!((&value["t0"], value["r"] == 1), (&Value::from(id), id < 16_384), "{value}");
    }
    assert_eq!(values[3]["t1"], "9", "its own distance");
    let text = part(&bundle, "text/plain");
    assert!(text.contains("16,384 hits have a ring: 0, 1, 2"), "{text}");
    // where every hit is compared with every row it is ten times that
    assert!(both < (drawn + found) * 3, "{both:?}, and not {drawn:?} and {found:?}");
}

#[test]
fn bars_are_told_apart() {
    let session = Session::new(Native::new());
    let url = "https://example.com/".repeat(4);
    run(
        &session,
        &format!(
            "milvus://memory/names; CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(200) NULL, \
             n INT, v VECTOR(2), INDEX (v) USING FLAT WITH (metric_type = 'L2')); LOAD TABLE t; \
             INSERT INTO t VALUES (1, '{url}a', 1, [1, 2]), (2, '{url}b', 2, [1, 2]), \
             (3, 'NULL', 3, [1, 2]), (4, 'same', 4, [1, 2]), (5, 'same', 5, [1, 2]), \
             (6, NULL, 6, [1, 2])"
        ),
    );
    let names = |json: &Value, key: &str| -> Vec<String> {
        let values = json["data"]["values"].as_array().expect("points");
        values.iter().map(|value| value[key].as_str().expect("a name").to_string()).collect()
    };
    let cut = format!("{}…", &url[..60]);
    let bundle = run(&session, "PLOT SELECT name, n FROM t WHERE n < 6");
    let own =
        [cut.clone(), format!("{cut} (2)"), "'NULL'".into(), "same".into(), "same (2)".into()];
    assert_eq!(names(&chart(&bundle), "x"), own);
    let text = part(&bundle, "text/plain");
    assert!(text.contains("1 bar has the name of another and a number behind it"), "{text}");
    assert!(text.contains("`GROUP BY name`"), "{text}");
    let bundle = run(&session, "PLOT t.v COLOR BY name");
    let mut colors = names(&chart(&bundle), "c");
    assert_eq!(colors[5], "NULL");
    colors.sort();
    colors.dedup();
    assert_eq!(colors.len(), 5, "{colors:?}");
    // names with a colour each are not the same bar
    let bundle = run(&session, "PLOT SELECT n % 2 = 0 AS even, name, n FROM t WHERE n < 6 AS BAR");
    assert!(!part(&bundle, "text/plain").contains("name of another"));
}

#[test]
fn numbers_of_every_size_have_a_place() {
    let session = Session::new(Native::new());
    run(
        &session,
        "milvus://memory/sizes; CREATE TABLE t (id BIGINT PRIMARY KEY, a DOUBLE NULL, \
         b DOUBLE NULL, wide DOUBLE, tiny DOUBLE, v VECTOR(2), INDEX (v) USING FLAT \
         WITH (metric_type = 'L2')); LOAD TABLE t; \
         INSERT INTO t VALUES (1, 1, NULL, -1e308, 1e-320, [1, 2]), \
         (2, NULL, 2, 1.7e308, 3e-320, [3, 3]), (3, NULL, NULL, 0, 2e-320, [4, 3])",
    );
    for select in ["SELECT wide FROM t", "SELECT tiny FROM t", "SELECT wide, tiny FROM t"] {
        is_finite(&run(&session, &format!("PLOT {select}")));
    }
    for mark in ["LINE", "BAR", "SCATTER"] {
        is_finite(&run(&session, &format!("PLOT AS {mark} SELECT id, wide FROM t")));
        is_finite(&run(&session, &format!("PLOT AS {mark} SELECT tiny, wide FROM t")));
    }
    is_finite(&run(&session, "PLOT t.v COLOR BY wide"));
    let bundle = run(&session, "PLOT SELECT wide FROM t");
    let bars = chart(&bundle)["data"]["values"].as_array().map(Vec::len);
    assert!(bars.is_some_and(|bars| bars < 20), "{bars:?}");
    for select in ["SELECT a, b FROM t", "SELECT a, b FROM t AS LINE"] {
        let error = fails(&session, &format!("PLOT {select}"));
        assert!(error.contains("this SELECT gives no row to draw"), "{error}");
    }
    let error = fails(&session, "PLOT t.v WHERE id > 9");
    assert!(error.contains("`v` has no vector to draw"), "{error}");
}

#[test]
fn vectors_that_are_drawn_count_as_memory_together() {
    let session = Session::new(Native::new());
    run(
        &session,
        "milvus://memory/bits; CREATE TABLE t (id BIGINT PRIMARY KEY, b BINARYVEC(8192), \
         INDEX (b) USING BIN_FLAT WITH (metric_type = 'HAMMING')); LOAD TABLE t",
    );
    let row = |id: usize| format!("({id}, X'{}')", format!("{:02x}", id % 256).repeat(1_024));
    run(&session, &format!("INSERT INTO t VALUES {}", rows(0, 400, row)));
    // 0.4 MB as they are stored, 13 MB as numbers
    run(&session, "SET memory_limit = '8MB'");
    let error = fails(&session, "PLOT t.b");
    assert!(error.contains("more than 8MB of rows would be kept"), "{error}");
    let error = fails(&session, "PLOT t.b LIMIT 300");
    assert!(error.contains("more than 8MB of rows would be kept"), "{error}");
    let bundle = run(&session, "PLOT t.b LIMIT 200");
    assert_eq!(chart(&bundle)["data"]["values"].as_array().map(Vec::len), Some(200));
}

/// The numbers of a described field are pixels, and the bytes of a PNG are one.
#[test]
fn a_described_field_is_a_picture() {
    let session = Session::new(Native::new());
    let png = "89504e470d0a1a0a0000000d494844520000000200000002080000000057dd52f80000000c4944415478\
               da6360f80f8400060001ffad2c37250000000049454e44ae426082";
    let bundle = run(
        &session,
        &format!(
            "milvus://memory/pictures; CREATE TABLE t (id BIGINT PRIMARY KEY, \
             p VECTOR(4) COMMENT 'image 2 x 2', b BINARYVEC(552) COMMENT 'image', \
             a ARRAY<INT>(4) COMMENT 'an image', INDEX (p) USING FLAT WITH (metric_type = 'L2'), \
             INDEX (b) USING BIN_FLAT WITH (metric_type = 'HAMMING')); LOAD TABLE t; \
             INSERT INTO t VALUES (1, [0, 1, 2, 3], X'{png}', [1, 2]); SELECT * FROM t; \
             SELECT p AS pixels, id FROM t"
        ),
    );
    let table = |bundle: &MimeBundle| -> Value {
        let json = part(bundle, "application/vnd.milvus.table.v1+json");
        serde_json::from_str::<Value>(json).expect("JSON")["tables"][0].clone()
    };
    assert_eq!(table(&bundle)["columns"][0]["image"], "2x2", "under another name");
    for select in ["SELECT * FROM t", "SELECT id, p, b, a FROM t ORDER BY id DESC"] {
        let table = table(&run(&session, select));
        let images: Vec<_> = (0..4).map(|at| table["columns"][at].get("image")).collect();
        assert_eq!(images, [None, Some(&"2x2".into()), Some(&"".into()), None], "{select}");
        let bytes = table["rows"][0][2].as_str().expect("base64");
        assert!(bytes.starts_with("iVBORw0KGgo"), "{bytes}");
    }
    run(&session, "SET image_field = 'p 4x1'");
    let set = table(&run(&session, "SELECT p FROM t"));
    assert_eq!(set["columns"][0]["image"], "4x1", "what is set comes first");
}
