//! What statements create, name and drop: is it there already, must it be there. In: a name, the
//! names that are there. Out: nothing, what IF [NOT] EXISTS has to say, or an error with the
//! nearest name.

use crate::diagnostic::{Code, Diagnostic, Result, Span};
use crate::language::ast::Name;
use crate::milvus::is_sendable;
use crate::outcome::Outcome;

/// A kind of thing that has a name, with the codes of its errors.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    word: &'static str,
    exists: Code,
    unknown: Code,
}

pub(crate) const COLLECTION: Named =
    Named { word: "collection", exists: Code::CollectionExists, unknown: Code::UnknownCollection };
pub(crate) const DATABASE: Named =
    Named { word: "database", exists: Code::DatabaseExists, unknown: Code::UnknownDatabase };
pub(crate) const PARTITION: Named =
    Named { word: "partition", exists: Code::PartitionExists, unknown: Code::UnknownPartition };
pub(crate) const RESOURCE_GROUP: Named = Named {
    word: "resource group",
    exists: Code::ResourceGroupExists,
    unknown: Code::UnknownResourceGroup,
};
pub(crate) const ROLE: Named =
    Named { word: "role", exists: Code::RoleExists, unknown: Code::UnknownRole };
pub(crate) const USER: Named =
    Named { word: "user", exists: Code::UserExists, unknown: Code::UnknownUser };

impl Named {
    /// What CREATE finds before it creates: an outcome ends an IF NOT EXISTS.
    pub(crate) fn to_create(
        self,
        name: &Name,
        there: &[String],
        if_not_exists: bool,
    ) -> Result<Option<Outcome>> {
        if !there.contains(&name.value) {
            return Ok(None);
        }
        let word = self.word;
        match if_not_exists {
            true => Ok(Some(Outcome::done(format!("{word} {name} is there already")))),
            false => Err(Diagnostic::new(self.exists, format!("{word} `{name}` is there already"))
                .at(name.span)),
        }
    }

    /// What DROP finds before it drops: an outcome ends an IF EXISTS.
    pub(crate) fn to_drop(
        self,
        name: &Name,
        there: &[String],
        if_exists: bool,
    ) -> Result<Option<Outcome>> {
        if if_exists && !there.contains(&name.value) {
            return Ok(Some(Outcome::done(format!("there is no {} {name}", self.word))));
        }
        self.check(name, there)?;
        Ok(None)
    }

    /// An error where it is not there.
    pub(crate) fn check(self, name: &Name, there: &[String]) -> Result<()> {
        if there.contains(&name.value) {
            return Ok(());
        }
        Err(self.unknown(name).suggest(&name.value, there.iter().map(String::as_str), "there are"))
    }

    /// The error of a name that is not there, without a suggestion.
    pub(crate) fn unknown(self, name: &Name) -> Diagnostic {
        Diagnostic::new(self.unknown, format!("unknown {} `{name}`", self.word)).at(name.span)
    }
}

/// The name of the database in use goes with every request.
pub(crate) fn check_database(database: &str, span: Span) -> Result<()> {
    if is_sendable(database) {
        return Ok(());
    }
    let message = format!("the database `{database}` cannot be used: its name is not ASCII");
    Err(Diagnostic::new(Code::InvalidValue, message).at(span).help(
        "requests name their database in a header, which holds ASCII alone; Milvus takes letters, \
         digits and `_`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text.to_string(), Span::new(0, text.len()))
    }

    #[test]
    fn what_is_there_is_an_error_or_the_end_of_if_not_exists() {
        let there = ["alice".to_string()];
        assert!(USER.to_create(&name("bob"), &there, false).unwrap().is_none());
        assert!(USER.to_create(&name("alice"), &there, true).unwrap().is_some());
        let error = USER.to_create(&name("alice"), &there, false).unwrap_err();
        assert_eq!((error.code, error.span), (Code::UserExists, Some(Span::new(0, 5))));
    }

    #[test]
    fn a_database_is_named_in_a_header() {
        assert!(check_database("books_2", Span::default()).is_ok());
        for name in ["名前", "café", "a\nb", "a\u{7f}"] {
            let error = check_database(name, Span::new(1, 2)).unwrap_err();
            assert_eq!((error.code, error.span), (Code::InvalidValue, Some(Span::new(1, 2))));
        }
    }

    #[test]
    fn what_is_not_there_is_an_error_or_the_end_of_if_exists() {
        let there = ["alice".to_string()];
        assert!(ROLE.to_drop(&name("alice"), &there, false).unwrap().is_none());
        assert!(ROLE.to_drop(&name("bob"), &there, true).unwrap().is_some());
        let error = ROLE.to_drop(&name("alise"), &there, false).unwrap_err();
        assert_eq!(error.code, Code::UnknownRole);
        assert_eq!(error.help, ["did you mean `alice`?"]);
    }
}
