//! Keeps passwords and tokens out of what is shown: an error quotes the cell, and outputs are saved
//! with the notebook. In: a cell's text. Out: the same text, byte for byte as long, with `*` where
//! a secret stands.
//!
//! Where a statement parses, the tree says what is a secret. Where it does not, nobody knows, and
//! [`unread`] says how far it may be quoted.

use std::ops::Range;

use crate::diagnostic::{Result, Span, Spanned, closest};
use crate::language::ast::{Expr, ExprKind, Kind, Name, Statement, Value};
use crate::language::keywords::{self, SETTING};
use crate::language::numbers::{self, Scanned};
use crate::language::parse::{self, unread};
use crate::language::walk::{self, ValueVisitor};
use crate::milvus::Address;
use crate::secret_names::is_secret;

/// The text with its secrets covered; offsets into the one hold in the other. What stands outside
/// of `shown` is of no interest, and may be left as it is.
pub(crate) fn masked(cell: &str, shown: Range<usize>) -> String {
    let mut cover = Cover { bytes: cell.as_bytes().to_vec(), cell };
    match numbers::scan(cell) {
        Ok(scanned) => cover.statements(&scanned, &shown),
        Err(_) => cover.unclosed(),
    }
    String::from_utf8(cover.bytes).unwrap_or_default()
}

/// A copy of the cell, in which places are covered one after the other.
struct Cover<'a> {
    bytes: Vec<u8>,
    cell: &'a str,
}

impl Cover<'_> {
    /// Covers a range but for the ends of its lines, which tell where a place is shown; the blanks
    /// of what could not be read stay as well, so that a mark below it still says something.
    fn fill(&mut self, range: Range<usize>, blanks: bool) {
        for byte in self.bytes.get_mut(range).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') && (blanks || !byte.is_ascii_whitespace()) {
                *byte = b'*';
            }
        }
    }

    fn statements(&mut self, scanned: &Scanned<'_>, shown: &Range<usize>) {
        let count = scanned.statements.len();
        let place = |index: usize| {
            let (start, end) = scanned.statements.get(index).copied().unwrap_or_default();
            (start, scanned.in_cell(start)..scanned.in_cell(end))
        };
        let is_shown = |range: &Range<usize>| range.start < shown.end && shown.start < range.end;
        for index in (0..count).filter(|index| is_shown(&place(*index).1)) {
            let (start, range) = place(index);
            let cut =
                unread::is_rest(scanned, index + 1) && parse::nth(scanned, index + 1).is_err();
            match parse::nth(scanned, index) {
                Ok(mut statement) if !cut => self.secrets(&mut statement),
                _ => {
                    let known = unread::quotable(scanned, index).max(start);
                    self.fill(scanned.in_cell(known)..range.end, false);
                }
            }
        }
        let starts: Vec<usize> = (0..count).map(|index| place(index).1.start).collect();
        let comments: Vec<Range<usize>> =
            scanned.comments.iter().map(|comment| comment.start..comment.end).collect();
        // of the statement that the comments stand in: its number and one more, what its text up to
        // the last of them may carry, and up to the one before, and what the next statement may
        let mut around: Option<(usize, bool, bool, bool)> = None;
        for comment in &comments {
            if !is_shown(comment) {
                continue;
            }
            // a secret that is cut in two by what looks like a comment, and what is left of another
            let next = starts.partition_point(|start| *start <= comment.start);
            let own = next.checked_sub(1).and_then(|own| starts.get(own)).copied();
            let carries = |end: usize| {
                let text = own.and_then(|start| self.cell.get(start..end));
                text.is_some_and(unread::may_carry_secret)
            };
            let (_, whole, so_far, behind) =
                around.take_if(|(at, ..)| *at == next).unwrap_or_else(|| {
                    let end = starts.get(next).copied().unwrap_or(self.cell.len());
                    let last = comments.partition_point(|comment| comment.start < end);
                    let last = last.checked_sub(1).and_then(|last| comments.get(last));
                    let whole = carries(last.map_or(end, |last| last.end));
                    (next, whole, false, next < count && unread::carries(scanned, next))
                });
            let so_far = so_far || whole && carries(comment.end);
            around = Some((next, whole, so_far, behind));
            let text = self.cell.get(comment.clone()).unwrap_or_default();
            if so_far || behind || unread::mentions_secret(text, true) {
                self.fill(comment.clone(), false);
            }
        }
    }

    /// Covers a cell in which a string or a comment has no end: where its statements end is not
    /// known either.
    fn unclosed(&mut self) {
        let mut start = 0;
        for piece in self.cell.split(';') {
            let text = behind_comments(piece);
            if unread::may_carry_secret(text) || unread::mentions_secret(piece, true) {
                let begin = start + (piece.len() - text.len());
                self.fill(start..begin, false);
                return self.fill(begin + unread::known_words(text)..self.cell.len(), false);
            }
            start += piece.len() + 1;
        }
    }

    /// Covers what the tree says is secret.
    fn secrets(&mut self, statement: &mut Statement) {
        let mut kind = &statement.kind;
        while let Kind::Explain(inner) | Kind::Analyze(inner) = kind {
            kind = &inner.kind;
        }
        // a variable may be given to a password, and a setting that is none may be meant as one
        if let Kind::SetVariable { value, .. } = kind {
            return self.value(value);
        }
        if let Kind::Set { name, value } = kind {
            let settings: Vec<&str> = keywords::used_for(SETTING).collect();
            if closest(&name.value, &settings).is_none() {
                return self.value(value);
            }
        }
        let mut places = Secrets { cover: self, under: false, functions: 0 };
        // what collects makes no errors
        let _ = walk::statement(statement, &mut places);
    }

    /// Covers a value; its quotes stay, and so does PROMPT.
    fn value(&mut self, value: &Spanned<Value>) {
        let (mut start, mut end) = (value.span.start, value.span.end);
        let written = self.cell.get(start..end).unwrap_or_default();
        if written.starts_with(['\'', '"', '`', ':']) {
            start += 1;
            end -= usize::from(!written.starts_with(':'));
        }
        if value.value != Value::Prompt {
            self.fill(start..end.max(start), true);
        }
    }

    /// Covers the password of an address, or all of it when it is none. What is shown of it says
    /// where it leads, and as whom.
    fn address(&mut self, name: &Name) {
        let written = self.cell.get(name.span.start..name.span.end).unwrap_or_default();
        let quote = usize::from(written.starts_with(['\'', '"', '`']));
        // what stands in the place of a scheme may be a part of a password
        let scheme = match name.value.split_once("://") {
            Some((scheme, _)) if Address::parse(&format!("{scheme}://h")).is_ok() => {
                quote + scheme.len() + "://".len()
            }
            _ => quote,
        };
        let end = name.span.end - quote;
        let start = name.span.start + scheme;
        let login = self.cell.get(start..end).unwrap_or_default().rfind('@');
        let place = name.value.rsplit('@').next().unwrap_or_default();
        if Address::parse(&name.value).is_err() || Address::parse(place).is_err() {
            self.fill(start..end, true);
        } else if let Some(at) = login {
            let login = self.cell.get(start..start + at).unwrap_or_default();
            let secret = login.find(':').map_or(0, |colon| colon + 1);
            self.fill(start + secret..start + at, true);
        }
    }

    /// Covers the password of an address that stands in some string, and what a URL asks for, which
    /// may be a signature.
    fn login(&mut self, value: &Value, span: Span) {
        let written = self.cell.get(span.start..span.end).unwrap_or_default();
        let (Value::Text(_), Some(scheme)) = (value, written.find("://")) else { return };
        let asked = written.find('?').filter(|asked| *asked > scheme).unwrap_or(written.len());
        // a password may have a question mark in it
        if let Some(at) = written.rfind('@') {
            self.fill(span.start + scheme + 3..span.start + at, true);
        }
        let end = written.trim_end_matches(['\'', '"', '`']).len();
        if asked + 1 < end {
            self.fill(span.start + asked + 1..span.start + end, true);
        }
    }
}

/// Covers the secrets that a walk over a statement comes to.
struct Secrets<'a, 'b> {
    cover: &'a mut Cover<'b>,
    /// whether the values that come are given to a secret's name
    under: bool,
    /// functions with a secret's name whose arguments come: `PASSWORD('x')`
    functions: usize,
}

impl Secrets<'_, '_> {
    fn is_given(&self) -> bool {
        self.under || self.functions > 0
    }
}

impl ValueVisitor for Secrets<'_, '_> {
    fn value(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        if self.is_given() {
            self.cover.value(value);
            return Ok(());
        }
        self.cover.login(&value.value, value.span);
        if let Value::Object(fields) = &value.value {
            for (_, value) in fields.iter().filter(|(key, _)| is_secret(key)) {
                self.cover.value(value);
            }
        }
        walk::nested(&mut value.value, self)
    }

    fn text(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        self.value(value)
    }

    fn secret(&mut self, value: &mut Spanned<Value>) -> Result<()> {
        self.cover.value(value);
        Ok(())
    }

    fn address(&mut self, name: &mut Name) {
        self.cover.address(name);
    }

    fn under(&mut self, name: &str) {
        self.under = is_secret(name);
    }

    fn arguments(&mut self, function: &str, have_ended: bool) {
        if is_secret(function) {
            self.functions =
                if have_ended { self.functions.saturating_sub(1) } else { self.functions + 1 };
        }
    }

    fn quoted(&mut self, span: Span) {
        let written = self.cover.cell.get(span.start..span.end).unwrap_or_default();
        if self.is_given() && written.starts_with(['"', '\'', '`']) {
            self.cover.value(&Spanned::new(Value::Null, span));
        }
    }

    fn several(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        values.iter_mut().try_for_each(|value| self.value(value))
    }

    fn vectors(&mut self, values: &mut Vec<Spanned<Value>>) -> Result<()> {
        self.several(values)
    }

    fn literal(&mut self, literal: &mut Expr) -> Result<()> {
        let span = literal.span;
        let ExprKind::Literal(value) = &mut literal.kind else { return Ok(()) };
        if self.is_given() {
            self.cover.value(&Spanned::new(Value::Null, span));
            return Ok(());
        }
        self.cover.login(value, span);
        match value {
            Value::Query { .. } => walk::nested(value, self),
            _ => Ok(()),
        }
    }

    fn in_list(&mut self, _: &mut Vec<Expr>) -> Result<()> {
        Ok(())
    }
}

/// The text behind the comments that it begins with.
fn behind_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    // how far from its end a comment of the text ends last: all are not looked through for each
    let last = text.rfind("*/").map_or(0, |at| text.len() - at);
    while rest.starts_with("--") || rest.starts_with('#') || rest.starts_with("/*") {
        let end = match rest.starts_with("/*") {
            // of one that is not closed, what stands in it may be a statement
            true if last == 0 || rest.len() < last => Some(1),
            true => rest.find("*/").map(|at| at + 1),
            false => rest.find('\n'),
        };
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default().trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn covers_secrets_and_nothing_else() {
        for (text, shown) in [
            // what parses: what the tree says
            ("milvus://root:p@ss@h:1/d; SHOW TABLES", "milvus://root:****@h:1/d; SHOW TABLES"),
            ("milvus://abc@h", "milvus://***@h"),
            ("milvus://h:19530", "milvus://h:19530"),
            ("CONNECT 'http://u:pw@h' TOKEN 'x y'", "CONNECT 'http://u:**@h' TOKEN '***'"),
            (
                "connect 'h' user 'a' password 'it''s' database d",
                "connect 'h' user 'a' password '*****' database d",
            ),
            ("CONNECT 'h' USER a PASSWORD pw", "CONNECT 'h' USER a PASSWORD **"),
            ("CONNECT 'h' USER a PASSWORD PROMPT AS b", "CONNECT 'h' USER a PASSWORD PROMPT AS b"),
            (
                "EXPLAIN ALTER USER u PASSWORD 'new' OLD 'it''s'",
                "EXPLAIN ALTER USER u PASSWORD '***' OLD '*****'",
            ),
            ("ALTER USER bold PASSWORD new OLD `w`", "ALTER USER bold PASSWORD *** OLD `*`"),
            ("create user u password 'ö\np'", "create user u password '**\n*'"),
            ("CREATE USER u PASSWORD :p", "CREATE USER u PASSWORD :*"),
            ("SET @q = 'tea'; SELECT a FROM t", "SET @q = '***'; SELECT a FROM t"),
            ("SET precision = 3; SET pin = 3", "SET precision = 3; SET pin = *"),
            ("SELECT token FROM t WHERE token = 'x'", "SELECT token FROM t WHERE token = 'x'"),
            ("UPDATE t SET pwd = 'x', n = 'y'", "UPDATE t SET pwd = '*', n = 'y'"),
            (
                "UPDATE m.user SET a = PASSWORD('x'), b = upper('y')",
                "UPDATE m.user SET a = PASSWORD('*'), b = upper('y')",
            ),
            ("UPDATE t SET pwd = 'x' || 'y', n = 'z'", "UPDATE t SET pwd = '*' || '*', n = 'z'"),
            ("SELECT password(\"x\", 'y'), 'z'", "SELECT password(\"*\", '*'), 'z'"),
            ("INSERT INTO t (a, pwd) VALUES (1, 'x')", "INSERT INTO t (a, pwd) VALUES (1, '*')"),
            ("LOAD t WITH (a = 'x', token = 'y')", "LOAD t WITH (a = 'x', token = '*')"),
            (
                "COPY t FROM 'https://u:p@h/f.csv?sig=ab' WITH (header = TRUE)",
                "COPY t FROM 'https://***@h/f.csv?******' WITH (header = TRUE)",
            ),
            // no address
            ("milvus://u:pw", "milvus://****"),
            ("CONNECT 'u:pw' DATABASE d", "CONNECT '****' DATABASE d"),
            // what does not parse: the words before a secret
            ("CONNECT 'h' PASSWORD = 'x'", "CONNECT *** ******** * ***"),
            ("CONECT 'h' TOKEN 'x'", "CONECT *** ***** ***"),
            ("CREATE USER ann PASWORD 'x y'", "CREATE USER ann ******* ** **"),
            ("CREATE USER IF NOT EXISTS ann 'x'", "CREATE USER IF NOT EXISTS ann ***"),
            ("ALTER USER ann PASSWORD 'x' 'y'", "ALTER USER ann PASSWORD *** ***"),
            ("SET PASSWORD FOR ann = 'x'", "SET PASSWORD *** *** * ***"),
            ("SET @p 'x'", "SET @p ***"),
            ("EXPLAIN /* x */ CREAT USER u 'x'", "EXPLAIN ** * ** CREAT **** * ***"),
            ("milvus://root:to ken@h", "milvus://******* *****"),
            ("milvus://root:to;ken@h; SELEC 1", "milvus://*******;*****; SELEC 1"),
            ("CREATE USER u PASSWORD 'x", "CREATE USER u PASSWORD **"),
            ("SHOW TABLES; CONNECT 'x", "SHOW TABLES; CONNECT **"),
            ("SHOW TABLES CONNECT 'h' TOKEN 'x'", "SHOW TABLES CONNECT *** ***** ***"),
            ("AUTH x", "AUTH *"),
            ("x@h", "***"),
            // comments
            ("SELECT a FORM t -- of ann", "SELECT a FORM t -- of ann"),
            ("SELECT a FORM t -- TOKEN x", "SELECT a FORM t ** ***** *"),
            ("CREATE USER u PASSWORD x#y", "CREATE USER u PASSWORD ***"),
            // all else
            ("SELECT old FORM t WHERE a = 'x'", "SELECT old FORM t WHERE a = 'x'"),
            ("SELECT token FORM t WHERE token = 'x'", "SELECT token FORM t WHERE token = 'x'"),
            ("SELEC 'x'; hlep me", "SELEC 'x'; hlep me"),
            ("CREATE TABEL t (a INT)", "CREATE TABEL t (a INT)"),
            ("SELECT 'x", "SELECT 'x"),
        ] {
            let covered = masked(text, 0..text.len());
            assert_eq!(covered, shown);
            assert_eq!(covered.len(), text.len());
        }
    }
}
