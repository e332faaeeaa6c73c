//! What a step does: `map` computes a column, `sort`, `limit` and `group_by` order and choose hits,
//! `select` leaves columns out. `filter` is there by name alone: no function says yes or no.

use std::cmp::Ordering;

use milvus_proto::schema::DataType;

use crate::error::{Error, Kind, Result};
use crate::search::chain::Stage;
use crate::search::chain::frame::{Column, Frame, ID, SCORE, compare, single};
use crate::search::chain::functions::Function;
use crate::search::chain::params::Params;
use crate::search::chain::read::Step;
use crate::segment::column::Cell;

const GROUP_SCORE: &str = "$group_score";

pub(super) enum Operator {
    Map { function: Function, inputs: Vec<String>, output: String },
    Sort { column: String, descending: bool, tie: String },
    Limit { limit: usize, offset: usize },
    Select { columns: Vec<String> },
    GroupBy { field: String, size: usize, limit: usize, offset: usize, scorer: Scorer },
}

/// What the score of a group is.
#[derive(Clone, Copy)]
pub(super) enum Scorer {
    Max,
    Sum,
    Avg,
}

impl Operator {
    pub fn all(steps: &[Step], stage: Stage) -> Result<Vec<Operator>> {
        let operators = steps.iter().enumerate().map(|(index, step)| {
            Operator::new(step).map_err(|error| internal(format!("operator[{index}]: {error}")))
        });
        let operators: Vec<Operator> = operators.collect::<Result<_>>()?;
        for (index, operator) in operators.iter().enumerate() {
            operator.check(index, stage)?;
        }
        Ok(operators)
    }

    /// By score, those of one score by their keys.
    pub fn best_first() -> Operator {
        Operator::Sort { column: SCORE.to_string(), descending: true, tie: ID.to_string() }
    }

    fn new(step: &Step) -> Result<Operator> {
        let params = |scope| {
            let entries = step.message.params.iter();
            Params::new(scope, entries.map(|entry| (entry.key.as_str(), entry.value.as_ref())))
        };
        match step.name.as_str() {
            "map" => Operator::map(step),
            "filter" => Operator::filter(step),
            "sort" => Operator::sort(step, &params("sort_op")),
            "limit" => Operator::limit(&params("limit_op")),
            "select" => match params("select_op").texts("columns")?.unwrap_or_default() {
                columns if columns.is_empty() => {
                    Err(Error::new(Kind::ParameterMissing, "select_op: columns is required"))
                }
                columns => Ok(Operator::Select { columns }),
            },
            "group_by" => Operator::group_by(&params("group_by_op")),
            other => Err(Error::invalid(format!("unknown operator type: {other}"))),
        }
    }

    fn map(step: &Step) -> Result<Operator> {
        let Some(expr) = &step.message.expr else {
            return Err(Error::invalid("map operator requires function"));
        };
        let function = Function::new(expr)
            .map_err(|error| Error::invalid(format!("map function: {error}")))?;
        if step.inputs.is_empty() {
            return Err(Error::invalid("map operator requires inputs"));
        }
        match step.outputs.as_slice() {
            [] => Err(Error::invalid("map operator requires outputs")),
            [output] => {
                let (inputs, output) = (step.inputs.clone(), output.clone());
                Ok(Operator::Map { function, inputs, output })
            }
            outputs => Err(internal(format!(
                "map_op: output columns count ({}) must match function output types count (1)",
                outputs.len()
            ))),
        }
    }

    /// Every function gives numbers, and a filter wants a truth.
    fn filter(step: &Step) -> Result<Operator> {
        let missing = |what| Error::new(Kind::ParameterMissing, format!("filter_op: {what}"));
        let Some(expr) = &step.message.expr else { return Err(missing("function is required")) };
        Function::new(expr).map_err(|error| Error::invalid(format!("filter function: {error}")))?;
        match step.inputs.is_empty() {
            true => Err(missing("inputs is required")),
            false => Err(internal("filter_op: function must return boolean type, got float32")),
        }
    }

    fn sort(step: &Step, params: &Params<'_>) -> Result<Operator> {
        let (column, tie) = match step.inputs.as_slice() {
            [] => return Err(Error::new(Kind::ParameterMissing, "sort_op: column is required")),
            [column] => (column.clone(), ID.to_string()),
            [column, tie] => (column.clone(), tie.clone()),
            more => {
                return Err(Error::invalid(format!(
                    "sort_op: expects at most 2 input columns, got {}",
                    more.len()
                )));
            }
        };
        let descending = params.flag("desc")?.unwrap_or(false);
        Ok(Operator::Sort { column, descending, tie })
    }

    fn limit(params: &Params<'_>) -> Result<Operator> {
        let limit = positive(params, "limit_op", "limit")?;
        Ok(Operator::Limit { limit, offset: offset(params, "limit_op")? })
    }

    fn group_by(params: &Params<'_>) -> Result<Operator> {
        let field = params.text("field")?.ok_or_else(|| params.missing("field"))?.to_string();
        if field.is_empty() {
            return Err(Error::new(Kind::ParameterMissing, "group_by_op: field is required"));
        }
        let size = positive(params, "group_by_op", "group_size")?;
        let limit = positive(params, "group_by_op", "limit")?;
        let offset = offset(params, "group_by_op")?;
        let scorer = match params.text("scorer")? {
            None | Some("" | "max") => Scorer::Max,
            Some("sum") => Scorer::Sum,
            Some("avg") => Scorer::Avg,
            Some(other) => {
                return Err(Error::invalid(format!(
                    "group_by_op: invalid group scorer {other:?}, must be max/sum/avg"
                )));
            }
        };
        Ok(Operator::GroupBy { field, size, limit, offset, scorer })
    }

    fn check(&self, index: usize, stage: Stage) -> Result<()> {
        match self {
            Operator::Map { function, .. } if !function.is_of(stage) => {
                Err(Error::invalid(format!(
                    "operator[{index}] function {:?} does not support stage {:?}",
                    function.name(),
                    if stage == Stage::L0 { "L0_rerank" } else { "L2_rerank" },
                )))
            }
            Operator::Select { columns } => {
                let names = || columns.iter().enumerate();
                if columns.iter().any(String::is_empty) {
                    return Err(internal(format!(
                        "operator[{index}] Select has empty input column"
                    )));
                }
                let twice = names().find(|(at, name)| columns.iter().take(*at).any(|n| n == *name));
                match twice {
                    None => Ok(()),
                    Some((_, name)) => Err(internal(format!(
                        "operator[{index}] Select has duplicate output column {name:?}"
                    ))),
                }
            }
            Operator::Map { .. }
            | Operator::Sort { .. }
            | Operator::Limit { .. }
            | Operator::GroupBy { .. } => Ok(()),
        }
    }

    pub fn apply(&self, frame: &mut Frame<'_>) -> Result<()> {
        match self {
            Operator::Map { function, inputs, output } => {
                let columns = inputs.iter().map(|name| there(frame, "map_op", name));
                let columns: Vec<&Column<'_>> = columns.collect::<Result<_>>()?;
                let cells = function.apply(&columns, frame.len())?;
                frame.set(output, Column { kind: DataType::Float, cells });
            }
            Operator::Sort { column, descending, tie } => {
                let places = sorted(frame, column, *descending, tie)?;
                frame.pick(&places);
            }
            Operator::Limit { limit, offset } => {
                let places: Vec<usize> = (0..frame.len()).skip(*offset).take(*limit).collect();
                frame.pick(&places);
            }
            Operator::Select { columns } => {
                for name in columns {
                    there(frame, "select_op", name)?;
                }
                frame.keep_columns(|name| {
                    name.starts_with('$') || columns.iter().any(|column| column == name)
                });
            }
            Operator::GroupBy { field, size, limit, offset, scorer } => {
                let groups = grouped(frame, field, *size, *scorer)?;
                let chosen: Vec<_> = groups.into_iter().skip(*offset).take(*limit).collect();
                let places = chosen.iter().flat_map(|(_, places)| places).copied();
                frame.pick(&places.collect::<Vec<_>>());
                let scores = chosen
                    .iter()
                    .flat_map(|(score, places)| places.iter().map(|_| Cell::Float(*score)));
                let column = Column { kind: DataType::Float, cells: scores.collect() };
                frame.set(GROUP_SCORE, column);
            }
        }
        Ok(())
    }
}

/// The places of a frame by a column: NULL last whichever way, those of one value by another one.
fn sorted(frame: &Frame<'_>, name: &str, descending: bool, tie: &str) -> Result<Vec<usize>> {
    let column = there(frame, "sort_op", name)?;
    if column.kind == DataType::Bool {
        let words = format!("sort_op: column {name} has non-comparable type bool");
        return Err(internal(words));
    }
    let tie = frame.column(tie).filter(|tie| tie.kind != DataType::Bool);
    let null = |place: usize| matches!(column.cell(place), Cell::Null);
    let mut places: Vec<usize> = (0..frame.len()).collect();
    arrange(&mut places, &|a, b| {
        let by_value = match (null(*a), null(*b)) {
            (false, false) if descending => compare(column.cell(*b), column.cell(*a)),
            (false, false) => compare(column.cell(*a), column.cell(*b)),
            (a, b) => a.cmp(&b),
        };
        by_value.then_with(|| tie.map_or(Ordering::Equal, |t| compare(t.cell(*a), t.cell(*b))))
    });
    Ok(places)
}

/// The groups of a column's values, the best scored first, each with its best places.
fn grouped(
    frame: &Frame<'_>,
    field: &str,
    size: usize,
    scorer: Scorer,
) -> Result<Vec<(f32, Vec<usize>)>> {
    let by = there(frame, "group_by_op", field)?;
    let scores = there(frame, "group_by_op", SCORE)?;
    let keys = there(frame, "group_by_op", ID)?;
    let score = |place: &usize| single(scores.cell(*place));
    let best = |a: &usize, b: &usize| {
        let by_score = score(b).total_cmp(&score(a));
        by_score.then_with(|| compare(keys.cell(*a), keys.cell(*b)))
    };
    let mut places: Vec<usize> = (0..frame.len()).collect();
    arrange(&mut places, &|a, b| {
        value(by.cell(*a)).cmp(&value(by.cell(*b))).then_with(|| best(a, b))
    });
    let chunks = places.chunk_by(|a, b| value(by.cell(*a)) == value(by.cell(*b)));
    let groups: Vec<(f32, &[usize])> = chunks
        .map(|places| {
            let places = places.get(..size).unwrap_or(places);
            let sum = || places.iter().map(score).sum::<f32>();
            let score = match scorer {
                Scorer::Max => places.first().map_or(0.0, score),
                Scorer::Sum => sum(),
                Scorer::Avg => sum() / places.len().max(1) as f32,
            };
            (score, places)
        })
        .collect();
    let group = |at: &usize| groups.get(*at).copied().unwrap_or((0.0, &[]));
    let mut order: Vec<usize> = (0..groups.len()).collect();
    arrange(&mut order, &|a, b| {
        let ((a, of_a), (b, of_b)) = (group(a), group(b));
        let first = |places: &[usize]| places.first().map_or(Cell::Null, |place| keys.cell(*place));
        let by_score = b.total_cmp(&a).then_with(|| of_b.len().cmp(&of_a.len()));
        by_score.then_with(|| compare(first(of_a), first(of_b)))
    });
    Ok(order.iter().map(group).map(|(score, places)| (score, places.to_vec())).collect())
}

/// One sort for all, since each of its own is some kilobytes of the module.
#[inline(never)]
fn arrange(places: &mut [usize], compare: &dyn Fn(&usize, &usize) -> Ordering) {
    places.sort_by(compare);
}

/// What two rows of one group have in common; NULL is a group as well.
fn value<'a>(cell: Cell<'a>) -> (u8, u64, &'a str) {
    match cell {
        Cell::Bool(value) => (1, u64::from(value), ""),
        Cell::Int(value) => (2, value as u64, ""),
        Cell::Float(value) => (3, (f64::from(value) + 0.0).to_bits(), ""),
        Cell::Double(value) => (3, (value + 0.0).to_bits(), ""),
        Cell::Text(text) => (4, 0, text),
        Cell::Null | Cell::Json(_) | Cell::Array(_) | Cell::Vector | Cell::List(_) => (0, 0, ""),
    }
}

fn there<'f, 'a>(frame: &'f Frame<'a>, step: &str, name: &str) -> Result<&'f Column<'a>> {
    let column = frame.column(name);
    column.ok_or_else(|| internal(format!("{step}: column {name:?} not found")))
}

fn positive(params: &Params<'_>, scope: &str, key: &str) -> Result<usize> {
    let value = params.whole(key)?.ok_or_else(|| params.missing(key))?;
    match usize::try_from(value) {
        Ok(value) if value > 0 => Ok(value),
        _ => Err(Error::invalid(format!("{scope}: {key} must be positive"))),
    }
}

fn offset(params: &Params<'_>, scope: &str) -> Result<usize> {
    usize::try_from(params.whole("offset")?.unwrap_or(0))
        .map_err(|_| Error::invalid(format!("{scope}: offset must be non-negative")))
}

fn internal(words: impl std::fmt::Display) -> Error {
    Error::new(Kind::Internal, words)
}
