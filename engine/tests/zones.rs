//! TIMESTAMPTZ in the zones of requests, collections and databases; GEOMETRY as it is written.

use milvus_engine::service::{Call, Service};
use milvus_proto::common::{KeyValuePair, Status};
use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::value_field::Data as Default;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldData, FieldSchema, FloatArray, LongArray, ScalarField,
    StringArray, ValueField, VectorField,
};
use milvus_proto::{Reply, Request};
use prost::Message;

struct Server(Service);

impl Server {
    /// What went wrong, if anything did.
    fn ask<R: Request>(&mut self, request: R) -> Result<R::Reply, (i32, String)>
    where
        R::Reply: Message,
    {
        let bytes = request.encoded();
        let method = R::METHOD.name;
        let call = Call { method, database: "", request: &bytes, now_ms: 1_700_000_000_000 };
        let mut reply = R::Reply::decode(self.0.call(call).unwrap().as_slice()).unwrap();
        let status: Status = reply.status().cloned().unwrap_or_default();
        if status.code == 0 { Ok(reply) } else { Err((status.code, status.reason)) }
    }

    /// A collection of id, t, g, v in a zone, loaded.
    fn create(&mut self, name: &str, zone: Option<&str>) -> Result<(), (i32, String)> {
        let default = Default::StringData("2025-07-01 12:00:00".into());
        let schema = CollectionSchema {
            fields: vec![
                FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) },
                FieldSchema {
                    nullable: true,
                    default_value: Some(ValueField { data: Some(default) }),
                    ..field("t", DataType::Timestamptz)
                },
                FieldSchema { nullable: true, ..field("g", DataType::Geometry) },
                FieldSchema {
                    type_params: vec![pair("dim", "2")],
                    ..field("v", DataType::FloatVector)
                },
            ],
            ..CollectionSchema::default()
        };
        self.ask(pb::CreateCollectionRequest {
            collection_name: name.into(),
            schema: schema.encode_to_vec(),
            properties: zone.iter().map(|zone| pair("timezone", zone)).collect(),
            ..pb::CreateCollectionRequest::default()
        })?;
        self.ask(pb::CreateIndexRequest {
            collection_name: name.into(),
            field_name: "v".into(),
            ..pb::CreateIndexRequest::default()
        })?;
        let collection_name = name.into();
        let load =
            pb::LoadCollectionRequest { collection_name, ..pb::LoadCollectionRequest::default() };
        self.ask(load).map(drop)
    }

    fn insert(&mut self, name: &str, times: &[&str], shapes: &[&str]) -> Result<(), (i32, String)> {
        let rows = times.len().max(shapes.len());
        let texts = |name: &str, texts: &[&str]| {
            let data = texts.iter().map(|text| text.to_string()).collect();
            scalars(name, Scalars::StringData(StringArray { data }))
        };
        let ids = Scalars::LongData(LongArray { data: (1..=rows as i64).collect() });
        let data = Some(Vectors::FloatVector(FloatArray { data: vec![1.0; rows * 2] }));
        let vectors = FieldData {
            field_name: "v".into(),
            field: Some(Columns::Vectors(VectorField { dim: 2, data })),
            ..FieldData::default()
        };
        let mut fields_data = vec![scalars("id", ids), vectors];
        if !times.is_empty() {
            fields_data.push(texts("t", times));
        }
        if !shapes.is_empty() {
            fields_data.push(texts("g", shapes));
        }
        self.ask(pb::InsertRequest {
            collection_name: name.into(),
            fields_data,
            num_rows: rows as u32,
            ..pb::InsertRequest::default()
        })
        .map(drop)
    }

    fn times(
        &mut self,
        name: &str,
        expr: &str,
        params: &[(&str, &str)],
    ) -> Result<Scalars, (i32, String)> {
        let reply = self.ask(pb::QueryRequest {
            collection_name: name.into(),
            expr: expr.into(),
            output_fields: vec!["t".into()],
            query_params: params.iter().map(|(key, value)| pair(key, value)).collect(),
            ..pb::QueryRequest::default()
        })?;
        let found = reply.fields_data.into_iter().find(|data| data.field_name == "t").unwrap();
        match found.field {
            Some(Columns::Scalars(ScalarField { data: Some(data) })) => Ok(data),
            other => panic!("{other:?}"),
        }
    }
}

fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.into(), value: value.into() }
}

fn field(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { name: name.into(), data_type: data_type.into(), ..FieldSchema::default() }
}

fn scalars(name: &str, data: Scalars) -> FieldData {
    FieldData {
        field_name: name.into(),
        field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
        ..FieldData::default()
    }
}

fn texts(texts: &[&str]) -> Result<Scalars, (i32, String)> {
    let data = texts.iter().map(|text| text.to_string()).collect();
    Ok(Scalars::StringData(StringArray { data }))
}

#[test]
fn moments_are_of_the_zone_of_request_or_collection_or_database() {
    let mut server = Server(Service::default());
    server.create("shanghai", Some("Asia/Shanghai")).unwrap();
    server.insert("shanghai", &["2025-01-01 00:00:00", "2025-01-01T00:00:00Z"], &[]).unwrap();
    let first = "2025-01-01T00:00:00+08:00";
    let all = texts(&[first, "2025-01-01T08:00:00+08:00"]);
    assert_eq!(server.times("shanghai", "id > 0", &[]), all);
    let naive = "t == ISO '2025-01-01 00:00:00'";
    assert_eq!(server.times("shanghai", naive, &[]), texts(&[first]));
    let utc = [("timezone", "UTC")];
    assert_eq!(server.times("shanghai", naive, &utc), texts(&["2025-01-01T00:00:00Z"]));
    let new_york = [("timezone", "America/New_York"), ("time_fields", "year, Hour")];
    let Ok(Scalars::ArrayData(parts)) = server.times("shanghai", "id == 1", &new_york) else {
        panic!("no parts")
    };
    let parts = parts.data.into_iter().map(|part| part.data);
    let expected = Some(Scalars::LongData(LongArray { data: vec![2024, 11] }));
    assert_eq!(parts.collect::<Vec<_>>(), [expected]);

    // a collection takes the zone of its database when it is made, and a default its offset
    let properties = vec![pair("timezone", "America/New_York")];
    let alter = |properties| pb::AlterDatabaseRequest {
        db_name: "default".into(),
        properties,
        ..pb::AlterDatabaseRequest::default()
    };
    server.ask(alter(properties)).unwrap();
    server.create("york", None).unwrap();
    server.ask(alter(vec![pair("timezone", "UTC")])).unwrap();
    server.insert("york", &[], &["POINT (1 1)"]).unwrap();
    assert_eq!(server.times("york", "id > 0", &[]), texts(&["2025-07-01T12:00:00-04:00"]));

    let unknown = "unknown or invalid IANA Time Zone ID: Nowhere: invalid parameter";
    let unknown = (1100, unknown.to_string());
    assert_eq!(server.create("nowhere", Some("Nowhere")), Err(unknown.clone()));
    assert_eq!(server.times("york", "id > 0", &[("timezone", "Nowhere")]), Err(unknown.clone()));
    assert_eq!(server.ask(alter(vec![pair("timezone", "Nowhere")])).unwrap_err(), unknown);
    let (code, reason) = server.insert("york", &["tomorrow"], &[]).unwrap_err();
    assert!(code == 1100 && reason.starts_with("got invalid timestamptz string 'tomorrow'"));
}

#[test]
fn what_is_no_shape_is_not_written() {
    let mut server = Server(Service::default());
    server.create("t", None).unwrap();
    let (code, reason) = server.insert("t", &[], &["POINT (1 1)", "POINT (1)"]).unwrap_err();
    let words = "invalid Geometry data, transform to wkb failed: syntax error: not enough coordi";
    assert!(code == 1100 && reason.starts_with(words), "{code} {reason}");
    server.insert("t", &[], &["POINT (1 1)", "POLYGON EMPTY"]).unwrap();
    let index = |field: &str, index_type: &str| pb::CreateIndexRequest {
        collection_name: "t".into(),
        field_name: field.into(),
        extra_params: vec![pair("index_type", index_type)],
        ..pb::CreateIndexRequest::default()
    };
    server.ask(index("g", "RTREE")).unwrap();
    for (field, index_type, words) in [
        ("g", "INVERTED", "INVERTED are not supported on Geometry field"),
        ("id", "RTREE", "RTREE index can only be built on geometry field"),
    ] {
        let (code, reason) = server.ask(index(field, index_type)).unwrap_err();
        assert!(code == 1100 && reason.starts_with(words), "{reason}");
    }
}
