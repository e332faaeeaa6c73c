//! ferrovec's own interface for JavaScript, as it is.

pub use ferrovec::*;
