//! Evaluation: templates to code, code to text.

mod code;
mod compile;
mod control;
mod env;
mod fields;
mod grow;
mod invoke;
mod literal;
mod machine;
mod operands;
mod output;
mod session;
mod truth;
mod validate;

pub(crate) use code::Code;
pub(crate) use env::Env;
pub use env::MissingKey;
pub use output::{Output, Segment, Spot};
pub use session::{Options, Session};
pub(crate) use validate::{prepare, zero};
