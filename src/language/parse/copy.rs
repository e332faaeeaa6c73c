//! COPY, and CREATE TABLE … FROM.

use milvus_kernel_grammar::Rule;

use super::builder::*;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::language::ast::*;

impl<'a> Builder<'a> {
    pub(super) fn copy(&self, rule: Rule, mut parts: Parts<'a>) -> Result<Kind> {
        if rule == Rule::copy_from {
            return Ok(Kind::CopyFrom(Box::new(self.copy_from(parts)?)));
        }
        let source = match rule {
            Rule::copy_query => {
                let select = parts.skip(&[Rule::SELECT]).next()?;
                CopySource::Select(self.select(self.parts(select))?)
            }
            _ => CopySource::Table {
                table: self.table(&mut parts)?,
                partition: self.written_partition(&mut parts)?,
                fields: self.listed(&mut parts)?,
            },
        };
        let file = self.value(parts.skip(&[Rule::TO]).next()?)?;
        Ok(Kind::CopyTo(Box::new(CopyTo { source, file, params: self.with(&mut parts)? })))
    }

    pub(super) fn create_from(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let if_not_exists = parts.skip(&[Rule::TABLE]).has(Rule::if_not_exists);
        let copy = self.copy_from(parts)?;
        if let Some(row) = &copy.from_row {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "a table is made of the whole file: FROM ROW belongs to COPY",
            )
            .at(row.span));
        }
        Ok(Kind::CreateFrom { if_not_exists, copy: Box::new(copy) })
    }

    fn copy_from(&self, mut parts: Parts<'a>) -> Result<CopyFrom> {
        let table = self.table(&mut parts)?;
        let partition = self.written_partition(&mut parts)?;
        let fields = self.listed(&mut parts)?;
        let file = self.value(parts.skip(&[Rule::FROM]).next()?)?;
        let (mut from_row, mut params, mut dry_run) = (None, None, None);
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            match clause.as_rule() {
                Rule::from_row => {
                    let row = self.parts(clause).skip(&[Rule::FROM, Rule::ROW]).next()?;
                    once(&mut from_row, self.value(row)?, "FROM ROW", span)?;
                }
                Rule::dry_run => once(&mut dry_run, true, "DRY RUN", span)?,
                _ => once(&mut params, self.with(&mut self.parts(clause))?, "WITH", span)?,
            }
        }
        Ok(CopyFrom {
            table,
            partition,
            fields,
            file,
            from_row,
            params: params.unwrap_or_default(),
            dry_run: dry_run.unwrap_or_default(),
        })
    }

    fn written_partition(&self, parts: &mut Parts<'a>) -> Result<Option<Name>> {
        parts.take(Rule::partitions).map(|pair| self.one_partition(pair)).transpose()
    }

    fn listed(&self, parts: &mut Parts<'a>) -> Result<Option<Vec<Name>>> {
        parts.take(Rule::fields).map(|pair| self.names(pair)).transpose()
    }
}
