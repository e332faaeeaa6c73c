//! How outcomes are shown: what the settings of a session say about it.

use std::rc::Rc;

use crate::translate::Catalogue;

/// How an outcome is shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// rows of a table
    pub limit: usize,
    /// digits behind the point of floating-point numbers; `None` is the shortest exact form
    pub precision: Option<usize>,
    /// whether a table comes as a data resource as well, whole
    pub table_schema: bool,
    /// whether the status line tells how long the server took
    pub timing: bool,
    /// another language than English
    pub catalogue: Option<Rc<Catalogue>>,
}

impl Options {
    /// The kernel's own words in the language of the session.
    pub(super) fn say(&self, text: String) -> String {
        match &self.catalogue {
            Some(catalogue) => catalogue.text(&text),
            None => text,
        }
    }
}
