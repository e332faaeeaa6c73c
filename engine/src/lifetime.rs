//! How long rows last: `collection.ttl.seconds` behind the moment in which a row was written, or
//! the moment in a row's own `ttl_field`. What is over is found by no read, and is gone with the
//! next compaction. (Milvus docs: time to live.)

use milvus_proto::common::KeyValuePair;
use milvus_proto::schema::DataType;

use crate::catalog::{Collection, milliseconds};
use crate::error::{Error, Result};
use crate::schema::{Schema, param};
use crate::segment::bits::Bits;
use crate::segment::column::Cell;

const SECONDS: &str = "collection.ttl.seconds";
const FIELD: &str = "ttl_field";

/// A hundred years.
const MOST_SECONDS: i64 = 3_155_760_000;

impl Collection {
    /// The rows that are there at a moment: neither deleted nor over.
    pub fn live(&self, moment: u64) -> Bits {
        let mut live = self.segment.live();
        if let Some(seconds) = seconds(&self.properties) {
            let lifetime = (seconds.unsigned_abs() * 1000) << 18;
            let over = self.segment.written_by(moment.saturating_sub(lifetime));
            (0..over).for_each(|row| live.set(row, false));
        }
        let named = param(&self.properties, FIELD).and_then(|name| self.schema.find(name));
        if let Some((index, _)) = named
            && let Some(column) = self.segment.column(index)
        {
            let now = milliseconds(moment).saturating_mul(1000).cast_signed();
            for row in 0..self.segment.rows() {
                if matches!(column.cell(row), Cell::Int(end) if end <= now) {
                    live.set(row, false);
                }
            }
        }
        live
    }
}

/// Checks what is set, and that not both ways are: `there` are the properties that stay.
pub fn check(set: &[KeyValuePair], there: &[KeyValuePair], schema: &Schema) -> Result<()> {
    if let Some(text) = param(set, SECONDS) {
        let seconds: i64 = text
            .parse()
            .map_err(|_| Error::invalid("collection TTL is not a valid positive integer"))?;
        if !(-1..=MOST_SECONDS).contains(&seconds) {
            return Err(Error::invalid(format!(
                "collection TTL is out of range, expect [-1, {MOST_SECONDS}], got {seconds}"
            )));
        }
    }
    if let Some(name) = param(set, FIELD) {
        match schema.find(name) {
            Some((_, field)) if field.data_type == DataType::Timestamptz => {}
            Some(_) => {
                return Err(Error::invalid(format!(
                    "ttl field must be timestamptz, field name = {name}"
                )));
            }
            None => {
                return Err(Error::invalid(format!("ttl field name {name} not found in schema")));
            }
        }
    }
    let has = |of: &[KeyValuePair], key| param(of, key).is_some();
    let wrong = if has(set, SECONDS) && has(set, FIELD) {
        "collection TTL and ttl field cannot be set at the same time"
    } else if has(set, SECONDS) && has(there, FIELD) {
        "ttl field is already exists, cannot be set collection TTL"
    } else if has(set, FIELD) && has(there, SECONDS) {
        "collection TTL is already set, cannot be set ttl field"
    } else {
        return Ok(());
    };
    Err(Error::invalid(wrong))
}

/// Whether a field says when its row is over.
pub fn ends_rows(properties: &[KeyValuePair], field: &str) -> bool {
    param(properties, FIELD) == Some(field)
}

/// None where rows last.
fn seconds(properties: &[KeyValuePair]) -> Option<i64> {
    param(properties, SECONDS)?.parse().ok().filter(|seconds| (1..=MOST_SECONDS).contains(seconds))
}
