//! Values: their order, coalescing and where each was written.

mod data;
mod merge;
mod sources;

pub use data::{Data, Item, Key};
pub use merge::merge_maps;
pub use sources::{Source, SourceFile, SourceId, Sources, Step};
