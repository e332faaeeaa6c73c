//! An error for the user: a code, a message, the place in the cell and a way out. In: spans from
//! `language`, findings of `execute`; `render` shows it. Knows nothing of Milvus: `milvus::Error`
//! becomes a [`Diagnostic`] in `execute`, where the place is known. Its texts are printable as they
//! are made, whoever's words they quote: `evalue` and the traceback show them as they are.

use crate::language::print;
use crate::printable;

pub type Result<T, E = Diagnostic> = std::result::Result<T, E>;

/// A range of bytes in the cell's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    pub fn to(self, other: Span) -> Span {
        Span::new(self.start, other.end)
    }
}

/// A piece of the syntax tree with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}

/// Declares [`Code`]; the name of each is its text.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident)*) => {
        /// What kind of error it is. Its name is Jupyter's `ename`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$code => stringify!($code),)*
                }
            }
        }
    };
}

codes! {
    /// two fields of this name could be meant
    AmbiguousField
    /// a reply that cannot be read to its end
    BrokenReply
    CollectionExists
    DatabaseExists
    DivisionByZero
    FieldExists
    /// a file could not be read or written
    FileError
    /// the server could not build an index
    IndexFailed
    /// a bug of the kernel
    InternalError
    /// the cell was stopped
    Interrupted
    InvalidAddress
    InvalidJson
    InvalidNumber
    InvalidType
    InvalidValue
    /// an operator and an index measure differently
    MetricMismatch
    MissingField
    MissingFilter
    MissingParameter
    MissingPrimaryKey
    MissingVector
    /// a secret was asked for and none was typed
    NoInput
    NotConnected
    /// a field beside aggregates that GROUP BY does not name
    NotGrouped
    /// what the server, or the kernel, does not have
    NotSupported
    NullValue
    OutOfRange
    PartitionExists
    /// the server takes no more for now
    RateLimited
    /// a proxy or the server's access control keeps a method from us
    Refused
    ResourceGroupExists
    RoleExists
    /// the server answered with an error of its own
    ServerError
    /// the files of a store are not what was written
    StoreDamaged
    SyntaxError
    TimedOut
    TypeMismatch
    Unauthenticated
    UnknownAlias
    UnknownCollection
    UnknownConnection
    UnknownConsistencyLevel
    UnknownDatabase
    UnknownField
    UnknownFunction
    UnknownId
    UnknownIndex
    UnknownIndexType
    UnknownMetric
    UnknownParameter
    UnknownPartition
    UnknownPrivilege
    UnknownReranker
    UnknownResourceGroup
    UnknownRole
    UnknownSetting
    UnknownTopic
    UnknownType
    UnknownUser
    UnknownVariable
    Unreachable
    UserExists
    ValueTooLong
    WrongCount
    WrongDimension
    /// a comparison or a sort against the direction of a metric
    WrongDirection
    /// a privilege on another kind of object
    WrongObject
}

/// A word that is not known, and the one near to it that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub given: String,
    pub meant: String,
}

/// An error for the user; the texts are lower case, without a full stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub code: Code,
    pub message: String,
    pub span: Option<Span>,
    /// stands under the marked place
    pub label: String,
    pub help: Vec<String>,
    /// what a help with "did you mean" is of
    pub suggestion: Option<Box<Suggestion>>,
}

impl Diagnostic {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            message: printable::message(message.into(), code == Code::ServerError),
            span: None,
            label: String::new(),
            help: Vec::new(),
            suggestion: None,
        }
    }

    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = printable::message(label.into(), false);
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(printable::message(help.into(), false));
        self
    }

    /// Adds "did you mean", and what an editor puts in the place of `given`.
    pub fn did_you_mean(mut self, given: &str, meant: &str) -> Self {
        let (given, meant) = (given.to_string(), meant.to_string());
        let help = format!("did you mean `{meant}`?");
        self.suggestion = Some(Box::new(Suggestion { given, meant }));
        self.help(help)
    }

    /// What would put it right, if that is known: a place in the cell, and the text for it.
    pub fn replacement(&self, cell: &str) -> Option<(Span, String)> {
        let (span, Suggestion { given, meant }) = (self.span?, self.suggestion.as_deref()?);
        let marked = cell.get(span.start..span.end)?;
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        // a mark may be of more than the word: of a call, of a name in quotes
        let mut found = marked.match_indices(given.as_str()).filter(|(at, _)| {
            let (before, rest) = marked.split_at(*at);
            let behind = rest.get(given.len()..).unwrap_or_default();
            !before.ends_with(is_part) && !behind.starts_with(is_part)
        });
        let (at, _) = found.next().filter(|_| found.next().is_none() && !given.is_empty())?;
        let place = Span::new(span.start + at, span.start + at + given.len());
        let before = cell.get(..place.start)?.chars().next_back();
        let behind = cell.get(place.end..)?.chars().next();
        let is_quoted = before == behind && matches!(before, Some('\'' | '"' | '`'));
        let is_word = matches!(self.code, Code::SyntaxError | Code::UnknownType);
        let text = if is_quoted {
            // what would have to be doubled within quotes
            (!meant.contains(['\'', '"', '`', '\\'])).then(|| meant.clone())?
        } else if is_word && !given.contains(char::is_uppercase) {
            meant.to_lowercase()
        } else if is_word {
            meant.clone()
        } else {
            print::bare(meant)
        };
        Some((place, text))
    }

    /// Adds "did you mean" when one of `known` is close to `given`; otherwise lists a few of them
    /// under `what`.
    pub fn suggest<'a>(
        self,
        given: &str,
        known: impl IntoIterator<Item = &'a str>,
        what: &str,
    ) -> Self {
        self.suggest_of(given, &mut known.into_iter(), what)
    }

    /// One copy for all kinds of iterators.
    fn suggest_of(self, given: &str, known: &mut dyn Iterator<Item = &str>, what: &str) -> Self {
        let known: Vec<&str> = known.collect();
        if let Some(close) = closest(given, &known) {
            return self.did_you_mean(given, close);
        }
        if known.is_empty() {
            return self;
        }
        let shown: Vec<String> = known.iter().take(12).map(|name| format!("`{name}`")).collect();
        let more = if known.len() > shown.len() {
            format!(" and {} more", known.len() - shown.len())
        } else {
            String::new()
        };
        self.help(format!("{what}: {}{more}", shown.join(", ")))
    }
}

/// Bytes of a name of Milvus.
const LONGEST_NAME: usize = 255;

/// The candidate nearest to `given`, if it is near enough to be what was meant.
pub fn closest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    // what is longer is no name; the distance takes time and memory by both lengths
    if given.len() > LONGEST_NAME {
        return None;
    }
    let given = given.to_lowercase();
    let allowed = (given.chars().count() / 3).clamp(1, 4);
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), *name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of a user or a server in each place of an error.
    #[test]
    fn no_control_character_comes_through() {
        let evil = "a\u{1b}[31m\r\nb\u{202e}";
        let error = Diagnostic::new(Code::UnknownUser, format!("unknown user `{evil}`"))
            .at(Span::new(0, 1))
            .label(format!("no {evil}"))
            .help(evil)
            .suggest("x", [evil], "there are");
        let near = Diagnostic::new(Code::UnknownRole, evil).suggest("a\u{1b}[31m\r\nb", [evil], "");
        for error in [error, near] {
            let shown = error.render("SELECT", false);
            let texts = [&error.message, &error.label, &shown];
            for text in texts.into_iter().chain(&error.help) {
                assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text:?}");
            }
            assert!(shown.contains("a\\u{1b}[31m\\r\\nb\\u{202e}"), "{shown}");
        }
    }

    #[test]
    fn what_is_quoted_is_shortened() {
        let long = "7".repeat(100_000);
        let error = Diagnostic::new(Code::InvalidNumber, format!("`{long}` is too large a number"))
            .suggest(&long, ["books"], "there are");
        assert!(error.message.ends_with("777…` is too large a number"), "{}", error.message);
        assert!(error.message.len() < 200, "{}", error.message.len());
    }

    #[test]
    fn what_was_meant_takes_the_place_of_the_word() {
        let put_right = |cell: &str, code: Code, marked: &str, given: &str, meant: &str| {
            let start = cell.find(marked).expect("a mark");
            let error = Diagnostic::new(code, "unknown")
                .did_you_mean(given, meant)
                .at(Span::new(start, start + marked.len()));
            assert_eq!(error.help, [format!("did you mean `{meant}`?")]);
            let (span, text) = error.replacement(cell)?;
            Some(format!("{}{text}{}", &cell[..span.start], &cell[span.end..]))
        };
        let field = Code::UnknownField;
        for (cell, code, marked, given, meant, expected) in [
            ("SELECT titel", field, "titel", "titel", "title", Some("SELECT title")),
            ("SELECT `titel`", field, "`titel`", "titel", "title", Some("SELECT `title`")),
            ("SELECT t.titel", field, "t.titel", "titel", "title", Some("SELECT t.title")),
            ("SELECT odre", field, "odre", "odre", "order", Some("SELECT `order`")),
            ("SELECT lowr(a)", field, "lowr(a)", "lowr", "lower", Some("SELECT lower(a)")),
            ("x wher y", Code::SyntaxError, "wher", "wher", "WHERE", Some("x where y")),
            ("x Wher y", Code::SyntaxError, "Wher", "Wher", "WHERE", Some("x WHERE y")),
            // of two places it is not known which
            ("f(ab, ab)", field, "f(ab, ab)", "ab", "abc", None),
            ("'it''z'", field, "'it''z'", "it'z", "its", None),
            (
                "SELECT '错' || titel",
                field,
                "titel",
                "titel",
                "title",
                Some("SELECT '错' || title"),
            ),
        ] {
            let put = put_right(cell, code, marked, given, meant);
            assert_eq!(put.as_deref(), expected, "{cell}");
        }
    }

    #[test]
    fn suggests_what_is_near() {
        assert_eq!(closest("boks", &["books", "films"]), Some("books"));
        assert_eq!(closest("zebra", &["books", "films"]), None);
    }
}
