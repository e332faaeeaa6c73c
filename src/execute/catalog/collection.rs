//! What the kernel knows of the collections of a connection: schema and indexes, asked for once and
//! remembered.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::execute::Result;
use crate::execute::params;
use crate::language::ast::{Name, Param};
use crate::milvus::{Client, Error, Platform};
use crate::proto::common::{ConsistencyLevel, KeyValuePair};
use crate::proto::milvus as pb;
use crate::proto::schema::{
    CollectionSchema, DataType, FieldSchema, FunctionSchema, FunctionType, value_field,
};

/// By database and name. A collection is forgotten when a statement changes it or fails on it.
#[derive(Default)]
pub struct Catalog {
    collections: RefCell<HashMap<(String, String), Rc<Collection>>>,
    /// for completion: the names in the database last looked at
    names: RefCell<Vec<String>>,
}

impl Catalog {
    pub fn get(&self, database: &str, name: &str) -> Option<Rc<Collection>> {
        self.collections.borrow().get(&(database.to_string(), name.to_string())).cloned()
    }

    pub fn put(&self, database: &str, name: &str, collection: Collection) -> Rc<Collection> {
        let collection = Rc::new(collection);
        self.collections
            .borrow_mut()
            .insert((database.to_string(), name.to_string()), collection.clone());
        collection
    }

    pub fn forget(&self, database: &str, name: &str) {
        self.collections.borrow_mut().remove(&(database.to_string(), name.to_string()));
    }

    pub fn forget_all(&self) {
        self.collections.borrow_mut().clear();
    }

    pub fn names(&self) -> Vec<String> {
        self.names.borrow().clone()
    }

    pub fn set_names(&self, names: Vec<String>) {
        *self.names.borrow_mut() = names;
    }

    /// The fields of every collection that is remembered, for completion.
    pub fn fields(&self) -> Vec<(String, String, String)> {
        let collections = self.collections.borrow();
        let mut fields: Vec<_> = collections
            .values()
            .flat_map(|collection| {
                collection
                    .fields
                    .iter()
                    .map(|field| (collection.name.clone(), field.name.clone(), field.type_name()))
            })
            .collect();
        fields.sort();
        fields
    }
}

/// A collection's schema and indexes.
#[derive(Clone, Debug)]
pub struct Collection {
    pub name: String,
    pub id: i64,
    pub description: String,
    pub fields: Vec<Field>,
    pub dynamic: bool,
    pub indexes: Vec<Index>,
    pub shards: i32,
    pub consistency: ConsistencyLevel,
    pub aliases: Vec<String>,
    pub functions: Vec<FunctionSchema>,
    pub properties: Vec<(String, String)>,
    /// of a partition key, 0 where the server does not say
    pub partitions: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Field {
    pub name: String,
    pub data_type: DataType,
    pub element_type: DataType,
    pub primary: bool,
    pub auto_id: bool,
    pub nullable: bool,
    pub partition_key: bool,
    pub clustering_key: bool,
    pub default: Option<value_field::Data>,
    /// the output of a function: an INSERT leaves it out
    pub generated: bool,
    /// dimensions of a vector, 0 for others
    pub dim: usize,
    /// bytes of a VARCHAR, 0 for others
    pub max_length: usize,
    /// values of an ARRAY, 0 for others
    pub capacity: usize,
    /// type parameters beside these, as `enable_match`
    pub params: Vec<(String, String)>,
    pub description: String,
}

#[derive(Clone, Debug)]
pub struct Index {
    pub name: String,
    pub field: String,
    pub index_type: String,
    /// "" where it has none (scalar indexes)
    pub metric: String,
    /// the other parameters, as the server gives them
    pub params: Vec<(String, String)>,
    pub indexed_rows: i64,
    pub total_rows: i64,
    pub state: i32,
    pub fail_reason: String,
}

impl Collection {
    pub async fn fetch<P: Platform>(client: &Client<P>, name: &str) -> Result<Collection, Error> {
        let reply = client
            .send(pb::DescribeCollectionRequest {
                db_name: client.database(),
                collection_name: name.to_string(),
            })
            .await?;
        let mut collection = Collection::of_schema(reply.schema.unwrap_or_default());
        collection.id = reply.collection_id;
        collection.indexes = Index::fetch(client, name).await?;
        collection.shards = reply.shards_num;
        collection.consistency = ConsistencyLevel::try_from(reply.consistency_level)
            .unwrap_or(ConsistencyLevel::Bounded);
        collection.aliases = reply.aliases;
        collection.properties =
            reply.properties.into_iter().map(|pair| (pair.key, pair.value)).collect();
        collection.partitions = reply.num_partitions;
        Ok(collection)
    }

    /// What a schema alone tells.
    pub fn of_schema(schema: CollectionSchema) -> Collection {
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
            functions: schema.functions,
            properties: Vec::new(),
            partitions: 0,
        }
    }

    /// What stays the same under an alias and another name.
    pub fn identity(&self) -> String {
        if self.id == 0 { self.name.clone() } else { self.id.to_string() }
    }

    pub fn primary(&self) -> Result<&Field> {
        self.fields.iter().find(|field| field.primary).ok_or_else(|| {
            Diagnostic::new(
                Code::ServerError,
                format!("the server describes `{}` without a primary key", self.name),
            )
        })
    }

    /// The only vector field, which the original's statements are about.
    pub fn only_vector(&self, table: &Name) -> Result<&Field> {
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

    pub fn find(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field of this name, or an error that suggests the nearest.
    pub fn field(&self, name: &Name) -> Result<&Field> {
        self.find(&name.value).ok_or_else(|| self.unknown_field(name))
    }

    pub fn unknown_field(&self, name: &Spanned<String>) -> Diagnostic {
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
    pub fn full_text(&self, name: &Name) -> Result<(&Field, &str)> {
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
                "a table gets full text search when it is created: `s SPARSEVEC GENERATED \
                ALWAYS AS (BM25(text))`, with `text VARCHAR(1000) WITH (enable_analyzer = TRUE)`",
            ))
    }

    pub fn index_on(&self, field: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.field == field)
    }
}

impl Field {
    pub fn named(name: &str) -> Field {
        Field { name: name.to_string(), ..Field::default() }
    }

    fn new(schema: FieldSchema) -> Field {
        let number = |key: &str| {
            value(&schema.type_params, key).and_then(|value| value.parse().ok()).unwrap_or(0)
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
            params: schema
                .type_params
                .iter()
                .filter(|pair| !matches!(pair.key.as_str(), "dim" | "max_length" | "max_capacity"))
                .map(|pair| (pair.key.clone(), pair.value.clone()))
                .collect(),
            description: schema.description.clone(),
            name: schema.name,
        }
    }

    pub fn is_vector(&self) -> bool {
        matches!(self.data_type as i32, 100..=199)
    }

    /// Whether an INSERT may leave it out.
    pub fn optional(&self) -> bool {
        self.nullable || self.generated || self.default.is_some()
    }

    /// The type as CREATE TABLE writes it.
    pub fn type_name(&self) -> String {
        if self.data_type == DataType::Array {
            let element =
                Field { data_type: self.element_type, dim: 0, capacity: 0, ..self.clone() };
            return format!("ARRAY<{}>({})", element.type_name(), self.capacity);
        }
        let base = type_word(self.data_type);
        match (self.dim, self.max_length) {
            (0, 0) => base.to_string(),
            (0, size) | (size, _) => format!("{base}({size})"),
        }
    }
}

/// A type's name in the dialect.
pub fn type_word(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Bool => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 => "SMALLINT",
        DataType::Int32 => "INT",
        DataType::Int64 => "BIGINT",
        DataType::Float => "FLOAT",
        DataType::Double => "DOUBLE",
        DataType::Json => "JSON",
        DataType::Text => "TEXT",
        DataType::Array => "ARRAY",
        DataType::VarChar | DataType::String => "VARCHAR",
        DataType::FloatVector => "VECTOR",
        DataType::BinaryVector => "BINARYVEC",
        DataType::Float16Vector => "FLOAT16VEC",
        DataType::BFloat16Vector => "BFLOAT16VEC",
        DataType::Int8Vector => "INT8VEC",
        DataType::SparseFloatVector => "SPARSEVEC",
        other => other.as_str_name(),
    }
}

impl Index {
    /// The indexes of a collection; none is no error.
    pub async fn fetch<P: Platform>(client: &Client<P>, name: &str) -> Result<Vec<Index>, Error> {
        let request = pb::DescribeIndexRequest {
            db_name: client.database(),
            collection_name: name.to_string(),
            ..Default::default()
        };
        match client.send(request).await {
            Ok(reply) => Ok(reply.index_descriptions.into_iter().map(Index::new).collect()),
            Err(error) if error.is_index_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn new(description: pb::IndexDescription) -> Index {
        let mut params: Vec<(String, String)> = Vec::new();
        let mut index = Index {
            name: description.index_name,
            field: description.field_name,
            index_type: value(&description.params, "index_type").unwrap_or_default().to_string(),
            metric: value(&description.params, "metric_type").unwrap_or_default().to_string(),
            params: Vec::new(),
            indexed_rows: description.indexed_rows,
            total_rows: description.total_rows,
            state: description.state,
            fail_reason: description.index_state_fail_reason,
        };
        for pair in description.params {
            match pair.key.as_str() {
                "index_type" | "metric_type" | "mmap.enabled" | "dim" => {}
                // some servers keep the parameters as one JSON object
                "params" => {
                    if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(&pair.value)
                    {
                        params.extend(object.into_iter().map(|(key, value)| {
                            (key, value.as_str().map_or_else(|| value.to_string(), str::to_string))
                        }));
                    }
                }
                _ => params.push((pair.key, pair.value)),
            }
        }
        params.retain(|(key, _)| key != "metric_type" && key != "index_type");
        params.sort();
        index.params = params;
        index
    }
}

/// A parameter list as the pairs that Milvus takes of properties.
pub fn pairs_of(params: &[Param]) -> Result<Vec<KeyValuePair>> {
    params
        .iter()
        .map(|param| Ok(pair(&param.name.value, params::plain(params::one(param)?)?)))
        .collect()
}

pub fn value<'a>(pairs: &'a [KeyValuePair], key: &str) -> Option<&'a str> {
    pairs.iter().find(|pair| pair.key == key).map(|pair| pair.value.as_str())
}

pub fn pair(key: &str, value: impl ToString) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}
