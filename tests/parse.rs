//! The parser without a server: statements of every form, and what is said of a misspelt one.

#![cfg(not(target_arch = "wasm32"))]

use milvus_kernel::execute::catalog::aliases::{PARAMETERS, TYPES};
use milvus_kernel::execute::catalog::index_types::INDEX_TYPES;
use milvus_kernel::execute::catalog::metrics::METRICS;
use milvus_kernel::language::ast::{Kind, Statement, Value};
use milvus_kernel::language::help::{INDEX, METRIC, ORIGINAL, SPELLING};
use milvus_kernel::language::parse::{completeness, parse, problems};

fn one(cell: &str) -> Statement {
    let mut statements =
        parse(cell).unwrap_or_else(|error| panic!("{}", error.render(cell, false)));
    assert_eq!(statements.len(), 1, "{cell}");
    statements.remove(0)
}

#[test]
fn every_statement_of_help_parses() {
    for (what, how) in ORIGINAL {
        parse(how).unwrap_or_else(|error| panic!("{what}\n{}", error.render(how, false)));
    }
}

/// HELP's index types are those that are checked, and the original's that stand for them.
#[test]
fn help_names_every_index_type_and_metric() {
    let known = INDEX_TYPES
        .iter()
        .map(|known| known.name)
        .chain(["IVFLAT", "IVF_SQ8H", "RNSG", "ANNOY", "INVALID"]);
    let mut known: Vec<&str> = known.collect();
    let mut shown: Vec<&str> = INDEX.iter().map(|(name, _)| *name).collect();
    known.sort();
    shown.sort();
    assert_eq!(shown, known);
    let mut known: Vec<&str> = METRICS.iter().copied().chain(["TANIMOTO", "INVALID"]).collect();
    let mut shown: Vec<&str> = METRIC.iter().map(|(name, _)| *name).collect();
    known.sort();
    shown.sort();
    assert_eq!(shown, known);
}

/// HELP's spellings are those that are read.
#[test]
fn help_names_every_spelling_of_others() {
    assert_eq!([PARAMETERS, TYPES].concat(), SPELLING);
}

/// The README's and the help's statements of the original, with capitals and blanks in any way.
#[test]
fn the_original_in_any_capitals_and_blanks() {
    let statements = [
        "milvus://127.0.0.1:19530",
        "help",
        "help -metric",
        "help -index",
        "create table test01 where dimension=128 and index_file_size=1024 and metric_type='L2'",
        "create collection test01 where dimension=128",
        "drop table test01",
        "drop collection test01",
        "list table",
        "list tables",
        "list collections",
        "create partition test01 where partition_tag='tag01'",
        "drop partition test01 where partition_tag='tag01'",
        "list partitions test01",
        "create index test01 where index_type='FLAT' and nlist=4096",
        "drop index test01",
        "flush test01, test02",
        "compact test01",
        "select 2, 3, 5 from test01 where top_k=1 and partition_tags='tag01' and nprobe=16",
        "select test01 by id=1,2,3",
        "insert 2,3,5 from test01",
        "insert 2,3,5 from test01 by id=0",
        "insert 2,3,5 from test01 where by id=0",
        "insert 2,3,5 from test01 where partition_tag='tag01' by id=0",
        "delete test01 by id=1",
        "desc test01",
        "stats test01",
    ];
    for statement in statements {
        let kind = std::mem::discriminant(&one(statement).kind);
        let spread = statement
            .replace(' ', "  \n ")
            .replace('=', if statement.starts_with("milvus") { "=" } else { " = " })
            .replace("help  \n -", "HELP -");
        let loud = if statement.contains('\'') || statement.starts_with("milvus") {
            spread.clone()
        } else {
            spread.to_uppercase()
        };
        for other in [format!("  {spread} ; "), loud] {
            assert_eq!(std::mem::discriminant(&one(&other).kind), kind, "{other}");
        }
    }
}

#[test]
fn strings_keep_what_splits_statements() {
    let cell = "INSERT INTO t VALUES ('a;b and c=d -- # /* [1,2]'); SHOW TABLES";
    let statements = parse(cell).unwrap();
    assert_eq!(statements.len(), 2);
    let Kind::Write(write) = &statements[0].kind else { panic!() };
    assert_eq!(write.rows[0].values[0].value, Value::Text("a;b and c=d -- # /* [1,2]".to_string()));
    assert_eq!(&cell[statements[1].span.start..statements[1].span.end], "SHOW TABLES");
}

#[test]
fn spans_are_the_words_behind_lifted_lists_and_other_scripts() {
    let cell = "/* 表👋 */ SELECT id FROM books ORDER BY v <-> [1.5, 2, 3] LIMIT 3";
    let Kind::Select(select) = one(cell).kind else { panic!() };
    assert_eq!(&cell[select.table.span.start..select.table.span.end], "books");
    let limit = select.limit.unwrap().span;
    assert_eq!(&cell[limit.start..limit.end], "3");
}

#[test]
fn integers_in_lists_stay_exact() {
    let Kind::Write(write) = one("INSERT INTO t VALUES ([9007199254740993, 0.1])").kind else {
        panic!()
    };
    let Value::Numbers(numbers) = &write.rows[0].values[0].value else { panic!() };
    assert_eq!(
        numbers.exact().into_iter().map(|value| value.value).collect::<Vec<_>>(),
        [Value::Int(9_007_199_254_740_993), Value::Float(0.1)]
    );
}

#[test]
fn a_misspelt_word_is_marked_where_it_stands() {
    for (cell, wrong, meant) in [
        ("SELEC * FROM t", "SELEC", "SELECT"),
        ("SELECT * FORM t", "FORM", "FROM"),
        ("SELECT id FORM t", "FORM", "FROM"),
        ("SELECT * FROM t WEHRE id = 1", "WEHRE", "WHERE"),
        ("SELECT * FROM t WHERE id = 1 LIMTI 3", "LIMTI", "LIMIT"),
        ("INSERT INOT t VALUES (1)", "INOT", "INTO"),
        ("INSERT INTO t VALEUS (1)", "VALEUS", "VALUES"),
        ("SHOW TABELS", "TABELS", "TABLES"),
        ("CREATE TABEL t (id BIGINT PRIMARY KEY)", "TABEL", "TABLE"),
        ("DROP TABLE IF EXSITS t", "EXSITS", "EXISTS"),
    ] {
        let error = parse(cell).expect_err(cell);
        let span = error.span.expect(cell);
        assert_eq!(&cell[span.start..span.end], wrong, "{}", error.render(cell, false));
        assert_eq!(error.help, [format!("did you mean `{meant}`?")], "{cell}");
    }
}

/// `|` is the cursor; what is found is shown as its place and what takes its place.
#[test]
fn problems_are_of_whole_statements() {
    let found = |typed: &str| -> Vec<String> {
        let cursor = typed.find('|');
        let cell = typed.replacen('|', "", 1);
        problems(&cell, cursor)
            .iter()
            .map(|error| {
                let span = error.span.expect("a place");
                let put = error.replacement(&cell).map(|(_, text)| format!(" -> {text}"));
                format!("{}{}", &cell[span.start..span.end], put.unwrap_or_default())
            })
            .collect()
    };
    let none: [&str; 0] = [];
    for (typed, expected) in [
        ("SHOW TABLES; SELECT titel FROM nothing", none.as_slice()),
        // one of each statement, and not of the first alone
        ("selct 1; SELECT * FROM t WHER a = 1; x", &["selct -> select", "WHER -> WHERE", "x"]),
        ("|SELECT * FROM t WHER a = 1", &["WHER -> WHERE"]),
        ("SELECT * FROM t WHER| a = 1", &[]),
        ("SELECT * FROM|", &[]),
        ("SELECT * FROM |", &[]),
        ("SELECT * FROM", &[""]),
        ("SELECT * FROM; |SHOW TABLES", &[""]),
        ("SELECT * FROM;|", &[""]),
        ("SELECT * FROM|; SHOW TABLES", &[]),
        ("INSERT INTO t VALUES (1, |", &[]),
        ("INSERT INTO t VALUES (1, 'a|", &[]),
        ("INSERT INTO t VALUES (1, 'a", &["'"]),
        ("|INSERT INTO t VALUES (1, 'a", &["'"]),
        ("SELECT * FROM t ORDER BY v <-> [1, 2|", &[]),
        ("/* a|", &[]),
        ("'错'; SELECT * FRM t", &["'", "FRM -> FROM"]),
    ] {
        assert_eq!(found(typed), expected, "{typed}");
    }
    assert_eq!(problems(&"x;".repeat(1000), None).len(), 20);
}

#[test]
fn completeness_is_for_consoles() {
    for (cell, expected) in [
        ("SHOW TABLES", "complete"),
        ("", "complete"),
        ("SELECT 'a", "incomplete"),
        ("SELECT * FROM", "incomplete"),
        ("SELEC", "invalid"),
        ("INSERT INTO t VALUES (1", "incomplete"),
        ("INSERT INTO t VALUES (1, [0.5,", "incomplete"),
        ("INSERT INTO t VALUES (1, [0.5, 2]), (", "incomplete"),
        ("SELECT * FROM t ORDER BY v <-> [1, 2", "incomplete"),
        ("SELECT * FROM t ORDER BY v <-> [1, 2 LIMIT 3", "incomplete"),
        ("CREATE TABLE t (id BIGINT PRIMARY KEY,\n", "incomplete"),
        ("SELECT * FROM t WHERE a IN (1, 2", "incomplete"),
        ("SELEC * FROM t WHERE a IN (1", "invalid"),
        ("SELECT * FROM t WHERE a IN (1))", "invalid"),
        ("SHOW TABLES; SELECT count(", "incomplete"),
        ("/* a", "incomplete"),
    ] {
        assert_eq!(completeness(cell), expected, "{cell}");
    }
}

/// Whatever is cut out of, doubled in or put into a cell, the parser answers.
#[test]
fn no_text_panics() {
    let seeds: Vec<String> = ORIGINAL
        .iter()
        .map(|(_, how)| (*how).to_string())
        .chain(["SELECT '表👋' FROM `a` WHERE \"b\"[0] in [1,'x'] -- c".to_string()])
        .collect();
    let pieces = [
        "'",
        "\"",
        "`",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        ";",
        "--",
        "/*",
        "#",
        "<->",
        "\u{1}",
        "\u{0}",
        "表",
        "👋",
        "-",
        "1e999",
        "\\",
        "NOT ",
        "X'F",
        "milvus://",
    ];
    let mut seed = 7u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for _ in 0..20_000 {
        let mut chars: Vec<char> = seeds[random(seeds.len())].chars().collect();
        for _ in 0..=random(4) {
            let at = random(chars.len() + 1);
            match random(3) {
                0 => chars.truncate(at),
                1 => chars.splice(at..at, pieces[random(pieces.len())].chars()).for_each(drop),
                _ => drop(chars.drain(at..(at + random(5)).min(chars.len()))),
            }
        }
        let cell: String = chars.into_iter().collect();
        if let Err(error) = parse(&cell) {
            error.render(&cell, true);
        }
        completeness(&cell);
    }
}

/// What the fuzz target has found.
#[test]
fn findings_of_the_fuzzer() {
    // a list with a blank or a comment that the fast path does not take is a vector all the same
    for cell in [
        "SELECT id FROM t ORDER BY v <-> [1, \u{a0}0]",
        "SELECT id FROM t ORDER BY v <-> [1, /* x */ 0]",
    ] {
        let Kind::Select(select) = one(cell).kind else { panic!() };
        assert!(format!("{:?}", select.order).contains("Numbers([1.0, 0.0])"), "{cell}");
    }
    // a number that no vector can hold is a number of a filter all the same
    assert!(parse("DELETE FROM t WHERE d IN [1, 1e97] OR f(4, [1e97, 0]) > 1").is_ok());
    assert!(parse("INSERT INTO t (id, doubles) VALUES (1, [1, 1e97])").is_ok());
    assert_eq!(
        parse("INSERT INTO t VALUES (1, [NaN, 0])").unwrap_err().code,
        milvus_kernel::diagnostic::Code::InvalidNumber
    );
    for cell in [
        "select 11111111111111111111111111111111111111111, 2 from t where top_k=1",
        "create partition t where partition_tag=''",
    ] {
        assert!(parse(cell).is_err(), "{cell}");
    }
}

#[test]
fn a_step_into_a_field_is_whole_however_it_is_written() {
    for step in ["[8.0]", "[8.\u{b}]", "[8. /* x */]", "[1e99]", "[1, 2]"] {
        let error = parse(&format!("SELECT a FROM t WHERE b{step} = 1")).unwrap_err();
        assert_eq!(error.message, "one whole number or one string belongs here", "{step}");
    }
}

/// A word behind AS at the end of a PLOT is what it is drawn as, unless it is a name.
#[test]
fn a_name_of_a_table_is_no_mark() {
    for (cell, is_alias) in [
        ("PLOT SELECT a FROM t AS bar", false),
        ("PLOT SELECT bar.a FROM t AS bar", true),
        ("PLOT SELECT pie.a FROM t AS pie", true),
        ("PLOT SELECT a FROM t AS \"pie\"", true),
        ("PLOT SELECT a FROM t pie", true),
        ("PLOT SELECT a FROM t AS pie LIMIT 1", true),
        ("PLOT AS LINE SELECT bar.a FROM t AS bar", true),
    ] {
        let read = parse(cell).unwrap_or_else(|error| panic!("{cell}: {}", error.message));
        assert_eq!(format!("{read:?}").contains("alias: Some"), is_alias, "{cell}");
    }
}

/// Each error stands where something else was needed, whatever was read before; `^` before the
/// place.
#[test]
fn an_error_marks_what_is_wrong() {
    for (marked, message) in [
        ("INSERT INTO t VALUES (9, 'x', 1999 ^= 1)", "expected `,` or `)`, found `=`"),
        ("INSERT INTO t VALUES (1) ^(2)", "expected the end or `,`, found `(`"),
        ("INSERT INTO t VALUES ('a' ^'b')", "expected `,` or `)`, found `'`"),
        ("INSERT INTO t VALUES (1, ['a' ^'b'])", "expected `,` or `]`, found `'`"),
        ("INSERT INTO t VALUES (1, {'a' ^1})", "expected `:`, found `1`"),
        ("INSERT INTO t VALUES (1, {'a': 1^)", "expected `,` or `}`, found `)`"),
        ("INSERT INTO t VALUES (1, 2^", "expected `,` or `)`, but the text ends"),
        ("INSERT INTO t (a ^b) VALUES (1)", "expected `,` or `)`, found `b`"),
        ("UPDATE t SET a ^5", "expected `=`, found `5`"),
        ("SET x ^5", "expected `=`"),
        ("DELETE ^t WHERE id = 1", "expected FROM, found `t`"),
        ("LOAD TABLE t WITH (a ^5)", "expected `=`, found `5`"),
        ("create table t where dimension ^128", "expected `=`, found `128`"),
        ("CREATE TABLE t (a VARCHAR(32 ^5))", "expected `)`, found `5`"),
        ("CREATE TABLE t (a ARRAY<ARRAY^<INT>>(5))", "expected `>`, found `<`"),
        (
            "CREATE TABLE t (s SPARSEVEC GENERATED ALWAYS AS ^BM25(txt))",
            "expected `(`, found `BM25`",
        ),
        ("CREATE TABLE t (s SPARSEVEC GENERATED ^AS (BM25(t)))", "expected ALWAYS, found `AS`"),
        ("SELECT count(* ^FROM t", "expected `)`, found `FROM`"),
        ("SELECT meta['a' ^FROM t", "expected `]`, found `FROM`"),
        ("SELECT * FROM t WHERE (a = 1 ^b", "expected `)`, a comparison, AND or OR, found `b`"),
        ("FLUSH a ^b", "expected the end or `,`, found `b`"),
        ("PLOT^", "expected SELECT or a name, but the text ends"),
        ("PLOT SELECT^", "expected fields or *, but the text ends"),
        ("PLOT SELECT a FROM t GROUP BY a AS ^LIEN", "expected LINE, found `LIEN`"),
        (
            "PLOT SELECT a FROM t GROUP BY a AS ^PIE",
            "expected BAR, LINE, HISTOGRAM or SCATTER, found `PIE`",
        ),
        ("PLOT SELECT a FROM t AS ^PIE", "nothing is drawn as `PIE`"),
        (
            "PLOT SELECT bar.a FROM t AS bar AS ^PIE",
            "expected BAR, LINE, HISTOGRAM or SCATTER, found `PIE`",
        ),
        ("PLOT AS BAR SELECT a FROM t AS ^LINE", "AS stands twice"),
        ("PLOT t.v COLOR BY^", "expected a field, but the text ends"),
        ("PLOT t.v LABEL^", "expected a field, but the text ends"),
        ("EXPLAIN ^EXPLAIN SHOW TABLES", "expected a statement, found `EXPLAIN`"),
        ("EXPLAIN^", "expected a statement, but the text ends"),
    ] {
        let (before, after) = marked.split_once('^').unwrap();
        let error = parse(&format!("{before}{after}")).expect_err(marked);
        assert_eq!((error.message.as_str(), error.span.unwrap().start), (message, before.len()));
    }
}

#[test]
fn a_comma_too_many_is_said() {
    for cell in [
        "CREATE TABLE t (id BIGINT PRIMARY KEY,)",
        "INSERT INTO t VALUES (1, 2,)",
        "INSERT INTO t VALUES (1), ",
        "INSERT INTO t VALUES ([1, 2,])",
        "INSERT INTO t VALUES ({'a': 1,})",
        "INSERT INTO t (a, b,) VALUES (1, 2)",
        "SELECT a, FROM t",
        "SELECT a FROM t WHERE a IN (1, 2,)",
        "LOAD TABLE t WITH (replicas = 1,)",
    ] {
        let error = parse(cell).expect_err(cell);
        assert_eq!(error.help, ["leave out the comma before it"], "{cell}");
    }
    // the original has it
    one("select 2, 3, 5, from t where top_k=1");
}

#[test]
fn a_primary_key_may_stand_behind_the_columns() {
    let behind = one("CREATE TABLE t (PRIMARY KEY (id), id BIGINT, v VECTOR(2))");
    let Kind::CreateTable(create) = behind.kind else { panic!() };
    let keys: Vec<bool> = create.columns.iter().map(|column| column.primary_key).collect();
    assert_eq!(keys, [true, false]);
    for (cell, message) in [
        ("CREATE TABLE t (id BIGINT, PRIMARY KEY (di))", "unknown field `di`"),
        ("CREATE TABLE t (a BIGINT, b BIGINT, PRIMARY KEY (a, b))", "a primary key is one column"),
        ("CREATE TABLE t (a INT, PRIMARY KEY (a), PRIMARY KEY (a))", "PRIMARY KEY stands twice"),
    ] {
        assert_eq!(parse(cell).expect_err(cell).message, message);
    }
}

/// What nests or repeats is read in time and stack that are bounded, or refused. (A debug build
/// takes four times the stack for each bracket.)
#[test]
fn a_long_text_is_read_or_refused() {
    let many = |unit: &str, count: usize| unit.repeat(count);
    for cell in [
        many("EXPLAIN ", 100_000) + "SHOW TABLES",
        format!("SELECT * FROM t WHERE {}a", many("(", 100_000)),
        format!("INSERT INTO t VALUES ({}", many("[", 100_000)),
        format!("INSERT INTO t VALUES ({}", many("{'a':", 100_000)),
        format!("CREATE TABLE t (a {}", many("ARRAY<", 100_000)),
        format!("LOAD TABLE t WITH (a = 1{})", many(", b = 1", 5_000)),
        format!("SELECT a{} FROM t", many(", a", 5_000)),
        format!("INSERT INTO t (a{}) VALUES (1)", many(", a", 5_000)),
        format!("CREATE TABLE t (a INT{})", many(", a INT", 5_000)),
        format!("UPDATE t SET a = 1{}", many(", a = 1", 5_000)),
        format!("SELECT {} FROM t", many("CASE ", 100_000)),
        format!("SELECT {}1{} FROM t", many("CASE WHEN ", 33), many(" THEN 1 END", 33)),
        format!("SELECT a{} FROM t", many("::INT", 10_000)),
        format!("SELECT a{} FROM t", many(" -> 'a'", 10_000)),
        many("help;", 100_001),
        many("/*", 100_000),
    ] {
        let error = parse(&cell).expect_err("refused");
        assert_eq!(error.code, milvus_kernel::diagnostic::Code::SyntaxError);
        assert!(error.render(&cell, false).len() < 1_000, "{}", error.message);
    }
    // what is within calls and subqueries is read once: a limit says so of what is read too often
    for (within, count, message) in [
        ("SUM(", 31, "but the text ends"),
        ("CAST(", 31, "but the text ends"),
        ("CASE (", 31, "but the text ends"),
        ("CASE (CASE ", 15, "but the text ends"),
        ("COUNT(DISTINCT(", 15, "but the text ends"),
        ("EXTRACT(year FROM ", 31, "but the text ends"),
        ("MIN(a, ", 31, "but the text ends"),
        ("(SELECT a FROM t ORDER BY ", 8, "but the text ends"),
        ("(SELECT a FROM t ORDER BY ", 30, "subqueries are nested more than 8 deep"),
        ("[(SELECT a FROM t ORDER BY ", 15, "subqueries are nested more than 8 deep"),
    ] {
        let cell = format!("SELECT a FROM t ORDER BY {}", many(within, count));
        let error = parse(&cell).expect_err("not finished");
        assert!(error.message.ends_with(message), "{within}: {}", error.message);
    }
    for cell in [
        format!("SELECT {}a{}", many("MIN(", 30), many(", 1)", 30)),
        format!("SELECT {}a{} FROM t", many("SUM(", 30), many(")", 30)),
        format!("SELECT 'it\\'s {}' FROM t", many("CASE ", 40)),
        "SELECT MIN(), MAX(a, b), COUNT(distinct), COUNT(DISTINCT a), case, t.a FROM t".to_string(),
        format!("SELECT * FROM t WHERE a{}", many(" AND a", 2_000)),
        format!("SELECT * FROM t WHERE {}a", many("NOT ", 10_000)),
        format!("SELECT * FROM t WHERE {}a", many("! ", 10_000)),
        format!("SELECT * FROM t WHERE a > {}1", many("- ", 10_000)),
        format!("SELECT * FROM t WHERE {}a{}", many("(", 20), many(")", 20)),
        format!("SELECT * FROM t WHERE a{} > 1", many("[0]", 10_000)),
        many("/**/", 100_000) + "SHOW TABLES",
    ] {
        parse(&cell).unwrap_or_else(|error| panic!("{}", error.render(&cell, false)));
    }
}
