//! The grammar as a program of bytes, for `follow.rs`, which asks what may come next: pest's own
//! code can be asked for a tree alone. In: the text of the grammar, keyword rules included. Out:
//! Rust, with the rules that statements reach and their program. Part of the build script.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use pest_meta::ast::{Expr, Rule, RuleType};
use pest_meta::parser;

/// Of more than these words a rule is no list of words.
const MOST_WORDS: usize = 100;

type Rules = BTreeMap<String, Rule>;

/// What `follow.rs` includes.
pub fn program(grammar: &str) -> Result<String, Box<dyn Error>> {
    let pairs = parser::parse(parser::Rule::grammar_rules, grammar)?;
    let rules = parser::consume_rules(pairs).map_err(|errors| format!("{errors:?}"))?;
    let rules: Rules = rules.into_iter().map(|rule| (rule.name.clone(), rule)).collect();
    let mut reached = BTreeSet::new();
    for name in rules.keys().filter(|name| name.ends_with("_statement")) {
        reach(name, &rules, &mut reached);
    }
    let names: Vec<&String> = reached.iter().collect();
    let ids: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(id, name)| (name.as_str(), id)).collect();
    let mut code = Vec::new();
    for name in &names {
        let rule = &rules[*name];
        code.push(u8::from(is_atomic(rule)));
        match words_of_rule(rule, &rules) {
            Some(words) => {
                code.extend([b'w', words.len() as u8]);
                words.iter().for_each(|word| text(word, &mut code));
            }
            None => encode(&rule.expr, &ids, &mut code),
        }
    }
    let names: Vec<String> = names.iter().map(|name| format!("Rule::{name}")).collect();
    Ok(format!(
        "const RULES: [Rule; {}] = [{}];\nconst PROGRAM: &[u8] = &{code:?};\n",
        names.len(),
        names.join(", ")
    ))
}

fn is_atomic(rule: &Rule) -> bool {
    matches!(rule.ty, RuleType::Atomic | RuleType::CompoundAtomic)
}

/// The rules that a rule uses, and itself.
fn reach(name: &str, rules: &Rules, reached: &mut BTreeSet<String>) {
    let Some(rule) = rules.get(name) else { return };
    if !reached.insert(name.to_string()) || words_of_rule(rule, rules).is_some() {
        return;
    }
    for expr in rule.expr.iter_top_down() {
        if let Expr::Ident(used) = expr {
            reach(&used, rules, reached);
        }
    }
}

/// The words and phrases that a rule reads, if there is nothing else that it reads; the one that
/// is its name goes first.
fn words_of_rule(rule: &Rule, rules: &Rules) -> Option<Vec<String>> {
    if !is_atomic(rule) && rule.name != "reserved" {
        return None;
    }
    let mut words = words_of(&rule.expr, rules)?;
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == ' ';
    if words.iter().any(|word| word.is_empty() || !word.chars().all(is_word)) {
        return None;
    }
    words.iter_mut().for_each(|word| word.make_ascii_uppercase());
    words.sort_by_key(|word| *word != rule.name.trim_end_matches("_WORD"));
    words.dedup();
    Some(words)
}

fn words_of(expr: &Expr, rules: &Rules) -> Option<Vec<String>> {
    let nothing = || Some(vec![String::new()]);
    let words = match expr {
        Expr::Str(word) | Expr::Insens(word) => vec![word.clone()],
        Expr::Ident(name) if name == "end" => return nothing(),
        Expr::Ident(name) => words_of(&rules.get(name)?.expr, rules)?,
        Expr::PosPred(_) => return nothing(),
        Expr::NegPred(expr) if **expr == Expr::Ident("word".to_string()) => return nothing(),
        Expr::Seq(first, second) => {
            let (first, second) = (words_of(first, rules)?, words_of(second, rules)?);
            let pairs = first.iter().flat_map(|a| second.iter().map(move |b| format!("{a}{b}")));
            pairs.collect()
        }
        Expr::Choice(first, second) => [words_of(first, rules)?, words_of(second, rules)?].concat(),
        Expr::Opt(expr) => [words_of(expr, rules)?, vec![String::new()]].concat(),
        Expr::RepOnce(expr) if **expr == Expr::Ident("WHITESPACE".to_string()) => {
            vec![" ".to_string()]
        }
        _ => return None,
    };
    (words.len() <= MOST_WORDS).then_some(words)
}

/// A byte says what a piece is; how many pieces it has, or what it reads, stands behind it.
fn encode(expr: &Expr, ids: &BTreeMap<&str, usize>, code: &mut Vec<u8>) {
    let one = |kind: u8, expr: &Expr, code: &mut Vec<u8>| {
        code.push(kind);
        encode(expr, ids, code);
    };
    match expr {
        Expr::Str(read) => {
            code.push(b's');
            text(read, code);
        }
        Expr::Insens(read) => {
            code.push(b'i');
            text(read, code);
        }
        Expr::Range(low, high) => code.extend([b'r', low.as_bytes()[0], high.as_bytes()[0]]),
        Expr::Ident(name) => match name.as_str() {
            "SOI" => code.push(b'^'),
            "EOI" => code.push(b'$'),
            "ANY" => code.push(b'.'),
            "ASCII_DIGIT" => code.extend([b'r', b'0', b'9']),
            "ASCII_ALPHA" => code.push(b'a'),
            "ASCII_ALPHANUMERIC" => code.push(b'n'),
            "ASCII_HEX_DIGIT" => code.push(b'x'),
            name => {
                let id = ids[name];
                code.extend([b'R', (id / 256) as u8, (id % 256) as u8]);
            }
        },
        Expr::PosPred(expr) => one(b'&', expr, code),
        Expr::NegPred(expr) => one(b'!', expr, code),
        Expr::Opt(expr) => one(b'?', expr, code),
        Expr::Rep(expr) => one(b'*', expr, code),
        Expr::RepOnce(expr) => one(b'+', expr, code),
        Expr::RepMinMax(expr, 1, 2) => {
            code.extend([b'~', 2]);
            encode(expr, ids, code);
            one(b'?', expr, code);
        }
        Expr::Seq(..) => several(b'~', flat(expr, true), ids, code),
        Expr::Choice(..) => several(b'|', flat(expr, false), ids, code),
        other => panic!("the program has nothing for {other:?}"),
    }
}

fn several(kind: u8, parts: Vec<&Expr>, ids: &BTreeMap<&str, usize>, code: &mut Vec<u8>) {
    code.extend([kind, parts.len() as u8]);
    parts.into_iter().for_each(|part| encode(part, ids, code));
}

/// The pieces of a sequence, or of a choice.
fn flat(expr: &Expr, is_sequence: bool) -> Vec<&Expr> {
    match expr {
        Expr::Seq(first, second) if is_sequence => [flat(first, true), flat(second, true)].concat(),
        Expr::Choice(first, second) if !is_sequence => {
            [flat(first, false), flat(second, false)].concat()
        }
        other => vec![other],
    }
}

fn text(text: &str, code: &mut Vec<u8>) {
    code.push(text.len() as u8);
    code.extend(text.as_bytes());
}
