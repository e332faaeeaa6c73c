//! `:name` becomes the value that `SET @name = …` gave it, and `:last` that of the last result. In:
//! a statement, the session's variables and what gives the last result. Out: the same statement
//! without variables, or a diagnostic at the one that is unknown.

use std::collections::BTreeMap;

use super::ast::*;
use super::numbers;
use super::walk::{self, ValueVisitor};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned};

pub type Variables = BTreeMap<String, Value>;

type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// The variable that nobody sets.
pub(crate) const LAST: &str = "last";

/// Puts values in the place of a statement's variables; `last` gives that of `:last`.
pub fn substitute(
    statement: &mut Statement,
    variables: &Variables,
    last: &dyn Fn() -> Result<Value>,
) -> Result<()> {
    walk::statement(statement, &mut Substitution { variables, last })
}

struct Substitution<'a> {
    variables: &'a Variables,
    last: &'a dyn Fn() -> Result<Value>,
}

impl ValueVisitor for Substitution<'_> {
    fn value(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        if let Value::Variable(name) = &value.value {
            value.value = self.get(name, value.span)?;
            return Ok(());
        }
        walk::nested(&mut value.value, self)?;
        // `[:x, 0]` is a vector once `:x` is a number
        if let Value::List(items) = &mut value.value {
            value.value = numbers::list_of(std::mem::take(items), value.span);
        }
        Ok(())
    }

    fn text(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        let variable = is_variable(value);
        self.value(value)?;
        if variable && !matches!(value.value, Value::Text(_)) {
            return Err(
                Diagnostic::new(Code::TypeMismatch, "this variable holds no string").at(value.span)
            );
        }
        Ok(())
    }

    /// A password without quotes may look like a variable: it is not quoted.
    fn secret(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        if let Value::Variable(name) = &value.value
            && !self.variables.contains_key(name)
        {
            return Err(Diagnostic::new(Code::UnknownVariable, "there is no such variable")
                .at(value.span)
                .help("a password that begins with a colon needs quotes"));
        }
        self.text(value)
    }

    /// A variable may stand for several: `BY id = :ids`.
    fn several(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        let mut out = Vec::with_capacity(values.len());
        for mut value in values.drain(..) {
            let variable = is_variable(&value);
            let span = value.span;
            self.value(&mut value)?;
            match value.value {
                Value::List(items) if variable => out.extend(items),
                Value::Numbers(numbers) if variable => out
                    .extend(numbers.exact().into_iter().map(|item| Spanned::new(item.value, span))),
                other => out.push(Spanned::new(other, span)),
            }
        }
        *values = out;
        Ok(())
    }

    /// A list of vectors stands for several, and only now is it known what `[:a, :b]` is.
    fn vectors(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        let mut out = Vec::with_capacity(values.len());
        for mut value in values.drain(..) {
            let may_be_several = is_variable(&value)
                || matches!(&value.value, Value::List(items) if items.iter().any(is_variable));
            self.value(&mut value)?;
            match value.value {
                Value::List(items) if may_be_several && items.iter().all(is_vector) => {
                    out.extend(items);
                }
                other => out.push(Spanned::new(other, value.span)),
            }
        }
        *values = out;
        Ok(())
    }

    fn literal(&mut self, expr: &mut Expr) -> Result<()> {
        let span = expr.span;
        if let ExprKind::Literal(literal) = &mut expr.kind {
            let mut value = Spanned::new(std::mem::replace(literal, Value::Null), span);
            let variable = is_variable(&value);
            self.value(&mut value)?;
            expr.kind = if variable {
                in_filter(value.value, span)
            } else {
                ExprKind::Literal(value.value)
            };
        }
        Ok(())
    }

    /// `IN (:ids)`: a list stands for its items.
    fn in_list(&mut self, items: &mut Vec<Expr>) -> Result<()> {
        let mut out = Vec::with_capacity(items.len());
        for mut item in items.drain(..) {
            let variable = matches!(item.kind, ExprKind::Literal(Value::Variable(_)));
            if variable {
                self.literal(&mut item)?;
            }
            match item.kind {
                ExprKind::List(items) if variable => out.extend(items),
                _ => out.push(item),
            }
        }
        *items = out;
        Ok(())
    }
}

impl Substitution<'_> {
    fn get(&self, name: &str, span: Span) -> Result<Value> {
        if name == LAST {
            return (self.last)().map(|value| placed(value, span)).map_err(|error| error.at(span));
        }
        self.variables.get(name).map(|value| placed(value.clone(), span)).ok_or_else(|| {
            Diagnostic::new(Code::UnknownVariable, format!("unknown variable `{name}`"))
                .at(span)
                .suggest(name, self.variables.keys().map(String::as_str), "there are")
                .help(format!("`SET @{name} = …` gives it a value"))
        })
    }
}

/// A stored value with the places of this statement: its own are those of another cell.
pub(crate) fn placed(value: Value, span: Span) -> Value {
    let items = |items: Vec<Spanned<Value>>| {
        items.into_iter().map(|item| Spanned::new(placed(item.value, span), span)).collect()
    };
    match value {
        Value::List(list) => Value::List(items(list)),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key, Spanned::new(placed(value.value, span), span)))
                .collect(),
        ),
        Value::Numbers(numbers) => Value::Numbers(Numbers { span, ..numbers }),
        other => other,
    }
}

fn is_variable(value: &Spanned<Value>) -> bool {
    matches!(value.value, Value::Variable(_))
}

fn is_vector(value: &Spanned<Value>) -> bool {
    matches!(value.value, Value::Numbers(_) | Value::List(_) | Value::Object(_) | Value::Text(_))
}

/// A value that was somewhere else, in an expression.
pub(crate) fn in_filter(value: Value, span: Span) -> ExprKind {
    let list = |items: Vec<Spanned<Value>>| {
        ExprKind::List(
            items
                .into_iter()
                .map(|item| Expr { kind: in_filter(item.value, span), span })
                .collect(),
        )
    };
    match value {
        Value::Numbers(numbers) => list(numbers.exact()),
        Value::List(items) => list(items),
        other => ExprKind::Literal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{parse, print};

    /// A cell's last statement, with what the SETs before it gave, printed.
    fn substituted(cell: &str) -> Result<String> {
        let mut variables = Variables::new();
        let mut last = String::new();
        for mut statement in parse::parse(cell)? {
            substitute(&mut statement, &variables, &|| Ok(Value::Int(9)))?;
            last = print::statement(&statement);
            if let Kind::SetVariable { name, value } = statement.kind {
                variables.insert(name.value, value.value);
            }
        }
        Ok(last)
    }

    #[test]
    fn a_value_takes_the_place_of_its_name() {
        for (cell, printed) in [
            (
                "SET @n = 7; CREATE TABLE t (a ARRAY<VARCHAR(:n)>(:n))",
                "CREATE TABLE t (\n  a ARRAY<VARCHAR(7)>(7)\n)",
            ),
            (
                "SET @x = 1; SELECT a FROM t ORDER BY v <-> [:x, 0]",
                "SELECT a FROM t ORDER BY v <-> [1.0, 0.0]",
            ),
            (
                "SET @x = [1, 0]; SELECT a FROM t ORDER BY v <-> [:x, :x]",
                "SELECT a FROM t ORDER BY v <-> [[1.0, 0.0], [1.0, 0.0]]",
            ),
            (
                "SET @x = 1; SET @v = [:x, 0]; INSERT INTO t VALUES (:v, [:x, 0.5], ['a', :x])",
                "INSERT INTO t VALUES ([1.0, 0.0], [1.0, 0.5], ['a', 1])",
            ),
            (
                "SET @x = [1, 2]; SELECT a FROM t WHERE a IN (0, :x) AND f([{'k': :x}, :x])",
                "SELECT a FROM t WHERE (a IN (0, 1, 2)) and f([{'k': [1.0, 2.0]}, [1, 2]])",
            ),
            (
                "SET @x = 'tea'; SELECT a FROM t WHERE MATCH(a) AGAINST(:x) AND a LIKE :x",
                "SELECT a FROM t WHERE text_match(a, 'tea') and (a LIKE 'tea')",
            ),
            (
                "SET @x = ['a', 'b']; select [1, 2] from t where top_k = 1 and partition_tags = :x",
                "SELECT [1.0, 2.0] FROM t WHERE top_k = 1 AND partition_tags = 'a', 'b'",
            ),
            ("SET @x = [3, 1]; select t by id = :x", "SELECT t BY id = 3, 1"),
            ("SELECT a FROM t WHERE a = :last", "SELECT a FROM t WHERE a == 9"),
        ] {
            assert_eq!(substituted(cell).as_deref(), Ok(printed), "{cell}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_the_variable() {
        for (cell, message) in [
            ("SELECT a FROM t WHERE a = :x", "unknown variable `x`"),
            ("SET @x = 5; SELECT a FROM t FILTER :x", "this variable holds no string"),
            (
                "SET @x = 'p'; create partition t where partition_tag = :x",
                "a variable cannot stand for a name",
            ),
        ] {
            let error = substituted(cell).unwrap_err();
            let span = error.span.unwrap();
            assert_eq!((error.message.as_str(), &cell[span.start..span.end]), (message, ":x"));
        }
    }
}
