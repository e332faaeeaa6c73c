//! A diagnostic as a reader sees it, as rustc shows its own: in: the diagnostic and the cell. Out:
//! text with or without ANSI colours, in which every secret of the cell is covered.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Span};
use crate::secrets;

impl Diagnostic {
    /// The whole error as text: message, place in `source` (its secrets covered), help.
    pub fn render(&self, source: &str, ansi: bool) -> String {
        let (excerpt, first_line, span) = match self.span {
            Some(span) => window(&secrets::masked(source, line_of(source, span)), span),
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

/// The line that an error at this place shows.
fn line_of(source: &str, span: Span) -> Range<usize> {
    let at = span.start.min(source.len());
    let bytes = source.as_bytes();
    let is_end = |byte: &u8| *byte == b'\n';
    let before = bytes.get(..at).unwrap_or_default();
    let behind = bytes.get(at..).unwrap_or_default();
    let start = before.iter().rposition(is_end).map_or(0, |end| end + 1);
    start..behind.iter().position(is_end).map_or(source.len(), |end| at + end)
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
    use crate::diagnostic::Code;

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
}
