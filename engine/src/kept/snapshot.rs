//! The catalog as a message, and a catalog of a message. Where the rows are is filled in by who
//! writes them, and who reads them gives them back.

use std::collections::BTreeMap;

use milvus_proto::common::{ConsistencyLevel, KeyValuePair};

use super::state::{self, State, damaged};
use crate::catalog::{Catalog, Collection, Database, Index, Partition};
use crate::schema::Schema;
use crate::segment::Segment;
use crate::segment::bits::Bits;
use crate::store::error::Result;
use crate::users::privileges::Object;
use crate::users::{Digest, Grant, User, Users};

/// All but where the rows are.
pub(super) fn state_of(catalog: &Catalog) -> State {
    let databases = catalog.databases.iter().map(|(name, database)| state::Database {
        name: name.clone(),
        id: database.id,
        created: database.created,
        properties: database.properties.clone(),
        collections: database.collections.values().map(collection_state).collect(),
        aliases: pairs(&database.aliases),
    });
    let groups = catalog.resource_groups.iter();
    let resource_groups = groups.map(|(name, config)| state::ResourceGroup {
        name: name.clone(),
        config: Some(config.clone()),
    });
    State {
        last_timestamp: catalog.last_timestamp,
        databases: databases.collect(),
        users: Some(users_state(&catalog.users)),
        resource_groups: resource_groups.collect(),
    }
}

/// A catalog, with the rows that `read` finds for each collection.
pub(super) async fn catalog_of(
    state: State,
    mut read: impl AsyncFnMut(&state::Collection, &Schema) -> Result<Segment>,
) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    for database in state.databases {
        let mut collections = BTreeMap::new();
        for collection in database.collections {
            let restored = collection_of(collection, &mut read).await?;
            collections.insert(restored.name.clone(), restored);
        }
        let restored = Database {
            id: database.id,
            created: database.created,
            properties: database.properties,
            collections,
            aliases: map(database.aliases),
        };
        catalog.databases.insert(database.name, restored);
    }
    catalog.users = users_of(state.users.unwrap_or_default())?;
    let groups = state.resource_groups.into_iter();
    catalog.resource_groups =
        groups.map(|group| (group.name, group.config.unwrap_or_default())).collect();
    set_timestamp(&mut catalog, state.last_timestamp)?;
    Ok(catalog)
}

/// Sets the moment after which the next one is; one from which they cannot go on makes no sense.
pub(super) fn set_timestamp(catalog: &mut Catalog, last_timestamp: u64) -> Result<()> {
    if last_timestamp > u64::MAX >> 1 {
        return Err(damaged(format!("a moment {last_timestamp}")));
    }
    catalog.last_timestamp = last_timestamp;
    Ok(())
}

pub(super) fn users_state(users: &Users) -> state::Users {
    let grants = users.grants.iter().map(|grant| state::Grant {
        role: grant.role.clone(),
        object: grant.object.name().to_string(),
        object_name: grant.object_name.clone(),
        database: grant.database.clone(),
        privilege: grant.privilege.clone(),
    });
    let groups = users.groups.iter().map(|(name, privileges)| state::Group {
        name: name.clone(),
        privileges: privileges.iter().cloned().collect(),
    });
    let each = users.users.iter().map(|(name, user)| state::User {
        name: name.clone(),
        salt: user.password.salt,
        digest: user.password.value,
        roles: user.roles.iter().cloned().collect(),
    });
    state::Users {
        users: each.collect(),
        roles: pairs(&users.roles),
        grants: grants.collect(),
        groups: groups.collect(),
    }
}

pub(super) fn users_of(users: state::Users) -> Result<Users> {
    let mut restored = Users {
        users: BTreeMap::new(),
        roles: map(users.roles),
        grants: Default::default(),
        groups: BTreeMap::new(),
    };
    for user in users.users {
        let password = Digest { salt: user.salt, value: user.digest };
        let roles = user.roles.into_iter().collect();
        restored.users.insert(user.name, User { password, roles });
    }
    for grant in users.grants {
        let object = Object::parse(&grant.object)
            .ok_or_else(|| damaged(format!("a grant on `{}`", grant.object)))?;
        restored.grants.insert(Grant {
            role: grant.role,
            object,
            object_name: grant.object_name,
            database: grant.database,
            privilege: grant.privilege,
        });
    }
    for group in users.groups {
        restored.groups.insert(group.name, group.privileges.into_iter().collect());
    }
    Ok(restored)
}

fn collection_state(collection: &Collection) -> state::Collection {
    let deleted = collection.segment.deleted();
    let deleted = match deleted.count() {
        0 => Vec::new(),
        _ => deleted.words().iter().flat_map(|word| word.to_le_bytes()).collect(),
    };
    let partitions = collection.partitions.iter().map(|partition| state::Partition {
        id: partition.id,
        name: partition.name.clone(),
        number: partition.number,
        loaded: partition.loaded,
    });
    let indexes = collection.indexes.iter().map(|index| state::Index {
        id: index.id,
        name: index.name.clone(),
        field: index.field.clone(),
        params: index.params.clone(),
    });
    let fields = collection.schema.fields.iter().map(|field| field.message.clone());
    let written = collection.segment.written().iter();
    let written =
        written.map(|(rows, moment)| state::Written { rows: *rows as u64, moment: *moment });
    state::Collection {
        id: collection.id,
        name: collection.name.clone(),
        created: collection.created,
        schema: Some(collection.schema.message.clone()),
        fields: fields.collect(),
        properties: collection.properties.clone(),
        consistency: collection.consistency.into(),
        shards: collection.shards,
        partitions: partitions.collect(),
        indexes: indexes.collect(),
        parts: Vec::new(),
        deleted,
        updated: collection.updated,
        written: written.collect(),
        flushed: collection.segment.flushed() as u64,
    }
}

async fn collection_of(
    mut collection: state::Collection,
    read: &mut impl AsyncFnMut(&state::Collection, &Schema) -> Result<Segment>,
) -> Result<Collection> {
    let message = collection.schema.take().unwrap_or_default();
    let schema = Schema::restored(message, &collection.fields).map_err(|error| {
        damaged(format!("the schema of collection `{}`: {error}", collection.name))
    })?;
    if collection.partitions.iter().any(|partition| partition.number > u32::MAX >> 1) {
        return Err(damaged(format!("a partition of collection `{}`", collection.name)));
    }
    let mut segment = read(&collection, &schema).await?;
    let written = collection.written.iter();
    segment.set_written(written.map(|written| (written.rows as usize, written.moment)));
    segment.set_flushed(collection.flushed as usize);
    let partitions = collection.partitions.into_iter().map(|partition| Partition {
        id: partition.id,
        name: partition.name,
        number: partition.number,
        loaded: partition.loaded,
    });
    let indexes = collection.indexes.into_iter().map(|index| Index {
        id: index.id,
        name: index.name,
        field: index.field,
        params: index.params,
    });
    Ok(Collection {
        id: collection.id,
        name: collection.name,
        created: collection.created,
        schema,
        properties: collection.properties,
        consistency: ConsistencyLevel::try_from(collection.consistency).unwrap_or_default(),
        shards: collection.shards,
        partitions: partitions.collect(),
        indexes: indexes.collect(),
        updated: collection.updated,
        segment,
    })
}

/// The bits of a collection's rows that are deleted.
pub(super) fn deleted_of(collection: &state::Collection, rows: usize) -> Bits {
    let words = collection.deleted.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
    Bits::of_words(words.collect(), rows)
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<KeyValuePair> {
    let pair =
        |(key, value): (&String, &String)| KeyValuePair { key: key.clone(), value: value.clone() };
    map.iter().map(pair).collect()
}

fn map(pairs: Vec<KeyValuePair>) -> BTreeMap<String, String> {
    pairs.into_iter().map(|pair| (pair.key, pair.value)).collect()
}
