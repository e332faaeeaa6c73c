//! Reads a regular expression into a tree.
//!
//! The expression goes in, its tree or what is wrong with it comes out.

use std::iter::Peekable;
use std::str::Chars;

use super::{Class, Item, Manner, Node, Place, Set};

/// How deep groups may stand in groups: the tree is walked by recursion.
const DEEPEST: usize = 24;
/// How many repetitions may stand behind one: they nest as groups do.
const REPEATED_AGAIN: usize = 3;
/// How often a part may be repeated by number.
const MOST_REPEATED: usize = 1_000;

pub(super) fn parse(expression: &str) -> Result<Node, String> {
    let mut parser = Parser {
        rest: expression.chars().peekable(),
        groups: 0,
        names: Vec::new(),
        flags: Flags::default(),
        depth: 0,
    };
    let tree = parser.choice()?;
    match parser.rest.next() {
        None => Ok(tree),
        Some(_) => Err(wrong("unopened group")),
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    any_case: bool,
    lines: bool,
    dot_is_all: bool,
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    groups: usize,
    names: Vec<(String, usize)>,
    flags: Flags,
    depth: usize,
}

impl Parser<'_> {
    fn choice(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("groups stand deeper than {DEEPEST}"));
        }
        let mut branches = vec![self.sequence()?];
        while self.takes('|') {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Choice(branches) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut nodes = Vec::new();
        while let Some(&c) = self.rest.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let node = self.one()?;
            let node = self.repeated(node)?;
            nodes.push(node);
        }
        Ok(Node::Sequence(nodes))
    }

    /// One part without its repetition.
    fn one(&mut self) -> Result<Node, String> {
        let c = self.next()?;
        Ok(match c {
            '(' => self.group()?,
            '[' => Node::One(self.set()?),
            '.' if self.flags.dot_is_all => Node::One(Set { negated: true, ..Set::default() }),
            '.' => Node::One(Set { negated: true, ..Set::literal('\n', false) }),
            '^' if self.flags.lines => Node::Place(Place::LineStart),
            '^' => Node::Place(Place::Start),
            '$' if self.flags.lines => Node::Place(Place::LineEnd),
            '$' => Node::Place(Place::End),
            '*' | '+' | '?' => return Err(format!("nothing to repeat before `{c}`")),
            '\\' => self.escape()?,
            c => self.literal(c),
        })
    }

    fn literal(&self, c: char) -> Node {
        Node::One(Set::literal(c, self.flags.any_case))
    }

    fn repeated(&mut self, mut node: Node) -> Result<Node, String> {
        for _ in 0..=REPEATED_AGAIN + 1 {
            let (least, most) = match self.rest.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => self.counts()?,
                _ => return Ok(node),
            };
            self.rest.next();
            let manner = if self.takes('?') {
                Manner::Lazy
            } else if self.takes('+') {
                Manner::Possessive
            } else {
                Manner::Greedy
            };
            node = Node::Repeat { of: Box::new(node), least, most, manner };
        }
        Err(format!("more than {REPEATED_AGAIN} repetitions of a repetition"))
    }

    /// The numbers of `{2}`, `{2,}` or `{2,5}`, read up to the closing brace.
    fn counts(&mut self) -> Result<(usize, Option<usize>), String> {
        let mut ahead = self.rest.clone();
        let text: String = ahead.by_ref().skip(1).take_while(|c| *c != '}').collect();
        let (least, most) = match text.split_once(',') {
            Some((least, "")) => (least, None),
            Some((least, most)) => (least, Some(most)),
            None => (text.as_str(), Some(text.as_str())),
        };
        let (Ok(least), Ok(most)) =
            (least.trim().parse::<usize>(), most.map(|m| m.trim().parse::<usize>()).transpose())
        else {
            return Err(format!("`{{{text}` is not a number of repetitions"));
        };
        if least.max(most.unwrap_or(0)) > MOST_REPEATED {
            return Err(format!("more than {MOST_REPEATED} repetitions"));
        }
        if most.is_some_and(|most| most < least) {
            return Err(format!("`{{{text}}}` has its numbers the wrong way round"));
        }
        for _ in 0..text.chars().count() + 1 {
            self.rest.next();
        }
        Ok((least, most))
    }

    /// What follows `(`, up to its `)`.
    fn group(&mut self) -> Result<Node, String> {
        let outer = self.flags;
        let node = if self.takes('?') {
            match self.next()? {
                ':' => self.choice()?,
                '>' => Node::Atomic(Box::new(self.choice()?)),
                '=' => self.look(false, false)?,
                '!' => self.look(false, true)?,
                '<' if self.takes('=') => self.look(true, false)?,
                '<' if self.takes('!') => self.look(true, true)?,
                '<' => self.named()?,
                'P' if self.takes('<') => self.named()?,
                'P' if self.takes('=') => {
                    let name = self.until(')')?;
                    return self.back_to(&name);
                }
                flag => {
                    if self.set_flags(flag)? {
                        return Ok(Node::Empty);
                    }
                    self.choice()?
                }
            }
        } else {
            self.captured()?
        };
        self.flags = outer;
        if self.takes(')') { Ok(node) } else { Err(wrong("unclosed group")) }
    }

    fn look(&mut self, behind: bool, negative: bool) -> Result<Node, String> {
        let of = Box::new(self.choice()?);
        Ok(Node::Look { behind, negative, of })
    }

    fn captured(&mut self) -> Result<Node, String> {
        self.groups += 1;
        let number = self.groups;
        let of = Box::new(self.choice()?);
        Ok(Node::Group { number, of })
    }

    fn named(&mut self) -> Result<Node, String> {
        let name = self.until('>')?;
        self.names.push((name, self.groups + 1));
        self.captured()
    }

    /// Flags from `first` on; whether the group ends with them, so that they hold from here on.
    fn set_flags(&mut self, first: char) -> Result<bool, String> {
        let mut flag = first;
        let mut on = true;
        loop {
            match flag {
                '-' => on = false,
                'i' => self.flags.any_case = on,
                'm' => self.flags.lines = on,
                's' => self.flags.dot_is_all = on,
                'u' => {}
                ':' => return Ok(false),
                ')' => return Ok(true),
                other => return Err(format!("unknown flag `{other}`")),
            }
            flag = self.next()?;
        }
    }

    /// What follows a backslash outside a class.
    fn escape(&mut self) -> Result<Node, String> {
        let c = self.next()?;
        Ok(match c {
            'b' => Node::Place(Place::WordBoundary),
            'B' => Node::Place(Place::NoWordBoundary),
            'A' => Node::Place(Place::Start),
            'z' | 'Z' => Node::Place(Place::End),
            'k' => {
                if !self.takes('<') {
                    return Err(wrong("`\\k` wants a name in `<>`"));
                }
                let name = self.until('>')?;
                self.back_to(&name)?
            }
            '1'..='9' => {
                let number = c.to_digit(10).unwrap_or(0) as usize;
                self.back(number)?
            }
            c => match self.class(c)? {
                Some(item) => {
                    let any_case = self.flags.any_case;
                    Node::One(Set { items: vec![item], negated: false, any_case })
                }
                None => {
                    let literal = self.escaped_character(c)?;
                    self.literal(literal)
                }
            },
        })
    }

    fn back_to(&mut self, name: &str) -> Result<Node, String> {
        let number = self.names.iter().find(|(known, _)| known == name).map(|(_, number)| *number);
        self.back(number.ok_or_else(|| format!("no group is named `{name}`"))?)
    }

    fn back(&self, number: usize) -> Result<Node, String> {
        if number > self.groups {
            return Err(format!("there is no group {number}"));
        }
        Ok(Node::Back { number, any_case: self.flags.any_case })
    }

    /// The class that a letter after a backslash names.
    fn class(&mut self, letter: char) -> Result<Option<Item>, String> {
        let class = match letter.to_ascii_lowercase() {
            'd' => Class::Digit,
            's' => Class::Space,
            'w' => Class::Word,
            'p' => return self.property(letter == 'P').map(Some),
            _ => return Ok(None),
        };
        Ok(Some(Item::Class { class, negated: letter.is_ascii_uppercase() }))
    }

    fn property(&mut self, mut negated: bool) -> Result<Item, String> {
        let name = if self.takes('{') { self.until('}')? } else { self.next()?.to_string() };
        let name = match name.strip_prefix('^') {
            Some(rest) => {
                negated = !negated;
                rest
            }
            None => name.as_str(),
        };
        match Class::from_name(name) {
            Some(class) => Ok(Item::Class { class, negated }),
            None => Err(format!(
                "no class `{name}` here; there are L, Lu, Ll, N, Nd, P, S, White_Space and Han"
            )),
        }
    }

    /// The character that a backslash and `letter` stand for.
    fn escaped_character(&mut self, letter: char) -> Result<char, String> {
        let digits = match letter {
            'n' => return Ok('\n'),
            't' => return Ok('\t'),
            'r' => return Ok('\r'),
            'f' => return Ok('\u{c}'),
            'v' => return Ok('\u{b}'),
            'a' => return Ok('\u{7}'),
            '0' => return Ok('\0'),
            'x' | 'u' if self.takes('{') => self.until('}')?,
            'x' => self.take(2),
            'u' => self.take(4),
            c if c.is_ascii_alphanumeric() => return Err(format!("unknown escape `\\{c}`")),
            c => return Ok(c),
        };
        u32::from_str_radix(&digits, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| format!("`{digits}` is not the number of a character"))
    }

    /// What follows `[`, up to its `]`.
    fn set(&mut self) -> Result<Set, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("classes stand deeper than {DEEPEST}"));
        }
        let negated = self.takes('^');
        let mut set = Set { items: Vec::new(), negated, any_case: self.flags.any_case };
        loop {
            let c = self.next().map_err(|_| wrong("unclosed class"))?;
            let first = match c {
                ']' if !set.items.is_empty() => break,
                '[' if self.takes(':') => {
                    set.items.push(self.posix()?);
                    continue;
                }
                '[' => {
                    let inner = self.set()?;
                    set.items.push(Item::Set(inner));
                    continue;
                }
                '&' if self.rest.peek() == Some(&'&') => {
                    return Err(wrong("intersections of classes are not there"));
                }
                '\\' => {
                    let letter = self.next()?;
                    if let Some(item) = self.class(letter)? {
                        set.items.push(item);
                        continue;
                    }
                    if letter == 'b' { '\u{8}' } else { self.escaped_character(letter)? }
                }
                c => c,
            };
            let mut ahead = self.rest.clone();
            let last = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(after)) if after != ']' => {
                    self.rest.next();
                    match self.next()? {
                        '\\' => {
                            let letter = self.next()?;
                            self.escaped_character(letter)?
                        }
                        c => c,
                    }
                }
                _ => first,
            };
            if last < first {
                return Err(format!("`{first}-{last}` has its ends the wrong way round"));
            }
            set.add(first, last);
        }
        self.depth -= 1;
        Ok(set)
    }

    /// `[:alpha:]` and its like, ASCII in regex and here.
    fn posix(&mut self) -> Result<Item, String> {
        let negated = self.takes('^');
        let name = self.until(':')?;
        if !self.takes(']') {
            return Err(wrong("unclosed class"));
        }
        let items = match name.as_str() {
            "alpha" => vec![Item::Range('a', 'z'), Item::Range('A', 'Z')],
            "digit" => vec![Item::Range('0', '9')],
            "alnum" => vec![Item::Range('a', 'z'), Item::Range('A', 'Z'), Item::Range('0', '9')],
            "lower" => vec![Item::Range('a', 'z')],
            "upper" => vec![Item::Range('A', 'Z')],
            "space" => vec![Item::Range('\t', '\r'), Item::Range(' ', ' ')],
            "punct" => vec![
                Item::Range('!', '/'),
                Item::Range(':', '@'),
                Item::Range('[', '`'),
                Item::Range('{', '~'),
            ],
            other => return Err(format!("no class `[:{other}:]` here")),
        };
        Ok(Item::Set(Set { items, negated, any_case: false }))
    }

    fn next(&mut self) -> Result<char, String> {
        self.rest.next().ok_or_else(|| wrong("the expression ends too early"))
    }

    fn takes(&mut self, c: char) -> bool {
        self.rest.next_if_eq(&c).is_some()
    }

    fn take(&mut self, count: usize) -> String {
        self.rest.by_ref().take(count).collect()
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.next()? {
                c if c == end => return Ok(text),
                c => text.push(c),
            }
        }
    }
}

/// A message, made in one place: there are many, and none is in a hurry.
#[cold]
fn wrong(message: &str) -> String {
    message.to_string()
}
