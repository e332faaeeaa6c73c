//! HELP: the statements with an example each, and the metrics and index types. Pure text; the reference pages say the rest.

use super::ast::Name;
use crate::diagnostic::Diagnostic;
use crate::outcome::{Outcome, Table};

/// (what it does, how it is written): the original's eighteen first, in its order.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("Create a collection", "create table test01 where dimension=128 and index_file_size=1024 and metric_type='L2'"),
    ("Drop a collection", "drop table test01"),
    ("Show all collections", "list table"),
    ("Create a partition", "create partition test01 where partition_tag='tag01'"),
    ("Drop a partition", "drop partition test01 where partition_tag='tag01'"),
    ("Show all partitions in a collection", "list partitions test01"),
    ("Create an index", "create index test01 where index_type='FLAT' and nlist=4096"),
    ("Remove an index; the table stays searchable by brute force", "drop index test01"),
    ("Flush data", "flush test01, test02"),
    ("Compact all segments in a collection", "compact test01"),
    ("Search vectors", "select 2, 3, 5 from test01 where top_k=1 and partition_tags='tag01' and nprobe=16"),
    ("Search several vectors at once", "select [2, 3, 5], [1, 1, 1] from test01 where top_k=1 and partition_tags='tag01', 'tag02'"),
    ("Delete vectors by ID", "delete test01 by id=1"),
    ("Insert a vector; one of the same id is replaced", "insert 2,3,5 from test01 where partition_tag='tag01' by id=0"),
    ("Insert several vectors at once", "insert [2,3,5], [1,1,1] from test01 by id=1,2"),
    ("Select vectors by ID", "select test01 by id=1,2,3"),
    ("View the metric types", "help -metric"),
    ("View the index types", "help -index"),
    ("View a collection's description", "desc test01"),
    ("View a collection's statistics", "stats test01"),
    ("Connect to a server", "milvus://user:password@127.0.0.1:19530/database?secure=true"),
    ("Connect to a server", "CONNECT 'http://127.0.0.1:19530' USER 'root' PASSWORD '…' DATABASE d"),
    ("Use another database", "USE d"),
    ("Show what is there", "SHOW TABLES; SHOW DATABASES; SHOW PARTITIONS FROM t; SHOW INDEXES FROM t; SHOW VERSION; SHOW SETTINGS"),
    ("Create a table", "CREATE TABLE IF NOT EXISTS t (id BIGINT PRIMARY KEY, v VECTOR(8), title VARCHAR(200), meta JSON) WITH (consistency_level='Strong')"),
    ("Create an index", "CREATE INDEX ON t (v) USING HNSW WITH (metric_type='COSINE', M=16, efConstruction=200)"),
    ("Create or drop a partition", "CREATE PARTITION p ON t; DROP PARTITION p ON t"),
    ("Load or release a table", "LOAD TABLE t; RELEASE TABLE t"),
    ("Insert rows", "INSERT INTO t PARTITION p (id, v) VALUES (1, [0.1, 0.2]), (2, [0.3, 0.4])"),
    ("Insert or replace rows", "UPSERT INTO t (id, v) VALUES (1, [0.1, 0.2])"),
    ("Delete rows", "DELETE FROM t WHERE year < 1900"),
    ("Read rows", "SELECT id, title FROM t WHERE year BETWEEN 1800 AND 1900 AND title LIKE 'E%' LIMIT 10 OFFSET 5"),
    ("Count rows", "SELECT COUNT(*) FROM t WHERE year > 1900"),
    (
        "Search; <-> is L2, <=> COSINE, <#> IP, <~> HAMMING, <%> JACCARD",
        "SELECT id, title FROM t WHERE year > 1800 ORDER BY v <-> [0.1, 0.2] LIMIT 5 SEARCH PARAMS (nprobe=16)",
    ),
    ("See the requests of a statement without sending them", "EXPLAIN SELECT * FROM t"),
    ("Change the kernel's settings", "SET display_limit = 20; SET table_schema = on; SET timeout = 30; SET consistency_level = Strong"),
];

const METRICS: &[(&str, &str)] = &[
    ("L2", "squared Euclidean distance; smaller is closer; <->"),
    ("IP", "inner product; larger is closer; <#>"),
    ("COSINE", "cosine similarity; larger is closer; <=>"),
    ("HAMMING", "bits that differ, of binary vectors; <~>"),
    ("JACCARD", "1 - shared bits / set bits, of binary vectors; <%>"),
    ("SUBSTRUCTURE", "binary vectors whose bits are all in the query"),
    ("SUPERSTRUCTURE", "binary vectors that have all bits of the query"),
    ("TANIMOTO", "no more in Milvus: JACCARD is used instead"),
    ("INVALID", "no metric: an error"),
];

const INDEXES: &[(&str, &str)] = &[
    ("FLAT", "brute force: exact, no parameters"),
    ("IVFLAT", "today's IVF_FLAT: clusters, of which nprobe are searched; nlist"),
    ("IVF_SQ8", "IVF_FLAT with one byte a dimension; nlist"),
    ("IVF_SQ8H", "no more in Milvus: IVF_SQ8 is used instead"),
    ("IVF_PQ", "IVF with product quantization; nlist, m, nbits"),
    ("HNSW", "a graph; M, efConstruction, searched with ef"),
    ("RNSG", "no more in Milvus: HNSW is used instead"),
    ("ANNOY", "no more in Milvus: HNSW is used instead"),
    ("INVALID", "no index: an error"),
    ("AUTOINDEX", "Milvus chooses"),
    ("SCANN", "IVF_PQ for SIMD; nlist"),
    ("DISKANN", "a graph on disk, searched with search_list"),
    ("BIN_FLAT", "FLAT of binary vectors"),
    ("BIN_IVF_FLAT", "IVF_FLAT of binary vectors; nlist"),
];

/// The help on a topic, or on everything.
pub fn help(topic: Option<&Name>) -> Result<Outcome, Diagnostic> {
    let table = |heads: [&str; 2], rows: &[(&str, &str)]| {
        let rows: Vec<Vec<String>> = rows.iter().map(|(left, right)| vec![(*left).to_string(), (*right).to_string()]).collect();
        let count = rows.len();
        Outcome::table(Table::texts(&heads, rows)).with_done(format!("{count} lines of help"))
    };
    let Some(topic) = topic else { return Ok(table(["description", "milvus sql"], STATEMENTS)) };
    match topic.value.to_ascii_lowercase().trim_start_matches('-') {
        "metric" | "metrics" => Ok(table(["milvus MetricType", "description"], METRICS)),
        "index" | "indexes" => Ok(table(["milvus IndexType", "description"], INDEXES)),
        words => {
            let found: Vec<(&str, &str)> = STATEMENTS
                .iter()
                .filter(|(what, how)| words.split_whitespace().all(|word| how.to_ascii_lowercase().contains(word) || what.to_ascii_lowercase().contains(word)))
                .copied()
                .collect();
            if found.is_empty() {
                return Err(Diagnostic::new("UnknownTopic", format!("there is no help on `{topic}`"))
                    .at(topic.span)
                    .help("`help` lists the statements, `help -metric` the metrics, `help -index` the index types"));
            }
            Ok(table(["description", "milvus sql"], &found))
        }
    }
}
