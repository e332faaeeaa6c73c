//! Requests that are wrong, each in one way.

use milvus_kernel::milvus::Client;
use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;
use milvus_proto::schema::DataType;
use prost::Message as _;

use crate::answers::Answer;
use crate::native::Native;
use crate::steps::send;
use crate::tables::{Row, Table, pair};

pub const WRONG_ROWS: usize = 6;
pub const WRONG_SCHEMAS: usize = 13;
pub const MISSING: usize = 12;

pub fn wrong_schema(table: Table, how: usize, name: &str) -> pb::CreateCollectionRequest {
    let mut schema = table.schema(name);
    let mut collection_name = name.to_string();
    let set = |params: &mut Vec<KeyValuePair>, key: &str, value: &str| {
        params.clear();
        if !value.is_empty() {
            params.push(pair(key, value));
        }
    };
    let last = schema.fields.len() - 1;
    match how {
        0 => drop(schema.fields.remove(0)),
        1 => schema.fields[1].name = "n".to_string(),
        2 => schema.fields[1].is_primary_key = true,
        3 => set(&mut schema.fields[last].type_params, "dim", ""),
        4 => set(&mut schema.fields[last].type_params, "dim", "0"),
        5 => set(&mut schema.fields[last].type_params, "dim", "100000"),
        6 => set(&mut schema.fields[last].type_params, "dim", "three"),
        7 => set(&mut schema.fields[6].type_params, "max_length", ""),
        8 => set(&mut schema.fields[6].type_params, "max_length", "100000"),
        9 => schema.fields[1].name = "1x".to_string(),
        10 => {
            collection_name = format!("{name}-x");
            schema.name.clone_from(&collection_name);
        }
        11 => schema.fields[0].data_type = DataType::Double.into(),
        _ => schema.fields[3].auto_id = true,
    }
    pb::CreateCollectionRequest {
        collection_name,
        schema: schema.encode_to_vec(),
        shards_num: 1,
        ..Default::default()
    }
}

pub fn wrong_rows(
    table: Table,
    how: usize,
    rows: &[Row],
) -> (Vec<milvus_proto::schema::FieldData>, u32) {
    let mut columns = table.columns(rows);
    let mut count = rows.len() as u32;
    match how {
        // a column that is not there, twice there or of another name; one of another type ends
        // Milvus 2.3.5
        0 => drop(columns.remove(3)),
        1 => columns.push(columns[3].clone()),
        2 => columns[3].field_name = "other".to_string(),
        3 => count += 1,
        4 => columns = table.columns(&[rows, rows].concat()),
        _ => {
            use milvus_proto::schema::field_data::Field::Scalars;
            use milvus_proto::schema::scalar_field::Data::StringData;
            if let Some(Scalars(column)) = &mut columns[6].field
                && let Some(StringData(texts)) = &mut column.data
            {
                texts.data[0] = "x".repeat(21);
            }
        }
    }
    (columns, count)
}

/// Requests about what is not there.
pub async fn missing(client: &Client<Native>, which: usize, none: &str, name: &str) -> Answer {
    let db_name = String::new();
    let collection_name = none.to_string();
    let there = name.to_string();
    let nothing = "nothing".to_string();
    macro_rules! about {
        ($request:ident { $($field:ident: $value:expr),* }) => {{
            let mut request = pb::$request::default();
            $(request.$field = $value;)*
            send(client, request, |_| Answer::Done).await
        }};
    }
    match which {
        0 => about!(DescribeCollectionRequest { collection_name: collection_name }),
        1 => about!(DropCollectionRequest { collection_name: collection_name }),
        2 => about!(LoadCollectionRequest { collection_name: collection_name }),
        3 => about!(ReleaseCollectionRequest { collection_name: collection_name }),
        4 => about!(QueryRequest { collection_name: collection_name, expr: "n > 1".to_string() }),
        5 => about!(InsertRequest { collection_name: collection_name, num_rows: 1 }),
        6 => about!(DeleteRequest { collection_name: collection_name, expr: "n > 1".to_string() }),
        7 => about!(DescribeIndexRequest { collection_name: collection_name }),
        8 => about!(ShowPartitionsRequest { collection_name: collection_name }),
        9 => about!(CreateIndexRequest { collection_name: there, field_name: nothing }),
        10 => about!(CreateAliasRequest { collection_name: collection_name, alias: nothing }),
        _ => {
            let partition_name = nothing;
            let request =
                pb::DropPartitionRequest { db_name, collection_name: there, partition_name };
            send(client, request, |_| Answer::Done).await
        }
    }
}
