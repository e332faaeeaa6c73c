//! HELP: statements, metrics and index types, drawn from the pages of the reference by `build.rs`,
//! so that they cannot differ: today's first, then the original's. In: a topic, or none. Out: a
//! table, or a diagnostic that names the topics.

use super::ast::Name;
use super::foreign;
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::{Outcome, Table};

/// `PAGES`: a family's title with the lines of its grammar; `ORIGINAL`: what the original's
/// statements do, in its order; `METRIC`, `INDEX` and `SPELLING`, the names of others.
mod pages {
    include!(concat!(env!("OUT_DIR"), "/help.rs"));
}
pub(crate) use pages::PAGES;
pub use pages::{INDEX, METRIC, ORIGINAL, SPELLING};

/// The help on a topic, or on everything.
pub(crate) fn help(topic: Option<&Name>) -> Result<Outcome, Diagnostic> {
    let table = |heads: [&str; 2], rows: Vec<(&str, &str)>| {
        let rows = rows
            .into_iter()
            .map(|(left, right)| vec![left.to_string(), right.to_string()])
            .collect();
        let table = Table { is_whole: true, ..Table::texts(&heads, rows) };
        Ok(Outcome::table(table).with_done(""))
    };
    let Some(topic) = topic else {
        return table(
            ["what", "statement"],
            standard(|_| true).chain(ORIGINAL.iter().copied()).collect(),
        );
    };
    let word = topic.value.trim_start_matches('-').trim().to_ascii_lowercase();
    match word.as_str() {
        "metric" | "metrics" => return table(["metric", "meaning"], METRIC.to_vec()),
        "index" if topic.value.starts_with('-') => {
            return table(["index", "meaning"], INDEX.to_vec());
        }
        _ => {}
    }
    // a statement by its words: `help create index`, `help users`
    let words: Vec<&str> = word.split_whitespace().collect();
    let fits = |line: &str| {
        let line = line.to_ascii_lowercase();
        words.iter().all(|word| {
            line.split(|char: char| !char.is_ascii_alphanumeric()).any(|part| part == *word)
        })
    };
    let mut found: Vec<(&str, &str)> =
        standard(fits).chain(ORIGINAL.iter().copied().filter(|(_, how)| fits(how))).collect();
    // what begins so is what was meant
    let begins = |line: &str| line.to_ascii_lowercase().starts_with(&words.join(" "));
    found.sort_by_key(|(_, line)| !begins(line));
    if !found.is_empty() {
        return table(["what", "statement"], found);
    }
    let spelled: Vec<(&str, &str)> =
        SPELLING.iter().copied().filter(|(theirs, _)| theirs.eq_ignore_ascii_case(&word)).collect();
    if !spelled.is_empty() {
        return table(["spelling", "here"], spelled);
    }
    let elsewhere = foreign::topic(&word);
    if !elsewhere.is_empty() {
        let rows = elsewhere.iter().map(|(word, line)| (*word, line.as_str())).collect();
        return table(["elsewhere", "here"], rows);
    }
    let titles = PAGES.iter().map(|(title, _)| *title).collect::<Vec<_>>();
    match PAGES.iter().find(|(title, _)| title.to_ascii_lowercase().contains(&word)) {
        Some((title, lines)) => {
            table(["what", "statement"], lines.iter().map(|line| (*title, *line)).collect())
        }
        None => Err(Diagnostic::new(Code::UnknownTopic, format!("there is no help on `{topic}`"))
            .at(topic.span)
            .suggest(&topic.value, titles, "there is help on")),
    }
}

/// The families of statements, as the pages' titles have them.
pub(crate) fn families() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(title, _)| *title)
}

/// The grammar of the pages, a line each.
fn standard(fits: impl Fn(&str) -> bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGES
        .iter()
        .flat_map(|(title, lines)| lines.iter().map(move |line| (*title, *line)))
        .filter(move |(_, line)| fits(line))
}
