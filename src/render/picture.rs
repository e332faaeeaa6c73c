//! A text that is a picture. In: a value's text. Out: what is known of the picture, where the text
//! is a `data:` URL of one of four kinds of pixels and nothing else. SVG is none: it is a document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::outcome::plural;

/// The most characters of a URL: those of a VARCHAR.
const MAX_CHARS: usize = 65_535;

/// A side of so many pixels at most is shown larger, with its pixels to be seen.
const TINY: u32 = 32;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture<'a> {
    /// whole, and made of letters, digits and `:/;,+=` alone
    pub url: &'a str,
    pub kind: &'static str,
    bytes: usize,
    /// where its head tells them
    sides: Option<(u32, u32)>,
}

impl<'a> Picture<'a> {
    pub(super) fn of(text: &'a str) -> Option<Picture<'a>> {
        let rest = text.strip_prefix("data:image/").filter(|_| text.len() <= MAX_CHARS)?;
        let (kind, data) = rest.split_once(";base64,")?;
        let kind = ["png", "jpeg", "gif", "webp"].into_iter().find(|known| *known == kind)?;
        let bytes = STANDARD.decode(data).ok().filter(|bytes| !bytes.is_empty())?;
        Some(Picture { url: text, kind, bytes: bytes.len(), sides: sides(kind, &bytes) })
    }

    /// Its size in words, for where pictures cannot be shown.
    pub(super) fn words(&self) -> String {
        let size = plural(self.bytes as u64, "byte", "bytes");
        match self.sides {
            Some((width, height)) => format!("{width} x {height}, {size}"),
            None => size,
        }
    }

    /// Whether it is shown larger, with its pixels to be seen.
    pub(super) fn is_tiny(&self) -> bool {
        self.sides.is_some_and(|(width, height)| width.max(height) <= TINY)
    }

    /// How it is shown in a table: never larger than a few lines of it.
    pub(super) fn style(&self) -> &'static str {
        match self.is_tiny() {
            true => "height:48px;max-width:160px;image-rendering:pixelated;vertical-align:middle",
            false => "max-width:160px;max-height:120px;vertical-align:middle",
        }
    }
}

/// Width and height, of the kinds that tell them at a fixed place.
fn sides(kind: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    match kind {
        "png" if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => {
            let side = |at| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
            Some((side(16)?, side(20)?))
        }
        "gif" if bytes.starts_with(b"GIF8") => {
            let side = |at| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into());
            Some((side(6)?, side(8)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a PNG of 8 x 4.
    const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAE";

    #[test]
    fn a_picture_is_told_in_words() {
        assert_eq!(Picture::of(PNG).unwrap().words(), "8 x 4, 24 bytes");
        let gif = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
        assert_eq!(Picture::of(gif).unwrap().words(), "1 x 1, 14 bytes");
        let jpeg = "data:image/jpeg;base64,/9j/";
        assert_eq!(Picture::of(jpeg).unwrap().words(), "3 bytes");
    }

    /// Whole files: a PNG of 2 x 2 greys, and a JPEG of one pixel.
    #[test]
    fn real_files_are_pictures() {
        let png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADElEQVR42\
                   mNg+A+EAAYAAf+tLDclAAAAAElFTkSuQmCC";
        let picture = Picture::of(png).expect("a picture");
        assert_eq!((picture.kind, picture.words().as_str()), ("png", "2 x 2, 69 bytes"));
        assert!(picture.is_tiny());
        let jpeg = format!(
            "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP{}wgALCAABAAEBAREA/8QAFBABAAA\
             AAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
            "/".repeat(86)
        );
        let picture = Picture::of(&jpeg).expect("a picture");
        assert_eq!((picture.kind, picture.words().as_str()), ("jpeg", "134 bytes"));
    }

    #[test]
    fn the_pixels_of_a_tiny_one_are_seen() {
        assert!(Picture::of(PNG).unwrap().style().contains("pixelated"));
        let head = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAABAAAAAQA";
        assert!(!Picture::of(head).unwrap().style().contains("pixelated"));
    }

    #[test]
    fn what_is_anything_else_as_well_is_no_picture() {
        for text in [
            "",
            "data:image/png;base64,",
            "data:image/png,iVBO",
            "data:image/png;base64;base64,iVBO",
            "data:image/png;charset=utf-8;base64,iVBO",
            "data:image/png;base64,iVB",
            "data:image/png;base64,iVBO iVBO",
            "data:image/png;base64,iVBO\n",
            " data:image/png;base64,iVBO",
            "data:image/png;base64,iVBO\"onerror=\"alert(1)",
            "data:image/png;base64,iVBO'",
            "data:image/png;base64,iVBO><script>alert(1)</script>",
            "data:image/png\"onerror=alert(1) x=\";base64,iVBO",
            "DATA:image/png;base64,iVBO",
            "data:image/PNG;base64,iVBO",
            "data:image/svg+xml;base64,PHN2Zz4=",
            "data:image/svg;base64,PHN2Zz4=",
            "data:text/html;base64,PHN2Zz4=",
            "javascript:alert(1);base64,iVBO",
            "javascript:alert(1)//data:image/png;base64,iVBO",
            "https://example.com/a.png",
        ] {
            assert_eq!(Picture::of(text), None, "{text}");
        }
        let long = format!("data:image/png;base64,{}", "AAAA".repeat(16_384));
        assert_eq!(Picture::of(&long), None);
    }
}
