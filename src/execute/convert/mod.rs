//! Written values become the data that Milvus takes, and its data becomes values again. Knows a
//! field's type; knows nothing of statements or requests.

pub(crate) mod column;
pub(crate) mod datum;
pub(crate) mod vector;
