//! The queries of a search: vectors of the field's own kind, or texts. In: a placeholder group.
//! Out: the hits of each query, the closest first.

use half::{bf16, f16};
use milvus_proto::common::{PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::schema::DataType;
use prost::Message as _;

use crate::analyzer::Analyzer;
use crate::error::{Error, Result};
use crate::index::Hit;
use crate::index::Metric;
use crate::index::collect::TopK;
use crate::index::flat::{Query, scan, scan_bits};
use crate::index::rows::{Mask, Rows};
use crate::index::sparse::{Mode, idf};
use crate::kernels::Element;
use crate::schema::param;
use crate::search::plan::Plan;
use crate::segment::blocks::Blocks;
use crate::segment::column::{Data, bfloats, halves, int8s, pairs};

/// The most queries of one search.
const MAX_QUERIES: usize = 16_384;

/// The hits of every query, `k` of each at most.
pub(crate) fn run(plan: &Plan<'_>, group: &[u8], k: usize) -> Result<Vec<Vec<Hit>>> {
    let group = PlaceholderGroup::decode(group)
        .map_err(|error| Error::invalid(format!("the queries cannot be read: {error}")))?;
    let [PlaceholderValue { r#type, values, .. }] = group.placeholders.as_slice() else {
        return Err(Error::invalid("a search has one placeholder"));
    };
    if values.is_empty() || values.len() > MAX_QUERIES {
        return Err(Error::invalid(format!(
            "nq (number of search vector per search request) should be in range \
             [1, {MAX_QUERIES}], but got {}",
            values.len()
        )));
    }
    let sent = PlaceholderType::try_from(*r#type).unwrap_or(PlaceholderType::None);
    check_type(plan, sent)?;
    values.iter().map(|value| hits(plan, sent, value, k)).collect()
}

fn check_type(plan: &Plan<'_>, sent: PlaceholderType) -> Result<()> {
    let own = match plan.field.data_type {
        DataType::FloatVector => PlaceholderType::FloatVector,
        DataType::Float16Vector => PlaceholderType::Float16Vector,
        DataType::BFloat16Vector => PlaceholderType::BFloat16Vector,
        DataType::Int8Vector => PlaceholderType::Int8Vector,
        DataType::BinaryVector => PlaceholderType::BinaryVector,
        _ => PlaceholderType::SparseFloatVector,
    };
    let text = sent == PlaceholderType::VarChar && plan.metric == Metric::Bm25;
    // floats are narrowed to a field of halves
    let narrowed = sent == PlaceholderType::FloatVector
        && matches!(own, PlaceholderType::Float16Vector | PlaceholderType::BFloat16Vector);
    match sent == own || text || narrowed {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "vector type must be the same, field {} - type {}, search info type {}",
            plan.field.name,
            plan.field.data_type.as_str_name(),
            sent.as_str_name()
        ))),
    }
}

fn hits(plan: &Plan<'_>, sent: PlaceholderType, value: &[u8], k: usize) -> Result<Vec<Hit>> {
    let Some(column) = plan.collection.segment.column(plan.column) else {
        return Ok(Vec::new());
    };
    let dim = plan.field.dim;
    let floats = sent == PlaceholderType::FloatVector;
    let mut top = TopK::new(plan.metric, k, plan.range);
    let mask = Mask::new(plan.mask.words());
    match &column.data {
        Data::Floats(rows) => near(plan, rows, &singles(plan, value, dim)?, mask, &mut top),
        Data::Halves(rows) if floats => {
            let query: Vec<f16> =
                singles(plan, value, dim)?.into_iter().map(f16::from_f32).collect();
            near(plan, rows, &query, mask, &mut top);
        }
        Data::Halves(rows) => {
            check_size(plan, value, dim * 2)?;
            near(plan, rows, &halves(value), mask, &mut top);
        }
        Data::Bfloats(rows) if floats => {
            let query: Vec<bf16> =
                singles(plan, value, dim)?.into_iter().map(bf16::from_f32).collect();
            near(plan, rows, &query, mask, &mut top);
        }
        Data::Bfloats(rows) => {
            check_size(plan, value, dim * 2)?;
            near(plan, rows, &bfloats(value), mask, &mut top);
        }
        Data::Int8s(rows) => {
            check_size(plan, value, dim)?;
            near(plan, rows, &int8s(value), mask, &mut top);
        }
        Data::Bits(rows) => {
            check_size(plan, value, dim / 8)?;
            let blocks: Vec<&[u8]> = rows.blocks().collect();
            let lent = Rows::new(&blocks, rows.width(), rows.rows_per_block());
            scan_bits(lent, 0..lent.len(), plan.metric, value, Some(mask), &mut top);
        }
        Data::Sparse(_) => by_terms(plan, sent, value, mask, &mut top)?,
        Data::Bool(_)
        | Data::Int(_)
        | Data::Long(_)
        | Data::Float(_)
        | Data::Double(_)
        | Data::Text(_)
        | Data::Json(_)
        | Data::Array(_) => {}
    }
    Ok(top.finish())
}

/// Compares a query with every row. An index that is built would be asked here, and the rows that
/// it has not seen yet be scanned.
fn near<T: Element>(
    plan: &Plan<'_>,
    rows: &Blocks<T>,
    query: &[T],
    mask: Mask<'_>,
    top: &mut TopK,
) {
    let blocks: Vec<&[T]> = rows.blocks().collect();
    let lent = Rows::new(&blocks, rows.width(), rows.rows_per_block());
    let query = Query::new(plan.metric, query);
    let mask = (mask.allowed() < lent.len()).then_some(mask);
    scan(lent, 0..lent.len(), &query, mask, top);
}

fn by_terms(
    plan: &Plan<'_>,
    sent: PlaceholderType,
    value: &[u8],
    mask: Mask<'_>,
    top: &mut TopK,
) -> Result<()> {
    let Some(inverted) = plan.collection.segment.inverted(plan.column) else { return Ok(()) };
    let mut query: Vec<(u32, f32)> = match sent {
        PlaceholderType::VarChar => {
            let text = std::str::from_utf8(value)
                .map_err(|_| Error::invalid("the text of a query is no UTF-8"))?;
            analyzer(plan)?.query_vector(text)
        }
        _ if !value.len().is_multiple_of(8) => {
            return Err(Error::invalid(format!(
                "invalid data length in sparse float vector: {}",
                value.len()
            )));
        }
        _ => pairs(value).collect(),
    };
    let mode = match plan.metric {
        Metric::Bm25 => {
            for (term, weight) in &mut query {
                *weight *= idf(inverted.texts(), inverted.document_frequency(*term));
            }
            let average_length = inverted.total_length() / f64::from(inverted.texts().max(1));
            Mode::Bm25 { k1: plan.k1, b: plan.b, average_length: average_length as f32 }
        }
        _ => Mode::Ip,
    };
    inverted.search(0..inverted.len(), &query, mode, Some(mask), top);
    Ok(())
}

/// The analyzer of the field that a BM25 function reads.
fn analyzer(plan: &Plan<'_>) -> Result<Analyzer> {
    let schema = &plan.collection.schema;
    let function = schema
        .message
        .functions
        .iter()
        .find(|function| function.output_field_names.contains(&plan.field.name));
    let input = function.and_then(|function| function.input_field_names.first());
    let params = input
        .and_then(|name| schema.find(name))
        .and_then(|(_, field)| param(&field.message.type_params, "analyzer_params"));
    Analyzer::from_params(params).map_err(Error::invalid)
}

fn singles(plan: &Plan<'_>, value: &[u8], dim: usize) -> Result<Vec<f32>> {
    check_size(plan, value, dim * 4)?;
    let floats: Vec<f32> =
        value.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match floats.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(Error::invalid(format!("value '{value}' is not a number or infinity"))),
        None => Ok(floats),
    }
}

fn check_size(plan: &Plan<'_>, value: &[u8], expected: usize) -> Result<()> {
    match value.len() == expected {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "vector dimension mismatch, field {}: expected vector size(byte) {expected}, actual {}",
            plan.field.name,
            value.len()
        ))),
    }
}
