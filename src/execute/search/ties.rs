//! `ORDER BY v <-> q, year DESC`: hits of the same distance in the order of further keys. In: the
//! SELECT. Out: the items that are asked for with the distance and the keys behind them; then the
//! hits, sorted and without those.

use std::ops::Range;

use crate::diagnostic::Result;
use crate::evaluate::order::{Way, compare, compare_rows};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::read::rewrite::distance;
use crate::execute::read::scan::WINDOW;
use crate::execute::search::hits::Layout;
use crate::execute::search::plan::SearchPlan;
use crate::language::ast::{Expr, ExprKind, Item, Items, Name, Order, OrderKey, Output, Select};
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, Table, plural};

/// So many hits more than are asked for are looked at first.
const MORE: u64 = 100;

/// The further keys of a search.
pub(crate) fn keys(select: &Select) -> &[OrderKey] {
    match &select.order {
        Some(Order::Search { then, .. }) => then,
        _ => &[],
    }
}

/// The items, with what the hits are sorted by behind them.
pub(crate) fn with_keys(select: &Select, collection: &Collection) -> Result<Items> {
    let keys = keys(select);
    let Items::Listed(items) = &select.items else { return Ok(select.items.clone()) };
    if keys.is_empty() {
        return Ok(select.items.clone());
    }
    let mut items = items.clone();
    let shown = items.len();
    let name = Name::new(distance(collection)?, select.table.span);
    items.push(Item { output: Output::Field { name, path: Vec::new() }, alias: None });
    for key in keys {
        let output = match alias_of(&key.output) {
            Some(alias) if collection.find(&alias.value).is_none() => items
                .iter()
                .take(shown)
                .find(|item| item.alias.as_ref().is_some_and(|known| known.value == alias.value))
                .map_or_else(|| key.output.clone(), |item| item.output.clone()),
            _ => key.output.clone(),
        };
        items.push(Item { output, alias: None });
    }
    Ok(Items::Listed(items))
}

fn alias_of(output: &Output) -> Option<&Name> {
    match output {
        Output::Field { name, path } if path.is_empty() => Some(name),
        Output::Computed(expr) => match expr.as_ref() {
            Expr { kind: ExprKind::Field { name, path }, .. } if path.is_empty() => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Searches a little further than is asked for, to see all hits that are as far as the last one.
pub(crate) async fn search<P: Platform>(
    mut plan: SearchPlan<'_>,
    layout: &Layout,
    keys: &[OrderKey],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let (offset, limit) = (plan.offset, plan.limit);
    let wanted = offset.saturating_add(limit);
    plan.offset = 0;
    plan.limit = wanted.saturating_add(MORE).min(WINDOW).max(wanted);
    let whole = context.of_all_rows();
    let mut found: Option<(Table, u64)> = None;
    let result = loop {
        match plan.table(layout, &whole).await {
            Ok(table) => {
                let asked = plan.limit;
                let goes_on = asked < WINDOW && is_cut(&table, keys, wanted, asked);
                found = Some((table, asked));
                if !goes_on {
                    break Ok(());
                }
                plan.limit = asked.saturating_mul(4).min(WINDOW);
            }
            // an index may give no more than its `ef`: what is asked for is enough
            Err(_) if found.is_some() => break Ok(()),
            Err(_) if plan.limit > wanted => plan.limit = wanted,
            Err(error) => break Err(error),
        }
    };
    context.take_over(&whole);
    result?;
    let (mut table, asked) = found.unwrap_or_default();
    if is_cut(&table, keys, wanted, asked) {
        context.did(format!(
            "more than {} are as far as the last: those behind were not looked at",
            plural(asked, "hit", "hits")
        ));
    }
    sort(&mut table, keys);
    cut(&mut table, offset, limit);
    Ok(layout.outcome(table, plan.queries.values.len()))
}

/// The hits of each query.
fn queries(table: &Table) -> Vec<Range<usize>> {
    let mut starts = table.groups.clone();
    if starts.first() != Some(&0) {
        starts.insert(0, 0);
    }
    let ends = starts.iter().skip(1).copied().chain([table.rows.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Whether some query may have more hits that are as far as the last one that is wanted.
fn is_cut(table: &Table, keys: &[OrderKey], wanted: u64, asked: u64) -> bool {
    let at = distance_of(table, keys);
    let of = |row: usize| table.rows.get(row).and_then(|row| row.get(at));
    queries(table).into_iter().any(|hits| {
        let last = usize::try_from(wanted).unwrap_or(usize::MAX).saturating_sub(1);
        hits.len() as u64 >= asked
            && of(hits.start.saturating_add(last))
                .zip(of(hits.end.saturating_sub(1)))
                .is_some_and(|(one, other)| compare(one, other).is_eq())
    })
}

/// The column of the distance, which stands before the keys.
fn distance_of(table: &Table, keys: &[OrderKey]) -> usize {
    table.columns.len().saturating_sub(keys.len() + 1)
}

/// Sorts the hits of each query that have the same distance, and takes off what they are sorted by.
fn sort(table: &mut Table, keys: &[OrderKey]) {
    let ways: Vec<Way> = keys.iter().map(Way::of).collect();
    let distance = distance_of(table, keys);
    for hits in queries(table) {
        let Some(hits) = table.rows.get_mut(hits) else { continue };
        let is_same = |a: &Vec<Datum>, b: &Vec<Datum>| {
            a.get(distance).zip(b.get(distance)).is_some_and(|(a, b)| compare(a, b).is_eq())
        };
        for same in hits.chunk_by_mut(is_same) {
            same.sort_by(|a, b| compare_rows(a, b, distance + 1, &ways));
        }
    }
    table.columns.truncate(distance);
    for row in &mut table.rows {
        row.truncate(distance);
    }
}

/// What OFFSET and LIMIT leave of each query's hits.
fn cut(table: &mut Table, offset: u64, limit: u64) {
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let all = queries(table);
    table.groups.clear();
    let mut left = std::mem::take(&mut table.rows).into_iter();
    for hits in all {
        let of_query: Vec<_> = left.by_ref().take(hits.len()).collect();
        let start = table.rows.len();
        table.rows.extend(of_query.into_iter().skip(size(offset)).take(size(limit)));
        if start > 0 && table.rows.len() > start {
            table.groups.push(start);
        }
    }
    table.total = table.rows.len() as u64;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, select};
    use crate::outcome::{Column, Type};

    #[test]
    fn hits_of_the_same_distance_are_sorted_within_their_query() {
        let select = select("SELECT id FROM t ORDER BY v <-> [1, 2], year DESC, id");
        let column = |name: &str| Column::new(name, Type::Int);
        let columns = ["id", "distance", "year", "id"].map(column).to_vec();
        let row =
            |[id, distance, year]: [i64; 3]| [id, distance, year, id].map(Datum::Int).to_vec();
        let rows = [[5, 0, 1], [4, 1, 7], [9, 1, 8], [3, 1, 7], [1, 1, 9], [2, 1, 9]].map(row);
        let mut table = Table::new(columns, rows.to_vec());
        table.groups = vec![4];
        assert!(is_cut(&table, keys(&select), 2, 4), "4 hits, of which three are as far");
        assert!(!is_cut(&table, keys(&select), 1, 4) && !is_cut(&table, keys(&select), 2, 5));
        sort(&mut table, keys(&select));
        let ids = [5, 9, 3, 4, 1, 2].map(|id| vec![Datum::Int(id)]);
        assert_eq!(table.rows, ids);
        assert_eq!(table.columns, [column("id")]);
        cut(&mut table, 1, 2);
        assert_eq!(table.rows, [9, 3, 2].map(|id| vec![Datum::Int(id)]));
        assert_eq!((table.groups, table.total), (vec![2], 3));
    }

    #[test]
    fn a_key_may_be_the_alias_of_an_item() {
        let select = select("SELECT id, year + 1 AS next FROM t ORDER BY v <-> [1, 2], next");
        let Items::Listed(items) = with_keys(&select, &books()).expect("items") else {
            panic!("every field");
        };
        assert_eq!(items.len(), 4);
        assert_eq!(items[3].output, items[1].output);
    }
}
