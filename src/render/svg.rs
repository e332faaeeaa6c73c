//! A chart as a small picture, for readers that run no script. In: a chart. Out: SVG with dark
//! words on white, in which everything that a user or a server wrote is escaped.

use std::fmt::Write as _;

use super::html::escape;
use super::vega::ACCENT;
use crate::chart::{Axis, Chart, Mark, Point, Role, Scale, nice};
use crate::printable::printable;

const WIDTH: f64 = 640.0;
/// Where the drawing is: left, top, right, bottom.
const FRAME: [f64; 4] = [64.0, 28.0, 510.0, 330.0];
/// Names at an axis.
const MOST_NAMES: usize = 24;

/// Tableau's, as Vega has them.
const COLORS: [&str; 10] = [
    "#4c78a8", "#f58518", "#e45756", "#72b7b2", "#54a24b", "#eeca3b", "#b279a2", "#ff9da6",
    "#9d755d", "#bab0ac",
];
/// From low to high.
const RANGE: [&str; 5] = ["#443983", "#31688e", "#21918c", "#35b779", "#fde725"];

/// One side of the drawing: values from `low` to `high`, on the screen between two places.
struct Side {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Side {
    fn at(&self, value: f64) -> f64 {
        let share = share(value, self.low, self.high);
        self.from + share * (self.to - self.from)
    }
}

/// Which part of the way from the least to the greatest a value is at: by halves, as the way may be
/// longer than any number, and in the middle where there is none.
fn share(value: f64, low: f64, high: f64) -> f64 {
    let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    if share.is_finite() { share } else { 0.5 }
}

/// A number with so many digits behind its first.
fn number(value: f64, digits: usize) -> String {
    let value = format!("{value:.digits$e}").parse().ok().filter(|v: &f64| v.is_finite());
    match value.unwrap_or_default() {
        value if value == 0.0 || (1e-4..1e7).contains(&value.abs()) => value.to_string(),
        value => format!("{value:e}"),
    }
}

pub(super) fn render(chart: &Chart, around: &[String]) -> String {
    let [left, top, right, bottom] = FRAME;
    let words = chart.words.iter().chain(around);
    let lines: Vec<String> = words.map(|line| cut(line, 100)).filter(|l| !l.is_empty()).collect();
    let height = bottom + 74.0 + 15.0 * lines.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" font-family=\"sans-serif\" \
         font-size=\"11\" fill=\"#222\"><title>{}</title><rect width=\"100%\" height=\"100%\" \
         fill=\"#fff\"/>",
        cut(&chart.words.join("; "), 400)
    );
    text(&mut out, left, 16.0, "font-size=\"13\" font-weight=\"bold\"", &cut(&chart.title, 80));
    let across = side(chart, &chart.x, [left, right], |point| point.x);
    let up = side(chart, &chart.y, [bottom, top], |point| point.y);
    ticks(&mut out, &chart.x, &across, true);
    ticks(&mut out, &chart.y, &up, false);
    let middle = (left + right) / 2.0;
    text(&mut out, middle, bottom + 58.0, "text-anchor=\"middle\"", &cut(&chart.x.title, 60));
    let turned = format!("text-anchor=\"middle\" transform=\"rotate(-90 14 {})\"", bottom / 2.0);
    text(&mut out, 14.0, bottom / 2.0, &turned, &cut(&chart.y.title, 40));
    let _ =
        write!(out, "<path d=\"M{left} {top}V{bottom}H{right}\" stroke=\"#888\" fill=\"none\"/>");
    draw(&mut out, chart, &across, &up);
    legend(&mut out, chart);
    for (at, line) in lines.iter().enumerate() {
        text(&mut out, left - 54.0, bottom + 78.0 + 15.0 * at as f64, "fill=\"#555\"", line);
    }
    out.push_str("</svg>");
    out
}

/// Escaped, and no longer than that.
fn cut(text: &str, most: usize) -> String {
    let text = printable(text);
    match text.char_indices().nth(most) {
        Some((end, _)) => escape(text.get(..end).unwrap_or_default()) + "…",
        None => escape(&text),
    }
}

fn text(out: &mut String, x: f64, y: f64, how: &str, escaped: &str) {
    let _ = write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {how}>{escaped}</text>");
}

fn side(chart: &Chart, axis: &Axis, [from, to]: [f64; 2], of: impl Fn(&Point) -> f64) -> Side {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for point in &chart.points {
        let is_x = matches!(chart.mark, Mark::Histogram) && point.to == Some(of(point));
        low = low.min(of(point));
        high = high.max(if is_x {
            of(point)
        } else {
            point.to.filter(|_| from < to).unwrap_or(of(point))
        });
    }
    match &axis.scale {
        Scale::Names(names) => (low, high) = (-0.5, names.len().max(1) as f64 - 0.5),
        _ if from > to && matches!(chart.mark, Mark::Bar | Mark::Histogram) => {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        _ => {
            let room = if chart.mark == Mark::Scatter { high * 0.03 - low * 0.03 } else { 0.0 };
            (low, high) = ((low - room).max(f64::MIN), (high + room).min(f64::MAX));
        }
    }
    if !(low.is_finite() && high > low) {
        let middle = if low.is_finite() { low } else { 0.0 };
        let room = (middle.abs() * 1e-3).max(1.0);
        (low, high) = ((middle - room).max(f64::MIN), (middle + room).min(f64::MAX));
    }
    Side { low, high, from, to }
}

fn ticks(out: &mut String, axis: &Axis, side: &Side, is_x: bool) {
    let [left, _, right, bottom] = FRAME;
    let mut tick = |value: f64, label: &str| {
        let at = side.at(value);
        if is_x {
            let how =
                format!("text-anchor=\"end\" transform=\"rotate(-30 {at:.1} {})\"", bottom + 14.0);
            let how = if label.len() > 6 { how } else { "text-anchor=\"middle\"".to_string() };
            text(out, at, bottom + 14.0, &how, label);
        } else {
            let _ = write!(out, "<path d=\"M{left} {at:.1}H{right}\" stroke=\"#e4e4e4\"/>");
            text(out, left - 6.0, at + 4.0, "text-anchor=\"end\"", label);
        }
    };
    match &axis.scale {
        Scale::Names(names) => {
            let every = names.len().div_ceil(MOST_NAMES).max(1);
            for (at, name) in names.iter().enumerate().step_by(every) {
                tick(at as f64, &cut(name, 14));
            }
        }
        // the words have its ends
        Scale::Time => {}
        Scale::Number => {
            let width = nice(side.high / 5.0 - side.low / 5.0);
            let first = (side.low / width).ceil();
            for step in 0..12 {
                let value = (first + f64::from(step)) * width;
                if value > side.high {
                    break;
                }
                tick(value, &number(value, 6));
            }
        }
    }
}

fn color(chart: &Chart, value: Option<f64>) -> &'static str {
    let of = |colors: &[&'static str], at: usize| colors.get(at).copied().unwrap_or("#888");
    match (&chart.color, value) {
        (None, _) => of(&COLORS, 0),
        (Some(Axis { scale: Scale::Names(_), .. }), Some(value)) => {
            of(&COLORS, value as usize % COLORS.len())
        }
        (Some(_), Some(value)) => {
            let (low, high) = colored(chart);
            let share = if high > low { share(value, low, high) } else { 0.0 };
            of(&RANGE, (share * RANGE.len() as f64).min(RANGE.len() as f64 - 1.0) as usize)
        }
        (Some(_), None) => "#888",
    }
}

/// The least and the greatest that has a colour.
fn colored(chart: &Chart) -> (f64, f64) {
    let there = || chart.points.iter().filter_map(|point| point.color);
    (there().fold(f64::INFINITY, f64::min), there().fold(f64::NEG_INFINITY, f64::max))
}

/// Points of a colour are one path, of which each takes ten bytes.
fn draw(out: &mut String, chart: &Chart, across: &Side, up: &Side) {
    let place = |point: &Point| (across.at(point.x), up.at(point.y));
    let mut paths: Vec<(&'static str, Option<u64>, String)> = Vec::new();
    let many = matches!(&chart.color, Some(Axis { scale: Scale::Names(names), .. })
        if chart.mark == Mark::Bar && names.len() > 1);
    let series = match &chart.color {
        Some(Axis { scale: Scale::Names(names), .. }) if many => names.len() as f64,
        _ => 1.0,
    };
    let slot = (across.at(1.0) - across.at(0.0)).abs() * 0.8 / series;
    let zero = up.at(0.0);
    for point in chart.points.iter().filter(|point| point.role != Role::Query) {
        let (x, y) = place(point);
        let fill = color(chart, point.color);
        // a line is of one colour by its name, however many share it here
        let own = point.color.map(f64::to_bits).filter(|_| chart.mark == Mark::Line);
        let known = paths.iter().position(|(known, line, _)| (*known, *line) == (fill, own));
        let at = known.unwrap_or_else(|| {
            paths.push((fill, own, String::new()));
            paths.len() - 1
        });
        let Some((_, _, path)) = paths.get_mut(at) else { continue };
        let _ = match chart.mark {
            Mark::Scatter => write!(path, "M{x:.0} {y:.0}h0"),
            Mark::Line => write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' }),
            Mark::Bar => {
                let series =
                    if many { point.color.unwrap_or_default() - series / 2.0 } else { -0.5 };
                write!(path, "M{:.1} {zero:.1}h{slot:.1}V{y:.1}h-{slot:.1}z", x + series * slot)
            }
            Mark::Histogram => {
                let to = across.at(point.to.unwrap_or(point.x));
                write!(path, "M{:.1} {zero:.1}H{:.1}V{y:.1}H{:.1}z", x + 0.5, to - 0.5, x + 0.5)
            }
        };
    }
    let width = if chart.points.len() > 300 { 4 } else { 7 };
    for (color, _, path) in paths {
        let how = match chart.mark {
            Mark::Scatter => {
                format!("stroke-width=\"{width}\" stroke-linecap=\"round\" opacity=\".85\"")
            }
            Mark::Line => "stroke-width=\"2\" fill=\"none\"".to_string(),
            Mark::Bar | Mark::Histogram => format!("fill=\"{color}\" stroke-width=\"0\""),
        };
        let _ = write!(out, "<path d=\"{path}\" stroke=\"{color}\" {how}/>");
    }
    for point in &chart.points {
        let (x, y) = place(point);
        let _ = match point.role {
            Role::Plain => Ok(()),
            Role::Hit => write!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"7\" fill=\"none\" stroke=\"{ACCENT}\" \
                 stroke-width=\"2\"/>"
            ),
            Role::Query => write!(
                out,
                "<path transform=\"translate({x:.1} {y:.1})\" fill=\"{ACCENT}\" d=\"M0-10 2.4-3.2\
                 9.5-3 3.8 1.2 5.9 8 0 4-5.9 8-3.8 1.2-9.5-3-2.4-3.2z\"/>"
            ),
        };
    }
}

fn legend(out: &mut String, chart: &Chart) {
    let [_, top, right, _] = FRAME;
    let Some(axis) = &chart.color else { return };
    text(out, right + 14.0, top + 6.0, "font-weight=\"bold\"", &cut(&axis.title, 18));
    let (low, high) = colored(chart);
    let entries: Vec<(&str, String)> = match &axis.scale {
        Scale::Names(names) => {
            let entry =
                |(at, name): (usize, &String)| (color(chart, Some(at as f64)), cut(name, 16));
            names.iter().enumerate().map(entry).collect()
        }
        _ => {
            let label =
                |at: usize| number(low * (1.0 - at as f64 / 4.0) + high * at as f64 / 4.0, 4);
            RANGE.iter().enumerate().map(|(at, color)| (*color, label(at))).collect()
        }
    };
    for (at, (color, label)) in entries.iter().enumerate() {
        let y = top + 14.0 + 14.0 * at as f64;
        let _ = write!(
            out,
            "<rect x=\"{:.0}\" y=\"{y:.0}\" width=\"10\" height=\"10\" fill=\"{color}\"/>",
            right + 14.0
        );
        text(out, right + 29.0, y + 9.0, "", label);
    }
}

#[cfg(test)]
mod tests {
    use super::super::vega::tests::chart;
    use super::*;

    #[test]
    fn nothing_in_it_is_markup_of_somebody_else() {
        for (_, mark) in Mark::ALL {
            for scale in [Scale::Number, Scale::Time, Scale::Names(vec!["</svg>".to_string()])] {
                let mut chart = chart();
                (chart.mark, chart.x.scale) = (mark, scale);
                let svg = render(&chart, &["note: <b>".to_string()]);
                for markup in ["<b>", "<script", "</title><", "</svg><", "NaN", "inf", "\u{202e}"] {
                    let rest = svg.replace("</title><rect", "").replace("</title><title", "");
                    assert!(!rest.contains(markup), "{mark:?}: {markup} in {svg}");
                }
                assert!(svg.ends_with("</svg>") && svg.matches("</svg>").count() == 1);
            }
        }
    }

    #[test]
    fn every_number_has_a_place() {
        let tiny = 5e-324;
        for ends in [[-1e308, 1.7e308], [tiny, 2.0 * tiny], [1e300; 2], [f64::MAX; 2], [0.0; 2]] {
            for (_, mark) in Mark::ALL {
                let mut chart = chart();
                chart.mark = mark;
                chart.color = Some(Axis { title: "c".to_string(), scale: Scale::Number });
                for (point, end) in chart.points.iter_mut().zip(ends) {
                    (point.x, point.y, point.color, point.to) = (end, end, Some(end), Some(end));
                }
                chart.points.truncate(2);
                let svg = render(&chart, &[]);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{mark:?} {ends:?}: {svg}");
            }
        }
    }

    #[test]
    fn a_chart_without_points_is_drawn() {
        let mut chart = chart();
        chart.points.clear();
        assert!(!render(&chart, &[]).contains("NaN"));
    }
}
