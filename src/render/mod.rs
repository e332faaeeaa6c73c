//! Outcomes become what a notebook shows. In: an outcome and how it is to be shown. Out: a MIME
//! bundle, which is the outcome once in each MIME type that some reader takes; the table of those
//! types is here and nowhere else. Pure; knows outcome types only.

mod html;
pub mod options;
mod picture;
mod progress;
mod resource;
mod svg;
mod table;
mod text;
mod traceback;
mod value;
mod vega;

use crate::outcome::{Outcome, Progress};
use options::Options;

/// One outcome in several MIME types, the poorest first.
pub type MimeBundle = Vec<Representation>;

/// An outcome in one MIME type.
#[derive(Clone, Debug, PartialEq)]
pub struct Representation {
    pub mime_type: &'static str,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(String),
    /// JSON as its text: a tree of many rows would cost more to build than to write, and every
    /// reader has a parser
    Json(String),
}

/// What an outcome is in one MIME type, if it is anything there. What it takes of a saved notebook
/// is to be no more than so many bytes, where it can be less.
type Renderer = fn(&Outcome, &Options, usize) -> Option<Content>;

/// Every MIME type that there is. A new kind of output is a line here. Words take a quarter of the
/// room at the most, markup half of what is left, and rows the rest.
const RENDERERS: &[(&str, Renderer)] = &[
    ("text/plain", |outcome, options, room| {
        Some(Content::Text(text::render(outcome, options, room / 4)))
    }),
    // JupyterLab would show it and not the chart
    ("text/html", |outcome, options, room| {
        let html = outcome.chart.is_none().then(|| html::render(outcome, options, room / 2));
        html.map(Content::Text)
    }),
    // a picture for who has no script: nbviewer, GitHub, nbconvert
    ("image/svg+xml", |outcome, options, _| {
        let chart = outcome.chart.as_ref()?;
        Some(Content::Text(svg::render(chart, &text::around(outcome, options))))
    }),
    ("application/vnd.vegalite.v5+json", |outcome, options, _| {
        let chart = outcome.chart.as_ref()?;
        Some(Content::Json(vega::render(chart, &text::around(outcome, options))))
    }),
    (table::MIME_TYPE, |outcome, options, room| {
        table::render(outcome, options, room).map(Content::Json)
    }),
    ("application/vnd.dataresource+json", |outcome, options, _| {
        let table = outcome.tables.first().filter(|_| options.table_schema)?;
        Some(Content::Json(resource::render(table)))
    }),
];

pub fn mime_bundle(outcome: &Outcome, options: &Options) -> MimeBundle {
    let mut room = options.table_size;
    RENDERERS
        .iter()
        .filter_map(|(mime_type, render)| {
            let content = render(outcome, options, room)?;
            if let Content::Text(text) = &content {
                room = room.saturating_sub(saved(text));
            }
            Some(Representation { mime_type, content })
        })
        .collect()
}

/// What a line of a text takes in a notebook's file beside itself.
const LINE: usize = 12;

/// About what a text takes in a notebook's file, which has a line for each of its lines.
fn saved(text: &str) -> usize {
    let of = |byte| match byte {
        b'\n' => LINE,
        b'"' | b'\\' => 2,
        _ => 1,
    };
    text.bytes().map(of).sum()
}

/// For who keeps the rows of a result.
pub(crate) use table::{filter_text, rows};

/// How far a statement is, which its outcome will take the place of.
pub fn progress(progress: &Progress, options: &Options) -> MimeBundle {
    let of = |mime_type, text| Representation { mime_type, content: Content::Text(text) };
    let line = options.say(progress::text(progress));
    let html = progress::html(progress, &line);
    vec![of("text/plain", line), of("text/html", html)]
}

/// The same in a line, for an error.
pub fn progress_line(progress: &Progress) -> String {
    progress::text(progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Column, Datum, Table, Type};

    /// Options under which nothing is cut, rounded or added.
    pub(super) const PLAIN: Options = Options {
        limit: usize::MAX,
        precision: None,
        table_schema: false,
        table_size: 1 << 20,
        image: None,
        result: None,
        timing: false,
        catalogue: None,
    };

    fn numbers() -> Outcome {
        Outcome::table(Table::new(vec![Column::new("n", Type::Int)], vec![vec![Datum::Int(1)]]))
    }

    fn mime_types(outcome: &Outcome, options: &Options) -> Vec<&'static str> {
        mime_bundle(outcome, options).iter().map(|part| part.mime_type).collect()
    }

    #[test]
    fn every_outcome_is_text_and_html() {
        let both = ["text/plain", "text/html"];
        assert_eq!(mime_types(&numbers(), &PLAIN)[..2], both);
        assert_eq!(mime_types(&Outcome::default(), &PLAIN), both);
    }

    /// The default of `SET table_size`.
    const ROOM: usize = 192 << 10;

    /// What a notebook's file has of a bundle, with the file's own indentation.
    fn file_size(bundle: &MimeBundle) -> usize {
        let part = |part: &Representation| match &part.content {
            Content::Text(text) => {
                serde_json::json!(text.split_inclusive('\n').collect::<Vec<_>>())
            }
            Content::Json(json) => serde_json::from_str(json).expect("JSON"),
        };
        let parts: serde_json::Map<String, serde_json::Value> =
            bundle.iter().map(|each| (each.mime_type.to_string(), part(each))).collect();
        serde_json::to_string_pretty(&parts).expect("JSON").len()
    }

    #[test]
    fn each_form_of_a_large_table_has_its_share_of_a_notebook() {
        let columns = vec![Column::new("id", Type::Int), Column::new("title", Type::Text)];
        let row = |id| vec![Datum::Int(id), Datum::Text(format!("a \"title\" of the row {id}"))];
        let outcome = Outcome::table(Table::new(columns, (0..5_000).map(row).collect()));
        let bundle = mime_bundle(&outcome, &Options { table_size: ROOM, limit: 5_000, ..PLAIN });
        let size = file_size(&bundle);
        assert!((150_000..200_000).contains(&size), "{size}");
        for (at, row) in [(0, "of the row 300"), (1, "of the row 300"), (2, "of the row 600")] {
            let (Content::Text(text) | Content::Json(text)) = &bundle[at].content;
            assert!(text.contains(row), "{}: {}", bundle[at].mime_type, text.len());
        }
        let (Content::Text(text) | Content::Json(text)) = &bundle[0].content;
        let last = text.lines().rev().nth(1).expect("lines");
        assert!(last.ends_with("of 5,000 rows are shown: SET table_size = 786432 shows more"));
    }

    #[test]
    fn a_notebook_with_no_room_for_a_row_has_it_as_markup() {
        let columns = || vec![Column::new("id", Type::Int), Column::new("v", Type::Vector)];
        let row = |dim| vec![Datum::Int(1), Datum::Vector(vec![0.123_456_7; dim])];
        let options = Options { table_size: ROOM, ..PLAIN };
        let types = |dim| {
            let table = Table::new(columns(), vec![row(dim), row(dim)]);
            let bundle = mime_bundle(&Outcome::table(table), &options);
            assert!(file_size(&bundle) < 200_000);
            bundle.iter().map(|part| part.mime_type).collect::<Vec<_>>()
        };
        assert_eq!(types(4), ["text/plain", "text/html", table::MIME_TYPE]);
        assert_eq!(types(16_384), ["text/plain", "text/html"]);
        let none = Outcome::table(Table::new(columns(), Vec::new()));
        assert_eq!(mime_types(&none, &options).len(), 3, "a table without rows is one");
    }

    #[test]
    fn a_table_is_a_data_resource_when_that_is_asked_for() {
        let options = Options { table_schema: true, ..PLAIN };
        let bundle = mime_bundle(&numbers(), &options);
        assert_eq!(bundle.len(), 4);
        assert_eq!(bundle[3].mime_type, "application/vnd.dataresource+json");
        let Content::Json(json) = &bundle[3].content else { panic!("{bundle:?}") };
        assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{json}");
        // what has no table has none
        assert_eq!(mime_types(&Outcome::done("dropped t"), &options).len(), 2);
    }
}
