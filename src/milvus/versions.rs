//! Which Milvus has what: the one table of versions. In: a server's version. Out: whether it has a
//! method or feature, or the words that say what does. (Milvus docs: release notes; the methods of
//! Milvus's proxy at each version.)

/// A server's version, as it gives it: "v2.3.5", "milvus_lite-3.2.2".
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub text: String,
    /// major and minor; a version that cannot be read counts as the newest
    number: (u32, u32),
    /// Milvus Lite counts its own versions: what it has is found out by asking
    pub lite: bool,
}

/// What is newer than Milvus 2.3, the oldest that the kernel is for.
const SINCE: &[(&str, (u32, u32))] = &[
    // methods of the service
    ("AddCollectionField", (2, 6)),
    ("AlterCollectionField", (2, 5)),
    ("AlterCollectionSchema", (3, 0)),
    ("AlterDatabase", (2, 4)),
    ("AlterIndex", (2, 4)),
    ("CreatePrivilegeGroup", (2, 5)),
    ("CreateSnapshot", (3, 0)),
    ("DescribeAlias", (2, 4)),
    ("DescribeDatabase", (2, 4)),
    ("DescribeSnapshot", (3, 0)),
    ("DropPrivilegeGroup", (2, 5)),
    ("DropSnapshot", (3, 0)),
    ("GetRestoreSnapshotState", (3, 0)),
    ("HybridSearch", (2, 4)),
    ("ListAliases", (2, 4)),
    ("ListPrivilegeGroups", (2, 5)),
    ("ListRestoreSnapshotJobs", (3, 0)),
    ("ListSnapshots", (3, 0)),
    ("OperatePrivilegeGroup", (2, 5)),
    ("OperatePrivilegeV2", (2, 5)),
    ("RestoreSnapshot", (3, 0)),
    ("RunAnalyzer", (2, 5)),
    ("TruncateCollection", (2, 6)),
    ("UpdateResourceGroups", (2, 4)),
    // what an older server would read over in silence
    ("a BM25 function", (2, 5)),
    ("a BFLOAT16VEC column", (2, 4)),
    ("a FLOAT16VEC column", (2, 4)),
    ("a SPARSEVEC column", (2, 4)),
    ("a TEXT column", (3, 0)),
    ("an INT8VEC column", (2, 6)),
    ("a clustering key", (2, 4)),
    ("a default value", (2, 5)),
    ("a nullable column", (2, 5)),
    ("properties of a database", (2, 4)),
    ("a second vector column", (2, 4)),
    ("ADD FIELD … GENERATED", (3, 0)),
    ("LOAD … FIELDS", (2, 5)),
    ("a partial UPSERT", (2, 6)),
    ("ORDER BY", (3, 0)),
    ("GROUP BY", (3, 0)),
    ("a grouping search", (2, 4)),
    ("group_size", (2, 5)),
    ("IS NULL", (2, 5)),
    ("TEXT_MATCH", (2, 5)),
    ("COMPACT with major", (2, 4)),
];

impl Version {
    pub fn parse(text: &str) -> Version {
        // the Milvus of the Python package `milvus` calls itself 2.3.5-lite and is none
        let lite = text.starts_with("milvus_lite");
        let digits = text.trim_start_matches(|char: char| !char.is_ascii_digit());
        let mut parts = digits.split('.').map(|part| {
            part.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        });
        let number = match (parts.next().flatten(), parts.next().flatten()) {
            (Some(major), Some(minor)) => (major, minor),
            _ => (u32::MAX, 0),
        };
        Version { text: digits.trim_end_matches("-lite").to_string(), number, lite }
    }

    /// "2.3.5", "Milvus Lite 3.2.2"
    pub fn name(&self) -> String {
        if self.lite { format!("Milvus Lite {}", self.text) } else { self.text.clone() }
    }

    /// "Milvus 2.3.5", "Milvus Lite 3.2.2"
    pub fn title(&self) -> String {
        format!("Milvus {}{}", if self.lite { "Lite " } else { "" }, self.text)
    }

    /// Whether the server has it, as far as its version tells.
    pub fn has(&self, what: &str) -> bool {
        self.lite || since(what).is_none_or(|since| self.number >= since)
    }

    /// What Milvus Lite does not do, a Milvus of its version does.
    pub fn has_on_server(&self, what: &str) -> bool {
        !self.lite && self.has(what)
    }

    /// "needs Milvus 2.6 or later; this server is 2.3.5"
    pub fn needs(&self, what: &str) -> String {
        match since(what) {
            Some((major, minor)) => {
                format!("needs Milvus {major}.{minor} or later; this server is {}", self.name())
            }
            None => format!("needs Milvus 2.3 or later; this server is {}", self.name()),
        }
    }
}

impl Default for Version {
    fn default() -> Version {
        Version::parse("")
    }
}

fn since(what: &str) -> Option<(u32, u32)> {
    SINCE.iter().find(|(known, _)| *known == what).map(|(_, since)| *since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_server_has() {
        let old = Version::parse("v2.3.5-lite");
        assert!(!old.has("TruncateCollection") && old.has("CreateAlias"));
        assert_eq!(
            old.needs("TruncateCollection"),
            "needs Milvus 2.6 or later; this server is 2.3.5"
        );
        let lite = Version::parse("milvus_lite-3.2.2");
        assert!(lite.has("TruncateCollection") && !lite.has_on_server("OperatePrivilegeV2"));
        assert_eq!(lite.name(), "Milvus Lite 3.2.2");
        assert!(Version::parse("2.10.0-dev").has("an INT8VEC column"));
        assert!(Version::parse("unknown").has("a TEXT column"));
    }
}
