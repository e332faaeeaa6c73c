//! SELECT, filters and expressions.

use super::words::*;
use crate::diagnostic::Spanned;
use crate::language::ast::*;

pub(super) fn select(select: &Select) -> String {
    let items = match &select.items {
        Items::All => "*".to_string(),
        Items::Listed(items) => items
            .iter()
            .map(|item| {
                output(&item.output)
                    + &item
                        .alias
                        .as_ref()
                        .map_or_else(String::new, |alias| format!(" AS {}", name(alias)))
            })
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut out = format!(
        "SELECT {}{items} FROM {}{}",
        if select.distinct { "DISTINCT " } else { "" },
        name(&select.table),
        in_partitions(&select.partitions)
    );
    out.push_str(&filter(select.filter.as_ref()));
    if !select.group.is_empty() {
        out.push_str(&format!(
            " GROUP BY {}",
            select.group.iter().map(output).collect::<Vec<_>>().join(", ")
        ));
    }
    match &select.order {
        Some(Order::Search { search, direction }) => {
            out.push_str(&format!(
                " ORDER BY {}{}",
                self::search(search),
                direction.as_ref().map_or("", |direction| self::direction(direction.value))
            ));
        }
        Some(Order::By(keys)) => {
            let keys: Vec<String> = keys
                .iter()
                .map(|(key, direction)| output(key) + self::direction(*direction))
                .collect();
            out.push_str(&format!(" ORDER BY {}", keys.join(", ")));
        }
        None => {}
    }
    if !select.hybrid.is_empty() {
        out.push_str(&format!(
            " HYBRID SEARCH ({})",
            select.hybrid.iter().map(sub_search).collect::<Vec<_>>().join(", ")
        ));
    }
    if let Some(rerank) = &select.rerank {
        let params =
            if rerank.params.is_empty() { String::new() } else { parameters(&rerank.params) };
        out.push_str(&format!(" RERANK {}{params}", name(&rerank.method)));
    }
    out.push_str(&optional("LIMIT", select.limit.as_ref()));
    out.push_str(&optional("OFFSET", select.offset.as_ref()));
    out.push_str(&search_params(&select.params));
    if let Some(level) = &select.consistency {
        out.push_str(&format!(" CONSISTENCY LEVEL {}", name(level)));
    }
    out
}

fn direction(direction: Direction) -> &'static str {
    if direction == Direction::Descending { " DESC" } else { " ASC" }
}

fn output(written: &Output) -> String {
    match written {
        Output::Field { name, path } => self::name(name) + &steps(path),
        Output::Aggregate { function, distinct, argument } => {
            let argument = argument.as_ref().map_or_else(|| "*".to_string(), |of| output(of));
            let distinct = if *distinct { "DISTINCT " } else { "" };
            format!("{}({distinct}{argument})", function.value.word())
        }
    }
}

fn sub_search(sub_search: &SubSearch) -> String {
    let mut out = search(&sub_search.search) + &filter(sub_search.filter.as_ref());
    out.push_str(&optional("WEIGHT", sub_search.weight.as_ref()));
    out.push_str(&optional("LIMIT", sub_search.limit.as_ref()));
    out + &search_params(&sub_search.params)
}

pub(crate) fn search(search: &Search) -> String {
    match &search.target {
        Target::Vectors { operator, vectors } => {
            let vectors = match vectors.as_slice() {
                [one] => spanned(one),
                many => format!("[{}]", values(many)),
            };
            format!("{} {} {vectors}", name(&search.field), operator.value.symbol())
        }
        Target::Stored { operator, ids } => {
            format!("{} {} ID({})", name(&search.field), operator.value.symbol(), values(ids))
        }
        Target::Text(text) => format!("BM25_SCORE({}, {})", name(&search.field), spanned(text)),
    }
}

pub(super) fn filter(filter: Option<&Filter>) -> String {
    match filter {
        None => String::new(),
        Some(Filter::Expr(expr)) => format!(" WHERE {}", self::expr(expr)),
        Some(Filter::Raw(text)) => format!(" FILTER {}", spanned(text)),
    }
}

/// An expression; what is nested is in parentheses, so that it is read as it stands.
fn expr(expr: &Expr) -> String {
    let chain = |first: &Expr, rest: &[(&'static str, Expr)]| {
        rest.iter().fold(inner(first), |out, (operator, operand)| {
            format!("{out} {operator} {}", inner(operand))
        })
    };
    match &expr.kind {
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => chain(first, rest),
        ExprKind::Not(of) => format!("NOT {}", inner(of)),
        ExprKind::Range { search, bounds } => {
            bounds.iter().fold(self::search(search), |out, (operator, bound)| {
                format!("{out} {operator} {}", inner(bound))
            })
        }
        ExprKind::In { left, negated, list } => {
            format!("{}{} IN ({})", inner(left), not(*negated), exprs(list))
        }
        ExprKind::Between { left, negated, low, high } => {
            format!("{}{} BETWEEN {} AND {}", inner(left), not(*negated), inner(low), inner(high))
        }
        ExprKind::Like { left, negated, pattern } => {
            format!("{}{} LIKE {}", inner(left), not(*negated), spanned(pattern))
        }
        ExprKind::IsNull { left, negated } => format!("{} IS{} NULL", inner(left), not(*negated)),
        ExprKind::Field { name, path } => self::name(name) + &steps(path),
        ExprKind::Call { name, args } => format!("{name}({})", exprs(args)),
        ExprKind::List(items) => format!("[{}]", exprs(items)),
        ExprKind::Literal(literal) => value(literal),
        ExprKind::Quoted(text) => double(text),
    }
}

pub(super) fn inner(expr: &Expr) -> String {
    match expr.kind {
        ExprKind::Field { .. }
        | ExprKind::Call { .. }
        | ExprKind::List(_)
        | ExprKind::Literal(_)
        | ExprKind::Quoted(_) => self::expr(expr),
        _ => format!("({})", self::expr(expr)),
    }
}

fn exprs(exprs: &[Expr]) -> String {
    exprs.iter().map(inner).collect::<Vec<_>>().join(", ")
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

pub(super) fn steps(path: &[Spanned<Value>]) -> String {
    path.iter().map(|step| format!("[{}]", spanned(step))).collect()
}
