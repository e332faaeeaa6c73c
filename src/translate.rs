//! The kernel's own words in another language. In: a catalogue that the page has loaded, and an
//! error or an outcome. Out: the same in that language; what the catalogue does not know stays
//! English, and so does what a user or a server wrote. A text is known by its template: `{}` stands
//! for what differs, and a translation has its pieces by number where their order changes.
//! A template of two places and nothing around them, `{}, {}`, joins texts that are known.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::outcome::{Datum, Outcome, Table, Type};

/// How deep a text may stand within another.
const DEEPEST: usize = 4;

/// What is longer is no list of the kernel's own, in bytes: its pieces are looked up one by one.
const LONGEST_LIST: usize = 300;

/// The columns of the kernel's own words: HELP's and the settings'.
const OWN: &[&str] = &["what", "meaning", "here"];

/// Texts and their translations, as JSON has them: an object of templates. The default knows none.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    /// what stands between two texts, in English and here
    joints: Vec<(String, String)>,
}

#[derive(Debug)]
struct Entry {
    /// what stands between the placeholders
    pieces: Vec<String>,
    translation: String,
    /// bytes of the pieces: of several that fit, the one that says most
    weight: usize,
}

impl Catalogue {
    /// Reads a catalogue; the error is the JSON parser's.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let texts: BTreeMap<String, String> = serde_json::from_str(json)?;
        let mut catalogue = Catalogue::default();
        for (template, translation) in texts {
            match (joint(&template), joint(&translation)) {
                (Some(theirs), Some(ours)) => {
                    catalogue.joints.push((theirs.to_string(), ours.to_string()));
                }
                _ => catalogue.entries.push(Entry::new(&template, translation)),
            }
        }
        catalogue.entries.sort_by_key(|entry| Reverse(entry.weight));
        catalogue.joints.sort_by_key(|(theirs, _)| Reverse(theirs.len()));
        Ok(catalogue)
    }

    /// A text in the catalogue's language, or as it is.
    pub fn text(&self, text: &str) -> String {
        self.translated(text, DEEPEST).unwrap_or_else(|| text.to_string())
    }

    /// A text by its template, or piece by piece if it is a list of texts.
    fn translated(&self, text: &str, deep: usize) -> Option<String> {
        if deep == 0 {
            return None;
        }
        self.by_template(text, deep).or_else(|| {
            let fits = text.len() <= LONGEST_LIST;
            self.joints.iter().filter(|_| fits).find_map(|joint| self.joined(text, joint, deep))
        })
    }

    /// Texts with a joint between them, of which one at least is known; a text may have the joint's
    /// marks in it, so that the longest run that is known counts.
    fn joined(&self, text: &str, (theirs, ours): &(String, String), deep: usize) -> Option<String> {
        let mut known = false;
        let mut out: Vec<String> = Vec::new();
        let mut rest = text.contains(theirs.as_str()).then_some(text);
        while let Some(from) = rest {
            let ends: Vec<usize> = from.match_indices(theirs.as_str()).map(|(at, _)| at).collect();
            let whole = Some(from.len()).filter(|_| !out.is_empty());
            let run = whole
                .into_iter()
                .chain(ends.iter().rev().copied())
                .find_map(|end| Some((end, self.by_template(from.get(..end)?, deep - 1)?)));
            let first = ends.first().copied().unwrap_or(from.len());
            let end = match run {
                Some((end, translated)) => {
                    known = true;
                    out.push(translated);
                    end
                }
                None => {
                    let item = from.get(..first).unwrap_or_default();
                    let translated = self.translated(item, deep - 1);
                    known |= translated.is_some();
                    out.push(translated.unwrap_or_else(|| item.to_string()));
                    first
                }
            };
            rest = from.get(end + theirs.len()..);
        }
        let (first, others) = out.split_first().filter(|_| known)?;
        let mut joined = first.clone();
        for text in others {
            push(&mut joined, ours);
            push(&mut joined, text);
        }
        Some(joined)
    }

    fn by_template(&self, text: &str, deep: usize) -> Option<String> {
        // a single word within a text may be a name
        let is_name = deep < DEEPEST && !text.contains(|char: char| !is_of_name(char));
        if is_name || deep == 0 {
            return None;
        }
        let deep = deep - 1;
        let (entry, found) =
            self.entries.iter().find_map(|entry| Some((entry, entry.placeholders(text)?)))?;
        let mut out = String::with_capacity(text.len());
        let mut next = 0;
        let mut rest = entry.translation.as_str();
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            push(&mut out, before);
            let inner = from.get(1..).and_then(|from| from.split_once('}'));
            let Some((at, behind)) = inner.and_then(|(number, behind)| {
                let at = if number.is_empty() { next } else { number.parse().ok()? };
                Some((at, behind))
            }) else {
                // a brace of a statement
                out.push('{');
                rest = from.get(1..).unwrap_or_default();
                continue;
            };
            next = at + 1;
            let value = found.get(at)?;
            // what stands in quotes is a name or a statement
            let is_quoted = entry.pieces.get(at).is_some_and(|piece| piece.ends_with(['`', '\'']));
            match self.translated(value, deep).filter(|_| !is_quoted) {
                Some(translated) => push(&mut out, &translated),
                None => out.push_str(value),
            }
            rest = behind;
        }
        push(&mut out, rest);
        Some(out)
    }

    pub(crate) fn diagnostic(&self, mut error: Diagnostic) -> Diagnostic {
        error.message = self.text(&error.message);
        error.label = self.text(&error.label);
        error.help = error.help.iter().map(|help| self.text(help)).collect();
        error
    }

    pub(crate) fn outcome(&self, mut outcome: Outcome) -> Outcome {
        outcome.done = self.text(&outcome.done);
        outcome.notices = outcome.notices.iter().map(|notice| self.text(notice)).collect();
        outcome.tables.iter_mut().for_each(|table| self.table(table));
        outcome
    }

    /// The kernel's own words in a table; the names of columns stay, which programs read, and so
    /// does what may be a user's.
    fn table(&self, table: &mut Table) {
        for row in &mut table.rows {
            for (value, column) in row.iter_mut().zip(&table.columns) {
                let is_own = column.kind == Type::Prose && OWN.contains(&column.name.as_str());
                if let (Datum::Text(text), true) = (value, is_own) {
                    *text = self.text(text);
                }
            }
        }
    }
}

/// The mark or the short word, "and", between the two places of a template that has nothing else.
fn joint(template: &str) -> Option<&str> {
    let between = template.strip_prefix("{}")?.strip_suffix("{}")?;
    (1..=3).contains(&between.trim().chars().count()).then_some(between)
}

/// Appends, without a blank between two Chinese characters.
fn push(out: &mut String, text: &str) {
    let is_han = |char: Option<char>| char.is_some_and(|char| ('一'..='鿿').contains(&char));
    let text = match text.strip_prefix(' ') {
        Some(rest) if is_han(out.chars().last()) && is_han(rest.chars().next()) => rest,
        _ => text,
    };
    if out.ends_with(' ') && is_han(out.chars().rev().nth(1)) && is_han(text.chars().next()) {
        out.pop();
    }
    out.push_str(text);
}

fn is_of_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

impl Entry {
    fn new(template: &str, translation: String) -> Self {
        let pieces: Vec<String> = template.split("{}").map(str::to_string).collect();
        let weight = pieces.iter().map(String::len).sum();
        Entry { pieces, translation, weight }
    }

    /// Whether it is a number and what it counts.
    fn is_count(&self) -> bool {
        match self.pieces.as_slice() {
            [first, last] => {
                let word = last.strip_prefix(' ').unwrap_or_default();
                first.is_empty() && !word.is_empty() && word.chars().all(is_of_name)
            }
            _ => false,
        }
    }

    /// What stands in the places of the placeholders, if the text is one of this template.
    fn placeholders<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, rest) = self.pieces.split_first()?;
        let Some((last, between)) = rest.split_last() else {
            return (text == first).then(Vec::new);
        };
        let mut text = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut found = Vec::with_capacity(rest.len());
        for piece in between {
            let (value, behind) = text.split_once(piece.as_str())?;
            found.push(value);
            text = behind;
        }
        found.push(text);
        (!self.is_count() || !text.contains(' ')).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::outcome::Column;

    fn catalogue() -> Catalogue {
        Catalogue::parse(
            r#"{
                "unknown field `{}`": "未知字段 `{}`",
                "{} rows": "{} 行",
                "`{}` has {} and needs {}": "`{0}` 需要 {2}，现有 {1}",
                "write {1: 0.5} for `{}`": "`{}` 请写 {1: 0.5}",
                "{}, {}": "{}、{}",
                "{} or {}": "{} 或 {}",
                "{}; {}": "{}；{}",
                "expected {}, found `{}`": "应为 {}，却是 `{}`",
                "a name": "名称",
                "this is so": "如此",
                "leave it; it is well": "不用管",
                "Searching": "搜索"
            }"#,
        )
        .expect("a catalogue")
    }

    #[test]
    fn a_text_is_known_by_its_template() {
        let catalogue = catalogue();
        assert_eq!(catalogue.text("unknown field `titel`"), "未知字段 `titel`");
        assert_eq!(catalogue.text("`t` has 3 rows and needs 4 rows"), "`t` 需要 4 行，现有 3 行");
        assert_eq!(catalogue.text("unknown field"), "unknown field");
        assert_eq!(catalogue.text(""), "");
        assert_eq!(catalogue.text("write {1: 0.5} for `a`"), "`a` 请写 {1: 0.5}");
        // what is quoted is a user's
        assert_eq!(catalogue.text("unknown field `3 rows`"), "未知字段 `3 rows`");
        assert_eq!(Catalogue::default().text("3 rows"), "3 rows");
        assert!(Catalogue::parse("[]").is_err());
    }

    #[test]
    fn lists_are_known_by_their_pieces_and_names_are_no_texts() {
        let catalogue = catalogue();
        for (text, translation) in [
            ("expected `)`, AND or a name, found `x`", "应为 `)`, AND 或名称，却是 `x`"),
            ("expected `)`, AND, found `a name`", "应为 `)`, AND，却是 `a name`"),
            ("this is so; leave it; it is well", "如此；不用管"),
            ("leave it; it is well; this is so", "不用管；如此"),
            ("Searching, a name", "Searching、名称"),
            ("id, title or year", "id, title or year"),
            ("it has 3 rows", "it has 3 rows"),
        ] {
            assert_eq!(catalogue.text(text), translation);
        }
        // what takes long to look up is none
        let long = "a, b; c or ".repeat(10_000);
        assert_eq!(catalogue.text(&long), long);
    }

    #[test]
    fn errors_and_the_kernels_own_tables_are_translated_and_data_is_not() {
        let catalogue = catalogue();
        let error = Diagnostic::new(Code::UnknownField, "unknown field `a`").help("3 rows");
        let error = catalogue.diagnostic(error);
        assert_eq!(
            (error.message.as_str(), error.help.as_slice()),
            ("未知字段 `a`", &["3 行".into()][..])
        );
        let text = |text: &str| Datum::Text(text.to_string());
        let columns = vec![Column::new("what", Type::Prose), Column::new("name", Type::Prose)];
        let table = Table::new(columns, vec![vec![text("Searching"), text("Searching")]]);
        let outcome = catalogue.outcome(Outcome::table(table).with_done("1 rows"));
        assert_eq!(outcome.tables[0].rows[0], [text("搜索"), text("Searching")]);
        assert_eq!(outcome.done, "1 行");
    }
}
