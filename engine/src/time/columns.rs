//! TIMESTAMPTZ fields of requests and replies: texts of a zone to moments, and moments to texts of
//! a zone, or to the parts of a time that are asked for.

use milvus_proto::common::KeyValuePair;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::value_field::Data as Default;
use milvus_proto::schema::{
    ArrayArray, DataType, FieldData, FieldSchema, LongArray, ScalarField, StringArray,
    TimestamptzArray,
};

use super::{Shown, moment, shown};
use crate::error::{Error, Result};
use crate::schema::{Schema, param};
use crate::zone;

/// What Milvus says of any text that is no moment.
const NO_MOMENT: &str = "invalid timezone name; must be a valid IANA Time Zone ID (e.g., \
                         'Asia/Shanghai' or 'UTC')";

/// How a reply tells moments.
pub(crate) struct Told {
    zone: String,
    /// none for whole texts
    parts: Vec<Part>,
}

/// A number of a time.
type Part = fn(&Shown) -> i64;

/// Reads the texts of rows that are sent.
pub(crate) fn read(schema: &Schema, fields: &mut [FieldData], zone: &str) -> Result<()> {
    for sent in fields {
        let Some((_, field)) = schema.find(&sent.field_name) else { continue };
        if field.data_type != DataType::Timestamptz {
            continue;
        }
        let Some(Columns::Scalars(scalars)) = &mut sent.field else { continue };
        let Some(Scalars::StringData(texts)) = &scalars.data else { continue };
        let flags = &sent.valid_data;
        let whole = flags.len() == texts.data.len();
        let may_lack = field.nullable || field.message.default_value.is_some();
        let data = texts.data.iter().enumerate().map(|(row, text)| {
            // what is NULL may stand as anything
            let null = whole && flags.get(row) == Some(&false) || text.is_empty() && may_lack;
            match null {
                true => Ok(0),
                false => moment(text, zone).map_err(|_| {
                    Error::invalid(format!("got invalid timestamptz string '{text}': {NO_MOMENT}"))
                }),
            }
        });
        let data = data.collect::<Result<_>>()?;
        scalars.data = Some(Scalars::TimestamptzData(TimestamptzArray { data }));
    }
    Ok(())
}

/// Gives a default the offset of the zone that it is written in: it means the same moment whatever
/// zone comes after.
pub(crate) fn fix_default(field: &mut FieldSchema, zone: &str) -> Result<()> {
    if field.data_type() == DataType::Timestamptz
        && let Some(Default::StringData(text)) =
            field.default_value.as_mut().and_then(|value| value.data.as_mut())
    {
        let moment = moment(text, zone).map_err(Error::invalid)?;
        *text = shown(moment, zone).ok_or_else(|| no_zone(zone))?.to_string();
    }
    Ok(())
}

impl Told {
    /// By the parameters of a request, else the properties of its collection.
    pub fn new(params: &[KeyValuePair], properties: &[KeyValuePair]) -> Result<Told> {
        let zone = zone::asked(params, properties)?.to_string();
        let names = param(params, "time_fields").unwrap_or_default().split([',', ' ']);
        let parts = names.filter(|name| !name.is_empty()).map(part).collect::<Result<_>>()?;
        Ok(Told { zone, parts })
    }

    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Tells the moments of fields.
    pub fn tell(&self, fields: &mut [FieldData]) -> Result<()> {
        fields.iter_mut().try_for_each(|field| self.told(field, &self.parts))
    }

    /// Tells the moments of a field, whole.
    pub fn tell_whole(&self, field: &mut FieldData) -> Result<()> {
        self.told(field, &[])
    }

    fn told(&self, field: &mut FieldData, parts: &[Part]) -> Result<()> {
        let Some(Columns::Scalars(scalars)) = &mut field.field else { return Ok(()) };
        let Some(Scalars::TimestamptzData(moments)) = &scalars.data else { return Ok(()) };
        let times = moments.data.iter().map(|moment| shown(*moment, &self.zone));
        let times: Option<Vec<Shown>> = times.collect();
        let times = times.ok_or_else(|| no_zone(&self.zone))?;
        if parts.is_empty() {
            let data = times.iter().map(Shown::to_string).collect();
            scalars.data = Some(Scalars::StringData(StringArray { data }));
            return Ok(());
        }
        let data = times.iter().map(|time| {
            let data = parts.iter().map(|part| part(time)).collect();
            ScalarField { data: Some(Scalars::LongData(LongArray { data })) }
        });
        let element_type = DataType::Int64.into();
        scalars.data = Some(Scalars::ArrayData(ArrayArray { data: data.collect(), element_type }));
        field.r#type = DataType::Array.into();
        Ok(())
    }
}

fn part(name: &str) -> Result<Part> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "year" => |time| time.year,
        "month" => |time| time.month,
        "day" => |time| time.day,
        "hour" => |time| time.hour,
        "minute" => |time| time.minute,
        "second" => |time| time.second,
        "microsecond" => |time| time.microsecond,
        _ => {
            return Err(Error::invalid(format!(
                "unsupported field for extraction: {name}, fields should be seprated by ',' or ' '"
            )));
        }
    })
}

fn no_zone(zone: &str) -> Error {
    Error::invalid(format!("got invalid default timezone: {zone}"))
}
