//! Function chains: steps that score hits anew, sort them, choose among them. In: the chains of a
//! request. Out: hits. (Milvus docs: function chain; internal/util/function/chain.)
//!
//! `read` settles what the steps are, `params` reads their parameters, `step` makes operators of
//! them, `functions` has what a `map` computes, `frame` holds the values of hits by column.
//!
//! A chain of the stage L0 works on what each segment finds, where the better score is always the
//! larger one, and its hits are sorted afterwards; one of L2 on what a search gives, as it is. One
//! segment is what Milvus has of few rows, and what a collection is here.

mod frame;
mod functions;
mod params;
mod read;
mod step;

use milvus_proto::milvus as pb;
use milvus_proto::schema::{DataType, FunctionChainStage};

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result};
use crate::index::{Hit, Metric};
use frame::{Frame, ID, SCORE};
use read::Chain;
use step::Operator;

/// Whether they are there; without them they are refused.
const HAS_CHAINS: bool = cfg!(feature = "chains");

/// The chains of a search.
#[derive(Default)]
pub(crate) struct Chains {
    near: Option<Chain>,
    last: Option<Chain>,
}

/// Where a chain works.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    L0,
    L2,
}

impl Chains {
    pub fn new(collection: &Collection, request: &pb::SearchRequest) -> Result<Chains> {
        if !HAS_CHAINS && !request.function_chains.is_empty() {
            let why = "the engine of a page has no function chains";
            return Err(Error::new(Kind::NotSupported, why));
        }
        let mut chains = Chains::default();
        if request.function_chains.is_empty() {
            return Ok(chains);
        }
        if request.function_score.is_some() {
            return Err(Error::invalid(
                "function_score and function_chains cannot be used together",
            ));
        }
        let mut seen = Vec::new();
        for (index, chain) in request.function_chains.iter().enumerate() {
            let name = FunctionChainStage::try_from(chain.stage)
                .map_or_else(|_| chain.stage.to_string(), |stage| stage.as_str_name().to_string());
            if seen.contains(&chain.stage) {
                let words = format!("function chain stage {name} appears more than once");
                return Err(Error::invalid(words));
            }
            seen.push(chain.stage);
            match chain.stage() {
                FunctionChainStage::L0Rerank => {
                    chains.near = Some(Chain::new(collection, chain, Stage::L0)?);
                }
                FunctionChainStage::L2Rerank => {
                    chains.last = Some(Chain::new(collection, chain, Stage::L2)?);
                }
                FunctionChainStage::L1Rerank => {
                    return Err(Error::invalid(format!(
                        "function chain[{index}] stage {name} is not supported yet"
                    )));
                }
                FunctionChainStage::Unspecified
                | FunctionChainStage::Ingestion
                | FunctionChainStage::PreProcess
                | FunctionChainStage::PostProcess => {
                    return Err(Error::invalid(format!(
                        "function chain[{index}] stage {name} is not supported in search request"
                    )));
                }
            }
        }
        Ok(chains)
    }

    pub fn is_empty(&self) -> bool {
        self.near.is_none() && self.last.is_none()
    }

    pub fn has_near(&self) -> bool {
        self.near.is_some()
    }

    /// What the chain of L0 makes of the hits of each query: the better ones first.
    pub fn near(
        &self,
        collection: &Collection,
        metric: Metric,
        found: Vec<Vec<Hit>>,
    ) -> Result<Vec<Vec<Hit>>> {
        let Some(chain) = self.near.as_ref().filter(|_| HAS_CHAINS) else { return Ok(found) };
        let sign = if metric.larger_is_closer() { 1.0 } else { -1.0 };
        let mut operators = chain.operators(Stage::L0)?;
        operators.push(Operator::best_first());
        let mut frames: Vec<Frame<'_>> =
            found.iter().map(|hits| Frame::new(collection, hits, sign, &chain.fields)).collect();
        run(&operators, &mut frames)?;
        Ok(frames.into_iter().map(|frame| frame.hits(sign)).collect())
    }

    /// What the chain of L2 makes of the hits that a search gives; grouped by the column, which it
    /// may read as well.
    pub fn last(
        &self,
        collection: &Collection,
        grouped: Option<usize>,
        found: Vec<Vec<Hit>>,
    ) -> Result<Vec<Vec<Hit>>> {
        let Some(chain) = self.last.as_ref().filter(|_| HAS_CHAINS) else { return Ok(found) };
        if found.iter().all(Vec::is_empty) {
            return Ok(found);
        }
        let operators = chain.operators(Stage::L2)?;
        let fields: Vec<usize> = chain.fields.iter().copied().chain(grouped).collect();
        let mut frames: Vec<Frame<'_>> =
            found.iter().map(|hits| Frame::new(collection, hits, 1.0, &fields)).collect();
        run(&operators, &mut frames)?;
        Ok(frames.into_iter().map(|frame| frame.hits(1.0)).collect())
    }
}

fn run(operators: &[Operator], frames: &mut [Frame<'_>]) -> Result<()> {
    operators
        .iter()
        .try_for_each(|operator| frames.iter_mut().try_for_each(|frame| operator.apply(frame)))
}

/// What the values of a field are in a chain; none where a chain does not read it.
fn kind(data_type: DataType) -> Option<DataType> {
    match data_type {
        DataType::Bool
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float
        | DataType::Double
        | DataType::VarChar => Some(data_type),
        DataType::Timestamptz => Some(DataType::Int64),
        DataType::String | DataType::Text => Some(DataType::VarChar),
        _ => None,
    }
}
