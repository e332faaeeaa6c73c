//! Where a table is: `database.table` on the connection in use, `connection.table`, or
//! `connection.database.table`. In: a statement. Out: the connection that it is carried out on, and
//! the statement with the names of its tables alone.
//!
//! A database of that name on the connection in use comes before a connection, as in other
//! dialects; a connection that is meant all the same is written `connection.database.table`.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::connect::connection::{connected_or_default, find};
use crate::execute::names::{DATABASE, check_database};
use crate::execute::state::{Connection, State};
use crate::language::ast::{Kind, Name};
use crate::language::tables;
use crate::milvus::Platform;
use milvus_proto::milvus as pb;

/// Takes the place of a statement's tables off; all of them are in one.
pub(crate) fn take(kind: &mut Kind) -> Result<Option<Name>> {
    let mut tables = tables::of(kind).into_iter();
    let Some(first) = tables.next() else { return Ok(None) };
    let span = first.span;
    let place = of_table(first);
    for table in tables {
        let other = of_table(table);
        let name = |place: &Option<Name>| place.as_ref().map(|place| place.value.clone());
        if name(&other) != name(&place) {
            let message = "the tables of this statement are in different places";
            return Err(Diagnostic::new(Code::NotSupported, message)
                .at(span.to(table.span))
                .help("write a statement for each of them"));
        }
    }
    Ok(place)
}

/// Takes the place off a table's name.
pub(crate) fn of_table(table: &mut Name) -> Option<Name> {
    let (place, name) = table.value.rsplit_once('.')?;
    let place = Name::new(place.to_string(), table.span);
    table.value = name.to_string();
    Some(place)
}

/// The connection of a place, and what is said of one that was opened unasked.
pub(crate) async fn connection<P: Platform>(
    place: Option<&Name>,
    state: &State<P>,
    span: Span,
) -> Result<(Rc<Connection<P>>, Vec<String>)> {
    let Some(place) = place else { return connected_or_default(state, span).await };
    if let Some((connection, database)) = place.value.split_once('.') {
        let named = |part: &str| Name::new(part.to_string(), place.span);
        let connection = find(&named(connection), state)?;
        let database = named(database);
        DATABASE.check(&database, &databases(&connection).await)?;
        return Ok((within(&connection, &database)?, Vec::new()));
    }
    let in_use = connected_or_default(state, span).await;
    let mut there = Vec::new();
    if let Ok((connection, opened)) = &in_use {
        there = databases(connection).await;
        if there.contains(&place.value) {
            return Ok((within(connection, place)?, opened.clone()));
        }
    }
    if let Ok(connection) = find(place, state) {
        return Ok((connection, Vec::new()));
    }
    in_use?;
    let connections = state.connections.borrow();
    let names: Vec<&str> = connections.all.iter().map(|one| one.name.as_str()).collect();
    let message = format!("`{place}` is no database here, and no connection");
    Err(Diagnostic::new(Code::UnknownDatabase, message).at(place.span).suggest(
        &place.value,
        there.iter().map(String::as_str).chain(names.iter().copied()),
        "there are",
    ))
}

/// The databases of a connection; a server that has none has its own alone.
async fn databases<P: Platform>(connection: &Connection<P>) -> Vec<String> {
    let listed = connection.client.send(pb::ListDatabasesRequest {}).await;
    listed.map_or_else(|_| vec!["default".to_string()], |reply| reply.db_names)
}

fn within<P: Platform>(connection: &Connection<P>, database: &Name) -> Result<Rc<Connection<P>>> {
    check_database(&database.value, database.span)?;
    let (name, catalog) = (connection.name.clone(), connection.catalog.clone());
    let client = connection.client.in_database(&database.value);
    Ok(Rc::new(Connection { name, client, catalog, learnt: Rc::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{said, statement};
    use crate::language::ast::Statement;
    use crate::language::print;

    /// The place, and the statement without it.
    fn taken(text: &str) -> Result<(Option<String>, String), String> {
        let mut kind = statement(text);
        let place = take(&mut kind).map_err(|error| said(&error))?;
        let statement = Statement { kind, span: Span::default() };
        Ok((place.map(|place| place.value), print::statement(&statement)))
    }

    #[test]
    fn a_place_stands_before_any_table() {
        for text in [
            "SELECT t.a FROM d.t WHERE t.b = 1",
            "SELECT a FROM \"d\".`t` AS u",
            "COUNT FROM d.t",
            "INSERT INTO d.t VALUES (1)",
            "UPSERT INTO d.t SELECT a FROM e.u",
            "UPDATE d.t SET a = 1 WHERE b = 2",
            "DELETE FROM TABLE d.t WHERE a = 1",
            "CREATE TABLE d.t (id BIGINT PRIMARY KEY)",
            "CREATE TABLE d.t LIKE e.u",
            "CREATE TABLE d.t AS SELECT a FROM e.u",
            "CREATE TABLE d.t FROM 'f.csv'",
            "ALTER TABLE d.t RENAME TO u",
            "DROP TABLE d.t",
            "TRUNCATE TABLE d.t",
            "DESCRIBE d.t",
            "SHOW CREATE TABLE d.t",
            "SHOW INDEXES FROM d.t",
            "CREATE INDEX i ON d.t (v)",
            "CREATE PARTITION p ON d.t",
            "CREATE ALIAS a FOR d.t",
            "LOAD TABLE d.t",
            "COPY d.t FROM 'f.csv'",
            "COPY d.t TO 'f.csv'",
            "COPY (SELECT a FROM d.t) TO 'f.csv'",
            "FLUSH d.t, d.u",
            "COMPACT d.t",
            "EXPLAIN SELECT a FROM d.t",
        ] {
            let (place, left) = taken(text).expect(text);
            assert_eq!(place.as_deref(), Some("d"), "{text}");
            assert!(!left.contains("d."), "{text}: {left}");
        }
        assert_eq!(taken("DROP TABLE c.d.t").map(|(place, _)| place), Ok(Some("c.d".to_string())));
        assert_eq!(taken("SELECT a FROM t").map(|(place, _)| place), Ok(None));
    }

    #[test]
    fn a_statement_is_in_one_place() {
        let error = taken("FLUSH d.t, u").expect_err("two places");
        assert!(error.contains("the tables of this statement are in different places"), "{error}");
    }
}
