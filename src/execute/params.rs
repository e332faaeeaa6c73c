//! Parameters by name: index types and metrics with their aliases, consistency levels, and the checks of what was written.

use super::Result;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::language::ast::{Name, Param, Value};
use crate::proto::common::ConsistencyLevel;
use crate::proto::schema::DataType;

/// Index types of Milvus 2.3 to 3.0 (Milvus docs: index), each with the parameters that building it takes.
const INDEX_TYPES: &[(&str, &[&str])] = &[
    ("AUTOINDEX", &[]),
    ("FLAT", &[]),
    ("IVF_FLAT", &["nlist"]),
    ("IVF_SQ8", &["nlist"]),
    ("IVF_PQ", &["nlist", "m", "nbits"]),
    ("IVF_RABITQ", &["nlist", "refine", "refine_type"]),
    ("HNSW", &["M", "efConstruction"]),
    ("HNSW_SQ", &["M", "efConstruction", "sq_type", "refine", "refine_type"]),
    ("HNSW_PQ", &["M", "efConstruction", "m", "nbits", "refine", "refine_type"]),
    ("HNSW_PRQ", &["M", "efConstruction", "m", "nbits", "nrq", "refine", "refine_type"]),
    ("SCANN", &["nlist", "with_raw_data"]),
    ("DISKANN", &[]),
    ("GPU_BRUTE_FORCE", &[]),
    ("GPU_IVF_FLAT", &["nlist", "cache_dataset_on_device"]),
    ("GPU_IVF_PQ", &["nlist", "m", "nbits", "cache_dataset_on_device"]),
    ("GPU_CAGRA", &["intermediate_graph_degree", "graph_degree", "build_algo", "cache_dataset_on_device", "adapt_for_cpu"]),
    ("BIN_FLAT", &[]),
    ("BIN_IVF_FLAT", &["nlist"]),
    ("MINHASH_LSH", &["mh_element_bit_width", "mh_lsh_band", "with_raw_data"]),
    ("SPARSE_INVERTED_INDEX", &["inverted_index_algo", "bm25_k1", "bm25_b", "drop_ratio_build"]),
    ("SPARSE_WAND", &["drop_ratio_build", "bm25_k1", "bm25_b"]),
    ("INVERTED", &["json_path", "json_cast_type", "json_cast_function"]),
    ("BITMAP", &[]),
    ("STL_SORT", &[]),
    ("TRIE", &[]),
    ("NGRAM", &["min_gram", "max_gram", "json_path", "json_cast_type"]),
    ("RTREE", &[]),
];

/// An index type as the server takes it.
pub struct IndexType {
    pub name: String,
    /// what was asked for, when Milvus has it no more
    pub replaced: Option<String>,
    /// the parameters it takes; empty for a type newer than this kernel as well, which takes any
    pub params: &'static [&'static str],
}

/// Reads an index type, the original's names included.
pub fn index_type(name: &Name, binary: bool) -> Result<IndexType> {
    let upper = name.value.to_ascii_uppercase();
    let (today, replaced) = match upper.as_str() {
        "IVFLAT" => ("IVF_FLAT", false),
        "IVF_SQ8H" => ("IVF_SQ8", true),
        "RNSG" | "ANNOY" => ("HNSW", true),
        other => (other, false),
    };
    let today = match today {
        "FLAT" if binary => "BIN_FLAT",
        "IVF_FLAT" if binary => "BIN_IVF_FLAT",
        other => other,
    };
    match INDEX_TYPES.iter().find(|(known, _)| *known == today) {
        Some((known, params)) => Ok(IndexType { name: (*known).to_string(), replaced: replaced.then_some(upper), params }),
        None => Err(Diagnostic::new("UnknownIndexType", format!("unknown index type `{name}`"))
            .at(name.span)
            .suggest(&name.value, INDEX_TYPES.iter().map(|(known, _)| *known), "there are")
            .help("`help -index` lists what each of them is")),
    }
}

const METRICS: [&str; 8] = ["L2", "IP", "COSINE", "HAMMING", "JACCARD", "SUBSTRUCTURE", "SUPERSTRUCTURE", "BM25"];

/// Reads a metric. Returns Milvus's name and, when Milvus has the one asked for no more, that one.
pub fn metric(name: &Name) -> Result<(String, Option<String>)> {
    let upper = name.value.to_ascii_uppercase();
    if upper == "TANIMOTO" {
        return Ok(("JACCARD".to_string(), Some(upper)));
    }
    if METRICS.contains(&upper.as_str()) {
        return Ok((upper, None));
    }
    Err(Diagnostic::new("UnknownMetric", format!("unknown metric `{name}`"))
        .at(name.span)
        .suggest(&name.value, METRICS, "there are")
        .help("`help -metric` lists what each of them is"))
}

pub fn is_binary_metric(metric: &str) -> bool {
    matches!(metric, "HAMMING" | "JACCARD" | "SUBSTRUCTURE" | "SUPERSTRUCTURE")
}

/// The metric that an index gets when none is asked for.
pub fn default_metric(data_type: DataType) -> &'static str {
    match data_type {
        DataType::BinaryVector => "HAMMING",
        DataType::SparseFloatVector => "IP",
        _ => "COSINE",
    }
}

pub fn consistency(name: &Name) -> Result<ConsistencyLevel> {
    const LEVELS: [ConsistencyLevel; 4] = [ConsistencyLevel::Strong, ConsistencyLevel::Session, ConsistencyLevel::Bounded, ConsistencyLevel::Eventually];
    LEVELS.into_iter().find(|level| level.as_str_name().eq_ignore_ascii_case(&name.value)).ok_or_else(|| {
        Diagnostic::new("UnknownConsistencyLevel", format!("unknown consistency level `{name}`")).at(name.span).suggest(
            &name.value,
            LEVELS.iter().map(|level| level.as_str_name()),
            "there are",
        )
    })
}

/// The one value of a parameter.
pub fn one(param: &Param) -> Result<&Spanned<Value>> {
    match param.values.as_slice() {
        [value] => Ok(value),
        _ => Err(Diagnostic::new("InvalidValue", format!("`{}` takes one value", param.name)).at(param.name.span)),
    }
}

/// A parameter's value as a name.
pub fn word(param: &Param) -> Result<Name> {
    let value = one(param)?;
    match &value.value {
        Value::Text(text) => Ok(Spanned::new(text.clone(), value.span)),
        _ => Err(Diagnostic::new("InvalidValue", format!("`{}` takes a word", param.name)).at(value.span)),
    }
}

/// A parameter's value as a whole number within bounds.
pub fn whole(param: &Param, low: i64, high: i64) -> Result<i64> {
    let value = one(param)?;
    match value.value {
        Value::Int(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(Diagnostic::new("InvalidValue", format!("`{}` takes a whole number from {low} to {high}", param.name)).at(value.span)),
    }
}

/// A parameter's value as the JSON that Milvus takes.
pub fn json(value: &Spanned<Value>) -> Result<serde_json::Value> {
    Ok(match &value.value {
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
        _ => return Err(Diagnostic::new("InvalidValue", "a number, a word or a string belongs here").at(value.span)),
    })
}

pub fn unknown(param: &Param, known: &[&str]) -> Diagnostic {
    let name = &param.name;
    Diagnostic::new("UnknownParameter", format!("unknown parameter `{name}`")).at(name.span).suggest(&name.value, known.iter().copied(), "it takes")
}
