//! Users, roles and what they may do (Milvus docs: RBAC): CREATE, ALTER, DROP, GRANT, REVOKE, SHOW.

use crate::diagnostic::{Code, Diagnostic, Result, Span, Spanned};
use crate::execute::connect::secret::secret;
use crate::execute::context::Context;
use crate::execute::names::{ROLE, USER};
use crate::language::ast::{Grant, GrantTarget, Grantee, Name, Value};
use crate::milvus::Platform;
use crate::outcome::{Outcome, Table};
use milvus_proto::Request as _;
use milvus_proto::milvus::{self as pb, OperatePrivilegeGroupType, OperatePrivilegeType};
use milvus_proto::milvus::{OperateUserRoleType, PrivilegeEntity, RoleEntity, UserEntity};

/// Privileges of Milvus 2.3, by the object they are of; later versions add to them, and what is
/// unknown here is handed on.
pub(crate) const PRIVILEGES: [(&str, &[&str]); 3] = [
    (
        "Collection",
        &[
            "CreateIndex",
            "DropIndex",
            "IndexDetail",
            "Load",
            "GetLoadingProgress",
            "GetLoadState",
            "Release",
            "Insert",
            "Upsert",
            "Delete",
            "Search",
            "Flush",
            "GetFlushState",
            "Query",
            "GetStatistics",
            "Compaction",
            "Import",
            "LoadBalance",
            "CreatePartition",
            "DropPartition",
            "ShowPartitions",
            "HasPartition",
        ],
    ),
    (
        "Global",
        &[
            "All",
            "CreateCollection",
            "DropCollection",
            "DescribeCollection",
            "ShowCollections",
            "RenameCollection",
            "FlushAll",
            "CreateOwnership",
            "DropOwnership",
            "SelectOwnership",
            "ManageOwnership",
            "CreateResourceGroup",
            "DropResourceGroup",
            "DescribeResourceGroup",
            "ListResourceGroups",
            "TransferNode",
            "TransferReplica",
            "CreateDatabase",
            "DropDatabase",
            "ListDatabases",
            "CreateAlias",
            "DropAlias",
            "DescribeAlias",
            "ListAliases",
        ],
    ),
    ("User", &["UpdateUser", "SelectUser"]),
];

pub(crate) async fn create_user<P: Platform>(
    user: &Name,
    password: &Spanned<Value>,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(outcome) = USER.to_create(user, &users(context, user.span).await?, if_not_exists)? {
        return Ok(outcome);
    }
    let password = encoded(password, format!("Password of the new user {user}"), context).await?;
    let told = [password.clone()];
    let request = pb::CreateCredentialRequest { username: user.value.clone(), password };
    context.send(request, user.span).await.map_err(|error| unsaid(error, &told))?;
    Ok(Outcome::done(format!("created user {user}")))
}

/// Milvus takes passwords in base64.
async fn encoded<P: Platform>(
    password: &Spanned<Value>,
    what: String,
    context: &Context<'_, P>,
) -> Result<String> {
    use base64::Engine as _;
    let text = secret(password, &what, async |text| context.client.prompt(text).await).await?;
    Ok(base64::engine::general_purpose::STANDARD.encode(text))
}

/// An error without the words of a server that repeats a password, which is in base64 here.
fn unsaid(mut error: Diagnostic, told: &[String]) -> Diagnostic {
    use base64::Engine as _;
    let repeats = |secret: &String| {
        let plain = base64::engine::general_purpose::STANDARD.decode(secret).unwrap_or_default();
        let plain = String::from_utf8_lossy(&plain);
        // no Milvus takes a password below six letters, which may be a word of its answer
        plain.len() > 5
            && (error.message.contains(secret) || error.message.contains(plain.as_ref()))
    };
    if told.iter().any(repeats) {
        error.message = "the server answers, and repeats a password: it is not shown".to_string();
    }
    error
}

async fn users<P: Platform>(context: &Context<'_, P>, span: Span) -> Result<Vec<String>> {
    Ok(context.send(pb::ListCredUsersRequest {}, span).await?.usernames)
}

async fn check_user<P: Platform>(user: &Name, context: &Context<'_, P>) -> Result<()> {
    USER.check(user, &users(context, user.span).await?)
}

/// A user changes its own password with the old one; root changes any.
pub(crate) async fn alter_user<P: Platform>(
    user: &Name,
    new: &Spanned<Value>,
    old: Option<&Spanned<Value>>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check_user(user, context).await?;
    let old_password = match old {
        Some(old) => encoded(old, format!("Old password of {user}"), context).await?,
        None => String::new(),
    };
    let new_password = encoded(new, format!("New password of {user}"), context).await?;
    let username = user.value.clone();
    let told = [old_password.clone(), new_password.clone()];
    let request = pb::UpdateCredentialRequest { username, old_password, new_password };
    context.send(request, user.span).await.map_err(|error| unsaid(error, &told))?;
    Ok(Outcome::done(format!("changed the password of {user}")))
}

pub(crate) async fn drop_user<P: Platform>(
    user: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(outcome) = USER.to_drop(user, &users(context, user.span).await?, if_exists)? {
        return Ok(outcome);
    }
    let request = pb::DeleteCredentialRequest { username: user.value.clone() };
    context.send(request, user.span).await?;
    Ok(Outcome::done(format!("dropped user {user}")))
}

/// Users with their roles.
pub(crate) async fn show_users<P: Platform>(
    user: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(user) = user {
        check_user(user, context).await?;
    }
    let results = users_with_roles(user, context).await?;
    let rows = results.into_iter().map(|result| {
        let roles = result.roles.into_iter().map(|role| role.name).collect();
        (result.user.unwrap_or_default().name, roles)
    });
    Ok(members(["user", "roles"], rows.collect()))
}

async fn users_with_roles<P: Platform>(
    user: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Vec<pb::UserResult>> {
    let request = pb::SelectUserRequest {
        user: user.map(|user| UserEntity { name: user.value.clone() }),
        include_role_info: true,
    };
    let span = user.map_or(context.span, |user| user.span);
    Ok(context.send(request, span).await?.results)
}

/// Roles with their users.
pub(crate) async fn show_roles<P: Platform>(
    role: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(role) = role {
        check_role(role, context).await?;
    }
    let request = pb::SelectRoleRequest { role: role.map(role_entity), include_user_info: true };
    let span = role.map_or(context.span, |role| role.span);
    let rows = context.send(request, span).await?.results.into_iter().map(|result| {
        let users = result.users.into_iter().map(|user| user.name).collect();
        (result.role.unwrap_or_default().name, users)
    });
    Ok(members(["role", "users"], rows.collect()))
}

/// A table of things and what belongs to them, both sorted.
fn members(heads: [&str; 2], rows: Vec<(String, Vec<String>)>) -> Outcome {
    let mut rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, mut members)| {
            members.sort();
            vec![name, members.join(", ")]
        })
        .collect();
    rows.sort();
    Outcome::table(Table::texts(&heads, rows))
}

fn role_entity(role: &Name) -> RoleEntity {
    RoleEntity { name: role.value.clone(), ..RoleEntity::default() }
}

async fn roles<P: Platform>(context: &Context<'_, P>, span: Span) -> Result<Vec<String>> {
    let results = context.send(pb::SelectRoleRequest::default(), span).await?.results;
    Ok(results.into_iter().map(|result| result.role.unwrap_or_default().name).collect())
}

async fn check_role<P: Platform>(role: &Name, context: &Context<'_, P>) -> Result<()> {
    ROLE.check(role, &roles(context, role.span).await?)
}

pub(crate) async fn create_role<P: Platform>(
    role: &Name,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(outcome) = ROLE.to_create(role, &roles(context, role.span).await?, if_not_exists)? {
        return Ok(outcome);
    }
    let request = pb::CreateRoleRequest { entity: Some(role_entity(role)) };
    context.send(request, role.span).await?;
    Ok(Outcome::done(format!("created role {role}")))
}

pub(crate) async fn drop_role<P: Platform>(
    role: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if let Some(outcome) = ROLE.to_drop(role, &roles(context, role.span).await?, if_exists)? {
        return Ok(outcome);
    }
    let request = pb::DropRoleRequest { role_name: role.value.clone(), ..Default::default() };
    context.send(request, role.span).await.map_err(|error| {
        error.help(format!(
            "a role is dropped when it has no grants any more: `SHOW GRANTS FOR ROLE {role}`"
        ))
    })?;
    Ok(Outcome::done(format!("dropped role {role}")))
}

pub(crate) async fn grant_role<P: Platform>(
    revoke: bool,
    role: &Name,
    user: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check_role(role, context).await?;
    check_user(user, context).await?;
    let operation = match revoke {
        true => OperateUserRoleType::RemoveUserFromRole,
        false => OperateUserRoleType::AddUserToRole,
    };
    let request = pb::OperateUserRoleRequest {
        username: user.value.clone(),
        role_name: role.value.clone(),
        r#type: operation.into(),
    };
    context.send(request, role.span).await?;
    Ok(Outcome::done(match revoke {
        true => format!("revoked role {role} from {user}"),
        false => format!("granted role {role} to {user}"),
    }))
}

/// GRANT Search ON TABLE t TO ROLE r, one request a privilege. From 2.5 by the newer method, which
/// knows privilege groups.
pub(crate) async fn grant<P: Platform>(grant: &Grant, context: &Context<'_, P>) -> Result<Outcome> {
    check_role(&grant.role, context).await?;
    let on = &grant.on;
    let object = on.object.as_ref().map(|object| object.value.to_ascii_uppercase());
    if let (Some("TABLE" | "COLLECTION") | None, Some(table), None) =
        (object.as_deref(), &on.name, &on.database)
        && table.value != "*"
    {
        context.collection(table).await?;
    }
    let newer = context.client.version().has_method(pb::OperatePrivilegeV2Request::METHOD);
    for name in &grant.privileges {
        let privilege = privilege(name, object.as_deref(), newer)?;
        if newer {
            context.send(grant_v2(grant, &privilege, context), name.span).await?;
        } else {
            context.send(grant_v1(grant, &privilege, context), name.span).await?;
        }
    }
    let privileges =
        grant.privileges.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ");
    let (verb, preposition) = if grant.revoke { ("revoked", "from") } else { ("granted", "to") };
    Ok(Outcome::done(format!("{verb} {privileges} {preposition} {}", grant.role)))
}

/// A privilege by Milvus's own name, and the kind of object that it is on.
#[derive(Debug)]
struct Privilege {
    name: String,
    object: &'static str,
}

/// Checks what was written: `object` is the word behind ON. Where the `newer` method takes it, the
/// server decides which privileges there are.
fn privilege(written: &Name, object: Option<&str>, newer: bool) -> Result<Privilege> {
    let known = PRIVILEGES.iter().find_map(|(kind, names)| {
        let name = names.iter().find(|known| known.eq_ignore_ascii_case(&written.value))?;
        Some((*kind, *name))
    });
    let name = known.map_or(written.value.as_str(), |(_, name)| name);
    let kind = match object {
        Some("TABLE" | "COLLECTION") => "Collection",
        Some("USER") => "User",
        Some("GLOBAL") => "Global",
        // all that is in a database, or what is written alone
        Some(_) | None => known.map_or("Collection", |(kind, _)| kind),
    };
    if let Some((belongs, _)) = known.filter(|(belongs, _)| *belongs != kind && !newer) {
        let on = match belongs {
            "Collection" => "TABLE t".to_string(),
            other => format!("{} *", other.to_uppercase()),
        };
        let message = format!("{name} is a privilege on {belongs}");
        return Err(Diagnostic::new(Code::WrongObject, message)
            .at(written.span)
            .help(format!("write `ON {on}`")));
    }
    if known.is_none() && written.value != "*" && !newer {
        let all = PRIVILEGES.iter().flat_map(|(_, names)| names.iter().copied());
        let message = format!("unknown privilege `{written}`");
        return Err(Diagnostic::new(Code::UnknownPrivilege, message).at(written.span).suggest(
            &written.value,
            all,
            "there are",
        ));
    }
    Ok(Privilege { name: name.to_string(), object: kind })
}

fn grantor(privilege: &Privilege) -> Option<pb::GrantorEntity> {
    let name = privilege.name.clone();
    Some(pb::GrantorEntity { user: None, privilege: Some(PrivilegeEntity { name }) })
}

fn operation(grant: &Grant) -> i32 {
    match grant.revoke {
        true => OperatePrivilegeType::Revoke.into(),
        false => OperatePrivilegeType::Grant.into(),
    }
}

/// What stands behind ON, `*` for all.
fn object_name(grant: &Grant) -> String {
    let name = grant.on.name.as_ref().filter(|_| !is_on_database(grant));
    name.map_or("*", |name| name.value.as_str()).to_string()
}

fn is_on_database(grant: &Grant) -> bool {
    grant.on.object.as_ref().is_some_and(|object| object.value.eq_ignore_ascii_case("DATABASE"))
}

fn database<P: Platform>(grant: &Grant, context: &Context<'_, P>) -> String {
    let named = if is_on_database(grant) { &grant.on.name } else { &grant.on.database };
    named.as_ref().map_or_else(|| context.client.database(), |database| database.value.clone())
}

fn grant_v2<P: Platform>(
    grant: &Grant,
    privilege: &Privilege,
    context: &Context<'_, P>,
) -> pb::OperatePrivilegeV2Request {
    let database = database(grant, context);
    pb::OperatePrivilegeV2Request {
        role: Some(role_entity(&grant.role)),
        grantor: grantor(privilege),
        r#type: operation(grant),
        db_name: if database.is_empty() { "default".to_string() } else { database },
        collection_name: match privilege.object {
            "Collection" => object_name(grant),
            _ => "*".to_string(),
        },
    }
}

fn grant_v1<P: Platform>(
    grant: &Grant,
    privilege: &Privilege,
    context: &Context<'_, P>,
) -> pb::OperatePrivilegeRequest {
    let entity = pb::GrantEntity {
        role: Some(role_entity(&grant.role)),
        object: Some(pb::ObjectEntity { name: privilege.object.to_string() }),
        object_name: object_name(grant),
        grantor: grantor(privilege),
        db_name: database(grant, context),
    };
    pb::OperatePrivilegeRequest {
        entity: Some(entity),
        r#type: operation(grant),
        ..Default::default()
    }
}

pub(crate) async fn show_grants<P: Platform>(
    of: Option<&(Grantee, Name)>,
    on: Option<&GrantTarget>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let span = of.map_or(context.span, |(_, name)| name.span);
    let roles: Vec<String> = match of {
        None => roles(context, span).await?,
        Some((Grantee::Role, name)) => {
            check_role(name, context).await?;
            vec![name.value.clone()]
        }
        Some((Grantee::User, name)) => {
            check_user(name, context).await?;
            let users = users_with_roles(Some(name), context).await?;
            users.into_iter().flat_map(|user| user.roles).map(|role| role.name).collect()
        }
    };
    let mut rows = Vec::new();
    for role in roles {
        let entity = pb::GrantEntity {
            role: Some(RoleEntity { name: role.clone(), ..RoleEntity::default() }),
            db_name: context.client.database(),
            ..pb::GrantEntity::default()
        };
        let request = pb::SelectGrantRequest { entity: Some(entity) };
        let entities = context.send(request, span).await?.entities;
        for grant in entities.into_iter().filter(|grant| on.is_none_or(|on| is_on(grant, on))) {
            let grantor = grant.grantor.unwrap_or_default();
            rows.push(vec![
                role.clone(),
                grantor.privilege.unwrap_or_default().name,
                grant.object.unwrap_or_default().name,
                grant.object_name,
                grant.db_name,
                grantor.user.unwrap_or_default().name,
            ]);
        }
    }
    rows.sort();
    let heads = ["role", "privilege", "object", "name", "database", "granted by"];
    Ok(Outcome::table(Table::texts(&heads, rows)))
}

/// Whether a grant is on what stands behind ON.
fn is_on(grant: &pb::GrantEntity, on: &GrantTarget) -> bool {
    let kind = grant.object.as_ref().map_or("", |object| object.name.as_str());
    let word = on.object.as_ref().map_or("TABLE", |object| object.value.as_str());
    let named = |name: &Name, known: &str| name.value == "*" || name.value == known;
    if word.eq_ignore_ascii_case("DATABASE") {
        return on.name.as_ref().is_none_or(|name| named(name, &grant.db_name));
    }
    let word = match word.to_ascii_uppercase().as_str() {
        "GLOBAL" => "Global",
        "USER" => "User",
        _ => "Collection",
    };
    kind == word
        && on.name.as_ref().is_none_or(|name| named(name, &grant.object_name))
        && on.database.as_ref().is_none_or(|database| named(database, &grant.db_name))
}

pub(crate) async fn create_privilege_group<P: Platform>(
    group: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let request = pb::CreatePrivilegeGroupRequest { group_name: group.value.clone() };
    context.send(request, group.span).await?;
    Ok(Outcome::done(format!("created privilege group {group}")))
}

pub(crate) async fn drop_privilege_group<P: Platform>(
    group: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let request = pb::DropPrivilegeGroupRequest { group_name: group.value.clone() };
    context.send(request, group.span).await?;
    Ok(Outcome::done(format!("dropped privilege group {group}")))
}

pub(crate) async fn alter_privilege_group<P: Platform>(
    group: &Name,
    add: bool,
    names: &[Name],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let operation = match add {
        true => OperatePrivilegeGroupType::AddPrivilegesToGroup,
        false => OperatePrivilegeGroupType::RemovePrivilegesFromGroup,
    };
    let request = pb::OperatePrivilegeGroupRequest {
        group_name: group.value.clone(),
        privileges: names.iter().map(|name| PrivilegeEntity { name: name.value.clone() }).collect(),
        r#type: operation.into(),
    };
    context.send(request, group.span).await?;
    Ok(Outcome::done(format!("altered privilege group {group}")))
}

pub(crate) async fn show_privilege_groups<P: Platform>(
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let reply = context.send(pb::ListPrivilegeGroupsRequest {}, context.span).await?;
    let mut rows: Vec<Vec<String>> = reply
        .privilege_groups
        .into_iter()
        .map(|group| {
            let names: Vec<String> = group.privileges.into_iter().map(|one| one.name).collect();
            vec![group.group_name, names.join(", ")]
        })
        .collect();
    rows.sort();
    Ok(Outcome::table(Table::texts(&["privilege group", "privileges"], rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text.to_string(), Span::new(0, text.len()))
    }

    #[test]
    fn a_privilege_is_known_by_its_name_in_any_case_and_by_its_object() {
        let search = privilege(&name("search"), None, false).unwrap();
        assert_eq!((search.name.as_str(), search.object), ("Search", "Collection"));
        let wrong = privilege(&name("CreateDatabase"), Some("TABLE"), false).unwrap_err();
        assert_eq!(
            (wrong.code, wrong.help.as_slice()),
            (Code::WrongObject, ["write `ON GLOBAL *`".to_string()].as_slice())
        );
        assert_eq!(
            privilege(&name("Serach"), None, false).unwrap_err().code,
            Code::UnknownPrivilege
        );
    }

    #[test]
    fn a_password_that_a_server_repeats_is_not_shown() {
        let told = ["aGlkZGVuLTE=".to_string()];
        for (message, shown) in [
            ("no hidden-1 here", false),
            ("cannot decode aGlkZGVuLTE=", false),
            ("no such user", true),
        ] {
            let error = unsaid(Diagnostic::new(Code::ServerError, message), &told);
            assert_eq!(error.message == message, shown, "{}", error.message);
            assert!(shown || !error.message.contains("Gl") && !error.message.contains("hid"));
        }
    }

    #[test]
    fn what_the_newer_method_takes_the_server_decides() {
        let group = privilege(&name("CollectionReadOnly"), None, true).unwrap();
        assert_eq!((group.name.as_str(), group.object), ("CollectionReadOnly", "Collection"));
    }
}
