//! Protobuf's wire format, as far as it is read and written by the names of `proto/`: EXPLAIN and
//! the messages of administration do so.

use crate::proto::names::{FIELDS, Kind};

pub enum Wire<'a> {
    Varint(u64),
    Four([u8; 4]),
    Eight([u8; 8]),
    Bytes(&'a [u8]),
}

/// The name and kind of a message's field.
pub fn field(message: &str, number: u32) -> (&'static str, Kind) {
    match FIELDS.binary_search_by(|(name, known, ..)| (*name, *known).cmp(&(message, number))) {
        Ok(at) => FIELDS.get(at).map_or(("?", Kind::Bytes), |(.., name, kind)| (name, *kind)),
        Err(_) => ("?", Kind::Bytes),
    }
}

/// The number and kind of a message's field.
pub fn number(message: &str, name: &str) -> Option<(u32, Kind)> {
    let start = FIELDS.partition_point(|(known, ..)| *known < message);
    FIELDS
        .get(start..)?
        .iter()
        .take_while(|(known, ..)| *known == message)
        .find(|(.., known, _)| *known == name)
        .map(|(_, number, _, kind)| (*number, *kind))
}

/// Takes one field off; what is no protobuf ends the message.
pub fn next_field<'a>(at: &mut &'a [u8]) -> Option<(u32, Wire<'a>)> {
    let key = varint(at)?;
    let wire = match key & 7 {
        0 => Wire::Varint(varint(at)?),
        1 => Wire::Eight(take(at, 8)?.try_into().ok()?),
        2 => {
            let length = usize::try_from(varint(at)?).ok()?;
            Wire::Bytes(take(at, length)?)
        }
        5 => Wire::Four(take(at, 4)?.try_into().ok()?),
        _ => return None,
    };
    Some((u32::try_from(key >> 3).ok()?, wire))
}

fn take<'a>(at: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = at.split_at_checked(length)?;
    *at = rest;
    Some(taken)
}

pub fn varint(at: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = at.split_first()?;
        *at = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
