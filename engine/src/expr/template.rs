//! The values of template variables as they come in a request.

use milvus_proto::schema::template_array_value::Data as Array;
use milvus_proto::schema::template_value::Val;
use milvus_proto::schema::{TemplateArrayValue, TemplateValue};

use super::value::{Templates, Value};
use crate::error::{Error, Kind, Result};

/// The values by their names.
pub fn templates<'a>(
    entries: impl IntoIterator<Item = (&'a str, Option<&'a TemplateValue>)>,
) -> Result<Templates> {
    let value = |(name, value): (&str, Option<&TemplateValue>)| match value {
        Some(sent) => Ok((name.to_string(), of_message(sent)?)),
        None => Err(Error::plain(
            Kind::QueryPlan,
            format!("expression template variable value is nil, template name: {{{name}}}"),
        )),
    };
    entries.into_iter().map(value).collect()
}

fn of_message(sent: &TemplateValue) -> Result<Value> {
    Ok(match &sent.val {
        Some(Val::BoolVal(value)) => Value::Bool(*value),
        Some(Val::Int64Val(value)) => Value::Int(*value),
        Some(Val::FloatVal(value)) => Value::Float(*value),
        Some(Val::StringVal(value)) => Value::Text(value.as_str().into()),
        Some(Val::ArrayVal(array)) => list(array)?,
        None => {
            let words = "expression elements can only be scalars";
            return Err(Error::plain(Kind::QueryPlan, words));
        }
    })
}

fn list(array: &TemplateArrayValue) -> Result<Value> {
    Ok(Value::List(match &array.data {
        Some(Array::BoolData(sent)) => sent.data.iter().map(|value| Value::Bool(*value)).collect(),
        Some(Array::LongData(sent)) => sent.data.iter().map(|value| Value::Int(*value)).collect(),
        Some(Array::DoubleData(sent)) => {
            sent.data.iter().map(|value| Value::Float(*value)).collect()
        }
        Some(Array::StringData(sent)) => {
            sent.data.iter().map(|value| Value::Text(value.as_str().into())).collect()
        }
        Some(Array::ArrayData(sent)) => sent.data.iter().map(list).collect::<Result<_>>()?,
        Some(Array::JsonData(sent)) => {
            let read = |text: &Vec<u8>| {
                let parsed = serde_json::from_slice(text).ok().and_then(of_json);
                parsed.ok_or_else(|| {
                    let text = String::from_utf8_lossy(text);
                    Error::plain(Kind::QueryPlan, format!("{text} is no value of an expression"))
                })
            };
            sent.data.iter().map(read).collect::<Result<_>>()?
        }
        None => Vec::new(),
    }))
}

fn of_json(value: serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    Some(match value {
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => Value::Int(value),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::Text(text.into()),
        Json::Array(items) => Value::List(items.into_iter().map(of_json).collect::<Option<_>>()?),
        Json::Null | Json::Object(_) => return None,
    })
}
