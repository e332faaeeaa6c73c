//! Texts: what a value is as one, and the functions over them. Characters are Unicode's.

use super::{describe, is_null, mismatch};
use crate::diagnostic::{Result, Span};
use crate::evaluate::order::Number;
use crate::outcome::Datum;

/// A value as a text; none of what has no short one.
pub(super) fn text(value: &Datum) -> Option<String> {
    Some(match value {
        Datum::Bool(flag) => flag.to_string(),
        Datum::Int(number) => number.to_string(),
        Datum::Float(number) => number.to_string(),
        Datum::Double(number) => number.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::Json(json) => match serde_json::from_str(json) {
            Ok(serde_json::Value::String(text)) => text,
            _ => json.clone(),
        },
        Datum::Null | Datum::Array(_) | Datum::Vector(_) | Datum::Sparse(_) | Datum::Bytes(_) => {
            return None;
        }
    })
}

/// `a || b`: NULL where either is.
pub(super) fn join(left: &Datum, right: &Datum, places: [Span; 2]) -> Result<Datum> {
    if is_null(left) || is_null(right) {
        return Ok(Datum::Null);
    }
    if let (Datum::Array(a), Datum::Array(b)) = (left, right) {
        return Ok(Datum::Array(a.iter().chain(b).cloned().collect()));
    }
    match (text(left), text(right)) {
        (Some(a), Some(b)) => Ok(Datum::Text(a + &b)),
        _ => {
            let [place, other] = places;
            let (what, span) = if text(left).is_none() { (left, place) } else { (right, other) };
            Err(mismatch(format!("`||` joins texts, and this is {}", describe(what)), span))
        }
    }
}

/// `substr(text, from [, length])`: the first character is 1, and a negative place counts from the
/// end, as in SQLite.
pub(super) fn substr(text: &str, from: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let count = chars.len() as i64;
    let (mut from, mut length) = (i128::from(from), i128::from(length.unwrap_or(i64::MAX)));
    let is_back = length < 0;
    if from < 0 {
        from += i128::from(count);
        if from < 0 {
            if length >= 0 {
                length = (length + from).max(0);
            }
            from = 0;
        }
    } else if from > 0 {
        from -= 1;
    } else if length > 0 {
        length -= 1;
    }
    if is_back {
        // what stands before that place
        let behind = from.min(i128::from(count));
        let begin = (from + length).max(0);
        return between(&chars, begin, behind);
    }
    between(&chars, from, from + length)
}

fn between(chars: &[char], from: i128, to: i128) -> String {
    let to = to.clamp(0, chars.len() as i128) as usize;
    let from = from.clamp(0, to as i128) as usize;
    chars.get(from..to).unwrap_or_default().iter().collect()
}

/// `trim(text [, characters])`
pub(super) fn trim(text: &str, of: Option<&str>, left: bool, right: bool) -> String {
    let is_cut = |char: char| of.map_or(char == ' ', |of| of.contains(char));
    let text = if left { text.trim_start_matches(is_cut) } else { text };
    let text = if right { text.trim_end_matches(is_cut) } else { text };
    text.to_string()
}

/// The place of the first occurrence, from 1; 0 where there is none.
pub(super) fn position(of: &str, text: &str) -> i64 {
    text.find(of).map_or(0, |at| text.get(..at).unwrap_or_default().chars().count() as i64 + 1)
}

/// A whole number of an argument.
pub(super) fn whole(value: &Datum, span: Span) -> Result<i64> {
    let number = match Number::of(value) {
        Some(Number::Whole(number)) => i64::try_from(number).ok(),
        Some(Number::Fraction(number)) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Some(number as i64)
        }
        _ => None,
    };
    number.ok_or_else(|| {
        mismatch(format!("a whole number belongs here, and this is {}", describe(value)), span)
    })
}
