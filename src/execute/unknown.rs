//! NULL in a condition, where a subquery gave one, or gave nothing for an IN: SQL's third truth.
//! What is unknown is not true, and NOT does not make it so. In: the conditions of a statement.
//! Out: the same without NULL as an operand: NOT is taken down to the comparison that has it, and
//! that is FALSE.

use crate::language::ast::{CopySource, Expr, ExprKind, Filter, Kind, Plot, Select, Value};

pub(crate) fn settle(kind: &mut Kind) {
    match kind {
        Kind::Select(select) => settle_select(select),
        Kind::Plot(plot) => match plot {
            Plot::Select { select, mark: _ } => settle_select(select),
            Plot::Vectors(vectors) => settle_filter(&mut vectors.filter),
        },
        Kind::WriteFrom(write) => settle_select(&mut write.source),
        Kind::CreateAs { source, .. } => settle_select(source),
        Kind::CopyTo(copy) => {
            if let CopySource::Select(select) = &mut copy.source {
                settle_select(select);
            }
        }
        Kind::Update(update) => settle_filter(&mut update.filter),
        Kind::Delete { filter, .. } => settle_filter(filter),
        Kind::Explain(explained) | Kind::Analyze(explained) => settle(&mut explained.kind),
        _ => {}
    }
}

fn settle_select(select: &mut Select) {
    settle_filter(&mut select.filter);
    for search in &mut select.hybrid {
        settle_filter(&mut search.filter);
    }
}

fn settle_filter(filter: &mut Option<Filter>) {
    if let Some(Filter::Expr(expr)) = filter {
        *expr = settled(expr.clone(), false);
    }
}

/// The condition, or its contrary.
fn settled(expr: Expr, not: bool) -> Expr {
    let span = expr.span;
    let of = |kind| Expr { kind, span };
    let flag = |flag: bool| of(ExprKind::Literal(Value::Bool(flag)));
    if !has_unknown(&expr) {
        return if not { of(ExprKind::Not(Box::new(expr))) } else { expr };
    }
    match expr.kind {
        ExprKind::Not(inner) => settled(*inner, !not),
        ExprKind::Chain { first, rest } => {
            let other = |word: &'static str| match (word, not) {
                ("and", true) => "or",
                ("or", true) => "and",
                _ => word,
            };
            let rest = rest.into_iter().map(|(word, part)| (other(word), settled(part, not)));
            of(ExprKind::Chain { rest: rest.collect(), first: Box::new(settled(*first, not)) })
        }
        ExprKind::In { left, negated, mut list } => {
            if list.is_empty() {
                return flag(negated != not);
            }
            list.retain(|item| !is_null(item));
            // of what is not in it, it may be in what is unknown
            if negated != not || is_null(&left) || list.is_empty() {
                return flag(false);
            }
            of(ExprKind::In { left, negated: false, list })
        }
        ExprKind::Between { left, negated, low, high } => {
            let pair = |word, bound: Box<Expr>| {
                let rest = vec![(word, *bound)];
                of(ExprKind::Compare { first: left.clone(), rest })
            };
            let rest = vec![("and", pair("<=", high))];
            let both = of(ExprKind::Chain { first: Box::new(pair(">=", low)), rest });
            settled(both, negated != not)
        }
        ExprKind::Compare { first, rest } if rest.len() > 1 => {
            let mut left = *first;
            let mut pairs = Vec::new();
            for (word, right) in rest {
                let rest = vec![(word, right.clone())];
                pairs.push(of(ExprKind::Compare { first: Box::new(left), rest }));
                left = right;
            }
            let mut pairs = pairs.into_iter();
            match pairs.next() {
                Some(first) => {
                    let rest = pairs.map(|pair| ("and", pair)).collect();
                    settled(of(ExprKind::Chain { first: Box::new(first), rest }), not)
                }
                None => flag(false),
            }
        }
        _ => flag(false),
    }
}

/// Whether it comes to NULL for want of a value that stands in it, or has a list of nothing.
fn has_unknown(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Not(inner) => has_unknown(inner),
        ExprKind::Chain { first, rest } => {
            let is_condition = rest.iter().any(|(word, _)| matches!(*word, "and" | "or"));
            is_condition && (has_unknown(first) || rest.iter().any(|(_, part)| has_unknown(part)))
        }
        ExprKind::Compare { first, rest } => {
            is_null(first) || rest.iter().any(|(_, operand)| is_null(operand))
        }
        ExprKind::In { left, list, .. } => {
            list.is_empty() || is_null(left) || list.iter().any(is_null)
        }
        ExprKind::Between { left, low, high, .. } => {
            [left, low, high].into_iter().any(|of| is_null(of))
        }
        ExprKind::Literal(Value::Null) => true,
        _ => false,
    }
}

/// NULL, or what is computed of it.
fn is_null(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => *value == Value::Null,
        ExprKind::Chain { first, rest } => {
            let is_sum = rest.iter().all(|(word, _)| !matches!(*word, "and" | "or"));
            is_sum && (is_null(first) || rest.iter().any(|(_, part)| is_null(part)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::execute::catalog::fixture::select;
    use crate::language::ast::{Filter, Kind};
    use crate::language::print;

    /// By SQL's rules: what is unknown is not true, nor is its contrary.
    #[test]
    fn what_is_unknown_is_not_true() {
        for (condition, settled) in [
            ("a = NULL", "FALSE"),
            ("NOT a = NULL", "FALSE"),
            ("a IN (1, NULL)", "a IN (1)"),
            ("a NOT IN (1, NULL)", "FALSE"),
            ("NOT a IN (1, NULL)", "FALSE"),
            ("NOT a NOT IN (1, NULL)", "a IN (1)"),
            ("a IN []", "FALSE"),
            ("a NOT IN []", "TRUE"),
            ("NOT (b = 1 AND a = NULL)", "(NOT (b == 1)) or FALSE"),
            ("b = 1 OR a > NULL + 1", "(b == 1) or FALSE"),
            ("NOT (b = 1 OR a = NULL)", "(NOT (b == 1)) and FALSE"),
            ("a BETWEEN 1 AND NULL", "(a >= 1) and FALSE"),
            ("a NOT BETWEEN 1 AND NULL", "(NOT (a >= 1)) or FALSE"),
            ("1 < a < NULL", "(1 < a) and FALSE"),
            ("a IS NULL AND b = 1", "(a IS NULL) and (b == 1)"),
        ] {
            let mut kind =
                Kind::Select(Box::new(select(&format!("SELECT a FROM t WHERE {condition}"))));
            super::settle(&mut kind);
            let Kind::Select(made) = kind else { panic!("a SELECT") };
            let Some(Filter::Expr(_)) = &made.filter else { panic!("a condition") };
            let expected = select(&format!("SELECT a FROM t WHERE {settled}"));
            let printed = |select| {
                let kind = Kind::Select(Box::new(select));
                print::statement(&crate::language::ast::Statement {
                    kind,
                    span: Default::default(),
                })
            };
            assert_eq!(printed(*made), printed(expected), "{condition}");
        }
    }
}
