//! Rows from table to table, and SELECTs within statements, in the engine in process: what is moved
//! is equal, what breaks off says how to go on, and NULL means what it means in SQL.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use milvus_kernel::diagnostic::Diagnostic;
use milvus_kernel::outcome::{Datum, Outcome};
use milvus_kernel::session::Session;
use native::{Native, block_on};

struct Notebook(Session<Native>);

impl Notebook {
    /// Two stores; the second is the one in use.
    fn new() -> Notebook {
        let notebook = Notebook(Session::new(Native::new()));
        notebook.run(
            "CONNECT 'milvus://memory/one' AS one; CONNECT 'milvus://memory/two' AS two; \
             SET table_schema = TRUE",
        );
        notebook
    }

    fn try_run(&self, cell: &str) -> Result<Vec<Outcome>, Diagnostic> {
        let mut outcomes = Vec::new();
        block_on(self.0.run(cell, |outcome| outcomes.push(outcome.clone())))?;
        Ok(outcomes)
    }

    fn run(&self, cell: &str) -> Vec<Outcome> {
        self.try_run(cell).unwrap_or_else(|error| panic!("{}", error.render(cell, false)))
    }

    fn done(&self, cell: &str) -> String {
        self.run(cell).pop().unwrap().done
    }

    fn rows(&self, cell: &str) -> Vec<Vec<Datum>> {
        self.run(cell).pop().unwrap().tables.remove(0).rows
    }

    fn ids(&self, cell: &str) -> Vec<i64> {
        let first = |row: Vec<Datum>| match row.first() {
            Some(Datum::Int(id)) => *id,
            other => panic!("{other:?}"),
        };
        self.rows(cell).into_iter().map(first).collect()
    }

    fn error(&self, cell: &str) -> String {
        self.try_run(cell).expect_err(cell).render(cell, false)
    }
}

const TABLE: &str = "(id BIGINT PRIMARY KEY, n INT NULL, d DOUBLE NULL, b BOOLEAN NULL, \
    s VARCHAR(200) NULL, j JSON NULL, a ARRAY<VARCHAR(20)>(8) NULL, v VECTOR(2), h FLOAT16VEC(2), \
    w SPARSEVEC) WITH (enable_dynamic_field = TRUE)";

const ROWS: &str = "(id, n, d, b, s, j, a, v, h, w, extra) VALUES \
    (1, 5, 1e-300, TRUE, 'it''s', {'k': [1, 2.5, null]}, ['x', ''], [0.1, -1e-7], [0.5, -2], \
     {1: 0.5, 4000000000: 1}, {'deep': [1]}), \
    (2, NULL, NULL, NULL, NULL, NULL, NULL, [0, 0], [0, 0], {7: 0.25}, '[1, 2]')";

#[test]
fn what_is_moved_between_two_stores_is_equal() {
    let notebook = Notebook::new();
    notebook.run(&format!("CREATE TABLE one.t {TABLE}; INSERT INTO one.t {ROWS}"));
    notebook.run("CREATE TABLE t LIKE one.t");
    assert_eq!(notebook.done("INSERT INTO t SELECT * FROM one.t"), "inserted 2 rows into t");
    let of = |table: &str| notebook.rows(&format!("SELECT * FROM {table}"));
    assert_eq!(of("t"), of("one.t"));
    assert_eq!(of("two.default.t"), of("one.t"));
    notebook.run("CREATE TABLE made AS SELECT * FROM one.t");
    assert_eq!(of("made"), of("one.t"));
    let create = |table: &str| {
        let lines = notebook.rows(&format!("SHOW CREATE TABLE {table}"));
        format!("{:?}", lines.get(1..lines.len() - 1))
    };
    assert_eq!(create("made"), create("one.t"));
    let unknown = notebook.error("SELECT * FROM three.t");
    assert!(unknown.contains("`three` is no database here, and no connection"), "{unknown}");
}

fn numbered(notebook: &Notebook, table: &str, count: i64) {
    notebook
        .run(&format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY, s VARCHAR(20), v VECTOR(2))"));
    let rows: Vec<String> = (1..=count)
        .map(|id| format!("({id}, '{}', [{id}, 1])", "x".repeat((id / 2000) as usize)))
        .collect();
    notebook.run(&format!("INSERT INTO {table} VALUES {}", rows.join(", ")));
}

/// Pages of 16,384 rows; a text that is too long stands in the second.
#[test]
fn what_breaks_off_goes_on() {
    let notebook = Notebook::new();
    numbered(&notebook, "one.t", 20_000);
    notebook.run("CREATE TABLE t (id BIGINT PRIMARY KEY, s VARCHAR(8), v VECTOR(2))");
    let error = notebook.error("INSERT INTO t SELECT * FROM one.t");
    let told = error
        .split("16,384 rows are in, up to id 16384")
        .nth(1)
        .unwrap_or_else(|| panic!("{error}"));
    assert!(told.contains("`id > 16384` in the SELECT's condition goes on"), "{error}");
    assert_eq!(notebook.ids("SELECT count(*) FROM t"), [16_384]);
    let cell = "INSERT INTO t SELECT id, substr(s, 1, 8), v FROM one.t WHERE id > 16384";
    assert_eq!(notebook.done(cell), "inserted 3,616 rows into t");
    assert_eq!(notebook.ids("SELECT count(*) FROM t"), [20_000]);
    // in parts, and no row twice
    notebook.run("CREATE TABLE part LIKE one.t");
    let cell = "INSERT INTO part SELECT * FROM one.t LIMIT 17000 OFFSET 1000";
    assert_eq!(notebook.done(cell), "inserted 17,000 rows into part");
    let edges = "SELECT min(id), max(id), count(*) FROM part";
    assert_eq!(notebook.rows(edges), [[1001, 18_000, 17_000].map(Datum::Int)]);
}

#[test]
fn a_table_may_be_written_into_itself() {
    let notebook = Notebook::new();
    numbered(&notebook, "t", 20_000);
    let cell = "INSERT INTO t SELECT id + 20000, s, v FROM t";
    assert_eq!(notebook.done(cell), "inserted 20,000 rows into t");
    assert_eq!(notebook.ids("SELECT count(*) FROM t"), [40_000]);
}

#[test]
fn two_connections_to_one_store_are_one_place() {
    let notebook = Notebook::new();
    notebook.run("CONNECT 'milvus://memory/two' AS again; USE CONNECTION two");
    numbered(&notebook, "t", 20_000);
    let done = notebook.done("INSERT INTO t SELECT id + 1000000 AS id, s, v FROM again.t");
    assert_eq!(done, "inserted 20,000 rows into t");
    assert_eq!(notebook.rows("SELECT COUNT(*) FROM t"), [[Datum::Int(40_000)]]);
}

#[test]
fn an_aggregate_is_there_whatever_it_is_of() {
    let notebook = Notebook::new();
    numbered(&notebook, "t", 3);
    notebook.run("CREATE TABLE o (k BIGINT PRIMARY KEY, v VECTOR(2)); LOAD o");
    let error =
        notebook.error("DELETE FROM t WHERE NOT EXISTS (SELECT count(*) FROM o WHERE o.k = t.id)");
    assert!(error.contains("help"), "{error}");
    assert_eq!(notebook.rows("SELECT COUNT(*) FROM t"), [[Datum::Int(3)]]);
}

#[test]
fn a_null_of_a_subquery_is_unknown_where_rows_are_moved() {
    let notebook = Notebook::new();
    numbered(&notebook, "t", 3);
    notebook.run("CREATE TABLE u LIKE t; CREATE TABLE o LIKE t");
    let moved = notebook.done("INSERT INTO u SELECT * FROM t WHERE id = (SELECT max(id) FROM o)");
    assert_eq!(moved, "inserted 0 rows into u");
}

#[test]
fn what_the_server_makes_is_not_moved() {
    let notebook = Notebook::new();
    let fields = "(id BIGINT PRIMARY KEY AUTO_INCREMENT, txt VARCHAR(50), \
        w SPARSEVEC GENERATED ALWAYS AS (BM25(txt)), v VECTOR(2))";
    notebook.run(&format!("CREATE TABLE a {fields}; CREATE TABLE b {fields}"));
    notebook.run("INSERT INTO a (txt, v) VALUES ('one two', [1, 2]), ('three', [3, 4])");
    let outcome = notebook.run("INSERT INTO b SELECT * FROM a").remove(0);
    assert_eq!(outcome.done, "inserted 2 rows into b");
    assert_eq!(outcome.notices[0], "`id` is left out: b makes its own");
    let found = notebook.rows("SELECT txt FROM b ORDER BY BM25_SCORE(txt, 'two') LIMIT 1");
    assert_eq!(found, [[Datum::Text("one two".to_string())]]);
}

/// As SQLite answers them.
#[test]
fn null_is_not_in_a_list_and_not_out_of_it() {
    let notebook = Notebook::new();
    notebook.run(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT NULL, v VECTOR(2)); \
         INSERT INTO t VALUES (1, 10, [0, 0]), (2, 20, [0, 0]), (3, NULL, [0, 0]); \
         CREATE TABLE o (id BIGINT PRIMARY KEY, k BIGINT NULL, v VECTOR(2)); \
         INSERT INTO o VALUES (1, 10, [0, 0]), (2, NULL, [0, 0])",
    );
    for (condition, expected) in [
        ("k IN (SELECT k FROM o)", &[1][..]),
        ("k NOT IN (SELECT k FROM o)", &[]),
        ("NOT k IN (SELECT k FROM o)", &[]),
        ("k NOT IN (SELECT k FROM o WHERE k IS NOT NULL)", &[2]),
        ("k NOT IN (SELECT k FROM o WHERE id > 5)", &[1, 2, 3]),
        ("k IN (SELECT k FROM o WHERE id > 5)", &[]),
        ("EXISTS (SELECT 1 FROM o WHERE o.k = t.k)", &[1]),
        ("NOT EXISTS (SELECT 1 FROM o WHERE o.k = t.k)", &[2, 3]),
        ("NOT EXISTS (SELECT 1 FROM o WHERE t.k = o.k AND id = 2)", &[1, 2, 3]),
        ("EXISTS (SELECT * FROM o WHERE id = 2)", &[1, 2, 3]),
        ("NOT EXISTS (SELECT * FROM o WHERE id = 2)", &[]),
        ("k = (SELECT k FROM o WHERE id = 2)", &[]),
        ("NOT k = (SELECT k FROM o WHERE id = 2)", &[]),
        ("NOT (id = 1 AND k = (SELECT k FROM o WHERE id = 2))", &[2, 3]),
        ("k = (SELECT max(k) FROM o) OR id = 3", &[1, 3]),
        ("id IN (SELECT id FROM o WHERE k IN (SELECT k FROM t WHERE id = 1))", &[1]),
    ] {
        let cell = format!("SELECT id FROM t WHERE {condition} ORDER BY id");
        assert_eq!(notebook.ids(&cell), expected, "{condition}");
    }
    let cell = "SELECT id, CASE WHEN EXISTS (SELECT 1 FROM o WHERE id = 9) THEN 1 ELSE 2 END AS c, \
        (SELECT max(k) FROM o) FROM t WHERE id = 1";
    let table = notebook.run(cell).remove(0).tables.remove(0);
    assert_eq!(table.rows, [[1, 2, 10].map(Datum::Int)]);
    assert_eq!(table.columns[2].name, "(SELECT max(k) FROM o)");
}
