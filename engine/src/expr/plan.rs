//! A filter that is typed: columns by their numbers, constants of the columns' types.

use regex_lite::Regex;

use super::like::Pattern;
use super::set::Set;
use super::spatial::Spatial;
use super::tree::{Arithmetic, Compare, Contains, Quantity};
use super::value::Value;
use crate::segment::Key;
use crate::time::Interval;

#[derive(Clone, Debug)]
pub enum Node {
    Always(bool),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare {
        of: Operand,
        compare: Compare,
        with: Value,
    },
    Range {
        of: Operand,
        bounds: Box<[Bound; 2]>,
    },
    In {
        of: Operand,
        set: Box<Set>,
    },
    Fields {
        left: usize,
        compare: Compare,
        right: usize,
    },
    Like {
        of: Operand,
        pattern: Pattern,
    },
    Matches {
        of: Operand,
        regex: Regex,
    },
    /// `is null` of a column
    Null {
        column: usize,
    },
    /// a key that is there, with something in it
    Exists {
        column: usize,
        keys: Vec<Box<str>>,
    },
    /// `contains` and `contains_any`
    ContainsAny {
        of: Operand,
        set: Box<Set>,
    },
    ContainsAll {
        of: Operand,
        elements: Vec<Value>,
    },
    /// a moment and an interval against a moment
    Time {
        column: usize,
        interval: Box<Interval>,
        compare: Compare,
        moment: i64,
    },
    Spatial {
        column: usize,
        asked: Box<Spatial>,
    },
    TextMatch {
        column: usize,
        query: Box<str>,
        minimum: usize,
    },
    PhraseMatch {
        column: usize,
        query: Box<str>,
        slop: u32,
    },
    /// a share of the rows that match, or of all
    Sample {
        of: Box<Node>,
        share: f64,
    },
    /// the elements that are so, of an array of structs in rows that are so
    ElementFilter {
        /// one of the array's
        column: usize,
        of: Box<Node>,
        rows: Box<Node>,
    },
    /// how many elements of an array of structs are so
    Match {
        /// one of the array's
        column: usize,
        of: Box<Node>,
        how: Quantity,
        count: usize,
    },
}

#[derive(Clone, Debug)]
pub struct Operand {
    pub column: usize,
    pub place: Place,
    pub computed: Computed,
}

/// Where in a column's value the operand is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Whole,
    /// of an ARRAY
    Element(usize),
    /// of an ARRAY the element that is in question
    Each,
    /// of a JSON: keys of objects and indexes of lists, from the outside
    Keys(Vec<Box<str>>),
}

/// What is done with it before it is compared.
#[derive(Clone, Debug)]
pub enum Computed {
    Plain,
    Arithmetic(Arithmetic, Value),
    /// in single precision, as FLOAT columns are
    Single(Arithmetic, f32),
    /// how many elements it has
    Length,
}

#[derive(Clone, Debug)]
pub struct Bound {
    pub value: Value,
    pub inclusive: bool,
}

impl Node {
    /// The keys that it asks for, if it asks for keys and nothing else.
    pub fn keys(&self, primary: usize) -> Option<Vec<Key>> {
        let key = |value: &Value| match value {
            Value::Int(key) => Some(Key::Int(*key)),
            Value::Text(key) => Some(Key::Text(key.clone())),
            Value::Bool(_) | Value::Float(_) | Value::List(_) => None,
        };
        let of_key = |of: &Operand| {
            of.column == primary
                && of.place == Place::Whole
                && matches!(of.computed, Computed::Plain)
        };
        match self {
            Node::Compare { of, compare: Compare::Equal, with } if of_key(of) => {
                Some(vec![key(with)?])
            }
            Node::In { of, set } if of_key(of) => set.values().iter().map(key).collect(),
            _ => None,
        }
    }
}

impl Node {
    /// Puts what is quick to tell before what is slow: parts that are joined may be asked in any
    /// order, and what the first ones decide is not asked of the others.
    pub fn arrange(&mut self) {
        match self {
            Node::And(parts) | Node::Or(parts) => {
                parts.iter_mut().for_each(Node::arrange);
                parts.sort_by_key(Node::cost);
            }
            Node::Not(inner) | Node::Sample { of: inner, .. } | Node::Match { of: inner, .. } => {
                inner.arrange();
            }
            Node::ElementFilter { of, rows, .. } => {
                of.arrange();
                rows.arrange();
            }
            _ => {}
        }
    }

    /// Whether a row may take a microsecond.
    pub fn is_slow(&self) -> bool {
        self.cost() >= 6
    }

    fn cost(&self) -> u8 {
        match self {
            Node::Always(_) => 0,
            Node::Not(inner) | Node::Sample { of: inner, .. } => inner.cost(),
            Node::And(parts) | Node::Or(parts) => parts.iter().map(Node::cost).max().unwrap_or(0),
            Node::Null { .. } => 1,
            Node::Compare { of, .. } | Node::Range { of, .. } | Node::In { of, .. } => of.cost(),
            Node::Fields { .. } => 2,
            Node::Like { of, .. } => of.cost() + 1,
            Node::Time { .. } => 3,
            Node::Exists { .. } => 6,
            Node::ContainsAny { of, .. } | Node::ContainsAll { of, .. } => of.cost() + 2,
            Node::Match { .. } | Node::ElementFilter { .. } => 8,
            Node::Matches { .. } => 9,
            Node::Spatial { .. } => 11,
            Node::TextMatch { .. } | Node::PhraseMatch { .. } => 10,
        }
    }
}

impl Operand {
    fn cost(&self) -> u8 {
        match (&self.place, &self.computed) {
            (Place::Whole, Computed::Plain) => 1,
            (Place::Whole, _) => 2,
            (Place::Element(_) | Place::Each, _) => 3,
            (Place::Keys(_), _) => 6,
        }
    }
}

/// What a function that looks for elements is called in the plan.
pub fn contains(how: Contains, of: Operand, elements: Vec<Value>) -> Node {
    match how {
        Contains::One | Contains::Any => {
            Node::ContainsAny { of, set: Box::new(Set::new(elements)) }
        }
        Contains::All => Node::ContainsAll { of, elements },
    }
}
