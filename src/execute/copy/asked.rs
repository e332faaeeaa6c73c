//! What a COPY asks for: the format, by WITH or by the file's ending, and what is done with rows
//! that do not fit.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::params;
use crate::files::decode::Encoding;
use crate::files::{Format, Options};
use crate::language::ast::{Name, Param};

/// Every option; the last two belong to COPY … FROM.
pub(crate) const KNOWN: [&str; 9] = [
    "format",
    "compression",
    "header",
    "delimiter",
    "quote",
    "null",
    "encoding",
    "on_error",
    "key",
];

/// Which statement asks.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum For {
    From,
    Create,
    To,
}

pub(crate) struct Asked {
    pub(crate) options: Options,
    pub(crate) on_error: OnError,
    /// the column that is to be the key of a new table
    pub(crate) key: Option<Name>,
}

/// What is done with a row that does not fit.
#[derive(Clone, PartialEq)]
pub(crate) enum OnError {
    Stop,
    Skip,
    /// left out, and written down in a file
    File(Name),
}

pub(crate) fn read(place: &Name, params: &[Param], statement: For) -> Result<Asked> {
    let (by_ending, by_gz) = Format::of_file(&place.value);
    let format = match params.iter().find(|param| is(param, "format")) {
        Some(param) => format_of(param)?,
        None => by_ending.ok_or_else(|| {
            let message = "the file's ending does not tell its format";
            Diagnostic::new(Code::MissingParameter, message).at(place.span).help(
                "add `WITH (format = 'csv')`: tsv, json, jsonl, npy, fvecs, parquet, arrow \
                     are others",
            )
        })?,
    };
    let mut options = Options { gzipped: by_gz, ..Options::new(format) };
    let (mut on_error, mut key) = (OnError::Stop, None);
    let separated = matches!(format, Format::Csv | Format::Tsv);
    for param in params {
        let name = param.name.value.to_ascii_lowercase();
        let known = match name.as_str() {
            "format" | "compression" => true,
            "header" | "delimiter" | "quote" | "null" => separated,
            "encoding" => statement != For::To && format.is_text(),
            "on_error" => statement != For::To,
            "key" => statement == For::Create,
            _ => return Err(params::unknown(param, &KNOWN)),
        };
        if !known {
            return Err(no_effect(param, format, statement));
        }
        match name.as_str() {
            "compression" => {
                options.gzipped = match params::word(param)?.value.to_ascii_lowercase().as_str() {
                    "gzip" | "gz" => true,
                    "none" => false,
                    _ => return Err(one_of(param, "'gzip' or 'none'")),
                }
            }
            "header" => options.header = params::flag(param)?,
            "delimiter" => options.delimiter = byte(param)?,
            "quote" => options.quote = byte(param)?,
            "null" => options.null = params::word(param)?.value,
            "encoding" => {
                let word = params::word(param)?;
                options.encoding = Encoding::named(&word.value).ok_or_else(|| {
                    let names = Encoding::ALL.iter().map(|(name, _)| *name).take(4);
                    Diagnostic::new(Code::InvalidValue, format!("unknown encoding `{word}`"))
                        .at(word.span)
                        .suggest(&word.value, names, "there are")
                        .help("other files are saved as UTF-8 by an editor or by iconv first")
                })?;
            }
            "on_error" => {
                let word = params::word(param)?;
                on_error = match word.value.to_ascii_lowercase().as_str() {
                    "stop" => OnError::Stop,
                    "skip" => OnError::Skip,
                    _ if word.value.contains('.') => OnError::File(word),
                    _ => return Err(one_of(param, "'stop', 'skip' or a file, 'bad.csv'")),
                };
            }
            "key" => key = Some(params::word(param)?),
            _ => {}
        }
    }
    if options.delimiter == options.quote {
        let message = "the delimiter and the quote are the same character";
        return Err(Diagnostic::new(Code::InvalidValue, message).at(place.span));
    }
    Ok(Asked { options, on_error, key })
}

fn is(param: &Param, name: &str) -> bool {
    param.name.value.eq_ignore_ascii_case(name)
}

fn format_of(param: &Param) -> Result<Format> {
    let word = params::word(param)?;
    Format::named(&word.value).ok_or_else(|| {
        let names = Format::ALL.iter().map(|(name, _)| *name);
        Diagnostic::new(Code::InvalidValue, format!("unknown format `{word}`"))
            .at(word.span)
            .suggest(&word.value, names, "there are")
    })
}

/// A character that is one byte, or `'\t'`.
fn byte(param: &Param) -> Result<u8> {
    let word = params::word(param)?;
    match word.value.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(*byte),
        _ => Err(one_of(param, "one character of ASCII, ';' or '\\t'")),
    }
}

fn one_of(param: &Param, what: &str) -> Diagnostic {
    let span = param.values.first().map_or(param.name.span, |value| value.span);
    Diagnostic::new(Code::InvalidValue, format!("`{}` takes {what}", param.name)).at(span)
}

fn no_effect(param: &Param, format: Format, statement: For) -> Diagnostic {
    let name = &param.name;
    let written = format.name();
    let where_not = match statement {
        For::To => format!("where a file of {written} is written"),
        For::From | For::Create => format!("where a file of {written} is read"),
    };
    let where_not = match name.value.eq_ignore_ascii_case("key") {
        true => "but in CREATE TABLE … FROM".to_string(),
        false => where_not,
    };
    Diagnostic::new(Code::UnknownParameter, format!("`{name}` has no effect {where_not}"))
        .at(name.span)
        .help("leave it out")
}
