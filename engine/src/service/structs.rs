//! Arrays of structs in a request: their fields as columns of their own, checked as Milvus's proxy
//! does, and columns of them in a collection that is there.

use milvus_proto::common::Status;
use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::{FieldData, StructArrayFieldSchema};

use crate::catalog::Collection;
use crate::error::{Error, Result, success};
use crate::schema::Schema;
use crate::schema::structs::{Struct, column_name, field_name};
use crate::segment::column::Column;
use crate::service::Context;
use crate::service::fill;

/// The columns of a request, those of arrays of structs among them. A `whole` row has all that
/// cannot be NULL.
pub(crate) fn flattened(
    schema: &Schema,
    fields: Vec<FieldData>,
    whole: bool,
) -> Result<Vec<FieldData>> {
    let missing = |each: &Struct<'_>| {
        !each.message.nullable && fields.iter().all(|sent| sent.field_name != each.message.name)
    };
    let missing = schema.structs().find(|each| whole && missing(each));
    let missing = missing.map(|each| each.message.name.clone());
    let mut flat = Vec::with_capacity(fields.len());
    for sent in fields {
        match schema.find_struct(&sent.field_name).filter(|_| !sent.is_dynamic) {
            Some(found) => flatten(schema, found.message, sent, &mut flat)?,
            None => {
                let inside = |column: usize| {
                    schema.fields.get(column).is_some_and(|field| field.name == sent.field_name)
                };
                if schema.structs().flat_map(|each| each.columns).any(inside) {
                    return Err(Error::invalid(format!(
                        "fieldName {} not exist in collection schema, fieldType {}, fieldId {}",
                        sent.field_name,
                        sent.r#type().as_str_name(),
                        sent.field_id
                    )));
                }
                flat.push(sent);
            }
        }
    }
    match missing {
        Some(name) => Err(Error::invalid(format!(
            "required struct array field '{name}' is missing in insert data"
        ))),
        None => Ok(flat),
    }
}

fn flatten(
    schema: &Schema,
    array: &StructArrayFieldSchema,
    sent: FieldData,
    flat: &mut Vec<FieldData>,
) -> Result<()> {
    let (name, collection) = (&array.name, &schema.message.name);
    let wrong = |words: String| Err(Error::invalid(words));
    let Some(Columns::StructArrays(mut columns)) = sent.field else {
        return wrong(format!(
            "field convert FieldData_StructArrays fail in fieldData, fieldName: {name}, \
             collectionName:{collection}"
        ));
    };
    let fields = &mut columns.fields;
    if fields.len() != array.fields.len() {
        return wrong(format!(
            "length of fields of struct field mismatch length of the fields in schema, fieldName: \
             {name}, collectionName:{collection}, fieldData fields length:{}, schema fields \
             length:{}",
            fields.len(),
            array.fields.len()
        ));
    }
    for field in fields.iter_mut() {
        field.field_name = field_name(name, &field.field_name).to_string();
        if array.fields.iter().all(|known| known.name != field.field_name) {
            return wrong(format!(
                "sub-field '{}' not found in struct schema '{name}'",
                field.field_name
            ));
        }
    }
    match fields.iter().filter(|field| has_data(field)).count() {
        // as if it were left out
        0 => {
            let claims = |field: &FieldData| field.valid_data.iter().position(|valid| *valid);
            let found = fields.iter().find_map(|field| Some((&field.field_name, claims(field)?)));
            return match found {
                Some((field, row)) => wrong(format!(
                    "sub-field '{field}' in struct '{name}' claims row {row} is valid but no \
                     payload is provided"
                )),
                None => Ok(()),
            };
        }
        there if there < fields.len() => {
            return wrong(format!(
                "inconsistent sub-field data in struct '{name}': {there} of {} sub-fields have \
                 data, all must be present or all absent",
                fields.len()
            ));
        }
        _ => {}
    }
    if array.nullable {
        check_flags(name, fields)?;
    }
    flat.extend(
        columns
            .fields
            .into_iter()
            .map(|field| FieldData { field_name: column_name(name, &field.field_name), ..field }),
    );
    Ok(())
}

/// Whether there is more of a column than its name.
fn has_data(field: &FieldData) -> bool {
    match &field.field {
        Some(Columns::Scalars(scalars)) => scalars.data.is_some(),
        Some(Columns::Vectors(vectors)) => vectors.data.is_some(),
        Some(Columns::StructArrays(_)) | None => false,
    }
}

/// A row is NULL in all fields of a struct or in none.
fn check_flags(name: &str, fields: &[FieldData]) -> Result<()> {
    let Some((first, others)) = fields.split_first() else { return Ok(()) };
    let (known, flags) = (&first.field_name, &first.valid_data);
    for FieldData { field_name, valid_data, .. } in others {
        if flags.len() != valid_data.len() {
            return Err(Error::invalid(format!(
                "sub-field ValidData length mismatch in struct '{name}': '{known}' has {}, \
                 '{field_name}' has {}",
                flags.len(),
                valid_data.len()
            )));
        }
        let pairs = flags.iter().zip(valid_data).enumerate();
        if let Some((row, (a, b))) = pairs.into_iter().find(|(_, (a, b))| a != b) {
            return Err(Error::invalid(format!(
                "sub-field ValidData mismatch in struct '{name}' at row {row}: '{known}'={a}, \
                 '{field_name}'={b}"
            )));
        }
    }
    Ok(())
}

/// Checks that the fields of a struct are as long as each other in each row.
pub(crate) fn check_counts(schema: &Schema, columns: &[Column], rows: usize) -> Result<()> {
    for each in schema.structs() {
        let inside = columns.get(each.columns).unwrap_or_default();
        let Some((first, others)) = inside.split_first() else { continue };
        for (column, field) in others.iter().zip(each.message.fields.iter().skip(1)) {
            let differs = |row: &usize| first.elements(*row) != column.elements(*row);
            if let Some(row) = (0..rows).find(differs) {
                let known = each.message.fields.first().map_or("", |field| &field.name);
                return Err(Error::invalid(format!(
                    "inconsistent struct element count in struct '{}' at row {row}: '{known}' has \
                     {}, '{}' has {}",
                    each.message.name,
                    first.elements(row).unwrap_or(0),
                    field.name,
                    column.elements(row).unwrap_or(0)
                )));
            }
        }
    }
    Ok(())
}

/// Adds an array of structs that is NULL in the rows that are there.
pub(crate) fn add(
    context: &mut Context<'_>,
    request: pb::AddCollectionStructFieldRequest,
) -> Result<Status> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    let message = request.struct_array_field_schema;
    let message = message.ok_or_else(|| Error::invalid("struct array field schema is nil"))?;
    let rows = collection.segment.rows();
    let columns = collection.schema.add_struct(message)?;
    for index in columns {
        let Some(field) = collection.schema.fields.get(index) else { continue };
        let column = fill::missing(field, rows)?;
        collection.segment.insert_column(index, column);
    }
    collection.updated = context.timestamp;
    Ok(success())
}

/// Takes an array of structs away, with its columns and their indexes. False: there is none.
pub(crate) fn drop(collection: &mut Collection, name: &str) -> Result<bool> {
    let schema = &collection.schema;
    let inside = |each: &Struct<'_>| {
        let fields = each.columns.clone().filter_map(|column| schema.fields.get(column));
        let part = fields.map(|field| field.name.as_str()).find(|part| *part == name);
        part.map(|part| {
            let array = &each.message.name;
            format!("{array}.{}", field_name(array, part))
        })
    };
    if let Some(part) = schema.structs().find_map(|each| inside(&each)) {
        return Err(Error::invalid(format!("cannot drop sub-field of struct array field: {part}")));
    }
    let Some(found) = schema.find_struct(name) else { return Ok(false) };
    let columns = found.columns;
    if schema.vectors().all(|(column, _)| columns.contains(&column)) {
        return Err(Error::invalid(format!(
            "cannot drop struct array field {name}: it would leave no vector field in the \
             collection"
        )));
    }
    for (column, removed) in collection.schema.remove_struct(name).into_iter().rev() {
        collection.segment.remove_column(column);
        collection.indexes.retain(|index| index.field != removed);
    }
    Ok(true)
}
