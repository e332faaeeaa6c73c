//! A search, settled: which field by which metric, how many hits from where on, which rows may be
//! found. In: a request. Out: a plan, or Milvus's error.

use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;
use milvus_proto::schema::DataType;
use serde_json::Value;

use crate::catalog::Collection;
use crate::error::{Error, Kind, Result, expected};
use crate::expr::{self, Filter};
use crate::index::Metric;
use crate::index::built::{Built, Reach};
use crate::index::collect::Range;
use crate::index::sparse;
use crate::pace::Pace;
use crate::schema::{Field, param};
use crate::search::chain::Chains;
use crate::search::group::Group;
use crate::search::iterator::Page;
use crate::search::score::Rescore;
use crate::search::texts::FieldTexts;
use crate::search::{indexed, lists};
use crate::segment::bits::Bits;
use crate::zone;

/// What the metrics of lists of vectors begin with.
const MAX_SIM: &str = "MAX_SIM";

/// The most hits of one query, with those that are passed over.
const WINDOW: usize = 16_384;

pub(crate) struct Plan<'a> {
    pub collection: &'a Collection,
    pub column: usize,
    pub field: &'a Field,
    pub metric: Metric,
    /// whether lists of vectors are compared as wholes
    pub max_sim: bool,
    pub limit: usize,
    pub offset: usize,
    pub range: Range,
    /// digits behind the point that scores are rounded to
    pub round: Option<u32>,
    pub group: Option<Group>,
    /// of an iterator
    pub page: Option<Page>,
    pub rescore: Option<Rescore>,
    pub chains: Chains,
    /// which of the analyzers of several a query's text goes through
    pub analyzer_name: String,
    pub k1: f32,
    pub b: f32,
    /// the share of the values of a sparse query that is left out, the smallest first
    pub drop_ratio: f32,
    /// the index to ask, and how far; none where every row is to be read
    pub index: Option<(&'a Built, Reach)>,
    /// the rows that may be found
    pub mask: Bits,
    pub filter: Filter,
}

/// What a hybrid search says for all its searches.
pub(crate) struct Whole {
    /// the hits of each search that does not say how many
    pub depth: usize,
    pub group: Option<Group>,
    /// of moments in filters
    pub zone: String,
}

impl<'a> Plan<'a> {
    /// The plan of a search, or of one within a hybrid search.
    pub fn new(
        collection: &'a Collection,
        request: &pb::SearchRequest,
        moment: u64,
        whole: Option<&Whole>,
        pace: &mut Pace<'_>,
    ) -> Result<Plan<'a>> {
        let zone = match whole {
            None => zone::asked(&request.search_params, &collection.properties)?,
            Some(whole) => &whole.zone,
        };
        let params = Params::new(&request.search_params)?;
        let (column, field) = searched(collection, params.text("anns_field"))?;
        let page = if whole.is_none() { Page::new(&params)? } else { None };
        let (limit, offset) = match (whole, &page) {
            (None, Some(page)) => (page.size, 0),
            (None, None) => (depth(&params, None)?, params.whole("offset")?.unwrap_or(0)),
            // the offset of a hybrid search is among the hits that are joined
            (Some(whole), _) => (depth(&params, Some(whole.depth))?, 0),
        };
        let (limit, offset) = window(limit, offset)?;
        let round = round(&params)?;
        let group = match whole {
            None => Group::new(collection, &params)?,
            Some(whole) => whole.group.clone(),
        };
        check_group(field, &params, group.is_some())?;
        let filter = filter(collection, request, zone)?.at(moment);
        let chains = match whole {
            None => chains(collection, request, &params, page.is_some())?,
            Some(_) => Chains::default(),
        };
        // after everything that the request says wrong by itself, as Milvus's proxy has it
        let partitions = collection.readable_partitions(&request.partition_names)?;
        let index = collection.index_of(&field.name);
        let index = index.ok_or_else(|| Error::about(Kind::IndexNotFound, "field", &field.name))?;
        let own = Params::new(&index.params)?;
        let metric = metric(field, &index.params, &params)?;
        let max_sim = metric_name(field, &index.params).starts_with(MAX_SIM);
        lists::check(&collection.schema, (column, field), max_sim, &filter, &params)?;
        if whole.is_some() && field.data_type == DataType::ArrayOfVector && !max_sim {
            return Err(Error::new(
                Kind::NotSupported,
                "an element-level search within a hybrid search is not there",
            ));
        }
        let rescore = Rescore::new(collection, request.function_score.as_ref())?;
        if rescore.is_some() && group.is_some() {
            return Err(Error::invalid("segment scorer with group_by is not supported"));
        }
        let number = |key: &str, or: f32| own.number(key).map(|n| n.map_or(or, |n| n as f32));
        let range = range(&params, metric)?;
        let range = page.as_ref().map_or(range, |page| page.narrowed(range, metric));
        // the next page of an iterator begins where the last one ended: nothing may be missed
        let whole = range != Range::default()
            || group.is_some()
            || page.is_some()
            || rescore.is_some()
            || is_iterator(&params);
        let choice = indexed::choice(field, &own, collection.segment.rows())?;
        // of few rows too, so that they become many without another error
        let asked = indexed::choice(field, &own, usize::MAX)?;
        let reach = indexed::reach(asked, &params, limit + offset)?;
        let built = collection.segment.built(column);
        let built = built.filter(|built| !whole && built.is(choice, metric));
        Ok(Plan {
            collection,
            column,
            field,
            metric,
            max_sim,
            limit,
            offset,
            range,
            index: built.map(|built| (built, reach)),
            round,
            group,
            page,
            rescore,
            chains,
            analyzer_name: params.text("analyzer_name").unwrap_or_default(),
            k1: number("bm25_k1", sparse::DEFAULT_K1)?,
            b: number("bm25_b", sparse::DEFAULT_B)?,
            drop_ratio: drop_ratio(&params)?,
            mask: mask(collection, column, &filter, (moment, partitions.as_deref()), pace)?,
            filter,
        })
    }

    /// Whether every vector of a list is a find of its own.
    pub fn is_by_element(&self) -> bool {
        self.field.data_type == DataType::ArrayOfVector && !self.max_sim
    }
}

/// The chains of a search, which go with no other order of its hits.
fn chains(
    collection: &Collection,
    request: &pb::SearchRequest,
    params: &Params<'_>,
    paged: bool,
) -> Result<Chains> {
    let chains = Chains::new(collection, request)?;
    if chains.is_empty() {
        return Ok(chains);
    }
    if paged {
        return Err(Error::invalid("function rerank is not supported with search iterator v2"));
    }
    match params.text("order_by_fields").filter(|fields| !fields.trim().is_empty()) {
        None => Ok(chains),
        Some(_) => Err(Error::invalid(
            "order_by and function rerank cannot be used together: they specify conflicting sort \
             criteria",
        )),
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

fn is_iterator(params: &Params<'_>) -> bool {
    params.text("iterator").is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The metric of an index; what a search names must be the same.
fn metric(field: &Field, index: &[KeyValuePair], params: &Params<'_>) -> Result<Metric> {
    let metric = metric_of(field, index)?;
    let (own, asked) =
        (metric_name(field, index), params.text("metric_type").map(|text| text.to_uppercase()));
    match asked.filter(|asked| !asked.is_empty() && *asked != own) {
        Some(asked) => Err(expected("metric type not match", own, asked)),
        None => Ok(metric),
    }
}

/// What the metric of a field's index is called.
fn metric_name(field: &Field, index: &[KeyValuePair]) -> String {
    let default = match field.data_type {
        DataType::ArrayOfVector if field.element_type == DataType::BinaryVector => {
            "MAX_SIM_HAMMING"
        }
        DataType::ArrayOfVector => "MAX_SIM_COSINE",
        DataType::BinaryVector => "HAMMING",
        DataType::SparseFloatVector if field.message.is_function_output => "BM25",
        DataType::SparseFloatVector => "IP",
        _ => "COSINE",
    };
    param(index, "metric_type").unwrap_or(default).to_uppercase()
}

/// The metric of a field's index by its name: of lists that of their vectors.
pub(crate) fn metric_of(field: &Field, index: &[KeyValuePair]) -> Result<Metric> {
    let name = metric_name(field, index);
    Ok(
        match name.strip_prefix(MAX_SIM).map_or(name.as_str(), |rest| rest.trim_start_matches('_'))
        {
            "" => Metric::Cosine,
            "L2" => Metric::L2,
            "IP" => Metric::Ip,
            "COSINE" => Metric::Cosine,
            "HAMMING" => Metric::Hamming,
            "JACCARD" => Metric::Jaccard,
            "BM25" => Metric::Bm25,
            other => return Err(Error::invalid(format!("metric type {other} is not there"))),
        },
    )
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

/// How many hits a query has.
fn depth(params: &Params<'_>, or: Option<usize>) -> Result<i64> {
    let written = params.text("topk").or_else(|| params.text("limit"));
    match (written, or) {
        (None, None) => Err(Error::new(Kind::ParameterMissing, "topk is required")),
        (None, Some(or)) => Ok(or as i64),
        (Some(text), or) => match (text.trim().parse(), or) {
            (Ok(depth), _) => Ok(depth),
            (Err(_), Some(or)) => Ok(or as i64),
            (Err(_), None) => Err(Error::invalid(format!("topk [{text}] is invalid"))),
        },
    }
}

/// A limit and an offset within what one search may give.
fn window(limit: i64, offset: i64) -> Result<(usize, usize)> {
    let both = limit.saturating_add(offset);
    for (key, value) in [("topk", limit), ("offset", offset), ("offset+topk", both)] {
        let passes = key == "offset" && value == 0;
        if !passes && !(1..=WINDOW as i64).contains(&value) {
            return Err(Error::invalid(format!(
                "{key} [{value}] is invalid, it should be in range [1, {WINDOW}], but got {value}"
            )));
        }
    }
    Ok((limit as usize, offset as usize))
}

/// The limit and the offset of a hybrid search.
pub(crate) fn hybrid_window(params: &Params<'_>) -> Result<(usize, usize)> {
    let limit = params.whole("limit")?;
    let limit = limit.ok_or_else(|| Error::invalid("limit not found in rank_params"))?;
    let offset = params.whole("offset")?.unwrap_or(0);
    let wrong =
        |why: String| Err(Error::invalid(format!("invalid max query result window, {why}")));
    let both = limit.saturating_add(offset);
    if offset < 0 {
        return wrong(format!("offset [{offset}] is invalid, should be gte than 0"));
    }
    if limit <= 0 {
        return wrong(format!("limit [{limit}] is invalid, should be greater than 0"));
    }
    if both > WINDOW as i64 {
        return wrong(format!("(offset+limit) should be in range [1, {WINDOW}], but got {both}"));
    }
    Ok((limit as usize, offset as usize))
}

/// The digits that scores are rounded to; none for -1.
pub(crate) fn round(params: &Params<'_>) -> Result<Option<u32>> {
    let Some(text) = params.text("round_decimal").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(-1) => Ok(None),
        Ok(digits @ 0..=6) => Ok(u32::try_from(digits).ok()),
        Ok::<i64, _>(_) | Err(_) => Err(Error::invalid(format!(
            "round_decimal [{text}] is invalid, should be -1 or an integer in range [0, 6]"
        ))),
    }
}

fn range(params: &Params<'_>, metric: Metric) -> Result<Range> {
    let radius = params.number("radius")?.map(|bound| bound as f32);
    let range_filter = params.number("range_filter")?.map(|bound| bound as f32);
    match (radius, range_filter) {
        (None, Some(_)) => Err(expected(
            "range_filter requires radius to be set; range_filter alone is not a valid range \
             search parameter",
            "range_filter",
            "",
        )),
        (Some(radius), Some(inner)) => {
            let (right, relation) = match metric.larger_is_closer() {
                true => (inner > radius, "greater"),
                false => (inner < radius, "less"),
            };
            if !right {
                let name = name(metric);
                return Err(Error::invalid(format!(
                    "metric type ({name}), range_filter({inner}) must be {relation} than \
                     radius({radius})"
                )));
            }
            Ok(Range { radius: Some(radius), range_filter: Some(inner) })
        }
        (radius, None) => Ok(Range { radius, range_filter: None }),
    }
}

fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::L2 => "L2",
        Metric::Ip => "IP",
        Metric::Cosine => "COSINE",
        Metric::Hamming => "HAMMING",
        Metric::Jaccard => "JACCARD",
        Metric::Bm25 => "BM25",
    }
}

/// What goes with no groups.
fn check_group(field: &Field, params: &Params<'_>, grouped: bool) -> Result<()> {
    if !grouped {
        return Ok(());
    }
    if params.text("radius").is_some() {
        let words = "Not allowed to do range-search when doing search-group-by";
        return Err(expected(words, "", ""));
    }
    match field.data_type {
        DataType::BinaryVector => Err(Error::invalid(
            "not support search_group_by operation based on binary vector column",
        )),
        _ => Ok(()),
    }
}

fn drop_ratio(params: &Params<'_>) -> Result<f32> {
    match params.number("drop_ratio_search")?.unwrap_or(0.0) {
        ratio if (0.0..1.0).contains(&ratio) => Ok(ratio as f32),
        ratio => Err(Error::invalid(format!(
            "Out of range in json: param 'drop_ratio_search' ({ratio}) should be in range [0, 1)"
        ))),
    }
}

/// Whatever is wrong with a filter is one kind of mistake here, as in Milvus's proxy.
fn filter(collection: &Collection, request: &pb::SearchRequest, zone: &str) -> Result<Filter> {
    let entries = request.expr_template_values.iter();
    expr::templates(entries.map(|one| (one.key.as_str(), one.value.as_ref())))
        .and_then(|values| {
            expr::parse(&request.dsl)?.in_zone(zone).typed(&collection.schema, &values)
        })
        .map_err(|error| Error::invalid(format!("failed to create query plan: {error}")))
}

/// The rows of the partitions that the filter matches, have a vector and are not deleted.
fn mask(
    collection: &Collection,
    column: usize,
    filter: &Filter,
    (moment, partitions): (u64, Option<&[u32]>),
    pace: &mut Pace<'_>,
) -> Result<Bits> {
    let segment = &collection.segment;
    let mut mask = match filter.is_always() {
        true => Bits::filled(segment.rows(), true),
        false => {
            let texts = FieldTexts::new(collection)?;
            pace.filter(segment.rows(), filter.step(), |rows| {
                filter.matches(segment, rows, &texts)
            })?
        }
    };
    mask.and(&collection.live(moment));
    if let Some(partitions) = partitions {
        mask.and(&segment.in_partitions(partitions));
    }
    if let Some(valid) = segment.column(column).and_then(|column| column.valid()) {
        mask.and(valid);
    }
    Ok(segment.newest(mask))
}
