//! What is a filter and what is not. Most of these are held against the parser of Milvus in its own
//! tests (internal/parser/planparserv2).

use std::collections::HashMap;

use milvus_engine::expr;
use milvus_proto::schema::DataType::{
    self, BinaryVector, Bool, Double, Float, FloatVector, Geometry, Int8, Int16, Int32, Int64,
    Timestamptz, VarChar,
};

use super::{Collection, Words, array, field, key};

fn collection(dynamic: bool) -> Collection {
    let fields = vec![
        key("id"),
        field("bool", Bool),
        field("i8", Int8),
        field("i16", Int16),
        field("i32", Int32),
        field("i64", Int64),
        field("f", Float),
        field("d", Double),
        field("s", VarChar),
        field("t", VarChar),
        field("j", DataType::Json),
        array("a", Int64),
        array("sa", VarChar),
        field("time", Timestamptz),
        field("g", Geometry),
        field("v", FloatVector),
        field("bin", BinaryVector),
    ];
    Collection::new(fields, dynamic, &[])
}

const ACCEPTED: &[&str] = &[
    "bool in [true, false]",
    "i8 in [1, 2]",
    "f in [1373, 115]",
    "i64 in []",
    "i64 not in [ ]",
    "i64 NOT IN [1, 2,]",
    r#"j["A"] in [1, 10]"#,
    r#"$meta["A"] in []"#,
    r#"key in ["1", 2, "abc", 2.2]"#,
    "i8 < i16",
    "i64 >= f",
    "f == d",
    "s != t",
    "f == 4.0",
    "f == 2",
    r#"s > "str6""#,
    r#"s like "prefix%""#,
    r#"j["A"] like "pre%""#,
    r#"sa[0] like "%suffix""#,
    r#"s =~ "^a+b?$""#,
    r#"key !~ r"\d{3}""#,
    r#"text_match(s, "query")"#,
    r#"text_match(s, "query", minimum_should_match=1000)"#,
    r#"phrase_match(s, "phrase", 10)"#,
    "i64 is null",
    "s IS NOT NULL",
    "a is null",
    r#"j["a"] is null"#,
    "1 < i8 < 2",
    "3 <= i16 < 4",
    r#""str13" < s < "str14""#,
    "17 < d < 18",
    "10 < key < 25",
    "4 >= i16 >= 3",
    "100 > key > 14",
    "1 < j < 3",
    "i64 % 10 == 9",
    "f + 1.1 == 2.1",
    "j['A'] / 17 >= 18",
    "a[0] % 19 >= 20",
    "15 + j == 16",
    "i64 + (2**3) > 0",
    "1 + f > 100",
    "(i32 | 2) == 3",
    r#"(j["A"] & 4) == 4"#,
    "(a[0] >> 2) < 4",
    "i64 == (1 << 3)",
    "~5 == i64",
    r#"~j["A"] == 0"#,
    "i64 == 0x1F",
    "i64 == 017 or i64 == 0b101",
    "d == 1e-3 and d != .5 and d < 1.",
    "d == 0x1.8p3",
    "i64 == -9223372036854775808",
    "not (i8 + 1 == 2)",
    "(i16 - 3 == 4) AND (i32 * 5 != 6)",
    "i64 > 0 && s > '0' || !(i64 < 1)",
    "true",
    "false or i64 > 1",
    "3 > 2",
    r#"j["A"]["B"][0] > 100"#,
    r#"key["\"\"B\"\""] > 10"#,
    r#"key['B'] == 'abc\"cba'"#,
    "key == [1,2,3]",
    "$meta[0] > 100",
    r#"exists $meta["A"]["B"]["C"] "#,
    r#"exists key || exists j["A"]"#,
    r#"100 == $meta["A"] + 6"#,
    "100 - 5 < key",
    r#"'ab"c' < s < "d'ef""#,
    r"'ab\'c' < s",
    r#"s == "\367" || s == '\n'"#,
    r#"s == "中国""#,
    "json_contains(key, 10)",
    r#"not JSON_CONTAINS(j["x"], 5)"#,
    "array_contains(key, [1,2,3])",
    r#"json_contains_all(key, [1,"2",3.0])"#,
    "ARRAY_CONTAINS_ANY(a, [1,2,3])",
    "a == [1,2,3,4]",
    "[1,2,3,4] != a",
    "[] == a",
    "a in []",
    "a[0] in [1,2,3]",
    "+a[0] == 1",
    "0 < a[0] < 100",
    r#""abc" < sa[0] < "efg""#,
    "array_length(a) == 10",
    r#"not (array_length(key["D"]) != 1)"#,
    "random_sample(0.01)",
    "(i8 < i16 || i16 <= 1) && random_sample(0.9999)",
    "time > ISO '2025-01-01T00:00:00Z'",
    "time - INTERVAL 'P1Y2M3DT4H5M6S' >= ISO '2024-01-01 00:00:00+08:00'",
    "ISO '2024-01-01T00:00:00Z' < time",
    "((((i64))) == ((1)))",
    "i64 == 1 and true",
    "is_nullable == 1 or in_stock == true or order == 2",
];

const REFUSED: &[(&str, &str)] = &[
    ("invalid expression", "line 1:8 extraneous input 'expression' expecting <EOF>"),
    (r#""constant""#, "predicate is not a boolean expression: \"constant\", data type: VarChar"),
    ("key", "predicate is not a boolean expression: key, data type: JSON"),
    ("1 + 2", "predicate is not a boolean expression: 1+2, data type: Int64"),
    ("bool", "predicate is not a boolean expression: bool, data type: Bool"),
    ("!bool", "not op can only be applied on boolean expression"),
    ("not i64 == 1", "not op can only be applied on boolean expression"),
    ("i64 ==", "line 1:6 no viable alternative at input '<EOF>'"),
    ("(i64 == 1", "line 1:9 mismatched input '<EOF>' expecting ')'"),
    ("i64 in [1, 2", "line 1:12 mismatched input '<EOF>' expecting"),
    ("i64 in [,]", "line 1:8 no viable alternative at input ','"),
    ("i64 = 1", "line 1:4 extraneous input '='"),
    ("i64 == 1 # note", "line 1:9 token recognition error at: '#'"),
    ("i64 ==\n  s like", "line 2:8 no viable alternative at input '<EOF>'"),
    ("s == 'abc", "line 1:5 token recognition error at: ''abc'"),
    (r#"s == "\423""#, "invalid string literal"),
    (r#"s == "\中""#, "invalid string literal"),
    ("i64 == 9223372036854775808", "integer 9223372036854775808 is out of the range of INT64"),
    ("i64 == 1e999", "number 1e999 is out of the range of DOUBLE"),
    ("s == \"1\" + \"2\"", "add cannot apply on string field"),
    ("bool == false % true", "modulo can only apply on integer"),
    ("i64 == 2.1", "cannot cast value to Int64, value: float_val:2.1"),
    ("i64 + 1.1 == 2.1", "'add' cannot perform arithmetic between Int64 field and Double"),
    ("i64 / 0 == 1", "division or modulus by zero"),
    ("2 % 0 == 1", "cannot modulo by zero"),
    ("f % 2 == 0", "modulo can only apply on integer types"),
    ("(d | 2) == 3", "bitwise operations can only apply on integer types"),
    ("(i64 << 64) == 0", "shift amount must be in range [0, 64)"),
    ("(i64 & i32) == 4", "arithmetic operations between multiple fields"),
    ("(i64 >> 2) * 2 == 4", "complicated arithmetic operations are not supported"),
    ("2 / i64 == 1", "module field is not yet supported"),
    ("-i64 == 1", "unexpected op: -"),
    ("true == \"str\"", "cannot be applied to two incompatible operands: true==\"str\""),
    ("s != f", "comparisons between VarChar and Float are not supported"),
    ("j == key", "two column comparison with JSON type is not supported"),
    ("i64 > 1 == true", "not supported to combine multiple fields"),
    ("a > 2", "can not comparisons array fields directly"),
    ("a == a", "field-to-field comparison involving ARRAY fields is not supported"),
    ("a == [\"abc\"]", "comparisons between Array[Int64] and Array[VarChar] are not supported"),
    ("a[\"0\"] == 1", "can only access array field with integer index"),
    ("i64[\"A\"] == 1", "Int64 data type not supported accessed with []"),
    ("key[\"\"] == 1", "invalid identifier: key[\"\"]"),
    ("key[B] > 10", "struct field not found: key[B]"),
    ("1 in [1, 2]", "'term' can only be used on non-const expression, but got: 1"),
    ("(i8 + 8) in [1]", "'term' can only be used on single field, but got: i8+8"),
    ("i8 in [i16]", "array element type must be generic value, but got: i16"),
    ("i32 in [4.0]", "value 'float_val:4' in list cannot be casted to Int32"),
    ("i8 in 3", "the right-hand side of 'in' must be a list, but got: 3"),
    ("1 < s < 2", "invalid range operations"),
    ("1 < bool < 2", "invalid range operations on boolean expr"),
    ("2 < i64 < 1", "invalid range: lowerbound is greater than upperbound"),
    ("1 < i64 <= 1", "invalid range: lowerbound is greater than upperbound"),
    ("1 < key < 'z'", "invalid range: bounds are not comparable"),
    ("i8 < i64 < 2", "lowerbound cannot be a non-const expression: i8"),
    ("f like 'a%'", "like operation on non-string or no-json field is unsupported"),
    ("s like t", "like pattern should be a string literal or template variable, got: t"),
    (r#"s like "a\\""#, "trailing backslash with nothing to escape"),
    ("s =~ '[unclosed'", "invalid regex pattern"),
    ("exists j", "exists operations are only supportted on json key"),
    ("exists i64", "exists operations are only supportted on json field, got:Int64"),
    ("v is null", "IsNull/IsNotNull operations are not supported on vector fields"),
    ("a[0] is null", "not supported on array element access, got: a[0]is null"),
    ("i64 is  null", "line 1:4 extraneous input 'is'"),
    ("NULL == i64", "NULL literal is not supported in expressions"),
    ("i64 in [1, null]", "NULL literal is not supported in expressions"),
    ("json_contains(s, 'a')", "contains operation are only supported on json or array fields"),
    ("json_contains(key, i64)", "only supported explicitly specified element, got: i64"),
    ("json_contains_all(key, 1)", "ContainsAll operation element must be an array"),
    (
        "array_contains_any(sa, ['abc', 123])",
        "ContainsAny operation can't compare between array element type: VarChar and Int64",
    ),
    ("array_length(i64) == 2", "array_length operation are only supported on json, array"),
    ("array_length(a) + 1 == 2", "complicated arithmetic operations are not supported"),
    ("i64 ** 2 == 4", "power can only apply on constants: i64**2"),
    ("text_match(i64, 'x')", "text match operation on non-string is unsupported"),
    ("text_match(s, 'q', minimum_should_match=0)", "minimum_should_match should be >= 1"),
    ("text_match(s, 'q', min=1)", "mismatched input 'min' expecting MINIMUM_SHOULD_MATCH"),
    ("phrase_match(s, 'q', -1)", "\"slop\" should not be a negative interger"),
    ("phrase_match(s, 'q', 4294967296)", "\"slop\" exceeds the range of \"uint32\""),
    ("random_sample(1)", "the sample factor should be between 0 and 1"),
    ("random_sample(0.1) and i64 > 1", "can only be the last expression in the logical and"),
    ("i64 > 1 or random_sample(0.1)", "random sample expression cannot be used in logical"),
    ("not random_sample(0.1)", "random sample expression cannot be used in unary expression"),
    ("i64 or s", "'or' can only be used between boolean expressions"),
    ("1 and i64 > 1", "'and' can only be used between boolean expressions"),
    ("i64 > ISO '2025-01-01T00:00:00Z'", "field 'i64' is not a timestamptz datatype"),
    ("time > ISO 'soon'", "invalid timestamp string: 'soon'"),
    ("time + INTERVAL '1D' > ISO '2025-01-01T00:00:00Z'", "invalid ISO 8601 duration: 1D"),
    ("time > 'x'", "comparisons between Timestamptz and VarChar are not supported"),
    ("nofunction(s)", "function nofunction(VarChar) not found"),
    ("text_match_fuzzy(s, 'q', max_edit_distance=1)", "not supported by this engine"),
    ("match_any(parts, $[n] > 1)", "array field not found: parts"),
    ("json_contains(key)", "mismatched input ')' expecting ','"),
    ("A && ", "no viable alternative at input '<EOF>'"),
    ("Not (i64 > 1)", "function not(Bool) not found"),
];

#[test]
fn what_milvus_accepts_is_accepted() {
    let collection = collection(true);
    for text in ACCEPTED {
        if let Err(error) = collection.filter(text) {
            panic!("{text}: {error}");
        }
    }
}

#[test]
fn what_milvus_refuses_is_refused_with_a_reason() {
    let collection = collection(true);
    for (text, words) in REFUSED {
        match collection.filter(text) {
            Ok(_) => panic!("{text} is accepted"),
            Err(error) => assert!(error.reason.contains(words), "{text}: {error}"),
        }
    }
}

#[test]
fn names_are_fields_where_there_is_no_dynamic_field() {
    let collection = collection(false);
    for text in ["key == 0", r#"key["A"] > 0"#, "0 < key < 100", "key is null", "exists key"] {
        let error = collection.filter(text).unwrap_err();
        assert!(error.reason.contains("field key not exist"), "{text}: {error}");
    }
}

/// Operators bind as in Plan.g4: each pair is of one meaning, told by what is refused or by rows.
#[test]
fn operators_bind_as_in_the_grammar() {
    let rows: Vec<_> =
        (0..16).map(|id| serde_json::json!({"id": id, "n": id, "b": id % 2 == 0})).collect();
    let collection =
        Collection::new(vec![key("id"), field("n", Int64), field("b", Bool)], false, &rows);
    for (loose, tight) in [
        ("n == 1 + 2 * 3", "n == (1 + (2 * 3))"),
        ("n == 2 * 3 ** 1", "n == (2 * (3 ** 1))"),
        ("n == 2 ** 3 ** 1", "n == ((2 ** 3) ** 1)"),
        ("n - 1 == -2 ** 2 + 6", "(n - 1) == ((-(2 ** 2)) + 6)"),
        ("n == 1 << 1 + 1", "n == (1 << (1 + 1))"),
        ("n >> 1 < 3", "(n >> 1) < 3"),
        ("n < 8 >> 1", "n < (8 >> 1)"),
        ("n == 10 - 2 - 3", "n == ((10 - 2) - 3)"),
        ("n == 12 / 3 / 2", "n == ((12 / 3) / 2)"),
        ("n == 1 or n == 2 and n == 3", "n == 1 or (n == 2 and n == 3)"),
        ("1 < n < 3 or n == 5", "(1 < n < 3) or (n == 5)"),
        ("1 + 1 < n <= 2 * 3", "2 < n <= 6"),
        ("not b in [true] or n == 3", "n == 3 or n == 3"),
        ("n in [1] and not (n in [2])", "n == 1"),
    ] {
        let both = [loose, tight].map(|text| match collection.filter(text) {
            Ok(_) => Ok(collection.matching(text)),
            Err(error) => Err(error.reason.contains("not op")),
        });
        match both {
            // `not` binds tighter than `in`, and is of no column
            [Err(true), Ok(_)] if loose.starts_with("not b") => {}
            [left, right] => assert_eq!(left, right, "{loose}"),
        }
    }
    // bits are looser than equality
    assert!(collection.filter("n & 1 == 1").is_err());
    assert!(collection.filter("(n & 1) == 1").is_ok());
}

#[test]
fn depth_and_length_have_an_end() {
    let collection = collection(true);
    let deep = |open: &str, close: &str, times: usize| {
        format!("{}i64 == 1{}", open.repeat(times), close.repeat(times))
    };
    assert!(collection.filter(&deep("(", ")", 150)).is_ok());
    for text in [
        deep("(", ")", 10_000),
        deep("not (", ")", 10_000),
        deep("!", "", 10_000),
        format!("i64 == {}1", "-".repeat(10_000)),
        format!("i64 == {}1", "~".repeat(100_000)),
        format!("i64 == 1{}", " + 1".repeat(10_000)),
        format!("i64 == {}1{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("i64 == {}", "1 == ".repeat(10_000)),
        format!("{}s", "exists ".repeat(10_000)),
        format!("{}1", "f(".repeat(10_000)),
        "(".repeat(1_000_000),
        format!("i64 == 1 {}", "or (i64 == 1 ".repeat(10_000)),
    ] {
        let error = collection.filter(&text).unwrap_err();
        assert!(error.reason.contains("deep"), "{}", &error.reason[..200]);
        assert!(error.reason.len() < 10_000);
    }
    // what is long and not deep is fine
    let chain = format!("i64 == 1{}", " or i64 == 2 and i64 == 3".repeat(20_000));
    assert!(collection.filter(&chain).is_ok());
    let list: Vec<String> = (0..200_000).map(|id| id.to_string()).collect();
    let filter = collection.filter(&format!("id in [{}]", list.join(","))).unwrap();
    assert_eq!(filter.keys().map(<[_]>::len), Some(200_000));
}

/// Pieces of filters thrown together, and filters with holes: whatever comes of it, no panic.
#[test]
fn nothing_makes_the_parser_panic() {
    let collection = collection(true);
    let pieces = [
        "i64",
        "s",
        "j",
        "a",
        "key",
        "$meta",
        "$",
        "[",
        "]",
        "[]",
        "(",
        ")",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "\\",
        "and",
        "or",
        "not",
        "in",
        "==",
        "<",
        "<=",
        ">",
        "=~",
        "!~",
        "!",
        "~",
        "**",
        "<<",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&",
        "|",
        "^",
        "=",
        "1",
        "0",
        "0x",
        "1.5",
        "1e",
        ".",
        "9223372036854775808",
        "true",
        "null",
        "is null",
        "is not null",
        "like",
        "exists",
        "\"a\"",
        "'b'",
        "r'c'",
        "[0]",
        "[\"k\"]",
        "[b]",
        "text_match(",
        "json_contains(",
        "array_length(",
        "random_sample(",
        "ISO",
        "INTERVAL",
        "'P1D'",
        "time",
        "表",
        "\u{0}",
        "\n",
        "{x}",
        "minimum_should_match",
        "match_any(",
    ];
    let mut seed = 7u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    let check = |text: &str| {
        let filter =
            expr::parse(text).and_then(|expr| expr.typed(&collection.schema, &HashMap::new()));
        if let Ok(filter) = filter {
            let texts = Words { segment: &collection.segment };
            filter.matches(&collection.segment, 0..9, &texts);
        }
    };
    for _ in 0..60_000 {
        let count = 1 + random(9);
        let words: Vec<&str> = (0..count).map(|_| pieces[random(pieces.len())]).collect();
        check(&words.join([" ", ""][random(2)]));
    }
    let refused = REFUSED.iter().map(|(text, _)| *text);
    for text in ACCEPTED.iter().copied().chain(refused) {
        let chars: Vec<char> = text.chars().collect();
        for at in 0..chars.len() {
            let with = |piece: &str, skip: usize| {
                let before: String = chars[..at].iter().collect();
                let after: String = chars[(at + skip).min(chars.len())..].iter().collect();
                format!("{before}{piece}{after}")
            };
            check(&with("", 1));
            check(&chars[..at].iter().collect::<String>());
            check(&with(pieces[random(pieces.len())], random(2)));
        }
    }
}
