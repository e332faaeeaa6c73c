//! What the requests are about: a table of the old types, and rows for it.

use milvus_proto::common::KeyValuePair;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    ArrayArray, BoolArray, CollectionSchema, DataType, DoubleArray, FieldData, FieldSchema,
    FloatArray, IntArray, JsonArray, LongArray, ScalarField, StringArray, VectorField,
};
use proptest::prelude::*;

/// Which table it is.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// keys are texts and not numbers
    pub is_text: bool,
    pub is_dynamic: bool,
    pub metric: Metric,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    L2,
    Ip,
    Cosine,
    Hamming,
    Jaccard,
}

impl Metric {
    pub fn name(self) -> &'static str {
        match self {
            Metric::L2 => "L2",
            Metric::Ip => "IP",
            Metric::Cosine => "COSINE",
            Metric::Hamming => "HAMMING",
            Metric::Jaccard => "JACCARD",
        }
    }

    pub fn is_binary(self) -> bool {
        matches!(self, Metric::Hamming | Metric::Jaccard)
    }
}

/// A row of every column.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: i64,
    pub flag: bool,
    pub tiny: i8,
    pub n: i64,
    pub f: i8,
    pub d: f64,
    pub s: &'static str,
    pub meta: &'static str,
    pub tags: Vec<i64>,
    pub v: [i8; 3],
    pub more: &'static str,
}

/// Texts of the rows and of the filters.
pub const TEXTS: [&str; 8] = ["", "a", "ab", "abc", "b%", "a_c", "Ab", "表"];

/// What is in a JSON column.
pub const OBJECTS: [&str; 8] = [
    "{}",
    r#"{"k":1}"#,
    r#"{"k":2,"o":{"p":1}}"#,
    r#"{"k":"a"}"#,
    r#"{"k":1.5,"l":[1,2]}"#,
    r#"{"k":true,"l":["a"]}"#,
    r#"{"l":[]}"#,
    r#"{"k":-3,"o":{"p":"x"}}"#,
];

pub fn row() -> impl Strategy<Value = Row> {
    let choice = |all: [&'static str; 8]| prop::sample::select(all.to_vec());
    (
        (0..14i64, any::<bool>(), -4..4i8, prop_oneof![-4..4i64, Just(i64::MAX), Just(1 << 40)]),
        (-6..6i8, prop_oneof![(-6..6i8).prop_map(|q| f64::from(q) / 4.0), Just(0.1), Just(1e200)]),
        (choice(TEXTS), choice(OBJECTS), prop::collection::vec(-2..3i64, 0..4)),
        // no vector of zeros, which has no cosine
        ([-3..4i8, -3..4i8, 1..4i8], choice(OBJECTS)),
    )
        .prop_map(|((key, flag, tiny, n), (f, d), (s, meta, tags), (v, more))| Row {
            key,
            flag,
            tiny,
            n,
            f,
            d,
            s,
            meta,
            tags,
            v,
            more,
        })
}

pub fn pair(key: &str, value: impl ToString) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

impl Table {
    pub fn schema(&self, name: &str) -> CollectionSchema {
        let field = |name: &str, data_type: DataType| FieldSchema {
            name: name.to_string(),
            data_type: data_type.into(),
            ..Default::default()
        };
        let text = |name: &str| FieldSchema {
            type_params: vec![pair("max_length", 20)],
            ..field(name, DataType::VarChar)
        };
        let key = match self.is_text {
            true => text("id"),
            false => field("id", DataType::Int64),
        };
        let (dim, kind) = match self.metric.is_binary() {
            true => (24, DataType::BinaryVector),
            false => (3, DataType::FloatVector),
        };
        CollectionSchema {
            name: name.to_string(),
            enable_dynamic_field: self.is_dynamic,
            fields: vec![
                FieldSchema { is_primary_key: true, ..key },
                field("flag", DataType::Bool),
                field("tiny", DataType::Int8),
                field("n", DataType::Int64),
                field("f", DataType::Float),
                field("d", DataType::Double),
                text("s"),
                field("meta", DataType::Json),
                FieldSchema {
                    element_type: DataType::Int64.into(),
                    type_params: vec![pair("max_capacity", 4)],
                    ..field("tags", DataType::Array)
                },
                FieldSchema { type_params: vec![pair("dim", dim)], ..field("v", kind) },
            ],
            ..Default::default()
        }
    }

    /// The key of a row, as filters have it.
    pub fn key(&self, key: i64) -> String {
        if self.is_text { format!("\"{key}\"") } else { key.to_string() }
    }

    /// The columns of rows.
    pub fn columns(&self, rows: &[Row]) -> Vec<FieldData> {
        let scalar = |name: &str, data_type: DataType, data: Scalars| FieldData {
            r#type: data_type.into(),
            field_name: name.to_string(),
            field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
            ..Default::default()
        };
        let longs = |data: Vec<i64>| Scalars::LongData(LongArray { data });
        let texts = |data: Vec<String>| Scalars::StringData(StringArray { data });
        let objects = |data: Vec<Vec<u8>>| Scalars::JsonData(JsonArray { data });
        let keys = rows.iter().map(|row| row.key);
        let mut columns = vec![
            match self.is_text {
                true => scalar(
                    "id",
                    DataType::VarChar,
                    texts(keys.map(|key| key.to_string()).collect()),
                ),
                false => scalar("id", DataType::Int64, longs(keys.collect())),
            },
            scalar(
                "flag",
                DataType::Bool,
                Scalars::BoolData(BoolArray { data: rows.iter().map(|row| row.flag).collect() }),
            ),
            scalar(
                "tiny",
                DataType::Int8,
                Scalars::IntData(IntArray {
                    data: rows.iter().map(|row| row.tiny.into()).collect(),
                }),
            ),
            scalar("n", DataType::Int64, longs(rows.iter().map(|row| row.n).collect())),
            scalar(
                "f",
                DataType::Float,
                Scalars::FloatData(FloatArray {
                    data: rows.iter().map(|row| f32::from(row.f) / 4.0).collect(),
                }),
            ),
            scalar(
                "d",
                DataType::Double,
                Scalars::DoubleData(DoubleArray { data: rows.iter().map(|row| row.d).collect() }),
            ),
            scalar(
                "s",
                DataType::VarChar,
                texts(rows.iter().map(|row| row.s.to_string()).collect()),
            ),
            scalar(
                "meta",
                DataType::Json,
                objects(rows.iter().map(|row| row.meta.as_bytes().to_vec()).collect()),
            ),
            scalar(
                "tags",
                DataType::Array,
                Scalars::ArrayData(ArrayArray {
                    data: rows
                        .iter()
                        .map(|row| ScalarField { data: Some(longs(row.tags.clone())) })
                        .collect(),
                    element_type: DataType::Int64.into(),
                }),
            ),
            self.vectors(rows),
        ];
        if self.is_dynamic {
            columns.push(FieldData {
                is_dynamic: true,
                ..scalar(
                    "$meta",
                    DataType::Json,
                    objects(rows.iter().map(|row| row.more.as_bytes().to_vec()).collect()),
                )
            });
        }
        columns
    }

    fn vectors(&self, rows: &[Row]) -> FieldData {
        let (dim, kind, data) = match self.metric.is_binary() {
            true => {
                let data = rows.iter().flat_map(|row| self.vector(row.v)).collect();
                (24, DataType::BinaryVector, Vectors::BinaryVector(data))
            }
            false => {
                let data = rows.iter().flat_map(|row| row.v.map(f32::from)).collect();
                (3, DataType::FloatVector, Vectors::FloatVector(FloatArray { data }))
            }
        };
        FieldData {
            r#type: kind.into(),
            field_name: "v".to_string(),
            field: Some(Columns::Vectors(VectorField { dim, data: Some(data) })),
            ..Default::default()
        }
    }

    /// A vector's bytes, as a search sends them.
    pub fn vector(&self, v: [i8; 3]) -> Vec<u8> {
        match self.metric.is_binary() {
            true => v.map(|byte| byte as u8).to_vec(),
            false => v.iter().flat_map(|part| f32::from(*part).to_le_bytes()).collect(),
        }
    }
}
