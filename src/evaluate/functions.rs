//! The functions, in one table: their names, how many arguments they take, and what they do. NULL
//! makes NULL but where the table says otherwise.

use super::arithmetic;
use super::{
    compared, describe, formats, is_null, json, mismatch, numbers, regex, texts, times, vectors,
};
use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::evaluate::order::Number;
use crate::language::ast::Name;
use crate::outcome::Datum;

/// The arguments of a call, each with its place.
struct Args<'a> {
    values: &'a [Datum],
    spans: &'a [Span],
}

impl Args<'_> {
    fn value(&self, at: usize) -> &Datum {
        self.values.get(at).unwrap_or(&Datum::Null)
    }

    fn span(&self, at: usize) -> Span {
        self.spans.get(at).copied().unwrap_or_default()
    }

    fn text(&self, at: usize) -> Result<String> {
        texts::text(self.value(at)).ok_or_else(|| {
            let what = format!("a text belongs here, and this is {}", describe(self.value(at)));
            mismatch(what, self.span(at))
        })
    }

    fn number(&self, at: usize) -> Result<Number> {
        Number::of(self.value(at)).ok_or_else(|| {
            let what = format!("a number belongs here, and this is {}", describe(self.value(at)));
            mismatch(what, self.span(at)).help("`CAST(… AS DOUBLE)` makes a number of a text")
        })
    }

    fn whole(&self, at: usize) -> Result<i64> {
        texts::whole(self.value(at), self.span(at))
    }

    fn moment(&self, at: usize) -> Result<times::Moment> {
        times::moment(self.value(at), self.span(at))
    }

    /// Of an array, or of JSON's.
    fn items(&self, at: usize) -> Result<Vec<Datum>> {
        match self.value(at) {
            Datum::Array(items) => Ok(items.clone()),
            Datum::Json(text) => match serde_json::from_str(text) {
                Ok(serde_json::Value::Array(items)) => Ok(items.iter().map(json::datum).collect()),
                _ => Err(mismatch("an array belongs here, and this is other JSON", self.span(at))),
            },
            other => {
                let what = format!("an array belongs here, and this is {}", describe(other));
                Err(mismatch(what, self.span(at)))
            }
        }
    }

    fn vector(&self, at: usize) -> Result<Vec<f64>> {
        vectors::numbers(self.value(at), self.span(at))
    }

    fn vectors(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        vectors::both((self.value(0), self.span(0)), (self.value(1), self.span(1)))
    }

    fn trim(&self, left: bool, right: bool) -> Result<Datum> {
        let of = if self.values.len() > 1 { Some(self.text(1)?) } else { None };
        Ok(Datum::Text(texts::trim(&self.text(0)?, of.as_deref(), left, right)))
    }

    /// The argument before which no other is by this operator; NULL does not count.
    fn first_by(&self, operator: &str) -> Datum {
        let mut first = Datum::Null;
        for value in self.values.iter().filter(|value| !is_null(value)) {
            if is_null(&first) || compared(value, operator, &first) == Some(true) {
                first = value.clone();
            }
        }
        first
    }
}

pub(super) struct Function {
    name: &'static str,
    /// how many arguments
    least: usize,
    most: usize,
    /// NULL is an argument as any other
    takes_null: bool,
    of: fn(&Args<'_>) -> Result<Datum>,
}

const MANY: usize = 100;

const fn function(
    name: &'static str,
    least: usize,
    most: usize,
    of: fn(&Args<'_>) -> Result<Datum>,
) -> Function {
    Function { name, least, most, takes_null: false, of }
}

const fn with_null(
    name: &'static str,
    least: usize,
    most: usize,
    of: fn(&Args<'_>) -> Result<Datum>,
) -> Function {
    Function { name, least, most, takes_null: true, of }
}

/// By the alphabet.
static FUNCTIONS: &[Function] = &[
    function("abs", 1, 1, |args| Ok(numbers::abs(args.number(0)?))),
    with_null("array_append", 2, 2, |args| {
        let mut items = match is_null(args.value(0)) {
            true => Vec::new(),
            false => args.items(0)?,
        };
        items.push(args.value(1).clone());
        Ok(Datum::Array(items))
    }),
    function("array_contains", 2, 2, |args| {
        let items = args.items(0)?;
        let is = |item: &Datum| compared(item, "==", args.value(1)) == Some(true);
        Ok(Datum::Bool(items.iter().any(is)))
    }),
    // PostgreSQL's second argument is the dimension, and there is one
    function("array_length", 1, 2, |args| {
        let is_first = args.values.len() == 1 || args.whole(1)? == 1;
        Ok(if is_first { Datum::Int(args.items(0)?.len() as i64) } else { Datum::Null })
    }),
    function("ceil", 1, 1, |args| Ok(numbers::to_whole(args.number(0)?, f64::ceil))),
    function("ceiling", 1, 1, |args| Ok(numbers::to_whole(args.number(0)?, f64::ceil))),
    function("char_length", 1, 1, length),
    with_null("coalesce", 1, MANY, |_| Ok(Datum::Null)),
    with_null("concat", 1, MANY, |args| {
        let mut all = String::new();
        for at in 0..args.values.len() {
            if !is_null(args.value(at)) {
                all.push_str(&args.text(at)?);
            }
        }
        Ok(Datum::Text(all))
    }),
    function("cosine_distance", 2, 2, |args| {
        let cosine = vectors::cosine(&args.vectors()?);
        Ok(if cosine.is_finite() { Datum::Double(cosine) } else { Datum::Null })
    }),
    function("current_date", 0, 0, |_| Ok(Datum::Text(times::now().date()))),
    function("current_timestamp", 0, 0, |_| Ok(Datum::Text(times::now().text()))),
    function("date", 1, 1, |args| Ok(Datum::Text(args.moment(0)?.date()))),
    function("date_add", 2, 2, |args| times::add(args.moment(0)?, args.whole(1)?, args.span(1))),
    function("date_format", 2, 2, |args| {
        formats::strftime(&args.text(1)?, args.moment(0)?, args.span(1)).map(Datum::Text)
    }),
    function("date_part", 2, 2, |args| times::part(&args.text(0)?, args.moment(1)?, args.span(0))),
    function("date_trunc", 2, 2, |args| {
        times::truncated(&args.text(0)?, args.moment(1)?, args.span(0))
    }),
    function("datediff", 2, 2, |args| {
        Ok(Datum::Int(args.moment(0)?.day() - args.moment(1)?.day()))
    }),
    function("day", 1, 1, |args| Ok(Datum::Int(args.moment(0)?.day_of_month()))),
    function("exp", 1, 1, |args| Ok(numbers::of_fraction(args.number(0)?, f64::exp))),
    function("floor", 1, 1, |args| Ok(numbers::to_whole(args.number(0)?, f64::floor))),
    function("from_unixtime", 1, 1, |args| {
        args.number(0)?;
        Ok(Datum::Text(args.moment(0)?.text()))
    }),
    with_null("greatest", 1, MANY, |args| Ok(args.first_by(">"))),
    function("hour", 1, 1, |args| Ok(Datum::Int(args.moment(0)?.hour()))),
    with_null("ifnull", 2, 2, |_| Ok(Datum::Null)),
    function("inner_product", 2, 2, |args| {
        Ok(Datum::Double(vectors::inner_product(&args.vectors()?)))
    }),
    function("instr", 2, 2, |args| Ok(Datum::Int(texts::position(&args.text(1)?, &args.text(0)?)))),
    function("json_extract", 2, 2, |args| {
        json::extract(args.value(0), &args.text(1)?, [args.span(0), args.span(1)])
    }),
    function("json_text", 1, 1, |args| Ok(json::text(args.value(0).clone()))),
    function("l2_distance", 2, 2, |args| Ok(Datum::Double(vectors::l2(&args.vectors()?)))),
    function("l2_norm", 1, 1, |args| Ok(Datum::Double(vectors::norm(&args.vector(0)?)))),
    with_null("least", 1, MANY, |args| Ok(args.first_by("<"))),
    function("left", 2, 2, |args| {
        let count = args.whole(1)?.max(0);
        Ok(Datum::Text(texts::substr(&args.text(0)?, 1, Some(count))))
    }),
    function("length", 1, 1, length),
    function("ln", 1, 1, |args| Ok(numbers::of_fraction(args.number(0)?, f64::ln))),
    function("log", 1, 1, |args| Ok(numbers::of_fraction(args.number(0)?, f64::log10))),
    function("log10", 1, 1, |args| Ok(numbers::of_fraction(args.number(0)?, f64::log10))),
    function("log2", 1, 1, |args| Ok(numbers::of_fraction(args.number(0)?, f64::log2))),
    function("lower", 1, 1, |args| Ok(Datum::Text(args.text(0)?.to_lowercase()))),
    function("ltrim", 1, 2, |args| args.trim(true, false)),
    function("minute", 1, 1, |args| Ok(Datum::Int(args.moment(0)?.minute()))),
    function("mod", 2, 2, |args| {
        arithmetic::of(args.value(0), "%", args.value(1), [args.span(0), args.span(1)])
    }),
    function("month", 1, 1, |args| Ok(Datum::Int(args.moment(0)?.month()))),
    function("now", 0, 0, |_| Ok(Datum::Text(times::now().text()))),
    with_null("nullif", 2, 2, |args| {
        let is_same = compared(args.value(0), "==", args.value(1)) == Some(true);
        Ok(if is_same { Datum::Null } else { args.value(0).clone() })
    }),
    function("pi", 0, 0, |_| Ok(Datum::Double(std::f64::consts::PI))),
    function("pow", 2, 2, power),
    function("power", 2, 2, power),
    function("regexp_like", 2, 2, |args| {
        let places = [args.span(0), args.span(1)];
        let is_it = regex::matches(args.value(0), &args.text(1)?, false, places)?;
        Ok(is_it.map_or(Datum::Null, Datum::Bool))
    }),
    function("regexp_replace", 3, 3, |args| {
        regex::replaced(&args.text(0)?, &args.text(1)?, &args.text(2)?, args.span(1))
    }),
    function("regexp_substr", 2, 2, |args| {
        regex::first(&args.text(0)?, &args.text(1)?, args.span(1))
    }),
    function("repeat", 2, 2, |args| {
        let (text, count) = (args.text(0)?, args.whole(1)?.max(0) as usize);
        match text.len().checked_mul(count).is_some_and(|bytes| bytes <= MAX_TEXT) {
            true => Ok(Datum::Text(text.repeat(count))),
            false => {
                Err(Diagnostic::new(Code::OutOfRange, "the text would be too long")
                    .at(args.span(1)))
            }
        }
    }),
    function("replace", 3, 3, |args| {
        let (text, from) = (args.text(0)?, args.text(1)?);
        let to = args.text(2)?;
        match from.is_empty() {
            true => Ok(Datum::Text(text)),
            false => Ok(Datum::Text(text.replace(&from, &to))),
        }
    }),
    function("reverse", 1, 1, |args| Ok(Datum::Text(args.text(0)?.chars().rev().collect()))),
    function("right", 2, 2, |args| {
        let (text, count) = (args.text(0)?, args.whole(1)?.max(0));
        let skipped = text.chars().count().saturating_sub(count as usize);
        Ok(Datum::Text(text.chars().skip(skipped).collect()))
    }),
    function("round", 1, 2, |args| {
        let digits = if args.values.len() > 1 { args.whole(1)? } else { 0 };
        Ok(numbers::round(args.number(0)?, digits))
    }),
    function("rtrim", 1, 2, |args| args.trim(false, true)),
    function("second", 1, 1, |args| Ok(Datum::Int(args.moment(0)?.second()))),
    function("sign", 1, 1, |args| Ok(numbers::sign(args.number(0)?))),
    function("sqrt", 1, 1, |args| Ok(numbers::of_fraction(args.number(0)?, f64::sqrt))),
    function("strftime", 2, 2, |args| {
        formats::strftime(&args.text(0)?, args.moment(1)?, args.span(0)).map(Datum::Text)
    }),
    function("strpos", 2, 2, |args| {
        Ok(Datum::Int(texts::position(&args.text(1)?, &args.text(0)?)))
    }),
    function("substr", 2, 3, substr),
    function("substring", 2, 3, substr),
    function("to_char", 2, 2, |args| {
        formats::to_char(args.moment(0)?, &args.text(1)?, args.span(1)).map(Datum::Text)
    }),
    function("trim", 1, 2, |args| args.trim(true, true)),
    function("typeof", 1, 1, |args| Ok(Datum::Text(describe(args.value(0)).to_string()))),
    function("unix_timestamp", 0, 1, |args| match args.values {
        [] => Ok(Datum::Int(times::now().whole_seconds())),
        _ => Ok(args.moment(0)?.seconds()),
    }),
    function("upper", 1, 1, |args| Ok(Datum::Text(args.text(0)?.to_uppercase()))),
    function("vector_dims", 1, 1, |args| Ok(Datum::Int(args.vector(0)?.len() as i64))),
    function("vector_norm", 1, 1, |args| Ok(Datum::Double(vectors::norm(&args.vector(0)?)))),
    function("year", 1, 1, |args| Ok(Datum::Int(args.moment(0)?.year()))),
];

/// Bytes of a text that a function makes.
const MAX_TEXT: usize = 10 << 20;

/// Calls a function that has been [`check`]ed.
pub(super) fn call(name: &Name, values: &[Datum], spans: &[Span]) -> Result<Datum> {
    let function = check(name, values.len())?;
    if !function.takes_null && values.iter().any(is_null) {
        return Ok(Datum::Null);
    }
    (function.of)(&Args { values, spans })
}

pub(crate) fn is_function(name: &str) -> bool {
    names().any(|known| known == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// The function of a name that takes so many arguments.
pub(super) fn check(name: &Name, arguments: usize) -> Result<&'static Function> {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == name.value) else {
        let error = Diagnostic::new(Code::UnknownFunction, format!("unknown function `{name}`"));
        let known: Vec<&str> = names().collect();
        return Err(error.at(name.span).suggest(&name.value, known, "functions"));
    };
    if (function.least..=function.most).contains(&arguments) {
        return Ok(function);
    }
    let takes = match (function.least, function.most) {
        (least, MANY) => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    let noun = if matches!(takes.as_str(), "1" | "at least 1") { "argument" } else { "arguments" };
    let message = format!("{name} takes {takes} {noun}, and has {arguments} here");
    Err(Diagnostic::new(Code::SyntaxError, message)
        .at(name.span)
        .help(format!("write `{name}(…)` with {takes} {noun}")))
}

fn length(args: &Args<'_>) -> Result<Datum> {
    match args.value(0) {
        Datum::Array(items) => Ok(Datum::Int(items.len() as i64)),
        Datum::Bytes(bytes) => Ok(Datum::Int(bytes.len() as i64)),
        _ => Ok(Datum::Int(args.text(0)?.chars().count() as i64)),
    }
}

fn power(args: &Args<'_>) -> Result<Datum> {
    arithmetic::of(args.value(0), "**", args.value(1), [args.span(0), args.span(1)])
}

fn substr(args: &Args<'_>) -> Result<Datum> {
    let length = if args.values.len() > 2 { Some(args.whole(2)?) } else { None };
    Ok(Datum::Text(texts::substr(&args.text(0)?, args.whole(1)?, length)))
}
