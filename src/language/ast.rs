//! The statements of the dialect as data. `parse` makes them, `execute` runs them; nothing here knows text or servers.

use std::rc::Rc;

use crate::diagnostic::{Span, Spanned};

pub type Name = Spanned<String>;

/// One statement of a cell, with the text it was written as.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub kind: Kind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Connect(Box<Connect>),
    Use(Name),
    Help(Option<Name>),
    Set { name: Name, value: Spanned<Value> },
    Explain(Box<Statement>),

    ShowTables,
    ShowDatabases,
    ShowPartitions(Name),
    ShowIndexes(Name),
    ShowVersion,
    ShowSettings,
    Describe(Name),
    Stats(Name),

    CreateTable(CreateTable),
    OriginalCreateTable { table: Name, params: Vec<Param> },
    DropTable { table: Name, if_exists: bool },
    CreatePartition { table: Name, partition: Name },
    DropPartition { table: Name, partition: Name },
    CreateIndex(CreateIndex),
    OriginalCreateIndex { table: Name, params: Vec<Param> },
    OriginalDropIndex(Name),
    Load { table: Name, partitions: Vec<Name> },
    Release { table: Name, partitions: Vec<Name> },

    Write(Write),
    Delete { table: Name, partition: Option<Name>, filter: Option<Filter> },
    OriginalInsert { vectors: Vec<Spanned<Value>>, table: Name, partition: Option<Name>, ids: Option<Vec<Spanned<Value>>> },
    OriginalDelete { table: Name, ids: Vec<Spanned<Value>> },

    Select(Box<Select>),
    OriginalSearch { vectors: Vec<Spanned<Value>>, table: Name, params: Vec<Param> },
    OriginalGet { table: Name, ids: Vec<Spanned<Value>> },

    Flush(Vec<Name>),
    Compact(Name),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
    /// `http://host:port`, `https://host:port`, `milvus://[user[:password]@]host[:port][/database][?secure=true]`
    pub address: Name,
    pub user: Option<Name>,
    pub password: Option<Name>,
    pub token: Option<Name>,
    pub database: Option<Name>,
}

/// `name = value` of a WITH, a SEARCH PARAMS or an original WHERE; several values where the original had several tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: Name,
    pub values: Vec<Spanned<Value>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub table: Name,
    pub if_not_exists: bool,
    pub columns: Vec<Column>,
    pub params: Vec<Param>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: Name,
    pub data_type: Name,
    /// the number in parentheses: dimensions, or bytes of a VARCHAR
    pub size: Option<Spanned<Value>>,
    pub primary_key: bool,
    pub auto_increment: bool,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    pub name: Option<Name>,
    pub table: Name,
    pub field: Name,
    pub method: Option<Name>,
    pub params: Vec<Param>,
}

/// INSERT or UPSERT.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub upsert: bool,
    pub table: Name,
    pub partition: Option<Name>,
    pub fields: Option<Vec<Name>>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub values: Vec<Spanned<Value>>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub items: Items,
    pub table: Name,
    pub partitions: Vec<Name>,
    pub filter: Option<Filter>,
    pub order: Option<Order>,
    pub limit: Option<Spanned<i64>>,
    pub offset: Option<Spanned<i64>>,
    pub params: Vec<Param>,
    pub consistency: Option<Name>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Items {
    All,
    Count(Span),
    Fields(Vec<Name>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// `ORDER BY field <-> vectors`: a search
    Distance { field: Name, operator: Spanned<Operator>, vectors: Vec<Spanned<Value>>, descending: Option<Span> },
    /// `ORDER BY field`
    Field { field: Name, descending: bool },
}

/// pgvector's operators, each with the metric it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    L2,
    Cosine,
    InnerProduct,
    Hamming,
    Jaccard,
    L1,
}

impl Operator {
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::L2 => "<->",
            Operator::Cosine => "<=>",
            Operator::InnerProduct => "<#>",
            Operator::Hamming => "<~>",
            Operator::Jaccard => "<%>",
            Operator::L1 => "<+>",
        }
    }

    /// Milvus's name of the metric.
    pub fn metric(self) -> &'static str {
        match self {
            Operator::L2 => "L2",
            Operator::Cosine => "COSINE",
            Operator::InnerProduct => "IP",
            Operator::Hamming => "HAMMING",
            Operator::Jaccard => "JACCARD",
            Operator::L1 => "L1",
        }
    }

    pub fn of_metric(metric: &str) -> Option<Operator> {
        [Operator::L2, Operator::Cosine, Operator::InnerProduct, Operator::Hamming, Operator::Jaccard]
            .into_iter()
            .find(|operator| operator.metric().eq_ignore_ascii_case(metric))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    Expr(Expr),
    /// `FILTER '…'`: a Milvus expression, handed on untouched
    Raw(Name),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `a OP b [OP c …]`: OR, AND, and arithmetic, in Milvus's spelling
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
        pattern: Name,
    },
    IsNull {
        left: Box<Expr>,
        negated: bool,
    },
    /// `meta['a'][0]`; `quoted` when the name was written "x", which is a string in Milvus's own syntax
    Field {
        name: Name,
        path: Vec<Value>,
        quoted: bool,
    },
    Call {
        name: Name,
        args: Vec<Expr>,
    },
    List(Vec<Expr>),
    Literal(Value),
}

/// A value as it was written; its type is settled against the field it goes into.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// X'A5', b'1010'
    Bytes(Vec<u8>),
    /// a list of numbers, lifted out by the fast path: the numbers as a vector has them, and their text
    Numbers(Numbers),
    List(Vec<Spanned<Value>>),
    Object(Vec<(String, Spanned<Value>)>),
}

/// The numbers of a list, as a vector field takes them. JSON and filters need them exactly: see [`Numbers::exact`].
#[derive(Clone, PartialEq)]
pub struct Numbers {
    pub values: Vec<f32>,
    pub span: Span,
    /// the cell, shared by all its lists; `None` for numbers that stand without brackets
    pub source: Option<Rc<str>>,
}

impl Numbers {
    /// The numbers once more, integers as integers, each with its place.
    pub fn exact(&self) -> Vec<Spanned<Value>> {
        let start = self.span.start + 1;
        let text = self.source.as_ref().and_then(|source| source.get(start..self.span.end.saturating_sub(1))).unwrap_or_default();
        let mut at = start;
        text.split(',')
            .filter_map(|piece| {
                let word = piece.trim();
                let begin = at + (piece.len() - piece.trim_start().len());
                at += piece.len() + 1;
                let value = word.parse().map(Value::Int).or_else(|_| word.parse().map(Value::Float)).ok()?;
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
