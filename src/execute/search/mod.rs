//! Vector search: queries, parameters, the plan of requests, hits.

pub mod hits;
pub mod hybrid;
pub mod plan;
pub mod queries;
