//! LIKE, regular expressions and functions: what each takes.

use milvus_proto::schema::DataType;
use regex_lite::RegexBuilder;

use super::column::{Column, NO_WHOLE_ARRAYS};
use super::compare::{Shape, Sum, cast, comparable, is_text};
use super::{Result, Typed, Types};
use crate::expr::lex::Token;
use crate::expr::like::Pattern;
use crate::expr::literal::{self, Int};
use crate::expr::plan::{self, Node as Plan};
use crate::expr::tree::{Arithmetic, Compare, Contains, Node, Time, Tree};
use crate::expr::value::Value;
use crate::schema::param;
use crate::time::{self, Interval};

/// Shares of a sample that are nothing or all, but for rounding.
const EPSILON: f64 = 1e-10;
/// Terms that a `text_match` may ask for.
const MOST_TERMS: i64 = 1000;

impl Types<'_> {
    #[inline(never)]
    pub(super) fn like(&self, of: &Node, pattern: &Node) -> Result<Plan> {
        let column = self.text_column(
            of,
            "like operation on complicated expr is unsupported",
            "like operation on non-string or no-json field is unsupported",
        )?;
        let pattern = self.text_argument(pattern, "like", "like pattern")?;
        Ok(Plan::Like { of: column.plain(), pattern: Pattern::new(&pattern)? })
    }

    #[inline(never)]
    pub(super) fn matches(&self, of: &Node, pattern: &Node) -> Result<Plan> {
        let column = self.text_column(
            of,
            "regex match on complicated expr is unsupported",
            "regex match on non-string or non-json field is unsupported",
        )?;
        let pattern = match pattern.tree {
            // its backslashes are the regular expression's
            Tree::Text => literal::pattern(self.source(pattern)),
            _ => self.text_argument(pattern, "regex", "regex pattern")?.into(),
        };
        if let Some(pattern) = anchored(&pattern) {
            return Ok(Plan::Like { of: column.plain(), pattern });
        }
        let regex = RegexBuilder::new(&pattern)
            .dot_matches_new_line(true)
            .build()
            .map_err(|why| format!("invalid regex pattern: {why}"))?;
        Ok(Plan::Matches { of: column.plain(), regex })
    }

    #[inline(never)]
    pub(super) fn contains(&self, how: Contains, of: &Node, elements: &Node) -> Result<Plan> {
        let column = match self.typed(of)? {
            Typed::Column(column)
                if column.data_type == DataType::Json || column.is_whole_array() =>
            {
                column
            }
            _ => {
                return Err(format!(
                    "{} operation are only supported on json or array fields now, got: {}",
                    how.word(),
                    self.words(of)
                ));
            }
        };
        let Typed::Value(value, _) = self.typed(elements)? else {
            return Err(format!(
                "{} operation are only supported explicitly specified element, got: {}",
                how.word(),
                self.words(elements)
            ));
        };
        let elements = match (how, value) {
            (Contains::One, value) => vec![value],
            (Contains::All | Contains::Any, Value::List(elements)) => elements,
            _ => return Err(format!("{} operation element must be an array", how.name())),
        };
        if column.data_type == DataType::Json {
            return Ok(plan::contains(how, column.plain(), elements));
        }
        let element_type = column.element_type;
        let fit = |element: Value| {
            if how == Contains::One {
                return cast(element_type, element);
            }
            if !comparable(element_type, element.data_type()) {
                return Err(format!(
                    "{} operation can't compare between array element type: {} and {}",
                    how.name(),
                    element_type.as_str_name(),
                    element.data_type().as_str_name()
                ));
            }
            // a number that is of another type is looked for as it is
            Ok(cast(element_type, element.clone()).unwrap_or(element))
        };
        let elements = elements.into_iter().map(fit).collect::<Result<_>>()?;
        Ok(plan::contains(how, column.plain(), elements))
    }

    #[inline(never)]
    pub(super) fn length(&self, node: &Node, of: &Node) -> Result<Typed> {
        let column = match self.whole_struct(of) {
            Some(column) => column,
            None => self.column(of)?,
        };
        let is_list = column.data_type == DataType::ArrayOfVector && column.path.is_empty();
        if column.data_type != DataType::Json && !column.is_whole_array() && !is_list {
            return Err(format!(
                "array_length operation are only supported on json, array or array-of-vector \
                 fields now, got: {}",
                self.words(node)
            ));
        }
        Ok(Typed::Sum(Sum { data_type: DataType::Int64, shape: Shape::Length(column) }))
    }

    #[inline(never)]
    pub(super) fn text_match(
        &self,
        field: Token,
        query: &Node,
        minimum: Option<Token>,
    ) -> Result<Plan> {
        let (column, query) = self.text_query(field, query, "text match", "text_match query")?;
        let minimum = match minimum {
            Some(token) => match literal::int(self.token(token)) {
                Ok(Int::Value(minimum)) => minimum,
                _ => {
                    let written = self.token(token);
                    return Err(format!("invalid minimum_should_match value: {written}"));
                }
            },
            None => 1,
        };
        if minimum < 1 {
            return Err(format!("minimum_should_match should be >= 1, got {minimum}"));
        }
        if minimum > MOST_TERMS {
            return Err(format!("minimum_should_match should be <= {MOST_TERMS}, got {minimum}"));
        }
        Ok(Plan::TextMatch { column, query, minimum: minimum as usize })
    }

    #[inline(never)]
    pub(super) fn phrase_match(
        &self,
        field: Token,
        query: &Node,
        slop: Option<&Node>,
    ) -> Result<Plan> {
        let (column, query) =
            self.text_query(field, query, "phrase match", "phrase_match query")?;
        let Some(slop) = slop else { return Ok(Plan::PhraseMatch { column, query, slop: 0 }) };
        let Typed::Value(Value::Int(value), None) = self.typed(slop)? else {
            return Err(format!(
                "\"slop\" should be a const integer expression with \"uint32\" value. \"slop\" \
                 expression passed: {}",
                self.words(slop)
            ));
        };
        let passed = self.words(slop);
        let slop = u32::try_from(value).map_err(|_| match value < 0 {
            true => {
                format!("\"slop\" should not be a negative interger. \"slop\" passed: {passed}")
            }
            false => format!(
                "\"slop\" exceeds the range of \"uint32\". \"slop\" expression passed: {passed}"
            ),
        })?;
        Ok(Plan::PhraseMatch { column, query, slop })
    }

    #[inline(never)]
    pub(super) fn sample(&self, share: &Node) -> Result<Plan> {
        let words = self.words(share);
        let Typed::Value(value, None) = self.typed(share)? else {
            return Err(format!(
                "\"float factor\" should be a const float expression: \"float factor\" passed: \
                 {words}"
            ));
        };
        let share = match value {
            Value::Float(share) => share,
            _ => 0.0,
        };
        if share <= EPSILON || share >= 1.0 - EPSILON {
            return Err(format!(
                "the sample factor should be between 0 and 1 and not too close to 0 or 1(the \
                 difference should be larger than 1e-10), but got {words}"
            ));
        }
        Ok(Plan::Sample { of: Box::new(Plan::Always(true)), share })
    }

    #[inline(never)]
    pub(super) fn time(&self, time: &Time) -> Result<Plan> {
        let name = self.token(time.field);
        let column = self.named(name, false)?;
        if column.data_type != DataType::Timestamptz {
            return Err(format!("field '{name}' is not a timestamptz datatype"));
        }
        let moment = time::moment(&literal::text(self.token(time.moment))?, self.zone)?;
        let compare = time.compare;
        let Some((sign, interval)) = time.interval else {
            let with = Value::Int(moment);
            return Ok(Plan::Compare { of: column.plain(), compare, with });
        };
        let interval = Interval::parse(&literal::text(self.token(interval))?)?;
        let interval = if sign == Arithmetic::Subtract { interval.back() } else { interval };
        Ok(Plan::Time { column: column.index, interval: Box::new(interval), compare, moment })
    }

    /// Milvus has two functions of this kind: `empty(text)` and `starts_with(text, text)`.
    #[inline(never)]
    pub(super) fn call(&self, name: Token, arguments: &[Node]) -> Result<Plan> {
        if self.array.is_some() {
            return Err("function calls are not supported inside MATCH predicate".into());
        }
        let name = self.token(name).to_ascii_lowercase();
        let arguments = arguments.iter().map(|argument| self.typed(argument));
        let arguments = arguments.collect::<Result<Vec<_>>>()?;
        let text = |column: &Column| is_text(column.data_type);
        match (name.as_str(), arguments.as_slice()) {
            ("empty", [Typed::Column(column)]) if text(column) => Ok(Plan::Compare {
                of: column.clone().plain(),
                compare: Compare::Equal,
                with: Value::Text("".into()),
            }),
            ("starts_with", [Typed::Column(column), Typed::Value(Value::Text(prefix), None)])
                if text(column) =>
            {
                Ok(Plan::Like {
                    of: column.clone().plain(),
                    pattern: Pattern::Prefix(prefix.clone()),
                })
            }
            _ => {
                let types: Vec<_> =
                    arguments.iter().map(|argument| argument.data_type().as_str_name()).collect();
                Err(format!("function {name}({}) not found", types.join(", ")))
            }
        }
    }

    /// What Milvus has and this engine has not; mistakes in it are told first.
    #[inline(never)]
    pub(super) fn absent(&self, name: Token, field: Option<Token>) -> Result<Plan> {
        let name = self.token(name).to_ascii_lowercase();
        if let Some(field) = field {
            self.named(self.token(field), true)?;
        }
        Err(format!("function {name} is not supported by this engine"))
    }

    /// A column of texts, of JSON, or an element of an ARRAY of texts.
    fn text_column(&self, of: &Node, complicated: &str, unfit: &str) -> Result<Column> {
        let Typed::Column(column) = self.typed(of)? else { return Err(complicated.into()) };
        if column.is_whole_array() {
            return Err(NO_WHOLE_ARRAYS.into());
        }
        let data_type = column.compared_type();
        if !is_text(data_type) && data_type != DataType::Json {
            return Err(unfit.into());
        }
        Ok(column)
    }

    /// A field that has an analyzer for matches, and what it is asked for.
    fn text_query(
        &self,
        field: Token,
        query: &Node,
        operation: &str,
        name: &str,
    ) -> Result<(usize, Box<str>)> {
        let field = self.token(field);
        let column = self.named(field, true)?;
        if !is_text(column.data_type) {
            return Err(format!("{operation} operation on non-string is unsupported"));
        }
        let enabled = self.schema.fields.get(column.index).is_some_and(|field| {
            param(&field.message.type_params, "enable_match")
                .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        });
        if !enabled {
            return Err(format!("field \"{field}\" does not enable match"));
        }
        Ok((column.index, self.text_argument(query, operation, name)?))
    }

    /// A string, or a variable that is one.
    fn text_argument(&self, node: &Node, operation: &str, name: &str) -> Result<Box<str>> {
        match self.typed(node)? {
            Typed::Value(Value::Text(text), _) => Ok(text),
            Typed::Value(_, Some(template)) => Err(format!(
                "the value of {operation} expression template variable {{{template}}} is not string"
            )),
            _ => Err(format!(
                "{name} should be a string literal or template variable, got: {}",
                self.words(node)
            )),
        }
    }
}

/// A regular expression that is a text and nothing else, as a pattern, which is quicker.
fn anchored(regex: &str) -> Option<Pattern> {
    let (start, rest) = match regex.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, regex),
    };
    let (end, inner) = match rest.strip_suffix('$') {
        Some(inner) => (true, inner),
        None => (false, rest),
    };
    if inner.contains(['\\', '.', '+', '*', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$']) {
        return None;
    }
    let text = inner.into();
    Some(match (start, end) {
        (true, true) => Pattern::Exactly(text),
        (true, false) => Pattern::Prefix(text),
        (false, true) => Pattern::Suffix(text),
        (false, false) => Pattern::Inside(text),
    })
}
