//! `PLOT SELECT …`: the rows of a SELECT as bars, a line, a histogram or points. In: the SELECT,
//! and what it is to be drawn as, if that is said. Out: a chart. What fits the rows is told by the
//! types of the columns, and by whether the SELECT puts them in order.

use std::collections::HashMap;

use super::scales::{self, Kind, short};
use super::{evenly, fitting, outcome, range};
use crate::chart::{Axis, Chart, Mark, Point, Role, Scale, nice};
use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::context::Context;
use crate::execute::select;
use crate::language::ast::{Order, Select, Value};
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, Table, grouped, plural};

/// Rows that are read for a plot without a LIMIT.
const MOST_ROWS: u64 = 10_000;
/// What can be told apart.
const MOST_BARS: usize = 200;
const MOST_POINTS: usize = 2_000;
/// Bars of a histogram, about.
const BINS: (f64, f64) = (5.0, 30.0);

/// Which columns are drawn, by their places.
struct Picked {
    mark: Mark,
    /// none counts the values of y
    x: Option<usize>,
    ys: Vec<usize>,
    color: Option<usize>,
}

pub(super) async fn draw<P: Platform>(
    select: &Select,
    mark: Option<Spanned<Mark>>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let is_search = !select.hybrid.is_empty() || matches!(select.order, Some(Order::Search { .. }));
    let is_ordered = !is_search && (select.order.is_some() || !select.group.is_empty());
    let is_bounded = select.limit.is_some() || is_search || select::groups(select);
    let mut asked = select.clone();
    if !is_bounded {
        asked.limit = Some(Spanned::new(Value::Int(MOST_ROWS as i64), select.table.span));
    }
    let whole = context.of_all_rows();
    let given = select::select(&asked, &whole).await;
    context.take_over(&whole);
    let table = given?.tables.into_iter().next().unwrap_or_default();
    if context.client.explaining() {
        return Ok(Outcome::default());
    }
    if !is_bounded && table.rows.len() as u64 == MOST_ROWS {
        let most = grouped(MOST_ROWS);
        context.did(format!("the first {most} rows are drawn: LIMIT draws more or fewer"));
    }
    let columns = 0..table.columns.len();
    let kinds: Vec<Kind> =
        columns.map(|at| scales::kind(table.rows.iter().filter_map(|row| row.get(at)))).collect();
    let picked = match mark {
        Some(mark) => told(&kinds, mark),
        None => fitting_columns(&kinds, is_ordered).ok_or_else(|| {
            let message = "this SELECT gives no number to draw";
            Diagnostic::new(Code::TypeMismatch, message)
                .at(select.table.span)
                .help("count rows: `PLOT SELECT color, COUNT(*) FROM t GROUP BY color`")
                .help("vectors are drawn by `PLOT t.v`")
        }),
    };
    let picked = match picked {
        Err(error) if table.rows.is_empty() => {
            return Err(nothing(error.span.unwrap_or(select.table.span)));
        }
        picked => picked?,
    };
    let (chart, notices) = match picked.mark {
        Mark::Histogram => histogram(&table, &picked),
        _ => series(table, &kinds, picked),
    };
    if chart.points.is_empty() {
        return Err(nothing(select.table.span));
    }
    notices.into_iter().for_each(|notice| context.did(notice));
    Ok(outcome(chart))
}

fn nothing(span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, "this SELECT gives no row to draw").at(span)
}

/// The columns of a kind.
fn of_kind(kinds: &[Kind], wanted: Kind) -> Vec<usize> {
    kinds.iter().enumerate().filter(|(_, kind)| **kind == wanted).map(|(at, _)| at).collect()
}

fn fitting_columns(kinds: &[Kind], is_ordered: bool) -> Option<Picked> {
    let (numbers, names) = (of_kind(kinds, Kind::Number), of_kind(kinds, Kind::Name));
    let (first, rest) = numbers.split_first()?;
    let color = names.first().copied();
    if let Some(time) = of_kind(kinds, Kind::Time).first() {
        let color = color.filter(|_| rest.is_empty());
        return Some(Picked { mark: Mark::Line, x: Some(*time), ys: numbers, color });
    }
    if let Some(name) = names.first().filter(|name| *name < first || rest.is_empty()) {
        let color = names.get(1).copied().filter(|_| rest.is_empty());
        return Some(Picked { mark: Mark::Bar, x: Some(*name), ys: numbers, color });
    }
    Some(match rest {
        [] => Picked { mark: Mark::Histogram, x: None, ys: vec![*first], color: None },
        rest if is_ordered => {
            let color = color.filter(|_| rest.len() == 1);
            Picked { mark: Mark::Line, x: Some(*first), ys: rest.to_vec(), color }
        }
        [second, rest @ ..] => {
            let color = color.or(rest.first().copied());
            Picked { mark: Mark::Scatter, x: Some(*first), ys: vec![*second], color }
        }
    })
}

/// The columns of what is to be drawn.
fn told(kinds: &[Kind], mark: Spanned<Mark>) -> Result<Picked> {
    let Spanned { value: mark, span } = mark;
    let (numbers, names) = (of_kind(kinds, Kind::Number), of_kind(kinds, Kind::Name));
    let wrong = |needs: &str| {
        let count = plural(numbers.len() as u64, "column of numbers", "columns of numbers");
        let message = format!("{needs}, and this SELECT gives {count}");
        let error = Diagnostic::new(Code::TypeMismatch, message).at(span);
        error.help("without AS, what fits the columns is drawn")
    };
    let picked = match (mark, numbers.as_slice()) {
        (Mark::Histogram, [first, ..]) => Picked { mark, x: None, ys: vec![*first], color: None },
        (Mark::Histogram, []) => return Err(wrong("a histogram is of a column of numbers")),
        (Mark::Scatter, [first, second, rest @ ..]) => {
            let color = names.first().or(rest.first()).copied();
            Picked { mark, x: Some(*first), ys: vec![*second], color }
        }
        (Mark::Scatter, _) => return Err(wrong("a scatter is of two columns of numbers")),
        _ => {
            let x = kinds.iter().position(|kind| *kind != Kind::Other);
            let ys: Vec<usize> = numbers.iter().filter(|at| Some(**at) != x).copied().collect();
            if ys.is_empty() {
                return Err(wrong("bars and lines are of numbers beside a first column")
                    .help("`PLOT SELECT name, number FROM t`"));
            }
            let color = names.iter().find(|at| Some(**at) != x).copied();
            Picked { mark, x, color: color.filter(|_| ys.len() == 1), ys }
        }
    };
    Ok(picked)
}

fn head(table: &Table, at: usize) -> String {
    table.columns.get(at).map(|column| column.name.clone()).unwrap_or_default()
}

fn number_at(row: &[Datum], at: usize) -> Option<f64> {
    row.get(at).and_then(scales::number)
}

/// Bars, lines and points: one of each row and column of numbers.
fn series(mut table: Table, kinds: &[Kind], picked: Picked) -> (Chart, Vec<String>) {
    let Picked { mark, x, ys, color } = picked;
    let x = x.unwrap_or_default();
    let mut notices = Vec::new();
    let read = table.rows.len();
    table.rows.retain(|row| {
        row.get(x).is_some_and(|value| *value != Datum::Null)
            && ys.iter().any(|at| number_at(row, *at).is_some())
    });
    if table.rows.len() < read {
        let what = plural((read - table.rows.len()) as u64, "row is", "rows are");
        notices.push(format!("{what} left out: they have no value to draw"));
    }
    let shown = table.rows.len();
    if mark == Mark::Bar {
        table.rows.truncate((MOST_BARS / ys.len()).max(1));
    } else {
        let most = (MOST_POINTS / ys.len()).min(fitting(&table.rows));
        table.rows = evenly(table.rows, most);
    }
    if table.rows.len() < shown {
        let how = if mark == Mark::Bar { "the first" } else { "chosen evenly" };
        let (some, all) = (grouped(table.rows.len() as u64), grouped(shown as u64));
        notices.push(format!("{some} of {all} rows are drawn, {how}"));
    }
    let told: Vec<usize> =
        (0..kinds.len()).filter(|at| kinds.get(*at) != Some(&Kind::Other)).collect();
    let xs = table.rows.iter().filter_map(|row| row.get(x));
    let mut again = 0;
    let kind = kinds.get(x).copied().unwrap_or(Kind::Other);
    let (scale, places) = match kind {
        Kind::Number if mark != Mark::Bar => {
            (Scale::Number, xs.map(scales::number).map(Option::unwrap_or_default).collect())
        }
        Kind::Time if mark != Mark::Bar => {
            (Scale::Time, xs.map(scales::time).map(Option::unwrap_or_default).collect())
        }
        _ => {
            // of bars with one name and colour each would hide the one before it
            let mut seen = HashMap::new();
            let keys = table.rows.iter().filter_map(|row| {
                let value = row.get(x)?;
                let key = scales::key(value);
                if mark != Mark::Bar {
                    return Some((key, value));
                }
                let color = color.and_then(|at| row.get(at)).map(scales::key);
                let count = seen.entry((key.clone(), color)).or_insert(0);
                *count += 1;
                let is_first = *count == 1;
                again += usize::from(!is_first);
                Some((if is_first { key } else { format!("{count}{key}") }, value))
            });
            let (names, places) = scales::places(keys);
            let places: Vec<f64> = places.into_iter().map(|place| place as f64).collect();
            (Scale::Names(names), places)
        }
    };
    if again > 0 {
        let what = plural((again * ys.len()) as u64, "bar has", "bars have");
        let name = head(&table, x);
        notices.push(format!(
            "{what} the name of another and a number behind it: \
             `GROUP BY {name}`, with SUM, AVG or COUNT, gives each name one bar"
        ));
    }
    let heads: Vec<String> = ys.iter().map(|at| head(&table, *at)).collect();
    let mut colors = vec![None; table.rows.len()];
    let mut color_axis = None;
    if let Some(at) = color {
        let values = table.rows.iter().map(|row| row.get(at).cloned().unwrap_or(Datum::Null));
        let (scale, places, _) = scales::colors(&values.collect::<Vec<_>>());
        color_axis = Some(Axis { title: head(&table, at), scale });
        colors = places;
    } else if ys.len() > 1 {
        let scale = Scale::Names(scales::told_apart(heads.clone()));
        color_axis = Some(Axis { title: "column".to_string(), scale });
    }
    let mut points = Vec::with_capacity(table.rows.len() * ys.len());
    for (series, at) in ys.iter().enumerate() {
        for ((row, x), color) in table.rows.iter().zip(&places).zip(&colors) {
            let Some(y) = number_at(row, *at) else { continue };
            let color = color.or((ys.len() > 1).then_some(series as f64));
            let tips = told.iter().filter_map(|at| row.get(*at).cloned()).collect();
            points.push(Point { x: *x, y, to: None, color, role: Role::Plain, tips });
        }
    }
    let tips = told.iter().map(|at| head(&table, *at)).collect();
    let x = Axis { title: head(&table, x), scale };
    let y = Axis { title: heads.join(", "), scale: Scale::Number };
    let title = format!("{} by {}", y.title, x.title);
    let mut chart = Chart {
        mark,
        title,
        words: Vec::new(),
        x,
        y,
        color: color_axis,
        points,
        tips,
        label: None,
    };
    chart.words = words(&chart);
    (chart, notices)
}

/// What is seen, in words.
fn words(chart: &Chart) -> Vec<String> {
    let (mark, title) = (chart.mark, &chart.title);
    let count = |one, many| plural(chart.points.len() as u64, one, many);
    let place = |x: f64| match &chart.x.scale {
        Scale::Names(names) => names.get(x as usize).cloned().unwrap_or_default(),
        _ => short(x),
    };
    let mut words = Vec::new();
    let (low, high) = range(&chart.points, |point| point.y);
    let heights = format!("{} from {} to {}", chart.y.title, short(low), short(high));
    match mark {
        Mark::Bar => {
            words.push(format!("bars of {title}: {}, {heights}", count("bar", "bars")));
            if chart.points.len() <= 12 {
                let bar = |point: &Point| format!("{} {}", place(point.x), short(point.y));
                words.push(chart.points.iter().map(bar).collect::<Vec<_>>().join(", "));
            }
        }
        _ => {
            let what = if mark == Mark::Line { "line" } else { "scatter" };
            let (low, high) = range(&chart.points, |point| point.x);
            let across = match (&chart.x.scale, chart.points.first(), chart.points.last()) {
                (Scale::Number, ..) => format!("from {} to {}", short(low), short(high)),
                // as they were written
                (_, Some(first), Some(last)) => {
                    let at = chart.tips.iter().position(|tip| *tip == chart.x.title);
                    let told = |point: &Point| {
                        at.and_then(|at| point.tips.get(at)).map(scales::name).unwrap_or_default()
                    };
                    format!("from {} to {}", told(first), told(last))
                }
                _ => String::new(),
            };
            words.push(format!(
                "{what} of {title}: {}, {} {across}, {heights}",
                count("point", "points"),
                chart.x.title
            ));
        }
    }
    if let Some(Axis { title, scale: Scale::Names(names) }) = &chart.color {
        words.push(format!("coloured by {title}: {}", names.join(", ")));
    }
    words
}

/// How often values lie between one edge and the next.
fn histogram(table: &Table, picked: &Picked) -> (Chart, Vec<String>) {
    let at = picked.ys.first().copied().unwrap_or_default();
    let values: Vec<f64> = table.rows.iter().filter_map(|row| number_at(row, at)).collect();
    let mut notices = Vec::new();
    if values.len() < table.rows.len() {
        let what = plural((table.rows.len() - values.len()) as u64, "row has", "rows have");
        notices.push(format!("{what} no value to count"));
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let are_whole = values.iter().all(|value| value.fract() == 0.0);
    let count = ((values.len().max(1) as f64).log2().ceil() + 1.0).clamp(BINS.0, BINS.1);
    // where two bars have different edges, and of very large numbers by their parts
    let least = nice(low.abs().max(high.abs()) * 1e-15);
    let mut width = nice(high / count - low / count).max(if least < 1.0 { 0.0 } else { least });
    if are_whole {
        width = width.max(1.0).ceil();
    }
    let first = (low / width).floor();
    let bins = ((high / width).floor() - first).clamp(0.0, 1_000.0) as usize + 1;
    let mut counts = vec![0u64; bins];
    for value in &values {
        let bin = ((value / width).floor() - first) as usize;
        if let Some(count) = counts.get_mut(bin.min(bins - 1)) {
            *count += 1;
        }
    }
    let edge = |at: usize| ((first + at as f64) * width).clamp(f64::MIN, f64::MAX);
    let points = counts.iter().enumerate().map(|(at, count)| Point {
        x: edge(at),
        y: *count as f64,
        to: Some(edge(at + 1)),
        color: None,
        role: Role::Plain,
        tips: [edge(at), edge(at + 1)]
            .map(short)
            .map(Datum::Text)
            .into_iter()
            .chain([Datum::Int(*count as i64)])
            .collect(),
    });
    let points: Vec<Point> = points.collect();
    let title = head(table, at);
    let most = points.iter().fold(None, |most: Option<&Point>, point| match most {
        Some(most) if most.y >= point.y => Some(most),
        _ => Some(point),
    });
    let most = most.map_or_else(String::new, |most| {
        let (from, to) = (short(most.x), short(most.to.unwrap_or(most.x)));
        format!("; most, {}, from {from} to below {to}", grouped(most.y as u64))
    });
    let words = vec![format!(
        "histogram of {title}: {} in {}, from {} to {}{most}",
        plural(values.len() as u64, "value", "values"),
        plural(bins as u64, "bar", "bars"),
        short(low),
        short(high)
    )];
    let axis = |title: &str| Axis { title: title.to_string(), scale: Scale::Number };
    let chart = Chart {
        mark: Mark::Histogram,
        words,
        x: axis(&title),
        y: axis("rows"),
        title,
        color: None,
        points,
        tips: ["from", "to below", "rows"].map(str::to_string).to_vec(),
        label: None,
    };
    (chart, notices)
}
