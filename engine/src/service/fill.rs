//! Values that nobody gave: NULL and defaults, keys of AUTO_INCREMENT, what a BM25 function makes
//! of a text.

use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::value_field::Data as Default;
use milvus_proto::schema::{
    BoolArray, DataType, DoubleArray, FieldData, FloatArray, IntArray, LongArray, ScalarField,
    StringArray,
};

use crate::error::{Error, Kind, Result};
use crate::schema::Field;
use crate::segment::column::Column;

/// The column of a field that was left out.
pub(crate) fn missing(field: &Field, rows: usize) -> Result<Column> {
    let default = field.message.default_value.as_ref().and_then(|value| value.data.as_ref());
    if let Some(default) = default {
        let sent = FieldData {
            field: Some(Columns::Scalars(ScalarField { data: repeated(field, default, rows) })),
            ..FieldData::default()
        };
        let column = Column::from_field_data(field, &sent, rows)?;
        if field.data_type == DataType::Geometry && column.check_shapes().is_err() {
            return Err(Error::invalid("invalid default value for geometry field"));
        }
        return Ok(column);
    }
    if !field.nullable && !field.is_dynamic() {
        return Err(Error::new(
            Kind::ParameterInvalid,
            format!("fieldSchema({}) has no corresponding fieldData pass in", field.name),
        ));
    }
    let mut column = Column::new(field);
    (0..rows).for_each(|_| column.push_null(field));
    Ok(column)
}

/// A column as it was sent, the default where it is NULL and the field has one.
pub(crate) fn with_defaults(field: &Field, sent: &FieldData, rows: usize) -> Result<Column> {
    if field.message.default_value.is_none() || sent.valid_data.iter().all(|valid| *valid) {
        return Column::from_field_data(field, sent, rows);
    }
    let nullable = Field { nullable: true, ..field.clone() };
    let column = Column::from_field_data(&nullable, sent, rows)?;
    let default = missing(field, 1)?;
    let mut filled = Column::new(field);
    for row in 0..rows {
        match column.is_null(row) {
            true => filled.append(&default),
            false => filled.append(&column.select(field, &[row])),
        }
    }
    Ok(filled)
}

fn repeated(field: &Field, default: &Default, rows: usize) -> Option<Scalars> {
    Some(match (field.data_type, default) {
        (_, Default::BoolData(value)) => Scalars::BoolData(BoolArray { data: vec![*value; rows] }),
        (DataType::Int64 | DataType::Timestamptz, Default::IntData(value)) => {
            Scalars::LongData(LongArray { data: vec![i64::from(*value); rows] })
        }
        (_, Default::IntData(value)) => Scalars::IntData(IntArray { data: vec![*value; rows] }),
        (_, Default::LongData(value)) => Scalars::LongData(LongArray { data: vec![*value; rows] }),
        (_, Default::FloatData(value)) => {
            Scalars::FloatData(FloatArray { data: vec![*value; rows] })
        }
        (DataType::Float, Default::DoubleData(value)) => {
            Scalars::FloatData(FloatArray { data: vec![*value as f32; rows] })
        }
        (_, Default::DoubleData(value)) => {
            Scalars::DoubleData(DoubleArray { data: vec![*value; rows] })
        }
        (_, Default::StringData(value)) => {
            Scalars::StringData(StringArray { data: vec![value.clone(); rows] })
        }
        (_, Default::BytesData(_)) => return None,
    })
}
