//! What may be quoted of a statement that cannot be read. Where the parser does not know what is a
//! secret, a statement that may carry one is quoted no further than its first words. In: the
//! statement's text, or the first pass over the cell. Out: how far it may be quoted. Errs on the
//! side of the secret: what is quoted too little costs a look at the cell.

use crate::diagnostic::closest;
use crate::language::keywords::{self, OPENS, SECRET_NEXT};
use crate::language::numbers::Scanned;
use crate::secret_names::is_secret;

/// What CREATE and ALTER make that has parameters, and no password here or in another database.
const TABLES: [&str; 4] = ["TABLE", "COLLECTION", "INDEX", "PARTITION"];
/// What has none either, but stands where a slip may make it of a user.
const OTHERS: [&str; 5] = ["DATABASE", "ALIAS", "RESOURCE", "PRIVILEGE", "SNAPSHOT"];

/// How far the statement of this number may be quoted, as an offset in the short text. A semicolon
/// in a secret cuts it in two: what stands right behind it then is the rest of the secret.
pub(crate) fn quotable(scanned: &Scanned<'_>, index: usize) -> usize {
    let Some((start, end)) = scanned.statements.get(index).copied() else { return 0 };
    let text = scanned.text.get(start..end).unwrap_or_default();
    if is_rest(scanned, index) {
        start
    } else if may_carry_secret(text) {
        start + known_words(text)
    } else {
        end
    }
}

/// Whether a place of the short text may be quoted, where its statement cannot be read.
pub(super) fn may_quote(scanned: &Scanned<'_>, at: usize) -> bool {
    let index = scanned.statements.partition_point(|(start, _)| *start <= at).saturating_sub(1);
    at < quotable(scanned, index)
}

/// Whether the statement of this number may have a secret in it.
pub(crate) fn carries(scanned: &Scanned<'_>, index: usize) -> bool {
    let (start, end) = scanned.statements.get(index).copied().unwrap_or_default();
    may_carry_secret(scanned.text.get(start..end).unwrap_or_default())
}

/// Whether a statement may be the rest of a secret that the one before it begins.
pub(crate) fn is_rest(scanned: &Scanned<'_>, index: usize) -> bool {
    let before = scanned.statements.get(index).and_then(|(start, _)| scanned.text.get(..*start));
    before.is_some_and(|before| before.ends_with(';'))
        && index.checked_sub(1).is_some_and(|before| carries(scanned, before))
}

/// Whether a text may have a secret in it, going by its first words, by an address and by the words
/// that stand before a secret in this and other databases, misspelt or not.
pub(crate) fn may_carry_secret(text: &str) -> bool {
    let text = behind_explain(text);
    let mut words = words(text);
    let Some(opener) = words.next() else { return false };
    if mentions_secret(text, !is_one(opener, &["SELECT", "COUNT", "DELETE"]))
        || !text.starts_with(char::is_alphabetic)
    {
        return true;
    }
    let quotes = text.contains(['\'', '"', '`']);
    let openers: Vec<&str> = keywords::used_for(OPENS).collect();
    let meant = if is(opener, OPENS) { Some(opener) } else { closest(opener, &openers) };
    match meant.map(str::to_ascii_uppercase).as_deref() {
        // USER, TOKEN: words of the language that open nothing
        _ if !is(opener, OPENS) && (is(opener, u8::MAX) || near(opener, "CONNECT")) => true,
        None | Some("CONNECT" | "SET") => true,
        Some("CREATE" | "ALTER") => words.next().is_none_or(|object| {
            let user = near(object, "USER") || near(object, "ROLE");
            let others = closest(object, &OTHERS).is_some();
            user || closest(object, &TABLES).is_none() && (!others || quotes)
        }),
        // these have texts of a table in quotes, and all others names and what may be secret
        Some(
            "SELECT" | "COUNT" | "INSERT" | "UPSERT" | "UPDATE" | "DELETE" | "SHOW" | "RUN"
            | "ANALYZE",
        ) => false,
        Some(_) => quotes,
    }
}

/// Whether words that stand before a secret, or a part of an address, are anywhere in a text.
/// `token` is one of them where it is not asked for as a field.
pub(crate) fn mentions_secret(text: &str, token: bool) -> bool {
    let mut before = "";
    text.contains('@')
        || text.contains("://")
        || words(text).any(|word| {
            let one_of = |known: &[&str]| known.iter().any(|one| one.eq_ignore_ascii_case(word));
            let found = one_of(&["CONNECT", "IDENTIFIED"])
                || is_secret(word) && (token || !one_of(&["TOKEN"]))
                // a look at the first letter spares a large statement the comparison
                || word.starts_with(['p', 'P']) && near(word, "PASSWORD")
                || one_of(&["BY"]) && near(before, "IDENTIFIED")
                || one_of(&["USER", "ROLE"]) && is_one(before, &["CREATE", "ALTER"]);
            before = word;
            found
        })
}

/// The length of the words at a statement's beginning that are the language's own, and of the name
/// of a user or a variable, up to the first place where a secret may stand.
pub(crate) fn known_words(text: &str) -> usize {
    let mut shown = text.len() - behind_explain(text).len();
    let mut last = "";
    loop {
        let rest = text.get(shown..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start().len();
        let token = rest.trim_start().split(char::is_whitespace).next().unwrap_or_default();
        if last.is_empty()
            && let Some(("milvus" | "http" | "https", _)) = token.split_once("://")
        {
            return shown + blanks + token.find("://").map_or(0, |at| at + 3);
        }
        let plain = |word: &str| {
            word.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
                && word.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        };
        let known = plain(token) && is(token, u8::MAX);
        // a long word, or one with digits, is more likely a secret than a word misspelt
        let opener = last.is_empty()
            && token.len() <= 20
            && !token.is_empty()
            && token.chars().all(|char| char.is_ascii_alphabetic());
        let secret_next = is(token, SECRET_NEXT) || is_one(token, &["CONNECT"]);
        let name = is_one(last, &["USER", "ROLE", "EXISTS"]) && plain(token) && !secret_next
            || is_one(last, &["SET"]) && token.strip_prefix('@').is_some_and(plain);
        if !(known || opener || name) {
            return shown;
        }
        shown += blanks + token.len();
        if secret_next || !(known || name) {
            return shown;
        }
        last = token;
    }
}

/// The text behind each EXPLAIN that it begins with.
fn behind_explain(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some((word, behind)) = rest.split_at_checked("EXPLAIN".len())
        && word.eq_ignore_ascii_case("EXPLAIN")
        && behind.starts_with(char::is_whitespace)
    {
        rest = behind.trim_start();
        if let Some((word, behind)) = rest.split_at_checked("ANALYZE".len())
            && word.eq_ignore_ascii_case("ANALYZE")
            && behind.starts_with(char::is_whitespace)
        {
            rest = behind.trim_start();
        }
    }
    rest
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !(char.is_alphanumeric() || char == '_'))
        .filter(|word| !word.is_empty())
}

fn is(word: &str, uses: u8) -> bool {
    keywords::is(word, uses)
}

fn is_one(word: &str, known: &[&str]) -> bool {
    known.iter().any(|one| one.eq_ignore_ascii_case(word))
}

fn near(word: &str, known: &str) -> bool {
    closest(word, &[known]).is_some()
}
