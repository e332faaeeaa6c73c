//! Databases that come and go as files, and what a store takes: what no Milvus has.

use milvus_proto::common::Status;
use milvus_proto::engine as own;

use crate::catalog::{Catalog, Database, or_default};
use crate::error::{Error, Kind, Result, success};
use crate::kept::moved::{Exporting, Importing, Moved};
use crate::schema::check_name;
use crate::service::Context;

/// An export that is under way.
struct Export {
    collections: i64,
    rows: i64,
    file: Exporting,
}

/// An import that is under way.
struct Import {
    target_name: String,
    file: Importing,
}

pub(crate) fn export(
    context: &mut Context<'_>,
    request: own::ExportDatabaseRequest,
) -> Result<own::ExportDatabaseResponse> {
    let export: Export = match context.pace.resume() {
        Some(export) => export,
        None => begin_export(context.catalog, or_default(&request.db_name))?,
    };
    let Export { collections, rows, .. } = export;
    let file = context.pace.work(export, |export| export.file.step(context.catalog))?;
    let lost = std::mem::take(&mut context.lost);
    Ok(own::ExportDatabaseResponse { status: Some(success()), file, collections, rows, lost })
}

fn begin_export(catalog: &mut Catalog, name: &str) -> Result<Export> {
    let database = catalog.database_mut(name)?;
    for collection in database.collections.values_mut() {
        // what was deleted is not to be in a file that travels; nobody sees the difference here
        let live = collection.segment.live();
        if live.count() < collection.segment.rows() {
            collection.segment = collection.segment.compacted(&collection.schema, &live);
        }
    }
    let (collections, rows) = counts(database);
    Ok(Export { collections, rows, file: Exporting::begin(catalog, name)? })
}

/// What is there stays as it is: a collection or an alias of the same name is an error.
pub(crate) fn import(
    context: &mut Context<'_>,
    request: own::ImportDatabaseRequest,
) -> Result<own::ImportDatabaseResponse> {
    let own::ImportDatabaseRequest { target_name, file } = request;
    let import = context.pace.resume();
    let import = import.unwrap_or_else(|| Import { target_name, file: Importing::begin(file) });
    let (moved, target_name) = context.pace.work(import, |import| {
        let moved = import.file.step()?;
        Ok(moved.map(|moved| (moved, std::mem::take(&mut import.target_name))))
    })?;
    let Moved { name, database, last_timestamp } = moved;
    let (collections, rows) = counts(&database);
    let name = if target_name.is_empty() { name } else { target_name };
    check_name("database", &name)
        .map_err(|error| Error::plain(Kind::DatabaseInvalidName, error.reason))?;
    if let Ok(there) = context.catalog.database(&name) {
        let names = database.collections.keys().chain(database.aliases.keys());
        let is_taken = |name: &&String| there.find(name).is_some();
        if let Some(taken) = names.into_iter().find(is_taken) {
            return Err(Error::invalid(format!("collection already exist: {name}.{taken}")));
        }
    } else {
        let properties = database.properties.clone();
        context.catalog.create_database(&name, properties, context.timestamp)?;
    }
    context.catalog.reach(last_timestamp);
    add(context.catalog, &name, database)?;
    Ok(own::ImportDatabaseResponse { status: Some(success()), db_name: name, collections, rows })
}

pub(crate) fn storage(
    context: &mut Context<'_>,
    _: own::GetStorageRequest,
) -> Result<own::GetStorageResponse> {
    let sizes = context.sizes.clone().unwrap_or_default();
    let mut collections = Vec::new();
    for (db_name, database) in context.catalog.databases() {
        for collection in database.collections.values() {
            let memory = collection.segment.memory();
            collections.push(own::CollectionStorage {
                db_name: db_name.clone(),
                collection_name: collection.name.clone(),
                rows: collection.segment.live_count() as i64,
                row_bytes: memory.rows as u64,
                index_bytes: memory.indexes as u64,
            });
        }
    }
    Ok(own::GetStorageResponse {
        status: Some(success()),
        log: sizes.log,
        segments: sizes.segments.iter().map(|(_, size)| size).sum(),
        manifests: sizes.manifest,
        collections,
        lost: std::mem::take(&mut context.lost),
        reserve: sizes.reserve,
    })
}

/// Forgets everything. What is made afterwards has no number that anything had.
pub(crate) fn drop(context: &mut Context<'_>, _: own::DropStorageRequest) -> Result<Status> {
    *context.catalog = Catalog::default();
    context.catalog.reach(context.timestamp);
    Ok(success())
}

/// Adds what is in a database to another, under numbers that nothing else has.
fn add(catalog: &mut Catalog, name: &str, database: Database) -> Result<()> {
    for (key, mut collection) in database.collections {
        collection.id = catalog.next_id();
        for partition in &mut collection.partitions {
            partition.id = catalog.next_id();
        }
        for index in &mut collection.indexes {
            index.id = catalog.next_id();
        }
        catalog.database_mut(name)?.collections.insert(key, collection);
    }
    catalog.database_mut(name)?.aliases.extend(database.aliases);
    Ok(())
}

/// Collections and rows.
fn counts(database: &Database) -> (i64, i64) {
    let rows = database.collections.values().map(|collection| collection.segment.live_count());
    (database.collections.len() as i64, rows.sum::<usize>() as i64)
}
