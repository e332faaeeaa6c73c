//! Rows by a filter, in an order, or in groups.

use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::{DataType, FieldData, LongArray, ScalarField};

use crate::catalog::Collection;
use crate::error::{Error, Result, success};
use crate::expr;
use crate::outputs::Outputs;
use crate::schema::param;
use crate::search::texts::FieldTexts;
use crate::segment::bits::Bits;
use crate::service::Context;
use crate::service::aggregate::Grouping;
use crate::service::order::Order;
use crate::time::columns::Told;

/// The most rows that one request reads.
const WINDOW: usize = 16_384;

const COUNT: &str = "count(*)";

pub(crate) fn query(
    context: &mut Context<'_>,
    request: pb::QueryRequest,
) -> Result<pb::QueryResults> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    let told = Told::new(&request.query_params, &collection.properties)?;
    let bounds @ (limit, offset) = bounds(&request.query_params)?;
    let entries = request.expr_template_values.iter();
    let templates = expr::templates(entries.map(|one| (one.key.as_str(), one.value.as_ref())))?;
    let filter = expr::parse(&request.expr)
        .and_then(|filter| filter.in_zone(told.zone()).typed(&collection.schema, &templates))
        .map_err(|error| Error::invalid(format!("failed to create query plan: {error}")))?;
    let order = param(&request.query_params, "order_by_fields");
    let order = Order::new(&collection.schema, order)?;
    if order.is_some() && limit.is_none() {
        return Err(Error::invalid("ORDER BY requires explicit limit"));
    }
    let iterates = param(&request.query_params, "iterator").is_some_and(|flag| flag == "True");
    if order.is_some() && iterates {
        return Err(Error::invalid("ORDER BY with iterator is not supported"));
    }
    let by = param(&request.query_params, "group_by_fields");
    let names = &request.output_fields;
    let grouping = Grouping::new(&collection.schema, by, names, order.as_ref())?;
    if grouping.is_none() && request.expr.trim().is_empty() && limit.is_none() {
        return Err(Error::invalid("empty expression should be used with limit"));
    }
    if by.is_none() && limit.is_some() && names.iter().any(|name| name == COUNT) {
        return Err(Error::invalid("count entities with pagination is not allowed"));
    }
    let outputs = match grouping {
        Some(_) => None,
        None => Some(Outputs::new(&collection.schema, names)?.with_key(&collection.schema)),
    };
    // after everything that the request says wrong by itself, as Milvus's proxy has it
    let partitions = collection.readable_partitions(&request.partition_names)?;
    let segment = &collection.segment;
    let moment = context.pace.moment(context.timestamp);
    let filter = filter.at(moment);
    let mut rows: Bits = match filter.keys() {
        Some(keys) => {
            let mut rows = Bits::filled(segment.rows(), false);
            keys.iter().filter_map(|key| segment.find(key)).for_each(|row| rows.set(row, true));
            rows
        }
        None if filter.is_always() => Bits::filled(segment.rows(), true),
        None => {
            let texts = FieldTexts::new(collection)?;
            context.pace.filter(segment.rows(), filter.step(), |rows| {
                filter.matches(segment, rows, &texts)
            })?
        }
    };
    rows.and(&collection.live(moment));
    if let Some(numbers) = &partitions {
        rows.and(&segment.in_partitions(numbers));
    }
    let reply = pb::QueryResults {
        status: Some(success()),
        collection_name: collection.name.clone(),
        session_ts: moment,
        primary_field_name: collection.schema.primary_field().name.clone(),
        ..Default::default()
    };
    if let Some(grouping) = grouping {
        let mut fields_data = match (names.as_slice(), by) {
            ([name], None) if name == COUNT => vec![count(rows.count())],
            _ => grouping.answer(collection, rows.ones(), order.as_ref(), bounds)?,
        };
        told.tell(&mut fields_data)?;
        return Ok(pb::QueryResults { fields_data, output_fields: request.output_fields, ..reply });
    }
    let Some(outputs) = outputs else { return Ok(reply) };
    if filter.element_column().is_some() {
        let page = page(collection, segment.newest(rows), order.as_ref(), (None, 0));
        let texts = FieldTexts::new(collection)?;
        let elements = filter.elements(segment, &page, &texts).unwrap_or_default();
        let (rows, element_indices) = elements_page(page, elements, bounds);
        return Ok(pb::QueryResults {
            fields_data: outputs.gather(&collection.schema, segment, &rows),
            output_fields: outputs.names,
            element_indices,
            ..reply
        });
    }
    let page = page(collection, segment.newest(rows), order.as_ref(), (limit, offset));
    let mut fields_data = outputs.gather(&collection.schema, segment, &page);
    told.tell(&mut fields_data)?;
    Ok(pb::QueryResults { fields_data, output_fields: outputs.names, ..reply })
}

/// The rows from the offset on: in the order of their keys, or in the one that is asked for with
/// that among equals.
fn page(
    collection: &Collection,
    rows: Bits,
    order: Option<&Order>,
    (limit, offset): (Option<usize>, usize),
) -> Vec<usize> {
    let segment = &collection.segment;
    let mut keyed: Vec<_> = rows.ones().filter_map(|row| Some((segment.key(row)?, row))).collect();
    keyed.sort_unstable();
    if let Some(order) = order {
        keyed.sort_by(|(_, a), (_, b)| order.compare(segment, *a, *b));
    }
    let rows = keyed.into_iter().map(|(_, row)| row).skip(offset);
    rows.take(limit.unwrap_or(usize::MAX)).collect()
}

/// The elements from the offset on, so many, and the rows that they are in.
fn elements_page(
    rows: Vec<usize>,
    elements: Vec<Vec<usize>>,
    (limit, offset): (Option<usize>, usize),
) -> (Vec<usize>, Vec<pb::ElementIndices>) {
    let (mut skip, mut left) = (offset, limit.unwrap_or(usize::MAX));
    let part = |elements: Vec<usize>| {
        let before = skip.min(elements.len());
        let some: Vec<i64> =
            elements.into_iter().skip(before).take(left).map(|at| at as i64).collect();
        (skip, left) = (skip - before, left - some.len());
        some
    };
    let parts = rows.into_iter().zip(elements.into_iter().map(part));
    let indices = |data| pb::ElementIndices { indices: Some(LongArray { data }) };
    parts.filter(|(_, part)| !part.is_empty()).map(|(row, part)| (row, indices(part))).unzip()
}

/// LIMIT and OFFSET as they are written.
fn bounds(params: &[KeyValuePair]) -> Result<(Option<usize>, usize)> {
    let read = |key: &str| match param(params, key) {
        None => Ok(None),
        Some(text) => text
            .trim()
            .parse::<i64>()
            .map(Some)
            .map_err(|_| Error::invalid(format!("{key} [{text}] is invalid"))),
    };
    let limit = read("limit")?.filter(|limit| *limit != -1);
    // an offset without a limit is read over, as in Milvus
    let Some(limit) = limit else { return Ok((None, 0)) };
    let offset = read("offset")?.unwrap_or(0);
    if offset < 0 {
        return Err(Error::invalid(format!("offset [{offset}] is invalid, should be gte than 0")));
    }
    if limit <= 0 {
        return Err(Error::invalid(format!(
            "limit [{limit}] is invalid, should be greater than 0"
        )));
    }
    let (limit, offset) = (limit as usize, offset as usize);
    if limit.saturating_add(offset) > WINDOW {
        return Err(Error::invalid(format!(
            "(offset+limit) should be in range [1, {WINDOW}], but got {}",
            limit.saturating_add(offset)
        )));
    }
    Ok((Some(limit), offset))
}

fn count(rows: usize) -> FieldData {
    let data = Some(Scalars::LongData(LongArray { data: vec![rows as i64] }));
    FieldData {
        r#type: DataType::Int64.into(),
        field_name: COUNT.to_string(),
        field: Some(Columns::Scalars(ScalarField { data })),
        ..Default::default()
    }
}
