//! GROUP BY, DISTINCT and the aggregate functions: by the server where it can (`pushdown`), or else
//! in the kernel over pages of rows. One accumulator a group is kept, up to the memory limit.

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::evaluate::order::{Way, sort_rows};
use crate::evaluate::{Part, evaluate, holds, parts};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::convert::datum;
use crate::execute::params::pair;
use crate::execute::read::accumulate::{Aggregate, Groups};
use crate::execute::read::computed::{self, Cells};
use crate::execute::read::outputs::{OutputField, Outputs, span_of, unaliased};
use crate::execute::read::pushdown::{Answer, Arranged, Grouping, on_server};
use crate::execute::read::scan::Read;
use crate::execute::value::path_head;
use crate::language::ast::{Expr, Function, Item, OrderKey, Output};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Column, Datum, Table, Type};

/// One group of rows for each value of what is grouped `by`, in their order unless another is asked
/// for; one group of all rows where that is nothing.
pub(crate) async fn groups<P: Platform>(
    by: &[Output],
    items: &[Item],
    having: Option<&Expr>,
    keys: &[OrderKey],
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Arranged> {
    let collection = read.collection;
    let plan = Plan::of(by, items, having, keys, collection)?;
    let mut columns: Vec<Column> = items.iter().map(|item| column(item, collection)).collect();
    let (found, count, in_kernel) = match by_server(&plan, read, context).await? {
        Some((groups, count)) => (groups, count, false),
        None => {
            let (groups, count) = by_kernel(&plan, read, context).await?;
            (groups, count, true)
        }
    };
    let mut rows: Vec<Vec<Datum>> = Vec::new();
    for group in &found {
        if plan.holds(group)? {
            rows.push(plan.row(group)?);
        }
    }
    for (at, (column, item)) in columns.iter_mut().zip(items).enumerate() {
        if matches!(item.output, Output::Computed(_)) {
            let values: Vec<&Datum> = rows.iter().filter_map(|row| row.get(at)).collect();
            column.kind = computed::kind(&values);
        }
    }
    let ways: Vec<Way> = keys.iter().map(Way::of).collect();
    sort_rows(&mut rows, items.len(), &ways);
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
    let Some(grouping) = plan
        .grouping(read.collection)
        .filter(|_| read.rest.is_none() && context.client.version().has(Feature::GroupBy))
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
    sort_rows(&mut groups, 0, &vec![Way::ASCENDING; plan.width]);
    Ok(Some((groups, count)))
}

/// The groups and how many rows they hold, over pages of rows.
async fn by_kernel<P: Platform>(
    plan: &Plan,
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<(Vec<Vec<Datum>>, u64)> {
    let outputs = Outputs::of_fields(plan.sources.clone());
    let (mut groups, mut memory) = (plan.groups(), context.memory(read.table));
    let count = read
        .pages(&outputs, 0, u64::MAX, context, |page| {
            let (began, count) = (context.client.platform().now(), page.rows.len() as u64);
            page.rows.into_iter().for_each(|row| groups.add(row));
            context.client.step("group in the kernel", count, began);
            memory.set(groups.bytes())
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
    /// what is computed of a group
    formulas: Vec<Formula>,
    /// which groups are shown
    having: Option<Formula>,
}

/// An expression over a group.
struct Formula {
    expr: Expr,
    /// the keys and aggregates that it takes, and where they are
    heads: Vec<String>,
    cells: Vec<Cell>,
}

/// A part of the group's key, or one of its aggregates.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Key(usize),
    Aggregate(usize),
    Formula(usize),
}

impl Plan {
    fn of(
        by: &[Output],
        items: &[Item],
        having: Option<&Expr>,
        keys: &[OrderKey],
        collection: &Collection,
    ) -> Result<Plan> {
        let mut sources: Vec<OutputField> = Vec::new();
        for output in by {
            let output = &unaliased(output, items)?;
            let key = OutputField::of(output, None, collection)?;
            key.check_order(span_of(output), collection)?;
            sources.push(key);
        }
        let width = sources.len();
        let mut plan = Plan {
            sources,
            width,
            aggregates: Vec::new(),
            cells: Vec::new(),
            formulas: Vec::new(),
            having: None,
        };
        let sort = keys.iter().map(|key| unaliased(&key.output, items));
        let sort: Vec<Output> = sort.collect::<Result<_>>()?;
        for output in items.iter().map(|item| &item.output).chain(&sort) {
            let cell = plan.cell(output, collection)?;
            plan.cells.push(cell);
        }
        plan.having = having.map(|having| plan.formula(having, collection)).transpose()?;
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
            Output::Computed(expr) => {
                let head = computed::head(output);
                if let Some(at) = self.keys().iter().position(|source| source.head == head) {
                    return Ok(Cell::Key(at));
                }
                let formula = self.formula(expr, collection)?;
                self.formulas.push(formula);
                Ok(Cell::Formula(self.formulas.len() - 1))
            }
            Output::Every { .. } => {
                Err(Diagnostic::new(Code::NotGrouped, "`*` is of rows, and these are groups")
                    .at(span_of(output))
                    .help("name what is grouped by, and aggregates"))
            }
        }
    }

    fn formula(&mut self, expr: &Expr, collection: &Collection) -> Result<Formula> {
        let (mut heads, mut cells) = (Vec::new(), Vec::new());
        for part in parts(expr)? {
            let output = match part {
                Part::Field { name, path } => {
                    Output::Field { name: name.clone(), path: path.to_vec() }
                }
                Part::Aggregate(aggregate) => aggregate.clone(),
            };
            let head = computed::head(&output);
            if !heads.contains(&head) {
                cells.push(self.cell(&output, collection)?);
                heads.push(head);
            }
        }
        Ok(Formula { expr: expr.clone(), heads, cells })
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
    fn row(&self, group: &[Datum]) -> Result<Vec<Datum>> {
        let cell = |cell: &Cell| match cell {
            Cell::Formula(at) => match self.formulas.get(*at) {
                Some(formula) => self.over(formula, group, |expr, row| evaluate(expr, row)),
                None => Ok(Datum::Null),
            },
            of_group => Ok(self.value(*of_group, group).clone()),
        };
        self.cells.iter().map(cell).collect()
    }

    /// Whether a group is shown.
    fn holds(&self, group: &[Datum]) -> Result<bool> {
        match &self.having {
            Some(having) => self.over(having, group, |expr, row| holds(expr, row)),
            None => Ok(true),
        }
    }

    fn over<T>(
        &self,
        formula: &Formula,
        group: &[Datum],
        of: impl Fn(&Expr, &Cells<'_>) -> Result<T>,
    ) -> Result<T> {
        let heads: Vec<&str> = formula.heads.iter().map(String::as_str).collect();
        let cells = formula.cells.iter().map(|cell| self.value(*cell, group)).collect();
        of(&formula.expr, &Cells { heads: &heads, cells })
    }

    /// A part of a group's key, or one of its aggregates.
    fn value<'a>(&self, cell: Cell, group: &'a [Datum]) -> &'a Datum {
        let at = match cell {
            Cell::Key(at) => Some(at),
            Cell::Aggregate(at) => Some(self.width + at),
            Cell::Formula(_) => None,
        };
        at.and_then(|at| group.get(at)).unwrap_or(&Datum::Null)
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
        Function::Sum | Function::Avg | Function::StdDev => {
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
        _ => Type::Json,
    };
    let kind = match &item.output {
        Output::Aggregate { function, argument: of, .. } => match function.value {
            Function::Count => Type::Int,
            Function::Sum | Function::Avg | Function::StdDev => Type::Float,
            Function::Min | Function::Max => of.as_deref().map_or(Type::Json, kind_of),
        },
        other => kind_of(other),
    };
    let alias = item.alias.as_ref();
    let head = alias.map_or_else(|| computed::head(&item.output), |alias| alias.value.clone());
    Column::new(head, kind)
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
        Plan::of(&select.group, items(&select), select.having.as_ref(), keys, &books())
            .map_err(|error| said(&error))
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
        assert_eq!(plan.row(&group).expect("a row"), [3, 1990, 20, 1990, 9].map(Datum::Int));
    }

    #[test]
    fn rows_become_groups() {
        let plan = plan("SELECT count(*), sum(price) FROM books GROUP BY year").expect("a plan");
        let mut groups = plan.groups();
        for (year, price) in [(2, 0.5), (1, 1.0), (2, 0.25)] {
            groups.add(vec![Datum::Int(year), Datum::Double(price)]);
        }
        let rows: Vec<Vec<Datum>> =
            groups.rows().iter().map(|group| plan.row(group).expect("a row")).collect();
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
