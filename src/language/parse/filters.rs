//! Filters and arithmetic: SQL's and Milvus's own spelling become one tree, in Milvus's operators.

use milvus_kernel_grammar::Rule;
use pest::iterators::Pair;

use super::builder::*;
use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::language::ast::*;
use crate::language::numbers::DEEPEST;

/// What a word in double quotes is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// before an operator: a name
    Name,
    /// as an item, or as a function's first argument: a name, and `||` joins texts
    Item,
    /// behind an operator, and as any other argument: a string, and `||` joins texts
    Value,
}

/// The functions of others that a search orders by, each with the operator that it is here.
const DISTANCES: &[(&str, Operator)] = &[
    ("l2_distance", Operator::L2),
    ("euclidean_distance", Operator::L2),
    ("array_distance", Operator::L2),
    ("list_distance", Operator::L2),
    ("vec_distance_euclidean", Operator::L2),
    ("vec_distance_l2", Operator::L2),
    ("cosine_distance", Operator::Cosine),
    ("array_cosine_distance", Operator::Cosine),
    ("vec_distance_cosine", Operator::Cosine),
    ("cosine_similarity", Operator::Cosine),
    ("inner_product", Operator::InnerProduct),
    ("dot_product", Operator::InnerProduct),
];

impl<'a> Builder<'a> {
    pub(super) fn filter(&self, pair: Pair<'a, Rule>) -> Result<Filter> {
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        let inner = parts.skip(&[Rule::WHERE, Rule::FILTER]).next()?;
        if rule == Rule::raw_filter {
            return Ok(Filter::Raw(self.bare_value(inner)?));
        }
        Ok(Filter::Expr(self.expr(inner, Place::Name)?))
    }

    pub(super) fn expr(&self, mut pair: Pair<'a, Rule>, place: Place) -> Result<Expr> {
        // most levels have one operand alone: these take nothing of the stack
        while matches!(
            pair.as_rule(),
            Rule::expr
                | Rule::conjunction
                | Rule::negation
                | Rule::predicate
                | Rule::sum
                | Rule::product
                | Rule::atom
                | Rule::group
        ) {
            let mut inner = pair.clone().into_inner();
            match (inner.next(), inner.next()) {
                (Some(only), None) => pair = only,
                _ => break,
            }
        }
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = self.parts(pair.clone());
        let kind = match rule {
            Rule::expr | Rule::conjunction | Rule::sum | Rule::product => {
                return self.chain(rule, parts, place);
            }
            Rule::negation => return self.negation(parts, place),
            Rule::predicate => return self.predicate(parts, place),
            Rule::atom => return self.atom(parts, place),
            Rule::literal => ExprKind::Literal(self.literal(parts.next()?)?),
            Rule::list => ExprKind::List(self.list(parts)?),
            Rule::match_against => self.text_match(parts)?,
            Rule::call => self.call(parts, place)?,
            Rule::subquery | Rule::exists => self.query(rule, pair)?,
            Rule::case => self.case(parts)?,
            Rule::cast => self.cast(parts)?,
            Rule::extract => self.extract(parts)?,
            Rule::aggregate if is_call(&parts) => self.call(parts, place)?,
            Rule::aggregate => ExprKind::Aggregate(Box::new(self.aggregate(parts)?)),
            Rule::field => self.field(parts, place)?,
            _ => return Err(internal(span)),
        };
        Ok(Expr { kind, span })
    }

    fn call(&self, mut parts: Parts<'a>, place: Place) -> Result<ExprKind> {
        let function = parts.next()?;
        let name = Spanned::new(function.as_str().trim_end().to_lowercase(), self.span(&function));
        if name.value == "vector_range" {
            return self.vector_range(name, parts);
        }
        let mut args = Vec::new();
        for pair in parts.pairs {
            if matches!(pair.as_rule(), Rule::FROM | Rule::FOR) {
                if !matches!(name.value.as_str(), "substring" | "substr" | "extract") {
                    let message = format!("{name} has commas between its arguments");
                    return Err(Diagnostic::new(Code::SyntaxError, message)
                        .at(self.span(&pair))
                        .help(format!("write `{name}(a, b)`")));
                }
                continue;
            }
            let place = if args.is_empty() { Place::Item } else { Place::Value };
            args.push(self.expr(pair, place)?);
        }
        // the part of a time is a function of its name
        if let ("extract", [Expr { kind: ExprKind::Field { name: part, .. }, .. }, _]) =
            (name.value.as_str(), args.as_slice())
        {
            let name = Spanned::new(part.value.to_lowercase(), part.span);
            return Ok(ExprKind::Call { name, args: args.split_off(1) });
        }
        match (name.value.as_str(), args.as_slice(), place) {
            // an item, and no condition
            ("bm25_score" | "bm25", [field, text], Place::Item) => bm25(field, text),
            _ => Ok(ExprKind::Call { name, args }),
        }
    }

    fn cast(&self, mut parts: Parts<'a>) -> Result<ExprKind> {
        let of = Box::new(self.expr(parts.skip(&[Rule::CAST]).next()?, Place::Item)?);
        let to = parts.skip(&[Rule::AS]).next()?;
        Ok(ExprKind::Cast { of, to: self.type_name(&mut self.parts(to))? })
    }

    /// `EXTRACT(year FROM x)` is `date_part('year', x)`.
    fn extract(&self, mut parts: Parts<'a>) -> Result<ExprKind> {
        let name = Spanned::new("date_part".to_string(), self.span(&parts.next()?));
        let unit = parts.next()?;
        let span = self.span(&unit);
        let unit = match unit.as_rule() {
            Rule::string => unquote(unit.as_str()),
            _ => self.name(unit)?.value,
        };
        let unit = Expr { kind: ExprKind::Literal(Value::Text(unit)), span };
        let of = self.expr(parts.skip(&[Rule::FROM]).next()?, Place::Item)?;
        Ok(ExprKind::Call { name, args: vec![unit, of] })
    }

    fn field(&self, mut parts: Parts<'a>, place: Place) -> Result<ExprKind> {
        let mut name = parts.next()?;
        if let Some(own) = parts.take(Rule::name) {
            let table = self.name(std::mem::replace(&mut name, own))?;
            self.qualifiers.borrow_mut().push(table);
        }
        // SQL has these without parentheses; in backticks they are fields
        let word = name.as_str().trim_end().to_ascii_lowercase();
        if matches!(word.as_str(), "current_date" | "current_timestamp") && parts.peek().is_none() {
            let name = Spanned::new(word, self.span(&name));
            return Ok(ExprKind::Call { name, args: Vec::new() });
        }
        // a string has no parts
        Ok(match place == Place::Value && is_double(&name) && parts.peek().is_none() {
            true => ExprKind::Quoted(unquote(name.as_str())),
            false => ExprKind::Field { name: self.name(name)?, path: self.steps(&mut parts)? },
        })
    }

    /// What stands behind an operand: `::INT`, `-> 'key'`.
    fn suffix(&self, of: Expr, suffix: Pair<'a, Rule>) -> Result<Expr> {
        let is_cast = suffix.as_rule() == Rule::cast_to;
        let span = Span::new(of.span.start, self.span(&suffix).end);
        let mut suffix = self.parts(suffix);
        let of = Box::new(of);
        let kind = if is_cast {
            ExprKind::Cast { of, to: self.type_name(&mut self.parts(suffix.next()?))? }
        } else {
            let as_text = suffix.next()?.as_str().starts_with("->>");
            let step = suffix.next()?;
            let step = Spanned::new(self.literal(step.clone())?, self.span(&step));
            ExprKind::Arrow { of, step, as_text }
        };
        Ok(Expr { kind, span })
    }

    /// Operands with the operators between them; one alone is itself.
    fn chain(&self, rule: Rule, mut parts: Parts<'a>, place: Place) -> Result<Expr> {
        let first = parts.next()?;
        let conditions = matches!(rule, Rule::expr | Rule::conjunction);
        let ors = parts.pairs.clone().filter(|pair| pair.as_rule() == Rule::OR).count();
        let joins = rule == Rule::expr && ors == 0 && place != Place::Name;
        let is_one = parts.peek().is_none();
        let place = if conditions && !is_one && !joins { Place::Name } else { place };
        let mut first = self.expr(first, place)?;
        let place = if joins { Place::Value } else { place };
        let mut rest = Vec::new();
        let mut in_words = false;
        while let Some(pair) = parts.pairs.next() {
            match pair.as_rule() {
                Rule::OR | Rule::AND => in_words = true,
                Rule::sum_op | Rule::product_op => {
                    let operator = match pair.as_str().trim_end() {
                        "+" => "+",
                        "-" => "-",
                        "*" => "*",
                        "/" => "/",
                        "%" => "%",
                        _ => "**",
                    };
                    rest.push((operator, self.expr(parts.next()?, place)?));
                }
                _ => {
                    let operator = match rule {
                        Rule::expr if joins => "||",
                        Rule::expr => "or",
                        _ => "and",
                    };
                    let part = self.expr(pair, place)?;
                    // PostgreSQL's `tags && ARRAY['a']`: a list is no condition
                    if operator == "and"
                        && !std::mem::take(&mut in_words)
                        && matches!(part.kind, ExprKind::List(_))
                    {
                        let left = rest.last_mut().map_or(&mut first, |(_, last)| last);
                        let span = Span::new(left.span.start, part.span.end);
                        let name = Spanned::new("array_contains_any".to_string(), span);
                        let none = Expr { kind: ExprKind::Literal(Value::Null), span };
                        let args = vec![std::mem::replace(left, none), part];
                        *left = Expr { kind: ExprKind::Call { name, args }, span };
                        continue;
                    }
                    rest.push((operator, part));
                }
            }
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expr { kind: ExprKind::Chain { first: Box::new(first), rest }, span: parts.span })
    }

    fn negation(&self, mut parts: Parts<'a>, place: Place) -> Result<Expr> {
        let mut negations = 0;
        let mut inner = parts.next()?;
        while matches!(inner.as_rule(), Rule::NOT | Rule::bang) {
            negations += 1;
            inner = parts.next()?;
        }
        let inner = self.expr(inner, if negations == 0 { place } else { Place::Item })?;
        if negations % 2 == 0 {
            return Ok(inner);
        }
        Ok(Expr { kind: ExprKind::Not(Box::new(inner)), span: parts.span })
    }

    /// An operand behind its signs. Milvus negates constants alone, and multiplies fields.
    fn atom(&self, mut parts: Parts<'a>, place: Place) -> Result<Expr> {
        let mut negative = false;
        while let Some(sign) = parts.take(Rule::sign) {
            negative ^= sign.as_str().starts_with('-');
        }
        let mut inner = self.expr(parts.next()?, place)?;
        for (count, suffix) in parts.pairs.enumerate() {
            if count >= DEEPEST {
                return Err(too_deep("casts and arrows", DEEPEST, self.span(&suffix)));
            }
            inner = self.suffix(inner, suffix)?;
        }
        if !negative {
            return Ok(inner);
        }
        let minus = Expr { kind: ExprKind::Literal(Value::Int(-1)), span: parts.span };
        let kind = ExprKind::Chain { first: Box::new(inner), rest: vec![("*", minus)] };
        Ok(Expr { kind, span: parts.span })
    }

    fn case(&self, mut parts: Parts<'a>) -> Result<ExprKind> {
        let mut operand = None;
        if let Some(pair) = parts.skip(&[Rule::CASE]).take(Rule::sum) {
            operand = Some(Box::new(self.expr(pair, Place::Name)?));
        }
        let mut whens = Vec::new();
        while let Some(when) = parts.take(Rule::when) {
            let mut when = self.parts(when);
            let place = if operand.is_some() { Place::Value } else { Place::Name };
            let condition = self.expr(when.skip(&[Rule::WHEN]).next()?, place)?;
            whens.push((condition, self.expr(when.skip(&[Rule::THEN]).next()?, Place::Value)?));
        }
        let mut otherwise = None;
        if let Some(pair) = parts.skip(&[Rule::ELSE]).take(Rule::expr) {
            otherwise = Some(Box::new(self.expr(pair, Place::Value)?));
        }
        Ok(ExprKind::Case { operand, whens, otherwise })
    }

    pub(super) fn qualifier(&self, pair: Pair<'a, Rule>) -> Result<()> {
        let name = self.name(self.parts(pair).next()?)?;
        self.qualifiers.borrow_mut().push(name);
        Ok(())
    }

    /// Refuses fields of another table than the statement's.
    pub(super) fn check_qualifiers(&self, table: &Name, alias: Option<&Name>) -> Result<()> {
        let known = qualifier(table, alias);
        let other = self.qualifiers.take().into_iter().find(|name| name.value != known);
        match other {
            Some(other) => Err(Diagnostic::new(
                Code::UnknownField,
                format!("`{other}` is not the table of this statement"),
            )
            .at(other.span)
            .help(format!("write `{known}.…`, or the field alone"))),
            None => Ok(()),
        }
    }

    /// `MATCH(field) AGAINST(text)`, which Milvus calls text_match.
    fn text_match(&self, parts: Parts<'a>) -> Result<ExprKind> {
        let span = parts.span;
        let (field, text) = self.match_against(parts)?;
        let field =
            Expr { span: field.span, kind: ExprKind::Field { name: field, path: Vec::new() } };
        let text = Expr { span: text.span, kind: ExprKind::Literal(text.value) };
        let name = Spanned::new("text_match".to_string(), span);
        Ok(ExprKind::Call { name, args: vec![field, text] })
    }

    /// `vector_range(field, vector, bound)`, which is dbVisitor's for `field <-> vector < bound`.
    fn vector_range(&self, name: Name, parts: Parts<'a>) -> Result<ExprKind> {
        let args: Vec<Pair<'a, Rule>> = parts.pairs.collect();
        let wrong = || {
            Diagnostic::new(Code::SyntaxError, "vector_range takes a field, a vector and a bound")
                .at(name.span)
                .help("write `vector_range(v, [0.1, 0.2], 0.8)`, or `v <-> [0.1, 0.2] < 0.8`")
        };
        let [field, vector, bound] = args.as_slice() else { return Err(wrong()) };
        let operator = Spanned::new(Operator::L2, name.span);
        let search = self.distance(operator, field, vector)?.ok_or_else(wrong)?;
        let search = Box::new(search);
        Ok(ExprKind::Range { search, bounds: vec![("<", self.expr(bound.clone(), Place::Value)?)] })
    }

    /// The distance of a field from a vector, of a function's arguments; `None` where they are
    /// others.
    fn distance(
        &self,
        operator: Spanned<Operator>,
        field: &Pair<'a, Rule>,
        vector: &Pair<'a, Rule>,
    ) -> Result<Option<Search>> {
        let field = self.expr(field.clone(), Place::Name)?.kind;
        let ExprKind::Field { name: field, path } = field else { return Ok(None) };
        // what is no sum is one pair within another, and `VEC_FromText('[1, 2]')` a text
        let mut inner = vector.clone();
        while !matches!(inner.as_rule(), Rule::list | Rule::string | Rule::variable) {
            let last = inner.into_inner().filter(|pair| pair.as_rule() != Rule::cast_to).last();
            let Some(last) = last else { return Ok(None) };
            inner = last;
        }
        let vectors = vec![self.bare_value(inner)?];
        let search = Search { field, target: Target::Vectors { operator, vectors } };
        Ok(path.is_empty().then_some(search))
    }

    /// `ORDER BY l2_distance(v, '[1, 2]')` as a search.
    pub(super) fn nearest(&self, key: &Pair<'a, Rule>) -> Result<Option<Search>> {
        let mut inner = key.clone();
        while inner.as_rule() != Rule::call {
            let mut pairs = inner.into_inner();
            let Some(first) = pairs.next() else { return Ok(None) };
            // the direction stands beside the expression
            let is_only = pairs.all(|pair| matches!(pair.as_rule(), Rule::ASC | Rule::DESC));
            if !is_only {
                return Ok(None);
            }
            inner = first;
        }
        let mut parts = self.parts(inner);
        let function = parts.next()?;
        let name = function.as_str().trim_end().to_ascii_lowercase();
        let args: Vec<Pair<'a, Rule>> = parts.pairs.collect();
        let operator = DISTANCES.iter().find(|(known, _)| *known == name);
        let (Some((_, operator)), [field, vector]) = (operator, args.as_slice()) else {
            return Ok(None);
        };
        self.distance(Spanned::new(*operator, self.span(&function)), field, vector)
    }

    /// The steps into a JSON or array field: `['a'][0]`.
    pub(super) fn steps(&self, parts: &mut Parts<'a>) -> Result<Vec<Spanned<Value>>> {
        let mut path = Vec::new();
        while let Some(step) = parts.take(Rule::step) {
            let span = self.span(&step);
            let inner = self.parts(step).next()?;
            let value = if inner.as_rule() == Rule::lifted {
                let mut numbers = self.lifted(inner)?.exact();
                numbers.pop().filter(|_| numbers.is_empty())
            } else {
                let span = self.span(&inner);
                Some(Spanned::new(self.literal(inner)?, span))
            };
            // a number is not always lifted: `[8. /* x */]`
            match value {
                Some(value) if !matches!(value.value, Value::Float(_)) => path.push(value),
                _ => {
                    return Err(Diagnostic::new(
                        Code::SyntaxError,
                        "one whole number or one string belongs here",
                    )
                    .at(span));
                }
            }
        }
        Ok(path)
    }

    fn predicate(&self, mut parts: Parts<'a>, place: Place) -> Result<Expr> {
        let span = parts.span;
        let left = parts.next()?;
        let left = self.expr(left, if parts.peek().is_none() { place } else { Place::Name })?;
        let mut comparisons = self.comparisons(&mut parts)?;
        if let Some(array) = any_of(&mut comparisons) {
            if let ExprKind::List(list) = array.kind {
                let left = Box::new(left);
                return Ok(Expr { kind: ExprKind::In { left, negated: false, list }, span });
            }
            let name = Spanned::new("array_contains".to_string(), array.span);
            return Ok(Expr { kind: ExprKind::Call { name, args: vec![array, left] }, span });
        }
        if !comparisons.is_empty() {
            return Ok(Expr {
                kind: ExprKind::Compare { first: Box::new(left), rest: comparisons },
                span,
            });
        }
        let Some(tail) = parts.pairs.next() else { return Ok(left) };
        let rule = tail.as_rule();
        let mut tail = self.parts(tail);
        if rule == Rule::range {
            let ExprKind::Field { name, path, .. } = left.kind else {
                return Err(no_distance(left.span));
            };
            if !path.is_empty() {
                return Err(no_distance(left.span));
            }
            let search = Box::new(self.vector_search(name, &mut tail)?);
            let bounds = self.comparisons(&mut tail)?;
            let kind = match bounds.is_empty() {
                true => ExprKind::Distance(search),
                false => ExprKind::Range { search, bounds },
            };
            return Ok(Expr { kind, span });
        }
        let negated = tail.skip(&[Rule::IS]).has(Rule::NOT);
        tail.skip(&[Rule::IN, Rule::BETWEEN, Rule::LIKE]);
        let left = Box::new(left);
        let kind = match rule {
            Rule::in_list => {
                let mut list = Vec::new();
                for pair in tail.pairs {
                    let list_span = self.span(&pair);
                    match pair.as_rule() {
                        Rule::list => list.extend(self.list(self.parts(pair))?),
                        Rule::variable => list.push(Expr {
                            kind: ExprKind::Literal(self.literal(pair)?),
                            span: list_span,
                        }),
                        _ => list.push(self.expr(pair, Place::Value)?),
                    }
                }
                ExprKind::In { left, negated, list }
            }
            Rule::between => {
                let low = Box::new(self.expr(tail.next()?, Place::Value)?);
                let high = tail.skip(&[Rule::AND]).next()?;
                let high = Box::new(self.expr(high, Place::Value)?);
                ExprKind::Between { left, negated, low, high }
            }
            Rule::like | Rule::matches => {
                let mut pattern = tail.next()?;
                let mut negated = negated;
                let how = match pattern.as_rule() {
                    Rule::ILIKE => Pattern::AnyCase,
                    Rule::REGEXP => Pattern::Regex,
                    Rule::match_op => {
                        negated = pattern.as_str().starts_with('!');
                        match pattern.as_str().trim_end().ends_with('*') {
                            true => Pattern::RegexAnyCase,
                            false => Pattern::Regex,
                        }
                    }
                    _ => Pattern::Like,
                };
                if matches!(pattern.as_rule(), Rule::ILIKE | Rule::REGEXP | Rule::match_op) {
                    pattern = tail.next()?;
                }
                let span = self.span(&pattern);
                let pattern = if pattern.as_rule() == Rule::text {
                    Value::Text(unquote(pattern.as_str()))
                } else {
                    self.literal(pattern)?
                };
                ExprKind::Like { left, negated, how, pattern: Spanned::new(pattern, span) }
            }
            Rule::contains => {
                let name = Spanned::new("array_contains_all".to_string(), span);
                let all = self.expr(tail.next()?, Place::Value)?;
                ExprKind::Call { name, args: vec![*left, all] }
            }
            Rule::is_true => ExprKind::IsTruth { left, negated, truth: tail.has(Rule::TRUE) },
            _ => ExprKind::IsNull { left, negated },
        };
        Ok(Expr { kind, span })
    }

    fn comparisons(&self, parts: &mut Parts<'a>) -> Result<Vec<(&'static str, Expr)>> {
        let mut comparisons = Vec::new();
        while let Some(pair) = parts.take(Rule::comparison) {
            let mut parts = self.parts(pair);
            let operator = match parts.next()?.as_str().trim_end() {
                "=" | "==" => "==",
                "<>" | "!=" => "!=",
                "<=" => "<=",
                ">=" => ">=",
                "<" => "<",
                _ => ">",
            };
            comparisons.push((operator, self.expr(parts.next()?, Place::Value)?));
        }
        Ok(comparisons)
    }

    /// A list in a filter, with a lifted one read exactly, so that large integers stay what they
    /// are.
    fn list(&self, mut parts: Parts<'a>) -> Result<Vec<Expr>> {
        if let Some(lifted) = parts.take(Rule::lifted) {
            return Ok(self.lifted(lifted)?.exact().into_iter().map(literal).collect());
        }
        let mut items = Vec::new();
        for pair in parts.pairs {
            let span = self.span(&pair);
            items.push(match is_double(&pair) {
                true => Expr { kind: ExprKind::Quoted(unquote(pair.as_str())), span },
                false => literal(self.value(pair)?),
            });
        }
        Ok(items)
    }
}

/// `MIN(a, b)`, and `MIN()`: no aggregate of one argument.
fn is_call(aggregate: &Parts<'_>) -> bool {
    let mut rules = aggregate.pairs.clone().skip(1).map(|pair| pair.as_rule());
    let (first, second) = (rules.next(), rules.next());
    let is_one = matches!(second, None | Some(Rule::only_where));
    first.is_none() || first == Some(Rule::expr) && !is_one
}

/// The array of `= ANY(array)`.
fn any_of(comparisons: &mut [(&'static str, Expr)]) -> Option<Expr> {
    let [("==", Expr { kind: ExprKind::Call { name, args }, .. })] = comparisons else {
        return None;
    };
    (name.value == "any" && args.len() == 1).then(|| args.pop()).flatten()
}

pub(super) fn is_double(pair: &Pair<'_, Rule>) -> bool {
    pair.as_str().starts_with('"')
}

fn literal(value: Spanned<Value>) -> Expr {
    let list =
        |items: Vec<Spanned<Value>>| ExprKind::List(items.into_iter().map(literal).collect());
    let kind = match value.value {
        Value::List(items) => list(items),
        Value::Numbers(numbers) => list(numbers.exact()),
        value => ExprKind::Literal(value),
    };
    Expr { kind, span: value.span }
}

/// What is nested without brackets takes of the stack as they do.
pub(super) fn too_deep(what: &str, most: usize, span: Span) -> Diagnostic {
    let message = format!("{what} are nested more than {most} deep");
    Diagnostic::new(Code::SyntaxError, message).at(span)
}

/// `BM25_SCORE(text, 'words')` as a column.
fn bm25(field: &Expr, text: &Expr) -> Result<ExprKind> {
    match (&field.kind, &text.kind) {
        (ExprKind::Field { name, path }, ExprKind::Literal(words)) if path.is_empty() => {
            let target = Target::Text(Spanned::new(words.clone(), text.span));
            Ok(ExprKind::Distance(Box::new(Search { field: name.clone(), target })))
        }
        _ => Err(Diagnostic::new(
            Code::SyntaxError,
            "BM25_SCORE takes a field, and the words that are looked for",
        )
        .at(field.span)),
    }
}

fn no_distance(span: Span) -> Diagnostic {
    Diagnostic::new(Code::SyntaxError, "only a field has a distance")
        .at(span)
        .label("expected the name of a vector field")
}
