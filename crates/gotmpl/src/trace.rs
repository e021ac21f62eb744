//! Where things came from: sets of sources, pieces of strings, frames of calls, and what a
//! session recorded.

mod assembled;
mod builder;
mod encoded;
mod frames;
mod known;
mod log;
mod pieces;
mod sets;

pub(crate) use builder::{Builder, Pen};
pub use encoded::{Encoded, EncodedPart, Style};
pub(crate) use frames::Frames;
pub use frames::{Frame, FrameId, TreeId};
pub(crate) use log::Log;
pub use log::{Decision, Outcome, Read};
pub(crate) use pieces::{Leaf, Place, RopeId};
pub(crate) use sets::Sets;
pub use sets::{AbsentFrom, HostId, Role, Source, Trace};
