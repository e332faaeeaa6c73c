//! The kernel in Chinese: every error and every line of help that the reference shows is in the
//! catalogue, and so are HELP's own words.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use std::collections::BTreeMap;
use std::fs;

use milvus_kernel::outcome::{Datum, Outcome};
use milvus_kernel::render::Content;
use milvus_kernel::session::Session;
use milvus_kernel::translate::Catalogue;
use native::{Native, block_on};
use unicode_width::UnicodeWidthStr as _;

const JSON: &str = include_str!("../jupyterlite/src/messages/zh_CN.json");

fn is_chinese(text: &str) -> bool {
    text.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char))
}

/// What `of` finds in the lines of the reference's outputs, with their pages; an error of a
/// server's own is in its own words.
fn shown(of: impl Fn(&str) -> Option<&str>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("tests/language").expect("the pages") {
        let path = entry.expect("a page").path();
        let page = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !page.ends_with(".md") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a page");
        let mut is_output = false;
        for line in text.lines() {
            if let Some(info) = line.strip_prefix("```") {
                is_output = info == "text";
            } else if is_output && !line.starts_with("error[ServerError]") {
                found.extend(of(line.trim_start()).map(|text| (page.clone(), text.to_string())));
            }
        }
    }
    found
}

/// The texts that stay English, of at least so many.
fn missing(shown: &[(String, String)], least: usize) -> Vec<String> {
    let catalogue = Catalogue::parse(JSON).expect("the catalogue");
    assert!(shown.len() > least, "{} lines", shown.len());
    let missing = shown.iter().filter(|(_, text)| !is_chinese(&catalogue.text(text)));
    missing.map(|(page, text)| format!("{page}: {text}")).collect()
}

#[test]
fn every_error_of_the_reference_is_translated() {
    let shown = shown(|line| match line.strip_prefix("error[") {
        Some(rest) => rest.split_once("]: ").map(|(_, text)| text),
        None => line.strip_prefix("= help: "),
    });
    let missing = missing(&shown, 500);
    assert!(missing.is_empty(), "{} of {}:\n{}", missing.len(), shown.len(), missing.join("\n"));
}

/// A label may be a statement's own words, "expected SET or WHERE" not.
#[test]
fn what_stands_at_a_marked_place_is_translated() {
    let shown = shown(|line| line.split_once("^ ").map(|(_, label)| label));
    let missing = missing(&shown, 80);
    assert!(missing.is_empty(), "{} of {}:\n{}", missing.len(), shown.len(), missing.join("\n"));
}

/// What a statement has done, and what it has to say.
#[test]
fn nearly_all_that_is_said_of_a_result_is_translated() {
    const DONE: &str = "added altered changed compaction connected copied created deleted \
                        disconnected dropped emptied exported flushed granted imported inserted \
                        loaded note: released renamed restoring revoked transferred updated \
                        upserted using";
    const COUNTED: &str = "group hit hits replica request requests row rows segment segments token \
                           tokens";
    let shown = shown(|line| {
        let mut words = line.split([' ', ';', ',']);
        let (first, second) = (words.next()?, words.next()?);
        let is_count = first.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
        let is_status = DONE.split_whitespace().any(|word| word == first)
            || is_count && COUNTED.split_whitespace().any(|word| word == second);
        is_status.then(|| line.strip_prefix("note: ").unwrap_or(line))
    });
    let missing = missing(&shown, 1000);
    assert!(
        missing.len() * 20 < shown.len(),
        "{} of {}:\n{}",
        missing.len(),
        shown.len(),
        missing.join("\n")
    );
}

#[test]
fn a_translation_has_the_places_of_its_text() {
    let texts: BTreeMap<String, String> = serde_json::from_str(JSON).expect("the catalogue");
    for (text, translation) in texts {
        let count = text.matches("{}").count();
        let mut places: Vec<usize> = Vec::new();
        for piece in translation.split('{').skip(1) {
            let number = piece.split('}').next().unwrap_or_default();
            // other braces belong to what is quoted
            if let Ok(number) = number.parse() {
                places.push(number);
            } else if number.is_empty() {
                places.push(places.len());
            }
        }
        places.sort_unstable();
        places.dedup();
        assert!(places.iter().all(|place| *place < count), "{text}: {translation}");
        assert_eq!(places.len(), count, "{text}: {translation}");
    }
}

/// The columns of HELP and of SHOW SETTINGS that are prose.
#[test]
fn help_is_in_chinese_and_its_statements_are_not() {
    let session = Session::new(Native::new());
    session.speak(Catalogue::parse(JSON).expect("the catalogue"));
    let mut rows = 0;
    let cell = "HELP; HELP -metric; HELP -index; HELP search; HELP begin; HELP join; HELP union; \
                HELP embed; HELP load data; HELP hint; HELP magic; SHOW SETTINGS";
    let look = |outcome: &Outcome| {
        let table = outcome.tables.first().expect("a table");
        for row in &table.rows {
            for (value, column) in row.iter().zip(&table.columns) {
                let Datum::Text(text) = value else { continue };
                let is_prose = ["what", "meaning", "here"].contains(&column.name.as_str());
                assert_eq!(is_chinese(text), is_prose, "{}: {text}", column.name);
            }
            rows += 1;
        }
    };
    block_on(session.run(cell, look)).expect("help");
    assert!(rows > 200, "{rows} rows");
}

/// What is said of a word; names, types and lines of the grammar stay as they are typed.
#[test]
fn inspection_is_in_chinese() {
    let session = Session::new(Native::new());
    let made = "milvus://memory; CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(9) NULL, \
                v VECTOR(2)); CREATE INDEX i ON books (v) USING HNSW WITH (metric_type = 'L2'); \
                CREATE ALIAS library FOR books; LOAD TABLE books; SET @q = [1, 2]; \
                INSERT INTO books VALUES (1, 'Emma', [1, 2]); SELECT * FROM books LIMIT 1";
    block_on(session.run(made, |_| ())).expect("it is made");
    session.speak(Catalogue::parse(JSON).expect("the catalogue"));
    let settings = [
        "display_limit",
        "precision",
        "table_schema",
        "table_size",
        "image_field",
        "timeout",
        "consistency_level",
        "default_connection",
        "memory_limit",
    ];
    let words = ["SELECT", "HNSW", "ef", "nprobe", "COSINE", "BIGINT", "lower"];
    let cells = settings.iter().map(|name| format!("SET {name}"));
    let cells = cells.chain(words.iter().map(|word| word.to_string()));
    let own = ["SELECT id", "SELECT title", "SELECT v", "SELECT * FROM library", "SELECT :q"];
    let mut lines = 0;
    for cell in cells.chain(own.iter().map(|cell| cell.to_string())) {
        let behind = if cell.starts_with("SELECT") { " FROM books" } else { "" };
        let whole = format!("{cell}{behind}");
        block_on(session.learn(&whole, cell.len()));
        let found = session.inspect(&whole, cell.len()).unwrap_or_else(|| panic!("{cell}: none"));
        // the grammar stands in a fence
        for line in found.markdown.split("\n```").next().unwrap_or_default().lines() {
            assert!(line.is_empty() || is_chinese(line), "{cell}: {line}");
            lines += 1;
        }
    }
    assert!(lines > 50, "{lines} lines");
}

#[test]
fn a_session_speaks_chinese() {
    let session = Session::new(Native::new());
    session.speak(Catalogue::parse(JSON).expect("the catalogue"));
    let said = |cell: &str| {
        let mut said = Vec::new();
        let result = block_on(session.run(cell, |outcome| said.push(session.render(outcome))));
        let Some(Content::Text(text)) = said.pop().map(|bundle| bundle[0].content.clone()) else {
            return result.expect_err("an error").message;
        };
        text
    };
    assert_eq!(said("SHOW TABLES"), "尚无连接");
    assert_eq!(said("SELEC 1"), "此处应为语句，却是 `SELEC`");
    assert_eq!(said("SET @name = 'alpha'"), "@name 的值是含 5 个字符的字符串");
    assert!(said("HELP -metric").contains("COSINE          余弦相似度；越大越近；<=>"));
    // columns are as wide as they look
    let help = said("HELP");
    let at = |statement: &str| {
        let line = help.lines().find(|line| line.ends_with(statement)).expect(statement);
        line.trim_end_matches(statement).width()
    };
    assert_eq!(at("help -metric"), at("drop table test01"), "{help}");
    assert_eq!(at("help -metric"), at("TRUNCATE TABLE t"), "{help}");
    let cut = said("SET display_limit = 1; SHOW SETTINGS");
    assert!(cut.contains(" 行，显示了 1 行"), "{cut}");
}
