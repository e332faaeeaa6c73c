//! Records out of pieces of a file.

use super::decode::Decode;
use super::gzip::Unzip;
use super::json::Json;
use super::numpy::Numpy;
use super::separated::Separated;
use super::vecs::Vecs;
use super::{Fault, Format, Options, Record};

/// Pieces go in by [`Reader::feed`], and what can be made of them comes out of [`Reader::next`].
pub struct Reader {
    unzip: Option<Unzip>,
    decode: Option<Decode>,
    rows: Rows,
}

enum Rows {
    Separated(Box<Separated>),
    Json(Json),
    Numpy(Numpy),
    Vecs(Vecs),
}

impl Reader {
    /// None where the format is read elsewhere.
    pub fn new(options: &Options) -> Option<Reader> {
        let rows = match options.format {
            Format::Csv | Format::Tsv => Rows::Separated(Box::new(Separated::new(options))),
            Format::Json => Rows::Json(Json::new(false)),
            Format::JsonLines => Rows::Json(Json::new(true)),
            Format::Npy => Rows::Numpy(Numpy::default()),
            Format::Vecs(element) => Rows::Vecs(Vecs::new(element)),
            Format::Parquet | Format::Arrow => return None,
        };
        Some(Reader {
            unzip: options.gzipped.then(Unzip::new),
            decode: options.format.is_named().then(|| Decode::new(options.encoding)),
            rows,
        })
    }

    /// Takes the next piece; `last` says that it is the end of the file.
    pub fn feed(&mut self, piece: &[u8], last: bool) -> Result<(), Fault> {
        let unzipped;
        let piece = match &mut self.unzip {
            Some(unzip) => {
                unzipped = unzip.feed(piece, last)?;
                &unzipped
            }
            None => piece,
        };
        let buffer = match &mut self.rows {
            Rows::Separated(rows) => &mut rows.buffer,
            Rows::Json(rows) => &mut rows.buffer,
            Rows::Numpy(rows) => &mut rows.buffer,
            Rows::Vecs(rows) => &mut rows.buffer,
        };
        buffer.ended |= last;
        match &mut self.decode {
            Some(decode) => {
                buffer.feed(&[]);
                decode.feed(piece, last, &mut buffer.bytes);
            }
            None => buffer.feed(piece),
        }
        Ok(())
    }

    /// The next record; none where more pieces are needed, or there were none behind the last.
    /// Behind a fault that [goes on](Fault::goes_on) it is the next row.
    #[allow(clippy::should_implement_trait)] // what comes next depends on what was fed
    pub fn next(&mut self) -> Result<Option<Record>, Fault> {
        match &mut self.rows {
            Rows::Separated(rows) => rows.next(),
            Rows::Json(rows) => rows.next(),
            Rows::Numpy(rows) => rows.next(),
            Rows::Vecs(rows) => rows.next(),
        }
    }

    /// The columns of a file that has a header, once it was read.
    pub fn names(&self) -> Option<&[String]> {
        match &self.rows {
            Rows::Separated(rows) => rows.names(),
            Rows::Json(_) | Rows::Numpy(_) | Rows::Vecs(_) => None,
        }
    }
}
