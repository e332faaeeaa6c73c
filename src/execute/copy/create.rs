//! CREATE TABLE … FROM: the first rows of a file tell the columns, the table is made, and the rows
//! are copied.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::DYNAMIC_FIELD;
use crate::execute::context::Context;
use crate::execute::copy::asked::{self, Asked, For};
use crate::execute::copy::cell::short;
use crate::execute::copy::from::{self, shown};
use crate::execute::copy::plan::plain_name;
use crate::execute::copy::source::Source;
use crate::execute::define::collection;
use crate::execute::params;
use crate::files::columns::Field;
use crate::files::infer::{self, Kind};
use crate::files::{Cells, Record};
use crate::language::ast::{
    Column, CopyFrom, CreateTable, Kind as Statement, Name, Param, TypeName, Value,
};
use crate::language::parse::parse;
use crate::language::print;
use crate::milvus::Platform;
use crate::outcome::{Outcome, Table};

/// Rows that tell the columns.
const SAMPLE: usize = 10_000;

/// Names of columns that are keys.
const KEYS: [&str; 5] = ["id", "_id", "pk", "key", "uuid"];

/// Bytes of a text: the first rows do not tell how long the others are.
const LONGEST: i64 = 65_535;

pub(crate) async fn create<P: Platform>(
    copy: &CopyFrom,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let place = params::text(&copy.file)?;
    let asked = asked::read(&place, &copy.params, For::Create)?;
    let there = context.collection_names(copy.table.span).await?;
    if let Some(outcome) = collection::to_create(&copy.table, &there, if_not_exists)? {
        return Ok(outcome);
    }
    let mut source = Source::open(&place, &asked.options, context).await?;
    source.peek(SAMPLE).await?;
    // a file of columns says what is text
    let null = (!source.format.is_columns()).then_some(asked.options.null.as_str());
    let columns = infer::columns(source.peeked(), source.names(), null);
    if columns.is_empty() {
        let message = format!("{} has no rows: they tell the columns of a table", source.shown);
        return Err(Diagnostic::new(Code::FileError, message)
            .at(place.span)
            .help(format!("write them: `CREATE TABLE {} (…)`", copy.table)));
    }
    let create = table(copy, &columns, &asked, &source)?;
    if copy.dry_run {
        return Ok(dry_run(&create, &columns));
    }
    collection::create(&create, context).await?;
    if context.client.explaining() {
        return Ok(Outcome::default());
    }
    let columns: Vec<String> = create.columns.iter().map(print::column).collect();
    context.notice(format!("the columns are {}", columns.join(", ")));
    let collection = context.collection(&copy.table).await?;
    let copied = from::run(copy, &collection, source, &asked, context).await.map_err(|error| {
        error.help(format!("collection {0} was created; `DROP TABLE {0}` removes it", copy.table))
    })?;
    let done = format!("created collection {} and {}", copy.table, copied.done);
    Ok(copied.with_done(done))
}

/// The statement that makes the table.
fn table<P: Platform>(
    copy: &CopyFrom,
    columns: &[infer::Column],
    asked: &Asked,
    source: &Source<P>,
) -> Result<CreateTable> {
    let span = copy.table.span;
    let key = key(columns, asked, source.fields())?;
    let first = source.peeked().first();
    let is_named =
        matches!(first, Some(Record { cells: Cells::Named(_), .. })) || source.names().is_some();
    let mut made: Vec<Column> = Vec::new();
    let is_there = |column: &infer::Column| !column.name.is_empty() && column.name != DYNAMIC_FIELD;
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| is_there(column)) {
        let name = match (is_named, source.format.is_named()) {
            (false, false) => "v".to_string(),
            _ => plain_name(&column.name),
        };
        if made.iter().any(|other| other.name.value == name) {
            let message = format!("two columns of {} would be called `{name}`", source.shown);
            return Err(Diagnostic::new(Code::FieldExists, message)
                .at(copy.file.span)
                .help("rename one of them in the file"));
        }
        let is_key = key == Some(at);
        let said = source.fields().get(at);
        let declared = said.and_then(|field| declared(field.declared.as_deref()?));
        let (data_type, element) = declared.unwrap_or_else(|| type_of(&column.kind, span));
        let has_null = column.has_null || said.and_then(|field| field.has_null) == Some(true);
        made.push(Column {
            nullable: (has_null && !is_key).then_some(true),
            primary_key: is_key,
            ..Column::new(Name::new(name, span), data_type, element)
        });
    }
    if key.is_none() {
        let taken = made.iter().any(|column| column.name.value == "id");
        let name = if taken { "row_id" } else { "id" };
        let bigint = TypeName { name: Name::new("BIGINT".to_string(), span), size: None };
        let id = Column {
            primary_key: true,
            // of arrays alone it is the row's number
            auto_increment: source.format.is_named(),
            ..Column::new(Name::new(name.to_string(), span), bigint, None)
        };
        made.insert(0, id);
    }
    // what COPY TO writes of a dynamic field
    let is_dynamic = columns.iter().any(|column| column.name == DYNAMIC_FIELD);
    let dynamic = || Param {
        name: Name::new("enable_dynamic_field".to_string(), span),
        values: vec![Spanned::new(Value::Bool(true), span)],
    };
    let params = is_dynamic.then(dynamic).into_iter().collect();
    Ok(CreateTable {
        table: copy.table.clone(),
        if_not_exists: false,
        columns: made,
        indexes: Vec::new(),
        params,
    })
}

/// The column that is the key: the one that was asked for, or one that is called so and is unique.
fn key(columns: &[infer::Column], asked: &Asked, said: &[Field]) -> Result<Option<usize>> {
    let fits = |column: &infer::Column| {
        matches!(column.kind, Kind::Int | Kind::Text) && column.is_unique()
    };
    let Some(name) = &asked.key else {
        let is_key = |column: &infer::Column| {
            KEYS.iter().any(|key| key.eq_ignore_ascii_case(&column.name)) && fits(column)
        };
        let said = said.iter().position(|field| field.is_key);
        let said = said.filter(|at| columns.get(*at).is_some_and(fits));
        return Ok(said.or_else(|| columns.iter().position(is_key)));
    };
    let at = columns.iter().position(|column| column.name == name.value).ok_or_else(|| {
        Diagnostic::new(Code::UnknownField, format!("the file has no column `{name}`"))
            .at(name.span)
            .suggest(
                &name.value,
                columns.iter().map(|column| column.name.as_str()),
                "its columns are",
            )
    })?;
    match columns.get(at).is_some_and(fits) {
        true => Ok(Some(at)),
        false => {
            let message = format!("`{name}` is no key: it is NULL, stands twice, or is no number");
            Err(Diagnostic::new(Code::InvalidValue, message)
                .at(name.span)
                .help("a key is a whole number or a text, another in each row"))
        }
    }
}

/// A type as it is written in SQL; what a file says is none is told by the values.
fn declared(said: &str) -> Option<(TypeName, Option<TypeName>)> {
    let mut statements = parse(&format!("CREATE TABLE t (c {said})")).ok()?;
    let Statement::CreateTable(create) = statements.pop()?.kind else { return None };
    let column = create.columns.into_iter().next()?;
    // a server that does not tell how long the texts of an array are
    let is_open = |of: &TypeName| of.size.is_none() && of.name.value == "VARCHAR";
    let is_whole = !column.element.as_ref().is_some_and(is_open);
    is_whole.then_some((column.data_type, column.element))
}

fn type_of(kind: &Kind, span: crate::diagnostic::Span) -> (TypeName, Option<TypeName>) {
    let sized = |name: &str, size: Option<i64>| TypeName {
        name: Name::new(name.to_string(), span),
        size: size.map(|size| Spanned::new(Value::Int(size), span)),
    };
    // as many again as the longest list has
    let room = |longest: usize| Some((longest.max(1) * 2).next_power_of_two().min(4096) as i64);
    match kind {
        Kind::Bool => (sized("BOOLEAN", None), None),
        Kind::Int => (sized("BIGINT", None), None),
        Kind::Float => (sized("DOUBLE", None), None),
        Kind::Unknown | Kind::Text => (sized("VARCHAR", Some(LONGEST)), None),
        Kind::Numbers { length: Some(length @ 2..), .. } => {
            (sized("VECTOR", Some(*length as i64)), None)
        }
        Kind::Numbers { longest, whole, .. } => {
            let element = sized(if *whole { "BIGINT" } else { "DOUBLE" }, None);
            (sized("ARRAY", room(*longest)), Some(element))
        }
        Kind::Texts(longest) => {
            (sized("ARRAY", room(*longest)), Some(sized("VARCHAR", Some(LONGEST))))
        }
        Kind::Sparse => (sized("SPARSEVEC", None), None),
        Kind::Json => (sized("JSON", None), None),
    }
}

/// The columns with the first value of each, and the statement.
fn dry_run(create: &CreateTable, columns: &[infer::Column]) -> Outcome {
    let line = |column: &Column| {
        let found = columns.iter().find(|found| plain_name(&found.name) == column.name.value);
        let found = found.or(columns.first().filter(|_| column.name.value == "v"));
        let first = found.and_then(|found| found.first.as_ref()).map(shown).unwrap_or_default();
        let declared = print::column(column);
        let declared = declared.split_once(' ').map_or("", |(_, kind)| kind).to_string();
        vec![column.name.value.clone(), declared, short(&first).into_owned()]
    };
    let lines = create.columns.iter().map(line).collect();
    let table = Table::texts(&["field", "type", "first value"], lines);
    let mut outcome = Outcome::table(table).with_done("nothing was written");
    outcome.notices.push(format!("this would be run: {}", one_line(&print::create_table(create))));
    outcome
}

fn one_line(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}
