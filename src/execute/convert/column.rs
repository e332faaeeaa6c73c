//! Written values become columns on the wire. In: values with their places, and the field they go
//! into. Out: `FieldData`, or a diagnostic at the value that does not fit.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::Field;
use crate::execute::catalog::types::type_word;
use crate::execute::value::{describe, number, of_datum, of_json, to_json_field};
use crate::language::ast::Value;
use crate::milvus::data::sparse_bytes;
use crate::outcome::Datum;
use crate::proto::schema::{
    self, DataType, FieldData, ScalarField, VectorField, field_data, scalar_field, vector_field,
};

/// The values of one field, gathered row by row.
pub struct ColumnBuilder<'a> {
    field: &'a Field,
    data: Data,
    /// false is NULL, which has no place in the data; kept for nullable fields only
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
    Array(Vec<ScalarField>),
    /// rows x dim
    FloatVector(Vec<f32>),
    /// rows x dim/8 (binary), x dim (int8), x dim x 2 (halves)
    ByteVector(Vec<u8>),
    Sparse(Vec<Vec<u8>>),
}

impl<'a> ColumnBuilder<'a> {
    pub fn new(field: &'a Field, rows: usize, span: Span) -> Result<Self> {
        let data = match field.data_type {
            DataType::Bool => Data::Bool(Vec::with_capacity(rows)),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => {
                Data::Int(Vec::with_capacity(rows))
            }
            DataType::Int64 => Data::Long(Vec::with_capacity(rows)),
            DataType::Float => Data::Float(Vec::with_capacity(rows)),
            DataType::Double => Data::Double(Vec::with_capacity(rows)),
            DataType::VarChar | DataType::String | DataType::Text => {
                Data::Text(Vec::with_capacity(rows))
            }
            DataType::Json => Data::Json(Vec::with_capacity(rows)),
            DataType::Array => Data::Array(Vec::with_capacity(rows)),
            DataType::FloatVector => {
                Data::FloatVector(Vec::with_capacity(rows.saturating_mul(field.dim)))
            }
            DataType::BinaryVector
            | DataType::Float16Vector
            | DataType::BFloat16Vector
            | DataType::Int8Vector => {
                Data::ByteVector(Vec::with_capacity(rows.saturating_mul(bytes_of(field))))
            }
            DataType::SparseFloatVector => Data::Sparse(Vec::with_capacity(rows)),
            other => {
                return Err(Diagnostic::new(
                    Code::NotSupported,
                    format!(
                        "field `{}` is {}, which cannot be written",
                        field.name,
                        other.as_str_name()
                    ),
                )
                .at(span));
            }
        };
        Ok(ColumnBuilder { field, data, valid: Vec::new() })
    }

    pub fn is_of(&self, field: &Field) -> bool {
        self.field.name == field.name
    }

    pub fn push(&mut self, value: &Spanned<Value>) -> Result<()> {
        let field = self.field;
        if value.value == Value::Null {
            // a NULL where the field has a default stands for the default
            if !field.nullable && field.default.is_none() {
                return Err(Diagnostic::new(
                    Code::NullValue,
                    format!("field `{}` cannot be NULL", field.name),
                )
                .at(value.span));
            }
            self.valid.push(false);
            return Ok(());
        }
        match &mut self.data {
            Data::Bool(data) => match value.value {
                Value::Bool(flag) => data.push(flag),
                _ => return Err(mismatch(field, value)),
            },
            Data::Int(data) => data.push(small_int(field, field.data_type, value)?),
            Data::Long(data) => match value.value {
                Value::Int(number) => data.push(number),
                _ => return Err(mismatch(field, value)),
            },
            Data::Float(data) => data.push(single(field, value)?),
            Data::Double(data) => match value.value {
                Value::Int(number) => data.push(number as f64),
                Value::Float(number) => data.push(number),
                _ => return Err(mismatch(field, value)),
            },
            Data::Text(data) => data.push(text(field, value)?),
            Data::Json(data) => data.push(to_json_field(value)?.to_string().into_bytes()),
            Data::Array(data) => data.push(array(field, value)?),
            Data::FloatVector(data) => float_vector(field, value, data)?,
            Data::ByteVector(data) => byte_vector(field, value, data)?,
            Data::Sparse(data) => data.push(sparse_vector(field, value)?),
        }
        if field.nullable || field.default.is_some() {
            self.valid.push(true);
        }
        Ok(())
    }

    /// Adds a value as a server gave it.
    pub fn push_stored(&mut self, stored: &Datum, span: Span) -> Result<()> {
        if let (Data::Json(data), Datum::Json(text)) = (&mut self.data, stored) {
            data.push(text.clone().into_bytes());
            if self.field.nullable {
                self.valid.push(true);
            }
            return Ok(());
        }
        self.push(&Spanned::new(of_datum(stored), span))
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
            Data::Json(data) | Data::Sparse(data) => data.iter().map(|json| json.len() + 5).sum(),
            Data::Array(data) => data.len() * self.field.capacity.min(64) * 10,
            Data::FloatVector(data) => data.len() * 4,
            Data::ByteVector(data) => data.len(),
        };
        total.div_ceil(rows.max(1))
    }

    /// Takes the first `rows` rows off.
    pub fn take(&mut self, rows: usize) -> FieldData {
        let field = self.field;
        let valid_data = front(&mut self.valid, rows);
        let rows = if valid_data.is_empty() {
            rows
        } else {
            valid_data.iter().filter(|valid| **valid).count()
        };
        let scalar = |data| Some(field_data::Field::Scalars(ScalarField { data: Some(data) }));
        let vector = |dim: usize, data| {
            Some(field_data::Field::Vectors(VectorField { dim: dim as i64, data: Some(data) }))
        };
        let data = match &mut self.data {
            Data::Bool(data) => {
                scalar(scalar_field::Data::BoolData(schema::BoolArray { data: front(data, rows) }))
            }
            Data::Int(data) => {
                scalar(scalar_field::Data::IntData(schema::IntArray { data: front(data, rows) }))
            }
            Data::Long(data) => {
                scalar(scalar_field::Data::LongData(schema::LongArray { data: front(data, rows) }))
            }
            Data::Float(data) => scalar(scalar_field::Data::FloatData(schema::FloatArray {
                data: front(data, rows),
            })),
            Data::Double(data) => scalar(scalar_field::Data::DoubleData(schema::DoubleArray {
                data: front(data, rows),
            })),
            Data::Text(data) => scalar(scalar_field::Data::StringData(schema::StringArray {
                data: front(data, rows),
            })),
            Data::Json(data) => {
                scalar(scalar_field::Data::JsonData(schema::JsonArray { data: front(data, rows) }))
            }
            Data::Array(data) => scalar(scalar_field::Data::ArrayData(schema::ArrayArray {
                data: front(data, rows),
                element_type: field.element_type.into(),
            })),
            Data::FloatVector(data) => vector(
                field.dim,
                vector_field::Data::FloatVector(schema::FloatArray {
                    data: front(data, rows * field.dim),
                }),
            ),
            Data::ByteVector(data) => {
                let bytes = front(data, rows * bytes_of(field));
                vector(
                    field.dim,
                    match field.data_type {
                        DataType::Float16Vector => vector_field::Data::Float16Vector(bytes),
                        DataType::BFloat16Vector => vector_field::Data::Bfloat16Vector(bytes),
                        DataType::Int8Vector => vector_field::Data::Int8Vector(bytes),
                        _ => vector_field::Data::BinaryVector(bytes),
                    },
                )
            }
            Data::Sparse(data) => {
                let contents = front(data, rows);
                let dim = contents.iter().map(|content| sparse_dim(content)).max().unwrap_or(0);
                vector(
                    dim,
                    vector_field::Data::SparseFloatVector(schema::SparseFloatArray {
                        contents,
                        dim: dim as i64,
                    }),
                )
            }
        };
        FieldData {
            r#type: field.data_type.into(),
            field_name: field.name.clone(),
            field: data,
            valid_data,
            ..FieldData::default()
        }
    }
}

/// Bytes of one vector of a field that is kept as bytes.
fn bytes_of(field: &Field) -> usize {
    match field.data_type {
        DataType::BinaryVector => field.dim / 8,
        DataType::Float16Vector | DataType::BFloat16Vector => field.dim * 2,
        _ => field.dim,
    }
}

fn small_int(field: &Field, data_type: DataType, value: &Spanned<Value>) -> Result<i32> {
    let (low, high) = match data_type {
        DataType::Int8 => (-128, 127),
        DataType::Int16 => (-32_768, 32_767),
        _ => (i64::from(i32::MIN), i64::from(i32::MAX)),
    };
    match value.value {
        Value::Int(number) if (low..=high).contains(&number) => Ok(number as i32),
        Value::Int(number) => Err(Diagnostic::new(
            Code::OutOfRange,
            format!("{number} does not fit into `{}`", field.name),
        )
        .at(value.span)
        .help(format!("{} holds {low} to {high}", type_word(data_type)))),
        _ => Err(mismatch(field, value)),
    }
}

fn single(field: &Field, value: &Spanned<Value>) -> Result<f32> {
    match value.value {
        Value::Int(number) => Ok(number as f32),
        Value::Float(number) if (number as f32).is_finite() => Ok(number as f32),
        Value::Float(number) => Err(Diagnostic::new(
            Code::OutOfRange,
            format!("{number} does not fit into `{}`", field.name),
        )
        .at(value.span)),
        _ => Err(mismatch(field, value)),
    }
}

fn text(field: &Field, value: &Spanned<Value>) -> Result<String> {
    match &value.value {
        Value::Text(text) if field.max_length > 0 && text.len() > field.max_length => {
            Err(Diagnostic::new(
                Code::ValueTooLong,
                format!(
                    "this string has {} bytes, but `{}` holds {}",
                    text.len(),
                    field.name,
                    field.max_length
                ),
            )
            .at(value.span)
            .label(format!("longer than {}", field.type_name()))
            .help("a character outside ASCII takes 2 to 4 bytes"))
        }
        Value::Text(text) => Ok(text.clone()),
        _ => Err(mismatch(field, value)),
    }
}

/// The values of an ARRAY, each checked as a value of its element type.
fn array(field: &Field, value: &Spanned<Value>) -> Result<ScalarField> {
    let items = match &value.value {
        Value::List(items) => items.clone(),
        Value::Numbers(numbers) => numbers.exact(),
        _ => return Err(mismatch(field, value)),
    };
    if items.len() > field.capacity && field.capacity > 0 {
        return Err(Diagnostic::new(
            Code::ValueTooLong,
            format!(
                "this array has {} values, but `{}` holds {}",
                items.len(),
                field.name,
                field.capacity
            ),
        )
        .at(value.span));
    }
    let flag = |item: &Spanned<Value>| match item.value {
        Value::Bool(flag) => Ok(flag),
        _ => Err(mismatch(field, item)),
    };
    let whole = |item: &Spanned<Value>| match item.value {
        Value::Int(number) => Ok(number),
        _ => Err(mismatch(field, item)),
    };
    let double = |item: &Spanned<Value>| number(&item.value).ok_or_else(|| mismatch(field, item));
    let each = items.iter();
    let data = match field.element_type {
        DataType::Bool => scalar_field::Data::BoolData(schema::BoolArray {
            data: each.map(flag).collect::<Result<_>>()?,
        }),
        DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            scalar_field::Data::IntData(schema::IntArray {
                data: each
                    .map(|item| small_int(field, field.element_type, item))
                    .collect::<Result<_>>()?,
            })
        }
        DataType::Int64 => scalar_field::Data::LongData(schema::LongArray {
            data: each.map(whole).collect::<Result<_>>()?,
        }),
        DataType::Float => scalar_field::Data::FloatData(schema::FloatArray {
            data: each.map(|item| single(field, item)).collect::<Result<_>>()?,
        }),
        DataType::Double => scalar_field::Data::DoubleData(schema::DoubleArray {
            data: each.map(double).collect::<Result<_>>()?,
        }),
        _ => scalar_field::Data::StringData(schema::StringArray {
            data: each.map(|item| text(field, item)).collect::<Result<_>>()?,
        }),
    };
    Ok(ScalarField { data: Some(data) })
}

/// Takes the first `count` items off without copying when they are all there are.
fn front<T>(data: &mut Vec<T>, count: usize) -> Vec<T> {
    let rest = data.split_off(count.min(data.len()));
    std::mem::replace(data, rest)
}

fn mismatch(field: &Field, value: &Spanned<Value>) -> Diagnostic {
    Diagnostic::new(
        Code::TypeMismatch,
        format!("{} does not fit into `{}`", describe(&value.value), field.name),
    )
    .at(value.span)
    .label(format!("expected {}", field.type_name()))
}

fn wrong_length(field: &Field, given: usize, what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::WrongDimension,
        format!(
            "this vector has {given} {what}, but `{}` has {} dimensions",
            field.name, field.dim
        ),
    )
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
        Value::List(items) if items.is_empty() => {
            return Err(wrong_length(field, 0, "values", value.span));
        }
        Value::List(items) => return Err(not_number(items, value.span)),
        _ => return Err(mismatch(field, value)),
    };
    if values.len() != field.dim {
        return Err(wrong_length(field, values.len(), "values", value.span));
    }
    out.extend_from_slice(values);
    Ok(())
}

/// A list that is no vector: something in it is no number, or too large a one.
fn not_number(items: &[Spanned<Value>], span: Span) -> Diagnostic {
    let culprit = items.iter().find(|item| !matches!(item.value, Value::Int(_) | Value::Float(_)));
    let large = items
        .iter()
        .find(|item| matches!(item.value, Value::Float(number) if !(number as f32).is_finite()));
    if let (None, Some(large)) = (culprit, large) {
        return Diagnostic::new(Code::InvalidNumber, "this number cannot stand in a vector")
            .at(large.span)
            .label("not a finite 32-bit number");
    }
    Diagnostic::new(
        Code::TypeMismatch,
        format!(
            "{} stands in a vector",
            culprit.map_or("something else", |item| describe(&item.value))
        ),
    )
    .at(culprit.map_or(span, |item| item.span))
    .label("expected a number")
}

/// Reads `'[0.1, 0.2]'`, as pgvector's users write vectors.
fn text_vector(text: &str, span: Span) -> Result<Vec<f32>> {
    let wrong = || {
        Diagnostic::new(Code::TypeMismatch, "this string is no vector")
            .at(span)
            .help("write `[0.1, 0.2]` or `'[0.1, 0.2]'`")
    };
    let inner =
        text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or_else(wrong)?;
    let values = inner
        .split(',')
        .map(|word| word.trim().parse::<f32>().map_err(|_| wrong()))
        .collect::<Result<Vec<_>>>()?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(
            Diagnostic::new(Code::InvalidNumber, "a vector holds finite numbers only").at(span)
        );
    }
    Ok(values)
}

/// Adds the bytes of a vector that is kept as bytes.
pub fn byte_vector(field: &Field, value: &Spanned<Value>, out: &mut Vec<u8>) -> Result<()> {
    if field.data_type == DataType::BinaryVector {
        return binary_vector(field, value, out);
    }
    if let (Value::Bytes(bytes), DataType::Float16Vector | DataType::BFloat16Vector) =
        (&value.value, field.data_type)
    {
        if bytes.len() != field.dim * 2 {
            return Err(wrong_length(field, bytes.len() / 2, "values", value.span));
        }
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let mut floats = Vec::with_capacity(field.dim);
    float_vector(field, value, &mut floats)?;
    for number in floats {
        match field.data_type {
            DataType::Float16Vector => {
                let half = half::f16::from_f32(number);
                if !half.is_finite() {
                    return Err(Diagnostic::new(
                        Code::OutOfRange,
                        format!("{number} does not fit into `{}`", field.name),
                    )
                    .at(value.span)
                    .help(
                        "a FLOAT16VEC holds -65504 to 65504; BFLOAT16VEC has the range of FLOAT",
                    ));
                }
                out.extend(half.to_le_bytes());
            }
            DataType::BFloat16Vector => out.extend(half::bf16::from_f32(number).to_le_bytes()),
            _ if (-128.0..=127.0).contains(&number) && number.fract() == 0.0 => {
                out.push(number as i8 as u8)
            }
            _ => {
                return Err(Diagnostic::new(
                    Code::OutOfRange,
                    format!("{number} does not fit into `{}`", field.name),
                )
                .at(value.span)
                .help("an INT8VEC holds whole numbers from -128 to 127"));
            }
        }
    }
    Ok(())
}

/// A sparse vector's bytes: `{1: 0.5, 7: 0.2}`, or such an object in a string.
pub fn sparse_vector(field: &Field, value: &Spanned<Value>) -> Result<Vec<u8>> {
    let parsed;
    let fields = match &value.value {
        Value::Object(fields) => fields,
        Value::Text(text) => {
            parsed = text_object(text)
                .ok_or_else(|| mismatch(field, value).help("write {1: 0.5, 7: 0.2}"))?;
            &parsed
        }
        _ => return Err(mismatch(field, value).help("write {1: 0.5, 7: 0.2}")),
    };
    let mut pairs = Vec::with_capacity(fields.len());
    for (key, item) in fields {
        let index =
            key.trim().parse::<u32>().ok().filter(|index| *index < u32::MAX).ok_or_else(|| {
                Diagnostic::new(Code::OutOfRange, format!("`{key}` is no index of a sparse vector"))
                    .at(value.span)
                    .help("an index is a whole number from 0 to 4294967294")
            })?;
        match number(&item.value).map(|number| number as f32).filter(|number| number.is_finite()) {
            Some(number) => pairs.push((index, number)),
            None => {
                return Err(Diagnostic::new(
                    Code::TypeMismatch,
                    format!("{} stands in a sparse vector", describe(&item.value)),
                )
                .at(item.span)
                .label("expected a number"));
            }
        }
    }
    pairs.sort_by_key(|(index, _)| *index);
    if pairs.windows(2).any(|two| matches!(two, [(a, _), (b, _)] if a == b)) {
        return Err(Diagnostic::new(
            Code::SyntaxError,
            "an index of this sparse vector stands twice",
        )
        .at(value.span));
    }
    Ok(sparse_bytes(&pairs))
}

/// One more than the largest index.
fn sparse_dim(content: &[u8]) -> usize {
    crate::milvus::data::sparse_pairs(content).last().map_or(0, |(index, _)| *index as usize + 1)
}

/// An object of JSON text.
fn text_object(text: &str) -> Option<Vec<(String, Spanned<Value>)>> {
    match of_json(&serde_json::from_str(text).ok()?) {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

/// Adds the dim/8 bytes of a binary vector: bytes as X'A5' or numbers, or dim zeros and ones.
fn binary_vector(field: &Field, value: &Spanned<Value>, out: &mut Vec<u8>) -> Result<()> {
    let bytes: Vec<u8> = match &value.value {
        Value::Bytes(bytes) => bytes.clone(),
        Value::Numbers(numbers)
            if numbers.values.len() == field.dim
                && numbers.values.iter().all(|bit| *bit == 0.0 || *bit == 1.0) =>
        {
            numbers
                .values
                .chunks(8)
                .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1.0)))
                .collect()
        }
        Value::Numbers(numbers) => {
            let bytes: Option<Vec<u8>> = numbers
                .values
                .iter()
                .map(|byte| {
                    ((0.0..=255.0).contains(byte) && byte.fract() == 0.0).then_some(*byte as u8)
                })
                .collect();
            bytes.ok_or_else(|| {
                Diagnostic::new(
                    Code::OutOfRange,
                    "a byte of a binary vector is a whole number from 0 to 255",
                )
                .at(value.span)
            })?
        }
        _ => {
            return Err(mismatch(field, value).help(
                "write X'A5', b'10100101', bytes as [165], or every bit as [1,0,1,0,0,1,0,1]",
            ));
        }
    };
    if bytes.len() * 8 != field.dim {
        return Err(wrong_length(field, bytes.len() * 8, "bits", value.span));
    }
    out.extend_from_slice(&bytes);
    Ok(())
}
