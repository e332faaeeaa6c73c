//! Users, roles, what roles may do, and groups of privileges (Milvus docs: RBAC). They are kept and
//! shown; there is nobody to keep out. Knows names, and no messages of the service.
//!
//! A password is never kept. What is kept is a salted digest of it, which tells a wrong old
//! password when it is changed and is good for nothing else: SipHash 2-4 is quick and its 64 bits
//! are few, so it does not withstand whoever guesses with a stolen store in hand. Nothing is
//! guarded by it.

pub mod privileges;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

use crate::catalog::or_default;
use crate::error::{Error, Kind, Result};
use crate::schema::check_name;
use privileges::{Level, Object, builtin_group, is_builtin, single};

pub const ROOT: &str = "root";

/// Roles that are there from the start and stay.
pub const BUILTIN_ROLES: [&str; 2] = ["admin", "public"];

/// All of a kind, as Milvus writes it.
pub const ANY: &str = "*";

const FIRST_PASSWORD: &str = "Milvus";
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 6..=256;
const MAX_USER_NAME: usize = 32;
const DIGEST_ROUNDS: u64 = 1000;

pub struct Users {
    pub(crate) users: BTreeMap<String, User>,
    /// the description of a role
    pub(crate) roles: BTreeMap<String, String>,
    pub(crate) grants: BTreeSet<Grant>,
    /// the privileges of a group
    pub(crate) groups: BTreeMap<String, BTreeSet<String>>,
}

pub(crate) struct User {
    pub password: Digest,
    pub roles: BTreeSet<String>,
}

/// That a role may do something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub role: String,
    pub object: Object,
    pub object_name: String,
    pub database: String,
    pub privilege: String,
}

/// What everybody may do from the start, in every database.
const PUBLIC: [(Object, &str); 3] = [
    (Object::Collection, "IndexDetail"),
    (Object::Global, "DescribeCollection"),
    (Object::Global, "ShowCollections"),
];

impl Default for Users {
    fn default() -> Users {
        let root = User { password: Digest::new(0, FIRST_PASSWORD), roles: BTreeSet::new() };
        let public = PUBLIC.map(|(object, privilege)| Grant {
            role: "public".to_string(),
            object,
            object_name: ANY.to_string(),
            database: ANY.to_string(),
            privilege: privilege.to_string(),
        });
        Users {
            users: BTreeMap::from([(ROOT.to_string(), root)]),
            roles: BUILTIN_ROLES.map(|role| (role.to_string(), String::new())).into(),
            grants: public.into(),
            groups: BTreeMap::new(),
        }
    }
}

impl Users {
    /// `salt` is a number that no other user has.
    pub fn create(&mut self, name: &str, password: &str, salt: u64) -> Result<()> {
        check_user_name(name)?;
        check_password(password)?;
        if self.users.contains_key(name) {
            return Err(unexpected(format!("user already exists: {name}")));
        }
        let user = User { password: Digest::new(salt, password), roles: BTreeSet::new() };
        self.users.insert(name.to_string(), user);
        Ok(())
    }

    /// Milvus says the same of a wrong password and of a user that is not there.
    pub fn change_password(&mut self, name: &str, old: &str, new: &str, salt: u64) -> Result<()> {
        check_password(new)?;
        match self.users.get_mut(name).filter(|user| user.password.is_of(old)) {
            Some(user) => user.password = Digest::new(salt, new),
            None => {
                let message = format!("old password not correct for {name}");
                return Err(Error::new(Kind::NotAuthenticated, message));
            }
        }
        Ok(())
    }

    /// Milvus drops what is not there without a word.
    pub fn drop(&mut self, name: &str) -> Result<()> {
        if name == ROOT {
            return Err(Error::new(Kind::NotPermitted, "root user cannot be deleted"));
        }
        self.users.remove(name);
        Ok(())
    }

    /// Users with their roles, sorted.
    pub fn users(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.users.iter().map(|(name, user)| (name.as_str(), &user.roles))
    }

    pub fn create_role(&mut self, name: &str, description: String) -> Result<()> {
        check_name("role", name)?;
        if self.roles.contains_key(name) {
            return Err(unexpected(format!("role [name:\"{name}\"] already exists")));
        }
        self.roles.insert(name.to_string(), description);
        Ok(())
    }

    /// With `force` its grants go with it.
    pub fn drop_role(&mut self, name: &str, force: bool) -> Result<()> {
        if BUILTIN_ROLES.contains(&name) {
            let message = format!("the role[{name}] is a default role, which can't be dropped");
            return Err(unexpected(message));
        }
        self.check_role(name)?;
        if !force && self.grants.iter().any(|grant| grant.role == name) {
            return Err(unexpected(
                "fail to drop the role that it has privileges. Use REVOKE API to revoke privileges",
            ));
        }
        self.grants.retain(|grant| grant.role != name);
        for user in self.users.values_mut() {
            user.roles.remove(name);
        }
        self.roles.remove(name);
        Ok(())
    }

    /// Roles with their descriptions, sorted.
    pub fn roles(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roles.iter().map(|(name, description)| (name.as_str(), description.as_str()))
    }

    pub fn check_role(&self, name: &str) -> Result<()> {
        match self.roles.contains_key(name) {
            true => Ok(()),
            false => Err(unexpected(
                "not found the role, maybe the role isn't existed or internal system error",
            )),
        }
    }

    pub fn add_to_role(&mut self, user: &str, role: &str) -> Result<()> {
        self.check_role(role)?;
        let Some(user) = self.users.get_mut(user) else {
            return Err(unexpected(
                "not found the user, maybe the user isn't existed or internal system error",
            ));
        };
        user.roles.insert(role.to_string());
        Ok(())
    }

    /// Nothing is said of a user who has not got the role.
    pub fn remove_from_role(&mut self, user: &str, role: &str) -> Result<()> {
        self.check_role(role)?;
        if let Some(user) = self.users.get_mut(user) {
            user.roles.remove(role);
        }
        Ok(())
    }

    /// A grant that is there already stays as it is.
    pub fn grant(&mut self, grant: Grant) {
        self.grants.insert(grant);
    }

    /// Nothing is said of what was not granted.
    pub fn revoke(&mut self, grant: &Grant) {
        self.grants.remove(grant);
    }

    /// The grants of a role in a database, those for every database among them.
    pub fn grants<'a>(
        &'a self,
        role: &'a str,
        database: &'a str,
    ) -> impl Iterator<Item = &'a Grant> {
        let database = or_default(database);
        let of_role = self.grants.iter().filter(move |grant| grant.role == role);
        of_role.filter(move |grant| {
            database == ANY || grant.database == ANY || grant.database == database
        })
    }

    /// Refuses a privilege that is none on this kind of object.
    pub fn check_privilege_on(&self, privilege: &str, object: Object) -> Result<()> {
        if privilege == ANY {
            return Ok(());
        }
        match self.object_of(privilege) {
            None => Err(unexpected(format!("not found the privilege name[{privilege}]"))),
            Some(of) if of != object => Err(unexpected(format!(
                "not found the privilege name[{privilege}] in object[{}]",
                object.name()
            ))),
            Some(_) => Ok(()),
        }
    }

    /// What a privilege or a group is on, and of which name; a privilege that is on no collection
    /// is on everything. Refuses a group where it does not reach.
    pub fn place<'a>(
        &self,
        privilege: &str,
        database: &str,
        collection: &'a str,
    ) -> Result<(Object, &'a str)> {
        if privilege == ANY {
            return Ok((Object::Global, collection));
        }
        let object = self
            .object_of(privilege)
            .ok_or_else(|| unexpected(format!("not found the privilege name[{privilege}]")))?;
        let (of_all, of_one) = (database == ANY && collection == ANY, collection != ANY);
        let wrong = match self.level_of_group(privilege) {
            Some(Level::Cluster) if !of_all => {
                "dbName and collectionName should be * for the cluster level privilege"
            }
            Some(Level::Database) if of_one => {
                "collectionName should be * for the database level privilege"
            }
            Some(Level::Collection) if of_one && database == ANY => {
                "please specify database name for the collection level privilege"
            }
            Some(Level::Cluster | Level::Database | Level::Collection) | None => {
                let everything = object == Object::Global && single(privilege).is_some();
                return Ok((object, if everything { ANY } else { collection }));
            }
        };
        Err(Error::invalid(format!("{wrong}: {privilege}")))
    }

    pub fn create_group(&mut self, name: &str) -> Result<()> {
        check_name("privilege group", name)
            .map_err(|error| Error::plain(Kind::PrivilegeGroupInvalidName, error.reason))?;
        let taken = match (self.groups.contains_key(name), is_builtin(name)) {
            (true, _) => "users",
            (false, true) => "built in privileges or privilege groups in system",
            (false, false) => {
                self.groups.insert(name.to_string(), BTreeSet::new());
                return Ok(());
            }
        };
        Err(Error::invalid(format!("privilege group name [{name}] is defined by {taken}")))
    }

    /// Milvus drops what is not there without a word.
    pub fn drop_group(&mut self, name: &str) -> Result<()> {
        if let Some(grant) = self.grants.iter().find(|grant| grant.privilege == name)
            && self.groups.contains_key(name)
        {
            return Err(Error::invalid(format!(
                "privilege group [{name}] is used by role [{}], Use REVOKE API to revoke it first",
                grant.role
            )));
        }
        self.groups.remove(name);
        Ok(())
    }

    /// Groups that somebody made, with their privileges, sorted.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.groups.iter().map(|(name, privileges)| (name.as_str(), privileges))
    }

    pub fn add_to_group(&mut self, name: &str, privileges: Vec<String>) -> Result<()> {
        let mut members = self.members(name, &privileges)?;
        members.extend(privileges);
        let mut levels = members.iter().map(|privilege| self.level_of(privilege));
        let first = levels.next();
        if levels.any(|level| Some(level) != first) {
            return Err(Error::invalid("privileges are not the same privilege level"));
        }
        self.groups.insert(name.to_string(), members);
        Ok(())
    }

    pub fn remove_from_group(&mut self, name: &str, privileges: &[String]) -> Result<()> {
        let mut members = self.members(name, privileges)?;
        members.retain(|member| !privileges.contains(member));
        self.groups.insert(name.to_string(), members);
        Ok(())
    }

    /// What is in a group that these privileges shall go into or out of.
    fn members(&self, name: &str, privileges: &[String]) -> Result<BTreeSet<String>> {
        let Some(members) = self.groups.get(name) else {
            return Err(Error::invalid(format!(
                "there is no privilege group name [{name}] defined in system to operate"
            )));
        };
        if privileges.is_empty() {
            return Err(Error::invalid("privileges is empty when alter the privilege group"));
        }
        let unknown = |privilege: &&String| self.object_of(privilege).is_none();
        match privileges.iter().find(unknown) {
            None => Ok(members.clone()),
            Some(unknown) => Err(Error::invalid(format!(
                "there is no privilege name or privilege group name [{unknown}] defined in system \
                 to operate"
            ))),
        }
    }

    /// Of a privilege or a group; of neither none.
    fn object_of(&self, name: &str) -> Option<Object> {
        let is_group = || self.groups.contains_key(name) || builtin_group(name).is_some();
        single(name).map(|(object, _)| object).or_else(|| is_group().then_some(Object::Global))
    }

    fn level_of(&self, name: &str) -> Option<Level> {
        single(name).and_then(|(_, level)| level).or_else(|| self.level_of_group(name))
    }

    /// All privileges of a group are of one level, so one of them tells it.
    fn level_of_group(&self, name: &str) -> Option<Level> {
        builtin_group(name).or_else(|| {
            let privilege = self.groups.get(name)?.first()?;
            single(privilege)?.1
        })
    }
}

/// What is kept of a password.
pub(crate) struct Digest {
    pub salt: u64,
    pub value: u64,
}

impl Digest {
    fn new(salt: u64, password: &str) -> Digest {
        let value = (0..DIGEST_ROUNDS).fold(salt, |key, round| {
            sip(key, round, password.as_bytes()) // the key of a round is what the one before gave
        });
        Digest { salt, value }
    }

    fn is_of(&self, password: &str) -> bool {
        Digest::new(self.salt, password).value == self.value
    }
}

/// SipHash 2-4 (Aumasson and Bernstein, 2012). `DefaultHasher` may become another function with
/// the next Rust, which would make every password that is kept a wrong one; this one is told by its
/// name which it is.
#[allow(deprecated)]
fn sip(key: u64, second_key: u64, bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::SipHasher::new_with_keys(key, second_key);
    hasher.write(bytes);
    hasher.finish()
}

fn check_user_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("username must be not empty"));
    }
    if name.len() > MAX_USER_NAME {
        return Err(Error::invalid(format!(
            "invalid username {name} with length {}, the length of username must be less than \
             {MAX_USER_NAME}",
            name.len()
        )));
    }
    if let Some(first) = name.chars().next().filter(|first| !first.is_ascii_alphabetic()) {
        return Err(Error::invalid(format!(
            "invalid user name {name}, the first character must be a letter, but got {first}"
        )));
    }
    let wrong = |char: &char| !char.is_ascii_alphanumeric() && !"_-.".contains(*char);
    match name.chars().find(wrong) {
        None => Ok(()),
        Some(wrong) => Err(Error::invalid(format!(
            "invalid user name {name}, username must contain only numbers, letters, underscores, \
             dots, and hyphens, but got {wrong}"
        ))),
    }
}

/// The message shows the length alone.
fn check_password(password: &str) -> Result<()> {
    if PASSWORD_LENGTH.contains(&password.len()) {
        return Ok(());
    }
    let (least, most) = PASSWORD_LENGTH.into_inner();
    let reason = format!(
        "invalid password length: {}[{} out of range {least} <= value <= {most}]",
        Kind::ParameterInvalid.words(),
        password.len()
    );
    Err(Error::plain(Kind::ParameterInvalid, reason))
}

/// What Milvus has no number for.
fn unexpected(message: impl Into<String>) -> Error {
    Error::plain(Kind::Unexpected, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_siphash_2_4() {
        // the vector of the paper's appendix A
        let bytes: Vec<u8> = (0..15).collect();
        assert_eq!(sip(0x0706050403020100, 0x0f0e0d0c0b0a0908, &bytes), 0xa129ca6149be45e5);
    }

    #[test]
    fn a_digest_depends_on_the_salt_and_on_the_whole_password() {
        let digest = Digest::new(7, "Secret1!");
        assert!(digest.is_of("Secret1!") && !digest.is_of("Secret1") && !digest.is_of(""));
        assert_ne!(digest.value, Digest::new(8, "Secret1!").value);
    }
}
