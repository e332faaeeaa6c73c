//! What is too large for one request: inserts are split, reads are paged and joined, on every
//! server.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use std::collections::BTreeSet;

use milvus_kernel::outcome::{Datum, Outcome};
use milvus_kernel::session::Session;
use native::{Native, block_on, server};

async fn run(session: &Session<Native>, cell: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if let Err(error) = session.run(cell, |outcome| outcomes.push(outcome.clone())).await {
        panic!("{}", error.render(cell, false));
    }
    outcomes
}

/// Fails with the first place that differs, and not with all numbers.
fn same(found: &[i64], expected: std::ops::Range<i64>) {
    let length = expected.end - expected.start;
    let differs =
        found.iter().zip(expected.clone()).position(|(found, expected)| *found != expected);
    assert!(
        differs.is_none() && found.len() as i64 == length,
        "{} of {expected:?}, which differ first at {differs:?}: {:?}",
        found.len(),
        differs.and_then(|at| found.get(at))
    );
}

fn ints(outcome: &Outcome, column: usize) -> Vec<i64> {
    outcome.tables[0]
        .rows
        .iter()
        .filter_map(|row| if let Datum::Int(number) = row[column] { Some(number) } else { None })
        .collect()
}

/// Searches past the window where scores are equal or near to one another, by each metric of float
/// vectors, and with more queries than one request takes.
async fn many_hits(url: &str, credentials: &str) {
    const ROWS: i64 = 20_000;
    let session = Session::new(Native::new());
    run(&session, &format!("milvus://{credentials}{}", url.trim_start_matches("http://"))).await;
    for (metric, operator, index) in [
        ("L2", "<->", "FLAT"),
        ("IP", "<#>", "FLAT"),
        ("COSINE", "<=>", "FLAT"),
        ("COSINE", "<=>", "HNSW"),
    ] {
        run(
            &session,
            "DROP TABLE IF EXISTS many; CREATE TABLE many (id BIGINT PRIMARY KEY, v VECTOR(2))",
        )
        .await;
        let with = if index == "HNSW" { ", M = 8, efConstruction = 32" } else { "" };
        run(
            &session,
            &format!(
                "CREATE INDEX ON many (v) USING {index} WITH (metric_type = \
            {metric}{with}); LOAD TABLE many"
            ),
        )
        .await;
        // seven angles with the same score two thousand times each, and six thousand of their own
        let angle =
            |id: i64| if id < 14_000 { (id % 7) as f64 / 7.0 } else { id as f64 / ROWS as f64 };
        let rows: Vec<String> = (0..ROWS)
            .map(|id| format!("({id},[{},{}])", angle(id).cos(), angle(id).sin()))
            .collect();
        run(&session, &format!("INSERT INTO many VALUES {}", rows.join(","))).await;
        let outcomes = run(
            &session,
            &format!(
                "SET table_schema = on; SELECT id, distance FROM many ORDER \
                BY v {operator} [1, 0] LIMIT 19500 OFFSET 100"
            ),
        )
        .await;
        let ids = ints(&outcomes[1], 0);
        let scores: Vec<f32> = outcomes[1].tables[0]
            .rows
            .iter()
            .filter_map(|row| if let Datum::Float(score) = row[1] { Some(score) } else { None })
            .collect();
        let what = format!("{metric} by {index} on {url}");
        assert_eq!(ids.len(), 19_500, "{what}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{what}: a hit twice");
        assert!(
            scores.windows(2).all(|pair| if metric == "L2" {
                pair[0] <= pair[1] + 1e-5
            } else {
                pair[0] >= pair[1] - 1e-5
            }),
            "{what}: in order"
        );
        // Milvus Lite has no window
        assert_eq!(
            outcomes[1].notices.len(),
            usize::from(!credentials.is_empty()),
            "{what}: {:?}",
            outcomes[1].notices
        );
    }
    if !credentials.is_empty() {
        // Milvus Lite has no binary vectors
        run(
            &session,
            "DROP TABLE IF EXISTS bits; CREATE TABLE bits (id BIGINT PRIMARY KEY, b \
            BINARYVEC(16), INDEX (b) USING BIN_FLAT WITH (metric_type = 'HAMMING')); LOAD TABLE \
            bits",
        )
        .await;
        let rows: Vec<String> = (0..ROWS).map(|id| format!("({id},X'{:04X}')", id * 3)).collect();
        run(&session, &format!("INSERT INTO bits VALUES {}", rows.join(","))).await;
        let outcomes = run(
            &session,
            "SELECT id FROM bits ORDER BY b <~> X'00FF' LIMIT 19000; DROP TABLE bits",
        )
        .await;
        assert_eq!(ints(&outcomes[0], 0).iter().collect::<BTreeSet<_>>().len(), 19_000);
    }
    // of two queries, and shown in part: all are kept to be gone through
    let outcomes = run(
        &session,
        "SET table_schema = off; SELECT id FROM many ORDER BY v <=> [[1, 0], [0, \
            1]] LIMIT 17000 SEARCH PARAMS (round_decimal = 2)",
    )
    .await;
    assert_eq!(outcomes[1].done, "34,000 hits of 2 queries");
    assert_eq!(outcomes[1].tables[0].rows.len(), 34_000);
    let queries: Vec<String> = (0..16_500).map(|at| format!("[{}, 1]", at % 10)).collect();
    let outcomes = run(
        &session,
        &format!(
            "SET table_schema = on; SELECT id FROM many ORDER BY v <=> [{}] LIMIT 2",
            queries.join(", ")
        ),
    )
    .await;
    assert_eq!(outcomes[1].done, "33,000 hits of 16,500 queries");
    assert_eq!(outcomes[1].notices, ["searched in 2 requests"]);
    let numbers = ints(&outcomes[1], 0);
    assert_eq!(numbers, (0..33_000).map(|at| at / 2 + 1).collect::<Vec<_>>());
    assert_eq!(outcomes[1].tables[0].groups.len(), 16_499);
    run(&session, "DROP TABLE many").await;
}

async fn large(url: &str, credentials: &str) {
    const ROWS: usize = 36_000;
    let session = Session::new(Native::new());
    run(&session, &format!("milvus://{credentials}{}", url.trim_start_matches("http://"))).await;
    run(
        &session,
        "DROP TABLE IF EXISTS large; CREATE TABLE large (id BIGINT PRIMARY KEY, v \
        VECTOR(256)); CREATE INDEX ON large (v) USING FLAT WITH (metric_type = L2); LOAD TABLE \
        large",
    )
    .await;
    let numbers = vec!["0.5"; 255].join(",");
    // in another order than that of the keys
    let ids = (0..ROWS).map(|at| at * 7_919 % ROWS);
    let rows: Vec<String> = ids.map(|id| format!("({id},[{id},{numbers}])")).collect();
    // 36,000 x 256 floats are 35 MiB: two requests
    let outcomes = run(&session, &format!("INSERT INTO large VALUES {}", rows.join(","))).await;
    assert_eq!(outcomes[0].done, "inserted 36,000 rows into large");
    assert_eq!(outcomes[0].notices, ["sent in 2 requests of up to 32 MiB"]);

    let outcomes = run(&session, "SELECT COUNT(*) FROM large; SELECT id FROM large").await;
    assert_eq!(outcomes[0].tables[0].rows, [[Datum::Int(ROWS as i64)]]);
    assert_eq!(outcomes[1].tables[0].total, ROWS as u64);
    assert!(
        outcomes[1].tables[0].rows.len() <= 1_000,
        "no more is fetched than is shown, and a few"
    );

    // pages that somebody turns by LIMIT and OFFSET, each in one request
    for first in [0, 4_000, 8_000, 12_000] {
        let cell = format!("SET table_schema = on; SELECT id FROM large LIMIT 4000 OFFSET {first}");
        let outcomes = run(&session, &cell).await;
        same(&ints(&outcomes[1], 0), first..first + 4_000);
    }

    // all rows for programs: paged past Milvus's window of 16,384, each once and in order
    let outcomes =
        run(&session, "SET table_schema = on; SELECT id FROM large LIMIT 30000 OFFSET 17000").await;
    let ids = ints(&outcomes[1], 0);
    assert_eq!(ids, (17_000..ROWS as i64).collect::<Vec<_>>());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(outcomes[1].notices[0].starts_with("read in "), "{:?}", outcomes[1].notices);

    // a search past the window: each hit once, the closest first
    let outcomes = run(
        &session,
        &format!(
            "SELECT id FROM large WHERE id < 35000 ORDER BY v <-> \
        [0,{numbers}] LIMIT 40000 OFFSET 1000"
        ),
    )
    .await;
    same(&ints(&outcomes[0], 0), 1_000..35_000);
    assert_eq!(outcomes[0].done, "34,000 hits");
    let outcomes = run(
        &session,
        &format!(
            "SELECT id FROM large WHERE v <-> [0,{numbers}] < \
        400000000 ORDER BY v <-> [0,{numbers}] LIMIT 18000"
        ),
    )
    .await;
    same(&ints(&outcomes[0], 0), 0..18_000);
    let outcomes = run(
        &session,
        &format!(
            "SELECT id FROM large WHERE v <-> [0,{numbers}] <= \
        289000000 ORDER BY v <-> [0,{numbers}] LIMIT 18000"
        ),
    )
    .await;
    same(&ints(&outcomes[0], 0), 0..17_001);

    let outcomes =
        run(&session, "DELETE FROM large WHERE id >= 10; SELECT v FROM large WHERE id = 9").await;
    assert_eq!(outcomes[0].done, "deleted 35,990 rows from large");
    assert!(matches!(
        &outcomes[1].tables[0].rows[0][0],
        Datum::Vector(values) if values[0] == 9.0 && values.len() == 256
    ));
    run(&session, "DROP TABLE large").await;
}

#[test]
fn on_milvus_lite() {
    block_on(large(&server("LITE_URL"), ""));
    block_on(many_hits(&server("LITE_URL"), ""));
}

/// More rows than a request gives, of a server that is slow to take them.
#[test]
fn on_milvus_lite_2_5() {
    const ROWS: i64 = 17_000;
    block_on(async {
        let session = Session::new(Native::new());
        let host = server("LITE25_URL");
        run(&session, &format!("milvus://{}", host.trim_start_matches("http://"))).await;
        let create = "DROP TABLE IF EXISTS slow; CREATE TABLE slow (id BIGINT PRIMARY KEY, v \
            VECTOR(2), INDEX (v) USING FLAT WITH (metric_type = L2)); SET timeout = 300";
        run(&session, create).await;
        let ids = (0..ROWS).map(|at| at * 7_919 % ROWS);
        let rows: Vec<String> = ids.map(|id| format!("({id},[{id},1])")).collect();
        run(&session, &format!("INSERT INTO slow VALUES {}", rows.join(","))).await;
        let outcomes = run(
            &session,
            "SET table_schema = on; SELECT id FROM slow LIMIT 9000 OFFSET 7000; SELECT id FROM \
            slow; SELECT id FROM slow ORDER BY v <-> [0, 1] LIMIT 16900; DROP TABLE slow",
        )
        .await;
        same(&ints(&outcomes[1], 0), 7_000..16_000);
        same(&ints(&outcomes[2], 0), 0..ROWS);
        same(&ints(&outcomes[3], 0), 0..16_900);
    });
}

#[test]
fn on_milvus_2_3_5() {
    block_on(large(&server("MILVUS_URL"), "root:Milvus@"));
    block_on(many_hits(&server("MILVUS_URL"), "root:Milvus@"));
}
