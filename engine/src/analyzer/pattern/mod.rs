//! Regular expressions for the `regex` filter, with the look-arounds that Milvus's documentation
//! uses (`^(?!test)`).
//!
//! An expression goes in; then texts, and whether it matches somewhere in them. `parse` makes a
//! tree of it, `program` makes steps of the tree and tries them. Milvus uses the crate
//! fancy-regex; that one and regex are 100 kB of wasm and more, and a token is short.
//!
//! There are: classes, `\d \s \w \b` and their opposites, `\p{…}` of a few names, groups, named
//! ones, back references, look-ahead, look-behind of fixed width, atomic groups, greedy, lazy and
//! possessive repetition, the flags i, m and s. Classes have no intersections (`&&`).

mod parse;
mod program;

use super::characters::{ascii_digit, is_han, is_punctuation, is_symbol};
use program::Program;

/// A regular expression, ready to be tried.
pub(crate) struct Pattern {
    program: Program,
}

/// The expression tries too many ways on this text.
#[derive(Debug, PartialEq)]
pub(crate) struct Exhausted;

impl Pattern {
    /// The error says what is wrong with the expression.
    pub(crate) fn new(expression: &str) -> Result<Pattern, String> {
        let tree = parse::parse(expression)?;
        Ok(Pattern { program: Program::new(&tree)? })
    }

    /// Whether it matches somewhere in the text.
    pub(crate) fn is_in(&self, text: &str) -> Result<bool, Exhausted> {
        self.program.is_in(&text.chars().collect::<Vec<char>>())
    }
}

/// An expression as a tree.
#[derive(Clone, Debug)]
enum Node {
    Empty,
    One(Set),
    Place(Place),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat { of: Box<Node>, least: usize, most: Option<usize>, manner: Manner },
    Group { number: usize, of: Box<Node> },
    Atomic(Box<Node>),
    Look { behind: bool, negative: bool, of: Box<Node> },
    Back { number: usize, any_case: bool },
}

/// How a repetition chooses among its lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    Greedy,
    Lazy,
    Possessive,
}

/// A place between characters.
#[derive(Clone, Copy, Debug)]
enum Place {
    Start,
    End,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

/// Characters of which one is matched.
#[derive(Clone, Debug, Default)]
struct Set {
    items: Vec<Item>,
    negated: bool,
    any_case: bool,
}

#[derive(Clone, Debug)]
enum Item {
    Range(char, char),
    Class { class: Class, negated: bool },
    Set(Set),
}

/// A named class of characters.
#[derive(Clone, Copy, Debug)]
enum Class {
    Digit,
    Space,
    Word,
    Letter,
    Uppercase,
    Lowercase,
    Number,
    Punctuation,
    Symbol,
    Han,
}

/// How many characters of a range are looked at for case: enough for any alphabet.
const CASED: usize = 1_024;

impl Node {
    /// How many characters it matches, when that is always the same.
    fn width(&self) -> Option<usize> {
        match self {
            Node::Empty | Node::Place(_) | Node::Look { .. } => Some(0),
            Node::One(_) => Some(1),
            Node::Sequence(nodes) => nodes.iter().map(Node::width).sum(),
            Node::Choice(nodes) => {
                let mut widths = nodes.iter().map(Node::width);
                let first = widths.next()??;
                widths.all(|width| width == Some(first)).then_some(first)
            }
            Node::Repeat { of, least, most, .. } if *most == Some(*least) => {
                of.width()?.checked_mul(*least)
            }
            Node::Repeat { .. } | Node::Back { .. } => None,
            Node::Group { of, .. } | Node::Atomic(of) => of.width(),
        }
    }
}

impl Set {
    /// One character, or with `any_case` that character in any.
    fn literal(c: char, any_case: bool) -> Set {
        let mut set = Set { any_case, ..Set::default() };
        set.add(c, c);
        set
    }

    /// Adds a range of characters. Where case does not matter, characters are looked up in lower
    /// case too, so those of the range are added in lower case.
    fn add(&mut self, first: char, last: char) {
        self.items.push(Item::Range(first, last));
        if self.any_case {
            let lower = (first..=last).take(CASED).filter(|c| c.is_uppercase());
            self.items.extend(lower.flat_map(char::to_lowercase).map(|c| Item::Range(c, c)));
        }
    }

    fn has(&self, c: char) -> bool {
        let found = |c| self.items.iter().any(|item| item.has(c));
        (found(c) || (self.any_case && c.to_lowercase().any(found))) != self.negated
    }
}

impl Item {
    fn has(&self, c: char) -> bool {
        match self {
            Item::Range(first, last) => (*first..=*last).contains(&c),
            Item::Class { class, negated } => class.has(c) != *negated,
            Item::Set(set) => set.has(c),
        }
    }
}

impl Class {
    fn from_name(name: &str) -> Option<Class> {
        Some(match name {
            "L" | "Letter" | "Alphabetic" | "alpha" => Class::Letter,
            "Lu" | "Uppercase" | "Uppercase_Letter" | "upper" => Class::Uppercase,
            "Ll" | "Lowercase" | "Lowercase_Letter" | "lower" => Class::Lowercase,
            "N" | "Number" => Class::Number,
            "Nd" | "Decimal_Number" | "digit" => Class::Digit,
            "P" | "Punct" | "Punctuation" | "punct" => Class::Punctuation,
            "S" | "Symbol" => Class::Symbol,
            "White_Space" | "space" => Class::Space,
            "word" => Class::Word,
            "Han" | "Script=Han" | "sc=Han" => Class::Han,
            _ => return None,
        })
    }

    fn has(self, c: char) -> bool {
        match self {
            Class::Digit => c.is_ascii_digit() || ascii_digit(c) != c,
            Class::Space => c.is_whitespace(),
            Class::Word => is_word(c),
            Class::Letter => c.is_alphabetic(),
            Class::Uppercase => c.is_uppercase(),
            Class::Lowercase => c.is_lowercase(),
            Class::Number => c.is_numeric(),
            Class::Punctuation => is_punctuation(c),
            Class::Symbol => is_symbol(c),
            Class::Han => is_han(c),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests;
