//! ORDER BY of a query, as Milvus 3.0 has it: `price:desc,title`, NULL last unless the order is
//! turned round or says otherwise.

use std::cmp::Ordering;

use milvus_proto::schema::DataType;

use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::segment::Segment;
use crate::segment::column::Cell;

/// What rows are sorted by, the weightier first.
#[derive(Debug)]
pub(crate) struct Order {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    column: usize,
    name: String,
    descending: bool,
    nulls_first: bool,
}

impl Order {
    /// Of `order_by_fields`; none where nothing is sorted by.
    pub fn new(schema: &Schema, written: Option<&str>) -> Result<Option<Order>> {
        let parts = written.unwrap_or_default().split(',').map(str::trim);
        let keys: Vec<Key> = parts
            .filter(|part| !part.is_empty())
            .map(|part| Key::new(schema, part))
            .collect::<Result<_>>()?;
        Ok((!keys.is_empty()).then_some(Order { keys }))
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.name.as_str())
    }

    /// Which of two rows comes first.
    pub fn compare(&self, segment: &Segment, a: usize, b: usize) -> Ordering {
        let cell = |column: usize, row: usize| {
            segment.column(column).map_or(Cell::Null, |column| column.cell(row))
        };
        let compare = |key: &Key| {
            let (a, b) = (cell(key.column, a), cell(key.column, b));
            let order = match (matches!(a, Cell::Null), matches!(b, Cell::Null)) {
                (false, false) if key.descending => cells(a, b).reverse(),
                (false, false) => cells(a, b),
                (a, b) if key.nulls_first => b.cmp(&a),
                (a, b) => a.cmp(&b),
            };
            (order != Ordering::Equal).then_some(order)
        };
        self.keys.iter().find_map(compare).unwrap_or(Ordering::Equal)
    }
}

impl Key {
    /// `price`, `price:desc`, `price:desc:nulls_last`
    fn new(schema: &Schema, written: &str) -> Result<Key> {
        let mut words = written.split(':').map(str::trim);
        let name = words.next().unwrap_or_default();
        let Some((column, field)) = schema.find(name).filter(|(_, field)| !field.is_dynamic())
        else {
            return Err(Error::invalid(format!(
                "order_by field '{name}' does not exist in collection schema"
            )));
        };
        if !is_sortable(field.data_type) {
            return Err(Error::invalid(format!(
                "order_by field '{name}' has type {} which is not sortable",
                field.data_type.as_str_name()
            )));
        }
        let descending = match words.next().map(str::to_lowercase).as_deref() {
            None | Some("" | "asc") => false,
            Some("desc") => true,
            Some(other) => {
                return Err(Error::invalid(format!(
                    "invalid order direction '{other}' for field '{name}', must be 'asc' or 'desc'"
                )));
            }
        };
        let nulls_first = match words.next().map(str::to_lowercase).as_deref() {
            None | Some("") => descending,
            Some("nulls_first") => true,
            Some("nulls_last") => false,
            Some(other) => {
                return Err(Error::invalid(format!(
                    "invalid nulls option '{other}' for field '{name}', must be 'nulls_first' or \
                     'nulls_last'"
                )));
            }
        };
        Ok(Key { column, name: name.to_string(), descending, nulls_first })
    }
}

/// Values of one column.
pub(crate) fn cells(a: Cell<'_>, b: Cell<'_>) -> Ordering {
    match (a, b) {
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(&b),
        (Cell::Int(a), Cell::Int(b)) => a.cmp(&b),
        (Cell::Float(a), Cell::Float(b)) => a.total_cmp(&b),
        (Cell::Double(a), Cell::Double(b)) => a.total_cmp(&b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

fn is_sortable(data_type: DataType) -> bool {
    use DataType::{Bool, Double, Float, Int8, Int16, Int32, Int64, String, VarChar};
    matches!(data_type, Bool | Int8 | Int16 | Int32 | Int64 | Float | Double | String | VarChar)
}
