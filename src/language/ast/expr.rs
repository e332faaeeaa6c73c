//! Filters and arithmetic.

use super::*;

#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    Expr(Expr),
    /// `FILTER '…'`: a Milvus expression, handed on untouched
    Raw(Spanned<Value>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// How a pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// the whole text, with `%` and `_`
    Like,
    /// the same in any case of letters: ILIKE
    AnyCase,
    /// a regular expression of a part of the text: `~`, REGEXP, RLIKE
    Regex,
    /// the same in any case of letters: `~*`
    RegexAnyCase,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `a OP b [OP c …]`: OR, AND, and arithmetic, in Milvus's spelling; `||` joins texts
    Chain {
        first: Box<Expr>,
        rest: Vec<(&'static str, Expr)>,
    },
    Not(Box<Expr>),
    /// one comparison or two (`1 < a < 5`)
    Compare {
        first: Box<Expr>,
        rest: Vec<(&'static str, Expr)>,
    },
    /// `v <-> [1, 2] < 0.8`: a range of a search; bounds as (operator, value)
    Range {
        search: Box<Search>,
        bounds: Vec<(&'static str, Expr)>,
    },
    In {
        left: Box<Expr>,
        negated: bool,
        list: Vec<Expr>,
    },
    Between {
        left: Box<Expr>,
        negated: bool,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    Like {
        left: Box<Expr>,
        negated: bool,
        how: Pattern,
        pattern: Spanned<Value>,
    },
    IsNull {
        left: Box<Expr>,
        negated: bool,
    },
    /// `a IS NOT TRUE`
    IsTruth {
        left: Box<Expr>,
        negated: bool,
        truth: bool,
    },
    Case {
        /// what the WHENs are compared with, or else they are conditions
        operand: Option<Box<Expr>>,
        whens: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(a AS INT)`, `a::INT`
    Cast {
        of: Box<Expr>,
        to: TypeName,
    },
    /// `meta -> 'a'`, as JSON, or `meta ->> 'a'`, as text
    Arrow {
        of: Box<Expr>,
        step: Spanned<Value>,
        as_text: bool,
    },
    /// `SUM(price)`: an [`Output::Aggregate`]
    Aggregate(Box<Output>),
    /// `v <-> [1, 2]`, `BM25_SCORE(text, 'words')`: what a search finds
    Distance(Box<Search>),
    /// `meta['a'][0]`
    Field {
        name: Name,
        path: Vec<Spanned<Value>>,
    },
    Call {
        name: Name,
        args: Vec<Expr>,
    },
    List(Vec<Expr>),
    Literal(Value),
    /// `"x"` where it is a string and no name: behind an operator, or as an argument
    Quoted(String),
}
