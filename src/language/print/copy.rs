//! COPY, and what CREATE TABLE … FROM has of it.

use super::select::select;
use super::words::*;
use crate::language::ast::*;

/// What stands behind COPY or CREATE TABLE.
pub(super) fn copy_from(copy: &CopyFrom) -> String {
    let table = place(&copy.table, &copy.partition, &copy.fields);
    let row = optional("FROM ROW", copy.from_row.as_ref());
    let dry_run = if copy.dry_run { " DRY RUN" } else { "" };
    format!("{table} FROM {}{row}{}{dry_run}", spanned(&copy.file), with(&copy.params))
}

pub(super) fn copy_to(copy: &CopyTo) -> String {
    let source = match &copy.source {
        CopySource::Table { table, partition, fields } => place(table, partition, fields),
        CopySource::Select(query) => format!("({})", select(query)),
    };
    format!("COPY {source} TO {}{}", spanned(&copy.file), with(&copy.params))
}

pub(super) fn place(table: &Name, partition: &Option<Name>, fields: &Option<Vec<Name>>) -> String {
    let fields = fields.as_ref().map_or_else(String::new, |fields| format!(" ({})", names(fields)));
    table_name(table) + &in_partitions(partition.as_slice()) + &fields
}
