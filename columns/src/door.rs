//! What JavaScript sees: a worker that has one file.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use js_sys::Uint8Array;
use milvus_columns_batch::{Batch, Field, Malformed};
use wasm_bindgen::prelude::*;

use crate::read::Reader;
use crate::source::Source;
use crate::write::{Format, Writer};

#[wasm_bindgen]
extern "C" {
    /// Bytes of the worker's file, at once.
    #[wasm_bindgen(js_name = readPiece, catch)]
    fn read_piece(start: f64, length: u32) -> Result<Uint8Array, JsValue>;
}

/// The worker's file.
struct Whole {
    length: u64,
}

impl Source for Whole {
    fn length(&self) -> u64 {
        self.length
    }

    fn piece(&self, start: u64, length: usize) -> io::Result<Bytes> {
        let size = u32::try_from(length).map_err(io::Error::other)?;
        let piece = read_piece(start as f64, size)
            .map_err(|_| io::Error::other("the browser does not give it"))?;
        match piece.length() == size {
            true => Ok(piece.to_vec().into()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn error(reason: String) -> JsError {
    JsError::new(&reason)
}

fn malformed(_: Malformed) -> JsError {
    JsError::new("what the kernel sent is no batch")
}

#[wasm_bindgen]
pub struct ColumnsReader(Reader);

#[wasm_bindgen]
impl ColumnsReader {
    #[wasm_bindgen(constructor)]
    pub fn new(length: f64) -> Result<ColumnsReader, JsError> {
        console_error_panic_hook::set_once();
        Reader::open(Arc::new(Whole { length: length as u64 })).map(ColumnsReader).map_err(error)
    }

    pub fn fields(&self) -> Vec<u8> {
        Field::to_bytes(self.0.fields())
    }

    /// The next batch; nothing behind the last.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, JsError> {
        Ok(self.0.next_batch().map_err(error)?.map(|batch| batch.to_bytes()))
    }
}

#[wasm_bindgen]
pub struct ColumnsWriter(Writer);

#[wasm_bindgen]
impl ColumnsWriter {
    /// `format` is "parquet" or "arrow"; the values of the first batch tell the types of columns
    /// that are declared to be of none.
    #[wasm_bindgen(constructor)]
    pub fn new(format: &str, fields: &[u8], first: &[u8]) -> Result<ColumnsWriter, JsError> {
        console_error_panic_hook::set_once();
        let format = match format {
            "parquet" => Format::Parquet,
            _ => Format::Arrow,
        };
        let fields = Field::from_bytes(fields).map_err(malformed)?;
        let first = Batch::from_bytes(first).map_err(malformed)?;
        Writer::new(format, &fields, &first).map(ColumnsWriter).map_err(error)
    }

    pub fn write(&mut self, batch: &[u8]) -> Result<(), JsError> {
        self.0.write(&Batch::from_bytes(batch).map_err(malformed)?).map_err(error)
    }

    /// The file's bytes.
    pub fn finish(self) -> Result<Vec<u8>, JsError> {
        self.0.finish().map_err(error)
    }
}
