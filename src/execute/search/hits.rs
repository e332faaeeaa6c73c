//! The hits of a search as a table: key, distance and the fields asked for, in the order asked for.
//! `distance` and `score` are the search's own, but for a field of that name in the schema; a
//! dynamic field of that name is `$meta['score']`.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::evaluate::{Part, parts};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::context::Context;
use crate::execute::convert::datum;
use crate::execute::read::computed::{self, head};
use crate::execute::read::outputs::{OutputField, Outputs, span_of};
use crate::execute::value::path_head;
use crate::language::ast::{Expr, Items, Name, Output, Value};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};
use milvus_proto::schema::{DataType, SearchResultData};

/// The columns of the hits.
pub(crate) struct Layout {
    pub(crate) outputs: Outputs,
    cells: Vec<Cell>,
}

enum Cell {
    Key(String),
    Distance(String),
    /// one of the columns that are asked for
    Field(usize),
    /// what is computed of others
    Computed {
        head: String,
        expr: Expr,
        /// what it takes, and what that is called there
        needs: Vec<(String, Cell)>,
    },
    /// everything the server sends, in the schema's order
    Rest,
}

impl Layout {
    /// Key and distance alone.
    pub(crate) fn plain(collection: &Collection) -> Result<Layout> {
        let key = collection.primary()?.name.clone();
        Ok(Layout {
            outputs: Outputs::none(),
            cells: vec![Cell::Key(key), Cell::Distance(own_head(collection))],
        })
    }

    /// Refuses what this server cannot show of a hit.
    pub(crate) fn check<P: Platform>(
        &self,
        collection: &Collection,
        span: Span,
        context: &Context<'_, P>,
    ) -> Result<()> {
        let shown = |field: &&Field| {
            self.outputs.names.iter().any(|name| name == "*" || *name == field.name)
        };
        let odd = [DataType::Float16Vector, DataType::BFloat16Vector, DataType::BinaryVector];
        match collection.fields.iter().filter(shown).find(|field| odd.contains(&field.data_type)) {
            Some(field) => context.needs(Feature::VectorsInHits, span).map_err(|error| {
                error.help(format!(
                    "leave `{}` out, and select it by the keys of the hits",
                    field.name
                ))
            }),
            None => Ok(()),
        }
    }

    pub(crate) fn of(items: &Items, collection: &Collection) -> Result<Layout> {
        let key = collection.primary()?.name.clone();
        let Items::Listed(items) = items else {
            return Ok(Layout {
                outputs: Outputs::all(),
                cells: vec![Cell::Key(key), Cell::Distance(own_head(collection)), Cell::Rest],
            });
        };
        let (mut cells, mut asked) = (Vec::new(), Vec::new());
        let mut cell = |name: &Name, path: &[Spanned<Value>], alias: Option<&Name>| {
            let head = |default: &str| {
                alias.map_or_else(|| default.to_string(), |alias| alias.value.clone())
            };
            Ok(match name.value.as_str() {
                own if OWN.contains(&own) && path.is_empty() && collection.find(own).is_none() => {
                    Cell::Distance(head(own))
                }
                other if other == key && path.is_empty() => Cell::Key(head(&key)),
                _ => {
                    asked.push(OutputField::new(name, path, alias, collection)?);
                    Cell::Field(asked.len() - 1)
                }
            })
        };
        for item in items {
            match &item.output {
                Output::Aggregate { .. } => return Err(no_aggregate(&item.output)),
                // shown whenever there are several queries
                Output::Field { name, path }
                    if name.value == "query_no"
                        && path.is_empty()
                        && collection.find("query_no").is_none() => {}
                Output::Field { name, path } => cells.push(cell(name, path, item.alias.as_ref())?),
                Output::Computed(expr) => {
                    let mut needs: Vec<(String, Cell)> = Vec::new();
                    for part in parts(expr)? {
                        match part {
                            Part::Field { name, path } => {
                                needs.push((path_head(&name.value, path), cell(name, path, None)?))
                            }
                            Part::Aggregate(aggregate) => return Err(no_aggregate(aggregate)),
                        }
                    }
                    let alias = item.alias.as_ref();
                    let head =
                        alias.map_or_else(|| head(&item.output), |alias| alias.value.clone());
                    cells.push(Cell::Computed { head, expr: (**expr).clone(), needs });
                }
                Output::Every { except } => {
                    return Err(Diagnostic::new(Code::InternalError, "`*` was not written out")
                        .at(except.first().map_or(Span::default(), |name| name.span)));
                }
            }
        }
        Ok(Layout { outputs: Outputs::of_fields(asked), cells })
    }

    /// The columns of no hits at all.
    pub(crate) fn empty(&self, collection: &Collection, queries: usize) -> Result<Table> {
        self.table(SearchResultData::default(), collection, (queries > 1).then_some(1))
    }

    /// The hits of a reply; `first` is the number of its first query, where there are several.
    pub(crate) fn table(
        &self,
        results: SearchResultData,
        collection: &Collection,
        first: Option<usize>,
    ) -> Result<Table> {
        let key = collection.primary()?;
        let keys = datum::ids(results.ids);
        let count = keys.len();
        datum::check(&results.fields_data, count)?;
        let mut distances: Vec<Datum> = results.scores.into_iter().map(Datum::Float).collect();
        distances.resize(count, Datum::Null);
        let fields = self.outputs.values(results.fields_data, collection)?;
        let (mut numbers, mut groups) = (Vec::with_capacity(count), Vec::new());
        for (query, hits) in results.topks.iter().enumerate() {
            if query > 0 && numbers.len() < count && groups.last() != Some(&numbers.len()) {
                groups.push(numbers.len());
            }
            // a query has no more hits than there are ids left
            let hits = usize::try_from(*hits).unwrap_or(0).min(count - numbers.len());
            let number = Datum::Int((first.unwrap_or(1) + query) as i64);
            numbers.resize(numbers.len() + hits, number);
        }
        let mut columns: Vec<(Column, Vec<Datum>)> = Vec::new();
        if first.is_some() {
            columns.push((Column::new("query_no", Type::Int), numbers));
        }
        for cell in &self.cells {
            match cell {
                Cell::Key(head) => columns
                    .push((Column::new(head.clone(), datum::kind(key.data_type)), keys.clone())),
                Cell::Distance(head) => {
                    columns.push((Column::distance(head.clone()), distances.clone()))
                }
                Cell::Field(at) => columns.extend(fields.get(*at).cloned()),
                Cell::Computed { head, expr, needs } => {
                    let heads: Vec<&str> = needs.iter().map(|(head, _)| head.as_str()).collect();
                    let values = needs.iter().map(|(_, cell)| match cell {
                        Cell::Key(_) => keys.clone(),
                        Cell::Field(at) => {
                            fields.get(*at).map(|(_, values)| values.clone()).unwrap_or_default()
                        }
                        _ => distances.clone(),
                    });
                    let values: Vec<Vec<Datum>> = values.collect();
                    let computed = computed::of_columns(expr, &heads, &values, count)?;
                    let kind = computed::kind(&computed.iter().collect::<Vec<_>>());
                    columns.push((Column::new(head.clone(), kind), computed));
                }
                Cell::Rest => columns
                    .extend(fields.iter().filter(|(column, _)| column.name != key.name).cloned()),
            }
        }
        let (heads, mut values): (Vec<Column>, Vec<std::vec::IntoIter<Datum>>) =
            columns.into_iter().map(|(column, values)| (column, values.into_iter())).unzip();
        let rows = (0..count)
            .map(|_| values.iter_mut().map(|values| values.next().unwrap_or(Datum::Null)).collect())
            .collect();
        let mut table = Table::new(heads, rows);
        table.groups = if first.is_some() { groups } else { Vec::new() };
        Ok(table)
    }

    /// The hits of so many queries, with what was found said.
    pub(crate) fn outcome(&self, table: Table, queries: usize) -> Outcome {
        let done = match queries {
            1 => plural(table.total, "hit", "hits"),
            _ => format!(
                "{} of {}",
                plural(table.total, "hit", "hits"),
                plural(queries as u64, "query", "queries")
            ),
        };
        Outcome::table(table).with_done(done)
    }
}

fn no_aggregate(aggregate: &Output) -> Diagnostic {
    let word = match aggregate {
        Output::Aggregate { function, .. } => function.value.word(),
        _ => "aggregate",
    };
    Diagnostic::new(Code::SyntaxError, format!("a search has no {word}"))
        .at(span_of(aggregate))
        .help("its GROUP BY chooses hits; to aggregate rows, leave the distance out")
}

/// The words for what a search measures.
const OWN: [&str; 2] = ["distance", "score"];

/// Its column's head: the first of the words that is no field of the schema.
fn own_head(collection: &Collection) -> String {
    let [distance, _] = OWN;
    OWN.into_iter().find(|own| collection.find(own).is_none()).unwrap_or(distance).to_string()
}

/// The hits so far, of one request after another: all are counted, and no more than are shown are
/// kept.
pub(crate) struct Hits {
    pub(crate) table: Table,
    pub(crate) requests: u64,
    max_rows: usize,
}

impl Hits {
    pub(crate) fn new(table: Table, max_rows: usize) -> Hits {
        Hits { table, requests: 0, max_rows }
    }

    /// Another query's hits begin.
    pub(crate) fn begin(&mut self) {
        let rows = self.table.rows.len();
        if rows > 0 && rows < self.max_rows && self.table.groups.last() != Some(&rows) {
            self.table.groups.push(rows);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.table.rows.len() >= self.max_rows
    }

    pub(crate) fn add(&mut self, mut more: Table) {
        self.requests += 1;
        self.table.total += more.total;
        if self.is_full() {
            return;
        }
        let first = self.table.rows.len();
        self.table.columns = more.columns;
        self.table
            .groups
            .extend(more.groups.into_iter().map(|at| first + at).filter(|at| *at < self.max_rows));
        self.table.rows.append(&mut more.rows);
        self.table.rows.truncate(self.max_rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::collection::Field;
    use crate::execute::catalog::fixture::{books, said, select, texts};
    use milvus_proto::schema::{IDs, LongArray, i_ds};

    fn layout(items: &str) -> Result<Layout, String> {
        let select = select(&format!("SELECT {items} FROM books ORDER BY v <-> [1, 2]"));
        Layout::of(&select.items, &books()).map_err(|error| said(&error))
    }

    /// Hits of two queries: ids 1 and 2, then 3.
    fn results() -> SearchResultData {
        SearchResultData {
            ids: Some(IDs {
                id_field: Some(i_ds::IdField::IntId(LongArray { data: vec![1, 2, 3] })),
            }),
            scores: vec![0.5, 0.25, 1.0],
            topks: vec![2, 1],
            fields_data: vec![texts("title", &["a", "b", "c"])],
            ..SearchResultData::default()
        }
    }

    fn shown(table: &Table) -> String {
        let heads: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let rows: Vec<String> = table
            .rows
            .iter()
            .map(|row| {
                let cells = row.iter().map(|value| match value {
                    Datum::Int(number) => number.to_string(),
                    Datum::Float(number) => number.to_string(),
                    Datum::Text(text) => text.clone(),
                    other => format!("{other:?}"),
                });
                cells.collect::<Vec<_>>().join(" ")
            })
            .collect();
        format!("{}: {}", heads.join(" "), rows.join(", "))
    }

    #[test]
    fn hits_become_rows_of_what_is_asked_for() {
        let table = |items: &str, first| {
            let layout = layout(items).expect("columns");
            layout.table(results(), &books(), first).expect("hits")
        };
        assert_eq!(
            shown(&table("title, distance, id", None)),
            "title distance id: a 0.5 1, b 0.25 2, c 1 3"
        );
        assert_eq!(
            shown(&table("title AS t", None)),
            "t: a, b, c",
            "what is asked for, and no more"
        );
        assert_eq!(shown(&table("*", None)), "id distance title: 1 0.5 a, 2 0.25 b, 3 1 c");
        assert_eq!(
            shown(&table("id, distance, id AS key, distance AS d, id", None)),
            "id distance key d id: 1 0.5 1 0.5 1, 2 0.25 2 0.25 2, 3 1 3 1 3",
            "once for each mention"
        );
        let several = table("id, score AS s", Some(4));
        assert_eq!(shown(&several), "query_no id s: 4 1 0.5, 4 2 0.25, 5 3 1");
        assert_eq!(several.groups, [2], "the second query's hits begin there");
        assert_eq!(
            layout("count(*)").err().expect("no aggregate"),
            "SyntaxError: a search has no count; its GROUP BY chooses hits; to aggregate rows, \
                leave the distance out"
        );
    }

    #[test]
    fn a_field_of_that_name_is_the_field() {
        let with = |names: &[&str]| {
            let mut books = books();
            books.fields.extend(names.iter().map(|name| Field::named(name)));
            books
        };
        let table = |items: &str, collection: &Collection| {
            let select = select(&format!("SELECT {items} FROM books ORDER BY v <-> [1, 2]"));
            let layout = Layout::of(&select.items, collection).expect("columns");
            let fields_data = vec![texts("distance", &["a"]), texts("score", &["b"])];
            let hit = SearchResultData {
                ids: Some(IDs {
                    id_field: Some(i_ds::IdField::IntId(LongArray { data: vec![1] })),
                }),
                scores: vec![0.5],
                topks: vec![1],
                fields_data,
                ..SearchResultData::default()
            };
            shown(&layout.table(hit, collection, None).expect("a hit"))
        };
        let distance = with(&["distance"]);
        assert_eq!(table("id, distance, score", &distance), "id distance score: 1 a 0.5");
        assert_eq!(table("id, distance", &distance), "id distance: 1 a");
        let both = with(&["distance", "score"]);
        assert_eq!(table("id, distance, score", &both), "id distance score: 1 a b");
    }

    #[test]
    fn a_reply_is_not_trusted() {
        let layout = layout("id, title").expect("columns");
        let broken = SearchResultData {
            topks: vec![1_000_000_000],
            scores: Vec::new(),
            fields_data: Vec::new(),
            ..results()
        };
        let table = layout.table(broken.clone(), &books(), Some(1)).expect("hits");
        assert_eq!(shown(&table), "query_no id title: 1 1 Null, 1 2 Null, 1 3 Null");
        // as many queries that promise as much: neither time nor memory for them
        let broken = SearchResultData { topks: vec![i64::MAX; 100_000], ..broken };
        let table = layout.table(broken, &books(), Some(1)).expect("hits");
        assert_eq!((table.rows.len(), table.groups), (3, Vec::new()));
        assert!(layout.empty(&books(), 2).expect("no hits").rows.is_empty());
    }

    #[test]
    fn hits_of_several_requests_are_one_table() {
        let books = books();
        let layout = layout("id").expect("columns");
        let table = |first| layout.table(results(), &books, Some(first)).expect("hits");
        let mut hits = Hits::new(layout.empty(&books, 4).expect("no hits"), 5);
        for first in [1, 3] {
            hits.begin();
            hits.add(table(first));
        }
        assert!(hits.is_full());
        assert_eq!((hits.requests, hits.table.total, hits.table.rows.len()), (2, 6, 5));
        assert_eq!(hits.table.groups, [2, 3]);
        let done = layout.outcome(hits.table, 4).done;
        assert_eq!(done, "6 hits of 4 queries");
    }
}
