//! The metrics of Milvus (Milvus docs: metrics): their names, which type of vector each of them
//! measures, and which way it grows.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::language::ast::Name;
use crate::proto::schema::DataType;

pub const METRICS: [&str; 9] = [
    "L2",
    "IP",
    "COSINE",
    "HAMMING",
    "JACCARD",
    "SUBSTRUCTURE",
    "SUPERSTRUCTURE",
    "MHJACCARD",
    "BM25",
];

/// Reads a metric. Returns Milvus's name and, when Milvus has the one asked for no more, that one.
pub(crate) fn metric(name: &Name) -> Result<(String, Option<String>)> {
    let upper = name.value.to_ascii_uppercase();
    if upper == "TANIMOTO" {
        return Ok(("JACCARD".to_string(), Some(upper)));
    }
    if METRICS.contains(&upper.as_str()) {
        return Ok((upper, None));
    }
    Err(Diagnostic::new(Code::UnknownMetric, format!("unknown metric `{name}`"))
        .at(name.span)
        .suggest(&name.value, METRICS, "there are")
        .help("`help -metric` lists what each of them is"))
}

/// The metrics that measure a type of vector.
pub(crate) fn metrics_of(data_type: DataType) -> &'static [&'static str] {
    match data_type {
        DataType::BinaryVector => {
            &["HAMMING", "JACCARD", "SUBSTRUCTURE", "SUPERSTRUCTURE", "MHJACCARD"]
        }
        DataType::SparseFloatVector => &["IP", "BM25"],
        _ => &["L2", "IP", "COSINE"],
    }
}

/// The metric that an index gets when none is asked for.
pub(crate) fn default_metric(data_type: DataType) -> &'static str {
    match data_type {
        DataType::BinaryVector => "HAMMING",
        DataType::SparseFloatVector => "IP",
        _ => "COSINE",
    }
}

/// Whether the score of a metric grows with closeness.
pub(crate) fn grows(metric: &str) -> bool {
    matches!(metric, "IP" | "COSINE" | "BM25")
}
