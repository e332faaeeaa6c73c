//! What a `map` computes of columns: numbers together, how near something is to an origin, fewer
//! digits. Functions that ask a model are refused: there is none.

use milvus_proto::schema::FunctionChainExpr;
use milvus_proto::schema::function_chain_expr_arg::Arg;

use crate::error::{Error, Kind, Result};
use crate::search::chain::Stage;
use crate::search::chain::frame::{Column, number, single};
use crate::search::chain::params::Params;
use crate::search::score::Slope;
use crate::segment::column::Cell;

/// The services that Milvus asks for the scores of texts.
const PROVIDERS: [&str; 8] =
    ["vllm", "tei", "siliconflow", "cohere", "voyageai", "ali", "zilliz", "huggingface"];

pub(super) enum Function {
    NumCombine {
        mode: Mode,
        weights: Vec<f64>,
    },
    Decay(Slope),
    /// a number of digits
    RoundDecimal(i32),
    /// the name of a model
    XgBoost(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Multiply,
    Sum,
    Max,
    Min,
    Avg,
    Weighted,
}

impl Function {
    pub fn new(expr: &FunctionChainExpr) -> Result<Function> {
        let params = |scope| {
            let entries = expr.params.iter();
            Params::new(scope, entries.map(|entry| (entry.key.as_str(), entry.value.as_ref())))
        };
        let function = match expr.name.trim() {
            "num_combine" => num_combine(&params("num_combine"))?,
            "decay" => decay(&params("decay"))?,
            "round_decimal" => round_decimal(&params("round_decimal"))?,
            "xgboost" => xgboost(&params("xgboost"))?,
            "rerank_model" => return Err(rerank_model(&params("rerank_model"))),
            other => return Err(Error::invalid(format!("unknown function: {other}"))),
        };
        if expr.args.is_empty() && matches!(function, Function::XgBoost(_)) {
            return Err(Error::invalid("xgboost: expected at least one feature column"));
        }
        match expr.args.iter().position(|arg| matches!(arg.arg, Some(Arg::Literal(_)))) {
            Some(index) => Err(Error::invalid(format!(
                "{}: literal expr arg[{index}] is not supported",
                function.name()
            ))),
            None => Ok(function),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Function::NumCombine { .. } => "num_combine",
            Function::Decay(_) => "decay",
            Function::RoundDecimal(_) => "round_decimal",
            Function::XgBoost(_) => "xgboost",
        }
    }

    pub fn is_of(&self, stage: Stage) -> bool {
        stage == Stage::L0 || !matches!(self, Function::XgBoost(_))
    }

    /// A number of each of so many rows, or NULL.
    pub fn apply<'a>(&self, columns: &[&Column<'_>], rows: usize) -> Result<Vec<Cell<'a>>> {
        match self {
            Function::NumCombine { mode, weights } => combined(*mode, weights, columns, rows),
            Function::Decay(slope) => {
                let column = only("decay", columns)?;
                let near = |value: f64| slope.factor(value);
                let null = |cell: &Cell<'_>| matches!(cell, Cell::Null);
                if !column.is_number() && !column.cells.iter().all(null) {
                    let error = Error::invalid(unsupported(column));
                    return Err(Error::new(Kind::Internal, format!("decay: {error}")));
                }
                Ok(column.cells.iter().map(|cell| float(number(*cell).map(near))).collect())
            }
            Function::RoundDecimal(digits) => {
                let column = only("round_decimal", columns)?;
                if column.array() != "*array.Float32" {
                    return Err(Error::invalid(format!(
                        "round_decimal: input chunk 0 must be Float32, got {}",
                        column.array()
                    )));
                }
                let factor = 10f64.powi(*digits);
                let round = |cell: &Cell<'_>| match cell {
                    Cell::Null => Cell::Null,
                    cell => {
                        let score = f64::from(single(*cell));
                        Cell::Float(((score * factor + 0.5).floor() / factor) as f32)
                    }
                };
                Ok(column.cells.iter().map(round).collect())
            }
            // there are no file resources
            Function::XgBoost(model) => {
                Err(Error::invalid(format!("xgboost: file resource {model:?} not found")))
            }
        }
    }
}

fn num_combine(params: &Params<'_>) -> Result<Function> {
    let mode = match params.text("mode")?.unwrap_or_default() {
        "" | "multiply" => Mode::Multiply,
        "sum" => Mode::Sum,
        "max" => Mode::Max,
        "min" => Mode::Min,
        "avg" => Mode::Avg,
        "weighted" => Mode::Weighted,
        other => {
            return Err(Error::invalid(format!(
                "num_combine: invalid mode {other:?}, must be one of [multiply, sum, max, min, \
                 avg, weighted]"
            )));
        }
    };
    let weights = params.numbers("weights")?.unwrap_or_default();
    match mode == Mode::Weighted && weights.is_empty() {
        true => Err(Error::invalid("num_combine: weighted mode requires weights")),
        false => Ok(Function::NumCombine { mode, weights }),
    }
}

fn decay(params: &Params<'_>) -> Result<Function> {
    let required = |key: &str| params.number(key)?.ok_or_else(|| params.missing(key));
    let curve = params.text("function")?.ok_or_else(|| params.missing("function"))?;
    let (origin, scale) = (required("origin")?, required("scale")?);
    let offset = params.number("offset")?.unwrap_or(0.0);
    let decay = params.number("decay")?.unwrap_or(0.5);
    Slope::new(curve, origin, scale, offset, decay).map(Function::Decay).map_err(Error::invalid)
}

fn round_decimal(params: &Params<'_>) -> Result<Function> {
    match params.whole("decimal")?.ok_or_else(|| params.missing("decimal"))? {
        digits @ 0..=6 => Ok(Function::RoundDecimal(digits as i32)),
        other => Err(Error::invalid(format!(
            "round_decimal: decimal must be in range [0, 6], got {other}"
        ))),
    }
}

fn xgboost(params: &Params<'_>) -> Result<Function> {
    for key in params.keys() {
        let words = match key {
            "model_resource" | "output" => continue,
            "feature_names" | "objective" => {
                format!("xgboost: parameter {key:?} is not supported")
            }
            _ => format!("xgboost: unknown parameter {key:?}"),
        };
        return Err(Error::invalid(words));
    }
    let model = params.text("model_resource")?;
    let model = model.ok_or_else(|| params.missing("model_resource"))?;
    let output = params.text("output")?.unwrap_or_default();
    if model.is_empty() {
        return Err(Error::invalid("xgboost: model_resource is required"));
    }
    match output {
        "" | "default" | "raw" => Ok(Function::XgBoost(model.to_string())),
        other => Err(Error::invalid(format!(
            "xgboost: output must be one of [default, raw], got {other:?}"
        ))),
    }
}

/// Why a model cannot be asked: nothing here reaches a service, as where each is switched off.
fn rerank_model(params: &Params<'_>) -> Error {
    let checked = || -> Result<String> {
        params.texts("queries")?.ok_or_else(|| params.missing("queries"))?;
        let mut provider = None;
        for key in params.keys().filter(|key| *key != "queries") {
            let value = params.scalar(key)?;
            if key.eq_ignore_ascii_case("provider") {
                provider = value;
            }
        }
        Ok(match provider {
            None => "lost rerank params:provider ".to_string(),
            Some(name) if PROVIDERS.contains(&name.to_lowercase().as_str()) => {
                format!("rerank provider: [{}] is disabled", name.to_lowercase())
            }
            Some(name) => format!("unknown rerank model provider:{name}"),
        })
    };
    checked().map_or_else(|error| error, Error::invalid)
}

fn combined<'a>(
    mode: Mode,
    weights: &[f64],
    columns: &[&Column<'_>],
    rows: usize,
) -> Result<Vec<Cell<'a>>> {
    let count = columns.len();
    if count < 2 {
        return Err(Error::invalid(format!(
            "num_combine: expected at least 2 input columns, got {count}"
        )));
    }
    if mode == Mode::Weighted && weights.len() != count {
        return Err(Error::invalid(format!(
            "num_combine: weighted mode requires {count} weights, got {}",
            weights.len()
        )));
    }
    if let Some((index, column)) = columns.iter().enumerate().find(|(_, c)| !c.is_number()) {
        return Err(Error::invalid(format!(
            "num_combine: column {index}: {}",
            unsupported(column)
        )));
    }
    let row = |place: usize| {
        let values = columns.iter().map(|column| number(column.cell(place)));
        let values: Option<Vec<f64>> = values.collect();
        float(values.map(|values| mode.of(&values, weights) as f32))
    };
    Ok((0..rows).map(row).collect())
}

impl Mode {
    fn of(self, values: &[f64], weights: &[f64]) -> f64 {
        let sum = || values.iter().sum::<f64>();
        // what is no number makes the whole none
        let chosen = |choose: fn(f64, f64) -> f64| {
            let none = values.iter().any(|value| value.is_nan());
            let chosen = values.iter().copied().reduce(choose).unwrap_or(f64::NAN);
            if none { f64::NAN } else { chosen }
        };
        match self {
            Mode::Multiply => values.iter().product(),
            Mode::Sum => sum(),
            Mode::Max => chosen(f64::max),
            Mode::Min => chosen(f64::min),
            Mode::Avg => sum() / values.len() as f64,
            Mode::Weighted => {
                values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
            }
        }
    }
}

fn only<'f, 'a>(name: &str, columns: &[&'f Column<'a>]) -> Result<&'f Column<'a>> {
    match columns {
        [column] => Ok(column),
        columns => Err(Error::new(
            Kind::Internal,
            format!("{name}: expected 1 input column, got {}", columns.len()),
        )),
    }
}

fn unsupported(column: &Column<'_>) -> String {
    format!("unsupported input column type {}, expected numeric type", column.array())
}

fn float<'a>(value: Option<f32>) -> Cell<'a> {
    value.map_or(Cell::Null, Cell::Float)
}
