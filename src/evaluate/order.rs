//! The order of values: what sorting, grouping and paging by key go by. In: rows of data. Out: the
//! same rows in order. Knows nothing of collections or statements.

use std::cmp::Ordering;

use crate::language::ast::{Direction, OrderKey};
use crate::outcome::Datum;

/// How a column is sorted by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Way {
    pub(crate) direction: Direction,
    pub(crate) nulls_first: bool,
}

/// NULL is the largest value, unless another place is asked for.
impl From<Direction> for Way {
    fn from(direction: Direction) -> Way {
        Way { direction, nulls_first: direction == Direction::Descending }
    }
}

impl Way {
    pub(crate) const ASCENDING: Way = Way { direction: Direction::Ascending, nulls_first: false };

    pub(crate) fn of(key: &OrderKey) -> Way {
        let way = Way::from(key.direction);
        Way { nulls_first: key.nulls_first.unwrap_or(way.nulls_first), ..way }
    }

    /// Whether NULL is the largest value.
    pub(crate) fn is_plain(self) -> bool {
        self == Way::from(self.direction)
    }

    fn compare(self, a: &Datum, b: &Datum) -> Ordering {
        match (*a == Datum::Null, *b == Datum::Null) {
            (false, false) if self.direction == Direction::Ascending => compare(a, b),
            (false, false) => compare(b, a),
            // false is less than true
            (a, b) if self.nulls_first => b.cmp(&a),
            (a, b) => a.cmp(&b),
        }
    }
}

/// Whether an order is what a comparison asks for.
pub(crate) fn is(order: Ordering, operator: &str) -> bool {
    match operator {
        "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }
}

/// Sorts rows by their values from a column on; rows of equal values stay as they are.
pub(crate) fn sort_rows(rows: &mut [Vec<Datum>], first: usize, ways: &[Way]) {
    rows.sort_by(|a, b| compare_rows(a, b, first, ways));
}

pub(crate) fn compare_rows(a: &[Datum], b: &[Datum], first: usize, ways: &[Way]) -> Ordering {
    let (a, b) = (a.iter().skip(first), b.iter().skip(first));
    a.zip(b)
        .zip(ways)
        .map(|((a, b), way)| way.compare(a, b))
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// An order of all values: numbers by size, texts by their characters' code points, NULL last.
pub(crate) fn compare(a: &Datum, b: &Datum) -> Ordering {
    match (Number::of(a), Number::of(b)) {
        (Some(a), Some(b)) => return a.compare(b),
        (None, None) => {}
        _ => return rank(a).cmp(&rank(b)),
    }
    match (a, b) {
        (Datum::Text(a), Datum::Text(b)) | (Datum::Json(a), Datum::Json(b)) => a.cmp(b),
        (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
        (Datum::Array(a), Datum::Array(b)) => a
            .iter()
            .zip(b)
            .map(|(a, b)| compare(a, b))
            .find(|order| *order != Ordering::Equal)
            .unwrap_or_else(|| a.len().cmp(&b.len())),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// A number of any type, exactly.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    pub(crate) fn of(value: &Datum) -> Option<Number> {
        match value {
            Datum::Int(number) => Some(Number::Whole((*number).into())),
            Datum::Float(number) => Some(Number::Fraction((*number).into())),
            Datum::Double(number) => Some(Number::Fraction(*number)),
            Datum::Json(text) => {
                let whole = text.parse().ok().map(Number::Whole);
                whole.or_else(|| text.parse().ok().map(Number::Fraction))
            }
            Datum::Null
            | Datum::Bool(_)
            | Datum::Text(_)
            | Datum::Array(_)
            | Datum::Vector(_)
            | Datum::Sparse(_)
            | Datum::Bytes(_) => None,
        }
    }

    /// -0 is 0, and what is no number comes behind all that are.
    pub(crate) fn compare(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a.cmp(&b),
            (Number::Whole(a), Number::Fraction(b)) => whole_and_fraction(a, b),
            (Number::Fraction(a), Number::Whole(b)) => whole_and_fraction(b, a).reverse(),
            (Number::Fraction(a), Number::Fraction(b)) => {
                a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
        }
    }
}

/// Not by the double that is nearest to the whole number: then two that differ would both equal a
/// third.
fn whole_and_fraction(whole: i128, fraction: f64) -> Ordering {
    if fraction.is_nan() {
        return Ordering::Less;
    }
    // a double out of range becomes the first or the last whole number
    let floor = fraction.floor();
    let beyond = if floor < fraction { Ordering::Less } else { Ordering::Equal };
    whole.cmp(&(floor as i128)).then(beyond)
}

/// The order of values of different types.
fn rank(value: &Datum) -> u8 {
    match value {
        Datum::Bool(_) => 0,
        Datum::Int(_) | Datum::Float(_) | Datum::Double(_) => 1,
        Datum::Json(_) if Number::of(value).is_some() => 1,
        Datum::Text(_) => 2,
        // each by itself: what equals all of one kind must not order another kind's
        Datum::Json(_) => 3,
        Datum::Array(_) => 4,
        Datum::Vector(_) | Datum::Sparse(_) | Datum::Bytes(_) => 5,
        Datum::Null => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Ascending, Descending};

    fn text(text: &str) -> Datum {
        Datum::Text(text.to_string())
    }

    #[test]
    fn values_of_every_type_have_an_order() {
        let mut values = vec![
            vec![Datum::Null],
            vec![text("表")],
            vec![Datum::Double(2.5)],
            vec![text("b")],
            vec![Datum::Int(-1)],
            vec![Datum::Float(0.5)],
            vec![text("B")],
            vec![Datum::Bool(true)],
        ];
        sort_rows(&mut values, 0, &[Ascending.into()]);
        assert_eq!(
            values.concat(),
            [
                Datum::Bool(true),
                Datum::Int(-1),
                Datum::Float(0.5),
                Datum::Double(2.5),
                text("B"),
                text("b"),
                text("表"),
                Datum::Null
            ]
        );
        assert_eq!(compare(&Datum::Int(i64::MAX), &Datum::Int(i64::MAX - 1)), Ordering::Greater);
        assert_eq!(compare(&Datum::Double(f64::NAN), &Datum::Double(1.0)), Ordering::Greater);
        let (large, double) = (Datum::Int((1 << 53) + 1), Datum::Double((1u64 << 53) as f64));
        assert_eq!(compare(&large, &double), Ordering::Greater, "not as doubles");
        assert_eq!(compare(&double, &large), Ordering::Less);
        assert_eq!(compare(&Datum::Int(-1), &Datum::Double(-0.5)), Ordering::Less);
        assert_eq!(compare(&Datum::Double(f64::NAN), &Datum::Int(i64::MAX)), Ordering::Greater);
        for zero in [Datum::Double(-0.0), Datum::Float(-0.0), Datum::Json("-0.0".to_string())] {
            assert_eq!(compare(&zero, &Datum::Int(0)), Ordering::Equal, "{zero:?}");
            assert_eq!(compare(&zero, &Datum::Double(0.0)), Ordering::Equal, "{zero:?}");
        }
        // numbers of JSON are numbers
        let json = |text: &str| Datum::Json(text.to_string());
        assert_eq!(compare(&json("10"), &json("9")), Ordering::Greater);
        assert_eq!(compare(&json("18446744073709551615"), &large), Ordering::Greater);
        assert_eq!(compare(&json("7"), &text("6")), Ordering::Less);
        assert_eq!(compare(&json("{}"), &json("[]")), Ordering::Greater);
        // sorting panics where two that differ both equal a third
        assert_eq!(compare(&json("{}"), &Datum::Array(Vec::new())), Ordering::Less);
        let list = |items: &[i64]| Datum::Array(items.iter().copied().map(Datum::Int).collect());
        assert_eq!(compare(&list(&[1, 2]), &list(&[1, 2, 0])), Ordering::Less);
    }

    #[test]
    fn rows_are_sorted_from_a_column_on_and_stay_where_they_are_equal() {
        let row = |id: i64, a: Datum, b: i64| vec![Datum::Int(id), a, Datum::Int(b)];
        let mut rows = vec![
            row(1, Datum::Null, 1),
            row(2, text("x"), 1),
            row(3, text("y"), 2),
            row(4, text("x"), 2),
            row(5, text("x"), 1),
        ];
        let ids = |rows: &[Vec<Datum>]| rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
        sort_rows(&mut rows, 1, &[Ascending.into(), Descending.into()]);
        assert_eq!(ids(&rows), [4, 2, 5, 3, 1].map(Datum::Int));
        sort_rows(&mut rows, 1, &[Descending.into()]);
        assert_eq!(ids(&rows), [1, 3, 4, 2, 5].map(Datum::Int));
    }
}
