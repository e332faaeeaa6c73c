//! Names that pgvector, milvusql, dbVisitor, milvus-cli and SQL at large taught people, each with
//! the name that it has here. One table: whoever reads a parameter or a type asks it, and what is
//! sent has the server's own name. The reference's page of spellings is checked against it.

/// Parameters and options, in small letters.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("ef_construction", "efConstruction"),
    ("ef_search", "ef"),
    ("hnsw.ef_search", "ef"),
    ("distance_type", "metric_type"),
    ("lists", "nlist"),
    ("probes", "nprobe"),
    ("ivfflat.probes", "nprobe"),
    ("num_shards", "shards"),
    ("shards_num", "shards"),
    ("num_replicas", "replicas"),
    ("replica_number", "replicas"),
    ("is_clustering", "major"),
    ("is_major", "major"),
    ("ttl_seconds", "collection.ttl.seconds"),
    ("dynamic_field", "enable_dynamic_field"),
    ("partition_key_field", "partition_key"),
    ("clustering_key_field", "clustering_key"),
    ("mmap_enabled", "mmap.enabled"),
];

/// Metrics, in capitals.
pub(crate) const METRICS: &[(&str, &str)] =
    &[("EUCLIDEAN", "L2"), ("INNER_PRODUCT", "IP"), ("DOT_PRODUCT", "IP"), ("DOT", "IP")];

/// Types, in capitals.
pub const TYPES: &[(&str, &str)] = &[
    ("INTEGER", "INT"),
    ("INT2", "SMALLINT"),
    ("INT4", "INT"),
    ("REAL", "FLOAT"),
    ("FLOAT4", "FLOAT"),
    ("FLOAT32", "FLOAT"),
    ("FLOAT8", "DOUBLE"),
    ("FLOAT64", "DOUBLE"),
    ("NUMERIC", "DOUBLE"),
    ("DECIMAL", "DOUBLE"),
    ("DOUBLE PRECISION", "DOUBLE"),
    ("CHAR", "VARCHAR"),
    ("CHARACTER", "VARCHAR"),
    ("CHARACTER VARYING", "VARCHAR"),
    ("STRING", "VARCHAR"),
    ("NVARCHAR", "VARCHAR"),
    ("UUID", "VARCHAR"),
    ("MEDIUMTEXT", "TEXT"),
    ("LONGTEXT", "TEXT"),
    ("JSONB", "JSON"),
    ("TIMESTAMP", "TIMESTAMPTZ"),
    ("DATETIME", "TIMESTAMPTZ"),
    ("HALFVEC", "FLOAT16VEC"),
    ("BIT", "BINARYVEC"),
    (SERIAL, "BIGINT"),
];

/// BIGINT AUTO_INCREMENT in one word.
pub(crate) const SERIAL: &str = "BIGSERIAL";

/// Whether a type's word promises exact decimals, which a DOUBLE does not keep.
pub(crate) fn is_decimal(word: &str) -> bool {
    ["NUMERIC", "DECIMAL"].iter().any(|decimal| decimal.eq_ignore_ascii_case(word))
}

/// A parameter by the name that it has here; one that is no alias is itself.
pub(crate) fn parameter(name: &str) -> &str {
    of(PARAMETERS, name)
}

/// A type by the word that it has here; one that is no alias is itself.
pub(crate) fn type_word(word: &str) -> &str {
    of(TYPES, word)
}

fn of<'a>(table: &[(&str, &'static str)], name: &'a str) -> &'a str {
    let known = table.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    known.map_or(name, |(_, own)| own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_read_in_any_capitals_and_stands_once() {
        assert_eq!(parameter("EF_Construction"), "efConstruction");
        assert_eq!(parameter("M"), "M");
        assert_eq!(type_word("char"), "VARCHAR");
        for table in [PARAMETERS, TYPES] {
            for (at, (alias, own)) in table.iter().enumerate() {
                assert!(table.iter().take(at).all(|(above, _)| above != alias), "{alias} twice");
                assert_eq!(of(table, own), *own, "{alias} stands for an alias");
            }
        }
    }
}
