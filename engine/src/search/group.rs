//! Grouped hits: so many of each value of a field, the groups in the order of their closest hit and
//! the hits of a group side by side, as Milvus's proxy gives them.

use std::collections::HashMap;

use milvus_proto::schema::field_data::Field as Columns;
use milvus_proto::schema::scalar_field::Data as Scalars;
use milvus_proto::schema::{DataType, FieldData, JsonArray, ScalarField};

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result};
use crate::index::Hit;
use crate::schema::{DYNAMIC_FIELD, Field};
use crate::search::plan::Params;
use crate::segment::column::Cell;

/// The most hits of a group.
const MAX_SIZE: i64 = 10;

/// Hits by the value of a field, so many of each.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    column: usize,
    /// where in an object the value is
    path: Vec<String>,
    size: usize,
    /// every group is to be full: else the last one found ends the search
    strict: bool,
}

/// How the hits of a group make its score in a hybrid search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scorer {
    Max,
    Sum,
    Avg,
}

/// What hits are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    /// whatever is in an object, as it is written there
    Json(String),
}

impl Group {
    /// The groups that search parameters ask for. A `strict_group_size` that is no bool is false,
    /// as in Milvus's proxy.
    pub fn new(collection: &Collection, params: &Params<'_>) -> Result<Option<Group>> {
        let size = params.whole("group_size")?.unwrap_or(1);
        if size <= 0 {
            return Err(Error::invalid(format!(
                "input group size:{size} is negative, failed to do search_groupby"
            )));
        }
        if size > MAX_SIZE {
            return Err(Error::invalid(format!(
                "input group size:{size} exceeds configured max group size:{MAX_SIZE}"
            )));
        }
        let named = |key: &str| {
            params.text(key).map(|name| name.trim().to_string()).filter(|name| !name.is_empty())
        };
        let Some(name) = named("group_by_field").or_else(|| named("group_by_fields")) else {
            return Ok(None);
        };
        let (column, path) = place(collection, &name)?;
        let strict = params.flag("strict_group_size").unwrap_or(false);
        Ok(Some(Group { column, path, size: size as usize, strict }))
    }

    /// The column, where it is of the value itself and of none within it.
    pub fn field(&self) -> Option<usize> {
        self.path.is_empty().then_some(self.column)
    }

    /// Of hits, the closest first, those of `limit` groups behind the first `offset` ones.
    pub fn choose(
        &self,
        collection: &Collection,
        hits: &[Hit],
        offset: usize,
        limit: usize,
    ) -> Vec<Hit> {
        let groups = self.parted(collection, hits, offset + limit);
        groups.into_iter().skip(offset).flatten().collect()
    }

    /// The same of joined hits, the best first; the groups in the order of their scores.
    pub fn choose_scored(
        &self,
        collection: &Collection,
        hits: &[Hit],
        (offset, limit): (usize, usize),
        scorer: Scorer,
        larger_first: bool,
    ) -> Vec<Hit> {
        let mut scored: Vec<(f32, Vec<Hit>)> = self
            .parted(collection, hits, usize::MAX)
            .into_iter()
            .map(|group| (scorer.score(&group), group))
            .collect();
        scored.sort_by(|(a, of_a), (b, of_b)| {
            let by_score = if larger_first { b.total_cmp(a) } else { a.total_cmp(b) };
            let first = |hits: &[Hit]| collection.segment.key(hits.first()?.row as usize);
            by_score
                .then_with(|| of_b.len().cmp(&of_a.len()))
                .then_with(|| first(of_a).cmp(&first(of_b)))
        });
        scored.into_iter().skip(offset).take(limit).flat_map(|(_, group)| group).collect()
    }

    /// The first so many groups, in the order in which they come up. Milvus's core goes through
    /// the hits until it has all groups, or all groups full where they are to be.
    fn parted(&self, collection: &Collection, hits: &[Hit], most: usize) -> Vec<Vec<Hit>> {
        let mut places: HashMap<Value, usize> = HashMap::new();
        let mut groups: Vec<Vec<Hit>> = Vec::new();
        let mut open = most;
        for hit in hits {
            if open == 0 {
                break;
            }
            let value = self.value(collection, hit.row as usize);
            if places.len() >= most && !places.contains_key(&value) {
                continue;
            }
            let place = *places.entry(value).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(place).filter(|group| group.len() < self.size) {
                group.push(*hit);
                open -= usize::from(group.len() == self.size);
            }
            if !self.strict && groups.len() >= most {
                break;
            }
        }
        groups
    }

    /// What each hit was grouped by, as a column of the reply.
    pub fn values(&self, collection: &Collection, found: &[Vec<Hit>]) -> FieldData {
        let rows: Vec<usize> = found.iter().flatten().map(|hit| hit.row as usize).collect();
        let Some(field) = collection.schema.fields.get(self.column) else {
            return FieldData::default();
        };
        let data = collection.segment.gather(self.column, field, &rows);
        if self.path.is_empty() {
            return data;
        }
        let values = rows.iter().map(|row| self.value(collection, *row));
        let texts: Vec<Option<String>> = values
            .map(|value| match value {
                Value::Json(text) => Some(text),
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) => None,
            })
            .collect();
        let valid_data = texts.iter().map(Option::is_some).collect();
        let texts = texts.into_iter().map(|text| text.unwrap_or_default().into_bytes());
        let texts = Some(Scalars::JsonData(JsonArray { data: texts.collect() }));
        let field = Some(Columns::Scalars(ScalarField { data: texts }));
        FieldData { field, valid_data, ..data }
    }

    fn value(&self, collection: &Collection, row: usize) -> Value {
        match collection.segment.column(self.column).map(|column| column.cell(row)) {
            Some(Cell::Bool(value)) => Value::Bool(value),
            Some(Cell::Int(value)) => Value::Int(value),
            Some(Cell::Text(value)) => Value::Text(value.to_string()),
            Some(Cell::Json(text)) => self.within(text),
            Some(
                Cell::Null
                | Cell::Float(_)
                | Cell::Double(_)
                | Cell::Array(_)
                | Cell::List(_)
                | Cell::Vector,
            )
            | None => Value::Null,
        }
    }

    fn within(&self, text: &[u8]) -> Value {
        let parsed: Option<serde_json::Value> = serde_json::from_slice(text).ok();
        let found = self.path.iter().try_fold(parsed.as_ref(), |value, key| match value? {
            serde_json::Value::Array(items) => Some(items.get(key.parse::<usize>().ok()?)),
            other => Some(other.get(key)),
        });
        match found.flatten() {
            None | Some(serde_json::Value::Null) => Value::Null,
            Some(value) => Value::Json(value.to_string()),
        }
    }
}

impl Scorer {
    pub fn new(params: &Params<'_>) -> Result<Scorer> {
        match params.text("rank_group_scorer").as_deref() {
            None | Some("" | "max") => Ok(Scorer::Max),
            Some("sum") => Ok(Scorer::Sum),
            Some("avg") => Ok(Scorer::Avg),
            Some(other) => Err(Error::invalid(format!(
                "invalid group scorer \"{other}\", must be max/sum/avg"
            ))),
        }
    }

    /// The best first.
    fn score(self, group: &[Hit]) -> f32 {
        let sum = || group.iter().map(|hit| hit.score).sum::<f32>();
        match self {
            Scorer::Max => group.first().map_or(0.0, |hit| hit.score),
            Scorer::Sum => sum(),
            Scorer::Avg => sum() / group.len().max(1) as f32,
        }
    }
}

/// The column of a name such as `shelf`, `meta["place"]["row"]` or a dynamic key, and the way
/// within an object.
fn place(collection: &Collection, name: &str) -> Result<(usize, Vec<String>)> {
    let schema = &collection.schema;
    let (base, rest) = name.split_once('[').map_or((name, None), |(base, rest)| (base, Some(rest)));
    let keys = rest.into_iter().flat_map(|rest| rest.split('['));
    let mut path: Vec<String> =
        keys.map(|key| key.trim_end_matches(']').trim_matches(['"', '\'']).to_string()).collect();
    match (schema.find(base), schema.dynamic()) {
        (Some((column, field)), _) => {
            check_type(field)?;
            Ok((column, path))
        }
        (None, Some((column, _))) => {
            if base != DYNAMIC_FIELD {
                path.insert(0, base.to_string());
            }
            Ok((column, path))
        }
        (None, None) => Err(Error::plain(
            Kind::FieldNotFound,
            format!("groupBy field not found in schema: field not found[field={name}]"),
        )),
    }
}

fn check_type(field: &Field) -> Result<()> {
    match field.data_type {
        DataType::Bool
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::VarChar
        | DataType::String
        | DataType::Text
        | DataType::Json
        | DataType::Timestamptz => Ok(()),
        other => Err(Error::new(
            Kind::NotSupported,
            format!("unsupported data type {} for group by operator", other.as_str_name()),
        )),
    }
}
