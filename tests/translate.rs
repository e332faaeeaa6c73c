//! The kernel in Chinese: every error and every line of help that the reference shows is in the
//! catalogue, and so are HELP's own words.

use std::collections::BTreeMap;
use std::fs;

use milvus_kernel::translate::Catalogue;

const JSON: &str = include_str!("../jupyterlite/src/messages/zh_CN.json");

fn is_chinese(text: &str) -> bool {
    text.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char))
}

/// Lines of the reference's outputs behind one of the marks, with their pages; an error of a
/// server's own is in its own words.
fn shown(marks: &[&str]) -> Vec<(String, String)> {
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
                let line = line.trim_start();
                let text = marks.iter().find_map(|mark| {
                    let rest = line.strip_prefix(mark)?;
                    if *mark == "error[" {
                        rest.split_once("]: ").map(|(_, text)| text)
                    } else {
                        Some(rest)
                    }
                });
                found.extend(text.map(|text| (page.clone(), text.to_string())));
            }
        }
    }
    found
}

#[test]
fn every_error_of_the_reference_is_translated() {
    let catalogue = Catalogue::parse(JSON).expect("the catalogue");
    let shown = shown(&["error[", "= help: "]);
    assert!(shown.len() > 500, "{} lines", shown.len());
    let missing: Vec<_> =
        shown.iter().filter(|(_, text)| !is_chinese(&catalogue.text(text))).collect();
    let listed: Vec<_> = missing.iter().map(|(page, text)| format!("{page}: {text}")).collect();
    assert!(missing.is_empty(), "{} of {}:\n{}", missing.len(), shown.len(), listed.join("\n"));
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
