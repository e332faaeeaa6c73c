//! A request as EXPLAIN shows it. In: a method's name and a message's bytes. Out: the fields that
//! are set, by the names of the `.proto` files.

use crate::secret_names::is_secret;

use super::wire::{Wire, field, next_field, varint};
use milvus_proto::names::{Kind, SERVICE, VALUES};

/// A request that EXPLAIN did not send: the method's name and the message's fields that are set.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    pub method: &'static str,
    /// name and value; an item of a list of messages is `fields[0]`
    pub fields: Vec<(String, String)>,
}

/// Items of a list that are shown.
const SHOWN: usize = 2;
/// A list up to this length is shown whole.
const WHOLE: usize = 6;

/// Writes a request down as it would go over the wire: defaults are not on it, long lists are cut.
pub fn explain(method: &'static str, message: &[u8]) -> Explained {
    let request =
        SERVICE.iter().find(|(known, ..)| *known == method).map_or("", |(_, request, _)| request);
    let mut fields = Vec::new();
    show_fields(request, message, "", &mut fields);
    Explained { method, fields }
}

/// The fields of a message, and those of the messages in it, each with its path.
fn show_fields(message: &str, bytes: &[u8], prefix: &str, out: &mut Vec<(String, String)>) {
    let mut numbers: Vec<u32> = Vec::new();
    let mut at = bytes;
    while let Some((number, _)) = next_field(&mut at) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    for number in numbers {
        let (name, kind) = field(message, number);
        let inner = match (kind, name) {
            (Kind::Message("KeyValuePair"), _) => None,
            (Kind::Message(inner), _) => Some(inner),
            (Kind::Bytes, "schema") if message == "AddCollectionFieldRequest" => {
                Some("FieldSchema")
            }
            (Kind::Bytes, "schema") => Some("CollectionSchema"),
            (Kind::Bytes, "placeholder_group") => Some("PlaceholderGroup"),
            _ => None,
        };
        let Some(inner) = inner else {
            let (values, count) = field_values(message, bytes, number);
            out.push((format!("{prefix}{name}"), list(&values, count)));
            continue;
        };
        let mut items = Vec::new();
        let mut at = bytes;
        while let Some((found, wire)) = next_field(&mut at) {
            if let (true, Wire::Bytes(item)) = (found == number, wire) {
                items.push(item);
            }
        }
        match items.as_slice() {
            [one] if prefix.is_empty() && !REPEATED.contains(&name) => {
                show_fields(inner, one, &format!("{name}."), out)
            }
            items => {
                for (at, item) in items.iter().enumerate() {
                    let index = if items.len() == 1 && !REPEATED.contains(&name) {
                        String::new()
                    } else {
                        format!("[{at}]")
                    };
                    out.push((format!("{prefix}{name}{index}"), show_message(inner, item)));
                }
            }
        }
    }
}

/// Lists that are shown item by item even when there is one.
const REPEATED: [&str; 4] = ["fields", "fields_data", "functions", "requests"];

/// The values of one field of a message.
fn field_values(message: &str, bytes: &[u8], number: u32) -> (Vec<String>, usize) {
    let (mut values, mut total) = (Vec::new(), 0);
    let mut at = bytes;
    while let Some((found, wire)) = next_field(&mut at) {
        if found == number {
            let (shown, count) = show_wire(message, number, &wire);
            total += count;
            if values.len() < WHOLE + 1 {
                values.extend(shown);
            }
        }
    }
    (values, total)
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
    let shown: Vec<String> = fields
        .iter()
        .map(|(number, values, count)| {
            format!("{}: {}", field(message, *number).0, list(values, *count))
        })
        .collect();
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
    if let [name, value] = texts.as_mut_slice()
        && is_secret(name)
    {
        *value = "***".to_string();
    }
    texts.join("=")
}

fn list(values: &[String], count: usize) -> String {
    match values {
        [one] if count == 1 => one.clone(),
        values if count <= WHOLE => format!("[{}]", values.join(", ")),
        values => format!(
            "[{}, … {count} items]",
            values.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")
        ),
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
        (Wire::Bytes(_), Kind::Text) if is_secret(name) => one("\"***\"".to_string()),
        (Wire::Bytes(bytes), Kind::Text) => one(format!("{:?}", String::from_utf8_lossy(bytes))),
        (Wire::Bytes(bytes), Kind::Message(inner)) => one(match inner {
            "KeyValuePair" => pair(bytes),
            _ => format!("{{{}}}", show_message(inner, bytes)),
        }),
        // the two messages that travel as bytes inside another one
        (Wire::Bytes(bytes), Kind::Bytes) if name == "schema" => {
            let inner = if message == "AddCollectionFieldRequest" {
                "FieldSchema"
            } else {
                "CollectionSchema"
            };
            one(format!("{{{}}}", show_message(inner, bytes)))
        }
        (Wire::Bytes(bytes), Kind::Bytes) if name == "placeholder_group" => {
            one(format!("{{{}}}", show_message("PlaceholderGroup", bytes)))
        }
        (Wire::Bytes(bytes), Kind::Bytes) => one(match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(char::is_control) => text.to_string(),
            _ => format!("{} bytes", bytes.len()),
        }),
        // packed numbers
        (Wire::Bytes(bytes), Kind::Float) => packed(
            bytes
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes(four.try_into().unwrap_or_default()).to_string()),
        ),
        (Wire::Bytes(bytes), Kind::Double) => packed(
            bytes
                .chunks_exact(8)
                .map(|eight| f64::from_le_bytes(eight.try_into().unwrap_or_default()).to_string()),
        ),
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
