//! COPY against the engine in process: what is written reads back equal in each format, with every
//! type; files that are cut off, of many pieces, or wrong somewhere.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::process::Command;
use std::task::Poll;

use milvus_kernel::diagnostic::Diagnostic;
use milvus_kernel::milvus::Platform;
use milvus_kernel::outcome::{Datum, Outcome};
use milvus_kernel::session::Session;
use native::{Native, block_on};

struct Notebook {
    platform: Native,
    session: Session<Native>,
}

impl Notebook {
    fn new() -> Notebook {
        let platform = Native::new();
        let session = Session::new(platform.clone());
        let notebook = Notebook { platform, session };
        notebook.run("milvus://memory; SET table_schema = TRUE");
        notebook
    }

    fn try_run(&self, cell: &str) -> Result<Vec<Outcome>, Diagnostic> {
        let mut outcomes = Vec::new();
        block_on(self.session.run(cell, |outcome| outcomes.push(outcome.clone())))?;
        Ok(outcomes)
    }

    fn run(&self, cell: &str) -> Vec<Outcome> {
        self.try_run(cell).unwrap_or_else(|error| panic!("{}", error.render(cell, false)))
    }

    fn rows(&self, cell: &str) -> Vec<Vec<Datum>> {
        self.run(cell).pop().unwrap().tables.remove(0).rows
    }

    fn error(&self, cell: &str) -> String {
        self.try_run(cell).expect_err(cell).render(cell, false)
    }

    fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        block_on(self.platform.write_file(name, bytes.into().into(), false)).unwrap();
    }

    fn get(&self, name: &str) -> Vec<u8> {
        block_on(self.platform.read_file(name)).unwrap().to_vec()
    }
}

/// A field of every type that the engine has, with values at the edges of each.
const TABLE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY, b BOOLEAN NULL, i8 TINYINT NULL, \
    i16 SMALLINT NULL, i32 INT NULL, i64 BIGINT NULL, f FLOAT NULL, d DOUBLE NULL, \
    s VARCHAR(200) NULL, j JSON NULL, ai ARRAY<BIGINT>(8) NULL, at ARRAY<VARCHAR(20)>(8) NULL, \
    ad ARRAY<DOUBLE>(8) NULL, ab ARRAY<BOOLEAN>(8) NULL, v VECTOR(3), h FLOAT16VEC(2), \
    bf BFLOAT16VEC(2), w SPARSEVEC) WITH (enable_dynamic_field = TRUE)";

const ROWS: &str = "INSERT INTO t (id, b, i8, i16, i32, i64, f, d, s, j, ai, at, ad, ab, v, h, \
    bf, w, extra, note) VALUES \
    (1, TRUE, -128, 32767, -2147483648, 9223372036854775807, 0.1, 1e-300, 'a \"b\", c\r\nd', \
     {'a': [1, 2.5, null], 'b': 'x'}, [1, -9007199254740993], ['x, y', '\"', ''], [0.1, 1e300], \
     [TRUE, FALSE], [0.1, -1e-7, 3.4e38], [0.5, -65504], [1, 3e38], {1: 0.5, 4000000000: 1}, \
     {'k': 1}, 'free'), \
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, [0, 0, 0], \
     [0, 0], [0, 0], {7: 0.25}, NULL, ''), \
    (-9223372036854775808, FALSE, 0, 0, 0, 0, 0, -0.0, '', '\"text\"', [], [], [], [], \
     [1, 2, 3], [1, 2], [1, 2], {0: 1}, 1.5, 'NULL'), \
    (4, FALSE, 1, 1, 1, -9223372036854775808, 16777216, 123456789012345678, ' 表👋\t', 5, [1], \
     ['NULL'], [2], [TRUE], [1, 1, 1], [1, 1], [1, 1], {3: 3}, [1, 2], 'x'), \
    (5, TRUE, 1, 1, 1, 1, 1, 1, 'NULL', [], [1], ['a'], [2], [TRUE], [1, 1, 1], [1, 1], [1, 1], \
     {3: 3}, TRUE, '[1')";

fn filled() -> Notebook {
    let notebook = Notebook::new();
    notebook.run(&format!("{TABLE}; {ROWS}"));
    notebook
}

#[test]
fn what_is_written_reads_back_equal() {
    let notebook = filled();
    let all = "SELECT * FROM t";
    let before = notebook.rows(all);
    assert_eq!(before.len(), 5);
    for (file, with) in [
        ("t.csv", ""),
        ("t.tsv", ""),
        ("t.json", ""),
        ("t.jsonl", ""),
        ("t.ndjson.gz", ""),
        ("t.csv.gz", ""),
        ("t", "WITH (format = 'csv', delimiter = ';', quote = '|', null = 'NULL')"),
    ] {
        notebook.run(&format!("COPY t TO '{file}' {with}; TRUNCATE t"));
        assert!(notebook.rows(all).is_empty());
        let copied = notebook.run(&format!("COPY t FROM '{file}' {with}")).remove(0);
        assert_eq!(copied.done, format!("copied 5 rows from {file} into t"));
        assert_eq!(notebook.rows(all), before, "{file}");
    }
}

#[test]
fn arrays_of_numbers_read_back_equal() {
    let notebook = filled();
    for (fields, file) in [
        ("v VECTOR(3)", "v.npy"),
        ("v VECTOR(3)", "v.fvecs"),
        ("v VECTOR(3)", "v.npy.gz"),
        ("h FLOAT16VEC(2)", "h.npy"),
        ("bf BFLOAT16VEC(2)", "bf.fvecs.gz"),
    ] {
        let field = fields.split(' ').next().unwrap();
        let written =
            notebook.rows(&format!("COPY t ({field}) TO '{file}'; SELECT {field} FROM t"));
        let copied = notebook.run(&format!(
            "CREATE TABLE u (id BIGINT PRIMARY KEY, {fields}); COPY u FROM '{file}'"
        ));
        assert_eq!(copied[1].notices, ["`id` is the row's number, from 0 on"]);
        assert_eq!(notebook.rows(&format!("SELECT {field} FROM u")), written, "{file}");
        let numbers = (0..5).map(|number| vec![Datum::Int(number)]).collect::<Vec<_>>();
        assert_eq!(notebook.rows("SELECT id FROM u"), numbers);
        notebook.run("DROP TABLE u");
    }
    // bytes of binary vectors, and whole numbers
    notebook.run(
        "CREATE TABLE b (id BIGINT PRIMARY KEY, v BINARYVEC(16), n ARRAY<INT>(4)); \
         INSERT INTO b VALUES (0, X'A5FF', [1, 2]), (1, X'0001', [-3, 4])",
    );
    let before = notebook.rows("SELECT * FROM b");
    for file in ["b.csv", "b.jsonl"] {
        notebook.run(&format!("COPY b TO '{file}'; TRUNCATE b; COPY b FROM '{file}'"));
        assert_eq!(notebook.rows("SELECT * FROM b"), before, "{file}");
    }
    notebook.run("COPY b (n) TO 'n.ivecs'; COPY b (v) TO 'v.bvecs'; COPY b (id) TO 'id.npy'");
    assert_eq!(
        notebook.get("n.ivecs"),
        [2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 253, 255, 255, 255, 4, 0, 0, 0]
    );
    assert_eq!(notebook.get("v.bvecs"), [2, 0, 0, 0, 0xa5, 0xff, 2, 0, 0, 0, 0, 1]);
    assert!(notebook.get("id.npy").starts_with(b"\x93NUMPY\x01\x00v\x00{'descr': '<i8'"));
}

#[test]
fn a_table_is_made_of_a_file() {
    let notebook = filled();
    notebook.run("COPY t TO 't.jsonl'; CREATE TABLE u FROM 't.jsonl'");
    let fields = "id, b, i8, i64, d, s, j, ai, at, ad, v, w";
    let rows = |table: &str| notebook.rows(&format!("SELECT {fields} FROM {table}"));
    assert_eq!(rows("u"), rows("t"));
    notebook.put("a.csv", "name;v\nEmma;[1 2]\n007;[3 4]\n");
    let made = notebook.run("CREATE TABLE a FROM 'a.csv' WITH (delimiter = ';')").remove(0);
    let columns = "the columns are id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(65535), \
                   v VECTOR(2)";
    assert_eq!(made.notices, [columns]);
    assert_eq!(notebook.rows("SELECT COUNT(*) FROM a"), [[Datum::Int(2)]]);
    let error = notebook.error("CREATE TABLE c FROM 'a.csv' WITH (delimiter = ';', key = 'v')");
    assert!(error.contains("`v` is no key"), "{error}");
    assert!(notebook.run("SHOW TABLES LIKE 'c'")[0].tables[0].rows.is_empty(), "nothing is left");
}

#[test]
fn what_is_acknowledged_is_told_and_the_rest_goes_on() {
    let notebook = Notebook::new();
    notebook.run("CREATE TABLE t (id BIGINT PRIMARY KEY, v VECTOR(2))");
    let mut file = String::from("id,v\n");
    for id in 0..150_000 {
        let v = if id == 120_000 { "[1]" } else { "[1 2]" };
        file.push_str(&format!("{id},{v}\n"));
    }
    notebook.put("t.csv", file);
    let error = notebook.error("COPY t FROM 't.csv'");
    assert!(error.contains("line 120002 of t.csv: this vector has 1 values"), "{error}");
    assert!(error.contains("100,000 rows are in, up to row 100,000"), "{error}");
    assert!(error.contains("`COPY t FROM … FROM ROW 100001` goes on"), "{error}");
    assert_eq!(notebook.rows("SELECT COUNT(*) FROM t"), [[Datum::Int(100_000)]]);
    let outcome = notebook.run("COPY t FROM 't.csv' FROM ROW 100001 WITH (on_error = 'bad.csv')");
    assert_eq!(
        outcome[0].done,
        "copied 49,999 rows from t.csv into t, and left 1 row out: they are in bad.csv"
    );
    assert_eq!(notebook.rows("SELECT COUNT(*) FROM t"), [[Datum::Int(149_999)]]);
    let bad = String::from_utf8(notebook.get("bad.csv")).unwrap();
    assert_eq!(
        bad,
        "line,reason,row\n120002,\"this vector has 1 values, but `v` has 2 dimensions\",\
         \"120000,[1]\"\n"
    );
}

#[test]
fn an_interrupt_tells_what_is_in() {
    let notebook = Notebook::new();
    notebook.run("CREATE TABLE t (id BIGINT PRIMARY KEY, v VECTOR(2))");
    let rows = (0..250_000).map(|id| format!("{id},[1 2]\n"));
    notebook.put("t.csv", "id,v\n".to_string() + &rows.collect::<String>());
    block_on(async {
        let mut running = pin!(notebook.session.run("COPY t FROM 't.csv'", |_| ()));
        // a look at it for each piece of a MiB, and it is dropped before the last
        for _ in 0..3 {
            let looked = poll_fn(|context| Poll::Ready(running.as_mut().poll(context))).await;
            assert!(looked.is_pending());
        }
    });
    let stopped = notebook.session.stopped().expect("a copy");
    assert_eq!((stopped.doing.as_str(), stopped.count), ("copying t.csv", 150_000));
    let error = notebook.session.interrupted();
    assert_eq!(
        error.help[..2],
        [
            "150,000 rows are in, up to row 150,000: they were acknowledged",
            "`COPY t FROM … FROM ROW 150001` goes on"
        ]
    );
    notebook.run("COPY t FROM 't.csv' FROM ROW 150001");
    assert_eq!(notebook.rows("SELECT COUNT(*) FROM t"), [[Datum::Int(250_000)]]);
    assert_eq!(notebook.session.interrupted().help.len(), 1, "it has ended");
}

#[test]
fn files_that_are_wrong_end_in_an_error_with_a_place() {
    let notebook = Notebook::new();
    notebook.run(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, s VARCHAR(20), v VECTOR(2)); \
         CREATE TABLE vectors (id BIGINT PRIMARY KEY, v VECTOR(2))",
    );
    notebook.put("zip.csv", "id,s,v\n1,a,[1 2]\n");
    notebook.run(
        "COPY t FROM 'zip.csv'; COPY t TO 'whole.csv.gz'; COPY t (v) TO 'whole.npy'; TRUNCATE t",
    );
    let cut = |name: &str, bytes: Vec<u8>| {
        let length = bytes.len() - 3;
        notebook.put(name, &bytes[..length]);
    };
    cut("cut.csv.gz", notebook.get("whole.csv.gz"));
    cut("cut.npy", notebook.get("whole.npy"));
    for (name, bytes, said) in [
        ("cut.csv.gz", None, "is no gzip, or is cut off"),
        ("cut.npy", None, "the file ends in row 1 of 1"),
        ("plain.csv.gz", Some("id,s,v\n".as_bytes()), "is no gzip, or is cut off"),
        (
            "open.csv",
            Some(b"id,s,v\n1,a,[1 2]\n2,\"b,[1 2]\n3,c,[1 2]\n"),
            "line 3 of open.csv: a quote \" is opened",
        ),
        (
            "short.csv",
            Some(b"id,s,v\n1,a\n"),
            "line 2 of short.csv: the row has 2 values, and the header has 3",
        ),
        (
            "byte.csv",
            Some(b"id,s,v\n1,caf\xe9,[1 2]\n"),
            "line 2 of byte.csv: column `s` is no UTF-8: a byte 0xE9",
        ),
        ("twice.csv", Some(b"id,s,id\n"), "the columns 1 and 3 are both called `id`"),
        ("missing.csv", Some(b"id,v\n1,[1 2]\n"), "the file has no column for `s`"),
        ("more.csv", Some(b"id,s,v,x\n1,a,[1 2],4\n"), "the file's column `x` is no field of `t`"),
        ("head.csv", Some(b"1,a,[1 2]\n"), "none of the file's columns is a field of `t`"),
        ("semi.csv", Some(b"id;s;v\n"), "WITH (delimiter = ';')"),
        (
            "word.csv",
            Some(b"id,s,v\none,a,[1 2]\n"),
            "line 2 of word.csv: `id` takes a whole number, and this is `one`",
        ),
        (
            "half.csv",
            Some(b"id,s,v\n1.5,a,[1 2]\n"),
            "`id` takes a whole number, and this is `1.5`",
        ),
        ("dots.csv", Some(b"id,s,v\n1,a,[1 ... 2]\n"), "numpy has left numbers out"),
        (
            "long.csv",
            Some(b"id,s,v\n1,aaaaaaaaaaaaaaaaaaaaaaaa,[1 2]\n"),
            "this string has 24 bytes",
        ),
        ("null.csv", Some(b"id,s,v\n,a,[1 2]\n"), "`id` is empty, and it cannot be NULL"),
        (
            "bad.jsonl",
            Some(b"{\"id\": 1, \"s\": \"a\", \"v\": [1, 2]}\n{\"id\": 2,\n"),
            "line 2 of bad.jsonl: the row is no JSON object: EOF",
        ),
        (
            "list.jsonl",
            Some(b"[1, 2]\n"),
            "line 1 of list.jsonl: the row is no JSON object: invalid type: sequence",
        ),
        (
            "gap.jsonl",
            Some(b"{\"id\": 1, \"v\": [1, 2]}\n"),
            "line 1 of gap.jsonl: `s` is missing, and it cannot be NULL",
        ),
        ("two.jsonl", Some(b"{\"id\": 1, \"id\": 2}\n"), "`id` stands twice in the row"),
        (
            "open.json",
            Some(b"[{\"id\": 1, \"s\": \"a\", \"v\": [1, 2]},\n {\"id\": 2"),
            "line 2 of open.json: the file ends within this row",
        ),
        (
            "list.json",
            Some(b"[{\"id\": 1, \"s\": \"a\", \"v\": [1, 2]},\n"),
            "the file ends within its list",
        ),
        ("bare.json", Some(b"[1, 2]"), "line 1 of bare.json: a row is an object"),
        ("no.npy", Some(b"id,s,v\n"), "the file is no npy"),
        ("no.fvecs", Some(b"id,s,v\n"), "row 1 of no.fvecs: the row says that it has"),
        (
            "no.bvecs",
            Some(b"\x02\0\0\0ab\x03\0\0\0abc"),
            "row 2 of no.bvecs: the row has 3 numbers, and the first one has 2",
        ),
    ] {
        if let Some(bytes) = bytes {
            notebook.put(name, bytes);
        }
        let table = if name.contains("vecs") || name.contains("npy") { "vectors" } else { "t" };
        let error = notebook.error(&format!("COPY {table} FROM '{name}'"));
        assert!(error.contains(said), "{name}: {error}");
        assert_eq!(notebook.rows("SELECT COUNT(*) FROM t"), [[Datum::Int(0)]], "{name}");
    }
}

#[test]
fn one_value_may_be_of_10_mb() {
    let notebook = Notebook::new();
    notebook.run("CREATE TABLE t (id BIGINT PRIMARY KEY, j JSON, v VECTOR(2))");
    let long = format!("\"{}\"", "a".repeat(10 << 20));
    notebook.put("t.jsonl", format!("{{\"id\": 1, \"j\": {long}, \"v\": [1, 2]}}\n"));
    notebook.run("COPY t FROM 't.jsonl'");
    assert_eq!(notebook.rows("SELECT j FROM t"), [[Datum::Json(long)]]);
}

/// Runs tests/frames.py over a folder, which it reads and adds to.
fn frames(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let done = Command::new(root.join(".venv/bin/python"))
        .arg(root.join("tests/frames.py"))
        .arg(folder)
        .output()
        .expect("`make setup` makes .venv");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn pandas_and_numpy_read_it_and_are_read() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("frames");
    std::fs::create_dir_all(&folder).unwrap();
    let notebook = Notebook::new();
    notebook.run(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, title VARCHAR(40), price DOUBLE NULL, \
         sold BOOLEAN, meta JSON, v VECTOR(3)); \
         INSERT INTO t VALUES (1, 'Emma, \"the\" novel', 0.1, TRUE, {'a': [1, null]}, \
         [0.1, -1e-7, 3.4e38]), (2, '表\r\n👋', -2.5, FALSE, {}, [0, 0, 0]), \
         (9223372036854775807, '', NULL, TRUE, 'x', [1, 2, 3])",
    );
    for name in ["t.csv", "t.csv.gz", "t.tsv", "t.json", "t.jsonl"] {
        notebook.run(&format!("COPY t TO '{name}'"));
        std::fs::write(folder.join(name), notebook.get(name)).unwrap();
    }
    for (field, name) in [("v", "v.npy"), ("id", "id.npy"), ("v", "v.fvecs")] {
        notebook.run(&format!("COPY t ({field}) TO '{name}'"));
        std::fs::write(folder.join(name), notebook.get(name)).unwrap();
    }
    frames(&folder);
    for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        notebook.put(&name, std::fs::read(&file).unwrap());
    }
    notebook.run(
        "CREATE TABLE p (id BIGINT PRIMARY KEY, n INT NULL, title VARCHAR(40), \
         day VARCHAR(40), v VECTOR(3))",
    );
    for (name, day) in [
        ("index.csv", "2024-02-29"),
        ("arrays.csv.gz", "2024-02-29"),
        ("marked.csv", "2024-02-29"),
        ("wide.tsv", "2024-02-29"),
        ("records.json", "2024-02-29T00:00:00.000"),
        ("lines.jsonl.gz", "2024-02-29T00:00:00.000"),
    ] {
        notebook.run(&format!("COPY p FROM '{name}'"));
        let rows = notebook.rows("SELECT n, title, day FROM p");
        let text = |text: &str| Datum::Text(text.to_string());
        assert_eq!(rows[0][..2], [Datum::Int(7), text("Emma, \"the\" novel")], "{name}");
        assert_eq!(rows[0][2], text(day), "{name}");
        assert_eq!(rows[1][..2], [Datum::Null, text("表\r\n👋")], "{name}");
        assert_eq!(rows[2][..2], [Datum::Int(9), text("")], "{name}");
        let vectors = notebook.rows("SELECT v FROM p");
        assert_eq!(vectors[2][0], Datum::Vector(vec![1.0, 2.0, 3.0]), "{name}");
        notebook.run("TRUNCATE p");
    }
    for dtype in ["float16", "float32", "float64", "big_f4", "int8", "uint8", "int64"] {
        notebook.run(&format!("CREATE TABLE n FROM '{dtype}.npy'"));
        let expected = [[1.0, 2.0], [3.0, 4.0]].map(|row| vec![Datum::Vector(row.to_vec())]);
        assert_eq!(notebook.rows("SELECT v FROM n"), expected, "{dtype}");
        notebook.run("DROP TABLE n");
    }
    let error = notebook.error("CREATE TABLE n FROM 'columns.npy'");
    assert!(error.contains("save `np.ascontiguousarray(a)`"), "{error}");
    let error = notebook.error("CREATE TABLE n FROM 'texts.npy'");
    assert!(error.contains("the array is of `<U1`"), "{error}");
}
