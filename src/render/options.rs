//! How outcomes are shown: what the settings of a session say about it.

/// How an outcome is shown.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// rows of a table
    pub limit: usize,
    /// digits behind the point of floating-point numbers; `None` is the shortest exact form
    pub precision: Option<usize>,
    /// whether a table comes as a data resource as well, whole
    pub table_schema: bool,
    /// whether the status line tells how long the server took
    pub timing: bool,
}
