//! A SELECT within a statement. One that looks at no row around it is a value; an EXISTS over one
//! key is read as `key IN (SELECT key …)`, which gives the same rows.

use milvus_kernel_grammar::Rule;
use pest::iterators::Pair;

use super::builder::*;
use super::filters;
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::language::ast::*;

/// SELECTs that are one within the other.
pub(super) const DEEPEST: usize = 8;

impl<'a> Builder<'a> {
    /// `(SELECT …)`
    pub(super) fn subquery(&self, pair: Pair<'a, Rule>) -> Result<Box<Select>> {
        let (select, foreign) = self.within(pair)?;
        match foreign.first() {
            Some(outer) => Err(correlated(outer)),
            None => Ok(select),
        }
    }

    /// `(SELECT …)` or `EXISTS (SELECT …)` in an expression.
    pub(super) fn query(&self, rule: Rule, pair: Pair<'a, Rule>) -> Result<ExprKind> {
        if rule == Rule::subquery {
            let select = self.subquery(pair)?;
            return Ok(ExprKind::Literal(Value::Query { select, exists: false }));
        }
        let span = self.span(&pair);
        let (select, foreign) = self.within(self.parts(pair).skip(&[Rule::EXISTS]).next()?)?;
        match foreign.as_slice() {
            [] => Ok(ExprKind::Literal(Value::Query { select, exists: true })),
            [outer] => {
                let kind = over_one_key(*select, outer, span)?;
                // the statement around it says whether the table is its own
                self.qualifiers.borrow_mut().push(outer.clone());
                Ok(kind)
            }
            [_, second, ..] => Err(correlated(second)),
        }
    }

    /// A SELECT within, and what qualifies the fields there that are not its own.
    fn within(&self, pair: Pair<'a, Rule>) -> Result<(Box<Select>, Vec<Name>)> {
        let span = self.span(&pair);
        let depth = self.depth.get() + 1;
        if depth > DEEPEST {
            return Err(filters::too_deep("subqueries", DEEPEST, span));
        }
        let around = self.qualifiers.take();
        self.depth.set(depth);
        let select = self.parts(pair).skip(&[Rule::SELECT]).next()?;
        let select = self.unchecked_select(self.parts(select))?;
        self.depth.set(depth - 1);
        let mut foreign = self.qualifiers.replace(around);
        let own = qualifier(&select.table, select.alias.as_ref());
        foreign.retain(|name| name.value != own);
        Ok((select, foreign))
    }
}

/// `EXISTS (SELECT 1 FROM o WHERE o.k = t.k AND …)`: no key that is NULL is equal to another.
fn over_one_key(mut select: Select, outer: &Name, span: Span) -> Result<ExprKind> {
    // an aggregate gives a row whatever it is of
    let may_aggregate = |item: &Item| match &item.output {
        Output::Aggregate { .. } => true,
        Output::Computed(expr) => !matches!(expr.kind, ExprKind::Literal(_)),
        Output::Field { .. } | Output::Every { .. } => false,
    };
    let other = matches!(&select.items, Items::Listed(items) if items.iter().any(may_aggregate))
        || select.distinct
        || select.order.is_some()
        || !select.group.is_empty()
        || select.having.is_some()
        || !select.hybrid.is_empty()
        || select.limit.is_some()
        || select.offset.is_some();
    let Some(Filter::Expr(condition)) = select.filter.take().filter(|_| !other) else {
        return Err(correlated(outer));
    };
    let mut parts = match condition.kind {
        ExprKind::Chain { first, rest } if rest.iter().all(|(word, _)| *word == "and") => {
            std::iter::once(*first).chain(rest.into_iter().map(|(_, part)| part)).collect()
        }
        _ => vec![condition],
    };
    let is_outer = |expr: &Expr| expr.span.start == outer.span.start;
    let equality = parts.iter().position(|part| {
        matches!(
            &part.kind,
            ExprKind::Compare { first, rest } if matches!(rest.as_slice(), [("==", second)]
                if is_outer(first) != is_outer(second))
        )
    });
    let Some(ExprKind::Compare { first, mut rest }) = equality.map(|at| parts.remove(at).kind)
    else {
        return Err(correlated(outer));
    };
    let Some((_, second)) = rest.pop() else { return Err(correlated(outer)) };
    let (left, inner) = if is_outer(&first) { (*first, second) } else { (second, *first) };
    let ExprKind::Field { name, path } = inner.kind.clone() else { return Err(correlated(outer)) };
    if !matches!(left.kind, ExprKind::Field { .. }) {
        return Err(correlated(outer));
    }
    select.items = Items::Listed(vec![Item { output: Output::Field { name, path }, alias: None }]);
    parts.push(known(inner));
    let mut parts = parts.into_iter();
    select.filter = parts.next().map(|first| {
        let rest: Vec<_> = parts.map(|part| ("and", part)).collect();
        let kind = match rest.is_empty() {
            true => return Filter::Expr(first),
            false => ExprKind::Chain { first: Box::new(first), rest },
        };
        Filter::Expr(Expr { kind, span })
    });
    let query = Value::Query { select: Box::new(select), exists: false };
    let list = vec![Expr { kind: ExprKind::Literal(query), span }];
    let is_in = ExprKind::In { left: Box::new(left.clone()), negated: false, list };
    let rest = vec![("and", Expr { kind: is_in, span })];
    Ok(ExprKind::Chain { first: Box::new(known(left)), rest })
}

/// `a IS NOT NULL`
fn known(expr: Expr) -> Expr {
    let span = expr.span;
    Expr { kind: ExprKind::IsNull { left: Box::new(expr), negated: true }, span }
}

fn correlated(outer: &Name) -> Diagnostic {
    let message = format!("`{outer}` is a table around this SELECT: its rows are not seen here");
    let error = Diagnostic::new(Code::NotSupported, message).at(outer.span);
    error.help(
        "an EXISTS over one key is read, `EXISTS (SELECT 1 FROM o WHERE o.k = t.k AND …)`, and \
         `t.k IN (SELECT k FROM o WHERE …)`",
    )
}
