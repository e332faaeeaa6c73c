//! The engine's door to JavaScript: a store is opened, requests go in by method and bytes, replies
//! come out. `ts/worker.ts` holds it; nothing else here knows JavaScript.

#![cfg(target_arch = "wasm32")]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use milvus_engine::service::{Call, Refusal, Service};
use milvus_proto::{Effect, METHODS};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Engine {
    service: Service,
}

#[wasm_bindgen]
impl Engine {
    /// A store that is kept nowhere.
    pub fn memory() -> Engine {
        console_error_panic_hook::set_once();
        Engine { service: Service::default() }
    }

    /// Answers a request, or throws a status of gRPC as a number.
    pub fn call(&mut self, method: &str, database: &str, request: &[u8]) -> Result<Vec<u8>, u32> {
        let now_ms = js_sys::Date::now() as u64;
        let answer = self.service.call(Call { method, database, request, now_ms });
        answer.map_err(|refusal| match refusal {
            Refusal::Unimplemented => 12,
            Refusal::Malformed => 3,
        })
    }
}

/// Whether a request of this method changes nothing, so that it may be sent again.
#[wasm_bindgen(js_name = isRead)]
pub fn is_read(method: &str) -> bool {
    METHODS.iter().any(|known| known.name == method && known.effect != Effect::Write)
}
