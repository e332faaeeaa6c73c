//! A filter becomes a Milvus boolean expression. In: the tree that SQL's and Milvus's own spelling share. Out: text for `expr` or `dsl`
//! (Milvus docs: boolean expression rules), or a diagnostic at a field that is not there.

use super::Result;
use super::catalog::Collection;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::language::ast::{Expr, ExprKind, Filter, Value};
use crate::proto::schema::DataType;

/// Prints a filter; none is the empty expression, which matches everything.
pub fn print(filter: Option<&Filter>, collection: &Collection) -> Result<String> {
    match filter {
        None => Ok(String::new()),
        Some(Filter::Raw(text)) => Ok(text.value.clone()),
        Some(Filter::Expr(expr)) => Printer { collection }.expr(expr),
    }
}

struct Printer<'a> {
    collection: &'a Collection,
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
                    let first = if parts.is_empty() { self.operand(left)? } else { self.value_operand(left)? };
                    parts.push(format!("{first} {operator} {}", self.value_operand(right)?));
                    left = right;
                }
                if parts.len() == 1 { parts.join("") } else { format!("({})", parts.join(" and ")) }
            }
            ExprKind::In { left, negated, list } => {
                let items = list.iter().map(|item| self.value_operand(item)).collect::<Result<Vec<_>>>()?;
                for item in list {
                    self.check_types(left, item)?;
                }
                format!("{} {}in [{}]", self.operand(left)?, if *negated { "not " } else { "" }, items.join(", "))
            }
            ExprKind::Between { left, negated, low, high } => {
                let field = self.operand(left)?;
                let inner = format!("{field} >= {} and {field} <= {}", self.value_operand(low)?, self.value_operand(high)?);
                if *negated { format!("not ({inner})") } else { format!("({inner})") }
            }
            ExprKind::Like { left, negated, pattern } => {
                let like = format!("{} like {}", self.operand(left)?, quote(&pattern.value));
                if *negated { format!("not ({like})") } else { like }
            }
            ExprKind::IsNull { left, negated } => format!("{} is {}null", self.operand(left)?, if *negated { "not " } else { "" }),
            ExprKind::Field { name, path, .. } => {
                if self.collection.find(&name.value).is_none() && !self.collection.dynamic && name.value != "$meta" {
                    return Err(self.collection.unknown_field(name));
                }
                let mut out = name.value.clone();
                for step in path {
                    out.push_str(&format!("[{}]", literal(step)?));
                }
                out
            }
            ExprKind::Call { name, args } => {
                let mut shown = Vec::new();
                for (at, arg) in args.iter().enumerate() {
                    shown.push(if at == 0 { self.expr(arg)? } else { self.value_operand(arg)? });
                }
                format!("{}({})", name.value.to_lowercase(), shown.join(", "))
            }
            ExprKind::List(items) => format!("[{}]", items.iter().map(|item| self.value_operand(item)).collect::<Result<Vec<_>>>()?.join(", ")),
            ExprKind::Literal(value) => literal(value)?,
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

    /// An operand where a double-quoted word that is no field is a string, as in Milvus's own spelling.
    fn value_operand(&self, expr: &Expr) -> Result<String> {
        match &expr.kind {
            ExprKind::Field { name, path, quoted: true } if path.is_empty() && self.collection.find(&name.value).is_none() => Ok(quote(&name.value)),
            _ => self.operand(expr),
        }
    }

    /// Says what Milvus would say without a place: a string compared with a number field, and the other way round.
    fn check_types(&self, left: &Expr, right: &Expr) -> Result<()> {
        let (ExprKind::Field { name, path, .. }, ExprKind::Literal(value)) = (&left.kind, &right.kind) else { return Ok(()) };
        let Some(field) = self.collection.find(&name.value).filter(|_| path.is_empty()) else { return Ok(()) };
        let fits = match field.data_type {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Float | DataType::Double => {
                matches!(value, Value::Int(_) | Value::Float(_))
            }
            DataType::VarChar | DataType::String => matches!(value, Value::Text(_)),
            DataType::Bool => matches!(value, Value::Bool(_)),
            _ => true,
        };
        if fits {
            return Ok(());
        }
        Err(Diagnostic::new("TypeMismatch", format!("`{name}` is {} and cannot be compared with this", field.type_name()))
            .at(right.span)
            .label(format!("expected {}", field.type_name())))
    }
}

fn literal(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        // `1.0` must not become an integer
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => quote(text),
        other => return Err(Diagnostic::new("TypeMismatch", format!("{other:?} cannot stand in a filter"))),
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
    let ids = ids.iter().map(|id| literal(&id.value).map_err(|error| error.at(id.span))).collect::<Result<Vec<_>>>()?;
    Ok(format!("{key} in [{}]", ids.join(", ")))
}
