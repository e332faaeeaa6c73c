//! The dialect's grammar as a parser: `grammar.pest`, and the keyword rules that `build.rs` makes
//! of the table of keywords. In: a statement and the rule of its first word. Out: pest's pairs, or
//! what may follow ([`follow()`]). Knows no syntax tree.

mod follow;

use std::num::NonZeroUsize;

use pest::iterators::Pairs;
use pest::{Parser as _, error::Error};

#[allow(missing_docs)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/grammar.rs"));
}
pub use follow::{Next, follow};
pub use generated::Rule;

/// The rule of the statement that a word opens, in any capitals.
pub fn statement_of(word: &str) -> Option<Rule> {
    let known = generated::STATEMENTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    known.map(|(_, rule)| *rule)
}

/// How many rules and pieces of rules are tried at the most: some 20 MB of values, and ten seconds
/// of wasm. A text that asks for more is refused with a custom error.
const MOST_CALLS: usize = 100_000_000;

/// Matches the whole text against a rule.
pub fn parse(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Box<Error<Rule>>> {
    pest::set_call_limit(NonZeroUsize::new(MOST_CALLS));
    generated::Grammar::parse(rule, text).map_err(Box::new)
}
