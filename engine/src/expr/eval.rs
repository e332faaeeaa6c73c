//! The truth of a filter for rows of a segment, column by column. Three-valued logic after Kleene:
//! what is unknown stays so, unless the other side decides.

mod elements;
pub mod item;
mod scan;
mod seek;

use std::ops::Range;

use super::Texts;
use super::json;
use super::plan::{Computed, Node, Operand, Place};
use super::tree::{Compare, Quantity};
use super::value::Value;
use crate::segment::Segment;
use crate::segment::bits::Bits;
use crate::segment::column::{Cell, Column};
pub use elements::Element;
use item::{Item, item};
use seek::Sought;

/// A bit a row. What is true is known too.
#[derive(Clone, Debug)]
pub struct Truth {
    pub yes: Bits,
    pub known: Bits,
}

pub struct Eval<'a> {
    pub segment: &'a Segment,
    pub rows: Range<usize>,
    pub texts: &'a dyn Texts,
    /// of samples
    pub seed: u64,
    /// the elements in question, each with its row: then `rows` are places among them
    pub elements: Option<&'a [Element]>,
}

impl Eval<'_> {
    /// The truth of a node. Where rows are `asked` for, what is said of others does not count.
    pub fn truth(&self, node: &Node, asked: Option<&Bits>) -> Truth {
        match node {
            Node::Always(value) => self.all(*value),
            Node::Not(inner) => {
                let mut truth = self.truth(inner, asked);
                truth.yes.not();
                truth.yes.and(&truth.known);
                truth
            }
            Node::And(parts) => self.every(parts, asked, true),
            Node::Or(parts) => self.every(parts, asked, false),
            Node::Compare { of, compare, with } => self.compare(of, *compare, with, asked),
            Node::Range { of, bounds } => {
                let [lower, upper] = &**bounds;
                let sought = |_: &_| seek::between(lower, upper);
                if let Some(truth) = self.scan(of, asked, sought, |column, rows| {
                    scan::between(column, rows, lower, upper)
                }) {
                    return truth;
                }
                let above = if lower.inclusive { Compare::GreaterEqual } else { Compare::Greater };
                let below = if upper.inclusive { Compare::LessEqual } else { Compare::Less };
                self.items(of, asked, |item| {
                    let low = item.order(&lower.value)?;
                    let high = item.order(&upper.value)?;
                    Some(above.holds(low) && below.holds(high))
                })
            }
            Node::In { of, set } => {
                let sought = |column: &_| seek::among(column, set);
                if let Some(truth) =
                    self.scan(of, asked, sought, |column, rows| scan::among(column, rows, set))
                {
                    return truth;
                }
                match of.place {
                    Place::Keys(_) => self.items(of, asked, |item| set.of_json(item)),
                    Place::Whole | Place::Element(_) | Place::Each => {
                        self.items(of, asked, |item| {
                            (!matches!(item, Item::Unknown)).then(|| set.has(item))
                        })
                    }
                }
            }
            Node::Fields { left, compare, right } => {
                let columns = (self.segment.column(*left), self.segment.column(*right));
                let (Some(left), Some(right)) = columns else { return self.unknown() };
                self.each(asked, |row| {
                    let order = Item::of(left.cell(row)).order_to(&Item::of(right.cell(row)))?;
                    Some(compare.holds(order))
                })
            }
            Node::Like { of, pattern } => self.like(of, asked, |text| pattern.matches(text)),
            Node::Matches { of, regex } => self.like(of, asked, |text| regex.is_match(text)),
            Node::Null { column } => match self.segment.column(*column).map(Column::valid) {
                Some(None) => self.all(false),
                Some(Some(valid)) => {
                    let mut truth = self.all(false);
                    scan::missing(valid, &self.rows).for_each(|row| truth.yes.set(row, true));
                    truth
                }
                None => self.all(true),
            },
            Node::Exists { column, keys } => self.cells(*column, asked, |cell| {
                let Cell::Json(text) = cell else { return Some(false) };
                Some(json::find(text, keys).is_some_and(|value| !json::is_hollow(&value)))
            }),
            Node::ContainsAny { of, set } => match (&of.place, set.is_empty()) {
                (Place::Keys(_), true) => self.all(false),
                _ => self.items(of, asked, |item| {
                    item.elements().map(|mut elements| elements.any(|element| set.has(&element)))
                }),
            },
            Node::ContainsAll { of, elements: wanted } => match (&of.place, wanted.is_empty()) {
                (Place::Keys(_), true) => self.all(true),
                _ => self.items(of, asked, |item| {
                    let elements: Vec<Item> = item.elements()?.collect();
                    let there = |value: &Value| elements.iter().any(|item| item.equals(value));
                    Some(wanted.iter().all(there))
                }),
            },
            Node::Time { column, interval, compare, moment } => {
                self.cells(*column, asked, |cell| match cell {
                    Cell::Int(value) => {
                        let moved = interval.added_to(*value)?;
                        Some(compare.holds(moved.cmp(moment)))
                    }
                    _ => None,
                })
            }
            Node::Spatial { column, asked: spatial } => {
                self.cells(*column, asked, |cell| match cell {
                    Cell::Text(text) => spatial.of(text),
                    _ => None,
                })
            }
            Node::TextMatch { column, query, minimum } => self
                .valid(*column, asked, |row| self.texts.text_match(*column, row, query, *minimum)),
            Node::PhraseMatch { column, query, slop } => self
                .valid(*column, asked, |row| self.texts.phrase_match(*column, row, query, *slop)),
            Node::Sample { of, share } => {
                let truth = self.truth(of, asked);
                let mut yes = Bits::filled(self.rows.len(), false);
                for row in scan::sample(truth.yes.ones(), self.rows.start, *share, self.seed) {
                    yes.set(row, true);
                }
                Truth { yes, known: truth.known }
            }
            Node::ElementFilter { column, of, rows } => {
                let mut truth = self.truth(rows, asked);
                truth.yes.and(&self.matched(*column, of, Some(&truth.yes), |yes, _| yes > 0).yes);
                truth
            }
            Node::Match { column, of, how, count } => {
                self.matched(*column, of, asked, |yes, all| match how {
                    Quantity::All => yes == all,
                    Quantity::Any => yes > 0,
                    Quantity::Least => yes >= *count,
                    Quantity::Most => yes <= *count,
                    Quantity::Exact => yes == *count,
                })
            }
        }
    }

    /// AND (OR the other way round): rows that a part has decided are not asked of the next ones.
    fn every(&self, parts: &[Node], asked: Option<&Bits>, and: bool) -> Truth {
        let mut all = self.all(and);
        for part in parts {
            let mut open = decided(&all, !and);
            open.not();
            if let Some(asked) = asked {
                open.and(asked);
            }
            if open.count() == 0 {
                break;
            }
            let truth = self.truth(part, Some(&open));
            all = join(&all, &truth, and);
        }
        all
    }

    fn compare(&self, of: &Operand, compare: Compare, with: &Value, asked: Option<&Bits>) -> Truth {
        let sought = |_: &_| seek::compare(compare, with);
        if let Some(truth) = self.scan(of, asked, sought, |column, rows| {
            scan::compare(column, rows, &of.computed, compare, with)
        }) {
            return truth;
        }
        let equality = match compare {
            Compare::Equal => Some(true),
            Compare::NotEqual => Some(false),
            _ => None,
        };
        match (with, equality) {
            (Value::List(_), Some(equal)) => self.items(of, asked, |item| match item {
                Item::Array(_) | Item::List(_) => Some(item.equals(with) == equal),
                _ => None,
            }),
            // lists have no order, which is known
            (Value::List(_), None) => self.all(false),
            _ => self.items(of, asked, |item| item.order(with).map(|order| compare.holds(order))),
        }
    }

    fn like(&self, of: &Operand, asked: Option<&Bits>, test: impl Fn(&str) -> bool) -> Truth {
        if let Some(truth) =
            self.scan(of, asked, |_| None, |column, rows| scan::texts(column, rows, &test))
        {
            return truth;
        }
        self.items(of, asked, |item| match item {
            Item::Text(text) => Some(test(text)),
            _ => None,
        })
    }

    /// Whether it is so of the operand, row by row; none is unknown.
    fn items(
        &self,
        of: &Operand,
        asked: Option<&Bits>,
        test: impl Fn(&Item) -> Option<bool>,
    ) -> Truth {
        let Some(column) = self.segment.column(of.column) else { return self.unknown() };
        self.each(asked, |at| {
            let element = match self.elements {
                Some(elements) => *elements.get(at)?,
                None => Element { row: at, at: 0 },
            };
            test(&item(of, column.cell(element.row), element.at))
        })
    }

    fn cells(
        &self,
        column: usize,
        asked: Option<&Bits>,
        test: impl Fn(&Cell) -> Option<bool>,
    ) -> Truth {
        let Some(column) = self.segment.column(column) else { return self.unknown() };
        self.each(asked, |row| test(&column.cell(row)))
    }

    /// A test of rows that are not NULL, which are unknown.
    fn valid(&self, column: usize, asked: Option<&Bits>, test: impl Fn(usize) -> bool) -> Truth {
        let Some(column) = self.segment.column(column) else { return self.unknown() };
        self.each(asked, |row| (!column.is_null(row)).then(|| test(row)))
    }

    fn each(&self, asked: Option<&Bits>, test: impl Fn(usize) -> Option<bool>) -> Truth {
        let mut truth = self.all(false);
        let mut tell = |index: usize| match test(self.rows.start + index) {
            Some(true) => truth.yes.set(index, true),
            Some(false) => {}
            None => truth.known.set(index, false),
        };
        match asked {
            Some(asked) => asked.ones().for_each(&mut tell),
            None => (0..self.rows.len()).for_each(&mut tell),
        }
        truth
    }

    /// The fast way, of a whole column: by an index or by a pass. None where there is no such way,
    /// or few rows are asked for.
    fn scan<'a>(
        &self,
        of: &Operand,
        asked: Option<&Bits>,
        sought: impl FnOnce(&Column) -> Option<Sought<'a>>,
        pass: impl Fn(&Column, &Range<usize>) -> Option<Bits>,
    ) -> Option<Truth> {
        if of.place != Place::Whole {
            return None;
        }
        let column = self.segment.column(of.column)?;
        let yes = match self.seek(of, column, sought, &pass) {
            Some(yes) => yes,
            None if asked.is_some_and(|asked| asked.count() < self.rows.len() / 8) => return None,
            None => pass(column, &self.rows)?,
        };
        let mut truth = Truth { yes, known: Bits::filled(self.rows.len(), true) };
        if let Some(valid) = column.valid() {
            for row in scan::missing(valid, &self.rows) {
                truth.known.set(row, false);
            }
            truth.yes.and(&truth.known);
        }
        Some(truth)
    }

    /// By an index of the column, and by a pass of the rows that it has not seen.
    fn seek<'a>(
        &self,
        of: &Operand,
        column: &Column,
        sought: impl FnOnce(&Column) -> Option<Sought<'a>>,
        pass: impl Fn(&Column, &Range<usize>) -> Option<Bits>,
    ) -> Option<Bits> {
        let whole = self.rows == (0..self.segment.rows());
        let sorted = self.segment.sorted(of.column).filter(|_| whole)?;
        if !matches!(of.computed, Computed::Plain) {
            return None;
        }
        let mut yes = seek::find(column, sorted, &sought(column)?, self.rows.len())?;
        let rest = pass(column, &(sorted.len()..self.rows.end))?;
        for (index, word) in rest.words().iter().enumerate() {
            yes.set_word(sorted.len() + index * 64, *word);
        }
        Some(yes)
    }

    fn all(&self, value: bool) -> Truth {
        let rows = self.rows.len();
        Truth { yes: Bits::filled(rows, value), known: Bits::filled(rows, true) }
    }

    /// Of a column that is not there (yet): all rows are NULL.
    fn unknown(&self) -> Truth {
        let rows = self.rows.len();
        Truth { yes: Bits::filled(rows, false), known: Bits::filled(rows, false) }
    }
}

/// The rows of which it is known that they are so.
fn decided(truth: &Truth, value: bool) -> Bits {
    if value {
        return truth.yes.clone();
    }
    let mut no = truth.known.clone();
    no.and_not(&truth.yes);
    no
}

/// AND or OR of two truths: known where both are, or where one decides.
fn join(left: &Truth, right: &Truth, and: bool) -> Truth {
    let mut yes = left.yes.clone();
    let mut known = left.known.clone();
    known.and(&right.known);
    for side in [left, right] {
        known.or(&decided(side, !and));
    }
    match and {
        true => yes.and(&right.yes),
        false => yes.or(&right.yes),
    }
    Truth { yes, known }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    /// Kleene's tables, with 0 for false, 1 for unknown and 2 for true: AND is the least of two,
    /// OR the greatest.
    #[test]
    fn logic_has_three_values() {
        let states = [0u8, 1, 2];
        let pairs: Vec<(u8, u8)> =
            states.iter().flat_map(|a| states.iter().map(|b| (*a, *b))).collect();
        let truth = |side: fn(&(u8, u8)) -> u8| Truth {
            yes: pairs.iter().map(|pair| side(pair) == 2).collect(),
            known: pairs.iter().map(|pair| side(pair) != 1).collect(),
        };
        let (left, right) = (truth(|pair| pair.0), truth(|pair| pair.1));
        for and in [true, false] {
            let joined = join(&left, &right, and);
            for (index, (a, b)) in pairs.iter().enumerate() {
                let state = match (joined.known.get(index), joined.yes.get(index)) {
                    (false, false) => 1,
                    (true, yes) => 2 * u8::from(yes),
                    (false, true) => panic!("true and not known"),
                };
                assert_eq!(state, if and { *a.min(b) } else { *a.max(b) }, "{a} {b} {and}");
            }
        }
    }

    #[test]
    fn orders_hold_as_they_say() {
        for order in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
            assert_eq!(Compare::Less.holds(order), order == Ordering::Less);
            assert_eq!(Compare::NotEqual.holds(order), order != Ordering::Equal);
            assert_eq!(Compare::GreaterEqual.holds(order), order != Ordering::Less);
        }
    }
}
