//! Parameters, settings and what they take: the tables of those who read them, by the place that
//! they are written at. In: a place, the field and the index that it is about. Out: names with
//! their ranges, and values.

use super::role::Params;
use crate::execute::admin::access::PRIVILEGES;
use crate::execute::catalog::aliases;
use crate::execute::catalog::collection::Field;
use crate::execute::catalog::index_types::{self, INDEX_TYPES, Known, MMAP, Range};
use crate::execute::catalog::metrics::{METRICS, metrics_of};
use crate::execute::copy::asked;
use crate::execute::define::{loading, schema};
use crate::execute::params::LEVELS;
use crate::execute::search::params::COMMON;
use crate::execute::{memory, original};

/// A parameter, and what it takes.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) takes: String,
}

/// What an index or a search is about, as far as the statement says it.
#[derive(Default)]
pub(super) struct Subject {
    pub(super) field: Option<Field>,
    /// the index type, of the statement or of the index that is there
    pub(super) index_type: Option<String>,
}

fn listed(names: &[&'static str]) -> Vec<Parameter> {
    names.iter().map(|name| Parameter { name, takes: String::new() }).collect()
}

fn known(known: &[Known]) -> Vec<Parameter> {
    known.iter().map(|(name, range)| Parameter { name, takes: range.words() }).collect()
}

/// The parameters that may stand at a place.
pub(super) fn parameters(params: Params, subject: &Subject) -> Vec<Parameter> {
    let index_type = subject.index_type.as_deref().and_then(index_types::find);
    match params {
        Params::Index => {
            let is_vector = subject.field.as_ref().is_none_or(Field::is_vector);
            let mut all = if is_vector { listed(&["metric_type"]) } else { Vec::new() };
            all.extend(known(index_type.map_or(&[], |known| known.build)));
            all.extend(known(&[MMAP]));
            all
        }
        Params::Search => {
            let own = index_type.or_else(|| index_types::find("AUTOINDEX"));
            let mut all = known(own.map_or(&[], |known| known.search));
            all.extend(listed(&COMMON));
            all
        }
        Params::Table => listed(&schema::TABLE_PARAMS),
        Params::Properties => listed(&["collection.ttl.seconds", "mmap.enabled"]),
        Params::Column => listed(&schema::TYPE_PARAMS),
        Params::Copy => listed(&asked::KNOWN),
        Params::Load => listed(&loading::PARAMS),
        Params::Compact => listed(&["major"]),
        Params::Rerank => listed(&["k", "norm_score"]),
        Params::Analyzer => listed(&["analyzer", "analyzer_params"]),
        Params::Original => {
            let own = ["partition_tag", "partition_tags", "top_k", "dimension", "index_type"];
            let mut all = listed(&own);
            all.extend(listed(&["metric_type", "nprobe", "ef"]));
            all.extend(listed(&original::OLD_PARAMS));
            all
        }
        Params::Other => Vec::new(),
    }
}

/// What a parameter takes, where that is a choice, and whether a word of it is in quotes.
pub(super) fn of_parameter(name: &str, subject: &Subject) -> Vec<(&'static str, bool)> {
    let quoted = |words: &[&'static str]| words.iter().map(|word| (*word, true)).collect();
    match aliases::parameter(name).to_ascii_lowercase().as_str() {
        "metric_type" => quoted(match &subject.field {
            Some(field) => metrics_of(field.data_type),
            None => &METRICS,
        }),
        "index_type" => INDEX_TYPES.iter().map(|known| (known.name, true)).collect(),
        "consistency_level" => levels().map(|level| (level, true)).collect(),
        "format" => quoted(&["csv", "tsv", "json", "jsonl", "parquet", "arrow", "npy", "fvecs"]),
        "compression" => quoted(&["gzip", "none"]),
        "on_error" => quoted(&["stop", "skip"]),
        "header"
        | "enable_dynamic_field"
        | "enable_analyzer"
        | "enable_match"
        | "refresh"
        | "major"
        | "ignore_growing"
        | "strict_group_size"
        | "norm_score" => FLAGS.to_vec(),
        _ => match range(name) {
            Some(Range::Flag) => FLAGS.to_vec(),
            Some(Range::Word(words)) => quoted(words),
            _ => Vec::new(),
        },
    }
}

const FLAGS: [(&str, bool); 2] = [("TRUE", false), ("FALSE", false)];

/// The range of an index's parameter.
pub(super) fn range(name: &str) -> Option<Range> {
    let all = INDEX_TYPES.iter().flat_map(|known| known.build.iter().chain(known.search));
    let mut all = all.chain([&MMAP]);
    all.find(|(known, _)| *known == name).map(|(_, range)| *range)
}

pub(super) fn levels() -> impl Iterator<Item = &'static str> {
    LEVELS.iter().map(|level| level.as_str_name())
}

/// What a setting takes: words, or a number in words.
pub(super) fn of_setting(name: &str) -> Vec<(&'static str, bool)> {
    match name.to_ascii_lowercase().as_str() {
        "precision" => vec![("full", false)],
        "table_schema" => vec![("on", false), ("off", false)],
        "consistency_level" => levels().chain(["default"]).map(|level| (level, false)).collect(),
        "memory_limit" => memory::SIZES.iter().map(|size| (*size, true)).collect(),
        _ => Vec::new(),
    }
}

/// What a setting takes, in words.
pub(super) fn setting_takes(name: &str) -> &'static str {
    match name {
        "display_limit" => "rows, 1 to 100000",
        "precision" => "digits, 0 to 17, or full",
        "table_schema" => "on or off",
        "timeout" => "seconds, up to 86400",
        "consistency_level" => "Strong, Session, Bounded, Eventually or default",
        "table_size" => "a table's part of a notebook, '1KB' to '64MB'",
        "image_field" => "a field of pixels and its shape, 'pixels 28x28', or off",
        "default_connection" => "an address, 'milvus://local'",
        "memory_limit" => "'1MB' to '4GB'",
        _ => "",
    }
}

pub(super) fn privileges() -> impl Iterator<Item = (&'static str, &'static str)> {
    PRIVILEGES.iter().flat_map(|(object, all)| all.iter().map(move |name| (*name, *object)))
}
