//! Hits of several searches as one list: by their ranks (Cormack, Clarke and Büttcher, 2009) or by
//! weighted scores, as Milvus joins them.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::index::{Hit, Metric};
use crate::search::plan::Params;

const DEFAULT_K: f64 = 60.0;

pub(crate) enum Ranker {
    Rrf { k: f64 },
    Weighted { weights: Vec<f64>, normalize: bool },
}

impl Ranker {
    pub fn new(params: &Params<'_>, searches: usize) -> Result<Ranker> {
        match params.text("strategy").unwrap_or_else(|| "rrf".to_string()).as_str() {
            "rrf" => match params.number("k")?.unwrap_or(DEFAULT_K) {
                k if k > 0.0 && k < 16_384.0 => Ok(Ranker::Rrf { k }),
                _ => Err(Error::invalid("The rank params k should be in range (0, 16384)")),
            },
            "weighted" => {
                let text = params.text("weights").unwrap_or_default();
                let weights: Vec<f64> = serde_json::from_str(&text).map_err(|_| {
                    Error::invalid(format!("the weights are no list of numbers: {text}"))
                })?;
                if weights.len() != searches {
                    return Err(Error::invalid(format!(
                        "the length of weights param mismatch with ann search requests: invalid \
                         parameter[expected={searches}][actual={}]",
                        weights.len()
                    )));
                }
                if let Some(weight) = weights.iter().find(|weight| !(0.0..=1.0).contains(*weight)) {
                    return Err(Error::invalid(format!(
                        "rank param weight should be in range [0, 1]: {weight}"
                    )));
                }
                Ok(Ranker::Weighted { weights, normalize: params.flag("norm_score")? })
            }
            other => Err(Error::invalid(format!("unsupported rank type {other}"))),
        }
    }

    /// One query's hits of each search, joined, the best first. Whether a larger score is better.
    pub fn join(&self, found: &[(Metric, Vec<Hit>)]) -> (Vec<Hit>, bool) {
        let mixed = found.iter().any(|(metric, _)| metric.larger_is_closer())
            && found.iter().any(|(metric, _)| !metric.larger_is_closer());
        let (mut scores, mut order): (HashMap<u32, f64>, Vec<u32>) = Default::default();
        for (index, (metric, hits)) in found.iter().enumerate() {
            for (rank, hit) in hits.iter().enumerate() {
                let part = match self {
                    Ranker::Rrf { k } => 1.0 / (k + (rank + 1) as f64),
                    Ranker::Weighted { weights, normalize } => {
                        let score = match (normalize, mixed) {
                            (true, _) => normalized(*metric, hit.score),
                            (false, true) => turned(*metric, hit.score),
                            (false, false) => f64::from(hit.score),
                        };
                        weights.get(index).copied().unwrap_or(0.0) * score
                    }
                };
                *scores.entry(hit.row).or_insert_with(|| {
                    order.push(hit.row);
                    0.0
                }) += part;
            }
        }
        let descending = match self {
            Ranker::Rrf { .. } | Ranker::Weighted { normalize: true, .. } => true,
            Ranker::Weighted { .. } => {
                mixed || found.iter().any(|(metric, _)| metric.larger_is_closer())
            }
        };
        let mut joined: Vec<Hit> = order
            .into_iter()
            .map(|row| Hit { row, score: scores.get(&row).copied().unwrap_or(0.0) as f32 })
            .collect();
        joined.sort_by(|a, b| {
            let by_score = a.score.total_cmp(&b.score);
            if descending { by_score.reverse() } else { by_score }
        });
        (joined, descending)
    }
}

/// A score between 0 and 1, larger for the closer.
fn normalized(metric: Metric, score: f32) -> f64 {
    use std::f64::consts::PI;
    let score = f64::from(score);
    match metric {
        Metric::Cosine => (1.0 + score) * 0.5,
        Metric::Ip => 0.5 + score.atan() / PI,
        Metric::Bm25 => 2.0 * score.atan() / PI,
        Metric::L2 | Metric::Hamming | Metric::Jaccard => 1.0 - 2.0 * score.atan() / PI,
    }
}

/// A distance as a score of which larger is closer; a score as it is.
fn turned(metric: Metric, score: f32) -> f64 {
    match metric.larger_is_closer() {
        true => f64::from(score),
        false => normalized(metric, score),
    }
}
