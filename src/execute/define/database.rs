//! Databases and aliases: CREATE, ALTER, DROP, SHOW, DESCRIBE.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::execute::Result;
use crate::execute::context::Context;
use crate::execute::params::pairs_of;
use crate::language::ast::{CreateObject, Name, ObjectChange};
use crate::milvus::{Effect, Platform};
use crate::outcome::{Outcome, Table};

/// The databases by name.
pub async fn names<P: Platform>(context: &Context<'_, P>, span: Span) -> Result<Vec<String>> {
    let mut names =
        context.ask("ListDatabases", Effect::Plan, Vec::new(), span).await?.texts("db_names");
    names.sort();
    Ok(names)
}

pub async fn show<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let names = names(context, context.span).await?;
    Ok(Outcome::table(Table::texts(
        &["database"],
        names.into_iter().map(|name| vec![name]).collect(),
    )))
}

pub async fn create<P: Platform>(
    create: &CreateObject,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let name = &create.name;
    if names(context, name.span).await?.contains(&name.value) {
        return match create.if_not_exists {
            true => Ok(Outcome::done(format!("database {name} is there already"))),
            false => Err(Diagnostic::new(
                Code::DatabaseExists,
                format!("database `{name}` is there already"),
            )
            .at(name.span)),
        };
    }
    let mut fields = vec![("db_name", (&name.value).into())];
    if let Some(param) = create.params.first() {
        context.needs("properties of a database", param.name.span)?;
        fields.push(("properties", pairs_of(&create.params)?.into()));
    }
    context.ask("CreateDatabase", Effect::Write, fields, name.span).await?;
    Ok(Outcome::done(format!("created database {name}")))
}

pub async fn alter<P: Platform>(
    name: &Name,
    change: &ObjectChange,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(name, context).await?;
    let mut fields = vec![("db_name", (&name.value).into())];
    match change {
        ObjectChange::Set(params) => fields.push(("properties", pairs_of(params)?.into())),
        ObjectChange::Reset(names) => fields.push((
            "delete_keys",
            names.iter().map(|name| name.value.clone()).collect::<Vec<_>>().into(),
        )),
        _ => {}
    }
    context.ask("AlterDatabase", Effect::Write, fields, name.span).await?;
    Ok(Outcome::done(format!("altered database {name}")))
}

pub async fn describe<P: Platform>(name: &Name, context: &Context<'_, P>) -> Result<Outcome> {
    check(name, context).await?;
    let reply = context
        .ask("DescribeDatabase", Effect::Read, vec![("db_name", (&name.value).into())], name.span)
        .await?;
    let mut rows = vec![vec!["name".to_string(), reply.text("db_name")]];
    rows.extend(reply.pairs("properties").into_iter().map(|(key, value)| vec![key, value]));
    Ok(Outcome::table(Table::texts(&["property", "value"], rows)))
}

pub async fn drop<P: Platform>(
    name: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if if_exists && !names(context, name.span).await?.contains(&name.value) {
        return Ok(Outcome::done(format!("there is no database {name}")));
    }
    check(name, context).await?;
    if name.value == "default" {
        return Err(Diagnostic::new(Code::InvalidValue, "the default database stays").at(name.span));
    }
    context
        .ask("DropDatabase", Effect::Write, vec![("db_name", (&name.value).into())], name.span)
        .await
        .map_err(|error| match error.code {
            Code::ServerError => {
                error.help("a database is dropped when it has no collections any more")
            }
            _ => error,
        })?;
    let mut outcome = Outcome::done(format!("dropped database {name}"));
    if context.client.database() == name.value && !context.client.explaining() {
        context.client.set_database("default");
        outcome.notices.push("using database default".to_string());
    }
    Ok(outcome)
}

/// The database, or an error that suggests the nearest.
pub async fn check<P: Platform>(name: &Name, context: &Context<'_, P>) -> Result<()> {
    let names = names(context, name.span).await?;
    if names.contains(&name.value) {
        return Ok(());
    }
    Err(Diagnostic::new(Code::UnknownDatabase, format!("unknown database `{name}`"))
        .at(name.span)
        .suggest(&name.value, names.iter().map(String::as_str), "there are"))
}

pub async fn create_alias<P: Platform>(
    alias: &Name,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    let fields = vec![("collection_name", (&table.value).into()), ("alias", (&alias.value).into())];
    context.ask("CreateAlias", Effect::Write, fields, alias.span).await?;
    context.forget(table);
    Ok(Outcome::done(format!("created alias {alias} for {table}")))
}

pub async fn alter_alias<P: Platform>(
    alias: &Name,
    table: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context.collection(table).await?;
    let fields = vec![("collection_name", (&table.value).into()), ("alias", (&alias.value).into())];
    context.ask("AlterAlias", Effect::Write, fields, alias.span).await?;
    context.forget_all();
    Ok(Outcome::done(format!("alias {alias} stands for {table}")))
}

pub async fn drop_alias<P: Platform>(
    alias: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let known = aliases(None, context).await?;
    if !known.iter().any(|(name, _)| *name == alias.value) {
        if if_exists {
            return Ok(Outcome::done(format!("there is no alias {alias}")));
        }
        return Err(unknown_alias(alias, &known));
    }
    context
        .ask("DropAlias", Effect::Write, vec![("alias", (&alias.value).into())], alias.span)
        .await?;
    context.forget_all();
    Ok(Outcome::done(format!("dropped alias {alias}")))
}

fn unknown_alias(alias: &Name, known: &[(String, String)]) -> Diagnostic {
    let known = known.iter().map(|(name, _)| name.as_str());
    Diagnostic::new(Code::UnknownAlias, format!("unknown alias `{alias}`")).at(alias.span).suggest(
        &alias.value,
        known,
        "there are",
    )
}

pub async fn describe_alias<P: Platform>(
    alias: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let known = aliases(None, context).await?;
    match known.iter().find(|(name, _)| *name == alias.value) {
        Some((name, table)) => Ok(Outcome::table(Table::texts(
            &["alias", "collection"],
            vec![vec![name.clone(), table.clone()]],
        ))),
        None => Err(unknown_alias(alias, &known)),
    }
}

pub async fn show_aliases<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let rows = aliases(table, context)
        .await?
        .into_iter()
        .map(|(alias, table)| vec![alias, table])
        .collect();
    Ok(Outcome::table(Table::texts(&["alias", "collection"], rows)))
}

/// (alias, collection): from 2.4 by asking for them, before by every collection's description.
async fn aliases<P: Platform>(
    table: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Vec<(String, String)>> {
    let tables = match table {
        Some(table) => vec![table.clone()],
        None => {
            let names = crate::execute::errors::table_names(context.client)
                .await
                .map_err(|error| crate::execute::errors::diagnose(error, context.span))?;
            names.into_iter().map(|name| Name::new(name, context.span)).collect()
        }
    };
    let mut found = Vec::new();
    for table in tables {
        let collection = context.fresh_collection(&table).await?;
        let aliases = match context.client.version().has("ListAliases") {
            true => context
                .ask(
                    "ListAliases",
                    Effect::Plan,
                    vec![("collection_name", (&collection.name).into())],
                    table.span,
                )
                .await?
                .texts("aliases"),
            false => collection.aliases.clone(),
        };
        found.extend(aliases.into_iter().map(|alias| (alias, collection.name.clone())));
    }
    found.sort();
    Ok(found)
}
