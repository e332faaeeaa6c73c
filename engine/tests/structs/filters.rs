//! Filters of arrays of structs: of whole arrays, of the field of one element, of how many elements
//! are so, and of which.

use super::data::{ROWS, Row, insert};
use super::{Server, longs, query};

#[test]
fn filters_find_the_rows_that_milvus_finds() {
    let cases: &[(&str, &[i64])] = &[
        ("s is null", &[3]),
        ("s is not null", &[1, 2, 4, 5]),
        ("array_length(s) == 0", &[2]),
        ("array_length(s[tag]) >= 2", &[1, 5]),
        ("array_length(s[vec]) == 1", &[4]),
        ("array_contains(s[rank], 10)", &[1, 5]),
        ("array_contains_all(s[tag], ['qa', 'ops'])", &[5]),
        ("array_contains_any(s[tag], ['dev', 'ops'])", &[1, 5]),
        ("s[0][rank] >= 10", &[1, 4, 5]),
        ("s[1][tag] == 'qa'", &[5]),
        ("not (s[1][tag] == 'qa')", &[1]),
        ("2 <= s[2][rank] < 3", &[5]),
        ("s[0][tag] in ['qa', 'x']", &[1, 4]),
        ("MATCH_ANY(s, $[rank] == 10 && $[tag] == 'qa')", &[1]),
        ("match_any(s, $[rank] in [2, 12])", &[4, 5]),
        ("MATCH_ANY(s, $[rank] in [])", &[]),
        ("MATCH_ANY(s, $[tag] like 'q%')", &[1, 4, 5]),
        ("MATCH_ANY(s, $[tag] =~ 'op.')", &[5]),
        ("MATCH_ANY(s, 1 <= $[rank] < 2)", &[1]),
        ("MATCH_ANY(s, 20 / 2 > 1 && $[rank] % 5 == 0)", &[1, 5]),
        // of no elements all are so
        ("MATCH_ALL(s, $[rank] >= 10)", &[2, 4]),
        ("MATCH_LEAST(s, $[tag] == 'qa', threshold = 2)", &[5]),
        ("MATCH_MOST(s, $[tag] == 'qa', threshold = 1)", &[1, 2, 4]),
        ("MATCH_EXACT(s, $[tag] == 'qa', threshold = 0)", &[2]),
        // NULL is unknown, and so is its opposite
        ("not MATCH_ANY(s, $[rank] >= 10)", &[2]),
        ("MATCH_ALL(s, not ($[tag] == 'qa')) or id == 3", &[2, 3]),
        ("MATCH_EXACT(s, $[rank] * 2 == 20, threshold=1) and id < 5", &[1]),
    ];
    let mut server = Server::by("MAX_SIM_COSINE");
    for (expr, ids) in cases {
        assert_eq!(server.ids(expr), *ids, "{expr}");
    }
}

/// The elements that a query finds, by row and place.
fn elements(server: &mut Server, expr: &str, params: &[(&str, &str)]) -> Vec<(i64, i64)> {
    let found = server.done(query(expr, &["id"], params));
    let ids = longs(&found.fields_data[0]);
    assert_eq!(ids.len(), found.element_indices.len(), "{expr}");
    let places = found.element_indices.iter().map(|each| each.indices.clone().unwrap().data);
    ids.into_iter()
        .zip(places)
        .flat_map(|(id, all)| all.into_iter().map(move |at| (id, at)))
        .collect()
}

#[test]
fn a_filter_of_elements_tells_which_they_are() {
    let mut server = Server::by("MAX_SIM_COSINE");
    let qa = "element_filter(s, $[tag] == 'qa')";
    let mut found = |expr: &str, params: &[(&str, &str)]| elements(&mut server, expr, params);
    assert_eq!(found(qa, &[]), [(1, 0), (4, 0), (5, 1), (5, 2)]);
    assert_eq!(found(&format!("id > 1 && {qa}"), &[]), [(4, 0), (5, 1), (5, 2)]);
    assert_eq!(found("element_filter(s, $[rank] > 99)", &[]), []);
    // a limit is of elements, and so is an offset
    assert_eq!(found(qa, &[("limit", "3")]), [(1, 0), (4, 0), (5, 1)]);
    assert_eq!(found(qa, &[("limit", "9"), ("offset", "1")]), [(4, 0), (5, 1), (5, 2)]);
    assert_eq!(found(qa, &[("limit", "1"), ("offset", "3")]), [(5, 2)]);
    let plain = server.done(query("MATCH_ANY(s, $[tag] == 'qa')", &["id"], &[]));
    assert!(plain.element_indices.is_empty());
}

/// More elements than are asked at a time.
#[test]
fn many_elements_are_told_by_their_rows() {
    let mut server = Server::by("MAX_SIM_COSINE");
    let rows: Vec<Row> = (100..30_100).map(|id| (id, ROWS[4].1)).collect();
    server.done(insert(&rows));
    let found = elements(&mut server, "id >= 100 && element_filter(s, $[tag] == 'qa')", &[]);
    assert_eq!(found.len(), 60_000);
    assert!(found.into_iter().eq((100..30_100).flat_map(|id| [(id, 1), (id, 2)])));
}

#[test]
fn mistakes_are_told_in_the_words_of_milvus() {
    let cases = [
        ("MATCH_ANY(s, $[missing] == 1)", "array field not found: s[missing]"),
        ("MATCH_ANY(other, $[rank] == 1)", "array field not found: other[rank]"),
        ("s[missing] == 1", "struct field not found: s[missing]"),
        ("s[0][missing] == 1", "struct field not found: s[missing]"),
        ("$[rank] == 1", "$[rank] syntax can only be used inside ElementFilter or MATCH_*"),
        ("element_filter(s, $[rank] == 'x')", "comparisons between Int64 and VarChar are not"),
        ("element_filter(s, $[rank] ** 2 == 4)", "power can only apply on constants"),
        ("element_filter(s, $[rank])", "invalid element expression in ElementFilter"),
        ("MATCH_LEAST(s, $[rank] > 1, threshold=0)", "count in MATCH_LEAST must be positive"),
        ("MATCH_LEAST(s, $[rank] > 1, threshold=-1)", "expecting IntegerConstant"),
        ("MATCH_ANY(s, $[rank] > 1, threshold=1)", "mismatched input ',' expecting ')'"),
        ("MATCH_MOST(s, $[rank] > 1)", "mismatched input ')' expecting ','"),
        ("MATCH_ANY(s, id > 1)", "MATCH predicate can only use element-level fields"),
        ("MATCH_ANY(s, true)", "invalid predicate expression in MATCH_ANY"),
        ("MATCH_ANY(s, array_contains(s[rank], 1))", "contains expressions are not supported"),
        ("MATCH_ANY(s, MATCH_ALL(s, $[rank] > 1))", "nested MATCH_ALL is not supported"),
        ("element_filter(s, element_filter(s, $[rank] > 1))", "nested ElementFilter is not"),
        ("not element_filter(s, $[rank] > 1)", "cannot be used in unary expression"),
        ("element_filter(s, $[rank] > 1) && id > 1", "can only be the last expression"),
        ("element_filter(s, $[rank] > 1) || id > 1", "can only be the last expression"),
        ("s[rank] > 1", "can not comparisons array fields directly"),
        ("s == 1", "field s not exist"),
    ];
    let mut server = Server::by("MAX_SIM_COSINE");
    for (expr, words) in cases {
        let reason = server.wrong(query(expr, &["id"], &[]));
        assert!(reason.contains(words), "{expr}: {reason}");
    }
}
