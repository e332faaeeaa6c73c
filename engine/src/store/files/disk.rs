//! Files in a folder of the file system, which one process holds at a time.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{File, Files};
use crate::store::error::{Result, StoreError};

const LOCK: &str = "lock";

pub struct Disk {
    folder: PathBuf,
    /// given up when it is dropped, and when the process dies
    _lock: fs::File,
}

struct DiskFile(Mutex<fs::File>);

impl Disk {
    /// Makes the folder when it is not there. Fails when another process has it open.
    pub fn open(folder: impl AsRef<Path>) -> Result<Disk> {
        let folder = folder.as_ref().to_path_buf();
        fs::create_dir_all(&folder)?;
        let lock = open(&folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Disk { folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Io(format!(
                "the store in `{}` is open in another process",
                folder.display()
            ))),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// A name that comes or goes is kept by the folder, not by the file.
    fn flush(&self) -> Result<()> {
        if cfg!(unix) {
            fs::File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl Files for Disk {
    fn open(&self, name: &str) -> Result<Arc<dyn File>> {
        let path = self.folder.join(name);
        let is_new = !path.exists();
        let file = open(&path)?;
        if is_new {
            self.flush()?;
        }
        Ok(Arc::new(DiskFile(Mutex::new(file))))
    }

    fn list(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn remove(&self, name: &str) -> Result<()> {
        match fs::remove_file(self.folder.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => self.flush(),
        }
    }
}

impl DiskFile {
    fn at(&self, offset: u64) -> Result<MutexGuard<'_, fs::File>> {
        let mut file = self.file();
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    }

    fn file(&self) -> MutexGuard<'_, fs::File> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File for DiskFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        Ok(self.at(offset)?.read(buffer)?)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        Ok(self.at(offset)?.write(bytes)?)
    }

    fn flush(&self) -> Result<()> {
        Ok(self.file().sync_data()?)
    }

    fn truncate(&self, size: u64) -> Result<()> {
        Ok(self.file().set_len(size)?)
    }

    fn size(&self) -> Result<u64> {
        Ok(self.file().metadata()?.len())
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> StoreError {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Quota,
            _ => StoreError::Io(error.to_string()),
        }
    }
}

fn open(path: &Path) -> Result<fs::File> {
    Ok(OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?)
}
