//! Random expressions of what SQLite has too, each of one type: SQLite makes a number of a text
//! where one is asked for, and we do not.

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use super::expr;
use crate::diagnostic::{Span, Spanned};
use crate::language::ast::{Expr, ExprKind, Name, Pattern, TypeName, Value};
use crate::outcome::Datum;

/// The fields of a row, two of each type.
pub(super) const FIELDS: [&str; 6] = ["i", "j", "x", "y", "s", "t"];

/// What a text is made of: signs of LIKE, a quote, characters of more bytes than one.
const LETTERS: [&str; 12] = ["a", "b", "B", "ab", " ", "%", "_", "\\", "'", "1", "表", "👋"];

pub(super) fn row() -> impl Strategy<Value = Vec<Datum>> {
    let int = || {
        weighted(0.9, prop_oneof![9 => whole(), 1 => any::<i64>()]).prop_map(or_null(Datum::Int))
    };
    let double = || weighted(0.9, eighths()).prop_map(or_null(Datum::Double));
    let text = || weighted(0.9, text()).prop_map(or_null(Datum::Text));
    (int(), int(), double(), double(), text(), text())
        .prop_map(|(i, j, x, y, s, t)| vec![i, j, x, y, s, t])
}

fn or_null<T>(datum: fn(T) -> Datum) -> impl Fn(Option<T>) -> Datum {
    move |value| value.map_or(Datum::Null, datum)
}

fn whole() -> impl Strategy<Value = i64> {
    prop_oneof![-3..10i64, -1000..1000i64]
}

/// Sums and products of them are exact.
fn eighths() -> impl Strategy<Value = f64> {
    prop_oneof![-20..60i32, -80_000..80_000i32].prop_map(|eighths| f64::from(eighths) / 8.0)
}

fn text() -> impl Strategy<Value = String> {
    vec(select(&LETTERS[..]), 0..5).prop_map(|letters| letters.concat())
}

/// An expression of any type.
pub(super) fn expression() -> BoxedStrategy<Expr> {
    let mut of = Types::leaves();
    for _ in 0..3 {
        of = of.over();
    }
    prop_oneof![of.int, of.number, of.text, of.truth].boxed()
}

/// Expressions of each type, as deep as each other.
struct Types {
    int: BoxedStrategy<Expr>,
    /// a small whole number
    small: BoxedStrategy<Expr>,
    /// of eighths, exact
    exact: BoxedStrategy<Expr>,
    number: BoxedStrategy<Expr>,
    text: BoxedStrategy<Expr>,
    /// where `||` is OR, no text is joined
    plain_text: BoxedStrategy<Expr>,
    truth: BoxedStrategy<Expr>,
}

impl Types {
    fn leaves() -> Types {
        let leaf = |fields: [&'static str; 2], value: BoxedStrategy<Value>| {
            let value = prop_oneof![15 => value, 1 => Just(Value::Null)];
            prop_oneof![
                3 => select(fields.to_vec()).prop_map(field),
                2 => value.prop_map(literal),
            ]
            .boxed()
        };
        let small = || whole().prop_map(Value::Int).boxed();
        let double = || eighths().prop_map(Value::Float).boxed();
        let int = prop_oneof![
            30 => leaf(["i", "j"], small()),
            1 => any::<i64>().prop_map(Value::Int).prop_map(literal),
        ];
        let int = int.boxed();
        let exact = leaf(["x", "y"], double());
        let text = leaf(["s", "t"], text().prop_map(Value::Text).boxed());
        let truth = any::<bool>().prop_map(Value::Bool);
        Types {
            small: prop_oneof![-9..9i64].prop_map(Value::Int).prop_map(literal).boxed(),
            number: prop_oneof![int.clone(), exact.clone()].boxed(),
            plain_text: text.clone(),
            truth: prop_oneof![truth, Just(Value::Null)].prop_map(literal).boxed(),
            int,
            exact,
            text,
        }
    }

    fn over(&self) -> Types {
        let (int, exact, number) = (&self.int, &self.exact, &self.number);
        let (text, plain, truth) = (&self.text, &self.plain_text, &self.truth);
        let small = &self.small;
        let of_any = |of: &BoxedStrategy<Expr>| {
            vec![
                case(truth, of),
                case_of(int, of),
                case_of(plain, of),
                call("coalesce", &[of, of, of]),
                call("ifnull", &[of, of]),
                call("nullif", &[of, of]),
                call("greatest", &[of, of]),
                call("least", &[of, of]),
            ]
        };
        let of_int = [
            chain(&["+", "-", "*", "%"], int, int),
            minus(int),
            call("abs", &[int]),
            call("sign", &[number]),
            call("mod", &[int, int]),
            call("length", &[text]),
            call("instr", &[text, text]),
            cast(exact, "BIGINT", None),
            cast(&cast(int, "VARCHAR", None), "BIGINT", None),
            cast(int, "INT", None),
        ];
        let of_exact = [chain(&["+", "-"], exact, exact), minus(exact), call("abs", &[exact])];
        let of_number = [
            chain(&["+", "-", "*", "/", "%"], number, number),
            minus(number),
            call("abs", &[number]),
            call("mod", &[number, number]),
            call("round", &[exact]),
            call("round", &[exact, &digits()]),
            call("floor", &[number]),
            call("ceil", &[number]),
            call("sqrt", &[number]),
            call("ln", &[exact]),
            call("log10", &[exact]),
            call("log2", &[exact]),
            call("power", &[small, &digits()]),
            chain(&["**"], exact, &digits()),
            cast(int, "DOUBLE", None),
        ];
        let of_text = [
            call("lower", &[text]),
            call("upper", &[text]),
            call("substr", &[text, small]),
            call("substr", &[text, small, small]),
            call("trim", &[text]),
            call("ltrim", &[text]),
            call("rtrim", &[text]),
            call("trim", &[text, text]),
            call("ltrim", &[text, text]),
            call("rtrim", &[text, text]),
            call("replace", &[text, text, text]),
            call("concat", &[text, int, text]),
            cast(int, "VARCHAR", None),
            cast(plain, "VARCHAR", Some(3)),
        ];
        let of_truth = [
            compare(number, number),
            compare(plain, plain),
            compare_twice(int),
            is_in(number),
            is_in(plain),
            between(number),
            between(plain),
            like(plain),
            is_null(number),
            is_null(plain),
            (truth.clone(), any::<bool>(), any::<bool>())
                .prop_map(|(left, negated, truth)| {
                    expr(ExprKind::IsTruth { left: left.into(), negated, truth })
                })
                .boxed(),
            truth.clone().prop_map(|of| expr(ExprKind::Not(of.into()))).boxed(),
            chain(&["and"], truth, truth),
            chain(&["or"], truth, truth),
        ];
        let all = |known: &BoxedStrategy<Expr>, more: &[BoxedStrategy<Expr>]| {
            let more = of_any(known).into_iter().chain(more.iter().cloned());
            let weighted = more.map(|more| (1, more)).chain([(4, known.clone())]);
            Union::new_weighted(weighted.collect()).boxed()
        };
        let joined =
            chain(&["||"], text, &prop_oneof![3 => text.clone(), 1 => int.clone()].boxed());
        Types {
            small: small.clone(),
            exact: all(exact, &of_exact),
            number: prop_oneof![int.clone(), all(number, &of_number)].boxed(),
            plain_text: all(plain, &of_text),
            text: prop_oneof![3 => all(text, &of_text), 1 => joined].boxed(),
            int: all(int, &of_int),
            truth: all(truth, &of_truth),
        }
    }
}

fn name(text: &str) -> Name {
    Spanned::new(text.to_string(), Span::default())
}

fn field(of: &str) -> Expr {
    expr(ExprKind::Field { name: name(of), path: Vec::new() })
}

fn literal(value: Value) -> Expr {
    expr(ExprKind::Literal(value))
}

fn digits() -> BoxedStrategy<Expr> {
    (0..4i64).prop_map(Value::Int).prop_map(literal).boxed()
}

fn call(function: &'static str, args: &[&BoxedStrategy<Expr>]) -> BoxedStrategy<Expr> {
    let args: Vec<BoxedStrategy<Expr>> = args.iter().map(|arg| (*arg).clone()).collect();
    args.prop_map(move |args| expr(ExprKind::Call { name: name(function), args })).boxed()
}

fn chain(
    operators: &[&'static str],
    first: &BoxedStrategy<Expr>,
    others: &BoxedStrategy<Expr>,
) -> BoxedStrategy<Expr> {
    let rest = vec((select(operators.to_vec()), others.clone()), 1..3);
    (first.clone(), rest)
        .prop_map(|(first, rest)| {
            // the grammar has products within sums
            let level = |operator: &str| matches!(operator, "*" | "/" | "%" | "**");
            let is_product = level(rest[0].0);
            let rest = rest.into_iter().filter(|(operator, _)| level(operator) == is_product);
            expr(ExprKind::Chain { first: first.into(), rest: rest.collect() })
        })
        .boxed()
}

fn minus(of: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let minus_one = || literal(Value::Int(-1));
    of.clone()
        .prop_map(move |of| {
            expr(ExprKind::Chain { first: of.into(), rest: vec![("*", minus_one())] })
        })
        .boxed()
}

fn case(when: &BoxedStrategy<Expr>, then: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (vec((when.clone(), then.clone()), 1..3), of(then.clone()))
        .prop_map(|(whens, otherwise)| {
            let otherwise = otherwise.map(Box::new);
            expr(ExprKind::Case { operand: None, whens, otherwise })
        })
        .boxed()
}

fn case_of(operand: &BoxedStrategy<Expr>, then: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (operand.clone(), vec((operand.clone(), then.clone()), 1..3), of(then.clone()))
        .prop_map(|(operand, whens, otherwise)| {
            let (operand, otherwise) = (Some(operand.into()), otherwise.map(Box::new));
            expr(ExprKind::Case { operand, whens, otherwise })
        })
        .boxed()
}

fn cast(of: &BoxedStrategy<Expr>, to: &'static str, size: Option<i64>) -> BoxedStrategy<Expr> {
    let size = size.map(|size| Spanned::new(Value::Int(size), Span::default()));
    of.clone()
        .prop_map(move |of| {
            let to = TypeName { name: name(to), size: size.clone() };
            expr(ExprKind::Cast { of: of.into(), to })
        })
        .boxed()
}

fn comparison() -> impl Strategy<Value = &'static str> {
    select(vec!["==", "!=", "<", "<=", ">", ">="])
}

fn compare(a: &BoxedStrategy<Expr>, b: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (a.clone(), comparison(), b.clone())
        .prop_map(|(a, operator, b)| {
            expr(ExprKind::Compare { first: a.into(), rest: vec![(operator, b)] })
        })
        .boxed()
}

/// `1 < a < 5`
fn compare_twice(of: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (of.clone(), vec((select(vec!["<", "<="]), of.clone()), 2..3))
        .prop_map(|(first, rest)| expr(ExprKind::Compare { first: first.into(), rest }))
        .boxed()
}

fn is_in(of: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (of.clone(), any::<bool>(), vec(of.clone(), 1..4))
        .prop_map(|(left, negated, list)| expr(ExprKind::In { left: left.into(), negated, list }))
        .boxed()
}

fn between(of: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (of.clone(), any::<bool>(), of.clone(), of.clone())
        .prop_map(|(left, negated, low, high)| {
            let (left, low, high) = (left.into(), low.into(), high.into());
            expr(ExprKind::Between { left, negated, low, high })
        })
        .boxed()
}

fn like(of: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    let pieces = ["%", "_", "a", "b", "B", "表", "\\%", "\\_", "\\\\", "1", " "];
    let pattern = vec(select(pieces.to_vec()), 0..5).prop_map(|pieces| pieces.concat());
    (of.clone(), any::<bool>(), pattern)
        .prop_map(|(left, negated, pattern)| {
            let pattern = Spanned::new(Value::Text(pattern), Span::default());
            let how = Pattern::Like;
            expr(ExprKind::Like { left: left.into(), negated, how, pattern })
        })
        .boxed()
}

fn is_null(of: &BoxedStrategy<Expr>) -> BoxedStrategy<Expr> {
    (of.clone(), any::<bool>())
        .prop_map(|(left, negated)| expr(ExprKind::IsNull { left: left.into(), negated }))
        .boxed()
}
