//! GROUP BY and aggregates of a query, as Milvus 3.0 has them: `group_by_fields`, and outputs such
//! as `sum(price)`. In: the rows that match. Out: a column for each output, a row for each group.

use std::collections::HashMap;

use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::{DataType, DoubleArray, FieldData, LongArray, ScalarField};

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result};
use crate::schema::{Field, Schema};
use crate::segment::Segment;
use crate::segment::column::Cell;
use crate::service::order::{Order, cells};

pub(crate) struct Grouping {
    /// the columns of the keys; none for one group of all rows
    keys: Vec<usize>,
    outputs: Vec<(String, Output)>,
}

#[derive(Clone, Copy)]
enum Output {
    /// the column of a key
    Key(usize),
    Aggregate(Function, Option<usize>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// The rows of one group, seen so far.
struct Group {
    first: usize,
    states: Vec<State>,
}

/// What an aggregate has of its group.
#[derive(Clone, Copy)]
struct State {
    count: i64,
    /// none past what fits
    ints: Option<i64>,
    floats: f64,
    /// the row with the least or the greatest value
    row: Option<usize>,
}

#[derive(PartialEq, Eq, Hash)]
enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

impl Grouping {
    /// None of a query that gives rows as they are.
    pub fn new(
        schema: &Schema,
        by: Option<&str>,
        names: &[String],
        order: Option<&Order>,
    ) -> Result<Option<Grouping>> {
        let by = by.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let by: Vec<&str> = by.collect();
        let aggregates: Vec<Option<(&str, &str)>> = names.iter().map(|name| call(name)).collect();
        if by.is_empty() && aggregates.iter().all(Option::is_none) {
            return Ok(None);
        }
        let keys = by.iter().map(|name| key(schema, name)).collect::<Result<Vec<_>>>()?;
        let mut outputs = Vec::new();
        for (name, aggregate) in names.iter().zip(aggregates) {
            let output = match (aggregate, by.iter().zip(&keys).find(|(key, _)| **key == name)) {
                (Some((function, of)), _) => aggregated(schema, function, of)?,
                (None, Some((_, column))) => Output::Key(*column),
                (None, None) => {
                    return Err(Error::invalid(format!(
                        "output field '{name}' is not allowed: with aggregation only \
                         group_by_fields and aggregates are"
                    )));
                }
            };
            outputs.push((name.clone(), output));
        }
        for name in order.into_iter().flat_map(Order::names) {
            if !by.contains(&name) {
                return Err(Error::invalid(format!(
                    "ORDER BY field '{name}' is not valid: when using GROUP BY or aggregates, \
                     ORDER BY can only reference GROUP BY columns. Valid targets are: [{}]",
                    by.join(" ")
                )));
            }
        }
        Ok(Some(Grouping { keys, outputs }))
    }

    /// The groups of these rows, sorted if an order is given and by their keys otherwise, from the
    /// offset on.
    pub fn answer(
        &self,
        collection: &Collection,
        rows: impl Iterator<Item = usize>,
        order: Option<&Order>,
        (limit, offset): (Option<usize>, usize),
    ) -> Result<Vec<FieldData>> {
        let segment = &collection.segment;
        let mut groups = self.groups(segment, rows);
        groups.sort_by(|a, b| {
            let by_order = order.map(|order| order.compare(segment, a.first, b.first));
            by_order.unwrap_or(std::cmp::Ordering::Equal).then_with(|| {
                let compare = |key: &usize| {
                    let cell = |row| segment.column(*key).map_or(Cell::Null, |c| c.cell(row));
                    match (cell(a.first), cell(b.first)) {
                        (Cell::Null, Cell::Null) => None,
                        (Cell::Null, _) => Some(std::cmp::Ordering::Greater),
                        (_, Cell::Null) => Some(std::cmp::Ordering::Less),
                        (a, b) => Some(cells(a, b)).filter(|order| order.is_ne()),
                    }
                };
                self.keys.iter().find_map(compare).unwrap_or(std::cmp::Ordering::Equal)
            })
        });
        let groups: Vec<Group> =
            groups.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX)).collect();
        let columns = self
            .outputs
            .iter()
            .enumerate()
            .map(|(place, (name, output))| column(collection, *output, place, &groups, name));
        columns.collect()
    }

    fn groups(&self, segment: &Segment, rows: impl Iterator<Item = usize>) -> Vec<Group> {
        let new = |first| Group { first, states: vec![State::EMPTY; self.outputs.len()] };
        let mut places: HashMap<Vec<Value<'_>>, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        // all rows are one group, even where there are none
        if self.keys.is_empty() {
            places.insert(Vec::new(), 0);
            groups.push(new(0));
        }
        for row in rows {
            let value = |key: &usize| match segment.column(*key).map(|column| column.cell(row)) {
                Some(Cell::Int(value)) => Value::Int(value),
                Some(Cell::Text(value)) => Value::Text(value),
                _ => Value::Null,
            };
            let place = *places.entry(self.keys.iter().map(value).collect()).or_insert_with(|| {
                groups.push(new(row));
                groups.len() - 1
            });
            let states = groups.get_mut(place).into_iter().flat_map(|group| &mut group.states);
            for (state, (_, output)) in states.zip(&self.outputs) {
                state.add(segment, *output, row);
            }
        }
        groups
    }
}

impl State {
    const EMPTY: State = State { count: 0, ints: Some(0), floats: 0.0, row: None };

    fn add(&mut self, segment: &Segment, output: Output, row: usize) {
        let Output::Aggregate(function, of) = output else { return };
        let Some(column) = of else {
            self.count += 1;
            return;
        };
        let cell = |row| segment.column(column).map_or(Cell::Null, |column| column.cell(row));
        let value = cell(row);
        match value {
            Cell::Null => return,
            Cell::Int(value) => {
                self.ints = self.ints.and_then(|sum| sum.checked_add(value));
                self.floats += value as f64;
            }
            Cell::Float(value) => self.floats += f64::from(value),
            Cell::Double(value) => self.floats += value,
            Cell::Bool(_)
            | Cell::Text(_)
            | Cell::Json(_)
            | Cell::Array(_)
            | Cell::List(_)
            | Cell::Vector => {}
        }
        self.count += 1;
        let better = self.row.is_none_or(|best| match function {
            Function::Min => cells(value, cell(best)).is_lt(),
            Function::Max => cells(value, cell(best)).is_gt(),
            Function::Count | Function::Sum | Function::Avg => false,
        });
        if better {
            self.row = Some(row);
        }
    }
}

/// The function and what it is of, of an output such as `sum(price)`.
fn call(name: &str) -> Option<(&str, &str)> {
    let (function, rest) = name.trim().split_once('(')?;
    let of = rest.strip_suffix(')')?;
    Function::named(function.trim()).map(|_| (function.trim(), of.trim()))
}

impl Function {
    fn named(name: &str) -> Option<Function> {
        Some(match name.to_lowercase().as_str() {
            "count" => Function::Count,
            "sum" => Function::Sum,
            "avg" => Function::Avg,
            "min" => Function::Min,
            "max" => Function::Max,
            _ => return None,
        })
    }

    fn takes(self, data_type: DataType) -> bool {
        use DataType::{Double, Float, Int8, Int16, Int32, Int64, Timestamptz, VarChar};
        let number = matches!(data_type, Int8 | Int16 | Int32 | Int64 | Float | Double);
        match self {
            Function::Count => true,
            Function::Sum | Function::Avg => number,
            Function::Min | Function::Max => number || matches!(data_type, VarChar | Timestamptz),
        }
    }
}

fn key(schema: &Schema, name: &str) -> Result<usize> {
    use DataType::{Int8, Int16, Int32, Int64, Timestamptz, VarChar};
    let Some((column, field)) = schema.find(name).filter(|(_, field)| !field.is_dynamic()) else {
        return Err(Error::invalid(format!("field {name} not exist")));
    };
    match field.data_type {
        Int8 | Int16 | Int32 | Int64 | VarChar | Timestamptz => Ok(column),
        other => Err(Error::invalid(format!(
            "group by field {name} has unsupported data type {}",
            other.as_str_name()
        ))),
    }
}

fn aggregated(schema: &Schema, name: &str, of: &str) -> Result<Output> {
    let function = Function::named(name).unwrap_or(Function::Count);
    if of == "*" {
        return match function {
            Function::Count => Ok(Output::Aggregate(function, None)),
            _ => Err(Error::invalid(format!(
                "{}(*) is not supported, only count(*) is allowed",
                name.to_lowercase()
            ))),
        };
    }
    let found = schema.find(of).filter(|(_, field)| !field.is_dynamic());
    let (column, field) = found.ok_or_else(|| {
        Error::invalid(format!(
            "target field {of} for aggregation:{} does not exist",
            name.to_lowercase()
        ))
    })?;
    match function.takes(field.data_type) {
        true => Ok(Output::Aggregate(function, Some(column))),
        false => Err(Error::plain(
            Kind::Unexpected,
            format!(
                "aggregation operator {} does not support data type {}",
                name.to_lowercase(),
                field.data_type.as_str_name()
            ),
        )),
    }
}

/// The values of an output, one a group.
fn column(
    collection: &Collection,
    output: Output,
    place: usize,
    groups: &[Group],
    name: &str,
) -> Result<FieldData> {
    let schema = &collection.schema;
    let states =
        || groups.iter().map(|group| group.states.get(place).copied().unwrap_or(State::EMPTY));
    let field = |column: usize| schema.fields.get(column);
    let of_rows = |column: usize, field: &Field, rows: Vec<usize>| FieldData {
        field_name: name.to_string(),
        ..collection.segment.gather(column, field, &rows)
    };
    let whole = |numbers: Vec<i64>| {
        scalars(name, DataType::Int64, Scalars::LongData(LongArray { data: numbers }))
    };
    let fraction = |numbers: Vec<f64>| {
        scalars(name, DataType::Double, Scalars::DoubleData(DoubleArray { data: numbers }))
    };
    // of nothing there is no sum, and no least
    let valid: Vec<bool> = states().map(|state| state.count > 0).collect();
    let valid_data = if valid.contains(&false) { valid.clone() } else { Vec::new() };
    Ok(match output {
        Output::Key(column) => match field(column) {
            Some(field) => of_rows(column, field, groups.iter().map(|group| group.first).collect()),
            None => FieldData::default(),
        },
        Output::Aggregate(Function::Count, _) | Output::Aggregate(_, None) => {
            whole(states().map(|state| state.count).collect())
        }
        Output::Aggregate(Function::Sum, Some(column)) => {
            let float = field(column)
                .is_some_and(|field| matches!(field.data_type, DataType::Float | DataType::Double));
            let sums = match float {
                true => fraction(states().map(|state| state.floats).collect()),
                false => {
                    let sums: Option<Vec<i64>> = states().map(|state| state.ints).collect();
                    whole(sums.ok_or_else(|| Error::invalid(format!("{name} is past INT64")))?)
                }
            };
            FieldData { valid_data, ..sums }
        }
        Output::Aggregate(Function::Avg, Some(_)) => {
            let averages = states().map(|state| state.floats / state.count.max(1) as f64);
            FieldData { valid_data, ..fraction(averages.collect()) }
        }
        Output::Aggregate(Function::Min | Function::Max, Some(column)) => match field(column) {
            Some(field) => {
                // a group without a value is one of NULL, which its first row has
                let rows = groups.iter().zip(states());
                let rows = rows.map(|(group, state)| state.row.unwrap_or(group.first)).collect();
                FieldData { valid_data, ..of_rows(column, field, rows) }
            }
            None => FieldData::default(),
        },
    })
}

fn scalars(name: &str, data_type: DataType, data: Scalars) -> FieldData {
    FieldData {
        r#type: data_type.into(),
        field_name: name.to_string(),
        field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
        ..Default::default()
    }
}
