//! What a search takes besides its queries: SEARCH PARAMS, LIMIT, OFFSET and GROUP BY, each checked
//! against the index and the collection. Out: parameters by Milvus's names.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::index_types;
use crate::execute::catalog::metrics;
use crate::execute::context::Context;
use crate::execute::params;
use crate::execute::read::scan::WINDOW;
use crate::language::ast::{Name, Output, Param, Select, Value};
use crate::milvus::{Feature, Platform};
use crate::outcome::grouped;
use milvus_proto::schema::DataType;

/// A search without LIMIT takes so many.
const DEFAULT_LIMIT: u64 = 10;

/// What every search takes, whatever its index.
pub(crate) const COMMON: [&str; 5] =
    ["round_decimal", "ignore_growing", "hints", "group_size", "strict_group_size"];

#[derive(Default)]
pub(crate) struct SearchParams {
    /// the index's own
    pub(crate) inner: serde_json::Map<String, serde_json::Value>,
    pub(crate) round_decimal: Option<i64>,
    /// beside the index's, by Milvus's names
    pub(crate) outer: Vec<(&'static str, String)>,
}

impl SearchParams {
    /// Adds what every search takes; false of any other parameter.
    pub(crate) fn add_common(&mut self, param: &Param) -> Result<bool> {
        match params::key(param).as_str() {
            "round_decimal" => self.round_decimal = Some(params::whole(param, 0, 6)?),
            "ignore_growing" => self.add("ignore_growing", params::flag(param)?),
            "hints" => self.add("hints", params::word(param)?),
            "group_size" => self.add("group_size", params::whole(param, 1, 1_000)?),
            "strict_group_size" => self.add("strict_group_size", params::flag(param)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn add(&mut self, name: &'static str, value: impl ToString) {
        self.outer.push((name, value.to_string()));
    }
}

/// SEARCH PARAMS, each checked against the index of the field.
pub(crate) fn search_params(
    written: &[Param],
    field: &Field,
    collection: &Collection,
) -> Result<SearchParams> {
    let index =
        collection.index_on(&field.name).map_or("AUTOINDEX", |index| index.index_type.as_str());
    let known = index_types::find(index);
    let mut params = SearchParams::default();
    for param in &unpacked(written)? {
        if params.add_common(param)? {
            continue;
        }
        match params::key(param).as_str() {
            "metric_type" => {
                check_metric(param, field, collection)?;
                continue;
            }
            "radius" | "range_filter" => return Err(no_range(param, field)),
            _ => {}
        }
        let (name, value) = match known {
            Some(known) => known.search_param(param, &COMMON)?,
            // an index that is newer than this kernel takes what it takes
            None => (param.name.value.clone(), params::json(params::one(param)?)?),
        };
        params.inner.insert(name, value);
    }
    Ok(params)
}

/// The parameters with those in the place of `params`, which holds the index's own as an object or
/// as text of JSON (the form of dbVisitor and pymilvus).
fn unpacked(written: &[Param]) -> Result<Vec<Param>> {
    let mut all = Vec::new();
    for param in written {
        if params::key(param) != "params" {
            all.push(param.clone());
            continue;
        }
        let value = params::one(param)?;
        let json = match params::json(value)? {
            serde_json::Value::String(text) => serde_json::from_str(&text).ok(),
            other => Some(other),
        };
        let Some(serde_json::Value::Object(fields)) = json else {
            let message = "`params` takes an object, or JSON of one";
            return Err(Diagnostic::new(Code::InvalidValue, message)
                .at(value.span)
                .help("write `params = {'ef': 64}`, or `ef = 64` alone"));
        };
        for (name, field) in fields {
            let field = match field {
                serde_json::Value::Bool(flag) => Value::Bool(flag),
                serde_json::Value::String(text) => Value::Text(text),
                other => Value::number(&other.to_string()).unwrap_or(Value::Null),
            };
            let values = vec![Spanned::new(field, value.span)];
            all.push(Param { name: Name::new(name, param.name.span), values });
        }
    }
    Ok(all)
}

/// A metric may be named where it is the one that the index has.
fn check_metric(param: &Param, field: &Field, collection: &Collection) -> Result<()> {
    let name = params::word(param)?;
    let (metric, _) = metrics::metric(&name)?;
    match collection.index_on(&field.name) {
        Some(index) if !index.metric.is_empty() && index.metric != metric => {
            let message = format!("the index on `{}` has {}", field.name, index.metric);
            let error = Diagnostic::new(Code::MetricMismatch, message).at(name.span);
            Err(error.help("leave `metric_type` out: a search takes that of the index"))
        }
        _ => Ok(()),
    }
}

/// A range is a condition here.
fn no_range(param: &Param, field: &Field) -> Diagnostic {
    let message = format!("`{}` is written as a condition", param.name);
    Diagnostic::new(Code::UnknownParameter, message)
        .at(param.name.span)
        .help(format!("write `WHERE {} <-> [..] < 0.8`", field.name))
}

/// GROUP BY of a search: one hit for each value of a field, or `group_size` of them.
pub(crate) fn grouping<P: Platform>(
    group: &[Output],
    collection: &Collection,
    params: &mut SearchParams,
    context: &Context<'_, P>,
) -> Result<()> {
    match group {
        [] => match params.outer.iter().find(|(name, _)| name.contains("group_size")) {
            Some((name, _)) => {
                Err(Diagnostic::new(Code::SyntaxError, format!("`{name}` belongs to a GROUP BY"))
                    .at(context.span))
            }
            None => Ok(()),
        },
        [Output::Field { name, path }] if path.is_empty() => {
            context.needs(Feature::GroupingSearch, name.span)?;
            if params.outer.iter().any(|(name, _)| name.contains("group_size")) {
                context.needs(Feature::GroupSize, name.span)?;
            }
            let field = collection.field(name)?;
            if field.is_vector() || matches!(field.data_type, DataType::Float | DataType::Double) {
                return Err(Diagnostic::new(
                    Code::TypeMismatch,
                    format!("`{name}` is {} and cannot group hits", field.type_name()),
                )
                .at(name.span));
            }
            params.outer.push(("group_by_field", name.value.clone()));
            Ok(())
        }
        _ => {
            Err(Diagnostic::new(Code::NotSupported, "a search groups by one field")
                .at(context.span))
        }
    }
}

/// LIMIT and OFFSET of a search.
pub(crate) fn window(select: &Select) -> Result<(u64, u64)> {
    let offset = select.offset.as_ref().map(params::count).transpose()?.unwrap_or(0);
    let limit = select.limit.as_ref().map(params::count).transpose()?.unwrap_or(DEFAULT_LIMIT);
    match &select.limit {
        Some(clause) if limit == 0 => {
            Err(Diagnostic::new(Code::OutOfRange, "a search gives at least one hit")
                .at(clause.span)
                .help("write `LIMIT 1` or more, or no LIMIT: a search then gives 10 hits"))
        }
        _ => Ok((limit, offset)),
    }
}

/// What cannot be read in pages stays within what one request gives.
pub(crate) fn in_window(select: &Select, what: &str) -> Result<()> {
    let (limit, offset) = window(select)?;
    match select.limit.as_ref().or(select.offset.as_ref()) {
        Some(clause) if offset.saturating_add(limit) > WINDOW => Err(Diagnostic::new(
            Code::OutOfRange,
            format!("{what} gives at most {} hits, OFFSET included", grouped(WINDOW)),
        )
        .at(clause.span)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, index, name, params as parsed, said, select};

    fn of_books(written: &str) -> Result<SearchParams, String> {
        let books = books();
        let field = books.field(&name("v")).expect("a field");
        search_params(&parsed(written), field, &books).map_err(|error| said(&error))
    }

    #[test]
    fn parameters_are_the_indexs_or_every_searchs() {
        let written = "EF = 64, round_decimal = 3, ignore_growing = TRUE, hints = 'x', group_size \
            = 2, strict_group_size = FALSE";
        let params = of_books(written).expect("parameters");
        assert_eq!(serde_json::Value::Object(params.inner).to_string(), r#"{"ef":64}"#);
        assert_eq!(params.round_decimal, Some(3));
        let outer: Vec<String> =
            params.outer.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            outer.join(" "),
            "ignore_growing=true hints=x group_size=2 strict_group_size=false"
        );
    }

    #[test]
    fn what_the_index_does_not_take_is_refused() {
        for (written, message) in [
            ("nprobe = 8", "UnknownParameter: unknown parameter `nprobe`; it takes: `ef`"),
            ("ef = 0", "OutOfRange: `ef` takes a whole number from 1"),
            ("round_decimal = 7", "InvalidValue: `round_decimal` takes a whole number from 0 to 6"),
            ("ignore_growing = 2", "InvalidValue: `ignore_growing` takes TRUE or FALSE"),
        ] {
            let error = of_books(written).err().expect(written);
            assert!(error.starts_with(message), "{written}: {error}");
        }
    }

    #[test]
    fn an_index_that_is_newer_takes_what_it_takes() {
        let mut books = books();
        books.indexes = vec![index("v", "HNSW_2030", "COSINE")];
        let field = books.field(&name("v")).expect("a field");
        let params = search_params(&parsed("depth = 0.5"), field, &books).expect("parameters");
        assert_eq!(serde_json::Value::Object(params.inner).to_string(), r#"{"depth":0.5}"#);
        // and a field without an index what AUTOINDEX takes
        books.indexes.clear();
        let field = books.field(&name("v")).expect("a field");
        assert!(search_params(&parsed("level = 3"), field, &books).is_ok());
    }

    #[test]
    fn a_search_has_a_window() {
        let of = |clauses: &str| select(&format!("SELECT * FROM t ORDER BY v <-> [1] {clauses}"));
        assert_eq!(window(&of("")).expect("a window"), (DEFAULT_LIMIT, 0));
        assert_eq!(window(&of("LIMIT 3 OFFSET 4")).expect("a window"), (3, 4));
        let error = window(&of("LIMIT 0")).expect_err("no hit");
        assert!(said(&error).starts_with("OutOfRange: a search gives at least one hit; write"));
        assert!(in_window(&of("LIMIT 16383 OFFSET 1"), "a search").is_ok());
        let error = in_window(&of("LIMIT 16384 OFFSET 1"), "a hybrid search").expect_err("past it");
        assert_eq!(
            said(&error),
            "OutOfRange: a hybrid search gives at most 16,384 hits, OFFSET included"
        );
    }
}
