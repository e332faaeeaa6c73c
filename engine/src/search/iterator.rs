//! Pages of one search (Milvus's search iterator, version 2): each is of the hits that lie behind
//! the last one of the page before. The client keeps where it is; nothing is kept here.
//!
//! The place is a score, so hits of the score of a page's last one belong to the page too, however
//! many they are. Milvus ends the page at its size, and its iterators lose the others.

use milvus_proto::schema::SearchIteratorV2Results as Place;

use crate::error::{Error, Kind, Result, expected};
use crate::index::collect::Range;
use crate::index::{Hit, Metric};
use crate::search::plan::Params;

pub(crate) struct Page {
    token: Option<String>,
    pub size: i64,
    /// the score of the last hit of the page before
    last_bound: Option<f32>,
}

impl Page {
    /// None of a search that is no iterator's.
    pub fn new(params: &Params<'_>) -> Result<Option<Page>> {
        if !params.flag("search_iter_v2").unwrap_or(false) {
            return Ok(None);
        }
        let missing = |words: &str| Error::new(Kind::ParameterMissing, words);
        if !params.flag("iterator").unwrap_or(false) {
            return Err(missing("both iterator and search_iter_v2 must be set in the SDK"));
        }
        if params.whole("offset")?.is_some_and(|offset| offset > 0) {
            let words = "Setting an offset is not permitted when using a search iterator v2";
            return Err(expected(words, "", ""));
        }
        if params.text("group_by_field").is_some_and(|name| !name.is_empty()) {
            let words = "GroupBy is not permitted when using a search iterator";
            return Err(expected(words, "", ""));
        }
        let token = params.text("search_iter_id").filter(|token| !token.is_empty());
        if token.as_ref().is_some_and(|token| !is_uuid(token)) {
            return Err(Error::invalid("invalid token format"));
        }
        let size = params.whole("search_iter_batch_size");
        let size =
            size.map_err(|error| Error::invalid(format!("batch size is invalid, {error}")))?;
        let size = size.ok_or_else(|| missing("batch size is required"))?;
        let last_bound = params.number("search_iter_last_bound").map_err(|error| {
            Error::invalid(format!("failed to parse input last bound, {error}"))
        })?;
        Ok(Some(Page { token, size, last_bound: last_bound.map(|bound| bound as f32) }))
    }

    /// The part of a range that is behind the last page.
    pub fn narrowed(&self, range: Range, metric: Metric) -> Range {
        let Some(bound) = self.last_bound else { return range };
        let range_filter = match (metric.larger_is_closer(), range.range_filter) {
            (true, None) => bound.next_down(),
            (true, Some(inner)) => bound.next_down().min(inner),
            (false, None) => bound.next_up(),
            (false, Some(inner)) => bound.next_up().max(inner),
        };
        Range { range_filter: Some(range_filter), ..range }
    }

    /// Where the next page goes on, behind the last score of this one as it was before rounding.
    /// The moment makes a token where there is none.
    pub fn place(self, last: Option<f32>, metric: Metric, moment: u64) -> Place {
        let closest = if metric.larger_is_closer() { f32::MAX } else { f32::MIN };
        let last = last.or(self.last_bound).unwrap_or(closest);
        Place { token: self.token.unwrap_or_else(|| uuid(moment)), last_bound: last }
    }
}

/// Whether there is a hit behind all those that belong to a page of `size` hits.
pub(crate) fn is_whole(hits: &[Hit], size: usize) -> bool {
    let edge = hits.get(size.saturating_sub(1)).map(|hit| hit.score);
    edge.is_some() && hits.last().map(|hit| hit.score) != edge
}

/// The first `size` hits and those that are as close as the last of them.
pub(crate) fn page(mut hits: Vec<Hit>, size: usize) -> Vec<Hit> {
    if let Some(edge) = hits.get(size.saturating_sub(1)).map(|hit| hit.score) {
        let more = hits.iter().skip(size).take_while(|hit| hit.score == edge).count();
        hits.truncate(size + more);
    }
    hits
}

/// A name in the shape of a UUID, which a client only gives back.
fn uuid(moment: u64) -> String {
    let hex = format!("{moment:016x}");
    let (high, low) = hex.split_at(8);
    let (mid, rest) = low.split_at(4);
    format!("{high}-{mid}-4000-8000-{rest:0>12}")
}

fn is_uuid(text: &str) -> bool {
    let sizes = text.split('-').map(str::len);
    sizes.eq([8, 4, 4, 4, 12]) && text.chars().all(|char| char == '-' || char.is_ascii_hexdigit())
}
