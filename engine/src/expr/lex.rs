//! Words of a filter: its text in, tokens out, each with its place. As in Milvus's Plan.g4 the
//! longest token wins, keywords are all lower or all upper case, and `is null` is one word with
//! one blank.

mod words;

use super::tree::Quantity;
use words::{SIGNS, keyword};

/// What a token is. The text of it is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int,
    Float,
    Bool,
    Text,
    RawText,
    /// a field, or a key of the dynamic field
    Name,
    /// `$meta`
    Meta,
    /// `j["a"][0]`, brackets and all
    Path,
    /// `s[part]`, `s[0][part]`, `$[part]`: parts of an array of structs
    Part,
    OpenBrace,
    CloseBrace,
    Open,
    Close,
    OpenList,
    CloseList,
    EmptyList,
    Comma,
    Assign,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Matches,
    MatchesNot,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitOr,
    BitXor,
    BitNot,
    And,
    Or,
    Not,
    In,
    IsNull,
    IsNotNull,
    Like,
    Exists,
    Interval,
    Iso,
    MinimumShouldMatch,
    Threshold,
    Function(Function),
    End,
}

/// Functions with a syntax of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    TextMatch,
    TextMatchFuzzy,
    PhraseMatch,
    RandomSample,
    ContainsOne,
    ContainsAll,
    ContainsAny,
    ArrayLength,
    ElementFilter,
    /// `match_all` and its kin, over arrays of structs
    Match(Quantity),
    /// `st_within` and its kin
    Spatial,
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
}

/// The tokens and an `End`, or what cannot be read and where.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut lexer = Lexer { bytes: text.as_bytes(), at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        let start = lexer.at;
        let Some(first) = lexer.peek(0) else { break };
        match lexer.token(first) {
            Some(kind) => {
                tokens.push(Token { kind, start: start as u32, end: lexer.at as u32 });
            }
            None => {
                let rest = text.get(start..).unwrap_or_default();
                // a string that does not end is told by its beginning
                let shown: String = match first {
                    b'"' | b'\'' => rest.chars().take(20).collect(),
                    _ => rest.chars().take(1).collect(),
                };
                return Err(format!(
                    "{} token recognition error at: '{shown}'",
                    place(text, start as u32)
                ));
            }
        }
    }
    let end = text.len() as u32;
    tokens.push(Token { kind: Kind::End, start: end, end });
    Ok(tokens)
}

/// "line 1:7": lines from one, columns in characters from zero.
pub fn place(text: &str, at: u32) -> String {
    let before = text.get(..at as usize).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    format!("line {line}:{column}")
}

/// A piece of a filter as Milvus quotes it: its tokens, with no blanks between them.
pub fn squeezed(text: &str) -> String {
    let Ok(tokens) = tokens(text) else { return text.to_string() };
    tokens.iter().filter_map(|token| text.get(token.start as usize..token.end as usize)).collect()
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    /// Reads one token; none if nothing begins here.
    fn token(&mut self, first: u8) -> Option<Kind> {
        match first {
            b'"' | b'\'' => self.quoted().then_some(Kind::Text),
            b'0'..=b'9' => Some(self.number()),
            b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => Some(self.number()),
            b'$' => self.meta(),
            b'[' => Some(self.open_list()),
            _ if is_word(first) => self.word(),
            _ => {
                let (sign, kind) =
                    SIGNS.iter().find(|(sign, _)| self.rest().starts_with(sign.as_bytes()))?;
                self.at += sign.len();
                Some(*kind)
            }
        }
    }

    /// A keyword, a name, a path, or a string with a letter before it.
    fn word(&mut self) -> Option<Kind> {
        for (phrase, kind) in [("is null", Kind::IsNull), ("is not null", Kind::IsNotNull)] {
            let upper = phrase.to_ascii_uppercase();
            if [phrase, &upper].iter().any(|phrase| self.rest().starts_with(phrase.as_bytes())) {
                self.at += phrase.len();
                return Some(kind);
            }
        }
        let start = self.at;
        self.skip(|byte| is_word(byte) || byte.is_ascii_digit());
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        if matches!(self.peek(0), Some(b'"' | b'\'')) {
            let before = self.at;
            match word {
                b"r" | b"R" if self.raw() => return Some(Kind::RawText),
                b"u8" | b"u" | b"U" | b"L" if self.quoted() => return Some(Kind::Text),
                _ => self.at = before,
            }
        }
        Some(keyword(word).unwrap_or_else(|| self.path(Kind::Name)))
    }

    fn meta(&mut self) -> Option<Kind> {
        if self.rest().starts_with(b"$meta") {
            self.at += 5;
            return Some(self.path(Kind::Meta));
        }
        self.at += 1;
        self.part().then_some(Kind::Part)
    }

    /// What stands in brackets right behind a name belongs to it.
    fn path(&mut self, bare: Kind) -> Kind {
        let mut kind = bare;
        let mut brackets = 0;
        loop {
            let before = self.at;
            if self.key() {
                kind = Kind::Path;
                brackets += 1;
                continue;
            }
            self.at = before;
            // `s[part]`, or `s[0][part]`, which has one number before it
            let number = brackets == 1
                && self.bytes.get(before.wrapping_sub(2)).is_some_and(u8::is_ascii_digit);
            if bare == Kind::Name && (brackets == 0 || number) && self.part() {
                return Kind::Part;
            }
            self.at = before;
            return kind;
        }
    }

    /// `["key"]` or `[0]`
    fn key(&mut self) -> bool {
        if !self.take(b'[') {
            return false;
        }
        let inside = match self.peek(0) {
            Some(b'"' | b'\'') => self.quoted(),
            Some(b'r' | b'R') => {
                self.at += 1;
                self.raw()
            }
            Some(b'0') => self.take(b'0'),
            Some(b'1'..=b'9') => {
                self.skip(|byte| byte.is_ascii_digit());
                true
            }
            _ => false,
        };
        inside && self.take(b']')
    }

    /// `[part]`
    fn part(&mut self) -> bool {
        if !self.take(b'[') || !self.peek(0).is_some_and(is_word) {
            return false;
        }
        self.skip(|byte| is_word(byte) || byte.is_ascii_digit());
        self.take(b']')
    }

    fn open_list(&mut self) -> Kind {
        self.at += 1;
        let before = self.at;
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        if self.take(b']') {
            return Kind::EmptyList;
        }
        self.at = before;
        Kind::OpenList
    }

    /// A string of one line; a backslash takes what follows with it.
    fn quoted(&mut self) -> bool {
        let Some(quote) = self.peek(0) else { return false };
        if !matches!(quote, b'"' | b'\'') {
            return false;
        }
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                _ if byte == quote => return true,
                b'\\' => match (self.peek(0), self.peek(1)) {
                    (Some(b'\r'), Some(b'\n')) => self.at += 2,
                    _ => self.at += 1,
                },
                b'\r' | b'\n' => return false,
                _ => {}
            }
        }
        false
    }

    /// As a string, but that a backslash at the end of a line does not go on.
    fn raw(&mut self) -> bool {
        let start = self.at;
        self.quoted() && !self.bytes.get(start..self.at).unwrap_or_default().contains(&b'\n')
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        if self.peek(0) == Some(b'0') && matches!(self.peek(1), Some(b'x' | b'X')) {
            self.at += 2;
            return self.hexadecimal(start);
        }
        if self.peek(0) == Some(b'0')
            && matches!(self.peek(1), Some(b'b' | b'B'))
            && matches!(self.peek(2), Some(b'0' | b'1'))
        {
            self.at += 2;
            self.skip(|byte| matches!(byte, b'0' | b'1'));
            return Kind::Int;
        }
        self.skip(|byte| byte.is_ascii_digit());
        let digits = self.at;
        let mut float = self.take(b'.');
        if float {
            self.skip(|byte| byte.is_ascii_digit());
        }
        float |= self.exponent(b'e');
        if float {
            return Kind::Float;
        }
        self.at = digits;
        // a number that begins with 0 is octal, and ends where that does
        if self.bytes.get(start) == Some(&b'0') {
            self.at = start;
            self.skip(|byte| matches!(byte, b'0'..=b'7'));
        }
        Kind::Int
    }

    fn hexadecimal(&mut self, start: usize) -> Kind {
        let digits = self.at;
        self.skip(|byte| byte.is_ascii_hexdigit());
        let whole = self.at;
        let mut point = self.at;
        if self.take(b'.') {
            point = self.at;
            self.skip(|byte| byte.is_ascii_hexdigit());
        }
        if (whole > digits || self.at > point) && self.exponent(b'p') {
            return Kind::Float;
        }
        self.at = match whole > digits {
            true => whole,
            // 0x with nothing behind it: a zero and a name
            false => start + 1,
        };
        Kind::Int
    }

    /// `e+10`; goes back if there are no digits.
    fn exponent(&mut self, letter: u8) -> bool {
        let before = self.at;
        if self.peek(0).is_some_and(|byte| byte.to_ascii_lowercase() == letter) {
            self.at += 1;
            if matches!(self.peek(0), Some(b'+' | b'-')) {
                self.at += 1;
            }
            let digits = self.at;
            self.skip(|byte| byte.is_ascii_digit());
            if self.at > digits {
                return true;
            }
        }
        self.at = before;
        false
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek(0) == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn skip(&mut self, while_: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&while_) {
            self.at += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).unwrap().iter().map(|token| token.kind).collect()
    }

    #[test]
    fn the_longest_token_wins() {
        use Kind::*;
        assert_eq!(kinds("is nullable"), [IsNull, Name, End]);
        assert_eq!(kinds("inner in [ ]"), [Name, In, EmptyList, End]);
        assert_eq!(
            kinds("a[0]['x'] a[0][b] a[b] $[c] $meta[\"y\"] $meta"),
            [Path, Part, Part, Part, Path, Meta, End]
        );
        assert_eq!(kinds("a in[1]"), [Name, In, OpenList, Int, CloseList, End]);
        assert_eq!(
            kinds(r#"r"a\" b" u8"x" or"y" xr'z'"#),
            [RawText, Text, Or, Text, Name, Text, End]
        );
        assert_eq!(
            kinds("1 017 0x1F 0b11 1. .5 1e5 0x1.8p3 08.5"),
            [Int, Int, Int, Int, Float, Float, Float, Float, Float, End]
        );
        assert_eq!(kinds("08 0x 1e 0b2"), [Int, Int, Int, Name, Int, Name, Int, Name, End]);
        assert_eq!(
            kinds("a**b*c!=d!~e"),
            [Name, Power, Name, Multiply, Name, NotEqual, Name, MatchesNot, Name, End]
        );
        assert_eq!(kinds("AND And and True tRue"), [And, Name, And, Bool, Name, End]);
    }

    #[test]
    fn what_begins_nothing_is_told_with_its_place() {
        let error = |text| tokens(text).unwrap_err();
        assert_eq!(error("a\n == ?"), "line 2:4 token recognition error at: '?'");
        assert_eq!(error("表 > 1"), "line 1:0 token recognition error at: '表'");
        assert_eq!(error("a == 'x"), "line 1:5 token recognition error at: ''x'");
        assert_eq!(squeezed("a  + 1 in [ 2, 3 ]"), "a+1in[2,3]");
    }
}
