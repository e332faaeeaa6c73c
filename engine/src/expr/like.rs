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

/// Characters, or none for `_`.
type Piece = Vec<Option<char>>;

impl Pattern {
    pub fn new(pattern: &str) -> Result<Pattern, String> {
        let mut pieces: Vec<Piece> = vec![Vec::new()];
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
        let mut index = 0;
        pieces.retain(|piece| {
            index += 1;
            !piece.is_empty() || index == 1 || index == last + 1
        });
        let text = |piece: &Piece| piece.iter().copied().collect::<Option<String>>();
        let simple = match pieces.as_slice() {
            [only] => text(only).map(|text| Pattern::Exactly(text.into())),
            [first, last] if last.is_empty() => {
                text(first).map(|text| Pattern::Prefix(text.into()))
            }
            [first, last] if first.is_empty() => {
                text(last).map(|text| Pattern::Suffix(text.into()))
            }
            [first, inner, last] if first.is_empty() && last.is_empty() => {
                text(inner).map(|text| Pattern::Inside(text.into()))
            }
            _ => None,
        };
        Ok(simple.unwrap_or(Pattern::Pieces(pieces)))
    }

    pub fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Exactly(whole) => text == &**whole,
            Pattern::Prefix(prefix) => text.starts_with(&**prefix),
            Pattern::Suffix(suffix) => text.ends_with(&**suffix),
            Pattern::Inside(inner) => text.contains(&**inner),
            Pattern::Pieces(pieces) => in_order(pieces, text),
        }
    }
}

/// The first piece at the beginning, each next one as early as it goes, the last at the end.
fn in_order(pieces: &[Piece], text: &str) -> bool {
    let Some((first, later)) = pieces.split_first() else { return text.is_empty() };
    let Some(mut rest) = begins(first, text) else { return false };
    let Some((last, inner)) = later.split_last() else { return rest.is_empty() };
    for piece in inner {
        let found = starts(rest).find_map(|from| begins(piece, from));
        let Some(behind) = found else { return false };
        rest = behind;
    }
    // what is left must end with the last piece, which has so many characters
    let start = match last.len() {
        0 => return true,
        length => rest.char_indices().rev().nth(length - 1),
    };
    start.is_some_and(|(start, _)| {
        begins(last, rest.get(start..).unwrap_or_default()).is_some_and(str::is_empty)
    })
}

/// What is behind the piece, if the text begins with it.
fn begins<'a>(piece: &[Option<char>], text: &'a str) -> Option<&'a str> {
    let mut chars = text.chars();
    for wanted in piece {
        let found = chars.next()?;
        if wanted.is_some_and(|wanted| wanted != found) {
            return None;
        }
    }
    Some(chars.as_str())
}

/// The text from each of its characters on, and its end.
fn starts(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(start, _)| start).chain([text.len()]);
    ends.map(|start| text.get(start..).unwrap_or_default())
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
    }
}
