//! A range search (Milvus docs: range search). In: the bounds that stood in a filter. Out: `radius`
//! and `range_filter`, or a diagnostic at a bound against the metric's direction.

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::execute::catalog::metrics;
use crate::execute::read::bounds::Bound;
use crate::execute::search::params::SearchParams;

/// Bounds become `radius` and `range_filter`: of L2 and the like the score is below the radius, of
/// IP, COSINE and BM25 above it (Milvus docs: range search). A bound that lets everything far away
/// in and keeps what is close out is refused.
pub(crate) fn range(
    bounds: &[Bound],
    metric: Option<&str>,
    params: &mut SearchParams,
) -> Result<()> {
    let grows = metric.is_some_and(metrics::grows);
    let (mut outer, mut inner) = (None, None);
    for bound in bounds {
        let value = bound.value.value as f32;
        let (closer, inclusive) = match bound.operator {
            "<" => (!grows, false),
            "<=" => (!grows, true),
            ">" => (grows, false),
            ">=" => (grows, true),
            _ => {
                return Err(Diagnostic::new(
                    Code::SyntaxError,
                    "a distance is compared with <, <=, > or >=",
                )
                .at(bound.value.span));
            }
        };
        // the radius is exclusive, the range filter inclusive
        let exact = match (closer, inclusive, grows) {
            (true, true, false) => value.next_up(),
            (true, true, true) => value.next_down(),
            (false, false, false) => value.next_up(),
            (false, false, true) => value.next_down(),
            _ => value,
        };
        let slot = if closer { &mut outer } else { &mut inner };
        if slot.replace((exact, bound.value.span)).is_some() {
            return Err(Diagnostic::new(Code::SyntaxError, "this bound of the range stands twice")
                .at(bound.value.span));
        }
    }
    let metric = metric.unwrap_or("this metric");
    match (outer, inner) {
        (None, Some((_, span))) => Err(Diagnostic::new(
            Code::WrongDirection,
            "this range lets only what is far away in",
        )
        .at(span)
        .help(if grows {
            format!("{metric} grows with closeness: write `> …`, and `< …` beside it for a ring")
        } else {
            format!("{metric} shrinks with closeness: write `< …`, and `> …` beside it for a ring")
        })),
        (outer, inner) => {
            if let (Some((outer, span)), Some((inner, _))) = (outer, inner)
                && (grows && inner <= outer || !grows && inner >= outer)
            {
                return Err(
                    Diagnostic::new(Code::OutOfRange, "nothing lies in this range").at(span)
                );
            }
            let mut put = |name: &str, bound: Option<(f32, Span)>| {
                if let Some((value, _)) = bound {
                    // by its shortest decimals, so that 0.8 is 0.8
                    let number = value.to_string().parse::<f64>().unwrap_or(f64::from(value));
                    params.inner.insert(name.to_string(), number.into());
                }
            };
            put("radius", outer);
            put("range_filter", inner);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Spanned;
    use crate::execute::catalog::fixture::said;

    /// The parameters of bounds like `< 0.8`.
    fn params(metric: &str, bounds: &[(&'static str, f64)]) -> Result<String, String> {
        let bounds: Vec<Bound> = bounds
            .iter()
            .map(|(operator, value)| Bound {
                search: None,
                operator,
                value: Spanned::new(*value, Span::default()),
            })
            .collect();
        let mut params = SearchParams::default();
        range(&bounds, Some(metric), &mut params).map_err(|error| said(&error))?;
        Ok(serde_json::Value::Object(params.inner).to_string())
    }

    #[test]
    fn the_radius_lies_far_away() {
        assert_eq!(params("L2", &[("<", 0.8)]), Ok(r#"{"radius":0.8}"#.to_string()));
        assert_eq!(params("COSINE", &[(">", 0.8)]), Ok(r#"{"radius":0.8}"#.to_string()));
        let ring = Ok(r#"{"radius":0.8,"range_filter":0.5}"#.to_string());
        assert_eq!(params("L2", &[("<", 0.8), (">=", 0.5)]), ring);
        let ring = Ok(r#"{"radius":0.5,"range_filter":0.8}"#.to_string());
        assert_eq!(params("IP", &[(">", 0.5), ("<=", 0.8)]), ring);
    }

    /// Milvus's radius leaves its own score out, its range filter lets it in.
    #[test]
    fn bounds_are_as_exclusive_as_they_are_written() {
        let number = |value: f32| value.to_string().parse::<f64>().expect("a number");
        let one = |name: &str, value: f32| format!("{{\"{name}\":{:?}}}", number(value));
        assert_eq!(params("L2", &[("<=", 0.8)]), Ok(one("radius", 0.8f32.next_up())));
        assert_eq!(params("IP", &[(">=", 0.8)]), Ok(one("radius", 0.8f32.next_down())));
        let inner = params("L2", &[("<", 0.8), (">", 0.5)]).expect("a ring");
        assert!(inner.contains(&format!("{:?}", number(0.5f32.next_up()))), "{inner}");
        let inner = params("IP", &[(">", 0.5), ("<", 0.8)]).expect("a ring");
        assert!(inner.contains(&format!("{:?}", number(0.8f32.next_down()))), "{inner}");
    }

    #[test]
    fn what_runs_against_the_metric_is_refused() {
        for (metric, bounds, message) in [
            (
                "L2",
                vec![(">", 0.8)],
                "WrongDirection: this range lets only what is far away in; L2",
            ),
            ("COSINE", vec![("<", 0.2)], "WrongDirection: this range lets only what is far away"),
            ("L2", vec![("<", 0.5), (">", 0.8)], "OutOfRange: nothing lies in this range"),
            ("IP", vec![(">", 0.8), ("<", 0.5)], "OutOfRange: nothing lies in this range"),
            ("L2", vec![("<", 0.5), ("<=", 0.8)], "SyntaxError: this bound of the range stands"),
            ("L2", vec![("==", 0.5)], "SyntaxError: a distance is compared with <, <=, > or >="),
        ] {
            let error = params(metric, &bounds).expect_err(message);
            assert!(error.starts_with(message), "{metric} {bounds:?}: {error}");
        }
    }
}
