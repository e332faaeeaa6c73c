//! The store's files in a browser: a folder of the origin private file system, by handles that read
//! and write at once (MDN, `FileSystemSyncAccessHandle`). A handle can only be opened and a file
//! only be removed later than asked: the worker opens handles ahead, and removes what was given up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use js_sys::Reflect;
use milvus_engine::store::error::{Result, StoreError};
use milvus_engine::store::files::{File, Files};
use wasm_bindgen::prelude::*;
use web_sys::{FileSystemReadWriteOptions, FileSystemSyncAccessHandle};

thread_local! {
    /// the handles of each folder; a folder and its files are told by numbers and names, which may
    /// cross threads
    static FOLDERS: RefCell<Vec<BTreeMap<String, Opened>>> = const { RefCell::new(Vec::new()) };
}

struct Opened {
    handle: FileSystemSyncAccessHandle,
    /// as the store has it: a file that is only opened ahead, or given up, is none
    is_there: bool,
}

#[derive(Clone, Copy)]
pub struct Folder(usize);

struct OpfsFile {
    folder: Folder,
    name: String,
}

impl Folder {
    pub fn new() -> Folder {
        FOLDERS.with_borrow_mut(|folders| {
            folders.push(BTreeMap::new());
            Folder(folders.len() - 1)
        })
    }

    /// Takes a handle: of a file that is there, or of one that the store will make.
    pub fn add(self, name: String, handle: FileSystemSyncAccessHandle, is_there: bool) {
        self.with(|files| files.insert(name, Opened { handle, is_there }));
    }

    /// Whether there is a handle.
    pub fn has(self, name: &str) -> bool {
        self.with(|files| files.contains_key(name)).unwrap_or(false)
    }

    /// Closes the handles of what is no file of the store, but for these names.
    pub fn give_up(self, ahead: &[String]) -> Vec<String> {
        self.with(|files| {
            let is_given_up =
                |name: &String, opened: &Opened| !opened.is_there && !ahead.contains(name);
            let names = files.iter().filter(|(name, opened)| is_given_up(name, opened));
            let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
            for name in &names {
                if let Some(opened) = files.remove(name) {
                    opened.handle.close();
                }
            }
            names
        })
        .unwrap_or_default()
    }

    fn with<T>(self, act: impl FnOnce(&mut BTreeMap<String, Opened>) -> T) -> Option<T> {
        FOLDERS.with_borrow_mut(|folders| folders.get_mut(self.0).map(act))
    }
}

impl Files for Folder {
    fn open(&self, name: &str) -> Result<Arc<dyn File>> {
        let found =
            self.with(|files| files.get_mut(name).map(|opened| opened.is_there = true).is_some());
        match found {
            Some(true) => Ok(Arc::new(OpfsFile { folder: *self, name: name.to_string() })),
            _ => Err(StoreError::Io(format!("{name} was not opened ahead"))),
        }
    }

    fn list(&self) -> Result<Vec<String>> {
        let names = self.with(|files| {
            let there = files.iter().filter(|(_, opened)| opened.is_there);
            there.map(|(name, _)| name.clone()).collect()
        });
        Ok(names.unwrap_or_default())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let emptied = self.with(|files| match files.get_mut(name) {
            Some(opened) => {
                opened.is_there = false;
                opened.handle.truncate_with_f64(0.0)
            }
            None => Ok(()),
        });
        emptied.unwrap_or(Ok(())).map_err(|error| failed(&error))
    }
}

impl OpfsFile {
    fn with<T>(
        &self,
        act: impl FnOnce(&FileSystemSyncAccessHandle) -> std::result::Result<T, JsValue>,
    ) -> Result<T> {
        let done =
            self.folder.with(|files| files.get(&self.name).map(|opened| act(&opened.handle)));
        match done.flatten() {
            Some(done) => done.map_err(|error| failed(&error)),
            None => Err(StoreError::Io(format!("{} is no longer open", self.name))),
        }
    }
}

impl File for OpfsFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let read =
            self.with(|handle| handle.read_with_u8_array_and_options(buffer, &at(offset)))?;
        Ok(read as usize)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        let written =
            self.with(|handle| handle.write_with_u8_array_and_options(bytes, &at(offset)))?;
        // where there is no room Chromium does not throw, and gives -8 as a u32
        if !bytes.is_empty() && !(1.0..=bytes.len() as f64).contains(&written) {
            return Err(StoreError::Quota);
        }
        Ok(written as usize)
    }

    fn flush(&self) -> Result<()> {
        self.with(FileSystemSyncAccessHandle::flush)
    }

    fn truncate(&self, size: u64) -> Result<()> {
        self.with(|handle| handle.truncate_with_f64(size as f64))
    }

    fn size(&self) -> Result<u64> {
        self.with(FileSystemSyncAccessHandle::get_size).map(|size| size as u64)
    }
}

fn at(offset: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(offset as f64);
    options
}

/// A browser names its errors.
fn failed(error: &JsValue) -> StoreError {
    let get = |key: &str| Reflect::get(error, &key.into()).ok().and_then(|text| text.as_string());
    match get("name").as_deref() {
        Some("QuotaExceededError") => StoreError::Quota,
        _ => StoreError::Io(get("message").unwrap_or_else(|| "the browser gives no reason".into())),
    }
}
