//! Runs the language reference: every `sql` fence of tests/language/*.md is a cell, the `text` fence behind it what it shows.
//! A page runs in a fresh session on Milvus 2.3.5 and on Milvus Lite; `sql skip=lite: reason` leaves one of them out.
//! `UPDATE=1` rewrites what is expected from Milvus Lite, or from Milvus where a fence skips Lite.

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use milvus_kernel::render;
use milvus_kernel::session::Session;
use native::{Native, block_on, server};

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
fn the_reference_holds_on_milvus_2_3_5() {
    run_all(&Backend { name: "milvus", host: host("MILVUS_URL"), credentials: "root:Milvus@" });
}

fn host(variable: &str) -> String {
    server(variable).trim_start_matches("http://").to_string()
}

fn run_all(backend: &Backend) {
    let only = std::env::var("PAGE").ok();
    let mut pages: Vec<PathBuf> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| only.as_ref().is_none_or(|only| path.to_string_lossy().contains(only)))
        .collect();
    pages.sort();
    assert!(!pages.is_empty(), "no pages");
    let (mut run, mut failures, mut skipped) = (0, Vec::new(), Vec::new());
    for path in pages {
        let page = Page::read(&path);
        let results = block_on(run_page(&page, backend));
        if std::env::var("UPDATE").is_ok() {
            page.update(&path, &results, backend);
            continue;
        }
        for (fence, result) in page.fences.iter().zip(results) {
            let place = format!("{}:{}", path.file_name().unwrap().to_string_lossy(), fence.line);
            match result {
                None => skipped.push(format!("{place}: {}", fence.skip(backend).unwrap_or_default())),
                Some(shown) => {
                    run += 1;
                    if shown != fence.expected {
                        failures.push(format!("--- {place} on {}\n{}\n--- expected\n{}\n--- shown\n{shown}\n", backend.name, fence.cell, fence.expected));
                    }
                }
            }
        }
    }
    println!("{}: {run} fences ran, {} skipped", backend.name, skipped.len());
    for skip in &skipped {
        println!("  skipped {skip}");
    }
    assert!(failures.is_empty(), "{} of {run} fences differ\n{}", failures.len(), failures.join("\n"));
}

struct Page {
    lines: Vec<String>,
    fences: Vec<Fence>,
}

struct Fence {
    /// of the opening ```sql, from 1
    line: usize,
    info: String,
    cell: String,
    expected: String,
    /// the lines of the text fence's inside, from 0
    expected_at: (usize, usize),
}

impl Fence {
    fn skip(&self, backend: &Backend) -> Option<String> {
        let (_, skip) = self.info.split_once("skip=")?;
        let (name, reason) = skip.split_once(':').expect("skip=backend: reason");
        (name == backend.name).then(|| reason.trim().to_string())
    }
}

impl Page {
    fn read(path: &Path) -> Page {
        let lines: Vec<String> = std::fs::read_to_string(path).unwrap().lines().map(str::to_string).collect();
        let mut fences = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            if let Some(info) = lines[at].strip_prefix("```sql") {
                let close = |from: usize| from + lines[from..].iter().position(|line| line == "```").expect("a fence is closed");
                let end = close(at + 1);
                let text = end + 1 + lines[end + 1..].iter().position(|line| !line.is_empty()).expect("a text fence follows");
                assert_eq!(lines[text], "```text", "{}:{}: a text fence follows", path.display(), text + 1);
                let text_end = close(text + 1);
                fences.push(Fence {
                    line: at + 1,
                    info: info.trim().to_string(),
                    cell: lines[at + 1..end].join("\n"),
                    expected: lines[text + 1..text_end].join("\n"),
                    expected_at: (text + 1, text_end),
                });
                at = text_end;
            }
            at += 1;
        }
        Page { lines, fences }
    }

    fn update(&self, path: &Path, results: &[Option<String>], backend: &Backend) {
        let mut lines = self.lines.clone();
        for (fence, shown) in self.fences.iter().zip(results).rev() {
            let mine = backend.name == "lite" || fence.info.contains("skip=lite");
            if let (Some(shown), true) = (shown, mine) {
                lines.splice(fence.expected_at.0..fence.expected_at.1, shown.lines().map(str::to_string));
            }
        }
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }
}

/// The session of a page is connected; what a page creates is dropped behind it.
async fn run_page(page: &Page, backend: &Backend) -> Vec<Option<String>> {
    let connect = format!("milvus://{}{}", backend.credentials, backend.host);
    let keeper = Session::new(Native::new());
    let version = run_cell(&keeper, &format!("{connect}; SHOW VERSION")).await;
    let version = version.lines().nth(3).and_then(|line| line.split_whitespace().nth(1)).expect("a version").to_string();
    let before = tables(&keeper).await;
    let session = Session::new(Native::new());
    if !page.lines.iter().any(|line| line.contains("starts without a connection")) {
        run_cell(&session, &connect).await;
    }
    let mut results = Vec::new();
    for fence in &page.fences {
        if fence.skip(backend).is_some() {
            results.push(None);
            continue;
        }
        let shown = run_cell(&session, &fence.cell.replace("127.0.0.1:19530", &backend.host)).await;
        let shown = shown.replace(&backend.host, "127.0.0.1:19530").replace(&version, "<version>");
        let number = version.trim_start_matches(|char: char| !char.is_ascii_digit()).trim_end_matches("-lite");
        let shown = shown.replace(&format!("Milvus Lite {number}"), "Milvus <version>").replace(number, "<version>");
        results.push(Some(mask_ids(&shown)));
    }
    for table in tables(&keeper).await.difference(&before) {
        run_cell(&keeper, &format!("DROP TABLE `{table}`")).await;
    }
    results
}

async fn tables(session: &Session<Native>) -> BTreeSet<String> {
    let shown = run_cell(session, "SHOW TABLES").await;
    let lines: Vec<&str> = shown.lines().collect();
    lines[2..lines.len() - 1].iter().map(|line| line.to_string()).collect()
}

/// All that a cell shows, as plain text without times.
async fn run_cell(session: &Session<Native>, cell: &str) -> String {
    let mut shown = Vec::new();
    let result = session.run(cell, |outcome| shown.push(render::text::render(outcome, &session.options(), false))).await;
    if let Err(error) = result {
        shown.push(error.render(cell, false));
    }
    shown.join("\n").lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Numbers that a server or the kernel makes up stand as `<id>`.
fn mask_ids(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for char in text.chars().chain(['\0']) {
        if char.is_ascii_digit() {
            digits.push(char);
            continue;
        }
        out.push_str(if digits.len() >= 15 { "<id>" } else { &digits });
        digits.clear();
        if char != '\0' {
            out.push(char);
        }
    }
    out
}
