//! A call that failed: what it was that failed. In: gRPC's status, and what the platform makes of
//! its channel's own error, if there was one. Out: an [`Error`], or that the server was not
//! reached, which a look at the address may explain.

use milvus_proto::Method;
use tonic::{Code, Status};

use super::error::Error;
use super::platform::Failure;

/// The words that tonic's decoder has for a reply that it cannot take apart.
const BROKEN: [&str; 4] =
    ["Missing response message", "protocol error", "Unexpected EOF", "Error, decoded message"];

/// How tonic tells an HTTP status without one of gRPC's.
const MAPPED: &str = "mapped from HTTP status code ";

/// What came of a call, or in the transport's own words why the server was not reached.
pub(super) fn of_status(
    method: &'static Method,
    url: &str,
    status: &Status,
    failure: Option<Failure>,
) -> Result<Error, String> {
    let reason = status.message().to_string();
    let http = |status| match status {
        429 => Error::RateLimited { reason: "HTTP status 429, too many requests".to_string() },
        status => Error::Http { method, url: url.to_string(), status },
    };
    match failure {
        // its own deadline has gone off
        _ if status.code() == Code::DeadlineExceeded && !is_envoys(&reason) => {}
        Some(Failure::Unreached(detail)) => return Err(plain(&detail)),
        Some(Failure::Broken(detail)) => {
            return Ok(Error::Broken { method, detail: plain(&detail) });
        }
        Some(Failure::Http(status)) => return Ok(http(status)),
        None => {}
    }
    if let Some((_, code)) = reason.split_once(MAPPED)
        && let Some(Ok(code)) = code.split_whitespace().next().map(str::parse)
    {
        return Ok(http(code));
    }
    if BROKEN.iter().any(|words| reason.starts_with(words)) {
        return Ok(Error::Broken { method, detail: reason });
    }
    Ok(match status.code() {
        Code::Unimplemented if reason.contains("404") || reason.starts_with('<') => http(404),
        Code::ResourceExhausted | Code::Unavailable if is_rate_limit(&reason) => {
            Error::RateLimited { reason }
        }
        // Envoy gives its own refusals a status of gRPC as well, which for these two says nothing
        Code::Unknown if reason == "Payload Too Large" => http(413),
        Code::Unknown if reason == "request timeout" => http(408),
        Code::PermissionDenied => Error::Refused { method: method.name, reason },
        Code::Unauthenticated => Error::Unauthenticated { reason },
        Code::ResourceExhausted
        | Code::InvalidArgument
        | Code::FailedPrecondition
        | Code::NotFound
        | Code::AlreadyExists
        | Code::OutOfRange => Error::Server { code: 0, reason },
        code => Error::Status { method, url: url.to_string(), code, reason },
    })
}

/// A browser's word for its own kind of error says nothing to a user.
fn plain(detail: &str) -> String {
    let detail = detail.strip_prefix("TypeError: ").unwrap_or(detail);
    if detail.is_empty() { "the connection failed".to_string() } else { detail.to_string() }
}

/// Whether a status is in the words of Envoy, which answers for a Milvus that does not.
pub fn is_envoys(reason: &str) -> bool {
    reason.starts_with("upstream ") || reason.starts_with("no healthy upstream")
}

/// Whether a status is Milvus's "rate limit exceeded" or Envoy's "local_rate_limited".
fn is_rate_limit(reason: &str) -> bool {
    reason.contains("rate limit") || reason.contains("rate_limit")
}

/// Whether a status says that the request did not get as far as Milvus.
pub fn is_unsent(reason: &str) -> bool {
    ["no healthy upstream", "connection failure", "Payload Too Large", "request_payload_too_large"]
        .iter()
        .any(|words| reason.contains(words))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use milvus_proto::METHODS;

    fn of(code: Code, reason: &str, failure: Option<Failure>) -> Result<Error, String> {
        of_status(&METHODS[0], "http://h", &Status::new(code, reason), failure)
    }

    fn said(code: Code, reason: &str) -> String {
        match of(code, reason, None) {
            Ok(Error::Status { code, reason, .. }) => format!("{code:?} {reason}"),
            Ok(Error::Http { status, .. }) => format!("HTTP {status}"),
            Ok(Error::Broken { detail, .. }) => format!("broken {detail}"),
            Ok(Error::Server { reason, .. }) => format!("server {reason}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_status_is_what_it_is() {
        assert_eq!(said(Code::Unavailable, "gone"), "Unavailable gone");
        assert_eq!(said(Code::Internal, "panic"), "Internal panic");
        assert_eq!(
            said(Code::Internal, "Missing response message."),
            "broken Missing response \
            message."
        );
        assert_eq!(said(Code::InvalidArgument, "no"), "server no");
        let mapped = "grpc-status header missing, mapped from HTTP status code 502";
        assert_eq!(said(Code::Unavailable, mapped), "HTTP 502");
        assert_eq!(said(Code::Unimplemented, "404 page not found"), "HTTP 404");
        assert_eq!(said(Code::Unknown, "Payload Too Large"), "HTTP 413");
        assert_eq!(said(Code::Unknown, "request timeout"), "HTTP 408");
        assert_eq!(said(Code::Unknown, "timeout"), "Unknown timeout");
        assert_eq!(
            said(Code::DeadlineExceeded, "upstream request timeout"),
            "DeadlineExceeded upstream request timeout"
        );
    }

    #[test]
    fn what_the_channel_knows_comes_first() {
        let unreached = Failure::Unreached("TypeError: Failed to fetch".to_string());
        assert_eq!(of(Code::Unknown, "", Some(unreached)), Err("Failed to fetch".to_string()));
        let broken = Failure::Broken("TypeError: network error".to_string());
        let detail = "network error".to_string();
        let method = &METHODS[0];
        assert_eq!(of(Code::Unknown, "", Some(broken)), Ok(Error::Broken { method, detail }));
        let http = of(Code::Unknown, "", Some(Failure::Http(413)));
        assert_eq!(http, Ok(Error::Http { method, url: "http://h".to_string(), status: 413 }));
    }
}
