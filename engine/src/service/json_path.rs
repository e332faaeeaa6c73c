//! Which path into JSON an index is for. In: the field and the parameters of a request. Out: the
//! path as Milvus names it (RFC 6901), and the name that the index is shown by: for a dynamic key
//! that key, as if it were a field.

use milvus_proto::common::KeyValuePair;

use crate::error::{Error, Result};
use crate::expr;
use crate::schema::Schema;
use crate::search::plan::Params;

pub(super) struct JsonPath {
    keys: Vec<String>,
}

impl JsonPath {
    /// Of an index on a column; a path that is not told is the name that the index is made on.
    pub fn new(
        schema: &Schema,
        column: usize,
        name: &str,
        params: &[KeyValuePair],
    ) -> Result<JsonPath> {
        let path = Params::new(params)?.text("json_path").unwrap_or_else(|| name.to_string());
        match expr::identifier(&path, schema)? {
            (of, keys) if of == column => Ok(JsonPath { keys }),
            _ => Err(Error::invalid("fieldID not match with field name")),
        }
    }

    /// `/place/row` of `meta["place"]["row"]`, nothing of a whole field.
    pub fn pointer(&self) -> String {
        let escaped = self.keys.iter().map(|key| key.replace('~', "~0").replace('/', "~1"));
        escaped.map(|key| format!("/{key}")).collect()
    }

    /// The outermost key; none where the whole is meant.
    pub fn first(&self) -> Option<&str> {
        self.keys.first().map(String::as_str)
    }
}
