//! The door: a method's name and the bytes of its request in, the bytes of its reply out. Every
//! method is a function of the catalog and a message; what goes wrong is a status in the reply, as
//! a server has it, and a method that is not there is one of gRPC's own.

mod aggregate;
mod analyze;
mod databases;
mod define;
mod fields;
mod fill;
mod groups;
mod indexes;
mod loading;
mod maintenance;
mod order;
mod partitions;
mod query;
mod reply;
mod users;
mod write;

use milvus_proto::Request;
use milvus_proto::milvus as pb;
use prost::Message;

use crate::catalog::Catalog;
use crate::error::Result;

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub method: &'a str,
    /// the database of the connection, where the request names none
    pub database: &'a str,
    pub request: &'a [u8],
    /// milliseconds since 1970
    pub now_ms: u64,
}

/// Why there is no reply, as gRPC has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// gRPC's UNIMPLEMENTED, 12
    Unimplemented,
    /// gRPC's INVALID_ARGUMENT, 3: bytes that are no such request
    Malformed,
}

#[derive(Default)]
pub struct Service {
    catalog: Catalog,
}

/// What a method is given beside its request.
pub(crate) struct Context<'a> {
    pub catalog: &'a mut Catalog,
    /// the moment of this request, later than every one before
    pub timestamp: u64,
}

/// The one table: which request is answered by which function.
macro_rules! methods {
    ($($request:ident: $answer:path;)*) => {
        fn answer(
            context: &mut Context<'_>,
            call: Call<'_>,
        ) -> std::result::Result<Vec<u8>, Refusal> {
            $(if call.method == <pb::$request as Request>::METHOD.name {
                return run::<pb::$request>(context, call, $answer);
            })*
            Err(Refusal::Unimplemented)
        }
    };
}

methods! {
    GetVersionRequest: maintenance::version;
    ConnectRequest: maintenance::connect;
    CheckHealthRequest: maintenance::health;

    CreateCollectionRequest: define::create;
    DropCollectionRequest: define::drop;
    HasCollectionRequest: define::has;
    DescribeCollectionRequest: define::describe;
    ShowCollectionsRequest: define::show;
    RenameCollectionRequest: define::rename;
    TruncateCollectionRequest: define::truncate;
    AlterCollectionRequest: define::alter;
    AlterCollectionFieldRequest: define::alter_field;
    AddCollectionFieldRequest: define::add_field;
    AlterCollectionSchemaRequest: fields::alter;
    GetCollectionStatisticsRequest: define::statistics;

    LoadCollectionRequest: loading::load;
    ReleaseCollectionRequest: loading::release;
    LoadPartitionsRequest: loading::load_partitions;
    ReleasePartitionsRequest: loading::release_partitions;
    GetLoadStateRequest: loading::state;
    GetLoadingProgressRequest: loading::progress;

    CreatePartitionRequest: partitions::create;
    DropPartitionRequest: partitions::drop;
    HasPartitionRequest: partitions::has;
    ShowPartitionsRequest: partitions::show;
    GetPartitionStatisticsRequest: partitions::statistics;

    CreateIndexRequest: indexes::create;
    DescribeIndexRequest: indexes::describe;
    GetIndexStatisticsRequest: indexes::statistics;
    AlterIndexRequest: indexes::alter;
    DropIndexRequest: indexes::drop;

    InsertRequest: write::insert;
    UpsertRequest: write::upsert;
    DeleteRequest: write::delete;
    QueryRequest: query::query;
    SearchRequest: search;
    HybridSearchRequest: hybrid_search;
    RunAnalyzerRequest: analyze::run;

    FlushRequest: maintenance::flush;
    GetFlushStateRequest: maintenance::flush_state;
    FlushAllRequest: maintenance::flush_all;
    GetFlushAllStateRequest: maintenance::flush_all_state;
    ManualCompactionRequest: maintenance::compact;
    GetCompactionStateRequest: maintenance::compaction_state;
    GetCompactionPlansRequest: maintenance::compaction_plans;
    GetPersistentSegmentInfoRequest: maintenance::persistent_segments;
    GetQuerySegmentInfoRequest: maintenance::query_segments;

    ListResourceGroupsRequest: groups::list;
    CreateResourceGroupRequest: groups::create;
    UpdateResourceGroupsRequest: groups::update;
    DropResourceGroupRequest: groups::drop;
    DescribeResourceGroupRequest: groups::describe;
    TransferNodeRequest: groups::transfer_node;
    TransferReplicaRequest: groups::transfer_replica;
    GetReplicasRequest: groups::replicas;

    ListDatabasesRequest: databases::list;
    CreateDatabaseRequest: databases::create;
    DropDatabaseRequest: databases::drop;
    AlterDatabaseRequest: databases::alter;
    DescribeDatabaseRequest: databases::describe;
    CreateAliasRequest: databases::create_alias;
    AlterAliasRequest: databases::alter_alias;
    DropAliasRequest: databases::drop_alias;
    DescribeAliasRequest: databases::describe_alias;
    ListAliasesRequest: databases::list_aliases;

    CreateCredentialRequest: users::create;
    UpdateCredentialRequest: users::update;
    DeleteCredentialRequest: users::delete;
    ListCredUsersRequest: users::list;
    CreateRoleRequest: users::create_role;
    DropRoleRequest: users::drop_role;
    OperateUserRoleRequest: users::operate_role;
    SelectRoleRequest: users::select_role;
    SelectUserRequest: users::select_user;
    OperatePrivilegeRequest: users::operate_privilege;
    OperatePrivilegeV2Request: users::operate_privilege_v2;
    SelectGrantRequest: users::select_grant;
    CreatePrivilegeGroupRequest: users::create_group;
    DropPrivilegeGroupRequest: users::drop_group;
    ListPrivilegeGroupsRequest: users::list_groups;
    OperatePrivilegeGroupRequest: users::operate_group;
}

fn search(context: &mut Context<'_>, request: pb::SearchRequest) -> Result<pb::SearchResults> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    crate::search::search(collection, &request, context.timestamp)
}

fn hybrid_search(
    context: &mut Context<'_>,
    request: pb::HybridSearchRequest,
) -> Result<pb::SearchResults> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    crate::search::hybrid(collection, &request, context.timestamp)
}

impl Service {
    pub fn call(&mut self, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
        let timestamp = self.catalog.timestamp(call.now_ms);
        answer(&mut Context { catalog: &mut self.catalog, timestamp }, call)
    }
}

fn run<R: Request + Message + Default>(
    context: &mut Context<'_>,
    call: Call<'_>,
    answer: fn(&mut Context<'_>, R) -> Result<R::Reply>,
) -> std::result::Result<Vec<u8>, Refusal>
where
    R::Reply: Message,
{
    let mut request = R::decode(call.request).map_err(|_| Refusal::Malformed)?;
    request.default_database(call.database);
    Ok(match answer(context, request) {
        Ok(reply) => reply.encode_to_vec(),
        Err(error) => reply::failed::<R::Reply>(&error),
    })
}
