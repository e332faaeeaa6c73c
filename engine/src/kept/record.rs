//! What the log keeps of a call. A call is done again as it was done, at its own moment: the ids
//! that it gave come out the same. A password is in no record; where a call has one, the record is
//! what the users are behind it.

use milvus_proto::milvus as pb;
use prost::Message;

use super::snapshot::{set_timestamp, users_of, users_state};
use super::state::{Users, damaged};
use crate::catalog::{Catalog, or_default};
use crate::service::{Call, Refusal, Service};
use crate::store::error::{Result, StoreError};
use crate::store::log::Record;

/// The kinds of records. A record whose bytes mean something else has a new kind.
const CALL: u8 = 1;
const USERS: u8 = 2;

#[derive(Clone, PartialEq, Message)]
struct Called {
    #[prost(string, tag = "1")]
    method: String,
    /// of the connection
    #[prost(string, tag = "2")]
    database: String,
    /// the catalog's, before the call
    #[prost(uint64, tag = "3")]
    last_timestamp: u64,
    #[prost(uint64, tag = "4")]
    now_ms: u64,
    #[prost(bytes = "vec", tag = "5")]
    request: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct UsersThen {
    #[prost(message, optional, tag = "1")]
    users: Option<Users>,
    /// the catalog's, behind the call
    #[prost(uint64, tag = "2")]
    last_timestamp: u64,
}

/// Kind and body of a call that went well, and after which the catalog is so.
pub(super) fn record(call: Call<'_>, last_timestamp: u64, catalog: &Catalog) -> (u8, Vec<u8>) {
    if matches!(call.method, "CreateCredential" | "UpdateCredential") {
        let users = Some(users_state(&catalog.users));
        let then = UsersThen { users, last_timestamp: catalog.last_timestamp };
        return (USERS, then.encode_to_vec());
    }
    let called = Called {
        method: call.method.to_string(),
        database: call.database.to_string(),
        last_timestamp,
        now_ms: call.now_ms,
        request: call.request.to_vec(),
    };
    (CALL, called.encode_to_vec())
}

/// Bytes of a record, about.
pub(super) fn size_of(call: Call<'_>) -> u64 {
    (call.method.len() + call.database.len() + call.request.len() + 64) as u64
}

/// What a record needs to be as it was, so that doing it again writes what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// the rows that it changes
    Rows,
    /// the table of this database and name
    Table((String, String)),
}

pub(super) fn needs(record: &Record) -> Needs {
    let called = match record.kind {
        CALL => Called::decode(record.body.as_slice()).unwrap_or_default(),
        _ => Called::default(),
    };
    let request = called.request.as_slice();
    let (database, table) = match called.method.as_str() {
        "CreateCollection" => {
            let request = pb::CreateCollectionRequest::decode(request).unwrap_or_default();
            (request.db_name, request.collection_name)
        }
        "Insert" => {
            let request = pb::InsertRequest::decode(request).unwrap_or_default();
            (request.db_name, request.collection_name)
        }
        "Upsert" => {
            let request = pb::UpsertRequest::decode(request).unwrap_or_default();
            if request.partial_update {
                return Needs::Rows;
            }
            (request.db_name, request.collection_name)
        }
        _ => return Needs::Nothing,
    };
    let database = if database.is_empty() { called.database } else { database };
    Needs::Table((or_default(&database).to_string(), table))
}

/// Does again what a record tells.
pub(super) fn replay(service: &mut Service, record: &Record) -> Result<()> {
    let wrong = |what: String| StoreError::Damaged {
        file: "log".to_string(),
        offset: 0,
        what: format!("record {} cannot be done again: {what}", record.sequence),
    };
    let body = record.body.as_slice();
    match record.kind {
        CALL => {
            let called = Called::decode(body).map_err(|error| wrong(error.to_string()))?;
            let call = Call {
                method: &called.method,
                database: &called.database,
                request: &called.request,
                now_ms: called.now_ms,
            };
            set_timestamp(service.catalog_mut(), called.last_timestamp)?;
            let error = match service.call_again(call) {
                Ok(answered) => answered.error.map(|error| error.reason),
                Err(Refusal::Unimplemented) => Some(format!("no method `{}`", called.method)),
                Err(Refusal::Malformed) => Some("its request is malformed".to_string()),
            };
            error.map_or(Ok(()), |error| Err(wrong(error)))
        }
        USERS => {
            let then = UsersThen::decode(body).map_err(|error| wrong(error.to_string()))?;
            let users = then.users.ok_or_else(|| damaged("a record of users has none"))?;
            let catalog = service.catalog_mut();
            catalog.users = users_of(users)?;
            set_timestamp(catalog, then.last_timestamp)
        }
        kind => Err(wrong(format!("it is of kind {kind}, which this engine does not know"))),
    }
}
