//! Searches: the rows that are closest to vectors or texts. In: a collection and a request. Out:
//! hits with the fields that were asked for.
//!
//! `plan` settles what is searched and which rows may be found, `queries` finds them, by an index
//! that is built as `indexed` says, `group` and `rank` choose among them, `score` and `chain` score
//! them anew.

mod by_key;
mod chain;
mod group;
pub(crate) mod indexed;
mod iterator;
mod lists;
pub(crate) mod plan;
mod queries;
mod rank;
mod score;
#[cfg(test)]
mod tests;
pub mod texts;

use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::{LongArray, SearchResultData};

use crate::catalog::Collection;
use crate::error::{Error, Result, success};
use crate::index::Hit;
use crate::outputs::Outputs;
use crate::pace::Pace;
use crate::segment::ids;
use crate::time::columns::Told;
use by_key::ByKey;
use group::{Group, Scorer};
use plan::{Params, Plan, Whole};
use rank::Ranker;
use score::Decay;

/// How scores are rounded: to so many digits behind the point.
#[derive(Clone, Copy)]
struct Round {
    digits: u32,
    /// the nearest whole number
    whole: fn(f64) -> f64,
}

/// The most searches of a hybrid one.
const MAX_SEARCHES: usize = 1024;

/// Finds the rows that are closest to each query, at a moment.
pub(crate) fn search(
    collection: &Collection,
    request: &pb::SearchRequest,
    moment: u64,
    pace: &mut Pace<'_>,
) -> Result<pb::SearchResults> {
    let moment = pace.moment(moment);
    let outputs = Outputs::new(&collection.schema, &request.output_fields)?;
    let told = Told::new(&request.search_params, &collection.properties)?;
    let mut plan = Plan::new(collection, request, moment, None, pace)?;
    let found = found(&plan, request, moment, pace)?;
    // the half away from zero, as Milvus's core has it
    let round = plan.round.map(|digits| Round { digits, whole: f64::round });
    // chains take rounded scores and give them as they make them
    let round = round.filter(|_| plan.chains.is_empty());
    let grouped = plan.group.as_ref().and_then(Group::field);
    let found = plan.chains.last(collection, grouped, found)?;
    let mut results = results(collection, &outputs, &found, plan.limit, round);
    if let Some(group) = &plan.group {
        results.group_by_field_value = Some(group.values(collection, &found));
    }
    if plan.is_by_element() {
        let places = found.iter().flatten().map(|hit| i64::from(hit.element));
        results.element_indices = Some(LongArray { data: places.collect() });
    }
    if let Some(page) = plan.page.take() {
        let last = found.iter().flatten().last().map(|hit| hit.score);
        let place = page.place(last, plan.metric, moment);
        results.search_iterator_v2_results = Some(place);
    }
    tell(&told, &mut results)?;
    Ok(reply(collection, results, moment))
}

/// Moments as the request wants them.
fn tell(told: &Told, results: &mut SearchResultData) -> Result<()> {
    told.tell(&mut results.fields_data)?;
    match &mut results.group_by_field_value {
        Some(values) => told.tell_whole(values),
        None => Ok(()),
    }
}

/// Joins the rows that several searches find.
pub(crate) fn hybrid(
    collection: &Collection,
    request: &pb::HybridSearchRequest,
    moment: u64,
    pace: &mut Pace<'_>,
) -> Result<pb::SearchResults> {
    let moment = pace.moment(moment);
    if !(1..=MAX_SEARCHES).contains(&request.requests.len()) {
        return Err(Error::invalid(format!("maximum of ann search requests is {MAX_SEARCHES}")));
    }
    if !request.function_chains.is_empty() {
        return Err(Error::invalid("function_chains is not supported for hybrid search yet"));
    }
    let told = Told::new(&request.rank_params, &collection.properties)?;
    let rank_params = score::ranker(&request.rank_params, request.function_score.as_ref())?;
    let params = Params::new(&rank_params)?;
    let (limit, offset) = plan::hybrid_window(&params)?;
    let round = plan::round(&params)?;
    let group = Group::new(collection, &params)?;
    let scorer = Scorer::new(&params)?;
    let ranker = Ranker::new(&params, request.requests.len())?;
    let decay = Decay::of_hybrid(collection, request.function_score.as_ref())?;
    let outputs = Outputs::new(&collection.schema, &request.output_fields)?;
    let whole = Whole { depth: limit + offset, group, zone: told.zone().to_string() };
    let (mut metrics, mut searches) = (Vec::new(), Vec::new());
    for part in &request.requests {
        let mut part = part.clone();
        if part.partition_names.is_empty() {
            part.partition_names.clone_from(&request.partition_names);
        }
        let plan = Plan::new(collection, &part, moment, Some(&whole), pace)?;
        metrics.push(plan.metric);
        searches.push(found(&plan, &part, moment, pace)?);
    }
    let queries = searches.first().map_or(0, Vec::len);
    if searches.iter().any(|hits| hits.len() != queries) {
        return Err(Error::invalid("nq should be the same in different sub requests"));
    }
    let joined = (0..queries).map(|query| {
        let found: Vec<&[Hit]> =
            searches.iter().filter_map(|hits| hits.get(query)).map(Vec::as_slice).collect();
        let mut joined = ranker.join(&collection.segment, &metrics, &found);
        if let Some(decay) = &decay {
            decay.apply(collection, &mut joined);
        }
        match &whole.group {
            None => joined.into_iter().skip(offset).take(limit).collect(),
            Some(group) => {
                let larger_first = ranker.larger_first(&metrics);
                group.choose_scored(collection, &joined, (offset, limit), scorer, larger_first)
            }
        }
    });
    // the half upwards, as Milvus's proxy has it
    let round = round.map(|digits| Round { digits, whole: |score| (score + 0.5).floor() });
    let joined: Vec<Vec<Hit>> = joined.collect();
    let mut results = results(collection, &outputs, &joined, limit, round);
    if let Some(group) = &whole.group {
        results.group_by_field_value = Some(group.values(collection, &joined));
    }
    tell(&told, &mut results)?;
    Ok(reply(collection, results, moment))
}

/// The hits of each query, the closest first.
fn found(
    plan: &Plan<'_>,
    request: &pb::SearchRequest,
    moment: u64,
    pace: &mut Pace<'_>,
) -> Result<Vec<Vec<Hit>>> {
    let by_key = match &request.search_input {
        Some(SearchInput::Ids(ids)) => Some(ByKey::new(plan, request, ids, moment)?),
        Some(SearchInput::PlaceholderGroup(_)) | None => None,
    };
    let queries = match (&request.search_input, &by_key) {
        (_, Some(by_key)) => &by_key.group,
        (Some(SearchInput::PlaceholderGroup(queries)), None) => queries,
        _ => return Err(Error::invalid("empty search request")),
    };
    // a group may lie anywhere behind the first hits
    let k = match plan.group {
        Some(_) if plan.is_by_element() => usize::MAX,
        Some(_) => plan.collection.segment.rows(),
        None => plan.limit + plan.offset,
    };
    let mut found = match &by_key {
        Some(by_key) if !by_key.there.contains(&true) => by_key.spread(Vec::new()),
        Some(by_key) => by_key.spread(nearest(plan, queries, k, pace)?),
        None => nearest(plan, queries, k, pace)?,
    };
    for hits in &mut found {
        if let Some(rescore) = &plan.rescore {
            rescore.apply(plan.collection, plan.metric, hits);
        }
        if !plan.chains.is_empty() {
            let round = plan.round.map(|digits| Round { digits, whole: f64::round });
            hits.iter_mut().for_each(|hit| hit.score = rounded(hit.score, round));
        }
    }
    let choose = |hits: &[Hit], offset: usize, limit: usize| match &plan.group {
        Some(group) => group.choose(plan.collection, hits, offset, limit),
        None => hits.iter().skip(offset).copied().collect(),
    };
    if plan.chains.has_near() {
        // of what a segment gives, the groups are chosen once more
        let most = plan.offset + plan.limit;
        let given = found.iter().map(|hits| choose(hits, 0, most)).collect();
        found = plan.chains.near(plan.collection, plan.metric, given)?;
    }
    Ok(found.iter().map(|hits| choose(hits, plan.offset, plan.limit)).collect())
}

/// The `k` closest rows of each query; a page of an iterator goes on while rows are as close as its
/// last one, for the next page begins behind them.
fn nearest(
    plan: &Plan<'_>,
    queries: &[u8],
    k: usize,
    pace: &mut Pace<'_>,
) -> Result<Vec<Vec<Hit>>> {
    let mut most = k;
    loop {
        let hits = queries::run(plan, queries, most, pace)?;
        if plan.page.is_none() {
            return Ok(hits);
        }
        if hits.iter().all(|hits| hits.len() < most || iterator::is_whole(hits, k)) {
            return Ok(hits.into_iter().map(|hits| iterator::page(hits, k)).collect());
        }
        most = most.saturating_mul(2).max(1);
    }
}

fn results(
    collection: &Collection,
    outputs: &Outputs,
    found: &[Vec<Hit>],
    limit: usize,
    round: Option<Round>,
) -> SearchResultData {
    let hits = || found.iter().flatten();
    let rows: Vec<usize> = hits().map(|hit| hit.row as usize).collect();
    let keys = rows.iter().filter_map(|row| collection.segment.key(*row));
    SearchResultData {
        num_queries: found.len() as i64,
        top_k: limit as i64,
        fields_data: outputs.gather(&collection.schema, &collection.segment, &rows),
        scores: hits().map(|hit| rounded(hit.score, round)).collect(),
        ids: Some(ids(keys)),
        topks: found.iter().map(|hits| hits.len() as i64).collect(),
        output_fields: outputs.names.clone(),
        primary_field_name: collection.schema.primary_field().name.clone(),
        ..Default::default()
    }
}

fn reply(collection: &Collection, results: SearchResultData, moment: u64) -> pb::SearchResults {
    pb::SearchResults {
        status: Some(success()),
        results: Some(results),
        collection_name: collection.name.clone(),
        session_ts: moment,
    }
}

/// A score with so many digits behind the point.
fn rounded(score: f32, round: Option<Round>) -> f32 {
    let Some(Round { digits, whole }) = round else { return score };
    let factor = 10f64.powi(digits as i32);
    (whole(f64::from(score) * factor) / factor) as f32
}
