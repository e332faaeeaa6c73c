//! What expressions come to that SQLite does not have, and what is wrong with those that come to
//! nothing, each with its place.

use super::{Fields, read};
use crate::diagnostic::Diagnostic;
use crate::evaluate::{evaluate, holds, parts};
use crate::execute::catalog::fixture::said;
use crate::outcome::Datum;
use Datum::{Bool, Double, Int, Null};

fn text(text: &str) -> Datum {
    Datum::Text(text.to_string())
}

fn json(text: &str) -> Datum {
    Datum::Json(text.to_string())
}

fn array(items: &[Datum]) -> Datum {
    Datum::Array(items.to_vec())
}

fn row() -> Vec<(&'static str, Datum)> {
    vec![
        ("n", Int(7)),
        ("x", Double(0.5)),
        ("f", Datum::Float(0.1)),
        ("name", text("Tea")),
        ("gone", Null),
        ("ok", Bool(true)),
        (
            "meta",
            json(r#"{"a":{"b":[1,2.5,"x"]},"yes":true,"none":null,"big":18446744073709551615}"#),
        ),
        ("tags", array(&[text("hot"), text("dry")])),
        ("nums", array(&[Int(1), Null, Int(3)])),
        ("v", Datum::Vector(vec![3.0, 4.0])),
        ("w", Datum::Vector(vec![0.0, 0.0])),
        ("s", Datum::Sparse(vec![(1, 0.5)])),
        ("b", Datum::Bytes(vec![0xA5])),
    ]
}

fn evaluated(text: &str) -> Result<Datum, Diagnostic> {
    let expr = read(text)?;
    parts(&expr)?;
    evaluate(&expr, &Fields(&row()))
}

fn come_to(table: &[(&str, Datum)]) {
    for (text, value) in table {
        assert_eq!(evaluated(text), Ok(value.clone()), "{text}");
    }
}

/// Each of an expression, an error, and what it points at.
fn are_wrong(table: &[(&str, &str, &str)]) {
    for (text, message, place) in table {
        let error = evaluated(text).expect_err(text);
        assert_eq!(said(&error), *message, "{text}");
        let span = error.span.expect(text);
        let shown = format!("SELECT {text}");
        assert_eq!(&shown[span.start..span.end], *place, "{text}");
    }
}

#[test]
fn parts_of_json() {
    come_to(&[
        ("meta -> 'a' -> 'b' -> 0", json("1")),
        ("meta -> 'a' -> 'b' -> 0 + 1", Int(2)),
        ("(meta -> 'a' -> 'b' -> 1) * 2", Double(5.0)),
        ("meta -> 'a' -> 'b' -> 2", json("\"x\"")),
        ("meta -> 'a' -> 'b' ->> 2", text("x")),
        ("meta -> 'a' ->> 'b'", text(r#"[1,2.5,"x"]"#)),
        ("meta -> 'a' -> 'b' -> 9", Null),
        ("meta -> 'a' -> 'b' -> 'c'", Null),
        ("meta -> 'zzz' -> 'b'", Null),
        ("meta -> 'none' IS NULL", Bool(true)),
        ("meta ->> 'none'", Null),
        ("coalesce(meta -> 'none', 1)", Int(1)),
        ("(meta -> 'yes') IS TRUE", Bool(true)),
        ("NOT (meta -> 'yes')", Bool(false)),
        ("meta -> 'big' = 18446744073709551615", Bool(true)),
        ("(meta ->> 'yes') || '!'", text("true!")),
        ("gone -> 'a'", Null),
        ("tags -> 1", text("dry")),
        ("tags ->> 0", text("hot")),
        ("tags -> 2", Null),
        ("json_text(meta -> 'a' -> 'b' -> 2)", text("x")),
    ]);
}

#[test]
fn json_is_compared_as_what_it_is() {
    come_to(&[
        ("meta -> 'a' -> 'b' -> 2 = 'x'", Bool(true)),
        ("meta -> 'a' -> 'b' -> 2 LIKE 'x%'", Bool(true)),
        ("meta -> 'yes' = TRUE", Bool(true)),
        ("meta -> 'a' -> 'b' -> 2 IN ('w', 'x')", Bool(true)),
        ("meta -> 'a' -> 'b' -> 0 BETWEEN 0 AND 1", Bool(true)),
        ("CASE meta -> 'a' -> 'b' -> 2 WHEN 'x' THEN 1 END", Int(1)),
        ("greatest(meta -> 'a' -> 'b' -> 2, 'w') || ''", text("x")),
        ("nullif(meta -> 'a' -> 'b' -> 2, 'x')", Null),
        ("meta -> 'a' = 'x'", Bool(false)),
        ("abs(meta -> 'a' -> 'b' -> 0)", Int(1)),
        ("meta = meta", Bool(true)),
        ("meta -> 'a' = CAST('{\"b\": [1, 2.5, \"x\"]}' AS JSON)", Bool(true)),
        ("meta -> 'a' <> meta", Bool(true)),
        ("meta -> 'a' < meta", Null),
    ]);
}

#[test]
fn arrays() {
    come_to(&[
        ("array_length(tags)", Int(2)),
        ("array_length(meta -> 'a' -> 'b')", Int(3)),
        ("length(tags)", Int(2)),
        ("array_contains(tags, 'dry')", Bool(true)),
        ("array_contains(tags, 'wet')", Bool(false)),
        ("array_contains(meta -> 'a' -> 'b', 'x')", Bool(true)),
        ("array_contains(meta -> 'a' -> 'b', 2.5)", Bool(true)),
        ("array_contains(nums, 3.0)", Bool(true)),
        ("array_contains(nums, gone)", Null),
        ("tags || tags", array(&["hot", "dry", "hot", "dry"].map(text))),
        ("tags = tags", Bool(true)),
        ("array_length(gone)", Null),
    ]);
}

#[test]
fn vectors() {
    come_to(&[
        ("vector_dims(v)", Int(2)),
        ("vector_norm(v)", Double(5.0)),
        ("l2_norm(v)", Double(5.0)),
        ("l2_distance(v, w)", Double(5.0)),
        ("l2_distance(v, [0, 0])", Double(5.0)),
        ("inner_product(v, [2, 1])", Double(10.0)),
        ("cosine_distance(v, [6, 8])", Double(0.0)),
        ("cosine_distance(v, w)", Null),
        ("l2_distance(v, gone)", Null),
        ("v IS NULL", Bool(false)),
        ("v = v", Bool(true)),
        ("v = w", Bool(false)),
        ("v <> w", Bool(true)),
        ("v < w", Null),
    ]);
}

#[test]
fn casts() {
    come_to(&[
        ("CAST('yes' AS BOOLEAN)", Bool(true)),
        ("' Off '::BOOL", Bool(false)),
        ("n::BOOLEAN", Bool(true)),
        ("0.0::BOOLEAN", Bool(false)),
        ("(meta -> 'yes')::BOOLEAN", Bool(true)),
        ("ok::INT", Int(1)),
        ("ok::VARCHAR", text("true")),
        ("' 12 '::INT", Int(12)),
        ("'1e3'::INT", Int(1000)),
        ("-7.9::BIGINT", Int(-7)),
        ("'2.5'::DOUBLE + 1", Double(3.5)),
        ("f::DOUBLE = 0.1", Bool(false)),
        ("0.1::FLOAT", Datum::Float(0.1)),
        ("x::VARCHAR", text("0.5")),
        ("name::VARCHAR(2)", text("Te")),
        (r#"'{"a": 1}'::JSON -> 'a'"#, json("1")),
        ("tags::JSON", json(r#"["hot","dry"]"#)),
        ("nums::JSON", json("[1,null,3]")),
        ("v::JSON", json("[3.0,4.0]")),
        ("ok::JSON", json("true")),
        ("(meta -> 'a' -> 'b' -> 0)::INT", Int(1)),
        ("(meta -> 'a' -> 'b' -> 2)::VARCHAR", text("x")),
        ("gone::INT", Null),
    ]);
    are_wrong(&[
        ("name::INT", "TypeMismatch: a string, `Tea`, is no INT", "name"),
        ("CAST(300 AS TINYINT)", "TypeMismatch: a whole number, `300`, is no TINYINT", "300"),
        ("'maybe'::BOOLEAN", "TypeMismatch: a string, `maybe`, is no BOOLEAN", "'maybe'"),
        ("'{'::JSON", "TypeMismatch: a string, `{`, is no JSON", "'{'"),
        ("'nan'::INT", "TypeMismatch: a string, `nan`, is no INT", "'nan'"),
        ("v::INT", "TypeMismatch: a vector is no INT", "v"),
        ("s::JSON", "TypeMismatch: a vector is no JSON", "s"),
        (
            "n::BLOB",
            "UnknownType: a value cannot be cast to BLOB; write INT, BIGINT, DOUBLE, BOOLEAN, \
             VARCHAR, JSON, DATE or TIMESTAMP",
            "BLOB",
        ),
    ]);
}

#[test]
fn truth_has_three_values() {
    come_to(&[
        ("gone IS TRUE", Bool(false)),
        ("gone IS NOT TRUE", Bool(true)),
        ("gone IS FALSE", Bool(false)),
        ("(n > 5) IS NOT FALSE", Bool(true)),
        ("ok AND gone", Null),
        ("(n < 5) AND gone", Bool(false)),
        ("gone OR ok", Bool(true)),
        ("n IN (1, NULL)", Null),
        ("n NOT IN (1, 2)", Bool(true)),
        ("n = ok", Bool(false)),
        ("1 < n < 9", Bool(true)),
    ]);
    let is = |text: &str| holds(&read(text).expect(text), &Fields(&row())).expect(text);
    assert!(is("n = 7") && !is("gone = 7") && !is("NOT (gone = 7)"));
}

#[test]
fn functions_that_sqlite_has_not() {
    come_to(&[
        ("concat('a', gone, n, x)", text("a70.5")),
        ("left(name, 2)", text("Te")),
        ("left(name, -1)", text("")),
        ("right(name, 2)", text("ea")),
        ("right('表字', 1)", text("字")),
        ("right(name, 99)", text("Tea")),
        ("reverse('a表')", text("表a")),
        ("repeat('ab', 3)", text("ababab")),
        ("repeat('ab', -1)", text("")),
        ("strpos('表字', '字')", Int(2)),
        ("upper('straße é')", text("STRASSE É")),
        ("greatest(1, gone, 3)", Int(3)),
        ("least(gone, gone)", Null),
        ("greatest('b', 'a')", text("b")),
        ("typeof(n) || ' ' || typeof(v)", text("a whole number a vector")),
        ("length(b)", Int(1)),
        ("log(1000)", Double(3.0)),
        ("coalesce(n, 1 / 0)", Int(7)),
        ("ifnull(n, 1 / 0)", Int(7)),
        ("power(2, -1)", Double(0.5)),
        ("2 ** 62 * 2", json("9223372036854775808")),
        ("'a' + 'b'", text("ab")),
    ]);
}

#[test]
fn dates_and_times() {
    come_to(&[
        ("date('2024-02-29T23:30:00-01:00')", text("2024-03-01")),
        ("hour('2024-02-29 12:30')", Int(12)),
        ("minute('2024-02-29T12:30:15Z')", Int(30)),
        ("second('2024-02-29T12:30:15.75+0530')", Int(15)),
        ("unix_timestamp('1970-01-02')", Int(86_400)),
        ("unix_timestamp('1969-12-31 23:59:59.5')", Double(-0.5)),
        ("from_unixtime(0.25)", text("1970-01-01 00:00:00.25")),
        ("from_unixtime(-1)", text("1969-12-31 23:59:59")),
        ("date_add('2024-02-28', 2)", text("2024-03-01")),
        ("date_add('2024-02-28 12:00', -1)", text("2024-02-27 12:00:00")),
        ("datediff('2024-03-01', '2024-02-28 23:59')", Int(2)),
        ("date_trunc('week', '2024-03-03')", text("2024-02-26 00:00:00")),
        ("date_trunc('Quarter', '2024-12-31')", text("2024-10-01 00:00:00")),
        ("date_trunc('hour', '2024-12-31 10:59:59')", text("2024-12-31 10:00:00")),
        ("year(gone)", Null),
    ]);
    let write = "; write it as `2024-02-29` or `2024-02-29 12:30:00`";
    for wrong in [
        "2023-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "2024-1-1",
        "29.02.2024",
        "2024-02-29x",
        "2024-02-29 24:00",
        "2024-02-29 10",
        "2024-02-29 10:00:60",
        "2024-02-29 10:00:00:00",
        "2024-02-29 10:00+",
        "2024-02-29 10:00:00.",
        "二〇二四年",
        "",
    ] {
        let error = evaluated(&format!("year('{wrong}')")).expect_err(wrong);
        assert_eq!(said(&error), format!("TypeMismatch: `{wrong}` is no date{write}"));
    }
    let beyond = "OutOfRange: this is no moment of the years 0 to 9999; numbers are seconds since \
                  1970: of milliseconds write `x / 1000`";
    are_wrong(&[
        ("year(1709210000000)", beyond, "1709210000000"),
        ("date_add('9999-12-31', 1)", beyond, "1"),
        ("date_add('2024-02-29', 9223372036854775807)", beyond, "9223372036854775807"),
        ("year(1e300)", beyond, "1e300"),
        ("day(ok)", "TypeMismatch: a date or seconds belong here, and this is a boolean", "ok"),
        (
            "date_trunc('dya', 0)",
            "TypeMismatch: `dya` is no part of a date; did you mean `day`?",
            "'dya'",
        ),
    ]);
}

#[test]
fn rounding_is_of_what_is_written() {
    come_to(&[
        ("round(1.005, 2)", Double(1.01)),
        ("round(2.675, 2)", Double(2.68)),
        ("round(-2.5)", Double(-3.0)),
        ("round(0.49999999999999994)", Double(0.0)),
        ("round(1e300, 2)", Double(1e300)),
        ("round(0.1, 30)", Double(0.1)),
        ("round(1234.5, -2)", Double(1200.0)),
        ("round(1250, -2)", Int(1300)),
        ("round(9223372036854775807, -1)", json("9223372036854775810")),
        ("round(7, 400)", Int(7)),
        ("round(7, -400)", Int(0)),
    ]);
    let zero = evaluated("round(-0.2)");
    assert!(matches!(zero, Ok(Double(zero)) if zero.is_sign_positive()), "{zero:?}");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let number = "; `CAST(… AS DOUBLE)` makes a number of a text";
    let no_number = format!("TypeMismatch: a number belongs here, and this is a string{number}");
    are_wrong(&[
        ("abs(name)", &no_number, "name"),
        (
            "n + name",
            "TypeMismatch: only numbers are added, subtracted, multiplied and divided",
            "name",
        ),
        ("lower(v)", "TypeMismatch: a text belongs here, and this is a vector", "v"),
        ("'a' || v", "TypeMismatch: `||` joins texts, and this is a vector", "v"),
        ("n LIKE 'a'", "TypeMismatch: LIKE is of texts, and this is a whole number", "n"),
        (
            "substr(name, 1.5)",
            "TypeMismatch: a whole number belongs here, and this is a number",
            "1.5",
        ),
        ("array_length(n)", "TypeMismatch: an array belongs here, and this is a whole number", "n"),
        (
            "array_length(meta)",
            "TypeMismatch: an array belongs here, and this is other JSON",
            "meta",
        ),
        ("vector_dims(name)", "TypeMismatch: a vector belongs here, and this is a string", "name"),
        (
            "l2_distance(v, [1, 2, 3])",
            "TypeMismatch: the vectors have 2 and 3 dimensions",
            "[1, 2, 3]",
        ),
        ("n -> 'a'", "TypeMismatch: only JSON has parts, and this is a whole number", "n"),
        ("n AND ok", "TypeMismatch: a value is no condition", "n"),
        ("CASE WHEN n THEN 1 END", "TypeMismatch: a value is no condition", "n"),
        ("n / (7 - n)", "DivisionByZero: this divides by zero", "7 - n"),
        ("x % 0.0", "DivisionByZero: this divides by zero", "0.0"),
        ("mod(n, 0)", "DivisionByZero: this divides by zero", "0"),
        ("1e308 * 10", "OutOfRange: the result is too large a number", "10"),
        ("repeat(name, 1e9)", "OutOfRange: the text would be too long", "1e9"),
        ("uper(name)", "UnknownFunction: unknown function `uper`; did you mean `upper`?", "uper"),
        (
            "abs()",
            "SyntaxError: abs takes 1 argument, and has 0 here; write `abs(…)` with 1 argument",
            "abs",
        ),
        (
            "coalesce()",
            "SyntaxError: coalesce takes at least 1 argument, and has 0 here; write `coalesce(…)` \
             with at least 1 argument",
            "coalesce",
        ),
        (
            "CASE WHEN ok THEN 1 ELSE absx(1) END",
            "UnknownFunction: unknown function `absx`; did you mean `abs`?",
            "absx",
        ),
    ]);
}
