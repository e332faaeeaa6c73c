//! What defines something: tables with their columns and indexes, and the objects beside them.

use super::*;

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
    /// none where neither NULL nor NOT NULL stands
    pub nullable: Option<bool>,
    pub default: Option<Spanned<Value>>,
    pub generated: Option<Generated>,
    pub comment: Option<String>,
    /// constraints that have no effect, as they are written: `UNIQUE`
    pub unkept: Vec<Name>,
    /// type parameters, as `enable_match = TRUE`
    pub params: Vec<Param>,
}

impl Column {
    /// A column with nothing behind its type.
    pub(crate) fn new(name: Name, data_type: TypeName, element: Option<TypeName>) -> Column {
        Column {
            name,
            data_type,
            element,
            primary_key: false,
            partition_key: false,
            clustering_key: false,
            auto_increment: false,
            nullable: None,
            default: None,
            generated: None,
            comment: None,
            unkept: Vec::new(),
            params: Vec::new(),
        }
    }
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
    AddField {
        column: Box<Column>,
        if_not_exists: bool,
    },
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
