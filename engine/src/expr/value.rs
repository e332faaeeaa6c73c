//! Constants: what a filter compares with, and what comes of constants among themselves. Numbers
//! are compared exactly: an INT64 and a DOUBLE are equal when they are the same number.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use milvus_proto::schema::DataType;

use super::tree::{Arithmetic, Compare, Unary};

/// Values of template variables by their names.
pub type Templates = HashMap<String, Value>;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Box<str>),
    List(Vec<Value>),
}

impl Value {
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Bool(_) => DataType::Bool,
            Value::Int(_) => DataType::Int64,
            Value::Float(_) => DataType::Double,
            Value::Text(_) => DataType::VarChar,
            Value::List(_) => DataType::Array,
        }
    }

    /// The type that all elements of a list have.
    pub fn element_type(&self) -> DataType {
        let Value::List(elements) = self else { return DataType::None };
        let mut types = elements.iter().map(Value::data_type);
        match types.next() {
            Some(first) if types.all(|other| other == first) => first,
            _ => DataType::None,
        }
    }

    /// How two constants stand to each other; none of kinds that are not compared.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
            (Value::Int(a), Value::Float(b)) => int_to_float(*a, *b),
            (Value::Float(a), Value::Int(b)) => int_to_float(*b, *a).map(Ordering::reverse),
            _ => None,
        }
    }
}

/// As Milvus writes a constant in an error.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(formatter, "bool_val:{value}"),
            Value::Int(value) => write!(formatter, "int64_val:{value}"),
            Value::Float(value) => write!(formatter, "float_val:{value}"),
            Value::Text(value) => write!(formatter, "string_val:{value:?}"),
            Value::List(elements) => {
                formatter.write_str("array_val:{")?;
                for (index, element) in elements.iter().take(8).enumerate() {
                    let blank = if index > 0 { " " } else { "" };
                    write!(formatter, "{blank}array:{{{element}}}")?;
                }
                formatter.write_str(if elements.len() > 8 { " ...}" } else { "}" })
            }
        }
    }
}

/// An INT64 against a DOUBLE without rounding; none if that is not a number.
pub fn int_to_float(int: i64, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    // what is behind the point decides between equal whole numbers
    let whole = float.trunc();
    Some(
        int.cmp(&(whole as i64)).then_with(|| whole.partial_cmp(&float).unwrap_or(Ordering::Equal)),
    )
}

/// The INT64 that a DOUBLE is, if it is one.
pub fn exact_int(float: f64) -> Option<i64> {
    let int = float as i64;
    (int_to_float(int, float) == Some(Ordering::Equal)).then_some(int)
}

/// `1 + 2`
pub fn arithmetic(operator: Arithmetic, a: &Value, b: &Value) -> Result<Value, String> {
    let name = operator.name();
    if operator.is_bitwise() {
        let (Value::Int(a), Value::Int(b)) = (a, b) else {
            return Err(format!("{name} can only apply on integer fields"));
        };
        if matches!(operator, Arithmetic::ShiftLeft | Arithmetic::ShiftRight)
            && !(0..64).contains(b)
        {
            return Err(format!("shift amount must be in range [0, 64), got {b}"));
        }
        return Ok(Value::Int(ints(operator, *a, *b)));
    }
    if operator == Arithmetic::Modulo {
        return match (a, b) {
            (Value::Int(_), Value::Int(0)) => Err("cannot modulo by zero".to_string()),
            (Value::Int(a), Value::Int(b)) => Ok(Value::Int(ints(operator, *a, *b))),
            _ => Err("modulo can only apply on integer".to_string()),
        };
    }
    for value in [a, b] {
        let kind = match value {
            Value::Bool(_) => "bool",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Int(_) | Value::Float(_) => continue,
        };
        return Err(format!("{name} cannot apply on {kind} field"));
    }
    if operator == Arithmetic::Divide && number(b) == Some(0.0) {
        return Err("cannot divide by zero".to_string());
    }
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(ints(operator, *a, *b))),
        _ => {
            let (a, b) = (number(a).unwrap_or_default(), number(b).unwrap_or_default());
            Ok(Value::Float(floats(operator, a, b)))
        }
    }
}

/// `2 ** 3`: whole if both are whole and it fits.
pub fn power(a: &Value, b: &Value) -> Result<Value, String> {
    if let (Value::Int(a), Value::Int(b)) = (a, b)
        && let Some(power) = u32::try_from(*b).ok().and_then(|b| a.checked_pow(b))
    {
        return Ok(Value::Int(power));
    }
    match (number(a), number(b)) {
        (Some(a), Some(b)) => Ok(Value::Float(a.powf(b))),
        _ => Err("power can only apply on numbers".to_string()),
    }
}

/// `-1`, `not true`, `~5`
pub fn unary(operator: Unary, value: Value) -> Result<Value, String> {
    match (operator, value) {
        (Unary::Plus, value) => Ok(value),
        (Unary::Minus, Value::Int(value)) => Ok(Value::Int(value.wrapping_neg())),
        (Unary::Minus, Value::Float(value)) => Ok(Value::Float(-value)),
        (Unary::Minus, _) => Err("negative can only apply on numbers".to_string()),
        (Unary::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (Unary::Not, _) => Err("not can only apply on boolean".to_string()),
        (Unary::BitNot, Value::Int(value)) => Ok(Value::Int(!value)),
        (Unary::BitNot, _) => Err("bitnot can only apply on integer fields".to_string()),
    }
}

/// `3 > 2`; none of constants that are not compared with each other.
pub fn compare(compare: Compare, a: &Value, b: &Value) -> Option<Value> {
    if let (Value::Bool(a), Value::Bool(b)) = (a, b) {
        return match compare {
            Compare::Equal => Some(Value::Bool(a == b)),
            Compare::NotEqual => Some(Value::Bool(a != b)),
            _ => None,
        };
    }
    a.order(b).map(|order| Value::Bool(compare.holds(order)))
}

/// Whole numbers wrap round, and are cut off at the point when they are divided. A divisor of
/// zero is refused before.
pub fn ints(operator: Arithmetic, a: i64, b: i64) -> i64 {
    match operator {
        Arithmetic::Add => a.wrapping_add(b),
        Arithmetic::Subtract => a.wrapping_sub(b),
        Arithmetic::Multiply => a.wrapping_mul(b),
        Arithmetic::Divide if b == 0 => 0,
        Arithmetic::Divide => a.wrapping_div(b),
        Arithmetic::Modulo if b == 0 => 0,
        Arithmetic::Modulo => a.wrapping_rem(b),
        Arithmetic::ShiftLeft => a.wrapping_shl(b as u32),
        Arithmetic::ShiftRight => a.wrapping_shr(b as u32),
        Arithmetic::BitAnd => a & b,
        Arithmetic::BitOr => a | b,
        Arithmetic::BitXor => a ^ b,
    }
}

/// What is for whole numbers takes the numbers before the point.
pub fn floats(operator: Arithmetic, a: f64, b: f64) -> f64 {
    match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Modulo
        | Arithmetic::ShiftLeft
        | Arithmetic::ShiftRight
        | Arithmetic::BitAnd
        | Arithmetic::BitOr
        | Arithmetic::BitXor => ints(operator, a as i64, b as i64) as f64,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::Bool(_) | Value::Text(_) | Value::List(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_other_numbers_are_compared_exactly() {
        let big = 9_007_199_254_740_993; // 2^53 + 1, which no double is
        assert_eq!(int_to_float(big, big as f64), Some(Ordering::Greater));
        assert_eq!(int_to_float(big - 1, big as f64), Some(Ordering::Equal));
        assert_eq!(int_to_float(i64::MAX, 9_223_372_036_854_775_808.0), Some(Ordering::Less));
        assert_eq!(int_to_float(i64::MIN, -9_223_372_036_854_775_808.0), Some(Ordering::Equal));
        assert_eq!(int_to_float(-1, -1.5), Some(Ordering::Greater));
        assert_eq!(int_to_float(1, 1.5), Some(Ordering::Less));
        assert_eq!(int_to_float(0, f64::NAN), None);
        assert_eq!((exact_int(3.0), exact_int(3.5), exact_int(1e300)), (Some(3), None, None));
    }

    #[test]
    fn constants_are_computed() {
        let int = Value::Int;
        assert_eq!(power(&int(2), &int(3)), Ok(int(8)));
        assert_eq!(power(&int(2), &int(-1)), Ok(Value::Float(0.5)));
        assert_eq!(power(&int(3), &int(39)), Ok(int(4_052_555_153_018_976_267)));
        assert_eq!(arithmetic(Arithmetic::Divide, &int(-7), &int(2)), Ok(int(-3)));
        assert_eq!(arithmetic(Arithmetic::Modulo, &int(-7), &int(2)), Ok(int(-1)));
        assert!(arithmetic(Arithmetic::Divide, &int(1), &Value::Float(0.0)).is_err());
        assert!(arithmetic(Arithmetic::ShiftLeft, &int(1), &int(64)).is_err());
        assert_eq!(compare(Compare::Less, &Value::Bool(true), &Value::Bool(false)), None);
        let list = Value::List(vec![int(1), Value::Text("a\"b".into())]);
        assert_eq!(
            list.to_string(),
            "array_val:{array:{int64_val:1} array:{string_val:\"a\\\"b\"}}"
        );
    }
}
