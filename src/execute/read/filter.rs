//! A filter becomes a Milvus boolean expression. In: the tree that SQL's and Milvus's own spelling
//! share. Out: text for `expr` or `dsl` (Milvus docs: boolean expression rules), or a diagnostic at
//! a field that is not there.

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::execute::Result;
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::params;
use crate::language::ast::{Expr, ExprKind, Filter, Near, Value};
use crate::milvus::{Feature, Platform, Version};
use crate::outcome::Datum;
use crate::proto::schema::DataType;

/// The functions of Milvus's filters (Milvus docs: filtering operators); what is newer goes by
/// FILTER.
const FUNCTIONS: [&str; 15] = [
    "text_match",
    "phrase_match",
    "json_contains",
    "json_contains_all",
    "json_contains_any",
    "array_contains",
    "array_contains_all",
    "array_contains_any",
    "array_length",
    "contains",
    "contains_all",
    "contains_any",
    "random_sample",
    "exists",
    "st_contains",
];

/// Prints a filter; none is the empty expression, which matches everything.
pub fn print<P: Platform>(
    filter: Option<&Filter>,
    collection: &Collection,
    context: &Context<'_, P>,
) -> Result<String> {
    match filter {
        None => Ok(String::new()),
        Some(Filter::Raw(text)) => Ok(params::text(text)?.value),
        Some(Filter::Expr(expr)) => {
            Printer { collection, version: context.client.version() }.expr(expr)
        }
    }
}

/// A range of a search that stands in a filter: `v <-> [1, 2] < 0.8`, or `distance < 0.8` when
/// `near` is `None`.
#[derive(Clone)]
pub struct Bound {
    pub near: Option<Near>,
    pub operator: &'static str,
    pub value: Spanned<f64>,
}

/// Takes the ranges of a search out of a filter: they may stand beside AND at its top.
pub fn split(
    filter: Option<Filter>,
    collection: &Collection,
) -> Result<(Option<Filter>, Vec<Bound>)> {
    let Some(Filter::Expr(expr)) = filter else { return Ok((filter, Vec::new())) };
    let mut bounds = Vec::new();
    let rest = take_bounds(expr, collection, &mut bounds)?;
    Ok((rest.map(Filter::Expr), bounds))
}

fn take_bounds(
    expr: Expr,
    collection: &Collection,
    bounds: &mut Vec<Bound>,
) -> Result<Option<Expr>> {
    let span = expr.span;
    match expr.kind {
        ExprKind::Chain { first, rest } if rest.iter().all(|(operator, _)| *operator == "and") => {
            let mut kept = Vec::new();
            for part in std::iter::once(*first).chain(rest.into_iter().map(|(_, part)| part)) {
                kept.extend(take_bounds(part, collection, bounds)?);
            }
            let mut kept = kept.into_iter();
            let Some(first) = kept.next() else { return Ok(None) };
            let rest: Vec<(&'static str, Expr)> = kept.map(|part| ("and", part)).collect();
            Ok(Some(if rest.is_empty() {
                first
            } else {
                Expr { kind: ExprKind::Chain { first: Box::new(first), rest }, span }
            }))
        }
        ExprKind::Range { near, bounds: written } => {
            for (operator, value) in written {
                bounds.push(Bound { near: Some((*near).clone()), operator, value: bound(&value)? });
            }
            Ok(None)
        }
        ExprKind::Compare { first, rest } if is_distance(&first, collection) => {
            for (operator, value) in rest {
                bounds.push(Bound { near: None, operator, value: bound(&value)? });
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
        ExprKind::Literal(value) => params::number(&Spanned::new(value.clone(), expr.span)),
        _ => None,
    };
    match number {
        Some(number) => Ok(Spanned::new(number, expr.span)),
        None => Err(Diagnostic::new(Code::TypeMismatch, "a distance is compared with a number")
            .at(expr.span)),
    }
}

struct Printer<'a> {
    collection: &'a Collection,
    version: Version,
}

impl Printer<'_> {
    fn expr(&self, expr: &Expr) -> Result<String> {
        Ok(match &expr.kind {
            ExprKind::Chain { first, rest } => {
                let mut out = self.operand(first)?;
                for (operator, operand) in rest {
                    out.push_str(&format!(" {operator} {}", self.operand(operand)?));
                }
                out
            }
            ExprKind::Not(inner) => format!("not ({})", self.expr(inner)?),
            ExprKind::Compare { first, rest } => {
                // `1 < a < 5` is written out, since not every server reads the short form
                let mut left = first.as_ref();
                let mut parts = Vec::new();
                for (operator, right) in rest {
                    self.check_types(left, right)?;
                    self.check_types(right, left)?;
                    let first = if parts.is_empty() {
                        self.operand(left)?
                    } else {
                        self.value_operand(left)?
                    };
                    parts.push(format!("{first} {operator} {}", self.value_operand(right)?));
                    left = right;
                }
                if parts.len() == 1 { parts.join("") } else { format!("({})", parts.join(" and ")) }
            }
            ExprKind::In { left, negated, list } => {
                let items =
                    list.iter().map(|item| self.value_operand(item)).collect::<Result<Vec<_>>>()?;
                for item in list {
                    self.check_types(left, item)?;
                }
                // Milvus Lite knows `in` of whole fields alone
                let path = matches!(&left.kind, ExprKind::Field { path, .. } if !path.is_empty());
                if path && !self.version.has(Feature::JsonPathIn) && !items.is_empty() {
                    let left = self.operand(left)?;
                    let each: Vec<String> =
                        items.iter().map(|item| format!("{left} == {item}")).collect();
                    return Ok(if *negated {
                        format!("not ({})", each.join(" or "))
                    } else {
                        format!("({})", each.join(" or "))
                    });
                }
                format!(
                    "{} {}in [{}]",
                    self.operand(left)?,
                    if *negated { "not " } else { "" },
                    items.join(", ")
                )
            }
            ExprKind::Between { left, negated, low, high } => {
                let field = self.operand(left)?;
                let inner = format!(
                    "{field} >= {} and {field} <= {}",
                    self.value_operand(low)?,
                    self.value_operand(high)?
                );
                if *negated { format!("not ({inner})") } else { format!("({inner})") }
            }
            ExprKind::Range { near, .. } => {
                return Err(Diagnostic::new(
                    Code::SyntaxError,
                    "a range of a search stands beside \
                    AND at the top of WHERE",
                )
                .at(near.field.span)
                .help(
                    "it makes a search of the whole statement, and cannot be negated or \
                        joined by OR",
                ));
            }
            ExprKind::Like { left, negated, pattern } => {
                let like = format!(
                    "{} like {}",
                    self.operand(left)?,
                    quote(&params::text(pattern)?.value)
                );
                if *negated { format!("not ({like})") } else { like }
            }
            ExprKind::IsNull { .. } if !self.version.has(Feature::IsNull) => {
                return Err(Diagnostic::new(
                    Code::NotSupported,
                    self.version.needs(Feature::IsNull),
                )
                .at(expr.span));
            }
            ExprKind::IsNull { left, negated } => {
                format!("{} is {}null", self.operand(left)?, if *negated { "not " } else { "" })
            }
            ExprKind::Field { name, path, .. } => {
                if self.collection.find(&name.value).is_none()
                    && !self.collection.dynamic
                    && name.value != "$meta"
                {
                    return Err(self.collection.unknown_field(name));
                }
                let mut out = name.value.clone();
                if let Some(step) = path.first() {
                    let has_paths = self.collection.find(&name.value).is_none_or(|field| {
                        matches!(field.data_type, DataType::Json | DataType::Array)
                    });
                    if !has_paths {
                        return Err(Diagnostic::new(
                            Code::TypeMismatch,
                            format!("`{name}` has no parts"),
                        )
                        .at(step.span));
                    }
                }
                for step in path {
                    out.push_str(&format!("[{}]", literal(&step.value, step.span)?));
                }
                out
            }
            ExprKind::Call { name, args } => {
                if !FUNCTIONS.contains(&name.value.as_str()) {
                    return Err(Diagnostic::new(
                        Code::UnknownFunction,
                        format!(
                            "unknown function \
                        `{name}`"
                        ),
                    )
                    .at(name.span)
                    .suggest(&name.value, FUNCTIONS, "there are")
                    .help(
                        "what is newer than this kernel goes by `FILTER '…'`, which hands \
                            a Milvus expression on",
                    ));
                }
                if name.value == "text_match" && !self.version.has(Feature::TextMatch) {
                    return Err(Diagnostic::new(
                        Code::NotSupported,
                        self.version.needs(Feature::TextMatch),
                    )
                    .at(name.span));
                }
                let mut shown = Vec::new();
                for (at, arg) in args.iter().enumerate() {
                    shown.push(if at == 0 { self.expr(arg)? } else { self.value_operand(arg)? });
                }
                format!("{}({})", name.value, shown.join(", "))
            }
            ExprKind::List(items) => format!(
                "[{}]",
                items
                    .iter()
                    .map(|item| self.value_operand(item))
                    .collect::<Result<Vec<_>>>()?
                    .join(", ")
            ),
            ExprKind::Literal(value) => literal(value, expr.span)?,
        })
    }

    /// An operand, with parentheses where it is made of operators itself.
    fn operand(&self, expr: &Expr) -> Result<String> {
        let text = self.expr(expr)?;
        Ok(match expr.kind {
            ExprKind::Chain { .. } => format!("({text})"),
            _ => text,
        })
    }

    /// An operand where a double-quoted word that is no field is a string, as in Milvus's own
    /// spelling.
    fn value_operand(&self, expr: &Expr) -> Result<String> {
        match &expr.kind {
            ExprKind::Field { name, path, quoted: true }
                if path.is_empty() && self.collection.find(&name.value).is_none() =>
            {
                Ok(quote(&name.value))
            }
            _ => self.operand(expr),
        }
    }

    /// Says what Milvus would say without a place: a string compared with a number field, and the
    /// other way round.
    fn check_types(&self, left: &Expr, right: &Expr) -> Result<()> {
        let (ExprKind::Field { name, path, .. }, ExprKind::Literal(value)) =
            (&left.kind, &right.kind)
        else {
            return Ok(());
        };
        let Some(field) = self.collection.find(&name.value).filter(|_| path.is_empty()) else {
            return Ok(());
        };
        let fits = match field.data_type {
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float
            | DataType::Double => {
                matches!(value, Value::Int(_) | Value::Float(_))
            }
            DataType::VarChar | DataType::String => matches!(value, Value::Text(_)),
            DataType::Bool => matches!(value, Value::Bool(_)),
            _ => true,
        };
        if fits {
            return Ok(());
        }
        Err(Diagnostic::new(
            Code::TypeMismatch,
            format!("`{name}` is {} and cannot be compared with this", field.type_name()),
        )
        .at(right.span)
        .label(format!("expected {}", field.type_name())))
    }
}

fn literal(value: &Value, span: Span) -> Result<String> {
    Ok(match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        // `1.0` must not become an integer
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => quote(text),
        Value::Null => {
            return Err(Diagnostic::new(Code::TypeMismatch, "nothing equals NULL")
                .at(span)
                .help("write `IS NULL` or `IS NOT NULL`"));
        }
        _ => {
            return Err(Diagnostic::new(
                Code::TypeMismatch,
                "a number, a string or TRUE and FALSE belong here",
            )
            .at(span));
        }
    })
}

/// A Milvus string literal.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// `key in [1, 2]`.
pub fn key_in(key: &str, ids: &[Spanned<Value>]) -> Result<String> {
    let ids = ids.iter().map(|id| literal(&id.value, id.span)).collect::<Result<Vec<_>>>()?;
    Ok(format!("{key} in [{}]", ids.join(", ")))
}

/// `key not in [1, 2]`, of keys as they are read.
pub fn not_in<'a>(key: &str, ids: impl Iterator<Item = &'a Datum>) -> String {
    let ids: Vec<String> = ids.map(key_literal).collect();
    format!("{key} not in [{}]", ids.join(", "))
}

/// A key as a Milvus expression has it.
pub fn key_literal(key: &Datum) -> String {
    match key {
        Datum::Text(text) => quote(text),
        Datum::Int(number) => number.to_string(),
        _ => String::new(),
    }
}
