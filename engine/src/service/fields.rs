//! Fields that come and go: functions with what they fill, fields that are dropped.

use milvus_proto::milvus as pb;
use milvus_proto::milvus::alter_collection_schema_request::action::Op;
use milvus_proto::milvus::alter_collection_schema_request::drop_request::Identifier;
use milvus_proto::milvus::alter_collection_schema_request::{AddRequest, DropRequest};
use milvus_proto::schema::{FieldSchema, FunctionSchema};

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result, success};
use crate::lifetime;
use crate::service::{Context, define, structs, write};

pub(crate) fn alter(
    context: &mut Context<'_>,
    request: pb::AlterCollectionSchemaRequest,
) -> Result<pb::AlterCollectionSchemaResponse> {
    let collection = context.catalog.collection_mut(&request.db_name, &request.collection_name)?;
    match request.action.and_then(|action| action.op) {
        Some(Op::AddRequest(added)) => add(collection, added)?,
        Some(Op::DropRequest(dropped)) => drop(collection, dropped)?,
        None => {
            return Err(Error::invalid("unknown action type in alter collection schema request"));
        }
    }
    collection.updated = context.timestamp;
    Ok(pb::AlterCollectionSchemaResponse { alter_status: Some(success()) })
}

fn add(collection: &mut Collection, added: AddRequest) -> Result<()> {
    let mut fields = added.field_infos.into_iter().filter_map(|info| info.field_schema);
    match (fields.next(), added.func_schema.into_iter().next(), fields.next()) {
        (Some(field), None, None) => define::add(collection, field),
        (Some(field), Some(function), None) => add_generated(collection, field, function),
        _ => Err(Error::invalid("one field at a time is added, with its function or without one")),
    }
}

/// A field, and the function that fills it: for the rows that are there too.
fn add_generated(
    collection: &mut Collection,
    field: FieldSchema,
    function: FunctionSchema,
) -> Result<()> {
    if function.output_field_names.as_slice() != [field.name.clone()] {
        return Err(Error::invalid(format!(
            "function {} should have field {} as its only output",
            function.name, field.name
        )));
    }
    let index = collection.schema.add_generated(field, function.clone())?;
    let rows = collection.segment.rows();
    let column = write::generated(&collection.schema, &function, &collection.segment.columns, rows);
    if let Some((_, column)) = column? {
        collection.segment.insert_column(index, column);
    }
    Ok(())
}

fn drop(collection: &mut Collection, dropped: DropRequest) -> Result<()> {
    match dropped.identifier {
        Some(Identifier::FieldName(name)) => drop_field(collection, &name),
        Some(Identifier::FieldId(id)) => {
            let fields = &collection.schema.fields;
            let named = fields.iter().find(|field| field.message.field_id == id);
            let mut arrays = collection.schema.message.struct_array_fields.iter();
            let name = named.map(|field| field.name.clone()).or_else(|| {
                arrays.find(|array| array.field_id == id).map(|array| array.name.clone())
            });
            let missing = || Error::invalid(format!("field not found with id: {id}"));
            drop_field(collection, &name.ok_or_else(missing)?)
        }
        Some(Identifier::FunctionName(name)) => {
            drop_function(collection, &name, dropped.drop_function_output_fields)
        }
        None => Err(Error::new(
            Kind::ParameterMissing,
            "drop request must specify field_name, field_id, or function_name",
        )),
    }
}

fn drop_field(collection: &mut Collection, name: &str) -> Result<()> {
    let wrong = |words: String| Err(Error::invalid(words));
    if structs::drop(collection, name)? {
        return Ok(());
    }
    let schema = &collection.schema;
    let Some((_, field)) = schema.find(name) else {
        return wrong(format!("field not found: {name}"));
    };
    if lifetime::ends_rows(&collection.properties, name) {
        return wrong(format!(
            "cannot drop field {name} because it is referenced by collection property ttl_field, \
             drop the property first"
        ));
    }
    let message = &field.message;
    let kept = [
        (message.is_primary_key, "primary key"),
        (message.is_partition_key, "partition key"),
        (message.is_clustering_key, "clustering key"),
    ];
    if let Some((_, what)) = kept.iter().find(|(is, _)| *is) {
        return wrong(format!("cannot drop {what} field: {name}"));
    }
    if field.is_dynamic() {
        return wrong(format!(
            "cannot drop dynamic field: {name}, use AlterCollection to disable dynamic schema \
             instead"
        ));
    }
    if field.is_vector() && schema.vectors().count() <= 1 {
        return wrong(format!("cannot drop the last vector field: {name}"));
    }
    for function in &schema.message.functions {
        let uses =
            [("input", &function.input_field_names), ("output", &function.output_field_names)];
        if let Some((how, _)) = uses.iter().find(|(_, names)| names.iter().any(|of| of == name)) {
            return wrong(format!(
                "field is referenced by function {} as {how}, drop function first",
                function.name
            ));
        }
    }
    remove(collection, name);
    Ok(())
}

fn drop_function(collection: &mut Collection, name: &str, with_outputs: bool) -> Result<()> {
    let functions = &collection.schema.message.functions;
    let Some(function) = functions.iter().find(|function| function.name == name) else {
        return Err(Error::invalid(format!("function not found: {name}")));
    };
    if !with_outputs {
        return Err(Error::invalid(format!(
            "detaching a function without dropping its output field is not supported; \
             drop_function always removes the function together with its output field: {name}"
        )));
    }
    let outputs = function.output_field_names.clone();
    if outputs.len() >= collection.schema.vectors().count() {
        return Err(Error::invalid(format!(
            "cannot drop function {name}: it would leave no vector field in the collection"
        )));
    }
    collection.schema.message.functions.retain(|function| function.name != name);
    outputs.iter().for_each(|output| remove(collection, output));
    Ok(())
}

/// Takes a field away, with its column and its indexes.
fn remove(collection: &mut Collection, name: &str) {
    if let Some(index) = collection.schema.remove(name) {
        collection.segment.remove_column(index);
    }
    collection.indexes.retain(|index| index.field != name);
}
