//! What is offered while one types: 60 places and more, each with what must be among the first five
//! candidates, over tables that the engine has. `|` is the cursor.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use milvus_kernel::session::Session;
use native::{Native, block_on};

/// What is there when one begins to type.
const THERE: &[&str] = &[
    "milvus://local",
    "CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(100), year INT, price DOUBLE, \
     meta JSON, v VECTOR(4))",
    "CREATE INDEX ix_v ON books (v) USING HNSW WITH (metric_type = 'IP')",
    "CREATE TABLE wide (key VARCHAR(20) PRIMARY KEY, v VECTOR(2), bits BINARYVEC(16), \
     `order` INT NULL, limits INT)",
    "CREATE PARTITION classics ON books",
    "CREATE ALIAS library FOR books",
    "CREATE DATABASE shop",
    "CREATE ROLE reader",
    "CREATE USER anna WITH PASSWORD 'Secret_1'",
    "INSERT INTO books VALUES (1, 'Emma', 1815, 9.5, '{\"shelf\": {\"row\": 1}, \"sold\": true, \
     \"it''s\": 2, \"a\\\\tb\": 3}', [1, 2, 3, 4])",
    "LOAD books",
    "SELECT * FROM books LIMIT 1",
    "COPY books TO 'books.csv'; COPY books TO 'data/it''s.json'; COPY books TO 'data/wide.csv'",
    "SET @query = [1, 2, 3, 4]; SET @least = 3",
];

/// A cell with its cursor, and what must be among the first five.
const PLACES: &[(&str, &[&str])] = &[
    // the beginning of a statement
    ("|", &["SELECT", "SHOW"]),
    ("SEL|", &["SELECT"]),
    ("sel|", &["select"]),
    ("select 1; sho|", &["show"]),
    ("EXPLAIN |", &["SELECT"]),
    ("mil|", &["milvus://local"]),
    ("milvus://lo|", &["milvus://local"]),
    ("CONNECT 'mil|", &["milvus://local"]),
    // tables
    ("SELECT * FROM |", &["books", "library", "wide"]),
    ("SELECT * FROM b|", &["books"]),
    ("SELECT * FROM w|", &["wide"]),
    ("DESC |", &["books", "wide"]),
    ("DROP TABLE |", &["books", "wide", "IF EXISTS"]),
    ("INSERT INTO |", &["books", "wide"]),
    ("LOAD |", &["books", "wide"]),
    ("CREATE INDEX ON |", &["books", "wide"]),
    ("ALTER TABLE |", &["books", "wide"]),
    ("COPY |", &["books", "wide"]),
    ("DELETE FROM |", &["books", "wide"]),
    ("USE |", &["shop", "default"]),
    ("DROP ALIAS |", &["library"]),
    ("SHOW TABLES FROM |", &["shop", "default"]),
    // fields
    ("SELECT * FROM books WHERE ti|", &["title"]),
    ("SELECT ti| FROM books", &["title"]),
    ("SELECT | FROM books", &["*", "id", "title"]),
    ("DELETE |", &["FROM"]),
    ("SELECT * FROM books WHERE |", &["id", "title", "year"]),
    ("SELECT b.| FROM books b", &["id", "title", "year"]),
    ("SELECT b.| FROM books AS b WHERE year > 1", &["id", "title", "year"]),
    ("SELECT w.l| FROM wide w", &["limits"]),
    ("SELECT l| FROM wide", &["limits"]),
    ("INSERT INTO books (|", &["id", "title", "year", "price", "meta"]),
    ("INSERT INTO books (id, title, |", &["year", "price", "meta", "v"]),
    ("UPDATE books SET |", &["title", "year"]),
    ("UPDATE books SET year = 1 WHERE |", &["id", "title"]),
    ("SELECT year, COUNT(*) FROM books GROUP BY |", &["id", "title", "year"]),
    ("SELECT * FROM wide WHERE key IN (SELECT | FROM books)", &["id", "title", "year"]),
    ("CREATE INDEX ON books (|", &["v", "id", "title"]),
    ("CREATE INDEX ON wide (|", &["v", "bits"]),
    ("ALTER TABLE books DROP FIELD |", &["title", "year"]),
    ("SELECT * FROM library WHERE ye|", &["year"]),
    ("SELECT key FROM wide WHERE `or|", &["`order`"]),
    ("SELECT meta['| FROM books", &["shelf", "sold", "it''s", "a\\tb"]),
    ("SELECT meta[| FROM books", &["'shelf'", "'it''s'", "'a\\tb'"]),
    ("SELECT meta['it| FROM books", &["it''s"]),
    ("SELECT meta['it''| FROM books", &["it''s"]),
    ("SELECT meta[\"it'| FROM books", &["it's"]),
    // behind a string with a quote, and behind blanks of other kinds
    ("SELECT '\\'' AS a FROM books WHERE ti|", &["title"]),
    ("SELECT\u{3000}*\u{3000}FROM\u{3000}bo|", &["books"]),
    ("SELECT * FROM books WHERE\u{a0}ti|", &["title"]),
    ("\u{3000}mil|", &["milvus://local"]),
    // plots
    ("PLOT |", &["books", "wide", "library", "SELECT"]),
    ("PLOT b|", &["books"]),
    ("PLOT wide.|", &["v", "bits"]),
    ("PLOT library.|", &["v"]),
    ("PLOT books.v |", &["COLOR BY", "LABEL", "WHERE"]),
    ("PLOT books.v COLOR BY |", &["id", "title", "year"]),
    ("PLOT books.v COLOR BY year LABEL ti|", &["title"]),
    ("PLOT SELECT | FROM books", &["*", "id", "title"]),
    // what is explained, and what is analyzed
    ("EXPLAIN ANALYZE |", &["SELECT"]),
    ("EXPLAIN ANALYZE SELECT | FROM books", &["*", "id", "title"]),
    ("EXPLAIN ANALYZE SELECT * FROM |", &["books", "library", "wide"]),
    ("ANALYZE 'x' ON |", &["books", "library", "wide"]),
    ("ANALYZE 'x' ON books (|", &["title"]),
    ("EXPLAIN ANALYZE 'x' ON books (|", &["title"]),
    // searches
    ("SELECT * FROM books ORDER BY |", &["v", "id", "title"]),
    ("SELECT * FROM books ORDER BY v |", &["<#>", "<->", "<=>"]),
    ("SELECT * FROM wide ORDER BY bits |", &["<~>", "<%>"]),
    ("SELECT * FROM books ORDER BY year |", &["DESC", "ASC", "LIMIT"]),
    ("SELECT * FROM books ORDER BY v <-> :|", &[":least", ":query"]),
    ("SELECT * FROM books WHERE year > @l|", &["@least"]),
    ("SELECT * FROM books ORDER BY v <-> [1, 2, 3, 4] LIMIT 3 SEARCH |", &["PARAMS"]),
    ("SELECT * FROM books ORDER BY v <-> [1, 2, 3, 4] SEARCH PARAMS (|", &["ef"]),
    ("SELECT * FROM books ORDER BY v <-> [1, 2, 3, 4] SEARCH PARAMS (ro|", &["round_decimal"]),
    ("SELECT * FROM books CONSISTENCY LEVEL |", &["Strong", "Bounded", "Session", "Eventually"]),
    // clauses
    ("SELECT * FROM books |", &["WHERE", "ORDER BY", "LIMIT"]),
    ("select * from books w|", &["where"]),
    ("SELECT * FROM books WHERE title |", &["LIKE", "IN"]),
    ("SELECT * FROM books WHERE title IS |", &["NULL", "NOT NULL"]),
    ("SELECT * FROM books WHERE year > 1 |", &["AND", "OR", "ORDER BY"]),
    ("SELECT * FROM books WHERE low|", &["lower("]),
    ("SELECT cou| FROM books", &["count(*)"]),
    ("SELECT * FROM books OR|", &["ORDER BY"]),
    // indexes
    ("CREATE INDEX ON books (v) |", &["USING", "WITH"]),
    ("CREATE INDEX ON books (v) USING |", &["HNSW", "IVF_FLAT", "AUTOINDEX"]),
    ("CREATE INDEX ON wide (bits) USING |", &["BIN_FLAT", "BIN_IVF_FLAT"]),
    ("CREATE INDEX ON books (title) USING |", &["INVERTED", "TRIE"]),
    ("CREATE INDEX ON books (v) USING HNSW WITH (|", &["metric_type", "M", "efConstruction"]),
    ("CREATE INDEX ON books (v) USING IVF_FLAT WITH (n|", &["nlist"]),
    ("CREATE INDEX ON books (v) USING HNSW WITH (metric_type = |", &["'COSINE'", "'L2'", "'IP'"]),
    ("CREATE INDEX ON wide (bits) WITH (metric_type = '|", &["HAMMING", "JACCARD"]),
    ("DROP INDEX |", &["ix_v", "IF EXISTS"]),
    // definitions
    ("CREATE |", &["TABLE", "INDEX", "PARTITION"]),
    ("CREATE TABLE t (id |", &["BIGINT", "VARCHAR"]),
    ("CREATE TABLE t (id BIGINT |", &["PRIMARY KEY", "NOT NULL"]),
    ("CREATE TABLE t (id BIGINT PRIMARY KEY, v VEC|", &["VECTOR"]),
    ("LOAD books PARTITION |", &["classics"]),
    ("SHOW |", &["TABLES", "DATABASES"]),
    // settings, help, access, files
    ("SET |", &["display_limit", "precision", "timeout"]),
    ("SET precision = |", &["full"]),
    ("SET table_schema = |", &["on", "off"]),
    ("HELP |", &["SELECT"]),
    ("HELP me|", &["metric"]),
    ("GRANT |", &["reader"]),
    ("GRANT reader TO |", &["anna"]),
    ("GRANT Sea|", &["Search"]),
    ("COPY books |", &["FROM", "TO"]),
    ("COPY books FROM 'b.csv' WITH (|", &["format", "header"]),
    // what is around
    ("-- it's\nSELECT * FROM |", &["books"]),
    ("/* don't */ SELECT * FROM books WHERE ti|", &["title"]),
    ("SELECT '表 𝒳' AS x FROM books WHERE ti|", &["title"]),
    ("SELECT * FROM books WHERE title = 'it''s' AND ye|", &["year"]),
    ("INSERT INTO wide VALUES ('a', [1, 2], NULL); SELECT * FROM books WHERE ti|", &["title"]),
    // the likeliest first
    ("CREATE |", &["TABLE"]),
    ("SELECT year, COUNT(*) FROM books GROUP BY year |", &["HAVING", "ORDER BY", "LIMIT"]),
    ("SELECT * FROM books |", &["WHERE", "ORDER BY", "LIMIT", "GROUP BY"]),
    ("INSERT INTO books |", &["VALUES"]),
    // before FROM
    ("SELECT ti|", &["title"]),
    ("SELECT pri|", &["price"]),
    ("select id, dist|", &["distance"]),
    ("SELECT * FROM books WHERE dis|", &["distance"]),
    // files
    ("COPY books FROM |", &["'books.csv'", "'data/'"]),
    ("COPY books FROM 'b|", &["books.csv"]),
    ("COPY books FROM 'data/|", &["data/it''s.json", "data/wide.csv"]),
    ("COPY books FROM \"data/i|", &["data/it's.json"]),
    ("COPY (SELECT id FROM books) TO 'd|", &["data/"]),
    ("CREATE TABLE IF NOT EXISTS more FROM 'data/w|", &["data/wide.csv"]),
];

/// What must not be offered at a place, however far down.
const NEVER: &[(&str, &[&str])] = &[
    ("EXPLAIN ANALYZE SELECT | FROM books", &["SELECT", "INSERT"]),
    ("EXPLAIN ANALYZE SELECT * FROM |", &["SELECT", "INSERT"]),
    ("ANALYZE |", &["SELECT", "INSERT"]),
    ("ANALYZE 'x' ON books (|", &["SELECT", "INSERT"]),
    ("PLOT books.|", &["id", "title", "books", "COLOR BY"]),
    ("SET @|", &["@last"]),
    ("SET @x| = 1", &["@last"]),
    ("SET precision = |", &["@last", ":last"]),
    ("DROP USER |", &[":last", ":query"]),
    ("CREATE ROLE |", &[":last", ":query"]),
    ("GRANT reader TO |", &[":last", ":query"]),
    ("SELECT * FROM books WHERE |", &["COUNT(*)", "SUM("]),
    ("DELETE FROM books WHERE |", &["COUNT(*)", "SUM("]),
    ("UPDATE books SET year = |", &["COUNT(*)", "SUM("]),
    ("SELECT year, COUNT(*) FROM books GROUP BY |", &["COUNT(*)", "SUM("]),
    ("SELECT SUM(|) FROM books", &["COUNT(*)", "SUM("]),
];

/// Places at which there is nothing to offer.
const NOTHING: &[&str] = &[
    "SELECT 'ti|",
    "SELECT * FROM books WHERE title = 'ti|",
    "-- sel|",
    "/* sel|",
    "SELECT * FROM books AS ti|",
    "CREATE TABLE t (ti|",
    "SELECT 12|",
];

fn session() -> Session<Native> {
    let session = Session::new(Native::new());
    for cell in THERE {
        block_on(session.run(cell, |_| ())).unwrap_or_else(|error| panic!("{cell}: {error:?}"));
    }
    session
}

/// The candidates at the `|` of a cell, when all is learnt that it names.
fn offered(session: &Session<Native>, cell: &str) -> Vec<String> {
    let cursor = cell.find('|').expect("a cursor");
    let cell = cell.replacen('|', "", 1);
    block_on(session.learn(&cell, cursor));
    let (span, candidates) = block_on(session.complete(&cell, cursor));
    assert!(span.start <= span.end && cell.is_char_boundary(span.start), "{cell}");
    candidates.into_iter().map(|candidate| candidate.text).collect()
}

#[test]
fn what_is_likely_is_among_the_first_five() {
    let session = session();
    let mut wrong = Vec::new();
    for (cell, expected) in PLACES {
        let offered = offered(&session, cell);
        let first: Vec<&str> = offered.iter().take(5).map(String::as_str).collect();
        let missing: Vec<&&str> = expected.iter().filter(|text| !first.contains(text)).collect();
        if !missing.is_empty() {
            wrong.push(format!("{cell}\n    lacks {missing:?} in {first:?}"));
        }
    }
    assert!(PLACES.len() >= 60);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), PLACES.len(), wrong.join("\n"));
}

#[test]
fn what_would_be_refused_is_not_offered() {
    let session = session();
    for (cell, never) in NEVER {
        let offered = offered(&session, cell);
        let wrong: Vec<&&str> =
            never.iter().filter(|text| offered.iter().any(|one| one == *text)).collect();
        assert!(wrong.is_empty(), "{cell}: {wrong:?}");
        assert!(cell.contains("@x|") || !offered.is_empty() || cell.contains("ROLE |"), "{cell}");
    }
    for (cell, still) in [
        ("SELECT * FROM books WHERE id IN (SELECT | FROM books)", "MAX("),
        ("SELECT year FROM books GROUP BY year HAVING |", "COUNT(*)"),
        ("SELECT year FROM books GROUP BY year ORDER BY |", "COUNT(*)"),
        ("SELECT ABS(| FROM books", "SUM("),
        ("SELECT * FROM books WHERE id > |", ":last"),
        ("CONNECT 'milvus://local' PASSWORD |", ":query"),
        ("SET @|", "@query"),
    ] {
        let offered = offered(&session, cell);
        assert!(offered.iter().any(|one| one == still), "{cell}: {offered:?}");
    }
}

#[test]
fn a_long_statement_and_one_within_many_are_read() {
    let session = session();
    let long = format!("SELECT * FROM books WHERE {}ti|", "year = 1 AND ".repeat(1_000));
    assert_eq!(offered(&session, &long).first().map(String::as_str), Some("title"));
    for within in ["SUM(", "CAST(", "COUNT(DISTINCT ", "EXTRACT(year FROM ", "MIN(1, ", "lower("] {
        let cell = format!("SELECT {}ti| FROM books", within.repeat(20));
        assert_eq!(offered(&session, &cell).first().map(String::as_str), Some("title"), "{cell}");
    }
}

/// What inspection says first of the word at the cursor, and what else it must say.
const WORDS: &[(&str, &str, &str)] = &[
    ("SELECT |v FROM wide", "v: VECTOR(2), a field of wide", "no index"),
    ("SELECT |v FROM books", "v: VECTOR(4), a field of books", "index ix_v: HNSW by IP"),
    ("SELECT b.ti|tle FROM books b", "title: VARCHAR(100), a field of books", "'Emma'"),
    ("SELECT `or|der` FROM wide", "order: INT, a field of wide", "may be NULL"),
    ("SELECT * FROM boo|ks", "books: a collection", "loaded"),
    ("SELECT * FROM lib|rary", "library: the collection books", "1 row"),
    ("CREATE INDEX ON books (v) USING IVF_|FLAT", "IVF_FLAT: an index type", "nlist"),
    ("SET preci|sion = 3", "precision: a setting of the kernel", "digits"),
    ("SELECT * FROM books ORDER BY v <-> :que|ry", ":query: a variable", "4 numbers"),
    ("SEL|ECT 1", "SELECT: a keyword", "FROM"),
    ("CREATE TABLE t (id BIG|INT)", "BIGINT: a type", ""),
    ("SELECT low|er(title) FROM books", "lower: a function", ""),
    ("SELECT ti|tle\u{3000}FROM\u{a0}books", "title: VARCHAR(100), a field of books", "'Emma'"),
    ("PLOT bo|oks.v", "books: a collection", "loaded"),
    ("PLOT books.|v", "v: VECTOR(4), a field of books", "index ix_v"),
    ("PLOT books.v COLOR BY ye|ar", "year: INT, a field of books", ""),
    ("EXPLAIN ANALYZE SELECT ye|ar FROM books", "year: INT, a field of books", ""),
    ("SELECT * FROM books ORD|ER BY id", "ORDER: a keyword", "SELECT"),
    ("SELECT * FROM books ORDER B|Y id", "BY: a keyword", "SELECT"),
    ("ALTER TABLE books DROP COL|UMN title", "COLUMN: a keyword", ""),
];

#[test]
fn a_word_means_what_it_means_there() {
    let session = session();
    for (cell, first, also) in WORDS {
        let cursor = cell.find('|').expect("a cursor");
        let cell = cell.replacen('|', "", 1);
        block_on(session.learn(&cell, cursor));
        let found = session.inspect(&cell, cursor).unwrap_or_else(|| panic!("{cell}: nothing"));
        assert!(found.text.starts_with(first), "{cell}: {}", found.text);
        assert!(found.text.contains(also), "{cell}: {}", found.text);
    }
    // the names of HELP's examples are no words of the language
    for word in ["nonsense", "title", "price", "x", "a"] {
        assert_eq!(session.inspect(&format!("SELECT {word}"), 7), None, "{word}");
    }
}

#[test]
fn a_statement_is_a_select_before_all_others() {
    let session = session();
    for cell in ["|", "EXPLAIN |", "EXPLAIN ANALYZE |"] {
        assert_eq!(offered(&session, cell).first().map(String::as_str), Some("SELECT"), "{cell}");
    }
    assert_eq!(offered(&session, "CREATE |").first().map(String::as_str), Some("TABLE"));
    let behind = offered(&session, "CREATE TABLE shelf |");
    assert_eq!(behind.last().map(String::as_str), Some("WHERE"), "{behind:?}");
}

#[test]
fn where_nothing_fits_nothing_is_offered() {
    let session = session();
    for cell in NOTHING {
        assert_eq!(offered(&session, cell), Vec::<String>::new(), "{cell}");
    }
}

#[test]
fn none_of_a_thousand_collections_is_left_out() {
    let session = session();
    let many: String = (0..1_000)
        .map(|at| format!("CREATE TABLE t{at} (id BIGINT PRIMARY KEY, v VECTOR(4));"))
        .collect();
    block_on(session.run(&many, |_| ())).expect("they are made");
    let offered = offered(&session, "SELECT * FROM t|");
    let made = offered.iter().filter(|name| name[1..].parse::<u32>().is_ok());
    assert_eq!(made.count(), 1_000, "{offered:?}");
    assert_eq!(offered.first().map(String::as_str), Some("t0"));
}

/// Runs a cell that has no error.
fn run(session: &Session<Native>, cell: &str) {
    block_on(session.run(cell, |_| ())).unwrap_or_else(|error| panic!("{cell}: {error:?}"));
}

/// What inspection says of the word at the `|` of a cell, when all is learnt that it names.
fn inspected(session: &Session<Native>, cell: &str) -> String {
    let cursor = cell.find('|').expect("a cursor");
    let cell = cell.replacen('|', "", 1);
    block_on(session.learn(&cell, cursor));
    session.inspect(&cell, cursor).unwrap_or_else(|| panic!("{cell}: nothing")).text
}

/// What an outcome of a cell shows, while something else is learnt.
fn shown_while_learning(platform: &Native, cell: &str, learnt: &str) -> String {
    platform.delay_ms.set(0);
    let session = Session::new(platform.clone());
    run(&session, "milvus://memory");
    platform.delay_ms.set(5);
    let mut shown = String::new();
    block_on(async {
        let run = session.run(cell, |outcome| shown.push_str(&format!("{:?}", outcome.tables)));
        let (ran, ()) = tokio::join!(run, session.learn(learnt, 0));
        ran.expect("no error");
    });
    assert!(offered(&session, &format!("{learnt} WHERE |")).contains(&"title".to_string()));
    shown
}

#[test]
fn what_is_learnt_is_no_part_of_the_statement_that_runs() {
    let platform = Native::new();
    let columns = "id BIGINT PRIMARY KEY, v VECTOR(2)";
    let others: String =
        (2..9).map(|at| format!("CREATE TABLE b{at} ({columns}); LOAD b{at};")).collect();
    let make = format!("milvus://memory; {others} CREATE TABLE books ({columns}, title INT)");
    run(&Session::new(platform.clone()), &make);
    let learnt = "SELECT * FROM books";
    // what it is planned with takes as long as to learn all
    let shown = shown_while_learning(&platform, "EXPLAIN SHOW ALIASES", learnt);
    assert!(shown.contains("rows: []"), "{shown}");
    let shown = shown_while_learning(&platform, "EXPLAIN ANALYZE SELECT id FROM b2", learnt);
    assert!(shown.contains("Query"), "{shown}");
    for other in ["GetCollectionStatistics", "ListDatabases", "ShowCollections"] {
        assert!(!shown.contains(other), "{other}: {shown}");
    }
}

#[test]
fn sample_values_are_of_the_field_and_of_this_table() {
    let session = session();
    let price = "SELECT pri|ce FROM books";
    run(&session, "CREATE TABLE books2 LIKE books; LOAD books2");
    run(
        &session,
        "INSERT INTO books2 VALUES (1, 'Faust', 1808, 2.5, '{\"leaf\": 1}', [1, 2, 3, 4])",
    );
    let inspect = |cell: &str| inspected(&session, cell);
    assert!(inspect(price).contains("values: 9.5\n"), "{}", inspect(price));
    let of_other = "SELECT pri|ce FROM books2";
    for cell in [
        "SELECT id, price * 100 AS price FROM books2",
        "SELECT id, title AS price FROM books2",
        "SELECT *, price * 100 AS price FROM books2",
        "SELECT max(price) AS price FROM books2",
        "SELECT price FROM default.books2",
    ] {
        run(&session, cell);
        assert!(!inspect(of_other).contains("values"), "{cell}: {}", inspect(of_other));
    }
    assert!(inspect("SELECT tit|le FROM books2").contains("values: 'Faust'"));
    run(&session, "SELECT id, price AS cost FROM books2 b");
    assert!(inspect(of_other).contains("values: 2.5\n"), "{}", inspect(of_other));

    // the same name in another database, and another table of the name
    let made = "CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(9), price DOUBLE, \
                meta JSON, v VECTOR(2))";
    run(&session, &format!("USE shop; {made}"));
    assert!(!inspect(price).contains("values"), "{}", inspect(price));
    assert_eq!(offered(&session, "SELECT meta['| FROM books"), Vec::<String>::new());
    run(&session, "USE default");
    assert!(inspect(price).contains("values: 9.5\n"), "{}", inspect(price));
    run(&session, &format!("DROP ALIAS library; DROP TABLE books; {made}"));
    assert!(!inspect(price).contains("values"), "{}", inspect(price));
    // another connection
    run(&session, "SELECT * FROM books2; CONNECT 'milvus://memory' AS other");
    run(&session, "CREATE TABLE books2 (id BIGINT PRIMARY KEY, price DOUBLE, v VECTOR(2))");
    assert!(!inspect(of_other).contains("values"), "{}", inspect(of_other));
}

#[test]
fn what_others_change_is_learnt() {
    let platform = Native::new();
    let (session, others) = (Session::new(platform.clone()), Session::new(platform.clone()));
    run(&session, "milvus://memory; SELECT 1");
    let columns = "id BIGINT PRIMARY KEY, v VECTOR(2)";
    let make = format!("CREATE TABLE books ({columns}, title INT); CREATE TABLE other ({columns})");
    run(&others, &format!("milvus://memory; {make}"));
    let tables = || {
        let mut tables = offered(&session, "SELECT * FROM |");
        tables.retain(|name| name != "TABLE");
        tables
    };
    assert_eq!(tables(), ["books", "other"]);
    assert!(offered(&session, "SELECT | FROM books").contains(&"title".to_string()));
    let change = format!(
        "DROP TABLE other; DROP TABLE books; CREATE TABLE books ({columns}, author INT); \
         CREATE TABLE made ({columns}); CREATE ALIAS al FOR made"
    );
    run(&others, &change);
    // nothing is asked while nothing runs, and nothing has to be after a minute
    assert_eq!(tables(), ["books", "other"]);
    run(&session, "SELECT 1");
    assert_eq!(tables(), ["books", "made", "al"]);
    let fields = offered(&session, "SELECT | FROM books");
    assert!(fields.contains(&"author".to_string()), "{fields:?}");
    assert!(!fields.contains(&"title".to_string()), "{fields:?}");
    let fields = offered(&session, "SELECT | FROM al");
    assert!(fields.contains(&"v".to_string()), "{fields:?}");

    run(&others, "DROP ALIAS al; DROP TABLE made; ALTER TABLE books ADD FIELD year INT NULL");
    platform.ahead_ms.set(61_000.0);
    assert_eq!(tables(), ["books"]);
    assert!(offered(&session, "SELECT | FROM books").contains(&"year".to_string()));
}

#[test]
fn a_statement_makes_what_was_learnt_old() {
    let session = session();
    let books = "SELECT * FROM boo|ks";
    assert!(inspected(&session, books).contains("1 row\n"), "{}", inspected(&session, books));
    run(&session, "INSERT INTO books VALUES (2, 'Faust', 1808, 2, '{}', [1, 2, 3, 4])");
    let at_once = session.inspect("SELECT * FROM books", 17).expect("it is known").text;
    assert!(!at_once.contains(" row"), "{at_once}");
    assert!(inspected(&session, books).contains("2 rows\n"), "{}", inspected(&session, books));
    // what the page asks quietly leaves it, and what it does so does not
    block_on(session.run_as("SHOW TABLES", true, |_| ())).expect("no error");
    let text = |cell: &str| session.inspect(cell, 17).expect("it is known").text;
    assert!(text("SELECT * FROM books").contains("2 rows\n"));
    block_on(session.run_as("DELETE FROM books WHERE id = 2", true, |_| ())).expect("no error");
    assert!(!text("SELECT * FROM books").contains(" rows\n"));
}
