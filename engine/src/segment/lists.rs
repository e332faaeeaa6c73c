//! Lists of vectors, which a field of a struct has of each row: as a request has them, and as a
//! column keeps them, one vector after the other, little-endian.

use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{DataType, FloatArray, VectorArray, VectorField};

use crate::error::{Error, Result, expected};
use crate::schema::Field;

/// The bytes of a vector in a list of a field.
pub fn width(field: &Field) -> usize {
    match field.element_type {
        DataType::BinaryVector => field.dim / 8,
        DataType::Int8Vector => field.dim,
        DataType::Float16Vector | DataType::BFloat16Vector => field.dim * 2,
        _ => field.dim * 4,
    }
}

/// The lists that a request has, one a row.
pub fn taken(field: &Field, sent: &VectorArray) -> Result<Vec<Box<[u8]>>> {
    let width = width(field);
    let most = field.max_capacity.unwrap_or(usize::MAX);
    let list = |list: &VectorField| {
        let bytes = bytes(field, list)?;
        if width == 0 || !bytes.len().is_multiple_of(width) {
            return Err(Error::invalid(format!(
                "payload length {} is not divisible by vector width {width} of field {}",
                bytes.len(),
                field.name
            )));
        }
        match bytes.len() / width {
            count if count > most => {
                let name = &field.name;
                Err(too_long(format!(
                    "the length ({count}) of array of vector field {name} exceeds max capacity \
                     ({most})"
                )))
            }
            _ => Ok(bytes.into_boxed_slice()),
        }
    };
    sent.data.iter().map(list).collect()
}

/// An array or a list has more than its field has room for.
pub fn too_long(message: String) -> Error {
    expected(&message, "valid length array", "array length exceeds max capacity")
}

/// Lists as a reply has them.
pub fn given(field: &Field, lists: impl Iterator<Item = Box<[u8]>>) -> VectorField {
    let dim = field.dim as i64;
    let list = |bytes: Box<[u8]>| {
        let data = match field.element_type {
            DataType::BinaryVector => Vectors::BinaryVector(bytes.into()),
            DataType::Int8Vector => Vectors::Int8Vector(bytes.into()),
            DataType::Float16Vector => Vectors::Float16Vector(bytes.into()),
            DataType::BFloat16Vector => Vectors::Bfloat16Vector(bytes.into()),
            _ => Vectors::FloatVector(FloatArray { data: floats(&bytes) }),
        };
        VectorField { dim, data: Some(data) }
    };
    let element_type = field.element_type.into();
    let data = VectorArray { dim, data: lists.map(list).collect(), element_type };
    VectorField { dim, data: Some(Vectors::VectorArray(data)) }
}

pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect()
}

fn bytes(field: &Field, list: &VectorField) -> Result<Vec<u8>> {
    match (field.element_type, &list.data) {
        (_, None) => Ok(Vec::new()),
        (DataType::FloatVector, Some(Vectors::FloatVector(sent))) => {
            match sent.data.iter().find(|value| !value.is_finite()) {
                Some(value) => {
                    Err(Error::invalid(format!("value '{value}' is not a number or infinity")))
                }
                None => Ok(sent.data.iter().flat_map(|value| value.to_le_bytes()).collect()),
            }
        }
        (DataType::BinaryVector, Some(Vectors::BinaryVector(bytes)))
        | (DataType::Int8Vector, Some(Vectors::Int8Vector(bytes)))
        | (DataType::Float16Vector, Some(Vectors::Float16Vector(bytes)))
        | (DataType::BFloat16Vector, Some(Vectors::Bfloat16Vector(bytes))) => Ok(bytes.clone()),
        _ => Err(Error::invalid(format!(
            "insert data does not match the element type of field {}",
            field.name
        ))),
    }
}
