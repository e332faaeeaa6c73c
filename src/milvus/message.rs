//! Messages by the names of their fields, for the some sixty small requests of administration: a
//! struct and a call for each of them would cost the download more than all the rest of the client.
//! Data, schemas, queries and searches are prost's structs.

use bytes::Bytes;

use super::wire::{self, Wire, next_field, put_bytes, put_varint, varint};
use crate::proto::common::KeyValuePair;
use crate::proto::names::Kind;

/// The fields of a request that are set, by name.
pub type Fields = Vec<(&'static str, Field)>;

#[derive(Clone, Debug)]
pub enum Field {
    Text(String),
    /// also an enum's value
    Int(i64),
    Bool(bool),
    Bytes(Vec<u8>),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    Message(Fields),
    Messages(Vec<Fields>),
}

macro_rules! fields_from {
    ($($from:ty => $value:ident $into:expr;)*) => {
        $(impl From<$from> for Field {
            fn from($value: $from) -> Field {
                $into
            }
        })*
    };
}

fields_from! {
    &str => value Field::Text(value.to_string());
    &String => value Field::Text(value.clone());
    String => value Field::Text(value);
    i64 => value Field::Int(value);
    u64 => value Field::Int(value as i64);
    bool => value Field::Bool(value);
    Vec<String> => value Field::Texts(value);
    Vec<i64> => value Field::Ints(value);
    Fields => value Field::Message(value);
    Vec<KeyValuePair> => value Field::Messages(value.into_iter().map(|pair| vec![("key", pair.key.into()), ("value", pair.value.into())]).collect());
}

/// Encodes a message. A name that `proto/` does not have is a bug that the reference pages find.
pub fn encode(message: &str, fields: &Fields) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        let Some((number, kind)) = wire::number(message, name) else {
            debug_assert!(false, "{message} has no field {name}");
            continue;
        };
        let nested = if let Kind::Message(nested) = kind { nested } else { "" };
        match value {
            Field::Int(0) | Field::Bool(false) => {}
            Field::Int(value) => put_number(&mut out, number, *value),
            Field::Bool(_) => put_number(&mut out, number, 1),
            Field::Text(text) if text.is_empty() => {}
            Field::Text(text) => put_bytes(&mut out, number, text.as_bytes()),
            Field::Bytes(bytes) => put_bytes(&mut out, number, bytes),
            Field::Texts(texts) => {
                texts.iter().for_each(|text| put_bytes(&mut out, number, text.as_bytes()))
            }
            Field::Ints(values) => {
                let mut packed = Vec::new();
                values.iter().for_each(|value| put_varint(&mut packed, *value as u64));
                put_bytes(&mut out, number, &packed);
            }
            Field::Message(inner) => put_bytes(&mut out, number, &encode(nested, inner)),
            Field::Messages(all) => {
                all.iter().for_each(|inner| put_bytes(&mut out, number, &encode(nested, inner)))
            }
        }
    }
    out
}

fn put_number(out: &mut Vec<u8>, number: u32, value: i64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value as u64);
}

/// A reply, or a message in it, read by the names of its fields. What is not there reads as
/// nothing, as everywhere in protobuf.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    message: &'static str,
    bytes: Bytes,
}

impl Reply {
    pub fn new(message: &'static str, bytes: Bytes) -> Reply {
        Reply { message, bytes }
    }

    fn each(&self, name: &str, mut take: impl FnMut(Wire<'_>)) {
        let Some((number, _)) = wire::number(self.message, name) else {
            debug_assert!(self.message.is_empty(), "{} has no field {name}", self.message);
            return;
        };
        let mut at: &[u8] = &self.bytes;
        while let Some((found, wire)) = next_field(&mut at) {
            if found == number {
                take(wire);
            }
        }
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        self.each(name, |wire| {
            if let Wire::Bytes(bytes) = wire {
                texts.push(String::from_utf8_lossy(bytes).into_owned());
            }
        });
        texts
    }

    pub fn text(&self, name: &str) -> String {
        self.texts(name).pop().unwrap_or_default()
    }

    /// The numbers of a field, packed or one by one.
    pub fn ints(&self, name: &str) -> Vec<i64> {
        let mut values = Vec::new();
        self.each(name, |wire| match wire {
            Wire::Varint(value) => values.push(value as i64),
            Wire::Bytes(mut packed) => {
                while let Some(value) = varint(&mut packed) {
                    values.push(value as i64);
                }
            }
            _ => {}
        });
        values
    }

    pub fn int(&self, name: &str) -> i64 {
        self.ints(name).pop().unwrap_or(0)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.int(name) != 0
    }

    pub fn messages(&self, name: &str) -> Vec<Reply> {
        let Some((_, Kind::Message(nested))) = wire::number(self.message, name) else {
            return Vec::new();
        };
        let mut messages = Vec::new();
        self.each(name, |wire| {
            if let Wire::Bytes(bytes) = wire {
                messages.push(Reply::new(nested, self.bytes.slice_ref(bytes)));
            }
        });
        messages
    }

    pub fn message(&self, name: &str) -> Reply {
        self.messages(name).pop().unwrap_or_default()
    }

    /// Key-value pairs, of a repeated KeyValuePair or of a map to texts.
    pub fn pairs(&self, name: &str) -> Vec<(String, String)> {
        self.messages(name).iter().map(|pair| (pair.text("key"), pair.text("value"))).collect()
    }

    /// The message's own name.
    pub fn name(&self) -> &'static str {
        self.message
    }

    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::milvus as pb;
    use prost::Message as _;

    #[test]
    fn agrees_with_prost() {
        let fields: Fields = vec![
            ("db_name", "d".into()),
            ("collection_name", "t".into()),
            (
                "properties",
                vec![KeyValuePair { key: "k".to_string(), value: "v".to_string() }].into(),
            ),
            ("delete_keys", vec!["a".to_string(), "b".to_string()].into()),
            ("collectionID", 300i64.into()),
        ];
        let bytes = encode("AlterCollectionRequest", &fields);
        let decoded = pb::AlterCollectionRequest::decode(bytes.as_slice()).unwrap();
        assert_eq!(
            (decoded.db_name.as_str(), decoded.collection_id, decoded.delete_keys.len()),
            ("d", 300, 2)
        );
        let reply = Reply::new("AlterCollectionRequest", decoded.encode_to_vec().into());
        assert_eq!(reply.text("collection_name"), "t");
        assert_eq!(reply.int("collectionID"), 300);
        assert_eq!(reply.pairs("properties"), [("k".to_string(), "v".to_string())]);
        assert_eq!(reply.texts("delete_keys"), ["a", "b"]);
    }

    #[test]
    fn what_is_no_protobuf_reads_as_nothing() {
        let reply = Reply::new("ListAliasesResponse", vec![0xff, 0xff, 0x01].into());
        assert_eq!(reply.texts("aliases"), Vec::<String>::new());
    }
}
