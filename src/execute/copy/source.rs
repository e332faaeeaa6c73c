//! A file that is read: records as its pieces come.

use std::collections::VecDeque;

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::context::Context;
use crate::files::columns::Field;
use crate::files::reader::Reader;
use crate::files::{Fault, Format, Options, Record};
use crate::language::ast::Name;
use crate::milvus::Platform;
use crate::milvus::platform::Pieces as _;

/// What is looked at of a file, at the most.
const PEEKED_BYTES: usize = 8 << 20;

pub(crate) struct Source<P: Platform> {
    pieces: P::Pieces,
    reader: Reader,
    ended: bool,
    /// records that were looked at
    peeked: VecDeque<Record>,
    pub(crate) format: Format,
    /// how the file is called in messages
    pub(crate) shown: String,
    pub(crate) span: Span,
}

impl<P: Platform> Source<P> {
    pub(crate) async fn open(
        place: &Name,
        options: &Options,
        context: &Context<'_, P>,
    ) -> Result<Source<P>> {
        let platform = context.client.platform();
        let opened = match options.format.is_columns() {
            true => platform.open_columns(&place.value, options.gzipped).await,
            false => platform.open_file(&place.value, options.gzipped).await,
        };
        let pieces = opened.map_err(|reason| {
            let is_missing = reason.contains("does not exist");
            let error = unreadable(reason, place.span);
            match is_missing {
                true => error.help(
                    "files are those of the notebook's folder: drop one on the notebook, or name a \
                     URL",
                ),
                false => error,
            }
        })?;
        let reader = Reader::new(options);
        Ok(Source {
            pieces,
            reader,
            ended: false,
            peeked: VecDeque::new(),
            format: options.format,
            shown: shown(&place.value),
            span: place.span,
        })
    }

    /// The next record; none behind the last. The inner error is the file's, and one that goes on
    /// is a row's.
    pub(crate) async fn next(&mut self) -> Result<Option<Result<Record, Fault>>> {
        if let Some(record) = self.peeked.pop_front() {
            return Ok(Some(Ok(record)));
        }
        self.read().await
    }

    /// Takes back a record that is done with.
    pub(crate) fn reuse(&mut self, record: Record) {
        self.reader.reuse(record);
    }

    async fn read(&mut self) -> Result<Option<Result<Record, Fault>>> {
        loop {
            match self.reader.next() {
                Ok(Some(record)) => return Ok(Some(Ok(record))),
                Err(fault) => return Ok(Some(Err(fault))),
                Ok(None) if self.ended => return Ok(None),
                Ok(None) => {}
            }
            let piece = self.pieces.next().await;
            let piece = piece.map_err(|reason| unreadable(reason, self.span))?;
            self.ended = piece.is_none();
            self.reader.feed(&piece.unwrap_or_default(), self.ended);
        }
    }

    /// Looks at the first records, which come all the same.
    pub(crate) async fn peek(&mut self, count: usize) -> Result<()> {
        let mut bytes = 0;
        while self.peeked.len() < count && bytes < PEEKED_BYTES {
            match self.read().await? {
                Some(Ok(record)) => {
                    bytes += record.size();
                    self.peeked.push_back(record);
                }
                Some(Err(fault)) => return Err(self.diagnose(&fault).help("nothing was written")),
                None => break,
            }
        }
        self.peeked.make_contiguous();
        Ok(())
    }

    /// The records that were looked at and have not come yet.
    pub(crate) fn peeked(&self) -> &[Record] {
        self.peeked.as_slices().0
    }

    /// What part of the file has come, where its size is known.
    pub(crate) fn share(&self) -> Option<f64> {
        self.pieces.share()
    }

    pub(crate) fn names(&self) -> Option<&[String]> {
        self.reader.names()
    }

    /// What a file of columns says of them.
    pub(crate) fn fields(&self) -> &[Field] {
        self.reader.fields()
    }

    /// "line 3 of books.csv"
    pub(crate) fn place(&self, line: u64) -> String {
        match line {
            0 => self.shown.clone(),
            line => format!("{} {line} of {}", self.format.unit(), self.shown),
        }
    }

    /// A fault of the file as an error.
    pub(crate) fn diagnose(&self, fault: &Fault) -> Diagnostic {
        let message = format!("{}: {}", self.place(fault.line), fault.reason);
        let error = Diagnostic::new(Code::FileError, message).at(self.span);
        match &fault.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

fn unreadable(reason: String, span: Span) -> Diagnostic {
    Diagnostic::new(Code::FileError, reason).at(span)
}

/// The end of a path, without what a URL asks for, which may be a secret.
pub(crate) fn shown(place: &str) -> String {
    let path = place.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.is_empty() { "the file".to_string() } else { name.to_string() }
}
