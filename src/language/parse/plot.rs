//! PLOT.

use milvus_kernel_grammar::Rule;

use super::builder::*;
use super::filters::Place;
use super::reads::output;
use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::language::ast::*;

impl<'a> Builder<'a> {
    pub(super) fn plot(&self, rule: Rule, parts: Parts<'a>) -> Result<Kind> {
        let plot = match rule {
            Rule::plot_select => self.plot_select(parts)?,
            _ => Plot::Vectors(Box::new(self.plot_vectors(parts)?)),
        };
        Ok(Kind::Plot(plot))
    }

    fn plot_select(&self, mut parts: Parts<'a>) -> Result<Plot> {
        let mut mark = None;
        self.mark(&mut parts, &mut mark)?;
        let select = parts.skip(&[Rule::SELECT]).next()?;
        let end = self.span(&select).end;
        let mut select = self.select(self.parts(select))?;
        self.mark(&mut parts, &mut mark)?;
        // `FROM t AS BAR`, with nothing behind it, is no name of the table; `AS "bar"` is one
        let last = select.alias.as_ref().filter(|alias| alias.span.end == end);
        if let Some(alias) =
            last.filter(|alias| alias.span.end - alias.span.start == alias.value.len())
            && let Some(named) = Mark::of_word(&alias.value).filter(|_| mark.is_none())
        {
            mark = Some(Spanned::new(named, alias.span));
            select.alias = None;
        }
        Ok(Plot::Select { select, mark })
    }

    fn mark(&self, parts: &mut Parts<'a>, into: &mut Option<Spanned<Mark>>) -> Result<()> {
        let Some(pair) = parts.take(Rule::plot_as) else { return Ok(()) };
        let pair = self.parts(pair).skip(&[Rule::AS]).next()?;
        let span = self.span(&pair);
        let mark = Mark::of_word(pair.as_str().trim_end()).ok_or_else(|| internal(span))?;
        once(into, Spanned::new(mark, span), "AS", span)
    }

    /// `t.v`, with the place of the table before it where it has one.
    fn plot_vectors(&self, mut parts: Parts<'a>) -> Result<PlotVectors> {
        let mut names = Vec::new();
        while let Some(pair) = parts.take(Rule::name) {
            names.push(self.name(pair)?);
        }
        let field = names.pop().ok_or_else(|| internal(parts.span))?;
        let (Some(first), Some(last)) = (names.first(), names.last()) else {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "PLOT draws the vectors of a field, or what a SELECT gives",
            )
            .at(field.span)
            .help(format!("name a vector field of it: `PLOT {field}.v`"))
            .help(format!("or the columns to draw: `PLOT SELECT a, b FROM {field}`")));
        };
        let span = first.span.to(last.span);
        let table = names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".");
        let mut plot = PlotVectors {
            table: Name::new(table, span),
            field,
            color: None,
            label: None,
            filter: None,
            limit: None,
            near: None,
        };
        for clause in parts.pairs {
            let span = self.span(&clause);
            let clause = self.parts(clause).next()?;
            match clause.as_rule() {
                Rule::color_by => {
                    let of = self.parts(clause).skip(&[Rule::COLOR, Rule::BY]).next()?;
                    let of = output(self.expr(of, Place::Item)?);
                    once(&mut plot.color, of, "COLOR BY", span)?;
                }
                Rule::plot_label => {
                    let of = self.parts(clause).skip(&[Rule::LABEL]).next()?;
                    once(&mut plot.label, output(self.expr(of, Place::Item)?), "LABEL", span)?;
                }
                Rule::sub_limit => once(&mut plot.limit, self.count(clause)?, "LIMIT", span)?,
                Rule::near => {
                    let mut parts = self.parts(clause);
                    let queries = parts.skip(&[Rule::NEAR]).next()?;
                    let are_stored = queries.as_rule() == Rule::stored;
                    let queries = match are_stored {
                        true => self.stored(queries)?,
                        false => self.query_vectors(queries)?,
                    };
                    let limit = parts.take(Rule::sub_limit);
                    let limit = limit.map(|limit| self.count(limit)).transpose()?;
                    once(&mut plot.near, Near { queries, are_stored, limit }, "NEAR", span)?;
                }
                _ => once(&mut plot.filter, self.filter(clause)?, "WHERE or FILTER", span)?,
            }
        }
        self.check_qualifiers(&plot.table, None)?;
        Ok(plot)
    }
}
