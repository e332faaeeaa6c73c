//! The messages as the client and EXPLAIN see them: the status that a reply carries, and a request as readable text.

use super::wire::{Wire, field, next_field, varint};
use crate::proto::names::{Kind, METHODS, VALUES};
use crate::proto::{common, milvus as pb};

/// A reply with Milvus's status in it.
pub trait HasStatus {
    fn status(&self) -> Option<&common::Status>;
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

has_status! { DescribeCollectionResponse DescribeIndexResponse MutationResult QueryResults SearchResults }

/// A request that EXPLAIN did not send: the method's name and the message's fields that are set.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub method: &'static str,
    pub fields: String,
}

/// Items of a list that are shown.
const SHOWN: usize = 2;
/// A list up to this length is shown whole.
const WHOLE: usize = 6;

/// Writes a request down as it would go over the wire: defaults are not on it, long lists are cut.
pub fn explain(method: &'static str, message: &[u8]) -> Explained {
    let request = METHODS.iter().find(|(known, ..)| *known == method).map_or("", |(_, request, _)| request);
    Explained { method, fields: show_message(request, message) }
}

/// `name: value, …`, in the order of the wire, with what is repeated as a list.
fn show_message(message: &str, bytes: &[u8]) -> String {
    let mut fields: Vec<(u32, Vec<String>, usize)> = Vec::new();
    let mut at = bytes;
    while let Some((number, wire)) = next_field(&mut at) {
        let (shown, count) = show_wire(message, number, &wire);
        match fields.iter_mut().find(|(known, ..)| *known == number) {
            Some((_, values, total)) => {
                *total += count;
                if values.len() < WHOLE + 1 {
                    values.extend(shown);
                }
            }
            None => fields.push((number, shown, count)),
        }
    }
    let shown: Vec<String> = fields.iter().map(|(number, values, count)| format!("{}: {}", field(message, *number).0, list(values, *count))).collect();
    shown.join(", ")
}

/// A parameter as `key=value`.
fn pair(bytes: &[u8]) -> String {
    let mut at = bytes;
    let mut texts = Vec::new();
    while let Some((_, wire)) = next_field(&mut at) {
        if let Wire::Bytes(text) = wire {
            texts.push(String::from_utf8_lossy(text).into_owned());
        }
    }
    texts.join("=")
}

fn list(values: &[String], count: usize) -> String {
    match values {
        [one] if count == 1 => one.clone(),
        values if count <= WHOLE => format!("[{}]", values.join(", ")),
        values => format!("[{}, … {count} items]", values.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")),
    }
}

/// The values of a field as text, the first few of them, and how many there are.
fn show_wire(message: &str, number: u32, wire: &Wire<'_>) -> (Vec<String>, usize) {
    let (name, kind) = field(message, number);
    let one = |text: String| (vec![text], 1);
    match (wire, kind) {
        (Wire::Varint(value), Kind::Bool) => one((*value != 0).to_string()),
        (Wire::Varint(value), Kind::Enum(enumeration)) => one(value_name(enumeration, *value)),
        (Wire::Varint(value), _) => one((*value as i64).to_string()),
        (Wire::Four(bytes), _) => one(f32::from_le_bytes(*bytes).to_string()),
        (Wire::Eight(bytes), _) => one(f64::from_le_bytes(*bytes).to_string()),
        (Wire::Bytes(_), Kind::Text) if name.to_ascii_lowercase().contains("password") => one("\"***\"".to_string()),
        (Wire::Bytes(bytes), Kind::Text) => one(format!("{:?}", String::from_utf8_lossy(bytes))),
        (Wire::Bytes(bytes), Kind::Message(inner)) => one(match inner {
            "KeyValuePair" => pair(bytes),
            _ => format!("{{{}}}", show_message(inner, bytes)),
        }),
        // the two messages that travel as bytes inside another one
        (Wire::Bytes(bytes), Kind::Bytes) if name == "schema" => {
            let inner = if message == "AddCollectionFieldRequest" { "FieldSchema" } else { "CollectionSchema" };
            one(format!("{{{}}}", show_message(inner, bytes)))
        }
        (Wire::Bytes(bytes), Kind::Bytes) if name == "placeholder_group" => one(format!("{{{}}}", show_message("PlaceholderGroup", bytes))),
        (Wire::Bytes(bytes), Kind::Bytes) => one(match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(char::is_control) => text.to_string(),
            _ => format!("{} bytes", bytes.len()),
        }),
        // packed numbers
        (Wire::Bytes(bytes), Kind::Float) => packed(bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap_or_default()).to_string())),
        (Wire::Bytes(bytes), Kind::Double) => packed(bytes.chunks_exact(8).map(|eight| f64::from_le_bytes(eight.try_into().unwrap_or_default()).to_string())),
        (Wire::Bytes(bytes), _) => {
            let mut at = *bytes;
            packed(std::iter::from_fn(|| varint(&mut at)).map(|value| (value as i64).to_string()))
        }
    }
}

fn packed(values: impl Iterator<Item = String>) -> (Vec<String>, usize) {
    let mut shown = Vec::new();
    let mut count = 0;
    for value in values {
        count += 1;
        if shown.len() <= WHOLE {
            shown.push(value);
        }
    }
    (shown, count)
}

fn value_name(enumeration: &str, value: u64) -> String {
    let number = value as i32;
    let found = VALUES.iter().find(|(name, known, _)| *name == enumeration && *known == number);
    found.map_or_else(|| number.to_string(), |(.., name)| (*name).to_string())
}
