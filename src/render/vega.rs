//! A chart for Vega-Lite, which JupyterLab draws itself. In: a chart. Out: its JSON, with the data
//! in it. What users and servers wrote stands in strings alone, and the data's own keys are ours:
//! `x`, `y`, `z` where a bar ends, `c` a colour, `r` a role, `p` a picture, `t0` and on what a
//! point tells. Nothing in it is fetched.

use std::fmt::Write as _;

use super::picture::Picture;
use super::value::show;
use crate::chart::{Axis, Chart, Mark, Point, Role, Scale};
use crate::outcome::{Datum, Type};
use crate::printable::printable;

/// Of the query and the rings: it is seen on white and on the dark theme's grey.
pub(super) const ACCENT: &str = "#e8308c";
/// Points that have their labels beside them.
const LABELLED: usize = 60;
/// Characters of a picture: as a plot is to stay small.
const MOST_PICTURE: usize = 4_096;

/// A picture as a tooltip shows it, eight times as large where it is tiny. Vega's tooltips show
/// what is called `image`.
const PICTURE: &str = "{\"calculate\":\"datum.p ? 'data:image/svg+xml,%3Csvg \
xmlns=%22http://www.w3.org/2000/svg%22 width=%2296%22 height=%2296%22%3E%3Cimage width=%2296%22 \
height=%2296%22 style=%22image-rendering:pixelated%22 href=%22' + datum.p + '%22/%3E%3C/svg%3E' \
: ''\",\"as\":\"image\"}";

pub(super) fn render(chart: &Chart, around: &[String]) -> String {
    let has_picture = chart.points.iter().any(|point| picture(point).is_some());
    let lines: Vec<String> =
        chart.words.iter().chain(around).flat_map(|line| wrapped(&printable(line))).collect();
    let mut out = String::from("{\"$schema\":\"https://vega.github.io/schema/vega-lite/v5.json\"");
    let _ = write!(
        out,
        ",\"description\":{},\"title\":{{\"text\":{},\"subtitle\":[{}],\"anchor\":\"start\",\
         \"subtitlePadding\":4}},\"width\":{},\"height\":340",
        quoted(&chart.words.join("; ")),
        quoted(&chart.title),
        lines.iter().map(|line| quoted(line)).collect::<Vec<_>>().join(","),
        if matches!(&chart.x.scale, Scale::Names(names) if names.len() < 12) { 360 } else { 520 }
    );
    out.push_str(",\"data\":{\"values\":[");
    for (at, point) in chart.points.iter().enumerate() {
        out.push_str(if at > 0 { ",\n" } else { "\n" });
        write_point(&mut out, point, chart);
    }
    out.push_str("]}");
    if has_picture {
        let _ = write!(out, ",\"transform\":[{PICTURE}]");
    }
    let _ = write!(
        out,
        ",\"encoding\":{{{},{}}},\"layer\":[{}]}}",
        axis("x", &chart.x, chart.mark),
        axis("y", &chart.y, chart.mark),
        layers(chart)
    );
    out
}

/// What points of a role tell of themselves.
fn tooltip(chart: &Chart, role: Role) -> String {
    let points = || chart.points.iter().filter(|point| point.role == role);
    let mut tips = Vec::new();
    for (at, title) in chart.tips.iter().enumerate() {
        // what is called `image` would be loaded, and `title` is no heading
        let own = ["image", "title"].contains(&title.as_str());
        let title = if own { format!("{title}:") } else { title.clone() };
        if points().filter_map(|point| point.tips.get(at)).any(|tip| !is_picture(tip)) {
            tips.push(format!("{{\"field\":\"t{at}\",\"title\":{}}}", quoted(&title)));
        }
    }
    if points().any(|point| picture(point).is_some()) {
        tips.push("{\"field\":\"image\",\"title\":\"image\"}".to_string());
    }
    format!("\"tooltip\":[{}]", tips.join(","))
}

/// A subtitle is as wide as the chart at the most.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        if let Some(last) = lines.last_mut() {
            if last.is_empty() || last.chars().count() + word.chars().count() < 90 {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.extend(word.chars().take(90));
            } else if lines.len() < 8 {
                lines.push(word.chars().take(90).collect());
            }
        }
    }
    lines
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn is_picture(tip: &Datum) -> bool {
    matches!(tip, Datum::Text(text) if Picture::of(text).is_some())
}

fn picture(point: &Point) -> Option<&str> {
    let texts = point.tips.iter().filter_map(|tip| match tip {
        Datum::Text(text) if text.len() <= MOST_PICTURE => Picture::of(text),
        _ => None,
    });
    texts.map(|picture| picture.url).next()
}

fn write_point(out: &mut String, point: &Point, chart: &Chart) {
    out.push('{');
    place(out, "x", point.x, &chart.x.scale);
    out.push(',');
    place(out, "y", point.y, &chart.y.scale);
    if let Some(to) = point.to {
        let _ = write!(out, ",\"z\":{}", number(to));
    }
    if let (Some(value), Some(axis)) = (point.color, &chart.color) {
        out.push(',');
        place(out, "c", value, &axis.scale);
    }
    match point.role {
        Role::Plain => {}
        Role::Hit => out.push_str(",\"r\":1"),
        Role::Query => out.push_str(",\"r\":2"),
    }
    if let Some(url) = picture(point) {
        let _ = write!(out, ",\"p\":\"{url}\"");
    }
    for (at, tip) in point.tips.iter().enumerate() {
        match tip {
            Datum::Int(number) if number.unsigned_abs() < 1 << 53 => {
                let _ = write!(out, ",\"t{at}\":{number}");
            }
            tip if is_picture(tip) => {}
            tip => {
                let _ = write!(out, ",\"t{at}\":{}", quoted(&show(tip, Type::Text, None)));
            }
        }
    }
    out.push('}');
}

fn place(out: &mut String, key: &str, value: f64, scale: &Scale) {
    let _ = match scale {
        Scale::Names(names) => {
            let name = names.get(value as usize).map(|name| printable(name)).unwrap_or_default();
            write!(out, "\"{key}\":{}", quoted(&name))
        }
        // as many digits as a screen has pixels, and some more
        Scale::Number if value.fract() != 0.0 => {
            let short: f64 = format!("{value:.5e}").parse().unwrap_or(value);
            write!(out, "\"{key}\":{}", number(short))
        }
        _ => write!(out, "\"{key}\":{}", number(value)),
    };
}

/// Very large and small ones with an exponent. What Vega cannot subtract or divide is at the edge
/// of what it can, and what is no number is nowhere.
fn number(value: f64) -> String {
    const MOST: f64 = 4e307;
    let size = value.abs();
    if !value.is_finite() {
        "null".to_string()
    } else if size < 1e-300 {
        "0".to_string()
    } else if (1e-5..1e15).contains(&size) {
        value.to_string()
    } else {
        format!("{:e}", value.clamp(-MOST, MOST))
    }
}

fn axis(channel: &str, axis: &Axis, mark: Mark) -> String {
    let title = quoted(&printable(&axis.title));
    let histogram = mark == Mark::Histogram && channel == "x";
    let rest = match &axis.scale {
        Scale::Names(_) => "\"type\":\"nominal\",\"sort\":null,\"axis\":{\"labelLimit\":120}",
        Scale::Time => "\"type\":\"temporal\",\"scale\":{\"type\":\"utc\"}",
        Scale::Number if histogram => "\"type\":\"quantitative\",\"bin\":\"binned\"",
        Scale::Number if channel == "y" && mark != Mark::Scatter && mark != Mark::Line => {
            "\"type\":\"quantitative\",\"stack\":null"
        }
        Scale::Number => "\"type\":\"quantitative\",\"scale\":{\"zero\":false}",
    };
    let to = if histogram { ",\"x2\":{\"field\":\"z\"}" } else { "" };
    format!("\"{channel}\":{{\"field\":\"{channel}\",\"title\":{title},{rest}}}{to}")
}

fn color(chart: &Chart) -> Option<String> {
    let axis = chart.color.as_ref()?;
    let title = quoted(&printable(&axis.title));
    let rest = match &axis.scale {
        Scale::Names(names) => {
            let domain: Vec<String> = names.iter().map(|name| quoted(&printable(name))).collect();
            let scheme = if names.len() > 10 { "tableau20" } else { "tableau10" };
            format!(
                "\"type\":\"nominal\",\"scale\":{{\"domain\":[{}],\"scheme\":\"{scheme}\"}}",
                domain.join(",")
            )
        }
        _ => "\"type\":\"quantitative\",\
              \"scale\":{\"scheme\":{\"name\":\"viridis\",\"extent\":[0.15,1]},\"zero\":false}"
            .to_string(),
    };
    Some(format!("\"color\":{{\"field\":\"c\",\"title\":{title},{rest}}}"))
}

/// The points, and what is marked among them. A click on the legend shows one colour.
fn layers(chart: &Chart) -> String {
    let color = color(chart);
    let mut encoding = vec![tooltip(chart, Role::Plain)];
    encoding.extend(color);
    let has_legend = matches!(&chart.color, Some(Axis { scale: Scale::Names(_), .. }));
    let params = match has_legend {
        true => {
            encoding.push(
                "\"opacity\":{\"condition\":{\"param\":\"one\",\"value\":0.85},\"value\":0.06}"
                    .to_string(),
            );
            "\"params\":[{\"name\":\"one\",\"select\":{\"type\":\"point\",\"fields\":[\"c\"]},\
             \"bind\":\"legend\"}],"
        }
        false => "",
    };
    if chart.mark == Mark::Bar && chart.color.is_some() {
        encoding.push("\"xOffset\":{\"field\":\"c\"}".to_string());
    }
    let mark = match chart.mark {
        Mark::Bar | Mark::Histogram => "{\"type\":\"bar\"}".to_string(),
        Mark::Line => "{\"type\":\"line\",\"point\":true}".to_string(),
        Mark::Scatter => {
            let size = if chart.points.len() > 300 { 22 } else { 50 };
            format!("{{\"type\":\"point\",\"filled\":true,\"size\":{size},\"opacity\":0.85}}")
        }
    };
    let mut layers = vec![format!(
        "{{{params}\"transform\":[{{\"filter\":\"datum.r !== 2\"}}],\"mark\":{mark},\
         \"encoding\":{{{}}}}}",
        encoding.join(",")
    )];
    let has = |role| chart.points.iter().any(|point| point.role == role);
    let marked = |role: Role, mark: &str| {
        format!(
            "{{\"transform\":[{{\"filter\":\"datum.r === {}\"}}],\"mark\":{{\"type\":\
             \"point\",\"opacity\":1,{mark}}},\"encoding\":{{{}}}}}",
            u8::from(role == Role::Query) + 1,
            tooltip(chart, role)
        )
    };
    if has(Role::Hit) {
        let ring = format!("\"size\":170,\"strokeWidth\":2.5,\"color\":\"{ACCENT}\"");
        layers.push(marked(Role::Hit, &ring));
    }
    if has(Role::Query) {
        let star = "M0,-1L0.235,-0.324L0.951,-0.309L0.38,0.124L0.588,0.809L0,0.4L-0.588,0.809\
                    L-0.38,0.124L-0.951,-0.309L-0.235,-0.324Z";
        layers.push(marked(
            Role::Query,
            &format!(
                "\"shape\":\"{star}\",\"filled\":true,\"size\":420,\"color\":\"{ACCENT}\",\
                 \"stroke\":\"white\",\"strokeWidth\":1"
            ),
        ));
    }
    let label = chart.label.filter(|_| chart.points.len() <= LABELLED);
    if let Some(at) = label.filter(|_| !chart.points.iter().any(|p| picture(p).is_some())) {
        layers.push(format!(
            "{{\"mark\":{{\"type\":\"text\",\"align\":\"left\",\"dx\":7,\"fontSize\":10,\
             \"limit\":140}},\"encoding\":{{\"text\":{{\"field\":\"t{at}\"}}}}}}"
        ));
    }
    layers.join(",")
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(in crate::render) fn chart() -> Chart {
        let axis = |title: &str| Axis { title: title.to_string(), scale: Scale::Number };
        let point = |x: f64, role, tip: &str| Point {
            x,
            y: -x / 3.0,
            to: None,
            color: Some(0.0),
            role,
            tips: vec![Datum::Int(7), Datum::Text(tip.to_string())],
        };
        Chart {
            mark: Mark::Scatter,
            title: "a \"<b>\"".to_string(),
            words: vec!["scatter of <b>\u{202e}".to_string()],
            x: axis("x</title>"),
            y: axis("y"),
            color: Some(Axis {
                title: "c".to_string(),
                scale: Scale::Names(vec!["<script>".to_string()]),
            }),
            points: vec![
                point(1.0, Role::Plain, "https://example.com/a.png"),
                point(2.5, Role::Hit, "data:image/png;base64,iVBO"),
                point(1e300, Role::Query, "\"}],\""),
            ],
            tips: vec!["id".to_string(), "image".to_string()],
            label: None,
        }
    }

    fn parsed(chart: &Chart) -> Value {
        let json = render(chart, &["note: \"so\"".to_string()]);
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
    }

    #[test]
    fn every_mark_is_json() {
        for (_, mark) in Mark::ALL {
            for scale in [Scale::Number, Scale::Time, Scale::Names(vec!["a\n".to_string()])] {
                let mut chart = chart();
                chart.mark = mark;
                chart.x.scale = scale.clone();
                chart.label = Some(0);
                let json = parsed(&chart);
                assert_eq!(json["data"]["values"].as_array().map(Vec::len), Some(3), "{mark:?}");
            }
        }
    }

    #[test]
    fn every_number_is_json() {
        let mut chart = chart();
        let numbers = [f64::NAN, f64::INFINITY, f64::MIN, 1e-320, -0.0, 1e20, 0.5];
        let point = chart.points[0].clone();
        chart.points = numbers.map(|x| Point { x, to: Some(x), ..point.clone() }).to_vec();
        let values = parsed(&chart)["data"]["values"].clone();
        for (at, shown) in
            [Value::Null, Value::Null, json!(-4e307), json!(0), json!(0)].into_iter().enumerate()
        {
            assert_eq!((&values[at]["x"], &values[at]["z"]), (&shown, &shown));
        }
        assert_eq!((&values[5]["x"], &values[6]["x"]), (&json!(1e20), &json!(0.5)));
    }

    /// A picture is one of ours or it is not shown: nobody else says what a browser loads.
    #[test]
    fn nothing_is_loaded_but_pictures_in_the_data() {
        let json = parsed(&chart());
        let values = json["data"]["values"].as_array().unwrap();
        let pictures: Vec<_> = values.iter().map(|value| value.get("p")).collect();
        assert_eq!(pictures[0], None);
        assert_eq!(pictures[1].unwrap(), "data:image/png;base64,iVBO");
        let tips = |layer: usize| json["layer"][layer]["encoding"]["tooltip"].to_string();
        let own = r#"[{"field":"t0","title":"id"},{"field":"t1","title":"image:"}]"#;
        assert_eq!(tips(0), own, "a field's own name is no picture");
        let shown = r#"[{"field":"t0","title":"id"},{"field":"image","title":"image"}]"#;
        assert_eq!(tips(1), shown, "what is shown as a picture is not told as text too");
        assert!(!json["title"]["subtitle"][0].as_str().unwrap().contains('\u{202e}'));
    }
}
