//! Files that were written before and edited since: three texts become one.
//!
//! What was written last is the base. What differs from it on disk is the user's, what differs
//! from it now is ours; where both changed the same lines, the user's lines stay and the conflict
//! is told. Nothing of the user's is ever lost.

mod apply;
mod diff;
mod record;
mod three;

pub use apply::{Action, Plan, Planned, Scope, Standing, plan};
pub use diff::{Hunk, hunks};
pub use record::{RECORD_PATH, Record, RecordError};
pub use three::{Conflict, Merged, merge};
