//! Names of a filter to columns: fields, keys of the dynamic field by their bare names, paths into
//! JSON and elements of arrays.

use milvus_proto::schema::DataType;

use super::{Result, Types};
use crate::expr::literal;
use crate::expr::plan::{Computed, Operand, Place};
use crate::expr::tree::{Node, Tree};

pub const NO_WHOLE_ARRAYS: &str = "can not comparisons array fields directly";

/// A column, or a place in it.
#[derive(Clone, Debug)]
pub struct Column {
    pub index: usize,
    pub data_type: DataType,
    /// of an ARRAY
    pub element_type: DataType,
    /// keys and indexes, from the outside
    pub path: Vec<Box<str>>,
    /// of an array of structs the element that is in question, of whose type it is then
    pub is_element: bool,
}

impl Column {
    pub fn is_whole_array(&self) -> bool {
        self.data_type == DataType::Array && self.path.is_empty()
    }

    /// The type of what is compared: of an ARRAY's element, where one is meant.
    pub fn compared_type(&self) -> DataType {
        match self.data_type {
            DataType::Array if !self.path.is_empty() => self.element_type,
            other => other,
        }
    }

    pub fn operand(self, computed: Computed) -> Operand {
        let place = match self.data_type {
            _ if self.is_element => Place::Each,
            DataType::Json => Place::Keys(self.path),
            // an index that no array has is behind the end of all
            _ => match self.path.first() {
                Some(index) => Place::Element(index.parse().unwrap_or(usize::MAX)),
                None => Place::Whole,
            },
        };
        Operand { column: self.index, place, computed }
    }

    pub fn plain(self) -> Operand {
        self.operand(Computed::Plain)
    }
}

impl Types<'_> {
    /// The column of a name or a path.
    #[inline(never)]
    pub(super) fn column(&self, node: &Node) -> Result<Column> {
        let source = self.source(node);
        match node.tree {
            Tree::Name => self.named(source, false),
            Tree::Path => self.path(source),
            _ => self.part(source),
        }
    }

    /// A field, or else a key of the dynamic field. TEXT fields are for the functions of texts.
    pub(super) fn named(&self, name: &str, texts: bool) -> Result<Column> {
        let (index, path) = match self.schema.find(name) {
            Some((index, _)) => (index, Vec::new()),
            None if name.eq_ignore_ascii_case("null") => return Err(no_null()),
            None => match self.schema.dynamic() {
                Some((index, _)) if !name.starts_with('$') => (index, vec![name.into()]),
                _ => return Err(format!("field {name} not exist")),
            },
        };
        let field = self.schema.fields.get(index);
        let field = field.ok_or_else(|| format!("field {name} not exist"))?;
        if field.data_type == DataType::Text && !texts {
            return Err(format!("filter on text field ({name}) is not supported yet"));
        }
        let (data_type, element_type) = (field.data_type, field.element_type);
        Ok(Column { index, data_type, element_type, path, is_element: false })
    }

    /// `j["a"][0]`, `a[0]`, `key["b"]`
    fn path(&self, source: &str) -> Result<Column> {
        let (name, mut rest) = source.split_at(source.find('[').unwrap_or(source.len()));
        let mut column = self.named(name, true)?;
        if !matches!(column.data_type, DataType::Json | DataType::Array) {
            return Err(format!(
                "{} data type not supported accessed with []",
                column.data_type.as_str_name()
            ));
        }
        while let Some(inner) = rest.strip_prefix('[') {
            let end = key_end(inner);
            let (key, behind) = inner.split_at(end);
            rest = behind.strip_prefix(']').unwrap_or_default();
            if key.bytes().all(|digit| digit.is_ascii_digit()) {
                column.path.push(key.into());
                continue;
            }
            let text = match key.starts_with(['r', 'R']) {
                true => literal::inside(key).to_string(),
                false => literal::key(literal::inside(key)),
            };
            if text.is_empty() {
                return Err(format!("invalid identifier: {source}"));
            }
            if column.data_type == DataType::Array {
                return Err("can only access array field with integer index".into());
            }
            column.path.push(text.into());
        }
        if column.data_type == DataType::Array && column.path.len() > 1 {
            return Err(format!("array field {name} has no elements of elements: {source}"));
        }
        Ok(column)
    }
}

/// Where the bracket is that closes a key or an index; one in a string does not count.
fn key_end(inner: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (index, char) in inner.char_indices() {
        match quote {
            None if char == ']' => return index,
            None if matches!(char, '"' | '\'') => quote = Some(char),
            Some(open) if char == open && !escaped => quote = None,
            _ => {}
        }
        escaped = char == '\\' && !escaped;
    }
    inner.len()
}

fn no_null() -> String {
    "NULL literal is not supported in expressions; use '<field> is null' or '<field> is not null' \
     instead"
        .into()
}
