//! What of a condition goes to the server, and what the kernel looks at itself. In: the condition
//! of a WHERE. Out: a Milvus expression of what the server can do of it, and what is left, which
//! the rows that are read have to meet.
//!
//! The parts that AND joins are looked at one by one: a row is meant where all of them are true. A
//! value that no row has a say in, `lower('A')`, is settled before.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::evaluate::{evaluate, holds, is_function};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::read::computed::{Computed, head};
use crate::execute::read::constants::Nothing;
use crate::execute::read::filter;
use crate::execute::read::operand::{
    Operands, constant_of, is_condition, is_fixed, is_of_server, quoted_words,
};
use crate::execute::value::{BEYOND, of_datum};
use crate::language::ast::{Expr, ExprKind, Filter, Output, Value};
use crate::milvus::{Platform, Version};
use milvus_proto::schema::DataType;

/// A condition, in two halves.
#[derive(Clone, Default)]
pub(crate) struct Condition {
    /// for the server; the empty expression matches everything
    pub(crate) expr: String,
    /// for the kernel
    pub(crate) rest: Option<Rc<Computed>>,
}

/// The two halves, with what is to be said of them said.
pub(crate) fn condition<P: Platform>(
    filter: Option<&Filter>,
    collection: &Collection,
    context: &Context<'_, P>,
) -> Result<Condition> {
    let (condition, notices) = split(filter, collection, &context.client.version())?;
    notices.into_iter().for_each(|notice| context.notice(notice));
    if let Some(rest) = condition.rest.as_ref().filter(|_| context.client.explaining()) {
        context.notice(format!("the kernel filters what it reads by `{}`", rest.head()));
    }
    Ok(condition)
}

fn split(
    filter: Option<&Filter>,
    collection: &Collection,
    version: &Version,
) -> Result<(Condition, Vec<String>)> {
    let Some(Filter::Expr(expr)) = filter else {
        let (expr, notices) = filter::printed(filter, collection, version)?;
        return Ok((Condition { expr, rest: None }, notices));
    };
    let mut sent = Vec::new();
    let mut kept = Vec::new();
    for part in conjuncts(settled(expr.clone())?) {
        if is_servers(&part, &Operands::new(collection, version)) {
            match filter::printed(Some(&Filter::Expr(part.clone())), collection, version) {
                Ok(_) => {
                    sent.push(part);
                    continue;
                }
                // what this server lacks
                Err(error) if error.code == Code::NotSupported => {
                    if of_server(&part).is_some() || Computed::new(&part, collection).is_err() {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        kept.push(part);
    }
    let mut notices = Vec::new();
    let mut rest = match joined(kept) {
        None => None,
        Some(rest) => {
            if let Some(error) = of_server(&rest) {
                return Err(error);
            }
            notices.extend(quoted_words(&rest, collection));
            Some(Computed::new(&rest, collection)?)
        }
    };
    // what no row has a say in
    if let Some(fixed) = rest.take_if(|rest| rest.needs.is_empty()) {
        let span = fixed.expr.span;
        let truth = Value::Bool(holds(&fixed.expr, &Nothing)?);
        sent.push(Expr { kind: ExprKind::Literal(truth), span });
    }
    let sent = joined(sent).map(Filter::Expr);
    let (expr, more) = filter::printed(sent.as_ref(), collection, version)?;
    notices.extend(more);
    Ok((Condition { expr, rest: rest.map(Rc::new) }, notices))
}

/// The parts that AND joins.
fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::Chain { first, rest } if matches!(rest.first(), Some(("and", _))) => {
            let all = std::iter::once(*first).chain(rest.into_iter().map(|(_, part)| part));
            all.flat_map(conjuncts).collect()
        }
        kind => vec![Expr { kind, span: expr.span }],
    }
}

fn joined(parts: Vec<Expr>) -> Option<Expr> {
    let mut parts = parts.into_iter();
    let first = parts.next()?;
    let rest: Vec<(&'static str, Expr)> = parts.map(|part| ("and", part)).collect();
    if rest.is_empty() {
        return Some(first);
    }
    let span = rest.iter().fold(first.span, |span, (_, part)| span.to(part.span));
    Some(Expr { kind: ExprKind::Chain { first: Box::new(first), rest }, span })
}

/// The same with every value that no row has a say in as a literal, unless it is NULL.
fn settled(mut expr: Expr) -> Result<Expr> {
    settle(&mut expr)?;
    Ok(expr)
}

fn settle(expr: &mut Expr) -> Result<()> {
    let span = expr.span;
    match &mut expr.kind {
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
            settle(first)?;
            return rest.iter_mut().try_for_each(|(_, part)| settle(part));
        }
        ExprKind::In { left, list, .. } => {
            settle(left)?;
            return list.iter_mut().try_for_each(settle);
        }
        ExprKind::Between { left, low, high, .. } => {
            return [left, low, high].into_iter().try_for_each(|part| settle(part));
        }
        ExprKind::Not(of)
        | ExprKind::Like { left: of, .. }
        | ExprKind::IsNull { left: of, .. }
        | ExprKind::IsTruth { left: of, .. } => return settle(of),
        ExprKind::List(items) => return items.iter_mut().try_for_each(settle),
        ExprKind::Cast { of, .. } | ExprKind::Arrow { of, .. } => settle(of)?,
        ExprKind::Call { args, .. } => args.iter_mut().try_for_each(settle)?,
        // its parts may be wrong where they are not taken
        ExprKind::Case { .. }
        | ExprKind::Range { .. }
        | ExprKind::Aggregate(_)
        | ExprKind::Distance(_)
        | ExprKind::Field { .. }
        | ExprKind::Literal(_)
        | ExprKind::Quoted(_) => return Ok(()),
    }
    let is_settled = match &expr.kind {
        ExprKind::Call { name, args } => is_function(&name.value) && args.iter().all(is_fixed),
        ExprKind::Cast { of, .. } | ExprKind::Arrow { of, .. } => is_fixed(of),
        _ => false,
    };
    if is_settled {
        let value = of_datum(&evaluate(expr, &Nothing)?);
        if value != Value::Null {
            *expr = Expr { kind: ExprKind::Literal(value), span };
        }
    }
    Ok(())
}

/// Whether Milvus's filters have a form for it; what is wrong with it is found as it is printed.
fn is_servers(expr: &Expr, operands: &Operands<'_>) -> bool {
    match &expr.kind {
        ExprKind::Chain { first, rest } => {
            !is_condition(expr)
                || is_servers(first, operands)
                    && rest.iter().all(|(_, part)| is_servers(part, operands))
        }
        ExprKind::Not(of) => !asks_for_truth(of) && is_servers(of, operands),
        ExprKind::Compare { first, rest } => {
            let mut left = &**first;
            rest.iter().all(|(_, right)| {
                let is_theirs = are_compared(left, right, operands);
                left = right;
                is_theirs
            })
        }
        ExprKind::Between { left, low, high, .. } => {
            are_compared(left, low, operands) && are_compared(left, high, operands)
        }
        ExprKind::In { left, list, .. } => {
            let fits = |item| is_fixed(item) && are_of_a_kind(left, item, operands);
            is_plain(left) && list.iter().all(fits)
        }
        ExprKind::Like { left, .. } | ExprKind::IsNull { left, .. } => is_plain(left),
        ExprKind::IsTruth { left, negated, .. } => {
            !negated
                && (is_plain(left)
                    || is_condition(left) && !asks_for_truth(left) && is_servers(left, operands))
        }
        ExprKind::Call { name, args } => match is_of_server(&name.value) {
            true => !is_function(&name.value) || args.iter().skip(1).all(is_fixed),
            false => !is_function(&name.value),
        },
        ExprKind::Case { .. } | ExprKind::Cast { .. } | ExprKind::Arrow { .. } => false,
        ExprKind::Range { .. }
        | ExprKind::Aggregate(_)
        | ExprKind::Distance(_)
        | ExprKind::Field { .. }
        | ExprKind::List(_)
        | ExprKind::Literal(_)
        | ExprKind::Quoted(_) => true,
    }
}

/// IS TRUE tells unknown from true: for the server it is the condition itself, whose negation is
/// another.
fn asks_for_truth(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::IsTruth { .. } => true,
        ExprKind::Not(of) => asks_for_truth(of),
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
            asks_for_truth(first) || rest.iter().any(|(_, part)| asks_for_truth(part))
        }
        _ => false,
    }
}

/// A field or a value.
fn is_plain(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Field { .. }) || is_fixed(expr)
}

/// What one side of a comparison is.
#[derive(PartialEq)]
enum Side {
    Fixed,
    Field,
    /// of one field and a value
    Arithmetic,
    Other,
}

/// Milvus compares a field, or what arithmetic makes of one, with a value, and two fields whose
/// types have an order in common (Milvus's `planparserv2`).
fn are_compared(left: &Expr, right: &Expr, operands: &Operands<'_>) -> bool {
    if is_condition(left) || is_condition(right) {
        let (condition, flag) = if is_condition(left) { (left, right) } else { (right, left) };
        return constant_of(flag).is_some()
            && !asks_for_truth(condition)
            && is_servers(condition, operands);
    }
    match (side(left), side(right)) {
        (Side::Other, _) | (_, Side::Other) => false,
        (Side::Field, Side::Field) => {
            let kinds = (scalar(left, operands), scalar(right, operands));
            matches!(kinds, (Some(left), Some(right)) if left == right)
        }
        (Side::Fixed, Side::Arithmetic | Side::Field) => are_of_a_kind(right, left, operands),
        (Side::Arithmetic | Side::Field, Side::Fixed) => are_of_a_kind(left, right, operands),
        (Side::Fixed, Side::Fixed) => true,
        (Side::Arithmetic, Side::Field | Side::Arithmetic) | (Side::Field, Side::Arithmetic) => {
            false
        }
    }
}

fn side(expr: &Expr) -> Side {
    if is_fixed(expr) {
        return Side::Fixed;
    }
    match &expr.kind {
        ExprKind::Field { .. } => Side::Field,
        ExprKind::Call { name, .. } if name.value == "array_length" => Side::Field,
        // what nobody knows, or has in a condition
        ExprKind::Call { name, .. } if !is_function(&name.value) => Side::Fixed,
        ExprKind::Aggregate(_) | ExprKind::Distance(_) => Side::Fixed,
        ExprKind::Chain { first, rest } => match rest.as_slice() {
            [(operator, second)] => match (side(first), side(second)) {
                (Side::Field, Side::Fixed) if *operator != "||" => Side::Arithmetic,
                (Side::Fixed, Side::Field) if matches!(*operator, "+" | "*") => Side::Arithmetic,
                _ => Side::Other,
            },
            _ => Side::Other,
        },
        _ => Side::Other,
    }
}

/// Milvus has no fractions beside a field of whole numbers, or what it computes of one.
fn are_of_a_kind(side: &Expr, value: &Expr, operands: &Operands<'_>) -> bool {
    use DataType::{Int8, Int16, Int32, Int64};
    let (first, rest) = match &side.kind {
        ExprKind::Chain { first, rest } => (&**first, rest.as_slice()),
        _ => (side, [].as_slice()),
    };
    let parts = || std::iter::once(first).chain(rest.iter().map(|(_, part)| part));
    let is_whole = |part: &Expr| {
        let field = operands.type_of(part);
        field.is_some_and(|field| matches!(field.data_type, Int8 | Int16 | Int32 | Int64))
    };
    !parts().any(is_whole) || !parts().chain([value]).any(is_fraction)
}

/// A value with a fraction, or arithmetic of values that may have one.
fn is_fraction(expr: &Expr) -> bool {
    match &expr.kind {
        // one that is too large is an error of its own
        ExprKind::Literal(Value::Float(number)) => number.abs() < BEYOND,
        ExprKind::Chain { first, rest } => {
            let is_one = |(operator, part): &(&str, Expr)| {
                matches!(*operator, "/" | "**") || is_fraction(part)
            };
            is_fixed(expr) && (is_fraction(first) || rest.iter().any(is_one))
        }
        _ => false,
    }
}

/// Whether a field of the schema is a number, or else a text; none of others.
fn scalar(expr: &Expr, operands: &Operands<'_>) -> Option<bool> {
    use DataType::{Double, Float, Int8, Int16, Int32, Int64, VarChar};
    let ExprKind::Field { path, .. } = &expr.kind else { return None };
    let field = operands.type_of(expr).filter(|_| path.is_empty())?;
    match field.data_type {
        Int8 | Int16 | Int32 | Int64 | Float | Double => Some(true),
        VarChar => Some(false),
        _ => None,
    }
}

/// What is wrong with a condition for the kernel that has a function of the server alone.
fn of_server(expr: &Expr) -> Option<Diagnostic> {
    let of = |part: &Expr| of_server(part);
    match &expr.kind {
        ExprKind::Call { name, .. } if is_of_server(&name.value) && !is_function(&name.value) => {
            let message = format!("`{name}` is the server's, and the rest of this condition not");
            let error = Diagnostic::new(Code::NotSupported, message).at(name.span);
            Some(error.help("join it by AND: then each looks at its own part"))
        }
        ExprKind::Call { args, .. } | ExprKind::List(args) => args.iter().find_map(of),
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
            of_server(first).or_else(|| rest.iter().find_map(|(_, part)| of_server(part)))
        }
        ExprKind::In { left, list, .. } => of_server(left).or_else(|| list.iter().find_map(of)),
        ExprKind::Between { left, low, high, .. } => {
            [left, low, high].into_iter().find_map(|part| of_server(part))
        }
        ExprKind::Not(of)
        | ExprKind::Like { left: of, .. }
        | ExprKind::IsNull { left: of, .. }
        | ExprKind::IsTruth { left: of, .. }
        | ExprKind::Cast { of, .. }
        | ExprKind::Arrow { of, .. } => of_server(of),
        ExprKind::Case { operand, whens, otherwise } => {
            let whens = whens.iter().flat_map(|(when, then)| [when, then]);
            let others = operand.iter().chain(otherwise).map(|part| &**part);
            whens.chain(others).find_map(of)
        }
        ExprKind::Range { .. }
        | ExprKind::Aggregate(_)
        | ExprKind::Distance(_)
        | ExprKind::Field { .. }
        | ExprKind::Literal(_)
        | ExprKind::Quoted(_) => None,
    }
}

impl Computed {
    /// As it is written.
    fn head(&self) -> String {
        head(&Output::Computed(Box::new(self.expr.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, filter, said};

    /// What is sent, and what is kept.
    fn halves(version: &str, text: &str) -> Result<(String, String), String> {
        let (condition, _) = split(Some(&filter(text)), &books(), &Version::parse(version))
            .map_err(|error| said(&error))?;
        Ok((condition.expr, condition.rest.map(|rest| rest.head()).unwrap_or_default()))
    }

    #[test]
    fn the_server_gets_what_it_can_do() {
        for (text, sent, kept) in [
            ("year > 1990", "year > 1990", ""),
            ("lower(title) = 'x'", "", "lower(title) == 'x'"),
            ("year > 1990 AND length(title) > 3", "year > 1990", "length(title) > 3"),
            (
                "(sold AND lower(title) = 'x') AND year = 1",
                "sold == true and year == 1",
                "lower(title) == 'x'",
            ),
            ("year > 1990 OR length(title) > 3", "", "(year > 1990) or (length(title) > 3)"),
            ("NOT lower(title) = 'x'", "", "not lower(title) == 'x'"),
            ("price * 2 > year", "", "price * 2 > year"),
            ("price * 2 > 5", "(price * 2) > 5", ""),
            ("year > price", "year > price", ""),
            ("year > meta['a']", "", "year > meta['a']"),
            ("year + price > 5", "", "year + price > 5"),
            ("5 - year > 1", "", "5 - year > 1"),
            ("year + 1 > 1990.5", "", "year + 1 > 1990.5"),
            ("year * 0.5 > 990", "", "year * 0.5 > 990"),
            ("title = lower('ABC')", "title == \"abc\"", ""),
            ("year > CAST('5' AS INT)", "year > 5", ""),
            ("year IN (price, 5)", "", "year in (price, 5)"),
            ("year % 2 IN (0, 1)", "", "year % 2 in (0, 1)"),
            ("sold IS NOT TRUE", "", "sold is not true"),
            ("year = 1 OR sold IS TRUE", "year == 1 or sold == true", ""),
            ("NOT (sold IS TRUE)", "", "not sold is true"),
            ("year > 1990.5", "", "year > 1990.5"),
            ("(year > 1) = (price > 2)", "", "(year > 1) == (price > 2)"),
            ("title = ANY(tags)", "", "array_contains(tags, title)"),
            ("array_contains(tags, 'a')", "array_contains(tags, \"a\")", ""),
            ("1 + 1 = 2", "", ""),
            ("NOT 1 + 1 = 2", "id < 0 and id > 0", ""),
        ] {
            let expected = (sent.to_string(), kept.replace(['(', ')'], ""));
            let plain = |text: String| text.replace(['(', ')'], "").to_lowercase();
            let found = halves("v2.6.0", text).map(|(sent, kept)| (sent, plain(kept)));
            assert_eq!(found, Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_a_server_lacks_the_kernel_does() {
        let kept = |version: &str, text: &str| halves(version, text).map(|(_, kept)| kept);
        assert_eq!(kept("v2.6.0", "note IS NULL"), Ok(String::new()));
        assert_eq!(kept("v2.3.5", "note IS NULL"), Ok("note IS NULL".to_string()));
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        for (text, message) in [
            ("yaer = 1 AND lower(title) = 'x'", "UnknownField: unknown field `yaer`"),
            ("lower(titel) = 'x'", "UnknownField: unknown field `titel`"),
            ("year = 'x' AND lower(title) = 'x'", "TypeMismatch: `year` is INT"),
            ("lowr(title) = 'x'", "UnknownFunction: unknown function `lowr`; did you mean `lower`"),
            ("year = lower('A')", "TypeMismatch: `year` is INT"),
            (
                "text_match(title, 'a') OR lower(title) = 'x'",
                "NotSupported: `text_match` is the server's",
            ),
        ] {
            let error = halves("v2.6.0", text).expect_err(text);
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}
