//! Indexes: what was asked for, with the defaults of Milvus.

use milvus_proto::common::{IndexState, KeyValuePair, Status};
use milvus_proto::milvus as pb;
use milvus_proto::schema::DataType;

use crate::catalog::{Collection, Index};
use crate::error::{Error, Kind, Result, success};
use crate::schema::{Field, param};
use crate::service::Context;
use crate::service::define::change;

pub(crate) fn create(context: &mut Context<'_>, request: pb::CreateIndexRequest) -> Result<Status> {
    let id = context.catalog.next_id();
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let (_, field) = collection.schema.field(&request.field_name)?;
    let params = with_defaults(field, request.extra_params)?;
    let name = match request.index_name.as_str() {
        "" => field.name.clone(),
        name => name.to_string(),
    };
    if let Some(there) = collection.indexes.iter().find(|index| index.name == name) {
        // the same index once more is no mistake
        return match there.field == field.name && sorted(&there.params) == sorted(&params) {
            true => Ok(success()),
            false => Err(Error::invalid("at most one distinct index is allowed per field")),
        };
    }
    if collection.index_of(&field.name).is_some() && field.data_type != DataType::Json {
        return Err(Error::invalid(
            "CreateIndex failed: at most one distinct index is allowed per field",
        ));
    }
    let field = field.name.clone();
    collection.indexes.push(Index { id, name, field, params });
    Ok(success())
}

pub(crate) fn describe(
    context: &mut Context<'_>,
    request: pb::DescribeIndexRequest,
) -> Result<pb::DescribeIndexResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    let meant = |index: &Index| {
        (request.index_name.is_empty() || index.name == request.index_name)
            && (request.field_name.is_empty() || index.field == request.field_name)
    };
    let index_descriptions = descriptions(collection, meant);
    if index_descriptions.is_empty() {
        return Err(no_index(collection, &request.index_name));
    }
    Ok(pb::DescribeIndexResponse { status: Some(success()), index_descriptions })
}

pub(crate) fn statistics(
    context: &mut Context<'_>,
    request: pb::GetIndexStatisticsRequest,
) -> Result<pb::GetIndexStatisticsResponse> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    let name = &request.index_name;
    let index_descriptions =
        descriptions(collection, |index| name.is_empty() || index.name == *name);
    if index_descriptions.is_empty() {
        return Err(no_index(collection, name));
    }
    Ok(pb::GetIndexStatisticsResponse { status: Some(success()), index_descriptions })
}

fn descriptions(
    collection: &Collection,
    meant: impl Fn(&Index) -> bool,
) -> Vec<pb::IndexDescription> {
    let rows = collection.segment.live_count() as i64;
    collection
        .indexes
        .iter()
        .filter(|index| meant(index))
        .map(|index| pb::IndexDescription {
            index_name: index.name.clone(),
            index_id: index.id,
            params: index.params.clone(),
            field_name: index.field.clone(),
            indexed_rows: rows,
            total_rows: rows,
            state: IndexState::Finished.into(),
            ..Default::default()
        })
        .collect()
}

pub(crate) fn alter(context: &mut Context<'_>, request: pb::AlterIndexRequest) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let missing = no_index(collection, &request.index_name);
    let index = collection.indexes.iter_mut().find(|index| index.name == request.index_name);
    let index = index.ok_or(missing)?;
    let keys = request.extra_params.iter().map(|pair| &pair.key).chain(&request.delete_keys);
    for key in keys {
        if !matches!(key.as_str(), "mmap.enabled" | "indexoffsetcache.enabled" | "warmup") {
            return Err(Error::invalid(format!("{key} is not configable index param")));
        }
    }
    change(&mut index.params, request.extra_params, &request.delete_keys);
    Ok(success())
}

pub(crate) fn drop(context: &mut Context<'_>, request: pb::DropIndexRequest) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let named = |index: &Index| match request.index_name.as_str() {
        "" => index.field == request.field_name || request.field_name.is_empty(),
        name => index.name == name || index.field == name,
    };
    let loaded = collection.is_loaded();
    let vector = |index: &Index| {
        collection.schema.find(&index.field).is_some_and(|(_, field)| field.is_vector())
    };
    if loaded && collection.indexes.iter().any(|index| named(index) && vector(index)) {
        return Err(Error::invalid("vector index cannot be dropped on loaded collection"));
    }
    // Milvus drops what is not there without a word
    collection.indexes.retain(|index| !named(index));
    Ok(success())
}

/// The parameters of an index, complete: type, metric of a vector's.
fn with_defaults(field: &Field, given: Vec<KeyValuePair>) -> Result<Vec<KeyValuePair>> {
    let mut params = given;
    let mut or = |key: &str, value: &str| {
        if param(&params, key).is_none_or(str::is_empty) {
            params.retain(|pair| pair.key != key);
            params.push(KeyValuePair { key: key.to_string(), value: value.to_string() });
        }
    };
    or("index_type", "AUTOINDEX");
    let (default, metrics) = metrics(field);
    if let Some(default) = default {
        or("metric_type", default);
    }
    let index_type = param(&params, "index_type").unwrap_or_default();
    if !fits(field, index_type) {
        return Err(Error::invalid(format!(
            "index {index_type} only supports other data types than {}: field {}",
            field.data_type.as_str_name(),
            field.name
        )));
    }
    if let Some(metric) = param(&params, "metric_type").filter(|_| field.is_vector())
        && !metrics.contains(&metric.to_uppercase().as_str())
    {
        return Err(Error::invalid(format!(
            "field {} does not support the metric type: {metric}",
            field.name
        )));
    }
    Ok(params)
}

/// The metric of a vector's index when none is named, and those that there are.
pub(crate) fn metrics(field: &Field) -> (Option<&'static str>, &'static [&'static str]) {
    match field.data_type {
        DataType::FloatVector
        | DataType::Float16Vector
        | DataType::BFloat16Vector
        | DataType::Int8Vector => (Some("COSINE"), &["COSINE", "L2", "IP"]),
        DataType::BinaryVector => (Some("HAMMING"), &["HAMMING", "JACCARD"]),
        DataType::SparseFloatVector if field.message.is_function_output => {
            (Some("BM25"), &["BM25"])
        }
        DataType::SparseFloatVector => (Some("IP"), &["IP"]),
        _ => (None, &[]),
    }
}

fn fits(field: &Field, index_type: &str) -> bool {
    let known: &[&str] = match field.data_type {
        DataType::FloatVector | DataType::Float16Vector | DataType::BFloat16Vector => &[
            "FLAT",
            "IVF_FLAT",
            "IVF_SQ8",
            "IVF_PQ",
            "IVF_RABITQ",
            "HNSW",
            "HNSW_SQ",
            "HNSW_PQ",
            "HNSW_PRQ",
            "BRUTE_FORCE",
            "SCANN",
            "DISKANN",
            "GPU_CAGRA",
            "GPU_IVF_FLAT",
            "GPU_BRUTE_FORCE",
        ],
        DataType::Int8Vector => &["HNSW", "HNSW_SQ", "FLAT", "IVF_FLAT"],
        DataType::BinaryVector => &["BIN_FLAT", "BIN_IVF_FLAT", "MINHASH_LSH"],
        DataType::SparseFloatVector => &["SPARSE_INVERTED_INDEX", "SPARSE_WAND"],
        DataType::VarChar | DataType::Text => {
            &["TRIE", "INVERTED", "BITMAP", "NGRAM", "STL_SORT", "Trie"]
        }
        DataType::Json => &["INVERTED", "NGRAM", "BITMAP", "STL_SORT"],
        DataType::Geometry => &["RTREE"],
        DataType::Bool | DataType::Array => &["INVERTED", "BITMAP"],
        _ => &["STL_SORT", "INVERTED", "BITMAP"],
    };
    index_type == "AUTOINDEX" || known.contains(&index_type)
}

fn sorted(params: &[KeyValuePair]) -> Vec<(&str, &str)> {
    let mut sorted: Vec<_> =
        params.iter().map(|pair| (pair.key.as_str(), pair.value.as_str())).collect();
    sorted.sort_unstable();
    sorted
}

fn no_index(collection: &Collection, name: &str) -> Error {
    let name = if name.is_empty() { &collection.name } else { name };
    Error::about(Kind::IndexNotFound, "indexName", name)
}
