//! HYBRID SEARCH: several searches whose hits are joined by rank (RRF) or by weighted scores
//! (Milvus docs: multi-vector hybrid search). In: the SELECT, and what it reads. Out: hits.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::context::Context;
use crate::execute::params::{self, pair};
use crate::execute::read::bounds::Bound;
use crate::execute::read::scan::{Read, WINDOW};
use crate::execute::read::split::{self, Condition};
use crate::execute::search::hits::Layout;
use crate::execute::search::params::{SearchParams, grouping, in_window, search_params, window};
use crate::execute::search::plan::{SearchPlan, round};
use crate::execute::search::queries::Queries;
use crate::execute::value;
use crate::language::ast::{Order, Param, Select, SubSearch};
use crate::milvus::{Feature, Platform};
use crate::outcome::Outcome;
use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;

pub(crate) async fn search<P: Platform>(
    select: &Select,
    read: &Read<'_>,
    bounds: &[Bound],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = read.collection;
    let first = select.hybrid.first().map_or(context.span, |search| search.search.field.span);
    context.needs(Feature::HybridSearch, first)?;
    check_clauses(select, bounds, context)?;
    let (limit, offset) = window(select)?;
    let layout = Layout::of(&select.items, collection)?;
    layout.check(collection, select.table.span, context)?;
    let mut params = outer_params(&select.params)?;
    grouping(&select.group, collection, &mut params, context)?;
    let (requests, queries) = requests(&select.hybrid, read, limit + offset, context).await?;
    let mut rank_params = ranking(select)?;
    if !is_weighted(select)? && select.hybrid.iter().any(|search| search.weight.is_some()) {
        context.notice("a WEIGHT has no effect on RRF, which goes by ranks: `RERANK WEIGHTED`");
    }
    rank_params.extend([
        pair("limit", limit),
        pair("offset", offset),
        pair("round_decimal", params.round_decimal.unwrap_or(-1)),
    ]);
    rank_params.extend(params.outer.iter().map(|(name, value)| pair(name, value)));
    let consistency = context.consistency(collection, read.level);
    let request = pb::HybridSearchRequest {
        db_name: context.client.database(),
        collection_name: read.table.value.clone(),
        partition_names: read.partitions.clone(),
        requests,
        rank_params,
        guarantee_timestamp: consistency.timestamp,
        output_fields: layout.outputs.names.clone(),
        consistency_level: consistency.level.into(),
        use_default_consistency: consistency.default,
        ..Default::default()
    };
    let mut results =
        read.send(request, context).await?.unwrap_or_default().results.unwrap_or_default();
    // Milvus Lite does not round the scores of a hybrid search
    if let Some(places) = params.round_decimal {
        round(&mut results.scores, places);
    }
    Ok(layout.outcome(layout.table(results, collection, (queries > 1).then_some(1))?, queries))
}

/// Refuses what a hybrid search has no place for.
fn check_clauses<P: Platform>(
    select: &Select,
    bounds: &[Bound],
    context: &Context<'_, P>,
) -> Result<()> {
    let own_order = Diagnostic::new(Code::SyntaxError, "a hybrid search has its own order");
    match &select.order {
        Some(Order::Search { search, .. }) => {
            return Err(own_order
                .at(search.field.span)
                .help("put this search among those of HYBRID SEARCH"));
        }
        Some(Order::By(_)) => return Err(own_order.at(context.span).help("leave ORDER BY out")),
        None => {}
    }
    if let Some(bound) = bounds.first() {
        return Err(Diagnostic::new(Code::NotSupported, "a hybrid search has no range")
            .at(bound.value.span));
    }
    in_window(select, "a hybrid search")
}

/// SEARCH PARAMS of the whole.
fn outer_params(written: &[Param]) -> Result<SearchParams> {
    const KNOWN: [&str; 3] = ["round_decimal", "group_size", "strict_group_size"];
    let mut params = SearchParams::default();
    for param in written {
        let known = KNOWN.iter().any(|known| known.eq_ignore_ascii_case(&param.name.value));
        if !known || !params.add_common(param)? {
            return Err(params::unknown(param, &KNOWN)
                .help("the parameters of one search stand behind it, inside the parentheses"));
        }
    }
    Ok(params)
}

/// A request for each of the searches, and how many queries each has.
async fn requests<P: Platform>(
    searches: &[SubSearch],
    read: &Read<'_>,
    limit: u64,
    context: &Context<'_, P>,
) -> Result<(Vec<pb::SearchRequest>, usize)> {
    let mut requests = Vec::new();
    let mut queries = 1;
    for search in searches {
        let own = filtered(search, read, context).await?;
        let plan = plan(search, &own, limit, context).await?;
        if requests.is_empty() {
            queries = plan.queries.values.len();
        } else if plan.queries.values.len() != queries {
            return Err(Diagnostic::new(
                Code::WrongCount,
                "every search of a hybrid search has the same number of queries",
            )
            .at(plan.queries.span));
        }
        plan.index_if_missing(context).await?;
        requests.push(plan.request(Vec::new(), plan.whole(&plan.queries.values), context)?);
    }
    Ok((requests, queries))
}

/// What one search reads: its own filter and that of the whole.
async fn filtered<'a, P: Platform>(
    search: &SubSearch,
    read: &Read<'a>,
    context: &Context<'_, P>,
) -> Result<Read<'a>> {
    let Condition { expr: own, rest } =
        split::condition(search.filter.as_ref(), read.collection, context)?;
    let expr = match (read.expr.is_empty(), own.is_empty()) {
        (true, _) => own,
        (_, true) => read.expr.clone(),
        _ => read.and(&format!("({own})")),
    };
    let read = Read { expr, rest, partitions: read.partitions.clone(), ..*read };
    read.by_key(context).await
}

async fn plan<'a, P: Platform>(
    search: &SubSearch,
    read: &'a Read<'a>,
    limit: u64,
    context: &Context<'_, P>,
) -> Result<SearchPlan<'a>> {
    let queries = Queries::of(&search.search, read, context).await?;
    let hits =
        search.limit.as_ref().map(|limit| Ok((params::count(limit)?, limit.span))).transpose()?;
    if let Some((hits, span)) = hits.filter(|(hits, _)| *hits == 0 || *hits > WINDOW) {
        return Err(Diagnostic::new(
            Code::OutOfRange,
            format!("{hits} hits: a search gives 1 to {WINDOW}"),
        )
        .at(span));
    }
    let params = search_params(&search.params, queries.field, read.collection)?;
    let limit = hits.map_or(limit, |(hits, _)| hits);
    Ok(SearchPlan { read, queries, limit, offset: 0, params })
}

/// RERANK RRF(k = 60), or WEIGHTED by the WEIGHTs of the searches; RRF when nothing is said.
fn ranking(select: &Select) -> Result<Vec<KeyValuePair>> {
    let weighted = is_weighted(select)?;
    let mut inner = serde_json::Map::new();
    if weighted {
        inner.insert("weights".to_string(), weights(&select.hybrid)?.into());
    } else {
        inner.insert("k".to_string(), 60.into());
    }
    for param in select.rerank.iter().flat_map(|rerank| &rerank.params) {
        match (weighted, param.name.value.to_ascii_lowercase().as_str()) {
            (false, "k") => {
                inner.insert("k".to_string(), params::whole(param, 1, 16_383)?.into());
            }
            (true, "norm_score") => {
                inner.insert("norm_score".to_string(), params::flag(param)?.into());
            }
            _ => {
                return Err(params::unknown(
                    param,
                    if weighted { &["norm_score"] } else { &["k"] },
                ));
            }
        }
    }
    Ok(vec![
        pair("strategy", if weighted { "weighted" } else { "rrf" }),
        pair("params", serde_json::Value::Object(inner)),
    ])
}

/// Whether scores are weighed: as RERANK says, or else if every search has a WEIGHT.
fn is_weighted(select: &Select) -> Result<bool> {
    let Some(rerank) = &select.rerank else {
        return Ok(select.hybrid.iter().all(|search| search.weight.is_some()));
    };
    let method = &rerank.method;
    match method.value.to_ascii_uppercase().as_str() {
        "WEIGHTED" => Ok(true),
        "RRF" => Ok(false),
        _ => {
            Err(Diagnostic::new(Code::UnknownReranker, format!("unknown way to rerank `{method}`"))
                .at(method.span)
                .suggest(&method.value, ["RRF", "WEIGHTED"], "there are"))
        }
    }
}

fn weights(searches: &[SubSearch]) -> Result<Vec<f64>> {
    if let Some(missing) = searches.iter().find(|search| search.weight.is_none()) {
        return Err(Diagnostic::new(Code::MissingParameter, "this search has no WEIGHT")
            .at(missing.search.field.span)
            .help("WEIGHTED needs one for every search: `v <=> [..] WEIGHT 0.7`"));
    }
    searches
        .iter()
        .filter_map(|search| search.weight.as_ref())
        .map(|weight| match value::number(&weight.value) {
            Some(number) if (0.0..=1.0).contains(&number) => Ok(number),
            _ => {
                let message = "a WEIGHT is a number from 0 to 1";
                let error = Diagnostic::new(Code::OutOfRange, message).at(weight.span);
                Err(params::without_quotes(error, &weight.value))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{params as parsed, said, select};

    fn rank_params(searches: &str, rerank: &str) -> Result<String, String> {
        let select = select(&format!("SELECT * FROM t HYBRID SEARCH ({searches}) {rerank}"));
        let params = ranking(&select).map_err(|error| said(&error))?;
        let shown: Vec<String> =
            params.iter().map(|pair| format!("{} {}", pair.key, pair.value)).collect();
        Ok(shown.join(" "))
    }

    #[test]
    fn hits_are_joined_by_rank_or_by_weight() {
        let (plain, weighted) =
            ("v <-> [1], w <-> [2]", "v <-> [1] WEIGHT 0.7, w <-> [2] WEIGHT 0.3");
        for (searches, rerank, params) in [
            (plain, "", r#"strategy rrf params {"k":60}"#),
            (plain, "RERANK RRF(k = 10)", r#"strategy rrf params {"k":10}"#),
            (weighted, "RERANK RRF", r#"strategy rrf params {"k":60}"#),
            (weighted, "", r#"strategy weighted params {"weights":[0.7,0.3]}"#),
            (
                weighted,
                "RERANK weighted(norm_score = TRUE)",
                r#"strategy weighted params {"weights":[0.7,0.3],"norm_score":true}"#,
            ),
        ] {
            assert_eq!(rank_params(searches, rerank), Ok(params.to_string()), "{rerank}");
        }
        for (searches, rerank, message) in [
            (plain, "RERANK WEIGHTED", "MissingParameter: this search has no WEIGHT"),
            (
                plain,
                "RERANK RRC",
                "UnknownReranker: unknown way to rerank `RRC`; did you mean `RRF`",
            ),
            (plain, "RERANK RRF(kk = 1)", "UnknownParameter: unknown parameter `kk`"),
            ("v <-> [1] WEIGHT 1.5", "", "OutOfRange: a WEIGHT is a number from 0 to 1"),
        ] {
            let error = rank_params(searches, rerank).expect_err(rerank);
            assert!(error.starts_with(message), "{searches} {rerank}: {error}");
        }
    }

    #[test]
    fn few_parameters_are_those_of_the_whole() {
        let params =
            outer_params(&parsed("ROUND_DECIMAL = 2, group_size = 3")).expect("parameters");
        assert_eq!(params.round_decimal, Some(2));
        assert_eq!(params.outer, [("group_size", "3".to_string())]);
        for other in ["ef = 64", "hints = 'x'"] {
            let error = outer_params(&parsed(other)).err().expect(other);
            assert!(said(&error).contains("stand behind it, inside the parentheses"), "{other}");
        }
    }
}
