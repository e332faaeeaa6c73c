//! The messages as the client and EXPLAIN see them: the status that a reply carries, and a request as readable text.

use prost::Message as _;
use serde_json::Value as Json;

use crate::proto::{common, milvus as pb, schema};

/// A reply with Milvus's status in it.
pub trait HasStatus {
    fn status(&self) -> Option<&common::Status>;
}

impl HasStatus for common::Status {
    fn status(&self) -> Option<&common::Status> {
        Some(self)
    }
}

macro_rules! has_status {
    ($($reply:ident)*) => {
        $(impl HasStatus for pb::$reply {
            fn status(&self) -> Option<&common::Status> {
                self.status.as_ref()
            }
        })*
    };
}

has_status! {
    GetVersionResponse ListDatabasesResponse ShowCollectionsResponse DescribeCollectionResponse GetCollectionStatisticsResponse
    GetLoadStateResponse GetLoadingProgressResponse ShowPartitionsResponse GetPartitionStatisticsResponse DescribeIndexResponse
    MutationResult QueryResults SearchResults FlushResponse GetFlushStateResponse GetPersistentSegmentInfoResponse
    GetQuerySegmentInfoResponse ManualCompactionResponse
}

/// A request that EXPLAIN did not send: the method's name and the message's fields that are set.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub method: &'static str,
    pub fields: String,
}

/// Writes a request down: defaults left out, long lists cut, nested messages decoded.
pub fn explain(method: &'static str, message: &impl serde::Serialize) -> Explained {
    let fields = serde_json::to_value(message).unwrap_or_default();
    Explained { method, fields: show(&fields, true) }
}

fn show(value: &Json, top: bool) -> String {
    match value {
        Json::Object(fields) => {
            let shown: Vec<String> = fields
                .iter()
                .filter(|(_, value)| !is_default(value))
                .map(|(name, value)| format!("{name}: {}", show_field(name, value)))
                .collect();
            let joined = shown.join(", ");
            if top { joined } else { format!("{{{joined}}}") }
        }
        Json::Array(items) if items.len() > 6 => {
            let shown: Vec<String> = items.iter().take(2).map(|item| show(item, false)).collect();
            format!("[{}, … {} items]", shown.join(", "), items.len())
        }
        Json::Array(items) => format!("[{}]", items.iter().map(|item| show(item, false)).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn show_field(name: &str, value: &Json) -> String {
    match (name, value) {
        ("schema", Json::Array(bytes)) => match schema::CollectionSchema::decode(to_bytes(bytes).as_slice()) {
            Ok(schema) => show(&serde_json::to_value(schema).unwrap_or_default(), false),
            Err(_) => show(value, false),
        },
        ("search_input", Json::Object(input)) => match input.get("PlaceholderGroup") {
            Some(Json::Array(bytes)) => show_vectors(&to_bytes(bytes)),
            _ => show(value, false),
        },
        ("data_type" | "type", Json::Number(number)) => number
            .as_i64()
            .and_then(|number| schema::DataType::try_from(i32::try_from(number).ok()?).ok())
            .map_or_else(|| number.to_string(), |kind| kind.as_str_name().to_string()),
        ("search_params" | "query_params" | "extra_params" | "type_params", Json::Array(pairs)) => {
            let shown: Vec<String> = pairs.iter().map(|pair| format!("{}={}", text(pair, "key"), text(pair, "value"))).collect();
            format!("{{{}}}", shown.join(", "))
        }
        _ => show(value, false),
    }
}

fn show_vectors(bytes: &[u8]) -> String {
    let Ok(group) = common::PlaceholderGroup::decode(bytes) else { return "…".to_string() };
    let values: Vec<&Vec<u8>> = group.placeholders.iter().flat_map(|placeholder| &placeholder.values).collect();
    let length = values.first().map_or(0, |value| value.len());
    format!("{} query vector{} of {length} bytes", values.len(), if values.len() == 1 { "" } else { "s" })
}

fn text<'a>(pair: &'a Json, name: &str) -> &'a str {
    pair.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn to_bytes(numbers: &[Json]) -> Vec<u8> {
    numbers.iter().filter_map(|number| u8::try_from(number.as_u64()?).ok()).collect()
}

fn is_default(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(flag) => !flag,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
    }
}
