//! A search, settled: which field by which metric, how many hits from where on, which rows may be
//! found. In: a request. Out: a plan, or Milvus's error.

use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;
use serde_json::Value;

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result};
use crate::expr;
use crate::expr::value::Templates;
use crate::index::Metric;
use crate::index::collect::Range;
use crate::schema::{DYNAMIC_FIELD, Field, param};
use crate::search::texts::FieldTexts;
use crate::segment::bits::Bits;

/// The most hits of one query, with those that are passed over.
const WINDOW: usize = 16_384;

pub(crate) struct Plan<'a> {
    pub collection: &'a Collection,
    pub column: usize,
    pub field: &'a Field,
    pub metric: Metric,
    pub limit: usize,
    pub offset: usize,
    pub range: Range,
    /// digits behind the point that scores are rounded to
    pub round: Option<u32>,
    pub group: Option<Group>,
    pub k1: f32,
    pub b: f32,
    /// the rows that may be found
    pub mask: Bits,
}

/// Hits by the value of a field, so many of each.
pub(crate) struct Group {
    pub column: usize,
    /// within an object
    pub key: Option<String>,
    pub size: usize,
    /// more hits are looked for until every group is full
    pub strict: bool,
}

impl<'a> Plan<'a> {
    pub fn new(collection: &'a Collection, request: &pb::SearchRequest) -> Result<Plan<'a>> {
        let partitions = collection.readable_partitions(&request.partition_names)?;
        let params = Params::new(&request.search_params)?;
        let (column, field) = searched(collection, params.text("anns_field"))?;
        let Some(index) = collection.index_of(&field.name) else {
            return Err(Error::about(Kind::IndexNotFound, "field", &field.name));
        };
        let name = param(&index.params, "metric_type").unwrap_or("COSINE").to_uppercase();
        let asked = params.text("metric_type").map(|text| text.to_uppercase());
        if let Some(asked) = asked.filter(|asked| !asked.is_empty() && *asked != name) {
            return Err(Error::plain(
                Kind::ParameterInvalid,
                format!(
                    "metric type not match: invalid parameter[expected={name}][actual={asked}]"
                ),
            ));
        }
        let metric = metric(&name)?;
        let limit = match (params.whole("topk")?, params.whole("limit")?) {
            (Some(limit), _) | (None, Some(limit)) => limit,
            (None, None) => return Err(Error::invalid("topk not found in search_params")),
        };
        let offset = params.whole("offset")?.unwrap_or(0);
        let (limit, offset) = window(limit, offset)?;
        let own = index_params(&index.params);
        let number = |key: &str, or: f32| own.number(key).map(|n| n.map_or(or, |n| n as f32));
        Ok(Plan {
            collection,
            column,
            field,
            metric,
            limit,
            offset,
            range: range(&params, metric)?,
            round: params.whole("round_decimal")?.and_then(|digits| u32::try_from(digits).ok()),
            group: group(collection, &params)?,
            k1: number("bm25_k1", crate::analyzer::bm25::DEFAULT_K1)?,
            b: number("bm25_b", crate::analyzer::bm25::DEFAULT_B)?,
            mask: mask(collection, column, &request.dsl, partitions.as_deref())?,
        })
    }
}

/// The parameters of a search: some stand by themselves, some within `params`, which is JSON.
pub(crate) struct Params<'a> {
    outer: &'a [KeyValuePair],
    inner: serde_json::Map<String, Value>,
}

impl<'a> Params<'a> {
    pub fn new(outer: &'a [KeyValuePair]) -> Result<Params<'a>> {
        let inner = match param(outer, "params").filter(|text| !text.trim().is_empty()) {
            None => serde_json::Map::new(),
            Some(text) => serde_json::from_str(text).map_err(|error| {
                Error::invalid(format!("the search params are no JSON object: {error}"))
            })?,
        };
        Ok(Params { outer, inner })
    }

    pub fn text(&self, key: &str) -> Option<String> {
        match (param(self.outer, key), self.inner.get(key)) {
            (Some(text), _) => Some(text.to_string()),
            (None, Some(Value::String(text))) => Some(text.clone()),
            (None, Some(Value::Null) | None) => None,
            (None, Some(other)) => Some(other.to_string()),
        }
    }

    pub fn whole(&self, key: &str) -> Result<Option<i64>> {
        self.parsed(key, "a whole number")
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>> {
        self.parsed(key, "a number")
    }

    pub fn flag(&self, key: &str) -> Result<bool> {
        let lower = self.text(key).map(|text| text.to_lowercase());
        match lower.as_deref() {
            None | Some("" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Error::invalid(format!("{key} [{other}] is no bool"))),
        }
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str, what: &str) -> Result<Option<T>> {
        let text = self.text(key).filter(|text| !text.is_empty());
        text.map(|text| {
            text.trim().parse().map_err(|_| {
                Error::invalid(format!("{key} [{text}] is invalid, it is to be {what}"))
            })
        })
        .transpose()
    }
}

fn index_params(params: &[KeyValuePair]) -> Params<'_> {
    Params::new(params).unwrap_or(Params { outer: params, inner: serde_json::Map::new() })
}

fn metric(name: &str) -> Result<Metric> {
    Ok(match name {
        "L2" => Metric::L2,
        "IP" => Metric::Ip,
        "COSINE" => Metric::Cosine,
        "HAMMING" => Metric::Hamming,
        "JACCARD" => Metric::Jaccard,
        "BM25" => Metric::Bm25,
        other => return Err(Error::invalid(format!("metric type {other} is not there"))),
    })
}

/// The field of a search: the one that is named, or the only one.
fn searched(collection: &Collection, name: Option<String>) -> Result<(usize, &Field)> {
    let mut vectors = collection.schema.vectors();
    match (name.filter(|name| !name.is_empty()), vectors.next(), vectors.next()) {
        (Some(name), ..) => match collection.schema.field(&name)? {
            found @ (_, field) if field.is_vector() => Ok(found),
            _ => Err(Error::invalid(format!("field {name} is no vector field"))),
        },
        (None, Some(only), None) => Ok(only),
        (None, ..) => Err(Error::invalid(
            "multiple anns_fields exist, please specify a anns_field in search_params",
        )),
    }
}

pub(crate) fn window(limit: i64, offset: i64) -> Result<(usize, usize)> {
    if offset < 0 {
        return Err(Error::invalid(format!("offset [{offset}] is invalid, should be gte than 0")));
    }
    if limit <= 0 || limit > WINDOW as i64 {
        return Err(Error::invalid(format!(
            "topk [{limit}] is invalid, it should be in range [1, {WINDOW}], but got {limit}"
        )));
    }
    let depth = limit.saturating_add(offset);
    if depth > WINDOW as i64 {
        return Err(Error::invalid(format!(
            "(offset+limit) should be in range [1, {WINDOW}], but got {depth}"
        )));
    }
    Ok((limit as usize, offset as usize))
}

fn range(params: &Params<'_>, metric: Metric) -> Result<Range> {
    let radius = params.number("radius")?.map(|bound| bound as f32);
    let range_filter = params.number("range_filter")?.map(|bound| bound as f32);
    if let (Some(radius), Some(inner)) = (radius, range_filter) {
        let right = if metric.larger_is_closer() { radius < inner } else { inner < radius };
        if !right {
            let relation = if metric.larger_is_closer() { "less" } else { "greater" };
            return Err(Error::invalid(format!(
                "range_filter({inner}) must be on the near side of radius({radius}): the radius is \
                 the {relation} one for this metric"
            )));
        }
    }
    Ok(Range { radius, range_filter })
}

fn group(collection: &Collection, params: &Params<'_>) -> Result<Option<Group>> {
    let Some(name) = params.text("group_by_field").filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let (column, key) = match (collection.schema.find(&name), collection.schema.dynamic()) {
        (Some((column, field)), _) if !field.is_vector() => (column, None),
        (None, Some((column, _))) => {
            let path = name.strip_prefix(DYNAMIC_FIELD).unwrap_or(&name);
            (column, Some(path.trim_matches(['[', ']', '"', '\'']).to_string()))
        }
        (Some(_), _) => {
            return Err(Error::invalid(format!("groupBy field {name} is a vector field")));
        }
        (None, None) => {
            return Err(Error::new(
                Kind::FieldNotFound,
                format!("groupBy field not found in schema: field not found[field={name}]"),
            ));
        }
    };
    let size = params.whole("group_size")?.unwrap_or(1);
    if size <= 0 {
        return Err(Error::invalid(format!(
            "input group size:{size} is negative, failed to do search_groupby"
        )));
    }
    Ok(Some(Group { column, key, size: size as usize, strict: params.flag("strict_group_size")? }))
}

/// The rows of the partitions that the filter matches, have a vector and are not deleted.
fn mask(
    collection: &Collection,
    column: usize,
    filter: &str,
    partitions: Option<&[u32]>,
) -> Result<Bits> {
    let segment = &collection.segment;
    let filter = expr::parse(filter)?.typed(&collection.schema, &Templates::new())?;
    let mut mask = match filter.is_always() {
        true => Bits::filled(segment.rows(), true),
        false => filter.matches(segment, 0..segment.rows(), &FieldTexts::new(collection)?),
    };
    mask.and(&segment.live());
    if let Some(partitions) = partitions {
        mask.and(&segment.in_partitions(partitions));
    }
    if let Some(valid) = segment.column(column).and_then(|column| column.valid()) {
        mask.and(valid);
    }
    Ok(segment.newest(mask))
}
