//! The words of column types, and the types of Milvus that they mean.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::aliases;
use crate::language::ast::Name;
use milvus_proto::schema::DataType;

/// Every word of a type, Milvus's own names included. The first of a type is how it is shown.
const TYPES: &[(&str, DataType)] = &[
    ("BOOLEAN", DataType::Bool),
    ("BOOL", DataType::Bool),
    ("TINYINT", DataType::Int8),
    ("INT8", DataType::Int8),
    ("SMALLINT", DataType::Int16),
    ("INT16", DataType::Int16),
    ("INT", DataType::Int32),
    ("INT32", DataType::Int32),
    ("BIGINT", DataType::Int64),
    ("INT64", DataType::Int64),
    ("FLOAT", DataType::Float),
    ("DOUBLE", DataType::Double),
    ("VARCHAR", DataType::VarChar),
    ("TEXT", DataType::Text),
    ("JSON", DataType::Json),
    ("ARRAY", DataType::Array),
    ("GEOMETRY", DataType::Geometry),
    ("TIMESTAMPTZ", DataType::Timestamptz),
    ("VECTOR", DataType::FloatVector),
    ("FLOAT_VECTOR", DataType::FloatVector),
    ("FLOATVEC", DataType::FloatVector),
    ("FLOAT16VEC", DataType::Float16Vector),
    ("FLOAT16_VECTOR", DataType::Float16Vector),
    ("BFLOAT16VEC", DataType::BFloat16Vector),
    ("BFLOAT16_VECTOR", DataType::BFloat16Vector),
    ("INT8VEC", DataType::Int8Vector),
    ("INT8_VECTOR", DataType::Int8Vector),
    ("BINARYVEC", DataType::BinaryVector),
    ("BINARY_VECTOR", DataType::BinaryVector),
    ("SPARSEVEC", DataType::SparseFloatVector),
    ("SPARSE_FLOAT_VECTOR", DataType::SparseFloatVector),
];

/// Every word for a type.
#[cfg(test)]
pub(crate) fn spellings() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(word, _)| *word)
}

/// The words by which types are shown.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    TYPES
        .iter()
        .map(|(word, data_type)| (*word, type_word(*data_type)))
        .filter_map(|(word, shown)| (word == shown).then_some(word))
}

/// Reads a type's word.
pub(crate) fn data_type(name: &Name) -> Result<DataType> {
    // two words may stand apart
    let written = name.value.split_whitespace().collect::<Vec<_>>().join(" ");
    let word = aliases::type_word(&written);
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, data_type)| *data_type)
        .ok_or_else(|| {
            let names = TYPES.iter().map(|(name, _)| *name).filter(|name| !name.contains('_'));
            Diagnostic::new(Code::UnknownType, format!("unknown type `{name}`"))
                .at(name.span)
                .suggest(&name.value, names, "there are")
        })
        .map_err(|error| match elsewhere(&name.value) {
            Some(instead) => error.help(format!("write `{instead}` for it")),
            None => error,
        })
}

/// What to write for a type that Milvus has none like.
fn elsewhere(name: &str) -> Option<&'static str> {
    match name.to_ascii_uppercase().as_str() {
        "NUMBER" | "MONEY" => Some("DOUBLE"),
        "DATE" | "TIME" => Some("TIMESTAMPTZ"),
        "ENUM" | "INET" => Some("VARCHAR(64)"),
        "BLOB" | "BYTEA" | "BINARY" | "VARBINARY" => Some("VARCHAR"),
        "SERIAL" | "SMALLSERIAL" | "AUTOINCREMENT" => Some("BIGINT PRIMARY KEY AUTO_INCREMENT"),
        _ => None,
    }
}

/// A type's word, as CREATE TABLE has it.
pub(crate) fn type_word(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Bool => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 => "SMALLINT",
        DataType::Int32 => "INT",
        DataType::Int64 => "BIGINT",
        DataType::Float => "FLOAT",
        DataType::Double => "DOUBLE",
        DataType::Json => "JSON",
        DataType::Text => "TEXT",
        DataType::Array => "ARRAY",
        DataType::Geometry => "GEOMETRY",
        DataType::Timestamptz => "TIMESTAMPTZ",
        DataType::VarChar | DataType::String => "VARCHAR",
        DataType::FloatVector => "VECTOR",
        DataType::BinaryVector => "BINARYVEC",
        DataType::Float16Vector => "FLOAT16VEC",
        DataType::BFloat16Vector => "BFLOAT16VEC",
        DataType::Int8Vector => "INT8VEC",
        DataType::SparseFloatVector => "SPARSEVEC",
        other => other.as_str_name(),
    }
}

/// Milvus numbers the types of vectors from 100.
pub(crate) fn is_vector(data_type: DataType) -> bool {
    matches!(data_type as i32, 100..=199)
}

pub(crate) fn is_number(data_type: DataType) -> bool {
    use DataType as T;
    matches!(data_type, T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::Float | T::Double)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::name;

    #[test]
    fn a_type_is_shown_by_its_first_word() {
        let mut seen: Vec<DataType> = Vec::new();
        for (word, data_type) in TYPES {
            assert_eq!(data_type_of(word), *data_type);
            assert_eq!(data_type_of(&word.to_ascii_lowercase()), *data_type);
            if !seen.contains(data_type) {
                assert_eq!(type_word(*data_type), *word);
                seen.push(*data_type);
            }
        }
        assert_eq!(type_word(DataType::String), "VARCHAR");
    }

    fn data_type_of(word: &str) -> DataType {
        data_type(&name(word)).expect(word)
    }

    #[test]
    fn a_misspelt_type_is_suggested_where_it_stands() {
        let error = data_type(&name("VARCAHR")).expect_err("no type");
        assert_eq!((error.code, error.span), (Code::UnknownType, Some(name("VARCAHR").span)));
        assert_eq!(error.help, ["did you mean `VARCHAR`?"]);
    }

    #[test]
    fn vectors_are_the_types_of_vectors() {
        for (word, data_type) in TYPES {
            assert_eq!(is_vector(*data_type), word.contains("VEC"), "{word}");
        }
    }
}
