//! A search, settled: its requests, and their hits as one table. Many queries are sent in several
//! requests; hits past Milvus's window of 16,384 are read page by page, each beginning at the score
//! at which the last one ended.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::metrics::{default_metric, grows};
use crate::execute::context::Context;
use crate::execute::convert::datum;
use crate::execute::define::loading;
use crate::execute::params::pair;
use crate::execute::read::dialect::spell;
use crate::execute::read::filter;
use crate::execute::read::scan::{Read, WINDOW, row_bytes};
use crate::execute::search::hits::{Hits, Layout};
use crate::execute::search::params::SearchParams;
use crate::execute::search::queries::Queries;
use crate::milvus::{Feature, Platform};
use crate::outcome::{Datum, Outcome, Table};
use milvus_proto::Request;
use milvus_proto::common::DslType;
use milvus_proto::milvus as pb;
use milvus_proto::milvus::search_request::SearchInput;
use milvus_proto::schema::SearchResultData;

/// Queries in one request (Milvus docs: limits).
const MAX_QUERIES: usize = 16_384;
/// Bytes of queries in one request: half of what Milvus takes.
const MAX_QUERY_BYTES: usize = 32 << 20;
/// Bytes of hits in one reply, about: Milvus sends no more than 100 MiB.
const MAX_HIT_BYTES: usize = 64 << 20;
/// Two ways of computing one score differ by less, relatively.
const ROUNDING: f32 = 1e-5;

pub(crate) struct SearchPlan<'a> {
    pub(crate) read: &'a Read<'a>,
    pub(crate) queries: Queries<'a>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) params: SearchParams,
}

/// One request: some of the queries, some of the hits.
#[derive(Clone)]
pub(crate) struct Part<'a> {
    pub(crate) values: &'a [Vec<u8>],
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// instead of the plan's
    pub(crate) expr: Option<String>,
    pub(crate) round_decimal: i64,
    /// the index's own parameters and the range
    pub(crate) inner: serde_json::Map<String, serde_json::Value>,
}

impl SearchPlan<'_> {
    pub(crate) async fn run<P: Platform>(
        &self,
        layout: &Layout,
        context: &Context<'_, P>,
    ) -> Result<Outcome> {
        Ok(layout.outcome(self.table(layout, context).await?, self.queries.values.len()))
    }

    /// The hits of each query, one behind the other.
    pub(crate) async fn table<P: Platform>(
        &self,
        layout: &Layout,
        context: &Context<'_, P>,
    ) -> Result<Table> {
        let collection = self.read.collection;
        self.index_if_missing(context).await?;
        let empty = layout.empty(collection, self.queries.values.len())?;
        let hit_bytes = row_bytes(collection, &layout.outputs.names);
        let mut hits = Hits::new(empty, context.kept_of_limit(hit_bytes) as usize);
        // Milvus Lite has no window, and its range search looks at the first few hits only
        if !context.client.version().has(Feature::SearchWindow)
            || self.offset.saturating_add(self.limit) <= WINDOW
        {
            self.batches(layout, &mut hits, context).await?;
        } else {
            for at in 0..self.queries.values.len() {
                self.pages(at, layout, &mut hits, context).await?;
            }
        }
        if hits.requests > 1 {
            context.did(format!("searched in {} requests", hits.requests));
        }
        Ok(hits.table)
    }

    /// Milvus searches no field without an index: it gets one, with the metric of the query.
    pub(crate) async fn index_if_missing<P: Platform>(
        &self,
        context: &Context<'_, P>,
    ) -> Result<()> {
        let (collection, field) = (self.read.collection, self.queries.field);
        if collection.index_on(&field.name).is_some() {
            return Ok(());
        }
        let metric = self.queries.metric.as_deref().unwrap_or(default_metric(field.data_type));
        let metric = Some((field.name.as_str(), metric));
        loading::load_unasked(collection, self.read.table, metric, context).await
    }

    /// All hits of a query in one request, and as many queries as fit.
    async fn batches<P: Platform>(
        &self,
        layout: &Layout,
        hits: &mut Hits,
        context: &Context<'_, P>,
    ) -> Result<()> {
        let names = &layout.outputs.names;
        let most_hits = MAX_HIT_BYTES
            / row_bytes(self.read.collection, names)
            / usize::try_from(self.limit).unwrap_or(usize::MAX).max(1);
        let query_bytes = self.queries.values.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let batch = most_hits.min(MAX_QUERY_BYTES / query_bytes).clamp(1, MAX_QUERIES);
        for (at, values) in self.queries.values.chunks(batch).enumerate() {
            let results = self
                .send(self.request(names.clone(), self.whole(values), context)?, context)
                .await?;
            hits.begin();
            hits.add(layout.table(results, self.read.collection, self.number(at * batch))?);
        }
        Ok(())
    }

    /// The hits of one query, page by page. A page holds what is no closer than the last one's last
    /// hit, as a range search, and leaves out by their keys the hits that are known to lie about
    /// there.
    async fn pages<P: Platform>(
        &self,
        at: usize,
        layout: &Layout,
        hits: &mut Hits,
        context: &Context<'_, P>,
    ) -> Result<()> {
        let (collection, grows) = (self.read.collection, grows(&self.metric()));
        // HAMMING counts bits: exactly, and no more than there are
        let hamming = self.metric() == "HAMMING";
        let far = match grows {
            true => f32::MIN,
            false if hamming => self.queries.field.dim as f32 + 1.0,
            false => f32::MAX,
        };
        let key = collection.primary()?;
        let page = ((MAX_HIT_BYTES / row_bytes(collection, &layout.outputs.names)) as u64)
            .clamp(1, WINDOW);
        let mut part = self.whole(self.queries.values.get(at..=at).unwrap_or_default());
        // scores are rounded when they are shown: a page ends at the score itself
        (part.offset, part.round_decimal) = (0, -1);
        let (mut skip, mut left) = (self.offset, self.limit);
        let mut known: Vec<(Datum, f32)> = Vec::new();
        let mut behind: Option<f32> = None;
        hits.begin();
        while left > 0 {
            // hits that are not shown are counted only
            let silent = skip > 0 || hits.is_full();
            part.limit = match (skip, silent) {
                (0, true) => left.min(WINDOW),
                (0, false) => left.min(page),
                _ => skip.min(WINDOW),
            };
            let names = if silent { Vec::new() } else { layout.outputs.names.clone() };
            let mut results =
                self.send(self.request(names, part.clone(), context)?, context).await?;
            let keys = datum::ids(results.ids.clone());
            let count = keys.len() as u64;
            let Some(last) = results.scores.last().copied() else { break };
            if let Some(bound) = behind
                && !goes_on(
                    &keys,
                    &results.scores,
                    &known,
                    page_bound(bound, grows, hamming),
                    grows,
                )
            {
                return Err(Diagnostic::new(
                    Code::ServerError,
                    "the server does not go on behind the hits that it gave",
                )
                .at(context.span)
                .help(format!("up to {WINDOW} hits, OFFSET included, come in one request")));
            }
            known.extend(keys.into_iter().zip(results.scores.iter().copied()));
            let bound = page_bound(last, grows, hamming);
            behind = Some(bound);
            known.retain(|(_, score)| if grows { *score <= bound } else { *score >= bound });
            if skip > 0 {
                skip -= count.min(skip);
            } else {
                if let Some(places) = self.params.round_decimal {
                    round(&mut results.scores, places);
                }
                left -= count.min(left);
                hits.add(layout.table(results, collection, self.number(at))?);
            }
            if count < part.limit {
                break;
            }
            part.inner.insert("range_filter".to_string(), f64::from(bound).into());
            // a range needs a far end
            part.inner.entry("radius").or_insert_with(|| f64::from(far).into());
            part.expr =
                Some(self.read.and(&filter::not_in(&key.name, known.iter().map(|(key, _)| key))));
        }
        Ok(())
    }

    /// The metric of the query, or else the index's.
    fn metric(&self) -> String {
        let index = self
            .read
            .collection
            .index_on(&self.queries.field.name)
            .map(|index| index.metric.to_ascii_uppercase());
        self.queries.metric.clone().or(index).unwrap_or_default()
    }

    /// The number of a query's hits, where there are several.
    fn number(&self, at: usize) -> Option<usize> {
        (self.queries.values.len() > 1).then_some(at + 1)
    }

    /// A request for all hits of these queries.
    pub(crate) fn whole<'b>(&self, values: &'b [Vec<u8>]) -> Part<'b> {
        let (limit, offset, inner) = (self.limit, self.offset, self.params.inner.clone());
        // -1 leaves the scores as they are
        Part {
            values,
            limit,
            offset,
            expr: None,
            round_decimal: self.params.round_decimal.unwrap_or(-1),
            inner,
        }
    }

    async fn send<P: Platform>(
        &self,
        request: pb::SearchRequest,
        context: &Context<'_, P>,
    ) -> Result<SearchResultData> {
        let reply = self.read.send(request, context).await?.unwrap_or_default();
        let results = reply.results.unwrap_or_default();
        context.client.rows_came(pb::SearchRequest::METHOD, results.scores.len() as u64);
        Ok(results)
    }

    pub(crate) fn request<P: Platform>(
        &self,
        output_fields: Vec<String>,
        part: Part<'_>,
        context: &Context<'_, P>,
    ) -> Result<pb::SearchRequest> {
        let mut search_params =
            vec![pair("anns_field", &self.queries.field.name), pair("topk", part.limit)];
        if part.offset > 0 {
            search_params.push(pair("offset", part.offset));
        }
        if let Some(metric) = &self.queries.metric {
            search_params.push(pair("metric_type", metric));
        }
        search_params.push(pair("round_decimal", part.round_decimal));
        for (name, value) in &self.params.outer {
            search_params.push(pair(name, value));
        }
        search_params.push(pair("params", serde_json::Value::Object(part.inner)));
        let consistency = context.consistency(self.read.collection, self.read.level);
        let dsl = part.expr.unwrap_or_else(|| self.read.expr.clone());
        Ok(pb::SearchRequest {
            db_name: context.client.database(),
            collection_name: self.read.table.value.clone(),
            partition_names: self.read.partitions.clone(),
            dsl: spell(dsl, &context.client.version(), self.read.table.span)?,
            search_input: Some(SearchInput::PlaceholderGroup(self.queries.group(part.values))),
            dsl_type: DslType::BoolExprV1.into(),
            output_fields,
            search_params,
            guarantee_timestamp: consistency.timestamp,
            nq: part.values.len() as i64,
            consistency_level: consistency.level.into(),
            use_default_consistency: consistency.default,
            ..Default::default()
        })
    }
}

/// Whether a page is what was asked for: no closer than the bound, and no hit that it leaves out.
/// A server that heeds neither would be asked without end.
fn goes_on(
    keys: &[Datum],
    scores: &[f32],
    known: &[(Datum, f32)],
    bound: f32,
    grows: bool,
) -> bool {
    let first = scores.first().copied().unwrap_or(bound);
    let far = if grows { first <= bound } else { first >= bound };
    far && !known.iter().any(|(key, _)| keys.first() == Some(key))
}

/// Where the next page begins: a little closer than the last hit of this one.
fn page_bound(last: f32, grows: bool, hamming: bool) -> f32 {
    let slack = if hamming { 0.0 } else { last.abs() * ROUNDING + f32::MIN_POSITIVE };
    if grows { last + slack } else { (last - slack).max(0.0) }
}

/// Rounds scores to so many decimals, as a server does.
pub(crate) fn round(scores: &mut [f32], places: i64) {
    let scale = 10f64.powi(i32::try_from(places).unwrap_or(0));
    for score in scores {
        *score = ((f64::from(*score) * scale).round() / scale) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_begins_a_little_closer() {
        for (last, grows) in [(0.8, true), (-3.0, true), (0.8, false), (1e-30, false), (1e9, false)]
        {
            let bound = page_bound(last, grows, false);
            assert!(if grows { bound > last } else { bound < last }, "{last} {bound}");
            assert!((bound - last).abs() <= last.abs() * 2.0 * ROUNDING + 1e-30, "{last} {bound}");
        }
        assert_eq!(page_bound(0.0, false, false), 0.0, "no distance is below none");
        assert_eq!(page_bound(7.0, false, true), 7.0, "bits are counted exactly");
    }

    #[test]
    fn a_page_goes_on_or_ends_the_search() {
        let keys = [Datum::Int(3), Datum::Int(4)];
        let known = [(Datum::Int(1), 0.5), (Datum::Int(2), 0.5)];
        assert!(goes_on(&keys, &[0.5, 0.6], &known, 0.5, false));
        assert!(goes_on(&keys, &[0.5, 0.4], &known, 0.5, true));
        assert!(goes_on(&[], &[], &known, 0.5, true));
        // what was there before, in whatever order
        assert!(!goes_on(&keys, &[0.4, 0.6], &known, 0.5, false));
        assert!(!goes_on(&keys, &[0.6, 0.4], &known, 0.5, true));
        assert!(!goes_on(&keys, &[f32::NAN], &known, 0.5, true), "nothing lies behind it");
        assert!(!goes_on(&[Datum::Int(2)], &[0.5], &known, 0.5, false), "left out by its key");
    }

    #[test]
    fn scores_are_rounded_as_a_server_does() {
        let mut scores = [0.123_456, -1.5, 2.0];
        round(&mut scores, 3);
        assert_eq!(scores, [0.123, -1.5, 2.0]);
        round(&mut scores, 0);
        assert_eq!(scores, [0.0, -2.0, 2.0]);
    }
}
