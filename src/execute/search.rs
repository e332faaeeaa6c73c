//! SELECT … ORDER BY field <-> vector: a vector search. The number called distance is Milvus's own score, closest first.

use super::catalog::{Collection, Field, pair};
use super::context::Context;
use super::errors::diagnose;
use super::query::{Outputs, WINDOW, to_columns};
use super::values::{binary_vector, float_vector};
use super::{Result, filter, loading, params};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::language::ast::{Items, Name, Operator, Order, Param, Select, Value};
use crate::milvus::{Platform, data};
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};
use crate::proto::common::{ConsistencyLevel, DslType, PlaceholderType};
use crate::proto::milvus as pb;
use crate::proto::milvus::search_request::SearchInput;
use crate::proto::schema::DataType;

/// A search without LIMIT takes so many.
const DEFAULT_LIMIT: u64 = 10;
/// Query vectors in one request (Milvus docs: limits).
const MAX_QUERIES: usize = 16_384;

pub async fn search<P: Platform>(select: &Select, collection: &Collection, context: &Context<'_, P>) -> Result<Outcome> {
    let Some(Order::Distance { field, operator, vectors, descending }) = &select.order else {
        return Err(Diagnostic::new("InternalError", "a search without a distance").at(context.span));
    };
    let field = collection.field(field)?;
    let metric = check_operator(field, operator, collection)?;
    if let Some(span) = descending {
        return Err(Diagnostic::new("WrongDirection", "a search gives the closest first").at(*span).label("the farthest cannot be asked for").help(
            match operator.value {
                Operator::Cosine | Operator::InnerProduct => "leave DESC out: the score grows with closeness, and the highest comes first anyway",
                _ => "leave DESC out",
            },
        ));
    }
    if let Items::Count(span) = select.items {
        return Err(Diagnostic::new("SyntaxError", "COUNT(*) cannot be ordered by a distance").at(span));
    }
    let offset = select.offset.as_ref().map_or(0, |offset| offset.value as u64);
    let limit = select.limit.as_ref().map_or(DEFAULT_LIMIT, |limit| limit.value as u64);
    if let Some(clause) = select.limit.as_ref().or(select.offset.as_ref()).filter(|_| limit == 0 || offset + limit > WINDOW) {
        return Err(Diagnostic::new("OutOfRange", format!("a search gives 1 to {WINDOW} hits, OFFSET included")).at(clause.span));
    }
    let plan = Plan {
        collection,
        table: &select.table,
        field,
        metric: Some(metric),
        vectors,
        limit,
        offset,
        partitions: select.partitions.iter().map(|name| name.value.clone()).collect(),
        expr: filter::print(select.filter.as_ref(), collection)?,
        params: search_params(&select.params, collection.index_on(&field.name).map(|index| index.index_type.as_str()))?,
        level: select.consistency.as_ref().map(params::consistency).transpose()?,
    };
    let (outputs, layout) = layout(&select.items, collection)?;
    plan.run(&outputs, &layout, context).await
}

/// The metric of the operator, if the field's index agrees with it.
fn check_operator<'a>(field: &Field, operator: &Spanned<Operator>, collection: &'a Collection) -> Result<&'a str> {
    let asked = operator.value;
    let symbol = asked.symbol();
    if asked == Operator::L1 {
        return Err(Diagnostic::new("NotSupported", "`<+>` is the L1 distance, which Milvus does not have")
            .at(operator.span)
            .help("`<->` is L2, `<=>` COSINE, `<#>` IP, `<~>` HAMMING, `<%>` JACCARD"));
    }
    if !field.is_vector() {
        return Err(Diagnostic::new("TypeMismatch", format!("`{}` is {} and has no distance", field.name, field.type_name())).at(operator.span));
    }
    let binary = field.data_type == DataType::BinaryVector;
    if binary != params::is_binary_metric(asked.metric()) {
        let fitting = if binary { "`<~>` (HAMMING) or `<%>` (JACCARD)" } else { "`<->` (L2), `<=>` (COSINE) or `<#>` (IP)" };
        return Err(Diagnostic::new("MetricMismatch", format!("`{symbol}` does not measure a {}", field.type_name()))
            .at(operator.span)
            .help(format!("use {fitting}")));
    }
    match collection.index_on(&field.name) {
        Some(index) if !index.metric.is_empty() && !index.metric.eq_ignore_ascii_case(asked.metric()) => {
            let help = match Operator::of_metric(&index.metric) {
                Some(right) => format!("use `{}`, or build the index anew with {}", right.symbol(), asked.metric()),
                None => "build the index anew with this metric".to_string(),
            };
            Err(Diagnostic::new("MetricMismatch", format!("`{symbol}` asks for {}, but the index on `{}` has {}", asked.metric(), field.name, index.metric))
                .at(operator.span)
                .label(format!("the index measures {}", index.metric))
                .help(help))
        }
        _ => Ok(asked.metric()),
    }
}

/// What SEARCH PARAMS may hold for an index (Milvus docs: search parameters), and where each goes.
fn search_params(written: &[Param], index_type: Option<&str>) -> Result<SearchParams> {
    let known: &[&str] = match index_type {
        Some("IVF_FLAT" | "IVF_SQ8" | "IVF_PQ" | "BIN_IVF_FLAT" | "GPU_IVF_FLAT" | "GPU_IVF_PQ") => &["nprobe"],
        Some("SCANN") => &["nprobe", "reorder_k"],
        Some("IVF_RABITQ") => &["nprobe", "rbq_query_bits", "refine_k"],
        Some("HNSW") => &["ef"],
        Some("HNSW_SQ" | "HNSW_PQ" | "HNSW_PRQ") => &["ef", "refine_k"],
        Some("DISKANN") => &["search_list"],
        Some("FLAT" | "BIN_FLAT") => &[],
        _ => &["nprobe", "ef", "search_list", "level", "reorder_k", "refine_k", "itopk_size", "search_width"],
    };
    let common = ["round_decimal", "ignore_growing"];
    let mut params = SearchParams::default();
    for param in written {
        let name = param.name.value.as_str();
        let value = params::json(params::one(param)?)?;
        if name.eq_ignore_ascii_case("round_decimal") {
            params.round_decimal = Some(params::whole(param, 0, 6)?);
        } else if name.eq_ignore_ascii_case("ignore_growing") {
            params.ignore_growing = Some(value.to_string());
        } else if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            params.inner.insert((*known).to_string(), value);
        } else {
            let takes: Vec<&str> = known.iter().chain(&common).copied().collect();
            return Err(params::unknown(param, &takes).label(match index_type {
                Some(index) => format!("a search on {index} has no such parameter"),
                None => "a search has no such parameter".to_string(),
            }));
        }
    }
    Ok(params)
}

#[derive(Default)]
pub struct SearchParams {
    pub inner: serde_json::Map<String, serde_json::Value>,
    pub round_decimal: Option<i64>,
    pub ignore_growing: Option<String>,
}

/// The columns of the hits: key, distance, fields.
enum Shown {
    Key,
    Distance,
    Field(String),
    /// everything the server sends, in the schema's order
    Rest,
}

fn layout(items: &Items, collection: &Collection) -> Result<(Outputs, Vec<Shown>)> {
    let key = &collection.primary()?.name;
    let Items::Fields(fields) = items else {
        return Ok((Outputs { names: vec!["*".to_string()], shown: None }, vec![Shown::Key, Shown::Distance, Shown::Rest]));
    };
    let mut layout = Vec::new();
    let mut asked = Vec::new();
    for name in fields {
        match name.value.as_str() {
            "distance" | "score" if collection.find(&name.value).is_none() => layout.push(Shown::Distance),
            "query_no" if collection.find(&name.value).is_none() => {} // shown whenever there are several queries
            other if other == key => layout.push(Shown::Key),
            other => {
                layout.push(Shown::Field(other.to_string()));
                asked.push(name.clone());
            }
        }
    }
    if !layout.iter().any(|shown| matches!(shown, Shown::Key)) {
        layout.insert(0, Shown::Key);
    }
    if !layout.iter().any(|shown| matches!(shown, Shown::Distance)) {
        layout.insert(1, Shown::Distance);
    }
    Ok((Outputs::of(&Items::Fields(asked), collection)?, layout))
}

/// A search, settled.
pub struct Plan<'a> {
    pub collection: &'a Collection,
    pub table: &'a Name,
    pub field: &'a Field,
    /// `None` takes the index's
    pub metric: Option<&'a str>,
    pub vectors: &'a [Spanned<Value>],
    pub limit: u64,
    pub offset: u64,
    pub partitions: Vec<String>,
    pub expr: String,
    pub params: SearchParams,
    pub level: Option<ConsistencyLevel>,
}

impl Plan<'_> {
    /// Runs the search and shows key and distance of every hit.
    pub async fn run_plain<P: Platform>(&self, context: &Context<'_, P>) -> Result<Outcome> {
        let outputs = Outputs { names: Vec::new(), shown: Some(Vec::new()) };
        self.run(&outputs, &[Shown::Key, Shown::Distance], context).await
    }

    async fn run<P: Platform>(&self, outputs: &Outputs, layout: &[Shown], context: &Context<'_, P>) -> Result<Outcome> {
        let queries = self.vectors.len();
        if queries > MAX_QUERIES {
            let span = self.vectors.first().map_or(self.table.span, |vector| vector.span);
            return Err(Diagnostic::new("OutOfRange", format!("{queries} query vectors are more than the {MAX_QUERIES} of one search")).at(span));
        }
        let request = self.request(outputs, context)?;
        if self.collection.index_on(&self.field.name).is_none() {
            let metric = self.metric.unwrap_or_else(|| params::default_metric(self.field.data_type));
            loading::load_unasked(self.collection, self.table, Some((&self.field.name, metric)), context).await?;
        }
        let reply = match context.client.search(request.clone()).await {
            Err(error) if error.is_not_loaded() => {
                loading::load_unasked(self.collection, self.table, None, context).await?;
                context.client.search(request).await
            }
            reply => reply,
        };
        let results = reply.map_err(|error| diagnose(error, self.table.span))?.results.unwrap_or_default();
        let table = self.table_of(results, outputs, layout)?;
        let done = match queries {
            1 => plural(table.total, "hit", "hits"),
            _ => format!("{} of {}", plural(table.total, "hit", "hits"), plural(queries as u64, "query", "queries")),
        };
        Ok(Outcome::table(table).with_done(done))
    }

    fn request<P: Platform>(&self, outputs: &Outputs, context: &Context<'_, P>) -> Result<pb::SearchRequest> {
        let mut search_params = vec![pair("anns_field", &self.field.name), pair("topk", self.limit)];
        if self.offset > 0 {
            search_params.push(pair("offset", self.offset));
        }
        if let Some(metric) = self.metric {
            search_params.push(pair("metric_type", metric));
        }
        // -1 leaves the scores as they are
        search_params.push(pair("round_decimal", self.params.round_decimal.unwrap_or(-1)));
        if let Some(ignore) = &self.params.ignore_growing {
            search_params.push(pair("ignore_growing", ignore));
        }
        search_params.push(pair("params", serde_json::Value::Object(self.params.inner.clone())));
        let consistency = context.consistency(&self.table.value, self.level);
        Ok(pb::SearchRequest {
            db_name: context.client.database(),
            collection_name: self.table.value.clone(),
            partition_names: self.partitions.clone(),
            dsl: self.expr.clone(),
            search_input: Some(SearchInput::PlaceholderGroup(query_vectors(self.field, self.vectors)?)),
            dsl_type: DslType::BoolExprV1.into(),
            output_fields: outputs.names.clone(),
            search_params,
            guarantee_timestamp: consistency.timestamp,
            nq: self.vectors.len() as i64,
            consistency_level: consistency.level.into(),
            use_default_consistency: consistency.default,
        })
    }

    fn table_of(&self, results: crate::proto::schema::SearchResultData, outputs: &Outputs, layout: &[Shown]) -> Result<Table> {
        let key = self.collection.primary()?;
        let several = self.vectors.len() > 1;
        let mut keys = data::ids(results.ids);
        let count = keys.len();
        let mut distances: Vec<Datum> = results.scores.into_iter().map(Datum::Float).collect();
        distances.resize(count, Datum::Null);
        let mut fields = to_columns(results.fields_data, outputs, self.collection);
        let (mut numbers, mut groups) = (Vec::with_capacity(count), Vec::new());
        for (query, hits) in results.topks.iter().enumerate() {
            if query > 0 {
                groups.push(numbers.len());
            }
            numbers.extend((0..*hits).take(count).map(|_| Datum::Int(query as i64 + 1)));
        }
        let mut columns: Vec<(Column, Vec<Datum>)> = Vec::new();
        if several {
            columns.push((Column::new("query_no", Type::Int), numbers));
        }
        for shown in layout {
            match shown {
                Shown::Key => columns.push((Column::new(key.name.clone(), data::kind(key.data_type)), std::mem::take(&mut keys))),
                Shown::Distance => columns.push((Column::new("distance", Type::Float), std::mem::take(&mut distances))),
                Shown::Field(name) => {
                    if let Some(at) = fields.iter().position(|(column, _)| column.name == *name) {
                        columns.push(fields.swap_remove(at));
                    }
                }
                Shown::Rest => columns.extend(fields.drain(..).filter(|(column, _)| column.name != key.name)),
            }
        }
        let (heads, mut values): (Vec<Column>, Vec<std::vec::IntoIter<Datum>>) =
            columns.into_iter().map(|(column, values)| (column, values.into_iter())).unzip();
        let rows = (0..count).map(|_| values.iter_mut().map(|values| values.next().unwrap_or(Datum::Null)).collect()).collect();
        let mut table = Table::new(heads, rows);
        table.groups = if several { groups } else { Vec::new() };
        Ok(table)
    }
}

/// The query vectors on the wire.
fn query_vectors(field: &Field, vectors: &[Spanned<Value>]) -> Result<Vec<u8>> {
    let mut values = Vec::with_capacity(vectors.len());
    for vector in vectors {
        values.push(match field.data_type {
            DataType::FloatVector => {
                let mut floats = Vec::with_capacity(field.dim);
                float_vector(field, vector, &mut floats)?;
                floats.iter().flat_map(|float| float.to_le_bytes()).collect()
            }
            DataType::BinaryVector => {
                let mut bytes = Vec::with_capacity(field.dim / 8);
                binary_vector(field, vector, &mut bytes)?;
                bytes
            }
            _ => return Err(not_searchable(field, vector.span)),
        });
    }
    let kind = if field.data_type == DataType::BinaryVector { PlaceholderType::BinaryVector } else { PlaceholderType::FloatVector };
    Ok(data::placeholder_group(kind, values))
}

fn not_searchable(field: &Field, span: Span) -> Diagnostic {
    Diagnostic::new("NotSupported", format!("`{}` is {}, which cannot be searched yet", field.name, field.type_name())).at(span)
}
