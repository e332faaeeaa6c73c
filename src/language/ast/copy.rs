//! COPY: rows from a file, and to one.

use super::*;

/// `COPY t FROM 'file'`
#[derive(Clone, Debug, PartialEq)]
pub struct CopyFrom {
    pub table: Name,
    pub partition: Option<Name>,
    /// the columns of the file that are taken; none is all of them
    pub fields: Option<Vec<Name>>,
    /// a path in the notebook's folder, or a URL
    pub file: Spanned<Value>,
    /// the number of the first row that is taken, from 1
    pub from_row: Option<Spanned<Value>>,
    pub params: Vec<Param>,
    /// only look
    pub dry_run: bool,
}

/// `COPY t TO 'file'`
#[derive(Clone, Debug, PartialEq)]
pub struct CopyTo {
    pub source: CopySource,
    pub file: Spanned<Value>,
    pub params: Vec<Param>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CopySource {
    Table { table: Name, partition: Option<Name>, fields: Option<Vec<Name>> },
    Select(Box<Select>),
}
