//! What an editor underlines while a cell is typed. In: a cell, and where the cursor is. Out: the
//! first error of each statement, found by reading alone; nothing runs, and no server is asked.
//! What merely is not finished where the cursor stands is no error.

use super::{completeness, nth};
use crate::diagnostic::Diagnostic;
use crate::language::numbers::scan;

/// So many are shown at the most: a text of another kind than a cell has as many as lines.
const MOST: usize = 20;

/// The problems of a cell; the cursor is in bytes, and is nowhere when nobody types.
pub fn problems(cell: &str, cursor: Option<usize>) -> Vec<Diagnostic> {
    let scanned = match scan(cell) {
        Ok(scanned) => scanned,
        // a string, a comment or a list that goes on to the end of the cell
        Err(error) => {
            let start = error.span.map_or(0, |span| span.start);
            let typed = cursor.is_some_and(|cursor| {
                start <= cursor && completeness(cell) == "incomplete" || touches(&error, cursor)
            });
            return if typed { Vec::new() } else { vec![error] };
        }
    };
    let mut problems = Vec::new();
    for (index, (start, end)) in scanned.statements.iter().enumerate() {
        let Err(error) = nth(&scanned, index) else { continue };
        let (start, end) = (scanned.in_cell(*start), scanned.in_cell(*end));
        let is_unfinished = cursor.is_some_and(|cursor| {
            // blanks behind the statement are its own, as far as its semicolon
            let is_here = start <= cursor
                && cell.get(end..cursor).is_none_or(|between| !between.contains(';'))
                && scanned
                    .statements
                    .get(index + 1)
                    .is_none_or(|(next, _)| cursor < scanned.in_cell(*next));
            let text = cell.get(start..end).unwrap_or_default();
            is_here && (touches(&error, cursor) || completeness(text) == "incomplete")
        });
        if !is_unfinished {
            problems.push(error);
        }
        if problems.len() == MOST {
            break;
        }
    }
    problems
}

/// The cursor stands at the end of the word that is wrong: it may become another.
fn touches(error: &Diagnostic, cursor: usize) -> bool {
    error.span.is_some_and(|span| span.end == cursor)
}
