//! Statements as text again: `parse(print(x))` is `x`, which a property test holds. SHOW CREATE
//! TABLE shows what this writes. In: a syntax tree. Out: one line of the dialect, fully written
//! out; of a CREATE TABLE several.

mod copy;
mod define;
mod select;
mod words;

pub(crate) use define::{column, create_table, type_name};
pub(crate) use select::output;
pub(crate) use select::search;
pub(crate) use words::{bare, name, value};

use super::ast::*;
use crate::diagnostic::Spanned;
use copy::*;
use define::*;
use select::*;
use words::*;

/// A statement: a form for each, and a function where the form has parts.
pub fn statement(statement: &Statement) -> String {
    match &statement.kind {
        Kind::Connect(connect) => self::connect(connect),
        Kind::UseConnection(connection) => format!("USE CONNECTION {}", name(connection)),
        Kind::Disconnect(None) => "DISCONNECT".to_string(),
        Kind::Disconnect(Some(connection)) => format!("DISCONNECT {}", name(connection)),
        Kind::Use(database) => format!("USE DATABASE {}", name(database)),
        Kind::Help(None) => "HELP".to_string(),
        Kind::Help(Some(topic)) => format!("HELP {topic}"),
        Kind::Set { name: setting, value } => format!("SET {} = {}", name(setting), spanned(value)),
        Kind::SetVariable { name, value } => format!("SET @{name} = {}", spanned(value)),
        Kind::Explain(explained) => format!("EXPLAIN {}", self::statement(explained)),
        Kind::Analyze(explained) => format!("EXPLAIN ANALYZE {}", self::statement(explained)),
        Kind::Show { what, like } => show(*what, like.as_ref()),
        Kind::ShowOf { what, table } => format!("SHOW {} FROM {}", what.word(), table_name(table)),
        Kind::ShowCreate(table) => format!("SHOW CREATE TABLE {}", table_name(table)),
        Kind::ShowIndexProgress { index, table } => {
            let index = index.as_ref().map_or_else(String::new, |index| name(index) + " ");
            format!("SHOW PROGRESS OF INDEX {index}ON {}", table_name(table))
        }
        Kind::ShowLoadingProgress { table, partitions } => {
            format!(
                "SHOW PROGRESS OF LOADING ON {}{}",
                table_name(table),
                in_partitions(partitions)
            )
        }
        Kind::ShowGrants { of, on } => show_grants(of.as_ref(), on.as_ref()),
        Kind::ShowPartition { partition, table } => {
            format!("SHOW PARTITION {} ON {}", name(partition), table_name(table))
        }
        Kind::ShowJob { job, id } => format!("SHOW {} {}", job.word(), spanned(id)),
        Kind::Describe(table) => format!("DESCRIBE TABLE {}", table_name(table)),
        Kind::DescribeIndex { index, table } => {
            format!("DESCRIBE INDEX {} ON {}", name(index), table_name(table))
        }
        Kind::DescribeObject { object, name, table } => {
            format!("DESCRIBE {} {}{}", object.word(), string(name), on(table))
        }
        Kind::Stats(table) => format!("STATS TABLE {}", table_name(table)),
        Kind::CreateTable(create) => create_table(create),
        Kind::CreateAs { table, if_not_exists, source } => {
            let exists = not_exists(*if_not_exists);
            format!("CREATE TABLE {exists}{} AS {}", table_name(table), select(source))
        }
        Kind::CreateLike { table, if_not_exists, like } => {
            let exists = not_exists(*if_not_exists);
            format!("CREATE TABLE {exists}{} LIKE {}", table_name(table), table_name(like))
        }
        Kind::AlterTable { table, change } => {
            format!("ALTER TABLE {} {}", table_name(table), self::change(change))
        }
        Kind::DropTable { table, if_exists } => {
            format!("DROP TABLE {}{}", exists(*if_exists), table_name(table))
        }
        Kind::Truncate(table) => format!("TRUNCATE TABLE {}", table_name(table)),
        Kind::CreateObject(create) => create_object(create),
        Kind::AlterObject { object, name, change } => {
            format!("ALTER {} {} {}", object.word(), string(name), object_change(change))
        }
        Kind::DropObject { object, name, if_exists, table } => {
            let exists = exists(*if_exists);
            format!("DROP {} {exists}{}{}", object.word(), string(name), on(table))
        }
        Kind::CreatePartition { table, partition, if_not_exists } => {
            let exists = not_exists(*if_not_exists);
            format!("CREATE PARTITION {exists}{} ON {}", name(partition), table_name(table))
        }
        Kind::DropPartition { table, partition, if_exists } => {
            format!(
                "DROP PARTITION {}{} ON {}",
                exists(*if_exists),
                name(partition),
                table_name(table)
            )
        }
        Kind::CreateIndex { table, index, if_not_exists } => {
            create_index(table, index, *if_not_exists)
        }
        Kind::AlterIndex { index, table, change } => {
            format!("ALTER INDEX {} ON {} {}", name(index), table_name(table), self::change(change))
        }
        Kind::DropIndex { index, table, if_exists } => {
            format!("DROP INDEX {}{} ON {}", exists(*if_exists), name(index), table_name(table))
        }
        Kind::Load { table, more, partitions, fields, params } => {
            load(table, more, partitions, fields, params)
        }
        Kind::Release { table, partitions } => {
            format!("RELEASE TABLE {}{}", table_name(table), in_partitions(partitions))
        }
        Kind::Write(write) => self::write(write),
        Kind::WriteFrom(write) => write_from(write),
        Kind::CopyFrom(copy) => format!("COPY {}", copy_from(copy)),
        Kind::CopyTo(copy) => copy_to(copy),
        Kind::CreateFrom { if_not_exists, copy } => {
            format!("CREATE TABLE {}{}", not_exists(*if_not_exists), copy_from(copy))
        }
        Kind::Update(update) => self::update(update),
        Kind::Delete { table, partition, filter, few } => {
            let partition = in_partitions(partition.as_slice());
            let filter = self::filter(filter.as_ref());
            format!("DELETE FROM {}{partition}{filter}{}", table_name(table), self::few(few))
        }
        Kind::Select(select) => self::select(select),
        Kind::Plot(plot) => self::plot(plot),
        Kind::Constants(items) => format!("SELECT {}", self::items(items)),
        Kind::GrantRole { revoke, role, user } => {
            let (verb, preposition) = grant_words(*revoke);
            format!("{verb} ROLE {} {preposition} USER {}", string(role), string(user))
        }
        Kind::Grant(grant) => self::grant(grant),
        Kind::Flush(tables) if tables.is_empty() => "FLUSH ALL".to_string(),
        Kind::Flush(tables) => {
            let tables: Vec<String> = tables.iter().map(table_name).collect();
            format!("FLUSH TABLE {}", tables.join(", "))
        }
        Kind::Compact { table, params } => {
            format!("COMPACT TABLE {}{}", table_name(table), with(params))
        }
        Kind::Import { files, table, partition, params } => {
            let into = table_name(table) + &in_partitions(partition.as_slice());
            format!("IMPORT FROM {} INTO TABLE {into}{}", values(files), with(params))
        }
        Kind::DropStorage => "DROP STORAGE".to_string(),
        Kind::ExportDatabase { database, file, salvage } => {
            let database = database.as_ref().map(|database| format!("{} ", name(database)));
            let salvage = if *salvage { " SALVAGE" } else { "" };
            format!("EXPORT DATABASE {}TO {}{salvage}", database.unwrap_or_default(), spanned(file))
        }
        Kind::ImportDatabase { if_not_exists, database, file } => {
            let database = database.as_ref().map(|database| format!("{} ", name(database)));
            format!(
                "IMPORT DATABASE {}{}FROM {}",
                if *if_not_exists { "IF NOT EXISTS " } else { "" },
                database.unwrap_or_default(),
                spanned(file)
            )
        }
        Kind::TransferNodes { count, from, to } => {
            format!("TRANSFER {} NODES FROM {} TO {}", spanned(count), string(from), string(to))
        }
        Kind::TransferReplicas { count, table, from, to } => {
            let (table, from, to) = (table_name(table), string(from), string(to));
            format!("TRANSFER {} REPLICAS OF {table} FROM {from} TO {to}", spanned(count))
        }
        Kind::Restore { snapshot, table, to } => {
            let (table, to) = (table_name(table), table_name(to));
            format!("RESTORE SNAPSHOT {} ON {table} TO {to}", string(snapshot))
        }
        Kind::RunAnalyzer { texts, field, params } => run_analyzer(texts, field.as_ref(), params),
        Kind::OriginalCreateTable { table, params } => {
            format!("CREATE TABLE {}{}", name(table), original_where(params))
        }
        Kind::OriginalCreateIndex { table, params } => {
            format!("CREATE INDEX {}{}", name(table), original_where(params))
        }
        Kind::OriginalDropIndex(table) => format!("DROP INDEX {}", name(table)),
        Kind::OriginalInsert { vectors, table, partition, ids } => {
            original_insert(vectors, table, partition.as_ref(), ids.as_deref())
        }
        Kind::OriginalDelete { table, ids } => {
            format!("DELETE {} BY id = {}", name(table), values(ids))
        }
        Kind::OriginalSearch { vectors, table, params } => {
            format!("SELECT {} FROM {}{}", values(vectors), name(table), original_where(params))
        }
        Kind::OriginalGet { table, ids } => {
            format!("SELECT {} BY id = {}", name(table), values(ids))
        }
    }
}

fn connect(connect: &Connect) -> String {
    let mut out = format!("CONNECT {}", string(&connect.address));
    for (word, value) in [
        ("USER", &connect.user),
        ("PASSWORD", &connect.password),
        ("TOKEN", &connect.token),
        ("DATABASE", &connect.database),
        ("AS", &connect.alias),
    ] {
        out.push_str(&optional(word, value.as_ref()));
    }
    out
}

fn show(what: Listing, like: Option<&Name>) -> String {
    let like = like.map_or_else(String::new, |like| format!(" LIKE {}", string(like)));
    format!("SHOW {}{like}", what.word())
}

fn create_index(table: &Name, index: &Index, if_not_exists: bool) -> String {
    let own = index.name.as_ref().map_or_else(String::new, |own| format!("{} ", name(own)));
    let exists = not_exists(if_not_exists);
    format!("CREATE INDEX {exists}{own}ON {} {}", table_name(table), index_rest(index))
}

/// Only the first table may be one of another database, as in the grammar.
fn load(
    table: &Name,
    more: &[Name],
    partitions: &[Name],
    fields: &[Name],
    params: &[Param],
) -> String {
    let more: String = more.iter().map(|table| format!(", {}", name(table))).collect();
    let partitions = in_partitions(partitions);
    let fields =
        if fields.is_empty() { String::new() } else { format!(" FIELDS ({})", names(fields)) };
    format!("LOAD TABLE {}{more}{partitions}{fields}{}", table_name(table), with(params))
}

fn write(write: &Write) -> String {
    let rows: Vec<String> =
        write.rows.iter().map(|row| format!("({})", values(&row.values))).collect();
    let verb = if write.upsert { "UPSERT" } else { "INSERT" };
    let into = place(&write.table, &write.partition, &write.fields);
    let returning = match write.returning.as_slice() {
        [] => String::new(),
        shown => format!(" RETURNING {}", names(shown)),
    };
    format!("{verb} INTO {into} VALUES {}{returning}", rows.join(", "))
}

fn write_from(write: &WriteFrom) -> String {
    let verb = if write.upsert { "UPSERT" } else { "INSERT" };
    let into = place(&write.table, &write.partition, &write.fields);
    format!("{verb} INTO {into} {}", select(&write.source))
}

fn update(update: &Update) -> String {
    let assignments: Vec<String> = update
        .assignments
        .iter()
        .map(|(field, assigned)| match assigned {
            Assigned::Value(value) => format!("{} = {}", name(field), spanned(value)),
            Assigned::Expr(expr) => format!("{} = {}", name(field), inner(expr)),
        })
        .collect();
    let table = table_name(&update.table) + &in_partitions(update.partition.as_slice());
    let filter = filter(update.filter.as_ref());
    format!("UPDATE {table} SET {}{filter}{}", assignments.join(", "), few(&update.few))
}

fn few(few: &Few) -> String {
    few.order.as_ref().map_or_else(String::new, order) + &optional("LIMIT", few.limit.as_ref())
}

fn original_insert(
    vectors: &[Spanned<Value>],
    table: &Name,
    tag: Option<&Name>,
    ids: Option<&[Spanned<Value>]>,
) -> String {
    let tag = tag.map_or_else(String::new, |tag| format!(" WHERE partition_tag = {}", string(tag)));
    let ids = ids.map_or_else(String::new, |ids| format!(" BY id = {}", values(ids)));
    format!("INSERT {} INTO {}{tag}{ids}", values(vectors), name(table))
}

fn run_analyzer(texts: &Spanned<Value>, field: Option<&(Name, Name)>, params: &[Param]) -> String {
    let field = field.map_or_else(String::new, |(table, field)| {
        format!(" ON {} ({})", name(table), name(field))
    });
    format!("RUN ANALYZER {}{field}{}", spanned(texts), with(params))
}

fn grant_words(revoke: bool) -> (&'static str, &'static str) {
    if revoke { ("REVOKE", "FROM") } else { ("GRANT", "TO") }
}

fn grant(grant: &Grant) -> String {
    let (verb, preposition) = grant_words(grant.revoke);
    let privileges: Vec<String> = grant.privileges.iter().map(privilege).collect();
    format!(
        "{verb} {} ON {} {preposition} ROLE {}",
        privileges.join(", "),
        grant_target(&grant.on),
        string(&grant.role)
    )
}

fn grant_target(target: &GrantTarget) -> String {
    let star = |name: &Name| if name.value == "*" { "*".to_string() } else { self::name(name) };
    let mut words: Vec<String> = target.object.iter().map(|object| object.value.clone()).collect();
    if let Some(name) = &target.name {
        words.push(match &target.database {
            Some(database) => format!("{}.{}", star(database), star(name)),
            None => star(name),
        });
    }
    words.join(" ")
}

fn show_grants(of: Option<&(Grantee, Name)>, on: Option<&GrantTarget>) -> String {
    let Some((grantee, name)) = of else { return "SHOW GRANTS".to_string() };
    let word = match grantee {
        Grantee::Role => "ROLE",
        Grantee::User => "USER",
    };
    let on = on.map_or_else(String::new, |on| format!(" ON {}", grant_target(on)));
    format!("SHOW GRANTS FOR {word} {}{on}", string(name))
}
