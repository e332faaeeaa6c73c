//! SHOW VERSION, SHOW DATABASES: what a server says of itself.

use super::Result;
use super::context::Context;
use super::errors::diagnose;
use crate::milvus::Platform;
use crate::outcome::{Outcome, Table};
use crate::proto::milvus::{GetVersionRequest, ListDatabasesRequest};

pub async fn show_version<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let version = context.client.get_version(GetVersionRequest {}).await.map_err(|error| diagnose(error, context.span))?.version;
    Ok(Outcome::table(Table::texts(&["server", "version", "kernel"], vec![vec![context.client.address.url(), version, env!("CARGO_PKG_VERSION").to_string()]])))
}

pub async fn show_databases<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let mut names = context.client.list_databases(ListDatabasesRequest {}).await.map_err(|error| diagnose(error, context.span))?.db_names;
    names.sort();
    Ok(Outcome::table(Table::texts(&["database"], names.into_iter().map(|name| vec![name]).collect())))
}
