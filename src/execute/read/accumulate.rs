//! Groups of rows and what is known of each: COUNT, SUM, AVG, MIN and MAX over rows that come one
//! by one. In: rows of keys and values. Out: a row for each group, in the order of its key. Knows
//! nothing of collections or servers.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::order::{Number, compare};
use crate::execute::memory::row_bytes;
use crate::language::ast::Function;
use crate::outcome::Datum;

/// One aggregate of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) function: Function,
    pub(crate) distinct: bool,
    /// the place of its value in a row; `None` is `*`
    pub(crate) source: Option<usize>,
}

/// The groups so far: one accumulator for each aggregate of each.
pub(crate) struct Groups {
    /// the first so many values of a row are its group's key
    width: usize,
    aggregates: Vec<Aggregate>,
    found: BTreeMap<Key, Vec<Accumulator>>,
    /// about what is kept
    bytes: usize,
}

impl Groups {
    pub(crate) fn new(width: usize, aggregates: Vec<Aggregate>) -> Groups {
        Groups { width, aggregates, found: BTreeMap::new(), bytes: 0 }
    }

    /// The one group of a statement that does not say by what: it is there even of no rows.
    pub(crate) fn of_all(aggregates: Vec<Aggregate>) -> Groups {
        let mut groups = Groups::new(0, aggregates);
        let accumulators = vec![Accumulator::default(); groups.aggregates.len()];
        groups.found.insert(Key(Vec::new()), accumulators);
        groups
    }

    /// About the memory that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn add(&mut self, mut row: Vec<Datum>) {
        let values = row.split_off(self.width.min(row.len()));
        let bytes = &mut self.bytes;
        let accumulators = self.found.entry(Key(row)).or_insert_with_key(|key| {
            let accumulators = vec![Accumulator::default(); self.aggregates.len()];
            *bytes += row_bytes(&key.0) + size_of_val(accumulators.as_slice());
            accumulators
        });
        for (accumulator, aggregate) in accumulators.iter_mut().zip(&self.aggregates) {
            let value = aggregate.source.and_then(|at| values.get(at.checked_sub(self.width)?));
            self.bytes += accumulator.add(value, aggregate.distinct);
        }
    }

    /// Each group as a row of its key and its aggregates.
    pub(crate) fn rows(self) -> Vec<Vec<Datum>> {
        let aggregates = self.aggregates;
        let row = |(key, accumulators): (Key, Vec<Accumulator>)| {
            let results = accumulators
                .iter()
                .zip(&aggregates)
                .map(|(found, aggregate)| found.result(aggregate));
            key.0.into_iter().chain(results).collect()
        };
        self.found.into_iter().map(row).collect()
    }
}

/// What is known of one aggregate of one group. NULLs do not count, but for COUNT(*); SUM and AVG
/// are of the numbers among the values, which JSON may hold beside others.
#[derive(Clone, Default)]
struct Accumulator {
    rows: u64,
    count: u64,
    numbers: u64,
    whole: i128,
    /// of those that are not whole
    fractions: Option<f64>,
    /// of the numbers so far: their mean, and the squares of their distances from it
    mean: f64,
    squares: f64,
    min: Option<Datum>,
    max: Option<Datum>,
    distinct: BTreeSet<Key>,
}

impl Accumulator {
    /// Returns about how many bytes more it takes now.
    fn add(&mut self, value: Option<&Datum>, distinct: bool) -> usize {
        self.rows += 1;
        let Some(value) = value.filter(|value| **value != Datum::Null) else { return 0 };
        let mut more = 0;
        if distinct {
            if !self.distinct.insert(Key(vec![value.clone()])) {
                return 0;
            }
            more += row_bytes(std::slice::from_ref(value));
        }
        self.count += 1;
        match Number::of(value) {
            Some(Number::Whole(number)) => self.whole = self.whole.saturating_add(number),
            Some(Number::Fraction(number)) => {
                self.fractions = Some(self.fractions.unwrap_or(0.0) + number);
            }
            None => {}
        }
        if let Some(number) = Number::of(value) {
            self.numbers += 1;
            let number = match number {
                Number::Whole(number) => number as f64,
                Number::Fraction(number) => number,
            };
            let before = number - self.mean;
            self.mean += before / self.numbers as f64;
            self.squares += before * (number - self.mean);
        }
        if self.min.as_ref().is_none_or(|min| compare(value, min) == Ordering::Less) {
            self.min = Some(value.clone());
        }
        if self.max.as_ref().is_none_or(|max| compare(value, max) == Ordering::Greater) {
            self.max = Some(value.clone());
        }
        more
    }

    fn result(&self, aggregate: &Aggregate) -> Datum {
        match aggregate.function {
            Function::Count if aggregate.source.is_none() => Datum::Int(self.rows as i64),
            Function::Count => Datum::Int(self.count as i64),
            Function::Sum | Function::Avg if self.numbers == 0 => Datum::Null,
            Function::Sum => match self.fractions {
                Some(fractions) => Datum::Double(self.whole as f64 + fractions),
                // beyond a BIGINT as JSON has it, every digit
                None => i64::try_from(self.whole)
                    .map_or_else(|_| Datum::Json(self.whole.to_string()), Datum::Int),
            },
            Function::Avg => {
                let sum = self.whole as f64 + self.fractions.unwrap_or(0.0);
                Datum::Double(sum / self.numbers as f64)
            }
            Function::StdDev if self.numbers < 2 => Datum::Null,
            Function::StdDev => Datum::Double((self.squares / (self.numbers - 1) as f64).sqrt()),
            Function::Min => self.min.clone().unwrap_or(Datum::Null),
            Function::Max => self.max.clone().unwrap_or(Datum::Null),
        }
    }
}

/// The key of a group: values that are equal when none of them comes before the other.
#[derive(Clone)]
struct Key(Vec<Datum>);

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(a, b)| compare(a, b))
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(function: Function, distinct: bool, source: Option<usize>) -> Aggregate {
        Aggregate { function, distinct, source }
    }

    fn text(text: &str) -> Datum {
        Datum::Text(text.to_string())
    }

    #[test]
    fn aggregates_over_rows() {
        let mut groups = Groups::new(
            1,
            vec![
                of(Function::Count, false, None),
                of(Function::Count, false, Some(1)),
                of(Function::Count, true, Some(1)),
                of(Function::Sum, false, Some(1)),
                of(Function::Avg, false, Some(1)),
                of(Function::Min, false, Some(2)),
                of(Function::Max, false, Some(2)),
            ],
        );
        for (shop, price, name) in [
            ("north", Datum::Int(2), text("b")),
            ("south", Datum::Double(0.5), Datum::Null),
            ("north", Datum::Int(2), text("a")),
            ("north", Datum::Null, text("c")),
        ] {
            groups.add(vec![text(shop), price, name]);
        }
        let int = Datum::Int;
        assert_eq!(
            groups.rows(),
            [
                vec![
                    text("north"),
                    int(3),
                    int(2),
                    int(1),
                    int(4),
                    Datum::Double(2.0),
                    text("a"),
                    text("c")
                ],
                vec![
                    text("south"),
                    int(1),
                    int(1),
                    int(1),
                    Datum::Double(0.5),
                    Datum::Double(0.5),
                    Datum::Null,
                    Datum::Null
                ],
            ]
        );
    }

    #[test]
    fn all_rows_are_a_group_even_if_there_are_none() {
        let aggregates = vec![of(Function::Count, false, None), of(Function::Sum, false, Some(0))];
        assert_eq!(Groups::of_all(aggregates.clone()).rows(), [[Datum::Int(0), Datum::Null]]);
        assert!(Groups::new(0, aggregates).rows().is_empty());
    }

    #[test]
    fn sums_are_exact() {
        let sum = |values: &[Datum]| {
            let of = |function| of(function, false, Some(0));
            let mut groups = Groups::of_all(vec![of(Function::Sum), of(Function::Avg)]);
            values.iter().for_each(|value| groups.add(vec![value.clone()]));
            groups.rows().concat()
        };
        let large = Datum::Int(i64::MAX);
        assert_eq!(sum(&[large.clone(), large])[0], Datum::Json("18446744073709551614".into()));
        // what is no number is in neither
        let mixed = [Datum::Int(1), text("5"), Datum::Bool(true), Datum::Double(0.5)];
        assert_eq!(sum(&mixed), [Datum::Double(1.5), Datum::Double(0.75)]);
        assert_eq!(sum(&[text("5"), Datum::Json("[1]".into())]), [Datum::Null, Datum::Null]);
        // a JSON column may hold a number itself
        let json = [Datum::Json("18446744073709551615".into()), Datum::Json("-2".into())];
        assert_eq!(sum(&json)[0], Datum::Json("18446744073709551613".into()));
        // whole numbers are summed as such, whatever fractions are among them
        let near = [Datum::Int(1 << 53), Datum::Int(1), Datum::Int(1), Datum::Double(0.0)];
        assert_eq!(sum(&near)[0], Datum::Double((1u64 << 53) as f64 + 2.0));
    }

    #[test]
    fn both_zeros_are_one_group() {
        let mut groups = Groups::new(1, vec![of(Function::Count, true, Some(1))]);
        for zero in [0.0, -0.0] {
            groups.add(vec![Datum::Double(zero), Datum::Float(zero as f32)]);
            groups.add(vec![Datum::Int(0), Datum::Float(-zero as f32)]);
        }
        assert_eq!(groups.rows(), [[Datum::Double(0.0), Datum::Int(1)]]);
    }

    #[test]
    fn nulls_are_a_group() {
        let mut groups = Groups::new(1, vec![of(Function::Count, false, None)]);
        for key in [Datum::Null, Datum::Int(1), Datum::Null, Datum::Double(1.0)] {
            groups.add(vec![key]);
        }
        assert_eq!(groups.found.len(), 2);
        assert!(groups.bytes() > 2 * size_of::<Accumulator>());
        let rows = groups.rows();
        assert_eq!(rows[1], [Datum::Null, Datum::Int(2)]);
    }
}
