//! The grammar's pairs become statements. In: a cell's text. Out: statements with spans, or a
//! diagnostic that marks a place. The only module that knows pest. A cell that has one error runs
//! nothing.
//!
//! `numbers` splits a cell at its semicolons, and each statement is matched against the rule of its
//! first word. A `Builder` reads the pairs: `statements` chooses by the opening word among
//! `definitions`, `reads` and what is in it, and these go down to `filters`, `original` and
//! `values`. `errors` says what was expected, and `unread` what may be quoted then.

mod builder;
mod definitions;
mod errors;
mod filters;
mod original;
mod reads;
mod statements;
pub(crate) mod unread;
mod values;

use milvus_kernel_grammar::{self as grammar, Rule};

use super::ast::{Kind, Statement};
use super::numbers::{Scanned, scan};
use crate::diagnostic::{Diagnostic, Result, Span};
use builder::{Builder, Parts};

/// Parses a whole cell.
pub fn parse(cell: &str) -> Result<Vec<Statement>, Diagnostic> {
    let scanned = scan(cell)?;
    (0..scanned.statements.len()).map(|index| nth(&scanned, index)).collect()
}

/// Parses the statement of this number.
pub(crate) fn nth(scanned: &Scanned<'_>, index: usize) -> Result<Statement> {
    let (start, end) = scanned.statements.get(index).copied().unwrap_or_default();
    statement(scanned, start, end)
}

/// Whether Enter should run the text, for a console: "complete", "incomplete" (a bracket, string or
/// comment is open) or "invalid".
pub fn completeness(cell: &str) -> &'static str {
    match parse(cell) {
        Ok(_) => "complete",
        Err(error) if error.message.ends_with("is not closed") => "incomplete",
        Err(error) => match error.span {
            Some(span) if cell.get(span.start..).is_none_or(|rest| rest.trim().is_empty()) => {
                "incomplete"
            }
            _ => "invalid",
        },
    }
}

/// Parses one statement, which stands from `start` to `end` in the short text.
fn statement(scanned: &Scanned<'_>, start: usize, end: usize) -> Result<Statement> {
    let text = scanned.text.get(start..end).unwrap_or_default();
    let length =
        text.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(text.len());
    let word = text.get(..length).unwrap_or_default();
    let span = Span::new(scanned.in_cell(start), scanned.in_cell(end));
    if word.eq_ignore_ascii_case("EXPLAIN") {
        let rest = text.get(length..).unwrap_or_default();
        let inner = statement(scanned, end - rest.trim_start().len(), end)?;
        return Ok(Statement { kind: Kind::Explain(Box::new(inner)), span });
    }
    let address = text.get(length..).is_some_and(|rest| rest.starts_with("://"));
    let rule = match grammar::statement_of(word) {
        Some(rule) => rule,
        None if address => Rule::address_statement,
        None => return Err(errors::no_statement(scanned, start)),
    };
    let pairs =
        grammar::parse(rule, text).map_err(|error| errors::syntax_error(scanned, start, *error))?;
    let builder = Builder { scanned, base: start };
    Ok(Statement { kind: builder.kind(rule, Parts { pairs, span })?, span })
}
