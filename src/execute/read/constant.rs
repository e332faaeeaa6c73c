//! Constants compared with each other, as SQL compares them. In: two values and an operator. Out:
//! whether it holds, or a diagnostic where they are of different types. Pure.

use std::cmp::Ordering;

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::evaluate::order::{self, Number};
use crate::execute::value::{describe, literal};
use crate::language::ast::Value;

pub(crate) fn holds(left: &Value, operator: &str, right: &Value, span: Span) -> Result<bool> {
    // what is no literal, as NULL, equals nothing
    literal(left, span)?;
    literal(right, span)?;
    let order = match (left, right) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => numbers(left, right),
    };
    let Some(order) = order else {
        let (a, b) = (describe(left), describe(right));
        return Err(Diagnostic::new(
            Code::TypeMismatch,
            format!("{a} cannot be compared with {b}"),
        )
        .at(span));
    };
    Ok(order::is(order, operator))
}

/// Exact: 2^53 + 1 is not 2^53.
fn numbers(left: &Value, right: &Value) -> Option<Ordering> {
    let number = |value: &Value| match value {
        Value::Int(number) => Some(Number::Whole((*number).into())),
        Value::Large(number) => Some(Number::Whole((*number).into())),
        Value::Float(number) => Some(Number::Fraction(*number)),
        _ => None,
    };
    Some(number(left)?.compare(number(right)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{said, value};

    fn holds(left: &str, operator: &str, right: &str) -> Result<bool, String> {
        super::holds(&value(left).value, operator, &value(right).value, Span::new(1, 2))
            .map_err(|error| said(&error))
    }

    #[test]
    fn constants_are_compared_exactly() {
        for (left, operator, right, expected) in [
            ("1", "==", "1.0", true),
            ("1", "!=", "1", false),
            ("9007199254740993", "==", "9007199254740992.0", false),
            ("9007199254740993", ">", "9007199254740992.0", true),
            ("9223372036854775807", "<", "9223372036854775808", true),
            ("18446744073709551615", ">", "18446744073709551614", true),
            ("0.5", ">=", "1", false),
            ("-0.0", "==", "0", true),
            ("'a'", "<", "'b'", true),
            ("'a'", "<=", "'A'", false),
            ("FALSE", "<", "TRUE", true),
        ] {
            assert_eq!(holds(left, operator, right), Ok(expected), "{left} {operator} {right}");
        }
        let mismatch = "TypeMismatch: a string cannot be compared with a whole number";
        assert_eq!(holds("'1'", "==", "1"), Err(mismatch.to_string()));
        assert!(holds("1", "==", "NULL").is_err_and(|error| error.contains("nothing equals NULL")));
    }
}
