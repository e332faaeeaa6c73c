//! Comparisons, arithmetic, ranges and lists: which types go together, and constants made to the
//! type of what they are compared with.

use milvus_proto::schema::DataType;

use super::column::{Column, NO_WHOLE_ARRAYS};
use super::{Result, Typed, Types};
use crate::expr::plan::{Bound, Computed, Node as Plan, Operand};
use crate::expr::set::Set;
use crate::expr::tree::{Arithmetic, Compare, Node, Range};
use crate::expr::value::{self, Value};

/// What is computed of a column before it is compared.
pub struct Sum {
    pub data_type: DataType,
    pub shape: Shape,
}

/// Only one operation of one column and one constant can be carried out.
pub enum Shape {
    Column(Column, Arithmetic, Value),
    Reversed(Arithmetic, Value, Column),
    Length(Column),
    Fields,
    Complicated,
}

impl Types<'_> {
    #[inline(never)]
    pub(super) fn arithmetic(
        &self,
        operator: Arithmetic,
        left: &Node,
        right: &Node,
    ) -> Result<Typed> {
        let (left, right) = (self.typed(left)?, self.typed(right)?);
        if let (Typed::Value(left, a), Typed::Value(right, b)) = (&left, &right) {
            if a.is_some() || b.is_some() {
                return Err(two_placeholders(operator.sign()));
            }
            return Ok(Typed::Value(value::arithmetic(operator, left, right)?, None));
        }
        self.sum(operator, operator.name(), left, right)
    }

    /// `~x` is `x ^ -1`.
    #[inline(never)]
    pub(super) fn bit_not(&self, of: Typed) -> Result<Typed> {
        self.sum(Arithmetic::BitXor, "bitnot", of, Typed::Value(Value::Int(-1), None))
    }

    #[inline(never)]
    fn sum(&self, operator: Arithmetic, name: &str, left: Typed, right: Typed) -> Result<Typed> {
        for side in [&left, &right] {
            no_whole_array(side)?;
        }
        let of_element = |side: &Typed| match side {
            Typed::Value(value, _) => match value.data_type() {
                DataType::Array => value.element_type(),
                other => other,
            },
            Typed::Column(column) => column.compared_type(),
            other => other.data_type(),
        };
        let (mut a, mut b) = (of_element(&left), of_element(&right));
        let types = (a, b);
        if matches!(left, Typed::Value(..)) {
            (a, b) = (b, a);
        }
        if !computable(a, b) {
            return Err(format!(
                "'{name}' cannot perform arithmetic between {} field and {}",
                a.as_str_name(),
                b.as_str_name()
            ));
        }
        let whole = |data_type| {
            is_int(data_type) || matches!(data_type, DataType::Json | DataType::Timestamptz)
        };
        if !(whole(types.0) && whole(types.1)) {
            if operator == Arithmetic::Modulo {
                return Err("modulo can only apply on integer types".into());
            }
            if operator.is_bitwise() {
                return Err("bitwise operations can only apply on integer types".into());
            }
        }
        let data_type = match (a, b) {
            (DataType::Json, DataType::Json) => DataType::Json,
            (a, b) if is_float(a) || is_float(b) => DataType::Double,
            _ => DataType::Int64,
        };
        let shape = match (left, right) {
            (Typed::Column(column), Typed::Value(value, _)) => {
                Shape::Column(column, operator, value)
            }
            (Typed::Value(value, _), Typed::Column(column)) => {
                Shape::Reversed(operator, value, column)
            }
            (Typed::Column(_), Typed::Column(_)) => Shape::Fields,
            _ => Shape::Complicated,
        };
        Ok(Typed::Sum(Sum { data_type, shape }))
    }

    #[inline(never)]
    pub(super) fn compare(
        &self,
        node: &Node,
        compare: Compare,
        left: &Node,
        right: &Node,
    ) -> Result<Typed> {
        let (left, right) = (self.typed(left)?, self.typed(right)?);
        if let (Typed::Value(left, a), Typed::Value(right, b)) = (&left, &right) {
            if a.is_some() || b.is_some() {
                return Err(two_placeholders(compare.sign()));
            }
            let value = value::compare(compare, left, right).ok_or_else(|| {
                format!(
                    "comparison operations cannot be applied to two incompatible operands: {}",
                    self.words(node)
                )
            })?;
            return Ok(Typed::Value(value, None));
        }
        if !matches!(compare, Compare::Equal | Compare::NotEqual) {
            for side in [&left, &right] {
                no_whole_array(side)?;
            }
        }
        let template = |side: &Typed| matches!(side, Typed::Value(_, Some(_)));
        if !template(&left) && !template(&right) && !comparable_sides(&left, &right) {
            return Err(format!(
                "comparisons between {} and {} are not supported",
                type_name(&left),
                type_name(&right)
            ));
        }
        let plan = match (left, right) {
            (Typed::Value(value, _), other) => with_value(compare.turned(), other, value)?,
            (other, Typed::Value(value, _)) => with_value(compare, other, value)?,
            (Typed::Column(left), Typed::Column(right)) => fields(&left, compare, &right)?,
            _ => return Err("only comparison between two fields is supported".into()),
        };
        Ok(Typed::Filter(plan))
    }

    #[inline(never)]
    pub(super) fn range(&self, range: &Range) -> Result<Plan> {
        let column = self.column(&range.of)?;
        if column.is_whole_array() {
            return Err(NO_WHOLE_ARRAYS.into());
        }
        let bound = |side: &Node, name: &str, inclusive: bool| {
            let Typed::Value(value, template) = self.typed(side)? else {
                return Err(format!(
                    "{name} cannot be a non-const expression: {}",
                    self.words(side)
                ));
            };
            let data_type = column.compared_type();
            let value = match template {
                Some(_) => cast(data_type, value)?,
                None => cast_bound(data_type, value)?,
            };
            Ok(Bound { value, inclusive })
        };
        let lower = bound(&range.lower, "lowerbound", range.lower_inclusive)?;
        let upper = bound(&range.upper, "upperbound", range.upper_inclusive)?;
        let order =
            lower.value.order(&upper.value).ok_or("invalid range: bounds are not comparable")?;
        if order.is_gt() || (order.is_eq() && !(lower.inclusive && upper.inclusive)) {
            return Err("invalid range: lowerbound is greater than upperbound".into());
        }
        Ok(Plan::Range { of: column.plain(), bounds: Box::new([lower, upper]) })
    }

    /// `of in list`
    #[inline(never)]
    pub(super) fn term(&self, of: &Node, list: &Node) -> Result<Plan> {
        let column = match self.typed(of)? {
            Typed::Column(column) => column,
            Typed::Value(_, None) => {
                return Err(format!(
                    "'term' can only be used on non-const expression, but got: {}",
                    self.words(of)
                ));
            }
            _ => {
                return Err(format!(
                    "'term' can only be used on single field, but got: {}",
                    self.words(of)
                ));
            }
        };
        let data_type = column.compared_type();
        let known = is_int(data_type)
            || is_float(data_type)
            || is_text(data_type)
            || matches!(
                data_type,
                DataType::Bool | DataType::Json | DataType::Array | DataType::Timestamptz
            );
        if !known {
            return Err(format!(
                "term expression is not supported for data type {}",
                data_type.as_str_name()
            ));
        }
        let (value, template) = match self.typed(list)? {
            Typed::Value(value, template) => (value, template),
            _ => {
                return Err(format!(
                    "value '{}' in list cannot be a non-const expression",
                    self.words(list)
                ));
            }
        };
        let Value::List(elements) = value else {
            return Err(match template {
                Some(name) => format!(
                    "the value of term expression template variable {{{name}}} is not array"
                ),
                None => format!(
                    "the right-hand side of 'in' must be a list, but got: {}",
                    self.words(list)
                ),
            });
        };
        let values = elements.into_iter().map(|element| {
            let shown = template.is_none().then(|| element.to_string());
            cast(data_type, element).map_err(|why| match shown {
                Some(shown) => format!(
                    "value '{shown}' in list cannot be casted to {}",
                    data_type.as_str_name()
                ),
                None => why,
            })
        });
        Ok(in_list(column, values.collect::<Result<_>>()?))
    }
}

fn two_placeholders(sign: &str) -> String {
    format!("placeholder was not supported between two constants with operator: {sign}")
}

/// Whole ARRAYs in a list are compared one by one.
fn in_list(column: Column, values: Vec<Value>) -> Plan {
    if values.is_empty() && !column.is_element {
        return Plan::Always(false);
    }
    if !column.is_whole_array() {
        return Plan::In { of: column.plain(), set: Box::new(Set::new(values)) };
    }
    let of = column.plain();
    Plan::Or(
        values
            .into_iter()
            .map(|with| Plan::Compare { of: of.clone(), compare: Compare::Equal, with })
            .collect(),
    )
}

fn with_value(compare: Compare, of: Typed, value: Value) -> Result<Plan> {
    match of {
        Typed::Column(column) => {
            let with = cast(column.compared_type(), value)?;
            Ok(Plan::Compare { of: column.plain(), compare, with })
        }
        Typed::Sum(sum) => {
            let data_type = sum.data_type;
            let value = cast(data_type, value)?;
            let (of, with) = computed(sum, value)?;
            Ok(Plan::Compare { of, compare, with })
        }
        Typed::Filter(_) | Typed::Value(..) => {
            Err("not supported to combine multiple fields".into())
        }
    }
}

/// The operand of a sum, and what it is compared with.
fn computed(sum: Sum, with: Value) -> Result<(Operand, Value)> {
    let (column, operator, value) = match sum.shape {
        Shape::Column(column, operator, value) => (column, operator, value),
        Shape::Reversed(operator @ (Arithmetic::Add | Arithmetic::Multiply), value, column) => {
            (column, operator, value)
        }
        Shape::Length(column) => return Ok((column.operand(Computed::Length), with)),
        Shape::Reversed(..) => return Err("module field is not yet supported".into()),
        Shape::Fields => {
            return Err("not supported to do arithmetic operations between multiple fields".into());
        }
        Shape::Complicated => {
            return Err("complicated arithmetic operations are not supported".into());
        }
    };
    let value = cast(sum.data_type, value)?;
    let zero = matches!(value, Value::Int(0)) || matches!(value, Value::Float(0.0));
    if zero && matches!(operator, Arithmetic::Divide | Arithmetic::Modulo) {
        return Err("division or modulus by zero".into());
    }
    if matches!(operator, Arithmetic::ShiftLeft | Arithmetic::ShiftRight)
        && !matches!(value, Value::Int(0..64))
    {
        return Err(format!("shift amount must be in range [0, 64), got {value}"));
    }
    match (column.data_type, value, with) {
        (DataType::Float, Value::Float(value), Value::Float(with)) => {
            let computed = Computed::Single(operator, value as f32);
            Ok((column.operand(computed), Value::Float(f64::from(with as f32))))
        }
        (_, value, with) => Ok((column.operand(Computed::Arithmetic(operator, value)), with)),
    }
}

fn fields(left: &Column, compare: Compare, right: &Column) -> Result<Plan> {
    for column in [left, right] {
        if column.data_type == DataType::Array {
            return Err("field-to-field comparison involving ARRAY fields is not supported".into());
        }
    }
    for column in [left, right] {
        if column.data_type == DataType::Json {
            return Err("two column comparison with JSON type is not supported".into());
        }
    }
    Ok(Plan::Fields { left: left.index, compare, right: right.index })
}

fn no_whole_array(side: &Typed) -> Result<()> {
    match side {
        Typed::Column(column) if column.is_whole_array() => Err(NO_WHOLE_ARRAYS.into()),
        _ => Ok(()),
    }
}

/// A constant of the type; whole numbers are numbers for FLOAT and DOUBLE too, JSON takes all.
pub fn cast(data_type: DataType, value: Value) -> Result<Value> {
    match (data_type, &value) {
        (DataType::Json, _)
        | (DataType::Array, Value::List(_))
        | (DataType::Bool, Value::Bool(_))
        | (DataType::Timestamptz, Value::Int(_)) => Ok(value),
        (DataType::Float, Value::Float(float)) => Ok(Value::Float(f64::from(*float as f32))),
        (DataType::Float, Value::Int(int)) => Ok(Value::Float(f64::from(*int as f32))),
        (DataType::Double, Value::Float(_)) => Ok(value),
        (DataType::Double, Value::Int(int)) => Ok(Value::Float(*int as f64)),
        (text, Value::Text(_)) if is_text(text) => Ok(value),
        (int, Value::Int(_)) if is_int(int) => Ok(value),
        _ => Err(format!("cannot cast value to {}, value: {value}", data_type.as_str_name())),
    }
}

fn cast_bound(data_type: DataType, value: Value) -> Result<Value> {
    if data_type == DataType::Bool {
        return Err("invalid range operations on boolean expr".into());
    }
    if data_type == DataType::Json {
        return Ok(value);
    }
    cast(data_type, value).map_err(|_| "invalid range operations".into())
}

fn comparable_sides(left: &Typed, right: &Typed) -> bool {
    let sides = |a: &Typed, b: &Typed| match (a.data_type(), a) {
        // an empty list is one of whatever its ARRAY is of
        (DataType::Array, Typed::Value(Value::List(list), _)) if list.is_empty() => match b {
            Typed::Column(column) if column.is_whole_array() => column.element_type,
            _ => DataType::None,
        },
        (DataType::Array, _) => a.element_type(),
        (other, _) => other,
    };
    comparable(sides(left, right), sides(right, left))
}

/// Which types are compared with each other.
pub fn comparable(left: DataType, right: DataType) -> bool {
    let json = right == DataType::Json;
    match left {
        DataType::Bool => right == DataType::Bool || json,
        DataType::String | DataType::VarChar => is_text(right) || json,
        DataType::Json => true,
        number if is_int(number) || is_float(number) => is_int(right) || is_float(right) || json,
        _ => false,
    }
}

/// Which types are computed with each other.
fn computable(left: DataType, right: DataType) -> bool {
    match left {
        DataType::Json => is_int(right) || is_float(right),
        int if is_int(int) => is_int(right) || right == DataType::Json,
        float if is_float(float) => is_int(right) || is_float(right) || right == DataType::Json,
        _ => false,
    }
}

fn type_name(side: &Typed) -> String {
    match side.data_type() {
        DataType::Array => format!("Array[{}]", side.element_type().as_str_name()),
        other => other.as_str_name().to_string(),
    }
}

pub fn is_int(data_type: DataType) -> bool {
    matches!(data_type, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64)
}

pub fn is_float(data_type: DataType) -> bool {
    matches!(data_type, DataType::Float | DataType::Double)
}

pub fn is_text(data_type: DataType) -> bool {
    matches!(data_type, DataType::String | DataType::VarChar | DataType::Text)
}
