//! The metrics of Milvus (Milvus docs: metrics): their names, which type of vector each of them
//! measures, and which way it grows.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::aliases;
use crate::language::ast::Name;
use milvus_proto::schema::DataType;

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
    if let Some((_, own)) = aliases::METRICS.iter().find(|(alias, _)| *alias == upper) {
        return Ok(((*own).to_string(), None));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{name, said};

    #[test]
    fn metrics_go_by_milvuss_names() {
        let read = |word: &str| metric(&name(word)).map_err(|error| said(&error));
        assert_eq!(read("cosine"), Ok(("COSINE".to_string(), None)));
        assert_eq!(read("Tanimoto"), Ok(("JACCARD".to_string(), Some("TANIMOTO".to_string()))));
        assert_eq!(
            read("COSIN"),
            Err("UnknownMetric: unknown metric `COSIN`; did you mean `COSINE`?; `help -metric` \
                lists what each of them is"
                .to_string())
        );
    }

    #[test]
    fn every_vector_has_metrics_and_one_of_them_by_default() {
        for data_type in [
            DataType::FloatVector,
            DataType::Float16Vector,
            DataType::Int8Vector,
            DataType::BinaryVector,
            DataType::SparseFloatVector,
        ] {
            let fitting = metrics_of(data_type);
            assert!(fitting.contains(&default_metric(data_type)), "{data_type:?}");
            assert!(fitting.iter().all(|metric| METRICS.contains(metric)), "{data_type:?}");
        }
    }

    #[test]
    fn scores_grow_with_closeness_and_distances_shrink() {
        let grow: Vec<&str> = METRICS.into_iter().filter(|metric| grows(metric)).collect();
        assert_eq!(grow, ["IP", "COSINE", "BM25"]);
    }
}
