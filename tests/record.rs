//! Records the corpus of `session` from a real server: every cell of the reference, in a session of
//! its own, with the replies to its requests. Small tapes are kept, one of each kind.
//!
//!     scripts/servers.py --lite -- cargo test --test record -- --ignored

#![cfg(not(target_arch = "wasm32"))]

#[path = "native/mod.rs"]
mod native;
#[path = "pages/mod.rs"]
mod pages;
#[allow(dead_code)]
#[path = "../fuzz/common/tape.rs"]
mod tape;

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame};
use milvus_kernel::milvus::platform::{Failure, Probe};
use milvus_kernel::milvus::{Address, Platform};
use milvus_kernel::session::Session;
use milvus_proto::METHODS;
use native::{Native, Slow, block_on};
use tape::{Answer, Kind, Tape};
use tonic::client::GrpcService;
use tonic::codegen::http::{Request, Response};
use tonic::transport::Channel;

/// Bytes of a tape at the most.
const LARGEST: usize = 6_000;

#[test]
#[ignore = "writes fuzz/corpus/session"]
fn records_the_reference() {
    for (backend, variable, credentials) in
        [("lite", "LITE_URL", ""), ("milvus", "MILVUS_URL", "root:Milvus@")]
    {
        if let Ok(url) = std::env::var(variable) {
            record(backend, url.trim_start_matches("http://"), credentials);
        }
    }
}

fn record(backend: &str, host: &str, credentials: &str) {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut pages: Vec<_> = std::fs::read_dir(format!("{root}/tests/language"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    let mut kinds = BTreeSet::new();
    for path in pages {
        let text = std::fs::read_to_string(&path).unwrap();
        let page = pages::Page::parse(&path.to_string_lossy(), &text);
        for fence in page.fences.iter().filter(|fence| fence.skip(backend).is_none()) {
            let recorder = Recorder { native: Native::new(), tape: Rc::default() };
            let session = Session::new(recorder.clone());
            let cell = fence.cell.replace("127.0.0.1:19530", host);
            block_on(async {
                let _ = session.run(&format!("milvus://{credentials}{host}"), |_| {}).await;
                let _ = session.run(&cell, |_| {}).await;
            });
            let answers = recorder.tape.take();
            let methods: Vec<u8> = answers.iter().map(|answer| answer.method).collect();
            let words: Vec<&str> = fence.cell.split_whitespace().take(2).collect();
            let tape = Tape { cell: fence.cell.clone(), answers }.encode();
            let few = fence.cell.len() < 400 && tape.len() < LARGEST;
            if few && methods.len() > 1 && kinds.insert((words.join(" "), methods)) {
                let name = format!("{}-{}", path.file_stem().unwrap().display(), fence.line);
                let folder = format!("{root}/fuzz/corpus/session");
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(format!("{folder}/{backend}-{name}"), tape).unwrap();
            }
        }
    }
}

#[derive(Clone)]
struct Recorder {
    native: Native,
    tape: Rc<RefCell<Vec<Answer>>>,
}

#[derive(Clone)]
struct Recording {
    channel: Channel,
    tape: Rc<RefCell<Vec<Answer>>>,
}

struct Frames(VecDeque<Frame<Bytes>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

impl GrpcService<tonic::body::Body> for Recording {
    type ResponseBody = Frames;
    type Error = tonic::transport::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Frames>, Self::Error>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        GrpcService::<tonic::body::Body>::poll_ready(&mut self.channel, context)
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        let name = request.uri().path().rsplit('/').next().unwrap().to_string();
        let method = METHODS.iter().position(|method| method.name == name).unwrap() as u8;
        let response = GrpcService::call(&mut self.channel, request);
        let tape = self.tape.clone();
        Box::pin(async move {
            let (head, mut body) = response.await?.into_parts();
            let (mut frames, mut bytes) = (VecDeque::new(), Vec::new());
            while let Some(Ok(frame)) =
                std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
            {
                bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
                frames.push_back(frame);
            }
            let answer = match bytes.get(5..) {
                Some(message) => Answer { method, kind: Kind::Reply, body: message.to_vec() },
                None => Answer { method, kind: Kind::Status, body: vec![12] },
            };
            tape.borrow_mut().push(answer);
            Ok(Response::from_parts(head, Frames(frames)))
        })
    }
}

impl Platform for Recorder {
    type Channel = Recording;
    type Pieces = Slow;

    fn channel(&self, address: &Address, timeout_ms: u32) -> Result<Recording, String> {
        let channel = self.native.channel(address, timeout_ms)?;
        Ok(Recording { channel, tape: self.tape.clone() })
    }

    fn failure(error: &(dyn std::error::Error + 'static)) -> Failure {
        Native::failure(error)
    }

    async fn open_file(&self, place: &str, gzipped: bool) -> Result<Slow, String> {
        self.native.open_file(place, gzipped).await
    }

    async fn open_columns(&self, place: &str, gzipped: bool) -> Result<Slow, String> {
        self.native.open_columns(place, gzipped).await
    }

    async fn sleep(&self, ms: u32) {
        self.native.sleep(ms).await
    }

    fn now(&self) -> f64 {
        self.native.now()
    }

    fn unix_ms(&self) -> f64 {
        self.native.unix_ms()
    }

    fn random(&self) -> u32 {
        self.native.random()
    }

    async fn probe(&self, address: &Address) -> Probe {
        self.native.probe(address).await
    }

    async fn prompt(&self, text: &str) -> Option<String> {
        self.native.prompt(text).await
    }

    fn secure_page(&self) -> bool {
        false
    }
}
