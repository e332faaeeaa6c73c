//! ORDER BY fields: by the server where it can (`pushdown`), or else in the kernel over pages of
//! rows. The rows that are shown and one page are kept, up to the memory limit.

use std::cmp::Ordering;

use crate::diagnostic::Result;
use crate::evaluate::order::{Way, compare_rows, sort_rows};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::memory::row_bytes;
use crate::execute::params::pair;
use crate::execute::read::outputs::{OutputField, Outputs, span_of, unaliased};
use crate::execute::read::pushdown::{self, Answer, Arranged};
use crate::execute::read::scan::Read;
use crate::language::ast::{Item, OrderKey};
use crate::milvus::{Feature, Platform};
use crate::outcome::{Datum, Table};
use milvus_proto::milvus as pb;

/// The first `limit` rows in another order than the key's.
pub(crate) async fn sorted<P: Platform>(
    items: &[Item],
    keys: &[OrderKey],
    read: &Read<'_>,
    limit: u64,
    context: &Context<'_, P>,
) -> Result<Arranged> {
    let order = Order::of(items, keys, read.collection)?;
    if let Some(sorted) = by_server(&order, read, limit, context).await? {
        return Ok(sorted);
    }
    let mut first: Vec<Vec<Datum>> = Vec::new();
    let (limit, mut memory) =
        (usize::try_from(limit).unwrap_or(usize::MAX), context.memory(read.table));
    let count = read
        .pages(&order.outputs, 0, u64::MAX, context, |page| {
            let (began, count) = (context.client.platform().now(), page.rows.len() as u64);
            first.extend(page.rows);
            // a stable sort keeps rows of equal keys in the order of the primary key
            sort_rows(&mut first, order.width, &order.ways);
            first.truncate(limit);
            context.client.step("sort in the kernel", count, began);
            memory.set(first.iter().map(|row| row_bytes(row)).sum())
        })
        .await?;
    Ok(Arranged {
        table: order.table(first, read.collection),
        count: count.unwrap_or(0),
        in_kernel: true,
    })
}

/// The rows as the server sorts them; `None` where it cannot.
async fn by_server<P: Platform>(
    order: &Order,
    read: &Read<'_>,
    limit: u64,
    context: &Context<'_, P>,
) -> Result<Option<Arranged>> {
    let Some(order_by) = pushdown::order_by(&order.keys, &order.ways, read.collection)
        .filter(|_| read.rest.is_none() && context.client.version().has(Feature::OrderBy))
        .filter(|_| (1..=read.page(&order.outputs)).contains(&limit))
    else {
        return Ok(None);
    };
    let query_params = vec![pair("limit", limit), pair("order_by_fields", order_by)];
    let names = order.outputs.names.clone();
    let reply = match pushdown::on_server(read, names, query_params, context).await? {
        Answer::Rows(reply) => reply,
        Answer::Refused => return Ok(None),
        Answer::Unread => pb::QueryResults::default(),
    };
    let rows = order.outputs.table(reply.fields_data, read.collection)?.rows;
    // a server that reads the parameter over gives rows in an order of its own
    let in_order = |a: &Vec<Datum>, b: &Vec<Datum>| {
        compare_rows(a, b, order.width, &order.ways) != Ordering::Greater
    };
    if !rows.is_sorted_by(in_order) {
        return Ok(None);
    }
    let count = if rows.len() as u64 == limit {
        read.count(context).await?
    } else {
        Some(rows.len() as u64)
    };
    let count = count.unwrap_or(0);
    Ok(Some(Arranged { table: order.table(rows, read.collection), count, in_kernel: false }))
}

/// What is read of each row: the columns that are shown, then those that are sorted by.
struct Order {
    outputs: Outputs,
    /// how many columns are shown
    width: usize,
    keys: Vec<OutputField>,
    ways: Vec<Way>,
}

impl Order {
    fn of(items: &[Item], keys: &[OrderKey], collection: &Collection) -> Result<Order> {
        let mut fields = items
            .iter()
            .map(|item| OutputField::of(&item.output, item.alias.as_ref(), collection))
            .collect::<Result<Vec<_>>>()?;
        let width = fields.len();
        let sort = keys
            .iter()
            .map(|key| OutputField::of(&unaliased(&key.output, items)?, None, collection))
            .collect::<Result<Vec<_>>>()?;
        for (field, key) in sort.iter().zip(keys) {
            field.check_order(span_of(&key.output), collection)?;
        }
        fields.extend(sort.iter().cloned());
        let outputs = Outputs::of_fields(fields);
        let ways = keys.iter().map(Way::of).collect();
        Ok(Order { outputs, width, keys: sort, ways })
    }

    /// Rows without the columns that were sorted by.
    fn table(&self, mut rows: Vec<Vec<Datum>>, collection: &Collection) -> Table {
        let mut columns = self.outputs.columns_of(&rows, collection);
        columns.truncate(self.width);
        rows.iter_mut().for_each(|row| row.truncate(self.width));
        Table::new(columns, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, said, select};
    use crate::language::ast::{Direction, Items};

    fn order(text: &str) -> Result<Order, String> {
        let select = select(text);
        let Items::Listed(items) = &select.items else { panic!("{text}") };
        let Some(crate::language::ast::Order::By(keys)) = &select.order else { panic!("{text}") };
        Order::of(items, keys, &books()).map_err(|error| said(&error))
    }

    #[test]
    fn what_is_sorted_by_is_read_and_not_shown() {
        let order =
            order("SELECT title, year AS y FROM books ORDER BY price DESC, y").expect("one");
        assert_eq!(order.outputs.names, ["title", "year", "price"]);
        assert_eq!(order.ways, [Way::from(Direction::Descending), Way::ASCENDING]);
        let row = |values: [i64; 4]| values.map(Datum::Int).to_vec();
        let table = order.table(vec![row([1, 2, 3, 2]), row([5, 6, 7, 6])], &books());
        let heads: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(heads, ["title", "y"]);
        assert_eq!(table.rows, [[1, 2].map(Datum::Int), [5, 6].map(Datum::Int)]);
    }

    #[test]
    fn what_has_no_order_is_refused() {
        let error = order("SELECT title FROM books ORDER BY v").err().expect("no order");
        assert!(error.starts_with("TypeMismatch: `v` is VECTOR(2) and has no order"), "{error}");
        let error = order("SELECT title FROM books ORDER BY count(*)").err().expect("no group");
        assert!(error.starts_with("SyntaxError: count belongs to a statement that groups"));
    }
}
