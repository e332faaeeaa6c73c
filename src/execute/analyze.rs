//! EXPLAIN ANALYZE: a statement is carried out, a write as well, and its steps are shown instead of
//! its rows. In: the statement. Out: each request and what the kernel did, with rows and times.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::state::State;
use crate::execute::{connect, execute};
use crate::language::ast::{Kind, Statement};
use crate::milvus::Platform;
use crate::outcome::{Column, Datum, Outcome, Table, Type};

pub(crate) async fn analyze<P: Platform>(
    statement: &mut Statement,
    state: &State<P>,
) -> Result<Outcome> {
    let span = statement.span;
    let Kind::Analyze(inner) = &mut statement.kind else {
        return Err(Diagnostic::new(Code::InternalError, "nothing to analyze").at(span));
    };
    let (connection, opened) = connect::connection::connected_or_default(state, span).await?;
    let began = state.platform.now();
    connection.client.begin_steps();
    let result = Box::pin(execute(inner, state)).await;
    let steps = connection.client.take_steps();
    let outcome = result?;
    let rows = steps.into_iter().map(|step| {
        vec![
            Datum::Text(step.name.to_string()),
            Datum::Int(step.times as i64),
            step.rows.map_or(Datum::Null, |rows| Datum::Int(rows as i64)),
            Datum::Text(time(step.ms)),
        ]
    });
    let columns = vec![
        Column::new("step", Type::Prose),
        Column::new("times", Type::Int),
        Column::new("rows", Type::Int),
        Column::new("      ms", Type::Prose),
    ];
    let mut shown = Outcome::table(Table::new(columns, rows.collect()));
    shown.notices = opened.into_iter().chain(outcome.notices).collect();
    shown.waited = outcome.waited;
    let took = state.platform.now() - began;
    Ok(shown.with_done(format!("{}; it took {} ms", outcome.done, time(took).trim_start())))
}

/// Milliseconds, one below the other.
fn time(ms: f64) -> String {
    format!("{ms:>8.1}")
}
