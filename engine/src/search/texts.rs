//! The analyzers of a collection's fields, and what TEXT_MATCH and PHRASE_MATCH ask of them: over
//! the texts as they are stored.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::analyzer::Analyzer;
use crate::analyzer::matching::{PhraseQuery, TermQuery};
use crate::analyzer::several::SeveralAnalyzers;
use crate::catalog::Collection;
use crate::error::{Error, Result};
use crate::expr::Texts;
use crate::schema::{Field, param};
use crate::segment::Segment;
use crate::segment::column::Cell;

pub struct FieldTexts<'a> {
    segment: &'a Segment,
    /// by the number of the column
    analyzers: HashMap<usize, Analyzer>,
    /// queries once they are analyzed, since each row asks again
    terms: RefCell<Known<usize, TermQuery>>,
    phrases: RefCell<Known<u32, PhraseQuery>>,
}

impl<'a> FieldTexts<'a> {
    pub fn new(collection: &'a Collection) -> Result<FieldTexts<'a>> {
        let mut analyzers = HashMap::new();
        for (index, field) in collection.schema.fields.iter().enumerate() {
            let params = &field.message.type_params;
            if param(params, "enable_match") == Some("true") {
                let analyzer = Analyzer::from_params(param(params, "analyzer_params"));
                analyzers.insert(index, analyzer.map_err(Error::invalid)?);
            }
        }
        let segment = &collection.segment;
        Ok(FieldTexts {
            segment,
            analyzers,
            terms: RefCell::default(),
            phrases: RefCell::default(),
        })
    }

    fn text(&self, column: usize, row: usize) -> Option<(&Analyzer, &str)> {
        match (self.analyzers.get(&column), self.segment.column(column)?.cell(row)) {
            (Some(analyzer), Cell::Text(text)) => Some((analyzer, text)),
            _ => None,
        }
    }
}

/// What makes terms of a field's texts.
pub enum FieldAnalyzer {
    One(Analyzer),
    /// another field of the row says which
    Several(SeveralAnalyzers),
}

impl FieldAnalyzer {
    pub fn new(field: &Field) -> Result<FieldAnalyzer> {
        let params = &field.message.type_params;
        Ok(match param(params, "multi_analyzer_params") {
            Some(json) => {
                FieldAnalyzer::Several(SeveralAnalyzers::from_params(json).map_err(Error::invalid)?)
            }
            None => FieldAnalyzer::One(
                Analyzer::from_params(param(params, "analyzer_params")).map_err(Error::invalid)?,
            ),
        })
    }

    /// The field that says which analyzer is meant.
    pub fn by_field(&self) -> Option<&str> {
        match self {
            FieldAnalyzer::One(_) => None,
            FieldAnalyzer::Several(several) => Some(several.by_field()),
        }
    }

    pub fn named(&self, name: &str) -> &Analyzer {
        match self {
            FieldAnalyzer::One(analyzer) => analyzer,
            FieldAnalyzer::Several(several) => several.analyzer(name),
        }
    }
}

/// The queries of a filter, which are few: looked through one by one, so that a row costs no copy
/// of a query's text.
struct Known<N, Q> {
    queries: Vec<(usize, String, N, Rc<Q>)>,
}

impl<N, Q> Default for Known<N, Q> {
    fn default() -> Known<N, Q> {
        Known { queries: Vec::new() }
    }
}

impl<N: Copy + PartialEq, Q> Known<N, Q> {
    fn get(&mut self, column: usize, text: &str, number: N, new: impl FnOnce() -> Q) -> Rc<Q> {
        for (of, words, count, query) in &self.queries {
            if *of == column && *count == number && words == text {
                return Rc::clone(query);
            }
        }
        let query = Rc::new(new());
        self.queries.push((column, text.to_string(), number, Rc::clone(&query)));
        query
    }
}

impl Texts for FieldTexts<'_> {
    fn text_match(&self, column: usize, row: usize, query: &str, min_should_match: usize) -> bool {
        let Some((analyzer, text)) = self.text(column, row) else { return false };
        let new = || TermQuery::new(analyzer, query, min_should_match);
        let mut known = self.terms.borrow_mut();
        known.get(column, query, min_should_match, new).matches(analyzer, text)
    }

    fn phrase_match(&self, column: usize, row: usize, query: &str, slop: u32) -> bool {
        let Some((analyzer, text)) = self.text(column, row) else { return false };
        let new = || PhraseQuery::new(analyzer, query, slop);
        let mut known = self.phrases.borrow_mut();
        known.get(column, query, slop, new).matches(analyzer, text)
    }
}
