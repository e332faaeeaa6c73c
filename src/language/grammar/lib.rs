//! The dialect's grammar, `grammar.pest`, as a parser. In: a statement and the rule of its first
//! word. Out: pest's pairs.

use pest::iterators::Pairs;
use pest::{Parser as _, error::Error};

#[allow(missing_docs)]
mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub struct Grammar;
}
pub use generated::Rule;

/// Matches the whole text against a rule.
pub fn parse(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Box<Error<Rule>>> {
    generated::Grammar::parse(rule, text).map_err(Box::new)
}
