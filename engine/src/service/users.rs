//! Users, roles, grants and groups of privileges: Milvus's messages on one side, names on the
//! other. Passwords come in base64 and go no further than to their digest.

use milvus_proto::common::Status;
use milvus_proto::milvus as pb;
use pb::{OperatePrivilegeGroupType, OperatePrivilegeType, OperateUserRoleType};

use crate::catalog::or_default;
use crate::error::{Error, Kind, Result, success};
use crate::service::Context;
use crate::users::privileges::Object;
use crate::users::{ANY, Grant, ROOT};

pub(crate) fn create(
    context: &mut Context<'_>,
    request: pb::CreateCredentialRequest,
) -> Result<Status> {
    let password = password(&request.password)?;
    context.catalog.users_mut().create(&request.username, &password, context.timestamp)?;
    Ok(success())
}

pub(crate) fn update(
    context: &mut Context<'_>,
    request: pb::UpdateCredentialRequest,
) -> Result<Status> {
    let (old, new) = (password(&request.old_password)?, password(&request.new_password)?);
    let salt = context.timestamp;
    context.catalog.users_mut().change_password(&request.username, &old, &new, salt)?;
    Ok(success())
}

pub(crate) fn delete(
    context: &mut Context<'_>,
    request: pb::DeleteCredentialRequest,
) -> Result<Status> {
    context.catalog.users_mut().drop(&request.username)?;
    Ok(success())
}

pub(crate) fn list(
    context: &mut Context<'_>,
    _: pb::ListCredUsersRequest,
) -> Result<pb::ListCredUsersResponse> {
    let usernames = context.catalog.users().users().map(|(name, _)| name.to_string()).collect();
    Ok(pb::ListCredUsersResponse { status: Some(success()), usernames })
}

pub(crate) fn create_role(
    context: &mut Context<'_>,
    request: pb::CreateRoleRequest,
) -> Result<Status> {
    let role = request.entity.ok_or_else(|| missing("role entity"))?;
    context.catalog.users_mut().create_role(&role.name, role.description)?;
    Ok(success())
}

pub(crate) fn drop_role(context: &mut Context<'_>, request: pb::DropRoleRequest) -> Result<Status> {
    context.catalog.users_mut().drop_role(&request.role_name, request.force_drop)?;
    Ok(success())
}

pub(crate) fn operate_role(
    context: &mut Context<'_>,
    request: pb::OperateUserRoleRequest,
) -> Result<Status> {
    let users = context.catalog.users_mut();
    match OperateUserRoleType::try_from(request.r#type) {
        Ok(OperateUserRoleType::AddUserToRole) => {
            users.add_to_role(&request.username, &request.role_name)?;
        }
        Ok(OperateUserRoleType::RemoveUserFromRole) => {
            users.remove_from_role(&request.username, &request.role_name)?;
        }
        Err(_) => return Err(no_such_operation(request.r#type)),
    }
    Ok(success())
}

/// Of one that is not there nothing comes back, as of Milvus.
pub(crate) fn select_role(
    context: &mut Context<'_>,
    request: pb::SelectRoleRequest,
) -> Result<pb::SelectRoleResponse> {
    let users = context.catalog.users();
    let asked = |name: &str| request.role.as_ref().is_none_or(|role| role.name == name);
    let of = |role: &str| {
        let named = users.users().filter(|(_, roles)| roles.contains(role));
        named.map(|(name, _)| pb::UserEntity { name: name.to_string() }).collect()
    };
    let roles = users.roles().filter(|(name, _)| asked(name));
    let results = roles.map(|(name, description)| pb::RoleResult {
        role: Some(pb::RoleEntity { name: name.to_string(), description: description.to_string() }),
        users: if request.include_user_info { of(name) } else { Vec::new() },
    });
    Ok(pb::SelectRoleResponse { status: Some(success()), results: results.collect() })
}

/// Of one that is not there nothing comes back, as of Milvus.
pub(crate) fn select_user(
    context: &mut Context<'_>,
    request: pb::SelectUserRequest,
) -> Result<pb::SelectUserResponse> {
    let asked = |name: &str| request.user.as_ref().is_none_or(|user| user.name == name);
    let users = context.catalog.users().users().filter(|(name, _)| asked(name));
    let results = users.map(|(name, roles)| pb::UserResult {
        user: Some(pb::UserEntity { name: name.to_string() }),
        roles: match request.include_role_info {
            true => roles.iter().map(|role| role_entity(role)).collect(),
            false => Vec::new(),
        },
        ..Default::default()
    });
    Ok(pb::SelectUserResponse { status: Some(success()), results: results.collect() })
}

pub(crate) fn operate_privilege(
    context: &mut Context<'_>,
    request: pb::OperatePrivilegeRequest,
) -> Result<Status> {
    let entity = request.entity.ok_or_else(|| missing("grant entity"))?;
    let object = entity.object.and_then(|object| Object::parse(&object.name)).ok_or_else(|| {
        Error::plain(Kind::Unexpected, "the object entity in the request is nil or invalid")
    })?;
    let role = entity.role.ok_or_else(|| missing("role entity"))?.name;
    let privilege = privilege(entity.grantor)?;
    let users = context.catalog.users();
    users.check_role(&role)?;
    users.check_privilege_on(&privilege, object)?;
    let database = or_default(&entity.db_name).to_string();
    let grant = Grant { role, object, object_name: entity.object_name, database, privilege };
    operate(context, request.r#type, grant)
}

/// The newer way: the privilege says what it is on, and may be a group.
pub(crate) fn operate_privilege_v2(
    context: &mut Context<'_>,
    request: pb::OperatePrivilegeV2Request,
) -> Result<Status> {
    let role = request.role.ok_or_else(|| missing("role entity"))?.name;
    let privilege = privilege(request.grantor)?;
    let database = or_default(&request.db_name).to_string();
    let collection = match request.collection_name.as_str() {
        "" => ANY,
        name => name,
    };
    let users = context.catalog.users();
    users.check_role(&role)?;
    let (object, name) = users.place(&privilege, &database, collection)?;
    let object_name = name.to_string();
    operate(context, request.r#type, Grant { role, object, object_name, database, privilege })
}

fn operate(context: &mut Context<'_>, operation: i32, grant: Grant) -> Result<Status> {
    let users = context.catalog.users_mut();
    match OperatePrivilegeType::try_from(operation) {
        Ok(OperatePrivilegeType::Grant) => users.grant(grant),
        Ok(OperatePrivilegeType::Revoke) => users.revoke(&grant),
        Err(_) => return Err(no_such_operation(operation)),
    }
    Ok(success())
}

pub(crate) fn select_grant(
    context: &mut Context<'_>,
    request: pb::SelectGrantRequest,
) -> Result<pb::SelectGrantResponse> {
    let entity = request.entity.ok_or_else(|| missing("grant entity"))?;
    let role = entity.role.ok_or_else(|| missing("role entity"))?.name;
    let users = context.catalog.users();
    users.check_role(&role)?;
    let object = entity.object.map(|object| object.name);
    let asked = |grant: &&Grant| {
        object.as_ref().is_none_or(|object| {
            grant.object.name() == object
                && (entity.object_name.is_empty() || grant.object_name == entity.object_name)
        })
    };
    let entities = users.grants(&role, &entity.db_name).filter(asked).map(grant_entity).collect();
    Ok(pb::SelectGrantResponse { status: Some(success()), entities })
}

pub(crate) fn create_group(
    context: &mut Context<'_>,
    request: pb::CreatePrivilegeGroupRequest,
) -> Result<Status> {
    context.catalog.users_mut().create_group(&request.group_name)?;
    Ok(success())
}

pub(crate) fn drop_group(
    context: &mut Context<'_>,
    request: pb::DropPrivilegeGroupRequest,
) -> Result<Status> {
    context.catalog.users_mut().drop_group(&request.group_name)?;
    Ok(success())
}

pub(crate) fn list_groups(
    context: &mut Context<'_>,
    _: pb::ListPrivilegeGroupsRequest,
) -> Result<pb::ListPrivilegeGroupsResponse> {
    let groups = context.catalog.users().groups().map(|(name, privileges)| {
        let privileges = privileges.iter().map(|name| pb::PrivilegeEntity { name: name.clone() });
        pb::PrivilegeGroupInfo { group_name: name.to_string(), privileges: privileges.collect() }
    });
    Ok(pb::ListPrivilegeGroupsResponse {
        status: Some(success()),
        privilege_groups: groups.collect(),
    })
}

pub(crate) fn operate_group(
    context: &mut Context<'_>,
    request: pb::OperatePrivilegeGroupRequest,
) -> Result<Status> {
    let privileges: Vec<String> = request.privileges.into_iter().map(|one| one.name).collect();
    let users = context.catalog.users_mut();
    match OperatePrivilegeGroupType::try_from(request.r#type) {
        Ok(OperatePrivilegeGroupType::AddPrivilegesToGroup) => {
            users.add_to_group(&request.group_name, privileges)?;
        }
        Ok(OperatePrivilegeGroupType::RemovePrivilegesFromGroup) => {
            users.remove_from_group(&request.group_name, &privileges)?;
        }
        Err(_) => return Err(no_such_operation(request.r#type)),
    }
    Ok(success())
}

fn role_entity(role: &str) -> pb::RoleEntity {
    pb::RoleEntity { name: role.to_string(), ..Default::default() }
}

/// Whoever asks is `root`, since nobody is asked who they are.
fn grant_entity(grant: &Grant) -> pb::GrantEntity {
    pb::GrantEntity {
        role: Some(role_entity(&grant.role)),
        object: Some(pb::ObjectEntity { name: grant.object.name().to_string() }),
        object_name: grant.object_name.clone(),
        grantor: Some(pb::GrantorEntity {
            user: Some(pb::UserEntity { name: ROOT.to_string() }),
            privilege: Some(pb::PrivilegeEntity { name: grant.privilege.clone() }),
        }),
        db_name: grant.database.clone(),
    }
}

fn privilege(grantor: Option<pb::GrantorEntity>) -> Result<String> {
    let grantor = grantor.ok_or_else(|| missing("grantor entity"))?;
    Ok(grantor.privilege.ok_or_else(|| missing("privilege entity"))?.name)
}

fn missing(what: &str) -> Error {
    Error::plain(Kind::Unexpected, format!("the {what} in the request is nil"))
}

fn no_such_operation(operation: i32) -> Error {
    Error::invalid(format!("invalid operate type: {operation}"))
}

/// A password out of its base64. The message does not repeat what came.
fn password(encoded: &str) -> Result<String> {
    base64(encoded.as_bytes())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Error::plain(Kind::Unexpected, "decode password fail"))
}

/// The standard alphabet, padded (RFC 4648, section 4).
fn base64(encoded: &[u8]) -> Option<Vec<u8>> {
    let unpadded = encoded.strip_suffix(b"==").or_else(|| encoded.strip_suffix(b"="));
    let digits = unpadded.unwrap_or(encoded);
    if !encoded.len().is_multiple_of(4) || digits.len() % 4 == 1 {
        return None;
    }
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(encoded.as_bytes()).as_deref(), Some(plain.as_bytes()));
        }
        for wrong in ["Z", "Zg", "Zg=", "Zm9vYg", "====", "Z===", "Zm 9", "Zm-9"] {
            assert_eq!(base64(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
