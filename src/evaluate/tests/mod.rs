//! What expressions come to: tables of expression and value, and random ones beside SQLite.

#[cfg(not(target_arch = "wasm32"))]
mod generate;
#[cfg(not(target_arch = "wasm32"))]
mod sqlite;

mod values;

use super::Row;
use crate::diagnostic::{Result, Span, Spanned};
use crate::language::ast::{Expr, ExprKind, Items, Kind, Name, Output, Value};
use crate::language::parse::parse;
use crate::outcome::Datum;

/// Fields by their names.
struct Fields<'a>(&'a [(&'a str, Datum)]);

impl Row for Fields<'_> {
    fn field(&self, name: &Name, path: &[Spanned<Value>]) -> Result<Datum> {
        assert!(path.is_empty(), "a path is of the fields' owner");
        let field = self.0.iter().find(|(known, _)| *known == name.value);
        Ok(field.map_or(Datum::Null, |(_, value)| value.clone()))
    }

    fn aggregate(&self, aggregate: &Output) -> Result<Datum> {
        panic!("{aggregate:?} is of a group")
    }
}

/// An expression as it is read in a SELECT list.
fn read(text: &str) -> Result<Expr> {
    let mut statements = parse(&format!("SELECT {text} AS value FROM t"))?;
    let Kind::Select(select) = statements.remove(0).kind else { panic!("{text}") };
    let Items::Listed(mut items) = select.items else { panic!("{text}") };
    assert_eq!(items.len(), 1, "{text}");
    Ok(match items.remove(0).output {
        Output::Computed(expr) => *expr,
        Output::Field { name, path } => {
            Expr { span: name.span, kind: ExprKind::Field { name, path } }
        }
        other => panic!("{other:?}"),
    })
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}
