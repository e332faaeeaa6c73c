//! Resource groups, and the replicas that they hold (Milvus docs: resource group).

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::context::Context;
use crate::execute::names::RESOURCE_GROUP;
use crate::execute::params;
use crate::language::ast::{Name, Param, Value};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Column, Datum, Outcome, Table, Type, plural};
use milvus_proto::milvus as pb;
use milvus_proto::milvus::update_resource_groups_request::ResourceGroupsEntry;
use milvus_proto::rg::{ResourceGroupConfig, ResourceGroupLimit};

pub(crate) async fn show_groups<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let mut names = names(context, context.span).await?;
    names.sort();
    let rows = names.into_iter().map(|name| vec![name]).collect();
    Ok(Outcome::table(Table::texts(&["resource group"], rows)))
}

async fn names<P: Platform>(context: &Context<'_, P>, span: Span) -> Result<Vec<String>> {
    Ok(context.send(pb::ListResourceGroupsRequest {}, span).await?.resource_groups)
}

async fn check<P: Platform>(group: &Name, context: &Context<'_, P>) -> Result<()> {
    RESOURCE_GROUP.check(group, &names(context, group.span).await?)
}

pub(crate) async fn create_group<P: Platform>(
    group: &Name,
    written: &[Param],
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let there = names(context, group.span).await?;
    if let Some(outcome) = RESOURCE_GROUP.to_create(group, &there, if_not_exists)? {
        return Ok(outcome);
    }
    let config = match written.first() {
        Some(param) => {
            context.needs(Feature::ResourceGroupConfig, param.name.span)?;
            Some(config(written)?)
        }
        None => None,
    };
    let request = pb::CreateResourceGroupRequest { resource_group: group.value.clone(), config };
    context.send(request, group.span).await?;
    Ok(Outcome::done(format!("created resource group {group}")))
}

/// `requests` and `limits` are numbers of query nodes.
fn config(written: &[Param]) -> Result<ResourceGroupConfig> {
    let mut config = ResourceGroupConfig::default();
    for param in written {
        let slot = match param.name.value.to_ascii_lowercase().as_str() {
            "requests" => &mut config.requests,
            "limits" => &mut config.limits,
            _ => return Err(params::unknown(param, &["requests", "limits"])),
        };
        let node_num = params::whole(param, 0, i64::from(i32::MAX))? as i32;
        *slot = Some(ResourceGroupLimit { node_num });
    }
    Ok(config)
}

pub(crate) async fn alter_group<P: Platform>(
    group: &Name,
    written: &[Param],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(group, context).await?;
    let entry = ResourceGroupsEntry { key: group.value.clone(), value: Some(config(written)?) };
    let request = pb::UpdateResourceGroupsRequest { resource_groups: vec![entry] };
    context.send(request, group.span).await?;
    Ok(Outcome::done(format!("altered resource group {group}")))
}

pub(crate) async fn drop_group<P: Platform>(
    group: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let there = names(context, group.span).await?;
    if let Some(outcome) = RESOURCE_GROUP.to_drop(group, &there, if_exists)? {
        return Ok(outcome);
    }
    let request = pb::DropResourceGroupRequest { resource_group: group.value.clone() };
    context.send(request, group.span).await?;
    Ok(Outcome::done(format!("dropped resource group {group}")))
}

pub(crate) async fn describe_group<P: Platform>(
    group: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(group, context).await?;
    let request = pb::DescribeResourceGroupRequest { resource_group: group.value.clone() };
    let group = context.send(request, group.span).await?.resource_group.unwrap_or_default();
    let config = group.config.unwrap_or_default();
    let nodes = |limit: Option<ResourceGroupLimit>| limit.unwrap_or_default().node_num;
    let mut columns = vec![Column::new("resource group", Type::Prose)];
    let mut row = vec![Datum::Text(group.name)];
    for (name, number) in [
        ("capacity", group.capacity),
        ("available", group.num_available_node),
        ("requests", nodes(config.requests)),
        ("limits", nodes(config.limits)),
    ] {
        columns.push(Column::new(name, Type::Int));
        row.push(Datum::Int(number.into()));
    }
    Ok(Outcome::table(Table::new(columns, vec![row])))
}

/// How many are transferred: at least one, and no more than the wire has room for.
fn count_of(count: &Spanned<Value>) -> Result<i32> {
    match i32::try_from(params::count(count)?) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Diagnostic::new(Code::InvalidNumber, "a whole number of 1 or more belongs here")
            .at(count.span)),
    }
}

pub(crate) async fn transfer_nodes<P: Platform>(
    count: &Spanned<Value>,
    from: &Name,
    to: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let num_node = count_of(count)?;
    check(from, context).await?;
    check(to, context).await?;
    let request = pb::TransferNodeRequest {
        source_resource_group: from.value.clone(),
        target_resource_group: to.value.clone(),
        num_node,
    };
    context.send(request, from.span).await?;
    let nodes = plural(num_node as u64, "node", "nodes");
    Ok(Outcome::done(format!("transferred {nodes} from {from} to {to}")))
}

pub(crate) async fn transfer_replicas<P: Platform>(
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
    let request = pb::TransferReplicaRequest {
        source_resource_group: from.value.clone(),
        target_resource_group: to.value.clone(),
        collection_name: table.value.clone(),
        num_replica: number.into(),
        ..Default::default()
    };
    context.send(request, from.span).await?;
    let replicas = plural(number as u64, "replica", "replicas");
    Ok(Outcome::done(format!("transferred {replicas} of {table} from {from} to {to}")))
}

pub(crate) async fn show_replicas<P: Platform>(
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(table).await?;
    let request = pb::GetReplicasRequest {
        collection_id: collection.id,
        collection_name: table.value.clone(),
        ..Default::default()
    };
    let replicas = context.send(request, table.span).await?.replicas;
    let rows: Vec<Vec<Datum>> = replicas
        .into_iter()
        .map(|replica| {
            vec![
                Datum::Text(replica.replica_id.to_string()),
                Datum::Text(replica.resource_group_name),
                Datum::Int(replica.node_ids.len() as i64),
                Datum::Int(replica.partition_ids.len() as i64),
            ]
        })
        .collect();
    let heads = [
        ("replica", Type::Text),
        ("resource group", Type::Prose),
        ("nodes", Type::Int),
        ("partitions", Type::Int),
    ];
    let columns = heads.map(|(name, kind)| Column::new(name, kind)).to_vec();
    let count = rows.len() as u64;
    Ok(Outcome::table(Table::new(columns, rows)).with_done(plural(count, "replica", "replicas")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::ast::Kind;
    use crate::language::parse::parse;

    fn params(text: &str) -> Vec<Param> {
        let statement = format!("ALTER RESOURCE GROUP g SET ({text})");
        match parse(&statement).unwrap().remove(0).kind {
            Kind::AlterObject {
                change: crate::language::ast::ObjectChange::Set(params), ..
            } => params,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_config_is_of_requests_and_limits() {
        let config = config(&params("requests = 1, limits = 3")).unwrap();
        assert_eq!(config.requests.unwrap().node_num, 1);
        assert_eq!(config.limits.unwrap().node_num, 3);
    }

    #[test]
    fn what_is_no_number_of_nodes_is_an_error() {
        assert_eq!(config(&params("limits = -1")).unwrap_err().code, Code::InvalidValue);
        assert_eq!(config(&params("limit = 1")).unwrap_err().code, Code::UnknownParameter);
    }
}
