//! What the user sees of an error: a code, a message, the place in the cell and a way out, rendered
//! as rustc does. Goes in: spans from `language`, findings of `execute`. Comes out: text with or
//! without ANSI colours. Knows nothing of Milvus: `milvus::Error` becomes a [`Diagnostic`] in
//! `execute`, where the place is known.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::secrets;

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

    /// The whole error as text: message, place in `source` (its secrets covered), help.
    pub fn render(&self, source: &str, ansi: bool) -> String {
        let (excerpt, first_line, span) = match self.span {
            Some(span) => window(&secrets::masked(source), span),
            None => (String::new(), 1, Span::default()),
        };
        let title = Level::ERROR.primary_title(self.message.as_str()).id(self.code.name());
        let mut group = if self.span.is_some() {
            let mark = AnnotationKind::Primary.span(span.start..span.end);
            let mark = if self.label.is_empty() { mark } else { mark.label(self.label.as_str()) };
            title.element(Snippet::source(excerpt.as_str()).line_start(first_line).annotation(mark))
        } else {
            Group::with_title(title)
        };
        for help in &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if ansi { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
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

/// Cuts the lines of the span out of the source, and a window out of a line that is too long to be
/// shown; characters that would move the cursor become blanks. Returns the excerpt, the number of
/// its first line and the span within it.
fn window(source: &str, span: Span) -> (String, usize, Span) {
    const BEFORE: usize = 80;
    const MARKED: usize = 60;
    const AFTER: usize = 40;
    let floor = |mut at: usize| {
        at = at.min(source.len());
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    let line_start = source.get(..start).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
    let line_end =
        source.get(start..).and_then(|text| text.find('\n')).map_or(source.len(), |at| start + at);
    let end = floor(span.end).clamp(start, line_end);
    let first_line = source.get(..line_start).map_or(1, |text| text.matches('\n').count() + 1);
    let (mut cut_start, mut cut_end, mut marked_end) = (line_start, line_end, end);
    if line_end - line_start > 2 * (BEFORE + MARKED) {
        cut_start = floor(start.saturating_sub(BEFORE).max(line_start));
        marked_end = floor(end.min(start + MARKED)).max(start);
        cut_end = floor((marked_end + AFTER).min(line_end));
    }
    let lead = if cut_start > line_start { "… " } else { "" };
    let tail = if cut_end < line_end { " …" } else { "" };
    let body = source.get(cut_start..cut_end).unwrap_or_default().replace(['\t', '\r'], " ");
    let shift = |at: usize| at - cut_start + lead.len();
    (format!("{lead}{body}{tail}"), first_line, Span::new(shift(start), shift(marked_end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str, marked: &str) -> String {
        let start = source.find(marked).expect("marked text");
        Diagnostic::new(Code::SyntaxError, "a message")
            .at(Span::new(start, start + marked.len()))
            .label("here")
            .help("a way out")
            .render(source, false)
    }

    #[test]
    fn marks_the_place() {
        let text = shown("SELECT *\nFROM boks", "boks");
        assert!(text.contains("error[SyntaxError]: a message"), "{text}");
        assert!(text.contains("2 | FROM boks\n"), "{text}");
        assert!(text.contains("^^^^ here"), "{text}");
        assert!(text.contains("= help: a way out"), "{text}");
    }

    #[test]
    fn marks_the_place_behind_chinese_and_emoji() {
        let text = shown("SELECT '表👋' FORM t", "FORM");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().any(|line| line.contains("^^^^ here")), "{text}");
    }

    #[test]
    fn a_line_of_five_megabytes_is_cut() {
        let source = format!("INSERT {}boks{}", "x".repeat(2_500_000), "y".repeat(2_500_000));
        let text = shown(&source, "boks");
        assert!(text.len() < 1_000, "{}", text.len());
        assert!(text.contains("^^^^ here"));
    }

    #[test]
    fn suggests_what_is_near() {
        assert_eq!(closest("boks", &["books", "films"]), Some("books"));
        assert_eq!(closest("zebra", &["books", "films"]), None);
    }
}
