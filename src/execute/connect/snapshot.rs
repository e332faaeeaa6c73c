//! What a session would have to be told to be as it is: its connections, settings and variables as
//! statements, secrets included. The page keeps them in its memory, and tells them to a worker that
//! takes the place of one that has ended.

use crate::diagnostic::{Result, Span, Spanned};
use crate::execute::state::State;
use crate::execute::{execute, words};
use crate::language::ast::{Connect, Kind, Name, Statement, Value};
use crate::language::variables::LAST;
use crate::language::{parse, print};
use crate::milvus::{Platform, Target};
use crate::outcome::plural;

/// What no statement gives again.
const LOST: &str = "`:last`, and the rows of results that are not in the notebook: run their cells \
     again";

/// Whether a statement changes what a snapshot holds.
pub(crate) fn is_kept(kind: &Kind) -> bool {
    if let Kind::Analyze(inner) = kind {
        return is_kept(&inner.kind);
    }
    matches!(
        kind,
        Kind::Connect(_)
            | Kind::UseConnection(_)
            | Kind::Disconnect(_)
            | Kind::Use(_)
            | Kind::Set { .. }
            | Kind::SetVariable { .. }
    )
}

pub(crate) fn snapshot<P: Platform>(state: &State<P>) -> String {
    let settings = state.settings.borrow();
    let word = |word: &str| Value::Text(word.to_string());
    let set = |name: &str, value| Kind::Set {
        name: named(name),
        value: Spanned::new(value, Span::default()),
    };
    let level = settings.consistency.map_or("default", |level| level.as_str_name());
    let mut kinds = vec![
        set("display_limit", Value::Int(settings.display_limit as i64)),
        set(
            "precision",
            settings.precision.map_or(word("full"), |digits| Value::Int(digits as i64)),
        ),
        set("table_schema", Value::Bool(settings.table_schema)),
        set("table_size", Value::Int(settings.table_size.cast_signed())),
        set(
            "image_field",
            settings.image_field.as_ref().map_or(word("off"), |image| word(&image.to_string())),
        ),
        set("timeout", Value::Float(settings.timeout)),
        set("consistency_level", word(level)),
        set("memory_limit", Value::Int(settings.memory_limit.cast_signed())),
        set(
            "default_connection",
            word(settings.default_connection.as_deref().unwrap_or("default")),
        ),
    ];
    let variables = state.variables.borrow();
    kinds.extend(variables.iter().map(|(name, value)| Kind::SetVariable {
        name: named(name),
        value: Spanned::new(value.clone(), Span::default()),
    }));
    if state.last_result.borrow().is_there() {
        // it is refused, and told as lost
        kinds.push(Kind::SetVariable {
            name: named(LAST),
            value: Spanned::new(Value::Null, Span::default()),
        });
    }
    let connections = state.connections.borrow();
    for connection in &connections.all {
        let target = &connection.client.target;
        let (user, password, token) = match target {
            Target::Remote(address) => (&address.user, &address.password, &address.token),
            Target::Engine(_) => (&None, &None, &None),
        };
        let database = connection.client.database();
        kinds.push(Kind::Connect(Box::new(Connect {
            address: named(&target.url()),
            user: user.clone().map(text),
            password: password.clone().map(text),
            token: token.clone().map(text),
            database: (!database.is_empty()).then(|| text(database)),
            alias: Some(text(connection.name.clone())),
        })));
    }
    if !connections.current.is_empty() {
        kinds.push(Kind::UseConnection(named(&connections.current)));
    }
    let statements =
        kinds.into_iter().map(|kind| print::statement(&Statement { kind, span: Span::default() }));
    statements.collect::<Vec<_>>().join(";\n")
}

/// Runs a snapshot; says what is again as it was, and what could not be had again. What the lines
/// quote is the server's word or ours, never the snapshot's.
pub(crate) async fn restore<P: Platform>(snapshot: &str, state: &State<P>) -> Result<Vec<String>> {
    let (mut lines, mut lost, mut variables) = (Vec::new(), Vec::new(), 0);
    for mut statement in parse::parse(snapshot)? {
        match (Box::pin(execute(&mut statement, state)).await, &statement.kind) {
            (Ok(outcome), Kind::Connect(_)) => lines.push(format!("{} again", outcome.done)),
            (Ok(_), Kind::SetVariable { .. }) => variables += 1,
            (Ok(_), _) => {}
            (Err(error), Kind::UseConnection(_)) => {
                // no other stands in for it
                state.connections.borrow_mut().current.clear();
                lost.push(error.message);
            }
            (Err(_), Kind::SetVariable { name, .. }) if name.value == LAST => {
                lost.push(LOST.to_string());
            }
            (Err(error), kind) => lost.push(format!("{}: {}", words::words(kind), error.message)),
        }
    }
    // when this session wrote is not known any more: its reads wait for all that was written
    for connection in &state.connections.borrow().all {
        connection.client.forget_writes();
    }
    lines.push(match variables {
        0 => "the settings are as they were".to_string(),
        count => {
            format!("the settings and {} are as they were", plural(count, "variable", "variables"))
        }
    });
    lines.extend(lost.into_iter().map(|lost| format!("lost: {lost}")));
    Ok(lines)
}

fn named(name: &str) -> Name {
    Name::new(name.to_string(), Span::default())
}

fn text(text: String) -> Spanned<Value> {
    Spanned::new(Value::Text(text), Span::default())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    /// Every setting has its place here.
    #[test]
    fn a_snapshot_parses() {
        let all = "SET precision = 'full'; SET timeout = 60.0; SET table_schema = FALSE; \
            CONNECT 'http://h:1' USER 'u' PASSWORD 'p''\\'' DATABASE 'd' AS 'c'";
        let printed: Vec<String> = parse::parse(all)
            .expect("statements")
            .iter()
            .inspect(|statement| assert!(is_kept(&statement.kind)))
            .map(print::statement)
            .collect();
        assert_eq!(parse::parse(&printed.join(";\n")).expect("the same").len(), 4);
    }
}
