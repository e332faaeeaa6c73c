//! Databases: CREATE, ALTER, DROP, USE, SHOW, DESCRIBE.

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::context::Context;
use crate::execute::names::{DATABASE, check_database};
use crate::execute::params::pairs_of;
use crate::language::ast::{CreateObject, Name, ObjectChange};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Outcome, Table};
use milvus_proto::milvus as pb;

/// The databases by name.
pub(crate) async fn names<P: Platform>(
    context: &Context<'_, P>,
    span: Span,
) -> Result<Vec<String>> {
    let mut names = context.send(pb::ListDatabasesRequest {}, span).await?.db_names;
    names.sort();
    Ok(names)
}

pub(crate) async fn show<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let rows = names(context, context.span).await?.into_iter().map(|name| vec![name]).collect();
    Ok(Outcome::table(Table::texts(&["database"], rows)))
}

pub(crate) async fn use_database<P: Platform>(
    database: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check_database(&database.value, database.span)?;
    check(database, context).await?;
    context.client.set_database(&database.value);
    // completion knows its names from here on
    let _ = context.connection.collection_names().await;
    Ok(Outcome::done(format!("using database {database}")))
}

pub(crate) async fn create<P: Platform>(
    create: &CreateObject,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let name = &create.name;
    check_database(&name.value, name.span)?;
    let there = names(context, name.span).await?;
    if let Some(outcome) = DATABASE.to_create(name, &there, create.if_not_exists)? {
        return Ok(outcome);
    }
    if let Some(param) = create.params.first() {
        context.needs(Feature::DatabaseProperties, param.name.span)?;
    }
    let request = pb::CreateDatabaseRequest {
        db_name: name.value.clone(),
        properties: pairs_of(&create.params)?,
    };
    context.send(request, name.span).await?;
    Ok(Outcome::done(format!("created database {name}")))
}

pub(crate) async fn alter<P: Platform>(
    name: &Name,
    change: &ObjectChange,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(name, context).await?;
    let mut request =
        pb::AlterDatabaseRequest { db_name: name.value.clone(), ..Default::default() };
    match change {
        ObjectChange::Set(params) => request.properties = pairs_of(params)?,
        ObjectChange::Reset(names) => {
            context.needs(Feature::ResetProperties, name.span)?;
            request.delete_keys = names.iter().map(|name| name.value.clone()).collect();
        }
        ObjectChange::Target(_) | ObjectChange::Password { .. } | ObjectChange::Members { .. } => {
            return Err(Diagnostic::new(Code::SyntaxError, "this cannot be changed of a database")
                .at(name.span));
        }
    }
    context.send(request, name.span).await?;
    Ok(Outcome::done(format!("altered database {name}")))
}

/// SHOW TABLES FROM a database that may be another than the one in use.
pub(crate) async fn show_tables<P: Platform>(
    name: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(name, context).await?;
    let db_name = name.value.clone();
    let request = pb::ShowCollectionsRequest { db_name, ..Default::default() };
    let mut names = context.send(request, name.span).await?.collection_names;
    names.sort();
    let rows = names.into_iter().map(|name| vec![name]).collect();
    Ok(Outcome::table(Table::texts(&["collection"], rows)))
}

pub(crate) async fn describe<P: Platform>(
    name: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check(name, context).await?;
    let request = pb::DescribeDatabaseRequest { db_name: name.value.clone() };
    let reply = context.send(request, name.span).await?;
    let mut rows = vec![vec!["name".to_string(), reply.db_name]];
    rows.extend(reply.properties.into_iter().map(|pair| vec![pair.key, pair.value]));
    Ok(Outcome::table(Table::texts(&["property", "value"], rows)))
}

pub(crate) async fn drop<P: Platform>(
    name: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let there = names(context, name.span).await?;
    if let Some(outcome) = DATABASE.to_drop(name, &there, if_exists)? {
        return Ok(outcome);
    }
    if name.value == "default" {
        return Err(Diagnostic::new(Code::InvalidValue, "the default database stays").at(name.span));
    }
    let request = pb::DropDatabaseRequest { db_name: name.value.clone() };
    context.send(request, name.span).await.map_err(|error| match error.code {
        Code::ServerError => {
            error.help("a database is dropped when it has no collections any more")
        }
        _ => error,
    })?;
    if context.client.database() == name.value {
        context.client.set_database("default");
        context.did("using database default");
    }
    Ok(Outcome::done(format!("dropped database {name}")))
}

/// The database, or an error that suggests the nearest.
async fn check<P: Platform>(name: &Name, context: &Context<'_, P>) -> Result<()> {
    DATABASE.check(name, &names(context, name.span).await?)
}
