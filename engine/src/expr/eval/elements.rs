//! The truth of what is asked of the elements of an array of structs, one by one.

use super::{Eval, Truth};
use crate::expr::plan::Node;
use crate::segment::bits::Bits;

/// Elements that are asked at a time, about: what is told of them is not to fill the memory.
const AT_ONCE: usize = 1 << 16;

/// An element of an array of structs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    pub row: usize,
    /// its place in the array
    pub at: usize,
}

impl Eval<'_> {
    /// Whether so many elements of a row are so, and so many are there. NULL is unknown.
    pub(super) fn matched(
        &self,
        column: usize,
        of: &Node,
        asked: Option<&Bits>,
        test: impl Fn(usize, usize) -> bool,
    ) -> Truth {
        let Some(array) = self.segment.column(column) else { return self.unknown() };
        let mut truth = self.all(false);
        let asked = |index: &usize| asked.is_none_or(|asked| asked.get(*index));
        let indexes: Vec<usize> = (0..self.rows.len()).filter(asked).collect();
        let rows: Vec<usize> = indexes.iter().map(|index| self.rows.start + index).collect();
        let counts = self.elements(column, of, &rows).into_iter().map(|matching| matching.len());
        for ((index, row), yes) in indexes.into_iter().zip(rows).zip(counts) {
            match array.elements(row) {
                Some(all) => truth.yes.set(index, test(yes, all)),
                None => truth.known.set(index, false),
            }
        }
        truth
    }

    /// The places of the elements that are so, of each of some rows.
    pub fn elements(&self, column: usize, of: &Node, rows: &[usize]) -> Vec<Vec<usize>> {
        let mut found = Vec::with_capacity(rows.len());
        let Some(array) = self.segment.column(column) else { return vec![Vec::new(); rows.len()] };
        let mut elements: Vec<Element> = Vec::new();
        let mut ends = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let count = array.elements(*row).unwrap_or(0);
            elements.extend((0..count).map(|at| Element { row: *row, at }));
            ends.push(elements.len());
            if elements.len() < AT_ONCE && index + 1 < rows.len() {
                continue;
            }
            let inner = Eval { rows: 0..elements.len(), elements: Some(&elements), ..*self };
            let truth = inner.truth(of, None);
            let mut next = 0;
            for end in ends.drain(..) {
                let places = (next..end).filter(|place| truth.yes.get(*place));
                found.push(places.map(|place| place - next).collect());
                next = end;
            }
            elements.clear();
        }
        found
    }
}
