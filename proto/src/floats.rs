//! `FloatArray`, the message that carries vectors, written by hand: its floats lie in memory as
//! they go over the wire, so they are copied whole. prost's own loop takes them one by one, four
//! times slower in a module that is built for size.

use bytemuck::{cast_slice, cast_slice_mut};
use prost::DecodeError;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{
    DecodeContext, WireType, check_wire_type, decode_varint, encode_key, encode_varint,
    encoded_len_varint, float, key_len, skip_field,
};

#[cfg(target_endian = "big")]
compile_error!("floats are copied as little-endian bytes");

/// `message FloatArray { repeated float data = 1; }`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FloatArray {
    pub data: Vec<f32>,
}

impl prost::Message for FloatArray {
    fn encode_raw(&self, out: &mut impl BufMut) {
        if self.data.is_empty() {
            return;
        }
        encode_key(1, WireType::LengthDelimited, out);
        encode_varint(self.data.len() as u64 * 4, out);
        out.put_slice(cast_slice(&self.data));
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        from: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if tag != 1 {
            return skip_field(wire_type, tag, from, context);
        }
        if wire_type == WireType::ThirtyTwoBit {
            return float::merge_repeated(wire_type, &mut self.data, from, context);
        }
        check_wire_type(WireType::LengthDelimited, wire_type)?;
        let length = decode_varint(from)?;
        let whole = usize::try_from(length)
            .ok()
            .filter(|length| *length <= from.remaining() && length % 4 == 0);
        let Some(length) = whole else {
            // a length that does not fit: prost's own reader has the words for it
            return float::merge_repeated(WireType::SixtyFourBit, &mut self.data, from, context);
        };
        let start = self.data.len();
        self.data.resize(start + length / 4, 0.0);
        if let Some(added) = self.data.get_mut(start..) {
            from.copy_to_slice(cast_slice_mut(added));
        }
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        if self.data.is_empty() {
            return 0;
        }
        let length = self.data.len() * 4;
        key_len(1) + encoded_len_varint(length as u64) + length
    }

    fn clear(&mut self) {
        self.data.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Prosts {
        #[prost(float, repeated, tag = "1")]
        data: Vec<f32>,
    }

    #[test]
    fn is_what_prost_makes_of_it() {
        for data in [vec![], vec![1.5], (0..1000).map(|n| n as f32 / 7.0).collect::<Vec<_>>()] {
            let ours = FloatArray { data: data.clone() }.encode_to_vec();
            assert_eq!(ours, Prosts { data: data.clone() }.encode_to_vec());
            assert_eq!(FloatArray::decode(ours.as_slice()).unwrap().data, data);
        }
        // not packed, as proto2 writes it
        assert_eq!(
            FloatArray::decode([0x0d, 0, 0, 0x80, 0x3f].as_slice()).unwrap().data,
            vec![1.0]
        );
    }

    #[test]
    fn a_broken_length_is_an_error() {
        assert!(FloatArray::decode([0x0a, 8, 0, 0, 0, 0].as_slice()).is_err());
        assert!(FloatArray::decode([0x0a, 3, 0, 0, 0].as_slice()).is_err());
    }
}
