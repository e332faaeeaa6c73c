//! Searches by rows that are there: in their keys, out the queries that their vectors are, or
//! their texts where BM25 makes the vectors (Milvus 2.6.9).

use std::collections::HashSet;

use milvus_proto::common::{PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{DataType, IDs};
use prost::Message as _;

use crate::catalog::Collection;
use crate::error::{Error, Result, expected};
use crate::schema::Field;
use crate::search::plan::Plan;
use crate::segment::Key;

/// The queries that keys stand for.
pub(crate) struct ByKey {
    /// a serialized placeholder group
    pub group: Vec<u8>,
    /// of each key whether its row has a vector
    pub there: Vec<bool>,
}

impl ByKey {
    pub fn new(
        plan: &Plan<'_>,
        request: &pb::SearchRequest,
        ids: &IDs,
        moment: u64,
    ) -> Result<ByKey> {
        let collection = plan.collection;
        if plan.field.data_type == DataType::ArrayOfVector {
            return Err(Error::invalid("array of vector is not supported for search by IDs"));
        }
        let partitions = collection.readable_partitions(&request.partition_names)?;
        let (column, field) = collection.schema.field(source(collection, plan.field))?;
        let keys = keys(collection, ids)?;
        if keys.iter().collect::<HashSet<_>>().len() != keys.len() {
            return Err(Error::invalid("duplicate IDs found in search request"));
        }
        let segment = &collection.segment;
        let live = collection.live(moment);
        let found = |key: &Key| {
            segment.find(key).filter(|row| {
                let number = segment.partition(*row);
                let inside = |numbers: &Vec<u32>| number.is_some_and(|n| numbers.contains(&n));
                live.get(*row) && partitions.as_ref().is_none_or(inside)
            })
        };
        let rows: Vec<Option<usize>> = keys.iter().map(found).collect();
        let missing: Vec<String> = keys
            .iter()
            .zip(&rows)
            .filter(|(_, row)| row.is_none())
            .map(|(key, _)| match key {
                Key::Int(key) => key.to_string(),
                Key::Text(key) => key.to_string(),
            })
            .collect();
        if !missing.is_empty() {
            return Err(Error::invalid(format!(
                "some of the provided primary key IDs do not exist: missing IDs = [{}]",
                missing.join(" ")
            )));
        }
        let rows: Vec<usize> = rows.into_iter().flatten().collect();
        let data = segment.gather(column, field, &rows);
        let there = match data.valid_data.is_empty() {
            true => vec![true; rows.len()],
            false => data.valid_data,
        };
        let (kind, mut values) =
            data.field.map(|columns| queries(field, columns)).unwrap_or_default();
        // of scalars a NULL has a place, of vectors it has none
        if values.len() == there.len() {
            let mut flags = there.iter();
            values.retain(|_| flags.next().copied().unwrap_or(false));
        }
        let value = PlaceholderValue { tag: "$0".to_string(), r#type: kind.into(), values };
        let group = PlaceholderGroup { placeholders: vec![value] }.encode_to_vec();
        Ok(ByKey { group, there })
    }

    /// The hits of each key, of those without a vector none.
    pub fn spread<T>(&self, found: Vec<Vec<T>>) -> Vec<Vec<T>> {
        let mut found = found.into_iter();
        let next =
            |there: &bool| if *there { found.next().unwrap_or_default() } else { Vec::new() };
        self.there.iter().map(next).collect()
    }
}

/// The field that a query is taken from: the one that is searched, or what BM25 makes it of.
fn source<'a>(collection: &'a Collection, field: &'a Field) -> &'a str {
    let functions = &collection.schema.message.functions;
    let function = functions.iter().find(|one| one.output_field_names.contains(&field.name));
    function.and_then(|function| function.input_field_names.first()).unwrap_or(&field.name)
}

fn keys(collection: &Collection, ids: &IDs) -> Result<Vec<Key>> {
    match (collection.schema.primary_field().data_type, &ids.id_field) {
        (_, None) => Ok(Vec::new()),
        (DataType::Int64, Some(IdField::IntId(ids))) => {
            Ok(ids.data.iter().map(|key| Key::Int(*key)).collect())
        }
        (DataType::VarChar, Some(IdField::StrId(ids))) => {
            Ok(ids.data.iter().map(|key| Key::Text(key.as_str().into())).collect())
        }
        (DataType::Int64, _) => Err(expected(
            "primary key is int64, but IDs type mismatch",
            "int64 IDs",
            "got other type",
        )),
        _ => Err(expected(
            "primary key is varchar, but IDs type mismatch",
            "string IDs",
            "got other type",
        )),
    }
}

/// The values of a column, one by one, as a placeholder has them.
fn queries(field: &Field, columns: Columns) -> (PlaceholderType, Vec<Vec<u8>>) {
    let split = |bytes: Vec<u8>, size: usize| {
        bytes.chunks_exact(size.max(1)).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let data = match columns {
        Columns::Vectors(vectors) => vectors.data,
        Columns::Scalars(scalars) => {
            let Some(Scalars::StringData(texts)) = scalars.data else { return Default::default() };
            let texts = texts.data.into_iter().map(String::into_bytes);
            return (PlaceholderType::VarChar, texts.collect());
        }
        Columns::StructArrays(_) => return Default::default(),
    };
    match data {
        Some(Vectors::FloatVector(floats)) => {
            let bytes = floats.data.iter().flat_map(|value| value.to_le_bytes()).collect();
            (PlaceholderType::FloatVector, split(bytes, field.dim * 4))
        }
        Some(Vectors::BinaryVector(bytes)) => {
            (PlaceholderType::BinaryVector, split(bytes, field.dim / 8))
        }
        Some(Vectors::Float16Vector(bytes)) => {
            (PlaceholderType::Float16Vector, split(bytes, field.dim * 2))
        }
        Some(Vectors::Bfloat16Vector(bytes)) => {
            (PlaceholderType::BFloat16Vector, split(bytes, field.dim * 2))
        }
        Some(Vectors::Int8Vector(bytes)) => (PlaceholderType::Int8Vector, split(bytes, field.dim)),
        Some(Vectors::SparseFloatVector(sparse)) => {
            (PlaceholderType::SparseFloatVector, sparse.contents)
        }
        // of a list there is no one vector
        Some(Vectors::VectorArray(_)) | None => Default::default(),
    }
}
