//! The engine's door to JavaScript: a store is opened, requests go in by method and bytes, replies
//! come out. `ts/store.ts` holds it; nothing else here knows JavaScript.

#![cfg(target_arch = "wasm32")]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod opfs;
mod zones;

use std::sync::Arc;

use js_sys::Date;
use milvus_engine::kept::damaged::Found;
use milvus_engine::kept::{Kept, SLICE};
use milvus_engine::pace::Partial;
use milvus_engine::service::{Call, Refusal, Service};
use milvus_engine::zone;
use wasm_bindgen::prelude::*;
use web_sys::FileSystemSyncAccessHandle;

use opfs::Folder;

#[wasm_bindgen]
pub struct Engine {
    served: Served,
    /// the request that is under way
    asked: Asked,
}

/// A request, and what was found for it so far.
#[derive(Default)]
struct Asked {
    method: String,
    database: String,
    request: Vec<u8>,
    partial: Partial,
}

/// What the engine has of its page.
fn set_up() {
    console_error_panic_hook::set_once();
    zone::provide(zones::offset);
}

enum Served {
    Memory(Service),
    Files(Found, Folder),
}

#[wasm_bindgen]
impl Engine {
    /// A store that is kept nowhere.
    pub fn memory() -> Engine {
        set_up();
        Engine { served: Served::Memory(Service::default()), asked: Asked::default() }
    }

    /// The store of these files; `added` are handles of files that are to be made. Throws in words
    /// why it cannot be read, and then nothing was changed; a damaged one answers for itself.
    pub fn open(
        names: Vec<String>,
        handles: Vec<FileSystemSyncAccessHandle>,
        added: usize,
    ) -> Result<Engine, String> {
        set_up();
        let folder = Folder::new();
        let there = names.len() - added.min(names.len());
        for (at, (name, handle)) in names.into_iter().zip(handles).enumerate() {
            folder.add(name, handle, at < there);
        }
        let (found, _) = Found::open(Arc::new(folder)).map_err(|error| error.to_string())?;
        Ok(Engine { served: Served::Files(found, folder), asked: Asked::default() })
    }

    /// Answers a request, or throws a status of gRPC as a number. One that has taken so many
    /// milliseconds gives nothing: then [`Engine::go_on`] is called, or [`Engine::stop`], and
    /// nothing else before that.
    pub fn call(
        &mut self,
        method: String,
        database: String,
        request: Vec<u8>,
        ms: f64,
    ) -> Result<Option<Vec<u8>>, u32> {
        self.asked = Asked { method, database, request, partial: Partial::default() };
        self.go_on(ms)
    }

    /// Goes on with the request that is under way.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(&mut self, ms: f64) -> Result<Option<Vec<u8>>, u32> {
        let start = Date::now();
        let mut go_on = || Date::now() < start + ms;
        let Asked { method, database, request, partial } = &mut self.asked;
        let call = Call { method, database, request, now_ms: start as u64 };
        let answer = match &mut self.served {
            Served::Memory(service) => service.call_slice(call, partial, &mut go_on),
            Served::Files(found, _) => found.call_slice(call, partial, &mut go_on),
        };
        if !matches!(answer, Ok(None)) {
            self.stop();
        }
        answer.map_err(|refusal| match refusal {
            Refusal::Unimplemented => 12,
            Refusal::Malformed => 3,
        })
    }

    /// Gives up the request that is under way.
    pub fn stop(&mut self) {
        self.asked = Asked::default();
    }

    /// Builds indexes for so many milliseconds; tells whether there is more to build.
    pub fn work(&mut self, ms: f64) -> bool {
        let end = Date::now() + ms;
        let mut go_on = || Date::now() < end;
        match &mut self.served {
            Served::Memory(service) => service.work(&mut go_on),
            Served::Files(found, _) => found.kept_mut().is_some_and(|kept| kept.work(&mut go_on)),
        }
    }

    /// Whether there is something for [`Engine::keep`] to do.
    #[wasm_bindgen(js_name = isDue)]
    pub fn is_due(&self) -> bool {
        self.kept().is_some_and(|(kept, _)| kept.is_due())
    }

    /// The names of files that have to be opened before [`Engine::keep`] goes on.
    #[wasm_bindgen(js_name = namesAhead)]
    pub fn names_ahead(&self) -> Vec<String> {
        let Some((kept, folder)) = self.kept() else { return Vec::new() };
        kept.names_ahead().into_iter().filter(|name| !folder.has(name)).collect()
    }

    /// Takes the handle of a file that was made.
    pub fn add(&self, name: String, handle: FileSystemSyncAccessHandle) {
        if let Served::Files(_, folder) = &self.served {
            folder.add(name, handle, false);
        }
    }

    /// Writes a slice of what the log has to segments; throws in words why it could not, and then
    /// the log has it as before.
    pub fn keep(&mut self) -> Result<(), String> {
        match &mut self.served {
            Served::Memory(_) => Ok(()),
            Served::Files(found, _) => match found.kept_mut() {
                Some(kept) => kept.step(SLICE).map(drop).map_err(|error| error.to_string()),
                None => Ok(()),
            },
        }
    }

    /// The names of files that are no longer needed and whose handles are closed: to be removed.
    #[wasm_bindgen(js_name = givenUp)]
    pub fn given_up(&self) -> Vec<String> {
        match self.kept() {
            Some((kept, folder)) if !kept.is_due() => folder.give_up(&kept.names_ahead()),
            _ => Vec::new(),
        }
    }

    fn kept(&self) -> Option<(&Kept, &Folder)> {
        match &self.served {
            Served::Memory(_) => None,
            Served::Files(found, folder) => found.kept().map(|kept| (kept, folder)),
        }
    }
}
