//! Gzip, both ways. Several members behind one another are one file, as `cat a.gz b.gz` makes it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};

use super::Fault;

pub(super) struct Unzip {
    decoder: MultiGzDecoder<Vec<u8>>,
}

impl Unzip {
    pub(super) fn new() -> Unzip {
        Unzip { decoder: MultiGzDecoder::new(Vec::new()) }
    }

    pub(super) fn feed(&mut self, piece: &[u8], last: bool) -> Result<Vec<u8>, Fault> {
        let fed = self.decoder.write_all(piece);
        let fed = fed.and_then(|()| if last { self.decoder.try_finish() } else { Ok(()) });
        fed.map_err(|error| {
            Fault::of_file(0, format!("the file is no gzip, or is cut off: {error}"))
                .help("WITH (compression = 'none') reads it as it is")
        })?;
        Ok(std::mem::take(self.decoder.get_mut()))
    }
}

pub(super) fn zip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let zipped = encoder.write_all(bytes).and_then(|()| encoder.finish());
    zipped.map_err(|error| error.to_string())
}
