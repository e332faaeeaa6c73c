//! Where a store keeps its bytes: a folder of files, each read and written at a place. Everything
//! is synchronous, as OPFS's sync access handles are (MDN, `FileSystemSyncAccessHandle`); opening
//! and removing a handle is not so there, so an implementation for the browser opens the names of
//! `Store::names_ahead` beforehand, and speaks of its handles by number, which may cross threads.

#[cfg(not(target_arch = "wasm32"))]
pub mod disk;
pub mod memory;

use std::sync::Arc;

use super::error::{Result, StoreError};

pub trait Files: Send + Sync {
    /// Opens a file to read and write; one that is not there is made, and is empty.
    fn open(&self, name: &str) -> Result<Arc<dyn File>>;

    /// The names of all files, in any order.
    fn list(&self) -> Result<Vec<String>>;

    /// Removes a file; one that is not there is no error. Its handles are of no use afterwards.
    fn remove(&self, name: &str) -> Result<()>;
}

pub trait File: Send + Sync {
    /// May read less than asked; nothing at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize>;

    /// May write less than asked. Past the end, zeros fill the gap.
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize>;

    /// What was written is there even when the power fails.
    fn flush(&self) -> Result<()>;

    fn truncate(&self, size: u64) -> Result<()>;

    fn size(&self) -> Result<u64>;
}

pub(super) fn write_all(file: &dyn File, mut bytes: &[u8], mut offset: u64) -> Result<()> {
    while !bytes.is_empty() {
        let written = file.write_at(bytes, offset)?;
        // a write of nothing is a failure: repeated, it would never end
        bytes = match bytes.get(written..) {
            Some(rest) if written > 0 => rest,
            _ => return Err(StoreError::Io("a write to the store took nothing".to_string())),
        };
        offset += written as u64;
    }
    Ok(())
}

pub(super) fn read_all(file: &dyn File, mut buffer: &mut [u8], mut offset: u64) -> Result<()> {
    while !buffer.is_empty() {
        let read = file.read_at(buffer, offset)?;
        buffer = match buffer.get_mut(read..) {
            Some(rest) if read > 0 => rest,
            _ => return Err(StoreError::Io(format!("a file of the store ends at byte {offset}"))),
        };
        offset += read as u64;
    }
    Ok(())
}

/// `count` bytes, which the file's size is known to hold.
pub(super) fn read_vec(file: &dyn File, offset: u64, count: u64) -> Result<Vec<u8>> {
    let count = usize::try_from(count)
        .map_err(|_| StoreError::Io(format!("{count} bytes are more than memory holds")))?;
    let mut bytes = vec![0; count];
    read_all(file, &mut bytes, offset)?;
    Ok(bytes)
}
