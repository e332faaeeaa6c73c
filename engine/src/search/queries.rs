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
use crate::index::flat::{Query, scan, scan_bits, scan_many};
use crate::index::rows::{Mask, Rows};
use crate::index::sparse::{Mode, drop_smallest, idf};
use crate::kernels::Element;
use crate::pace::{Found, Pace};
use crate::search::plan::Plan;
use crate::search::texts::FieldAnalyzer;
use crate::search::{indexed, lists};
use crate::segment::blocks::Blocks;
use crate::segment::column::{Data, bfloats, halves, int8s, pairs};

/// The most queries of one search.
const MAX_QUERIES: usize = 16_384;

/// Numbers that queries are multiplied with in one step: some milliseconds' work.
const STEP: usize = 1 << 24;
/// Rows of a step, of however many queries.
const LEAST_STEP: usize = 64;

/// Queries that ask an index in one step.
const AT_ONCE: usize = 16;

/// The hits of every query, `k` of each at most.
pub(crate) fn run(
    plan: &Plan<'_>,
    group: &[u8],
    k: usize,
    pace: &mut Pace<'_>,
) -> Result<Vec<Vec<Hit>>> {
    let group = PlaceholderGroup::decode(group).map_err(|error| {
        Error::invalid(format!("failed to unmarshal placeholder group: {error}"))
    })?;
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
    let Some(column) = plan.collection.segment.column(plan.column) else {
        return Ok(vec![Vec::new(); values.len()]);
    };
    let dim = plan.field.dim;
    let floats = sent == PlaceholderType::FloatVector;
    let singles = || values.iter().map(|value| singles(value, dim));
    let sized = |bytes: usize| {
        values.iter().map(move |value| check_size(value, bytes).map(|()| value.as_slice()))
    };
    match &column.data {
        Data::Floats(rows) => {
            let queries = singles().collect::<Result<Vec<_>>>()?;
            match plan.index {
                Some(index) => {
                    let blocks: Vec<&[f32]> = rows.blocks().collect();
                    let lent = Rows::new(&blocks, rows.width(), rows.rows_per_block());
                    let mask = allowed(plan, lent.len());
                    pace.search(queries.len(), |found| {
                        let rest = queries.get(found.hits.len()..).unwrap_or_default();
                        let some = rest.get(..AT_ONCE).unwrap_or(rest);
                        found.hits.extend(indexed::run(index, plan.metric, lent, some, k, mask));
                    })
                }
                None => near(plan, rows, queries, k, pace),
            }
        }
        Data::Halves(rows) => {
            let queries: Result<Vec<Vec<f16>>> = match floats {
                true => singles().map(|query| Ok(narrowed(&query?, f16::from_f32))).collect(),
                false => sized(dim * 2).map(|value| Ok(halves(value?))).collect(),
            };
            near(plan, rows, queries?, k, pace)
        }
        Data::Bfloats(rows) => {
            let queries: Result<Vec<Vec<bf16>>> = match floats {
                true => singles().map(|query| Ok(narrowed(&query?, bf16::from_f32))).collect(),
                false => sized(dim * 2).map(|value| Ok(bfloats(value?))).collect(),
            };
            near(plan, rows, queries?, k, pace)
        }
        Data::Int8s(rows) => {
            let queries: Result<Vec<Vec<i8>>> = sized(dim).map(|value| Ok(int8s(value?))).collect();
            near(plan, rows, queries?, k, pace)
        }
        Data::Bits(rows) => {
            let queries = sized(dim / 8).collect::<Result<Vec<_>>>()?;
            near_bits(plan, rows, &queries, k, pace)
        }
        Data::Sparse(_) => by_terms(plan, sent, values, k, pace),
        Data::Lists(rows, _) => lists::run(plan, rows, values, sent, k, pace),
        Data::Bool(_)
        | Data::Int(_)
        | Data::Long(_)
        | Data::Float(_)
        | Data::Double(_)
        | Data::Text(_)
        | Data::Json(_)
        | Data::Array(_) => Ok(vec![Vec::new(); values.len()]),
    }
}

fn check_type(plan: &Plan<'_>, sent: PlaceholderType) -> Result<()> {
    let is_list = plan.field.data_type == DataType::ArrayOfVector;
    let element = if is_list { plan.field.element_type } else { plan.field.data_type };
    let own = match element {
        DataType::FloatVector => PlaceholderType::FloatVector,
        DataType::Float16Vector => PlaceholderType::Float16Vector,
        DataType::BFloat16Vector => PlaceholderType::BFloat16Vector,
        DataType::Int8Vector => PlaceholderType::Int8Vector,
        DataType::BinaryVector => PlaceholderType::BinaryVector,
        _ => PlaceholderType::SparseFloatVector,
    };
    if plan.metric == Metric::Bm25 {
        return match sent {
            PlaceholderType::VarChar => Ok(()),
            other => Err(Error::invalid(format!(
                "please provide varchar/text for BM25 Function based search, got {}",
                other.as_str_name()
            ))),
        };
    }
    // by MAX_SIM a query is a list of vectors
    let one = if plan.max_sim { one_of(sent) } else { sent };
    // floats are narrowed to a field of halves, by Milvus's proxy too
    let narrowed = one == PlaceholderType::FloatVector
        && matches!(own, PlaceholderType::Float16Vector | PlaceholderType::BFloat16Vector);
    match one == own || narrowed {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "vector type must be the same, field {} - type {}, search ph type {}",
            plan.field.name,
            plan.field.data_type.as_str_name(),
            sent.as_str_name()
        ))),
    }
}

/// The kind of each vector in a list of them.
fn one_of(sent: PlaceholderType) -> PlaceholderType {
    match sent {
        PlaceholderType::EmbListFloatVector => PlaceholderType::FloatVector,
        PlaceholderType::EmbListFloat16Vector => PlaceholderType::Float16Vector,
        PlaceholderType::EmbListBFloat16Vector => PlaceholderType::BFloat16Vector,
        PlaceholderType::EmbListInt8Vector => PlaceholderType::Int8Vector,
        PlaceholderType::EmbListBinaryVector => PlaceholderType::BinaryVector,
        _ => PlaceholderType::None,
    }
}

/// Compares queries with every row.
fn near<T: Element>(
    plan: &Plan<'_>,
    rows: &Blocks<T>,
    vectors: Vec<Vec<T>>,
    k: usize,
    pace: &mut Pace<'_>,
) -> Result<Vec<Vec<Hit>>> {
    let blocks: Vec<&[T]> = rows.blocks().collect();
    let lent = Rows::new(&blocks, rows.width(), rows.rows_per_block());
    let mask = allowed(plan, lent.len());
    let queries: Vec<Query<'_, T>> =
        vectors.iter().map(|vector| Query::new(plan.metric, vector)).collect();
    let step = (STEP / (rows.width() * queries.len()).max(1)).max(LEAST_STEP) as u32;
    pace.search(queries.len(), |found| {
        if found.tops.is_empty() {
            found.tops = (0..queries.len()).map(|_| top(plan, k)).collect();
        }
        let part = found.row..found.row.saturating_add(step).min(lent.len());
        found.row = part.end;
        match (queries.as_slice(), found.tops.as_mut_slice()) {
            ([query], [top]) => scan(lent, part, query, mask, top),
            (queries, tops) => scan_many(lent, part, queries, mask, tops),
        }
        if found.row == lent.len() {
            found.hits = std::mem::take(&mut found.tops).into_iter().map(TopK::finish).collect();
        }
    })
}

/// The rows that may be found; none where all may.
fn allowed<'a>(plan: &'a Plan<'_>, rows: u32) -> Option<Mask<'a>> {
    let mask = Mask::new(plan.mask.words());
    (mask.allowed() < rows).then_some(mask)
}

fn near_bits(
    plan: &Plan<'_>,
    rows: &Blocks<u8>,
    queries: &[&[u8]],
    k: usize,
    pace: &mut Pace<'_>,
) -> Result<Vec<Vec<Hit>>> {
    let blocks: Vec<&[u8]> = rows.blocks().collect();
    let lent = Rows::new(&blocks, rows.width(), rows.rows_per_block());
    let mask = Mask::new(plan.mask.words());
    each(plan, queries, k, pace, |query, top| {
        scan_bits(lent, 0..lent.len(), plan.metric, query, Some(mask), top);
    })
}

/// The hits of each query by itself.
fn each<Q>(
    plan: &Plan<'_>,
    queries: &[Q],
    k: usize,
    pace: &mut Pace<'_>,
    find: impl Fn(&Q, &mut TopK),
) -> Result<Vec<Vec<Hit>>> {
    pace.search(queries.len(), |found: &mut Found| {
        let mut top = top(plan, k);
        if let Some(query) = queries.get(found.hits.len()) {
            find(query, &mut top);
        }
        found.hits.push(top.finish());
    })
}

fn top(plan: &Plan<'_>, k: usize) -> TopK {
    // there are no more hits than rows, and a heap takes its room at once
    TopK::new(plan.metric, k.min(plan.collection.segment.rows()), plan.range)
}

fn by_terms(
    plan: &Plan<'_>,
    sent: PlaceholderType,
    values: &[Vec<u8>],
    k: usize,
    pace: &mut Pace<'_>,
) -> Result<Vec<Vec<Hit>>> {
    let Some(inverted) = plan.collection.segment.inverted(plan.column) else {
        return Ok(vec![Vec::new(); values.len()]);
    };
    let mut queries = match sent {
        PlaceholderType::VarChar => {
            let analyzer = analyzer(plan)?;
            let read = |value: &Vec<u8>| {
                let text = std::str::from_utf8(value)
                    .map_err(|_| Error::invalid("the text of a query is no UTF-8"))?;
                Ok(analyzer.vector(text))
            };
            values.iter().map(read).collect::<Result<Vec<_>>>()?
        }
        _ => values.iter().map(|value| terms(value)).collect::<Result<Vec<_>>>()?,
    };
    let mode = match plan.metric {
        Metric::Bm25 => {
            for (term, weight) in queries.iter_mut().flatten() {
                *weight *= idf(inverted.texts(), inverted.document_frequency(*term));
            }
            Mode::Bm25 { k1: plan.k1, b: plan.b, average_length: inverted.average_length() }
        }
        _ => Mode::Ip,
    };
    let mask = Mask::new(plan.mask.words());
    if plan.drop_ratio > 0.0 {
        queries.iter_mut().for_each(|query| drop_smallest(query, plan.drop_ratio));
    }
    each(plan, &queries, k, pace, |query, top| {
        inverted.search(0..inverted.len(), query, mode, Some(mask), top);
    })
}

/// The values of a sparse vector by their indices, each index once.
fn terms(value: &[u8]) -> Result<Vec<(u32, f32)>> {
    if !value.len().is_multiple_of(8) {
        let size = value.len();
        return Err(Error::invalid(format!("invalid data length in sparse float vector: {size}")));
    }
    let mut terms: Vec<(u32, f32)> = pairs(value).collect();
    match terms.iter().find(|(_, value)| !value.is_finite()) {
        Some((_, value)) => Err(not_finite(*value)),
        None => {
            terms.sort_by_key(|(index, _)| *index);
            terms.dedup_by_key(|(index, _)| *index);
            Ok(terms)
        }
    }
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
    match input.and_then(|name| schema.find(name)) {
        Some((_, field)) => Ok(FieldAnalyzer::new(field)?.named(&plan.analyzer_name).clone()),
        None => Analyzer::from_params(None).map_err(Error::invalid),
    }
}

fn singles(value: &[u8], dim: usize) -> Result<Vec<f32>> {
    check_size(value, dim * 4)?;
    let floats: Vec<f32> =
        value.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match floats.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(not_finite(*value)),
        None => Ok(floats),
    }
}

fn narrowed<T>(query: &[f32], narrow: fn(f32) -> T) -> Vec<T> {
    query.iter().copied().map(narrow).collect()
}

pub(super) fn not_finite(value: f32) -> Error {
    Error::invalid(format!("value '{value}' is not a number or infinity"))
}

fn check_size(value: &[u8], expected: usize) -> Result<()> {
    match value.len() == expected {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "vector dimension mismatch, expected vector size(byte) {expected}, actual {}",
            value.len()
        ))),
    }
}
