//! The grammar's pairs become statements. In: a cell's text. Out: statements with spans, or a
//! diagnostic that marks a place. The only module that knows pest. A cell that has one error runs
//! nothing.
//!
//! `numbers` splits a cell at its semicolons, and each statement is matched against the rule of its
//! first word. A `Builder` reads the pairs: `statements` chooses by the opening word among
//! `definitions`, `reads` and what is in it, and these go down to `filters`, `original` and
//! `values`. `errors` says what was expected.

mod definitions;
mod errors;
mod filters;
mod original;
mod reads;
mod statements;
mod values;

use milvus_kernel_grammar::{self as grammar, Rule};
use pest::iterators::{Pair, Pairs};

use super::ast::*;
use super::numbers::{Scanned, scan};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned};

type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// Parses a whole cell.
pub fn parse(cell: &str) -> Result<Vec<Statement>, Diagnostic> {
    let scanned = scan(cell)?;
    scanned.statements.iter().map(|(start, end)| statement(&scanned, *start, *end)).collect()
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

struct Builder<'a> {
    scanned: &'a Scanned<'a>,
    /// where the statement begins in the short text
    base: usize,
}

/// The pieces of a rule, taken one after the other.
struct Parts<'a> {
    pairs: Pairs<'a, Rule>,
    span: Span,
}

impl<'a> Parts<'a> {
    fn next(&mut self) -> Result<Pair<'a, Rule>> {
        self.pairs.next().ok_or_else(|| internal(self.span))
    }

    /// Takes the next piece if it is of this rule.
    fn take(&mut self, rule: Rule) -> Option<Pair<'a, Rule>> {
        if self.peek()? == rule { self.pairs.next() } else { None }
    }

    fn peek(&self) -> Option<Rule> {
        self.pairs.peek().map(|pair| pair.as_rule())
    }

    /// Takes the next piece if it is of this rule, and what it was is of no interest.
    fn has(&mut self, rule: Rule) -> bool {
        self.take(rule).is_some()
    }

    /// Steps over keywords.
    fn skip(&mut self, rules: &[Rule]) -> &mut Self {
        while self.peek().is_some_and(|rule| rules.contains(&rule)) {
            self.pairs.next();
        }
        self
    }
}

fn internal(span: Span) -> Diagnostic {
    Diagnostic::new(Code::InternalError, "the grammar and its reader disagree here")
        .at(span)
        .help("please report this cell as a bug")
}

impl<'a> Builder<'a> {
    fn span(&self, pair: &Pair<'a, Rule>) -> Span {
        let start = self.base + pair.as_span().start();
        let end = start + pair.as_str().trim_end().len();
        Span::new(self.scanned.in_cell(start), self.scanned.in_cell(end.max(start)))
    }

    fn parts(&self, pair: Pair<'a, Rule>) -> Parts<'a> {
        Parts { span: self.span(&pair), pairs: pair.into_inner() }
    }

    /// A word as it was written.
    fn written(&self, pair: &Pair<'a, Rule>) -> Name {
        Spanned::new(pair.as_str().trim_end().to_string(), self.span(pair))
    }

    fn name(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let span = self.span(&pair);
        let text = pair.as_str();
        let name = if text.starts_with(['"', '`', '\'']) {
            values::unquote(text)
        } else {
            text.trim_end().to_string()
        };
        if name.is_empty() {
            return Err(empty_name(span));
        }
        Ok(Spanned::new(name, span))
    }

    /// The next piece as a name; TABLE and the like are stepped over.
    fn table(&self, parts: &mut Parts<'a>) -> Result<Name> {
        parts.skip(&[
            Rule::TABLE,
            Rule::FROM,
            Rule::INTO,
            Rule::ON,
            Rule::IN,
            Rule::FOR,
            Rule::OF,
            Rule::TO,
        ]);
        self.name(parts.next()?)
    }

    fn names(&self, pair: Pair<'a, Rule>) -> Result<Vec<Name>> {
        let mut parts = self.parts(pair);
        parts.skip(&[
            Rule::PARTITION,
            Rule::PARTITIONS,
            Rule::DROP_WORD,
            Rule::PROPERTIES,
            Rule::ADD,
        ]);
        parts.pairs.map(|pair| self.name(pair)).collect()
    }

    /// The names of an optional piece.
    fn names_of(&self, parts: &mut Parts<'a>, rule: Rule) -> Result<Vec<Name>> {
        Ok(parts.take(rule).map(|pair| self.names(pair)).transpose()?.unwrap_or_default())
    }

    fn one_partition(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let span = self.span(&pair);
        let mut names = self.names(pair)?;
        match (names.pop(), names.is_empty()) {
            (Some(name), true) => Ok(name),
            _ => {
                Err(Diagnostic::new(Code::SyntaxError, "one partition can be written to at a time")
                    .at(span))
            }
        }
    }

    /// A word or string, or a variable in its place.
    fn word(&self, pair: Pair<'a, Rule>) -> Result<Word> {
        if pair.as_rule() == Rule::PROMPT {
            return Ok(Spanned::new(Value::Prompt, self.span(&pair)));
        }
        let inner = self.parts(pair).next()?;
        let span = self.span(&inner);
        let value = match inner.as_rule() {
            Rule::variable | Rule::string => self.literal(inner)?,
            _ => Value::Text(self.name(inner)?.value),
        };
        Ok(Spanned::new(value, span))
    }

    /// A word or string that names something.
    fn text_name(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let word = self.word(pair)?;
        match word.value {
            Value::Text(text) if !text.is_empty() => Ok(Spanned::new(text, word.span)),
            Value::Text(_) => Err(empty_name(word.span)),
            _ => Err(no_variable(word.span)),
        }
    }

    fn name_or_all(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        match pair.as_rule() {
            Rule::all => Ok(Spanned::new("*".to_string(), self.span(&pair))),
            _ => self.name(pair),
        }
    }
}

/// A word of two words with one blank, in capitals.
fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase()
}

fn empty_name(span: Span) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, "a name is empty here").at(span)
}

fn no_variable(span: Span) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, "a variable cannot stand for a name").at(span)
}

fn once<T>(slot: &mut Option<T>, value: T, word: &str, span: Span) -> Result<()> {
    if slot.replace(value).is_some() {
        return Err(Diagnostic::new(Code::SyntaxError, format!("{word} stands twice"))
            .at(span)
            .help("leave one of them out"));
    }
    Ok(())
}
