//! HYBRID SEARCH: several searches whose hits are joined by rank (RRF) or by weighted scores
//! (Milvus docs: multi-vector hybrid search).

use crate::diagnostic::{Code, Diagnostic};
use crate::execute::Result;
use crate::execute::catalog::collection::pair;
use crate::execute::context::Context;
use crate::execute::define::loading;
use crate::execute::params;
use crate::execute::read::filter;
use crate::execute::read::filter::Bound;
use crate::execute::read::scan::{Read, WINDOW};
use crate::execute::search::hits::Layout;
use crate::execute::search::plan::SearchPlan;
use crate::execute::search::queries::{Queries, grouping, in_window, search_params, window};
use crate::language::ast::{Order, Select};
use crate::milvus::{Feature, Platform};
use crate::outcome::Outcome;
use crate::proto::common::KeyValuePair;
use crate::proto::milvus as pb;

pub async fn search<P: Platform>(
    select: &Select,
    read: &Read<'_>,
    bounds: &[Bound],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let (collection, table) = (read.collection, read.table);
    let first = select.hybrid.first().map_or(context.span, |arm| arm.near.field.span);
    if !context.client.version().has(Feature::HybridSearch) {
        return Err(Diagnostic::new(
            Code::NotSupported,
            context.client.version().needs(Feature::HybridSearch),
        )
        .at(first));
    }
    if let Some(Order::Near { near, .. }) = &select.order {
        return Err(Diagnostic::new(Code::SyntaxError, "a hybrid search has its own order")
            .at(near.field.span)
            .help("put this search among those of HYBRID SEARCH"));
    }
    if let Some(Order::By(_)) = &select.order {
        return Err(Diagnostic::new(Code::SyntaxError, "a hybrid search has its own order")
            .at(context.span)
            .help("leave ORDER BY out"));
    }
    if let Some(bound) = bounds.first() {
        return Err(Diagnostic::new(Code::NotSupported, "a hybrid search has no range")
            .at(bound.value.span));
    }
    in_window(select, "a hybrid search")?;
    let (limit, offset) = window(select)?;
    let layout = Layout::of(&select.items, collection)?;
    let mut outer =
        search_params(&[], collection.fields.first().unwrap_or(collection.primary()?), collection)?;
    for param in &select.params {
        match param.name.value.to_ascii_lowercase().as_str() {
            "round_decimal" => outer.round_decimal = Some(params::whole(param, 0, 6)?),
            "group_size" => {
                outer.outer.push(("group_size", params::whole(param, 1, 1_000)?.to_string()))
            }
            "strict_group_size" => {
                outer.outer.push(("strict_group_size", params::flag(param)?.to_string()))
            }
            _ => {
                return Err(params::unknown(
                    param,
                    &["round_decimal", "group_size", "strict_group_size"],
                )
                .help("the parameters of one search stand behind it, inside the parentheses"));
            }
        }
    }
    grouping(&select.group, collection, &mut outer, context)?;
    let mut requests = Vec::new();
    let mut queries = 1;
    for arm in &select.hybrid {
        let arm_filter = filter::print(arm.filter.as_ref(), collection, context)?;
        let expr = match (read.expr.is_empty(), arm_filter.is_empty()) {
            (true, _) => arm_filter,
            (_, true) => read.expr.clone(),
            _ => read.and(&format!("({arm_filter})")),
        };
        let own = Read {
            collection,
            table,
            partitions: read.partitions.clone(),
            expr,
            level: read.level,
        };
        let resolved = Queries::of(&arm.near, &own, context).await?;
        let hits =
            arm.limit.as_ref().map(|limit| Ok((params::count(limit)?, limit.span))).transpose()?;
        if let Some((hits, span)) = hits.filter(|(hits, _)| *hits == 0 || *hits > WINDOW) {
            return Err(Diagnostic::new(
                Code::OutOfRange,
                format!("{hits} hits: a search gives 1 to {WINDOW}"),
            )
            .at(span));
        }
        let params = search_params(&arm.params, resolved.field, collection)?;
        let plan = SearchPlan {
            read: &own,
            queries: resolved,
            limit: hits.map_or(limit + offset, |(hits, _)| hits),
            offset: 0,
            params,
        };
        if requests.is_empty() {
            queries = plan.queries.values.len();
        } else if plan.queries.values.len() != queries {
            return Err(Diagnostic::new(
                Code::WrongCount,
                "every search of a hybrid search has the same number of queries",
            )
            .at(plan.queries.span));
        }
        if collection.index_on(&plan.queries.field.name).is_none() {
            let metric = plan.queries.metric.clone().unwrap_or_default();
            loading::load_unasked(
                collection,
                table,
                Some((&plan.queries.field.name, &metric)),
                context,
            )
            .await?;
        }
        requests.push(plan.request(Vec::new(), plan.whole(&plan.queries.values), context));
    }
    let mut rank_params = ranking(select, context)?;
    rank_params.extend([
        pair("limit", limit),
        pair("offset", offset),
        pair("round_decimal", outer.round_decimal.unwrap_or(-1)),
    ]);
    rank_params.extend(outer.outer.iter().map(|(name, value)| pair(name, value)));
    let consistency = context.consistency(collection, read.level);
    let request = pb::HybridSearchRequest {
        db_name: context.client.database(),
        collection_name: table.value.clone(),
        partition_names: read.partitions.clone(),
        requests,
        rank_params,
        guarantee_timestamp: consistency.timestamp,
        output_fields: layout.outputs.names.clone(),
        consistency_level: consistency.level.into(),
        use_default_consistency: consistency.default,
    };
    let reply = match context.client.send(request.clone()).await {
        Err(error) if error.is_not_loaded() => {
            loading::load_unasked(collection, table, None, context).await?;
            context.client.send(request).await
        }
        reply => reply,
    };
    let results =
        reply.map_err(|error| context.diagnose(error, table.span))?.results.unwrap_or_default();
    Ok(layout.outcome(layout.table(results, collection, (queries > 1).then_some(1))?, queries))
}

/// RERANK RRF(k = 60), or WEIGHTED by the WEIGHTs of the searches; RRF when nothing is said.
fn ranking<P: Platform>(select: &Select, context: &Context<'_, P>) -> Result<Vec<KeyValuePair>> {
    let weights = select.hybrid.iter().filter_map(|arm| arm.weight.as_ref()).collect::<Vec<_>>();
    let all = weights.len() == select.hybrid.len();
    let method = select.rerank.as_ref().map(|rerank| rerank.method.value.to_ascii_uppercase());
    let written = select.rerank.as_ref().map(|rerank| rerank.params.as_slice()).unwrap_or_default();
    let weighted = match method.as_deref() {
        Some("WEIGHTED") => true,
        Some("RRF") => false,
        Some(_) => {
            let method = select.rerank.as_ref().map(|rerank| &rerank.method);
            let (name, span) =
                method.map_or(("", context.span), |name| (name.value.as_str(), name.span));
            return Err(Diagnostic::new(
                Code::UnknownReranker,
                format!("unknown way to rerank `{name}`"),
            )
            .at(span)
            .suggest(name, ["RRF", "WEIGHTED"], "there are"));
        }
        None => all,
    };
    let mut inner = serde_json::Map::new();
    if weighted {
        if !all {
            let missing = select
                .hybrid
                .iter()
                .find(|arm| arm.weight.is_none())
                .map_or(context.span, |arm| arm.near.field.span);
            return Err(Diagnostic::new(Code::MissingParameter, "this search has no WEIGHT")
                .at(missing)
                .help("WEIGHTED needs one for every search: `v <=> [..] WEIGHT 0.7`"));
        }
        let mut numbers = Vec::new();
        for weight in weights {
            match params::number(weight) {
                Some(number) if (0.0..=1.0).contains(&number) => {
                    numbers.push(serde_json::Value::from(number))
                }
                _ => {
                    return Err(Diagnostic::new(
                        Code::OutOfRange,
                        "a WEIGHT is a number from 0 to 1",
                    )
                    .at(weight.span));
                }
            }
        }
        inner.insert("weights".to_string(), numbers.into());
    } else if let Some(weight) = weights.first() {
        return Err(Diagnostic::new(Code::SyntaxError, "a WEIGHT has no effect on RRF")
            .at(weight.span)
            .help("write `RERANK WEIGHTED`, with a WEIGHT for every search"));
    } else {
        inner.insert("k".to_string(), 60.into());
    }
    for param in written {
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
