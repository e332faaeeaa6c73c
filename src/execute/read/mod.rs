//! Reading rows: filters, pages, what is shown of them, sorting and grouping.

pub mod aggregate;
pub mod filter;
pub mod outputs;
pub mod pushdown;
pub mod scan;
