//! Functions over numbers.

use super::arithmetic::{fraction, whole};
use crate::evaluate::order::Number;
use crate::outcome::Datum;

/// To so many digits behind the point, halves away from zero; a whole number stays one.
pub(super) fn round(number: Number, digits: i64) -> Datum {
    match number {
        Number::Whole(number) if digits >= 0 => exact(number),
        Number::Whole(number) => exact(to_power_of_ten(number, digits).unwrap_or(0)),
        Number::Fraction(number) => rounded(number, digits),
    }
}

/// A whole number that a function has left as it was, or nearly: every digit, if it can be.
fn exact(number: i128) -> Datum {
    whole(number).unwrap_or(Datum::Double(number as f64))
}

/// Nothing is left of a number that has fewer digits.
fn to_power_of_ten(number: i128, digits: i64) -> Option<i128> {
    let scale = 10i128.checked_pow(u32::try_from(digits.checked_neg()?).ok()?)?;
    let near = number.abs().checked_add(scale / 2)? / scale * scale;
    Some(near * number.signum())
}

fn rounded(number: f64, digits: i64) -> Datum {
    if !number.is_finite() {
        return Datum::Double(number);
    }
    // what a reader sees is what is rounded: 1.005 is its shortest text, not its bits
    let digits = digits.clamp(-400, 400);
    let near = shifted(number, digits).filter(|near| near.is_finite()).map(f64::round);
    // beyond all digits it is whole already
    Datum::Double(near.and_then(|near| shifted(near, -digits)).unwrap_or(number) + 0.0)
}

/// With the point so many digits further to the right, as it is written.
fn shifted(number: f64, digits: i64) -> Option<f64> {
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent = exponent.parse::<i64>().ok()? + digits;
    format!("{mantissa}e{exponent}").parse().ok()
}

/// A function of fractions, such as floor, whose result is whole.
pub(super) fn to_whole(number: Number, of: fn(f64) -> f64) -> Datum {
    match number {
        Number::Whole(number) => exact(number),
        Number::Fraction(number) => {
            let result = of(number);
            match result.abs() < 9.0e15 {
                true => Datum::Int(result as i64),
                false => Datum::Double(result),
            }
        }
    }
}

pub(super) fn abs(number: Number) -> Datum {
    match number {
        Number::Whole(number) => exact(number.abs()),
        Number::Fraction(number) => Datum::Double(number.abs()),
    }
}

pub(super) fn sign(number: Number) -> Datum {
    let number = fraction(number);
    match number.is_nan() {
        true => Datum::Null,
        false => Datum::Int(i64::from(number > 0.0) - i64::from(number < 0.0)),
    }
}

/// What has no result, such as the root of -1, is NULL, as in SQLite.
pub(super) fn of_fraction(number: Number, of: impl Fn(f64) -> f64) -> Datum {
    let result = of(fraction(number));
    match result.is_nan() || result.is_infinite() {
        true => Datum::Null,
        false => Datum::Double(result),
    }
}
