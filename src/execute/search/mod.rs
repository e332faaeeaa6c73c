//! Vector search: queries, parameters, the plan of requests, hits. Knows nothing of the SELECT
//! that chooses it.

pub(crate) mod hits;
pub(crate) mod hybrid;
pub(crate) mod params;
pub(crate) mod plan;
pub(crate) mod queries;
pub(crate) mod range;
pub(crate) mod single;
pub(crate) mod ties;
