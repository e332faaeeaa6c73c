//! SELECT: a query, a search or several searches, as it was written.

use super::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub distinct: bool,
    pub items: Items,
    pub table: Name,
    /// what qualifies the fields
    pub alias: Option<Name>,
    pub partitions: Vec<Name>,
    pub filter: Option<Filter>,
    pub order: Option<Order>,
    pub group: Vec<Output>,
    pub having: Option<Expr>,
    pub hybrid: Vec<SubSearch>,
    pub rerank: Option<Rerank>,
    pub limit: Option<Spanned<Value>>,
    pub offset: Option<Spanned<Value>>,
    pub params: Vec<Param>,
    pub consistency: Option<Name>,
}

impl Select {
    pub(crate) fn new(items: Items, table: Name) -> Select {
        Select {
            distinct: false,
            items,
            table,
            alias: None,
            partitions: Vec::new(),
            filter: None,
            order: None,
            group: Vec::new(),
            having: None,
            hybrid: Vec::new(),
            rerank: None,
            limit: None,
            offset: None,
            params: Vec::new(),
            consistency: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Items {
    All,
    Listed(Vec<Item>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub output: Output,
    pub alias: Option<Name>,
}

/// A column of a result: `meta['a'][0]`, `SUM(price)`, `upper(title)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// `*` beside others, or without some fields
    Every {
        except: Vec<Name>,
    },
    Field {
        name: Name,
        path: Vec<Spanned<Value>>,
    },
    Aggregate {
        function: Spanned<Function>,
        distinct: bool,
        /// `None` is `*`
        argument: Option<Box<Output>>,
    },
    /// what the kernel makes of a row; never a field or an aggregate alone
    Computed(Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    /// of a sample
    StdDev,
}

impl Function {
    pub const ALL: [(&'static str, Function); 6] = [
        ("count", Function::Count),
        ("sum", Function::Sum),
        ("avg", Function::Avg),
        ("min", Function::Min),
        ("max", Function::Max),
        ("stddev", Function::StdDev),
    ];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, function)| *function == self).map_or("", |(word, _)| word)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// `ORDER BY field <-> vectors`, `ORDER BY BM25_SCORE(text, 'words')`: a search
    Search {
        search: Search,
        direction: Option<Spanned<Direction>>,
        /// of hits with the same distance
        then: Vec<OrderKey>,
    },
    /// `ORDER BY year DESC, COUNT(*)`
    By(Vec<OrderKey>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    pub output: Output,
    pub direction: Direction,
    /// NULLS FIRST or LAST, where it is said
    pub nulls_first: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What a search looks for, and in which field.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub field: Name,
    pub target: Target,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// one query vector or several
    Vectors { operator: Spanned<Operator>, vectors: Vec<Spanned<Value>> },
    /// the vectors of stored entities
    Stored { operator: Spanned<Operator>, ids: Vec<Spanned<Value>> },
    /// full text
    Text(Spanned<Value>),
}

/// One search of a hybrid search.
#[derive(Clone, Debug, PartialEq)]
pub struct SubSearch {
    pub search: Search,
    pub filter: Option<Filter>,
    pub weight: Option<Spanned<Value>>,
    pub limit: Option<Spanned<Value>>,
    pub params: Vec<Param>,
}

/// `RERANK RRF(k = 60)`
#[derive(Clone, Debug, PartialEq)]
pub struct Rerank {
    pub method: Name,
    pub params: Vec<Param>,
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
    pub const ALL: [Operator; 6] = [
        Operator::L2,
        Operator::Cosine,
        Operator::InnerProduct,
        Operator::Hamming,
        Operator::Jaccard,
        Operator::L1,
    ];

    pub(crate) fn symbol(self) -> &'static str {
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
    pub(crate) fn metric(self) -> &'static str {
        match self {
            Operator::L2 => "L2",
            Operator::Cosine => "COSINE",
            Operator::InnerProduct => "IP",
            Operator::Hamming => "HAMMING",
            Operator::Jaccard => "JACCARD",
            Operator::L1 => "L1",
        }
    }

    pub(crate) fn of_metric(metric: &str) -> Option<Operator> {
        Self::ALL.into_iter().find(|operator| operator.metric().eq_ignore_ascii_case(metric))
    }
}
