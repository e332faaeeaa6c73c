//! The session without a server: what it does in which order, what it remembers, and how it
//! renders.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use milvus_kernel::diagnostic::Diagnostic;
use milvus_kernel::render::{Content, MimeBundle};
use milvus_kernel::session::Session;
use milvus_kernel::translate::Catalogue;
use native::{Native, block_on};

/// Runs a cell: the bundles that it shows, and its error.
fn run(session: &Session<Native>, cell: &str) -> (Vec<MimeBundle>, Option<Diagnostic>) {
    let mut shown = Vec::new();
    let result = block_on(session.run(cell, |outcome| shown.push(session.render(outcome))));
    (shown, result.err())
}

fn text(bundle: &MimeBundle) -> &str {
    match bundle.first().map(|part| &part.content) {
        Some(Content::Text(text)) => text,
        other => panic!("no text but {other:?}"),
    }
}

#[test]
fn every_statement_shows_its_result() {
    let session = Session::new(Native::new());
    let (shown, error) = run(&session, "SET precision = 2; SHOW SETTINGS; help -metric");
    assert!(error.is_none(), "{error:?}");
    assert_eq!(shown.len(), 3);
    assert!(text(&shown[1]).contains("precision"), "{}", text(&shown[1]));
    assert!(text(&shown[2]).contains("COSINE"), "{}", text(&shown[2]));
}

#[test]
fn the_first_error_ends_the_cell() {
    let session = Session::new(Native::new());
    let cell = "SET precision = 2; SHOW TABLES; SET precision = 3";
    let (shown, error) = run(&session, cell);
    assert_eq!(shown.len(), 1);
    let error = error.expect("there is no connection");
    assert_eq!(error.code.name(), "NotConnected");
    assert_eq!(session.options().precision, Some(2));
}

#[test]
fn a_session_goes_where_its_settings_say() {
    let session = Session::new(Native::new());
    let (_, error) = run(&session, "SHOW TABLES");
    assert_eq!(error.expect("there is no engine").code.name(), "NotConnected");
    let cell = "SET default_connection = 'milvus://127.0.0.1:1'; SHOW TABLES";
    let (_, error) = run(&session, cell);
    let error = error.expect("nobody answers there");
    assert_eq!(error.code.name(), "Unreachable");
    assert!(error.message.contains("http://127.0.0.1:1"), "{}", error.message);
    let (_, error) = run(&session, "SET default_connection = default; SHOW TABLES");
    assert_eq!(error.expect("there is no engine").code.name(), "NotConnected");
}

#[test]
fn what_does_not_parse_runs_no_part_of_the_cell() {
    let session = Session::new(Native::new());
    let (shown, error) = run(&session, "SET precision = 2; SELEC 1");
    assert_eq!(shown.len(), 0);
    let span = error.and_then(|error| error.span).expect("a place");
    assert_eq!((span.start, span.end), (19, 24));
    assert_eq!(session.options().precision, None);
}

#[test]
fn a_session_remembers_and_another_does_not() {
    let session = Session::new(Native::new());
    assert!(run(&session, "SET @n = 7").1.is_none());
    let (shown, _) = run(&session, "SHOW VARIABLES");
    assert!(text(&shown[0]).contains('7'), "{}", text(&shown[0]));
    let (shown, _) = run(&Session::new(Native::new()), "SHOW VARIABLES");
    assert!(!text(&shown[0]).contains('7'), "{}", text(&shown[0]));
}

#[test]
fn settings_say_how_results_are_shown() {
    let session = Session::new(Native::new());
    let mime_types = |cell: &str| -> Vec<&'static str> {
        let (shown, _) = run(&session, cell);
        shown.last().unwrap().iter().map(|part| part.mime_type).collect()
    };
    const TABLE: &str = "application/vnd.milvus.table.v1+json";
    assert_eq!(mime_types("SHOW SETTINGS"), ["text/plain", "text/html", TABLE]);
    let (shown, _) = run(&session, "SET display_limit = 1; SHOW SETTINGS");
    assert!(text(&shown[1]).contains("… 1 of "), "{}", text(&shown[1]));
    // the setting holds from the statement behind it
    assert_eq!(
        mime_types("SET table_schema = on; SHOW SETTINGS"),
        ["text/plain", "text/html", TABLE, "application/vnd.dataresource+json"]
    );
    let (shown, _) = run(&session, "SHOW SETTINGS");
    let Content::Json(resource) = &shown[0][3].content else { panic!("no JSON") };
    let resource: serde_json::Value = serde_json::from_str(resource).unwrap();
    assert!(resource["data"].as_array().unwrap().len() > 1, "the resource is not cut");
}

#[test]
fn completion_and_inspection_need_no_connection() {
    let session = Session::new(Native::new());
    let (span, candidates) = block_on(session.complete("'表'; sel", 10));
    assert_eq!((span.start, span.end), (7, 10));
    assert_eq!(candidates.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["select"]);
    let shown = session.inspect("SHOW TABLES", 2).expect("a keyword");
    assert!(shown.markdown.starts_with("**SHOW**"), "{shown:?}");
    assert_eq!(shown.topic, "show");
    assert_eq!(session.inspect("nonsense", 3), None);
    // a cursor inside a character, and one past the end
    assert_eq!(block_on(session.complete("表", 1)).1, []);
    assert_eq!(session.inspect("SHOW", 99), None);
}

/// The texts that a cell shows; it has no error.
fn texts(session: &Session<Native>, cell: &str) -> Vec<String> {
    let (shown, error) = run(session, cell);
    assert!(error.is_none(), "{cell}: {error:?}");
    shown.iter().map(|bundle| text(bundle).to_string()).collect()
}

#[test]
fn the_last_result_is_one_that_the_user_ran() {
    let session = Session::new(Native::new());
    let error = run(&session, "SELECT :last + 1").1.expect("nothing has been read");
    assert_eq!(error.code.name(), "UnknownVariable");
    assert_eq!(error.span.map(|span| (span.start, span.end)), Some((7, 12)));
    assert!(error.message.ends_with("nothing has been read yet"), "{error:?}");

    assert!(run(&session, "SELECT 41; SET precision = 2").1.is_none());
    let mut quiet = Vec::new();
    let cell = "SELECT :last; SELECT 7; SELECT :last";
    block_on(session.run_as(cell, true, |outcome| quiet.push(session.render(outcome))))
        .expect("no error");
    assert_eq!(quiet.iter().filter(|bundle| text(bundle).contains("41")).count(), 2);
    assert!(texts(&session, "SELECT :last + 1")[0].contains("42"));
    // a statement that fails has no result
    assert!(run(&session, "SELECT 1 / 0").1.is_some());
    assert!(texts(&session, "SELECT :last + 1")[0].contains("43"));
}

#[test]
fn of_a_result_that_was_not_read_whole_there_is_no_part() {
    let session = Session::new(Native::new());
    let rows: Vec<String> = (0..3_000).map(|id| format!("({id}, [{id}, 1])")).collect();
    let cell = "milvus://memory; CREATE TABLE t (id BIGINT PRIMARY KEY, v VECTOR(2)); LOAD t";
    texts(&session, &format!("{cell}; INSERT INTO t VALUES {}", rows.join(", ")));
    let (_, error) = run(&session, "SELECT id FROM t; SELECT COUNT(*) FROM t WHERE id IN :last");
    let error = error.expect("it is a part");
    assert!(error.message.starts_with("the last result has 3,000 rows, and "), "{error:?}");
    assert!(error.help[0].starts_with("`LIMIT 3000` reads them all"), "{error:?}");
    let cell = "SELECT id FROM t LIMIT 3000; SELECT COUNT(*) FROM t WHERE id IN :last";
    assert!(texts(&session, cell)[1].contains("3000"));
}

/// Damages the log in its middle, and opens the store anew.
fn damage(platform: &Native) {
    let mut log = platform.kept.get("log.1").unwrap();
    let at = log.windows(4).position(|bytes| bytes == b"Emma").unwrap();
    log[at] ^= 1;
    platform.kept.put("log.1", log);
    platform.reload();
}

#[test]
fn a_damaged_store_tells_the_way_out() {
    let platform = Native::new();
    let session = Session::new(platform.clone());
    let made =
        "milvus://local; CREATE TABLE t (id BIGINT PRIMARY KEY, title VARCHAR(9), v VECTOR(2))";
    for cell in [
        made,
        "INSERT INTO t VALUES (1, 'Emma', [1, 2])",
        "INSERT INTO t VALUES (2, 'Faust', [1, 2])",
    ] {
        assert!(run(&session, cell).1.is_none());
    }
    damage(&platform);
    let error = run(&session, "SELECT * FROM t").1.expect("it is damaged");
    assert_eq!(error.code.name(), "StoreDamaged");
    assert!(error.message.starts_with("the store is damaged: `log.1` at byte "), "{error:?}");
    assert!(error.help[0].starts_with("EXPORT DATABASE d TO 'file' SALVAGE saves"), "{error:?}");
    let refused = run(&session, "EXPORT DATABASE TO 'a.milvus'").1.map(|error| error.code.name());
    assert_eq!(refused, Some("StoreDamaged"));

    let (shown, error) = run(&session, "milvus://local; SHOW STORAGE");
    assert!(error.is_none(), "{error:?}");
    let lost = "lost: 1 record of the log: what they wrote is lost, and what they deleted may be \
                there again";
    assert!(text(&shown[1]).contains(lost), "{}", text(&shown[1]));
    let cell = "EXPORT DATABASE default TO 'a.milvus' SALVAGE; DROP STORAGE; SHOW TABLES; \
                IMPORT DATABASE FROM 'a.milvus'; SELECT title FROM t";
    let (shown, error) = run(&session, cell);
    assert!(error.is_none(), "{error:?}");
    assert!(text(&shown[0]).contains("exported default (1 table with 1 row, "));
    assert!(text(&shown[0]).contains(lost), "{}", text(&shown[0]));
    assert!(text(&shown[1]).starts_with("dropped all that milvus://local had: it is empty"));
    assert!(text(&shown[2]).contains("0 rows"), "{}", text(&shown[2]));
    assert!(text(&shown[4]).contains("Faust\n1 row"), "{}", text(&shown[4]));
    platform.reload();
    assert!(text(&run(&session, "SELECT title FROM t").0[0]).contains("Faust\n1 row"));
}

#[test]
fn syntax_errors_are_in_the_language_of_the_page() {
    let session = Session::new(Native::new());
    let message = |session: &Session<Native>| {
        session.problems("SELECT id FORM t", None).first().expect("an error").message.clone()
    };
    assert!(message(&session).is_ascii(), "{}", message(&session));
    let catalogue = include_str!("../jupyterlite/src/messages/zh_CN.json");
    session.speak(Catalogue::parse(catalogue).expect("a catalogue"));
    assert!(!message(&session).is_ascii(), "{}", message(&session));
}

#[test]
fn a_session_that_takes_the_place_of_another_says_what_is_lost() {
    let lost = "lost: `:last`, and the rows of results that are not in the notebook: run their \
                cells again";
    let restored = |snapshot: String| block_on(Session::new(Native::new()).restore(&snapshot));
    let session = Session::new(Native::new());
    assert!(session.changed_snapshot().is_none());
    assert!(run(&session, "SET @n = 7").1.is_none());
    let lines = restored(session.changed_snapshot().expect("it has changed"));
    assert_eq!(lines, ["the settings and 1 variable are as they were"]);
    assert!(run(&session, "SELECT 41").1.is_none());
    let lines = restored(session.changed_snapshot().expect("it has a result"));
    assert_eq!(lines, ["the settings and 1 variable are as they were", lost]);
    assert!(run(&session, "SELECT 42").1.is_none());
    assert!(session.changed_snapshot().is_none(), "it has had a result before");
}

#[test]
fn what_a_cell_hides_is_found_in_time() {
    let session = Session::new(Native::new());
    let began = std::time::Instant::now();
    for cell in [
        "/* ".repeat(150_000),
        format!("{}CREATE USER u PASSWORD 'x", "/* ".repeat(150_000)),
        "SELECT 1; -- x\n".repeat(10_000),
        format!("SELECT {}1", "/* a */ ".repeat(5_000)),
        format!("SELECT {}1 -- b", "1 -- a\n, ".repeat(5_000)),
    ] {
        assert_eq!(session.history(&cell).len(), cell.len());
        assert!(began.elapsed().as_secs_f64() < 10.0, "it took {:?}", began.elapsed());
    }
    assert!(!session.history("/* /* CREATE USER u PASSWORD 'xyz").contains("xyz"));
    assert!(!session.history("/* a */ /* CREATE USER u PASSWORD 'xyz").contains("xyz"));
}
