//! SELECT without a distance: rows by a filter, and their count. Reads past Milvus's window of
//! 16,384 rows are paged by key and joined. What is sorted or grouped is in `aggregate`.

use crate::diagnostic::{Code, Diagnostic};
use crate::execute::Result;
use crate::execute::catalog::collection::{Collection, Field, pair};
use crate::execute::context::Context;
use crate::execute::define::loading;
use crate::execute::define::partition::check_partitions;
use crate::execute::params;
use crate::execute::read::aggregate;
use crate::execute::read::filter;
use crate::execute::read::outputs::Outputs;
use crate::execute::search::hybrid;
use crate::execute::search::queries;
use crate::language::ast::{Direction, Function, Item, Items, Name, Order, Output, Select};
use crate::milvus::{Platform, data};
use crate::outcome::{Column, Datum, Outcome, Table, Type, rows};
use crate::proto::common::{ConsistencyLevel, KeyValuePair};
use crate::proto::milvus as pb;
use crate::proto::schema::{DataType, FieldData, field_data, scalar_field};

/// Offset and limit together, in one request (Milvus docs: limits).
pub const WINDOW: u64 = 16_384;
/// Rows of a page are so many that it stays near this size.
const PAGE_BYTES: usize = 16 << 20;

pub async fn select<P: Platform>(select: &Select, context: &Context<'_, P>) -> Result<Outcome> {
    let table = &select.table;
    let collection = context.collection(table).await?;
    check_partitions(table, &select.partitions, context).await?;
    let (condition, bounds) = filter::split(select.filter.clone(), &collection)?;
    let expr = filter::print(condition.as_ref(), &collection, context)?;
    let level = select.consistency.as_ref().map(params::consistency).transpose()?;
    let partitions: Vec<String> = select.partitions.iter().map(|name| name.value.clone()).collect();
    let read = Read { collection: &collection, table, partitions, expr, level };
    if !select.hybrid.is_empty() {
        return hybrid::search(select, &read, &bounds, context).await;
    }
    if let Some(rerank) = &select.rerank {
        return Err(Diagnostic::new(Code::SyntaxError, "RERANK belongs to a hybrid search")
            .at(rerank.method.span)
            .help("add `HYBRID SEARCH (…)` before it"));
    }
    if matches!(&select.order, Some(Order::Near { .. }))
        || bounds.iter().any(|bound| bound.near.is_some())
    {
        return queries::search(select, &read, &bounds, context).await;
    }
    if let Some(bound) = bounds.first() {
        return Err(Diagnostic::new(Code::UnknownField, "only a search has a distance")
            .at(bound.value.span)
            .help("add `ORDER BY field <-> [0.1, 0.2]`"));
    }
    if let Some(param) = select.params.first() {
        return Err(Diagnostic::new(Code::SyntaxError, "SEARCH PARAMS belong to a search")
            .at(param.name.span)
            .help("add `ORDER BY field <-> [0.1, 0.2]`"));
    }
    if let Some(count) = only_count(select) {
        if let Some(clause) = select.limit.as_ref().or(select.offset.as_ref()) {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "COUNT(*) gives one row: LIMIT and OFFSET have no effect",
            )
            .at(clause.span));
        }
        let head = count.alias.as_ref().map_or("count(*)", |alias| alias.value.as_str());
        let number = read.count(context).await?;
        return Ok(Outcome::table(Table::new(
            vec![Column::new(head, Type::Int)],
            vec![vec![Datum::Int(number as i64)]],
        )));
    }
    let offset = select.offset.as_ref().map(params::count).transpose()?.unwrap_or(0);
    let limit = select.limit.as_ref().map(params::count).transpose()?;
    if aggregate::is_wanted(select) {
        return aggregate::select(select, &read, offset, limit, context).await;
    }
    let outputs = Outputs::of(&select.items, &collection)?;
    if limit == Some(0) {
        return Ok(Outcome::table(Table::new(outputs.columns(&collection), Vec::new())));
    }
    let wanted = limit.unwrap_or(u64::MAX);
    let fetched = wanted.min(context.kept());
    let mut table = read.rows(&outputs, offset, fetched, context).await?;
    if table.rows.len() as u64 == fetched && fetched < wanted && !context.client.explaining() {
        table.total = read
            .count(context)
            .await?
            .saturating_sub(offset)
            .min(wanted)
            .max(table.rows.len() as u64);
    }
    table.primary_key = Some(collection.primary()?.name.clone())
        .filter(|key| table.columns.iter().any(|column| column.name == *key));
    let done = rows(table.total);
    Ok(Outcome::table(table).with_done(done))
}

/// The COUNT(*) of a SELECT that asks for nothing else: the server counts.
fn only_count(select: &Select) -> Option<&Item> {
    match &select.items {
        Items::Listed(items) => match items.as_slice() {
            [item @ Item { output: Output::Aggregate { function, of: None, .. }, .. }]
                if function.value == Function::Count
                    && select.group.is_empty()
                    && select.order.is_none() =>
            {
                Some(item)
            }
            _ => None,
        },
        Items::All => None,
    }
}

/// What is read, and from where.
pub struct Read<'a> {
    pub collection: &'a Collection,
    pub table: &'a Name,
    pub partitions: Vec<String>,
    pub expr: String,
    pub level: Option<ConsistencyLevel>,
}

impl Read<'_> {
    /// Reads up to `limit` rows behind `offset`, in the order of the key.
    pub async fn rows<P: Platform>(
        &self,
        outputs: &Outputs,
        offset: u64,
        limit: u64,
        context: &Context<'_, P>,
    ) -> Result<Table> {
        let key = self.collection.primary()?;
        let page = self.page(outputs);
        if offset.saturating_add(limit) <= page {
            let names = with_key(outputs, key);
            let mut query_params = vec![pair("limit", limit)];
            if offset > 0 {
                query_params.push(pair("offset", offset));
            }
            let reply = self.send(&self.expr, names, query_params, context).await?;
            let keys = keys_of(&reply.fields_data, key);
            let mut table = outputs.table(reply.fields_data, self.collection);
            sort_by_keys(&mut table, keys);
            return Ok(table);
        }
        let mut table = Table::new(outputs.columns(self.collection), Vec::new());
        self.pages(outputs, offset, limit, context, |more| {
            table.columns = more.columns;
            table.rows.extend(more.rows);
            Ok(())
        })
        .await?;
        table.total = table.rows.len() as u64;
        Ok(table)
    }

    /// Rows of a page.
    pub fn page(&self, outputs: &Outputs) -> u64 {
        (PAGE_BYTES / row_bytes(self.collection, &outputs.names)).clamp(1, WINDOW as usize) as u64
    }

    /// Reads page by page, in the order of the key. Returns how many rows there were.
    pub async fn pages<P: Platform>(
        &self,
        outputs: &Outputs,
        offset: u64,
        limit: u64,
        context: &Context<'_, P>,
        mut take: impl FnMut(Table) -> Result<()>,
    ) -> Result<u64> {
        let key = self.collection.primary()?;
        let (all, keys_only) = (with_key(outputs, key), vec![key.name.clone()]);
        let page = self.page(outputs);
        let (mut skip, mut left, mut read, mut pages) = (offset, limit, 0, 0u64);
        let mut last: Option<Datum> = None;
        while left > 0 {
            let expr = match &last {
                None => self.expr.clone(),
                Some(last) => self.behind(key, last),
            };
            let (names, size) =
                if skip > 0 { (&keys_only, skip.min(WINDOW)) } else { (&all, left.min(page)) };
            // rows in the order of the key across segments, which paging by key rests on
            let query_params = vec![
                pair("limit", size),
                pair("iterator", "True"),
                pair("reduce_stop_for_best", "True"),
            ];
            let reply = self.send(&expr, names.clone(), query_params, context).await?;
            let keys = keys_of(&reply.fields_data, key);
            let count = keys.len() as u64;
            pages += 1;
            last = keys.into_iter().last();
            if skip > 0 {
                skip -= count.min(skip);
            } else {
                take(outputs.table(reply.fields_data, self.collection))?;
                left -= count.min(left);
                read += count;
            }
            if count < size || last.is_none() {
                break;
            }
        }
        if pages > 1 {
            context.notice(format!("read in {pages} pages"));
        }
        Ok(read)
    }

    /// The filter, for the rows behind a key.
    fn behind(&self, key: &Field, last: &Datum) -> String {
        self.and(&format!("{} > {}", key.name, filter::key_literal(last)))
    }

    /// The filter, and one more condition.
    pub fn and(&self, condition: &str) -> String {
        if self.expr.is_empty() {
            condition.to_string()
        } else {
            format!("({}) and {condition}", self.expr)
        }
    }

    /// How many rows match.
    pub async fn count<P: Platform>(&self, context: &Context<'_, P>) -> Result<u64> {
        let reply =
            self.send(&self.expr, vec!["count(*)".to_string()], Vec::new(), context).await?;
        let count = match reply.fields_data.into_iter().next().and_then(|field| field.field) {
            Some(field_data::Field::Scalars(scalars)) => match scalars.data {
                Some(scalar_field::Data::LongData(array)) => {
                    array.data.first().copied().unwrap_or(0)
                }
                _ => 0,
            },
            _ => 0,
        };
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Sends a query, and loads the collection first if it is not loaded.
    pub async fn send<P: Platform>(
        &self,
        expr: &str,
        output_fields: Vec<String>,
        query_params: Vec<KeyValuePair>,
        context: &Context<'_, P>,
    ) -> Result<pb::QueryResults> {
        let consistency = context.consistency(self.collection, self.level);
        let request = pb::QueryRequest {
            db_name: context.client.database(),
            collection_name: self.table.value.clone(),
            expr: expr.to_string(),
            output_fields,
            partition_names: self.partitions.clone(),
            guarantee_timestamp: consistency.timestamp,
            query_params,
            consistency_level: consistency.level.into(),
            use_default_consistency: consistency.default,
        };
        let reply = match context.client.send(request.clone()).await {
            Err(error) if error.is_not_loaded() => {
                loading::load_unasked(self.collection, self.table, None, context).await?;
                context.client.send(request).await
            }
            reply => reply,
        };
        reply.map_err(|error| context.diagnose(error, self.table.span))
    }
}

fn with_key(outputs: &Outputs, key: &Field) -> Vec<String> {
    let mut names = outputs.names.clone();
    if !names.iter().any(|name| name == "*" || *name == key.name) {
        names.push(key.name.clone());
    }
    names
}

/// About the bytes of a row of these outputs on the wire; a score and a key at the least.
pub fn row_bytes(collection: &Collection, names: &[String]) -> usize {
    let asked = |field: &&Field| names.iter().any(|name| name == "*" || *name == field.name);
    let fields: usize = collection
        .fields
        .iter()
        .filter(asked)
        .map(|field| match field.data_type {
            DataType::FloatVector => field.dim * 4,
            DataType::Float16Vector | DataType::BFloat16Vector => field.dim * 2,
            DataType::BinaryVector => field.dim / 8,
            DataType::VarChar | DataType::String => field.max_length.min(512),
            DataType::Json | DataType::Array | DataType::SparseFloatVector | DataType::Text => 512,
            _ => 8,
        })
        .sum();
    // what is no field is a key of the dynamic one
    let dynamic =
        names.iter().filter(|name| *name == "*" || collection.find(name).is_none()).count();
    fields + 512 * usize::from(collection.dynamic && dynamic > 0) + 16
}

/// Milvus gives rows in the order of the key, Milvus Lite in the order of insertion.
fn sort_by_keys(table: &mut Table, keys: Vec<Datum>) {
    if keys.len() != table.rows.len() {
        return;
    }
    for (row, key) in table.rows.iter_mut().zip(keys) {
        row.push(key);
    }
    let width = table.rows.first().map_or(0, Vec::len);
    aggregate::sort_rows(&mut table.rows, width.saturating_sub(1), &[Direction::Ascending]);
    for row in &mut table.rows {
        row.pop();
    }
}

pub fn keys_of(fields: &[FieldData], key: &Field) -> Vec<Datum> {
    let Some(field) = fields.iter().find(|field| field.field_name == key.name) else {
        return Vec::new();
    };
    data::column(field.clone(), data::rows(field))
}
