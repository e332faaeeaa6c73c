//! Files of columns, parquet and arrow, as another module reads and writes them: this side knows
//! the batches of rows that go between (`milvus-columns-batch`), and nothing of the formats.

mod read;
mod write;

pub use milvus_columns_batch::Field;
pub(super) use read::Columns;
pub(super) use write::Gather;
pub use write::Head;
