//! Resource groups, and the replicas that they hold (Milvus docs: resource group).

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::execute::Result;
use crate::execute::context::Context;
use crate::execute::params;
use crate::language::ast::{Name, Param, Value};
use crate::milvus::{Effect, Fields, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};

pub async fn show_groups<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let mut names = names(context, context.span).await?;
    names.sort();
    Ok(Outcome::table(Table::texts(
        &["resource group"],
        names.into_iter().map(|name| vec![name]).collect(),
    )))
}

async fn names<P: Platform>(context: &Context<'_, P>, span: Span) -> Result<Vec<String>> {
    Ok(context
        .ask("ListResourceGroups", Effect::Plan, Vec::new(), span)
        .await?
        .texts("resource_groups"))
}

async fn check<P: Platform>(group: &Name, context: &Context<'_, P>) -> Result<()> {
    let names = names(context, group.span).await?;
    if names.contains(&group.value) {
        return Ok(());
    }
    let known = names.iter().map(String::as_str);
    Err(Diagnostic::new(Code::UnknownResourceGroup, format!("unknown resource group `{group}`"))
        .at(group.span)
        .suggest(&group.value, known, "there are"))
}

pub async fn create_group<P: Platform>(
    group: &Name,
    written: &[Param],
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if names(context, group.span).await?.contains(&group.value) {
        return match if_not_exists {
            true => Ok(Outcome::done(format!("resource group {group} is there already"))),
            false => Err(Diagnostic::new(
                Code::ResourceGroupExists,
                format!("resource group `{group}` is there already"),
            )
            .at(group.span)),
        };
    }
    let mut fields: Fields = vec![("resource_group", (&group.value).into())];
    if let Some(param) = written.first() {
        context.needs("UpdateResourceGroups", param.name.span)?;
        fields.push(("config", config(written)?.into()));
    }
    context.ask("CreateResourceGroup", Effect::Write, fields, group.span).await?;
    Ok(Outcome::done(format!("created resource group {group}")))
}

/// `requests` and `limits` are numbers of query nodes.
fn config(written: &[Param]) -> Result<Fields> {
    let mut config: Fields = Vec::new();
    for param in written {
        let name = match param.name.value.to_ascii_lowercase().as_str() {
            "requests" => "requests",
            "limits" => "limits",
            _ => return Err(params::unknown(param, &["requests", "limits"])),
        };
        let limit: Fields =
            vec![("node_num", params::whole(param, 0, i64::from(i32::MAX))?.into())];
        config.push((name, limit.into()));
    }
    Ok(config)
}

pub async fn alter_group<P: Platform>(
    group: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(group, context).await?;
    let entry: Fields = vec![("key", (&group.value).into()), ("value", config(written)?.into())];
    let groups = crate::milvus::message::Field::Messages(vec![entry]);
    context
        .ask("UpdateResourceGroups", Effect::Write, vec![("resource_groups", groups)], group.span)
        .await?;
    Ok(Outcome::done(format!("altered resource group {group}")))
}

pub async fn drop_group<P: Platform>(
    group: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if if_exists && !names(context, group.span).await?.contains(&group.value) {
        return Ok(Outcome::done(format!("there is no resource group {group}")));
    }
    check(group, context).await?;
    context
        .ask(
            "DropResourceGroup",
            Effect::Write,
            vec![("resource_group", (&group.value).into())],
            group.span,
        )
        .await?;
    Ok(Outcome::done(format!("dropped resource group {group}")))
}

pub async fn describe_group<P: Platform>(
    group: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(group, context).await?;
    let reply = context
        .ask(
            "DescribeResourceGroup",
            Effect::Read,
            vec![("resource_group", (&group.value).into())],
            group.span,
        )
        .await?
        .message("resource_group");
    let config = reply.message("config");
    let columns =
        ["capacity", "available", "requests", "limits"].map(|name| Column::new(name, Type::Int));
    let row = vec![
        Datum::Text(reply.text("name")),
        Datum::Int(reply.int("capacity")),
        Datum::Int(reply.int("num_available_node")),
        Datum::Int(config.message("requests").int("node_num")),
        Datum::Int(config.message("limits").int("node_num")),
    ];
    let columns =
        std::iter::once(Column::new("resource group", Type::Prose)).chain(columns).collect();
    Ok(Outcome::table(Table::new(columns, vec![row])))
}

fn count_of(count: &Spanned<Value>) -> Result<u64> {
    match params::count(count)? {
        0 => Err(Diagnostic::new(Code::InvalidNumber, "a whole number of 1 or more belongs here")
            .at(count.span)),
        number => Ok(number),
    }
}

pub async fn transfer_nodes<P: Platform>(
    count: &Spanned<Value>,
    from: &Name,
    to: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let number = count_of(count)?;
    check(from, context).await?;
    check(to, context).await?;
    let fields: Fields = vec![
        ("source_resource_group", (&from.value).into()),
        ("target_resource_group", (&to.value).into()),
        ("num_node", number.into()),
    ];
    context.ask("TransferNode", Effect::Write, fields, from.span).await?;
    Ok(Outcome::done(format!(
        "transferred {} from {from} to {to}",
        plural(number, "node", "nodes")
    )))
}

pub async fn transfer_replicas<P: Platform>(
    count: &Spanned<Value>,
    table: &Name,
    from: &Name,
    to: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let number = count_of(count)?;
    context.collection(table).await?;
    check(from, context).await?;
    check(to, context).await?;
    let fields: Fields = vec![
        ("source_resource_group", (&from.value).into()),
        ("target_resource_group", (&to.value).into()),
        ("collection_name", (&table.value).into()),
        ("num_replica", number.into()),
    ];
    context.ask("TransferReplica", Effect::Write, fields, from.span).await?;
    Ok(Outcome::done(format!(
        "transferred {} of {table} from {from} to {to}",
        plural(number, "replica", "replicas")
    )))
}

pub async fn show_replicas<P: Platform>(table: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let fields: Fields =
        vec![("collectionID", collection.id.into()), ("collection_name", (&table.value).into())];
    let reply = context.ask("GetReplicas", Effect::Read, fields, table.span).await?;
    let rows: Vec<Vec<Datum>> = reply
        .messages("replicas")
        .iter()
        .map(|replica| {
            let nodes = replica.ints("node_ids");
            vec![
                Datum::Text(replica.int("replicaID").to_string()),
                Datum::Text(replica.text("resource_group_name")),
                Datum::Int(nodes.len() as i64),
                Datum::Int(replica.ints("partition_ids").len() as i64),
            ]
        })
        .collect();
    let columns = vec![
        Column::new("replica", Type::Text),
        Column::new("resource group", Type::Prose),
        Column::new("nodes", Type::Int),
        Column::new("partitions", Type::Int),
    ];
    let count = rows.len() as u64;
    Ok(Outcome::table(Table::new(columns, rows)).with_done(plural(count, "replica", "replicas")))
}
