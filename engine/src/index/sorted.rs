//! Rows in the order of their values, run by run: what equals a constant or lies between two is
//! found without a pass over the column.
//!
//! In: whole runs of rows as they come; values are the owner's to compare. Out: slices of rows. A
//! run is sorted in a few milliseconds and never touched again: to look into each of a few dozen
//! takes some microseconds, and runs that are merged would have to be sorted in slices.

use std::cmp::Ordering;

/// The rows of a run.
pub const RUN: usize = 1 << 14;

#[derive(Default)]
pub struct Sorted {
    /// counted from the first row of the run
    runs: Vec<Box<[u16]>>,
}

impl Sorted {
    /// How many rows are sorted; the rows from here on are the caller's to look at.
    pub fn len(&self) -> usize {
        self.runs.len() * RUN
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The number of places that a search looks into.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        self.len() * size_of::<u16>()
    }

    /// Sorts the next run of rows.
    pub fn push(&mut self, compare: impl Fn(usize, usize) -> Ordering) {
        let first = self.len();
        let mut run: Box<[u16]> = (0..RUN as u16).collect();
        run.sort_unstable_by(|a, b| compare(first + usize::from(*a), first + usize::from(*b)));
        self.runs.push(run);
    }

    /// Of each run its first row, and the rows, counted from there, that are neither below nor
    /// above what is wanted.
    pub fn between(
        &self,
        below: impl Fn(usize) -> bool,
        above: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (usize, &[u16])> {
        self.runs.iter().enumerate().filter_map(move |(number, run)| {
            let first = number * RUN;
            let start = run.partition_point(|row| below(first + usize::from(*row)));
            let rest = run.get(start..)?;
            let count = rest.partition_point(|row| !above(first + usize::from(*row)));
            Some((first, rest.get(..count)?))
        })
    }
}
