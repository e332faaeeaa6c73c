//! The `synonym` filter: words that stand for others.
//!
//! Rules go in, for each word the words that take its place come out. A rule is a group,
//! `car, automobile`, or a mapping, `colour, color => hue`; a backslash keeps the meaning from
//! `,`, a blank, `=>` and itself. With `expand` every word of a group becomes all of them and a
//! mapped word keeps itself; without, a group becomes its first word.
//! Source: <https://milvus.io/docs/synonym-filter.md>.

use std::collections::HashMap;

/// What takes each word's place. In Milvus the order among them is by chance; here they come in
/// the rules' order, a word itself first.
#[derive(Default)]
pub(crate) struct Synonyms {
    words: HashMap<String, Vec<String>>,
}

impl Synonyms {
    pub(crate) fn from_rules(rules: &[String], expand: bool) -> Result<Synonyms, String> {
        let mut synonyms = Synonyms::default();
        for rule in rules {
            let (left, right) = read(rule)?;
            for word in &left {
                let others = match &right {
                    Some(mapped) => mapped.as_slice(),
                    None if expand => left.as_slice(),
                    None => left.get(..1).unwrap_or(&[]),
                };
                synonyms.add(word, others, expand);
            }
        }
        Ok(synonyms)
    }

    /// The words in a word's place, when a rule has some.
    pub(crate) fn of(&self, word: &str) -> Option<&[String]> {
        self.words.get(word).map(Vec::as_slice).filter(|words| !words.is_empty())
    }

    fn add(&mut self, word: &str, others: &[String], with_itself: bool) {
        let words = self.words.entry(word.to_string()).or_default();
        if with_itself && words.is_empty() {
            words.push(word.to_string());
        }
        for other in others {
            if !words.contains(other) {
                words.push(other.clone());
            }
        }
    }
}

/// The words of a rule: those of a group, or those on both sides of `=>`.
fn read(rule: &str) -> Result<(Vec<String>, Option<Vec<String>>), String> {
    let mut left = Vec::new();
    let mut right = None;
    let mut word = String::new();
    let mut ended = false;
    let mut characters = rule.chars().peekable();
    while let Some(c) = characters.next() {
        let arrow = c == '=' && characters.peek() == Some(&'>');
        match c {
            ' ' => ended = !word.is_empty(),
            ',' => {
                end_word(&mut word, right.as_mut().unwrap_or(&mut left));
                ended = false;
            }
            '=' if arrow => {
                characters.next();
                if right.is_some() {
                    return Err(format!(
                        "read synonym dict failed, has more than one \"=>\" in {rule}"
                    ));
                }
                end_word(&mut word, &mut left);
                ended = false;
                right = Some(Vec::new());
            }
            '\\' => match characters.next() {
                Some(escaped @ (',' | '\\' | ' ')) => word.push(escaped),
                Some('=') if characters.peek() == Some(&'>') => {
                    characters.next();
                    word.push_str("=>");
                }
                Some(other) => {
                    return Err(format!("invalid synonym escaped: \\{other} in {rule}"));
                }
                None => return Err(format!("invalid synonym escaped in the end: {rule}")),
            },
            _ if ended => {
                return Err(format!(
                    "read synonym dict failed, has space between words {rule}, please use \\ to \
                     escape space"
                ));
            }
            _ => word.push(c),
        }
    }
    end_word(&mut word, right.as_mut().unwrap_or(&mut left));
    Ok((left, right))
}

fn end_word(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}
