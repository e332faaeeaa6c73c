//! What a client sends through. In: a method's name, a database and a request's bytes. Out: the
//! reply's bytes, or a gRPC status. Holds credentials and the deadline; knows no message.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Status};

use super::address::{Address, Target};
use super::error::Error;
use super::platform::{Platform, Probe};
use super::store::Store;
use milvus_proto::Method;

/// The path of every method but for its name.
const SERVICE: &str = "/milvus.proto.milvus.MilvusService/";

/// One for each kind of [`Target`].
#[derive(Clone)]
pub enum Transport<P: Platform> {
    Remote(Remote<P::Channel>),
    Engine(P, Store),
}

impl<P: Platform> Transport<P> {
    /// Opens what leads to the target; nothing is sent yet.
    pub fn open(platform: &P, target: &Target, timeout_ms: u32) -> Result<Self, Error> {
        match target {
            Target::Remote(address) => {
                let channel = platform.channel(address, timeout_ms).map_err(|detail| {
                    Error::Unreachable { url: address.url(), detail, probe: Probe::Unknown }
                })?;
                Ok(Transport::Remote(Remote::new(channel, address, timeout_ms)?))
            }
            Target::Engine(store) => Ok(Transport::Engine(platform.clone(), store.clone())),
        }
    }

    pub async fn call(
        &self,
        method: &'static Method,
        database: &str,
        message: Bytes,
    ) -> Result<Bytes, Status> {
        match self {
            Transport::Remote(remote) => remote.call(method.name, database, message).await,
            Transport::Engine(platform, store) => {
                platform.engine(store, method, database, message).await
            }
        }
    }
}

/// A server, by gRPC or gRPC-Web as the platform has it.
#[derive(Clone)]
pub struct Remote<C> {
    service: Grpc<C>,
    authorization: Option<MetadataValue<Ascii>>,
    timeout: Duration,
}

impl<C: super::platform::Channel> Remote<C> {
    fn new(channel: C, address: &Address, timeout_ms: u32) -> Result<Self, Error> {
        let authorization = match address.credentials() {
            Some(credentials) => {
                Some(MetadataValue::try_from(base64(credentials.as_bytes())).map_err(|_| {
                    Error::Unauthenticated { reason: "the credentials cannot be sent".to_string() }
                })?)
            }
            None => None,
        };
        // replies may be as large as the server likes; Milvus bounds what it takes itself
        let service = Grpc::new(channel)
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        Ok(Remote { service, authorization, timeout: Duration::from_millis(timeout_ms.into()) })
    }

    async fn call(
        &self,
        method: &'static str,
        database: &str,
        message: Bytes,
    ) -> Result<Bytes, Status> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        if !database.is_empty() {
            // not to be left out: the server would take its default database
            let database = MetadataValue::try_from(database)
                .ok()
                .filter(|_| is_sendable(database))
                .ok_or_else(|| Status::invalid_argument("this database's name cannot be sent"))?;
            request.metadata_mut().insert("dbname", database);
        }
        let path = PathAndQuery::try_from(format!("{SERVICE}{method}"))
            .unwrap_or_else(|_| PathAndQuery::from_static(SERVICE));
        let mut service = self.service.clone();
        service.ready().await.map_err(|error| Status::from_error(error.into()))?;
        Ok(service.unary(request, path, Bytewise).await?.into_inner())
    }
}

/// Whether a database's name can be sent: it travels in a header.
pub fn is_sendable(database: &str) -> bool {
    database.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Base64 of RFC 4648 with padding, as pymilvus encodes credentials.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The codec of every call: messages are encoded and decoded outside, so that one copy of tonic's
/// machinery serves all methods.
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
