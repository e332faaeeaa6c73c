//! A filter becomes a Milvus boolean expression. In: the tree that SQL's and Milvus's own spelling
//! share. Out: text for `expr` or `dsl` (Milvus docs: boolean expression rules), or a diagnostic at
//! a field that is not there.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::catalog::collection::{Collection, DYNAMIC_FIELD};
use crate::execute::params;
use crate::execute::value::{self, literal, quote};
use crate::language::ast::{Expr, ExprKind, Filter, Name, Value};
use crate::milvus::{Feature, Version};
use crate::outcome::Datum;
use milvus_proto::schema::DataType;

/// The functions of Milvus's filters (Milvus docs: filtering operators); what is newer goes by
/// FILTER.
const FUNCTIONS: [&str; 15] = [
    "text_match",
    "phrase_match",
    "json_contains",
    "json_contains_all",
    "json_contains_any",
    "array_contains",
    "array_contains_all",
    "array_contains_any",
    "array_length",
    "contains",
    "contains_all",
    "contains_any",
    "random_sample",
    "exists",
    "st_contains",
];

/// Prints a filter for a server of this version; none is the empty expression, which matches
/// everything.
pub(crate) fn print(
    filter: Option<&Filter>,
    collection: &Collection,
    version: &Version,
) -> Result<String> {
    match filter {
        None => Ok(String::new()),
        Some(Filter::Raw(text)) => Ok(params::text(text)?.value),
        Some(Filter::Expr(expr)) => Printer { collection, version }.expr(expr),
    }
}

/// `key in [1, 2]`.
pub(crate) fn key_in(key: &str, ids: &[Spanned<Value>]) -> Result<String> {
    let ids = ids.iter().map(|id| literal(&id.value, id.span)).collect::<Result<Vec<_>>>()?;
    Ok(format!("{key} in [{}]", ids.join(", ")))
}

/// `key not in [1, 2]`, of keys as they are read.
pub(crate) fn not_in<'a>(key: &str, ids: impl Iterator<Item = &'a Datum>) -> String {
    let ids: Vec<String> = ids.map(key_literal).collect();
    format!("{key} not in [{}]", ids.join(", "))
}

/// A key as a Milvus expression has it.
pub(crate) fn key_literal(key: &Datum) -> String {
    match key {
        Datum::Text(text) => quote(text),
        Datum::Int(number) => number.to_string(),
        _ => String::new(),
    }
}

struct Printer<'a> {
    collection: &'a Collection,
    version: &'a Version,
}

impl Printer<'_> {
    fn expr(&self, expr: &Expr) -> Result<String> {
        Ok(match &expr.kind {
            ExprKind::Chain { first, rest } => {
                let mut out = self.operand(first)?;
                for (operator, operand) in rest {
                    out.push_str(&format!(" {operator} {}", self.operand(operand)?));
                }
                out
            }
            ExprKind::Not(inner) => format!("not ({})", self.expr(inner)?),
            ExprKind::Compare { first, rest } => self.compare(first, rest)?,
            ExprKind::In { left, negated, list } => self.in_list(left, *negated, list)?,
            ExprKind::Between { left, negated, low, high } => {
                let field = self.operand(left)?;
                let (low, high) = (self.value_operand(low)?, self.value_operand(high)?);
                let inner = format!("{field} >= {low} and {field} <= {high}");
                if *negated { format!("not ({inner})") } else { format!("({inner})") }
            }
            ExprKind::Range { search, .. } => {
                return Err(Diagnostic::new(
                    Code::SyntaxError,
                    "a range of a search stands beside AND at the top of WHERE",
                )
                .at(search.field.span)
                .help(
                    "it makes a search of the whole statement, and cannot be negated or joined by \
                     OR",
                ));
            }
            ExprKind::Like { left, negated, pattern } => {
                let operand = self.operand(left)?;
                let like = format!("{operand} like {}", quote(&params::text(pattern)?.value));
                if *negated { format!("not ({like})") } else { like }
            }
            ExprKind::IsNull { left, negated } => {
                self.needs(Feature::IsNull, expr.span)?;
                format!("{} is {}null", self.operand(left)?, if *negated { "not " } else { "" })
            }
            ExprKind::Field { name, path, .. } => self.field(name, path)?,
            ExprKind::Call { name, args } => self.call(name, args)?,
            ExprKind::List(items) => format!("[{}]", self.values(items)?.join(", ")),
            ExprKind::Literal(value) => literal(value, expr.span)?,
        })
    }

    /// `1 < a < 5` is written out, since not every server reads the short form.
    fn compare(&self, first: &Expr, rest: &[(&'static str, Expr)]) -> Result<String> {
        let mut left = first;
        let mut parts = Vec::new();
        for (operator, right) in rest {
            self.check_types(left, right)?;
            self.check_types(right, left)?;
            let first =
                if parts.is_empty() { self.operand(left)? } else { self.value_operand(left)? };
            parts.push(format!("{first} {operator} {}", self.value_operand(right)?));
            left = right;
        }
        Ok(if parts.len() == 1 { parts.join("") } else { format!("({})", parts.join(" and ")) })
    }

    fn in_list(&self, left: &Expr, negated: bool, list: &[Expr]) -> Result<String> {
        let items = self.values(list)?;
        for item in list {
            self.check_types(left, item)?;
        }
        let operand = self.operand(left)?;
        // Milvus Lite knows `in` of whole fields alone
        let path = matches!(&left.kind, ExprKind::Field { path, .. } if !path.is_empty());
        if path && !self.version.has(Feature::JsonPathIn) && !items.is_empty() {
            let each: Vec<String> =
                items.iter().map(|item| format!("{operand} == {item}")).collect();
            let any = each.join(" or ");
            return Ok(if negated { format!("not ({any})") } else { format!("({any})") });
        }
        Ok(format!("{operand} {}in [{}]", if negated { "not " } else { "" }, items.join(", ")))
    }

    fn field(&self, name: &Name, path: &[Spanned<Value>]) -> Result<String> {
        let field = self.collection.find(&name.value);
        if field.is_none() && !self.collection.dynamic && name.value != DYNAMIC_FIELD {
            return Err(self.collection.unknown_field(name));
        }
        let has_parts =
            field.is_none_or(|field| matches!(field.data_type, DataType::Json | DataType::Array));
        match path.first() {
            Some(step) if !has_parts => {
                Err(Diagnostic::new(Code::TypeMismatch, format!("`{name}` has no parts"))
                    .at(step.span))
            }
            _ => Ok(value::path(&name.value, path)),
        }
    }

    fn call(&self, name: &Name, args: &[Expr]) -> Result<String> {
        if !FUNCTIONS.contains(&name.value.as_str()) {
            return Err(Diagnostic::new(
                Code::UnknownFunction,
                format!("unknown function `{name}`"),
            )
            .at(name.span)
            .suggest(&name.value, FUNCTIONS, "there are")
            .help(
                "what is newer than this kernel goes by `FILTER '…'`, which hands a Milvus \
                 expression on",
            ));
        }
        if name.value == "text_match" {
            self.needs(Feature::TextMatch, name.span)?;
        }
        let mut shown = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            shown.push(if at == 0 { self.expr(arg)? } else { self.value_operand(arg)? });
        }
        Ok(format!("{}({})", name.value, shown.join(", ")))
    }

    fn needs(&self, feature: Feature, span: Span) -> Result<()> {
        if self.version.has(feature) {
            return Ok(());
        }
        Err(Diagnostic::new(Code::NotSupported, self.version.needs(feature)).at(span))
    }

    fn values(&self, exprs: &[Expr]) -> Result<Vec<String>> {
        exprs.iter().map(|expr| self.value_operand(expr)).collect()
    }

    /// An operand, with parentheses where it is made of operators itself.
    fn operand(&self, expr: &Expr) -> Result<String> {
        let text = self.expr(expr)?;
        Ok(match expr.kind {
            ExprKind::Chain { .. } => format!("({text})"),
            _ => text,
        })
    }

    /// An operand where a double-quoted word that is no field is a string, as in Milvus's own
    /// spelling.
    fn value_operand(&self, expr: &Expr) -> Result<String> {
        match &expr.kind {
            ExprKind::Field { name, path, quoted: true }
                if path.is_empty() && self.collection.find(&name.value).is_none() =>
            {
                Ok(quote(&name.value))
            }
            _ => self.operand(expr),
        }
    }

    /// Says what Milvus would say without a place: a string compared with a number field, and the
    /// other way round.
    fn check_types(&self, left: &Expr, right: &Expr) -> Result<()> {
        let (ExprKind::Field { name, path, .. }, ExprKind::Literal(value)) =
            (&left.kind, &right.kind)
        else {
            return Ok(());
        };
        let Some(field) = self.collection.find(&name.value).filter(|_| path.is_empty()) else {
            return Ok(());
        };
        let fits = match field.data_type {
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float
            | DataType::Double => {
                matches!(value, Value::Int(_) | Value::Float(_))
            }
            DataType::VarChar | DataType::String => matches!(value, Value::Text(_)),
            DataType::Bool => matches!(value, Value::Bool(_)),
            _ => true,
        };
        if fits {
            return Ok(());
        }
        Err(Diagnostic::new(
            Code::TypeMismatch,
            format!("`{name}` is {} and cannot be compared with this", field.type_name()),
        )
        .at(right.span)
        .label(format!("expected {}", field.type_name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, dynamic_books, filter, said, value};

    fn printed(collection: &Collection, version: &str, text: &str) -> Result<String, String> {
        print(Some(&filter(text)), collection, &Version::parse(version))
            .map_err(|error| said(&error))
    }

    fn expr(text: &str) -> String {
        printed(&books(), "v2.6.0", text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn wrong(text: &str) -> String {
        printed(&books(), "v2.6.0", text).expect_err(text)
    }

    #[test]
    fn sql_becomes_milvuss_expressions() {
        for (sql, milvus) in [
            ("year = 1990 AND NOT title <> 'a\"b'", r#"year == 1990 and not (title != "a\"b")"#),
            (
                "(year > 1 OR sold = TRUE) AND price < 1.0",
                "(year > 1 or sold == true) and price < 1.0",
            ),
            ("1 < year < 5", "(1 < year and year < 5)"),
            ("year IN (1, 2)", "year in [1, 2]"),
            ("year NOT IN (1, 2)", "year not in [1, 2]"),
            ("year BETWEEN 1 AND 2", "(year >= 1 and year <= 2)"),
            ("year NOT BETWEEN 1 AND 2", "not (year >= 1 and year <= 2)"),
            ("title LIKE 'a%'", r#"title like "a%""#),
            ("title NOT LIKE 'a%'", r#"not (title like "a%")"#),
            ("note IS NULL", "note is null"),
            ("note IS NOT NULL", "note is not null"),
            ("meta['a'][0] = 'x'", r#"meta["a"][0] == "x""#),
            ("year % 2 == 0 && price ** 2 > 4", "(year % 2) == 0 and (price ** 2) > 4"),
            ("array_contains(tags, 'a')", r#"array_contains(tags, "a")"#),
            ("json_contains_any(meta['a'], [1, 2])", r#"json_contains_any(meta["a"], [1, 2])"#),
            ("title == \"kind\"", r#"title == "kind""#),
        ] {
            assert_eq!(expr(sql), milvus, "{sql}");
        }
        let raw = Filter::Raw(value("'anything || at all'"));
        let printed = print(Some(&raw), &books(), &Version::default());
        assert_eq!(printed.expect("handed on"), "anything || at all");
        assert_eq!(print(None, &books(), &Version::default()).expect("everything"), "");
    }

    #[test]
    fn what_milvus_would_refuse_is_said_where_it_stands() {
        for (sql, message) in [
            ("yaer = 1", "UnknownField: unknown field `yaer`; did you mean `year`?"),
            ("year = 'x'", "TypeMismatch: `year` is INT and cannot be compared with this"),
            ("'x' = year", "TypeMismatch: `year` is INT and cannot be compared with this"),
            ("sold IN (1)", "TypeMismatch: `sold` is BOOLEAN and cannot be compared with this"),
            ("title['a'] = 1", "TypeMismatch: `title` has no parts"),
            ("array_contain(tags, 'a')", "UnknownFunction: unknown function `array_contain`"),
            ("NOT v <-> [1, 2] < 1", "SyntaxError: a range of a search stands beside AND"),
        ] {
            let error = wrong(sql);
            assert!(error.starts_with(message), "{sql}: {error}");
        }
    }

    #[test]
    fn fields_that_the_schema_does_not_name_are_of_the_dynamic_field() {
        let printed = |sql: &str| printed(&dynamic_books(), "v2.6.0", sql).expect(sql);
        assert_eq!(printed("color = 'red'"), r#"color == "red""#);
        assert_eq!(printed("size['a'] > 1"), r#"size["a"] > 1"#);
        assert!(wrong("color = 'red'").starts_with("UnknownField"));
    }

    #[test]
    fn a_server_gets_what_it_reads() {
        let sql = "meta['a'] NOT IN (1, 2)";
        assert_eq!(expr(sql), r#"meta["a"] not in [1, 2]"#);
        assert_eq!(
            printed(&books(), "milvus_lite-3.2.2", sql).expect("another way"),
            r#"not (meta["a"] == 1 or meta["a"] == 2)"#
        );
        for sql in ["note IS NULL", "text_match(title, 'a')"] {
            let error = printed(&books(), "v2.3.5", sql).expect_err(sql);
            assert!(error.contains("needs Milvus 2.5 or later"), "{error}");
        }
    }

    #[test]
    fn keys_are_listed() {
        let ids = [value("1"), value("'a'")];
        assert_eq!(key_in("id", &ids).expect("ids"), r#"id in [1, "a"]"#);
        assert_eq!(key_in("id", &[]).expect("none"), "id in []");
        let keys = [Datum::Int(1), Datum::Text("a".to_string())];
        assert_eq!(not_in("id", keys.iter()), r#"id not in [1, "a"]"#);
    }
}
