//! Aliases of collections: CREATE, ALTER, DROP, SHOW, DESCRIBE.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::context::Context;
use crate::language::ast::Name;
use crate::milvus::Platform;
use crate::outcome::{Outcome, Table};
use milvus_proto::Request as _;
use milvus_proto::milvus as pb;

pub(crate) async fn create<P: Platform>(
    alias: &Name,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    let request = pb::CreateAliasRequest {
        collection_name: table.value.clone(),
        alias: alias.value.clone(),
        ..Default::default()
    };
    context.send(request, alias.span).await?;
    context.forget(table);
    Ok(Outcome::done(format!("created alias {alias} for {table}")))
}

pub(crate) async fn alter<P: Platform>(
    alias: &Name,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    let request = pb::AlterAliasRequest {
        collection_name: table.value.clone(),
        alias: alias.value.clone(),
        ..Default::default()
    };
    context.send(request, alias.span).await?;
    context.forget_all();
    Ok(Outcome::done(format!("alias {alias} stands for {table}")))
}

pub(crate) async fn drop<P: Platform>(
    alias: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let known = aliases(None, context).await?;
    if !known.iter().any(|(name, _)| *name == alias.value) {
        return match if_exists {
            true => Ok(Outcome::done(format!("there is no alias {alias}"))),
            false => Err(unknown(alias, &known)),
        };
    }
    let request = pb::DropAliasRequest { alias: alias.value.clone(), ..Default::default() };
    context.send(request, alias.span).await?;
    context.forget_all();
    Ok(Outcome::done(format!("dropped alias {alias}")))
}

fn unknown(alias: &Name, known: &[(String, String)]) -> Diagnostic {
    let known = known.iter().map(|(name, _)| name.as_str());
    Diagnostic::new(Code::UnknownAlias, format!("unknown alias `{alias}`")).at(alias.span).suggest(
        &alias.value,
        known,
        "there are",
    )
}

pub(crate) async fn describe<P: Platform>(
    alias: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let known = aliases(None, context).await?;
    match known.iter().find(|(name, _)| *name == alias.value) {
        Some((name, table)) => {
            let row = vec![name.clone(), table.clone()];
            Ok(Outcome::table(Table::texts(&["alias", "collection"], vec![row])))
        }
        None => Err(unknown(alias, &known)),
    }
}

pub(crate) async fn show<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let aliases = aliases(table, context).await?;
    let rows = aliases.into_iter().map(|(alias, table)| vec![alias, table]).collect();
    Ok(Outcome::table(Table::texts(&["alias", "collection"], rows)))
}

/// (alias, collection): from 2.3.5 by asking for them, before by every collection's description.
async fn aliases<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Vec<(String, String)>> {
    let tables = match table {
        Some(table) => vec![table.clone()],
        None => {
            let names = context.collection_names(context.span).await?;
            names.into_iter().map(|name| Name::new(name, context.span)).collect()
        }
    };
    let listed = context.client.version().has_method(pb::ListAliasesRequest::METHOD);
    let mut found = Vec::new();
    for table in tables {
        let collection = context.fresh_collection(&table).await?;
        let aliases = if listed {
            let collection_name = collection.name.clone();
            let request = pb::ListAliasesRequest { collection_name, ..Default::default() };
            context.send(request, table.span).await?.aliases
        } else {
            collection.aliases.clone()
        };
        found.extend(aliases.into_iter().map(|alias| (alias, collection.name.clone())));
    }
    found.sort();
    Ok(found)
}
