//! Protobuf's wire format, as far as EXPLAIN reads it by the names of the `.proto` files.

use milvus_proto::names::{FIELDS, Kind};

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
