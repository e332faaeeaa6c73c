//! The tables that a statement names: those that it is about. In: a statement. Out: their names, to
//! be read or changed. The tables of a SELECT within it are not among them: it is carried out by
//! itself.

use super::ast::*;

pub(crate) fn of(kind: &mut Kind) -> Vec<&mut Name> {
    match kind {
        Kind::Explain(explained) | Kind::Analyze(explained) => of(&mut explained.kind),
        Kind::ShowOf { what: _, table }
        | Kind::ShowCreate(table)
        | Kind::ShowIndexProgress { index: _, table }
        | Kind::ShowLoadingProgress { table, partitions: _ }
        | Kind::ShowPartition { partition: _, table }
        | Kind::Describe(table)
        | Kind::DescribeIndex { index: _, table }
        | Kind::Stats(table)
        | Kind::OriginalCreateTable { table, params: _ }
        | Kind::CreateAs { table, if_not_exists: _, source: _ }
        | Kind::CreateLike { table, if_not_exists: _, like: _ }
        | Kind::AlterTable { table, change: _ }
        | Kind::DropTable { table, if_exists: _ }
        | Kind::Truncate(table)
        | Kind::CreatePartition { table, partition: _, if_not_exists: _ }
        | Kind::DropPartition { table, partition: _, if_exists: _ }
        | Kind::CreateIndex { table, index: _, if_not_exists: _ }
        | Kind::OriginalCreateIndex { table, params: _ }
        | Kind::AlterIndex { index: _, table, change: _ }
        | Kind::DropIndex { index: _, table, if_exists: _ }
        | Kind::OriginalDropIndex(table)
        | Kind::Release { table, partitions: _ }
        | Kind::Delete { table, partition: _, filter: _, few: _ }
        | Kind::OriginalInsert { vectors: _, table, partition: _, ids: _ }
        | Kind::OriginalDelete { table, ids: _ }
        | Kind::OriginalSearch { vectors: _, table, params: _ }
        | Kind::OriginalGet { table, ids: _ }
        | Kind::Compact { table, params: _ }
        | Kind::Import { files: _, table, partition: _, params: _ }
        | Kind::TransferReplicas { count: _, table, from: _, to: _ } => vec![table],
        Kind::DescribeObject { object: _, name: _, table }
        | Kind::DropObject { object: _, name: _, if_exists: _, table } => {
            table.iter_mut().collect()
        }
        Kind::CreateObject(create) => create.table.iter_mut().collect(),
        Kind::AlterObject { object: _, name: _, change: ObjectChange::Target(table) } => {
            vec![table]
        }
        Kind::CreateTable(create) => vec![&mut create.table],
        Kind::Write(write) => vec![&mut write.table],
        Kind::WriteFrom(write) => vec![&mut write.table],
        Kind::Update(update) => vec![&mut update.table],
        Kind::Select(select) => vec![&mut select.table],
        Kind::Plot(plot) => match plot {
            Plot::Vectors(vectors) => vec![&mut vectors.table],
            Plot::Select { select, mark: _ } => vec![&mut select.table],
        },
        Kind::CopyFrom(copy) | Kind::CreateFrom { if_not_exists: _, copy } => {
            vec![&mut copy.table]
        }
        Kind::CopyTo(copy) => match &mut copy.source {
            CopySource::Table { table, partition: _, fields: _ } => vec![table],
            CopySource::Select(select) => vec![&mut select.table],
        },
        Kind::Load { table, more, partitions: _, fields: _, params: _ } => {
            std::iter::once(table).chain(more).collect()
        }
        Kind::Flush(tables) => tables.iter_mut().collect(),
        Kind::Restore { snapshot: _, table, to } => vec![table, to],
        Kind::RunAnalyzer { texts: _, field, params: _ } => {
            field.iter_mut().map(|(table, _)| table).collect()
        }
        Kind::Connect(_)
        | Kind::UseConnection(_)
        | Kind::Disconnect(_)
        | Kind::Use(_)
        | Kind::Help(_)
        | Kind::Set { .. }
        | Kind::SetVariable { .. }
        | Kind::Show { .. }
        | Kind::ShowGrants { .. }
        | Kind::ShowJob { .. }
        | Kind::AlterObject { .. }
        | Kind::DropStorage
        | Kind::Constants(_)
        | Kind::GrantRole { .. }
        | Kind::Grant(_)
        | Kind::ExportDatabase { .. }
        | Kind::ImportDatabase { .. }
        | Kind::TransferNodes { .. } => Vec::new(),
    }
}
