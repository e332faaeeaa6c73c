//! Written values become columns on the wire. In: values with their places, and the field they go
//! into. Out: `FieldData`, or a diagnostic at the value that does not fit.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::Field;
use crate::execute::convert::vector::{
    byte_vector, bytes_of, fits, float_vector, sparse_dim, sparse_vector,
};
use crate::execute::value::{number, of_datum, to_json, to_json_field};
use crate::language::ast::Value;
use crate::outcome::Datum;
use milvus_kernel_scan as scan;
use milvus_proto::schema::{
    self, DataType, FieldData, ScalarField, VectorField, field_data, scalar_field, vector_field,
};

/// The values of one field, gathered row by row.
pub(crate) struct ColumnBuilder<'a> {
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

/// The most numbers of vectors that room is made for before they come: a schema says how many
/// there are, and may be wrong.
const ROOM: usize = 1 << 22;

impl<'a> ColumnBuilder<'a> {
    pub(crate) fn new(field: &'a Field, rows: usize, span: Span) -> Result<Self> {
        let room = |each: usize| rows.saturating_mul(each).min(ROOM);
        let data = match field.data_type {
            DataType::Bool => Data::Bool(Vec::with_capacity(rows)),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => {
                Data::Int(Vec::with_capacity(rows))
            }
            DataType::Int64 => Data::Long(Vec::with_capacity(rows)),
            DataType::Float => Data::Float(Vec::with_capacity(rows)),
            DataType::Double => Data::Double(Vec::with_capacity(rows)),
            DataType::VarChar
            | DataType::String
            | DataType::Text
            | DataType::Geometry
            | DataType::Timestamptz => Data::Text(Vec::with_capacity(rows)),
            DataType::Json => Data::Json(Vec::with_capacity(rows)),
            DataType::Array => Data::Array(Vec::with_capacity(rows)),
            DataType::FloatVector => Data::FloatVector(Vec::with_capacity(room(field.dim))),
            DataType::BinaryVector
            | DataType::Float16Vector
            | DataType::BFloat16Vector
            | DataType::Int8Vector => Data::ByteVector(Vec::with_capacity(room(bytes_of(field)))),
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

    pub(crate) fn is_of(&self, field: &Field) -> bool {
        self.field.name == field.name
    }

    pub(crate) fn push(&mut self, value: &Spanned<Value>) -> Result<()> {
        let field = self.field;
        if value.value == Value::Null {
            // a NULL where the field has a default stands for the default
            if !field.nullable && field.default.is_none() {
                return Err(Diagnostic::new(
                    Code::NullValue,
                    format!("field `{}` cannot be NULL", field.name),
                )
                .at(value.span)
                .help(format!("`{} … NULL` in CREATE TABLE lets it be", field.name)));
            }
            self.valid.push(false);
            return Ok(());
        }
        match &mut self.data {
            Data::Bool(data) => match value.value {
                Value::Bool(flag) => data.push(flag),
                _ => return Err(field.mismatch(value)),
            },
            Data::Int(data) => data.push(small_int(field, field.data_type, value)?),
            Data::Long(data) => data.push(field.whole(field.data_type, value)?),
            Data::Float(data) => data.push(single(field, value)?),
            Data::Double(data) => match value.value {
                Value::Int(number) => data.push(number as f64),
                Value::Large(number) => data.push(number as f64),
                Value::Float(number) => data.push(number),
                _ => return Err(field.mismatch(value)),
            },
            Data::Text(data) => data.push(text(field, value)?),
            Data::Json(_) => self.push_json(to_json_field(value)?.to_string()),
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

    /// Adds a text of a file if it is written as values of the field mostly are; false is any
    /// other, and one that does not fit.
    pub(crate) fn push_written(&mut self, written: &str) -> bool {
        let field = self.field;
        let fits = match &mut self.data {
            Data::Bool(data) => match written {
                "true" | "True" | "1" => pushed(data, Some(true)),
                "false" | "False" | "0" => pushed(data, Some(false)),
                _ => false,
            },
            Data::Int(data) => {
                let number = scan::whole(written).and_then(|number| match field.data_type {
                    DataType::Int8 => i8::try_from(number).ok().map(i32::from),
                    DataType::Int16 => i16::try_from(number).ok().map(i32::from),
                    _ => i32::try_from(number).ok(),
                });
                pushed(data, number)
            }
            Data::Long(data) => pushed(data, scan::whole(written)),
            Data::Float(data) => {
                let number = scan::number(written).map(|number| number as f32);
                pushed(data, number.filter(|number| number.is_finite()))
            }
            Data::Double(data) => pushed(data, scan::number(written)),
            Data::Text(data) => {
                let is_short = field.max_length == 0 || written.len() <= field.max_length;
                pushed(data, is_short.then(|| written.to_string()))
            }
            Data::FloatVector(data) => {
                let before = data.len();
                let read = scan::floats(written, data);
                let fits = read.is_some() && data.len() - before == field.dim;
                if !fits {
                    data.truncate(before);
                }
                fits
            }
            Data::Json(_) | Data::Array(_) | Data::ByteVector(_) | Data::Sparse(_) => false,
        };
        if fits && (field.nullable || field.default.is_some()) {
            self.valid.push(true);
        }
        fits
    }

    /// Takes off what is behind the first `rows` rows, a row that was begun included.
    pub(crate) fn truncate(&mut self, rows: usize) {
        let field = self.field;
        let rows = if field.nullable || field.default.is_some() {
            self.valid.truncate(rows);
            self.valid.iter().filter(|valid| **valid).count()
        } else {
            rows
        };
        match &mut self.data {
            Data::Bool(data) => data.truncate(rows),
            Data::Int(data) => data.truncate(rows),
            Data::Long(data) => data.truncate(rows),
            Data::Float(data) => data.truncate(rows),
            Data::Double(data) => data.truncate(rows),
            Data::Text(data) => data.truncate(rows),
            Data::Json(data) | Data::Sparse(data) => data.truncate(rows),
            Data::Array(data) => data.truncate(rows),
            Data::FloatVector(data) => data.truncate(rows * field.dim),
            Data::ByteVector(data) => data.truncate(rows * bytes_of(field)),
        }
    }

    fn push_json(&mut self, text: String) {
        if let Data::Json(data) = &mut self.data {
            data.push(text.into_bytes());
        }
    }

    /// Adds a value that was computed: a string of it is a string, whatever is in it.
    pub(crate) fn push_computed(&mut self, value: &Spanned<Value>) -> Result<()> {
        match (&self.data, &value.value) {
            (Data::Json(_), Value::Text(_)) => {
                let text = to_json(value)?.to_string();
                self.push_stored(&Datum::Json(text), value.span)
            }
            _ => self.push(value),
        }
    }

    /// Adds a value as a server gave it.
    pub(crate) fn push_stored(&mut self, stored: &Datum, span: Span) -> Result<()> {
        if let (Data::Json(_), Datum::Json(text)) = (&self.data, stored) {
            self.push_json(text.clone());
            if self.field.nullable || self.field.default.is_some() {
                self.valid.push(true);
            }
            return Ok(());
        }
        self.push(&Spanned::new(of_datum(stored), span))
    }

    /// About the bytes that one row of this column takes on the wire.
    pub(crate) fn row_bytes(&self, rows: usize) -> usize {
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
    pub(crate) fn take(&mut self, rows: usize) -> FieldData {
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
            Data::Text(data) => {
                let data = front(data, rows);
                scalar(match field.data_type {
                    DataType::Geometry => {
                        scalar_field::Data::GeometryWktData(schema::GeometryWktArray { data })
                    }
                    _ => scalar_field::Data::StringData(schema::StringArray { data }),
                })
            }
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

fn pushed<T>(data: &mut Vec<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    data.extend(value);
    is_there
}

fn small_int(field: &Field, data_type: DataType, value: &Spanned<Value>) -> Result<i32> {
    field.whole(data_type, value).map(|number| number as i32)
}

fn single(field: &Field, value: &Spanned<Value>) -> Result<f32> {
    match value.value {
        Value::Int(number) => Ok(number as f32),
        Value::Large(number) => Ok(number as f32),
        // nobody writes an infinity, but a server may have one stored
        Value::Float(number) if fits(number, (number as f32).into()) => Ok(number as f32),
        Value::Float(number) => Err(field.out_of_range(number, value.span)),
        _ => Err(field.mismatch(value)),
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
        _ => Err(field.mismatch(value)),
    }
}

/// The values of an ARRAY, each checked as a value of its element type.
/// PostgreSQL's text of an array, `{love,england}`, where it is plain.
fn braced(text: &str, field: &Field, span: Span) -> Option<Vec<Spanned<Value>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let pieces = inner.split(',').map(str::trim).filter(|_| !inner.trim().is_empty());
    pieces
        .map(|piece| {
            let value = match field.element_type {
                DataType::Bool => match piece {
                    "t" | "true" => Value::Bool(true),
                    "f" | "false" => Value::Bool(false),
                    _ => return None,
                },
                DataType::VarChar => Value::Text(piece.to_string()),
                _ => Value::number(piece)?,
            };
            let is_plain = !piece.contains(['"', '{', '\\']) && piece != "NULL";
            is_plain.then(|| Spanned::new(value, span))
        })
        .collect()
}

fn array(field: &Field, value: &Spanned<Value>) -> Result<ScalarField> {
    let items = match &value.value {
        Value::List(items) => items.clone(),
        Value::Numbers(numbers) => numbers.exact(),
        Value::Text(text) => braced(text, field, value.span)
            .ok_or_else(|| field.mismatch(value).help("write a list: `['a', 'b']`, `[1, 2]`"))?,
        _ => return Err(field.mismatch(value)),
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
        _ => Err(field.mismatch(item)),
    };
    let whole = |item: &Spanned<Value>| field.whole(field.element_type, item);
    let double = |item: &Spanned<Value>| number(&item.value).ok_or_else(|| field.mismatch(item));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::collection::Collection;
    use crate::execute::catalog::fixture::{field, said, schema, sized, value};
    use crate::execute::convert::datum;
    use crate::execute::params::pair;
    use milvus_proto::schema::{FieldSchema, ValueField, value_field};

    fn of(schema_of_field: FieldSchema) -> Field {
        Collection::of_schema(schema(vec![schema_of_field])).fields.remove(0)
    }

    /// The column that these values make, as a reply would be read.
    fn column(field: &Field, values: &[&str]) -> Result<Vec<Datum>, String> {
        let mut column = ColumnBuilder::new(field, values.len(), Span::default())
            .map_err(|error| said(&error))?;
        for written in values {
            column.push(&value(written)).map_err(|error| said(&error))?;
        }
        let made = column.take(values.len());
        assert_eq!((made.field_name.as_str(), made.r#type), ("f", i32::from(field.data_type)));
        Ok(datum::column(made, values.len()))
    }

    fn text(text: &str) -> Datum {
        Datum::Text(text.to_string())
    }

    #[test]
    fn scalars_of_every_type() {
        let made = |data_type: DataType, values: &[&str]| {
            column(&of(field("f", data_type)), values).expect("a column")
        };
        assert_eq!(made(DataType::Bool, &["TRUE"]), [Datum::Bool(true)]);
        assert_eq!(made(DataType::Int8, &["-128", "127"]), [-128, 127].map(Datum::Int));
        assert_eq!(made(DataType::Int64, &["9007199254740993"]), [Datum::Int(9007199254740993)]);
        assert_eq!(made(DataType::Float, &["1", "0.5"]), [1.0, 0.5].map(Datum::Float));
        assert_eq!(made(DataType::Double, &["1", "0.1"]), [1.0, 0.1].map(Datum::Double));
        assert_eq!(made(DataType::VarChar, &["'a'"]), [text("a")]);
        assert_eq!(
            made(DataType::Json, &["{'a': [1, 0.5]}", "'{\"b\": 1}'", "'c'", "7"]),
            [r#"{"a":[1,0.5]}"#, r#"{"b":1}"#, "\"c\"", "7"]
                .map(|json| Datum::Json(json.to_string()))
        );
    }

    #[test]
    fn what_does_not_fit_is_said_where_it_stands() {
        let wrong = |schema: FieldSchema, written: &str| {
            let (field, value) = (of(schema), value(written));
            let mut column = ColumnBuilder::new(&field, 1, Span::default()).expect("a column");
            let error = column.push(&value).expect_err("it does not fit");
            assert_eq!(error.span, Some(value.span), "{written}");
            format!("{} ({})", said(&error), error.label)
        };
        assert_eq!(
            wrong(field("f", DataType::Int8), "128"),
            "OutOfRange: 128 does not fit into `f`; TINYINT holds -128 to 127 ()"
        );
        assert_eq!(
            wrong(field("f", DataType::Float), "1e39"),
            format!("OutOfRange: {} does not fit into `f` ()", 1e39)
        );
        assert_eq!(
            wrong(field("f", DataType::Int64), "'1'"),
            "TypeMismatch: a string does not fit into `f`; write `1`, without quotes (expected \
                BIGINT)"
        );
        assert_eq!(
            wrong(field("f", DataType::Bool), "1"),
            "TypeMismatch: a whole number does not fit into `f` (expected BOOLEAN)"
        );
        assert_eq!(
            wrong(field("f", DataType::Int64), "NULL"),
            "NullValue: field `f` cannot be NULL; `f … NULL` in CREATE TABLE lets it be ()"
        );
        assert_eq!(
            wrong(sized("f", DataType::VarChar, "max_length", 3), "'表表'"),
            "ValueTooLong: this string has 6 bytes, but `f` holds 3; a character outside ASCII \
                takes 2 to 4 bytes (longer than VARCHAR(3))"
        );
        let unknown = of(field("f", DataType::None));
        let error = ColumnBuilder::new(&unknown, 1, Span::new(1, 2)).err().expect("no type");
        assert_eq!((error.code, error.span), (Code::NotSupported, Some(Span::new(1, 2))));
    }

    #[test]
    fn nulls_have_no_place_in_the_data() {
        let nullable = of(FieldSchema { nullable: true, ..field("f", DataType::Int32) });
        assert_eq!(
            column(&nullable, &["NULL", "2", "NULL", "4"]).expect("a column"),
            [Datum::Null, Datum::Int(2), Datum::Null, Datum::Int(4)]
        );
        let mut halves = ColumnBuilder::new(&nullable, 3, Span::default()).expect("a column");
        for written in ["1", "NULL", "3"] {
            halves.push(&value(written)).expect("it fits");
        }
        assert_eq!(datum::column(halves.take(2), 2), [Datum::Int(1), Datum::Null]);
        assert_eq!(datum::column(halves.take(2), 1), [Datum::Int(3)]);
        // NULL stands for the default where there is one
        let default = ValueField { data: Some(value_field::Data::LongData(7)) };
        let field = of(FieldSchema { default_value: Some(default), ..field("f", DataType::Int64) });
        let mut column = ColumnBuilder::new(&field, 1, Span::default()).expect("a column");
        column.push(&value("NULL")).expect("it fits");
        assert_eq!(column.take(1).valid_data, [false]);
    }

    #[test]
    fn arrays_hold_values_of_their_type() {
        let array = |element: DataType| {
            of(FieldSchema {
                element_type: element.into(),
                type_params: vec![pair("max_capacity", 2), pair("max_length", 2)],
                ..field("f", DataType::Array)
            })
        };
        let made = column(&array(DataType::VarChar), &["['a', 'b']", "[]"]).expect("a column");
        assert_eq!(made, [Datum::Array(vec![text("a"), text("b")]), Datum::Array(Vec::new())]);
        let made = column(&array(DataType::Int64), &["[9007199254740993]"]).expect("a column");
        assert_eq!(made, [Datum::Array(vec![Datum::Int(9007199254740993)])], "exact");
        let made = column(&array(DataType::Double), &["[1, 0.1]"]).expect("a column");
        assert_eq!(made, [Datum::Array(vec![Datum::Double(1.0), Datum::Double(0.1)])]);
        let wrong = |element: DataType, written: &str| {
            column(&array(element), &[written]).expect_err("it does not fit")
        };
        assert!(wrong(DataType::Int64, "[1, 2, 3]").contains("has 3 values, but `f` holds 2"));
        assert!(wrong(DataType::Int8, "[200]").contains("TINYINT holds -128 to 127"));
        assert!(wrong(DataType::Bool, "[1]").contains("a whole number does not fit into `f`"));
        assert!(wrong(DataType::VarChar, "['abc']").starts_with("ValueTooLong"));
        assert!(wrong(DataType::VarChar, "'abc'").starts_with("TypeMismatch"));
    }

    #[test]
    fn a_string_that_was_computed_is_not_read_as_json() {
        let field = of(field("f", DataType::Json));
        let mut column = ColumnBuilder::new(&field, 2, Span::default()).expect("a column");
        column.push_computed(&value("'[1,2]'")).expect("it fits");
        column.push(&value("'[1,2]'")).expect("it fits");
        let json = ["\"[1,2]\"", "[1,2]"].map(|json| Datum::Json(json.to_string()));
        assert_eq!(datum::column(column.take(2), 2), json);
    }

    #[test]
    fn what_no_float_holds_is_written_back() {
        let stored = |field: FieldSchema, stored: &[Datum]| {
            let field = of(field);
            let mut column = ColumnBuilder::new(&field, 1, Span::default()).expect("a column");
            for datum in stored {
                column.push_stored(datum, Span::default()).expect("it was stored");
            }
            format!("{:?}", datum::column(column.take(stored.len()), stored.len()))
        };
        for number in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let array =
                FieldSchema { element_type: DataType::Float.into(), ..field("f", DataType::Array) };
            let sparse = field("f", DataType::SparseFloatVector);
            let vector = |data_type| sized("f", data_type, "dim", 1);
            for (field, datum) in [
                (field("f", DataType::Float), Datum::Float(number)),
                (field("f", DataType::Double), Datum::Double(number.into())),
                (array, Datum::Array(vec![Datum::Float(number)])),
                (vector(DataType::FloatVector), Datum::Vector(vec![number])),
                (vector(DataType::Float16Vector), Datum::Vector(vec![number])),
                (vector(DataType::BFloat16Vector), Datum::Vector(vec![number])),
                (sparse, Datum::Sparse(vec![(1, number)])),
            ] {
                assert_eq!(stored(field, std::slice::from_ref(&datum)), format!("{:?}", [datum]));
            }
        }
    }

    #[test]
    fn stored_values_are_written_back_as_they_are() {
        let field = of(field("f", DataType::Json));
        let mut column = ColumnBuilder::new(&field, 1, Span::default()).expect("a column");
        // a number that no double holds
        let stored = Datum::Json("{\"a\": 12345678901234567890123}".to_string());
        column.push_stored(&stored, Span::default()).expect("it fits");
        assert_eq!(datum::column(column.take(1), 1), [stored]);
    }
}
