//! GROUP BY, DISTINCT and the aggregate functions: by the server where it can (`pushdown`), or else
//! in the kernel over pages of rows. Memory is bounded: one accumulator a group is kept.

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::convert::datum;
use crate::execute::params::pair;
use crate::execute::read::accumulate::{Aggregate, Groups};
use crate::execute::read::order::sort_rows;
use crate::execute::read::outputs::{OutputField, Outputs, span_of, unaliased};
use crate::execute::read::pushdown::{Answer, Arranged, Grouping, on_server};
use crate::execute::read::scan::Read;
use crate::execute::value::path_head;
use crate::language::ast::{Direction, Function, Item, Output};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Column, Datum, Table, Type, grouped};

/// Groups that are kept, at the most.
const MAX_GROUPS: usize = 1_000_000;

/// One group of rows for each value of what is grouped `by`, in their order unless another is asked
/// for; one group of all rows where that is nothing.
pub(crate) async fn groups<P: Platform>(
    by: &[Output],
    items: &[Item],
    keys: &[(Output, Direction)],
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Arranged> {
    let collection = read.collection;
    let plan = Plan::of(by, items, keys, collection)?;
    let columns = items.iter().map(|item| column(item, collection)).collect();
    let (found, count, in_kernel) = match by_server(&plan, read, context).await? {
        Some((groups, count)) => (groups, count, false),
        None => {
            let (groups, count) = by_kernel(&plan, read, context).await?;
            (groups, count, true)
        }
    };
    let mut rows: Vec<Vec<Datum>> = found.iter().map(|group| plan.row(group)).collect();
    let directions: Vec<Direction> = keys.iter().map(|(_, direction)| *direction).collect();
    sort_rows(&mut rows, items.len(), &directions);
    for row in &mut rows {
        row.truncate(items.len());
    }
    Ok(Arranged { table: Table::new(columns, rows), count, in_kernel })
}

/// The groups and how many rows they hold, of what the server can group.
async fn by_server<P: Platform>(
    plan: &Plan,
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Option<(Vec<Vec<Datum>>, u64)>> {
    let Some(grouping) =
        plan.grouping(read.collection).filter(|_| context.client.version().has(Feature::GroupBy))
    else {
        return Ok(None);
    };
    let query_params = if grouping.by.is_empty() {
        Vec::new()
    } else {
        vec![pair("group_by_fields", &grouping.by)]
    };
    let reply = match on_server(read, grouping.names.clone(), query_params, context).await? {
        Answer::Rows(reply) => reply,
        Answer::Refused => return Ok(None),
        Answer::Unread => return Ok(Some((Vec::new(), 0))),
    };
    let Some((mut groups, count)) = grouping.groups(&reply.fields_data) else { return Ok(None) };
    // in the order of the key, as the kernel's
    sort_rows(&mut groups, 0, &vec![Direction::Ascending; plan.width]);
    Ok(Some((groups, count)))
}

/// The groups and how many rows they hold, over pages of rows.
async fn by_kernel<P: Platform>(
    plan: &Plan,
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<(Vec<Vec<Datum>>, u64)> {
    let outputs = Outputs::of_fields(plan.sources.clone());
    let mut groups = plan.groups();
    let count = read
        .pages(&outputs, 0, u64::MAX, context, |page| {
            page.rows.into_iter().for_each(|row| groups.add(row));
            if groups.len() > MAX_GROUPS {
                return Err(Diagnostic::new(
                    Code::OutOfRange,
                    format!(
                        "more than {} groups do not fit into the kernel",
                        grouped(MAX_GROUPS as u64)
                    ),
                )
                .at(read.table.span));
            }
            Ok(())
        })
        .await?;
    Ok((groups.rows(), count.unwrap_or(0)))
}

/// What is read of each row, and where each column of the result comes from.
struct Plan {
    /// the keys, then what the aggregates are of
    sources: Vec<OutputField>,
    /// how many of the sources are keys
    width: usize,
    aggregates: Vec<Aggregate>,
    /// the columns that are shown, then those that are sorted by
    cells: Vec<Cell>,
}

/// A part of the group's key, or one of its aggregates.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Key(usize),
    Aggregate(usize),
}

impl Plan {
    fn of(
        by: &[Output],
        items: &[Item],
        keys: &[(Output, Direction)],
        collection: &Collection,
    ) -> Result<Plan> {
        let mut sources: Vec<OutputField> = Vec::new();
        for output in by {
            let key = OutputField::of(output, None, collection)?;
            key.check_order(span_of(output), collection)?;
            sources.push(key);
        }
        let width = sources.len();
        let mut plan = Plan { sources, width, aggregates: Vec::new(), cells: Vec::new() };
        let sort: Vec<Output> = keys.iter().map(|(key, _)| unaliased(key, items)).collect();
        for output in items.iter().map(|item| &item.output).chain(&sort) {
            let cell = plan.cell(output, collection)?;
            plan.cells.push(cell);
        }
        Ok(plan)
    }

    /// Where a column comes from: the key has it, or another aggregate is computed.
    fn cell(&mut self, output: &Output, collection: &Collection) -> Result<Cell> {
        match output {
            Output::Field { name, path } => {
                let head = path_head(&name.value, path);
                if let Some(at) = self.keys().iter().position(|source| source.head == head) {
                    return Ok(Cell::Key(at));
                }
                OutputField::new(name, path, None, collection)?;
                Err(Diagnostic::new(
                    Code::NotGrouped,
                    format!("`{head}` is neither grouped by nor in an aggregate function"),
                )
                .at(name.span)
                .help(format!("add it to GROUP BY, or write `max({head})`")))
            }
            Output::Aggregate { function, distinct, argument: of } => {
                let source = match of {
                    Some(of) => {
                        let of_field = OutputField::of(of, None, collection)?;
                        check_aggregate(function.value, &of_field, span_of(of), collection)?;
                        self.sources.push(of_field);
                        Some(self.sources.len() - 1)
                    }
                    None => None,
                };
                self.aggregates.push(Aggregate {
                    function: function.value,
                    distinct: *distinct,
                    source,
                });
                Ok(Cell::Aggregate(self.aggregates.len() - 1))
            }
        }
    }

    fn keys(&self) -> &[OutputField] {
        self.sources.get(..self.width).unwrap_or_default()
    }

    /// The same as a query of the server, if it can do all of it.
    fn grouping(&self, collection: &Collection) -> Option<Grouping> {
        let aggregates: Vec<_> = self
            .aggregates
            .iter()
            .map(|aggregate| {
                let source = aggregate.source.and_then(|at| self.sources.get(at));
                (aggregate.function, aggregate.distinct, source)
            })
            .collect();
        Grouping::of(self.keys(), &aggregates, collection)
    }

    fn groups(&self) -> Groups {
        match self.width {
            0 => Groups::of_all(self.aggregates.clone()),
            width => Groups::new(width, self.aggregates.clone()),
        }
    }

    /// A group, which is its key and its aggregates, as a row of the result.
    fn row(&self, group: &[Datum]) -> Vec<Datum> {
        let cell = |cell: &Cell| match cell {
            Cell::Key(at) => group.get(*at).cloned(),
            Cell::Aggregate(at) => group.get(self.width + *at).cloned(),
        };
        self.cells.iter().map(|at| cell(at).unwrap_or(Datum::Null)).collect()
    }
}

fn check_aggregate(
    function: Function,
    of: &OutputField,
    span: Span,
    collection: &Collection,
) -> Result<()> {
    let Some(field) = collection.find(&of.field) else { return Ok(()) };
    let fits = match function {
        Function::Count => true,
        Function::Sum | Function::Avg => {
            matches!(datum::kind(field.data_type), Type::Int | Type::Float | Type::Json)
                || !of.path.is_empty()
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
    .at(span))
}

/// The head and type of a column of the result.
fn column(item: &Item, collection: &Collection) -> Column {
    let kind_of = |output: &Output| match output {
        Output::Field { name, path } if path.is_empty() => {
            collection.find(&name.value).map_or(Type::Json, |field| datum::kind(field.data_type))
        }
        Output::Field { .. } | Output::Aggregate { .. } => Type::Json,
    };
    let (head, kind) = match &item.output {
        Output::Field { name, path } => (path_head(&name.value, path), kind_of(&item.output)),
        Output::Aggregate { function, distinct, argument: of } => {
            let argument = match of.as_deref() {
                Some(Output::Field { name, path }) => path_head(&name.value, path),
                Some(Output::Aggregate { .. }) | None => "*".to_string(),
            };
            let kind = match function.value {
                Function::Count => Type::Int,
                Function::Sum | Function::Avg => Type::Float,
                Function::Min | Function::Max => of.as_deref().map_or(Type::Json, kind_of),
            };
            let distinct = if *distinct { "distinct " } else { "" };
            (format!("{}({distinct}{argument})", function.value.word()), kind)
        }
    };
    Column::new(item.alias.as_ref().map_or(head, |alias| alias.value.clone()), kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, said, select};
    use crate::language::ast::{Items, Order};

    fn items(select: &crate::language::ast::Select) -> &[Item] {
        match &select.items {
            Items::Listed(items) => items,
            Items::All => &[],
        }
    }

    fn plan(text: &str) -> Result<Plan, String> {
        let select = select(text);
        let keys = match &select.order {
            Some(Order::By(keys)) => keys.as_slice(),
            _ => &[],
        };
        Plan::of(&select.group, items(&select), keys, &books()).map_err(|error| said(&error))
    }

    #[test]
    fn each_column_is_a_part_of_the_key_or_an_aggregate() {
        let plan = plan(
            "SELECT count(*), year AS y, avg(price) FROM books GROUP BY year, sold ORDER BY y, \
             max(title)",
        )
        .expect("a plan");
        let sources: Vec<&str> = plan.sources.iter().map(|source| source.field.as_str()).collect();
        assert_eq!((sources.join(" "), plan.width), ("year sold price title".to_string(), 2));
        assert_eq!(
            plan.cells,
            [
                Cell::Aggregate(0),
                Cell::Key(0),
                Cell::Aggregate(1),
                Cell::Key(0),
                Cell::Aggregate(2)
            ]
        );
        // a group is its key, then its aggregates
        let group: Vec<Datum> = [1990, 1, 3, 20, 9].map(Datum::Int).to_vec();
        assert_eq!(plan.row(&group), [3, 1990, 20, 1990, 9].map(Datum::Int));
    }

    #[test]
    fn rows_become_groups() {
        let plan = plan("SELECT count(*), sum(price) FROM books GROUP BY year").expect("a plan");
        let mut groups = plan.groups();
        for (year, price) in [(2, 0.5), (1, 1.0), (2, 0.25)] {
            groups.add(vec![Datum::Int(year), Datum::Double(price)]);
        }
        let rows: Vec<Vec<Datum>> = groups.rows().iter().map(|group| plan.row(group)).collect();
        assert_eq!(
            rows,
            [[Datum::Int(1), Datum::Double(1.0)], [Datum::Int(2), Datum::Double(0.75)]]
        );
        let all = self::plan("SELECT count(*), max(year) FROM books").expect("a plan");
        assert_eq!(all.groups().rows(), [[Datum::Int(0), Datum::Null]]);
    }

    #[test]
    fn what_cannot_be_grouped_is_refused() {
        for (text, message) in [
            (
                "SELECT title, count(*) FROM books GROUP BY year",
                "NotGrouped: `title` is neither grouped by nor in an aggregate function; add it \
                 to GROUP BY, or write `max(title)`",
            ),
            (
                "SELECT sum(title) FROM books",
                "TypeMismatch: `title` is VARCHAR(10), which has no sum",
            ),
            ("SELECT min(v) FROM books", "TypeMismatch: `v` is VECTOR(2), which has no min"),
            (
                "SELECT count(*) FROM books GROUP BY v",
                "TypeMismatch: `v` is VECTOR(2) and has no order; a search is written `ORDER BY v \
                 <-> [0.1, 0.2]`",
            ),
        ] {
            assert_eq!(plan(text).err().expect(text), message);
        }
        assert!(plan("SELECT count(v), sum(meta['a']) FROM books").is_ok());
    }

    #[test]
    fn columns_are_headed_as_they_are_written() {
        let select = select(
            "SELECT year, count(*), count(DISTINCT meta['a']), avg(year) AS mean, max(title) FROM \
             books",
        );
        let columns: Vec<Column> =
            items(&select).iter().map(|item| column(item, &books())).collect();
        assert_eq!(
            columns,
            [
                Column::new("year", Type::Int),
                Column::new("count(*)", Type::Int),
                Column::new("count(distinct meta['a'])", Type::Int),
                Column::new("mean", Type::Float),
                Column::new("max(title)", Type::Text)
            ]
        );
    }
}
