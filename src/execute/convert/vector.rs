//! Written vectors in the bytes that Milvus takes, of an entity or of a query. In: a value with its
//! place, and the field it belongs to. Out: numbers or bytes, or a diagnostic at the value that
//! does not fit.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::Field;
use crate::execute::convert::datum::{sparse_bytes, sparse_pairs};
use crate::execute::value::{describe, number, of_json};
use crate::language::ast::Value;
use milvus_proto::schema::DataType;

/// Adds the dim values of a float vector: a list of numbers, or a string with one in it.
pub(crate) fn float_vector(
    field: &Field,
    value: &Spanned<Value>,
    out: &mut Vec<f32>,
) -> Result<()> {
    let parsed;
    let values = match &value.value {
        Value::Numbers(numbers) => &numbers.values,
        Value::Text(text) => {
            parsed = text_vector(text, value.span)?;
            &parsed
        }
        Value::List(items) if items.is_empty() => {
            return Err(wrong_length(field, 0, "values", value.span));
        }
        Value::List(items) => return Err(not_number(items, value.span)),
        _ => return Err(field.mismatch(value)),
    };
    if values.len() != field.dim {
        return Err(wrong_length(field, values.len(), "values", value.span));
    }
    out.extend_from_slice(values);
    Ok(())
}

/// Adds the bytes of a vector that is kept as bytes.
pub(crate) fn byte_vector(field: &Field, value: &Spanned<Value>, out: &mut Vec<u8>) -> Result<()> {
    if field.data_type == DataType::BinaryVector {
        return binary_vector(field, value, out);
    }
    if let (Value::Bytes(bytes), DataType::Float16Vector | DataType::BFloat16Vector) =
        (&value.value, field.data_type)
    {
        if bytes.len() != field.dim * 2 {
            return Err(wrong_length(field, bytes.len() / 2, "values", value.span));
        }
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let mut floats = Vec::new();
    float_vector(field, value, &mut floats)?;
    for number in floats {
        match field.data_type {
            DataType::Float16Vector => {
                let half = half::f16::from_f32(number);
                if !fits(number.into(), half.into()) {
                    return Err(field.out_of_range(number, value.span).help(
                        "a FLOAT16VEC holds -65504 to 65504; BFLOAT16VEC has the range of FLOAT",
                    ));
                }
                out.extend(half.to_le_bytes());
            }
            DataType::BFloat16Vector => out.extend(half::bf16::from_f32(number).to_le_bytes()),
            _ if (-128.0..=127.0).contains(&number) && number.fract() == 0.0 => {
                out.push(number as i8 as u8)
            }
            _ => {
                return Err(field
                    .out_of_range(number, value.span)
                    .help("an INT8VEC holds whole numbers from -128 to 127"));
            }
        }
    }
    Ok(())
}

/// A sparse vector's bytes: `{1: 0.5, 7: 0.2}`, or such an object in a string.
pub(crate) fn sparse_vector(field: &Field, value: &Spanned<Value>) -> Result<Vec<u8>> {
    let parsed;
    let fields = match &value.value {
        Value::Object(fields) => fields,
        Value::Text(text) => {
            parsed = text_object(text)
                .ok_or_else(|| field.mismatch(value).help("write {1: 0.5, 7: 0.2}"))?;
            &parsed
        }
        _ => return Err(field.mismatch(value).help("write {1: 0.5, 7: 0.2}")),
    };
    let mut pairs = Vec::with_capacity(fields.len());
    for (key, item) in fields {
        let index =
            key.trim().parse::<u32>().ok().filter(|index| *index < u32::MAX).ok_or_else(|| {
                Diagnostic::new(Code::OutOfRange, format!("`{key}` is no index of a sparse vector"))
                    .at(value.span)
                    .help("an index is a whole number from 0 to 4294967294")
            })?;
        match number(&item.value).filter(|number| fits(*number, (*number as f32).into())) {
            Some(number) => pairs.push((index, number as f32)),
            None => {
                return Err(Diagnostic::new(
                    Code::TypeMismatch,
                    format!("{} stands in a sparse vector", describe(&item.value)),
                )
                .at(item.span)
                .label("expected a number"));
            }
        }
    }
    pairs.sort_by_key(|(index, _)| *index);
    if pairs.windows(2).any(|two| matches!(two, [(a, _), (b, _)] if a == b)) {
        return Err(Diagnostic::new(
            Code::SyntaxError,
            "an index of this sparse vector stands twice",
        )
        .at(value.span));
    }
    Ok(sparse_bytes(&pairs))
}

/// Whether a number is still one where there are fewer bits for it. An infinity, which nobody can
/// write, is what a server has stored.
pub(super) fn fits(number: f64, shorter: f64) -> bool {
    shorter.is_finite() || !number.is_finite()
}

/// Bytes of one vector of a field that is kept as bytes.
pub(super) fn bytes_of(field: &Field) -> usize {
    match field.data_type {
        DataType::BinaryVector => field.dim / 8,
        DataType::Float16Vector | DataType::BFloat16Vector => field.dim * 2,
        _ => field.dim,
    }
}

/// One more than the largest index.
pub(super) fn sparse_dim(content: &[u8]) -> usize {
    sparse_pairs(content).last().map_or(0, |(index, _)| *index as usize + 1)
}

/// Reads `'[0.1, 0.2]'`, as pgvector's users write vectors.
fn text_vector(text: &str, span: Span) -> Result<Vec<f32>> {
    let wrong = || {
        Diagnostic::new(Code::TypeMismatch, "this string is no vector")
            .at(span)
            .help("write `[0.1, 0.2]` or `'[0.1, 0.2]'`")
    };
    let inner =
        text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or_else(wrong)?;
    let values = inner
        .split(',')
        .map(|word| word.trim().parse::<f32>().map_err(|_| wrong()))
        .collect::<Result<Vec<_>>>()?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(
            Diagnostic::new(Code::InvalidNumber, "a vector holds finite numbers only").at(span)
        );
    }
    Ok(values)
}

/// A list that is no vector: something in it is no number, or too large a one.
fn not_number(items: &[Spanned<Value>], span: Span) -> Diagnostic {
    let culprit = items.iter().find(|item| !matches!(item.value, Value::Int(_) | Value::Float(_)));
    let large = items
        .iter()
        .find(|item| matches!(item.value, Value::Float(number) if !(number as f32).is_finite()));
    if let (None, Some(large)) = (culprit, large) {
        return Diagnostic::new(Code::InvalidNumber, "this number cannot stand in a vector")
            .at(large.span)
            .label("not a finite 32-bit number");
    }
    Diagnostic::new(
        Code::TypeMismatch,
        format!(
            "{} stands in a vector",
            culprit.map_or("something else", |item| describe(&item.value))
        ),
    )
    .at(culprit.map_or(span, |item| item.span))
    .label("expected a number")
}

/// Adds the dim/8 bytes of a binary vector: bytes as X'A5' or numbers, or dim zeros and ones.
fn binary_vector(field: &Field, value: &Spanned<Value>, out: &mut Vec<u8>) -> Result<()> {
    let bytes: Vec<u8> = match &value.value {
        Value::Bytes(bytes) => bytes.clone(),
        Value::Numbers(numbers)
            if numbers.values.len() == field.dim
                && numbers.values.iter().all(|bit| *bit == 0.0 || *bit == 1.0) =>
        {
            numbers
                .values
                .chunks(8)
                .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1.0)))
                .collect()
        }
        Value::Numbers(numbers) => {
            let bytes: Option<Vec<u8>> = numbers
                .values
                .iter()
                .map(|byte| {
                    ((0.0..=255.0).contains(byte) && byte.fract() == 0.0).then_some(*byte as u8)
                })
                .collect();
            bytes.ok_or_else(|| {
                Diagnostic::new(
                    Code::OutOfRange,
                    "a byte of a binary vector is a whole number from 0 to 255",
                )
                .at(value.span)
            })?
        }
        _ => {
            return Err(field.mismatch(value).help(
                "write X'A5', b'10100101', bytes as [165], or every bit as [1,0,1,0,0,1,0,1]",
            ));
        }
    };
    if bytes.len() * 8 != field.dim {
        return Err(wrong_length(field, bytes.len() * 8, "bits", value.span));
    }
    out.extend_from_slice(&bytes);
    Ok(())
}

/// An object of JSON text.
fn text_object(text: &str) -> Option<Vec<(String, Spanned<Value>)>> {
    match of_json(&serde_json::from_str(text).ok()?) {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

fn wrong_length(field: &Field, given: usize, what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::WrongDimension,
        format!(
            "this vector has {given} {what}, but `{}` has {} dimensions",
            field.name, field.dim
        ),
    )
    .at(span)
    .label(format!("expected {}", field.dim))
    .help("`DESCRIBE` shows the dimensions of every vector field")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{said, value};

    fn field(data_type: DataType, dim: usize) -> Field {
        Field { data_type, dim, ..Field::named("v") }
    }

    fn floats(written: &str) -> Result<Vec<f32>, String> {
        let mut out = Vec::new();
        float_vector(&field(DataType::FloatVector, 2), &value(written), &mut out)
            .map_err(|error| said(&error))?;
        Ok(out)
    }

    fn bytes(data_type: DataType, dim: usize, written: &str) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        byte_vector(&field(data_type, dim), &value(written), &mut out)
            .map_err(|error| said(&error))?;
        Ok(out)
    }

    fn sparse(written: &str) -> Result<Vec<(u32, f32)>, String> {
        let field = field(DataType::SparseFloatVector, 0);
        let bytes = sparse_vector(&field, &value(written)).map_err(|error| said(&error))?;
        Ok(sparse_pairs(&bytes))
    }

    #[test]
    fn floats_are_numbers_or_a_string_of_them() {
        assert_eq!(floats("[0.5, 2]"), Ok(vec![0.5, 2.0]));
        assert_eq!(floats("' [0.5, 2] '"), Ok(vec![0.5, 2.0]));
        for (written, message) in [
            ("[1, 2, 3]", "WrongDimension: this vector has 3 values, but `v` has 2 dimensions"),
            ("[]", "WrongDimension: this vector has 0 values, but `v` has 2 dimensions"),
            ("[1, 'a']", "TypeMismatch: a string stands in a vector"),
            ("[1, 1e39]", "InvalidNumber: this number cannot stand in a vector"),
            ("'[1, a]'", "TypeMismatch: this string is no vector"),
            ("'[1, inf]'", "InvalidNumber: a vector holds finite numbers only"),
            ("7", "TypeMismatch: a whole number does not fit into `v`"),
        ] {
            let error = floats(written).expect_err(written);
            assert!(error.starts_with(message), "{written}: {error}");
        }
    }

    #[test]
    fn what_is_no_number_is_marked_itself() {
        let list = value("[1, 'a']");
        let Value::List(items) = &list.value else { panic!("{list:?}") };
        let mut out = Vec::new();
        let error = float_vector(&field(DataType::FloatVector, 2), &list, &mut out);
        assert_eq!(error.expect_err("a string").span, Some(items[1].span));
    }

    #[test]
    fn halves_and_bytes() {
        let half = |number: f32| half::f16::from_f32(number).to_le_bytes().to_vec();
        assert_eq!(bytes(DataType::Float16Vector, 1, "[0.5]"), Ok(half(0.5)));
        assert_eq!(bytes(DataType::Float16Vector, 1, "X'0038'"), Ok(half(0.5)));
        assert!(bytes(DataType::Float16Vector, 1, "[70000]").is_err());
        assert_eq!(bytes(DataType::BFloat16Vector, 1, "[1]"), Ok(vec![0x80, 0x3f]));
        assert!(bytes(DataType::BFloat16Vector, 1, "X'00'").is_err());
        assert_eq!(bytes(DataType::Int8Vector, 2, "[-128, 127]"), Ok(vec![128, 127]));
        for wrong in ["[0.5, 1]", "[128, 1]"] {
            let error = bytes(DataType::Int8Vector, 2, wrong).expect_err(wrong);
            assert!(error.ends_with("an INT8VEC holds whole numbers from -128 to 127"), "{error}");
        }
    }

    #[test]
    fn binary_vectors_in_all_their_forms() {
        for written in ["X'A5'", "b'10100101'", "[165]", "[1, 0, 1, 0, 0, 1, 0, 1]"] {
            assert_eq!(bytes(DataType::BinaryVector, 8, written), Ok(vec![165]), "{written}");
        }
        for (written, message) in [
            ("[256]", "OutOfRange: a byte of a binary vector is a whole number from 0 to 255"),
            ("X'A5A5'", "WrongDimension: this vector has 16 bits, but `v` has 8 dimensions"),
            ("'a'", "TypeMismatch: a string does not fit into `v`"),
        ] {
            let error = bytes(DataType::BinaryVector, 8, written).expect_err(written);
            assert!(error.starts_with(message), "{written}: {error}");
        }
    }

    #[test]
    fn sparse_vectors_are_sorted_by_their_indexes() {
        assert_eq!(sparse("{7: 0.5, 1: 2}"), Ok(vec![(1, 2.0), (7, 0.5)]));
        assert_eq!(sparse("'{\"7\": 0.5}'"), Ok(vec![(7, 0.5)]));
        assert_eq!(sparse("{}"), Ok(Vec::new()));
        for (written, message) in [
            ("{'a': 1}", "OutOfRange: `a` is no index of a sparse vector"),
            ("{4294967295: 1}", "OutOfRange: `4294967295` is no index"),
            ("{1: 'a'}", "TypeMismatch: a string stands in a sparse vector"),
            ("{1: 1, '01': 2}", "SyntaxError: an index of this sparse vector stands twice"),
            ("[1]", "TypeMismatch: a list does not fit into `v`"),
            ("'[1]'", "TypeMismatch: a string does not fit into `v`"),
        ] {
            let error = sparse(written).expect_err(written);
            assert!(error.starts_with(message), "{written}: {error}");
        }
        assert_eq!(sparse_dim(&sparse_bytes(&[(1, 2.0), (7, 0.5)])), 8);
    }
}
