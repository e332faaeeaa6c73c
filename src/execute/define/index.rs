//! CREATE INDEX … ON, SHOW and DESCRIBE INDEX, ALTER and DROP INDEX, and building an index and
//! waiting for it.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::aliases;
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::index::Index;
use crate::execute::catalog::index_types::{self, IndexType};
use crate::execute::catalog::metrics;
use crate::execute::context::Context;
use crate::execute::define::loading::{default_index_type, default_metric, release_if_loaded};
use crate::execute::params::{self, pair, pairs_of};
use crate::execute::value;
use crate::language::ast::{self, Change, Name, Value};
use crate::milvus::features::Product;
use crate::milvus::{Feature, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use milvus_proto::common::IndexState;
use milvus_proto::milvus as pb;
use milvus_proto::schema::DataType;

/// An index to be built.
pub(crate) struct Plan {
    pub name: String,
    pub field: String,
    pub index_type: String,
    /// `None` for a scalar field's
    pub metric: Option<String>,
    pub params: serde_json::Map<String, serde_json::Value>,
}

pub(crate) async fn create<P: Platform>(
    table: &Name,
    index: &ast::Index,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let plan = plan(index, &collection, context)?;
    if if_not_exists {
        let fresh = context.fresh_collection(table).await?;
        if fresh.indexes.iter().any(|known| known.name == plan.name || known.field == plan.field) {
            return Ok(Outcome::done(format!("{} of {table} has an index already", plan.field)));
        }
    }
    build(&plan, table, context).await?;
    Ok(Outcome::done(format!(
        "created index {} on {table} ({}) using {}",
        plan.name, plan.field, plan.index_type
    )))
}

/// Settles what was written: type, metric and parameters, each checked against the field.
pub(crate) fn plan<P: Platform>(
    index: &ast::Index,
    collection: &Collection,
    context: &Context<'_, P>,
) -> Result<Plan> {
    let field = indexed_field(index, collection)?;
    let mut metric = match &index.ops {
        Some(ops) => Some(
            checked_metric(&Spanned::new(metric_of_ops(ops)?.to_string(), ops.span), &field)?.0,
        ),
        None => None,
    };
    let (index_type, known) = index_type(index, &field, context)?;
    let mut inner = serde_json::Map::new();
    for param in &index.params {
        let name = aliases::parameter(&param.name.value);
        if name.eq_ignore_ascii_case("metric_type") {
            if metric.is_some() {
                return Err(Diagnostic::new(Code::SyntaxError, "the metric stands twice")
                    .at(param.name.span));
            }
            metric = Some(checked_metric(&params::word(param)?, &field)?.0);
        } else if let Some(known) = known {
            let (name, value) = known.build_param(param)?;
            inner.insert(name, value);
        } else if !name.eq_ignore_ascii_case("index_type") {
            inner.insert(name.to_string(), params::json(params::one(param)?)?);
        }
    }
    if field.is_vector() && metric.is_none() {
        let default = default_metric(&field);
        context.notice(format!("no metric_type was given: {default}"));
        metric = Some(default.to_string());
    }
    let mut name = field.name.clone();
    if !index.path.is_empty() {
        if field.data_type != DataType::Json {
            let message = format!("`{}` is {} and has no paths", field.name, field.type_name());
            return Err(Diagnostic::new(Code::TypeMismatch, message).at(index.field.span));
        }
        name = path_name(&index.field.value, &index.path);
        inner.insert("json_path".to_string(), value::path(&index.field.value, &index.path).into());
        inner.entry("json_cast_type").or_insert_with(|| "VARCHAR".into());
    }
    index_types::complete(&mut inner, &index_type, field.dim);
    Ok(Plan {
        name: index.name.as_ref().map_or(name, |name| name.value.clone()),
        field: index.field.value.clone(),
        index_type,
        metric,
        params: inner,
    })
}

/// The field that is indexed; a key of the dynamic field is one by its path.
fn indexed_field(index: &ast::Index, collection: &Collection) -> Result<Field> {
    let name = &index.field.value;
    let by_path = !index.path.is_empty() || has_param(index, "json_cast_type");
    match collection.find(name) {
        Some(field) => Ok(field.clone()),
        None if collection.dynamic && by_path => {
            Ok(Field { data_type: DataType::Json, ..Field::named(name) })
        }
        None => Err(collection.unknown_field(&index.field)),
    }
}

/// The type by its name, and what is known of it: a type in WITH is handed on unchecked, with its
/// parameters, since it may be newer than this kernel.
fn index_type<P: Platform>(
    index: &ast::Index,
    field: &Field,
    context: &Context<'_, P>,
) -> Result<(String, Option<&'static IndexType>)> {
    let unchecked =
        index.params.iter().find(|param| param.name.value.eq_ignore_ascii_case("index_type"));
    match (unchecked, &index.method) {
        (Some(param), Some(_)) => {
            Err(Diagnostic::new(Code::SyntaxError, "the index type stands twice")
                .at(param.name.span)
                .help("leave USING or `index_type` out"))
        }
        (Some(param), None) => Ok((params::word(param)?.value, None)),
        (None, Some(method)) => {
            let (known, replaced) =
                index_types::checked(method, field.data_type, &field.type_name())?;
            if let Some(replaced) = replaced {
                context.notice(format!(
                    "Milvus has no {replaced} any more: {} was built instead",
                    known.name
                ));
            }
            Ok((known.name.to_string(), Some(known)))
        }
        (None, None) => {
            let name = default_index_type(field.data_type, context.client.version().product);
            Ok((name.to_string(), index_types::find(name)))
        }
    }
}

fn has_param(index: &ast::Index, name: &str) -> bool {
    index.params.iter().any(|param| param.name.value.eq_ignore_ascii_case(name))
}

fn path_name(field: &str, path: &[Spanned<Value>]) -> String {
    path.iter().fold(field.to_string(), |text, step| match &step.value {
        Value::Text(key) => format!("{text}_{key}"),
        Value::Int(at) => format!("{text}_{at}"),
        _ => text,
    })
}

/// The metric of pgvector's operator classes: `vector_cosine_ops`.
fn metric_of_ops(ops: &Name) -> Result<&'static str> {
    let word = ops.value.to_ascii_lowercase();
    let found = [
        ("_l2_ops", "L2"),
        ("_cosine_ops", "COSINE"),
        ("_ip_ops", "IP"),
        ("_hamming_ops", "HAMMING"),
        ("_jaccard_ops", "JACCARD"),
    ];
    found.iter().find(|(end, _)| word.ends_with(end)).map(|(_, metric)| *metric).ok_or_else(|| {
        Diagnostic::new(Code::UnknownMetric, format!("unknown operator class `{ops}`"))
            .at(ops.span)
            .suggest(
                &ops.value,
                [
                    "vector_l2_ops",
                    "vector_cosine_ops",
                    "vector_ip_ops",
                    "bit_hamming_ops",
                    "bit_jaccard_ops",
                    "sparsevec_ip_ops",
                ],
                "there are",
            )
    })
}

/// A metric that fits the field's type.
pub(crate) fn checked_metric(name: &Name, field: &Field) -> Result<(String, Option<String>)> {
    let (metric, replaced) = metrics::metric(name)?;
    let fitting = metrics::metrics_of(field.data_type);
    if !field.is_vector() {
        return Err(Diagnostic::new(
            Code::MetricMismatch,
            format!("`{}` is {} and has no metric", field.name, field.type_name()),
        )
        .at(name.span));
    }
    if !fitting.contains(&metric.as_str()) {
        return Err(Diagnostic::new(
            Code::MetricMismatch,
            format!("{metric} does not measure a {}", field.type_name()),
        )
        .at(name.span)
        .help(format!("this field takes {}", fitting.join(", "))));
    }
    Ok((metric, replaced))
}

/// Builds an index and waits for it.
pub(crate) async fn build<P: Platform>(
    plan: &Plan,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    let mut extra = vec![pair("index_type", &plan.index_type)];
    if let Some(metric) = &plan.metric {
        extra.push(pair("metric_type", metric));
    }
    let mut params = plan.params.clone();
    // some are beside the others on the wire
    for name in ["mmap.enabled", "json_path", "json_cast_type", "json_cast_function"] {
        if let Some(value) = params.remove(name) {
            extra
                .push(pair(name, value.as_str().map_or_else(|| value.to_string(), str::to_string)));
        }
    }
    extra.push(pair("params", serde_json::Value::Object(params)));
    context.forget(table);
    let request = pb::CreateIndexRequest {
        collection_name: table.value.clone(),
        field_name: plan.field.clone(),
        extra_params: extra,
        index_name: plan.name.clone(),
        ..Default::default()
    };
    context.send_of(request, table).await?;
    context.forget(table);
    if !context.client.explaining() {
        let database = context.client.database();
        context.connection.catalog.name_index(&database, &table.value, &plan.name, &plan.field);
    }
    wait(plan, table, context).await
}

async fn wait<P: Platform>(plan: &Plan, table: &Name, context: &Context<'_, P>) -> Result<()> {
    let collection_name = table.value.clone();
    let request = pb::DescribeIndexRequest { collection_name, ..Default::default() };
    let (name, seconds) = (&plan.name, context.settings.timeout);
    let state = |reply: &pb::DescribeIndexResponse| {
        let index = reply.index_descriptions.iter().find(|index| index.index_name == *name);
        index.map_or(IndexState::Finished, |index| index.state())
    };
    let ended = |reply: &pb::DescribeIndexResponse| {
        if let Some(index) = reply.index_descriptions.iter().find(|index| index.index_name == *name)
        {
            let of = |rows: i64| u64::try_from(rows).unwrap_or(0);
            let total = Some(of(index.total_rows)).filter(|total| *total > 0);
            context.has_done(format!("indexing {}", plan.field), of(index.indexed_rows), total);
        }
        matches!(state(reply), IndexState::Finished | IndexState::Failed)
    };
    let finished = context
        .wait(request, table.span, ended, |_| {
            format!(
                "the index is not finished after {seconds} s; the server goes on: `SHOW PROGRESS \
                 OF INDEX {name} ON {table}`"
            )
        })
        .await?;
    let failed = finished.filter(|reply| state(reply) == IndexState::Failed);
    let failed = failed.into_iter().flat_map(|reply| reply.index_descriptions);
    match failed.into_iter().find(|index| index.index_name == *name) {
        Some(index) => {
            let reason = index.index_state_fail_reason;
            let message = format!("the index could not be built: {reason}");
            Err(Diagnostic::new(Code::IndexFailed, message).at(table.span))
        }
        None => Ok(()),
    }
}

pub(crate) async fn show<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    Ok(table_of(collection.indexes.iter()))
}

pub(crate) async fn describe<P: Platform>(
    name: &Name,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    let index = find(name, &collection, context)?;
    Ok(table_of([index].into_iter()))
}

fn table_of<'a>(indexes: impl Iterator<Item = &'a Index>) -> Outcome {
    let columns = ["index", "field", "type", "metric", "params"]
        .map(|name| Column::new(name, Type::Prose))
        .to_vec();
    let rows = indexes
        .map(|index| {
            let params = index
                .params
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(", ");
            let metric = if index.metric.is_empty() {
                Datum::Null
            } else {
                Datum::Text(index.metric.clone())
            };
            vec![
                Datum::Text(index.name.clone()),
                Datum::Text(index.field.clone()),
                Datum::Text(index.index_type.clone()),
                metric,
                Datum::Text(params),
            ]
        })
        .collect();
    Outcome::table(Table::new(columns, rows))
}

/// The index of this name, by the server's or by the one that it was created with: Milvus Lite
/// calls every index as its field.
fn known<'a, P: Platform>(
    name: &Name,
    collection: &'a Collection,
    context: &Context<'_, P>,
) -> Option<&'a Index> {
    let index = collection.indexes.iter().find(|index| index.name == name.value);
    index.or_else(|| {
        let database = context.client.database();
        let catalog = &context.connection.catalog;
        let field = catalog.indexed_by(&database, &collection.name, &name.value)?;
        collection.index_on(&field)
    })
}

/// The index of this name, or an error that suggests the nearest.
fn find<'a, P: Platform>(
    name: &Name,
    collection: &'a Collection,
    context: &Context<'_, P>,
) -> Result<&'a Index> {
    known(name, collection, context).ok_or_else(|| {
        Diagnostic::new(Code::UnknownIndex, format!("unknown index `{name}`"))
            .at(name.span)
            .label(format!("`{}` has no such index", collection.name))
            .suggest(
                &name.value,
                collection.indexes.iter().map(|index| index.name.as_str()),
                "it has",
            )
    })
}

pub(crate) async fn progress<P: Platform>(
    name: Option<&Name>,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    let indexes: Vec<&Index> = match name {
        Some(name) => vec![find(name, &collection, context)?],
        None => collection.indexes.iter().collect(),
    };
    let columns = vec![
        Column::new("index", Type::Prose),
        Column::new("state", Type::Text),
        Column::new("indexed", Type::Int),
        Column::new("rows", Type::Int),
    ];
    let row = |index: &Index| {
        let state =
            IndexState::try_from(index.state).map_or("unknown", |state| state.as_str_name());
        vec![
            Datum::Text(index.name.clone()),
            Datum::Text(state.to_string()),
            Datum::Int(index.indexed_rows),
            Datum::Int(index.total_rows),
        ]
    };
    Ok(Outcome::table(Table::new(columns, indexes.into_iter().map(row).collect())))
}

pub(crate) async fn alter<P: Platform>(
    name: &Name,
    table: &Name,
    change: &Change,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    let index = find(name, &collection, context)?;
    let mut request = pb::AlterIndexRequest {
        collection_name: table.value.clone(),
        index_name: index.name.clone(),
        ..Default::default()
    };
    match change {
        Change::Set(params) => request.extra_params = pairs_of(params)?,
        Change::Reset(names) => {
            context.needs(Feature::ResetProperties, name.span)?;
            request.delete_keys = names.iter().map(|name| name.value.clone()).collect();
        }
        Change::AddField { .. }
        | Change::DropField(_)
        | Change::SetField { .. }
        | Change::ResetField { .. }
        | Change::Rename(_) => {
            return Err(Diagnostic::new(Code::SyntaxError, "this cannot be changed of an index")
                .at(name.span));
        }
    }
    context.forget(table);
    context.send(request, name.span).await?;
    Ok(Outcome::done(format!("altered index {name} of {table}")))
}

/// DROP INDEX i ON t: Milvus drops a vector's index only while the collection is not loaded.
pub(crate) async fn drop<P: Platform>(
    name: &Name,
    table: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    if if_exists && known(name, &collection, context).is_none() {
        return Ok(Outcome::done(format!("{table} has no index {name}")));
    }
    let index = find(name, &collection, context)?;
    let vector = collection.find(&index.field).is_some_and(Field::is_vector);
    // Milvus Lite asks it of every index
    if vector || context.client.version().product == Product::MilvusLite {
        release_if_loaded(table, context).await?;
    }
    context.forget(table);
    send_drop(index, table, context).await?;
    Ok(Outcome::done(format!("dropped index {name} of {table}")))
}

pub(crate) async fn send_drop<P: Platform>(
    index: &Index,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<()> {
    let request = pb::DropIndexRequest {
        collection_name: table.value.clone(),
        field_name: index.field.clone(),
        index_name: index.name.clone(),
        ..Default::default()
    };
    context.send(request, table.span).await?;
    context.forget(table);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::execute::catalog::fixture::{books, dynamic_books};
    use crate::language::ast::Kind;
    use crate::language::parse::parse;

    fn index(text: &str) -> ast::Index {
        match parse(text).unwrap().remove(0).kind {
            Kind::CreateIndex { index, .. } => index,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_of_the_dynamic_field_is_indexed_by_its_path() {
        let by_path = index("CREATE INDEX ON books (extra['a']) USING INVERTED");
        let field = indexed_field(&by_path, &dynamic_books()).unwrap();
        assert_eq!((field.name.as_str(), field.data_type), ("extra", DataType::Json));
        assert_eq!(path_name("extra", &by_path.path), "extra_a");
        let error = indexed_field(&by_path, &books()).unwrap_err();
        assert_eq!(error.code, Code::UnknownField);
    }

    #[test]
    fn an_operator_class_names_its_metric() {
        let ops = |text: &str| Name::new(text.to_string(), Span::default());
        assert_eq!(metric_of_ops(&ops("vector_cosine_ops")).unwrap(), "COSINE");
        let error = metric_of_ops(&ops("vector_cosin_ops")).unwrap_err();
        assert_eq!(error.help, ["did you mean `vector_cosine_ops`?"]);
    }
}
