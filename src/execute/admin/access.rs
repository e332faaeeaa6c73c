//! Users, roles, privileges and privilege groups (Milvus docs: RBAC).

use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::execute::Result;
use crate::execute::connect::secret::secret;
use crate::execute::context::Context;
use crate::language::ast::{Grant, Grantee, Name, Value};
use crate::milvus::{Effect, Fields, Platform, Reply};
use crate::outcome::{Outcome, Table};

/// Privileges of Milvus 2.3, by the object they are of; later versions add to them, and what is
/// unknown here is handed on.
const PRIVILEGES: [(&str, &[&str]); 3] = [
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

pub async fn create_user<P: Platform>(
    user: &Name,
    password: &Spanned<Value>,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if users(context, user).await?.contains(&user.value) {
        return match if_not_exists {
            true => Ok(Outcome::done(format!("user {user} is there already"))),
            false => {
                Err(Diagnostic::new(Code::UserExists, format!("user `{user}` is there already"))
                    .at(user.span))
            }
        };
    }
    let password = encoded(password, format!("Password of the new user {user}"), context).await?;
    context
        .ask(
            "CreateCredential",
            Effect::Write,
            vec![("username", (&user.value).into()), ("password", password.into())],
            user.span,
        )
        .await?;
    Ok(Outcome::done(format!("created user {user}")))
}

/// Milvus takes passwords in base64. EXPLAIN asks nobody: it shows none.
async fn encoded<P: Platform>(
    password: &Spanned<Value>,
    what: String,
    context: &Context<'_, P>,
) -> Result<String> {
    use base64::Engine as _;
    let text = match password.value {
        Value::Prompt if context.client.explaining() => "PROMPT".to_string(),
        _ => secret(password, &what, context.client.platform()).await?,
    };
    Ok(base64::engine::general_purpose::STANDARD.encode(text))
}

async fn users<P: Platform>(context: &Context<'_, P>, at: &Name) -> Result<Vec<String>> {
    Ok(context.ask("ListCredUsers", Effect::Plan, Vec::new(), at.span).await?.texts("usernames"))
}

async fn check_user<P: Platform>(user: &Name, context: &Context<'_, P>) -> Result<()> {
    let users = users(context, user).await?;
    if users.contains(&user.value) {
        return Ok(());
    }
    Err(Diagnostic::new(Code::UnknownUser, format!("unknown user `{user}`")).at(user.span).suggest(
        &user.value,
        users.iter().map(String::as_str),
        "there are",
    ))
}

/// A user changes its own password with the old one; root changes any.
pub async fn alter_user<P: Platform>(
    user: &Name,
    new: &Spanned<Value>,
    old: Option<&Spanned<Value>>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check_user(user, context).await?;
    let old = match old {
        Some(old) => encoded(old, format!("Old password of {user}"), context).await?,
        None => String::new(),
    };
    let new = encoded(new, format!("New password of {user}"), context).await?;
    let fields: Fields = vec![
        ("username", (&user.value).into()),
        ("oldPassword", old.into()),
        ("newPassword", new.into()),
    ];
    context.ask("UpdateCredential", Effect::Write, fields, user.span).await?;
    Ok(Outcome::done(format!("changed the password of {user}")))
}

pub async fn drop_user<P: Platform>(
    user: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if if_exists && !users(context, user).await?.contains(&user.value) {
        return Ok(Outcome::done(format!("there is no user {user}")));
    }
    check_user(user, context).await?;
    context
        .ask("DeleteCredential", Effect::Write, vec![("username", (&user.value).into())], user.span)
        .await?;
    Ok(Outcome::done(format!("dropped user {user}")))
}

/// Users with their roles.
pub async fn show_users<P: Platform>(
    user: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut fields: Fields = vec![("include_role_info", true.into())];
    if let Some(user) = user {
        check_user(user, context).await?;
        fields.push(("user", entity(user).into()));
    }
    let reply = context
        .ask("SelectUser", Effect::Read, fields, user.map_or(context.span, |user| user.span))
        .await?;
    Ok(table_of(&reply, "user", "roles", ["user", "roles"]))
}

/// Roles with their users.
pub async fn show_roles<P: Platform>(
    role: Option<&Name>,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let mut fields: Fields = vec![("include_user_info", true.into())];
    if let Some(role) = role {
        check_role(role, context).await?;
        fields.push(("role", entity(role).into()));
    }
    let reply = context
        .ask("SelectRole", Effect::Read, fields, role.map_or(context.span, |role| role.span))
        .await?;
    Ok(table_of(&reply, "role", "users", ["role", "users"]))
}

fn entity(name: &Name) -> Fields {
    vec![("name", (&name.value).into())]
}

fn table_of(reply: &Reply, one: &str, many: &str, heads: [&str; 2]) -> Outcome {
    let mut rows: Vec<Vec<String>> = reply
        .messages("results")
        .iter()
        .map(|result| {
            let mut names: Vec<String> =
                result.messages(many).iter().map(|entity| entity.text("name")).collect();
            names.sort();
            vec![result.message(one).text("name"), names.join(", ")]
        })
        .collect();
    rows.sort();
    Outcome::table(Table::texts(&heads, rows))
}

async fn roles<P: Platform>(context: &Context<'_, P>, at: &Name) -> Result<Vec<String>> {
    let reply = context.ask("SelectRole", Effect::Plan, Vec::new(), at.span).await?;
    Ok(reply.messages("results").iter().map(|result| result.message("role").text("name")).collect())
}

async fn check_role<P: Platform>(role: &Name, context: &Context<'_, P>) -> Result<()> {
    let roles = roles(context, role).await?;
    if roles.contains(&role.value) {
        return Ok(());
    }
    Err(Diagnostic::new(Code::UnknownRole, format!("unknown role `{role}`")).at(role.span).suggest(
        &role.value,
        roles.iter().map(String::as_str),
        "there are",
    ))
}

pub async fn create_role<P: Platform>(
    role: &Name,
    if_not_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if roles(context, role).await?.contains(&role.value) {
        return match if_not_exists {
            true => Ok(Outcome::done(format!("role {role} is there already"))),
            false => {
                Err(Diagnostic::new(Code::RoleExists, format!("role `{role}` is there already"))
                    .at(role.span))
            }
        };
    }
    context
        .ask("CreateRole", Effect::Write, vec![("entity", entity(role).into())], role.span)
        .await?;
    Ok(Outcome::done(format!("created role {role}")))
}

pub async fn drop_role<P: Platform>(
    role: &Name,
    if_exists: bool,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    if if_exists && !roles(context, role).await?.contains(&role.value) {
        return Ok(Outcome::done(format!("there is no role {role}")));
    }
    check_role(role, context).await?;
    context
        .ask("DropRole", Effect::Write, vec![("role_name", (&role.value).into())], role.span)
        .await
        .map_err(|error| {
            error.help(format!(
                "a role is dropped when it has no grants any more: `SHOW GRANTS FOR ROLE {role}`"
            ))
        })?;
    Ok(Outcome::done(format!("dropped role {role}")))
}

pub async fn grant_role<P: Platform>(
    revoke: bool,
    role: &Name,
    user: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    check_role(role, context).await?;
    check_user(user, context).await?;
    let fields: Fields = vec![
        ("username", (&user.value).into()),
        ("role_name", (&role.value).into()),
        ("type", i64::from(revoke).into()),
    ];
    context.ask("OperateUserRole", Effect::Write, fields, role.span).await?;
    Ok(Outcome::done(if revoke {
        format!("revoked role {role} from {user}")
    } else {
        format!("granted role {role} to {user}")
    }))
}

/// GRANT Search ON TABLE t TO ROLE r, one request a privilege. From 2.5 by the newer method, which
/// knows privilege groups.
pub async fn grant<P: Platform>(grant: &Grant, context: &Context<'_, P>) -> Result<Outcome> {
    check_role(&grant.role, context).await?;
    let name = grant.name.as_ref().map_or("*", |name| name.value.as_str());
    let object = grant.object.as_ref().map(|object| object.value.to_ascii_uppercase());
    if let (Some("TABLE" | "COLLECTION") | None, Some(table), None) =
        (object.as_deref(), &grant.name, &grant.database)
        && table.value != "*"
    {
        context.collection(table).await?;
    }
    let newer = context.client.version().has_on_server("OperatePrivilegeV2");
    for privilege in &grant.privileges {
        let known = PRIVILEGES.iter().find(|(_, names)| {
            names.iter().any(|known| known.eq_ignore_ascii_case(&privilege.value))
        });
        let canonical = known
            .and_then(|(_, names)| {
                names.iter().find(|known| known.eq_ignore_ascii_case(&privilege.value))
            })
            .map_or(privilege.value.as_str(), |name| name);
        let kind = match object.as_deref() {
            Some("TABLE" | "COLLECTION") => "Collection",
            Some("USER") => "User",
            Some(_) => "Global",
            None => known.map_or("Collection", |(kind, _)| kind),
        };
        if let Some((belongs, _)) = known.filter(|(belongs, _)| *belongs != kind && !newer) {
            let word = if *belongs == "Collection" { "TABLE" } else { belongs };
            return Err(Diagnostic::new(
                Code::WrongObject,
                format!("{canonical} is a privilege on {belongs}"),
            )
            .at(privilege.span)
            .help(format!(
                "write `ON {} {}`",
                word.to_uppercase(),
                if *belongs == "Collection" { "t" } else { "*" }
            )));
        }
        if known.is_none() && privilege.value != "*" && !newer {
            let all = PRIVILEGES.iter().flat_map(|(_, names)| names.iter().copied());
            return Err(Diagnostic::new(
                Code::UnknownPrivilege,
                format!("unknown privilege `{privilege}`"),
            )
            .at(privilege.span)
            .suggest(&privilege.value, all, "there are"));
        }
        let grantor: Fields = vec![("privilege", vec![("name", canonical.into())].into())];
        let role = entity(&grant.role);
        let database = grant
            .database
            .as_ref()
            .map_or_else(|| context.client.database(), |database| database.value.clone());
        let (method, fields): (_, Fields) = if newer {
            let name = if kind == "Collection" { name } else { "*" };
            let fields = vec![
                ("role", role.into()),
                ("grantor", grantor.into()),
                ("type", i64::from(grant.revoke).into()),
                (
                    "db_name",
                    if database.is_empty() { "default".to_string() } else { database }.into(),
                ),
                ("collection_name", name.into()),
            ];
            ("OperatePrivilegeV2", fields)
        } else {
            let object: Fields = vec![("name", kind.into())];
            let entity: Fields = vec![
                ("role", role.into()),
                ("object", object.into()),
                ("object_name", name.into()),
                ("grantor", grantor.into()),
                ("db_name", database.into()),
            ];
            (
                "OperatePrivilege",
                vec![("entity", entity.into()), ("type", i64::from(grant.revoke).into())],
            )
        };
        context.ask(method, Effect::Write, fields, privilege.span).await?;
    }
    let privileges =
        grant.privileges.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ");
    let (verb, preposition) = if grant.revoke { ("revoked", "from") } else { ("granted", "to") };
    Ok(Outcome::done(format!("{verb} {privileges} {preposition} {}", grant.role)))
}

pub async fn show_grants<P: Platform>(
    of: Grantee,
    name: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let roles = match of {
        Grantee::Role => {
            check_role(name, context).await?;
            vec![name.value.clone()]
        }
        Grantee::User => {
            check_user(name, context).await?;
            let fields: Fields =
                vec![("include_role_info", true.into()), ("user", entity(name).into())];
            let reply = context.ask("SelectUser", Effect::Plan, fields, name.span).await?;
            reply
                .messages("results")
                .iter()
                .flat_map(|result| result.messages("roles"))
                .map(|role| role.text("name"))
                .collect()
        }
    };
    let mut rows = Vec::new();
    for role in roles {
        let entity: Fields = vec![
            ("role", vec![("name", (&role).into())].into()),
            ("db_name", context.client.database().into()),
        ];
        let reply = context
            .ask("SelectGrant", Effect::Read, vec![("entity", entity.into())], name.span)
            .await?;
        for grant in reply.messages("entities") {
            let grantor = grant.message("grantor");
            rows.push(vec![
                role.clone(),
                grantor.message("privilege").text("name"),
                grant.message("object").text("name"),
                grant.text("object_name"),
                grant.text("db_name"),
                grantor.message("user").text("name"),
            ]);
        }
    }
    rows.sort();
    Ok(Outcome::table(Table::texts(
        &["role", "privilege", "object", "name", "database", "granted by"],
        rows,
    )))
}

pub async fn create_privilege_group<P: Platform>(
    group: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context
        .ask(
            "CreatePrivilegeGroup",
            Effect::Write,
            vec![("group_name", (&group.value).into())],
            group.span,
        )
        .await?;
    Ok(Outcome::done(format!("created privilege group {group}")))
}

pub async fn drop_privilege_group<P: Platform>(
    group: &Name,
    context: &Context<'_, P>,
) -> Result<Outcome> {
    context
        .ask(
            "DropPrivilegeGroup",
            Effect::Write,
            vec![("group_name", (&group.value).into())],
            group.span,
        )
        .await?;
    Ok(Outcome::done(format!("dropped privilege group {group}")))
}

pub async fn alter_privilege_group<P: Platform>(
    group: &Name,
    add: bool,
    names: &[Name],
    context: &Context<'_, P>,
) -> Result<Outcome> {
    let privileges = names.iter().map(entity).collect();
    let fields: Fields = vec![
        ("group_name", (&group.value).into()),
        ("privileges", crate::milvus::message::Field::Messages(privileges)),
        ("type", i64::from(!add).into()),
    ];
    context.ask("OperatePrivilegeGroup", Effect::Write, fields, group.span).await?;
    Ok(Outcome::done(format!("altered privilege group {group}")))
}

pub async fn show_privilege_groups<P: Platform>(context: &Context<'_, P>) -> Result<Outcome> {
    let reply = context.ask("ListPrivilegeGroups", Effect::Read, Vec::new(), context.span).await?;
    let mut rows: Vec<Vec<String>> = reply
        .messages("privilege_groups")
        .iter()
        .map(|group| {
            vec![
                group.text("group_name"),
                group
                    .messages("privileges")
                    .iter()
                    .map(|privilege| privilege.text("name"))
                    .collect::<Vec<_>>()
                    .join(", "),
            ]
        })
        .collect();
    rows.sort();
    Ok(Outcome::table(Table::texts(&["privilege group", "privileges"], rows)))
}
