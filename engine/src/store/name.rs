//! The names of a store's files. A name that is none of these is not the store's, and is left
//! alone.

use std::fmt;

const RESERVE: &str = "reserve";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// one of two slots
    Manifest(u64),
    /// by generation
    Log(u64),
    /// by number
    Segment(u64),
    /// room that is kept back
    Reserve,
}

impl Name {
    pub fn parse(text: &str) -> Option<Name> {
        if text == RESERVE {
            return Some(Name::Reserve);
        }
        let (kind, number) = text.split_once('.')?;
        let number = number.parse().ok()?;
        let name = match kind {
            "manifest" if number < 2 => Name::Manifest(number),
            "log" => Name::Log(number),
            "seg" => Name::Segment(number),
            _ => return None,
        };
        // `log.007` and `log.+7` are no names of ours
        (name.to_string() == text).then_some(name)
    }

    /// The slot in which a generation's manifest is written first.
    pub fn slot(generation: u64) -> Name {
        Name::Manifest(generation % 2)
    }

    /// The slot in which its copy stands.
    pub fn mirror(generation: u64) -> Name {
        Name::Manifest((generation % 2) ^ 1)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Name::Manifest(slot) => write!(formatter, "manifest.{slot}"),
            Name::Log(generation) => write!(formatter, "log.{generation}"),
            Name::Segment(number) => write!(formatter, "seg.{number}"),
            Name::Reserve => formatter.write_str(RESERVE),
        }
    }
}
