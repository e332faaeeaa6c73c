//! The grammar's pairs become statements. In: a cell's text. Out: statements with spans, or a
//! diagnostic that marks a place. The only module that knows pest. A cell that has one error runs
//! nothing.
//!
//! `numbers` splits a cell at its semicolons, and each statement is matched against the rule of its
//! first word. A `Builder` reads the pairs: `statements` chooses by the opening word among
//! `definitions`, `reads`, `copy` and what is in it, and these go down to `filters`, `subqueries`,
//! `original` and `values`. `errors` says what was expected, and `unread` what may be quoted then.

mod builder;
mod copy;
mod definitions;
mod errors;
mod filters;
mod original;
mod plot;
mod problems;
mod reads;
mod statements;
mod subqueries;
pub(crate) mod unread;
mod values;

use std::cell::{Cell, RefCell};

use milvus_kernel_grammar::{self as grammar, Rule};

use super::ast::{Kind, Statement};
use super::foreign;
use super::numbers::{DEEPEST, Scanned, scan, string_end};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use builder::{Builder, Parts};
pub use problems::problems;

/// All statements of a cell are read before the first is run, and nothing interrupts that.
const MOST_STATEMENTS: usize = 100_000;

/// Parses a whole cell.
pub fn parse(cell: &str) -> Result<Vec<Statement>, Diagnostic> {
    let scanned = scan(cell)?;
    if let Some((start, _)) = scanned.statements.get(MOST_STATEMENTS) {
        let at = scanned.in_cell(*start);
        let message = format!("a cell has at most {MOST_STATEMENTS} statements");
        return Err(Diagnostic::new(Code::SyntaxError, message).at(Span::new(at, at)));
    }
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
        Err(error) => {
            let open = scan(cell).ok().and_then(|scanned| scanned.open);
            let goes_on = error.span.is_some_and(|span| {
                let is_last = cell.get(span.start..).is_none_or(|rest| rest.trim().is_empty());
                is_last || open.is_some_and(|open| open <= span.start)
            });
            if goes_on { "incomplete" } else { "invalid" }
        }
    }
}

/// Parses one statement, which stands from `start` to `end` in the short text. EXPLAIN stands
/// before it once at the most.
fn statement(scanned: &Scanned<'_>, start: usize, end: usize) -> Result<Statement> {
    let (text, word) = opening(scanned, start, end);
    if !word.eq_ignore_ascii_case("EXPLAIN") {
        return plain(scanned, start, end);
    }
    let rest = text.get(word.len()..).unwrap_or_default();
    let span = Span::new(scanned.in_cell(start), scanned.in_cell(end));
    let at = end - rest.trim_start().len();
    let (text, word) = opening(scanned, at, end);
    // ANALYZE by itself is of a text
    let behind = text.get(word.len()..).unwrap_or_default().trim_start();
    if word.eq_ignore_ascii_case("ANALYZE") && behind.starts_with(|char: char| char.is_alphabetic())
    {
        let analyzed = plain(scanned, end - behind.len(), end)?;
        return Ok(Statement { kind: Kind::Analyze(Box::new(analyzed)), span });
    }
    let explained = plain(scanned, at, end)?;
    Ok(Statement { kind: Kind::Explain(Box::new(explained)), span })
}

/// A diagnostic about a statement's text, with its place in the cell.
fn in_cell(mut error: Diagnostic, scanned: &Scanned<'_>, start: usize) -> Diagnostic {
    error.span = error.span.map(|span| {
        Span::new(scanned.in_cell(start + span.start), scanned.in_cell(start + span.end))
    });
    error
}

/// A statement's text, and its first word.
fn opening<'a>(scanned: &'a Scanned<'_>, start: usize, end: usize) -> (&'a str, &'a str) {
    let text = scanned.text.get(start..end).unwrap_or_default();
    let length =
        text.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(text.len());
    (text, text.get(..length).unwrap_or_default())
}

/// What is nested deeper than it may be, and how deep that is, going by the words; what is quoted
/// is skipped. A SELECT in brackets may be read twice, and one in it four times.
fn too_deep(text: &str) -> Option<(&'static str, usize)> {
    // most texts have too few brackets, and are too short for so many CASEs
    let opened = text.bytes().filter(|byte| *byte == b'(').count();
    if opened <= subqueries::DEEPEST + 1 && text.len() <= DEEPEST * "CASE ".len() {
        return None;
    }
    // of each bracket that is open a bit: whether SELECT stands right behind it
    let (mut brackets, mut is_first) = (0u64, false);
    let (mut cases, mut rest) = (0usize, text);
    while let Some(char) = rest.chars().next() {
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        let end = match char {
            '\'' | '"' | '`' => string_end(rest.as_bytes(), 0).unwrap_or(rest.len()),
            char if is_part(char) => rest.find(|char| !is_part(char)).unwrap_or(rest.len()),
            char => char.len_utf8(),
        };
        let (token, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = behind;
        let is = |word: &str| token.eq_ignore_ascii_case(word);
        if is("CASE") {
            cases += 1;
        } else if is("END") {
            cases = cases.saturating_sub(1);
        } else if is("(") {
            brackets <<= 1;
        } else if is(")") {
            brackets >>= 1;
        } else if is_first && is("SELECT") {
            brackets |= 1;
        }
        is_first = is("(") || is_first && char.is_whitespace();
        if cases > DEEPEST {
            return Some(("CASEs", DEEPEST));
        }
        // what COPY writes is in brackets too
        if brackets.count_ones() as usize > subqueries::DEEPEST + 1 {
            return Some(("subqueries", subqueries::DEEPEST));
        }
    }
    None
}

/// A statement without EXPLAIN.
fn plain(scanned: &Scanned<'_>, start: usize, end: usize) -> Result<Statement> {
    let (text, word) = opening(scanned, start, end);
    // how MySQL's client shows a row is no part of the statement
    let mut own = text;
    while let Some(rest) = own.trim_end().strip_suffix("\\G") {
        own = rest.trim_end();
    }
    if own.len() < text.len() {
        return plain(scanned, start, start + own.len());
    }
    let span = Span::new(scanned.in_cell(start), scanned.in_cell(end));
    let address = text.get(word.len()..).is_some_and(|rest| rest.starts_with("://"));
    let rule = match grammar::statement_of(word) {
        Some(rule) => rule,
        None if address => Rule::address_statement,
        None => {
            let error = foreign::found(text).map(|error| in_cell(error, scanned, start));
            return Err(error.unwrap_or_else(|| errors::no_statement(scanned, start)));
        }
    };
    if rule == Rule::select_statement
        && let Some(error) = foreign::catalog(text)
    {
        return Err(in_cell(error, scanned, start));
    }
    if let Some((what, most)) = too_deep(text) {
        return Err(filters::too_deep(what, most, span));
    }
    let pairs = grammar::parse(rule, text).map_err(|error| match foreign::found(text) {
        Some(error) => in_cell(error, scanned, start),
        None => errors::syntax_error(scanned, start, *error),
    })?;
    let builder =
        Builder { scanned, base: start, qualifiers: RefCell::default(), depth: Cell::new(0) };
    Ok(Statement { kind: builder.kind(rule, Parts { pairs, span })?, span })
}
