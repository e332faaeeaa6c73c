//! Which column of a file goes into which field. In: the columns, the fields that were named, the
//! collection. Out: a place for each column, or what is missing or unknown, before anything is
//! written.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD, Field};
use crate::files::Format;
use crate::language::ast::{CopyFrom, Name};
use milvus_proto::schema::DataType;

pub(crate) struct Plan<'a> {
    /// the fields that are written
    pub(crate) fields: Vec<&'a Field>,
    /// where each column of the file goes; none where each row names its own
    pub(crate) columns: Option<Vec<Column>>,
    /// the names of the file's columns, for messages
    pub(crate) names: Vec<String>,
    /// the field that takes the row's number
    pub(crate) number: Option<&'a Field>,
    /// what a row has beyond the fields is kept; else it is an error
    pub(crate) dynamic: bool,
    /// what a row has beyond the fields is left out, since others were named
    pub(crate) only_named: bool,
}

/// Where a column goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column {
    /// by its place among the fields
    Field(usize),
    /// a key of the dynamic field
    Dynamic(String),
    /// all keys of the dynamic field
    Meta,
    LeftOut,
}

impl<'a> Plan<'a> {
    /// The plan for a file without names in it, or for one whose rows have their own.
    pub(crate) fn new(
        copy: &CopyFrom,
        format: Format,
        width: Option<usize>,
        collection: &'a Collection,
    ) -> Result<Plan<'a>> {
        let fields = named_or_all(copy, format, collection)?;
        let mut plan = Plan {
            columns: width.map(|_| (0..fields.len()).map(Column::Field).collect()),
            names: fields.iter().map(|field| field.name.clone()).collect(),
            fields,
            number: None,
            dynamic: collection.dynamic,
            only_named: copy.fields.is_some(),
        };
        if let Some(width) = width.filter(|width| *width != plan.fields.len()) {
            let columns = if width == 1 { "column" } else { "columns" };
            let message = format!(
                "the file has {width} {columns}, and {} fields are to be filled: {}",
                plan.fields.len(),
                plan.names.join(", ")
            );
            return Err(Diagnostic::new(Code::WrongCount, message)
                .at(copy.file.span)
                .help("name the fields, in the file's order: `COPY t (a, b) FROM …`"));
        }
        plan.check_missing(copy, format, collection)?;
        Ok(plan)
    }

    /// The plan for a file with a header.
    pub(crate) fn of_header(
        copy: &CopyFrom,
        names: &[String],
        collection: &'a Collection,
    ) -> Result<Plan<'a>> {
        let mut plan = Plan {
            fields: Vec::new(),
            columns: None,
            names: names.to_vec(),
            number: None,
            dynamic: collection.dynamic,
            only_named: copy.fields.is_some(),
        };
        if let Some(asked) = &copy.fields {
            for name in asked {
                check_named(name, collection)?;
                if !names.contains(&name.value) {
                    return Err(Diagnostic::new(
                        Code::UnknownField,
                        format!("the file has no column `{name}`"),
                    )
                    .at(name.span)
                    .suggest(
                        &name.value,
                        names.iter().map(String::as_str),
                        "its columns are",
                    ));
                }
            }
        } else if !names.iter().any(|name| field_of(name, collection).is_some()) {
            return Err(no_header(copy, names, collection));
        }
        let columns = names.iter().map(|name| plan.column(name, copy, collection));
        plan.columns = Some(columns.collect::<Result<_>>()?);
        plan.check_missing(copy, Format::Csv, collection)?;
        Ok(plan)
    }

    /// Where a field stands among those that are written; mostly where it stands in the row.
    pub(crate) fn place(&self, field: &Field, at: usize) -> Option<usize> {
        let is = |other: &&&Field| std::ptr::eq::<Field>(**other, field);
        match self.fields.get(at).filter(is) {
            Some(_) => Some(at),
            None => self.fields.iter().position(|other| std::ptr::eq::<Field>(*other, field)),
        }
    }

    fn column(
        &mut self,
        name: &str,
        copy: &CopyFrom,
        collection: &'a Collection,
    ) -> Result<Column> {
        let is_asked = |asked: &Vec<Name>| asked.iter().any(|field| field.value == name);
        if name.is_empty() || !copy.fields.as_ref().is_none_or(is_asked) {
            return Ok(Column::LeftOut);
        }
        match field_of(name, collection) {
            Some(field) => {
                check_filled(field, copy)?;
                self.fields.push(field);
                Ok(Column::Field(self.fields.len() - 1))
            }
            None if name == DYNAMIC_FIELD && collection.dynamic => Ok(Column::Meta),
            None if collection.dynamic => Ok(Column::Dynamic(name.to_string())),
            None => Err(unknown(name, copy, collection)),
        }
    }

    /// Every field that cannot be left out has a column; a key of numbers may be the row's.
    fn check_missing(
        &mut self,
        copy: &CopyFrom,
        format: Format,
        collection: &'a Collection,
    ) -> Result<()> {
        let is_there = |field: &Field| self.fields.iter().any(|known| known.name == field.name);
        let mut missing = Vec::new();
        for field in &collection.fields {
            if is_there(field) || field.auto_id || field.optional() {
                continue;
            }
            if field.primary && field.data_type == DataType::Int64 && !format.is_named() {
                self.number = Some(field);
            } else {
                missing.push(format!("`{}`", field.name));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let has = self.names.iter().filter(|name| !name.is_empty());
        let has: Vec<String> = has.map(|name| format!("`{name}`")).collect();
        let message = format!("the file has no column for {}", missing.join(", "));
        Err(Diagnostic::new(Code::MissingField, message)
            .at(copy.file.span)
            .help(format!("it has {}", has.join(", ")))
            .help("Milvus needs a value for every field that has no DEFAULT and is not NULL"))
    }
}

/// The field of a column: by its name, or by what is left of it as a name of Milvus.
pub(crate) fn field_of<'a>(name: &str, collection: &'a Collection) -> Option<&'a Field> {
    collection.find(name).or_else(|| match is_plain(name) {
        true => None,
        false => collection.find(&plain_name(name)),
    })
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A column's name as Milvus takes it: letters of ASCII, digits and `_`.
pub(crate) fn plain_name(name: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '_' };
    let mut plain: String = name.chars().map(plain).collect();
    if plain.starts_with(|char: char| char.is_ascii_digit()) {
        plain.insert(0, '_');
    }
    plain
}

/// The fields that were named, or all that a row can have; of a file of one column the vectors.
fn named_or_all<'a>(
    copy: &CopyFrom,
    format: Format,
    collection: &'a Collection,
) -> Result<Vec<&'a Field>> {
    if let Some(names) = &copy.fields {
        return names
            .iter()
            .map(|name| {
                check_named(name, collection)?;
                collection.field(name)
            })
            .collect();
    }
    if !format.is_named() {
        let only = collection.only_vector(&copy.table).map_err(|error| Diagnostic {
            help: vec!["name the field: `COPY t (v) FROM …`".to_string()],
            ..error
        })?;
        return Ok(vec![only]);
    }
    let filled = |field: &&Field| !field.generated && !field.auto_id;
    Ok(collection.fields.iter().filter(filled).collect())
}

fn check_named(name: &Name, collection: &Collection) -> Result<()> {
    match collection.find(&name.value) {
        Some(field) if field.generated || field.auto_id => {
            let message = format!("the server makes the values of `{name}` itself");
            Err(Diagnostic::new(Code::InvalidValue, message)
                .at(name.span)
                .help("leave this field out"))
        }
        Some(_) => Ok(()),
        None if collection.dynamic => Ok(()),
        None => Err(collection.unknown_field(name)),
    }
}

/// A field that the file has a column for is one that can be written.
pub(crate) fn check_filled(field: &Field, copy: &CopyFrom) -> Result<()> {
    if !field.generated && !field.auto_id {
        return Ok(());
    }
    let message =
        format!("the file has a column `{}`, whose values the server makes itself", field.name);
    Err(Diagnostic::new(Code::InvalidValue, message)
        .at(copy.file.span)
        .help("name the columns that are to be read: `COPY t (a, b) FROM …`"))
}

/// A column that is none of the table's.
pub(crate) fn unknown(name: &str, copy: &CopyFrom, collection: &Collection) -> Diagnostic {
    let message = format!("the file's column `{name}` is no field of `{}`", copy.table);
    Diagnostic::new(Code::UnknownField, message)
        .at(copy.file.span)
        .suggest(name, collection.fields.iter().map(|field| field.name.as_str()), "its fields are")
        .help("name the columns that are to be read: `COPY t (a, b) FROM …`")
}

fn no_header(copy: &CopyFrom, names: &[String], collection: &Collection) -> Diagnostic {
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let message =
        format!("none of the file's columns is a field of `{}`: {}", copy.table, shown.join(", "));
    let fields: Vec<&str> = collection.fields.iter().map(|field| field.name.as_str()).collect();
    let error = Diagnostic::new(Code::UnknownField, message)
        .at(copy.file.span)
        .help(format!("its fields are {}", fields.join(", ")))
        .help("WITH (header = false) if the first line is a row already");
    match names {
        [one] if one.contains([';', '\t', '|']) => {
            error.help("WITH (delimiter = ';') or another if that is no comma")
        }
        _ => error,
    }
}
