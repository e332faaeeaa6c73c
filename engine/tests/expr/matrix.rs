//! Filters with the rows that they match on a Milvus server: the collection and the expectations
//! are those of Milvus's own tests (tests/python_client/milvus_client/expressions).

use milvus_engine::expr::value::Value;
use milvus_proto::schema::DataType::{
    self, Bool, Double, Float, Int8, Int16, Int32, Int64, Timestamptz, VarChar,
};
use serde_json::{Value as Json, json};

use super::{Collection, array, field, key, nullable};

/// Rows 1 to 10 count up, each number field from another start; 11 and 12 hold the extremes.
fn numbers(id: usize) -> Json {
    match id {
        11 => json!({"i8": 127, "i16": 32767, "i32": 2147483647, "i64": i64::MAX, "f": 127.5,
            "d": 1000000000000.25}),
        12 => json!({"i8": -128, "i16": -32768, "i32": -2147483648i64, "i64": i64::MIN,
            "f": -127.5, "d": -1000000000000.25}),
        _ => {
            let value = |shift: usize| (id + shift - 1) % 10 + 1;
            json!({"i8": value(1), "i16": value(2), "i32": value(3), "i64": value(0),
                "f": value(4) as f64, "d": value(5) as f64})
        }
    }
}

fn collection() -> Collection {
    let words = |words: &[&str]| json!(words);
    let rows: Vec<Json> = (1..=12usize)
        .map(|id| {
            let float = id as f64;
            let extreme = id > 10;
            let name = match id {
                10 => "system_10".to_string(),
                11 | 12 => format!("control_{id}"),
                _ => format!("user_{id}"),
            };
            let control: f64 = if id == 11 { 100.0 } else { -100.0 };
            let mut row = json!({
                "id": id,
                "active": extreme || id % 2 == 0,
                "nullable_i64": match id { 3 | 4 | 7 => Json::Null, _ => json!(id) },
                "nullable_varchar": match id {
                    4 | 8 => Json::Null,
                    _ => json!(format!("nullable_{id}")),
                },
                "nullable_bool": match id { 5 => Json::Null, _ => json!(extreme || id % 2 == 0) },
                "name": name,
                "arr_i64": match id {
                    10 => json!([10]),
                    11 => json!([3]),
                    12 => json!([-100]),
                    _ => json!([id as i64 - 2, id as i64 - 1, id]),
                },
                "arr_float": match id {
                    3 => json!([30.0, 3.5, 31.0]),
                    4 => json!([3.0, 40.5]),
                    11 | 12 => json!([control + control.signum() * 0.5]),
                    _ => json!([float, float + 0.5]),
                },
                "arr_double": match id {
                    2 => json!([20.0, 2.25, 21.0]),
                    3 => json!([2.0, 30.25]),
                    9 => json!([90.0, 9.25, 91.0]),
                    10 => json!([9.0, 100.25]),
                    11 | 12 => json!([control + control.signum() * 0.25]),
                    _ => json!([float, float + 0.25]),
                },
                "arr_bool": match id {
                    1 | 11 => json!([true, true]),
                    2 | 12 => json!([false, false]),
                    8 => json!([false, true, false]),
                    9 => json!([true, false, true]),
                    _ => json!([id % 2 == 0]),
                },
                "arr_varchar": match id {
                    1 => words(&["green", "red", "amber"]),
                    2 => words(&["green", "blue", "amber"]),
                    3 => words(&["red"]),
                    4 => words(&["blue"]),
                    5 | 6 => words(&["green"]),
                    7 | 8 => words(&["yellow"]),
                    _ => words(&["control"]),
                },
                "nullable_arr_i64": match id {
                    6 => Json::Null,
                    10 => json!([]),
                    11 => json!([10]),
                    12 => json!([-100]),
                    _ => json!([id]),
                },
                "meta": {
                    "rank": if extreme { 0 } else { id },
                    "group": match id {
                        1 | 4 | 5 | 7 | 10 => "qa",
                        2 | 8 => "dev",
                        11 | 12 => "control",
                        _ => "ops",
                    },
                    "labels": match id {
                        3 => words(&["warm", "hot", "cold"]),
                        1 | 5 => words(&["hot"]),
                        _ => words(&["cold"]),
                    },
                    "maybe_null": if id == 2 { Json::Null } else { json!(id) },
                },
                "meta_nullable": match id {
                    9 => Json::Null,
                    _ => json!({"rank": if extreme { 0 } else { id }}),
                },
            });
            let whole = row.as_object_mut().unwrap();
            whole.extend(numbers(id).as_object().unwrap().clone());
            row
        })
        .collect();
    let fields = vec![
        key("id"),
        field("i8", Int8),
        field("i16", Int16),
        field("i32", Int32),
        field("i64", Int64),
        field("f", Float),
        field("d", Double),
        field("active", Bool),
        nullable("nullable_i64", Int64),
        nullable("nullable_varchar", VarChar),
        nullable("nullable_bool", Bool),
        field("name", VarChar),
        array("arr_i64", Int64),
        array("arr_float", Float),
        array("arr_double", Double),
        array("arr_bool", Bool),
        array("arr_varchar", VarChar),
        milvus_proto::schema::FieldSchema { nullable: true, ..array("nullable_arr_i64", Int64) },
        field("meta", DataType::Json),
        nullable("meta_nullable", DataType::Json),
    ];
    Collection::new(fields, false, &rows)
}

#[test]
fn rows_are_those_of_a_server() {
    let collection = collection();
    let all: Vec<usize> = (1..=12).collect();
    let without = |left_out: &[usize]| -> Vec<usize> {
        all.iter().copied().filter(|id| !left_out.contains(id)).collect()
    };
    let cases: Vec<(&str, Vec<usize>)> = vec![
        (r#"name like "user_%""#, (1..=9).collect()),
        (r#"name in ["user_1", "user_3"]"#, vec![1, 3]),
        ("active == true", vec![2, 4, 6, 8, 10, 11, 12]),
        ("active == false", vec![1, 3, 5, 7, 9]),
        ("i8 == 127", vec![11]),
        ("i8 == -128", vec![12]),
        ("i16 == 32767", vec![11]),
        ("i32 == -2147483648", vec![12]),
        ("i64 == 9223372036854775807", vec![11]),
        ("i64 == -9223372036854775808", vec![12]),
        ("f > 127.4 and f < 127.6", vec![11]),
        ("d > 1000000000000.2 and d < 1000000000000.3", vec![11]),
        ("not (active == true)", vec![1, 3, 5, 7, 9]),
        ("not (meta['rank'] >= 3)", vec![1, 2, 11, 12]),
        ("not (nullable_bool == true)", vec![1, 3, 7, 9]),
        ("nullable_i64 is null", vec![3, 4, 7]),
        ("nullable_i64 is not null", without(&[3, 4, 7])),
        ("nullable_varchar is null", vec![4, 8]),
        ("nullable_varchar is not null", without(&[4, 8])),
        ("nullable_bool is null", vec![5]),
        ("nullable_bool is not null", without(&[5])),
        ("nullable_arr_i64 is null", vec![6]),
        ("nullable_arr_i64 is not null", without(&[6])),
        ("meta_nullable is null", vec![9]),
        ("meta_nullable is not null", without(&[9])),
        (r#"meta["maybe_null"] is null"#, vec![2]),
        (r#"meta["maybe_null"] is not null"#, without(&[2])),
        (r#"meta["missing_key"] is null"#, all.clone()),
        (r#"meta["missing_key"] is not null"#, vec![]),
        (r#"not (meta["missing_key"] == 1)"#, vec![]),
        (r#"meta["missing_key"] == 1 or id in [1, 2]"#, vec![1, 2]),
        (r#"meta["missing_key"] == 1 and id in [1, 2]"#, vec![]),
        (r#"not ((meta["missing_key"] == 1) or id == 1)"#, vec![]),
        (r#"meta["missing_key"] is null and not (meta["missing_key"] == 1)"#, vec![]),
        (r#"not (meta["maybe_null"] is null)"#, without(&[2])),
        ("(i64 % 2 == 0 and i64 / 2 >= 2) or (2 ** 3 == 8 and i64 == 3)", vec![3, 4, 6, 8, 10]),
        ("(2 ** 3 == 7 and i64 == 3) or i64 == 4", vec![4]),
        (
            r#"(((i64 in [1, 2, 3, 4, 5] and active == true) or (array_contains(arr_i64, 3) and
            meta["group"] == "qa")) and not (nullable_i64 is null)) or (meta["rank"] >= 9 and name
            like "user_%")"#,
            vec![2, 5, 9],
        ),
        ("array_contains(arr_i64, 3)", vec![3, 4, 5, 11]),
        ("array_contains_any(arr_i64, [3, 7])", vec![3, 4, 5, 7, 8, 9, 11]),
        ("array_contains_all(arr_i64, [3, 4])", vec![4, 5]),
        (r#"array_contains(arr_varchar, "red")"#, vec![1, 3]),
        (r#"array_contains_any(arr_varchar, ["red", "blue"])"#, vec![1, 2, 3, 4]),
        ("array_length(arr_i64) == 3", (1..=9).collect()),
        ("array_length(nullable_arr_i64) == 0", vec![10]),
        ("array_length(nullable_arr_i64) == 1", without(&[6, 10])),
        ("array_contains(arr_float, 3.5)", vec![3]),
        ("array_contains_any(arr_double, [2.25, 9.25])", vec![2, 9]),
        ("array_contains(arr_bool, true)", vec![1, 4, 6, 8, 9, 10, 11]),
        ("array_contains(arr_bool, false)", vec![2, 3, 5, 7, 8, 9, 12]),
        ("array_contains(nullable_arr_i64, 5)", vec![5]),
        ("not array_contains(nullable_arr_i64, 10)", without(&[6, 11])),
        (r#"meta["rank"] >= 3"#, (3..=10).collect()),
        (r#"meta["group"] in ["qa", "dev"]"#, vec![1, 2, 4, 5, 7, 8, 10]),
        (r#"json_contains(meta["labels"], "hot")"#, vec![1, 3, 5]),
        (
            r#"array_length(nullable_arr_i64) == 1
                and (meta["missing_key"] == 1 or id in [1, 10])"#,
            vec![1],
        ),
        (r#"array_contains(meta["labels"], "hot")"#, vec![1, 3, 5]),
        (
            r#"array_length(meta["labels"]) == 1 and array_contains(meta["labels"], "hot")"#,
            vec![1, 5],
        ),
        ("id <= 2 and id in []", vec![]),
        ("id <= 2 and id not in []", vec![1, 2]),
        ("id <= 2 and array_contains_any(arr_varchar, [])", vec![]),
        ("id <= 2 and array_contains_all(arr_varchar, [])", vec![1, 2]),
        (r#"id <= 2 and json_contains_any(meta["labels"], [])"#, vec![]),
        (r#"id <= 2 and json_contains_all(meta["labels"], [])"#, vec![1, 2]),
    ];
    for (text, expected) in cases {
        assert_eq!(collection.matching(text), expected, "{text}");
    }
    for name in ["i8", "i16", "i32", "i64", "f", "d"] {
        let of = |wanted: &dyn Fn(f64) -> bool| -> Vec<usize> {
            all.iter().copied().filter(|id| wanted(numbers(*id)[name].as_f64().unwrap())).collect()
        };
        let odd = |value: f64| [1.0, 3.0, 5.0].contains(&value);
        let matching = |text: &str| collection.matching(&text.replace('x', name));
        assert_eq!(matching("x == 3"), of(&|value| value == 3.0));
        assert_eq!(matching("x > 3 and x <= 6"), of(&|value| value > 3.0 && value <= 6.0));
        assert_eq!(matching("3 < x <= 6"), of(&|value| value > 3.0 && value <= 6.0));
        assert_eq!(matching("x in [1, 3, 5]"), of(&odd));
        assert_eq!(matching("x not in [1, 3, 5]"), of(&|value| !odd(value)));
    }
}

#[test]
fn refusals_have_the_words_of_a_server() {
    let collection = collection();
    for (text, words) in [
        ("invalid_field in [1, 2]", "field invalid_field not exist"),
        (r#"array_contains(arr_i64, "not_an_int")"#, "cannot cast value to Int64"),
        ("meta['rank' >= 3", "invalid expression"),
        (
            "ST_WITHIN(name, 'POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))')",
            "spatial operation are only supported on geometry fields",
        ),
        ("i64 + i32 == 6", "not supported to do arithmetic operations between multiple fields"),
        ("i64 + array_length(arr_i64) == 6", "complicated arithmetic operations are not supported"),
        ("i64 ** 2 == 9", "power can only apply on constants"),
    ] {
        let error = collection.filter(text).unwrap_err();
        assert!(error.reason.contains(words), "{text}: {error}");
        assert!(error.reason.starts_with(&format!("cannot parse expression: {text}, error: ")));
        assert_eq!(error.kind.code(), 2201);
    }
}

#[test]
fn moments_are_compared_as_on_a_server() {
    let at = |hours: i64| json!((1_735_689_600 + hours * 3600) * 1_000_000i64);
    let rows: Vec<Json> = [at(0), at(0), json!(1_735_734_600_000_000i64), at(24), Json::Null]
        .into_iter()
        .enumerate()
        .map(|(row, time)| json!({"id": row + 1, "time": time}))
        .collect();
    let collection = Collection::new(vec![key("id"), nullable("time", Timestamptz)], false, &rows);
    for (text, expected) in [
        ("time == ISO '2025-01-01T00:00:00Z'", vec![1, 2]),
        ("ISO '2025-01-01T08:00:00+08:00' == time", vec![1, 2]),
        ("time >= ISO '2025-01-01T00:00:00Z' and time < ISO '2025-01-02T00:00:00Z'", vec![1, 2, 3]),
        ("time is null", vec![5]),
        ("time + INTERVAL 'P1D' < ISO '2025-01-03T00:00:00Z'", vec![1, 2, 3]),
        ("ISO '2025-01-03T00:00:00Z' > time + interval 'P1D'", vec![1, 2, 3]),
        ("time + INTERVAL 'P1M' < ISO '2025-02-02T00:00:00Z'", vec![1, 2, 3]),
        ("time + INTERVAL 'P1Y' < ISO '2026-01-02T00:00:00Z'", vec![1, 2, 3]),
        ("time - INTERVAL 'PT12H30M' == ISO '2025-01-01T00:00:00Z'", vec![3]),
        ("time + INTERVAL 'P1D' < ISO '2000-01-01T00:00:00Z'", vec![]),
        ("not (time + INTERVAL 'P1D' < ISO '1900-01-01T00:00:00Z')", vec![1, 2, 3, 4]),
    ] {
        assert_eq!(collection.matching(text), expected, "{text}");
    }
}

#[test]
fn texts_are_matched_as_on_a_server() {
    let rows: Vec<Json> = [
        ("vector database filtering", "db"),
        ("distributed database storage", "db"),
        ("cloud infra observability", "infra"),
        ("vector search ranking", "search"),
        ("database backup infra", "infra"),
        ("database vector migration", "other"),
        ("database operations handbook", "other"),
        ("vector storage handbook", "db"),
    ]
    .iter()
    .enumerate()
    .map(|(row, (content, topic))| json!({"id": row + 1, "content": content, "topic": topic}))
    .chain([json!({"id": 9, "content": null, "topic": "none"})])
    .collect();
    let fields = vec![key("id"), nullable("content", VarChar), field("topic", VarChar)];
    let collection = Collection::new(fields, false, &rows);
    for (text, expected) in [
        ("text_match(content, 'database')", vec![1, 2, 5, 6, 7]),
        ("phrase_match(content, 'vector database', 0)", vec![1]),
        ("text_match(content, 'database') and topic == 'db'", vec![1, 2]),
        ("text_match(content, 'database') or topic == 'infra'", vec![1, 2, 3, 5, 6, 7]),
        ("not text_match(content, 'database')", vec![3, 4, 8]),
        ("TEXT_MATCH(content, 'vector storage', minimum_should_match=2)", vec![8]),
    ] {
        assert_eq!(collection.matching(text), expected, "{text}");
    }
    let query = [("q", Value::Text("vector database".into()))];
    assert_eq!(collection.matching_with("phrase_match(content, {q})", &query), [1]);
}

#[test]
fn json_of_many_types_is_matched_as_on_a_server() {
    let rows: Vec<Json> = [
        json!({"id": 1, "meta": {"p": 1, "b": true, "arr": [1]}}),
        json!({"id": 2, "meta": {"p": 2, "b": true, "arr": [2]}}),
        json!({"id": 3, "meta": {"p": 3, "b": false, "arr": [3]}}),
        json!({"id": 4, "meta": {"p": 4, "b": false, "arr": [4]}}),
        json!({"id": 5, "meta": {"p": 5, "b": 0, "arr": [5]}}),
        json!({"id": 6, "meta": {"p": 6, "b": 1, "arr": [6]}}),
        json!({"id": 7, "meta": {"p": 7, "b": "yes", "arr": [7]}}),
        json!({"id": 8, "meta": {"p": "1", "b": "no", "arr": [8]}}),
    ]
    .to_vec();
    let collection = Collection::new(vec![key("id"), field("meta", DataType::Json)], false, &rows);
    for (text, expected) in [
        (r#"meta["p"] in [1.0, 2, 3, 4, 5]"#, vec![1, 2, 3, 4, 5]),
        (r#"meta["p"] == 1.0 or meta["p"] == 2 or meta["p"] == 3.0"#, vec![1, 2, 3]),
        (r#"meta["p"] in [1, "2"]"#, vec![1]),
        (r#"meta["p"] in ["1", 2]"#, vec![2, 8]),
        (r#"meta["arr"][0] in [1, "2"]"#, vec![1]),
        (r#"meta["b"] in [true, 1]"#, vec![1, 2, 6]),
        (r#"meta["b"] in [false, 1]"#, vec![3, 4, 6]),
        (r#"meta["b"] in [true, "yes"]"#, vec![1, 2, 7]),
        (r#"meta["b"] in [true, 1, "true"]"#, vec![1, 2, 6]),
        (r#"meta["b"] == false or meta["b"] == 1 or meta["b"] == 0"#, vec![3, 4, 5, 6]),
        (r#"meta["b"] in [0, 1]"#, vec![5, 6]),
    ] {
        assert_eq!(collection.matching(text), expected, "{text}");
    }
}

#[test]
fn bits_are_computed_as_on_a_server() {
    let rows: Vec<Json> = (0..8).map(|flags| json!({"id": flags + 1, "flags": flags})).collect();
    let collection = Collection::new(vec![key("id"), field("flags", Int64)], false, &rows);
    for (text, flags) in [
        ("(flags & 1) == 1", vec![1, 3, 5, 7]),
        ("(flags | 1) == 1", vec![0, 1]),
        ("(flags ^ 1) == 0", vec![1]),
        ("flags << 1 == 4", vec![2]),
        ("flags >> 2 == 1", vec![4, 5, 6, 7]),
        ("~flags == -1", vec![0]),
    ] {
        let found: Vec<usize> = collection.matching(text).iter().map(|row| row - 1).collect();
        assert_eq!(found, flags, "{text}");
    }
}
