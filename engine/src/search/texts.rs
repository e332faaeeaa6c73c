//! What TEXT_MATCH and PHRASE_MATCH ask of a collection's texts: each field's analyzer, over the
//! texts as they are stored.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::analyzer::Analyzer;
use crate::analyzer::matching::{PhraseQuery, TermQuery};
use crate::catalog::Collection;
use crate::error::{Error, Result};
use crate::expr::Texts;
use crate::schema::param;
use crate::segment::Segment;
use crate::segment::column::Cell;

pub struct FieldTexts<'a> {
    segment: &'a Segment,
    /// by the number of the column
    analyzers: HashMap<usize, Analyzer>,
    /// queries once they are analyzed, since each row asks again
    terms: RefCell<HashMap<(usize, String, usize), TermQuery>>,
    phrases: RefCell<HashMap<(usize, String, u32), PhraseQuery>>,
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

impl Texts for FieldTexts<'_> {
    fn text_match(&self, column: usize, row: usize, query: &str, min_should_match: usize) -> bool {
        let Some((analyzer, text)) = self.text(column, row) else { return false };
        let mut known = self.terms.borrow_mut();
        known
            .entry((column, query.to_string(), min_should_match))
            .or_insert_with(|| TermQuery::new(analyzer, query, min_should_match))
            .matches(analyzer, text)
    }

    fn phrase_match(&self, column: usize, row: usize, query: &str, slop: u32) -> bool {
        let Some((analyzer, text)) = self.text(column, row) else { return false };
        let mut known = self.phrases.borrow_mut();
        known
            .entry((column, query.to_string(), slop))
            .or_insert_with(|| PhraseQuery::new(analyzer, query, slop))
            .matches(analyzer, text)
    }
}
