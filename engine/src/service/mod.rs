//! The door: a method's name and the bytes of its request in, the bytes of its reply out. Every
//! method is a function of the catalog and a message; what goes wrong is a status in the reply, as
//! a server has it, and a method that is not there is one of gRPC's own.

mod reply;

use milvus_proto::Request;
use milvus_proto::milvus as pb;
use prost::Message;

use crate::catalog::Catalog;
use crate::error::{Error, Result};

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub method: &'a str,
    /// the database of the connection, where the request names none
    pub database: &'a str,
    pub request: &'a [u8],
    /// milliseconds since 1970
    pub now_ms: u64,
}

/// Why there is no reply, as gRPC has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// gRPC's UNIMPLEMENTED, 12
    Unimplemented,
    /// gRPC's INVALID_ARGUMENT, 3: bytes that are no such request
    Malformed,
}

#[derive(Debug, Default)]
pub struct Service {
    catalog: Catalog,
}

/// What a method is given beside its request.
pub(crate) struct Context<'a> {
    pub catalog: &'a mut Catalog,
    /// the moment of this request, later than every one before
    pub timestamp: u64,
}

/// The one table: which request is answered by which function.
macro_rules! methods {
    ($($request:ident: $answer:path;)*) => {
        fn answer(context: &mut Context<'_>, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
            $(if call.method == <pb::$request as Request>::METHOD.name {
                return run::<pb::$request>(context, call, $answer);
            })*
            Err(Refusal::Unimplemented)
        }
    };
}

methods! {}

impl Service {
    pub fn call(&mut self, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
        let timestamp = self.catalog.timestamp(call.now_ms);
        answer(&mut Context { catalog: &mut self.catalog, timestamp }, call)
    }
}

fn run<R: Request + Message + Default>(
    context: &mut Context<'_>,
    call: Call<'_>,
    answer: fn(&mut Context<'_>, R) -> Result<R::Reply>,
) -> std::result::Result<Vec<u8>, Refusal>
where
    R::Reply: Message,
{
    let mut request = R::decode(call.request).map_err(|_| Refusal::Malformed)?;
    request.default_database(call.database);
    Ok(match answer(context, request) {
        Ok(reply) => reply.encode_to_vec(),
        Err(error) => reply::failed::<R::Reply>(&error),
    })
}
