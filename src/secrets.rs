//! Keeps passwords and tokens out of what is shown: an error quotes the cell, and outputs are saved
//! with the notebook. In: a cell's text. Out: the same text, byte for byte as long, with `*` where
//! a secret stands.

use std::ops::Range;

use crate::language::keywords::{self, SECRET_NEXT};

/// The text with its secrets covered. Offsets into the one hold in the other.
pub(crate) fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in in_addresses(text).into_iter().chain(behind_keywords(text)) {
        if let Some(secret) = bytes.get_mut(range) {
            secret.fill(b'*');
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// `://user:SECRET@host`, `://SECRET@host`
fn in_addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = text.get(start..).unwrap_or_default();
        let word =
            rest.split(|char: char| char.is_whitespace() || char == ';').next().unwrap_or_default();
        if let Some((login, _)) = word.rsplit_once('@') {
            let secret = login.find(':').map_or(0, |colon| colon + 1);
            found.push(start + secret..start + login.len());
        }
    }
    found
}

/// `PASSWORD 'SECRET'`, `TOKEN 'SECRET'`, `OLD 'SECRET'`; without quotes where no field can have
/// that name.
fn behind_keywords(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for keyword in keywords::used_for(SECRET_NEXT) {
        for (at, _) in lower.match_indices(&keyword.to_ascii_lowercase()) {
            let behind = text.get(at + keyword.len()..).unwrap_or_default();
            let value = behind.trim_start();
            let start = text.len() - value.len();
            let before = lower.get(..at).unwrap_or_default();
            let word = !before.ends_with(|char: char| char.is_alphanumeric() || char == '_');
            let no_field = word && before.rsplit(';').next().is_some_and(takes_secrets);
            if let Some(quote) = value.chars().next().filter(|char| matches!(char, '\'' | '"')) {
                let inner = value.get(1..).unwrap_or_default();
                // up to the last quote of the line: a quote within the secret is doubled or escaped
                let line = inner.lines().next().unwrap_or_default();
                let end = line
                    .find(&format!("{quote} "))
                    .or_else(|| line.rfind(quote))
                    .unwrap_or(line.len());
                found.push(start + 1..start + 1 + end);
            } else if no_field && behind.len() > value.len() {
                let end = value
                    .find(|char: char| char.is_whitespace() || char == ';')
                    .unwrap_or(value.len());
                let word = value.get(..end).unwrap_or_default();
                if !word.eq_ignore_ascii_case("prompt") {
                    found.push(start..start + end);
                }
            }
        }
    }
    found
}

/// Whether a statement, of which this is the beginning in small letters, is of a connection or a
/// user.
fn takes_secrets(statement: &str) -> bool {
    let mut words = statement.split_whitespace().skip_while(|word| *word == "explain");
    match words.next() {
        Some("connect") => true,
        Some("create" | "alter") => words.next() == Some("user"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn covers_secrets_and_nothing_else() {
        for (text, shown) in [
            ("milvus://root:p@ss@h:1/d; SHOW", "milvus://root:****@h:1/d; SHOW"),
            ("milvus://abc@h", "milvus://***@h"),
            ("milvus://h:19530", "milvus://h:19530"),
            ("CONNECT 'http://u:pw@h' TOKEN 'x y'", "CONNECT 'http://u:**@h' TOKEN '***'"),
            (
                "connect 'h' user 'a' password 'it''s' database d",
                "connect 'h' user 'a' password '*****' database d",
            ),
            ("CONNECT 'h' USER a PASSWORD pw", "CONNECT 'h' USER a PASSWORD **"),
            ("CONNECT 'h' USER a PASSWORD PROMPT AS b", "CONNECT 'h' USER a PASSWORD PROMPT AS b"),
            (
                "EXPLAIN ALTER USER u PASSWORD 'new' OLD 'it''s'",
                "EXPLAIN ALTER USER u PASSWORD '***' OLD '*****'",
            ),
            ("ALTER USER bold PASSWORD new OLD was", "ALTER USER bold PASSWORD *** OLD ***"),
            ("create user u password pw", "create user u password **"),
            ("SELECT old FORM t", "SELECT old FORM t"),
            ("CONNECT 'h' PASSWORD 'öpen", "CONNECT 'h' PASSWORD '*****"),
            ("SELECT token FORM t WHERE token = 'x'", "SELECT token FORM t WHERE token = 'x'"),
        ] {
            assert_eq!(masked(text), shown);
            assert_eq!(masked(text).len(), text.len());
        }
    }
}
