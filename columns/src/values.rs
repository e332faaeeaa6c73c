//! What parquet and arrow give as what crosses to the kernel: times as ISO has them, decimals as
//! texts with every digit, objects as JSON.

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{as_date, as_datetime, as_time};
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, OffsetSizeTrait, PrimitiveArray, StructArray,
};
use arrow_schema::{DataType, TimeUnit};
use milvus_columns_batch::json::string;
use milvus_columns_batch::{Column, Lists, Values};

/// The error is why a value has no place, in words.
pub(crate) fn column(array: &ArrayRef) -> Result<Column, String> {
    use DataType as T;
    let values = match array.data_type() {
        T::Null => Values::Nulls(array.len()),
        T::Boolean => {
            let array = array.as_boolean();
            Values::Bools((0..array.len()).map(|row| array.value(row)).collect())
        }
        T::Int8 => ints::<Int8Type>(array),
        T::Int16 => ints::<Int16Type>(array),
        T::Int32 => ints::<Int32Type>(array),
        T::Int64 => ints::<Int64Type>(array),
        T::UInt8 => ints::<UInt8Type>(array),
        T::UInt16 => ints::<UInt16Type>(array),
        T::UInt32 => ints::<UInt32Type>(array),
        T::UInt64 => unsigned(array)?,
        T::Float16 => {
            let array = array.as_primitive::<Float16Type>();
            Values::Floats(array.values().iter().map(|value| value.to_f32()).collect())
        }
        T::Float32 => Values::Floats(array.as_primitive::<Float32Type>().values().to_vec()),
        T::Float64 => Values::Doubles(array.as_primitive::<Float64Type>().values().to_vec()),
        T::Decimal32(..) => decimals::<Decimal32Type>(array)?,
        T::Decimal64(..) => decimals::<Decimal64Type>(array)?,
        T::Decimal128(..) => decimals::<Decimal128Type>(array)?,
        T::Decimal256(..) => decimals::<Decimal256Type>(array)?,
        T::Date32 => dates::<Date32Type>(array)?,
        T::Date64 => dates::<Date64Type>(array)?,
        T::Time32(TimeUnit::Second) => times::<Time32SecondType>(array)?,
        T::Time32(_) => times::<Time32MillisecondType>(array)?,
        T::Time64(TimeUnit::Microsecond) => times::<Time64MicrosecondType>(array)?,
        T::Time64(_) => times::<Time64NanosecondType>(array)?,
        T::Timestamp(unit, zone) => {
            let zone = if zone.is_some() { "Z" } else { "" };
            match unit {
                TimeUnit::Second => timestamps::<TimestampSecondType>(array, zone)?,
                TimeUnit::Millisecond => timestamps::<TimestampMillisecondType>(array, zone)?,
                TimeUnit::Microsecond => timestamps::<TimestampMicrosecondType>(array, zone)?,
                TimeUnit::Nanosecond => timestamps::<TimestampNanosecondType>(array, zone)?,
            }
        }
        T::Duration(TimeUnit::Second) => ints::<DurationSecondType>(array),
        T::Duration(TimeUnit::Millisecond) => ints::<DurationMillisecondType>(array),
        T::Duration(TimeUnit::Microsecond) => ints::<DurationMicrosecondType>(array),
        T::Duration(TimeUnit::Nanosecond) => ints::<DurationNanosecondType>(array),
        T::Utf8 => Values::Texts(lists(array.as_string::<i32>().iter(), str::as_bytes)?),
        T::LargeUtf8 => Values::Texts(lists(array.as_string::<i64>().iter(), str::as_bytes)?),
        T::Utf8View => Values::Texts(lists(array.as_string_view().iter(), str::as_bytes)?),
        T::Binary => Values::Bytes(lists(array.as_binary::<i32>().iter(), |bytes| bytes)?),
        T::LargeBinary => Values::Bytes(lists(array.as_binary::<i64>().iter(), |bytes| bytes)?),
        T::BinaryView => Values::Bytes(lists(array.as_binary_view().iter(), |bytes| bytes)?),
        T::FixedSizeBinary(_) => {
            Values::Bytes(lists(array.as_fixed_size_binary().iter(), |bytes| bytes)?)
        }
        T::List(_) => list::<i32>(array)?,
        T::LargeList(_) => list::<i64>(array)?,
        T::FixedSizeList(_, length) => {
            let list = array.as_fixed_size_list();
            let length = u32::try_from(*length).map_err(|_| TOO_LARGE)?;
            let ends = (1..=list.len() as u32).map(|row| row.checked_mul(length));
            let ends: Option<Vec<u32>> = ends.collect();
            let start = list.offset() * length as usize;
            let items = list.values().slice(start, list.len() * length as usize);
            Values::List(ends.ok_or(TOO_LARGE)?, Box::new(column(&items)?))
        }
        T::Struct(_) => objects(array.as_struct())?,
        T::Map(..) => maps(array)?,
        T::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let whole = arrow_select::take::take(dictionary.values(), dictionary.keys(), None);
            return column(&whole.map_err(|error| error.to_string())?);
        }
        other => return Err(format!("values of the type {other} are not read")),
    };
    let nulls = match array.logical_nulls() {
        Some(nulls) if nulls.null_count() > 0 => nulls.iter().map(|is_there| !is_there).collect(),
        _ => Vec::new(),
    };
    Ok(Column { nulls, values })
}

const TOO_LARGE: &str = "a batch of the file is of more than 4 GB";

const NO_TIME: &str = "a time is one that no calendar has";

fn ints<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Values {
    Values::Ints(array.as_primitive::<T>().values().iter().map(|value| (*value).into()).collect())
}

/// What is too large for a whole number of ours ends as JSON, for the field to say so.
fn unsigned(array: &ArrayRef) -> Result<Values, String> {
    let values = array.as_primitive::<UInt64Type>().values();
    let ints: Result<Vec<i64>, _> = values.iter().map(|value| i64::try_from(*value)).collect();
    match ints {
        Ok(ints) => Ok(Values::Ints(ints)),
        Err(_) => {
            let mut out = Lists::default();
            for value in values.iter() {
                push(&mut out, value.to_string().as_bytes())?;
            }
            Ok(Values::Json(out))
        }
    }
}

fn push(out: &mut Lists<u8>, bytes: &[u8]) -> Result<(), String> {
    out.push(bytes).map_err(|_| TOO_LARGE.to_string())
}

fn lists<'a, T: ?Sized + 'a>(
    values: impl Iterator<Item = Option<&'a T>>,
    bytes: impl Fn(&'a T) -> &'a [u8],
) -> Result<Lists<u8>, String> {
    let mut out = Lists::default();
    for value in values {
        push(&mut out, value.map(&bytes).unwrap_or_default())?;
    }
    Ok(out)
}

/// A text of each value that there is.
fn texts<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    text: impl Fn(&PrimitiveArray<T>, usize) -> Option<String>,
) -> Result<Values, String> {
    let array = array.as_primitive::<T>();
    let mut out = Lists::default();
    for row in 0..array.len() {
        match array.is_null(row) {
            true => push(&mut out, b"")?,
            false => push(&mut out, text(array, row).ok_or(NO_TIME)?.as_bytes())?,
        }
    }
    Ok(Values::Texts(out))
}

fn decimals<T: DecimalType>(array: &ArrayRef) -> Result<Values, String> {
    texts::<T>(array, |array, row| Some(array.value_as_string(row)))
}

fn dates<T: ArrowTemporalType<Native: Into<i64>>>(array: &ArrayRef) -> Result<Values, String> {
    texts::<T>(array, |array, row| Some(as_date::<T>(array.value(row).into())?.to_string()))
}

fn times<T: ArrowTemporalType<Native: Into<i64>>>(array: &ArrayRef) -> Result<Values, String> {
    texts::<T>(array, |array, row| Some(as_time::<T>(array.value(row).into())?.to_string()))
}

fn timestamps<T: ArrowTimestampType>(array: &ArrayRef, zone: &str) -> Result<Values, String> {
    texts::<T>(array, |array, row| {
        let time = as_datetime::<T>(array.value(row))?;
        Some(format!("{}T{}{zone}", time.date(), time.time()))
    })
}

fn list<O: OffsetSizeTrait>(array: &ArrayRef) -> Result<Values, String> {
    let list = array.as_list::<O>();
    let offsets = list.value_offsets();
    let (first, last) = match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => (first.as_usize(), last.as_usize()),
        _ => (0, 0),
    };
    let ends = offsets.iter().skip(1).map(|end| u32::try_from(end.as_usize() - first));
    let ends: Result<Vec<u32>, _> = ends.collect();
    let items = list.values().slice(first, last - first);
    Ok(Values::List(ends.map_err(|_| TOO_LARGE)?, Box::new(column(&items)?)))
}

fn objects(array: &StructArray) -> Result<Values, String> {
    let names = array.column_names();
    let columns: Vec<Column> = array.columns().iter().map(column).collect::<Result<_, _>>()?;
    let mut out = Lists::default();
    let mut text = String::new();
    for row in 0..array.len() {
        text.clear();
        for (at, (name, column)) in names.iter().zip(&columns).enumerate() {
            text.push(if at == 0 { '{' } else { ',' });
            string(name, &mut text);
            text.push(':');
            column.json(row, &mut text);
        }
        text.push_str(if columns.is_empty() { "{}" } else { "}" });
        push(&mut out, text.as_bytes())?;
    }
    Ok(Values::Json(out))
}

/// Objects whose keys differ from row to row.
fn maps(array: &ArrayRef) -> Result<Values, String> {
    let map = array.as_map();
    let (keys, values) = (column(map.keys())?, column(map.values())?);
    let mut out = Lists::default();
    let (mut text, mut key) = (String::new(), String::new());
    for ends in map.value_offsets().windows(2) {
        let [start, end] = ends else { continue };
        text.clear();
        text.push('{');
        for at in *start as usize..*end as usize {
            if at > *start as usize {
                text.push(',');
            }
            match keys.text(at) {
                Some(word) => string(word, &mut text),
                None => {
                    key.clear();
                    keys.json(at, &mut key);
                    string(&key, &mut text);
                }
            }
            text.push(':');
            values.json(at, &mut text);
        }
        text.push('}');
        push(&mut out, text.as_bytes())?;
    }
    Ok(Values::Json(out))
}
