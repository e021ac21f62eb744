//! Telling secrets from other text: by the name of a setting, by the form of a credential, by the
//! look of a value.
//!
//! One list of names ([`name`]) and one of forms ([`form`]) serve the rules, what `init` writes, and
//! [`scan`], which goes through any text. This crate knows no file format but by the look of its
//! lines, reads no files, and never puts a value into its answers: they are ranges, and a
//! [`print`](mod@print) that tells values apart without telling them.

pub mod address;
pub mod base64;
pub mod form;
mod guessable;
pub mod kubernetes;
pub mod name;
pub mod placeholder;
pub mod print;
pub mod random;
pub mod scan;
pub mod value;

pub use name::{Named, names_secret};
pub use scan::{Found, Kind, scan};
pub use value::{Worth, worth};
