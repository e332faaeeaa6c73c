//! Arrays of structs: schemas, rows, filters of elements, searches of their vectors. What is right
//! is Milvus's: its proxy's words, and what its own tests of filters expect.

mod data;
mod filters;
mod rows;
mod schemas;
mod searches;

use data::{ROWS, create, index, insert, load, pair, schema};
use milvus_engine::service::{Call, Service};
use milvus_proto::common::Status;
use milvus_proto::milvus as pb;
use milvus_proto::schema::FieldData;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::{Reply, Request};
use prost::Message;

struct Server(Service);

impl Server {
    fn empty() -> Server {
        Server(Service::default())
    }

    /// With the collection and its rows, its lists of vectors compared by a metric.
    fn by(metric: &str) -> Server {
        let mut server = Server::empty();
        server.done(create(&schema()));
        server.done(index("v", "L2"));
        server.done(index("s[vec]", metric));
        server.done(load());
        server.done(insert(&ROWS));
        server
    }

    fn ask<R: Request>(&mut self, request: R) -> (R::Reply, Status)
    where
        R::Reply: Message,
    {
        let bytes = request.encoded();
        let call = Call { method: R::METHOD.name, database: "", request: &bytes, now_ms: 1000 };
        let mut reply = R::Reply::decode(self.0.call(call).unwrap().as_slice()).unwrap();
        let status = reply.status().cloned().unwrap_or_default();
        (reply, status)
    }

    fn done<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let (reply, status) = self.ask(request);
        assert_eq!(status, Status::default(), "{}", R::METHOD.name);
        reply
    }

    fn wrong<R: Request>(&mut self, request: R) -> String
    where
        R::Reply: Message,
    {
        self.ask(request).1.reason
    }

    fn ids(&mut self, expr: &str) -> Vec<i64> {
        let found = self.done(query(expr, &["id"], &[]));
        found.fields_data.iter().find(|data| data.field_name == "id").map(longs).unwrap()
    }

    fn describe(&mut self) -> milvus_proto::schema::CollectionSchema {
        let collection_name = "e".to_string();
        let request = pb::DescribeCollectionRequest { collection_name, ..Default::default() };
        self.done(request).schema.unwrap()
    }
}

fn query(expr: &str, outputs: &[&str], params: &[(&str, &str)]) -> pb::QueryRequest {
    pb::QueryRequest {
        collection_name: "e".to_string(),
        expr: expr.to_string(),
        output_fields: outputs.iter().map(|name| name.to_string()).collect(),
        query_params: params.iter().map(|(key, value)| pair(key, value)).collect(),
        ..Default::default()
    }
}

fn longs(data: &FieldData) -> Vec<i64> {
    match &data.field {
        Some(Columns::Scalars(scalars)) => match &scalars.data {
            Some(Scalars::LongData(longs)) => longs.data.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// The columns of an array of structs in a reply.
fn parts(data: &[FieldData], name: &str) -> Vec<FieldData> {
    let found = data.iter().find(|data| data.field_name == name).unwrap();
    match &found.field {
        Some(Columns::StructArrays(parts)) => parts.fields.clone(),
        other => panic!("{other:?}"),
    }
}
