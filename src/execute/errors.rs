//! What a server said becomes what the user sees: a code, a place, a way out.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::milvus::error::Error;
use crate::milvus::platform::Probe;

/// Errors of a server that was not reached or would not answer: what else is tried fails as well.
pub(crate) const NO_ANSWER: [Code; 4] =
    [Code::Unreachable, Code::TimedOut, Code::Unauthenticated, Code::Refused];

/// An error of a statement, marked at `span`; `statement` is the words that it opens with.
pub(crate) fn diagnose(error: Error, statement: &str, span: Span) -> Diagnostic {
    match error {
        Error::Unreachable { url, detail, probe } => unreachable(&url, &detail, probe).at(span),
        Error::Unimplemented { method, version } => {
            Diagnostic::new(Code::NotSupported, version.lacks(statement, method)).at(span)
        }
        Error::Refused { method, reason } => {
            let reason =
                if reason.is_empty() { String::new() } else { format!(": {}", reason.trim()) };
            let message = format!("the proxy or the server refused the method `{method}`{reason}");
            Diagnostic::new(Code::Refused, message).at(span).help(
                "a read-only demo lets only the methods that read pass; otherwise ask for the \
                 privilege",
            )
        }
        Error::Unauthenticated { reason } => {
            let message = format!("the server did not accept the user and password: {reason}");
            Diagnostic::new(Code::Unauthenticated, message).at(span).help(
                "connect with `CONNECT 'http://host:19530' USER '…' PASSWORD '…'` or \
                 `milvus://user:password@host:19530`",
            )
        }
        Error::TimedOut { method, seconds } => {
            let message = format!("no answer to `{method}` within {seconds} s");
            Diagnostic::new(Code::TimedOut, message)
                .at(span)
                .help("`SET timeout = 300` waits longer")
        }
        Error::Server { code, reason } => {
            let code = if code > 1 { format!(" (code {code})") } else { String::new() };
            Diagnostic::new(Code::ServerError, format!("the server answers: {reason}{code}"))
                .at(span)
        }
    }
}

/// The likely causes, in order, as far as a look at the address has told them apart.
fn unreachable(url: &str, detail: &str, probe: Probe) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::Unreachable, format!("no Milvus answered at {url}: {detail}"));
    // the browser's words for an answer that it keeps from the page
    let kept = detail.contains("Failed to fetch")
        || detail.contains("NetworkError")
        || detail.contains("Load failed");
    match probe {
        Probe::Answers if kept => diagnostic
            .help(
                "something answers there, but the browser keeps the answer from this page (CORS): \
                 add the page's origin to `allow_origin_string_match` in Envoy's config",
            )
            .help(
                "or it is no Envoy with gRPC-Web: the address must be Envoy's, see \
                 deploy/envoy.yaml",
            ),
        Probe::Answers => diagnostic.help(
            "what answers there does not speak gRPC-Web: the address must be Envoy's, see \
             deploy/envoy.yaml",
        ),
        Probe::Silent => diagnostic
            .help("nothing answers HTTP there: check host and port, and that Envoy runs")
            .help(
                "if it is Milvus's own gRPC port: a browser cannot speak to that, use Envoy's port",
            )
            .help("if the server wants TLS: add `?secure=true`"),
        Probe::Unknown => diagnostic.help(
            "check host and port, that Envoy runs in front of Milvus, and TLS (`?secure=true`)",
        ),
    }
}
