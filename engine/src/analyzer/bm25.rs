//! BM25 over sparse vectors: terms of texts, statistics of a collection, scores.
//!
//! Texts become vectors of term numbers and counts; statistics take vectors in and out and turn a
//! query's counts into weights; a scorer gives a document's score. The formulas are Milvus's, over
//! terms t of the query q and a document d:
//!
//! `score = sum of count(t, q) * idf(t) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * |d| / avgdl))`,
//! `idf(t) = ln(1 + (N - n(t) + 0.5) / (n(t) + 0.5))`
//!
//! with tf the count of t in d, |d| the tokens of d, avgdl their mean, N the documents and n(t)
//! those that have t. Source: <https://milvus.io/docs/full-text-search.md>; Robertson and
//! Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).

use std::collections::HashMap;

use super::{Analyzer, term_id};

/// Milvus's `bm25_k1` where an index names none.
pub const DEFAULT_K1: f32 = 1.2;
/// Milvus's `bm25_b` where an index names none.
pub const DEFAULT_B: f32 = 0.75;

impl Analyzer {
    /// The sparse vector of a text: the number of each term and how often it stands there, by
    /// rising number. It is the output of a BM25 function and may be empty.
    pub fn document_vector(&self, text: &str) -> Vec<(u32, f32)> {
        let mut terms = Vec::new();
        self.each_token(text, |token| terms.push(term_id(&token.text)));
        terms.sort_unstable();
        let mut vector: Vec<(u32, f32)> = Vec::with_capacity(terms.len());
        for term in terms {
            match vector.last_mut() {
                Some((last, count)) if *last == term => *count += 1.0,
                _ => vector.push((term, 1.0)),
            }
        }
        vector
    }

    /// The sparse vector of a query, which [`Statistics::weigh`] gives its weights.
    pub fn query_vector(&self, text: &str) -> Vec<(u32, f32)> {
        self.document_vector(text)
    }
}

/// What BM25 knows of all documents of a field. Milvus counts a deleted document until compaction
/// takes it away; when to remove it is the caller's choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    documents: u64,
    tokens: u64,
    with_term: HashMap<u32, u32>,
}

impl Statistics {
    /// Counts a document's vector in.
    pub fn add(&mut self, vector: &[(u32, f32)]) {
        self.documents += 1;
        for &(term, count) in vector {
            self.tokens += count as u64;
            *self.with_term.entry(term).or_default() += 1;
        }
    }

    /// Takes out a document's vector that was counted in.
    pub fn remove(&mut self, vector: &[(u32, f32)]) {
        self.documents = self.documents.saturating_sub(1);
        for &(term, count) in vector {
            self.tokens = self.tokens.saturating_sub(count as u64);
            if let Some(documents) = self.with_term.get_mut(&term) {
                *documents = documents.saturating_sub(1);
                if *documents == 0 {
                    self.with_term.remove(&term);
                }
            }
        }
    }

    /// Counts the documents of other statistics in.
    pub fn merge(&mut self, other: &Statistics) {
        self.documents += other.documents;
        self.tokens += other.tokens;
        for (term, documents) in &other.with_term {
            *self.with_term.entry(*term).or_default() += documents;
        }
    }

    pub fn documents(&self) -> u64 {
        self.documents
    }

    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// How many documents have a term.
    pub fn documents_with(&self, term: u32) -> u32 {
        self.with_term.get(&term).copied().unwrap_or(0)
    }

    /// The mean of the documents' tokens; 0 without documents or tokens, when Milvus answers a
    /// search with nothing.
    pub fn average_length(&self) -> f64 {
        if self.documents == 0 { 0.0 } else { self.tokens as f64 / self.documents as f64 }
    }

    /// How much a term tells.
    pub fn idf(&self, term: u32) -> f32 {
        let with = f64::from(self.documents_with(term));
        (1.0 + (self.documents as f64 - with + 0.5) / (with + 0.5)).ln() as f32
    }

    /// A query's counts times the idf of their terms.
    pub fn weigh(&self, query: &[(u32, f32)]) -> Vec<(u32, f32)> {
        query.iter().map(|&(term, count)| (term, count * self.idf(term))).collect()
    }
}

/// The part of the formula that a document decides.
#[derive(Clone, Copy, Debug)]
pub struct Scorer {
    k1: f32,
    b: f32,
    average_length: f32,
}

impl Scorer {
    /// Milvus has `k1` from 0 to 3 and `b` from 0 to 1; the caller checks. The average is that of
    /// [`Statistics::average_length`] and above 0.
    pub fn new(k1: f32, b: f32, average_length: f64) -> Scorer {
        Scorer { k1, b, average_length: average_length as f32 }
    }

    /// What a document's length adds to each of its counts, the same for all its terms.
    pub fn length_norm(&self, length: f32) -> f32 {
        self.k1 * (1.0 - self.b + self.b * (length / self.average_length))
    }

    /// What a term of weight 1 that the document has `count` times adds to its score.
    pub fn term(&self, count: f32, length_norm: f32) -> f32 {
        count * (self.k1 + 1.0) / (count + length_norm)
    }

    /// The score of a document's vector for a query's weights; both by rising term. Nothing when
    /// they share no term: such a document is no hit.
    pub fn score(&self, weights: &[(u32, f32)], document: &[(u32, f32)]) -> Option<f32> {
        let norm = self.length_norm(length(document));
        let mut score = None;
        let mut rest = document.iter().peekable();
        for &(term, weight) in weights {
            while rest.next_if(|(other, _)| *other < term).is_some() {}
            if let Some(&(_, count)) = rest.next_if(|(other, _)| *other == term) {
                *score.get_or_insert(0.0) += weight * self.term(count, norm);
            }
        }
        score
    }
}

/// How many tokens a document's vector counts.
pub fn length(vector: &[(u32, f32)]) -> f32 {
    vector.iter().map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: f32, expected: f32) {
        assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{found} {expected}");
    }

    /// The table says how it was made.
    #[test]
    fn scores_as_bm25s_does() {
        let analyzer = Analyzer::from_params(None).unwrap();
        let table = include_str!("testdata/bm25.tsv");
        let mut statistics = Statistics::default();
        let mut documents = Vec::new();
        for text in table.lines().filter_map(|line| line.strip_prefix("document\t")) {
            let vector = analyzer.document_vector(text);
            statistics.add(&vector);
            documents.push(vector);
        }
        let scorer = Scorer::new(DEFAULT_K1, DEFAULT_B, statistics.average_length());
        let mut queries = 0;
        for line in table.lines().filter_map(|line| line.strip_prefix("query\t")) {
            let (query, expected) = line.split_once('\t').unwrap();
            let weights = statistics.weigh(&analyzer.query_vector(query));
            for (document, expected) in documents.iter().zip(expected.split(' ')) {
                let expected: f32 = expected.parse().unwrap();
                let score = scorer.score(&weights, document);
                assert_eq!(score.is_some(), expected > 0.0, "{query}");
                assert_near(score.unwrap_or(0.0), expected);
            }
            queries += 1;
        }
        assert_eq!((documents.len(), queries), (20, 8));
    }

    #[test]
    fn counts_terms() {
        let analyzer = Analyzer::from_params(None).unwrap();
        let vector = analyzer.document_vector("to be, or not to be");
        let mut expected: Vec<(u32, f32)> = [("to", 2.0), ("be", 2.0), ("or", 1.0), ("not", 1.0)]
            .map(|(term, count)| (term_id(term), count))
            .to_vec();
        expected.sort_by_key(|(term, _)| *term);
        assert_eq!(vector, expected);
        assert_eq!(length(&vector), 6.0);
        assert!(analyzer.document_vector("").is_empty());
    }

    #[test]
    fn a_term_that_a_query_has_twice_weighs_twice() {
        let analyzer = Analyzer::from_params(None).unwrap();
        let document = analyzer.document_vector("milvus keeps vectors");
        let mut statistics = Statistics::default();
        statistics.add(&document);
        let scorer = Scorer::new(DEFAULT_K1, DEFAULT_B, statistics.average_length());
        let score = |query| {
            scorer.score(&statistics.weigh(&analyzer.query_vector(query)), &document).unwrap()
        };
        assert_near(score("milvus milvus"), 2.0 * score("milvus"));
        // One document of average length: ln(1 + 0.5 / 1.5) * 2.2 / 2.2.
        assert_near(score("milvus"), (4.0_f32 / 3.0).ln());
    }

    #[test]
    fn what_is_removed_is_as_if_never_added() {
        let analyzer = Analyzer::from_params(None).unwrap();
        let [first, second] = ["a b b", "b c"].map(|text| analyzer.document_vector(text));
        let mut both = Statistics::default();
        both.add(&first);
        let only_first = both.clone();
        both.add(&second);
        assert_eq!((both.documents(), both.tokens()), (2, 5));
        assert_eq!(both.documents_with(term_id("b")), 2);
        let mut merged = Statistics::default();
        merged.add(&second);
        merged.merge(&only_first);
        assert_eq!(merged, both);
        both.remove(&second);
        assert_eq!(both, only_first);
        both.remove(&first);
        assert_eq!(both, Statistics::default());
        assert_eq!(both.average_length(), 0.0);
    }
}
