//! Texts become terms: Milvus's analyzers, matches by terms and phrases, and vectors for BM25.
//!
//! An analyzer is a tokenizer and filters, described by JSON (`params` reads it). A text goes in,
//! its tokens come out, each with its place. On tokens stand `matching` (TEXT_MATCH, PHRASE_MATCH)
//! and `vector` (sparse vectors of terms); `several` chooses among analyzers by another field.
//! Knows nothing of rows, schemas or requests. What each tokenizer and filter does is Milvus's
//! documentation at <https://milvus.io/docs/analyzer-overview.md>, checked against Milvus of
//! August 2026.
//!
//! Tokenizers and filters that need a dictionary or a model of a language (jieba, lindera, icu,
//! thai, language_identifier, pinyin, stemmers and stop words other than English) are refused with
//! a word on what is there.

pub mod matching;
pub mod several;

mod characters;
mod english;
mod filter;
mod folding;
mod params;
pub(crate) mod pattern;
mod synonym;
mod term;
mod tokenizer;
mod vector;

use filter::{Filter, Passed};
use tokenizer::Tokenizer;

pub use term::term_id;

/// One token of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// What the filters made of it.
    pub text: String,
    /// The bytes of the text that it stands for.
    pub start_offset: usize,
    pub end_offset: usize,
    /// Its number among the tokens of the tokenizer; dropped tokens leave gaps.
    pub position: usize,
    /// How many positions it takes.
    pub position_length: usize,
}

/// Makes tokens of texts.
#[derive(Clone)]
pub struct Analyzer {
    tokenizer: Tokenizer,
    filters: Vec<Filter>,
}

impl Analyzer {
    /// The analyzer that `analyzer_params` describes; nothing and `{}` describe `standard`.
    /// The error says what is wrong with them, in Milvus's words where it has some.
    pub fn from_params(json: Option<&str>) -> Result<Analyzer, String> {
        params::read(json.unwrap_or(""))
    }

    /// The tokens of a text, in order.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        self.each_token(text, |token| tokens.push(token.clone()));
        tokens
    }

    /// Shows every token of a text, in order, without keeping any.
    pub fn each_token(&self, text: &str, mut visit: impl FnMut(&Token)) {
        self.show(text, &mut visit);
    }

    /// The same, compiled once for all visitors.
    fn show(&self, text: &str, visit: &mut dyn FnMut(&Token)) {
        let mut token = Token { position_length: 1, ..Token::default() };
        self.tokenizer.split(text, |position, start, end| {
            token.text.clear();
            token.text.push_str(text.get(start..end).unwrap_or(""));
            token.start_offset = start;
            token.end_offset = end;
            token.position = position;
            pass(&self.filters, &mut token, visit);
        });
    }
}

/// Sends a token through filters and shows what comes out.
fn pass(mut filters: &[Filter], token: &mut Token, visit: &mut dyn FnMut(&Token)) {
    while let Some((filter, rest)) = filters.split_first() {
        filters = rest;
        match filter.apply(&mut token.text) {
            Passed::Kept => {}
            Passed::Dropped => return,
            Passed::Split(texts) => {
                for text in texts {
                    pass(filters, &mut Token { text, ..token.clone() }, visit);
                }
                return;
            }
        }
    }
    visit(token);
}

#[cfg(test)]
mod tests;
