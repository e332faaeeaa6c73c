//! A bit a row.

/// Bits by number; what lies past the end is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    pub fn filled(len: usize, value: bool) -> Bits {
        let mut bits = Bits { words: vec![if value { !0 } else { 0 }; len.div_ceil(64)], len };
        bits.clear_tail();
        bits
    }

    /// Bits that were read as [`Bits::words`]; what is missing is not set.
    pub fn of_words(mut words: Vec<u64>, len: usize) -> Bits {
        words.resize(len.div_ceil(64), 0);
        let mut bits = Bits { words, len };
        bits.clear_tail();
        bits
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    pub fn get(&self, index: usize) -> bool {
        index < self.len
            && self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Sets a bit that is there; one past the end is left alone.
    pub fn set(&mut self, index: usize, value: bool) {
        if index < self.len
            && let Some(word) = self.words.get_mut(index / 64)
        {
            let bit = 1u64 << (index % 64);
            *word = if value { *word | bit } else { *word & !bit };
        }
    }

    /// Sets, of the 64 bits from a multiple of 64 on, those that are set in a word.
    pub fn set_word(&mut self, index: usize, bits: u64) {
        if let Some(word) = self.words.get_mut(index / 64) {
            *word |= bits;
        }
        self.clear_tail();
    }

    pub fn push(&mut self, value: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
        self.set(self.len - 1, value);
    }

    /// As long as `len`, what is new as `value`.
    pub fn resize(&mut self, len: usize, value: bool) {
        while self.len < len && !self.len.is_multiple_of(64) {
            self.push(value);
        }
        self.words.resize(len.div_ceil(64), if value { !0 } else { 0 });
        self.len = len;
        self.clear_tail();
    }

    /// Adds the others behind these, whose number is a multiple of 64.
    pub fn extend(&mut self, others: &Bits) {
        debug_assert!(self.len.is_multiple_of(64));
        self.words.extend(&others.words);
        self.len += others.len;
    }

    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn and(&mut self, other: &Bits) {
        self.combine(other, |a, b| a & b);
    }

    pub fn or(&mut self, other: &Bits) {
        self.combine(other, |a, b| a | b);
    }

    /// Clears what is set in the other.
    pub fn and_not(&mut self, other: &Bits) {
        self.combine(other, |a, b| a & !b);
    }

    pub fn not(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.clear_tail();
    }

    /// The numbers of the bits that are set, ascending.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            std::iter::successors((word != 0).then_some(word), |rest| {
                let rest = rest & (rest - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |rest| index * 64 + rest.trailing_zeros() as usize)
        })
    }

    /// Word by word; a shorter other counts as cleared behind its end.
    fn combine(&mut self, other: &Bits, with: impl Fn(u64, u64) -> u64) {
        for (index, word) in self.words.iter_mut().enumerate() {
            *word = with(*word, other.words.get(index).copied().unwrap_or(0));
        }
        self.clear_tail();
    }

    fn clear_tail(&mut self) {
        if let Some(last) = self.words.last_mut().filter(|_| !self.len.is_multiple_of(64)) {
            *last &= (1u64 << (self.len % 64)) - 1;
        }
    }
}

impl FromIterator<bool> for Bits {
    fn from_iter<I: IntoIterator<Item = bool>>(values: I) -> Bits {
        let mut bits = Bits::default();
        values.into_iter().for_each(|value| bits.push(value));
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_what_a_list_of_flags_does() {
        for len in [0, 1, 63, 64, 65, 130] {
            let flags: Vec<bool> = (0..len).map(|index| index % 3 == 0).collect();
            let mut bits: Bits = flags.iter().copied().collect();
            let ones: Vec<usize> = (0..len).filter(|index| index % 3 == 0).collect();
            assert_eq!(bits.ones().collect::<Vec<_>>(), ones);
            assert_eq!((bits.count(), bits.len()), (ones.len(), len));
            let mut words = Bits::filled(len, false);
            for (index, word) in bits.words().iter().enumerate() {
                words.set_word(index * 64, word | 1 << 63);
            }
            assert!(words.ones().all(|bit| bits.get(bit) || bit % 64 == 63));
            bits.not();
            assert_eq!(bits.count(), len - ones.len());
            bits.resize(len + 70, true);
            assert_eq!(bits.count(), len - ones.len() + 70);
            assert!(!bits.get(len + 70));
        }
    }
}
