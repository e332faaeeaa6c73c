//! Random SELECTs over random tables in the engine give the rows that SQLite gives: conditions of
//! the server's and of the kernel's, sorting, groups, HAVING, DISTINCT, LIMIT and OFFSET,
//! expressions. CASES and SEED run more and others.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use std::cell::Cell;

use milvus_kernel::outcome::Datum;
use milvus_kernel::session::Session;
use native::{Native, block_on};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// A statement for both; what is sorted by is the same, NULLs first.
#[derive(Clone, Debug)]
struct Query {
    text: String,
    /// what SQLite needs besides: here rows come in the order of the key anyway
    order: &'static str,
    limit: String,
}

fn one_of(words: &[&'static str]) -> BoxedStrategy<String> {
    select(words.to_vec()).prop_map(str::to_string).boxed()
}

fn number() -> BoxedStrategy<String> {
    let leaf = one_of(&["n", "d", "id", "n", "d", "length(s)", "coalesce(n, 0)", "nullif(n, 1)"]);
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), one_of(&["+", "-", "*"]), inner.clone())
                .prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
            (inner.clone(), one_of(&["+ 1", "* 2", "- 0.5"]))
                .prop_map(|(a, b)| format!("({a} {b})")),
            (one_of(&["abs", "-", "round"]), inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (inner.clone(), inner)
                .prop_map(|(a, b)| format!("CASE WHEN n > 0 THEN {a} ELSE {b} END")),
        ]
    })
    .boxed()
}

fn text() -> BoxedStrategy<String> {
    one_of(&[
        "s",
        "s",
        "lower(s)",
        "upper(s)",
        "substr(s, 1, 1)",
        "coalesce(s, 'x')",
        "trim(s)",
        "replace(s, 'a', 'b')",
    ])
}

fn condition() -> BoxedStrategy<String> {
    let operator = || one_of(&["=", "<>", "<", "<=", ">", ">="]);
    let constant = || one_of(&["-1", "0", "1", "2", "0.5"]);
    let leaf = prop_oneof![
        3 => (one_of(&["n", "d", "id", "n + 1", "d * 2"]), operator(), constant())
            .prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
        2 => (number(), operator(), prop_oneof![number(), constant()])
            .prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
        2 => (text(), operator(), one_of(&["'a'", "'b'", "'A'", "''"]))
            .prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
        1 => (text(), one_of(&["", "NOT "]), one_of(&["'a%'", "'%b'", "'_'", "'%'"]))
            .prop_map(|(a, not, b)| format!("{a} {not}LIKE {b}")),
        1 => (prop_oneof![number(), text()], one_of(&["", "NOT "]))
            .prop_map(|(a, not)| format!("{a} IS {not}NULL")),
        1 => (number(), one_of(&["", "NOT "]))
            .prop_map(|(a, not)| format!("{a} {not}IN (0, 1, 3)")),
        1 => (number(), one_of(&["", "NOT "]))
            .prop_map(|(a, not)| format!("{a} {not}BETWEEN 0 AND 2")),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), one_of(&["AND", "AND", "OR"]), inner.clone())
                .prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
            inner.clone().prop_map(|a| format!("NOT ({a})")),
            (inner, one_of(&["IS TRUE", "IS NOT TRUE", "IS FALSE"]))
                .prop_map(|(a, is)| format!("({a}) {is}")),
        ]
    })
    .boxed()
}

fn value() -> BoxedStrategy<String> {
    prop_oneof![number(), text()].boxed()
}

fn aggregate() -> BoxedStrategy<String> {
    prop_oneof![
        Just("COUNT(*)".to_string()),
        (one_of(&["COUNT", "SUM", "AVG", "MIN", "MAX", "COUNT", "SUM"]), number())
            .prop_map(|(f, a)| format!("{f}({a})")),
        (one_of(&["COUNT", "MIN", "MAX", "COUNT(DISTINCT"]), text()).prop_map(|(f, a)| {
            match f.strip_suffix("(DISTINCT") {
                Some(f) => format!("{f}(DISTINCT {a})"),
                None => format!("{f}({a})"),
            }
        }),
    ]
    .boxed()
}

fn query() -> BoxedStrategy<Query> {
    let wheres = || {
        let condition = condition().prop_map(|condition| format!(" WHERE {condition}"));
        prop_oneof![1 => Just(String::new()), 4 => condition]
    };
    let limit = || {
        prop_oneof![
            Just(String::new()),
            (0..9u8, 0..4u8).prop_map(|(limit, offset)| format!(" LIMIT {limit} OFFSET {offset}")),
        ]
    };
    let way = || one_of(&[" NULLS FIRST", " DESC NULLS FIRST", " NULLS LAST", " DESC NULLS LAST"]);
    let query = |text, order, limit| Query { text, order, limit };
    prop_oneof![
        (vec(value(), 1..4), wheres(), limit()).prop_map(move |(items, wheres, limit)| query(
            format!("SELECT {}, id FROM t{wheres}", items.join(", ")),
            " ORDER BY id",
            limit
        )),
        (vec(value(), 1..3), wheres(), value(), way(), limit()).prop_map(
            move |(items, wheres, key, way, limit)| {
                let items = items.join(", ");
                query(
                    format!("SELECT {items}, id FROM t{wheres} ORDER BY {key}{way}, id"),
                    "",
                    limit,
                )
            }
        ),
        (value(), value(), wheres(), way(), way(), limit()).prop_map(
            move |(a, b, wheres, way, other, limit)| query(
                format!("SELECT DISTINCT {a}, {b} FROM t{wheres} ORDER BY 1{way}, 2{other}"),
                "",
                limit
            )
        ),
        (value(), aggregate(), wheres(), way(), limit()).prop_map(
            move |(key, of, wheres, way, limit)| query(
                format!("SELECT {key}, {of} FROM t{wheres} GROUP BY {key} ORDER BY 1{way}"),
                "",
                limit
            )
        ),
        (one_of(&["n", "s"]), aggregate(), wheres(), one_of(&["> 1", "<> 2", "IS NOT NULL"]))
            .prop_map(move |(key, of, wheres, having)| query(
                format!(
                    "SELECT {key}, {of}, COUNT(*) + 1 FROM t{wheres} GROUP BY {key} \
                     HAVING COUNT(n) {having} ORDER BY 1 NULLS FIRST"
                ),
                "",
                String::new()
            )),
        (vec(aggregate(), 1..4), wheres()).prop_map(move |(of, wheres)| query(
            format!("SELECT {} FROM t{wheres}", of.join(", ")),
            "",
            String::new()
        )),
    ]
    .boxed()
}

fn row() -> BoxedStrategy<String> {
    (
        one_of(&["-2", "-1", "0", "1", "2", "3", "NULL"]),
        one_of(&["-1.5", "-0.5", "0", "0.5", "1.5", "2.25", "NULL"]),
        one_of(&["'a'", "'b'", "'ab'", "'B'", "''", "' a '", "'bab'", "NULL"]),
    )
        .prop_map(|(n, d, s)| format!("{n}, {d}, {s}"))
        .boxed()
}

/// A value as both have it.
fn shown(value: &Datum) -> String {
    match value {
        Datum::Null => "NULL".to_string(),
        Datum::Int(number) => (*number as f64).to_string(),
        Datum::Float(number) => fraction(f64::from(*number)),
        Datum::Double(number) => fraction(*number),
        Datum::Text(text) => format!("'{text}'"),
        other => format!("{other:?}"),
    }
}

/// -0 is 0; sums in another order differ in the last digits.
fn fraction(number: f64) -> String {
    ((number * 1e9).round() / 1e9 + 0.0).to_string()
}

fn by_sqlite(sqlite: &Connection, text: &str) -> Vec<Vec<String>> {
    let mut statement = sqlite.prepare(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let width = statement.column_count();
    let mut rows = statement.query(()).expect(text);
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|error| panic!("{text}: {error}")) {
        let cells = (0..width).map(|at| match row.get_ref(at).expect("a cell") {
            ValueRef::Null => "NULL".to_string(),
            ValueRef::Integer(number) => (number as f64).to_string(),
            ValueRef::Real(number) => fraction(number),
            ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
            ValueRef::Blob(_) => "a blob".to_string(),
        });
        found.push(cells.collect());
    }
    found
}

fn by_kernel(session: &Session<Native>, text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut found = Vec::new();
    block_on(session.run(text, |outcome| {
        if let Some(table) = outcome.tables.first() {
            found = table.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
        }
    }))
    .map_err(|error| format!("{:?}: {}", error.code, error.message))?;
    Ok(found)
}

fn holds(rows: &[String], queries: &[Query], filled: &Cell<u32>) -> Result<(), TestCaseError> {
    let session = Session::new(Native::new());
    let sqlite = Connection::open_in_memory().expect("SQLite");
    sqlite.execute_batch("PRAGMA case_sensitive_like = ON").expect("LIKE of one case");
    let row = |(id, row): (usize, &String), v: &str| format!("({id}, {row}{v})");
    let all = |v: &str| rows.iter().enumerate().map(|each| row(each, v)).collect::<Vec<_>>();
    let (ours, theirs) = (all(", [0, 1]").join(", "), all("").join(", "));
    by_kernel(
        &session,
        &format!(
            "CONNECT 'milvus://memory'; CREATE TABLE t (id BIGINT PRIMARY KEY, n INT NULL, \
             d DOUBLE NULL, s VARCHAR(20) NULL, v VECTOR(2)); INSERT INTO t VALUES {ours}"
        ),
    )
    .map_err(TestCaseError::fail)?;
    sqlite
        .execute_batch(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, d REAL, s TEXT); \
             INSERT INTO t VALUES {theirs}"
        ))
        .expect("a table");
    for Query { text, order, limit } in queries {
        let expected = by_sqlite(&sqlite, &format!("{text}{order}{limit}"));
        let ours = by_kernel(&session, &format!("{text}{limit}"));
        filled.set(filled.get() + u32::from(!expected.is_empty()));
        if ours.as_ref() != Ok(&expected) {
            return Err(TestCaseError::fail(format!(
                "{text}{limit}\nof {theirs}\nkernel {ours:?}\nSQLite {expected:?}"
            )));
        }
    }
    Ok(())
}

#[test]
fn statements_give_what_sqlite_gives() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let cases = number("CASES").unwrap_or(100) as u32;
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("SEED").unwrap_or(12).to_le_bytes());
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let filled = Cell::new(0);
    let result = runner.run(&(vec(row(), 1..20), vec(query(), 12)), |(rows, queries)| {
        holds(&rows, &queries, &filled)
    });
    match result {
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(error) => panic!("{error}"),
        Ok(()) => {}
    }
    println!("{} of {} statements gave rows", filled.get(), cases * 12);
    assert!(filled.get() > cases * 6, "most statements give rows: {}", filled.get());
}
