//! Analyzers against the examples of Milvus's documentation, and what they refuse.

use super::*;

fn analyzer(params: &str) -> Analyzer {
    Analyzer::from_params(Some(params)).unwrap_or_else(|error| panic!("{params}: {error}"))
}

fn texts(params: &str, text: &str) -> Vec<String> {
    analyzer(params).tokens(text).into_iter().map(|token| token.text).collect()
}

/// Parameters, text and expected output of the pages under
/// <https://milvus.io/docs/analyzer-overview.md>. One list is mended: the page of `length` leaves
/// out `The` and `processing`, which have no more than ten letters.
#[test]
fn answers_as_the_documentation_says() {
    let scale = "The Milvus vector database is built for scale!";
    for (params, text, tokens) in [
        (r#"{"type": "standard"}"#, scale, "the milvus vector database is built for scale"),
        (r#"{"type": "standard", "stop_words": ["of"]}"#, "The art of scale", "the art scale"),
        (
            r#"{"type": "english", "stop_words": ["a", "an", "the"]}"#,
            scale,
            "milvus vector databas built scale",
        ),
        (
            r#"{"tokenizer": "standard", "filter": ["lowercase",
                {"type": "stemmer", "language": "english"},
                {"type": "stop", "stop_words": ["_english_"]}]}"#,
            scale,
            "milvus vector databas built scale",
        ),
        (
            r#"{"tokenizer": "standard", "filter": ["lowercase"]}"#,
            scale,
            "the milvus vector database is built for scale",
        ),
        (
            r#"{"tokenizer": "whitespace", "filter": ["lowercase"]}"#,
            scale,
            "the milvus vector database is built for scale!",
        ),
        (
            r#"{"tokenizer": "standard", "filter": ["asciifolding"]}"#,
            "Café Möller serves crème brûlée and piñatas.",
            "Cafe Moller serves creme brulee and pinatas",
        ),
        (
            r#"{"tokenizer": "standard", "filter": ["alphanumonly"]}"#,
            "Milvus 2.0 @ Scale! #AI-Powered Vector_Databases 表",
            "Milvus 2 0 Scale AI Powered Vector Databases",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "length", "max": 10}]}"#,
            "The length filter allows control over token length requirements for text processing.",
            "The length filter allows control over token length for text processing",
        ),
        (
            r#"{"tokenizer": "standard", "filter":
                [{"type": "stop", "stop_words": ["the", "over", "_english_"]}]}"#,
            "The stop filter allows control over common stop words for text processing.",
            "The stop filter allows control common stop words text processing",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "decompounder", "word_list":
                ["dampf", "schiff", "fahrt", "brot", "backen", "automat"]}]}"#,
            "dampfschifffahrt brotbackautomat",
            "dampf schiff fahrt brotbackautomat",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "stemmer", "language": "english"}]}"#,
            "running runs looked ran runner",
            "run run look ran runner",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "regex", "expr": "^(?!test)"}]}"#,
            "testItem apple testCase banana",
            "apple banana",
        ),
    ] {
        assert_eq!(texts(params, text).join(" "), tokens, "{params}");
    }
}

/// What the documentation does not show, from Milvus's own tests or rules.
#[test]
fn answers_as_milvus_does() {
    for (params, text, tokens) in [
        ("", "DEF_456 naïve-test", "def 456 naïve test"),
        ("{}", "ΣΑΣ İ", "σασ i\u{307}"),
        (r#"{"tokenizer": "whitespace"}"#, "a\u{a0}b\u{3000}c\td", "a\u{a0}b\u{3000}c d"),
        (
            r#"{"tokenizer": {"type": "char_group", "delimiters": ["o", "punctuation", "digit"]}}"#,
            "testotest,test1test，test",
            "test test test test test",
        ),
        (
            r#"{"tokenizer": {"type": "char_group", "delimiters": ["whitespace", "symbol"]}}"#,
            "a+b\u{3000}c,d",
            "a b c,d",
        ),
        (r#"{"tokenizer": "whitespace", "filter": ["removepunct"]}"#, "go stop! ， a.b", "go"),
        (r#"{"tokenizer": "whitespace", "filter": ["cncharonly"]}"#, "表 a表 a ア", "表 a表"),
        (r#"{"tokenizer": "whitespace", "filter": ["cnalphanumonly"]}"#, "表 -a- ア !", "表 -a-"),
        (
            r#"{"tokenizer": "standard", "filter": ["decimaldigit"]}"#,
            "price ١٢٣ ๔๕๖",
            "price 123 456",
        ),
        (
            r#"{"tokenizer": "standard", "filter": ["arabic_normalization"]}"#,
            "كِتَابٌ أإآ ة",
            "كتاب \u{627}\u{627}\u{627} \u{647}",
        ),
        (r#"{"tokenizer": "standard", "filter": [{"type": "stop"}]}"#, "the _x_", "the x"),
        (
            r#"{"tokenizer": "whitespace", "filter": [{"type": "stop", "stop_words": ["_x_"]}]}"#,
            "the _x_",
            "the",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "synonym", "expand": false,
                "synonyms": ["trans => translate, \\=>", "\\\\test, test, tests"]}]}"#,
            "test trans synonym",
            r"\test translate => synonym",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "synonym",
                "synonyms": ["distance, range", "interval => gap"]}]}"#,
            "distance interval",
            "distance range interval gap",
        ),
        (r#"{"type": "english"}"#, "They are organizing universities", "organiz universiti"),
    ] {
        assert_eq!(texts(params, text).join(" "), tokens, "{params}");
    }
}

/// Offsets are bytes of the text; dropped tokens leave gaps, parts of a compound stand in one
/// place.
#[test]
fn tells_places() {
    let params = r#"{"tokenizer": "standard", "filter": ["lowercase",
        {"type": "stop", "stop_words": ["is"]},
        {"type": "decompounder", "word_list": ["bank", "note"]}]}"#;
    let places: Vec<_> = analyzer(params)
        .tokens("Ça is Banknote.")
        .into_iter()
        .map(|t| (t.text, t.start_offset, t.end_offset, t.position, t.position_length))
        .collect();
    assert_eq!(
        places,
        [
            ("ça".to_string(), 0, 3, 0, 1),
            ("bank".to_string(), 7, 15, 2, 1),
            ("note".to_string(), 7, 15, 2, 1),
        ]
    );
    assert!(analyzer("").tokens(" ,;").is_empty());
}

#[test]
fn says_what_is_wrong() {
    for (params, message) in [
        ("null", "analyzer params should be a json map"),
        ("[", "analyzer params are not json: EOF while parsing a list at line 1 column 1"),
        (r#"{"type": 1}"#, "analyzer type should be string"),
        (r#"{"type": "klingon"}"#, "unknown build-in analyzer type: klingon"),
        (
            r#"{"type": "chinese"}"#,
            "analyzer `chinese` needs a dictionary that is not here; there are `standard` and \
             `english`, or a `tokenizer` with a `filter`",
        ),
        (r#"{"filter": []}"#, "tokenizer name or type must be set"),
        (r#"{"tokenizer": 1}"#, "tokenizer name should be string or dict"),
        (r#"{"tokenizer": {}}"#, "customized tokenizer must set type"),
        (r#"{"tokenizer": "words"}"#, "unsupported tokenizer: words"),
        (
            r#"{"tokenizer": {"type": "jieba", "mode": "exact"}}"#,
            "tokenizer `jieba` needs a dictionary that is not here; there are `standard`, \
             `whitespace` and `char_group`",
        ),
        (r#"{"tokenizer": "char_group"}"#, "char group tokenizer must be customized"),
        (
            r#"{"tokenizer": {"type": "char_group", "delimiters": ["vowel"]}}"#,
            "vowel not a char or name of build-in char group",
        ),
        (r#"{"tokenizer": "standard", "filters": []}"#, "unknown analyzer option key: filters"),
        (r#"{"tokenizer": "standard", "filter": "lowercase"}"#, "filter params should be array"),
        (
            r#"{"tokenizer": "standard", "filter": ["upper"]}"#,
            "build analyzer failed, filter not found :upper",
        ),
        (r#"{"tokenizer": "standard", "filter": [{}]}"#, "no type field in filter params"),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "invalid_filter_type"}]}"#,
            "unsupport filter type: invalid_filter_type",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "length", "max": -1}]}"#,
            "length max param was none or not uint",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "stop", "stop_words": "a list"}]}"#,
            "stop_words should be array",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "stop", "stop_words": [123, 456]}]}"#,
            "stop_words list item should be string",
        ),
        (
            r#"{"type": "standard", "stop_words": ["_german_"]}"#,
            "no stop words `_german_` here; there is `_english_`",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "stemmer", "language": "German"}]}"#,
            "no stemmer for `german` here; there is `english`",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "decompounder", "word_list": []}]}"#,
            "decompounder word list is empty",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "regex", "expr": "("}]}"#,
            "regex expression invalid, expr:(, err: unclosed group",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "synonym", "synonyms": ["a b"]}]}"#,
            "read synonym dict failed, has space between words a b, please use \\ to escape space",
        ),
        (
            r#"{"tokenizer": "standard", "filter": [{"type": "synonym", "synonyms_file": {}}]}"#,
            "`synonyms_file` wants a file resource, which is not here; list the words",
        ),
    ] {
        assert_eq!(Analyzer::from_params(Some(params)).err().as_deref(), Some(message));
    }
    assert!(Analyzer::from_params(None).is_ok());
}
