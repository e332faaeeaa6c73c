//! Rows by a filter, in the order of their key, and their count. Reads past Milvus's window of
//! 16,384 rows are paged by key and joined. A collection that is not loaded is loaded first.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::evaluate::order::{Way, compare, sort_rows};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::context::{Consistency, Context};
use crate::execute::convert::datum;
use crate::execute::define::loading;
use crate::execute::params::pair;
use crate::execute::read::computed::Computed;
use crate::execute::read::dialect::spell;
use crate::execute::read::filter;
use crate::execute::read::outputs::{OutputField, Outputs};
use crate::language::ast::{Name, Value};
use crate::milvus::{Error, Feature, Platform};
use crate::outcome::{Datum, Table, rows};
use milvus_proto::Request;
use milvus_proto::common::{ConsistencyLevel, KeyValuePair};
use milvus_proto::milvus as pb;
use milvus_proto::schema::{DataType, FieldData};

/// Offset and limit together, in one request (Milvus docs: limits).
pub(crate) const WINDOW: u64 = 16_384;
/// Rows of the first page, where the kernel looks which of them are meant: most are few.
const FIRST_PAGE: u64 = 1_024;
/// Rows of a page are so many that it stays search this size.
const PAGE_BYTES: usize = 16 << 20;

/// What is read, and from where.
pub(crate) struct Read<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) table: &'a Name,
    pub(crate) partitions: Vec<String>,
    pub(crate) expr: String,
    /// what the kernel asks of the rows that it reads; requests for a count or by the server alone
    /// are for reads without one
    pub(crate) rest: Option<Rc<Computed>>,
    pub(crate) level: Option<ConsistencyLevel>,
}

impl Read<'_> {
    /// Reads up to `limit` rows behind `offset`, in the order of the key.
    pub(crate) async fn rows<P: Platform>(
        &self,
        outputs: &Outputs,
        offset: u64,
        limit: u64,
        context: &Context<'_, P>,
    ) -> Result<Table> {
        let key = self.collection.primary()?;
        let page = self.page(outputs);
        if self.rest.is_none() && offset.saturating_add(limit) <= page {
            let names = with_key(outputs, key);
            let mut query_params = vec![pair("limit", limit), by_key()];
            if offset > 0 {
                query_params.push(pair("offset", offset));
            }
            let reply = self.query(&self.expr, names, query_params, context).await?;
            let fields_data = reply.unwrap_or_default().fields_data;
            let keys = keys_of(&fields_data, key);
            let mut table = outputs.table(fields_data, self.collection)?;
            sort_by_keys(&mut table, keys);
            return Ok(table);
        }
        let mut table = Table::new(outputs.columns(self.collection), Vec::new());
        let mut memory = context.memory(self.table);
        self.pages(outputs, offset, limit, context, |more| {
            memory.rows(&more.rows)?;
            table.columns = more.columns;
            table.rows.extend(more.rows);
            Ok(())
        })
        .await?;
        table.total = table.rows.len() as u64;
        Ok(table)
    }

    /// Rows of a page.
    pub(crate) fn page(&self, outputs: &Outputs) -> u64 {
        (PAGE_BYTES / row_bytes(self.collection, &outputs.names)).clamp(1, WINDOW as usize) as u64
    }

    /// Reads page by page, in the order of the key. Returns how many rows were meant; none is
    /// EXPLAIN's, which reads nothing. Where the kernel looks which are, it ends as soon as there
    /// are enough.
    pub(crate) async fn pages<P: Platform>(
        &self,
        outputs: &Outputs,
        offset: u64,
        limit: u64,
        context: &Context<'_, P>,
        mut take: impl FnMut(Table) -> Result<()>,
    ) -> Result<Option<u64>> {
        let key = self.collection.primary()?;
        let outputs = &outputs.where_true(self.rest.as_ref());
        let (all, keys_only) = (with_key(outputs, key), vec![key.name.clone()]);
        let page = self.page(outputs);
        let consistency = context.consistency(self.collection, self.level).untimed();
        let (mut skip, mut left, mut read, mut pages) = (offset, limit, 0, 0u64);
        let mut looked_at = 0;
        let mut last: Option<Datum> = None;
        while left > 0 {
            context.has_read(self.table, read, limit);
            let expr = match &last {
                None => self.expr.clone(),
                Some(last) => self.behind(key, last),
            };
            let (names, size) = match &self.rest {
                Some(_) if pages == 0 => (&all, left.max(FIRST_PAGE).min(page)),
                Some(_) => (&all, page),
                None if skip > 0 => (&keys_only, skip.min(WINDOW)),
                None => (&all, left.min(page)),
            };
            // rows in the order of the key across segments, which paging by key rests on
            let query_params = vec![
                pair("limit", size),
                pair("iterator", "True"),
                pair("reduce_stop_for_best", "True"),
            ];
            let reply = self.ask(&expr, names.clone(), query_params, consistency, context).await?;
            let Some(reply) = reply else { return Ok(None) };
            let keys = keys_of(&reply.fields_data, key);
            let count = keys.len() as u64;
            if count > size || !ascend(last.as_ref(), &keys) {
                let message = "the server gives rows out of the order of their keys, or more than \
                               were asked for: reading on would lose or double some";
                return Err(Diagnostic::new(Code::ServerError, message).at(self.table.span));
            }
            pages += 1;
            last = keys.into_iter().last();
            looked_at += count;
            if self.rest.is_some() {
                let began = context.client.platform().now();
                let mut table = outputs.table(reply.fields_data, self.collection)?;
                context.client.step("filter in the kernel", table.rows.len() as u64, began);
                let skipped = table.rows.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
                table.rows.drain(..skipped);
                table.rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                skip -= skipped as u64;
                left -= table.rows.len() as u64;
                read += table.rows.len() as u64;
                take(table)?;
            } else if skip > 0 {
                skip -= count.min(skip);
            } else {
                take(outputs.table(reply.fields_data, self.collection)?)?;
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
        if self.rest.is_some() {
            context.did(format!("filtered in the kernel, which read {}", rows(looked_at)));
        }
        Ok(Some(read))
    }

    /// The filter, for the rows behind a key.
    fn behind(&self, key: &Field, last: &Datum) -> String {
        self.and(&format!("{} > {}", key.name, filter::key_literal(last)))
    }

    /// The filter, and one more condition.
    pub(crate) fn and(&self, condition: &str) -> String {
        if self.expr.is_empty() {
            condition.to_string()
        } else {
            format!("({}) and {condition}", self.expr)
        }
    }

    /// How many rows match; none is EXPLAIN's, which counts nothing.
    pub(crate) async fn count<P: Platform>(&self, context: &Context<'_, P>) -> Result<Option<u64>> {
        if self.rest.is_some() {
            let key = OutputField::whole(&self.collection.primary()?.name);
            let outputs = Outputs::of_fields(vec![key]);
            return self.pages(&outputs, 0, u64::MAX, context, |_| Ok(())).await;
        }
        let mut expr = self.expr.clone();
        if expr.is_empty()
            && !self.partitions.is_empty()
            && !context.client.version().has(Feature::PartitionCount)
        {
            expr = every_key(self.collection.primary()?);
        }
        let reply = self.query(&expr, vec!["count(*)".to_string()], Vec::new(), context).await?;
        let Some(reply) = reply else { return Ok(None) };
        let counts = reply.fields_data.into_iter().next().map(|field| datum::column(field, 1));
        Ok(Some(match counts.as_deref() {
            Some([Datum::Int(count)]) => u64::try_from(*count).unwrap_or(0),
            _ => 0,
        }))
    }

    /// The rows of these ids, as far as they are there; the filter does not hold. None is
    /// EXPLAIN's.
    pub(crate) async fn by_ids<P: Platform>(
        &self,
        ids: &[Spanned<Value>],
        names: Vec<String>,
        context: &Context<'_, P>,
    ) -> Result<Option<pb::QueryResults>> {
        let expr = filter::key_in(&self.collection.primary()?.name, ids)?;
        self.query(&expr, names, vec![pair("limit", ids.len()), by_key()], context).await
    }

    /// Sends a request about what is read, and once more when the collection was not loaded and
    /// has been loaded for it. None is EXPLAIN's, which only writes it down.
    pub(crate) fn send<R: Request, P: Platform>(
        &self,
        request: R,
        context: &Context<'_, P>,
    ) -> impl Future<Output = Result<Option<R::Reply>>> {
        let message = context.client.encoded(request);
        async move {
            let mut reply = R::Reply::default();
            let sent = context.client.exchange(R::METHOD, message.clone(), &mut reply).await;
            let error = match sent {
                Ok(sent) => return Ok(sent.then_some(reply)),
                Err(error) => error,
            };
            self.load_if_missing(error, context).await?;
            let mut reply = R::Reply::default();
            let sent = context.client.exchange(R::METHOD, message, &mut reply).await;
            let sent = sent.map_err(|error| context.diagnose(error, self.table.span))?;
            Ok(sent.then_some(reply))
        }
    }

    /// Loads the collection, if that is what a request needs.
    async fn load_if_missing<P: Platform>(
        &self,
        error: Error,
        context: &Context<'_, P>,
    ) -> Result<()> {
        if !error.is_not_loaded() {
            return Err(context.diagnose(error, self.table.span));
        }
        loading::load_unasked(self.collection, self.table, None, context).await
    }

    /// A query of what is read; none is EXPLAIN's.
    pub(crate) async fn query<P: Platform>(
        &self,
        expr: &str,
        output_fields: Vec<String>,
        query_params: Vec<KeyValuePair>,
        context: &Context<'_, P>,
    ) -> Result<Option<pb::QueryResults>> {
        let consistency = context.consistency(self.collection, self.level);
        self.ask(expr, output_fields, query_params, consistency, context).await
    }

    async fn ask<P: Platform>(
        &self,
        expr: &str,
        output_fields: Vec<String>,
        query_params: Vec<KeyValuePair>,
        consistency: Consistency,
        context: &Context<'_, P>,
    ) -> Result<Option<pb::QueryResults>> {
        let request = pb::QueryRequest {
            db_name: context.client.database(),
            collection_name: self.table.value.clone(),
            expr: spell(expr.to_string(), &context.client.version(), self.table.span)?,
            output_fields,
            partition_names: self.partitions.clone(),
            guarantee_timestamp: consistency.timestamp,
            query_params,
            consistency_level: consistency.level.into(),
            use_default_consistency: consistency.default,
            ..Default::default()
        };
        let reply = self.send(request, context).await?;
        if let Some(reply) = &reply {
            datum::check(&reply.fields_data, 0).map_err(|error| error.at(self.table.span))?;
            let count = reply.fields_data.iter().map(datum::rows).max().unwrap_or(0);
            context.client.rows_came(pb::QueryRequest::METHOD, count as u64);
        }
        Ok(reply)
    }
}

/// Milvus gives rows in the order of the key. Milvus Lite 3 does where an iterator is spoken of,
/// were it to say that there is none, and else gives them as they lie, and those of a list of keys
/// whatever limit and offset say.
fn by_key() -> KeyValuePair {
    pair("iterator", "False")
}

/// Whether keys ascend, and begin behind the last one.
fn ascend(last: Option<&Datum>, keys: &[Datum]) -> bool {
    let behind = last.zip(keys.first()).is_none_or(|(last, first)| compare(last, first).is_lt());
    behind && keys.is_sorted_by(|one, next| compare(one, next).is_le())
}

/// A condition that every key meets.
fn every_key(key: &Field) -> String {
    let name = &key.name;
    match key.data_type {
        DataType::Int64 => format!("{name} >= 0 or {name} < 0"),
        _ => format!("{name} >= \"\""),
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
pub(crate) fn row_bytes(collection: &Collection, names: &[String]) -> usize {
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
    sort_rows(&mut table.rows, width.saturating_sub(1), &[Way::ASCENDING]);
    for row in &mut table.rows {
        row.pop();
    }
}

pub(crate) fn keys_of(fields: &[FieldData], key: &Field) -> Vec<Datum> {
    let Some(field) = fields.iter().find(|field| field.field_name == key.name) else {
        return Vec::new();
    };
    datum::column(field.clone(), datum::rows(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, dynamic_books, longs, name};
    use crate::execute::read::outputs::OutputField;
    use crate::outcome::{Column, Type};

    fn read<'a>(collection: &'a Collection, table: &'a Name, expr: &str) -> Read<'a> {
        let partitions = Vec::new();
        Read { collection, table, partitions, expr: expr.to_string(), rest: None, level: None }
    }

    #[test]
    fn the_next_page_begins_behind_a_key() {
        let (books, table) = (books(), name("books"));
        let key = books.primary().expect("a key");
        let last = Datum::Int(7);
        assert_eq!(read(&books, &table, "").behind(key, &last), "id > 7");
        assert_eq!(
            read(&books, &table, "a == 1 or b == 2").behind(key, &last),
            "(a == 1 or b == 2) and id > 7"
        );
        let last = Datum::Text("a\"b".to_string());
        assert_eq!(read(&books, &table, "").behind(key, &last), r#"id > "a\"b""#);
    }

    #[test]
    fn a_key_that_does_not_advance_ends_the_reading() {
        let keys = |keys: &[i64]| keys.iter().copied().map(Datum::Int).collect::<Vec<_>>();
        assert!(ascend(None, &[]) && ascend(Some(&Datum::Int(3)), &keys(&[4, 9])));
        for (last, page) in [(4, vec![4, 5]), (5, vec![4]), (3, vec![9, 8])] {
            assert!(!ascend(Some(&Datum::Int(last)), &keys(&page)), "{page:?}");
        }
    }

    #[test]
    fn every_row_has_a_key() {
        let key = |data_type| every_key(&Field { data_type, ..Field::named("id") });
        assert_eq!(key(DataType::Int64), "id >= 0 or id < 0");
        assert_eq!(key(DataType::VarChar), "id >= \"\"");
    }

    #[test]
    fn pages_are_as_long_as_their_rows_allow() {
        let (books, table) = (books(), name("books"));
        let all = read(&books, &table, "");
        assert_eq!(all.page(&Outputs::none()), WINDOW, "no longer than Milvus's window");
        let wide = Collection {
            fields: vec![Field {
                data_type: DataType::FloatVector,
                dim: 32_768,
                ..Field::named("v")
            }],
            ..books.clone()
        };
        let page = read(&wide, &table, "").page(&Outputs::all());
        assert!((100..=128).contains(&page), "{page} rows of 128 KiB");
        let names = ["v".to_string(), "color".to_string()];
        assert_eq!(row_bytes(&books, &names), 8 + 16);
        assert_eq!(row_bytes(&dynamic_books(), &names), 8 + 512 + 16);
    }

    #[test]
    fn rows_are_in_the_order_of_their_keys() {
        let books = books();
        let key = books.primary().expect("a key");
        let reply = [longs("year", &[10, 30, 20]), longs("id", &[1, 3, 2])];
        assert_eq!(keys_of(&reply, key), [1, 3, 2].map(Datum::Int));
        assert!(keys_of(&reply[..1], key).is_empty());
        let rows = vec![vec![Datum::Int(10)], vec![Datum::Int(30)], vec![Datum::Int(20)]];
        let mut table = Table::new(vec![Column::new("year", Type::Int)], rows.clone());
        sort_by_keys(&mut table, keys_of(&reply, key));
        assert_eq!(table.rows.concat(), [10, 20, 30].map(Datum::Int));
        // a reply without keys stays as it came
        let mut table = Table::new(vec![Column::new("year", Type::Int)], rows.clone());
        sort_by_keys(&mut table, Vec::new());
        assert_eq!(table.rows, rows);
    }

    #[test]
    fn the_key_is_read_along_once() {
        let books = books();
        let key = books.primary().expect("a key");
        assert_eq!(with_key(&Outputs::all(), key), ["*"]);
        let year = Outputs::of_fields(vec![OutputField::whole("year")]);
        assert_eq!(with_key(&year, key), ["year", "id"]);
        let id = Outputs::of_fields(vec![OutputField::whole("id")]);
        assert_eq!(with_key(&id, key), ["id"]);
    }
}
