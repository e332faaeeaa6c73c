//! What the kernel reads is what pymilvus reads: random tables and rows, written by both in turn,
//! and random filters, on the same server. What the kernel writes back unchanged stays as it is.
//! `SEED=…`, which a failure prints, runs the same cases again.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use milvus_kernel::render::options::Options;
use milvus_kernel::render::{self, Content};
use milvus_kernel::session::Session;
use native::{Native, server};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Map, Value, json};

/// A row of every column that there may be.
#[derive(Clone, Debug)]
struct Row {
    flag: bool,
    tiny: i8,
    small: i16,
    n: Option<i32>,
    big: i64,
    f: f32,
    d: f64,
    name: Option<String>,
    meta: Value,
    tags: Vec<String>,
    counts: Vec<i64>,
    parts: Vec<f32>,
    v: [f32; 2],
    dynamic: Vec<(String, Value)>,
}

const COLUMNS: [(&str, &str); 12] = [
    ("flag", "BOOLEAN"),
    ("tiny", "TINYINT"),
    ("small", "SMALLINT"),
    ("n", "INT"),
    ("big", "BIGINT"),
    ("f", "FLOAT"),
    ("d", "DOUBLE"),
    ("name", "VARCHAR(200)"),
    ("meta", "JSON"),
    ("tags", "ARRAY<VARCHAR(100)>(4)"),
    ("counts", "ARRAY<BIGINT>(4)"),
    ("parts", "ARRAY<FLOAT>(4)"),
];

/// A condition, of a column and of a row whose value it is about.
#[derive(Clone, Debug)]
enum Filter {
    Compare { column: usize, operator: usize, row: usize },
    In { column: usize, rows: [usize; 2], negated: bool },
    Between { column: usize, rows: [usize; 2] },
    Prefix { row: usize },
    Part { operator: usize, number: i64 },
    Both(Box<Filter>, &'static str, Box<Filter>),
    Not(Box<Filter>),
}

#[derive(Clone, Debug)]
struct Case {
    columns: Vec<bool>,
    dynamic: bool,
    rows: Vec<Row>,
    filters: Vec<Filter>,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[draft] see below".to_string()),
        Just("{\"a\": 1}".to_string()),
        Just("true".to_string()),
        Just("it's \"so\"\\n\n\t".to_string()),
        "[a-c1\\[{\"'\\\\/ é表👋\n]{0,8}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let edge = |number: i64| [number - 1, number, number + 1];
    let large = [1i64 << 53, -(1 << 53), 1 << 24, i64::MAX - 1].map(edge).concat();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3i64..4).prop_map(Value::from),
        prop::sample::select(large).prop_map(Value::from),
        (i64::MAX as u64..=u64::MAX).prop_map(Value::from),
        finite().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..3)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn finite() -> impl Strategy<Value = f64> {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![
        POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO,
        (-40i32..40).prop_map(|tens| 10f64.powi(tens)),
        (-8i32..8).prop_map(|quarters| f64::from(quarters) / 4.0),
    ]
}

fn finite_single() -> impl Strategy<Value = f32> {
    finite().prop_map(|number| number as f32).prop_filter("finite", |number| number.is_finite())
}

fn row() -> impl Strategy<Value = Row> {
    let key = prop::sample::select(vec!["a", "b", "my key", "名前", "score", "1x"]);
    let small = (any::<bool>(), any::<i8>(), any::<i16>(), any::<Option<i32>>());
    let numbers = (any::<i64>(), finite_single(), finite(), prop::option::of(text()));
    let object = prop::collection::vec((text(), json_value()), 0..3).prop_map(Map::from_iter);
    let meta = (object, prop::option::of(-3i64..4)).prop_map(|(mut object, part)| {
        object.extend(part.map(|part| ("k".to_string(), Value::from(part))));
        Value::Object(object)
    });
    let lists = (
        prop::collection::vec(text(), 0..4),
        prop::collection::vec(any::<i64>(), 0..4),
        prop::collection::vec(finite_single(), 0..4),
        [-1e3f32..1e3, -1e3f32..1e3],
    );
    let dynamic = prop::collection::vec((key.prop_map(str::to_string), json_value()), 0..4);
    (small, numbers, meta, lists, dynamic).prop_map(
        |((flag, tiny, small, n), (big, f, d, name), meta, (tags, counts, parts, v), dynamic)| {
            Row {
                flag,
                tiny,
                small,
                n,
                // Milvus reads a number and then its sign, so the smallest is none of its literals
                big: big.max(i64::MIN + 1),
                f,
                d,
                name,
                meta,
                tags,
                counts,
                parts,
                v,
                dynamic,
            }
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let (column, row) = (0..12usize, 0..8usize);
    let leaf = prop_oneof![
        (column.clone(), 0..6usize, row.clone())
            .prop_map(|(column, operator, row)| Filter::Compare { column, operator, row }),
        (column.clone(), [row.clone(), row.clone()], any::<bool>())
            .prop_map(|(column, rows, negated)| Filter::In { column, rows, negated }),
        (column, [row.clone(), row.clone()])
            .prop_map(|(column, rows)| Filter::Between { column, rows }),
        row.prop_map(|row| Filter::Prefix { row }),
        (0..6usize, -3i64..4).prop_map(|(operator, number)| Filter::Part { operator, number }),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let word = prop::sample::select(vec!["AND", "OR"]);
        prop_oneof![
            (inner.clone(), word, inner.clone()).prop_map(|(left, word, right)| Filter::Both(
                Box::new(left),
                word,
                Box::new(right)
            )),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

fn case() -> impl Strategy<Value = Case> {
    (
        prop::collection::vec(any::<bool>(), 12),
        any::<bool>(),
        prop::collection::vec(row(), 1..8),
        prop::collection::vec(filter(), 4..12),
    )
        .prop_map(|(columns, dynamic, rows, filters)| Case { columns, dynamic, rows, filters })
}

impl Row {
    /// The value of a column, as pymilvus takes it.
    fn value(&self, column: &str, nullable: bool) -> Value {
        let missing = |value: Value| if nullable { Value::Null } else { value };
        match column {
            "flag" => self.flag.into(),
            "tiny" => self.tiny.into(),
            "small" => self.small.into(),
            "n" => self.n.map_or_else(|| missing(0.into()), Value::from),
            "big" => self.big.into(),
            "f" => f64::from(self.f).into(),
            "d" => self.d.into(),
            "name" => self.name.clone().map_or_else(|| missing("".into()), Value::from),
            "meta" => self.meta.clone(),
            "tags" => self.tags.clone().into(),
            "counts" => self.counts.clone().into(),
            "parts" => self.parts.iter().map(|part| f64::from(*part)).collect(),
            _ => self.v.iter().map(|number| f64::from(*number)).collect(),
        }
    }

    /// The same as SQL: JSON as Python writes it, with everything outside ASCII escaped.
    fn sql(&self, column: &str, nullable: bool) -> String {
        let singles = |numbers: &[f32]| {
            let words: Vec<String> = numbers.iter().map(|number| format!("{number:?}")).collect();
            format!("[{}]", words.join(", "))
        };
        match (column, self.value(column, nullable)) {
            ("f", _) => format!("{:?}", self.f),
            ("parts", _) => singles(&self.parts),
            ("v", _) => singles(&self.v),
            (_, value) => sql(&value),
        }
    }
}

fn sql(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let text = text.replace('\\', "\\\\").replace('\'', "''");
            format!("'{}'", text.replace('\n', "\\n").replace('\t', "\\t"))
        }
        other => other
            .to_string()
            .chars()
            .map(|char| match char.is_ascii() {
                true => char.to_string(),
                false => {
                    let mut units = [0; 2];
                    let units = char.encode_utf16(&mut units).iter();
                    units.map(|unit| format!("\\u{unit:04x}")).collect()
                }
            })
            .collect(),
    }
}

impl Case {
    fn columns(&self) -> Vec<(&'static str, &'static str)> {
        COLUMNS
            .iter()
            .zip(&self.columns)
            .filter(|(_, has)| **has)
            .map(|(known, _)| *known)
            .collect()
    }

    /// The filter for the kernel and for pymilvus, of a value that a row has; none of what is not
    /// there.
    fn filter(&self, filter: &Filter) -> Option<[String; 2]> {
        let columns = self.columns();
        let scalars: Vec<&str> = columns
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| ["tiny", "small", "n", "big", "d", "name"].contains(name))
            .collect();
        let column = |at: &usize| scalars.get(at % scalars.len().max(1)).copied();
        let value = |column: &str, at: &usize| {
            let value = self.rows[at % self.rows.len()].value(column, false);
            match &value {
                Value::String(_) => [sql(&value), value.to_string()],
                _ => [value.to_string(), value.to_string()],
            }
        };
        const OPERATORS: [[&str; 2]; 6] =
            [["=", "=="], ["<>", "!="], ["<", "<"], ["<=", "<="], [">", ">"], [">=", ">="]];
        Some(match filter {
            Filter::Compare { column: at, operator, row } => {
                let column = column(at)?;
                let ([sql, milvus], value) = (OPERATORS[*operator], value(column, row));
                [format!("{column} {sql} {}", value[0]), format!("{column} {milvus} {}", value[1])]
            }
            Filter::In { column: at, rows, negated } => {
                let column = column(at)?;
                let [a, b] = rows.map(|row| value(column, &row));
                let (sql, milvus) = if *negated { ("NOT IN", "not in") } else { ("IN", "in") };
                [
                    format!("{column} {sql} ({}, {})", a[0], b[0]),
                    format!("{column} {milvus} [{}, {}]", a[1], b[1]),
                ]
            }
            Filter::Between { column: at, rows } => {
                let column = column(at)?;
                let [a, b] = rows.map(|row| value(column, &row));
                [
                    format!("{column} BETWEEN {} AND {}", a[0], b[0]),
                    format!("({column} >= {} and {column} <= {})", a[1], b[1]),
                ]
            }
            Filter::Prefix { row } => {
                scalars.contains(&"name").then_some(())?;
                let name = self.rows[row % self.rows.len()].name.clone().unwrap_or_default();
                let prefix: String =
                    name.chars().take_while(|char| char.is_ascii_alphanumeric()).collect();
                [format!("name LIKE '{prefix}%'"), format!("name like \"{prefix}%\"")]
            }
            Filter::Part { operator, number } => {
                columns.iter().any(|(name, _)| *name == "meta").then_some(())?;
                let [sql, milvus] = OPERATORS[*operator];
                [format!("meta['k'] {sql} {number}"), format!("meta[\"k\"] {milvus} {number}")]
            }
            Filter::Both(left, word, right) => {
                let ([a, b], [c, d]) = (self.filter(left)?, self.filter(right)?);
                [
                    format!("({a}) {word} ({c})"),
                    format!("({b}) {} ({d})", word.to_ascii_lowercase()),
                ]
            }
            Filter::Not(inner) => {
                let [a, b] = self.filter(inner)?;
                [format!("NOT ({a})"), format!("not ({b})")]
            }
        })
    }
}

/// pymilvus, in a process of its own.
struct Pymilvus {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Pymilvus {
    fn start(uri: &str, token: &str) -> Pymilvus {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new(root.join(".venv/bin/python"))
            .arg(root.join("tests/differential.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`make setup` has made .venv");
        let (to, from) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut pymilvus = Pymilvus { process, to, from: BufReader::new(from) };
        let answer = pymilvus.ask(json!({"op": "connect", "uri": uri, "token": token}));
        assert_eq!(answer, json!({}));
        pymilvus
    }

    fn ask(&mut self, question: Value) -> Value {
        writeln!(self.to, "{question}").expect("it runs");
        let mut line = String::new();
        self.from.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("pymilvus ended: {line:?}"))
    }

    /// The rows of a query, by their keys, or why there are none.
    fn query(&mut self, table: &str, filter: &str) -> Result<Vec<Value>, String> {
        let question = json!({"op": "query", "table": table, "filter": filter, "fields": ["*"]});
        let mut answer = self.ask(question);
        if let Some(error) = answer.get("error") {
            return Err(error.to_string());
        }
        let mut rows = answer["rows"].as_array_mut().map(std::mem::take).unwrap_or_default();
        rows.sort_by_key(|row| row["id"].as_i64());
        Ok(rows)
    }
}

impl Drop for Pymilvus {
    fn drop(&mut self) {
        // it ends when nobody asks any more, but not all of its threads may
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The tests of a server run at the same time.
static FIRST: AtomicU32 = AtomicU32::new(0);

struct Differential {
    runtime: tokio::runtime::Runtime,
    session: Session<Native>,
    pymilvus: std::cell::RefCell<Pymilvus>,
    nullable: bool,
    /// so many there were; each has a name of its own, since pymilvus remembers schemas by name
    tables: Cell<u32>,
}

impl Differential {
    fn new(uri: &str, user: &str, nullable: bool) -> Differential {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let differential = Differential {
            runtime,
            session: Session::new(Native::new()),
            pymilvus: Pymilvus::start(uri, user).into(),
            nullable,
            tables: Cell::new(FIRST.fetch_add(1000, Ordering::Relaxed)),
        };
        let at = if user.is_empty() { String::new() } else { format!("{user}@") };
        let address = format!("milvus://{at}{}", uri.trim_start_matches("http://"));
        differential.run(&address).expect("a connection");
        // what the other one has just written is seen as well
        let settings = "SET display_limit = 1000; SET consistency_level = Strong";
        differential.run(settings).expect("settings");
        differential
    }

    /// The rows of a cell's last table as the data resource has them.
    fn run(&self, cell: &str) -> Result<Vec<Value>, String> {
        let mut rows = Vec::new();
        let result = self.runtime.block_on(self.session.run(cell, |outcome| {
            let options = Options { table_schema: true, ..self.session.options() };
            for part in render::mime_bundle(outcome, &options) {
                if let ("application/vnd.dataresource+json", Content::Json(text)) =
                    (part.mime_type, part.content)
                {
                    let mut resource: Value = serde_json::from_str(&text).expect("JSON");
                    rows = std::mem::take(resource["data"].as_array_mut().expect("rows"));
                }
            }
        }));
        result.map(|()| rows).map_err(|error| error.render(cell, false))
    }

    /// A new table, and its name.
    fn table(&self, columns: &[(&str, &str)], dynamic: bool) -> Result<String, String> {
        self.tables.set(self.tables.get() + 1);
        let table = format!("differential_{}_{}", std::process::id(), self.tables.get());
        let columns: Vec<String> = columns
            .iter()
            .map(|(name, kind)| match (self.nullable, *name) {
                (true, "n" | "name") => format!("{name} {kind} NULL"),
                _ => format!("{name} {kind}"),
            })
            .collect();
        let comma = if columns.is_empty() { "" } else { ", " };
        self.run(&format!(
            "DROP TABLE IF EXISTS {table};
             CREATE TABLE {table} (id BIGINT PRIMARY KEY, v VECTOR(2), INDEX (v) USING FLAT WITH
             (metric_type = 'L2'){comma}{}) WITH (enable_dynamic_field = {dynamic});
             LOAD TABLE {table}",
            columns.join(", ")
        ))?;
        Ok(table)
    }

    fn holds(&self, case: &Case) -> Result<(), String> {
        let columns = case.columns();
        let table = self.table(&columns, case.dynamic)?;
        let mut written = Vec::new();
        for (id, row) in case.rows.iter().enumerate() {
            let dynamic: Map<String, Value> = match case.dynamic {
                true => row.dynamic.iter().cloned().collect(),
                false => Map::new(),
            };
            let names = columns.iter().map(|(name, _)| *name).chain(["v"]);
            let mut object = dynamic.clone();
            object.insert("id".to_string(), id.into());
            for name in names.clone() {
                object.insert(name.to_string(), row.value(name, self.nullable));
            }
            let object = Value::Object(object);
            written.push(canonical(&exact(&object)));
            if id % 2 == 0 {
                let (mut heads, mut values) = (vec!["id".to_string()], vec![id.to_string()]);
                for name in names {
                    heads.push(name.to_string());
                    values.push(row.sql(name, self.nullable));
                }
                for (name, value) in &dynamic {
                    heads.push(format!("`{name}`"));
                    values.push(sql(value));
                }
                let (heads, values) = (heads.join(", "), values.join(", "));
                self.run(&format!("INSERT INTO {table} ({heads}) VALUES ({values})"))?;
            } else {
                let question = json!({"op": "insert", "table": table, "rows": [object]});
                let answer = self.pymilvus.borrow_mut().ask(question);
                if answer != json!({}) {
                    return Err(format!("pymilvus: {answer}"));
                }
            }
        }
        let stored = self.same(&table, None)?;
        if stored != written {
            return Err(format!("written {written:#?}\nstored {stored:#?}"));
        }
        for filter in case.filters.iter().filter_map(|filter| case.filter(filter)) {
            self.same(&table, Some(&filter))?;
        }
        // the kernel reads rows and writes them back
        self.run(&format!("UPDATE {table} SET v = v"))?;
        let after = self.same(&table, None)?;
        if after != stored {
            return Err(format!("UPDATE changed {stored:#?}\nto {after:#?}"));
        }
        self.run(&format!("DROP TABLE {table}"))?;
        Ok(())
    }

    /// What both read, which is the same.
    fn same(&self, table: &str, filter: Option<&[String; 2]>) -> Result<Vec<Value>, String> {
        let clause = filter.map_or_else(String::new, |[sql, _]| format!(" WHERE {sql}"));
        let cell = format!("SELECT * FROM {table}{clause}");
        let ours = self.run(&cell);
        let milvus = filter.map_or("id >= 0", |[_, milvus]| milvus);
        let theirs = self.pymilvus.borrow_mut().query(table, milvus);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                let ours: Vec<Value> = ours.iter().map(canonical).collect();
                let theirs: Vec<Value> = theirs.iter().map(canonical).collect();
                match ours == theirs {
                    true => Ok(ours),
                    false => {
                        Err(format!("{cell}\n{milvus}\nkernel {ours:#?}\npymilvus {theirs:#?}"))
                    }
                }
            }
            // both are refused
            (Err(_), Err(_)) if filter.is_some() => Ok(Vec::new()),
            (ours, theirs) => {
                Err(format!("{cell}\n{milvus}\nkernel {ours:#?}\npymilvus {theirs:#?}"))
            }
        }
    }
}

/// A row with its dynamic fields among the others, as pymilvus gives them, and numbers as what they
/// are: those of 32 bits come with the digits of one or of the other width.
fn canonical(row: &Value) -> Value {
    let mut out = Map::new();
    for (name, value) in row.as_object().expect("a row") {
        match (name.as_str(), value) {
            ("$meta", Value::Object(dynamic)) => {
                out.extend(
                    dynamic.iter().map(|(name, value)| (name.clone(), numbers(value, false))),
                );
            }
            ("$meta", Value::Null) => {}
            ("f" | "parts" | "v", value) => {
                out.insert(name.clone(), numbers(value, true));
            }
            (_, value) => {
                out.insert(name.clone(), numbers(value, false));
            }
        }
    }
    // by name: the order of keys is not the same
    Value::Object(
        out.into_iter().collect::<std::collections::BTreeMap<_, _>>().into_iter().collect(),
    )
}

/// Whole numbers that JavaScript would round are text.
fn exact(value: &Value) -> Value {
    match value {
        Value::Number(number) if !number.is_f64() => {
            let small = number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= 1 << 53);
            if small { value.clone() } else { number.to_string().into() }
        }
        Value::Array(items) => items.iter().map(exact).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), exact(value))).collect())
        }
        other => other.clone(),
    }
}

fn numbers(value: &Value, single: bool) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().expect("64 bits") {
            number if single => format!("{:?}", number as f32).into(),
            // both zeros are 0, and 1.0 is 1
            number => format!("{:?}", number + 0.0).into(),
        },
        Value::Array(items) => items.iter().map(|item| numbers(item, single)).collect(),
        Value::Object(fields) => {
            let sorted: std::collections::BTreeMap<_, _> =
                fields.iter().map(|(name, value)| (name.clone(), numbers(value, single))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        other => other.clone(),
    }
}

fn run(variable: &str, user: &str, nullable: bool, cases: u32) {
    let differential = Differential::new(&server(variable), user, nullable);
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
        since.as_nanos() as u64
    });
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 30, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(&case(), |case| differential.holds(&case).map_err(TestCaseError::fail));
    if let Err(error) = result {
        panic!("SEED={seed} runs the same again\n{error}");
    }
}

/// What no FLOAT holds as a number, where a server takes it: an UPDATE of another field writes it
/// back.
fn infinities(variable: &str, user: &str) {
    let differential = Differential::new(&server(variable), user, false);
    let columns = [("n", "INT"), ("f", "FLOAT"), ("d", "DOUBLE"), ("parts", "ARRAY<FLOAT>(4)")];
    let table = differential.table(&columns, true).expect("a table");
    let mut taken = Vec::new();
    for field in ["f", "d", "parts", "v"] {
        for word in ["~inf", "~-inf", "~nan"] {
            let id = taken.len();
            let mut row = json!({"id": id, "n": 1, "f": 0, "d": 0, "parts": [0.5], "v": [1, 0]});
            row[field] = match field {
                "parts" | "v" => json!([word, 0.5]),
                _ => json!(word),
            };
            let question = json!({"op": "insert", "table": table, "rows": [row]});
            if differential.pymilvus.borrow_mut().ask(question) == json!({}) {
                taken.push(format!("{field} {word}"));
            }
        }
    }
    println!("{variable}: it takes {}", taken.join(", "));
    let before = differential.same(&table, None).expect("the same");
    assert_eq!(before.len(), taken.len());
    differential.run(&format!("UPDATE {table} SET n = n + 1, note = 'x'")).expect("an update");
    let mut after = differential.same(&table, None).expect("the same");
    for row in &mut after {
        assert_eq!((&row["n"], &row["note"]), (&json!("2.0"), &json!("x")));
        row["n"] = json!("1.0");
        row.as_object_mut().expect("a row").shift_remove("note");
    }
    assert_eq!(after, before);
    differential.run(&format!("DROP TABLE {table}")).expect("it is there");
}

#[test]
fn infinities_are_written_back_on_milvus_2_3_5() {
    infinities("MILVUS_URL", "root:Milvus");
}

#[test]
fn infinities_are_written_back_on_milvus_lite() {
    infinities("LITE_URL", "");
}

#[test]
fn the_kernel_reads_what_pymilvus_reads_on_milvus_2_3_5() {
    run("MILVUS_URL", "root:Milvus", false, 4);
}

#[test]
fn the_kernel_reads_what_pymilvus_reads_on_milvus_lite() {
    run("LITE_URL", "", true, 24);
}
