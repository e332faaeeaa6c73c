//! The functions of shapes: which rows they find, and what they refuse in Milvus's words.

use milvus_engine::expr::value::Value;
use milvus_proto::schema::DataType::{Geometry, VarChar};
use serde_json::json;

use super::{Collection, field, key, nullable};

fn collection() -> Collection {
    let shape = |id: i64, text: Option<&str>| json!({"id": id, "g": text, "s": "POINT (1 1)"});
    let rows = [
        shape(1, Some("POINT (1 1)")),
        shape(2, Some("POINT (20 20)")),
        shape(3, Some("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))")),
        shape(4, None),
        shape(5, Some("LINESTRING (-5 5, 5 5)")),
        shape(6, Some("POLYGON ((40 40, 50 50, 50 40, 40 50, 40 40))")),
        shape(7, Some("POLYGON ((10 0, 20 0, 20 10, 10 10, 10 0))")),
        shape(8, Some("POLYGON ((5 5, 5 15, 15 15, 15 5, 5 5))")),
    ];
    Collection::new(vec![key("id"), nullable("g", Geometry), field("s", VarChar)], false, &rows)
}

#[test]
fn shapes_are_found_by_how_they_lie() {
    let collection = collection();
    const SQUARE: &str = "POLYGON ((0 0, 0 10, 10 10, 10 0, 0 0))";
    for (text, expected) in [
        (format!("ST_EQUALS(g, '{SQUARE}')"), &[3][..]),
        (format!("st_within(g, '{SQUARE}')"), &[1, 3]),
        (format!("ST_TOUCHES(g, '{SQUARE}')"), &[7]),
        (format!("st_overlaps(g, '{SQUARE}')"), &[8]),
        (format!("ST_CROSSES(g, '{SQUARE}')"), &[5]),
        (format!("st_intersects(g, '{SQUARE}')"), &[1, 3, 5, 7, 8]),
        // NULL is unknown, and so is its opposite
        (format!("not st_intersects(g, '{SQUARE}')"), &[2, 6]),
        ("st_contains(g, r'POINT (9 1)') and id < 5".into(), &[3]),
        ("ST_ISVALID(g)".into(), &[1, 2, 3, 5, 7, 8]),
        ("not st_isvalid(g)".into(), &[6]),
        // a degree is 111 km
        ("st_dwithin(g, 'POINT (1 2)', 112000)".into(), &[1, 3]),
        ("ST_DWITHIN(g, 'POINT (1 1)', 0.5 * 2)".into(), &[1, 3]),
        ("g is null".into(), &[4]),
    ] {
        assert_eq!(collection.matching(&text), expected, "{text}");
    }
    let point = ("p", Value::Text("POINT (20 20)".into()));
    assert_eq!(collection.matching_with("st_equals(g, {p})", std::slice::from_ref(&point)), [2]);
    assert_eq!(collection.matching_with("st_dwithin(g, {p}, 5)", &[point]), [2]);
}

#[test]
fn what_is_no_shape_is_refused() {
    let collection = collection();
    let values = [("n", Value::Int(1)), ("w", Value::Text("POINT (1)".into()))];
    for (text, words) in [
        ("ST_ISVALID(s)", "STIsValid operation are only supported on geometry fields now, got: "),
        ("st_dwithin(s, 'POINT (1 1)', 1)", "ST_DWITHIN operation are only supported on geometry"),
        ("st_touches(nothing, 'POINT (1 1)')", "field nothing not exist"),
        ("st_touches(g, 'CIRCLE (1 1)')", "syntax error: invalid keyword at line 1, pos 0"),
        ("st_touches(g, {w})", "syntax error: not enough coordinates"),
        ("st_touches(g, {n})", "the value of GIS WKT template variable {n} is not string"),
        ("st_touches(g, 1)", "WKT string should be a string literal or template variable, got: 1"),
        ("st_dwithin(g, 'LINESTRING (0 0, 1 1)', 1)", "only supports POINT geometry: LINESTRING"),
        ("st_dwithin(g, 'POINT (1 1)', -1)", "must be non-negative, got: -1.000000"),
        ("st_dwithin(g, 'POINT (1 1)', 'far')", "must be a numeric value (int or float), got:"),
        ("st_dwithin(g, 'POINT (1 1)', id)", "must be a constant numeric value, got: id"),
        ("st_dwithin(g, 'POINT (1 1)', {n})", "invalid distance value: {n}"),
        ("st_dwithin(g, 'POINT (1 1)')", "','"),
        ("st_dwithin(g, 'POINT (1 1)', 1, 1)", "')'"),
        ("st_isvalid(g, 'POINT (1 1)')", "')'"),
        ("St_Touches(g, 'POINT (1 1)')", "function st_touches(Geometry, VarChar) not found"),
    ] {
        let error = collection.filter_with(text, &values).unwrap_err();
        assert!(error.reason.contains(words), "{text}: {error}");
        assert_eq!(error.kind, milvus_engine::error::Kind::QueryPlan, "{text}");
    }
}
