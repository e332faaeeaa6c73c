//! One value as text, short, as a table's cell shows it; and any text, so that it cannot disturb
//! what stands around it.

use std::fmt::{Display, LowerExp};

use super::picture::Picture;
use crate::outcome::{Datum, Type, plural};
use crate::printable::{needs_escape, printable, push};

/// A list of more entries is cut.
const MAX_ENTRIES: usize = 6;
/// Entries of a cut list that are shown before the rest is counted.
const FIRST_ENTRIES: usize = 2;
/// Characters of a text that are shown.
const MAX_CHARS: usize = 100;

pub(super) fn show(value: &Datum, kind: Type, precision: Option<usize>) -> String {
    match value {
        Datum::Text(text) if kind == Type::Prose => printable(text),
        Datum::Null => "NULL".to_string(),
        Datum::Bool(flag) => flag.to_string(),
        Datum::Int(number) => number.to_string(),
        Datum::Float(number) => float(f64::from(*number), *number, precision),
        Datum::Double(number) => float(*number, *number, precision),
        Datum::Text(text) => self::text(text, false),
        Datum::Json(json) => cut(&compact(json)),
        Datum::Array(items) => list(['[', ']'], "value", "values", items, |item| match item {
            Datum::Text(item) => text(item, true),
            item => show(item, kind, precision),
        }),
        Datum::Vector(values) => list(['[', ']'], "value", "values", values, |value| {
            float(f64::from(*value), *value, precision)
        }),
        Datum::Sparse(pairs) => list(['{', '}'], "entry", "entries", pairs, |(index, value)| {
            format!("{index}: {}", float(f64::from(*value), *value, precision))
        }),
        Datum::Bytes(bytes) => list(['[', ']'], "value", "values", bytes, u8::to_string),
    }
}

/// A number as short as it is exact; very large and small ones with an exponent. `exact` is the
/// number in its own type, whose shortest form differs.
fn float(number: f64, exact: impl Display + LowerExp, precision: Option<usize>) -> String {
    let size = number.abs();
    if let Some(digits) = precision
        && size < 1e15
    {
        return format!("{number:.digits$}");
    }
    let short = format!("{exact:e}");
    let exponent = short.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    match exponent {
        Some(-5..15) | None => exact.to_string(),
        Some(_) => short,
    }
}

/// `[0.1, 0.2, … 128 values]`
fn list<T>(
    [open, close]: [char; 2],
    one: &str,
    many: &str,
    items: &[T],
    show: impl Fn(&T) -> String,
) -> String {
    let whole = items.len() <= MAX_ENTRIES;
    let mut shown: Vec<String> =
        items.iter().take(if whole { MAX_ENTRIES } else { FIRST_ENTRIES }).map(show).collect();
    if !whole {
        shown.push(format!("… {}", plural(items.len() as u64, one, many)));
    }
    format!("{open}{}{close}", shown.join(", "))
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

/// A text as it is; in quotes, with the escapes of a string, where it would look like another value
/// (`C:\temp` with a TAB, the text NULL, blanks at an end, a comma in a list).
fn text(value: &str, in_list: bool) -> String {
    let plain = !value.starts_with('\'')
        && !value.contains(needs_escape)
        && value.trim() == value
        && value != "NULL"
        && !(in_list && (value.is_empty() || value.contains([',', '[', ']'])));
    if plain {
        return match Picture::of(value) {
            Some(picture) => format!("data:image/{}… {}", picture.kind, picture.words()),
            None => cut(value),
        };
    }
    let mut out = "'".to_string();
    for (count, char) in value.chars().enumerate() {
        match char {
            _ if count == MAX_CHARS => {
                out.push('…');
                break;
            }
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            other => push(&mut out, other),
        }
    }
    out.push('\'');
    out
}

/// The beginning of a text, printable.
fn cut(text: &str) -> String {
    let mut out = String::new();
    for (count, char) in text.chars().enumerate() {
        if count == MAX_CHARS {
            out.push('…');
            break;
        }
        push(&mut out, char);
    }
    out
}

pub(super) fn is_right_aligned(kind: Type) -> bool {
    matches!(kind, Type::Int | Type::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Datum) -> String {
        show(&value, Type::Text, None)
    }

    #[test]
    fn lists_are_cut() {
        assert_eq!(text(Datum::Vector(vec![1.0, 2.5])), "[1, 2.5]");
        assert_eq!(text(Datum::Vector(vec![0.1; 6])), "[0.1, 0.1, 0.1, 0.1, 0.1, 0.1]");
        assert_eq!(text(Datum::Vector(vec![0.1; 7])), "[0.1, 0.1, … 7 values]");
        assert_eq!(text(Datum::Vector(vec![0.1; 1280])), "[0.1, 0.1, … 1,280 values]");
        assert_eq!(text(Datum::Bytes(vec![0, 255])), "[0, 255]");
        assert_eq!(text(Datum::Bytes(vec![7; 16])), "[7, 7, … 16 values]");
        assert_eq!(text(Datum::Sparse(vec![(1, 0.5), (70_000, 0.25)])), "{1: 0.5, 70000: 0.25}");
        assert_eq!(text(Datum::Sparse(vec![(3, 0.5); 7])), "{3: 0.5, 3: 0.5, … 7 entries}");
        assert_eq!(text(Datum::Array(vec![Datum::Null, Datum::Text("a".into())])), "[NULL, a]");
        assert_eq!(text(Datum::Array(Vec::new())), "[]");
    }

    #[test]
    fn texts_are_cut_by_characters_but_the_kernels_own_are_not() {
        let long = "表".repeat(101);
        assert_eq!(text(Datum::Text(long.clone())), format!("{}…", "表".repeat(100)));
        assert_eq!(text(Datum::Text("表".repeat(100))), "表".repeat(100));
        assert_eq!(show(&Datum::Text(long.clone()), Type::Prose, None), long);
    }

    #[test]
    fn a_picture_is_short() {
        let url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAI";
        assert_eq!(text(Datum::Text(url.into())), "data:image/png… 8 x 8, 24 bytes");
    }

    #[test]
    fn control_characters_are_escapes() {
        assert_eq!(text(Datum::Text("a\nb\u{1b}[31m".into())), "'a\\nb\\u{1b}[31m'");
        assert_eq!(text(Datum::Text("a\r\tb\u{0}".into())), "'a\\r\\tb\\u{0}'");
        assert_eq!(text(Datum::Text("a\u{202e}b\u{2066}".into())), "'a\\u{202e}b\\u{2066}'");
        assert_eq!(text(Datum::Json("{\"a\": \"\u{1b}\"}".into())), "{\"a\":\"\\u{1b}\"}");
        assert_eq!(show(&Datum::Text("\u{85}".into()), Type::Prose, None), "\\u{85}");
    }

    #[test]
    fn no_two_values_look_alike() {
        let alike = [
            Datum::Text("C:\\temp".into()),
            Datum::Text("C:\temp".into()),
            Datum::Text("'C:\\temp'".into()),
            Datum::Text("'C:\\\\temp'".into()),
            Datum::Text("NULL".into()),
            Datum::Null,
            Datum::Text("'NULL'".into()),
            Datum::Text("a".into()),
            Datum::Text("a ".into()),
            Datum::Text(" a".into()),
            Datum::Text("'a '".into()),
            Datum::Text(String::new()),
            Datum::Array(vec![Datum::Text("a, b".into())]),
            Datum::Array(vec![Datum::Text("a".into()), Datum::Text("b".into())]),
            Datum::Array(vec![Datum::Null]),
            Datum::Array(vec![Datum::Text("NULL".into())]),
            Datum::Array(vec![Datum::Text(String::new())]),
            Datum::Array(Vec::new()),
        ];
        let shown: std::collections::BTreeSet<String> =
            alike.iter().map(|value| text(value.clone())).collect();
        assert_eq!(shown.len(), alike.len(), "{shown:?}");
        assert_eq!(text(alike[0].clone()), "C:\\temp");
        assert_eq!(text(alike[1].clone()), "'C:\\temp'");
        assert_eq!(text(alike[12].clone()), "['a, b']");
    }

    #[test]
    fn numbers_are_as_short_as_they_are_exact() {
        assert_eq!(text(Datum::Float(0.1)), "0.1");
        assert_eq!(text(Datum::Double(0.1)), "0.1");
        assert_eq!(text(Datum::Double(f64::from(0.1_f32))), "0.10000000149011612");
        assert_eq!(text(Datum::Double(1e300)), "1e300");
        // a FLOAT by its own digits, not by those of the double it widens to
        for (number, shown) in
            [(1e-7, "1e-7"), (1.5e-40, "1.5e-40"), (1e15, "1e15"), (-3e30, "-3e30")]
        {
            assert_eq!(text(Datum::Float(number)), shown);
            assert_eq!(text(Datum::Vector(vec![number])), format!("[{shown}]"));
            assert_eq!(text(Datum::Array(vec![Datum::Float(number)])), format!("[{shown}]"));
            assert_eq!(text(Datum::Sparse(vec![(1, number)])), format!("{{1: {shown}}}"));
        }
        assert_eq!(text(Datum::Double(1e-7)), "1e-7");
        assert_eq!(text(Datum::Double(0.0)), "0");
        assert_eq!(text(Datum::Float(f32::NAN)), "NaN");
        assert_eq!(text(Datum::Double(f64::NEG_INFINITY)), "-inf");
        assert_eq!(text(Datum::Int(i64::MIN)), "-9223372036854775808");
    }

    #[test]
    fn precision_rounds_every_floating_point_number() {
        let rounded = |value| show(&value, Type::Float, Some(3));
        assert_eq!(rounded(Datum::Double(0.123_456)), "0.123");
        assert_eq!(rounded(Datum::Float(0.5)), "0.500");
        assert_eq!(rounded(Datum::Double(1e-7)), "0.000");
        assert_eq!(rounded(Datum::Vector(vec![0.123_456, 1.0])), "[0.123, 1.000]");
        assert_eq!(rounded(Datum::Sparse(vec![(1, 0.123_456)])), "{1: 0.123}");
        assert_eq!(rounded(Datum::Array(vec![Datum::Double(2.0)])), "[2.000]");
        // what has no digits there keeps its form
        assert_eq!(rounded(Datum::Double(1e300)), "1e300");
        assert_eq!(rounded(Datum::Int(7)), "7");
        assert_eq!(show(&Datum::Double(2.5), Type::Float, Some(0)), "2");
    }

    #[test]
    fn json_loses_the_blanks_between_its_tokens_alone() {
        assert_eq!(
            text(Datum::Json("{\"a b\": [1, \"c \\\" d\"]}".into())),
            "{\"a b\":[1,\"c \\\" d\"]}"
        );
    }
}
