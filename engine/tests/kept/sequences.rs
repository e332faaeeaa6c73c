//! Requests in sequences that mostly go well: drawn by chance, for the tests and the fuzz targets
//! of the engine.

use milvus_proto::milvus as pb;
use milvus_proto::schema::{DataType, FieldSchema};
use prost::Message;

use crate::Chance;
use crate::requests::{
    Ask, Query, Rows, ask, create, delete, insert, load, pair, query, search, upsert,
};

/// How every round begins.
pub fn first() -> Vec<Ask> {
    let mut asks =
        vec![ask(pb::CreateDatabaseRequest { db_name: "d".to_string(), ..Default::default() })];
    for (database, name) in [("", "a"), ("d", "a"), ("", "b"), ("", "c"), ("d", "c"), ("", "e")] {
        asks.push(create(database, name, kind_of(name)));
        asks.extend(load(database, name, kind_of(name)));
    }
    asks
}

/// The kind of a collection is that of its name, so that most requests fit.
fn kind_of(name: &str) -> usize {
    match name {
        "a" => 0,
        "b" => 2,
        "c" => 3,
        _ => 1,
    }
}

/// What is asked next; requests that belong together come together.
pub fn any(chance: &mut Chance) -> Vec<Ask> {
    let database = chance.of(&["", "", "d"]).to_string();
    let name = chance.of(&["a", "a", "b", "c", "e"]);
    let kind = kind_of(name);
    let partition = chance.of(&["", "", "", "p", "q"]).to_string();
    let collection_name = name.to_string();
    let db_name = database.clone();
    let keys: Vec<i64> = {
        let first = chance.below(40) as i64;
        (first..first + 1 + chance.below(9) as i64).collect()
    };
    let rows = Rows { is_dynamic: chance.below(3) == 0, ..Rows::new(keys, chance.draw()) };
    let key = chance.below(45);
    let of_key = |key: u64| if kind == 3 { format!("'{key}'") } else { key.to_string() };
    let (this, next) = (of_key(key), of_key(key + 1));
    vec![match chance.below(40) {
        0 | 1 => {
            let mut asks = vec![create(&database, name, kind)];
            asks.extend(load(&database, name, kind));
            return asks;
        }
        2 => create(&database, name, kind),
        3 | 4 => return load(&database, name, kind),
        5..=13 => insert(&database, name, kind, &partition, &rows),
        14..=17 => upsert(&database, name, kind, &partition, &rows),
        18..=20 => delete(&database, name, &partition, &format!("id in [{this}, {next}]")),
        21 => delete(&database, name, &partition, &format!("id == {this}")),
        22 => delete(&database, name, &partition, &format!("id > {this}")),
        23 => query(&database, name, &format!("id < {this}"), "*"),
        24 => search(&database, name, "v", Query::Floats(vec![0.1, 0.2, -0.3, key as f32])),
        25 => ask(pb::ManualCompactionRequest { db_name, collection_name, ..Default::default() }),
        26 if chance.below(3) == 0 => ask(pb::DropCollectionRequest { db_name, collection_name }),
        27 if chance.below(2) == 0 => {
            ask(pb::TruncateCollectionRequest { db_name, collection_name })
        }
        28 => ask(pb::CreatePartitionRequest {
            db_name,
            collection_name,
            partition_name: chance.of(&["p", "q"]).to_string(),
        }),
        29 => {
            let partition_names = vec![chance.of(&["p", "q"]).to_string()];
            let partition_name = partition_names[0].clone();
            return vec![
                ask(pb::ReleasePartitionsRequest {
                    db_name: db_name.clone(),
                    collection_name: collection_name.clone(),
                    partition_names,
                }),
                ask(pb::DropPartitionRequest { db_name, collection_name, partition_name }),
            ];
        }
        30 => ask(pb::ReleaseCollectionRequest { db_name, collection_name }),
        31 => ask(pb::CreateAliasRequest { db_name, collection_name, alias: "alias".to_string() }),
        32 => ask(pb::DropAliasRequest { db_name, alias: "alias".to_string() }),
        33 => ask(pb::RenameCollectionRequest {
            db_name,
            old_name: collection_name,
            new_name: chance.of(&["a", "e"]).to_string(),
            new_db_name: chance.of(&["", "d", "default"]).to_string(),
        }),
        34 => {
            let field = FieldSchema {
                name: format!("f{}", chance.below(4)),
                data_type: chance.of(&[DataType::Int64, DataType::VarChar, DataType::Json]).into(),
                nullable: true,
                type_params: vec![pair("max_length", "9")],
                ..Default::default()
            };
            let schema = field.encode_to_vec();
            ask(pb::AddCollectionFieldRequest {
                db_name,
                collection_name,
                schema,
                ..Default::default()
            })
        }
        35 => ask(pb::AlterCollectionRequest {
            db_name,
            collection_name,
            properties: vec![pair("p", &key.to_string())],
            ..Default::default()
        }),
        36 => ask(pb::CreateCredentialRequest {
            username: format!("user{}", chance.below(4)),
            password: "U2VjcmV0MSE=".to_string(),
        }),
        37 => ask(pb::DeleteCredentialRequest { username: format!("user{}", chance.below(4)) }),
        38 => ask(pb::CreateRoleRequest {
            entity: Some(pb::RoleEntity { name: "reader".to_string(), ..Default::default() }),
        }),
        39 => ask(pb::FlushAllRequest::default()),
        _ => ask(pb::DropIndexRequest {
            db_name,
            collection_name,
            field_name: "v".to_string(),
            ..Default::default()
        }),
    }]
}
