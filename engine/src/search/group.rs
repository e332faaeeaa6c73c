//! Grouped hits: so many of each value of a field, the groups in the order of their closest hit.

use std::collections::HashMap;

use crate::index::Hit;
use crate::search::plan::{Group, Plan};
use crate::segment::column::Cell;

/// What hits are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// a number, text or whatever else is in an object, as it is written there
    Text(String),
}

/// Of hits, the closest first, those of `limit` groups behind the first `offset` ones.
pub(crate) fn grouped(plan: &Plan<'_>, group: &Group, hits: &[Hit]) -> Vec<Hit> {
    let mut places: HashMap<Value, usize> = HashMap::new();
    let mut groups: Vec<Vec<Hit>> = Vec::new();
    let wanted = plan.limit + plan.offset;
    for hit in hits {
        let value = value(plan, group, hit.row as usize);
        let next = groups.len();
        let place = *places.entry(value).or_insert(next);
        if place == next {
            groups.push(Vec::new());
        }
        if let Some(members) = groups.get_mut(place).filter(|members| members.len() < group.size) {
            members.push(*hit);
        }
    }
    if group.strict {
        // full groups come first, as Milvus looks on until it has as many as were asked for
        groups.sort_by_key(|members| members.len() < group.size);
        groups.truncate(wanted);
    }
    let mut found: Vec<Hit> = groups.into_iter().take(wanted).skip(plan.offset).flatten().collect();
    let turn = |hit: &Hit| plan.metric.turn(hit.score);
    found.sort_by(|a, b| turn(a).total_cmp(&turn(b)).then(a.row.cmp(&b.row)));
    found
}

fn value(plan: &Plan<'_>, group: &Group, row: usize) -> Value {
    let segment = &plan.collection.segment;
    match (segment.column(group.column).map(|column| column.cell(row)), &group.key) {
        (Some(Cell::Bool(value)), _) => Value::Bool(value),
        (Some(Cell::Int(value)), _) => Value::Int(value),
        (Some(Cell::Text(value)), _) => Value::Text(value.to_string()),
        (Some(Cell::Float(value)), _) => Value::Text(value.to_string()),
        (Some(Cell::Double(value)), _) => Value::Text(value.to_string()),
        (Some(Cell::Json(text)), Some(key)) => {
            let parsed: Option<serde_json::Value> = serde_json::from_slice(text).ok();
            match parsed.and_then(|object| object.get(key).cloned()) {
                None | Some(serde_json::Value::Null) => Value::Null,
                Some(value) => Value::Text(value.to_string()),
            }
        }
        (Some(Cell::Json(text)), None) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        _ => Value::Null,
    }
}
