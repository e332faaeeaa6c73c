//! A statement by the words that it opens with, as an error names it: "CREATE ROLE", "ALTER TABLE …
//! DROP FIELD". In: the syntax tree. Out: words; never a name or a value of the user's.

use std::borrow::Cow;

use crate::language::ast::{Change, Grantee, Kind, Object, ObjectChange};

/// Words that end an error's sentence about what a server does not do.
pub(crate) fn words(kind: &Kind) -> Cow<'static, str> {
    let fixed = match kind {
        Kind::Show { what, .. } | Kind::ShowOf { what, .. } => {
            return format!("SHOW {}", what.word()).into();
        }
        Kind::ShowJob { job, .. } => return format!("SHOW {}", job.word()).into(),
        Kind::DescribeObject { object, .. } => return format!("DESCRIBE {}", object.word()).into(),
        Kind::CreateObject(create) => return format!("CREATE {}", create.object.word()).into(),
        Kind::AlterObject { object, change, .. } => return alter(*object, change),
        Kind::DropObject { object, .. } => return format!("DROP {}", object.word()).into(),
        Kind::Explain(inner) | Kind::Analyze(inner) => return words(&inner.kind),
        Kind::Connect(_) => "CONNECT",
        Kind::UseConnection(_) => "USE CONNECTION",
        Kind::Disconnect(_) => "DISCONNECT",
        Kind::Use(_) => "USE",
        Kind::Help(_) => "HELP",
        Kind::Set { .. } | Kind::SetVariable { .. } => "SET",
        Kind::ShowCreate(_) => "SHOW CREATE TABLE",
        Kind::ShowIndexProgress { .. } => "SHOW PROGRESS OF INDEX",
        Kind::ShowLoadingProgress { .. } => "SHOW PROGRESS OF LOADING",
        Kind::ShowGrants { of: None, .. } => "SHOW GRANTS",
        Kind::ShowGrants { of: Some((Grantee::Role, _)), .. } => "SHOW GRANTS FOR ROLE",
        Kind::ShowGrants { of: Some((Grantee::User, _)), .. } => "SHOW GRANTS FOR USER",
        Kind::ShowPartition { .. } => "SHOW PARTITION",
        Kind::Describe(_) => "DESCRIBE",
        Kind::DescribeIndex { .. } => "DESCRIBE INDEX",
        Kind::Stats(_) => "stats",
        Kind::CreateTable(_) | Kind::OriginalCreateTable { .. } => "CREATE TABLE",
        Kind::AlterTable { change, .. } => alter_table(change),
        Kind::DropTable { .. } => "DROP TABLE",
        Kind::DropStorage => "DROP STORAGE",
        Kind::Truncate(_) => "TRUNCATE TABLE",
        Kind::CreatePartition { .. } => "CREATE PARTITION",
        Kind::DropPartition { .. } => "DROP PARTITION",
        Kind::CreateIndex { .. } | Kind::OriginalCreateIndex { .. } => "CREATE INDEX",
        Kind::AlterIndex { .. } => "ALTER INDEX",
        Kind::DropIndex { .. } | Kind::OriginalDropIndex(_) => "DROP INDEX",
        Kind::Load { .. } => "LOAD TABLE",
        Kind::Release { .. } => "RELEASE TABLE",
        Kind::Write(write) if write.upsert => "UPSERT",
        Kind::WriteFrom(write) if write.upsert => "UPSERT",
        Kind::Write(_) | Kind::WriteFrom(_) | Kind::OriginalInsert { .. } => "INSERT",
        Kind::CopyFrom(_) | Kind::CopyTo(_) => "COPY",
        Kind::CreateFrom { .. } | Kind::CreateAs { .. } | Kind::CreateLike { .. } => "CREATE TABLE",
        Kind::Update(_) => "UPDATE",
        Kind::Delete { .. } | Kind::OriginalDelete { .. } => "DELETE",
        Kind::Plot(_) => "PLOT",
        Kind::Select(_)
        | Kind::Constants(_)
        | Kind::OriginalSearch { .. }
        | Kind::OriginalGet { .. } => "SELECT",
        Kind::GrantRole { revoke: false, .. } => "GRANT ROLE",
        Kind::GrantRole { revoke: true, .. } => "REVOKE ROLE",
        Kind::Grant(grant) if grant.revoke => "REVOKE",
        Kind::Grant(_) => "GRANT",
        Kind::Flush(_) => "FLUSH",
        Kind::Compact { .. } => "COMPACT",
        Kind::Import { .. } => "IMPORT",
        Kind::ExportDatabase { .. } => "EXPORT DATABASE",
        Kind::ImportDatabase { .. } => "IMPORT DATABASE",
        Kind::TransferNodes { .. } => "TRANSFER NODES",
        Kind::TransferReplicas { .. } => "TRANSFER REPLICAS",
        Kind::Restore { .. } => "RESTORE SNAPSHOT",
        Kind::RunAnalyzer { .. } => "RUN ANALYZER",
    };
    fixed.into()
}

fn alter(object: Object, change: &ObjectChange) -> Cow<'static, str> {
    let object = object.word();
    match change {
        ObjectChange::Members { add: true, .. } => format!("ALTER {object} … ADD").into(),
        ObjectChange::Members { add: false, .. } => format!("ALTER {object} … REMOVE").into(),
        ObjectChange::Target(_)
        | ObjectChange::Password { .. }
        | ObjectChange::Set(_)
        | ObjectChange::Reset(_) => format!("ALTER {object}").into(),
    }
}

fn alter_table(change: &Change) -> &'static str {
    match change {
        Change::AddField { .. } => "ALTER TABLE … ADD FIELD",
        Change::DropField(_) => "ALTER TABLE … DROP FIELD",
        Change::SetField { .. } | Change::ResetField { .. } => "ALTER TABLE … ALTER FIELD",
        Change::Rename(_) => "ALTER TABLE … RENAME",
        Change::Set(_) | Change::Reset(_) => "ALTER TABLE",
    }
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::language::parse::parse;

    #[test]
    fn names_the_statement_and_nothing_of_the_users() {
        for (statement, expected) in [
            ("CREATE USER alice PASSWORD 'secret'", "CREATE USER"),
            ("ALTER TABLE t ALTER FIELD f SET (max_length = 3)", "ALTER TABLE … ALTER FIELD"),
            ("SHOW REPLICAS FROM t", "SHOW REPLICAS"),
            ("EXPLAIN REVOKE Search ON TABLE t FROM ROLE r", "REVOKE"),
            ("select 1, 2 from t where top_k=1", "SELECT"),
        ] {
            assert_eq!(words(&parse(statement).unwrap()[0].kind), expected, "{statement}");
        }
    }
}
