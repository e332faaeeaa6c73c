//! The parameters of a step or a function, by their types.

use milvus_proto::schema::FunctionParamValue;
use milvus_proto::schema::function_param_value::Value;

use crate::error::{Error, Result};

/// Named values, of which an error says whose they are.
pub(super) struct Params<'a> {
    scope: &'static str,
    values: Vec<(&'a str, Option<&'a Value>)>,
}

impl<'a> Params<'a> {
    pub fn new(
        scope: &'static str,
        entries: impl Iterator<Item = (&'a str, Option<&'a FunctionParamValue>)>,
    ) -> Params<'a> {
        let values =
            entries.map(|(key, value)| (key, value.and_then(|value| value.value.as_ref())));
        Params { scope, values: values.collect() }
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.values.iter().map(|(key, _)| *key)
    }

    pub fn text(&self, key: &str) -> Result<Option<&'a str>> {
        self.get(key)?
            .map(|value| match value {
                Value::StringValue(text) => Ok(text.as_str()),
                _ => Err(self.wrong(key, "must be a string")),
            })
            .transpose()
    }

    pub fn whole(&self, key: &str) -> Result<Option<i64>> {
        self.get(key)?
            .map(|value| match value {
                Value::Int64Value(value) => Ok(*value),
                Value::DoubleValue(value) if (*value as i64) as f64 == *value => Ok(*value as i64),
                Value::DoubleValue(value) => {
                    Err(self.wrong(key, &format!("must be an integer, got {value:.6}")))
                }
                _ => Err(self.wrong(key, "must be an integer")),
            })
            .transpose()
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>> {
        let parsed = |value| number(value).ok_or_else(|| self.wrong(key, "must be a number"));
        self.get(key)?.map(parsed).transpose()
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.get(key)?
            .map(|value| match value {
                Value::BoolValue(value) => Ok(*value),
                _ => Err(self.wrong(key, "must be a bool")),
            })
            .transpose()
    }

    pub fn texts(&self, key: &str) -> Result<Option<Vec<String>>> {
        let items = self.items(key, "a string")?;
        items
            .map(|items| {
                let texts = items.into_iter().enumerate().map(|(index, item)| match item {
                    Some(Value::StringValue(text)) => Ok(text.clone()),
                    _ => Err(self.wrong_item(key, index, "a string")),
                });
                texts.collect()
            })
            .transpose()
    }

    pub fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>> {
        let items = self.items(key, "a number")?;
        items
            .map(|items| {
                let numbers = items.into_iter().enumerate().map(|(index, item)| {
                    item.and_then(number).ok_or_else(|| self.wrong_item(key, index, "a number"))
                });
                numbers.collect()
            })
            .transpose()
    }

    /// A text, a number or a flag, as text.
    pub fn scalar(&self, key: &str) -> Result<Option<String>> {
        self.get(key)?
            .map(|value| match value {
                Value::StringValue(text) => Ok(text.clone()),
                Value::Int64Value(value) => Ok(value.to_string()),
                Value::DoubleValue(value) => Ok(value.to_string()),
                Value::BoolValue(value) => Ok(value.to_string()),
                _ => Err(self.wrong(key, "must be scalar string/number/bool")),
            })
            .transpose()
    }

    /// The error that a parameter is not there.
    pub fn missing(&self, key: &str) -> Error {
        Error::invalid(format!("{}: missing required parameter {key:?}", self.scope))
    }

    fn items(&self, key: &str, what: &str) -> Result<Option<Vec<Option<&'a Value>>>> {
        self.get(key)?
            .map(|value| match value {
                Value::ArrayValue(array) => {
                    Ok(array.values.iter().map(|item| item.value.as_ref()).collect())
                }
                _ => {
                    let kind = what.trim_start_matches("a ");
                    Err(self.wrong(key, &format!("must be a {kind} array")))
                }
            })
            .transpose()
    }

    /// The last one of a name counts, as in a map.
    fn get(&self, key: &str) -> Result<Option<&'a Value>> {
        match self.values.iter().rev().find(|(name, _)| *name == key) {
            None => Ok(None),
            Some((_, None)) => Err(self.wrong(key, "is unset")),
            Some((_, value)) => Ok(*value),
        }
    }

    fn wrong(&self, key: &str, words: &str) -> Error {
        Error::invalid(format!("{}: parameter {key:?} {words}", self.scope))
    }

    fn wrong_item(&self, key: &str, index: usize, what: &str) -> Error {
        Error::invalid(format!("{}: parameter {key:?}[{index}] must be {what}", self.scope))
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::DoubleValue(value) => Some(*value),
        Value::Int64Value(value) => Some(*value as f64),
        _ => None,
    }
}
