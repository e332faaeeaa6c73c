//! Values and `name = value` lists: quotes and escapes are taken off, lifted lists put back.

use std::borrow::Cow;

use milvus_kernel_grammar::Rule;
use pest::iterators::Pair;

use super::builder::*;
use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::language::ast::*;
use crate::language::numbers;

impl<'a> Builder<'a> {
    pub(super) fn lifted(&self, pair: Pair<'a, Rule>) -> Result<Numbers> {
        let span = self.span(&pair);
        let index =
            self.parts(pair).next()?.as_str().parse::<usize>().map_err(|_| internal(span))?;
        self.scanned.lists.get(index).cloned().ok_or_else(|| internal(span))
    }

    pub(super) fn params(&self, pair: Pair<'a, Rule>) -> Result<Vec<Param>> {
        let mut params: Vec<Param> = Vec::new();
        for pair in self.bounded(pair)?.into_inner() {
            let mut parts = self.parts(pair);
            let name = parts.next()?;
            let name = self.name(name)?;
            // HNSW_PQ has both M and m
            let same = |param: &Param| {
                param.name.value == name.value
                    || name.value.len() > 1 && param.name.value.eq_ignore_ascii_case(&name.value)
            };
            if params.iter().any(same) {
                return Err(Diagnostic::new(Code::SyntaxError, format!("`{name}` stands twice"))
                    .at(name.span)
                    .help("leave one of them out"));
            }
            params.push(Param { values: vec![self.setting(parts.next()?)?], name });
        }
        Ok(params)
    }

    /// A value where a bare word stands for text (`metric_type = L2`).
    pub(super) fn setting(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        if pair.as_rule() == Rule::setting_word {
            let word = self.parts(pair).next()?;
            let name = if word.as_rule() == Rule::ON {
                Spanned::new("on".to_string(), self.span(&word))
            } else {
                self.name(word)?
            };
            return Ok(Spanned::new(Value::Text(name.value), name.span));
        }
        self.value(pair)
    }

    pub(super) fn value(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        let inner = self.parts(pair).next()?;
        self.bare_value(inner)
    }

    /// A value inside a list or an object, where `"…"` is JSON's string with JSON's escapes.
    fn member(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        let inner = self.parts(pair).next()?;
        match inner.as_rule() {
            Rule::text if inner.as_str().starts_with('"') => {
                let span = self.span(&inner);
                Ok(Spanned::new(Value::Text(json_string(inner.as_str(), span)?), span))
            }
            _ => self.bare_value(inner),
        }
    }

    pub(super) fn bare_value(&self, pair: Pair<'a, Rule>) -> Result<Spanned<Value>> {
        let span = self.span(&pair);
        let value = match pair.as_rule() {
            Rule::null => Value::Null,
            Rule::text => Value::Text(unquote(pair.as_str())),
            Rule::bytes => Value::Bytes(bytes(pair.as_str(), span)?),
            Rule::list => {
                let mut parts = self.parts(pair);
                match parts.take(Rule::lifted) {
                    Some(lifted) => Value::Numbers(self.lifted(lifted)?),
                    None => numbers::list_of(
                        parts.pairs.map(|pair| self.member(pair)).collect::<Result<Vec<_>>>()?,
                        span,
                    ),
                }
            }
            Rule::object_value => {
                let mut fields = Vec::new();
                for pair in pair.into_inner() {
                    let mut parts = self.parts(pair);
                    let key = parts.next()?;
                    let key = if key.as_rule() == Rule::number {
                        unspaced(&key).into_owned()
                    } else if key.as_str().starts_with('"') {
                        json_string(key.as_str(), self.span(&key))?
                    } else {
                        unquote(key.as_str())
                    };
                    fields.push((key, self.member(parts.next()?)?));
                }
                Value::Object(fields)
            }
            Rule::subquery => Value::Query { select: self.subquery(pair)?, exists: false },
            _ => self.literal(pair)?,
        };
        Ok(Spanned::new(value, span))
    }

    pub(super) fn literal(&self, pair: Pair<'a, Rule>) -> Result<Value> {
        let span = self.span(&pair);
        Ok(match pair.as_rule() {
            Rule::TRUE => Value::Bool(true),
            Rule::FALSE => Value::Bool(false),
            Rule::NULL => Value::Null,
            Rule::number => number(&unspaced(&pair), span)?,
            Rule::variable => {
                Value::Variable(pair.as_str().trim_end().trim_start_matches([':', '@']).to_string())
            }
            Rule::typed_text => {
                let text = self.parts(pair).skip(&[Rule::moment]).next()?;
                Value::Text(unquote(text.as_str()))
            }
            Rule::string | Rule::double => Value::Text(unquote(pair.as_str())),
            _ => return Err(internal(span)),
        })
    }

    /// The parameters of an optional WITH.
    pub(super) fn with(&self, parts: &mut Parts<'a>) -> Result<Vec<Param>> {
        Ok(parts
            .skip(&[Rule::WITH])
            .take(Rule::params)
            .map(|pair| self.params(pair))
            .transpose()?
            .unwrap_or_default())
    }
}

/// A number's text: blanks may stand behind its sign.
fn unspaced<'a>(pair: &Pair<'a, Rule>) -> Cow<'a, str> {
    let text = pair.as_str().trim_end();
    match text.contains(|char: char| char.is_whitespace()) {
        true => text.split_whitespace().collect::<String>().into(),
        false => text.into(),
    }
}

fn number(text: &str, span: Span) -> Result<Value> {
    match Value::number(text) {
        Some(Value::Float(number)) if !number.is_finite() => {
            Err(Diagnostic::new(Code::InvalidNumber, format!("`{text}` is too large a number"))
                .at(span))
        }
        number => number.ok_or_else(|| internal(span)),
    }
}

/// A string of JSON. Beside JSON's own it may have a quote doubled and control characters as they
/// are, as every string of a cell.
fn json_string(text: &str, span: Span) -> Result<String> {
    let text = text.trim_end();
    let mut strict = String::with_capacity(text.len());
    let mut chars = text.get(1..text.len().saturating_sub(1)).unwrap_or_default().chars();
    strict.push('"');
    while let Some(char) = chars.next() {
        match char {
            '"' => {
                chars.next();
                strict.push_str("\\\"");
            }
            '\\' => match chars.next() {
                Some('\'') => strict.push('\''),
                escaped => strict.extend(std::iter::once('\\').chain(escaped)),
            },
            control if control < ' ' => strict.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => strict.push(other),
        }
    }
    strict.push('"');
    serde_json::from_str(&strict).map_err(|_| {
        Diagnostic::new(Code::InvalidJson, "this string has an escape that JSON has not")
            .at(span)
            .help("in a list or an object `\"…\"` is JSON's: write `\\\\` for a backslash")
    })
}

fn bytes(text: &str, span: Span) -> Result<Vec<u8>> {
    let radix = if text.starts_with(['x', 'X']) { 16 } else { 2 };
    let width = if radix == 16 { 2 } else { 8 };
    let digits: Vec<u8> = text.bytes().skip(2).filter(u8::is_ascii_hexdigit).collect();
    if !digits.len().is_multiple_of(width) {
        return Err(Diagnostic::new(
            Code::InvalidValue,
            format!("{} digits do not make whole bytes", digits.len()),
        )
        .at(span)
        .help(format!("write {width} digits a byte")));
    }
    digits
        .chunks(width)
        .map(|chunk| {
            std::str::from_utf8(chunk)
                .ok()
                .and_then(|text| u8::from_str_radix(text, radix).ok())
                .ok_or_else(|| internal(span))
        })
        .collect()
}
