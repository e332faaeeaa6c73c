//! Searches by an index that is built: which one a definition asks for, how far a search looks in
//! it, and the queries of a search with what it has not seen yet.
//!
//! What is not there has a stand-in: a graph for HNSW with quantized vectors, DISKANN and CAGRA,
//! lists of codes for other IVF types and SCANN. The vectors are in memory anyway, so that nothing
//! is won by leaving them out of the index. Where a scan is as quick there is no index.

use milvus_proto::schema::DataType;

use crate::error::{Error, Result};
use crate::index::Hit;
use crate::index::Metric;
use crate::index::built::{Built, Choice, Reach};
use crate::index::collect::TopK;
use crate::index::flat::{Query, scan, scan_many};
use crate::index::hnsw::Parameters;
use crate::index::ivf::Kind;
use crate::index::rows::{Mask, Rows};
use crate::schema::Field;
use crate::search::plan::Params;

/// Rows below which every search reads all of them, whatever index is asked for: a walk with an
/// `ef` of 64 measures as many.
const LEAST: usize = 4096;

/// As much where nobody has asked for a certain index: a scan of so many takes 1 ms. Codes are
/// made then, at any size. Measured at 100,000 x 128: a scan takes 2.3 ms, codes 0.99, which are
/// there after 0.12 s, and a graph 0.14, which takes 23 s of everybody's time; it has paid for
/// itself after 27,000 searches (60,000 x 768: 8.3, 2.7 after 0.33 s, 0.27 after 34 s; 14,000).
const LEAST_AUTO: usize = 50_000;

/// What a search looks at that does not say how far to go.
const EF: usize = 64;
const NPROBE: usize = 8;

const NLIST: usize = 128;
const MOST_LISTS: i64 = 65_536;

/// What the index of a field is to be when there are so many rows.
pub(crate) fn choice(field: &Field, params: &Params<'_>, rows: usize) -> Result<Choice> {
    let index_type = params.text("index_type").unwrap_or_default();
    let choice = match index_type.as_str() {
        "HNSW" | "HNSW_SQ" | "HNSW_PQ" | "HNSW_PRQ" | "DISKANN" | "GPU_CAGRA" => {
            let default = Parameters::default();
            let m = within(params, "M", (2, 2048))?;
            let ef_construction = within(params, "efConstruction", (1, i64::from(i32::MAX)))?;
            Choice::Graph(Parameters {
                m: m.map_or(default.m, |m| m as u32),
                ef_construction: ef_construction.map_or(default.ef_construction, |ef| ef as u32),
            })
        }
        "IVF_FLAT" | "GPU_IVF_FLAT" => lists(params, Kind::Flat)?,
        "IVF_SQ8" | "IVF_PQ" | "IVF_RABITQ" | "SCANN" => lists(params, Kind::Sq8)?,
        "AUTOINDEX" if rows >= LEAST_AUTO => Choice::Codes,
        _ => Choice::Scan,
    };
    match field.data_type {
        DataType::FloatVector if rows >= LEAST => Ok(choice),
        _ => Ok(Choice::Scan),
    }
}

/// What stands in for an index that is not there.
pub(crate) fn stand_in(index_type: &str) -> Option<&'static str> {
    match index_type {
        "HNSW_SQ" | "HNSW_PQ" | "HNSW_PRQ" | "DISKANN" | "GPU_CAGRA" => Some("HNSW"),
        "IVF_PQ" | "IVF_RABITQ" | "SCANN" => Some("IVF_SQ8"),
        "GPU_IVF_FLAT" => Some("IVF_FLAT"),
        "GPU_BRUTE_FORCE" => Some("FLAT"),
        _ => None,
    }
}

/// How far a search for `k` rows looks in what an index is to be.
pub(crate) fn reach(choice: Choice, params: &Params<'_>, k: usize) -> Result<Reach> {
    let mut reach = Reach { ef: EF.max(k), nprobe: NPROBE };
    match choice {
        Choice::Graph(_) => {
            let bounds = (1, i64::from(i32::MAX));
            let named = match within(params, "ef", bounds)? {
                Some(ef) => Some(("ef", ef)),
                None => within(params, "search_list", bounds)?.map(|ef| ("search_list_size", ef)),
            };
            if let Some((key, ef)) = named {
                reach.ef = ef as usize;
                if reach.ef < k {
                    return Err(Error::invalid(format!(
                        "{key}({ef}) should be larger than k({k})"
                    )));
                }
            }
        }
        Choice::Lists { .. } => {
            let nprobe = within(params, "nprobe", (1, MOST_LISTS))?;
            reach.nprobe = nprobe.map_or(NPROBE, |nprobe| nprobe as usize);
        }
        Choice::Scan | Choice::Codes => {}
    }
    Ok(reach)
}

/// The hits of each query: those of the index, and of the rows that it has not seen yet.
pub(crate) fn run(
    (built, reach): (&Built, Reach),
    metric: Metric,
    rows: Rows<'_, f32>,
    vectors: &[Vec<f32>],
    k: usize,
    mask: Option<Mask<'_>>,
) -> Vec<Vec<Hit>> {
    let mut found: Vec<(usize, TopK)> = Vec::with_capacity(vectors.len());
    let mut refused: Vec<(usize, TopK)> = Vec::new();
    for (number, vector) in vectors.iter().enumerate() {
        let mut top = TopK::closest(metric, k);
        match built.search(rows, vector, (k, reach), mask, &mut top) {
            true => found.push((number, top)),
            false => refused.push((number, top)),
        }
    }
    let mut hits = vec![Vec::new(); vectors.len()];
    for (tops, first) in [(found, built.len()), (refused, 0)] {
        if tops.is_empty() {
            continue;
        }
        let (numbers, mut tops): (Vec<usize>, Vec<TopK>) = tops.into_iter().unzip();
        let queries: Vec<Query<'_, f32>> = numbers
            .iter()
            .filter_map(|number| Some(Query::new(metric, vectors.get(*number)?)))
            .collect();
        match (queries.as_slice(), tops.as_mut_slice()) {
            ([query], [top]) => scan(rows, first..rows.len(), query, mask, top),
            (queries, tops) => scan_many(rows, first..rows.len(), queries, mask, tops),
        }
        for (number, top) in numbers.into_iter().zip(tops) {
            if let Some(place) = hits.get_mut(number) {
                *place = top.finish();
            }
        }
    }
    hits
}

fn lists(params: &Params<'_>, kind: Kind) -> Result<Choice> {
    let nlist = within(params, "nlist", (1, MOST_LISTS))?;
    Ok(Choice::Lists { kind, nlist: nlist.map_or(NLIST, |nlist| nlist as usize) })
}

/// A parameter within its bounds, as Milvus words it.
fn within(params: &Params<'_>, key: &str, (least, most): (i64, i64)) -> Result<Option<i64>> {
    let value = params.whole(key)?;
    match value {
        Some(value) if !(least..=most).contains(&value) => Err(Error::invalid(format!(
            "Out of range in json: param '{key}' ({value}) should be in range [{least}, {most}]"
        ))),
        value => Ok(value),
    }
}
