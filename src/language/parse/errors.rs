//! What was expected in place of a word. In: pest's error, which is of rules. Out: a diagnostic in
//! the user's words, with the misspelt word marked and the one that was meant.

use pest::error::{Error, ErrorVariant, InputLocation};

use milvus_kernel_grammar::Rule;

use super::unread;
use crate::diagnostic::{Code, Diagnostic, Span, closest};
use crate::language::ast::{Listing, Object};
use crate::language::keywords::{self, OPENS, RESERVED};
use crate::language::numbers::Scanned;

/// The statement at `start` begins with no word that is known.
pub(super) fn no_statement(scanned: &Scanned<'_>, start: usize) -> Diagnostic {
    let (at, word) = word_at(scanned, start);
    let known: Vec<&str> =
        keywords::used_for(OPENS).filter(|known| !known.eq_ignore_ascii_case(word)).collect();
    let message = format!("expected a statement{}", found(scanned, start, word));
    let diagnostic = Diagnostic::new(Code::SyntaxError, message).at(at);
    match closest(word, &known) {
        Some(near) => diagnostic.label(format!("expected {near}")).did_you_mean(word, near),
        None => diagnostic.label("expected a statement").help("`help` lists the statements"),
    }
}

/// What stands at a place of the short text in place of what was expected; nothing where it may be
/// a secret.
fn found(scanned: &Scanned<'_>, at: usize, word: &str) -> String {
    if is_end(word) {
        ", but the text ends".to_string()
    } else if unread::may_quote(scanned, at) {
        format!(", found `{word}`")
    } else {
        String::new()
    }
}

/// The word at a place of the short text, or the one character that stands there.
fn word_at<'a>(scanned: &Scanned<'a>, at: usize) -> (Span, &'a str) {
    let start = scanned.in_cell(at);
    let found = scanned.cell.get(start..).unwrap_or_default();
    let word_end =
        found.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(found.len());
    let length =
        if word_end == 0 { found.chars().next().map_or(0, char::len_utf8) } else { word_end };
    (Span::new(start, start + length), found.get(..length).unwrap_or_default())
}

/// Where the word before a place of the short text begins.
fn word_before(scanned: &Scanned<'_>, at: usize) -> Option<usize> {
    let before = scanned.text.get(..at)?.trim_end();
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let word = before.trim_end_matches(is_part);
    (word.len() < before.len()).then_some(word.len())
}

pub(super) fn syntax_error(scanned: &Scanned<'_>, base: usize, error: Error<Rule>) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => base + at,
    };
    let expected: Vec<Rule> = match error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => return too_long(word_at(scanned, base).0),
    };
    let (span, word) = word_at(scanned, at);
    // `DELETE t WHERE …` is the original's `delete t by id=1` up to there
    if expected == [Rule::BY]
        && opener(scanned, base).is_some_and(|opener| opener.eq_ignore_ascii_case("DELETE"))
        && let Some(table) = word_before(scanned, at)
    {
        let (span, table) = word_at(scanned, table);
        return Diagnostic::new(Code::SyntaxError, format!("expected FROM, found `{table}`"))
            .at(span)
            .label("expected FROM")
            .help(format!("write `DELETE FROM {table} WHERE …`"));
    }
    let at_end = is_end(word);
    let expected_alias = expected.iter().any(|rule| matches!(rule, Rule::FROM | Rule::WHERE));
    let mut words: Vec<String> = Vec::new();
    for rule in expected {
        for name in describe(rule) {
            if !words.contains(&name) && !name.eq_ignore_ascii_case(word) {
                words.push(name);
            }
        }
    }
    // the same rule is of a condition and of what is computed of fields
    let of_item = ["BY", "LABEL"].iter().any(|opens| {
        let before = word_before(scanned, at).map(|at| word_at(scanned, at).1);
        before.is_some_and(|before| before.eq_ignore_ascii_case(opens))
    });
    let mut conditions = words.iter_mut().filter(|word| *word == "a condition");
    if let Some(word) = conditions.next().filter(|_| of_item) {
        *word = "a field".to_string();
    }
    if words.iter().any(|word| word == "a name") {
        words.retain(|word| word != "TABLE");
    }
    let keywords: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| word.chars().all(|char| char.is_ascii_uppercase() || "_ ".contains(char)))
        .collect();
    // a single letter is near to every short keyword
    let mut near = closest(word, &keywords).filter(|_| word.len() > 1).map(str::to_string);
    let (mut span, mut word, mut at) = (span, word, at);
    // a word that could be an alias is looked at once more
    let alias = expected_alias.then(|| word_before(scanned, at)).flatten();
    if let (None, Some(before)) = (&near, alias) {
        let (before_span, before_word) = word_at(scanned, before);
        if let Some(meant) = closest(before_word, &keywords).filter(|_| before_word.len() > 1) {
            near = Some(meant.to_string());
            (span, word, at) = (before_span, before_word, before);
        }
    }
    let what = match (&near, words.as_slice()) {
        (Some(near), _) => near.clone(),
        (_, []) => "something else".to_string(),
        (_, words) if words.len() > 8 => words.get(..8).unwrap_or_default().join(", ") + " or more",
        (_, words) => list(words),
    };
    let message = format!("expected {what}{}", found(scanned, at, word));
    let mut diagnostic = Diagnostic::new(Code::SyntaxError, message);
    let before = scanned.text.get(..at).unwrap_or_default().trim_end();
    let no_item = matches!(word, ")" | "]" | "}") || at_end || keywords::is(word, RESERVED);
    if let Some(word) = may_be_name(scanned, at, &words).filter(|_| near.is_none()) {
        diagnostic = diagnostic.help(format!("a name like this is written in backticks: `{word}`"));
    } else if near.is_none() && no_item && before.ends_with(',') {
        diagnostic = diagnostic.help("leave out the comma before it");
    }
    if before.ends_with('\'') && before.len() == at {
        diagnostic = diagnostic.help("write '' for a quote in a string");
    }
    if near.is_none() && diagnostic.help.is_empty() {
        diagnostic = match (word, opener(scanned, base)) {
            (".", _) => {
                diagnostic.help("write `USE d` before it, and the name without its database")
            }
            (_, Some(opener)) => {
                diagnostic.help(format!("`HELP {opener}` shows how it is written"))
            }
            _ => diagnostic,
        };
    }
    match near {
        Some(near) => {
            diagnostic.at(span).label(format!("expected {near}")).did_you_mean(word, &near)
        }
        None if at_end => {
            diagnostic.at(Span::new(span.start, span.start)).label("the text ends here")
        }
        None => diagnostic.at(span).label(format!("expected {what}")),
    }
}

/// The word of the language that opens the statement at `base`.
fn opener<'a>(scanned: &'a Scanned<'_>, base: usize) -> Option<&'a str> {
    let text = scanned.text.get(base..)?;
    let word = text.split(|char: char| !char.is_ascii_alphabetic()).next()?;
    keywords::is(word, OPENS).then_some(word)
}

/// The keyword that was meant as a name, as far as it can be told: it stands where a name is
/// expected, and is followed as a name is.
fn may_be_name<'a>(scanned: &'a Scanned<'_>, at: usize, expected: &[String]) -> Option<&'a str> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let takes_name =
        |word: &String| ["a name", "a field", "fields", "a condition"].contains(&word.as_str());
    if !expected.iter().any(takes_name) {
        return None;
    }
    let (before, rest) = scanned.text.split_at_checked(at)?;
    let word = rest.split(|char| !is_word(char)).next()?;
    let behind = rest.get(word.len()..)?.trim_start();
    let next = behind.split(|char| !is_word(char)).next()?;
    let of_column = expected.iter().any(|word| word == "INDEX");
    let as_name = of_column
        || keywords::is(next, RESERVED)
        || next.is_empty() && !behind.starts_with(['\'', '"', '`', ':']);
    let is_value = ["values", "null"].iter().any(|known| known.eq_ignore_ascii_case(word));
    if as_name && keywords::is(word, RESERVED) && !is_value {
        return Some(word);
    }
    // TABLE may stand before a table's name, but for the statements that need it
    let last = before.trim_end().rsplit(|char| !is_word(char)).next()?;
    ["table", "collection"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(last))
        .filter(|_| !expected.iter().any(|word| word == "IF"))
}

/// Reading cannot be interrupted, and so it is bounded.
fn too_long(statement: Span) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, "this statement is too long to be read")
        .at(statement)
        .help("make several of it: a part of the rows in each INSERT, a part of a list in each IN")
}

fn is_end(word: &str) -> bool {
    word.trim().is_empty() || word == ";"
}

fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The human words of a rule: what the user may write there. A keyword's rule has its name.
fn describe(rule: Rule) -> Vec<String> {
    let name = format!("{rule:?}");
    let keyword = |char: char| char.is_ascii_uppercase() || char == '_' || char.is_ascii_digit();
    if rule != Rule::EOI && name.chars().all(keyword) {
        return vec![name.trim_end_matches("_WORD").to_string()];
    }
    let words: Vec<&str> = match rule {
        Rule::listing => Listing::ALL.iter().map(|(word, _)| *word).collect(),
        Rule::object
        | Rule::create_object
        | Rule::alter_object
        | Rule::drop_object
        | Rule::describe_object => Object::ALL.iter().map(|(word, _)| *word).collect(),
        _ => EXPECTED
            .iter()
            .find(|(rules, _)| rules.contains(&rule))
            .map_or_else(Vec::new, |(_, words)| words.split('|').collect()),
    };
    words.into_iter().map(str::to_string).collect()
}

/// The words for the rules that are no keywords, `|` between several.
const EXPECTED: &[(&[Rule], &str)] = {
    use Rule as R;
    &[
        (&[R::separator], "`,`"),
        (&[R::left, R::params, R::fields, R::index_field], "`(`"),
        (&[R::right], "`)`"),
        (&[R::assigns], "`=`"),
        (&[R::bracket], "`]`"),
        (&[R::brace], "`}`"),
        (&[R::points], "`:`"),
        (&[R::more], "`>`"),
        (&[R::element_type], "`<`"),
        (&[R::EOI], "the end"),
        (&[R::address], "an address"),
        (&[R::name, R::bare, R::column_name, R::index_ops, R::describe, R::use_database], "a name"),
        (&[R::text_or_name], "a name|a string"),
        (&[R::string, R::text], "a string"),
        (
            &[
                R::value,
                R::number,
                R::literal,
                R::list,
                R::object_value,
                R::bytes,
                R::lifted,
                R::null,
                R::typed_text,
                R::setting_word,
                R::original_value,
                R::assigned,
            ],
            "a value",
        ),
        (&[R::variable, R::at_name], "a variable"),
        (&[R::vector, R::original_vectors, R::stored], "a vector"),
        (
            &[
                R::expr,
                R::conjunction,
                R::negation,
                R::predicate,
                R::sum,
                R::product,
                R::atom,
                R::group,
                R::call,
                R::function,
                R::field,
                R::case,
                R::cast,
                R::bang,
                R::range,
            ],
            "a condition",
        ),
        (
            &[
                R::comparison,
                R::compare_op,
                R::in_list,
                R::between,
                R::like,
                R::is_null,
                R::is_true,
                R::contains,
            ],
            "a comparison",
        ),
        (&[R::search, R::bm25, R::sub_search], "a search"),
        (&[R::operator], "a distance operator"),
        (&[R::type_name, R::data_type], "a type"),
        (&[R::select, R::items, R::all, R::every], "fields|*"),
        (&[R::plot_select], "SELECT"),
        (&[R::mark], "BAR|LINE|HISTOGRAM|SCATTER"),
        (&[R::item, R::order_key, R::aggregate, R::aggregate_name], "a field"),
        (&[R::original_params, R::original_param, R::param, R::dotted], "a parameter"),
        (&[R::row], "a row of values"),
        (&[R::column, R::index_clause, R::key_clause], "a column"),
        (&[R::assignment], "an assignment"),
        (&[R::privilege, R::privilege_word, R::privilege_grant], "a privilege"),
        (&[R::grant_target, R::grant_object, R::grant_name], "TABLE|DATABASE|GLOBAL|USER"),
        (
            &[R::column_option],
            "PRIMARY|AUTO_INCREMENT|NOT|NULL|DEFAULT|COMMENT|PARTITION|CLUSTERING|GENERATED|WITH",
        ),
        (&[R::primary_key], "PRIMARY"),
        (&[R::partition_key, R::partitions, R::create_partition, R::drop_partition], "PARTITION"),
        (&[R::clustering_key], "CLUSTERING"),
        (&[R::not_null], "NOT"),
        (&[R::nullable], "NULL"),
        (&[R::auto_increment], "AUTO_INCREMENT"),
        (&[R::default], "DEFAULT"),
        (&[R::generated], "GENERATED"),
        (&[R::comment], "COMMENT"),
        (
            &[R::select_clause],
            "WHERE|ORDER|LIMIT|OFFSET|PARTITION|GROUP|HAVING|SEARCH|FILTER|CONSISTENCY|HYBRID|\
             RERANK",
        ),
        (&[R::sub_search_clause], "WEIGHT|LIMIT|WHERE|FILTER|SEARCH"),
        (&[R::delete_clause], "WHERE|FILTER|PARTITION"),
        (&[R::load_clause], "PARTITION|FIELDS|WITH"),
        (&[R::copy_clause], "FROM|WITH|DRY"),
        (&[R::from_row, R::create_from], "FROM"),
        (&[R::dry_run], "DRY"),
        (&[R::copy_query], "`(`"),
        (&[R::copy_from, R::copy_to, R::compact], "a name"),
        (&[R::connect_option], "USER|PASSWORD|TOKEN|DATABASE|AS"),
        (&[R::show_create], "CREATE"),
        (&[R::show_progress], "PROGRESS"),
        (&[R::show_grants], "GRANTS"),
        (&[R::show_job], "COMPACTION|IMPORT|RESTORE"),
        (&[R::original_where, R::where_clause], "WHERE"),
        (&[R::original_ids], "BY"),
        (&[R::raw_filter], "FILTER"),
        (&[R::order_clause], "ORDER"),
        (&[R::group_clause], "GROUP"),
        (&[R::limit_clause, R::sub_limit], "LIMIT"),
        (&[R::having], "HAVING"),
        (&[R::fetch], "FETCH"),
        (&[R::item_alias, R::table_alias], "AS"),
        (&[R::when], "WHEN"),
        (&[R::cast_type], "a type"),
        (&[R::offset_clause], "OFFSET"),
        (&[R::search_params], "SEARCH"),
        (&[R::consistency], "CONSISTENCY"),
        (&[R::index_method], "USING"),
        (&[R::if_exists, R::if_not_exists], "IF"),
        (&[R::set_properties], "SET"),
        (&[R::drop_properties, R::drop_field], "DROP"),
        (&[R::add_field, R::group_change], "ADD"),
        (&[R::alter_field], "ALTER"),
        (&[R::rename], "RENAME"),
        (&[R::alias_target], "FOR"),
        (&[R::password_change], "PASSWORD"),
        (&[R::alter_table, R::create_table, R::drop_table], "TABLE"),
        (&[R::drop_storage], "STORAGE"),
        (&[R::alter_index, R::create_index, R::drop_index, R::describe_index], "INDEX"),
        (&[R::role_grant], "ROLE"),
        (&[R::transfer_nodes], "NODES"),
        (&[R::transfer_replicas], "REPLICAS"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::keywords::KEYWORDS;

    /// What is said to be expected is a word of the language, so that "did you mean" is true.
    #[test]
    fn expected_words_are_keywords() {
        let listings = Listing::ALL.iter().map(|(word, _)| *word);
        let objects = Object::ALL.iter().map(|(word, _)| *word);
        let known: Vec<&str> =
            KEYWORDS.iter().map(|(word, _)| *word).chain(listings).chain(objects).collect();
        for rule in Rule::all_rules().iter().filter(|rule| **rule != Rule::WHITESPACE) {
            for word in describe(*rule) {
                let keyword = word.chars().all(|char| char.is_ascii_uppercase() || char == '_');
                assert!(!keyword || known.contains(&word.as_str()), "{rule:?}: {word}");
            }
        }
    }
}
