//! What went wrong, with Milvus's own numbers and words (pkg/util/merr), so that a client tells it
//! as it tells a server's.

use std::fmt;

use milvus_proto::common::Status;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    /// as Milvus words it, the kind's words at the end
    pub reason: String,
}

/// Declares the kinds of errors: Milvus's number, the number of Milvus before 2.3, its words.
macro_rules! kinds {
    ($($kind:ident: $code:literal $legacy:literal $words:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($kind,)*
        }

        impl Kind {
            pub fn code(self) -> i32 {
                match self {
                    $(Kind::$kind => $code,)*
                }
            }

            /// What a client before 2.3 reads.
            fn legacy(self) -> i32 {
                match self {
                    $(Kind::$kind => $legacy,)*
                }
            }

            pub fn words(self) -> &'static str {
                match self {
                    $(Kind::$kind => $words,)*
                }
            }
        }
    };
}

kinds! {
    Internal: 5 1 "service internal error";
    QuotaExceeded: 9 1 "quota exceeded";
    CollectionNotFound: 100 4 "collection not found";
    CollectionNotLoaded: 101 101 "collection not loaded";
    IllegalSchema: 105 1 "illegal collection schema";
    PartitionNotFound: 200 200 "partition not found";
    PartitionNotLoaded: 201 1 "partition not loaded";
    ResourceGroupNotFound: 300 1 "resource group not found";
    ResourceGroupExists: 301 1 "resource group already exist, but create with different config";
    ResourceGroupNodeNotEnough: 304 1 "resource group node not enough";
    IndexNotFound: 700 25 "index not found";
    DatabaseNotFound: 800 1 "database not found";
    DatabaseInvalidName: 802 1 "invalid database name";
    StorageDamaged: 1009 1 "data integrity check failed";
    ParameterInvalid: 1100 5 "invalid parameter";
    ParameterMissing: 1101 5 "missing parameter";
    NotAuthenticated: 1400 1 "not authenticated";
    NotPermitted: 1401 1 "privilege not permitted";
    PrivilegeGroupInvalidName: 1402 1 "invalid privilege group name";
    AliasNotFound: 1600 1 "alias not found";
    AliasCollectionConflict: 1601 1 "alias and collection name conflict";
    AliasAlreadyExists: 1602 1 "alias already exist";
    FieldNotFound: 1700 1 "field not found";
    FieldInvalidName: 1701 1 "field name invalid";
    NotSupported: 3000 1 "unsupported operation";
    QueryPlan: 2201 1 "query plan failed";
    Unexpected: 65535 1 "unexpected error";
}

impl Error {
    /// "message: words of the kind", as Milvus wraps a message.
    pub fn new(kind: Kind, message: impl fmt::Display) -> Error {
        Error { kind, reason: format!("{message}: {}", kind.words()) }
    }

    /// "words of the kind[key=value]", as Milvus names what it did not find.
    pub fn about(kind: Kind, key: &str, value: impl fmt::Display) -> Error {
        Error { kind, reason: format!("{}[{key}={value}]", kind.words()) }
    }

    /// A message that stands for itself.
    pub fn plain(kind: Kind, message: impl Into<String>) -> Error {
        Error { kind, reason: message.into() }
    }

    pub fn invalid(message: impl fmt::Display) -> Error {
        Error::new(Kind::ParameterInvalid, message)
    }

    pub fn to_status(&self) -> Status {
        Status {
            error_code: self.kind.legacy(),
            code: self.kind.code(),
            reason: self.reason.clone(),
            detail: self.reason.clone(),
            retriable: false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}

/// "message: invalid parameter[expected=…][actual=…]", as Milvus has it for two values.
pub(crate) fn expected(
    message: &str,
    expected: impl fmt::Display,
    actual: impl fmt::Display,
) -> Error {
    let words = Kind::ParameterInvalid.words();
    Error::plain(
        Kind::ParameterInvalid,
        format!("{message}: {words}[expected={expected}][actual={actual}]"),
    )
}

/// A status that says that all is well.
pub fn success() -> Status {
    Status::default()
}
