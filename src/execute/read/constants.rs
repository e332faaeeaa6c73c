//! SELECT without a table: one row of what is computed from nothing.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::evaluate::{Row, evaluate, parts};
use crate::execute::read::computed::{head, kind};
use crate::execute::read::outputs::span_of;
use crate::language::ast::{Items, Name, Output, Value};
use crate::outcome::{Column, Datum, Outcome, Table};

pub(crate) fn constants(items: &Items) -> Result<Outcome> {
    let Items::Listed(items) = items else { return Err(no_table("`*` is every field of a table")) };
    let (mut columns, mut row) = (Vec::new(), Vec::new());
    for item in items {
        let Output::Computed(expr) = &item.output else {
            let error = no_table("a field is of a table, and this SELECT has no FROM");
            return Err(error.at(span_of(&item.output)));
        };
        parts(expr)?;
        let value = evaluate(expr, &Nothing)?;
        let head =
            item.alias.as_ref().map_or_else(|| head(&item.output), |name| name.value.clone());
        columns.push(Column::new(head, kind(&[&value])));
        row.push(value);
    }
    Ok(Outcome::table(Table::new(columns, vec![row])))
}

fn no_table(message: &str) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, message).help("add `FROM table`")
}

/// A row without fields.
pub(crate) struct Nothing;

impl Row for Nothing {
    fn field(&self, name: &Name, _: &[Spanned<Value>]) -> Result<Datum> {
        Err(no_table("a field is of a table, and this SELECT has no FROM").at(name.span))
    }

    fn aggregate(&self, aggregate: &Output) -> Result<Datum> {
        Err(no_table("an aggregate is of the rows of a table").at(span_of(aggregate)))
    }
}
