//! SELECT without a table: one row of what is computed from nothing.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::evaluate::{Row, evaluate, parts};
use crate::execute::read::computed::{head, kind};
use crate::execute::read::outputs::span_of;
use crate::execute::value::of_datum;
use crate::language::ast::{ExprKind, Items, Name, Output, Row as ValueRow, Value};
use crate::outcome::{Column, Datum, Outcome, Table};

/// `database` is the one in use.
pub(crate) fn constants(items: &Items, database: Option<&str>) -> Result<Outcome> {
    let Items::Listed(items) = items else { return Err(no_table("`*` is every field of a table")) };
    let (mut columns, mut row) = (Vec::new(), Vec::new());
    for item in items {
        let Output::Computed(expr) = &item.output else {
            let error = no_table("a field is of a table, and this SELECT has no FROM");
            return Err(error.at(span_of(&item.output)));
        };
        let value = match (&expr.kind, database) {
            (ExprKind::Call { name, args }, Some(database))
                if args.is_empty() && DATABASES.contains(&name.value.as_str()) =>
            {
                Datum::Text(database.to_string())
            }
            _ => {
                parts(expr)?;
                evaluate(expr, &Nothing)?
            }
        };
        let head =
            item.alias.as_ref().map_or_else(|| head(&item.output), |name| name.value.clone());
        columns.push(Column::new(head, kind(&[&value])));
        row.push(value);
    }
    Ok(Outcome::table(Table::new(columns, vec![row])))
}

/// What asks for the name of the database in use.
const DATABASES: [&str; 3] = ["current_database", "database", "current_schema"];

/// The values of a row, with what is computed come to what it is.
pub(crate) fn settled(row: &ValueRow) -> Result<ValueRow> {
    let mut row = row.clone();
    for value in &mut row.values {
        if let Value::Computed(expr) = &value.value {
            parts(expr)?;
            value.value = of_datum(&evaluate(expr, &Values)?);
        }
    }
    Ok(row)
}

/// What stands in VALUES.
struct Values;

impl Row for Values {
    fn field(&self, name: &Name, _: &[Spanned<Value>]) -> Result<Datum> {
        let error = Diagnostic::new(Code::SyntaxError, "a field has no value before it is written");
        Err(error.at(name.span).help("write the value, a string in single quotes: `'text'`"))
    }

    fn aggregate(&self, aggregate: &Output) -> Result<Datum> {
        Err(no_table("an aggregate is of the rows of a table").at(span_of(aggregate)))
    }
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
