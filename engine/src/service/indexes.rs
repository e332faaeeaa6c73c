//! Indexes: what was asked for, with the defaults of Milvus, and how far it is built.

use milvus_proto::common::{IndexState, KeyValuePair, Status};
use milvus_proto::milvus as pb;
use milvus_proto::schema::DataType;

use crate::catalog::{Catalog, Collection, Index};
use crate::error::{Error, Kind, Result, success};
use crate::index::Metric;
use crate::index::built::Choice;
use crate::index::sorted::{RUN, Sorted};
use crate::schema::{Field, Schema, param};
use crate::search::indexed;
use crate::search::plan::{Params, metric_of};
use crate::segment::Segment;
use crate::service::Context;
use crate::service::define::change;
use crate::service::json_path::JsonPath;

pub(crate) fn create(context: &mut Context<'_>, request: pb::CreateIndexRequest) -> Result<Status> {
    let id = context.catalog.next_id();
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let schema = &collection.schema;
    // what is no field is a key of the dynamic one
    let place = schema.find(&request.field_name).or_else(|| schema.dynamic());
    let Some((column, field)) = place else {
        let name = &request.field_name;
        return Err(Error::invalid(format!("cannot create index on non-exist field: {name}")));
    };
    let params = with_defaults(field, request.extra_params)?;
    let (shown, pointer) = match field.data_type {
        DataType::Json => {
            let path = JsonPath::new(schema, column, &request.field_name, &params)?;
            let key = path.first().filter(|_| field.is_dynamic());
            (key.unwrap_or(&field.name).to_string(), path.pointer())
        }
        _ => (field.name.clone(), String::new()),
    };
    let same = |index: &Index| index.field == shown && pointer_of(schema, index) == pointer;
    let there = collection.indexes.iter().find(|index| same(index));
    let name = match (request.index_name.as_str(), there) {
        ("", Some(index)) => index.name.clone(),
        ("", None) => format!("{}{pointer}", field.name),
        (name, _) => name.to_string(),
    };
    if let Some(named) = collection.indexes.iter().find(|index| index.name == name) {
        // the same index once more is no mistake
        return match same(named) && sorted(&named.params) == sorted(&params) {
            true => Ok(success()),
            false => Err(Error::invalid("at most one distinct index is allowed per field")),
        };
    }
    if there.is_some() {
        return Err(Error::invalid(
            "CreateIndex failed: creating multiple indexes on same field is not supported",
        ));
    }
    collection.indexes.push(Index { id, name, field: shown, params });
    Ok(success())
}

/// The path into JSON that an index is for; nothing of a whole field.
fn pointer_of(schema: &Schema, index: &Index) -> String {
    let place = schema.find(&index.field).or_else(|| schema.dynamic());
    place
        .filter(|(_, field)| field.data_type == DataType::Json)
        .and_then(|(column, _)| JsonPath::new(schema, column, &index.field, &index.params).ok())
        .map_or_else(String::new, |path| path.pointer())
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
    collection
        .indexes
        .iter()
        .filter(|index| meant(index))
        .map(|index| description(collection, index))
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
    let fields = collection.indexes.iter().filter(|index| named(index)).map(|index| &index.field);
    let columns = fields.filter_map(|field| Some(collection.schema.find(field)?.0));
    columns.for_each(|column| collection.segment.unbuild(column));
    // Milvus drops what is not there without a word
    collection.indexes.retain(|index| !named(index));
    Ok(success())
}

/// Builds what is not complete, for as long as `go_on` says so. True while there is more to do.
pub(crate) fn work(catalog: &mut Catalog, go_on: &mut dyn FnMut() -> bool) -> bool {
    for collection in catalog.collections_mut() {
        for index in &collection.indexes {
            let Some(wanted) = Wanted::new(collection, index) else { continue };
            while wanted.step(&mut collection.segment) {
                if !go_on() {
                    return true;
                }
            }
        }
    }
    false
}

/// What is to be built of an index, in which column.
enum Wanted {
    Vectors(usize, Choice, Metric),
    /// of whole numbers and texts; a pass over floats is as fast, and other kinds are kept and
    /// shown alone
    Sorted(usize),
}

impl Wanted {
    fn new(collection: &Collection, index: &Index) -> Option<Wanted> {
        let (column, field) = collection.schema.find(&index.field)?;
        let params = Params::new(&index.params).ok()?;
        match field.data_type {
            DataType::FloatVector => {
                let choice = indexed::choice(field, &params, collection.segment.rows()).ok()?;
                Some(Wanted::Vectors(column, choice, metric_of(field, &index.params).ok()?))
            }
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Timestamptz
            | DataType::VarChar => {
                let ngrams = params.text("index_type").is_some_and(|name| name == "NGRAM");
                (!ngrams).then_some(Wanted::Sorted(column))
            }
            _ => None,
        }
    }

    /// Builds for some milliseconds; true while there is more to do.
    fn step(&self, segment: &mut Segment) -> bool {
        match *self {
            Wanted::Vectors(column, choice, metric) => segment.build(column, choice, metric),
            Wanted::Sorted(column) => segment.sort(column),
        }
    }

    /// The first row that is yet to be seen; none where all that need be are.
    fn first(&self, segment: &Segment) -> Option<usize> {
        let first = match *self {
            Wanted::Vectors(_, Choice::Scan, _) => return None,
            Wanted::Vectors(column, choice, metric) => {
                let built = segment.built(column).filter(|built| built.is(choice, metric));
                built.map_or(0, |built| built.len() as usize)
            }
            Wanted::Sorted(column) => {
                let first = segment.sorted(column).map_or(0, Sorted::len);
                // what does not fill a run is looked at in passing
                if segment.rows() - first < RUN {
                    return None;
                }
                first
            }
        };
        Some(first)
    }
}

fn description(collection: &Collection, index: &Index) -> pb::IndexDescription {
    let rows = collection.segment.live();
    let first = Wanted::new(collection, index).and_then(|wanted| wanted.first(&collection.segment));
    let pending = first.map_or(0, |first| rows.ones().filter(|row| *row >= first).count() as i64);
    let total_rows = rows.count() as i64;
    let index_type = param(&index.params, "index_type").unwrap_or_default();
    let stand_in = indexed::stand_in(index_type);
    let state = if pending == 0 { IndexState::Finished } else { IndexState::InProgress };
    pb::IndexDescription {
        index_name: index.name.clone(),
        index_id: index.id,
        params: index.params.clone(),
        field_name: index.field.clone(),
        indexed_rows: total_rows - pending,
        total_rows,
        pending_index_rows: pending,
        state: state.into(),
        index_state_fail_reason: stand_in
            .map(|other| format!("{other} stands in for {index_type}"))
            .unwrap_or_default(),
    }
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
    if index_type == "RTREE" && field.data_type != DataType::Geometry {
        return Err(Error::invalid("RTREE index can only be built on geometry field"));
    }
    if field.data_type == DataType::Geometry && !fits(field, index_type) {
        return Err(Error::invalid(format!("{index_type} are not supported on Geometry field")));
    }
    if !fits(field, index_type) {
        return Err(Error::invalid(format!(
            "invalid index type: {index_type} on field {} of {}",
            field.name,
            field.data_type.as_str_name()
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
    let read = Params::new(&params)?;
    check_scalar(field, index_type, &read)?;
    // the bounds of its numbers
    indexed::choice(field, &read, 0)?;
    Ok(params)
}

/// What the index of a JSON column has to say of the values it is for, and one of n-grams of these.
fn check_scalar(field: &Field, index_type: &str, params: &Params) -> Result<()> {
    let upper = |key| params.text(key).map(|text| text.trim().to_uppercase());
    let cast = upper("json_cast_type");
    if index_type == "NGRAM" {
        if field.data_type == DataType::Json {
            match cast.as_deref() {
                Some("VARCHAR") => {}
                Some(other) => {
                    return Err(Error::invalid(format!(
                        "JSON field with ngram index only supports VARCHAR cast type, got: {other}"
                    )));
                }
                None => {
                    return Err(Error::invalid(
                        "JSON field with ngram index must specify json_cast_type",
                    ));
                }
            }
        }
        return check_grams(params);
    }
    if field.data_type != DataType::Json {
        return Ok(());
    }
    let Some(cast) = cast else {
        return Err(Error::invalid(
            "json index must specify cast type: missing parameter[missing_param=json_cast_type]",
        ));
    };
    let known: &[&str] = match index_type {
        "BITMAP" => &["BOOL", "VARCHAR"],
        "STL_SORT" => &["BOOL", "DOUBLE", "VARCHAR"],
        _ => &["BOOL", "DOUBLE", "VARCHAR", "ARRAY_BOOL", "ARRAY_DOUBLE", "ARRAY_VARCHAR", "JSON"],
    };
    if !known.contains(&cast.as_str()) {
        return Err(Error::invalid(format!("json_cast_type {cast} is not supported")));
    }
    match upper("json_cast_function").as_deref() {
        None => Ok(()),
        Some("STRING_TO_DOUBLE") if cast == "DOUBLE" => Ok(()),
        Some(name @ "STRING_TO_DOUBLE") => Err(Error::invalid(format!(
            "json_cast_function {name} is not supported for json_cast_type {cast}"
        ))),
        Some(other) => Err(Error::invalid(format!("json_cast_function {other} is not supported"))),
    }
}

fn check_grams(params: &Params) -> Result<()> {
    let (Some(least), Some(most)) = (params.text("min_gram"), params.text("max_gram")) else {
        return Err(Error::invalid("Ngram index must specify both min_gram and max_gram"));
    };
    let number = |key: &str, text: &str| {
        text.parse::<i64>().map_err(|_| {
            Error::invalid(format!("{key} for Ngram index must be an integer, got: {text}"))
        })
    };
    let (least, most) = (number("min_gram", &least)?, number("max_gram", &most)?);
    if least <= 0 || least > most {
        return Err(Error::invalid(format!(
            "invalid min_gram or max_gram value for Ngram index, min_gram: {least}, \
             max_gram: {most}"
        )));
    }
    Ok(())
}

/// The metric of a vector's index when none is named, and those that there are.
pub(crate) fn metrics(field: &Field) -> (Option<&'static str>, &'static [&'static str]) {
    match field.data_type {
        DataType::FloatVector
        | DataType::Float16Vector
        | DataType::BFloat16Vector
        | DataType::Int8Vector => (Some("COSINE"), &["COSINE", "L2", "IP"]),
        DataType::BinaryVector => (Some("HAMMING"), &["HAMMING", "JACCARD"]),
        DataType::ArrayOfVector if field.element_type == DataType::BinaryVector => {
            (Some("MAX_SIM_HAMMING"), &["MAX_SIM_HAMMING", "MAX_SIM_JACCARD", "HAMMING", "JACCARD"])
        }
        DataType::ArrayOfVector => (
            Some("MAX_SIM_COSINE"),
            &["MAX_SIM", "MAX_SIM_COSINE", "MAX_SIM_L2", "MAX_SIM_IP", "COSINE", "L2", "IP"],
        ),
        DataType::SparseFloatVector if field.message.is_function_output => {
            (Some("BM25"), &["BM25"])
        }
        DataType::SparseFloatVector => (Some("IP"), &["IP"]),
        _ => (None, &[]),
    }
}

fn fits(field: &Field, index_type: &str) -> bool {
    let data_type = match field.data_type {
        DataType::ArrayOfVector if matches!(index_type, "HNSW" | "IVF_FLAT_CC") => return true,
        DataType::ArrayOfVector => field.element_type,
        other => other,
    };
    let known: &[&str] = match data_type {
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
        DataType::Array if field.is_part() => &["INVERTED", "BITMAP", "STL_SORT"],
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
