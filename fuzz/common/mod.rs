//! What the targets of replies share: tapes, which are cells with the replies of a server to their
//! requests, edits of replies as protobuf messages, and a session over a channel that plays a tape.

#![allow(dead_code)]

pub mod edit;
pub mod play;
pub mod tape;
