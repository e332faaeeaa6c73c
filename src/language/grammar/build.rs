//! Makes the keyword rules and the reserved names of the dialect out of the table that the kernel
//! uses too, so that a keyword stands in one place. In: `../keywords.rs`. Out: what `lib.rs`
//! includes: the parser's declaration, which adds these rules to `grammar.pest`, the rule of the
//! statement that a word opens, and the whole grammar as the program that `follow.rs` runs.

#[path = "program.rs"]
mod program;

#[path = "../keywords.rs"]
#[allow(dead_code)] // completion and quoting are the kernel's
mod keywords;

use std::fmt::Write as _;
use std::{env, error::Error, fs, path::Path};

use keywords::{KEYWORDS, OPENS, RESERVED, RULE, SYNONYMS};

fn main() -> Result<(), Box<dyn Error>> {
    for file in ["../keywords.rs", "grammar.pest", "build.rs", "program.rs"] {
        println!("cargo:rerun-if-changed={file}");
    }
    let mut rules = reserved_rule();
    for word in words(RULE) {
        writeln!(rules, "{} = @{{ ({}) ~ end }}", rule_name(word), spellings(word))?;
    }
    let mut statements = String::new();
    for word in words(OPENS) {
        if let Some(rule) = statement_rule(word) {
            writeln!(statements, "    ({word:?}, Rule::{rule}),")?;
        }
    }
    let parser = format!(
        "#[derive(pest_derive::Parser)]\n#[grammar = \"grammar.pest\"]\n\
         #[grammar_inline = {rules:?}]\npub struct Grammar;\n\
         pub const STATEMENTS: &[(&str, Rule)] = &[\n{statements}];\n"
    );
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("grammar.rs"), parser)?;
    let grammar = fs::read_to_string("grammar.pest")? + "\n" + &rules;
    fs::write(Path::new(&out).join("program.rs"), program::program(&grammar)?)?;
    Ok(())
}

fn words(used_for: u8) -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(move |(_, uses)| uses & used_for != 0).map(|(word, _)| *word)
}

/// DROP and COMMENT mean something to pest itself.
fn rule_name(word: &str) -> String {
    format!("{word}{}", if matches!(word, "COMMENT" | "DROP") { "_WORD" } else { "" })
}

/// The words that a keyword rule reads.
fn spellings(word: &str) -> String {
    let synonyms = SYNONYMS.iter().filter(|(_, rule)| *rule == word).map(|(synonym, _)| *synonym);
    alternatives(synonyms.chain([word]).collect())
}

/// A choice is ordered and its first match counts: a word goes before its own beginning.
fn alternatives(mut words: Vec<&str>) -> String {
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let words: Vec<String> =
        words.into_iter().map(|word| format!("^{:?}", word.to_lowercase())).collect();
    words.join(" | ")
}

/// Tried before every name, and so by the first letter, a part of the alphabet at a time.
fn reserved_rule() -> String {
    let mut parts: Vec<String> = Vec::new();
    for [first, last] in [['a', 'e'], ['f', 'l'], ['m', 'r'], ['s', 'z']] {
        let mut letters: Vec<String> = Vec::new();
        for letter in first..=last {
            let initial = letter.to_ascii_uppercase();
            let rests: Vec<&str> =
                words(RESERVED).filter_map(|word| word.strip_prefix(initial)).collect();
            if !rests.is_empty() {
                letters.push(format!("^\"{letter}\" ~ ({})", alternatives(rests)));
            }
        }
        let [high, low] = [first.to_ascii_uppercase(), last.to_ascii_uppercase()];
        let ahead = format!("&('{first}'..'{last}' | '{high}'..'{low}')");
        parts.push(format!("{ahead} ~ ({})", letters.join(" | ")));
    }
    format!("reserved = _{{ {} }}\n", parts.join(" | "))
}

/// EXPLAIN has none: it goes before any other word.
fn statement_rule(word: &str) -> Option<String> {
    let synonym = SYNONYMS.iter().find(|(synonym, _)| *synonym == word).map(|(_, rule)| *rule);
    let rule = synonym.or_else(|| words(RULE).find(|rule| *rule == word))?;
    Some(format!("{}_statement", rule.to_lowercase()))
}
