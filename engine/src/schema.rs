//! A collection's schema: fields by name, checked as Milvus's proxy checks them. In: Milvus's
//! `CollectionSchema`. Out: fields with numbers, or the error that Milvus would give.

pub mod structs;

use milvus_proto::common::KeyValuePair;
use milvus_proto::schema::{CollectionSchema, DataType, FieldSchema, FunctionSchema, FunctionType};

use crate::error::{Error, Kind, Result};

/// The field that holds the keys which the schema does not name.
pub const DYNAMIC_FIELD: &str = "$meta";

/// The first number of a user's field; what is below is Milvus's own.
const FIRST_FIELD_ID: i64 = 100;
const MAX_FIELDS: usize = 64;
const MAX_VECTOR_FIELDS: usize = 10;
const MAX_NAME: usize = 255;
const MAX_DIM: usize = 32_768;
const MAX_LENGTH: usize = 65_535;
const MAX_CAPACITY: usize = 4_096;

#[derive(Clone, Debug)]
pub struct Schema {
    /// in the order of the columns: those of the schema, of arrays of structs, the dynamic one
    pub fields: Vec<Field>,
    /// what was created, for DescribeCollection; without the dynamic field
    pub message: CollectionSchema,
    primary: usize,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub data_type: DataType,
    /// of an ARRAY or an array of vectors
    pub element_type: DataType,
    /// of a dense vector, or of each in an array
    pub dim: usize,
    /// bytes of a VARCHAR, or of one in an ARRAY
    pub max_length: Option<usize>,
    /// elements of an ARRAY, vectors of an array of vectors
    pub max_capacity: Option<usize>,
    pub nullable: bool,
    pub message: FieldSchema,
}

impl Field {
    pub fn is_dynamic(&self) -> bool {
        self.message.is_dynamic
    }

    /// Filled by the server alone: an AUTO_INCREMENT key, a function's output.
    pub fn is_filled(&self) -> bool {
        self.message.auto_id || self.message.is_function_output
    }

    pub fn is_vector(&self) -> bool {
        is_vector(self.data_type)
    }

    /// Of an array of structs.
    pub fn is_part(&self) -> bool {
        self.name.ends_with(']')
    }
}

impl Schema {
    /// Numbers the fields and checks all of it.
    pub fn new(mut message: CollectionSchema) -> Result<Schema> {
        structs::check(&mut message)?;
        check_fields(&message)?;
        mark_function_outputs(&mut message)?;
        for (field, id) in message.fields.iter_mut().zip(FIRST_FIELD_ID..) {
            field.field_id = id;
        }
        let mut fields = message.fields.iter().map(Field::new).collect::<Result<Vec<_>>>()?;
        let primary = primary_key(&message)?;
        check_partition_key(&message)?;
        let dynamic = FIRST_FIELD_ID + fields.len() as i64;
        let mut next = dynamic + i64::from(message.enable_dynamic_field);
        for each in &mut message.struct_array_fields {
            next = structs::number(each, next);
            let columns = structs::columns(each);
            let columns = columns.iter().map(Field::read).collect::<Result<Vec<_>>>()?;
            fields.extend(columns);
        }
        if message.enable_dynamic_field {
            fields.push(Field::new(&FieldSchema {
                field_id: dynamic,
                name: DYNAMIC_FIELD.to_string(),
                data_type: DataType::Json.into(),
                is_dynamic: true,
                ..FieldSchema::default()
            })?);
        }
        Ok(Schema { fields, message, primary })
    }

    /// A schema that was checked and numbered before: its message, and the fields of its columns.
    pub fn restored(message: CollectionSchema, fields: &[FieldSchema]) -> Result<Schema> {
        let primary = primary_key(&message)?;
        let mut own = message.fields.clone();
        own.extend(message.struct_array_fields.iter().flat_map(structs::columns));
        let all = own.len()..=own.len() + 1;
        if !fields.starts_with(&own) || !all.contains(&fields.len()) {
            return Err(Error::invalid("the columns are not those of the schema"));
        }
        let fields = fields.iter().map(Field::read).collect::<Result<_>>()?;
        Ok(Schema { fields, message, primary })
    }

    /// Puts a field behind those of the schema, before those of structs and the dynamic one. Gives
    /// its place.
    pub fn add(&mut self, mut message: FieldSchema) -> Result<usize> {
        message.field_id = self.last_id() + 1;
        let mut changed = self.message.clone();
        let index = changed.fields.len();
        changed.fields.push(message.clone());
        structs::check(&mut changed)?;
        check_fields(&changed)?;
        let field = Field::new(&message)?;
        self.message = changed;
        self.fields.insert(index, field);
        Ok(index)
    }

    /// Puts a field and the function that fills it behind those of the schema. Gives its place.
    pub fn add_generated(&mut self, field: FieldSchema, function: FunctionSchema) -> Result<usize> {
        let mut changed = self.message.clone();
        if changed.functions.iter().any(|there| there.name == function.name) {
            return Err(Error::invalid(format!("duplicate function name: {}", function.name)));
        }
        changed.fields.push(field);
        changed.functions.push(function.clone());
        mark_function_outputs(&mut changed)?;
        let Some(field) = changed.fields.pop() else { return Ok(self.fields.len()) };
        let index = self.add(field)?;
        self.message.functions.push(function);
        Ok(index)
    }

    /// Takes a field away that is no key. Gives the place where it was.
    pub fn remove(&mut self, name: &str) -> Option<usize> {
        let (index, _) = self.find(name).filter(|(index, _)| *index != self.primary)?;
        self.fields.remove(index);
        self.message.fields.retain(|field| field.name != name);
        self.primary -= usize::from(index < self.primary);
        Some(index)
    }

    /// Puts a changed field in the place of what it was.
    pub fn replace(&mut self, index: usize, field: Field) -> Result<()> {
        self.replace_part(index, &field.message)?;
        if let Some(place) = self.message.fields.get_mut(index) {
            place.clone_from(&field.message);
        }
        if let Some(place) = self.fields.get_mut(index) {
            *place = field;
        }
        Ok(())
    }

    pub fn find(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    pub fn field(&self, name: &str) -> Result<(usize, &Field)> {
        self.find(name)
            .ok_or_else(|| Error::new(Kind::FieldNotFound, format!("field {name} not exist")))
    }

    /// The column of the key.
    pub fn primary(&self) -> usize {
        self.primary
    }

    #[allow(clippy::indexing_slicing, reason = "there is a key in every schema")]
    pub fn primary_field(&self) -> &Field {
        &self.fields[self.primary]
    }

    pub fn dynamic(&self) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.is_dynamic())
    }

    pub fn partition_key(&self) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.message.is_partition_key)
    }

    pub fn vectors(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.is_vector())
    }
}

pub fn is_vector(data_type: DataType) -> bool {
    match data_type {
        DataType::BinaryVector
        | DataType::FloatVector
        | DataType::Float16Vector
        | DataType::BFloat16Vector
        | DataType::SparseFloatVector
        | DataType::Int8Vector
        | DataType::ArrayOfVector => true,
        DataType::None
        | DataType::Bool
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float
        | DataType::Double
        | DataType::String
        | DataType::VarChar
        | DataType::Array
        | DataType::Json
        | DataType::Geometry
        | DataType::Text
        | DataType::Timestamptz
        | DataType::ArrayOfStruct => false,
    }
}

/// A parameter's value, of a field, an index or a collection.
pub fn param<'a>(params: &'a [KeyValuePair], key: &str) -> Option<&'a str> {
    params.iter().find(|pair| pair.key == key).map(|pair| pair.value.as_str())
}

impl Field {
    /// Checks one field for itself.
    pub fn new(message: &FieldSchema) -> Result<Field> {
        let name = &message.name;
        if !message.is_dynamic {
            check_name("field", name)?;
        }
        match message.data_type() {
            DataType::ArrayOfVector => Err(Error::invalid(format!(
                "array of vector can only be in the struct array field, field name: {name}"
            ))),
            DataType::ArrayOfStruct => Err(Error::invalid("data type ArrayOfStruct is not valid")),
            _ => Field::read(message),
        }
    }

    /// The same of a column that may be one of a struct, whatever its name.
    pub fn read(message: &FieldSchema) -> Result<Field> {
        let name = &message.name;
        let data_type = match message.data_type() {
            DataType::None => return Err(Error::invalid("data type None is not valid")),
            DataType::String => {
                return Err(Error::invalid(
                    "string data type not supported yet, please use VarChar type instead",
                ));
            }
            known => known,
        };
        let element_type = message.element_type();
        let text = data_type == DataType::VarChar
            || (data_type == DataType::Array && element_type == DataType::VarChar);
        if data_type == DataType::Array {
            check_element(element_type)?;
        }
        let size = |key: &str, most: usize| bounded(message, key, most);
        let field = Field {
            name: name.clone(),
            data_type,
            element_type,
            dim: match data_type {
                DataType::ArrayOfVector => dimension(message, element_type)?,
                other => dimension(message, other)?,
            },
            max_length: if text { Some(size("max_length", MAX_LENGTH)?) } else { None },
            max_capacity: match data_type {
                DataType::Array | DataType::ArrayOfVector => {
                    Some(size("max_capacity", MAX_CAPACITY)?)
                }
                _ => None,
            },
            nullable: message.nullable,
            message: message.clone(),
        };
        if field.nullable && message.is_primary_key {
            return Err(Error::invalid(format!("primary field not support null, field: {name}")));
        }
        if message.default_value.is_some()
            && (field.is_vector() || matches!(data_type, DataType::Array | DataType::Json))
        {
            return Err(Error::invalid(format!(
                "type not support default_value, type:{}, name:{name}",
                data_type.as_str_name()
            )));
        }
        Ok(field)
    }
}

/// A name of a field or a collection: a letter or an underscore, then digits as well.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    let kind = if what == "field" { Kind::FieldInvalidName } else { Kind::ParameterInvalid };
    let wrong =
        |reason: String| Err(Error::new(kind, format!("Invalid {what} name: {name}. {reason}")));
    if name.is_empty() {
        return Err(Error::new(kind, format!("{what} name should not be empty")));
    }
    if name.len() > MAX_NAME {
        return wrong(format!(
            "the length of a {what} name must be less than {MAX_NAME} characters"
        ));
    }
    if !name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic()) {
        return wrong(format!(
            "the first character of a {what} name must be an underscore or letter"
        ));
    }
    if !name.chars().all(|char| char == '_' || char.is_ascii_alphanumeric()) {
        return wrong(format!("{what} name can only contain numbers, letters and underscores"));
    }
    Ok(())
}

fn check_fields(message: &CollectionSchema) -> Result<()> {
    for field in &message.fields {
        if field.is_dynamic {
            return Err(Error::invalid("cannot explicitly set a field as a dynamic field"));
        }
        if field.auto_id && !field.is_primary_key {
            return Err(Error::invalid(format!(
                "only primary field can speficy AutoID with true, field name = {}",
                field.name
            )));
        }
    }
    structs::check_vectors(message)
}

fn primary_key(message: &CollectionSchema) -> Result<usize> {
    let mut keys = message.fields.iter().enumerate().filter(|(_, field)| field.is_primary_key);
    let Some((primary, field)) = keys.next() else {
        return Err(Error::new(Kind::ParameterMissing, "primary key is not specified"));
    };
    if let Some((_, other)) = keys.next() {
        return Err(Error::invalid(format!(
            "there are more than one primary key, field name = {}, {}",
            field.name, other.name
        )));
    }
    if !matches!(field.data_type(), DataType::Int64 | DataType::VarChar) {
        return Err(Error::invalid("the data type of primary key should be Int64 or VarChar"));
    }
    Ok(primary)
}

fn check_partition_key(message: &CollectionSchema) -> Result<()> {
    let mut keys = message.fields.iter().filter(|field| field.is_partition_key);
    let Some(field) = keys.next() else { return Ok(()) };
    if let Some(other) = keys.next() {
        return Err(Error::invalid(format!(
            "there are more than one partition key, field name = {}, {}",
            field.name, other.name
        )));
    }
    if field.is_primary_key {
        return Err(Error::invalid("the partition key field must not be primary field"));
    }
    if !matches!(field.data_type(), DataType::Int64 | DataType::VarChar) {
        return Err(Error::invalid("the data type of partition key should be Int64 or VarChar"));
    }
    Ok(())
}

/// What a function fills is nobody else's to fill, and what it reads must be there.
fn mark_function_outputs(message: &mut CollectionSchema) -> Result<()> {
    for function in &message.functions {
        if function.r#type() != FunctionType::Bm25 {
            return Err(Error::invalid(format!(
                "function {} of type {} is not there: BM25 is",
                function.name,
                function.r#type().as_str_name()
            )));
        }
        for input in &function.input_field_names {
            let field = message.fields.iter().find(|field| &field.name == input);
            let Some(field) = field else {
                return Err(Error::invalid(format!("function input field not found: {input}")));
            };
            if !matches!(field.data_type(), DataType::VarChar | DataType::Text)
                || param(&field.type_params, "enable_analyzer") != Some("true")
            {
                return Err(Error::invalid(format!(
                    "BM25 function input field must be a VARCHAR field with enable_analyzer, \
                     field: {input}"
                )));
            }
        }
        for output in &function.output_field_names {
            let field = message.fields.iter_mut().find(|field| &field.name == output);
            let Some(field) = field else {
                return Err(Error::invalid(format!("function output field not found: {output}")));
            };
            if field.data_type() != DataType::SparseFloatVector {
                return Err(Error::invalid(format!(
                    "BM25 function output field must be a SparseFloatVector field, field: {output}"
                )));
            }
            field.is_function_output = true;
        }
    }
    Ok(())
}

fn check_element(element: DataType) -> Result<()> {
    match element {
        DataType::Bool
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float
        | DataType::Double
        | DataType::VarChar => Ok(()),
        other => {
            Err(Error::invalid(format!("element type {} is not supported", other.as_str_name())))
        }
    }
}

fn dimension(message: &FieldSchema, data_type: DataType) -> Result<usize> {
    let name = &message.name;
    let written = param(&message.type_params, "dim");
    if data_type == DataType::SparseFloatVector {
        return match written {
            Some(_) => Err(Error::invalid(format!(
                "dim should not be specified for sparse vector field {name}"
            ))),
            None => Ok(0),
        };
    }
    if !is_vector(data_type) {
        return Ok(0);
    }
    let Some(written) = written else {
        return Err(Error::invalid(format!(
            "dimension is not defined in field type params of field {name}, check type param \
             `dim` for vector field"
        )));
    };
    let most = if data_type == DataType::BinaryVector { MAX_DIM * 8 } else { MAX_DIM };
    let dim = written.parse().ok().filter(|dim| (2..=most).contains(dim)).ok_or_else(|| {
        Error::invalid(format!("invalid dimension: {written}. should be in range 2 ~ {most}"))
    })?;
    if data_type == DataType::BinaryVector && !dim.is_multiple_of(8) {
        return Err(Error::invalid(format!(
            "invalid dimension: {dim} of field {name}. binary vector dimension should be \
             multiple of 8. "
        )));
    }
    Ok(dim)
}

fn bounded(message: &FieldSchema, key: &str, most: usize) -> Result<usize> {
    let name = &message.name;
    let Some(written) = param(&message.type_params, key) else {
        return Err(Error::invalid(format!(
            "type param({key}) should be specified for the field({name})"
        )));
    };
    written.parse().ok().filter(|size| (1..=most).contains(size)).ok_or_else(|| {
        Error::invalid(format!("the {key} of field {name} is {written}, it must be in (0, {most}]"))
    })
}
