//! Arrays of structs: each field of one is a column of its own, named `array[field]`, a list a row,
//! all of them as long as each other in a row. In: Milvus's `StructArrayFieldSchema`. Out: the
//! fields of those columns, or the error that Milvus would give.

use std::ops::Range;

use milvus_proto::common::KeyValuePair;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, StructArrayField, StructArrayFieldSchema,
};

use super::{
    FIRST_FIELD_ID, Field, MAX_FIELDS, MAX_VECTOR_FIELDS, Schema, check_element, check_name,
    is_vector,
};
use crate::error::{Error, Result};

/// An array of structs of a schema.
#[derive(Clone, Debug)]
pub struct Struct<'a> {
    pub message: &'a StructArrayFieldSchema,
    /// of its fields, in their order
    pub columns: Range<usize>,
}

impl Schema {
    /// The arrays of structs, in the order of their columns.
    pub fn structs(&self) -> impl Iterator<Item = Struct<'_>> {
        self.message.struct_array_fields.iter().scan(self.message.fields.len(), |next, message| {
            let columns = *next..*next + message.fields.len();
            *next = columns.end;
            Some(Struct { message, columns })
        })
    }

    pub fn find_struct(&self, name: &str) -> Option<Struct<'_>> {
        self.structs().find(|each| each.message.name == name)
    }

    /// Puts an array of structs behind those of the schema, before the dynamic field. Gives the
    /// places of its columns.
    pub fn add_struct(&mut self, mut message: StructArrayFieldSchema) -> Result<Range<usize>> {
        let name = &message.name;
        if !message.nullable {
            return Err(Error::invalid(format!(
                "added struct field must be nullable, please check it, struct field name = {name}"
            )));
        }
        if self.find(name).is_some() || self.find_struct(name).is_some() {
            return Err(Error::invalid(format!("duplicated field name {name}")));
        }
        if let Some(field) = message.fields.iter().find(|field| field.default_value.is_some()) {
            return Err(Error::invalid(format!(
                "default value is not supported for struct field, field name = {}",
                field.name
            )));
        }
        number(&mut message, self.last_id() + 1);
        let mut changed = self.message.clone();
        changed.struct_array_fields.push(message);
        check(&mut changed)?;
        super::check_fields(&changed)?;
        let message = changed.struct_array_fields.last();
        let fields = message.map(columns).unwrap_or_default();
        let fields = fields.iter().map(Field::read).collect::<Result<Vec<_>>>()?;
        let start = self.fields.len() - usize::from(self.dynamic().is_some());
        let columns = start..start + fields.len();
        self.fields.splice(start..start, fields);
        self.message = changed;
        Ok(columns)
    }

    /// Takes an array of structs away. Gives the places where its columns were, and their names.
    pub fn remove_struct(&mut self, name: &str) -> Vec<(usize, String)> {
        let Some(columns) = self.find_struct(name).map(|found| found.columns) else {
            return Vec::new();
        };
        let fields = self.fields.drain(columns.clone()).map(|field| field.name);
        let removed = columns.zip(fields).collect();
        self.message.struct_array_fields.retain(|each| each.name != name);
        removed
    }

    /// Changes the parameters of an array of structs.
    pub fn change_struct(&mut self, name: &str, change: impl FnOnce(&mut Vec<KeyValuePair>)) {
        let mut arrays = self.message.struct_array_fields.iter_mut();
        if let Some(array) = arrays.find(|array| array.name == name) {
            change(&mut array.type_params);
        }
    }

    /// Changes one field of an array of structs, by the place of its column.
    pub(super) fn replace_part(&mut self, column: usize, field: &FieldSchema) -> Result<()> {
        let mut changed = self.message.clone();
        let mut arrays = changed.struct_array_fields.iter_mut();
        let found = self.structs().zip(arrays.by_ref()).find_map(|(each, array)| {
            let inside = each.columns.contains(&column);
            inside.then(|| array.fields.get_mut(column - each.columns.start)).flatten()
        });
        if let Some(part) = found {
            *part = FieldSchema { name: part.name.clone(), ..field.clone() };
            check(&mut changed)?;
            self.message = changed;
        }
        Ok(())
    }

    /// The array of structs that a column is of, by its name.
    pub fn shown_name(&self, column: usize) -> Option<&str> {
        let found = self.structs().find(|each| each.columns.contains(&column))?;
        Some(&found.message.name)
    }

    /// Columns of a reply, those of an array of structs under its name where its first one was.
    pub fn regrouped(&self, columns: Vec<(usize, FieldData)>) -> Vec<FieldData> {
        let mut all: Vec<FieldData> = Vec::with_capacity(columns.len());
        for (column, mut data) in columns {
            let Some(array) = self.structs().find(|each| each.columns.contains(&column)) else {
                all.push(data);
                continue;
            };
            let StructArrayFieldSchema { name, field_id, .. } = array.message;
            data.field_name = field_name(name, &data.field_name).to_string();
            let there = all.iter_mut().find(|there| there.field_id == *field_id);
            if let Some(Columns::StructArrays(inside)) =
                there.and_then(|there| there.field.as_mut())
            {
                inside.fields.push(data);
                continue;
            }
            all.push(FieldData {
                r#type: DataType::ArrayOfStruct.into(),
                field_name: name.clone(),
                field_id: *field_id,
                field: Some(Columns::StructArrays(StructArrayField { fields: vec![data] })),
                ..FieldData::default()
            });
        }
        all
    }

    /// The highest number of a field.
    pub(super) fn last_id(&self) -> i64 {
        let fields = self.fields.iter().map(|field| field.message.field_id);
        let structs = self.message.struct_array_fields.iter().map(|each| each.field_id);
        fields.chain(structs).max().unwrap_or(FIRST_FIELD_ID)
    }
}

/// The name of the column of a struct's field.
pub fn column_name(array: &str, field: &str) -> String {
    format!("{array}[{field}]")
}

/// The name of the field that a column is of.
pub fn field_name<'a>(array: &str, column: &'a str) -> &'a str {
    let inner = column.strip_prefix(array).and_then(|rest| rest.strip_prefix('['));
    inner.and_then(|rest| rest.strip_suffix(']')).unwrap_or(column)
}

/// The columns of an array of structs.
pub(super) fn columns(message: &StructArrayFieldSchema) -> Vec<FieldSchema> {
    let named = |field: &FieldSchema| FieldSchema {
        name: column_name(&message.name, &field.name),
        ..field.clone()
    };
    message.fields.iter().map(named).collect()
}

/// Numbers an array of structs and its fields, from a number on. Gives the next one.
pub(super) fn number(message: &mut StructArrayFieldSchema, first: i64) -> i64 {
    message.field_id = first;
    for (field, id) in message.fields.iter_mut().zip(first + 1..) {
        field.field_id = id;
    }
    first + 1 + message.fields.len() as i64
}

/// Checks the arrays of structs. Where one may be NULL, its fields may be so, too.
pub(super) fn check(message: &mut CollectionSchema) -> Result<()> {
    message.struct_array_fields.iter_mut().try_for_each(check_one)?;
    let names = |each: &StructArrayFieldSchema| {
        let columns = columns(each).into_iter().map(|field| field.name);
        [each.name.clone()].into_iter().chain(columns).collect::<Vec<_>>()
    };
    let fields = message.fields.iter().map(|field| field.name.clone());
    let mut all: Vec<String> =
        fields.chain(message.struct_array_fields.iter().flat_map(names)).collect();
    if all.len() > MAX_FIELDS {
        return Err(Error::invalid(format!(
            "maximum field's number should be limited to {MAX_FIELDS}"
        )));
    }
    all.sort_unstable();
    match all.windows(2).find(|pair| pair.first() == pair.last()) {
        Some([name, ..]) => Err(Error::invalid(format!("duplicated field name {name} found"))),
        _ => Ok(()),
    }
}

/// How many fields of vectors a schema has, those within structs too.
pub(super) fn check_vectors(message: &CollectionSchema) -> Result<()> {
    let inside = message.struct_array_fields.iter().flat_map(|each| &each.fields);
    let all = message.fields.iter().chain(inside);
    match all.filter(|field| is_vector(field.data_type())).count() {
        0 => Err(Error::invalid("schema does not contain vector field")),
        1..=MAX_VECTOR_FIELDS => Ok(()),
        _ => Err(Error::invalid(format!(
            "maximum vector field's number should be limited to {MAX_VECTOR_FIELDS}"
        ))),
    }
}

fn check_one(message: &mut StructArrayFieldSchema) -> Result<()> {
    let name = &message.name;
    check_name("field", name)?;
    if message.fields.is_empty() {
        return Err(Error::invalid(format!("struct array field {name} has no sub-fields")));
    }
    let mut capacity = None;
    for field in &mut message.fields {
        check_field(field)?;
        let own = Field::read(field)?.max_capacity.unwrap_or_default();
        let expected = *capacity.get_or_insert(own);
        if own != expected {
            return Err(Error::invalid(format!(
                "all sub-fields in struct array field must have the same max_capacity: \
                 structName={name}, subFieldName={}, max_capacity={own}, expected={expected}",
                field.name
            )));
        }
        if field.nullable && !message.nullable {
            return Err(Error::invalid(format!(
                "sub-field in non-nullable struct cannot be nullable individually, set nullable \
                 on the struct instead: structName={name}, subFieldName={}",
                field.name
            )));
        }
        field.nullable = message.nullable;
    }
    Ok(())
}

fn check_field(field: &FieldSchema) -> Result<()> {
    let name = &field.name;
    let wrong = |words: String| Err(Error::invalid(words));
    let kept = [
        (field.is_primary_key, "primary key"),
        (field.auto_id, "autoID"),
        (field.is_partition_key, "partition key"),
        (field.is_clustering_key, "clustering key"),
    ];
    if let Some((_, what)) = kept.iter().find(|(is, _)| *is) {
        return wrong(format!("{what} is not supported for struct field, field name = {name}"));
    }
    check_name("field", name)?;
    let element = field.element_type();
    match field.data_type() {
        DataType::Array | DataType::ArrayOfVector
            if matches!(
                element,
                DataType::Array | DataType::ArrayOfVector | DataType::ArrayOfStruct
            ) =>
        {
            wrong(format!("nested array is not supported {name}"))
        }
        DataType::Array => check_element(element),
        DataType::ArrayOfVector
            if !is_vector(element) || element == DataType::SparseFloatVector =>
        {
            wrong(format!(
                "Unsupported element type {} of ArrayOfVector field {name}, only fixed dimension \
                 vector types are supported",
                element.as_str_name()
            ))
        }
        DataType::ArrayOfVector => Ok(()),
        other => wrong(format!(
            "fields in StructArrayField must be Array or ArrayOfVector, field name = {name}, \
             field type = {}",
            other.as_str_name()
        )),
    }
}
