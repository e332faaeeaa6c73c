//! What a checkpoint keeps beside the rows: the catalog and the users, as the body of the store's
//! manifest.
//!
//! ```text
//! version u32, State as a protobuf message
//! ```
//! A field that is added has a new number and means nothing by its default. Whatever an older
//! engine must not overlook raises the version, and this engine then reads both: arrays of structs
//! are of version 2, and where there are none the body is one of version 1.

use milvus_proto::common::KeyValuePair;
use milvus_proto::rg::ResourceGroupConfig;
use milvus_proto::schema::{CollectionSchema, FieldSchema};
use prost::Message;

use crate::store::error::{Result, StoreError};

const FIRST: u32 = 1;
const STRUCTS: u32 = 2;

#[derive(Clone, PartialEq, Message)]
pub(super) struct State {
    #[prost(uint64, tag = "1")]
    pub last_timestamp: u64,
    #[prost(message, repeated, tag = "2")]
    pub databases: Vec<Database>,
    #[prost(message, optional, tag = "3")]
    pub users: Option<Users>,
    #[prost(message, repeated, tag = "4")]
    pub resource_groups: Vec<ResourceGroup>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ResourceGroup {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub config: Option<ResourceGroupConfig>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Database {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int64, tag = "2")]
    pub id: i64,
    #[prost(uint64, tag = "3")]
    pub created: u64,
    #[prost(message, repeated, tag = "4")]
    pub properties: Vec<KeyValuePair>,
    #[prost(message, repeated, tag = "5")]
    pub collections: Vec<Collection>,
    /// alias and collection
    #[prost(message, repeated, tag = "6")]
    pub aliases: Vec<KeyValuePair>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Collection {
    #[prost(int64, tag = "1")]
    pub id: i64,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(uint64, tag = "3")]
    pub created: u64,
    #[prost(message, optional, tag = "4")]
    pub schema: Option<CollectionSchema>,
    /// of each column, the dynamic one too
    #[prost(message, repeated, tag = "5")]
    pub fields: Vec<FieldSchema>,
    #[prost(message, repeated, tag = "6")]
    pub properties: Vec<KeyValuePair>,
    #[prost(int32, tag = "7")]
    pub consistency: i32,
    #[prost(int32, tag = "8")]
    pub shards: i32,
    #[prost(message, repeated, tag = "9")]
    pub partitions: Vec<Partition>,
    #[prost(message, repeated, tag = "10")]
    pub indexes: Vec<Index>,
    /// its rows, in their order
    #[prost(message, repeated, tag = "11")]
    pub parts: Vec<Part>,
    /// a bit a row, in words of 64, little-endian; none where no row is deleted
    #[prost(bytes = "vec", tag = "12")]
    pub deleted: Vec<u8>,
    /// the last moment in which it was changed
    #[prost(uint64, tag = "13")]
    pub updated: u64,
    /// when the rows were written, in their order; the last ones may not be told
    #[prost(message, repeated, tag = "14")]
    pub written: Vec<Written>,
    /// how many rows, from the first one on, were there at the last flush
    #[prost(uint64, tag = "15")]
    pub flushed: u64,
}

/// The rows before which, and behind those of the one before, were written by a moment.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct Written {
    #[prost(uint64, tag = "1")]
    pub rows: u64,
    #[prost(uint64, tag = "2")]
    pub moment: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Partition {
    #[prost(int64, tag = "1")]
    pub id: i64,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(uint32, tag = "3")]
    pub number: u32,
    #[prost(bool, tag = "4")]
    pub loaded: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Index {
    #[prost(int64, tag = "1")]
    pub id: i64,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(string, tag = "3")]
    pub field: String,
    #[prost(message, repeated, tag = "4")]
    pub params: Vec<KeyValuePair>,
}

/// Rows that are in a segment of the store.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct Part {
    #[prost(uint64, tag = "1")]
    pub segment: u64,
    #[prost(uint64, tag = "2")]
    pub rows: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Users {
    #[prost(message, repeated, tag = "1")]
    pub users: Vec<User>,
    /// name and description
    #[prost(message, repeated, tag = "2")]
    pub roles: Vec<KeyValuePair>,
    #[prost(message, repeated, tag = "3")]
    pub grants: Vec<Grant>,
    #[prost(message, repeated, tag = "4")]
    pub groups: Vec<Group>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct User {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(fixed64, tag = "2")]
    pub salt: u64,
    #[prost(fixed64, tag = "3")]
    pub digest: u64,
    #[prost(string, repeated, tag = "4")]
    pub roles: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Grant {
    #[prost(string, tag = "1")]
    pub role: String,
    #[prost(string, tag = "2")]
    pub object: String,
    #[prost(string, tag = "3")]
    pub object_name: String,
    #[prost(string, tag = "4")]
    pub database: String,
    #[prost(string, tag = "5")]
    pub privilege: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Group {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub privileges: Vec<String>,
}

impl State {
    pub fn to_body(&self) -> Vec<u8> {
        let collections = self.databases.iter().flat_map(|database| &database.collections);
        let mut schemas = collections.filter_map(|collection| collection.schema.as_ref());
        let structs = schemas.any(|schema| !schema.struct_array_fields.is_empty());
        let version = if structs { STRUCTS } else { FIRST };
        let mut body = version.to_le_bytes().to_vec();
        self.encode_raw(&mut body);
        body
    }

    pub fn of_body(body: &[u8]) -> Result<State> {
        let Some((version, message)) = body.split_first_chunk() else {
            return Err(damaged("its body is cut short"));
        };
        match u32::from_le_bytes(*version) {
            FIRST | STRUCTS => State::decode(message).map_err(|error| damaged(error.to_string())),
            found => Err(StoreError::Format { found }),
        }
    }
}

/// A manifest whose bytes are right and make no sense.
pub(super) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged { file: "manifest".to_string(), offset: 0, what: what.into() }
}
