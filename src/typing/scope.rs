//! The tables of the statement at the cursor: FROM may come behind it, names have aliases, and a
//! subquery has tables of its own. In: the statement as it stands in the cell, and what is known.
//! Out: the tables in scope, the nearest first.

use std::rc::Rc;

use super::known::Known;
use super::place::{Place, is_word};
use crate::execute::catalog::collection::Collection;
use crate::language::keywords::{self, OPENS, RESERVED, RULE, TABLE_NEXT};
use crate::language::numbers::{quote_end, string_end};

/// A table in scope, and the name that the statement gives it.
pub(super) struct Table {
    pub(super) collection: Rc<Collection>,
    pub(super) alias: Option<String>,
}

/// A word, a name without its quotes, or another character.
#[derive(Debug, PartialEq)]
struct Token<'a> {
    text: &'a str,
    is_name: bool,
}

/// The tables that fields at the cursor may be of.
pub(super) fn tables(place: &Place<'_>, known: &Known) -> Vec<Table> {
    let behind = place.behind;
    let closed = place.quote.and_then(|quote| quote_end(behind.as_bytes(), 0, quote as u8));
    let behind = match closed {
        Some(end) => behind.get(end..).unwrap_or_default(),
        None => behind.trim_start_matches(is_word),
    };
    let mut tokens = tokens(place.written);
    let cursor = tokens.len();
    tokens.extend(self::tokens(behind));
    // the brackets around each token, by where they open
    let mut around: Vec<usize> = Vec::new();
    let mut found: Vec<(Vec<usize>, Table)> = Vec::new();
    let mut at_cursor = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if index == cursor {
            at_cursor.clone_from(&around);
        }
        match token.text {
            "(" if !token.is_name => around.push(index),
            ")" if !token.is_name => {
                around.pop();
            }
            _ => {}
        }
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let is_place = before.is_some_and(|before| {
            keywords::is(before.text, TABLE_NEXT)
                || ["UPDATE", "FOR", "OF", "IN", "TRUNCATE", "DELETE", "LIKE"]
                    .iter()
                    .any(|word| word.eq_ignore_ascii_case(before.text))
        });
        if token.is_name
            && is_place
            && let Some(collection) = known.collection(token.text)
        {
            let alias = alias(tokens.get(index + 1..).unwrap_or_default());
            found.push((around.clone(), Table { collection, alias }));
        }
    }
    if cursor == tokens.len() {
        at_cursor.clone_from(&around);
    }
    found.retain(|(around, _)| at_cursor.starts_with(around));
    found.sort_by_key(|(around, _)| std::cmp::Reverse(around.len()));
    found.into_iter().map(|(_, table)| table).collect()
}

/// `b` of `FROM books b` and `FROM books AS b`.
fn alias(behind: &[Token<'_>]) -> Option<String> {
    let (first, second) = (behind.first()?, behind.get(1));
    let name = match first.text.eq_ignore_ascii_case("AS") {
        true => second?,
        false => first,
    };
    let is_keyword = keywords::is(name.text, RULE | RESERVED | OPENS);
    (name.is_name && !is_keyword).then(|| name.text.to_string())
}

/// The tokens up to the end of the statement; strings and comments are none.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let behind = rest.get(char.len_utf8()..).unwrap_or_default();
        rest = match char {
            ';' => break,
            '\'' | '"' | '`' => {
                let end = string_end(rest.as_bytes(), 0).unwrap_or(rest.len());
                let (text, behind) = rest.split_at_checked(end).unwrap_or_default();
                if char != '\'' {
                    tokens.push(Token { text: text.trim_matches(char), is_name: true });
                }
                behind
            }
            '#' if rest.starts_with("#>") => behind,
            '-' | '#' if char == '#' || rest.starts_with("--") => {
                rest.split_once('\n').map_or("", |(_, behind)| behind)
            }
            '/' if rest.starts_with("/*") => rest.split_once("*/").map_or("", |(_, behind)| behind),
            char if is_word(char) => {
                let end = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
                let (word, behind) = rest.split_at_checked(end).unwrap_or_default();
                tokens.push(Token { text: word, is_name: true });
                behind
            }
            char if char.is_whitespace() => behind,
            char => {
                let text = rest.get(..char.len_utf8()).unwrap_or_default();
                tokens.push(Token { text, is_name: false });
                behind
            }
        };
    }
    tokens
}
