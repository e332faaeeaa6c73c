//! A collection `e` of id, v, and `s`, an array of structs with a number, a text and a vector each:
//! its requests, and rows of every shape.

use milvus_proto::common::{KeyValuePair, PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    ArrayArray, CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, LongArray,
    ScalarField, StringArray, StructArrayField, StructArrayFieldSchema, VectorArray, VectorField,
};
use prost::Message;

pub type Struct = (i64, &'static str, [f32; 2]);
pub type Row = (i64, Option<&'static [Struct]>);

/// Two, none, NULL, one, three.
pub const ROWS: [Row; 5] = [
    (1, Some(&[(10, "qa", [1.0, 0.0]), (1, "dev", [0.0, 1.0])])),
    (2, Some(&[])),
    (3, None),
    (4, Some(&[(12, "qa", [0.6, 0.8])])),
    (5, Some(&[(10, "ops", [-1.0, 0.0]), (13, "qa", [0.0, -1.0]), (2, "qa", [0.8, 0.6])])),
];

pub fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

pub fn field(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { name: name.to_string(), data_type: data_type.into(), ..Default::default() }
}

pub fn part(name: &str, element: DataType, params: &[(&str, &str)]) -> FieldSchema {
    let data_type = match element {
        DataType::FloatVector | DataType::BinaryVector => DataType::ArrayOfVector,
        _ => DataType::Array,
    };
    let params = params.iter().map(|(key, value)| pair(key, value));
    FieldSchema {
        element_type: element.into(),
        type_params: params.chain([pair("max_capacity", "4")]).collect(),
        ..field(name, data_type)
    }
}

pub fn array(name: &str) -> StructArrayFieldSchema {
    StructArrayFieldSchema {
        name: name.to_string(),
        nullable: true,
        fields: vec![
            part("rank", DataType::Int64, &[]),
            part("tag", DataType::VarChar, &[("max_length", "9")]),
            part("vec", DataType::FloatVector, &[("dim", "2")]),
        ],
        ..Default::default()
    }
}

pub fn schema() -> CollectionSchema {
    CollectionSchema {
        fields: vec![
            FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) },
            FieldSchema {
                type_params: vec![pair("dim", "2")],
                ..field("v", DataType::FloatVector)
            },
        ],
        struct_array_fields: vec![array("s")],
        ..Default::default()
    }
}

pub fn create(schema: &CollectionSchema) -> pb::CreateCollectionRequest {
    pb::CreateCollectionRequest {
        collection_name: "e".to_string(),
        schema: schema.encode_to_vec(),
        ..Default::default()
    }
}

pub fn index(field: &str, metric: &str) -> pb::CreateIndexRequest {
    pb::CreateIndexRequest {
        collection_name: "e".to_string(),
        field_name: field.to_string(),
        extra_params: vec![pair("metric_type", metric)],
        ..Default::default()
    }
}

pub fn load() -> pb::LoadCollectionRequest {
    pb::LoadCollectionRequest { collection_name: "e".to_string(), ..Default::default() }
}

pub fn insert(rows: &[Row]) -> pb::InsertRequest {
    pb::InsertRequest {
        collection_name: "e".to_string(),
        num_rows: rows.len() as u32,
        fields_data: columns(rows),
        ..Default::default()
    }
}

/// As clients send them: what is NULL is left out, and told by the flags.
pub fn columns(rows: &[Row]) -> Vec<FieldData> {
    let ids = rows.iter().map(|(id, _)| *id).collect();
    let vectors = rows.iter().flat_map(|(id, _)| [*id as f32, 0.0]).collect();
    let there = || rows.iter().filter_map(|(_, structs)| *structs);
    let scalars = |name: &str, element_type: DataType, data: Vec<Scalars>| {
        let data = data.into_iter().map(|data| ScalarField { data: Some(data) }).collect();
        let data = ArrayArray { data, element_type: element_type.into() };
        let data = Some(Scalars::ArrayData(data));
        (name.to_string(), Columns::Scalars(ScalarField { data }))
    };
    let numbers = there().map(|structs| {
        Scalars::LongData(LongArray { data: structs.iter().map(|(rank, ..)| *rank).collect() })
    });
    let texts = there().map(|structs| {
        let data = structs.iter().map(|(_, tag, _)| tag.to_string()).collect();
        Scalars::StringData(StringArray { data })
    });
    let lists = there().map(|structs| floats(structs.iter().flat_map(|(.., v)| *v).collect()));
    let data =
        VectorArray { dim: 2, data: lists.collect(), element_type: DataType::FloatVector.into() };
    let lists = VectorField { dim: 2, data: Some(Vectors::VectorArray(data)) };
    let fields = [
        scalars("rank", DataType::Int64, numbers.collect()),
        scalars("tag", DataType::VarChar, texts.collect()),
        ("vec".to_string(), Columns::Vectors(lists)),
    ];
    let fields = fields.into_iter().map(|(field_name, data)| FieldData {
        field_name,
        field: Some(data),
        valid_data: rows.iter().map(|(_, structs)| structs.is_some()).collect(),
        ..Default::default()
    });
    let ids = ScalarField { data: Some(Scalars::LongData(LongArray { data: ids })) };
    vec![
        named("id", Columns::Scalars(ids)),
        named("v", Columns::Vectors(floats(vectors))),
        named("s", Columns::StructArrays(StructArrayField { fields: fields.collect() })),
    ]
}

/// A search of the vectors in the structs, by a list of vectors or by one.
pub fn search(kind: PlaceholderType, vectors: &[[f32; 2]], dsl: &str) -> pb::SearchRequest {
    let bytes = vectors.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    let group = PlaceholderGroup {
        placeholders: vec![PlaceholderValue {
            tag: "$0".to_string(),
            r#type: kind.into(),
            values: vec![bytes],
        }],
    };
    pb::SearchRequest {
        collection_name: "e".to_string(),
        dsl: dsl.to_string(),
        search_input: Some(SearchInput::PlaceholderGroup(group.encode_to_vec())),
        output_fields: vec!["s".to_string()],
        search_params: vec![pair("anns_field", "s[vec]"), pair("topk", "10"), pair("params", "{}")],
        nq: 1,
        ..Default::default()
    }
}

fn floats(data: Vec<f32>) -> VectorField {
    VectorField { dim: 2, data: Some(Vectors::FloatVector(FloatArray { data })) }
}

fn named(name: &str, data: Columns) -> FieldData {
    FieldData { field_name: name.to_string(), field: Some(data), ..Default::default() }
}
