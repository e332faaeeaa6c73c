//! What looks after a server: users and roles, resource groups, maintenance and its jobs,
//! segments, snapshots, analyzers, stores of the engine.

pub(crate) mod access;
pub(crate) mod analyzer;
pub(crate) mod maintenance;
pub(crate) mod resource_groups;
pub(crate) mod segments;
pub(crate) mod snapshots;
pub(crate) mod storage;
