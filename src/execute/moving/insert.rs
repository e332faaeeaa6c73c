//! INSERT and UPSERT of the rows of a SELECT, which may be of another database or another
//! connection. What is read by key is read and written page by page, and every end but the good one
//! says how far that is and how to go on; what is found, sorted or grouped is held first.

use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::context::Context;
use crate::execute::define::partition::check_partitions;
use crate::execute::moving::rows::Plan;
use crate::execute::read::outputs::{OutputField, Outputs};
use crate::execute::read::scan::Read;
use crate::execute::read::split::{self, Condition};
use crate::execute::read::{bounds, filter, rewrite};
use crate::execute::state::Connection;
use crate::execute::write::requests::Sent;
use crate::execute::write::rows::can_upsert;
use crate::execute::{params, places, select};
use crate::language::ast::{Item, Items, Name, Output, Select, WriteFrom};
use crate::milvus::{Platform, Target};
use crate::outcome::{Datum, Outcome, Table, grouped, rows};

pub(crate) async fn insert<P: Platform>(
    write: &WriteFrom,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut write = write.clone();
    let connection = source(&mut write.source.table, context).await?;
    let from = context.on(&connection);
    let has_star = |item: &Item| matches!(item.output, Output::Every { .. });
    let by_name = match &write.source.items {
        Items::All => true,
        Items::Listed(items) => items.iter().any(has_star),
    };
    let moved = insert_from(&write, by_name, &from, context).await;
    has_read(&from, context);
    let count = rows(moved?);
    let verb = if write.upsert { "upserted" } else { "inserted" };
    Ok(Outcome::done(format!("{verb} {count} into {}", write.table)))
}

/// The connection that rows come from.
pub(crate) async fn source<P: Platform>(
    table: &mut Name,
    context: &Context<'_, P>,
) -> Result<Rc<Connection<P>>> {
    let place = places::of_table(table);
    let explaining = context.client.explaining();
    let (connection, notices) =
        places::connection(place.as_ref(), context.state, table.span).await?;
    notices.into_iter().for_each(|notice| context.notice(notice));
    if !connection.client.is_of(context.client) {
        connection.client.begin(explaining);
    }
    Ok(connection)
}

/// Takes over what was said of reading, and what EXPLAIN wrote down of it.
pub(crate) fn has_read<P: Platform>(from: &Context<'_, P>, context: &Context<'_, P>) {
    context.take_over(from);
    if !from.client.is_of(context.client) {
        context.client.explain_before(from.client.take_explained());
    }
}

/// Moves the rows; returns how many.
pub(crate) async fn insert_from<P: Platform>(
    write: &WriteFrom,
    by_name: bool,
    from: &Context<'_, P>,
    context: &Context<'_, P>,
) -> Result<u64> {
    // what somebody else has added is moved as well
    let target = context.fresh_collection(&write.table).await?;
    check_partitions(&write.table, write.partition.as_slice(), context).await?;
    if write.upsert {
        can_upsert(&target, &write.table, context)?;
    }
    let table = &write.source.table;
    let collection = from.fresh_collection(table).await?;
    let select = written_out(&write.source, &collection)?;
    let select = &*rewrite::rewritten(&select, &collection)?;
    let mut moving =
        Moving { write, by_name, target: &target, plan: None, done: 0, upto: None, context };
    let (condition, ranges) = bounds::split(select.filter.clone(), &collection)?;
    let is_paged = select.order.is_none()
        && select.hybrid.is_empty()
        && select.params.is_empty()
        && ranges.is_empty()
        && !select::groups(select);
    if !is_paged {
        let whole = from.of_all_rows();
        let outcome = select::select(select, &whole).await;
        from.take_over(&whole);
        let found = outcome?.tables.into_iter().next().unwrap_or_default();
        check_whole(&found, table)?;
        moving.plan(found.columns.iter().map(|column| column.name.clone()).collect())?;
        moving.write(&found.rows).await.map_err(|error| moving.so_far_of(error, None))?;
        return Ok(moving.done);
    }
    check_partitions(table, &select.partitions, from).await?;
    let Condition { expr, rest } = split::condition(condition.as_ref(), &collection, from)?;
    let read = Read {
        collection: &collection,
        table,
        partitions: select.partitions.iter().map(|name| name.value.clone()).collect(),
        expr,
        rest,
        level: select.consistency.as_ref().map(params::consistency).transpose()?,
    };
    let Items::Listed(items) = &select.items else { return Ok(0) };
    let key = collection.primary()?.name.clone();
    let mut fields = Vec::new();
    for item in items {
        fields.push(OutputField::of(&item.output, item.alias.as_ref(), &collection)?);
    }
    moving.plan(fields.iter().map(|field| field.head.clone()).collect())?;
    // read along, to know where to go on
    fields.push(OutputField::whole(&key));
    let outputs = Outputs::of_fields(fields);
    // two connections may lead to one server, under two names
    let is_there = match (&from.client.target, &context.client.target) {
        (Target::Engine(one), Target::Engine(other)) => one.url() == other.url(),
        (Target::Remote(_), Target::Remote(_)) => true,
        _ => false,
    };
    let is_same = is_there
        && from.client.database() == context.client.database()
        && collection.identity() == target.identity();
    // what is written would be read again
    let mut memory = from.memory(table);
    let offset = select.offset.as_ref().map(params::count).transpose()?.unwrap_or(0);
    let mut left = select.limit.as_ref().map(params::count).transpose()?.unwrap_or(u64::MAX);
    let (mut skip, mut last): (u64, Option<Datum>) = (offset, None);
    let mut held = Vec::new();
    while left > 0 {
        let size = read.page(&outputs).min(left);
        let expr = match &last {
            None => read.expr.clone(),
            Some(last) => read.and(&format!("{key} > {}", filter::key_literal(last))),
        };
        let (partitions, rest) = (read.partitions.clone(), read.rest.clone());
        let next = Read { expr, partitions, rest, ..read };
        let mut page = Table::default();
        let take = |more: Table| {
            page.rows.extend(more.rows);
            Ok(())
        };
        let pages = next.pages(&outputs, skip, size, from, take).await;
        if pages.map_err(|error| moving.so_far_of(error, Some((&key, left))))?.is_none() {
            moving.explain().await?;
            break;
        }
        let count = page.rows.len() as u64;
        let keys: Vec<Datum> = page.rows.iter_mut().filter_map(Vec::pop).collect();
        last = keys.last().cloned().or(last);
        (skip, left) = (0, left - count.min(left));
        match is_same {
            true => {
                memory.rows(&page.rows)?;
                held.push((page.rows, keys));
            }
            false => moving.page(&page.rows, &keys, &key, left).await?,
        }
        if count < size {
            break;
        }
    }
    let mut behind: u64 = held.iter().map(|(rows, _)| rows.len() as u64).sum();
    if behind > 0 {
        moving.upto = last;
    }
    for (rows, keys) in held {
        behind -= rows.len() as u64;
        moving.page(&rows, &keys, &key, left.saturating_add(behind)).await?;
    }
    Ok(moving.done)
}

/// What is under way.
struct Moving<'a, P: Platform> {
    write: &'a WriteFrom,
    by_name: bool,
    target: &'a Collection,
    plan: Option<Plan<'a>>,
    /// rows that were acknowledged
    done: u64,
    /// the last key that was read of a table that is written into itself
    upto: Option<Datum>,
    context: &'a Context<'a, P>,
}

impl<P: Platform> Moving<'_, P> {
    fn plan(&mut self, heads: Vec<String>) -> Result<()> {
        let version = self.context.client.version();
        let mut plan = Plan::new(self.write, &heads, self.by_name, self.target, &version)?;
        let notices = std::mem::take(&mut plan.notices);
        notices.into_iter().for_each(|notice| self.context.notice(notice));
        self.plan = Some(plan);
        Ok(())
    }

    async fn write(&mut self, page: &[Vec<Datum>]) -> Result<()> {
        let Some(plan) = self.plan.as_ref().filter(|_| !page.is_empty()) else { return Ok(()) };
        let mut sent = Sent::default();
        let result = plan.rows(self.write, page)?.send(plan.mode, &mut sent, self.context).await;
        self.done += sent.count;
        result
    }

    /// Writes a page that was read by key.
    async fn page(
        &mut self,
        page: &[Vec<Datum>],
        keys: &[Datum],
        key: &str,
        left: u64,
    ) -> Result<()> {
        let before = self.done;
        let result = self.write(page).await;
        let count = usize::try_from(self.done - before).unwrap_or(usize::MAX);
        let last = count.checked_sub(1).and_then(|at| keys.get(at));
        if let Some(last) = last {
            let left = left.saturating_add((keys.len() - count.min(keys.len())) as u64);
            let lines = self.way_on(key, last, left);
            self.context.is_so_far(lines);
            let doing = format!("moving rows into {}", self.write.table);
            self.context.has_done(doing, self.done, None);
        }
        result.map_err(|error| self.so_far_of(error, Some((key, left))))
    }

    /// What is in, and how to go on.
    fn way_on(&self, key: &str, last: &Datum, left: u64) -> Vec<String> {
        let last = filter::key_literal(last);
        let limit = match &self.write.source.limit {
            Some(_) => format!(", with `LIMIT {left}`"),
            None => String::new(),
        };
        let upto = match &self.upto {
            Some(upto) => format!(" AND {key} <= {}", filter::key_literal(upto)),
            None => String::new(),
        };
        let offset = if self.write.source.offset.is_some() { ", without OFFSET" } else { "" };
        vec![
            format!("{} are in, up to {key} {last}: they were acknowledged", rows(self.done)),
            format!("`{key} > {last}{upto}` in the SELECT's condition goes on{limit}{offset}"),
        ]
    }

    fn so_far_of(&self, error: Diagnostic, paged: Option<(&str, u64)>) -> Diagnostic {
        if self.done == 0 {
            // of an answer that was lost nobody knows
            return match self.context.client.lost() {
                None => error.help("nothing was written"),
                Some(_) => error,
            };
        }
        if paged.is_some() {
            let lines = self.context.state.so_far.borrow().clone();
            return lines.into_iter().fold(error, Diagnostic::help);
        }
        error.help(format!(
            "the first {} are in: they were acknowledged; `OFFSET {}` goes on, if the SELECT gives \
             the same rows again",
            rows(self.done),
            self.done
        ))
    }

    /// EXPLAIN reads no rows: it shows the request that writes one.
    async fn explain(&self) -> Result<()> {
        let Some(plan) = &self.plan else { return Ok(()) };
        let rows = plan.rows(self.write, &[])?;
        let rows = crate::execute::write::requests::Rows { count: 1, ..rows };
        rows.send(plan.mode, &mut Sent::default(), self.context).await
    }
}

/// `*` as the fields that can be read and written; the dynamic one is one of them.
pub(crate) fn written_out(source: &Select, collection: &Collection) -> Result<Select> {
    let mut select = source.clone();
    let every = [Item { output: Output::Every { except: Vec::new() }, alias: None }];
    let items = match &source.items {
        Items::All => every.to_vec(),
        Items::Listed(items) => items.clone(),
    };
    let mut out = Vec::new();
    for item in items {
        let Output::Every { except } = &item.output else {
            out.push(item);
            continue;
        };
        for name in except {
            if collection.find(&name.value).is_none() && name.value != DYNAMIC_FIELD {
                return Err(collection.unknown_field(name));
            }
        }
        let fields = collection.fields.iter().filter(|field| !field.generated);
        let names = fields.map(|field| field.name.as_str());
        let names = names.chain(collection.dynamic.then_some(DYNAMIC_FIELD));
        let is_kept = |name: &&str| !except.iter().any(|except| except.value == **name);
        out.extend(names.filter(is_kept).map(|name| Item {
            output: Output::Field {
                name: Spanned::new(name.to_string(), source.table.span),
                path: Vec::new(),
            },
            alias: None,
        }));
    }
    select.items = Items::Listed(out);
    Ok(select)
}

/// All rows are there, and not those alone that can be held.
fn check_whole(found: &Table, table: &Name) -> Result<()> {
    let there = found.rows.len() as u64;
    if there >= found.total {
        return Ok(());
    }
    let message =
        format!("{} of {} rows can be held at a time", grouped(there), grouped(found.total));
    Err(Diagnostic::new(Code::NotSupported, message)
        .at(table.span)
        .help("move them in parts, by a condition on the key"))
}
