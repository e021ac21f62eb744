//! Values: their order, coalescing and where each was written.

mod coalesce;
mod data;
mod dependencies;
mod merge;
mod read;
mod sources;
mod table;

pub use coalesce::coalesce;
pub(crate) use coalesce::{Coalescing, merge_values};
pub use data::{Data, Item, Key};
pub use dependencies::process;
pub use merge::{Values, merge_maps};
pub(crate) use read::json_kind;
pub use read::{ReadError, read_document, read_plain, read_values};
pub use sources::{Source, SourceFile, SourceId, Sources, Step};
pub(crate) use table::{Slot, Table};
