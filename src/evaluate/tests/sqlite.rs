//! Random expressions over random rows come to what SQLite says, or to an error that SQLite's own
//! values explain. CASES and SEED run more and others.
//!
//! What is meant to differ is spelled in SQLite's words: a division of whole numbers that leaves a
//! rest, `%` of fractions, what is whole here and a fraction there, `a < b < c`, GREATEST and LEAST
//! beside NULL, CONCAT. What SQLite has no error for (a division by zero, a number too large) is
//! looked for among the parts of the expression, where the two are not the same.

use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

use super::generate::{FIELDS, expression, row};
use super::{Fields, read};
use crate::diagnostic::Code;
use crate::evaluate::{evaluate, parts};
use crate::language::ast::{Expr, ExprKind, Output, Value};
use crate::language::print;
use crate::outcome::Datum;

#[test]
fn expressions_come_to_what_sqlite_says() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let cases = number("CASES").unwrap_or(4_000) as u32;
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("SEED").unwrap_or(12).to_le_bytes());
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let sqlite = Sqlite::new();
    let counts = std::cell::Cell::new([0u32; 3]);
    let result = runner.run(&(expression(), vec(row(), 4)), |(expr, rows)| {
        let mut found = counts.get();
        for kind in sqlite.holds(&expr, &rows).map_err(TestCaseError::fail)? {
            found[kind as usize] += 1;
        }
        counts.set(found);
        Ok(())
    });
    match result {
        // the tree itself is long, and the reason has its text
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(error) => panic!("{error}"),
        Ok(()) => {}
    }
    let [values, nulls, errors] = counts.get();
    println!("{values} values, {nulls} NULLs, {errors} errors");
    assert!(values > 2 * cases, "{values} values of {cases} cases of 4 rows");
    assert!(nulls > cases / 4, "{nulls} NULLs");
    assert!(errors > cases / 50, "{errors} errors");
}

#[test]
fn moments_are_what_sqlite_says() {
    let sqlite = Sqlite::new();
    sqlite.0.execute("INSERT INTO t DEFAULT VALUES", ()).expect("a row");
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(Default::default()));
    let seconds = -62_167_219_200..253_402_300_800i64;
    let result = runner.run(&(seconds.clone(), seconds, -10_000..10_000i64), |(n, m, days)| {
        let clock = "strftime('%H:%M:%S', ";
        for (ours, theirs) in [
            (format!("from_unixtime({n})"), format!("datetime({n}, 'unixepoch')")),
            (format!("date({n})"), format!("date({n}, 'unixepoch')")),
            (format!("unix_timestamp(from_unixtime({n}))"), n.to_string()),
            (
                format!("year({n}) * 100 + month({n})"),
                format!("0 + strftime('%Y%m', {n}, 'unixepoch')"),
            ),
            (format!("day({n})"), format!("0 + strftime('%d', {n}, 'unixepoch')")),
            (
                format!("(hour({n}) * 60 + minute({n})) * 60 + second({n})"),
                format!("unixepoch({clock}{n}, 'unixepoch')) - unixepoch('00:00:00')"),
            ),
            (
                format!("date_trunc('month', {n})"),
                format!("datetime({n}, 'unixepoch', 'start of month')"),
            ),
            (
                format!("date_trunc('year', {n})"),
                format!("datetime({n}, 'unixepoch', 'start of year')"),
            ),
            (
                format!("date_trunc('day', {n})"),
                format!("datetime({n}, 'unixepoch', 'start of day')"),
            ),
            (
                format!("datediff({n}, {m})"),
                format!(
                    "CAST(julianday({n}, 'unixepoch', 'start of day') \
                     - julianday({m}, 'unixepoch', 'start of day') AS INTEGER)"
                ),
            ),
            (
                format!("date_add(date({n}), {days})"),
                format!("date({n}, 'unixepoch', '{days:+} days')"),
            ),
        ] {
            let read = read(&ours).expect(&ours);
            match (evaluate(&read, &Fields(&[])), sqlite.one(&theirs)) {
                // beyond the years with four digits
                (Err(error), Ok(_)) if error.code == Code::OutOfRange && ours.contains("add") => {}
                (Ok(a), Ok(b)) if same(&a, &b) => {}
                (a, b) => {
                    let reason = format!("{ours}\n{theirs}\nours {a:?}\nSQLite {b:?}");
                    return Err(TestCaseError::fail(reason));
                }
            }
        }
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
}

/// What a row came to, on both sides.
#[derive(Clone, Copy)]
enum Came {
    Value,
    Null,
    Error,
}

struct Sqlite(Connection);

impl Sqlite {
    fn new() -> Sqlite {
        let connection = Connection::open_in_memory().expect("a database");
        // columns without a type: nothing is coerced
        let statements = "CREATE TABLE t (i, j, x, y, s, t); PRAGMA case_sensitive_like = ON";
        connection.execute_batch(statements).expect("a table");
        Sqlite(connection)
    }

    /// Or else about the smallest part that does not hold.
    fn holds(&self, expr: &Expr, rows: &[Vec<Datum>]) -> Result<Vec<Came>, String> {
        self.whole_holds(expr, rows).map_err(|error| {
            let parts = operands(expr).into_iter();
            parts.filter_map(|part| self.holds(part, rows).err()).next().unwrap_or(error)
        })
    }

    fn whole_holds(&self, written: &Expr, rows: &[Vec<Datum>]) -> Result<Vec<Came>, String> {
        let text = print::output(&Output::Computed(written.clone().into()));
        let expr = read(&text).map_err(|error| format!("{text}\n{error:?}"))?;
        let again = print::output(&Output::Computed(expr.clone().into()));
        if again != text {
            return Err(format!("{text}\nis read as\n{again}"));
        }
        parts(&expr).map_err(|error| format!("{text}\n{error:?}"))?;
        rows.iter().map(|row| self.row_holds(&expr, &text, row)).collect()
    }

    fn row_holds(&self, expr: &Expr, text: &str, row: &[Datum]) -> Result<Came, String> {
        self.store(row);
        let fields: Vec<(&str, Datum)> = FIELDS.into_iter().zip(row.iter().cloned()).collect();
        let ours = evaluate(expr, &Fields(&fields));
        let words = sqlite(expr);
        let theirs = self.one(&words);
        if let (Ok(a), Ok(b)) = (&ours, &theirs)
            && same(a, b)
        {
            return Ok(if *a == Datum::Null { Came::Null } else { Came::Value });
        }
        let mut reasons = Vec::new();
        self.collect_reasons(expr, &mut reasons);
        let is_explained = match &ours {
            Err(error) => reasons.contains(&error.code),
            // what is whole beyond 64 bits is a fraction to SQLite
            Ok(_) => reasons.contains(&Code::OutOfRange),
        };
        match is_explained {
            true => Ok(Came::Error),
            false => Err(format!("{text}\n{words}\n{row:?}\nours {ours:?}\nSQLite {theirs:?}")),
        }
    }

    fn store(&self, row: &[Datum]) {
        let values = row.iter().map(|value| match value {
            Datum::Int(number) => rusqlite::types::Value::from(*number),
            Datum::Double(number) => (*number).into(),
            Datum::Text(text) => text.clone().into(),
            _ => rusqlite::types::Value::Null,
        });
        self.0.execute("DELETE FROM t", ()).expect("no rows");
        let mut insert = self.0.prepare_cached("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)");
        let insert = insert.as_mut().expect("a statement");
        insert.execute(params_from_iter(values)).expect("a row");
    }

    fn one(&self, words: &str) -> Result<Datum, String> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(match row.get_ref(0)? {
                ValueRef::Null => Datum::Null,
                ValueRef::Integer(number) => Datum::Int(number),
                ValueRef::Real(number) => Datum::Double(number),
                ValueRef::Text(text) => Datum::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Datum::Bytes(bytes.to_vec()),
            })
        };
        let found = self.0.query_row(&format!("SELECT {words} FROM t"), (), read);
        found.map_err(|error| error.to_string())
    }

    fn is(&self, condition: String) -> bool {
        self.one(&condition).unwrap_or(Datum::Int(1)) == Datum::Int(1)
    }

    /// The errors that parts of an expression have by SQLite's own values.
    fn collect_reasons(&self, expr: &Expr, found: &mut Vec<Code>) {
        match &expr.kind {
            ExprKind::Chain { first, rest } if !matches!(rest[0].0, "and" | "or" | "||") => {
                let mut left = sqlite(first);
                for (operator, right) in rest {
                    let right = sqlite(right);
                    self.arithmetic(&left, operator, &right, found);
                    left = binary(&left, operator, &right);
                }
            }
            ExprKind::Call { name, args } if name.value == "mod" => {
                self.arithmetic(&sqlite(&args[0]), "%", &sqlite(&args[1]), found);
            }
            ExprKind::Call { args, .. } => {
                // SQLite's own error
                let words = sqlite(expr);
                if self.one(&words).is_err() && args.iter().all(|of| self.one(&sqlite(of)).is_ok())
                {
                    found.push(Code::OutOfRange);
                }
            }
            ExprKind::Cast { of, to } if matches!(to.name.value.as_str(), "INT" | "BIGINT") => {
                let (of, most) = (sqlite(of), if to.name.value == "INT" { 31 } else { 63 });
                if self.is(format!("abs({of} + 0.0) >= power(2, {most})")) {
                    found.push(Code::TypeMismatch);
                }
            }
            _ => {}
        }
        operands(expr).into_iter().for_each(|operand| self.collect_reasons(operand, found));
    }

    fn arithmetic(&self, left: &str, operator: &str, right: &str, found: &mut Vec<Code>) {
        if matches!(operator, "/" | "%") && self.is(format!("{right} = 0")) {
            found.push(Code::DivisionByZero);
        }
        let result = binary(left, operator, right);
        if matches!(operator, "+" | "-" | "*")
            && self.is(format!(
                "typeof({left}) = 'integer' AND typeof({right}) = 'integer' \
                 AND typeof({result}) = 'real'"
            ))
        {
            found.push(Code::OutOfRange);
        }
    }
}

/// Equal, numbers by their values: a floor is whole here and a fraction there. Of a root or a
/// logarithm the last digits are the library's.
fn same(ours: &Datum, theirs: &Datum) -> bool {
    match (ours, theirs) {
        (Datum::Bool(flag), Datum::Int(number)) => i64::from(*flag) == *number,
        (Datum::Int(a), Datum::Double(b)) => *a as f64 == *b,
        (Datum::Double(a), Datum::Int(b)) => *a == *b as f64,
        (Datum::Double(a), Datum::Double(b)) => {
            a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
        }
        _ => ours == theirs,
    }
}

fn operands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Chain { first, rest } | ExprKind::Compare { first, rest } => {
            std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, of)| of)).collect()
        }
        ExprKind::Not(of)
        | ExprKind::Like { left: of, .. }
        | ExprKind::IsNull { left: of, .. }
        | ExprKind::IsTruth { left: of, .. }
        | ExprKind::Cast { of, .. } => vec![of],
        ExprKind::In { left, list, .. } => std::iter::once(left.as_ref()).chain(list).collect(),
        ExprKind::Between { left, low, high, .. } => vec![left, low, high],
        ExprKind::Case { operand, whens, otherwise } => {
            let whens = whens.iter().flat_map(|(when, then)| [when, then]);
            let rest = otherwise.iter().map(Box::as_ref);
            operand.iter().map(Box::as_ref).chain(whens).chain(rest).collect()
        }
        ExprKind::Call { args, .. } => args.iter().collect(),
        ExprKind::Field { .. } | ExprKind::Literal(_) => Vec::new(),
        other => panic!("SQLite has no {other:?}"),
    }
}

/// The same in SQLite's words.
fn sqlite(expr: &Expr) -> String {
    let all = |list: &[Expr]| list.iter().map(sqlite).collect::<Vec<_>>();
    let not = |negated: &bool| if *negated { "NOT " } else { "" };
    let words = match &expr.kind {
        ExprKind::Field { name, .. } => return name.value.clone(),
        ExprKind::Literal(Value::Text(text)) => return quoted(text),
        ExprKind::Literal(value) => print::value(value),
        ExprKind::Chain { first, rest } => {
            return rest.iter().fold(sqlite(first), |left, (operator, right)| {
                binary(&left, operator, &sqlite(right))
            });
        }
        ExprKind::Compare { first, rest } => {
            let firsts = std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, of)| of));
            let each = firsts.zip(rest).map(|(left, (operator, right))| {
                format!("({} {operator} {})", sqlite(left), sqlite(right))
            });
            each.collect::<Vec<_>>().join(" AND ")
        }
        ExprKind::Not(of) => format!("NOT {}", sqlite(of)),
        ExprKind::In { left, negated, list } => {
            format!("{} {}IN ({})", sqlite(left), not(negated), all(list).join(", "))
        }
        ExprKind::Between { left, negated, low, high } => {
            let (left, low, high) = (sqlite(left), sqlite(low), sqlite(high));
            format!("{left} {}BETWEEN {low} AND {high}", not(negated))
        }
        ExprKind::Like { left, negated, how: _, pattern } => {
            let Value::Text(pattern) = &pattern.value else { panic!("{pattern:?}") };
            let (left, pattern) = (sqlite(left), quoted(pattern));
            format!("{left} {}LIKE {pattern} ESCAPE '\\'", not(negated))
        }
        ExprKind::IsNull { left, negated } => format!("{} IS {}NULL", sqlite(left), not(negated)),
        ExprKind::IsTruth { left, negated, truth } => {
            format!("{} IS {}{truth}", sqlite(left), not(negated))
        }
        ExprKind::Case { operand, whens, otherwise } => {
            let operand = operand.as_ref().map_or(String::new(), |operand| sqlite(operand));
            let whens = whens
                .iter()
                .map(|(when, then)| format!(" WHEN {} THEN {}", sqlite(when), sqlite(then)));
            let otherwise = otherwise.as_ref();
            let otherwise = otherwise.map_or(String::new(), |of| format!(" ELSE {}", sqlite(of)));
            format!("CASE {operand}{}{otherwise} END", whens.collect::<String>())
        }
        ExprKind::Cast { of, to } => {
            let kind = match to.name.value.as_str() {
                "VARCHAR" => "TEXT",
                "DOUBLE" => "REAL",
                _ => "INTEGER",
            };
            let cast = format!("CAST({} AS {kind})", sqlite(of));
            match &to.size {
                Some(size) => format!("substr({cast}, 1, {})", print::value(&size.value)),
                None => cast,
            }
        }
        ExprKind::Call { name, args } => function(&name.value, &all(args)),
        other => panic!("SQLite has no {other:?}"),
    };
    format!("({words})")
}

fn binary(left: &str, operator: &str, right: &str) -> String {
    let whole = format!("typeof({left}) = 'integer' AND typeof({right}) = 'integer'");
    match operator {
        "**" => {
            let power = format!("power({left}, {right})");
            format!("(CASE WHEN {whole} THEN CAST({power} AS INTEGER) ELSE {power} END)")
        }
        "%" => format!("(CASE WHEN {whole} THEN {left} % {right} ELSE mod({left}, {right}) END)"),
        "/" => format!(
            "(CASE WHEN {whole} AND {left} % {right} = 0 THEN {left} / {right} \
             ELSE {left} * 1.0 / {right} END)"
        ),
        _ => format!("({left} {operator} {right})"),
    }
}

fn function(name: &str, args: &[String]) -> String {
    match (name, args) {
        // of those that are there
        ("greatest", [a, b]) => format!("coalesce(max({a}, {b}), {a}, {b})"),
        ("least", [a, b]) => format!("coalesce(min({a}, {b}), {a}, {b})"),
        ("concat", args) => {
            args.iter().map(|arg| format!("coalesce({arg}, '')")).collect::<Vec<_>>().join(" || ")
        }
        // of an empty text nothing is replaced, by NULL neither
        ("replace", [a, b, c]) => {
            format!("CASE WHEN {c} IS NOT NULL THEN replace({a}, {b}, {c}) END")
        }
        ("mod", [a, b]) => binary(a, "%", b),
        ("power", [a, b]) => binary(a, "**", b),
        // whole as long as a double has every whole number
        ("floor" | "ceil", [a]) => {
            let near = format!("{name}({a})");
            format!("CASE WHEN abs({near}) < 9e15 THEN CAST({near} AS INTEGER) ELSE {near} END")
        }
        _ => format!("{name}({})", args.join(", ")),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
