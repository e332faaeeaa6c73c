//! Room that is kept back, so that a full disk can be emptied: a file that says nothing, and that
//! is let go of when a record that makes room, or the checkpoint behind it, finds none. What comes
//! afterwards fills it again, as far as there is room.

use super::Store;
use super::error::{Result, StoreError};
use super::files::{Files, write_all};
use super::name::Name;

/// Enough for many small records, and for what a checkpoint writes that drops a table.
pub const RESERVE: u64 = 256 << 10;

/// The bytes that one write takes of the room that is left.
const PIECE: usize = 16 << 10;

impl Store {
    /// As [`Store::append`], for a record that may take what is kept back.
    pub fn append_reserved(&mut self, kind: u8, body: &[u8]) -> Result<u64> {
        match self.append(kind, body) {
            Err(StoreError::Quota) if reserved(self.files.as_ref())? > 0 => {
                self.empty_reserve()?;
                self.append(kind, body)
            }
            answered => answered,
        }
    }

    /// Lets go of what is kept back.
    pub fn empty_reserve(&self) -> Result<()> {
        let file = self.files.open(&Name::Reserve.to_string())?;
        file.truncate(0)?;
        file.flush()
    }

    /// Keeps room back, as much of it as there is. Where it fails there is none, and no harm done.
    pub fn fill_reserve(&self) {
        let _ = self.try_fill();
    }

    fn try_fill(&self) -> Result<()> {
        let file = self.files.open(&Name::Reserve.to_string())?;
        let filled = file.size()?;
        let zeros = [0; PIECE];
        for start in (filled..RESERVE).step_by(PIECE) {
            let length = usize::try_from(RESERVE - start).unwrap_or(PIECE).min(PIECE);
            let written = write_all(file.as_ref(), zeros.get(..length).unwrap_or_default(), start)
                .and_then(|()| file.flush());
            if written.is_err() {
                file.truncate(start)?;
                return file.flush();
            }
        }
        Ok(())
    }
}

/// Bytes that are kept back.
pub(super) fn reserved(files: &dyn Files) -> Result<u64> {
    let name = Name::Reserve.to_string();
    if !files.list()?.contains(&name) {
        return Ok(0);
    }
    files.open(&name)?.size()
}
