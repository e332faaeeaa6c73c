//! Statements as text again: `parse(print(x))` is `x`, which a property test holds. SHOW CREATE
//! TABLE shows what this writes. In: a syntax tree. Out: one line of the dialect, fully written
//! out; of a CREATE TABLE several.

mod define;
mod select;
mod words;

pub(crate) use define::create_table;
pub(crate) use select::near;
pub(crate) use words::{name, quote, value};

use super::ast::*;
use crate::diagnostic::Spanned;
use define::*;
use select::*;
use words::*;

pub fn statement(statement: &Statement) -> String {
    match &statement.kind {
        Kind::Connect(connect) => {
            let mut out = format!("CONNECT {}", quote(&connect.address.value));
            for (word, value) in [
                ("USER", &connect.user),
                ("PASSWORD", &connect.password),
                ("TOKEN", &connect.token),
                ("DATABASE", &connect.database),
                ("AS", &connect.alias),
            ] {
                if let Some(Spanned { value, .. }) = value {
                    out.push_str(&format!(" {word} {}", self::value(value)));
                }
            }
            out
        }
        Kind::UseConnection(connection) => format!("USE CONNECTION {}", name(connection)),
        Kind::Disconnect(None) => "DISCONNECT".to_string(),
        Kind::Disconnect(Some(connection)) => format!("DISCONNECT {}", name(connection)),
        Kind::Use(database) => format!("USE DATABASE {}", name(database)),
        Kind::Help(None) => "HELP".to_string(),
        Kind::Help(Some(topic)) => format!("HELP {topic}"),
        Kind::Set { name: setting, value } => {
            format!("SET {} = {}", name(setting), self::value(&value.value))
        }
        Kind::SetVariable { name, value } => format!("SET @{name} = {}", self::value(&value.value)),
        Kind::Explain(inner) => format!("EXPLAIN {}", self::statement(inner)),
        Kind::Show { what, like } => format!(
            "SHOW {}{}",
            what.word(),
            like.as_ref().map_or_else(String::new, |like| format!(" LIKE {}", quote(&like.value)))
        ),
        Kind::ShowOf { what, table } => format!("SHOW {} FROM {}", what.word(), name(table)),
        Kind::ShowCreate(table) => format!("SHOW CREATE TABLE {}", name(table)),
        Kind::ShowIndexProgress { index, table } => {
            format!("SHOW PROGRESS OF INDEX {} ON {}", name(index), name(table))
        }
        Kind::ShowLoadingProgress(table) => format!("SHOW PROGRESS OF LOADING ON {}", name(table)),
        Kind::ShowGrants { of, name: grantee } => {
            format!(
                "SHOW GRANTS FOR {} {}",
                if *of == Grantee::Role { "ROLE" } else { "USER" },
                quote(&grantee.value)
            )
        }
        Kind::ShowJob { job, id } => format!("SHOW {} {}", job.word(), value(&id.value)),
        Kind::Describe(table) => format!("DESCRIBE TABLE {}", name(table)),
        Kind::DescribeIndex { index, table } => {
            format!("DESCRIBE INDEX {} ON {}", name(index), name(table))
        }
        Kind::DescribeObject { object, name, table } => {
            format!("DESCRIBE {} {}{}", object.word(), quote(&name.value), on(table))
        }
        Kind::Stats(table) => format!("STATS TABLE {}", name(table)),

        Kind::CreateTable(create) => create_table(create),
        Kind::OriginalCreateTable { table, params } => {
            format!("CREATE TABLE {} {}", name(table), original_where(params))
        }
        Kind::AlterTable { table, change } => {
            format!("ALTER TABLE {} {}", name(table), self::change(change))
        }
        Kind::DropTable { table, if_exists } => {
            format!("DROP TABLE {}{}", exists(*if_exists), name(table))
        }
        Kind::Truncate(table) => format!("TRUNCATE TABLE {}", name(table)),
        Kind::CreateObject(create) => create_object(create),
        Kind::AlterObject { object, name, change } => {
            format!("ALTER {} {} {}", object.word(), quote(&name.value), object_change(change))
        }
        Kind::DropObject { object, name, if_exists, table } => format!(
            "DROP {} {}{}{}",
            object.word(),
            exists(*if_exists),
            quote(&name.value),
            on(table)
        ),
        Kind::CreatePartition { table, partition, if_not_exists } => {
            format!(
                "CREATE PARTITION {}{} ON {}",
                not_exists(*if_not_exists),
                name(partition),
                name(table)
            )
        }
        Kind::DropPartition { table, partition, if_exists } => {
            format!("DROP PARTITION {}{} ON {}", exists(*if_exists), name(partition), name(table))
        }
        Kind::CreateIndex { table, index, if_not_exists } => {
            let own = index.name.as_ref().map_or_else(String::new, |own| format!("{} ", name(own)));
            format!(
                "CREATE INDEX {}{own}ON {} {}",
                not_exists(*if_not_exists),
                name(table),
                index_rest(index)
            )
        }
        Kind::OriginalCreateIndex { table, params } => {
            format!("CREATE INDEX {} {}", name(table), original_where(params))
        }
        Kind::AlterIndex { index, table, change } => {
            format!("ALTER INDEX {} ON {} {}", name(index), name(table), self::change(change))
        }
        Kind::DropIndex { index, table, if_exists } => {
            format!("DROP INDEX {}{} ON {}", exists(*if_exists), name(index), name(table))
        }
        Kind::OriginalDropIndex(table) => format!("DROP INDEX {}", name(table)),
        Kind::Load { table, partitions, fields, params } => {
            let fields = if fields.is_empty() {
                String::new()
            } else {
                format!(" FIELDS ({})", names(fields))
            };
            format!(
                "LOAD TABLE {}{}{fields}{}",
                name(table),
                in_partitions(partitions),
                with(params)
            )
        }
        Kind::Release { table, partitions } => {
            format!("RELEASE TABLE {}{}", name(table), in_partitions(partitions))
        }

        Kind::Write(write) => {
            let rows: Vec<String> =
                write.rows.iter().map(|row| format!("({})", values(&row.values))).collect();
            let fields = write
                .fields
                .as_ref()
                .map_or_else(String::new, |fields| format!(" ({})", names(fields)));
            let verb = if write.upsert { "UPSERT" } else { "INSERT" };
            format!(
                "{verb} INTO {}{}{fields} VALUES {}",
                name(&write.table),
                in_partitions(write.partition.as_slice()),
                rows.join(", ")
            )
        }
        Kind::Update(update) => {
            let assignments: Vec<String> = update
                .assignments
                .iter()
                .map(|(field, assigned)| match assigned {
                    Assigned::Value(value) => {
                        format!("{} = {}", name(field), self::value(&value.value))
                    }
                    Assigned::Expr(expr) => format!("{} = {}", name(field), inner(expr)),
                })
                .collect();
            let partition = in_partitions(update.partition.as_slice());
            format!(
                "UPDATE {}{partition} SET {}{}",
                name(&update.table),
                assignments.join(", "),
                filter(update.filter.as_ref())
            )
        }
        Kind::Delete { table, partition, filter } => {
            format!(
                "DELETE FROM {}{}{}",
                name(table),
                in_partitions(partition.as_slice()),
                self::filter(filter.as_ref())
            )
        }
        Kind::OriginalInsert { vectors, table, partition, ids } => {
            let tag = partition.as_ref().map_or_else(String::new, |tag| {
                format!(" WHERE partition_tag = {}", quote(&tag.value))
            });
            let ids =
                ids.as_ref().map_or_else(String::new, |ids| format!(" BY id = {}", values(ids)));
            format!("INSERT {} INTO {}{tag}{ids}", values(vectors), name(table))
        }
        Kind::OriginalDelete { table, ids } => {
            format!("DELETE {} BY id = {}", name(table), values(ids))
        }

        Kind::Select(select) => self::select(select),
        Kind::OriginalSearch { vectors, table, params } => {
            let params = if params.is_empty() {
                String::new()
            } else {
                format!(" {}", original_where(params))
            };
            format!("SELECT {} FROM {}{params}", values(vectors), name(table))
        }
        Kind::OriginalGet { table, ids } => {
            format!("SELECT {} BY id = {}", name(table), values(ids))
        }

        Kind::GrantRole { revoke, role, user } => {
            let (verb, preposition) = if *revoke { ("REVOKE", "FROM") } else { ("GRANT", "TO") };
            format!("{verb} ROLE {} {preposition} USER {}", quote(&role.value), quote(&user.value))
        }
        Kind::Grant(grant) => self::grant(grant),

        Kind::Flush(tables) if tables.is_empty() => "FLUSH ALL".to_string(),
        Kind::Flush(tables) => format!("FLUSH TABLE {}", names(tables)),
        Kind::Compact { table, params } => format!("COMPACT TABLE {}{}", name(table), with(params)),
        Kind::Import { files, table, partition, params } => {
            format!(
                "IMPORT FROM {} INTO TABLE {}{}{}",
                values(files),
                name(table),
                in_partitions(partition.as_slice()),
                with(params)
            )
        }
        Kind::TransferNodes { count, from, to } => format!(
            "TRANSFER {} NODES FROM {} TO {}",
            value(&count.value),
            quote(&from.value),
            quote(&to.value)
        ),
        Kind::TransferReplicas { count, table, from, to } => {
            format!(
                "TRANSFER {} REPLICAS OF {} FROM {} TO {}",
                value(&count.value),
                name(table),
                quote(&from.value),
                quote(&to.value)
            )
        }
        Kind::Restore { snapshot, table, to } => format!(
            "RESTORE SNAPSHOT {} ON {} TO {}",
            quote(&snapshot.value),
            name(table),
            name(to)
        ),
        Kind::RunAnalyzer { texts, of, params } => {
            let of = of.as_ref().map_or_else(String::new, |(table, field)| {
                format!(" ON {} ({})", name(table), name(field))
            });
            format!("RUN ANALYZER {}{of}{}", value(&texts.value), with(params))
        }
    }
}

fn grant(grant: &Grant) -> String {
    let (verb, preposition) = if grant.revoke { ("REVOKE", "FROM") } else { ("GRANT", "TO") };
    let star = |name: &Name| if name.value == "*" { "*".to_string() } else { self::name(name) };
    let privileges: Vec<String> = grant.privileges.iter().map(privilege).collect();
    let mut target =
        grant.object.as_ref().map(|object| object.value.clone()).into_iter().collect::<Vec<_>>();
    if let Some(name) = &grant.name {
        target.push(match &grant.database {
            Some(database) => format!("{}.{}", star(database), star(name)),
            None => star(name),
        });
    }
    format!(
        "{verb} {} ON {} {preposition} ROLE {}",
        privileges.join(", "),
        target.join(" "),
        quote(&grant.role.value)
    )
}
