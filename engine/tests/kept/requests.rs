//! Requests: what changes something, and what looks at all that there is.

use milvus_proto::common::{KeyValuePair, PlaceholderGroup, PlaceholderType, PlaceholderValue};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{
    ArrayArray, BoolArray, CollectionSchema, DataType, DoubleArray, FieldData, FieldSchema,
    FloatArray, FunctionSchema, FunctionType, IntArray, JsonArray, LongArray, ScalarField,
    SparseFloatArray, StringArray, VectorField,
};
use milvus_proto::{Reply, Request};
use prost::Message;

use crate::Chance;

/// A request by its method, and how its reply tells the number of what went wrong.
#[derive(Clone)]
pub struct Ask {
    pub method: &'static str,
    pub request: Vec<u8>,
    pub code: fn(&[u8]) -> i32,
}

pub fn ask<R: Request>(request: R) -> Ask
where
    R::Reply: Message,
{
    fn code<M: Reply + Message + Default>(reply: &[u8]) -> i32 {
        let mut reply = M::decode(reply).unwrap();
        reply.status().map_or(0, |status| status.code)
    }
    Ask { method: R::METHOD.name, request: request.encoded(), code: code::<R::Reply> }
}

pub fn pair(key: &str, value: &str) -> KeyValuePair {
    KeyValuePair { key: key.to_string(), value: value.to_string() }
}

fn field(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { name: name.to_string(), data_type: data_type.into(), ..Default::default() }
}

fn vector(name: &str, data_type: DataType, dim: &str) -> FieldSchema {
    FieldSchema { type_params: vec![pair("dim", dim)], ..field(name, data_type) }
}

fn text(name: &str) -> FieldSchema {
    FieldSchema { type_params: vec![pair("max_length", "200")], ..field(name, DataType::VarChar) }
}

/// Four kinds of collections: of every type; small; with keys of its own and a partition key; of
/// texts, with a key that is one.
pub fn fields(kind: usize) -> Vec<FieldSchema> {
    let key = FieldSchema { is_primary_key: true, ..field("id", DataType::Int64) };
    let v = vector("v", DataType::FloatVector, "4");
    match kind {
        0 => vec![
            key,
            field("flag", DataType::Bool),
            field("i8", DataType::Int8),
            FieldSchema { nullable: true, ..field("i32", DataType::Int32) },
            FieldSchema { nullable: true, ..field("long", DataType::Int64) },
            field("float", DataType::Float),
            FieldSchema { nullable: true, ..field("double", DataType::Double) },
            FieldSchema { nullable: true, ..text("title") },
            FieldSchema { nullable: true, ..field("json", DataType::Json) },
            FieldSchema {
                element_type: DataType::VarChar.into(),
                type_params: vec![pair("max_length", "20"), pair("max_capacity", "5")],
                ..field("tags", DataType::Array)
            },
            v,
            vector("half", DataType::Float16Vector, "2"),
            vector("bfloat", DataType::BFloat16Vector, "2"),
            vector("int8s", DataType::Int8Vector, "3"),
            vector("bits", DataType::BinaryVector, "16"),
            field("sparse", DataType::SparseFloatVector),
        ],
        1 => vec![key, v],
        2 => vec![
            FieldSchema { auto_id: true, ..key },
            FieldSchema { is_partition_key: true, ..field("year", DataType::Int64) },
            v,
        ],
        _ => vec![
            FieldSchema { is_primary_key: true, ..text("id") },
            FieldSchema {
                type_params: vec![pair("max_length", "200"), pair("enable_analyzer", "true")],
                ..text("body")
            },
            field("terms", DataType::SparseFloatVector),
        ],
    }
}

pub fn create(database: &str, name: &str, kind: usize) -> Ask {
    let functions = match kind {
        3 => vec![FunctionSchema {
            name: "bm25".to_string(),
            r#type: FunctionType::Bm25.into(),
            input_field_names: vec!["body".to_string()],
            output_field_names: vec!["terms".to_string()],
            ..Default::default()
        }],
        _ => Vec::new(),
    };
    let schema = CollectionSchema {
        name: name.to_string(),
        enable_dynamic_field: kind != 1,
        fields: fields(kind),
        functions,
        ..Default::default()
    };
    ask(pb::CreateCollectionRequest {
        db_name: database.to_string(),
        collection_name: name.to_string(),
        schema: schema.encode_to_vec(),
        properties: vec![pair("made", "here")],
        num_partitions: if kind == 2 { 3 } else { 0 },
        ..Default::default()
    })
}

/// An index on every vector, and the collection loaded.
pub fn load(database: &str, name: &str, kind: usize) -> Vec<Ask> {
    let mut asks = Vec::new();
    for field in fields(kind) {
        let is_vector = field.data_type() as i32 >= 100;
        if is_vector {
            asks.push(ask(pb::CreateIndexRequest {
                db_name: database.to_string(),
                collection_name: name.to_string(),
                field_name: field.name.clone(),
                index_name: format!("of_{}", field.name),
                ..Default::default()
            }));
        }
    }
    asks.push(ask(pb::LoadCollectionRequest {
        db_name: database.to_string(),
        collection_name: name.to_string(),
        ..Default::default()
    }));
    asks
}

pub fn insert(database: &str, name: &str, kind: usize, partition: &str, rows: &Rows) -> Ask {
    ask(pb::InsertRequest {
        db_name: database.to_string(),
        collection_name: name.to_string(),
        partition_name: partition.to_string(),
        fields_data: rows.columns(kind, false),
        num_rows: rows.keys.len() as u32,
    })
}

pub fn upsert(database: &str, name: &str, kind: usize, partition: &str, rows: &Rows) -> Ask {
    ask(pb::UpsertRequest {
        db_name: database.to_string(),
        collection_name: name.to_string(),
        partition_name: partition.to_string(),
        fields_data: rows.columns(kind, true),
        num_rows: rows.keys.len() as u32,
        partial_update: false,
        ..Default::default()
    })
}

pub fn delete(database: &str, name: &str, partition: &str, expr: &str) -> Ask {
    ask(pb::DeleteRequest {
        db_name: database.to_string(),
        collection_name: name.to_string(),
        partition_name: partition.to_string(),
        expr: expr.to_string(),
        ..Default::default()
    })
}

pub fn query(database: &str, name: &str, expr: &str, output: &str) -> Ask {
    let limit = if expr.is_empty() && output != "count(*)" { "16000" } else { "" };
    ask(pb::QueryRequest {
        db_name: database.to_string(),
        collection_name: name.to_string(),
        expr: expr.to_string(),
        output_fields: vec![output.to_string()],
        query_params: if limit.is_empty() { Vec::new() } else { vec![pair("limit", limit)] },
        ..Default::default()
    })
}

pub fn search(database: &str, name: &str, field: &str, query: Query) -> Ask {
    let (kind, value) = match query {
        Query::Floats(values) => {
            (PlaceholderType::FloatVector, values.iter().flat_map(|v| v.to_le_bytes()).collect())
        }
        Query::Sparse(pairs) => (PlaceholderType::SparseFloatVector, sparse(&pairs)),
        Query::Text(text) => (PlaceholderType::VarChar, text.as_bytes().to_vec()),
    };
    let group = PlaceholderGroup {
        placeholders: vec![PlaceholderValue {
            tag: "$0".to_string(),
            r#type: kind.into(),
            values: vec![value],
        }],
    };
    ask(pb::SearchRequest {
        db_name: database.to_string(),
        collection_name: name.to_string(),
        search_input: Some(SearchInput::PlaceholderGroup(group.encode_to_vec())),
        output_fields: vec!["*".to_string()],
        search_params: vec![pair("anns_field", field), pair("topk", "20"), pair("params", "{}")],
        nq: 1,
        ..Default::default()
    })
}

pub enum Query {
    Floats(Vec<f32>),
    Sparse(Vec<(u32, f32)>),
    Text(&'static str),
}

/// Everything that can be seen of a server.
pub fn looks(databases: &[&str], collections: &[&str]) -> Vec<Ask> {
    let mut asks = vec![
        ask(pb::ListDatabasesRequest::default()),
        ask(pb::ListCredUsersRequest::default()),
        ask(pb::SelectUserRequest { include_role_info: true, ..Default::default() }),
        ask(pb::SelectRoleRequest { include_user_info: true, ..Default::default() }),
        ask(pb::ListPrivilegeGroupsRequest::default()),
    ];
    for role in ["public", "reader"] {
        asks.push(ask(pb::SelectGrantRequest {
            entity: Some(pb::GrantEntity {
                role: Some(pb::RoleEntity { name: role.to_string(), ..Default::default() }),
                db_name: "*".to_string(),
                ..Default::default()
            }),
        }));
    }
    for database in databases {
        let db_name = database.to_string();
        asks.push(ask(pb::ShowCollectionsRequest {
            db_name: db_name.clone(),
            ..Default::default()
        }));
        asks.push(ask(pb::DescribeDatabaseRequest { db_name: db_name.clone() }));
        asks.push(ask(pb::ListAliasesRequest { db_name: db_name.clone(), ..Default::default() }));
        for name in collections {
            asks.extend(looks_at(database, name));
        }
    }
    asks
}

fn looks_at(database: &str, name: &str) -> Vec<Ask> {
    let (db_name, collection_name) = (database.to_string(), name.to_string());
    macro_rules! about {
        ($($request:ident)*) => {
            vec![$(ask({
                let mut request = pb::$request::default();
                request.db_name.clone_from(&db_name);
                request.collection_name.clone_from(&collection_name);
                request
            })),*]
        };
    }
    let mut asks = about!(
        DescribeCollectionRequest DescribeIndexRequest ShowPartitionsRequest GetLoadStateRequest
        GetCollectionStatisticsRequest GetPersistentSegmentInfoRequest GetQuerySegmentInfoRequest
        ListAliasesRequest
    );
    for partition in ["_default", "p", "q"] {
        asks.push(ask(pb::GetLoadStateRequest {
            db_name: db_name.clone(),
            collection_name: collection_name.clone(),
            partition_names: vec![partition.to_string()],
        }));
    }
    asks.push(query(database, name, "", "count(*)"));
    asks.push(query(database, name, "", "*"));
    asks.push(query(database, name, "id in [1, 2, 3, 4, 5, 6, 7, 8]", "*"));
    asks.push(query(database, name, "id in ['1', '2', '3', '4', '5', '6', '7', '8']", "*"));
    asks.push(search(database, name, "v", Query::Floats(vec![0.5, 0.1, -0.2, 0.7])));
    asks.push(search(database, name, "sparse", Query::Sparse(vec![(1, 0.5), (7, 2.0)])));
    asks.push(search(database, name, "terms", Query::Text("the quick fox")));
    asks
}

/// Rows by their keys, with values that the chance gives.
pub struct Rows {
    pub keys: Vec<i64>,
    pub seed: u64,
    /// with a dynamic key
    pub is_dynamic: bool,
}

impl Rows {
    pub fn new(keys: impl IntoIterator<Item = i64>, seed: u64) -> Rows {
        Rows { keys: keys.into_iter().collect(), seed, is_dynamic: false }
    }

    fn columns(&self, kind: usize, upsert: bool) -> Vec<FieldData> {
        let mut chance = Chance(self.seed);
        let mut columns: Vec<FieldData> = fields(kind)
            .iter()
            .filter(|field| field.name != "terms" && (upsert || !field.auto_id))
            .map(|field| self.column(field, &mut chance))
            .collect();
        if self.is_dynamic && kind != 1 {
            let data = self.keys.iter().map(|key| format!("{{\"k\": {key}}}").into_bytes());
            columns.push(FieldData {
                is_dynamic: true,
                ..scalars("$meta", Scalars::JsonData(JsonArray { data: data.collect() }))
            });
        }
        columns
    }

    fn column(&self, field: &FieldSchema, chance: &mut Chance) -> FieldData {
        let name = field.name.as_str();
        let valid: Vec<bool> = match field.nullable {
            true => self.keys.iter().map(|_| chance.below(3) > 0).collect(),
            false => vec![true; self.keys.len()],
        };
        let keys: Vec<i64> =
            self.keys.iter().zip(&valid).filter_map(|(key, valid)| valid.then_some(*key)).collect();
        let small = |chance: &mut Chance| chance.below(100) as i64 - 50;
        let float = |chance: &mut Chance| chance.below(1_000) as f32 / 500.0 - 1.0;
        let column = match field.data_type() {
            DataType::Int64 if name == "id" => Scalars::LongData(LongArray { data: keys }),
            DataType::VarChar if name == "id" => {
                Scalars::StringData(StringArray { data: keys.iter().map(i64::to_string).collect() })
            }
            DataType::Bool => Scalars::BoolData(BoolArray {
                data: keys.iter().map(|_| chance.below(2) == 1).collect(),
            }),
            DataType::Int8 | DataType::Int32 => Scalars::IntData(IntArray {
                data: keys.iter().map(|_| small(chance) as i32).collect(),
            }),
            DataType::Int64 => {
                Scalars::LongData(LongArray { data: keys.iter().map(|_| small(chance)).collect() })
            }
            DataType::Float => Scalars::FloatData(FloatArray {
                data: keys.iter().map(|_| float(chance)).collect(),
            }),
            DataType::Double => Scalars::DoubleData(DoubleArray {
                data: keys.iter().map(|_| f64::from(float(chance)) / 3.0).collect(),
            }),
            DataType::VarChar => Scalars::StringData(StringArray {
                data: keys.iter().map(|_| words(chance)).collect(),
            }),
            DataType::Json => Scalars::JsonData(JsonArray {
                data: keys.iter().map(|key| format!("{{\"a\": [{key}, null]}}").into()).collect(),
            }),
            DataType::Array => Scalars::ArrayData(ArrayArray {
                data: keys
                    .iter()
                    .map(|_| {
                        let data = (0..chance.below(4)).map(|_| "表".to_string()).collect();
                        ScalarField { data: Some(Scalars::StringData(StringArray { data })) }
                    })
                    .collect(),
                element_type: DataType::VarChar.into(),
            }),
            other => return vectors(name, other, keys.len(), chance),
        };
        let valid_data = if field.nullable { valid } else { Vec::new() };
        FieldData { valid_data, ..scalars(name, column) }
    }
}

fn words(chance: &mut Chance) -> String {
    let words = ["the", "quick", "fox", "jumps", "over", "a", "lazy", "dog", "表"];
    let chosen = (0..chance.below(6)).map(|_| words[chance.below(9) as usize]);
    chosen.collect::<Vec<_>>().join(" ")
}

fn vectors(name: &str, data_type: DataType, rows: usize, chance: &mut Chance) -> FieldData {
    let mut bytes = |count: usize| (0..count).map(|_| chance.below(64) as u8).collect::<Vec<u8>>();
    let (dim, data) = match data_type {
        DataType::FloatVector => {
            let data = bytes(4 * rows).iter().map(|byte| f32::from(*byte) / 32.0 - 1.0).collect();
            (4, Vectors::FloatVector(FloatArray { data }))
        }
        DataType::Float16Vector => (2, Vectors::Float16Vector(bytes(4 * rows))),
        DataType::BFloat16Vector => (2, Vectors::Bfloat16Vector(bytes(4 * rows))),
        DataType::Int8Vector => (3, Vectors::Int8Vector(bytes(3 * rows))),
        DataType::BinaryVector => (16, Vectors::BinaryVector(bytes(2 * rows))),
        DataType::SparseFloatVector => {
            let row = |byte: &u8| sparse(&[(1 + u32::from(*byte) % 9, 0.5), (20, 1.0)]);
            let contents = bytes(rows).iter().map(row).collect();
            (0, Vectors::SparseFloatVector(SparseFloatArray { contents, dim: 21 }))
        }
        other => panic!("{other:?}"),
    };
    FieldData {
        field_name: name.to_string(),
        field: Some(Columns::Vectors(VectorField { dim, data: Some(data) })),
        ..Default::default()
    }
}

fn sparse(pairs: &[(u32, f32)]) -> Vec<u8> {
    pairs.iter().flat_map(|(i, v)| [i.to_le_bytes(), v.to_le_bytes()].concat()).collect()
}

fn scalars(name: &str, data: Scalars) -> FieldData {
    FieldData {
        field_name: name.to_string(),
        field: Some(Columns::Scalars(ScalarField { data: Some(data) })),
        ..Default::default()
    }
}
