//! LOAD and RELEASE, and the loading that a search or a query asks for by itself.

use crate::diagnostic::Result;
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::metrics;
use crate::execute::catalog::types::is_vector;
use crate::execute::context::Context;
use crate::execute::define::partition::check_partitions;
use crate::execute::params::{self, pair};
use crate::language::ast::{Name, Param, Value};
use crate::milvus::features::Product;
use crate::milvus::{Error, Feature, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use milvus_proto::common::LoadState;
use milvus_proto::milvus as pb;
use milvus_proto::schema::DataType;

pub(crate) async fn load_statement<P: Platform>(
    tables: &[Name],
    partitions: &[Name],
    fields: &[Name],
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut places = Vec::new();
    for table in tables {
        load_table(table, partitions, fields, written, context).await?;
        places.push(place(table, partitions));
    }
    Ok(Outcome::done(format!("loaded {}", places.join(", "))))
}

async fn load_table<P: Platform>(
    table: &Name,
    partitions: &[Name],
    fields: &[Name],
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<()> {
    let collection = context.collection(table).await?;
    let listed = written.iter().find(|param| params::key(param) == "load_fields");
    let listed = listed.map(words).transpose()?.unwrap_or_default();
    for field in fields.iter().chain(&listed) {
        context.needs(Feature::LoadFields, field.span)?;
        collection.field(field)?;
    }
    let mut options = options(written)?;
    options.load_fields.extend(names(fields));
    index_vectors(&collection, table, None, context).await?;
    let loaded = load(table, partitions, options, context).await;
    loaded.map_err(|error| context.diagnose(error, table.span))?;
    wait(table, partitions, context).await
}

/// What the WITH of a LOAD takes.
pub(crate) const PARAMS: [&str; 3] = ["replicas", "resource_groups", "refresh"];

/// How a table is loaded.
struct Options {
    replicas: i32,
    refresh: bool,
    resource_groups: Vec<String>,
    /// none is every field
    load_fields: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let (resource_groups, load_fields) = (Vec::new(), Vec::new());
        Options { replicas: 1, refresh: false, resource_groups, load_fields }
    }
}

fn options(written: &[Param]) -> Result<Options> {
    let mut options = Options::default();
    for param in written {
        match params::key(param).as_str() {
            "replicas" => options.replicas = params::whole(param, 1, 1_024)? as i32,
            "refresh" => options.refresh = params::flag(param)?,
            "resource_groups" => options.resource_groups = names(&words(param)?),
            "load_fields" => options.load_fields = names(&words(param)?),
            _ => return Err(params::unknown(param, &PARAMS)),
        }
    }
    Ok(options)
}

/// A parameter's words: one, or a list of them.
fn words(param: &Param) -> Result<Vec<Name>> {
    match &params::one(param)?.value {
        Value::List(items) => items.iter().map(params::text).collect(),
        _ => Ok(vec![params::word(param)?]),
    }
}

pub(crate) async fn release_statement<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    release(table, partitions, context).await?;
    Ok(Outcome::done(format!("released {}", place(table, partitions))))
}

pub(crate) async fn release<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<()> {
    if partitions.is_empty() {
        let collection_name = table.value.clone();
        let request = pb::ReleaseCollectionRequest { collection_name, ..Default::default() };
        context.send_of(request, table).await?;
    } else {
        let request = pb::ReleasePartitionsRequest {
            collection_name: table.value.clone(),
            partition_names: names(partitions),
            ..Default::default()
        };
        context.send_of(request, table).await?;
    }
    Ok(())
}

/// Releases what is loaded, and says so.
pub(crate) async fn release_if_loaded<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    if matches!(load_state(table, context).await?, LoadState::Loaded | LoadState::Loading) {
        release(table, &[], context).await?;
        context.did(format!("released {table}, which was loaded"));
    }
    Ok(())
}

pub(crate) async fn load_state<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<LoadState> {
    state_of(table, &[], context).await
}

async fn state_of<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<LoadState> {
    let request = pb::GetLoadStateRequest {
        collection_name: table.value.clone(),
        partition_names: names(partitions),
        ..Default::default()
    };
    let state = context.send_of(request, table).await?.state;
    Ok(LoadState::try_from(state).unwrap_or(LoadState::NotExist))
}

/// The state in a word, as tables of results have it.
pub(crate) fn state_word(state: LoadState) -> &'static str {
    match state {
        LoadState::Loaded => "loaded",
        LoadState::Loading => "loading",
        LoadState::NotExist | LoadState::NotLoad => "not loaded",
    }
}

pub(crate) async fn progress<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    check_partitions(table, partitions, context).await?;
    let state = state_of(table, partitions, context).await?;
    let percent = match state {
        LoadState::Loaded => 100,
        LoadState::Loading => {
            context.send(progress_of(table, partitions), table.span).await?.progress
        }
        LoadState::NotExist | LoadState::NotLoad => 0,
    };
    let heads = [("collection", Type::Prose), ("state", Type::Prose), ("percent", Type::Int)];
    let columns = heads.map(|(name, kind)| Column::new(name, kind)).to_vec();
    let row = vec![
        Datum::Text(table.value.clone()),
        Datum::Text(state_word(state).to_string()),
        Datum::Int(percent),
    ];
    Ok(Outcome::table(Table::new(columns, vec![row])))
}

fn place(table: &Name, partitions: &[Name]) -> String {
    match partitions {
        [] => table.value.clone(),
        [one] => format!("partition {one} of {table}"),
        many => format!("{} partitions of {table}", many.len()),
    }
}

fn names(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.value.clone()).collect()
}

fn progress_of(table: &Name, partitions: &[Name]) -> pb::GetLoadingProgressRequest {
    pb::GetLoadingProgressRequest {
        collection_name: table.value.clone(),
        partition_names: names(partitions),
        ..Default::default()
    }
}

async fn load<P: Platform>(
    table: &Name,
    partitions: &[Name],
    options: Options,
    context: &Context<'_, P>,
) -> Result<(), Error> {
    let Options { replicas, refresh, resource_groups, load_fields } = options;
    if partitions.is_empty() {
        let request = pb::LoadCollectionRequest {
            collection_name: table.value.clone(),
            replica_number: replicas,
            resource_groups,
            refresh,
            load_fields,
            ..Default::default()
        };
        context.client.send(request).await?;
    } else {
        let request = pb::LoadPartitionsRequest {
            collection_name: table.value.clone(),
            partition_names: names(partitions),
            replica_number: replicas,
            resource_groups,
            refresh,
            load_fields,
            ..Default::default()
        };
        context.client.send(request).await?;
    }
    Ok(())
}

/// Waits until the server has loaded everything, or says that it goes on by itself.
async fn wait<P: Platform>(
    table: &Name,
    partitions: &[Name],
    context: &Context<'_, P>,
) -> Result<()> {
    let seconds = context.settings.timeout;
    let request = progress_of(table, partitions);
    let is_loaded = |reply: &pb::GetLoadingProgressResponse| {
        context.has_done_percent(format!("loading {table}"), reply.progress.max(0) as u64);
        reply.progress >= 100
    };
    context
        .wait(request, table.span, is_loaded, |reply| {
            format!(
                "{table} is loaded to {} % after {seconds} s; the server goes on: `SHOW PROGRESS \
                 OF LOADING ON {table}`",
                reply.progress
            )
        })
        .await?;
    Ok(())
}

/// Loads what a read needs, unasked, and says so.
pub(crate) async fn load_unasked<P: Platform>(
    collection: &Collection,
    table: &Name,
    metric: Option<(&str, &str)>,
    context: &Context<'_, P>,
) -> Result<()> {
    index_vectors(collection, table, metric, context).await?;
    let loaded = load(table, &[], Options::default(), context).await;
    loaded.map_err(|error| context.diagnose(error, table.span))?;
    wait(table, &[], context).await?;
    context.did(format!("loaded {table}, which was not loaded"));
    Ok(())
}

/// Gives every vector field without an index one, since Milvus loads nothing otherwise: with the
/// metric that a search asks for of its field, with the usual one for others.
async fn index_vectors<P: Platform>(
    collection: &Collection,
    table: &Name,
    metric: Option<(&str, &str)>,
    context: &Context<'_, P>,
) -> Result<()> {
    let bare = |field: &&Field| field.is_vector() && collection.index_on(&field.name).is_none();
    for field in collection.fields.iter().filter(bare) {
        let metric = match metric {
            Some((name, metric)) if name == field.name => metric,
            _ => default_metric(field),
        };
        let index_type = default_index_type(field.data_type, context.client.version().product);
        let request = pb::CreateIndexRequest {
            collection_name: table.value.clone(),
            field_name: field.name.clone(),
            extra_params: vec![
                pair("index_type", index_type),
                pair("metric_type", metric),
                pair("params", "{}"),
            ],
            index_name: field.name.clone(),
            ..Default::default()
        };
        context.send(request, table.span).await?;
        context.forget(table);
        context
            .did(format!("field {} had no index and got {index_type} with {metric}", field.name));
    }
    Ok(())
}

/// The metric of an index that is given none.
pub(crate) fn default_metric(field: &Field) -> &'static str {
    if field.generated { "BM25" } else { metrics::default_metric(field.data_type) }
}

/// The type of an index that is given none.
pub(crate) fn default_index_type(data_type: DataType, product: Product) -> &'static str {
    match data_type {
        DataType::BinaryVector => "BIN_FLAT",
        DataType::SparseFloatVector => "SPARSE_INVERTED_INDEX",
        DataType::Json => "INVERTED",
        _ if !is_vector(data_type) && product == Product::MilvusLite => "INVERTED",
        _ => "AUTOINDEX",
    }
}
