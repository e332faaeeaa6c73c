//! Whole numbers and texts by the order of their values: `==`, `<`, `in` of columns that have a
//! scalar index. It is looked into where few rows match: a pass over the column, 64 rows a word,
//! is faster than setting many bits one by one.

use std::ops::Bound::{self, Excluded, Included, Unbounded};

use crate::expr::plan;
use crate::expr::set::Set;
use crate::expr::tree::Compare;
use crate::expr::value::{Value, exact_int};
use crate::index::sorted::Sorted;
use crate::segment::bits::Bits;
use crate::segment::column::{Column, Data};

/// What values are looked for: those between two bounds, of any of them.
pub enum Sought<'a> {
    Ints(Vec<(Bound<i64>, Bound<i64>)>),
    Texts(Vec<(Bound<&'a str>, Bound<&'a str>)>),
}

/// One of so many rows may match. Measured at 100,000 and 500,000 rows: a pass takes 1 ns for each
/// row of numbers and 3 to 14 for each of texts, a bit by itself 2.
const SHARE_OF_INTS: usize = 16;
const SHARE_OF_TEXTS: usize = 2;

/// Rows of a pass that take as long as to look into one run.
const LOOK: usize = 512;

/// `a < 1`; none where that is no interval.
pub fn compare(compare: Compare, with: &Value) -> Option<Sought<'_>> {
    fn of<T: Copy>(compare: Compare, with: T) -> Option<Vec<(Bound<T>, Bound<T>)>> {
        Some(vec![match compare {
            Compare::Less => (Unbounded, Excluded(with)),
            Compare::LessEqual => (Unbounded, Included(with)),
            Compare::Greater => (Excluded(with), Unbounded),
            Compare::GreaterEqual => (Included(with), Unbounded),
            Compare::Equal => (Included(with), Included(with)),
            Compare::NotEqual => return None,
        }])
    }
    match with {
        Value::Int(with) => of(compare, *with).map(Sought::Ints),
        Value::Text(with) => of(compare, &**with).map(Sought::Texts),
        Value::Bool(_) | Value::Float(_) | Value::List(_) => None,
    }
}

/// `1 < a <= 2`
pub fn between<'a>(lower: &'a plan::Bound, upper: &'a plan::Bound) -> Option<Sought<'a>> {
    fn of<T>(value: T, inclusive: bool) -> Bound<T> {
        if inclusive { Included(value) } else { Excluded(value) }
    }
    match (&lower.value, &upper.value) {
        (Value::Int(low), Value::Int(high)) => {
            Some(Sought::Ints(vec![(of(*low, lower.inclusive), of(*high, upper.inclusive))]))
        }
        (Value::Text(low), Value::Text(high)) => {
            Some(Sought::Texts(vec![(of(&**low, lower.inclusive), of(&**high, upper.inclusive))]))
        }
        _ => None,
    }
}

/// `a in [1, 2]`, of whole numbers or texts.
pub fn among<'a>(column: &Column, set: &'a Set) -> Option<Sought<'a>> {
    match &column.data {
        Data::Int(_) | Data::Long(_) => {
            let ints = set.values().iter().filter_map(|value| match value {
                Value::Int(value) => Some(*value),
                Value::Float(value) => exact_int(*value),
                Value::Bool(_) | Value::Text(_) | Value::List(_) => None,
            });
            Some(Sought::Ints(ints.map(|value| (Included(value), Included(value))).collect()))
        }
        Data::Text(_) => {
            let texts = set.values().iter().filter_map(|value| match value {
                Value::Text(value) => Some(&**value),
                _ => None,
            });
            Some(Sought::Texts(texts.map(|value| (Included(value), Included(value))).collect()))
        }
        _ => None,
    }
}

/// The rows of the sorted ones that match, of so many bits; none where a pass is faster.
pub fn find(column: &Column, sorted: &Sorted, sought: &Sought<'_>, len: usize) -> Option<Bits> {
    match (&column.data, sought) {
        (Data::Int(rows), Sought::Ints(sought)) => {
            let value = |row: usize| rows.get(row).map_or(0, |value| i64::from(*value));
            matching(sorted, sought, value, SHARE_OF_INTS, len)
        }
        (Data::Long(rows), Sought::Ints(sought)) => {
            let value = |row: usize| rows.get(row).map_or(0, |value| *value);
            matching(sorted, sought, value, SHARE_OF_INTS, len)
        }
        (Data::Text(rows), Sought::Texts(sought)) => {
            let value = |row: usize| rows.get(row).map_or("", |value| &**value);
            matching(sorted, sought, value, SHARE_OF_TEXTS, len)
        }
        _ => None,
    }
}

fn matching<T: Ord + Copy>(
    sorted: &Sorted,
    sought: &[(Bound<T>, Bound<T>)],
    value: impl Fn(usize) -> T,
    share: usize,
    len: usize,
) -> Option<Bits> {
    if sought.len() * sorted.runs() * LOOK > sorted.len() {
        return None;
    }
    let (mut yes, mut count) = (Bits::filled(len, false), 0);
    for (low, high) in sought {
        let below = |row| match low {
            Included(low) => value(row) < *low,
            Excluded(low) => value(row) <= *low,
            Unbounded => false,
        };
        let above = |row| match high {
            Included(high) => value(row) > *high,
            Excluded(high) => value(row) >= *high,
            Unbounded => false,
        };
        for (first, rows) in sorted.between(below, above) {
            count += rows.len();
            if count > sorted.len() / share {
                return None;
            }
            rows.iter().for_each(|row| yes.set(first + usize::from(*row), true));
        }
    }
    Some(yes)
}
