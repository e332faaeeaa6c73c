//! What is too large for one request: inserts are split, reads are paged and joined, on both servers.

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

async fn large(url: &str, credentials: &str) {
    const ROWS: usize = 36_000;
    let session = Session::new(Native::new());
    run(&session, &format!("milvus://{credentials}{}", url.trim_start_matches("http://"))).await;
    run(&session, "DROP TABLE IF EXISTS large; CREATE TABLE large (id BIGINT PRIMARY KEY, v VECTOR(256)); CREATE INDEX ON large (v) USING FLAT WITH (metric_type = L2); LOAD TABLE large").await;
    let numbers = vec!["0.5"; 255].join(",");
    let rows: Vec<String> = (0..ROWS).map(|id| format!("({id},[{id},{numbers}])")).collect();
    // 36,000 x 256 floats are 35 MiB: two requests
    let outcomes = run(&session, &format!("INSERT INTO large VALUES {}", rows.join(","))).await;
    assert_eq!(outcomes[0].done, "inserted 36,000 rows into large");
    assert_eq!(outcomes[0].notices, ["sent in 2 requests of up to 32 MiB"]);

    let outcomes = run(&session, "SELECT COUNT(*) FROM large; SELECT id FROM large").await;
    assert_eq!(outcomes[0].tables[0].rows, [[Datum::Int(ROWS as i64)]]);
    assert_eq!(outcomes[1].tables[0].total, ROWS as u64);
    assert!(outcomes[1].tables[0].rows.len() <= 1_000, "no more is fetched than is shown, and a few");

    // all rows for programs: paged past Milvus's window of 16,384, each once and in order
    let outcomes = run(&session, "SET table_schema = on; SELECT id FROM large LIMIT 30000 OFFSET 17000").await;
    let ids: Vec<i64> = outcomes[1].tables[0].rows.iter().filter_map(|row| if let Datum::Int(id) = row[0] { Some(id) } else { None }).collect();
    assert_eq!(ids, (17_000..ROWS as i64).collect::<Vec<_>>());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(outcomes[1].notices[0].starts_with("read in "), "{:?}", outcomes[1].notices);

    let outcomes = run(&session, "DELETE FROM large WHERE id >= 10; SELECT v FROM large WHERE id = 9").await;
    assert_eq!(outcomes[0].done, "deleted 35,990 rows from large");
    assert!(matches!(&outcomes[1].tables[0].rows[0][0], Datum::Vector(values) if values[0] == 9.0 && values.len() == 256));
    run(&session, "DROP TABLE large").await;
}

#[test]
fn on_milvus_lite() {
    block_on(large(&server("LITE_URL"), ""));
}

#[test]
fn on_milvus_2_3_5() {
    block_on(large(&server("MILVUS_URL"), "root:Milvus@"));
}
