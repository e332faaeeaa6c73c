//! The statements of the dialect as data. `parse` makes them, `print` writes them, `execute` runs
//! them; nothing here knows text or servers.

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
    UseConnection(Name),
    Disconnect(Option<Name>),
    Use(Name),
    Help(Option<Name>),
    Set {
        name: Name,
        value: Spanned<Value>,
    },
    SetVariable {
        name: Name,
        value: Spanned<Value>,
    },
    Explain(Box<Statement>),

    Show {
        what: Listing,
        like: Option<Name>,
    },
    ShowOf {
        what: Listing,
        table: Name,
    },
    ShowCreate(Name),
    ShowIndexProgress {
        index: Name,
        table: Name,
    },
    ShowLoadingProgress(Name),
    ShowGrants {
        of: Grantee,
        name: Name,
    },
    ShowJob {
        job: Job,
        id: Spanned<Value>,
    },
    Describe(Name),
    DescribeIndex {
        index: Name,
        table: Name,
    },
    DescribeObject {
        object: Object,
        name: Name,
        table: Option<Name>,
    },
    /// the original's `stats t`
    Stats(Name),

    CreateTable(CreateTable),
    OriginalCreateTable {
        table: Name,
        params: Vec<Param>,
    },
    AlterTable {
        table: Name,
        change: Change,
    },
    DropTable {
        table: Name,
        if_exists: bool,
    },
    Truncate(Name),
    CreateObject(Box<CreateObject>),
    AlterObject {
        object: Object,
        name: Name,
        change: ObjectChange,
    },
    DropObject {
        object: Object,
        name: Name,
        if_exists: bool,
        table: Option<Name>,
    },
    CreatePartition {
        table: Name,
        partition: Name,
        if_not_exists: bool,
    },
    DropPartition {
        table: Name,
        partition: Name,
        if_exists: bool,
    },
    CreateIndex {
        table: Name,
        index: Index,
        if_not_exists: bool,
    },
    OriginalCreateIndex {
        table: Name,
        params: Vec<Param>,
    },
    AlterIndex {
        index: Name,
        table: Name,
        change: Change,
    },
    DropIndex {
        index: Name,
        table: Name,
        if_exists: bool,
    },
    OriginalDropIndex(Name),
    Load {
        table: Name,
        partitions: Vec<Name>,
        fields: Vec<Name>,
        params: Vec<Param>,
    },
    Release {
        table: Name,
        partitions: Vec<Name>,
    },

    Write(Write),
    Update(Box<Update>),
    Delete {
        table: Name,
        partition: Option<Name>,
        filter: Option<Filter>,
    },
    OriginalInsert {
        vectors: Vec<Spanned<Value>>,
        table: Name,
        partition: Option<Name>,
        ids: Option<Vec<Spanned<Value>>>,
    },
    OriginalDelete {
        table: Name,
        ids: Vec<Spanned<Value>>,
    },

    Select(Box<Select>),
    OriginalSearch {
        vectors: Vec<Spanned<Value>>,
        table: Name,
        params: Vec<Param>,
    },
    OriginalGet {
        table: Name,
        ids: Vec<Spanned<Value>>,
    },

    GrantRole {
        revoke: bool,
        role: Name,
        user: Name,
    },
    Grant(Box<Grant>),

    /// none is every table of the database
    Flush(Vec<Name>),
    Compact {
        table: Name,
        params: Vec<Param>,
    },
    Import {
        files: Vec<Spanned<Value>>,
        table: Name,
        partition: Option<Name>,
        params: Vec<Param>,
    },
    TransferNodes {
        count: Spanned<Value>,
        from: Name,
        to: Name,
    },
    TransferReplicas {
        count: Spanned<Value>,
        table: Name,
        from: Name,
        to: Name,
    },
    Restore {
        snapshot: Name,
        table: Name,
        to: Name,
    },
    RunAnalyzer {
        texts: Spanned<Value>,
        /// the table and field whose analyzer is run
        of: Option<(Name, Name)>,
        params: Vec<Param>,
    },
}

/// What the server does by itself, under a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    Compaction,
    Import,
    Restore,
}

impl Job {
    pub fn word(self) -> &'static str {
        match self {
            Job::Compaction => "COMPACTION",
            Job::Import => "IMPORT",
            Job::Restore => "RESTORE",
        }
    }
}

/// What SHOW lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    Tables,
    Databases,
    Partitions,
    Indexes,
    Version,
    Settings,
    Variables,
    Connections,
    Aliases,
    Users,
    Roles,
    Stats,
    Segments,
    Replicas,
    Imports,
    Snapshots,
    Restores,
    ResourceGroups,
    PrivilegeGroups,
}

impl Listing {
    pub const ALL: [(&'static str, Listing); 19] = [
        ("TABLES", Listing::Tables),
        ("DATABASES", Listing::Databases),
        ("PARTITIONS", Listing::Partitions),
        ("INDEXES", Listing::Indexes),
        ("VERSION", Listing::Version),
        ("SETTINGS", Listing::Settings),
        ("VARIABLES", Listing::Variables),
        ("CONNECTIONS", Listing::Connections),
        ("ALIASES", Listing::Aliases),
        ("USERS", Listing::Users),
        ("ROLES", Listing::Roles),
        ("STATS", Listing::Stats),
        ("SEGMENTS", Listing::Segments),
        ("REPLICAS", Listing::Replicas),
        ("IMPORTS", Listing::Imports),
        ("SNAPSHOTS", Listing::Snapshots),
        ("RESTORES", Listing::Restores),
        ("RESOURCE GROUPS", Listing::ResourceGroups),
        ("PRIVILEGE GROUPS", Listing::PrivilegeGroups),
    ];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, listing)| *listing == self).map_or("", |(word, _)| word)
    }
}

/// What has a name of its own beside tables, partitions and indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Database,
    Alias,
    User,
    Role,
    ResourceGroup,
    PrivilegeGroup,
    Snapshot,
}

impl Object {
    pub const ALL: [(&'static str, Object); 7] = [
        ("DATABASE", Object::Database),
        ("ALIAS", Object::Alias),
        ("USER", Object::User),
        ("ROLE", Object::Role),
        ("RESOURCE GROUP", Object::ResourceGroup),
        ("PRIVILEGE GROUP", Object::PrivilegeGroup),
        ("SNAPSHOT", Object::Snapshot),
    ];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, object)| *object == self).map_or("", |(word, _)| word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantee {
    Role,
    User,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
    /// `http://host:port`, `https://host:port`,
    /// `milvus://[user[:password]@]host[:port][/database][?secure=true]`
    pub address: Name,
    pub user: Option<Word>,
    pub password: Option<Word>,
    pub token: Option<Word>,
    pub database: Option<Word>,
    pub alias: Option<Word>,
}

/// A word or string, as [`Value::Text`]; before variables are settled also [`Value::Variable`], and
/// where it is a secret also [`Value::Prompt`].
pub type Word = Spanned<Value>;

/// `name = value` of a WITH, a SEARCH PARAMS or an original WHERE; several values where the
/// original had several tags.
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
    pub indexes: Vec<Index>,
    pub params: Vec<Param>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: Name,
    pub data_type: TypeName,
    /// of an ARRAY
    pub element: Option<TypeName>,
    pub primary_key: bool,
    pub partition_key: bool,
    pub clustering_key: bool,
    pub auto_increment: bool,
    pub nullable: bool,
    pub default: Option<Spanned<Value>>,
    pub generated: Option<Generated>,
    pub comment: Option<String>,
    /// type parameters, as `enable_match = TRUE`
    pub params: Vec<Param>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    pub name: Name,
    /// the number in parentheses: dimensions, bytes of a VARCHAR, the capacity of an ARRAY
    pub size: Option<Spanned<Value>>,
}

/// `AS (BM25(text))`
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    pub function: Name,
    pub input: Name,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    pub name: Option<Name>,
    pub field: Name,
    /// the path into a JSON field: `meta['a'][0]`
    pub path: Vec<Spanned<Value>>,
    /// pgvector's word for the metric: `vector_cosine_ops`
    pub ops: Option<Name>,
    pub method: Option<Name>,
    pub params: Vec<Param>,
}

/// What an ALTER TABLE or an ALTER INDEX does.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    AddField(Box<Column>),
    DropField(Name),
    /// of a field
    SetField {
        field: Name,
        params: Vec<Param>,
    },
    ResetField {
        field: Name,
        names: Vec<Name>,
    },
    Rename(Name),
    Set(Vec<Param>),
    Reset(Vec<Name>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateObject {
    pub object: Object,
    pub name: Name,
    pub if_not_exists: bool,
    /// of an alias or a snapshot
    pub table: Option<Name>,
    /// of a user
    pub password: Option<Word>,
    pub params: Vec<Param>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ObjectChange {
    /// an alias's
    Target(Name),
    /// a user's
    Password {
        new: Word,
        old: Option<Word>,
    },
    /// a privilege group's
    Members {
        add: bool,
        names: Vec<Name>,
    },
    Set(Vec<Param>),
    Reset(Vec<Name>),
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
pub struct Update {
    pub table: Name,
    pub partition: Option<Name>,
    pub assignments: Vec<(Name, Assigned)>,
    pub filter: Option<Filter>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Assigned {
    Value(Spanned<Value>),
    /// arithmetic over the row's own fields: `n + 1`
    Expr(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub distinct: bool,
    pub items: Items,
    pub table: Name,
    pub partitions: Vec<Name>,
    pub filter: Option<Filter>,
    pub order: Option<Order>,
    pub group: Vec<Output>,
    pub hybrid: Vec<Arm>,
    pub rerank: Option<Rerank>,
    pub limit: Option<Spanned<Value>>,
    pub offset: Option<Spanned<Value>>,
    pub params: Vec<Param>,
    pub consistency: Option<Name>,
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

/// A column of a result: `meta['a'][0]`, `SUM(price)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Field {
        name: Name,
        path: Vec<Spanned<Value>>,
    },
    Aggregate {
        function: Spanned<Function>,
        distinct: bool,
        /// `None` is `*`
        of: Option<Box<Output>>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl Function {
    pub const ALL: [(&'static str, Function); 5] = [
        ("count", Function::Count),
        ("sum", Function::Sum),
        ("avg", Function::Avg),
        ("min", Function::Min),
        ("max", Function::Max),
    ];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, function)| *function == self).map_or("", |(word, _)| word)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// `ORDER BY field <-> vectors`, `ORDER BY BM25_SCORE(text, 'words')`: a search
    Near { near: Near, direction: Option<Spanned<Direction>> },
    /// `ORDER BY year DESC, COUNT(*)`
    By(Vec<(Output, Direction)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What a search looks for, and in which field.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
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
pub struct Arm {
    pub near: Near,
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
        Self::ALL.into_iter().find(|operator| operator.metric().eq_ignore_ascii_case(metric))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub revoke: bool,
    /// `*` is all
    pub privileges: Vec<Name>,
    /// TABLE, DATABASE, GLOBAL, USER; `None` when only a name is given
    pub object: Option<Name>,
    pub database: Option<Name>,
    /// `*` is every one
    pub name: Option<Name>,
    pub role: Name,
}

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
    /// `v <-> [1, 2] < 0.8`: a range of a search; bounds as (operator, value)
    Range {
        near: Box<Near>,
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
        pattern: Spanned<Value>,
    },
    IsNull {
        left: Box<Expr>,
        negated: bool,
    },
    /// `meta['a'][0]`; `quoted` when the name was written "x", which is a string in Milvus's own
    /// syntax
    Field {
        name: Name,
        path: Vec<Spanned<Value>>,
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
    /// a list of numbers, lifted out by the fast path: the numbers as a vector has them, and their
    /// text
    Numbers(Numbers),
    List(Vec<Spanned<Value>>),
    /// `{'a': 1}`; a sparse vector when the keys are numbers
    Object(Vec<(String, Spanned<Value>)>),
    /// `:q`, gone before a statement is executed
    Variable(String),
    /// PROMPT in the place of a password or token: whoever runs the cell is asked for it
    Prompt,
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
                let value = word
                    .parse()
                    .map(Value::Int)
                    .or_else(|_| word.parse().map(Value::Float))
                    .ok()?;
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
