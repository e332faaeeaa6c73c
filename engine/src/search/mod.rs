//! Searches: the rows that are closest to vectors or texts. In: a collection and a request. Out:
//! hits with the fields that were asked for.
//!
//! `plan` settles what is searched and which rows may be found, `queries` finds them, `group` and
//! `rank` choose among them.

mod group;
mod plan;
mod queries;
mod rank;
pub mod texts;

use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::SearchResultData;

use crate::catalog::Collection;
use crate::error::{Error, Result, success};
use crate::index::Hit;
use crate::outputs::Outputs;
use crate::segment::ids;
use plan::{Params, Plan};
use rank::Ranker;

pub fn search(collection: &Collection, request: &pb::SearchRequest) -> Result<pb::SearchResults> {
    let plan = Plan::new(collection, request)?;
    let outputs = Outputs::new(&collection.schema, &request.output_fields)?;
    let found = found(&plan, request)?;
    Ok(reply(collection, &outputs, found, plan.limit, plan.round))
}

pub fn hybrid(
    collection: &Collection,
    request: &pb::HybridSearchRequest,
) -> Result<pb::SearchResults> {
    let params = Params::new(&request.rank_params)?;
    let ranker = Ranker::new(&params, request.requests.len())?;
    let limit =
        params.whole("limit")?.ok_or_else(|| Error::invalid("limit not found in rank_params"))?;
    let (limit, offset) = plan::window(limit, params.whole("offset")?.unwrap_or(0))?;
    let round = params.whole("round_decimal")?.and_then(|digits| u32::try_from(digits).ok());
    let outputs = Outputs::new(&collection.schema, &request.output_fields)?;
    let mut searches = Vec::new();
    for part in &request.requests {
        let mut part = part.clone();
        if part.partition_names.is_empty() {
            part.partition_names.clone_from(&request.partition_names);
        }
        let plan = Plan::new(collection, &part)?;
        searches.push((plan.metric, found(&plan, &part)?));
    }
    let queries = searches.first().map_or(0, |(_, hits)| hits.len());
    if searches.iter().any(|(_, hits)| hits.len() != queries) {
        return Err(Error::invalid(
            "the searches of a hybrid search are to have one number of queries",
        ));
    }
    let joined = (0..queries)
        .map(|query| {
            let of_query: Vec<_> = searches
                .iter()
                .map(|(metric, hits)| (*metric, hits.get(query).cloned().unwrap_or_default()))
                .collect();
            let (joined, _) = ranker.join(&of_query);
            joined.into_iter().skip(offset).take(limit).collect()
        })
        .collect();
    Ok(reply(collection, &outputs, joined, limit, round))
}

/// The hits of each query, the closest first.
fn found(plan: &Plan<'_>, request: &pb::SearchRequest) -> Result<Vec<Vec<Hit>>> {
    let Some(SearchInput::PlaceholderGroup(group)) = &request.search_input else {
        return Err(Error::invalid("a search wants vectors or texts"));
    };
    // a group may lie anywhere behind the first hits
    let k = match plan.group {
        Some(_) => plan.collection.segment.rows(),
        None => plan.limit + plan.offset,
    };
    let found = queries::run(plan, group, k)?;
    Ok(found
        .into_iter()
        .map(|hits| match &plan.group {
            Some(group) => group::grouped(plan, group, &hits),
            None => hits.into_iter().skip(plan.offset).collect(),
        })
        .collect())
}

fn reply(
    collection: &Collection,
    outputs: &Outputs,
    found: Vec<Vec<Hit>>,
    limit: usize,
    round: Option<u32>,
) -> pb::SearchResults {
    let topks = found.iter().map(|hits| hits.len() as i64).collect();
    let num_queries = found.len() as i64;
    let hits: Vec<Hit> = found.into_iter().flatten().collect();
    let rows: Vec<usize> = hits.iter().map(|hit| hit.row as usize).collect();
    let keys = rows.iter().filter_map(|row| collection.segment.key(*row));
    pb::SearchResults {
        status: Some(success()),
        results: Some(SearchResultData {
            num_queries,
            top_k: limit as i64,
            fields_data: outputs.gather(&collection.schema, &collection.segment, &rows),
            scores: hits.iter().map(|hit| rounded(hit.score, round)).collect(),
            ids: Some(ids(keys)),
            topks,
            output_fields: outputs.names.clone(),
        }),
        collection_name: collection.name.clone(),
    }
}

fn rounded(score: f32, digits: Option<u32>) -> f32 {
    let Some(digits) = digits.filter(|digits| *digits <= 6) else { return score };
    let factor = 10f64.powi(digits as i32);
    ((f64::from(score) * factor + 0.5).floor() / factor) as f32
}
