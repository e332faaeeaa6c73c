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
    let mut word = Word::new(word.strip_prefix('\'').unwrap_or(word));
    word.plural();
    word.past_and_participle();
    word.final_y();
    word.double_suffix();
    word.single_suffix();
    word.residual_suffix();
    word.final_e_and_l();
    word.letters.iter().map(|&c| if c == 'Y' { 'y' } else { c }).collect()
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

/// A word on its way to its stem. `Y` is a consonant y.
struct Word {
    letters: Vec<char>,
    /// Where the regions R1 and R2 begin.
    r1: usize,
    r2: usize,
}

impl Word {
    fn new(text: &str) -> Word {
        let mut letters: Vec<char> = Vec::with_capacity(text.len());
        for c in text.chars() {
            let consonant_y = c == 'y' && letters.last().is_none_or(|&last| is_vowel(last));
            letters.push(if consonant_y { 'Y' } else { c });
        }
        let r1 = BEGINNINGS
            .iter()
            .find(|beginning| starts_with(&letters, beginning))
            .map_or_else(|| after_vowel_and_consonant(&letters, 0), |b| b.len());
        let r2 = after_vowel_and_consonant(&letters, r1);
        Word { letters, r1, r2 }
    }

    /// Step 1a: `'s`, plurals.
    fn plural(&mut self) {
        if let Some(suffix) = ["'s'", "'s", "'"].into_iter().find(|s| self.ends_with(s)) {
            self.drop_last(suffix.len());
        }
        if self.ends_with("sses") {
            self.drop_last(2);
        } else if self.ends_with("ied") || self.ends_with("ies") {
            let dropped = if self.letters.len() > 4 { 2 } else { 1 };
            self.drop_last(dropped);
        } else if self.ends_with("s") && !self.ends_with("us") && !self.ends_with("ss") {
            let before = self.letters.len().saturating_sub(2);
            if self.letters.iter().take(before).any(|&c| is_vowel(c)) {
                self.drop_last(1);
            }
        }
    }

    /// Step 1b: `ed`, `ing` and theirs with `ly`.
    fn past_and_participle(&mut self) {
        if let Some(suffix) = ["eedly", "eed"].into_iter().find(|s| self.ends_with(s)) {
            let kept = self.before(suffix);
            let whole = ["succ", "proc", "exc"].iter().any(|word| equals(kept, word));
            if !whole && self.in_r1(suffix) {
                self.replace(suffix, "ee");
            }
            return;
        }
        let Some(suffix) = ["ingly", "edly", "ing", "ed"].into_iter().find(|s| self.ends_with(s))
        else {
            return;
        };
        let kept = self.before(suffix);
        if suffix == "ing" {
            if let [first, 'y'] = kept
                && !is_vowel(*first)
            {
                self.replace("ying", "ie");
                return;
            }
            let whole = ["even", "cann", "inn", "earr", "herr", "out"];
            if whole.iter().any(|word| equals(kept, word)) {
                return;
            }
        }
        if !kept.iter().any(|&c| is_vowel(c)) {
            return;
        }
        self.replace(suffix, "");
        if ["at", "bl", "iz"].iter().any(|end| self.ends_with(end)) {
            self.letters.push('e');
        } else if ["bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"]
            .iter()
            .any(|end| self.ends_with(end))
        {
            let short = matches!(self.letters.as_slice(), ['a' | 'e' | 'o', _, _]);
            if !short {
                self.drop_last(1);
            }
        } else if self.letters.len() == self.r1 && ends_in_short_syllable(&self.letters) {
            self.letters.push('e');
        }
    }

    /// Step 1c: a final y after a consonant that is not the first letter.
    fn final_y(&mut self) {
        if let [_, .., before, last @ ('y' | 'Y')] = self.letters.as_mut_slice()
            && !is_vowel(*before)
        {
            *last = 'i';
        }
    }

    /// Step 2.
    fn double_suffix(&mut self) {
        if let Some(&(suffix, shorter)) = DOUBLE_SUFFIXES.iter().find(|(s, _)| self.ends_with(s)) {
            if self.in_r1(suffix) {
                self.replace(suffix, shorter);
            }
        } else if self.ends_with("ogi") {
            if self.in_r1("ogi") && self.before("ogi").last() == Some(&'l') {
                self.drop_last(1);
            }
        } else if self.ends_with("li") && self.in_r1("li") {
            let before = self.before("li").last();
            if before.is_some_and(|c| "cdeghkmnrt".contains(*c)) {
                self.drop_last(2);
            }
        }
    }

    /// Step 3.
    fn single_suffix(&mut self) {
        if let Some(&(suffix, shorter)) = SINGLE_SUFFIXES.iter().find(|(s, _)| self.ends_with(s)) {
            if self.in_r1(suffix) {
                self.replace(suffix, shorter);
            }
        } else if self.ends_with("ative") && self.in_r1("ative") && self.in_r2("ative") {
            self.drop_last("ative".len());
        }
    }

    /// Step 4.
    fn residual_suffix(&mut self) {
        let found = RESIDUAL_SUFFIXES.iter().find(|suffix| self.ends_with(suffix));
        if let Some(suffix) = found
            && self.in_r2(suffix)
            && (*suffix != "ion" || matches!(self.before(suffix).last(), Some('s' | 't')))
        {
            self.drop_last(suffix.len());
        }
    }

    /// Step 5.
    fn final_e_and_l(&mut self) {
        let drops = match self.letters.split_last() {
            Some(('e', kept)) => {
                self.in_r2("e") || (self.in_r1("e") && !ends_in_short_syllable(kept))
            }
            Some(('l', kept)) => self.in_r2("l") && kept.last() == Some(&'l'),
            _ => false,
        };
        if drops {
            self.drop_last(1);
        }
    }

    fn ends_with(&self, suffix: &str) -> bool {
        self.letters.len() >= suffix.len()
            && self.letters.iter().rev().copied().take(suffix.len()).eq(suffix.chars().rev())
    }

    /// The letters before a suffix that the word has.
    fn before(&self, suffix: &str) -> &[char] {
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
        self.letters.extend(by.chars());
    }

    fn drop_last(&mut self, count: usize) {
        self.letters.truncate(self.letters.len().saturating_sub(count));
    }
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn starts_with(letters: &[char], beginning: &str) -> bool {
    letters.len() >= beginning.len()
        && letters.iter().copied().zip(beginning.chars()).all(|(a, b)| a == b)
}

fn equals(letters: &[char], word: &str) -> bool {
    letters.iter().copied().eq(word.chars())
}

/// The place after the first consonant that follows a vowel at or after `from`.
fn after_vowel_and_consonant(letters: &[char], from: usize) -> usize {
    let mut places = letters.iter().enumerate().skip(from);
    match places.find(|(_, c)| is_vowel(**c)).and_then(|_| places.find(|(_, c)| !is_vowel(**c))) {
        Some((at, _)) => at + 1,
        None => letters.len(),
    }
}

/// Whether letters end in a consonant, a vowel and a consonant other than w, x and Y, or are a
/// vowel and a consonant.
fn ends_in_short_syllable(letters: &[char]) -> bool {
    match letters {
        [.., first, vowel, last]
            if !is_vowel(*first)
                && is_vowel(*vowel)
                && !is_vowel(*last)
                && !matches!(last, 'w' | 'x' | 'Y') =>
        {
            true
        }
        [vowel, last] => is_vowel(*vowel) && !is_vowel(*last),
        _ => {
            let at = letters.len().saturating_sub("past".len());
            letters.get(at..).is_some_and(|end| equals(end, "past"))
        }
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
