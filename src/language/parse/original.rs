//! The clauses that only statements of the original milvus_kernel have.

use milvus_kernel_grammar::Rule;
use pest::iterators::Pair;

use super::builder::*;
use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::language::ast::*;

impl<'a> Builder<'a> {
    pub(super) fn original_insert(&self, mut parts: Parts<'a>) -> Result<Kind> {
        let vectors = self.original_vectors(parts.next()?)?;
        let table = self.table(&mut parts)?;
        let (mut params, mut ids) = (Vec::new(), None);
        for pair in parts.pairs {
            match pair.as_rule() {
                Rule::original_param => params.push(self.original_param(pair)?),
                Rule::original_ids => ids = Some(self.ids(pair)?),
                _ => {}
            }
        }
        Ok(Kind::OriginalInsert { vectors, table, partition: partition_tag(&params)?, ids })
    }

    /// The table of a `create partition` or `drop partition`, and the tag.
    pub(super) fn original_partition(&self, mut parts: Parts<'a>) -> Result<(Name, Name)> {
        let table = self.name(parts.skip(&[Rule::PARTITION]).next()?)?;
        let params = self.original_where(parts.next()?)?;
        let partition = partition_tag(&params)?.ok_or_else(|| {
            Diagnostic::new(Code::MissingParameter, "no partition is named")
                .at(parts.span)
                .help("add `WHERE partition_tag='…'`")
        })?;
        Ok((table, partition))
    }

    pub(super) fn original_where(&self, pair: Pair<'a, Rule>) -> Result<Vec<Param>> {
        let mut parts = self.parts(pair);
        parts.skip(&[Rule::WHERE]);
        parts
            .pairs
            .filter(|pair| pair.as_rule() == Rule::original_param)
            .map(|pair| self.original_param(pair))
            .collect()
    }

    fn original_param(&self, pair: Pair<'a, Rule>) -> Result<Param> {
        let mut parts = self.parts(pair);
        let name = self.name(parts.next()?)?;
        let mut values = Vec::new();
        for value in parts.pairs {
            values.push(self.setting(self.parts(value).next()?)?);
        }
        Ok(Param { name, values })
    }

    pub(super) fn original_vectors(&self, pair: Pair<'a, Rule>) -> Result<Vec<Spanned<Value>>> {
        let span = self.span(&pair);
        let values =
            pair.into_inner().map(|pair| self.bare_value(pair)).collect::<Result<Vec<_>>>()?;
        let numbers: Option<Vec<f32>> = values
            .iter()
            .map(|value| match value.value {
                Value::Int(number) => Some(number as f32),
                Value::Float(number) => Some(number as f32),
                _ => None,
            })
            .collect();
        Ok(match numbers {
            Some(values) if values.iter().any(|value| !value.is_finite()) => {
                return Err(Diagnostic::new(
                    Code::InvalidNumber,
                    "a number of this vector is too large",
                )
                .at(span)
                .label("not finite 32-bit numbers"));
            }
            Some(values) => {
                vec![Spanned::new(Value::Numbers(Numbers { values, span, source: None }), span)]
            }
            None => values,
        })
    }

    pub(super) fn ids(&self, pair: Pair<'a, Rule>) -> Result<Vec<Spanned<Value>>> {
        let mut parts = self.parts(pair);
        parts.skip(&[Rule::BY, Rule::ID]);
        parts.pairs.map(|pair| self.value(pair)).collect()
    }
}

/// The one tag of an original WHERE.
fn partition_tag(params: &[Param]) -> Result<Option<Name>> {
    let mut tag = None;
    for param in params {
        if !param.name.value.eq_ignore_ascii_case("partition_tag")
            && !param.name.value.eq_ignore_ascii_case("partition_tags")
        {
            return Err(Diagnostic::new(
                Code::UnknownParameter,
                format!("unknown parameter `{}`", param.name),
            )
            .at(param.name.span)
            .suggest(&param.name.value, ["partition_tag"], "it takes"));
        }
        let [value] = param.values.as_slice() else {
            return Err(Diagnostic::new(Code::SyntaxError, "one partition tag belongs here")
                .at(param.name.span));
        };
        let text = match &value.value {
            Value::Text(text) if text.is_empty() => {
                return Err(empty_name(value.span));
            }
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Variable(_) => return Err(no_variable(value.span)),
            _ => {
                return Err(Diagnostic::new(Code::SyntaxError, "a partition tag is a string")
                    .at(value.span));
            }
        };
        once(&mut tag, Spanned::new(text, value.span), "partition_tag", param.name.span)?;
    }
    Ok(tag)
}
