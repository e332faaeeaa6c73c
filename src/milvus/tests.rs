//! The exchange under test: a channel that records what is sent and answers as it is told, below
//! tonic's own framing. What Milvus means by a request is tried on real servers (tests/).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body::{Body as _, Frame};
use milvus_proto::Request as _;
use milvus_proto::common::Status;
use milvus_proto::milvus as pb;
use prost::Message as _;
use tonic::Code;
use tonic::client::GrpcService;
use tonic::codegen::http::{HeaderMap, Request, Response};

use super::platform::{Failure, Probe, Whole};
use super::{Address, Client, Error, Platform, Polled, Target, Version};

/// What the channel does with a request.
enum Answer {
    Reply(Vec<u8>),
    Status(Code, &'static str),
    Never,
}

/// A request as it came: the path, the metadata, the message without its frame.
struct Sent {
    path: String,
    metadata: HeaderMap,
    message: Vec<u8>,
}

#[derive(Clone, Default)]
struct Scripted {
    answers: Rc<RefCell<VecDeque<Answer>>>,
    sent: Rc<RefCell<Vec<Sent>>>,
    clock: Rc<Cell<f64>>,
    prompts: Rc<Cell<u32>>,
}

impl Scripted {
    fn client(&self, address: &str) -> Client<Scripted> {
        Client::new(self.clone(), Target::parse(address).unwrap(), 1_000).unwrap()
    }

    fn will(&self, answer: Answer) -> &Self {
        self.answers.borrow_mut().push_back(answer);
        self
    }

    fn replies(&self, message: &impl prost::Message) -> &Self {
        self.will(Answer::Reply(message.encode_to_vec()))
    }

    fn paths(&self) -> Vec<String> {
        let sent = self.sent.borrow();
        sent.iter().map(|sent| sent.path.rsplit('/').next().unwrap().to_string()).collect()
    }
}

/// The frames of one message, and the status behind them.
struct Frames(VecDeque<Frame<Bytes>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

impl GrpcService<tonic::body::Body> for Scripted {
    type ResponseBody = Frames;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Frames>, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        let answer = self.answers.borrow_mut().pop_front().expect("a request too many");
        let sent = self.sent.clone();
        Box::pin(async move {
            let (head, mut body) = request.into_parts();
            let mut message = Vec::new();
            while let Some(frame) =
                std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
            {
                message.extend_from_slice(&frame.unwrap().into_data().unwrap());
            }
            sent.borrow_mut().push(Sent {
                path: head.uri.path().to_string(),
                metadata: head.headers,
                // behind the flag and the length
                message: message.split_off(5),
            });
            let (status, text, frames) = match answer {
                Answer::Never => std::future::pending().await,
                Answer::Reply(reply) => {
                    let mut frame = BytesMut::new();
                    frame.put_u8(0);
                    frame.put_u32(u32::try_from(reply.len()).unwrap());
                    frame.put_slice(&reply);
                    (Code::Ok, "", VecDeque::from([Frame::data(frame.freeze())]))
                }
                Answer::Status(code, text) => (code, text, VecDeque::new()),
            };
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", (status as i32).into());
            trailers.insert("grpc-message", text.parse().unwrap());
            let mut frames = frames;
            frames.push_back(Frame::trailers(trailers));
            Ok(Response::new(Frames(frames)))
        })
    }
}

impl Platform for Scripted {
    type Channel = Scripted;
    type Pieces = Whole;

    fn channel(&self, _: &Address, _: u32) -> Result<Scripted, String> {
        Ok(self.clone())
    }

    fn failure(error: &(dyn std::error::Error + 'static)) -> Failure {
        Failure::Broken(error.to_string())
    }

    async fn open_file(&self, _: &str, _: bool) -> Result<Whole, String> {
        Err("there are no files here".to_string())
    }

    /// Time passes at once.
    async fn sleep(&self, ms: u32) {
        self.clock.set(self.clock.get() + f64::from(ms));
    }

    fn now(&self) -> f64 {
        self.clock.get()
    }

    fn unix_ms(&self) -> f64 {
        0.0
    }

    fn random(&self) -> u32 {
        0
    }

    async fn probe(&self, _: &Address) -> Probe {
        Probe::Silent
    }

    async fn prompt(&self, _: &str) -> Option<String> {
        self.prompts.set(self.prompts.get() + 1);
        Some("typed".to_string())
    }

    fn secure_page(&self) -> bool {
        false
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn failed(reason: &str) -> Status {
    Status { code: 65_535, reason: reason.to_string(), ..Status::default() }
}

#[test]
fn a_request_carries_credentials_the_database_and_a_deadline() {
    let server = Scripted::default();
    server.replies(&pb::ShowCollectionsResponse::default());
    let client = server.client("milvus://root:Milvus@h/books");
    run(client.send(pb::ShowCollectionsRequest::default())).unwrap();
    let sent = &server.sent.borrow()[0];
    assert_eq!(sent.path, "/milvus.proto.milvus.MilvusService/ShowCollections");
    assert_eq!(sent.metadata["authorization"], "cm9vdDpNaWx2dXM=");
    assert_eq!(sent.metadata["dbname"], "books");
    assert!(sent.metadata.contains_key("grpc-timeout"));
    let request = pb::ShowCollectionsRequest::decode(sent.message.as_slice()).unwrap();
    assert_eq!(request.db_name, "books");
}

#[test]
fn a_status_of_milvus_is_an_error_and_a_refused_write_changed_nothing() {
    let server = Scripted::default();
    server.replies(&failed("no")).will(Answer::Status(Code::Unavailable, "gone"));
    let client = server.client("milvus://h");
    let drop = || client.send(pb::DropCollectionRequest::default());
    client.begin(false);
    let error = run(drop()).unwrap_err();
    assert_eq!(error, Error::Server { code: 65_535, reason: "no".to_string() });
    assert!(!client.changed());
    // an answer that is lost leaves it open
    let error = run(drop()).unwrap_err();
    match &error {
        Error::Status { code: Code::Unavailable, reason, .. } => assert_eq!(reason, "gone"),
        other => panic!("{other:?}"),
    }
    assert!(!client.changed() && error.is_lost());
    assert_eq!(client.lost().map(|method| method.name), Some("DropCollection"));
}

#[test]
fn what_was_acknowledged_stays_so_when_the_next_write_is_refused() {
    let server = Scripted::default();
    server.replies(&Status::default()).replies(&failed("no"));
    let client = server.client("milvus://h");
    client.begin(false);
    run(client.send(pb::DropCollectionRequest::default())).unwrap();
    run(client.send(pb::DropCollectionRequest::default())).unwrap_err();
    assert!(client.changed());
    client.begin(false);
    assert!(!client.changed());
}

#[test]
fn what_a_rate_limit_refused_is_sent_again_until_the_time_is_up() {
    let limit = |status: Status| Status { reason: "rate limit exceeded".to_string(), ..status };
    let today = limit(Status { code: 8, ..Default::default() });
    let legacy = limit(Status { error_code: 49, ..Default::default() });
    let server = Scripted::default();
    server
        .replies(&today)
        .replies(&legacy)
        .will(Answer::Status(Code::Unavailable, "local_rate_limited"))
        .replies(&Status::default());
    let client = server.client("milvus://h").with_timeout(60_000).unwrap();
    client.begin(false);
    run(client.send(pb::DropCollectionRequest::default())).unwrap();
    assert_eq!((server.paths().len(), client.slowed(), server.clock.get()), (4, 3, 1_750.0));
    assert!(client.changed());

    let server = Scripted::default();
    for _ in 0..5 {
        server.replies(&today);
    }
    let client = server.client("milvus://h").with_timeout(2_000).unwrap();
    client.begin(false);
    let error = run(client.send(pb::DropCollectionRequest::default())).unwrap_err();
    assert_eq!(error, Error::RateLimited { reason: "rate limit exceeded".to_string() });
    assert!(!client.changed(), "a server that takes no more did nothing");
    assert_eq!(server.paths().len(), 5);
    // another refusal is none of these
    server.replies(&failed("no"));
    run(client.send(pb::DropCollectionRequest::default())).unwrap_err();
    assert_eq!(server.paths().len(), 6);
}

#[test]
fn no_answer_ends_with_the_deadline() {
    let server = Scripted::default();
    server.will(Answer::Never);
    let client = server.client("milvus://h");
    let error = run(client.send(pb::GetVersionRequest {})).unwrap_err();
    assert_eq!(error, Error::TimedOut { method: "GetVersion", seconds: 1.0 });
}

#[test]
fn what_is_no_reply_is_said() {
    let server = Scripted::default();
    server.will(Answer::Reply(vec![0xff, 0xff]));
    let client = server.client("milvus://h");
    match run(client.send(pb::GetVersionRequest {})) {
        Err(Error::Broken { detail, .. }) => {
            assert!(detail.starts_with("it cannot be read"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_method_that_is_not_there_is_not_asked_for_twice_and_a_proxys_404_is_none() {
    let server = Scripted::default();
    server
        .replies(&pb::GetVersionResponse { version: "v2.3.5".to_string(), ..Default::default() })
        .will(Answer::Status(Code::Unimplemented, "unknown method ListCredUsers"))
        .will(Answer::Status(Code::Unimplemented, "404 page not found"));
    let client = server.client("milvus://h");
    run(client.learn_version()).unwrap();
    assert_eq!(client.version(), Version::parse("v2.3.5"));
    // too old: nothing is sent
    let error = run(client.send(pb::TruncateCollectionRequest::default())).unwrap_err();
    assert!(error.is_unimplemented());
    assert_eq!(server.paths(), ["GetVersion"]);
    assert!(run(client.send(pb::ListCredUsersRequest {})).unwrap_err().is_unimplemented());
    let error = run(client.send(pb::ListCredUsersRequest {})).unwrap_err();
    assert!(matches!(error, Error::Http { status: 404, .. }), "{error:?}");
}

/// As Milvus Lite 2.4.12 and 2.5.1 were seen to answer; what has neither method is no Milvus Lite.
#[test]
fn an_old_milvus_lite_is_known_by_what_it_answers() {
    for (reason, title) in [(": ", "Milvus Lite 2.4"), ("", "Milvus Lite 2.5")] {
        let status = Status { reason: reason.to_string(), ..Default::default() };
        let server = Scripted::default();
        server
            .will(Answer::Status(Code::Unimplemented, ""))
            .replies(&pb::ConnectResponse { status: Some(status), ..Default::default() });
        let client = server.client("milvus://h");
        run(client.learn_version()).unwrap();
        assert_eq!(client.version().title(), title);
    }
    let server = Scripted::default();
    server
        .will(Answer::Status(Code::Unimplemented, ""))
        .will(Answer::Status(Code::Unimplemented, ""));
    assert!(run(server.client("milvus://h").learn_version()).unwrap_err().is_unimplemented());
}

#[test]
fn explain_sends_what_plans_alone_and_changes_nothing() {
    let server = Scripted::default();
    server.replies(&pb::ShowCollectionsResponse {
        collection_names: vec!["t".to_string()],
        ..Default::default()
    });
    let client = server.client("milvus://h");
    client.begin(true);
    let names = run(client.send(pb::ShowCollectionsRequest::default())).unwrap();
    assert_eq!(names.collection_names, ["t"]);
    let drop = pb::DropCollectionRequest { collection_name: "t".to_string(), ..Default::default() };
    let mut reply = Status::default();
    let sent = client.exchange(pb::DropCollectionRequest::METHOD, client.encoded(drop), &mut reply);
    assert!(!run(sent).unwrap());
    run(client.send(pb::QueryRequest::default())).unwrap();
    client.set_database("other");
    client.wrote("t", 7);
    assert_eq!(run(client.prompt("Password: ")).as_deref(), Some("PROMPT"));
    assert_eq!((client.database().as_str(), client.written("t")), ("", None));
    assert_eq!((server.prompts.get(), client.changed()), (0, false));
    assert_eq!(server.paths(), ["ShowCollections"]);
    let explained: Vec<_> = client.take_explained().into_iter().map(|one| one.method).collect();
    assert_eq!(explained, ["DropCollection", "Query"]);
    // the next statement is none of EXPLAIN's
    client.begin(false);
    assert_eq!(run(client.prompt("Password: ")).as_deref(), Some("typed"));
}

#[test]
fn what_no_statement_asks_counts_to_none() {
    let server = Scripted::default();
    let client = server.client("milvus://h/d");
    client.begin(true);
    client.begin_steps();
    let apart = client.apart();
    server.replies(&pb::GetLoadStateResponse::default()).will(Answer::Never);
    run(apart.send(pb::GetLoadStateRequest::default())).unwrap();
    assert!(run(apart.send(pb::GetLoadStateRequest::default())).is_err(), "no answer comes");
    assert_eq!(server.paths(), ["GetLoadState", "GetLoadState"]);
    assert!(apart.waited_ms() > 0.0 && client.waited_ms() == 0.0, "{}", client.waited_ms());
    assert!(client.explaining() && !apart.explaining());
    assert!(client.take_explained().is_empty() && client.take_steps().is_empty());
    client.begin(false);
    client.set_database("other");
    assert_eq!((apart.database().as_str(), client.database().as_str()), ("d", "other"));
}

fn progress(percent: i64) -> pb::GetLoadingProgressResponse {
    pb::GetLoadingProgressResponse { progress: percent, ..Default::default() }
}

#[test]
fn a_poll_goes_on_until_it_is_done_or_the_time_is_up() {
    let server = Scripted::default();
    server.replies(&progress(10)).replies(&progress(100)).replies(&progress(50));
    let client = server.client("milvus://h");
    let poll = |limit| {
        let request = pb::GetLoadingProgressRequest::default();
        run(client.poll(request, limit, |reply| reply.progress == 100)).unwrap()
    };
    assert_eq!(poll(60_000.0), Polled::Done(progress(100)));
    assert_eq!(poll(-1.0), Polled::Unfinished(progress(50)));
}

#[test]
fn explain_polls_nothing() {
    let server = Scripted::default();
    let client = server.client("milvus://h");
    client.begin(true);
    let request = pb::GetLoadingProgressRequest::default();
    assert!(matches!(run(client.poll(request, 1.0, |_| false)), Ok(Polled::Done(_))));
    // what statements are planned with is no progress
    let request = pb::DescribeIndexRequest::default();
    assert!(matches!(run(client.poll(request, 1.0, |_| false)), Ok(Polled::Done(_))));
    assert_eq!(client.take_explained().len(), 1);
    assert!(server.sent.borrow().is_empty());
}
