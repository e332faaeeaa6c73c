//! PLOT.

use milvus_kernel_grammar::Rule;

use super::builder::*;
use super::filters::Place;
use super::reads::output;
use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
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
        let mut select = self.unchecked_select(self.parts(select))?;
        self.mark(&mut parts, &mut mark)?;
        // `FROM t AS BAR`, with nothing behind it, is no name of the table; `AS "bar"` is one, and
        // what qualifies a field is another
        if let Some(alias) = select.alias.take_if(|alias| self.is_for_mark(alias, end)) {
            let named = Mark::of_word(&alias.value).ok_or_else(|| {
                let words = Mark::ALL.map(|(word, _)| word);
                let message = format!("nothing is drawn as `{alias}`");
                Diagnostic::new(Code::SyntaxError, message)
                    .at(alias.span)
                    .suggest(&alias.value, words, "there are")
                    .help("a name of the table here is written in quotes: `AS \"t\"`")
            })?;
            once(&mut mark, Spanned::new(named, alias.span), "AS", alias.span)?;
        }
        self.check_qualifiers(&select.table, select.alias.as_ref())?;
        Ok(Plot::Select { select, mark })
    }

    /// Whether a table's name is the word behind an AS at the end, and stands for nothing else.
    fn is_for_mark(&self, alias: &Name, end: usize) -> bool {
        let Span { start, end: alias_end } = alias.span;
        let before = self.scanned.cell.get(..start).unwrap_or_default().trim_end();
        let word = before.len().checked_sub(2).and_then(|at| before.get(at..));
        alias_end == end
            && alias_end - start == alias.value.len()
            && word.is_some_and(|word| word.eq_ignore_ascii_case("AS"))
            && self.qualifiers.borrow().iter().all(|name| name.value != alias.value)
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
