//! ORDER BY fields, GROUP BY, DISTINCT and the aggregate functions: by the server where it can
//! (`pushdown`), or else in the kernel over pages of rows. Memory is bounded: sorting keeps the
//! rows that are shown and one page, grouping keeps one accumulator a group.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::execute::NO_ANSWER;
use crate::execute::Result;
use crate::execute::catalog::collection::{Collection, pair};
use crate::execute::context::Context;
use crate::execute::read::outputs::{self, Outputs, Shown};
use crate::execute::read::pushdown::{self, Grouping};
use crate::execute::read::scan::Read;
use crate::language::ast::{Direction, Function, Item, Items, Name, Order, Output, Select};
use crate::milvus::{Feature, Platform, data};
use crate::outcome::{Column, Datum, Outcome, Table, Type, grouped, plural, rows};
use crate::proto::common::KeyValuePair;
use crate::proto::milvus::QueryResults;

/// Groups, or rows that are kept for sorting, at the most.
const MOST: usize = 1_000_000;

pub fn is_wanted(select: &Select) -> bool {
    let aggregates = match &select.items {
        Items::Listed(items) => {
            items.iter().any(|item| matches!(item.output, Output::Aggregate { .. }))
        }
        _ => false,
    };
    aggregates || select.distinct || !select.group.is_empty() || select.order.is_some()
}

pub async fn select<P: Platform>(
    select: &Select,
    read: &Read<'_>,
    offset: u64,
    limit: Option<u64>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let keys = match &select.order {
        Some(Order::By(keys)) => keys.as_slice(),
        _ => &[],
    };
    let items = items_of(select, read.collection);
    let grouping = select.distinct
        || !select.group.is_empty()
        || items.iter().any(|item| matches!(item.output, Output::Aggregate { .. }));
    let kept = limit.unwrap_or(context.kept().min(MOST as u64));
    let (mut table, count, by) = if grouping {
        groups(select, &items, keys, read, context).await?
    } else {
        sorted(&items, keys, read, offset.saturating_add(kept), context).await?
    };
    if context.client.explaining() {
        return Ok(Outcome::table(table));
    }
    let all = if grouping { table.rows.len() as u64 } else { count };
    let total = all.saturating_sub(offset).min(limit.unwrap_or(u64::MAX));
    table.rows = table.rows.into_iter().skip(offset as usize).take(kept as usize).collect();
    table.total = total.max(table.rows.len() as u64);
    if by == By::Kernel {
        context.notice(format!(
            "{} in the kernel, which read {}",
            if grouping { "grouped" } else { "sorted" },
            plural(count, "row", "rows")
        ));
    }
    let done = if grouping && !select.distinct && !select.group.is_empty() {
        plural(table.total, "group", "groups")
    } else {
        rows(table.total)
    };
    Ok(Outcome::table(table).with_done(done))
}

/// Who has sorted or grouped.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Server,
    Kernel,
}

/// What the server makes of a query that sorts or groups; `None` where it refuses.
async fn on_server<P: Platform>(
    read: &Read<'_>,
    names: Vec<String>,
    query_params: Vec<KeyValuePair>,
    context: &Context<'_, P>,
) -> Result<Option<QueryResults>> {
    match read.send(&read.expr, names, query_params, context).await {
        Err(error) if NO_ANSWER.contains(&error.code) => Err(error),
        reply => Ok(reply.ok()),
    }
}

/// The items, with `*` written out.
fn items_of(select: &Select, collection: &Collection) -> Vec<Item> {
    match &select.items {
        Items::Listed(items) => items.clone(),
        Items::All => collection
            .fields
            .iter()
            .map(|field| Item {
                output: Output::Field {
                    name: Name::new(field.name.clone(), select.table.span),
                    path: Vec::new(),
                },
                alias: None,
            })
            .collect(),
    }
}

/// Rows in another order than the key's, the first `kept` of them, and how many there are in all.
async fn sorted<P: Platform>(
    items: &[Item],
    keys: &[(Output, Direction)],
    read: &Read<'_>,
    kept: u64,
    context: &Context<'_, P>,
) -> Result<(Table, u64, By)> {
    if kept > MOST as u64 {
        return Err(Diagnostic::new(
            Code::OutOfRange,
            format!("no more than {} rows are sorted in the kernel", grouped(MOST as u64)),
        )
        .at(read.table.span)
        .help("add a LIMIT"));
    }
    let shown = items
        .iter()
        .map(|item| of_output(&item.output, item.alias.as_ref(), read.collection))
        .collect::<Result<Vec<_>>>()?;
    let width = shown.len();
    let sort = keys
        .iter()
        .map(|(key, _)| of_output(&unaliased(key, items), None, read.collection))
        .collect::<Result<Vec<_>>>()?;
    for (key, (output, _)) in sort.iter().zip(keys) {
        sortable(key, output, read.collection)?;
    }
    let directions: Vec<Direction> = keys.iter().map(|(_, direction)| *direction).collect();
    let order_by = pushdown::order_by(&sort, &directions, read.collection)
        .filter(|_| context.client.version().has(Feature::OrderBy));
    let outputs = Outputs::of_shown(shown.into_iter().chain(sort).collect());
    let mut columns = outputs.columns(read.collection);
    columns.truncate(width);
    if let Some(order_by) = order_by.filter(|_| (1..=read.page(&outputs)).contains(&kept))
        && let Some(reply) = on_server(
            read,
            outputs.names.clone(),
            vec![pair("limit", kept), pair("order_by_fields", order_by)],
            context,
        )
        .await?
    {
        let mut rows = outputs.table(reply.fields_data, read.collection).rows;
        // a server that reads the parameter over gives rows in an order of its own
        if rows.is_sorted_by(|a, b| order_from(a, b, width, &directions) != Ordering::Greater) {
            let count = if rows.len() as u64 == kept {
                read.count(context).await?
            } else {
                rows.len() as u64
            };
            rows.iter_mut().for_each(|row| row.truncate(width));
            return Ok((Table::new(columns, rows), count, By::Server));
        }
    }
    let mut best: Vec<Vec<Datum>> = Vec::new();
    let kept = kept as usize;
    let count = read
        .pages(&outputs, 0, u64::MAX, context, |page| {
            best.extend(page.rows);
            // a stable sort keeps rows of equal keys in the order of the primary key
            sort_rows(&mut best, width, &directions);
            best.truncate(kept);
            Ok(())
        })
        .await?;
    for row in &mut best {
        row.truncate(width);
    }
    Ok((Table::new(columns, best), count, By::Kernel))
}

/// An alias in ORDER BY stands for its item.
fn unaliased(key: &Output, items: &[Item]) -> Output {
    if let Output::Field { name, path } = key
        && path.is_empty()
        && let Some(item) = items
            .iter()
            .find(|item| item.alias.as_ref().is_some_and(|alias| alias.value == name.value))
    {
        return item.output.clone();
    }
    key.clone()
}

fn of_output(output: &Output, alias: Option<&Name>, collection: &Collection) -> Result<Shown> {
    match output {
        Output::Field { name, path } => Shown::new(name, path, alias, collection),
        Output::Aggregate { function, .. } => Err(Diagnostic::new(
            Code::SyntaxError,
            format!("{} belongs to a statement that groups", function.value.word()),
        )
        .at(function.span)
        .help("add `GROUP BY …`")),
    }
}

fn span_of(output: &Output) -> Span {
    match output {
        Output::Field { name, .. } => name.span,
        Output::Aggregate { function, .. } => function.span,
    }
}

/// What has no order cannot be sorted or grouped by.
fn sortable(shown: &Shown, output: &Output, collection: &Collection) -> Result<()> {
    match collection.find(&shown.field) {
        Some(field) if field.is_vector() => Err(Diagnostic::new(
            Code::TypeMismatch,
            format!("`{}` is {} and has no order", field.name, field.type_name()),
        )
        .at(span_of(output))
        .help(format!("a search is written `ORDER BY {} <-> [0.1, 0.2]`", field.name))),
        _ => Ok(()),
    }
}

/// One group of rows for each value of the GROUP BY (of the items, with DISTINCT), in their order
/// unless another is asked for.
async fn groups<P: Platform>(
    select: &Select,
    items: &[Item],
    keys: &[(Output, Direction)],
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<(Table, u64, By)> {
    let collection = read.collection;
    let by: Vec<Output> = if select.distinct {
        items.iter().map(|item| item.output.clone()).collect()
    } else {
        select.group.clone()
    };
    // everything that is shown or sorted by: a part of the key, or an aggregate
    let sort: Vec<Output> = keys.iter().map(|(key, _)| unaliased(key, items)).collect();
    let wanted: Vec<&Output> = items.iter().map(|item| &item.output).chain(&sort).collect();
    let mut sources: Vec<Shown> = Vec::new();
    for output in &by {
        let shown = of_output(output, None, collection)?;
        sortable(&shown, output, collection)?;
        sources.push(shown);
    }
    let width = sources.len();
    let mut cells = Vec::new();
    let mut aggregates: Vec<(Function, bool, Option<usize>)> = Vec::new();
    for output in wanted {
        match output {
            Output::Field { name, path } => {
                let head = outputs::head(name, path);
                match sources.iter().take(width).position(|source| source.head == head) {
                    Some(at) => cells.push(Cell::Key(at)),
                    None => {
                        Shown::new(name, path, None, collection)?;
                        return Err(Diagnostic::new(
                            Code::NotGrouped,
                            format!("`{head}` is neither grouped by nor in an aggregate function"),
                        )
                        .at(name.span)
                        .help(format!("add it to GROUP BY, or write `max({head})`")));
                    }
                }
            }
            Output::Aggregate { function, distinct, of } => {
                let source = match of {
                    Some(of) => {
                        let shown = of_output(of, None, collection)?;
                        check_aggregate(function.value, &shown, of, collection)?;
                        sources.push(shown);
                        Some(sources.len() - 1)
                    }
                    None => None,
                };
                cells.push(Cell::Aggregate(aggregates.len()));
                aggregates.push((function.value, *distinct, source));
            }
        }
    }
    let columns = items.iter().map(|item| column(item, collection)).collect();
    let (found, count, by) =
        match grouped_by_server(&sources, width, &aggregates, read, context).await? {
            Some((groups, count)) => (groups, count, By::Server),
            None => {
                let one = select.group.is_empty() && !select.distinct;
                let (groups, count) =
                    grouped_here(sources, width, &aggregates, one, read, context).await?;
                (groups, count, By::Kernel)
            }
        };
    let mut rows: Vec<Vec<Datum>> = found
        .into_iter()
        .map(|group| {
            let cell = |cell: &Cell| match cell {
                Cell::Key(at) => group.get(*at).cloned(),
                Cell::Aggregate(at) => group.get(width + *at).cloned(),
            };
            cells.iter().map(|at| cell(at).unwrap_or(Datum::Null)).collect()
        })
        .collect();
    let shown = items.len();
    let directions: Vec<Direction> = keys.iter().map(|(_, direction)| *direction).collect();
    sort_rows(&mut rows, shown, &directions);
    for row in &mut rows {
        row.truncate(shown);
    }
    Ok((Table::new(columns, rows), count, by))
}

/// The groups, of what the server can group: each its key, then its aggregates.
async fn grouped_by_server<P: Platform>(
    sources: &[Shown],
    width: usize,
    aggregates: &[(Function, bool, Option<usize>)],
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Option<(Vec<Vec<Datum>>, u64)>> {
    let of: Vec<_> = aggregates
        .iter()
        .map(|(function, distinct, source)| {
            (*function, *distinct, source.and_then(|at| sources.get(at)))
        })
        .collect();
    let Some(grouping) =
        Grouping::of(sources.get(..width).unwrap_or_default(), &of, read.collection)
            .filter(|_| context.client.version().has(Feature::GroupBy))
    else {
        return Ok(None);
    };
    let query_params = if grouping.by.is_empty() {
        Vec::new()
    } else {
        vec![pair("group_by_fields", &grouping.by)]
    };
    let reply = on_server(read, grouping.names.clone(), query_params, context).await?;
    if context.client.explaining() {
        return Ok(Some((Vec::new(), 0)));
    }
    let Some((mut groups, count)) = reply.and_then(|reply| grouping.groups(&reply.fields_data))
    else {
        return Ok(None);
    };
    // in the order of the key, as the kernel's
    sort_rows(&mut groups, 0, &vec![Direction::Ascending; width]);
    Ok(Some((groups, count)))
}

/// The groups, over pages of rows; `one` group is there even of no rows.
async fn grouped_here<P: Platform>(
    sources: Vec<Shown>,
    width: usize,
    aggregates: &[(Function, bool, Option<usize>)],
    one: bool,
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<(Vec<Vec<Datum>>, u64)> {
    let outputs = Outputs::of_shown(sources);
    let mut found: BTreeMap<Key, Vec<Accumulator>> = BTreeMap::new();
    if one {
        found.insert(Key(Vec::new()), vec![Accumulator::default(); aggregates.len()]);
    }
    let count = read
        .pages(&outputs, 0, u64::MAX, context, |page| {
            for mut row in page.rows {
                let rest = row.split_off(width.min(row.len()));
                let group = found
                    .entry(Key(row))
                    .or_insert_with(|| vec![Accumulator::default(); aggregates.len()]);
                for (accumulator, (_, distinct, source)) in group.iter_mut().zip(aggregates) {
                    accumulator.add(source.and_then(|source| rest.get(source - width)), *distinct);
                }
            }
            if found.len() > MOST {
                return Err(Diagnostic::new(
                    Code::OutOfRange,
                    format!("more than {} groups do not fit into the kernel", grouped(MOST as u64)),
                )
                .at(read.table.span));
            }
            Ok(())
        })
        .await?;
    let group = |(key, group): (Key, Vec<Accumulator>)| {
        let results =
            group.iter().zip(aggregates).map(|(accumulator, (function, distinct, source))| {
                accumulator.result(*function, *distinct, source.is_none())
            });
        key.0.into_iter().chain(results).collect()
    };
    Ok((found.into_iter().map(group).collect(), count))
}

enum Cell {
    Key(usize),
    Aggregate(usize),
}

fn check_aggregate(
    function: Function,
    shown: &Shown,
    of: &Output,
    collection: &Collection,
) -> Result<()> {
    let Some(field) = collection.find(&shown.field) else { return Ok(()) };
    let fits = match function {
        Function::Count => true,
        Function::Sum | Function::Avg => {
            matches!(data::kind(field.data_type), Type::Int | Type::Float | Type::Json)
                || !shown.path.is_empty()
        }
        Function::Min | Function::Max => !field.is_vector(),
    };
    if fits {
        return Ok(());
    }
    Err(Diagnostic::new(
        Code::TypeMismatch,
        format!("`{}` is {}, which has no {}", field.name, field.type_name(), function.word()),
    )
    .at(span_of(of)))
}

fn column(item: &Item, collection: &Collection) -> Column {
    let (head, kind) = match &item.output {
        Output::Field { name, path } => {
            let kind = collection
                .find(&name.value)
                .filter(|_| path.is_empty())
                .map_or(Type::Json, |field| data::kind(field.data_type));
            (outputs::head(name, path), kind)
        }
        Output::Aggregate { function, distinct, of } => {
            let of_text = match of.as_deref() {
                Some(Output::Field { name, path }) => outputs::head(name, path),
                _ => "*".to_string(),
            };
            let kind = match (function.value, of.as_deref()) {
                (Function::Count, _) => Type::Int,
                (Function::Sum | Function::Avg, _) => Type::Float,
                (_, Some(Output::Field { name, path })) if path.is_empty() => collection
                    .find(&name.value)
                    .map_or(Type::Json, |field| data::kind(field.data_type)),
                _ => Type::Json,
            };
            (
                format!(
                    "{}({}{of_text})",
                    function.value.word(),
                    if *distinct { "distinct " } else { "" }
                ),
                kind,
            )
        }
    };
    Column::new(item.alias.as_ref().map_or(head, |alias| alias.value.clone()), kind)
}

/// What is known of one aggregate of one group. NULLs do not count, but for COUNT(*).
#[derive(Clone, Default)]
struct Accumulator {
    rows: u64,
    count: u64,
    whole: i128,
    sum: f64,
    fractions: bool,
    min: Option<Datum>,
    max: Option<Datum>,
    distinct: BTreeSet<Key>,
}

impl Accumulator {
    fn add(&mut self, value: Option<&Datum>, distinct: bool) {
        self.rows += 1;
        let Some(value) = value.filter(|value| **value != Datum::Null) else { return };
        if distinct && !self.distinct.insert(Key(vec![value.clone()])) {
            return;
        }
        self.count += 1;
        match value {
            Datum::Int(number) => {
                self.whole += i128::from(*number);
                self.sum += *number as f64;
            }
            Datum::Float(number) => {
                self.sum += f64::from(*number);
                self.fractions = true;
            }
            Datum::Double(number) => {
                self.sum += number;
                self.fractions = true;
            }
            _ => {}
        }
        if self.min.as_ref().is_none_or(|min| compare(value, min) == Ordering::Less) {
            self.min = Some(value.clone());
        }
        if self.max.as_ref().is_none_or(|max| compare(value, max) == Ordering::Greater) {
            self.max = Some(value.clone());
        }
    }

    fn result(&self, function: Function, distinct: bool, of_rows: bool) -> Datum {
        match function {
            Function::Count if of_rows => Datum::Int(self.rows as i64),
            Function::Count if distinct => Datum::Int(self.distinct.len() as i64),
            Function::Count => Datum::Int(self.count as i64),
            Function::Sum | Function::Avg if self.count == 0 => Datum::Null,
            Function::Sum if self.fractions => Datum::Double(self.sum),
            Function::Sum => i64::try_from(self.whole).map_or(Datum::Double(self.sum), Datum::Int),
            Function::Avg => Datum::Double(self.sum / self.count as f64),
            Function::Min => self.min.clone().unwrap_or(Datum::Null),
            Function::Max => self.max.clone().unwrap_or(Datum::Null),
        }
    }
}

/// Values as a key of a group.
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

/// Sorts rows by their values from a column on; rows of equal values stay as they are.
pub fn sort_rows(rows: &mut [Vec<Datum>], first: usize, directions: &[Direction]) {
    rows.sort_by(|a, b| order_from(a, b, first, directions));
}

fn order_from(a: &[Datum], b: &[Datum], first: usize, directions: &[Direction]) -> Ordering {
    let (a, b) = (a.iter().skip(first), b.iter().skip(first));
    let orders =
        a.zip(b).zip(directions).map(|((a, b), direction)| directed(compare(a, b), *direction));
    orders.into_iter().find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
}

fn directed(order: Ordering, direction: Direction) -> Ordering {
    if direction == Direction::Descending { order.reverse() } else { order }
}

/// An order of all values: numbers by size, texts by their characters' code points, NULL last.
pub fn compare(a: &Datum, b: &Datum) -> Ordering {
    let number = |value: &Datum| match value {
        Datum::Int(number) => Some(*number as f64),
        Datum::Float(number) => Some(f64::from(*number)),
        Datum::Double(number) => Some(*number),
        _ => None,
    };
    match (a, b) {
        (Datum::Int(a), Datum::Int(b)) => a.cmp(b),
        (Datum::Text(a), Datum::Text(b)) | (Datum::Json(a), Datum::Json(b)) => a.cmp(b),
        (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
        (Datum::Array(a), Datum::Array(b)) => a
            .iter()
            .zip(b)
            .map(|(a, b)| compare(a, b))
            .find(|order| *order != Ordering::Equal)
            .unwrap_or_else(|| a.len().cmp(&b.len())),
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}

fn rank(value: &Datum) -> u8 {
    match value {
        Datum::Bool(_) => 0,
        Datum::Int(_) | Datum::Float(_) | Datum::Double(_) => 1,
        Datum::Text(_) => 2,
        Datum::Json(_) | Datum::Array(_) => 3,
        Datum::Vector(_) | Datum::Sparse(_) | Datum::Bytes(_) => 4,
        Datum::Null => 5,
    }
}
