//! Databases and aliases.

use milvus_proto::common::Status;
use milvus_proto::milvus as pb;

use crate::catalog::{Database, or_default};
use crate::error::{Error, Kind, Result, success};
use crate::schema::check_name;
use crate::service::Context;
use crate::service::define::change;
use crate::zone;

pub(crate) fn list(
    context: &mut Context<'_>,
    _: pb::ListDatabasesRequest,
) -> Result<pb::ListDatabasesResponse> {
    let databases = || context.catalog.databases();
    Ok(pb::ListDatabasesResponse {
        status: Some(success()),
        db_names: databases().map(|(name, _)| name.clone()).collect(),
        created_timestamp: databases().map(|(_, database)| database.created).collect(),
        db_ids: databases().map(|(_, database)| database.id).collect(),
    })
}

pub(crate) fn create(
    context: &mut Context<'_>,
    request: pb::CreateDatabaseRequest,
) -> Result<Status> {
    check_database(&request.db_name)?;
    zone::check(&request.properties)?;
    let created = context.timestamp;
    context.catalog.create_database(&request.db_name, request.properties, created)?;
    Ok(success())
}

pub(crate) fn drop(context: &mut Context<'_>, request: pb::DropDatabaseRequest) -> Result<Status> {
    check_database(&request.db_name)?;
    context.catalog.drop_database(&request.db_name)?;
    Ok(success())
}

fn check_database(name: &str) -> Result<()> {
    check_name("database", name)
        .map_err(|error| Error::plain(Kind::DatabaseInvalidName, error.reason))
}

pub(crate) fn alter(
    context: &mut Context<'_>,
    request: pb::AlterDatabaseRequest,
) -> Result<Status> {
    zone::check(&request.properties)?;
    let database = context.catalog.database_mut(&request.db_name)?;
    change(&mut database.properties, request.properties, &request.delete_keys);
    Ok(success())
}

pub(crate) fn describe(
    context: &mut Context<'_>,
    request: pb::DescribeDatabaseRequest,
) -> Result<pb::DescribeDatabaseResponse> {
    let database = context.catalog.database(&request.db_name)?;
    Ok(pb::DescribeDatabaseResponse {
        status: Some(success()),
        db_name: or_default(&request.db_name).to_string(),
        db_id: database.id,
        created_timestamp: database.created,
        properties: database.properties.clone(),
    })
}

pub(crate) fn create_alias(
    context: &mut Context<'_>,
    request: pb::CreateAliasRequest,
) -> Result<Status> {
    let alias = request.alias;
    check_name("collection alias", &alias)?;
    let database = context.catalog.database_mut(&request.db_name)?;
    if database.collections.contains_key(&alias) {
        return Err(Error::about(Kind::AliasCollectionConflict, "alias", &alias));
    }
    let collection = real(database, &request.db_name, request.collection_name)?;
    if let Some(other) = database.aliases.get(&alias).filter(|other| **other != collection) {
        return Err(Error::plain(
            Kind::AliasAlreadyExists,
            format!(
                "{alias} is alias to another collection: {other}: alias already exist[database={}]\
                 [alias={alias}]",
                or_default(&request.db_name)
            ),
        ));
    }
    database.aliases.insert(alias, collection);
    Ok(success())
}

pub(crate) fn alter_alias(
    context: &mut Context<'_>,
    request: pb::AlterAliasRequest,
) -> Result<Status> {
    let database = context.catalog.database_mut(&request.db_name)?;
    let collection = real(database, &request.db_name, request.collection_name)?;
    match database.aliases.get_mut(&request.alias) {
        Some(of) => *of = collection,
        None => return Err(no_alias(&request.db_name, &request.alias)),
    }
    Ok(success())
}

pub(crate) fn drop_alias(
    context: &mut Context<'_>,
    request: pb::DropAliasRequest,
) -> Result<Status> {
    // Milvus drops what is not there without a word
    context.catalog.database_mut(&request.db_name)?.aliases.remove(&request.alias);
    Ok(success())
}

pub(crate) fn describe_alias(
    context: &mut Context<'_>,
    request: pb::DescribeAliasRequest,
) -> Result<pb::DescribeAliasResponse> {
    let database = context.catalog.database(&request.db_name)?;
    let collection = database.aliases.get(&request.alias);
    Ok(pb::DescribeAliasResponse {
        status: Some(success()),
        db_name: or_default(&request.db_name).to_string(),
        collection: collection.ok_or_else(|| no_alias(&request.db_name, &request.alias))?.clone(),
        alias: request.alias,
    })
}

pub(crate) fn list_aliases(
    context: &mut Context<'_>,
    request: pb::ListAliasesRequest,
) -> Result<pb::ListAliasesResponse> {
    let name = request.collection_name;
    let aliases = match name.as_str() {
        "" => context.catalog.database(&request.db_name)?.aliases.keys().cloned().collect(),
        _ => {
            let real = context.catalog.collection(&request.db_name, &name)?.name.clone();
            context.catalog.database(&request.db_name)?.aliases_of(&real)
        }
    };
    Ok(pb::ListAliasesResponse {
        status: Some(success()),
        db_name: or_default(&request.db_name).to_string(),
        collection_name: name,
        aliases,
    })
}

/// An alias is of a collection, and not of another alias.
fn real(database: &Database, database_name: &str, collection: String) -> Result<String> {
    match database.collections.contains_key(&collection) {
        true => Ok(collection),
        false => {
            let place = format!("{}][collection={collection}", or_default(database_name));
            Err(Error::about(Kind::CollectionNotFound, "database", place))
        }
    }
}

fn no_alias(database: &str, alias: &str) -> Error {
    let place = format!("{}][alias={alias}", or_default(database));
    Error::about(Kind::AliasNotFound, "database", place)
}
