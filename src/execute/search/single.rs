//! A search of one field: ORDER BY field <-> vector or BM25_SCORE, and a range in WHERE. In: the
//! SELECT, and what it reads. Out: hits. What has no meaning in a search is refused here.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::context::Context;
use crate::execute::read::bounds::Bound;
use crate::execute::read::scan::Read;
use crate::execute::search::hits::Layout;
use crate::execute::search::params::{grouping, in_window, search_params, window};
use crate::execute::search::plan::SearchPlan;
use crate::execute::search::queries::Queries;
use crate::execute::search::range::range;
use crate::execute::search::ties;
use crate::language::ast::{Direction, Order, Select};
use crate::language::print;
use crate::milvus::Platform;
use crate::outcome::Outcome;

pub(crate) async fn search<P: Platform>(
    select: &Select,
    read: &Read<'_>,
    bounds: &[Bound],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let collection = read.collection;
    let search = match (&select.order, bounds.iter().find_map(|bound| bound.search.as_ref())) {
        (Some(Order::Search { search, .. }), _) => search,
        (Some(Order::By(_)), Some(search)) => {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "a search gives the closest first, and has no other order",
            )
            .at(search.field.span)
            .help("leave ORDER BY out"));
        }
        (None, Some(search)) => search,
        _ => {
            return Err(Diagnostic::new(Code::InternalError, "a search without a distance")
                .at(context.span));
        }
    };
    for bound in bounds {
        if bound.search.as_ref().is_some_and(|other| print::search(other) != print::search(search))
        {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "a range is of the search that ORDER BY names",
            )
            .at(bound.value.span)
            .help("write the same field, operator and vector in both"));
        }
    }
    let queries = Queries::of(search, read, context).await?;
    if let Some(Order::Search { direction: Some(direction), .. }) = &select.order {
        check_direction(direction, &queries)?;
    }
    if let Some(span) = select.distinct.then_some(select.table.span) {
        return Err(Diagnostic::new(Code::SyntaxError, "a search has no DISTINCT")
            .at(span)
            .help("`GROUP BY field` gives one hit for each value of a field"));
    }
    let (limit, offset) = window(select)?;
    let layout = Layout::of(&ties::with_keys(select, collection)?, collection)?;
    layout.check(collection, select.table.span, context)?;
    let mut params = search_params(&select.params, queries.field, collection)?;
    range(bounds, queries.metric.as_deref(), &mut params)?;
    grouping(&select.group, collection, &mut params, context)?;
    if !select.group.is_empty() {
        in_window(select, "a search with GROUP BY")?;
    }
    let plan = SearchPlan { read, queries, limit, offset, params };
    match ties::keys(select) {
        [] => plan.run(&layout, context).await,
        keys => ties::search(plan, &layout, keys, context).await,
    }
}

/// `ORDER BY v <-> q DESC` asks for the farthest, which no index has; of a score, the highest is
/// the closest, and DESC is what it is.
fn check_direction(direction: &Spanned<Direction>, queries: &Queries<'_>) -> Result<()> {
    if queries.text && direction.value == Direction::Descending
        || !queries.text && direction.value == Direction::Ascending
    {
        return Ok(());
    }
    let error = Diagnostic::new(Code::WrongDirection, "a search gives the closest first")
        .at(direction.span);
    Err(match (queries.text, queries.grows()) {
        (true, _) => error
            .label("the worst cannot be asked for")
            .help("write DESC, or leave it out: the highest score comes first"),
        (false, true) => error.label("the farthest cannot be asked for").help(
            "leave DESC out: the score grows with closeness, and the highest comes first anyway",
        ),
        (false, false) => error.label("the farthest cannot be asked for").help("leave DESC out"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::execute::catalog::collection::Field;
    use milvus_proto::common::PlaceholderType;

    #[test]
    fn the_closest_comes_first() {
        let field = Field::named("v");
        let said = |metric: &str, direction: Direction| {
            let queries = Queries {
                field: &field,
                metric: Some(metric.to_string()),
                text: metric == "BM25",
                kind: PlaceholderType::None,
                values: Vec::new(),
                span: Span::default(),
            };
            let direction = Spanned::new(direction, Span::new(1, 2));
            check_direction(&direction, &queries).map_err(|error| error.label)
        };
        assert_eq!(said("L2", Direction::Ascending), Ok(()));
        assert_eq!(said("BM25", Direction::Descending), Ok(()));
        let farthest = Err("the farthest cannot be asked for".to_string());
        assert_eq!(said("L2", Direction::Descending), farthest);
        assert_eq!(said("COSINE", Direction::Descending), farthest);
        let worst = Err("the worst cannot be asked for".to_string());
        assert_eq!(said("BM25", Direction::Ascending), worst);
    }
}
