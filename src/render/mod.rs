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

/// Every MIME type that there is. A new kind of output is a line here.
const RENDERERS: &[(&str, Renderer)] = &[
    ("text/plain", |outcome, options, _| Some(Content::Text(text::render(outcome, options)))),
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
        (!outcome.tables.is_empty()).then(|| Content::Json(table::render(outcome, options, room)))
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

/// About what a text takes in a notebook's file, which has a line for each of its lines.
fn saved(text: &str) -> usize {
    const LINE: usize = 12;
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
