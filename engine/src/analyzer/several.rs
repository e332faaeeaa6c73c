//! Several analyzers for one field, chosen by another field's value: `multi_analyzer_params`.
//!
//! JSON goes in; then for each row the value of the field that chooses goes in and an analyzer
//! comes out. Source: <https://milvus.io/docs/multi-language-analyzers.md>.

use std::collections::HashMap;

use serde_json::Value;

use super::{Analyzer, params};

/// Analyzers by name.
#[derive(Clone)]
pub struct SeveralAnalyzers {
    by_field: String,
    default: Analyzer,
    analyzers: HashMap<String, Analyzer>,
    alias: HashMap<String, String>,
}

impl SeveralAnalyzers {
    /// Reads `{"by_field": …, "analyzers": {"default": {…}, …}, "alias": {…}}`. That the field
    /// exists and is a VARCHAR is for the caller to check.
    pub fn from_params(json: &str) -> Result<SeveralAnalyzers, String> {
        let Ok(Value::Object(params)) = serde_json::from_str(json) else {
            return Err("multi analyzer params should be a json map".into());
        };
        let by_field = match params.get("by_field") {
            Some(Value::String(name)) => name.clone(),
            Some(other) => {
                return Err(format!(
                    "multi analyzer params by_field must be string but now: {other}"
                ));
            }
            None => {
                return Err("multi analyzer params now must set by_field to specify with field \
                            decide analyzer"
                    .into());
            }
        };
        let alias = match params.get("alias") {
            Some(alias) => string_map(alias).ok_or_else(|| {
                format!("multi analyzer alias must be string map but now: {alias}")
            })?,
            None => HashMap::new(),
        };
        let described = match params.get("analyzers") {
            Some(Value::Object(described)) => described,
            Some(other) => {
                return Err(format!("unmarshal analyzers failed: {other} is no json map"));
            }
            None => return Err("multi analyzer params must set analyzers".into()),
        };
        let mut analyzers = HashMap::new();
        for (name, params) in described {
            let failed = |error: String| format!("create analyzer {name} failed: {error}");
            let Value::Object(params) = params else {
                return Err(failed("analyzer params should be a json map".into()));
            };
            analyzers.insert(name.clone(), params::from_object(params).map_err(failed)?);
        }
        let default = analyzers
            .get("default")
            .cloned()
            .ok_or("multi analyzer must set default analyzer for all unknown value")?;
        Ok(SeveralAnalyzers { by_field, default, analyzers, alias })
    }

    /// The field whose value chooses.
    pub fn by_field(&self) -> &str {
        &self.by_field
    }

    /// The analyzer that a name or an alias of one chooses; `default` for any other.
    pub fn analyzer(&self, name: &str) -> &Analyzer {
        let name = self.alias.get(name).map_or(name, String::as_str);
        self.analyzers.get(name).unwrap_or(&self.default)
    }
}

fn string_map(value: &Value) -> Option<HashMap<String, String>> {
    let entries = value.as_object()?.iter();
    entries.map(|(key, value)| Some((key.clone(), value.as_str()?.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(analyzer: &Analyzer, text: &str) -> Vec<String> {
        analyzer.tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn the_field_chooses() {
        let several = SeveralAnalyzers::from_params(
            r#"{"by_field": "language",
                "analyzers": {"english": {"type": "english"},
                              "default": {"tokenizer": "whitespace"}},
                "alias": {"en": "english"}}"#,
        )
        .unwrap();
        assert_eq!(several.by_field(), "language");
        for (name, tokens) in [
            ("english", vec!["run", "databas"]),
            ("en", vec!["run", "databas"]),
            ("fr", vec!["The", "running", "databases!"]),
            ("default", vec!["The", "running", "databases!"]),
        ] {
            assert_eq!(texts(several.analyzer(name), "The running databases!"), tokens, "{name}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (json, message) in [
            ("[]", "multi analyzer params should be a json map"),
            (
                "{}",
                "multi analyzer params now must set by_field to specify with field decide analyzer",
            ),
            (r#"{"by_field": 1}"#, "multi analyzer params by_field must be string but now: 1"),
            (r#"{"by_field": "l"}"#, "multi analyzer params must set analyzers"),
            (
                r#"{"by_field": "l", "analyzers": {"en": {"type": "english"}}}"#,
                "multi analyzer must set default analyzer for all unknown value",
            ),
            (
                r#"{"by_field": "l", "analyzers": {"default": {"type": "klingon"}}}"#,
                "create analyzer default failed: unknown build-in analyzer type: klingon",
            ),
            (
                r#"{"by_field": "l", "analyzers": {"default": {}}, "alias": {"a": 1}}"#,
                r#"multi analyzer alias must be string map but now: {"a":1}"#,
            ),
        ] {
            assert_eq!(SeveralAnalyzers::from_params(json).err().as_deref(), Some(message));
        }
    }
}
