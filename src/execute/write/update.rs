//! UPDATE: rows are read, changed and upserted, page by page, in the partition where they are.

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::execute::Result;
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::convert::column::{ColumnBuilder, of_json, written};
use crate::execute::define::partition::{check_partitions, partition_names};
use crate::execute::read::filter;
use crate::execute::read::outputs::{Outputs, Shown};
use crate::execute::read::scan::Read;
use crate::execute::write::rows::{self, Mode};
use crate::language::ast::{Assigned, Direction, Expr, ExprKind, Name, Update, Value};
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, Table, rows};
use crate::proto::common::ConsistencyLevel;

pub async fn update<P: Platform>(update: &Update, context: &Context<'_, P>) -> Result<Outcome> {
    let table = &update.table;
    let collection = context.collection(table).await?;
    check_partitions(table, update.partition.as_slice(), context).await?;
    for (at, (field, assigned)) in update.assignments.iter().enumerate() {
        check_assignment(field, assigned, &collection)?;
        if update.assignments.iter().take(at).any(|(other, _)| other.value == field.value) {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                format!("field `{field}` stands twice"),
            )
            .at(field.span));
        }
    }
    let (condition, bounds) = filter::split(update.filter.clone(), &collection)?;
    if let Some(bound) = bounds.first() {
        return Err(Diagnostic::new(
            Code::NotSupported,
            "rows are updated by their fields, not by a distance",
        )
        .at(bound.value.span)
        .help("search first, and update by the ids that it shows"));
    }
    let expr = filter::print(condition.as_ref(), &collection, context)?;
    // an upsert puts a row where it is told to: every row stays in its partition
    let partitions =
        match (&update.partition, collection.fields.iter().any(|field| field.partition_key)) {
            (Some(partition), _) => vec![Some(partition.clone())],
            (None, true) => vec![None],
            (None, false) => {
                let mut names = partition_names(table, context).await?;
                names.sort();
                names.into_iter().map(|name| Some(Name::new(name, table.span))).collect()
            }
        };
    let (mut changed, mut vanished) = (0, 0);
    for partition in partitions {
        let names = partition.iter().map(|name| name.value.clone()).collect();
        let read = Read {
            collection: &collection,
            table,
            partitions: names,
            expr: expr.clone(),
            level: Some(ConsistencyLevel::Strong),
        };
        let mut pages = Vec::new();
        let outputs = stored_fields(&collection);
        read.pages(&outputs, 0, u64::MAX, context, |page| {
            pages.push(page);
            Ok(())
        })
        .await?;
        for page in pages {
            let (sent, gone) = change(update, &read, partition.as_ref(), page, context).await?;
            changed += sent;
            vanished += gone;
        }
        if context.client.explaining() {
            break;
        }
    }
    if vanished > 0 {
        context.notice(format!(
            "{} vanished in between, deleted by somebody else, and stayed deleted",
            rows(vanished)
        ));
    }
    Ok(Outcome::done(format!("updated {} of {table}", rows(changed))))
}

/// Every field that a row is written back with, and the dynamic one.
fn stored_fields(collection: &Collection) -> Outputs {
    let shown =
        |name: &str| Shown { head: name.to_string(), field: name.to_string(), path: Vec::new() };
    let mut fields: Vec<Shown> = collection
        .fields
        .iter()
        .filter(|field| !field.generated)
        .map(|field| shown(&field.name))
        .collect();
    if collection.dynamic {
        fields.push(shown("$meta"));
    }
    Outputs::of_shown(fields)
}

fn check_assignment(name: &Name, assigned: &Assigned, collection: &Collection) -> Result<()> {
    if let Assigned::Expr(expr) = assigned {
        check_expr(expr, collection)?;
    }
    match collection.find(&name.value) {
        Some(field) if field.primary => {
            Err(Diagnostic::new(Code::InvalidValue, "a primary key stays what it is")
                .at(name.span)
                .help("insert the row with the other key, and delete this one"))
        }
        Some(field) if field.generated => Err(Diagnostic::new(
            Code::InvalidValue,
            format!("the server makes the values of `{name}` itself"),
        )
        .at(name.span)),
        None if !collection.dynamic => Err(collection.unknown_field(name)),
        _ => Ok(()),
    }
}

fn check_expr(expr: &Expr, collection: &Collection) -> Result<()> {
    match &expr.kind {
        ExprKind::Chain { first, rest } => std::iter::once(first.as_ref())
            .chain(rest.iter().map(|(_, operand)| operand))
            .try_for_each(|operand| check_expr(operand, collection)),
        ExprKind::Field { name, .. }
            if collection.find(&name.value).is_none() && !collection.dynamic =>
        {
            Err(collection.unknown_field(name))
        }
        ExprKind::Field { .. } | ExprKind::Literal(_) => Ok(()),
        _ => Err(Diagnostic::new(
            Code::NotSupported,
            "an assignment is a value, or arithmetic of the row's fields",
        )
        .at(expr.span)),
    }
}

/// Changes the rows of a page and writes them back. Returns how many were, and how many were gone
/// by then.
async fn change<P: Platform>(
    update: &Update,
    read: &Read<'_>,
    partition: Option<&Name>,
    page: Table,
    context: &Context<'_, P>,
) -> Result<(u64, u64)> {
    let (collection, table) = (read.collection, read.table);
    let key = collection.primary()?;
    let names: Vec<String> = page.columns.iter().map(|column| column.name.clone()).collect();
    let key_at = names.iter().position(|name| *name == key.name).unwrap_or(0);
    let there = still_there(read, &page, key_at, context).await?;
    let kept: Vec<&Vec<Datum>> = page
        .rows
        .iter()
        .filter(|row| {
            row.get(key_at).is_some_and(|key| {
                there
                    .binary_search_by(|other| crate::execute::read::aggregate::compare(other, key))
                    .is_ok()
            })
        })
        .collect();
    let gone = (page.rows.len() - kept.len()) as u64;
    let mut columns = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let Some(field) = collection.find(name) else { continue };
        let assigned = update
            .assignments
            .iter()
            .find(|(target, _)| target.value == *name)
            .map(|(target, assigned)| (target.span, assigned));
        let mut column = ColumnBuilder::new(field, kept.len(), table.span)?;
        for row in &kept {
            match assigned {
                None => column.push_stored(row.get(at).unwrap_or(&Datum::Null), table.span)?,
                Some((_, Assigned::Value(value))) => column.push(value)?,
                Some((_, Assigned::Expr(expr))) => {
                    column.push(&Spanned::new(evaluate(expr, &names, row)?, expr.span))?
                }
            }
        }
        columns.push(column);
    }
    let dynamic = match names.iter().position(|name| name == "$meta") {
        Some(at) => Some(
            kept.iter()
                .map(|row| object(update, collection, &names, row, at))
                .collect::<Result<Vec<_>>>()?,
        ),
        None => None,
    };
    let count = kept.len();
    if count == 0 && !context.client.explaining() {
        return Ok((0, gone));
    }
    let sent = rows::send(
        Mode::Upsert,
        collection,
        table,
        partition,
        columns,
        dynamic,
        count.max(usize::from(context.client.explaining())),
        context,
    )
    .await?;
    Ok((sent.count, gone))
}

/// The keys of a page that are there now: an upsert would bring back what somebody has deleted
/// since.
async fn still_there<P: Platform>(
    read: &Read<'_>,
    page: &Table,
    key_at: usize,
    context: &Context<'_, P>,
) -> Result<Vec<Datum>> {
    let key = read.collection.primary()?;
    let ids: Vec<Spanned<Value>> = page
        .rows
        .iter()
        .filter_map(|row| row.get(key_at))
        .map(|key| Spanned::new(written(key), Span::default()))
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let expr = filter::key_in(&key.name, &ids)?;
    let params = vec![crate::execute::catalog::collection::pair("limit", ids.len())];
    let reply = read.send(&expr, vec![key.name.clone()], params, context).await?;
    let mut keys: Vec<Vec<Datum>> = crate::execute::read::scan::keys_of(&reply.fields_data, key)
        .into_iter()
        .map(|key| vec![key])
        .collect();
    crate::execute::read::aggregate::sort_rows(&mut keys, 0, &[Direction::Ascending]);
    Ok(keys.into_iter().flatten().collect())
}

/// The dynamic fields of a row with what is assigned to them.
fn object(
    update: &Update,
    collection: &Collection,
    names: &[String],
    row: &[Datum],
    at: usize,
) -> Result<Vec<u8>> {
    let mut object = match row.get(at) {
        Some(Datum::Json(text)) => {
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
                .unwrap_or_default()
        }
        _ => serde_json::Map::new(),
    };
    for (name, assigned) in
        update.assignments.iter().filter(|(name, _)| collection.find(&name.value).is_none())
    {
        let value = match assigned {
            Assigned::Value(value) => crate::execute::convert::column::to_json(value, true)?,
            Assigned::Expr(expr) => crate::execute::convert::column::to_json(
                &Spanned::new(evaluate(expr, names, row)?, expr.span),
                true,
            )?,
        };
        object.insert(name.value.clone(), value);
    }
    Ok(serde_json::Value::Object(object).to_string().into_bytes())
}

/// Arithmetic over a row. NULL makes NULL; whole numbers stay whole but for a division that leaves
/// a rest.
fn evaluate(expr: &Expr, names: &[String], row: &[Datum]) -> Result<Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Ok(value.clone()),
        ExprKind::Field { name, path, .. } => {
            let stored = match names.iter().position(|known| *known == name.value) {
                Some(at) => row.get(at).cloned().unwrap_or(Datum::Null),
                None => Datum::Null,
            };
            let mut value = match (&stored, names.iter().position(|known| known == "$meta")) {
                (Datum::Null, Some(at)) if !names.contains(&name.value) => match row.get(at) {
                    Some(Datum::Json(text)) => {
                        let object = serde_json::from_str::<serde_json::Value>(text).ok();
                        object
                            .as_ref()
                            .and_then(|object| object.get(&name.value))
                            .map_or(Value::Null, of_json)
                    }
                    _ => Value::Null,
                },
                _ => written(&stored),
            };
            for step in path {
                value = match (value, &step.value) {
                    (Value::Object(fields), Value::Text(key)) => fields
                        .into_iter()
                        .find(|(name, _)| name == key)
                        .map_or(Value::Null, |(_, value)| value.value),
                    (Value::List(items), Value::Int(at)) => usize::try_from(*at)
                        .ok()
                        .and_then(|at| items.into_iter().nth(at))
                        .map_or(Value::Null, |item| item.value),
                    _ => Value::Null,
                };
            }
            Ok(value)
        }
        ExprKind::Chain { first, rest } => {
            let mut left = evaluate(first, names, row)?;
            for (operator, right) in rest {
                left = arithmetic(left, operator, evaluate(right, names, row)?, right.span)?;
            }
            Ok(left)
        }
        _ => Err(Diagnostic::new(
            Code::NotSupported,
            "an assignment is a value, or arithmetic of the row's fields",
        )
        .at(expr.span)),
    }
}

fn arithmetic(left: Value, operator: &str, right: Value, span: Span) -> Result<Value> {
    let overflow =
        || Diagnostic::new(Code::OutOfRange, "the result is too large a number").at(span);
    match (&left, &right) {
        (Value::Null, _) | (_, Value::Null) => return Ok(Value::Null),
        (Value::Int(a), Value::Int(b)) => {
            let whole = match operator {
                "+" => Some(a.checked_add(*b).ok_or_else(overflow)?),
                "-" => Some(a.checked_sub(*b).ok_or_else(overflow)?),
                "*" => Some(a.checked_mul(*b).ok_or_else(overflow)?),
                "/" | "%" if *b == 0 => {
                    return Err(
                        Diagnostic::new(Code::DivisionByZero, "this divides by zero").at(span)
                    );
                }
                "/" => (a % b == 0).then(|| a / b),
                "%" => Some(a % b),
                _ => None,
            };
            if let Some(whole) = whole {
                return Ok(Value::Int(whole));
            }
        }
        (Value::Text(a), Value::Text(b)) if operator == "+" => {
            return Ok(Value::Text(format!("{a}{b}")));
        }
        _ => {}
    }
    let number = |value: &Value| match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    };
    let (Some(a), Some(b)) = (number(&left), number(&right)) else {
        return Err(Diagnostic::new(
            Code::TypeMismatch,
            "only numbers are added, subtracted, multiplied and divided",
        )
        .at(span));
    };
    let result = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "%" => a % b,
        _ => a.powf(b),
    };
    if result.is_finite() { Ok(Value::Float(result)) } else { Err(overflow()) }
}
