//! The methods of Milvus's service, and those that the engine has beside them: the tables that say
//! of each what it does on the server, since which version it is there, and which messages go in
//! and out.

use prost::encoding::{DecodeContext, WireType, decode_key};
use prost::{DecodeError, Message};

use crate::common::Status;
use crate::engine::*;
use crate::milvus::*;

/// What a method does on the server. EXPLAIN sends what plans alone; a read-only proxy lets pass
/// what does not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// reads what statements are planned with: schemas, indexes, names
    Plan,
    /// reads data or state
    Read,
    /// changes something
    Write,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    pub name: &'static str,
    pub effect: Effect,
    /// the first Milvus that has it, 2.3 at the earliest: major, minor and patch
    pub since: (u32, u32, u32),
}

/// A request of the service.
pub trait Request: Message {
    const METHOD: &'static Method;

    type Reply: Reply + Default;

    /// Names the database in use, where the message names one and none is named yet.
    fn default_database(&mut self, database: &str);

    /// The message as it goes over the wire. Its length is not counted first, which for some
    /// seventy messages would be a good part of a client's code.
    fn encoded(&self) -> Vec<u8>
    where
        Self: Sized,
    {
        let mut bytes = Vec::new();
        self.encode_raw(&mut bytes);
        bytes
    }
}

/// A reply of the service. It can be filled behind a `dyn`, so that a client need not have a copy
/// of what receives it for every kind of reply.
pub trait Reply {
    /// Whether it went well, as Milvus says in every reply.
    fn status(&mut self) -> Option<&mut Status>;

    /// Takes one field off the bytes.
    fn take_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        from: &mut &[u8],
    ) -> Result<(), DecodeError>;
}

impl dyn Reply + '_ {
    /// Reads a whole message; what is in the reply already stays where the bytes do not name it.
    pub fn fill(&mut self, mut bytes: &[u8]) -> Result<(), DecodeError> {
        while !bytes.is_empty() {
            let (tag, wire_type) = decode_key(&mut bytes)?;
            self.take_field(tag, wire_type, &mut bytes)?;
        }
        Ok(())
    }
}

/// Declares the methods. `db` marks a request that has a `db_name`.
macro_rules! methods {
    ($methods:ident $table:ident;
        $($method:ident: $effect:ident $major:tt $minor:literal $patch:literal $database:tt,
        $request:ident -> $reply:ident;)*) => {
        /// Every method, in the order of the `.proto` file.
        pub const $methods: &[Method] = &[$(Method {
            name: stringify!($method),
            effect: Effect::$effect,
            since: ($major, $minor, $patch),
        }),*];

        $(impl Request for $request {
            const METHOD: &'static Method = &Method {
                name: stringify!($method),
                effect: Effect::$effect,
                since: ($major, $minor, $patch),
            };

            type Reply = $reply;

            methods!(@database $database);
        })*

        #[cfg(test)]
        const $table: &[(&str, &str, &str, &str)] = &[$((
            stringify!($method),
            stringify!($request),
            stringify!($reply),
            stringify!($database),
        )),*];
    };
    (@database db) => {
        fn default_database(&mut self, database: &str) {
            if self.db_name.is_empty() {
                self.db_name = database.to_string();
            }
        }
    };
    (@database -) => {
        fn default_database(&mut self, _: &str) {}
    };
}

methods! {
    METHODS TABLE;

    // the server
    GetVersion: Plan 2 3 0 -, GetVersionRequest -> GetVersionResponse;
    Connect: Plan 2 3 0 -, ConnectRequest -> ConnectResponse;
    CheckHealth: Read 2 3 0 -, CheckHealthRequest -> CheckHealthResponse;
    ListDatabases: Plan 2 3 0 -, ListDatabasesRequest -> ListDatabasesResponse;

    // collections
    ShowCollections: Plan 2 3 0 db, ShowCollectionsRequest -> ShowCollectionsResponse;
    HasCollection: Read 2 3 0 db, HasCollectionRequest -> BoolResponse;
    DescribeCollection: Plan 2 3 0 db, DescribeCollectionRequest -> DescribeCollectionResponse;
    CreateCollection: Write 2 3 0 db, CreateCollectionRequest -> Status;
    DropCollection: Write 2 3 0 db, DropCollectionRequest -> Status;
    GetCollectionStatistics: Read 2 3 0 db,
        GetCollectionStatisticsRequest -> GetCollectionStatisticsResponse;

    // loading
    LoadCollection: Write 2 3 0 db, LoadCollectionRequest -> Status;
    ReleaseCollection: Write 2 3 0 db, ReleaseCollectionRequest -> Status;
    LoadPartitions: Write 2 3 0 db, LoadPartitionsRequest -> Status;
    ReleasePartitions: Write 2 3 0 db, ReleasePartitionsRequest -> Status;
    GetLoadState: Plan 2 3 0 db, GetLoadStateRequest -> GetLoadStateResponse;
    GetLoadingProgress: Read 2 3 0 db, GetLoadingProgressRequest -> GetLoadingProgressResponse;

    // partitions
    CreatePartition: Write 2 3 0 db, CreatePartitionRequest -> Status;
    DropPartition: Write 2 3 0 db, DropPartitionRequest -> Status;
    HasPartition: Read 2 3 0 db, HasPartitionRequest -> BoolResponse;
    ShowPartitions: Plan 2 3 0 db, ShowPartitionsRequest -> ShowPartitionsResponse;
    GetPartitionStatistics: Read 2 3 0 db,
        GetPartitionStatisticsRequest -> GetPartitionStatisticsResponse;

    // indexes
    CreateIndex: Write 2 3 0 db, CreateIndexRequest -> Status;
    DescribeIndex: Plan 2 3 0 db, DescribeIndexRequest -> DescribeIndexResponse;
    GetIndexStatistics: Read 2 3 0 db, GetIndexStatisticsRequest -> GetIndexStatisticsResponse;
    DropIndex: Write 2 3 0 db, DropIndexRequest -> Status;

    // data
    Insert: Write 2 3 0 db, InsertRequest -> MutationResult;
    Upsert: Write 2 3 0 db, UpsertRequest -> MutationResult;
    Delete: Write 2 3 0 db, DeleteRequest -> MutationResult;
    Query: Read 2 3 0 db, QueryRequest -> QueryResults;
    Search: Read 2 3 0 db, SearchRequest -> SearchResults;

    // segments
    Flush: Write 2 3 0 db, FlushRequest -> FlushResponse;
    GetFlushState: Read 2 3 0 db, GetFlushStateRequest -> GetFlushStateResponse;
    GetPersistentSegmentInfo: Read 2 3 0 db,
        GetPersistentSegmentInfoRequest -> GetPersistentSegmentInfoResponse;
    GetQuerySegmentInfo: Read 2 3 0 db, GetQuerySegmentInfoRequest -> GetQuerySegmentInfoResponse;
    ManualCompaction: Write 2 3 0 db, ManualCompactionRequest -> ManualCompactionResponse;

    // collections that change
    AlterCollection: Write 2 3 0 db, AlterCollectionRequest -> Status;
    AlterCollectionField: Write 2 4 18 db, AlterCollectionFieldRequest -> Status;
    AddCollectionField: Write 2 6 0 db, AddCollectionFieldRequest -> Status;
    AddCollectionStructField: Write 3 0 0 db, AddCollectionStructFieldRequest -> Status;
    AlterCollectionSchema: Write 3 0 0 db,
        AlterCollectionSchemaRequest -> AlterCollectionSchemaResponse;
    TruncateCollection: Write 2 6 11 db, TruncateCollectionRequest -> TruncateCollectionResponse;
    RenameCollection: Write 2 3 0 db, RenameCollectionRequest -> Status;

    // databases
    CreateDatabase: Write 2 3 0 db, CreateDatabaseRequest -> Status;
    DropDatabase: Write 2 3 0 db, DropDatabaseRequest -> Status;
    AlterDatabase: Write 2 4 1 db, AlterDatabaseRequest -> Status;
    DescribeDatabase: Read 2 4 3 db, DescribeDatabaseRequest -> DescribeDatabaseResponse;

    // aliases
    CreateAlias: Write 2 3 0 db, CreateAliasRequest -> Status;
    AlterAlias: Write 2 3 0 db, AlterAliasRequest -> Status;
    DropAlias: Write 2 3 0 db, DropAliasRequest -> Status;
    DescribeAlias: Read 2 3 5 db, DescribeAliasRequest -> DescribeAliasResponse;
    ListAliases: Plan 2 3 5 db, ListAliasesRequest -> ListAliasesResponse;

    // users and roles
    CreateCredential: Write 2 3 0 -, CreateCredentialRequest -> Status;
    UpdateCredential: Write 2 3 0 -, UpdateCredentialRequest -> Status;
    DeleteCredential: Write 2 3 0 -, DeleteCredentialRequest -> Status;
    ListCredUsers: Plan 2 3 0 -, ListCredUsersRequest -> ListCredUsersResponse;
    CreateRole: Write 2 3 0 -, CreateRoleRequest -> Status;
    DropRole: Write 2 3 0 -, DropRoleRequest -> Status;
    OperateUserRole: Write 2 3 0 -, OperateUserRoleRequest -> Status;
    SelectRole: Plan 2 3 0 -, SelectRoleRequest -> SelectRoleResponse;
    SelectUser: Plan 2 3 0 -, SelectUserRequest -> SelectUserResponse;
    OperatePrivilege: Write 2 3 0 -, OperatePrivilegeRequest -> Status;
    OperatePrivilegeV2: Write 2 4 18 db, OperatePrivilegeV2Request -> Status;
    SelectGrant: Read 2 3 0 -, SelectGrantRequest -> SelectGrantResponse;
    CreatePrivilegeGroup: Write 2 4 16 -, CreatePrivilegeGroupRequest -> Status;
    DropPrivilegeGroup: Write 2 4 16 -, DropPrivilegeGroupRequest -> Status;
    ListPrivilegeGroups: Read 2 4 16 -, ListPrivilegeGroupsRequest -> ListPrivilegeGroupsResponse;
    OperatePrivilegeGroup: Write 2 4 16 -, OperatePrivilegeGroupRequest -> Status;

    // resource groups and replicas
    CreateResourceGroup: Write 2 3 0 -, CreateResourceGroupRequest -> Status;
    DropResourceGroup: Write 2 3 0 -, DropResourceGroupRequest -> Status;
    UpdateResourceGroups: Write 2 4 1 -, UpdateResourceGroupsRequest -> Status;
    ListResourceGroups: Plan 2 3 0 -, ListResourceGroupsRequest -> ListResourceGroupsResponse;
    DescribeResourceGroup: Read 2 3 0 -,
        DescribeResourceGroupRequest -> DescribeResourceGroupResponse;
    TransferNode: Write 2 3 0 -, TransferNodeRequest -> Status;
    TransferReplica: Write 2 3 0 db, TransferReplicaRequest -> Status;
    GetReplicas: Read 2 3 0 db, GetReplicasRequest -> GetReplicasResponse;

    // operations
    AlterIndex: Write 2 4 0 db, AlterIndexRequest -> Status;
    HybridSearch: Read 2 4 0 db, HybridSearchRequest -> SearchResults;
    FlushAll: Write 2 3 0 db, FlushAllRequest -> FlushAllResponse;
    GetFlushAllState: Read 2 3 0 db, GetFlushAllStateRequest -> GetFlushAllStateResponse;
    GetCompactionState: Read 2 3 0 -, GetCompactionStateRequest -> GetCompactionStateResponse;
    GetCompactionStateWithPlans: Read 2 3 0 -,
        GetCompactionPlansRequest -> GetCompactionPlansResponse;
    Import: Write 2 3 0 db, ImportRequest -> ImportResponse;
    GetImportState: Read 2 3 0 -, GetImportStateRequest -> GetImportStateResponse;
    ListImportTasks: Read 2 3 0 db, ListImportTasksRequest -> ListImportTasksResponse;
    CreateSnapshot: Write 3 0 0 db, CreateSnapshotRequest -> Status;
    DropSnapshot: Write 3 0 0 db, DropSnapshotRequest -> Status;
    ListSnapshots: Read 3 0 0 db, ListSnapshotsRequest -> ListSnapshotsResponse;
    DescribeSnapshot: Read 3 0 0 db, DescribeSnapshotRequest -> DescribeSnapshotResponse;
    RestoreSnapshot: Write 3 0 0 db, RestoreSnapshotRequest -> RestoreSnapshotResponse;
    GetRestoreSnapshotState: Read 3 0 0 -,
        GetRestoreSnapshotStateRequest -> GetRestoreSnapshotStateResponse;
    ListRestoreSnapshotJobs: Read 3 0 0 db,
        ListRestoreSnapshotJobsRequest -> ListRestoreSnapshotJobsResponse;

    // full text
    RunAnalyzer: Read 2 5 11 db, RunAnalyzerRequest -> RunAnalyzerResponse;
}

/// No Milvus has these, and no server is asked for them.
const NEVER: u32 = u32::MAX;

methods! {
    ENGINE_METHODS ENGINE_TABLE;

    ExportDatabase: Read NEVER 0 0 db, ExportDatabaseRequest -> ExportDatabaseResponse;
    ImportDatabase: Write NEVER 0 0 -, ImportDatabaseRequest -> ImportDatabaseResponse;
    GetStorage: Read NEVER 0 0 -, GetStorageRequest -> GetStorageResponse;
    DropStorage: Write NEVER 0 0 -, DropStorageRequest -> Status;
}

/// Each with the place of its status.
macro_rules! replies {
    ($($reply:ident)*) => {
        $(replies!($reply: |reply| reply.status.as_mut());)*
    };
    ($reply:ident: |$message:ident| $status:expr) => {
        impl Reply for $reply {
            fn status(&mut self) -> Option<&mut Status> {
                let $message = self;
                $status
            }

            fn take_field(
                &mut self,
                tag: u32,
                wire_type: WireType,
                from: &mut &[u8],
            ) -> Result<(), DecodeError> {
                self.merge_field(tag, wire_type, from, DecodeContext::default())
            }
        }
    };
}

replies! {
    ExportDatabaseResponse GetStorageResponse ImportDatabaseResponse
    BoolResponse CheckHealthResponse ConnectResponse DescribeAliasResponse
    DescribeCollectionResponse DescribeDatabaseResponse DescribeIndexResponse
    DescribeResourceGroupResponse DescribeSnapshotResponse FlushAllResponse FlushResponse
    GetCollectionStatisticsResponse GetCompactionPlansResponse GetCompactionStateResponse
    GetFlushAllStateResponse GetFlushStateResponse GetImportStateResponse GetIndexStatisticsResponse
    GetLoadStateResponse GetLoadingProgressResponse GetPartitionStatisticsResponse
    GetPersistentSegmentInfoResponse GetQuerySegmentInfoResponse GetReplicasResponse
    GetRestoreSnapshotStateResponse GetVersionResponse ImportResponse ListAliasesResponse
    ListCredUsersResponse ListDatabasesResponse ListImportTasksResponse ListPrivilegeGroupsResponse
    ListResourceGroupsResponse ListRestoreSnapshotJobsResponse ListSnapshotsResponse
    ManualCompactionResponse MutationResult QueryResults RestoreSnapshotResponse RunAnalyzerResponse
    SearchResults SelectGrantResponse SelectRoleResponse SelectUserResponse ShowCollectionsResponse
    ShowPartitionsResponse TruncateCollectionResponse
}

replies!(Status: |reply| Some(reply));
replies!(AlterCollectionSchemaResponse: |reply| reply.alter_status.as_mut());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{FIELDS, SERVICE};

    /// The tables are the services of the `.proto` files, method for method.
    #[test]
    fn are_the_services_of_the_proto_files() {
        let mut table: Vec<_> = TABLE
            .iter()
            .chain(ENGINE_TABLE)
            .map(|(method, request, reply, _)| (*method, *request, *reply))
            .collect();
        table.sort_unstable();
        assert_eq!(table, SERVICE);
    }

    #[test]
    fn knows_which_requests_name_a_database() {
        for (method, request, _, database) in TABLE.iter().chain(ENGINE_TABLE) {
            let named = FIELDS.iter().any(|(message, _, field, _)| {
                message == request && matches!(*field, "db_name" | "dbName")
            });
            assert_eq!(*database, if named { "db" } else { "-" }, "{method}");
        }
    }

    #[test]
    fn a_reply_is_filled_as_prost_decodes_it() {
        let reply = ListDatabasesResponse {
            status: Some(Status { reason: "x".to_string(), ..Default::default() }),
            db_names: vec!["a".to_string(), "b".to_string()],
            ..Default::default()
        };
        let mut filled = ListDatabasesResponse::default();
        let slot: &mut dyn Reply = &mut filled;
        slot.fill(&reply.encode_to_vec()).unwrap();
        assert!(slot.fill(&[0x0a, 0xff]).is_err());
        assert_eq!(filled, reply);
        let slot: &mut dyn Reply = &mut filled;
        assert_eq!(slot.status().unwrap().reason, "x");
    }

    #[test]
    fn a_database_that_is_named_stays() {
        let mut request = FlushRequest::default();
        request.default_database("a");
        request.default_database("b");
        assert_eq!(request.db_name, "a");
        assert_eq!(<FlushRequest as Request>::METHOD.name, "Flush");
    }
}
