//! SELECT without a distance: rows by a filter, and their count. Reads past Milvus's window of 16,384 rows are paged by key and joined.

use super::catalog::{Collection, Field, pair};
use super::collection::check_partitions;
use super::context::Context;
use super::errors::diagnose;
use super::{Result, filter, loading, params, search};
use crate::diagnostic::Diagnostic;
use crate::language::ast::{Items, Name, Order, Select};
use crate::milvus::{Error, Platform, data};
use crate::outcome::{Column, Datum, Outcome, Table, Type, rows};
use crate::proto::common::ConsistencyLevel;
use crate::proto::milvus as pb;
use crate::proto::schema::{DataType, FieldData, field_data, scalar_field};

/// Offset and limit together, in one request (Milvus docs: limits).
pub const WINDOW: u64 = 16_384;
/// Rows of a page are so many that it stays near this size.
const PAGE_BYTES: usize = 16 << 20;
/// Rows that are fetched along with those shown, so that a common LIMIT needs no COUNT of its own.
const AHEAD: u64 = 1_000;

pub async fn select<P: Platform>(select: &Select, context: &Context<'_, P>) -> Result<Outcome> {
    let table = &select.table;
    let collection = context.collection(table).await?;
    check_partitions(table, &select.partitions, context).await?;
    if let Some(Order::Distance { .. }) = &select.order {
        return search::search(select, &collection, context).await;
    }
    if let Some(Order::Field { field, .. }) = &select.order {
        let field = collection.field(field).map_err(|error| error.help("a search is written `ORDER BY field <-> [0.1, 0.2]`"))?;
        return Err(Diagnostic::new("NotSupported", format!("ORDER BY a field (`{}`) is not there yet", field.name))
            .at(select.order_span())
            .help("rows come in the order of the primary key; a search is written `ORDER BY field <-> [0.1, 0.2]`"));
    }
    if let Some(param) = select.params.first() {
        return Err(Diagnostic::new("SyntaxError", "SEARCH PARAMS belong to a search").at(param.name.span).help("add `ORDER BY field <-> [0.1, 0.2]`"));
    }
    let expr = filter::print(select.filter.as_ref(), &collection)?;
    let level = select.consistency.as_ref().map(params::consistency).transpose()?;
    let partitions: Vec<String> = select.partitions.iter().map(|name| name.value.clone()).collect();
    if let Items::Count(_) = select.items {
        if let Some(clause) = select.limit.as_ref().or(select.offset.as_ref()) {
            return Err(Diagnostic::new("SyntaxError", "COUNT(*) gives one row: LIMIT and OFFSET have no effect").at(clause.span));
        }
        let count = count(&collection, table, &partitions, &expr, level, context).await?;
        let column = Column::new("count(*)", Type::Int);
        return Ok(Outcome::table(Table::new(vec![column], vec![vec![Datum::Int(count as i64)]])));
    }
    let read = Read { collection: &collection, table, partitions, expr, level };
    let outputs = Outputs::of(&select.items, &collection)?;
    let offset = select.offset.as_ref().map_or(0, |offset| offset.value as u64);
    let limit = select.limit.as_ref().map(|limit| limit.value as u64);
    if limit == Some(0) {
        return Ok(Outcome::table(Table::new(outputs.columns(&collection), Vec::new())));
    }
    let wanted = limit.unwrap_or(u64::MAX);
    let fetched = if context.settings.table_schema { wanted } else { wanted.min(AHEAD.max(context.settings.display_limit as u64)) };
    let mut table = read.rows(&outputs, offset, fetched, context).await?;
    if table.rows.len() as u64 == fetched && fetched < wanted && !context.client.explaining() {
        let count = count(&collection, &select.table, &read.partitions, &read.expr, level, context).await?;
        table.total = count.saturating_sub(offset).min(wanted).max(table.rows.len() as u64);
    }
    table.primary_key = Some(collection.primary()?.name.clone()).filter(|key| table.columns.iter().any(|column| column.name == *key));
    let done = rows(table.total);
    Ok(Outcome::table(table).with_done(done))
}

impl Select {
    fn order_span(&self) -> crate::diagnostic::Span {
        match &self.order {
            Some(Order::Field { field, .. } | Order::Distance { field, .. }) => field.span,
            None => self.table.span,
        }
    }
}

/// What a SELECT shows: fields of the schema, keys of the dynamic field, or everything.
pub struct Outputs {
    /// the names to ask the server for
    pub names: Vec<String>,
    /// the columns to show, in order; `None` is all there are
    pub shown: Option<Vec<String>>,
}

impl Outputs {
    pub fn of(items: &Items, collection: &Collection) -> Result<Outputs> {
        let Items::Fields(fields) = items else { return Ok(Outputs { names: vec!["*".to_string()], shown: None }) };
        let mut shown = Vec::new();
        for name in fields {
            if collection.find(&name.value).is_none() && !collection.dynamic {
                return Err(collection.unknown_field(name));
            }
            if !shown.contains(&name.value) {
                shown.push(name.value.clone());
            }
        }
        Ok(Outputs { names: shown.clone(), shown: Some(shown) })
    }

    /// The columns of an empty result.
    fn columns(&self, collection: &Collection) -> Vec<Column> {
        let kind = |name: &str| collection.find(name).map_or(Type::Json, |field| data::kind(field.data_type));
        match &self.shown {
            Some(names) => names.iter().map(|name| Column::new(name.clone(), kind(name))).collect(),
            None => collection.fields.iter().map(|field| Column::new(field.name.clone(), data::kind(field.data_type))).collect(),
        }
    }
}

struct Read<'a> {
    collection: &'a Collection,
    table: &'a Name,
    partitions: Vec<String>,
    expr: String,
    level: Option<ConsistencyLevel>,
}

impl Read<'_> {
    /// Reads up to `limit` rows behind `offset`, in the order of the key.
    async fn rows<P: Platform>(&self, outputs: &Outputs, offset: u64, limit: u64, context: &Context<'_, P>) -> Result<Table> {
        let key = self.collection.primary()?;
        let mut names = outputs.names.clone();
        if !names.iter().any(|name| name == "*" || *name == key.name) {
            names.push(key.name.clone());
        }
        let page = (PAGE_BYTES / row_bytes(self.collection).max(1)).clamp(1, WINDOW as usize) as u64;
        if offset.saturating_add(limit) <= page {
            let reply = self.request(&self.expr, &names, offset, limit, false, context).await?;
            let keys = keys_of(&reply.fields_data, key);
            let mut table = to_table(reply.fields_data, outputs, self.collection);
            sort_by_keys(&mut table, keys);
            return Ok(table);
        }
        let wide = Outputs { names, shown: outputs.shown.clone() };
        let keys_only = vec![key.name.clone()];
        let (mut skip, mut left) = (offset, limit);
        let mut last: Option<Datum> = None;
        let mut table = Table::new(outputs.columns(self.collection), Vec::new());
        let mut pages = 0u64;
        while left > 0 {
            let expr = match &last {
                None => self.expr.clone(),
                Some(last) => self.behind(key, last),
            };
            let (names, size) = if skip > 0 { (&keys_only, skip.min(WINDOW)) } else { (&wide.names, left.min(page)) };
            let reply = self.request(&expr, names, 0, size, true, context).await?;
            let keys = keys_of(&reply.fields_data, key);
            let count = keys.len() as u64;
            pages += 1;
            last = keys.into_iter().last();
            if skip > 0 {
                skip -= count.min(skip);
            } else {
                let more = to_table(reply.fields_data, outputs, self.collection);
                table.columns = more.columns;
                table.rows.extend(more.rows);
                left -= count.min(left);
            }
            if count < size || last.is_none() {
                break;
            }
        }
        if pages > 1 {
            context.notice(format!("read in {pages} pages"));
        }
        table.total = table.rows.len() as u64;
        Ok(table)
    }

    /// The filter, for the rows behind a key.
    fn behind(&self, key: &Field, last: &Datum) -> String {
        let last = match last {
            Datum::Text(text) => filter::quote(text),
            Datum::Int(number) => number.to_string(),
            _ => String::new(),
        };
        let behind = format!("{} > {last}", key.name);
        if self.expr.is_empty() { behind } else { format!("({}) and {behind}", self.expr) }
    }

    async fn request<P: Platform>(
        &self,
        expr: &str,
        names: &[String],
        offset: u64,
        limit: u64,
        paged: bool,
        context: &Context<'_, P>,
    ) -> Result<pb::QueryResults> {
        let mut query_params = vec![pair("limit", limit)];
        if offset > 0 {
            query_params.push(pair("offset", offset));
        }
        if paged {
            // rows in the order of the key across segments, which paging by key rests on
            query_params.push(pair("iterator", "True"));
            query_params.push(pair("reduce_stop_for_best", "True"));
        }
        send(self.collection, self.table, &self.partitions, expr, names.to_vec(), query_params, self.level, context).await
    }
}

/// How many rows match.
pub async fn count<P: Platform>(
    collection: &Collection,
    table: &Name,
    partitions: &[String],
    expr: &str,
    level: Option<ConsistencyLevel>,
    context: &Context<'_, P>,
) -> Result<u64> {
    let reply = send(collection, table, partitions, expr, vec!["count(*)".to_string()], Vec::new(), level, context).await?;
    let count = match reply.fields_data.into_iter().next().and_then(|field| field.field) {
        Some(field_data::Field::Scalars(scalars)) => match scalars.data {
            Some(scalar_field::Data::LongData(array)) => array.data.first().copied().unwrap_or(0),
            _ => 0,
        },
        _ => 0,
    };
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Sends a query, and loads the collection first if it is not loaded.
#[allow(clippy::too_many_arguments)]
pub async fn send<P: Platform>(
    collection: &Collection,
    table: &Name,
    partitions: &[String],
    expr: &str,
    output_fields: Vec<String>,
    query_params: Vec<crate::proto::common::KeyValuePair>,
    level: Option<ConsistencyLevel>,
    context: &Context<'_, P>,
) -> Result<pb::QueryResults> {
    let consistency = context.consistency(&table.value, level);
    let request = pb::QueryRequest {
        db_name: context.client.database(),
        collection_name: table.value.clone(),
        expr: expr.to_string(),
        output_fields,
        partition_names: partitions.to_vec(),
        guarantee_timestamp: consistency.timestamp,
        query_params,
        consistency_level: consistency.level.into(),
        use_default_consistency: consistency.default,
    };
    let reply = match context.client.query(request.clone()).await {
        Err(error) if error.is_not_loaded() => {
            loading::load_unasked(collection, table, None, context).await?;
            context.client.query(request).await
        }
        reply => reply,
    };
    reply.map_err(|error| read_error(error, table))
}

pub fn read_error(error: Error, table: &Name) -> Diagnostic {
    diagnose(error, table.span)
}

/// About the bytes of a row on the wire.
fn row_bytes(collection: &Collection) -> usize {
    collection
        .fields
        .iter()
        .map(|field| match field.data_type {
            DataType::FloatVector => field.dim * 4,
            DataType::Float16Vector | DataType::BFloat16Vector => field.dim * 2,
            DataType::BinaryVector => field.dim / 8,
            DataType::VarChar | DataType::String => field.max_length.min(512),
            DataType::Json | DataType::Array | DataType::SparseFloatVector => 512,
            _ => 8,
        })
        .sum()
}

/// Milvus gives rows in the order of the key, Milvus Lite in the order of insertion.
fn sort_by_keys(table: &mut Table, keys: Vec<Datum>) {
    let order = |key: &Datum| match key {
        Datum::Int(number) => (*number, String::new()),
        Datum::Text(text) => (0, text.clone()),
        _ => (0, String::new()),
    };
    if keys.len() != table.rows.len() {
        return;
    }
    let mut rows: Vec<_> = keys.iter().map(order).zip(std::mem::take(&mut table.rows)).collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    table.rows = rows.into_iter().map(|(_, row)| row).collect();
}

fn keys_of(fields: &[FieldData], key: &Field) -> Vec<Datum> {
    let Some(field) = fields.iter().find(|field| field.field_name == key.name) else { return Vec::new() };
    match &field.field {
        Some(field_data::Field::Scalars(scalars)) => match &scalars.data {
            Some(scalar_field::Data::LongData(array)) => array.data.iter().map(|id| Datum::Int(*id)).collect(),
            Some(scalar_field::Data::StringData(array)) => array.data.iter().map(|id| Datum::Text(id.clone())).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Columns as they came, turned into rows of the columns that are shown.
pub fn to_table(fields: Vec<FieldData>, outputs: &Outputs, collection: &Collection) -> Table {
    let columns = to_columns(fields, outputs, collection);
    let count = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let mut rows: Vec<Vec<Datum>> = (0..count).map(|_| Vec::with_capacity(columns.len())).collect();
    let mut heads = Vec::new();
    for (column, values) in columns {
        heads.push(column);
        let mut values = values.into_iter();
        for row in &mut rows {
            row.push(values.next().unwrap_or(Datum::Null));
        }
    }
    if heads.is_empty() {
        heads = outputs.columns(collection);
    }
    Table::new(heads, rows)
}

/// The columns that are shown, in the order asked for, or the schema's order.
pub fn to_columns(fields: Vec<FieldData>, outputs: &Outputs, collection: &Collection) -> Vec<(Column, Vec<Datum>)> {
    let count = fields.iter().map(field_rows).max().unwrap_or(0);
    let mut found: Vec<(Column, Vec<Datum>)> = Vec::new();
    let mut dynamic: Option<Vec<Datum>> = None;
    for field in fields {
        let data_type = DataType::try_from(field.r#type).unwrap_or(DataType::None);
        let column = Column::new(field.field_name.clone(), data::kind(data_type));
        if field.is_dynamic || column.name == "$meta" {
            dynamic = Some(data::column(field, count));
        } else {
            found.push((column, data::column(field, count)));
        }
    }
    match &outputs.shown {
        None => {
            let place = |name: &str| collection.fields.iter().position(|field| field.name == name).unwrap_or(usize::MAX);
            found.sort_by_key(|(column, _)| place(&column.name));
            if let Some(values) = dynamic {
                found.push((Column::new("$meta", Type::Json), values));
            }
            found
        }
        Some(names) => names
            .iter()
            .map(|name| match found.iter().position(|(column, _)| column.name == *name) {
                Some(at) => found.swap_remove(at),
                None => (Column::new(name.clone(), Type::Json), dynamic_values(dynamic.as_deref().unwrap_or_default(), name, count)),
            })
            .collect(),
    }
}

/// One key of the dynamic field, row by row.
fn dynamic_values(objects: &[Datum], key: &str, count: usize) -> Vec<Datum> {
    let mut values: Vec<Datum> = objects
        .iter()
        .map(|object| {
            let Datum::Json(text) = object else { return Datum::Null };
            match serde_json::from_str::<serde_json::Value>(text).ok().and_then(|value| value.get(key).cloned()) {
                Some(serde_json::Value::String(text)) => Datum::Text(text),
                Some(serde_json::Value::Bool(flag)) => Datum::Bool(flag),
                Some(serde_json::Value::Number(number)) => number.as_i64().map_or_else(|| Datum::Double(number.as_f64().unwrap_or(f64::NAN)), Datum::Int),
                Some(serde_json::Value::Null) | None => Datum::Null,
                Some(other) => Datum::Json(other.to_string()),
            }
        })
        .collect();
    values.resize(count, Datum::Null);
    values
}

fn field_rows(field: &FieldData) -> usize {
    if !field.valid_data.is_empty() {
        return field.valid_data.len();
    }
    match &field.field {
        Some(field_data::Field::Scalars(scalars)) => match &scalars.data {
            Some(scalar_field::Data::BoolData(array)) => array.data.len(),
            Some(scalar_field::Data::IntData(array)) => array.data.len(),
            Some(scalar_field::Data::LongData(array)) => array.data.len(),
            Some(scalar_field::Data::FloatData(array)) => array.data.len(),
            Some(scalar_field::Data::DoubleData(array)) => array.data.len(),
            Some(scalar_field::Data::StringData(array)) => array.data.len(),
            Some(scalar_field::Data::BytesData(array)) => array.data.len(),
            Some(scalar_field::Data::ArrayData(array)) => array.data.len(),
            Some(scalar_field::Data::JsonData(array)) => array.data.len(),
            None => 0,
        },
        Some(field_data::Field::Vectors(vectors)) => {
            use crate::proto::schema::vector_field::Data;
            let dim = usize::try_from(vectors.dim).unwrap_or(0).max(1);
            match &vectors.data {
                Some(Data::FloatVector(array)) => array.data.len() / dim,
                Some(Data::BinaryVector(bytes)) => bytes.len() / (dim / 8).max(1),
                None => 0,
            }
        }
        None => 0,
    }
}
