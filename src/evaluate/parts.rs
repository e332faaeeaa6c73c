//! What an expression is made of: the fields and aggregates that a row has to know, and whether its
//! functions are there, before any row is read.

use super::functions::check;
use super::regex::compiled;
use crate::diagnostic::{Result, Spanned};
use crate::language::ast::{Expr, ExprKind, Name, Output, Pattern, Value};

/// Something of a row.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    Field { name: &'a Name, path: &'a [Spanned<Value>] },
    Aggregate(&'a Output),
}

/// What an expression takes of a row, in its order; or the first thing that is wrong with it.
pub(crate) fn parts(expr: &Expr) -> Result<Vec<Part<'_>>> {
    let mut found = Vec::new();
    collect(expr, &mut found)?;
    Ok(found)
}

fn collect<'a>(expr: &'a Expr, found: &mut Vec<Part<'a>>) -> Result<()> {
    match &expr.kind {
        ExprKind::Field { name, path } => {
            found.push(Part::Field { name, path });
            Ok(())
        }
        ExprKind::Aggregate(aggregate) => {
            found.push(Part::Aggregate(aggregate));
            Ok(())
        }
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
            collect(first, found)?;
            rest.iter().try_for_each(|(_, operand)| collect(operand, found))
        }
        ExprKind::In { left, list, .. } => {
            collect(left, found)?;
            list.iter().try_for_each(|item| collect(item, found))
        }
        ExprKind::Between { left, low, high, .. } => {
            [left, low, high].into_iter().try_for_each(|part| collect(part, found))
        }
        ExprKind::Like { left, how, pattern, .. } => {
            if let (Pattern::Regex | Pattern::RegexAnyCase, Value::Text(text)) =
                (how, &pattern.value)
            {
                compiled(text, *how == Pattern::RegexAnyCase, pattern.span)?;
            }
            collect(left, found)
        }
        ExprKind::Not(of)
        | ExprKind::IsNull { left: of, .. }
        | ExprKind::IsTruth { left: of, .. }
        | ExprKind::Cast { of, .. }
        | ExprKind::Arrow { of, .. } => collect(of, found),
        ExprKind::Case { operand, whens, otherwise } => {
            operand.iter().try_for_each(|operand| collect(operand, found))?;
            for (when, then) in whens {
                collect(when, found)?;
                collect(then, found)?;
            }
            otherwise.iter().try_for_each(|otherwise| collect(otherwise, found))
        }
        ExprKind::Call { name, args } => {
            check(name, args.len())?;
            args.iter().try_for_each(|arg| collect(arg, found))
        }
        ExprKind::List(items) => items.iter().try_for_each(|item| collect(item, found)),
        ExprKind::Range { search, .. } | ExprKind::Distance(search) => {
            Err(super::no_search(search.field.span))
        }
        ExprKind::Literal(_) | ExprKind::Quoted(_) => Ok(()),
    }
}
