//! Milvus's filters. The life of one: [`parse`] makes a tree of its text, [`Expr::typed`] holds it
//! against a schema and puts values into its template variables, [`Filter::matches`] tells of rows
//! of a segment for which of them it is true.
//!
//! Meaning (Milvus's documentation "Filtering Explained", and what a server does): three-valued.
//! NULL, a key that is missing, a JSON value of another type than the constant, and an index behind
//! the end of an array are unknown; unknown is not a match, and neither is its opposite. `is null`
//! and `exists` are never unknown. Numbers are compared exactly, true is not 1, and a FLOAT is
//! compared with the constant that is rounded as it is.

mod eval;
mod json;
mod lex;
mod like;
mod literal;
mod parse;
mod plan;
mod set;
mod spatial;
mod template;
mod tree;
mod types;
pub mod value;

use std::ops::Range;

use crate::error::{Error, Kind, Result};
use crate::schema::Schema;
use crate::segment::bits::Bits;
use crate::segment::{Key, Segment};
use crate::zone;
pub use template::templates;
use value::Templates;

/// What `text_match` and `phrase_match` ask: whoever has analyzers and inverted indexes answers.
/// Columns and rows are a segment's; rows that are NULL are not asked for.
pub trait Texts {
    /// Whether the text has at least so many of the query's terms.
    fn text_match(&self, column: usize, row: usize, query: &str, min_should_match: usize) -> bool;

    /// Whether the text has the query's terms in order, moved by `slop` places at most.
    fn phrase_match(&self, column: usize, row: usize, query: &str, slop: u32) -> bool;
}

/// A filter that is well formed, of whatever fields.
#[derive(Clone, Debug)]
pub struct Expr {
    text: Box<str>,
    /// none of an empty text, which all rows match
    root: Option<tree::Node>,
    /// of moments that are written without an offset
    zone: Box<str>,
}

/// A filter of a schema's fields, ready for its segments.
#[derive(Clone, Debug)]
pub struct Filter {
    node: plan::Node,
    keys: Option<Vec<Key>>,
    /// which rows a sample has of those that match
    seed: u64,
}

/// Reads a filter. An empty text is a filter that all rows match.
pub fn parse(text: &str) -> Result<Expr> {
    let root = match text.trim().is_empty() {
        true => None,
        false => Some(parse::parse(text).map_err(|why| refused(text, &why))?),
    };
    Ok(Expr { text: text.into(), root, zone: zone::UTC.into() })
}

/// The column that `meta["place"]["row"]` or a dynamic key is in, and the keys on the way there.
pub fn identifier(text: &str, schema: &Schema) -> Result<(usize, Vec<String>)> {
    parse::parse(text).and_then(|node| types::identifier(text, &node, schema)).map_err(|why| {
        Error::new(Kind::QueryPlan, format!("cannot parse identifier: {text}, error: {why}"))
    })
}

impl Expr {
    /// The same with moments of a time zone where they name none.
    pub fn in_zone(self, zone: &str) -> Expr {
        Expr { zone: zone.into(), ..self }
    }

    /// Holds it against the fields, with the values of its template variables.
    pub fn typed(&self, schema: &Schema, templates: &Templates) -> Result<Filter> {
        let Some(root) = &self.root else { return Ok(Filter::always()) };
        let mut node = types::predicate(&self.text, root, schema, templates, &self.zone)
            .map_err(|why| refused(&self.text, &why))?;
        node.arrange();
        let keys = node.keys(schema.primary());
        Ok(Filter { node, keys, seed: 0 })
    }
}

impl Filter {
    /// The filter that all rows match.
    pub fn always() -> Filter {
        Filter { node: plan::Node::Always(true), keys: None, seed: 0 }
    }

    /// The filter of a request at a moment: another one samples other rows.
    pub fn at(self, moment: u64) -> Filter {
        Filter { seed: moment, ..self }
    }

    /// Whether all rows match, whatever is in them.
    pub fn is_always(&self) -> bool {
        matches!(self.node, plan::Node::Always(true))
    }

    /// How many rows it is asked at a time, so that it takes some milliseconds: all of them where
    /// it is fast, since the sorted lists of an index are those of all rows.
    pub fn step(&self) -> usize {
        if self.node.is_slow() { STEP } else { usize::MAX }
    }

    /// The rows that match: a bit for each of `rows`, the first bit for the first of them.
    pub fn matches(&self, segment: &Segment, rows: Range<usize>, texts: &dyn Texts) -> Bits {
        let end = rows.end.min(segment.rows());
        let rows = rows.start.min(end)..end;
        self.eval(segment, rows, texts).truth(&self.node, None).yes
    }

    /// A column of the array of structs whose elements it is for, where it is for elements.
    pub fn element_column(&self) -> Option<usize> {
        match self.node {
            plan::Node::ElementFilter { column, .. } => Some(column),
            _ => None,
        }
    }

    /// The elements that match, of each of some rows that do; none where it is for rows.
    pub fn elements(
        &self,
        segment: &Segment,
        rows: &[usize],
        texts: &dyn Texts,
    ) -> Option<Vec<Vec<usize>>> {
        let plan::Node::ElementFilter { column, of, .. } = &self.node else { return None };
        Some(self.eval(segment, 0..0, texts).elements(*column, of, rows))
    }

    fn eval<'a>(
        &self,
        segment: &'a Segment,
        rows: Range<usize>,
        texts: &'a dyn Texts,
    ) -> eval::Eval<'a> {
        eval::Eval { segment, rows, texts, seed: self.seed, elements: None }
    }

    /// The keys of a filter that asks for keys and nothing else (`pk in [2, 1]`, `pk == 1`), as
    /// they are written.
    pub fn keys(&self) -> Option<&[Key]> {
        self.keys.as_deref()
    }
}

/// Rows of a filter that may take a microsecond for each; a multiple of 64.
const STEP: usize = 1 << 14;

/// How much of a filter an error quotes, in characters.
const QUOTED: usize = 1000;

fn refused(text: &str, why: &str) -> Error {
    let cut = |text: &str| match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    };
    Error::new(
        Kind::QueryPlan,
        format!("cannot parse expression: {}, error: {}", cut(text), cut(why)),
    )
}
