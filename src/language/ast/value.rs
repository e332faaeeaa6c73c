//! Values, and the `name = value` lists they stand in.

use std::rc::Rc;

use super::{Name, Select};
use crate::diagnostic::{Span, Spanned};

/// A word or string, as [`Value::Text`]; before variables are put in also [`Value::Variable`], and
/// where it is a secret also [`Value::Prompt`].
pub type Word = Spanned<Value>;

/// `name = value` of a WITH, a SEARCH PARAMS or an original WHERE; several values where the
/// original had several tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: Name,
    pub values: Vec<Spanned<Value>>,
}

/// A value as it was written; its type is settled against the field it goes into.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// 2^63 to 2^64 - 1, which JSON holds and a BIGINT does not
    Large(u64),
    Float(f64),
    Text(String),
    /// X'A5', b'1010'
    Bytes(Vec<u8>),
    /// a list of numbers: the numbers as a vector has them, and their text
    Numbers(Numbers),
    List(Vec<Spanned<Value>>),
    /// `{'a': 1}`; a sparse vector when the keys are numbers
    Object(Vec<(String, Spanned<Value>)>),
    /// `:q`, gone before a statement is executed
    Variable(String),
    /// what a row's value is computed by, `1 + 0.5`, gone before it is converted
    Computed(Box<super::Expr>),
    /// `(SELECT …)`, `EXISTS (SELECT …)`: what it gives stands here before the statement around it
    /// is carried out
    Query {
        select: Box<Select>,
        exists: bool,
    },
    /// PROMPT in the place of a password or token: whoever runs the cell is asked for it
    Prompt,
}

impl Value {
    /// A number as it was written: a whole one stays whole as long as 64 bits hold it.
    pub(crate) fn number(text: &str) -> Option<Value> {
        let whole = text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Large));
        whole.ok().or_else(|| text.parse().ok().map(Value::Float))
    }
}

/// The numbers of a list, as a vector field takes them. JSON and filters need them exactly: see
/// [`Numbers::exact`].
#[derive(Clone, PartialEq)]
pub struct Numbers {
    pub values: Vec<f32>,
    pub span: Span,
    /// a text with the list in it, and where: the cell, shared by all its lists; `None` for numbers
    /// that stand without brackets
    pub source: Option<(Rc<str>, Span)>,
}

impl Numbers {
    /// The numbers once more, integers as integers, each with its place.
    pub fn exact(&self) -> Vec<Spanned<Value>> {
        let Some((source, place)) = &self.source else {
            return self
                .values
                .iter()
                .map(|value| Spanned::new(Value::Float(f64::from(*value)), self.span))
                .collect();
        };
        let text = source.get(place.start + 1..place.end.saturating_sub(1)).unwrap_or_default();
        let mut at = self.span.start + 1;
        text.split(',')
            .filter_map(|piece| {
                let word = piece.trim();
                let begin = at + (piece.len() - piece.trim_start().len());
                at += piece.len() + 1;
                let value = Value::number(word)?;
                Some(Spanned::new(value, Span::new(begin, begin + word.len())))
            })
            .collect()
    }
}

impl std::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.values)
    }
}
