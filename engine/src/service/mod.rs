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
mod json_path;
mod loading;
mod maintenance;
mod moving;
mod order;
mod partitions;
mod query;
mod reply;
pub(crate) mod structs;
mod users;
mod write;

use milvus_proto::{Effect, Request};
use prost::Message;

use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::pace::{Pace, Partial};
use crate::segment::Memory;
use crate::store::Sizes;

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
    /// of the files, where there are any
    pub sizes: Option<Sizes>,
    /// of a damaged store, in words
    pub lost: Vec<String>,
    /// of what may take long
    pub pace: Pace<'a>,
    /// it was acknowledged before, by whatever engine there was then
    pub is_again: bool,
}

/// Stands between the service and whoever asks, where what is acknowledged has to be kept.
pub(crate) trait Keeper {
    /// Before a request is answered; an error is its answer.
    fn admit(&mut self, effect: Effect) -> Result<()>;

    /// Behind a request that writes and went well: it is acknowledged when this went well too.
    fn keep(&mut self, catalog: &Catalog) -> Result<()>;

    /// What the files take.
    fn sizes(&self) -> Option<Sizes>;

    /// Whether the request was acknowledged before.
    fn is_again(&self) -> bool {
        false
    }

    /// What a damaged store has lost, in words.
    fn lost(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A service in memory alone: nothing outlives it.
struct Forgetful {
    is_again: bool,
}

/// A reply, and what it says went wrong.
pub(crate) struct Answered {
    pub reply: Vec<u8>,
    pub error: Option<Error>,
    /// there is no reply yet
    pub is_paused: bool,
}

/// The one table: which request is answered by which function. What a method does to what is kept
/// stands in the table of `milvus_proto`, which no method is without.
macro_rules! methods {
    ($($request:ident: $answer:path;)*) => {
        fn answer(
            context: &mut Context<'_>,
            call: Call<'_>,
            keeper: &mut dyn Keeper,
        ) -> std::result::Result<Answered, Refusal> {
            $(if call.method == <messages::$request as Request>::METHOD.name {
                return run::<messages::$request>(context, call, keeper, $answer);
            })*
            Err(Refusal::Unimplemented)
        }
    };
}

/// Milvus's, and those of our own.
mod messages {
    pub use milvus_proto::engine::*;
    pub use milvus_proto::milvus::*;
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
    AddCollectionStructFieldRequest: structs::add;
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

    ExportDatabaseRequest: moving::export;
    ImportDatabaseRequest: moving::import;
    GetStorageRequest: moving::storage;
    DropStorageRequest: moving::drop;
}

fn search(
    context: &mut Context<'_>,
    request: messages::SearchRequest,
) -> Result<messages::SearchResults> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    crate::search::search(collection, &request, context.timestamp, &mut context.pace)
}

fn hybrid_search(
    context: &mut Context<'_>,
    request: messages::HybridSearchRequest,
) -> Result<messages::SearchResults> {
    let collection = context.catalog.collection(&request.db_name, &request.collection_name)?;
    crate::search::hybrid(collection, &request, context.timestamp, &mut context.pace)
}

impl Service {
    pub fn call(&mut self, call: Call<'_>) -> std::result::Result<Vec<u8>, Refusal> {
        let (mut partial, mut go_on) = (Partial::default(), || true);
        let reply = self.call_slice(call, &mut partial, &mut go_on)?;
        // none is what a request that was stopped has, and nobody stopped it
        Ok(reply.unwrap_or_default())
    }

    /// As [`Service::call`], for as long as `go_on` says so, which is asked every few milliseconds
    /// of what may take long. None where there is more to do: then the same call is made again
    /// with its `partial`, or never, but no other one before that.
    pub fn call_slice(
        &mut self,
        call: Call<'_>,
        partial: &mut Partial,
        go_on: &mut dyn FnMut() -> bool,
    ) -> std::result::Result<Option<Vec<u8>>, Refusal> {
        let mut keeper = Forgetful { is_again: false };
        let answered = self.call_kept(call, &mut keeper, Pace::new(partial, go_on))?;
        Ok((!answered.is_paused).then_some(answered.reply))
    }

    /// Builds indexes for as long as `go_on` says so, which is asked every few milliseconds: the
    /// owner calls it between requests, with 20 to 50 ms at a time, while there is more to do.
    pub fn work(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool {
        indexes::work(&mut self.catalog, go_on)
    }

    /// What all collections take of the memory.
    pub fn memory(&self) -> Memory {
        self.catalog.collections().map(|collection| collection.segment.memory()).sum()
    }

    pub(crate) fn call_kept<'a>(
        &'a mut self,
        call: Call<'_>,
        keeper: &mut dyn Keeper,
        pace: Pace<'a>,
    ) -> std::result::Result<Answered, Refusal> {
        let timestamp = self.catalog.timestamp(call.now_ms);
        let (mut sizes, mut lost) = (None, Vec::new());
        if matches!(call.method, "GetStorage" | "ExportDatabase") {
            (sizes, lost) = (keeper.sizes(), keeper.lost());
        }
        let catalog = &mut self.catalog;
        let is_again = keeper.is_again();
        answer(&mut Context { catalog, timestamp, sizes, lost, pace, is_again }, call, keeper)
    }

    /// Does again what was done, where the catalog is at the moment after which it was done.
    pub(crate) fn call_again(&mut self, call: Call<'_>) -> std::result::Result<Answered, Refusal> {
        let (mut partial, mut go_on) = (Partial::default(), || true);
        let mut keeper = Forgetful { is_again: true };
        self.call_kept(call, &mut keeper, Pace::new(&mut partial, &mut go_on))
    }

    pub(crate) fn new(catalog: Catalog) -> Service {
        Service { catalog }
    }

    pub(crate) fn into_catalog(self) -> Catalog {
        self.catalog
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(crate) fn catalog_mut(&mut self) -> &mut Catalog {
        &mut self.catalog
    }
}

impl Keeper for Forgetful {
    fn admit(&mut self, _: Effect) -> Result<()> {
        Ok(())
    }

    fn keep(&mut self, _: &Catalog) -> Result<()> {
        Ok(())
    }

    fn sizes(&self) -> Option<Sizes> {
        None
    }

    fn is_again(&self) -> bool {
        self.is_again
    }
}

fn run<R: Request + Message + Default>(
    context: &mut Context<'_>,
    call: Call<'_>,
    keeper: &mut dyn Keeper,
    answer: fn(&mut Context<'_>, R) -> Result<R::Reply>,
) -> std::result::Result<Answered, Refusal>
where
    R::Reply: Message,
{
    let mut request = match context.pace.is_at_work() {
        // it may be a whole database, which is not read anew for each slice
        true => R::default(),
        false => R::decode(call.request).map_err(|_| Refusal::Malformed)?,
    };
    request.default_database(call.database);
    let effect = R::METHOD.effect;
    let mut answered = keeper.admit(effect).and_then(|()| answer(context, request));
    if effect == Effect::Write && answered.is_ok() {
        answered = keeper.keep(context.catalog).and(answered);
    }
    Ok(match answered {
        Ok(reply) => Answered { reply: reply.encode_to_vec(), error: None, is_paused: false },
        Err(_) if context.pace.is_paused() => {
            Answered { reply: Vec::new(), error: None, is_paused: true }
        }
        Err(error) => {
            let reply = reply::failed::<R::Reply>(&error);
            Answered { reply, error: Some(error), is_paused: false }
        }
    })
}
