//! The English stemmer: Porter2 as Snowball 3.0 has it.
//!
//! A lower-case word goes in, its stem comes out: `databases` and `database` become `databas`.
//! Source: <https://snowballstem.org/algorithms/english/stemmer.html>. Milvus stems with
//! Snowball 3.0.0; the crate rust-stemmers is Snowball 2, which gives other stems for `organize`,
//! `university`, `added` and some forty words of Snowball's vocabulary, so the algorithm is
//! written out here.

/// The stem of a lower-case word; characters beyond ASCII count as consonants.
pub(crate) fn stem(word: &str) -> String {
    if let Some((_, stem)) = WHOLE_WORDS.iter().find(|(whole, _)| *whole == word) {
        return (*stem).to_string();
    }
    if word.chars().nth(2).is_none() {
        return word.to_string();
    }
    let text = word.strip_prefix('\'').unwrap_or(word);
    let mut word = Word::new(text);
    word.plural();
    word.past_and_participle();
    word.final_y();
    word.double_suffix();
    word.single_suffix();
    word.residual_suffix();
    word.final_e_and_l();
    word.into_text(text)
}

/// Words whose stem no rule gives.
const WHOLE_WORDS: &[(&str, &str)] = &[
    ("skies", "sky"),
    ("idly", "idl"),
    ("gently", "gentl"),
    ("ugly", "ugli"),
    ("early", "earli"),
    ("only", "onli"),
    ("singly", "singl"),
    ("sky", "sky"),
    ("news", "news"),
    ("howe", "howe"),
    ("atlas", "atlas"),
    ("cosmos", "cosmos"),
    ("bias", "bias"),
    ("andes", "andes"),
];

/// Beginnings after which the region R1 starts, whatever their vowels say.
const BEGINNINGS: &[&str] =
    &["arsen", "commun", "emerg", "gener", "later", "organ", "past", "univers"];

/// The second step: suffixes made of two, and what they shorten to. Of those that a word ends
/// in, the longest counts.
const DOUBLE_SUFFIXES: &[(&str, &str)] = &[
    ("ization", "ize"),
    ("ational", "ate"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("iveness", "ive"),
    ("tional", "tion"),
    ("biliti", "ble"),
    ("lessli", "less"),
    ("entli", "ent"),
    ("ation", "ate"),
    ("alism", "al"),
    ("aliti", "al"),
    ("ousli", "ous"),
    ("iviti", "ive"),
    ("fulli", "ful"),
    ("ogist", "og"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("abli", "able"),
    ("izer", "ize"),
    ("ator", "ate"),
    ("alli", "al"),
    ("bli", "ble"),
];

/// The third step.
const SINGLE_SUFFIXES: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("alize", "al"),
    ("icate", "ic"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ness", ""),
    ("ful", ""),
];

/// The fourth step: what is dropped in the region R2.
const RESIDUAL_SUFFIXES: &[&str] = &[
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous",
    "ive", "ize", "ion", "al", "er", "ic",
];

/// A word on its way to its stem, a byte a character.
struct Word {
    /// `Y` is a consonant y, [`OTHER`] a character beyond ASCII: no rule touches one.
    letters: Vec<u8>,
    /// Where the regions R1 and R2 begin.
    r1: usize,
    r2: usize,
}

const OTHER: u8 = 0xff;

impl Word {
    fn new(text: &str) -> Word {
        let mut letters: Vec<u8> = Vec::with_capacity(text.len() + 1);
        for c in text.chars() {
            let letter = match c {
                'y' if letters.last().is_none_or(|&last| is_vowel(last)) => b'Y',
                c => u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(OTHER),
            };
            letters.push(letter);
        }
        let r1 = BEGINNINGS
            .iter()
            .find(|beginning| letters.starts_with(beginning.as_bytes()))
            .map_or_else(|| after_vowel_and_consonant(&letters, 0), |b| b.len());
        let r2 = after_vowel_and_consonant(&letters, r1);
        Word { letters, r1, r2 }
    }

    /// The letters as text again, given the text that they came from.
    fn into_text(self, text: &str) -> String {
        let mut others = text.chars().filter(|c| !c.is_ascii());
        let mut stem = String::with_capacity(text.len() + 1);
        for letter in self.letters {
            match letter {
                b'Y' => stem.push('y'),
                OTHER => stem.extend(others.next()),
                letter => stem.push(char::from(letter)),
            }
        }
        stem
    }

    /// Step 1a: `'s`, plurals.
    fn plural(&mut self) {
        if let Some(suffix) = self.longest(&["'s'", "'s", "'"]) {
            self.drop_last(suffix.len());
        }
        match self.longest(&["sses", "ied", "ies", "us", "ss", "s"]) {
            Some("sses") => self.drop_last(2),
            Some("ied" | "ies") => self.drop_last(if self.letters.len() > 4 { 2 } else { 1 }),
            Some("s") if self.before("?s").iter().any(|&c| is_vowel(c)) => self.drop_last(1),
            _ => {}
        }
    }

    /// Step 1b: `ed`, `ing` and theirs with `ly`.
    fn past_and_participle(&mut self) {
        let Some(suffix) = self.longest(&["eedly", "ingly", "edly", "eed", "ing", "ed"]) else {
            return;
        };
        let kept = self.before(suffix);
        match (suffix, kept) {
            ("eedly" | "eed", b"succ" | b"proc" | b"exc") => return,
            ("eedly" | "eed", _) => {
                if self.in_r1(suffix) {
                    self.replace(suffix, "ee");
                }
                return;
            }
            ("ing", b"even" | b"cann" | b"inn" | b"earr" | b"herr" | b"out") => return,
            ("ing", [first, b'y']) if !is_vowel(*first) => {
                self.replace("ying", "ie");
                return;
            }
            (_, kept) if !kept.iter().any(|&c| is_vowel(c)) => return,
            _ => self.drop_last(suffix.len()),
        }
        match self.letters.as_slice() {
            [.., b'a', b't'] | [.., b'b', b'l'] | [.., b'i', b'z'] => self.letters.push(b'e'),
            [b'a' | b'e' | b'o', a, b] if is_double(*a, *b) => {}
            [.., a, b] if is_double(*a, *b) => self.drop_last(1),
            letters if letters.len() == self.r1 && ends_in_short_syllable(letters) => {
                self.letters.push(b'e');
            }
            _ => {}
        }
    }

    /// Step 1c: a final y after a consonant that is not the first letter.
    fn final_y(&mut self) {
        if let [_, .., before, last @ (b'y' | b'Y')] = self.letters.as_mut_slice()
            && !is_vowel(*before)
        {
            *last = b'i';
        }
    }

    /// Step 2.
    fn double_suffix(&mut self) {
        if let Some((suffix, shorter)) = self.longest_of(DOUBLE_SUFFIXES) {
            if self.in_r1(suffix) {
                self.replace(suffix, shorter);
            }
            return;
        }
        match self.letters.as_slice() {
            [.., b'l', b'o', b'g', b'i'] if self.in_r1("ogi") => self.drop_last(1),
            [.., before, b'l', b'i'] if self.in_r1("li") && b"cdeghkmnrt".contains(before) => {
                self.drop_last(2);
            }
            _ => {}
        }
    }

    /// Step 3.
    fn single_suffix(&mut self) {
        if let Some((suffix, shorter)) = self.longest_of(SINGLE_SUFFIXES) {
            if self.in_r1(suffix) {
                self.replace(suffix, shorter);
            }
        } else if self.letters.ends_with(b"ative") && self.in_r1("ative") && self.in_r2("ative") {
            self.drop_last("ative".len());
        }
    }

    /// Step 4.
    fn residual_suffix(&mut self) {
        if let Some(suffix) = self.longest(RESIDUAL_SUFFIXES)
            && self.in_r2(suffix)
            && (suffix != "ion" || matches!(self.before(suffix).last(), Some(b's' | b't')))
        {
            self.drop_last(suffix.len());
        }
    }

    /// Step 5.
    fn final_e_and_l(&mut self) {
        let drops = match self.letters.split_last() {
            Some((b'e', kept)) => {
                self.in_r2("e") || (self.in_r1("e") && !ends_in_short_syllable(kept))
            }
            Some((b'l', kept)) => self.in_r2("l") && kept.last() == Some(&b'l'),
            _ => false,
        };
        if drops {
            self.drop_last(1);
        }
    }

    /// The suffix that the word has, of some that stand longest first.
    #[inline(never)] // the lists are long; unrolled they are kilobytes
    fn longest<'a>(&self, suffixes: &[&'a str]) -> Option<&'a str> {
        suffixes.iter().copied().find(|suffix| self.ends_with(suffix))
    }

    #[inline(never)]
    fn longest_of(
        &self,
        suffixes: &'static [(&'static str, &'static str)],
    ) -> Option<(&'static str, &'static str)> {
        suffixes.iter().copied().find(|(suffix, _)| self.ends_with(suffix))
    }

    /// Looks at the last letter first: most suffixes fall there, without a call to compare.
    fn ends_with(&self, suffix: &str) -> bool {
        self.letters.last() == suffix.as_bytes().last() && self.letters.ends_with(suffix.as_bytes())
    }

    /// The letters before a suffix that the word has.
    fn before(&self, suffix: &str) -> &[u8] {
        self.letters.get(..self.letters.len().saturating_sub(suffix.len())).unwrap_or(&[])
    }

    fn in_r1(&self, suffix: &str) -> bool {
        self.letters.len() >= self.r1 + suffix.len()
    }

    fn in_r2(&self, suffix: &str) -> bool {
        self.letters.len() >= self.r2 + suffix.len()
    }

    fn replace(&mut self, suffix: &str, by: &str) {
        self.drop_last(suffix.len());
        self.letters.extend_from_slice(by.as_bytes());
    }

    fn drop_last(&mut self, count: usize) {
        self.letters.truncate(self.letters.len().saturating_sub(count));
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Whether two letters are a double consonant that is halved.
fn is_double(a: u8, b: u8) -> bool {
    a == b && b"bdfgmnprt".contains(&a)
}

/// The place after the first consonant that follows a vowel at or after `from`.
fn after_vowel_and_consonant(letters: &[u8], from: usize) -> usize {
    let mut places = letters.iter().enumerate().skip(from);
    match places.find(|(_, c)| is_vowel(**c)).and_then(|_| places.find(|(_, c)| !is_vowel(**c))) {
        Some((at, _)) => at + 1,
        None => letters.len(),
    }
}

/// Whether letters end in a consonant, a vowel and a consonant other than w, x and Y, or are a
/// vowel and a consonant.
fn ends_in_short_syllable(letters: &[u8]) -> bool {
    match letters {
        [vowel, last] => is_vowel(*vowel) && !is_vowel(*last),
        [.., first, vowel, last] => {
            letters.ends_with(b"past")
                || (!is_vowel(*first)
                    && is_vowel(*vowel)
                    && !is_vowel(*last)
                    && !matches!(last, b'w' | b'x' | b'Y'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_as_snowball_does() {
        let table = include_str!("testdata/english_stems.tsv");
        let mut words = 0;
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (word, expected) = line.split_once('\t').unwrap();
            assert_eq!(stem(word), expected, "{word}");
            words += 1;
        }
        assert!(words > 1_000, "{words}");
    }
}
