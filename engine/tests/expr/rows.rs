//! Which rows match, where documentation and the source of Milvus say so: unknown values, exact
//! numbers, JSON of every type, elements, lists, templates, keys.

use milvus_engine::expr::value::Value;
use milvus_engine::segment::Key;
use milvus_proto::schema::DataType::{
    self, Bool, Double, Float, Geometry, Int8, Int64, Text, VarChar,
};
use milvus_proto::schema::FieldSchema;
use serde_json::json;

use super::{Collection, Words, array, field, key, nullable};

fn collection() -> Collection {
    let big = 9_007_199_254_740_993i64; // 2^53 + 1
    let rows = [
        json!({"id": 1, "n": 5, "i": 5, "f": 3.1, "d": 3.1, "b": true, "s": "a_c", "a": [1, 2, 3],
            "fa": [3.1], "sa": ["x", "yy"], "j": {"x": 1, "l": [1, 2.0, "3"], "o": {"k": null}},
            "$meta": {"color": "red", "size": 7}}),
        json!({"id": 2, "n": null, "i": -5, "f": 0.0, "d": -0.0, "b": null, "s": "abc", "a": [],
            "fa": [], "sa": [], "j": {"x": 1.0, "l": []}, "$meta": {"color": "blue"}}),
        json!({"id": 3, "n": big, "i": 100, "f": 2.0, "d": 2.0, "b": false, "s": "a%c", "a": [3],
            "fa": [0.1, 2.0], "sa": ["x"], "j": {"x": true, "l": [[1, 2], 3], "big": big},
            "$meta": {"size": "7"}}),
        json!({"id": 4, "n": big - 1, "i": 0, "f": 1.5, "d": 1e300, "b": true, "s": null,
            "a": null, "fa": [2.0, 0.1], "sa": ["表"], "j": {"x": "1", "l": "1", "big": big - 1},
            "$meta": {}}),
        json!({"id": 5, "n": -7, "i": 127, "f": -1.0, "d": -1.0, "b": false, "s": "表b",
            "a": [1, 2, 3, 4], "fa": [5.0], "sa": [""], "j": {"x": [1], "y": {"0": 5}},
            "$meta": {"size": 7.0, "a b": [true]}}),
        json!({"id": 6, "n": 0, "i": 1, "f": 0.1, "d": 0.1, "b": true, "s": "", "a": [-1],
            "fa": [0.1], "sa": ["ab"], "j": null, "$meta": {"color": null}}),
    ];
    let fields = vec![
        key("id"),
        nullable("n", Int64),
        field("i", Int8),
        field("f", Float),
        field("d", Double),
        nullable("b", Bool),
        nullable("s", VarChar),
        FieldSchema { nullable: true, ..array("a", Int64) },
        array("fa", Float),
        array("sa", VarChar),
        nullable("j", DataType::Json),
    ];
    Collection::new(fields, true, &rows)
}

fn check(cases: &[(&str, &[usize])]) {
    let collection = collection();
    for (text, expected) in cases {
        assert_eq!(collection.matching(text), *expected, "{text}");
    }
}

#[test]
fn what_is_null_is_unknown() {
    check(&[
        ("", &[1, 2, 3, 4, 5, 6]),
        ("true", &[1, 2, 3, 4, 5, 6]),
        ("1 > 2", &[]),
        ("n == 5", &[1]),
        ("n != 5", &[3, 4, 5, 6]),
        ("not (n == 5)", &[3, 4, 5, 6]),
        ("n in [5, 0]", &[1, 6]),
        ("n not in [5, 0]", &[3, 4, 5]),
        ("n in []", &[]),
        // an empty list is known to have nothing
        ("n not in []", &[1, 2, 3, 4, 5, 6]),
        ("n > 0 or not (n > 0)", &[1, 3, 4, 5, 6]),
        ("n > 0 or id > 0", &[1, 2, 3, 4, 5, 6]),
        ("not (n > 0 and id < 0)", &[1, 2, 3, 4, 5, 6]),
        ("not (n > 0 or id < 0)", &[5, 6]),
        ("b == true", &[1, 4, 6]),
        ("b != true", &[3, 5]),
        ("s < 'b'", &[1, 2, 3, 6]),
        ("not (s like 'a%')", &[5, 6]),
        ("not (s is null)", &[1, 2, 3, 5, 6]),
        ("a == []", &[2]),
        ("a != []", &[1, 3, 5, 6]),
        ("not array_contains(a, 3)", &[2, 6]),
        ("array_contains_all(a, [])", &[1, 2, 3, 5, 6]),
        ("i == -5", &[2]),
        ("1000 > i", &[1, 2, 3, 4, 5, 6]),
        ("i < 1000 && !(i > 1000)", &[1, 2, 3, 4, 5, 6]),
    ]);
}

#[test]
fn numbers_are_exact() {
    check(&[
        ("n == 9007199254740993", &[3]),
        ("n < 9007199254740993", &[1, 4, 5, 6]),
        (r#"j["big"] == 9007199254740993"#, &[3]),
        (r#"j["big"] == 9007199254740992"#, &[4]),
        (r#"j["big"] > 9007199254740992.0"#, &[3]),
        ("f == 3.1", &[1]),
        ("f in [3.1, 0.1]", &[1, 6]),
        ("3.0 < f < 3.2", &[1]),
        ("f >= 3.1", &[1]),
        ("f > 3.1", &[]),
        ("f == 2", &[3]),
        ("d == 0", &[2]),
        ("d == 0.1", &[6]),
        ("f == d", &[2, 3, 5]),
        ("i > f", &[1, 3, 5, 6]),
        ("n < d", &[4, 5, 6]),
        ("array_contains(fa, 0.1)", &[3, 4, 6]),
        ("fa[0] == 3.1", &[1]),
        ("fa == [2.0, 0.1]", &[4]),
        ("fa == [5]", &[]),
        ("a == [1, 2, 3]", &[1]),
        ("a in [[1, 2, 3], [3]]", &[1, 3]),
    ]);
}

#[test]
fn arithmetic_is_of_the_columns_type() {
    check(&[
        ("n % 2 == 1", &[1, 3]),
        ("n % 2 == -1", &[5]),
        ("n / 2 == -3", &[5]),
        ("2 + n == 7", &[1]),
        ("f + 0.5 == 3.6", &[1]),
        ("f * 2 == 3", &[4]),
        ("d - 1.0 == -2", &[5]),
        ("n + 1 > 2 ** 53", &[3, 4]),
        ("(n & 1) == 1", &[1, 3, 5]),
        ("~n == 6", &[5]),
        (r#"j["x"] + 1 == 2"#, &[1, 2]),
        (r#"j["x"] * 1.5 == 1.5"#, &[1, 2]),
        ("a[0] * 2 == 6", &[3]),
        ("array_length(a) > 2", &[1, 5]),
        ("array_length(a) == 0", &[2]),
        (r#"array_length(j["l"]) == 0"#, &[2]),
        (r#"not (array_length(j["l"]) == 0)"#, &[1, 3]),
        ("size + 1 == 8", &[1, 5]),
    ]);
}

#[test]
fn json_is_compared_with_its_own_type_alone() {
    check(&[
        (r#"j["x"] == 1"#, &[1, 2]),
        (r#"j["x"] != 1"#, &[]),
        (r#"j["x"] != 2"#, &[1, 2]),
        (r#"j["x"] == true"#, &[3]),
        (r#"j["x"] == "1""#, &[4]),
        (r#"j["x"] == [1]"#, &[5]),
        (r#"j["x"] != [2]"#, &[5]),
        (r#"j["x"] in [1, true]"#, &[1, 2, 3]),
        (r#"j["x"] not in [2]"#, &[1, 2]),
        (r#"j["x"] not in [2, 3.5]"#, &[1, 2]),
        (r#"j["x"] not in []"#, &[1, 2, 3, 4, 5, 6]),
        (r#"j["x"] in [[1], "1"]"#, &[4, 5]),
        (r#"0 < j["x"] < 2"#, &[1, 2]),
        (r#"2.0 > j["x"] >= 1"#, &[1, 2]),
        (r#"j["x"] like "_""#, &[4]),
        (r#"j["l"][1] == 2"#, &[1]),
        (r#"j["l"][0][1] == 2"#, &[3]),
        (r#"j["y"]["0"] == 5"#, &[5]),
        (r#"j["y"][0] == 5"#, &[5]),
        (r#"j["l"][9] == 2"#, &[]),
        (r#"not (j["l"][9] == 2)"#, &[]),
        (r#"json_contains(j["l"], 2)"#, &[1]),
        (r#"json_contains(j["l"], "3")"#, &[1]),
        (r#"json_contains(j["l"], [1, 2])"#, &[3]),
        (r#"not json_contains(j["l"], 2)"#, &[2, 3]),
        (r#"json_contains_all(j["l"], [1, "3"])"#, &[1]),
        (r#"json_contains_any(j["l"], [3, "9"])"#, &[3]),
        (r#"json_contains_all(j["l"], [])"#, &[1, 2, 3, 4, 5, 6]),
        (r#"json_contains_any(j["l"], [])"#, &[]),
    ]);
}

#[test]
fn keys_are_there_when_something_is_in_them() {
    check(&[
        (r#"exists j["x"]"#, &[1, 2, 3, 4, 5]),
        (r#"exists j["l"]"#, &[1, 3, 4]),
        (r#"exists j["o"]"#, &[]),
        (r#"exists j["o"]["k"]"#, &[]),
        (r#"not exists j["y"]"#, &[1, 2, 3, 4, 6]),
        (r#"j["y"] is not null"#, &[5]),
        ("j is null", &[6]),
        ("color is null", &[3, 4, 5, 6]),
        ("exists color", &[1, 2]),
        ("color == 'red' or exists $meta['size']", &[1, 3, 5]),
    ]);
}

#[test]
fn the_dynamic_field_is_known_by_its_keys() {
    check(&[
        ("color == 'red'", &[1]),
        ("color != 'red'", &[2]),
        ("$meta['color'] in ['red', 'blue']", &[1, 2]),
        ("size == 7", &[1, 5]),
        ("size == '7'", &[3]),
        ("$meta['a b'][0] == true", &[5]),
        ("nothing > 1", &[]),
        ("nothing is null", &[1, 2, 3, 4, 5, 6]),
    ]);
}

#[test]
fn elements_are_there_up_to_the_end() {
    check(&[
        ("a[0] == 1", &[1, 5]),
        ("a[0] != 1", &[3, 6]),
        ("a[3] > 0", &[5]),
        ("not (a[3] > 0)", &[]),
        ("a[1] in [2, 3]", &[1, 5]),
        ("a[1] not in [3]", &[1, 5]),
        ("a[9223372036854775807] == 1", &[]),
        ("0 < a[0] <= 1", &[1, 5]),
        ("sa[0] like 'a%'", &[6]),
        ("sa[1] == 'yy'", &[1]),
        ("array_contains_all(a, [3, 1])", &[1, 5]),
        ("array_contains_any(a, [4, -1])", &[5, 6]),
        ("array_contains_any(a, [1.5])", &[]),
    ]);
}

#[test]
fn texts_are_like_patterns_and_expressions() {
    check(&[
        ("s like 'a_c'", &[1, 2, 3]),
        (r#"s like "a\\_c""#, &[1]),
        (r#"s like r"a\%c""#, &[3]),
        ("s like '_b'", &[5]),
        ("s like '%b%'", &[2, 5]),
        ("s like '%c'", &[1, 2, 3]),
        ("s like ''", &[6]),
        ("s like '%'", &[1, 2, 3, 5, 6]),
        ("s LIKE 'A%'", &[]),
        (r#"s =~ "^a.c$""#, &[1, 2, 3]),
        (r#"s =~ "\W""#, &[3, 5]),
        (r#"s =~ r"^\w+$""#, &[1, 2]),
        (r#"s !~ "b""#, &[1, 3, 6]),
        ("empty(s)", &[6]),
        ("starts_with(s, 'ab')", &[2]),
        (r#"s == "\x61\u0062c""#, &[2]),
        ("s == '表b'", &[5]),
        ("'a%c' <= s < 'abc'", &[1, 3]),
    ]);
}

#[test]
fn variables_are_as_constants() {
    let collection = collection();
    let int = Value::Int;
    let text = |text: &str| Value::Text(text.into());
    let matching = |filter: &str, value: Value| {
        collection.matching_with(filter, &[("v", value), ("low", int(1)), ("high", int(2))])
    };
    assert_eq!(matching("n == {v}", int(5)), [1]);
    assert_eq!(matching("{v} == n", int(5)), [1]);
    assert_eq!(matching("n in {v}", Value::List(vec![int(0), int(5)])), [1, 6]);
    assert_eq!(matching("n not in {v}", Value::List(vec![])), [1, 2, 3, 4, 5, 6]);
    assert_eq!(matching("f == {v}", Value::Float(3.1)), [1]);
    assert_eq!(matching("s like {v}", text("a_c")), [1, 2, 3]);
    assert_eq!(matching("s =~ {v}", text("^表")), [5]);
    assert_eq!(matching("{low} <= i + 0 and {low} <= i <= {high}", int(0)), [6]);
    assert_eq!(matching("n + {v} == 10", int(5)), [1]);
    assert_eq!(matching("array_contains(a, {v})", int(4)), [5]);
    assert_eq!(matching("array_contains_any(sa, {v})", Value::List(vec![text("表")])), [4]);
    assert_eq!(matching(r#"j["x"] == {v}"#, Value::List(vec![int(1)])), [5]);
    assert_eq!(matching("a == {v}", Value::List(vec![int(3)])), [3]);
    let refused = |filter: &str, value: Value, words: &str| {
        let error = collection.filter_with(filter, &[("v", value)]).unwrap_err();
        assert!(error.reason.contains(words), "{filter}: {error}");
    };
    refused("n == {w}", int(1), "the value of expression template variable name {w} is not found");
    refused("n in {v}", int(1), "the value of term expression template variable {v} is not array");
    refused("n == {v}", text("x"), "cannot cast value to Int64, value: string_val:\"x\"");
    refused(
        "s like {v}",
        int(1),
        "the value of like expression template variable {v} is not string",
    );
    refused("1 < {v}", int(1), "placeholder was not supported between two constants");
    refused("n in [{v}]", int(1), "array element type must be generic value");
}

#[test]
fn filters_of_keys_tell_them() {
    let collection = collection();
    let keys = |text: &str| collection.filter(text).unwrap().keys().map(<[Key]>::to_vec);
    assert_eq!(keys("id in [3, 1, 3]"), Some(vec![Key::Int(3), Key::Int(1), Key::Int(3)]));
    assert_eq!(keys("(id == 2)"), Some(vec![Key::Int(2)]));
    assert_eq!(keys("2 == id"), Some(vec![Key::Int(2)]));
    for other in ["", "id in []", "id not in [1]", "id != 1", "n in [1]", "id == 1 or id == 2"] {
        assert_eq!(keys(other), None, "{other}");
    }
    assert!(collection.filter("  ").unwrap().is_always());
    let rows = [json!({"name": "b"}), json!({"name": "a"})];
    let named = FieldSchema { is_primary_key: true, ..field("name", VarChar) };
    let collection = Collection::new(vec![named], false, &rows);
    let filter = collection.filter("name in ['a', 'x']").unwrap();
    assert_eq!(filter.keys().unwrap(), [Key::Text("a".into()), Key::Text("x".into())]);
    assert_eq!(collection.matching("name in ['a', 'x']"), [2]);
}

#[test]
fn a_sample_is_a_share_of_what_matches() {
    let rows: Vec<_> = (0..20_000).map(|id| json!({"id": id, "n": id % 4})).collect();
    let collection = Collection::new(vec![key("id"), field("n", Int64)], false, &rows);
    let texts = Words { segment: &collection.segment };
    let sample = |text: &str| {
        let filter = collection.filter(text).unwrap();
        filter.matches(&collection.segment, 0..20_000, &texts)
    };
    assert_eq!(sample("random_sample(0.25)").count(), 5000);
    assert_eq!(sample("n == 1 and random_sample(0.1)").count(), 500);
    assert!(sample("n == 1 and random_sample(0.1)").ones().all(|row| row % 4 == 1));
    assert_eq!(sample("id == 7 && random_sample(0.01)").count(), 1);
    assert_eq!(sample("random_sample(0.25)"), sample("random_sample(0.25)"));
    let later = collection.filter("random_sample(0.25)").unwrap().at(1);
    let later = later.matches(&collection.segment, 0..20_000, &texts);
    assert_eq!(later.count(), 5000);
    assert_ne!(later, sample("random_sample(0.25)"));
    // and it is not the first of them
    assert!(
        (900..1600).contains(&sample("random_sample(0.25)").ones().filter(|r| *r < 5000).count())
    );
}

#[test]
fn long_columns_are_scanned_to_the_end() {
    let count = 530_000i64;
    let rows: Vec<_> = (0..4).map(|id| json!({"id": id, "n": null, "d": 0.5})).collect();
    let fields = || vec![key("id"), nullable("n", Int64), field("d", Double)];
    let mut collection = Collection::new(fields(), false, &rows);
    let columns = collection.segment.columns.clone();
    while collection.segment.rows() < count as usize {
        collection.segment.append(&columns, &[0; 4]);
        if collection.segment.rows().is_power_of_two() {
            let columns = collection.segment.columns.clone();
            let rows = collection.segment.rows();
            collection.segment.append(&columns, &vec![0; rows]);
        }
    }
    let texts = Words { segment: &collection.segment };
    let rows = collection.segment.rows();
    let count = |text: &str, rows: std::ops::Range<usize>| {
        collection.filter(text).unwrap().matches(&collection.segment, rows, &texts).count()
    };
    assert_eq!(count("id >= 2", 0..rows), rows / 2);
    assert_eq!(count("id in [1, 3] and d > 0.25", 0..rows), rows / 2);
    assert_eq!(count("not (n > 0)", 0..rows), 0);
    assert_eq!(count("d == 0.5", 524_280..524_300), 20);
    assert_eq!(count("id == 3", rows - 1..rows + 5), 1);
    assert_eq!(count("id == 3", rows + 5..rows + 9), 0);
}

#[test]
fn fields_that_are_not_compared_say_so() {
    let fields = vec![key("id"), field("g", Geometry), field("t", Text)];
    let rows = [json!({"id": 1, "g": "POINT(0 0)", "t": "x"})];
    let collection = Collection::new(fields, false, &rows);
    for (text, words) in [
        ("g == 'POINT(0 0)'", "comparisons between Geometry and VarChar are not supported"),
        ("t == 'x'", "filter on text field (t) is not supported yet"),
        ("vector == 1", "comparisons between SparseFloatVector and Int64 are not supported"),
        ("vector is null", "not supported on vector fields"),
        ("$meta['a'] == 1", "field $meta not exist"),
    ] {
        let error = collection.filter(text).unwrap_err();
        assert!(error.reason.contains(words), "{text}: {error}");
    }
    assert_eq!(collection.matching("text_match(t, 'x')"), [1]);
}
