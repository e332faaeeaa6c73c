//! Values as places on a scale: numbers, times, names. In: a column of data. Out: which scale it
//! has, and where each value is on it.

use std::collections::HashMap;

use crate::chart::Scale;
use crate::evaluate::milliseconds;
use crate::evaluate::order::{Way, sort_rows};
use crate::outcome::Datum;
use crate::printable::printable;

/// Names that have a colour of their own.
const MOST_COLORS: usize = 20;
/// More different numbers than these are a range of colours.
const FEW_NUMBERS: usize = 12;
/// Characters of a name.
const MOST_CHARS: usize = 60;

/// What the values of a column can be drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Time,
    Name,
    /// vectors, lists, objects: nothing
    Other,
}

pub(super) fn kind<'a>(values: impl Iterator<Item = &'a Datum> + Clone) -> Kind {
    let mut there = values.filter(|value| **value != Datum::Null).peekable();
    if there.peek().is_none() {
        return Kind::Other;
    }
    if there.clone().all(|value| number(value).is_some()) {
        return Kind::Number;
    }
    if there.clone().all(|value| time(value).is_some()) {
        return Kind::Time;
    }
    let is_name = |value: &Datum| match value {
        Datum::Text(_) | Datum::Bool(_) | Datum::Int(_) => true,
        Datum::Json(json) => !json.trim_start().starts_with(['{', '[']),
        _ => number(value).is_some(),
    };
    if there.all(is_name) { Kind::Name } else { Kind::Other }
}

pub(super) fn number(value: &Datum) -> Option<f64> {
    let number = match value {
        Datum::Int(number) => *number as f64,
        Datum::Float(number) => f64::from(*number),
        Datum::Double(number) => *number,
        Datum::Json(json) => json.trim().parse().ok()?,
        _ => return None,
    };
    Some(number).filter(|number: &f64| number.is_finite())
}

pub(super) fn time(value: &Datum) -> Option<f64> {
    match value {
        Datum::Text(text) => milliseconds(text),
        Datum::Json(json) => milliseconds(json.trim_matches('"')),
        _ => None,
    }
}

/// A value as a name.
pub(super) fn text(value: &Datum) -> String {
    match value {
        Datum::Text(text) => text.clone(),
        Datum::Int(number) => number.to_string(),
        Datum::Float(number) => number.to_string(),
        Datum::Double(number) => number.to_string(),
        Datum::Bool(flag) => flag.to_string(),
        Datum::Json(json) => serde_json::from_str(json).unwrap_or_else(|_| json.clone()),
        Datum::Null => "NULL".to_string(),
        Datum::Array(items) => {
            format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        _ => "…".to_string(),
    }
}

/// A name that is not too long to stand at an axis; the text NULL in quotes, as in a table.
pub(super) fn name(value: &Datum) -> String {
    let text = match text(value) {
        text if text == "NULL" && *value != Datum::Null => "'NULL'".to_string(),
        text => printable(&text),
    };
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What no other value has: two are not one by what they are called.
pub(super) fn key(value: &Datum) -> String {
    let is_text = match value {
        Datum::Text(_) => true,
        Datum::Json(json) => json.trim_start().starts_with('"'),
        _ => false,
    };
    format!("{}{}", if is_text { '\'' } else { ' ' }, text(value))
}

/// Names of which each is another: those that stood before are numbered.
pub(super) fn told_apart(names: Vec<String>) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::with_capacity(names.len());
    names.iter().for_each(|name| _ = counts.entry(name.clone()).or_default());
    let number = |name: String| {
        let mut count = counts.get(&name).copied().unwrap_or_default() + 1;
        let mut own = name.clone();
        if count > 1 {
            let numbered = |count: usize| format!("{name} ({count})");
            while counts.contains_key(&numbered(count)) {
                count += 1;
            }
            own = numbered(count);
            counts.insert(own.clone(), 1);
        }
        counts.insert(name, count);
        own
    };
    names.into_iter().map(number).collect()
}

/// The names in the order in which they come, and which of them each value is.
pub(super) fn names<'a>(values: impl Iterator<Item = &'a Datum>) -> (Vec<String>, Vec<usize>) {
    places(values.map(|value| (key(value), value)))
}

/// The same of values that are told apart by keys.
pub(super) fn places<'a>(
    values: impl Iterator<Item = (String, &'a Datum)>,
) -> (Vec<String>, Vec<usize>) {
    let mut known = HashMap::new();
    let mut names = Vec::new();
    let places = values.map(|(key, value)| {
        *known.entry(key).or_insert_with(|| {
            names.push(name(value));
            names.len() - 1
        })
    });
    let places = places.collect();
    (told_apart(names), places)
}

/// The colours of a column; and how many values have to share one.
pub(super) fn colors(values: &[Datum]) -> (Scale, Vec<Option<f64>>, usize) {
    let (mut names, places) = names(values.iter());
    let is_number = kind(values.iter()) == Kind::Number;
    if is_number && names.len() > FEW_NUMBERS {
        return (Scale::Number, values.iter().map(number).collect(), 0);
    }
    let mut counts = vec![0usize; names.len()];
    for place in &places {
        if let Some(count) = counts.get_mut(*place) {
            *count += 1;
        }
    }
    // the most frequent have their own; then by value
    let row = |(place, count): (usize, &usize)| {
        let name = names.get(place).cloned().unwrap_or_default();
        let number = name.parse().ok().filter(|_| is_number).map(Datum::Double);
        let value = number.unwrap_or(Datum::Text(name));
        vec![Datum::Int(place as i64), Datum::Int(-(*count as i64)), value]
    };
    let mut order: Vec<Vec<Datum>> = counts.iter().enumerate().map(row).collect();
    let shared = (names.len() > MOST_COLORS).then(|| {
        sort_rows(&mut order, 1, &[Way::ASCENDING]);
        order.split_off(MOST_COLORS - 1).len()
    });
    sort_rows(&mut order, 2, &[Way::ASCENDING]);
    let order: Vec<usize> = order
        .iter()
        .filter_map(|row| match row.first() {
            Some(Datum::Int(place)) => usize::try_from(*place).ok(),
            _ => None,
        })
        .collect();
    let mut moved = vec![order.len(); names.len()];
    for (to, from) in order.iter().enumerate() {
        if let Some(place) = moved.get_mut(*from) {
            *place = to;
        }
    }
    let of = places.iter().map(|place| moved.get(*place).map(|place| *place as f64)).collect();
    names = order.iter().filter_map(|place| names.get(*place).cloned()).collect();
    if shared.is_some() {
        names.push("other".to_string());
        names = told_apart(names);
    }
    (Scale::Names(names), of, shared.unwrap_or(0))
}

/// A number in few digits.
pub(crate) fn short(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return (number as i64).to_string();
    }
    let text = format!("{number:.3e}");
    let rounded = text.parse().ok().filter(|number: &f64| number.is_finite()).unwrap_or(number);
    if (1e-4..1e15).contains(&rounded.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<Datum> {
        values.iter().map(|value| Datum::Text(value.to_string())).collect()
    }

    #[test]
    fn a_column_is_what_all_its_values_are() {
        let json = |text: &str| Datum::Json(text.to_string());
        assert_eq!(kind([Datum::Int(1), Datum::Null, json("2.5")].iter()), Kind::Number);
        assert_eq!(kind(texts(&["2024-02-29", "2024-03-01 12:00:00"]).iter()), Kind::Time);
        assert_eq!(kind(texts(&["2024-02-29", "soon"]).iter()), Kind::Name);
        assert_eq!(kind([Datum::Bool(true), json("\"a\"")].iter()), Kind::Name);
        assert_eq!(kind([json("{}")].iter()), Kind::Other);
        assert_eq!(kind([Datum::Vector(vec![1.0])].iter()), Kind::Other);
        assert_eq!(kind([Datum::Null].iter()), Kind::Other);
        assert_eq!(kind([Datum::Double(f64::NAN)].iter()), Kind::Other);
    }

    #[test]
    fn names_are_in_order_and_the_rare_share_a_colour() {
        let (scale, places, shared) = colors(&[Datum::Int(10), Datum::Int(9), Datum::Int(10)]);
        assert_eq!(scale, Scale::Names(vec!["9".to_string(), "10".to_string()]));
        assert_eq!((places, shared), (vec![Some(1.0), Some(0.0), Some(1.0)], 0));
        let many: Vec<Datum> =
            (0..30).flat_map(|n| vec![Datum::Text(format!("n{n:02}")); 31 - n]).collect();
        let (scale, places, shared) = colors(&many);
        let Scale::Names(names) = scale else { panic!("{scale:?}") };
        assert_eq!((names.len(), names[18].as_str(), names[19].as_str()), (20, "n18", "other"));
        assert_eq!((places.last(), shared), (Some(&Some(19.0)), 11));
        let numbers: Vec<Datum> = (0..30).map(Datum::Int).collect();
        assert_eq!(colors(&numbers).0, Scale::Number);
    }

    #[test]
    fn different_values_have_different_names() {
        let start = "https://example.com/".repeat(4);
        let urls = texts(&[&format!("{start}a"), &format!("{start}b"), &format!("{start}a")]);
        let (named, at) = names(urls.iter());
        assert_eq!(at, [0, 1, 0]);
        let cut = format!("{}…", &start[..60]);
        assert_eq!(named, [cut.clone(), format!("{cut} (2)")]);
        let json = |text: &str| Datum::Json(text.to_string());
        let mut alike = texts(&["NULL", "'NULL'", "a\n", "a\\n", "1", "x (2)"]);
        alike.extend([Datum::Null, json("1"), json("\"1\"")]);
        let (named, at) = names(alike.iter());
        // 1 of a text and of JSON is one name
        assert_eq!(at, [0, 1, 2, 3, 4, 5, 6, 7, 4]);
        let own: std::collections::HashSet<&String> = named.iter().collect();
        assert_eq!(own.len(), named.len(), "{named:?}");
        assert_eq!((named[0].as_str(), named[6].as_str()), ("'NULL'", "NULL"));
        let heads = ["x", "x", "x (2)", "x", "y"].map(str::to_string).to_vec();
        assert_eq!(told_apart(heads), ["x", "x (3)", "x (2)", "x (4)", "y"]);
        let Scale::Names(colors) = colors(&urls).0 else { panic!("names") };
        assert_eq!(colors.len(), 2);
    }

    #[test]
    fn a_number_is_short() {
        for (number, text) in [
            (3.0, "3"),
            (-0.5, "-0.5"),
            (0.123_456, "0.1235"),
            (1234.56, "1235"),
            (1e20, "1e20"),
            (1.5e-7, "1.5e-7"),
            (f64::MAX, "1.7976931348623157e308"),
            (1e-320, "1e-320"),
            (0.0, "0"),
        ] {
            assert_eq!(short(number), text);
        }
    }
}
