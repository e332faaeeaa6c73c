//! Searches by the messages of the service, held against sums over every row in double precision
//! and against cases that are worked out by hand.

mod chains;
mod groups;
mod hybrid;
mod indexes;
mod mistakes;
mod near;
mod slices;
mod sorted;
mod texts;

use milvus_proto::common::{KeyValuePair, PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, FunctionSchema, FunctionScore,
    IntArray, JsonArray, LongArray, ScalarField, SearchResultData, StringArray, VectorField,
};
use milvus_proto::{Reply, Request};
use prost::Message;

use crate::segment::Memory;
use crate::service::{Call, Service};

/// A service with one collection, `t`.
pub(super) struct World(Service);

impl World {
    /// `id`, and the other fields with the metrics of their indexes; dynamic keys.
    pub fn new(fields: &[(FieldSchema, &str)]) -> World {
        let mut world = World::bare(fields.iter().map(|(field, _)| field.clone()), Vec::new());
        for (field, metric) in fields.iter().filter(|(_, metric)| !metric.is_empty()) {
            world.index(&field.name, &[("metric_type", metric)]);
        }
        world.load();
        world
    }

    pub fn bare(
        fields: impl IntoIterator<Item = FieldSchema>,
        functions: Vec<FunctionSchema>,
    ) -> World {
        let mut world = World(Service::default());
        let key = FieldSchema { is_primary_key: true, ..field("id", DataType::Int64, &[]) };
        let schema = CollectionSchema {
            name: "t".to_string(),
            enable_dynamic_field: true,
            fields: std::iter::once(key).chain(fields).collect(),
            functions,
            ..Default::default()
        };
        world.done(pb::CreateCollectionRequest {
            collection_name: "t".to_string(),
            schema: schema.encode_to_vec(),
            ..Default::default()
        });
        world
    }

    pub fn index(&mut self, field: &str, params: &[(&str, &str)]) {
        self.done(pb::CreateIndexRequest {
            collection_name: "t".to_string(),
            field_name: field.to_string(),
            extra_params: params.iter().map(|(key, value)| pair(key, value)).collect(),
            ..Default::default()
        });
    }

    pub fn load(&mut self) {
        let collection_name = "t".to_string();
        self.done(pb::LoadCollectionRequest { collection_name, ..Default::default() });
    }

    pub fn insert(&mut self, ids: &[i64], columns: Vec<FieldData>) {
        let request = pb::InsertRequest {
            collection_name: "t".to_string(),
            num_rows: ids.len() as u32,
            fields_data: with_ids(ids, columns),
            ..Default::default()
        };
        self.done(request);
    }

    pub fn upsert(&mut self, ids: &[i64], columns: Vec<FieldData>) {
        let request = pb::UpsertRequest {
            collection_name: "t".to_string(),
            num_rows: ids.len() as u32,
            fields_data: with_ids(ids, columns),
            ..Default::default()
        };
        self.done(request);
    }

    pub fn delete(&mut self, expr: &str) {
        self.done(pb::DeleteRequest {
            collection_name: "t".to_string(),
            expr: expr.to_string(),
            ..Default::default()
        });
    }

    /// Builds indexes for so many steps; whether there is more to do.
    pub fn work(&mut self, mut steps: usize) -> bool {
        self.0.work(&mut || {
            steps = steps.saturating_sub(1);
            steps > 0
        })
    }

    pub fn memory(&self) -> Memory {
        self.0.memory()
    }

    pub fn found<R: Request<Reply = pb::SearchResults>>(&mut self, request: R) -> SearchResultData {
        self.done(request).results.expect("results")
    }

    /// The code and the words of what went wrong.
    pub fn wrong<R: Request>(&mut self, request: R) -> (i32, String)
    where
        R::Reply: Message,
    {
        let mut reply = self.ask(request);
        let status = reply.status().cloned().unwrap_or_default();
        assert_ne!(status.code, 0, "nothing went wrong");
        (status.code, status.reason)
    }

    pub fn done<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let mut reply = self.ask(request);
        let status = reply.status().cloned().unwrap_or_default();
        assert_eq!(status.reason, "", "{}", R::METHOD.name);
        reply
    }

    fn ask<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let request = request.encoded();
        let call = Call { method: R::METHOD.name, database: "", request: &request, now_ms: 1 };
        R::Reply::decode(self.0.call(call).expect("a method").as_slice()).expect("a reply")
    }
}

pub(super) fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

pub(super) fn field(name: &str, data_type: DataType, params: &[(&str, &str)]) -> FieldSchema {
    FieldSchema {
        name: name.to_string(),
        data_type: data_type.into(),
        type_params: params.iter().map(|(key, value)| pair(key, value)).collect(),
        ..Default::default()
    }
}

/// A float vector's field.
pub(super) fn floats(name: &str, dim: &str) -> FieldSchema {
    field(name, DataType::FloatVector, &[("dim", dim)])
}

fn with_ids(ids: &[i64], mut columns: Vec<FieldData>) -> Vec<FieldData> {
    columns.insert(0, scalars("id", Scalars::LongData(LongArray { data: ids.to_vec() })));
    columns
}

pub(super) fn scalars(name: &str, data: Scalars) -> FieldData {
    FieldData {
        field_name: name.to_string(),
        field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
        ..Default::default()
    }
}

pub(super) fn ints(name: &str, data: &[i32]) -> FieldData {
    scalars(name, Scalars::IntData(IntArray { data: data.to_vec() }))
}

pub(super) fn strings(name: &str, data: &[&str]) -> FieldData {
    let data = data.iter().map(|text| text.to_string()).collect();
    scalars(name, Scalars::StringData(StringArray { data }))
}

/// The dynamic keys of rows.
pub(super) fn dynamic(objects: &[&str]) -> FieldData {
    let data = objects.iter().map(|object| object.as_bytes().to_vec()).collect();
    FieldData { is_dynamic: true, ..scalars("$meta", Scalars::JsonData(JsonArray { data })) }
}

pub(super) fn vectors(name: &str, dim: usize, data: Vectors) -> FieldData {
    FieldData {
        field_name: name.to_string(),
        field: Some(Columns::Vectors(VectorField { dim: dim as i64, data: Some(data) })),
        ..Default::default()
    }
}

pub(super) fn float_rows(name: &str, dim: usize, data: &[f32]) -> FieldData {
    vectors(name, dim, Vectors::FloatVector(FloatArray { data: data.to_vec() }))
}

/// A search of `t` by queries of one kind.
pub(super) fn search(
    kind: PlaceholderType,
    queries: &[Vec<u8>],
    params: &[(&str, &str)],
) -> pb::SearchRequest {
    let value =
        PlaceholderValue { tag: "$0".to_string(), r#type: kind.into(), values: queries.to_vec() };
    let group = PlaceholderGroup { placeholders: vec![value] };
    pb::SearchRequest {
        collection_name: "t".to_string(),
        search_input: Some(SearchInput::PlaceholderGroup(group.encode_to_vec())),
        search_params: params.iter().map(|(key, value)| pair(key, value)).collect(),
        nq: queries.len() as i64,
        ..Default::default()
    }
}

/// A search by one vector of floats.
pub(super) fn nearest(query: &[f32], params: &[(&str, &str)]) -> pb::SearchRequest {
    search(PlaceholderType::FloatVector, &[bytes(query)], params)
}

pub(super) fn bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(super) fn keys(found: &SearchResultData) -> Vec<i64> {
    match found.ids.as_ref().and_then(|ids| ids.id_field.as_ref()) {
        Some(IdField::IntId(ids)) => ids.data.clone(),
        other => panic!("{other:?}"),
    }
}
