//! What the expressions match, against Python's `re`.

use super::*;

fn matches(expression: &str, text: &str) -> bool {
    Pattern::new(expression).unwrap().is_in(text).unwrap()
}

/// Made with `bool(re.search(expression, text))` of Python 3.
#[test]
fn agrees_with_python() {
    let table = include_str!("../testdata/patterns.tsv");
    let mut cases = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [expression, text, found] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        assert_eq!(matches(expression, text).to_string(), found, "`{expression}` in `{text}`");
        cases += 1;
    }
    assert!(cases > 300, "{cases}");
}

/// What Python has not, or has otherwise.
#[test]
fn knows_classes_of_unicode() {
    assert!(matches(r"^\p{Han}+$", "表情"));
    assert!(!matches(r"^\p{Han}+$", "表a"));
    assert!(matches(r"\p{P}", "a。"));
    assert!(matches(r"^\P{L}+$", "12。"));
    assert!(matches(r"^[^\p{Lu}]$", "a"));
    assert!(matches(r"^[[:alpha:]_]+$", "ab_c"));
    assert!(!matches(r"^[[:^alpha:]]+$", "ab"));
    assert!(matches(r"^[a-c[x-z]]+$", "axz"));
    assert!(matches(r"^\x{8868}\u60c5$", "表情"));
    assert!(matches(r"(?i)^[À-Ö]ß$", "öß"));
    assert!(matches(r"(?i)^straße (é) \1$", "STRAßE É é"));
    assert!(!matches(r"(?i)^[^À-Ö]$", "ö"));
    assert!(!matches(r"a$", "a\n"));
    assert!(matches(r"(?<=ab|c)d", "xcd"));
    assert!(!matches(r"(?<!ab|c)d", "abd"));
}

#[test]
fn says_what_is_wrong() {
    for (expression, message) in [
        ("(a", "unclosed group"),
        ("a)", "unopened group"),
        ("[a", "unclosed class"),
        ("*a", "nothing to repeat before `*`"),
        ("a{x}", "`{x` is not a number of repetitions"),
        ("a{3,2}", "`{3,2}` has its numbers the wrong way round"),
        ("a{9999}", "more than 1000 repetitions"),
        ("a{2}{2}{2}{2}{2}", "more than 3 repetitions of a repetition"),
        ("(?:(?:(?:a{99}){99}){99})", "the expression is too long"),
        ("(?:(?:(?:(?:){999}){999}){999}){999}", "the expression is too long"),
        ("[b-a]", "`b-a` has its ends the wrong way round"),
        ("[a&&b]", "intersections of classes are not there"),
        (r"\y", r"unknown escape `\y`"),
        (r"(a)\2", "there is no group 2"),
        (r"\k<x>", "no group is named `x`"),
        ("(?q)a", "unknown flag `q`"),
        ("(?<=a+)b", "what a look-behind looks for must have a fixed width"),
        (
            r"\p{Greek}",
            "no class `Greek` here; there are L, Lu, Ll, N, Nd, P, S, White_Space and Han",
        ),
        ("\\", "the expression ends too early"),
    ] {
        assert_eq!(Pattern::new(expression).err().as_deref(), Some(message), "{expression}");
    }
    assert!(Pattern::new(&"(".repeat(100_000)).is_err());
    assert!(Pattern::new(&"[".repeat(100_000)).is_err());
    let deep = format!("{}a{}", "(".repeat(23), "){1}{1}{1}{1}".repeat(23));
    assert_eq!(Pattern::new(&deep).unwrap().is_in("a"), Ok(true));
}

#[test]
fn gives_up_on_endless_trials() {
    let text = "a".repeat(40);
    assert_eq!(Pattern::new("(a|a)*b").unwrap().is_in(&text), Err(Exhausted));
}
