//! A reply that says what went wrong. Every reply of Milvus is a status, or has one as its first
//! field.

use std::any::type_name;

use milvus_proto::common::Status;
use prost::Message;

use crate::error::Error;

/// The bytes of a reply with this error as its status.
pub(crate) fn failed<Reply>(error: &Error) -> Vec<u8> {
    let status = error.to_status();
    if type_name::<Reply>() == type_name::<Status>() {
        return status.encode_to_vec();
    }
    let mut bytes = Vec::new();
    prost::encoding::message::encode(1, &status, &mut bytes);
    bytes
}
