//! The platform of native tests: tonic's own channel, tokio's clock and the engine in the same
//! process, under the same session as in the browser.

#![allow(dead_code)]

pub mod proxy;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::Read as _;
use std::net::{TcpStream, ToSocketAddrs};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzEncoder, MultiGzDecoder};
use milvus_columns::write::{Format, Writer};
use milvus_columns_batch::{Batch, Field};
use milvus_engine::kept::damaged::Found;
use milvus_engine::service::{Call, Refusal, Service};
use milvus_engine::store::files::memory::Memory;
use milvus_kernel::milvus::platform::{Failure, Pieces, Probe, Whole};
use milvus_kernel::milvus::{Address, Platform, Store, StoreKind};
use milvus_proto::Method;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

#[derive(Clone)]
pub struct Native {
    started: Instant,
    /// what is typed at a prompt
    pub typed: Rc<RefCell<Option<String>>>,
    /// stores of the engine
    stores: Rc<RefCell<HashMap<String, Server>>>,
    /// what a store in the browser's files has here
    pub kept: Memory,
    files: Rc<RefCell<HashMap<String, Bytes>>>,
    /// how long the engine takes for an answer
    pub delay_ms: Rc<Cell<u32>>,
    /// by how much its clock has been put forward
    pub ahead_ms: Rc<Cell<f64>>,
}

enum Server {
    Memory(Service),
    Local(Found),
}

/// A file each piece of which is waited for, as in a browser.
pub enum Slow {
    Whole(Whole),
    /// fields that have not gone yet, and what batches are made of
    Columns(Option<Bytes>, Box<milvus_columns::read::Reader>),
}

impl Pieces for Slow {
    async fn next(&mut self) -> Result<Option<Bytes>, String> {
        tokio::task::yield_now().await;
        match self {
            Slow::Whole(whole) => whole.next().await,
            Slow::Columns(fields, reader) => match fields.take() {
                Some(fields) => Ok(Some(fields)),
                None => Ok(reader.next_batch()?.map(|batch| batch.to_bytes().into())),
            },
        }
    }
}

impl Native {
    pub fn new() -> Self {
        Native {
            started: Instant::now(),
            typed: Rc::default(),
            stores: Rc::default(),
            kept: Memory::new(),
            files: Rc::default(),
            delay_ms: Rc::default(),
            ahead_ms: Rc::default(),
        }
    }

    /// Opens all stores anew when they are next asked.
    pub fn reload(&self) {
        self.stores.borrow_mut().clear();
    }

    /// What was not written here is on the disk, in the folder of the pages' files.
    async fn whole(&self, place: &str, gzipped: bool) -> Result<Bytes, String> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(place);
        let read = match self.read_file(place).await {
            Ok(written) => written,
            Err(reason) => std::fs::read(path).map_err(|_| reason)?.into(),
        };
        if !gzipped {
            return Ok(read);
        }
        let mut unpacked = Vec::new();
        let result = MultiGzDecoder::new(&*read).read_to_end(&mut unpacked);
        result.map_err(|_| format!("{place} is no gzip, or is cut off"))?;
        Ok(unpacked.into())
    }
}

impl Platform for Native {
    type Channel = Channel;
    type Pieces = Slow;

    fn channel(&self, address: &Address, timeout_ms: u32) -> Result<Channel, String> {
        let endpoint = Endpoint::from_shared(address.url()).map_err(|error| error.to_string())?;
        Ok(endpoint.timeout(Duration::from_millis(timeout_ms.into())).connect_lazy())
    }

    /// A connection that could not be made is told by the system's own error below tonic's.
    fn failure(error: &(dyn std::error::Error + 'static)) -> Failure {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let connect = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if connect == Some(std::io::ErrorKind::ConnectionRefused) {
                return Failure::Unreached(words);
            }
            words = error.to_string();
            cause = error.source();
        }
        Failure::Broken(words)
    }

    async fn engine(
        &self,
        store: &Store,
        method: &'static Method,
        database: &str,
        message: Bytes,
    ) -> Result<Bytes, Status> {
        if self.delay_ms.get() > 0 {
            self.sleep(self.delay_ms.get()).await;
        }
        let mut stores = self.stores.borrow_mut();
        let server = stores.entry(store.url()).or_insert_with(|| match store.kind {
            StoreKind::Memory | StoreKind::File => Server::Memory(Service::default()),
            StoreKind::Local => Server::Local(Found::open(Arc::new(self.kept.clone())).unwrap().0),
        });
        let now_ms = self.unix_ms() as u64;
        let call = Call { method: method.name, database, request: &message, now_ms };
        let answered = match server {
            Server::Memory(service) => service.call(call),
            Server::Local(found) => found.call(call),
        };
        match answered {
            Ok(reply) => Ok(reply.into()),
            Err(Refusal::Unimplemented) => Err(Status::unimplemented(method.name)),
            Err(Refusal::Malformed) => Err(Status::invalid_argument("this is no such request")),
        }
    }

    async fn read_file(&self, place: &str) -> Result<Bytes, String> {
        let file = self.files.borrow().get(place).cloned();
        file.ok_or_else(|| format!("Path {place} does not exist."))
    }

    async fn list_files(&self, folder: &str) -> Result<Vec<String>, String> {
        let files = self.files.borrow();
        let mut names: Vec<String> = files
            .keys()
            .filter_map(|path| path.strip_prefix(folder))
            .map(|rest| rest.split_inclusive('/').next().unwrap_or_default().to_string())
            .collect();
        names.dedup();
        Ok(names)
    }

    async fn open_file(&self, place: &str, gzipped: bool) -> Result<Slow, String> {
        Ok(Slow::Whole(Whole(self.whole(place, gzipped).await?)))
    }

    async fn open_columns(&self, place: &str, gzipped: bool) -> Result<Slow, String> {
        let source = Arc::new(self.whole(place, gzipped).await?);
        let reader = milvus_columns::read::Reader::open(source)
            .map_err(|reason| format!("{place} cannot be read: {reason}"))?;
        let fields = Field::to_bytes(reader.fields()).into();
        Ok(Slow::Columns(Some(fields), Box::new(reader)))
    }

    async fn write_columns(
        &self,
        path: &str,
        format: &str,
        pieces: Vec<Bytes>,
        gzipped: bool,
    ) -> Result<(), String> {
        let format = if format == "parquet" { Format::Parquet } else { Format::Arrow };
        let fields = Field::from_bytes(&pieces[0]).unwrap();
        let batches = pieces[1..].iter().map(|piece| Batch::from_bytes(piece).unwrap());
        let batches: Vec<Batch> = batches.collect();
        let mut writer = Writer::new(format, &fields, &batches[0])?;
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        self.write_file(path, writer.finish()?.into(), gzipped).await
    }

    async fn write_file(&self, path: &str, bytes: Bytes, gzipped: bool) -> Result<(), String> {
        let mut kept = bytes;
        if gzipped {
            let mut packed = Vec::new();
            let mut encoder = GzEncoder::new(&*kept, Compression::default());
            encoder.read_to_end(&mut packed).map_err(|error| error.to_string())?;
            kept = packed.into();
        }
        self.files.borrow_mut().insert(path.to_string(), kept);
        Ok(())
    }

    async fn sleep(&self, ms: u32) {
        tokio::time::sleep(Duration::from_millis(ms.into())).await;
    }

    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1000.0 + self.ahead_ms.get()
    }

    fn unix_ms(&self) -> f64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64() * 1000.0)
    }

    fn random(&self) -> u32 {
        self.started.elapsed().subsec_nanos()
    }

    async fn probe(&self, address: &Address) -> Probe {
        let place = (address.host.as_str(), address.port)
            .to_socket_addrs()
            .ok()
            .and_then(|mut places| places.next());
        match place.map(|place| TcpStream::connect_timeout(&place, Duration::from_secs(1))) {
            Some(Ok(_)) => Probe::Answers,
            _ => Probe::Silent,
        }
    }

    async fn prompt(&self, _text: &str) -> Option<String> {
        self.typed.borrow().clone()
    }

    fn secure_page(&self) -> bool {
        false
    }
}

/// A variable that `scripts/servers.py` sets.
pub fn server(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this by `make test-native`, which starts the servers")
    })
}

/// Runs a future on one thread, as a browser's worker does.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
