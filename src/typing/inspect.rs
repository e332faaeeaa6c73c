//! What the word at the cursor means there: a field is that of the table in scope, a setting is one
//! behind SET alone. In: a cell, a cursor (bytes) and what is known. Out: what is known of the
//! server, and lines of the grammar; the reference's own text the page has.

use super::known::Known;
use super::place::{Place, is_word};
use super::role::{Role, role};
use super::scope;
use super::values;
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::index_types::INDEX_TYPES;
use crate::execute::catalog::metrics::METRICS;
use crate::execute::catalog::types;
use crate::language::ast::Value;
use crate::language::help::{INDEX, METRIC, ORIGINAL, PAGES};
use crate::language::keywords::{self, SETTING};
use crate::printable::printable;

/// Lines of the grammar that are shown.
const LINES: usize = 8;

/// What a word means.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// Markdown
    pub markdown: String,
    pub text: String,
    /// the word of the reference that says more
    pub topic: String,
}

/// A title with what is to be said of it, and lines as they would be typed.
pub(crate) struct Sheet {
    title: String,
    what: String,
    facts: Vec<String>,
    code: Vec<String>,
    topic: String,
}

impl Sheet {
    fn new(title: &str, what: impl Into<String>) -> Sheet {
        Sheet {
            title: title.to_string(),
            what: what.into(),
            facts: Vec::new(),
            code: Vec::new(),
            topic: String::new(),
        }
    }

    fn fact(mut self, fact: impl Into<String>) -> Sheet {
        self.facts.push(fact.into());
        self
    }

    fn maybe(self, fact: Option<String>) -> Sheet {
        match fact {
            Some(fact) => self.fact(fact),
            None => self,
        }
    }

    /// The word of the reference that says more.
    fn about(mut self, topic: &str) -> Sheet {
        self.topic = topic.to_lowercase();
        self
    }

    /// The same with its own words as `say` has them: the title and the code are names.
    pub(crate) fn said(mut self, say: impl Fn(&str) -> String) -> Sheet {
        self.what = say(&self.what);
        self.facts = self.facts.iter().map(|fact| say(fact)).collect();
        self
    }

    pub(crate) fn finish(mut self) -> Inspection {
        for text in [&mut self.title, &mut self.what] {
            *text = printable(text);
        }
        for text in self.facts.iter_mut().chain(&mut self.code) {
            *text = printable(text);
        }
        let mut text = format!("{}: {}\n", self.title, self.what);
        let mut markdown = format!("**{}**: {}\n", escaped(&self.title), escaped(&self.what));
        if !self.facts.is_empty() {
            markdown.push('\n');
        }
        for fact in &self.facts {
            text.push_str(&format!("  {fact}\n"));
            markdown.push_str(&format!("- {}\n", escaped(fact)));
        }
        for line in &self.code {
            text.push_str(&format!("  {line}\n"));
        }
        if !self.code.is_empty() {
            let code = self.code.join("\n");
            let fence = fence(&code);
            markdown.push_str(&format!("\n{fence}sql\n{code}\n{fence}\n"));
        }
        Inspection { markdown, text, topic: self.topic }
    }
}

/// Backticks that a text in them cannot end.
fn fence(code: &str) -> String {
    let longest = code.split(|char| char != '`').map(str::len).max().unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

/// A server's words are no Markdown, no HTML, and no address that becomes a link by itself.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        let is_of_address =
            char == '/' && out.ends_with(':') || char == '.' && out.ends_with(['w', 'W']);
        if is_of_address || "\\`*_[]<>&#|~@".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// What the word at the cursor means.
pub(crate) fn inspect(cell: &str, cursor: usize, known: &Known) -> Option<Sheet> {
    let before = cell.get(..cursor)?;
    let start = before.trim_end_matches(is_word).len();
    let behind = cell.get(cursor..)?;
    let end = cursor + behind.find(|char| !is_word(char)).unwrap_or(behind.len());
    let word = cell.get(start..end).filter(|word| !word.is_empty())?;
    let at = Place::find(cell, end);
    let place = at.as_ref();
    let roles: Vec<Role> = place.map_or_else(Vec::new, |place| {
        place.next.iter().filter(|next| next.words.is_empty()).map(role).collect()
    });
    let is = |wanted: fn(&Role) -> bool| roles.iter().any(wanted);
    let own = |word: &str| word.eq_ignore_ascii_case(cell.get(start..end).unwrap_or_default());
    if cell.get(..start)?.ends_with([':', '@'])
        && let Some((name, value)) = known.variables.iter().find(|(name, _)| name == word)
    {
        let sheet = Sheet::new(&format!(":{name}"), format!("a variable, {value}"));
        return Some(sheet.about("variables"));
    }
    if is(|role| *role == Role::Setting)
        && let Some(setting) = keywords::used_for(SETTING).find(|setting| own(setting))
    {
        let sheet = Sheet::new(setting, "a setting of the kernel");
        let takes = format!("takes {}", values::setting_takes(setting));
        return Some(sheet.fact(takes).about(setting));
    }
    let in_scope = || field_in(place?, word, known);
    let is_vector =
        is(|role| *role == Role::Plotted) && place.is_some_and(|place| place.qualifier().is_some());
    if (is_vector || is(|role| matches!(role, Role::Field(_))))
        && let Some(found) = in_scope()
    {
        return Some(found);
    }
    if is(|role| matches!(role, Role::Table | Role::Plotted | Role::Database | Role::Object))
        && let Some(found) = known.collection(word)
    {
        return Some(collection(&found, word, known));
    }
    if is(|role| matches!(role, Role::Parameter(_)))
        && let Some(range) = values::range(word)
    {
        let sheet = Sheet::new(word, "a parameter of an index or of a search on it");
        return Some(sheet.fact(format!("takes {}", range.words())).about(word));
    }
    let named = || {
        in_scope().or_else(|| {
            let found = known.collection(word)?;
            Some(collection(&found, word, known))
        })
    };
    // where the word is none that may follow, it is a name rather than a word of the language
    let is_keyword = place.is_some_and(|place| {
        let mut words = place.next.iter().flat_map(|next| &next.words);
        place.is_start || words.any(|words| words.split(' ').next().is_some_and(own))
    });
    match is_keyword {
        true => of_language(word).or_else(named),
        false => named().or_else(|| of_language(word)),
    }
}

/// The field of this name, of the tables in scope: or the alias of one.
fn field_in(place: &Place<'_>, word: &str, known: &Known) -> Option<Sheet> {
    let tables = scope::tables(place, known);
    let qualifier = place.qualifier();
    let fits = |table: &&scope::Table| {
        qualifier.is_none_or(|qualifier| {
            table.collection.name == qualifier
                || table.alias.as_deref() == Some(qualifier)
                || table.collection.aliases.iter().any(|alias| alias == qualifier)
        })
    };
    let found = tables.iter().filter(fits).find_map(|table| {
        table.collection.find(word).map(|found| field(&table.collection, found, known))
    });
    found.or_else(|| {
        let named = |table: &&scope::Table| {
            table.alias.as_deref() == Some(word) || table.collection.name == word
        };
        let table = tables.iter().find(named)?;
        Some(collection(&table.collection, word, known))
    })
}

fn field(collection: &Collection, field: &Field, known: &Known) -> Sheet {
    let what = format!("{}, a field of {}", field.type_name(), collection.name);
    let key = field.primary.then(|| match field.auto_id {
        true => "the primary key, which the server gives".to_string(),
        false => "the primary key".to_string(),
    });
    let index = collection.index_on(&field.name).map(|index| {
        let metric = match index.metric.as_str() {
            "" => String::new(),
            metric => format!(" by {metric}"),
        };
        format!("index {}: {}{metric}", index.name, index.index_type)
    });
    let index = index.or_else(|| field.is_vector().then(|| "no index".to_string()));
    let null = if field.nullable { "may be NULL" } else { "NOT NULL" };
    let samples = known.seen.samples(collection, &field.name);
    let sheet = Sheet::new(&field.name, what)
        .maybe(key)
        .maybe((!field.primary).then(|| null.to_string()))
        .maybe(field.partition_key.then(|| "the partition key".to_string()))
        .maybe(field.generated.then(|| "made by a function".to_string()))
        .maybe(index)
        .maybe((!field.description.is_empty()).then(|| field.description.clone()))
        .maybe((!samples.is_empty()).then(|| format!("values: {}", samples.join(", "))));
    let word = field.type_name();
    sheet.about(word.split(['(', '<']).next().unwrap_or_default())
}

fn collection(collection: &Collection, name: &str, known: &Known) -> Sheet {
    let what = match name == collection.name {
        true => "a collection".to_string(),
        false => format!("the collection {}", collection.name),
    };
    let index = |index: &crate::execute::catalog::index::Index| {
        let metric = if index.metric.is_empty() { "" } else { " by " };
        format!(
            "index {} on {}: {}{metric}{}",
            index.name, index.field, index.index_type, index.metric
        )
    };
    let mut sheet = Sheet::new(name, what)
        .maybe((!collection.description.is_empty()).then(|| collection.description.clone()));
    for field in &collection.fields {
        let key = if field.primary { " PRIMARY KEY" } else { "" };
        let null = if field.nullable { " NULL" } else { "" };
        sheet.code.push(format!("{} {}{key}{null}", field.name, field.type_name()));
    }
    for found in &collection.indexes {
        sheet = sheet.fact(index(found));
    }
    if let Some(status) = known.server.status.get(&collection.name) {
        let rows = status.rows.map(|rows| crate::outcome::plural(rows, "row", "rows"));
        sheet = sheet.maybe(rows).maybe(status.load.clone());
    }
    if !collection.aliases.is_empty() {
        sheet = sheet.fact(format!("aliases: {}", collection.aliases.join(", ")));
    }
    sheet.about("tables")
}

/// A word of the language: what it is, and the statements that have it.
fn of_language(word: &str) -> Option<Sheet> {
    let is = |known: &str| known.eq_ignore_ascii_case(word);
    let meaning = |table: &[(&'static str, &'static str)]| {
        table.iter().find(|(name, _)| is(name)).map(|(_, meaning)| *meaning)
    };
    if let Some(index_type) = INDEX_TYPES.iter().find(|known| is(known.name)) {
        let mut sheet =
            Sheet::new(index_type.name, "an index type").maybe(meaning(INDEX).map(String::from));
        for (name, range) in index_type.build {
            sheet = sheet.fact(format!("WITH {name}: {}", range.words()));
        }
        for (name, range) in index_type.search {
            sheet = sheet.fact(format!("SEARCH PARAMS {name}: {}", range.words()));
        }
        return Some(sheet.about(index_type.name));
    }
    if let Some(metric) = METRICS.into_iter().find(|metric| is(metric)) {
        let sheet = Sheet::new(metric, "a metric").maybe(meaning(METRIC).map(String::from));
        return Some(sheet.about(metric));
    }
    if let Some(range) = values::range(word) {
        let sheet = Sheet::new(word, "a parameter of an index or of a search on it");
        return Some(sheet.fact(format!("takes {}", range.words())).about(word));
    }
    let what = if types::words().any(is) {
        "a type"
    } else if crate::evaluate::is_function(&word.to_lowercase()) {
        "a function"
    } else if keywords::used_for(SETTING).any(is) {
        "a setting of the kernel"
    } else if is_keyword(word) {
        "a keyword"
    } else {
        return None;
    };
    let standard = PAGES.iter().flat_map(|(_, lines)| lines.iter().copied());
    let has = |line: &&str| line.split(|char| !is_word(char)).any(is);
    let lines = standard.chain(ORIGINAL.iter().map(|(_, how)| *how)).filter(has);
    // those that begin with it say most
    let mut lines: Vec<String> = lines.map(str::to_string).collect();
    lines.sort_by_key(|line| !line.split(|char| !is_word(char)).next().is_some_and(is));
    lines.truncate(LINES);
    if lines.is_empty() && what == "a keyword" {
        return None;
    }
    let title = if what == "a function" { word.to_lowercase() } else { word.to_uppercase() };
    let mut sheet = Sheet::new(&title, what);
    sheet.code = lines;
    Some(sheet.about(word))
}

/// Whether a word is one of the table of keywords: HELP's lines have names for examples too.
fn is_keyword(word: &str) -> bool {
    let synonyms = keywords::SYNONYMS.iter().map(|(synonym, _)| *synonym);
    let words = keywords::used_for(u8::MAX).flat_map(|phrase| phrase.split([' ', '(']));
    words.chain(synonyms).any(|known| known.eq_ignore_ascii_case(word))
}

/// What a variable is, for those who look: its kind and size, and nothing of a text.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Numbers(numbers) => format!("a list of {} numbers", numbers.values.len()),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Text(_) => "a string".to_string(),
        Value::Int(_) | Value::Large(_) | Value::Float(_) => "a number".to_string(),
        Value::Bool(_) => "TRUE or FALSE".to_string(),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Object(_) => "an object".to_string(),
        _ => "a value".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_no_markdown() {
        let mut sheet = Sheet::new("a\n# b", "x ![y](https://evil.example/z.png)")
            .fact("<img src=x> www.evil.example WWW.evil.example a@b.example\u{202e}\u{7}\r- c");
        sheet.code = vec!["f VARCHAR\n```\n[z](http://evil.example)".into(), "````".into()];
        let shown = sheet.about("t").finish();
        assert_eq!(
            shown.markdown,
            "**a\\\\n\\# b**: x !\\[y\\](https:\\//evil.example/z.png)\n\n\
             - \\<img src=x\\> www\\.evil.example WWW\\.evil.example a\\@b.example\
             \\\\u{202e}\\\\u{7}\\\\r- c\n\n\
             `````sql\nf VARCHAR\\n```\\n[z](http://evil.example)\n````\n`````\n"
        );
        assert!(!shown.text.contains(['\r', '\u{7}', '\u{202e}']), "{}", shown.text);
        let mut plain = Sheet::new("t", "a collection");
        plain.code = vec!["id BIGINT".to_string()];
        assert!(plain.about("t").finish().markdown.ends_with("\n```sql\nid BIGINT\n```\n"));
    }
}
