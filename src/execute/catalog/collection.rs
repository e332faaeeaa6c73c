//! What the kernel knows of the collections of a connection: schema and indexes, asked for once and
//! remembered.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::index::Index;
use crate::execute::catalog::types::{is_number, is_vector, type_word};
use crate::execute::params::{self, pair_value};
use crate::execute::value;
use crate::language::ast::{Name, Value};
use crate::language::print;
use crate::milvus::{Client, Error, Platform};
use crate::render::options::ImageField;
use milvus_proto::common::{ConsistencyLevel, KeyValuePair};
use milvus_proto::milvus as pb;
use milvus_proto::schema::{
    CollectionSchema, DataType, FieldSchema, FunctionSchema, FunctionType, value_field,
};

/// The field that holds the fields which the schema does not name, as one JSON object a row.
pub(crate) const DYNAMIC_FIELD: &str = "$meta";

/// The most that a schema's `dim`, `max_length` or `max_capacity` can mean: Milvus takes 262,144
/// bits at most. Room is made and sizes are reckoned by them.
const MOST: usize = 1 << 20;

/// By database and name. A collection is forgotten when a statement changes it or fails on it.
#[derive(Default)]
pub(crate) struct Catalog {
    collections: RefCell<HashMap<(String, String), Rc<Collection>>>,
    /// the names that indexes were created with, by database and collection, each with its field: a
    /// server may call them otherwise
    index_names: RefCell<HashMap<[String; 3], String>>,
    /// for completion: the names in a database, and the aliases, as they were last listed
    names: RefCell<HashMap<String, Rc<Vec<String>>>>,
    aliases: RefCell<HashMap<String, Rc<Vec<String>>>>,
    /// how often something was forgotten: what was asked for before is not to be remembered
    forgotten: Cell<u32>,
}

impl Catalog {
    pub(crate) fn get(&self, database: &str, name: &str) -> Option<Rc<Collection>> {
        self.collections.borrow().get(&(database.to_string(), name.to_string())).cloned()
    }

    pub(crate) fn put(&self, database: &str, name: &str, collection: Collection) -> Rc<Collection> {
        let collection = Rc::new(collection);
        self.collections
            .borrow_mut()
            .insert((database.to_string(), name.to_string()), collection.clone());
        collection
    }

    pub(crate) fn forget(&self, database: &str, name: &str) {
        self.forgotten.set(self.forgotten.get().wrapping_add(1));
        self.collections.borrow_mut().remove(&(database.to_string(), name.to_string()));
    }

    pub(crate) fn forget_all(&self) {
        self.forgotten.set(self.forgotten.get().wrapping_add(1));
        self.collections.borrow_mut().clear();
    }

    pub(crate) fn forgotten(&self) -> u32 {
        self.forgotten.get()
    }

    /// Forgets the collections of a database but for these.
    pub(crate) fn keep_those_of(&self, database: &str, is_there: impl Fn(&Collection) -> bool) {
        let mut all = self.collections.borrow_mut();
        all.retain(|(of, _), collection| of != database || is_there(collection));
    }

    /// Notes the name that the index on a field was created with.
    pub(crate) fn name_index(&self, database: &str, collection: &str, name: &str, field: &str) {
        let key = [database, collection, name].map(str::to_string);
        let mut all = self.index_names.borrow_mut();
        all.retain(|known, of| known.iter().take(2).ne(key.iter().take(2)) || of != field);
        all.insert(key, field.to_string());
    }

    /// The field whose index was created with this name.
    pub(crate) fn indexed_by(
        &self,
        database: &str,
        collection: &str,
        name: &str,
    ) -> Option<String> {
        let key = [database, collection, name].map(str::to_string);
        self.index_names.borrow().get(&key).cloned()
    }

    pub(crate) fn names(&self, database: &str) -> Rc<Vec<String>> {
        self.names.borrow().get(database).cloned().unwrap_or_default()
    }

    pub(crate) fn set_names(&self, database: &str, names: Vec<String>) {
        self.names.borrow_mut().insert(database.to_string(), Rc::new(names));
    }

    pub(crate) fn aliases(&self, database: &str) -> Rc<Vec<String>> {
        self.aliases.borrow().get(database).cloned().unwrap_or_default()
    }

    pub(crate) fn set_aliases(&self, database: &str, aliases: Vec<String>) {
        self.aliases.borrow_mut().insert(database.to_string(), Rc::new(aliases));
    }

    /// The collections of a database that are remembered, by name: for completion.
    pub(crate) fn collections(&self, database: &str) -> Vec<Rc<Collection>> {
        let collections = self.collections.borrow();
        let own = collections.iter().filter(|((of, _), _)| of == database);
        let mut own: Vec<_> = own.map(|(_, collection)| collection.clone()).collect();
        own.sort_by(|one, other| one.name.cmp(&other.name));
        own.dedup_by(|one, other| one.name == other.name);
        own
    }
}

/// A collection's schema and indexes.
#[derive(Clone, Debug)]
pub(crate) struct Collection {
    pub(crate) name: String,
    pub(crate) id: i64,
    pub(crate) description: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) dynamic: bool,
    pub(crate) indexes: Vec<Index>,
    pub(crate) shards: i32,
    pub(crate) consistency: ConsistencyLevel,
    pub(crate) aliases: Vec<String>,
    pub(crate) functions: Vec<FunctionSchema>,
    pub(crate) properties: Vec<(String, String)>,
    /// of a partition key, 0 where the server does not say
    pub(crate) partitions: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) element_type: DataType,
    pub(crate) primary: bool,
    pub(crate) auto_id: bool,
    pub(crate) nullable: bool,
    pub(crate) partition_key: bool,
    pub(crate) clustering_key: bool,
    pub(crate) default: Option<value_field::Data>,
    /// the output of a function: an INSERT leaves it out
    pub(crate) generated: bool,
    /// dimensions of a vector, 0 for others
    pub(crate) dim: usize,
    /// bytes of a VARCHAR, 0 for others
    pub(crate) max_length: usize,
    /// values of an ARRAY, 0 for others
    pub(crate) capacity: usize,
    /// type parameters beside these, as `enable_match`
    pub(crate) params: Vec<(String, String)>,
    pub(crate) description: String,
}

impl Collection {
    /// What makes the values of a field, where something does.
    pub(crate) fn function_of(&self, field: &Field) -> Option<&FunctionSchema> {
        self.functions.iter().find(|function| function.output_field_names.contains(&field.name))
    }

    pub(crate) async fn fetch<P: Platform>(
        client: &Client<P>,
        name: &str,
    ) -> Result<Collection, Error> {
        let reply = client
            .send(pb::DescribeCollectionRequest {
                db_name: client.database(),
                collection_name: name.to_string(),
                ..Default::default()
            })
            .await?;
        Ok(Collection::new(reply, Index::fetch(client, name).await?))
    }

    fn new(reply: pb::DescribeCollectionResponse, indexes: Vec<Index>) -> Collection {
        Collection {
            id: reply.collection_id,
            indexes,
            shards: reply.shards_num,
            consistency: ConsistencyLevel::try_from(reply.consistency_level)
                .unwrap_or(ConsistencyLevel::Bounded),
            aliases: reply.aliases,
            properties: reply.properties.into_iter().map(|pair| (pair.key, pair.value)).collect(),
            partitions: reply.num_partitions,
            ..Collection::of_schema(reply.schema.unwrap_or_default())
        }
    }

    /// What a schema alone tells.
    pub(crate) fn of_schema(schema: CollectionSchema) -> Collection {
        let generated: Vec<String> = schema
            .functions
            .iter()
            .flat_map(|function| function.output_field_names.clone())
            .collect();
        let mut fields: Vec<Field> =
            schema.fields.into_iter().filter(|field| !field.is_dynamic).map(Field::new).collect();
        for field in &mut fields {
            field.generated |= generated.contains(&field.name);
        }
        let functions = match schema.functions.is_empty() {
            true => untold(&fields),
            false => schema.functions,
        };
        Collection {
            name: schema.name,
            id: 0,
            description: schema.description,
            fields,
            dynamic: schema.enable_dynamic_field,
            indexes: Vec::new(),
            shards: 1,
            consistency: ConsistencyLevel::Bounded,
            aliases: Vec::new(),
            functions,
            properties: Vec::new(),
            partitions: 0,
        }
    }

    /// What stays the same under an alias and another name.
    pub(crate) fn identity(&self) -> String {
        if self.id == 0 { self.name.clone() } else { self.id.to_string() }
    }

    pub(crate) fn primary(&self) -> Result<&Field> {
        self.fields.iter().find(|field| field.primary).ok_or_else(|| {
            Diagnostic::new(
                Code::ServerError,
                format!("the server describes `{}` without a primary key", self.name),
            )
        })
    }

    /// The primary key, if the ids are of its type.
    pub(crate) fn key_of(&self, ids: &[Spanned<Value>]) -> Result<&Field> {
        let key = self.primary()?;
        for id in ids {
            let fits = match id.value {
                Value::Int(_) => key.data_type == DataType::Int64,
                Value::Float(_) | Value::Large(_) if key.data_type == DataType::Int64 => {
                    key.whole(key.data_type, id).map(|_| true)?
                }
                Value::Text(_) => key.data_type != DataType::Int64,
                _ => false,
            };
            if !fits {
                return Err(Diagnostic::new(
                    Code::TypeMismatch,
                    format!("this is no id of `{}`", self.name),
                )
                .at(id.span)
                .label(format!("expected {}", key.type_name()))
                .help(self.some_ids(key)));
            }
        }
        Ok(key)
    }

    /// How to find ids that are there.
    pub(crate) fn some_ids(&self, key: &Field) -> String {
        let (key, table) = (print::bare(&key.name), print::bare(&self.name));
        format!("SELECT {key} FROM {table} LIMIT 10 shows some that are there")
    }

    /// The only vector field, which the original's statements are about.
    pub(crate) fn only_vector(&self, table: &Name) -> Result<&Field> {
        let mut vectors = self.fields.iter().filter(|field| field.is_vector());
        match (vectors.next(), vectors.next()) {
            (Some(field), None) => Ok(field),
            (None, _) => {
                Err(Diagnostic::new(Code::UnknownField, format!("`{table}` has no vector field"))
                    .at(table.span))
            }
            (Some(_), Some(_)) => Err(Diagnostic::new(
                Code::AmbiguousField,
                format!("`{table}` has several vector fields"),
            )
            .at(table.span)
            .help("name the field: this statement has a standard form, see `help`")),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field of this name, or an error that suggests the nearest.
    pub(crate) fn field(&self, name: &Name) -> Result<&Field> {
        self.find(&name.value).ok_or_else(|| self.unknown_field(name))
    }

    pub(crate) fn unknown_field(&self, name: &Spanned<String>) -> Diagnostic {
        Diagnostic::new(Code::UnknownField, format!("unknown field `{name}`"))
            .at(name.span)
            .label(format!("`{}` has no such field", self.name))
            .suggest(
                &name.value,
                self.fields.iter().map(|field| field.name.as_str()),
                "its fields are",
            )
    }

    /// The field that BM25 searches, and its text: either may be named.
    pub(crate) fn full_text(&self, name: &Name) -> Result<(&Field, &str)> {
        let field = self.field(name)?;
        let bm25 = self.functions.iter().filter(|function| function.r#type() == FunctionType::Bm25);
        for function in bm25 {
            let (input, output) =
                (function.input_field_names.first(), function.output_field_names.first());
            if let (Some(input), Some(output)) = (input, output)
                && (*input == field.name || *output == field.name)
            {
                let output = self
                    .find(output)
                    .ok_or_else(|| self.unknown_field(&Name::new(output.clone(), name.span)))?;
                return Ok((output, input));
            }
        }
        Err(Diagnostic::new(Code::NotSupported, format!("no BM25 function is on `{name}`"))
            .at(name.span)
            .help(
                "a table gets full text search when it is created: `s SPARSEVEC GENERATED ALWAYS \
                 AS (BM25(text))`, with `text VARCHAR(1000) WITH (enable_analyzer = TRUE)`",
            ))
    }

    pub(crate) fn index_on(&self, field: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.field == field)
    }
}

/// The function that a server keeps to itself: Milvus Lite 2.5 tells what one makes, and not of
/// what. It can be of one text alone, or else it stays unknown.
fn untold(fields: &[Field]) -> Vec<FunctionSchema> {
    let analyzed = |field: &&Field| field.params.iter().any(|(key, _)| key == "enable_analyzer");
    let texts: Vec<&Field> = fields.iter().filter(analyzed).collect();
    let made = |field: &&Field| field.generated && field.data_type == DataType::SparseFloatVector;
    match (texts.as_slice(), fields.iter().find(made)) {
        ([text], Some(made)) => vec![FunctionSchema {
            r#type: FunctionType::Bm25.into(),
            input_field_names: vec![text.name.clone()],
            output_field_names: vec![made.name.clone()],
            ..Default::default()
        }],
        _ => Vec::new(),
    }
}

/// What is written behind a field's type, in one order whatever the server's.
fn params(type_params: &[KeyValuePair]) -> Vec<(String, String)> {
    let mut params: Vec<(String, String)> = type_params
        .iter()
        .filter(|pair| !matches!(pair.key.as_str(), "dim" | "max_length" | "max_capacity"))
        .map(|pair| (pair.key.clone(), pair.value.clone()))
        .collect();
    params.sort();
    params
}

impl Field {
    /// The shape of the pictures that its values are, where its description states it.
    pub(crate) fn image(&self) -> Option<String> {
        ImageField::shape_of_description(&self.description)
    }

    pub(crate) fn named(name: &str) -> Field {
        Field { name: name.to_string(), ..Field::default() }
    }

    fn new(schema: FieldSchema) -> Field {
        let number = |key: &str| {
            let value = pair_value(&schema.type_params, key).and_then(|value| value.parse().ok());
            value.unwrap_or(0).min(MOST)
        };
        Field {
            data_type: DataType::try_from(schema.data_type).unwrap_or(DataType::None),
            element_type: DataType::try_from(schema.element_type).unwrap_or(DataType::None),
            primary: schema.is_primary_key,
            auto_id: schema.auto_id,
            nullable: schema.nullable,
            partition_key: schema.is_partition_key,
            clustering_key: schema.is_clustering_key,
            default: schema.default_value.clone().and_then(|value| value.data),
            generated: schema.is_function_output,
            dim: number("dim"),
            max_length: number("max_length"),
            capacity: number("max_capacity"),
            params: params(&schema.type_params),
            description: schema.description.clone(),
            name: schema.name,
        }
    }

    pub(crate) fn is_vector(&self) -> bool {
        is_vector(self.data_type)
    }

    /// A value that is no value of this field.
    pub(crate) fn mismatch(&self, value: &Spanned<Value>) -> Diagnostic {
        let error = Diagnostic::new(
            Code::TypeMismatch,
            format!("{} does not fit into `{}`", value::describe(&value.value), self.name),
        )
        .at(value.span)
        .label(format!("expected {}", self.type_name()));
        match is_number(self.data_type) {
            true => params::without_quotes(error, &value.value),
            false => error,
        }
    }

    /// A number that this field cannot hold.
    pub(crate) fn out_of_range(&self, number: impl std::fmt::Display, span: Span) -> Diagnostic {
        Diagnostic::new(Code::OutOfRange, format!("{number} does not fit into `{}`", self.name))
            .at(span)
    }

    /// A whole number within what an integer type holds: this field's, or its elements'.
    pub(crate) fn whole(&self, data_type: DataType, value: &Spanned<Value>) -> Result<i64> {
        let (low, high) = match data_type {
            DataType::Int8 => (-128, 127),
            DataType::Int16 => (-32_768, 32_767),
            DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        let number = match value.value {
            Value::Int(number) if (low..=high).contains(&number) => return Ok(number),
            Value::Int(number) => number.to_string(),
            Value::Large(number) => number.to_string(),
            // its digits are rounded by now
            Value::Float(number) if number.abs() >= value::BEYOND => "this number".to_string(),
            _ => return Err(self.mismatch(value)),
        };
        Err(self
            .out_of_range(number, value.span)
            .help(format!("{} holds {low} to {high}", type_word(data_type))))
    }

    /// Whether an INSERT may leave it out.
    pub(crate) fn optional(&self) -> bool {
        self.nullable || self.generated || self.default.is_some()
    }

    /// The type as CREATE TABLE writes it.
    pub(crate) fn type_name(&self) -> String {
        let sized = |data_type, size| match size {
            0 => type_word(data_type).to_string(),
            size => format!("{}({size})", type_word(data_type)),
        };
        if self.data_type == DataType::Array {
            // of an array of arrays a schema does not say more
            let element = sized(self.element_type, self.max_length);
            return format!("ARRAY<{element}>({})", self.capacity);
        }
        sized(self.data_type, if self.dim > 0 { self.dim } else { self.max_length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, field, name, said, schema, sized, value};
    use crate::execute::params::pair;

    #[test]
    fn a_collection_is_what_a_server_describes() {
        let meta = FieldSchema { is_dynamic: true, ..field(DYNAMIC_FIELD, DataType::Json) };
        let reply = pb::DescribeCollectionResponse {
            schema: Some(CollectionSchema {
                enable_dynamic_field: true,
                ..schema(vec![sized("v", DataType::FloatVector, "dim", 8), meta])
            }),
            collection_id: 7,
            shards_num: 2,
            consistency_level: ConsistencyLevel::Strong.into(),
            properties: vec![pair("collection.ttl.seconds", 60)],
            ..Default::default()
        };
        let collection = Collection::new(reply, Vec::new());
        assert_eq!(collection.identity(), "7");
        assert_eq!((collection.dynamic, collection.shards), (true, 2));
        assert_eq!(collection.consistency, ConsistencyLevel::Strong);
        assert_eq!(
            collection.properties,
            [("collection.ttl.seconds".to_string(), "60".to_string())]
        );
        let types: Vec<String> = collection.fields.iter().map(Field::type_name).collect();
        assert_eq!(types, ["VECTOR(8)"], "the dynamic field is no field of the schema");
        assert!(collection.primary().is_err());
        // a reply without anything is a collection without fields
        assert!(Collection::new(Default::default(), Vec::new()).fields.is_empty());
    }

    #[test]
    fn types_are_shown_as_they_are_written() {
        let types: Vec<String> = books().fields.iter().map(Field::type_name).collect();
        assert_eq!(
            types.join(" "),
            "BIGINT VARCHAR(10) INT DOUBLE BOOLEAN VARCHAR ARRAY<VARCHAR(5)>(3) JSON VECTOR(2) \
             SPARSEVEC"
        );
    }

    #[test]
    fn a_schema_is_not_trusted() {
        let array = FieldSchema {
            element_type: DataType::Array.into(),
            ..sized("a", DataType::Array, "max_capacity", 3)
        };
        let huge = FieldSchema {
            type_params: vec![KeyValuePair {
                key: "dim".to_string(),
                value: usize::MAX.to_string(),
            }],
            ..field("v", DataType::FloatVector)
        };
        let collection = Collection::of_schema(schema(vec![array, huge]));
        let types: Vec<String> = collection.fields.iter().map(Field::type_name).collect();
        assert_eq!(types, ["ARRAY<ARRAY>(3)", "VECTOR(1048576)"]);
    }

    #[test]
    fn fields_are_found_or_suggested() {
        let books = books();
        assert_eq!(books.field(&name("year")).expect("a field").data_type, DataType::Int32);
        assert_eq!(
            said(&books.field(&name("yaer")).expect_err("no field")),
            "UnknownField: unknown field `yaer`; did you mean `year`?"
        );
        assert_eq!(
            said(&books.only_vector(&name("books")).expect_err("two of them")),
            "AmbiguousField: `books` has several vector fields; name the field: this statement \
             has a standard form, see `help`"
        );
        let optional: Vec<&str> = books
            .fields
            .iter()
            .filter(|field| field.optional())
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(optional, ["note", "words"]);
    }

    #[test]
    fn full_text_goes_by_its_text_or_its_vector() {
        let books = books();
        for either in ["title", "words"] {
            let (field, text) = books.full_text(&name(either)).expect("full text");
            assert_eq!((field.name.as_str(), text), ("words", "title"));
        }
        let error = books.full_text(&name("note")).expect_err("no function");
        assert_eq!(error.message, "no BM25 function is on `note`");
    }

    #[test]
    fn ids_are_of_the_keys_type() {
        let books = books();
        assert_eq!(books.key_of(&[value("1"), value("2")]).expect("ids").name, "id");
        let wrong = value("'two'");
        let error = books.key_of(&[value("1"), wrong.clone()]).expect_err("a string");
        assert_eq!((error.span, error.label.as_str()), (Some(wrong.span), "expected BIGINT"));
    }

    #[test]
    fn collections_are_remembered_by_database_and_name() {
        let catalog = Catalog::default();
        catalog.put("default", "books", books());
        assert!(catalog.get("other", "books").is_none());
        assert_eq!(catalog.get("default", "books").expect("it is known").name, "books");
        assert_eq!(catalog.collections("default").len(), 1);
        assert_eq!(catalog.collections("other").len(), 0);
        catalog.forget("default", "books");
        assert!(catalog.get("default", "books").is_none());
    }
}
