//! A database as one file, and a database of such a file. The file is a store's export that has the
//! one database, so that a whole store can be moved the same way.

use std::pin::Pin;
use std::sync::Arc;

use super::Kept;
use super::checkpoint::{Checkpoint, Places, Progress};
use crate::catalog::{Catalog, DEFAULT_DATABASE, Database};
use crate::error::{Error, Result};
use crate::pace::{go_on, step};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::export::Export;
use crate::store::files::memory::Memory;
use crate::store::import::Import;

/// A database that was read, its name, and the last moment of the store that it comes from.
pub(crate) struct Moved {
    pub name: String,
    pub database: Database,
    pub last_timestamp: u64,
}

/// Bytes that a step takes: some milliseconds.
const STEP: usize = 1 << 20;

/// A database that is written as a file, step by step.
pub(crate) struct Exporting {
    store: Store,
    checkpoint: Option<Checkpoint>,
    export: Option<Export>,
    file: Vec<u8>,
}

impl Exporting {
    pub fn begin(catalog: &Catalog, database: &str) -> Result<Exporting> {
        let (mut store, opened) = Store::open(Arc::new(Memory::new()))?;
        // a store begins its first checkpoint behind its last record
        drop(opened);
        let places = Places::new();
        let checkpoint = Checkpoint::begin_of(&mut store, catalog, &places, Some(database));
        Ok(Exporting { store, checkpoint: Some(checkpoint), export: None, file: Vec::new() })
    }

    /// The file, once it is whole. The catalog is the same at each step.
    pub fn step(&mut self, catalog: &Catalog) -> Result<Option<Vec<u8>>> {
        if let Some(checkpoint) = &mut self.checkpoint {
            if checkpoint.step(&mut self.store, catalog, STEP)? != Progress::More {
                self.checkpoint = None;
            }
            return Ok(None);
        }
        let export = match &mut self.export {
            Some(export) => export,
            None => {
                let export = self.store.export()?;
                self.file.reserve(usize::try_from(export.size()).unwrap_or_default());
                self.export.insert(export)
            }
        };
        match export.next() {
            Some(chunk) => {
                self.file.extend(chunk?);
                Ok(None)
            }
            None => Ok(Some(std::mem::take(&mut self.file))),
        }
    }
}

/// A file that is read, step by step.
pub(crate) struct Importing(Pin<Box<dyn Future<Output = Result<Moved>>>>);

impl Importing {
    pub fn begin(file: Vec<u8>) -> Importing {
        Importing(Box::pin(import(file)))
    }

    pub fn step(&mut self) -> Result<Option<Moved>> {
        go_on(&mut self.0).transpose()
    }
}

async fn import(file: Vec<u8>) -> Result<Moved> {
    let kept = opened(file).await.map_err(|error| match error {
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

async fn opened(file: Vec<u8>) -> std::result::Result<Kept, StoreError> {
    let files = Arc::new(Memory::new());
    let mut import = Import::new(files.clone())?;
    for bytes in file.chunks(STEP) {
        import.write(bytes)?;
        step().await;
    }
    // it is not there twice while it is read
    drop(file);
    import.finish()?;
    Ok(Kept::read(files).await?.0)
}
