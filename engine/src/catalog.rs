//! What there is: databases, their collections and aliases, users. Knows names and numbers, and no
//! messages of the service.

use std::collections::BTreeMap;

use milvus_proto::common::{ConsistencyLevel, KeyValuePair};
use milvus_proto::rg::ResourceGroupConfig;

use crate::error::{Error, Kind, Result};
use crate::schema::Schema;
use crate::segment::Segment;
use crate::users::Users;

pub const DEFAULT_DATABASE: &str = "default";
pub const DEFAULT_PARTITION: &str = "_default";

/// The partitions that a partition key spreads its rows over, unless another number is asked for.
pub const KEY_PARTITIONS: usize = 16;

pub struct Catalog {
    pub(crate) databases: BTreeMap<String, Database>,
    pub(crate) last_timestamp: u64,
    pub(crate) users: Users,
    pub(crate) resource_groups: BTreeMap<String, ResourceGroupConfig>,
}

#[derive(Default)]
pub struct Database {
    pub id: i64,
    pub created: u64,
    pub properties: Vec<KeyValuePair>,
    pub collections: BTreeMap<String, Collection>,
    /// the collection of an alias
    pub aliases: BTreeMap<String, String>,
}

pub struct Collection {
    pub id: i64,
    pub name: String,
    pub created: u64,
    /// when the schema or the properties were last changed
    pub updated: u64,
    pub schema: Schema,
    pub properties: Vec<KeyValuePair>,
    pub consistency: ConsistencyLevel,
    pub shards: i32,
    pub partitions: Vec<Partition>,
    pub indexes: Vec<Index>,
    pub segment: Segment,
}

#[derive(Clone, Debug)]
pub struct Partition {
    pub id: i64,
    pub name: String,
    /// in the rows of the segment
    pub number: u32,
    pub loaded: bool,
}

#[derive(Clone, Debug)]
pub struct Index {
    pub id: i64,
    pub name: String,
    pub field: String,
    /// as they were asked for, with the defaults of what was not
    pub params: Vec<KeyValuePair>,
}

impl Default for Catalog {
    fn default() -> Catalog {
        let mut catalog = Catalog {
            databases: BTreeMap::new(),
            last_timestamp: 0,
            users: Users::default(),
            resource_groups: BTreeMap::new(),
        };
        let id = catalog.next_id();
        let database = Database { id, ..Database::default() };
        catalog.databases.insert(DEFAULT_DATABASE.to_string(), database);
        catalog
    }
}

impl Catalog {
    /// A number that nothing else has: a moment that no request has.
    pub fn next_id(&mut self) -> i64 {
        self.reserve(1)
    }

    /// A moment as Milvus counts: milliseconds since 1970, and 18 bits for what is within one.
    /// Later than every one before.
    pub fn timestamp(&mut self, now_ms: u64) -> u64 {
        self.last_timestamp = (now_ms << 18).max(self.last_timestamp + 1);
        self.last_timestamp
    }

    /// Gives no number from here on that was given before this moment.
    pub fn reach(&mut self, timestamp: u64) {
        self.last_timestamp = self.last_timestamp.max(timestamp);
    }

    /// Numbers for so many rows that get their keys from here, as moments that no request has.
    pub fn reserve(&mut self, rows: usize) -> i64 {
        let first = self.last_timestamp + 1;
        self.last_timestamp += rows as u64;
        first as i64
    }

    pub fn users(&self) -> &Users {
        &self.users
    }

    pub fn users_mut(&mut self) -> &mut Users {
        &mut self.users
    }

    /// Those beside the default one.
    pub fn resource_groups(&self) -> &BTreeMap<String, ResourceGroupConfig> {
        &self.resource_groups
    }

    pub fn resource_groups_mut(&mut self) -> &mut BTreeMap<String, ResourceGroupConfig> {
        &mut self.resource_groups
    }

    pub fn databases(&self) -> impl Iterator<Item = (&String, &Database)> {
        self.databases.iter()
    }

    pub fn database(&self, name: &str) -> Result<&Database> {
        let name = or_default(name);
        self.databases
            .get(name)
            .ok_or_else(|| Error::about(Kind::DatabaseNotFound, "database", name))
    }

    pub fn database_mut(&mut self, name: &str) -> Result<&mut Database> {
        let name = or_default(name);
        self.databases
            .get_mut(name)
            .ok_or_else(|| Error::about(Kind::DatabaseNotFound, "database", name))
    }

    pub fn create_database(
        &mut self,
        name: &str,
        properties: Vec<KeyValuePair>,
        created: u64,
    ) -> Result<()> {
        if self.databases.contains_key(name) {
            return Err(Error::invalid(format!("database already exist: {name}")));
        }
        let database = Database { id: self.next_id(), created, properties, ..Database::default() };
        self.databases.insert(name.to_string(), database);
        Ok(())
    }

    pub fn drop_database(&mut self, name: &str) -> Result<()> {
        if name == DEFAULT_DATABASE {
            return Err(Error::invalid("can not drop default database"));
        }
        // Milvus drops what is not there without a word
        let Some(database) = self.databases.get(name) else { return Ok(()) };
        if !database.collections.is_empty() {
            return Err(Error::invalid(format!(
                "database:{name} not empty, must drop all collections before drop database"
            )));
        }
        self.databases.remove(name);
        Ok(())
    }

    /// A collection by its name or an alias.
    pub fn collection(&self, database: &str, name: &str) -> Result<&Collection> {
        let found = self.database(database)?;
        found.find(name).ok_or_else(|| not_found(database, name))
    }

    pub fn collection_mut(&mut self, database: &str, name: &str) -> Result<&mut Collection> {
        let missing = not_found(database, name);
        self.database_mut(database)?.find_mut(name).ok_or(missing)
    }

    /// The collections of all databases.
    pub fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.databases.values().flat_map(|database| database.collections.values())
    }

    pub fn collections_mut(&mut self) -> impl Iterator<Item = &mut Collection> {
        self.databases.values_mut().flat_map(|database| database.collections.values_mut())
    }

    /// The database and the name of a collection that is named, or told by its number where it is
    /// not.
    pub fn place(&self, database: &str, name: &str, id: i64) -> Result<(String, String)> {
        if !name.is_empty() {
            return Ok((or_default(database).to_string(), name.to_string()));
        }
        let found = self.databases.iter().find_map(|(database, inside)| {
            let collection = inside.collections.values().find(|collection| collection.id == id)?;
            Some((database.clone(), collection.name.clone()))
        });
        found.ok_or_else(|| Error::about(Kind::CollectionNotFound, "collection", id))
    }
}

impl Database {
    pub fn find(&self, name: &str) -> Option<&Collection> {
        self.collections.get(self.aliases.get(name).map_or(name, String::as_str))
    }

    fn find_mut(&mut self, name: &str) -> Option<&mut Collection> {
        self.collections.get_mut(self.aliases.get(name).map_or(name, String::as_str))
    }

    pub fn aliases_of(&self, collection: &str) -> Vec<String> {
        let of = self.aliases.iter().filter(|(_, name)| *name == collection);
        of.map(|(alias, _)| alias.clone()).collect()
    }
}

impl Collection {
    pub fn partition(&self, name: &str) -> Result<&Partition> {
        self.partitions
            .iter()
            .find(|partition| partition.name == name)
            .ok_or_else(|| Error::about(Kind::PartitionNotFound, "partition", name))
    }

    /// The numbers of the partitions that are named; none where all are meant.
    pub fn numbers_of(&self, names: &[String]) -> Result<Option<Vec<u32>>> {
        if names.is_empty() {
            return Ok(None);
        }
        names.iter().map(|name| Ok(self.partition(name)?.number)).collect::<Result<_>>().map(Some)
    }

    pub fn index_of(&self, field: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.field == field)
    }

    pub fn is_loaded(&self) -> bool {
        self.partitions.iter().any(|partition| partition.loaded)
    }

    /// Refuses to read what is not loaded.
    pub fn readable(&self) -> Result<()> {
        match self.is_loaded() {
            true => Ok(()),
            false => Err(Error::about(Kind::CollectionNotLoaded, "collection", &self.name)),
        }
    }

    /// The loaded ones of the partitions in question; none where that is all there are.
    pub fn readable_partitions(&self, names: &[String]) -> Result<Option<Vec<u32>>> {
        self.readable()?;
        if let Some(numbers) = self.numbers_of(names)? {
            for partition in &self.partitions {
                if numbers.contains(&partition.number) && !partition.loaded {
                    let name = &partition.name;
                    return Err(Error::about(Kind::PartitionNotLoaded, "partition", name));
                }
            }
            return Ok(Some(numbers));
        }
        match self.partitions.iter().all(|partition| partition.loaded) {
            true => Ok(None),
            false => {
                let loaded = self.partitions.iter().filter(|partition| partition.loaded);
                Ok(Some(loaded.map(|partition| partition.number).collect()))
            }
        }
    }
}

/// Milliseconds since 1970 of a moment.
pub fn milliseconds(timestamp: u64) -> u64 {
    timestamp >> 18
}

pub fn or_default(database: &str) -> &str {
    if database.is_empty() { DEFAULT_DATABASE } else { database }
}

fn not_found(database: &str, name: &str) -> Error {
    let place = format!("{}][collection={name}", or_default(database));
    Error::about(Kind::CollectionNotFound, "database", place)
}
