//! What all readers of pairs share: the pieces of a rule one after the other, their places in the
//! cell, names and words.

use std::cell::{Cell, RefCell};

use milvus_kernel_grammar::Rule;
use pest::iterators::{Pair, Pairs};

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::language::ast::{Name, Value, Word};
use crate::language::numbers::Scanned;

pub(super) struct Builder<'a> {
    pub(super) scanned: &'a Scanned<'a>,
    /// where the statement begins in the short text
    pub(super) base: usize,
    /// what qualifies fields: checked once the table is known
    pub(super) qualifiers: RefCell<Vec<Name>>,
    /// how many SELECTs are around what is read
    pub(super) depth: Cell<usize>,
}

/// The pieces of a rule, taken one after the other.
pub(super) struct Parts<'a> {
    pub(super) pairs: Pairs<'a, Rule>,
    pub(super) span: Span,
}

impl<'a> Parts<'a> {
    pub(super) fn next(&mut self) -> Result<Pair<'a, Rule>> {
        self.pairs.next().ok_or_else(|| internal(self.span))
    }

    /// Takes the next piece if it is of this rule.
    pub(super) fn take(&mut self, rule: Rule) -> Option<Pair<'a, Rule>> {
        if self.peek()? == rule { self.pairs.next() } else { None }
    }

    pub(super) fn peek(&self) -> Option<Rule> {
        self.pairs.peek().map(|pair| pair.as_rule())
    }

    /// Takes the next piece if it is of this rule, and what it was is of no interest.
    pub(super) fn has(&mut self, rule: Rule) -> bool {
        self.take(rule).is_some()
    }

    /// Steps over keywords.
    pub(super) fn skip(&mut self, rules: &[Rule]) -> &mut Self {
        while self.peek().is_some_and(|rule| rules.contains(&rule)) {
            self.pairs.next();
        }
        self
    }
}

pub(super) fn internal(span: Span) -> Diagnostic {
    Diagnostic::new(Code::InternalError, "the grammar and its reader disagree here")
        .at(span)
        .help("please report this cell as a bug")
}

impl<'a> Builder<'a> {
    pub(super) fn span(&self, pair: &Pair<'a, Rule>) -> Span {
        let start = self.base + pair.as_span().start();
        let end = start + pair.as_str().trim_end().len();
        Span::new(self.scanned.in_cell(start), self.scanned.in_cell(end.max(start)))
    }

    pub(super) fn parts(&self, pair: Pair<'a, Rule>) -> Parts<'a> {
        Parts { span: self.span(&pair), pairs: pair.into_inner() }
    }

    /// A word as it was written.
    pub(super) fn written(&self, pair: &Pair<'a, Rule>) -> Name {
        Spanned::new(pair.as_str().trim_end().to_string(), self.span(pair))
    }

    pub(super) fn name(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::place {
            let names = pair.into_inner().map(|part| Ok(self.name(part)?.value));
            return Ok(Spanned::new(names.collect::<Result<Vec<_>>>()?.join("."), span));
        }
        let text = pair.as_str();
        let name = if text.starts_with(['"', '`', '\'']) {
            unquote(text)
        } else {
            text.trim_end().to_string()
        };
        if name.is_empty() {
            return Err(empty_name(span));
        }
        Ok(Spanned::new(name, span))
    }

    /// The next piece as a name; TABLE and the like are stepped over.
    pub(super) fn table(&self, parts: &mut Parts<'a>) -> Result<Name> {
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

    pub(super) fn names(&self, pair: Pair<'a, Rule>) -> Result<Vec<Name>> {
        let pair = self.bounded(pair)?;
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

    /// A list of names or parameters.
    pub(super) fn bounded(&self, list: Pair<'a, Rule>) -> Result<Pair<'a, Rule>> {
        self.few(&self.parts(list.clone()))?;
        Ok(list)
    }

    /// Refuses a list that is longer than any that has a use, of items of which each is compared
    /// with all others.
    pub(super) fn few(&self, list: &Parts<'a>) -> Result<()> {
        const MOST: usize = 4_096;
        if list.pairs.len() <= MOST {
            return Ok(());
        }
        let message = format!("a list of names or parameters has at most {MOST} of them");
        Err(Diagnostic::new(Code::SyntaxError, message).at(list.span))
    }

    /// The names of an optional piece.
    pub(super) fn names_of(&self, parts: &mut Parts<'a>, rule: Rule) -> Result<Vec<Name>> {
        Ok(parts.take(rule).map(|pair| self.names(pair)).transpose()?.unwrap_or_default())
    }

    pub(super) fn one_partition(&self, pair: Pair<'a, Rule>) -> Result<Name> {
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
    pub(super) fn word(&self, pair: Pair<'a, Rule>) -> Result<Word> {
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
    pub(super) fn text_name(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        let word = self.word(pair)?;
        match word.value {
            Value::Text(text) if !text.is_empty() => Ok(Spanned::new(text, word.span)),
            Value::Text(_) => Err(empty_name(word.span)),
            _ => Err(no_variable(word.span)),
        }
    }

    pub(super) fn name_or_all(&self, pair: Pair<'a, Rule>) -> Result<Name> {
        match pair.as_rule() {
            Rule::all => Ok(Spanned::new("*".to_string(), self.span(&pair))),
            _ => self.name(pair),
        }
    }
}

/// A word of two words with one blank, in capitals.
pub(super) fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase()
}

/// What qualifies the fields of a table.
pub(super) fn qualifier<'n>(table: &'n Name, alias: Option<&'n Name>) -> &'n str {
    match alias {
        Some(alias) => &alias.value,
        None => table.value.rsplit('.').next().unwrap_or_default(),
    }
}

pub(super) fn empty_name(span: Span) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, "a name is empty here").at(span)
}

pub(super) fn no_variable(span: Span) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, "a variable cannot stand for a name").at(span)
}

pub(super) fn once<T>(slot: &mut Option<T>, value: T, word: &str, span: Span) -> Result<()> {
    if slot.replace(value).is_some() {
        return Err(Diagnostic::new(Code::SyntaxError, format!("{word} stands twice"))
            .at(span)
            .help("leave one of them out"));
    }
    Ok(())
}

/// Takes a string's quotes off: a doubled quote is one, a backslash escapes as in C.
pub(super) fn unquote(text: &str) -> String {
    let text = text.trim_end();
    let Some(quote) = text.chars().next() else { return String::new() };
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char == quote {
            chars.next();
            out.push(quote);
        } else if char == '\\' && quote != '`' {
            match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other @ ('\\' | '\'' | '"')) => out.push(other),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            }
        } else {
            out.push(char);
        }
    }
    out
}
