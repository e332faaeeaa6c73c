//! `PLOT t.v`: the vectors of a field as points. In: the statement. Out: a chart of the two axes
//! along which the vectors lie widest, with a query and its hits where one is named. Of a large
//! collection rows are chosen evenly along the key.

use std::collections::{HashMap, HashSet};

use milvus_kernel_plane as plane;
use milvus_proto::schema::DataType;

use super::{evenly, fitting, outcome, scales};
use crate::chart::{Axis, Chart, Mark, Point, Role, Scale};
use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::evaluate::order::{Way, sort_rows};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::metrics::default_metric;
use crate::execute::context::Context;
use crate::execute::memory::Memory;
use crate::execute::params;
use crate::execute::read::computed::head;
use crate::execute::search::queries::Queries;
use crate::execute::select;
use crate::execute::value::of_datum;
use crate::language::ast::{
    Expr, ExprKind, Filter, Function, Item, Items, Name, Near, Operator, Order, Output,
    PlotVectors, Search, Select, Target, Value,
};
use crate::language::print;
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, Table, grouped, plural};

/// Points without a LIMIT.
const POINTS: u64 = 1_000;
/// Points at the most: a browser draws so many.
const MOST_POINTS: u64 = 20_000;
/// Keys that are read to choose points from.
const MOST_KEYS: u64 = 100_000;
/// Bytes of vectors that are asked for by their keys at once.
const BATCH_BYTES: usize = 8 << 20;
/// Bytes of vectors that are read in one go, and held for a moment beside their numbers.
const MOST_AT_ONCE: usize = 64 << 20;
/// Hits without a LIMIT.
const HITS: i64 = 10;
/// The worker looks for an interrupt as often as this, in milliseconds.
const PAUSE_MS: f64 = 30.0;

/// What is asked for, of which collection.
struct Source<'a, 'c, P: Platform> {
    plot: &'a PlotVectors,
    collection: &'a Collection,
    field: &'a Field,
    key: &'a str,
    /// key, vector, and what the points tell of themselves
    outputs: Vec<Output>,
    context: &'a Context<'c, P>,
}

/// What is drawn, in the order in which it was read. Vectors are taken out of the rows at once:
/// held twice they might be more than the memory that there is.
struct Rows {
    /// key, and what the points tell of themselves
    told: Vec<Vec<Datum>>,
    /// of the vectors, one behind the other
    numbers: Vec<f32>,
    dim: usize,
    /// rows without a vector
    lost: usize,
    memory: Memory,
}

impl Rows {
    /// Makes room for so many vectors, where it may be had.
    fn reserve(&mut self, count: usize) -> Result<()> {
        let numbers = count * self.dim;
        self.memory.add(numbers * size_of::<f32>())?;
        self.numbers.reserve_exact(numbers);
        Ok(())
    }

    fn add(&mut self, rows: Vec<Vec<Datum>>) -> Result<()> {
        for mut row in rows {
            let vector = if row.len() > 1 { floats(row.remove(1)) } else { Vec::new() };
            if vector.len() != self.dim || !vector.iter().all(|value| value.is_finite()) {
                self.lost += 1;
                continue;
            }
            self.memory.rows(std::slice::from_ref(&row))?;
            self.numbers.extend(vector);
            self.told.push(row);
        }
        Ok(())
    }

    /// Leaves so many of them, evenly chosen.
    fn thin(&mut self, count: usize) {
        if count >= self.told.len() {
            return;
        }
        let mut is_left = vec![false; self.told.len()];
        for at in evenly((0..is_left.len()).collect(), count) {
            is_left.get_mut(at).into_iter().for_each(|is_left| *is_left = true);
        }
        let mut numbers =
            is_left.iter().flat_map(|is_left| std::iter::repeat_n(*is_left, self.dim));
        self.numbers.retain(|_| numbers.next().unwrap_or_default());
        let mut rows = is_left.iter();
        self.told.retain(|_| rows.next().copied().unwrap_or_default());
    }

    fn keys(&self) -> impl Iterator<Item = &Datum> {
        self.told.iter().filter_map(|row| row.first())
    }
}

/// The place of each key. A key is a whole number or a text, of one collection always the same.
fn places<'k>(keys: impl Iterator<Item = &'k Datum>) -> HashMap<String, usize> {
    keys.enumerate().map(|(at, key)| (scales::text(key), at)).collect()
}

pub(super) async fn draw<P: Platform>(
    plot: &PlotVectors,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = context.collection(&plot.table).await?;
    let field = vector_field(plot, &collection)?;
    let key = collection.primary()?.name.as_str();
    let mut outputs = vec![output(key), output(&field.name)];
    let told = [(&plot.color, "a colour"), (&plot.label, "a label")];
    for (more, what) in told.into_iter().filter_map(|(more, what)| Some((more.as_ref()?, what))) {
        check_told(more, what, plot, &collection)?;
        if !outputs.contains(more) {
            outputs.push(more.clone());
        }
    }
    let whole = context.of_all_rows();
    let source = Source { plot, collection: &collection, field, key, outputs, context: &whole };
    let drawn = source.draw().await;
    context.take_over(&whole);
    drawn
}

fn vector_field<'a>(plot: &PlotVectors, collection: &'a Collection) -> Result<&'a Field> {
    let (field, span) = (collection.field(&plot.field)?, plot.field.span);
    if !field.is_vector() {
        let message = format!("`{}` is {} and no vector", field.name, field.type_name());
        return Err(Diagnostic::new(Code::TypeMismatch, message).at(span).help(format!(
            "draw its values: `PLOT SELECT {} FROM {}`",
            print::name(&plot.field),
            plot.table
        )));
    }
    if field.data_type == DataType::SparseFloatVector || field.dim == 0 {
        let message = format!("`{}` is {}, which has no plane", field.name, field.type_name());
        return Err(Diagnostic::new(Code::NotSupported, message).at(span).help(
            "PLOT takes VECTOR, FLOAT16VEC, BFLOAT16VEC, INT8VEC and BINARYVEC; of a search of \
             this field, `PLOT SELECT` draws the distances",
        ));
    }
    Ok(field)
}

/// A vector is drawn, and told by nothing that is seen at once.
fn check_told(
    output: &Output,
    what: &str,
    plot: &PlotVectors,
    collection: &Collection,
) -> Result<()> {
    let Output::Field { name, .. } = output else { return Ok(()) };
    let Some(field) = collection.find(&name.value).filter(|field| field.is_vector()) else {
        return Ok(());
    };
    let message = format!("`{}` is {}: {what} is a number or a text", name, field.type_name());
    let draw = format!("draw it by itself: `PLOT {}.{}`", plot.table, print::name(name));
    Err(Diagnostic::new(Code::TypeMismatch, message).at(name.span).help(draw))
}

fn output(name: &str) -> Output {
    Output::Field { name: Name::new(name.to_string(), Span::default()), path: Vec::new() }
}

impl<P: Platform> Source<'_, '_, P> {
    async fn draw(&self) -> Result<Outcome> {
        let mut rows = self.sample().await?;
        let mut hits = Vec::new();
        let mut queries = Vec::new();
        if let Some(near) = &self.plot.near {
            hits = self.hits(near).await?;
            let drawn = places(rows.keys());
            let missing = hits.iter().map(|(key, _)| key);
            let missing = missing.filter(|key| !drawn.contains_key(&scales::text(key))).cloned();
            self.by_keys(missing.collect(), &mut rows).await?;
            queries = self.queries(near).await?;
        }
        if self.context.client.explaining() {
            return Ok(Outcome::default());
        }
        if rows.lost > 0 {
            let what = plural(rows.lost as u64, "row has", "rows have");
            self.context.notice(format!("{what} no vector, and no point"));
        }
        let Rows { told, numbers, .. } = rows;
        if told.is_empty() {
            let message = format!("`{}` has no vector to draw", self.field.name);
            let span = self.plot.field.span;
            return Err(Diagnostic::new(Code::InvalidValue, message).at(span));
        }
        let plane = self.project(numbers).await;
        let chart = self.chart(&told, &plane, &hits, &queries);
        Ok(outcome(chart))
    }

    async fn table(&self, select: &Select) -> Result<Table> {
        let outcome = select::select(select, self.context).await?;
        Ok(outcome.tables.into_iter().next().unwrap_or_default())
    }

    fn select(&self, outputs: Vec<Output>, limit: Option<u64>) -> Select {
        let items = outputs.into_iter().map(|output| Item { output, alias: None }).collect();
        let mut select = Select::new(Items::Listed(items), self.plot.table.clone());
        select.filter = self.plot.filter.clone();
        select.limit = limit.map(|limit| {
            let span = self.plot.limit.as_ref().map_or(self.plot.table.span, |limit| limit.span);
            Spanned::new(Value::Int(limit as i64), span)
        });
        select
    }

    /// The rows that are drawn, in the order of their keys.
    async fn sample(&self) -> Result<Rows> {
        let limit = self.plot.limit.as_ref().map(params::count).transpose()?;
        if let (Some(limit), Some(asked)) = (&self.plot.limit, limit.filter(|n| *n > MOST_POINTS)) {
            let most = grouped(MOST_POINTS);
            let message = format!("a plot has at most {most} points, and not {}", grouped(asked));
            return Err(Diagnostic::new(Code::OutOfRange, message)
                .at(limit.span)
                .help("fewer are chosen evenly along the key"));
        }
        let most = limit.unwrap_or(POINTS);
        let count = Output::Aggregate {
            function: Spanned::new(Function::Count, self.plot.table.span),
            distinct: false,
            argument: None,
        };
        let count = self.table(&self.select(vec![count], None)).await?;
        let count = match count.rows.concat().as_slice() {
            [Datum::Int(count)] => u64::try_from(*count).unwrap_or(0),
            _ => 0,
        };
        let mut rows = self.no_rows();
        let count_of_bytes = count.saturating_mul(self.field.dim as u64 * 4);
        if count <= most && count_of_bytes <= MOST_AT_ONCE as u64 {
            let read = self.table(&self.select(self.outputs.clone(), Some(most))).await?.rows;
            rows.reserve(read.len())?;
            rows.add(read)?;
        } else {
            let keys = self.select(vec![output(self.key)], Some(MOST_KEYS.min(count)));
            let keys = self.table(&keys).await?.rows.concat();
            self.by_keys(evenly(keys, most as usize), &mut rows).await?;
        }
        if limit.is_none() {
            rows.thin(fitting(&rows.told));
        }
        let drawn = (rows.told.len() + rows.lost) as u64;
        if drawn < count && limit != Some(0) {
            let of = match count > MOST_KEYS {
                true => format!("the first {} of {}", grouped(MOST_KEYS), grouped(count)),
                false => grouped(count),
            };
            self.context.did(format!(
                "{} of {of} rows are drawn, chosen evenly; LIMIT draws more or fewer",
                grouped(drawn)
            ));
        }
        Ok(rows)
    }

    fn no_rows(&self) -> Rows {
        Rows {
            told: Vec::new(),
            numbers: Vec::new(),
            dim: self.field.dim,
            lost: 0,
            memory: self.context.memory(&self.plot.table),
        }
    }

    /// Adds the rows of these keys, in their order.
    async fn by_keys(&self, keys: Vec<Datum>, rows: &mut Rows) -> Result<()> {
        let mut keys: Vec<Vec<Datum>> = keys.into_iter().map(|key| vec![key]).collect();
        sort_rows(&mut keys, 0, &[Way::ASCENDING]);
        rows.reserve(keys.len())?;
        let batch = (BATCH_BYTES / (self.field.dim * 4 + 512)).max(1);
        for keys in keys.chunks(batch) {
            let span = self.plot.table.span;
            let expr = |kind| Expr { kind, span };
            let name = Name::new(self.key.to_string(), span);
            let list = keys.iter().flatten();
            let list = list.map(|key| expr(ExprKind::Literal(of_datum(key)))).collect();
            let left = Box::new(expr(ExprKind::Field { name, path: Vec::new() }));
            let mut select = self.select(self.outputs.clone(), Some(keys.len() as u64));
            select.filter = Some(Filter::Expr(expr(ExprKind::In { left, negated: false, list })));
            rows.add(self.table(&select).await?.rows)?;
        }
        Ok(())
    }

    /// Keys and distances of what is nearest, each once.
    async fn hits(&self, near: &Near) -> Result<Vec<(Datum, Datum)>> {
        let metric = self.collection.index_on(&self.field.name).map(|index| index.metric.as_str());
        let operator = metric
            .and_then(Operator::of_metric)
            .or_else(|| Operator::of_metric(default_metric(self.field.data_type)))
            .unwrap_or(Operator::L2);
        let span = near.queries.first().map_or(self.plot.field.span, |query| query.span);
        let operator = Spanned::new(operator, span);
        let target = match near.are_stored {
            true => Target::Stored { operator, ids: near.queries.clone() },
            false => Target::Vectors { operator, vectors: near.queries.clone() },
        };
        let search = Search { field: self.plot.field.clone(), target };
        let own = ["distance", "score"].into_iter().find(|own| self.collection.find(own).is_none());
        let outputs = [self.key].into_iter().chain(own).map(output).collect();
        let mut select = self.select(outputs, None);
        let limit = Spanned::new(Value::Int(HITS), span);
        select.limit = Some(near.limit.clone().unwrap_or(limit));
        select.order = Some(Order::Search { search, direction: None, then: Vec::new() });
        let table = self.table(&select).await?;
        let key = table.columns.iter().position(|column| column.name == self.key).unwrap_or(0);
        let mut hits: Vec<(Datum, Datum)> = Vec::new();
        let mut known = HashSet::new();
        for row in table.rows {
            let value = |at: usize| row.get(at).cloned().unwrap_or(Datum::Null);
            let hit = (value(key), if own.is_some() { value(key + 1) } else { Datum::Null });
            if known.insert(scales::text(&hit.0)) {
                hits.push(hit);
            }
        }
        Ok(hits)
    }

    /// The query vectors, as numbers.
    async fn queries(&self, near: &Near) -> Result<Vec<Vec<f32>>> {
        if !near.are_stored {
            let queries = Queries::of_vectors(self.field, None, &near.queries)?;
            return Ok(queries.values.iter().map(|bytes| decoded(self.field, bytes)).collect());
        }
        let ids = near.queries.iter().map(|id| match &id.value {
            Value::Text(text) => Datum::Text(text.clone()),
            Value::Int(id) => Datum::Int(*id),
            _ => Datum::Null,
        });
        let mut rows = self.no_rows();
        self.by_keys(ids.collect(), &mut rows).await?;
        Ok(rows.numbers.chunks(self.field.dim).map(<[f32]>::to_vec).collect())
    }

    async fn project(&self, numbers: Vec<f32>) -> plane::Plane {
        let platform = self.context.client.platform();
        let (began, rows) = (platform.now(), numbers.len() / self.field.dim.max(1));
        let mut search = plane::Search::new(numbers, self.field.dim);
        let mut paused = began;
        while search.step() {
            if platform.now() - paused > PAUSE_MS {
                self.context
                    .is_doing(format!("projecting {}.{}", self.plot.table, self.plot.field));
                platform.sleep(0).await;
                paused = platform.now();
            }
        }
        self.context.client.step("project in the kernel", rows as u64, began);
        search.plane()
    }

    fn chart(
        &self,
        rows: &[Vec<Datum>],
        plane: &plane::Plane,
        hits: &[(Datum, Datum)],
        queries: &[Vec<f32>],
    ) -> Chart {
        // the vector, which is the second of them, is told by no point
        let told = || self.outputs.iter().take(1).chain(self.outputs.iter().skip(2));
        let place = |of: &Output| told().position(|output| output == of);
        let title = format!("{}.{}", self.plot.table, self.plot.field);
        let mut words = vec![format!(
            "scatter of {} of {title}: {} of {} {} {:.0} % of the variance",
            plural(rows.len() as u64, "point", "points"),
            self.field.dim.min(2),
            self.field.dim,
            if self.field.dim == 1 { "dimension keeps" } else { "dimensions keep" },
            plane.kept * 100.0
        )];
        let mut color = None;
        let mut colors = vec![None; rows.len()];
        if let Some(of) = &self.plot.color {
            let at = place(of).unwrap_or_default();
            let values: Vec<Datum> =
                rows.iter().map(|row| row.get(at).cloned().unwrap_or(Datum::Null)).collect();
            let (scale, places, shared) = scales::colors(&values);
            words.push(format!("coloured by {}: {}", head(of), colors_in_words(&scale, &places)));
            if shared > 0 {
                words.push(format!("{shared} rarer values have one colour, as \"other\""));
            }
            colors = places;
            color = Some(Axis { title: head(of), scale });
        }
        let mut tips: Vec<String> = told().map(head).collect();
        if !hits.is_empty() {
            tips.push("distance".to_string());
        }
        let near = places(hits.iter().map(|(key, _)| key));
        let points = rows.iter().zip(&plane.points).zip(colors);
        let mut points: Vec<Point> = points
            .map(|((row, [x, y]), color)| {
                let mut tips = row.clone();
                let key = row.first().filter(|_| !near.is_empty()).map(scales::text);
                let hit = key.and_then(|key| hits.get(*near.get(&key)?));
                tips.extend(hit.map(|(_, distance)| distance.clone()));
                let role = if hit.is_some() { Role::Hit } else { Role::Plain };
                Point { x: *x, y: *y, to: None, color, role, tips }
            })
            .collect();
        for query in queries {
            let [x, y] = plane.place(query);
            let tips = vec![Datum::Text("the query".to_string())];
            points.push(Point { x, y, to: None, color: None, role: Role::Query, tips });
        }
        if self.plot.near.is_some() {
            let keys: Vec<String> =
                hits.iter().take(10).map(|(key, _)| scales::name(key)).collect();
            words.push(format!(
                "{} a star, {} a ring: {}{}",
                if queries.len() == 1 { "the query is" } else { "each query is" },
                plural(hits.len() as u64, "hit has", "hits have"),
                keys.join(", "),
                if hits.len() > keys.len() { ", …" } else { "" }
            ));
        }
        let label = self.plot.label.as_ref().and_then(place);
        let axis = |title: &str| Axis { title: title.to_string(), scale: Scale::Number };
        Chart {
            mark: Mark::Scatter,
            title,
            words,
            x: axis("first axis"),
            y: axis("second axis"),
            color,
            points,
            tips,
            label,
        }
    }
}

fn colors_in_words(scale: &Scale, places: &[Option<f64>]) -> String {
    match scale {
        Scale::Names(names) => names.join(", "),
        _ => {
            let there = || places.iter().flatten().copied();
            let (low, high) = (there().fold(f64::NAN, f64::min), there().fold(f64::NAN, f64::max));
            format!("from {} to {}", scales::short(low), scales::short(high))
        }
    }
}

/// A vector as numbers; of a binary one, its bits.
fn floats(value: Datum) -> Vec<f32> {
    match value {
        Datum::Vector(values) => values,
        Datum::Bytes(bytes) => bits(&bytes),
        _ => Vec::new(),
    }
}

fn bits(bytes: &[u8]) -> Vec<f32> {
    let of = |byte: &u8| {
        let byte = *byte;
        (0..8).map(move |at| f32::from(byte >> (7 - at) & 1))
    };
    bytes.iter().flat_map(of).collect()
}

/// A query as a request has it, as numbers.
fn decoded(field: &Field, bytes: &[u8]) -> Vec<f32> {
    let (twos, _) = bytes.as_chunks::<2>();
    match field.data_type {
        DataType::BinaryVector => bits(bytes),
        DataType::Int8Vector => bytes.iter().map(|byte| f32::from(*byte as i8)).collect(),
        DataType::Float16Vector => {
            twos.iter().map(|two| half::f16::from_le_bytes(*two).to_f32()).collect()
        }
        DataType::BFloat16Vector => {
            twos.iter().map(|two| half::bf16::from_le_bytes(*two).to_f32()).collect()
        }
        _ => bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect(),
    }
}
