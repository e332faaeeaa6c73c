//! Values as the cell has them, as the columns of a request.

pub mod column;
