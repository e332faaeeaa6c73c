//! The words and signs of filters: which text is which token.

use super::{Function, Kind, Quantity};

/// Signs, the longer before those that they begin with.
pub const SIGNS: &[(&str, Kind)] = &[
    ("==", Kind::Equal),
    ("!=", Kind::NotEqual),
    ("<=", Kind::LessEqual),
    (">=", Kind::GreaterEqual),
    ("<<", Kind::ShiftLeft),
    (">>", Kind::ShiftRight),
    ("=~", Kind::Matches),
    ("!~", Kind::MatchesNot),
    ("**", Kind::Power),
    ("&&", Kind::And),
    ("||", Kind::Or),
    ("<", Kind::Less),
    (">", Kind::Greater),
    ("=", Kind::Assign),
    ("!", Kind::Not),
    ("~", Kind::BitNot),
    ("+", Kind::Add),
    ("-", Kind::Subtract),
    ("*", Kind::Multiply),
    ("/", Kind::Divide),
    ("%", Kind::Modulo),
    ("&", Kind::BitAnd),
    ("|", Kind::BitOr),
    ("^", Kind::BitXor),
    ("(", Kind::Open),
    (")", Kind::Close),
    ("{", Kind::OpenBrace),
    ("}", Kind::CloseBrace),
    ("[", Kind::OpenList),
    ("]", Kind::CloseList),
    (",", Kind::Comma),
];

/// The keyword that a word is: all of it in lower case or all in upper case.
pub fn keyword(word: &[u8]) -> Option<Kind> {
    if word == b"True" || word == b"False" {
        return Some(Kind::Bool);
    }
    let upper = word.iter().any(u8::is_ascii_uppercase);
    if upper && word.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let found = WORDS.binary_search_by(|(known, _)| known.as_bytes().cmp(&lower)).ok()?;
    WORDS.get(found).map(|(_, kind)| *kind)
}

/// The words that are not names, in lower case.
const WORDS: &[(&str, Kind)] = &[
    ("and", Kind::And),
    ("array_contains", Kind::Function(Function::ContainsOne)),
    ("array_contains_all", Kind::Function(Function::ContainsAll)),
    ("array_contains_any", Kind::Function(Function::ContainsAny)),
    ("array_length", Kind::Function(Function::ArrayLength)),
    ("element_filter", Kind::Function(Function::ElementFilter)),
    ("exists", Kind::Exists),
    ("false", Kind::Bool),
    ("in", Kind::In),
    ("interval", Kind::Interval),
    ("iso", Kind::Iso),
    ("json_contains", Kind::Function(Function::ContainsOne)),
    ("json_contains_all", Kind::Function(Function::ContainsAll)),
    ("json_contains_any", Kind::Function(Function::ContainsAny)),
    ("like", Kind::Like),
    ("match_all", Kind::Function(Function::Match(Quantity::All))),
    ("match_any", Kind::Function(Function::Match(Quantity::Any))),
    ("match_exact", Kind::Function(Function::Match(Quantity::Exact))),
    ("match_least", Kind::Function(Function::Match(Quantity::Least))),
    ("match_most", Kind::Function(Function::Match(Quantity::Most))),
    ("minimum_should_match", Kind::MinimumShouldMatch),
    ("not", Kind::Not),
    ("or", Kind::Or),
    ("phrase_match", Kind::Function(Function::PhraseMatch)),
    ("random_sample", Kind::Function(Function::RandomSample)),
    ("st_contains", Kind::Function(Function::Spatial)),
    ("st_crosses", Kind::Function(Function::Spatial)),
    ("st_dwithin", Kind::Function(Function::Spatial)),
    ("st_equals", Kind::Function(Function::Spatial)),
    ("st_intersects", Kind::Function(Function::Spatial)),
    ("st_isvalid", Kind::Function(Function::Spatial)),
    ("st_overlaps", Kind::Function(Function::Spatial)),
    ("st_touches", Kind::Function(Function::Spatial)),
    ("st_within", Kind::Function(Function::Spatial)),
    ("text_match", Kind::Function(Function::TextMatch)),
    ("text_match_fuzzy", Kind::Function(Function::TextMatchFuzzy)),
    ("threshold", Kind::Threshold),
    ("true", Kind::Bool),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_words_is_sorted() {
        assert!(WORDS.is_sorted_by_key(|(word, _)| *word));
    }
}
