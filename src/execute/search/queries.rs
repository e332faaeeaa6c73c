//! What is searched for: vectors, stored entities or words, checked and encoded. In: the syntax
//! tree's distance. Out: queries as a request has them. A number called distance is Milvus's own
//! score: L2 squared; of COSINE, IP and BM25 the larger the closer (Milvus docs: metrics).

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::metrics;
use crate::execute::context::Context;
use crate::execute::convert::vector::{byte_vector, float_vector, sparse_vector};
use crate::execute::params;
use crate::execute::read::scan::{Read, keys_of};
use crate::execute::value::of_datum;
use crate::language::ast::{Near, Operator, Target, Value};
use crate::milvus::{Platform, data};
use crate::outcome::Datum;
use crate::proto::common::PlaceholderType;
use crate::proto::schema::DataType;

/// What is searched for, ready to be sent.
pub(crate) struct Queries<'a> {
    pub(crate) field: &'a Field,
    /// `None` takes the index's
    pub(crate) metric: Option<String>,
    /// full text
    pub(crate) text: bool,
    /// how a placeholder group names their type
    pub(crate) kind: PlaceholderType,
    /// each in the bytes of its type; empty ones when nothing is sent
    pub(crate) values: Vec<Vec<u8>>,
    pub(crate) span: Span,
}

impl<'a> Queries<'a> {
    pub(crate) async fn of<P: Platform>(
        near: &Near,
        read: &Read<'a>,
        context: &Context<'_, P>,
    ) -> Result<Queries<'a>> {
        let collection = read.collection;
        match &near.target {
            Target::Text(text) => {
                context.needs("a BM25 function", near.field.span)?;
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

    pub(crate) fn of_vectors(
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
    pub(crate) fn group(&self, values: &[Vec<u8>]) -> Vec<u8> {
        if self.kind == PlaceholderType::None {
            Vec::new()
        } else {
            data::placeholder_group(self.kind, values.to_vec())
        }
    }

    pub(crate) fn grows(&self) -> bool {
        self.metric.as_deref().is_some_and(metrics::grows)
    }
}

/// The vectors of stored entities, in the order asked for.
async fn stored<P: Platform>(
    field: &Field,
    ids: &[Spanned<Value>],
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Vec<Spanned<Value>>> {
    let key = read.collection.key_of(ids)?;
    let names = vec![key.name.clone(), field.name.clone()];
    let reply = read.by_ids(ids, names, context).await?;
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
                Some(value) => Ok(Spanned::new(of_datum(value), id.span)),
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
    if !metrics::metrics_of(field.data_type).contains(&asked.metric()) {
        let fitting: Vec<String> = Operator::ALL
            .into_iter()
            .filter(|operator| metrics::metrics_of(field.data_type).contains(&operator.metric()))
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
