//! A proxy of gRPC before a real server: it passes calls on and writes them down, and where a test
//! says so, it refuses one, cuts it off, holds it back or changes the reply.

#![allow(dead_code)]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};

/// What becomes of a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// the server does not see it; this message is the answer
    Reply(Vec<u8>),
    /// the server does not see it; the answer is a gRPC status
    Status(tonic::Code, &'static str),
    /// the server carries it out, and the connection breaks before the answer
    Lost,
    /// the server carries it out, and its reply is changed on the way
    Change(fn(Vec<u8>) -> Vec<u8>),
    /// the server carries it out; the answer comes so much later
    Late(Duration),
}

/// A call that came.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// how many of this method came before
    pub nth: usize,
    /// the request without its frame
    pub message: Vec<u8>,
    pub fault: Option<Fault>,
}

type Rule = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

#[derive(Default)]
struct Shared {
    calls: Vec<Call>,
    rule: Option<Rule>,
}

/// It runs in a thread of its own, as long as the tests do.
#[derive(Clone)]
pub struct Proxy {
    /// `127.0.0.1:port`
    pub host: String,
    shared: Arc<Mutex<Shared>>,
}

impl Proxy {
    /// A proxy before the server at `http://host:port`.
    pub fn before(server: &str) -> Proxy {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let (server, state) = (server.to_string(), shared.clone());
        std::thread::spawn(move || super::block_on(serve(listener, server, state)));
        Proxy { host, shared }
    }

    /// From here on every call goes by this rule; the calls are counted anew.
    pub fn rule(&self, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        *self.shared.lock().unwrap() = Shared { calls: Vec::new(), rule: Some(Box::new(rule)) };
    }

    /// The calls since the rule was given.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().unwrap().calls.clone()
    }

    /// Those of them that the server answered.
    pub fn passed(&self) -> Vec<Call> {
        let refused =
            |fault: &Option<Fault>| matches!(fault, Some(Fault::Reply(_) | Fault::Status(..)));
        self.calls().into_iter().filter(|call| !refused(&call.fault)).collect()
    }
}

async fn serve(listener: std::net::TcpListener, server: String, shared: Arc<Mutex<Shared>>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let channel = Endpoint::from_shared(server).unwrap().connect_lazy();
    while let Ok((stream, _)) = listener.accept().await {
        let (channel, shared) = (channel.clone(), shared.clone());
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|request| {
                answer(request, channel.clone(), shared.clone())
            });
            // a broken connection is what some tests want
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    channel: Channel,
    shared: Arc<Mutex<Shared>>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, &'static str> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "the request broke")?.to_bytes();
    let path = head.uri.path().to_string();
    let fault = note(&path, body.slice(FRAME.min(body.len())..), &shared);
    match &fault {
        Some(Fault::Reply(reply)) => return Ok(reply_of(reply.clone())),
        Some(Fault::Status(code, message)) => return Ok(status_of(*code as i32, message)),
        Some(Fault::Lost | Fault::Change(_) | Fault::Late(_)) | None => {}
    }
    let mut onward = tonic::Request::new(body.slice(FRAME.min(body.len())..));
    *onward.metadata_mut() = tonic::metadata::MetadataMap::from_headers(head.headers);
    let mut service = tonic::client::Grpc::new(channel).max_decoding_message_size(usize::MAX);
    service.ready().await.map_err(|_| "the server is not there")?;
    let path = path.parse().map_err(|_| "a path")?;
    let reply = service.unary(onward, path, Bytewise).await;
    let reply = match reply {
        Ok(reply) => reply.into_inner().to_vec(),
        Err(status) => return Ok(status_of(status.code() as i32, status.message())),
    };
    match fault {
        Some(Fault::Lost) => Err("the answer is lost"),
        Some(Fault::Change(change)) => Ok(reply_of(change(reply))),
        Some(Fault::Late(later)) => {
            tokio::time::sleep(later).await;
            Ok(reply_of(reply))
        }
        Some(Fault::Reply(_) | Fault::Status(..)) | None => Ok(reply_of(reply)),
    }
}

/// Writes a call down. Returns what the rule says of it.
fn note(path: &str, message: Bytes, shared: &Mutex<Shared>) -> Option<Fault> {
    let mut shared = shared.lock().unwrap();
    let method = path.rsplit('/').next().unwrap_or_default().to_string();
    let nth = shared.calls.iter().filter(|call| call.method == method).count();
    let mut call = Call { method, nth, message: message.to_vec(), fault: None };
    call.fault = shared.rule.as_mut().and_then(|rule| rule(&call));
    shared.calls.push(call.clone());
    call.fault
}

/// The flag and the length before a message.
const FRAME: usize = 5;

fn reply_of(message: Vec<u8>) -> Response<BoxBody<Bytes, Infallible>> {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    response(frame, 0, "")
}

fn status_of(code: i32, message: &str) -> Response<BoxBody<Bytes, Infallible>> {
    response(Vec::new(), code, message)
}

fn response(frame: Vec<u8>, code: i32, message: &str) -> Response<BoxBody<Bytes, Infallible>> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code));
    if let Ok(message) = HeaderValue::from_str(message) {
        trailers.insert("grpc-message", message);
    }
    let body = Full::new(Bytes::from(frame)).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body.boxed());
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", grpc);
    response
}

/// Messages as they are.
struct Bytewise;

impl Codec for Bytewise {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Bytewise;
    type Decoder = Bytewise;

    fn encoder(&mut self) -> Bytewise {
        Bytewise
    }

    fn decoder(&mut self) -> Bytewise {
        Bytewise
    }
}

impl Encoder for Bytewise {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Bytewise {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
