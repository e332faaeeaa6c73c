//! UPDATE and DELETE of the first rows: `ORDER BY … LIMIT …`. A SELECT finds their keys, and the
//! statement is carried out on these.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::context::Context;
use crate::execute::select;
use crate::execute::value::of_datum;
use crate::execute::write;
use crate::language::ast::{
    Expr, ExprKind, Few, Filter, Item, Items, Name, Output, Select, Update,
};
use crate::milvus::Platform;
use crate::outcome::Outcome;

pub(crate) async fn update<P: Platform>(
    update: &Update,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let (table, partition) = (&update.table, update.partition.as_ref());
    let found = keys(table, partition, update.filter.as_ref(), &update.few, context).await?;
    let Some(filter) = found else { return write::update::update(update, context).await };
    let few = Update { filter: Some(filter), few: Few::default(), ..update.clone() };
    write::update::update(&few, context).await
}

pub(crate) async fn delete<P: Platform>(
    table: &Name,
    partition: Option<&Name>,
    filter: Option<&Filter>,
    few: &Few,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let found = keys(table, partition, filter, few, context).await?;
    write::delete::delete(table, partition, found.as_ref().or(filter), context).await
}

/// A condition on the keys of the first rows; none where all rows are meant.
async fn keys<P: Platform>(
    table: &Name,
    partition: Option<&Name>,
    filter: Option<&Filter>,
    few: &Few,
    context: &Context<'_, P>,
) -> Result<Option<Filter>> {
    let Some(limit) = &few.limit else {
        return match &few.order {
            None => Ok(None),
            Some(_) => Err(Diagnostic::new(
                Code::MissingParameter,
                "ORDER BY tells which rows are the first: how many of them is not said",
            )
            .at(context.span)
            .help("add `LIMIT 10`, or leave ORDER BY out")),
        };
    };
    let span = limit.span;
    let collection = context.collection(table).await?;
    let key = Name::new(collection.primary()?.name.clone(), span);
    let output = Output::Field { name: key.clone(), path: Vec::new() };
    let items = Items::Listed(vec![Item { output, alias: None }]);
    let select = Select {
        partitions: partition.into_iter().cloned().collect(),
        filter: filter.cloned(),
        order: few.order.clone(),
        limit: Some(limit.clone()),
        consistency: Some(Name::new("Strong".to_string(), span)),
        ..Select::new(items, table.clone())
    };
    let whole = context.of_all_rows();
    let outcome = select::select(&select, &whole).await;
    context.take_over(&whole);
    let rows = outcome?.tables.into_iter().flat_map(|table| table.rows);
    let value = |row: Vec<_>| row.first().map(of_datum);
    let list = rows.filter_map(value).map(|value| Expr { kind: ExprKind::Literal(value), span });
    let left = Box::new(Expr { kind: ExprKind::Field { name: key, path: Vec::new() }, span });
    let kind = ExprKind::In { left, negated: false, list: list.collect() };
    Ok(Some(Filter::Expr(Expr { kind, span })))
}
