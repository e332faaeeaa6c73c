//! The number of a term: what stands for it in a sparse vector, and RunAnalyzer's `hash`.
//!
//! The term's text goes in, a number below `u32::MAX` comes out: the CRC-32 (IEEE, as of zip) of
//! its first 100 bytes. Milvus numbers terms so; two terms of one number count as one.

/// How many bytes of a term are hashed.
const HASHED: usize = 100;

/// The number of a term.
pub fn term_id(term: &str) -> u32 {
    let crc = term.bytes().take(HASHED).fold(u32::MAX, |crc, byte| {
        let at = (crc ^ u32::from(byte)) & 0xff;
        TABLE.get(at as usize).copied().unwrap_or(0) ^ (crc >> 8)
    });
    !crc % u32::MAX
}

/// The remainders of all bytes.
#[allow(clippy::indexing_slicing)] // computed while compiling: an index out of range fails there
static TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ (0xedb8_8320 * (remainder & 1));
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `zlib.crc32(term.encode()[:100])` of Python.
    #[test]
    fn is_the_crc_of_the_first_hundred_bytes() {
        for (term, id) in
            [("", 0), ("123456789", 0xcbf4_3926), ("milvus", 725768567), ("向量", 2353525073)]
        {
            assert_eq!(term_id(term), id, "{term}");
        }
        let hundred = "a".repeat(100);
        assert_eq!(term_id(&hundred), term_id(&(hundred.clone() + "b")));
        assert_ne!(term_id(&hundred), term_id(&hundred[1..]));
    }
}
