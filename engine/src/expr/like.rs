//! LIKE: `%` stands for any text, `_` for one character, a backslash takes the meaning of what
//! follows. The whole value must match, and case counts.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    Exactly(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Inside(Box<str>),
    /// what stands between the `%`, first and last at the ends of the text
    Pieces(Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(Box<str>),
    /// with `_`, which is none here
    Chars(Vec<Option<char>>),
}

impl Pattern {
    pub fn new(pattern: &str) -> Result<Pattern, String> {
        let mut pieces = vec![Vec::new()];
        let mut chars = pattern.chars();
        while let Some(char) = chars.next() {
            let token =
                match char {
                    '%' => {
                        pieces.push(Vec::new());
                        continue;
                    }
                    '_' => None,
                    '\\' => Some(chars.next().ok_or(
                        "Invalid LIKE pattern: trailing backslash with nothing to escape",
                    )?),
                    other => Some(other),
                };
            if let Some(piece) = pieces.last_mut() {
                piece.push(token);
            }
        }
        // several % in a row are one
        let last = pieces.len() - 1;
        let pieces: Vec<Piece> = pieces
            .into_iter()
            .enumerate()
            .filter(|(index, piece)| !piece.is_empty() || *index == 0 || *index == last)
            .map(|(_, piece)| match piece.iter().copied().collect::<Option<String>>() {
                Some(text) => Piece::Text(text.into()),
                None => Piece::Chars(piece),
            })
            .collect();
        Ok(match pieces.as_slice() {
            [Piece::Text(only)] => Pattern::Exactly(only.clone()),
            [Piece::Text(first), Piece::Text(last)] if last.is_empty() => {
                Pattern::Prefix(first.clone())
            }
            [Piece::Text(first), Piece::Text(last)] if first.is_empty() => {
                Pattern::Suffix(last.clone())
            }
            [Piece::Text(first), Piece::Text(inner), Piece::Text(last)]
                if first.is_empty() && last.is_empty() =>
            {
                Pattern::Inside(inner.clone())
            }
            _ => Pattern::Pieces(pieces),
        })
    }

    pub fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Exactly(whole) => text == &**whole,
            Pattern::Prefix(prefix) => text.starts_with(&**prefix),
            Pattern::Suffix(suffix) => text.ends_with(&**suffix),
            Pattern::Inside(inner) => find(text, inner).is_some(),
            Pattern::Pieces(pieces) => in_order(pieces, text),
        }
    }
}

/// The first piece at the beginning, each next one as early as it goes, the last at the end.
fn in_order(pieces: &[Piece], text: &str) -> bool {
    let Some((first, later)) = pieces.split_first() else { return text.is_empty() };
    let Some(mut rest) = first.begins(text) else { return false };
    let Some((last, inner)) = later.split_last() else { return rest.is_empty() };
    for piece in inner {
        let Some(behind) = piece.behind(rest) else { return false };
        rest = behind;
    }
    match last {
        Piece::Text(last) => rest.ends_with(&**last),
        // it has so many characters
        Piece::Chars(chars) => rest
            .char_indices()
            .rev()
            .nth(chars.len().saturating_sub(1))
            .and_then(|(start, _)| last.begins(rest.get(start..)?))
            .is_some_and(str::is_empty),
    }
}

impl Piece {
    /// What is behind the piece, if the text begins with it.
    fn begins<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Piece::Text(piece) => text.strip_prefix(&**piece),
            Piece::Chars(piece) => {
                let mut chars = text.chars();
                for wanted in piece {
                    let found = chars.next()?;
                    if wanted.is_some_and(|wanted| wanted != found) {
                        return None;
                    }
                }
                Some(chars.as_str())
            }
        }
    }

    /// What is behind the first place where the piece is.
    fn behind<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Piece::Text(piece) => text.get(find(text, piece)? + piece.len()..),
            Piece::Chars(piece) => {
                let first = piece.first().copied().flatten();
                text.char_indices()
                    .filter(|(_, char)| first.is_none_or(|first| first == *char))
                    .find_map(|(start, _)| self.begins(text.get(start..)?))
            }
        }
    }
}

/// Texts up to so many bytes are searched plainly: that is over before std's search is set up,
/// which is the faster one in long texts.
const SHORT: usize = 256;

fn find(text: &str, wanted: &str) -> Option<usize> {
    let Some(first) = wanted.bytes().next() else { return Some(0) };
    if text.len() > SHORT {
        return text.find(wanted);
    }
    let mut from = 0;
    while let Some(rest) = text.as_bytes().get(from..).filter(|rest| rest.len() >= wanted.len()) {
        from += rest.iter().position(|byte| *byte == first)?;
        if text.as_bytes().get(from..).is_some_and(|rest| rest.starts_with(wanted.as_bytes())) {
            return Some(from);
        }
        from += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries every way: what LIKE means, written down plainly.
    fn matches_slowly(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skip| matches_slowly(rest, &text[skip..])),
            ['_', rest @ ..] => !text.is_empty() && matches_slowly(rest, &text[1..]),
            ['\\', char, rest @ ..] | [char, rest @ ..] => {
                text.first() == Some(char) && matches_slowly(rest, &text[1..])
            }
        }
    }

    #[test]
    fn every_short_pattern_matches_what_it_says() {
        let letters = ['a', '表', '%', '_', '\\'];
        let words = |letters: &[char], most: u32| {
            let base = letters.len();
            (0..=most)
                .flat_map(move |length| (0..base.pow(length)).map(move |number| (length, number)))
                .map(|(length, mut number)| {
                    let mut word = Vec::new();
                    for _ in 0..length {
                        word.push(letters[number % base]);
                        number /= base;
                    }
                    word
                })
                .collect::<Vec<_>>()
        };
        let texts = words(&letters[..4], 3);
        for pattern in words(&letters, 5) {
            let written: String = pattern.iter().collect();
            let Ok(compiled) = Pattern::new(&written) else {
                assert!(written.ends_with('\\'), "{written}");
                continue;
            };
            for text in &texts {
                let whole: String = text.iter().collect();
                let right = matches_slowly(&pattern, text);
                assert_eq!(compiled.matches(&whole), right, "{written} of {whole}");
            }
        }
    }

    #[test]
    fn simple_patterns_are_searched_simply() {
        let new = |pattern| Pattern::new(pattern).unwrap();
        assert_eq!(new("ab%"), Pattern::Prefix("ab".into()));
        assert_eq!(new("%%ab%%"), Pattern::Inside("ab".into()));
        assert_eq!(new(r"%a\%b"), Pattern::Suffix("a%b".into()));
        assert_eq!(new("%"), Pattern::Prefix("".into()));
        assert!(new("a_c").matches("a表c") && !new("a_c").matches("ac"));
        assert!(new("a%a").matches("aa") && !new("a%a").matches("a"));
        assert!(new("%_b_%").matches("a\nbc"));
        let long = "ab".repeat(300);
        assert!(new("%ba%bc%").matches(&(long.clone() + "bcd")) && !new("%bc%").matches(&long));
    }
}
