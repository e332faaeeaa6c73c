//! Outcomes become what a notebook shows: text/plain, text/html, and a data resource for programs.
//! Pure; knows outcome types only.

pub mod html;
pub mod resource;
pub mod text;
pub mod value;

/// How results are shown.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// rows of a table
    pub limit: usize,
    /// digits behind the point of floating-point numbers; `None` is the shortest exact form
    pub precision: Option<usize>,
}
