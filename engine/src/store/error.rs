//! What can go wrong below the collections. In: the words of a file system, or what a check found.
//! Out: a kind that the service can act upon, and the error of Milvus that it becomes.

use std::fmt;

use crate::error::{Error, Kind};

pub type Result<T> = std::result::Result<T, StoreError>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is no room. What was acknowledged is there, what was asked for is not.
    Quota,
    /// The files failed, or were asked for what they cannot do; in words.
    Io(String),
    /// Bytes are not what was written. `salvage` gives what is whole.
    Damaged { file: String, offset: u64, what: String },
    /// Written by a version of the engine that this one does not know.
    Format { found: u32 },
}

impl StoreError {
    pub(super) fn damaged(
        file: impl fmt::Display,
        offset: u64,
        what: impl Into<String>,
    ) -> StoreError {
        StoreError::words_of_damage(&file, offset, what.into())
    }

    /// Once in the module, and not wherever something may be damaged.
    #[cold]
    #[inline(never)]
    fn words_of_damage(file: &dyn fmt::Display, offset: u64, what: String) -> StoreError {
        StoreError::Damaged { file: file.to_string(), offset, what }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            StoreError::Quota => formatter.write_str("no room is left for the store"),
            StoreError::Io(words) => formatter.write_str(words),
            StoreError::Damaged { file, offset, what } => {
                write!(formatter, "the store is damaged: `{file}` at byte {offset}: {what}")
            }
            StoreError::Format { found } => write!(
                formatter,
                "the store is of format {found}, and this engine knows formats up to {}",
                super::FORMAT
            ),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        let kind = match &error {
            StoreError::Quota => Kind::QuotaExceeded,
            StoreError::Io(_) => Kind::Internal,
            StoreError::Damaged { .. } => Kind::StorageDamaged,
            StoreError::Format { .. } => Kind::NotSupported,
        };
        Error::new(kind, error)
    }
}
