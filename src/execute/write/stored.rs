//! A row as it is stored, which the expressions of an UPDATE are evaluated over.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::evaluate::{Part, Row, datum, parts};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::read::outputs::{part, span_of};
use crate::language::ast::{Expr, Name, Output, Value};
use crate::outcome::Datum;

/// A row as it is stored, its dynamic fields in one column of JSON.
#[derive(Clone, Copy)]
pub(crate) struct StoredRow<'a> {
    pub(crate) names: &'a [String],
    pub(crate) values: &'a [Datum],
}

impl StoredRow<'_> {
    pub(crate) fn stored(&self, name: &str) -> Option<&Datum> {
        self.values.get(self.names.iter().position(|known| known == name)?)
    }

    /// The dynamic fields, none where the collection has none.
    pub(crate) fn dynamic(&self) -> Result<serde_json::Map<String, serde_json::Value>> {
        match self.stored(DYNAMIC_FIELD) {
            Some(Datum::Json(text)) => serde_json::from_str(text).map_err(|error| {
                Diagnostic::new(
                    Code::InvalidJson,
                    format!("the dynamic fields of a row are no JSON: {error}"),
                )
            }),
            _ => Ok(serde_json::Map::new()),
        }
    }
}

/// Refuses what has no value in a row, before any row is read.
pub(crate) fn check(expr: &Expr, collection: &Collection) -> Result<()> {
    for part in parts(expr)? {
        match part {
            Part::Field { name, .. }
                if collection.find(&name.value).is_none() && !collection.dynamic =>
            {
                return Err(collection.unknown_field(name));
            }
            Part::Field { .. } => {}
            Part::Aggregate(aggregate) => {
                return Err(Diagnostic::new(
                    Code::NotSupported,
                    "an aggregate is of many rows, and an assignment of one",
                )
                .at(span_of(aggregate)));
            }
        }
    }
    Ok(())
}

impl Row for StoredRow<'_> {
    fn field(&self, name: &Name, path: &[Spanned<Value>]) -> Result<Datum> {
        let value = match self.stored(&name.value) {
            Some(stored) => stored.clone(),
            None => {
                let dynamic = self.dynamic().map_err(|error| error.at(name.span))?;
                dynamic.get(&name.value).map_or(Datum::Null, datum)
            }
        };
        Ok(part(&value, path))
    }

    fn aggregate(&self, _: &Output) -> Result<Datum> {
        Ok(Datum::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, dynamic_books, said, statement};
    use crate::execute::value::of_datum;
    use crate::language::ast::{Assigned, Kind};

    /// What stands behind `SET x =`.
    fn expr(text: &str) -> Expr {
        let Kind::Update(update) = statement(&format!("UPDATE t SET x = {text} WHERE id = 1"))
        else {
            panic!("{text}")
        };
        match update.assignments.into_iter().next() {
            Some((_, Assigned::Expr(expr))) => expr,
            other => panic!("{other:?}"),
        }
    }

    fn evaluated(text: &str) -> Result<Value, String> {
        let names = ["year", "price", "title", "note", "meta", DYNAMIC_FIELD].map(str::to_string);
        let values = [
            Datum::Int(7),
            Datum::Double(0.5),
            Datum::Text("a".to_string()),
            Datum::Null,
            Datum::Json("{\"n\": [1, 2]}".to_string()),
            Datum::Json("{\"size\": 3}".to_string()),
        ];
        let row = StoredRow { names: &names, values: &values };
        crate::evaluate::evaluate(&expr(text), &row)
            .map(|value| of_datum(&value))
            .map_err(|error| said(&error))
    }

    #[test]
    fn arithmetic_of_a_row() {
        for (text, value) in [
            ("year + 1", Value::Int(8)),
            ("year * 2 - 1", Value::Int(13)),
            ("year / 7", Value::Int(1)),
            ("year / 2", Value::Float(3.5)),
            ("year % 4", Value::Int(3)),
            ("year * price", Value::Float(3.5)),
            ("title + 'b'", Value::Text("ab".to_string())),
            ("note + 1", Value::Null),
            ("meta['n'][1] + 1", Value::Int(3)),
            ("meta['n'][5] + 1", Value::Null),
            ("size + 1", Value::Int(4)),
            ("color + 1", Value::Null),
            ("year + 9223372036854775807", Value::Large((1 << 63) + 6)),
            ("9223372036854775808 - 1", Value::Int(i64::MAX)),
        ] {
            assert_eq!(evaluated(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_has_no_result_is_said() {
        for (text, message) in [
            ("year / 0", "DivisionByZero: this divides by zero"),
            ("year * 9223372036854775807", "OutOfRange: the result is too large a number"),
            ("price / 0", "DivisionByZero: this divides by zero"),
            ("title * 2", "TypeMismatch: only numbers are added, subtracted, multiplied"),
        ] {
            let error = evaluated(text).expect_err(text);
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }

    #[test]
    fn expressions_are_checked_before_rows_are_read() {
        assert!(check(&expr("year + 1"), &books()).is_ok());
        let error = check(&expr("yaer + 1"), &books()).expect_err("no field");
        assert_eq!(said(&error), "UnknownField: unknown field `yaer`; did you mean `year`?");
        assert!(check(&expr("color + 1"), &dynamic_books()).is_ok());
    }
}
