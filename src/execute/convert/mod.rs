//! Written values become the data that Milvus takes. Knows a field's type; knows nothing of
//! statements or requests.

pub(crate) mod column;
pub(crate) mod vector;
