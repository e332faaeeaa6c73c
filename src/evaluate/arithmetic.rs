//! Arithmetic: whole numbers stay whole but for a division that leaves a rest.

use super::{is_null, mismatch};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::evaluate::order::Number;
use crate::outcome::Datum;

/// `places` are those of the operands.
pub(super) fn of(left: &Datum, operator: &str, right: &Datum, places: [Span; 2]) -> Result<Datum> {
    let [place, span] = places;
    if is_null(left) || is_null(right) {
        return Ok(Datum::Null);
    }
    if let (Datum::Text(a), Datum::Text(b), "+") = (left, right, operator) {
        return Ok(Datum::Text(format!("{a}{b}")));
    }
    let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) else {
        let what = "only numbers are added, subtracted, multiplied and divided";
        let at = if Number::of(left).is_none() { place } else { span };
        return Err(mismatch(what, at));
    };
    if matches!(operator, "/" | "%") && fraction(b) == 0.0 {
        return Err(Diagnostic::new(Code::DivisionByZero, "this divides by zero").at(span));
    }
    if let (Number::Whole(a), Number::Whole(b)) = (a, b) {
        let result = match operator {
            "+" => a.checked_add(b),
            "-" => a.checked_sub(b),
            "*" => Some(a.checked_mul(b).ok_or_else(|| overflow(span))?),
            "/" => (a % b == 0).then(|| a / b),
            "%" => Some(a % b),
            _ => power(a, b),
        };
        if let Some(result) = result {
            return whole(result).ok_or_else(|| overflow(span));
        }
    }
    let (a, b) = (fraction(a), fraction(b));
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
        true => Ok(Datum::Double(result)),
        false => Err(overflow(span)),
    }
}

/// A whole number as far as JSON holds it; a BIGINT where it is one.
pub(super) fn whole(number: i128) -> Option<Datum> {
    let int = i64::try_from(number).map(Datum::Int);
    int.ok().or_else(|| u64::try_from(number).ok().map(|large| Datum::Json(large.to_string())))
}

pub(super) fn fraction(number: Number) -> f64 {
    match number {
        Number::Whole(whole) => whole as f64,
        Number::Fraction(fraction) => fraction,
    }
}

/// Whole as long as it is a BIGINT.
fn power(base: i128, exponent: i128) -> Option<i128> {
    let power = base.checked_pow(u32::try_from(exponent).ok()?)?;
    i64::try_from(power).ok().map(i128::from)
}

fn overflow(span: Span) -> Diagnostic {
    Diagnostic::new(Code::OutOfRange, "the result is too large a number").at(span)
}
