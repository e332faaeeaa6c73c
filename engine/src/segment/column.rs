//! A column: the values of one field, row by row, and which of them are NULL. In: Milvus's
//! `FieldData` (one column of a request). Out: cells for filters, and `FieldData` of any rows.

use half::{bf16, f16};
use milvus_engine_geometry::Shape;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    ArrayArray, BoolArray, DataType, DoubleArray, FieldData, FloatArray, GeometryWktArray,
    IntArray, JsonArray, LongArray, ScalarField, SparseFloatArray, StringArray, TimestamptzArray,
    VectorField,
};

use crate::error::{Error, Result};
use crate::schema::Field;
use crate::segment::bits::Bits;
use crate::segment::blocks::Blocks;
use crate::segment::lists;
use crate::{time, zone};

#[derive(Clone, Debug)]
pub struct Column {
    pub data: Data,
    /// of a column that may be NULL: whether the row has a value
    valid: Option<Bits>,
}

#[derive(Clone, Debug)]
pub enum Data {
    Bool(Blocks<bool>),
    /// INT8, INT16, INT32
    Int(Blocks<i32>),
    /// INT64; of TIMESTAMPTZ microseconds since 1970
    Long(Blocks<i64>),
    Float(Blocks<f32>),
    Double(Blocks<f64>),
    /// VARCHAR, TEXT, GEOMETRY
    Text(Blocks<Box<str>>),
    /// JSON as it was written
    Json(Blocks<Box<[u8]>>),
    Array(Blocks<Box<ScalarField>>),
    Floats(Blocks<f32>),
    Halves(Blocks<f16>),
    Bfloats(Blocks<bf16>),
    Int8s(Blocks<i8>),
    /// eight dimensions a byte
    Bits(Blocks<u8>),
    /// pairs of a little-endian u32 index and f32 value
    Sparse(Blocks<Box<[u8]>>),
    /// lists of vectors, and the bytes of one vector
    Lists(Blocks<Box<[u8]>>, usize),
}

/// A value of a row, as a filter sees it.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f32),
    Double(f64),
    Text(&'a str),
    Json(&'a [u8]),
    Array(&'a ScalarField),
    /// how many vectors a list has
    List(usize),
    /// nothing that a filter compares
    Vector,
}

impl Column {
    pub fn new(field: &Field) -> Column {
        let data = match field.data_type {
            DataType::Bool => Data::Bool(Blocks::new(1)),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => Data::Int(Blocks::new(1)),
            DataType::Int64 | DataType::Timestamptz => Data::Long(Blocks::new(1)),
            DataType::Float => Data::Float(Blocks::new(1)),
            DataType::Double => Data::Double(Blocks::new(1)),
            DataType::VarChar | DataType::Text | DataType::Geometry | DataType::String => {
                Data::Text(Blocks::new(1))
            }
            DataType::Json | DataType::None | DataType::ArrayOfStruct => Data::Json(Blocks::new(1)),
            DataType::Array => Data::Array(Blocks::new(1)),
            DataType::FloatVector => Data::Floats(Blocks::new(field.dim)),
            DataType::BinaryVector => Data::Bits(Blocks::new(field.dim / 8)),
            DataType::Float16Vector => Data::Halves(Blocks::new(field.dim)),
            DataType::BFloat16Vector => Data::Bfloats(Blocks::new(field.dim)),
            DataType::Int8Vector => Data::Int8s(Blocks::new(field.dim)),
            DataType::SparseFloatVector => Data::Sparse(Blocks::new(1)),
            DataType::ArrayOfVector => Data::Lists(Blocks::new(1), lists::width(field)),
        };
        Column { data, valid: field.nullable.then(Bits::default) }
    }

    /// A column of values that are there already, and of which rows have one where not all need to.
    pub fn restored(data: Data, valid: Option<Bits>) -> Column {
        Column { data, valid }
    }

    /// The column of a request, `rows` long. Of a nullable field the values that are NULL may be
    /// left out or stand as anything.
    pub fn from_field_data(field: &Field, sent: &FieldData, rows: usize) -> Result<Column> {
        let mut column = Column::new(field);
        let flags = &sent.valid_data;
        if !flags.is_empty() && flags.len() != rows {
            return Err(length(field, flags.len(), rows));
        }
        let nulls = flags.iter().filter(|valid| !**valid).count();
        if nulls > 0 && !field.nullable {
            return Err(Error::invalid(format!("field {} is not nullable", field.name)));
        }
        let values = column.take(field, sent)?;
        if values == rows - nulls && nulls > 0 {
            column = column.spread(field, flags);
        } else if values != rows {
            return Err(length(field, values, rows));
        }
        if let Some(valid) = &mut column.valid {
            *valid = match flags.is_empty() {
                true => Bits::filled(rows, true),
                false => flags.iter().copied().collect(),
            };
        }
        Ok(column)
    }

    pub fn rows(&self) -> usize {
        match &self.data {
            Data::Bool(blocks) => blocks.rows(),
            Data::Int(blocks) => blocks.rows(),
            Data::Long(blocks) => blocks.rows(),
            Data::Float(blocks) | Data::Floats(blocks) => blocks.rows(),
            Data::Double(blocks) => blocks.rows(),
            Data::Text(blocks) => blocks.rows(),
            Data::Json(blocks) | Data::Sparse(blocks) | Data::Lists(blocks, _) => blocks.rows(),
            Data::Array(blocks) => blocks.rows(),
            Data::Halves(blocks) => blocks.rows(),
            Data::Bfloats(blocks) => blocks.rows(),
            Data::Int8s(blocks) => blocks.rows(),
            Data::Bits(blocks) => blocks.rows(),
        }
    }

    /// The bytes it takes, those that an array points to by their number.
    pub fn bytes(&self) -> usize {
        fn boxed<T: Clone>(blocks: &Blocks<T>, len: impl Fn(&T) -> usize) -> usize {
            blocks.bytes() + blocks.blocks().flatten().map(len).sum::<usize>()
        }
        let data = match &self.data {
            Data::Bool(blocks) => blocks.bytes(),
            Data::Int(blocks) => blocks.bytes(),
            Data::Long(blocks) => blocks.bytes(),
            Data::Float(blocks) | Data::Floats(blocks) => blocks.bytes(),
            Data::Double(blocks) => blocks.bytes(),
            Data::Text(blocks) => boxed(blocks, |text| text.len()),
            Data::Json(blocks) | Data::Sparse(blocks) | Data::Lists(blocks, _) => {
                boxed(blocks, |bytes| bytes.len())
            }
            Data::Array(blocks) => boxed(blocks, |array| {
                size_of::<ScalarField>() + array_len(array) * size_of::<i64>()
            }),
            Data::Halves(blocks) => blocks.bytes(),
            Data::Bfloats(blocks) => blocks.bytes(),
            Data::Int8s(blocks) => blocks.bytes(),
            Data::Bits(blocks) => blocks.bytes(),
        };
        data + self.valid.as_ref().map_or(0, Bits::bytes)
    }

    pub fn is_null(&self, row: usize) -> bool {
        self.valid.as_ref().is_some_and(|valid| !valid.get(row))
    }

    /// Which rows have a value; all where the field cannot be NULL.
    pub fn valid(&self) -> Option<&Bits> {
        self.valid.as_ref()
    }

    pub fn cell(&self, row: usize) -> Cell<'_> {
        if self.is_null(row) {
            return Cell::Null;
        }
        let cell = match &self.data {
            Data::Bool(blocks) => blocks.get(row).map(|value| Cell::Bool(*value)),
            Data::Int(blocks) => blocks.get(row).map(|value| Cell::Int(i64::from(*value))),
            Data::Long(blocks) => blocks.get(row).map(|value| Cell::Int(*value)),
            Data::Float(blocks) => blocks.get(row).map(|value| Cell::Float(*value)),
            Data::Double(blocks) => blocks.get(row).map(|value| Cell::Double(*value)),
            Data::Text(blocks) => blocks.get(row).map(|value| Cell::Text(value)),
            Data::Json(blocks) => blocks.get(row).map(|value| Cell::Json(value)),
            Data::Array(blocks) => blocks.get(row).map(|value| Cell::Array(value)),
            Data::Lists(blocks, width) => {
                blocks.get(row).map(|list| Cell::List(list.len() / (*width).max(1)))
            }
            Data::Floats(_)
            | Data::Halves(_)
            | Data::Bfloats(_)
            | Data::Int8s(_)
            | Data::Bits(_)
            | Data::Sparse(_) => Some(Cell::Vector),
        };
        cell.unwrap_or(Cell::Null)
    }

    /// How many elements a row has in an array or a list; none of NULL, and of other kinds.
    pub fn elements(&self, row: usize) -> Option<usize> {
        match self.cell(row) {
            Cell::Array(array) => Some(array_len(array)),
            Cell::List(count) => Some(count),
            _ => None,
        }
    }

    /// Adds the rows of another column of the same field.
    pub fn append(&mut self, other: &Column) {
        fn add<T: Clone>(to: &mut Blocks<T>, from: &Blocks<T>) {
            from.blocks().for_each(|block| to.extend(block));
        }
        let rows = self.rows();
        match (&mut self.data, &other.data) {
            (Data::Bool(to), Data::Bool(from)) => add(to, from),
            (Data::Int(to), Data::Int(from)) => add(to, from),
            (Data::Long(to), Data::Long(from)) => add(to, from),
            (Data::Float(to), Data::Float(from)) | (Data::Floats(to), Data::Floats(from)) => {
                add(to, from);
            }
            (Data::Double(to), Data::Double(from)) => add(to, from),
            (Data::Text(to), Data::Text(from)) => add(to, from),
            (Data::Json(to), Data::Json(from))
            | (Data::Sparse(to), Data::Sparse(from))
            | (Data::Lists(to, _), Data::Lists(from, _)) => add(to, from),
            (Data::Array(to), Data::Array(from)) => add(to, from),
            (Data::Halves(to), Data::Halves(from)) => add(to, from),
            (Data::Bfloats(to), Data::Bfloats(from)) => add(to, from),
            (Data::Int8s(to), Data::Int8s(from)) => add(to, from),
            (Data::Bits(to), Data::Bits(from)) => add(to, from),
            // columns of one field are of one kind
            _ => {}
        }
        if let Some(valid) = &mut self.valid {
            for row in 0..other.rows() {
                valid.resize(rows + row, true);
                valid.push(!other.is_null(row));
            }
        }
    }

    /// The rows of the given numbers, in their order, as a column.
    pub fn select(&self, field: &Field, rows: &[usize]) -> Column {
        fn pick<T: Clone>(to: &mut Blocks<T>, from: &Blocks<T>, rows: &[usize]) {
            rows.iter().for_each(|row| to.extend(from.row(*row)));
        }
        let mut picked = Column::new(field);
        match (&mut picked.data, &self.data) {
            (Data::Bool(to), Data::Bool(from)) => pick(to, from, rows),
            (Data::Int(to), Data::Int(from)) => pick(to, from, rows),
            (Data::Long(to), Data::Long(from)) => pick(to, from, rows),
            (Data::Float(to), Data::Float(from)) | (Data::Floats(to), Data::Floats(from)) => {
                pick(to, from, rows);
            }
            (Data::Double(to), Data::Double(from)) => pick(to, from, rows),
            (Data::Text(to), Data::Text(from)) => pick(to, from, rows),
            (Data::Json(to), Data::Json(from))
            | (Data::Sparse(to), Data::Sparse(from))
            | (Data::Lists(to, _), Data::Lists(from, _)) => pick(to, from, rows),
            (Data::Array(to), Data::Array(from)) => pick(to, from, rows),
            (Data::Halves(to), Data::Halves(from)) => pick(to, from, rows),
            (Data::Bfloats(to), Data::Bfloats(from)) => pick(to, from, rows),
            (Data::Int8s(to), Data::Int8s(from)) => pick(to, from, rows),
            (Data::Bits(to), Data::Bits(from)) => pick(to, from, rows),
            _ => {}
        }
        if let (Some(to), Some(from)) = (&mut picked.valid, &self.valid) {
            rows.iter().for_each(|row| to.push(from.get(*row)));
        }
        picked
    }

    /// A row without a value: NULL, or an object without keys where the field is the dynamic one.
    pub fn push_null(&mut self, field: &Field) {
        match &mut self.data {
            Data::Bool(blocks) => blocks.push(false),
            Data::Int(blocks) => blocks.push(0),
            Data::Long(blocks) => blocks.push(0),
            Data::Float(blocks) => blocks.push(0.0),
            Data::Double(blocks) => blocks.push(0.0),
            Data::Text(blocks) => blocks.push("".into()),
            Data::Json(blocks) => {
                blocks.push(if field.is_dynamic() { Box::from(&b"{}"[..]) } else { Box::from([]) });
            }
            Data::Array(blocks) => blocks.push(Box::default()),
            Data::Floats(blocks) => blocks.extend(&vec![0.0; field.dim]),
            Data::Halves(blocks) => blocks.extend(&vec![f16::ZERO; field.dim]),
            Data::Bfloats(blocks) => blocks.extend(&vec![bf16::ZERO; field.dim]),
            Data::Int8s(blocks) => blocks.extend(&vec![0; field.dim]),
            Data::Bits(blocks) => blocks.extend(&vec![0; blocks.width()]),
            Data::Sparse(blocks) | Data::Lists(blocks, _) => blocks.push(Box::from([])),
        }
        if let Some(valid) = &mut self.valid {
            valid.push(false);
        }
    }

    /// The rows of the given numbers as Milvus gives them back: a value for every row, whatever is
    /// NULL by its default; of a nullable vector the values that are there alone.
    pub fn gather(&self, field: &Field, rows: &[usize]) -> FieldData {
        fn pick<T: Clone>(blocks: &Blocks<T>, rows: &[usize]) -> Vec<T> {
            let mut out = Vec::with_capacity(rows.len() * blocks.width());
            rows.iter().for_each(|row| out.extend_from_slice(blocks.row(*row)));
            out
        }
        let scalars = |data| Columns::Scalars(ScalarField { data: Some(data) });
        let dim = field.dim as i64;
        let vectors = |data| Columns::Vectors(VectorField { dim, data: Some(data) });
        let there: Vec<usize>;
        let rows_of_vectors = match &self.valid {
            Some(valid) if field.is_vector() => {
                there = rows.iter().copied().filter(|row| valid.get(*row)).collect();
                &there
            }
            _ => rows,
        };
        let column = match &self.data {
            Data::Bool(blocks) => {
                scalars(Scalars::BoolData(BoolArray { data: pick(blocks, rows) }))
            }
            Data::Int(blocks) => scalars(Scalars::IntData(IntArray { data: pick(blocks, rows) })),
            Data::Long(blocks) if field.data_type == DataType::Timestamptz => {
                scalars(Scalars::TimestamptzData(TimestamptzArray { data: pick(blocks, rows) }))
            }
            Data::Long(blocks) => {
                scalars(Scalars::LongData(LongArray { data: pick(blocks, rows) }))
            }
            Data::Float(blocks) => {
                scalars(Scalars::FloatData(FloatArray { data: pick(blocks, rows) }))
            }
            Data::Double(blocks) => {
                scalars(Scalars::DoubleData(DoubleArray { data: pick(blocks, rows) }))
            }
            Data::Text(blocks) => {
                let data = pick(blocks, rows).into_iter().map(String::from).collect();
                scalars(match field.data_type {
                    DataType::Geometry => Scalars::GeometryWktData(GeometryWktArray { data }),
                    _ => Scalars::StringData(StringArray { data }),
                })
            }
            Data::Json(blocks) => scalars(Scalars::JsonData(JsonArray {
                data: pick(blocks, rows).into_iter().map(Vec::from).collect(),
            })),
            Data::Array(blocks) => scalars(Scalars::ArrayData(ArrayArray {
                data: pick(blocks, rows).into_iter().map(|array| *array).collect(),
                element_type: field.element_type.into(),
            })),
            Data::Floats(blocks) => {
                vectors(Vectors::FloatVector(FloatArray { data: pick(blocks, rows_of_vectors) }))
            }
            Data::Halves(blocks) => vectors(Vectors::Float16Vector(
                pick(blocks, rows_of_vectors).into_iter().flat_map(f16::to_le_bytes).collect(),
            )),
            Data::Bfloats(blocks) => vectors(Vectors::Bfloat16Vector(
                pick(blocks, rows_of_vectors).into_iter().flat_map(bf16::to_le_bytes).collect(),
            )),
            Data::Int8s(blocks) => vectors(Vectors::Int8Vector(
                pick(blocks, rows_of_vectors).into_iter().map(i8::cast_unsigned).collect(),
            )),
            Data::Bits(blocks) => vectors(Vectors::BinaryVector(pick(blocks, rows_of_vectors))),
            // a list for every row, like other arrays
            Data::Lists(blocks, _) => {
                Columns::Vectors(lists::given(field, pick(blocks, rows).into_iter()))
            }
            Data::Sparse(blocks) => {
                let contents: Vec<Vec<u8>> =
                    pick(blocks, rows_of_vectors).into_iter().map(Vec::from).collect();
                let dim = contents.iter().filter_map(|row| last_index(row)).max();
                let dim = dim.map_or(0, |last| i64::from(last) + 1);
                let data = Some(Vectors::SparseFloatVector(SparseFloatArray { contents, dim }));
                Columns::Vectors(VectorField { dim, data })
            }
        };
        FieldData {
            r#type: field.data_type.into(),
            field_name: field.name.clone(),
            field: Some(column),
            field_id: field.message.field_id,
            is_dynamic: field.is_dynamic(),
            valid_data: match &self.valid {
                Some(valid) => rows.iter().map(|row| valid.get(*row)).collect(),
                None => Vec::new(),
            },
        }
    }

    /// Takes the values that were sent, and counts them.
    fn take(&mut self, field: &Field, sent: &FieldData) -> Result<usize> {
        let wrong = || {
            Error::invalid(format!(
                "the data type of field {} is {}, and other data came for it",
                field.name,
                field.data_type.as_str_name()
            ))
        };
        let (scalars, vectors) = match &sent.field {
            Some(Columns::Scalars(scalars)) => (scalars.data.as_ref(), None),
            Some(Columns::Vectors(vectors)) => (None, vectors.data.as_ref()),
            Some(Columns::StructArrays(_)) => return Err(wrong()),
            None => (None, None),
        };
        match (&mut self.data, scalars, vectors) {
            // a column of no values need not say of which kind they are
            (_, None, None) => {}
            (Data::Bool(to), Some(Scalars::BoolData(sent)), _) => to.extend(&sent.data),
            (Data::Int(to), Some(Scalars::IntData(sent)), _) => {
                check_range(field, &sent.data)?;
                to.extend(&sent.data);
            }
            (Data::Long(to), Some(Scalars::LongData(sent)), _) => to.extend(&sent.data),
            (Data::Long(to), Some(Scalars::TimestamptzData(sent)), _) => to.extend(&sent.data),
            (Data::Long(to), Some(Scalars::StringData(sent)), _)
                if field.data_type == DataType::Timestamptz =>
            {
                for text in &sent.data {
                    // what is NULL may stand as nothing
                    let null = text.is_empty() && field.nullable;
                    let moment = || time::moment(text, zone::UTC).map_err(Error::invalid);
                    to.push(if null { 0 } else { moment()? });
                }
            }
            (Data::Float(to), Some(Scalars::FloatData(sent)), _) => {
                check_finite(sent.data.iter().map(|value| f64::from(*value)))?;
                to.extend(&sent.data);
            }
            (Data::Double(to), Some(Scalars::DoubleData(sent)), _) => {
                check_finite(sent.data.iter().copied())?;
                to.extend(&sent.data);
            }
            (Data::Text(to), Some(Scalars::StringData(StringArray { data })), _)
            | (Data::Text(to), Some(Scalars::GeometryWktData(GeometryWktArray { data })), _) => {
                for (row, text) in data.iter().enumerate() {
                    check_length(field, row, text)?;
                    to.push(text.as_str().into());
                }
            }
            (Data::Json(to), Some(Scalars::JsonData(sent)), _) => {
                for text in &sent.data {
                    check_json(field, text)?;
                    to.push(text.as_slice().into());
                }
            }
            (Data::Array(to), Some(Scalars::ArrayData(sent)), _) => {
                for (row, array) in sent.data.iter().enumerate() {
                    check_array(field, row, array)?;
                    to.push(Box::new(array.clone()));
                }
            }
            (Data::Floats(to), _, Some(Vectors::FloatVector(sent))) => {
                check_dim(field, sent.data.len(), field.dim)?;
                check_finite(sent.data.iter().map(|value| f64::from(*value)))?;
                to.extend(&sent.data);
            }
            (Data::Halves(to), _, Some(Vectors::Float16Vector(bytes))) => {
                check_dim(field, bytes.len(), field.dim * 2)?;
                to.extend(&halves(bytes));
            }
            (Data::Bfloats(to), _, Some(Vectors::Bfloat16Vector(bytes))) => {
                check_dim(field, bytes.len(), field.dim * 2)?;
                to.extend(&bfloats(bytes));
            }
            (Data::Int8s(to), _, Some(Vectors::Int8Vector(bytes))) => {
                check_dim(field, bytes.len(), field.dim)?;
                to.extend(&int8s(bytes));
            }
            (Data::Bits(to), _, Some(Vectors::BinaryVector(bytes))) => {
                check_dim(field, bytes.len(), to.width())?;
                to.extend(bytes);
            }
            (Data::Sparse(to), _, Some(Vectors::SparseFloatVector(sent))) => {
                for row in &sent.contents {
                    to.push(sorted_pairs(row)?.into());
                }
            }
            (Data::Lists(to, _), _, Some(Vectors::VectorArray(sent))) => {
                lists::taken(field, sent)?.into_iter().for_each(|list| to.push(list));
            }
            _ => return Err(wrong()),
        }
        Ok(self.rows())
    }

    /// Refuses texts that are no shapes.
    pub fn check_shapes(&self) -> Result<()> {
        for row in 0..self.rows() {
            if let Cell::Text(text) = self.cell(row) {
                Shape::read(text).map_err(|why| {
                    Error::invalid(format!("invalid Geometry data, transform to wkb failed: {why}"))
                })?;
            }
        }
        Ok(())
    }

    /// The values that came without those that are NULL, each at its row.
    fn spread(self, field: &Field, flags: &[bool]) -> Column {
        let mut spread = Column::new(field);
        let mut next = 0;
        for valid in flags {
            if *valid {
                spread.append(&self.select(field, &[next]));
                next += 1;
            } else {
                spread.push_null(field);
            }
        }
        spread
    }
}

/// Numbers of 16 bits as Milvus has them, little-endian.
pub fn halves(bytes: &[u8]) -> Vec<f16> {
    bytes.as_chunks().0.iter().map(|pair| f16::from_le_bytes(*pair)).collect()
}

pub fn bfloats(bytes: &[u8]) -> Vec<bf16> {
    bytes.as_chunks().0.iter().map(|pair| bf16::from_le_bytes(*pair)).collect()
}

pub fn int8s(bytes: &[u8]) -> Vec<i8> {
    bytes.iter().map(|byte| byte.cast_signed()).collect()
}

/// The pairs of a sparse vector: index and value, ascending by index.
pub fn pairs(bytes: &[u8]) -> impl Iterator<Item = (u32, f32)> + '_ {
    let (pairs, _) = bytes.as_chunks::<8>();
    pairs.iter().map(|[a, b, c, d, e, f, g, h]| {
        (u32::from_le_bytes([*a, *b, *c, *d]), f32::from_le_bytes([*e, *f, *g, *h]))
    })
}

fn last_index(bytes: &[u8]) -> Option<u32> {
    pairs(bytes).last().map(|(index, _)| index)
}

/// Pairs by ascending index, as the client may have sent them in another order.
fn sorted_pairs(bytes: &[u8]) -> Result<Vec<u8>> {
    if !bytes.len().is_multiple_of(8) {
        return Err(Error::invalid(format!(
            "invalid data length in sparse float vector: {}",
            bytes.len()
        )));
    }
    let mut sorted: Vec<(u32, f32)> = pairs(bytes).collect();
    sorted.sort_by_key(|(index, _)| *index);
    for ((index, value), next) in sorted.iter().zip(sorted.iter().skip(1).map(Some).chain([None])) {
        if next.is_some_and(|(next, _)| next == index) {
            return Err(Error::invalid("unsorted or same indices in sparse float vector"));
        }
        if *value < 0.0 || !value.is_finite() {
            return Err(Error::invalid(format!(
                "negative or non-finite value in sparse float vector: {value}"
            )));
        }
    }
    Ok(sorted
        .into_iter()
        .flat_map(|(index, value)| [index.to_le_bytes(), value.to_le_bytes()].concat())
        .collect())
}

fn length(field: &Field, found: usize, rows: usize) -> Error {
    Error::invalid(format!(
        "the num_rows ({found}) of field ({}) is not equal to passed num_rows ({rows})",
        field.name
    ))
}

fn check_dim(field: &Field, len: usize, width: usize) -> Result<()> {
    if width == 0 || !len.is_multiple_of(width) {
        return Err(Error::invalid(format!(
            "the length({len}) of data of field {} should divide the dim({})",
            field.name, field.dim
        )));
    }
    Ok(())
}

fn check_finite(values: impl Iterator<Item = f64>) -> Result<()> {
    for value in values {
        if !value.is_finite() {
            return Err(Error::invalid(format!("value '{value}' is not a number or infinity")));
        }
    }
    Ok(())
}

fn check_range(field: &Field, values: &[i32]) -> Result<()> {
    let (least, most) = match field.data_type {
        DataType::Int8 => (i32::from(i8::MIN), i32::from(i8::MAX)),
        DataType::Int16 => (i32::from(i16::MIN), i32::from(i16::MAX)),
        _ => return Ok(()),
    };
    match values.iter().find(|value| !(least..=most).contains(*value)) {
        Some(value) => Err(Error::invalid(format!(
            "the value {value} of field {} is out of range [{least}, {most}]",
            field.name
        ))),
        None => Ok(()),
    }
}

fn check_length(field: &Field, row: usize, text: &str) -> Result<()> {
    match field.max_length {
        Some(most) if text.len() > most => Err(Error::invalid(format!(
            "length of varchar field {} exceeds max length, row number: {row}, length: {}, max \
             length: {most}",
            field.name,
            text.len()
        ))),
        _ => Ok(()),
    }
}

fn check_json(field: &Field, text: &[u8]) -> Result<()> {
    let parsed: std::result::Result<serde_json::Value, _> = serde_json::from_slice(text);
    match parsed {
        Ok(value) if field.is_dynamic() && !value.is_object() => {
            Err(Error::invalid("data of dynamic field should be a JSON object"))
        }
        Ok(_) => Ok(()),
        // a NULL may come as nothing
        Err(_) if text.is_empty() && field.nullable => Ok(()),
        Err(error) => Err(Error::invalid(format!("invalid JSON in field {}: {error}", field.name))),
    }
}

fn check_array(field: &Field, row: usize, array: &ScalarField) -> Result<()> {
    use DataType::{Bool, Double, Float, Int8, Int16, Int32, Int64, VarChar};
    let right = matches!(
        (&array.data, field.element_type),
        (None, _)
            | (Some(Scalars::BoolData(_)), Bool)
            | (Some(Scalars::IntData(_)), Int8 | Int16 | Int32)
            | (Some(Scalars::LongData(_)), Int64)
            | (Some(Scalars::FloatData(_)), Float)
            | (Some(Scalars::DoubleData(_)), Double)
            | (Some(Scalars::StringData(_)), VarChar)
    );
    if !right {
        return Err(Error::invalid(format!(
            "insert data does not match the element type of field {}",
            field.name
        )));
    }
    let elements = array_len(array);
    if let Some(most) = field.max_capacity
        && elements > most
    {
        return Err(lists::too_long(format!(
            "the length ({elements}) of {row}th array exceeds max capacity ({most})"
        )));
    }
    if let Some(Scalars::StringData(texts)) = &array.data {
        texts.data.iter().try_for_each(|text| check_length(field, row, text))?;
    }
    Ok(())
}

/// How many elements an array has.
pub fn array_len(array: &ScalarField) -> usize {
    match &array.data {
        Some(Scalars::BoolData(sent)) => sent.data.len(),
        Some(Scalars::IntData(sent)) => sent.data.len(),
        Some(Scalars::LongData(sent)) => sent.data.len(),
        Some(Scalars::FloatData(sent)) => sent.data.len(),
        Some(Scalars::DoubleData(sent)) => sent.data.len(),
        Some(Scalars::StringData(sent)) => sent.data.len(),
        _ => 0,
    }
}
