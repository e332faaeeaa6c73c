//! The kernel's own words in another language. In: a catalogue that the page has loaded, and an
//! error or an outcome. Out: the same in that language; what the catalogue does not know stays
//! English, and so does what a user or a server wrote. A text is known by its template: `{}` stands
//! for what differs, and a translation has its pieces by number where their order changes, `{1} {0}`.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::outcome::{Datum, Outcome, Progress, Table, Type};

/// How deep a text may stand within another.
const DEEPEST: usize = 3;

/// Texts and their translations, as JSON has them: an object of templates. The default knows none.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
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
        let entries = texts.into_iter().map(|(template, translation)| {
            let pieces: Vec<String> = template.split("{}").map(str::to_string).collect();
            let weight = pieces.iter().map(String::len).sum();
            Entry { pieces, translation, weight }
        });
        let mut entries: Vec<Entry> = entries.collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.weight));
        Ok(Catalogue { entries })
    }

    /// A text in the catalogue's language, or as it is.
    pub fn text(&self, text: &str) -> String {
        self.translated(text, DEEPEST).unwrap_or_else(|| text.to_string())
    }

    fn translated(&self, text: &str, deep: usize) -> Option<String> {
        let deep = deep.checked_sub(1)?;
        let (entry, found) =
            self.entries.iter().find_map(|entry| Some((entry, entry.placeholders(text)?)))?;
        let mut out = String::with_capacity(text.len());
        let mut next = 0;
        let mut rest = entry.translation.as_str();
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            out.push_str(before);
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
                Some(translated) => out.push_str(&translated),
                None => out.push_str(value),
            }
            rest = behind;
        }
        out.push_str(rest);
        Some(out)
    }

    pub(crate) fn diagnostic(&self, mut error: Diagnostic) -> Diagnostic {
        error.message = self.text(&error.message);
        error.label = self.text(&error.label);
        error.help = error.help.iter().map(|help| self.text(help)).collect();
        error
    }

    pub(crate) fn outcome(&self, mut outcome: Outcome) -> Outcome {
        if self.entries.is_empty() {
            return outcome;
        }
        outcome.done = self.text(&outcome.done);
        outcome.notices = outcome.notices.iter().map(|notice| self.text(notice)).collect();
        outcome.tables.iter_mut().for_each(|table| self.table(table));
        outcome
    }

    pub(crate) fn progress(&self, progress: Progress) -> Progress {
        Progress { doing: self.text(&progress.doing), ..progress }
    }

    /// The kernel's own words in a table; the names of columns stay, which programs read.
    fn table(&self, table: &mut Table) {
        for row in &mut table.rows {
            for (value, column) in row.iter_mut().zip(&table.columns) {
                if let (Datum::Text(text), Type::Prose) = (value, column.kind) {
                    *text = self.text(text);
                }
            }
        }
    }
}

impl Entry {
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
        Some(found)
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
    fn errors_and_the_kernels_own_tables_are_translated_and_data_is_not() {
        let catalogue = catalogue();
        let error = Diagnostic::new(Code::UnknownField, "unknown field `a`").help("3 rows");
        let error = catalogue.diagnostic(error);
        assert_eq!(
            (error.message.as_str(), error.help.as_slice()),
            ("未知字段 `a`", &["3 行".into()][..])
        );
        let text = |text: &str| Datum::Text(text.to_string());
        let columns = vec![Column::new("what", Type::Prose), Column::new("name", Type::Text)];
        let table = Table::new(columns, vec![vec![text("Searching"), text("Searching")]]);
        let outcome = catalogue.outcome(Outcome::table(table).with_done("1 rows"));
        assert_eq!(outcome.tables[0].rows[0], [text("搜索"), text("Searching")]);
        assert_eq!(outcome.done, "1 行");
    }
}
