//! How outcomes are shown: what the settings of a session say about it.

use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

use crate::translate::Catalogue;

/// A result that a session keeps, as no other session names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultId {
    pub session: u32,
    pub number: u32,
}

impl Display for ResultId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.session, self.number)
    }
}

/// A field whose numbers are pixels, and how many are side by side, below each other and of one
/// pixel, where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageField {
    pub name: String,
    pub shape: Vec<u32>,
}

impl ImageField {
    /// `pixels`, `pixels 28x28`, `pixels 32x32x3`
    pub(crate) fn of(text: &str) -> Option<ImageField> {
        const MOST: u32 = 4096;
        let mut words = text.split_whitespace();
        let name = words.next()?.to_string();
        let sides = words.next().map_or(Some(Vec::new()), |shape| {
            shape.split(['x', 'X', '×']).map(|side| side.parse().ok()).collect()
        });
        let shape: Vec<u32> = sides?;
        let fits = match shape.as_slice() {
            [] => true,
            [width, height] => (1..=MOST).contains(width) && (1..=MOST).contains(height),
            [width, height, 1 | 3 | 4] => (1..=MOST).contains(width) && (1..=MOST).contains(height),
            _ => false,
        };
        (fits && words.next().is_none()).then_some(ImageField { name, shape })
    }

    /// The shape that a field's description states: `image`, `image 28x28`, `image 32 x 32 x 3`.
    pub(crate) fn shape_of_description(description: &str) -> Option<String> {
        let mut words = description.split_whitespace();
        words.next().filter(|word| word.eq_ignore_ascii_case("image"))?;
        let shape: String = words.collect();
        ImageField::of(&format!("image {shape}")).map(|image| image.shape())
    }

    /// The shape as it is written.
    pub(crate) fn shape(&self) -> String {
        self.shape.iter().map(u32::to_string).collect::<Vec<_>>().join("x")
    }
}

impl Display for ImageField {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let space = if self.shape.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}", self.name, self.shape())
    }
}

/// How an outcome is shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// rows of a table
    pub limit: usize,
    /// digits behind the point of floating-point numbers; `None` is the shortest exact form
    pub precision: Option<usize>,
    /// whether a table comes as a data resource as well, whole
    pub table_schema: bool,
    /// bytes of a saved notebook that a table takes
    pub table_size: usize,
    /// a field whose numbers are pixels
    pub image: Option<ImageField>,
    /// what the session keeps the rows under that the notebook does not hold
    pub result: Option<ResultId>,
    /// whether the status line tells how long the server took
    pub timing: bool,
    /// another language than English
    pub catalogue: Option<Rc<Catalogue>>,
}

impl Options {
    /// The kernel's own words in the language of the session.
    pub(super) fn say(&self, text: String) -> String {
        match &self.catalogue {
            Some(catalogue) => catalogue.text(&text),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_pixels_has_a_shape_or_none() {
        for text in ["pixels", "pixels 28x28", "a.b 32x16x3", "表 8x8x4"] {
            assert_eq!(ImageField::of(text).expect(text).to_string(), text);
        }
        for (description, shape) in [
            ("image", Some("")),
            ("Image 28x28", Some("28x28")),
            (" image 32 x 32 × 3 ", Some("32x32x3")),
            ("image 8", None),
            ("image of a cat", None),
            ("images 8x8", None),
            ("8x8", None),
            ("", None),
        ] {
            let found = ImageField::shape_of_description(description);
            assert_eq!(found.as_deref(), shape, "{description}");
        }
        for text in ["", "a 8", "a 8x", "a 0x8", "a 8x8x2", "a 8x8x3x1", "a 8x8 b", "a 9999x1"] {
            assert_eq!(ImageField::of(text), None, "{text}");
        }
    }
}
