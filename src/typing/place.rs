//! Where the cursor is: the word that is being typed, the string that it stands in, and what the
//! grammar would go on with in place of it. In: a cell and a cursor. Out: a [`Place`]; none where
//! nothing is to be offered, as in a comment.

use milvus_kernel_grammar::{self as grammar, Next};

use super::role::LEAVES;
use crate::diagnostic::Span;
use crate::language::numbers::scan;

/// A longer statement is not read at each keystroke.
const MOST: usize = 16_000;

pub(super) struct Place<'a> {
    /// what a candidate replaces
    pub(super) span: Span,
    /// what of it is typed
    pub(super) word: &'a str,
    /// the quote of the string or name that is open
    pub(super) quote: Option<char>,
    /// the statement up to the word, without comments and lists of numbers
    pub(super) before: String,
    /// the same as it stands in the cell
    pub(super) written: &'a str,
    /// the cell behind the cursor
    pub(super) behind: &'a str,
    pub(super) next: Vec<Next>,
    /// whether a statement begins here
    pub(super) is_start: bool,
}

pub(super) fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '$'
}

/// Where the word ends before which nothing but it stands.
fn word_start(text: &str) -> usize {
    text.trim_end_matches(is_word).len()
}

impl<'a> Place<'a> {
    pub(super) fn find(cell: &'a str, cursor: usize) -> Option<Place<'a>> {
        let typed = cell.get(..cursor)?;
        let behind = cell.get(cursor..)?;
        let mut start = word_start(typed);
        // an address is a word, and a variable has its sign
        let is_end = |char: char| char.is_whitespace() || "';".contains(char);
        let token = typed.trim_end_matches(|char| !is_end(char)).len();
        if typed.get(token..)?.to_ascii_lowercase().starts_with("milvus:") {
            start = token;
        }
        let lead = typed.get(..start)?;
        if lead.ends_with([':', '@']) && !lead.ends_with("::") {
            start -= 1;
        }
        let mut quote = None;
        let mut before = typed.get(..start)?;
        let scanned = match scan(before) {
            Ok(scanned) => scanned,
            Err(error) => {
                // a string is open: what is in it is what is being typed
                let open = error.span?.start;
                let mark = before.get(open..)?.chars().next()?;
                if !matches!(mark, '\'' | '"' | '`') {
                    return None;
                }
                quote = Some(mark);
                before = before.get(..open)?;
                start = if mark == '`' { open } else { open + 1 };
                scan(before).ok()?
            }
        };
        if let Some(comment) = scanned.comments.last()
            && comment.end == before.len()
            && !before.get(comment.start..)?.starts_with("/*")
        {
            return None;
        }
        let (from, short) = match scanned.statements.last() {
            Some((from, end)) if !scanned.text.get(*end..)?.contains(';') => {
                (scanned.in_cell(*from), scanned.text.get(*from..)?)
            }
            _ => (before.len(), ""),
        };
        let word = typed.get(start..)?;
        let (next, is_start) = following(short, quote.is_some())?;
        Some(Place {
            span: Span::new(start, cursor),
            word: if quote == Some('`') { word.trim_start_matches('`') } else { word },
            quote,
            written: before.get(from..)?,
            before: short.to_string(),
            behind,
            next,
            is_start,
        })
    }

    /// The word, in capitals, that opens the statement.
    pub(super) fn opener(&self) -> &str {
        let own = self.before.trim_start();
        own.split(|char| !is_word(char)).next().unwrap_or_default()
    }

    /// What stands before the word, without blanks.
    pub(super) fn lead(&self) -> &str {
        self.before.trim_end()
    }

    /// The name before a point: `t` of `t.`
    pub(super) fn qualifier(&self) -> Option<&str> {
        let name = self.before.strip_suffix('.')?.trim_end_matches('`');
        name.get(word_start(name)..).filter(|name| !name.is_empty())
    }

    /// The last name before the word, whatever stands between.
    pub(super) fn last_name(&self) -> &str {
        let lead = self.lead().trim_end_matches(|char: char| !is_word(char));
        lead.get(word_start(lead)..).unwrap_or_default()
    }

    /// The name before the last `=`, whose value is being typed.
    pub(super) fn parameter(&self) -> &str {
        let lead = self.lead().trim_end_matches('=').trim_end();
        let lead = lead.trim_end_matches(['\'', '"', '`']);
        let start = lead.trim_end_matches(|char| is_word(char) || char == '.').len();
        lead.get(start..).unwrap_or_default()
    }
}

/// What stands behind a word that a text begins with.
fn behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(word.len())?;
    (first.eq_ignore_ascii_case(word) && !rest.starts_with(is_word)).then(|| rest.trim_start())
}

/// What may follow the beginning of a statement, and whether that is a statement's first word.
fn following(mut before: &str, in_string: bool) -> Option<(Vec<Next>, bool)> {
    if before.len() > MOST {
        return None;
    }
    let mut is_start = before.is_empty();
    if let Some(explained) = behind(before, "EXPLAIN") {
        before = explained;
        // ANALYZE by itself is of a text
        match behind(before, "ANALYZE") {
            Some("") => is_start = true,
            Some(analyzed) if analyzed.starts_with(char::is_alphabetic) => before = analyzed,
            _ => is_start = before.is_empty(),
        }
    }
    if before.is_empty() {
        return Some((Vec::new(), is_start && !in_string));
    }
    let opener = before.split(|char| !is_word(char)).next().unwrap_or_default();
    let next = grammar::follow(grammar::statement_of(opener)?, before, LEAVES);
    Some((next, is_start && !in_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wasm has 1 MB of stack, and a worker that is out of it is gone.
    #[test]
    fn what_is_nested_deeply_takes_little_of_the_stack() {
        let within = |cell: String| {
            let small = std::thread::Builder::new().stack_size(1 << 20);
            let found = small.spawn(move || Place::find(&cell, cell.len()).map(|at| at.next.len()));
            found.expect("a thread").join().expect("stack enough")
        };
        for deep in ["CASE ", "CASE WHEN ", "CASE WHEN a THEN ", "NOT ", "CASE a WHEN -"] {
            within(format!("SELECT {}", deep.repeat(15_000 / deep.len())));
        }
        for deep in ["(", "f(", "SUM(", "(SELECT a FROM t WHERE ", "(CASE WHEN ", "a IN ("] {
            within(format!("SELECT {}", deep.repeat(32)));
        }
        assert!(within(format!("SELECT {}", "lower(".repeat(20))).is_some_and(|next| next > 0));
    }
}
