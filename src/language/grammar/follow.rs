//! What the grammar would go on with where a text ends. In: the beginning of a statement, and the
//! rule of its first word. Out: the words and the rules that were tried at its end, each with the
//! rules that it stands in. It runs the grammar as `program.rs` has written it down: pest's own
//! parser tells of the end the outermost rules alone, and not what they stand in.

use std::cell::OnceCell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::Rule;

include!(concat!(env!("OUT_DIR"), "/program.rs"));

/// How many pieces are tried at the most: a tenth of a second.
const MOST_STEPS: usize = 2_000_000;
/// How many rules stand one within another at the most, of which a nested expression is eight: wasm
/// has 1 MB of stack. Where there are more nothing is said.
const MOST_DEEP: usize = 200;
/// How many rules are told of at the most.
const MOST_FOUND: usize = 1_000;

/// A rule that is tried at the end of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// the rules around it, the outermost first, and itself
    pub path: Vec<Rule>,
    /// the words and phrases that it may be, if it is of words: of a keyword its spellings, with
    /// what has to follow it
    pub words: Vec<String>,
}

enum Piece {
    Text(&'static str, bool),
    Range(u8, u8),
    Class(u8),
    Words(Vec<&'static str>),
    Rule(usize),
    Sequence(Vec<Piece>),
    Choice(Vec<Piece>),
    Maybe(Box<Piece>),
    Many(Box<Piece>),
    Some(Box<Piece>),
    Ahead(Box<Piece>, bool),
}

/// Each rule: whether blanks count within it, and what it is.
type Program = Vec<(bool, Piece)>;

thread_local! {
    static READ: OnceCell<Program> = const { OnceCell::new() };
}

/// What may come where the text ends. Of the rules in `leaves` it is said that they were tried, and
/// not what they are made of.
pub fn follow(rule: Rule, text: &str, leaves: &[Rule]) -> Vec<Next> {
    READ.with(|read| {
        let program = read.get_or_init(decode);
        let mut walk = Walk {
            program,
            text: text.as_bytes(),
            leaves,
            path: Vec::new(),
            found: Vec::new(),
            known: Vec::new(),
            ahead: 0,
            is_atomic: false,
            steps: 0,
        };
        if let Some(id) = RULES.iter().position(|known| *known == rule) {
            walk.rule(id, 0);
        }
        walk.found
    })
}

fn decode() -> Program {
    let mut rest = PROGRAM;
    let mut rules = Vec::with_capacity(RULES.len());
    while let Some(atomic) = byte(&mut rest) {
        rules.push((atomic == 1, piece(&mut rest)));
    }
    rules
}

fn byte(rest: &mut &'static [u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

fn text(rest: &mut &'static [u8]) -> &'static str {
    let length = usize::from(byte(rest).unwrap_or_default());
    let (text, behind) = rest.split_at_checked(length).unwrap_or_default();
    *rest = behind;
    std::str::from_utf8(text).unwrap_or_default()
}

fn piece(rest: &mut &'static [u8]) -> Piece {
    let kind = byte(rest).unwrap_or_default();
    let number = |rest: &mut &'static [u8]| byte(rest).unwrap_or_default();
    match kind {
        b's' => Piece::Text(text(rest), true),
        b'i' => Piece::Text(text(rest), false),
        b'r' => Piece::Range(number(rest), number(rest)),
        b'w' => Piece::Words((0..number(rest)).map(|_| text(rest)).collect()),
        b'R' => Piece::Rule(usize::from(number(rest)) * 256 + usize::from(number(rest))),
        b'~' => Piece::Sequence((0..number(rest)).map(|_| piece(rest)).collect()),
        b'|' => Piece::Choice((0..number(rest)).map(|_| piece(rest)).collect()),
        b'?' => Piece::Maybe(Box::new(piece(rest))),
        b'*' => Piece::Many(Box::new(piece(rest))),
        b'+' => Piece::Some(Box::new(piece(rest))),
        b'&' => Piece::Ahead(Box::new(piece(rest)), true),
        b'!' => Piece::Ahead(Box::new(piece(rest)), false),
        class => Piece::Class(class),
    }
}

struct Walk<'a> {
    program: &'a Program,
    text: &'a [u8],
    leaves: &'a [Rule],
    path: Vec<Rule>,
    found: Vec<Next>,
    /// the hashes of what is found, in order
    known: Vec<u64>,
    /// lookaheads around: what is tried there does not come next
    ahead: usize,
    is_atomic: bool,
    steps: usize,
}

impl<'a> Walk<'a> {
    fn rule(&mut self, id: usize, at: usize) -> Option<usize> {
        let (is_atomic, piece) = self.program.get(id)?;
        let rule = RULES.get(id).copied()?;
        if self.path.len() >= MOST_DEEP {
            self.found.clear();
            self.steps = MOST_STEPS;
            return None;
        }
        if at == self.text.len() && self.ahead == 0 && self.leaves.contains(&rule) {
            self.path.push(rule);
            self.note(Vec::new());
            self.path.pop();
            return None;
        }
        let before = self.is_atomic;
        self.is_atomic |= is_atomic;
        self.path.push(rule);
        let end = self.piece(piece, at, &[]);
        self.path.pop();
        self.is_atomic = before;
        end
    }

    fn is_leaf(&self, id: usize) -> bool {
        RULES.get(id).is_some_and(|rule| self.leaves.contains(rule))
    }

    /// Reads a piece at a place; `behind` are those that have to follow it.
    fn piece(&mut self, piece: &'a Piece, at: usize, behind: &'a [Piece]) -> Option<usize> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return None;
        }
        let rest = self.text.get(at..)?;
        match piece {
            Piece::Text(text, is_exact) => {
                let found = rest.get(..text.len())?;
                let is_it = match is_exact {
                    true => found == text.as_bytes(),
                    false => found.eq_ignore_ascii_case(text.as_bytes()),
                };
                is_it.then_some(at + text.len())
            }
            Piece::Range(low, high) => {
                rest.first().filter(|byte| (low..=high).contains(byte)).map(|_| at + 1)
            }
            Piece::Class(class) => self.class(*class, at),
            Piece::Words(words) if rest.is_empty() => self.note_words(words, behind),
            Piece::Words(words) => {
                words.iter().find_map(|word| phrase_end(rest, word)).map(|length| at + length)
            }
            Piece::Rule(id) => match self.program.get(*id) {
                Some((_, words @ Piece::Words(_))) if !self.is_leaf(*id) => {
                    self.path.push(RULES.get(*id).copied()?);
                    let end = self.piece(words, at, behind);
                    self.path.pop();
                    end
                }
                _ => self.rule(*id, at),
            },
            Piece::Sequence(pieces) => self.sequence(pieces, at),
            Piece::Choice(pieces) => pieces.iter().find_map(|piece| self.piece(piece, at, behind)),
            Piece::Maybe(piece) => Some(self.piece(piece, at, behind).unwrap_or(at)),
            Piece::Many(piece) => Some(self.many(piece, at)),
            Piece::Some(piece) => {
                let end = self.piece(piece, at, &[])?;
                Some(self.more(piece, end))
            }
            Piece::Ahead(piece, is_there) => {
                self.ahead += 1;
                let found = self.piece(piece, at, &[]).is_some();
                self.ahead -= 1;
                (found == *is_there).then_some(at)
            }
        }
    }

    fn sequence(&mut self, pieces: &'a [Piece], at: usize) -> Option<usize> {
        let mut end = at;
        for (index, piece) in pieces.iter().enumerate() {
            let start = if index == 0 { end } else { self.behind_blanks(end) };
            end = self.piece(piece, start, pieces.get(index + 1..).unwrap_or_default())?;
        }
        Some(end)
    }

    fn many(&mut self, piece: &'a Piece, at: usize) -> usize {
        match self.piece(piece, at, &[]) {
            Some(end) if end > at => self.more(piece, end),
            _ => at,
        }
    }

    fn more(&mut self, piece: &'a Piece, mut at: usize) -> usize {
        loop {
            let start = self.behind_blanks(at);
            match self.piece(piece, start, &[]) {
                Some(end) if end > at => at = end,
                _ => return at,
            }
        }
    }

    fn behind_blanks(&self, at: usize) -> usize {
        if self.is_atomic {
            return at;
        }
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| is_blank(**byte)).count()
    }

    /// A text that ends at the cursor does not end there for good: a lookahead alone may say so.
    fn class(&self, class: u8, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let first = rest.first().copied();
        match class {
            b'^' => (at == 0).then_some(at),
            b'$' => (first.is_none() && self.ahead > 0).then_some(at),
            b'.' => {
                let length = rest.iter().skip(1).take_while(|byte| **byte & 0xC0 == 0x80).count();
                first.map(|_| at + 1 + length)
            }
            b'a' => first.filter(u8::is_ascii_alphabetic).map(|_| at + 1),
            b'n' => first.filter(u8::is_ascii_alphanumeric).map(|_| at + 1),
            _ => first.filter(u8::is_ascii_hexdigit).map(|_| at + 1),
        }
    }

    /// Apart, since each piece within a piece takes of the stack.
    #[inline(never)]
    fn note_words(&mut self, words: &[&str], behind: &[Piece]) -> Option<usize> {
        self.note(phrases(words, behind, self.program));
        None
    }

    fn note(&mut self, words: Vec<String>) {
        if self.ahead > 0 {
            return;
        }
        self.steps += self.path.len();
        let mut hasher = DefaultHasher::new();
        (&self.path, &words).hash(&mut hasher);
        let hash = hasher.finish();
        let Err(place) = self.known.binary_search(&hash) else { return };
        self.known.insert(place, hash);
        self.found.push(Next { path: self.path.clone(), words });
        if self.found.len() == MOST_FOUND {
            self.steps = MOST_STEPS;
        }
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || (b'\t'..=b'\r').contains(&byte)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

/// How long a phrase is that a text begins with; a blank of it may be several.
fn phrase_end(text: &[u8], phrase: &str) -> Option<usize> {
    let mut at = 0;
    for byte in phrase.bytes() {
        let here = text.get(at)?;
        if byte == b' ' {
            let blanks = text.get(at..)?.iter().take_while(|byte| is_blank(**byte)).count();
            at += Some(blanks).filter(|blanks| *blanks > 0)?;
        } else if here.eq_ignore_ascii_case(&byte) {
            at += 1;
        } else {
            return None;
        }
    }
    text.get(at).is_none_or(|byte| !is_word(*byte)).then_some(at)
}

/// Words with the words that have to follow them: ORDER BY, IS NULL and IS NOT NULL.
fn phrases(words: &[&str], behind: &[Piece], program: &Program) -> Vec<String> {
    let mut tails = vec![String::new()];
    for piece in behind {
        let next = match piece {
            Piece::Maybe(piece) => spelled(piece, program).map(|mut next| {
                next.push("");
                next
            }),
            piece => spelled(piece, program),
        };
        let Some(next) = next.filter(|next| next.len() * tails.len() <= 4) else { break };
        let join = |tail: &String, word: &str| match word {
            "" => tail.clone(),
            word => format!("{tail} {word}"),
        };
        tails =
            tails.iter().flat_map(|tail| next.iter().map(move |word| join(tail, word))).collect();
    }
    words.iter().flat_map(|word| tails.iter().map(move |tail| format!("{word}{tail}"))).collect()
}

/// The words that a piece is, if it is of keywords: of each its first spelling.
fn spelled<'a>(piece: &Piece, program: &'a Program) -> Option<Vec<&'a str>> {
    match piece {
        Piece::Rule(id) => match program.get(*id) {
            Some((_, Piece::Words(words))) => Some(words.iter().take(1).copied().collect()),
            _ => None,
        },
        Piece::Choice(pieces) => {
            let words: Option<Vec<_>> =
                pieces.iter().map(|piece| spelled(piece, program)).collect();
            words.map(|words| words.concat())
        }
        _ => None,
    }
}
