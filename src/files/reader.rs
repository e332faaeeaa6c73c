//! Records out of pieces of a file.

use super::columns::{Columns, Field};
use super::decode::Decode;
use super::json::Json;
use super::numpy::Numpy;
use super::separated::Separated;
use super::vecs::Vecs;
use super::{Cells, Fault, Format, Options, Record};

/// Pieces go in by [`Reader::feed`], and what can be made of them comes out of [`Reader::next`].
pub struct Reader {
    decode: Option<Decode>,
    rows: Rows,
}

enum Rows {
    Separated(Box<Separated>),
    Json(Json),
    Numpy(Numpy),
    Vecs(Vecs),
    Columns(Columns),
}

impl Reader {
    pub fn new(options: &Options) -> Reader {
        let rows = match options.format {
            Format::Csv | Format::Tsv => Rows::Separated(Box::new(Separated::new(options))),
            Format::Json => Rows::Json(Json::new(false)),
            Format::JsonLines => Rows::Json(Json::new(true)),
            Format::Npy => Rows::Numpy(Numpy::default()),
            Format::Vecs(element) => Rows::Vecs(Vecs::new(element)),
            Format::Parquet | Format::Arrow => Rows::Columns(Columns::default()),
        };
        Reader { decode: options.format.is_text().then(|| Decode::new(options.encoding)), rows }
    }

    /// Takes the next piece; `last` says that it is the end of the file. A piece of a file of
    /// columns is one that the platform's module has made.
    pub fn feed(&mut self, piece: &[u8], last: bool) {
        let buffer = match &mut self.rows {
            Rows::Separated(rows) => &mut rows.buffer,
            Rows::Json(rows) => &mut rows.buffer,
            Rows::Numpy(rows) => &mut rows.buffer,
            Rows::Vecs(rows) => &mut rows.buffer,
            Rows::Columns(rows) => return rows.feed(piece),
        };
        buffer.ended |= last;
        match &mut self.decode {
            Some(decode) => {
                buffer.feed(&[]);
                decode.feed(piece, last, &mut buffer.bytes);
            }
            None => buffer.feed(piece),
        }
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
            Rows::Columns(rows) => rows.next(),
        }
    }

    /// Takes back a record that is done with: the next one is made in its room.
    pub fn reuse(&mut self, record: Record) {
        if let (Rows::Separated(rows), Cells::Texts(texts)) = (&mut self.rows, record.cells) {
            rows.reuse(texts);
        }
    }

    /// The columns of a file that has a header, once it was read.
    pub fn names(&self) -> Option<&[String]> {
        match &self.rows {
            Rows::Separated(rows) => rows.names(),
            Rows::Columns(rows) => rows.names(),
            Rows::Json(_) | Rows::Numpy(_) | Rows::Vecs(_) => None,
        }
    }

    /// What a file of columns says of them, once that was read.
    pub fn fields(&self) -> &[Field] {
        match &self.rows {
            Rows::Columns(rows) => rows.fields(),
            Rows::Separated(_) | Rows::Json(_) | Rows::Numpy(_) | Rows::Vecs(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Element;
    use crate::files::columns::Head;
    use crate::files::writer::{Made, Writer};
    use crate::outcome::Datum;

    /// What comes of a file in pieces of a size: records and faults.
    fn read(options: &Options, bytes: &[u8], size: usize) -> String {
        let mut reader = Reader::new(options);
        let mut shown = String::new();
        let mut pieces: Vec<(&[u8], bool)> =
            bytes.chunks(size).map(|piece| (piece, false)).collect();
        pieces.push((&[], true));
        for (piece, last) in pieces {
            reader.feed(piece, last);
            loop {
                match reader.next() {
                    Ok(Some(record)) => shown.push_str(&format!("{record:?}\n")),
                    Ok(None) => break,
                    Err(fault) if fault.goes_on => shown.push_str(&format!("{fault:?}\n")),
                    Err(fault) => return format!("{shown}{fault:?}"),
                }
            }
        }
        format!("{shown}{:?}", reader.names())
    }

    #[test]
    fn any_pieces_make_the_same_records() {
        let csv = "\u{feff}id,title\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n\r\n2,\n3,\"\"\n4\n5,表👋";
        let json = "[ {\"id\": 1, \"s\": \"}]\\\"\"},\n{\"id\": {\"a\": [2]}}, {\"id\": }\n]";
        let lines = "{\"id\": 1}\n\n{\"id\": \n[1]\n{\"id\": \"表\"}";
        let made = |format: Format| {
            let mut writer =
                Writer::new(Options::new(format), vec![Head::new("v")]).expect("a writer");
            for value in [0.5, -1.5, f32::MAX] {
                writer.row(&[Datum::Vector(vec![value, 1.0, 2.0])]).expect("it fits");
            }
            match writer.finish() {
                Made::Whole(bytes) => bytes,
                Made::Columns(_) => panic!("{format:?} is no file of columns"),
            }
        };
        let vecs = Format::Vecs(Element::Float);
        for (options, bytes) in [
            (Options::new(Format::Csv), csv.as_bytes().to_vec()),
            (Options::new(Format::Csv), b"a,\"b\nc,d\n".to_vec()),
            (Options::new(Format::Json), json.as_bytes().to_vec()),
            (Options::new(Format::Json), b"{\"rows\": [{\"id\": 1}, {\"id\": 2}]}\n".to_vec()),
            (Options::new(Format::Json), b"{\"id\": 1}\n{\"id\": 2}".to_vec()),
            (Options::new(Format::JsonLines), lines.as_bytes().to_vec()),
            (Options::new(Format::Npy), made(Format::Npy)),
            (Options::new(vecs), made(vecs)),
        ] {
            let at_once = read(&options, &bytes, usize::MAX);
            assert!(at_once.contains("Record") || at_once.contains("not closed"), "{at_once}");
            for size in [1, 2, 3, 7] {
                assert_eq!(read(&options, &bytes, size), at_once, "{:?} by {size}", options.format);
            }
        }
    }

    #[test]
    fn rows_are_told_by_their_lines() {
        let csv = "id,title\r\n1,\"a\r\nb\"\r\n\r\n2,c\n3\n4,d\n";
        let shown = read(&Options::new(Format::Csv), csv.as_bytes(), 5);
        for line in [
            "Record { line: 2, number: 1",
            "Record { line: 5, number: 2",
            "Fault { line: 6, number: 3",
            "Record { line: 7, number: 4",
        ] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
    }
}
