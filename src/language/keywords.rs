//! The words of the dialect, each in one row with all that it is used for. The grammar's build
//! script makes the keyword rules of it; `parse` asks which words open a statement, `print` which
//! names it has to quote, `typing` what to offer, `unread` what a secret follows. Data and two
//! look-ups: the build script compiles this file as well, so nothing of the crate is used here.
//!
//! A new keyword is a row of [`KEYWORDS`], and its name in capitals in `grammar.pest`.

/// A statement begins with it: the grammar's rule is its name with `_statement` behind it.
pub(crate) const OPENS: u8 = 1;
/// The grammar has a rule of this name, which reads the word and its [`SYNONYMS`].
pub(crate) const RULE: u8 = 1 << 1;
/// No name without quotes.
pub(crate) const RESERVED: u8 = 1 << 2;
/// A name without quotes, but not everywhere: `print` quotes it as well.
pub(crate) const AMBIGUOUS: u8 = 1 << 3;
/// A word or a phrase of the language, with or without a rule: the editor colours it.
pub(crate) const COMPLETES: u8 = 1 << 4;
/// The name of a table comes next.
pub(crate) const TABLE_NEXT: u8 = 1 << 5;
/// A password or a token comes next.
pub(crate) const SECRET_NEXT: u8 = 1 << 6;
/// A setting of the kernel: what SET takes without `@`.
pub(crate) const SETTING: u8 = 1 << 7;

/// The words, and the phrases that stand together, in the order of the alphabet; then the
/// names of parameters and settings, which are lower case.
pub(crate) const KEYWORDS: &[(&str, u8)] = &[
    ("ADD", RULE),
    ("ADD FIELD", COMPLETES),
    ("AGAINST", RULE),
    ("ALIAS", COMPLETES),
    ("ALIASES", COMPLETES),
    ("ALL", RULE | AMBIGUOUS),
    ("ALTER", OPENS | RULE),
    ("ALWAYS", RULE),
    ("ANALYZE", OPENS | RULE),
    ("ANALYZER", RULE | COMPLETES),
    ("AND", RULE | RESERVED | COMPLETES),
    ("ARRAY", AMBIGUOUS | COMPLETES),
    ("AS", RULE | COMPLETES),
    ("ASC", RULE),
    ("AUTO_INCREMENT", RULE | COMPLETES),
    ("AVG(", COMPLETES),
    ("BAR", AMBIGUOUS | COMPLETES),
    ("BETWEEN", RULE | RESERVED | COMPLETES),
    ("BFLOAT16VEC", COMPLETES),
    ("BIGINT", COMPLETES),
    ("BINARYVEC", COMPLETES),
    ("BM25_SCORE", RULE),
    ("BM25_SCORE(", COMPLETES),
    ("BOOLEAN", COMPLETES),
    ("BY", RULE | RESERVED | COMPLETES),
    ("CASE", RULE | AMBIGUOUS | COMPLETES),
    ("CAST", RULE),
    ("CAST(", COMPLETES),
    ("CLUSTERING", RULE),
    ("COLLECTION", RESERVED | TABLE_NEXT),
    ("COLOR", RULE),
    ("COLOR BY", COMPLETES),
    ("COLUMN", AMBIGUOUS),
    ("COMMENT", OPENS | RULE),
    ("COMPACT", OPENS | RULE | TABLE_NEXT),
    ("COMPACTION", RULE | COMPLETES),
    ("CONNECT", OPENS | RULE),
    ("CONNECTION", RULE | AMBIGUOUS | COMPLETES),
    ("CONNECTIONS", COMPLETES),
    ("CONSISTENCY", RULE),
    ("CONSISTENCY LEVEL", COMPLETES),
    ("COPY", OPENS | RULE | TABLE_NEXT),
    ("COUNT", OPENS | RULE),
    ("COUNT(*)", COMPLETES),
    ("CREATE", OPENS | RULE | RESERVED),
    ("CREATE TABLE", COMPLETES),
    ("CURRENT_DATE", AMBIGUOUS | COMPLETES),
    ("CURRENT_TIMESTAMP", AMBIGUOUS | COMPLETES),
    ("DATABASE", RULE | AMBIGUOUS | COMPLETES),
    ("DATABASES", COMPLETES),
    ("DEFAULT", RULE | COMPLETES),
    ("DELETE", OPENS | RULE | RESERVED),
    ("DESC", OPENS | RULE | TABLE_NEXT),
    ("DESCRIBE", OPENS | RULE | TABLE_NEXT),
    ("DISCONNECT", OPENS | RULE),
    ("DISTINCT", RULE | AMBIGUOUS | COMPLETES),
    ("DOUBLE", COMPLETES),
    ("DROP", OPENS | RULE | RESERVED),
    ("DRY", RULE),
    ("DRY RUN", COMPLETES),
    ("ELSE", RULE | AMBIGUOUS | COMPLETES),
    ("ENABLE", RULE),
    ("END", RULE | AMBIGUOUS | COMPLETES),
    ("EXCLUDE", RULE | COMPLETES),
    ("EXISTS", RULE),
    ("EXPLAIN", OPENS),
    ("EXPORT", OPENS | RULE),
    ("FALSE", RULE | RESERVED),
    ("FETCH", RULE | AMBIGUOUS),
    ("FETCH FIRST", COMPLETES),
    ("FIELD", RULE | AMBIGUOUS),
    ("FIELDS", RULE | COMPLETES),
    ("FILE", RULE),
    ("FILTER", RULE | RESERVED | COMPLETES),
    ("FIRST", RULE),
    ("FLOAT", COMPLETES),
    ("FLOAT16VEC", COMPLETES),
    ("FLUSH", OPENS | RULE | TABLE_NEXT),
    ("FOR", RULE | COMPLETES),
    ("FROM", RULE | RESERVED | COMPLETES | TABLE_NEXT),
    ("GENERATED", RULE),
    ("GENERATED ALWAYS AS", COMPLETES),
    ("GLOBAL", AMBIGUOUS),
    ("GRANT", OPENS | RULE),
    ("GRANTS", RULE),
    ("GRANTS FOR", COMPLETES),
    ("GROUP", RULE | AMBIGUOUS),
    ("GROUP BY", COMPLETES),
    ("HAVING", RULE | AMBIGUOUS | COMPLETES),
    ("HELP", OPENS | RULE),
    ("HISTOGRAM", AMBIGUOUS | COMPLETES),
    ("HNSW", COMPLETES),
    ("HYBRID", RULE),
    ("HYBRID SEARCH", COMPLETES),
    ("ID", RULE),
    ("IF", RULE | AMBIGUOUS),
    ("IF EXISTS", COMPLETES),
    ("IF NOT EXISTS", COMPLETES),
    ("ILIKE", RULE | AMBIGUOUS | COMPLETES),
    ("IMPORT", OPENS | RULE),
    ("IMPORTS", COMPLETES),
    ("IN", RULE | RESERVED | COMPLETES),
    ("INDEX", RULE | AMBIGUOUS | COMPLETES),
    ("INDEXES", COMPLETES),
    ("INSERT", OPENS | RULE | RESERVED),
    ("INT", COMPLETES),
    ("INT8VEC", COMPLETES),
    ("INTO", RULE | RESERVED | COMPLETES | TABLE_NEXT),
    ("IS", RULE | RESERVED),
    ("IS NULL", COMPLETES),
    ("IVF_FLAT", COMPLETES),
    ("JSON", COMPLETES),
    ("KEY", RULE),
    ("LABEL", RULE | COMPLETES),
    ("LAST", RULE),
    ("LEVEL", RULE),
    ("LIKE", RULE | RESERVED | COMPLETES),
    ("LIMIT", RULE | RESERVED | COMPLETES),
    ("LINE", AMBIGUOUS | COMPLETES),
    ("LIST", OPENS | RULE),
    ("LOAD", OPENS | RULE | TABLE_NEXT),
    ("LOADING", RULE | AMBIGUOUS),
    ("MATCH", RULE | AMBIGUOUS),
    ("MAX(", COMPLETES),
    ("MIN(", COMPLETES),
    ("NEAR", RULE | COMPLETES),
    ("NEXT", RULE),
    ("NODES", RULE),
    ("NOT", RULE | RESERVED | COMPLETES),
    ("NULL", RULE | RESERVED),
    ("NULLS", RULE),
    ("NULLS FIRST", COMPLETES),
    ("NULLS LAST", COMPLETES),
    ("OF", RULE),
    ("OFFSET", RULE | RESERVED | COMPLETES),
    ("OLD", RULE | SECRET_NEXT),
    ("ON", RULE | RESERVED | COMPLETES | TABLE_NEXT),
    ("ONLY", RULE),
    ("OPTIMIZE", OPENS | TABLE_NEXT),
    ("OR", RULE | RESERVED | COMPLETES),
    ("ORDER", RULE | RESERVED),
    ("ORDER BY", COMPLETES),
    ("PARAMS", RULE),
    ("PARTITION", RULE | RESERVED | COMPLETES),
    ("PARTITION KEY", COMPLETES),
    ("PARTITIONS", RULE | RESERVED | COMPLETES),
    ("PASSWORD", RULE | COMPLETES | SECRET_NEXT),
    ("PLOT", OPENS | RULE | TABLE_NEXT),
    ("PRIMARY", RULE),
    ("PRIMARY KEY", COMPLETES),
    ("PRIVILEGE", RULE),
    ("PROGRESS", RULE),
    ("PROGRESS OF", COMPLETES),
    ("PROMPT", RULE | COMPLETES),
    ("PROPERTIES", RULE | AMBIGUOUS | COMPLETES),
    ("REGEXP", RULE | AMBIGUOUS | COMPLETES),
    ("RELEASE", OPENS | RULE | TABLE_NEXT),
    ("RENAME", RULE),
    ("RENAME TO", COMPLETES),
    ("REPLACE", OPENS | RULE),
    ("REPLICAS", RULE | COMPLETES),
    ("RERANK", RULE | COMPLETES),
    ("RESOURCE GROUP", COMPLETES),
    ("RESTORE", OPENS | RULE),
    ("REVOKE", OPENS | RULE),
    ("ROLE", RULE | AMBIGUOUS | COMPLETES),
    ("ROLES", COMPLETES),
    ("ROW", RULE),
    ("ROWS", RULE),
    ("RUN", OPENS | RULE),
    ("SALVAGE", RULE | COMPLETES),
    ("SCATTER", AMBIGUOUS | COMPLETES),
    ("SEARCH", RULE),
    ("SEARCH PARAMS", COMPLETES),
    ("SEGMENTS", COMPLETES),
    ("SELECT", OPENS | RULE | RESERVED),
    ("SET", OPENS | RULE | AMBIGUOUS),
    ("SET PROPERTIES", COMPLETES),
    ("SETTINGS", COMPLETES),
    ("SHOW", OPENS | RULE),
    ("SMALLINT", COMPLETES),
    ("SNAPSHOT", RULE | AMBIGUOUS | COMPLETES),
    ("SPARSEVEC", COMPLETES),
    ("STATS", OPENS | RULE | COMPLETES | TABLE_NEXT),
    ("STORAGE", RULE | COMPLETES),
    ("SUM(", COMPLETES),
    ("TABLE", RULE | RESERVED | COMPLETES | TABLE_NEXT),
    ("TABLES", RULE | COMPLETES),
    ("TEXT_MATCH(", COMPLETES),
    ("THEN", RULE | AMBIGUOUS | COMPLETES),
    ("TINYINT", COMPLETES),
    ("TO", RULE | AMBIGUOUS),
    ("TOKEN", RULE | COMPLETES | SECRET_NEXT),
    ("TRANSFER", OPENS | RULE),
    ("TRUE", RULE | RESERVED),
    ("TRUNCATE", OPENS | RULE),
    ("TYPE", RULE),
    ("UPDATE", OPENS | RULE),
    ("UPSERT", OPENS | RULE | RESERVED),
    ("USE", OPENS | RULE),
    ("USER", RULE | AMBIGUOUS | COMPLETES),
    ("USERS", COMPLETES),
    ("USING", RULE | RESERVED | COMPLETES),
    ("VACUUM", OPENS | TABLE_NEXT),
    ("VALUES", RULE | RESERVED | COMPLETES),
    ("VARCHAR", COMPLETES),
    ("VARIABLES", COMPLETES),
    ("VECTOR", COMPLETES),
    ("VERSION", COMPLETES),
    ("WEIGHT", RULE | COMPLETES),
    ("WHEN", RULE | AMBIGUOUS | COMPLETES),
    ("WHERE", RULE | RESERVED | COMPLETES),
    ("WITH", RULE | RESERVED | COMPLETES),
    ("consistency_level", COMPLETES | SETTING),
    ("default_connection", COMPLETES | SETTING),
    ("dimension", COMPLETES),
    ("display_limit", COMPLETES | SETTING),
    ("image_field", COMPLETES | SETTING),
    ("index_type", COMPLETES),
    ("memory_limit", COMPLETES | SETTING),
    ("metric_type", COMPLETES),
    ("nlist", COMPLETES),
    ("nprobe", COMPLETES),
    ("partition_tag", COMPLETES),
    ("partition_tags", COMPLETES),
    ("precision", COMPLETES | SETTING),
    ("table_schema", COMPLETES | SETTING),
    ("table_size", COMPLETES | SETTING),
    ("timeout", COMPLETES | SETTING),
    ("top_k", COMPLETES),
];

/// Other words for a keyword, each with the rule that reads it.
pub(crate) const SYNONYMS: &[(&str, &str)] = &[
    ("AUTOINCREMENT", "AUTO_INCREMENT"),
    ("AUTO_ID", "AUTO_INCREMENT"),
    ("BM25", "BM25_SCORE"),
    ("COLLECTION", "TABLE"),
    ("COLLECTIONS", "TABLES"),
    ("COLUMN", "FIELD"),
    ("COLUMNS", "FIELDS"),
    ("DESC", "DESCRIBE"),
    ("EXCEPT", "EXCLUDE"),
    ("IDS", "ID"),
    ("NODE", "NODES"),
    ("OPTIMIZE", "COMPACT"),
    ("OPTIONS", "WITH"),
    ("PRIVILEGES", "PRIVILEGE"),
    ("REPLICA", "REPLICAS"),
    ("RLIKE", "REGEXP"),
    ("VACUUM", "COMPACT"),
];

/// The words with any of these uses, in the order of the table.
pub(crate) fn used_for(uses: u8) -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().filter(move |(_, has)| has & uses != 0).map(|(word, _)| *word)
}

/// Whether a word, in any capitals, has any of these uses.
pub(crate) fn is(word: &str, uses: u8) -> bool {
    used_for(uses).any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use milvus_kernel_grammar::{Rule, parse, statement_of};

    use super::*;

    const GRAMMAR: &str = include_str!("grammar/grammar.pest");

    #[test]
    fn each_word_stands_once_and_in_order() {
        for (above, below) in KEYWORDS.iter().zip(KEYWORDS.iter().skip(1)) {
            assert!(above.0 < below.0, "{} and {}", above.0, below.0);
        }
    }

    /// A row's rule is used, and what the grammar uses has a row (or it would not compile).
    #[test]
    fn the_grammar_uses_every_rule() {
        let names: Vec<&str> =
            GRAMMAR.split(|char: char| !char.is_alphanumeric() && char != '_').collect();
        for word in used_for(RULE) {
            let builtin = format!("{word}_WORD");
            assert!(names.contains(&word) || names.contains(&builtin.as_str()), "{word}");
        }
        for (synonym, rule) in SYNONYMS {
            assert!(is(rule, RULE), "{synonym} is of no rule");
        }
    }

    #[test]
    fn the_grammar_reserves_what_is_reserved() {
        for (word, uses) in KEYWORDS.iter().filter(|(word, _)| !word.contains([' ', '('])) {
            for word in [word.to_string(), word.to_lowercase()] {
                let is_name = parse(Rule::bare, &format!("{word} 1")).is_ok();
                assert_eq!(is_name, uses & RESERVED == 0, "{word}");
                assert!(parse(Rule::bare, &format!("{word}s_")).is_ok(), "{word}s_");
            }
        }
    }

    #[test]
    fn what_opens_a_statement_has_its_rule() {
        for word in used_for(OPENS) {
            assert_eq!(statement_of(word).is_some(), word != "EXPLAIN", "{word}");
            assert_eq!(statement_of(&word.to_lowercase()), statement_of(word));
        }
        assert_eq!(statement_of("DESC"), Some(Rule::describe_statement));
        assert_eq!(statement_of("FROM"), None);
    }

    #[test]
    fn every_spelling_is_read() {
        for (rule, word) in [
            (Rule::TABLE, "collection"),
            (Rule::TABLE, "Table"),
            (Rule::ID, "ids"),
            (Rule::ID, "id"),
            (Rule::NODES, "NODE"),
            (Rule::DROP_WORD, "drop"),
        ] {
            assert!(parse(rule, word).is_ok(), "{word}");
            assert!(parse(rule, &format!("{word}x")).is_err(), "{word}x");
        }
    }
}
