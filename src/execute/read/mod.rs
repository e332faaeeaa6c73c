//! Reading rows: filters, pages, what is shown of them, sorting and grouping. Knows nothing of
//! searches or of statements as a whole.

pub(crate) mod accumulate;
pub(crate) mod aggregate;
pub(crate) mod bounds;
pub(crate) mod by_key;
pub(crate) mod computed;
pub(crate) mod constant;
pub(crate) mod constants;
pub(crate) mod dialect;
pub(crate) mod filter;
pub(crate) mod operand;
pub(crate) mod outputs;
pub(crate) mod pushdown;
pub(crate) mod rewrite;
pub(crate) mod scan;
pub(crate) mod sort;
pub(crate) mod split;
