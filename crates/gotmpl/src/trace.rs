//! Where things came from: sets of sources, pieces of strings, frames of calls, and what a
//! session recorded.

mod builder;
mod frames;
mod log;
mod pieces;
mod sets;

pub(crate) use builder::{Builder, Pen, union_of, union_within};
pub(crate) use frames::Frames;
pub use frames::{Frame, FrameId, TreeId};
pub(crate) use log::Log;
pub use log::{Decision, Outcome, Read};
pub use pieces::Piece;
pub(crate) use pieces::{Pieces, Place, within};
pub(crate) use sets::Sets;
pub use sets::{AbsentFrom, HostId, Role, Source, Trace};
