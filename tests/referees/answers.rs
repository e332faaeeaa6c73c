//! What a server answered, as far as two servers have to agree.

use milvus_proto::milvus as pb;
use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::i_ds::IdField;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::vector_field::Data as Vectors;
use milvus_proto::schema::{CollectionSchema, FieldData, FieldSchema, SearchResultData};
use serde_json::{Value, json};

use crate::Referee;

#[derive(Clone, Debug)]
pub enum Answer {
    Done,
    Facts(Value),
    Written {
        ids: Option<Vec<Value>>,
        counts: [i64; 2],
    },
    /// by columns, which come in no order
    Rows(Vec<Value>),
    /// of each query: the score, the key and the fields of each hit
    Hits(Vec<Vec<(f32, Value, Value)>>),
    Error {
        code: i32,
        reason: String,
    },
}

impl Answer {
    pub fn of_schema(reply: pb::DescribeCollectionResponse) -> Answer {
        let CollectionSchema { fields, enable_dynamic_field, .. } =
            reply.schema.unwrap_or_default();
        let field = |field: &FieldSchema| {
            let mut params: Vec<(&str, &str)> = field
                .type_params
                .iter()
                .map(|pair| (pair.key.as_str(), pair.value.as_str()))
                .collect();
            params.sort();
            json!([field.name, field.data_type, field.element_type, field.is_primary_key, params])
        };
        let fields: Vec<Value> = fields.iter().map(field).collect();
        Answer::Facts(json!([fields, enable_dynamic_field]))
    }

    pub fn of_mutation(reply: pb::MutationResult) -> Answer {
        let ids = reply.i_ds.and_then(|ids| ids.id_field).map(|ids| keys(&ids));
        Answer::Written { ids, counts: [reply.insert_cnt, reply.upsert_cnt] }
    }

    pub fn of_indexes(reply: pb::DescribeIndexResponse) -> Answer {
        let index = |index: &pb::IndexDescription| {
            let of = |key: &str| {
                index.params.iter().find(|pair| pair.key == key).map(|pair| pair.value.clone())
            };
            json!([index.index_name, index.field_name, of("index_type"), of("metric_type")])
        };
        Answer::Facts(reply.index_descriptions.iter().map(index).collect())
    }

    pub fn of_rows(columns: &[FieldData]) -> Answer {
        Answer::Rows(rows(columns))
    }

    pub fn of_hits(results: &SearchResultData) -> Answer {
        let ids = results.ids.as_ref().and_then(|ids| ids.id_field.as_ref());
        let ids = ids.map(keys).unwrap_or_default();
        let mut rows = rows(&results.fields_data);
        rows.resize(ids.len(), Value::Null);
        let mut hits =
            results.scores.iter().zip(ids).zip(rows).map(|((score, id), row)| (*score, id, row));
        let queries = results.topks.iter();
        Answer::Hits(queries.map(|count| hits.by_ref().take(*count as usize).collect()).collect())
    }

    /// Why it is not what the referee answered.
    pub fn same(&self, expected: &Answer, referee: Referee) -> Result<(), &'static str> {
        let check = |same: bool, what| if same { Ok(()) } else { Err(what) };
        match (self, expected) {
            (Answer::Done, Answer::Done) => Ok(()),
            (Answer::Facts(ours), Answer::Facts(theirs)) => check(ours == theirs, "other facts"),
            (
                Answer::Written { ids, counts },
                Answer::Written { ids: their_ids, counts: their },
            ) => {
                check(ids == their_ids, "other keys")?;
                // it does not count what is upserted as inserted
                let alike = referee == Referee::Lite && counts[1] == their[1];
                check(counts == their || alike, "other counts")
            }
            (Answer::Rows(ours), Answer::Rows(theirs)) => {
                let (mut ours, mut theirs) = (ours.clone(), theirs.clone());
                if referee == Referee::Lite {
                    // in the order in which they were written
                    ours.sort_by_key(Value::to_string);
                    theirs.sort_by_key(Value::to_string);
                }
                check(ours == theirs, "other rows")
            }
            (Answer::Hits(ours), Answer::Hits(theirs)) => {
                check(ours.len() == theirs.len(), "of other queries")?;
                ours.iter().zip(theirs).try_for_each(|(ours, theirs)| same_hits(ours, theirs))
            }
            (
                Answer::Error { code, reason },
                Answer::Error { code: their_code, reason: their_reason },
            ) => match referee {
                // it has its own numbers and words
                Referee::Lite => Ok(()),
                Referee::Milvus => {
                    // before 2.4 most errors had no number of their own
                    check(code == their_code || *their_code == UNEXPECTED, "another code")?;
                    check(alike(reason, their_reason), "other words")
                }
            },
            _ => Err("other things"),
        }
    }
}

/// Scores in their order; hits of the same score come in any.
fn same_hits(
    ours: &[(f32, Value, Value)],
    theirs: &[(f32, Value, Value)],
) -> Result<(), &'static str> {
    let near = |a: f32, b: f32| (a - b).abs() <= 1e-4 * a.abs().max(b.abs()).max(1.0);
    if ours.len() != theirs.len() {
        return Err("so many other hits");
    }
    if !ours.iter().zip(theirs).all(|(our, their)| near(our.0, their.0)) {
        return Err("other scores");
    }
    let (Some(first), Some(last)) = (ours.first(), ours.last()) else { return Ok(()) };
    for (score, key, row) in ours {
        // of those that tie with the last hit, any may be left out
        if near(*score, last.0) {
            continue;
        }
        match theirs.iter().find(|their| their.1 == *key) {
            // an offset leaves out any of those that tie with the first hit
            None if near(*score, first.0) => {}
            None => return Err("other hits"),
            Some(their) if !near(their.0, *score) => return Err("a hit has another score"),
            Some(their) if their.2 != *row => return Err("a hit has other fields"),
            Some(_) => {}
        }
    }
    Ok(())
}

const UNEXPECTED: i32 = 65535;

/// What was said in other words before: of this Milvus, and of 2.3.5.
const SAID_OTHERWISE: &[(&str, &str)] = &[
    // both read the same mistake, and ANTLR has other words for it by now
    ("cannot parse expression", "cannot parse expression"),
    ("duplicated field name", "duplicated field name"),
    ("should be in range 2 ~ ", "should be in range 1 ~ "),
    ("topk [", "topk ["),
    ("exceeds max length", "exceeds max length"),
    ("does not exist in the schema", "the number of fields is less than needed"),
    ("has no corresponding fieldData", "the number of fields is less than needed"),
    ("has no corresponding fieldData", "is not supported now"),
    ("invalid dimension: three", "strconv.ParseInt"),
    ("it must be in (0, 65535]", "should be in (0, 65535]"),
    ("first character of a field name", "first character of a field name"),
    ("cannot be dropped on loaded collection", "index cannot be dropped, collection is loaded"),
    ("predicate is not a boolean expression", "predicate is not a boolean expression"),
    ("invalid index type", "invalid index type"),
    ("please create index firstly", "index not found"),
    ("failed to create delete plan", "failed to create expr plan"),
    ("dimension is not defined in field", "dimension is not defined in field"),
    ("type param(max_length) should", "type param(max_length) should"),
];

/// Whether it is one mistake. Milvus 2.3.5 says before it what it was doing; behind it may stand of
/// what kind it is, and the names and numbers that it is about.
fn alike(ours: &str, theirs: &str) -> bool {
    let ours = ours.strip_prefix("failed to create query plan: ").unwrap_or(ours);
    let end = [": invalid parameter", ": missing parameter", ": field not found", "["]
        .iter()
        .filter_map(|kind| ours.find(kind))
        .min();
    theirs.contains(&ours[..end.unwrap_or(ours.len())])
        || SAID_OTHERWISE.iter().any(|(one, other)| ours.contains(one) && theirs.contains(other))
}

fn keys(ids: &IdField) -> Vec<Value> {
    match ids {
        IdField::IntId(ids) => ids.data.iter().map(|id| json!(id)).collect(),
        IdField::StrId(ids) => ids.data.iter().map(|id| json!(id)).collect(),
    }
}

/// Rows of columns, as objects.
fn rows(columns: &[FieldData]) -> Vec<Value> {
    let mut rows: Vec<std::collections::BTreeMap<String, Value>> = Vec::new();
    for column in columns {
        let name = match column.is_dynamic {
            true => "$meta".to_string(),
            false => column.field_name.clone(),
        };
        for (row, cell) in cells(column).into_iter().enumerate() {
            if rows.len() <= row {
                rows.push(Default::default());
            }
            // Milvus Lite shows dynamic fields where none was asked for
            if name == "$meta" && cell == json!({}) {
                continue;
            }
            rows[row].insert(name.clone(), cell);
        }
    }
    rows.iter().map(|row| json!(row)).collect()
}

fn cells(column: &FieldData) -> Vec<Value> {
    match &column.field {
        Some(Columns::Scalars(scalars)) => {
            scalars.data.as_ref().map(of_scalars).unwrap_or_default()
        }
        Some(Columns::Vectors(vectors)) => {
            let dim = vectors.dim as usize;
            match &vectors.data {
                Some(Vectors::FloatVector(floats)) => {
                    floats.data.chunks(dim).map(|vector| json!(vector)).collect()
                }
                Some(Vectors::BinaryVector(bytes)) => {
                    bytes.chunks(dim / 8).map(|vector| json!(vector)).collect()
                }
                other => panic!("no vectors of these tables: {other:?}"),
            }
        }
        Some(other) => panic!("no column of these tables: {other:?}"),
        None => Vec::new(),
    }
}

fn of_scalars(data: &Scalars) -> Vec<Value> {
    match data {
        Scalars::BoolData(array) => array.data.iter().map(|value| json!(value)).collect(),
        Scalars::IntData(array) => array.data.iter().map(|value| json!(value)).collect(),
        Scalars::LongData(array) => array.data.iter().map(|value| json!(value)).collect(),
        Scalars::FloatData(array) => array.data.iter().map(|value| json!(value)).collect(),
        Scalars::DoubleData(array) => array.data.iter().map(|value| json!(value)).collect(),
        Scalars::StringData(array) => array.data.iter().map(|value| json!(value)).collect(),
        Scalars::JsonData(array) => {
            let parse = |text: &Vec<u8>| serde_json::from_slice(text).expect("JSON");
            array.data.iter().map(parse).collect()
        }
        Scalars::ArrayData(array) => array
            .data
            .iter()
            .map(|elements| elements.data.as_ref().map(of_scalars).unwrap_or_default().into())
            .collect(),
        other => panic!("no column of these tables: {other:?}"),
    }
}
