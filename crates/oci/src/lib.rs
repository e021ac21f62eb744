//! Image references and digests as the container tools read them. Types only: nothing here
//! opens a connection, and nothing here knows an image.
//!
//! Invariants: [`Reference::parse`] accepts what the builders and the engine accept, and every
//! part that was written has its byte range in the text it was read from.

mod digest;
mod reference;

pub use digest::{Digest, DigestError};
pub use reference::{Reference, ReferenceError, ReferenceErrorKind};
