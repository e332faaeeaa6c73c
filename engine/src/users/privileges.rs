//! Which privileges and which groups of them Milvus has from the start: what each is on, and how
//! far it reaches (Milvus docs: Grant Privilege or Privilege Group to Roles).

/// What a privilege is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    Collection,
    Global,
    User,
}

/// How much a privilege reaches over; one group holds privileges of one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Collection,
    Database,
    Cluster,
}

impl Object {
    pub fn name(self) -> &'static str {
        match self {
            Object::Collection => "Collection",
            Object::Global => "Global",
            Object::User => "User",
        }
    }

    pub fn parse(name: &str) -> Option<Object> {
        [Object::Collection, Object::Global, Object::User]
            .into_iter()
            .find(|one| one.name() == name)
    }
}

/// A single privilege, or a group of before there were levels.
pub(super) fn single(name: &str) -> Option<(Object, Option<Level>)> {
    let found = PRIVILEGES.iter().find(|(_, _, names)| names.contains(&name));
    found.map(|(object, level, _)| (*object, *level))
}

pub(super) fn is_builtin(name: &str) -> bool {
    single(name).is_some() || builtin_group(name).is_some()
}

/// The level of a group that is there from the start.
pub(super) fn builtin_group(name: &str) -> Option<Level> {
    BUILTIN_GROUPS.iter().find(|(group, _)| *group == name).map(|(_, level)| *level)
}

/// Which privileges there are.
const PRIVILEGES: [(Object, Option<Level>, &[&str]); 7] = [
    (
        Object::Collection,
        Some(Level::Collection),
        &[
            "Compaction",
            "CreateIndex",
            "CreatePartition",
            "Delete",
            "DropIndex",
            "DropPartition",
            "Flush",
            "GetFlushState",
            "GetLoadState",
            "GetLoadingProgress",
            "GetStatistics",
            "HasPartition",
            "Import",
            "IndexDetail",
            "Insert",
            "Load",
            "LoadBalance",
            "Query",
            "Release",
            "Search",
            "ShowPartitions",
            "Upsert",
        ],
    ),
    (
        Object::Global,
        Some(Level::Collection),
        &["CreateAlias", "DescribeAlias", "DescribeCollection", "DropAlias", "ListAliases"],
    ),
    (
        Object::Global,
        Some(Level::Database),
        &[
            "AlterDatabase",
            "CreateCollection",
            "DescribeDatabase",
            "DropCollection",
            "ShowCollections",
        ],
    ),
    (
        Object::Global,
        Some(Level::Cluster),
        &[
            "BackupRBAC",
            "CreateDatabase",
            "CreateOwnership",
            "CreatePrivilegeGroup",
            "CreateResourceGroup",
            "DescribeResourceGroup",
            "DropDatabase",
            "DropOwnership",
            "DropPrivilegeGroup",
            "DropResourceGroup",
            "FlushAll",
            "ListDatabases",
            "ListPrivilegeGroups",
            "ListResourceGroups",
            "ManageOwnership",
            "OperatePrivilegeGroup",
            "RenameCollection",
            "RestoreRBAC",
            "SelectOwnership",
            "TransferNode",
            "TransferReplica",
            "UpdateResourceGroups",
        ],
    ),
    (Object::User, Some(Level::Cluster), &["SelectUser", "UpdateUser"]),
    // groups of before there were levels
    (Object::Global, None, &["All", "Admin"]),
    (Object::Collection, None, &["ReadOnly", "ReadWrite"]),
];

/// Groups that are there from the start.
const BUILTIN_GROUPS: [(&str, Level); 9] = [
    ("ClusterAdmin", Level::Cluster),
    ("ClusterReadOnly", Level::Cluster),
    ("ClusterReadWrite", Level::Cluster),
    ("CollectionAdmin", Level::Collection),
    ("CollectionReadOnly", Level::Collection),
    ("CollectionReadWrite", Level::Collection),
    ("DatabaseAdmin", Level::Database),
    ("DatabaseReadOnly", Level::Database),
    ("DatabaseReadWrite", Level::Database),
];
