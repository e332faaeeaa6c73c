//! Numbers and strings as they are written: a token's text in, the value out. Strings have Go's
//! escapes, of which Milvus takes `\'` and `\"` in either kind of quotes; raw strings have none.

use std::str::Chars;

/// An integer, or that it is -(its least) without its sign.
pub enum Int {
    Value(i64),
    /// 9223372036854775808, which is a number behind a minus alone
    Least,
}

pub fn int(text: &str) -> Result<Int, String> {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..), 16),
        [b'0', b'b' | b'B', ..] => (text.get(2..), 2),
        [b'0', _, ..] => (text.get(1..), 8),
        _ => (Some(text), 10),
    };
    let digits = digits.unwrap_or_default();
    match i64::from_str_radix(digits, base) {
        Ok(value) => Ok(Int::Value(value)),
        Err(_) if text == "9223372036854775808" => Ok(Int::Least),
        Err(_) => Err(format!("integer {text} is out of the range of INT64")),
    }
}

pub fn float(text: &str) -> Result<f64, String> {
    let value = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => hexadecimal(text.get(2..).unwrap_or_default()),
        _ => text.parse().ok(),
    };
    value
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| format!("number {text} is out of the range of DOUBLE"))
}

/// `1.8p3`: hexadecimal digits times a power of two.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut value = 0.0;
    for digit in whole.chars().chain(part.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = exponent.trim_start_matches('+').parse().ok()?;
    let shift = i32::try_from(part.len()).ok()?.checked_mul(4)?;
    Some(value * f64::from(2u8).powi(exponent.checked_sub(shift)?))
}

/// What a string says, its quotes and a prefix such as `u8` left out and its escapes read.
pub fn text(token: &str) -> Result<String, String> {
    let inner = inside(token);
    if !inner.contains('\\') {
        return Ok(inner.to_string());
    }
    // escapes can make single bytes, so what they make is text at the end only
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char == '\\' {
            escape(&mut chars, &mut bytes)
                .ok_or_else(|| format!("invalid string literal: {token}"))?;
        } else {
            push(&mut bytes, char);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a regular expression says: its backslashes stay, but before a quote and another backslash.
pub fn pattern(token: &str) -> String {
    let (inner, quote) = (inside(token), token.chars().last());
    let mut pattern = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        let next = if char == '\\' { chars.next() } else { None };
        match next {
            Some(next) if next == '\\' || Some(next) == quote => pattern.push(next),
            Some(next) => pattern.extend([char, next]),
            None => pattern.push(char),
        }
    }
    pattern
}

/// What stands between the quotes, whatever stands before them.
pub fn inside(token: &str) -> &str {
    let quoted = token.find(['"', '\'']).and_then(|start| token.get(start + 1..));
    quoted.and_then(|rest| rest.get(..rest.len().checked_sub(1)?)).unwrap_or_default()
}

/// A key of a JSON path: only `\u4e2d` is an escape in it, all else is as it is written.
pub fn key(inner: &str) -> String {
    let mut key = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(start) = rest.find("\\u") {
        let (before, from) = rest.split_at(start);
        key.push_str(before);
        let digits = from.get(2..6).filter(|hex| hex.bytes().all(|hex| hex.is_ascii_hexdigit()));
        match digits.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
            Some(code) => {
                key.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = from.get(6..).unwrap_or_default();
            }
            None => {
                key.push_str("\\u");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    key + rest
}

/// Reads what follows a backslash.
fn escape(chars: &mut Chars, bytes: &mut Vec<u8>) -> Option<()> {
    let byte = match chars.next()? {
        'a' => 7,
        'b' => 8,
        't' => b'\t',
        'n' => b'\n',
        'v' => 11,
        'f' => 12,
        'r' => b'\r',
        same @ ('\\' | '"' | '\'') => same as u8,
        'x' => u8::try_from(number(chars, 0, 2, 16)?).ok()?,
        letter @ ('u' | 'U') => {
            let digits = if letter == 'u' { 4 } else { 8 };
            push(bytes, char::from_u32(number(chars, 0, digits, 16)?)?);
            return Some(());
        }
        octal => u8::try_from(number(chars, octal.to_digit(8)?, 2, 8)?).ok()?,
    };
    bytes.push(byte);
    Some(())
}

/// So many digits more.
fn number(chars: &mut Chars, mut value: u32, digits: usize, base: u32) -> Option<u32> {
    for _ in 0..digits {
        value = value.checked_mul(base)?.checked_add(chars.next()?.to_digit(base)?)?;
    }
    Some(value)
}

fn push(bytes: &mut Vec<u8>, char: char) {
    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_to_the_last_digit() {
        let int = |text| match int(text) {
            Ok(Int::Value(value)) => Some(value),
            Ok(Int::Least) | Err(_) => None,
        };
        assert_eq!(int("9223372036854775807"), Some(i64::MAX));
        assert_eq!(int("9223372036854775808"), None);
        assert_eq!(
            (int("0"), int("017"), int("0xfF"), int("0b101")),
            (Some(0), Some(15), Some(255), Some(5))
        );
        assert_eq!(float("1.5e3"), Ok(1500.0));
        assert_eq!((float("1."), float(".5"), float("08.5")), (Ok(1.0), Ok(0.5), Ok(8.5)));
        // as printf "%.17g" of C tells them
        assert_eq!(
            (float("0x1.8p3"), float("0x.8p-1"), float("0XAp0")),
            (Ok(12.0), Ok(0.25), Ok(10.0))
        );
        assert!(float("1e999").is_err());
    }

    #[test]
    fn strings_have_the_escapes_of_go() {
        assert_eq!(text(r#""a'b\'c\"d""#).unwrap(), "a'b'c\"d");
        assert_eq!(text(r#"'\n\t\\\x41\101\u4e2d\U0001F44B'"#).unwrap(), "\n\t\\AA中👋");
        assert_eq!(text(r#""\xe4\xb8\xad""#).unwrap(), "中");
        assert_eq!(text("u8'x'").unwrap(), "x");
        for wrong in [r"'\378'", r#""\423""#, r"'\q'", r"'\中'", r"'\x4'", r"'\ud800'"] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn patterns_and_keys_keep_their_backslashes() {
        assert_eq!(pattern(r#""\d+\\\"\'""#), r#"\d+\"\'"#);
        assert_eq!(key(r#"a\u4e2d\"b\u12"#), r#"a中\"b\u12"#);
        assert_eq!(inside("r'x'"), "x");
    }
}
