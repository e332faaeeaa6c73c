//! Filters: what both should read, and what both should refuse.

use proptest::prelude::*;
use proptest::strategy::Union;

use crate::Referee;
use crate::tables::TEXTS;

fn word(words: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    prop::sample::select(words.to_vec())
}

const COMPARE: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// Filters that are well formed, `wrong` ones a few times in a hundred.
pub fn filter(referee: Referee) -> impl Strategy<Value = String> {
    match referee {
        Referee::Milvus => prop_oneof![12 => right(referee), 1 => wrong()].boxed(),
        // it takes some that are none
        Referee::Lite => right(referee).boxed(),
    }
}

fn right(referee: Referee) -> impl Strategy<Value = String> {
    // a whole number is compared with whole ones alone; Milvus Lite takes the others
    let fractions = match referee {
        Referee::Milvus => vec!["1.5", "0.25"],
        Referee::Lite => vec!["2", "3"],
    };
    let number = || {
        prop_oneof![
            6 => (-5..6i64).prop_map(|n| n.to_string()),
            1 => prop::sample::select(fractions.clone()).prop_map(str::to_string),
        ]
    };
    // Milvus Lite compares no large whole number with a DOUBLE
    let columns = match referee {
        Referee::Milvus => vec!["tiny", "n", "f", "d"],
        Referee::Lite => vec!["tiny", "n"],
    };
    // Milvus Lite reads no sign within a call
    let low = if referee == Referee::Milvus { -3 } else { 0 };
    let whole = || (-5..6i64).prop_map(|n| n.to_string());
    let text = || prop::sample::select(TEXTS.to_vec()).prop_map(|text| format!("\"{text}\""));
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let texts = move || prop::collection::vec(text(), 1..4).prop_map(list);
    let wholes = move || prop::collection::vec(whole(), 1..4).prop_map(list);
    let inside =
        move || prop::collection::vec((low..4i64).prop_map(|n| n.to_string()), 1..4).prop_map(list);
    let column = || word(&["tiny", "n"]);
    let mut leaves: Vec<BoxedStrategy<String>> = vec![
        (column(), word(&COMPARE), number()).prop_map(|(a, o, b)| format!("{a} {o} {b}")).boxed(),
        (number(), word(&COMPARE), column()).prop_map(|(a, o, b)| format!("{a} {o} {b}")).boxed(),
        (word(&["d"]), word(&COMPARE), number())
            .prop_map(|(a, o, b)| format!("{a} {o} {b}"))
            .boxed(),
        (word(&COMPARE), text()).prop_map(|(o, b)| format!("s {o} {b}")).boxed(),
        (word(&["==", "!="]), word(&["true", "false"]))
            .prop_map(|(o, b)| format!("flag {o} {b}"))
            .boxed(),
        (column(), word(&["in", "not in"]), wholes())
            .prop_map(|(a, o, b)| format!("{a} {o} {b}"))
            .boxed(),
        (word(&["in", "not in"]), texts()).prop_map(|(o, b)| format!("s {o} {b}")).boxed(),
        (column(), whole(), word(&["<", "<="]), whole(), word(&["<", "<="]))
            .prop_map(|(a, low, o, high, p)| format!("({low} {o} {a} and {a} {p} {high})"))
            .boxed(),
        word(&["a%", "%", "ab%", "Ab%", "表%"]).prop_map(|p| format!("s like \"{p}\"")).boxed(),
        (word(&["+", "-", "*"]), -3..4i64, word(&["==", "!="]), whole())
            .prop_map(|(o, a, p, b)| format!("n {o} {a} {p} {b}"))
            .boxed(),
        text().prop_map(|text| format!("meta[\"k\"] == {text}")).boxed(),
        (-3..4i64).prop_map(|n| format!("meta[\"o\"][\"p\"] == {n}")).boxed(),
        (low..4i64).prop_map(|n| format!("array_contains(tags, {n})")).boxed(),
        inside().prop_map(|list| format!("array_contains_all(tags, {list})")).boxed(),
        inside().prop_map(|list| format!("array_contains_any(tags, {list})")).boxed(),
        // other comparisons of a length came with 2.4
        (word(&["==", "!="]), 0..4u8)
            .prop_map(|(o, n)| format!("array_length(tags) {o} {n}"))
            .boxed(),
        (low..4i64).prop_map(|n| format!("json_contains(meta[\"l\"], {n})")).boxed(),
        inside().prop_map(|list| format!("json_contains_any(meta[\"l\"], {list})")).boxed(),
        (-3..4i64).prop_map(|n| format!("tags[0] == {n}")).boxed(),
        (prop::sample::select(columns), word(&COMPARE), word(&["tiny", "n"]))
            .prop_map(|(a, o, b)| format!("{a} {o} {b}"))
            .boxed(),
    ];
    // a FLOAT is compared as a DOUBLE in Milvus Lite, where 0.1 is not 0.1; quarters are
    leaves.push(
        (word(&COMPARE), -6..6i8)
            .prop_map(|(o, q)| format!("f {o} {}", f64::from(q) / 4.0))
            .boxed(),
    );
    if referee == Referee::Milvus {
        // in Milvus Lite true is 1
        leaves.push((-3..4i64).prop_map(|n| format!("meta[\"k\"] == {n}")).boxed());
        let compared = (-3..4i64, word(&["<", ">="]));
        leaves.push(compared.prop_map(|(n, o)| format!("meta[\"k\"] {o} {n}")).boxed());
    }
    let leaf = Union::new(leaves);
    leaf.prop_recursive(2, 5, 2, |inner| {
        prop_oneof![
            (inner.clone(), word(&["and", "or", "&&", "||"]), inner.clone())
                .prop_map(|(a, o, b)| format!("({a}) {o} ({b})")),
            // the opposite of what is missing was true before 2.5, and is in Milvus Lite
            (word(&["not ", "!"]), inner).prop_map(|(o, a)| match a.contains('[') {
                true => a,
                false => format!("{o}({a})"),
            }),
        ]
    })
}

/// What is no filter, or none of these columns.
fn wrong() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "n ==",
        "n = = 1",
        "(n == 1",
        "n == 1)",
        "n in 1",
        "n in [1, \"a\"]",
        "s == 1",
        "n == \"a\"",
        "flag == 1",
        "flag > true",
        "tiny == 3 and",
        "v == 1",
        "tags == 1",
        "n like \"a%\"",
        "array_contains(n, 1)",
        "array_contains(tags, \"a\")",
        "json_contains(n, 1)",
        "array_length(n) == 1",
        "n",
        "1",
        "\"a\"",
        "n + 1",
        "not n",
        "n and flag == true",
        "@",
        "n == 'a",
    ])
    .prop_map(str::to_string)
}
