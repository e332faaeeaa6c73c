//! COPY … FROM: rows of a file into a table, batch by batch. What is acknowledged stays in, and
//! every end but the good one says how far that is and how to go on.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::Collection;
use crate::execute::context::Context;
use crate::execute::copy::asked::{self, Asked, For, OnError};
use crate::execute::copy::batch::Batch;
use crate::execute::copy::cell::short;
use crate::execute::copy::plan::{Column, Plan};
use crate::execute::copy::source::Source;
use crate::execute::define::partition::check_partitions;
use crate::execute::params;
use crate::execute::write::requests::{Mode, Rows, Sent};
use crate::files::columns::Head;
use crate::files::writer::{Made, Writer};
use crate::files::{Cell, Cells, Fault, Format, Options, Record};
use crate::language::ast::{CopyFrom, Kind, Name, Statement, Value};
use crate::language::print;
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, Table, grouped, plural, rows};

/// Rows that do not fit and are told each by itself.
const TOLD: u64 = 5;

pub(crate) async fn copy<P: Platform>(
    copy: &CopyFrom,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let place = params::text(&copy.file)?;
    let asked = asked::read(&place, &copy.params, For::From)?;
    let collection = context.collection(&copy.table).await?;
    check_partitions(&copy.table, copy.partition.as_slice(), context).await?;
    let source = Source::open(&place, &asked.options, context).await?;
    run(copy, &collection, source, &asked, context).await
}

/// Copies what a source gives.
pub(crate) async fn run<P: Platform>(
    copy: &CopyFrom,
    collection: &Collection,
    mut source: Source<P>,
    asked: &Asked,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let first = first_row(copy)?;
    let mut copying = Copying::new(copy, collection, asked, context);
    context.has_done_part(format!("copying {}", source.shown), 0, source.share());
    loop {
        // what breaks off in its middle has come so far
        let next = source.next().await.map_err(|error| copying.so_far(error, 0))?;
        let Some(record) = next else { break };
        let record = match record {
            Ok(record) if record.number < first => continue,
            Ok(record) => record,
            Err(fault) if fault.goes_on && fault.number < first => continue,
            Err(fault) => {
                copying.plan_of(None, &source)?;
                copying.refuse(fault, None, &source)?;
                continue;
            }
        };
        copying.plan_of(Some(&record), &source)?;
        copying.take(&record, &source)?;
        source.reuse(record);
        if copying.batch.as_ref().is_some_and(Batch::is_full) {
            copying.send(&source).await?;
            // what is shown of the others would be the same
            if context.client.explaining() {
                break;
            }
        }
    }
    copying.plan_of(None, &source)?;
    copying.send(&source).await?;
    copying.finish(&source).await
}

fn first_row(copy: &CopyFrom) -> Result<u64> {
    let Some(row) = &copy.from_row else { return Ok(1) };
    match params::count(row)? {
        0 => Err(Diagnostic::new(Code::InvalidNumber, "rows are counted from 1").at(row.span)),
        number => Ok(number),
    }
}

/// A copy that is under way.
struct Copying<'a, P: Platform> {
    copy: &'a CopyFrom,
    collection: &'a Collection,
    asked: &'a Asked,
    context: &'a Context<'a, P>,
    plan: Option<Plan<'a>>,
    batch: Option<Batch<'a>>,
    /// rows that fit, on a dry run; rows that are in, on any other
    fitting: u64,
    /// the number of the last row that is in
    last: u64,
    refused: u64,
    told: Vec<String>,
    written_down: Option<Writer>,
    /// the first row, as a dry run shows it
    sample: Option<Record>,
}

impl<'a, P: Platform> Copying<'a, P> {
    fn new(
        copy: &'a CopyFrom,
        collection: &'a Collection,
        asked: &'a Asked,
        context: &'a Context<'a, P>,
    ) -> Self {
        Copying {
            copy,
            collection,
            asked,
            context,
            plan: None,
            batch: None,
            fitting: 0,
            last: 0,
            refused: 0,
            told: Vec::new(),
            written_down: None,
            sample: None,
        }
    }

    /// Settles where the columns go, once they are known.
    fn plan_of(&mut self, record: Option<&Record>, source: &Source<P>) -> Result<()> {
        if self.plan.is_some() {
            return Ok(());
        }
        let plan = match (source.names(), record.map(|record| &record.cells)) {
            (Some(names), _) => Plan::of_header(self.copy, names, self.collection)?,
            (None, Some(Cells::Texts(texts))) => {
                Plan::new(self.copy, source.format, Some(texts.len()), self.collection)?
            }
            (None, Some(Cells::Listed(cells))) => {
                Plan::new(self.copy, source.format, Some(cells.len()), self.collection)?
            }
            (None, Some(Cells::Named(_))) => {
                Plan::new(self.copy, source.format, None, self.collection)?
            }
            (None, None) => return Ok(()),
        };
        if let Some(at) = plan.names.iter().position(String::is_empty) {
            self.context.notice(format!(
                "column {} of {} has no name and is left out, as the index that pandas writes: \
                 `to_csv(…, index=False)` writes none",
                at + 1,
                source.shown
            ));
        }
        if let Some(field) = plan.number {
            self.context.notice(format!("`{}` is the row's number, from 0 on", field.name));
        }
        self.batch = Some(Batch::new(&plan, self.copy.file.span)?);
        self.plan = Some(plan);
        Ok(())
    }

    fn take(&mut self, record: &Record, source: &Source<P>) -> Result<()> {
        let (Some(plan), Some(batch)) = (&self.plan, &mut self.batch) else { return Ok(()) };
        if self.copy.dry_run && self.sample.is_none() {
            self.sample = Some(record.clone());
        }
        let null = &self.asked.options.null;
        let Err(error) = batch.push(record, plan, self.copy, self.collection, null) else {
            return Ok(());
        };
        let fault = Fault {
            line: record.line,
            number: record.number,
            reason: error.message.clone(),
            help: None,
            goes_on: true,
        };
        if self.stops() {
            return Err(self.stopped(error, &fault, source));
        }
        self.leave_out(fault, Some(record), source)
    }

    /// A row that could not be read, or a file that cannot be read further.
    fn refuse(&mut self, fault: Fault, record: Option<&Record>, source: &Source<P>) -> Result<()> {
        if !fault.goes_on || self.stops() {
            let mut error = source.diagnose(&fault);
            error.message = fault.reason.clone();
            return Err(self.stopped(error, &fault, source));
        }
        self.leave_out(fault, record, source)
    }

    fn stops(&self) -> bool {
        self.asked.on_error == OnError::Stop && !self.copy.dry_run
    }

    /// The error of a row that ends the copy.
    fn stopped(&self, error: Diagnostic, fault: &Fault, source: &Source<P>) -> Diagnostic {
        let message = format!("{}: {}", source.place(fault.line), error.message);
        let mut stopped = Diagnostic::new(error.code, message).at(self.copy.file.span);
        stopped.help = error.help;
        if self.copy.dry_run {
            return stopped;
        }
        let stopped = self.so_far(stopped, fault.number);
        match fault.goes_on {
            true => stopped.help(
                "WITH (on_error = 'skip') leaves such rows out, and \
                                  WITH (on_error = 'bad.csv') writes them down in a file",
            ),
            false => stopped,
        }
    }

    /// What is in, and how to go on.
    fn so_far(&self, error: Diagnostic, row: u64) -> Diagnostic {
        if self.last == 0 {
            return error.help("nothing was written");
        }
        let mended = if row > self.last + 1 { "once it is mended, " } else { "" };
        let [is_in, goes_on] = self.way_on();
        error.help(format!("{is_in} before this error")).help(format!("{mended}{goes_on}"))
    }

    fn way_on(&self) -> [String; 2] {
        let is_in = format!(
            "{} are in, up to row {}: they were acknowledged",
            rows(self.fitting),
            grouped(self.last)
        );
        [is_in, format!("`{}` goes on", self.rest())]
    }

    /// The statement that copies what is not in yet.
    fn rest(&self) -> String {
        let next = Value::Int(i64::try_from(self.last).unwrap_or(i64::MAX).saturating_add(1));
        let mut copy = self.copy.clone();
        copy.from_row = Some(Spanned::new(next, copy.file.span));
        // of the table, which is there now
        copy.params.retain(|param| !param.name.value.eq_ignore_ascii_case("key"));
        // what a URL asks for may be a secret
        if let Value::Text(url) = &mut copy.file.value
            && url.contains("://")
            && let Some(end) = url.find(['?', '#'])
        {
            url.replace_range(end + 1.., "…");
        }
        let kind = Kind::CopyFrom(Box::new(copy));
        let printed = print::statement(&Statement { kind, span: self.copy.file.span });
        // what stands in quotes has no line of its own
        printed.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    }

    fn leave_out(
        &mut self,
        fault: Fault,
        record: Option<&Record>,
        source: &Source<P>,
    ) -> Result<()> {
        self.refused += 1;
        if self.refused <= TOLD {
            self.told.push(format!("left out {}: {}", source.place(fault.line), fault.reason));
        }
        let OnError::File(place) = &self.asked.on_error else { return Ok(()) };
        if self.copy.dry_run {
            return Ok(());
        }
        let wrong = |reason: String| Diagnostic::new(Code::FileError, reason).at(place.span);
        let columns = [source.format.unit(), "reason", "row"].map(Head::new).to_vec();
        if self.written_down.is_none() {
            let options = Options::new(Format::Csv);
            self.written_down = Some(Writer::new(options, columns).map_err(wrong)?);
        }
        let Some(writer) = &mut self.written_down else { return Ok(()) };
        let line = Datum::Int(i64::try_from(fault.line).unwrap_or(i64::MAX));
        let row = record.map_or(Datum::Null, |record| Datum::Text(whole(record)));
        writer.row(&[line, Datum::Text(fault.reason), row]).map_err(wrong)
    }

    /// Sends what was gathered.
    async fn send(&mut self, source: &Source<P>) -> Result<()> {
        let (Some(plan), Some(batch)) = (&self.plan, self.batch.take()) else { return Ok(()) };
        self.batch = Some(Batch::new(plan, self.copy.file.span)?);
        let count = batch.numbers.len();
        if count == 0 {
            return Ok(());
        }
        if self.copy.dry_run {
            self.fitting += count as u64;
            return Ok(());
        }
        let rows = Rows {
            collection: self.collection,
            table: &self.copy.table,
            partition: self.copy.partition.as_ref(),
            columns: batch.columns,
            dynamic: batch.dynamic,
            count,
        };
        let mut sent = Sent::default();
        let result = rows.send(Mode::Insert, &mut sent, self.context).await;
        self.fitting += sent.count;
        self.context.has_done_part(
            format!("copying {}", source.shown),
            self.fitting,
            source.share(),
        );
        let acknowledged = usize::try_from(sent.count).unwrap_or(usize::MAX).min(count);
        if let Some(number) = acknowledged.checked_sub(1).and_then(|at| batch.numbers.get(at)) {
            self.last = *number;
            self.context.is_so_far(self.way_on().to_vec());
        }
        result.map_err(|error| {
            let message = format!("{}, while {} was copied", error.message, source.shown);
            self.so_far(Diagnostic { message, ..error }, 0)
        })
    }

    async fn finish(mut self, source: &Source<P>) -> Result<Outcome> {
        for line in std::mem::take(&mut self.told) {
            self.context.notice(line);
        }
        if self.refused > TOLD {
            self.context.notice(format!("and {} more", grouped(self.refused - TOLD)));
        }
        let (count, table, shown) = (rows(self.fitting), &self.copy.table, &source.shown);
        if self.copy.dry_run {
            let mut outcome = self.dry_run(source);
            outcome.done = match self.refused {
                0 => format!("{count} of {shown} fit into {table}: nothing was written"),
                refused => format!(
                    "{count} of {shown} fit into {table} and {} do not: nothing was written",
                    grouped(refused)
                ),
            };
            return Ok(outcome);
        }
        if self.context.client.explaining() {
            return Ok(Outcome::default());
        }
        let mut done = format!("copied {count} from {shown} into {table}");
        if self.refused > 0 {
            done.push_str(&format!(", and left {} out", plural(self.refused, "row", "rows")));
        }
        if let (OnError::File(place), Some(writer)) = (&self.asked.on_error, self.written_down) {
            write(place, writer, false, self.context).await?;
            done.push_str(&format!(": they are in {place}"));
        }
        Ok(Outcome::done(done))
    }

    /// What goes where, with the first row's values.
    fn dry_run(&self, source: &Source<P>) -> Outcome {
        let Some(plan) = &self.plan else { return Outcome::default() };
        let mut lines = Vec::new();
        let field = |name: &str| self.collection.find(name).map(|field| field.type_name());
        let mut line = |name: &str, target: String, cell: Option<&Cell>| {
            let kind = field(&target).unwrap_or_default();
            let value = cell.map(|cell| short(&shown(cell)).into_owned()).unwrap_or_default();
            lines.push(vec![name.to_string(), target, kind, value]);
        };
        match (self.sample.as_ref().map(|record| &record.cells), &plan.columns) {
            (Some(Cells::Named(cells)), _) => {
                for (name, cell) in cells {
                    let target = match self.collection.find(name) {
                        Some(field) => field.name.clone(),
                        None if plan.dynamic => "$meta".to_string(),
                        None => String::new(),
                    };
                    line(name, target, Some(cell));
                }
            }
            (sample, Some(columns)) => {
                let cells = sample.and_then(Cells::listed).unwrap_or_default();
                for (at, (column, name)) in columns.iter().zip(&plan.names).enumerate() {
                    let target = match column {
                        Column::Field(at) => plan.fields.get(*at).map(|field| field.name.clone()),
                        Column::Dynamic(_) | Column::Meta => Some("$meta".to_string()),
                        Column::LeftOut => None,
                    };
                    let name = match source.names() {
                        Some(_) => name.clone(),
                        None => (at + 1).to_string(),
                    };
                    line(&name, target.unwrap_or_default(), cells.get(at));
                }
            }
            (Some(Cells::Texts(_) | Cells::Listed(_)) | None, None) => {}
        }
        Outcome::table(Table::texts(&["column", "field", "type", "first value"], lines))
    }
}

/// Writes a file that was made.
pub(crate) async fn write<P: Platform>(
    place: &Name,
    writer: Writer,
    gzipped: bool,
    context: &Context<'_, P>,
) -> Result<()> {
    let wrong = |reason: String| Diagnostic::new(Code::FileError, reason).at(place.span);
    let (platform, format) = (context.client.platform(), writer.format().name());
    let written = match writer.finish() {
        Made::Whole(bytes) => platform.write_file(&place.value, bytes.into(), gzipped).await,
        Made::Columns(pieces) => {
            let pieces = pieces.into_iter().map(Into::into).collect();
            platform.write_columns(&place.value, format, pieces, gzipped).await
        }
    };
    written.map_err(wrong)
}

/// A row in one line.
fn whole(record: &Record) -> String {
    match &record.cells {
        Cells::Texts(_) | Cells::Listed(_) => {
            let cells = record.cells.listed().unwrap_or_default();
            cells.iter().map(said).collect::<Vec<_>>().join(",")
        }
        Cells::Named(cells) => {
            let fields = cells.iter().map(|(name, cell)| format!("{name:?}:{}", said(cell)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
    }
}

/// A cell for a reader: without its quotes.
pub(crate) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text { text, .. } => text.clone(),
        other => said(other),
    }
}

/// A cell as it stands in the file.
fn said(cell: &Cell) -> String {
    match cell {
        Cell::Text { text, quoted: false } => text.clone(),
        Cell::Text { text, quoted: true } => format!("\"{}\"", text.replace('"', "\"\"")),
        Cell::Json(raw) => raw.clone(),
        Cell::Bool(flag) => flag.to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => format!("{number:?}"),
        Cell::Floats(values) => format!("{values:?}"),
        Cell::Doubles(values) => format!("{values:?}"),
        Cell::Ints(values) => format!("{values:?}"),
        Cell::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("X'{digits}'")
        }
        Cell::Null => "NULL".to_string(),
    }
}
