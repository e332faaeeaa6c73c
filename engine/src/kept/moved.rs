//! A database as one file, and a database of such a file. The file is a store's export that has the
//! one database, so that a whole store can be moved the same way.

use std::sync::Arc;

use super::Kept;
use super::checkpoint::{Checkpoint, Places, Progress};
use crate::catalog::{Catalog, DEFAULT_DATABASE, Database};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::files::memory::Memory;
use crate::store::import::Import;

/// A database that was read, its name, and the last moment of the store that it comes from.
pub(crate) struct Moved {
    pub name: String,
    pub database: Database,
    pub last_timestamp: u64,
}

pub(crate) fn export(catalog: &Catalog, database: &str) -> Result<Vec<u8>> {
    let (mut store, opened) = Store::open(Arc::new(Memory::new()))?;
    // a store begins its first checkpoint behind its last record
    drop(opened);
    let places = Places::new();
    let mut checkpoint = Checkpoint::begin_of(&mut store, catalog, &places, Some(database));
    while checkpoint.step(&mut store, catalog, usize::MAX)? == Progress::More {}
    let export = store.export()?;
    let mut file = Vec::with_capacity(usize::try_from(export.size()).unwrap_or_default());
    for chunk in export {
        file.extend(chunk?);
    }
    Ok(file)
}

pub(crate) fn import(file: &[u8]) -> Result<Moved> {
    let kept = opened(file).map_err(|error| match error {
        StoreError::Damaged { file, offset, what } => Error::invalid(format!(
            "the file is no whole export of a database: `{file}` at byte {offset}: {what}"
        )),
        other => other.into(),
    })?;
    let Catalog { databases, last_timestamp, .. } = kept.service.into_catalog();
    let mut full: Vec<(String, Database)> = databases.into_iter().collect();
    if full.len() > 1 {
        // every store has a default one
        full.retain(|(name, database)| {
            name != DEFAULT_DATABASE || !database.collections.is_empty()
        });
    }
    let count = full.len();
    match (full.pop(), count) {
        (Some((name, database)), 1) => Ok(Moved { name, database, last_timestamp }),
        _ => Err(Error::invalid(format!("the file has {count} databases, and one is imported"))),
    }
}

fn opened(file: &[u8]) -> std::result::Result<Kept, StoreError> {
    let files = Arc::new(Memory::new());
    let mut import = Import::new(files.clone())?;
    import.write(file)?;
    import.finish()?;
    Ok(Kept::open(files)?.0)
}
