//! A session over a channel that answers from a tape. Of each method the answers come in their
//! order, and the last of them again and again; what is not on the tape is UNIMPLEMENTED.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body::Frame;
use milvus_kernel::milvus::platform::{Failure, Probe, Whole};
use milvus_kernel::milvus::{Address, Platform};
use milvus_kernel::session::Session;
use milvus_proto::METHODS;
use tonic::client::GrpcService;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response};

use super::tape::{Answer, Kind, Tape};

/// Requests of a cell of the corpus at the most: more are asked without end.
const MOST_REQUESTS: usize = 5_000;

/// Runs the tape's cell as the page would: connected, completed, run, rendered in both ways.
pub fn play(tape: Tape) {
    let player = Player::default();
    *player.tape.borrow_mut() = tape.answers;
    let session = Session::new(player.clone());
    let _ = now(session.run("milvus://h", |_| {}));
    let _ = now(session.complete(&tape.cell, tape.cell.len()));
    for setting in ["SET table_schema = 'on'", "SET timeout = 1"] {
        let _ = now(session.run(setting, |_| {}));
    }
    let result = now(session.run(&tape.cell, |outcome| {
        session.render(outcome);
    }));
    if let Err(error) = result {
        error.render(&tape.cell, true);
        error.render(&tape.cell, false);
    }
    let _ = now(session.complete(&tape.cell, tape.cell.len()));
}

/// Nothing here waits for anything.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("the session waits for nothing");
}

#[derive(Clone, Default)]
pub struct Player {
    tape: Rc<RefCell<Vec<Answer>>>,
    last: Rc<RefCell<Vec<Answer>>>,
    requests: Rc<Cell<usize>>,
    clock: Rc<Cell<f64>>,
}

impl Player {
    fn answer(&self, path: &str) -> Option<Answer> {
        let name = path.rsplit('/').next()?;
        let method = METHODS.iter().position(|method| method.name == name)? as u8;
        let mut tape = self.tape.borrow_mut();
        let mut last = self.last.borrow_mut();
        if let Some(at) = tape.iter().position(|answer| answer.method == method) {
            let answer = tape.remove(at);
            last.retain(|known| known.method != method);
            last.push(answer.clone());
            return Some(answer);
        }
        last.iter().find(|answer| answer.method == method).cloned()
    }
}

pub struct Frames(VecDeque<Frame<Bytes>>);

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

impl GrpcService<tonic::body::Body> for Player {
    type ResponseBody = Frames;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Frames>, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        self.requests.set(self.requests.get() + 1);
        assert!(self.requests.get() < MOST_REQUESTS, "asked without end: {}", request.uri());
        self.clock.set(self.clock.get() + 1.0);
        let answer = self.answer(request.uri().path()).unwrap_or(Answer {
            method: 0,
            kind: Kind::Status,
            body: vec![12],
        });
        let mut trailers = HeaderMap::new();
        let mut frames = VecDeque::new();
        let mut status = 0;
        let mut frame = BytesMut::new();
        match answer.kind {
            Kind::Never => return Box::pin(std::future::pending()),
            Kind::Status => {
                status = answer.body.first().copied().unwrap_or(2);
                if let Some(text) = answer.body.get(1..)
                    && let Ok(text) = HeaderValue::from_bytes(text)
                {
                    trailers.insert("grpc-message", text);
                }
            }
            Kind::Reply | Kind::Cut => {
                let longer = usize::from(answer.kind == Kind::Cut) * 1_000;
                frame.put_u8(0);
                frame.put_u32((answer.body.len() + longer) as u32);
                frame.put_slice(&answer.body);
            }
            Kind::Raw => frame.put_slice(&answer.body),
        }
        if !frame.is_empty() {
            frames.push_back(Frame::data(frame.freeze()));
        }
        trailers.insert("grpc-status", u64::from(status).into());
        frames.push_back(Frame::trailers(trailers));
        Box::pin(std::future::ready(Ok(Response::new(Frames(frames)))))
    }
}

impl Platform for Player {
    type Channel = Player;
    type Pieces = Whole;

    fn channel(&self, _: &Address, _: u32) -> Result<Player, String> {
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
        None
    }

    fn secure_page(&self) -> bool {
        false
    }
}
