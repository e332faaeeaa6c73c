//! COPY … TO: a table, or the rows of a SELECT, as a file.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::context::Context;
use crate::execute::copy::asked::{self, For};
use crate::execute::copy::from::write;
use crate::execute::define::partition::check_partitions;
use crate::execute::params;
use crate::execute::read::outputs::{OutputField, Outputs};
use crate::execute::read::scan::Read;
use crate::execute::select;
use crate::files::Options;
use crate::files::columns::Head;
use crate::files::writer::Writer;
use crate::language::ast::{CopySource, CopyTo, Name};
use crate::milvus::Platform;
use crate::outcome::{Outcome, grouped, rows};

pub(crate) async fn copy<P: Platform>(copy: &CopyTo, context: &Context<'_, P>) -> Result<Outcome> {
    let place = params::text(&copy.file)?;
    if place.value.contains("://") {
        let message = "a URL cannot be written to";
        return Err(Diagnostic::new(Code::FileError, message)
            .at(place.span)
            .help("name a file of the notebook's folder, 'books.csv'"));
    }
    let asked = asked::read(&place, &copy.params, For::To)?;
    let gzipped = asked.options.gzipped;
    let writer = match &copy.source {
        CopySource::Table { table, partition, fields } => {
            let fields = fields.as_deref();
            of_table(table, partition.as_ref(), fields, asked.options, &place, context).await?
        }
        CopySource::Select(query) => {
            let whole = context.of_all_rows();
            let outcome = select::select(query, &whole).await;
            context.take_over(&whole);
            of_outcome(outcome?, asked.options, &place)?
        }
    };
    if context.client.explaining() {
        return Ok(Outcome::default());
    }
    let count = rows(writer.rows());
    write(&place, writer, gzipped, context).await?;
    Ok(Outcome::done(format!("copied {count} to {place}")))
}

async fn of_table<P: Platform>(
    table: &Name,
    partition: Option<&Name>,
    fields: Option<&[Name]>,
    options: Options,
    place: &Name,
    context: &Context<'_, P>,
) -> Result<Writer> {
    let collection = context.collection(table).await?;
    check_partitions(table, partition.map(std::slice::from_ref).unwrap_or_default(), context)
        .await?;
    let names = match fields {
        Some(names) => {
            for name in names.iter().filter(|name| name.value != DYNAMIC_FIELD) {
                if collection.find(&name.value).is_none() && !collection.dynamic {
                    return Err(collection.unknown_field(name));
                }
            }
            names.iter().map(|name| name.value.clone()).collect()
        }
        None => all(&collection),
    };
    let wrong = |reason: String| unfit(reason, place);
    let outputs = Outputs::of_fields(names.iter().map(|name| output(name, &collection)).collect());
    let heads = names.iter().map(|name| head(name, &collection)).collect();
    let mut writer = Writer::new(options, heads).map_err(wrong)?;
    let read = Read {
        collection: &collection,
        table,
        partitions: partition.iter().map(|name| name.value.clone()).collect(),
        expr: String::new(),
        rest: None,
        level: None,
    };
    read.pages(&outputs, 0, u64::MAX, context, |page| {
        page.rows.iter().try_for_each(|row| writer.row(row)).map_err(wrong)
    })
    .await?;
    Ok(writer)
}

/// The columns that an INSERT has, in the order of the schema, and the dynamic field.
fn all(collection: &Collection) -> Vec<String> {
    let fields = collection.fields.iter().filter(|field| !field.generated);
    let names = fields.map(|field| field.name.as_str());
    names.chain(collection.dynamic.then_some(DYNAMIC_FIELD)).map(str::to_string).collect()
}

fn of_outcome(outcome: Outcome, options: Options, place: &Name) -> Result<Writer> {
    let Some(table) = outcome.tables.into_iter().next() else {
        return Err(unfit("the SELECT has no rows and no columns".to_string(), place));
    };
    let there = table.rows.len() as u64;
    if there < table.total {
        let message =
            format!("{} of {} rows can be held at a time", grouped(there), grouped(table.total));
        return Err(Diagnostic::new(Code::NotSupported, message)
            .at(place.span)
            .help("copy them in parts, by a condition on the key"));
    }
    let columns = table.columns.iter().enumerate();
    let heads = columns.map(|(at, column)| Head::of_rows(&column.name, at, &table.rows));
    let mut writer =
        Writer::new(options, heads.collect()).map_err(|reason| unfit(reason, place))?;
    table.rows.iter().try_for_each(|row| writer.row(row)).map_err(|reason| unfit(reason, place))?;
    Ok(writer)
}

fn unfit(reason: String, place: &Name) -> Diagnostic {
    Diagnostic::new(Code::FileError, format!("this cannot be written to {place}: {reason}"))
        .at(place.span)
}

/// The column of a field, of the whole dynamic one, or of a key of it.
fn head(name: &str, collection: &Collection) -> Head {
    match collection.find(name) {
        Some(field) => Head::of_type(name, field.type_name(), field.nullable, field.primary),
        None => Head::of_type(name, "JSON".to_string(), true, false),
    }
}

/// A field, or a key of the dynamic one.
fn output(name: &str, collection: &Collection) -> OutputField {
    OutputField::stored(name, collection.find(name).is_none())
}
