//! CREATE TABLE … AS SELECT and CREATE TABLE … LIKE. Of a field that is read the type, the length,
//! the dimension and the default are those of its table; what is computed gets its type by its
//! values. The key is the table's where it is read, and else one that the server makes.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::context::Context;
use crate::execute::define::{collection, describe};
use crate::execute::moving::insert::{has_read, insert_from, source, written_out};
use crate::execute::select;
use crate::language::ast::{
    Column, CreateTable, Item, Items, Name, Output, Param, Select, TypeName, Value, WriteFrom,
};
use crate::language::print;
use crate::milvus::{Feature, Platform};
use crate::outcome::{Datum, Outcome, Table, Type, rows};

/// Bytes of a text: a few rows do not tell how long the others are.
const LONGEST: i64 = 65_535;
/// Rows that tell the types of what is computed.
const SAMPLE: i64 = 1_000;

/// `CREATE TABLE t LIKE other`: its fields, indexes and properties; no rows, partitions or aliases.
pub(crate) async fn create_like<P: Platform>(
    table: &Name,
    if_not_exists: bool,
    like: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut like = like.clone();
    let connection = source(&mut like, context).await?;
    let from = context.on(&connection);
    let model = from.fresh_collection(&like).await?;
    let create =
        CreateTable { table: table.clone(), if_not_exists, ..describe::create_table(&model) };
    collection::create(&create, context).await
}

pub(crate) async fn create_as<P: Platform>(
    table: &Name,
    if_not_exists: bool,
    query: &Select,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let there = context.collection_names(table.span).await?;
    if let Some(outcome) = collection::to_create(table, &there, if_not_exists)? {
        return Ok(outcome);
    }
    let mut query = query.clone();
    let connection = source(&mut query.table, context).await?;
    let from = context.on(&connection);
    let model = from.fresh_collection(&query.table).await?;
    let query = written_out(&query, &model)?;
    let sample = match &query.items {
        Items::Listed(items) if items.iter().all(|item| field(item, &model).is_some()) => None,
        _ => Some(sampled(&query, &from).await?),
    };
    let mut create = definition(table, &query, &model, sample.as_ref())?;
    if !context.client.version().has(Feature::NullableColumn) {
        create.columns.iter_mut().for_each(|column| column.nullable = None);
    }
    collection::create(&create, context).await?;
    let columns: Vec<String> = create.columns.iter().map(print::column).collect();
    context.did(format!("the columns are {}", columns.join(", ")));
    if context.client.explaining() {
        // there is no table that could be written to
        if sample.is_some() {
            context.notice("what is computed gets its types by the rows, which are not read here");
        }
        has_read(&from, context);
        return Ok(Outcome::default());
    }
    let write = WriteFrom {
        upsert: false,
        table: table.clone(),
        partition: None,
        fields: None,
        source: query,
    };
    let moved = insert_from(&write, true, &from, context).await;
    has_read(&from, context);
    let moved = moved.map_err(|error| {
        error.help(format!("collection {table} was created; `DROP TABLE {table}` removes it"))
    })?;
    Ok(Outcome::done(format!("created collection {table} and inserted {}", rows(moved))))
}

/// The first rows; EXPLAIN has none.
async fn sampled<P: Platform>(query: &Select, from: &Context<'_, P>) -> Result<Table> {
    let mut query = query.clone();
    if query.limit.is_none() && !select::groups(&query) {
        query.limit = Some(Spanned::new(Value::Int(SAMPLE), query.table.span));
    }
    let outcome = select::select(&query, from).await?;
    // what it says is said again when the rows are moved
    from.take_notices();
    Ok(outcome.tables.into_iter().next().unwrap_or_default())
}

/// The column of the table that an item is as a whole, under the item's name.
fn field(item: &Item, model: &Collection) -> Option<Column> {
    let Output::Field { name, path } = &item.output else { return None };
    let known = model.find(&name.value).filter(|_| path.is_empty())?;
    let name = item.alias.as_ref().unwrap_or(name).clone();
    Some(Column { name, auto_increment: false, generated: None, ..describe::column(known, model) })
}

/// The statement that makes the table.
fn definition(
    table: &Name,
    query: &Select,
    model: &Collection,
    sample: Option<&Table>,
) -> Result<CreateTable> {
    let span = table.span;
    let Items::Listed(items) = &query.items else {
        return Err(Diagnostic::new(Code::InternalError, "a SELECT of nothing").at(span));
    };
    let is_meta = |item: &Item| {
        matches!(&item.output, Output::Field { name, path }
            if path.is_empty() && name.value == DYNAMIC_FIELD)
    };
    let mut columns: Vec<Column> = Vec::new();
    for (at, item) in items.iter().enumerate().filter(|(_, item)| !is_meta(item)) {
        let column = match field(item, model) {
            Some(column) => column,
            None => computed(item, at, sample, query)?,
        };
        if columns.iter().any(|other| other.name.value == column.name.value) {
            let message = format!("two columns would be called `{}`", column.name);
            return Err(Diagnostic::new(Code::FieldExists, message)
                .at(column.name.span)
                .help("give one of them another name: `field AS other`"));
        }
        columns.push(column);
    }
    if !columns.iter().any(|column| column.primary_key) {
        let taken = columns.iter().any(|column| column.name.value == "id");
        let id = Column {
            primary_key: true,
            auto_increment: true,
            ..bare(if taken { "row_id" } else { "id" }, "BIGINT", None, span)
        };
        columns.insert(0, id);
    }
    let dynamic = Param {
        name: Name::new("enable_dynamic_field".to_string(), span),
        values: vec![Spanned::new(Value::Bool(true), span)],
    };
    Ok(CreateTable {
        table: table.clone(),
        if_not_exists: false,
        columns,
        indexes: Vec::new(),
        params: items.iter().any(is_meta).then_some(dynamic).into_iter().collect(),
    })
}

/// A column of what is computed; any row may be NULL in it.
fn computed(item: &Item, at: usize, sample: Option<&Table>, query: &Select) -> Result<Column> {
    let span = query.table.span;
    let unnamed = || {
        Diagnostic::new(Code::SyntaxError, "a column of a table has a name")
            .at(span)
            .help("give what is computed one: `year + 1 AS next`")
    };
    let name = match (&item.alias, &item.output) {
        (Some(alias), _) => alias.value.clone(),
        (None, Output::Field { name, path }) if path.is_empty() => name.value.clone(),
        (None, _) => return Err(unnamed()),
    };
    let table = sample.ok_or_else(unnamed)?;
    let values = || table.rows.iter().filter_map(|row| row.get(at));
    let kind = table.columns.get(at).map_or(Type::Text, |column| column.kind);
    let dim = || {
        let lengths = values().filter_map(|value| match value {
            Datum::Vector(values) => Some(values.len() as i64),
            _ => None,
        });
        lengths.max()
    };
    let (word, size) = match kind {
        Type::Bool => ("BOOLEAN", None),
        Type::Int => ("BIGINT", None),
        Type::Float => ("DOUBLE", None),
        Type::Text | Type::Prose => ("VARCHAR", Some(LONGEST)),
        Type::Vector if dim().is_some() => ("VECTOR", dim()),
        _ => ("JSON", None),
    };
    let nullable = (word != "VECTOR").then_some(true);
    Ok(Column { nullable, ..bare(&name, word, size, span) })
}

fn bare(name: &str, word: &str, size: Option<i64>, span: Span) -> Column {
    let size = size.map(|size| Spanned::new(Value::Int(size), span));
    let data_type = TypeName { name: Name::new(word.to_string(), span), size };
    Column::new(Name::new(name.to_string(), span), data_type, None)
}
