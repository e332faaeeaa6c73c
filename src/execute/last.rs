//! `:last`: the last result as a value. In: the outcomes that the user has seen. Out: the first
//! column of the last table, a value of one row and a list of several. All of it stands for it, or
//! nothing does.

use std::cell::Cell;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::memory::{self, MB};
use crate::execute::state::State;
use crate::execute::subqueries::MOST_VALUES;
use crate::execute::unknown;
use crate::execute::value::of_datum;
use crate::language::ast::{Statement, Value};
use crate::language::{numbers, variables};
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, Table, grouped, plural};

/// Bytes that are kept of a result.
const MOST_BYTES: usize = 64 * MB as usize;

/// What `:last` stands for.
#[derive(Default)]
pub(crate) enum Last {
    /// no result yet
    #[default]
    None,
    Column(Vec<Datum>),
    /// so many rows of a result of so many were there
    Part {
        kept: usize,
        total: u64,
    },
    /// more than is kept
    Large {
        rows: u64,
    },
}

/// Puts values in the place of a statement's variables.
pub(crate) fn substitute<P: Platform>(statement: &mut Statement, state: &State<P>) -> Result<()> {
    let is_unknown = Cell::new(false);
    let last = || {
        let value = state.last_result.borrow().value()?;
        is_unknown.set(match &value {
            Value::List(items) => {
                items.is_empty() || items.iter().any(|item| item.value == Value::Null)
            }
            value => *value == Value::Null,
        });
        Ok(value)
    };
    variables::substitute(statement, &state.variables.borrow(), &last)?;
    if is_unknown.get() {
        unknown::settle(&mut statement.kind);
    }
    Ok(())
}

impl Last {
    /// A result has been shown; one without a table leaves the last as it is. Says whether it is
    /// the first.
    pub(crate) fn see(&mut self, outcome: &Outcome) -> bool {
        let had = self.is_there();
        if let Some(table) = outcome.tables.last() {
            *self = Last::of(table);
        }
        !had && self.is_there()
    }

    pub(crate) fn is_there(&self) -> bool {
        !matches!(self, Last::None)
    }

    fn of(table: &Table) -> Last {
        let (kept, total) = (table.rows.len(), table.total);
        if total > kept as u64 {
            return Last::Part { kept, total };
        }
        // the number of the query stands before the hits of several
        let at = usize::from(!table.groups.is_empty());
        let column = || table.rows.iter().filter_map(|row| row.get(at));
        let bytes: usize = column().map(memory::bytes).sum();
        match bytes > MOST_BYTES || kept > MOST_VALUES {
            true => Last::Large { rows: total },
            false => Last::Column(column().cloned().collect()),
        }
    }

    /// What it is, for who types; nothing where it cannot be had.
    pub(crate) fn described(&self) -> Option<String> {
        match self {
            Last::Column(column) => {
                Some(format!("the last result: {}", plural(column.len() as u64, "value", "values")))
            }
            _ => None,
        }
    }

    fn value(&self) -> Result<Value> {
        let refused = |message: String| Diagnostic::new(Code::NotSupported, message);
        match self {
            Last::None => Err(Diagnostic::new(
                Code::UnknownVariable,
                "`:last` is the last result, and nothing has been read yet",
            )
            .help("run a statement that gives a table before it, such as a SELECT")),
            Last::Part { kept, total } => Err(refused(format!(
                "the last result has {}, and {} of them were read to be shown",
                plural(*total, "row", "rows"),
                grouped(*kept as u64)
            ))
            .help(format!("`LIMIT {total}` reads them all, up to 100,000"))
            .help("`SET @ids = (SELECT …)` and `IN (SELECT …)` read every row")),
            Last::Large { rows } => Err(refused(format!(
                "the last result is too large to be kept: {}",
                plural(*rows, "row", "rows")
            ))
            .help(format!(
                "`:last` has up to {} values of 64 MB together: narrow it by a condition",
                grouped(MOST_VALUES as u64)
            ))),
            Last::Column(column) => Ok(match column.as_slice() {
                [only] => of_datum(only),
                column => {
                    let span = Span::default();
                    let items = column.iter().map(|value| Spanned::new(of_datum(value), span));
                    numbers::list_of(items.collect(), span)
                }
            }),
        }
    }
}
