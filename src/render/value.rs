//! One value as text: short, as a table's cell shows it.

use crate::outcome::{Datum, Type, plural};

/// Values of a vector that are shown before the rest is counted.
const SHOWN: usize = 2;
/// A vector up to this length is shown whole.
const WHOLE: usize = 6;
/// Characters of a text that are shown.
const LONGEST: usize = 100;

pub fn show(value: &Datum, kind: Type, precision: Option<usize>) -> String {
    match value {
        Datum::Text(text) if kind == Type::Prose => printable(text, usize::MAX),
        Datum::Null => "NULL".to_string(),
        Datum::Bool(flag) => flag.to_string(),
        Datum::Int(number) => number.to_string(),
        Datum::Float(number) => float(f64::from(*number), number.to_string(), precision),
        Datum::Double(number) => float(*number, number.to_string(), precision),
        Datum::Text(text) => printable(text, LONGEST),
        Datum::Json(json) => printable(&compact(json), LONGEST),
        Datum::Array(items) => {
            list(items.len(), items.iter().map(|item| show(item, kind, precision)))
        }
        Datum::Vector(values) => list(
            values.len(),
            values.iter().map(|value| float(f64::from(*value), value.to_string(), precision)),
        ),
        Datum::Sparse(pairs) => {
            let shown = pairs.iter().take(if pairs.len() <= WHOLE { WHOLE } else { SHOWN });
            let entries: Vec<String> = shown
                .map(|(index, value)| {
                    format!("{index}: {}", float(f64::from(*value), value.to_string(), precision))
                })
                .collect();
            let more = if pairs.len() > WHOLE {
                format!(", … {}", plural(pairs.len() as u64, "entry", "entries"))
            } else {
                String::new()
            };
            format!("{{{}{more}}}", entries.join(", "))
        }
        Datum::Bytes(bytes) => list(bytes.len(), bytes.iter().map(u8::to_string)),
    }
}

/// A number as short as it is exact; very large and small ones with an exponent.
fn float(number: f64, shortest: String, precision: Option<usize>) -> String {
    let size = number.abs();
    if let Some(digits) = precision
        && size < 1e15
    {
        return format!("{number:.digits$}");
    }
    if size != 0.0 && !(1e-5..1e15).contains(&size) {
        return format!("{number:e}");
    }
    shortest
}

/// `[0.1, 0.2, … 128 values]`
fn list(length: usize, items: impl Iterator<Item = String>) -> String {
    if length <= WHOLE {
        return format!("[{}]", items.collect::<Vec<_>>().join(", "));
    }
    let shown: Vec<String> = items.take(SHOWN).collect();
    format!("[{}, … {}]", shown.join(", "), plural(length as u64, "value", "values"))
}

/// JSON without the blanks between its tokens, which servers set as they like.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    json.chars()
        .filter(|char| {
            let blank = !inside && char.is_whitespace();
            if inside {
                inside = *char != '"' || escaped;
                escaped = *char == '\\' && !escaped;
            } else if *char == '"' {
                inside = true;
            }
            !blank
        })
        .collect()
}

/// Control characters are shown as escapes, so that a value stays on its line and cannot move the
/// cursor.
fn printable(text: &str, longest: usize) -> String {
    let mut out = String::new();
    for (count, char) in text.chars().enumerate() {
        if count == longest {
            out.push('…');
            break;
        }
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() || is_direction(other) => {
                out.push_str(&other.escape_unicode().to_string())
            }
            other => out.push(other),
        }
    }
    out
}

/// Marks that turn the direction of the text that follows.
fn is_direction(char: char) -> bool {
    matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

pub fn is_right_aligned(kind: Type) -> bool {
    matches!(kind, Type::Int | Type::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Datum) -> String {
        show(&value, Type::Text, None)
    }

    #[test]
    fn shortens() {
        assert_eq!(text(Datum::Vector(vec![0.1; 128])), "[0.1, 0.1, … 128 values]");
        assert_eq!(text(Datum::Vector(vec![1.0, 2.5])), "[1, 2.5]");
        assert_eq!(text(Datum::Text("a\nb\u{1b}[31m".to_string())), "a\\nb\\u{1b}[31m");
        assert_eq!(text(Datum::Text("表".repeat(200))).chars().count(), 101);
        assert_eq!(text(Datum::Double(1e300)), "1e300");
        assert_eq!(text(Datum::Float(f32::NAN)), "NaN");
        assert_eq!(
            text(Datum::Json("{\"a b\": [1, \"c \\\" d\"]}".to_string())),
            "{\"a b\":[1,\"c \\\" d\"]}"
        );
    }
}
