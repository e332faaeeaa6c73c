//! Text of any of a few encodings as UTF-8, piece by piece. A byte order mark says more than what
//! was asked for. What is no UTF-8 is found where a row is read, which knows its line.

/// How the characters of a text file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// the bytes are the first 256 characters of Unicode
    Latin1,
    /// the same, with quotes, dashes and € from 0x80 to 0x9F
    Windows1252,
}

impl Encoding {
    pub const ALL: [(&'static str, Encoding); 9] = [
        ("utf-8", Encoding::Utf8),
        ("utf-16", Encoding::Utf16Le),
        ("latin1", Encoding::Latin1),
        ("windows-1252", Encoding::Windows1252),
        ("utf-16le", Encoding::Utf16Le),
        ("utf-16be", Encoding::Utf16Be),
        ("utf8", Encoding::Utf8),
        ("iso-8859-1", Encoding::Latin1),
        ("cp1252", Encoding::Windows1252),
    ];

    pub fn named(name: &str) -> Option<Encoding> {
        let found = Encoding::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, encoding)| *encoding)
    }
}

/// The characters of 0x80 to 0x9F in windows-1252; five are none.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

pub(super) struct Decode {
    encoding: Encoding,
    /// bytes of a mark or a character that is not whole yet
    held: Vec<u8>,
    begun: bool,
    /// the first half of a character of two
    high: Option<u16>,
}

impl Decode {
    pub(super) fn new(encoding: Encoding) -> Decode {
        Decode { encoding, held: Vec::new(), begun: false, high: None }
    }

    /// Hands a piece on; `last` is the end of the file.
    pub(super) fn feed(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        if self.begun && self.held.is_empty() {
            return self.decode(piece, last, out);
        }
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(piece);
        if self.begun {
            return self.decode(&bytes, last, out);
        }
        if bytes.len() < 3 && !last {
            self.held = bytes;
            return;
        }
        self.begun = true;
        let (encoding, mark) = match bytes.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
            _ => (self.encoding, 0),
        };
        self.encoding = encoding;
        self.decode(bytes.get(mark..).unwrap_or_default(), last, out);
    }

    fn decode(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut push = |char: char| {
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        };
        match self.encoding {
            Encoding::Utf8 => out.extend_from_slice(bytes),
            Encoding::Latin1 => bytes.iter().for_each(|byte| push(char::from(*byte))),
            Encoding::Windows1252 => {
                for byte in bytes {
                    let at = usize::from(*byte).wrapping_sub(0x80);
                    push(WINDOWS.get(at).copied().unwrap_or(char::from(*byte)));
                }
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let (pairs, rest) = bytes.as_chunks::<2>();
                for pair in pairs {
                    let unit = match self.encoding {
                        Encoding::Utf16Be => u16::from_be_bytes(*pair),
                        _ => u16::from_le_bytes(*pair),
                    };
                    // a half that stands alone becomes U+FFFD
                    let units = self.high.take().into_iter().chain([unit]);
                    if (0xd800..0xdc00).contains(&unit) {
                        units.take(1).filter(|first| *first != unit).for_each(|_| push('\u{fffd}'));
                        self.high = Some(unit);
                        continue;
                    }
                    for char in char::decode_utf16(units) {
                        push(char.unwrap_or('\u{fffd}'));
                    }
                }
                self.held = rest.to_vec();
                if last && (self.high.take().is_some() || !rest.is_empty()) {
                    push('\u{fffd}');
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: Encoding, bytes: &[u8], size: usize) -> String {
        let mut decode = Decode::new(encoding);
        let mut out = Vec::new();
        for piece in bytes.chunks(size) {
            decode.feed(piece, false, &mut out);
        }
        decode.feed(&[], true, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn any_piece_is_enough() {
        let text = "id,naïve 表👋\n1,€";
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let le: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let be: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for size in [1, 2, 3, 5, 100] {
            assert_eq!(decoded(Encoding::Utf8, text.as_bytes(), size), text);
            assert_eq!(decoded(Encoding::Utf16Le, &le, size), text);
            assert_eq!(decoded(Encoding::Utf16Be, &be, size), text);
            // a mark tells the encoding
            let utf8 = marked(&[0xef, 0xbb, 0xbf], text.as_bytes());
            assert_eq!(decoded(Encoding::Latin1, &utf8, size), text);
            assert_eq!(decoded(Encoding::Utf8, &marked(&[0xff, 0xfe], &le), size), text);
            assert_eq!(decoded(Encoding::Utf8, &marked(&[0xfe, 0xff], &be), size), text);
            assert_eq!(decoded(Encoding::Windows1252, b"\x80 caf\xe9", size), "€ café");
            assert_eq!(decoded(Encoding::Latin1, b"caf\xe9", size), "café");
        }
        assert_eq!(decoded(Encoding::Utf8, b"a", 1), "a");
        assert_eq!(decoded(Encoding::Utf16Le, &[0x3d, 0xd8, 0x41, 0], 1), "\u{fffd}A");
    }
}
