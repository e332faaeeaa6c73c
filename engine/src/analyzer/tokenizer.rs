//! Tokenizers: where the tokens of a text begin and end.
//!
//! A text goes in, runs of characters between separators come out, each with its number.

use super::characters::{is_punctuation, is_symbol};

/// What separates tokens.
#[derive(Clone)]
pub(crate) enum Tokenizer {
    /// Everything that is neither a letter nor a digit in Unicode.
    Standard,
    /// ASCII white space.
    Whitespace,
    /// Chosen characters and groups of them.
    CharGroup(Vec<Separator>),
}

/// A character, or a group of them, that separates tokens.
#[derive(Clone)]
pub(crate) enum Separator {
    Character(char),
    Whitespace,
    Letter,
    Digit,
    Punctuation,
    Symbol,
    AsciiWhitespace,
    AsciiLetter,
    AsciiDigit,
    AsciiPunctuation,
}

impl Tokenizer {
    /// Shows each token's number and bytes.
    pub(crate) fn split(&self, text: &str, visit: impl FnMut(usize, usize, usize)) {
        match self {
            Tokenizer::Standard => runs(text, |c| !c.is_alphanumeric(), visit),
            Tokenizer::Whitespace => runs(text, |c| c.is_ascii_whitespace(), visit),
            Tokenizer::CharGroup(separators) => {
                runs(text, |c| separators.iter().any(|separator| separator.is(c)), visit);
            }
        }
    }
}

impl Separator {
    /// One character stands for itself, anything longer names a group.
    pub(crate) fn from_name(name: &str) -> Option<Separator> {
        let mut characters = name.chars();
        if let (Some(only), None) = (characters.next(), characters.next()) {
            return Some(Separator::Character(only));
        }
        Some(match name {
            "whitespace" => Separator::Whitespace,
            "letter" => Separator::Letter,
            "digit" => Separator::Digit,
            "punctuation" => Separator::Punctuation,
            "symbol" => Separator::Symbol,
            "ascii_whitespace" => Separator::AsciiWhitespace,
            "ascii_letter" => Separator::AsciiLetter,
            "ascii_digit" => Separator::AsciiDigit,
            "ascii_punctuation" => Separator::AsciiPunctuation,
            _ => return None,
        })
    }

    fn is(&self, c: char) -> bool {
        match self {
            Separator::Character(only) => c == *only,
            Separator::Whitespace => c.is_whitespace(),
            Separator::Letter => c.is_alphabetic(),
            Separator::Digit | Separator::AsciiDigit => c.is_ascii_digit(),
            Separator::Punctuation => is_punctuation(c),
            Separator::Symbol => is_symbol(c),
            Separator::AsciiWhitespace => c.is_ascii_whitespace(),
            Separator::AsciiLetter => c.is_ascii_alphabetic(),
            Separator::AsciiPunctuation => c.is_ascii_punctuation(),
        }
    }
}

/// The longest runs without a separator.
fn runs(text: &str, separates: impl Fn(char) -> bool, mut visit: impl FnMut(usize, usize, usize)) {
    let mut position = 0;
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (separates(c), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                visit(position, from, at);
                position += 1;
                start = None;
            }
            (false, Some(_)) | (true, None) => {}
        }
    }
    if let Some(from) = start {
        visit(position, from, text.len());
    }
}
