//! The rows of the last results, of which a page shows more than a notebook holds. In: outcomes,
//! and what is asked of one: from which row on, in which order, which rows. Out: JSON. What is kept
//! is bounded, and the oldest goes first.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::evaluate::order::{Way, compare_rows};
use crate::execute::memory::{MB, row_bytes};
use crate::language::ast::Direction;
use crate::outcome::{Datum, Outcome, Table};
use crate::render::options::ResultId;
use crate::render::{filter_text, rows};

/// What is kept in all, in bytes.
const MAX_BYTES: usize = 64 * MB as usize;

/// How many results are kept that a cell shows, and how many of what the page's parts and its
/// bridge to Python ask quietly.
const MAX_RESULTS: usize = 5;
const MAX_QUIET: usize = 2;

pub(crate) struct Results {
    /// of this session alone
    session: u32,
    number: Cell<u32>,
    kept: RefCell<VecDeque<Kept>>,
}

struct Kept {
    number: u32,
    is_quiet: bool,
    tables: Vec<Table>,
    bytes: usize,
    /// the rows that were asked for last, in their order
    arranged: Option<(usize, Order, Vec<u32>)>,
}

/// What a page asks of a table: which rows, in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// the column to sort by
    pub sort: Option<usize>,
    pub descending: bool,
    /// what a value of the row has in its text, in small letters or large
    pub filter: String,
}

impl Results {
    pub(crate) fn new(session: u32) -> Results {
        Results { session, number: Cell::default(), kept: RefCell::default() }
    }

    /// A result comes.
    pub(crate) fn begin(&self) {
        self.number.set(self.number.get().wrapping_add(1));
    }

    /// The name of the result that came last.
    pub(crate) fn last(&self) -> ResultId {
        ResultId { session: self.session, number: self.number.get() }
    }

    /// Keeps the tables of the result that came last, if a notebook of so much room for one may
    /// hold a part of them only. What is asked quietly takes no room of what cells show.
    pub(crate) fn keep(&self, outcome: Outcome, table_size: usize, is_quiet: bool) {
        // a value takes at most eight times as much as text, and half the room is for others
        let bytes: usize =
            outcome.tables.iter().flat_map(|table| &table.rows).map(|r| row_bytes(r)).sum();
        if bytes < table_size / 16 || bytes > MAX_BYTES {
            return;
        }
        let mut kept = self.kept.borrow_mut();
        let number = self.number.get();
        let tables = outcome.tables;
        kept.push_back(Kept { number, is_quiet, tables, bytes, arranged: None });
        let most = if is_quiet { MAX_QUIET } else { MAX_RESULTS };
        let (mut count, mut bytes) = (0, 0);
        // from the last one back
        for at in (0..kept.len()).rev() {
            let Some(one) = kept.get(at).filter(|one| one.is_quiet == is_quiet) else { continue };
            (count, bytes) = (count + 1, bytes + one.bytes);
            if count > most || bytes > MAX_BYTES {
                kept.remove(at);
            }
        }
    }

    /// Rows of a table of a result from one on, and how many there are to go through; nothing where
    /// it is not kept any more.
    pub(crate) fn rows(
        &self,
        result: &str,
        table: usize,
        order: Order,
        from: usize,
        count: usize,
    ) -> Option<String> {
        let mut kept = self.kept.borrow_mut();
        let kept = kept.iter_mut().find(|kept| {
            result == ResultId { session: self.session, number: kept.number }.to_string()
        })?;
        let rows_of = &kept.tables.get(table)?.rows;
        if order == Order::default() {
            let shown = rows(rows_of.iter().skip(from).take(count));
            return Some(format!("{{\"total\":{},\"rows\":{shown}}}", rows_of.len()));
        }
        let arranged = match kept.arranged.take() {
            Some(known) if known.0 == table && known.1 == order => known,
            _ => {
                let arranged = arranged(rows_of, &order);
                (table, order, arranged)
            }
        };
        let of = |at: &u32| rows_of.get(*at as usize);
        let shown = rows(arranged.2.iter().skip(from).take(count).filter_map(of));
        let total = arranged.2.len();
        kept.arranged = Some(arranged);
        Some(format!("{{\"total\":{total},\"rows\":{shown}}}"))
    }
}

/// The places of the rows that are asked for.
fn arranged(rows: &[Vec<Datum>], order: &Order) -> Vec<u32> {
    let wanted = order.filter.to_lowercase();
    let fits = |row: &[Datum]| {
        wanted.is_empty()
            || row.iter().any(|value| {
                filter_text(value).is_some_and(|text| text.to_lowercase().contains(&wanted))
            })
    };
    let numbered = rows.iter().enumerate();
    let mut places: Vec<u32> =
        numbered.filter(|(_, row)| fits(row)).map(|(at, _)| at as u32).collect();
    if let Some(column) = order.sort {
        let direction = if order.descending { Direction::Descending } else { Direction::Ascending };
        // NULL stands last either way
        let way = [Way { direction, nulls_first: false }];
        let row = |at: &u32| rows.get(*at as usize).map_or(&[][..], Vec::as_slice);
        places.sort_by(|a, b| compare_rows(row(a), row(b), column, &way));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Column, Type};

    fn outcome(rows: i64) -> Outcome {
        let columns = vec![Column::new("id", Type::Int), Column::new("t", Type::Text)];
        let row = |id| {
            let text = match id % 10 {
                0 => Datum::Null,
                digit => Datum::Text(format!("Word {digit}")),
            };
            vec![Datum::Int(id), text]
        };
        Outcome::table(Table::new(columns, (0..rows).map(row).collect()))
    }

    fn kept(results: &Results, rows: i64) -> String {
        kept_of(results, rows, false)
    }

    fn kept_of(results: &Results, rows: i64, is_quiet: bool) -> String {
        results.begin();
        results.keep(outcome(rows), 16_384, is_quiet);
        results.last().to_string()
    }

    fn ids(results: &Results, result: &str, order: Order) -> (u64, Vec<i64>) {
        let shown = results.rows(result, 0, order, 1, 3).expect("it is kept");
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("it is JSON");
        let ids = shown["rows"].as_array().expect("rows").iter();
        (
            shown["total"].as_u64().expect("a number"),
            ids.map(|row| row[0].as_i64().unwrap()).collect(),
        )
    }

    #[test]
    fn rows_come_from_one_on_in_the_order_that_is_asked_for() {
        let results = Results::new(7);
        let result = kept(&results, 1_000);
        assert_eq!(ids(&results, &result, Order::default()), (1_000, vec![1, 2, 3]));
        let by = |sort, descending, filter: &str| Order {
            sort: Some(sort),
            descending,
            filter: filter.to_string(),
        };
        assert_eq!(ids(&results, &result, by(0, true, "")), (1_000, vec![998, 997, 996]));
        assert_eq!(ids(&results, &result, by(0, true, "word 7")), (100, vec![987, 977, 967]));
        assert_eq!(ids(&results, &result, by(1, false, "")), (1_000, vec![11, 21, 31]));
        // equal values stay as they are, and NULL is last
        assert_eq!(ids(&results, &result, by(1, true, "")), (1_000, vec![19, 29, 39]));
        assert_eq!(ids(&results, &result, by(5, true, "99")), (19, vec![99 + 100, 299, 399]));
        assert_eq!(ids(&results, &result, by(0, false, "nothing")), (0, vec![]));
    }

    #[test]
    fn the_oldest_go_and_the_small_are_not_kept() {
        let results = Results::new(7);
        let first = kept(&results, 1_000);
        assert!(results.rows(&first, 1, Order::default(), 0, 1).is_none(), "no such table");
        assert!(results.rows("00000008-1", 0, Order::default(), 0, 1).is_none(), "another session");
        let small = kept(&results, 1);
        assert!(results.rows(&small, 0, Order::default(), 0, 1).is_none());
        let later: Vec<String> = (0..MAX_RESULTS).map(|_| kept(&results, 1_000)).collect();
        assert!(results.rows(&first, 0, Order::default(), 0, 1).is_none());
        let is_kept = |one: &String| results.rows(one, 0, Order::default(), 0, 1).is_some();
        assert!(later.iter().all(is_kept));
        // what is asked quietly goes by itself
        let quiet: Vec<String> = (0..9).map(|_| kept_of(&results, 1_000, true)).collect();
        assert_eq!(quiet.iter().filter(|one| is_kept(one)).count(), MAX_QUIET);
        assert!(quiet.last().is_some_and(is_kept) && later.iter().all(is_kept));
    }
}
