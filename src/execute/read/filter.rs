//! A filter becomes a Milvus boolean expression. In: the tree that SQL's and Milvus's own spelling
//! share. Out: text for `expr` or `dsl` (Milvus docs: boolean expression rules), or a diagnostic at
//! what is no condition. What does not depend on a row is settled here and never sent: Milvus 2.3
//! fails over it. The operands are in `operand`.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::evaluate::{check_regex, is_function};
use crate::execute::catalog::collection::{Collection, Field};
use crate::execute::params;
use crate::execute::read::constant;
use crate::execute::read::dialect;
use crate::execute::read::operand::{Operands, constant_of, is_condition, is_fixed};
use crate::execute::value::{literal, quote};
use crate::language::ast::{Expr, ExprKind, Filter, Pattern, Value};
use crate::milvus::{Feature, Version};
use crate::outcome::Datum;
use milvus_proto::schema::DataType;

/// The filter for a server of this version, and what is to be said of it: the empty expression,
/// which matches everything, where there is none or where it is always true.
pub(crate) fn printed(
    filter: Option<&Filter>,
    collection: &Collection,
    version: &Version,
) -> Result<(String, Vec<String>)> {
    let expr = match filter {
        None => return Ok(Default::default()),
        Some(Filter::Raw(text)) => return Ok((params::text(text)?.value, Vec::new())),
        Some(Filter::Expr(expr)) => expr,
    };
    let printer = Printer(Operands::new(collection, version));
    let text = match printer.condition(&dialect::fit(expr, collection, version)?)? {
        Truth::Always => String::new(),
        Truth::Never => no_key(collection.primary()?),
        Truth::When(text) => text,
    };
    Ok((text, printer.0.notices()))
}

/// A condition that no key meets. An empty list is none that Milvus Lite 2.5 reads.
fn no_key(key: &Field) -> String {
    let name = &key.name;
    match key.data_type {
        DataType::Int64 => format!("{name} < 0 and {name} > 0"),
        _ => format!("{name} < \"\""),
    }
}

/// `key in [1, 2]`.
pub(crate) fn key_in(key: &str, ids: &[Spanned<Value>]) -> Result<String> {
    let ids = ids.iter().map(|id| literal(&id.value, id.span)).collect::<Result<Vec<_>>>()?;
    Ok(format!("{key} in [{}]", ids.join(", ")))
}

/// `key in [1, 2]`, of keys as they are read.
pub(crate) fn key_among(key: &Field, ids: &[Datum]) -> String {
    if ids.is_empty() {
        return no_key(key);
    }
    let ids: Vec<String> = ids.iter().map(key_literal).collect();
    format!("{} in [{}]", key.name, ids.join(", "))
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

/// What a condition comes to before any row is read. No constant is NULL, so there is no third.
enum Truth {
    Always,
    Never,
    When(String),
}

impl Truth {
    fn of(flag: bool) -> Truth {
        if flag { Truth::Always } else { Truth::Never }
    }

    fn negated_if(self, negated: bool) -> Truth {
        match self {
            Truth::Always => Truth::of(!negated),
            Truth::Never => Truth::of(negated),
            Truth::When(text) if negated => Truth::When(format!("not ({text})")),
            when => when,
        }
    }

    /// In parentheses where it may be part of another.
    fn grouped(self) -> Truth {
        match self {
            Truth::When(text) => Truth::When(format!("({text})")),
            settled => settled,
        }
    }

    /// Conditions joined by `and` or `or`: one of them may settle all, or have no say.
    fn joined(operator: &str, parts: Vec<Truth>) -> Truth {
        let settles = operator == "or";
        let mut texts = Vec::new();
        let mut settled = false;
        for part in parts {
            match part {
                Truth::When(text) => texts.push(text),
                Truth::Always => settled |= settles,
                Truth::Never => settled |= !settles,
            }
        }
        match settled || texts.is_empty() {
            true => Truth::of(settles == settled),
            false => Truth::When(texts.join(&format!(" {operator} "))),
        }
    }
}

struct Printer<'a>(Operands<'a>);

impl Printer<'_> {
    fn condition(&self, expr: &Expr) -> Result<Truth> {
        let operands = &self.0;
        match &expr.kind {
            ExprKind::Chain { first, rest } if is_condition(expr) => {
                let operator = rest.first().map_or("and", |(operator, _)| *operator);
                let mut parts = Vec::new();
                for part in std::iter::once(&**first).chain(rest.iter().map(|(_, part)| part)) {
                    let truth = self.condition(part)?;
                    let nested = matches!(part.kind, ExprKind::Chain { .. });
                    parts.push(if nested { truth.grouped() } else { truth });
                }
                Ok(Truth::joined(operator, parts))
            }
            ExprKind::Not(inner) => Ok(self.condition(inner)?.negated_if(true)),
            ExprKind::Compare { first, rest } => self.compare(first, rest),
            ExprKind::In { left, negated, list } => self.in_list(left, *negated, list),
            ExprKind::Between { left, negated, low, high } => {
                let both = vec![self.pair(left, ">=", low)?, self.pair(left, "<=", high)?];
                let both = Truth::joined("and", both);
                Ok(if *negated { both.negated_if(true) } else { both.grouped() })
            }
            ExprKind::Range { search, .. } => Err(Diagnostic::new(
                Code::SyntaxError,
                "a range of a search stands beside AND at the top of WHERE",
            )
            .at(search.field.span)
            .help(
                "it makes a search of the whole statement, and cannot be negated or joined by OR",
            )),
            ExprKind::Like { left, negated, how, pattern } => {
                if is_fixed(left) {
                    return Err(both_fixed(left.span));
                }
                let Spanned { value: pattern, span } = params::text(pattern)?;
                if let Some(regex) = regex(&pattern, *how) {
                    if *how != Pattern::AnyCase {
                        check_regex(&pattern, span)?;
                    }
                    operands.check_text(left)?;
                    operands.needs(Feature::Regex, span)?;
                    // Milvus's letters of another case are all, the kernel's are ASCII's
                    if !pattern.is_ascii() && *how != Pattern::Regex {
                        let message = "other letters than ASCII's have no other case there";
                        return Err(Diagnostic::new(Code::NotSupported, message).at(span));
                    }
                    let of = operands.operand(left)?;
                    let is_it = Truth::When(format!("{of} =~ {}", quote(&regex)));
                    return Ok(is_it.negated_if(*negated));
                }
                if pattern.contains('\\') {
                    operands.needs(Feature::LikeBackslash, span)?;
                }
                if pattern == "%" && !operands.version.has(Feature::LikeAll) {
                    return Ok(Truth::of(!negated));
                }
                let pattern = quote(&pattern);
                let like = Truth::When(format!("{} like {pattern}", operands.operand(left)?));
                Ok(like.negated_if(*negated))
            }
            ExprKind::IsNull { left, negated } => {
                if let Some(value) = constant_of(left) {
                    return Ok(Truth::of((value == Value::Null) != *negated));
                }
                if operands.type_of(left).is_some_and(|field| is_whole(left) && !field.nullable) {
                    return Ok(Truth::of(*negated));
                }
                operands.needs(Feature::IsNull, expr.span)?;
                let not = if *negated { "not " } else { "" };
                Ok(Truth::When(format!("{} is {not}null", operands.operand(left)?)))
            }
            ExprKind::IsTruth { left, negated: false, truth } => {
                let flag = Expr { kind: ExprKind::Literal(Value::Bool(*truth)), span: expr.span };
                self.pair(left, "==", &flag)
            }
            ExprKind::IsTruth { .. } => Err(Diagnostic::new(
                Code::NotSupported,
                "Milvus has no IS NOT TRUE and no IS NOT FALSE in a condition",
            )
            .at(expr.span)
            .help("write `(a = FALSE OR a IS NULL)`, or `(a = TRUE OR a IS NULL)`")),
            ExprKind::Field { .. }
                if operands.type_of(expr).is_none_or(|field| field.data_type == DataType::Bool) =>
            {
                let flag = Expr { kind: ExprKind::Literal(Value::Bool(true)), span: expr.span };
                self.pair(expr, "==", &flag)
            }
            ExprKind::Call { name, args } if is_condition(expr) || !is_function(&name.value) => {
                Ok(Truth::When(operands.call(name, args)?))
            }
            ExprKind::Literal(Value::Bool(flag)) => Ok(Truth::of(*flag)),
            ExprKind::Case { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Arrow { .. }
            | ExprKind::Aggregate(_)
            | ExprKind::Distance(_) => operands.operand(expr).map(Truth::When),
            ExprKind::Chain { .. }
            | ExprKind::Field { .. }
            | ExprKind::Call { .. }
            | ExprKind::List(_)
            | ExprKind::Literal(_)
            | ExprKind::Quoted(_) => {
                Err(Diagnostic::new(Code::TypeMismatch, "a value is no condition")
                    .at(expr.span)
                    .label("expected a comparison")
                    .help("compare it, as in `a = 1`"))
            }
        }
    }

    /// `1 < a < 5` is written out, since not every server reads the short form.
    fn compare(&self, first: &Expr, rest: &[(&'static str, Expr)]) -> Result<Truth> {
        let one_way = |ways: [&str; 2]| rest.iter().all(|(operator, _)| ways.contains(operator));
        if let [_, (_, second), ..] = rest
            && !one_way(["<", "<="])
            && !one_way([">", ">="])
        {
            return Err(Diagnostic::new(
                Code::SyntaxError,
                "only `<` and `<=`, or `>` and `>=`, stand in a row",
            )
            .at(second.span)
            .help("write two comparisons with AND between them"));
        }
        let mut left = first;
        let mut parts = Vec::new();
        for (operator, right) in rest {
            parts.push(self.pair(left, operator, right)?);
            left = right;
        }
        let all = Truth::joined("and", parts);
        Ok(if rest.len() > 1 { all.grouped() } else { all })
    }

    /// MySQL's 0 and 1 beside a BOOLEAN are FALSE and TRUE.
    fn flag<'a>(&self, field: &Expr, value: &'a Expr) -> Cow<'a, Expr> {
        let is_bool = self.0.type_of(field).is_some_and(|field| field.data_type == DataType::Bool);
        match constant_of(value) {
            Some(Value::Int(number @ 0..=1)) if is_bool => {
                let kind = ExprKind::Literal(Value::Bool(number == 1));
                Cow::Owned(Expr { kind, span: value.span })
            }
            _ => Cow::Borrowed(value),
        }
    }

    /// One comparison.
    fn pair(&self, left: &Expr, operator: &str, right: &Expr) -> Result<Truth> {
        let operands = &self.0;
        let right = &*self.flag(left, right);
        if is_condition(left) || is_condition(right) {
            let (condition, flag) = if is_condition(left) { (left, right) } else { (right, left) };
            return match (operator, constant_of(flag)) {
                ("==" | "!=", Some(Value::Bool(flag))) => {
                    let truth = self.condition(condition)?;
                    let same = (operator == "==") == flag;
                    Ok(if same { truth.grouped() } else { truth.negated_if(true) })
                }
                _ => Err(Diagnostic::new(
                    Code::TypeMismatch,
                    "a condition is compared with TRUE or FALSE alone",
                )
                .at(flag.span)),
            };
        }
        operands.check_types(left, right)?;
        operands.check_types(right, left)?;
        let text = format!("{} {operator} {}", operands.operand(left)?, operands.operand(right)?);
        if !is_fixed(left) || !is_fixed(right) {
            return Ok(Truth::When(text));
        }
        match (constant_of(left), constant_of(right)) {
            (Some(a), Some(b)) => Ok(Truth::of(constant::holds(&a, operator, &b, right.span)?)),
            _ => Err(both_fixed(left.span.to(right.span))),
        }
    }

    fn in_list(&self, left: &Expr, negated: bool, list: &[Expr]) -> Result<Truth> {
        let operands = &self.0;
        let mut items = Vec::new();
        for item in list {
            if !is_fixed(item) {
                return Err(Diagnostic::new(Code::TypeMismatch, "IN takes values, and no fields")
                    .at(item.span)
                    .help("write a comparison for it, joined by OR"));
            }
            operands.check_types(left, item)?;
            items.push(operands.operand(item)?);
        }
        let operand = operands.operand(left)?;
        if is_fixed(left) {
            let mut found = false;
            for item in list {
                let (Some(a), Some(b)) = (constant_of(left), constant_of(item)) else {
                    return Err(both_fixed(left.span));
                };
                found |= constant::holds(&a, "==", &b, item.span)?;
            }
            return Ok(Truth::of(found != negated));
        }
        if items.is_empty() && !operands.version.has(Feature::Not) {
            return Ok(Truth::of(negated));
        }
        // Milvus Lite knows `in` of whole fields alone
        if operand.ends_with(']') && !operands.version.has(Feature::JsonPathIn) && !items.is_empty()
        {
            let each: Vec<String> =
                items.iter().map(|item| format!("{operand} == {item}")).collect();
            let any = Truth::When(each.join(" or "));
            return Ok(if negated { any.negated_if(true) } else { any.grouped() });
        }
        let not = if negated { "not " } else { "" };
        Ok(Truth::When(format!("{operand} {not}in [{}]", items.join(", "))))
    }
}

/// A pattern as the regular expression that Milvus is given; none of LIKE, which it has itself.
fn regex(pattern: &str, how: Pattern) -> Option<String> {
    match how {
        Pattern::Like => None,
        Pattern::Regex => Some(pattern.to_string()),
        Pattern::RegexAnyCase => Some(format!("(?i){pattern}")),
        Pattern::AnyCase => {
            let mut regex = "(?is)^".to_string();
            let mut chars = pattern.chars();
            while let Some(char) = chars.next() {
                let this = match char {
                    '%' => {
                        regex.push_str(".*");
                        continue;
                    }
                    '_' => {
                        regex.push('.');
                        continue;
                    }
                    '\\' => chars.next().unwrap_or('\\'),
                    other => other,
                };
                if this.is_ascii_punctuation() {
                    regex.push('\\');
                }
                regex.push(this);
            }
            Some(regex + "$")
        }
    }
}

/// A field, and no part of one.
fn is_whole(operand: &Expr) -> bool {
    matches!(&operand.kind, ExprKind::Field { path, .. } if path.is_empty())
}

fn both_fixed(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotSupported, "no field stands in this condition")
        .at(span)
        .help("write TRUE or FALSE, or leave it out")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{books, dynamic_books, filter, said, value};

    fn printed(collection: &Collection, version: &str, text: &str) -> Result<String, String> {
        super::printed(Some(&filter(text)), collection, &Version::parse(version))
            .map(|(expr, _)| expr)
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
            ("year > - 5", "year > -5"),
            ("-year < -(price)", "(year * -1) < (price * -1)"),
            ("- - year = +5", "year == 5"),
        ] {
            assert_eq!(expr(sql), milvus, "{sql}");
        }
        let raw = Filter::Raw(value("'anything || at all'"));
        let printed = |filter| super::printed(filter, &books(), &Version::default());
        assert_eq!(printed(Some(&raw)).expect("handed on").0, "anything || at all");
        assert_eq!(printed(None).expect("everything").0, "");
    }

    #[test]
    fn a_word_in_double_quotes_is_a_name_or_a_string_by_its_place() {
        for (sql, milvus) in [
            (r#""title" = "title""#, r#"title == "title""#),
            (r#""title" <> "note""#, r#"title != "note""#),
            (
                r#"title IN ("title", "x") AND title IN ["note"]"#,
                r#"title in ["title", "x"] and title in ["note"]"#,
            ),
            (r#""title" BETWEEN "note" AND "title""#, r#"(title >= "note" and title <= "title")"#),
            (r#""meta"["a"] = "meta""#, r#"meta["a"] == "meta""#),
            (r#"meta['a'] = ("meta")"#, r#"meta["a"] == "meta""#),
            (r#""tags"[0] = "tags" OR title = """#, r#"tags[0] == "tags" or title == """#),
            (r#"array_contains("tags", "tags")"#, r#"array_contains(tags, "tags")"#),
            (r#"json_contains("meta"['a'], "meta")"#, r#"json_contains(meta["a"], "meta")"#),
            (r#"NOT "sold" AND ("year" + 1) = 2"#, "not (sold == true) and (year + 1) == 2"),
            // behind an operator only a name has parts
            (r#"title = "meta"['a']"#, r#"title == meta["a"]"#),
            ("`title` = `note`", "title == note"),
            ("title = 'title'", r#"title == "title""#),
        ] {
            assert_eq!(expr(sql), milvus, "{sql}");
        }
        let notices = |text: &str| {
            super::printed(Some(&filter(text)), &books(), &Version::default()).expect(text).1
        };
        assert!(notices(r#"title = "kind" OR "note" = 'note'"#).is_empty());
        assert_eq!(
            notices(r#"title = "note" OR title IN ("x", "note", "year")"#),
            [
                "\"note\" is read as a string; backticks name the field: `note`",
                "\"year\" is read as a string; backticks name the field: `year`"
            ]
        );
        assert_eq!(
            wrong(r#"year = "year""#),
            "TypeMismatch: `year` is INT and cannot be compared with this; \"year\" is read \
             as a string; backticks name the field: `year`"
        );
        assert!(wrong(r#"year = "year" + 1"#).starts_with("TypeMismatch: only numbers are added"));
    }

    #[test]
    fn what_no_row_has_a_say_in_is_settled_here() {
        let never = "id < 0 and id > 0";
        for (sql, milvus) in [
            ("1 = 1", ""),
            ("1 <> 1", never),
            ("'a' = 'a' AND TRUE", ""),
            ("FALSE", never),
            ("NOT TRUE", never),
            ("NOT (NOT TRUE)", ""),
            ("1 IN (1, 2)", ""),
            ("1 NOT IN (1, 2)", never),
            ("2 BETWEEN 1 AND 3", ""),
            ("2 NOT BETWEEN 1 AND 3", never),
            ("1 < 2 < 3", ""),
            ("1 IS NULL", never),
            ("1 IS NOT NULL", ""),
            ("(1 = 1) = FALSE", never),
            ("year = 1 AND 1 = 1", "year == 1"),
            ("1 = 1 AND year = 1 AND sold = TRUE", "year == 1 and sold == true"),
            ("year = 1 AND 1 = 2", never),
            ("year = 1 OR 1 = 1", ""),
            ("year = 1 OR 1 = 2", "year == 1"),
            (
                "year = 1 AND (1 = 2 OR sold = TRUE OR price < 1)",
                "year == 1 and (sold == true or price < 1)",
            ),
            ("1 < 2 < year", "(2 < year)"),
            ("0 BETWEEN year AND 10", "(0 >= year)"),
            ("(year = 1) = TRUE", "(year == 1)"),
            ("(year = 1 OR year = 2) = TRUE AND sold", "(year == 1 or year == 2) and sold == true"),
            ("(year = 1) <> TRUE", "not (year == 1)"),
            ("array_contains(tags, 'a') = FALSE", r#"not (array_contains(tags, "a"))"#),
            ("meta['ok'] AND NOT sold", r#"meta["ok"] == true and not (sold == true)"#),
        ] {
            assert_eq!(expr(sql), milvus, "{sql}");
        }
        for (sql, message) in [
            ("year = 1 = TRUE", "SyntaxError: only `<` and `<=`, or `>` and `>=`, stand in a row"),
            ("1 < year > 5", "SyntaxError: only `<` and `<=`, or `>` and `>=`, stand in a row"),
            ("1 = TRUE", "TypeMismatch: a whole number cannot be compared with a boolean"),
            ("1 + 1 = 2", "NotSupported: no field stands in this condition"),
            ("[1] = [1]", "NotSupported: no field stands in this condition"),
            ("'a' LIKE 'a%'", "NotSupported: no field stands in this condition"),
            ("1", "TypeMismatch: a value is no condition"),
            ("year + 1", "TypeMismatch: a value is no condition"),
            ("array_length(tags)", "TypeMismatch: a value is no condition"),
            ("year", "TypeMismatch: a value is no condition"),
            ("(year = 1) = 1", "TypeMismatch: a condition is compared with TRUE or FALSE alone"),
            ("(year = 1) + 1 = 2", "TypeMismatch: a condition is no value"),
            ("(year = 1) IN (TRUE)", "TypeMismatch: a condition is no value"),
            ("year IN (id)", "TypeMismatch: IN takes values, and no fields"),
            ("json_contains(1, 2)", "TypeMismatch: the first argument of json_contains is a field"),
            ("year / 0 = 1", "DivisionByZero: this divides by zero"),
            ("year % (1 - 1) = 1", "NotSupported: a filter divides by a number"),
        ] {
            let error = wrong(sql);
            assert!(error.starts_with(message), "{sql}: {error}");
        }
    }

    #[test]
    fn what_a_field_cannot_hold_is_said_where_it_stands() {
        for sql in [
            "id = 9223372036854775808",
            "id < -9223372036854775809",
            "id IN (1, 9223372036854775808)",
            "id BETWEEN 1 AND 18446744073709551615",
            "year = 2147483648",
            "2147483648 > year",
        ] {
            let error = wrong(sql);
            assert!(error.contains("does not fit into `"), "{sql}: {error}");
        }
        assert_eq!(
            wrong("year IN (1, -2147483649)"),
            "OutOfRange: -2147483649 does not fit into `year`; INT holds -2147483648 to 2147483647"
        );
        assert!(wrong("tags[0] = 5").starts_with("TypeMismatch: `tags[0]` is VARCHAR(5) and"));
        assert!(wrong("array_contains_any(tags, ['a', 5])").starts_with("TypeMismatch: `tags`"));
        assert_eq!(expr("id > -9223372036854775808"), "id > -9223372036854775807 - 1");
        assert_eq!(expr("price < 9223372036854775808"), "price < 9.223372036854776e18");
    }

    #[test]
    fn what_milvus_would_refuse_is_said_where_it_stands() {
        for (sql, message) in [
            ("yaer = 1", "UnknownField: unknown field `yaer`; did you mean `year`?"),
            ("year = 'x'", "TypeMismatch: `year` is INT and cannot be compared with this"),
            ("'x' = year", "TypeMismatch: `year` is INT and cannot be compared with this"),
            ("sold IN (1)", "TypeMismatch: `sold` is BOOLEAN and cannot be compared with this"),
            ("title['a'] = 1", "TypeMismatch: `title` has no parts"),
            (
                "year = '1999'",
                "TypeMismatch: `year` is INT and cannot be compared with this; write `1999`, \
                    without quotes",
            ),
            ("year = NULL", "TypeMismatch: nothing equals NULL; write `IS NULL` or `IS NOT NULL`"),
            ("NULL <> title", "TypeMismatch: nothing equals NULL; write `IS NULL` or"),
            ("meta['a'] = NULL", "TypeMismatch: nothing equals NULL; write `IS NULL` or"),
            ("year IN (1, NULL)", "TypeMismatch: nothing equals NULL; write `IS NULL` or"),
            ("year BETWEEN NULL AND 3", "TypeMismatch: nothing equals NULL; write `IS NULL` or"),
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
            assert!(error.contains("needs Milvus 2.5"), "{error}");
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
