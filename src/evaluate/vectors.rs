//! Vectors of one row: how long they are, and how far from another. pgvector's names; a distance
//! here is the distance itself, where a search shows Milvus's score.

use super::{describe, mismatch};
use crate::diagnostic::{Result, Span};
use crate::outcome::Datum;

/// The numbers of a vector or of a list of numbers.
pub(super) fn numbers(value: &Datum, span: Span) -> Result<Vec<f64>> {
    use crate::evaluate::order::Number;
    let list = match value {
        Datum::Vector(values) => return Ok(values.iter().map(|value| f64::from(*value)).collect()),
        Datum::Array(items) => items
            .iter()
            .map(|item| Number::of(item).map(super::arithmetic::fraction))
            .collect::<Option<Vec<_>>>(),
        _ => None,
    };
    list.ok_or_else(|| {
        mismatch(format!("a vector belongs here, and this is {}", describe(value)), span)
    })
}

pub(super) fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Two vectors of one dimension.
pub(super) fn both(a: (&Datum, Span), b: (&Datum, Span)) -> Result<(Vec<f64>, Vec<f64>)> {
    let ((a, _), (b, span)) = ((numbers(a.0, a.1)?, a.1), (numbers(b.0, b.1)?, b.1));
    if a.len() != b.len() {
        let what = format!("the vectors have {} and {} dimensions", a.len(), b.len());
        return Err(mismatch(what, span));
    }
    Ok((a, b))
}

pub(super) fn l2((a, b): &(Vec<f64>, Vec<f64>)) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

pub(super) fn inner_product((a, b): &(Vec<f64>, Vec<f64>)) -> f64 {
    dot(a, b)
}

/// 1 less the cosine; a vector of zeros has no direction, and no number comes out.
pub(super) fn cosine((a, b): &(Vec<f64>, Vec<f64>)) -> f64 {
    1.0 - dot(a, b) / (norm(a) * norm(b))
}
