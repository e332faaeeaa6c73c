//! Reads an analyzer's parameters.
//!
//! JSON goes in, an [`Analyzer`] or what is wrong comes out, in Milvus's words where Milvus refuses
//! the same. `{"type": …, "stop_words": […]}` names a built-in analyzer,
//! `{"tokenizer": …, "filter": […]}` builds one.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Analyzer;
use super::filter::{Decompounder, Filter};
use super::folding::Folding;
use super::pattern::Pattern;
use super::synonym::Synonyms;
use super::tokenizer::{Separator, Tokenizer};

type Params = Map<String, Value>;

/// Tokenizers, analyzers and filters of Milvus that need a dictionary or a model of a language.
const ELSEWHERE: &[&str] = &[
    "jieba",
    "lindera",
    "icu",
    "thai",
    "language_identifier",
    "grpc",
    "chinese",
    "arabic",
    "pinyin",
];

/// Languages that Milvus has a stemmer or stop words for, and this engine has not.
const OTHER_LANGUAGES: &[&str] = &[
    "arabic",
    "chinese",
    "danish",
    "dutch",
    "finnish",
    "french",
    "german",
    "greek",
    "hungarian",
    "italian",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "spanish",
    "swedish",
    "tamil",
    "thai",
    "turkish",
];

/// The stop words `_english_`: Lucene's list, which Milvus follows.
const ENGLISH_STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it",
    "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these",
    "they", "this", "to", "was", "will", "with",
];

/// The analyzer that the parameters describe; an empty text and `{}` describe `standard`.
pub(super) fn read(json: &str) -> Result<Analyzer, String> {
    if json.is_empty() {
        return standard(Vec::new());
    }
    match serde_json::from_str(json) {
        Ok(Value::Object(params)) => from_object(&params),
        Ok(_) => Err(wrong("analyzer params should be a json map")),
        Err(error) => Err(format!("analyzer params are not json: {error}")),
    }
}

/// The same, of parameters that are read already.
pub(super) fn from_object(params: &Params) -> Result<Analyzer, String> {
    if params.is_empty() {
        return standard(Vec::new());
    }
    match params.get("type") {
        Some(Value::String(name)) => built_in(name, params),
        Some(_) => Err(wrong("analyzer type should be string")),
        None => custom(params),
    }
}

fn built_in(name: &str, params: &Params) -> Result<Analyzer, String> {
    let stop_words = match params.get("stop_words") {
        Some(words) => stop_words(strings(words, "filter stop_words")?)?,
        None => Vec::new(),
    };
    match name {
        "standard" => standard(stop_words),
        "english" => {
            let mut analyzer = standard(Vec::new())?;
            let english = ENGLISH_STOP_WORDS.iter().map(|word| (*word).to_string());
            analyzer
                .filters
                .extend([Filter::EnglishStemmer, stop(english.chain(stop_words).collect())]);
            Ok(analyzer)
        }
        name if ELSEWHERE.contains(&name) => Err(format!(
            "analyzer `{name}` needs a dictionary that is not here; there are `standard` and \
             `english`, or a `tokenizer` with a `filter`"
        )),
        name => Err(format!("unknown build-in analyzer type: {name}")),
    }
}

fn standard(stop_words: Vec<String>) -> Result<Analyzer, String> {
    let mut filters = vec![Filter::Lowercase];
    if !stop_words.is_empty() {
        filters.push(stop(stop_words));
    }
    Ok(Analyzer { tokenizer: Tokenizer::Standard, filters })
}

fn custom(params: &Params) -> Result<Analyzer, String> {
    let tokenizer = tokenizer(
        params.get("tokenizer").ok_or_else(|| wrong("tokenizer name or type must be set"))?,
    )?;
    let mut filters = Vec::new();
    for (key, value) in params {
        match (key.as_str(), value) {
            ("tokenizer", _) => {}
            ("filter", Value::Array(listed)) => {
                for described in listed {
                    filters.push(filter(described)?);
                }
            }
            ("filter", _) => return Err(wrong("filter params should be array")),
            (key, _) => return Err(format!("unknown analyzer option key: {key}")),
        }
    }
    Ok(Analyzer { tokenizer, filters })
}

fn tokenizer(described: &Value) -> Result<Tokenizer, String> {
    let (name, params) = match described {
        Value::String(name) => (name.as_str(), None),
        Value::Object(params) => match params.get("type") {
            Some(Value::String(name)) => (name.as_str(), Some(params)),
            Some(_) => return Err(wrong("tokenizer type should be string")),
            None => return Err(wrong("customized tokenizer must set type")),
        },
        _ => return Err(wrong("tokenizer name should be string or dict")),
    };
    match name {
        "standard"
            if params.is_some_and(|params| params.get("uax29") == Some(&Value::Bool(true))) =>
        {
            Err("the `standard` tokenizer has no `uax29` here; without it, tokens are runs of \
                 letters and digits"
                .into())
        }
        "standard" => Ok(Tokenizer::Standard),
        "whitespace" => Ok(Tokenizer::Whitespace),
        "char_group" => char_group(params),
        name if ELSEWHERE.contains(&name) => Err(format!(
            "tokenizer `{name}` needs a dictionary that is not here; there are `standard`, \
             `whitespace` and `char_group`"
        )),
        name => Err(format!("unsupported tokenizer: {name}")),
    }
}

fn char_group(params: Option<&Params>) -> Result<Tokenizer, String> {
    let params = params.ok_or_else(|| wrong("char group tokenizer must be customized"))?;
    let delimiters = params
        .get("delimiters")
        .ok_or_else(|| wrong("char group tokenizer delimiters can't be empty"))?;
    let separators = strings(delimiters, "char group tokenizer delimiters")?
        .iter()
        .map(|name| {
            Separator::from_name(name)
                .ok_or_else(|| format!("{name} not a char or name of build-in char group"))
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Tokenizer::CharGroup(separators))
}

fn filter(described: &Value) -> Result<Filter, String> {
    let params = match described {
        Value::String(name) => return named_filter(name),
        Value::Object(params) => params,
        _ => return Err(wrong("filter should be string or dict")),
    };
    let name = match params.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(_) => return Err(wrong("filter type should be string")),
        None => return Err(wrong("no type field in filter params")),
    };
    match name {
        "length" => {
            let most = params.get("max").and_then(Value::as_u64);
            let most = most.ok_or_else(|| wrong("length max param was none or not uint"))?;
            Ok(Filter::Length(usize::try_from(most).unwrap_or(usize::MAX)))
        }
        "stop" => {
            without_file(params, "stop_words_file")?;
            let words = match params.get("stop_words") {
                Some(words) => stop_words(strings(words, "stop_words")?)?,
                None => Vec::new(),
            };
            Ok(stop(words))
        }
        "stemmer" => stemmer(params),
        "decompounder" => {
            without_file(params, "word_list_file")?;
            let words = match params.get("word_list") {
                Some(words) => strings(words, "decompounder word list")?,
                None => Vec::new(),
            };
            if words.is_empty() {
                return Err(wrong("decompounder word list is empty"));
            }
            Ok(Filter::Decompounder(Arc::new(Decompounder::new(words))))
        }
        "regex" => {
            let expression =
                params.get("expr").ok_or_else(|| wrong("must set expr for regex filter"))?;
            let expression = expression.as_str().ok_or_else(|| wrong("expr must be string"))?;
            let pattern = Pattern::new(expression).map_err(|error| {
                format!("regex expression invalid, expr:{expression}, err: {error}")
            })?;
            Ok(Filter::Regex(Arc::new(pattern)))
        }
        "synonym" => synonym(params),
        name if ELSEWHERE.contains(&name) => {
            Err(format!("filter `{name}` needs a dictionary that is not here"))
        }
        name => Err(format!("unsupport filter type: {name}")),
    }
}

fn named_filter(name: &str) -> Result<Filter, String> {
    Ok(match name {
        "lowercase" => Filter::Lowercase,
        "asciifolding" => Filter::AsciiFolding(Arc::new(Folding::new())),
        "alphanumonly" => Filter::AlphanumOnly,
        "cncharonly" => Filter::ChineseOnly,
        "cnalphanumonly" => Filter::ChineseAlphanumOnly,
        "removepunct" => Filter::RemovePunctuation,
        "decimaldigit" => Filter::DecimalDigit,
        "arabic_normalization" => Filter::ArabicNormalization,
        name if ELSEWHERE.contains(&name) => {
            return Err(format!("filter `{name}` needs a dictionary that is not here"));
        }
        name => return Err(format!("build analyzer failed, filter not found :{name}")),
    })
}

fn stemmer(params: &Params) -> Result<Filter, String> {
    let language = params.get("language").and_then(Value::as_str);
    let language =
        language.ok_or_else(|| wrong("stemmer language field should be string"))?.to_lowercase();
    match language.as_str() {
        "english" => Ok(Filter::EnglishStemmer),
        language if OTHER_LANGUAGES.contains(&language) => {
            Err(format!("no stemmer for `{language}` here; there is `english`"))
        }
        language => Err(format!("create stemmer failed : unsupport language: {language}")),
    }
}

fn synonym(params: &Params) -> Result<Filter, String> {
    without_file(params, "synonyms_file")?;
    let expand = match params.get("expand") {
        None => true,
        Some(Value::Bool(expand)) => *expand,
        Some(_) => return Err(wrong("create synonym filter failed, `expand` must be bool")),
    };
    let rules = match params.get("synonyms") {
        Some(rules) => strings(rules, "create synonym filter failed, `synonyms`")?,
        None => Vec::new(),
    };
    Ok(Filter::Synonym(Arc::new(Synonyms::from_rules(&rules, expand)?)))
}

fn stop(words: Vec<String>) -> Filter {
    Filter::Stop(Arc::new(words.into_iter().collect::<HashSet<String>>()))
}

/// Words as they are, `_english_` as the list of that name. A name that Milvus does not know is a
/// word like another.
fn stop_words(listed: Vec<String>) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    for word in listed {
        match word.strip_prefix('_').and_then(|rest| rest.strip_suffix('_')) {
            Some("english") => words.extend(ENGLISH_STOP_WORDS.iter().map(|w| (*w).to_string())),
            Some(language) if OTHER_LANGUAGES.contains(&language) => {
                return Err(format!("no stop words `{word}` here; there is `_english_`"));
            }
            _ => words.push(word),
        }
    }
    Ok(words)
}

fn strings(value: &Value, label: &str) -> Result<Vec<String>, String> {
    let Value::Array(items) = value else {
        return Err(format!("{label} should be array"));
    };
    items
        .iter()
        .map(|item| item.as_str().map(str::to_string))
        .collect::<Option<Vec<String>>>()
        .ok_or_else(|| format!("{label} list item should be string"))
}

fn without_file(params: &Params, key: &str) -> Result<(), String> {
    if params.contains_key(key) {
        return Err(format!("`{key}` wants a file resource, which is not here; list the words"));
    }
    Ok(())
}

/// A message, made in one place: there are many, and none is in a hurry.
#[cold]
fn wrong(message: &str) -> String {
    message.to_string()
}
