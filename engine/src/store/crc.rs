//! CRC-32 as of zip and gzip (polynomial 0xEDB88320, reflected), eight bytes a step ("slicing by
//! 8": Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC
//! Generation", 2008). The table is built at the first use: a wasm module does not carry it.

#![allow(clippy::indexing_slicing, reason = "a byte is within a table of 256")]

use std::sync::LazyLock;

const POLYNOMIAL: u32 = 0xEDB8_8320;

static TABLES: LazyLock<[[u32; 256]; 8]> = LazyLock::new(tables);

/// A checksum that grows with the bytes it is given.
#[derive(Clone, Copy, Debug)]
pub struct Crc(u32);

pub fn crc32(bytes: &[u8]) -> u32 {
    Crc::new().update(bytes).finish()
}

impl Crc {
    pub fn new() -> Crc {
        Crc(!0)
    }

    #[must_use]
    pub fn update(self, bytes: &[u8]) -> Crc {
        let tables = &*TABLES;
        let mut crc = self.0;
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            let [a, b, c, d, e, f, g, h] = *chunk;
            let low = crc ^ u32::from_le_bytes([a, b, c, d]);
            crc = tables[7][(low & 0xFF) as usize]
                ^ tables[6][(low >> 8 & 0xFF) as usize]
                ^ tables[5][(low >> 16 & 0xFF) as usize]
                ^ tables[4][(low >> 24) as usize]
                ^ tables[3][e as usize]
                ^ tables[2][f as usize]
                ^ tables[1][g as usize]
                ^ tables[0][h as usize];
        }
        for byte in rest {
            crc = crc >> 8 ^ tables[0][((crc ^ u32::from(*byte)) & 0xFF) as usize];
        }
        Crc(crc)
    }

    pub fn finish(self) -> u32 {
        !self.0
    }
}

impl Default for Crc {
    fn default() -> Crc {
        Crc::new()
    }
}

fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    for (byte, entry) in (0..).zip(&mut tables[0]) {
        *entry = (0..8).fold(
            byte,
            |crc: u32, _| {
                if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 }
            },
        );
    }
    for step in 1..8 {
        tables[step] = tables[step - 1].map(|crc| crc >> 8 ^ tables[0][(crc & 0xFF) as usize]);
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the catalogue of CRCs (reveng, CRC-32/ISO-HDLC), and what Python's
    /// `zlib.crc32` gives.
    #[test]
    fn is_the_crc_of_zlib() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b"The quick brown fox jumps over the lazy dog"), 0x414F_A339);
        assert_eq!(crc32(&[0; 32]), 0x190A_55AD);
        assert_eq!(crc32(&[0xFF; 32]), 0xFF6C_AB0B);
        let ascending: Vec<u8> = (0..=255).collect();
        assert_eq!(crc32(&ascending), 0x2905_8C73);
    }

    #[test]
    fn in_pieces_as_in_one() {
        let bytes: Vec<u8> =
            (0..1000u32).map(|number| (number.wrapping_mul(7919) >> 3) as u8).collect();
        for cut in [0, 1, 7, 8, 9, 500, 999, 1000] {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(Crc::new().update(head).update(tail).finish(), crc32(&bytes));
        }
    }
}
