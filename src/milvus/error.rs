//! What can go wrong between us and a server, in the terms of gRPC and Milvus. `execute` makes
//! diagnostics of it.

use super::failure::is_unsent;
use super::features::Version;
use super::platform::Probe;
use milvus_proto::{Method, common};

#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// no answer that is one: nothing there, no gRPC-Web, CORS, TLS; `detail` is the transport's
    /// own word
    Unreachable { url: String, detail: String, probe: Probe },
    /// the server does not have this method, as its version or its answer says
    Unimplemented { method: &'static Method, version: Version },
    /// a proxy or the server's access control keeps this method from us
    Refused { method: &'static str, reason: String },
    /// the user or the password is wrong, or there is none
    Unauthenticated { reason: String },
    /// no answer within the deadline
    TimedOut { method: &'static str, seconds: f64 },
    /// a reply that cannot be read to its end
    Broken { method: &'static Method, detail: String },
    /// the call ended with this status of gRPC, in the server's or Envoy's words
    Status { method: &'static Method, url: String, code: tonic::Code, reason: String },
    /// what answered there spoke HTTP alone: no Envoy, or a proxy on the way to it
    Http { method: &'static Method, url: String, status: u16 },
    /// the server, or the proxy before it, takes no more for now, and did nothing
    RateLimited { reason: String },
    /// the server answered with an error of its own; `code` is Milvus's
    Server { code: i32, reason: String },
}

/// Milvus's codes that the kernel acts upon (pkg/util/merr).
pub const RATE_LIMIT: i32 = 8;
pub const COLLECTION_NOT_FOUND: i32 = 100;
pub const COLLECTION_NOT_LOADED: i32 = 101;
pub const INDEX_NOT_FOUND: i32 = 700;
/// The same before 2.4, in the field `error_code`.
const LEGACY_RATE_LIMIT: i32 = 49;

impl Error {
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Server { code: COLLECTION_NOT_FOUND | 4, .. })
    }

    /// Milvus says this in code or, of a partition or before 2.3, in words.
    pub fn is_not_loaded(&self) -> bool {
        match self {
            Error::Server { code: COLLECTION_NOT_LOADED, .. } => true,
            Error::Server { reason, .. } => {
                reason.contains("not loaded") || reason.contains("not been loaded")
            }
            _ => false,
        }
    }

    /// Milvus drops no partition that is loaded, and says so in words.
    pub fn is_loaded(&self) -> bool {
        matches!(self, Error::Server { reason, .. } if reason.contains("partition is loaded"))
    }

    pub fn is_index_not_found(&self) -> bool {
        match self {
            Error::Server { code: INDEX_NOT_FOUND | 25, .. } => true,
            Error::Server { reason, .. } => {
                reason.contains("index not found") || reason.contains("index doesn't exist")
            }
            _ => false,
        }
    }

    /// Whether the request may have been carried out all the same.
    pub fn is_lost(&self) -> bool {
        match self {
            Error::Unreachable { .. } | Error::TimedOut { .. } | Error::Broken { .. } => true,
            Error::Status { reason, .. } => !is_unsent(reason),
            Error::Http { status, .. } => !(400..500).contains(status),
            Error::Unimplemented { .. }
            | Error::Refused { .. }
            | Error::Unauthenticated { .. }
            | Error::RateLimited { .. }
            | Error::Server { .. } => false,
        }
    }

    /// The same, without the words of a server that repeats what it was told in confidence.
    pub fn without(mut self, secrets: &[String]) -> Error {
        let words = match &mut self {
            Error::Unreachable { url: _, detail, probe: _ }
            | Error::Broken { method: _, detail } => detail,
            Error::Refused { method: _, reason }
            | Error::Unauthenticated { reason }
            | Error::Status { method: _, url: _, code: _, reason }
            | Error::RateLimited { reason }
            | Error::Server { code: _, reason } => reason,
            Error::Unimplemented { .. } | Error::TimedOut { .. } | Error::Http { .. } => {
                return self;
            }
        };
        if secrets.iter().any(|secret| words.contains(secret)) {
            *words = "its words are not shown, since they repeat a secret".to_string();
        }
        self
    }

    pub fn is_unimplemented(&self) -> bool {
        matches!(self, Error::Unimplemented { .. })
    }

    /// Reads the status that every reply of Milvus carries: both codes zero is success.
    pub fn of_status(status: &common::Status) -> Option<Error> {
        let code = if status.code != 0 { status.code } else { status.error_code };
        if code == 0 {
            return None;
        }
        let reason = if status.reason.is_empty() { &status.detail } else { &status.reason };
        let reason = if reason.is_empty() { "the server gives no reason" } else { reason.as_str() };
        // the interceptor of Milvus's proxy answers in words
        if reason.contains("auth check failure") || reason.contains("unauthenticated") {
            return Some(Error::Unauthenticated { reason: reason.to_string() });
        }
        if status.code == RATE_LIMIT || status.code == 0 && status.error_code == LEGACY_RATE_LIMIT {
            return Some(Error::RateLimited { reason: reason.to_string() });
        }
        Some(Error::Server { code, reason: reason.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_a_server_repeats_is_not_shown() {
        let secrets = ["hidden-1".to_string(), "aGlkZGVuLTE=".to_string()];
        let server = |reason: &str| Error::Server { code: 1100, reason: reason.to_string() };
        for reason in ["no key [hidden-1]", "cannot decode aGlkZGVuLTE="] {
            let Error::Server { code: 1100, reason } = server(reason).without(&secrets) else {
                panic!("another error")
            };
            assert!(reason.contains("not shown"), "{reason}");
        }
        assert_eq!(server("no such user").without(&secrets), server("no such user"));
    }
}
