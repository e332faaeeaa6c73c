//! What goes between the kernel and the module that reads and writes files of columns: first the
//! [`Field`]s, then a [`Batch`] after the other, each as bytes. Lists of numbers lie whole, as they
//! do in a request.

mod bytes;
pub mod json;

/// A column of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    /// its type as SQL has it, `VECTOR(128)`; none is told by the values
    pub declared: Option<String>,
    /// whether a value is NULL; none is told by the values
    pub has_null: Option<bool>,
    /// whether it tells the rows apart
    pub is_key: bool,
}

/// Rows, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub rows: usize,
    pub columns: Vec<Column>,
}

/// A value of each row.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// which rows are NULL; of nothing where none is
    pub nulls: Vec<bool>,
    /// a row that is NULL has a value all the same
    pub values: Values,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// so many values, and every one is NULL
    Nulls(usize),
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Texts(Lists<u8>),
    /// texts of JSON
    Json(Lists<u8>),
    Bytes(Lists<u8>),
    /// the end of each list among the items
    List(Vec<u32>, Box<Column>),
}

/// Many short lists that lie in one.
#[derive(Clone, Debug, PartialEq)]
pub struct Lists<T> {
    /// where each ends
    pub ends: Vec<u32>,
    pub items: Vec<T>,
}

/// Bytes that are no batch, or more of them than a batch can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl<T> Default for Lists<T> {
    fn default() -> Lists<T> {
        Lists { ends: Vec::new(), items: Vec::new() }
    }
}

impl<T: Copy> Lists<T> {
    pub fn push(&mut self, list: &[T]) -> Result<(), Malformed> {
        self.items.extend_from_slice(list);
        self.ends.push(u32::try_from(self.items.len()).map_err(|_| Malformed)?);
        Ok(())
    }

    pub fn get(&self, row: usize) -> Option<&[T]> {
        let (start, end) = span(&self.ends, row)?;
        self.items.get(start..end)
    }

    /// About the bytes that it takes.
    fn size(&self) -> usize {
        self.ends.len() * 4 + size_of_val(self.items.as_slice())
    }
}

/// Where a row's list begins and ends.
pub fn span(ends: &[u32], row: usize) -> Option<(usize, usize)> {
    let start = match row.checked_sub(1) {
        Some(before) => *ends.get(before)?,
        None => 0,
    };
    Some((start as usize, *ends.get(row)? as usize))
}

impl Column {
    pub fn new(values: Values) -> Column {
        Column { nulls: Vec::new(), values }
    }

    pub fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Nulls(_)) || self.nulls.get(row).copied().unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        match &self.values {
            Values::Nulls(count) => *count,
            Values::Bools(values) => values.len(),
            Values::Ints(values) => values.len(),
            Values::Floats(values) => values.len(),
            Values::Doubles(values) => values.len(),
            Values::Texts(lists) | Values::Json(lists) | Values::Bytes(lists) => lists.ends.len(),
            Values::List(ends, _) => ends.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About the bytes that it takes.
    pub fn size(&self) -> usize {
        self.nulls.len()
            + match &self.values {
                Values::Nulls(_) => 0,
                Values::Bools(values) => values.len(),
                Values::Ints(values) => values.len() * 8,
                Values::Floats(values) => values.len() * 4,
                Values::Doubles(values) => values.len() * 8,
                Values::Texts(lists) | Values::Json(lists) | Values::Bytes(lists) => lists.size(),
                Values::List(ends, items) => ends.len() * 4 + items.size(),
            }
    }

    /// A text, of JSON or not.
    pub fn text(&self, row: usize) -> Option<&str> {
        match &self.values {
            Values::Texts(lists) | Values::Json(lists) => std::str::from_utf8(lists.get(row)?).ok(),
            _ => None,
        }
    }
}
