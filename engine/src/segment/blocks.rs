//! Values of rows in blocks of fixed size, so that nothing is copied when a column grows and no
//! more is held than is there. A row has the same number of values everywhere: one, or a vector's
//! dimension.

use std::ops::Range;

/// Bytes of a block, at most (one row at least). The last one of a column is not full: at 10,000
/// rows of 128 numbers half a block is a tenth of them. A scan is as quick as with larger ones.
const BLOCK_BYTES: usize = 1 << 20;

#[derive(Clone, Debug)]
pub struct Blocks<T> {
    /// values of a row
    width: usize,
    /// a power of two
    rows_per_block: usize,
    rows: usize,
    blocks: Vec<Vec<T>>,
}

impl<T: Clone> Blocks<T> {
    pub fn new(width: usize) -> Blocks<T> {
        let row = (width * size_of::<T>()).max(1);
        // the power of two that is not above what fits
        let rows_per_block = 1 << (BLOCK_BYTES / row).max(1).ilog2();
        Blocks { width, rows_per_block, rows: 0, blocks: Vec::new() }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn rows_per_block(&self) -> usize {
        self.rows_per_block
    }

    /// The blocks in order; all but the last have `rows_per_block` rows.
    pub fn blocks(&self) -> impl Iterator<Item = &[T]> {
        self.blocks.iter().map(Vec::as_slice)
    }

    /// The values of some rows, in the pieces that lie in one block.
    pub fn pieces(&self, rows: Range<usize>) -> impl Iterator<Item = &[T]> {
        let end = rows.end.min(self.rows);
        let mut row = rows.start;
        std::iter::from_fn(move || {
            if row >= end {
                return None;
            }
            let first = row % self.rows_per_block;
            let count = (self.rows_per_block - first).min(end - row);
            let block = self.blocks.get(row / self.rows_per_block)?;
            row += count;
            block.get(first * self.width..(first + count) * self.width)
        })
    }

    /// The bytes that are held for rows, without what the values point to.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.capacity() * size_of::<T>()).sum()
    }

    /// A row's values; none of a row that is not there.
    pub fn row(&self, row: usize) -> &[T] {
        let start = row % self.rows_per_block * self.width;
        let block = self.blocks.get(row / self.rows_per_block);
        block.and_then(|block| block.get(start..start + self.width)).unwrap_or_default()
    }

    /// The first value of a row.
    pub fn get(&self, row: usize) -> Option<&T> {
        self.row(row).first()
    }

    pub fn set_row(&mut self, row: usize, values: &[T]) {
        let start = row % self.rows_per_block * self.width;
        if let Some(block) = self.blocks.get_mut(row / self.rows_per_block)
            && let Some(place) = block.get_mut(start..start + self.width)
            && values.len() == self.width
        {
            place.clone_from_slice(values);
        }
    }

    pub fn push(&mut self, value: T) {
        debug_assert_eq!(self.width, 1);
        let values_per_block = self.rows_per_block;
        let block = self.open_block(1);
        block.push(value);
        debug_assert!(block.len() <= values_per_block);
        self.rows += 1;
    }

    /// Adds whole rows. What does not fill a row is left out.
    pub fn extend(&mut self, mut values: &[T]) {
        if self.width == 0 {
            return;
        }
        let per_block = self.rows_per_block * self.width;
        values = values.get(..values.len() / self.width * self.width).unwrap_or_default();
        while !values.is_empty() {
            let block = self.open_block(values.len());
            let room = (per_block - block.len()).min(values.len());
            let (now, later) = values.split_at(room);
            block.extend_from_slice(now);
            self.rows += now.len() / self.width;
            values = later;
        }
    }

    /// The block that has room, and holds room for so many values as far as it can have it. The
    /// first grows as it is needed, so that a small table stays small, and never past a block.
    fn open_block(&mut self, values: usize) -> &mut Vec<T> {
        let per_block = self.rows_per_block * self.width;
        if self.blocks.last().is_none_or(|block| block.len() >= per_block) {
            let capacity = if self.blocks.is_empty() { 0 } else { per_block };
            self.blocks.push(Vec::with_capacity(capacity));
        }
        let last = self.blocks.len() - 1;
        #[allow(clippy::indexing_slicing, reason = "one was pushed if there was none")]
        let block = &mut self.blocks[last];
        let (len, most) = (block.len(), per_block - block.len());
        if block.capacity() - len < values.min(most) {
            block.reserve_exact(values.max(len).min(most));
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_where_they_were_put() {
        let mut blocks = Blocks::<u32>::new(100_000);
        assert_eq!(blocks.rows_per_block(), 2);
        for row in 0..5u32 {
            blocks.extend(&vec![row; 100_000]);
        }
        assert_eq!((blocks.rows(), blocks.blocks().count()), (5, 3));
        for row in 0..5 {
            assert_eq!(blocks.row(row), vec![row as u32; 100_000]);
        }
        assert!(blocks.row(5).is_empty() && blocks.row(6).is_empty());
        let pieces: Vec<_> = blocks.pieces(1..4).map(|piece| (piece.len(), piece[0])).collect();
        assert_eq!(pieces, [(100_000, 1), (200_000, 2)]);
        assert_eq!(blocks.pieces(4..9).count() + blocks.pieces(5..9).count(), 1);
        let mut many = Blocks::new(1);
        (0..3_000_000u32).for_each(|value| many.push(value));
        assert_eq!(many.get(2_999_999), Some(&2_999_999));
    }

    #[test]
    fn no_more_is_held_than_the_last_block_has_room_for() {
        // a thousand at a time: doubling would go past the first block
        let (mut blocks, batch) = (Blocks::<f32>::new(128), vec![0.0; 128_000]);
        for count in 1..=20 {
            blocks.extend(&batch);
            let most = (2 * count * batch.len() * 4).min(count * batch.len() * 4 + BLOCK_BYTES);
            assert!(blocks.bytes() <= most, "{} bytes of {most}", blocks.bytes());
        }
    }
}
