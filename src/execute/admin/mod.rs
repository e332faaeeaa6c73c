//! What looks after a server: users and roles, resource groups, maintenance, analyzers.

pub mod access;
pub mod analyzer;
pub mod maintenance;
pub mod resource_groups;
pub mod segments;
pub mod snapshots;
