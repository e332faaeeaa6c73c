//! What is searched for: vectors, stored entities or words, checked and encoded. In: the syntax
//! tree's distance. Out: queries as a request has them. A number called distance is Milvus's own
//! score: L2 squared; of COSINE, IP and BM25 the larger the closer (Milvus docs: metrics).

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::metrics;
use crate::execute::context::Context;
use crate::execute::convert::datum;
use crate::execute::convert::vector::{byte_vector, float_vector, sparse_vector};
use crate::execute::params;
use crate::execute::read::scan::{Read, keys_of};
use crate::execute::value::of_datum;
use crate::language::ast::{Operator, Search, Target, Value};
use crate::milvus::{Feature, Platform};
use crate::outcome::Datum;
use milvus_proto::common::PlaceholderType;
use milvus_proto::schema::{DataType, FieldData};

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
        search: &Search,
        read: &Read<'a>,
        context: &Context<'_, P>,
    ) -> Result<Queries<'a>> {
        let collection = read.collection;
        match &search.target {
            Target::Text(text) => {
                context.needs(Feature::Bm25, search.field.span)?;
                let (field, _) = collection.full_text(&search.field)?;
                Queries::of_texts(field, text)
            }
            Target::Vectors { operator, vectors } => {
                let field = collection.field(&search.field)?;
                let metric = check_operator(field, operator, collection)?.to_string();
                Queries::of_vectors(field, Some(metric), vectors)
            }
            Target::Stored { operator, ids } => {
                let field = collection.field(&search.field)?;
                let metric = check_operator(field, operator, collection)?.to_string();
                match stored(field, ids, read, context).await? {
                    Some(vectors) => Queries::of_vectors(field, Some(metric), &vectors),
                    None => Ok(Queries::unread(field, metric, ids.len(), operator.span)),
                }
            }
        }
    }

    fn of_texts(field: &'a Field, text: &Spanned<Value>) -> Result<Queries<'a>> {
        let bytes = |item| params::text(item).map(|text| text.value.into_bytes());
        let values = match &text.value {
            Value::List(items) => items.iter().map(bytes).collect::<Result<Vec<_>>>()?,
            _ => vec![bytes(text)?],
        };
        Ok(Queries {
            field,
            metric: Some("BM25".to_string()),
            text: true,
            kind: PlaceholderType::VarChar,
            values,
            span: text.span,
        })
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

    /// Stored vectors that EXPLAIN does not read.
    fn unread(field: &'a Field, metric: String, count: usize, span: Span) -> Queries<'a> {
        let (kind, values) = (PlaceholderType::None, vec![Vec::new(); count]);
        Queries { field, metric: Some(metric), text: false, kind, values, span }
    }

    /// Some of the queries on the wire. Stored vectors that EXPLAIN does not read are none.
    pub(crate) fn group(&self, values: &[Vec<u8>]) -> Vec<u8> {
        if self.kind == PlaceholderType::None {
            Vec::new()
        } else {
            datum::placeholder_group(self.kind, values.to_vec())
        }
    }

    pub(crate) fn grows(&self) -> bool {
        self.metric.as_deref().is_some_and(metrics::grows)
    }
}

/// The vectors of stored entities, in the order asked for; none is EXPLAIN's.
async fn stored<P: Platform>(
    field: &Field,
    ids: &[Spanned<Value>],
    read: &Read<'_>,
    context: &Context<'_, P>,
) -> Result<Option<Vec<Spanned<Value>>>> {
    let key = read.collection.key_of(ids)?;
    let names = vec![key.name.clone(), field.name.clone()];
    let Some(reply) = read.by_ids(ids, names, context).await? else { return Ok(None) };
    let vectors = found(reply.fields_data, key, field, ids).map_err(|error| match error.code {
        Code::UnknownId => error.help(read.collection.some_ids(key)),
        _ => error,
    });
    vectors.map(Some)
}

/// Of each id the vector that came, whatever the order of the reply.
fn found(
    columns: Vec<FieldData>,
    key: &Field,
    field: &Field,
    ids: &[Spanned<Value>],
) -> Result<Vec<Spanned<Value>>> {
    let keys: Vec<Value> = keys_of(&columns, key).iter().map(of_datum).collect();
    let column = columns.into_iter().find(|column| column.field_name == field.name);
    let values = column.map(|column| datum::column(column, keys.len())).unwrap_or_default();
    ids.iter()
        .map(|id| {
            match keys.iter().position(|key| *key == id.value).and_then(|at| values.get(at)) {
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
        .at(operator.span)
        .help("a vector field has: `DESCRIBE t` shows them"));
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
                let mut floats = Vec::new();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{
        books, field as schema_field, longs, name, said, schema, select, value,
    };
    use crate::language::ast::Order;
    use milvus_proto::schema::{FloatArray, VectorField, field_data, vector_field};

    /// The operator between a field and its vectors.
    fn operator(symbol: &str) -> Spanned<Operator> {
        let select = select(&format!("SELECT * FROM t ORDER BY v {symbol} [1]"));
        match select.order {
            Some(Order::Search {
                search: Search { target: Target::Vectors { operator, .. }, .. },
                ..
            }) => operator,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn vectors_are_in_the_bytes_of_their_type() {
        let books = books();
        let field = books.field(&name("v")).expect("a field");
        let vectors = [value("[0.5, 2]"), value("[1, 1]")];
        let queries = Queries::of_vectors(field, Some("COSINE".to_string()), &vectors);
        let queries = queries.expect("queries");
        assert_eq!(queries.kind, PlaceholderType::FloatVector);
        assert_eq!(queries.values[0], [0.5f32.to_le_bytes(), 2.0f32.to_le_bytes()].concat());
        assert!(queries.grows() && !queries.group(&queries.values).is_empty());
        let error = Queries::of_vectors(field, None, &[value("[1]")]).err().expect("too short");
        assert_eq!(error.code, Code::WrongDimension);
        let error = Queries::of_vectors(field, None, &[]).err().expect("none");
        assert_eq!(said(&error), "InvalidValue: there is no query vector here");
        let words = books.field(&name("words")).expect("a field");
        let sparse = Queries::of_vectors(words, None, &[value("{1: 0.5}")]).expect("a query");
        assert_eq!(sparse.kind, PlaceholderType::SparseFloatVector);
    }

    #[test]
    fn words_are_queries_of_full_text() {
        let books = books();
        let field = books.field(&name("words")).expect("a field");
        let queries = Queries::of_texts(field, &value("['a b', 'c']")).expect("queries");
        assert_eq!((queries.text, queries.metric.as_deref()), (true, Some("BM25")));
        assert_eq!(queries.values, [b"a b".to_vec(), b"c".to_vec()]);
        assert!(Queries::of_texts(field, &value("7")).is_err());
    }

    #[test]
    fn stored_vectors_come_in_the_order_of_the_ids() {
        let books = books();
        let (key, field) = (books.primary().expect("a key"), books.field(&name("v")).expect("one"));
        let floats = FloatArray { data: vec![1.0, 1.5, 2.0, 2.5] };
        let vectors = FieldData {
            field_name: "v".to_string(),
            field: Some(field_data::Field::Vectors(VectorField {
                dim: 2,
                data: Some(vector_field::Data::FloatVector(floats)),
            })),
            ..FieldData::default()
        };
        let reply = vec![vectors, longs("id", &[1, 2])];
        let of = |ids: &[Spanned<Value>]| found(reply.clone(), key, field, ids);
        let vectors = of(&[value("2"), value("1"), value("2")]).expect("vectors");
        let first: Vec<f32> = vectors
            .iter()
            .map(|vector| match &vector.value {
                Value::Numbers(numbers) => numbers.values[0],
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(first, [2.0, 1.0, 2.0]);
        let missing = value("3");
        let error = of(std::slice::from_ref(&missing)).expect_err("no entity");
        assert_eq!((error.code, error.span), (Code::UnknownId, Some(missing.span)));
        // a server that leaves the vectors out has none
        let error = found(vec![longs("id", &[1])], key, field, &[value("1")]).expect_err("none");
        assert_eq!(error.code, Code::UnknownId);
    }

    #[test]
    fn an_operator_agrees_with_the_index() {
        let books = books();
        let of = |field: &str, symbol: &str| {
            let field = books.field(&name(field)).expect("a field");
            check_operator(field, &operator(symbol), &books).map_err(|error| said(&error))
        };
        assert_eq!(of("v", "<=>"), Ok("COSINE"));
        for (field, symbol, message) in [
            ("v", "<->", "MetricMismatch: `<->` asks for L2, but the index on `v` has COSINE; use"),
            ("v", "<~>", "MetricMismatch: `<~>` does not measure a VECTOR(2); use `<->` (L2)"),
            ("v", "<+>", "NotSupported: `<+>` is the L1 distance, which Milvus does not have"),
            ("year", "<->", "TypeMismatch: `year` is INT and has no distance"),
            ("words", "<#>", "MetricMismatch: `words` is made by BM25 and is searched by words"),
        ] {
            let error = of(field, symbol).expect_err(symbol);
            assert!(error.starts_with(message), "{field} {symbol}: {error}");
        }
        // without an index the operator says it
        let bits = Collection::of_schema(schema(vec![schema_field("b", DataType::BinaryVector)]));
        let field = bits.field(&name("b")).expect("a field");
        let metric = check_operator(field, &operator("<%>"), &bits);
        assert_eq!(metric.expect("a metric"), "JACCARD");
    }
}
