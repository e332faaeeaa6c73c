//! How shapes lie to one another, as GEOS has it, and what is no shape.

use super::*;

fn shape(text: &str) -> Shape {
    Shape::read(text).unwrap()
}

/// Whatever GEOS says of shapes, which is what Milvus asks.
#[test]
fn shapes_lie_as_geos_says() {
    use Relation::{Contains, Crosses, Equals, Intersects, Overlaps, Touches, Within};
    const ALL: [Relation; 7] = [Equals, Touches, Overlaps, Crosses, Contains, Intersects, Within];
    let pairs = include_str!("pairs.txt").lines().filter(|line| !line.starts_with('#'));
    let mut yes = [0; 7];
    for line in pairs {
        let parts: Vec<&str> = line.split('|').collect();
        let (one, other) = (shape(parts[0]), shape(parts[1]));
        let said: Vec<bool> = parts[2].bytes().map(|letter| letter == b'1').collect();
        for (index, relation) in ALL.into_iter().enumerate() {
            assert_eq!(one.lies(relation, &other), said[index], "{relation:?} {line}");
            yes[index] += usize::from(said[index]);
        }
        assert_eq!(one.is_valid(), said[7], "{line}");
    }
    assert!(yes.iter().all(|yes| *yes > 4), "{yes:?}");
}

#[test]
fn what_is_empty_lies_nowhere() {
    let square = shape("POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))");
    for empty in ["POINT EMPTY", "POLYGON Z EMPTY", "MULTIPOINT EMPTY", "GEOMETRYCOLLECTION EMPTY"]
    {
        let empty = shape(empty);
        assert!(!empty.lies(Relation::Within, &square) && !square.lies(Relation::Contains, &empty));
        assert!(empty.lies(Relation::Equals, &shape("LINESTRING EMPTY")));
        assert!(empty.is_valid() && !empty.is_near(&shape("POINT (0 0)"), 1e9));
    }
    assert!(shape("POINT EMPTY").is_point() && !shape("MULTIPOINT (1 1)").is_point());
}

/// Numbers of Milvus's formulas, worked out apart from this code.
#[test]
fn distances_are_in_metres() {
    for (from, to, metres) in [
        ("POINT (13.4 52.5)", "POINT (2.35 48.85)", 876_799.1),
        ("POINT (0 0)", "POINT (0 1)", 111_194.9),
        ("POINT (179.9 0)", "POINT (-179.9 0)", 22_239.0),
        ("LINESTRING (0 0, 10 0)", "POINT (5 1)", 111_311.5),
        ("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", "POINT (13 60)", 4_408_222.8),
        ("MULTIPOINT (9 9, 3 4)", "POINT (0 0)", 556_600.0),
        ("GEOMETRYCOLLECTION (POINT (9 9), LINESTRING (3 4, 3 4))", "POINT (0 0)", 556_600.0),
    ] {
        let near = |metres| shape(from).is_near(&shape(to), metres);
        assert!(!near(metres * 0.9999) && near(metres * 1.0001), "{from} {to}");
    }
    let holed = "POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (3 3, 6 3, 6 6, 3 6, 3 3))";
    assert!(shape(holed).is_near(&shape("POINT (1 1)"), 0.0));
    assert!(!shape(holed).is_near(&shape("POINT (4 4)"), 100_000.0));
    assert!(shape(holed).is_near(&shape("POINT (4 4)"), 112_000.0));
}

#[test]
fn texts_are_read_as_milvus_reads_them() {
    for text in [
        " point(1 2) ",
        "POINT ZM (1 2 3 4)",
        "POINTZ(1 -2.5e3 .5)",
        "MULTIPOINT ((1 2), 3 4, EMPTY)",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), EMPTY)",
        "MULTILINESTRING (EMPTY, (0 0, 1 1))",
        "GEOMETRYCOLLECTION (POINT(1 2), GEOMETRYCOLLECTION (LINESTRING (0 0,\n1 1)))",
    ] {
        shape(text);
    }
    for (text, problem) in [
        ("", "unexpected $end at line 1, pos 0"),
        ("NOWHERE", "invalid keyword at line 1, pos 0"),
        ("POINTMM (1 2 3)", "invalid keyword"),
        ("POINT ()", "unexpected ')', expecting NUM at line 1, pos 7"),
        ("POINT (abc def)", "invalid keyword at line 1, pos 7"),
        ("POINT (1)", "not enough coordinates"),
        ("POINT (1 2 3 4 5)", "too many coordinates"),
        ("POINT (1e999 0)", "invalid number"),
        ("POINT (1 2) x", "invalid keyword"),
        ("POINT (1 2)) ", "unexpected ')', expecting $end"),
        ("POINT Z (1 2)", "mixed dimensionality"),
        ("LINESTRING (0 0, 1 1 1)", "mixed dimensionality"),
        ("LINESTRING (0 0)", "non-empty linestring with only one point"),
        ("POLYGON ((0 0, 1 1))", "polygon ring doesn't have enough points"),
        ("POLYGON ((0 0, 1 0, 1 1, 0 1))", "polygon ring not closed"),
        ("POINT 表", "invalid character at line 1, pos 6"),
    ] {
        let why = Shape::read(text).unwrap_err();
        assert!(why.starts_with(&format!("syntax error: {problem}")), "{text}: {why}");
    }
    assert_eq!(
        Shape::read(
            "LINESTRING (0 0,\n\t1 1, 2 3, 4 5, 6 7, 8 9, 10 11, 12 x, 14 15, 16 17, 18 19)"
        ),
        Err("syntax error: invalid keyword at line 2, pos 36\n\
             LINE 2: ...2 3, 4 5, 6 7, 8 9, 10 11, 12 x, 14 15, 16 17, 18 19)\n\
             \x20                                        ^"
            .to_string())
    );
    let deep =
        format!("{}POINT (1 1){}", "GEOMETRYCOLLECTION (".repeat(10_000), ")".repeat(10_000));
    assert!(Shape::read(&deep).is_err());
}
