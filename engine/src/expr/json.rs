//! Values inside of JSON text, found without reading all of it into memory. In: text that was
//! checked when it was inserted, keys from the outside in. Out: the value there.

use std::borrow::Cow;

/// A value; lists and objects as their text.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(&'a [u8]),
    Object(&'a [u8]),
}

/// The value under the keys: a key of an object, an index of a list. None if there is none.
pub fn find<'a>(text: &'a [u8], keys: &[Box<str>]) -> Option<Json<'a>> {
    let mut value = text;
    for key in keys {
        let mut cursor = Cursor { text: value, at: 0 };
        value = match cursor.peek()? {
            b'{' => cursor.member(key)?,
            b'[' => {
                // an index has no zeros before it
                let index = key.parse().ok().filter(|index: &usize| index.to_string() == **key)?;
                elements(value).nth(index)?
            }
            _ => return None,
        };
    }
    read(value)
}

/// The texts of a list's elements.
pub fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut cursor = Cursor { text: list, at: 0 };
    let mut open = cursor.take(b'[') && cursor.peek() != Some(b']');
    std::iter::from_fn(move || {
        if !open {
            return None;
        }
        let value = cursor.value();
        open = cursor.take(b',');
        value
    })
}

/// A value of its text.
pub fn read(text: &[u8]) -> Option<Json<'_>> {
    let mut cursor = Cursor { text, at: 0 };
    let first = cursor.peek()?;
    let value = cursor.value()?;
    Some(match first {
        b'{' => Json::Object(value),
        b'[' => Json::List(value),
        b'"' => Json::Text(string(value)?),
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'n' => Json::Null,
        _ => number(std::str::from_utf8(value).ok()?)?,
    })
}

/// Whether there is nothing in it: null, or lists and objects of nothing else.
pub fn is_hollow(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::List(list) => {
            elements(list).all(|element| read(element).is_none_or(|v| is_hollow(&v)))
        }
        Json::Object(object) => {
            let mut cursor = Cursor { text: object, at: 0 };
            cursor.take(b'{');
            while let Some((_, value)) = cursor.pair() {
                if read(value).is_some_and(|value| !is_hollow(&value)) {
                    return false;
                }
                cursor.take(b',');
            }
            true
        }
        Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Text(_) => false,
    }
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The value of a key, of the first one that is so called.
    fn member(&mut self, key: &str) -> Option<&'a [u8]> {
        self.take(b'{');
        loop {
            let (name, value) = self.pair()?;
            // a key may also be asked for as it is written, escapes and all
            if inner(name) == key.as_bytes() || string(name).is_some_and(|name| name == key) {
                return Some(value);
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    /// `"name": value`
    fn pair(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        if self.peek()? != b'"' {
            return None;
        }
        let name = self.value()?;
        self.take(b':');
        Some((name, self.value()?))
    }

    /// Goes past one value.
    fn value(&mut self) -> Option<&'a [u8]> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => self.string(),
            b'{' | b'[' => {
                let mut depth = 0usize;
                while let Some(byte) = self.text.get(self.at) {
                    match byte {
                        b'"' => {
                            self.string();
                            continue;
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            b'}' | b']' | b',' | b':' => return None,
            _ => {
                let ends =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
                while self.text.get(self.at).is_some_and(|byte| !ends(byte)) {
                    self.at += 1;
                }
            }
        }
        self.text.get(start..self.at)
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += match byte {
                b'\\' => 2,
                _ => 1,
            };
            if *byte == b'"' {
                break;
            }
        }
    }

    /// The next byte that is not blank, which stays.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }
}

/// Without its quotes.
fn inner(string: &[u8]) -> &[u8] {
    string.get(1..string.len().saturating_sub(1)).unwrap_or_default()
}

fn string(written: &[u8]) -> Option<Cow<'_, str>> {
    let inner = inner(written);
    if inner.contains(&b'\\') {
        return serde_json::from_slice::<String>(written).ok().map(Cow::Owned);
    }
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

/// Whole numbers that fit are whole; all others are doubles.
fn number(text: &str) -> Option<Json<'static>> {
    match text.parse() {
        Ok(int) => Some(Json::Int(int)),
        Err(_) => text.parse().ok().filter(|float: &f64| float.is_finite()).map(Json::Float),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'a>(text: &'a str, keys: &[&str]) -> Option<Json<'a>> {
        let keys: Vec<Box<str>> = keys.iter().map(|key| (*key).into()).collect();
        find(text.as_bytes(), &keys)
    }

    #[test]
    fn values_are_where_their_keys_are() {
        let text = r#" { "a" : [1, {"b\"c": "x\ny"}, -2.5e1 , [ ] ] , "n":null,"t":true,
            "0": "zero",
            "big": 9223372036854775807, "more": 9223372036854775808, "a": 7 } "#;
        assert_eq!(at(text, &["a", "0"]), Some(Json::Int(1)));
        assert_eq!(at(text, &["a", "1", "b\"c"]), Some(Json::Text("x\ny".into())));
        assert_eq!(at(text, &["a", "1", "b\\\"c"]), Some(Json::Text("x\ny".into())));
        assert_eq!(at(text, &["a", "2"]), Some(Json::Float(-25.0)));
        assert_eq!(at(text, &["a", "3"]), Some(Json::List(b"[ ]")));
        assert_eq!(at(text, &["0"]), Some(Json::Text("zero".into())));
        assert_eq!(at(text, &["n"]), Some(Json::Null));
        assert_eq!(at(text, &["big"]), Some(Json::Int(i64::MAX)));
        assert_eq!(at(text, &["more"]), Some(Json::Float(9_223_372_036_854_775_808.0)));
        for missing in [&["x"][..], &["a", "4"], &["a", "00"], &["t", "0"], &["a", "-1"]] {
            assert_eq!(at(text, missing), None);
        }
    }

    #[test]
    fn hollow_is_what_holds_nothing() {
        for (text, hollow) in [
            ("null", true),
            ("{}", true),
            (r#"{"a": [null, {"b": {}}]}"#, true),
            ("[[], 0]", false),
            (r#"{"a": null, "b": false}"#, false),
            (r#""""#, false),
        ] {
            assert_eq!(is_hollow(&read(text.as_bytes()).unwrap()), hollow, "{text}");
        }
    }

    #[test]
    fn broken_text_is_no_value_and_no_panic() {
        let whole = r#"{"a": [1, "x\"", {"b": null}], "c": true}"#;
        for end in 0..whole.len() {
            let part = &whole.as_bytes()[..end];
            for keys in [&["a"][..], &["a", "2", "b"], &["c"], &["z"]] {
                let keys: Vec<Box<str>> = keys.iter().map(|key| (*key).into()).collect();
                find(part, &keys).inspect(|value| assert!(is_hollow(value) || end > 0));
            }
        }
    }
}
