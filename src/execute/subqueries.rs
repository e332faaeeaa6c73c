//! Subqueries. In: a statement with SELECTs in the places of values. Out: the statement with what
//! they gave, each carried out once, the innermost first. A SELECT there sees no row of the one
//! around it: `parse` has seen to that.
//!
//! EXPLAIN carries them out as well: what the statement around them would send depends on them.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::state::State;
use crate::execute::{Shown, places, requests, select, unknown, with_server};
use crate::language::ast::{Expr, ExprKind, Items, Kind, Select, Statement, Value};
use crate::language::variables::{in_filter, placed};
use crate::language::walk::{self, ValueVisitor};
use crate::language::{numbers, print};
use crate::milvus::Platform;
use crate::milvus::explain::Explained;
use crate::outcome::{Table, Waited, grouped};

use super::value::of_datum;

/// Values of an IN. A condition with so many, 1.5 MB of text, took 0.3 s in the engine, 0.9 s in
/// Milvus Lite 2.5 and 7 s in Milvus Lite 3; no server says that it has a limit.
pub(crate) const MOST_VALUES: usize = 100_000;
/// Rows that are read for them.
const MOST_ROWS: i64 = 1_000_000;

/// What was done for a statement before it.
#[derive(Default)]
pub(crate) struct Before {
    pub(crate) notices: Vec<String>,
    pub(crate) waited: Option<Waited>,
    /// for EXPLAIN
    pub(crate) requests: Vec<Explained>,
}

/// Carries the subqueries out and puts what they give in their places; none is a statement without
/// any.
pub(crate) async fn resolve<P: Platform>(
    statement: &mut Statement,
    state: &State<P>,
    explain: bool,
) -> Result<Option<Before>> {
    let mut collecting = Collecting::default();
    walk::statement(statement, &mut collecting)?;
    if collecting.found.is_empty() {
        return Ok(None);
    }
    head_items(&mut statement.kind)?;
    if let (Kind::SetVariable { value, .. }, [only]) =
        (&statement.kind, collecting.found.as_mut_slice())
        && value.span == only.span
    {
        only.takes = Takes::Any;
    }
    let mut before = Before::default();
    let mut given = Vec::new();
    for query in collecting.found {
        given.push(run(query, state, explain, &mut before).await?);
    }
    let is_known = |value: &Vec<Value>| !value.is_empty() && !value.contains(&Value::Null);
    let all_known = given.iter().all(is_known);
    let mut placing = Placing { given: given.into_iter() };
    walk::statement(statement, &mut placing)?;
    if !all_known {
        unknown::settle(&mut statement.kind);
    }
    Ok(Some(before))
}

/// What stands in a place.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    One,
    /// one that is there
    Vector,
    Many,
    /// one, or a list of several
    Any,
    /// whether there is a row
    Truth,
}

struct Query {
    select: Select,
    span: Span,
    takes: Takes,
}

/// Runs a subquery; what takes one value gets one.
async fn run<P: Platform>(
    Query { mut select, span, takes }: Query,
    state: &State<P>,
    explain: bool,
    before: &mut Before,
) -> Result<Vec<Value>> {
    bound(&mut select, takes, span);
    let mut statement = Statement { kind: Kind::Select(Box::new(select)), span };
    if let Some(inner) = Box::pin(resolve(&mut statement, state, explain)).await? {
        before.add(inner.notices, inner.waited);
        before.requests.extend(inner.requests);
    }
    let place = places::take(&mut statement.kind)?;
    if explain {
        before.requests.extend(requests(&statement, place.as_ref(), state).await?.0);
    }
    let outcome = with_server(&statement, place.as_ref(), state, Shown::Every).await?;
    before.add(outcome.notices, outcome.waited);
    let table = outcome.tables.into_iter().next().unwrap_or_default();
    if takes == Takes::Truth {
        return Ok(vec![Value::Bool(!table.rows.is_empty())]);
    }
    let mut values = values(table, span)?;
    match takes {
        Takes::Many | Takes::Any if values.len() > MOST_VALUES => Err(Diagnostic::new(
            Code::NotSupported,
            format!(
                "this SELECT gives more than {} values: no list has more",
                grouped(MOST_VALUES as u64)
            ),
        )
        .at(span)
        .help("narrow it by a condition, or write the statement once for each part of the key")),
        Takes::Many => Ok(values),
        Takes::Any if values.len() > 1 => {
            let items = values.into_iter().map(|value| Spanned::new(value, span)).collect();
            Ok(vec![numbers::list_of(items, span)])
        }
        Takes::Vector if values.iter().all(|value| *value == Value::Null) => {
            Err(Diagnostic::new(Code::NullValue, "this SELECT gives no vector to look for")
                .at(span))
        }
        _ if values.len() > 1 => Err(Diagnostic::new(
            Code::WrongCount,
            "this SELECT gives more than one row, where one value belongs",
        )
        .at(span)
        .help("narrow it by a condition, add `LIMIT 1`, or compare by `IN (SELECT …)`")),
        _ => Ok(vec![values.pop().unwrap_or(Value::Null)]),
    }
}

/// No more rows are read than it takes to know.
fn bound(query: &mut Select, takes: Takes, span: Span) {
    if query.limit.is_some() || select::groups(query) {
        return;
    }
    let most = match takes {
        Takes::Truth => 1,
        Takes::One | Takes::Vector => 2,
        Takes::Many | Takes::Any => match query.order.is_some() || !query.hybrid.is_empty() {
            // a search without a limit has its own
            true => return,
            false => MOST_ROWS,
        },
    };
    query.limit = Some(Spanned::new(Value::Int(most), span));
}

/// The values of the one column, each once.
fn values(table: Table, span: Span) -> Result<Vec<Value>> {
    if table.columns.len() != 1 {
        let message =
            format!("this SELECT gives {} columns, where one belongs", table.columns.len());
        return Err(Diagnostic::new(Code::WrongCount, message).at(span).help("name one field"));
    }
    let (read, total) = (table.rows.len() as u64, table.total);
    if total > read || read >= MOST_ROWS as u64 {
        let message = format!("{} rows are read for a list at the most", grouped(MOST_ROWS as u64));
        return Err(Diagnostic::new(Code::NotSupported, message)
            .at(span)
            .help("narrow the SELECT by a condition"));
    }
    let values = table.rows.iter().filter_map(|row| row.first()).map(of_datum);
    Ok(values.map(|value| placed(value, span)).collect())
}

fn once_each(values: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    values.into_iter().filter(|value| seen.insert(print::value(value))).collect()
}

/// A column of a subquery is headed by it, and not by what it gave.
fn head_items(kind: &mut Kind) -> Result<()> {
    let items = match kind {
        Kind::Select(select) => &mut select.items,
        Kind::Constants(items) => items,
        _ => return Ok(()),
    };
    let Items::Listed(items) = items else { return Ok(()) };
    for item in items.iter_mut().filter(|item| item.alias.is_none()) {
        let mut collecting = Collecting::default();
        walk::output(&mut item.output, &mut collecting)?;
        if let Some(query) = collecting.found.first() {
            item.alias = Some(Spanned::new(print::output(&item.output), query.span));
        }
    }
    Ok(())
}

impl Before {
    fn add(&mut self, notices: Vec<String>, waited: Option<Waited>) {
        self.notices.extend(notices);
        self.waited = match (self.waited, waited) {
            (Some(one), Some(other)) => Some(Waited { ms: one.ms + other.ms, ..one }),
            (one, other) => one.or(other),
        };
    }
}

/// Finds the subqueries, in the order of the walk.
#[derive(Default)]
struct Collecting {
    found: Vec<Query>,
    /// the next literal is the subquery of an IN, which was found already
    is_in: bool,
}

impl Collecting {
    fn add(&mut self, value: &Value, span: Span, takes: Takes) -> bool {
        let Value::Query { select, exists } = value else { return false };
        let takes = if *exists { Takes::Truth } else { takes };
        self.found.push(Query { select: (**select).clone(), span, takes });
        true
    }
}

impl ValueVisitor for Collecting {
    fn value(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        match self.add(&value.value, value.span, Takes::One) {
            true => Ok(()),
            false => walk::nested(&mut value.value, self),
        }
    }

    fn text(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        self.value(value)
    }

    fn secret(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        self.value(value)
    }

    fn several(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        for value in values {
            if !self.add(&value.value, value.span, Takes::Many) {
                walk::nested(&mut value.value, self)?;
            }
        }
        Ok(())
    }

    fn vectors(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        for value in values {
            if !self.add(&value.value, value.span, Takes::Vector) {
                walk::nested(&mut value.value, self)?;
            }
        }
        Ok(())
    }

    fn literal(&mut self, literal: &mut Expr) -> Result<()> {
        let ExprKind::Literal(value) = &mut literal.kind else { return Ok(()) };
        if std::mem::take(&mut self.is_in) || self.add(value, literal.span, Takes::One) {
            return Ok(());
        }
        walk::nested(value, self)
    }

    fn in_list(&mut self, items: &mut Vec<Expr>) -> Result<()> {
        if let [
            Expr { kind: ExprKind::Literal(value @ Value::Query { exists: false, .. }), span },
        ] = items.as_slice()
        {
            self.is_in = self.add(value, *span, Takes::Many);
        }
        Ok(())
    }
}

/// Puts what they gave in their places, in the same order.
struct Placing {
    given: std::vec::IntoIter<Vec<Value>>,
}

impl Placing {
    fn next(&mut self) -> Vec<Value> {
        self.given.next().unwrap_or_default()
    }

    fn one(&mut self) -> Value {
        self.next().pop().unwrap_or(Value::Null)
    }
}

impl ValueVisitor for Placing {
    fn value(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        if let Value::Query { .. } = value.value {
            value.value = self.one();
            return Ok(());
        }
        walk::nested(&mut value.value, self)?;
        if let Value::List(items) = &mut value.value {
            value.value = numbers::list_of(std::mem::take(items), value.span);
        }
        Ok(())
    }

    fn text(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        self.value(value)
    }

    fn secret(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        self.value(value)
    }

    fn several(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        for mut value in std::mem::take(values) {
            match value.value {
                Value::Query { .. } => {
                    let given = self.next().into_iter();
                    values.extend(given.map(|given| Spanned::new(given, value.span)));
                }
                _ => {
                    self.value(&mut value)?;
                    values.push(value);
                }
            }
        }
        Ok(())
    }

    fn vectors(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        values.iter_mut().try_for_each(|value| self.value(value))
    }

    fn literal(&mut self, literal: &mut Expr) -> Result<()> {
        let span = literal.span;
        let ExprKind::Literal(value) = &mut literal.kind else { return Ok(()) };
        if let Value::Query { .. } = value {
            literal.kind = in_filter(self.one(), span);
            return Ok(());
        }
        walk::nested(value, self)
    }

    fn in_list(&mut self, items: &mut Vec<Expr>) -> Result<()> {
        if let [Expr { kind: ExprKind::Literal(Value::Query { exists: false, .. }), span }] =
            items.as_slice()
        {
            let span = *span;
            let given = once_each(self.next()).into_iter();
            *items = given.map(|value| Expr { kind: in_filter(value, span), span }).collect();
        }
        Ok(())
    }
}
