//! A chain as its steps and the fields that they read. In: a message. Out: a chain, or what is
//! wrong with its names, in Milvus's words.

use milvus_proto::schema::function_chain_expr_arg::Arg;
use milvus_proto::schema::{
    FunctionChain, FunctionChainExpr, FunctionChainExprArg, FunctionChainOp,
};

use crate::catalog::Collection;
use crate::error::{Error, Result};
use crate::search::chain::step::Operator;
use crate::search::chain::{ID, SCORE, Stage, kind};

pub(super) struct Chain {
    steps: Vec<Step>,
    /// the columns of the fields that are read
    pub fields: Vec<usize>,
}

/// A step with the names of what it reads and writes.
pub(super) struct Step {
    pub message: FunctionChainOp,
    pub name: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

impl Chain {
    pub fn new(collection: &Collection, message: &FunctionChain, stage: Stage) -> Result<Chain> {
        // Milvus counts the chains of each stage by themselves, and there is one
        let within = |error: Error| match stage {
            Stage::L0 => Error::plain(error.kind, format!("querynode function chain[0]: {error}")),
            Stage::L2 => Error::invalid(format!("function chain[0]: {error}")),
        };
        if message.ops.is_empty() {
            let of = if stage == Stage::L0 { "querynode " } else { "" };
            let words = format!("{of}function chain[0] must contain at least one op");
            return Err(Error::invalid(words));
        }
        let steps = message.ops.iter().enumerate().map(|(index, message)| {
            Step::new(message).map_err(|error| Error::invalid(format!("op[{index}]: {error}")))
        });
        let steps: Vec<Step> = steps.collect::<Result<_>>().map_err(within)?;
        check_names(&steps, stage).map_err(within)?;
        let fields = fields(collection, &steps, stage);
        let fields = if stage == Stage::L0 { fields.map_err(within)? } else { fields? };
        Ok(Chain { steps, fields })
    }

    /// What does the steps.
    pub fn operators(&self, stage: Stage) -> Result<Vec<Operator>> {
        Operator::all(&self.steps, stage)
    }
}

impl Step {
    fn new(message: &FunctionChainOp) -> Result<Step> {
        let name = message.op.trim().to_string();
        if name.is_empty() {
            return Err(Error::invalid("op name is empty"));
        }
        let mut inputs = trimmed(&message.inputs, "input")?;
        let outputs = trimmed(&message.outputs, "output")?;
        if let Some(expr) = &message.expr {
            inputs = arguments(expr)?;
        }
        Ok(Step { message: message.clone(), name, inputs, outputs })
    }
}

/// The columns that a function reads, each once.
fn arguments(expr: &FunctionChainExpr) -> Result<Vec<String>> {
    if expr.name.trim().is_empty() {
        return Err(Error::invalid("expr name is empty"));
    }
    let mut inputs: Vec<String> = Vec::new();
    for (index, argument) in expr.args.iter().enumerate() {
        let input = argument_name(argument)
            .map_err(|error| Error::invalid(format!("expr arg[{index}]: {error}")))?;
        inputs.extend(input.filter(|input| !inputs.contains(input)));
    }
    Ok(inputs)
}

fn argument_name(argument: &FunctionChainExprArg) -> Result<Option<String>> {
    match &argument.arg {
        Some(Arg::Column(column)) => match column.name.trim() {
            "" => Err(Error::invalid("column name is empty")),
            name => Ok(Some(name.to_string())),
        },
        Some(Arg::Literal(_)) => Ok(None),
        None => Err(Error::invalid("function chain expr arg is unset")),
    }
}

fn trimmed(names: &[String], what: &str) -> Result<Vec<String>> {
    let trimmed = names.iter().map(|name| match name.trim() {
        "" => Err(Error::invalid(format!("{what} name is empty"))),
        name => Ok(name.to_string()),
    });
    trimmed.collect()
}

/// Names with a dollar are Milvus's own: a chain reads keys and scores, and writes scores.
fn check_names(steps: &[Step], stage: Stage) -> Result<()> {
    let own = |name: &&String| name.starts_with('$');
    for (index, step) in steps.iter().enumerate() {
        if stage == Stage::L0 && step.name != "map" {
            return Err(Error::invalid(format!(
                "op[{index}] type {:?} is not supported by L0 rerank function chain",
                step.name
            )));
        }
        let inputs = step.inputs.iter().filter(own).filter(|_| stage == Stage::L2);
        for name in inputs {
            check_own_input(name, stage)
                .map_err(|error| Error::invalid(format!("op[{index}] input {name:?}: {error}")))?;
        }
        if let Some(name) = step.outputs.iter().filter(own).find(|name| *name != SCORE) {
            return Err(Error::invalid(match stage {
                Stage::L0 => format!(
                    "op[{index}] system output {name:?} is not writable by L0 rerank function chain"
                ),
                Stage::L2 => format!(
                    "op[{index}] output {name:?}: {}",
                    Error::invalid(format!(
                        "system output {name:?} is not writable by L2 rerank function chain"
                    ))
                ),
            }));
        }
    }
    Ok(())
}

fn check_own_input(name: &str, stage: Stage) -> Result<()> {
    match (name, stage) {
        (ID | SCORE, _) => Ok(()),
        (_, Stage::L0) => Err(Error::invalid(format!(
            "system input {name:?} is not readable by L0 rerank function chain"
        ))),
        (_, Stage::L2) => Err(Error::invalid(format!(
            "system input {name:?} is not supported by L2 rerank function chain"
        ))),
    }
}

/// The fields that steps read before a step writes a value of that name.
fn fields(collection: &Collection, steps: &[Step], stage: Stage) -> Result<Vec<usize>> {
    let mut written: Vec<&String> = Vec::new();
    let mut fields = Vec::new();
    for step in steps {
        for name in step.inputs.iter().filter(|name| !written.contains(name)) {
            if name.starts_with('$') {
                check_own_input(name, stage)?;
                continue;
            }
            let (column, field) = collection.schema.find(name).ok_or_else(|| {
                Error::invalid(format!(
                    "function chain input {name:?} is neither a previous output nor a collection \
                     field"
                ))
            })?;
            if kind(field.data_type).is_none() {
                return Err(Error::invalid(format!(
                    "function chain input {name:?} has unsupported field type {}",
                    field.data_type.as_str_name()
                )));
            }
            if !fields.contains(&column) {
                fields.push(column);
            }
        }
        written.extend(&step.outputs);
    }
    Ok(fields)
}
