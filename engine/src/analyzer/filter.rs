//! Filters: what becomes of a token's text.
//!
//! A text goes in; it comes out changed, in parts, or not at all.

use std::collections::HashSet;
use std::sync::Arc;

use super::characters::{ascii_digit, is_han, is_punctuation};
use super::english;
use super::folding::Folding;
use super::pattern::Pattern;
use super::synonym::Synonyms;

/// One filter with what it needs.
#[derive(Clone)]
pub(crate) enum Filter {
    /// Lower case, character by character: a final sigma is a sigma.
    Lowercase,
    AsciiFolding(Arc<Folding>),
    /// Digits of every script become ASCII ones.
    DecimalDigit,
    /// Alef, teh and yeh in one form, without marks and tatweel.
    ArabicNormalization,
    EnglishStemmer,
    /// Keeps what is ASCII letters and digits alone.
    AlphanumOnly,
    /// Keeps what has a Chinese character.
    ChineseOnly,
    /// Keeps what has a Chinese character or an ASCII letter or digit.
    ChineseAlphanumOnly,
    /// Drops what has punctuation or white space anywhere.
    RemovePunctuation,
    /// Keeps texts of at most so many bytes.
    Length(usize),
    Stop(Arc<HashSet<String>>),
    /// Keeps what matches.
    Regex(Arc<Pattern>),
    Decompounder(Arc<Decompounder>),
    Synonym(Arc<Synonyms>),
}

/// What became of a token.
pub(crate) enum Passed {
    Kept,
    Dropped,
    Split(Vec<String>),
}

impl Filter {
    pub(crate) fn apply(&self, text: &mut String) -> Passed {
        let keeps = match self {
            Filter::Lowercase => {
                if text.is_ascii() {
                    text.make_ascii_lowercase();
                } else {
                    *text = text.chars().flat_map(char::to_lowercase).collect();
                }
                true
            }
            Filter::AsciiFolding(folding) => {
                if let Some(folded) = folding.fold(text) {
                    *text = folded;
                }
                true
            }
            Filter::DecimalDigit => {
                if !text.is_ascii() {
                    *text = text.chars().map(ascii_digit).collect();
                }
                true
            }
            Filter::ArabicNormalization => {
                if !text.is_ascii() {
                    *text = text.chars().filter_map(normalized_arabic).collect();
                }
                true
            }
            Filter::EnglishStemmer => {
                *text = english::stem(text);
                true
            }
            Filter::AlphanumOnly => text.chars().all(|c| c.is_ascii_alphanumeric()),
            Filter::ChineseOnly => text.chars().any(is_han),
            Filter::ChineseAlphanumOnly => {
                text.chars().any(|c| c.is_ascii_alphanumeric() || is_han(c))
            }
            Filter::RemovePunctuation => {
                !text.chars().any(|c| c.is_whitespace() || is_punctuation(c))
            }
            Filter::Length(most) => text.len() <= *most,
            Filter::Stop(words) => !words.contains(text.as_str()),
            // An expression that tries too many ways is taken to match, as in Milvus.
            Filter::Regex(pattern) => pattern.is_in(text).unwrap_or(true),
            Filter::Decompounder(words) => match words.parts(text) {
                Some(parts) => return Passed::Split(parts),
                None => true,
            },
            Filter::Synonym(synonyms) => match synonyms.of(text) {
                Some(words) => return Passed::Split(words.to_vec()),
                None => true,
            },
        };
        if keeps { Passed::Kept } else { Passed::Dropped }
    }
}

/// Splits a compound that is made of known words and of nothing else.
pub(crate) struct Decompounder {
    words: HashSet<String>,
    /// The bytes of the longest word.
    longest: usize,
}

impl Decompounder {
    pub(crate) fn new(words: Vec<String>) -> Decompounder {
        let words: HashSet<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let longest = words.iter().map(String::len).max().unwrap_or(0);
        Decompounder { words, longest }
    }

    /// The words that a text is made of: the longest that fits, then the longest that fits the
    /// rest. No other way is tried, as tantivy tries none.
    fn parts(&self, text: &str) -> Option<Vec<String>> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = (1..=self.longest.min(rest.len()))
                .rev()
                .filter_map(|length| rest.get(..length))
                .find(|head| self.words.contains(*head))?;
            parts.push(word.to_string());
            rest = rest.get(word.len()..)?;
        }
        Some(parts)
    }
}

fn normalized_arabic(c: char) -> Option<char> {
    match c {
        '\u{622}' | '\u{623}' | '\u{625}' => Some('\u{627}'),
        '\u{629}' => Some('\u{647}'),
        '\u{649}' => Some('\u{64a}'),
        '\u{640}' | '\u{64b}'..='\u{65f}' => None,
        _ => Some(c),
    }
}
