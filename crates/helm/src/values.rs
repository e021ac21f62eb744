//! Values: their order, coalescing and where each was written.

mod coalesce;
mod computed;
mod data;
mod dependencies;
mod merge;
mod read;
mod sources;
mod table;

pub use coalesce::CoalesceError;
pub(crate) use coalesce::{Coalescing, coalesce};
pub use computed::{Computed, compute};
pub use data::{Data, Item, Key};
pub(crate) use dependencies::{Imports, process, process_again};
pub use merge::merge_maps;
pub use read::{ReadError, read_document, read_plain, read_values};
pub(crate) use read::{check_json, decode, decode_fields, item_of, json_kind, key_of, read_item};
pub use sources::{Source, SourceFile, SourceId, Sources, Step};
pub(crate) use table::{Slot, Table, Written};
