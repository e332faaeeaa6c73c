//! The expressions of an UPDATE: arithmetic over a row's own fields. In: an expression, and a row
//! as it is stored. Out: the value it comes to. Pure; knows nothing of requests.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::value::{number, of_datum, of_json};
use crate::language::ast::{Expr, ExprKind, Name, Value};
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

    /// A field of the schema or else a dynamic one; what is not there is NULL.
    fn value(&self, name: &Name) -> Result<Value> {
        Ok(match self.stored(&name.value) {
            Some(stored) => of_datum(stored),
            None => {
                let dynamic = self.dynamic().map_err(|error| error.at(name.span))?;
                dynamic.get(&name.value).map_or(Value::Null, of_json)
            }
        })
    }
}

/// Refuses what has no value in a row, before any row is read.
pub(crate) fn check(expr: &Expr, collection: &Collection) -> Result<()> {
    match &expr.kind {
        ExprKind::Chain { first, rest } => std::iter::once(first.as_ref())
            .chain(rest.iter().map(|(_, operand)| operand))
            .try_for_each(|operand| check(operand, collection)),
        ExprKind::Field { name, .. }
            if collection.find(&name.value).is_none() && !collection.dynamic =>
        {
            Err(collection.unknown_field(name))
        }
        ExprKind::Field { .. } | ExprKind::Literal(_) | ExprKind::Quoted(_) => Ok(()),
        ExprKind::Not(_)
        | ExprKind::Compare { .. }
        | ExprKind::Range { .. }
        | ExprKind::In { .. }
        | ExprKind::Between { .. }
        | ExprKind::Like { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::Call { .. }
        | ExprKind::List(_) => Err(no_value(expr.span)),
    }
}

/// NULL makes NULL; whole numbers stay whole but for a division that leaves a rest.
pub(crate) fn evaluate(expr: &Expr, row: StoredRow<'_>) -> Result<Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Ok(value.clone()),
        ExprKind::Quoted(text) => Ok(Value::Text(text.clone())),
        ExprKind::Field { name, path } => Ok(part(row.value(name)?, path)),
        ExprKind::Chain { first, rest } => {
            let mut left = evaluate(first, row)?;
            for (operator, right) in rest {
                left = arithmetic(left, operator, evaluate(right, row)?, right.span)?;
            }
            Ok(left)
        }
        ExprKind::Not(_)
        | ExprKind::Compare { .. }
        | ExprKind::Range { .. }
        | ExprKind::In { .. }
        | ExprKind::Between { .. }
        | ExprKind::Like { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::Call { .. }
        | ExprKind::List(_) => Err(no_value(expr.span)),
    }
}

fn no_value(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NotSupported,
        "an assignment is a value, or arithmetic of the row's fields",
    )
    .at(span)
}

/// A part of a JSON value or an array; NULL where it is not there.
fn part(value: Value, path: &[Spanned<Value>]) -> Value {
    path.iter().fold(value, |value, step| match (value, &step.value) {
        (Value::Object(fields), Value::Text(key)) => fields
            .into_iter()
            .find(|(name, _)| name == key)
            .map_or(Value::Null, |(_, value)| value.value),
        (Value::List(items), Value::Int(at)) => usize::try_from(*at)
            .ok()
            .and_then(|at| items.into_iter().nth(at))
            .map_or(Value::Null, |item| item.value),
        _ => Value::Null,
    })
}

fn arithmetic(left: Value, operator: &str, right: Value, span: Span) -> Result<Value> {
    let overflow =
        || Diagnostic::new(Code::OutOfRange, "the result is too large a number").at(span);
    if let (Some(a), Some(b)) = (whole(&left), whole(&right)) {
        let result = match operator {
            "+" => Some(a + b),
            "-" => Some(a - b),
            "*" => Some(a.checked_mul(b).ok_or_else(overflow)?),
            "/" | "%" if b == 0 => {
                return Err(Diagnostic::new(Code::DivisionByZero, "this divides by zero").at(span));
            }
            "/" => (a % b == 0).then(|| a / b),
            "%" => Some(a % b),
            _ => None,
        };
        if let Some(result) = result {
            let int = i64::try_from(result).map(Value::Int);
            return int
                .or_else(|_| u64::try_from(result).map(Value::Large))
                .map_err(|_| overflow());
        }
    }
    match (&left, &right) {
        (Value::Null, _) | (_, Value::Null) => return Ok(Value::Null),
        (Value::Text(a), Value::Text(b)) if operator == "+" => {
            return Ok(Value::Text(format!("{a}{b}")));
        }
        _ => {}
    }
    let (Some(a), Some(b)) = (number(&left), number(&right)) else {
        return Err(Diagnostic::new(
            Code::TypeMismatch,
            "only numbers are added, subtracted, multiplied and divided",
        )
        .at(span));
    };
    let result = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "%" => a % b,
        _ => a.powf(b),
    };
    // an infinity that is stored stays one
    match result.is_finite() || !a.is_finite() || !b.is_finite() {
        true => Ok(Value::Float(result)),
        false => Err(overflow()),
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some((*number).into()),
        Value::Large(number) => Some((*number).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, dynamic_books, said, statement};
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
        evaluate(&expr(text), StoredRow { names: &names, values: &values })
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
            ("price / 0", "OutOfRange: the result is too large a number"),
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
