//! Searches of lists of vectors, which a field of a struct has. By MAX_SIM a query is a list too,
//! and a row's score is the sum of what each of its vectors has in common with the nearest one of
//! the row; else every vector of a row is a find of its own, with its place in the list.

use half::{bf16, f16};
use milvus_proto::common::PlaceholderType;
use milvus_proto::schema::DataType;

use crate::error::{Error, Result, expected};
use crate::expr::Filter;
use crate::index::collect::{Collect as _, TopK};
use crate::index::flat::Query;
use crate::index::{Hit, Metric};
use crate::kernels::{hamming, jaccard};
use crate::pace::Pace;
use crate::schema::{Field, Schema};
use crate::search::plan::{Params, Plan};
use crate::search::queries::not_finite;
use crate::search::texts::FieldTexts;
use crate::segment::blocks::Blocks;
use crate::segment::column::{bfloats, halves, int8s};
use crate::segment::lists;

/// Numbers that are multiplied in one step: some milliseconds' work.
const STEP: usize = 1 << 22;

/// Who may be found: a row, or one of its vectors.
struct Unit {
    row: u32,
    at: u32,
}

/// A vector of a query.
enum Vector {
    Floats(Vec<f32>),
    Bits(Vec<u8>),
}

/// The hits of every query, `k` of each at most.
pub(super) fn run(
    plan: &Plan<'_>,
    rows: &Blocks<Box<[u8]>>,
    values: &[Vec<u8>],
    sent: PlaceholderType,
    k: usize,
    pace: &mut Pace<'_>,
) -> Result<Vec<Vec<Hit>>> {
    let lists = values.iter().map(|value| query(plan, value, sent)).collect::<Result<Vec<_>>>()?;
    let units = units(plan, rows)?;
    let width = lists::width(plan.field);
    let vectors = lists.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let step = (STEP / (plan.field.dim * vectors).max(1)).max(64) as u32;
    pace.search(lists.len(), |found| {
        if found.tops.is_empty() {
            found.tops.push(TopK::new(plan.metric, k.min(units.len()), plan.range));
        }
        let part = found.row as usize..units.len().min((found.row + step) as usize);
        let (query, top) = (lists.get(found.hits.len()), found.tops.first_mut());
        if let (Some(query), Some(top)) = (query, top) {
            let measured: Vec<Measure<'_>> =
                query.iter().map(|vector| Measure::new(plan.metric, vector)).collect();
            for index in part.clone() {
                let unit = units.get(index);
                let list = unit.and_then(|unit| rows.get(unit.row as usize));
                let (Some(unit), Some(list)) = (unit, list) else { continue };
                let distance = match plan.max_sim {
                    true => similarity(plan.field, &measured, list.chunks_exact(width.max(1))),
                    false => {
                        let start = unit.at as usize * width;
                        let vector = list.get(start..start + width).unwrap_or_default();
                        similarity(plan.field, &measured, [vector].into_iter())
                    }
                };
                top.offer(distance, index as u32);
            }
        }
        found.row = part.end as u32;
        if part.end == units.len() {
            let hits = found.tops.pop().map(TopK::finish).unwrap_or_default();
            let place = |hit: Hit| {
                let unit = units.get(hit.row as usize)?;
                Some(Hit { row: unit.row, element: unit.at, ..hit })
            };
            found.hits.push(hits.into_iter().filter_map(place).collect());
            found.row = 0;
        }
    })
}

/// What a search of lists cannot be asked, in Milvus's words.
pub(super) fn check(
    schema: &Schema,
    (column, field): (usize, &Field),
    max_sim: bool,
    filter: &Filter,
    params: &Params<'_>,
) -> Result<()> {
    let is_list = field.data_type == DataType::ArrayOfVector;
    if let Some(filtered) = filter.element_column() {
        let mut arrays = schema.structs();
        let same =
            arrays.any(|each| each.columns.contains(&filtered) && each.columns.contains(&column));
        if !is_list || max_sim || !same {
            return Err(Error::invalid(
                "element_filter is only supported for element-level search on vector sub-fields \
                 of the same struct array; use MATCH_ANY/MATCH_* for row-level vector search",
            ));
        }
    }
    if !is_list {
        return Ok(());
    }
    let iterates = params.flag("iterator").unwrap_or(false);
    let group = params.text("group_by_field").filter(|name| !name.trim().is_empty());
    let wrong = |words: &str| Err(expected(words, "", ""));
    match max_sim {
        true if params.text("radius").is_some() => {
            wrong("range search is not supported for multi-search-multi on embedding list fields")
        }
        true if iterates => wrong(
            "search iterator is not supported for multi-search-multi on embedding list fields",
        ),
        true if group.is_some() => {
            wrong("group by is not supported for multi-search-multi on embedding list fields")
        }
        false if iterates && !params.flag("search_iter_v2").unwrap_or(false) => wrong(
            "legacy search iterator is not supported for element-level search; use search \
             iterator v2",
        ),
        false if group.is_some_and(|name| name.trim() != schema.primary_field().name) => {
            wrong("only group by primary key is supported for element-level search")
        }
        _ => Ok(()),
    }
}

/// The vectors of a query.
fn query(plan: &Plan<'_>, value: &[u8], sent: PlaceholderType) -> Result<Vec<Vector>> {
    use PlaceholderType::{
        BFloat16Vector, BinaryVector, EmbListBFloat16Vector, EmbListBinaryVector,
        EmbListFloat16Vector, EmbListInt8Vector, Float16Vector, Int8Vector,
    };
    let dim = plan.field.dim;
    let width = match sent {
        BinaryVector | EmbListBinaryVector => dim / 8,
        Int8Vector | EmbListInt8Vector => dim,
        Float16Vector | EmbListFloat16Vector | BFloat16Vector | EmbListBFloat16Vector => dim * 2,
        _ => dim * 4,
    };
    let fits = match plan.max_sim {
        true => !value.is_empty() && value.len().is_multiple_of(width.max(1)),
        false => value.len() == width,
    };
    if !fits {
        return Err(Error::invalid(format!(
            "vector dimension mismatch, expected vector size(byte) {width}, actual {}",
            value.len()
        )));
    }
    let read = |bytes: &[u8]| {
        if matches!(sent, BinaryVector | EmbListBinaryVector) {
            return Ok(Vector::Bits(bytes.to_vec()));
        }
        let floats: Vec<f32> = match sent {
            Int8Vector | EmbListInt8Vector => int8s(bytes).into_iter().map(f32::from).collect(),
            Float16Vector | EmbListFloat16Vector => {
                halves(bytes).into_iter().map(f16::to_f32).collect()
            }
            BFloat16Vector | EmbListBFloat16Vector => {
                bfloats(bytes).into_iter().map(bf16::to_f32).collect()
            }
            _ => lists::floats(bytes),
        };
        match floats.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(not_finite(*value)),
            None => Ok(Vector::Floats(floats)),
        }
    };
    value.chunks_exact(width.max(1)).map(read).collect()
}

/// What may be found, in the order of rows and places: by MAX_SIM rows with a vector at least, else
/// every vector that a filter of elements does not rule out.
fn units(plan: &Plan<'_>, lists: &Blocks<Box<[u8]>>) -> Result<Vec<Unit>> {
    let width = lists::width(plan.field).max(1);
    let count = |row: usize| lists.get(row).map_or(0, |list| list.len() / width);
    let rows: Vec<usize> = plan.mask.ones().filter(|row| count(*row) > 0).collect();
    let unit = |row: usize, at: usize| Unit { row: row as u32, at: at as u32 };
    if plan.max_sim {
        return Ok(rows.into_iter().map(|row| unit(row, 0)).collect());
    }
    let elements = match plan.filter.element_column() {
        Some(_) => {
            let texts = FieldTexts::new(plan.collection)?;
            plan.filter.elements(&plan.collection.segment, &rows, &texts)
        }
        None => None,
    };
    match elements {
        Some(elements) => {
            let each = rows.into_iter().zip(elements);
            Ok(each.flat_map(|(row, all)| all.into_iter().map(move |at| unit(row, at))).collect())
        }
        None => Ok(rows
            .into_iter()
            .flat_map(|row| (0..count(row)).map(move |at| unit(row, at)))
            .collect()),
    }
}

/// A vector of a query that is ready to be compared.
enum Measure<'a> {
    Floats(Query<'a, f32>),
    Bits(Metric, &'a [u8]),
}

impl<'a> Measure<'a> {
    fn new(metric: Metric, vector: &'a Vector) -> Measure<'a> {
        match vector {
            Vector::Floats(floats) => Measure::Floats(Query::new(metric, floats)),
            Vector::Bits(bits) => Measure::Bits(metric, bits),
        }
    }
}

/// The sum of the distances of each vector of a query to the nearest one of a list.
fn similarity<'a>(
    field: &Field,
    query: &[Measure<'_>],
    list: impl Iterator<Item = &'a [u8]>,
) -> f32 {
    let mut nearest = vec![f32::INFINITY; query.len()];
    for bytes in list {
        let floats: Vec<f32> = match field.element_type {
            DataType::BinaryVector => Vec::new(),
            DataType::Int8Vector => int8s(bytes).into_iter().map(f32::from).collect(),
            DataType::Float16Vector => halves(bytes).into_iter().map(f16::to_f32).collect(),
            DataType::BFloat16Vector => bfloats(bytes).into_iter().map(bf16::to_f32).collect(),
            _ => lists::floats(bytes),
        };
        for (measure, nearest) in query.iter().zip(&mut nearest) {
            let distance = match measure {
                Measure::Floats(query) => query.distance(&floats),
                Measure::Bits(Metric::Jaccard, bits) => jaccard(bits, bytes),
                Measure::Bits(_, bits) => hamming(bits, bytes) as f32,
            };
            *nearest = nearest.min(distance);
        }
    }
    nearest.iter().sum()
}
