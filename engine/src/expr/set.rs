//! The constants of a list, to look values up in: `in [...]`, `array_contains_any(...)`.

use std::collections::HashSet;

use super::eval::item::Item;
use super::value::{Value, exact_int};
use crate::segment::bits::Bits;

/// Numbers that a bit map spans, at most: 256 kB.
const NEAR: u64 = 1 << 21;

#[derive(Clone, Debug)]
pub struct Set {
    /// as they were written
    values: Vec<Value>,
    yes: bool,
    no: bool,
    ints: HashSet<i64>,
    /// the same where they are close together: a bit for each number from the least on
    near: Option<(i64, Bits)>,
    /// those that are no whole numbers
    floats: HashSet<u64>,
    texts: HashSet<Box<str>>,
    lists: Vec<Value>,
    numbers: bool,
}

impl Set {
    pub fn new(values: Vec<Value>) -> Set {
        let mut set = Set {
            values: Vec::new(),
            yes: false,
            no: false,
            ints: HashSet::new(),
            near: None,
            floats: HashSet::new(),
            texts: HashSet::new(),
            lists: Vec::new(),
            numbers: false,
        };
        for value in &values {
            match value {
                Value::Bool(false) => set.no = true,
                Value::Bool(true) => set.yes = true,
                Value::Int(value) => {
                    set.ints.insert(*value);
                }
                // 2.0 is the number 2, whichever way it is written
                Value::Float(value) => {
                    match exact_int(*value) {
                        Some(int) => set.ints.insert(int),
                        None => set.floats.insert(value.to_bits()),
                    };
                }
                Value::Text(value) => {
                    set.texts.insert(value.clone());
                }
                Value::List(_) => set.lists.push(value.clone()),
            }
            set.numbers |= matches!(value, Value::Int(_) | Value::Float(_));
        }
        set.near = near(&set.ints);
        set.values = values;
        set
    }

    /// As they were written.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn has(&self, item: &Item) -> bool {
        match item {
            Item::Bool(true) => self.yes,
            Item::Bool(false) => self.no,
            Item::Int(value) => self.has_int(*value),
            Item::Float(value) => match exact_int(*value) {
                Some(int) => self.ints.contains(&int),
                None => self.floats.contains(&value.to_bits()),
            },
            Item::Text(value) => self.has_text(value),
            Item::Array(_) | Item::List(_) => self.lists.iter().any(|list| item.equals(list)),
            Item::Vectors(_) | Item::Object | Item::Unknown => false,
        }
    }

    pub fn has_text(&self, value: &str) -> bool {
        self.texts.contains(value)
    }

    pub fn has_int(&self, value: i64) -> bool {
        match &self.near {
            Some((least, bits)) => value
                .checked_sub(*least)
                .and_then(|place| usize::try_from(place).ok())
                .is_some_and(|place| bits.get(place)),
            None => self.ints.contains(&value),
        }
    }

    /// Whether a value of JSON is in the list, as if each kind of constants were asked for by
    /// itself: a kind that the value is not of leaves it unknown.
    pub fn of_json(&self, item: &Item) -> Option<bool> {
        if self.has(item) {
            return Some(true);
        }
        let bools = self.yes || self.no;
        let texts = !self.texts.is_empty();
        let lists = !self.lists.is_empty();
        let kinds = [
            (bools, matches!(item, Item::Bool(_))),
            (self.numbers, matches!(item, Item::Int(_) | Item::Float(_))),
            (texts, matches!(item, Item::Text(_))),
            (lists, matches!(item, Item::List(_))),
        ];
        kinds.iter().all(|(asked, of_kind)| !asked || *of_kind).then_some(false)
    }
}

fn near(ints: &HashSet<i64>) -> Option<(i64, Bits)> {
    let (least, most) = (ints.iter().min()?, ints.iter().max()?);
    let span = most.abs_diff(*least);
    if span >= NEAR {
        return None;
    }
    let mut bits = Bits::filled(span as usize + 1, false);
    ints.iter().for_each(|value| bits.set(value.abs_diff(*least) as usize, true));
    Some((*least, bits))
}
