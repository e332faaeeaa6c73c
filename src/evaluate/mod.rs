//! Expressions over a row: SELECT lists, ORDER BY, GROUP BY, HAVING, conditions that the server
//! does not take, and the right sides of an UPDATE. In: an expression, and a row that knows its
//! fields. Out: the value it comes to, by SQL's three-valued logic: NULL is unknown, and whatever
//! it goes into is NULL. Pure but for `now()`; knows nothing of collections, requests or
//! statements.
//!
//! Beyond the tree's own kinds everything is a function of [`functions`]'s one table.

mod arithmetic;
mod cast;
mod formats;
mod functions;
mod json;
mod like;
mod numbers;
pub(crate) mod order;
mod parts;
mod regex;
mod texts;
mod times;
mod vectors;

#[cfg(test)]
mod tests;

pub(crate) use functions::{is_function, names as functions};
pub(crate) use json::datum;
pub(crate) use parts::{Part, parts};
pub(crate) use times::{begin, milliseconds};

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::evaluate::order::{Number, compare};
use crate::execute::value::to_json;
use crate::language::ast::{Expr, ExprKind, Name, Output, Pattern, Value};
use crate::outcome::Datum;

/// What an expression is evaluated over.
pub(crate) trait Row {
    /// A field of the schema, a dynamic one, or a part of either; NULL where there is none.
    fn field(&self, name: &Name, path: &[Spanned<Value>]) -> Result<Datum>;

    /// An aggregate of the group that the row is.
    fn aggregate(&self, aggregate: &Output) -> Result<Datum>;
}

pub(crate) fn evaluate(expr: &Expr, row: &dyn Row) -> Result<Datum> {
    let truth = |expr: &Expr| evaluate(expr, row).and_then(|value| truth(&value, expr.span));
    match &expr.kind {
        ExprKind::Literal(value) => literal(value, expr.span),
        ExprKind::Quoted(text) => Ok(Datum::Text(text.clone())),
        ExprKind::List(items) => {
            let items = items.iter().map(|item| evaluate(item, row));
            Ok(Datum::Array(items.collect::<Result<_>>()?))
        }
        ExprKind::Field { name, path } => row.field(name, path),
        ExprKind::Aggregate(aggregate) => row.aggregate(aggregate),
        ExprKind::Chain { first, rest } => match rest.first() {
            Some(("and", _)) => {
                let all = std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, part)| part));
                let mut known = Some(true);
                for part in all {
                    match truth(part)? {
                        Some(true) => {}
                        Some(false) => return Ok(Datum::Bool(false)),
                        None => known = None,
                    }
                }
                Ok(flag(known))
            }
            Some(("or", _)) => {
                let all = std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, part)| part));
                let mut known = Some(false);
                for part in all {
                    match truth(part)? {
                        Some(false) => {}
                        Some(true) => return Ok(Datum::Bool(true)),
                        None => known = None,
                    }
                }
                Ok(flag(known))
            }
            _ => {
                let (mut left, mut place) = (evaluate(first, row)?, first.span);
                for (operator, right) in rest {
                    let value = evaluate(right, row)?;
                    let places = [place, right.span];
                    left = match *operator {
                        "||" => texts::join(&left, &value, places)?,
                        _ => arithmetic::of(&left, operator, &value, places)?,
                    };
                    place = place.to(right.span);
                }
                Ok(left)
            }
        },
        ExprKind::Not(of) => Ok(flag(truth(of)?.map(|known| !known))),
        ExprKind::Compare { first, rest } => {
            let mut left = evaluate(first, row)?;
            let mut known = Some(true);
            for (operator, right) in rest {
                let right = evaluate(right, row)?;
                known = and(known, compared(&left, operator, &right));
                left = right;
            }
            Ok(flag(known))
        }
        ExprKind::In { left, negated, list } => {
            let left = evaluate(left, row)?;
            let mut known = Some(false);
            for item in list {
                if known == Some(true) {
                    break;
                }
                // a list may be long
                match (&left, &item.kind) {
                    (Datum::Text(left), ExprKind::Literal(Value::Text(item))) => {
                        known = or(known, Some(left == item));
                        continue;
                    }
                    (Datum::Int(left), ExprKind::Literal(Value::Int(item))) => {
                        known = or(known, Some(left == item));
                        continue;
                    }
                    _ => {}
                }
                let item = evaluate(item, row)?;
                known = or(known, compared(&left, "==", &item));
            }
            Ok(flag(negated_if(known, *negated)))
        }
        ExprKind::Between { left, negated, low, high } => {
            let left = evaluate(left, row)?;
            let low = compared(&left, ">=", &evaluate(low, row)?);
            let high = compared(&left, "<=", &evaluate(high, row)?);
            Ok(flag(negated_if(and(low, high), *negated)))
        }
        ExprKind::Like { left, negated, how, pattern } => {
            let value = evaluate(left, row)?;
            let Spanned { value: Value::Text(pattern), span } = pattern else {
                return Err(mismatch("a string belongs here", pattern.span));
            };
            let places = [left.span, *span];
            let is_it = match how {
                Pattern::Like => like::matches(&value, pattern, false, left.span)?,
                Pattern::AnyCase => like::matches(&value, pattern, true, left.span)?,
                Pattern::Regex => regex::matches(&value, pattern, false, places)?,
                Pattern::RegexAnyCase => regex::matches(&value, pattern, true, places)?,
            };
            Ok(flag(negated_if(is_it, *negated)))
        }
        ExprKind::IsNull { left, negated } => {
            Ok(Datum::Bool(is_null(&evaluate(left, row)?) != *negated))
        }
        ExprKind::IsTruth { left, negated, truth: wanted } => {
            Ok(Datum::Bool((truth(left)? == Some(*wanted)) != *negated))
        }
        ExprKind::Case { operand, whens, otherwise } => {
            let operand = operand.as_ref().map(|operand| evaluate(operand, row)).transpose()?;
            for (when, then) in whens {
                let is_this = match &operand {
                    Some(operand) => compared(operand, "==", &evaluate(when, row)?),
                    None => truth(when)?,
                };
                if is_this == Some(true) {
                    return evaluate(then, row);
                }
            }
            otherwise.as_ref().map_or(Ok(Datum::Null), |otherwise| evaluate(otherwise, row))
        }
        ExprKind::Cast { of, to } => cast::to(&evaluate(of, row)?, to, of.span),
        ExprKind::Arrow { of, step, as_text } => {
            json::step(&evaluate(of, row)?, step, *as_text, of.span)
        }
        ExprKind::Call { name, args } => {
            // of what is not needed no error is made
            if matches!(name.value.as_str(), "coalesce" | "ifnull") {
                for arg in args {
                    let value = evaluate(arg, row)?;
                    if !is_null(&value) {
                        return Ok(value);
                    }
                }
                return Ok(Datum::Null);
            }
            let values = args.iter().map(|arg| evaluate(arg, row)).collect::<Result<Vec<_>>>()?;
            let spans: Vec<Span> = args.iter().map(|arg| arg.span).collect();
            functions::call(name, &values, &spans)
        }
        ExprKind::Range { search, .. } | ExprKind::Distance(search) => {
            Err(no_search(search.field.span))
        }
    }
}

/// Says what is wrong with a regular expression.
pub(crate) fn check_regex(pattern: &str, place: Span) -> Result<()> {
    regex::compiled(pattern, false, place).map(|_| ())
}

fn no_search(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotSupported, "a search stands in ORDER BY, or is an item by itself")
        .at(span)
        .help("in an expression, write `distance`")
}

/// Whether a condition holds for a row; what is unknown does not.
pub(crate) fn holds(condition: &Expr, row: &dyn Row) -> Result<bool> {
    let value = evaluate(condition, row)?;
    Ok(truth(&value, condition.span)? == Some(true))
}

/// A value as it was written.
pub(crate) fn literal(value: &Value, span: Span) -> Result<Datum> {
    Ok(match value {
        Value::Null => Datum::Null,
        Value::Bool(flag) => Datum::Bool(*flag),
        Value::Int(number) => Datum::Int(*number),
        Value::Large(number) => Datum::Json(number.to_string()),
        Value::Float(number) => Datum::Double(*number),
        Value::Text(text) => Datum::Text(text.clone()),
        Value::Bytes(bytes) => Datum::Bytes(bytes.clone()),
        Value::Numbers(numbers) => Datum::Vector(numbers.values.clone()),
        Value::List(items) => {
            let items = items.iter().map(|item| literal(&item.value, item.span));
            Datum::Array(items.collect::<Result<_>>()?)
        }
        Value::Object(_) => Datum::Json(to_json(&Spanned::new(value.clone(), span))?.to_string()),
        Value::Variable(_) | Value::Computed(_) | Value::Query { .. } | Value::Prompt => {
            return Err(Diagnostic::new(Code::TypeMismatch, "a value belongs here").at(span));
        }
    })
}

/// NULL, or JSON's.
fn is_null(value: &Datum) -> bool {
    match value {
        Datum::Null => true,
        Datum::Json(text) => text == "null",
        _ => false,
    }
}

fn truth(value: &Datum, span: Span) -> Result<Option<bool>> {
    match value {
        Datum::Bool(flag) => Ok(Some(*flag)),
        Datum::Json(text) if text == "true" || text == "false" => Ok(Some(text == "true")),
        value if is_null(value) => Ok(None),
        _ => Err(Diagnostic::new(Code::TypeMismatch, "a value is no condition")
            .at(span)
            .label("expected a comparison")),
    }
}

fn flag(known: Option<bool>) -> Datum {
    known.map_or(Datum::Null, Datum::Bool)
}

fn negated_if(known: Option<bool>, negated: bool) -> Option<bool> {
    known.map(|known| known != negated)
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    negated_if(and(negated_if(a, true), negated_if(b, true)), true)
}

/// One comparison. Values of different types are not equal, and neither is less.
fn compared(left: &Datum, operator: &str, right: &Datum) -> Option<bool> {
    if is_null(left) || is_null(right) {
        return None;
    }
    let (left, right) = (&*json::plain(left), &*json::plain(right));
    let equal = operator == "==" || operator == "!=";
    if !same_type(left, right) {
        return equal.then_some(operator == "!=");
    }
    if let Some(is_same) = same_whole(left, right) {
        return equal.then_some(is_same == (operator == "=="));
    }
    Some(order::is(compare(left, right), operator))
}

fn same_type(a: &Datum, b: &Datum) -> bool {
    match (Number::of(a), Number::of(b)) {
        (Some(_), Some(_)) => true,
        (None, None) => std::mem::discriminant(a) == std::mem::discriminant(b),
        _ => false,
    }
}

/// Whether two of one type are the same, where none is less: vectors, bytes, objects of JSON.
fn same_whole(a: &Datum, b: &Datum) -> Option<bool> {
    match (a, b) {
        (Datum::Vector(_) | Datum::Sparse(_) | Datum::Bytes(_), _) => Some(a == b),
        (Datum::Json(x), Datum::Json(y)) if Number::of(a).is_none() => {
            let json = serde_json::from_str::<serde_json::Value>;
            Some(x == y || matches!((json(x), json(y)), (Ok(x), Ok(y)) if x == y))
        }
        _ => None,
    }
}

/// What is wrong with an argument.
fn mismatch(what: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, what).at(span)
}

/// What a message calls a value.
fn describe(value: &Datum) -> &'static str {
    match value {
        Datum::Null => "NULL",
        Datum::Bool(_) => "a boolean",
        Datum::Int(_) => "a whole number",
        Datum::Float(_) | Datum::Double(_) => "a number",
        Datum::Text(_) => "a string",
        Datum::Json(_) => "JSON",
        Datum::Array(_) => "an array",
        Datum::Vector(_) | Datum::Sparse(_) => "a vector",
        Datum::Bytes(_) => "a byte string",
    }
}
