//! A file of which any piece can be asked for: parquet begins to read at its end.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Bytes that are asked for at a time where what is needed is not known.
const BLOCK: usize = 64 << 10;

pub trait Source: Send + Sync + 'static {
    fn length(&self) -> u64;

    /// So many bytes from a place on, all of which are there.
    fn piece(&self, start: u64, length: usize) -> io::Result<Bytes>;
}

impl Source for Bytes {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn piece(&self, start: u64, length: usize) -> io::Result<Bytes> {
        let start = usize::try_from(start).map_err(io::Error::other)?;
        match start.checked_add(length).is_some_and(|end| end <= self.len()) {
            true => Ok(self.slice(start..start + length)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// A source as parquet and arrow take it.
#[derive(Clone)]
pub(crate) struct File(pub(crate) Arc<dyn Source>);

impl File {
    pub(crate) fn from(&self, at: u64) -> BufReader<Cursor> {
        BufReader::with_capacity(BLOCK, Cursor { source: self.0.clone(), at })
    }
}

impl Length for File {
    fn len(&self) -> u64 {
        self.0.length()
    }
}

impl ChunkReader for File {
    type T = BufReader<Cursor>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.from(start))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        match start.checked_add(length as u64).is_some_and(|end| end <= self.0.length()) {
            true => Ok(self.0.piece(start, length)?),
            false => Err(ParquetError::EOF("a piece lies behind its end".to_string())),
        }
    }
}

/// A place in a source.
pub(crate) struct Cursor {
    source: Arc<dyn Source>,
    at: u64,
}

impl Read for Cursor {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.source.length().saturating_sub(self.at);
        let length = out.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if length > 0 {
            let piece = self.source.piece(self.at, length)?;
            out.iter_mut().zip(piece.iter()).for_each(|(to, from)| *to = *from);
            self.at += length as u64;
        }
        Ok(length)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
