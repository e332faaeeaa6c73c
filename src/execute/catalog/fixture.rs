//! Collections for unit tests, and statements to try on them.

use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::execute::catalog::collection::Collection;
use crate::execute::catalog::index::Index;
use crate::execute::params::pair;
use crate::language::ast::{Filter, Kind, Name, Param, Select, Value};
use crate::language::parse::parse;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FunctionSchema, FunctionType, LongArray,
    ScalarField, StringArray, field_data, scalar_field,
};

pub(crate) fn field(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { name: name.to_string(), data_type: data_type.into(), ..FieldSchema::default() }
}

/// A field with its number in parentheses, by Milvus's name of it: `dim`, `max_length`.
pub(crate) fn sized(name: &str, data_type: DataType, param: &str, size: usize) -> FieldSchema {
    FieldSchema { type_params: vec![pair(param, size)], ..field(name, data_type) }
}

pub(crate) fn schema(fields: Vec<FieldSchema>) -> CollectionSchema {
    CollectionSchema { name: "books".to_string(), fields, ..CollectionSchema::default() }
}

/// A field of every kind; the vector has an HNSW index by COSINE, the full text one by BM25.
pub(crate) fn books() -> Collection {
    let key = FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) };
    let note = FieldSchema { nullable: true, ..field("note", DataType::VarChar) };
    let tags = FieldSchema {
        element_type: DataType::VarChar.into(),
        type_params: vec![pair("max_capacity", 3), pair("max_length", 5)],
        ..field("tags", DataType::Array)
    };
    let bm25 = FunctionSchema {
        name: "words_bm25".to_string(),
        r#type: FunctionType::Bm25.into(),
        input_field_names: vec!["title".to_string()],
        output_field_names: vec!["words".to_string()],
        ..FunctionSchema::default()
    };
    let fields = vec![
        key,
        sized("title", DataType::VarChar, "max_length", 10),
        field("year", DataType::Int32),
        field("price", DataType::Double),
        field("sold", DataType::Bool),
        note,
        tags,
        field("meta", DataType::Json),
        sized("v", DataType::FloatVector, "dim", 2),
        field("words", DataType::SparseFloatVector),
    ];
    let mut books =
        Collection::of_schema(CollectionSchema { functions: vec![bm25], ..schema(fields) });
    books.indexes = vec![index("v", "HNSW", "COSINE"), index("words", "SPARSE_WAND", "BM25")];
    books
}

/// The same with fields that the schema does not name.
pub(crate) fn dynamic_books() -> Collection {
    Collection { dynamic: true, ..books() }
}

pub(crate) fn index(field: &str, index_type: &str, metric: &str) -> Index {
    Index {
        name: field.to_string(),
        field: field.to_string(),
        index_type: index_type.to_string(),
        metric: metric.to_string(),
        params: Vec::new(),
        indexed_rows: 0,
        total_rows: 0,
        state: 0,
    }
}

/// A column of a reply.
pub(crate) fn longs(name: &str, data: &[i64]) -> FieldData {
    scalars(name, DataType::Int64, scalar_field::Data::LongData(LongArray { data: data.to_vec() }))
}

pub(crate) fn texts(name: &str, data: &[&str]) -> FieldData {
    let data = data.iter().map(|text| text.to_string()).collect();
    scalars(name, DataType::VarChar, scalar_field::Data::StringData(StringArray { data }))
}

pub(crate) fn scalars(name: &str, data_type: DataType, data: scalar_field::Data) -> FieldData {
    FieldData {
        r#type: data_type.into(),
        field_name: name.to_string(),
        field: Some(field_data::Field::Scalars(ScalarField { data: Some(data) })),
        ..FieldData::default()
    }
}

pub(crate) fn statement(text: &str) -> Kind {
    let mut statements =
        parse(text).unwrap_or_else(|error| panic!("{}", error.render(text, false)));
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0).kind
}

pub(crate) fn select(text: &str) -> Select {
    match statement(text) {
        Kind::Select(select) => *select,
        other => panic!("{other:?}"),
    }
}

/// What stands behind WHERE.
pub(crate) fn filter(text: &str) -> Filter {
    select(&format!("SELECT * FROM books WHERE {text}")).filter.expect("a filter")
}

/// What stands behind `SET @x =`.
pub(crate) fn value(text: &str) -> Spanned<Value> {
    match statement(&format!("SET @x = {text}")) {
        Kind::SetVariable { value, .. } => value,
        other => panic!("{other:?}"),
    }
}

/// What stands in the parentheses of SEARCH PARAMS.
pub(crate) fn params(text: &str) -> Vec<Param> {
    select(&format!("SELECT * FROM t ORDER BY v <-> [1] SEARCH PARAMS ({text})")).params
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text.to_string(), Span::new(0, text.len()))
}

/// An error as its code and message, and what helps.
pub(crate) fn said(error: &Diagnostic) -> String {
    let mut said = format!("{}: {}", error.code.name(), error.message);
    for help in &error.help {
        said.push_str(&format!("; {help}"));
    }
    said
}
