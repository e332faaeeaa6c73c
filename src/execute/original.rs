//! The statements of the original milvus_kernel, on today's Milvus. What Milvus no longer has is
//! accepted with a notice. A table of the original has a key `id` and one field `vector`, an index
//! from the start, and is loaded.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::Field;
use crate::execute::catalog::index::Index;
use crate::execute::catalog::{index_types, metrics};
use crate::execute::context::Context;
use crate::execute::convert::column::ColumnBuilder;
use crate::execute::define::collection;
use crate::execute::define::index::{self, Plan, checked_metric};
use crate::execute::define::loading;
use crate::execute::define::partition::check_partitions;
use crate::execute::define::schema::Options;
use crate::execute::params::{self, pair};
use crate::execute::read::filter;
use crate::execute::read::outputs::Outputs;
use crate::execute::read::scan::Read;
use crate::execute::read::split::Condition;
use crate::execute::search::hits::Layout;
use crate::execute::search::params::SearchParams;
use crate::execute::search::plan::SearchPlan;
use crate::execute::search::queries::Queries;
use crate::execute::write::delete::delete_where;
use crate::execute::write::requests::{Mode, Rows, Sent};
use crate::language::ast::{Name, Param, Value};
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, plural, rows};
use milvus_proto::schema::{CollectionSchema, DataType, FieldSchema};

pub(crate) async fn create_table<P: Platform>(
    table: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let (mut dim, mut metric) = (None, "L2".to_string());
    let mut dim_span = table.span;
    for param in written {
        match param.name.value.to_ascii_lowercase().as_str() {
            "dimension" => {
                dim = Some(params::whole(param, 1, 262_144)?);
                dim_span = param.name.span;
            }
            "index_file_size" => context
                .notice("index_file_size has no effect any more: Milvus sizes its segments itself"),
            "metric_type" => {
                let (today, replaced) = metrics::metric(&params::word(param)?)?;
                if let Some(replaced) = replaced {
                    context.notice(format!(
                        "Milvus has no {replaced} any more: {today} is used instead"
                    ));
                }
                metric = today;
            }
            _ => {
                return Err(params::unknown(
                    param,
                    &["dimension", "index_file_size", "metric_type"],
                ));
            }
        }
    }
    let Some(dim) = dim else {
        return Err(Diagnostic::new(Code::MissingParameter, "the dimension is missing")
            .at(table.span)
            .help("add `WHERE dimension=128`"));
    };
    let binary = metrics::metrics_of(DataType::BinaryVector).contains(&metric.as_str());
    if binary && dim % 8 != 0 {
        return Err(Diagnostic::new(
            Code::InvalidValue,
            "the dimension of a binary vector is a multiple of 8",
        )
        .at(dim_span));
    }
    let data_type = if binary { DataType::BinaryVector } else { DataType::FloatVector };
    let key = FieldSchema {
        name: "id".to_string(),
        data_type: DataType::Int64.into(),
        is_primary_key: true,
        ..FieldSchema::default()
    };
    let vector = FieldSchema {
        name: "vector".to_string(),
        data_type: data_type.into(),
        type_params: vec![pair("dim", dim)],
        ..FieldSchema::default()
    };
    let schema = CollectionSchema {
        name: table.value.clone(),
        fields: vec![key, vector],
        ..CollectionSchema::default()
    };
    collection::to_create(table, &context.collection_names(table.span).await?, false)?;
    collection::send(schema, Options::default(), table, context).await?;
    let plan = Plan {
        name: "vector".to_string(),
        field: "vector".to_string(),
        index_type: if binary { "BIN_FLAT" } else { "FLAT" }.to_string(),
        metric: Some(metric),
        params: serde_json::Map::new(),
    };
    if let Err(error) = build_and_load(&plan, table, context).await {
        return Err(
            error.help(format!("collection {table} was created; `DROP TABLE {table}` removes it"))
        );
    }
    Ok(Outcome::done(format!("created collection {table}")))
}

async fn build_and_load<P: Platform>(
    plan: &Plan,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    index::build(plan, table, context).await?;
    loading::load_statement(std::slice::from_ref(table), &[], &[], &[], context).await?;
    Ok(())
}

/// Builds another index: Milvus wants the collection released and the old index dropped first. The
/// metric stays.
pub(crate) async fn create_index<P: Platform>(
    table: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let field = collection.only_vector(table)?;
    let binary = field.data_type == DataType::BinaryVector;
    let old = collection.index_on(&field.name);
    let mut index_type = None;
    let mut metric = old.map(|index| index.metric.clone());
    for param in written {
        if param.name.value.eq_ignore_ascii_case("index_type") {
            index_type = Some(index_types::checked(
                &params::word(param)?,
                field.data_type,
                &field.type_name(),
            )?);
        }
        if param.name.value.eq_ignore_ascii_case("metric_type") {
            metric = Some(checked_metric(&params::word(param)?, field)?.0);
        }
    }
    let Some((index_type, replaced)) = index_type else {
        return Err(Diagnostic::new(Code::MissingParameter, "the index type is missing")
            .at(table.span)
            .help("add `WHERE index_type='IVF_FLAT' and nlist=128`"));
    };
    if let Some(replaced) = replaced {
        context.notice(format!(
            "Milvus has no {replaced} any more: {} is built instead",
            index_type.name
        ));
    }
    let mut inner = serde_json::Map::new();
    for param in written {
        let name = param.name.value.as_str();
        if name.eq_ignore_ascii_case("index_type") || name.eq_ignore_ascii_case("metric_type") {
            continue;
        }
        match index_type.build_param(param) {
            Ok((name, value)) => {
                inner.insert(name, value);
            }
            // the original's own example gives FLAT an nlist
            Err(error)
                if error.code == Code::UnknownParameter
                    && OLD_PARAMS.iter().any(|old| old.eq_ignore_ascii_case(name)) =>
            {
                context.notice(format!("{name} has no effect on {}", index_type.name));
            }
            Err(error) => return Err(error),
        }
    }
    index_types::complete(&mut inner, index_type.name, field.dim);
    let plan = Plan {
        name: old.map_or_else(|| field.name.clone(), |index| index.name.clone()),
        field: field.name.clone(),
        index_type: index_type.name.to_string(),
        metric: Some(metric.unwrap_or_else(|| if binary { "HAMMING" } else { "L2" }.to_string())),
        params: inner,
    };
    replace_index(&plan, old, table, context).await?;
    Ok(Outcome::done(format!("created index {} on {table}", plan.index_type)))
}

/// Parameters of the original's index types, which its statements may carry along.
pub(crate) const OLD_PARAMS: [&str; 11] = [
    "nlist",
    "m",
    "nbits",
    "efConstruction",
    "M",
    "n_trees",
    "search_length",
    "out_degree",
    "candidate_pool_size",
    "knng",
    "index_file_size",
];

/// Drops the old index and builds the new one; when the new one cannot be built, the old one is
/// built again.
async fn replace_index<P: Platform>(
    plan: &Plan,
    old: Option<&Index>,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    loading::release(table, &[], context).await?;
    if let Some(old) = old {
        index::send_drop(old, table, context).await?;
    }
    let Err(error) = build_and_load(plan, table, context).await else { return Ok(()) };
    let Some(old) = old else { return Err(error) };
    let there = context.fresh_collection(table).await;
    if there.is_ok_and(|there| there.index_on(&plan.field).is_some()) {
        let new = &plan.index_type;
        return Err(error.help(format!("the index is {new} now; `LOAD TABLE {table}` loads it")));
    }
    let mut inner = serde_json::Map::new();
    for (name, value) in &old.params {
        inner.insert(
            name.clone(),
            serde_json::from_str(value).unwrap_or_else(|_| value.clone().into()),
        );
    }
    let again = Plan {
        name: old.name.clone(),
        field: old.field.clone(),
        index_type: old.index_type.clone(),
        metric: Some(old.metric.clone()),
        params: inner,
    };
    match build_and_load(&again, table, context).await {
        Ok(()) => {
            Err(error.help(format!("the index that was there, {}, is there again", old.index_type)))
        }
        Err(_) => Err(error.help(format!(
            "the index that was there, {}, is gone: build it again with `CREATE INDEX`",
            old.index_type
        ))),
    }
}

/// Drops the index and leaves the table searchable by brute force, as it was on Milvus 0.10.
pub(crate) async fn drop_index<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let field = collection.only_vector(table)?;
    let flat = if field.data_type == DataType::BinaryVector { "BIN_FLAT" } else { "FLAT" };
    let old = collection.index_on(&field.name);
    let metric = old.map_or_else(
        || metrics::default_metric(field.data_type).to_string(),
        |index| index.metric.clone(),
    );
    let plan = Plan {
        name: old.map_or_else(|| field.name.clone(), |index| index.name.clone()),
        field: field.name.clone(),
        index_type: flat.to_string(),
        metric: Some(metric),
        params: serde_json::Map::new(),
    };
    replace_index(&plan, old, table, context).await?;
    context.notice(format!(
        "{table} stays searchable by brute force ({flat}): Milvus loads no field without an index"
    ));
    Ok(Outcome::done(match old {
        Some(old) => format!("dropped index {} of {table}", old.index_type),
        None => format!("{table} had no index"),
    }))
}

pub(crate) async fn insert<P: Platform>(
    vectors: &[Spanned<Value>],
    table: &Name,
    partition: Option<&Name>,
    ids: Option<&[Spanned<Value>]>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let field = collection.only_vector(table)?;
    let key = collection.primary()?;
    if let Some(other) = collection
        .fields
        .iter()
        .find(|other| !other.primary && !other.is_vector() && !other.optional())
    {
        return Err(Diagnostic::new(
            Code::MissingField,
            format!("`{table}` has a field `{}` besides key and vector", other.name),
        )
        .at(table.span)
        .help("use `INSERT INTO t (…) VALUES (…)`"));
    }
    check_partitions(table, partition.map(std::slice::from_ref).unwrap_or_default(), context)
        .await?;
    let count = vectors.len();
    let mut column = ColumnBuilder::new(field, count, table.span)?;
    for vector in vectors {
        column.push(vector)?;
    }
    let mut columns = vec![column];
    let made;
    if !key.auto_id {
        let ids = match ids {
            Some(ids) => ids,
            None => {
                made = make_ids(count, key, table.span, context)?;
                &made
            }
        };
        if ids.len() != count {
            let span = ids.first().map_or(table.span, |first| first.span);
            return Err(Diagnostic::new(
                Code::WrongCount,
                format!(
                    "{} for {}",
                    plural(ids.len() as u64, "id", "ids"),
                    plural(count as u64, "vector", "vectors")
                ),
            )
            .at(span));
        }
        let mut keys = ColumnBuilder::new(key, count, table.span)?;
        for id in ids {
            keys.push(id)?;
        }
        columns.insert(0, keys);
    } else if let Some(first) = ids.and_then(|ids| ids.first()) {
        return Err(Diagnostic::new(
            Code::InvalidValue,
            format!("the server makes the ids of `{table}` itself"),
        )
        .at(first.span)
        .help("leave `by id=…` out"));
    }
    let dynamic = collection.dynamic.then(|| vec![b"{}".to_vec(); count]);
    let rows_to_send = Rows { collection: &collection, table, partition, columns, dynamic, count };
    let mode = if ids.is_some() { Mode::Upsert } else { Mode::Insert };
    let mut sent = Sent::default();
    let result = rows_to_send.send(mode, &mut sent, context).await;
    result.map_err(|error| sent.before(error, ids.is_some()))?;
    let mut outcome = Outcome::done(format!("inserted {} into {table}", rows(sent.count)));
    outcome.tables.push(sent.ids_table(&collection)?);
    Ok(outcome)
}

/// Ids as Milvus 0.10 made them: from the clock, ascending, with room for two kernels at once.
fn make_ids<P: Platform>(
    count: usize,
    key: &Field,
    span: Span,
    context: &Context<'_, P>,
) -> Result<Vec<Spanned<Value>>> {
    if key.data_type != DataType::Int64 {
        return Err(Diagnostic::new(
            Code::MissingParameter,
            format!("the key `{}` is {}: it cannot be made up", key.name, key.type_name()),
        )
        .at(span)
        .help("add `by id='…'`"));
    }
    let platform = context.client.platform();
    let first = (platform.unix_ms() as i64)
        .wrapping_mul(1_000_000)
        .wrapping_add(i64::from(platform.random() % 900_000));
    Ok((0..count as i64).map(|at| Spanned::new(Value::Int(first.wrapping_add(at)), span)).collect())
}

pub(crate) async fn delete<P: Platform>(
    table: &Name,
    ids: &[Spanned<Value>],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let expr = filter::key_in(&collection.key_of(ids)?.name, ids)?;
    let condition = Condition { expr, rest: None };
    let count = delete_where(&collection, table, None, condition, context).await?;
    Ok(Outcome::done(format!("deleted {} from {table}", rows(count))))
}

/// Rows by id, in the order asked for; what is missing is shown as missing.
pub(crate) async fn get<P: Platform>(
    table: &Name,
    ids: &[Spanned<Value>],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let key = collection.key_of(ids)?;
    let outputs = Outputs::all();
    let read = Read {
        collection: &collection,
        table,
        partitions: Vec::new(),
        expr: String::new(),
        rest: None,
        level: None,
    };
    let reply = read.by_ids(ids, outputs.names.clone(), context).await?.unwrap_or_default();
    let mut found = outputs.table(reply.fields_data, &collection)?;
    let at = found.columns.iter().position(|column| column.name == key.name).unwrap_or(0);
    let mut ordered = Vec::new();
    let mut missing = Vec::new();
    for id in ids {
        let wanted = match &id.value {
            Value::Text(text) => Datum::Text(text.clone()),
            Value::Int(number) => Datum::Int(*number),
            _ => Datum::Null,
        };
        match found.rows.iter().find(|row| row.get(at) == Some(&wanted)) {
            Some(row) => ordered.push(row.clone()),
            None => {
                missing.push(match &wanted {
                    Datum::Text(text) => text.clone(),
                    Datum::Int(number) => number.to_string(),
                    _ => String::new(),
                });
                ordered.push(
                    (0..found.columns.len())
                        .map(|column| if column == at { wanted.clone() } else { Datum::Null })
                        .collect(),
                );
            }
        }
    }
    if !missing.is_empty() {
        context.did(format!("not there: {}", missing.join(", ")));
    }
    let there = (ids.len() - missing.len()) as u64;
    found.total = ordered.len() as u64;
    found.rows = ordered;
    Ok(Outcome::table(found).with_done(format!(
        "{} of {} found",
        there,
        plural(ids.len() as u64, "id", "ids")
    )))
}

pub(crate) async fn search<P: Platform>(
    vectors: &[Spanned<Value>],
    table: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let field = collection.only_vector(table)?;
    let mut limit = None;
    let mut partitions: Vec<Name> = Vec::new();
    let mut inner = serde_json::Map::new();
    for param in written {
        match param.name.value.to_ascii_lowercase().as_str() {
            "top_k" => limit = Some(params::whole(param, 1, i64::MAX)? as u64),
            "partition_tags" | "partition_tag" => {
                for value in &param.values {
                    match &value.value {
                        Value::Text(text) => {
                            partitions.push(Spanned::new(text.clone(), value.span))
                        }
                        _ => {
                            return Err(Diagnostic::new(
                                Code::TypeMismatch,
                                "a partition tag is a string",
                            )
                            .at(value.span));
                        }
                    }
                }
            }
            name @ ("nprobe" | "ef" | "search_k" | "search_length") => {
                let number = params::whole(param, 1, 65_536)?;
                let index_type =
                    collection.index_on(&field.name).map_or("", |index| index.index_type.as_str());
                let has_effect = match name {
                    "nprobe" => index_type.contains("IVF") || index_type == "SCANN",
                    "ef" => index_type.contains("HNSW"),
                    _ => false,
                };
                if has_effect {
                    inner.insert(name.to_string(), number.into());
                } else {
                    context.notice(format!(
                        "{name} has no effect on {}",
                        if index_type.is_empty() { "a field without an index" } else { index_type }
                    ));
                }
            }
            _ => return Err(params::unknown(param, &["top_k", "partition_tags", "nprobe", "ef"])),
        }
    }
    let Some(limit) = limit else {
        return Err(Diagnostic::new(Code::MissingParameter, "the number of hits is missing")
            .at(table.span)
            .help("add `WHERE top_k=10`"));
    };
    check_partitions(table, &partitions, context).await?;
    let metric = collection.index_on(&field.name).map(|index| index.metric.clone());
    let queries = Queries::of_vectors(field, metric, vectors)?;
    let partitions = partitions.into_iter().map(|name| name.value).collect();
    let read = Read {
        collection: &collection,
        table,
        partitions,
        expr: String::new(),
        rest: None,
        level: None,
    };
    let plan = SearchPlan {
        read: &read,
        queries,
        limit,
        offset: 0,
        params: SearchParams { inner, ..SearchParams::default() },
    };
    plan.run(&Layout::plain(&collection)?, context).await
}
