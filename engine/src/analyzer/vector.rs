//! Texts as sparse vectors: what a BM25 function makes of documents, and a search of its query.

use super::{Analyzer, term_id};

impl Analyzer {
    /// The number of each term and how often it stands in the text, by rising number; may be empty.
    pub fn vector(&self, text: &str) -> Vec<(u32, f32)> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_terms() {
        let analyzer = Analyzer::from_params(None).unwrap();
        let mut expected: Vec<(u32, f32)> = [("to", 2.0), ("be", 2.0), ("or", 1.0), ("not", 1.0)]
            .map(|(term, count)| (term_id(term), count))
            .to_vec();
        expected.sort_by_key(|(term, _)| *term);
        assert_eq!(analyzer.vector("to be, or not to be"), expected);
        assert!(analyzer.vector("").is_empty());
    }
}
