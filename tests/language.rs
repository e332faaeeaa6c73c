//! Runs the language reference: every `sql` fence of tests/language/*.md is a cell, the `text`
//! fence behind it what it shows. A page runs in a fresh session on Milvus 2.3.5, on Milvus Lite 3,
//! on Milvus Lite 2.5 and on the engine of this project; `sql skip=lite,lite25: reason` leaves some
//! of them out, `sql only=milvus: reason` all others. `UPDATE=1` rewrites what is expected from the
//! first of [`BACKENDS`] that a fence does not skip.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;
#[path = "pages/mod.rs"]
mod pages;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use milvus_kernel::render::options::Options;
use milvus_kernel::render::{self, Content};
use milvus_kernel::session::Session;
use native::{Native, block_on, server};
use pages::{Page, column, masked, without_notes};

/// The one whose word stands on a page comes first.
const BACKENDS: [&str; 4] = ["lite", "milvus", "lite25", "engine"];

/// How many cells the engine may leave out, beside those that are about other servers.
const LEFT_OUT: usize = 20;

struct Backend {
    name: &'static str,
    host: String,
    credentials: &'static str,
}

#[test]
fn the_reference_holds_on_milvus_lite() {
    run_all(&Backend { name: "lite", host: host("LITE_URL"), credentials: "" });
}

#[test]
fn the_reference_holds_on_milvus_lite_2_5() {
    run_all(&Backend { name: "lite25", host: host("LITE25_URL"), credentials: "" });
}

#[test]
fn the_reference_holds_on_milvus_2_3_5() {
    run_all(&Backend { name: "milvus", host: host("MILVUS_URL"), credentials: "root:Milvus@" });
}

#[test]
fn the_reference_holds_on_the_engine() {
    run_all(&Backend { name: "engine", host: host("ENGINE_URL"), credentials: "" });
}

/// Every page also runs in a browser: tests/web.rs names them all.
#[test]
fn every_page_runs_in_the_browser_too() {
    let web = include_str!("web.rs");
    let (_, list) = web.split_once("pages_on_lite! {\n").expect("the list of pages");
    let listed: BTreeSet<String> =
        list.split('}').next().unwrap_or_default().split_whitespace().map(str::to_string).collect();
    let folder =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language")).unwrap();
    let pages: BTreeSet<String> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(listed, pages);
}

/// What people type first: how much of it works is said on its page, and the rest has a way out.
#[test]
fn most_of_what_people_type_first_works() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language/natural.md");
    let text = std::fs::read_to_string(path).unwrap();
    let page = Page::parse("natural.md", &text);
    let (refused, work): (Vec<_>, Vec<_>) =
        page.fences.iter().partition(|fence| fence.expected.starts_with("error["));
    assert_eq!(page.fences.len(), 300);
    assert!(work.len() >= 220, "{} work", work.len());
    let counts =
        format!("{} of these 300 statements work, {} are refused", work.len(), refused.len());
    assert!(text.contains(&counts), "the page says: {counts}");
    for fence in refused {
        assert!(fence.expected.contains("\n  = help: "), "natural.md:{} is unkind", fence.line);
    }
}

fn host(variable: &str) -> String {
    server(variable).trim_start_matches("http://").to_string()
}

fn run_all(backend: &Backend) {
    let only = std::env::var("PAGE").ok();
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            // it names its stores itself, and tells their version
            .filter(|path| backend.name != "engine" || !path.ends_with("engine.md"))
            .filter(|path| only.as_ref().is_none_or(|only| path.to_string_lossy().contains(only)))
            .collect();
    pages.sort();
    assert!(!pages.is_empty(), "no pages");
    let (mut run, mut others, mut failures, mut skipped) = (0, 0, Vec::new(), Vec::new());
    for path in pages {
        let page = Page::parse(&path.to_string_lossy(), &std::fs::read_to_string(&path).unwrap());
        let results = block_on(run_page(&page, backend));
        if std::env::var("UPDATE").is_ok() {
            update(&page, &path, &results, backend);
            continue;
        }
        for (fence, result) in page.fences.iter().zip(results) {
            let place = format!("{}:{}", path.file_name().unwrap().to_string_lossy(), fence.line);
            match result {
                None if fence.is_about_some() => others += 1,
                None => skipped
                    .push(format!("{place}: {}", fence.skip(backend.name).unwrap_or_default())),
                Some(shown) => {
                    run += 1;
                    let expected = without_notes(&fence.expected, backend.name);
                    let shown = without_notes(&shown, backend.name);
                    if shown != expected {
                        failures.push(format!(
                            "--- {place} on {}\n{}\n--- expected\n{expected}\n--- shown\n{shown}\n",
                            backend.name, fence.cell
                        ));
                    }
                }
            }
        }
    }
    let name = backend.name;
    println!("{name}: {run} cells ran, {others} are of others, {} left out", skipped.len());
    for skip in &skipped {
        println!("  left out {skip}");
    }
    assert!(name != "engine" || skipped.len() <= LEFT_OUT, "the engine leaves out too much");
    assert!(
        failures.is_empty(),
        "{} of {run} fences differ\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Rewrites what a page expects.
fn update(page: &Page, path: &Path, results: &[Option<String>], backend: &Backend) {
    let mut lines = page.lines.clone();
    for (fence, shown) in page.fences.iter().zip(results).rev() {
        let first = BACKENDS.iter().find(|name| fence.skip(name).is_none());
        let mine = first == Some(&backend.name);
        if let (Some(shown), true) = (shown, mine) {
            lines.splice(
                fence.expected_at.0..fence.expected_at.1,
                shown.lines().map(str::to_string),
            );
        }
    }
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// The session of a page is connected; what a page creates is dropped behind it.
async fn run_page(page: &Page, backend: &Backend) -> Vec<Option<String>> {
    let connect = format!("milvus://{}{}", backend.credentials, backend.host);
    let keeper = Session::new(Native::new());
    let version = run_cell(&keeper, &format!("{connect}; SHOW VERSION")).await;
    let version = version
        .lines()
        .nth(3)
        .and_then(|line| line.split_whitespace().nth(1))
        .expect("a version")
        .to_string();
    let before = tables(&keeper).await;
    let platform = Native::new();
    let session = Session::new(platform.clone());
    if !page.is_unconnected() {
        run_cell(&session, &connect).await;
    }
    let mut results = Vec::new();
    for fence in &page.fences {
        if fence.skip(backend.name).is_some() {
            results.push(None);
            continue;
        }
        platform.typed.replace(fence.typed().map(str::to_string));
        let shown = run_cell(&session, &fence.cell.replace("127.0.0.1:19530", &backend.host)).await;
        results.push(Some(masked(&shown, &backend.host, &version)));
    }
    for table in tables(&keeper).await.difference(&before) {
        run_cell(&keeper, &format!("DROP TABLE `{table}`")).await;
    }
    results
}

async fn tables(session: &Session<Native>) -> BTreeSet<String> {
    column(&run_cell(session, "SHOW TABLES").await).into_iter().collect()
}

/// All that a cell shows, as plain text without times.
async fn run_cell(session: &Session<Native>, cell: &str) -> String {
    let mut shown = Vec::new();
    let result = session
        .run(cell, |outcome| {
            let options = Options { timing: false, ..session.options() };
            let plain = render::mime_bundle(outcome, &options)
                .into_iter()
                .find(|part| part.mime_type == "text/plain");
            match plain.map(|part| part.content) {
                Some(Content::Text(text)) => shown.push(text),
                other => panic!("no text/plain but {other:?}"),
            }
        })
        .await;
    if let Err(error) = result {
        shown.push(error.render(cell, false));
    }
    shown.join("\n").lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
