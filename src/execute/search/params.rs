//! What a search takes besides its queries: SEARCH PARAMS, LIMIT, OFFSET and GROUP BY, each checked
//! against the index and the collection. Out: parameters by Milvus's names.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::catalog::index_types;
use crate::execute::context::Context;
use crate::execute::params;
use crate::execute::read::scan::WINDOW;
use crate::language::ast::{Output, Param, Select};
use crate::milvus::{Feature, Platform};
use crate::outcome::grouped;
use milvus_proto::schema::DataType;

/// A search without LIMIT takes so many.
const DEFAULT_LIMIT: u64 = 10;

/// What every search takes, whatever its index.
const COMMON: [&str; 5] =
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
        match param.name.value.to_ascii_lowercase().as_str() {
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
    for param in written {
        if params.add_common(param)? {
            continue;
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
                .at(clause.span))
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
        assert_eq!(said(&error), "OutOfRange: a search gives at least one hit");
        assert!(in_window(&of("LIMIT 16383 OFFSET 1"), "a search").is_ok());
        let error = in_window(&of("LIMIT 16384 OFFSET 1"), "a hybrid search").expect_err("past it");
        assert_eq!(
            said(&error),
            "OutOfRange: a hybrid search gives at most 16,384 hits, OFFSET included"
        );
    }
}
