//! One value of a row as a filter compares it: of a column, of a key in JSON, of an element, or
//! what is computed of that.

use std::borrow::Cow;
use std::cmp::Ordering;

use milvus_proto::schema::ScalarField;
use milvus_proto::schema::scalar_field::Data as Scalars;

use crate::expr::json::{self, Json};
use crate::expr::plan::{Computed, Operand, Place};
use crate::expr::tree::Arithmetic;
use crate::expr::value::{self, Value};
use crate::segment::column::{Cell, array_len};

#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// NULL, or nothing there
    Unknown,
    Bool(bool),
    Int(i64),
    /// of FLOAT and DOUBLE
    Float(f64),
    Text(Cow<'a, str>),
    /// of an ARRAY column
    Array(&'a ScalarField),
    /// how many vectors a list has
    Vectors(usize),
    /// of JSON, as its text
    List(&'a [u8]),
    /// of JSON: an object or null, which nothing is compared with
    Object,
}

/// The operand's value of a row, and of the element in question where one is.
pub fn item<'a>(of: &Operand, cell: Cell<'a>, at: usize) -> Item<'a> {
    let item = match (&of.place, cell) {
        (Place::Whole, cell) => Item::of(cell),
        (Place::Element(index), Cell::Array(array)) => element(array, *index),
        (Place::Each, Cell::Array(array)) => element(array, at),
        (Place::Keys(keys), Cell::Json(text)) => Item::of_json(json::find(text, keys)),
        _ => Item::Unknown,
    };
    match &of.computed {
        Computed::Plain => item,
        Computed::Arithmetic(operator, with) => match (item, with) {
            (Item::Int(a), Value::Int(b)) => Item::Int(value::ints(*operator, a, *b)),
            (Item::Int(a), Value::Float(b)) => Item::Float(value::floats(*operator, a as f64, *b)),
            (Item::Float(a), Value::Int(b)) => Item::Float(value::floats(*operator, a, *b as f64)),
            (Item::Float(a), Value::Float(b)) => Item::Float(value::floats(*operator, a, *b)),
            _ => Item::Unknown,
        },
        Computed::Single(operator, with) => match item {
            Item::Float(value) => Item::Float(f64::from(single(*operator, value as f32, *with))),
            _ => Item::Unknown,
        },
        Computed::Length => match item {
            Item::Array(array) => Item::Int(array_len(array) as i64),
            Item::List(list) => Item::Int(json::elements(list).count() as i64),
            Item::Vectors(count) => Item::Int(count as i64),
            _ => Item::Unknown,
        },
    }
}

impl<'a> Item<'a> {
    pub fn of(cell: Cell<'a>) -> Item<'a> {
        match cell {
            Cell::Null | Cell::Vector => Item::Unknown,
            Cell::Bool(value) => Item::Bool(value),
            Cell::Int(value) => Item::Int(value),
            Cell::Float(value) => Item::Float(f64::from(value)),
            Cell::Double(value) => Item::Float(value),
            Cell::Text(value) => Item::Text(value.into()),
            Cell::Json(text) => Item::of_json(json::read(text)),
            Cell::Array(array) => Item::Array(array),
            Cell::List(count) => Item::Vectors(count),
        }
    }

    fn of_json(value: Option<Json<'a>>) -> Item<'a> {
        match value {
            None => Item::Unknown,
            Some(Json::Null | Json::Object(_)) => Item::Object,
            Some(Json::Bool(value)) => Item::Bool(value),
            Some(Json::Int(value)) => Item::Int(value),
            Some(Json::Float(value)) => Item::Float(value),
            Some(Json::Text(value)) => Item::Text(value),
            Some(Json::List(list)) => Item::List(list),
        }
    }

    /// How it stands to a constant; none of kinds that are not compared.
    pub fn order(&self, with: &Value) -> Option<Ordering> {
        match (self, with) {
            (Item::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Item::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Item::Int(a), Value::Float(b)) => value::int_to_float(*a, *b),
            (Item::Float(a), Value::Int(b)) => value::int_to_float(*b, *a).map(Ordering::reverse),
            (Item::Float(a), Value::Float(b)) => a.partial_cmp(b),
            (Item::Text(a), Value::Text(b)) => Some((**a).cmp(&**b)),
            _ => None,
        }
    }

    pub fn order_to(&self, other: &Item) -> Option<Ordering> {
        match (self, other) {
            (Item::Bool(a), Item::Bool(b)) => Some(a.cmp(b)),
            (Item::Int(a), Item::Int(b)) => Some(a.cmp(b)),
            (Item::Int(a), Item::Float(b)) => value::int_to_float(*a, *b),
            (Item::Float(a), Item::Int(b)) => value::int_to_float(*b, *a).map(Ordering::reverse),
            (Item::Float(a), Item::Float(b)) => a.partial_cmp(b),
            (Item::Text(a), Item::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    pub fn equals(&self, with: &Value) -> bool {
        match (self, with) {
            (Item::List(list), Value::List(values)) => {
                let elements = json::elements(list).map(|text| Item::of_json(json::read(text)));
                let mut values = values.iter();
                let same = elements
                    .into_iter()
                    .all(|element| values.next().is_some_and(|value| element.equals(value)));
                same && values.next().is_none()
            }
            (Item::Array(array), Value::List(values)) => {
                // whole numbers and others are of two types here
                let fits = |(index, value): (usize, &Value)| match (element(array, index), value) {
                    (Item::Int(_), Value::Float(_)) | (Item::Float(_), Value::Int(_)) => false,
                    (item @ Item::Float(_), Value::Float(value))
                        if matches!(array.data, Some(Scalars::FloatData(_))) =>
                    {
                        item.equals(&Value::Float(f64::from(*value as f32)))
                    }
                    (item, value) => item.equals(value),
                };
                array_len(array) == values.len() && values.iter().enumerate().all(fits)
            }
            _ => self.order(with) == Some(Ordering::Equal),
        }
    }

    /// The elements of an ARRAY or of a list in JSON.
    pub fn elements(&self) -> Option<Box<dyn Iterator<Item = Item<'a>> + 'a>> {
        match *self {
            Item::Array(array) => {
                Some(Box::new((0..array_len(array)).map(|index| element(array, index))))
            }
            Item::List(list) => {
                Some(Box::new(json::elements(list).map(|text| Item::of_json(json::read(text)))))
            }
            _ => None,
        }
    }
}

fn element(array: &ScalarField, index: usize) -> Item<'_> {
    let item = match &array.data {
        Some(Scalars::BoolData(sent)) => sent.data.get(index).map(|value| Item::Bool(*value)),
        Some(Scalars::IntData(sent)) => {
            sent.data.get(index).map(|value| Item::Int(i64::from(*value)))
        }
        Some(Scalars::LongData(sent)) => sent.data.get(index).map(|value| Item::Int(*value)),
        Some(Scalars::FloatData(sent)) => {
            sent.data.get(index).map(|value| Item::Float(f64::from(*value)))
        }
        Some(Scalars::DoubleData(sent)) => sent.data.get(index).map(|value| Item::Float(*value)),
        Some(Scalars::StringData(sent)) => {
            sent.data.get(index).map(|value| Item::Text(value.as_str().into()))
        }
        _ => None,
    };
    item.unwrap_or(Item::Unknown)
}

fn single(operator: Arithmetic, a: f32, b: f32) -> f32 {
    match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        whole => value::floats(whole, f64::from(a), f64::from(b)) as f32,
    }
}
