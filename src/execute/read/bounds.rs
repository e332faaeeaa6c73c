//! The ranges of a search that stand in a filter, `v <-> [1, 2] < 0.8` or `distance < 0.8`. In: a
//! filter. Out: the same without them, and the ranges; or a diagnostic where there must be none.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::Collection;
use crate::execute::value;
use crate::language::ast::{Expr, ExprKind, Filter, Search};

/// A range of a search that stands in a filter: `v <-> [1, 2] < 0.8`, or `distance < 0.8` when
/// `search` is `None`.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) search: Option<Search>,
    pub(crate) operator: &'static str,
    pub(crate) value: Spanned<f64>,
}

/// Takes the ranges of a search out of a filter: they may stand beside AND at its top.
pub(crate) fn split(
    filter: Option<Filter>,
    collection: &Collection,
) -> Result<(Option<Filter>, Vec<Bound>)> {
    let Some(Filter::Expr(expr)) = filter else { return Ok((filter, Vec::new())) };
    let mut bounds = Vec::new();
    let rest = take_bounds(expr, collection, &mut bounds)?;
    Ok((rest.map(Filter::Expr), bounds))
}

/// The filter of rows that are changed, each by its fields; `verb` is "update" or "delete".
pub(crate) fn without(
    filter: Option<Filter>,
    collection: &Collection,
    verb: &str,
) -> Result<Option<Filter>> {
    let (filter, bounds) = split(filter, collection)?;
    match bounds.first() {
        Some(bound) => Err(Diagnostic::new(
            Code::NotSupported,
            format!("rows are {verb}d by their fields, not by a distance"),
        )
        .at(bound.value.span)
        .help(format!("search first, and {verb} by the ids that it shows"))),
        None => Ok(filter),
    }
}

fn take_bounds(
    expr: Expr,
    collection: &Collection,
    bounds: &mut Vec<Bound>,
) -> Result<Option<Expr>> {
    let span = expr.span;
    match expr.kind {
        ExprKind::Chain { first, rest } if rest.iter().all(|(operator, _)| *operator == "and") => {
            let mut parts = Vec::new();
            for part in std::iter::once(*first).chain(rest.into_iter().map(|(_, part)| part)) {
                parts.extend(take_bounds(part, collection, bounds)?);
            }
            let mut parts = parts.into_iter();
            let Some(first) = parts.next() else { return Ok(None) };
            let rest: Vec<(&'static str, Expr)> = parts.map(|part| ("and", part)).collect();
            Ok(Some(if rest.is_empty() {
                first
            } else {
                Expr { kind: ExprKind::Chain { first: Box::new(first), rest }, span }
            }))
        }
        ExprKind::Range { search, bounds: written } => {
            for (operator, value) in written {
                bounds.push(Bound {
                    search: Some((*search).clone()),
                    operator,
                    value: bound(&value)?,
                });
            }
            Ok(None)
        }
        ExprKind::Compare { first, rest } if is_distance(&first, collection) => {
            for (operator, value) in rest {
                bounds.push(Bound { search: None, operator, value: bound(&value)? });
            }
            Ok(None)
        }
        kind => Ok(Some(Expr { kind, span })),
    }
}

fn is_distance(expr: &Expr, collection: &Collection) -> bool {
    let ExprKind::Field { name, path, .. } = &expr.kind else { return false };
    path.is_empty() && name.value == "distance" && collection.find("distance").is_none()
}

fn bound(expr: &Expr) -> Result<Spanned<f64>> {
    let number = match &expr.kind {
        ExprKind::Literal(value) => value::number(value),
        _ => None,
    };
    match number {
        Some(number) => Ok(Spanned::new(number, expr.span)),
        None => Err(Diagnostic::new(Code::TypeMismatch, "a distance is compared with a number")
            .at(expr.span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::collection::Field;
    use crate::execute::catalog::fixture::{books, filter, said};
    use crate::execute::read::filter::printed;
    use crate::milvus::Version;

    /// What is left of a filter, and its bounds as `operator value`.
    fn parts(text: &str) -> Result<(String, String), String> {
        let (rest, bounds) = split(Some(filter(text)), &books()).map_err(|error| said(&error))?;
        let (rest, _) = printed(rest.as_ref(), &books(), &Version::default()).expect("a filter");
        let bounds: Vec<String> = bounds
            .iter()
            .map(|bound| {
                let of = if bound.search.is_some() { "v" } else { "distance" };
                format!("{of} {} {}", bound.operator, bound.value)
            })
            .collect();
        Ok((rest, bounds.join(", ")))
    }

    #[test]
    fn ranges_are_taken_out_of_a_filter() {
        for (text, rest, bounds) in [
            ("v <-> [1, 2] < 0.8", "", "v < 0.8"),
            ("year > 1 AND v <-> [1, 2] < 2", "year > 1", "v < 2"),
            ("v <-> [1, 2] < 2 AND year > 1 AND sold = TRUE", "year > 1 and sold == true", "v < 2"),
            ("distance <= 2 AND distance > 1", "", "distance <= 2, distance > 1"),
            ("year > 1 OR sold = TRUE", "year > 1 or sold == true", ""),
        ] {
            assert_eq!(parts(text), Ok((rest.to_string(), bounds.to_string())), "{text}");
        }
        let error = parts("distance < 'x'").expect_err("no number");
        assert_eq!(error, "TypeMismatch: a distance is compared with a number");
        let (none, bounds) = split(None, &books()).expect("nothing");
        assert!(none.is_none() && bounds.is_empty());
    }

    #[test]
    fn a_field_called_distance_is_a_field() {
        let mut books = books();
        books.fields.push(Field::named("distance"));
        let (rest, bounds) = split(Some(filter("distance < 2")), &books).expect("a filter");
        assert!(rest.is_some() && bounds.is_empty());
    }

    #[test]
    fn rows_are_changed_by_their_fields() {
        let without = |text: &str| without(Some(filter(text)), &books(), "update");
        assert!(without("year > 1").expect("a filter").is_some());
        assert_eq!(
            said(&without("v <-> [1, 2] < 1").expect_err("a distance")),
            "NotSupported: rows are updated by their fields, not by a distance; search first, and \
                update by the ids that it shows"
        );
    }
}
