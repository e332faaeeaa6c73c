//! An error for the user: a code, a message, the place in the cell and a way out. In: spans from
//! `language`, findings of `execute`; `render` shows it. Knows nothing of Milvus: `milvus::Error`
//! becomes a [`Diagnostic`] in `execute`, where the place is known.

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

/// An error for the user; the texts are lower case, without a full stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub code: Code,
    pub message: String,
    pub span: Option<Span>,
    /// stands under the marked place
    pub label: String,
    pub help: Vec<String>,
}

impl Diagnostic {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            message: message.into(),
            span: None,
            label: String::new(),
            help: Vec::new(),
        }
    }

    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
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
            return self.help(format!("did you mean `{close}`?"));
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

/// The candidate nearest to `given`, if it is near enough to be what was meant.
pub fn closest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
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

    #[test]
    fn suggests_what_is_near() {
        assert_eq!(closest("boks", &["books", "films"]), Some("books"));
        assert_eq!(closest("zebra", &["books", "films"]), None);
    }
}
