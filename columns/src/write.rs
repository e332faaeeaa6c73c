//! Batches as a file. A row group, or a batch of arrow, is of some megabytes; parquet is packed by
//! snappy, which every reader has, and arrow is not packed.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder};
use arrow_array::types::{Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, FixedSizeListArray, ListArray,
    PrimitiveArray, RecordBatch, RecordBatchOptions, new_null_array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Schema, SchemaRef};
use milvus_columns_batch::{Batch, Column, Field, Lists, Values, span};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::{KEY, TYPE};

/// Bytes of a row group that are not packed yet.
const GROUP: usize = 16 << 20;

/// Which of the two a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Parquet,
    Arrow,
}

pub struct Writer {
    schema: SchemaRef,
    file: File,
}

enum File {
    Parquet(Box<ArrowWriter<Vec<u8>>>),
    Arrow(Box<FileWriter<Vec<u8>>>),
}

impl Writer {
    /// A file with these columns. The error is why there is none, in words.
    pub fn new(format: Format, fields: &[Field], first: &Batch) -> Result<Writer, String> {
        let columns = fields.iter().enumerate().map(|(at, field)| {
            let values = first.columns.get(at).map(|column| &column.values);
            arrow_field(field, values)
        });
        let schema = Arc::new(Schema::new(columns.collect::<Vec<_>>()));
        let file = match format {
            Format::Parquet => {
                let packed = WriterProperties::builder().set_compression(Compression::SNAPPY);
                let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(packed.build()));
                File::Parquet(Box::new(writer.map_err(|error| error.to_string())?))
            }
            Format::Arrow => {
                let writer = FileWriter::try_new(Vec::new(), &schema);
                File::Arrow(Box::new(writer.map_err(|error| error.to_string())?))
            }
        };
        Ok(Writer { schema, file })
    }

    pub fn write(&mut self, batch: &Batch) -> Result<(), String> {
        let mut arrays = Vec::new();
        for (field, column) in self.schema.fields().iter().zip(&batch.columns) {
            let wrong = |reason| format!("column `{}`: {reason}", field.name());
            arrays.push(array(column, field.data_type()).map_err(wrong)?);
        }
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.rows));
        let record = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &rows)
            .map_err(|error| error.to_string())?;
        match &mut self.file {
            File::Parquet(writer) => {
                writer.write(&record).map_err(|error| error.to_string())?;
                if writer.in_progress_size() >= GROUP {
                    writer.flush().map_err(|error| error.to_string())?;
                }
                Ok(())
            }
            File::Arrow(writer) => writer.write(&record).map_err(|error| error.to_string()),
        }
    }

    /// The file's bytes.
    pub fn finish(self) -> Result<Vec<u8>, String> {
        match self.file {
            File::Parquet(writer) => writer.into_inner().map_err(|error| error.to_string()),
            File::Arrow(writer) => writer.into_inner().map_err(|error| error.to_string()),
        }
    }
}

fn arrow_field(field: &Field, values: Option<&Values>) -> arrow_schema::Field {
    let declared = field.declared.as_deref().unwrap_or_default();
    let data_type = data_type(declared, values);
    let has_null = field.has_null.unwrap_or(true);
    let mut metadata = std::collections::HashMap::new();
    if !declared.is_empty() {
        metadata.insert(TYPE.to_string(), declared.to_string());
    }
    if field.is_key {
        metadata.insert(KEY.to_string(), "true".to_string());
    }
    arrow_schema::Field::new(&field.name, data_type, has_null).with_metadata(metadata)
}

/// What a column is in the file: by its type in SQL, and where that does not tell by its values.
fn data_type(declared: &str, values: Option<&Values>) -> DataType {
    use DataType as T;
    // VECTOR(128), ARRAY<BIGINT>(8)
    let (name, rest) = declared.split_once(['(', '<']).unwrap_or((declared, ""));
    let size = rest.trim_end_matches(')').parse::<i32>().ok().filter(|size| *size > 0);
    match (values, name, size) {
        (None | Some(Values::Nulls(_)), "BOOLEAN", _) | (Some(Values::Bools(_)), ..) => T::Boolean,
        (None | Some(Values::Nulls(_) | Values::Ints(_)), "TINYINT", _) => T::Int8,
        (None | Some(Values::Nulls(_) | Values::Ints(_)), "SMALLINT", _) => T::Int16,
        (None | Some(Values::Nulls(_) | Values::Ints(_)), "INT", _) => T::Int32,
        (None | Some(Values::Nulls(_)), "BIGINT", _) | (Some(Values::Ints(_)), ..) => T::Int64,
        (None | Some(Values::Nulls(_)), "FLOAT", _) | (Some(Values::Floats(_)), ..) => T::Float32,
        (None | Some(Values::Nulls(_)), "DOUBLE", _) | (Some(Values::Doubles(_)), ..) => T::Float64,
        (None | Some(Values::Bytes(_)), "BINARYVEC", Some(bits)) => T::FixedSizeBinary(bits / 8),
        (Some(Values::Bytes(_)), ..) => T::Binary,
        (Some(Values::List(_, items)), name, size) => {
            let item = data_type("", Some(&items.values));
            match size.filter(|_| name != "ARRAY") {
                Some(size) => T::new_fixed_size_list(item, size, false),
                None => T::new_list(item, true),
            }
        }
        (None, "VECTOR" | "FLOAT16VEC" | "BFLOAT16VEC" | "INT8VEC", Some(size)) => {
            T::new_fixed_size_list(T::Float32, size, false)
        }
        (None | Some(Values::Nulls(_) | Values::Texts(_) | Values::Json(_)), ..) => T::Utf8,
    }
}

fn array(column: &Column, data_type: &DataType) -> Result<ArrayRef, String> {
    use DataType as T;
    let rows = column.len();
    let nulls = match column.nulls.iter().any(|is_null| *is_null) {
        true => Some(NullBuffer::from_iter(column.nulls.iter().map(|is_null| !is_null))),
        false => None,
    };
    Ok(match (&column.values, data_type) {
        (Values::Nulls(_), _) => new_null_array(data_type, rows),
        (Values::Bools(values), T::Boolean) => {
            Arc::new(BooleanArray::new(values.clone().into(), nulls))
        }
        (Values::Ints(values), T::Int8) => numbers::<Int8Type, _>(values, nulls)?,
        (Values::Ints(values), T::Int16) => numbers::<Int16Type, _>(values, nulls)?,
        (Values::Ints(values), T::Int32) => numbers::<Int32Type, _>(values, nulls)?,
        (Values::Ints(values), T::Int64) => numbers::<Int64Type, _>(values, nulls)?,
        (Values::Floats(values), T::Float32) => numbers::<Float32Type, _>(values, nulls)?,
        (Values::Doubles(values), T::Float64) => numbers::<Float64Type, _>(values, nulls)?,
        (Values::Texts(lists) | Values::Json(lists), T::Utf8) => {
            let mut builder = StringBuilder::with_capacity(rows, lists.items.len());
            for row in 0..rows {
                let is_there = !column.is_null(row);
                builder.append_option(column.text(row).filter(|_| is_there));
            }
            Arc::new(builder.finish())
        }
        (Values::Bytes(lists), T::FixedSizeBinary(size)) => {
            let mut builder = FixedSizeBinaryBuilder::with_capacity(rows, *size);
            for bytes in each(column, lists) {
                match bytes {
                    Some(bytes) => {
                        builder.append_value(bytes).map_err(|error| error.to_string())?
                    }
                    None => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        (Values::Bytes(lists), T::Binary) => Arc::new(each(column, lists).collect::<BinaryArray>()),
        (Values::List(ends, items), T::List(item)) => {
            let offsets = OffsetBuffer::from_lengths(lengths(ends));
            let items = array(items, item.data_type())?;
            let list = ListArray::try_new(item.clone(), offsets, items, nulls);
            Arc::new(list.map_err(|error| error.to_string())?)
        }
        (Values::List(ends, items), T::FixedSizeList(item, size)) => {
            let items = of_equal_length(ends, items, *size as usize, nulls.as_ref())?;
            let items = array(&items, item.data_type())?;
            let list = FixedSizeListArray::try_new(item.clone(), *size, items, nulls);
            Arc::new(list.map_err(|error| error.to_string())?)
        }
        _ => return Err(format!("its values are not all of one type, {data_type}")),
    })
}

fn each<'a>(
    column: &'a Column,
    lists: &'a Lists<u8>,
) -> impl Iterator<Item = Option<&'a [u8]>> + 'a {
    (0..column.len()).map(|row| lists.get(row).filter(|_| !column.is_null(row)))
}

fn lengths(ends: &[u32]) -> impl Iterator<Item = usize> {
    let spans = (0..ends.len()).filter_map(|row| span(ends, row));
    spans.map(|(start, end)| end - start)
}

fn numbers<T: ArrowPrimitiveType, F: Copy>(
    values: &[F],
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, String>
where
    T::Native: TryFrom<F>,
{
    let values: Result<Vec<T::Native>, _> =
        values.iter().map(|value| T::Native::try_from(*value)).collect();
    let values = values.map_err(|_| "a number is too large for its type")?;
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls)))
}

/// The items of lists that all have so many; a list that is NULL has zeros.
fn of_equal_length(
    ends: &[u32],
    items: &Column,
    size: usize,
    nulls: Option<&NullBuffer>,
) -> Result<Column, String> {
    let Values::Floats(values) = &items.values else {
        return Err("a vector is of floats".to_string());
    };
    if values.len() == ends.len() * size && lengths(ends).all(|length| length == size) {
        return Ok(items.clone());
    }
    let mut out = Vec::with_capacity(ends.len() * size);
    for row in 0..ends.len() {
        let is_null = nulls.is_some_and(|nulls| nulls.is_null(row));
        let list = span(ends, row).and_then(|(start, end)| values.get(start..end));
        match list.unwrap_or_default() {
            list if list.len() == size => out.extend_from_slice(list),
            _ if is_null => out.resize(out.len() + size, 0.0),
            list => return Err(format!("a vector of {} values is not of {size}", list.len())),
        }
    }
    Ok(Column::new(Values::Floats(out)))
}
