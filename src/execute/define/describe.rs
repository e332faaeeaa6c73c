//! DESCRIBE, SHOW TABLES and SHOW CREATE TABLE: what a collection is.

use crate::diagnostic::{Result, Span};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::index::Index;
use crate::execute::catalog::types::type_word;
use crate::execute::context::Context;
use crate::execute::define::loading;
use crate::language::ast::{self, CreateTable, Generated, Name, Param, TypeName, Value};
use crate::language::print;
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type, grouped};
use milvus_proto::common::KeyValuePair;
use milvus_proto::milvus as pb;
use milvus_proto::schema::{DataType, value_field};

/// SHOW TABLES [LIKE '…'].
pub(crate) async fn show<P: Platform>(
    like: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut names = context.collection_names(context.span).await?;
    if let Some(like) = like {
        names.retain(|name| matches(&like.value, name));
    }
    Ok(Outcome::table(Table::texts(
        &["collection"],
        names.into_iter().map(|name| vec![name]).collect(),
    )))
}

/// SQL's LIKE: `%` is any text, `_` any character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('%') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(char) if *char == '_' || Some(char) == text.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    at = back + 1;
                    seen = from + 1;
                    star = Some((back, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|char| *char == '%')
}

pub(crate) async fn describe<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    let columns = ["field", "type", "key", "index", "metric", "description"]
        .map(|name| Column::new(name, Type::Text))
        .to_vec();
    let text =
        |text: &str| if text.is_empty() { Datum::Null } else { Datum::Text(text.to_string()) };
    let mut rows = Vec::new();
    for field in &collection.fields {
        let mut traits: Vec<String> = Vec::new();
        for (has, word) in [
            (field.primary, "primary"),
            (field.auto_id, "auto"),
            (field.partition_key, "partition key"),
            (field.clustering_key, "clustering key"),
            (field.nullable, "null"),
            (field.generated, "generated"),
        ] {
            if has {
                traits.push(word.to_string());
            }
        }
        if let Some(default) = &field.default {
            traits.push(format!("default {}", print::value(&default_value(default))));
        }
        let index = collection.index_on(&field.name);
        rows.push(vec![
            text(&field.name),
            text(&field.type_name()),
            text(&traits.join(", ")),
            text(index.map_or("", |index| &index.index_type)),
            text(index.map_or("", |index| &index.metric)),
            text(&field.description),
        ]);
    }
    let loaded = loading::state_word(loading::load_state(table, context).await?);
    let collection_name = table.value.clone();
    let request = pb::GetCollectionStatisticsRequest { collection_name, ..Default::default() };
    let count = row_count(&context.send_of(request, table).await?.stats);
    let dynamic = if collection.dynamic { ", dynamic fields" } else { "" };
    let mut outcome = Outcome::table(Table::new(columns, rows))
        .with_done(format!("{table} is {loaded}{dynamic}, {} rows stored", grouped(count)));
    if !collection.description.is_empty() {
        outcome.notices.push(collection.description.clone());
    }
    Ok(outcome)
}

/// The rows that statistics count: those that are flushed, deleted ones included.
pub(crate) fn row_count(stats: &[KeyValuePair]) -> u64 {
    let count = stats.iter().find(|pair| pair.key == "row_count");
    count.and_then(|pair| pair.value.parse().ok()).unwrap_or(0)
}

/// A statement that creates the table again, indexes included.
pub(crate) async fn show_create<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.fresh_collection(table).await?;
    let create = create_table(&collection);
    let lines = print::create_table(&create).lines().map(|line| vec![line.to_string()]).collect();
    Ok(Outcome::table(Table::texts(&["statement"], lines))
        .with_done(format!("this creates {table} again")))
}

fn name(text: &str) -> Name {
    Name::new(text.to_string(), Span::default())
}

fn param(key: &str, value: Value) -> Param {
    Param { name: name(key), values: vec![crate::diagnostic::Spanned::new(value, Span::default())] }
}

pub(crate) fn create_table(collection: &Collection) -> CreateTable {
    let mut params = Vec::new();
    // Milvus Lite before 3 tells of none
    if collection.shards > 0 {
        params.push(param("shards", Value::Int(collection.shards.into())));
    }
    let consistency = Value::Text(collection.consistency.as_str_name().to_string());
    params.push(param("consistency_level", consistency));
    if collection.dynamic {
        params.push(param("enable_dynamic_field", Value::Bool(true)));
    }
    if collection.partitions > 1 && collection.fields.iter().any(|field| field.partition_key) {
        params.push(param("num_partitions", Value::Int(collection.partitions)));
    }
    if !collection.description.is_empty() {
        params.push(param("description", Value::Text(collection.description.clone())));
    }
    // the server's own bookkeeping has no point in its name
    for (key, value) in collection.properties.iter().filter(|(key, _)| key.contains('.')) {
        params.push(param(key, Value::Text(value.clone())));
    }
    CreateTable {
        table: name(&collection.name),
        if_not_exists: false,
        columns: collection.fields.iter().map(|field| column(field, collection)).collect(),
        indexes: collection.indexes.iter().map(index).collect(),
        params,
    }
}

pub(crate) fn column(field: &Field, collection: &Collection) -> ast::Column {
    let size = |number: usize| {
        (number > 0)
            .then(|| crate::diagnostic::Spanned::new(Value::Int(number as i64), Span::default()))
    };
    let array = field.data_type == DataType::Array;
    let generated = collection
        .functions
        .iter()
        .find(|function| function.output_field_names.contains(&field.name));
    ast::Column {
        name: name(&field.name),
        data_type: TypeName {
            name: name(type_word(field.data_type)),
            size: if array { size(field.capacity) } else { size(field.dim.max(field.max_length)) },
        },
        element: array.then(|| TypeName {
            name: name(type_word(field.element_type)),
            size: size(field.max_length),
        }),
        primary_key: field.primary,
        partition_key: field.partition_key,
        clustering_key: field.clustering_key,
        auto_increment: field.auto_id,
        nullable: field.nullable.then_some(true),
        default: field.default.as_ref().map(|default| {
            crate::diagnostic::Spanned::new(default_value(default), Span::default())
        }),
        generated: generated.map(|function| Generated {
            function: name("BM25"),
            input: name(function.input_field_names.first().map_or("", String::as_str)),
        }),
        comment: (!field.description.is_empty()).then(|| field.description.clone()),
        params: field
            .params
            .iter()
            .map(|(key, value)| match value.as_str() {
                "true" | "false" => param(key, Value::Bool(value == "true")),
                _ => param(key, Value::Text(value.clone())),
            })
            .collect(),
    }
}

fn default_value(default: &value_field::Data) -> Value {
    use value_field::Data;
    match default {
        Data::BoolData(flag) => Value::Bool(*flag),
        Data::IntData(number) => Value::Int((*number).into()),
        Data::LongData(number) => Value::Int(*number),
        Data::FloatData(number) => {
            Value::Float(number.to_string().parse().unwrap_or(f64::from(*number)))
        }
        Data::DoubleData(number) => Value::Float(*number),
        Data::StringData(text) => Value::Text(text.clone()),
        Data::BytesData(bytes) => Value::Bytes(bytes.clone()),
    }
}

fn index(index: &Index) -> ast::Index {
    let mut params: Vec<Param> = Vec::new();
    if !index.metric.is_empty() {
        params.push(param("metric_type", Value::Text(index.metric.clone())));
    }
    for (key, value) in &index.params {
        let parsed = value.parse().map(Value::Int).or_else(|_| value.parse().map(Value::Float));
        params.push(param(key, parsed.unwrap_or_else(|_| Value::Text(value.clone()))));
    }
    ast::Index {
        name: (index.name != index.field).then(|| name(&index.name)),
        field: name(&index.field),
        path: Vec::new(),
        ops: None,
        method: Some(name(&index.index_type)),
        params,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_is_sqls() {
        for (pattern, text, fits) in [
            ("bo%", "books", true),
            ("%s", "books", true),
            ("b_oks", "books", true),
            ("b_ks", "books", false),
            ("%o%s", "books", true),
            ("", "", true),
            ("a", "", false),
            ("%", "", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn rows_are_counted_as_the_statistics_say() {
        let pair = |key: &str, value: &str| KeyValuePair {
            key: key.to_string(),
            value: value.to_string(),
        };
        assert_eq!(row_count(&[pair("row_count", "12")]), 12);
        assert_eq!(row_count(&[pair("row_count", "many")]), 0);
        assert_eq!(row_count(&[]), 0);
    }
}
