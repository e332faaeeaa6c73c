//! Regular expressions: `~`, REGEXP, and the functions of them. Their syntax is RE2's but for
//! Unicode classes, which is what Milvus has too; a point is any character, a line break as well.
//! Letters are the same in any case as far as ASCII goes.

use std::cell::RefCell;
use std::rc::Rc;

use regex_lite::{Regex, RegexBuilder};

use super::{describe, is_null, json, mismatch};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::outcome::Datum;

/// Expressions that are kept compiled: a condition is looked at row by row.
const KEPT: usize = 8;

thread_local! {
    static COMPILED: RefCell<Vec<(String, bool, Rc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

/// Whether a part of the text is what the pattern says.
pub(super) fn matches(
    value: &Datum,
    pattern: &str,
    any_case: bool,
    [place, pattern_place]: [Span; 2],
) -> Result<Option<bool>> {
    if is_null(value) {
        return Ok(None);
    }
    let regex = compiled(pattern, any_case, pattern_place)?;
    match &*json::plain(value) {
        Datum::Text(text) => Ok(Some(regex.is_match(text))),
        other => {
            let what = format!("a regular expression is of texts, and this is {}", describe(other));
            Err(mismatch(what, place))
        }
    }
}

/// `regexp_replace(text, pattern, to)`: every match; `$1` is what the first group has.
pub(super) fn replaced(text: &str, pattern: &str, to: &str, place: Span) -> Result<Datum> {
    let regex = compiled(pattern, false, place)?;
    Ok(Datum::Text(regex.replace_all(text, to).into_owned()))
}

/// `regexp_substr(text, pattern)`: the first match, or NULL.
pub(super) fn first(text: &str, pattern: &str, place: Span) -> Result<Datum> {
    let found = compiled(pattern, false, place)?.find(text).map(|found| found.as_str().to_string());
    Ok(found.map_or(Datum::Null, Datum::Text))
}

pub(super) fn compiled(pattern: &str, any_case: bool, place: Span) -> Result<Rc<Regex>> {
    COMPILED.with_borrow_mut(|kept| {
        let is_it =
            |(known, case, _): &&(String, bool, Rc<Regex>)| known == pattern && *case == any_case;
        if let Some((.., regex)) = kept.iter().find(is_it) {
            return Ok(regex.clone());
        }
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(any_case)
            .dot_matches_new_line(true)
            .build()
            .map_err(|error| {
                let message = format!("this is no regular expression: {error}");
                Diagnostic::new(Code::InvalidValue, message)
                    .at(place)
                    .help("a backslash before a sign takes it as it is: `'\\\\('`")
            })?;
        let regex = Rc::new(regex);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((pattern.to_string(), any_case, regex.clone()));
        Ok(regex)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_text_is_enough() {
        let is = |text: &str, pattern: &str, any_case: bool| {
            let text = Datum::Text(text.to_string());
            matches(&text, pattern, any_case, [Span::default(); 2]).expect(pattern)
        };
        for (text, pattern, any_case, expected) in [
            ("Alien", "^Al", false, true),
            ("Alien", "^al", false, false),
            ("Alien", "^al", true, true),
            ("a1b22", r"^\d\d", false, false),
            ("a1b22", r"\d\d", false, true),
            ("a\nb", "a.b", false, true),
            ("", "^$", false, true),
            ("表", "^.$", false, true),
        ] {
            assert_eq!(is(text, pattern, any_case), Some(expected), "{text} ~ {pattern}");
        }
        assert_eq!(matches(&Datum::Null, "a", false, [Span::default(); 2]), Ok(None));
    }

    #[test]
    fn what_is_no_regular_expression_is_said() {
        let error = compiled("a(", false, Span::default()).expect_err("no end");
        assert!(error.message.starts_with("this is no regular expression: "), "{}", error.message);
        assert!(matches(&Datum::Int(1), "1", false, [Span::default(); 2]).is_err());
    }
}
