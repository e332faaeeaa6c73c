//! Rows on their way to a server: in as many requests as they need. In: columns. Out: how many were
//! written, and their ids, both as the server says. Knows nothing of the statement they are from.

use crate::diagnostic::{Diagnostic, Result};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::context::Context;
use crate::execute::convert::column::ColumnBuilder;
use crate::execute::convert::datum;
use crate::language::ast::Name;
use crate::milvus::{Error, Platform};
use crate::outcome::{Column, Datum, Table, grouped, rows};
use milvus_proto::milvus as pb;
use milvus_proto::schema::{DataType, FieldData, JsonArray, ScalarField, field_data, scalar_field};

/// Milvus takes messages up to 64 MiB; half of that leaves room for what it adds itself.
const MAX_REQUEST_BYTES: usize = 32 << 20;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Insert,
    Upsert,
    /// an upsert that keeps the fields that are left out
    Partial,
}

/// Rows that are written into a partition, or where a partition key puts them.
pub(crate) struct Rows<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) table: &'a Name,
    pub(crate) partition: Option<&'a Name>,
    pub(crate) columns: Vec<ColumnBuilder<'a>>,
    /// the fields that the schema does not name, as one JSON object a row
    pub(crate) dynamic: Option<Vec<Vec<u8>>>,
    pub(crate) count: usize,
}

/// What was acknowledged.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) count: u64,
    ids: Vec<Datum>,
}

impl Sent {
    /// The ids that the server or the kernel made.
    pub(crate) fn ids_table(self, collection: &Collection) -> Result<Table> {
        let key = collection.primary()?;
        Ok(Table::new(
            vec![Column::new(key.name.clone(), datum::kind(key.data_type))],
            self.ids.into_iter().map(|id| vec![id]).collect(),
        ))
    }

    /// The error of a request behind those that were acknowledged: what is in is not sent again.
    pub(crate) fn before(&self, error: Diagnostic, upsert: bool) -> Diagnostic {
        if self.count == 0 {
            return error;
        }
        let error = error.help(format!(
            "the first {} are in: they were acknowledged before this error",
            rows(self.count)
        ));
        if upsert {
            return error.help("an UPSERT of all of them again does no harm");
        }
        error.help(format!("go on with the rows from number {} on", grouped(self.count + 1)))
    }
}

impl Rows<'_> {
    /// Sends them all. When a request fails, `sent` is what was acknowledged before it.
    pub(crate) async fn send<P: Platform>(
        mut self,
        mode: Mode,
        sent: &mut Sent,
        context: &Context<'_, P>,
    ) -> Result<()> {
        let batch = self.per_request();
        let mut left = self.count;
        let mut requests = 0u64;
        while left > 0 {
            let taken = batch.min(left);
            let reply = self
                .send_first(taken, mode, context)
                .await
                .map_err(|error| context.diagnose(error, self.table.span))?;
            context.client.wrote(&self.collection.identity(), reply.timestamp);
            let counted = match mode {
                Mode::Insert => reply.insert_cnt,
                Mode::Upsert | Mode::Partial => reply.upsert_cnt,
            };
            sent.count = sent.count.saturating_add(u64::try_from(counted).unwrap_or(0));
            sent.ids.extend(datum::ids(reply.i_ds));
            left -= taken;
            requests += 1;
        }
        if requests > 1 {
            context.notice(format!(
                "sent in {requests} requests of up to {} MiB",
                MAX_REQUEST_BYTES >> 20
            ));
        }
        Ok(())
    }

    /// So many rows stay below the size of a request.
    fn per_request(&self) -> usize {
        let count = self.count.max(1);
        let objects: usize = self.dynamic.iter().flatten().map(|object| object.len() + 5).sum();
        let row_bytes = self.columns.iter().map(|column| column.row_bytes(count)).sum::<usize>()
            + objects.div_ceil(count);
        (MAX_REQUEST_BYTES / row_bytes.max(1)).clamp(1, count)
    }

    /// The first `count` rows, which are taken off.
    fn take(&mut self, count: usize) -> Vec<FieldData> {
        let mut fields: Vec<FieldData> =
            self.columns.iter_mut().map(|column| column.take(count)).collect();
        if let Some(objects) = &mut self.dynamic {
            let rest = objects.split_off(count.min(objects.len()));
            fields.push(dynamic_field(std::mem::replace(objects, rest)));
        }
        fields
    }

    async fn send_first<P: Platform>(
        &mut self,
        count: usize,
        mode: Mode,
        context: &Context<'_, P>,
    ) -> Result<pb::MutationResult, Error> {
        let fields_data = self.take(count);
        let db_name = context.client.database();
        let collection_name = self.table.value.clone();
        let partition_name = self.partition.map(|name| name.value.clone()).unwrap_or_default();
        let num_rows = u32::try_from(count).unwrap_or(u32::MAX);
        match mode {
            Mode::Insert => {
                let request = pb::InsertRequest {
                    db_name,
                    collection_name,
                    partition_name,
                    fields_data,
                    num_rows,
                };
                context.client.send(request).await
            }
            Mode::Upsert | Mode::Partial => {
                let request = pb::UpsertRequest {
                    db_name,
                    collection_name,
                    partition_name,
                    fields_data,
                    num_rows,
                    partial_update: mode == Mode::Partial,
                    ..Default::default()
                };
                context.client.send(request).await
            }
        }
    }
}

fn dynamic_field(objects: Vec<Vec<u8>>) -> FieldData {
    FieldData {
        r#type: DataType::Json.into(),
        field_name: DYNAMIC_FIELD.to_string(),
        is_dynamic: true,
        field: Some(field_data::Field::Scalars(ScalarField {
            data: Some(scalar_field::Data::JsonData(JsonArray { data: objects })),
        })),
        ..FieldData::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Span};
    use crate::execute::catalog::collection::Field;
    use crate::execute::catalog::fixture::{books, name};

    #[test]
    fn large_writes_are_split() {
        let (books, table) = (books(), name("books"));
        let rows = |columns, dynamic, count| {
            let (collection, table) = (&books, &table);
            Rows { collection, table, partition: None, columns, dynamic, count }
        };
        let field = Field { data_type: DataType::FloatVector, dim: 1 << 20, ..Field::named("v") };
        let mut column = ColumnBuilder::new(&field, 1, Span::default()).expect("a column");
        column.push_stored(&Datum::Vector(vec![0.5; 1 << 20]), Span::default()).expect("it fits");
        assert_eq!(rows(vec![column], None, 1).per_request(), 1, "however large it is");
        let objects = vec![vec![b' '; 4 << 20]; 100];
        assert_eq!(rows(vec![], Some(objects), 100).per_request(), 7, "32 MiB at the most");
        assert_eq!(rows(vec![], None, 100).per_request(), 100);
        assert_eq!(rows(vec![], None, 0).per_request(), 1);
    }

    #[test]
    fn requests_take_their_rows_off() {
        let (books, table) = (books(), name("books"));
        let field = books.find("year").expect("a field");
        let mut column = ColumnBuilder::new(field, 3, Span::default()).expect("a column");
        for year in [1, 2, 3] {
            column.push_stored(&Datum::Int(year), Span::default()).expect("it fits");
        }
        let mut rows = Rows {
            collection: &books,
            table: &table,
            partition: None,
            columns: vec![column],
            dynamic: Some(vec![b"{}".to_vec(); 3]),
            count: 3,
        };
        let first = rows.take(2);
        assert_eq!(datum::column(first[0].clone(), 2), [1, 2].map(Datum::Int));
        assert_eq!((first[1].field_name.as_str(), first[1].is_dynamic), (DYNAMIC_FIELD, true));
        assert_eq!(datum::rows(&first[1]), 2);
        assert_eq!(datum::column(rows.take(2)[0].clone(), 1), [Datum::Int(3)]);
    }

    #[test]
    fn an_error_says_what_is_in_already() {
        let error = || Diagnostic::new(Code::ServerError, "no room");
        let sent = |count| Sent { count, ids: Vec::new() };
        assert!(sent(0).before(error(), false).help.is_empty());
        let in_already = "the first 12,345 rows are in: they were acknowledged before this error";
        assert_eq!(
            sent(12_345).before(error(), false).help,
            [in_already, "go on with the rows from number 12,346 on"]
        );
        assert_eq!(
            sent(12_345).before(error(), true).help,
            [in_already, "an UPSERT of all of them again does no harm"]
        );
    }
}
