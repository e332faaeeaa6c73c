//! Whether a text has a query's terms: TEXT_MATCH, TEXT_MATCH_FUZZY and PHRASE_MATCH.
//!
//! A query and an analyzer go in once; then texts, analyzed alike, and whether each matches. The
//! terms of a query are there for an inverted index to look up first.
//! Source: <https://milvus.io/docs/keyword-match.md>, <https://milvus.io/docs/phrase-match.md>.

use std::collections::HashMap;

use super::Analyzer;

/// TEXT_MATCH: enough of the query's terms are in the text.
#[derive(Clone, Debug)]
pub struct TermQuery {
    terms: Vec<String>,
    least: usize,
}

/// TEXT_MATCH_FUZZY: one of the query's terms is in the text up to a few typing errors.
#[derive(Clone, Debug)]
pub struct FuzzyQuery {
    terms: Vec<Vec<char>>,
    distance: usize,
}

/// PHRASE_MATCH: the query's terms stand together in the text.
#[derive(Clone, Debug)]
pub struct PhraseQuery {
    /// Each term with how far it stands before the phrase's last place.
    terms: Vec<(String, usize)>,
    slop: usize,
}

impl Analyzer {
    /// Whether at least `min_should_match` (no less than one) of the query's terms are in the text.
    pub fn text_match(&self, text: &str, query: &str, min_should_match: usize) -> bool {
        TermQuery::new(self, query, min_should_match).matches(self, text)
    }

    /// Whether one of the query's terms is in the text with at most `max_edit_distance` errors.
    pub fn text_match_fuzzy(&self, text: &str, query: &str, max_edit_distance: usize) -> bool {
        FuzzyQuery::new(self, query, max_edit_distance).matches(self, text)
    }

    /// Whether the query's terms stand in the text as in the query, moved by `slop` in all.
    pub fn phrase_match(&self, text: &str, query: &str, slop: u32) -> bool {
        PhraseQuery::new(self, query, slop).matches(self, text)
    }
}

impl TermQuery {
    /// A term that the query has twice counts twice, as in Milvus.
    pub fn new(analyzer: &Analyzer, query: &str, min_should_match: usize) -> TermQuery {
        let mut terms = Vec::new();
        analyzer.each_token(query, |token| terms.push(token.text.clone()));
        TermQuery { terms, least: min_should_match.max(1) }
    }

    /// The terms, and how many of them a text must have.
    pub fn terms(&self) -> (&[String], usize) {
        (&self.terms, self.least)
    }

    /// Whether the text matches; an empty query matches nothing.
    pub fn matches(&self, analyzer: &Analyzer, text: &str) -> bool {
        let mut found = vec![false; self.terms.len()];
        analyzer.each_token(text, |token| {
            for (term, found) in self.terms.iter().zip(&mut found) {
                *found |= *term == token.text;
            }
        });
        found.into_iter().filter(|found| *found).count() >= self.least
    }
}

impl FuzzyQuery {
    /// Milvus bounds the distance by 2; the caller checks.
    pub fn new(analyzer: &Analyzer, query: &str, max_edit_distance: usize) -> FuzzyQuery {
        let mut terms = Vec::new();
        analyzer.each_token(query, |token| terms.push(token.text.chars().collect()));
        FuzzyQuery { terms, distance: max_edit_distance }
    }

    /// Whether the text matches.
    pub fn matches(&self, analyzer: &Analyzer, text: &str) -> bool {
        let mut found = false;
        analyzer.each_token(text, |token| {
            if !found {
                let word: Vec<char> = token.text.chars().collect();
                found = self.terms.iter().any(|term| self.is_near(term, &word));
            }
        });
        found
    }

    /// Whether insertions, deletions, replacements and swaps of neighbours, `distance` in all,
    /// make one of the other (the optimal string alignment distance).
    fn is_near(&self, term: &[char], word: &[char]) -> bool {
        if term.len().abs_diff(word.len()) > self.distance {
            return false;
        }
        let mut earlier: Vec<usize> = Vec::new();
        let mut last: Vec<usize> = (0..=word.len()).collect();
        let mut before = None;
        for (row, &a) in term.iter().enumerate() {
            let mut costs = Vec::with_capacity(word.len() + 1);
            let mut left = row + 1;
            costs.push(left);
            let mut previous = None;
            for (column, (&b, above)) in word.iter().zip(last.windows(2)).enumerate() {
                let &[diagonal, up] = above else { break };
                let mut cost = (diagonal + usize::from(a != b)).min(up + 1).min(left + 1);
                if before == Some(b) && previous == Some(a) {
                    let swapped = column.checked_sub(1).and_then(|at| earlier.get(at));
                    cost = cost.min(swapped.map_or(cost, |swapped| swapped + 1));
                }
                costs.push(cost);
                left = cost;
                previous = Some(b);
            }
            earlier = std::mem::replace(&mut last, costs);
            before = Some(a);
        }
        last.last().is_some_and(|cost| *cost <= self.distance)
    }
}

impl PhraseQuery {
    pub fn new(analyzer: &Analyzer, query: &str, slop: u32) -> PhraseQuery {
        let mut terms = Vec::new();
        analyzer.each_token(query, |token| terms.push((token.text.clone(), token.position)));
        let end = terms.iter().map(|(_, position)| *position).max().unwrap_or(0);
        for (_, position) in &mut terms {
            *position = end - *position;
        }
        PhraseQuery { terms, slop: slop as usize }
    }

    /// The terms, all of which a text must have.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|(term, _)| term.as_str())
    }

    /// Whether the text matches; an empty query matches nothing.
    ///
    /// Each occurrence of a term says where the phrase's end would be if it stood right. The text
    /// matches when the terms have occurrences whose ends are at most `slop` apart, in whatever
    /// order they stand: a word between costs 1, a swap of neighbours 2. tantivy means the same;
    /// with three terms and more it looks for the ends one term after the other and may miss some.
    pub fn matches(&self, analyzer: &Analyzer, text: &str) -> bool {
        let mut places: HashMap<&str, Vec<usize>> =
            self.terms.iter().map(|(term, _)| (term.as_str(), Vec::new())).collect();
        analyzer.each_token(text, |token| {
            if let Some(places) = places.get_mut(token.text.as_str()) {
                places.push(token.position);
            }
        });
        let mut ends: Vec<Vec<usize>> = Vec::with_capacity(self.terms.len());
        for (term, shift) in &self.terms {
            let places = places.get(term.as_str()).map_or(&[][..], Vec::as_slice);
            ends.push(places.iter().rev().map(|place| place + shift).collect());
        }
        self.has_all_within(ends)
    }

    /// Whether a window of `slop` holds an end of every term; a term's ends are given last first.
    fn has_all_within(&self, mut ends: Vec<Vec<usize>>) -> bool {
        loop {
            let mut lowest: Option<(usize, usize)> = None;
            let mut highest = 0;
            for (term, ends) in ends.iter().enumerate() {
                let Some(&end) = ends.last() else { return false };
                highest = highest.max(end);
                if lowest.is_none_or(|(_, low)| end < low) {
                    lowest = Some((term, end));
                }
            }
            match lowest {
                None => return false,
                Some((_, low)) if highest - low <= self.slop => return true,
                // No window with this end can hold the others: they only rise.
                Some((term, _)) => ends.get_mut(term).and_then(Vec::pop),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard() -> Analyzer {
        Analyzer::from_params(None).unwrap()
    }

    #[test]
    fn enough_terms_match() {
        let texts = ["a b", "a c", "b c", "c", "a b c"];
        for (query, least, expected) in [
            ("a b", 0, vec![0, 1, 2, 4]),
            ("a b", 1, vec![0, 1, 2, 4]),
            ("A B C", 2, vec![0, 1, 2, 4]),
            ("a b c", 3, vec![4]),
            ("a b c", 10, vec![]),
            ("c c", 2, vec![1, 2, 3, 4]),
            (" ,", 1, vec![]),
        ] {
            let found: Vec<usize> = (0..texts.len())
                .filter(|at| standard().text_match(texts[*at], query, least))
                .collect();
            assert_eq!(found, expected, "{query} {least}");
        }
    }

    /// From Milvus's tests, and by hand.
    #[test]
    fn typing_errors_are_forgiven() {
        for (text, query, distance, expected) in [
            ("allergy", "alergy", 1, true),
            ("allergy", "alergy", 0, false),
            ("allergic", "alergy", 2, false),
            ("apple", "alergy aple", 1, true),
            ("ab", "ba", 1, true),
            ("abc", "cba", 1, false),
            ("abc", "cba", 2, true),
            ("ca", "abc", 2, false),
            ("表情", "表", 1, true),
            ("ab", "", 2, false),
        ] {
            assert_eq!(
                standard().text_match_fuzzy(text, query, distance),
                expected,
                "{text} {query}"
            );
        }
    }

    /// The first are the examples of <https://milvus.io/docs/phrase-match.md>, the rest tantivy's
    /// on what slop means.
    #[test]
    fn phrases_match_up_to_slop() {
        for (text, query, slop, expected) in [
            ("machine learning boosts efficiency", "machine learning", 0, true),
            ("learning machine boosts efficiency", "machine learning", 0, false),
            ("a learning machine", "machine learning", 0, false),
            ("a learning machine", "machine learning", 2, true),
            ("machine deep learning", "machine learning", 0, false),
            ("machine deep learning", "machine learning", 1, true),
            ("learning machine boosts efficiency", "machine learning", 1, false),
            ("learning machine boosts efficiency", "machine learning", 2, true),
            ("learning a machine boosts efficiency", "learning machine", 1, true),
            ("learning a machine", "machine learning", 2, false),
            ("learning a machine", "machine learning", 3, true),
            ("a x b c", "a b c", 1, true),
            ("a b x c", "a b c", 1, true),
            ("a x b x c", "a b c", 1, false),
            ("a x b x c", "a b c", 2, true),
            ("c b a", "a b c", 3, false),
            ("c b a", "a b c", 4, true),
            ("a", "a", 0, true),
            ("b", "a b", 9, false),
            ("a", "a a", 0, false),
            ("a a", "a a", 0, true),
            ("a", ",", 0, false),
        ] {
            assert_eq!(
                standard().phrase_match(text, query, slop),
                expected,
                "{text} {query} {slop}"
            );
        }
    }

    /// Words that a filter drops keep their places, on both sides.
    #[test]
    fn stop_words_keep_their_places() {
        let analyzer = Analyzer::from_params(Some(r#"{"type": "english"}"#)).unwrap();
        assert!(analyzer.phrase_match("the state of the art", "states of an art", 0));
        assert!(!analyzer.phrase_match("the state art", "states of an art", 0));
        assert!(analyzer.phrase_match("the state art", "states of an art", 2));
    }

    /// Every choice of one occurrence per term, against the window.
    #[test]
    fn agrees_with_trying_every_choice() {
        let analyzer = standard();
        let mut seed = 7_u32;
        let mut random = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % below
        };
        let mut found = 0;
        for _ in 0..2_000 {
            let mut words = |count: u32| {
                (0..count).map(|_| ["a", "b", "c", "d"][random(4) as usize]).collect::<Vec<_>>()
            };
            let (text, query) = (words(8), words(3));
            let slop = random(5);
            let mut choices = vec![(0_i64, 0_i64)];
            for (at, term) in query.iter().enumerate() {
                let ends: Vec<i64> = text
                    .iter()
                    .enumerate()
                    .filter(|(_, word)| *word == term)
                    .map(|(place, _)| place as i64 - at as i64)
                    .collect();
                choices = choices
                    .iter()
                    .flat_map(|(low, high)| ends.iter().map(move |end| (low, high, *end)))
                    .map(
                        |(low, high, end)| {
                            if at == 0 { (end, end) } else { ((*low).min(end), (*high).max(end)) }
                        },
                    )
                    .collect();
            }
            let expected = choices.iter().any(|(low, high)| high - low <= i64::from(slop));
            let (text, query) = (text.join(" "), query.join(" "));
            assert_eq!(
                analyzer.phrase_match(&text, &query, slop),
                expected,
                "{text}; {query}; {slop}"
            );
            found += usize::from(expected);
        }
        assert!((200..1_800).contains(&found), "{found}");
    }
}
