//! SELECT: which of its forms a statement is, with what has no meaning in that form refused. In:
//! the statement. Out: rows, a count, groups, or the hits of a search. The forms themselves are in
//! `read` and `search`.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::evaluate::{Part, parts};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::context::Context;
use crate::execute::define::partition::check_partitions;
use crate::execute::params;
use crate::execute::read::bounds::{self, Bound};
use crate::execute::read::outputs::Outputs;
use crate::execute::read::pushdown::Arranged;
use crate::execute::read::scan::{Read, row_bytes};
use crate::execute::read::split::{self, Condition};
use crate::execute::read::{aggregate, rewrite, sort};
use crate::execute::search::{hybrid, single};
use crate::language::ast::{Function, Item, Items, Name, Order, Output, Select};
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural, rows};

pub(crate) async fn select<P: Platform>(
    select: &Select,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let table = &select.table;
    let collection = context.collection(table).await?;
    let select = &*rewrite::rewritten(select, &collection)?;
    check_partitions(table, &select.partitions, context).await?;
    let (condition, bounds) = bounds::split(select.filter.clone(), &collection)?;
    let Condition { expr, rest } = split::condition(condition.as_ref(), &collection, context)?;
    let level = select.consistency.as_ref().map(params::consistency).transpose()?;
    let partitions: Vec<String> = select.partitions.iter().map(|name| name.value.clone()).collect();
    let read = Read { collection: &collection, table, partitions, expr, rest, level };
    let is_search = !select.hybrid.is_empty()
        || matches!(&select.order, Some(Order::Search { .. }))
        || bounds.iter().any(|bound| bound.search.is_some());
    if let Some(having) = select.having.as_ref().filter(|_| is_search) {
        return Err(Diagnostic::new(Code::SyntaxError, "a search has no HAVING")
            .at(having.span)
            .help("its GROUP BY chooses hits; to aggregate rows, leave the distance out"));
    }
    let read = if is_search { read.by_key(context).await? } else { read };
    if !select.hybrid.is_empty() {
        return hybrid::search(select, &read, &bounds, context).await;
    }
    if let Some(rerank) = &select.rerank {
        return Err(Diagnostic::new(Code::SyntaxError, "RERANK belongs to a hybrid search")
            .at(rerank.method.span)
            .help("add `HYBRID SEARCH (…)` before it"));
    }
    if is_search {
        return single::search(select, &read, &bounds, context).await;
    }
    check_no_search(select, &bounds)?;
    if let Some(count) = only_count(select) {
        return count_rows(select, count, &read, context).await;
    }
    let limits = Limits::of(select)?;
    if groups(select) || select.order.is_some() {
        return sorted_or_grouped(select, &read, limits, context).await;
    }
    in_order_of_key(select, &read, limits, context).await
}

/// What belongs to a search stands in a search alone.
fn check_no_search(select: &Select, bounds: &[Bound]) -> Result<()> {
    if let Some(bound) = bounds.first() {
        return Err(Diagnostic::new(Code::UnknownField, "only a search has a distance")
            .at(bound.value.span)
            .help("add `ORDER BY field <-> [0.1, 0.2]`"));
    }
    if let Some(param) = select.params.first() {
        return Err(Diagnostic::new(Code::SyntaxError, "SEARCH PARAMS belong to a search")
            .at(param.name.span)
            .help("add `ORDER BY field <-> [0.1, 0.2]`"));
    }
    Ok(())
}

/// The COUNT(*) of a SELECT that asks for nothing else: the server counts.
fn only_count(select: &Select) -> Option<&Item> {
    match &select.items {
        Items::Listed(items) => match items.as_slice() {
            [item @ Item { output: Output::Aggregate { function, argument: None, .. }, .. }]
                if function.value == Function::Count
                    && select.having.is_none()
                    && select.group.is_empty()
                    && select.order.is_none() =>
            {
                Some(item)
            }
            _ => None,
        },
        Items::All => None,
    }
}

async fn count_rows<P: Platform>(
    select: &Select,
    count: &Item,
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(clause) = select.limit.as_ref().or(select.offset.as_ref()) {
        return Err(Diagnostic::new(
            Code::SyntaxError,
            "COUNT(*) gives one row: LIMIT and OFFSET have no effect",
        )
        .at(clause.span));
    }
    let head = count.alias.as_ref().map_or("count(*)", |alias| alias.value.as_str());
    let number = read.count(context).await?.unwrap_or(0);
    Ok(Outcome::table(Table::new(
        vec![Column::new(head, Type::Int)],
        vec![vec![Datum::Int(number as i64)]],
    )))
}

/// OFFSET and LIMIT; no limit is every row.
#[derive(Clone, Copy)]
struct Limits {
    offset: u64,
    limit: Option<u64>,
}

impl Limits {
    fn of(select: &Select) -> Result<Limits> {
        Ok(Limits {
            offset: select.offset.as_ref().map(params::count).transpose()?.unwrap_or(0),
            limit: select.limit.as_ref().map(params::count).transpose()?,
        })
    }
}

async fn in_order_of_key<P: Platform>(
    select: &Select,
    read: &Read<'_>,
    Limits { offset, limit }: Limits,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = read.collection;
    let outputs = Outputs::of(&select.items, collection)?;
    if limit == Some(0) {
        return Ok(Outcome::table(Table::new(outputs.columns(collection), Vec::new())));
    }
    let asked = limit.unwrap_or(u64::MAX);
    let fetched = match limit {
        Some(limit) => limit.min(context.kept_of_limit(row_bytes(collection, &outputs.names))),
        None => context.kept(),
    };
    let mut table = read.rows(&outputs, offset, fetched, context).await?;
    if table.rows.len() as u64 == fetched
        && fetched < asked
        && let Some(count) = read.count(context).await?
    {
        table.total = count.saturating_sub(offset).min(asked).max(fetched);
    }
    table.primary_key = Some(collection.primary()?.name.clone())
        .filter(|key| table.columns.iter().any(|column| column.name == *key));
    let done = rows(table.total);
    Ok(Outcome::table(table).with_done(done))
}

fn has_aggregate(output: &Output) -> bool {
    match output {
        Output::Aggregate { .. } => true,
        Output::Computed(expr) => parts(expr)
            .is_ok_and(|parts| parts.iter().any(|part| matches!(part, Part::Aggregate(_)))),
        Output::Field { .. } | Output::Every { .. } => false,
    }
}

/// Whether there is one row for each group.
pub(crate) fn groups(select: &Select) -> bool {
    let aggregates = match &select.items {
        Items::Listed(items) => items.iter().any(|item| has_aggregate(&item.output)),
        Items::All => false,
    };
    aggregates || select.distinct || !select.group.is_empty() || select.having.is_some()
}

/// ORDER BY fields, GROUP BY, DISTINCT and the aggregate functions.
async fn sorted_or_grouped<P: Platform>(
    select: &Select,
    read: &Read<'_>,
    Limits { offset, limit }: Limits,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let items = items_of(select, read.collection);
    let keys = match &select.order {
        Some(Order::By(keys)) => keys.as_slice(),
        Some(Order::Search { .. }) | None => &[],
    };
    let grouping = groups(select);
    let shown = limit.unwrap_or(context.kept());
    let Arranged { mut table, count, in_kernel } = if grouping {
        let by = if select.distinct {
            items.iter().map(|item| item.output.clone()).collect()
        } else {
            select.group.clone()
        };
        let having = select.having.clone().map(|mut having| {
            rewrite::by_alias(&mut having, &items, read.collection);
            having
        });
        aggregate::groups(&by, &items, having.as_ref(), keys, read, context).await?
    } else {
        sort::sorted(&items, keys, read, offset.saturating_add(shown), context).await?
    };
    let all = if grouping { table.rows.len() as u64 } else { count };
    let total = all.saturating_sub(offset).min(limit.unwrap_or(u64::MAX));
    table.rows = table.rows.into_iter().skip(offset as usize).take(shown as usize).collect();
    table.total = total.max(table.rows.len() as u64);
    if in_kernel {
        let word = if grouping { "grouped" } else { "sorted" };
        context.did(match read.rest {
            // which says itself how many were read
            Some(_) => format!("{word} in the kernel: {}", rows(count)),
            None => format!("{word} in the kernel, which read {}", rows(count)),
        });
    }
    let done = if grouping && !select.distinct && !select.group.is_empty() {
        plural(table.total, "group", "groups")
    } else {
        rows(table.total)
    };
    Ok(Outcome::table(table).with_done(done))
}

/// The items, with `*` written out.
fn items_of(select: &Select, collection: &Collection) -> Vec<Item> {
    let item = |name: &str| Item {
        output: Output::Field {
            name: Name::new(name.to_string(), select.table.span),
            path: Vec::new(),
        },
        alias: None,
    };
    match &select.items {
        Items::Listed(items) => items.clone(),
        Items::All => {
            let fields = collection.fields.iter().map(|field| field.name.as_str());
            fields.chain(collection.dynamic.then_some(DYNAMIC_FIELD)).map(item).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, dynamic_books, said, select as parsed};

    #[test]
    fn only_a_count_is_the_servers() {
        assert!(only_count(&parsed("SELECT count(*) AS n FROM t WHERE a = 1")).is_some());
        for other in [
            "SELECT count(a) FROM t",
            "SELECT count(*), a FROM t",
            "SELECT count(*) FROM t GROUP BY a",
            "SELECT * FROM t",
        ] {
            assert!(only_count(&parsed(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn a_statement_groups_by_its_clauses_or_its_items() {
        for (text, grouped) in [
            ("SELECT DISTINCT a FROM t", true),
            ("SELECT max(a) FROM t", true),
            ("SELECT a FROM t GROUP BY a", true),
            ("SELECT a FROM t ORDER BY a", false),
            ("SELECT * FROM t", false),
        ] {
            assert_eq!(groups(&parsed(text)), grouped, "{text}");
        }
    }

    #[test]
    fn everything_is_every_field_of_the_schema() {
        let items = items_of(&parsed("SELECT DISTINCT * FROM books"), &books());
        assert_eq!(items.len(), books().fields.len());
        let items = items_of(&parsed("SELECT * FROM books ORDER BY year"), &dynamic_books());
        assert_eq!(items.len(), books().fields.len() + 1, "and the dynamic one");
    }

    #[test]
    fn what_belongs_to_a_search_is_refused_elsewhere() {
        let of = |text: &str| {
            let select = parsed(text);
            let (_, bounds) = bounds::split(select.filter.clone(), &books()).expect("a filter");
            check_no_search(&select, &bounds).map_err(|error| said(&error))
        };
        assert_eq!(of("SELECT * FROM books WHERE year > 1"), Ok(()));
        let help = "add `ORDER BY field <-> [0.1, 0.2]`";
        assert_eq!(
            of("SELECT * FROM books WHERE distance < 1"),
            Err(format!("UnknownField: only a search has a distance; {help}"))
        );
        assert_eq!(
            of("SELECT * FROM books SEARCH PARAMS (ef = 1)"),
            Err(format!("SyntaxError: SEARCH PARAMS belong to a search; {help}"))
        );
    }
}
