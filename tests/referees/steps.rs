//! Requests: each is asked of one server, and its reply becomes an answer that can be compared.

use milvus_kernel::milvus::{Client, Error};
use milvus_proto::Request;
use milvus_proto::common::{
    ConsistencyLevel, DslType, PlaceholderGroup, PlaceholderType, PlaceholderValue,
};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

use crate::Referee;
use crate::answers::Answer;
use crate::filters::filter;
use crate::native::Native;
use crate::tables::{Metric, Row, Table, pair, row};
use crate::wrong::{MISSING, WRONG_ROWS, WRONG_SCHEMAS, missing, wrong_rows, wrong_schema};

#[derive(Clone, Debug)]
pub struct Case {
    pub table: Table,
    pub rows: Vec<Row>,
    pub index: &'static str,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Create,
    CreateWrong(usize),
    Drop,
    Has {
        is_there: bool,
    },
    Describe,
    Insert {
        partition: bool,
        rows: Vec<Row>,
    },
    InsertWrong {
        how: usize,
        rows: Vec<Row>,
    },
    Upsert {
        rows: Vec<Row>,
    },
    Delete {
        keys: Vec<i64>,
        partition: bool,
    },
    DeleteWrong(usize),
    /// that of the case where no kind is named
    Index {
        kind: Option<&'static str>,
    },
    DescribeIndex,
    DropIndex,
    Load,
    Release,
    State,
    Partition,
    DropPartition,
    HasPartition {
        is_there: bool,
    },
    Partitions,
    Alias,
    DropAlias,
    Query(Query),
    Search(Search),
    /// of something that is not there
    Missing(usize),
}

#[derive(Clone, Debug)]
pub struct Query {
    pub filter: String,
    pub outputs: Vec<&'static str>,
    pub limit: Option<i64>,
    pub offset: Option<i64>,
    pub partition: bool,
    pub by_alias: bool,
}

#[derive(Clone, Debug)]
pub struct Search {
    pub filter: String,
    pub outputs: Vec<&'static str>,
    pub vectors: Vec<[i8; 3]>,
    pub metric: Option<Metric>,
    pub limit: i64,
    pub offset: Option<i64>,
    pub range: Option<(f32, f32)>,
    pub round: Option<i64>,
    pub partition: bool,
}

impl Case {
    /// What comes before the steps: a table that is loaded, with rows.
    pub fn setup(&self) -> Vec<Step> {
        vec![
            Step::Create,
            Step::Index { kind: None },
            Step::Load,
            Step::Insert { partition: false, rows: self.rows.clone() },
            Step::Partition,
        ]
    }
}

pub fn case(referee: Referee) -> impl Strategy<Value = Case> {
    use Metric::*;
    // what Milvus Lite has no binary vectors for
    let metrics = match referee {
        Referee::Milvus => vec![L2, Ip, Cosine, Hamming, Jaccard],
        Referee::Lite => vec![L2, Ip, Cosine],
    };
    let rows = prop::collection::vec(row(), 4..14);
    let of = (any::<bool>(), any::<bool>(), prop::sample::select(metrics), 0..3usize);
    let steps = prop::collection::vec(step(referee), 30..50);
    (of, rows, steps).prop_map(move |((is_text, is_dynamic, metric, kind), mut rows, mut steps)| {
        if referee == Referee::Lite && is_dynamic {
            // it keeps dynamic fields that a whole row leaves out
            steps.retain(|step| !matches!(step, Step::Upsert { .. }));
        }
        // keys that are there twice are not an error, and which of them is read is open
        for (key, row) in rows.iter_mut().enumerate() {
            row.key = key as i64;
        }
        let index = match metric.is_binary() {
            true => ["BIN_FLAT", "BIN_FLAT", "BIN_IVF_FLAT"][kind],
            false => ["FLAT", "AUTOINDEX", "IVF_FLAT"][kind],
        };
        Case { table: Table { is_text, is_dynamic, metric }, rows, index, steps }
    })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    (prop::collection::vec(row(), 1..4), 0..10_000u16).prop_map(|(mut rows, first)| {
        // beyond those that are there, and each but once: which of two is read is open
        for (at, row) in rows.iter_mut().enumerate() {
            row.key = 100 + i64::from(first) + 10_000 * at as i64;
        }
        rows
    })
}

fn outputs(referee: Referee) -> impl Strategy<Value = Vec<&'static str>> {
    let columns = vec!["id", "flag", "tiny", "n", "f", "d", "s", "meta", "tags"];
    match referee {
        Referee::Milvus => prop_oneof![
            6 => prop::sample::subsequence(columns, 0..5),
            2 => Just(vec!["*"]),
            2 => Just(vec!["v", "n"]),
        ]
        .boxed(),
        // it shows everything where nothing is named, and takes names that nothing has
        Referee::Lite => prop_oneof![
            6 => prop::sample::subsequence(columns, 1..5),
            2 => Just(vec!["*"]),
            2 => Just(vec!["v", "n"]),
        ]
        .boxed(),
    }
}

/// In such a share of the steps of Milvus, and never of Milvus Lite.
fn some<S>(referee: Referee, share: f64, what: S) -> BoxedStrategy<Option<S::Value>>
where
    S: Strategy + 'static,
    S::Value: Clone + 'static,
{
    match referee {
        Referee::Milvus => prop::option::weighted(share, what).boxed(),
        Referee::Lite => Just(None).boxed(),
    }
}

/// Milvus Lite takes any number.
fn limit(referee: Referee, below: i64) -> BoxedStrategy<i64> {
    match referee {
        Referee::Milvus => prop_oneof![20 => 1..below, 1 => Just(0), 1 => Just(16385)].boxed(),
        Referee::Lite => (1..below).boxed(),
    }
}

fn step(referee: Referee) -> BoxedStrategy<Step> {
    // Milvus Lite looks for a range among the first hits alone
    // and has rows in the order in which they were written, of which any may be the first
    let query = (
        filter(referee),
        outputs(referee),
        some(referee, 0.5, limit(referee, 8)),
        some(referee, 0.2, 0..4i64),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(filter, outputs, limit, offset, partition, by_alias)| {
            Step::Query(Query { filter, outputs, limit, offset, partition, by_alias })
        });
    let count = filter(referee).prop_map(|filter| {
        let outputs = vec!["count(*)"];
        let (limit, offset, partition, by_alias) = (None, None, false, false);
        Step::Query(Query { filter, outputs, limit, offset, partition, by_alias })
    });
    let search = (
        prop_oneof![filter(referee), Just(String::new())],
        outputs(referee),
        prop::collection::vec([-3..4i8, -3..4i8, 1..4i8], 1..3),
        // Milvus Lite takes the metric that a search names
        some(referee, 0.1, prop::sample::select(vec![Metric::L2, Metric::Ip, Metric::Cosine])),
        limit(referee, 10).boxed(),
        prop::option::weighted(0.2, 0..4i64),
        some(referee, 0.15, (-4..9i8, -4..9i8)),
        prop::option::weighted(0.2, 0..4i64),
        prop::bool::weighted(0.1),
    )
        .prop_map(
            |(filter, outputs, vectors, metric, limit, offset, range, round, partition)| {
                // no score is at the end of a range
                let range = range.map(|(a, b)| (f32::from(a) + 0.3, f32::from(b) + 0.3));
                Step::Search(Search {
                    filter,
                    outputs,
                    vectors,
                    metric,
                    limit,
                    offset,
                    range,
                    round,
                    partition,
                })
            },
        );
    let index = prop::sample::select(vec![None, Some("NONSENSE")]);
    let both = prop_oneof![
        20 => query,
        2 => count,
        14 => search,
        3 => (prop::bool::weighted(0.2), rows())
            .prop_map(|(partition, rows)| Step::Insert { partition, rows }),
        2 => rows().prop_map(|rows| Step::Upsert { rows }),
        2 => prop::collection::vec(0..20i64, 1..3)
            .prop_map(|keys| Step::Delete { keys, partition: false }),
        1 => any::<bool>().prop_map(|is_there| Step::Has { is_there }),
        1 => any::<bool>().prop_map(|is_there| Step::HasPartition { is_there }),
        1 => Just(Step::Partitions),
        // a partition that is not there is dropped in Milvus, and is an error in Milvus Lite
        1 => (0..MISSING - 1).prop_map(Step::Missing),
    ];
    if referee == Referee::Lite {
        // it loads and indexes in its own ways, and forgives much
        return both.boxed();
    }
    prop_oneof![
        50 => both,
        // the same alias once more is none to Milvus Lite
        2 => Just(Step::Alias),
        1 => Just(Step::DropAlias),
        3 => (0..WRONG_ROWS, rows()).prop_map(|(how, rows)| Step::InsertWrong { how, rows }),
        1 => (0..WRONG_DELETES.len()).prop_map(Step::DeleteWrong),
        3 => (0..WRONG_SCHEMAS).prop_map(Step::CreateWrong),
        2 => (0..MISSING).prop_map(Step::Missing),
        1 => Just(Step::Describe),
        1 => index.prop_map(|kind| Step::Index { kind }),
        1 => Just(Step::DescribeIndex),
        1 => Just(Step::DropIndex),
        1 => Just(Step::Load),
        1 => Just(Step::Release),
        1 => Just(Step::State),
        1 => Just(Step::Partition),
        1 => Just(Step::DropPartition),
    ]
    .boxed()
}

const WRONG_DELETES: [&str; 5] = ["", "id", "id in []", "nothing == 1", "id in [1,"];

/// A request, and what its reply says.
pub async fn send<R: Request>(
    client: &Client<Native>,
    request: R,
    answer: fn(R::Reply) -> Answer,
) -> Answer {
    match client.send(request).await {
        Ok(reply) => answer(reply),
        Err(Error::Server { code, reason }) => Answer::Error { code, reason },
        Err(other) => Answer::Error { code: -1, reason: format!("{other:?}") },
    }
}

/// Asks a server for a step.
pub async fn ask(client: &Client<Native>, case: &Case, step: &Step, prefix: &str) -> Answer {
    let table = case.table;
    let name = format!("{prefix}_t");
    let alias = format!("{prefix}_alias");
    let partition_name = |is_named: bool| if is_named { "p".to_string() } else { String::new() };
    let db_name = String::new();
    let collection_name = name.clone();
    match step {
        Step::Create => {
            let request = pb::CreateCollectionRequest {
                collection_name,
                schema: table.schema(&name).encode_to_vec(),
                shards_num: 1,
                ..Default::default()
            };
            send(client, request, |_| Answer::Done).await
        }
        Step::CreateWrong(how) => {
            let request = wrong_schema(table, *how, &format!("{prefix}_wrong"));
            send(client, request, |_| Answer::Done).await
        }
        Step::Drop => {
            let request = pb::DropCollectionRequest { db_name, collection_name };
            send(client, request, |_| Answer::Done).await
        }
        Step::Has { is_there } => {
            let collection_name = if *is_there { name } else { format!("{prefix}_other") };
            let request = pb::HasCollectionRequest { collection_name, ..Default::default() };
            send(client, request, |reply| Answer::Facts(json!(reply.value))).await
        }
        Step::Describe => {
            let request = pb::DescribeCollectionRequest { collection_name, ..Default::default() };
            send(client, request, Answer::of_schema).await
        }
        Step::Insert { partition, rows } => {
            let request = pb::InsertRequest {
                collection_name,
                partition_name: partition_name(*partition),
                fields_data: table.columns(rows),
                num_rows: rows.len() as u32,
                ..Default::default()
            };
            send(client, request, Answer::of_mutation).await
        }
        Step::InsertWrong { how, rows } => {
            let (fields_data, num_rows) = wrong_rows(table, *how, rows);
            let request =
                pb::InsertRequest { collection_name, fields_data, num_rows, ..Default::default() };
            send(client, request, Answer::of_mutation).await
        }
        Step::Upsert { rows } => {
            let mut rows = rows.clone();
            rows.iter_mut().for_each(|row| row.key %= 10);
            rows.sort_by_key(|row| row.key);
            rows.dedup_by_key(|row| row.key);
            let request = pb::UpsertRequest {
                collection_name,
                fields_data: table.columns(&rows),
                num_rows: rows.len() as u32,
                ..Default::default()
            };
            send(client, request, Answer::of_mutation).await
        }
        Step::Delete { keys, partition } => {
            let keys: Vec<String> = keys.iter().map(|key| table.key(*key)).collect();
            let request = pb::DeleteRequest {
                collection_name,
                partition_name: partition_name(*partition),
                expr: format!("id in [{}]", keys.join(", ")),
                ..Default::default()
            };
            // how many there were is not counted by all
            send(client, request, |_| Answer::Done).await
        }
        Step::DeleteWrong(how) => {
            let expr = WRONG_DELETES[*how].to_string();
            let request = pb::DeleteRequest { collection_name, expr, ..Default::default() };
            send(client, request, |_| Answer::Done).await
        }
        Step::Index { kind } => {
            let kind = kind.unwrap_or(case.index);
            let metric = table.metric.name();
            let mut extra_params = vec![pair("index_type", kind), pair("metric_type", metric)];
            if kind.contains("IVF") {
                extra_params.push(pair("params", r#"{"nlist": 1}"#));
            }
            let request = pb::CreateIndexRequest {
                collection_name,
                field_name: "v".to_string(),
                index_name: "v".to_string(),
                extra_params,
                ..Default::default()
            };
            send(client, request, |_| Answer::Done).await
        }
        Step::DescribeIndex => {
            let request = pb::DescribeIndexRequest { collection_name, ..Default::default() };
            send(client, request, Answer::of_indexes).await
        }
        Step::DropIndex => {
            let index_name = "v".to_string();
            let field_name = "v".to_string();
            let request = pb::DropIndexRequest { db_name, collection_name, field_name, index_name };
            send(client, request, |_| Answer::Done).await
        }
        Step::Load => load(client, &name).await,
        Step::Release => {
            let request = pb::ReleaseCollectionRequest { db_name, collection_name };
            send(client, request, |_| Answer::Done).await
        }
        Step::State => {
            let request = pb::GetLoadStateRequest { collection_name, ..Default::default() };
            send(client, request, |reply| Answer::Facts(json!(reply.state))).await
        }
        Step::Partition => {
            let partition_name = "p".to_string();
            let request = pb::CreatePartitionRequest { db_name, collection_name, partition_name };
            send(client, request, |_| Answer::Done).await
        }
        Step::DropPartition => {
            let partition_name = "p".to_string();
            let request = pb::DropPartitionRequest { db_name, collection_name, partition_name };
            send(client, request, |_| Answer::Done).await
        }
        Step::HasPartition { is_there } => {
            let partition_name = if *is_there { "p" } else { "q" }.to_string();
            let request = pb::HasPartitionRequest { db_name, collection_name, partition_name };
            send(client, request, |reply| Answer::Facts(json!(reply.value))).await
        }
        Step::Partitions => {
            let request = pb::ShowPartitionsRequest { collection_name, ..Default::default() };
            send(client, request, |mut reply| {
                reply.partition_names.sort();
                Answer::Facts(json!(reply.partition_names))
            })
            .await
        }
        Step::Alias => {
            let request = pb::CreateAliasRequest { db_name, collection_name, alias };
            send(client, request, |_| Answer::Done).await
        }
        Step::DropAlias => {
            send(client, pb::DropAliasRequest { db_name, alias }, |_| Answer::Done).await
        }
        Step::Query(query) => {
            let mut query_params = Vec::new();
            query_params.extend(query.limit.map(|limit| pair("limit", limit)));
            query_params.extend(query.offset.map(|offset| pair("offset", offset)));
            let request = pb::QueryRequest {
                collection_name: if query.by_alias { alias } else { name },
                expr: query.filter.clone(),
                output_fields: query.outputs.iter().map(|name| name.to_string()).collect(),
                partition_names: query.partition.then(|| "p".to_string()).into_iter().collect(),
                query_params,
                consistency_level: ConsistencyLevel::Strong.into(),
                ..Default::default()
            };
            send(client, request, |reply| Answer::of_rows(&reply.fields_data)).await
        }
        Step::Search(search) => {
            send(client, search_request(table, search, name), |reply| {
                Answer::of_hits(&reply.results.unwrap_or_default())
            })
            .await
        }
        Step::Missing(which) => missing(client, *which, &format!("{prefix}_none"), &name).await,
    }
}

/// Loads, and waits until it is done.
async fn load(client: &Client<Native>, name: &str) -> Answer {
    let collection_name = name.to_string();
    let request = pb::LoadCollectionRequest {
        collection_name: collection_name.clone(),
        replica_number: 1,
        ..Default::default()
    };
    let answer = send(client, request, |_| Answer::Done).await;
    if matches!(answer, Answer::Done) {
        let request = pb::GetLoadingProgressRequest { collection_name, ..Default::default() };
        let done = client.poll(request, 60_000.0, |reply| reply.progress >= 100).await;
        done.expect("it is loaded");
    }
    answer
}

fn search_request(table: Table, search: &Search, collection_name: String) -> pb::SearchRequest {
    let metric = match search.metric {
        None => Some(table.metric),
        // the metric of another index is an error, and so is none that there is
        Some(other) if other == table.metric => None,
        Some(other) => Some(other),
    };
    let mut params = serde_json::Map::new();
    if let Some((radius, range_filter)) = search.range {
        // a range that is none is an error by now, and was nothing before
        let (near, far) = (radius.min(range_filter), radius.max(range_filter) + 1.0);
        let larger_first = matches!(table.metric, Metric::Ip | Metric::Cosine);
        let (radius, range_filter) = if larger_first { (near, far) } else { (far, near) };
        params.insert("radius".to_string(), json!(radius));
        params.insert("range_filter".to_string(), json!(range_filter));
    }
    let mut search_params = vec![
        pair("anns_field", "v"),
        pair("topk", search.limit),
        pair("params", serde_json::Value::Object(params)),
    ];
    search_params.extend(metric.map(|metric| pair("metric_type", metric.name())));
    search_params.extend(search.offset.map(|offset| pair("offset", offset)));
    search_params.extend(search.round.map(|digits| pair("round_decimal", digits)));
    let kind = match table.metric.is_binary() {
        true => PlaceholderType::BinaryVector,
        false => PlaceholderType::FloatVector,
    };
    let group = PlaceholderGroup {
        placeholders: vec![PlaceholderValue {
            tag: "$0".to_string(),
            r#type: kind.into(),
            values: search.vectors.iter().map(|vector| table.vector(*vector)).collect(),
        }],
    };
    pb::SearchRequest {
        collection_name,
        partition_names: search.partition.then(|| "p".to_string()).into_iter().collect(),
        dsl: search.filter.clone(),
        dsl_type: DslType::BoolExprV1.into(),
        search_input: Some(SearchInput::PlaceholderGroup(group.encode_to_vec())),
        output_fields: search.outputs.iter().map(|name| name.to_string()).collect(),
        search_params,
        nq: search.vectors.len() as i64,
        consistency_level: ConsistencyLevel::Strong.into(),
        ..Default::default()
    }
}
