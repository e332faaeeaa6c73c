//! A file as batches. A batch is of some megabytes whatever the file's own groups are, and no more
//! than a page of each column is unpacked at a time.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use milvus_columns_batch::{Batch, Field};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;

use crate::source::{File, Source};
use crate::{KEY, TYPE, values};

/// About the bytes of a batch.
const BATCH: u64 = 4 << 20;

/// Rows of a batch, at the most.
const MOST_ROWS: u64 = 16_384;

pub struct Reader {
    fields: Vec<Field>,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>,
    /// what is left of a batch that was too large
    rest: Option<RecordBatch>,
}

impl Reader {
    /// The error is why it cannot be read, in words.
    pub fn open(source: Arc<dyn Source>) -> Result<Reader, String> {
        let file = File(source);
        let length = file.0.length();
        let first = file.0.piece(0, length.min(6) as usize).map_err(|error| error.to_string())?;
        match first.as_ref() {
            [b'P', b'A', b'R', b'1', ..] => parquet(file),
            [b'P', b'A', b'R', b'E', ..] => Err("it is encrypted".to_string()),
            b"ARROW1" => arrow(FileReader::try_new(file.from(0), None)),
            [b'F', b'E', b'A', b'1', ..] => {
                Err("it is feather of version 1: `df.to_feather('f.arrow')` writes version 2"
                    .to_string())
            }
            [0xff, 0xff, 0xff, 0xff, ..] => arrow(StreamReader::try_new(file.from(0), None)),
            _ => Err("it is neither parquet nor arrow: it does not begin as one".to_string()),
        }
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The next rows; none behind the last.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, String> {
        let record = loop {
            match self.rest.take() {
                Some(record) if record.num_rows() > 0 => break record,
                _ => match self.batches.next() {
                    None => return Ok(None),
                    Some(record) => self.rest = Some(record.map_err(|error| broken(&error))?),
                },
            }
        };
        let rows = record.num_rows();
        let row = (record.get_array_memory_size() / rows).max(1) as u64;
        let most = (BATCH / row).clamp(1, MOST_ROWS) as usize;
        let now = match rows > most {
            true => {
                self.rest = Some(record.slice(most, rows - most));
                record.slice(0, most)
            }
            false => record,
        };
        let columns = now.columns().iter().zip(&self.fields).map(|(array, field)| {
            values::column(array).map_err(|reason| format!("column `{}`: {reason}", field.name))
        });
        Ok(Some(Batch { rows: now.num_rows(), columns: columns.collect::<Result<_, _>>()? }))
    }
}

fn parquet(file: File) -> Result<Reader, String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| format!("it is cut off or damaged: {error}"))?;
    let metadata = builder.metadata().clone();
    check_packed(&metadata)?;
    let groups = metadata.row_groups();
    let (mut rows, mut bytes) = (0, 0);
    for group in groups {
        rows += u64::try_from(group.num_rows()).unwrap_or_default();
        bytes += u64::try_from(group.total_byte_size()).unwrap_or_default();
    }
    let row = (bytes / rows.max(1)).max(1);
    let mut fields = fields(builder.schema());
    for (at, field) in fields.iter_mut().enumerate() {
        field.has_null = field.has_null.or_else(|| has_null(&metadata, at));
    }
    let reader = builder.with_batch_size((BATCH / row).clamp(1, MOST_ROWS) as usize).build();
    let batches = Box::new(reader.map_err(|error| format!("it is damaged: {error}"))?);
    Ok(Reader { fields, batches, rest: None })
}

fn check_packed(metadata: &ParquetMetaData) -> Result<(), String> {
    for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        let how = match column.compression() {
            Compression::BROTLI(_) => "brotli",
            Compression::LZO => "lzo",
            _ => continue,
        };
        return Err(format!(
            "it is packed by {how}, which is not read here: \
             `df.to_parquet('f.parquet', compression='zstd')` packs it otherwise"
        ));
    }
    Ok(())
}

/// Whether a column has NULLs, as far as the file says it.
fn has_null(metadata: &ParquetMetaData, at: usize) -> Option<bool> {
    let schema = metadata.file_metadata().schema_descr();
    let leaves: Vec<usize> =
        (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == at).collect();
    // of a list or an object the counts are those of its items
    let [leaf] = leaves.as_slice() else { return None };
    if schema.get_column_root(*leaf).is_group() {
        return None;
    }
    let mut nulls = 0;
    for group in metadata.row_groups() {
        nulls += group.column(*leaf).statistics()?.null_count_opt()?;
    }
    Some(nulls > 0)
}

fn arrow<R>(opened: Result<R, ArrowError>) -> Result<Reader, String>
where
    R: RecordBatchReader + 'static,
{
    let reader = opened.map_err(|error| broken(&error))?;
    let fields = fields(&reader.schema());
    Ok(Reader { fields, batches: Box::new(reader), rest: None })
}

fn broken(error: &ArrowError) -> String {
    format!("it is cut off or damaged: {error}")
}

fn fields(schema: &SchemaRef) -> Vec<Field> {
    let field = |field: &Arc<arrow_schema::Field>| {
        let ours = field.metadata().get(TYPE).cloned();
        let is_ours = ours.is_some();
        Field {
            name: field.name().clone(),
            declared: ours.or_else(|| declared(field.data_type())),
            has_null: (is_ours || !field.is_nullable()).then_some(field.is_nullable()),
            is_key: field.metadata().get(KEY).is_some(),
        }
    };
    schema.fields().iter().map(field).collect()
}

/// The type of SQL that holds what an arrow type does; of lists without a length and of texts the
/// values tell it.
fn declared(data_type: &DataType) -> Option<String> {
    use DataType as T;
    Some(match data_type {
        T::Boolean => "BOOLEAN".to_string(),
        T::Int8 => "TINYINT".to_string(),
        T::Int16 | T::UInt8 => "SMALLINT".to_string(),
        T::Int32 | T::UInt16 => "INT".to_string(),
        T::Int64 | T::UInt32 | T::UInt64 | T::Duration(_) => "BIGINT".to_string(),
        T::Float16 | T::Float32 => "FLOAT".to_string(),
        T::Float64 | T::Decimal32(..) | T::Decimal64(..) => "DOUBLE".to_string(),
        T::Decimal128(..) | T::Decimal256(..) => "DOUBLE".to_string(),
        T::FixedSizeList(item, length) if *length > 1 => match item.data_type() {
            T::Float16 => format!("FLOAT16VEC({length})"),
            T::Float32 | T::Float64 => format!("VECTOR({length})"),
            _ => return None,
        },
        T::FixedSizeBinary(length) => format!("BINARYVEC({})", length.saturating_mul(8)),
        T::Struct(_) | T::Map(..) => "JSON".to_string(),
        T::Dictionary(_, of) => return declared(of),
        _ => return None,
    })
}
