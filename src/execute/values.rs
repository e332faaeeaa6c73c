//! Written values become columns on the wire. In: values with their places, and the field they go into. Out: `FieldData`,
//! or a diagnostic at the value that does not fit.

use super::Result;
use super::catalog::Field;
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::language::ast::Value;
use crate::proto::schema::{self, DataType, FieldData, ScalarField, VectorField, field_data, scalar_field, vector_field};

/// The values of one field, gathered row by row.
pub struct ColumnBuilder<'a> {
    field: &'a Field,
    data: Data,
    /// false is NULL; kept for nullable fields only
    valid: Vec<bool>,
}

enum Data {
    Bool(Vec<bool>),
    /// TINYINT, SMALLINT, INT
    Int(Vec<i32>),
    Long(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Text(Vec<String>),
    Json(Vec<Vec<u8>>),
    /// rows x dim
    FloatVector(Vec<f32>),
    /// rows x dim/8
    BinaryVector(Vec<u8>),
}

impl<'a> ColumnBuilder<'a> {
    pub fn new(field: &'a Field, rows: usize, span: Span) -> Result<Self> {
        let data = match field.data_type {
            DataType::Bool => Data::Bool(Vec::with_capacity(rows)),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => Data::Int(Vec::with_capacity(rows)),
            DataType::Int64 => Data::Long(Vec::with_capacity(rows)),
            DataType::Float => Data::Float(Vec::with_capacity(rows)),
            DataType::Double => Data::Double(Vec::with_capacity(rows)),
            DataType::VarChar | DataType::String | DataType::Text => Data::Text(Vec::with_capacity(rows)),
            DataType::Json => Data::Json(Vec::with_capacity(rows)),
            DataType::FloatVector => Data::FloatVector(Vec::with_capacity(rows.saturating_mul(field.dim))),
            DataType::BinaryVector => Data::BinaryVector(Vec::with_capacity(rows.saturating_mul(field.dim / 8))),
            other => {
                return Err(Diagnostic::new("NotSupported", format!("field `{}` is {}, which cannot be written yet", field.name, other.as_str_name())).at(span));
            }
        };
        Ok(ColumnBuilder { field, data, valid: Vec::new() })
    }

    pub fn push(&mut self, value: &Spanned<Value>) -> Result<()> {
        let field = self.field;
        if value.value == Value::Null {
            return self.push_null(value.span);
        }
        match &mut self.data {
            Data::Bool(data) => match value.value {
                Value::Bool(flag) => data.push(flag),
                _ => return Err(mismatch(field, value)),
            },
            Data::Int(data) => {
                let (low, high) = match field.data_type {
                    DataType::Int8 => (-128, 127),
                    DataType::Int16 => (-32_768, 32_767),
                    _ => (i64::from(i32::MIN), i64::from(i32::MAX)),
                };
                match value.value {
                    Value::Int(number) if (low..=high).contains(&number) => data.push(number as i32),
                    Value::Int(number) => {
                        return Err(Diagnostic::new("OutOfRange", format!("{number} does not fit into `{}`", field.name))
                            .at(value.span)
                            .help(format!("{} holds {low} to {high}", field.type_name())));
                    }
                    _ => return Err(mismatch(field, value)),
                }
            }
            Data::Long(data) => match value.value {
                Value::Int(number) => data.push(number),
                _ => return Err(mismatch(field, value)),
            },
            Data::Float(data) => match value.value {
                Value::Int(number) => data.push(number as f32),
                Value::Float(number) if (number as f32).is_finite() => data.push(number as f32),
                Value::Float(number) => return Err(Diagnostic::new("OutOfRange", format!("{number} does not fit into `{}`", field.name)).at(value.span)),
                _ => return Err(mismatch(field, value)),
            },
            Data::Double(data) => match value.value {
                Value::Int(number) => data.push(number as f64),
                Value::Float(number) => data.push(number),
                _ => return Err(mismatch(field, value)),
            },
            Data::Text(data) => match &value.value {
                Value::Text(text) if field.max_length > 0 && text.len() > field.max_length => {
                    return Err(Diagnostic::new(
                        "ValueTooLong",
                        format!("this string has {} bytes, but `{}` holds {}", text.len(), field.name, field.max_length),
                    )
                    .at(value.span)
                    .label(format!("longer than {}", field.type_name()))
                    .help("a character outside ASCII takes 2 to 4 bytes"));
                }
                Value::Text(text) => data.push(text.clone()),
                _ => return Err(mismatch(field, value)),
            },
            Data::Json(data) => data.push(to_json(value, true)?.to_string().into_bytes()),
            Data::FloatVector(data) => float_vector(field, value, data)?,
            Data::BinaryVector(data) => binary_vector(field, value, data)?,
        }
        if field.nullable {
            self.valid.push(true);
        }
        Ok(())
    }

    fn push_null(&mut self, span: Span) -> Result<()> {
        if !self.field.nullable {
            return Err(Diagnostic::new("NullValue", format!("field `{}` cannot be NULL", self.field.name)).at(span));
        }
        match &mut self.data {
            Data::Bool(data) => data.push(false),
            Data::Int(data) => data.push(0),
            Data::Long(data) => data.push(0),
            Data::Float(data) => data.push(0.0),
            Data::Double(data) => data.push(0.0),
            Data::Text(data) => data.push(String::new()),
            Data::Json(data) => data.push(Vec::new()),
            Data::FloatVector(_) | Data::BinaryVector(_) => {
                return Err(Diagnostic::new("NotSupported", "a vector cannot be written as NULL yet").at(span));
            }
        }
        self.valid.push(false);
        Ok(())
    }

    /// About the bytes that one row of this column takes on the wire.
    pub fn row_bytes(&self, rows: usize) -> usize {
        let total = match &self.data {
            Data::Bool(data) => data.len(),
            Data::Int(data) => data.len() * 5,
            Data::Long(data) => data.len() * 10,
            Data::Float(data) => data.len() * 4,
            Data::Double(data) => data.len() * 8,
            Data::Text(data) => data.iter().map(|text| text.len() + 5).sum(),
            Data::Json(data) => data.iter().map(|json| json.len() + 5).sum(),
            Data::FloatVector(data) => data.len() * 4,
            Data::BinaryVector(data) => data.len(),
        };
        total.div_ceil(rows.max(1))
    }

    /// Takes the first `rows` rows off.
    pub fn take(&mut self, rows: usize) -> FieldData {
        let field = self.field;
        let scalar = |data| Some(field_data::Field::Scalars(ScalarField { data: Some(data) }));
        let vector = |data| Some(field_data::Field::Vectors(VectorField { dim: field.dim as i64, data: Some(data) }));
        let data = match &mut self.data {
            Data::Bool(data) => scalar(scalar_field::Data::BoolData(schema::BoolArray { data: front(data, rows) })),
            Data::Int(data) => scalar(scalar_field::Data::IntData(schema::IntArray { data: front(data, rows) })),
            Data::Long(data) => scalar(scalar_field::Data::LongData(schema::LongArray { data: front(data, rows) })),
            Data::Float(data) => scalar(scalar_field::Data::FloatData(schema::FloatArray { data: front(data, rows) })),
            Data::Double(data) => scalar(scalar_field::Data::DoubleData(schema::DoubleArray { data: front(data, rows) })),
            Data::Text(data) => scalar(scalar_field::Data::StringData(schema::StringArray { data: front(data, rows) })),
            Data::Json(data) => scalar(scalar_field::Data::JsonData(schema::JsonArray { data: front(data, rows) })),
            Data::FloatVector(data) => vector(vector_field::Data::FloatVector(schema::FloatArray { data: front(data, rows * field.dim) })),
            Data::BinaryVector(data) => vector(vector_field::Data::BinaryVector(front(data, rows * (field.dim / 8)))),
        };
        FieldData {
            r#type: field.data_type.into(),
            field_name: field.name.clone(),
            field: data,
            valid_data: front(&mut self.valid, rows),
            ..FieldData::default()
        }
    }
}

/// Takes the first `count` items off without copying when they are all there are.
fn front<T>(data: &mut Vec<T>, count: usize) -> Vec<T> {
    let rest = data.split_off(count.min(data.len()));
    std::mem::replace(data, rest)
}

fn mismatch(field: &Field, value: &Spanned<Value>) -> Diagnostic {
    Diagnostic::new("TypeMismatch", format!("{} does not fit into `{}`", describe(&value.value), field.name))
        .at(value.span)
        .label(format!("expected {}", field.type_name()))
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "a boolean",
        Value::Int(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Text(_) => "a string",
        Value::Bytes(_) => "a byte string",
        Value::Numbers(_) | Value::List(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn wrong_length(field: &Field, given: usize, what: &str, span: Span) -> Diagnostic {
    Diagnostic::new("WrongDimension", format!("this vector has {given} {what}, but `{}` has {} dimensions", field.name, field.dim))
        .at(span)
        .label(format!("expected {}", field.dim))
        .help("`DESCRIBE` shows the dimensions of every vector field")
}

/// Adds the dim values of a float vector: a list of numbers, or a string with one in it.
pub fn float_vector(field: &Field, value: &Spanned<Value>, out: &mut Vec<f32>) -> Result<()> {
    let parsed;
    let values = match &value.value {
        Value::Numbers(numbers) => &numbers.values,
        Value::Text(text) => {
            parsed = text_vector(text, value.span)?;
            &parsed
        }
        Value::List(items) if items.is_empty() => return Err(wrong_length(field, 0, "values", value.span)),
        Value::List(items) => return Err(not_number(items, value.span)),
        _ => return Err(mismatch(field, value)),
    };
    if values.len() != field.dim {
        return Err(wrong_length(field, values.len(), "values", value.span));
    }
    out.extend_from_slice(values);
    Ok(())
}

fn not_number(items: &[Spanned<Value>], span: Span) -> Diagnostic {
    let culprit = items.iter().find(|item| !matches!(item.value, Value::Int(_) | Value::Float(_)));
    Diagnostic::new("TypeMismatch", format!("{} stands in a vector", culprit.map_or("something else", |item| describe(&item.value))))
        .at(culprit.map_or(span, |item| item.span))
        .label("expected a number")
}

/// Reads `'[0.1, 0.2]'`, as pgvector's users write vectors.
fn text_vector(text: &str, span: Span) -> Result<Vec<f32>> {
    let wrong = || Diagnostic::new("TypeMismatch", "this string is no vector").at(span).help("write `[0.1, 0.2]` or `'[0.1, 0.2]'`");
    let inner = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or_else(wrong)?;
    let values = inner.split(',').map(|word| word.trim().parse::<f32>().map_err(|_| wrong())).collect::<Result<Vec<_>>>()?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Diagnostic::new("InvalidNumber", "a vector holds finite numbers only").at(span));
    }
    Ok(values)
}

/// Adds the dim/8 bytes of a binary vector: bytes as X'A5' or numbers, or dim zeros and ones.
pub fn binary_vector(field: &Field, value: &Spanned<Value>, out: &mut Vec<u8>) -> Result<()> {
    let bytes: Vec<u8> = match &value.value {
        Value::Bytes(bytes) => bytes.clone(),
        Value::Numbers(numbers) if numbers.values.len() == field.dim && numbers.values.iter().all(|bit| *bit == 0.0 || *bit == 1.0) => {
            numbers.values.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1.0))).collect()
        }
        Value::Numbers(numbers) => {
            let bytes: Option<Vec<u8>> =
                numbers.values.iter().map(|byte| ((0.0..=255.0).contains(byte) && byte.fract() == 0.0).then_some(*byte as u8)).collect();
            bytes.ok_or_else(|| Diagnostic::new("OutOfRange", "a byte of a binary vector is a whole number from 0 to 255").at(value.span))?
        }
        _ => return Err(mismatch(field, value).help("write X'A5', b'10100101', bytes as [165], or every bit as [1,0,1,0,0,1,0,1]")),
    };
    if bytes.len() * 8 != field.dim {
        return Err(wrong_length(field, bytes.len() * 8, "bits", value.span));
    }
    out.extend_from_slice(&bytes);
    Ok(())
}

/// A value as JSON. At the top a string is JSON text (`'{"a": 1}'`) when it reads as an object or a list, and a JSON string otherwise.
pub fn to_json(value: &Spanned<Value>, top: bool) -> Result<serde_json::Value> {
    Ok(match &value.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) if top && text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).map_err(|error| Diagnostic::new("InvalidJson", format!("this string is no JSON: {error}")).at(value.span))?
        }
        Value::Text(text) => text.clone().into(),
        Value::Numbers(numbers) => numbers.exact().iter().map(|number| to_json(number, false)).collect::<Result<Vec<_>>>()?.into(),
        Value::List(items) => items.iter().map(|item| to_json(item, false)).collect::<Result<Vec<_>>>()?.into(),
        Value::Object(fields) => {
            let mut object = serde_json::Map::new();
            for (name, value) in fields {
                object.insert(name.clone(), to_json(value, false)?);
            }
            object.into()
        }
        Value::Bytes(_) => return Err(Diagnostic::new("TypeMismatch", "a byte string has no JSON form").at(value.span)),
    })
}
