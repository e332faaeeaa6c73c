//! What a server said becomes what the user sees: a code, a place, a way out.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::execute::admin::storage::WAY_OUT;
use crate::milvus::Version;
use crate::milvus::error::Error;
use crate::milvus::failure::is_envoys;
use crate::milvus::features::Product;
use crate::milvus::platform::Probe;

/// How the engine begins to say why it answers nothing.
const DAMAGED: &str = "the store is damaged: ";

/// Errors of a server that was not reached or would not answer: what else is tried fails as well.
pub(crate) const NO_ANSWER: [Code; 5] =
    [Code::Unreachable, Code::TimedOut, Code::Unauthenticated, Code::Refused, Code::RateLimited];

/// What a smaller server has not, Milvus has.
pub(crate) fn elsewhere(error: Diagnostic, version: &Version) -> Diagnostic {
    match version.product {
        Product::Milvus => error,
        Product::MilvusLite | Product::Engine => {
            error.help("Milvus itself has it: `CONNECT 'http://host:19530'` goes to one")
        }
    }
}

/// An error of a statement, marked at `span`; `statement` is the words that it opens with.
pub(crate) fn diagnose(error: Error, statement: &str, span: Span) -> Diagnostic {
    match error {
        Error::Unreachable { url, detail, probe } => unreachable(&url, &detail, probe).at(span),
        Error::Unimplemented { method, version } => elsewhere(
            Diagnostic::new(Code::NotSupported, version.lacks(statement, method)),
            &version,
        )
        .at(span),
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
        Error::Broken { method, detail } => Diagnostic::new(
            Code::BrokenReply,
            format!("the reply to `{}` broke off: {detail}", method.name),
        )
        .at(span),
        Error::Status { method, url, code, reason } => {
            status(method.name, &url, code, &reason).at(span)
        }
        Error::Http { url, status, .. } => http(&url, status).at(span),
        Error::RateLimited { reason } => {
            let message = format!("the server takes no more for now: {reason}");
            Diagnostic::new(Code::RateLimited, message).at(span).help(
                "the request was sent again and again as long as `timeout` lets it; wait and run \
                 the statement again, or ask whoever runs the server for a higher limit",
            )
        }
        Error::Server { reason, .. } if reason.starts_with(DAMAGED) => {
            Diagnostic::new(Code::StoreDamaged, reason).at(span).help(WAY_OUT)
        }
        Error::Server { code, reason } => {
            let code = if code > 1 { format!(" (code {code})") } else { String::new() };
            Diagnostic::new(Code::ServerError, format!("the server answers: {reason}{code}"))
                .at(span)
        }
    }
}

/// A status of gRPC, by its name in gRPC's documents.
fn status(method: &str, url: &str, code: tonic::Code, reason: &str) -> Diagnostic {
    let code = format!("{code:?}").to_ascii_uppercase();
    let colon = if reason.is_empty() { "" } else { ": " };
    if is_envoys(reason) {
        return Diagnostic::new(
            Code::Unreachable,
            format!("Envoy answers at {url}, but Milvus behind it does not: {code}{colon}{reason}"),
        )
        .help("see that Milvus runs, and that its address is the one in Envoy's config");
    }
    let message = format!("the server ended `{method}` with the status {code}{colon}{reason}");
    Diagnostic::new(Code::ServerError, message)
}

/// An HTTP response that is no gRPC-Web.
fn http(url: &str, status: u16) -> Diagnostic {
    let (code, help) = match status {
        401 | 403 => (Code::Refused, "a proxy before Milvus keeps the request: see its own rules"),
        408 => (Code::Refused, "the request came too slowly for a proxy: send fewer rows in one"),
        413 => (Code::Refused, "a proxy takes no request as large: send fewer rows in one"),
        502..=504 => (
            Code::Unreachable,
            "a proxy answers, and what is behind it does not: see that Envoy and Milvus run",
        ),
        _ => (
            Code::Unreachable,
            "what answers there does not speak gRPC-Web: the address must be Envoy's, see \
             deploy/envoy.yaml",
        ),
    };
    Diagnostic::new(code, format!("HTTP status {status}, and no reply of Milvus, came from {url}"))
        .help(help)
}

/// The host, where it looks like the file of a database.
fn file_of(url: &str) -> Option<&str> {
    let (_, place) = url.split_once("://")?;
    let host = place.split([':', '/']).next()?;
    host.ends_with(".milvus").then_some(host)
}

/// The likely causes, in order, as far as a look at the address has told them apart.
fn unreachable(url: &str, detail: &str, probe: Probe) -> Diagnostic {
    let mut diagnostic =
        Diagnostic::new(Code::Unreachable, format!("no Milvus answered at {url}: {detail}"));
    if let Some(file) = file_of(url) {
        diagnostic = diagnostic.help(format!("if it is the file of a database: `./{file}`"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_looks_like_a_file_is_asked_about() {
        let helps = |url| unreachable(url, "no", Probe::Unknown).help.len();
        assert_eq!(helps("http://digits.milvus:19530"), helps("http://milvus:19530") + 1);
        let diagnostic = unreachable("http://digits.milvus:19530", "no", Probe::Unknown);
        assert_eq!(diagnostic.help[0], "if it is the file of a database: `./digits.milvus`");
    }
}
