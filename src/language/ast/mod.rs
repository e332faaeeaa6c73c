//! The statements of the dialect as data, every piece with its place in the cell. `parse` makes
//! them and `execute` runs them; `print` writes them as text again, `walk` visits their values.
//! Knows no grammar and no server: whether a table, a field or a type of this name exists is not
//! asked here.

mod copy;
mod define;
mod expr;
mod plot;
mod select;
mod value;

pub use copy::*;
pub use define::*;
pub use expr::*;
pub use plot::*;
pub use select::*;
pub use value::*;

use crate::diagnostic::{Span, Spanned};

/// A name as it is sent. That of a table may have a place before it, `database.table`,
/// `connection.table`, `connection.database.table`: no name of Milvus has a point in it. `execute`
/// takes the place off before anything else is asked of the statement.
pub type Name = Spanned<String>;

/// One statement of a cell, with its place there.
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
    /// EXPLAIN ANALYZE
    Analyze(Box<Statement>),

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
        /// none is every index of the table
        index: Option<Name>,
        table: Name,
    },
    ShowLoadingProgress {
        table: Name,
        partitions: Vec<Name>,
    },
    ShowGrants {
        /// none is every role
        of: Option<(Grantee, Name)>,
        on: Option<GrantTarget>,
    },
    ShowPartition {
        partition: Name,
        table: Name,
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
    CreateAs {
        table: Name,
        if_not_exists: bool,
        source: Box<Select>,
    },
    CreateLike {
        table: Name,
        if_not_exists: bool,
        like: Name,
    },
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
    /// all of a store of the engine
    DropStorage,
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
        /// the tables behind it
        more: Vec<Name>,
        partitions: Vec<Name>,
        fields: Vec<Name>,
        params: Vec<Param>,
    },
    Release {
        table: Name,
        partitions: Vec<Name>,
    },

    Write(Write),
    /// INSERT and UPSERT of the rows of a SELECT
    WriteFrom(Box<WriteFrom>),
    Update(Box<Update>),
    Delete {
        table: Name,
        partition: Option<Name>,
        filter: Option<Filter>,
        few: Box<Few>,
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

    /// SELECT without a table: one row
    Constants(Items),
    CopyFrom(Box<CopyFrom>),
    CopyTo(Box<CopyTo>),
    /// CREATE TABLE … FROM: the file tells the columns, and its rows are copied
    CreateFrom {
        if_not_exists: bool,
        copy: Box<CopyFrom>,
    },

    Select(Box<Select>),
    Plot(Plot),
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
    ExportDatabase {
        /// none is the one in use
        database: Option<Name>,
        file: Spanned<Value>,
        /// what is whole of a damaged store
        salvage: bool,
    },
    ImportDatabase {
        if_not_exists: bool,
        /// none is the name that the file has
        database: Option<Name>,
        file: Spanned<Value>,
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
        field: Option<(Name, Name)>,
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
    pub(crate) fn word(self) -> &'static str {
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
    Storage,
    ResourceGroups,
    PrivilegeGroups,
}

impl Listing {
    pub const ALL: [(&'static str, Listing); 20] = [
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
        ("STORAGE", Listing::Storage),
        ("RESOURCE GROUPS", Listing::ResourceGroups),
        ("PRIVILEGE GROUPS", Listing::PrivilegeGroups),
    ];

    pub(crate) fn word(self) -> &'static str {
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

    pub(crate) fn word(self) -> &'static str {
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

impl Connect {
    pub(crate) fn to(address: Name) -> Connect {
        Connect { address, user: None, password: None, token: None, database: None, alias: None }
    }
}

/// INSERT or UPSERT.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// the fields of what was written that are shown: the key alone is known
    pub returning: Vec<Name>,
    pub upsert: bool,
    pub table: Name,
    pub partition: Option<Name>,
    pub fields: Option<Vec<Name>>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WriteFrom {
    pub upsert: bool,
    pub table: Name,
    pub partition: Option<Name>,
    pub fields: Option<Vec<Name>>,
    pub source: Select,
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
    pub few: Few,
}

/// `ORDER BY … LIMIT …`: the first rows alone are changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Few {
    pub order: Option<Order>,
    pub limit: Option<Spanned<Value>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Assigned {
    Value(Spanned<Value>),
    /// arithmetic over the row's own fields: `n + 1`
    Expr(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub revoke: bool,
    /// `*` is all
    pub privileges: Vec<Name>,
    pub on: GrantTarget,
    pub role: Name,
}

/// `TABLE d.t`, `GLOBAL *`: what a privilege is on.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantTarget {
    /// TABLE, DATABASE, GLOBAL, USER; `None` when only a name is given
    pub object: Option<Name>,
    pub database: Option<Name>,
    /// `*` is every one
    pub name: Option<Name>,
}
