//! Rows written and deleted.

use std::collections::HashSet;

use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::field_partial_update_op::OpType;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    DataType, FieldData, FunctionSchema, IDs, JsonArray, LongArray, ScalarField, SparseFloatArray,
    StringArray, VectorField,
};
use serde_json::{Map, Value};

use crate::catalog::{Collection, DEFAULT_PARTITION};
use crate::error::{Error, Kind, Result, success};
use crate::expr;
use crate::schema::{Field, Schema};
use crate::search::texts::{FieldAnalyzer, FieldTexts};
use crate::segment::bits::Bits;
use crate::segment::column::{Cell, Column};
use crate::segment::{Key, Segment, ids};
use crate::service::Context;
use crate::service::{fill, structs};
use crate::{time, zone};

pub(crate) fn insert(
    context: &mut Context<'_>,
    request: pb::InsertRequest,
) -> Result<pb::MutationResult> {
    numbered(context, |context| insert_rows(context, request))
}

fn insert_rows(
    context: &mut Context<'_>,
    request: pb::InsertRequest,
) -> Result<pb::MutationResult> {
    let rows = row_count(request.num_rows)?;
    let first_id = context.catalog.reserve(rows);
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let mut fields = structs::flattened(&collection.schema, request.fields_data, true)?;
    time::columns::read(&collection.schema, &mut fields, zone::of(&collection.properties))?;
    let sent = Sent { fields, rows, upsert: false };
    let columns = columns(&collection.schema, &sent, None, first_id)?;
    check_shapes(&collection.schema, &columns, context.is_again)?;
    let partitions = partitions(collection, &request.partition_name, &columns, rows)?;
    let first = collection.segment.rows();
    collection.segment.append(&columns, &partitions);
    collection.segment.stamp(context.timestamp);
    let keys = (first..first + rows).filter_map(|row| collection.segment.key(row));
    Ok(pb::MutationResult {
        status: Some(success()),
        i_ds: Some(ids(keys)),
        succ_index: (0..request.num_rows).collect(),
        insert_cnt: rows as i64,
        timestamp: context.timestamp,
        ..Default::default()
    })
}

pub(crate) fn upsert(
    context: &mut Context<'_>,
    request: pb::UpsertRequest,
) -> Result<pb::MutationResult> {
    numbered(context, |context| upsert_rows(context, request))
}

fn upsert_rows(
    context: &mut Context<'_>,
    request: pb::UpsertRequest,
) -> Result<pb::MutationResult> {
    if let Some(op) = request.field_ops.iter().find(|op| op.op() != OpType::Replace) {
        return Err(Error::new(
            Kind::NotSupported,
            format!("{} of field {} is not there", op.op().as_str_name(), op.field_name),
        ));
    }
    let rows = row_count(request.num_rows)?;
    let first_id = context.catalog.reserve(rows);
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let whole = !request.partial_update;
    let mut fields = structs::flattened(&collection.schema, request.fields_data, whole)?;
    time::columns::read(&collection.schema, &mut fields, zone::of(&collection.properties))?;
    let sent = Sent { fields, rows, upsert: true };
    let keys = keys_of(&collection.schema, &sent)?;
    let distinct: HashSet<&Key> = keys.iter().collect();
    if distinct.len() < keys.len() {
        return Err(Error::invalid("duplicate primary keys are not allowed in the same batch"));
    }
    let there: Vec<Option<usize>> = match request.partial_update {
        true => {
            let live = collection.live(context.timestamp);
            let found = |key: &Key| collection.segment.find(key).filter(|row| live.get(*row));
            keys.iter().map(found).collect()
        }
        false => Vec::new(),
    };
    let before = request.partial_update.then_some((&collection.segment, there.as_slice()));
    let columns = columns(&collection.schema, &sent, before, first_id)?;
    check_shapes(&collection.schema, &columns, context.is_again)?;
    let partitions = partitions(collection, &request.partition_name, &columns, rows)?;
    for key in &keys {
        collection.segment.delete(key, None);
    }
    collection.segment.append(&columns, &partitions);
    collection.segment.stamp(context.timestamp);
    Ok(pb::MutationResult {
        status: Some(success()),
        i_ds: Some(ids(keys)),
        succ_index: (0..request.num_rows).collect(),
        insert_cnt: rows as i64,
        upsert_cnt: rows as i64,
        timestamp: context.timestamp,
        ..Default::default()
    })
}

/// What was acknowledged is done again, whatever it was.
fn check_shapes(schema: &Schema, columns: &[Column], is_again: bool) -> Result<()> {
    let shapes = schema.fields.iter().zip(columns);
    let mut shapes = shapes.filter(|(field, _)| field.data_type == DataType::Geometry);
    match is_again {
        true => Ok(()),
        false => shapes.try_for_each(|(_, column)| column.check_shapes()),
    }
}

/// Gives the numbers back that were reserved for rows of a request with a mistake: as many as it
/// says, which may be hours ahead of the clock, and the log would know nothing of them.
fn numbered<'a>(
    context: &mut Context<'a>,
    write: impl FnOnce(&mut Context<'a>) -> Result<pb::MutationResult>,
) -> Result<pb::MutationResult> {
    let before = context.catalog.last_timestamp;
    let answered = write(context);
    if answered.is_err() {
        context.catalog.last_timestamp = before;
    }
    answered
}

pub(crate) fn delete(
    context: &mut Context<'_>,
    request: pb::DeleteRequest,
) -> Result<pb::MutationResult> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    if request.expr.trim().is_empty() {
        let kind = Kind::ParameterInvalid;
        let what = "[expected=valid expr][actual=empty expr]";
        return Err(Error::plain(kind, format!("invalid expression: invalid parameter{what}")));
    }
    let entries = request.expr_template_values.iter();
    let templates = expr::templates(entries.map(|one| (one.key.as_str(), one.value.as_ref())))?;
    let filter = expr::parse(&request.expr)
        .and_then(|filter| {
            filter.in_zone(zone::of(&collection.properties)).typed(&collection.schema, &templates)
        })
        .map_err(|error| Error::invalid(format!("failed to create delete plan: {error}")))?;
    if filter.is_always() {
        return Err(Error::invalid(format!(
            "delete plan can't be empty or always true: {}",
            request.expr
        )));
    }
    let partitions = match request.partition_name.as_str() {
        "" => None,
        name => Some(vec![collection.partition(name)?.number]),
    };
    let keys: Vec<Key> = match filter.keys() {
        Some(keys) => keys.to_vec(),
        None => {
            collection.readable()?;
            let segment = &collection.segment;
            let texts = FieldTexts::new(collection)?;
            let mut rows: Bits = filter.matches(segment, 0..segment.rows(), &texts);
            rows.and(&collection.live(context.timestamp));
            if let Some(numbers) = &partitions {
                rows.and(&segment.in_partitions(numbers));
            }
            rows.ones().filter_map(|row| segment.key(row)).collect()
        }
    };
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let mut deleted = 0;
    for key in &keys {
        deleted += collection.segment.delete(key, partitions.as_deref());
    }
    Ok(pb::MutationResult {
        status: Some(success()),
        // Milvus says how many, and never which
        i_ds: Some(IDs::default()),
        delete_cnt: deleted as i64,
        timestamp: context.timestamp,
        ..Default::default()
    })
}

/// The columns of a request.
struct Sent {
    fields: Vec<FieldData>,
    rows: usize,
    upsert: bool,
}

impl Sent {
    fn find(&self, field: &Field) -> Option<&FieldData> {
        self.fields.iter().find(|sent| match field.is_dynamic() {
            true => sent.is_dynamic || sent.field_name == field.name,
            false => !sent.is_dynamic && sent.field_name == field.name,
        })
    }
}

fn row_count(rows: u32) -> Result<usize> {
    match rows {
        0 => Err(Error::invalid("num_rows should be greater than 0")),
        rows => Ok(rows as usize),
    }
}

/// A column for each field of the schema. A partial upsert takes what it leaves out from the rows
/// that are there.
fn columns(
    schema: &Schema,
    sent: &Sent,
    before: Option<(&Segment, &[Option<usize>])>,
    first_id: i64,
) -> Result<Vec<Column>> {
    let mut names = HashSet::new();
    for data in &sent.fields {
        let name = if data.is_dynamic { "$meta" } else { &data.field_name };
        if !names.insert(name) {
            return Err(Error::invalid(format!("duplicated field {name} found")));
        }
        if !data.is_dynamic && schema.find(&data.field_name).is_none() {
            return Err(Error::invalid(format!(
                "field {} does not exist in the schema",
                data.field_name
            )));
        }
    }
    // as many rows as are said are sent, before anything is made for so many
    let given = schema
        .fields
        .iter()
        .map(|field| sent.find(field).map(|data| given(field, data, sent)).transpose())
        .collect::<Result<Vec<Option<Column>>>>()?;
    if given.iter().all(Option::is_none) {
        return Err(Error::invalid("no field of the rows is passed in"));
    }
    let mut columns = Vec::with_capacity(schema.fields.len());
    for (index, (field, given)) in schema.fields.iter().zip(given).enumerate() {
        let message = &field.message;
        let column = match (given, before) {
            (Some(column), Some((segment, there))) if field.is_dynamic() => {
                joined(field, segment.column(index), there, column)?
            }
            (Some(column), _) => column,
            // when its input is there
            (None, _) if message.is_function_output => Column::new(field),
            (None, _) if message.auto_id && !sent.upsert => made_keys(field, first_id, sent.rows)?,
            (None, Some((segment, there))) => kept(field, index, segment, there)?,
            (None, None) => fill::missing(field, sent.rows)?,
        };
        columns.push(column);
    }
    structs::check_counts(schema, &columns, sent.rows)?;
    run_functions(schema, &mut columns, sent.rows)?;
    Ok(columns)
}

/// A column that was sent, with its defaults.
fn given(field: &Field, data: &FieldData, sent: &Sent) -> Result<Column> {
    if field.message.is_function_output {
        let name = &field.name;
        return Err(Error::invalid(format!("cannot pass data of function output field: {name}")));
    }
    if field.message.auto_id && !sent.upsert {
        let name = &field.name;
        return Err(Error::invalid(format!(
            "the autoid field {name} is filled by the server: leave it out"
        )));
    }
    fill::with_defaults(field, data, sent.rows)
}

fn keys_of(schema: &Schema, sent: &Sent) -> Result<Vec<Key>> {
    let field = schema.primary_field();
    let data = sent.find(field).ok_or_else(|| {
        Error::invalid(format!(
            "fieldSchema({}) has no corresponding fieldData pass in",
            field.name
        ))
    })?;
    let column = Column::from_field_data(field, data, sent.rows)?;
    Ok((0..sent.rows)
        .filter_map(|row| match column.cell(row) {
            Cell::Int(key) => Some(Key::Int(key)),
            Cell::Text(key) => Some(Key::Text(key.into())),
            _ => None,
        })
        .collect())
}

/// What the rows have in a field that an upsert leaves out.
fn kept(field: &Field, index: usize, segment: &Segment, there: &[Option<usize>]) -> Result<Column> {
    let mut column = Column::new(field);
    for row in there {
        match (row, segment.column(index)) {
            (Some(row), Some(from)) => column.append(&from.select(field, &[*row])),
            _ => column.append(&fill::missing(field, 1)?),
        }
    }
    Ok(column)
}

/// Dynamic fields of a partial upsert: keys that it leaves out stay.
fn joined(
    field: &Field,
    before: Option<&Column>,
    there: &[Option<usize>],
    sent: Column,
) -> Result<Column> {
    let object = |cell: Cell<'_>| match cell {
        Cell::Json(text) => serde_json::from_slice::<Map<String, Value>>(text).ok(),
        _ => None,
    };
    let data = there
        .iter()
        .enumerate()
        .map(|(row, place)| {
            let before = before.zip(*place).and_then(|(column, row)| object(column.cell(row)));
            let mut both = before.unwrap_or_default();
            both.extend(object(sent.cell(row)).unwrap_or_default());
            Value::Object(both).to_string().into_bytes()
        })
        .collect();
    let data = Some(Scalars::JsonData(JsonArray { data }));
    let data =
        FieldData { field: Some(Columns::Scalars(ScalarField { data })), ..Default::default() };
    Column::from_field_data(field, &data, there.len())
}

fn made_keys(field: &Field, first_id: i64, rows: usize) -> Result<Column> {
    let keys = (0..rows as i64).map(|row| first_id + row);
    let data = match field.data_type {
        DataType::VarChar => {
            Scalars::StringData(StringArray { data: keys.map(|key| key.to_string()).collect() })
        }
        _ => Scalars::LongData(LongArray { data: keys.collect() }),
    };
    let field_data = Some(Columns::Scalars(ScalarField { data: Some(data) }));
    Column::from_field_data(field, &FieldData { field: field_data, ..Default::default() }, rows)
}

/// Fills what BM25 functions make of texts.
fn run_functions(schema: &Schema, columns: &mut [Column], rows: usize) -> Result<()> {
    for function in &schema.message.functions {
        if let Some((to, column)) = generated(schema, function, columns, rows)?
            && let Some(place) = columns.get_mut(to)
        {
            *place = column;
        }
    }
    Ok(())
}

/// What a BM25 function makes of the texts of rows, and the place of the field that it fills.
pub(crate) fn generated(
    schema: &Schema,
    function: &FunctionSchema,
    columns: &[Column],
    rows: usize,
) -> Result<Option<(usize, Column)>> {
    let (Some(input), Some(output)) =
        (function.input_field_names.first(), function.output_field_names.first())
    else {
        return Ok(None);
    };
    let ((from, text), (to, vector)) = (schema.field(input)?, schema.field(output)?);
    let analyzer = FieldAnalyzer::new(text)?;
    let by = analyzer.by_field().map(|name| schema.field(name)).transpose()?.map(|(by, _)| by);
    let cell = |column: usize, row: usize| columns.get(column).map(|column| column.cell(row));
    let contents = (0..rows)
        .map(|row| {
            let Some(Cell::Text(text)) = cell(from, row) else { return Vec::new() };
            let name = match by.and_then(|by| cell(by, row)) {
                Some(Cell::Text(name)) => name,
                _ => "",
            };
            analyzer.named(name).vector(text)
        })
        .map(|terms| {
            terms
                .into_iter()
                .flat_map(|(term, count)| [term.to_le_bytes(), count.to_le_bytes()].concat())
                .collect()
        })
        .collect();
    let data = Some(Vectors::SparseFloatVector(SparseFloatArray { contents, dim: 0 }));
    let sent = FieldData {
        field: Some(Columns::Vectors(VectorField { dim: 0, data })),
        ..Default::default()
    };
    Ok(Some((to, Column::from_field_data(vector, &sent, rows)?)))
}

/// The partition of each row: of its partition key, or the one that is named.
fn partitions(
    collection: &Collection,
    name: &str,
    columns: &[Column],
    rows: usize,
) -> Result<Vec<u32>> {
    let Some((index, _)) = collection.schema.partition_key() else {
        let name = if name.is_empty() { DEFAULT_PARTITION } else { name };
        return Ok(vec![collection.partition(name)?.number; rows]);
    };
    if !name.is_empty() {
        return Err(Error::invalid(
            "not support manually specifying the partition names if partition key mode is used",
        ));
    }
    let count = collection.partitions.len().max(1) as u64;
    let number = |row| {
        let hash = match columns.get(index).map(|column| column.cell(row)) {
            Some(Cell::Int(key)) => hash(&key.to_le_bytes()),
            Some(Cell::Text(key)) => hash(key.as_bytes()),
            _ => 0,
        };
        (hash % count) as u32
    };
    Ok((0..rows).map(number).collect())
}

/// FNV-1a, 64 bits: the same partition for a key always.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
