//! Hits of several searches as one list: by their ranks (Cormack, Clarke and Büttcher, 2009) or by
//! weighted scores, as Milvus joins them. Single precision throughout, as there.

use std::collections::HashMap;
use std::f32::consts::PI;

use crate::error::{Error, Result, expected};
use crate::index::{Hit, Metric};
use crate::search::plan::Params;
use crate::segment::Segment;

const DEFAULT_K: f64 = 60.0;
const MAX_K: f64 = 16_384.0;

#[derive(Debug)]
pub(crate) enum Ranker {
    Rrf {
        k: f64,
    },
    Weighted {
        weights: Vec<f32>,
        normalize: bool,
    },
    /// by their scores, for a function that scores them anew
    Scored {
        mode: ScoreMode,
        normalize: bool,
    },
}

/// What the scores of a row in several searches are together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ScoreMode {
    Max,
    Sum,
    Average,
}

impl Ranker {
    pub fn new(params: &Params<'_>, searches: usize) -> Result<Ranker> {
        let strategy = params.text("strategy").unwrap_or_else(|| "rrf".to_string()).to_lowercase();
        match strategy.as_str() {
            "rrf" => {
                let k = params.number("k");
                let k =
                    k.map_err(|_| Error::invalid("the type of rank param k should be float"))?;
                match k.unwrap_or(DEFAULT_K) {
                    k if k > 0.0 && k < MAX_K => Ok(Ranker::Rrf { k }),
                    _ => Err(Error::invalid(format!(
                        "The rank params k should be in range (0, {MAX_K})"
                    ))),
                }
            }
            "weighted" => {
                let weights = weights(params)?;
                if weights.len() != searches {
                    return Err(expected(
                        "the length of weights param mismatch with ann search requests",
                        searches,
                        weights.len(),
                    ));
                }
                let normalize = params.flag("norm_score").map_err(|_| {
                    Error::invalid("the type of rank param norm_score should be bool")
                })?;
                Ok(Ranker::Weighted { weights, normalize })
            }
            "decay" => {
                let mode = params.text("score_mode").map(|mode| mode.to_lowercase());
                let mode = match mode.as_deref() {
                    None | Some("" | "max") => ScoreMode::Max,
                    Some("sum") => ScoreMode::Sum,
                    Some("avg") => ScoreMode::Average,
                    Some(other) => {
                        return Err(Error::invalid(format!(
                            "unsupported score_mode {other}, it is one of [max, avg, sum]"
                        )));
                    }
                };
                let normalize = params.text("norm_score");
                let normalize = normalize.is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
                Ok(Ranker::Scored { mode, normalize })
            }
            other => Err(Error::invalid(format!("unsupported rank type {other}"))),
        }
    }

    /// Whether a larger joined score is better: distances that are only weighted stay distances.
    pub fn larger_first(&self, metrics: &[Metric]) -> bool {
        match self {
            Ranker::Rrf { .. }
            | Ranker::Weighted { normalize: true, .. }
            | Ranker::Scored { .. } => true,
            Ranker::Weighted { normalize: false, .. } => {
                metrics.iter().any(|metric| metric.larger_is_closer())
            }
        }
    }

    /// One query's hits of each search, joined, the best first, those of one score by their keys.
    pub fn join(&self, segment: &Segment, metrics: &[Metric], found: &[&[Hit]]) -> Vec<Hit> {
        let larger_first = self.larger_first(metrics);
        // of a row, and in how many searches it is
        let mut scores: HashMap<u32, (f32, usize)> = HashMap::new();
        for (index, (metric, hits)) in metrics.iter().zip(found).enumerate() {
            for (rank, hit) in hits.iter().enumerate() {
                let (joined, count) = scores.entry(hit.row).or_default();
                *count += 1;
                *joined = match self {
                    Ranker::Rrf { k } => *joined + (1.0 / (k + (rank + 1) as f64)) as f32,
                    Ranker::Scored { mode, normalize } => {
                        let score = match *normalize || !metric.larger_is_closer() {
                            true => normalized(*metric, hit.score),
                            false => hit.score,
                        };
                        match mode {
                            ScoreMode::Max if *count > 1 => joined.max(score),
                            _ => *joined + score,
                        }
                    }
                    Ranker::Weighted { weights, normalize } => {
                        let score = match (normalize, larger_first, metric.larger_is_closer()) {
                            // distances among scores are turned round
                            (true, ..) | (false, true, false) => normalized(*metric, hit.score),
                            (false, ..) => hit.score,
                        };
                        *joined + weights.get(index).copied().unwrap_or(0.0) * score
                    }
                };
            }
        }
        let whole = |(row, (score, count)): (u32, (f32, usize))| match self {
            Ranker::Scored { mode: ScoreMode::Average, .. } => {
                Hit { row, score: score / count as f32, element: 0 }
            }
            _ => Hit { row, score, element: 0 },
        };
        let mut joined: Vec<Hit> = scores.into_iter().map(whole).collect();
        joined.sort_by(|a, b| {
            let by_score = a.score.total_cmp(&b.score);
            let by_score = if larger_first { by_score.reverse() } else { by_score };
            by_score.then_with(|| segment.key(a.row as usize).cmp(&segment.key(b.row as usize)))
        });
        joined
    }
}

fn weights(params: &Params<'_>) -> Result<Vec<f32>> {
    let text = params.text("weights").ok_or_else(|| {
        Error::invalid("rerank_builder: weighted reranker requires weights parameter")
    })?;
    let weights: Vec<f64> = serde_json::from_str(&text)
        .map_err(|error| Error::invalid(format!("failed to parse weights: {error}")))?;
    match weights.iter().all(|weight| (0.0..=1.0).contains(weight)) {
        true => Ok(weights.into_iter().map(|weight| weight as f32).collect()),
        false => Err(Error::invalid("rank param weight should be in range [0, 1]")),
    }
}

/// A score between 0 and 1, larger for the closer.
pub(crate) fn normalized(metric: Metric, score: f32) -> f32 {
    let atan = f64::from(score).atan() as f32;
    match metric {
        Metric::Cosine => (1.0 + score) * 0.5,
        Metric::Ip => 0.5 + atan / PI,
        Metric::Bm25 => 2.0 * atan / PI,
        Metric::L2 | Metric::Hamming | Metric::Jaccard => 1.0 - 2.0 * atan / PI,
    }
}
