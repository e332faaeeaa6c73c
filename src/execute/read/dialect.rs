//! What a server's filters lack is said in another way, or refused with its place. In: a filter.
//! Out: one that means the same. Milvus's own core in Milvus Lite 2.4 and 2.5 knows no NOT, and
//! before 2.4 arithmetic is compared by = and <> alone.

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::catalog::collection::Collection;
use crate::execute::read::operand::is_condition;
use crate::language::ast::{Expr, ExprKind, Value};
use crate::milvus::{Feature, Version};
use milvus_proto::schema::DataType;

/// What is asked of every server, and looked for in no filter where the server has it.
const LACKING: [Feature; 2] = [Feature::Not, Feature::ArithmeticOrder];

/// The filter as this server reads it.
pub(crate) fn fit(expr: &Expr, collection: &Collection, version: &Version) -> Result<Expr> {
    if LACKING.into_iter().all(|feature| version.has(feature)) {
        return Ok(expr.clone());
    }
    Dialect { collection, version }.fit(expr, false)
}

/// The text of a filter with its strings as this server reads them: Milvus Lite 2.4 and 2.5 take a
/// tab as it is, not as an escape, and no line break at all. What they would not read is refused,
/// since it would find nothing.
pub(crate) fn spell(filter: String, version: &Version, span: Span) -> Result<String> {
    if version.has(Feature::LineBreak) {
        return Ok(filter);
    }
    let mut out = String::with_capacity(filter.len());
    let mut chars = filter.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n' | 'r') => {
                let error = Diagnostic::new(Code::NotSupported, version.needs(Feature::LineBreak));
                return Err(error.at(span));
            }
            escaped => {
                out.push(char);
                out.extend(escaped);
            }
        }
    }
    Ok(out)
}

struct Dialect<'a> {
    collection: &'a Collection,
    version: &'a Version,
}

impl Dialect<'_> {
    /// The expression or, where `not`, its negation without a NOT.
    fn fit(&self, expr: &Expr, not: bool) -> Result<Expr> {
        let kind = match &expr.kind {
            ExprKind::Not(inner) if self.version.has(Feature::Not) => {
                ExprKind::Not(Box::new(self.fit(inner, false)?))
            }
            ExprKind::Not(inner) => return self.fit(inner, !not),
            ExprKind::Chain { first, rest } => {
                let mut fitting = Vec::new();
                for (operator, operand) in rest {
                    let operator = match (*operator, not) {
                        ("and", true) => "or",
                        ("or", true) => "and",
                        (_, true) => return self.refused(expr),
                        (same, false) => same,
                    };
                    fitting.push((operator, self.fit(operand, not)?));
                }
                ExprKind::Chain { first: Box::new(self.fit(first, not)?), rest: fitting }
            }
            ExprKind::Compare { first, rest } => {
                return match asked_for(first, rest) {
                    Some((condition, holds)) if self.version.has(Feature::Not) => {
                        let fitting = self.fit(condition, false)?;
                        let kind = ExprKind::Not(Box::new(fitting.clone()));
                        Ok(if holds { fitting } else { Expr { kind, span: expr.span } })
                    }
                    Some((condition, holds)) => self.fit(condition, not == holds),
                    None => self.compare(expr, first, rest, not),
                };
            }
            ExprKind::Between { left, negated, low, high } if *negated != not => {
                if !self.version.has(Feature::Not) {
                    let below = comparison(left, "<", low, expr.span);
                    let above = comparison(left, ">", high, expr.span);
                    self.told(expr, left, "<")?;
                    return Ok(either(below, vec![above], expr.span));
                }
                expr.kind.clone()
            }
            ExprKind::Between { left, low, high, .. } => {
                let (left, low, high) = (left.clone(), low.clone(), high.clone());
                ExprKind::Between { left, negated: false, low, high }
            }
            ExprKind::In { left, negated, list } => {
                if *negated != not {
                    self.told(expr, left, "!=")?;
                }
                ExprKind::In { left: left.clone(), negated: *negated != not, list: list.clone() }
            }
            ExprKind::IsNull { left, negated } => {
                ExprKind::IsNull { left: left.clone(), negated: *negated != not }
            }
            ExprKind::Like { left, negated, how, pattern } => {
                if *negated != not && !self.version.has(Feature::Not) {
                    return self.refused(expr);
                }
                ExprKind::Like {
                    left: left.clone(),
                    negated: *negated,
                    how: *how,
                    pattern: pattern.clone(),
                }
            }
            ExprKind::Field { .. } if not => {
                let no = Expr { kind: ExprKind::Literal(Value::Bool(false)), span: expr.span };
                return Ok(comparison(expr, "==", &no, expr.span));
            }
            ExprKind::Literal(Value::Bool(value)) => ExprKind::Literal(Value::Bool(*value != not)),
            ExprKind::Call { name, .. } => {
                let of_parts = name.value.starts_with("json_") || name.value.starts_with("array_");
                if not {
                    return self.refused(expr);
                }
                let other = !of_parts && name.value != "text_match";
                if other && !self.version.has(Feature::OtherFunction) {
                    return self.lacks(Feature::OtherFunction, name.span);
                }
                expr.kind.clone()
            }
            ExprKind::IsTruth { left, negated, truth } => {
                ExprKind::IsTruth { left: left.clone(), negated: *negated != not, truth: *truth }
            }
            ExprKind::Field { .. }
            | ExprKind::Range { .. }
            | ExprKind::Case { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Arrow { .. }
            | ExprKind::Aggregate(_)
            | ExprKind::Distance(_)
            | ExprKind::List(_)
            | ExprKind::Quoted(_)
            | ExprKind::Literal(_) => expr.kind.clone(),
        };
        Ok(Expr { kind, span: expr.span })
    }

    fn compare(
        &self,
        expr: &Expr,
        first: &Expr,
        rest: &[(&'static str, Expr)],
        not: bool,
    ) -> Result<Expr> {
        let mut left = first;
        let mut parts = Vec::new();
        for (operator, right) in rest {
            let equal = matches!(*operator, "==" | "!=");
            let arithmetic = [left, right].iter().any(|side| is_arithmetic(side));
            if arithmetic && !equal && !self.version.has(Feature::ArithmeticOrder) {
                return self.lacks(Feature::ArithmeticOrder, expr.span);
            }
            if not {
                self.told(expr, left, operator)?;
                self.told(expr, right, operator)?;
                parts.push(comparison(left, negated(operator), right, expr.span));
            }
            left = right;
        }
        let mut parts = parts.into_iter();
        match (parts.next(), parts.collect::<Vec<_>>()) {
            (None, _) => Ok(expr.clone()),
            (Some(one), none) if none.is_empty() => Ok(one),
            (Some(one), more) => Ok(either(one, more, expr.span)),
        }
    }

    /// Refuses a negation that would not find what has no value: a key that is not in the JSON
    /// of a row is neither below a number nor above it, and it differs from every value.
    fn told(&self, expr: &Expr, operand: &Expr, operator: &str) -> Result<()> {
        let ExprKind::Field { name, path, .. } = &operand.kind else { return Ok(()) };
        let whole = match self.collection.find(&name.value).map(|field| field.data_type) {
            Some(DataType::Json) | None => matches!(operator, "==" | "!="),
            Some(_) => path.is_empty(),
        };
        if whole || self.version.has(Feature::Not) { Ok(()) } else { self.refused(expr).map(drop) }
    }

    fn refused(&self, expr: &Expr) -> Result<Expr> {
        self.lacks(Feature::Not, expr.span)
    }

    fn lacks(&self, feature: Feature, span: Span) -> Result<Expr> {
        Err(Diagnostic::new(Code::NotSupported, self.version.needs(feature)).at(span))
    }
}

/// The condition of `(a = 1) = FALSE`, and whether it is to hold.
fn asked_for<'a>(first: &'a Expr, rest: &'a [(&'static str, Expr)]) -> Option<(&'a Expr, bool)> {
    let [(operator @ ("==" | "!="), second)] = rest else { return None };
    let (condition, value) = match (&first.kind, &second.kind) {
        (_, ExprKind::Literal(Value::Bool(value))) => (first, *value),
        (ExprKind::Literal(Value::Bool(value)), _) => (second, *value),
        _ => return None,
    };
    is_condition(condition).then_some((condition, value == (*operator == "==")))
}

fn is_arithmetic(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Chain { .. })
}

fn negated(operator: &str) -> &'static str {
    match operator {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        _ => "<",
    }
}

fn comparison(left: &Expr, operator: &'static str, right: &Expr, span: Span) -> Expr {
    let (first, rest) = (Box::new(left.clone()), vec![(operator, right.clone())]);
    Expr { kind: ExprKind::Compare { first, rest }, span }
}

fn either(first: Expr, rest: Vec<Expr>, span: Span) -> Expr {
    let rest = rest.into_iter().map(|part| ("or", part)).collect();
    Expr { kind: ExprKind::Chain { first: Box::new(first), rest }, span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{self, dynamic_books, said};
    use crate::execute::read::filter;

    fn printed(version: &str, text: &str) -> Result<String, String> {
        filter::printed(Some(&fixture::filter(text)), &dynamic_books(), &Version::parse(version))
            .map(|(text, _)| text)
            .map_err(|error| said(&error))
    }

    #[test]
    fn a_negation_is_said_without_not() {
        for (sql, milvus) in [
            ("NOT year > 5", "year <= 5"),
            ("NOT (year = 1 AND title <> 'a')", r#"year != 1 or title == "a""#),
            (
                "year = 1 AND NOT (year = 2 OR price >= 3.5)",
                "year == 1 and (year != 2 and price < 3.5)",
            ),
            ("NOT NOT year = 1", "year == 1"),
            ("NOT 1 < year <= 5", "1 >= year or year > 5"),
            ("year NOT BETWEEN 1 AND 2", "year < 1 or year > 2"),
            ("NOT year NOT BETWEEN 1 AND 2", "(year >= 1 and year <= 2)"),
            ("NOT year IN (1, 2)", "year not in [1, 2]"),
            ("NOT sold", "sold == false"),
            ("(year = 1) = FALSE", "year != 1"),
            ("NOT (year = 1) <> FALSE", "year != 1"),
            ("NOT meta['a'] = 1", r#"meta["a"] != 1"#),
            (
                "title LIKE 'a%' AND array_contains(tags, 'a')",
                r#"title like "a%" and array_contains(tags, "a")"#,
            ),
        ] {
            assert_eq!(printed("milvus_lite-2.5", sql).as_deref(), Ok(milvus), "{sql}");
        }
    }

    #[test]
    fn a_string_is_spelled_as_the_server_reads_it() {
        let old = Version::parse("milvus_lite-2.5");
        let span = Span { start: 0, end: 0 };
        let spelled = |text: &str, version| spell(text.to_string(), version, span);
        assert_eq!(spelled(r#"t == "a\tb\\t\"""#, &old), Ok("t == \"a\tb\\\\t\\\"\"".to_string()));
        let error = said(&spelled(r#"t in ["a\nb"]"#, &old).expect_err("a line break"));
        assert!(error.contains("a line break in a string of a condition needs Milvus Lite 3.0"));
        let new = Version::parse("v2.3.5");
        assert_eq!(spelled(r#"t == "a\nb""#, &new), Ok(r#"t == "a\nb""#.to_string()));
        assert_eq!(printed("milvus_lite-2.5", "title LIKE '%'").as_deref(), Ok(""));
        let error = printed("milvus_lite-2.5", "title LIKE 'C:\\\\%'").expect_err("a backslash");
        assert!(
            error.contains("a backslash in a pattern of LIKE needs Milvus Lite 3.0"),
            "{error}"
        );
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for sql in [
            "title NOT LIKE 'a%'",
            "NOT meta['a'] > 1",
            "NOT array_contains(tags, 'a')",
            "meta['a'] NOT BETWEEN 1 AND 2",
            "NOT tags[0] = 'a'",
            "NOT colour < 3",
        ] {
            let error = printed("milvus_lite-2.5", sql).expect_err(sql);
            assert!(error.contains("NOT of this condition needs Milvus Lite 3.0"), "{error}");
        }
        let error = printed("milvus_lite-2.5", "random_sample(0.5)").expect_err("unknown there");
        assert!(error.contains("a function of neither JSON nor ARRAY is not supported"), "{error}");
        for version in ["milvus_lite-2.5", "v2.3.5"] {
            assert!(printed(version, "year - 1900 > 5").expect_err(version).contains("arithmetic"));
            assert_eq!(printed(version, "year - 1900 = 5").as_deref(), Ok("(year - 1900) == 5"));
        }
        assert_eq!(
            printed("v2.3.5", "NOT year NOT BETWEEN 1 AND 2").as_deref(),
            Ok("not (not (year >= 1 and year <= 2))")
        );
        assert_eq!(
            printed("v2.3.5", "array_contains(tags, 'a') = FALSE").as_deref(),
            Ok(r#"not (array_contains(tags, "a"))"#)
        );
        assert_eq!(
            printed("v2.3.5", "title NOT LIKE 'a%'").as_deref(),
            Ok(r#"not (title like "a%")"#)
        );
    }
}
