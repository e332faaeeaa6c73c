//! Any text as it may be shown: on its line, and without what moves a cursor, changes colours or
//! turns the direction of writing, whoever wrote it. In: texts of users and servers. Out: the same
//! with escapes. Errors are made of it (`diagnostic`), results are shown with it (`render`).

/// Characters of a quoted word, and of a whole message, that an error shows.
const MAX_QUOTED: usize = 100;
const MAX_MESSAGE: usize = 2_000;

/// A text with its control characters as escapes.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        push(&mut out, char);
    }
    out
}

pub(crate) fn push(out: &mut String, char: char) {
    match char {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other if needs_escape(other) => out.push_str(&other.escape_unicode().to_string()),
        other => out.push(other),
    }
}

/// Whether a character is shown as an escape.
pub(crate) fn needs_escape(char: char) -> bool {
    // marks that turn the direction of the text that follows
    char.is_control() || matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A text of an error: printable, and what is long in backticks or as a whole cut. With `lines` it
/// may be several, as a server's answer is.
pub(crate) fn message(text: String, lines: bool) -> String {
    if text.len() <= MAX_QUOTED && !text.contains(needs_escape) {
        return text;
    }
    let mut out = String::new();
    let (mut quoted, mut length, mut shown) = (false, 0, 0);
    for char in text.chars() {
        if shown == MAX_MESSAGE {
            out.push('…');
            break;
        }
        if char == '`' {
            (quoted, length) = (!quoted, 0);
        } else if quoted {
            length += 1;
        }
        if length <= MAX_QUOTED {
            match char {
                '\n' if lines => out.push('\n'),
                other => push(&mut out, other),
            }
            shown += 1;
        } else if length == MAX_QUOTED + 1 {
            out.push('…');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escapes() {
        assert_eq!(printable("a\n\r\tb\u{1b}[31m\u{202e}"), "a\\n\\r\\tb\\u{1b}[31m\\u{202e}");
    }

    #[test]
    fn a_message_is_cut_where_it_quotes_and_as_a_whole() {
        let long = "9".repeat(100_000);
        let shown = message(format!("`{long}` is too large, not `{long}`; 表"), false);
        let part = format!("`{}…`", "9".repeat(100));
        assert_eq!(shown, format!("{part} is too large, not {part}; 表"));
        assert_eq!(message(long, false).chars().count(), MAX_MESSAGE + 1);
        let answer = || "it answers:\n  \u{1b}[2J^".to_string();
        assert_eq!(message(answer(), true), "it answers:\n  \\u{1b}[2J^");
        assert_eq!(message(answer(), false), "it answers:\\n  \\u{1b}[2J^");
    }
}
