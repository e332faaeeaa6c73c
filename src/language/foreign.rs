//! What other databases, shells and notebooks have and this language has not, each with one line
//! that says what to type here. In: a statement that cannot be read, or a topic of HELP. Out: a
//! diagnostic, or the lines. A row says nothing of a statement that can be read, so that all its
//! words stay names.

use super::keywords::{self, OPENS};
use crate::diagnostic::{Code, Diagnostic, Span};

/// Where the words of a row are looked for.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// at the beginning of a statement
    Start,
    /// anywhere outside of strings
    Any,
    /// the same in a CREATE or an ALTER
    Define,
}
use At::{Any, Define, Start};

struct Foreign {
    at: At,
    /// words and marks, a blank between them
    words: &'static str,
    message: &'static str,
    help: &'static str,
}

const fn row(at: At, words: &'static str, message: &'static str, help: &'static str) -> Foreign {
    Foreign { at, words, message, help }
}

const TRANSACTION: &str = "there are no transactions: a statement is done when it returns";
const LEAVE_OUT: &str = "leave it out; UPSERT is a write that may be repeated";
const PREPARED: &str = "there are no prepared statements";
const VARIABLE: &str = "write `SET @q = [0.1, 0.2]`, and `:q` where the value belongs";
const MAGIC: &str = "a cell is the language itself, without magic";
const NO_MAGIC: &str = "leave out the first word, and write `HELP` for the statements";
const PYTHON: &str = "this is Python, and the kernel reads SQL";
const PYTHON_HELP: &str = "`SELECT id FROM t ORDER BY v <-> [..] LIMIT 10` searches; `HELP search`";
const CATALOG: &str = "there is no table of tables";
const CATALOG_HELP: &str = "write `SHOW TABLES`, `DESCRIBE t` or `SHOW INDEXES FROM t`";
const JOIN: &str = "joins are not there yet: a SELECT reads one table";
const JOIN_HELP: &str =
    "read one with what the other gives: `SELECT * FROM u WHERE id IN (SELECT k FROM t)`";
const SETS: &str = "UNION, INTERSECT and EXCEPT are not there yet";
const SETS_HELP: &str =
    "write two SELECTs with `;` between them, or `INSERT INTO a SELECT …` for each of them";
const WINDOW: &str = "windows (OVER) are not there yet";
const WINDOW_HELP: &str = "`GROUP BY f` with COUNT, SUM, AVG, MIN, MAX; `ORDER BY f LIMIT n` ranks";
const ROLLUP: &str = "groups are by fields alone";
const CONSTRAINT: &str = "Milvus keeps no constraint but the primary key";
const CONSTRAINT_HELP: &str = "leave it out: `field TYPE [PRIMARY KEY] [NULL] [DEFAULT value]`";
const STORED: &str = "Milvus keeps no views, functions or triggers";
const STORED_HELP: &str = "keep the SELECT in a cell; `CREATE ALIAS a FOR t` gives a second name";
const CHANGE_TYPE: &str = "the type of a field cannot be changed";
const CHANGE_TYPE_HELP: &str =
    "`ALTER TABLE t ALTER FIELD f SET (max_length = 100)` changes a length; else ADD FIELD";
const CONFLICT: &str = "an INSERT does not look for the key";
const CONFLICT_HELP: &str = "write `UPSERT INTO t …`: it replaces the row of the same key";
const KEEPING: &str = "Milvus looks after its files by itself";
const KEEPING_HELP: &str = "write `COMPACT t`, or `FLUSH t`";
const SHELL: &str = "commands of another shell are not read";
const PARAMETER: &str = "a mark for a parameter is not read";
const FULLTEXT_HELP: &str =
    "write `ALTER TABLE t ADD FIELD s SPARSEVEC GENERATED ALWAYS AS (BM25(text))`, and its index";
const FILES: &str = "write `COPY t FROM 'file.csv'`; `HELP COPY` has the formats";

/// The longer words of several that begin alike come first.
const FOREIGN: &[Foreign] = &[
    row(Start, "BEGIN", TRANSACTION, LEAVE_OUT),
    row(Start, "START TRANSACTION", TRANSACTION, LEAVE_OUT),
    row(Start, "COMMIT", TRANSACTION, LEAVE_OUT),
    row(Start, "ROLLBACK", TRANSACTION, LEAVE_OUT),
    row(Start, "ABORT", TRANSACTION, LEAVE_OUT),
    row(Start, "SAVEPOINT", TRANSACTION, LEAVE_OUT),
    row(Start, "RELEASE SAVEPOINT", TRANSACTION, LEAVE_OUT),
    row(Start, "SET TRANSACTION", TRANSACTION, "write `SET consistency_level = 'Strong'`"),
    row(Start, "LOCK", TRANSACTION, LEAVE_OUT),
    row(Start, "PREPARE", PREPARED, VARIABLE),
    row(Start, "EXECUTE", PREPARED, VARIABLE),
    row(Start, "DEALLOCATE", PREPARED, VARIABLE),
    row(Start, "DECLARE", PREPARED, VARIABLE),
    row(Start, "\\ d", SHELL, "write `SHOW TABLES`, or `DESCRIBE t`"),
    row(Start, "\\ dt", SHELL, "write `SHOW TABLES`"),
    row(Start, "\\ di", SHELL, "write `SHOW INDEXES FROM t`"),
    row(Start, "\\ du", SHELL, "write `SHOW USERS`"),
    row(Start, "\\ l", SHELL, "write `SHOW DATABASES`"),
    row(Start, "\\ c", SHELL, "write `USE d`, or `CONNECT 'http://host:port'`"),
    row(Start, "\\ timing", SHELL, "the time stands below each result"),
    row(Start, "\\", SHELL, "`HELP` lists the statements"),
    row(Start, ". tables", SHELL, "write `SHOW TABLES`"),
    row(Start, ". schema", SHELL, "write `SHOW CREATE TABLE t`"),
    row(Start, ".", SHELL, "`HELP` lists the statements"),
    row(Start, "% sql", MAGIC, NO_MAGIC),
    row(Start, "% % sql", MAGIC, NO_MAGIC),
    row(Start, "%", MAGIC, NO_MAGIC),
    row(Start, "!", SHELL, "this kernel runs no programs; `HELP` lists the statements"),
    row(Start, "IMPORT pymilvus", PYTHON, PYTHON_HELP),
    row(Start, "FROM pymilvus", PYTHON, PYTHON_HELP),
    row(Start, "client .", PYTHON, PYTHON_HELP),
    row(Start, "collection .", PYTHON, PYTHON_HELP),
    row(Start, "utility .", PYTHON, PYTHON_HELP),
    row(Start, "connections .", PYTHON, "write `CONNECT 'http://host:port'`"),
    row(Start, "db .", SHELL, "write `SHOW TABLES`, or `SELECT * FROM t LIMIT 10`"),
    row(Start, "print (", PYTHON, "write the statement alone: a cell shows its result"),
    row(Start, "EXIT", "a cell does not end the kernel", "write `DISCONNECT`"),
    row(Start, "QUIT", "a cell does not end the kernel", "write `DISCONNECT`"),
    row(
        Start,
        "SEARCH",
        "a search is a SELECT",
        "write `SELECT * FROM t ORDER BY v <-> [..] LIMIT 10`",
    ),
    row(Start, "QUERY", "a query is a SELECT", "write `SELECT * FROM t WHERE … LIMIT 10`"),
    row(Start, "FIND", "a query is a SELECT", "write `SELECT * FROM t WHERE … LIMIT 10`"),
    row(
        Start,
        "GET",
        "an entity is read by a SELECT",
        "write `SELECT * FROM t WHERE id IN (1, 2)`",
    ),
    row(
        Start,
        "WITH",
        "WITH before a SELECT is not there yet",
        "write its SELECT in its place, `WHERE id IN (SELECT …)`, or `CREATE TABLE a AS SELECT …`",
    ),
    row(Start, "VALUES", "rows stand in an INSERT", "write `INSERT INTO t VALUES (…)`"),
    row(Start, "MERGE", CONFLICT, CONFLICT_HELP),
    row(Any, "ON CONFLICT", CONFLICT, CONFLICT_HELP),
    row(Any, "ON DUPLICATE KEY", CONFLICT, CONFLICT_HELP),
    row(Start, "INSERT IGNORE", CONFLICT, CONFLICT_HELP),
    row(Start, "INSERT OR", CONFLICT, CONFLICT_HELP),
    row(
        Any,
        "RETURNING",
        "a write shows how many rows it wrote, and not the rows",
        "write a SELECT behind it",
    ),
    row(Start, "LOAD DATA", "LOAD brings a table into memory, and reads no file", FILES),
    row(Start, "BULK", "rows of a file are not read by this word", FILES),
    row(
        Any,
        "embed (",
        "EMBED is not there yet: vectors come from outside",
        "write the vector, `v <-> [0.1, 0.2]`, or search text by words: `HELP BM25_SCORE`",
    ),
    row(
        Start,
        "EMBED",
        "EMBED is not there yet: vectors come from outside",
        "write the vector, `v <-> [0.1, 0.2]`, or search text by words: `HELP BM25_SCORE`",
    ),
    row(
        Start,
        "HYBRID SEARCH",
        "a hybrid search is a clause of a SELECT",
        "write `SELECT id FROM t HYBRID SEARCH (v <-> [..], BM25_SCORE(text, 'words')) LIMIT 10`",
    ),
    row(
        Any,
        "BY RRF (",
        "a hybrid search is a clause of a SELECT",
        "write `SELECT id FROM t HYBRID SEARCH (v <-> [..], BM25_SCORE(text, 'words')) LIMIT 10`",
    ),
    row(
        Any,
        "@ @",
        "words are looked for by a function",
        "write `WHERE TEXT_MATCH(text, 'words')`",
    ),
    row(
        Any,
        "NEAR [",
        "a search is an ORDER BY",
        "write `SELECT * FROM t ORDER BY v <-> [..] LIMIT 10`",
    ),
    row(Any, "INTO OUTFILE", "a SELECT writes no file", "write `COPY (SELECT …) TO 'file.csv'`"),
    row(Any, "TO STDOUT", "a COPY is into a file", "write `COPY t TO 'file.csv'`, or a SELECT"),
    row(
        Start,
        "CONNECT TO",
        "an address stands behind CONNECT",
        "write `CONNECT 'http://host:port'`",
    ),
    row(Start, "SET NAMES", "texts are UTF-8", "leave it out"),
    row(Start, "SET search_path", "there are databases, and no schemas", "write `USE d`"),
    row(Start, "SHOW TABLE STATUS", CATALOG, "write `SHOW STATS FOR t`"),
    row(Start, "CREATE FULLTEXT INDEX", "full text is a field", FULLTEXT_HELP),
    row(
        Define,
        "RENAME COLUMN",
        "a field keeps its name",
        "`SELECT field AS name` shows another; ADD FIELD and UPDATE move the values",
    ),
    row(Start, "REINDEX", KEEPING, "write `DROP INDEX i ON t`, and CREATE INDEX once more"),
    row(Start, "CHECKPOINT", KEEPING, KEEPING_HELP),
    row(
        Start,
        "ANALYZE",
        "Milvus keeps no statistics for a planner",
        "write `SHOW STATS FOR t`; `ANALYZE 'text'` shows an analyzer's words",
    ),
    row(Start, "CALL", STORED, STORED_HELP),
    row(Start, "PRAGMA", SHELL, "write `SHOW SETTINGS`, or `DESCRIBE t`"),
    row(Start, "ATTACH", "a server is connected to", "write `CONNECT 'http://host:port' AS c1`"),
    row(Start, "CREATE VIEW", STORED, STORED_HELP),
    row(Start, "CREATE MATERIALIZED VIEW", STORED, STORED_HELP),
    row(
        Start,
        "CREATE OR REPLACE",
        STORED,
        "write `CREATE TABLE IF NOT EXISTS t (…)`, or DROP TABLE before it",
    ),
    row(Start, "CREATE FUNCTION", STORED, STORED_HELP),
    row(Start, "CREATE PROCEDURE", STORED, STORED_HELP),
    row(Start, "CREATE TRIGGER", STORED, STORED_HELP),
    row(Start, "CREATE SEQUENCE", STORED, "write `id BIGINT PRIMARY KEY AUTO_INCREMENT`"),
    row(
        Start,
        "CREATE SCHEMA",
        "what holds tables is a database",
        "write `CREATE DATABASE d`, then `USE d`",
    ),
    row(Start, "DROP SCHEMA", "what holds tables is a database", "write `DROP DATABASE d`"),
    row(Start, "CREATE TYPE", STORED, "`HELP` names the types of columns"),
    row(
        Start,
        "CREATE EXTENSION",
        "vectors are there without an extension",
        "write `CREATE TABLE t (id BIGINT PRIMARY KEY, v VECTOR(3))`",
    ),
    row(
        Start,
        "CREATE TEMPORARY TABLE",
        "a table stays until it is dropped",
        "write `CREATE TABLE t (…)`, and DROP TABLE at the end",
    ),
    row(
        Start,
        "CREATE TEMP TABLE",
        "a table stays until it is dropped",
        "write `CREATE TABLE t (…)`, and DROP TABLE at the end",
    ),
    row(
        Start,
        "CREATE UNIQUE INDEX",
        "only the primary key is unique",
        "write `CREATE INDEX i ON t (field)`",
    ),
    row(
        Define,
        "ARRAY (",
        "an array says what it is an array of",
        "write `tags ARRAY<VARCHAR(20)>(10)`: up to ten texts",
    ),
    row(
        Any,
        "IDENTIFIED BY",
        "a password has a word of its own",
        "write `CREATE USER u PASSWORD 'p'`, or `PASSWORD PROMPT`, which asks for it",
    ),
    row(Define, "FOREIGN KEY", CONSTRAINT, CONSTRAINT_HELP),
    row(Define, "CONSTRAINT", CONSTRAINT, CONSTRAINT_HELP),
    row(Define, "CHECK (", CONSTRAINT, CONSTRAINT_HELP),
    row(Define, "UNIQUE", CONSTRAINT, CONSTRAINT_HELP),
    row(Define, ") WHERE", "an index is of all rows", "leave WHERE out"),
    row(Define, "INCLUDE (", "an index is on one field", "leave INCLUDE out"),
    row(Define, "MODIFY", CHANGE_TYPE, CHANGE_TYPE_HELP),
    row(Define, "SET DATA TYPE", CHANGE_TYPE, CHANGE_TYPE_HELP),
    row(Define, "TYPE BIGINT", CHANGE_TYPE, CHANGE_TYPE_HELP),
    row(Define, "TYPE VARCHAR", CHANGE_TYPE, CHANGE_TYPE_HELP),
    row(Define, "TYPE INT", CHANGE_TYPE, CHANGE_TYPE_HELP),
    row(Define, "TYPE TEXT", CHANGE_TYPE, CHANGE_TYPE_HELP),
    row(
        Start,
        "SET hnsw .",
        "a parameter of an index stands with the search",
        "write `SEARCH PARAMS (ef = 100)` behind the SELECT",
    ),
    row(
        Start,
        "SET ivfflat .",
        "a parameter of an index stands with the search",
        "write `SEARCH PARAMS (nprobe = 10)` behind the SELECT",
    ),
    row(Any, "information_schema .", CATALOG, CATALOG_HELP),
    row(Any, "pg_catalog .", CATALOG, CATALOG_HELP),
    row(Any, "sqlite_master", CATALOG, CATALOG_HELP),
    row(Start, "SHOW PROCESSLIST", CATALOG, "write `SHOW CONNECTIONS`, or `SHOW SEGMENTS FROM t`"),
    row(Any, "JOIN", JOIN, JOIN_HELP),
    row(
        Any,
        "FROM (",
        "a SELECT within FROM is not there yet",
        "write its conditions into the one SELECT, or `CREATE TABLE a AS SELECT …` before it",
    ),
    row(Any, "FROM UNNEST", JOIN, "write `WHERE array_contains(field, value)`"),
    row(Any, "UNION", SETS, SETS_HELP),
    row(Any, "INTERSECT", SETS, SETS_HELP),
    row(Any, "EXCEPT SELECT", SETS, SETS_HELP),
    row(Any, "EXCEPT ALL", SETS, SETS_HELP),
    row(Any, "OVER (", WINDOW, WINDOW_HELP),
    row(Any, "QUALIFY", WINDOW, WINDOW_HELP),
    row(Any, "WINDOW", WINDOW, WINDOW_HELP),
    row(Any, "BY ROLLUP", ROLLUP, "write `GROUP BY a, b`, and a second SELECT with `GROUP BY a`"),
    row(Any, "BY CUBE", ROLLUP, "write `GROUP BY a, b`, and a second SELECT with `GROUP BY a`"),
    row(Any, "BY GROUPING SETS", ROLLUP, "write a SELECT for each set"),
    row(Any, "FOR UPDATE", TRANSACTION, LEAVE_OUT),
    row(Any, "TABLESAMPLE", "a sample is a condition", "write `WHERE random_sample(0.1)`"),
    row(Any, "CONNECT BY", "rows have no order of parents", "write a SELECT for each step"),
    row(Any, "CLUSTER BY", "rows are sorted by ORDER BY alone", "write `ORDER BY field`"),
    row(Any, "DISTRIBUTE BY", "rows are sorted by ORDER BY alone", "write `ORDER BY field`"),
    row(Any, "SORT BY", "rows are sorted by ORDER BY alone", "write `ORDER BY field`"),
    row(
        Any,
        "< ? >",
        "there is no such operator",
        "write `<->` (L2), `<=>` (COSINE) or `<#>` (IP)",
    ),
    row(Any, "?", PARAMETER, VARIABLE),
    row(Any, "$ 1", PARAMETER, VARIABLE),
    row(Any, "$ 2", PARAMETER, VARIABLE),
];

/// Words for HELP that no row has.
const TOPICS: &[(&str, &str)] = &[
    ("hint", "hints in /*+ */ are not read: SEARCH PARAMS (…) has what a search takes"),
    ("transaction", "there are no transactions: a statement is done when it returns"),
    ("magic", "a cell is the language itself, without %sql"),
];

/// What a statement that cannot be read has of elsewhere. Its places are those of `text`.
pub(super) fn found(text: &str) -> Option<Diagnostic> {
    let tokens = tokens(text);
    let first = tokens.first().map_or("", |(_, token)| *token);
    let opens = keywords::is(first, OPENS);
    let defines = ["CREATE", "ALTER"].iter().any(|word| first.eq_ignore_ascii_case(word));
    let row = FOREIGN.iter().find_map(|foreign| {
        let words: Vec<&str> = foreign.words.split(' ').collect();
        // one that opens statements here is misspelt further on
        if foreign.at == Start && words.len() == 1 && opens && foreign.words != "ANALYZE" {
            return None;
        }
        if foreign.at == Define && !defines {
            return None;
        }
        let may_name = !foreign.words.contains(|char: char| !char.is_alphabetic() && char != '_');
        let places = if foreign.at == Start { 1 } else { tokens.len() };
        let windows = tokens.windows(words.len()).take(places);
        let (at, found) = windows.enumerate().find(|(at, window)| {
            let named = foreign.at == Any && may_name && is_name(&tokens, *at);
            let mut pairs = window.iter().zip(&words);
            !named && pairs.all(|((_, token), word)| token.eq_ignore_ascii_case(word))
        })?;
        let ((start, _), (last, word)) = (tokens.get(at)?, found.last()?);
        Some(diagnostic(foreign, Span::new(*start, last + word.len())))
    });
    row.or_else(|| two_tables(&tokens))
}

/// `FROM a, b`: a join by a comma.
fn two_tables(tokens: &[(usize, &str)]) -> Option<Diagnostic> {
    let found = tokens.windows(3).find(|window| match window {
        [(_, from), _, (_, comma)] => from.eq_ignore_ascii_case("FROM") && *comma == ",",
        _ => false,
    })?;
    let (at, _) = found.last()?;
    Some(Diagnostic::new(Code::NotSupported, JOIN).at(Span::new(*at, at + 1)).help(JOIN_HELP))
}

/// Whether a token stands where a name does, going by the one before it.
fn is_name(tokens: &[(usize, &str)], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let names = ["SELECT", ",", "(", "WHERE", "BY", "AND", "OR", "SET", "."];
    before.is_some_and(|(_, token)| names.iter().any(|name| token.eq_ignore_ascii_case(name)))
}

/// What is said of the tables that other databases keep of their tables, though a name with a point
/// may be read.
pub(super) fn catalog(text: &str) -> Option<Diagnostic> {
    let names = ["information_schema", "pg_catalog", "sqlite_master"];
    let lower = text.to_ascii_lowercase();
    if names.iter().any(|name| lower.contains(name)) { found(text) } else { None }
}

/// A hint of another database, where a comment begins with `+`.
pub(super) fn hint(text: &str, span: Span) -> Diagnostic {
    let lower = text.to_ascii_lowercase();
    let instead = [
        ("overwrite_find_limit", "write `LIMIT n` behind the SELECT"),
        ("overwrite_find_skip", "write `OFFSET n` behind the SELECT"),
        ("overwrite_find_as_count", "write `SELECT COUNT(*) FROM t`"),
        ("consistency", "write `CONSISTENCY LEVEL Strong` behind the SELECT"),
        ("timeout", "write `SET timeout = 60` before it"),
        ("max_execution_time", "write `SET timeout = 60` before it"),
        ("ignore_error", "write IF EXISTS, or IF NOT EXISTS"),
    ];
    let help = instead.iter().find(|(word, _)| lower.contains(word)).map_or(
        "write `SEARCH PARAMS (ef = 64)` behind a search; `/* … */` without `+` is a comment",
        |(_, help)| help,
    );
    let message = "hints of another database are not read";
    Diagnostic::new(Code::NotSupported, message).at(span).help(help)
}

/// The lines of HELP on a word of elsewhere.
pub(super) fn topic(topic: &str) -> Vec<(&'static str, String)> {
    let asked: Vec<&str> = tokens(topic).into_iter().map(|(_, token)| token).collect();
    let fits = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        words.len() >= asked.len()
            && words.iter().zip(&asked).all(|(word, asked)| word.eq_ignore_ascii_case(asked))
    };
    // a call is told under the word alone
    let rows = FOREIGN.iter().filter(|foreign| !foreign.words.ends_with('('));
    let rows = rows.filter(|foreign| fits(foreign.words));
    let rows =
        rows.map(|foreign| (foreign.words, format!("{}; {}", foreign.message, foreign.help)));
    let topics = TOPICS.iter().filter(|(word, _)| fits(word));
    rows.chain(topics.map(|(word, line)| (*word, (*line).to_string()))).collect()
}

fn diagnostic(foreign: &Foreign, span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotSupported, foreign.message).at(span).help(foreign.help)
}

/// Words, numbers and marks outside of strings, each with its place.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let is_word = |char: char| char.is_alphanumeric() || char == '_';
        let first = rest.chars().next().unwrap_or(' ');
        let length = match first {
            '\'' | '"' | '`' => {
                let inner = rest.get(1..).unwrap_or_default();
                inner.find(first).map_or(rest.len(), |end| end + 2)
            }
            _ if is_word(first) => rest.find(|char| !is_word(char)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        if !first.is_whitespace() {
            tokens.push((at, rest.get(..length).unwrap_or_default()));
        }
        at += length;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_elsewhere_is_marked_where_it_stands() {
        for (text, marked) in [
            ("begin work", "begin"),
            ("SELECT a FROM t LEFT JOIN u ON x = y", "JOIN"),
            ("SELECT 'a JOIN b' FROM t UNION SELECT", "UNION"),
            ("\\dt", "\\dt"),
            ("%%sql SELECT 1", "%%sql"),
            ("SELECT RANK() OVER (ORDER BY a) FROM t", "OVER ("),
            ("SELECT a FROM t WHERE b = ?", "?"),
            ("SELECT a FROM t WHERE v <?> [1]", "<?>"),
        ] {
            let span = found(text).and_then(|error| error.span).expect(text);
            assert_eq!(&text[span.start..span.end], marked, "{text}");
        }
        for text in ["SELECT 'JOIN' FRM t", "SELECT `union` FRM t", "CREATE TABLE t", ""] {
            assert!(found(text).is_none(), "{text}");
        }
    }

    #[test]
    fn help_is_by_the_first_words() {
        assert!(topic("begin").iter().any(|(_, line)| line.contains("no transactions")));
        assert!(topic("load data").len() == 1 && topic("embed").len() == 1);
        assert!(topic("zebra").is_empty());
    }

    /// A row that another one hides is never said.
    #[test]
    fn every_row_is_reached() {
        for foreign in FOREIGN {
            let before = match foreign.at {
                Define => "CREATE t ",
                Any if !foreign.words.contains(' ') => "x ",
                _ => "",
            };
            let text = format!("{before}{} x", foreign.words);
            let said = found(&text).map(|error| error.help);
            assert_eq!(said, Some(vec![foreign.help.to_string()]), "{}", foreign.words);
        }
    }
}
