//! SELECT, filters and expressions.

use super::define::type_name;
use super::words::*;
use crate::diagnostic::Spanned;
use crate::language::ast::*;

pub(super) fn items(items: &Items) -> String {
    let Items::Listed(items) = items else { return "*".to_string() };
    let item = |item: &Item| {
        let alias = item.alias.as_ref();
        output(&item.output)
            + &alias.map_or_else(String::new, |alias| format!(" AS {}", name(alias)))
    };
    items.iter().map(item).collect::<Vec<_>>().join(", ")
}

pub(super) fn select(select: &Select) -> String {
    let items = items(&select.items);
    let mut out = format!(
        "SELECT {}{items} FROM {}{}{}",
        if select.distinct { "DISTINCT " } else { "" },
        table_name(&select.table),
        select.alias.as_ref().map_or_else(String::new, |alias| format!(" AS {}", name(alias))),
        in_partitions(&select.partitions)
    );
    out.push_str(&filter(select.filter.as_ref()));
    if !select.group.is_empty() {
        out.push_str(&format!(
            " GROUP BY {}",
            select.group.iter().map(output).collect::<Vec<_>>().join(", ")
        ));
    }
    if let Some(having) = &select.having {
        out.push_str(&format!(" HAVING {}", expr(having)));
    }
    out.push_str(&select.order.as_ref().map_or_else(String::new, order));
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

pub(super) fn plot(plot: &Plot) -> String {
    let PlotVectors { table, field, color, label, filter, limit, near } = match plot {
        Plot::Vectors(vectors) => &**vectors,
        Plot::Select { select, mark } => {
            let mark = mark.as_ref().map(|mark| format!("AS {} ", mark.value.word()));
            return format!("PLOT {}{}", mark.unwrap_or_default(), self::select(select));
        }
    };
    let clause = |word: &str, of: &Option<Output>| {
        of.as_ref().map_or_else(String::new, |of| format!(" {word} {}", output(of)))
    };
    let mut out = format!("PLOT {}.{}", table_name(table), name(field));
    out.push_str(&clause("COLOR BY", color));
    out.push_str(&clause("LABEL", label));
    out.push_str(&self::filter(filter.as_ref()));
    out.push_str(&optional("LIMIT", limit.as_ref()));
    if let Some(Near { queries, are_stored, limit }) = near {
        let queries = match are_stored {
            true => format!("ID({})", values(queries)),
            false => query_vectors(queries),
        };
        out.push_str(&format!(" NEAR {queries}{}", optional("LIMIT", limit.as_ref())));
    }
    out
}

/// ORDER BY, with the blank before it.
pub(super) fn order(order: &Order) -> String {
    match order {
        Order::Search { search, direction, then } => {
            let direction = direction.as_ref();
            let first = self::search(search)
                + direction.map_or("", |direction| self::direction(direction.value));
            let keys: Vec<String> = std::iter::once(first).chain(then.iter().map(key)).collect();
            format!(" ORDER BY {}", keys.join(", "))
        }
        Order::By(keys) => {
            format!(" ORDER BY {}", keys.iter().map(key).collect::<Vec<_>>().join(", "))
        }
    }
}

fn key(OrderKey { output, direction, nulls_first }: &OrderKey) -> String {
    let nulls = match nulls_first {
        Some(true) => " NULLS FIRST",
        Some(false) => " NULLS LAST",
        None => "",
    };
    self::output(output) + self::direction(*direction) + nulls
}

fn direction(direction: Direction) -> &'static str {
    if direction == Direction::Descending { " DESC" } else { " ASC" }
}

/// As it heads a column too.
pub(crate) fn output(written: &Output) -> String {
    match written {
        Output::Every { except } if except.is_empty() => "*".to_string(),
        Output::Every { except } => {
            let names: Vec<String> = except.iter().map(self::name).collect();
            format!("* EXCLUDE ({})", names.join(", "))
        }
        Output::Computed(expr) => inner(expr),
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
            let field = name(&search.field);
            format!("{field} {} {}", operator.value.symbol(), query_vectors(vectors))
        }
        Target::Stored { operator, ids } => {
            format!("{} {} ID({})", name(&search.field), operator.value.symbol(), values(ids))
        }
        Target::Text(text) => format!("BM25_SCORE({}, {})", name(&search.field), spanned(text)),
    }
}

fn query_vectors(vectors: &[Spanned<Value>]) -> String {
    match vectors {
        [one] => spanned(one),
        many => format!("[{}]", values(many)),
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
pub(super) fn expr(expr: &Expr) -> String {
    let chain = |first: &Expr, rest: &[(&'static str, Expr)]| {
        rest.iter().fold(inner(first), |out, (operator, operand)| {
            format!("{out} {operator} {}", inner(operand))
        })
    };
    match &expr.kind {
        ExprKind::Chain { first, rest } if is_negated(first, rest) => format!("-{}", inner(first)),
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => chain(first, rest),
        ExprKind::Not(of) => format!("NOT {}", inner(of)),
        ExprKind::Range { search, bounds } => {
            bounds.iter().fold(self::search(search), |out, (operator, bound)| {
                format!("{out} {operator} {}", inner(bound))
            })
        }
        ExprKind::In { left, negated, list } => {
            let list = match list.as_slice() {
                [one] if is_query(one) => inner(one),
                list => format!("({})", exprs(list)),
            };
            format!("{}{} IN {list}", inner(left), not(*negated))
        }
        ExprKind::Between { left, negated, low, high } => {
            format!("{}{} BETWEEN {} AND {}", inner(left), not(*negated), inner(low), inner(high))
        }
        ExprKind::Like { left, negated, how, pattern } => {
            let word = match (how, negated) {
                (Pattern::Like, false) => "LIKE",
                (Pattern::Like, true) => "NOT LIKE",
                (Pattern::AnyCase, false) => "ILIKE",
                (Pattern::AnyCase, true) => "NOT ILIKE",
                (Pattern::Regex, false) => "~",
                (Pattern::Regex, true) => "!~",
                (Pattern::RegexAnyCase, false) => "~*",
                (Pattern::RegexAnyCase, true) => "!~*",
            };
            format!("{} {word} {}", inner(left), spanned(pattern))
        }
        ExprKind::IsNull { left, negated } => format!("{} IS{} NULL", inner(left), not(*negated)),
        ExprKind::IsTruth { left, negated, truth } => {
            let truth = if *truth { "TRUE" } else { "FALSE" };
            format!("{} IS{} {truth}", inner(left), not(*negated))
        }
        ExprKind::Case { operand, whens, otherwise } => {
            let mut out = "CASE".to_string();
            if let Some(operand) = operand {
                out.push_str(&format!(" {}", inner(operand)));
            }
            for (when, then) in whens {
                out.push_str(&format!(" WHEN {} THEN {}", inner(when), inner(then)));
            }
            if let Some(otherwise) = otherwise {
                out.push_str(&format!(" ELSE {}", inner(otherwise)));
            }
            out + " END"
        }
        ExprKind::Cast { of, to } => format!("CAST({} AS {})", inner(of), type_name(to)),
        ExprKind::Arrow { of, step, as_text } => {
            format!("{} {} {}", inner(of), if *as_text { "->>" } else { "->" }, spanned(step))
        }
        ExprKind::Aggregate(aggregate) => output(aggregate),
        ExprKind::Distance(search) => self::search(search),
        ExprKind::Field { name, path } => self::name(name) + &steps(path),
        ExprKind::Call { name, args } => format!("{name}({})", exprs(args)),
        ExprKind::List(items) => format!("[{}]", exprs(items)),
        ExprKind::Literal(literal) => value(literal),
        ExprKind::Quoted(text) => double(text),
    }
}

/// A sign before what is no number is a product.
fn is_negated(first: &Expr, rest: &[(&'static str, Expr)]) -> bool {
    let minus = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Value::Int(-1)));
    matches!(rest, [("*", factor)] if minus(factor)) && !matches!(first.kind, ExprKind::Literal(_))
}

pub(super) fn inner(expr: &Expr) -> String {
    match expr.kind {
        ExprKind::Field { .. }
        | ExprKind::Call { .. }
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. }
        | ExprKind::Aggregate(_)
        | ExprKind::List(_)
        | ExprKind::Literal(_)
        | ExprKind::Quoted(_) => self::expr(expr),
        _ => format!("({})", self::expr(expr)),
    }
}

/// It has its own parentheses.
fn is_query(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Value::Query { exists: false, .. }))
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
