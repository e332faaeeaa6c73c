//! SHOW CREATE TABLE prints a statement that creates the same table: it is dropped, created by what
//! was printed, and prints the same again.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use milvus_kernel::outcome::Datum;
use milvus_kernel::session::Session;
use native::{Native, block_on, server};

async fn run(session: &Session<Native>, cell: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let result = session
        .run(cell, |outcome| {
            for row in outcome.tables.iter().flat_map(|table| &table.rows) {
                if let Some(Datum::Text(line)) = row.first() {
                    lines.push(line.clone());
                }
            }
        })
        .await;
    result.unwrap_or_else(|error| panic!("{}", error.render(cell, false)));
    lines
}

async fn holds(address: &str, statement: &str) {
    let session = Session::new(Native::new());
    run(&session, &format!("milvus://{address}")).await;
    run(&session, "DROP TABLE IF EXISTS roundtrip").await;
    run(&session, statement).await;
    let printed = run(&session, "SHOW CREATE TABLE roundtrip").await.join("\n");
    run(&session, "DROP TABLE roundtrip").await;
    run(&session, &printed).await;
    assert_eq!(run(&session, "SHOW CREATE TABLE roundtrip").await.join("\n"), printed);
    run(&session, "DROP TABLE roundtrip").await;
}

fn host(variable: &str) -> String {
    server(variable).trim_start_matches("http://").to_string()
}

const COMMON: [&str; 3] = [
    "CREATE TABLE roundtrip (id BIGINT PRIMARY KEY AUTO_INCREMENT, `order` INT, f FLOAT, d \
        DOUBLE, b BOOLEAN, t TINYINT, s SMALLINT, j JSON, v VECTOR(4))",
    "CREATE TABLE roundtrip (k VARCHAR(9) PRIMARY KEY, tenant BIGINT PARTITION KEY, a \
        ARRAY<INT>(5), v VECTOR(4), INDEX (v) USING HNSW WITH (metric_type = 'IP', M = 8, \
        efConstruction = 32)) WITH (num_partitions = 4)",
    "CREATE TABLE roundtrip (id BIGINT PRIMARY KEY, v VECTOR(4), INDEX (v) USING IVF_FLAT WITH \
        (metric_type = 'L2', nlist = 16)) WITH (enable_dynamic_field = TRUE)",
];

#[test]
fn a_table_of_milvus_2_3_5_is_created_again() {
    let address = format!("root:Milvus@{}", host("MILVUS_URL"));
    let own = ["CREATE TABLE roundtrip (id BIGINT PRIMARY KEY COMMENT 'it''s the key', a \
            ARRAY<VARCHAR(7)>(5), b BINARYVEC(16), INDEX bits (b) USING BIN_FLAT WITH \
            (metric_type = 'JACCARD')) WITH (shards = 2, consistency_level = 'Strong', \
            description = 'two lines')"];
    block_on(async {
        for statement in COMMON.iter().chain(&own) {
            holds(&address, statement).await;
        }
    });
}

#[test]
fn a_table_of_milvus_lite_is_created_again() {
    let own =
        ["CREATE TABLE roundtrip (id BIGINT PRIMARY KEY, n INT NULL, d DOUBLE DEFAULT 1.5, t \
            VARCHAR(9) DEFAULT 'it''s', text VARCHAR(100) WITH (enable_match = TRUE), s \
            SPARSEVEC GENERATED ALWAYS AS (BM25(text)), v VECTOR(4), INDEX (s) USING \
            SPARSE_INVERTED_INDEX WITH (metric_type = 'BM25'))"];
    block_on(async {
        for statement in COMMON.iter().chain(&own) {
            holds(&host("LITE_URL"), statement).await;
        }
    });
}
