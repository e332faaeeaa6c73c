//! Functions over numbers.

use super::arithmetic::{fraction, whole};
use crate::execute::read::order::Number;
use crate::outcome::Datum;

/// To so many digits behind the point, halves away from zero; a whole number stays one.
pub(super) fn round(number: Number, digits: i64) -> Datum {
    match number {
        Number::Whole(number) if digits >= 0 => whole(number).unwrap_or(Datum::Null),
        Number::Whole(number) => rounded(number as f64, digits),
        Number::Fraction(number) => rounded(number, digits),
    }
}

fn rounded(number: f64, digits: i64) -> Datum {
    let digits = digits.clamp(-308, 308) as i32;
    if digits > 15 || !number.is_finite() {
        return Datum::Double(number);
    }
    if digits >= 0 {
        // what a reader sees is what is rounded: 2.675 is its shortest text, not its bits
        let text = format!("{number:?}");
        let shifted = text.parse::<f64>().map_or(number, |number| number * 10f64.powi(digits));
        let near = shifted.round();
        return Datum::Double(near / 10f64.powi(digits));
    }
    let scale = 10f64.powi(-digits);
    Datum::Double((number / scale).round() * scale)
}

/// A function of fractions, such as floor, whose result is whole.
pub(super) fn to_whole(number: Number, of: fn(f64) -> f64) -> Datum {
    match number {
        Number::Whole(number) => whole(number).unwrap_or(Datum::Null),
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
        Number::Whole(number) => whole(number.abs()).unwrap_or(Datum::Null),
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
