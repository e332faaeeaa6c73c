//! Rows of a column of vectors where their owner keeps them, and which of them count.

// Block and offset come from a row number that is checked against the number of rows.
#![allow(clippy::indexing_slicing)]

/// Rows of one width in blocks of one size, lent by their owner.
///
/// Every block but the last holds `rows_per_block` rows, a power of two.
#[derive(Clone, Copy)]
pub struct Rows<'a, T> {
    blocks: &'a [&'a [T]],
    width: usize,
    shift: u32,
    len: u32,
}

/// The most bytes of a block: memory grows by so much and never doubles.
const BLOCK_BYTES: usize = 4 << 20;

/// The number of rows of a block of at most 4 MiB: a power of two, at least one.
pub const fn rows_per_block(row_bytes: usize) -> usize {
    let most = BLOCK_BYTES / if row_bytes == 0 { 1 } else { row_bytes };
    if most == 0 { 1 } else { 1 << most.ilog2() }
}

impl<'a, T> Rows<'a, T> {
    /// Rows of `width` numbers, as many as the blocks hold whole. `rows_per_block` is rounded down
    /// to a power of two. Blocks after the first that is not full are not seen.
    pub fn new(blocks: &'a [&'a [T]], width: usize, rows_per_block: usize) -> Self {
        let (width, shift) = (width.max(1), rows_per_block.max(1).ilog2());
        let full = blocks.iter().take_while(|b| b.len() >= width << shift).count();
        let rest = blocks.get(full).map_or(0, |block| block.len() / width);
        let len = u32::try_from((full << shift) + rest).unwrap_or(u32::MAX);
        Self { blocks, width, shift, len }
    }

    /// The number of rows.
    pub fn len(&self) -> u32 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many numbers a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A row, which must be below [`Rows::len`].
    #[inline(always)]
    pub fn row(&self, row: u32) -> &'a [T] {
        let start = (row & ((1 << self.shift) - 1)) as usize * self.width;
        &self.blocks[(row >> self.shift) as usize][start..start + self.width]
    }
}

/// Which rows may be found: a bit for each, the lowest first.
#[derive(Clone, Copy)]
pub struct Mask<'a> {
    words: &'a [u64],
    allowed: u32,
}

impl<'a> Mask<'a> {
    /// Rows past the last word are not allowed.
    pub fn new(words: &'a [u64]) -> Self {
        let allowed = words.iter().map(|w| w.count_ones()).sum();
        Self { words, allowed }
    }

    /// How many rows are allowed in all.
    pub fn allowed(&self) -> u32 {
        self.allowed
    }

    #[inline(always)]
    pub fn allows(&self, row: u32) -> bool {
        self.words.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// The bits of the 64 rows from `64 * word` on.
    #[inline]
    pub fn word(&self, word: u32) -> u64 {
        self.words.get(word as usize).copied().unwrap_or(0)
    }
}

/// Whether a row may be found when there may be no mask.
#[inline(always)]
pub fn allows(mask: Option<Mask<'_>>, row: u32) -> bool {
    mask.is_none_or(|mask| mask.allows(row))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Rows of a width, cut into blocks.
    pub fn blocks<T>(values: &[T], width: usize, per_block: usize) -> Vec<&[T]> {
        values.chunks(width * per_block).collect()
    }

    #[test]
    fn rows_lie_where_they_were_put() {
        let values: Vec<u8> = (0..33).collect();
        let blocks = blocks(&values, 3, 4);
        let rows = Rows::new(&blocks, 3, 4);
        assert_eq!((rows.len(), rows.width()), (11, 3));
        assert!((0..11).all(|r| rows.row(r)[0] == r as u8 * 3));
        assert!(Rows::<u8>::new(&[], 3, 4).is_empty());
        assert_eq!(
            [rows_per_block(512), rows_per_block(3072), rows_per_block(0)],
            [8192, 1024, BLOCK_BYTES]
        );
    }

    #[test]
    fn a_mask_allows_what_its_bits_say() {
        let mask = Mask::new(&[1 << 63, 1]);
        let allowed: Vec<u32> = (0..200).filter(|&r| mask.allows(r)).collect();
        assert_eq!((allowed, mask.allowed(), mask.word(7)), (vec![63, 64], 2, 0));
        assert!(allows(None, 7));
    }
}
