//! Any text as a filter over a schema of every type: it is refused in words, or says of each row
//! whether it matches. It says the same of any part of the rows and with sorted lists beside them,
//! and logic holds: nothing matches a filter and its opposite, and what is unknown neither.

#![no_main]

#[allow(dead_code)]
#[path = "../../engine/tests/expr/collection.rs"]
mod collection;

use std::sync::LazyLock;

use collection::{Collection, array, field, key, nullable};
use libfuzzer_sys::fuzz_target;
use milvus_engine::expr::value::Value;
use milvus_proto::schema::DataType::{
    self, Bool, Double, Float, Geometry, Int8, Int16, Int32, Int64, Text, Timestamptz, VarChar,
};
use milvus_proto::schema::FieldSchema;
use serde_json::{Value as Json, json};

static COLLECTION: LazyLock<Collection> =
    LazyLock::new(|| Collection::new(fields(), true, &rows()));

/// The same rows again and again, so many that there are sorted lists of them.
static SORTED: LazyLock<Collection> = LazyLock::new(|| {
    let rows: Vec<Json> = rows().into_iter().cycle().take(LISTED).collect();
    let mut collection = Collection::new(fields(), true, &rows);
    let Collection { schema, segment } = &mut collection;
    for column in 0..schema.fields.len() {
        while segment.sort(column) {}
    }
    let lists = (0..schema.fields.len()).filter_map(|column| segment.sorted(column));
    assert!(lists.filter(|list| list.len() == LISTED).count() > 5);
    collection
});

/// Rows of one sorted list.
const LISTED: usize = milvus_engine::index::sorted::RUN;

fuzz_target!(|text: &str| {
    let plain = &*COLLECTION;
    let values = [
        ("n", Value::Int(5)),
        ("x", Value::Float(3.1)),
        ("s", Value::Text("a_c".into())),
        ("b", Value::Bool(true)),
        ("l", Value::List(vec![Value::Int(1), Value::Int(-7)])),
    ];
    let filter = match plain.filter_with(text, &values) {
        Ok(filter) => filter,
        Err(error) => return assert!(!error.reason.is_empty()),
    };
    let all = plain.segment.rows();
    // other rows each time
    if text.to_ascii_lowercase().contains("random_sample") {
        let texts = collection::Words { segment: &plain.segment };
        assert_eq!(filter.matches(&plain.segment, 0..all, &texts).len(), all);
        return;
    }
    let matching = plain.rows_of(&filter, text);
    // where it takes long it is asked for a part of the rows, and no list is
    if filter.step() == usize::MAX {
        let texts = collection::Words { segment: &SORTED.segment };
        let listed = filter.matches(&SORTED.segment, 0..LISTED, &texts);
        let wrong = (0..LISTED).find(|row| listed.get(*row) != matching.contains(&(row % all + 1)));
        assert_eq!(wrong, None, "sorted lists");
    }
    // none where it becomes too deep
    let of = |text: String| {
        plain.filter_with(&text, &values).ok().map(|filter| plain.rows_of(&filter, &text))
    };
    let same = |other: Option<Vec<usize>>| assert_eq!(other.unwrap_or(matching.clone()), matching);
    same(of(format!("not (not ({text}))")));
    same(of(format!("({text}) and ({text})")));
    same(of(format!("({text}) or ({text})")));
    same(of(format!("({text}) or id < -9")));
    same(of(format!("id > -9 and ({text})")));
    let Some(opposite) = of(format!("not ({text})")) else { return };
    assert!(matching.iter().all(|row| !opposite.contains(row)), "{matching:?} {opposite:?}");
    let is_known = |row: &usize| matching.contains(row) || opposite.contains(row);
    let known: Vec<usize> = (1..=all).filter(is_known).collect();
    if let Some(either) = of(format!("({text}) or not ({text})")) {
        assert_eq!(either, known);
    }
    let both = of(format!("({text}) and not ({text})"));
    assert!(both.unwrap_or_default().is_empty());
});

fn fields() -> Vec<FieldSchema> {
    vec![
        key("id"),
        nullable("flag", Bool),
        field("tiny", Int8),
        nullable("small", Int16),
        nullable("i", Int32),
        nullable("n", Int64),
        nullable("f", Float),
        field("d", Double),
        nullable("s", VarChar),
        field("text", Text),
        nullable("j", DataType::Json),
        nullable("at", Timestamptz),
        nullable("place", Geometry),
        FieldSchema { nullable: true, ..array("a", Int64) },
        array("ab", Bool),
        array("fa", Float),
        array("sa", VarChar),
    ]
}

fn rows() -> Vec<Json> {
    let big = 9_007_199_254_740_993i64;
    vec![
        json!({"id": 1, "flag": true, "tiny": 5, "small": -3, "i": 7, "n": 5, "f": 3.1, "d": 3.1,
            "s": "a_c", "text": "the quick fox", "j": {"x": 1, "l": [1, 2.0, "3"],
            "o": {"k": null}}, "at": 0, "place": "POINT (1 2)", "a": [1, 2, 3], "ab": [true],
            "fa": [3.1], "sa": ["x", "yy"], "$meta": {"color": "red", "size": 7}}),
        json!({"id": 2, "flag": null, "tiny": -128, "small": null, "i": null, "n": null, "f": null,
            "d": -0.0, "s": null, "text": "", "j": null, "at": null, "place": null, "a": null,
            "ab": [], "fa": [], "sa": [], "$meta": {}}),
        json!({"id": 3, "flag": false, "tiny": 127, "small": 32767, "i": i32::MIN, "n": i64::MIN,
            "f": f32::MAX, "d": 1e300, "s": "表b", "text": "Fox, fox!", "j": {"x": true,
            "l": [[1, 2], 3], "big": big}, "at": i64::MAX, "place": "POINT (0 0)", "a": [],
            "ab": [false, true], "fa": [0.1, 2.0], "sa": ["表"], "$meta": {"size": "7"}}),
        json!({"id": i64::MAX, "flag": true, "tiny": 0, "small": 0, "i": 0, "n": i64::MAX,
            "f": 1e-45, "d": 5e-324, "s": "", "text": "%_\\", "j": {"x": 1.0, "l": [],
            "big": big - 1}, "at": -1, "place": "LINESTRING (0 0, 1 1)", "a": [i64::MIN, -1, 0],
            "ab": [true, true, false], "fa": [-0.0, 1e30], "sa": [""],
            "$meta": {"size": 7.0, "a b": [true], "color": null}}),
        json!({"id": -5, "flag": false, "tiny": 1, "small": 1, "i": 1, "n": big, "f": 0.1,
            "d": 0.1, "s": "a%c", "text": "a_c", "j": [1, {"x": 1}], "at": 1_700_000_000_000_000i64,
            "place": "POLYGON ((0 0, 1 0, 1 1, 0 0))", "a": [big], "ab": [false], "fa": [0.1],
            "sa": ["a", "A", "a%"], "$meta": {"x": {"y": {"z": 1e308}}}}),
    ]
}
