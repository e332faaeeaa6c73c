//! The engine behind gRPC, for pymilvus and any other client of Milvus:
//!
//!     cargo run -p milvus-engine --example serve -- --port 19530 --data folder
//!
//! What is acknowledged is kept in the folder; without one, all is in memory alone. Indexes are
//! built while no request is there. It takes the frames of unary calls off itself: the engine is
//! asked by bytes, and needs no generated server.

use std::convert::Infallible;
use std::process::exit;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use milvus_engine::kept::SLICE as KEPT_SLICE;
use milvus_engine::kept::damaged::Found;
use milvus_engine::service::{Call, Refusal, Service};
use milvus_engine::store::error::StoreError;
use milvus_engine::store::files::disk::Disk;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Flag and length before a message.
const FRAME: usize = 5;

/// How long a request waits for the building of an index, at most.
const SLICE: Duration = Duration::from_millis(20);

/// gRPC's own numbers.
const OK: u8 = 0;
const INVALID_ARGUMENT: u8 = 3;
const UNIMPLEMENTED: u8 = 12;

/// What answers: kept in a folder, or in memory.
enum Server {
    Kept(Found),
    Memory(Service),
}

struct Served {
    server: Mutex<Server>,
    /// a request was answered: there may be something to keep or to build
    answered: Notify,
}

impl Served {
    /// A panic is a bug: the process ends with it.
    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(|_| exit(101))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (port, folder) = match arguments() {
        Ok(arguments) => arguments,
        Err(wrong) => {
            eprintln!("serve: {wrong}\nusage: serve [--port N] [--data FOLDER]");
            exit(2);
        }
    };
    let server = match folder.as_deref().map(open) {
        None => Server::Memory(Service::default()),
        Some(Ok(found)) => Server::Kept(found),
        Some(Err(error)) => {
            eprintln!("serve: {error}");
            exit(1);
        }
    };
    let listener = match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("serve: port {port} of 127.0.0.1 cannot be had: {error}");
            exit(1);
        }
    };
    match listener.local_addr() {
        Ok(address) => println!("serving http://{address}"),
        Err(error) => eprintln!("serve: {error}"),
    }
    let served = Arc::new(Served { server: Mutex::new(server), answered: Notify::new() });
    tokio::spawn(tend(served.clone()));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(converse(stream, served.clone()))),
            Err(error) => eprintln!("serve: a connection failed: {error}"),
        }
    }
}

/// The port, 19530 unless another one is named, any that is free for 0; and the folder.
fn arguments() -> Result<(u16, Option<String>), String> {
    let (mut port, mut folder) = (19530, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--port" => {
                let text = words.next().ok_or("--port wants a number")?;
                port = text.parse().map_err(|_| format!("`{text}` is no port"))?;
            }
            "--data" => folder = Some(words.next().ok_or("--data wants a folder")?),
            other => return Err(format!("unknown option `{other}`")),
        }
    }
    Ok((port, folder))
}

fn open(folder: &str) -> Result<Found, StoreError> {
    let (found, opening) = Found::open(Arc::new(Disk::open(folder)?))?;
    if opening.cut_off > 0 {
        let bytes = opening.cut_off;
        eprintln!("serve: {bytes} bytes of a write that was never acknowledged were cut off");
    }
    if let Found::Damaged(damaged) = &found {
        eprintln!("serve: {}", damaged.error());
    }
    Ok(found)
}

/// All calls of a connection. A client that goes away in the middle is no fault of ours.
async fn converse(stream: TcpStream, served: Arc<Served>) {
    let answer = hyper::service::service_fn(|request| answer(request, served.clone()));
    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .max_frame_size(1 << 20)
        .initial_connection_window_size(16 << 20)
        .initial_stream_window_size(16 << 20)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    served: Arc<Served>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let Some(message) = message(&body) else {
        return Ok(response(Vec::new(), INVALID_ARGUMENT, "no uncompressed unary message"));
    };
    let method = head.uri.path().rsplit('/').next().unwrap_or_default();
    let database = head.headers.get("dbname").and_then(|name| name.to_str().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let call = Call {
        method,
        database: database.unwrap_or_default(),
        request: message,
        now_ms: u64::try_from(now.as_millis()).unwrap_or_default(),
    };
    let reply = match &mut *served.server() {
        Server::Memory(service) => service.call(call),
        Server::Kept(found) => found.call(call),
    };
    served.answered.notify_one();
    Ok(match reply {
        Ok(reply) => response(framed(&reply), OK, ""),
        Err(Refusal::Unimplemented) => response(Vec::new(), UNIMPLEMENTED, "unknown method"),
        Err(Refusal::Malformed) => response(Vec::new(), INVALID_ARGUMENT, "a malformed request"),
    })
}

/// Writes to segments what is due, and builds indexes, between requests.
async fn tend(served: Arc<Served>) {
    loop {
        let begin = Instant::now();
        let mut go_on = || begin.elapsed() < SLICE;
        let more = match &mut *served.server() {
            Server::Memory(service) => service.work(&mut go_on),
            Server::Kept(found) => match found.kept_mut() {
                Some(kept) if kept.is_due() => {
                    if let Err(error) = kept.step(KEPT_SLICE) {
                        eprintln!("serve: the checkpoint failed: {error}");
                    }
                    true
                }
                Some(kept) => kept.work(&mut go_on),
                None => false,
            },
        };
        match more {
            true => tokio::task::yield_now().await,
            false => served.answered.notified().await,
        }
    }
}

/// The message of a body that is one frame.
fn message(body: &[u8]) -> Option<&[u8]> {
    let (head, message) = body.split_at_checked(FRAME)?;
    let [0, length @ ..] = head else { return None };
    let length = u32::from_be_bytes(length.try_into().ok()?);
    (message.len() == usize::try_from(length).ok()?).then_some(message)
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], length.to_be_bytes().as_slice(), message].concat()
}

fn response(frame: Vec<u8>, code: u8, message: &str) -> Response<BoxBody<Bytes, Infallible>> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(u16::from(code)));
    if let Ok(message) = HeaderValue::from_str(message) {
        trailers.insert("grpc-message", message);
    }
    let body = Full::new(Bytes::from(frame)).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body.boxed());
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", grpc);
    response
}
