//! The words that editors colour, held equal to the tables of the kernel. In: keywords, grammar,
//! types, indexes, metrics, functions. Out: `jupyterlite/src/words.json`, which the language of the
//! page's editor and the Pygments lexer of the wheel read. `UPDATE=1 cargo test --lib highlight`
//! writes it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::evaluate;
use crate::execute::catalog::{aliases, index_types, metrics, types};
use crate::language::keywords::{
    KEYWORDS, OPENS, RESERVED, RULE, SETTING, SYNONYMS, TABLE_NEXT, is, used_for,
};

const GRAMMAR: &str = include_str!("language/grammar/grammar.pest");
/// Columns of a line of the file.
const WIDTH: usize = 100;

#[test]
fn the_editors_words_are_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("jupyterlite/src/words.json");
    let words = json();
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        std::fs::write(&path, &words).expect("the file of words");
    }
    let kept = std::fs::read_to_string(&path).expect("the file of words");
    assert_eq!(kept, words, "run UPDATE=1 cargo test --lib highlight");
}

fn json() -> String {
    let single = |uses: u8| used_for(uses).filter(|word| !word.contains([' ', '(']));
    let upper = |word: &str| word.to_ascii_uppercase();
    let lists: [(&str, BTreeSet<String>); 10] = [
        ("reserved", single(RESERVED).map(upper).collect()),
        ("opens", single(OPENS).map(upper).collect()),
        ("beforeTables", single(TABLE_NEXT).map(upper).collect()),
        ("contextual", contextual()),
        ("types", typed().collect()),
        ("functions", functions().collect()),
        ("indexTypes", index_types::INDEX_TYPES.iter().map(|index| upper(index.name)).collect()),
        ("metrics", metrics::METRICS.iter().copied().map(upper).collect()),
        ("settings", single(SETTING).map(str::to_string).collect()),
        ("operators", operators()),
    ];
    let lists: Vec<String> = lists.iter().map(|(name, words)| list(name, words)).collect();
    format!("{{\n{}\n}}\n", lists.join(",\n"))
}

/// Keywords where a name cannot stand, and names elsewhere: those of the table, alone or in a
/// phrase, and those of variants, which the grammar spells out. What is a type or a function alone
/// is in its own list.
fn contextual() -> BTreeSet<String> {
    let phrases = KEYWORDS
        .iter()
        .filter(|(word, uses)| uses & SETTING == 0 && !word.contains(char::is_lowercase))
        .flat_map(|(word, _)| word.split(' '));
    let spelt = GRAMMAR.split("^\"").skip(1).filter_map(|rest| rest.split('"').next());
    let is_word = |word: &str| {
        word.len() > 1 && word.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
    };
    let others: BTreeSet<String> = typed().chain(functions()).collect();
    phrases
        .chain(SYNONYMS.iter().map(|(synonym, _)| *synonym))
        .chain(spelt)
        .filter(|word| is_word(word))
        .map(str::to_ascii_uppercase)
        .filter(|word| !is(word, RESERVED) && index_types::find(word).is_none())
        .filter(|word| is(word, OPENS | RULE) || !others.contains(word))
        .collect()
}

fn typed() -> impl Iterator<Item = String> {
    types::spellings()
        .chain(aliases::TYPES.iter().map(|(alias, _)| *alias))
        .flat_map(str::split_whitespace)
        .map(str::to_ascii_uppercase)
}

/// Those of a row, and what is called without being one: `COUNT(`.
fn functions() -> impl Iterator<Item = String> {
    let called = KEYWORDS.iter().filter_map(|(word, _)| word.strip_suffix('('));
    evaluate::functions().chain(called).chain(["COUNT", "STDDEV"]).map(str::to_ascii_uppercase)
}

/// The signs of the grammar of two characters and more.
fn operators() -> BTreeSet<String> {
    let quoted = GRAMMAR.split('"').filter(|text| (2..=3).contains(&text.len()));
    let sign = |char: char| "<>=!~*+-/%|&:#@".contains(char);
    quoted.filter(|text| text.chars().all(sign)).map(str::to_string).collect()
}

/// A list of the file, as long as its lines are.
fn list(name: &str, words: &BTreeSet<String>) -> String {
    let (mut text, mut line) = (format!("  \"{name}\": [\n"), String::new());
    for (index, word) in words.iter().enumerate() {
        let comma = if index + 1 < words.len() { "," } else { "" };
        let piece = format!("\"{word}\"{comma}");
        if !line.is_empty() && line.len() + piece.len() + 5 > WIDTH {
            let _ = writeln!(text, "    {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&piece);
    }
    let _ = writeln!(text, "    {line}\n  ]");
    text.trim_end().to_string()
}
