//! What arrow-ipc and parquet call of zstd, over a decoder in Rust: README.md.

pub mod bulk {
    use std::io::{Cursor, Error, Result};
    use std::marker::PhantomData;

    use ruzstd::decoding::FrameDecoder;

    #[derive(Default)]
    pub struct Decompressor<'a>(FrameDecoder, PhantomData<&'a ()>);

    impl Decompressor<'static> {
        pub fn new() -> Result<Self> {
            Ok(Decompressor::default())
        }
    }

    impl Decompressor<'_> {
        /// Unpacks into the room that the destination has behind its position, and says how many
        /// bytes that were.
        pub fn decompress_to_buffer(
            &mut self,
            source: &[u8],
            destination: &mut Cursor<&mut Vec<u8>>,
        ) -> Result<usize> {
            let start = usize::try_from(destination.position()).map_err(Error::other)?;
            let output = destination.get_mut();
            output.truncate(start);
            self.0.decode_all_to_vec(source, output).map_err(Error::other)?;
            Ok(output.len() - start)
        }

        /// Unpacks what comes to so many bytes at the most.
        pub fn decompress(&mut self, source: &[u8], capacity: usize) -> Result<Vec<u8>> {
            let mut output = Vec::new();
            output.try_reserve_exact(capacity).map_err(Error::other)?;
            self.0.decode_all_to_vec(source, &mut output).map_err(Error::other)?;
            Ok(output)
        }
    }

    pub struct Compressor<'a>(PhantomData<&'a ()>);

    impl Compressor<'static> {
        pub fn new(_level: i32) -> Result<Self> {
            Ok(Compressor(PhantomData))
        }
    }

    impl Compressor<'_> {
        pub fn compress_to_buffer(
            &mut self,
            _source: &[u8],
            _destination: &mut Cursor<&mut Vec<u8>>,
        ) -> Result<usize> {
            Err(Error::other("nothing is packed by zstd here"))
        }
    }
}

pub mod zstd_safe {
    /// The size that a frame comes to, where its header says it.
    pub fn get_frame_content_size(frame: &[u8]) -> Result<Option<u64>, ()> {
        let mut decoder = ruzstd::decoding::FrameDecoder::new();
        decoder.init(frame).map_err(drop)?;
        Ok(Some(decoder.content_size()).filter(|size| *size > 0))
    }

    /// The most room that packed bytes take.
    pub fn compress_bound(size: usize) -> usize {
        size + (size >> 8) + 64
    }
}

/// Nothing is packed, at any level.
pub fn compression_level_range() -> std::ops::RangeInclusive<i32> {
    1..=22
}
