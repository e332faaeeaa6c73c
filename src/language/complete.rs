//! Completion and inspection: what may stand at the cursor, and what the word there means. In: the
//! cell, the cursor (bytes) and the names that are known. Out: candidates, filtered; Markdown.
//! Parses nothing: a cell that is being typed is seldom a statement.

use super::help::{ORIGINAL, PAGES};
use super::keywords::{self, COMPLETES, OPENS, TABLE_NEXT};

/// What a candidate is, as JupyterLab shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    Keyword,
    Collection,
    Field,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub text: String,
    pub kind: CandidateKind,
    /// a field's type and collection, for the list
    pub detail: String,
}

/// What the session knows of the server.
#[derive(Default)]
pub struct Known {
    pub collections: Vec<String>,
    /// (collection, field, type)
    pub fields: Vec<(String, String, String)>,
}

/// The candidates, and the range of bytes that one of them replaces.
pub fn complete(cell: &str, cursor: usize, known: &Known) -> (usize, usize, Vec<Candidate>) {
    let before = cell.get(..cursor).unwrap_or(cell);
    let start =
        before.rfind(|char: char| !(char.is_alphanumeric() || char == '_')).map_or(0, |at| {
            at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
    let word = before.get(start..).unwrap_or_default();
    if in_string(before) {
        return (start, before.len(), Vec::new());
    }
    let lower = word.to_lowercase();
    let fits = |text: &str| text.to_lowercase().starts_with(&lower);
    let statement = before.get(..start).unwrap_or_default().rsplit(';').next().unwrap_or_default();
    let previous = statement.split_whitespace().next_back().unwrap_or_default();
    let mut candidates: Vec<Candidate> = Vec::new();
    let tables = known.collections.iter().filter(|name| fits(name)).map(|name| Candidate {
        text: name.clone(),
        kind: CandidateKind::Collection,
        detail: String::new(),
    });
    if keywords::is(previous, TABLE_NEXT) {
        candidates.extend(tables);
        return (start, before.len(), candidates);
    }
    if !statement.trim().is_empty() {
        let named: Vec<&str> =
            cell.split(|char: char| !(char.is_alphanumeric() || char == '_')).collect();
        for (collection, field, kind) in &known.fields {
            if fits(field)
                && named.contains(&collection.as_str())
                && !candidates.iter().any(|candidate| candidate.text == *field)
            {
                candidates.push(Candidate {
                    text: field.clone(),
                    kind: CandidateKind::Field,
                    detail: format!("{kind} of {collection}"),
                });
            }
        }
        candidates.extend(tables);
    }
    let lowercase = word.chars().any(char::is_lowercase);
    let use_here = if statement.trim().is_empty() { OPENS } else { COMPLETES };
    for keyword in keywords::used_for(use_here) {
        if fits(keyword) {
            let text = if lowercase { keyword.to_lowercase() } else { keyword.to_string() };
            candidates.push(Candidate {
                text,
                kind: CandidateKind::Keyword,
                detail: String::new(),
            });
        }
    }
    (start, before.len(), candidates)
}

fn in_string(before: &str) -> bool {
    let statement = before.rsplit(';').next().unwrap_or_default();
    statement.matches('\'').count() % 2 == 1
}

/// What the word at the cursor means: the statements that have it.
pub(crate) fn inspect(cell: &str, cursor: usize, known: &Known) -> Option<String> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let start = cell.get(..cursor)?.rfind(|char| !is_word(char)).map_or(0, |at| {
        at + cell.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    });
    let end = cell.get(cursor..)?.find(|char| !is_word(char)).map_or(cell.len(), |at| cursor + at);
    let word = cell.get(start..end).filter(|word| !word.is_empty())?;
    if let Some((collection, field, kind)) = known.fields.iter().find(|(_, field, _)| field == word)
    {
        return Some(format!("**{field}** `{kind}`: a field of `{collection}`"));
    }
    if known.collections.iter().any(|name| name == word) {
        let fields: Vec<String> = known
            .fields
            .iter()
            .filter(|(collection, ..)| collection == word)
            .map(|(_, field, kind)| format!("- `{field}` {kind}"))
            .collect();
        return Some(format!("**{word}**: a collection\n\n{}", fields.join("\n")));
    }
    let standard =
        PAGES.iter().flat_map(|(title, lines)| lines.iter().map(move |line| (title, line)));
    let lines: Vec<String> = ORIGINAL
        .iter()
        .map(|(what, how)| (what, how))
        .chain(standard)
        .filter(|(_, how)| {
            how.split(|char| !is_word(char)).any(|part| part.eq_ignore_ascii_case(word))
        })
        .map(|(what, how)| format!("- {what}: `{how}`"))
        .collect();
    if lines.is_empty() {
        None
    } else {
        Some(format!("**{}**\n\n{}", word.to_uppercase(), lines.join("\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cell: &str) -> Vec<String> {
        let known = Known {
            collections: vec!["books".to_string(), "films".to_string()],
            fields: vec![("books".to_string(), "title".to_string(), "VARCHAR(9)".to_string())],
        };
        complete(cell, cell.len(), &known).2.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn knows_keywords_tables_and_fields() {
        assert_eq!(texts("SEL"), ["SELECT"]);
        assert_eq!(texts("sel"), ["select"]);
        assert_eq!(texts("SELECT * FROM b"), ["books"]);
        assert_eq!(texts("SELECT * FROM books WHERE ti"), ["title", "tinyint", "timeout"]);
        assert_eq!(texts("SELECT 'ti"), Vec::<String>::new());
        assert_eq!(texts("select 1; sho"), ["show"]);
    }
}
