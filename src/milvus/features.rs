//! Which server has what. In: a server's version. Out: whether it has a method or a feature, or the
//! words that say what does. (Milvus docs: release notes.) Since when a method is there stands in
//! the table of methods of `milvus_proto`.

use milvus_proto::Method;

/// What runs at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    Milvus,
    /// counts its own versions
    MilvusLite,
    /// this project's own, in `engine/`: what it has not it says itself
    Engine,
}

/// A server's version, as it gives it: "v2.3.5", "milvus_lite-3.2.2".
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub product: Product,
    pub text: String,
    /// what cannot be read of it counts as the newest
    number: Number,
}

/// Major, minor and patch.
type Number = (u32, u32, u32);

/// Declares what servers differ in: the words of an error, since which Milvus it is there, and
/// which Milvus Lite has it.
macro_rules! features {
    ($(
        $(#[$doc:meta])*
        $feature:ident: $words:literal $major:literal $minor:literal $patch:literal $lite:expr;
    )*) => {
        /// What a server may not have, or would read over in silence, beside its methods.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Feature {
            $($(#[$doc])* $feature,)*
        }

        impl Feature {
            /// As an error begins: "a TEXT column".
            pub fn words(self) -> &'static str {
                match self {
                    $(Feature::$feature => $words,)*
                }
            }

            fn since(self) -> Number {
                match self {
                    $(Feature::$feature => ($major, $minor, $patch),)*
                }
            }

            fn lite(self) -> Lite {
                match self {
                    $(Feature::$feature => $lite,)*
                }
            }
        }
    };
}

/// Which Milvus Lite has a feature. Up to 2.5 it is a program of Milvus's own core, from 3 on
/// another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lite {
    /// or says itself that it has not, or reads over what changes no answer
    Yes,
    No,
    Since(Number),
    /// from then on it says itself whether it has
    Answers(Number),
    Before(Number),
}

use Lite::{Answers, Before, No, Since, Yes};

const LITE_3: Number = (3, 0, 0);

features! {
    ArithmeticOrder: "arithmetic that is compared by anything but = and <>" 2 4 0 Since(LITE_3);
    AddGeneratedField: "ADD FIELD … GENERATED" 3 0 0 Yes;
    AutoIdUpsert: "an UPSERT or UPDATE of an AUTO_INCREMENT table" 2 4 6 Yes;
    Bfloat16Column: "a BFLOAT16VEC column" 2 4 0 Yes;
    Bm25: "a BM25 function" 2 5 0 Since((2, 5, 0));
    ClusteringKey: "a clustering key" 2 4 0 Yes;
    DatabaseProperties: "properties of a database" 2 4 6 Yes;
    DefaultValue: "a default value" 2 5 0 Since(LITE_3);
    Float16Column: "a FLOAT16VEC column" 2 4 0 Yes;
    GeometryColumn: "a GEOMETRY column" 2 6 3 Answers(LITE_3);
    GroupBy: "GROUP BY" 3 0 0 No;
    GroupSize: "group_size" 2 5 0 Since(LITE_3);
    GroupingSearch: "a grouping search" 2 4 0 Yes;
    HybridSearch: "HYBRID SEARCH" 2 4 0 Yes;
    Int8Column: "an INT8VEC column" 2 6 0 Answers(LITE_3);
    IsNull: "IS NULL" 2 5 4 Since(LITE_3);
    /// Milvus Lite 3 finds nothing by IN with a list and a path into JSON
    JsonPathIn: "IN of a JSON path" 2 3 0 Before(LITE_3);
    /// Milvus Lite 2.5 has a backslash there mean nothing
    LikeBackslash: "a backslash in a pattern of LIKE" 2 3 0 Since(LITE_3);
    /// and reads a pattern of wildcards alone as one that nothing meets
    LikeAll: "LIKE '%'" 2 3 0 Since(LITE_3);
    LineBreak: "a line break in a string of a condition" 2 3 0 Since(LITE_3);
    LoadFields: "LOAD … FIELDS" 2 4 10 No;
    MajorCompaction: "COMPACT with major" 2 4 6 No;
    Not: "NOT of this condition" 2 3 0 Since(LITE_3);
    /// Milvus Lite 3 reads no `%`
    Modulo: "% in a condition" 2 3 0 Before(LITE_3);
    NullableColumn: "a nullable column" 2 5 0 Since(LITE_3);
    OrderBy: "ORDER BY" 3 0 0 No;
    OtherFunction: "a function of neither JSON nor ARRAY" 2 3 0 Answers(LITE_3);
    /// Milvus Lite counts the rows of the table
    PartitionCount: "COUNT of a partition" 2 3 0 No;
    /// Milvus Lite deletes from the whole table
    PartitionDelete: "DELETE from a partition" 2 3 0 No;
    PartialUpsert: "an UPSERT that leaves fields out" 2 6 2 Since(LITE_3);
    Regex: "a regular expression" 3 0 0 No;
    /// of an index it is a silent nothing before, of a table a riddle
    ResetProperties: "taking properties away" 2 4 18 Yes;
    ResetFieldProperties: "taking properties of a field away" 2 5 13 Yes;
    ResourceGroupConfig: "a resource group with requests or limits" 2 4 1 Yes;
    /// at most 16,384 hits a request, with a range search that reads on behind them; Milvus Lite 3
    /// gives all in one, and its range search looks at the first few hits alone
    SearchWindow: "a search in pages" 2 3 0 Before(LITE_3);
    SecondVectorColumn: "a second vector column" 2 4 0 Yes;
    SparseColumn: "a SPARSEVEC column" 2 4 0 Yes;
    TextColumn: "a TEXT column" 3 0 0 No;
    TextMatch: "TEXT_MATCH" 2 5 0 Since(LITE_3);
    /// Milvus Lite keeps the property, and every row
    TimeToLive: "collection.ttl.seconds" 2 3 0 No;
    TimestamptzColumn: "a TIMESTAMPTZ column" 2 6 6 Answers(LITE_3);
    /// Milvus Lite 2.5 shows others in their place, or ends
    VectorsInHits: "a search that shows FLOAT16VEC, BFLOAT16VEC or BINARYVEC" 2 3 0 No;
}

/// What the engine would read over.
const UNHEEDED: [Feature; 1] = [Feature::LoadFields];

impl Version {
    pub fn parse(text: &str) -> Version {
        // the Milvus of the Python package `milvus` calls itself 2.3.5-lite and is none
        let product = match text.split('-').next() {
            Some("milvus_lite") => Product::MilvusLite,
            Some("milvus_engine") => Product::Engine,
            _ => Product::Milvus,
        };
        let digits = text.trim_start_matches(|char: char| !char.is_ascii_digit());
        let mut parts = digits.split('.').map(|part| {
            part.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        });
        let mut next = || parts.next().flatten();
        let number = match (next(), next(), next()) {
            (Some(major), Some(minor), patch) => (major, minor, patch.unwrap_or(u32::MAX)),
            _ => (u32::MAX, 0, 0),
        };
        Version { product, text: digits.trim_end_matches("-lite").to_string(), number }
    }

    /// "2.3.5", "Milvus Lite 3.2.2"
    pub fn name(&self) -> String {
        match self.product {
            Product::Milvus => self.text.clone(),
            Product::MilvusLite | Product::Engine => self.title(),
        }
    }

    /// "Milvus 2.3.5", "Milvus Lite 3.2.2"
    pub fn title(&self) -> String {
        match self.product {
            Product::Milvus if self.text.is_empty() => "a Milvus of unknown version".to_string(),
            Product::Milvus => format!("Milvus {}", self.text),
            Product::MilvusLite => format!("Milvus Lite {}", self.text),
            Product::Engine => format!("Milvus Engine {}", self.text),
        }
    }

    /// Whether the server has a feature, as far as its version tells.
    pub fn has(&self, feature: Feature) -> bool {
        match self.product {
            Product::Milvus => self.number >= feature.since(),
            Product::Engine => !UNHEEDED.contains(&feature),
            Product::MilvusLite => match feature.lite() {
                Yes => true,
                No => false,
                Since(first) | Answers(first) => self.number >= first,
                Before(first) => self.number < first,
            },
        }
    }

    /// Whether the server may have a method. What Milvus Lite has is found out by asking.
    pub fn has_method(&self, method: &Method) -> bool {
        match self.product {
            Product::Milvus => self.number >= method.since,
            Product::MilvusLite | Product::Engine => true,
        }
    }

    /// "a TEXT column needs Milvus 3.0 or later; this server is 2.3.5"
    pub fn needs(&self, feature: Feature) -> String {
        let words = feature.words();
        match (self.product, feature.lite()) {
            (Product::Milvus, _) => format!("{words} {}", self.needs_milvus(feature.since())),
            (Product::MilvusLite, Since(first)) => {
                format!("{words} {}", self.needs_milvus_lite(first))
            }
            (Product::MilvusLite, Yes | No | Answers(_) | Before(_)) | (Product::Engine, _) => {
                format!("{words} is not supported by this server, {}", self.title())
            }
        }
    }

    /// What stands in the way of a statement whose method the server does not have. Which server
    /// has it is known where its version is too old alone.
    pub fn lacks(&self, statement: &str, method: &Method) -> String {
        match self.has_method(method) {
            false => format!("{statement} {}", self.needs_milvus(method.since)),
            true => format!("{statement} is not supported by this server, {}", self.title()),
        }
    }

    fn needs_milvus_lite(&self, first: Number) -> String {
        format!("needs Milvus Lite {} or later; this server is {}", said(first), self.name())
    }

    fn needs_milvus(&self, first: Number) -> String {
        format!("needs Milvus {} or later; this server is {}", said(first), self.name())
    }
}

/// "2.6", or "2.6.2" where not its first one.
fn said((major, minor, patch): Number) -> String {
    match patch {
        0 => format!("{major}.{minor}"),
        _ => format!("{major}.{minor}.{patch}"),
    }
}

impl Default for Version {
    fn default() -> Version {
        Version::parse("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milvus_proto::Request;
    use milvus_proto::milvus::{CreateAliasRequest, CreateRoleRequest, TruncateCollectionRequest};

    #[test]
    fn tells_what_a_server_has() {
        let truncate = TruncateCollectionRequest::METHOD;
        let old = Version::parse("v2.3.5-lite");
        assert!(!old.has_method(truncate) && old.has_method(CreateAliasRequest::METHOD));
        assert_eq!(
            old.lacks("TRUNCATE TABLE", truncate),
            "TRUNCATE TABLE needs Milvus 2.6.11 or later; this server is 2.3.5"
        );
        let engine = Version::parse("milvus_engine-0.1.0");
        assert!(engine.has(Feature::Int8Column) && !engine.has(Feature::LoadFields));
        assert_eq!(engine.title(), "Milvus Engine 0.1.0");
        let lite = Version::parse("milvus_lite-3.2.2");
        assert!(lite.has_method(truncate) && !lite.has(Feature::OrderBy));
        assert_eq!(lite.name(), "Milvus Lite 3.2.2");
        assert!(Version::parse("2.10.0-dev").has(Feature::Int8Column));
        assert!(Version::parse("unknown").has(Feature::TextColumn));
        // a flag that 2.6.0 and 2.6.1 read over, so that what is left out would be lost
        let partial = ["v2.6.1", "v2.6.2", "v2.6-dev", "2.7.0"].map(Version::parse);
        assert_eq!(
            partial.map(|version| version.has(Feature::PartialUpsert)),
            [false, true, true, true]
        );
    }

    #[test]
    fn tells_what_an_old_milvus_lite_has() {
        let old = Version::parse("milvus_lite-2.4");
        assert!(old.has(Feature::Float16Column) && old.has(Feature::SearchWindow));
        for (feature, message) in [
            (Feature::Bm25, "a BM25 function needs Milvus Lite 2.5 or later"),
            (Feature::NullableColumn, "a nullable column needs Milvus Lite 3.0 or later"),
        ] {
            let found = old.needs(feature);
            assert_eq!(found, format!("{message}; this server is Milvus Lite 2.4"));
        }
        let new = Version::parse("milvus_lite-3.2.2");
        assert!(new.has(Feature::NullableColumn) && !new.has(Feature::SearchWindow));
        assert_eq!(
            new.needs(Feature::OrderBy),
            "ORDER BY is not supported by this server, Milvus Lite 3.2.2"
        );
    }

    #[test]
    fn says_what_is_so_of_a_server_that_counts_its_own_versions() {
        assert_eq!(
            Version::parse("milvus_lite-3.2.2").lacks("CREATE ROLE", CreateRoleRequest::METHOD),
            "CREATE ROLE is not supported by this server, Milvus Lite 3.2.2"
        );
        assert_eq!(
            Version::default().lacks("CONNECT", CreateRoleRequest::METHOD),
            "CONNECT is not supported by this server, a Milvus of unknown version"
        );
    }
}
