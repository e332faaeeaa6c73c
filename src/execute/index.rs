//! CREATE INDEX … ON, SHOW INDEXES, and building an index and waiting for it.

use super::Result;
use super::catalog::{Field, Index, pair};
use super::context::Context;
use super::errors::{diagnose, of_table};
use super::params::{self, IndexType};
use crate::diagnostic::Diagnostic;
use crate::language::ast::{CreateIndex, Name, Param};
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type};
use crate::proto::common::IndexState;
use crate::proto::milvus as pb;
use crate::proto::schema::DataType;

/// An index to be built.
pub struct Plan {
    pub name: String,
    pub field: String,
    pub index_type: String,
    /// `None` for a scalar field's
    pub metric: Option<String>,
    pub params: serde_json::Map<String, serde_json::Value>,
}

pub async fn create<P: Platform>(create: &CreateIndex, context: &Context<'_, P>) -> Result<Outcome> {
    let table = &create.table;
    let collection = context.collection(table).await?;
    let field = collection.field(&create.field)?;
    let auto = Name::new("AUTOINDEX".to_string(), create.field.span);
    let method = create.method.as_ref().unwrap_or(&auto);
    let index_type = params::index_type(method, field.data_type == DataType::BinaryVector)?;
    let mut metric = None;
    let mut params = serde_json::Map::new();
    for param in &create.params {
        if param.name.value.eq_ignore_ascii_case("metric_type") {
            metric = Some(checked_metric(&params::word(param)?, field)?.0);
        } else {
            let name = checked_param(param, &index_type)?;
            params.insert(name, params::json(params::one(param)?)?);
        }
    }
    if let Some(replaced) = &index_type.replaced {
        context.notice(format!("Milvus has no {replaced} any more: {} was built instead", index_type.name));
    }
    let metric = match metric {
        None if field.is_vector() => {
            let metric = params::default_metric(field.data_type);
            context.notice(format!("no metric_type was given: {metric}"));
            Some(metric.to_string())
        }
        metric => metric,
    };
    complete(&mut params, &index_type.name, field.dim);
    let plan = Plan {
        name: create.name.as_ref().map_or_else(|| field.name.clone(), |name| name.value.clone()),
        field: field.name.clone(),
        index_type: index_type.name,
        metric,
        params,
    };
    build(&plan, table, context).await?;
    Ok(Outcome::done(format!("created index {} on {table} ({}) using {}", plan.name, plan.field, plan.index_type)))
}

/// A metric that fits the field's type.
pub fn checked_metric(name: &Name, field: &Field) -> Result<(String, Option<String>)> {
    let (metric, replaced) = params::metric(name)?;
    let binary = field.data_type == DataType::BinaryVector;
    if field.is_vector() && binary != params::is_binary_metric(&metric) {
        let fitting = if binary { "HAMMING or JACCARD" } else { "L2, IP or COSINE" };
        return Err(Diagnostic::new("MetricMismatch", format!("{metric} does not measure a {}", field.type_name()))
            .at(name.span)
            .help(format!("this field takes {fitting}")));
    }
    Ok((metric, replaced))
}

/// The name of a parameter in Milvus's spelling, if this index takes it.
fn checked_param(param: &Param, index_type: &IndexType) -> Result<String> {
    match index_type.params.iter().find(|known| known.eq_ignore_ascii_case(&param.name.value)) {
        // IVF_PQ's m and HNSW's M differ by case alone
        Some(known) => Ok(index_type.params.iter().find(|exact| **exact == param.name.value).unwrap_or(known).to_string()),
        None if param.name.value.contains('.') => Ok(param.name.value.clone()),
        None => {
            let mut error = params::unknown(param, index_type.params).label(format!("{} has no such parameter", index_type.name));
            if index_type.params.is_empty() {
                error = error.help(format!("{} takes `metric_type` alone", index_type.name));
            }
            Err(error)
        }
    }
}

/// Fills in what an index cannot be built without (Milvus docs: index parameters).
pub fn complete(params: &mut serde_json::Map<String, serde_json::Value>, index_type: &str, dim: usize) {
    let mut default = |name: &str, value: usize| {
        if !params.contains_key(name) {
            params.insert(name.to_string(), value.into());
        }
    };
    match index_type {
        "IVF_FLAT" | "IVF_SQ8" | "BIN_IVF_FLAT" | "SCANN" | "IVF_RABITQ" => default("nlist", 128),
        "IVF_PQ" => {
            default("nlist", 128);
            default("m", (1..=16).rev().find(|m| dim.is_multiple_of(*m)).unwrap_or(1));
        }
        "HNSW" => {
            default("M", 16);
            default("efConstruction", 200);
        }
        _ => {}
    }
}

/// Builds an index and waits for it.
pub async fn build<P: Platform>(plan: &Plan, table: &Name, context: &Context<'_, P>) -> Result<()> {
    let mut extra_params = vec![pair("index_type", &plan.index_type)];
    if let Some(metric) = &plan.metric {
        extra_params.push(pair("metric_type", metric));
    }
    extra_params.push(pair("params", serde_json::Value::Object(plan.params.clone())));
    let request = pb::CreateIndexRequest {
        db_name: context.client.database(),
        collection_name: table.value.clone(),
        field_name: plan.field.clone(),
        extra_params,
        index_name: plan.name.clone(),
    };
    context.forget(table);
    if let Err(error) = context.client.create_index(request).await {
        return Err(of_table(error, table, context).await);
    }
    wait(plan, table, context).await
}

async fn wait<P: Platform>(plan: &Plan, table: &Name, context: &Context<'_, P>) -> Result<()> {
    if context.client.explaining() {
        return Ok(());
    }
    let started = context.client.platform().now();
    let mut pause = 20;
    loop {
        let indexes = Index::fetch(context.client, &table.value).await.map_err(|error| diagnose(error, table.span))?;
        let Some(index) = indexes.iter().find(|index| index.name == plan.name) else { return Ok(()) };
        if index.state == IndexState::Failed as i32 {
            return Err(Diagnostic::new("IndexFailed", format!("the index could not be built: {}", index.fail_reason)).at(table.span));
        }
        if index.state == IndexState::Finished as i32 {
            return Ok(());
        }
        if context.client.platform().now() - started > context.settings.timeout * 1000.0 {
            context.notice(format!("the index is not finished after {} s; the server goes on building it", context.settings.timeout));
            return Ok(());
        }
        context.client.pause(pause).await;
        pause = (pause * 2).min(1000);
    }
}

pub async fn show<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    let columns = ["index", "field", "type", "metric", "params"].map(|name| Column::new(name, Type::Text)).to_vec();
    let rows = collection
        .indexes
        .iter()
        .map(|index| {
            let params = index.params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ");
            let metric = if index.metric.is_empty() { Datum::Null } else { Datum::Text(index.metric.clone()) };
            vec![Datum::Text(index.name.clone()), Datum::Text(index.field.clone()), Datum::Text(index.index_type.clone()), metric, Datum::Text(params)]
        })
        .collect();
    Ok(Outcome::table(Table::new(columns, rows)))
}
