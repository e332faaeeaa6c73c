//! Users, roles, grants and groups of privileges by their messages. The words are those of Milvus
//! 2.3.5 (tests/language/access.md) and of Milvus's own tests of its clients.

use milvus_engine::service::{Call, Service};
use milvus_proto::common::Status;
use milvus_proto::milvus as pb;
use milvus_proto::{Reply, Request};
use prost::Message;

/// Of "Secret1!", "Other2!", "Milvus" and "Tiny", as Python's base64 writes them.
const SECRET: &str = "U2VjcmV0MSE=";
const OTHER: &str = "T3RoZXIyIQ==";
const FIRST: &str = "TWlsdnVz";
const TINY: &str = "VGlueQ==";

#[derive(Default)]
struct Server(Service);

impl Server {
    fn ask<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let bytes = request.encoded();
        let call = Call { method: R::METHOD.name, database: "", request: &bytes, now_ms: 1 };
        R::Reply::decode(self.0.call(call).expect("a method").as_slice()).expect("a reply")
    }

    /// A request that goes well.
    fn done<R: Request>(&mut self, request: R) -> R::Reply
    where
        R::Reply: Message,
    {
        let mut reply = self.ask(request);
        let status = reply.status().cloned().unwrap_or_default();
        assert_eq!(status, Status::default(), "{}", R::METHOD.name);
        reply
    }

    /// The number and the words of what goes wrong.
    fn wrong<R: Request>(&mut self, request: R) -> (i32, String)
    where
        R::Reply: Message,
    {
        let status = self.ask(request).status().cloned().unwrap_or_default();
        (status.code, status.reason)
    }

    fn users(&mut self) -> Vec<String> {
        self.done(pb::ListCredUsersRequest {}).usernames
    }

    /// Roles with their users, or users with their roles.
    fn members(&mut self, of_roles: bool) -> Vec<(String, Vec<String>)> {
        if of_roles {
            let request = pb::SelectRoleRequest { role: None, include_user_info: true };
            let results = self.done(request).results.into_iter();
            let users = |all: Vec<pb::UserEntity>| all.into_iter().map(|one| one.name).collect();
            return results
                .map(|result| (result.role.unwrap().name, users(result.users)))
                .collect();
        }
        let request = pb::SelectUserRequest { user: None, include_role_info: true };
        let results = self.done(request).results.into_iter();
        let roles = |all: Vec<pb::RoleEntity>| all.into_iter().map(|one| one.name).collect();
        results.map(|result| (result.user.unwrap().name, roles(result.roles))).collect()
    }

    /// "privilege object name database", of a role in a database.
    fn grants(&mut self, role: &str, database: &str) -> Vec<String> {
        let request = of_role(role, database);
        let mut grants: Vec<String> = self
            .done(request)
            .entities
            .into_iter()
            .map(|grant| {
                let grantor = grant.grantor.unwrap();
                assert_eq!(grantor.user.unwrap().name, "root");
                assert_eq!(grant.role.unwrap().name, role);
                let privilege = grantor.privilege.unwrap().name;
                let object = grant.object.unwrap().name;
                format!("{privilege} {object} {} {}", grant.object_name, grant.db_name)
            })
            .collect();
        grants.sort();
        grants
    }

    /// The groups with their privileges.
    fn groups(&mut self) -> Vec<(String, Vec<String>)> {
        let groups = self.done(pb::ListPrivilegeGroupsRequest {}).privilege_groups.into_iter();
        let names = |all: Vec<pb::PrivilegeEntity>| all.into_iter().map(|one| one.name).collect();
        groups.map(|group| (group.group_name, names(group.privileges))).collect()
    }
}

fn user(name: &str, password: &str) -> pb::CreateCredentialRequest {
    pb::CreateCredentialRequest { username: name.to_string(), password: password.to_string() }
}

fn password(name: &str, old: &str, new: &str) -> pb::UpdateCredentialRequest {
    pb::UpdateCredentialRequest {
        username: name.to_string(),
        old_password: old.to_string(),
        new_password: new.to_string(),
    }
}

fn drop_user(name: &str) -> pb::DeleteCredentialRequest {
    pb::DeleteCredentialRequest { username: name.to_string() }
}

fn entity(name: &str) -> Option<pb::RoleEntity> {
    Some(pb::RoleEntity { name: name.to_string(), ..Default::default() })
}

fn role(name: &str) -> pb::CreateRoleRequest {
    pb::CreateRoleRequest { entity: entity(name) }
}

fn drop_role(name: &str, force_drop: bool) -> pb::DropRoleRequest {
    pb::DropRoleRequest { role_name: name.to_string(), force_drop }
}

fn member(
    user: &str,
    role: &str,
    operation: pb::OperateUserRoleType,
) -> pb::OperateUserRoleRequest {
    pb::OperateUserRoleRequest {
        username: user.to_string(),
        role_name: role.to_string(),
        r#type: operation.into(),
    }
}

fn grantor(privilege: &str) -> Option<pb::GrantorEntity> {
    let privilege = Some(pb::PrivilegeEntity { name: privilege.to_string() });
    Some(pb::GrantorEntity { user: None, privilege })
}

fn privilege(role: &str, privilege: &str, object: &str, name: &str) -> pb::OperatePrivilegeRequest {
    let entity = pb::GrantEntity {
        role: entity(role),
        object: Some(pb::ObjectEntity { name: object.to_string() }),
        object_name: name.to_string(),
        grantor: grantor(privilege),
        db_name: String::new(),
    };
    pb::OperatePrivilegeRequest { entity: Some(entity), ..Default::default() }
}

fn newer(
    role: &str,
    privilege: &str,
    database: &str,
    collection: &str,
) -> pb::OperatePrivilegeV2Request {
    pb::OperatePrivilegeV2Request {
        role: entity(role),
        grantor: grantor(privilege),
        r#type: pb::OperatePrivilegeType::Grant.into(),
        db_name: database.to_string(),
        collection_name: collection.to_string(),
    }
}

fn of_role(role: &str, database: &str) -> pb::SelectGrantRequest {
    let entity =
        pb::GrantEntity { role: entity(role), db_name: database.to_string(), ..Default::default() };
    pb::SelectGrantRequest { entity: Some(entity) }
}

fn group(name: &str) -> pb::CreatePrivilegeGroupRequest {
    pb::CreatePrivilegeGroupRequest { group_name: name.to_string() }
}

fn alter_group(
    name: &str,
    privileges: &[&str],
    operation: pb::OperatePrivilegeGroupType,
) -> pb::OperatePrivilegeGroupRequest {
    let privileges = privileges.iter().map(|name| pb::PrivilegeEntity { name: name.to_string() });
    pb::OperatePrivilegeGroupRequest {
        group_name: name.to_string(),
        privileges: privileges.collect(),
        r#type: operation.into(),
    }
}

fn names(all: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let of = |members: &[&str]| members.iter().map(|one| one.to_string()).collect();
    all.iter().map(|(name, members)| (name.to_string(), of(members))).collect()
}

const ADD: pb::OperateUserRoleType = pb::OperateUserRoleType::AddUserToRole;
const REMOVE: pb::OperateUserRoleType = pb::OperateUserRoleType::RemoveUserFromRole;
const INTO: pb::OperatePrivilegeGroupType = pb::OperatePrivilegeGroupType::AddPrivilegesToGroup;
const OUT_OF: pb::OperatePrivilegeGroupType =
    pb::OperatePrivilegeGroupType::RemovePrivilegesFromGroup;

#[test]
fn a_user_comes_changes_its_password_and_goes() {
    let mut server = Server::default();
    assert_eq!(server.users(), ["root"]);
    server.done(user("ann", SECRET));
    assert_eq!(server.users(), ["ann", "root"]);
    assert_eq!(server.wrong(user("ann", SECRET)), (65535, "user already exists: ann".into()));

    server.done(password("ann", SECRET, OTHER));
    server.done(password("ann", OTHER, OTHER));
    let refused = (1400, "old password not correct for ann: not authenticated".to_string());
    for old in [SECRET, "", FIRST] {
        assert_eq!(server.wrong(password("ann", old, SECRET)), refused);
    }
    // what was refused has changed nothing
    server.done(password("ann", OTHER, SECRET));
    server.done(password("root", FIRST, SECRET));
    assert_eq!(
        server.wrong(password("hobo", SECRET, OTHER)),
        (1400, "old password not correct for hobo: not authenticated".into())
    );

    server.done(drop_user("ann"));
    server.done(drop_user("ann"));
    assert_eq!(server.users(), ["root"]);
    assert_eq!(
        server.wrong(drop_user("root")),
        (1401, "root user cannot be deleted: privilege not permitted".into())
    );
}

#[test]
fn passwords_and_names_that_will_not_do() {
    let mut server = Server::default();
    let short = |length: usize| {
        let words = "invalid password length: invalid parameter";
        (1100, format!("{words}[{length} out of range 6 <= value <= 256]"))
    };
    assert_eq!(server.wrong(user("ann", TINY)), short(4));
    assert_eq!(server.wrong(user("ann", "")), short(0));
    assert_eq!(server.wrong(user("ann", &"YWFh".repeat(86))), short(258));
    server.done(user("ann", &"YWFh".repeat(85)));
    assert_eq!(server.wrong(password("ann", "", TINY)), short(4));
    // no base64: the answer does not repeat it
    assert_eq!(server.wrong(user("bea", "Secret1!")), (65535, "decode password fail".into()));
    for name in ["", "1st", "a b", "ä", &"a".repeat(33)] {
        let (code, words) = server.wrong(user(name, SECRET));
        assert!(code == 1100 && words.ends_with(": invalid parameter"), "{name}: {words}");
    }
    server.done(user("a-b.c_1", SECRET));
}

#[test]
fn roles_and_who_has_them() {
    let mut server = Server::default();
    assert_eq!(server.members(true), names(&[("admin", &[]), ("public", &[])]));
    server.done(user("ann", SECRET));
    server.done(role("reader"));
    assert_eq!(
        server.wrong(role("reader")),
        (65535, "role [name:\"reader\"] already exists".into())
    );
    server.done(member("ann", "reader", ADD));
    server.done(member("ann", "reader", ADD));
    assert_eq!(
        server.members(true),
        names(&[("admin", &[]), ("public", &[]), ("reader", &["ann"])])
    );
    assert_eq!(server.members(false), names(&[("ann", &["reader"]), ("root", &[])]));
    let one = pb::SelectRoleRequest { role: entity("reader"), include_user_info: false };
    let results = server.done(one).results;
    assert!(results.len() == 1 && results[0].users.is_empty());
    let none = pb::SelectRoleRequest { role: entity("nobody"), include_user_info: true };
    assert!(server.done(none).results.is_empty());

    let no_role = "not found the role, maybe the role isn't existed or internal system error";
    let no_user = "not found the user, maybe the user isn't existed or internal system error";
    assert_eq!(server.wrong(member("ann", "nobody", ADD)), (65535, no_role.into()));
    assert_eq!(server.wrong(member("bob", "reader", ADD)), (65535, no_user.into()));
    assert_eq!(server.wrong(drop_role("nobody", false)), (65535, no_role.into()));
    assert_eq!(server.wrong(of_role("nobody", "")), (65535, no_role.into()));
    for kept in ["admin", "public"] {
        let words = format!("the role[{kept}] is a default role, which can't be dropped");
        assert_eq!(server.wrong(drop_role(kept, true)), (65535, words));
    }

    server.done(member("ann", "reader", REMOVE));
    server.done(member("ann", "reader", REMOVE));
    assert_eq!(server.members(false), names(&[("ann", &[]), ("root", &[])]));
    server.done(member("ann", "reader", ADD));
    server.done(drop_role("reader", false));
    server.done(role("reader"));
    // a role of the same name is another one
    assert_eq!(server.members(false), names(&[("ann", &[]), ("root", &[])]));
}

#[test]
fn what_is_granted_is_shown_until_it_is_revoked() {
    let mut server = Server::default();
    server.done(role("reader"));
    server.done(privilege("reader", "Search", "Collection", "books"));
    server.done(privilege("reader", "Search", "Collection", "books"));
    server.done(privilege("reader", "ShowCollections", "Global", "*"));
    server.done(newer("reader", "Query", "", "books"));
    server.done(newer("reader", "Insert", "other", ""));
    server.done(newer("reader", "FlushAll", "*", "*"));
    server.done(newer("reader", "SelectUser", "", "*"));
    server.done(newer("reader", "DropCollection", "", "books"));
    let here = [
        "DropCollection Global * default",
        "FlushAll Global * *",
        "Query Collection books default",
        "Search Collection books default",
        "SelectUser User * default",
        "ShowCollections Global * default",
    ];
    assert_eq!(server.grants("reader", ""), here);
    assert_eq!(
        server.grants("reader", "other"),
        ["FlushAll Global * *", "Insert Collection * other"]
    );
    assert_eq!(server.grants("reader", "*").len(), 7);
    let mut on_books = of_role("reader", "");
    let entity = on_books.entity.as_mut().unwrap();
    entity.object = Some(pb::ObjectEntity { name: "Collection".to_string() });
    entity.object_name = "books".to_string();
    assert_eq!(server.done(on_books).entities.len(), 2);
    // everybody sees what there is
    assert_eq!(
        server.grants("public", ""),
        [
            "DescribeCollection Global * *",
            "IndexDetail Collection * *",
            "ShowCollections Global * *"
        ]
    );

    let (code, words) = server.wrong(drop_role("reader", false));
    assert_eq!(code, 65535);
    assert!(words.starts_with("fail to drop the role that it has privileges"), "{words}");
    let mut revoked = privilege("reader", "Search", "Collection", "books");
    revoked.r#type = pb::OperatePrivilegeType::Revoke.into();
    server.done(revoked.clone());
    server.done(revoked);
    assert_eq!(server.grants("reader", "").len(), 5);
    server.done(drop_role("reader", true));
    server.done(role("reader"));
    assert!(server.grants("reader", "*").is_empty());
}

#[test]
fn grants_that_will_not_do() {
    let mut server = Server::default();
    let words = |text: &str| (65535, text.to_string());
    assert_eq!(
        server.wrong(privilege("public", "Saerch", "Collection", "books")),
        words("not found the privilege name[Saerch]")
    );
    assert_eq!(
        server.wrong(newer("public", "Saerch", "", "books")),
        words("not found the privilege name[Saerch]")
    );
    assert_eq!(
        server.wrong(privilege("public", "CreateCollection", "Collection", "books")),
        words("not found the privilege name[CreateCollection] in object[Collection]")
    );
    assert_eq!(
        server.wrong(privilege("public", "Search", "Table", "books")),
        words("the object entity in the request is nil or invalid")
    );
    let role = "not found the role, maybe the role isn't existed or internal system error";
    assert_eq!(server.wrong(privilege("nobody", "Search", "Collection", "books")), words(role));
    assert_eq!(server.wrong(newer("nobody", "Search", "", "books")), words(role));
    assert_eq!(server.wrong(pb::OperatePrivilegeRequest::default()).0, 65535);
    assert_eq!(server.wrong(pb::SelectGrantRequest::default()).0, 65535);
    let mut strange = newer("public", "Search", "", "books");
    strange.r#type = 7;
    assert_eq!(server.wrong(strange).0, 1100);
}

#[test]
fn groups_of_privileges() {
    let mut server = Server::default();
    let invalid = |text: &str| (1100, format!("{text}: invalid parameter"));
    assert!(server.groups().is_empty());
    server.done(group("readers"));
    server.done(alter_group("readers", &["Search", "Query", "Search"], INTO));
    assert_eq!(server.groups(), names(&[("readers", &["Query", "Search"])]));
    assert_eq!(
        server.wrong(group("readers")),
        invalid("privilege group name [readers] is defined by users")
    );
    for taken in ["Search", "ClusterReadOnly"] {
        let by = "built in privileges or privilege groups in system";
        assert_eq!(
            server.wrong(group(taken)),
            invalid(&format!("privilege group name [{taken}] is defined by {by}"))
        );
    }
    assert_eq!(server.wrong(group("1st")).0, 1402);
    assert_eq!(
        server.wrong(alter_group("readers", &["CreateDatabase"], INTO)),
        invalid("privileges are not the same privilege level")
    );
    assert_eq!(
        server.wrong(alter_group("readers", &["Saerch"], INTO)),
        invalid(
            "there is no privilege name or privilege group name [Saerch] defined in system to \
             operate"
        )
    );
    assert_eq!(
        server.wrong(alter_group("nobody", &["Search"], INTO)),
        invalid("there is no privilege group name [nobody] defined in system to operate")
    );
    assert_eq!(server.groups(), names(&[("readers", &["Query", "Search"])]));
    server.done(alter_group("readers", &["Query"], OUT_OF));
    assert_eq!(server.groups(), names(&[("readers", &["Search"])]));

    server.done(newer("public", "readers", "default", "books"));
    assert_eq!(
        server.wrong(newer("public", "readers", "*", "books")),
        invalid("please specify database name for the collection level privilege: readers")
    );
    assert_eq!(
        server.wrong(newer("public", "ClusterAdmin", "default", "*")),
        invalid(
            "dbName and collectionName should be * for the cluster level privilege: ClusterAdmin"
        )
    );
    assert_eq!(
        server.wrong(newer("public", "DatabaseAdmin", "default", "books")),
        invalid("collectionName should be * for the database level privilege: DatabaseAdmin")
    );
    assert!(server.grants("public", "").contains(&"readers Global books default".to_string()));
    let drop = pb::DropPrivilegeGroupRequest { group_name: "readers".to_string() };
    assert_eq!(
        server.wrong(drop.clone()),
        invalid(
            "privilege group [readers] is used by role [public], Use REVOKE API to revoke it first"
        )
    );
    let mut revoked = newer("public", "readers", "default", "books");
    revoked.r#type = pb::OperatePrivilegeType::Revoke.into();
    server.done(revoked);
    server.done(drop.clone());
    server.done(drop);
    assert!(server.groups().is_empty());
}
