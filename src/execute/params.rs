//! Parameters as they were written, each checked to be what it has to be: a word, a number within
//! bounds, a consistency level. Knows nothing of collections.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::aliases;
use crate::execute::value::to_json;
use crate::language::ast::{Name, Param, Value};
use milvus_proto::common::{ConsistencyLevel, KeyValuePair};

/// What a read may ask for, the strongest first.
pub(crate) const LEVELS: [ConsistencyLevel; 4] = [
    ConsistencyLevel::Strong,
    ConsistencyLevel::Session,
    ConsistencyLevel::Bounded,
    ConsistencyLevel::Eventually,
];

pub(crate) fn consistency(name: &Name) -> Result<ConsistencyLevel> {
    LEVELS
        .into_iter()
        .find(|level| level.as_str_name().eq_ignore_ascii_case(&name.value))
        .ok_or_else(|| {
            Diagnostic::new(
                Code::UnknownConsistencyLevel,
                format!("unknown consistency level `{name}`"),
            )
            .at(name.span)
            .suggest(
                &name.value,
                LEVELS.iter().map(|level| level.as_str_name()),
                "there are",
            )
        })
}

/// A parameter's name as it is here, in small letters.
pub(crate) fn key(param: &Param) -> String {
    aliases::parameter(&param.name.value).to_ascii_lowercase()
}

/// The one value of a parameter.
pub(crate) fn one(param: &Param) -> Result<&Spanned<Value>> {
    match param.values.as_slice() {
        [value] => Ok(value),
        _ => Err(Diagnostic::new(Code::InvalidValue, format!("`{}` takes one value", param.name))
            .at(param.name.span)),
    }
}

/// A parameter's value as a name.
pub(crate) fn word(param: &Param) -> Result<Name> {
    let value = one(param)?;
    match &value.value {
        Value::Text(text) => Ok(Spanned::new(text.clone(), value.span)),
        _ => Err(Diagnostic::new(Code::InvalidValue, format!("`{}` takes a word", param.name))
            .at(value.span)),
    }
}

/// A parameter's value, where it is a number: one in quotes is as good, as in pymilvus.
pub(crate) fn number(value: &Spanned<Value>) -> Spanned<Value> {
    let number = quoted_number(&value.value);
    Spanned::new(number.unwrap_or_else(|| value.value.clone()), value.span)
}

/// The number that stands in quotes.
fn quoted_number(value: &Value) -> Option<Value> {
    let Value::Text(text) = value else { return None };
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(Value::Int(number));
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

/// Adds what to write to the error of a value that is no number, and is one but for its quotes.
pub(crate) fn without_quotes(error: Diagnostic, value: &Value) -> Diagnostic {
    match (value, quoted_number(value)) {
        (Value::Text(text), Some(_)) => {
            error.help(format!("write `{}`, without quotes", text.trim()))
        }
        _ => error,
    }
}

/// A parameter's value as a whole number within bounds.
pub(crate) fn whole(param: &Param, low: i64, high: i64) -> Result<i64> {
    let value = number(one(param)?);
    match value.value {
        Value::Int(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(Diagnostic::new(
            Code::InvalidValue,
            format!("`{}` takes a whole number from {low} to {high}", param.name),
        )
        .at(value.span)),
    }
}

/// A parameter's value as TRUE or FALSE.
pub(crate) fn flag(param: &Param) -> Result<bool> {
    let value = one(param)?;
    match &value.value {
        Value::Bool(flag) => Ok(*flag),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Diagnostic::new(
            Code::InvalidValue,
            format!("`{}` takes TRUE or FALSE", param.name),
        )
        .at(value.span)),
    }
}

/// A value that counts something: a LIMIT, an OFFSET.
pub(crate) fn count(value: &Spanned<Value>) -> Result<u64> {
    match value.value {
        Value::Int(number) if number >= 0 => Ok(number as u64),
        _ => {
            let message = "a whole number of 0 or more belongs here";
            let error = Diagnostic::new(Code::InvalidNumber, message).at(value.span);
            Err(without_quotes(error, &value.value))
        }
    }
}

/// A value that is text.
pub(crate) fn text(value: &Spanned<Value>) -> Result<Name> {
    match &value.value {
        Value::Text(text) => Ok(Spanned::new(text.clone(), value.span)),
        _ => Err(Diagnostic::new(Code::TypeMismatch, "a string belongs here").at(value.span)),
    }
}

/// A parameter's value as the JSON that Milvus takes.
pub(crate) fn json(value: &Spanned<Value>) -> Result<serde_json::Value> {
    to_json(value)
}

/// A parameter's value as the text that Milvus takes of a property.
pub(crate) fn plain(value: &Spanned<Value>) -> Result<String> {
    Ok(match json(value)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

pub(crate) fn unknown(param: &Param, known: &[&str]) -> Diagnostic {
    let name = &param.name;
    Diagnostic::new(Code::UnknownParameter, format!("unknown parameter `{name}`"))
        .at(name.span)
        .suggest(&name.value, known.iter().copied(), "it takes")
}

/// The value of a pair that a server sent.
pub(crate) fn pair_value<'a>(pairs: &'a [KeyValuePair], key: &str) -> Option<&'a str> {
    pairs.iter().find(|pair| pair.key == key).map(|pair| pair.value.as_str())
}

/// A parameter list as the pairs that Milvus takes of properties.
pub(crate) fn pairs_of(params: &[Param]) -> Result<Vec<KeyValuePair>> {
    params.iter().map(|param| Ok(pair(&param.name.value, plain(one(param)?)?))).collect()
}

pub(crate) fn pair(key: &str, value: impl ToString) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{params, said, value};

    fn param(text: &str) -> Param {
        params(text).remove(0)
    }

    fn said_of<T: std::fmt::Debug>(read: Result<T>) -> String {
        said(&read.expect_err("it is no such value"))
    }

    #[test]
    fn parameters_are_what_they_have_to_be() {
        assert_eq!(whole(&param("n = 3"), 1, 3).expect("a number"), 3);
        assert_eq!(
            said_of(whole(&param("n = 4"), 1, 3)),
            "InvalidValue: `n` takes a whole number from 1 to 3"
        );
        assert_eq!(said_of(whole(&param("n = 2.5"), 1, 3)), said_of(whole(&param("n = 4"), 1, 3)));
        assert_eq!(whole(&param("n = '3'"), 1, 3).expect("as pymilvus takes it"), 3);
        assert_eq!(said_of(whole(&param("n = '4'"), 1, 3)), said_of(whole(&param("n = 4"), 1, 3)));
        assert_eq!(
            said_of(count(&value("' 5'"))),
            "InvalidNumber: a whole number of 0 or more belongs here; write `5`, without quotes"
        );
        assert_eq!(word(&param("w = 'a b'")).expect("a word").value, "a b");
        assert_eq!(said_of(word(&param("w = 1"))), "InvalidValue: `w` takes a word");
        assert!(flag(&param("f = TRUE")).expect("a flag"));
        assert!(!flag(&param("f = 'False'")).expect("a flag"));
        assert_eq!(said_of(flag(&param("f = 1"))), "InvalidValue: `f` takes TRUE or FALSE");
        assert_eq!(count(&value("0")).expect("a count"), 0);
        assert!(count(&value("-1")).is_err() && count(&value("1.5")).is_err());
        assert!(text(&value("'a'")).is_ok() && text(&value("1")).is_err());
    }

    #[test]
    fn consistency_levels_go_by_milvuss_names() {
        let level = |word: &str| consistency(&Name::new(word.to_string(), Default::default()));
        assert_eq!(level("strong").expect("a level"), ConsistencyLevel::Strong);
        assert_eq!(
            said_of(level("strnog")),
            "UnknownConsistencyLevel: unknown consistency level `strnog`; did you mean `Strong`?"
        );
    }

    #[test]
    fn properties_are_plain_text() {
        let pairs = pairs_of(&params("a = 'x', b = 1, c = TRUE, d = {'k': [1]}")).expect("pairs");
        let shown: Vec<String> =
            pairs.iter().map(|pair| format!("{}={}", pair.key, pair.value)).collect();
        assert_eq!(shown.join(" "), "a=x b=1 c=true d={\"k\":[1]}");
    }
}
