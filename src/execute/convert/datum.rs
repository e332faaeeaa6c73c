//! Columns of data on the wire and what they hold. In: `FieldData`, `IDs`. Out: [`Datum`]s row by
//! row; and the query vectors of a search.

use prost::Message as _;

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::outcome::{Datum, Type};
use milvus_proto::common::{PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::schema::{
    self, DataType, FieldData, IDs, ScalarField, field_data, i_ds, scalar_field, vector_field,
};

/// The most values that the columns of a reply come to when each has as many as the longest.
const MOST: usize = 1 << 25;

/// Refuses columns that promise more than they bring: one of a million rows beside a thousand
/// empty ones, all of which would be filled up with NULLs; and a column of a type that Milvus has
/// had since this kernel was made, whose values would be shown as NULL. The hits of a search stand
/// beside them.
pub(crate) fn check(fields: &[FieldData], hits: usize) -> Result<()> {
    let rows = fields.iter().map(rows).max().unwrap_or(0).max(hits);
    if let Some(field) = fields.iter().find(|field| is_unknown(field, rows)) {
        return Err(Diagnostic::new(
            Code::NotSupported,
            format!("`{}` is of a type that this kernel cannot read", field.field_name),
        )
        .help("name the other fields in SELECT"));
    }
    match rows.saturating_mul(fields.len()) <= MOST {
        true => Ok(()),
        false => Err(Diagnostic::new(
            Code::ServerError,
            format!("the server's reply has {} columns of up to {rows} rows", fields.len()),
        )),
    }
}

/// Whether the values of a column came in a part of the message that this kernel does not know, or
/// are structs.
fn is_unknown(field: &FieldData, rows: usize) -> bool {
    let empty = match &field.field {
        Some(field_data::Field::Scalars(scalars)) => scalars.data.is_none(),
        Some(field_data::Field::Vectors(vectors)) => vectors.data.is_none(),
        Some(field_data::Field::StructArrays(_)) => return true,
        None => true,
    };
    let all_null = !field.valid_data.is_empty() && !field.valid_data.contains(&true);
    // what a server leaves out of a known type is no more than that
    empty && !all_null && rows > 0 && DataType::try_from(field.r#type).is_err()
}

/// The values of a column, one a row. A server's lengths are not trusted: what is missing is NULL.
pub(crate) fn column(data: FieldData, rows: usize) -> Vec<Datum> {
    let values = match data.field {
        Some(field_data::Field::Scalars(scalars)) => scalars_of(scalars),
        Some(field_data::Field::Vectors(vectors)) => {
            let dim = usize::try_from(vectors.dim).unwrap_or(0);
            match vectors.data {
                Some(vector_field::Data::FloatVector(floats)) if dim > 0 => {
                    floats.data.chunks(dim).map(|chunk| Datum::Vector(chunk.to_vec())).collect()
                }
                Some(vector_field::Data::BinaryVector(bytes)) if dim >= 8 => {
                    bytes.chunks(dim / 8).map(|chunk| Datum::Bytes(chunk.to_vec())).collect()
                }
                Some(vector_field::Data::Float16Vector(bytes)) if dim > 0 => {
                    halves(&bytes, dim, |two| half::f16::from_le_bytes(two).to_f32())
                }
                Some(vector_field::Data::Bfloat16Vector(bytes)) if dim > 0 => {
                    halves(&bytes, dim, |two| half::bf16::from_le_bytes(two).to_f32())
                }
                Some(vector_field::Data::Int8Vector(bytes)) if dim > 0 => bytes
                    .chunks(dim)
                    .map(|chunk| {
                        Datum::Vector(chunk.iter().map(|byte| f32::from(*byte as i8)).collect())
                    })
                    .collect(),
                Some(vector_field::Data::SparseFloatVector(sparse)) => sparse
                    .contents
                    .iter()
                    .map(|content| Datum::Sparse(sparse_pairs(content)))
                    .collect(),
                _ => Vec::new(),
            }
        }
        Some(field_data::Field::StructArrays(_)) | None => Vec::new(),
    };
    let valid = data.valid_data;
    if valid.is_empty() {
        return pad(values, rows);
    }
    // NULLs either keep a place in the data or are left out of it
    let dense = values.len() < valid.len();
    let mut values = values.into_iter();
    let placed = valid
        .iter()
        .map(|valid| {
            let value = if *valid || !dense { values.next() } else { None };
            if *valid { value.unwrap_or(Datum::Null) } else { Datum::Null }
        })
        .collect();
    pad(placed, rows)
}

fn halves(bytes: &[u8], dim: usize, read: impl Fn([u8; 2]) -> f32) -> Vec<Datum> {
    let two =
        |two: &[u8]| read([two.first().copied().unwrap_or(0), two.get(1).copied().unwrap_or(0)]);
    bytes
        .chunks(dim.saturating_mul(2))
        .map(|chunk| Datum::Vector(chunk.chunks(2).map(two).collect()))
        .collect()
}

/// A sparse vector's bytes as Milvus has them: index and value of each entry, little-endian.
pub(crate) fn sparse_pairs(content: &[u8]) -> Vec<(u32, f32)> {
    let four = |at: &[u8]| at.try_into().unwrap_or_default();
    content
        .chunks_exact(8)
        .map(|entry| entry.split_at(4))
        .map(|(index, value)| (u32::from_le_bytes(four(index)), f32::from_le_bytes(four(value))))
        .collect()
}

pub(crate) fn sparse_bytes(pairs: &[(u32, f32)]) -> Vec<u8> {
    pairs
        .iter()
        .flat_map(|(index, value)| index.to_le_bytes().into_iter().chain(value.to_le_bytes()))
        .collect()
}

/// How many rows a column has; a server that leaves NULLs out tells them by their flags.
pub(crate) fn rows(field: &FieldData) -> usize {
    if !field.valid_data.is_empty() {
        return field.valid_data.len();
    }
    match &field.field {
        Some(field_data::Field::Scalars(scalars)) => match &scalars.data {
            Some(scalar_field::Data::BoolData(array)) => array.data.len(),
            Some(scalar_field::Data::IntData(array)) => array.data.len(),
            Some(scalar_field::Data::LongData(array)) => array.data.len(),
            Some(scalar_field::Data::FloatData(array)) => array.data.len(),
            Some(scalar_field::Data::DoubleData(array)) => array.data.len(),
            Some(scalar_field::Data::StringData(array)) => array.data.len(),
            Some(scalar_field::Data::BytesData(array)) => array.data.len(),
            Some(scalar_field::Data::ArrayData(array)) => array.data.len(),
            Some(scalar_field::Data::JsonData(array)) => array.data.len(),
            Some(scalar_field::Data::GeometryData(array)) => array.data.len(),
            Some(scalar_field::Data::GeometryWktData(array)) => array.data.len(),
            Some(scalar_field::Data::TimestamptzData(array)) => array.data.len(),
            None => 0,
        },
        Some(field_data::Field::Vectors(vectors)) => {
            let dim = usize::try_from(vectors.dim).unwrap_or(0).max(1);
            match &vectors.data {
                Some(vector_field::Data::FloatVector(array)) => array.data.len() / dim,
                Some(vector_field::Data::BinaryVector(bytes)) => bytes.len() / (dim / 8).max(1),
                Some(
                    vector_field::Data::Float16Vector(bytes)
                    | vector_field::Data::Bfloat16Vector(bytes),
                ) => bytes.len() / dim.saturating_mul(2),
                Some(vector_field::Data::Int8Vector(bytes)) => bytes.len() / dim,
                Some(vector_field::Data::SparseFloatVector(sparse)) => sparse.contents.len(),
                Some(vector_field::Data::VectorArray(lists)) => lists.data.len(),
                None => 0,
            }
        }
        Some(field_data::Field::StructArrays(array)) => array.fields.first().map_or(0, rows),
        None => 0,
    }
}

fn pad(mut values: Vec<Datum>, rows: usize) -> Vec<Datum> {
    values.resize(rows, Datum::Null);
    values
}

fn scalars_of(scalars: ScalarField) -> Vec<Datum> {
    match scalars.data {
        Some(scalar_field::Data::BoolData(array)) => {
            array.data.into_iter().map(Datum::Bool).collect()
        }
        Some(scalar_field::Data::IntData(array)) => {
            array.data.into_iter().map(|value| Datum::Int(value.into())).collect()
        }
        Some(
            scalar_field::Data::LongData(schema::LongArray { data })
            | scalar_field::Data::TimestamptzData(schema::TimestamptzArray { data }),
        ) => data.into_iter().map(Datum::Int).collect(),
        Some(scalar_field::Data::FloatData(array)) => {
            array.data.into_iter().map(Datum::Float).collect()
        }
        Some(scalar_field::Data::DoubleData(array)) => {
            array.data.into_iter().map(Datum::Double).collect()
        }
        Some(
            scalar_field::Data::StringData(schema::StringArray { data })
            | scalar_field::Data::GeometryWktData(schema::GeometryWktArray { data }),
        ) => data.into_iter().map(Datum::Text).collect(),
        Some(
            scalar_field::Data::BytesData(schema::BytesArray { data })
            | scalar_field::Data::GeometryData(schema::GeometryArray { data }),
        ) => data.into_iter().map(Datum::Bytes).collect(),
        Some(scalar_field::Data::JsonData(array)) => array
            .data
            .into_iter()
            .map(|json| Datum::Json(String::from_utf8_lossy(&json).into_owned()))
            .collect(),
        Some(scalar_field::Data::ArrayData(array)) => {
            array.data.into_iter().map(|items| Datum::Array(scalars_of(items))).collect()
        }
        None => Vec::new(),
    }
}

/// The ids of a reply.
pub(crate) fn ids(ids: Option<IDs>) -> Vec<Datum> {
    match ids.and_then(|ids| ids.id_field) {
        Some(i_ds::IdField::IntId(array)) => array.data.into_iter().map(Datum::Int).collect(),
        Some(i_ds::IdField::StrId(array)) => array.data.into_iter().map(Datum::Text).collect(),
        None => Vec::new(),
    }
}

/// How values of this type are shown.
pub(crate) fn kind(data_type: DataType) -> Type {
    match data_type {
        DataType::Bool => Type::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Type::Int,
        DataType::Float | DataType::Double => Type::Float,
        DataType::Json => Type::Json,
        DataType::Array => Type::Array,
        DataType::BinaryVector
        | DataType::FloatVector
        | DataType::Float16Vector
        | DataType::BFloat16Vector
        | DataType::SparseFloatVector
        | DataType::Int8Vector => Type::Vector,
        _ => Type::Text,
    }
}

/// The queries of a search, each already in the bytes of its type.
pub(crate) fn placeholder_group(kind: PlaceholderType, values: Vec<Vec<u8>>) -> Vec<u8> {
    let value = PlaceholderValue { tag: "$0".to_string(), r#type: kind.into(), values };
    PlaceholderGroup { placeholders: vec![value] }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::longs;
    use milvus_proto::schema::{FloatArray, VectorField};

    #[test]
    fn columns_that_promise_too_much_are_refused() {
        let mut fields = vec![FieldData::default(); 100_000];
        fields.push(longs("id", &[1; 100]));
        assert!(check(&fields, 0).is_ok());
        fields.push(longs("n", &[1; 1_000]));
        let error = check(&fields, 0).expect_err("too much");
        assert_eq!(error.message, "the server's reply has 100002 columns of up to 1000 rows");
    }

    #[test]
    fn values_of_an_unknown_type_are_no_nulls() {
        let unknown = |valid: &[bool]| FieldData {
            r#type: 207,
            field_name: "shape".to_string(),
            valid_data: valid.to_vec(),
            ..FieldData::default()
        };
        let message =
            |field| check(&[longs("id", &[1, 2]), field], 0).map_err(|error| error.message);
        let refused = Err("`shape` is of a type that this kernel cannot read".to_string());
        assert_eq!(message(unknown(&[])), refused);
        assert_eq!(message(unknown(&[false, true])), refused);
        assert_eq!(message(unknown(&[false, false])), Ok(()));
        assert!(check(&[unknown(&[])], 1).is_err(), "beside the hits of a search");
        let of_rows = |field| check(&[longs("id", &[]), field], 0);
        assert!(of_rows(unknown(&[])).is_ok(), "no rows have no values");
    }

    #[test]
    fn places_and_times_are_text_or_what_they_are_stored_as() {
        let read = |data| {
            let field = field_data::Field::Scalars(ScalarField { data: Some(data) });
            let field = FieldData { field: Some(field), ..FieldData::default() };
            column(field.clone(), rows(&field))
        };
        let (text, bytes) = ("POINT (1 2)".to_string(), vec![1, 2]);
        assert_eq!(
            read(scalar_field::Data::GeometryWktData(schema::GeometryWktArray {
                data: vec![text.clone()]
            })),
            [Datum::Text(text)]
        );
        assert_eq!(
            read(scalar_field::Data::GeometryData(schema::GeometryArray {
                data: vec![bytes.clone()]
            })),
            [Datum::Bytes(bytes)]
        );
        assert_eq!(
            read(scalar_field::Data::TimestamptzData(schema::TimestamptzArray { data: vec![7] })),
            [Datum::Int(7)]
        );
    }

    #[test]
    fn a_vectors_length_is_not_trusted() {
        let vector = |dim, data| FieldData {
            field: Some(field_data::Field::Vectors(VectorField { dim, data: Some(data) })),
            ..FieldData::default()
        };
        let halves = || vector_field::Data::Float16Vector(vec![0; 4]);
        let floats = || vector_field::Data::FloatVector(FloatArray { data: vec![1.0; 3] });
        for dim in [i64::MIN, -1, 0, 1, 2, 3, 1 << 31, 1 << 62, i64::MAX] {
            for data in [halves(), floats()] {
                let field = vector(dim, data);
                let count = rows(&field);
                assert!(count <= 4 && column(field, count).len() == count, "{dim}");
            }
        }
    }
}
