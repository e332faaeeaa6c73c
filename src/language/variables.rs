//! `:name` becomes the value that `SET @name = …` gave it. In: a statement and the session's
//! variables. Out: the same statement without variables, or a diagnostic at the one that is
//! unknown.

use std::collections::BTreeMap;

use super::ast::*;
use crate::diagnostic::{Code, Diagnostic, Span, Spanned};

pub type Variables = BTreeMap<String, Value>;

type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// Puts values in the place of a statement's variables.
pub fn settle(statement: &mut Statement, variables: &Variables) -> Result<()> {
    Settler { variables }.statement(statement)
}

struct Settler<'a> {
    variables: &'a Variables,
}

impl Settler<'_> {
    fn statement(&self, statement: &mut Statement) -> Result<()> {
        match &mut statement.kind {
            Kind::Explain(inner) => self.statement(inner),
            Kind::Connect(connect) => {
                let Connect { user, password, token, database, alias, .. } = connect.as_mut();
                [user, password, token, database, alias]
                    .into_iter()
                    .flatten()
                    .try_for_each(|word| self.text(word))
            }
            Kind::Set { value, .. }
            | Kind::SetVariable { value, .. }
            | Kind::ShowJob { id: value, .. } => self.value(value),
            Kind::TransferNodes { count, .. } | Kind::TransferReplicas { count, .. } => {
                self.value(count)
            }
            Kind::RunAnalyzer { texts, params, .. } => {
                self.value(texts)?;
                self.params(params)
            }
            Kind::CreateTable(create) => {
                create.columns.iter_mut().try_for_each(|column| self.column(column))?;
                create.indexes.iter_mut().try_for_each(|index| self.params(&mut index.params))?;
                self.params(&mut create.params)
            }
            Kind::OriginalCreateTable { params, .. }
            | Kind::OriginalCreateIndex { params, .. }
            | Kind::Load { params, .. }
            | Kind::Compact { params, .. } => self.params(params),
            Kind::AlterTable { change, .. } | Kind::AlterIndex { change, .. } => match change {
                Change::AddField(column) => self.column(column),
                Change::SetField { params, .. } | Change::Set(params) => self.params(params),
                _ => Ok(()),
            },
            Kind::CreateObject(create) => {
                create.password.iter_mut().try_for_each(|word| self.text(word))?;
                self.params(&mut create.params)
            }
            Kind::AlterObject { change, .. } => match change {
                ObjectChange::Password { new, old } => {
                    self.text(new)?;
                    old.iter_mut().try_for_each(|word| self.text(word))
                }
                ObjectChange::Set(params) => self.params(params),
                _ => Ok(()),
            },
            Kind::CreateIndex { index, .. } => self.params(&mut index.params),
            Kind::Write(write) => {
                write.rows.iter_mut().try_for_each(|row| self.values(&mut row.values))
            }
            Kind::Update(update) => {
                for (_, assigned) in &mut update.assignments {
                    match assigned {
                        Assigned::Value(value) => self.value(value)?,
                        Assigned::Expr(expr) => self.expr(expr)?,
                    }
                }
                self.filter(&mut update.filter)
            }
            Kind::Delete { filter, .. } => self.filter(filter),
            Kind::OriginalInsert { vectors, ids, .. } => {
                self.vectors(vectors)?;
                ids.iter_mut().try_for_each(|ids| self.list(ids))
            }
            Kind::OriginalDelete { ids, .. } | Kind::OriginalGet { ids, .. } => self.list(ids),
            Kind::OriginalSearch { vectors, params, .. } => {
                self.vectors(vectors)?;
                self.params(params)
            }
            Kind::Select(select) => self.select(select),
            Kind::Import { files, params, .. } => {
                self.list(files)?;
                self.params(params)
            }
            _ => Ok(()),
        }
    }

    fn select(&self, select: &mut Select) -> Result<()> {
        self.filter(&mut select.filter)?;
        if let Some(Order::Near { near, .. }) = &mut select.order {
            self.near(near)?;
        }
        for arm in &mut select.hybrid {
            self.near(&mut arm.near)?;
            self.filter(&mut arm.filter)?;
            arm.weight.iter_mut().chain(&mut arm.limit).try_for_each(|value| self.value(value))?;
            self.params(&mut arm.params)?;
        }
        select.rerank.iter_mut().try_for_each(|rerank| self.params(&mut rerank.params))?;
        select
            .limit
            .iter_mut()
            .chain(&mut select.offset)
            .try_for_each(|value| self.value(value))?;
        self.params(&mut select.params)
    }

    fn column(&self, column: &mut Column) -> Result<()> {
        column.default.iter_mut().try_for_each(|value| self.value(value))?;
        column.data_type.size.iter_mut().try_for_each(|value| self.value(value))?;
        self.params(&mut column.params)
    }

    fn params(&self, params: &mut [Param]) -> Result<()> {
        params.iter_mut().try_for_each(|param| self.values(&mut param.values))
    }

    fn near(&self, near: &mut Near) -> Result<()> {
        match &mut near.target {
            Target::Vectors { vectors, .. } => self.vectors(vectors),
            Target::Stored { ids, .. } => self.list(ids),
            Target::Text(text) => self.value(text),
        }
    }

    fn filter(&self, filter: &mut Option<Filter>) -> Result<()> {
        match filter {
            Some(Filter::Expr(expr)) => self.expr(expr),
            Some(Filter::Raw(text)) => self.text(text),
            None => Ok(()),
        }
    }

    fn expr(&self, expr: &mut Expr) -> Result<()> {
        let span = expr.span;
        match &mut expr.kind {
            ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
                self.expr(first)?;
                rest.iter_mut().try_for_each(|(_, expr)| self.expr(expr))
            }
            ExprKind::Not(inner) => self.expr(inner),
            ExprKind::Range { near, bounds } => {
                self.near(near)?;
                bounds.iter_mut().try_for_each(|(_, expr)| self.expr(expr))
            }
            ExprKind::In { left, list, .. } => {
                self.expr(left)?;
                let mut out = Vec::with_capacity(list.len());
                for mut item in list.drain(..) {
                    let variable = matches!(item.kind, ExprKind::Literal(Value::Variable(_)));
                    self.expr(&mut item)?;
                    match item.kind {
                        // `IN (:ids)`: a list stands for its items
                        ExprKind::List(items) if variable => out.extend(items),
                        _ => out.push(item),
                    }
                }
                *list = out;
                Ok(())
            }
            ExprKind::Between { left, low, high, .. } => {
                [left, low, high].into_iter().try_for_each(|expr| self.expr(expr))
            }
            ExprKind::Like { left, pattern, .. } => {
                self.expr(left)?;
                self.text(pattern)
            }
            ExprKind::IsNull { left, .. } => self.expr(left),
            ExprKind::Call { args, .. } | ExprKind::List(args) => {
                args.iter_mut().try_for_each(|expr| self.expr(expr))
            }
            ExprKind::Field { .. } => Ok(()),
            ExprKind::Literal(value) => {
                if let Value::Variable(name) = value {
                    expr.kind = literal(self.get(name, span)?, span);
                }
                Ok(())
            }
        }
    }

    fn value(&self, value: &mut Spanned<Value>) -> Result<()> {
        match &mut value.value {
            Value::Variable(name) => {
                value.value = self.get(name, value.span)?;
                Ok(())
            }
            Value::List(items) => self.values(items),
            Value::Object(fields) => fields.iter_mut().try_for_each(|(_, value)| self.value(value)),
            _ => Ok(()),
        }
    }

    fn values(&self, values: &mut [Spanned<Value>]) -> Result<()> {
        values.iter_mut().try_for_each(|value| self.value(value))
    }

    /// A value that must be text.
    fn text(&self, value: &mut Spanned<Value>) -> Result<()> {
        let variable = matches!(value.value, Value::Variable(_));
        self.value(value)?;
        match value.value {
            Value::Text(_) => Ok(()),
            _ if variable => {
                Err(Diagnostic::new(Code::TypeMismatch, "this variable holds no string")
                    .at(value.span))
            }
            _ => Ok(()),
        }
    }

    /// Values of which a variable may stand for several: `BY id = :ids`.
    fn list(&self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        let mut out = Vec::with_capacity(values.len());
        for mut value in values.drain(..) {
            let variable = matches!(value.value, Value::Variable(_));
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

    /// Query vectors: a list of lists stands for several.
    fn vectors(&self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        let mut out = Vec::with_capacity(values.len());
        for mut value in values.drain(..) {
            let variable = matches!(value.value, Value::Variable(_));
            let span = value.span;
            self.value(&mut value)?;
            match value.value {
                Value::List(items)
                    if variable
                        && items.iter().all(|item| {
                            matches!(
                                item.value,
                                Value::Numbers(_)
                                    | Value::List(_)
                                    | Value::Object(_)
                                    | Value::Text(_)
                            )
                        }) =>
                {
                    out.extend(items.into_iter().map(|item| Spanned::new(item.value, span)));
                }
                other => out.push(Spanned::new(other, span)),
            }
        }
        *values = out;
        Ok(())
    }

    fn get(&self, name: &str, span: Span) -> Result<Value> {
        self.variables.get(name).map(|value| placed(value.clone(), span)).ok_or_else(|| {
            Diagnostic::new(Code::UnknownVariable, format!("unknown variable `{name}`"))
                .at(span)
                .suggest(name, self.variables.keys().map(String::as_str), "there are")
                .help(format!("`SET @{name} = …` gives it a value"))
        })
    }
}

/// A stored value with the places of this statement: its own are those of another cell.
fn placed(value: Value, span: Span) -> Value {
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

/// A value in a filter.
fn literal(value: Value, span: Span) -> ExprKind {
    let list = |items: Vec<Spanned<Value>>| {
        ExprKind::List(
            items.into_iter().map(|item| Expr { kind: literal(item.value, span), span }).collect(),
        )
    };
    match value {
        Value::Numbers(numbers) => list(numbers.exact()),
        Value::List(items) => list(items),
        other => ExprKind::Literal(other),
    }
}
