//! New scores of hits (`function_score`): weights for rows that a filter matches, or less for what
//! is further from an origin. In: the function of a request. Out: hits, scored and sorted anew.
//! (Milvus docs: boost ranker, decay ranker.)

use milvus_proto::common::KeyValuePair;
use milvus_proto::schema::{DataType, FunctionSchema, FunctionScore};

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result};
use crate::expr;
use crate::expr::value::Templates;
use crate::index::{Hit, Metric};
use crate::schema::param;
use crate::search::plan::Params;
use crate::search::rank::normalized;
use crate::search::texts::FieldTexts;
use crate::segment::bits::Bits;
use crate::segment::column::Cell;
use crate::zone;

/// Beyond these what is left is not told well.
const MIN_DECAY: f64 = 0.001;
const MAX_DECAY: f64 = 0.999;

pub(crate) enum Rescore {
    Boost { boosts: Vec<Boost>, among: Mode, with: Mode },
    Decay(Decay),
}

/// How weights go together, or a weight with a score.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Multiply,
    Sum,
}

pub(crate) struct Boost {
    weight: f32,
    /// the rows that it is for; all where there is no filter
    rows: Option<Bits>,
}

pub(crate) struct Decay {
    column: usize,
    slope: Slope,
    normalize: bool,
}

/// How much is left of a score at a distance from an origin.
pub(crate) struct Slope {
    curve: Curve,
    origin: f64,
    scale: f64,
    offset: f64,
    decay: f64,
}

enum Curve {
    Gauss,
    Exp,
    Linear,
}

impl Rescore {
    /// None where there is no function.
    pub fn new(collection: &Collection, score: Option<&FunctionScore>) -> Result<Option<Rescore>> {
        let Some(score) = score.filter(|score| !score.functions.is_empty()) else {
            return Ok(None);
        };
        let names: Vec<&str> = score.functions.iter().map(reranker).collect();
        match (score.functions.as_slice(), names.as_slice()) {
            (functions, names) if names.iter().all(|name| *name == "boost") => {
                let boosts = functions.iter().map(|function| Boost::new(collection, function));
                Ok(Some(Rescore::Boost {
                    boosts: boosts.collect::<Result<_>>()?,
                    among: mode(&score.params, "function_mode")?,
                    with: mode(&score.params, "boost_mode")?,
                }))
            }
            ([function], ["decay"]) => Ok(Some(Rescore::Decay(Decay::new(collection, function)?))),
            ([_], [name]) => {
                Err(Error::plain(Kind::Unexpected, format!("unsupported reranker {name}")))
            }
            _ => Err(Error::invalid("currently only supports one rerank function")),
        }
    }

    /// Whether it is of distances, so that the smaller one stays the better one.
    pub fn keeps_distances(&self) -> bool {
        matches!(self, Rescore::Boost { .. })
    }

    /// Scores the hits of one query anew, the best first, those of one score by their keys.
    pub fn apply(&self, collection: &Collection, metric: Metric, hits: &mut [Hit]) {
        for hit in hits.iter_mut() {
            hit.score = match self {
                Rescore::Boost { boosts, among, with } => {
                    let row = hit.row as usize;
                    let mut weights = boosts.iter().filter(|boost| boost.is_of(row));
                    let first = weights.next().map(|boost| boost.weight);
                    let weight = first.map(|first| {
                        weights.fold(first, |weight, boost| among.join(weight, boost.weight))
                    });
                    weight.map_or(hit.score, |weight| with.join(hit.score, weight))
                }
                Rescore::Decay(decay) => {
                    let score = match decay.normalize || !metric.larger_is_closer() {
                        true => normalized(metric, hit.score),
                        false => hit.score,
                    };
                    score * decay.factor(collection, hit.row as usize)
                }
            };
        }
        sort(collection, hits, metric.larger_is_closer() || !self.keeps_distances());
    }
}

/// The best first, those of one score by their keys.
fn sort(collection: &Collection, hits: &mut [Hit], larger_first: bool) {
    hits.sort_by(|a, b| {
        let by_score = a.score.total_cmp(&b.score);
        let by_score = if larger_first { by_score.reverse() } else { by_score };
        let key = |hit: &Hit| collection.segment.key(hit.row as usize);
        by_score.then_with(|| key(a).cmp(&key(b)))
    });
}

impl Mode {
    fn join(self, a: f32, b: f32) -> f32 {
        match self {
            Mode::Multiply => a * b,
            Mode::Sum => a + b,
        }
    }
}

impl Boost {
    fn new(collection: &Collection, function: &FunctionSchema) -> Result<Boost> {
        let params = Params::new(&function.params)?;
        if params.text("random_score").is_some() {
            return Err(Error::new(Kind::NotSupported, "random_score of a boost is not there"));
        }
        let weight = params.number("weight").map_err(|error| {
            Error::invalid(format!("parse function weight params failed: {error}"))
        })?;
        let weight =
            weight.ok_or_else(|| Error::invalid("must set weight params for weight scorer"))?;
        let filter = params.text("filter").filter(|filter| !filter.trim().is_empty());
        let rows = match filter {
            None => None,
            Some(filter) => {
                let filter = expr::parse(&filter)
                    .map(|filter| filter.in_zone(zone::of(&collection.properties)))
                    .and_then(|filter| filter.typed(&collection.schema, &Templates::new()))
                    .map_err(|error| {
                        Error::invalid(format!("parse expr failed with error {{{error}}}"))
                    })?;
                let segment = &collection.segment;
                Some(filter.matches(segment, 0..segment.rows(), &FieldTexts::new(collection)?))
            }
        };
        Ok(Boost { weight: weight as f32, rows })
    }

    fn is_of(&self, row: usize) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.get(row))
    }
}

impl Decay {
    /// What a hybrid search's function says of the hits that are joined; none where it is another.
    pub fn of_hybrid(
        collection: &Collection,
        score: Option<&FunctionScore>,
    ) -> Result<Option<Decay>> {
        match score.map(|score| score.functions.as_slice()) {
            Some([function]) if reranker(function) == "decay" => {
                Decay::new(collection, function).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Scores joined hits anew.
    pub fn apply(&self, collection: &Collection, hits: &mut [Hit]) {
        for hit in hits.iter_mut() {
            hit.score *= self.factor(collection, hit.row as usize);
        }
        sort(collection, hits, true);
    }

    fn new(collection: &Collection, function: &FunctionSchema) -> Result<Decay> {
        let wrong = |words: String| Error::plain(Kind::Unexpected, words);
        let [input] = function.input_field_names.as_slice() else {
            return Err(wrong("decay function only supports single input".to_string()));
        };
        let (column, field) = collection.schema.field(input)?;
        use DataType::{Double, Float, Int8, Int16, Int32, Int64, Timestamptz};
        if !matches!(field.data_type, Int8 | Int16 | Int32 | Int64 | Float | Double | Timestamptz) {
            return Err(wrong(format!(
                "decay rerank: unsupported input field type: {}, only support numberic field",
                field.data_type.as_str_name()
            )));
        }
        let text = |key: &str| param(&function.params, key).filter(|text| !text.is_empty());
        let number = |key: &str| {
            let parsed = text(key).map(|text| {
                text.parse::<f64>()
                    .map_err(|_| wrong(format!("decay param {key}: {text} is not a number")))
            });
            parsed.transpose()
        };
        let required =
            |key: &str| number(key)?.ok_or_else(|| wrong(format!("decay {key} not specified")));
        let (origin, scale) = (required("origin")?, required("scale")?);
        let offset = number("offset")?.unwrap_or(0.0);
        let decay = number("decay")?.unwrap_or(0.5);
        let curve = text("function").unwrap_or_default();
        let slope = Slope::new(curve, origin, scale, offset, decay).map_err(wrong)?;
        let normalize = text("norm_score").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
        Ok(Decay { column, slope, normalize })
    }

    /// 0 of NULL, which is nowhere.
    fn factor(&self, collection: &Collection, row: usize) -> f32 {
        match collection.segment.column(self.column).map(|column| column.cell(row)) {
            Some(Cell::Int(value)) => self.slope.factor(value as f64),
            Some(Cell::Float(value)) => self.slope.factor(f64::from(value)),
            Some(Cell::Double(value)) => self.slope.factor(value),
            _ => 0.0,
        }
    }
}

impl Slope {
    pub fn new(
        curve: &str,
        origin: f64,
        scale: f64,
        offset: f64,
        decay: f64,
    ) -> std::result::Result<Slope, String> {
        if scale <= 0.0 {
            return Err(format!("decay: scale must be > 0, got {scale:.6}"));
        }
        if offset < 0.0 {
            return Err(format!("decay: offset must be >= 0, got {offset:.6}"));
        }
        if decay <= 0.0 || decay >= 1.0 {
            return Err(format!("decay: decay must be 0 < decay < 1, got {decay:.6}"));
        }
        if !(MIN_DECAY..=MAX_DECAY).contains(&decay) {
            return Err(format!(
                "decay: decay must be between {MIN_DECAY:.6} and {MAX_DECAY:.6} for numerical \
                 stability, got {decay:.6}"
            ));
        }
        let curve = match curve {
            "gauss" => Curve::Gauss,
            "exp" => Curve::Exp,
            "linear" => Curve::Linear,
            other => {
                return Err(format!(
                    "decay: invalid function {other:?}, must be one of [gauss, exp, linear]"
                ));
            }
        };
        Ok(Slope { curve, origin, scale, offset, decay })
    }

    /// 1 near the origin, `decay` at the distance of `scale`.
    pub fn factor(&self, value: f64) -> f32 {
        let distance = ((value - self.origin).abs() - self.offset).max(0.0);
        let share = distance / self.scale;
        let factor = match self.curve {
            Curve::Gauss => (self.decay.ln() * share * share).exp(),
            Curve::Exp => (self.decay.ln() * share).exp(),
            Curve::Linear => (1.0 - (1.0 - self.decay) * share).max(self.decay),
        };
        factor as f32
    }
}

/// The parameters of a hybrid search's ranker, where a function says them.
pub(crate) fn ranker(
    params: &[KeyValuePair],
    score: Option<&FunctionScore>,
) -> Result<Vec<KeyValuePair>> {
    let mut params = params.to_vec();
    let Some(score) = score.filter(|score| !score.functions.is_empty()) else { return Ok(params) };
    let [function] = score.functions.as_slice() else {
        return Err(Error::invalid("currently only supports one rerank function"));
    };
    match reranker(function) {
        name @ ("rrf" | "weighted" | "decay") => {
            params.retain(|pair| pair.key != "strategy" && pair.key != "params");
            let key = "strategy".to_string();
            params.push(KeyValuePair { key, value: name.to_string() });
            params.extend(function.params.iter().cloned());
            Ok(params)
        }
        name => Err(Error::plain(
            Kind::Unexpected,
            format!("unsupported reranker {name} of a hybrid search"),
        )),
    }
}

fn reranker(function: &FunctionSchema) -> &str {
    param(&function.params, "reranker").unwrap_or_default()
}

fn mode(params: &[KeyValuePair], key: &str) -> Result<Mode> {
    match param(params, key).map(str::to_lowercase).as_deref() {
        None | Some("" | "multiply") => Ok(Mode::Multiply),
        Some("sum") => Ok(Mode::Sum),
        Some(other) => Err(Error::invalid(format!("unknown {key}: {other}"))),
    }
}
