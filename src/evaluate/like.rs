//! LIKE and ILIKE: `%` is any text, `_` is any character, and a backslash takes the next one as it
//! is.

use super::{describe, is_null, mismatch};
use crate::diagnostic::{Result, Span};
use crate::outcome::Datum;

pub(super) fn matches(
    value: &Datum,
    pattern: &str,
    any_case: bool,
    span: Span,
) -> Result<Option<bool>> {
    if is_null(value) {
        return Ok(None);
    }
    match &*super::json::plain(value) {
        Datum::Text(text) if any_case => {
            let text: Vec<char> = text.to_lowercase().chars().collect();
            Ok(Some(of(&text, &pieces(&pattern.to_lowercase()))))
        }
        Datum::Text(text) => {
            let text: Vec<char> = text.chars().collect();
            Ok(Some(of(&text, &pieces(pattern))))
        }
        _ => Err(mismatch(format!("LIKE is of texts, and this is {}", describe(value)), span)),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Any,
    One,
    This(char),
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut chars = pattern.chars();
    let mut pieces = Vec::new();
    while let Some(char) = chars.next() {
        pieces.push(match char {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => Piece::This(chars.next().unwrap_or('\\')),
            other => Piece::This(other),
        });
    }
    pieces
}

/// In time of the product of both: one place to come back to is enough.
fn of(text: &[char], pieces: &[Piece]) -> bool {
    let (mut at, mut piece) = (0, 0);
    let mut back = None;
    while let Some(char) = text.get(at) {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                piece += 1;
                back = Some((piece, at));
            }
            Some(Piece::One) => (at, piece) = (at + 1, piece + 1),
            Some(Piece::This(this)) if this == char => (at, piece) = (at + 1, piece + 1),
            _ => {
                let Some((behind, from)) = back else { return false };
                (at, piece) = (from + 1, behind);
                back = Some((behind, from + 1));
            }
        }
    }
    pieces.iter().skip(piece).all(|piece| *piece == Piece::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (text, pattern, is) in [
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "_b_", true),
            ("abc", "__", false),
            ("", "%", true),
            ("", "_", false),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("aXbXc", "%X%c", true),
            ("mississippi", "%iss%ip%i", true),
            ("mississippi", "%iss%ix%i", false),
            ("文字", "_字", true),
        ] {
            let chars: Vec<char> = text.chars().collect();
            assert_eq!(of(&chars, &pieces(pattern)), is, "{text} LIKE {pattern}");
        }
    }
}
