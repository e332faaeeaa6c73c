//! The index types of Milvus 2.3 to 3.0: what each is for, what it takes, and what a search on it
//! takes (Milvus docs: index, parameters). `help -index` and the reference's table are checked
//! against this one.

use crate::diagnostic::{Code, Diagnostic, Result, Spanned};
use crate::execute::catalog::aliases;
use crate::execute::params;
use crate::execute::value::number;
use crate::language::ast::{Name, Param, Value};
use milvus_proto::schema::DataType;

/// What may stand as a parameter's value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Range {
    Whole(i64, i64),
    Number(f64, f64),
    Flag,
    Word(&'static [&'static str]),
    Text,
}

/// What an index is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fits {
    Any,
    /// fields of these types
    Of(&'static [DataType]),
}

const DENSE: Fits = Fits::Of(&[
    DataType::FloatVector,
    DataType::Float16Vector,
    DataType::BFloat16Vector,
    DataType::Int8Vector,
]);
const BINARY: Fits = Fits::Of(&[DataType::BinaryVector]);
const SPARSE: Fits = Fits::Of(&[DataType::SparseFloatVector]);
const SCALAR: Fits = Fits::Of(&[
    DataType::Bool,
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::Float,
    DataType::Double,
    DataType::String,
    DataType::VarChar,
    DataType::Array,
    DataType::Json,
]);
/// what has few values; JSON by a path
const COUNTED: Fits = Fits::Of(&[
    DataType::Bool,
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::String,
    DataType::VarChar,
    DataType::Array,
    DataType::Json,
]);
/// what has an order; JSON by a path
const ORDERED: Fits = Fits::Of(&[
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::Float,
    DataType::Double,
    DataType::String,
    DataType::VarChar,
    DataType::Timestamptz,
    DataType::Json,
]);
const STRINGS: Fits = Fits::Of(&[DataType::String, DataType::VarChar]);
const TEXTS: Fits = Fits::Of(&[DataType::String, DataType::VarChar, DataType::Json]);
const PLACES: Fits = Fits::Of(&[DataType::Geometry]);

impl Fits {
    fn takes(self, data_type: DataType) -> bool {
        match self {
            Fits::Any => true,
            Fits::Of(types) => types.contains(&data_type),
        }
    }
}

pub(crate) type Known = (&'static str, Range);

pub struct IndexType {
    pub name: &'static str,
    pub(crate) fits: Fits,
    pub(crate) build: &'static [Known],
    pub(crate) search: &'static [Known],
}

const MAX: i64 = i32::MAX as i64;
const NLIST: Known = ("nlist", Range::Whole(1, 65_536));
const NPROBE: Known = ("nprobe", Range::Whole(1, 65_536));
const M: Known = ("M", Range::Whole(2, 2_048));
const EF_CONSTRUCTION: Known = ("efConstruction", Range::Whole(1, MAX));
const EF: Known = ("ef", Range::Whole(1, MAX));
const REFINE: Known = ("refine", Range::Flag);
const REFINE_TYPE: Known = ("refine_type", Range::Word(&["SQ6", "SQ8", "BF16", "FP16", "FP32"]));
const REFINE_K: Known = ("refine_k", Range::Number(1.0, MAX as f64));
const PQ_M: Known = ("m", Range::Whole(1, 32_768));
const NBITS: Known = ("nbits", Range::Whole(1, 24));
const RAW: Known = ("with_raw_data", Range::Flag);
const CACHE: Known = ("cache_dataset_on_device", Range::Flag);
const K1: Known = ("bm25_k1", Range::Number(0.0, 3.0));
const B: Known = ("bm25_b", Range::Number(0.0, 1.0));
const DROP_BUILD: Known = ("drop_ratio_build", Range::Number(0.0, 1.0));
const DROP_SEARCH: Known = ("drop_ratio_search", Range::Number(0.0, 1.0));
const JSON_PATH: Known = ("json_path", Range::Text);
const JSON_CAST: Known = (
    "json_cast_type",
    Range::Word(&[
        "BOOL",
        "DOUBLE",
        "VARCHAR",
        "ARRAY_BOOL",
        "ARRAY_DOUBLE",
        "ARRAY_VARCHAR",
        "JSON",
    ]),
);
pub(crate) const MMAP: Known = ("mmap.enabled", Range::Flag);

const fn index(
    name: &'static str,
    fits: Fits,
    build: &'static [Known],
    search: &'static [Known],
) -> IndexType {
    IndexType { name, fits, build, search }
}

pub const INDEX_TYPES: &[IndexType] = &[
    index(
        "AUTOINDEX",
        Fits::Any,
        &[JSON_PATH, JSON_CAST],
        &[
            ("level", Range::Whole(1, 10)),
            NPROBE,
            EF,
            ("search_list", Range::Whole(1, 65_535)),
            REFINE_K,
            DROP_SEARCH,
        ],
    ),
    index("FLAT", DENSE, &[], &[]),
    index("IVF_FLAT", DENSE, &[NLIST], &[NPROBE]),
    index("IVF_SQ8", DENSE, &[NLIST], &[NPROBE]),
    index("IVF_PQ", DENSE, &[NLIST, PQ_M, NBITS], &[NPROBE]),
    index(
        "IVF_RABITQ",
        DENSE,
        &[NLIST, REFINE, REFINE_TYPE],
        &[NPROBE, ("rbq_query_bits", Range::Whole(0, 8)), REFINE_K],
    ),
    index("HNSW", DENSE, &[M, EF_CONSTRUCTION], &[EF]),
    index(
        "HNSW_SQ",
        DENSE,
        &[
            M,
            EF_CONSTRUCTION,
            ("sq_type", Range::Word(&["SQ4U", "SQ6", "SQ8", "BF16", "FP16"])),
            REFINE,
            REFINE_TYPE,
        ],
        &[EF, REFINE_K],
    ),
    index(
        "HNSW_PQ",
        DENSE,
        &[M, EF_CONSTRUCTION, PQ_M, NBITS, REFINE, REFINE_TYPE],
        &[EF, REFINE_K],
    ),
    index(
        "HNSW_PRQ",
        DENSE,
        &[M, EF_CONSTRUCTION, PQ_M, NBITS, ("nrq", Range::Whole(1, 16)), REFINE, REFINE_TYPE],
        &[EF, REFINE_K],
    ),
    index("SCANN", DENSE, &[NLIST, RAW], &[NPROBE, ("reorder_k", Range::Whole(1, MAX))]),
    index("DISKANN", DENSE, &[], &[("search_list", Range::Whole(1, 65_535))]),
    index("GPU_BRUTE_FORCE", DENSE, &[], &[]),
    index("GPU_IVF_FLAT", DENSE, &[NLIST, CACHE], &[NPROBE]),
    index("GPU_IVF_PQ", DENSE, &[NLIST, PQ_M, NBITS, CACHE], &[NPROBE]),
    index(
        "GPU_CAGRA",
        DENSE,
        &[
            ("intermediate_graph_degree", Range::Whole(1, MAX)),
            ("graph_degree", Range::Whole(1, MAX)),
            ("build_algo", Range::Word(&["IVF_PQ", "NN_DESCENT"])),
            CACHE,
            ("adapt_for_cpu", Range::Flag),
        ],
        &[EF, ("itopk_size", Range::Whole(1, MAX)), ("search_width", Range::Whole(1, MAX))],
    ),
    index("BIN_FLAT", BINARY, &[], &[]),
    index("BIN_IVF_FLAT", BINARY, &[NLIST], &[NPROBE]),
    index(
        "MINHASH_LSH",
        BINARY,
        &[
            ("mh_element_bit_width", Range::Whole(8, 64)),
            ("mh_lsh_band", Range::Whole(1, MAX)),
            RAW,
        ],
        &[REFINE_K],
    ),
    index(
        "SPARSE_INVERTED_INDEX",
        SPARSE,
        &[
            ("inverted_index_algo", Range::Word(&["DAAT_MAXSCORE", "DAAT_WAND", "TAAT_NAIVE"])),
            K1,
            B,
            DROP_BUILD,
        ],
        &[DROP_SEARCH],
    ),
    index("SPARSE_WAND", SPARSE, &[DROP_BUILD, K1, B], &[DROP_SEARCH]),
    index(
        "INVERTED",
        SCALAR,
        &[JSON_PATH, JSON_CAST, ("json_cast_function", Range::Word(&["STRING_TO_DOUBLE"]))],
        &[],
    ),
    index("BITMAP", COUNTED, &[JSON_PATH, JSON_CAST], &[]),
    index("STL_SORT", ORDERED, &[JSON_PATH, JSON_CAST], &[]),
    index("TRIE", STRINGS, &[], &[]),
    index(
        "NGRAM",
        TEXTS,
        &[
            ("min_gram", Range::Whole(1, MAX)),
            ("max_gram", Range::Whole(1, MAX)),
            JSON_PATH,
            JSON_CAST,
        ],
        &[],
    ),
    index("RTREE", PLACES, &[], &[]),
];

/// The index types that fields of a type take.
pub(crate) fn fitting(data_type: DataType) -> impl Iterator<Item = &'static IndexType> {
    INDEX_TYPES.iter().filter(move |known| known.fits.takes(data_type))
}

pub(crate) fn find(name: &str) -> Option<&'static IndexType> {
    INDEX_TYPES.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The type that stands for what Milvus has no more, or has by another name for binary vectors; and
/// what it replaced.
pub(crate) fn today(name: &str, data_type: DataType) -> (String, Option<String>) {
    let upper = name.to_ascii_uppercase();
    let (today, replaced) = match upper.as_str() {
        "IVFLAT" | "IVFFLAT" => ("IVF_FLAT", false),
        "IVF_SQ8H" => ("IVF_SQ8", true),
        "RNSG" | "ANNOY" => ("HNSW", true),
        other => (other, false),
    };
    let today = match today {
        "FLAT" if data_type == DataType::BinaryVector => "BIN_FLAT",
        "IVF_FLAT" if data_type == DataType::BinaryVector => "BIN_IVF_FLAT",
        other => other,
    };
    (today.to_string(), replaced.then_some(upper))
}

/// The index type of a USING, for a field of this type.
pub(crate) fn checked(
    name: &Name,
    data_type: DataType,
    type_name: &str,
) -> Result<(&'static IndexType, Option<String>)> {
    let (today, replaced) = today(&name.value, data_type);
    let Some(index_type) = find(&today) else {
        return Err(Diagnostic::new(
            Code::UnknownIndexType,
            format!("unknown index type `{name}`"),
        )
        .at(name.span)
        .suggest(&name.value, INDEX_TYPES.iter().map(|known| known.name), "there are")
        .help(
            "`help -index` lists what each of them is; one that is newer than this kernel \
                goes by `WITH (index_type = '…')`",
        ));
    };
    if index_type.fits.takes(data_type) {
        return Ok((index_type, replaced));
    }
    let fitting: Vec<&str> = fitting(data_type).map(|known| known.name).collect();
    Err(Diagnostic::new(
        Code::TypeMismatch,
        format!("{} does not index {type_name}", index_type.name),
    )
    .at(name.span)
    .help(format!("this field takes {}", fitting.join(", "))))
}

impl IndexType {
    /// A build parameter in Milvus's spelling, if this index takes it and its value.
    pub(crate) fn build_param(&self, param: &Param) -> Result<(String, serde_json::Value)> {
        self.param(param, self.build, &[MMAP], &[], "has no such parameter")
    }

    /// The same of a search; `common` is what every search takes.
    pub(crate) fn search_param(
        &self,
        param: &Param,
        common: &[&'static str],
    ) -> Result<(String, serde_json::Value)> {
        self.param(param, self.search, &[], common, "takes no such parameter in a search")
    }

    fn param(
        &self,
        param: &Param,
        known: &[Known],
        more: &[Known],
        common: &[&'static str],
        what: &str,
    ) -> Result<(String, serde_json::Value)> {
        let name = aliases::parameter(&param.name.value);
        let all = || known.iter().chain(more);
        // IVF_PQ's m and HNSW's M differ by case alone
        let found = all()
            .find(|(known, _)| *known == name)
            .or_else(|| all().find(|(known, _)| known.eq_ignore_ascii_case(name)));
        let Some((known_name, range)) = found else {
            let names: Vec<&str> =
                known.iter().map(|(name, _)| *name).chain(common.iter().copied()).collect();
            let mut error = params::unknown(param, &names).label(format!("{} {what}", self.name));
            if names.is_empty() {
                error = error.help(format!("{} takes no parameter of its own", self.name));
            }
            return Err(error);
        };
        let value = match range {
            Range::Whole(..) | Range::Number(..) => params::number(params::one(param)?),
            Range::Flag | Range::Word(_) | Range::Text => params::one(param)?.clone(),
        };
        check(known_name, *range, &value)?;
        Ok(((*known_name).to_string(), params::json(&value)?))
    }
}

impl Range {
    /// What it takes, in words.
    pub(crate) fn words(self) -> String {
        match self {
            Range::Whole(low, MAX) => format!("a whole number from {low}"),
            Range::Whole(low, high) => format!("a whole number from {low} to {high}"),
            Range::Number(low, high) if high == MAX as f64 => format!("a number from {low}"),
            Range::Number(low, high) => format!("a number from {low} to {high}"),
            Range::Flag => "TRUE or FALSE".to_string(),
            Range::Word(words) => format!("one of {}", words.join(", ")),
            Range::Text => "a string".to_string(),
        }
    }

    fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Range::Whole(low, high), Value::Int(number)) => (low..=high).contains(number),
            (Range::Number(low, high), value) => {
                number(value).is_some_and(|number| (low..=high).contains(&number))
            }
            (Range::Flag, Value::Bool(_)) | (Range::Text, Value::Text(_)) => true,
            (Range::Flag, Value::Text(text)) => matches!(text.as_str(), "true" | "false"),
            (Range::Word(words), Value::Text(text)) => {
                words.iter().any(|word| word.eq_ignore_ascii_case(text))
            }
            _ => false,
        }
    }
}

fn check(name: &str, range: Range, value: &Spanned<Value>) -> Result<()> {
    if range.takes(&value.value) {
        return Ok(());
    }
    let what = range.words();
    Err(Diagnostic::new(Code::OutOfRange, format!("`{name}` takes {what}")).at(value.span))
}

/// Fills in what an index cannot be built without.
pub(crate) fn complete(
    params: &mut serde_json::Map<String, serde_json::Value>,
    index_type: &str,
    dim: usize,
) {
    let mut default = |name: &str, value: usize| {
        if !params.contains_key(name) {
            params.insert(name.to_string(), value.into());
        }
    };
    match index_type {
        "IVF_FLAT" | "IVF_SQ8" | "BIN_IVF_FLAT" | "SCANN" | "IVF_RABITQ" | "GPU_IVF_FLAT" => {
            default("nlist", 128)
        }
        "IVF_PQ" | "GPU_IVF_PQ" => {
            default("nlist", 128);
            default("m", (1..=16).rev().find(|m| dim.is_multiple_of(*m)).unwrap_or(1));
        }
        "HNSW" | "HNSW_SQ" | "HNSW_PQ" | "HNSW_PRQ" => {
            default("M", 16);
            default("efConstruction", 200);
        }
        "NGRAM" => {
            default("min_gram", 2);
            default("max_gram", 3);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::catalog::fixture::{name, params, said};

    fn built(index_type: &str, written: &str) -> Result<(String, serde_json::Value), String> {
        let index_type = find(index_type).expect("an index type");
        index_type.build_param(&params(written)[0]).map_err(|error| said(&error))
    }

    #[test]
    fn parameters_are_checked_and_go_by_milvuss_names() {
        assert_eq!(
            built("HNSW", "EFCONSTRUCTION = 100"),
            Ok(("efConstruction".into(), 100.into()))
        );
        assert_eq!(built("hnsw", "m = 16"), Ok(("M".into(), 16.into())));
        assert_eq!(built("IVF_PQ", "m = 16"), Ok(("m".into(), 16.into())));
        assert_eq!(built("HNSW_PQ", "M = 16"), Ok(("M".into(), 16.into())));
        assert_eq!(built("HNSW", "mmap.enabled = TRUE"), Ok(("mmap.enabled".into(), true.into())));
        assert_eq!(built("HNSW", "M = '16'"), Ok(("M".into(), 16.into())), "as pymilvus takes it");
        assert_eq!(built("IVF_FLAT", "nlist = ' 8 '"), Ok(("nlist".into(), 8.into())));
        assert!(built("HNSW", "M = '1.5'").is_err() && built("HNSW", "M = 'x'").is_err());
        assert_eq!(
            built("HNSW", "M = 1"),
            Err("OutOfRange: `M` takes a whole number from 2 to 2048".to_string())
        );
        assert_eq!(
            built("SPARSE_WAND", "drop_ratio_build = 1.5"),
            Err("OutOfRange: `drop_ratio_build` takes a number from 0 to 1".to_string())
        );
        assert_eq!(
            built("HNSW_SQ", "sq_type = 'SQ9'"),
            Err("OutOfRange: `sq_type` takes one of SQ4U, SQ6, SQ8, BF16, FP16".to_string())
        );
        assert_eq!(
            built("HNSW", "nlist = 16"),
            Err("UnknownParameter: unknown parameter `nlist`; it takes: `M`, `efConstruction`"
                .to_string())
        );
        assert_eq!(
            built("FLAT", "nlist = 16"),
            Err("UnknownParameter: unknown parameter `nlist`; FLAT takes no parameter of its own"
                .to_string())
        );
    }

    #[test]
    fn a_search_takes_its_own_parameters() {
        let hnsw = find("HNSW").expect("an index type");
        let search = |written: &str| hnsw.search_param(&params(written)[0], &["round_decimal"]);
        assert_eq!(search("ef = 64").expect("a parameter"), ("ef".into(), 64.into()));
        let error = search("nprobe = 8").expect_err("of IVF");
        assert_eq!(error.label, "HNSW takes no such parameter in a search");
        assert_eq!(error.help, ["it takes: `ef`, `round_decimal`"]);
    }

    #[test]
    fn an_index_type_fits_a_type_of_field() {
        let of = |word: &str, data_type: DataType| {
            checked(&name(word), data_type, "FIELD")
                .map(|(index_type, replaced)| (index_type.name, replaced))
                .map_err(|error| said(&error))
        };
        assert_eq!(of("ivflat", DataType::FloatVector), Ok(("IVF_FLAT", None)));
        assert_eq!(of("FLAT", DataType::BinaryVector), Ok(("BIN_FLAT", None)));
        assert_eq!(of("RNSG", DataType::FloatVector), Ok(("HNSW", Some("RNSG".to_string()))));
        assert_eq!(of("autoindex", DataType::VarChar), Ok(("AUTOINDEX", None)));
        assert_eq!(
            of("HNSW", DataType::BinaryVector),
            Err("TypeMismatch: HNSW does not index FIELD; this field takes AUTOINDEX, BIN_FLAT, \
                BIN_IVF_FLAT, MINHASH_LSH"
                .to_string())
        );
        for (word, data_type, fitting) in [
            ("TRIE", DataType::Int64, "INVERTED, BITMAP, STL_SORT"),
            ("BITMAP", DataType::Float, "INVERTED, STL_SORT"),
            ("NGRAM", DataType::Bool, "INVERTED, BITMAP"),
            ("TRIE", DataType::Array, "INVERTED, BITMAP"),
            ("RTREE", DataType::VarChar, "INVERTED, BITMAP, STL_SORT, TRIE, NGRAM"),
            ("INVERTED", DataType::Geometry, "RTREE"),
            ("FLAT", DataType::SparseFloatVector, "SPARSE_INVERTED_INDEX, SPARSE_WAND"),
        ] {
            let error = of(word, data_type).expect_err(word);
            let help = format!("; this field takes AUTOINDEX, {fitting}");
            assert!(error.ends_with(&help), "{word}: {error}");
        }
        assert!(of("TRIE", DataType::VarChar).is_ok());
        assert!(of("HNWS", DataType::FloatVector).expect_err("unknown").contains("`HNSW`"));
    }

    #[test]
    fn what_an_index_cannot_do_without_is_filled_in() {
        let completed = |index_type: &str, dim: usize| {
            let mut params = serde_json::Map::new();
            params.insert("nlist".to_string(), 7.into());
            complete(&mut params, index_type, dim);
            serde_json::Value::Object(params).to_string()
        };
        assert_eq!(completed("IVF_FLAT", 8), r#"{"nlist":7}"#);
        assert_eq!(completed("IVF_PQ", 96), r#"{"nlist":7,"m":16}"#);
        assert_eq!(completed("IVF_PQ", 7), r#"{"nlist":7,"m":7}"#);
        assert_eq!(completed("HNSW", 8), r#"{"nlist":7,"M":16,"efConstruction":200}"#);
        assert_eq!(completed("DISKANN", 8), r#"{"nlist":7}"#);
    }
}
