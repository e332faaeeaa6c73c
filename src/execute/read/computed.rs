//! Columns that the kernel computes of what it has read: an expression, and where each part of it
//! is found. In: columns of values. Out: one more.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::evaluate::{Part, Row, evaluate, holds, parts};
use crate::execute::catalog::collection::Collection;
use crate::execute::read::outputs::{OutputField, span_of};
use crate::execute::value::path_head;
use crate::language::ast::{Expr, Name, Output, Value};
use crate::language::print;
use crate::outcome::{Datum, Type};

/// An expression over fields.
#[derive(Clone)]
pub(crate) struct Computed {
    pub(crate) expr: Expr,
    /// the fields that it takes, each once
    pub(crate) needs: Vec<OutputField>,
}

impl Computed {
    pub(crate) fn new(expr: &Expr, collection: &Collection) -> Result<Computed> {
        let mut needs: Vec<OutputField> = Vec::new();
        for part in parts(expr)? {
            match part {
                Part::Field { name, path } => {
                    let field = OutputField::new(name, path, None, collection)?;
                    if !needs.iter().any(|known| known.head == field.head) {
                        needs.push(field);
                    }
                }
                Part::Aggregate(aggregate) => {
                    return Err(Diagnostic::new(
                        Code::SyntaxError,
                        format!("{} belongs to a statement that groups", print::output(aggregate)),
                    )
                    .at(span_of(aggregate))
                    .help("add `GROUP BY …`"));
                }
            }
        }
        Ok(Computed { expr: expr.clone(), needs })
    }

    /// Its values, of the values of each of its needs.
    pub(crate) fn values(&self, needs: &[Vec<Datum>], count: usize) -> Result<Vec<Datum>> {
        self.of_rows(needs, count, |row| evaluate(&self.expr, row))
    }

    /// Whether it holds, row by row.
    pub(crate) fn holds(&self, needs: &[Vec<Datum>], count: usize) -> Result<Vec<bool>> {
        self.of_rows(needs, count, |row| holds(&self.expr, row))
    }

    fn of_rows<T>(
        &self,
        needs: &[Vec<Datum>],
        count: usize,
        of: impl Fn(&Cells<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let heads: Vec<&str> = self.needs.iter().map(|need| need.head.as_str()).collect();
        rows_of(&heads, needs, count, of)
    }
}

/// An expression over rows whose columns have these heads.
pub(crate) fn of_columns(
    expr: &Expr,
    heads: &[&str],
    columns: &[Vec<Datum>],
    count: usize,
) -> Result<Vec<Datum>> {
    rows_of(heads, columns, count, |row| evaluate(expr, row))
}

fn rows_of<T>(
    heads: &[&str],
    columns: &[Vec<Datum>],
    count: usize,
    of: impl Fn(&Cells<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    (0..count)
        .map(|row| {
            let cells = columns.iter().map(|column| column.get(row).unwrap_or(&Datum::Null));
            of(&Cells { heads, cells: cells.collect() })
        })
        .collect()
}

/// A row of values under heads: fields by their paths, aggregates as they are written.
pub(crate) struct Cells<'a> {
    pub(crate) heads: &'a [&'a str],
    pub(crate) cells: Vec<&'a Datum>,
}

impl Cells<'_> {
    fn under(&self, head: &str) -> Datum {
        let at = self.heads.iter().position(|known| *known == head);
        at.and_then(|at| self.cells.get(at)).map_or(Datum::Null, |value| (*value).clone())
    }
}

impl Row for Cells<'_> {
    fn field(&self, name: &Name, path: &[Spanned<Value>]) -> Result<Datum> {
        match path.is_empty() {
            true => Ok(self.under(&name.value)),
            false => Ok(self.under(&path_head(&name.value, path))),
        }
    }

    fn aggregate(&self, aggregate: &Output) -> Result<Datum> {
        Ok(self.under(&head(aggregate)))
    }
}

/// What heads a column that has no alias.
pub(crate) fn head(output: &Output) -> String {
    match output {
        Output::Field { name, path } => path_head(&name.value, path),
        Output::Aggregate { function, distinct, argument } => {
            let argument = argument.as_ref().map_or_else(|| "*".to_string(), |of| head(of));
            let distinct = if *distinct { "distinct " } else { "" };
            format!("{}({distinct}{argument})", function.value.word())
        }
        Output::Computed(_) | Output::Every { .. } => {
            let text = print::output(output);
            let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
            inner.map_or(text.clone(), str::to_string)
        }
    }
}

/// The type of a column by its values: of the first that is there.
pub(crate) fn kind(values: &[&Datum]) -> Type {
    let mut found = None;
    for value in values {
        let kind = match value {
            Datum::Null => continue,
            Datum::Bool(_) => Type::Bool,
            Datum::Int(_) => Type::Int,
            Datum::Float(_) | Datum::Double(_) => Type::Float,
            Datum::Text(_) => Type::Text,
            Datum::Json(_) => Type::Json,
            Datum::Array(_) => Type::Array,
            Datum::Vector(_) | Datum::Sparse(_) | Datum::Bytes(_) => Type::Vector,
        };
        found = Some(match (found, kind) {
            (None, kind) => kind,
            (Some(Type::Int | Type::Float), Type::Float) => Type::Float,
            (Some(Type::Float), Type::Int) => Type::Float,
            (Some(known), kind) if known == kind => known,
            _ => return Type::Json,
        });
    }
    found.unwrap_or(Type::Text)
}
