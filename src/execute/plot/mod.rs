//! PLOT: rows become a chart. In: the statement. Out: an outcome with a chart and no table. The
//! rows come from SELECTs, which `select` carries out: `vectors` asks for those of a field and
//! projects them to two dimensions, `columns` draws what a SELECT of the user's gives.

mod columns;
mod scales;
mod vectors;

use crate::chart::{Chart, Mark, Point, Role};
use crate::diagnostic::Result;
use crate::execute::context::Context;
use crate::language::ast::Plot;
use crate::milvus::Platform;
use crate::outcome::{Datum, Outcome, plural};

/// Bytes of what the points tell of themselves, where nobody has asked for so many points.
const MOST_BYTES: usize = 120_000;

pub(crate) async fn plot<P: Platform>(plot: &Plot, context: &Context<'_, P>) -> Result<Outcome> {
    match plot {
        Plot::Vectors(plot) => vectors::draw(plot, context).await,
        Plot::Select { select, mark } => columns::draw(select, mark.clone(), context).await,
    }
}

fn outcome(chart: Chart) -> Outcome {
    let drawn = chart.points.iter().filter(|point| point.role != Role::Query).count() as u64;
    let done = match chart.mark {
        Mark::Bar | Mark::Histogram => plural(drawn, "bar", "bars"),
        Mark::Line | Mark::Scatter => plural(drawn, "point", "points"),
    };
    Outcome { chart: Some(Box::new(chart)), ..Outcome::default() }.with_done(done)
}

/// So many of these, evenly chosen.
fn evenly<T>(items: Vec<T>, count: usize) -> Vec<T> {
    let all = items.len();
    if count >= all {
        return items;
    }
    let mut next = 0;
    let chosen = items.into_iter().enumerate().filter(|(at, _)| {
        let is_chosen = *at == next * all / count.max(1) && next < count;
        next += usize::from(is_chosen);
        is_chosen
    });
    chosen.map(|(_, item)| item).collect()
}

/// How many of these rows stay within what a plot may take.
fn fitting(rows: &[Vec<Datum>]) -> usize {
    let bytes: usize = rows.iter().flatten().map(|value| scales::text(value).len() + 8).sum();
    if bytes <= MOST_BYTES { rows.len() } else { (rows.len() * MOST_BYTES / bytes).max(50) }
}

/// The least and the greatest.
fn range(points: &[Point], of: impl Fn(&Point) -> f64) -> (f64, f64) {
    points.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_spread_over_all() {
        assert_eq!(evenly((0..10).collect(), 5), [0, 2, 4, 6, 8]);
        assert_eq!(evenly((0..10).collect(), 3), [0, 3, 6]);
        assert_eq!(evenly(vec![1, 2], 5), [1, 2]);
        for count in 0..20 {
            assert_eq!(evenly((0..17).collect(), count).len(), count.min(17));
        }
    }
}
