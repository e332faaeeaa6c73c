//! SELECT … ORDER BY field <-> vector, BM25_SCORE and ranges: what is searched for, checked and
//! encoded. `search_plan` sends it. A number called distance is Milvus's own score: L2 squared; of
//! COSINE, IP and BM25 the larger the closer (Milvus docs: metrics).

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::execute::Result;
use crate::execute::catalog::collection::{Collection, Field, pair};
use crate::execute::catalog::index_types;
use crate::execute::context::Context;
use crate::execute::convert::column::{byte_vector, float_vector, sparse_vector, written};
use crate::execute::params;
use crate::execute::read::filter::{Bound, key_in};
use crate::execute::read::scan::{Read, WINDOW, keys_of};
use crate::execute::search::hits::Layout;
use crate::execute::search::plan::SearchPlan;
use crate::language::ast::{
    Direction, Near, Operator, Order, Output, Param, Select, Target, Value,
};
use crate::language::print;
use crate::milvus::{Feature, Platform, data};
use crate::outcome::{Datum, Outcome, grouped};
use crate::proto::common::PlaceholderType;
use crate::proto::schema::DataType;

/// A search without LIMIT takes so many.
pub const DEFAULT_LIMIT: u64 = 10;

pub async fn search<P: Platform>(
    select: &Select,
    read: &Read<'_>,
    bounds: &[Bound],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = read.collection;
    let near = match (&select.order, bounds.iter().find_map(|bound| bound.near.as_ref())) {
        (Some(Order::Near { near, .. }), _) => near,
        (Some(Order::By(_)), Some(near)) => {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "a search gives the closest first, and has no other order",
            )
            .at(near.field.span)
            .help("leave ORDER BY out"));
        }
        (None, Some(near)) => near,
        _ => {
            return Err(Diagnostic::new(Code::InternalError, "a search without a distance")
                .at(context.span));
        }
    };
    for bound in bounds {
        if bound.near.as_ref().is_some_and(|other| print::near(other) != print::near(near)) {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "a range is of the search that ORDER BY names",
            )
            .at(bound.value.span)
            .help("write the same field, operator and vector in both"));
        }
    }
    let queries = Queries::of(near, read, context).await?;
    if let Some(Order::Near { direction: Some(direction), .. }) = &select.order {
        check_direction(direction, &queries)?;
    }
    if let Some(span) = select.distinct.then_some(select.table.span) {
        return Err(Diagnostic::new(Code::SyntaxError, "a search has no DISTINCT")
            .at(span)
            .help("`GROUP BY field` gives one hit for each value of a field"));
    }
    let (limit, offset) = window(select)?;
    let layout = Layout::of(&select.items, collection)?;
    let mut params = search_params(&select.params, queries.field, collection)?;
    range(bounds, &queries, &mut params)?;
    grouping(&select.group, collection, &mut params, context)?;
    if !select.group.is_empty() {
        in_window(select, "a search with GROUP BY")?;
    }
    let plan = SearchPlan { read, queries, limit, offset, params };
    plan.run(&layout, context).await
}

/// LIMIT and OFFSET of a search.
pub fn window(select: &Select) -> Result<(u64, u64)> {
    let offset = select.offset.as_ref().map(params::count).transpose()?.unwrap_or(0);
    let limit = select.limit.as_ref().map(params::count).transpose()?.unwrap_or(DEFAULT_LIMIT);
    match &select.limit {
        Some(clause) if limit == 0 => {
            Err(Diagnostic::new(Code::OutOfRange, "a search gives at least one hit")
                .at(clause.span))
        }
        _ => Ok((limit, offset)),
    }
}

/// What cannot be read in pages stays within what one request gives.
pub fn in_window(select: &Select, what: &str) -> Result<()> {
    let (limit, offset) = window(select)?;
    match select.limit.as_ref().or(select.offset.as_ref()) {
        Some(clause) if offset.saturating_add(limit) > WINDOW => Err(Diagnostic::new(
            Code::OutOfRange,
            format!("{what} gives at most {} hits, OFFSET included", grouped(WINDOW)),
        )
        .at(clause.span)),
        _ => Ok(()),
    }
}

/// `ORDER BY v <-> q DESC` asks for the farthest, which no index has; of a score, the highest is
/// the closest, and DESC is what it is.
fn check_direction(direction: &Spanned<Direction>, queries: &Queries<'_>) -> Result<()> {
    if queries.text && direction.value == Direction::Descending
        || !queries.text && direction.value == Direction::Ascending
    {
        return Ok(());
    }
    let error = Diagnostic::new(Code::WrongDirection, "a search gives the closest first")
        .at(direction.span);
    Err(match (queries.text, queries.grows()) {
        (true, _) => error
            .label("the worst cannot be asked for")
            .help("write DESC, or leave it out: the highest score comes first"),
        (false, true) => error.label("the farthest cannot be asked for").help(
            "leave DESC out: the score grows with closeness, and the highest comes first anyway",
        ),
        (false, false) => error.label("the farthest cannot be asked for").help("leave DESC out"),
    })
}

/// What is searched for, ready to be sent.
pub struct Queries<'a> {
    pub field: &'a Field,
    /// `None` takes the index's
    pub metric: Option<String>,
    /// full text
    pub text: bool,
    /// how a placeholder group names their type
    pub kind: PlaceholderType,
    /// each in the bytes of its type; empty ones when nothing is sent
    pub values: Vec<Vec<u8>>,
    pub span: Span,
}

impl<'a> Queries<'a> {
    pub async fn of<P: Platform>(
        near: &Near,
        read: &Read<'a>,
        context: &Context<'_, P>,
    ) -> Result<Queries<'a>> {
        let collection = read.collection;
        match &near.target {
            Target::Text(text) => {
                context.needs(Feature::Bm25, near.field.span)?;
                let (field, _) = collection.full_text(&near.field)?;
                let texts = match &text.value {
                    Value::List(items) => items
                        .iter()
                        .map(|item| params::text(item).map(|text| text.value.into_bytes()))
                        .collect::<Result<Vec<_>>>()?,
                    _ => vec![params::text(text)?.value.into_bytes()],
                };
                Ok(Queries {
                    field,
                    metric: Some("BM25".to_string()),
                    text: true,
                    kind: PlaceholderType::VarChar,
                    values: texts,
                    span: text.span,
                })
            }
            Target::Vectors { operator, vectors } => {
                let field = collection.field(&near.field)?;
                let metric = check_operator(field, operator, collection)?.to_string();
                Queries::of_vectors(field, Some(metric), vectors)
            }
            Target::Stored { operator, ids } => {
                let field = collection.field(&near.field)?;
                let metric = check_operator(field, operator, collection)?.to_string();
                let vectors = stored(field, ids, read, context).await?;
                if context.client.explaining() {
                    let (kind, values, span) =
                        (PlaceholderType::None, vec![Vec::new(); ids.len()], operator.span);
                    return Ok(Queries {
                        field,
                        metric: Some(metric),
                        text: false,
                        kind,
                        values,
                        span,
                    });
                }
                Queries::of_vectors(field, Some(metric), &vectors)
            }
        }
    }

    pub fn of_vectors(
        field: &'a Field,
        metric: Option<String>,
        vectors: &[Spanned<Value>],
    ) -> Result<Queries<'a>> {
        let span = vectors.first().map_or(Span::default(), |vector| vector.span);
        if vectors.is_empty() {
            return Err(
                Diagnostic::new(Code::InvalidValue, "there is no query vector here").at(span)
            );
        }
        let (kind, values) = encode(field, vectors)?;
        Ok(Queries { field, metric, text: false, kind, values, span })
    }

    /// Some of the queries on the wire. Stored vectors that EXPLAIN does not read are none.
    pub fn group(&self, values: &[Vec<u8>]) -> Vec<u8> {
        if self.kind == PlaceholderType::None {
            Vec::new()
        } else {
            data::placeholder_group(self.kind, values.to_vec())
        }
    }

    fn grows(&self) -> bool {
        self.metric.as_deref().is_some_and(grows)
    }
}

/// Whether the score of a metric grows with closeness.
pub fn grows(metric: &str) -> bool {
    matches!(metric, "IP" | "COSINE" | "BM25")
}

/// The vectors of stored entities, in the order asked for.
async fn stored<P: Platform>(
    field: &Field,
    ids: &[Spanned<Value>],
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Vec<Spanned<Value>>> {
    let key = crate::execute::original::checked_key(read.collection, ids)?;
    let expr = key_in(&key.name, ids)?;
    let params = vec![pair("limit", ids.len())];
    let reply =
        read.send(&expr, vec![key.name.clone(), field.name.clone()], params, context).await?;
    if context.client.explaining() {
        return Ok(Vec::new());
    }
    let keys = keys_of(&reply.fields_data, key);
    let column = reply.fields_data.into_iter().find(|column| column.field_name == field.name);
    let values = column.map(|column| data::column(column, keys.len())).unwrap_or_default();
    ids.iter()
        .map(|id| {
            let wanted = match &id.value {
                Value::Text(text) => Datum::Text(text.clone()),
                Value::Int(number) => Datum::Int(*number),
                _ => Datum::Null,
            };
            match keys.iter().position(|key| *key == wanted).and_then(|at| values.get(at)) {
                Some(Datum::Null) => Err(Diagnostic::new(
                    Code::NullValue,
                    format!("`{}` of this entity is NULL", field.name),
                )
                .at(id.span)),
                Some(value) => Ok(Spanned::new(written(value), id.span)),
                None => {
                    Err(Diagnostic::new(Code::UnknownId, "no entity of this id is there")
                        .at(id.span))
                }
            }
        })
        .collect()
}

/// The metric of the operator, if the field's index agrees with it.
fn check_operator<'a>(
    field: &Field,
    operator: &Spanned<Operator>,
    collection: &'a Collection,
) -> Result<&'a str> {
    let asked = operator.value;
    let symbol = asked.symbol();
    if asked == Operator::L1 {
        return Err(Diagnostic::new(
            Code::NotSupported,
            "`<+>` is the L1 distance, which Milvus does not have",
        )
        .at(operator.span)
        .help("`<->` is L2, `<=>` COSINE, `<#>` IP, `<~>` HAMMING, `<%>` JACCARD"));
    }
    if !field.is_vector() {
        return Err(Diagnostic::new(
            Code::TypeMismatch,
            format!("`{}` is {} and has no distance", field.name, field.type_name()),
        )
        .at(operator.span));
    }
    if field.generated {
        let text = collection
            .functions
            .iter()
            .find(|function| function.output_field_names.contains(&field.name));
        let text = text
            .and_then(|function| function.input_field_names.first())
            .map_or("text", String::as_str);
        return Err(Diagnostic::new(
            Code::MetricMismatch,
            format!("`{}` is made by BM25 and is searched by words", field.name),
        )
        .at(operator.span)
        .help(format!("write `ORDER BY BM25_SCORE({text}, 'words')`")));
    }
    if !params::metrics_of(field.data_type).contains(&asked.metric()) {
        let fitting: Vec<String> = Operator::ALL
            .into_iter()
            .filter(|operator| params::metrics_of(field.data_type).contains(&operator.metric()))
            .map(|operator| format!("`{}` ({})", operator.symbol(), operator.metric()))
            .collect();
        return Err(Diagnostic::new(
            Code::MetricMismatch,
            format!("`{symbol}` does not measure a {}", field.type_name()),
        )
        .at(operator.span)
        .help(format!("use {}", fitting.join(", "))));
    }
    match collection.index_on(&field.name) {
        Some(index)
            if !index.metric.is_empty() && !index.metric.eq_ignore_ascii_case(asked.metric()) =>
        {
            let help = match Operator::of_metric(&index.metric) {
                Some(right) => format!(
                    "use `{}`, or build the index anew with {}",
                    right.symbol(),
                    asked.metric()
                ),
                None => "build the index anew with this metric".to_string(),
            };
            Err(Diagnostic::new(
                Code::MetricMismatch,
                format!(
                    "`{symbol}` asks for {}, but the index on `{}` has {}",
                    asked.metric(),
                    field.name,
                    index.metric
                ),
            )
            .at(operator.span)
            .label(format!("the index measures {}", index.metric))
            .help(help))
        }
        _ => Ok(asked.metric()),
    }
}

/// What every search takes, whatever its index.
const COMMON: [&str; 5] =
    ["round_decimal", "ignore_growing", "hints", "group_size", "strict_group_size"];

#[derive(Default)]
pub struct SearchParams {
    /// the index's own
    pub inner: serde_json::Map<String, serde_json::Value>,
    pub round_decimal: Option<i64>,
    /// beside the index's, by Milvus's names
    pub outer: Vec<(&'static str, String)>,
}

/// SEARCH PARAMS, each checked against the index of the field.
pub fn search_params(
    written: &[Param],
    field: &Field,
    collection: &Collection,
) -> Result<SearchParams> {
    let index =
        collection.index_on(&field.name).map_or("AUTOINDEX", |index| index.index_type.as_str());
    let known = index_types::find(index);
    let mut params = SearchParams::default();
    for param in written {
        let name = param.name.value.to_ascii_lowercase();
        match name.as_str() {
            "round_decimal" => params.round_decimal = Some(params::whole(param, 0, 6)?),
            "ignore_growing" => {
                params.outer.push(("ignore_growing", params::flag(param)?.to_string()))
            }
            "hints" => params.outer.push(("hints", params::word(param)?.value)),
            "group_size" => {
                params.outer.push(("group_size", params::whole(param, 1, 1_000)?.to_string()))
            }
            "strict_group_size" => {
                params.outer.push(("strict_group_size", params::flag(param)?.to_string()))
            }
            _ => match known {
                Some(known) => {
                    let (name, value) = known.search_param(param, &COMMON)?;
                    params.inner.insert(name, value);
                }
                // an index that is newer than this kernel takes what it takes
                None => {
                    params
                        .inner
                        .insert(param.name.value.clone(), params::json(params::one(param)?)?);
                }
            },
        }
    }
    Ok(params)
}

/// GROUP BY of a search: one hit for each value of a field, or `group_size` of them.
pub fn grouping<P: Platform>(
    group: &[Output],
    collection: &Collection,
    params: &mut SearchParams,
    context: &Context<'_, P>,
) -> Result<()> {
    match group {
        [] => match params.outer.iter().find(|(name, _)| name.contains("group_size")) {
            Some((name, _)) => {
                Err(Diagnostic::new(Code::SyntaxError, format!("`{name}` belongs to a GROUP BY"))
                    .at(context.span))
            }
            None => Ok(()),
        },
        [Output::Field { name, path }] if path.is_empty() => {
            context.needs(Feature::GroupingSearch, name.span)?;
            if params.outer.iter().any(|(name, _)| name.contains("group_size")) {
                context.needs(Feature::GroupSize, name.span)?;
            }
            let field = collection.field(name)?;
            if field.is_vector() || matches!(field.data_type, DataType::Float | DataType::Double) {
                return Err(Diagnostic::new(
                    Code::TypeMismatch,
                    format!("`{name}` is {} and cannot group hits", field.type_name()),
                )
                .at(name.span));
            }
            params.outer.push(("group_by_field", name.value.clone()));
            Ok(())
        }
        _ => {
            Err(Diagnostic::new(Code::NotSupported, "a search groups by one field")
                .at(context.span))
        }
    }
}

/// Bounds become `radius` and `range_filter`: of L2 and the like the score is below the radius, of
/// IP, COSINE and BM25 above it (Milvus docs: range search). A bound that lets everything far away
/// in and keeps what is close out is refused.
fn range(bounds: &[Bound], queries: &Queries<'_>, params: &mut SearchParams) -> Result<()> {
    let grows = queries.grows();
    let (mut outer, mut inner) = (None, None);
    for bound in bounds {
        let value = bound.value.value as f32;
        let (closer, inclusive) = match bound.operator {
            "<" => (!grows, false),
            "<=" => (!grows, true),
            ">" => (grows, false),
            ">=" => (grows, true),
            _ => {
                return Err(Diagnostic::new(
                    Code::SyntaxError,
                    "a distance is compared with <, <=, > or >=",
                )
                .at(bound.value.span));
            }
        };
        // the radius is exclusive, the range filter inclusive
        let exact = match (closer, inclusive, grows) {
            (true, true, false) => value.next_up(),
            (true, true, true) => value.next_down(),
            (false, false, false) => value.next_up(),
            (false, false, true) => value.next_down(),
            _ => value,
        };
        let slot = if closer { &mut outer } else { &mut inner };
        if slot.replace((exact, bound.value.span)).is_some() {
            return Err(Diagnostic::new(Code::SyntaxError, "this bound of the range stands twice")
                .at(bound.value.span));
        }
    }
    let metric = queries.metric.as_deref().unwrap_or("this metric");
    match (outer, inner) {
        (None, Some((_, span))) => Err(Diagnostic::new(
            Code::WrongDirection,
            "this range lets only what is far away in",
        )
        .at(span)
        .help(if grows {
            format!("{metric} grows with closeness: write `> …`, and `< …` beside it for a ring")
        } else {
            format!("{metric} shrinks with closeness: write `< …`, and `> …` beside it for a ring")
        })),
        (outer, inner) => {
            if let (Some((outer, span)), Some((inner, _))) = (outer, inner)
                && (grows && inner <= outer || !grows && inner >= outer)
            {
                return Err(
                    Diagnostic::new(Code::OutOfRange, "nothing lies in this range").at(span)
                );
            }
            let mut put = |name: &str, bound: Option<(f32, Span)>| {
                if let Some((value, _)) = bound {
                    // by its shortest decimals, so that 0.8 is 0.8
                    let number = value.to_string().parse::<f64>().unwrap_or(f64::from(value));
                    params.inner.insert(name.to_string(), number.into());
                }
            };
            put("radius", outer);
            put("range_filter", inner);
            Ok(())
        }
    }
}

/// The query vectors on the wire.
fn encode(field: &Field, vectors: &[Spanned<Value>]) -> Result<(PlaceholderType, Vec<Vec<u8>>)> {
    let kind = match field.data_type {
        DataType::BinaryVector => PlaceholderType::BinaryVector,
        DataType::Float16Vector => PlaceholderType::Float16Vector,
        DataType::BFloat16Vector => PlaceholderType::BFloat16Vector,
        DataType::Int8Vector => PlaceholderType::Int8Vector,
        DataType::SparseFloatVector => PlaceholderType::SparseFloatVector,
        _ => PlaceholderType::FloatVector,
    };
    let mut values = Vec::with_capacity(vectors.len());
    for vector in vectors {
        values.push(match kind {
            PlaceholderType::FloatVector => {
                let mut floats = Vec::with_capacity(field.dim);
                float_vector(field, vector, &mut floats)?;
                floats.iter().flat_map(|float| float.to_le_bytes()).collect()
            }
            PlaceholderType::SparseFloatVector => sparse_vector(field, vector)?,
            _ => {
                let mut bytes = Vec::new();
                byte_vector(field, vector, &mut bytes)?;
                bytes
            }
        });
    }
    Ok((kind, values))
}
